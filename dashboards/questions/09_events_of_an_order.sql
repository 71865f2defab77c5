-- en: What happened to one order, event by event, and in which file and line does it stand? (here: the latest of all)
-- zh: 一张订单发生了什么？逐条事件，及其所在文件和行号（此处：迟到最久的一单）
select
    occurred_at, recorded_at, source, event_type, fulfilment_code, place, is_valid, invalid_reason, file, record
from marts.fct_events
where
    order_id = (
        select order_id from marts.fct_orders
        where lateness_minutes is not null
        order by lateness_minutes desc, order_id
        limit 1
    )
order by occurred_at, recorded_at, event_type;
