"""What a stage is called. A stage is `<from>_to_<to>`; one without a name of its own goes by its ends."""

from dashboards.ui.i18n import has_text, t


def name(stage: str) -> str:
    """The stage's name in the page's language."""
    if has_text(f"stage_{stage}"):
        return t(f"stage_{stage}")
    start, end = stage.split("_to_", 1)
    return t("stage_between", start=t(f"milestone_{start}"), end=t(f"milestone_{end}"))
