-- The newest scan of each waybill of an order, as the carriers say it right now; a number that is known to be of another order
-- is left out.
select
    carrier, waybill, fulfilment_code, event_type, timezone($timezone, occurred_at) as occurred_at,
    timezone($timezone, occurred_at)::date = timezone($timezone, make_timestamptz($now_us))::date as is_today,
    ($now_us - epoch_us(seen_at)) / 1e6 as age_seconds
from published.live.tracks
where
    list_contains($codes::varchar[], fulfilment_code)
    or (fulfilment_code is null and list_contains($waybills::varchar[], carrier || ' ' || waybill))
order by tracks.occurred_at desc, waybill
