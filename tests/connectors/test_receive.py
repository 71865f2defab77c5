"""What is pushed: who is believed, what is answered, and that nothing is lost that was answered, whatever is killed."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest
import requests

from dagster_project import sources
from dagster_project.connectors import box, receive, spool
from dagster_project.connectors.fetch import read_state
from dagster_project.connectors.together import FORKS, fetch_all
from dagster_project.sources.packs import PACKS
from tests.connectors.conftest import Landed, Made

KUAIDI100 = (PACKS / "carriers" / "kuaidi100" / "pushed.yml").read_text(encoding="utf-8") + "limit: 20kB\n"
AFTERSHIP = (PACKS / "carriers" / "aftership" / "pushed.yml").read_text(encoding="utf-8")
KEYED = """
source: aftership
kind: push
check: {kind: key, key: "${PUSH_KEY}", at: {header: Authorization}, prefix: "Bearer "}
tables:
  tracks: {}
"""
SALT, SECRET = "salt-of-tests", "secret-of-tests"


class Receiving:
    """A company that is pushed to; its receiver runs in a process of its own and can be killed."""

    def __init__(self, made: Made, folder: Path) -> None:
        self.profile = made(
            profile="timezone: Asia/Shanghai\nuses: [carriers/kuaidi100, carriers/aftership]\n",
            connections__pushed=KUAIDI100,
            connections__aftership=AFTERSHIP,
            connections__keyed=KEYED,
        )
        self.folder = folder
        self.environment = {"KUAIDI100_SALT": SALT, "AFTERSHIP_SECRET": SECRET, "PUSH_KEY": "key-of-tests"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: BaseProcess | None = None
        self.said = folder / "said.txt"

    def begin(self) -> None:
        def say(line: str) -> None:
            with self.said.open("a") as out:
                out.write(line + "\n")

        arguments = (
            self.profile,
            self.folder / "source",
            self.folder,
            "127.0.0.1",
            self.port,
            self.environment,
            say,
        )
        self.process = FORKS.Process(target=receive.serve, args=arguments)
        self.process.start()
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the receiver does not listen")

    def end(self, by: int = signal.SIGTERM) -> None:
        assert self.process is not None and self.process.pid is not None
        os.kill(self.process.pid, by)
        self.process.join(20)
        self.process = None

    def post(self, path: str, body: bytes, **headers: str) -> requests.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(f"http://127.0.0.1:{self.port}/{path}", body, headers=told, timeout=20)

    def push(self, number: str, salt: str = SALT, remark: str = "快件") -> requests.Response:
        body = pushed(number, salt, remark)
        return self.post("pushed/tracks", body, content_type="application/x-www-form-urlencoded")

    def land(self, source: str) -> tuple[sources.Load, Landed]:
        landed = Landed(
            self.profile, self.folder / "source", self.folder / f"build_{time.monotonic_ns()}.duckdb"
        )
        return landed.land(source, "tracks"), landed

    def state(self, name: str):
        return read_state(self.folder, next(c for c in self.profile.connections if c.name == name))


def pushed(number: str, salt: str = SALT, remark: str = "快件") -> bytes:
    """A push of kuaidi100: a form of param and sign, sign being MD5(param + salt) in capitals."""
    scan = {"time": "2026-03-01 10:00:00", "context": remark, "status": "在途", "statusCode": "0"}
    last = {"message": "ok", "state": "0", "status": "200", "com": "yuantong", "nu": number, "data": [scan]}
    param = json.dumps(
        {"status": "polling", "billstatus": "got", "message": "", "lastResult": last},
        ensure_ascii=False,
        indent=1,
    )
    sign = hashlib.md5((param + salt).encode()).hexdigest().upper()
    return urlencode({"sign": sign, "param": param}).encode()


def tracked(number: str) -> bytes:
    checkpoint = {
        "slug": "yunda-express",
        "checkpoint_time": "2026-03-01T10:00:00+08:00",
        "created_at": "2026-03-01T02:05:00+00:00",
        "tag": "InTransit",
        "subtag": "InTransit_001",
        "city": "杭州",
    }
    message = {"tracking_number": number, "slug": "yunda-express", "checkpoints": [checkpoint]}
    return json.dumps({"event": "tracking_update", "msg": message}).encode()


@pytest.fixture
def here(profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiving]:
    made = Receiving(profile, tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    if made.process is not None:
        made.end(signal.SIGKILL)


def test_a_push_of_kuaidi100_is_answered_as_it_wants_and_lands(here: Receiving) -> None:
    here.begin()
    answer = here.push("YT0001", remark="线\n端")
    assert (answer.status_code, answer.json()) == (
        200,
        {"result": True, "returnCode": "200", "message": "成功"},
    )
    assert here.push("YT0002").status_code == 200
    assert here.push("YT0001", remark="线\n端").status_code == 200  # sent again, as senders do
    here.end()
    load, landed = here.land("kuaidi100")
    assert (load.rows_accepted, load.rows_duplicate, load.rows_quarantined, load.files_refused) == (
        2,
        1,
        0,
        0,
    )
    rows = landed.rows('select nu, com, "statusCode" from landing.kuaidi100__tracks order by nu')
    assert rows == [("YT0001", "yuantong", "0"), ("YT0002", "yuantong", "0")]
    sources.build_views(landed.connection, here.profile)
    events = landed.rows("select carrier, waybill, event_type from canonical.events order by waybill")
    assert events == [("YTO", "YT0001", "in_transit"), ("YTO", "YT0002", "in_transit")]
    state = here.state("pushed")
    assert (state.error, state.tables["tracks"]["rows"]) == ("", 3)
    assert state.last_event_at is not None and state.last_event_at == state.succeeded_at


def test_a_push_of_aftership_lands(here: Receiving) -> None:
    here.begin()
    body = tracked("YD0001")
    sign = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert here.post("aftership/tracks", body, aftership_hmac_sha256=sign).status_code == 200
    assert here.post("aftership/tracks", body + b" ", aftership_hmac_sha256=sign).status_code == 401
    assert here.post("aftership/tracks", body).status_code == 401
    here.end()
    load, landed = here.land("aftership")
    assert (load.rows_accepted, load.rows_quarantined) == (1, 0)
    assert landed.rows("select tracking_number, subtag from landing.aftership__tracks") == [
        ("YD0001", "InTransit_001")
    ]


def test_who_has_not_the_key_is_refused_and_counted_and_nothing_is_said_of_it(here: Receiving) -> None:
    here.begin()
    assert here.push("YT0001", salt="another").status_code == 401
    assert here.post("keyed/tracks", tracked("YD1"), Authorization="Bearer key-of-tests").status_code == 200
    assert here.post("keyed/tracks", tracked("YD2"), Authorization="Bearer key-of-test").status_code == 401
    assert here.post("keyed/tracks", tracked("YD2")).status_code == 401
    assert here.post("nobody/tracks", b"{}").status_code == 404
    assert requests.get(f"http://127.0.0.1:{here.port}/keyed/tracks", timeout=5).status_code == 405
    here.end()
    assert here.state("keyed").tables["tracks"]["warnings"] == [
        "not taken since the receiver began: 2 wrong signature"
    ]
    assert "1 wrong signature" in here.state("pushed").tables["tracks"]["warnings"][0]
    assert here.state("pushed").succeeded_at is None
    told = here.said.read_text() + "".join(
        path.read_text() for path in (here.folder / "sources").glob("*.json")
    )
    assert not any(secret in told for secret in ("YT0001", "YD1", SALT, SECRET, "key-of-tests"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b'{"msg": NaN}', 400),
        (b"\xff\xfe{}", 400),
        (b"[" * 100_000, 400),
        (b'{"msg": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
)
def test_what_is_no_document_is_not_taken(here: Receiving, body: bytes, status: int) -> None:
    here.begin()
    assert here.post("keyed/tracks", body, Authorization="Bearer key-of-tests").status_code == status
    here.end()
    assert not list(here.folder.glob("source/**/*.json*"))


def test_a_body_without_a_length_is_cut_at_the_limit(here: Receiving) -> None:
    here.begin()

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x" * 10_000

    told: int | None = None
    try:
        url = f"http://127.0.0.1:{here.port}/pushed/tracks"
        told = requests.post(url, data=endless(), timeout=20).status_code
    except requests.ConnectionError:
        pass  # the answer may come, and the line be cut, before all is sent
    assert told in (413, None)
    assert here.push("YT1").status_code == 200


def test_json_that_only_we_take_for_json_is_quarantined_not_lost(here: Receiving) -> None:
    here.begin()
    for body in (
        b'{"msg": {"tracking_number": "\\ud800", "checkpoints": []}}',
        b'{"other": 1}',
        tracked("YD1"),
    ):
        assert here.post("keyed/tracks", body, Authorization="Bearer key-of-tests").status_code == 200
    here.end()
    load, _ = here.land("aftership")
    assert load.rows_accepted == 1 and load.files_refused == 0
    assert 1 <= load.rows_quarantined <= 2


def test_it_is_on_the_disk_before_it_is_answered(here: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it answered first, a disk that takes a second would not be waited for."""
    real = os.fsync

    def slow(descriptor: int) -> None:
        time.sleep(1)
        real(descriptor)

    monkeypatch.setattr(spool.os, "fsync", slow)
    here.begin()
    assert here.push("YT1").status_code == 200
    began = time.monotonic()
    assert here.push("YT2").status_code == 200  # into a spool whose name is on the disk already
    assert time.monotonic() - began > 1
    here.end(signal.SIGKILL)
    (file,) = here.folder.glob("received/pushed/tracks/*.jsonl")
    assert "YT1" in file.read_text() and "YT2" in file.read_text()


def test_a_full_disk_is_told_and_what_came_before_stays(
    here: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = os.write, here.folder / "full"

    def write(descriptor: int, piece: bytes) -> int:
        if full.exists():
            real(descriptor, piece[: len(piece) // 2])
            raise OSError(28, "No space left on device")
        return real(descriptor, piece)

    monkeypatch.setattr(spool.os, "write", write)
    here.begin()
    assert here.push("YT1").status_code == 200
    full.touch()
    assert here.push("YT2").status_code == 503
    full.unlink()
    assert here.push("YT3").status_code == 200
    here.end()
    load, landed = here.land("kuaidi100")
    assert landed.rows("select nu from landing.kuaidi100__tracks order by nu") == [("YT1",), ("YT3",)]
    assert (load.rows_quarantined, load.files_refused) == (0, 0)


def test_drops_are_made_while_it_receives(here: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "SEAL_SECONDS", 0.3)
    here.begin()
    assert here.push("YT1").status_code == 200
    for _ in range(100):
        if drops := list(here.folder.glob("source/kuaidi100/tracks/*/pushed-*Z.json")):
            break
        time.sleep(0.05)
    assert len(drops) == 1 and not list(here.folder.glob("received/pushed/tracks/*.jsonl"))
    # a night lands it meanwhile, and leaves the receiver alone
    states = fetch_all(
        here.profile, here.profile.connections, here.folder / "source", here.folder, say=lambda _: None
    )
    assert all(state.error == "" for state in states)
    assert here.push("YT2").status_code == 200


def test_where_nobody_receives_a_night_says_so_and_takes_what_was_left(here: Receiving) -> None:
    here.begin()
    assert here.push("YT1").status_code == 200
    here.end(signal.SIGKILL)
    said: list[str] = []
    fetch_all(here.profile, here.profile.connections, here.folder / "source", here.folder, say=said.append)
    assert any("pushed is pushed to" in line and "nobody receives" in line for line in said)
    assert here.land("kuaidi100")[0].rows_accepted == 1
    here.begin()
    assert here.push("YT2").status_code == 200
    here.end()
    assert here.state("pushed").error == ""


def test_a_second_receiver_is_refused(here: Receiving) -> None:
    here.begin()
    other = Receiving.__new__(Receiving)
    other.__dict__.update(here.__dict__)
    process = FORKS.Process(
        target=receive.serve,
        args=(
            here.profile,
            here.folder / "source",
            here.folder,
            "127.0.0.1",
            here.port,
            here.environment,
            print,
        ),
    )
    process.start()
    process.join(20)
    assert process.exitcode != 0
    assert here.push("YT1").status_code == 200


def test_a_connection_whose_secret_is_not_set_takes_nothing(here: Receiving) -> None:
    del here.environment["KUAIDI100_SALT"]
    here.begin()
    assert here.push("YT1", salt="").status_code == 404
    assert here.post("keyed/tracks", tracked("YD1"), Authorization="Bearer key-of-tests").status_code == 200
    assert "KUAIDI100_SALT not set" in here.state("pushed").error


def senders(here: Receiving, many: int, stop: threading.Event, answered: list[str]) -> list[threading.Thread]:
    """Threads that push number after number; those that were answered well are noted."""

    def send(lane: int) -> None:
        count = 0
        while not stop.is_set():
            number = f"YT{lane:02}{count:06}"
            try:
                if here.push(number).status_code == 200:
                    answered.append(number)
                    count += 1
            except requests.RequestException:
                count += 1  # not answered: it may be there or not
                time.sleep(0.02)

    threads = [threading.Thread(target=send, args=(lane,)) for lane in range(many)]
    for thread in threads:
        thread.start()
    return threads


def test_killed_at_any_moment_every_push_that_was_answered_is_there_once(
    here: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "SEAL_SECONDS", 0.2)
    real = os.write

    def slow(descriptor: int, piece: bytes) -> int:
        time.sleep(0.01)  # a kill falls into it sooner or later
        return real(descriptor, piece)

    monkeypatch.setattr(spool.os, "write", slow)
    stop, answered = threading.Event(), []
    here.begin()
    threads = senders(here, 6, stop, answered)
    for tenth in (3, 5, 8, 13, 4, 9):
        time.sleep(0.1 * tenth)
        here.end(signal.SIGKILL)
        here.begin()
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    here.end()
    load, landed = here.land("kuaidi100")
    there = {row[0] for row in landed.rows("select nu from landing.kuaidi100__tracks")}
    assert len(answered) > 200
    assert set(answered) <= there
    assert load.rows_accepted == len(there) == load.rows_read - load.rows_duplicate
    assert (load.rows_quarantined, load.files_refused) == (0, 0)
    assert not list(here.folder.glob("received/pushed/tracks/*"))


@pytest.mark.parametrize("at", ["before the drop", "before the spool goes"])
def test_killed_while_a_drop_is_made_it_is_made_once(
    here: Receiving, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def dies(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as broken:
        broken.setattr(box, "SEAL_SECONDS", 0.1)
        if at == "before the drop":
            broken.setattr(spool.Drops, "write", dies)
        else:
            real: Callable = Path.unlink
            broken.setattr(
                Path, "unlink", lambda path, **k: dies() if path.suffix == ".jsonl" else real(path, **k)
            )
        here.begin()
        for number in range(20):
            try:
                assert here.push(f"YT{number}").status_code == 200
            except requests.RequestException:
                break
        assert here.process is not None
        here.process.join(20)
        assert here.process.exitcode == -signal.SIGKILL
    answered = number
    here.begin()
    here.end()
    drops = duckdb.sql(f"""
        select json_extract_string(json, '$.nu') as nu
        from read_ndjson_objects('{here.folder}/source/kuaidi100/tracks/*/pushed-*Z.json')
    """).fetchall()
    assert len(drops) == len(set(drops)) >= answered  # not even a duplicate
    assert not list(here.folder.glob("received/pushed/tracks/*"))


def test_mistakes_in_a_push_are_named(profile: Made) -> None:
    uses = "timezone: Asia/Shanghai\nuses: [carriers/kuaidi100]\n"
    for old, new, told in (
        ("{form: sign}", "{cookie: sign}", "at names no one place"),
        ("20kB", "20 elephants", "limit '20 elephants' is none"),
        ("[md5, hex, upper]", "[md5, rot13]", "rot13"),
        ('text: "{param}${KUAIDI100_SALT}"', "secret: known", "'secret' stands in the file itself"),
    ):
        with pytest.raises(Exception, match=told):
            profile(profile=uses, connections__pushed=KUAIDI100.replace(old, new))
