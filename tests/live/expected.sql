-- What lies where by $at, from the canonical views of the company's files: each part of an order is looked at as it stood,
-- where the servers add up changes.
with
    wanted as (
        select order_id, sku, sum(quantity) as quantity
        from (
            select order_id, line_number, arg_max(sku, recorded_at) as sku,
                arg_max(ordered_quantity, recorded_at) as quantity
            from canonical.order_lines
            group by order_id, line_number
        )
        group by order_id, sku
    ),
    picked_lines as (
        select distinct fulfil_code as code, sku from landing.wms_a__tasks
        union
        select shipmentRef, item from landing.wms_b__tasks
        union
        select code, sku from landing.wms_c__tasks
        union
        select fulfil_code, sku from landing.front__tasks
    ),
    known as (
        select fulfilment_code as code, order_id, arg_max(origin_place, recorded_at) as place,
            min(recorded_at) <= $at as is_ordered,
            exists (from picked_lines where picked_lines.code = fulfilment_code) as has_lines
        from canonical.suborders
        group by fulfilment_code, order_id
    ),
    held as (
        select known.code, wanted.sku, wanted.quantity
        from wanted
        join known using (order_id)
        where
            exists (from picked_lines as line where line.code = known.code and line.sku = wanted.sku)
            or (
                not exists (
                    from picked_lines as line join known as other on other.code = line.code
                    where other.order_id = wanted.order_id and line.sku = wanted.sku
                )
                and known.code = (
                    select min(other.code) from known as other
                    where other.order_id = wanted.order_id and not other.has_lines
                )
            )
    ),
    parts as (
        select
            known.*,
            bool_or(event_type = 'picked') as is_picked,
            bool_or(event_type = 'cancelled') as is_cancelled,
            max(events.place) filter (event_type = 'transfer_dispatched') as sent_from,
            max(events.place) filter (event_type = 'transfer_received') as received_at
        from known
        left join canonical.events as events on events.fulfilment_code = known.code and events.recorded_at <= $at
        group by all
    ),
    told as (
        select held.*, parts.* exclude (code) from held join parts using (code)
    )
select
    opening.sku, opening.place,
    opening.qty
    + coalesce(sum(quantity) filter (received_at = opening.place), 0)
    - coalesce(sum(quantity) filter (sent_from = opening.place), 0)
    - coalesce(sum(quantity) filter (told.place = opening.place and is_picked), 0) as on_hand,
    coalesce(sum(quantity) filter (
        told.place = opening.place and is_ordered and not coalesce(is_picked, false)
        and not coalesce(is_cancelled, false)
    ), 0) as locked,
    on_hand - locked as available,
    coalesce(sum(quantity) filter (
        told.place = opening.place and sent_from is not null and received_at is null
    ), 0) as in_transfer
from opening
left join told on told.sku = opening.sku and opening.place in (told.place, sent_from, received_at)
group by opening.sku, opening.place, opening.qty
order by 1, 2
