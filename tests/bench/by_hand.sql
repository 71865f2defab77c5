-- The bench company's figures by hand: from its raw Parquet files to the verdicts, rates, stage deviations, bridge and
-- lateness that the product publishes, in one script, as fast as we know how. What it does without: contracts, quarantine,
-- provenance, checks, other companies, a second night.
--
-- It leans on what holds of this company and need not hold of others: one row an order, sub-order, line and waybill; of an
-- order or parcel one event a type, except "delivered"; whole seconds; a standard for every step, without an end; a zone
-- without summer time. Events delivered twice need no pass of their own: a minimum does not see them; tracks without a
-- waybill or type, which the product keeps in quarantine, meet no condition and join nothing.
--
-- Variables: source (folder of the files), reference (folder of the profile's CSVs), milestones (the seed), as_of (instant).
-- Result: tables verdicts, rates, bridge; by_hand_steps.sql goes on from here. Until they are written instants are seconds
-- since 1970, local days are days since 1970, and o and s are the row numbers of an order and of a sub-order.

-- parameters, as in the seed
create temp macro transit_window_days() as 60;
create temp macro lane_minimum_sample() as 30;
create temp macro buffer_maximum_hours() as 72;
create temp macro plan_seconds() as 7200;
create temp macro closing_seconds() as 604800;
create temp macro minimum_sample() as 30;
create temp macro yellow_from_percent() as 5;
create temp macro red_above_percent() as 10;
create temp macro wilson_z() as 1.959964::double;

-- time: Asia/Shanghai is 8 hours ahead; an instant that ends a day belongs to the day it ends
create temp macro seconds(instant) as (epoch_us(instant) // 1000000)::integer;
create temp macro as_of() as seconds(getvariable('as_of'));
create temp macro day_of(instant) as (instant + 28799) // 86400;
create temp macro end_of_day(day) as day * 86400 + 57600;
create temp macro as_date(day) as date '1970-01-01' + day::integer;

-- what is read: rows known by as_of; reference tables as text; a few words as numbers
create temp macro files(source_table) as table
    from read_parquet(getvariable('source') || '/' || source_table || '/*/*.parquet')
    where recorded_at <= getvariable('as_of');
create temp macro csv(path) as table from read_csv(path, header = true, all_varchar = true);
create temp macro reference(name) as table from csv(getvariable('reference') || '/' || name || '.csv');
create temp type place as enum (select place from reference('places'));
create temp type carrier as enum (select carrier from reference('carriers'));
create temp type order_type as enum (select order_type from reference('order_types'));
create temp type route as enum (select distinct route from reference('route_milestones'));
create temp macro first(instant, is_meant) as seconds(min(instant) filter (is_meant));

-- orders: what was asked for, and what befell the order as a whole
create temp table cancellation as
select order_id, fulfilment_code, seconds(min(occurred_at)) as cancelled, seconds(min(recorded_at)) as cancelled_known
from files('erp/statuses')
where event_type = 'cancelled'
group by all;

create temp table erp_order as
select
    code.order_id,
    order_type::order_type as order_type,
    seconds(placed_at) as placed,
    day_of(placed) as order_day,
    case when wished_date - date '1970-01-01' >= order_day then (wished_date - date '1970-01-01')::integer end as wished_day,
    paid, approved, cancelled, cancelled_known, erp_shipped,
    coalesce(erp_shipped <= seconds(ship_by_at), erp_shipped is not null) as is_erp_on_time
from files('erp/orders') as code
left join (
    select
        order_id,
        first(occurred_at, event_type = 'paid') as paid,
        first(occurred_at, event_type = 'finance_approved') as approved,
        first(occurred_at, event_type in ('erp_shipped', 'erp_completed')) as erp_shipped
    from files('erp/statuses')
    where event_type not in ('placed', 'cancelled')
    group by order_id
) as status using (order_id)
left join (from cancellation where fulfilment_code is null) as cancellation using (order_id);

-- orders of which a line has not been received in full
create temp table short_order as
select order_id
from (
    select order_id, line_number, quantity from files('erp/order_lines')
    union all
    select order_id, line_number, -quantity from files('crm/receipts')
)
group by order_id, line_number
having sum(quantity) > 0;

create temp table contact as
select erp_order.rowid as o, fulfilment_code, event_type, seconds(occurred_at) as occurred, seconds(min(recorded_at)) as known
from files('crm/contacts') inner join erp_order using (order_id)
group by all;

-- sub-orders with the first stamp of each kind, when some were known, and how they are linked
create temp table suborder as
select
    erp_order.rowid as o, code.fulfilment_code, order_type,
    route::route as route, origin_place::place as origin, code.carrier::carrier as carrier, sending_place::place as sending,
    hash(order_type, route, origin_place, code.carrier, sending_place) as kind_hash,
    hash(origin_place, code.carrier, destination_city) as city_lane,
    hash(code.carrier, destination_province) as province_lane,
    coalesce(code.batch, replaced_code.batch, 0) as batch,
    seconds(code.recorded_at) as recorded,
    replaced,
    own.cancelled as own_cancelled, own.cancelled_known as own_cancelled_known,
    erp_order.cancelled as order_cancelled, erp_order.cancelled_known as order_cancelled_known,
    order_day, wished_day, placed, paid, approved, waybill, linked,
    scan.* exclude (fulfilment_code, sending_place), track.* exclude (waybill)
from files('erp/suborders') as code
inner join erp_order using (order_id)
left join (
    select
        fulfilment_code,
        first(occurred_at, event_type = 'transfer_requested') as requested,
        first(occurred_at, event_type = 'transfer_received') as received,
        first(occurred_at, event_type = 'supplier_ordered') as ordered,
        first(occurred_at, event_type = 'supplier_shipped') as shipped,
        first(occurred_at, event_type = 'pick_started') as pick,
        first(occurred_at, event_type = 'picked') as picked,
        first(occurred_at, event_type = 'packed') as packed,
        first(occurred_at, event_type = 'outbound') as outbound,
        first(recorded_at, event_type = 'outbound') as outbound_known,
        any_value(place) filter (event_type in ('transfer_requested', 'transfer_dispatched')) as sending_place
    from files('wms/scans')
    group by fulfilment_code
) as scan using (fulfilment_code)
left join (select waybill, fulfilment_code, seconds(recorded_at) as linked from files('carrier/waybills')) as link
    using (fulfilment_code)
left join (
    select
        waybill,
        first(occurred_at, event_type = 'picked_up') as pickup,
        first(recorded_at, event_type = 'picked_up') as pickup_known,
        first(occurred_at, event_type = 'hub_arrived') as hub,
        first(occurred_at, event_type = 'out_for_delivery') as out_for,
        first(occurred_at, event_type = 'delivered') as delivered,
        first(recorded_at, event_type = 'delivered') as delivered_known,
        seconds(max(occurred_at) filter (event_type = 'delivered')) as delivered_last
    from files('carrier/tracks')
    where event_type not in ('in_transit', 'hub_departed', 'attempt_failed')
    group by waybill
) as track using (waybill)
left join (
    select replaces as fulfilment_code, seconds(min(recorded_at)) as replaced
    from files('erp/suborders') where replaces is not null group by replaces
) as replacement using (fulfilment_code)
left join (select fulfilment_code, batch from files('erp/suborders') where batch is not null) as replaced_code
    on replaced_code.fulfilment_code = code.replaces
left join (from cancellation where fulfilment_code is not null) as own on own.fulfilment_code = code.fulfilment_code;

-- clicks that name only the order, at each of its several sub-orders
create temp table whole_click as
select
    contact.rowid as k, suborder.rowid as s, occurred, waybill, replaced, own_cancelled, own_cancelled_known, recorded,
    coalesce(hub <= occurred or out_for <= occurred, false) as is_near,
    case when pickup is not null then greatest(known, pickup_known, linked, recorded) end as known
from contact inner join suborder using (o)
where contact.fulfilment_code is null and event_type = 'received_click'
qualify count(*) over (partition by k) > 1;

-- what is seldom: tracks of other kinds, delivered more than once (corrected, or turned up later), scans near such a click
create temp table seldom as
select s, event_type, occurred, greatest(known, linked) as known, superseded
from (
    select
        waybill, event_type, seconds(occurred_at) as occurred, seconds(min(recorded_at)) as known,
        lead(known) over (partition by track_id order by known) as superseded
    from files('carrier/tracks')
    where waybill is not null and event_type not in ('picked_up', 'in_transit', 'hub_departed', 'attempt_failed') and (
        event_type not in ('hub_arrived', 'out_for_delivery', 'delivered')
        or waybill in (
            select waybill from suborder where delivered < delivered_last
            union all
            select waybill from whole_click where is_near
        )
    )
    group by waybill, track_id, event_type, occurred_at
)
inner join (select rowid as s, waybill, linked from suborder) using (waybill);

-- such a click signs a sub-order once that is known to be near the customer or the only one alive
create temp table unclear_claim as
with
    others as (
        select
            one.k, one.s, one.known, other.recorded,
            least(other.replaced, case when other.own_cancelled <= one.occurred then other.own_cancelled_known end) as gone,
            other.replaced is null and coalesce(other.own_cancelled > one.occurred, true) as is_alive
        from whole_click as one inner join whole_click as other on other.k = one.k and other.s <> one.s
    ),
    instants as (
        select k, s, known from whole_click
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
    near as (
        select k, s, greatest(any_value(whole_click.known), min(seldom.known)) as near_known
        from whole_click inner join seldom using (s)
        where event_type in ('hub_arrived', 'out_for_delivery') and seldom.occurred <= whole_click.occurred
        group by all
    ),
    alive as (select k, s, bool_or(is_alive) as has_others from others group by all)
select s, occurred, case when known is not null then least(alone_known, near_known) end as known,
    has_others and not is_near as is_unclear
from whole_click left join alone using (k, s) left join near using (k, s) left join alive using (k, s);

create temp table ticket as
select suborder.rowid as s, occurred, known
from contact inner join suborder using (o)
where event_type = 'not_received_ticket' and coalesce(contact.fulfilment_code = suborder.fulfilment_code, true);

-- all that claims a sub-order was received but the plain case, delivered once and undisputed; known with the pick-up.
-- Void: never a signature; unclear: none as things are known now
create temp table claim as
with claims as (
    select s, occurred, known, superseded, false as is_click,
        event_type = 'returned_signed' or event_type = 'available_for_pickup' and is_collected as is_void
    from seldom
    inner join (
        select suborder.rowid as s, sends_collected_event <> 'false' as is_collected
        from suborder inner join reference('carriers') as carriers on carriers.carrier = suborder.carrier::varchar
    ) using (s)
    where event_type in ('delivered', 'collected', 'available_for_pickup', 'returned_signed')
    union all
    select rowid, delivered, delivered_known, null, false, false
    from suborder where delivered = delivered_last and rowid in (select s from ticket)
    union all
    select suborder.rowid, occurred, known, null, true, false
    from contact inner join suborder using (fulfilment_code) where event_type = 'received_click'
    union all
    select suborder.rowid, occurred, known, null, true, false
    from contact inner join suborder using (o)
    where event_type = 'received_click' and contact.fulfilment_code is null
        and contact.rowid not in (select k from whole_click)
)
select claims.* exclude (known), false as is_unclear, outbound, outbound_known,
    case when pickup is not null then greatest(known, pickup_known, linked, recorded) end as known
from claims
inner join (select rowid as s, pickup, pickup_known, linked, recorded, outbound, outbound_known from suborder) using (s)
union all by name
select unclear_claim.*, true as is_click, false as is_void, outbound, outbound_known
from unclear_claim inner join (select rowid as s, outbound, outbound_known from suborder) using (s);

-- signed, claimed, and what was first known of pick-up and signature: from when it was, and signed when
create temp macro pack(known, occurred) as known::bigint << 32 | occurred;
create temp table signature as
select
    s,
    min(occurred) filter (
        superseded is null and not is_void and not is_unclear and coalesce(occurred >= outbound, true)
        and (is_click or coalesce(occurred >= last_ticket, true))
    ) as signable,
    min(occurred) filter (superseded is null) as claimed,
    min(pack(known, occurred)) filter (
        not is_void and coalesce(superseded > known, true) and coalesce(occurred >= outbound or outbound_known > known, true)
        and (is_click or claim.rowid not in (
            select claim.rowid from claim inner join ticket using (s)
            where ticket.occurred > claim.occurred and ticket.known <= claim.known
        ))
    ) as first_known
from claim left join (select s, max(occurred) as last_ticket from ticket group by s) using (s)
group by s;

-- each kind of sub-order has its own steps and standards
create temp table kind as
select kind_hash, any_value(order_type)::varchar as order_type, any_value(route)::varchar as route,
    any_value(origin)::varchar as origin, any_value(carrier)::varchar as carrier, any_value(sending)::varchar as sending
from suborder
group by kind_hash;

-- sub-orders judged but for their promise
create temp table part as
select
    s, o, fulfilment_code, kinds.rowid::integer as kind, city_lane, province_lane, carrier, batch, recorded, replaced,
    order_day, wished_day,
    least(own_cancelled, order_cancelled) as cancelled,
    least(signable, case when is_plain and coalesce(delivered >= outbound, true) then delivered end) as candidate,
    least(claimed, case when is_plain then delivered end) as claimed,
    case when replaced is null and coalesce(candidate <= cancelled, true) then candidate end as signed,
    case when failed + closing_seconds() <= as_of() then failed + closing_seconds() end as closes,
    case when signed is null and replaced is null and cancelled is null then closes end as closed,
    case when signed is null then least(replaced, cancelled, case when coalesce(replaced > closes, true) then closes end) end
        as left_at,
    replaced is null and (cancelled is null or signed is not null) as is_live,
    replaced is null and cancelled is not null and signed is null as is_cancelled,
    -- the transit time: whole hours rounded up; none of what was cancelled or replaced by then
    greatest(delivered_known, pickup_known, linked, recorded) as plain_known,
    least(first_known, case when is_plain and pickup is not null
        and coalesce(delivered >= outbound or outbound_known > plain_known, true) then pack(plain_known, delivered) end) as known,
    known >> 32 as transit_known,
    known & 4294967295 as transit_signed,
    case
        when transit_signed > pickup and coalesce(replaced > transit_known, true)
            and not coalesce(own_cancelled_known <= transit_known and own_cancelled < transit_signed, false)
            and not coalesce(order_cancelled_known <= transit_known and order_cancelled < transit_signed, false)
        then ((transit_signed - pickup + 3599) // 3600)::smallint
    end as hours,
    day_of(transit_known)::integer as known_day,
    placed, paid, approved, requested, received, ordered, shipped, pick, picked, packed, outbound, pickup, hub, out_for
from (select rowid as s, *, delivered = delivered_last and rowid not in (select s from ticket) as is_plain from suborder)
left join signature using (s)
left join (
    select s, min(occurred) as failed from seldom where event_type in ('refused', 'returned_signed') group by s
) as failure using (s)
inner join (select rowid, kind_hash from kind) as kinds using (kind_hash);
drop table suborder;  -- the widest table, and all said

-- buffers: the finest lane of which 30 transits became known on the 60 days before; only lanes and days that are asked for
create temp macro buffers_of(asked_lanes, transit_lane, minimum) as table (
    with
        asked as (select lane, day from query_table(asked_lanes)),
        framed as (
            select lane, known_day as day, hours, 0 as back
            from (select transit_lane as lane, known_day, hours from part where hours is not null)
            where lane in (select lane from asked)
                and known_day >= (select min(day) from asked) - transit_window_days()
                and known_day < (select max(day) from asked)
            union all
            select lane, day, null, transit_window_days() from asked
        ),
        windowed as (
            select lane, day, back, count(hours) over seen as sample, quantile_disc(hours, [0.5, 0.8]) over seen as hours
            from framed
            window seen as (partition by lane order by day range between back preceding and 1 preceding)
        )
    select lane, day, hours[2] as high_hours, least(hours[2] - hours[1], buffer_maximum_hours())::integer as buffer_hours
    from windowed
    where back > 0 and sample >= minimum
);
create temp table asked_city as
select distinct city_lane as lane, order_day as day from part
semi join (
    select city_lane from part where hours is not null group by city_lane having count(*) >= lane_minimum_sample()
) using (city_lane);
create temp table city_buffer as from buffers_of('asked_city', city_lane, lane_minimum_sample());
create temp table asked_province as
select distinct province_lane as lane, order_day as day from part
anti join city_buffer on lane = city_lane and day = order_day;
create temp table province_buffer as from buffers_of('asked_province', province_lane, lane_minimum_sample());
create temp table asked_carrier as
select distinct hash(carrier) as lane, order_day as day from part
anti join city_buffer on lane = city_lane and day = order_day
anti join province_buffer on province_buffer.lane = province_lane and province_buffer.day = order_day;
create temp table carrier_buffer as from buffers_of('asked_carrier', hash(carrier), lane_minimum_sample());
create temp table asked_all as
select distinct 0::ubigint as lane, day from asked_carrier anti join carrier_buffer using (lane, day);
create temp table all_buffer as from buffers_of('asked_all', 0::ubigint, 1);

-- promises: the sub-orders recorded within two hours of the first of their order and batch are its plan, the largest of
-- their buffers counts. One order in four has several sub-orders; only there is anything to compare
create temp table promised as
with
    buffered as (
        select
            s, o, fulfilment_code, batch, recorded, wished_day, cancelled, replaced, signed, claimed, closed, is_live,
            is_cancelled, hours,
            coalesce(city.high_hours, province.high_hours, by_carrier.high_hours, everything.high_hours) as high_hours,
            coalesce(city.buffer_hours, province.buffer_hours, by_carrier.buffer_hours, everything.buffer_hours, 0) as buffer,
            o in (select o from part group by o having count(*) > 1) as has_siblings
        from part
        left join city_buffer as city on city.lane = city_lane and city.day = order_day
        left join province_buffer as province on province.lane = province_lane and province.day = order_day
        left join carrier_buffer as by_carrier on by_carrier.lane = hash(carrier) and by_carrier.day = order_day
        left join all_buffer as everything on everything.day = order_day
    ),
    planned as (
        select *, recorded + plan_seconds() as plan_ends, true as is_planned, buffer as batch_buffer
        from buffered where not has_siblings
        union all
        select *, max(case when is_planned then buffer end) over (partition by o, batch)
        from (
            select *, min(recorded) over (partition by o, batch) + plan_seconds() as ends, recorded <= ends as is_planned
            from buffered where has_siblings
        )
    )
select
    * exclude (batch, recorded, buffer, batch_buffer, plan_ends),
    plan_ends <= as_of() as is_plan_complete,
    case when is_plan_complete then end_of_day(wished_day) + 3600 * batch_buffer end as due,
    coalesce(is_cancelled and cancelled > due, false) as is_missed,
    is_live or is_missed as is_counted
from planned;

-- orders judged
create temp table judged as
with
    ranked as (
        select *, row_number() over (
            partition by o
            order by is_live desc, signed is null desc,
                case when is_live and signed is not null then signed - due end desc nulls last,
                case when is_live then signed end desc nulls last, fulfilment_code
        ) as nth
        from promised where has_siblings
    ),
    rolled as (
        select
            o,
            replaced is null as has_parts,
            is_live as has_live,
            is_missed as has_missed,
            is_counted and not is_plan_complete as has_pending,
            due,
            case when is_cancelled then cancelled end as last_cancelled,
            case when is_live then signed end as signed,
            case when is_live then signed - due end as latest,
            is_live and coalesce(claimed <= due, false) as is_first_claimed,
            is_first_claimed as is_all_claimed,
            case when is_live then coalesce(signed, closed) end as gave_up,
            s as deciding, fulfilment_code as deciding_suborder
        from promised where not has_siblings
        union all
        select
            o,
            bool_or(replaced is null),
            bool_or(is_live),
            bool_or(is_missed),
            bool_or(is_counted and not is_plan_complete),
            case when bool_or(is_counted) then max(due) filter (is_counted) else max(due) end,
            max(cancelled) filter (is_cancelled),
            case when bool_and(signed is not null) filter (is_live) then max(signed) filter (is_live) end,
            max(signed - due) filter (is_live),
            coalesce(bool_or(claimed <= due) filter (is_live), false),
            coalesce(bool_and(coalesce(claimed <= due, false)) filter (is_live), false),
            case when bool_and(signed is not null or closed is not null) filter (is_live)
                then max(coalesce(signed, closed)) filter (is_live) end,
            any_value(s) filter (nth = 1), any_value(fulfilment_code) filter (nth = 1)
        from ranked
        group by o
    )
select
    order_id, order_day, wished_day, deciding, deciding_suborder, rolled.signed, erp_shipped, is_erp_on_time,
    not coalesce(has_live, false) and (cancelled is not null or coalesce(has_parts, false)) as is_cancelled,
    coalesce(has_parts and has_missed, false) as is_cancelled_late,
    wished_day is not null and coalesce(has_pending, true) as is_pending,
    case when not is_pending then due end as promised,
    case when promised is not null and rolled.signed is not null then latest end as lateness,
    coalesce(promised <= as_of() and (not is_cancelled or is_cancelled_late), false) as is_due,
    is_due and coalesce(lateness <= 0, false) and not is_cancelled_late as is_kept,
    is_kept and order_id not in (from short_order) as is_in_full,
    coalesce(is_first_claimed, false) as is_first_claimed,
    coalesce(is_all_claimed, false) as is_all_claimed,
    coalesce(rolled.signed <= end_of_day(wished_day), false) as is_wish_met,
    coalesce(end_of_day(wished_day) <= as_of() and not is_cancelled and not is_pending, false) as is_wish_due,
    o in (select o from contact where event_type <> 'received_click') as has_complaint,
    coalesce(rolled.signed, case when is_cancelled then coalesce(last_cancelled, cancelled) else gave_up end) as ended,
    promised is not null and (not is_cancelled or is_due) as is_followed
from (select rowid as o, * from erp_order) as erp_order left join rolled using (o);

create table verdicts as
select
    order_id, make_timestamptz(promised::bigint * 1000000) as promised_at, make_timestamptz(signed::bigint * 1000000) as signed_at,
    lateness <= 0 as is_on_time, lateness::double / 60 as lateness_minutes, is_due, is_kept, deciding_suborder
from judged;

-- rates: counted by day, summed to months and the whole
create temp table daily as
    select
        day, unnest(['true_on_time_rate', 'promised_share']) as metric,
        unnest([on_time, promised]) as numerator, unnest([promised, signed]) as denominator
    from (
        select day_of(signed) as day, count(*) filter (lateness <= 0) as on_time, count(promised) as promised,
            count(*) as signed
        from judged where signed is not null and not is_pending group by day
    )
    union all
    select day, unnest(['promise_kept_rate', 'in_full_on_time_rate', 'complaint_rate']), unnest([kept, filled, complaints]), due
    from (
        select day_of(promised) as day, count(*) filter (is_kept) as kept, count(*) filter (is_in_full) as filled,
            count(*) filter (has_complaint) as complaints, count(*) as due
        from judged where is_due group by day
    )
    union all
    select day_of(erp_shipped) as day, 'erp_on_time_rate', count(*) filter (is_erp_on_time), count(*)
    from judged where erp_shipped is not null group by day
    union all
    select wished_day, 'wished_date_hit_rate', count(*) filter (is_wish_met), count(*)
    from judged where is_wish_due group by wished_day
    union all
    select day_of(signed) as day, 'promise_coverage', count(*) filter (hours <= high_hours), count(*)
    from promised
    where is_planned and signed is not null and due is not null and hours is not null and high_hours is not null
    group by day
    union all
    select day_of(promised) as day, 'overdue', count(*), 0
    from judged where is_due and coalesce(ended > promised, true) group by day
    union all
    select greatest(day_of(ended), order_day) as day, 'overdue', -count(*) filter (is_due and ended > promised), -count(*)
    from judged where is_followed and ended is not null group by day
    union all
    select order_day, 'overdue', 0, count(*) from judged where is_followed group by order_day;

create temp table period as
with days as (
    select unnest(range(least(min(day), day_of(as_of())), day_of(as_of()) + 1)) as day, min(day) as first_day from daily
)
select day, unnest(['day', 'month', 'all']) as period,
    unnest([as_date(day), date_trunc('month', as_date(day))::date, as_date(first_day)]) as period_start
from days;

create temp macro wilson(numerator, denominator, side) as
    case when denominator > 0 then least(1.0, greatest(0.0, (
        numerator::double / denominator + pow(wilson_z(), 2) / (2 * denominator)
        + side * wilson_z() * sqrt(
            numerator::double / denominator * (1 - numerator::double / denominator) / denominator
            + pow(wilson_z(), 2) / (4 * pow(denominator, 2))
        )
    ) / (1 + pow(wilson_z(), 2) / denominator))) end;

create table rates as
with sums as (
    select metric, period, period_start, coalesce(sum(numerator), 0)::bigint as numerator,
        coalesce(sum(denominator), 0)::bigint as denominator
    from period
    cross join (select distinct metric from daily where metric <> 'overdue')
    left join daily using (metric, day)
    group by all
    union all
    -- what is open at the end of a period is all that has opened less all that has closed by then
    select 'open_overdue', period, period_start, arg_max(overdue, day)::bigint, arg_max(open, day)::bigint
    from period
    inner join (
        select distinct day, sum(numerator) over (order by day) as overdue, sum(denominator) over (order by day) as open
        from (select distinct day from period) left join (from daily where metric = 'overdue') using (day)
    ) using (day)
    group by all
)
select
    metric, period, period_start, numerator, denominator,
    case when denominator > 0 then numerator::double / denominator end as value,
    wilson(numerator, denominator, -1) as ci_low, wilson(numerator, denominator, 1) as ci_high
from sums;

-- the bridge: the same orders under one verdict after another
create table bridge as
with
    verdicts as (
        select day_of(promised) as day, is_erp_on_time as v2, is_first_claimed as v3, is_all_claimed as v4,
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
        select day, 1 as step_number, numerator, denominator, denominator as orders
        from daily where metric = 'erp_on_time_rate'
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
