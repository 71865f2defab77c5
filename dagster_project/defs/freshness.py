"""Whether each connection is heard of in its rhythm, as asset checks: a warning, for nobody else waits for it."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.connectors.fetch import read_state
from dagster_project.defs.context import chosen_profile, chosen_settings
from dagster_project.defs.ingest import COLLECTED
from dagster_project.lib import due

CONNECTIONS = {f"{connection.name}_is_fresh": connection for connection in chosen_profile().connections}


def freshness_checks() -> list[dg.AssetChecksDefinition]:
    """One check a connection; none where everything comes as files."""
    specs = [dg.AssetCheckSpec(name=name, asset=COLLECTED) for name in CONNECTIONS]

    @dg.multi_asset_check(name="freshness", specs=specs)
    def check() -> Iterator[dg.AssetCheckResult]:
        for name, connection in CONNECTIONS.items():
            state = read_state(chosen_settings().home, connection)
            yield dg.AssetCheckResult(
                asset_key=COLLECTED,
                check_name=name,
                passed=not state.error and not state.is_late(due.clock()),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "last success": state.succeeded_at or "never",
                    "last event": state.last_event_at or "none",
                    "expected every": f"{state.every_seconds:g} s",
                    "error": state.error or "none",
                },
            )

    return [check] if specs else []


checks = freshness_checks()
