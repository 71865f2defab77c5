-- A live file of sixty products at the demo company's ten stock places and of its twenty-two sources, all made up.
-- `locked`: pieces more that are locked where there is little; `has_silent`: two sources have not answered for five minutes.
create schema live;
create table live.stock as
with
    places as (
        from (values
            ('A', 0, '甲仓', 'Warehouse A', 'wms_a'), ('B', 1, '乙仓', 'Warehouse B', 'wms_b'), ('C', 2, '丙仓', 'Warehouse C', 'wms_c'),
            ('F1', 3, '温州前置仓', 'Front warehouse 1', 'front_1'), ('F2', 4, '台州前置仓', 'Front warehouse 2', 'front_2'),
            ('F3', 5, '绍兴前置仓', 'Front warehouse 3', 'front_3'), ('F4', 6, '嘉兴前置仓', 'Front warehouse 4', 'front_4'),
            ('F5', 7, '湖州前置仓', 'Front warehouse 5', 'front_5'), ('F6', 8, '舟山前置仓', 'Front warehouse 6', 'front_6'),
            ('F7', 9, '宁波前置仓', 'Front warehouse 7', 'front_7')
        ) as places(place, i, place_zh, place_en, connection)
    ),
    made as (
        select
            *, 'SKU-' || lpad(n::varchar, 5, '0') as sku, (n * 5 + i * 3) % 19 = 1 as is_little,
            ['USB-C cable 2 m', 'Desk lamp, dimmable, warm white', 'Wood screw 4×20, box of 200', '拖线板 六位 3米', 'Paint roller'][1 + n % 5]
                || ' ' || n as named,
            case when is_little then 2 when (n * 7 + i * 11) % 23 = 0 then 0 else 5 + (n * 37 + i * 53) % 2140 end as on_hand,
            if(is_little, 4 + (n + i) % 14 + getvariable('locked'), on_hand // 5) as locked
        from range(60) as products(n), places
        where i < 3 or (n + i) % 3 < 2
    )
select
    sku, if(n % 13 = 5, null, named) as product, place, place_zh, place_en, on_hand::bigint as on_hand, locked::bigint as locked,
    (on_hand - locked)::bigint as available, if((n + i) % 5 = 0, 3 + n % 9, 0)::bigint as in_transfer,
    now() - to_minutes((n * i) % 600) as changed_at,
    now() - to_seconds(if(getvariable('has_silent') and i in (1, 6), 300, 2 + i % 3)) as seen_at, connection
from made;

create table live.tracks (
    carrier varchar, waybill varchar, fulfilment_code varchar, event_type varchar, occurred_at timestamptz, recorded_at timestamptz,
    place varchar, seen_at timestamptz, connection varchar
);

create table live.sources as
select
    connection, connection as source, serves, now() as attempted_at, now() - to_seconds(if(is_silent, 300, 3)) as answered_at,
    0.4::double as seconds, 120::bigint as rows, if(is_silent, '503: maintenance', '') as error
from (
    select *, getvariable('has_silent') and connection in ('wms_b', 'front_4') as is_silent
    from (
        select unnest(['wms_a', 'wms_b', 'wms_c', 'front_1', 'front_2', 'front_3', 'front_4', 'front_5', 'front_6', 'front_7']) as connection, 'stock' as serves
        union all
        select unnest(['sf', 'yto', 'zto', 'sto', 'yunda', 'jd', 'ems', 'jt', 'deppon', 'kye', 'ycsp', 'zjky']), 'tracks'
    )
);

create table live.run as
select 1::bigint as round, now() - interval 3 seconds as began_at, now() as published_at, 1.2::double as seconds, 'Asia/Shanghai' as timezone;
