"""What can be done about overdue orders: the page against a count of the events themselves, and the lists it opens."""

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]
PARTS = {
    "with_us": "Still with us",
    "on_road": "On the road",
    "at_door": "At the door or pick-up point",
    "contested": "Disputed, refused or sent back",
    "lost": "Looking lost",
    "unsigned": "Arrived, but not signed for",
}
# straight from the events: each overdue order's deciding sub-order, what was scanned of it first and last
BY_EVENTS = """
with
    overdue as (
        select order_id, deciding_suborder as code from marts.fct_orders
        where is_due and signed_at is null and closed_at is null
    ),
    seen as (
        select
            overdue.order_id,
            min(occurred_at) filter (event_type in ('picked_up', 'hub_arrived', 'out_for_delivery')) as handed,
            min(occurred_at) filter (event_type = 'outbound') as outbound,
            min(occurred_at) filter (event_type = 'supplier_shipped') as supplied,
            min(occurred_at) filter (event_type = 'out_for_delivery') as out,
            min(occurred_at) filter (event_type in (
                'delivered', 'collected', 'available_for_pickup', 'returned_signed', 'received_click'
            )) as claimed,
            max(occurred_at) filter (event_type = 'not_received_ticket') as denied,
            min(occurred_at) filter (event_type in ('refused', 'returned_signed', 'lost')) as failed,
            max(occurred_at) filter (event_type in (
                'picked_up', 'in_transit', 'hub_departed', 'hub_arrived', 'out_for_delivery', 'attempt_failed',
                'available_for_pickup', 'collected', 'delivered', 'refused', 'returning', 'returned_signed',
                'exception', 'lost'
            )) as tracked
        from overdue
        left join marts.fct_events as events
            on events.fulfilment_code = overdue.code
            or (
                events.fulfilment_code is null and events.order_id = overdue.order_id
                and event_type in ('received_click', 'not_received_ticket')
            )
        group by overdue.order_id
    ),
    judged as (
        select
            *, greatest(tracked, handed, out, claimed, failed) as by_carrier,
            greatest(by_carrier, outbound, supplied) <= (select as_of - interval 7 days from meta.run) as is_silent
        from seen
    )
select
    case
        when by_carrier is null then if(coalesce(is_silent, false), 'lost', 'with_us')
        when failed is not null or denied >= claimed then 'contested'
        when out is not null or claimed is not null then if(is_silent, 'unsigned', 'at_door')
        else if(is_silent, 'lost', 'on_road')
    end as part, count(*)
from judged
group by part
"""


def test_the_groups_are_what_the_events_say(company: Served, look: Start) -> None:
    seen = company("demo")
    expected = dict(seen.ask(BY_EVENTS))
    labels = look(seen).open("lang=en&period=all").marks("chart_parts")
    for part, orders in expected.items():
        assert any(label.startswith(PARTS[part]) for label in labels), (part, labels)
        assert f"{orders:,}" in labels, (part, orders, labels)
    moving = sum(expected.get(part, 0) for part in ("with_us", "on_road", "at_door"))
    total = sum(expected.values())
    shown = look(seen).open("lang=en&period=all")
    assert f"{moving:,} of {total:,} can still be moved today" in shown.text("body")


@pytest.mark.parametrize("part", ["with_us", "lost", "unsigned"])
def test_a_group_opens_its_orders_by_keyboard(company: Served, look: Start, part: str) -> None:
    seen = company("demo")
    orders = dict(seen.ask(BY_EVENTS)).get(part, 0)
    if not orders:
        pytest.skip("the group is empty")
    shown = look(seen, "phone").open(f"lang=en&period=all&show=overdue&part={part}", "orders")
    said = re.search(r"([\d,]+) overdue orders", shown.text("body"))
    assert said is not None and said.group(1) == f"{orders:,}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_way_from_the_figure_to_what_can_be_moved(company: Served, look: Start, language: str) -> None:
    shown = look(company("demo"), "phone").open(f"lang={language}&period=all")
    link = shown.page.locator('.st-key-headline_overdue a[href*="part=moving"]')
    link.focus()
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_url(re.compile("/orders.*part=moving"))
    shown.settled("orders")
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []
