-- Who owns the late minutes of the orders signed late: the share is of all late minutes. Of parcels that were sent again, the
-- carriers of the first ones too, those with most minutes first.
with
    owned as (
        select lost_stage(stage, replaced_carrier) as stage, lost_place(stage_place, replaced_carrier) as place, replaced_carrier, (sum(late_microseconds) / 60000000)::double as minutes, sum(late_orders)::bigint as orders
        from published.marts.agg_lateness_daily as lateness
        where
            day between $from_day and $to_day
            and is_chosen($places, lateness.place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    told as (
        select stage, place, sum(minutes) as minutes, sum(orders)::bigint as orders,
            coalesce(list(coalesce(if($lang = 'zh', name_zh, name_en), replaced_carrier) order by minutes desc, replaced_carrier)
                filter (replaced_carrier <> 'unknown'), []) as carriers
        from owned
        left join published.marts.dim_carriers as carriers on carriers.carrier = replaced_carrier
        group by stage, place
    )
select
    stage, place, held_by, if($lang = 'zh', name_zh, name_en) as name, minutes, orders, minutes / sum(minutes) over () as share, carriers
from told
left join stages using (stage)
left join holders using (held_by, place)
order by minutes desc, stage, place
