"""The section on connections: rates and ratios are medians, the ratios each of its own round."""

from tests.bench.report_connectors import section


def test_rates_and_ratios_by_hand() -> None:
    """1,000 rows: the median fetch takes 2 s, with landing 5 s; ratios to Parquet are 2, 4 and 3."""
    way = {
        "name": "PostgreSQL, by cursor",
        "rows": 1000,
        "fetch": [1.0, 2.0, 6.0],
        "landed": [4.0, 5.0, 10.0],
        "parquet": [0.5, 0.5, 2.0],
        "csv": [1.0, 2.0, 2.0],
    }
    again = {**way, "name": "PostgreSQL, whole again", "landed": []}
    told = section({"raced_at": "2026-01-05T10:00+00:00", "page": 500, "ways": [way, again]})
    assert "| PostgreSQL, by cursor | 1,000 | 500 | 200 | 3.0 | 1.0 | 8.0 | 4.0 |" in told
    assert "| PostgreSQL, whole again | 1,000 | 500 |  | 3.0 | 1.0 |  |  |" in told
    assert "medians of 3" in told
