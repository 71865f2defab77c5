"""The demo company's drops night by night, as `make nights` replays them, equal one build over all of them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from integration.nights import differences, figures
from oracle.night import hush

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.lib.nights import drop_dates, replay, stage
from dagster_project.settings import PROFILES, Settings

LAST = date(2026, 2, 28)


def touch(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    return file


def test_drops_are_dated_folders(tmp_path: Path) -> None:
    for name in ("erp/orders/2026-02-02/a.csv", "sf/tracks/2026-02-01/b.csv", "erp/products/all.xlsx"):
        touch(tmp_path / name)
    assert drop_dates(tmp_path) == [date(2026, 2, 1), date(2026, 2, 2)]


def test_night_sees_what_had_arrived(tmp_path: Path) -> None:
    source, staged = tmp_path / "source", tmp_path / "staged"
    for name in ("erp/orders/2026-02-01/a.csv", "erp/orders/2026-02-02/b.csv", "erp/products/all.xlsx"):
        touch(source / name)
    stage(source, staged, date(2026, 2, 1))
    seen = sorted(path.name for path in staged.rglob("*") if path.is_file())
    assert seen == ["a.csv", "all.xlsx"]
    stage(source, staged, date(2026, 2, 2))
    assert (staged / "erp/orders/2026-02-02/b.csv").read_text() == "x"


def test_source_without_drops_is_told(tmp_path: Path) -> None:
    settings = Settings("demo", PROFILES / "demo", tmp_path, tmp_path / "home", None, 8501)
    with pytest.raises(ValueError, match="no drops to replay"):
        list(replay(settings, 3, say=hush))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_nights_of_the_demo_company_equal_one_build(tmp_path: Path) -> None:
    last = number(LAST)
    generate(Size(last - 39, last, 15, 5), tmp_path, hush)
    grown = Settings("demo", PROFILES / "demo", tmp_path / "source", tmp_path / "grown" / "demo", None, 8501)
    said: list[str] = []
    results = list(replay(grown, nights=10, with_quality=False, say=said.append))
    assert [result.status for result in results] == ["published"] * 10
    reasons = [line for line in said if "from scratch" in line]
    # the demo company replaces no file, and nobody changed the models meanwhile
    assert reasons == ["models are built from scratch: first night"]

    # the same links, so that files are called by the same names
    once = replace(grown, source_dir=grown.home / "staged", home=tmp_path / "once" / "demo")
    run_night(once, as_of=results[-1].as_of, with_quality=False, say=hush)
    assert differences(grown, once) == {}
    ((signed,),) = figures(grown, "select count(is_on_time) from marts.fct_orders")
    assert signed > 200
