"""Services that keep a fetch waiting: each ends in time, is asked again, and it is said what happened."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import Response

from dagster_project.connectors import fetch, rest
from dagster_project.connectors.together import fetch_all
from dagster_project.sources.profile import Profile
from tests.connectors.conftest import Landed, Made, ids
from tests.connectors.test_together import CONTRACT
from tests.servers.service import service
from tests.servers.stubborn import Stubborn, stubborn

CONNECTION = """
source: wms
kind: rest
base_url: ${NAME}
deadline: DEADLINE
tables:
  scans: {path: all, records: "$.data[*]"}
"""
RECORDS = [{"id": f"R{number:04}", "storedAt": "2026-01-05T10:00:00+08:00"} for number in range(1, 36)]
TRIES = 3  # of a request, two of them again
SHORT = 0.6  # seconds between two pieces of an answer; the service never ends by itself


@pytest.fixture
def wms() -> Iterator[Stubborn]:
    with stubborn(json.dumps({"data": RECORDS}).encode()) as made:
        yield made


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "WAIT", (2, SHORT))
    monkeypatch.setattr(
        rest, "RETRIES", rest.RETRIES.new(total=TRIES - 1, backoff_factor=0.02, backoff_jitter=0.01)
    )


def connection(name: str, deadline: str = "30m") -> str:
    return CONNECTION.replace("NAME", name).replace("DEADLINE", deadline)


@pytest.fixture
def read(wms: Stubborn, profile: Made, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setenv("STUBBORN", wms.address)
    return profile(contracts__wms=CONTRACT, connections__wms=connection("STUBBORN"))


def fetched(made: Profile, folder: Path) -> fetch.State:
    return fetch.fetch(made, made.connections[0], folder / "source", folder)


def landed(made: Profile, folder: Path) -> list[str]:
    build = Landed(made, folder / "source", folder / "build.duckdb")
    build.land("wms", "scans")
    return [row[0] for row in build.rows("select id from landing.wms__scans order by id")]


@pytest.mark.parametrize("mood", ["silent", "headers", "half"])
def test_one_that_stops_for_a_while_is_asked_again(
    wms: Stubborn, read: Profile, tmp_path: Path, mood: str
) -> None:
    wms.mood, wms.times = mood, TRIES - 1
    assert fetched(read, tmp_path).error == ""
    assert wms.asked == TRIES
    assert landed(read, tmp_path) == ids((1, 35))


@pytest.mark.parametrize(
    ("mood", "asked", "said"),
    [
        ("silent", TRIES, f"was reached and did not answer: Read timed out. (read timeout={SHORT})"),
        ("headers", rest.ATTEMPTS, f"the answer stopped for {SHORT} s"),
        ("half", rest.ATTEMPTS, f"the answer stopped for {SHORT} s"),
    ],
)
def test_one_that_stops_for_good_ends_by_its_time_out_and_is_caught_up_later(
    wms: Stubborn, read: Profile, tmp_path: Path, mood: str, asked: int, said: str
) -> None:
    wms.mood = mood
    began = time.monotonic()
    state = fetched(read, tmp_path)
    # a page that is not whole is asked for anew with all its period
    attempts = asked * rest.ATTEMPTS if mood != "silent" else asked
    assert time.monotonic() - began >= SHORT * attempts
    assert wms.asked == attempts
    assert said in state.error and state.failures == 1
    assert not list(tmp_path.glob("source/wms/scans/*/*"))
    wms.times = 0
    assert fetched(read, tmp_path).error == ""
    assert landed(read, tmp_path) == ids((1, 35))


def test_one_that_drips_without_an_end_is_ended_by_the_deadline_and_delays_no_other(
    wms: Stubborn, profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes within the time-out between two pieces, so only the deadline ends it."""
    wms.mood, wms.seconds_a_byte = "drip", 0.1
    with service() as healthy:
        healthy.put(35, first=101)
        monkeypatch.setenv("STUBBORN", wms.address)
        monkeypatch.setenv("HEALTHY", healthy.address)
        made = profile(
            contracts__wms=CONTRACT,
            connections__stubborn=connection("STUBBORN", "2s"),
            connections__healthy=connection("HEALTHY"),
        )
        said: list[str] = []
        began = time.monotonic()
        states = {
            s.name: s
            for s in fetch_all(made, made.connections, tmp_path / "source", tmp_path, say=said.append)
        }
        assert time.monotonic() - began >= 2
        assert states["stubborn"].error == "it took longer than 2 s and was ended"
        assert states["healthy"].error == ""
        assert wms.asked == 1
        assert any("longer than 2 s" in line for line in said)
        assert landed(made, tmp_path) == ids((101, 135))
        wms.times = 0
        fetch_all(made, made.connections, tmp_path / "source", tmp_path, say=said.append)
        assert fetch.read_state(tmp_path, made.connections[1]).error == ""
    assert landed(made, tmp_path) == ids((1, 35), (101, 135))


@pytest.mark.parametrize("mood", ["silent", "headers"])
def test_a_token_that_never_comes_is_not_waited_for(
    wms: Stubborn, profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mood: str
) -> None:
    wms.mood = mood
    monkeypatch.setenv("STUBBORN", wms.address)
    monkeypatch.setenv("SECRET", "s3cret-of-tests")
    auth = "auth: {kind: oauth2, token_url: '${STUBBORN}/token', client_id: us, client_secret: '${SECRET}'}\n"
    made = profile(contracts__wms=CONTRACT, connections__wms=auth + connection("STUBBORN").lstrip())
    state = fetched(made, tmp_path)
    assert "timed out" in state.error and "s3cret" not in state.error


# --- text that is not said to be UTF-8 ------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", ["text/html", "text/plain", "application/json", "application/octet-stream"])
def test_json_is_utf_8_whatever_it_is_called(profile: Made, tmp_path: Path, type_: str, monkeypatch) -> None:
    body = json.dumps({"data": [{**RECORDS[0], "id": "第一行"}]}, ensure_ascii=False).encode()

    def answer(number: int) -> Response:
        made = Response(body)
        made.raw_headers = [(b"content-type", type_.encode()), (b"content-length", str(len(body)).encode())]
        return made

    with service() as wms:
        wms.troubles = [answer]
        monkeypatch.setenv("STUBBORN", wms.address)
        made = profile(contracts__wms=CONTRACT, connections__wms=connection("STUBBORN"))
        assert fetched(made, tmp_path).error == ""
    assert landed(made, tmp_path) == ["第一行"]
