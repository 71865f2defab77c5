-- 3,000 orders in the shape of Olist, made to sit where its real orders do not: on the limits to the second, in the hour
-- that the clock skips and in the one it repeats, on midnights that do not exist, without items, cancelled early and late.
-- The same rows every time. Every column is text, as Olist's are. Creates orders, order_items, sellers, customers.
create or replace macro pick(i, salt, n) as cast(hash(i, salt) % n as integer);

create or replace table edges as
select unnest([
    timestamp '2016-10-16', timestamp '2017-02-18', timestamp '2017-10-15', timestamp '2018-02-17', timestamp '2018-11-04'
]) as day;

create or replace table drawn as
with numbered as (select i from range(3000) as numbers(i)),
placed as (
    select
        i,
        case
            when pick(i, 'where', 3) = 0
            then
                (select list(day order by day) from edges)[1 + pick(i, 'edge', 5)]
                + to_seconds(pick(i, 'second', 2 * 86400) - 86400)
            else timestamp '2016-09-20' + to_seconds(pick(i, 'second', 790 * 86400))
        end as purchase
    from numbered
),
approved as (
    select *, case when pick(i, 'approved', 40) > 0 then purchase + to_seconds(pick(i, 'approval', 3 * 86400)) end as approval
    from placed
),
moved as (
    select
        *,
        case
            when pick(i, 'carried', 20) > 0
            -- now and then before the approval, as the real ones are
            then coalesce(approval, purchase) + to_seconds(pick(i, 'hand_over', 6 * 86400) - 21600)
        end as hand_over,
        purchase::date + 1 + pick(i, 'promise', 25) as estimate
    from approved
),
ended as (
    select
        *,
        pick(i, 'status', 20) = 0 as is_cancelled,
        case case when is_cancelled and pick(i, 'return', 3) > 0 then 0 else pick(i, 'delivered', 12) end
            when 0 then null
            when 1 then estimate::timestamp                             -- on the dot as an instant
            when 2 then (estimate + 1)::timestamp                       -- on the dot as a day
            when 3 then (estimate + 1)::timestamp + interval 1 second
            when 4 then (estimate + 1)::timestamp - interval 30 minutes -- twice there when summer time ends
            when 5 then estimate::timestamp + interval 30 minutes       -- not there when it begins
            else coalesce(hand_over, purchase) + to_seconds(pick(i, 'delivery', 20 * 86400))
        end as delivery
    from moved
)
select
    *,
    case when is_cancelled then 'canceled' when delivery is null then 'shipped' else 'delivered' end as status,
    printf('order%05d', i) as order_id
from ended;

create or replace table orders as
select
    order_id,
    'c' || order_id as customer_id,
    status as order_status,
    strftime(purchase, '%Y-%m-%d %H:%M:%S') as order_purchase_timestamp,
    strftime(approval, '%Y-%m-%d %H:%M:%S') as order_approved_at,
    strftime(hand_over, '%Y-%m-%d %H:%M:%S') as order_delivered_carrier_date,
    strftime(delivery, '%Y-%m-%d %H:%M:%S') as order_delivered_customer_date,
    strftime(estimate, '%Y-%m-%d 00:00:00') as order_estimated_delivery_date
from drawn;

create or replace table order_items as
select
    order_id,
    item::varchar as order_item_id,
    'p' || pick(i * 10 + item, 'product', 50) as product_id,
    's' || pick(i * 10 + item, 'seller', 12) as seller_id,
    strftime(
        case when pick(i, 'limit', 6) = 0 and hand_over is not null then hand_over
        else purchase + to_days(2 + pick(i + item, 'days', 5)) end,
        '%Y-%m-%d %H:%M:%S'
    ) as shipping_limit_date,
    '10.00' as price,
    '2.50' as freight_value
from drawn
cross join range(1, 5) as items(item)
where item <= pick(i, 'items', 5);

create or replace table sellers as
select
    's' || seller as seller_id,
    '01000' as seller_zip_code_prefix,
    'cidade' as seller_city,
    ['SP', 'RJ', 'MG', 'PR', 'SC'][1 + seller % 5] as seller_state
from range(12) as sellers(seller);

create or replace table customers as
select
    'c' || order_id as customer_id,
    'u' || pick(i, 'person', 2500) as customer_unique_id,
    '02000' as customer_zip_code_prefix,
    'cidade ' || pick(i, 'city', 9) as customer_city,
    ['SP', 'BA', 'RS'][1 + pick(i, 'city', 3)] as customer_state
from drawn;
