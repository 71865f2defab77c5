"""What the connections bring, one asset a source table, and the canonical views that the models read."""

import dagster as dg

from dagster_project.defs.context import chosen_profile
from dagster_project.lib.steps import Night

COLLECTED = dg.AssetKey("collected")
CANONICAL = dg.AssetKey("canonical")
TRANSIENT = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)


@dg.asset(
    key=COLLECTED,
    group_name="landing",
    description="New rows of the profile's databases and services, as drops among its files.",
)
def collected(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    states = night.collect()
    return dg.MaterializeResult(
        metadata={
            "rows": sum(table["rows"] or 0 for state in states for table in state.tables.values()),
            "failed": dg.MetadataValue.md(
                "\n".join(f"- {state.name}: {state.error}" for state in states if state.error) or "none"
            ),
        }
    )


def landed_key(source: str, table: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", f"{source}__{table}"])


def landed(source: str, table: str) -> dg.AssetsDefinition:
    """The asset that lands one source table."""

    @dg.asset(
        key=landed_key(source, table),
        group_name="landing",
        kinds={"duckdb"},
        description=f"{source}.{table} as it came, typed by its contract.",
        retry_policy=TRANSIENT,
        deps=[COLLECTED],
    )
    def land(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
        load = night.land((source, table))
        refused = "\n".join(
            f"- {refusal.file}: {refusal.reason}. {refusal.remedy}" for refusal in load.refused
        )
        return dg.MaterializeResult(
            metadata={
                "rows read": load.rows_read,
                "rows accepted": load.rows_accepted,
                "rows quarantined": load.rows_quarantined,
                "rows duplicate": load.rows_duplicate,
                "files": load.files,
                "refused": dg.MetadataValue.md(refused or "none"),
            }
        )

    return land


landing_assets = [landed(source, table) for source, table in chosen_profile().tables]


@dg.asset(
    key=CANONICAL,
    group_name="canonical",
    kinds={"duckdb"},
    description="The profile's reference tables, and its mapping onto our entities as views.",
    deps=[asset.key for asset in landing_assets],
)
def canonical(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    night.canonical()
    return dg.MaterializeResult(metadata={"as of": str(night.run.as_of), "run": night.run.run_number})
