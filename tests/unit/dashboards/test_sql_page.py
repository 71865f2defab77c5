"""The SQL page: the address holds the question, a mistake is said kindly, and all tables are described."""

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui import navigation, sql
from dashboards.ui.questions import questions
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
    assert "Rows" not in words(app)


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
        ("-- nothing", "no statement in the box"),
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
    columns = app.dataframe[0].value.set_index("column_name")
    assert columns.loc["is_on_time", "comment"] == "Signed at or before its promise."
    assert columns.loc["signed_at", "data_type"] == "timestamptz"
    app.selectbox(key="sql_table").select("meta.quarantine").run()
    assert list(app.dataframe[0].value["column_name"])[:3] == ["source", "table_name", "reason"]


def test_rows_of_the_same_name_stay_apart_in_bars() -> None:
    drawn = sql.bars([{"stage": "transfer", "h": 1}, {"stage": "transfer", "h": 2}], "stage", "h")
    assert list(drawn.data[0].y) == [0, 1] and list(drawn.data[0].x) == [1.0, 2.0]
    assert list(drawn.layout.yaxis.ticktext) == ["transfer", "transfer"]


def test_an_axis_has_the_unit_that_the_columns_name_tells(open_sql) -> None:
    assert sql.titled("late_percent") == "late_percent (%)"
    assert sql.titled("carrier") == "carrier"
