"""CSV is cut as Python's own csv module writes it, whatever the texts hold."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Company

CONTRACT = """
source: x
tables:
  texts:
    files: x/*/*.csv
    format: csv
    delimiter: "{delimiter}"
    columns: {{id: {{type: text}}, first: {{type: text}}, second: {{type: text}}}}
"""
# Texts of what makes CSV hard; blanks at the ends would be trimmed, so a letter stands there.
TEXTS = st.text(alphabet='a宁",;|\t\n\\', max_size=6).map(lambda text: f"x{text}x")


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_written_is_read(delimiter: str, rows: list[tuple[str, str]]) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["id", "first", "second"])
    starts = []
    for number, row in enumerate(rows):
        starts.append(written.getvalue().count("\n") + 1)
        writer.writerow([number, *row])
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder))
        company.write("contracts/x.yml", CONTRACT.format(delimiter="\\t" if delimiter == "\t" else delimiter))
        company.drop("x/2026-01-05/a.csv", written.getvalue())
        company.night("texts", "x")
        found = company.rows("SELECT id::INT, first, second, _record FROM landing.x__texts ORDER BY 1")
        assert company.quarantined() == []
        company.connection.close()
    assert found == [(at, *row, start) for at, (row, start) in enumerate(zip(rows, starts, strict=True))]
