-- The words all queries share, made once a connection, in memory: nothing here is written anywhere.

-- A business number as it stands now; a seed of the warehouse holds them.
create macro parameter(wanted) as (
    select arg_max(value, valid_from)::double from published.meta.parameters where name = wanted
);

-- Nothing chosen means everything.
create macro is_chosen(chosen, value) as (
    len(chosen::varchar[]) = 0 or coalesce(list_contains(chosen::varchar[], value), false)
);

-- An instant that ends a local day belongs to the day it ends.
create macro local_day(instant) as
    cast(timezone((select timezone from published.meta.run), instant - interval 1 microsecond) as date);

create macro rate(k, n) as k::double / nullif(n, 0);

-- Wilson's 95 % interval, clamped; side is -1 or 1.
create macro wilson(k, n, side) as
    case when n > 0 then least(1.0, greatest(0.0, (
        k / n::double + pow(parameter('wilson_z'), 2) / (2 * n)
        + side * parameter('wilson_z') * sqrt(k / n::double * (1 - k / n::double) / n + pow(parameter('wilson_z'), 2) / (4 * n::double * n))
    ) / (1 + pow(parameter('wilson_z'), 2) / n))) end;

create macro is_too_few(n) as n < parameter('minimum_sample');

-- Compared in integer microseconds, so that exactly 5 % and exactly 10 % fall where the rule puts them.
create macro colour(suborders, actual, standard) as
    case
        when is_too_few(suborders) or standard <= 0 then 'grey'
        when 100 * (actual - standard) > parameter('red_above_percent')::integer * standard then 'red'
        when 100 * (actual - standard) >= parameter('yellow_from_percent')::integer * standard then 'yellow'
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

create view stages as
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

-- The name of a place or, from the carrier's pick-up on, of a carrier.
create macro holder_name(held_by, code, lang) as
    case
        when held_by = 'carrier' then (
            select any_value(if(lang = 'zh', name_zh, name_en)) from published.marts.dim_carriers where carrier = code
        )
        else (select any_value(if(lang = 'zh', name_zh, name_en)) from published.marts.dim_places where place = code)
    end;
