"""The generator's own truth on cases small enough to check by hand. Times are seconds after noon of 2026-01-10."""

import duckdb
import pytest

from dagster_project.demo_company import promises, signing
from dagster_project.demo_company.company import CARRIERS, KIND, METHOD
from dagster_project.demo_company.days import DAY, HOUR, day_start, number

PLACED_DAY = number("2026-01-10")
NOON = int(day_start(PLACED_DAY)) + 12 * HOUR
END = int(day_start(number("2026-02-10")))
SF, YTO = 0, next(at for at, carrier in enumerate(CARRIERS) if not carrier.sends_collected)


class Story:
    """Orders, sub-orders and events put together by hand."""

    def __init__(self) -> None:
        self.db = duckdb.connect()
        self.db.execute(
            """
            CREATE TABLE orders (ord INTEGER, day BIGINT, order_no VARCHAR, type BIGINT, wished_day BIGINT,
                cancelled BIGINT);
            CREATE TABLE suborders (sub INTEGER, ord INTEGER, route BIGINT, place BIGINT, carrier BIGINT,
                planned_carrier BIGINT, city BIGINT, batch BIGINT, batch_wish BIGINT, created BIGINT, replaces BIGINT,
                cancelled BIGINT, is_void BOOLEAN, ending BIGINT, label BIGINT, code VARCHAR);
            CREATE TABLE events (ev BIGINT, version TINYINT, kind TINYINT, sub INTEGER, ord INTEGER, t BIGINT,
                source TINYINT, shown BIGINT, recorded BIGINT, fate TINYINT, method TINYINT, place TINYINT);
            """
        )
        self._events = 0

    def order(self, ord_: int, wished: int | None = 2, day: int = PLACED_DAY) -> None:
        wish = -1 if wished is None else day + wished
        self.db.execute("INSERT INTO orders VALUES (?, ?, ?, 0, ?, -1)", [ord_, day, f"X{ord_}", wish])

    def part(
        self, sub: int, ord_: int, carrier: int = SF, created: int = 0, replaces: int = -1, cancelled: int = -1,
        batch: int = -1, batch_wish: int = -1,
    ) -> None:  # fmt: skip
        self.db.execute(
            "INSERT INTO suborders VALUES (?, ?, 0, 0, ?, ?, 0, ?, ?, ?, ?, ?, false, 0, ?, ?)",
            [
                sub, ord_, carrier, carrier, batch, batch_wish, NOON + created, replaces,
                NOON + cancelled if cancelled >= 0 else -1, NOON, f"L{sub}",
            ],
        )  # fmt: skip

    def event(
        self, kind: str, at: int, sub: int = -1, ord_: int = 0, recorded: int | None = None, version: int = 0,
        ev: int | None = None, method: str = "", fate: int = 0,
    ) -> None:  # fmt: skip
        self._events += 1
        self.db.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, 5, ?, ?, ?, ?, -1)",
            [
                ev or 1000 + self._events, version, KIND[kind], sub, ord_, NOON + at, NOON + at,
                NOON + (at if recorded is None else recorded), fate, METHOD[method],
            ],
        )  # fmt: skip

    def signed(self) -> dict[int, tuple[int | None, str | None]]:
        """Seconds after noon at which each sub-order was signed, and by whom."""
        signing.prepare(self.db, END)
        signing.sign(self.db, "survived", only_written=True)
        rows = self.db.execute("SELECT sub, signed, sign_source FROM survived_signed").fetchall()
        return {sub: (None if at is None else at - NOON, by) for sub, at, by in rows}

    def hours(self) -> dict[int, int]:
        """The transit time of each sub-order that gave one."""
        self.signed()
        signing.transits(self.db)
        return dict(self.db.execute("SELECT sub, hours FROM transits").fetchall())


@pytest.fixture
def story() -> Story:
    story = Story()
    story.order(0)
    story.part(0, 0)
    story.event("outbound", 100, 0)
    story.event("picked_up", 200, 0)
    return story


def test_the_click_before_the_courier_signs(story: Story) -> None:
    story.event("delivered", 5000, 0, method="in_person")
    story.event("received_click", 4000, 0)
    assert story.signed() == {0: (4000, "customer_click")}


def test_at_the_same_second_the_carrier_signs(story: Story) -> None:
    story.event("delivered", 5000, 0)
    story.event("received_click", 5000, 0)
    assert story.signed() == {0: (5000, "carrier")}


def test_a_click_before_the_goods_left_is_none(story: Story) -> None:
    story.event("received_click", 99, 0)
    assert story.signed() == {0: (None, None)}


def test_a_lost_delivery_scan_leaves_the_click(story: Story) -> None:
    story.event("delivered", 5000, 0, fate=1)
    story.event("received_click", 9000, 0)
    assert story.signed() == {0: (9000, "customer_click")}


def test_a_locker_is_enough_only_where_nobody_tells_of_the_collection(story: Story) -> None:
    story.part(1, 0, carrier=YTO)
    for sub in (0, 1):
        story.event("available_for_pickup", 5000, sub, method="locker")
    assert story.signed() == {0: (None, None), 1: (5000, "carrier")}


def test_a_dispute_takes_the_signature_and_a_later_one_holds(story: Story) -> None:
    story.event("delivered", 5000, 0)
    story.event("not_received_ticket", 6000, 0)
    assert story.signed() == {0: (None, None)}
    for table in ("known", "evidence", "survived_claims", "survived_signed"):
        story.db.execute(f"DROP TABLE {table}")
    story.event("delivered", 8000, 0, method="after_exception")
    assert story.signed() == {0: (8000, "carrier")}


def test_a_ticket_on_the_order_disputes_all_of_it(story: Story) -> None:
    story.part(1, 0)
    story.event("delivered", 5000, 0)
    story.event("delivered", 7000, 1)
    story.event("not_received_ticket", 6000)
    assert story.signed() == {0: (None, None), 1: (7000, "carrier")}


def test_a_click_on_the_order_signs_what_was_near_the_customer(story: Story) -> None:
    story.part(1, 0)
    story.event("hub_arrived", 3000, 0)
    story.event("hub_arrived", 6000, 1)
    story.event("received_click", 5000)
    assert story.signed() == {0: (5000, "customer_click"), 1: (None, None)}


def test_a_replaced_sub_order_is_never_signed(story: Story) -> None:
    story.event("delivered", 5000, 0)
    story.part(1, 0, created=7000, replaces=0)
    story.event("delivered", 90_000, 1)
    assert story.signed() == {0: (None, None), 1: (90_000, "carrier")}


def test_a_signature_after_the_cancellation_is_none_and_one_before_it_stays() -> None:
    story = Story()
    story.order(0)
    story.part(0, 0, cancelled=6000)
    story.part(1, 0, cancelled=4000)
    for sub in (0, 1):
        story.event("delivered", 5000, sub)
    assert story.signed() == {0: (5000, "carrier"), 1: (None, None)}


def test_a_correction_moves_the_signature_but_never_the_transit_time(story: Story) -> None:
    story.event("delivered", 200 + 10 * HOUR, 0, recorded=11 * HOUR, ev=7)
    story.event("delivered", 200 + 7 * HOUR, 0, recorded=20 * HOUR, version=1, ev=7)
    assert story.hours() == {0: 10}
    signed = story.db.execute("SELECT signed FROM survived_signed").fetchone()
    assert signed == (NOON + 200 + 7 * HOUR,)


def test_a_transit_counts_as_it_stood_before_the_ticket(story: Story) -> None:
    story.event("delivered", 200 + 5 * HOUR + 1, 0)
    story.event("not_received_ticket", 9 * HOUR, 0)
    assert story.hours() == {0: 6}


def promised(story: Story) -> dict[int, tuple[str, int, int | None]]:
    """Lane level, buffer in hours and hours from the start of the order's day to the promise, of each sub-order."""
    story.hours()
    promises.promise(story.db, END, [0] * 50)
    rows = story.db.execute("SELECT sub, lane_level, buffer_hours, promised_at, day FROM promised").fetchall()
    return {
        sub: (level, buffer, None if at is None else (at - int(day_start(day))) // HOUR)
        for sub, level, buffer, at, day in rows
    }


def _history(story: Story, hours: list[int], day: int) -> None:
    """Sub-orders that were picked up and signed before, all known on a local day."""
    for at, took in enumerate(hours):
        sub = 100 + at
        story.order(sub, day=PLACED_DAY - 30)
        story.part(sub, sub, created=-30 * DAY)
        known = (day - PLACED_DAY) * DAY
        story.event("picked_up", known - took * HOUR, sub, sub)
        story.event("delivered", known, sub, sub)


def test_the_buffer_is_p80_minus_p50_of_what_was_known_before_the_day(story: Story) -> None:
    _history(story, list(range(1, 31)), PLACED_DAY - 1)
    # 30 transits of 1 to 30 hours: the 15th and the 24th smallest
    assert promised(story)[0] == ("place_carrier_city", 9, 3 * 24 + 9)


def test_what_became_known_on_the_day_itself_plays_no_part(story: Story) -> None:
    _history(story, list(range(1, 31)), PLACED_DAY)
    assert promised(story)[0] == ("none", 0, 3 * 24)


def test_what_became_known_61_days_before_is_forgotten(story: Story) -> None:
    _history(story, list(range(1, 31)), PLACED_DAY - 61)
    assert promised(story)[0][:2] == ("none", 0)


def test_twenty_nine_are_too_few_for_a_lane_but_enough_for_all(story: Story) -> None:
    _history(story, list(range(1, 30)), PLACED_DAY - 60)
    # 29 transits: the 15th and the 24th smallest (24 = 0.8 of 29, rounded up)
    assert promised(story)[0][:2] == ("all", 9)


def test_no_buffer_is_longer_than_three_days(story: Story) -> None:
    _history(story, [1] * 20 + [200] * 10, PLACED_DAY - 1)
    assert promised(story)[0][:2] == ("place_carrier_city", 72)


def test_a_wish_before_the_order_is_none(story: Story) -> None:
    story.order(1, wished=-1)
    story.part(1, 1)
    assert promised(story)[1][2] is None


def test_batches_are_promised_each_by_its_own_wish(story: Story) -> None:
    story.order(1)
    story.part(1, 1, batch=1, batch_wish=PLACED_DAY + 2)
    story.part(2, 1, batch=2, batch_wish=PLACED_DAY + 5)
    found = promised(story)
    assert (found[1][2], found[2][2]) == (3 * 24, 6 * 24)
