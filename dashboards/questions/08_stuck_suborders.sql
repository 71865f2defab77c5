-- en: Which sub-orders are stuck: in a stage now, and longest past its standard?
-- zh: 哪些子单卡住了：目前所在环节，超出标准最久？
select
    fulfilment_code, order_id, stage, place, carrier, started_at,
    round(date_diff('minute', started_at, as_of) / 60.0, 1) as in_stage_hours,
    round(standard_minutes / 60, 1) as standard_hours
from marts.fct_stage_durations
cross join meta.run
where
    ended_at is null and left_at is null and is_counted
    and started_at + to_microseconds(standard_microseconds) < as_of
order by in_stage_hours - standard_hours desc, fulfilment_code
limit 200;
