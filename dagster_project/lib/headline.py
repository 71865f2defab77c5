"""The headline of the published file on the terminal: what customers saw beside what the ERP says, and where
to look.

`python -m dagster_project.lib.headline`.
"""

import sys

import duckdb

from dagster_project import settings as settings_module
from dagster_project.settings import Settings

RATES = """
    select metric, numerator, denominator, value, ci_low, ci_high
    from marts.kpi
    where period = 'all' and metric in ('true_on_time_rate', 'promise_kept_rate', 'erp_on_time_rate')
"""
OVERDUE = "select numerator, denominator from marts.kpi where metric = 'open_overdue' and period = 'all'"
# The latest month in which at least one stage is coloured, so that the first days of a month do not hide the
# last one.
WORST_STAGES = """
    select period_start, stage, place, suborders, deviation, colour
    from marts.agg_stage_deviation
    where
        period = 'month'
        and colour in ('red', 'yellow')
        and period_start = (
            select max(period_start) from marts.agg_stage_deviation
            where period = 'month' and colour <> 'grey'
        )
    order by actual_minutes - standard_minutes desc
    limit 5
"""
OWNERS = """
    select
        if(replaced_carrier is null, stage, 'until_sent_again') as stage,
        if(replaced_carrier is null, place, null) as place,
        sum(late_minutes) as minutes, count(distinct order_id) as orders,
        sum(late_minutes) / sum(sum(late_minutes)) over () as share
    from marts.fct_lateness
    group by 1, 2
    order by minutes desc
    limit 3
"""


def show(settings: Settings) -> None:
    """Print the headline of what is published."""
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        print("\n".join(lines(connection, settings.profile)))


def lines(connection: duckdb.DuckDBPyConnection, profile: str) -> list[str]:
    """The headline's lines, from an open published file."""
    rates = {row[0]: row[1:] for row in connection.execute(RATES).fetchall()}
    said = connection.execute(
        "select strftime(timezone(timezone, as_of), '%Y-%m-%d %H:%M') || ' ' || timezone from meta.run"
    ).fetchone()
    out = ["", f"True On-Time · {profile} · as of {said[0] if said else 'unknown'}", ""]
    out.append(_rate("true on-time (what customers saw)", rates.get("true_on_time_rate")))
    out.append(_rate("on-time as the ERP counts", rates.get("erp_on_time_rate")))
    out.append(_rate("promise kept, of all that fell due", rates.get("promise_kept_rate")))
    overdue = connection.execute(OVERDUE).fetchone()
    if overdue:
        out.append(
            f"  {'overdue and open now':<36} {overdue[0]:>8,} orders of {overdue[1]:,} open and promised"
        )
    worst = connection.execute(WORST_STAGES).fetchall()
    if worst:
        out += ["", f"Worst stages in {worst[0][0]:%Y-%m}, by minutes over their standard:"]
        out += [
            f"  {colour:<7} {stage:<36} {place:<12} {deviation:+7.1%}  {suborders:,} sub-orders"
            for _, stage, place, suborders, deviation, colour in worst
        ]
    owners = connection.execute(OWNERS).fetchall()
    if owners:
        out += ["", "Who owns the late minutes:"]
        out += [
            f"  {share:7.1%} {stage:<36} {place or '':<12} {orders:,} late orders"
            for stage, place, _, orders, share in owners
        ]
    out += ["", "Look next: make dash (the pages), make dagster (runs, checks, the schedule)", ""]
    return out


def _rate(title: str, row: tuple[int, int, float | None, float | None, float | None] | None) -> str:
    if row is None or row[2] is None:
        return f"  {title:<36}      no data"
    numerator, denominator, value, low, high = row
    interval = "" if low is None or high is None else f"  95 %: {low:.2%} to {high:.2%}"
    return f"  {title:<36} {value:>8.2%}{interval}  ({numerator:,} of {denominator:,})"


if __name__ == "__main__":
    show(settings_module.load())
    sys.exit(0)
