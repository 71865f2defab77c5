-- What moves between shelves, orders and places, told by the company's own records: one row a change. `stored_at` is when it was
-- recorded; `sender` and `in_transfer` are of goods that left one place for another.
create table products as select sku, max_by(product_name, _recorded_at) as product from company.landing.erp__products group by sku;

create table parts as
select
    fulfil_code, max_by(order_no, _recorded_at) as order_no, max_by(place, _recorded_at) as place,
    min(_recorded_at) as ordered_at, min(_recorded_at) filter (cancelled_at is not null) as cancelled_at
from company.landing.erp__fulfilments
group by fulfil_code;

create table contents as
with
    lines as (
        select order_no, line_no, max_by(sku, _recorded_at) as sku, max_by(qty, _recorded_at) as qty
        from company.landing.erp__order_lines
        group by order_no, line_no
    ),
    wanted as (select order_no, sku, sum(qty) as qty from lines group by all),
    tasks as (
        select fulfil_code, sku from company.landing.wms_a__tasks
        union
        select shipmentRef, item from company.landing.wms_b__tasks
        union
        select code, sku from company.landing.wms_c__tasks
        union
        select fulfil_code, sku from company.landing.front__tasks
    ),
    picked as (select parts.fulfil_code, parts.order_no, tasks.sku from parts join tasks using (fulfil_code)),
    -- what no task names is in the first part of its order that has no task
    rest as (
        select min(fulfil_code) as fulfil_code, order_no, sku
        from parts
        join wanted using (order_no)
        anti join picked using (order_no, sku)
        where fulfil_code not in (select fulfil_code from tasks)
        group by order_no, sku
    )
select fulfil_code, sku, qty from (from picked union all from rest) join wanted using (order_no, sku);

create table moves as
with
    told as (
        select fulfil_code, step, from_place, to_place, _recorded_at as stored_at from company.landing.wms_a__transfers
        union all
        select shipmentRef, map {'DISPATCHED': 'DP', 'RECEIVED': 'RC'}[state], origin, target, _recorded_at
        from company.landing.wms_b__transfers
        union all
        select code, map {'2': 'DP', '3': 'RC'}[step], sender, receiver, _recorded_at
        from company.landing.wms_c__transfers
        union all
        select fulfil_code, map {'发出': 'DP', '接收': 'RC'}[op_name], from_place, place, _recorded_at
        from company.landing.front__transfers
    )
select fulfil_code, step, min(from_place) as from_place, min(to_place) as to_place, min(stored_at) as stored_at
from told
where step in ('DP', 'RC')
group by fulfil_code, step;

create table picks as
select fulfil_code, min(stored_at) as stored_at from (
    select fulfil_code, _recorded_at as stored_at from company.landing.wms_a__scans where op = 'PC'
    union all
    select shipmentRef, _recorded_at from company.landing.wms_b__scans where action = 'PICK_END'
    union all
    select code, _recorded_at from company.landing.wms_c__scans where step = 20
    union all
    select fulfil_code, _recorded_at from company.landing.front__scans where op_name = '拣完'
)
group by fulfil_code;

create table changes as
from (
        select place, sku, null as sender, -qty as on_hand, 0 as locked, 0 as in_transfer, picks.stored_at
        from picks join parts using (fulfil_code) join contents using (fulfil_code)
        union all
        select from_place, sku, null, -qty, 0, 0, stored_at from moves join contents using (fulfil_code) where step = 'DP'
        union all
        select to_place, sku, null, qty, 0, 0, stored_at from moves join contents using (fulfil_code) where step = 'RC'
        union all
        select place, sku, null, 0, qty, 0, ordered_at from parts join contents using (fulfil_code)
        union all
        select place, sku, null, 0, -qty, 0, least(picks.stored_at, cancelled_at)
        from parts join contents using (fulfil_code) left join picks using (fulfil_code)
        where picks.stored_at is not null or cancelled_at is not null
        union all
        select to_place, sku, from_place, 0, 0, qty, stored_at from moves join contents using (fulfil_code) where step = 'DP'
        union all
        select moves.to_place, sku, moves.from_place, 0, 0, -qty, greatest(moves.stored_at, sent.stored_at)
        from moves join contents using (fulfil_code) join (from moves where step = 'DP') as sent using (fulfil_code)
        where moves.step = 'RC'
)
where place in ('A', 'B', 'C') or place like 'F%';

-- as much as the history will take, and some: here and there it will not do
create table opening as
select place, sku, -sum(on_hand)::bigint + (hash(place || sku) % 30)::bigint - 3 as qty
from changes where sender is null group by place, sku;

create table movements as
from changes
union all
select place, sku, null, qty, 0, 0, timestamptz '2000-01-02 00:00:00+08' from opening;
