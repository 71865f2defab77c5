-- A row source that is pulled every few seconds: whether it answers, since when it does not; those that need somebody first.
select
    connection, source, serves, timezone($timezone, answered_at) as answered_at, seconds, rows, error,
    ($now_us - epoch_us(answered_at)) / 1e6 as age_seconds,
    timezone($timezone, answered_at)::date = timezone($timezone, make_timestamptz($now_us))::date as is_today,
    case
        when error <> '' or answered_at is null then 'silent'
        when $now_us - epoch_us(answered_at) > $old_after_seconds * 1000000 then 'old'
        else 'well'
    end as state
from published.live.sources
order by
    case state when 'silent' then 1 when 'old' then 2 else 3 end,
    if(state = 'well', null, answered_at) nulls first, serves, connection
