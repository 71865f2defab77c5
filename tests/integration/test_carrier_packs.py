"""Answers of carriers all the way to what is published: which of them are signatures, and which are not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from oracle.night import night, published, read

from dagster_project.settings import REPOSITORY, Settings
from dagster_project.sources import load_profile

PLAIN = REPOSITORY / "tests" / "profiles" / "plain"
CARRIERS = (
    "carrier,name_zh,name_en,sends_collected_event\nSF,顺丰,SF,true\nZTO,中通,ZTO,true\nYTO,圆通,YTO,false\n"
)

# what each carrier says last of a parcel: kuaidi100's codes under the name of SF, then the carriers' own
KUAIDI100 = {
    "3": ("signed", None),
    "301": ("signed", "in_person"),
    "302": ("signed", "after_exception"),
    "303": ("signed", "proxy"),
    "304": ("not_collected", None),
    "501": ("not_collected", None),
    "4": ("signed_by_sender", None),
    "14": (None, None),
    "6": (None, None),
    "203": (None, None),
    "204": (None, None),
}
SF = {
    "80": ("signed", None),
    "125": ("not_collected", None),
    "130": ("not_collected", None),
    "128": ("signed", "locker"),
    "679": ("signed", "pickup_point"),
    "648": (None, None),
    "8000": (None, None),
}
ZTO = {
    "签收": ("signed", None),
    "第三方签收": ("not_collected", None),
    "ARRIVAL": ("not_collected", None),
    "SIGNED": ("signed", "pickup_point"),
    "退件签收": ("signed_by_sender", None),
}
# a carrier whose row says that it reports no collection: put into the locker is the best it tells
YTO = {"SIGNED": ("signed", None), "INBOUND": ("signed", "locker"), "TMS_RETURN": (None, None)}
SAID = {"kuaidi100": ("SF", KUAIDI100), "sf": ("SF", SF), "zto": ("ZTO", ZTO), "yto": ("YTO", YTO)}


def answers(pack: str, codes: dict[str, Any]) -> list[Any]:
    """An answer a code, of waybill W-<pack>-<code>: with the carrier at 08:00, and the code at noon of the day."""
    made = []
    for code in codes:
        waybill, local = f"W-{pack}-{code}", "2026-01-08 12:00:00"
        match pack:
            case "kuaidi100":
                made.append({"com": "shunfeng", "nu": waybill, "data": [{"time": local, "statusCode": code}]})
            case "sf":
                routes = [{"mailNo": waybill, "routes": [{"acceptTime": local, "opCode": code}]}]
                made.append({"apiResultData": json.dumps({"msgData": {"routeResps": routes}})})
            case "zto":
                at = int(datetime(2026, 1, 8, 4, tzinfo=UTC).timestamp() * 1000)
                made.append({"result": [{"billCode": waybill, "scanType": code, "scanDate": at}]})
            case _:
                made.append([{"waybill_No": waybill, "infoContent": code, "upload_Time": local}])
    return made


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("carriers")
    profile, source = folder / "profile", folder / "source"
    profile.mkdir()
    uses = ", ".join(f"carriers/{pack}" for pack in SAID)
    (profile / "profile.yml").write_text(f"extends: {PLAIN}\nuses: [{uses}]\n")
    (profile / "reference").mkdir()
    (profile / "reference" / "carriers.csv").write_text(CARRIERS, encoding="utf-8")
    rows: dict[str, list[str]] = {"orders": [], "suborders": [], "waybills": [], "events": []}
    for pack, (carrier, codes) in SAID.items():
        day = source / pack / "tracks" / "2026-01-08"
        day.mkdir(parents=True)
        lines = [json.dumps(answer, ensure_ascii=False) for answer in answers(pack, codes)]
        (day / "answers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for code in codes:
            key = f"{pack}-{code}"
            at = "2026-01-05T08:00:00+08:00"
            rows["orders"].append(f"O-{key},C,retail,{at},,2026-01-10,,,10,{at}")
            rows["suborders"].append(f"F-{key},O-{key},direct,A,{carrier},宁波市,浙江省,,,,{at}")
            rows["waybills"].append(f"{carrier},W-{key},F-{key},{at}")
            outbound = "2026-01-06T08:00:00+08:00"
            rows["events"].append(f"wms,E-{key},outbound,,F-{key},,,{outbound},A,,{outbound}")
    for entity, lines in rows.items():
        columns = _columns(entity)
        target = source / "plain" / entity / "2026-01-08" / f"{entity}.csv"
        target.parent.mkdir(parents=True)
        target.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    made = Settings("carriers", profile, source, folder / "data" / "carriers", None, 8501)
    night(made, datetime(2026, 2, 1, tzinfo=UTC))
    return made


def _columns(entity: str) -> list[str]:
    return [column.name for column in load_profile(PLAIN).contract("plain", entity).columns]


@pytest.mark.parametrize("pack", SAID)
def test_only_what_reached_the_customer_is_a_signature(settings: Settings, pack: str) -> None:
    with published(settings) as connection:
        found = {
            row["fulfilment_code"].removeprefix(f"F-{pack}-"): row
            for row in read(
                connection,
                """
                select subs.fulfilment_code, subs.signed_at is not null as is_signed, subs.sign_method,
                    subs.sign_source, events.invalid_reason, subs.signed_at
                from marts.fct_suborders as subs
                left join marts.fct_events as events
                    on events.fulfilment_code = subs.fulfilment_code and events.carrier is not null
                where subs.fulfilment_code like 'F-' || $1 || '-%'
                """,
                [pack],
            )
        }
    expected = SAID[pack][1]
    assert sorted(found) == sorted(expected)
    for code, (outcome, method) in expected.items():
        row = found[code]
        if outcome == "signed":
            assert (row["is_signed"], row["sign_method"], row["sign_source"]) == (True, method, "carrier"), (
                code
            )
            assert row["signed_at"].astimezone(UTC) == datetime(2026, 1, 8, 4, tzinfo=UTC), code
        else:
            assert (row["is_signed"], row["invalid_reason"]) == (False, outcome), code
