-- The orders behind a figure of the period, the worst first. `late`, `late_erp`, `lost`: signed late; `due_missed`: due and
-- not kept; `not_in_full`: not kept or not whole; `complained`: with a complaint; `wish_missed`: after the wished day;
-- `unpromised`: signed without a promise; `overdue`: still open, `$part` of them, with us those in a stage; `step`: those
-- whose verdict a step of the bridge changes (its first two: all it counts).
with
    run as (
        select as_of, has_erp, has_receipts from published.meta.run
    ),
    lost as (
        select order_id, late_minutes
        from published.marts.fct_lateness
        where $show = 'lost' and signed_day between $from_day and $to_day 
            and lost_stage(stage, replaced_carrier) = $stage and coalesce(lost_place(place, replaced_carrier), '') = $at
    ),
    meant as (
        select orders.*, lateness_minutes as minutes
        from published.marts.fct_orders as orders
        where
            $show in ('late', 'late_erp') and signed_day between $from_day and $to_day and not is_on_time
            and ($show = 'late' or is_erp_on_time)
        union all by name
        select orders.*, late_minutes as minutes
        from published.marts.fct_orders as orders
        inner join lost using (order_id)
        where $show = 'lost' and signed_day between $from_day and $to_day
        union all by name
        select orders.*, minutes_late(promised_at, signed_at, run.as_of) as minutes
        from published.marts.fct_orders as orders
        cross join run
        where
            $show in ('due_missed', 'not_in_full', 'complained') and is_due and promised_day between $from_day and $to_day
            and case $show
                when 'due_missed' then not is_kept
                when 'not_in_full' then is_in_full is not true
                else has_complaint
            end
        union all by name
        select orders.*, minutes_late(end_of_day(wished_date, $timezone), signed_at, run.as_of) as minutes
        from published.marts.fct_orders as orders
        cross join run
        where $show = 'wish_missed' and wished_date between $from_day and $to_day and not is_wished_date_hit
        union all by name
        select orders.*, null::double as minutes
        from published.marts.fct_orders as orders
        where $show = 'unpromised' and signed_day between $from_day and $to_day and promised_at is null and not is_pending
        union all by name
        select order_id, minutes_open as minutes, promised_at, signed_at, place, carrier, order_type, part, last_seen_at
        from overdue_at($to_day, $silent_days)
        inner join overdue_parts using (part)
        left join ages on age = try_cast($age as integer)
        where
            $show = 'overdue' and ($age = '' or minutes_open >= 1440 * from_days and (to_days is null or minutes_open < 1440 * to_days))
            and ($part in ('', part) or ($part = 'moving' and is_moving))
            and ($stage = '' or $part <> 'with_us' or (stage_now = $stage and stage_place = $at))
        union all by name
        select orders.*, minutes_late(promised_at, signed_at, run.as_of) as minutes
        from published.marts.fct_orders as orders
        cross join run
        where
            $show = 'step' and $step = 'erp' and erp_shipped_day between $from_day and $to_day
        union all by name
        select orders.*, minutes_late(promised_at, signed_at, run.as_of) as minutes
        from published.marts.fct_orders as orders
        cross join run
        where
            $show = 'step' and $step <> 'erp' and is_due and promised_day between $from_day and $to_day
            and case $step
                when 'erp_due' then true
                when 'first_suborder' then not has_erp or is_first_claimed is distinct from coalesce(is_erp_on_time, false)
                when 'all_suborders' then is_all_claimed is distinct from is_first_claimed
                when 'valid_signature' then is_kept is distinct from is_all_claimed
                when 'in_full' then is_in_full is distinct from is_kept
                when 'wished_day' then
                    if(has_receipts, is_in_full, is_kept)
                    and (wished_date is null or is_wish_met) is distinct from true
                else false
            end
    ),
    worst as (
        select *, count(*) over () as orders
        from meant
        where is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
        order by minutes desc nulls last, order_id
        limit $most
    )
select
    order_id, minutes, timezone($timezone, promised_at) as promised_at, timezone($timezone, signed_at) as signed_at,
    coalesce(if($lang = 'zh', places.name_zh, places.name_en), worst.place) as place_name,
    coalesce(if($lang = 'zh', carriers.name_zh, carriers.name_en), worst.carrier) as carrier_name, orders,
    part, timezone($timezone, last_seen_at) as last_seen_at
from worst
left join published.marts.dim_places as places using (place)
left join published.marts.dim_carriers as carriers on carriers.carrier = worst.carrier
order by minutes desc nulls last, order_id
