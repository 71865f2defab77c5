"""What signs and what only looks like it."""

from oracle.story import Story, at

from golden.telling import Expected, case, delivered, shipped


@case("The earlier of the carrier's event and the customer's click; at the same instant the carrier's")
def carrier_or_click(s: Story) -> Expected:
    for order, carrier, click in (
        ("S01", "01-09 10:00", "01-09 09:59"),
        ("S02", "01-09 10:00", "01-09 10:00"),
    ):
        shipped(s, order)
        delivered(s, f"{order}-1", carrier, method="proxy")
        s.event("received_click", click, code=f"{order}-1", source="wechat")
    return {
        ("sub", "S01-1"): {"signed_at": at("01-09 09:59"), "sign_source": "customer_click"},
        ("sub", "S02-1"): {"signed_at": at("01-09 10:00"), "sign_source": "carrier", "sign_method": "proxy"},
    }


@case(
    "Before the sub-order's own outbound scan nothing signs; at its instant it does; without a scan "
    "nothing is 'before'"
)
def before_outbound(s: Story) -> Expected:
    shipped(s, "S03")
    delivered(s, "S03-1", "01-06 09:59:59")
    shipped(s, "S04")
    s.event("received_click", "01-06 09:59:59", code="S04-1", source="wechat")
    delivered(s, "S04-1", "01-09 10:00")
    shipped(s, "S05")
    delivered(s, "S05-1", "01-06 10:00")
    s.order("S06", "01-05 10:00", given="01-10")
    s.sub("S06-1", "S06", "01-05 11:00")
    delivered(s, "S06-1", "01-05 12:00")
    return {
        ("sub", "S03-1"): {"signed_at": None, "claimed_signed_at": at("01-06 09:59:59")},
        ("sub", "S04-1"): {"signed_at": at("01-09 10:00"), "sign_source": "carrier"},
        ("sub", "S05-1"): {"signed_at": at("01-06 10:00")},
        ("sub", "S06-1"): {"signed_at": at("01-05 12:00")},
    }


@case(
    "In a locker is not received: SF tells of the collection, so it counts when collected; ZTO never "
    "tells, so put in counts"
)
def lockers(s: Story) -> Expected:
    shipped(s, "S07")
    s.event("available_for_pickup", "01-09 10:00", code="S07-1", method="locker")
    shipped(s, "S08")
    s.event("available_for_pickup", "01-09 10:00", code="S08-1", method="locker")
    s.event("collected", "01-12 10:00", code="S08-1", method="locker")
    s.order("S09", "01-05 10:00", given="01-10")
    s.sub("S09-1", "S09", "01-05 11:00", carrier="ZTO")
    s.event("available_for_pickup", "01-09 10:00", code="S09-1", method="locker")
    s.order("S10", "01-05 10:00", given="01-10")
    s.sub("S10-1", "S10", "01-05 11:00", carrier="YTO")
    s.event("available_for_pickup", "01-09 10:00", code="S10-1", method="pickup_point")
    shipped(s, "S31")
    delivered(s, "S31-1", "01-09 10:00", method="locker")  # however the carrier words it
    return {
        ("sub", "S07-1"): {"signed_at": None, "claimed_signed_at": at("01-09 10:00")},
        ("order", "S07"): {
            "is_on_time": None,
            "is_kept": False,
            "is_first_claimed": True,
            "is_all_claimed": True,
        },
        ("sub", "S08-1"): {"signed_at": at("01-12 10:00"), "sign_method": "locker", "is_on_time": False},
        ("sub", "S09-1"): {"signed_at": at("01-09 10:00"), "is_on_time": True},
        ("sub", "S31-1"): {"signed_at": None, "claimed_signed_at": at("01-09 10:00")},
        ("sub", "S10-1"): {"signed_at": None},  # a carrier nobody described: no row says it never tells
    }


@case(
    "退签: signed by the sender is a claim, never a signature; not replaced within seven days the sub-order"
    " is closed"
)
def signed_by_the_sender(s: Story) -> Expected:
    shipped(s, "S11")
    s.event("returned_signed", "01-09 10:00", code="S11-1")
    return {
        ("sub", "S11-1"): {
            "signed_at": None,
            "claimed_signed_at": at("01-09 10:00"),
            "closed_at": at("01-16 10:00"),
            "is_live": True,
        },
        ("order", "S11"): {
            "is_due": True,
            "is_kept": False,
            "is_all_claimed": True,
            "deciding_suborder": "S11-1",
        },
    }


@case("拒签 is not even a claim; delivered at the second attempt within the week it is signed after all")
def refused(s: Story) -> Expected:
    shipped(s, "S12")
    s.event("refused", "01-09 10:00", code="S12-1")
    shipped(s, "S13")
    s.event("refused", "01-09 10:00", code="S13-1")
    delivered(s, "S13-1", "01-10 09:00")
    return {
        ("sub", "S12-1"): {"signed_at": None, "claimed_signed_at": None, "closed_at": at("01-16 10:00")},
        ("sub", "S13-1"): {"signed_at": at("01-10 09:00"), "closed_at": None, "is_on_time": True},
    }


@case("Lost on 22 February 12:00:00.000001: the seven days are not over at as_of, so it is still open")
def lost_less_than_seven_days_ago(s: Story) -> Expected:
    shipped(s, "S14")
    s.event("lost", "02-22 12:00:00.000001", code="S14-1")
    shipped(s, "S15")
    s.event("lost", "02-22 12:00", code="S15-1")
    return {("sub", "S14-1"): {"closed_at": None}, ("sub", "S15-1"): {"closed_at": at("03-01 12:00")}}


@case(
    "A carrier signature before a not-received ticket is disputed; a click, or a carrier signature after "
    "the ticket, counts"
)
def disputed(s: Story) -> Expected:
    ticket = {"source": "crm"}
    for order in ("S16", "S17", "S18", "S19"):
        shipped(s, order)
        delivered(s, f"{order}-1", "01-09 10:00")
    s.event("not_received_ticket", "01-09 10:00:00.000001", code="S16-1", **ticket)
    s.event("not_received_ticket", "01-09 10:00", code="S17-1", **ticket)
    s.event("not_received_ticket", "01-09 20:00", code="S18-1", **ticket)
    s.event("received_click", "01-09 19:00", code="S18-1", source="wechat")
    s.event("not_received_ticket", "01-09 20:00", code="S19-1", **ticket)
    delivered(s, "S19-1", "01-11 08:00")
    return {
        ("sub", "S16-1"): {"signed_at": None, "claimed_signed_at": at("01-09 10:00")},
        ("sub", "S17-1"): {"signed_at": at("01-09 10:00")},  # not earlier than the ticket
        ("sub", "S18-1"): {"signed_at": at("01-09 19:00"), "sign_source": "customer_click"},
        ("sub", "S19-1"): {"signed_at": at("01-11 08:00"), "sign_source": "carrier"},
        ("order", "S16"): {"has_complaint": True, "is_kept": False, "is_all_claimed": True},
    }


@case("A ticket of the order disputes the signatures of all its sub-orders")
def disputed_order(s: Story) -> Expected:
    shipped(s, "S20", codes=2)
    delivered(s, "S20-1", "01-09 10:00")
    delivered(s, "S20-2", "01-09 11:00")
    s.event("not_received_ticket", "01-09 10:30", order="S20", source="crm")
    return {
        ("sub", "S20-1"): {"signed_at": None},
        ("sub", "S20-2"): {"signed_at": at("01-09 11:00")},
        ("order", "S20"): {
            "signed_at": None,
            "deciding_suborder": "S20-1",
            "is_kept": False,
            "suborder_count": 2,
        },
    }


@case("A click that names only the order signs what was nearly there by then, and the only one there is")
def order_click(s: Story) -> Expected:
    s.order("S21", "01-05 10:00", given="01-10")
    for code in ("S21-1", "S21-2", "S21-3"):
        s.sub(code, "S21", "01-05 11:00")
        s.event("outbound", "01-06 10:00", code=code)
    s.event("out_for_delivery", "01-09 10:00", code="S21-1")
    s.event("hub_arrived", "01-09 12:00", code="S21-2")
    s.event("received_click", "01-09 12:00", order="S21", source="wechat")
    s.order("S22", "01-05 10:00", given="01-10")
    s.sub("S22-1", "S22", "01-05 11:00")
    s.event("received_click", "01-09 12:00", order="S22", source="wechat")
    return {
        ("sub", "S21-1"): {"signed_at": at("01-09 12:00")},
        ("sub", "S21-2"): {"signed_at": at("01-09 12:00")},  # at the hub at that very instant: by then
        ("sub", "S21-3"): {"signed_at": None},  # still on its way: the customer cannot have meant it
        ("sub", "S22-1"): {"signed_at": at("01-09 12:00")},
    }


@case("A replacement takes the old one's place, which is never signed, whatever the carrier says of it")
def replaced(s: Story) -> Expected:
    shipped(s, "S23")
    delivered(s, "S23-1", "01-09 10:00")
    s.sub("S23-1R", "S23", "01-10 09:00", replaces="S23-1")
    delivered(s, "S23-1R", "01-13 10:00")
    return {
        ("sub", "S23-1"): {"signed_at": None, "replaced_by": "S23-1R", "is_live": False, "closed_at": None},
        ("sub", "S23-1R"): {"signed_at": at("01-13 10:00"), "is_live": True, "is_on_time": False},
        ("order", "S23"): {
            "signed_at": at("01-13 10:00"),
            "is_on_time": False,
            "deciding_suborder": "S23-1R",
        },
    }


@case(
    "An order is signed when its last live sub-order is; the last one decides, by the smaller code where "
    "they tie"
)
def split_order(s: Story) -> Expected:
    shipped(s, "S24", codes=3)
    for code, when in (("S24-1", "01-09 10:00"), ("S24-2", "01-11 10:00"), ("S24-3", "01-11 10:00")):
        delivered(s, code, when)
    shipped(s, "S25", codes=3)
    delivered(s, "S25-3", "01-12 10:00")
    return {
        ("order", "S24"): {
            "signed_at": at("01-11 10:00"),
            "is_on_time": False,
            "deciding_suborder": "S24-2",
            "lateness_minutes": 600.0,
            "is_first_claimed": True,
            "is_all_claimed": False,
        },
        ("order", "S25"): {"signed_at": None, "deciding_suborder": "S25-1", "is_first_claimed": False},
    }


@case("Delivered twice is one; same id with other content is a correction, and the latest known one holds")
def twice_and_corrected(s: Story) -> Expected:
    shipped(s, "S26")
    for recorded in ("01-09 11:00", "01-09 12:00"):
        delivered(s, "S26-1", "01-09 10:00", event_id="G26", recorded=recorded)
    shipped(s, "S27")
    delivered(s, "S27-1", "01-09 10:00", event_id="G27", recorded="01-09 11:00")
    delivered(s, "S27-1", "01-12 10:00", event_id="G27", recorded="01-13 11:00")
    shipped(s, "S28")
    delivered(s, "S28-1", "01-09 10:00", event_id="G28", recorded="01-09 11:00")
    delivered(s, "S28-1", "01-12 10:00", event_id="G28", recorded="03-01 12:00:01")
    return {
        ("sub", "S26-1"): {"signed_at": at("01-09 10:00")},
        ("sub", "S27-1"): {
            "signed_at": at("01-12 10:00"),
            "is_on_time": False,
        },  # although later than the first told
        ("sub", "S28-1"): {
            "signed_at": at("01-09 10:00"),
            "is_on_time": True,
        },  # the correction is not known yet
    }


@case("An id is the source's own: the same one from another source is another event, not a correction")
def the_same_id_elsewhere(s: Story) -> Expected:
    shipped(s, "S32")
    delivered(s, "S32-1", "01-09 10:00", event_id="G32", source="sf", recorded="01-09 11:00")
    delivered(s, "S32-1", "01-12 10:00", event_id="G32", source="crm", recorded="01-12 11:00")
    return {("sub", "S32-1"): {"signed_at": at("01-09 10:00")}, ("events of", "S32-1"): {"delivered": 2}}


@case("Told twice without an id, the same source, code, type, time and place are one event")
def told_twice_without_an_id(s: Story) -> Expected:
    shipped(s, "S33")
    for recorded in ("01-09 11:00", "01-09 12:00"):
        delivered(s, "S33-1", "01-09 10:00", event_id=None, recorded=recorded)
    return {("sub", "S33-1"): {"signed_at": at("01-09 10:00")}, ("events of", "S33-1"): {"delivered": 1}}


@case(
    "A track knows only its waybill; it finds its code through the link, and without one it is parked, "
    "not lost"
)
def waybills(s: Story) -> Expected:
    shipped(s, "S29")
    s.waybill("SF", "W29", "S29-1", "01-06 12:00")
    s.event("delivered", "01-09 10:00", waybill="W29", carrier="SF", source="sf")
    shipped(s, "S30")
    s.waybill("ZTO", "W30", "S30-1", "01-06 12:00")  # another carrier's number
    s.event("delivered", "01-09 10:00", waybill="W30", carrier="SF", source="sf", event_id="G30")
    return {
        ("sub", "S29-1"): {"signed_at": at("01-09 10:00")},
        ("sub", "S30-1"): {"signed_at": None},
        ("event", "G30"): {"fulfilment_code": None, "occurred_at": at("01-09 10:00")},
    }
