"""The whole generation: draw, record, write every source table, work out the truth."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import duckdb

from . import answers, shapes, tables_carriers, tables_customers, tables_erp, tables_wms
from .history import Size, draw
from .recording import store
from .write import write_table

WRITERS = 2
VERSION = 3  # raised whenever the same parameters give other files


def generate(size: Size, out: Path, say: Callable[[str], None] = print) -> bool:
    """Writes `out`/source and `out`/answers. False, touching nothing, if the very same is there."""
    finished = out / "generated.json"
    asked = {
        "version": VERSION, "first_day": size.first_day, "last_day": size.last_day,
        "orders_per_day": size.orders_per_day, "seed": size.seed,
    }  # fmt: skip
    if finished.is_file() and json.loads(finished.read_text(encoding="utf-8")) == asked:
        say(f"the demo company is in {out} already")
        return False
    started = time.monotonic()
    finished.unlink(missing_ok=True)
    for folder in ("source", "answers"):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir(parents=True)
    drawn = draw(size)
    say(f"{len(drawn.orders):,} orders, {len(drawn.suborders):,} sub-orders over {size.days} days")
    with (
        tempfile.TemporaryDirectory(dir=out) as scratch,
        duckdb.connect(f"{scratch}/history.duckdb") as connection,
    ):
        connection.execute(
            "SET memory_limit = '2GB'; SET preserve_insertion_order = false; SET TimeZone = 'UTC'"
        )
        store(connection, drawn, size)
        del drawn
        for statement in shapes.name_things(size):
            connection.execute(statement)
        connection.execute(
            'CREATE TABLE bad_rows (source VARCHAR, "table" VARCHAR, file VARCHAR, line BIGINT, kind TINYINT)'
        )
        rows, done = 0, 0
        modules = (tables_erp, tables_wms, tables_carriers, tables_customers)
        tables = [table for module in modules for table in module.tables(size)]
        # two tables at a time: while one is put into files, the other is computed
        with ThreadPoolExecutor(WRITERS) as pool:
            waiting = {
                pool.submit(write_table, connection.cursor(), table, out / "source", size): table
                for table in tables
            }
            for future in as_completed(waiting):
                done += 1
                rows += future.result()
                table = waiting[future]
                say(f"{done:>2}/{len(tables)} {table.source}/{table.name}: {future.result():,} rows")
        answers.write(connection, size, out / "answers", say)
    finished.write_text(json.dumps(asked) + "\n", encoding="utf-8")
    say(f"{rows:,} rows in {time.monotonic() - started:.0f} s, in {out}")
    return True
