"""What lies in the drops."""

import codecs
import hashlib
import json
import re
from pathlib import Path

import duckdb
import fastexcel
import pytest

from dagster_project.demo_company.days import dates_between
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.demo_company.write import MISHAPS
from tests.unit.generator.conftest import LAST_DAY, Company

AGAIN = re.compile(r"_(\d{4}-\d{2}-\d{2})_(again|copy)\.\w+$")
# Where each kind of source says when it wrote a row, as local time.
RECORDED = {
    "erp/orders/*/*.csv": "changed_at",
    "erp/fulfilments/*/*.csv": "changed_at",
    "wms_a/scans/*/*.csv": "saved_at",
    "front/scans/*/*.csv": "sync_time",
    "wms_b/transfers/*/*.jsonl": "storedAt::TIMESTAMPTZ AT TIME ZONE 'Asia/Shanghai'",
    "wms_c/scans/*/*.parquet": "stored",
    "sf/tracks/*/*.jsonl": "createTm",
    "yunda/tracks/*/*.jsonl": "to_timestamp(save_time::BIGINT) AT TIME ZONE 'Asia/Shanghai'",
    "zto/tracks/*/*.jsonl": "to_timestamp(uploadDate::BIGINT // 1000) AT TIME ZONE 'Asia/Shanghai'",
    "jt/tracks/*/*.jsonl": "uploadTime::TIMESTAMP + INTERVAL 8 HOUR",
    "deppon/tracks/*/*.jsonl": "writeTime::TIMESTAMPTZ AT TIME ZONE 'Asia/Shanghai'",
}


def _whole(path: Path) -> bool:
    """Whether a file's manifest, if it has one, is right, and its last line ended."""
    manifest = path.with_name(path.name + ".manifest.json")
    if manifest.exists():
        return json.loads(manifest.read_text())["bytes"] == path.stat().st_size
    return path.suffix in (".parquet", ".xlsx") or path.read_bytes().endswith(b"\n")


def _data_files(company: Company) -> list[Path]:
    return sorted(
        path for path in company.source.rglob("*") if path.is_file() and ".manifest" not in path.name
    )


@pytest.mark.parametrize("pattern", RECORDED)
def test_a_drop_holds_only_what_was_recorded_that_day(company: Company, pattern: str) -> None:
    files = [
        path for path in sorted(company.source.glob(pattern)) if _whole(path) and not AGAIN.search(path.name)
    ]
    reader = {
        ".csv": "read_csv(?, all_varchar = true, union_by_name = true, null_padding = true, ignore_errors = true,"
        " strict_mode = false, filename = true)",
        ".jsonl": "read_json(?, format = 'newline_delimited', ignore_errors = true, filename = true,"
        " auto_detect = true, maximum_depth = 1)",
        ".parquet": "read_parquet(?, filename = true)",
    }[files[0].suffix]
    rows, strays = duckdb.execute(
        f"""
        SELECT count(*), count(*) FILTER (CAST(recorded - INTERVAL 1 MICROSECOND AS DATE) <> dropped)
        FROM (
            SELECT TRY_CAST({RECORDED[pattern]} AS TIMESTAMP) AS recorded,
                CAST(split_part(filename, '/', -2) AS DATE) AS dropped
            FROM {reader}
        )
        """,
        [[str(path) for path in files]],
    ).fetchone()
    assert rows > 500
    assert strays == 0


def test_every_source_and_table_has_drops(company: Company) -> None:
    tables = {path.relative_to(company.source).parts[:2] for path in _data_files(company)}
    assert len(tables) == 51
    assert len({source for source, _ in tables}) == 19


def test_drops_are_days_of_the_period(company: Company) -> None:
    days = {path.parent.name for path in _data_files(company)}
    assert days == set(dates_between(company.size.first_day, company.size.last_day))


def test_exactly_one_workbook_a_drop_and_one_source_in_gbk(company: Company) -> None:
    workbooks = [path for path in _data_files(company) if path.suffix == ".xlsx"]
    assert len(workbooks) == len({path.parent for path in workbooks})
    sheet = fastexcel.read_excel(workbooks[0]).load_sheet("运单", dtypes="string")
    assert [column.name for column in sheet.available_columns()] == [
        "运单号",
        "状态",
        "时间",
        "到达城市",
        "备注",
    ]
    typed = sorted(company.source.glob("ycsp/tracks/*/*.csv"))[3].read_bytes()
    assert typed.decode("gbk").startswith("运单号,状态,时间")
    with pytest.raises(UnicodeDecodeError):
        typed.decode("utf-8")


def test_everything_else_is_utf_8(company: Company) -> None:
    for path in _data_files(company):
        if path.suffix in (".csv", ".jsonl") and "ycsp" not in path.parts:
            codecs.decode(path.read_bytes(), "utf-8")


def test_manifests_tell_rows_bytes_and_checksum(company: Company) -> None:
    checked = 0
    for manifest in company.source.rglob("*.manifest.json"):
        told = json.loads(manifest.read_text())
        path = manifest.with_name(told["file"])
        if not _whole(path):
            continue
        content = path.read_bytes()
        assert told["bytes"] == len(content)
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
        if path.suffix == ".csv":
            assert told["rows"] == content.count(b"\n") - 1
        checked += 1
    assert checked > 500


def test_half_written_files_come_again_whole_on_a_later_day(company: Company) -> None:
    halves = [path for path in _data_files(company) if not _whole(path)]
    assert {path.relative_to(company.source).parts[:2] for path in halves} == {
        (mishap.source, mishap.table) for mishap in MISHAPS if mishap.kind == "half"
    }
    for half in halves:
        (whole,) = half.parent.parent.glob(f"*/*_{half.parent.name}_again.*[lv]")
        assert whole.parent.name > half.parent.name
        assert _whole(whole)
        assert whole.read_bytes().startswith(half.read_bytes())
        assert whole.stat().st_size > half.stat().st_size * 1.5


def test_the_same_file_comes_again_under_another_name(company: Company) -> None:
    copies = [path for path in _data_files(company) if path.stem.endswith("_copy")]
    assert len(copies) == sum(mishap.kind == "again" for mishap in MISHAPS)
    for copy in copies:
        day = AGAIN.search(copy.name)
        assert day is not None
        (first,) = [
            path for path in (copy.parent.parent / day.group(1)).iterdir() if ".manifest" not in path.name
        ]
        assert first.read_bytes() == copy.read_bytes()


def test_bad_rows_are_told_by_file_and_line_and_no_other_line_is_bad(company: Company) -> None:
    told = duckdb.execute(
        "SELECT file, line, kind FROM read_parquet(?)", [company.answers("bad_rows")]
    ).fetchall()
    assert {kind for _, _, kind in told} == {"bad_time", "missing_key", "unknown_code", "broken_line"}
    by_line = {(file, line): kind for file, line, kind in told}
    assert len(by_line) == len(told)
    found = {}
    for path in _data_files(company):
        if path.suffix not in (".csv", ".jsonl") or not _whole(path) or path.stem.endswith("_copy"):
            continue
        text = path.read_bytes().decode("gbk" if "ycsp" in path.parts else "utf-8")
        for line, row in enumerate(text.split("\n")[:-1], 1):
            file = path.relative_to(company.source).as_posix()
            if "2026-13-45" in row:
                found[file, line] = "bad_time"
            elif "ZZ99" in row:
                found[file, line] = "unknown_code"
            elif ("???" in row) if path.suffix == ".csv" else not row.endswith("}"):
                found[file, line] = "broken_line"
    missing = {place: kind for place, kind in by_line.items() if kind == "missing_key"}
    other = {
        place: kind
        for place, kind in by_line.items()
        if kind != "missing_key" and not place[0].endswith("xlsx")
    }
    assert found == other
    for file, line in list(missing)[:200]:
        if file.endswith((".csv", ".jsonl")):
            encoding = "gbk" if file.startswith("ycsp") else "utf-8"
            row = (company.source / file).read_bytes().decode(encoding).split("\n")[line - 1]
            assert ",," in row or row.startswith(",") or '""' in row


def test_nothing_happens_after_the_last_day(company: Company) -> None:
    latest = company.history.execute("SELECT max(recorded), max(shown) FROM events").fetchone()
    assert latest is not None
    assert max(latest) <= company.size.end


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    def digest(seed: int, folder: str) -> dict[str, str]:
        out = tmp_path / folder
        generate(Size(LAST_DAY - 11, LAST_DAY, 15, seed), out, lambda line: None)
        return {
            path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in out.rglob("*")
            if path.is_file()
        }

    first, again, other = digest(1, "first"), digest(1, "again"), digest(2, "other")
    assert first == again
    assert first != other


def test_a_finished_generation_is_not_made_again(tmp_path: Path) -> None:
    size = Size(LAST_DAY - 2, LAST_DAY, 5, 3)
    assert generate(size, tmp_path, lambda line: None)
    (tmp_path / "source" / "mark").write_text("untouched")
    assert not generate(size, tmp_path, lambda line: None)
    assert (tmp_path / "source" / "mark").exists()
    assert generate(Size(LAST_DAY - 2, LAST_DAY, 6, 3), tmp_path, lambda line: None)
    assert not (tmp_path / "source" / "mark").exists()
