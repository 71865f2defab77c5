-- The second half of by_hand.sql: the tables deviations and lateness, from the sub-orders and orders judged there.

-- steps: a kind of sub-order has a chain of milestones; two of them make a step, a single one or several joined, whose
-- standards add up. Its key is made of the kind and of both milestones' numbers, 0 instead of the second: still in it
create temp macro step_name(start, finish) as
    case when start = 'transfer_requested' and finish = 'transfer_received' then 'transfer'
        else start || '_to_' || finish end;
create temp macro step_key(kind, start, finish) as (kind * 256 + start * 16 + finish)::integer;
create temp table step as
with
    chain as (
        select
            kind.rowid as kind, kind.order_type, number, milestone, lead(number) over chain as next_number,
            lead(milestone) over chain as next_milestone, step_name(milestone, next_milestone) as stage,
            case held_by when 'office' then 'office' when 'sender' then coalesce(sending, 'unknown')
                when 'carrier' then carrier else origin end as place
        from kind
        inner join reference('route_milestones') as routes using (route)
        inner join (
            select milestone, held_by, "position"::integer as number from csv(getvariable('milestones'))
        ) using (milestone)
        inner join reference('order_types') as types using (order_type)
        where not list_contains(string_split(coalesce(missing_milestones, ''), '|'), milestone)
        window chain as (partition by kind.rowid order by number)
    ),
    single as (
        -- the most specific row holds
        select chain.*, arg_max(round(minutes::double * 60000000)::bigint,
            (standards.place is not null)::integer * 2 + (standards.order_type is not null)::integer) as standard
        from chain
        left join reference('standards') as standards on standards.stage = chain.stage
            and coalesce(standards.place, chain.place) = chain.place
            and coalesce(standards.order_type, chain.order_type) = chain.order_type
        where next_number is not null
        group by all
    ),
    summed as (select *, sum(standard) over (partition by kind order by number)::bigint as upto from single),
    keyed as (
        select step_key(kind, first.number, last.next_number) as key, step_name(first.milestone, last.next_milestone) as stage,
            first.place, last.upto - first.upto + first.standard as standard
        from summed as first inner join summed as last using (kind)
        where last.number >= first.number
        union all
        select step_key(kind, number, 0), stage, place, standard from single
    )
select *, dense_rank() over (order by stage, place)::smallint as step from keyed;

-- from each milestone that a sub-order has reached to the next it has reached; in between, instants carry their milestone's
-- number in the last four bits
create temp macro stamp(instant, number) as instant::bigint * 16 + number;
create temp macro steps_of(parts) as table (
    with stamps as materialized (
        select
            s, kind, left_at, stamp(placed, 1) as m1, stamp(paid, 2) as m2, stamp(approved, 3) as m3,
            stamp(requested, 4) as m4, stamp(received, 5) as m5, stamp(ordered, 6) as m6, stamp(shipped, 7) as m7,
            stamp(pick, 8) as m8, stamp(picked, 9) as m9, stamp(packed, 10) as m10, stamp(outbound, 11) as m11,
            stamp(pickup, 12) as m12, stamp(hub, 13) as m13, stamp(out_for, 14) as m14, stamp(signed, 15) as m15
        from query_table(parts)
        where cancelled is null or signed is not null
    )
    select s, left_at, began >> 4 as began, ended >> 4 as ended, step_key(kind, began & 15, coalesce(ended & 15, 0)) as key
    from (
        select s, kind, left_at, m1 as began,
            coalesce(m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) as ended
        from stamps
        union all
        select s, kind, left_at, m2, coalesce(m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) from stamps
        union all
        select s, kind, left_at, m3, coalesce(m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m4, coalesce(m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m5, coalesce(m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m6, coalesce(m7, m8, m9, m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m7, coalesce(m8, m9, m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m8, coalesce(m9, m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m9, coalesce(m10, m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m10, coalesce(m11, m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m11, coalesce(m12, m13, m14, m15) from stamps
        union all select s, kind, left_at, m12, coalesce(m13, m14, m15) from stamps
        union all select s, kind, left_at, m13, coalesce(m14, m15) from stamps
        union all select s, kind, left_at, m14, m15 from stamps
    )
    where began is not null
);

create table deviations as
with
    -- by the day a step ended and, if it was still going on at the end of days before, overdue, by the first of those
    counted as (
        select
            step, ended is not null as has_ended, gone_day, case when is_overdue then overdue_day end as overdue_day,
            count(*) as steps, count(*) filter (ended >= began) as suborders,
            coalesce(sum(ended - began) filter (ended >= began), 0)::bigint * 1000000 as actual,
            coalesce(sum(standard) filter (ended >= began), 0)::bigint as standard
        from (
            select
                *, began * 1000000 + standard as overdue_at,
                ((overdue_at + 28800000000) // 86400000000)::integer as overdue_day,
                coalesce(day_of(coalesce(ended, left_at)), day_of(as_of()) + 1)::integer as gone_day,
                overdue_day < gone_day and overdue_at < as_of() * 1000000::bigint as is_overdue
            from steps_of('part') inner join step using (key)
        )
        group by all
    ),
    named as (from counted inner join (select distinct step, stage, place from step) using (step)),
    ended as (
        select gone_day as day, stage, place, sum(suborders) as suborders, sum(actual) as actual, sum(standard) as standard
        from named where has_ended group by all
    ),
    overdue as (
        select unnest(range(overdue_day, gone_day)) as day, stage, place, steps from named where overdue_day is not null
    ),
    by_day as (
        select day, stage, place, suborders, actual, standard, open_overdue, ended.day is not null as has_ended
        from ended
        full join (select day, stage, place, sum(steps) as open_overdue from overdue group by all) using (day, stage, place)
    ),
    summed as (
        select 'day' as period, as_date(day) as period_start, * exclude (day, has_ended) from by_day
        union all
        select
            'month', date_trunc('month', as_date(day))::date as month, stage, place,
            sum(suborders), sum(actual), sum(standard),
            sum(open_overdue) filter (as_date(day) = least(last_day(as_date(day)), as_date(day_of(as_of())))) as at_end
        from by_day
        group by month, stage, place
        having bool_or(has_ended) or at_end > 0
    )
select
    period, period_start, stage, place, coalesce(suborders, 0)::bigint as suborders,
    coalesce(actual, 0)::double / 60000000 as actual_minutes, coalesce(standard, 0)::double / 60000000 as standard_minutes,
    case when standard > 0 then (actual - standard)::double / standard end as deviation,
    case
        when coalesce(suborders, 0) < minimum_sample() or standard <= 0 then 'grey'
        when 100 * (actual::hugeint - standard) > red_above_percent() * standard::hugeint then 'red'
        when 100 * (actual::hugeint - standard) >= yellow_from_percent() * standard::hugeint then 'yellow'
        else 'green'
    end as colour,
    coalesce(open_overdue, 0)::bigint as open_overdue
from summed;

-- late minutes: to the steps of the deciding sub-order that took longer than they may; the rest was promised too tightly
create temp table late_part as
select part.*, order_id, lateness * 1000000::bigint as lateness
from part inner join judged on deciding = s where lateness > 0;

create table lateness as
with
    overruns as (
        select s, stage, place, greatest(0, (ended - began) * 1000000 - standard) as overrun
        from steps_of('late_part') inner join step using (key)
        where ended >= began
    ),
    totals as (select s, sum(overrun)::bigint as total from overruns group by s)
select order_id, stage, place, (overrun * least(1.0::double, lateness::double / total)) / 60000000 as late_minutes
from overruns inner join totals using (s) inner join late_part using (s) where overrun > 0
union all
select order_id, 'promise_too_tight', null, (lateness - coalesce(total, 0))::double / 60000000
from late_part left join totals using (s) where lateness > coalesce(total, 0);
