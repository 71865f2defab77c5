"""Files: which are refused whole, with what remedy, and that the night goes on and tries them again."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from dagster_project.sources import files

from .conftest import HEADER, SCANS, Company

DROP = "wms/scans/2026-01-05/a.csv"
GOOD = HEADER + "s1,C1,3,2026-01-04 08:00:00\ns2,C2,3,2026-01-04 08:00:00\n"


def refusal(company: Company, path: str = DROP) -> str:
    """The reason for which a file was refused; the other file of the night must have landed."""
    other = "wms/scans/2026-01-06/other.csv"
    company.drop(other, HEADER + "other,C1,3,2026-01-04 08:00:00\n")
    load = company.night()
    assert [refused.file for refused in load.refused] == [path]
    assert (load.files, load.files_refused, load.rows_accepted) == (1, 1, 1)
    status, reason = company.files()[path]
    assert status == "refused"
    assert reason == load.refused[0].reason
    assert load.refused[0].remedy
    return reason


def lands_later(company: Company, content: str | bytes, rows: int, path: str = DROP) -> None:
    """The same name with good content is taken by the next night, and the one after has nothing to do."""
    company.drop(path, content)
    load = company.night()
    assert (load.files, load.files_refused, load.rows_accepted) == (1, 0, rows)
    assert company.files()[path] == ("loaded", None)
    assert company.night().files == 0


def test_a_file_cut_in_a_line_is_refused_until_it_is_whole(company: Company) -> None:
    company.drop(DROP, GOOD[:-5])
    assert "half written" in refusal(company)
    assert company.night().files_refused == 1
    lands_later(company, GOOD, rows=2)


def test_a_file_cut_between_lines_is_refused_by_its_manifest(company: Company) -> None:
    company.drop(DROP, GOOD)
    company.manifest(DROP)
    company.drop(DROP, HEADER + "s1,C1,3,2026-01-04 08:00:00\n")
    assert "its manifest says" in refusal(company)
    lands_later(company, GOOD, rows=2)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"rows": 3}, "the file has 2 rows, its manifest says 3"),
        ({"bytes": 7}, "its manifest says 7"),
        ({"sha256": "0" * 64}, "the checksum differs"),
        ({"file": "b.csv"}, "its manifest is for b.csv"),
    ],
)
def test_a_file_that_is_not_what_its_manifest_says_is_refused(
    company: Company, changed: dict, reason: str
) -> None:
    company.drop(DROP, GOOD)
    company.manifest(DROP, **changed)
    assert reason in refusal(company)
    company.manifest(DROP)
    assert company.night().rows_accepted == 2


def test_a_manifest_counts_malformed_rows_too(company: Company) -> None:
    company.drop(DROP, GOOD + "too,few\n")
    company.manifest(DROP)
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined) == (2, 1)


def test_a_manifest_vouches_for_a_file_without_a_final_line_end(company: Company) -> None:
    company.drop(DROP, GOOD.rstrip("\n"))
    company.manifest(DROP, rows=2)
    assert company.night().rows_accepted == 2


def test_a_person_can_release_a_file_by_hand(company: Company) -> None:
    company.drop(DROP, GOOD.rstrip("\n"))
    refusal(company)
    company.drop(f"{DROP}.ok", "")
    assert company.night().rows_accepted == 2


def test_a_missing_column_refuses_the_file_and_names_the_likely_new_name(company: Company) -> None:
    company.drop(DROP, GOOD.replace("quantity", "quantities"))
    reason = refusal(company)
    assert "column quantity is missing" in reason
    assert "Did you mean 'quantities'?" in reason
    lands_later(company, GOOD, rows=2)


def test_columns_in_another_order_and_extra_ones_are_taken_along(company: Company) -> None:
    company.drop(DROP, "colour,recorded_at,scan_id,quantity,code\nred,2026-01-04 08:00:00,s1,3,C1\n")
    company.drop("wms/scans/2026-01-06/a.csv", HEADER + "s2,C2,4,2026-01-04 08:00:00\n")
    company.night()
    assert company.landed("scan_id, code, quantity") == [("s1", "C1", 3), ("s2", "C2", 4)]
    status, reason = company.files()[DROP]
    assert (status, "colour" in (reason or "")) == ("loaded", True)


def test_gbk_where_utf8_is_declared_is_refused_with_the_line(company: Company) -> None:
    company.drop(DROP, (GOOD + "s3,宁波,1,\n").encode("gbk"))
    assert "line 4 is not in the encoding utf-8" in refusal(company)
    lands_later(company, GOOD + "s3,宁波,1,\n", rows=3)


class TestGbk:
    @pytest.fixture(autouse=True)
    def contract(self, company: Company) -> None:
        company.write("contracts/wms.yml", SCANS.replace("format: csv", "format: csv\n    encoding: gbk"))

    def test_a_gbk_file_is_read(self, company: Company) -> None:
        company.drop(DROP, (HEADER + "s1,鑫固五金㐀,3,\n").encode("gb18030"))
        company.night()
        assert company.landed("code") == [("鑫固五金㐀",)]

    def test_no_character_is_lost_where_buffers_meet(self, company: Company) -> None:
        names = [
            "".join(chr(0x4E00 + (number * 7 + step) % 20_000) for step in range(40))
            for number in range(70_000)
        ]
        text = HEADER + "".join(f"s{number},{name},1,\n" for number, name in enumerate(names))
        content = text.encode("gb18030")
        assert len(content) > 5_000_000  # more than one chunk
        company.drop(DROP, content)
        assert company.night().rows_accepted == len(names)
        assert company.rows("SELECT code FROM landing.wms__scans ORDER BY _record") == [
            (name,) for name in names
        ]

    def test_utf8_where_gbk_is_declared_is_refused(self, company: Company) -> None:
        company.drop(DROP, HEADER + "s1,宁波鑫固五金有限公司,3,\n")
        other = "wms/scans/2026-01-06/other.csv"
        company.drop(other, (HEADER + "s2,杭州,3,\n").encode("gbk"))
        load = company.night()
        assert [(refused.file, "is UTF-8" in refused.reason) for refused in load.refused] == [(DROP, True)]
        assert load.rows_accepted == 1

    def test_short_gbk_text_that_happens_to_be_valid_utf8_is_no_mistake(self, company: Company) -> None:
        # C2 B1 and D2 BB: both a Chinese character in GBK and a valid pair in UTF-8.
        company.drop(DROP, HEADER.encode() + b"s1,\xc2\xb1\xd2\xbb,3,\n")
        company.night()
        assert company.landed("code") == [(b"\xc2\xb1\xd2\xbb".decode("gbk"),)]


def test_the_same_content_under_another_name_changes_nothing(company: Company) -> None:
    company.drop("wms/scans/2026-01-05/b.csv", GOOD)
    company.night()
    before = company.landed()
    company.drop("wms/scans/2026-01-06/copy.csv", GOOD)
    load = company.night()
    assert (load.files, load.rows_read) == (0, 0)
    assert company.landed() == before
    assert company.files()["wms/scans/2026-01-06/copy.csv"] == (
        "same_content",
        "same content as wms/scans/2026-01-05/b.csv",
    )


def test_a_copy_with_a_smaller_name_gives_the_rows_its_name_and_nothing_else(company: Company) -> None:
    company.drop("wms/scans/2026-01-05/b.csv", GOOD + "bad\n")
    company.night()
    company.drop("wms/scans/2026-01-05/a.csv", GOOD + "bad\n")
    load = company.night()
    assert (load.rows_read, load.rows_accepted) == (0, 0)
    assert {file for (file,) in company.landed("_file")} == {DROP}
    assert company.quarantined()[0][:2] == ("a.csv", 4)
    state = company.state()
    company.rebuild()
    company.night()
    assert company.state() == state


def test_a_touched_file_is_not_landed_again(company: Company) -> None:
    file = company.drop(DROP, GOOD)
    company.night()
    file.touch()
    load = company.night()
    assert (load.files, load.relanded) == (0, False)


def test_a_landed_file_that_was_replaced_lands_anew_as_a_rebuild_would(company: Company) -> None:
    company.drop(DROP, GOOD)
    company.drop("wms/scans/2026-01-06/b.csv", HEADER + "s1,C1,3,2026-01-04 08:00:00\n")
    company.night()
    company.drop(DROP, GOOD.replace("s1", "corrected"))
    load = company.night()
    assert load.relanded
    assert [row[0] for row in company.landed("scan_id")] == ["corrected", "s1", "s2"]
    state = company.state()
    company.rebuild()
    company.night()
    assert company.state() == state


def test_a_broken_replacement_leaves_the_landed_rows_in_place(company: Company) -> None:
    company.drop(DROP, GOOD)
    company.night()
    company.drop(DROP, GOOD[:-5])
    load = company.night()
    assert "kept" in load.refused[0].reason
    assert len(company.landed()) == 2


def test_an_empty_file_is_refused(company: Company) -> None:
    company.drop(DROP, "")
    assert refusal(company) == "the file is empty"


def test_a_header_without_rows_is_a_quiet_night(company: Company) -> None:
    company.drop(DROP, HEADER)
    load = company.night()
    assert (load.files, load.rows_read) == (1, 0)


def weekly(company: Company, weeks: int, rows: int = 100) -> date:
    """Drops of a weekday with their usual rows; hands back the next such day."""
    day = date(2026, 1, 5)
    for week in range(weeks):
        at = day + timedelta(weeks=week)
        lines = "".join(f"s{at}-{number},C,1,2026-01-04 08:00:00\n" for number in range(rows))
        company.drop(f"wms/scans/{at}/a.csv", HEADER + lines)
    return day + timedelta(weeks=weeks)


def few(day: date, rows: int) -> str:
    return HEADER + "".join(f"few{day}-{number},C,1,2026-01-04 08:00:00\n" for number in range(rows))


@pytest.mark.parametrize(("rows", "refused"), [(49, 1), (50, 0)])
def test_a_file_with_under_half_its_usual_rows_is_refused(company: Company, rows: int, refused: int) -> None:
    day = weekly(company, 4)
    company.night()
    company.drop(f"wms/scans/{day}/a.csv", few(day, rows))
    load = company.night()
    assert load.files_refused == refused
    if refused:
        assert load.refused[0].reason.startswith("the file has 49 rows, usual on this weekday are 100")


def test_three_weeks_are_too_few_to_say_what_is_usual(company: Company) -> None:
    day = weekly(company, 3)
    company.drop(f"wms/scans/{day}/a.csv", few(day, 10))
    assert company.night().files_refused == 0


@pytest.mark.parametrize("release", ["holiday", "ok", "manifest", "varies", "other weekday"])
def test_a_short_file_is_taken_where_something_vouches_for_it(company: Company, release: str) -> None:
    day = weekly(company, 4)
    if release == "other weekday":
        day += timedelta(days=1)
    path = f"wms/scans/{day}/a.csv"
    company.drop(path, few(day, 10))
    match release:
        case "holiday":
            company.write("reference/holidays.csv", f"day,kind\n{day},off\n")
        case "ok":
            company.drop(f"{path}.ok", "")
        case "manifest":
            company.manifest(path)
        case "varies":
            company.write("contracts/wms.yml", SCANS.replace("key:", "volume: varies\n    key:"))
    assert company.night().files_refused == 0


def test_an_older_drop_that_comes_late_judges_as_if_it_had_come_in_time(company: Company) -> None:
    """Three weeks and a short fourth are taken; the missing week arrives, and now the short one proves half
    written."""
    day = weekly(company, 4)
    late = company.source_dir / "wms/scans/2026-01-12/a.csv"
    content = late.read_text()
    late.unlink()
    company.drop(f"wms/scans/{day}/a.csv", few(day, 10))
    assert company.night().files_refused == 0
    company.drop("wms/scans/2026-01-12/a.csv", content)
    load = company.night()
    assert (load.files_refused, load.relanded) == (1, True)
    state = company.state()
    company.rebuild()
    company.night()
    assert company.state() == state


def test_the_copy_of_a_file_that_proves_unfit_lands_in_its_own_right(company: Company) -> None:
    company.drop(DROP, GOOD)
    company.manifest(DROP, rows=5)
    copy = "wms/scans/2026-01-06/copy.csv"
    company.drop(copy, GOOD)
    load = company.night()
    assert [refused.file for refused in load.refused] == [DROP]
    assert load.rows_accepted == 2
    assert company.files()[copy][0] == "loaded"


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.drop(DROP, GOOD)
    read_text = files.read_text

    def grows(path: Path, *rest: object) -> object:
        read = read_text(path, *rest)
        with path.open("a") as stream:
            stream.write("s3,C3,1,\n")
        return read

    with monkeypatch.context() as patch:
        patch.setattr(files, "read_text", grows)
        assert company.night().refused[0].reason == "the file is being written"
    assert company.night().rows_accepted == 3


def test_a_refused_file_that_was_taken_away_is_forgotten(company: Company) -> None:
    path = company.drop(DROP, GOOD[:-5])
    refusal(company)
    path.unlink()
    assert company.night().refused == ()
    assert DROP not in company.files()


def test_a_landed_file_that_was_taken_away_keeps_its_rows(company: Company) -> None:
    path = company.drop(DROP, GOOD)
    company.night()
    path.unlink()
    company.night()
    assert len(company.landed()) == 2
    assert company.files()[DROP][0] == "loaded"
