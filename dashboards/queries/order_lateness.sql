-- Where an order's lateness went: the stages of its deciding sub-order that overran, in minutes that sum to it. Before a
-- replacement was sent, with the carrier of the first parcel.
select stage, place, if($lang = 'zh', name_zh, name_en) as name, late_minutes as minutes,
    late_minutes / sum(late_minutes) over () as share, 1 as orders
from (
    select order_id, lost_stage(stage, replaced_carrier) as stage,
        if(replaced_carrier is null, place, nullif(replaced_carrier, 'unknown')) as place, late_minutes
    from published.marts.fct_lateness
)
left join stages using (stage)
left join holders using (held_by, place)
where order_id = $order_id
order by late_minutes desc
