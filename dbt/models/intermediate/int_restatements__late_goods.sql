{{ config(materialized="ephemeral") }}
-- One row an order and kind: its lines, or receipts, that the first publication of its due day did not know.
{% set affected = ref("int_orders__affected") %}
{% if has("receipts") %}
    with
        publication as (select {{ parameter("publication_hour") }}::bigint as hour),
        all_orders as not materialized(select * from {{ rows_of(ref("fct_orders"), affected, "order_day") }})
{% endif %}
{% for table in ["order_lines", "receipts"] if has("receipts") %}
    select
        goods.order_id,
        '{{ table }}' as goods,
        max(goods.recorded_at) as known_at,
        arg_max(goods.file, (goods.recorded_at, goods.file, goods.record)) as file,
        arg_max(goods.record, (goods.recorded_at, goods.file, goods.record)) as record
    from {{ rows_of(ref("stg_" ~ table), affected) }} as goods
    inner join all_orders using (order_id)
    cross join publication
    where all_orders.is_due and goods.recorded_at > {{ first_published("all_orders.promised_day") }}
    group by goods.order_id {{ "union all" if not loop.last }}
{% else %}
    select
        null::varchar as order_id,
        null::varchar as goods,
        null::timestamptz as known_at,
        null::varchar as file,
        null::bigint as record
    where false
{% endfor %}
