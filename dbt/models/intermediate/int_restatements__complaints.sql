{{ config(materialized="ephemeral") }}
-- One row an order: when a complaint of it was first known, and its ticket.
select order_id, min(known_at) as known_at, arg_min(told, (known_at, event_key)) as ticket
from {{ ref("int_restatements__told") }} as told
where event_type in ('complaint_ticket', 'not_received_ticket')
group by order_id
