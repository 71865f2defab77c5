-- The sub-orders behind a cell of the stages, the furthest over their standard first. `stage`: those that ended the stage
-- there in the period; `stuck`: those still in it at the period's end and past the standard by then.
with
    run as (
        select least(timezone(timezone, ($to_day::date + 1)::timestamp), as_of) as ends_at from published.meta.run
    ),
    meant as (
        select *, actual_microseconds as took, ended_at as until
        from published.marts.fct_stage_durations
        where
            $show = 'stage' and ended_day between $from_day and $to_day and stage = $stage and place = $at
            and is_counted and standard_microseconds is not null and actual_microseconds >= 0
        union all
        select durations.*, date_diff('microsecond', started_at, ends_at), null
        from published.marts.fct_stage_durations as durations
        cross join run
        where
            $show = 'stuck' and stage = $stage and place = $at and is_counted
            and started_at + to_microseconds(standard_microseconds) < ends_at
            and (coalesce(ended_at, left_at) is null or coalesce(ended_at, left_at) > ends_at)
    )
select
    order_id, fulfilment_code, (took - standard_microseconds) / 60000000.0 as minutes, took / 60000000.0 as took_minutes,
    standard_minutes, local(started_at) as started_at, local(until) as ended_at,
    coalesce(if($lang = 'zh', carriers.name_zh, carriers.name_en), meant.carrier) as carrier_name,
    count(*) over () as suborders
from meant
left join published.marts.dim_carriers as carriers on carriers.carrier = meant.carrier
where
    is_chosen($places, meant.place) and is_chosen($carriers, coalesce(meant.carrier, 'unknown'))
    and is_chosen($types, coalesce(order_type, 'unknown'))
order by minutes desc, fulfilment_code
limit $most
