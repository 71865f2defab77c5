-- The words all queries share, made once a connection, in memory: nothing here is written anywhere.

-- Nothing chosen means everything.
create macro is_chosen(chosen, value) as (
    len(chosen::varchar[]) = 0 or coalesce(list_contains(chosen::varchar[], value), false)
);

create macro rate(k, n) as k::double / nullif(n, 0);

-- An end of Wilson's interval, clamped: the lower one for -z, the upper one for z.
create macro wilson(k, n, z) as
    case when n > 0 then least(1.0, greatest(0.0, (
        k / n::double + z * z / (2 * n) + z * sqrt(k / n::double * (1 - k / n::double) / n + z * z / (4 * n::double * n))
    ) / (1 + z * z / n))) end;

-- Compared in integer microseconds, so that exactly 5 % and exactly 10 % fall where the rule puts them.
create macro colour(suborders, actual, standard, minimum, yellow, red) as
    case
        when suborders < minimum or standard <= 0 then 'grey'
        when 100 * (actual - standard) > red * standard then 'red'
        when 100 * (actual - standard) >= yellow * standard then 'yellow'
        else 'green'
    end;

-- The milestones in the order in which an order passes them, and who holds it from there on.
create table milestones as
from (values
    (1, 'placed', 'office'), (2, 'paid', 'office'), (3, 'finance_approved', 'office'), (4, 'transfer_requested', 'place'),
    (5, 'transfer_received', 'place'), (6, 'supplier_ordered', 'place'), (7, 'supplier_shipped', 'place'),
    (8, 'pick_started', 'place'), (9, 'picked', 'place'), (10, 'packed', 'place'), (11, 'outbound', 'place'),
    (12, 'picked_up', 'carrier'), (13, 'hub_arrived', 'carrier'), (14, 'out_for_delivery', 'carrier'), (15, 'signed', 'carrier')
) as milestones(position, milestone, held_by);

create table stages as
select stage, starts.position, ends.position as end_position, starts.held_by
from (
    select distinct stage,
        if(stage = 'transfer', 'transfer_requested', split_part(stage, '_to_', 1)) as start_milestone,
        if(stage = 'transfer', 'transfer_received', split_part(stage, '_to_', 2)) as end_milestone
    from (
        select stage from published.marts.agg_stage_daily
        union all
        select stage from published.marts.agg_stage_open_daily
    )
)
inner join milestones as starts on starts.milestone = start_milestone
inner join milestones as ends on ends.milestone = end_milestone;

-- The names of those who hold an order: places, and from the carrier's pick-up on the carriers.
create table holders as
select unnest(['office', 'place']) as held_by, place, name_zh, name_en, kind from published.marts.dim_places
union all
select 'carrier', carrier, name_zh, name_en, 'carrier' from published.marts.dim_carriers;

-- Which group of the stages' pictures a holder stands in.
create macro part_of(held_by, kind) as
    case when held_by = 'carrier' then 'carrier' when kind in ('office', 'supplier') then kind else 'place' end;

-- The instant at which a local day ends. Of values that are bound it is one value: what a scan is compared with, it skips by.
create macro end_of_day(day, zone) as timezone(zone, (day::date + 1)::timestamp);

-- From one instant to a later one; by the clock's own count, for the calendar's takes ten times as long.
create macro minutes_between(earlier, later) as (epoch_us(later) - epoch_us(earlier)) / 60000000.0;

-- How late it came, or is by now.
create macro minutes_late(promised_at, signed_at, now_at) as minutes_between(promised_at, coalesce(signed_at, now_at));

-- How long overdue orders are so, in the groups that the pages count them by.
create table ages as
from (values (1, 0, 1), (2, 1, 3), (3, 3, 7), (4, 7, 14), (5, 14, null)) as ages(age, from_days, to_days);

-- On which side of the mean a point lies: 1, -1, or 0 on it. Rounded, or a process that never moves would seem to.
create macro side_of(value, centre) as sign(round(value - centre, 9))::integer;

-- A point further from the mean than the process goes by itself.
create macro is_outside(value, centre, width) as abs(value - centre) > width + 1e-9;

-- A text that says the same in English and Chinese, `English ¦ Chinese`, in one of them.
create macro in_language(text, language) as
    coalesce(nullif(trim(split_part(text, '¦', if(language = 'zh', 2, 1))), ''), trim(split_part(text, '¦', 1)));

-- A text that came in English and in Chinese, in one of them; a file published before the Chinese has English only.
create macro told(english, chinese, language) as if(language = 'zh', coalesce(chinese, english), english);

create view quarantined as
from published.meta.quarantine
union all by name
select null::varchar as reason_zh where false;

create view seen_files as
from published.meta.files
union all by name
select null::varchar as reason_zh, null::varchar as remedy_zh where false;

create view checked as
from published.meta.quality
union all by name
select null::varchar as observed_zh, null::varchar as expected_zh where false;

-- What is wrong with a row in quarantine, told from the words that landing uses.
create macro kind_of_mistake(reason) as
    case
        when contains(reason, 'a value is missing') then 'missing'
        when regexp_matches(reason, ' is no (time|date|instant)') then 'time'
        when contains(reason, ' is not in codes/') then 'code'
        when regexp_matches(reason, ' has \d+ fields | is no whole JSON | is no answer with records') then 'broken'
        when regexp_matches(reason, ' is none of | is no | is below | is above | less than | more than ') then 'value'
        else 'other'
    end;
