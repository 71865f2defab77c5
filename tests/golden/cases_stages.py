"""Durations, standards, colours, what is stuck, and who owns the lateness."""

from datetime import timedelta

from oracle.story import Story, at, on

from golden.telling import Expected, case, delivered

MICROSECOND = timedelta(microseconds=1)
JANUARY = on("01-01")


def picks(s: Story, place: str, durations: list[timedelta]) -> None:
    """Picks at a place of its own (standard 60 minutes), nothing else told of them."""
    for number, duration in enumerate(durations, start=1):
        order = f"{place}{number:02d}"
        s.order(order, "01-05 08:00")
        s.sub(f"{order}-1", order, "01-05 08:30", place=place)
        s.event("pick_started", "01-05 09:00", code=f"{order}-1", place=place)
        s.event("picked", at("01-05 09:00") + duration, code=f"{order}-1", place=place)


def colour(place: str, month_colour: str, count: int = 30) -> Expected:
    key = ("month", JANUARY, "pick_started_to_picked", place)
    return {("deviation", key): {"suborders": count, "colour": month_colour}}


@case(
    "30 picks of 63 minutes are exactly 5 % over 60: yellow. One microsecond less in all of them "
    "together: green"
)
def five_percent(s: Story) -> Expected:
    exact = [timedelta(minutes=63)] * 30
    picks(s, "G5", exact)
    picks(s, "G4", [*exact[:-1], exact[-1] - MICROSECOND])
    return colour("G5", "yellow") | colour("G4", "green")


@case(
    "66 minutes are exactly 10 %: still yellow. One microsecond more: red. A binary 0.1 would tip either way"
)
def ten_percent(s: Story) -> Expected:
    exact = [timedelta(minutes=66)] * 30
    picks(s, "G9", exact)
    picks(s, "GR", [*exact[:-1], exact[-1] + MICROSECOND])
    return colour("G9", "yellow") | colour("GR", "red")


@case("29 are a count, not a colour")
def too_few(s: Story) -> Expected:
    picks(s, "GF", [timedelta(hours=9)] * 29)
    return colour("GF", "grey", 29)


@case(
    "Nothing finished and everything stuck is not green: it has a row, no colour, and says how many are "
    "past the standard"
)
def everything_stuck(s: Story) -> Expected:
    for number in range(31):
        s.order(f"GS{number:02d}", "01-05 08:00")
        s.sub(f"GS{number:02d}-1", f"GS{number:02d}", "01-05 08:30", place="GS")
        s.event("pick_started", "01-05 09:00", code=f"GS{number:02d}-1")
    stage = "pick_started_to_picked"
    return {
        ("deviation", ("day", on("01-05"), stage, "GS")): {
            "suborders": 0,
            "colour": "grey",
            "open_overdue": 31,
        },
        ("deviation", ("month", JANUARY, stage, "GS")): {
            "suborders": 0,
            "colour": "grey",
            "open_overdue": 31,
        },
    }


@case("A pick that ends at midnight belongs to the day that midnight ends, and to its month")
def ended_at_midnight(s: Story) -> Expected:
    s.order("GM1", "01-31 20:00")
    s.sub("GM1-1", "GM1", "01-31 20:30", place="GM")
    s.event("pick_started", "01-31 23:00", code="GM1-1")
    s.event("picked", "02-01 00:00", code="GM1-1")
    return {
        ("deviation", ("day", on("01-31"), "pick_started_to_picked", "GM")): {
            "suborders": 1,
            "deviation": 0.0,
        },
        ("deviation", ("month", JANUARY, "pick_started_to_picked", "GM")): {
            "suborders": 1,
            "actual_minutes": 60.0,
        },
    }


@case(
    "A missing scan joins its neighbours: picked → outbound, with the standards of both parts (60 + 60); "
    "nothing is guessed"
)
def joined(s: Story) -> Expected:
    s.order("G10", "01-05 08:00")
    s.sub("G10-1", "G10", "01-05 08:30", place="GJ")
    s.event("picked", "01-05 10:00", code="G10-1")
    s.event("outbound", "01-05 13:30", code="G10-1")
    return {
        ("stage", ("G10-1", "picked_to_outbound")): {
            "place": "GJ",
            "actual_minutes": 210.0,
            "standard_minutes": 120.0,
            "started_at": at("01-05 10:00"),
        },
        ("stage", ("G10-1", "placed_to_picked")): {
            "place": "office",
            "actual_minutes": 120.0,
            "standard_minutes": 240.0,
        },  # four parts of 60: paid, approved, started, picked
    }


@case(
    "Consignment has neither payment nor review: nothing is missing, so placed → pick started is a stage "
    "without a standard"
)
def a_type_without_milestones(s: Story) -> Expected:
    s.order("G11", "01-05 08:00", order_type="consignment")
    s.sub("G11-1", "G11", "01-05 08:30", place="GC")
    s.event("placed", "01-05 08:00", order="G11", place="GQ")
    s.event("pick_started", "01-05 09:00", code="G11-1")
    s.order("G19", "01-05 08:00", order_type="consignment")
    s.sub("G19-1", "G19", "01-05 08:30", place="GC")
    s.event("picked", "01-05 11:00", code="G19-1")
    key = ("day", on("01-05"), "placed_to_pick_started", "GQ")
    return {
        ("stage", ("G11-1", "placed_to_pick_started")): {"actual_minutes": 60.0, "standard_minutes": None},
        ("deviation", key): {"suborders": 0, "excluded_suborders": 1, "deviation": None},
        # two parts, of which one has no standard: then the joined stage has none, not half of one
        ("stage", ("G19-1", "placed_to_picked")): {"actual_minutes": 180.0, "standard_minutes": None},
    }


@case("A stage that ends before it starts is kept and excluded, not counted as zero")
def ends_before_it_starts(s: Story) -> Expected:
    s.order("G12", "01-05 08:00")
    s.sub("G12-1", "G12", "01-05 08:30", place="GN")
    s.event("packed", "01-05 10:00", code="G12-1")
    s.event("outbound", "01-05 09:50", code="G12-1")
    key = ("month", JANUARY, "packed_to_outbound", "GN")
    return {
        ("stage", ("G12-1", "packed_to_outbound")): {"actual_minutes": -10.0, "standard_minutes": 60.0},
        ("deviation", key): {"suborders": 0, "excluded_suborders": 1, "colour": "grey"},
    }


@case(
    "Requested → received is one stage at the sending place; the dispatch does not split it, the "
    "receiving place does not own it"
)
def transfer(s: Story) -> Expected:
    s.order("G13", "01-05 08:00")
    s.sub("G13-1", "G13", "01-05 08:30", route="transfer", place="GA")
    s.event("transfer_requested", "01-05 09:00", code="G13-1", place="GB")
    s.event("transfer_dispatched", "01-05 12:00", code="G13-1", place="GB")
    s.event("transfer_received", "01-05 18:00", code="G13-1", place="GA")
    return {
        ("stage", ("G13-1", "transfer")): {"place": "GB", "actual_minutes": 540.0, "standard_minutes": 480.0},
        ("deviation", ("day", on("01-05"), "transfer", "GB")): {"suborders": 1, "deviation": 0.125},
    }


@case("SF's own standard for the line haul is 900 minutes; SF with consignment 1000.5; the others have 1440")
def most_specific_standard(s: Story) -> Expected:
    expected: Expected = {}
    for order, carrier, order_type, minutes in (
        ("G14", "SF", "standard", 900.0),
        ("G15", "SF", "consignment", 1000.5),
        ("G16", "ZTO", "consignment", 1440.0),
    ):
        s.order(order, "01-05 08:00", order_type=order_type)
        s.sub(f"{order}-1", order, "01-05 08:30", carrier=carrier)
        s.event("picked_up", "01-06 08:00", code=f"{order}-1")
        s.event("hub_arrived", "01-07 08:00", code=f"{order}-1")
        stage = (f"{order}-1", "picked_up_to_hub_arrived")
        expected["stage", stage] = {"place": carrier, "actual_minutes": 1440.0, "standard_minutes": minutes}
    return expected


@case(
    "Packing has a standard for consignment (45) and one for the place GT (30): the place goes before the"
    " type"
)
def place_before_type(s: Story) -> Expected:
    s.order("G20", "01-05 08:00", order_type="consignment")
    for code, place in (("G20-1", "GT"), ("G20-2", "GU")):
        s.sub(code, "G20", "01-05 08:30", place=place)
        s.event("picked", "01-05 10:00", code=code)
        s.event("packed", "01-05 10:40", code=code)
    return {
        ("stage", ("G20-1", "picked_to_packed")): {"standard_minutes": 30.0},
        ("stage", ("G20-2", "picked_to_packed")): {"standard_minutes": 45.0},
    }


@case(
    "Late by 420 over overruns of 1620, 300 and 900 minutes: each owns its share of the 420, nothing is "
    "left over"
)
def lateness_is_shared_out(s: Story) -> Expected:
    s.order("G17", "01-05 08:00", given_at="01-08 08:00")
    s.sub("G17-1", "G17", "01-05 08:30")
    s.event("hub_arrived", "01-07 09:00", code="G17-1")
    s.event("out_for_delivery", "01-07 20:00", code="G17-1")  # 660 of 360
    delivered(s, "G17-1", "01-08 15:00")  # 1140 of 240; placed → hub arrived: 2940 of 7·60 + 900
    # overruns: 2940 - 1320 = 1620, 300, 900: 2820 in all, late 420
    return {
        ("order", "G17"): {"lateness_minutes": 420.0},
        ("lateness", ("G17", "placed_to_hub_arrived", "office")): {"late_minutes": 1620 * 420 / 2820},
        ("lateness", ("G17", "hub_arrived_to_out_for_delivery", "SF")): {"late_minutes": 300 * 420 / 2820},
        ("lateness", ("G17", "out_for_delivery_to_signed", "SF")): {"late_minutes": 900 * 420 / 2820},
    }


@case("Late by 120 with only 60 minutes of overrun: the other 60 were never there, the promise was too tight")
def promise_too_tight(s: Story) -> Expected:
    s.order("G18", "01-05 08:00", given_at="01-05 12:00")
    s.sub("G18-1", "G18", "01-05 08:30")
    s.event("paid", "01-05 08:10", order="G18")
    s.event("out_for_delivery", "01-05 09:00", code="G18-1")
    delivered(s, "G18-1", "01-05 14:00")  # 300 of 240
    return {
        ("order", "G18"): {"lateness_minutes": 120.0},
        ("lateness", ("G18", "out_for_delivery_to_signed", "SF")): {"late_minutes": 60.0},
        ("lateness", ("G18", "promise_too_tight", None)): {"late_minutes": 60.0},
    }
