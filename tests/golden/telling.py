"""How a hand-counted case is written: what happened, what must come out, and why.

A case is a function that tells its rows to a story and returns what is expected, by table and key. All
cases share one company, so that one build tries them all; each uses order numbers of its own. Cases about
lanes live in other years, so that no case's transit times are in another's 60 days.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oracle.story import Story

AS_OF = "03-01 12:00"
Expected = dict[tuple[str, Any], dict[str, Any]]
Teller = Callable[[Story], Expected]


@dataclass(frozen=True)
class Case:
    """`expected`: (table, key) -> column -> value. Tables: order, sub, promise, kpi, bridge, stage,
    deviation, lateness.
    """

    name: str
    why: str
    tell: Teller


CASES: list[Case] = []


def case(why: str) -> Callable[[Teller], Teller]:
    """Register a case under its function's name."""

    def register(teller: Teller) -> Teller:
        CASES.append(Case(teller.__name__, why, teller))
        return teller

    return register


def shipped(story: Story, order_id: str, codes: int = 1, **order: Any) -> None:
    """An order of 5 January with a given promise (end of the 10th unless told), gone out on the 6th.

    Codes are `<order_id>-1`, `-2`, …: outbound 01-06 10:00, picked up 18:00, out for delivery 01-08 08:00.
    """
    terms = {"given": "01-10"} if not {"given", "given_at", "wished"} & order.keys() else {}
    story.order(order_id, "01-05 10:00", **(terms | order))
    for number in range(1, codes + 1):
        code = f"{order_id}-{number}"
        story.sub(code, order_id, "01-05 11:00")
        story.event("outbound", "01-06 10:00", code=code, place="A")
        story.event("picked_up", "01-06 18:00", code=code)
        story.event("out_for_delivery", "01-08 08:00", code=code)


def delivered(story: Story, code: str, when: Any, **more: Any) -> None:
    """The carrier's delivered event."""
    story.event("delivered", when, code=code, **more)
