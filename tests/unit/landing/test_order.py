"""The order in which files arrive changes nothing: night by night gives what landing all at once gives."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.sources import Run, land, prepare, with_news

from .conftest import HEADER, SCANS, Company

# Few different rows, so that the same content often comes twice, in other files and with other times.
ROWS = [
    "s1,C1,1,2026-01-04 08:00:00",
    "s1,C1,1,2026-01-03 08:00:00",
    "s1,C1,1,",
    "s2,C2,2,",
    "s3,bad,x,",
    "short",
]
FILES = st.dictionaries(
    st.tuples(st.sampled_from(["a/2026-01-07", "b/2026-01-06", "b/2026-01-07"]), st.sampled_from(["a", "b"])),
    st.tuples(st.lists(st.sampled_from(ROWS), max_size=4), st.integers(0, 3)),
    min_size=1,
    max_size=7,
)


@pytest.mark.parametrize("recorded_at", ["recorded_at", "file"])
@given(files=FILES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_night_by_night_equals_a_rebuild(recorded_at: str, files: dict) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder))
        contract = SCANS.replace("recorded_at: recorded_at", f"recorded_at: {recorded_at}")
        company.write("contracts/wms.yml", contract.replace("wms/scans/*/*.csv", "wms/*/*/*.csv"))
        for night in range(4):
            for (day, name), (rows, arrives) in files.items():
                if arrives == night:
                    company.drop(f"wms/{day}/{name}.csv", HEADER + "".join(f"{row}\n" for row in rows))
            company.night()
        grown = company.state()
        company.rebuild()
        company.night()
        assert company.state() == grown


def test_of_equal_rows_the_one_recorded_first_stays_though_it_came_last(company: Company) -> None:
    company.write("contracts/wms.yml", SCANS.replace("recorded_at: recorded_at", "recorded_at: file"))
    company.drop("wms/scans/2026-01-06/a.csv", HEADER + "s0,C,1,\ns1,C,1,\n")
    company.night()
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C,1,\n")
    load = company.night()
    assert (load.rows_accepted, load.rows_duplicate) == (0, 1)
    assert company.landed("scan_id, _file, _record, _load_seq") == [
        ("s0", "wms/scans/2026-01-06/a.csv", 2, 1),
        ("s1", "wms/scans/2026-01-05/a.csv", 2, 2),
    ]
    assert with_news(company.connection, company.profile, 1) == {("wms", "scans")}, "nothing new, yet changed"
    company.night()
    assert with_news(company.connection, company.profile, 2) == set()


def test_a_second_night_reads_only_new_files(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C,1,\n")
    company.night()
    read: list[str] = []
    from dagster_project.sources import landing

    inspect = landing.inspect
    monkeypatch.setattr(
        landing, "inspect", lambda found, *rest: (read.append(found.file), inspect(found, *rest))[1]
    )
    company.drop("wms/scans/2026-01-06/a.csv", HEADER + "s2,C,1,\n")
    company.night()
    assert read == ["wms/scans/2026-01-06/a.csv"]


def test_batches_of_any_size_land_the_same(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 8):
        rows = "".join(f"s{number},C,1,\n" for number in range(day, day + 5)) + "short\n"
        company.drop(f"wms/scans/2026-01-0{day}/a.csv", HEADER + rows)
    company.night()
    at_once = company.state()
    monkeypatch.setattr("dagster_project.sources.landing.BATCH_BYTES", 1)
    company.rebuild()
    company.night()
    assert company.state() == at_once


def test_a_load_that_fails_leaves_nothing_and_the_next_run_lands_the_same(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C,1,\n")
    profile = company.profile
    prepare(company.connection, profile, company.source_dir)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("dagster_project.sources.ledger.write_load", killed)
        land(company.connection, profile, ("wms", "scans"), company.source_dir, Run(1, "killed"))
    assert company.landed() == []
    assert company.files() == {}
    assert company.night().rows_accepted == 1


def test_rows_that_do_not_add_up_stop_the_load(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C,1,\n")
    monkeypatch.setattr("dagster_project.sources.staging.Staging.take_duplicates", lambda self, run: 1)
    company.connection.execute("CREATE TEMP TABLE staged_out (_position BIGINT)")
    with pytest.raises(ValueError, match="does not add up: 1 rows read, 1 accepted"):
        company.night()
    assert company.landed() == []


def test_a_retry_within_a_run_adds_to_its_load(company: Company) -> None:
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C,1,\n")
    profile = company.profile
    prepare(company.connection, profile, company.source_dir)
    for _ in range(2):
        land(company.connection, profile, ("wms", "scans"), company.source_dir, Run(7, "again"))
    assert company.rows("SELECT run_number, files, rows_read, rows_accepted FROM meta.loads") == [
        (7, 1, 1, 1)
    ]


@pytest.mark.parametrize("upgraded", [True, False])
def test_a_table_that_would_land_otherwise_by_now_keeps_its_rows_while_files_are_gone(
    company: Company, monkeypatch: pytest.MonkeyPatch, upgraded: bool
) -> None:
    """By an upgrade, or by a changed contract."""
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C,1,\n")
    company.drop("wms/scans/2026-01-06/b.csv", HEADER + "s2,C,1,\n")
    company.night()
    landed = company.landed()
    gone = company.source_dir / "wms/scans/2026-01-05/a.csv"
    content = gone.read_bytes()
    gone.unlink()
    assert company.night().rows_read == 0  # nothing asks for it as long as nothing changes
    if upgraded:
        monkeypatch.setattr("dagster_project.sources.tables._VERSION", 1_000)
    else:
        company.write("contracts/wms.yml", SCANS.replace("min: 0", "min: 1"))
    with pytest.raises(
        FileNotFoundError, match=r"must land anew, for its contract .* 1 files .*a.csv.*restore"
    ):
        company.night()
    assert company.landed() == landed
    gone.write_bytes(content)
    assert company.night().rows_read == 2
