-- Only what was recorded by the run's as_of is known.
select * from {{ source("canonical", "suborders") }} where recorded_at <= {{ as_of() }}
