"""The SQL page: the address holds the question, a mistake is said kindly, and all tables are described."""

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui import navigation, sql_chart, theme
from dashboards.ui.questions import questions
from dashboards.ui.sql_chart import Drawn
from tests.unit.dashboards.reading import words


@pytest.fixture
def open_sql(open_page, monkeypatch: pytest.MonkeyPatch):
    """Open the page as its address would: the test harness opens the first page only, so it is made the first."""
    monkeypatch.setattr(navigation, "PAGES", {"analyst": ["sql"]})
    return open_page


def run(app: AppTest, text: str) -> AppTest:
    """Type into the box and press Run."""
    app.text_area(key="sql_text").set_value(text)
    next(button for button in app.button if button.label in ("Run", "运行")).click()
    return app.run()


def test_without_a_question_one_stands_in_the_box_and_nothing_is_asked(open_sql, monkeypatch) -> None:
    monkeypatch.setattr("dashboards.published.subprocess.run", None)
    app = open_sql(lang="en")
    assert app.text_area(key="sql_text").value == next(iter(questions().values())).sql
    assert app.selectbox(key="sql_question").value == next(iter(questions()))
    assert "Rows" not in words(app) and "Press Run" in words(app)


def test_an_empty_box_stays_empty_and_there_is_nothing_to_run(open_sql) -> None:
    app = run(open_sql(lang="en"), " ")
    assert "nothing to run" in words(app)
    assert app.text_area(key="sql_text").value == ""
    assert app.selectbox(key="sql_question").value is None
    assert "Rows: 1" in words(run(app, "select 1"))


def test_a_link_shows_the_query_and_its_answer(open_sql) -> None:
    app = open_sql(sql="select carrier, count(*) as orders from marts.fct_orders group by carrier", lang="en")
    assert app.text_area(key="sql_text").value.startswith("select carrier")
    assert "Rows: 2" in words(app)
    answer = next(table.value for table in app.dataframe if "orders" in table.value.columns)
    assert sorted(answer["orders"]) == [1140, 1140]


def test_run_writes_the_query_into_the_address(open_sql) -> None:
    app = run(open_sql(lang="en"), "select run_number from meta.run")
    assert app.query_params["sql"] == "select run_number from meta.run"
    assert "Rows: 1" in words(app)


def test_a_question_is_asked_when_it_is_chosen(open_sql) -> None:
    app = open_sql(lang="en")
    app.selectbox(key="sql_question").select("05_complaints_of_late_orders").run()
    assert app.query_params["sql"] == questions()["05_complaints_of_late_orders"].sql
    assert "Rows: 2" in words(app)
    assert app.selectbox(key="sql_question").value == "05_complaints_of_late_orders"


def test_another_chart_does_not_ask_again(open_sql, monkeypatch) -> None:
    app = open_sql(sql="select carrier, 1.5 as late_percent from marts.dim_carriers", lang="en")
    monkeypatch.setattr("dashboards.published.subprocess.run", None)
    app.button_group(key="sql_chart").set_value("bar").run()
    assert not app.exception
    assert app.query_params["chart"] == "bar"
    assert (
        app.selectbox(key="sql_x").value == "carrier" and app.selectbox(key="sql_y").value == "late_percent"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select metrik\nfrom marts.kpi", "LINE 1: select metrik"),
        ("copy marts.kpi to 'out.csv'", "This one is: COPY"),
        ("set threads = 4", "This one is: SET"),
        ("select 1; select 2", "One statement at a time"),
        ("-- nothing", "no statement stands in the box"),
        ("call checkpoint()", "select, with, from, describe, summarize, show, explain. This one is: CALL"),
        ("from '/etc/passwd'", "Not permitted: only the tables of the published file"),
        ("from glob('*')", "Not permitted: only the tables of the published file"),
        ("from marts.kpi where metric = 'none'", "found no rows. Its columns: metric, period"),
        ("from range(100000)", "The first 10,000 rows; there are more"),
    ],
)
def test_what_came_of_it_is_said(open_sql, text: str, said: str) -> None:
    app = run(open_sql(lang="en"), text)
    assert not app.exception
    assert said in words(app)


def test_limits_are_said_and_hold(open_sql, monkeypatch) -> None:
    monkeypatch.setenv("TRUE_ON_TIME_SQL_SECONDS", "1")
    app = open_sql(lang="en")
    assert "may take 1 s and 512 MB" in words(app)
    endless = "with recursive t as (select 1 as i union all select i + 1 from t) select count(*) from t"
    assert "Stopped after 1 s" in words(run(app, endless))
    monkeypatch.setenv("TRUE_ON_TIME_SQL_SECONDS", "60")
    monkeypatch.setenv("TRUE_ON_TIME_SQL_MEGABYTES", "128")
    assert "more than 128 MB" in words(run(app, "select repeat('x', 4000000000)"))
    assert "Rows: 1" in words(run(app, "select 1"))


def test_every_table_is_there_with_its_columns_and_what_they_mean(open_sql, published) -> None:
    app = open_sql(lang="en")
    with duckdb.connect(str(published), read_only=True) as connection:
        there = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    assert set(app.selectbox(key="sql_table").options) == {name for (name,) in there}
    assert "About 2,280 rows" in words(app) and "One row an order." in words(app)
    meanings = app.table[0].value.set_index("Column, type")["Meaning"]
    assert meanings["**is\\_on\\_time**  \nboolean"] == "Signed at or before its promise."
    assert "**signed\\_at**  \ntimestamptz" in meanings
    app.selectbox(key="sql_table").select("meta.quarantine").run()
    assert [name.split("**")[1] for name in app.table[0].value["Column, type"]][:2] == [
        "source",
        "table\\_name",
    ]


BY_DAY = """select * from (values ('d1', 'SF', 1), ('d1', 'YTO', 2), ('d2', 'SF', 3), ('d2', null, 4)) t(d, who, n)"""


@pytest.mark.parametrize("kind", ["bar", "line"])
def test_a_colour_for_each_value_is_proposed_where_the_axis_repeats(open_sql, kind: str) -> None:
    app = open_sql(sql=BY_DAY, chart=kind, lang="en")
    assert [app.selectbox(key=f"sql_{name}").value for name in ("x", "y", "series")] == ["d", "n", "who"]
    assert "Nothing is drawn" not in words(app) and drawn(app)
    app.selectbox(key="sql_series").select("").run()
    assert app.query_params["series"] == ""
    assert "Nothing is drawn: several rows have the same d." in words(app) and not drawn(app)
    app.selectbox(key="sql_x").select("n").run()
    assert drawn(app)
    # another query proposes anew
    assert "series" not in run(app, "select 1 as one").query_params


def drawn(app: AppTest) -> bool:
    return bool(app.get("plotly_chart"))


def test_no_colour_is_proposed_where_the_axis_names_each_row(open_sql) -> None:
    app = open_sql(sql="select 'a' as name, 'b' as city, 1 as n", chart="bar", lang="en")
    assert app.selectbox(key="sql_series").value == "" and drawn(app)


def test_rows_that_two_columns_do_not_tell_apart_are_not_drawn(open_sql) -> None:
    three = "select 'a' as x, 'b' as y, i::varchar as z, 'c' as w, i as n from range(2) t(i)"
    app = open_sql(sql=three, chart="line", lang="en")
    assert app.selectbox(key="sql_series").value == "z"  # y and w would not tell them apart
    app.selectbox(key="sql_series").select("w").run()
    assert "several rows have the same x and w" in words(app) and not drawn(app)


def test_values_beyond_the_colours_are_named(open_sql) -> None:
    many = "select d, 'c' || i as carrier, i as n from range(1, 3) u(d), range(1, 10) t(i) order by d, i"
    app = open_sql(sql=many, chart="line", x="d", series="carrier", lang="en")
    assert "Drawn are the first 6 of 9 values of carrier. Not drawn: c7; c8; c9." in words(app)


ROWS = [
    {"d": "d1", "who": "SF", "n": 1},
    {"d": "d1", "who": None, "n": 2},
    {"d": "d2", "who": "SF", "n": None},
    {"d": "d2", "who": "a carrier with a long name", "n": 4},
]


def test_bars_are_called_by_axis_and_colour_in_the_answers_order() -> None:
    chart = sql_chart.bars(ROWS, Drawn("d", "n", "who"))
    assert [(bar.name, list(bar.y), list(bar.x)) for bar in chart.data] == [
        ("SF", [0, 2], [1.0, None]), ("–", [1], [2.0]), ("a carrier with a long name", [3], [4.0]),
    ]  # fmt: skip
    assert list(chart.layout.yaxis.ticktext) == ["d1 · SF", "d1 · –", "d2 · SF", "d2 · a carrier …"]
    assert len({bar.marker.color for bar in chart.data}) == 3
    assert chart.layout.yaxis.title.text == "d · who"


def test_a_line_for_each_value_has_its_own_colour_dashes_and_marks() -> None:
    chart = sql_chart.lines(ROWS, Drawn("d", "n", "who"))
    assert [(line.name, list(line.x)) for line in chart.data] == [
        ("SF", ["d1", "d2"]), ("–", ["d1"]), ("a carrier with a long name", ["d2"]),
    ]  # fmt: skip
    assert len({(line.line.color, line.line.dash, line.marker.symbol) for line in chart.data}) == 3
    assert list(chart.layout.xaxis.categoryarray) == ["d1", "d2"]
    assert (
        len(sql_chart.DASHES)
        == len(sql_chart.MARKS)
        == len(set(theme.LIGHT.series))
        == len(set(theme.DARK.series))
    )


def test_an_axis_has_the_unit_that_the_columns_name_tells(open_sql) -> None:
    assert sql_chart.titled("late_percent") == "late_percent (%)"
    assert sql_chart.titled("carrier") == "carrier"
