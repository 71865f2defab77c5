"""Days as a workbook holds them, a number each; and days that cannot be."""

from .conftest import SCANS, Company

COLUMNS = """
      at: {type: timestamp, format: ["%Y-%m-%d %H:%M:%S", excel], min: 2000-01-01, max: 2026-02-01}
      on: {type: date, format: [excel, "%Y/%m/%d"]}"""


def company_with_days(company: Company) -> Company:
    company.write(
        "contracts/wms.yml", SCANS.replace('"%Y-%m-%d %H:%M:%S"}\n', '"%Y-%m-%d %H:%M:%S"}') + COLUMNS
    )
    return company


def test_a_number_of_days_is_exact_to_the_second(company: Company) -> None:
    company_with_days(company)
    company.drop(
        "wms/scans/2026-01-05/a.csv",
        "scan_id,code,quantity,recorded_at,at,on\n"
        "s1,,,,46027.4375,46027\n"  # 46027 is 2026-01-05
        "s2,,,,46027.999988425926,46027.9\n"
        "s3,,,,2026-01-05 10:30:00,2026/1/5\n"
        "s4,,,,46027.4375x,\n"
        "s5,,,,60,\n",  # 29 February 1900, which never was
    )
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined) == (3, 2)
    shown = "scan_id, strftime(\"at\" at time zone 'Asia/Shanghai', '%Y-%m-%d %H:%M:%S'), strftime(\"on\", '%Y-%m-%d')"
    assert sorted(company.landed(shown)) == [
        ("s1", "2026-01-05 10:30:00", "2026-01-05"),
        ("s2", "2026-01-05 23:59:59", "2026-01-05"),
        ("s3", "2026-01-05 10:30:00", "2026-01-05"),
    ]


def test_a_time_beyond_its_limits_is_quarantined(company: Company) -> None:
    company_with_days(company)
    company.connection.execute("set timezone = 'UTC'")  # the limit is of the column's zone, not the session's
    company.drop(
        "wms/scans/2026-01-05/a.csv",
        "scan_id,code,quantity,recorded_at,at,on\n"
        "s1,,,,2026-01-31 23:59:59,\n"
        "s2,,,,2206-01-05 10:30:00,\n"
        "s3,,,,1999-12-31 23:59:59,\n",
    )
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined) == (1, 2)
    assert [reason.split(": ", 1)[1] for _, _, reason in company.quarantined()] == [
        "column at: '2206-01-05 10:30:00' is above 2026-02-01; correct it at the source.",
        "column at: '1999-12-31 23:59:59' is below 2000-01-01; correct it at the source.",
    ]
