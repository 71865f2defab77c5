-- What the filters offer: the places, carriers and order types that orders have.
select 'place' as filter, place as code, if($lang = 'zh', name_zh, name_en) as name
from published.marts.dim_places
where place in (select place from published.marts.agg_on_time_daily)
union all
select 'carrier', carrier, if($lang = 'zh', name_zh, name_en)
from published.marts.dim_carriers
where carrier in (select carrier from published.marts.agg_on_time_daily)
union all
select 'order_type', order_type, if($lang = 'zh', name_zh, name_en)
from published.marts.dim_order_types
where order_type in (select order_type from published.marts.agg_on_time_daily)
order by filter, code
