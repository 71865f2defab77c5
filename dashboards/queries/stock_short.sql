-- A row product and place that has nothing of it available, or is oversold, while another place has it free. What is not on its
-- way yet comes first, then what is oversold by most.
with
    figures as (
        select *, if($lang = 'zh', place_zh, place_en) as place_name, $now_us - epoch_us(seen_at) as age_us
        from published.live.stock
    ),
    free as (
        select
            sku, sum(available) as free, max(age_us) as age_us,
            list(place_name || ' ' || format('{:,}', available) order by available desc, place) as places,
            -- the few with most of it
            array_to_string(places[:3], ' · ') || if(len(places) > 3, ' · +' || (len(places) - 3), '') as free_at
        from figures
        where available > 0
        group by sku
    )
select
    figures.sku, figures.product, figures.place, figures.place_name, -figures.available as short, figures.in_transfer,
    greatest(0, short - figures.in_transfer) as still_short, free.free::bigint as free, free.free_at,
    greatest(figures.age_us, free.age_us) / 1e6 as age_seconds,
    greatest(figures.age_us, free.age_us) > $old_after_seconds * 1000000 as is_old, count(*) over () as rows
from figures
inner join free using (sku)
where figures.available <= 0 and (len($places::varchar[]) = 0 or list_contains($places::varchar[], figures.place))
order by still_short desc, short desc, figures.locked desc, free.free desc, figures.sku, figures.place
limit $most
