"""The columns of a contract: what a column may hold, and where in a document it stands.

Belongs here: reading one column, and the small readers of a contract's settings. Tables are the business of contracts.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .marked_yaml import Mapping, Mistakes, Sequence

TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,2)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "epoch_ms": "TIMESTAMPTZ",
    "epoch_s": "TIMESTAMPTZ",
    "instant": "TIMESTAMPTZ",
    "iso": "TIMESTAMPTZ",
}
TIMESTAMP_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f")
DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d 00:00:00")
EXCEL_SERIAL = "excel"  # the format of a time that is a number of days, as a workbook holds it
INTEGER_LIMIT = 2_147_483_647
_COLUMN_KEYS = (
    "type", "required", "format", "zone", "min", "max", "accepted", "codes", "personal", "path", "join",
    "scale", "description",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a contract. `formats` are strptime formats; `minimum`, `maximum` SQL constants of its
    type. Of several `paths` the first with a value is taken, or with `join` all of them, put together by it."""

    name: str
    type: str
    required: bool
    formats: tuple[str, ...]
    zone: str
    minimum: str | None
    maximum: str | None
    accepted: tuple[str, ...]
    codes: str | None
    personal: bool
    paths: tuple[str, ...]
    join: str | None
    scale: int
    line: int

    @property
    def path(self) -> str:
        """Where it stands in a document that is a row."""
        return self.paths[0]

    @property
    def sql_type(self) -> str:
        return f"DECIMAL(18,{self.scale})" if self.type == "decimal" else TYPES[self.type]


def read_zone(mapping: Mapping, key: str, default: str, mistakes: Mistakes) -> str:
    """A time zone by its IANA name."""
    zone = str(mapping.get(key, default))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mistakes.add(mapping.line_of(key), f"no such time zone: {zone}", "Write one as in Asia/Shanghai")
        return default
    return zone


def plain_path(name: str) -> str:
    """Where a column stands in a document unless its contract says otherwise: under its own name."""
    return f'$."{name}"'


def split_path(path: str) -> tuple[int, str]:
    """How many levels above the record a path starts (one a `^`), and the path there, from `$` on."""
    inner = path.lstrip("^")
    ups = len(path) - len(inner)
    return ups, inner if inner.startswith("$") else f"${inner}"


def read_column(name: str, settings: Mapping, zone: str, line: int, mistakes: Mistakes) -> Column:
    kind = f"column {name}"
    mistakes.keys(settings, kind, _COLUMN_KEYS)
    type_ = mistakes.one_of(settings, "type", TYPES, "text")
    if name.startswith("_"):
        mistakes.add(
            line, f"{kind} starts with an underscore", "These names are kept for landing's own columns"
        )
    defaults = {"timestamp": TIMESTAMP_FORMATS, "iso": TIMESTAMP_FORMATS, "date": DATE_FORMATS}.get(type_, ())
    for key, types in _ONLY_FOR.items():
        if key in settings and type_ not in types and settings.get("type", "text") in TYPES:
            what = f"{kind}: {key!r} means nothing for type {type_}"
            mistakes.add(settings.line_of(key), what, f"Remove it, or take a type of: {', '.join(types)}")
    limit = str(INTEGER_LIMIT) if type_ == "integer" else None
    return Column(
        name=name,
        type=type_,
        required=_flag(settings, "required", mistakes),
        formats=texts(settings, "format", mistakes) or defaults,
        zone=read_zone(settings, "zone", zone, mistakes),
        minimum=_limit(settings, "min", type_, mistakes) or (f"-{limit}" if limit else None),
        maximum=_limit(settings, "max", type_, mistakes) or limit,
        accepted=texts(settings, "accepted", mistakes),
        codes=str(settings["codes"]) if "codes" in settings else None,
        personal=_flag(settings, "personal", mistakes),
        paths=texts(settings, "path", mistakes) or (plain_path(name),),
        join=str(settings["join"]) if "join" in settings else None,
        scale=_scale(settings, mistakes),
        line=line,
    )


_ONLY_FOR = {
    "format": ("timestamp", "date"),
    "zone": ("timestamp", "iso"),
    "min": ("integer", "decimal", "date", "timestamp"),
    "max": ("integer", "decimal", "date", "timestamp"),
    "scale": ("decimal",),
    "accepted": ("text", "integer"),
    "codes": ("text", "integer"),
}


def texts(mapping: Mapping, key: str, mistakes: Mistakes) -> tuple[str, ...]:
    """A text or a list of texts under a key; () where there is none."""
    value = mapping.get(key)
    if value is None:
        return ()
    items = value if isinstance(value, Sequence) else [value]
    if any(isinstance(item, Mapping | Sequence) for item in items):
        mistakes.add(
            mapping.line_of(key), f"{key!r} is neither a text nor a list of texts", f"Write `{key}: [a, b]`"
        )
        return ()
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _limit(settings: Mapping, key: str, type_: str, mistakes: Mistakes) -> str | None:
    if key not in settings:
        return None
    if type_ in ("date", "timestamp"):
        return _last_day(settings, key, mistakes)
    try:
        return str(int(settings[key])) if type_ == "integer" else str(float(settings[key]))
    except (TypeError, ValueError):
        mistakes.add(settings.line_of(key), f"{key} {settings[key]!r} is no number", "Write a number")
        return None


def _last_day(settings: Mapping, key: str, mistakes: Mistakes) -> str | None:
    try:
        return f"DATE '{date.fromisoformat(str(settings[key]))}'"
    except ValueError:
        mistakes.add(
            settings.line_of(key), f"{key} {settings[key]!r} is no day", "Write a day like 2026-01-31"
        )
        return None


def _scale(settings: Mapping, mistakes: Mistakes) -> int:
    scale = str(settings.get("scale", "2"))
    if not scale.isdigit() or int(scale) > 12:
        mistakes.add(
            settings.line_of("scale"), f"scale {scale!r} is no whole number up to 12", "Write as in 4"
        )
        return 2
    return int(scale)


def _flag(settings: Mapping, key: str, mistakes: Mistakes) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        mistakes.add(
            settings.line_of(key), f"{key} {value!r} is neither true nor false", "Write true or false"
        )
        return False
    return value
