"""JSON lines, Parquet and workbooks land by the same contract as CSV."""

import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb

from .conftest import SCANS, Company

JSONL = "wms/scans/2026-01-05/a.jsonl"


def lines(*rows: dict | str) -> str:
    return "".join(
        (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows
    )


def as_jsonl(company: Company, **changes: str) -> None:
    contract = SCANS.replace("*.csv", "*.jsonl").replace("format: csv", "format: jsonl")
    for old, new in changes.items():
        contract = contract.replace(old, new)
    company.write("contracts/wms.yml", contract)


def test_json_lines_land_and_a_cut_line_costs_only_itself(company: Company) -> None:
    as_jsonl(company)
    good = {"scan_id": "s1", "code": '宁波 "x"', "quantity": 3, "recorded_at": "2026-01-04 08:00:00"}
    company.drop(
        JSONL, lines(good, '{"scan_id": "s2", "co', "", '["s3"]', good | {"scan_id": "s4", "quantity": "x"})
    )
    load = company.night()
    assert (load.rows_read, load.rows_accepted, load.rows_quarantined) == (4, 1, 3)
    assert company.landed("scan_id, code, quantity, _record") == [("s1", '宁波 "x"', 3, 1)]
    assert [(record, reason.split(";")[0]) for _, record, reason in company.quarantined()] == [
        (2, "Line 2: it is no whole JSON object"),
        (4, "Line 4: it is no whole JSON object"),
        (5, "Line 5: column quantity: 'x' is no whole number"),
    ]
    rows = [json.loads(row) for (row,) in company.rows('SELECT "row" FROM meta.quarantine ORDER BY record')]
    assert rows == [
        {"line": '{"scan_id": "s2", "co'},
        {"line": '["s3"]'},
        good | {"scan_id": "s4", "quantity": "x"},
    ]


def test_json_keys_may_be_left_out_null_or_nested(company: Company) -> None:
    as_jsonl(company, **{"code: {type: text}": "code: {type: text, path: '$.data.items[0].code'}"})
    company.drop(
        JSONL,
        lines({"scan_id": "s1", "data": {"items": [{"code": "C9"}]}}, {"scan_id": "s2", "quantity": None}),
    )
    company.night()
    assert company.landed("scan_id, code, quantity") == [("s1", "C9", None), ("s2", None, None)]


def test_a_renamed_json_key_refuses_the_file(company: Company) -> None:
    as_jsonl(company)
    company.drop(JSONL, lines({"scanId": "s1", "code": "C1"}, {"scanId": "s2", "code": "C2"}))
    load = company.night()
    assert load.rows_read == 0
    assert "no row has the key 'scan_id' (there is 'scanId' instead)" in load.refused[0].reason
    company.drop(JSONL, lines({"scan_id": "s1", "code": "C1"}))
    assert company.night().rows_accepted == 1


def test_a_json_file_cut_in_its_last_line_is_refused(company: Company) -> None:
    as_jsonl(company)
    company.drop(JSONL, lines({"scan_id": "s1"}) + '{"scan_id": "s')
    assert "half written" in company.night().refused[0].reason


def test_parquet_lands_whatever_its_types_and_the_sessions_zone(company: Company) -> None:
    company.write(
        "contracts/wms.yml", SCANS.replace("*.csv", "*.parquet").replace("format: csv", "format: parquet")
    )
    path = company.drop("wms/scans/2026-01-05/a.parquet", "")
    company.connection.execute("SET TimeZone = 'America/New_York'")
    with duckdb.connect() as writer:
        writer.execute(
            f"""COPY (SELECT 's' || i AS scan_id, i AS quantity, '0012' AS code,
            TIMESTAMP '2026-01-04 08:00:00' AS recorded_at
            FROM range(-1, 3) AS t (i)) TO '{path}' (FORMAT parquet)"""
        )
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined) == (3, 1)
    assert company.landed("scan_id, code, quantity, _record, epoch(recorded_at)") == [
        (f"s{number}", "0012", number, number + 2, 1767484800) for number in range(3)
    ]
    assert company.quarantined()[0][1:] == (
        1,
        "Row 1: column quantity: '-1' is below 0; correct it at the source.",
    )


def test_a_parquet_file_cut_short_is_refused(company: Company) -> None:
    company.write(
        "contracts/wms.yml", SCANS.replace("*.csv", "*.parquet").replace("format: csv", "format: parquet")
    )
    company.drop("wms/scans/2026-01-05/a.parquet", b"PAR1 and no footer")
    assert company.night().refused[0].reason == "the file is no whole Parquet file"


def workbook(path: Path, sheet: str, rows: list[list[object]]) -> None:
    """The smallest workbook there is: inline texts, numbers as numbers, None as no cell."""

    def cell(column: int, row: int, value: object) -> str:
        place = f"{chr(65 + column)}{row}"
        if value is None:
            return ""
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    cells = "".join(
        f'<row r="{at}">' + "".join(cell(column, at, value) for column, value in enumerate(row)) + "</row>"
        for at, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
            f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            f'<sheet name="{sheet}" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        )


def as_xlsx(company: Company) -> Path:
    contract = SCANS.replace("*.csv", "*.xlsx").replace("format: csv", "format: xlsx\n    sheet: Scans")
    company.write("contracts/wms.yml", contract)
    return company.drop("wms/scans/2026-01-05/a.xlsx", "")


def test_a_workbook_keeps_leading_zeros_and_says_which_cell_is_no_number(company: Company) -> None:
    rows = [
        ["scan_id", "code", "quantity", "recorded_at"],
        ["0012", "n/a", 3, "2026-01-04 08:00:00"],
        [None, None, None, None],
        ["0013", "C1", "n/a", None],
        ["0014", "C1", 4, None],
    ]
    workbook(as_xlsx(company), "Scans", rows)
    company.night()
    assert company.landed("scan_id, code, quantity, _record") == [("0012", "n/a", 3, 2), ("0014", "C1", 4, 5)]
    assert [row[1:] for row in company.quarantined()] == [
        (4, "Row 4: column quantity: 'n/a' is no whole number; correct it at the source.")
    ]


def test_a_workbook_without_its_sheet_or_cut_short_is_refused(company: Company) -> None:
    path = as_xlsx(company)
    workbook(path, "Other", [["scan_id", "code", "quantity", "recorded_at"]])
    assert 'Available sheets: "Other"' in company.night().refused[0].reason
    workbook(path, "Scans", [["scan_id", "code", "quantity", "recorded_at"], ["1", "C", 1, None]])
    path.write_bytes(path.read_bytes()[:-60])
    assert "the workbook cannot be read" in company.night().refused[0].reason


def test_a_changed_header_of_a_workbook_refuses_it(company: Company) -> None:
    workbook(as_xlsx(company), "Scans", [["scan", "code", "quantity", "recorded_at"], ["1", "C", 1, None]])
    assert "column scan_id is missing" in company.night().refused[0].reason
