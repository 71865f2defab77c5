"""Business numbers are data with a date: a change holds for orders placed from then on, no promise moves."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from oracle.night import night, published, read, settings_for
from oracle.reference import plain_reference
from oracle.story import Story, at
from oracle.writing import write_drop

from dagster_project.lib import models
from dagster_project.settings import DBT_PROJECT

CHANGES = "buffer_maximum_hours,2026-01-25,2,no more than two hours\nplan_minutes,2026-01-25,60,an hour\n"


def story_of_two_carriers() -> Story:
    """SF's transits give 1 h of buffer, ZTO's 9 h.

    Each of two days has an order that goes by ZTO, and one that goes by SF and, 90 minutes later, by ZTO.
    """
    story = Story()
    for carrier, slow in (("SF", 2), ("ZTO", 10)):
        for number in range(30):
            order, start = f"{carrier}{number}", at("01-10 10:00")
            story.order(order, start)
            story.sub(f"{order}-1", order, start, carrier=carrier)
            story.event("picked_up", start, code=f"{order}-1")
            hours = slow if number >= 20 else 1
            story.event("delivered", start + timedelta(hours=hours), code=f"{order}-1")
    for day in (24, 25):
        for order, carriers in ((f"A{day}", ["ZTO"]), (f"B{day}", ["SF", "ZTO"])):
            story.order(order, f"01-{day} 10:00", "01-28")
            for number, carrier in enumerate(carriers):
                recorded = at(f"01-{day} 11:00") + timedelta(minutes=90 * number)
                story.sub(f"{order}-{number}", order, recorded, carrier=carrier)
    return story


def test_a_changed_parameter_holds_for_orders_placed_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = story_of_two_carriers().company("02-01 12:00", plain_reference())
    settings = settings_for(company, tmp_path)
    write_drop(company.rows, settings.source_dir, company.as_of.date())
    night(settings, company.as_of)
    query = "select order_id, promised_at from marts.fct_orders where order_id[:2] in ('A2', 'B2') order by 1"
    with published(settings) as connection:
        before = {row["order_id"]: row["promised_at"] for row in read(connection, query)}
    midnight = at("01-28 24:00")
    assert before == dict.fromkeys(("A24", "A25", "B24", "B25"), midnight + timedelta(hours=9))
    changed = tmp_path / "dbt"
    shutil.copytree(DBT_PROJECT, changed)
    with (changed / "seeds" / "parameters.csv").open("a", encoding="utf-8") as seed:
        seed.write(CHANGES)
    monkeypatch.setattr(models, "DBT_PROJECT", changed)
    night(settings, company.as_of)
    with published(settings) as connection:
        after = {row["order_id"]: row["promised_at"] for row in read(connection, query)}
    assert after == {
        "A24": before["A24"],
        "B24": before["B24"],  # 90 minutes were soon enough when it was placed
        "A25": midnight + timedelta(hours=2),  # 9 h, cut to 2
        "B25": midnight + timedelta(hours=1),  # ZTO's part came after the hour: SF's buffer alone
    }
