-- The sub-orders behind a cell of the stages, the furthest over their standard first. `stage`: those that ended the stage
-- there in the period; `stuck`: those still in it at the period's end and past the standard by then; without a `stage`, in any.
with
    run as (
        select least(end_of_day($to_day, $timezone), as_of) as ends_at from published.meta.run
    ),
    meant as (
        select *, actual_microseconds as took, ended_at as until
        from published.marts.fct_stage_durations
        where
            $show = 'stage' and ended_day between $from_day and $to_day and stage = $stage and place = $at
            and is_counted and standard_microseconds is not null and actual_microseconds >= 0
        union all
        select durations.*, epoch_us(ends_at) - epoch_us(started_at), null
        from (
            -- one after the other: only then days that are over are skipped
            select * from published.marts.fct_stage_durations where ended_day is null
            union all
            select * from published.marts.fct_stage_durations where ended_day > $to_day
        ) as durations
        cross join run
        where
            $show = 'stuck' and $stage in (stage, '') and place = $at and is_counted
            -- follows from the next, and skips what began later unread
            and started_at < end_of_day($to_day, $timezone)
            and epoch_us(started_at) + standard_microseconds < epoch_us(ends_at)
            and (coalesce(ended_at, left_at) is null or coalesce(ended_at, left_at) > ends_at)
    ),
    worst as (
        select *, took - standard_microseconds as over_by, count(*) over () as suborders
        from meant
        where
            is_chosen($places, place) and is_chosen($carriers, coalesce(carrier, 'unknown'))
            and is_chosen($types, coalesce(order_type, 'unknown'))
        order by over_by desc, fulfilment_code
        limit $most
    )
select
    order_id, stage, fulfilment_code, over_by / 60000000.0 as minutes, took / 60000000.0 as took_minutes,
    standard_minutes, timezone($timezone, started_at) as started_at, timezone($timezone, until) as ended_at,
    coalesce(if($lang = 'zh', carriers.name_zh, carriers.name_en), worst.carrier) as carrier_name, suborders
from worst
left join published.marts.dim_carriers as carriers on carriers.carrier = worst.carrier
order by over_by desc, fulfilment_code
