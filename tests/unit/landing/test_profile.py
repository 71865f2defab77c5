"""Profiles: every mistake is found at once, with file, line and remedy."""

from pathlib import Path

import pytest

from dagster_project.sources import ProfileError, fingerprint, load_profile, profile_check

from .conftest import HEADER, SCANS, Company

EVENTS = """
- from: wms.scans
  columns:
    event_type: "'outbound'"
    fulfilment_code: code
    occurred_at: recorded_at
"""
PLAIN = Path(__file__).parents[2] / "profiles" / "plain"


def mistakes(company: Company) -> list[str]:
    with pytest.raises(ProfileError) as caught:
        load_profile(company.profile_dir)
    assert str(caught.value).splitlines() == [str(mistake) for mistake in caught.value.mistakes]
    return [str(mistake) for mistake in caught.value.mistakes]


def test_every_mistake_is_told_at_once_with_line_and_remedy(company: Company) -> None:
    company.write("profile.yml", "timezone: Asia/Shanghia\nsign_rule: earlyest\n")
    company.write(
        "contracts/wms.yml", SCANS.replace("type: integer", "type: integr").replace("key: [", "key: [scan, ")
    )
    company.write("mapping/evnts.yml", EVENTS)
    assert mistakes(company) == [
        "contracts/wms.yml:8: unknown key column of table wms.scans 'scan'. Did you mean 'scan_id'?",
        "contracts/wms.yml:13: unknown value of type 'integr'. Did you mean 'integer'?",
        "mapping/evnts.yml:1: unknown entity 'evnts'. Did you mean 'events'?",
        "profile.yml:1: no such time zone: Asia/Shanghia. Write one as in Asia/Shanghai",
        "profile.yml:2: unknown value of sign_rule 'earlyest'. Did you mean 'earliest'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("fulfilment_code: code", "fulfilment_code: coed", "5: unknown column 'coed'. Did you mean 'code'?"),
        (
            "fulfilment_code:",
            "fulfillment_code:",
            "5: unknown column of events 'fulfillment_code'. Did you mean 'fulfilment_code'?",
        ),
        ("wms.scans", "wms.scan", "2: unknown table 'wms.scan'. Did you mean 'wms.scans'?"),
        ("  columns:", "  where: quantity > 'x' y\n  columns:", "3: DuckDB cannot read this: syntax error"),
        (
            "occurred_at: recorded_at",
            "occurred_at: quantity",
            '6: occurred_at must be TIMESTAMPTZ, "quantity" is BIGINT. Give',
        ),
        (
            "occurred_at: recorded_at",
            "place: code",
            "2: the feed gives no 'occurred_at'. Add `occurred_at: …` to its columns",
        ),
        (
            "event_type: \"'outbound'\"",
            "event_type: {codes: op, column: code, value: kind}",
            "4: unknown code list 'op'. Did you mean 'ops'?",
        ),
        (
            "event_type: \"'outbound'\"",
            "event_type: {codes: ops, column: code, value: kind}",
            "4: unknown value column of codes/ops.csv 'kind'",
        ),
        (
            "event_type: \"'outbound'\"",
            "event_type: {codes: ops, column: cod, value: event_type}",
            "4: unknown column 'cod'. Did you mean 'code'?",
        ),
        (
            "- from: wms.scans",
            "- from: {sql: select code from wms.scans}",
            "2: the query carries no _recorded_at, _load_seq",
        ),
        (
            "- from: wms.scans",
            "- from: {sql: select * from wms.scan}",
            "2: unknown table 'wms.scan'. Did you mean 'wms.scans'?",
        ),
        (
            "  columns:",
            "  each: {outbond: recorded_at}\n  columns:",
            "3: unknown event type 'outbond'. Did you mean 'outbound'?",
        ),
        (
            "  columns:",
            "  from: wms.scans\n  columns:",
            "2: 'from' stands twice in one mapping. Keep one of them",
        ),
        ("    fulfilment_code: code", "   fulfilment_code: code", "5: no valid YAML"),
    ],
)
def test_a_mapping_mistake_names_its_line_and_the_remedy(
    company: Company, old: str, new: str, mistake: str
) -> None:
    company.write("codes/ops.csv", "code,event_type\n10,outbound\n")
    assert old in EVENTS
    company.write("mapping/events.yml", EVENTS.replace(old, new))
    found = mistakes(company)
    assert any(told.startswith(f"mapping/events.yml:{mistake}") for told in found), found


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (
            "quantity: {type: integer, min: 0}",
            "quantity: {type: text, min: 0}",
            "13: column quantity: 'min' means nothing for type text. Remove it",
        ),
        (
            "recorded_at: recorded_at",
            "recorded_at: quantity",
            "9: recorded_at 'quantity' is of type integer. Name a column that is an instant",
        ),
        (
            "recorded_at: recorded_at",
            "recorded_at: recorded",
            "9: unknown column in recorded_at 'recorded'. Did you mean 'recorded_at'?",
        ),
        (
            "required: true",
            "required: maybe",
            "11: required 'maybe' is neither true nor false. Write true or false",
        ),
        ("min: 0", "min: none", "13: min 'none' is no number. Write a number"),
        (
            "code: {type: text}",
            "code: {type: text, codes: ops}",
            "12: unknown code list 'ops'. None is defined here",
        ),
        ("code: {type: text}", "_code: {type: text}", "12: column _code starts with an underscore."),
        ("wms/scans/*/*.csv", "../*.csv", "6: table wms.scans: ../*.csv leads out of the source folder."),
        (
            '"%Y-%m-%d %H:%M:%S"',
            "'%Q'",
            "14: column recorded_at: the format cannot be read: Failed to parse format",
        ),
        ("source: wms", "source: WMS-1", "2: the name of source 'WMS-1' is not made of small letters"),
        ("format: csv", "format: cvs", "7: unknown value of format 'cvs'. Did you mean 'csv'?"),
        ("    format: csv\n", "", "6: table wms.scans has no 'format'. Add a line `format: …`"),
        ("    files: wms/scans/*/*.csv\n", "", "6: table wms.scans has no 'files'"),
        ("    format: csv", "    format: csv\n    delimiter: '||'", "8: delimiter '||' is not one character"),
        (
            "    format: csv",
            "    format: csv\n    encoding: utf8",
            "8: unknown value of encoding 'utf8'. Did you mean 'utf-8'?",
        ),
    ],
)
def test_a_contract_mistake_names_its_line_and_the_remedy(
    company: Company, old: str, new: str, mistake: str
) -> None:
    assert old in SCANS
    company.write("contracts/wms.yml", SCANS.replace(old, new))
    found = mistakes(company)
    assert any(told.startswith(f"contracts/wms.yml:{mistake}") for told in found), found


@pytest.mark.parametrize(
    ("file", "text", "mistake"),
    [
        (
            "codes/ops.csv",
            "code,event_type\n10,outbond\n",
            "2: unknown event_type 'outbond'. Did you mean 'outbound'?",
        ),
        (
            "codes/ops.csv",
            "code,event_type\n10,\n10,packed\n",
            "3: code '10' stands on line 2 already. Keep one of them",
        ),
        (
            "codes/ops.csv",
            "kode,event_type\n10,\n",
            "1: the code list has no column 'code'. Name its first column `code`",
        ),
        ("codes/ops.csv", "code,event_type\n", "1: the code list is empty. Write one line a code"),
        (
            "reference/standards.csv",
            "stage,minutes\ntransfer,long\n",
            "2: minutes 'long' is not a number. Write a number",
        ),
        (
            "reference/standards.csv",
            "stage,minuts\ntransfer,5\n",
            "1: standards has no column 'minutes'. Did you mean 'minuts'?",
        ),
        (
            "reference/holidays.csv",
            "day,kind\n2026-1-1,off\n",
            "2: day '2026-1-1' is not a day like 2026-01-31",
        ),
        ("reference/holidays.csv", "day,kind\n2026-01-01,free\n", "2: unknown value of kind 'free'"),
        ("reference/places.csv", "place,kind\nA,warehouse,x\n", "2: 3 fields where the header has 2"),
        ("reference/place.csv", "place\nA\n", "1: unknown reference table 'place'. Did you mean 'places'?"),
    ],
)
def test_a_mistake_in_a_list_names_its_line(company: Company, file: str, text: str, mistake: str) -> None:
    company.write(file, text)
    found = mistakes(company)
    assert any(told.startswith(f"{file}:{mistake}") for told in found), found


def test_a_profile_needs_its_milestones(company: Company) -> None:
    (company.profile_dir / "reference/route_milestones.csv").unlink()
    assert mistakes(company)[0].startswith("reference/route_milestones.csv:1: the file is missing")


def test_twelve_contracts_can_share_one(company: Company) -> None:
    company.write(
        "contracts/carriers.yml",
        """
source: carriers
x-tracks: &tracks
  format: jsonl
  recorded_at: at
  columns: &columns
    waybill: {type: text, required: true}
    at: {type: epoch_ms}
tables:
  sf: {<<: *tracks, files: sf/*/*.jsonl}
  zto:
    <<: *tracks
    files: zto/*/*.jsonl
    columns:
      <<: *columns
      station: {type: text}
""",
    )
    profile = company.profile
    assert profile.tables == (("carriers", "sf"), ("carriers", "zto"), ("wms", "scans"))
    assert [column.name for column in profile.contract("carriers", "sf").columns] == ["waybill", "at"]
    assert [column.name for column in profile.contract("carriers", "zto").columns] == [
        "waybill",
        "at",
        "station",
    ]


def test_words_that_yaml_would_rewrite_stay_as_written(company: Company) -> None:
    company.write(
        "contracts/wms.yml",
        SCANS.replace("code: {type: text}", "code: {type: text, accepted: [NO, on, 0012, 1_0, true]}"),
    )
    column = company.profile.contract("wms", "scans").column("code")
    assert column is not None
    assert column.accepted == ("NO", "on", "0012", "1_0", "true")


def test_a_profile_can_extend_another(company: Company, tmp_path: Path) -> None:
    child = tmp_path / "child"
    child.mkdir()
    (child / "profile.yml").write_text("extends: ../profile\npromise_limit: instant\n")
    (child / "reference").mkdir()
    (child / "reference/holidays.csv").write_text("day,kind\n2026-01-01,off\n")
    profile = load_profile(child)
    assert (profile.promise_limit, profile.timezone, profile.tables) == (
        "instant",
        "Asia/Shanghai",
        (("wms", "scans"),),
    )
    assert len(profile.days_off) == 1
    before = fingerprint(child)
    company.write("codes/ops.csv", "code\n10\n")
    assert fingerprint(child) != before
    (child / "profile.yml").write_text("extends: ../child\n")
    with pytest.raises(ProfileError, match=r"profile\.yml:1: the profile extends itself"):
        load_profile(child)


def test_a_profile_knows_what_it_feeds(company: Company) -> None:
    company.write("codes/ops.csv", "code,event_type\n10,packed\n20,\n")
    company.write(
        "mapping/events.yml",
        EVENTS
        + """
- from: wms.scans
  each: {picked: recorded_at}
- from: wms.scans
  columns: {event_type: {codes: ops, column: code, value: event_type}, occurred_at: recorded_at}
""",
    )
    profile = company.profile
    given = [type_ for type_ in ("outbound", "picked", "packed", "erp_shipped") if profile.has_event(type_)]
    assert given == ["outbound", "picked", "packed"]
    assert (profile.has("events"), profile.has("receipts")) == (True, False)


def test_the_plain_profile_feeds_every_entity() -> None:
    profile = load_profile(PLAIN)
    assert len(profile.tables) == 8
    assert all(profile.has(name) for _, name in profile.tables)
    assert profile.has_event("erp_shipped")


def test_the_dry_run_shows_what_was_understood(company: Company) -> None:
    company.write("mapping/events.yml", EVENTS)
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1,C1,3,2026-01-04 08:00:00\ns2,C2,x,\n")
    told: list[str] = []
    assert profile_check(company.profile_dir, company.source_dir, told.append)
    text = "\n".join(told)
    assert "wms.scans: 1 files, 2 rows = 1 accepted + 1 quarantined + 0 duplicate" in text
    assert (
        "quarantined 1x, first wms/scans/2026-01-05/a.csv:3: column quantity: 'x' is no whole number" in text
    )
    assert "canonical.events: 1 rows" in text
    assert "event_type=outbound, fulfilment_code=C1" in text
    assert "occurred_at=2026-01-04 08:00:00+08:00" in text


def test_the_dry_run_fails_on_mistakes_refused_files_and_nothing_read(company: Company) -> None:
    told: list[str] = []
    assert not profile_check(company.profile_dir, company.source_dir, told.append)
    assert any("no file matches wms/scans/*/*.csv" in line for line in told)
    company.drop("wms/scans/2026-01-05/a.csv", HEADER + "s1")
    assert not profile_check(company.profile_dir, company.source_dir, told.append)
    company.write("profile.yml", "timezne: UTC\n")
    assert not profile_check(company.profile_dir, company.source_dir, told.append)
    assert told[-1] == "  profile.yml:1: unknown setting of profile.yml 'timezne'. Did you mean 'timezone'?"
