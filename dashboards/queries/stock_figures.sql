-- A row product and place, as the source says it, with the age of the figure. Of the products that are looked for the most
-- oversold come first, all places of each together.
with
    looked_for as (
        select *, $now_us - epoch_us(seen_at) as age_us
        from published.live.stock
        where
            (len($places::varchar[]) = 0 or list_contains($places::varchar[], place))
            and ($word = '' or contains(lower(sku), lower($word)) or contains(lower(coalesce(product, '')), lower($word)))
    ),
    products as (
        select
            sku, row_number() over (order by sum(least(available, 0)), min(available), sku) as turn, count(*) over () as products
        from looked_for
        group by sku
    )
select
    sku, product, place, if($lang = 'zh', place_zh, place_en) as place_name, on_hand, locked, available, in_transfer,
    timezone($timezone, changed_at) as changed_at, timezone($timezone, seen_at) as seen_at, age_us / 1e6 as age_seconds,
    age_us > $old_after_seconds * 1000000 as is_old,
    case when available < 0 then 'oversold' when available = 0 then 'bare' when available > 0 then 'free' else 'unknown' end as state, turn, products
from looked_for
inner join products using (sku)
where turn <= $most
order by turn, place
