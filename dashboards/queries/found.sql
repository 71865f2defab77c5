-- The orders that a number leads to: an order's own, a fulfilment code, a waybill; in this order of trust.
select order_id, kind, order_day
from (
    select order_id, order_day, 'order' as kind, 1 as trust from published.marts.fct_orders where order_id = $find
    union all
    select order_id, order_day, 'suborder', 2 from published.marts.fct_suborders where fulfilment_code = $find
    union all
    select parts.order_id, parts.order_day, 'waybill', 3
    from published.marts.dim_waybills as waybills
    inner join published.marts.fct_suborders as parts using (fulfilment_code)
    where waybills.waybill = $find
) as found
-- its own day makes every further question short: of other days nothing is read
inner join published.marts.fct_orders as orders using (order_id, order_day)
group by all
order by min(trust), order_id
limit 10
