{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
with
    suborders as (
        select
            s.*,
            p.wished_date,
            p.batch_buffer_hours,
            s.promise_source as source_of_promise,
            -- cancelled before its promise: counts nowhere; later and unsigned: due and missed
            s.is_cancelled and s.replaced_by is null and s.cancelled_at > s.promised_at as is_missed,
            s.is_live or is_missed as is_counted
        from {{ rows_of(ref("fct_suborders"), ref("int_orders__affected"), "order_day") }} as s
        left join
            {{ rows_of(ref("int_promises"), ref("int_orders__affected"), "promise_day") }} as p using (
                fulfilment_code
            )
    ),
    rolled as (
        select
            order_id,
            count(*) filter (replaced_by is null) as suborder_count,
            count(*) filter (is_live) as live_count,
            coalesce(bool_or(is_missed), false) as has_missed,
            coalesce(bool_or(promise_source = 'pending') filter (is_counted), false) as has_pending,
            max(promised_at) filter (is_counted) as counted_promised_at,
            max(promised_at) as any_promised_at,
            count(*) filter (is_counted) as counted_count,
            case
                when bool_or(promise_source = 'given')
                then 'given'
                when has_pending
                then 'pending'
                when bool_or(promise_source = 'computed')
                then 'computed'
                else 'none'
            end as promise_source,
            max(cancelled_at) filter (is_cancelled and replaced_by is null) as last_cancelled_at,
            max(batch_buffer_hours) as buffer_hours,
            coalesce(max(wished_date) filter (is_counted), max(wished_date)) as wished_date,
            case
                when bool_and(signed_at is not null) filter (is_live) then max(signed_at) filter (is_live)
            end as signed_at,
            max(lateness_minutes) filter (is_live) as lateness_minutes,
            bool_and(signed_at is not null and signed_at <= {{ end_of_day("wished_date") }}) filter (
                is_live
            ) as is_wish_met,
            bool_or(claimed_signed_at <= promised_at) filter (is_live) as is_first_claimed,
            bool_and(coalesce(claimed_signed_at <= promised_at, false)) filter (is_live) as is_all_claimed,
            max(coalesce(signed_at, closed_at)) filter (is_live) as gave_up_at,
            bool_and(signed_at is not null or closed_at is not null) filter (is_live) as is_given_up
        from suborders
        group by order_id
    ),
    deciding as (
        select order_id, fulfilment_code, origin_place, carrier, sign_source
        from suborders
        qualify
            row_number() over (
                partition by order_id
                order by
                    is_live desc,
                    signed_at is null desc,
                    case when is_live and signed_at is not null then lateness_minutes end desc nulls last,
                    case when is_live then signed_at end desc nulls last,
                    fulfilment_code
            )
            = 1
    ),
    judged as (
        select
            orders.*,
            coalesce(rolled.suborder_count, 0) as suborder_count,
            coalesce(rolled.live_count, 0) as live_count,
            coalesce(rolled.has_missed, false) as has_missed,
            case
                when rolled.counted_count > 0
                then rolled.counted_promised_at
                else coalesce(rolled.any_promised_at, orders.given_promise_at)
            end as promised,
            rolled.last_cancelled_at,
            coalesce(
                rolled.promise_source,
                case
                    when orders.given_promise_at is not null
                    then 'given'
                    when orders.wished_date is not null
                    then 'pending'
                    else 'none'
                end
            ) as source_of_promise,
            coalesce(
                rolled.has_pending, orders.given_promise_at is null and orders.wished_date is not null
            ) as is_pending,
            coalesce(rolled.wished_date, orders.wished_date) as last_wished_date,
            case when orders.given_promise_at is null then rolled.buffer_hours end as buffer_hours,
            rolled.signed_at,
            rolled.lateness_minutes as lateness,
            rolled.is_wish_met,
            rolled.is_first_claimed,
            rolled.is_all_claimed,
            rolled.gave_up_at,
            rolled.is_given_up,
            deciding.fulfilment_code as deciding_suborder,
            deciding.origin_place as deciding_place,
            deciding.carrier as deciding_carrier,
            deciding.sign_source as deciding_sign_source
        from {{ rows_of(ref("int_orders"), ref("int_orders__affected"), "order_day") }} as orders
        left join rolled using (order_id)
        left join deciding using (order_id)
    ),
    states as (
        select
            *,
            case when not is_pending then promised end as promised_at,
            -- nothing of it is live any more, and it was not given up to a signature
            live_count = 0 and (cancelled_at is not null or suborder_count > 0) as is_cancelled,
            case
                when suborder_count = 0 then coalesce(cancelled_at > promised, false) else has_missed
            end as is_cancelled_late
        from judged
    )
select
    order_id::varchar as order_id,
    customer_id::varchar as customer_id,
    order_type::varchar as order_type,
    placed_at::timestamptz as placed_at,
    order_day::date as order_day,
    last_wished_date::date as wished_date,
    promised_at::timestamptz as promised_at,
    {{ local_day("promised_at") }}::date as promised_day,
    source_of_promise::varchar as promise_source,
    is_pending::boolean as is_pending,
    case when promised_at is not null and source_of_promise = 'computed' then buffer_hours * 60.0 end::double
    as transit_buffer_minutes,
    signed_at::timestamptz as signed_at,
    {{ local_day("signed_at") }}::date as signed_day,
    deciding_sign_source::varchar as sign_source,
    is_cancelled::boolean as is_cancelled,
    (case when is_cancelled then coalesce(last_cancelled_at, cancelled_at) else cancelled_at end)::timestamptz
    as cancelled_at,
    case when signed_at is not null and promised_at is not null then lateness <= 0 end::boolean as is_on_time,
    case when signed_at is not null and promised_at is not null then lateness end::double as lateness_minutes,
    (
        promised_at is not null and promised_at <= {{ as_of() }} and (not is_cancelled or is_cancelled_late)
    )::boolean as is_due,
    coalesce(is_due and signed_at is not null and lateness <= 0 and not is_cancelled_late, false)::boolean
    as is_kept,
    coalesce(is_kept and is_received_in_full, false)::boolean as is_in_full,
    coalesce(is_first_claimed, false)::boolean as is_first_claimed,
    coalesce(is_all_claimed, false)::boolean as is_all_claimed,
    case
        when
            last_wished_date is not null
            and {{ end_of_day("last_wished_date") }} <= {{ as_of() }}
            and not is_cancelled
            and not is_pending
        then coalesce(is_wish_met, false)
    end::boolean as is_wished_date_hit,
    coalesce(is_wish_met, false)::boolean as is_wish_met,
    has_complaint::boolean as has_complaint,
    erp_shipped_at::timestamptz as erp_shipped_at,
    {{ local_day("erp_shipped_at") }}::date as erp_shipped_day,
    erp_ship_by_at::timestamptz as erp_ship_by_at,
    case
        when erp_shipped_at is not null
        then erp_ship_by_at is null or {{ is_in_time("erp_shipped_at", "erp_ship_by_at") }}
    end::boolean as is_erp_on_time,
    suborder_count::integer as suborder_count,
    deciding_suborder::varchar as deciding_suborder,
    coalesce(deciding_place, 'unknown')::varchar as place,
    coalesce(deciding_carrier, 'unknown')::varchar as carrier,
    case
        when is_cancelled
        then coalesce(last_cancelled_at, states.cancelled_at)
        when signed_at is null and is_given_up
        then gave_up_at
    end::timestamptz as closed_at,
    amount::decimal(18, 2) as amount
from states
-- by day, as nights write it: then a question about days or about one order skips what it does not need
order by order_day
