"""What the on-ramp knows is data that holds together: no name twice, no target that is none of ours."""

import csv
from collections import Counter
from pathlib import Path

from dagster_project import onramp
from dagster_project.onramp.seeds import figures, names_of, plain, targets
from dagster_project.sources.entities import ENTITIES, EVENT_TYPES

FOLDER = Path(onramp.__file__).parent
# one column of ours for a day and an instant; a waybill is an entity of its own; a state becomes an event
OWN_WORDS = {"personal", "orders.given_promise", "orders.status", "suborders.waybill"}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_target_is_a_column_or_an_event_of_ours() -> None:
    for target in set(targets()) - OWN_WORDS:
        entity, _, column = target.partition(".")
        assert column in (EVENT_TYPES if entity == "events" else ENTITIES[entity]), target


def test_no_name_means_two_things() -> None:
    counted = Counter(plain(row["name"]) for row in rows("synonyms"))
    assert [name for name, count in counted.items() if count > 1] == []
    assert {row["target"] for row in rows("synonyms")} == set(targets())
    counted = Counter(row["word"] for row in rows("words"))
    assert [word for word, count in counted.items() if count > 1] == []


def test_what_a_figure_needs_can_be_named_in_both_languages() -> None:
    for figure in figures():
        for need in figure.needs:
            assert set(need) <= set(targets())
            assert len(names_of(need[0])) == 2, need
