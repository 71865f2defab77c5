"""What a stage is called. A stage is `<from>_to_<to>`; one without a name of its own goes by its ends."""

from dashboards.published import Row
from dashboards.ui.i18n import has_text, t

# what no stage of the deciding sub-order was: its first parcel was lost, refused or returned
SENT_AGAIN = "sent_again"


def name(stage: str) -> str:
    """The stage's name in the page's language."""
    if has_text(f"stage_{stage}"):
        return t(f"stage_{stage}")
    start, end = stage.split("_to_", 1)
    return t("stage_between", start=t(f"milestone_{start}"), end=t(f"milestone_{end}"))


def at(row: Row) -> str:
    """A stage and who holds the order in it, where somebody does."""
    holder = row["name"] or row["place"]
    return f"{name(row['stage'])} · {holder}" if holder else name(row["stage"])
