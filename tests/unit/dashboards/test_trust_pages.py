"""The pages of trust: what figures mean, how the data is, what has moved since, what was decided. Counted by hand."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.published import ask
from dashboards.ui import decisions, navigation, restated_events
from dashboards.ui.i18n import LANGUAGES
from tests.unit.dashboards.reading import one, words

Open = Callable[..., AppTest]
CHOSEN = {"from_day": "2026-02-01", "to_day": "2026-02-28", "lang": "en"}


@pytest.fixture
def open_first(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a page as its address would: the test harness opens the first page only, so it is made the first."""

    def opened(page: str, **query: str | list[str]) -> AppTest:
        monkeypatch.setattr(navigation, "PAGES", {"trust": [page], "operations": ["orders"]})
        return open_page(**query)

    return opened


@pytest.mark.parametrize("page", navigation.PAGES["trust"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_opens_in_both_languages(open_first: Open, page: str, language: str) -> None:
    app = open_first(page, lang=language, period="2026-02")
    assert len(app.header) == 1


# definitions


def test_a_figure_says_what_it_is_and_its_value_of_the_period(open_first: Open, published: Path) -> None:
    said = words(open_first("definitions", period="2026-02", lang="en"))
    kept, due = one(
        published,
        """select count(*) filter (signed_at <= promised_at), count(*) from marts.fct_orders
        where promised_at > timestamptz '2026-01-31 16:00:00+00'
            and promised_at <= timestamptz '2026-02-28 16:00:00+00'""",
    )
    assert "Kept, of the orders due." in said
    assert f"**{100 * kept / due:.1f} %**  \n{kept:,} of {due:,} orders" in said
    assert "`due_kept_orders` ÷ `due_orders`" in said


def test_the_words_are_the_warehouses_own_in_the_readers_language(open_first: Open) -> None:
    english = words(open_first("definitions", lang="en", find_word="LATENESS_minutes"))
    assert "Signed minus promised \\<in minutes\\>." in english and "签收减承诺" not in english
    chinese = words(open_first("definitions", lang="zh", find_word="LATENESS_minutes"))
    assert "签收减承诺的分钟数。" in chinese and "Signed minus" not in chinese


def test_a_word_is_found_in_either_language_and_only_what_says_it_is_shown(published: Path) -> None:
    found = ask(published, "definitions_columns", word="签收减承诺", **CHOSEN)
    assert [(row["table_name"], row["column_name"]) for row in found] == [
        ("marts.fct_orders", "lateness_minutes")
    ]
    assert not ask(published, "definitions_columns", word="no such word", **CHOSEN)
    # a word of the table alone: all of its columns
    whole = ask(published, "definitions_columns", word="One row an order", **CHOSEN)
    (columns,) = one(
        published,
        "select count(*) from duckdb_columns() where schema_name = 'marts' and table_name = 'fct_orders'",
    )
    assert len(whole) == columns and not any(row["is_said"] for row in whole)


def test_nothing_found_is_said(open_first: Open) -> None:
    assert open_first("definitions", lang="en", find_word="zzz").header[0].value == "Nothing here says “zzz”."


# data health: 500 + 200 + 50 rows of the last run and 1,000 of an earlier one; 10 + 2 + 3 in quarantine


def test_the_state_of_the_data_in_one_sentence(open_first: Open) -> None:
    assert open_first("data_health", lang="en").header[0].value == (
        "**1** of 3 source tables have been silent longer than ever before; no file was refused;"
        " **15** of 1,750 rows are in quarantine; **2** of 4 checks warn, none blocks."
    )


def test_all_in_order_is_said_too(open_first: Open, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.quality set passed = true")
        connection.execute("delete from meta.files where source = 'sf'")
    said = words(open_first("data_health", lang="en"))
    assert "All **3** source tables came in; no file was refused" in said
    assert "all **4** checks passed." in said
    assert "Nothing: every table came" in said


def test_what_failed_comes_first_in_the_readers_language(open_first: Open) -> None:
    english = words(open_first("data_health", lang="en"))
    assert "A signature before the order.  \nSeen: 4 rows" in english and "早于" not in english
    said = words(open_first("data_health", lang="zh"))
    assert "签收早于下单。  \n实际：4 行" in said and "A signature before" not in said
    assert "Told in its own words." in said  # of a file that was published before the Chinese
    assert "已有 10 天 0 小时没有新文件" in said


def test_a_refused_file_says_why_and_what_to_do(open_first: Open, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """update meta.files set status = 'refused', reason = 'it was half written', remedy = 'Send it again',
            reason_zh = '只写了一部分', remedy_zh = '请重新发送' where file = 'erp/products.csv'"""
        )
    app = open_first("data_health", lang="en")
    assert "**1** file was refused" in app.header[0].value
    assert "`erp/products.csv`  \nit was half written. Send it again." in words(app)
    chinese = words(open_first("data_health", lang="zh"))
    assert "`erp/products.csv`  \n只写了一部分。请重新发送。" in chinese and "half written" not in chinese


def test_silence_is_measured_by_a_tables_own_rhythm(published: Path) -> None:
    silent = {row["name"]: row["is_silent"] for row in ask(published, "health_sources", **CHOSEN)}
    assert silent == {"sf.tracks": True, "erp.orders": False, "erp.products": False}


def test_rows_in_quarantine_by_kind_and_by_table(published: Path) -> None:
    kinds: dict[str, int] = {}
    for row in ask(published, "health_reasons", **CHOSEN):
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + row["rows"]
    assert kinds == {"missing": 12, "time": 1, "code": 1, "broken": 1}
    asked = {"mistake": "missing", "quarantined": "", "most": 5}
    found = ask(published, "health_quarantined", **asked, lang="en")
    assert len(found) == 5 and {row["rows"] for row in found} == {12}
    assert {row["kind"] for row in found} == {"missing"}
    assert not ask(
        published, "health_quarantined", mistake="missing", quarantined="sf.tracks", most=5, lang="en"
    )


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "column code: 'ZZ' is not in"), ("zh", "code 列：“ZZ”不在")]
)
def test_a_reason_is_told_in_the_readers_language(published: Path, lang: str, said: str) -> None:
    (row,) = ask(published, "health_quarantined", mistake="code", quarantined="", most=5, lang=lang)
    assert said in row["reason"] and row["kind"] == "code"


def test_a_file_published_before_the_chinese_tells_its_reasons_in_english(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        for table, columns in {"quarantine": ["reason_zh"], "files": ["reason_zh", "remedy_zh"]}.items():
            for column in columns:
                connection.execute(f"alter table meta.{table} drop column {column}")
        connection.execute(
            "update meta.files set status = 'refused', reason = 'half written' where source = 'sf'"
        )
    (row,) = ask(published, "health_quarantined", mistake="code", quarantined="", most=5, lang="zh")
    assert "is not in codes/sf.csv" in row["reason"]
    assert {row["reason"] for row in ask(published, "health_refused", lang="zh")} == {"half written"}


def test_the_last_run_alone_is_judged(published: Path) -> None:
    checks = {
        row["table_name"]: (row["passed"], row["failed"]) for row in ask(published, "health_checks", **CHOSEN)
    }
    assert checks == {"marts.fct_orders": (0, 2), "marts.kpi": (2, 0)}


# restatement: on 10 February three joined (two of them met), one left that had been met, one miss became none


def counts(published: Path) -> tuple[int, int]:
    return one(
        published,
        """select count(*) filter (is_on_time), count(*) from marts.fct_orders
        where signed_day = date '2026-02-10' and promised_at is not null""",
    )


def test_a_day_is_taken_back_to_what_was_known_of_it_first(published: Path) -> None:
    k, n = counts(published)
    days = {
        row["day"]: row
        for row in ask(
            published,
            "restated_days",
            metric="true_on_time_rate",
            by_order=True,
            minimum_sample=30,
            **CHOSEN,
        )
    }
    day = days[date(2026, 2, 10)]
    assert (day["numerator"], day["denominator"]) == (k, n)
    assert (day["first_numerator"], day["first_denominator"]) == (k - 2 + 1 - 1, n - 3 + 1)
    assert day["points"] == pytest.approx(100 * (k / n - (k - 2) / (n - 2)))
    assert (day["joined"], day["gone"], day["judged_anew"]) == (3, 1, 1)
    assert len(days) == 28 and all(
        row["points"] == 0 for key, row in days.items() if key != date(2026, 2, 10)
    )
    assert sum(row["is_own_night"] for row in days.values()) == 4


def test_what_moved_a_day_is_said_and_listed(open_first: Open, published: Path) -> None:
    k, n = counts(published)
    app = open_first("restatement", lang="en", period="2026-02")
    moved = 100 * (k / n - (k - 2) / (n - 2))
    assert app.header[0].value == (
        "In February 2026, what became known later moved **1** of 28 days by 0.05 points or more (True on-time rate),"
        f" the most on 10 Feb 2026: **{moved:+.1f}** points, by 5 orders.".replace("-", "\u2212").replace(
            "on\u2212time", "on-time"
        )
    )
    assert f"({k - 2} of {n - 2} orders)" in words(app) and f"({k} of {n})" in words(app)
    assert (
        "of these 28 days, 4 were published by a night of their own, and 2 such nights said exactly this figure."
        " The others took their data before or after 03:00"
    ) in words(app)
    assert f"is **{100 * k / n:.1f} %** ({k} of {n}), from what was known by 11 Feb 2026 03:00." in words(app)
    assert "1 left it, 1 stayed and is judged otherwise" in words(app)
    listed = app.dataframe[0].value
    assert len(listed) == 5
    assert sorted(listed["move_said"]) == ["joined the day"] * 3 + ["left the day", "missed, now kept"]
    assert sorted(listed["cause_said"]) == [
        "found to be returned or refused", "signature corrected", *["signed, but recorded late"] * 3,
    ]  # fmt: skip
    # as many: by their names
    assert (
        "Why: signed, but recorded late (3), signature corrected (1), found to be returned or refused (1)."
        in words(app)
    )
    # what was known first, and what came in its place
    (back,) = (row for _, row in listed.iterrows() if row["cause_said"] == "found to be returned or refused")
    assert (back["before_name"], back["event_name"]) == ("Delivered", "Returned to and signed by sender")
    assert all(link.startswith("/orders?") and "find=" in link for link in listed["link"])


def test_every_rate_that_was_published_can_be_chosen(open_first: Open, published: Path) -> None:
    app = open_first("restatement", lang="en", period="2026-02")
    chooser = app.selectbox(key="metric")
    assert chooser.value == "true_on_time_rate" and len(chooser.options) == 7
    chooser.set_value("complaint_rate").run()
    assert app.query_params["metric"] in ("complaint_rate", ["complaint_rate"])
    due, complained = one(
        published,
        """select count(*), count(*) filter (has_complaint) from marts.fct_orders
        where promised_day = date '2026-02-12' and is_due""",
    )
    moved = 100 * 1 / due
    assert f"the most on 12 Feb 2026: **+{moved:.1f}** points, by 1 order." in app.header[0].value
    assert f"({complained - 1} of {due} orders)" in words(app) and f"({complained} of {due})" in words(app)
    assert "Why: complained later (1)." in words(app)
    assert list(app.dataframe[0].value["move_said"]) == ["no complaint, now one"]


def test_a_day_is_counted_as_moved_from_where_its_move_is_written_as_a_tenth(
    open_first: Open, published: Path
) -> None:
    with duckdb.connect(str(published)) as connection:
        # one order of 2,010 is 0.0498 points, of 1,990 it is 0.0503
        connection.execute(
            """
            delete from marts.fct_restatements;
            update marts.kpi set numerator = 1000, denominator = 2010, value = 1000 / 2010
            where metric = 'true_on_time_rate' and period = 'day' and period_start = date '2026-02-04';
            update marts.kpi set numerator = 1000, denominator = 1990, value = 1000 / 1990
            where metric = 'true_on_time_rate' and period = 'day' and period_start = date '2026-02-05';
            insert into marts.fct_restatements by name
            select 'true_on_time_rate' as metric, day, order_id, true as was_counted, false as was_met,
                true as is_counted, true as is_met, 'replaced' as cause
            from (values (date '2026-02-04', 'A'), (date '2026-02-05', 'B')) as moved(day, order_id);
            """
        )
    app = open_first("restatement", lang="en", period="2026-02")
    assert "moved **1** of 28 days by 0.05 points or more" in app.header[0].value
    assert "the most on 5 Feb 2026: **+0.1** points, by 1 order." in app.header[0].value
    # a part replaced is the row of another part, no event
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["event_name"], row["file_said"]) == ("no single event", "row of the new part")
    assert row["before_name"] is None and row["source"] is None


@pytest.mark.parametrize(("hour", "said"), [(3, "03:00"), (11, "11:00")])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_hour_of_publication_is_the_parameters(
    open_first: Open, published: Path, lang: str, hour: int, said: str
) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.parameters set value = ? where name = 'publication_hour'", [hour])
    shown = words(open_first("restatement", lang=lang, period="2026-02"))
    how, day = {
        "en": (f"known of a day by {said} of the next", f"Known by {said} of the next day"),
        "zh": (f"次日 {said} 前对当天已知", f"按次日 {said} 前所知"),
    }[lang]
    assert how in shown and day in shown


def test_an_order_is_taken_away_with_its_codes_and_their_words() -> None:
    came = {
        "move": "now_met", "cause": "recorded_late", "before_name": None, "event_name": "Delivered", "file": "sf/1.csv",
    }  # fmt: skip
    told = restated_events.told({"metric": "true_on_time_rate"}, came)
    assert (told["move"], told["move_said"]) == ("now_met", "missed, now kept")
    assert (told["cause"], told["cause_said"]) == ("recorded_late", "signed, but recorded late")
    assert (told["before_name"], told["event_name"], told["file_said"]) == (
        "nothing yet",
        "Delivered",
        "sf/1.csv",
    )


def test_a_night_of_each_day_needs_no_word_of_a_load(open_first: Open, published: Path) -> None:
    said = words(open_first("restatement", lang="en", period="2026-02-08..2026-02-09"))
    assert (
        "Each of these 2 days was published by a night of its own; 2 such nights said exactly this figure."
        in said
    )
    assert "The others" not in said


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "to be near its aim, neither below it nor above"), ("zh", "越接近目标越好")]
)
def test_a_coverage_is_better_neither_up_nor_down_and_a_count_is_divided_by_nothing(
    open_first: Open, published: Path, lang: str, said: str
) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """insert into meta.metric_catalogue by name select 'promise_coverage' as name, '缓冲覆盖率' as title_zh,
            'Promise coverage' as title_en, 'covered' as numerator, 'suborders' as denominator, 'near' as direction,
            'share' as unit, 'Within the buffer.' as definition, '缓冲之内。' as definition_zh"""
        )
    app = open_first("definitions", lang=lang)
    (coverage,) = (
        part.value for part in app.markdown if "Promise coverage" in part.value or "缓冲覆盖率" in part.value
    )
    assert said in coverage and "more is better" not in coverage and "越高" not in coverage
    (count,) = (part for part in app.caption if "overdue_orders" in part.value)
    assert count.value == "`overdue_orders`" and "open_orders" in count.help


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_rate_that_counts_no_orders_shows_first_and_now_and_says_why(
    open_first: Open, published: Path, lang: str
) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """
            insert into meta.metric_catalogue by name select 'pick_error_rate' as name, '拣货错误率' as title_zh,
                'Pick error rate' as title_en, 'wrong_lines' as numerator, 'picked_lines' as denominator,
                'down' as direction, 'share' as unit, 'Wrong lines.' as definition, '拣错的行。' as definition_zh;
            insert into marts.kpi by name select 'pick_error_rate' as metric, 'day' as period,
                date '2026-02-01' + n::integer as period_start, 4 as numerator, 100 as denominator, 0.04 as value
                from range(28) as days(n);
            -- the fifth was published with three wrong of a hundred; the last two days never were
            insert into meta.published_rates by name select metric, period_start as day,
                numerator - (period_start = date '2026-02-05')::int as numerator, denominator,
                timezone('Asia/Shanghai', (period_start + 1)::timestamp + interval 3 hours) as as_of
                from marts.kpi where metric = 'pick_error_rate' and period_start < date '2026-02-27'
            """
        )
    app = open_first("restatement", lang=lang, period="2026-02", metric="pick_error_rate")
    if lang == "en":
        assert "moved **1** of 26 days" in app.header[0].value
        assert "the most on 5 Feb 2026: **+1.0** points." in app.header[0].value
        assert "This rate counts lines" in words(app)
        assert "Of these 26 days, 26 were first published by the night after them" in words(app)
    else:
        assert "26 天中的 **1** 天" in app.header[0].value and "按拣货行计数" in words(app)
    assert not app.dataframe


def test_a_period_in_which_nothing_moved_says_so(open_first: Open) -> None:
    app = open_first("restatement", lang="en", period="2026-01")
    assert "no day of 31 has moved" in app.header[0].value or "no day of" in app.header[0].value
    assert "Nothing has moved a day of this period." in words(app)


# decisions


def test_the_log_reads_the_same_days_in_both_languages() -> None:
    logs = {code: decisions.read(decisions.file_of(code).read_text(encoding="utf-8")) for code in LANGUAGES}
    assert [entry.day for entry in logs["en"]] == [entry.day for entry in logs["zh"]]
    assert all(entry.title and entry.body for log in logs.values() for entry in log)
    assert all(entry.body.count("**") == 4 for entry in logs["en"])


def test_the_newest_decision_comes_first_and_the_rest_stay_as_written() -> None:
    text = "# Log\n\nWords.\n\n## 2026-01-02 · One\n\nA.\n\n## 2026-03-04 · Two\n\nB.\n\n## 2026-01-02 · Three\n\nC.\n"
    assert [(entry.title, entry.body) for entry in decisions.read(text)] == [
        ("Two", "B."), ("One", "A."), ("Three", "C."),
    ]  # fmt: skip


def test_a_changed_parameter_says_what_it_was_and_from_when(open_first: Open, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "insert into meta.parameters by name select 'minimum_sample' as name, date '2026-02-10' as valid_from,"
            " 40.0 as value, 'fewer is grey ¦ 少于此数为灰' as meaning"
        )
    found = [
        row
        for row in ask(published, "parameters_in_force", last_day="2026-02-28", lang="zh")
        if row["name"] == "minimum_sample"
    ]
    assert [
        (row["value"], row["valid_from"], row["valid_to"], row["value_before"], row["is_in_force"])
        for row in found
    ] == [
        (40.0, date(2026, 2, 10), None, 30.0, True),
        (30.0, None, date(2026, 2, 9), None, False),
    ]
    assert found[0]["meaning"] == "少于此数为灰"
    app = open_first("decisions", lang="en")
    assert "Parameters have been changed **1** time." in app.header[0].value
