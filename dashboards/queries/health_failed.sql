-- The last run's checks that did not hold.
select table_name, expectation, column_name, severity, told(expected, expected_zh, $lang) as expected,
    told(observed, observed_zh, $lang) as observed
from checked
where run_number = (select run_number from published.meta.run) and not passed
order by severity = 'block' desc, table_name, expectation
