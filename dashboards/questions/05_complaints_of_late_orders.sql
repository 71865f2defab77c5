-- en: Do customers whose promise was broken complain more often?
-- zh: 没有按承诺送达的客户，投诉是否更多？
select
    if(is_kept, 'promise kept', 'promise missed') as promise,
    count(*) as due_orders,
    count(*) filter (has_complaint) as complaint_orders,
    round(100.0 * complaint_orders / due_orders, 2) as complaint_percent
from marts.fct_orders
where is_due
group by promise
order by promise;
