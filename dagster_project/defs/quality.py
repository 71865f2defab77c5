"""Great Expectations as asset checks: one multi-check a layer, two checks a table: what must hold, and what
should.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.defs.context import chosen_profile
from dagster_project.lib import quality
from dagster_project.lib.rules import Rule
from dagster_project.lib.steps import Night

CHECK_NAMES = {"block": "must_hold", "warn": "should_hold"}


def asset_of(rule: Rule) -> dg.AssetKey:
    """The asset a rule's verdict is shown at."""
    return dg.AssetKey(list(rule.shown_at))


def specs(rules: Sequence[Rule]) -> list[dg.AssetCheckSpec]:
    """One check for each table and severity; what must hold blocks everything downstream."""
    kinds = sorted({(asset_of(rule), rule.severity) for rule in rules})
    return [
        dg.AssetCheckSpec(name=CHECK_NAMES[severity], asset=asset, blocking=severity == "block")
        for asset, severity in kinds
    ]


def checks_of(layer: str) -> dg.AssetChecksDefinition:
    """The multi-check of a layer."""
    rules = quality.rules_of(chosen_profile(), layer)

    @dg.multi_asset_check(name=f"{layer}_quality", specs=specs(rules))
    def check(night: dg.ResourceParam[Night]) -> Iterator[dg.AssetCheckResult]:
        verdicts = dict(zip(rules, night.check(layer), strict=False))
        for spec in specs(rules):
            own = [verdicts[rule] for rule in verdicts if _belongs(rule, spec)]
            failed = [verdict.sentence for verdict in own if not verdict.passed]
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
    return asset_of(rule) == spec.asset_key and CHECK_NAMES[rule.severity] == spec.name


landing_quality = checks_of("landing")
marts_quality = checks_of("marts")
