"""What the stock page says: its sentence, the state of a figure and of a source. Signs, words and ages, no drawing."""

from dashboards.published import Row
from dashboards.ui import formats, theme
from dashboards.ui.i18n import t

SIGNS = {
    "oversold": theme.SIGNS["red"],
    "bare": theme.SIGNS["yellow"],
    "free": theme.SIGNS["green"],
    "unknown": theme.SIGNS["grey"],
    "old": "◷",
}
BADGES = {"oversold": "red", "bare": "yellow", "free": "green", "unknown": "gray", "old": "gray"}
SOURCE_SIGNS = {"silent": "▲", "old": "◷", "well": "✓"}
CLOCK = {"en": "D MMM YYYY HH:mm:ss", "zh": "YYYY年M月D日 HH:mm:ss"}
NAMED = 3


def sentence(whole: Row, sources: list[Row], old_after: int) -> str:
    """What is oversold and lies free elsewhere, how old the oldest figure is, which sources do not answer."""
    if not whole["figures"]:
        return " ".join([t("stock_nothing_here"), _sources(sources)])
    return t("gap_between").join([_stock(whole), _age(whole, old_after), _sources(sources)])


def _stock(whole: Row) -> str:
    words = {name: formats.count(whole[name]) for name in ("oversold", "oversold_free", "bare_free")}
    if not whole["oversold"]:
        return t("stock_only_bare" if whole["bare_free"] else "stock_all_well", **words)
    free, oversold = whole["oversold_free"], whole["oversold"]
    where = "none" if not free else "it" if oversold == 1 else "all" if free == oversold else "some"
    parts = [t("stock_oversold", **words), t(f"stock_free_{where}", **words)]
    if whole["bare_free"]:
        parts.append(t("stock_bare", **words))
    return t("joined").join(parts) + t("stop")


def _age(whole: Row, old_after: int) -> str:
    oldest = formats.ago(whole["oldest_seconds"])
    if not whole["old_figures"]:
        return t("stock_oldest", age=oldest)
    figures, old = formats.count(whole["figures"]), formats.count(whole["old_figures"])
    return t("stock_oldest_old", age=oldest, old=old, figures=figures, limit=old_after)


def _sources(sources: list[Row]) -> str:
    silent = [row for row in sources if row["state"] == "silent"]
    if not silent:
        return t("stock_sources_well", count=len(sources))
    names = t("stock_and").join(
        t("stock_named", name=row["connection"], since=since(row)) for row in silent[:NAMED]
    )
    if len(silent) > NAMED:
        names += t("stock_more", count=len(silent) - NAMED)
    return t("stock_sources_silent", silent=len(silent), count=len(sources), names=names)


def since(row: Row) -> str:
    """Since when a source does not answer."""
    if row["answered_at"] is None:
        return t("stock_never")
    return t(
        "stock_since",
        when=formats.clock(row["answered_at"], row["is_today"]),
        age=formats.ago(row["age_seconds"]),
    )


def stopped(whole: Row) -> str:
    """That no round came any more."""
    return t(
        "stock_stopped",
        when=f"{whole['published_at']:%H:%M:%S}",
        age=formats.ago(whole["seconds_since_round"]),
    )


def state(name: str) -> str:
    """A state by sign and word."""
    return f"{SIGNS[name]} {t(f'stock_is_{name}')}"


def states(name: str, is_old: bool) -> list[str]:
    """A figure's states: what it is, and whether it is old."""
    return [state(name), *([state("old")] if is_old else [])]


def told(number: int | None) -> str:
    """A figure, or that its source does not tell it."""
    return "–" if number is None else formats.count(number)


def line(row: Row) -> str:
    """A product that a place lacks, in words."""
    name = "oversold" if row["short"] else "bare"
    badges = f":{BADGES[name]}-badge[{state(name)}]"
    if row["is_old"]:
        badges += f" :{BADGES['old']}-badge[{state('old')} · {formats.ago(row['age_seconds'])}]"
    product = f"{row['sku']} · {row['product']}" if row["product"] else row["sku"]
    words = {name: told(row[name]) for name in ("short", "in_transfer")}
    said = t("stock_line", place=row["place_name"], free_at=row["free_at"], **words)
    return f"{badges} **{product}**  \n{said}"


def legend(old_after: int) -> str:
    """The picture's colours."""
    said = [f":{BADGES[name]}-badge[{state(name)}]" for name in ("oversold", "bare", "free", "unknown")]
    return " ".join(
        [
            *said,
            f":gray-badge[{SIGNS['old']} {t('stock_legend_old', limit=old_after)}]",
            t("stock_legend_blank"),
        ]
    )


def cell(row: Row) -> str:
    """What is available, with its sign; of an old figure the word too."""
    sign = "" if row["state"] == "free" else f"{SIGNS[row['state']]} "
    said = f"{sign}{told(row['available'])}"
    return f"<b>{said}</b> <span style='font-size:11px'>{state('old')}</span>" if row["is_old"] else said


def hover(row: Row) -> str:
    """A figure in all its parts; not its age, or the picture would be drawn anew for nothing."""
    words = {name: told(row[name]) for name in ("available", "on_hand", "locked", "in_transfer")}
    name = f"{row['sku']} · {row['product']}" if row["product"] else row["sku"]
    return t("stock_hover", product=name, place=row["place_name"], **words)


def source(row: Row) -> Row:
    """A source's line in the table."""
    never = row["answered_at"] is None
    return {
        **row,
        "serves": t(f"stock_serves_{row['serves']}"),
        "state": f"{SOURCE_SIGNS[row['state']]} {t('stock_source_' + row['state'], since=since(row))}",
        "age": t("no_rate") if never else formats.ago(row["age_seconds"]),
    }
