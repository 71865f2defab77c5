"""The dice of a random company, and how sources get things wrong: late, twice, corrected, about nobody we
know.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from oracle.story import Story, at

LAST = at("02-19 00:00")  # the last orders; the first ones are placed `days` before
AS_OF = at("02-20 11:30")
DAYS = 61


class Dice:
    """Random choices of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, values: Any) -> Any:
        return self.random.choice(values)

    def hours(self, low: float, high: float) -> timedelta:
        return timedelta(microseconds=self.random.randint(int(low * 3.6e9), int(high * 3.6e9)))

    def delay(self) -> timedelta:
        """How much later a source writes down what happened: mostly soon, sometimes days."""
        return self.hours(24, 24 * 6) if self.chance(0.06) else self.hours(0, 0.5)

    def snapped(self, instant: datetime) -> datetime:
        """Sometimes to the full hour, so that limits are met exactly."""
        if self.chance(0.7):
            return instant
        whole = instant.replace(minute=0, second=0, microsecond=0)
        return whole.replace(hour=16) if self.chance(0.4) else whole


def tell(dice: Dice, story: Story, event_type: str, happened: datetime, **named: Any) -> None:
    """Once, sometimes twice: with the same id, or without one and the same content."""
    recorded = happened + dice.delay()
    event_id = None if dice.chance(0.15) else ""
    row = story.event(event_type, happened, recorded=recorded, event_id=event_id, **named)
    if dice.chance(0.05):
        story.add("events", **(row | {"recorded_at": recorded + dice.hours(0.1, 60)}))


def correct_some(dice: Dice, story: Story) -> None:
    """The same id with another time, later."""
    told_twice = {row["source_event_id"] for row in story.rows["events"] if row["source_event_id"]}
    for event_id in sorted(told_twice):
        if dice.chance(0.03):
            rows = [row for row in story.rows["events"] if row["source_event_id"] == event_id]
            last = max(row["recorded_at"] for row in rows)
            moved = rows[0]["occurred_at"] + dice.hours(-5, 5)
            story.add(
                "events", **(rows[0] | {"occurred_at": moved, "recorded_at": last + dice.hours(0.5, 50)})
            )


def tell_of_strangers(dice: Dice, story: Story, days: int = DAYS) -> None:
    """Tracks of unknown waybills, events of unknown codes and orders, lines picked and picked again."""
    for number in range(5):
        when = LAST - timedelta(days=days) + dice.hours(0, 1000 * days / DAYS)
        tell(dice, story, "delivered", when, waybill=f"X{number}", carrier="SF", source="sf")
        tell(dice, story, "delivered", when, code=f"X{number}", source="wms")
        tell(dice, story, "received_click", when, order=f"X{number}", source="wechat")
    for sub in story.rows["suborders"][::2]:
        picked = sub["recorded_at"] + dice.hours(0, 9)
        line = story.add(
            "pick_lines",
            pick_line_id=f"L{sub['fulfilment_code']}",
            fulfilment_code=sub["fulfilment_code"],
            place=sub["origin_place"],
            picked_at=picked,
            is_wrong=dice.chance(0.3),
            recorded_at=picked + dice.delay(),
        )
        if dice.chance(0.2):
            found = {"is_wrong": True, "recorded_at": line["recorded_at"] + dice.hours(1, 40)}
            story.add("pick_lines", **(line | found))
