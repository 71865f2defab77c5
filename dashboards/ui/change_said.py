"""What the page of a change says in words: why the rate moved, and where time was lost."""

from dashboards.published import Row
from dashboards.ui import days_off, formats, periods
from dashboards.ui import stages as stage_names
from dashboards.ui.change_asked import Asked
from dashboards.ui.i18n import language, t
from dashboards.ui.page import View
from dashboards.ui.periods import Period
from dashboards.ui.verdict import DOLLAR

# below this many minutes nothing is said of a part; below this many points one decimal is too few
LEAST_MINUTES = 0.5
LITTLE = 1.0


def name(period: Period) -> str:
    """A period as a noun: `January 2026`."""
    if period.kind == "month":
        return formats.month(period.first)
    if period.kind == "day":
        return formats.day(period.first)
    return t("change_days", first=formats.day(period.first), last=formats.day(period.last))


def heads(asked: Asked) -> tuple[str, str]:
    """Both periods as short as they may be said, beside a bar or over a column: days in one year, without it."""
    both = (asked.before, asked.now)
    is_one_year = len({day.year for period in both for day in (period.first, period.last)}) == 1
    if not is_one_year or {period.kind for period in both} != {"days"}:
        return name(both[0]), name(both[1])
    spans = [(formats.short_day(period.first), formats.short_day(period.last)) for period in both]
    before, now = (t("change_days", first=first, last=last) for first, last in spans)
    return before, now


def split(view: View, asked: Asked, whole: Row, members: list[Row]) -> str:
    """Markdown: both rates, whether they can be told apart, and how much of it is rate and mix."""
    metric = t(f"metric_{asked.rate['metric']}")
    then, now = _inside(asked.before), _inside(asked.now)
    if whole["is_too_few"]:
        counted = asked.rate["counted"]
        counts = {side: t(f"change_n_{counted}", n=formats.count(whole[side])) for side in ("n0", "n1")}
        words = {"metric": metric, "minimum": view.run["minimum_sample"], "then": then, "now": now}
        return t("change_few", **words, **counts)
    digits = digits_of(whole)
    rates = {side: formats.percent(whole[side], digits) for side in ("rate0", "rate1")}
    if (asked.before.first, asked.before.last) == (asked.now.first, asked.now.last):
        return t("change_same", metric=metric, now=now, rate1=rates["rate1"])
    points = signed(100 * whole["difference"], digits)
    noise = t("change_clear" if whole["low"] > 0 or whole["high"] < 0 else "change_noise")
    first = t("change_rates", metric=metric, now=now, then=then, points=points, noise=noise, **rates)
    return t("gap_between").join([first, _parts(asked, whole, members)])


def beside(view: View, asked: Asked, whole: Row) -> str:
    """What is to be known beside that sentence: holidays, and that its differences do not add up as shown."""
    said = [days_off_in(view, asked)]
    if not whole["is_too_few"] and not _adds_up(whole, digits_of(whole)):
        said.append(t("unrounded_differences"))
    return t("gap_between").join(filter(None, said))


def _adds_up(whole: Row, digits: int) -> bool:
    sums = (("rate1", -1, "rate0"), ("effect", 1, "mix"))
    return all(
        formats.adds_up(100 * whole["difference"], [100 * whole[one], sign * 100 * whole[other]], digits)
        for one, sign, other in sums
    )


def days_off_in(view: View, asked: Asked) -> str:
    """The public holidays that lie in one of the two periods, and where there are none; nothing without any."""
    both = list(dict.fromkeys((asked.now, asked.before)))
    spans = [{"from_day": period.first.isoformat(), "to_day": period.last.isoformat()} for period in both]
    found = [view.ask("holidays", **span) for span in spans]
    if not any(found):
        return ""
    said = [
        t(
            "change_days_off_in" if rows else "change_days_off_none",
            when=_inside(period),
            names=days_off.names(rows),
        )
        for period, rows in zip(both, found, strict=True)
    ]
    return t("change_days_off", said=t("joined").join(said))


def _inside(period: Period) -> str:
    """`in January 2026`, inside a sentence."""
    said = periods.phrase(period)
    return said if language() == "zh" else said[:1].lower() + said[1:]


def _parts(asked: Asked, whole: Row, members: list[Row]) -> str:
    digits = digits_of(whole)
    effect, mix = (round(100 * whole[part], digits) for part in ("effect", "mix"))
    is_better = (effect > 0) == (asked.rate["direction"] == "up")
    has_side = effect and asked.rate["direction"] != "near"
    kind = "none" if not has_side else "better" if is_better else "worse"
    return t(
        "change_parts",
        effect=t(
            f"change_{kind}", points=signed(effect, digits), most=_most("effect", effect, members, digits)
        ),
        mix=t("change_mix", points=signed(mix, digits), most=_most("mix", mix, members, digits)),
    )


def _most(part: str, total: float, members: list[Row], digits: int) -> str:
    """The member that moved most in the direction of the whole, in brackets; nothing where there is little."""
    sign = 1 if total > 0 else -1
    top = max(members, key=lambda row: sign * row[part], default=None)
    if not total or top is None or round(100 * sign * top[part], digits) <= 0:
        return ""
    points = signed(100 * top[part], digits)
    return t("change_most", name=str(top["name"]).translate(DOLLAR), points=points)


def digits_of(whole: Row) -> int:
    """How many decimals tell both rates apart."""
    return 1 if abs(100 * whole["difference"]) >= LITTLE else 2


def proof(whole: Row) -> str:
    """That the parts are all of it, as a sum."""
    left = whole["rate1"] - whole["rate0"] - whole["mix"] - whole["effect"]
    low, high = (signed(100 * whole[end]) for end in ("low", "high"))
    parts = {part: signed(100 * whole[part]) for part in ("mix", "effect", "difference")}
    if abs(left) > 1e-9:
        return t("change_not_exact", low=low, high=high, **parts)
    said = t("change_proof", low=low, high=high, **parts)
    summed = [100 * whole["mix"], 100 * whole["effect"]]
    is_seen = formats.adds_up(100 * whole["difference"], summed, 2)
    return said if is_seen else t("gap_between").join([said, t("unrounded")])


def signed(number: float, digits: int = 2) -> str:
    """A difference with its sign; without one where it rounds to nothing."""
    said = f"{number:+,.{digits}f}".replace("-", formats.MINUS)
    return said if round(number, digits) else said[1:]


def where(row: Row) -> str:
    """A stage at a place, or at its smaller places; a promise that was too tight lies nowhere."""
    stage = stage_names.name(row["stage"])
    if row["places"] > 1:
        return t("change_where", stage=stage, name=t("change_together", count=row["places"]))
    return t("change_where", stage=stage, name=row["name"]) if row["place"] else stage


def stages(late: Row, rows: list[Row]) -> str:
    """Markdown: how the late time of an order moved, and where most of it did."""
    if late["is_too_few"]:
        return t("change_late_few")
    moved = late["difference"]
    both = {"minutes0": _minutes(late["minutes0"]), "minutes1": _minutes(late["minutes1"])}
    if abs(moved) < LEAST_MINUTES:
        return t("change_late_same", **both)
    first = t("change_late_rose" if moved > 0 else "change_late_fell", by=_minutes(abs(moved)), **both)
    said = [first]
    # what goes the way of the whole comes first
    for key, pick in (("up", max), ("down", min))[:: 1 if moved > 0 else -1]:
        row = pick(rows, key=_moved)
        if abs(_moved(row)) >= LEAST_MINUTES and (_moved(row) > 0) == (key == "up"):
            said.append(t(f"change_late_{key}", **_stage(row)))
    return t("gap_between").join(said)


def _moved(row: Row) -> float:
    return row["difference"]


def _stage(row: Row) -> dict[str, str]:
    minutes = t("minutes", n=signed(row["difference"], 0 if abs(row["difference"]) >= 10 else 1))
    return {"where": where(row).translate(DOLLAR), "minutes": minutes}


def _minutes(number: float) -> str:
    return t("minutes", n=f"{number:,.{0 if number >= 10 else 1}f}")
