"""The executive's page: what it says, and that every number opens the orders behind it."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import settings
from dashboards.ui import formats, freshness, verdict


def ask(published: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return connection.execute(query).fetchall()


def links(app: AppTest) -> dict[str, dict[str, list[str]]]:
    """The links to lists of orders: what each says, and what it asks for."""
    found = {
        link.proto.label.replace("\u00a0", " "): parse_qs(link.proto.query_string)
        for link in app.get("page_link")
    }
    return {label: asked for label, asked in found.items() if "show" in asked}


def opens(app: AppTest, key: str) -> list[dict[str, str]]:
    """What the points of a chart lead to."""
    chart = next(chart for chart in app.get("plotly_chart") if key in chart.proto.id)
    targets = [
        to for trace in json.loads(chart.proto.spec)["data"] for to in trace.get("customdata", []) if to
    ]
    return [json.loads(to) for to in targets]


def text(app: AppTest) -> str:
    return "\n".join(str(line.value) for line in [*app.markdown, *app.caption]).replace("\u00a0", " ")


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda language: monkeypatch.setattr(st, "query_params", {"lang": language})


@pytest.mark.parametrize(
    ("part", "english", "chinese"),
    [
        (0.667, "two thirds", "三分之二"), (0.652, "two thirds", "三分之二"), (0.651, None, None),
        (0.26, "a quarter", "四分之一"), (0.32, "a third", "三分之一"), (0.50, "half", "一半"),
        (0.76, "three quarters", "四分之三"), (0.41, None, None),
    ],
)  # fmt: skip
def test_a_share_close_to_a_fraction_is_said_as_one(
    speak, part: float, english: str | None, chinese: str | None
) -> None:
    speak("en")
    assert formats.fraction(part) == english
    speak("zh")
    assert formats.fraction(part) == chinese


def rate(k: int, n: int) -> dict:
    return {"value": k / n, "numerator": k, "denominator": n, "is_too_few": n < 30}


def test_a_hundred_of_a_hundred_is_said_only_of_all(speak) -> None:
    speak("en")
    said = verdict._compared("On 1 Feb", rate(900, 1000), rate(996, 1000))
    assert said == "On 1 Feb, **90 of 100** promised orders arrived when promised; the ERP says **99**."
    assert "the ERP says **100**" in verdict._compared("On 1 Feb", rate(900, 1000), rate(1000, 1000))


@pytest.mark.parametrize(
    ("hours", "language", "begins"),
    [(9, "en", "Yesterday"), (9, "zh", "昨天"), (33, "en", "On 28 Feb 2026"), (33, "zh", "2026年2月28日")],
)
def test_the_last_day_is_yesterday_while_it_is(
    open_page, published: Path, monkeypatch: pytest.MonkeyPatch, hours: int, language: str, begins: str
) -> None:
    as_of = datetime(2026, 2, 28, 16, tzinfo=UTC)  # the end of 28 February in Shanghai
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.runs set published_at = ?", [as_of + timedelta(hours=3)])
    monkeypatch.setattr(freshness.time, "time", lambda: (as_of + timedelta(hours=hours)).timestamp())
    assert open_page(period="2026-02-28", lang=language).header[0].value.startswith(begins)


def test_what_a_page_left_open_says_changes_with_its_file_the_night_and_the_clock(
    published: Path, status: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of = datetime(2026, 2, 28, 16, tzinfo=UTC)
    run = {
        "has_clock": True,
        "as_of_seconds": as_of.timestamp(),
        "timezone": "Asia/Shanghai",
        "last_day": date(2026, 2, 28),
    }
    said = []
    # an hour of the next day; a new file; a night that failed; the last minute of the day; midnight; a night and a half
    for hours, version, failed_at in (
        (1, "a", None), (1, "b", None), (1, "b", "2026-03-01T03:00:00"), (23.99, "b", "2026-03-01T03:00:00"),
        (24, "b", "2026-03-01T03:00:00"), (36.01, "b", "2026-03-01T03:00:00"),
    ):  # fmt: skip
        if failed_at:
            status(status="failed", at=failed_at)
        monkeypatch.setattr(
            freshness.time, "time", lambda hours=hours: (as_of + timedelta(hours=hours)).timestamp()
        )
        said.append(freshness.standing(run, settings.load(), version))
    assert [now == then for then, now in pairwise(said)] == [False, False, True, False, False]


def test_a_history_that_has_ended_has_no_yesterday(open_page) -> None:
    assert open_page(period="2026-02-28").header[0].value.startswith("On 28 Feb 2026")


def test_the_figures_of_the_headline_open(open_page, published: Path) -> None:
    shown = links(open_page(period="2026-02"))
    (late, late_erp, shipped, missed) = ask(
        published,
        """select count(*) filter (lateness_minutes > 0 and month(signed_day) = 2),
            count(*) filter (lateness_minutes > 0 and month(signed_day) = 2 and is_erp_on_time),
            count(*) filter (month(erp_shipped_day) = 2),
            count(*) filter (is_due and month(promised_day) = 2 and not is_kept) from marts.fct_orders""",
    )[0]
    assert shown[f"The {late} that came late"]["show"] == ["late"]
    assert shown[f"These {late_erp} orders"]["show"] == ["late_erp"]
    assert shown[f"The {shipped:,} it counts"] == {"period": ["2026-02"], "show": ["step"], "step": ["erp"]}
    assert shown["The 29 orders"]["show"] == ["overdue"]
    assert shown[f"{missed} missed"]["show"] == ["due_missed"]
    whole, complained = ask(
        published,
        """select count(*) filter (not is_kept or n % 40 = 0), count(*) filter (has_complaint)
        from marts.fct_orders where is_due and month(promised_day) = 2""",
    )[0]
    assert shown[f"{whole} late or not whole"]["show"] == ["not_in_full"]
    assert shown[f"{complained} with a complaint"]["show"] == ["complained"]
    # the made orders wish for what they are promised
    assert shown[f"{missed} missed it"]["show"] == ["wish_missed"]


def test_links_keep_what_is_chosen(open_page) -> None:
    for asked in links(open_page(period="2026-01", place=["WH_B"], lang="zh")).values():
        assert (asked["period"], asked["place"], asked["lang"]) == (["2026-01"], ["WH_B"], ["zh"])


def test_the_five_owners_open_by_chart_and_by_link(open_page, published: Path) -> None:
    app = open_page(period="2026-02")
    owners = ask(
        published,
        """select stage, place, count(*) from marts.fct_lateness
        where month(signed_day) = 2 and place is not null
        group by all order by sum(late_minutes) desc, stage, place limit 5""",
    )
    assert opens(app, "chart_lateness") == [
        {"show": "lost", "stage": stage, "at": place} for stage, place, _ in owners
    ]
    listed = [asked for asked in links(app).values() if asked["show"] == ["lost"]]
    assert [(asked["stage"][0], asked["at"][0]) for asked in listed if "at" in asked] == [
        row[:2] for row in owners
    ]
    assert [asked["stage"] for asked in listed if "at" not in asked] == [["promise_too_tight"]]
    stuck = ask(
        published,
        "select sum(open_overdue) from marts.agg_stage_open_daily where day = date '2026-02-28' and place = 'WH_B'",
    )
    (late,) = ask(
        published,
        "select count(*) from marts.fct_orders where lateness_minutes > 0 and month(signed_day) = 2",
    )[0]
    assert (
        f"Start with **Transfer · Warehouse B**: it lost time for {owners[0][2]} of the {late} late orders."
        f" Standing there now, past the standard: {stuck[0][0]}."
    ) in text(app)


def test_ages_steps_cells_and_days_open(open_page) -> None:
    app = open_page(period="2026-02")
    ages = opens(app, "chart_overdue")
    assert ages and all(to["show"] == "overdue" and to["age"] in "12345" for to in ages)
    assert [to["step"] for to in opens(app, "chart_bridge")] == [
        "erp", "erp_due", "first_suborder", "all_suborders", "valid_signature", "in_full",
    ]  # fmt: skip
    cells = opens(app, "chart_strip_place")
    assert {"show": "stage", "stage": "transfer", "at": "WH_B"} in cells
    assert {"show": "stuck", "stage": "picked_to_packed", "at": "FW_1"} in cells
    days = opens(app, "chart_trend_day")
    assert {"show": "late", "period": "2026-02-03"} in days
    assert {"show": "step", "step": "erp", "period": "2026-02-03"} in days
    assert {"show": "late", "period": "2026-01"} in opens(app, "chart_trend_month")


def limits(published: Path, first: str, last: str) -> tuple[Fraction, Fraction, list[tuple[date, Fraction]]]:
    """The natural limits of the days' rates, counted from the orders themselves."""
    points = [
        (day, Fraction(k, n))
        for day, k, n in ask(
            published,
            f"""select signed_day, count(*) filter (is_on_time), count(*) from marts.fct_orders
            where promised_at is not null and signed_day between date '{first}' and date '{last}'
            group by 1 having count(*) >= 30 order by 1""",
        )
    ]
    values = [value for _, value in points]
    width = Fraction("2.66") * sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1)
    mean = sum(values) / len(values)
    return max(Fraction(0), mean - width), min(Fraction(1), mean + width), points


def test_noise_is_said_with_the_limits(open_page, published: Path) -> None:
    low, high, points = limits(published, "2026-01-30", "2026-02-28")
    assert all(low <= value <= high for _, value in points)
    said = text(open_page(period="2026-02"))
    ends = f"({100 * float(low):.1f} % – {100 * float(high):.1f} %)"
    assert f"**Noise**: every day lies within what this process does by itself {ends}." in said
    assert "Too few months to tell signal from noise: fewer than 8 with 30 orders." in said


def test_a_day_below_the_limits_is_a_signal_with_its_date(open_page, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update marts.fct_orders set is_on_time = is_on_time and n % 4 = 0 where signed_day = date '2026-02-03'"
        )
        connection.execute(
            """update marts.agg_on_time_daily as daily set signed_on_time_orders = counted.orders
            from (
                select signed_day, place, carrier, order_type, count(*) filter (is_on_time) as orders
                from marts.fct_orders group by all
            ) as counted
            where daily.day = date '2026-02-03' and counted.signed_day = daily.day and counted.place = daily.place
                and counted.carrier = daily.carrier and counted.order_type = daily.order_type"""
        )
    low, high, points = limits(published, "2026-01-30", "2026-02-28")
    assert [day for day, value in points if value < low] == [date(2026, 2, 3)]
    said = text(open_page(period="2026-02"))
    assert (
        f"**Signal**: by itself this process stays within {100 * float(low):.1f} % – {100 * float(high):.1f} %. "
        "3 Feb fell below it." in said
    )
    assert "2月3日跌破下限。" in text(open_page(period="2026-02", lang="zh"))
    drawn = next(
        c for c in open_page(period="2026-02").get("plotly_chart") if "chart_trend_day" in c.proto.id
    )
    marks = [trace for trace in json.loads(drawn.proto.spec)["data"] if trace.get("name") == "Signal"]
    fell = [trace for trace in marks if trace["marker"]["symbol"].startswith("triangle")]
    assert [(trace["marker"]["symbol"], len(trace["x"])) for trace in fell] == [("triangle-down", 1)]


def test_a_stage_that_slowed_for_a_week_is_marked(open_page, published: Path) -> None:
    # 12 a day at 970 of 1,000 for weeks; the last week half as long again
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """update marts.agg_stage_daily set actual_minutes = 1.5 * actual_minutes
            where stage = 'pick_started_to_picked' and place = 'WH_A' and day > date '2026-02-21'"""
        )
        connection.execute(
            "update marts.agg_stage_daily set actual_microseconds = (actual_minutes * 60000000)::bigint"
        )
    app = open_page(period="2026-02")
    assert "◆ 1 with a signal" in text(app)
    listed = next(line for line in text(app).splitlines() if "**Picking** · Warehouse A" in line)
    assert listed.endswith("◆ signal: slower than its own usual, 22 Feb to 28 Feb")
    transfer = next(line for line in text(app).splitlines() if "**Line haul** · YTO Express" in line)
    assert transfer.endswith("noise")


def test_a_file_from_before_the_limits_shows_the_rest(open_page, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from meta.parameters where name like 'xmr%'")
    app = open_page(period="2026-02")
    assert "Noise" not in text(app) and "Signal" not in text(app)


def test_a_day_of_few_says_so_once_and_offers_no_empty_list(open_page) -> None:
    app = open_page(period="2026-02-10", place=["WH_B"], carrier=["SF"])
    assert text(app).count("Too few orders for a rate") == 1
    assert not [label for label in links(app) if label.startswith(("The 0 ", "These 0 "))]


def newcombe(k0: int, n0: int, k1: int, n1: int) -> tuple[float, float, float]:
    """The difference of two shares and its interval, from their Wilson intervals."""

    def ends(k: int, n: int) -> tuple[float, float]:
        z, p = 1.959964, k / n
        middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
        return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)

    (low0, high0), (low1, high1), p0, p1 = ends(k0, n0), ends(k1, n1), k0 / n0, k1 / n1
    return (
        p1 - p0,
        p1 - p0 - ((p1 - low1) ** 2 + (high0 - p0) ** 2) ** 0.5,
        p1 - p0 + ((high1 - p1) ** 2 + (p0 - low0) ** 2) ** 0.5,
    )


def compared(app: AppTest) -> list[tuple[str, dict[str, list[str]]]]:
    """The lines that hold a rate against the period before, with what they ask the page of a change."""
    pairs = [
        (link.proto.label.replace("\u00a0", " "), parse_qs(link.proto.query_string))
        for link in app.get("page_link")
    ]
    return [(label, asked) for label, asked in pairs if "before" in asked]


def test_a_rate_stands_against_the_month_before(open_page, published: Path) -> None:
    (k0, n0, k1, n1) = ask(
        published,
        """select count(*) filter (is_on_time and month(signed_day) = 1), count(*) filter (month(signed_day) = 1),
            count(*) filter (is_on_time and month(signed_day) = 2), count(*) filter (month(signed_day) = 2)
        from marts.fct_orders where is_on_time is not null""",
    )[0]
    moved, low, high = newcombe(k0, n0, k1, n1)
    assert low < 0 < high
    (label, asked), (_, of_erp) = compared(open_page(period="2026-02"))
    sign = "+" if moved > 0 else "\u2212"
    assert label == f":gray[○ {sign}{abs(100 * moved):.1f} points on January 2026: may be chance]"
    assert asked == {"period": ["2026-02"], "before": ["2026-01"], "metric": ["true_on_time_rate"]}
    assert of_erp["metric"] == ["erp_on_time_rate"]


def test_what_chance_does_not_explain_has_a_sign_and_a_word(open_page, published: Path) -> None:
    for factor, sign, word in ((0.5, "▲ +", "a rise"), (3, "▼ \u2212", "a fall")):
        st.cache_resource.clear()
        with duckdb.connect(str(published)) as connection:
            # half, or all, of January's as good as they were
            connection.execute(
                f"""update marts.agg_on_time_daily set signed_on_time_orders = least(signed_orders,
                (signed_on_time_orders * {factor})::bigint) where day < date '2026-02-01'"""
            )
        label, _ = compared(open_page(period="2026-02"))[0]
        assert sign in label and label.endswith(f"points on January 2026: {word}]")


def test_without_a_period_before_nothing_is_compared(open_page) -> None:
    assert not compared(open_page(period="2026-01")) and not compared(open_page(period="all"))


def test_the_bridge_says_which_figure_is_the_headline_and_which_the_promise_kept(
    open_page, published: Path
) -> None:
    (due, kept, unsigned) = ask(
        published,
        """select count(*), count(*) filter (signed_at <= promised_at), count(*) filter (signed_at is null)
        from marts.fct_orders where month(promised_day) = 2 and promised_at <= timestamptz '2026-02-28 16:00:00+00'""",
    )[0]
    app = open_page(period="2026-02")
    # 921 of 1,086: the headline of February
    assert (
        f"is the **promise kept rate**, **{100 * kept / due:.1f} %** of the {due:,} orders due: "
        f"one that is not signed for, {unsigned} by now, counts as missed there. "
        "The **headline**, **84.8 %**, is none of these steps: it counts the 1,086 promised orders signed"
    ) in text(app)
    drawn = next(c for c in app.get("plotly_chart") if "chart_bridge" in c.proto.id)
    trace = json.loads(drawn.proto.spec)["data"][0]
    marked = [line for line, width in zip(trace["y"], trace["marker"]["line"]["width"], strict=True) if width]
    assert len(marked) == 1 and f"◆ promise kept: {100 * kept / due:.1f}\u00a0%" in marked[0]
    hatched = [
        line for line, shape in zip(trace["y"], trace["marker"]["pattern"]["shape"], strict=True) if shape
    ]
    assert hatched == ["The headline, beside it<br>84.8\u00a0% · 1,086 orders"]


def test_holidays_are_shaded_and_named(open_page) -> None:
    # published.sql: 15 to 23 February; the make-up day of 4 January is none
    app = open_page(period="2026-02")
    assert "Shaded: holidays. Spring Festival (15 Feb 2026 to 23 Feb)." in text(app)
    drawn = next(c for c in app.get("plotly_chart") if "chart_trend_day" in c.proto.id)
    layout = json.loads(drawn.proto.spec)["layout"]
    spans = [(shape["x0"], shape["x1"]) for shape in layout["shapes"]]
    assert spans == [("2026-02-14T12:00:00", "2026-02-23T12:00:00")]
    assert [note["text"] for note in layout["annotations"]] == ["Spring Festival"]
    january = text(open_page(period="2026-01"))
    assert "New Year (1 Jan 2026 to 3 Jan)" in january and "Make-up" not in january
    assert "春节（2026年2月15日至2月23日）" in text(open_page(period="2026-02", lang="zh"))


@pytest.mark.parametrize(
    ("kept", "claimed", "gap", "is_said"),
    [
        # 91.95 is shown as 92.0, 98.925 as 98.9: 6.9 apart, and the gap is 6.975
        (3678, 3957, "−7.0 points", True),
        (3680, 3960, "−7.0 points", False),
    ],
)
def test_a_gap_that_does_not_add_up_as_shown_says_that_it_was_rounded(
    open_page, published: Path, kept: int, claimed: int, gap: str, is_said: bool
) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.agg_on_time_daily")
        connection.execute(
            """insert into marts.agg_on_time_daily by name
            select date '2026-02-20' as day, 'WH_A' as place, 'SF' as carrier, 'stock' as order_type,
                $1 as signed_on_time_orders, 4000 as signed_orders,
                $2 as erp_on_time_orders, 4000 as erp_shipped_orders,
                0 as late_though_erp_on_time_orders""",
            [kept, claimed],
        )
    app = open_page(period="2026-02")
    shown = {metric.label: metric.value.replace(" ", " ") for metric in app.metric}
    assert shown["Gap"] == gap
    assert (shown["True on-time"], shown["On time as the ERP counts"]) == (
        "92.0 %",
        "98.9 %" if is_said else "99.0 %",
    )
    assert ("Worked out before rounding." in [caption.value for caption in app.caption]) is is_said
