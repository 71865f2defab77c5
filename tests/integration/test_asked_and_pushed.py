"""Nights of a company whose carriers are asked waybill by waybill, and push: from an open parcel to its signature."""

import hashlib
import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from oracle.night import night, published, read

from dagster_project.connectors import box, receive
from dagster_project.connectors.together import FORKS
from dagster_project.settings import REPOSITORY, Settings
from dagster_project.sources import load_profile
from dagster_project.sources.packs import PACKS
from tests.servers.carriers import SECRETS, Carrier, carrier

PLAIN = REPOSITORY / "tests" / "profiles" / "plain"
CARRIERS = "carrier,name_zh,name_en,sends_collected_event\nZTO,中通,ZTO,true\nYTO,圆通,YTO,false\n"
SALT = "salt-of-tests"
PARCELS = {"ZT0001": "ZTO", "ZT0002": "ZTO", "YT0001": "YTO", "YT0002": "YTO"}


@pytest.fixture
def zto() -> Iterator[Carrier]:
    with carrier("zto") as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, zto: Carrier, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Four parcels that left on 2026-01-06: ZTO is asked, kuaidi100 pushes what it knows of YTO's."""
    profile, source = tmp_path / "company", tmp_path / "source"
    for folder in ("reference", "connections"):
        (profile / folder).mkdir(parents=True)
    (profile / "profile.yml").write_text(f"extends: {PLAIN}\nuses: [carriers/zto, carriers/kuaidi100]\n")
    (profile / "reference" / "carriers.csv").write_text(CARRIERS, encoding="utf-8")
    asked = (PACKS / "carriers" / "zto" / "asked.yml").read_text(encoding="utf-8")
    asked = re.sub(r"base_url: .*", f"base_url: {zto.address}", asked)
    asked = asked.replace("carriers: ZTO", "carriers: ZTO\n      days: 1000")
    (profile / "connections" / "zto.yml").write_text(asked, encoding="utf-8")
    pushed = (PACKS / "carriers" / "kuaidi100" / "pushed.yml").read_text(encoding="utf-8")
    (profile / "connections" / "kuaidi100_push.yml").write_text(pushed, encoding="utf-8")
    secrets = {"ZTO_APP": "app-of-tests", "ZTO_SECRET": SECRETS["zto"], "KUAIDI100_SALT": SALT}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    at, left = "2026-01-05T08:00:00+08:00", "2026-01-06T08:00:00+08:00"
    rows: dict[str, list[str]] = {"orders": [], "suborders": [], "waybills": [], "events": []}
    for number, by in PARCELS.items():
        rows["orders"].append(f"O-{number},C,retail,{at},,2026-01-10,,,10,{at}")
        rows["suborders"].append(f"F-{number},O-{number},direct,A,{by},宁波市,浙江省,,,,{at}")
        rows["waybills"].append(f"{by},{number},F-{number},{at}")
        rows["events"].append(f"wms,E-{number},outbound,,F-{number},,,{left},A,,{left}")
    for entity, lines in rows.items():
        columns = [column.name for column in load_profile(PLAIN).contract("plain", entity).columns]
        target = source / "plain" / entity / "2026-01-08" / f"{entity}.csv"
        target.parent.mkdir(parents=True)
        target.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    return Settings("company", profile, source, tmp_path / "data" / "company", None, 8501)


@pytest.fixture
def receiver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(box, "SEAL_SECONDS", 0.1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    profile = load_profile(settings.profile_dir)
    arguments = (
        profile,
        settings.source_dir,
        settings.home,
        "127.0.0.1",
        port,
        {"KUAIDI100_SALT": SALT},
        str,
    )
    process = FORKS.Process(target=receive.serve, args=arguments)
    process.start()
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/kuaidi100_push/tracks"
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(20)


def signed(settings: Settings) -> dict[str, datetime]:
    with published(settings) as connection:
        rows = read(
            connection,
            "select fulfilment_code, signed_at from marts.fct_suborders where signed_at is not null",
        )
    return {row["fulfilment_code"].removeprefix("F-"): row["signed_at"].astimezone(UTC) for row in rows}


@pytest.mark.slow
def test_what_is_asked_and_what_is_pushed_reaches_what_is_published(
    settings: Settings, zto: Carrier, receiver: str
) -> None:
    # the first night knows nobody to ask
    night(settings, datetime(2026, 1, 9, tzinfo=UTC))
    assert (zto.asked, signed(settings)) == ([], {})
    # the second asks for the two that are open, and lands what was pushed meanwhile
    zto.signed = {"ZT0001"}
    scans = [{"time": "2026-03-01 12:00:00", "status": "签收", "statusCode": "3"}]
    last = {"message": "ok", "status": "200", "com": "yuantong", "nu": "YT0002", "data": scans}
    param = json.dumps({"status": "shutdown", "lastResult": last}, ensure_ascii=False)
    sign = hashlib.md5((param + SALT).encode()).hexdigest().upper()
    assert requests.post(receiver, {"param": param, "sign": sign}, timeout=10).status_code == 200
    drops = settings.source_dir / "kuaidi100" / "tracks"
    for _ in range(200):
        if list(drops.glob("*/kuaidi100_push-*Z.json")):
            break
        time.sleep(0.05)
    now = datetime.now(UTC)
    night(settings, now + timedelta(hours=1))
    assert sorted(zto.asked) == ["ZT0001", "ZT0002"]
    expected = {
        "ZT0001": datetime.fromtimestamp(1_772_330_400 + 3_600, UTC),  # as the carrier's second scan says
        "YT0002": datetime(2026, 3, 1, 4, tzinfo=UTC),
    }
    assert signed(settings) == expected
    # the third asks for the one that is open still
    night(settings, now + timedelta(hours=2))
    assert sorted(zto.asked) == ["ZT0001", "ZT0002", "ZT0002"]
    assert signed(settings) == expected
    assert zto.bad_signatures == 0
