-- The small file: what is kept, as its readers want it. `small` is the file, `asked` the connections, `waybills` what the
-- night knows of them, `refused_rows` the quarantine with personal columns masked.
create schema small.live;

create table small.live.stock as
with
    names as (select sku, min(product) as product from kept.stock group by sku),
    figures as (
        select
            sku, place, sum(on_hand)::bigint as on_hand, sum(locked)::bigint as locked,
            sum(coalesce(available, on_hand - locked))::bigint as available,
            -- where transfers are told, what nobody tells is not on its way
            coalesce(sum(in_transfer), if(getvariable('tells_transfers'), 0, null))::bigint as in_transfer, max(changed_at) as changed_at, min(seen_at) as seen_at,
            coalesce(min(connection) filter (on_hand is not null), min(connection)) as connection
        from kept.stock
        group by sku, place
    )
select
    figures.sku, names.product, figures.place, places.name_zh as place_zh, places.name_en as place_en,
    figures.on_hand, figures.locked, figures.available, figures.in_transfer, figures.changed_at,
    figures.seen_at, figures.connection
from figures
join names using (sku)
left join reference.places as places using (place)
order by figures.sku, figures.place;

create table small.live.tracks as
with
    scans as (
        select
            carrier, waybill, event_type, occurred_at, recorded_at, place,
            regexp_extract(file, '/([a-z][a-z0-9_]*)-[0-9T]+Z[.][a-z]+$', 1) as connection
        from canonical.events
        where
            carrier is not null
            and waybill is not null
            and occurred_at > getvariable('tracks_since')
            -- a clock that runs ahead of ours by more is an error in the row
            and occurred_at <= getvariable('now') + interval 10 minute
        qualify row_number() over (
            partition by carrier, waybill
            order by occurred_at desc, recorded_at desc, event_type, place, file, record
        ) = 1
    )
select
    scans.carrier, scans.waybill, waybills.fulfilment_code, scans.event_type, scans.occurred_at,
    scans.recorded_at, scans.place, answers.seen_at, scans.connection
from scans
left join kept.answers as answers using (connection)
left join waybills using (carrier, waybill)
order by scans.carrier, scans.waybill;

create table small.live.sources as
select
    name as connection, source, serves, attempted_at, answered_at, seconds, row_count as rows, error
from asked
order by connection;

create table small.live.refused as
select
    regexp_extract(file, '/([a-z][a-z0-9_]*)-[0-9T]+Z[.][a-z]+$', 1) as connection,
    source, table_name, reason, reason_zh, "row"::json as row, min(loaded_at) as loaded_at
from refused_rows
group by all
union all
select
    regexp_extract(file, '/([a-z][a-z0-9_]*)-[0-9T]+Z[.][a-z]+$', 1),
    source, table_name, reason, reason_zh, null, loaded_at
from meta.files
where status = 'refused'
order by loaded_at, connection, table_name, reason;

create table small.live.run as
select
    getvariable('number')::bigint as round,
    getvariable('began_at')::timestamptz as began_at,
    now() as published_at,
    0::double as seconds,
    getvariable('timezone')::varchar as timezone,
    (select count(*) from asked) as sources,
    (select count(*) from asked where error = '' and answered_at is not null) as sources_well,
    (select count(distinct place) from small.live.stock) as places;
