"""What DuckDB may hold, by what there is to do.

Belongs here: the sizes. Not here: the connections they are given to (warehouse.py, dbt's in models.py).
"""

import duckdb

# What DuckDB may hold; Python, dbt and the checks take about 500 MB beside it. A night holds little at a time, but for
# one that catches up on many rows. The joins of a rebuild grow with the history: in MB, and MB for a million rows.
NIGHT_MEMORY, REBUILD_MEMORY = "350MB", "1100MB"
LANDING_MEMORY = "500MB"  # of a night: what it reads of the history to find duplicates is not kept
NIGHT_ROWS = 500_000
REBUILD_BASE, REBUILD_EACH_MILLION = 550, 20
MORE_MEMORY = 3  # times, for models that still had too little


def memory_of(connection: duckdb.DuckDBPyConnection, base: int | None) -> str:
    """What DuckDB may hold while the models of a run are built and checked, once its files are landed; `base` is the
    run whose models it goes on from, if it does.
    """

    def landed_after(run_number: int) -> int:
        query = "select coalesce(sum(rows_accepted), 0)::bigint from meta.loads where run_number > ?"
        ((rows,),) = connection.execute(query, [run_number]).fetchall()
        return rows

    if base is not None and landed_after(base) <= NIGHT_ROWS:
        return NIGHT_MEMORY
    needed = REBUILD_BASE + REBUILD_EACH_MILLION * landed_after(0) // 1_000_000
    return f"{max(needed, int(REBUILD_MEMORY.removesuffix('MB')))}MB"


def more(memory: str) -> str:
    """What models are given that had too little."""
    return f"{MORE_MEMORY * int(memory.removesuffix('MB'))}MB"
