"""How long transfers take, so that the planted finding is there: warehouse B in early 2026."""

import numpy as np

from .company import CLOCK_SECONDS, TRANSFER_STANDARD
from .days import local_day, number
from .dirt import source_of_place

PACE = (0.96, 1.115, 1.06)  # of the standard, by sending warehouse, in every other month
PLANTED = (("2026-01-01", "2026-01-31", 0.142), ("2026-02-01", "2026-02-28", 0.021))
B = 1


def transfer_minutes(
    sender: np.ndarray,
    place: np.ndarray,
    requested: np.ndarray,
    minutes: np.ndarray,
    counted: np.ndarray,
    end: int,
) -> np.ndarray:
    """Drawn minutes of transfers, scaled so that B deviates as planted, by the sources' own clocks.

    Args:
        sender, place: sending and receiving place of each sub-order. requested: when, epoch seconds.
        minutes: draws around the standard. counted: whether both scans survive and nothing is cancelled.
        end: the last second that can be recorded.
    """
    clock = np.array(CLOCK_SECONDS)
    shift = clock[source_of_place(place)] - clock[source_of_place(np.maximum(sender, 0))]
    scaled = minutes * np.array(PACE)[np.maximum(sender, 0)]
    asked = local_day(requested)
    standard = TRANSFER_STANDARD[B] * 60
    for first, last, deviation in PLANTED:
        first_day, last_day = number(first), number(last)
        own = (sender == B) & (asked >= first_day) & (asked <= last_day)
        scaled = np.where(own, minutes * (1 + deviation), scaled)
        # scaling moves some ends across the month's border, so a few rounds are needed
        for _ in range(12):
            actual = (scaled * 60).astype(np.int64) + shift
            ended = requested + actual + clock[source_of_place(np.maximum(sender, 0))]
            day = local_day(ended)
            inside = counted & (sender == B) & (day >= first_day) & (day <= last_day) & (ended < end)
            mine = inside & own
            if not mine.any():
                break
            wanted = standard * inside.sum() * (1 + deviation) - actual[inside & ~own].sum()
            scaled = np.where(own, scaled * (wanted / actual[mine].sum()), scaled)
    return scaled
