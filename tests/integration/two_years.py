"""Two years of a small company, told badly, in files that arrive over a few nights: what hypothesis draws of
it, and a count of what there is in it.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from integration.nights import ZONE, Arrival, Replay
from oracle.company import Company, Row
from oracle.random_company import random_company
from oracle.random_dirt import AS_OF, Dice

DAYS = 730
# a column that a row of the entity cannot do without
NEEDED = {
    "orders": "placed_at",
    "suborders": "order_id",
    "waybills": "fulfilment_code",
    "events": "event_type",
    "order_lines": "line_number",
    "receipts": "receipt_id",
    "pick_lines": "pick_line_id",
    "customers": "customer_id",
}
# files an entity a night, and how many nights later than it could a file arrives
PARTS = 3
DELAYS = (1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4)


@dataclass(frozen=True, repr=False)
class Years(Replay):
    """A story as hypothesis drew it, which is too long to be printed whole."""

    seed: int

    def __repr__(self) -> str:
        files = Counter(file.night for file in self.arrivals)
        nights = [f"{end:%Y-%m-%d %H:%M} {files[night]} files" for night, end in enumerate(self.ends)]
        return f"seed {self.seed}: {', '.join(nights)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis's own printer."""
        printer.text(repr(self))


@st.composite
def stories(draw: st.DrawFn, nights: int, orders: int) -> Years:
    """A company, the as_of of each night, and for each file and each copy of one the night of its arrival."""
    seed = draw(st.integers(1, 10**6), label="seed")
    ends = draw(night_ends(nights), label="as_of")
    silent = draw(st.integers(1, nights - 2), label="silent night")
    dice = Dice(seed)
    company = told_badly(random_company(seed, orders, days=DAYS), dice)
    files = dealt(company, ends, dice)
    copies = draw(st.lists(st.sampled_from(files), min_size=len(files) // 10, max_size=len(files) // 5))
    delays = draw(
        st.lists(st.sampled_from(DELAYS), min_size=len(files + copies), max_size=len(files + copies)),
        label="delays",
    )
    arrivals = []
    for file, delay in zip(files + copies, delays, strict=True):
        night = min(file.night + delay, nights - 1)
        arrivals.append(replace(file, night=night + 1 if night == silent else night))
    # a file is named by its place here: of two copies either may have the smaller name
    dice.random.shuffle(arrivals)
    return Years(company, ends, arrivals, seed)


@st.composite
def night_ends(draw: st.DrawFn, nights: int) -> list[datetime]:
    """A day in each of as many parts of the two years, at any of a few hours, and the day after one of them;
    the company's own at last.
    """
    last, part = AS_OF.astimezone(ZONE), DAYS // 2 // (nights - 2)
    back = [2 * draw(st.integers(1 + part * number, part * (number + 1))) for number in range(nights - 2)]
    back.append(draw(st.sampled_from(back)) - 1)
    hours = draw(st.lists(st.sampled_from((0, 3, 11, 23)), min_size=nights - 1, max_size=nights - 1))
    return [
        datetime.combine(last.date() - timedelta(days=days), datetime.min.time(), ZONE)
        + timedelta(hours=hour)
        for days, hour in zip(sorted(back, reverse=True), hours, strict=True)
    ] + [last]


def dealt(company: Company, ends: list[datetime], dice: Dice) -> list[Arrival]:
    """The files of each night: the rows recorded by the end of its as_of's day, those of an order mostly in
    files of the same number, so that each night leaves many orders alone. Some rows come again in a later
    file, some cannot be read, and some files have no rows.
    """
    days = [end.date() for end in ends]
    found: dict[tuple[int, str, int], list[Row]] = defaultdict(list)
    for entity, rows in company.rows.items():
        for row in dice.random.sample(rows, len(rows)):
            recorded = row["recorded_at"].astimezone(ZONE).date()
            night = next((n for n, day in enumerate(days) if recorded <= day), len(days) - 1)
            digits = re.search(r"O(\d+)", " ".join(str(value) for value in row.values()))
            usual = int(digits[1]) % PARTS if digits else 0
            part = dice.random.randrange(PARTS) if dice.chance(0.1) else usual
            found[night, entity, part].append(row)
            if dice.chance(0.1):
                found[dice.random.randint(night, len(days) - 1), entity, usual].append(row)
            if dice.chance(0.01):
                found[night, entity, part].append(row | {NEEDED[entity]: None})
        for night in dice.random.sample(range(len(days)), 2):
            found[night, entity, PARTS] = []
    return [Arrival(night, days[night], {entity: rows}) for (night, entity, _), rows in sorted(found.items())]


def told_badly(company: Company, dice: Dice) -> Company:
    """The company once more, its sources worse than ever: rows months late, missing for ever, about another
    order or code than they said at first.
    """
    rows = {entity: [dict(row) for row in of_entity] for entity, of_entity in company.rows.items()}
    start, codes = AS_OF - timedelta(days=DAYS), [row["fulfilment_code"] for row in rows["suborders"]]
    order_ids = sorted({row["order_id"] for row in rows["orders"]})
    strangers = {order_id for order_id in order_ids if dice.chance(0.04)}
    rows["orders"] = [row for row in rows["orders"] if row["order_id"] not in strangers]

    def again(row: Row, low: float, high: float, **other: object) -> Row:
        return row | {"recorded_at": row["recorded_at"] + dice.hours(24 * low, 24 * high)} | other

    for of_entity, share, low, high in (
        (rows["orders"], 0.06, 5, 40),
        (rows["orders"], 0.04, -40, -2),  # ordered ahead
        (rows["waybills"], 0.06, 30, 240),
        (rows["events"], 0.04, 20, 200),
    ):
        for number, row in enumerate(of_entity):
            if dice.chance(share):
                of_entity[number] = again(row, low, high)
    for row in rows["waybills"][:]:
        if dice.chance(0.04):
            rows["waybills"].append(again(row, 1, 100, fulfilment_code=dice.pick(codes)))
    for row in rows["suborders"][:]:
        if dice.chance(0.04):
            rows["suborders"].append(again(row, 1, 100, order_id=dice.pick(order_ids)))
        if dice.chance(0.02):
            rows["suborders"].append(again(row, 1, 100, replaces=dice.pick(codes)))
    for row in rows["pick_lines"][:]:
        if dice.chance(0.06):
            code = dice.pick((dice.pick(codes), "X0"))
            rows["pick_lines"].append(again(row, 1, 100, fulfilment_code=code))
    for number, row in enumerate(rows["events"]):
        code = row["fulfilment_code"]
        if code and dice.chance(0.1):
            rows["events"][number] = row | {"order_id": code.rpartition("-")[0]}
        elif row["source_event_id"] and dice.chance(0.01):
            named = {"order_id": None, "fulfilment_code": dice.pick(codes), "waybill": None}
            rows["events"].append(again(row, 1, 100, **named))
        elif row["source_event_id"] is None and row["place"] and dice.chance(0.1):
            rows["events"].append(row | {"place": dice.pick(("A", "B"))})
    for number in range(1, 41):
        for segment in dice.random.sample(("gold", "silver", None), dice.pick((1, 1, 2, 3))):
            recorded = start + dice.hours(0, 24 * DAYS)
            rows["customers"].append(
                {"customer_id": f"K{number}", "segment": segment, "city": dice.pick(("杭州", "宁波", None))}
                | {"recorded_at": recorded}
            )
    return replace(company, rows=rows)


def told(story: Replay) -> Counter[str]:
    """How often the story has what the claim is about."""
    found: Counter[str] = Counter()
    came: dict[tuple[str, object], int] = {}
    versions: dict[object, list[tuple[int, datetime]]] = defaultdict(list)
    contents: Counter[str] = Counter()
    for file in story.arrivals:
        ((entity, rows),) = file.rows.items()
        found["files without rows"] += not rows
        contents[repr((entity, rows))] += 1
        for row in rows:
            recorded = row["recorded_at"]
            found["rows"] += 1
            found["rows that could not be read"] += row[NEEDED[entity]] is None
            found["rows that came late"] += file.night > 0 and recorded <= story.ends[file.night - 1]
            found["rows that came before they were known"] += recorded > story.ends[file.night]
            if entity == "orders":
                came[entity, row["order_id"]] = min(file.night, came.get((entity, row["order_id"]), 99))
            if entity == "suborders":
                code = row["fulfilment_code"]
                came[entity, code] = min(file.night, came.get((entity, code), 99))
            if entity == "events" and row["source_event_id"]:
                versions[row["source"], row["source_event_id"]].append((file.night, recorded))
    found["files under another name"] = sum(count - 1 for count in contents.values())
    for rows_of_event in versions.values():
        found["corrections before what they correct"] += any(
            night < other and recorded > earlier
            for night, recorded in rows_of_event
            for other, earlier in rows_of_event
        )
    for file in story.arrivals:
        for row in file.rows.get("events", []):
            order, code = ("orders", row["order_id"]), ("suborders", row["fulfilment_code"])
            found["events before their order"] += bool(row["order_id"]) and file.night < came.get(order, 0)
            found["events before their sub-order"] += bool(code[1]) and file.night < came.get(code, 0)
            found["events whose order never comes"] += bool(row["order_id"]) and order not in came
            found["events recorded two months late"] += row["recorded_at"] - row["occurred_at"] > timedelta(
                60
            )
        for row in file.rows.get("pick_lines", []):
            code = ("suborders", row["fulfilment_code"])
            found["lines picked before their sub-order"] += file.night < came.get(code, 0)
    first_rows = {row["fulfilment_code"]: row["recorded_at"] for row in story.company.rows["suborders"][::-1]}
    found["waybills linked a month late"] = sum(
        row["recorded_at"] - first_rows[row["fulfilment_code"]] > timedelta(30)
        for row in story.company.rows["waybills"]
    )
    nights = {file.night for file in story.arrivals}
    gaps = [after - before for before, after in zip(story.ends, story.ends[1:], strict=False)]
    found["nights without a file"] = len(story.ends) - len(nights)
    found["nights a day or so apart"] = sum(gap < timedelta(days=2) for gap in gaps)
    found["nights two months apart"] = sum(gap > timedelta(days=60) for gap in gaps)
    return found
