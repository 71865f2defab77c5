"""The by-hand page without a browser: not there without its switch; a sheet, the queue and the log with it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui import byhand, downloads, navigation
from tests.unit.dashboards.test_page import words

HEAD = "运单号,状态,时间,承运商,城市,备注\n"


@pytest.fixture
def only_this_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page as the only one, for the harness opens the first."""
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["byhand", "orders"]})
    monkeypatch.setattr(navigation, "SWITCHED", {})


@pytest.fixture
def switched_on(monkeypatch: pytest.MonkeyPatch, only_this_page: None) -> None:
    monkeypatch.setenv("TRUE_ON_TIME_BYHAND", "1")


def give(app: AppTest, text: str, name: str = "sheet.csv") -> AppTest:
    app.file_uploader(key="byhand_file").set_value((name, text.encode(), "text/csv"))
    next(button for button in app.button if button.label == "Take in").click()
    app.run()
    assert not app.exception, app.exception
    return app


def test_without_its_switch_there_is_no_page(published, monkeypatch) -> None:
    assert "byhand" not in [key for keys in navigation.groups().values() for key in keys]
    monkeypatch.setenv("TRUE_ON_TIME_BYHAND", "0")
    assert "byhand" not in navigation.groups()["operations"]
    monkeypatch.setenv("TRUE_ON_TIME_BYHAND", "1")
    assert navigation.groups()["operations"][-1] == "byhand"


def test_without_its_switch_the_page_does_nothing(open_page, only_this_page) -> None:
    app = open_page()
    assert not app.header and not app.file_uploader


def test_it_opens_empty(open_page, switched_on, tmp_path: Path) -> None:
    app = open_page()
    assert app.header[0].value.startswith("Nothing has been uploaded yet.")
    assert not (tmp_path / "demo" / "inbox").exists()


def test_a_sheet_is_taken_in_asked_about_and_logged(
    open_page, switched_on, published, tmp_path: Path
) -> None:
    import duckdb

    with duckdb.connect(str(published), read_only=True) as connection:
        number, carrier = connection.execute(
            """select waybill, waybills.carrier from marts.dim_waybills as waybills
            inner join marts.fct_suborders using (fulfilment_code)
            where signed_at is null and closed_at is null and not is_cancelled
            order by order_day desc, waybill limit 1"""
        ).fetchone()
        (closed,) = connection.execute(
            """select waybill from marts.dim_waybills inner join marts.fct_suborders using (fulfilment_code)
            where signed_at < timestamptz '2026-02-01 00:00:00+00' order by waybill desc limit 1"""
        ).fetchone()
    app = give(
        open_page(),
        HEAD
        + f"{number},签收,2026-02-28 20:00,{carrier},宁波,\n"
        + f"{closed},签收,2026-02-28 20:00,,,\n"
        + "*bold*,签收,2026-02-28 20:00,,,\n=1+1,unknown $x$,2026-02-28 20:00,,,\n",
    )
    assert (
        app.header[0].value == "**1** row waits for somebody to decide; taken so far: **1**, rejected: **2**."
    )
    assert "Rows: 4 = 1 taken + 1 waiting + 2 rejected." in words(app)
    assert "Row 5 · 状态 Status] unknown \\$x\\$" in words(app)
    assert "No open waybill resembles this number." in words(app)
    assert "that of an order that is closed already" in words(app)
    assert app.query_params["upload"]
    pick = next(button for button in app.button if button.label == "It is this one")
    pick.click().run()
    assert app.header[0].value.startswith("No row waits for a decision; taken so far: **2**, rejected")
    assert len(list((tmp_path / "demo" / "inbox" / "byhand" / "drop").iterdir())) == 2
    log = app.dataframe[-1].value
    assert log["outcome"].iloc[0] == "✓ taken"
    assert set(log["who"]) == {"local"}


def test_a_file_that_is_refused_says_what_to_do(open_page, switched_on) -> None:
    app = give(open_page(), "运单号,时间\n1,2\n")
    assert [box.value for box in app.error] == [
        "Row 1 was read as the head, and these columns are missing: 状态 Status. Add them, or start from the template."
    ]
    assert app.header[0].value.startswith("Nothing has been uploaded yet.")


def test_none_of_these_rejects_the_row(open_page, switched_on, published) -> None:
    import duckdb

    with duckdb.connect(str(published), read_only=True) as connection:
        (closed,) = connection.execute(
            """select waybill from marts.dim_waybills inner join marts.fct_suborders using (fulfilment_code)
            where signed_at < timestamptz '2026-02-01 00:00:00+00' order by waybill desc limit 1"""
        ).fetchone()
    app = give(open_page(lang="en"), HEAD + f"{closed},签收,2026-02-28 20:00,,,\n")
    next(button for button in app.button if button.label == "None of these").click().run()
    assert "taken so far: **0**, rejected: **1**" in app.header[0].value
    assert "Rows: 1 = 0 taken + 0 waiting + 1 rejected." in words(app)


def test_what_is_typed_means_nothing_to_the_page() -> None:
    assert byhand.plain("[a](b) *c* $d$ `e` 甬。") == r"\[a\]\(b\) \*c\* \$d\$ \`e\` 甬。"


def test_what_is_typed_means_nothing_to_a_sheet_program() -> None:
    rows = [
        {"typed": "=1+1", "n": -5},
        {"typed": "@SUM(A1)", "n": 1},
        {"typed": "-", "n": 0},
        {"typed": "a=b", "n": 0},
    ]
    lines = downloads.as_csv(rows).decode("utf-8-sig").splitlines()
    assert lines[1:] == ["'=1+1,-5", "'@SUM(A1),1", "-,0", "a=b,0"]
