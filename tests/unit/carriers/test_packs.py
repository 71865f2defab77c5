"""Packs of carriers: an answer becomes the events it tells, an unknown code is shown, every code has one meaning."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.settings import REPOSITORY
from dagster_project.sources import ProfileError, fingerprint, load_profile, profile_check
from dagster_project.sources.entities import EVENT_TYPES, SIGN_METHODS
from dagster_project.sources.marked_yaml import Mistakes
from dagster_project.sources.packs import PACKS, pack_names, read_pack

from .answers import SAMPLES, UNKNOWN
from .company import Company

NAMES = [name.removeprefix("carriers/") for name in pack_names()]
UNVERIFIED = ["jd"]  # its table of codes rests on one second-hand source
DELIVERY = {"delivered", "collected"}
IN_PLACE = {"locker", "pickup_point"}
# what a carrier says of a parcel; what the warehouses and the ERP say never comes out of a carrier's table
TRACKING = {
    "picked_up", "in_transit", "hub_departed", "hub_arrived", "out_for_delivery", "attempt_failed",
    "available_for_pickup", "collected", "delivered", "refused", "returning", "returned_signed", "exception",
    "lost", "state_changed",
}  # fmt: skip


def table(pack: str) -> list[dict[str, str]]:
    with (PACKS / "carriers" / pack / "codes" / f"{pack}_codes.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def company(tmp_path: Path, request: pytest.FixtureRequest) -> Company:
    return Company(tmp_path, f"carriers/{request.param}")


def test_every_carrier_of_the_list_has_its_pack_and_its_sample() -> None:
    assert sorted(SAMPLES) == NAMES


@pytest.mark.parametrize(("company", "pack"), [(name, name) for name in NAMES], indirect=["company"])
def test_an_answer_becomes_the_events_that_it_tells(company: Company, pack: str) -> None:
    sample = SAMPLES[pack]
    company.answer(pack, sample.answer)
    load = company.night()[pack]
    assert company.events() == sample.events
    assert (load.files_refused, load.rows_accepted, load.rows_quarantined) == (0, len(sample.events), 1)
    record, column = sample.unknown
    [(found_record, reason)] = company.quarantined()
    assert found_record == record
    assert re.search(
        rf"column {column}: '{UNKNOWN}.*' is not in codes/{pack}_codes\.csv; add the code", reason
    )


@pytest.mark.parametrize(("company", "pack"), [(name, name) for name in NAMES], indirect=["company"])
def test_an_answer_that_comes_again_tells_nothing_new(company: Company, pack: str) -> None:
    sample = SAMPLES[pack]
    company.answer(pack, sample.answer)
    company.night()
    company.answer(pack, sample.answer, sample.answer, name="again", day="2026-03-06")
    load = company.night()[pack]
    assert (load.rows_accepted, load.rows_duplicate) == (0, 2 * len(sample.events))
    assert company.events() == sample.events


@pytest.mark.parametrize("pack", NAMES)
def test_every_code_has_one_known_meaning(pack: str) -> None:
    rows = table(pack)
    assert [row["code"] for row in rows] == list(dict.fromkeys(row["code"] for row in rows))
    for row in rows:
        assert row["event_type"] in TRACKING <= EVENT_TYPES, row
        assert not row["sign_method"] or row["sign_method"] in SIGN_METHODS, row
        assert row["meaning"], row
        if row["event_type"] in ("available_for_pickup", "collected"):
            assert row["sign_method"] in IN_PLACE, row
        elif row["event_type"] != "delivered":
            assert not row["sign_method"], row


@pytest.mark.parametrize("pack", NAMES)
def test_no_code_of_a_return_or_a_refusal_is_a_delivery(pack: str) -> None:
    away = re.compile(r"\b(return|back|sender|refus|reject|lost|scrap|cancel)")
    wrong = [row for row in table(pack) if row["event_type"] in DELIVERY and away.search(row["meaning"])]
    assert wrong == []


def test_the_signature_kinds_of_kuaidi100() -> None:
    meaning = {row["code"]: (row["event_type"], row["sign_method"]) for row in table("kuaidi100")}
    assert {code: meaning[code] for code in ("3", "301", "302", "303", "304", "501", "14", "4", "6")} == {
        "3": ("delivered", ""),
        "301": ("delivered", "in_person"),
        "302": ("delivered", "after_exception"),
        "303": ("delivered", "proxy"),
        "304": ("delivered", "locker"),
        "501": ("available_for_pickup", "locker"),
        "14": ("refused", ""),
        "4": ("returned_signed", ""),
        "6": ("returning", ""),
    }
    assert meaning["本人签收"] == meaning["301"]


@pytest.fixture(scope="module")
def yunda(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(tmp_path_factory.mktemp("yunda"), "carriers/yunda")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    actions=st.lists(
        st.sampled_from([*(row["code"] for row in table("yunda")), "NEW", "got", "", None]), max_size=6
    )
)
def test_every_scan_is_an_event_or_is_shown(yunda: Company, actions: list[str | None]) -> None:
    """The mapping is total and single-valued: as many events as known codes, each its own, the others in quarantine."""
    steps = [
        {"time": f"2026-03-02 08:00:{second:02}", "action": action, "city": str(yunda.runs)}
        for second, action in enumerate(actions)
    ]
    yunda.answer("yunda", {"data": {"mailno": str(yunda.runs), "steps": steps}}, name=f"a{yunda.runs}")
    waybill = str(yunda.runs)
    load = yunda.night()["yunda"]
    meaning = {row["code"]: row["event_type"] for row in table("yunda")}
    known = [meaning[action] for action in actions if action in meaning]
    told = yunda.rows(
        f"SELECT event_type FROM canonical.events WHERE waybill = '{waybill}' ORDER BY occurred_at"
    )
    assert [event_type for (event_type,) in told] == known
    assert load.rows_quarantined == len(actions) - len(known)


def test_a_corrected_epcis_event_means_nothing_any_more(tmp_path: Path) -> None:
    company = Company(tmp_path, "carriers/epcis")
    sample = SAMPLES["epcis"].answer
    received = sample["epcisBody"]["eventList"][3]
    declared = received | {
        "errorDeclaration": {"declarationTime": "2026-03-05T08:00:00Z", "reason": "did_not_occur"}
    }
    company.answer("epcis", {"epcisBody": {"eventList": [received]}}, day="2026-03-04")
    company.answer("epcis", {"epcisBody": {"eventList": [declared]}}, name="declared", day="2026-03-06")
    company.night()
    versions = company.rows(
        "SELECT event_type, fulfilment_code, source_event_id FROM canonical.events ORDER BY recorded_at"
    )
    key = f"{received['eventID']}|{received['epcList'][0]}"
    # two versions of one event: the models take the one recorded later
    assert versions == [("delivered", "F-1", key), ("state_changed", "F-1", key)]


def test_packs_and_a_profiles_own_feeds_tell_events_together(tmp_path: Path) -> None:
    """Three carriers of their own and kuaidi100 for the rest, beside a warehouse's file."""
    company = Company(tmp_path, "carriers/sf", "carriers/zto", "carriers/yunda", "carriers/kuaidi100")
    company.write(
        "contracts/wms.yml",
        """
source: wms
tables:
  scans:
    files: wms/*.csv
    format: csv
    columns:
      code: {type: text, required: true}
      at: {type: timestamp, required: true}
""",
    )
    company.write(
        "mapping/events.yml",
        "- from: wms.scans\n  columns: {event_type: \"'outbound'\", fulfilment_code: code, occurred_at: at}\n",
    )
    (company.source_dir / "wms").mkdir(parents=True)
    (company.source_dir / "wms" / "scans.csv").write_text("code,at\nF-1,2026-03-02 17:00:00\n")
    packs = ("sf", "zto", "yunda", "kuaidi100")
    for pack in packs:
        company.answer(pack, SAMPLES[pack].answer)
    company.night()
    expected = [event for pack in packs for event in SAMPLES[pack].events]
    expected.append(("03-02 17:00:00", "outbound", None, None, None, None))
    assert sorted(map(str, company.events())) == sorted(map(str, expected))
    # each event can be opened down to its scan: the file, and its place among the file's scans
    opened = company.rows(
        "SELECT file, record FROM canonical.events WHERE waybill = 'SF0000000000033' ORDER BY occurred_at"
    )
    assert opened == [("sf/tracks/2026-03-05/answer.json", 7), ("sf/tracks/2026-03-05/answer.json", 8)]
    assert company.rows("SELECT DISTINCT source FROM canonical.events ORDER BY 1") == [
        (name,) for name in sorted(["kuaidi100", "sf", "wms", "yunda", "zto"])
    ]


def test_a_profiles_own_file_stands_in_for_a_packs(tmp_path: Path) -> None:
    company = Company(tmp_path, "carriers/deppon")
    own = "code,event_type,sign_method\nGOT,picked_up,\nERROR,exception,\nFAILED,refused,\nX-99,delivered,proxy\n"
    company.write("codes/deppon_codes.csv", own)
    before = fingerprint(company.profile_dir)
    company.answer("deppon", SAMPLES["deppon"].answer)
    company.night()
    assert ("03-03 10:00:00", "delivered", "proxy", "DEPPON", "DPK000000000011", "宁波市") in company.events()
    assert company.quarantined() == []
    company.write("codes/deppon_codes.csv", own.replace("proxy", ""))
    assert fingerprint(company.profile_dir) != before


def test_a_scan_of_an_unknown_code_is_taken_once_the_code_is_listed(tmp_path: Path) -> None:
    company = Company(tmp_path, "carriers/yunda")
    company.answer("yunda", SAMPLES["yunda"].answer)
    assert company.night()["yunda"].rows_quarantined == 1
    shipped = (PACKS / "carriers" / "yunda" / "codes" / "yunda_codes.csv").read_text(encoding="utf-8")
    company.write("codes/yunda_codes.csv", f"{shipped}{UNKNOWN},lost,,said by the carrier on the telephone\n")
    assert company.night()["yunda"].rows_quarantined == 0
    assert company.quarantined() == []
    assert ("03-03 11:00:00", "lost", None, "YUNDA", "430000000000011", "宁波市") in company.events()


def mistakes(company: Company, text: str) -> list[str]:
    company.write("profile.yml", text)
    with pytest.raises(ProfileError) as caught:
        load_profile(company.profile_dir)
    return str(caught.value).splitlines()


def test_mistakes_in_uses_are_explained(tmp_path: Path) -> None:
    company = Company(tmp_path, "carriers/sf")
    assert mistakes(company, "uses: [carriers/stoo, carriers/zto, carriers/zto, ../packs/ours]\n") == [
        "profile.yml:1: no pack.yml in ../packs/ours. Correct the path, or write one there",
        "profile.yml:1: pack 'carriers/zto' stands twice in 'uses'. Name it once",
        "profile.yml:1: unknown pack 'carriers/stoo'. Did you mean 'carriers/sto'?",
    ]
    assert mistakes(company, "timezone: Asia/Shanghai\nuses: {carriers: sf}\n") == [
        "profile.yml:2: 'uses' is neither a text nor a list of texts. Write `uses: [a, b]`"
    ]
    said: list[str] = []
    assert not profile_check(company.profile_dir, company.source_dir, said.append)
    assert any("'uses' is neither" in line for line in said)


def test_a_pack_of_ones_own_may_lie_anywhere_and_two_may_not_clash(tmp_path: Path) -> None:
    company = Company(tmp_path, "carriers/sf", "../ours")
    company.write("../ours/pack.yml", "title: {en: Ours}\nshape: s\ndocuments: []\nverified: yes\n")
    company.write("../ours/codes/sf_codes.csv", "code,event_type\n1,delivered\n")
    with pytest.raises(ProfileError) as caught:
        load_profile(company.profile_dir)
    told = str(caught.value).splitlines()
    assert (
        "../ours/codes/sf_codes.csv:1: pack sf has a file of this name, too. Use one of them, or put your own"
        in told
    )
    assert "../ours/pack.yml:4: unknown setting of pack.yml 'verified'. Did you mean 'unverified'?" in told
    company.write("../ours/pack.yml", "title: {en: Ours}\nshape: s\ndocuments: []\n")
    company.write("codes/sf_codes.csv", "code,event_type,sign_method\n50,picked_up,\n")
    assert [pack.name for pack in load_profile(company.profile_dir).packs] == ["carriers/sf", "ours"]


def test_an_unverified_pack_says_so(tmp_path: Path) -> None:
    company = Company(tmp_path, "carriers/jd")
    company.answer("jd", SAMPLES["jd"].answer)
    said: list[str] = []
    profile_check(company.profile_dir, company.source_dir, said.append)
    assert any("uses carriers/jd: JD Logistics (unverified" in line for line in said)


@pytest.mark.parametrize("pack", NAMES)
def test_every_pack_names_what_its_shape_was_taken_from(pack: str) -> None:
    found: list = []
    read = read_pack(PACKS / "carriers" / pack, Mistakes(pack, found))
    assert found == []
    assert read.is_verified == (pack not in UNVERIFIED)
    assert read.documents
    for document in read.documents:
        assert document.address.startswith("https://"), document
        assert document.title, document
        assert document.read, document


def test_the_documentation_lists_every_pack_as_it_is() -> None:
    text = (REPOSITORY / "docs" / "carriers.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `carriers/(\w+)` \| (.*) \|$", text, flags=re.MULTILINE))
    assert sorted(listed) == NAMES
    for name, cells in listed.items():
        _, _, verified, codes = (
            [cell.strip() for cell in cells.rsplit(" | ", 3)] if cells.count(" | ") else []
        )
        assert codes == str(len(table(name))), name
        assert verified == ("**no**" if name in UNVERIFIED else "yes"), name
