-- The last run's checks that did not hold.
select table_name, expectation, column_name, severity, expected, observed
from published.meta.quality
where run_number = (select run_number from published.meta.run) and not passed
order by severity = 'block' desc, table_name, expectation
