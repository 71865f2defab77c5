-- The bench company's figures by hand: from its raw Parquet files to the verdicts, rates, stage deviations, bridge and
-- lateness that the product publishes, in one script, as fast as we know how. What it does without: contracts, quarantine,
-- provenance, checks, other companies, a second night.
--
-- It leans on what holds of this company and need not hold of others: one row an order, sub-order, line and waybill; of a
-- parcel or an order one scan a type, except "delivered"; whole seconds; standards without an end; a zone without summer time.
-- Events delivered twice need no pass of their own: a minimum does not see them.
--
-- Variables: source (folder of the files), reference (folder of the profile's CSVs), milestones (the seed), as_of (instant).
-- Result: tables verdicts, rates, deviations, bridge, lateness. Instants are microseconds since 1970 until they are written,
-- local days are days since 1970.

-- parameters, as in the seed
create temp macro transit_window_days() as 60;
create temp macro lane_minimum_sample() as 30;
create temp macro buffer_maximum_hours() as 72;
create temp macro plan_us() as 7200000000;
create temp macro closing_us() as 604800000000;
create temp macro wilson_z() as 1.959964::double;
create temp macro minimum_sample() as 30;
create temp macro yellow_from_percent() as 5;
create temp macro red_above_percent() as 10;

-- time: Asia/Shanghai is 8 hours ahead; an instant that ends a day belongs to the day it ends
create temp macro day_us() as 86400000000;
create temp macro zone_us() as 28800000000;
create temp macro day_of(us) as ((us + zone_us() - 1) // day_us())::integer;
create temp macro end_of_day(day) as (day::bigint + 1) * day_us() - zone_us();
create temp macro as_of_us() as epoch_us(getvariable('as_of'));
create temp macro as_date(day) as date '1970-01-01' + day::integer;
create temp macro files(source_table) as table
    from read_parquet(getvariable('source') || '/' || source_table || '/*/*.parquet')
    where recorded_at <= getvariable('as_of');
create temp macro reference(name) as table
    from read_csv(getvariable('reference') || '/' || name || '.csv', header = true, all_varchar = true);

-- codes as small numbers
create type place as enum (select place from reference('places'));
create type carrier as enum (select carrier from reference('carriers'));
create type order_type as enum (select order_type from reference('order_types'));
create type route as enum (select distinct route from reference('route_milestones') order by route);

-- orders: what was asked for, and every event of the order as a whole
create temp table erp_order as
select
    order_id,
    order_type::order_type as order_type,
    epoch_us(placed_at) as placed,
    day_of(placed) as order_day,
    case when wished_date - date '1970-01-01' >= order_day then (wished_date - date '1970-01-01')::integer end as wished_day,
    epoch_us(ship_by_at) as ship_by
from files('erp/orders');

create temp table status as
select
    order_id,
    epoch_us(min(occurred_at) filter (event_type = 'paid')) as paid,
    epoch_us(min(occurred_at) filter (event_type = 'finance_approved')) as approved,
    epoch_us(min(occurred_at) filter (event_type in ('erp_shipped', 'erp_completed'))) as erp_shipped,
    epoch_us(min(occurred_at) filter (event_type = 'cancelled' and fulfilment_code is null)) as cancelled,
    epoch_us(min(recorded_at) filter (event_type = 'cancelled' and fulfilment_code is null)) as cancelled_known
from files('erp/statuses')
where event_type <> 'placed'
group by order_id;

create temp table short_order as
select distinct order_id
from (
    select order_id
    from (
        select order_id, line_number, quantity from files('erp/order_lines')
        union all
        select order_id, line_number, -quantity from files('crm/receipts')
    )
    group by order_id, line_number
    having sum(quantity) > 0
);

create temp table contact as
select order_id, fulfilment_code, event_type, epoch_us(occurred_at) as occurred, epoch_us(min(recorded_at)) as known
from files('crm/contacts')
group by all;

-- what befell each parcel: the first stamp of each kind
create temp table scan as
select
    fulfilment_code,
    epoch_us(min(occurred_at) filter (event_type = 'transfer_requested')) as requested,
    epoch_us(min(occurred_at) filter (event_type = 'transfer_received')) as received,
    epoch_us(min(occurred_at) filter (event_type = 'supplier_ordered')) as ordered,
    epoch_us(min(occurred_at) filter (event_type = 'supplier_shipped')) as shipped,
    epoch_us(min(occurred_at) filter (event_type = 'pick_started')) as pick,
    epoch_us(min(occurred_at) filter (event_type = 'picked')) as picked,
    epoch_us(min(occurred_at) filter (event_type = 'packed')) as packed,
    epoch_us(min(occurred_at) filter (event_type = 'outbound')) as outbound,
    epoch_us(min(recorded_at) filter (event_type = 'outbound')) as outbound_known,
    any_value(place) filter (event_type in ('transfer_requested', 'transfer_dispatched')) as sending_place
from files('wms/scans')
group by fulfilment_code;

create temp table track as
select
    waybill,
    epoch_us(min(occurred_at) filter (event_type = 'picked_up')) as pickup,
    epoch_us(min(recorded_at) filter (event_type = 'picked_up')) as pickup_known,
    epoch_us(min(occurred_at) filter (event_type = 'hub_arrived')) as hub,
    epoch_us(min(recorded_at) filter (event_type = 'hub_arrived')) as hub_known,
    epoch_us(min(occurred_at) filter (event_type = 'out_for_delivery')) as out_for,
    epoch_us(min(recorded_at) filter (event_type = 'out_for_delivery')) as out_for_known,
    epoch_us(min(occurred_at) filter (event_type = 'delivered')) as delivered,
    epoch_us(max(occurred_at) filter (event_type = 'delivered')) as delivered_last,
    epoch_us(min(recorded_at) filter (event_type = 'delivered')) as delivered_known,
    epoch_us(min(occurred_at) filter (event_type = 'collected')) as collected,
    epoch_us(min(recorded_at) filter (event_type = 'collected')) as collected_known,
    epoch_us(min(occurred_at) filter (event_type = 'available_for_pickup')) as waiting,
    epoch_us(min(recorded_at) filter (event_type = 'available_for_pickup')) as waiting_known,
    epoch_us(min(occurred_at) filter (event_type = 'returned_signed')) as returned,
    epoch_us(min(occurred_at) filter (event_type in ('refused', 'returned_signed'))) as failed
from files('carrier/tracks')
where event_type not in ('in_transit', 'hub_departed', 'attempt_failed')
group by waybill;

-- sub-orders with all of it
create temp table suborder as
select
    erp_order.rowid as o,
    code.fulfilment_code,
    code.order_id,
    code.route::route as route,
    code.origin_place::place as origin,
    code.carrier::carrier as carrier,
    hash(code.origin_place, code.carrier, code.destination_city) as city_lane,
    hash(code.carrier, code.destination_province) as province_lane,
    coalesce(code.batch, replaced.batch, 0) as batch,
    epoch_us(code.recorded_at) as recorded,
    replacement.replaced,
    own_cancellation.cancelled as own_cancelled,
    own_cancellation.cancelled_known as own_cancelled_known,
    erp_order.order_type,
    order_day,
    wished_day,
    placed,
    paid,
    approved,
    status.cancelled as order_cancelled,
    status.cancelled_known as order_cancelled_known,
    least(own_cancelled, order_cancelled) as cancelled,
    scan.* exclude (fulfilment_code, sending_place),
    scan.sending_place::place as sending,
    linked,
    track.* exclude (waybill) replace (
        greatest(pickup_known, linked) as pickup_known,
        greatest(hub_known, linked) as hub_known,
        greatest(out_for_known, linked) as out_for_known
    ),
    waybill.waybill
from files('erp/suborders') as code
inner join erp_order using (order_id)
left join status using (order_id)
left join scan using (fulfilment_code)
left join (select waybill, fulfilment_code, epoch_us(recorded_at) as linked from files('carrier/waybills')) as waybill
    using (fulfilment_code)
left join track using (waybill)
left join
    (select replaces as fulfilment_code, epoch_us(min(recorded_at)) as replaced
        from files('erp/suborders') where replaces is not null group by replaces) as replacement
    using (fulfilment_code)
left join (select fulfilment_code, batch from files('erp/suborders') where batch is not null) as replaced
    on replaced.fulfilment_code = code.replaces
left join
    (select fulfilment_code, epoch_us(min(occurred_at)) as cancelled, epoch_us(min(recorded_at)) as cancelled_known
        from files('erp/statuses') where event_type = 'cancelled' and fulfilment_code is not null
        group by fulfilment_code) as own_cancellation
    using (fulfilment_code);

-- delivered more than once: corrected under the same id, or turned up after a ticket
create temp table redelivered as
select s, o, occurred, greatest(recorded, linked) as known,
    lead(recorded) over (partition by track_id order by recorded) as superseded
from (
    select waybill, track_id, epoch_us(occurred_at) as occurred, epoch_us(min(recorded_at)) as recorded
    from files('carrier/tracks')
    where event_type = 'delivered' and waybill in (select waybill from suborder where delivered < delivered_last)
    group by all
)
inner join (select rowid as s, o, waybill, linked from suborder) using (waybill);

-- clicks that name only the order: at each of its sub-orders, and from when they would have been taken for a signature
create temp table whole_click as
with
    clicks as (
        select
            contact.rowid as k, suborder.rowid as s, o, occurred, recorded, replaced, own_cancelled, own_cancelled_known,
            coalesce(hub <= occurred or out_for <= occurred, false) as is_near,
            case when pickup is not null then greatest(known, pickup_known, recorded) end as known,
            case when pickup is not null then greatest(known, pickup_known, recorded,
                least(case when hub <= occurred then hub_known end, case when out_for <= occurred then out_for_known end))
            end as near_known
        from contact
        inner join suborder using (order_id)
        where contact.fulfilment_code is null and event_type = 'received_click'
    ),
    others as (
        select
            one.k, one.s, one.known, other.recorded,
            least(other.replaced, case when other.own_cancelled <= other.occurred then other.own_cancelled_known end) as gone,
            other.replaced is null and coalesce(other.own_cancelled > other.occurred, true) as is_alive
        from clicks as one
        inner join clicks as other on other.k = one.k and other.s <> one.s
    ),
    instants as (
        select k, s, known from clicks
        union
        select k, s, greatest(known, gone) from others where gone is not null
    ),
    alone as (
        select k, s, min(known) as alone_known
        from instants
        where not exists (
            select 1 from others
            where others.k = instants.k and others.s = instants.s and others.recorded <= instants.known
                and coalesce(others.gone > instants.known, true)
        )
        group by all
    ),
    alive as (select k, s, bool_or(is_alive) as has_others from others group by all)
select s, o, occurred, least(alone_known, case when is_near then near_known end) as known,
    coalesce(has_others, false) and not is_near as is_unclear
from clicks left join alone using (k, s) left join alive using (k, s);

-- everything that claims a sub-order was received; void: never a signature; unclear: not if known as of now
create temp table claim as
    select rowid as s, o, delivered as occurred, greatest(delivered_known, linked) as known, null::bigint as superseded,
        false as is_click, false as is_void, false as is_unclear
    from suborder where delivered = delivered_last
    union all by name
    select s, o, occurred, known, superseded, false as is_click, false as is_void from redelivered
    union all by name
    select rowid as s, o, collected as occurred, greatest(collected_known, linked) as known, false as is_click, false as is_void
    from suborder where collected is not null
    union all by name
    select rowid as s, o, waiting as occurred, greatest(waiting_known, linked) as known, false as is_click,
        carrier in (select carrier::carrier from reference('carriers') where sends_collected_event <> 'false') as is_void
    from suborder where waiting is not null
    union all by name
    select rowid as s, o, returned as occurred, null::bigint as known, false as is_click, true as is_void
    from suborder where returned is not null
    union all by name
    select suborder.rowid as s, o, occurred, known, true as is_click, false as is_void
    from contact inner join suborder using (fulfilment_code) where event_type = 'received_click'
    union all by name
    select s, o, occurred, known, true as is_click, false as is_void, is_unclear from whole_click;

create temp table ticket as
select suborder.rowid as s, occurred, known
from contact
inner join suborder on suborder.order_id = contact.order_id
    and coalesce(contact.fulfilment_code, suborder.fulfilment_code) = suborder.fulfilment_code
where event_type = 'not_received_ticket';

-- signed, claimed, and the transit time as it stood when pick-up and signature were first both known
create temp table signature as
with
    judged as (
        select
            s, occurred, superseded, greatest(claim.known, pickup_known, recorded) as known,
            is_void or is_unclear or occurred < outbound or (not is_click and occurred < last_ticket) as is_invalid,
            pickup is null or claim.known is null or is_void or superseded <= greatest(claim.known, pickup_known, recorded)
                or (occurred < outbound and outbound_known <= greatest(claim.known, pickup_known, recorded)) as is_unknown,
            is_click
        from claim
        inner join (select rowid as s, outbound, outbound_known, pickup, pickup_known, recorded from suborder) using (s)
        left join (select s, max(occurred) as last_ticket from ticket group by s) using (s)
    )
select
    s,
    min(occurred) filter (superseded is null and is_invalid is not true) as candidate,
    min(occurred) filter (superseded is null) as claimed,
    min(known // 1000000 << 32 | occurred // 1000000) filter (
        is_unknown is not true
        and (is_click or not exists (
            select 1 from ticket
            where ticket.s = judged.s and ticket.occurred > judged.occurred and ticket.known <= judged.known
        ))
    ) as first_known,
    (first_known >> 32) * 1000000 as transit_known,
    (first_known & 4294967295) * 1000000 as transit_signed
from judged
group by s;

-- transit times, whole hours rounded up; none of what was cancelled or replaced by then
create temp table transit as
select
    s, order_day, city_lane, province_lane, carrier,
    day_of(transit_known) as known_day,
    ((transit_signed - pickup + 3599999999) // 3600000000)::smallint as hours
from signature
inner join (select rowid as s, * from suborder) using (s)
where transit_signed > pickup
    and coalesce(replaced > transit_known, true)
    and not coalesce(own_cancelled_known <= transit_known and own_cancelled < transit_signed, false)
    and not coalesce(order_cancelled_known <= transit_known and order_cancelled < transit_signed, false);

-- the plan: sub-orders recorded within two hours of the first of their order and batch
create temp table planned as
select
    rowid as s, order_day, city_lane, province_lane, carrier,
    min(recorded) over (partition by o, batch) as first_recorded,
    recorded <= first_recorded + plan_us() as is_planned,
    first_recorded + plan_us() <= as_of_us() as is_plan_complete
from suborder;

-- buffers: the finest lane of which 30 transits became known on the 60 days before; only lanes and days that are asked for
create temp macro buffers_of(asked_lanes, lane_of_transit, minimum) as table (
    with
        asked as (select lane, day from query_table(asked_lanes)),
        framed as (
            select lane, known_day as day, hours, 0 as back, false as is_asked
            from (select lane_of_transit as lane, known_day, hours from transit)
            where lane in (select lane from asked)
            union all
            select lane, day, null, transit_window_days(), true from asked
        ),
        windowed as (
            select lane, day, is_asked, count(hours) over seen as sample, quantile_disc(hours, [0.5, 0.8]) over seen as hours
            from framed
            window seen as (partition by lane order by day range between back preceding and 1 preceding)
        )
    select lane, day, hours[2] as high_hours, hours[2] - hours[1] as buffer_hours
    from windowed
    where is_asked and sample >= minimum
);
create temp table asked_city as
select distinct city_lane as lane, order_day as day from planned
where city_lane in (select city_lane from transit group by city_lane having count(*) >= lane_minimum_sample());
create temp table city_buffer as from buffers_of('asked_city', city_lane, lane_minimum_sample());
create temp table asked_province as
select distinct province_lane as lane, order_day as day from planned
anti join city_buffer on lane = city_lane and day = order_day;
create temp table province_buffer as from buffers_of('asked_province', province_lane, lane_minimum_sample());
create temp table asked_carrier as
select distinct hash(carrier) as lane, order_day as day from planned
anti join city_buffer on lane = city_lane and day = order_day
anti join province_buffer on province_buffer.lane = province_lane and province_buffer.day = order_day;
create temp table carrier_buffer as from buffers_of('asked_carrier', hash(carrier), lane_minimum_sample());
create temp table asked_all as
select distinct 0::ubigint as lane, day from asked_carrier anti join carrier_buffer using (lane, day);
create temp table all_buffer as from buffers_of('asked_all', 0::ubigint, 1);

-- sub-orders judged: signed, promised, given up
create temp table part as
with
    buffered as (
        select
            s, is_planned, is_plan_complete,
            coalesce(city.high_hours, province.high_hours, by_carrier.high_hours, everything.high_hours) as high_hours,
            coalesce(city.buffer_hours, province.buffer_hours, by_carrier.buffer_hours, everything.buffer_hours, 0)
                as buffer_hours
        from planned
        left join city_buffer as city on city.lane = city_lane and city.day = order_day
        left join province_buffer as province on province.lane = province_lane and province.day = order_day
        left join carrier_buffer as by_carrier on by_carrier.lane = hash(carrier) and by_carrier.day = order_day
        left join all_buffer as everything on everything.day = order_day
    )
select
    s, o, batch, is_planned, is_plan_complete, high_hours, replaced, claimed, transit.hours,
    case when replaced is null and coalesce(candidate <= cancelled, true) then candidate end as signed,
    suborder.cancelled,
    case when signed is null and replaced is null and suborder.cancelled is null and failed + closing_us() <= as_of_us()
        then failed + closing_us() end as closed,
    case when signed is null then least(replaced, suborder.cancelled,
        case when failed + closing_us() <= as_of_us() and coalesce(replaced > failed + closing_us(), true)
            then failed + closing_us() end) end as left_at,
    replaced is null and (suborder.cancelled is null or signed is not null) as is_live,
    replaced is null and suborder.cancelled is not null and signed is null as is_cancelled,
    case when is_plan_complete then end_of_day(wished_day)
        + 3600000000 * max(case when is_planned then least(greatest(buffer_hours, 0), buffer_maximum_hours()) end)
            over (partition by o, batch) end as promised,
    is_cancelled and suborder.cancelled > promised as is_missed,
    is_live or coalesce(is_missed, false) as is_counted
from (select rowid as s, * from suborder) as suborder
inner join buffered using (s)
left join signature using (s)
left join transit using (s);

-- orders judged
create temp table judged as
with
    rolled as (
        select
            o,
            count(*) filter (replaced is null) as parts,
            count(*) filter (is_live) as live,
            coalesce(bool_or(is_missed), false) as has_missed,
            coalesce(bool_or(not is_plan_complete) filter (is_counted), false) as has_pending,
            max(promised) filter (is_counted) as counted_promised,
            max(promised) as any_promised,
            count(*) filter (is_counted) as counted,
            max(cancelled) filter (is_cancelled) as last_cancelled,
            case when bool_and(signed is not null) filter (is_live) then max(signed) filter (is_live) end as signed,
            max(signed - promised) filter (is_live) as latest,
            bool_or(claimed <= promised) filter (is_live) as is_first_claimed,
            bool_and(coalesce(claimed <= promised, false)) filter (is_live) as is_all_claimed,
            max(coalesce(signed, closed)) filter (is_live) as gave_up,
            bool_and(signed is not null or closed is not null) filter (is_live) as is_given_up
        from part
        group by o
    ),
    deciding as (
        select o, s
        from part
        inner join (select rowid as s, fulfilment_code from suborder) using (s)
        qualify row_number() over (
            partition by o
            order by is_live desc, signed is null desc,
                case when is_live and signed is not null then signed - promised end desc nulls last,
                case when is_live then signed end desc nulls last, fulfilment_code
        ) = 1
    )
select
    erp_order.order_id, wished_day, order_day, deciding.s as deciding_s,
    coalesce(parts, 0) as parts,
    coalesce(live, 0) = 0 and (status.cancelled is not null or coalesce(parts, 0) > 0) as is_cancelled,
    case when coalesce(parts, 0) = 0 then false else has_missed end as is_cancelled_late,
    wished_day is not null and coalesce(has_pending, true) as is_pending,
    case when not is_pending then case when counted > 0 then counted_promised else any_promised end end as promised,
    signed,
    case when signed is not null and promised is not null then latest end as lateness,
    coalesce(promised <= as_of_us() and (not is_cancelled or is_cancelled_late), false) as is_due,
    coalesce(is_due and lateness <= 0 and not is_cancelled_late, false) as is_kept,
    is_kept and not is_short as is_in_full,
    coalesce(is_first_claimed, false) as is_first_claimed,
    coalesce(is_all_claimed, false) as is_all_claimed,
    coalesce(signed <= end_of_day(wished_day), false) as is_wish_met,
    case when end_of_day(wished_day) <= as_of_us() and not is_cancelled and not is_pending then is_wish_met end as is_wish_hit,
    has_complaint, erp_shipped,
    case when erp_shipped is not null then coalesce(erp_shipped <= ship_by, true) end as is_erp_on_time,
    coalesce(signed, case when is_cancelled then coalesce(last_cancelled, status.cancelled)
        when is_given_up then gave_up end) as ended,
    promised is not null and (not is_cancelled or is_due) as is_followed
from (select rowid as o, *, order_id in (from short_order) as is_short,
    order_id in (select order_id from contact where event_type <> 'received_click') as has_complaint from erp_order) as erp_order
left join status using (order_id)
left join rolled using (o)
left join deciding using (o);

create table verdicts as
select
    judged.order_id,
    make_timestamptz(promised) as promised_at,
    make_timestamptz(signed) as signed_at,
    lateness <= 0 as is_on_time,
    lateness::double / 60000000 as lateness_minutes,
    is_due,
    is_kept,
    fulfilment_code as deciding_suborder
from judged
left join (select rowid as deciding_s, fulfilment_code from suborder) using (deciding_s);

-- rates: counted by day, summed to months and the whole
create temp table daily as
    select
        day, unnest(['true_on_time_rate', 'promised_share']) as metric,
        unnest([on_time, promised]) as numerator, unnest([promised, signed]) as denominator
    from (
        select day_of(signed) as day, count(*) filter (lateness <= 0) as on_time, count(promised) as promised, count(*) as signed
        from judged where signed is not null and not is_pending group by all
    )
    union all
    select day, unnest(['promise_kept_rate', 'in_full_on_time_rate', 'complaint_rate']), unnest([kept, in_full, complaints]), due
    from (
        select day_of(promised) as day, count(*) filter (is_kept) as kept, count(*) filter (is_in_full) as in_full,
            count(*) filter (has_complaint) as complaints, count(*) as due
        from judged where is_due group by all
    )
    union all
    select day_of(erp_shipped) as day, 'erp_on_time_rate', count(*) filter (is_erp_on_time), count(*)
    from judged where erp_shipped is not null group by all
    union all
    select wished_day, 'wished_date_hit_rate', count(*) filter (is_wish_hit), count(*)
    from judged where is_wish_hit is not null group by all
    union all
    select day_of(signed) as day, 'promise_coverage', count(*) filter (hours <= high_hours), count(*)
    from part where signed is not null and is_planned and promised is not null and hours is not null and high_hours is not null
    group by all
    union all
    select day_of(promised) as day, 'opened_overdue', count(*), 0
    from judged where is_due and coalesce(ended > promised, true) group by all
    union all
    select greatest(day_of(ended), order_day) as day, 'opened_overdue', -count(*) filter (is_due and ended > promised), -count(*)
    from judged where is_followed and ended is not null group by all
    union all
    select order_day, 'opened_overdue', 0, count(*) from judged where is_followed group by all;

create temp table period as
with days as (
    select unnest(range(least(min(day), day_of(as_of_us())), day_of(as_of_us()) + 1)) as day, min(day) as first_day from daily
)
select day, unnest(['day', 'month', 'all']) as period,
    unnest([as_date(day), date_trunc('month', as_date(day))::date, as_date(first_day)]) as period_start
from days;

create temp macro wilson(numerator, denominator, side) as
    case when denominator > 0 then
        least(1.0, greatest(0.0,
            (
                numerator::double / denominator + pow(wilson_z(), 2) / (2 * denominator)
                + side * wilson_z() * sqrt(
                    numerator::double / denominator * (1 - numerator::double / denominator) / denominator
                    + pow(wilson_z(), 2) / (4 * pow(denominator, 2))
                )
            ) / (1 + pow(wilson_z(), 2) / denominator)
        ))
    end;

create table rates as
with
    running as (
        select day, sum(numerator) over (order by day) as numerator, sum(denominator) over (order by day) as denominator
        from (
            select day, coalesce(sum(numerator), 0) as numerator, coalesce(sum(denominator), 0) as denominator
            from (select distinct day from period)
            left join (from daily where metric = 'opened_overdue') using (day)
            group by day
        )
    ),
    sums as (
        select metric, period, period_start, coalesce(sum(numerator), 0)::bigint as numerator,
            coalesce(sum(denominator), 0)::bigint as denominator
        from period
        cross join (select distinct metric from daily where metric <> 'opened_overdue')
        left join daily using (metric, day)
        group by all
        union all
        select 'open_overdue', period, period_start, arg_max(numerator, day)::bigint, arg_max(denominator, day)::bigint
        from period inner join running using (day) group by all
    )
select
    metric, period, period_start, numerator, denominator,
    case when denominator > 0 then numerator::double / denominator end as value,
    wilson(numerator, denominator, -1) as ci_low,
    wilson(numerator, denominator, 1) as ci_high
from sums;

-- the bridge: the same orders under one verdict after another
create table bridge as
with
    verdicts as (
        select day_of(promised) as day, coalesce(is_erp_on_time, false) as v2, is_first_claimed as v3, is_all_claimed as v4,
            is_kept as v5, is_in_full as v6, is_in_full and (wished_day is null or is_wish_met) as v7
        from judged where is_due
    ),
    counted as (
        select
            day, count(*) as due, count(*) filter (v2) as n2, count(*) filter (v3) as n3, count(*) filter (v4) as n4,
            count(*) filter (v5) as n5, count(*) filter (v6) as n6, count(*) filter (v7) as n7,
            count(*) filter (v3 <> v2) as d3, count(*) filter (v4 <> v3) as d4, count(*) filter (v5 <> v4) as d5,
            count(*) filter (v6 <> v5) as d6, count(*) filter (v7 <> v6) as d7
        from verdicts group by day
    ),
    steps as (
        select day, 1 as step_number, numerator, denominator, denominator as orders from daily where metric = 'erp_on_time_rate'
        union all
        select day, unnest(range(2, 8)), unnest([n2, n3, n4, n5, n6, n7]), due, unnest([due, d3, d4, d5, d6, d7]) from counted
    ),
    sums as (
        select period, period_start, step_number::integer as step_number, step,
            coalesce(sum(numerator), 0)::bigint as numerator, coalesce(sum(denominator), 0)::bigint as denominator,
            coalesce(sum(orders), 0)::bigint as orders
        from period
        cross join (
            select unnest(range(1, 8)) as step_number, unnest(['erp', 'erp_due', 'first_suborder', 'all_suborders',
                'valid_signature', 'in_full', 'wished_day']) as step
        )
        left join steps using (day, step_number)
        group by all
    )
select
    *, numerator::double / nullif(denominator, 0)::double as rate,
    100 * (rate - lag(rate) over (partition by period, period_start order by step_number))::double as points
from sums;

create temp macro stage_name(start, finish) as
    case when start = 'transfer_requested' and finish = 'transfer_received' then 'transfer' else start || '_to_' || finish end;

-- stages: from each stamp a sub-order has to its next one. A stamp carries its milestone's position in its last four bits.
create temp macro stamp(us, milestone) as us * 16 + milestone;
create temp table trail as
select
    s, o, kind, signed is null as is_open, left_at,
    stamp(placed, 1) as m1, stamp(paid, 2) as m2, stamp(approved, 3) as m3, stamp(requested, 4) as m4,
    stamp(received, 5) as m5, stamp(ordered, 6) as m6, stamp(shipped, 7) as m7, stamp(pick, 8) as m8, stamp(picked, 9) as m9,
    stamp(packed, 10) as m10, stamp(outbound, 11) as m11, stamp(pickup, 12) as m12, stamp(hub, 13) as m13,
    stamp(out_for, 14) as m14, stamp(signed, 15) as m15
from part
inner join (
    select rowid as s, * exclude (o, batch, replaced, cancelled),
        enum_code(order_type) + 8 * enum_code(route) + 32 * enum_code(origin) + 512 * enum_code(carrier)
            + 4096 * coalesce(enum_code(sending), 15) as kind
    from suborder
) using (s)
where part.cancelled is null or signed is not null;

create temp macro steps_of(trails) as table (
    select s, kind, left_at, m1 as began, coalesce(m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) as ended
    from query_table(trails)
    union all
    select s, kind, left_at, m2, coalesce(m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    from query_table(trails) where m2 is not null
    union all
    select s, kind, left_at, m3, coalesce(m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    from query_table(trails) where m3 is not null
    union all
    select s, kind, left_at, m4, coalesce(m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    from query_table(trails) where m4 is not null
    union all
    select s, kind, left_at, m5, coalesce(m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    from query_table(trails) where m5 is not null
    union all
    select s, kind, left_at, m6, coalesce(m7, m8, m9, m10, m11, m12, m13, m14, m15)
    from query_table(trails) where m6 is not null
    union all
    select s, kind, left_at, m7, coalesce(m8, m9, m10, m11, m12, m13, m14, m15) from query_table(trails) where m7 is not null
    union all
    select s, kind, left_at, m8, coalesce(m9, m10, m11, m12, m13, m14, m15) from query_table(trails) where m8 is not null
    union all
    select s, kind, left_at, m9, coalesce(m10, m11, m12, m13, m14, m15) from query_table(trails) where m9 is not null
    union all
    select s, kind, left_at, m10, coalesce(m11, m12, m13, m14, m15) from query_table(trails) where m10 is not null
    union all
    select s, kind, left_at, m11, coalesce(m12, m13, m14, m15) from query_table(trails) where m11 is not null
    union all
    select s, kind, left_at, m12, coalesce(m13, m14, m15) from query_table(trails) where m12 is not null
    union all
    select s, kind, left_at, m13, coalesce(m14, m15) from query_table(trails) where m13 is not null
    union all
    select s, kind, left_at, m14, m15 from query_table(trails) where m14 is not null
);

-- what each step is called, where it lies, and how long it may take: by kind of sub-order and the two milestones
create temp table step as
with
    kinds as (
        select enum_code(order_type) + 8 * enum_code(route) + 32 * enum_code(origin) + 512 * enum_code(carrier)
            + 4096 * coalesce(enum_code(sending), 15) as kind,
            order_type::varchar as order_type, route::varchar as route, origin::varchar as origin, carrier::varchar as carrier,
            coalesce(sending::varchar, 'unknown') as sending
        from suborder group by all
    ),
    milestones as (
        select milestone, "position"::integer as rank, held_by
        from read_csv(getvariable('milestones'), header = true, all_varchar = true)
    ),
    chain as (
        select
            kind, kinds.order_type, rank, milestone,
            case held_by when 'office' then 'office' when 'sender' then sending when 'carrier' then carrier else origin end
                as place,
            row_number() over (partition by kind order by rank) as nth,
            lead(milestone) over (partition by kind order by rank) as next_milestone,
            lead(rank) over (partition by kind order by rank) as next_rank
        from kinds
        inner join reference('route_milestones') as routes using (route)
        inner join milestones using (milestone)
        inner join reference('order_types') as types using (order_type)
        where not list_contains(string_split(coalesce(missing_milestones, ''), '|'), milestone)
    ),
    parts as (
        select
            chain.*,
            (
                select arg_max(round(minutes::double * 60000000)::bigint,
                    case when standards.place is not null then 2 else 0 end
                    + case when standards.order_type is not null then 1 else 0 end)
                from reference('standards') as standards
                where standards.stage = stage_name(chain.milestone, chain.next_milestone)
                    and coalesce(standards.place, chain.place) = chain.place
                    and coalesce(standards.order_type, chain.order_type) = chain.order_type
            ) as standard
        from chain where next_milestone is not null
    )
select kind * 256 + first.rank * 16 + till.rank as key,
    stage_name(first.milestone, last.next_milestone) as stage, first.place,
    case when count(*) = count(parts.standard) then sum(parts.standard)::bigint end as standard
from parts as first
inner join parts as last using (kind)
inner join parts using (kind)
-- a step that has not ended yet is the one to the next milestone
cross join lateral (select unnest(if(first.nth = last.nth, [last.next_rank, 0], [last.next_rank])) as rank) as till
where last.nth >= first.nth and parts.nth between first.nth and last.nth
group by all;

create table deviations as
with
    timed as (
        select day_of(ended >> 4) as day, stage, place, (ended >> 4) - (began >> 4) as actual, standard
        from steps_of('trail')
        inner join step on key = kind * 256 + (began & 15) * 16 + (ended & 15)
        where ended is not null
    ),
    ended as (
        select day, stage, place, count(*) filter (actual >= 0 and standard is not null) as suborders,
            coalesce(sum(actual) filter (actual >= 0 and standard is not null), 0) as actual,
            coalesce(sum(standard) filter (actual >= 0), 0) as standard
        from timed
        group by all
    ),
    overdue as (
        select
            stage, place,
            unnest(range(
                ((began >> 4) + standard + zone_us()) // day_us(),
                coalesce(day_of(coalesce(ended >> 4, left_at)), day_of(as_of_us()) + 1)
            )) as day
        from steps_of('trail')
        inner join step on key = kind * 256 + (began & 15) * 16 + coalesce(ended & 15, 0)
        where (began >> 4) + standard < coalesce(ended >> 4, left_at, as_of_us())
    ),
    open_at_end as (select day, stage, place, count(*) as open_overdue from overdue group by all),
    by_day as (
        select day, stage, place, coalesce(suborders, 0) as suborders, coalesce(actual, 0) as actual,
            coalesce(standard, 0) as standard, coalesce(open_overdue, 0) as open_overdue, suborders is not null as has_ended
        from ended full join open_at_end using (day, stage, place)
    ),
    summed as (
        select 'day' as period, as_date(day) as period_start, * exclude (day) from by_day
        union all
        select
            'month', date_trunc('month', as_date(day))::date as period_start, stage, place, sum(suborders), sum(actual), sum(standard),
            coalesce(sum(open_overdue) filter (as_date(day) = least(last_day(as_date(day)), as_date(day_of(as_of_us())))), 0)
                as open_at_end,
            bool_or(has_ended)
        from by_day group by all
        having bool_or(has_ended) or open_at_end > 0
    )
select
    period, period_start, stage, place, suborders::bigint as suborders, actual::double / 60000000 as actual_minutes,
    standard::double / 60000000 as standard_minutes,
    case when standard > 0 then (actual - standard)::double / standard end as deviation,
    case
        when suborders < minimum_sample() or standard <= 0 then 'grey'
        when 100 * (actual::hugeint - standard) > red_above_percent() * standard::hugeint then 'red'
        when 100 * (actual::hugeint - standard) >= yellow_from_percent() * standard::hugeint then 'yellow'
        else 'green'
    end as colour,
    open_overdue::bigint as open_overdue
from summed;

-- late minutes: to the steps of the deciding sub-order that took longer than they may; the rest was promised too tightly
create temp table late_trail as
select trail.*, judged.order_id, lateness from trail inner join judged on deciding_s = s where lateness > 0;

create table lateness as
with
    overruns as (
        select s, stage, place, greatest(0, (ended >> 4) - (began >> 4) - standard) as overrun
        from steps_of('late_trail')
        inner join step on key = kind * 256 + (began & 15) * 16 + (ended & 15)
        where ended >> 4 >= began >> 4 and standard is not null
    ),
    totals as (select s, sum(overrun)::bigint as total from overruns group by s)
select order_id, stage, place, (overrun * least(1.0::double, lateness::double / total)) / 60000000 as late_minutes
from overruns inner join totals using (s) inner join late_trail using (s) where overrun > 0
union all
select order_id, 'promise_too_tight', null, (lateness - coalesce(total, 0))::double / 60000000
from late_trail left join totals using (s) where lateness > coalesce(total, 0);
