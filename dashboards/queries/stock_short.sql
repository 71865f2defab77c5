-- A row product and place that has nothing of it available, or is oversold, while another place has it free. What is not on its
-- way yet comes first, then what is oversold by most.
with
    free as (
        select sku, sum(available)::bigint as free, min(seen_at) as seen_at
        from published.live.stock
        where available > 0
        group by sku
    ),
    short as (
        select
            stock.sku, stock.product, stock.place, if($lang = 'zh', place_zh, place_en) as place_name, -stock.available as short,
            stock.in_transfer, greatest(0, short - coalesce(stock.in_transfer, 0)) as still_short, free.free,
            $now_us - epoch_us(least(stock.seen_at, free.seen_at)) as age_us, count(*) over () as rows,
            row_number() over (order by still_short desc, short desc, stock.locked desc, free.free desc, stock.sku, stock.place) as turn
        from published.live.stock as stock
        inner join free using (sku)
        where stock.available <= 0 and (len($places::varchar[]) = 0 or list_contains($places::varchar[], stock.place))
        qualify turn <= $most
    ),
    -- the few places with most of it
    places as (
        select
            sku, list(
                if($lang = 'zh', place_zh || '：', place_en || ': ') || format('{:,}', available) order by available desc, place
            ) as names
        from published.live.stock
        where available > 0 and sku in (select sku from short)
        group by sku
    )
select
    short.*, array_to_string(names[:3], ' · ') || if(len(names) > 3, ' · +' || (len(names) - 3), '') as free_at,
    age_us / 1e6 as age_seconds, age_us > $old_after_seconds * 1000000 as is_old
from short
inner join places using (sku)
order by turn
