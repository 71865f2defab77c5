"""Cancelled before, after, in part; batches; the ERP's view; in full."""

from oracle.story import Story, at, on

from golden.telling import Expected, case, delivered, shipped


def cancelled(s: Story, when: str, **named: str) -> None:
    s.event("cancelled", when, source="erp", **named)


@case("Cancelled at or before the promise counts nowhere; a microsecond later it stays due and missed")
def whole_order(s: Story) -> Expected:
    for order, when in (("C01", "01-09 10:00"), ("C02", "01-11 00:00"), ("C03", "01-11 00:00:00.000001")):
        shipped(s, order)
        cancelled(s, when, order=order)
    return {
        ("order", "C01"): {"is_cancelled": True, "is_due": False, "signed_at": None, "is_on_time": None},
        ("order", "C02"): {"is_cancelled": True, "is_due": False},
        ("order", "C03"): {"is_cancelled": True, "is_due": True, "is_kept": False, "is_on_time": None},
    }


@case("Cancelled after its signature is a return and changes no rate")
def a_return(s: Story) -> Expected:
    shipped(s, "C04")
    delivered(s, "C04-1", "01-09 10:00")
    cancelled(s, "01-20 10:00", order="C04")
    shipped(s, "C05")
    delivered(s, "C05-1", "01-09 10:00")
    cancelled(s, "01-09 10:00", order="C05")
    return {
        ("order", "C04"): {
            "is_cancelled": False,
            "is_on_time": True,
            "is_kept": True,
            "signed_at": at("01-09 10:00"),
        },
        ("order", "C05"): {"is_cancelled": False, "is_on_time": True},
    }


@case("A signature after the cancellation signs nothing: it was cancelled unsigned")
def signed_after_cancelled(s: Story) -> Expected:
    shipped(s, "C06")
    cancelled(s, "01-08 10:00", order="C06")
    delivered(s, "C06-1", "01-09 10:00")
    return {("order", "C06"): {"is_cancelled": True, "signed_at": None, "is_due": False}}


@case("A part cancelled in time counts nowhere: the rest decides; cancelled late it makes the order a miss")
def part_cancelled(s: Story) -> Expected:
    for order, when in (("C07", "01-09 10:00"), ("C08", "01-12 10:00")):
        shipped(s, order, codes=2)
        delivered(s, f"{order}-1", "01-09 10:00")
        cancelled(s, when, code=f"{order}-2")
    return {
        ("order", "C07"): {
            "signed_at": at("01-09 10:00"),
            "is_on_time": True,
            "is_kept": True,
            "is_cancelled": False,
        },
        ("order", "C08"): {
            "signed_at": at("01-09 10:00"),
            "is_on_time": True,
            "is_due": True,
            "is_kept": False,
            "is_all_claimed": True,
            "deciding_suborder": "C08-1",
        },
        ("sub", "C08-2"): {"is_cancelled": True, "is_live": False},
    }


@case(
    "Two batches, each with a wish of its own (nothing known of the lanes: no buffer). One late batch "
    "makes the order late"
)
def batches(s: Story) -> Expected:
    s.order("C09", "2023-06-05 10:00", "2023-06-08")
    s.sub("C09-1", "C09", "2023-06-05 11:00", batch=1, wished="2023-06-08")
    s.sub("C09-2", "C09", "2023-06-05 11:00", batch=2, wished="2023-06-12")
    delivered(s, "C09-1", "2023-06-09 02:00")
    delivered(s, "C09-2", "2023-06-12 10:00")
    return {
        ("sub", "C09-1"): {
            "promised_at": at("2023-06-09 00:00"),
            "is_on_time": False,
            "lateness_minutes": 120.0,
        },
        ("sub", "C09-2"): {
            "promised_at": at("2023-06-13 00:00"),
            "is_on_time": True,
            "lateness_minutes": -840.0,
        },
        ("order", "C09"): {
            "promised_at": at("2023-06-13 00:00"),
            "promised_day": on("2023-06-12"),
            "signed_at": at("2023-06-12 10:00"),
            "is_on_time": False,
            "lateness_minutes": 120.0,
            "deciding_suborder": "C09-1",
            "is_kept": False,
            "is_wished_date_hit": False,
        },
    }


@case(
    "No plan, no promise: an order without sub-orders is open and pending; two hours after the first one "
    "the plan stands"
)
def pending(s: Story) -> Expected:
    s.order("C10", "02-27 10:00", "02-28")
    s.order("C11", "03-01 09:00", "03-03")
    s.sub("C11-1", "C11", "03-01 10:00:00.000001")
    s.order("C12", "03-01 09:00", "03-03", order_type="consignment")
    s.sub("C12-1", "C12", "03-01 10:00")
    return {
        ("order", "C10"): {
            "is_pending": True,
            "promised_at": None,
            "is_due": False,
            "is_cancelled": False,
            "suborder_count": 0,
            "place": "unknown",
            "carrier": "unknown",
            "is_wished_date_hit": None,
        },
        ("order", "C11"): {"is_pending": True, "promised_at": None},
        ("order", "C12"): {"is_pending": False},
    }


@case(
    "The ERP counts the first shipped status of the whole order: at the limit on time, a later second "
    "shipment changes nothing"
)
def erp(s: Story) -> Expected:
    for order, ship_by, *shipments in (
        ("C13", "01-07 12:00", "01-07 12:00", "01-09 12:00"),
        ("C14", "01-07 12:00", "01-07 12:00:00.000001"),
        ("C15", None, "01-20 12:00"),
        ("C16", "01-07 12:00"),
    ):
        shipped(s, order, ship_by=ship_by)
        for shipment in shipments:
            s.event("erp_shipped", shipment, order=order, source="erp")
    shipped(s, "C17", ship_by="01-07 12:00")
    s.event("erp_completed", "01-07 11:00", order="C17", source="erp")
    return {
        ("order", "C13"): {"erp_shipped_at": at("01-07 12:00"), "is_erp_on_time": True},
        ("order", "C14"): {"is_erp_on_time": False},
        ("order", "C15"): {"is_erp_on_time": True},
        ("order", "C16"): {"erp_shipped_at": None, "is_erp_on_time": None},
        ("order", "C17"): {"is_erp_on_time": True},
    }


@case("In full: every line's units, over all its receipts; too much of one line does not make up for another")
def in_full(s: Story) -> Expected:
    for order, receipts in (
        ("C18", ((1, 2), (1, 3), (2, 1))),
        ("C19", ((1, 2), (1, 2), (2, 1))),
        ("C20", ((1, 9), (2, 0))),
        ("C21", ()),
    ):
        shipped(s, order)
        delivered(s, f"{order}-1", "01-09 10:00")
        s.line(order, 1, 5, "01-05 10:00")
        s.line(order, 2, 1, "01-05 10:00")
        for number, (line, quantity) in enumerate(receipts):
            s.receipt(order, line, f"{order}/{number}", quantity, "01-09 12:00")
    return {
        ("order", "C18"): {"is_kept": True, "is_in_full": True},
        ("order", "C19"): {"is_kept": True, "is_in_full": False},
        ("order", "C20"): {"is_kept": True, "is_in_full": False},
        ("order", "C21"): {"is_kept": True, "is_in_full": False},
    }
