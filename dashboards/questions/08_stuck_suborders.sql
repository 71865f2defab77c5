-- en: Which sub-orders are stuck: in a stage now, and longest past its standard? (promised in the last 30 days, or still to come)
-- zh: 哪些子单卡住了：目前所在环节，超出标准最久？（承诺在最近 30 天内或尚未到期）
select
    fulfilment_code, order_id, stage, stages.place, stages.carrier, started_at, promised_at,
    round(date_diff('minute', started_at, as_of) / 60.0, 1) as in_stage_hours,
    round(standard_minutes / 60, 1) as standard_hours
from marts.fct_stage_durations as stages
inner join marts.fct_orders using (order_id)
cross join meta.run
where
    ended_at is null and left_at is null and is_counted
    and started_at + to_microseconds(standard_microseconds) < as_of
    and coalesce(promised_at, placed_at) > as_of - interval 30 days
order by in_stage_hours - standard_hours desc, fulfilment_code
limit 200;
