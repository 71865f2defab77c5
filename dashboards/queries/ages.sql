-- The groups by which overdue orders are counted.
select age, from_days, to_days from ages order by age
