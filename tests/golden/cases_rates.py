"""Rates and the bridge over days that are counted on the fingers. November 2025 is theirs alone."""

from oracle.story import Story, on

from golden.telling import Expected, case, delivered

DAY = on("2025-11-20")


def due(s: Story, order: str, codes: int = 1, erp: str | None = "2025-11-16 10:00") -> None:
    """Due on 20 November, ship-by 17 November 12:00."""
    s.order(order, "2025-11-15 10:00", given="2025-11-20", ship_by="2025-11-17 12:00")
    for number in range(1, codes + 1):
        s.sub(f"{order}-{number}", order, "2025-11-15 11:00")
        s.event("outbound", "2025-11-16 08:00", code=f"{order}-{number}")
    s.line(order, 1, 2, "2025-11-15 10:00")
    if erp:
        s.event("erp_shipped", erp, order=order, source="erp")


def received(s: Story, order: str, quantity: int = 2) -> None:
    s.receipt(order, 1, f"{order}/1", quantity, "2025-11-19 12:00")


@case("Eight orders due on one day, each lost to the truth at another step of the bridge")
def the_bridge(s: Story) -> Expected:
    due(s, "B1")  # kept, in full
    delivered(s, "B1-1", "2025-11-19 10:00")
    received(s, "B1")
    due(s, "B2")  # kept, one unit short
    delivered(s, "B2-1", "2025-11-19 10:00")
    received(s, "B2", 1)
    due(s, "B3")  # signed by the sender: a claim only
    s.event("returned_signed", "2025-11-19 10:00", code="B3-1")
    received(s, "B3")
    due(s, "B4")  # disputed, and a complaint
    delivered(s, "B4-1", "2025-11-19 10:00")
    s.event("not_received_ticket", "2025-11-19 18:00", code="B4-1", source="crm")
    due(s, "B5", codes=2)  # the first part came in time, the second did not
    delivered(s, "B5-1", "2025-11-19 10:00")
    delivered(s, "B5-2", "2025-11-22 10:00")
    due(s, "B6")  # shipped in time, never seen again
    due(s, "B7", erp="2025-11-18 10:00")  # shipped late, arrived in time
    delivered(s, "B7-1", "2025-11-20 24:00")
    received(s, "B7")
    due(s, "B8", erp=None)  # the ERP has not noticed
    delivered(s, "B8-1", "2025-11-21 00:00:00.000001")
    #                 B1 B2 B3 B4 B5 B6 B7 B8
    # erp_due          1  1  1  1  1  1  0  0   6
    # first_suborder   1  1  1  1  1  0  1  0   6, changed: B6, B7
    # all_suborders    1  1  1  1  0  0  1  0   5, changed: B5
    # valid_signature  1  1  0  0  0  0  1  0   3, changed: B3, B4
    # in_full          1  0  0  0  0  0  1  0   2, changed: B2
    # wished_day: nobody wished, as before
    steps = {
        "erp_due": (6, 8),
        "first_suborder": (6, 2),
        "all_suborders": (5, 1),
        "valid_signature": (3, 2),
        "in_full": (2, 1),
        "wished_day": (2, 0),
    }
    expected: Expected = {
        ("bridge", ("day", DAY, step)): {
            "numerator": yes,
            "denominator": 8,
            "rate": yes / 8,
            "orders": changed,
        }
        for step, (yes, changed) in steps.items()
    }
    expected["bridge", ("day", DAY, "valid_signature")]["points"] = -25.0
    expected["bridge", ("day", DAY, "valid_signature")]["complaint_rate"] = 0.5
    expected["bridge", ("day", on("2025-11-16"), "erp")] = {"numerator": 6, "denominator": 6, "rate": 1.0}
    expected["bridge", ("day", on("2025-11-18"), "erp")] = {"numerator": 0, "denominator": 1, "rate": 0.0}
    # Of the kpis: kept 3 of 8. Wilson by hand: (0.375 + 0.2400912) / 1.4801823 ± 1.959964·√(0.0292969 +
    # 0.0150057) / 1.4801823
    expected["kpi", ("promise_kept_rate", "day", DAY)] = {
        "numerator": 3,
        "denominator": 8,
        "value": 0.375,
        "ci_low": 0.136844,
        "ci_high": 0.694258,
        "is_final": True,
    }
    expected["kpi", ("in_full_on_time_rate", "day", DAY)] = {"numerator": 2, "denominator": 8}
    expected["kpi", ("complaint_rate", "day", DAY)] = {"numerator": 1, "denominator": 8}
    # Signed that day: B7 alone, at its very end; B8 is of the 21st, B5 of the 22nd. The 19th has B1 and B2.
    expected["kpi", ("true_on_time_rate", "day", DAY)] = {"numerator": 1, "denominator": 1, "value": 1.0}
    expected["kpi", ("true_on_time_rate", "day", on("2025-11-19"))] = {"numerator": 2, "denominator": 2}
    expected["kpi", ("true_on_time_rate", "day", on("2025-11-21"))] = {"numerator": 0, "denominator": 1}
    # At the end of the 20th: B3 … B6 and B8 are overdue, nothing else that is promised is open. At the end
    # of the 26th 10:00
    # B3 (returned on the 19th) is closed, B5 and B8 are signed.
    expected["kpi", ("open_overdue", "day", DAY)] = {"numerator": 5}
    expected["kpi", ("open_overdue", "day", on("2025-11-26"))] = {"numerator": 2}
    # No order falls due on the 23rd: a row all the same, without a value.
    expected["kpi", ("promise_kept_rate", "day", on("2025-11-23"))] = {
        "numerator": 0,
        "denominator": 0,
        "value": None,
        "ci_low": None,
        "ci_high": None,
    }
    return expected


@case(
    "A period is final when it ended 14 days before as_of (1 March 12:00): 14 February is (ended the 15th"
    " 00:00), the 15th is not"
)
def final(s: Story) -> Expected:
    return {
        ("kpi", ("promise_kept_rate", "day", on("02-14"))): {"is_final": True},
        ("kpi", ("promise_kept_rate", "day", on("02-15"))): {"is_final": False},
        ("kpi", ("promise_kept_rate", "month", on("01-01"))): {"is_final": True},
        ("kpi", ("promise_kept_rate", "month", on("02-01"))): {"is_final": False},
    }
