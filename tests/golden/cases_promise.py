"""Lane buffers, plans and what was known when. Each case has a year quarter of its own, so its lanes are its
own.
"""

from datetime import timedelta
from typing import Any

from oracle.story import Story, at, on

from golden.telling import Expected, case


def seen(
    s: Story, prefix: str, picked_up: str, hours: list[float], known: str | None = None, **lane: Any
) -> None:
    """Sub-orders that were on the road for so many hours, of orders without a wish. Recorded when it
    happened, or at `known`.
    """
    for number, hour in enumerate(hours, start=1):
        order, start = f"{prefix}{number:03d}", at(picked_up)
        s.order(order, start - timedelta(hours=3))
        s.sub(f"{order}-1", order, start - timedelta(hours=2), **lane)
        s.event("picked_up", start, code=f"{order}-1")
        s.event("delivered", start + timedelta(hours=hour), code=f"{order}-1", recorded=known)


def asked(s: Story, order: str, placed: str, wished: str, recorded: str | None = None, **lane: Any) -> None:
    """An order with a wish; it arrives within the hour and tells of no pick-up, so it gives no transit time
    itself.
    """
    s.order(order, placed, wished)
    s.sub(f"{order}-1", order, recorded or placed, **lane)
    arrived(s, f"{order}-1", placed)


def arrived(s: Story, code: str, placed: str) -> None:
    s.event("delivered", at(placed) + timedelta(hours=1), code=code)


@case("k = ⌈q·n⌉: of 1..30 h P50 is the 15th and P80 the 24th; 9 h on top of the end of the wished day")
def thirty_on_the_finest_lane(s: Story) -> Expected:
    seen(s, "PA", "2023-09-01 10:00", [float(hours) for hours in range(1, 31)], city="杭州")
    asked(s, "P01", "2023-09-10 10:00", "2023-09-12", city="杭州")
    return {
        ("promise", "P01-1"): {
            "promise_day": on("2023-09-10"),
            "lane_level": "place_carrier_city",
            "sample": 30,
            "p50_hours": 15,
            "p80_hours": 24,
            "buffer_hours": 9,
        },
        ("order", "P01"): {"promised_at": at("2023-09-13 09:00")},
    }


@case(
    "29 on the lane are too few, so it backs off to carrier × province: 29 of 1 h and 1 of 5 h give P50 ="
    " P80 = 1 h, buffer 0"
)
def twenty_nine_back_off_to_the_province(s: Story) -> Expected:
    seen(s, "PB", "2023-12-01 10:00", [1.0] * 29, city="杭州")
    seen(s, "PC", "2023-12-01 10:00", [5.0], city="宁波", place="B")
    asked(s, "P02", "2023-12-10 10:00", "2023-12-12", city="杭州")
    return {
        ("promise", "P02-1"): {
            "lane_level": "carrier_province",
            "sample": 30,
            "p50_hours": 1,
            "p80_hours": 1,
            "buffer_hours": 0,
        },
        ("order", "P02"): {"promised_at": at("2023-12-13 00:00")},
    }


@case("29 in the province, 30 of the carrier; and another carrier has nothing of its own, so all there is")
def back_off_to_carrier_and_to_all(s: Story) -> Expected:
    seen(s, "PD", "2024-03-01 10:00", [2.0] * 23 + [12.0] * 6, city="杭州")
    seen(s, "PE", "2024-03-01 10:00", [12.0], city="南京", province="江苏")
    asked(s, "P03", "2024-03-10 10:00", "2024-03-12", city="杭州")
    asked(s, "P04", "2024-03-10 10:00", "2024-03-12", carrier="ZTO")
    return {
        # 23 of 2 h and 7 of 12 h: the 15th is 2, the 24th is 12
        ("promise", "P03-1"): {
            "lane_level": "carrier",
            "sample": 30,
            "p50_hours": 2,
            "p80_hours": 12,
            "buffer_hours": 10,
        },
        ("promise", "P04-1"): {"lane_level": "all", "sample": 30, "buffer_hours": 10},
    }


@case("The thirtieth on the lane becomes known on the order's own day: too late to count, on every level")
def the_thirtieth_on_the_day(s: Story) -> Expected:
    seen(s, "PN", "2026-01-20 10:00", [1.0] * 29, known="2026-01-21 10:00", carrier="JD", place="PX")
    seen(s, "PO", "2026-01-20 10:00", [5.0], known="2026-01-25 10:00", carrier="JD", place="PX")
    for order, day in (("P17", "01-25"), ("P18", "01-26")):
        s.order(order, f"{day} 10:00", "01-28")
        s.sub(f"{order}-1", order, f"{day} 10:30", carrier="JD", place="PX")
        arrived(s, f"{order}-1", f"{day} 10:00")
    return {
        ("promise", "P17-1"): {"lane_level": "all"},
        ("promise", "P18-1"): {"lane_level": "place_carrier_city", "sample": 30, "buffer_hours": 0},
    }


@case("Of all one is enough; whole hours are rounded up: 61 minutes are 2 h. Nothing seen at all: buffer 0")
def one_is_enough(s: Story) -> Expected:
    asked(s, "P05", "2024-06-01 09:00", "2024-06-03")
    seen(s, "PF", "2024-06-02 10:00", [61 / 60])
    asked(s, "P06", "2024-06-10 10:00", "2024-06-12")
    return {
        ("promise", "P05-1"): {"lane_level": "none", "sample": 0, "p80_hours": None, "buffer_hours": 0},
        ("order", "P05"): {"promised_at": at("2024-06-04 00:00"), "is_pending": False},
        ("promise", "P06-1"): {
            "lane_level": "all",
            "sample": 1,
            "p50_hours": 2,
            "p80_hours": 2,
            "buffer_hours": 0,
        },
    }


@case("A buffer is at most 72 h")
def at_most_three_days(s: Story) -> Expected:
    seen(s, "PG", "2024-09-01 10:00", [1.0] * 20 + [74.0] * 10)
    asked(s, "P07", "2024-09-10 10:00", "2024-09-12")
    return {
        ("promise", "P07-1"): {"sample": 30, "p50_hours": 1, "p80_hours": 74, "buffer_hours": 72},
        ("order", "P07"): {"promised_at": at("2024-09-16 00:00")},
    }


@case(
    "No look-ahead: what was recorded on the order's day, or later, plays no part, however early it "
    "occurred; D - 60 does"
)
def no_look_ahead(s: Story) -> Expected:
    seen(s, "PH", "2024-12-01 10:00", [1.0], known="2024-12-09 24:00")  # the end of the 9th is of the 9th
    seen(s, "PI", "2024-12-01 10:00", [9.0], known="2024-12-10 00:00:00.000001")
    asked(s, "P08", "2024-12-10 10:00", "2024-12-12")
    asked(s, "P09", "2025-02-07 10:00", "2025-02-12")  # D - 60 = 9 December
    asked(s, "P10", "2025-02-08 10:00", "2025-02-12")  # D - 60 = 10 December
    return {
        ("promise", "P08-1"): {"sample": 1, "p80_hours": 1},
        ("promise", "P09-1"): {"sample": 2, "p80_hours": 9},
        ("promise", "P10-1"): {"sample": 1, "p80_hours": 9},
    }


@case(
    "Never revised: a correction, or a cancellation, after the transit was known changes nothing; zero "
    "and negative give none"
)
def never_revised(s: Story) -> Expected:
    seen(s, "PJ", "2025-05-01 10:00", [4.0])
    delivered_again = next(
        row
        for row in s.rows["events"]
        if row["fulfilment_code"] == "PJ001-1" and row["event_type"] == "delivered"
    )
    s.add(
        "events",
        **(delivered_again | {"occurred_at": at("2025-05-03 10:00"), "recorded_at": at("2025-05-04 10:00")}),
    )
    seen(s, "PK", "2025-05-01 10:00", [0.0, -1.0])
    asked(s, "P11", "2025-05-10 10:00", "2025-05-12")
    return {
        ("promise", "P11-1"): {"sample": 1, "p80_hours": 4},
        ("sub", "PJ001-1"): {"signed_at": at("2025-05-03 10:00")},
    }


@case(
    "The plan is what was recorded within two hours of the first sub-order, with its first recorded "
    "carrier; the largest buffer is taken"
)
def the_plan(s: Story) -> Expected:
    seen(s, "PL", "2025-07-20 10:00", [1.0] * 20 + [6.0] * 10)  # SF: buffer 5
    seen(s, "PM", "2025-07-20 10:00", [1.0] * 20 + [21.0] * 10, carrier="ZTO")  # ZTO: buffer 20
    for order, second in (("P12", "2025-08-01 13:00"), ("P13", "2025-08-01 13:00:00.000001")):
        s.order(order, "2025-08-01 10:00", "2025-08-04")
        s.sub(f"{order}-1", order, "2025-08-01 11:00")
        s.sub(f"{order}-2", order, second, carrier="ZTO")
        arrived(s, f"{order}-1", "2025-08-01 10:00")
        arrived(s, f"{order}-2", "2025-08-01 10:00")
    asked(s, "P14", "2025-08-01 10:00", "2025-08-04", recorded="2025-08-01 11:00")
    s.sub("P14-1", "P14", "2025-08-01 11:30", carrier="ZTO")  # given to another carrier later on
    return {
        ("order", "P12"): {"promised_at": at("2025-08-05 20:00")},
        ("order", "P13"): {"promised_at": at("2025-08-05 05:00")},
        ("order", "P14"): {"promised_at": at("2025-08-05 05:00")},
        ("sub", "P14-1"): {"carrier": "ZTO"},
    }


@case(
    "A promise that the customer was given is used, with or without a wish; the wish still counts for itself"
)
def a_given_promise(s: Story) -> Expected:
    s.order("P15", "2025-10-01 10:00", "2025-10-03", given="2025-10-08")
    s.sub("P15-1", "P15", "2025-10-01 10:30")
    s.event("delivered", "2025-10-05 10:00", code="P15-1")
    s.order("P16", "2025-10-01 10:00", given="2025-10-08")
    s.sub("P16-1", "P16", "2025-10-12 10:30")
    arrived(s, "P16-1", "2025-10-12 10:00")
    return {
        ("order", "P15"): {
            "promised_at": at("2025-10-09 00:00"),
            "is_on_time": True,
            "is_wished_date_hit": False,
            "is_pending": False,
        },
        ("order", "P16"): {
            "promised_at": at("2025-10-09 00:00"),
            "is_pending": False,
            "is_due": True,
            "is_kept": False,
        },
    }
