"""Rows: what lands, what is refused with which line and reason, and that it adds up."""

import json

import pytest

from dagster_project.lib.memory import NIGHT_MEMORY

from .conftest import HEADER, Company


def test_a_row_lands_typed_with_where_it_came_from(company: Company) -> None:
    path = "wms/scans/2026-01-05/a.csv"
    company.drop(path, HEADER + "s1,C1,3,2026-01-04 08:00:00\n")
    load = company.night()
    assert (load.files, load.rows_read, load.rows_accepted) == (1, 1, 1)
    [row] = company.landed("scan_id, quantity, _file, _record, _load_seq, epoch(_recorded_at), _load_id")
    assert row[:5] == ("s1", 3, path, 2, 1)
    assert row[5] == 1767484800  # 2026-01-04 00:00 UTC, by `date -u -d '2026-01-04 08:00 +0800' +%s`
    assert len(row[6]) == 16


def test_a_bad_value_costs_its_row_and_says_line_column_value_and_remedy(company: Company) -> None:
    company.drop(
        "wms/scans/2026-01-05/a.csv",
        HEADER
        + "s1,C1,3,2026-01-04 08:00:00\n"
        + "s2,C2,many,2026-01-04 08:00:00\n"
        + ",C3,-1,04/01/2026\n"
        + "s4,C4,1.5,2026-01-04 08:00:00\n",
    )
    load = company.night()
    assert (load.rows_read, load.rows_accepted, load.rows_quarantined) == (4, 1, 3)
    [many, several, half] = company.quarantined()
    assert many[:2] == ("a.csv", 3)
    assert many[2] == "Line 3: column quantity: 'many' is no whole number; correct it at the source."
    assert several[1] == 4
    for part in (
        "scan_id: a value is missing",
        "quantity: '-1' is below 0",
        "recorded_at: '04/01/2026' is no time like",
    ):
        assert part in several[2]
    assert "'1.5' is no whole number" in half[2]


def test_a_refused_row_is_kept_as_it_came(company: Company) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + 's1, " C1,many,\ns2,C2,"x ""y"", z",\nshort\n')
    company.night()
    rows = [json.loads(row) for (row,) in company.rows('SELECT "row" FROM meta.quarantine ORDER BY record')]
    assert rows[0] == {"scan_id": "s1", "code": ' " C1', "quantity": "many", "recorded_at": ""}
    assert rows[1] == {"scan_id": "s2", "code": "C2", "quantity": 'x "y", z', "recorded_at": ""}
    assert rows[2] == {"line": "short"}


def test_lines_are_counted_as_an_editor_does_after_malformed_blank_and_quoted_lines(company: Company) -> None:
    company.drop(
        "wms/scans/2026-01-05/a.csv",
        HEADER
        + "s1,C1,1,\n"  # line 2
        + "too,few\n"  # 3
        + "\n"  # 4
        + 's2,"two\n\nlines",1,\n'  # 5 to 7
        + "too,many,fields,by,far\n"  # 8
        + 's3,"stray quote,1,\n'  # 9
        + "s4,C4,1,\n"  # 10
        + 's5,5" pipe,1,\n'  # 11
        + 's6,"a ""quoted"" word",bad,\n'  # 12
        + 's7,"and\nmore",1,\n',  # 13 and 14
    )
    load = company.night()
    assert [(row[0], row[2]) for row in company.landed("scan_id, code, _record")] == [
        ("s1", 2), ("s2", 5), ("s4", 10), ("s5", 11), ("s7", 13),
    ]  # fmt: skip
    assert dict(company.landed("scan_id, code"))["s2"] == "two\n\nlines"
    assert [record for _, record, _ in company.quarantined()] == [3, 8, 9, 12]
    assert (load.rows_read, load.rows_quarantined) == (9, 4)


def test_line_numbers_hold_in_files_larger_than_one_buffer(company: Company) -> None:
    """Read in parallel pieces, a file of more than 10 MB must still number its lines from its own first
    line."""
    every = 997
    for day in ("05", "06"):
        lines = [
            f"s{day}-{number},{'broken' if number % every == 0 else 'C' * 80},1,2026-01-04 08:00:00"
            + (",extra" if number % every == 0 else "")
            for number in range(2, 120_002)
        ]
        file = company.drop(f"wms/scans/2026-01-{day}/a.csv", HEADER + "\n".join(lines) + "\n")
        assert file.stat().st_size > 10_000_000
    load = company.night()
    assert load.rows_read == 240_000
    assert company.landed("count(*) FILTER (WHERE split_part(scan_id, '-', 2) <> _record::VARCHAR)") == [(0,)]
    malformed = list(range(every, 120_002, every))
    assert [record for _, record, _ in company.quarantined()] == malformed + malformed


def test_blanks_around_values_and_declared_null_words_are_nothing(company: Company) -> None:
    contract = (
        (company.profile_dir / "contracts/wms.yml")
        .read_text()
        .replace("    key:", '    nulls: [NULL, "\\\\N"]\n    key:')
    )
    company.write("contracts/wms.yml", contract)
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + " s1\t,NULL, 3 ,\\N\ns2,\u3000x\u3000, ,\n")
    company.night()
    assert company.landed("scan_id, code, quantity, recorded_at") == [
        ("s1", None, 3, None),
        ("s2", "x", None, None),
    ]


def test_windows_line_ends_and_a_byte_order_mark_are_no_matter(company: Company) -> None:
    company.drop(
        "wms/scans/2026-01-05/a.csv",
        b"\xef\xbb\xbf" + (HEADER + "s1,C1,3,\ns2,C2,x,\n").replace("\n", "\r\n").encode(),
    )
    company.night()
    assert company.landed("scan_id, quantity, _record") == [("s1", 3, 2)]
    assert [record for _, record, _ in company.quarantined()] == [3]


def test_a_time_missing_from_the_row_is_the_files_own(company: Company) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C1,3,\n")
    company.night()
    # The drop of 5 January ends when the 6th starts in Shanghai, 16:00 UTC.
    assert company.landed("_recorded_at = TIMESTAMPTZ '2026-01-05 16:00:00+00'") == [(True,)]


def test_a_code_that_is_not_listed_is_refused_and_lands_once_it_is(company: Company) -> None:
    company.write("codes/ops.csv", "code,event_type\n10,outbound\n20,\n")
    contract = (company.profile_dir / "contracts/wms.yml").read_text()
    company.write(
        "contracts/wms.yml", contract.replace("code: {type: text}", "code: {type: text, codes: ops}")
    )
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,10,1,\ns2,20,1,\ns3,99,1,\n")
    assert company.night().rows_quarantined == 1
    [(_, record, reason)] = company.quarantined()
    assert record == 4
    assert "code: '99' is not in codes/ops.csv; add the code there" in reason
    company.write("codes/ops.csv", "code,event_type\n10,outbound\n20,\n99,packed\n")
    company.night()
    assert company.quarantined() == []
    assert [row[0] for row in company.landed("scan_id")] == ["s1", "s2", "s3"]
    assert company.state()["loads"] == [(3, 3, 0, 0)]


def test_the_reason_does_not_give_a_personal_value_away(company: Company) -> None:
    contract = (company.profile_dir / "contracts/wms.yml").read_text()
    company.write(
        "contracts/wms.yml", contract.replace("code: {type: text}", "code: {type: integer, personal: true}")
    )
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,13800138000 Wang,1,\n")
    company.night()
    [(_, _, reason)] = company.quarantined()
    assert "Wang" not in reason
    assert "code: the value (not shown: personal) is no whole number" in reason


def test_a_repeated_row_is_a_duplicate_and_another_version_of_a_key_is_not(company: Company) -> None:
    company.drop(
        "wms/scans/2026-01-05/a.csv",
        HEADER + "s1,C1,3,2026-01-04 08:00:00\ns1,C1,3,2026-01-04 08:00:00\ns1,C1,4,2026-01-04 09:00:00\n",
    )
    load = company.night()
    assert (load.rows_accepted, load.rows_duplicate) == (2, 1)
    assert company.landed("quantity, _record") == [(3, 2), (4, 4)]


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_columns_may_be_called_as_landing_calls_its_own(company: Company, format: str) -> None:
    names = ["line", "record", "file", "position", "parts", "broken", "load_id", "order", "is_bad", "t.line"]
    columns = ", ".join(f"{name}: {{type: integer}}" for name in names)
    company.write(
        "contracts/wms.yml",
        f"source: wms\ntables: {{scans: {{files: '*.txt', format: {format}, columns: {{{columns}}}}}}}\n",
    )
    good, bad = dict.fromkeys(names, 7), dict.fromkeys(names, 7) | {"line": "x"}
    if format == "csv":
        rows = [",".join(names), *(",".join(map(str, row.values())) for row in (good, bad))]
    else:
        rows = [json.dumps(row) for row in (good, bad)]
    company.drop("a.txt", "\n".join(rows) + "\n")
    company.night()
    assert company.landed(", ".join(f'"{name}"' for name in names)) == [(7,) * len(names)]
    [(_, record, reason)] = company.quarantined()
    assert reason == f"Line {record}: column line: 'x' is no whole number; correct it at the source."


def test_no_reason_is_broken_over_lines(company: Company) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + 'too,few\n"stray,C,1,\ns,C,x,\n')
    company.night()
    assert [reason for _, _, reason in company.quarantined()] == [
        "Line 2: it has 2 fields where the header has 4; have the line corrected.",
        "Line 3: its quotes are not closed; have the line corrected.",
        "Line 4: column quantity: 'x' is no whole number; correct it at the source.",
    ]


def test_many_small_files_land_in_the_memory_of_a_night(company: Company) -> None:
    company.connection.execute(f"set memory_limit = '{NIGHT_MEMORY}'")
    company.connection.execute("set threads = 8")
    for number in range(100):
        company.drop(f"wms/scans/2026-01-05/{number}.csv", HEADER + f"s{number},C1,1,\n")
    assert company.night().rows_accepted == 100
