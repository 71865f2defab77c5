-- en: On which lanes does the way take longer than the promise allows for? (80 % within is the aim; lanes from 30 sub-orders)
-- zh: 哪些线路的在途时间超出承诺缓冲？（目标：80% 在缓冲之内；30 个子单以上的线路）
select
    origin_place, carrier, destination_city,
    count(*) as suborders,
    count(*) filter (ceil(epoch(signed_at - picked_up_at) / 3600) <= p80_hours) as within_suborders,
    round(100.0 * within_suborders / suborders, 1) as within_percent
from marts.fct_suborders
inner join marts.fct_promises using (fulfilment_code)
where
    signed_at > picked_up_at and not is_cancelled and replaced_by is null
    and is_planned and fct_promises.promise_source = 'computed'
group by origin_place, carrier, destination_city
having suborders >= 30
order by within_percent, suborders desc
limit 100;
