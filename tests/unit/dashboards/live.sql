-- A small live file for the pages' tests. `now`: the instant all ages are counted back from; `age`: of the figures of WH_A, in
-- milliseconds.
create schema live;
create table live.stock as
select
    sku, product, place, place_zh, place_en, on_hand::bigint as on_hand, locked::bigint as locked, available::bigint as available,
    in_transfer::bigint as in_transfer, getvariable('now') - interval 1 hour as changed_at,
    getvariable('now') - to_microseconds(1000 * if(place = 'WH_A', getvariable('age'), 5000)::bigint) as seen_at, connection
from (values
    -- short of 5 at B, 2 on their way; 12 free at A and 3 at Haishu
    ('K-1', 'Cable 2 m', 'WH_A', 14, 2, 12, 0, 'wms_a'), ('K-1', 'Cable 2 m', 'WH_B', 0, 5, -5, 2, 'wms_b'), ('K-1', 'Cable 2 m', 'FW_1', 3, 0, 3, 0, 'front_1'),
    -- short of 4 at A, all of them on their way; 1 free at B
    ('K-2', 'Lamp', 'WH_A', 0, 4, -4, 6, 'wms_a'), ('K-2', 'Lamp', 'WH_B', 1, 0, 1, 0, 'wms_b'),
    -- oversold, and nobody has any
    ('K-3', null, 'WH_A', 1, 10, -9, 0, 'wms_a'), ('K-3', null, 'WH_B', 0, 0, 0, 0, 'wms_b'),
    -- none left at Haishu, 1,200 free at A
    ('K-4', 'Screw 4×20', 'FW_1', 7, 7, 0, 0, 'front_1'), ('K-4', 'Screw 4×20', 'WH_A', 1200, 0, 1200, 0, 'wms_a'),
    -- short of 4 at Haishu, none on its way
    ('K-5', 'Lamp, large', 'FW_1', 0, 4, -4, 0, 'front_1'), ('K-5', 'Lamp, large', 'WH_B', 9, 1, 8, 0, 'wms_b'),
    -- free everywhere
    ('K-6', 'Plug', 'WH_A', 5, 0, 5, 0, 'wms_a'), ('K-6', 'Plug', 'WH_B', 5, 1, 4, 0, 'wms_b')
) as stock(sku, product, place, on_hand, locked, available, in_transfer, connection)
inner join (values
    ('WH_A', 'A仓', 'Warehouse A'), ('WH_B', 'B仓', 'Warehouse B'), ('FW_1', '海曙前置仓', 'Front warehouse Haishu')
) as places(place, place_zh, place_en) using (place);

create table live.tracks as
select
    carrier, waybill, fulfilment_code, event_type, getvariable('now') - to_minutes(minutes) as occurred_at,
    getvariable('now') - to_minutes(minutes) as recorded_at, null::varchar as place, getvariable('now') - interval 12 seconds as seen_at,
    lower(carrier) as connection
from (values
    ('YTO', 'YTO00000010', 'F00010', 'delivered', 3),
    -- the same number with another carrier is another parcel's
    ('SF', 'YTO00000010', null, 'signed', 1), ('YTO', 'YTO00000012', 'F00012', 'delivered', 2)
) as tracks(carrier, waybill, fulfilment_code, event_type, minutes);

create table live.sources as
select
    connection, connection as source, if(connection in ('sf', 'yto'), 'tracks', 'stock') as serves, getvariable('now') as attempted_at,
    getvariable('now') - to_microseconds(1000 * if(connection = 'wms_a', getvariable('age'), 5000)::bigint) as answered_at,
    0.4::double as seconds, 5::bigint as rows, '' as error
from (values ('wms_a'), ('wms_b'), ('front_1'), ('sf'), ('yto')) as sources(connection);

create table live.run as
select 41::bigint as round, getvariable('now') - interval 6 seconds as began_at, getvariable('now') - interval 5 seconds as published_at,
    1.0::double as seconds, 'Asia/Shanghai' as timezone;
