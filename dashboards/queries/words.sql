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
select stage, starts.position, ends.position as end_position, starts.held_by,
    starts.held_by = 'office' and ends.held_by <> 'office' as is_first_own
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
inner join milestones as ends on ends.milestone = end_milestone
union all
select 'sent_again', null, null, 'carrier', false;

-- Whose the late minutes are: before a replacement was sent they are no wait at its place, the first parcel was on its way.
create macro lost_stage(stage, replaced_carrier) as if(replaced_carrier is null, stage, 'sent_again');
create macro lost_place(place, replaced_carrier) as if(replaced_carrier is null, place, '');

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

-- What had happened by an instant, else null.
create macro by_then(happened, instant) as if(happened <= instant, happened, null);

-- Orders past their promise and neither signed nor closed at the end of a day, by what can be done about them, told from their
-- deciding sub-order's scans by then. `with_us`: no carrier has had it, nor has it left by our own scan long ago; `contested`: refused, sent back or lost, or claimed
-- received and the customer says it has not come; else `at_door`: out for delivery, in a locker or claimed received, and
-- `on_road`: on the way there; of these two, without a scan for `silent_days`: `unsigned` and `lost`.
create macro overdue_at(to_day, silent_days) as table
with
    run as (
        select timezone(timezone, (to_day::date + 1)::timestamp) as ends_at from published.meta.run
    ),
    open_orders as (
        select
            overdue.* exclude (order_type), coalesce(order_type, 'unknown') as order_type, ends_at,
            minutes_between(promised_at, ends_at) as minutes_open, by_then(claimed_signed_at, ends_at) as claimed_at,
            greatest(
                by_then(last_track_at, ends_at), by_then(picked_up_at, ends_at), by_then(near_at, ends_at), by_then(failed_at, ends_at)
            ) as tracked_at,
            greatest(tracked_at, by_then(shipped_at, ends_at)) as last_seen_at,
            coalesce(minutes_between(last_seen_at, ends_at) >= 1440 * silent_days, false) as is_silent
        from published.marts.fct_overdue as overdue
        inner join run on
            promised_day <= to_day::date and (signed_day is null or signed_day > to_day::date)
            and (signed_day is not null or closed_at is null or closed_at > ends_at)
    )
select
    *, case
        when tracked_at is null then if(is_silent, 'lost', 'with_us')
        when failed_at <= ends_at or (not_received_at <= ends_at and not_received_at >= claimed_at) then 'contested'
        when near_at <= ends_at then if(is_silent, 'unsigned', 'at_door')
        else if(is_silent, 'lost', 'on_road')
    end as part
from open_orders;

-- What can be done about overdue orders, in the order in which to begin; the first three move today.
create table overdue_parts as
from (values
    (1, 'with_us', true), (2, 'on_road', true), (3, 'at_door', true), (4, 'contested', false), (5, 'lost', false), (6, 'unsigned', false)
) as overdue_parts(turn, part, is_moving);

-- Numbers typed by hand, to be compared: letters that look like digits are read as those, and a Chinese character is one
-- sign, for distances are counted in bytes.
create macro looks(number) as regexp_replace(translate(upper(number), 'OILZSB', '011258'), '[^ -~]', '~', 'g');

-- What is left of a number without its characters i and j; 0: none.
create macro cut(number, i, j) as
    case
        when j = 0 then number
        when i = 0 then left(number, j - 1) || substr(number, j + 1)
        else left(number, i - 1) || substr(number, i + 1, j - i - 1) || substr(number, j + 1)
    end;

-- Whether a number has the form of the Universal Postal Union's S10, and its check digit is right.
create macro passes_s10(number) as
    regexp_full_match(number, '[A-Z]{2}\d{9}[A-Z]{2}')
    and try_cast(number[11] as integer) = case
        11 - list_sum(list_transform([8, 6, 4, 2, 3, 5, 9, 7], lambda weight, i: weight * try_cast(number[i + 2] as integer))) % 11
        when 10 then 0
        when 11 then 5
        else 11 - list_sum(list_transform([8, 6, 4, 2, 3, 5, 9, 7], lambda weight, i: weight * try_cast(number[i + 2] as integer))) % 11
    end;

-- Of two numbers that differ in two places: the one mistake it may be, else two.
create macro kind_of_two(typed, meant, p, q) as
    case
        when q - p = 2 and typed[p] = meant[q] and typed[q] = meant[p] then 'jump'
        when q - p = 1 and typed[p] = typed[q] and meant[p] = meant[q] then 'twin'
        when q - p = 2 and typed[p] = typed[q] and meant[p] = meant[q] then 'jump_twin'
        when q - p = 1 and (meant[q] = '0' and typed[p] = '1' and typed[q] = meant[p] or typed[q] = '0' and meant[p] = '1' and meant[q] = typed[p]) then 'phonetic'
        else 'two'
    end;
create macro differences(a, b) as list_filter(range(1, length(a) + 1), lambda i: a[i] <> b[i]);
create macro pair_of_mistakes(typed, meant) as
    kind_of_two(typed, meant, differences(typed, meant)[1], differences(typed, meant)[2]);

-- A city as people write it: with its province before, or the word for city behind.
create macro city_of(typed, city) as
    typed = regexp_replace(city, '市$', '') or ends_with(typed, regexp_replace(city, '市$', ''))
    or ends_with(lower(typed), lower(city)) or jaro_winkler_similarity(lower(typed), lower(city)) >= 0.93;
