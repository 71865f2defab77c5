"""What a profile says of the small refresh: two readings of one profile, and mistakes with their line."""

from pathlib import Path

import pytest
import yaml

from dagster_project import sources
from dagster_project.live.loop import Loop, LoopRefusedError
from dagster_project.live.small_file import HERE
from dagster_project.settings import PROFILES
from tests.homes import settings_for
from tests.unit.test_described import is_in_both


def test_the_night_knows_nothing_of_what_is_for_the_loop_alone() -> None:
    night = sources.load_profile(PROFILES / "demo_live")
    files = sources.load_profile(PROFILES / "demo")
    assert night.tables == files.tables
    assert {entity: len(feeds) for entity, feeds in night.feeds.items()} == {
        entity: len(feeds) for entity, feeds in files.feeds.items()
    }
    pulled = {(one.name, pull.table) for one in night.connections for pull in one.pulls}
    assert ("front_1", "scans") in pulled and ("sf", "tracks") in pulled
    assert not {table for _, table in pulled} & {"stock", "on_the_way"}
    assert night.live is not None
    pulled = {(one.name, pull.table) for one in night.live.connections for pull in one.pulls}
    assert ("front_1", "stock") in pulled and ("sf", "tracks") in pulled
    assert {table for _, table in pulled} == {"stock", "on_the_way", "tracks"}
    assert files.live is None


def test_a_profile_without_a_rhythm_has_no_loop(tmp_path: Path) -> None:
    with pytest.raises(LoopRefusedError, match="refresh: 10s"):
        Loop(settings_for(PROFILES / "demo", tmp_path))


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "stock",
            "- from: erp.products\n  columns: {sku: sku, place: \"'A'\"}\n",
            "mapping/stock.yml:1: erp.products gives stock and is a night's",
        ),
        (
            "customers",
            "\n- from: front.stock\n  columns: {customer_id: sku}\n",
            "mapping/customers.yml:2: front.stock is for the small refresh by its contract",
        ),
        (
            "stock",
            "- from: wms_a.stock\n  columns: {sku: goods_no, place: \"'A'\", on_hand: goods_name}\n",
            'on_hand must be BIGINT, "goods_name" is VARCHAR',
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, file: str, text: str, told: str) -> None:
    (tmp_path / "mapping").mkdir()
    (tmp_path / "profile.yml").write_text(f"extends: {PROFILES / 'demo_live'}\n", encoding="utf-8")
    (tmp_path / "mapping" / f"{file}.yml").write_text(text, encoding="utf-8")
    with pytest.raises(sources.ProfileError) as raised:
        sources.load_profile(tmp_path)
    assert any(told in str(mistake) for mistake in raised.value.mistakes), raised.value.mistakes


def test_every_published_table_and_column_is_described_in_both_languages() -> None:
    said = yaml.safe_load((HERE / "tables.yml").read_text(encoding="utf-8"))
    assert set(said) == {"stock", "tracks", "sources", "refused", "run"}
    for table in said.values():
        assert is_in_both(table["about"]), table["about"]
        assert not [text for text in table["columns"].values() if not is_in_both(text)]
