-- The stock of right now in one row: how many products are oversold at a place that is chosen or have nothing left there, how
-- many of them another place has free, and how old the oldest figure is.
with
    figures as (
        select
            sku, available, $now_us - epoch_us(seen_at) as age_us,
            len($places::varchar[]) = 0 or list_contains($places::varchar[], place) as is_chosen
        from published.live.stock
    ),
    products as (
        select sku, min(available) filter (is_chosen) as least, sum(greatest(available, 0)) as free from figures group by sku
    ),
    counted as (
        select
            count(*) filter (least is not null) as products, count(*) filter (least < 0) as oversold,
            count(*) filter (least < 0 and free > 0) as oversold_free, count(*) filter (least = 0 and free > 0) as bare_free
        from products
    ),
    aged as (
        select
            count(*) as figures, max(age_us) / 1e6 as oldest_seconds,
            count(*) filter (age_us > $old_after_seconds * 1000000) as old_figures
        from figures
        where is_chosen
    )
select
    *, timezone($timezone, run.published_at) as published_at, ($now_us - epoch_us(run.published_at)) / 1e6 as seconds_since_round,
    $now_us - epoch_us(run.published_at) > $old_after_seconds * 1000000 as has_stopped
from counted
cross join aged
cross join (select published_at from published.live.run limit 1) as run
