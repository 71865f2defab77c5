-- Of the orders whose promise fell due on the days chosen, those that nobody has signed for by now.
select count(*) as orders
from published.marts.fct_overdue
where
    promised_day between $from_day and $to_day and signed_day is null
    and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
