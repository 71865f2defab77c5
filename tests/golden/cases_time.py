"""Midnights, last instants, zones: where a day ends and what is still in time."""

from oracle.story import Story, at, on

from golden.telling import Expected, case, delivered, shipped

TICK = 1 / 60_000_000  # a microsecond in minutes


@case(
    "A promise given as a date ends when the next local day starts; at the limit is in time, and counts "
    "for the 10th"
)
def signed_at_midnight_exactly(s: Story) -> Expected:
    shipped(s, "T01", given="01-10")
    delivered(s, "T01-1", "01-11 00:00")
    return {
        ("order", "T01"): {
            "promised_at": at("01-11 00:00"),
            "promised_day": on("01-10"),
            "signed_day": on("01-10"),
            "is_on_time": True,
            "lateness_minutes": 0.0,
            "is_due": True,
            "is_kept": True,
        },
    }


@case("One microsecond past midnight is late, and belongs to the 11th")
def signed_a_microsecond_after_midnight(s: Story) -> Expected:
    shipped(s, "T02", given="01-10")
    delivered(s, "T02-1", "01-11 00:00:00.000001")
    return {
        ("order", "T02"): {
            "is_on_time": False,
            "lateness_minutes": TICK,
            "signed_day": on("01-11"),
            "is_kept": False,
        },
    }


@case("A promise given as an instant is that instant")
def promise_given_as_an_instant(s: Story) -> Expected:
    shipped(s, "T03", given_at="01-09 15:30")
    delivered(s, "T03-1", "01-09 15:30")
    shipped(s, "T04", given_at="01-09 15:30")
    delivered(s, "T04-1", "01-09 15:30:00.000001")
    return {
        ("order", "T03"): {"promised_at": at("01-09 15:30"), "is_on_time": True, "lateness_minutes": 0.0},
        ("order", "T04"): {"is_on_time": False, "lateness_minutes": TICK},
    }


@case(
    "23:59:59 in Shanghai is 15:59:59 in Greenwich; a naive reader would put 00:30 of the 11th onto the 10th"
)
def a_day_is_the_local_day(s: Story) -> Expected:
    shipped(s, "T05", given="01-10")
    delivered(s, "T05-1", "01-10 23:59:59")
    shipped(s, "T06", given="01-10")
    delivered(s, "T06-1", "01-11 00:30")
    return {
        ("order", "T05"): {"is_on_time": True, "lateness_minutes": -1 / 60, "signed_day": on("01-10")},
        ("order", "T06"): {"is_on_time": False, "lateness_minutes": 30.0, "signed_day": on("01-11")},
    }


@case(
    "Placed at 00:00 of the 6th is of the 5th, so a wish for the 5th is no wish for the past. No transit "
    "was ever seen: no buffer"
)
def placed_at_midnight_exactly(s: Story) -> Expected:
    s.order("T07", "2023-03-06 00:00", "2023-03-05")
    s.sub("T07-1", "T07", "2023-03-06 01:00")
    delivered(s, "T07-1", "2023-03-06 00:30")
    s.order("T08", "2023-03-06 00:00:00.000001", "2023-03-05")
    s.sub("T08-1", "T08", "2023-03-06 01:00")
    delivered(s, "T08-1", "2023-03-06 00:30")
    return {
        ("order", "T07"): {
            "order_day": on("2023-03-05"),
            "wished_date": on("2023-03-05"),
            "promised_at": at("2023-03-06 00:00"),
            "is_on_time": False,
            "is_wished_date_hit": False,
        },
        ("order", "T08"): {
            "order_day": on("2023-03-06"),
            "wished_date": None,
            "promised_at": None,
            "is_pending": False,
            "is_on_time": None,
            "is_due": False,
        },
    }


@case(
    "The wish is the first recorded one; a later change by the customer or a clerk does not move the promise"
)
def a_wish_changed_later(s: Story) -> Expected:
    s.order("T09", "2023-03-06 10:00", "2023-03-09")
    s.order("T09", "2023-03-06 10:00", "2023-03-20", recorded="2023-03-08 10:00")
    s.sub("T09-1", "T09", "2023-03-06 11:00")
    delivered(s, "T09-1", "2023-03-12 10:00")
    return {
        ("order", "T09"): {
            "wished_date": on("2023-03-09"),
            "promised_at": at("2023-03-10 00:00"),
            "lateness_minutes": 3480.0,
        },  # two days and ten hours
    }


@case("A wish that was missing at first and recorded later is the first recorded value")
def a_wish_recorded_later(s: Story) -> Expected:
    s.order("T10", "2023-03-06 10:00")
    s.order("T10", "2023-03-06 10:00", "2023-03-09", recorded="2023-03-06 18:00")
    s.sub("T10-1", "T10", "2023-03-06 11:00")
    delivered(s, "T10-1", "2023-03-09 10:00")
    return {("order", "T10"): {"promised_at": at("2023-03-10 00:00"), "lateness_minutes": -840.0}}


@case("What was recorded after as_of is not known, however early it occurred")
def recorded_after_as_of(s: Story) -> Expected:
    shipped(s, "T11")
    delivered(s, "T11-1", "01-09 10:00", recorded="03-01 12:00:00.000001")
    shipped(s, "T12")
    delivered(s, "T12-1", "01-09 10:00", recorded="03-01 12:00")
    return {
        ("order", "T11"): {"signed_at": None, "is_on_time": None, "is_due": True, "is_kept": False},
        ("order", "T12"): {"signed_at": at("01-09 10:00"), "is_on_time": True, "is_kept": True},
    }


@case("Falls due when the promise is at or before as_of")
def due_at_as_of_exactly(s: Story) -> Expected:
    shipped(s, "T13", given_at="03-01 12:00")
    shipped(s, "T14", given_at="03-01 12:00:00.000001")
    return {
        ("order", "T13"): {"is_due": True, "is_kept": False, "is_on_time": None},
        ("order", "T14"): {"is_due": False, "is_on_time": None},
    }
