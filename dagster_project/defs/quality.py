"""Great Expectations as asset checks: one multi-check a layer, two checks a table: must hold, should hold.

A rule over the loads is shown at each landed table, and fails at those it names.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.defs.context import chosen_profile
from dagster_project.defs.ingest import landed_key
from dagster_project.lib import quality
from dagster_project.lib.rules import Rule
from dagster_project.lib.steps import Night

CHECK_NAMES = {"block": "must_hold", "warn": "should_hold"}


def shown_at(rule: Rule) -> dict[dg.AssetKey, str]:
    """The assets at which a rule is shown, each with the name by which its verdict would call it."""
    if rule.schema == "meta":
        return {landed_key(source, name): f"{source}.{name}" for source, name in chosen_profile().tables}
    return {dg.AssetKey([rule.schema, rule.table]): ""}


def specs(rules: Sequence[Rule]) -> list[dg.AssetCheckSpec]:
    """One check for each asset and severity; what must hold blocks everything downstream."""
    kinds = sorted({(asset, rule.severity) for rule in rules for asset in shown_at(rule)})
    return [
        dg.AssetCheckSpec(name=CHECK_NAMES[severity], asset=asset, blocking=severity == "block")
        for asset, severity in kinds
    ]


def checks_of(layer: str) -> dg.AssetChecksDefinition:
    """The multi-check of a layer."""
    rules = quality.rules_of(chosen_profile(), layer)

    @dg.multi_asset_check(name=f"{layer}_quality", specs=specs(rules))
    def check(night: dg.ResourceParam[Night]) -> Iterator[dg.AssetCheckResult]:
        verdicts = list(zip(rules, night.check(layer), strict=night.with_quality))
        for spec in specs(rules):
            own = [(rule, verdict) for rule, verdict in verdicts if _belongs(rule, spec)]
            at = spec.asset_key
            failed = [verdict.sentence for rule, verdict in own if _fails_at(rule, verdict, at)]
            yield dg.AssetCheckResult(
                asset_key=spec.asset_key,
                check_name=spec.name,
                passed=not failed,
                severity=dg.AssetCheckSeverity.ERROR if spec.blocking else dg.AssetCheckSeverity.WARN,
                metadata={
                    "expectations": len(own),
                    "failed": dg.MetadataValue.md("\n".join(failed) or "none"),
                },
            )

    return check


def _belongs(rule: Rule, spec: dg.AssetCheckSpec) -> bool:
    return spec.asset_key in shown_at(rule) and CHECK_NAMES[rule.severity] == spec.name


def _fails_at(rule: Rule, verdict: quality.Result, asset: dg.AssetKey) -> bool:
    """A verdict without names is about every asset at which it is shown."""
    return not verdict.passed and (not verdict.named or shown_at(rule)[asset] in verdict.named)


landing_quality = checks_of("landing")
marts_quality = checks_of("marts")
