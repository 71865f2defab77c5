"""The published file: last of all, and only if nothing blocked."""

import dagster as dg

from dagster_project.defs.transform import transformed
from dagster_project.lib.steps import Night

MARTS = sorted(key for key in transformed.keys if key.path[0] in ("marts", "meta"))


@dg.asset(
    group_name="published",
    kinds={"duckdb"},
    description="The file that pages and analysts read, swapped in whole.",
    deps=MARTS,
)
def published(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    path = night.publish()
    return dg.MaterializeResult(
        metadata={"file": path.name, "bytes": path.stat().st_size, "as of": str(night.run.as_of)}
    )
