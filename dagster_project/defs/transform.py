"""The dbt project as assets, its data tests as asset checks; one dbt call a run."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from dagster_project.defs.context import chosen_settings
from dagster_project.defs.ingest import CANONICAL
from dagster_project.lib import models
from dagster_project.lib.steps import Night


class Translator(DagsterDbtTranslator):
    """A model's key is its schema and name; every dbt source is what the canonical asset made."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return CANONICAL
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return dbt_resource_props["schema"]


translator = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


@dbt_assets(
    manifest=models.manifest(chosen_settings()),
    dagster_dbt_translator=translator,
    exclude="resource_type:unit_test",
    name="models",
)
def transformed(
    context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    results = night.build()
    checks = {key.name: key for key in context.selected_asset_check_keys}
    for result in results:
        if result.resource_type in ("model", "seed") and not result.is_broken:
            key = dg.AssetKey([result.schema, result.name])
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=key, metadata={"seconds": result.seconds})
        elif result.resource_type == "test" and result.name in checks:
            check = checks[result.name]
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=result.status == "pass",
                severity=dg.AssetCheckSeverity.WARN
                if result.status == "warn"
                else dg.AssetCheckSeverity.ERROR,
                metadata={"failures": result.failures or 0, "message": result.message},
            )
    if night.blocked:
        raise dg.Failure("The night is blocked: " + "; ".join(night.blocked), allow_retries=False)
