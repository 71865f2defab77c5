-- A company with 4,000 parcels on the way, their numbers shaped and spaced as carriers give them, and as many closed ones.
set timezone = 'UTC';
create schema marts;
create schema meta;
create table meta.run as select timestamptz '2026-02-28 16:00:00+00' as as_of, 'Asia/Shanghai' as timezone;
create table marts.dim_carriers as
from (values ('SF', '顺丰速运', 'SF Express'), ('STO', '申通快递', 'STO Express'), ('ZTO', '中通快递', 'ZTO Express'), ('YTO', '圆通速递', 'YTO Express'),
    ('YUNDA', '韵达快递', 'Yunda Express'), ('JD', '京东物流', 'JD Logistics'), ('DEPPON', '德邦快递', 'Deppon Express'), ('JT', '极兔速递', 'J&T Express'),
    ('EMS', '邮政特快', 'EMS'), ('KYE', '跨越速运', 'KYE Express'), ('YCSP', '甬城速配', 'Yongcheng City Delivery'), ('ZJKY', '浙江快运', 'Zhejiang Freight')
) as carriers(carrier, name_zh, name_en);
create table parcels as
select n, if(n % 2 = 0, 'open', 'closed') as state, carriers.carrier, 180000 + n * 3 + (hash(n) % 3)::bigint as serial,
    ['宁波', '杭州', '上海', '温州', '台州', '苏州', '金华', '嘉兴', '绍兴', '无锡', '南京', '湖州', '舟山', '衢州', '丽水', '合肥', '福州', '厦门', '广州', '深圳'][1 + (hash(n, 1) % 20)::bigint] as city,
    timestamptz '2026-02-27 16:00:00+00' - to_hours((hash(n, 2) % 72)::integer) as outbound_at
from range(8000) as numbers(n)
inner join (select carrier, row_number() over (order by carrier) - 1 as place from marts.dim_carriers) as carriers on carriers.place = hash(n, 3) % 12;
-- the S10 check digit, straight from the standard: 11 less the weighted sum modulo 11, 10 as 0 and 11 as 5
create table checks as
select n, lpad(serial::varchar, 8, '0') as digits,
    11 - (8 * digits[1]::int + 6 * digits[2]::int + 4 * digits[3]::int + 2 * digits[4]::int + 3 * digits[5]::int + 5 * digits[6]::int
        + 9 * digits[7]::int + 7 * digits[8]::int) % 11 as rest
from parcels;
create table marts.dim_waybills as
select carrier, case carrier
    when 'SF' then 'SF' || (1403000000000 + serial * 7) when 'STO' then (773200000000000 + serial * 3)::varchar
    when 'ZTO' then (78600000000000 + serial * 9)::varchar when 'YTO' then 'YT' || (8810000000000 + serial * 5)
    when 'YUNDA' then (462000000000000 + serial * 11)::varchar when 'JD' then 'JDX' || lpad(serial::varchar, 11, '0')
    when 'DEPPON' then 'DPK' || (202500000000 + serial) when 'JT' then 'JT' || (5120000000000 + serial * 7)
    when 'KYE' then 'KY' || (40000000000 + serial * 3) when 'YCSP' then '甬' || lpad(serial::varchar, 8, '0')
    when 'ZJKY' then 'ZJ' || lpad(serial::varchar, 8, '0')
    else 'EB' || digits || case rest when 10 then 0 when 11 then 5 else rest end || 'CN'
end as waybill, 'LY' || lpad(n::varchar, 8, '0') as fulfilment_code
from parcels inner join checks using (n);
create table marts.fct_suborders as
select 'LY' || lpad(n::varchar, 8, '0') as fulfilment_code, 'XG20260225' || lpad(n::varchar, 5, '0') as order_id, date '2026-02-25' as order_day, city as destination_city,
    outbound_at, null::timestamptz as supplier_shipped_at, outbound_at as picked_up_at, outbound_at + to_days(4) as promised_at,
    outbound_at - to_days(1) as placed_at, 'picked_up_to_hub_arrived' as stage_now, false as is_cancelled, true as is_live,
    if(state = 'closed', outbound_at + to_hours(20), null) as signed_at, if(state = 'closed', outbound_at + to_hours(20), null) as closed_at,
    if(state = 'closed', 'carrier', null) as sign_source
from parcels;
-- the other words of the pages' connection look at these
create table marts.agg_stage_daily as select 'picked_up_to_hub_arrived' as stage;
create table marts.agg_stage_open_daily as select 'picked_up_to_hub_arrived' as stage;
create table marts.dim_places as select '' as place, '' as name_zh, '' as name_en, '' as kind where false;
create table marts.fct_overdue (
    order_id varchar, order_day date, order_type varchar, place varchar, carrier varchar, deciding_suborder varchar,
    promised_at timestamptz, promised_day date, signed_at timestamptz, signed_day date, closed_at timestamptz,
    shipped_at timestamptz, picked_up_at timestamptz, near_at timestamptz, claimed_signed_at timestamptz,
    not_received_at timestamptz, failed_at timestamptz, last_track_at timestamptz, stage_now varchar, stage_place varchar
);
create table meta.quarantine (source varchar, table_name varchar, reason varchar, reason_zh varchar);
create table meta.files (source varchar, table_name varchar, file varchar, status varchar);
create table meta.quality (run_number bigint, expectation varchar, observed varchar, expected varchar);
