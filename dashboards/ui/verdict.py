"""The verdict, written from the data: what customers saw, what the ERP says, where the time was lost."""

from dashboards.published import Row
from dashboards.ui import formats, freshness, periods, stages
from dashboards.ui.filters import Chosen
from dashboards.ui.i18n import has_text, t

DOLLAR = str.maketrans({"$": r"\$", "*": r"\*", "_": r"\_"})


def sentence(chosen: Chosen, run: Row, rates: dict[str, Row], owners: list[Row], parts: list[Row]) -> str:
    """Markdown. `owners`: rows of the lateness query, largest first; `parts`: of overdue_parts."""
    period = _when(chosen, run)
    ours = rates["true_on_time_rate"]
    if ours["denominator"] == 0:
        said = [t("verdict_none", period=period)]
    elif ours["is_too_few"]:
        orders = formats.count(ours["denominator"])
        said = [t("verdict_few", period=period, orders=orders, minimum=run["minimum_sample"])]
    else:
        said = [_compared(period, ours, rates.get("erp_on_time_rate")), *_lost(owners)]
    if overdue := sum(row["orders"] for row in parts):
        is_now = chosen.period.last == run["last_day"]
        said.append(t("verdict_overdue" if is_now else "verdict_overdue_past", orders=formats.count(overdue)))
        moving = sum(row["orders"] for row in parts if row["is_moving"])
        if is_now and moving:
            said.append(t("verdict_moving", orders=formats.count(moving)))
    return t("gap_between").join(said)


def _compared(period: str, ours: Row, erp: Row | None) -> str:
    if erp is None or erp["value"] is None or erp["is_too_few"]:
        return t("verdict", period=period, ours=_of_hundred(ours)) + t("stop")
    by_hundred = _of_hundred(ours), _of_hundred(erp)
    if by_hundred[0] == by_hundred[1]:
        first = t("verdict_close", period=period, ours=formats.percent(ours["value"]))
        return first + t("joined") + t("verdict_erp_rate", theirs=formats.percent(erp["value"])) + t("stop")
    first = t("verdict", period=period, ours=by_hundred[0])
    return first + t("joined") + t("verdict_erp", theirs=by_hundred[1]) + t("stop")


def _of_hundred(rate: Row) -> int:
    """Orders of 100: all of them, or none, only where it is so."""
    rounded = round(100 * rate["value"])
    return rounded if rate["numerator"] in (0, rate["denominator"]) else min(99, max(1, rounded))


def _when(chosen: Chosen, run: Row) -> str:
    """The period as one says it: where a clock runs, its last day is yesterday or today."""
    is_last = chosen.period.kind == "day" and chosen.period.last == run["last_day"]
    if is_last and run["has_clock"]:
        said = {0: "today_so_far", 1: "yesterday"}.get(freshness.days_ago(run))
        if said:
            return t(said)
    return periods.phrase(chosen.period)


def _lost(owners: list[Row]) -> list[str]:
    worst = next((row for row in owners if row["place"] is not None), None)
    if worst is None:
        return []
    name = (worst["name"] or worst["place"]).translate(DOLLAR)
    share = formats.fraction(worst["share"])
    key = "verdict_lost" if share else "verdict_lost_percent"
    share = share or formats.share(worst["share"])
    own = f"lost_{worst['stage']}"
    if worst["place"] != "unknown" and has_text(own):
        where = t(own, name=name)
    elif worst["place"] == "unknown":
        where = t("lost_in", stage=stages.name(worst["stage"]))
    else:
        where = t("lost_in_at", stage=stages.name(worst["stage"]), name=name)
    return [t(key, share=share[:1].upper() + share[1:], where=where)]
