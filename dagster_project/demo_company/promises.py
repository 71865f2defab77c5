"""What each order was promised, worked out from what was known on its day.

Belongs here: lane buffers and promises, from `known` and `transits`. All-integer: seconds and whole hours.
"""

import re

import duckdb

from .days import DAY, HOUR

WINDOW_DAYS, ENOUGH, LONGEST_BUFFER, PLAN_SECONDS = 60, 30, 72, 2 * HOUR
_LEVELS = (
    ("place_carrier_city", "(place * 100 + carrier) * 1000 + city"),
    ("carrier_province", "carrier * 1000 + province"),
    ("carrier", "carrier"),
    ("all", "0"),
)


def promise(connection: duckdb.DuckDBPyConnection, end: int, provinces: list[int]) -> None:
    """Creates `promised`: one row a sub-order with its lane's buffer and the promise of its batch.

    Args:
        provinces: the number of each city's province.
    """
    connection.execute(
        "CREATE TABLE city_provinces AS SELECT unnest($1) AS province, unnest(range(len($1))) AS city",
        [provinces],
    )
    connection.execute(
        "CREATE TABLE laned AS SELECT transits.*, province FROM transits JOIN city_provinces USING (city)"
    )
    connection.execute(
        """
        CREATE TABLE plans AS
        SELECT known.* REPLACE (planned_carrier AS carrier), province,
            min(created) OVER (PARTITION BY ord) AS first_created
        FROM known JOIN city_provinces USING (city)
        """
    )
    for level, lane in _LEVELS:
        connection.execute(
            f"""
            CREATE TABLE buffers_{level} AS
            WITH counted AS (
                SELECT {lane} AS lane, known_day, hours, count(*) AS transits FROM laned GROUP BY ALL
            ), asked AS (SELECT DISTINCT {lane} AS lane, day FROM plans),
            seen AS (
                SELECT asked.lane, asked.day, hours, CAST(sum(transits) AS BIGINT) AS transits
                FROM asked JOIN counted
                    ON counted.lane = asked.lane AND known_day >= asked.day - {WINDOW_DAYS}
                        AND known_day <= asked.day - 1
                GROUP BY ALL
            ), ranked AS (
                SELECT *, sum(transits) OVER (PARTITION BY lane, day ORDER BY hours) AS rank,
                    sum(transits) OVER (PARTITION BY lane, day) AS sample
                FROM seen
            )
            SELECT lane, day, any_value(sample) AS sample,
                min(hours) FILTER (rank >= (sample * 50 + 99) // 100) AS p50,
                min(hours) FILTER (rank >= (sample * 80 + 99) // 100) AS p80
            FROM ranked
            WHERE sample >= {1 if level == "all" else ENOUGH}
            GROUP BY lane, day
            """
        )
    picked = ", ".join(
        "coalesce(" + ", ".join(f"by_{level}.{column}" for level, _ in _LEVELS) + f") AS {column}"
        for column in ("sample", "p50", "p80")
    )
    level = "CASE " + " ".join(f"WHEN by_{level}.sample IS NOT NULL THEN '{level}'" for level, _ in _LEVELS)
    joins = " ".join(
        f"LEFT JOIN buffers_{level} AS by_{level}"
        f" ON by_{level}.day = plans.day AND by_{level}.lane = {_of_plans(lane)}"
        for level, lane in _LEVELS
    )
    connection.execute(
        f"""
        CREATE TABLE promised AS
        WITH lanes AS (
            SELECT plans.*, {level} ELSE 'none' END AS lane_level, {picked},
                plans.created <= first_created + {PLAN_SECONDS} AS is_planned,
                first_created + {PLAN_SECONDS} <= {end} AS is_plan_complete,
                CASE WHEN plans.batch_wish >= plans.day THEN plans.batch_wish
                    WHEN orders.wished_day >= plans.day THEN orders.wished_day END AS wish
            FROM plans JOIN orders ON orders.ord = plans.ord {joins}
        ), buffered AS (
            SELECT *, least(greatest(coalesce(p80 - p50, 0), 0), {LONGEST_BUFFER}) AS buffer_hours FROM lanes
        )
        SELECT *,
            max(CASE WHEN is_planned THEN buffer_hours END) OVER batch AS batch_buffer,
            max(wish) OVER batch AS batch_wished,
            CASE WHEN is_plan_complete THEN (max(wish) OVER batch + 1) * {DAY} - 8 * {HOUR}
                + max(CASE WHEN is_planned THEN buffer_hours END) OVER batch * {HOUR} END AS promised_at
        FROM buffered WINDOW batch AS (PARTITION BY ord, batch_no)
        """
    )


def _of_plans(lane: str) -> str:
    for column in ("place", "carrier", "city", "province"):
        lane = re.sub(rf"\b{column}\b", f"plans.{column}", lane)
    return lane
