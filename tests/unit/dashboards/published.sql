-- A small published file for the pages' tests: two months of one company, made in SQL, the same every time.
-- Facts are made up; every roll-up is counted from them, so that the pages' figures can be held to the facts.
set timezone = 'UTC';
create schema marts;
create schema meta;

create table meta.run as
select 7::bigint as run_number, 'test' as run_id, timestamptz '2026-02-28 16:00:00+00' as as_of,
    'Asia/Shanghai' as timezone, 'reference' as standards_from, true as has_erp, true as has_receipts,
    true as has_wishes, true as has_complaints, true as has_pick_lines;

create table meta.runs as
select run_number, run_id, as_of, timestamptz '2026-11-20 19:00:00+00' as started_at,
    timestamptz '2026-11-20 19:02:00+00' as published_at, 'published' as status
from meta.run;

create table meta.files as
from (
    select 'erp' as source, 'orders' as table_name, 'erp/orders/' || day || '/orders.csv' as file, 'loaded' as status, null::varchar as reason, null::varchar as remedy, null::varchar as reason_zh, null::varchar as remedy_zh,
        timestamptz '2026-02-01 16:00:00+00' + to_days(d::int) as file_recorded_at, timestamptz '2026-11-20 19:00:00+00' as loaded_at
    from range(28) as days(d), lateral (select (date '2026-02-01' + d::int)::varchar as day)
    union all
    -- a carrier that came every day, and not for the last ten
    select 'sf', 'tracks', 'sf/tracks/' || d || '.jsonl', 'loaded', null, null, null, null, timestamptz '2026-02-01 16:00:00+00' + to_days(d::int), timestamptz '2026-11-20 19:00:00+00'
    from range(18) as days(d)
    union all
    -- once delivered, never again: that is not silence
    select 'erp', 'products', 'erp/products.csv', 'loaded', null, null, null, null, timestamptz '2025-12-01 16:00:00+00', timestamptz '2026-11-20 19:00:00+00'
);

create table meta.loads as
from (values
    (5::bigint, 'erp', 'orders', 20::bigint, 0::bigint, 1000::bigint, 960::bigint, 30::bigint, 10::bigint),
    (7, 'erp', 'orders', 8, 0, 500, 495, 3, 2), (7, 'sf', 'tracks', 18, 0, 200, 197, 0, 3), (7, 'erp', 'products', 1, 0, 50, 50, 0, 0)
) as loads(run_number, source, table_name, files, files_refused, rows_read, rows_accepted, rows_duplicate, rows_quarantined);

create table meta.quarantine as
select 'erp' as source, 'orders' as table_name, 'Line ' || n || ': column order_no: a value is missing; send the row again with one.' as reason,
    '第 ' || n || ' 行：order_no 列：缺少取值；请补上后重新发送该行。' as reason_zh,
    '{"order_no":"","phone":"***"}' as "row", 'erp/orders/2026-02-0' || (1 + n % 9) || '/orders.csv' as file, n as record, timestamptz '2026-11-20 19:00:00+00' as loaded_at
from range(12) as numbers(n)
union all
from (values
    ('sf', 'tracks', 'Line 3: column at: ''2026-13-45'' is no time like %Y; correct it or add its format to the contract.', '第 3 行：at 列：“2026-13-45”不是 %Y 格式的时间；请更正，或在来源约定中加上这种格式。', '{"at":"2026-13-45"}', 'sf/tracks/2.jsonl', 3, timestamptz '2026-11-20 19:00:00+00'),
    ('sf', 'tracks', 'Line 9: column code: ''ZZ'' is not in codes/sf.csv; add the code there with its meaning.', '第 9 行：code 列：“ZZ”不在 codes/sf.csv 中；请在其中加上该代码及其含义。', '{"code":"ZZ"}', 'sf/tracks/2.jsonl', 9, timestamptz '2026-11-20 19:00:00+00'),
    ('sf', 'tracks', 'Line 4: it is no whole JSON object; have the line delivered again.', '第 4 行：该行不是完整的 JSON 对象；请让发送方重新发送该行。', '{"line":"***"}', 'sf/tracks/3.jsonl', 4, timestamptz '2026-11-20 19:00:00+00')
);

create table meta.quality as
from (values
    (6::bigint, 'marts', 'one_row_each', 'marts.kpi', null, 'block', 'One row for each.', '每个只有一行。', '1 row', '1 行', false),
    (7, 'marts', 'one_row_each', 'marts.kpi', null, 'block', 'One row for each.', '每个只有一行。', '0 rows', '0 行', true),
    (7, 'marts', 'part_within_whole', 'marts.kpi', null, 'block', 'A rate lies between 0 and 1.', '比率在 0 到 1 之间。', '0 rows', '0 行', true),
    (7, 'marts', 'signed_after_placed', 'marts.fct_orders', null, 'warn', 'A signature before the order.', '签收早于下单。', '4 rows', '4 行', false),
    (7, 'marts', 'a_rule_of_its_own', 'marts.fct_orders', null, 'warn', 'Told in its own words.', null, '2 rows', null, false)
) as quality(run_number, layer, expectation, table_name, column_name, severity, expected, expected_zh, observed, observed_zh, passed);

create table meta.parameters as
select *, 'what it means ¦ 含义' as meaning
from (values
    ('yellow_from_percent', date '1900-01-01', 5.0::double), ('red_above_percent', date '1900-01-01', 10.0),
    ('minimum_sample', date '1900-01-01', 30.0), ('wilson_z', date '1900-01-01', 1.959964),
    ('final_after_days', date '1900-01-01', 14.0), ('xmr_factor', date '1900-01-01', 2.66),
    ('xmr_minimum_points', date '1900-01-01', 8.0), ('xmr_run_length', date '1900-01-01', 8.0),
    ('transit_high_percent', date '1900-01-01', 80.0), ('silent_days', date '1900-01-01', 7.0),
    ('old_after_seconds', date '1900-01-01', 18.0), ('publication_hour', date '1900-01-01', 3.0)
) as parameters(name, valid_from, value);

create table meta.metric_catalogue as
from (values
    ('true_on_time_rate', '真准时率', 'True on-time rate', 'signed_on_time_orders', 'signed_orders', 'up', 'share', 'Signed by the promise, of the promised orders signed.', '按承诺签收的订单 ÷ 已签收的有承诺订单。'),
    ('promise_kept_rate', '承诺兑现率', 'Promise-kept rate', 'due_kept_orders', 'due_orders', 'up', 'share', 'Kept, of the orders due.', '兑现的订单 ÷ 到期订单。'),
    ('erp_on_time_rate', 'ERP准时率', 'ERP on-time rate', 'erp_on_time_orders', 'erp_shipped_orders', 'up', 'share', 'As the ERP counts.', 'ERP 的算法。'),
    ('wished_date_hit_rate', '期望日达成率', 'Wished-date hit rate', 'wished_hit_orders', 'wished_orders', 'up', 'share', 'By the wished day.', '期望日前。'),
    ('in_full_on_time_rate', '准时足量率', 'On time in full', 'in_full_orders', 'due_orders', 'up', 'share', 'Kept and in full.', '兑现且足量。'),
    ('complaint_rate', '投诉率', 'Complaint rate', 'complaint_orders', 'due_orders', 'down', 'share', 'With a complaint.', '有投诉。'),
    ('promised_share', '承诺覆盖率', 'Promised share', 'signed_orders', 'all_signed_orders', 'up', 'share', 'That carried a promise.', '有承诺。'),
    ('open_overdue', '逾期未签', 'Open and overdue', 'overdue_orders', 'open_orders', 'down', 'orders', 'Past their promise and open.', '已逾期且未签收。')
) as catalogue(name, title_zh, title_en, numerator, denominator, direction, unit, definition, definition_zh);

create table marts.dim_places as
from (values
    ('WH_A', 'A仓', 'Warehouse A', 'warehouse'), ('WH_B', 'B仓', 'Warehouse B', 'warehouse'),
    ('FW_1', '海曙前置仓', 'Front warehouse Haishu', 'front_warehouse'), ('office', '总部', 'Head office', 'office')
) as places(place, name_zh, name_en, kind);
create table marts.dim_carriers as
from (values ('SF', '顺丰速运', 'SF Express'), ('YTO', '圆通速递', 'YTO Express')) as carriers(carrier, name_zh, name_en);
create table marts.dim_order_types as
from (values ('standard', '标准订单', 'Standard'), ('batches', '分批交付', 'Delivered in batches')) as types(order_type, name_zh, name_en);

-- 40 orders a day; every 11th late, every 97th never signed, every 50th without a promise
create table marts.fct_orders as
with
    made as (
        select
            'O' || lpad(n::varchar, 5, '0') as order_id, n,
            timestamptz '2026-01-01 01:00:00+00' + to_minutes(n * 36) as placed_at,
            ['WH_A', 'WH_B', 'FW_1'][1 + n % 3] as place, ['SF', 'YTO'][1 + (n // 3) % 2] as carrier,
            ['standard', 'standard', 'batches'][1 + (n // 6) % 3] as order_type,
            case
                when n % 3 = 1 and n % 5 = 0 then 500 + n % 700
                when n % 11 = 0 then 120 + n % 300
                else -(60 + n % 900)
            end as lateness
        from range(2280) as numbers(n)
    ),
    timed as (
        select *,
            case when n % 50 <> 7 then date_trunc('day', placed_at) + interval '3 days 16 hours' end as promised_at,
            date_trunc('day', placed_at) + interval '3 days 16 hours' + to_minutes(lateness::int) as arrives_at,
            placed_at + interval '20 hours' as ships_at
        from made
    ),
    seen as (
        select *,
            case when n % 97 <> 5 and arrives_at <= timestamptz '2026-02-28 16:00:00+00' then arrives_at end as signed_at,
            case when ships_at <= timestamptz '2026-02-28 16:00:00+00' then ships_at end as erp_shipped_at
        from timed
    )
select
    order_id, 'C' || (n % 60) as customer_id, order_type, placed_at, promised_at,
    (timezone('Asia/Shanghai', promised_at - interval 1 microsecond))::date as promised_day,
    signed_at, (timezone('Asia/Shanghai', signed_at - interval 1 microsecond))::date as signed_day,
    erp_shipped_at, (timezone('Asia/Shanghai', erp_shipped_at - interval 1 microsecond))::date as erp_shipped_day,
    (timezone('Asia/Shanghai', promised_at - interval 1 microsecond))::date as wished_date,
    case when signed_at is not null and promised_at is not null then lateness <= 0 end as is_on_time,
    case when signed_at is not null and promised_at is not null then lateness end::double as lateness_minutes,
    case when erp_shipped_at is not null then n % 70 <> 3 end as is_erp_on_time,
    coalesce(promised_at <= timestamptz '2026-02-28 16:00:00+00', false) as is_due,
    coalesce(promised_at <= timestamptz '2026-02-28 16:00:00+00' and signed_at <= promised_at, false) as is_kept,
    coalesce(promised_at <= timestamptz '2026-02-28 16:00:00+00' and signed_at <= promised_at and n % 40 <> 0, false) as is_in_full,
    coalesce(signed_at <= promised_at + interval '1 hours', false) as is_claimed, is_claimed as is_all_claimed,
    is_claimed or n % 30 = 0 as is_first_claimed, is_kept as is_wish_met,
    if(promised_at <= timestamptz '2026-02-28 16:00:00+00', coalesce(signed_at <= promised_at, false), null) as is_wished_date_hit,
    n % 9 = 0 and lateness > 0 as has_complaint, false as is_cancelled, null::timestamptz as closed_at,
    place, carrier, n, case when promised_at is not null then 'computed' else 'none' end as promise_source, false as is_pending,
    case when signed_at is not null then 'carrier' end as sign_source, null::timestamptz as cancelled_at, ships_at as erp_ship_by_at,
    1 as suborder_count, 'F' || substr(order_id, 2) as deciding_suborder,
    (timezone('Asia/Shanghai', placed_at))::date as order_day,
    -- 12 hours of buffer in January, 24 in February
    case when promised_at is not null then if(placed_at < timestamptz '2026-01-31 16:00:00+00', 720.0, 1440.0) end as transit_buffer_minutes
from seen;

create table marts.agg_on_time_daily as
with counted as (
    select signed_day as day, place, carrier, order_type, count(*) filter (promised_at is not null) as signed_orders,
        count(*) filter (is_on_time) as signed_on_time_orders, count(*) filter (promised_at is null) as unpromised_orders,
        count(*) filter (not is_on_time and is_erp_on_time) as late_though_erp_on_time_orders, count(*) as all_signed_orders
    from marts.fct_orders where signed_day is not null group by all
    union all by name
    select promised_day as day, place, carrier, order_type, count(*) as due_orders, count(*) filter (is_kept) as due_kept_orders,
        count(*) filter (is_in_full) as in_full_orders, count(*) filter (has_complaint) as complaint_orders,
        count(*) filter (is_kept) as wished_hit_orders, count(*) as wished_orders
    from marts.fct_orders where is_due group by all
    union all by name
    select erp_shipped_day as day, place, carrier, order_type, count(*) as erp_shipped_orders,
        count(*) filter (is_erp_on_time) as erp_on_time_orders
    from marts.fct_orders where erp_shipped_day is not null group by all
    union all by name
    select promised_day as day, place, carrier, order_type, count(*) as overdue_opened_orders
    from marts.fct_orders where is_due and (signed_at is null or signed_at > promised_at) group by all
    union all by name
    select signed_day as day, place, carrier, order_type, count(*) filter (is_due and signed_at > promised_at) as overdue_closed_orders,
        count(*) filter (promised_at is not null) as closed_orders
    from marts.fct_orders where signed_day is not null group by all
    union all by name
    select (timezone('Asia/Shanghai', placed_at))::date as day, place, carrier, order_type,
        count(*) filter (promised_at is not null) as opened_orders
    from marts.fct_orders group by all
)
select day, place, carrier, order_type, coalesce(sum(columns(* exclude (day, place, carrier, order_type))), 0)::bigint
from counted group by all;

create table marts.kpi as
with
    sums as (
        select period, period_start, sum(columns(* exclude (day, place, carrier, order_type, period, period_start)))
        from (
            select *, if(period = 'all', date '2026-01-01', date_trunc(if(period = 'all', 'day', period), day)::date) as period_start
            from marts.agg_on_time_daily cross join (values ('day'), ('month'), ('all')) as periods(period)
        )
        group by all
    ),
    measured as (unpivot sums on columns(* exclude (period, period_start)) into name measure value amount)
select metrics.name as metric, n.period, n.period_start, n.amount::bigint as numerator, d.amount::bigint as denominator,
    n.amount / nullif(d.amount, 0) as value, null::double as ci_low, null::double as ci_high, n.period_start < date '2026-02-01' as is_final
from meta.metric_catalogue as metrics
inner join measured as n on n.measure = metrics.numerator
inner join measured as d on d.measure = metrics.denominator and d.period = n.period and d.period_start = n.period_start;

create table marts.agg_bridge_daily as
with verdicts as (
    select erp_shipped_day as day, place, carrier, order_type, 1 as step_number, 'erp' as step, is_erp_on_time as verdict, true as shown, has_complaint
    from marts.fct_orders where erp_shipped_day is not null
    union all
    select promised_day, place, carrier, order_type, step_number, step,
        case step when 'erp_due' then coalesce(is_erp_on_time, false) when 'first_suborder' then is_claimed or n % 30 = 0
            when 'all_suborders' then is_claimed when 'valid_signature' then is_kept else is_in_full end,
        case step when 'erp_due' then true when 'first_suborder' then (is_claimed or n % 30 = 0) <> coalesce(is_erp_on_time, false)
            when 'all_suborders' then not is_claimed and n % 30 = 0 when 'valid_signature' then is_claimed <> is_kept
            else is_kept <> is_in_full end,
        has_complaint
    from marts.fct_orders
    cross join (values (2, 'erp_due'), (3, 'first_suborder'), (4, 'all_suborders'), (5, 'valid_signature'), (6, 'in_full')) as steps(step_number, step)
    where is_due
)
select day, place, carrier, order_type, step_number, step, count(*) filter (verdict) as numerator, count(*) as denominator,
    count(*) filter (shown) as orders, count(*) filter (shown and has_complaint) as complaint_orders
from verdicts group by all;

-- WH_B's transfer is red in January and green in February; YTO is exactly 5 % over: yellow; FW_1 has too few
create table marts.agg_stage_daily as
with
    stages as (
        from (values
            ('placed_to_paid', 'office'), ('finance_approved_to_pick_started', 'office'), ('transfer', 'WH_B'), ('transfer', 'WH_A'),
            ('pick_started_to_picked', 'WH_A'), ('pick_started_to_picked', 'WH_B'), ('pick_started_to_picked', 'FW_1'),
            ('picked_up_to_hub_arrived', 'SF'), ('picked_up_to_hub_arrived', 'YTO')
        ) as stages(stage, place)
    ),
    cells as (
        select (date '2026-01-01' + d::int) as day, stage, place, case when stage = 'picked_up_to_hub_arrived' then place else 'SF' end as carrier,
            'standard' as order_type, case when place = 'FW_1' then 0 when stage = 'transfer' then 3 else 12 end as each_day, d
        from stages cross join range(59) as days(d)
    ),
    counted as (
        select day, stage, place, carrier, order_type,
            case when place = 'FW_1' then (d % 7 = 0)::int else each_day end as suborders, d
        from cells
    )
select day, stage, place, carrier, order_type, suborders::bigint as suborders, 0::bigint as excluded_suborders,
    suborders * 120 * 60000000::bigint as standard_microseconds,
    (suborders * 120 * 60000000::bigint
        * case when stage = 'transfer' and place = 'WH_B' and day < date '2026-02-01' then 1142
            when stage = 'transfer' then 1021 when place = 'YTO' then 1050 when stage = 'placed_to_paid' then 1101 else 970 end // 1000)::bigint as actual_microseconds,
    standard_microseconds / 60000000 as standard_minutes, actual_microseconds / 60000000 as actual_minutes
from counted where suborders > 0;

create table marts.agg_stage_open_daily as
select (date '2026-01-01' + d::int) as day, 'transfer' as stage, 'WH_B' as place, 'SF' as carrier, 'standard' as order_type, (3 + d % 4)::bigint as open_overdue
from range(59) as days(d)
union all
select date '2026-02-28', 'picked_to_packed', 'FW_1', 'SF', 'standard', 41;

create table marts.agg_stage_deviation as
with ended as (
    select period, date_trunc(period, day)::date as period_start, stage, place, sum(suborders) as suborders,
        sum(actual_microseconds) as actual, sum(standard_microseconds) as standard
    from marts.agg_stage_daily cross join (values ('day'), ('month')) as periods(period)
    group by all
)
select period, period_start, stage, place, suborders::bigint as suborders, (actual - standard)::double / standard as deviation,
    case when suborders < 30 then 'grey' when 100 * (actual - standard) > 10 * standard then 'red'
        when 100 * (actual - standard) >= 5 * standard then 'yellow' else 'green' end as colour
from ended;

create table marts.fct_lateness as
select order_id, signed_day, case when n % 4 = 0 then 'picked_up_to_hub_arrived' when n % 7 = 0 then 'promise_too_tight' else 'transfer' end as stage,
    case when n % 4 = 0 then carrier when n % 7 = 0 then null else place end as place, lateness_minutes as late_minutes,
    null::varchar as replaced_carrier
from marts.fct_orders where lateness_minutes > 0;

create table marts.agg_lateness_daily as
select orders.signed_day as day, orders.place, orders.carrier, coalesce(order_type, 'unknown') as order_type, stage, lateness.place as stage_place,
    count(*) as late_orders, sum(late_minutes) as late_minutes, sum(round(late_minutes * 60000000)::bigint)::bigint as late_microseconds, replaced_carrier
from marts.fct_lateness as lateness inner join marts.fct_orders as orders using (order_id)
group by all;

-- every order is one sub-order, on one waybill, with two stages and five events, the carrier's word among them
create table marts.fct_suborders as
select deciding_suborder as fulfilment_code, order_id, order_day, 'direct' as route, place as origin_place, carrier, '宁波市' as destination_city,
    -- only SF goes to Tibet; to Sichuan YTO takes the orders that come in time as well, SF little but the late ones
    case
        when n % 53 = 2 then null when carrier = 'SF' and n % 7 = 3 then '西藏自治区'
        when n % 5 = 0 or (carrier = 'YTO' and n % 5 < 3) then '四川省' else '浙江省'
    end as destination_province,
    0 as batch, promised_at, promise_source, is_on_time, lateness_minutes, sign_source, 'handed_over' as sign_method, is_cancelled,
    cancelled_at, null::varchar as replaced_by, true as is_live, closed_at, null::varchar as stage_now, signed_at,
    signed_at - to_hours(36 + n % 10) as picked_up_at, placed_at, placed_at + to_hours(6) as outbound_at, null::timestamptz as supplier_shipped_at
from marts.fct_orders;

create table marts.agg_lane_daily as
select signed_day as day, place, carrier, coalesce(destination_province, 'unknown') as destination_province, order_type,
    count(*)::bigint as signed_orders, count(*) filter (is_on_time)::bigint as signed_on_time_orders
from marts.fct_orders inner join (select fulfilment_code as deciding_suborder, destination_province from marts.fct_suborders) using (deciding_suborder)
where is_on_time is not null group by all;

-- where an order that was ever overdue stands, in turns: with us (one in three has left by our scan), on the road, at the door, denied, refused, lost, unsigned,
-- and silent for seven days to the minute
create table marts.fct_overdue as
select order_id, order_day, order_type, place, carrier, deciding_suborder, promised_at, promised_day, signed_at, signed_day, closed_at,
    if(turn > 0 or n % 3 = 2, erp_ship_by_at - interval 1 hour, null) as shipped_at, if(turn > 0, erp_ship_by_at, null) as picked_up_at,
    if(turn in (2, 3, 6, 7), promised_at - interval 10 hours, null) as near_at,
    if(turn = 3, promised_at - interval 9 hours, null) as claimed_signed_at,
    if(turn in (2, 3), promised_at - interval 8 hours, null) as not_received_at,
    if(turn = 4, promised_at - interval 7 hours, null) as failed_at,
    case turn
        when 1 then timestamptz '2026-02-26 16:00:00+00' when 2 then timestamptz '2026-02-27 16:00:00+00'
        when 5 then erp_ship_by_at + interval 1 hour when 6 then promised_at - interval 10 hours
        when 7 then timestamptz '2026-02-21 16:00:00+00'
    end as last_track_at,
    case when signed_at is null then if(turn > 0, 'picked_up_to_hub_arrived', 'pick_started_to_picked') end as stage_now,
    case when signed_at is null then if(turn > 0, carrier, place) end as stage_place
from (select *, (n // 97) % 8 as turn from marts.fct_orders)
where is_due and (signed_at is null or signed_at > promised_at);

create table marts.dim_holidays as
select day::date as day, kind, name_zh, name_en
from (values
    (date '2026-01-01', date '2026-01-03', 'off', '元旦', 'New Year'), (date '2026-01-04', date '2026-01-04', 'work', '调休上班', 'Make-up day'),
    (date '2026-02-15', date '2026-02-23', 'off', '春节', 'Spring Festival')
) as spans(first_day, last_day, kind, name_zh, name_en), lateral (select unnest(range(first_day, last_day + 1, interval 1 day)) as day);

create table marts.fct_promises as
select deciding_suborder as fulfilment_code, order_id, 'carrier_province' as lane_level, 44::bigint as sample, 30::bigint as p50_hours,
    42::bigint as p80_hours, 12::bigint as buffer_hours, promise_source, wished_date,
    n % 20 <> 4 as is_planned
from marts.fct_orders where promised_at is not null;

create table marts.dim_waybills as
select carrier, carrier || lpad(n::varchar, 8, '0') as waybill, deciding_suborder as fulfilment_code, placed_at as linked_at
from marts.fct_orders
union all
-- the other carrier uses the first order's number for the second one's parcel
select 'YTO', 'SF00000000', 'F00001', placed_at from marts.fct_orders where n = 1;

create table marts.fct_stage_durations as
with passed as (
    select deciding_suborder as fulfilment_code, order_id, order_day, 'transfer' as stage, place, carrier, order_type, placed_at as started_at,
        erp_ship_by_at as ended_at, 600.0 as standard_minutes
    from marts.fct_orders
    union all
    select deciding_suborder, order_id, order_day, 'picked_up_to_hub_arrived', carrier, carrier, order_type, erp_ship_by_at, signed_at,
        -- every third standard is two days: shorter than the way takes
        if(n % 3 = 0, 2880.0, 90000.0)
    from marts.fct_orders
)
select *, true as is_counted, null::timestamptz as left_at,
    (timezone('Asia/Shanghai', ended_at - interval 1 microsecond))::date as ended_day,
    date_diff('microsecond', started_at, ended_at) as actual_microseconds, actual_microseconds / 60000000.0 as actual_minutes,
    (standard_minutes * 60000000)::bigint as standard_microseconds
from passed;

create table marts.dim_event_types as
from (values
    ('placed', 'placed', 'milestone', '下单', 'Order placed'), ('outbound', 'outbound', 'milestone', '出库扫描', 'Outbound scan'),
    ('delivered', 'signed', 'carrier_signature', '已签收', 'Delivered'), ('returned_signed', null, 'closing', '退签', 'Returned to and signed by sender')
) as types(event_type, milestone, role, name_zh, name_en);

create table marts.fct_events as
with sent as (
    select order_id, deciding_suborder as fulfilment_code, unnest([
        {'event_type': 'placed', 'occurred_at': placed_at, 'source': 'erp', 'record': 1},
        {'event_type': 'outbound', 'occurred_at': erp_ship_by_at, 'source': 'wms', 'record': 2},
        {'event_type': 'returned_signed', 'occurred_at': erp_ship_by_at + interval 1 hour, 'source': 'carrier', 'record': 3},
        {'event_type': 'delivered', 'occurred_at': signed_at, 'source': 'carrier', 'record': 4}
    ], recursive := true), place, carrier, n
    from marts.fct_orders
)
select source, event_type, fulfilment_code, order_id, carrier, carrier || lpad(n::varchar, 8, '0') as waybill, occurred_at,
    occurred_at + interval 5 minutes as recorded_at, place, null::varchar as sign_method, event_type <> 'returned_signed' as is_valid,
    case when event_type = 'returned_signed' then 'signed_by_sender' end as invalid_reason, 'load' as load_id,
    source || '/' || n || '.csv' as file, (n * 10 + record)::bigint as record
from sent where occurred_at is not null;

-- every 5th parcel is slower than the percentile used, of YTO's every 3rd; one lane a carrier, and a rare one of WH_B
create table marts.agg_promise_lanes_daily as
select signed_day as day, place, carrier, order_type,
    case when place = 'WH_B' and n % 90 = 1 then 'place_carrier_city' else 'carrier' end as lane_level,
    if(lane_level = 'carrier', null, place) as lane_place, carrier as lane_carrier, if(lane_level = 'carrier', null, '宁波') as lane_city,
    null::varchar as lane_province, count(*)::bigint as transit_suborders,
    count(*) filter (n % if(carrier = 'YTO', 3, 5) <> 0)::bigint as covered_suborders, sum(40)::bigint as transit_hours,
    sum(12)::bigint as buffer_hours
from marts.fct_orders where is_on_time is not null group by all;

-- at P70 six hours of buffer less than was promised, at P90 six more, at P95 twelve more
create table marts.agg_promise_levels_daily as
select signed_day as day, place, carrier, order_type, level_percent, count(*)::bigint as orders,
    count(*) filter (lateness_minutes <= 60 * hours)::bigint as on_time_orders,
    sum(transit_buffer_minutes / 60 + hours)::bigint as buffer_hours
from marts.fct_orders cross join (values (70, -6), (80, 0), (90, 6), (95, 12)) as levels(level_percent, hours)
where is_on_time is not null group by all;

comment on table marts.fct_orders is 'One row an order. What the customer asked for, was promised and got. ¦ 每个订单一行。';
comment on column marts.fct_orders.is_on_time is 'Signed at or before its promise. ¦ 在承诺时间或之前签收。';
comment on column marts.fct_orders.lateness_minutes is 'Signed minus promised <in minutes>. ¦ 签收减承诺的分钟数。';
comment on column marts.agg_on_time_daily.signed_orders is 'Promised orders signed. ¦ 已签收的有承诺订单数。';
comment on column marts.agg_on_time_daily.signed_on_time_orders is 'Of those, in time. ¦ 其中，准时的。';

create table marts.dim_customers as
select 'C' || n as customer_id, '宁波市' as city from range(60) as numbers(n);

create table marts.dim_sources as
select source, max(occurred_at) as last_occurred_at, max(recorded_at) as last_recorded_at from marts.fct_events group by source;

-- 10 February: three orders joined the day (one of them late), one left it that had been on time, one was a miss and is none;
-- of the orders due on the 12th one complained later
create table marts.fct_restatements as
with
    picked as (
        select order_id, signed_at, row_number() over (order by order_id) as turn from marts.fct_orders
        where signed_day = date '2026-02-10' and is_on_time
        qualify turn <= 5
    ),
    complained as (
        select order_id, signed_at, promised_day from marts.fct_orders
        where promised_day = date '2026-02-12' and is_due and has_complaint
    )
select 'true_on_time_rate' as metric, date '2026-02-10' as day, order_id, turn > 3 as was_counted, turn = 4 as was_met,
    turn <> 4 as is_counted, turn not in (3, 4) as is_met, if(turn > 3, signed_at + interval 1 hour, null) as signed_at_then, signed_at,
    case turn when 4 then 'returned' when 5 then 'corrected' else 'recorded_late' end as cause,
    if(turn > 3, 'delivered', null) as event_type_before, if(turn > 3, signed_at + interval 1 hour, null) as occurred_at_before,
    if(turn = 4, 'returned_signed', 'delivered') as event_type, signed_at as occurred_at,
    signed_at + interval 2 days as recorded_at, 'carrier' as source, 'carrier/1.csv' as file, turn as record
from picked
union all
select 'complaint_rate', promised_day, order_id, true, false, true, true, signed_at, signed_at, 'complained', null, null,
    'complaint_ticket', promised_day::timestamptz + interval 2 days, promised_day::timestamptz + interval 2 days, 'crm', 'crm/1.csv', 1
from complained;

-- as first published: three days as now, and two that later scans have changed by an order
create table meta.published_rates as
select metric, period_start as day, numerator - (day(period_start) = 13)::int as numerator, denominator,
    (numerator - (day(period_start) = 13)::int) / nullif(denominator, 0)::double as value,
    timestamptz '2026-11-20 19:00:00+00' as published_at,
    timezone('Asia/Shanghai', (period_start + 1)::timestamp + interval 3 hours) as as_of, 1 as run_number
from marts.kpi
where period = 'day' and metric = 'true_on_time_rate'
    and (period_start between date '2026-02-08' and date '2026-02-10' or day(period_start) = 13)
union all
-- the others as they stand now, by the night after each day
select metric, period_start, numerator, denominator, value,
    timestamptz '2026-11-20 19:00:00+00', timezone('Asia/Shanghai', (period_start + 1)::timestamp + interval 3 hours), 1
from marts.kpi
where period = 'day' and metric not in ('true_on_time_rate', 'open_overdue');
