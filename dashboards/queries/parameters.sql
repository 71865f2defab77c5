-- The business numbers as they stand now; a seed of the warehouse holds them. Every other query is bound to these, and to
-- the zone of the company's wall clock: looked up for each instant, it would take longer than the rest of a query.
select
    arg_max(value, valid_from) filter (name = 'wilson_z')::double as wilson_z,
    arg_max(value, valid_from) filter (name = 'minimum_sample')::integer as minimum_sample,
    arg_max(value, valid_from) filter (name = 'yellow_from_percent')::integer as yellow_from,
    arg_max(value, valid_from) filter (name = 'red_above_percent')::integer as red_above,
    arg_max(value, valid_from) filter (name = 'final_after_days')::integer as final_after_days,
    arg_max(value, valid_from) filter (name = 'xmr_factor')::double as xmr_factor,
    arg_max(value, valid_from) filter (name = 'xmr_minimum_points')::integer as xmr_minimum_points,
    arg_max(value, valid_from) filter (name = 'xmr_run_length')::integer as xmr_run_length,
    arg_max(value, valid_from) filter (name = 'transit_high_percent')::integer as aim_percent,
    arg_max(value, valid_from) filter (name = 'silent_days')::integer as silent_days,
    arg_max(value, valid_from) filter (name = 'old_after_seconds')::integer as old_after_seconds,
    arg_max(value, valid_from) filter (name = 'publication_hour')::integer as publication_hour,
    (select timezone from published.meta.run) as timezone
from published.meta.parameters
