"""A random company by seed: many orders with all the dirt there is, so that one build tries many
combinations.
"""

from datetime import datetime, timedelta
from typing import Any

from oracle.clock import local_day
from oracle.company import Company, Row
from oracle.random_dirt import AS_OF, DAYS, LAST, Dice, correct_some, tell, tell_of_strangers
from oracle.reference import plain_reference, standard
from oracle.story import Story

ROUTES = ("direct", "direct", "direct", "transfer", "supplier")
LANES = (("A", "SF"), ("A", "SF"), ("A", "ZTO"), ("B", "ZTO"), ("B", "SF"))
CITIES = (("杭州", "浙江"), ("杭州", "浙江"), ("宁波", "浙江"), ("南京", "江苏"), (None, "江苏"))
BEFORE_CARRIER = {
    "direct": ("pick_started", "picked", "packed", "outbound"),
    "transfer": (
        "transfer_requested",
        "transfer_dispatched",
        "transfer_received",
        "pick_started",
        "picked",
        "packed",
        "outbound",
    ),
    "supplier": ("supplier_ordered", "supplier_shipped"),
}


def random_company(seed: int, orders: int = 150, days: int = DAYS, **settings: Any) -> Company:
    """Orders placed over two months (`days`), told by all sources, some of it late, twice, wrong at first or
    not at all.
    """
    dice, story = Dice(seed), Story()
    for number in range(orders):
        tell_order(dice, story, f"O{number:04d}", random_instant(dice, days))
    correct_some(dice, story)
    tell_of_strangers(dice, story, days)
    reference = plain_reference()
    reference["standards"] += [
        standard("picked_up_to_hub_arrived", "900", place="SF"),
        standard("picked_up_to_hub_arrived", "1000.5", place="SF", order_type="consignment"),
        standard("picked_to_packed", "45", order_type="consignment"),
        standard("pick_started_to_picked", "75", place="B"),
    ]
    rows = reference["standards"]
    transfer = next(row for row in rows if row["stage"] == "transfer")
    # half way another standard holds
    change = local_day(LAST - timedelta(days=days // 2, hours=-12), "Asia/Shanghai")
    rows[rows.index(transfer)] = transfer | {"valid_to": change}
    rows.append(standard("transfer", "300", valid_from=(change + timedelta(days=1)).isoformat()))
    return Company(AS_OF, story.rows, reference, **settings)


def random_instant(dice: Dice, days: int) -> datetime:
    """When an order is placed. A company of more than two months has a season: half of its orders come in
    the two months around the middle, so that its narrow lanes have transits enough there, and nowhere else.
    """
    last, span = LAST, days
    if days > DAYS and dice.chance(0.5):
        last, span = LAST - timedelta(days=(days - DAYS) // 2), DAYS
    return dice.snapped(last - timedelta(days=span) + dice.hours(0, 24 * span))


def tell_order(dice: Dice, story: Story, order_id: str, placed: datetime) -> None:
    today = local_day(placed, "Asia/Shanghai")
    wish = today + timedelta(days=dice.pick((-1, 0, 1, 2, 2, 3, 3, 4, 5))) if dice.chance(0.9) else None
    given = {}
    if dice.chance(0.12):
        given = dice.pick(
            ({"given": today + timedelta(days=4)}, {"given_at": dice.snapped(placed + dice.hours(40, 150))})
        )
    ship_by = placed + dice.hours(20, 60) if dice.chance(0.9) else None
    order_type = dice.pick(("standard", "standard", "consignment"))
    order = story.order(
        order_id,
        placed,
        wish,
        ship_by=ship_by,
        order_type=order_type,
        customer=f"K{dice.random.randint(1, 40)}",
        recorded=placed + dice.delay(),
        **given,
    )
    if dice.chance(0.1) and wish:
        later = order | {
            "wished_date": wish + timedelta(days=1),
            "recorded_at": order["recorded_at"] + dice.hours(1, 9),
        }
        story.add("orders", **later)
    for line in (1, 2):
        story.line(order_id, line, dice.random.randint(1, 5), placed)
        for part in (1, 2):
            if dice.chance(0.8):
                quantity = dice.random.randint(2, 5)
                story.receipt(
                    order_id, line, f"{order_id}-{line}-{part}", quantity, placed + dice.hours(60, 200)
                )
    paid = placed + dice.hours(0, 3)
    story.event("paid", paid, order=order_id, recorded=paid + dice.delay(), source="erp")
    approved = paid + dice.hours(0, 4)
    if not dice.chance(0.1):
        story.event(
            "finance_approved",
            approved,
            order=order_id,
            recorded=approved + dice.delay(),
            source="erp",
            place=dice.pick((None, "office", "A")),
        )
    count = dice.pick((0, 1, 1, 1, 1, 1, 2, 2, 3))
    if placed < AS_OF - timedelta(days=9):
        count = count or 1
    in_batches = count > 1 and dice.chance(0.3)
    for n in range(count):
        tell_suborder(dice, story, order, f"{order_id}-{n + 1}", approved, n + 1 if in_batches else None)
    tell_of_whole_order(dice, story, order_id, placed)


def tell_suborder(
    dice: Dice,
    story: Story,
    order: Row,
    code: str,
    start: datetime,
    batch: int | None,
    replaces: str | None = None,
) -> None:
    route, (place, carrier), (city, province) = dice.pick(ROUTES), dice.pick(LANES), dice.pick(CITIES)
    recorded = start + (dice.hours(2.1, 60) if dice.chance(0.2) else dice.hours(0, 1.9))
    wish = order["wished_date"]
    if batch is not None and wish and dice.chance(0.6):
        wish = wish + timedelta(days=batch)
    told_batch = None if replaces and dice.chance(0.5) else batch
    sub = story.sub(
        code,
        order["order_id"],
        recorded,
        route=route,
        place=place,
        carrier=carrier,
        city=city,
        province=province,
        batch=told_batch,
        wished=wish if told_batch else None,
        replaces=replaces,
    )
    if dice.chance(0.07):
        story.add("suborders", **(sub | {"carrier": "ZTO", "recorded_at": recorded + dice.hours(1, 30)}))
    waybill = f"W{code}"
    if not dice.chance(0.02):
        story.waybill(
            carrier, waybill, code, recorded + (dice.hours(30, 200) if dice.chance(0.1) else dice.hours(0, 2))
        )
    now = max(start, recorded)
    for milestone in BEFORE_CARRIER[route]:
        now = dice.snapped(now + dice.hours(0.1, 7 if milestone.startswith("transfer") else 2))
        if dice.chance(0.93):
            here = dice.pick(("B", "B", "A", None)) if milestone.startswith("transfer") else place
            tell(dice, story, milestone, now, code=code, place=here)
    slow = 3 if dice.chance(0.15) else 1
    track = {"waybill": waybill, "carrier": carrier, "source": carrier.lower()}
    for milestone, low, high in (("picked_up", 0.2, 8), ("hub_arrived", 6, 40), ("out_for_delivery", 1, 10)):
        now = dice.snapped(now + dice.hours(low, high * slow))
        if now > AS_OF + timedelta(days=2):
            return
        if dice.chance(0.93):
            tell(dice, story, milestone, now, **track)
    tell_ending(dice, story, order, code, now, track, batch, replaces)


def tell_ending(
    dice: Dice,
    story: Story,
    order: Row,
    code: str,
    now: datetime,
    track: dict[str, Any],
    batch: int | None,
    replaces: str | None,
) -> None:
    end = dice.snapped(now + dice.hours(0.5, 9))
    kind = dice.pick(
        ("delivered",) * 12
        + ("click", "both", "locker", "locker", "disputed", "refused", "returned", "lost", "never", "early")
    )
    if kind == "delivered" or kind == "both" or kind == "disputed":
        tell(
            dice,
            story,
            "delivered",
            end,
            method=dice.pick(("in_person", "proxy", "locker", "after_exception")),
            **track,
        )
    if kind in ("click", "both"):
        clicked = dice.pick((end, end - dice.hours(0, 30), end + dice.hours(0, 30)))
        named = {"code": code} if dice.chance(0.6) else {"order": order["order_id"]}
        tell(dice, story, "received_click", clicked, source="wechat", **named)
    if kind == "locker":
        tell(dice, story, "available_for_pickup", end, method="locker", **track)
        if dice.chance(0.6):
            tell(dice, story, "collected", end + dice.hours(1, 50), method="locker", **track)
    if kind == "disputed":
        named = {"code": code} if dice.chance(0.6) else {"order": order["order_id"]}
        tell(
            dice,
            story,
            "not_received_ticket",
            end + dice.pick((timedelta(0), dice.hours(1, 40))),
            source="crm",
            **named,
        )
        if dice.chance(0.6):
            again = "delivered" if dice.chance(0.5) else "received_click"
            tell(
                dice,
                story,
                again,
                end + dice.hours(30, 90),
                **(track if again == "delivered" else {"code": code}),
            )
    if kind == "early":
        tell(dice, story, "delivered", end - dice.hours(40, 120), **track)
    if kind in ("refused", "returned", "lost"):
        name = {"returned": "returned_signed"}.get(kind, kind)
        tell(dice, story, name, end, **track)
        if dice.chance(0.5) and replaces is None:
            anew = end + dice.hours(1, 24 * 9)
            if anew < AS_OF:
                tell_suborder(dice, story, order, f"{code}R", anew, batch, replaces=code)
    if dice.chance(0.05):
        tell(dice, story, "cancelled", end + dice.hours(-100, 100), code=code, source="erp")


def tell_of_whole_order(dice: Dice, story: Story, order_id: str, placed: datetime) -> None:
    for _ in range(dice.pick((0, 1, 1, 1, 2))):
        shipped = placed + dice.hours(5, 70)
        tell(
            dice,
            story,
            dice.pick(("erp_shipped", "erp_shipped", "erp_completed")),
            shipped,
            order=order_id,
            source="erp",
        )
    if dice.chance(0.05):
        tell(dice, story, "cancelled", placed + dice.hours(1, 240), order=order_id, source="erp")
    if dice.chance(0.06):
        tell(dice, story, "complaint_ticket", placed + dice.hours(10, 240), order=order_id, source="crm")
