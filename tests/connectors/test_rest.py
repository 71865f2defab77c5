"""Services as sources: every way of paging and of saying who asks, and all that may go wrong on the way."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from dagster_project import sources
from dagster_project.connectors import fetch, rest
from dagster_project.connectors.place import Window
from tests.connectors.conftest import Landed, Made, ids
from tests.servers.service import Service, service

CONTRACT = """
source: wms
tables:
  scans:
    files: wms/scans/*.jsonl
    format: jsonl
    volume: varies
    key: [id]
    recorded_at: storedAt
    columns:
      id:       {type: text, required: true}
      note:     {type: text}
      storedAt: {type: instant, required: true}
"""
HEAD = """
kind: rest
base_url: ${WMS}
"""
TABLE = """
tables:
  scans: {path: KIND, records: "$.data[*]", pages: PAGES, since: {parameter: since, look_back: 5m}}
"""
PAGES = {
    "page": "{by: page, size_parameter: size, size: 10}",
    "offset": "{by: offset}",
    "cursor": "{by: cursor, parameter: after, next: $.meta.next}",
    "link": "{by: link}",
    "all": "{by: none}",
}
COUNTED = "{by: page, size_parameter: size, size: 10, total: $.total}"


@pytest.fixture
def wms() -> Iterator[Service]:
    with service() as made:
        made.put(35)
        yield made


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "RETRIES", rest.RETRIES.new(backoff_factor=0.02, backoff_jitter=0.01))


class Source:
    """A profile that reads the service, its state, and where its rows land."""

    def __init__(
        self, wms: Service, made: Made, folder: Path, kind: str = "page", pages: str = "", head: str = ""
    ) -> None:
        table = TABLE.replace("KIND", kind).replace("PAGES", pages or PAGES[kind])
        self.profile = made(contracts__wms=CONTRACT, connections__wms=HEAD + head + table)
        self.folder = folder
        self.environment = {"WMS": wms.address, "SECRET": "s3cret-of-tests"}
        self.landed = Landed(self.profile, folder / "source", folder / "build.duckdb")

    def fetch(self, window: Window | None = None) -> fetch.State:
        (connection,) = self.profile.connections
        return fetch.fetch(
            self.profile, connection, self.folder / "source", self.folder, window, self.environment
        )

    def land(self) -> list[str]:
        self.landed.land("wms", "scans")
        return [row[0] for row in self.landed.rows("select id from landing.wms__scans order by id")]


@pytest.fixture
def source(wms: Service, profile: Made, tmp_path: Path) -> Callable[..., Source]:
    return lambda *arguments, **named: Source(wms, profile, tmp_path, *arguments, **named)


def once(number: int, answer: Callable[[], Response]) -> Callable[[int], Response | None]:
    """An answer in place of one request."""
    return lambda asked: answer() if asked == number else None


# --- paging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PAGES)
def test_every_way_of_paging_brings_every_record_once(source: Callable[..., Source], kind: str) -> None:
    here = source(kind)
    state = here.fetch()
    assert (state.error, state.tables["scans"]["rows"]) == ("", 35)
    assert here.land() == ids((1, 35))
    assert state.last_event_at == "2026-01-04T16:35:00+00:00"
    ((note,),) = here.landed.rows("select note from landing.wms__scans where id = 'R0007'")
    assert note == '第7"行"'


def test_only_what_is_new_is_asked_for(wms: Service, source: Callable[..., Source]) -> None:
    here = source()
    here.fetch()
    wms.put(2, first=36)
    wms.records.append(
        {"id": "R9999", "storedAt": "2026-01-05T00:31:00+08:00"}
    )  # stored late, within five minutes
    state = here.fetch()
    # from 00:35 less five minutes: 30 to 37, and the late one
    assert (state.error, state.tables["scans"]["rows"]) == ("", 9)
    assert here.land() == [*ids((1, 37)), "R9999"]
    assert here.fetch().tables["scans"]["cursor"] == "2026-01-04T16:37:00+00:00"


def test_a_period_is_asked_for_in_steps(wms: Service, source: Callable[..., Source]) -> None:
    here = source(head="")
    text = (here.profile.directory / "connections" / "wms.yml").read_text()
    (here.profile.directory / "connections" / "wms.yml").write_text(
        text.replace("look_back: 5m", "look_back: 5m, until: until, step: 10m")
    )
    here.profile = sources.load_profile(here.profile.directory)
    window = Window(datetime(2026, 1, 4, 16, 5, tzinfo=UTC), datetime(2026, 1, 4, 16, 25, tzinfo=UTC))
    assert here.fetch(window).tables["scans"]["rows"] == 20
    asked = {request.query_params["since"] for request in wms.requests}
    assert asked == {"2026-01-04T16:05:00Z", "2026-01-04T16:15:00Z"}
    assert here.land() == ids((5, 24))


# --- who asks -----------------------------------------------------------------------------------------------------


def test_a_key_in_a_header(wms: Service, source: Callable[..., Source]) -> None:
    wms.may = lambda request: request.headers.get("X-Key") == "s3cret-of-tests"
    assert source(head="auth: {kind: key, header: X-Key, key: '${SECRET}'}\n").fetch().error == ""


def test_a_name_and_a_password(wms: Service, source: Callable[..., Source]) -> None:
    told = "Basic " + base64.b64encode(b"ontime:s3cret-of-tests").decode()
    wms.may = lambda request: request.headers.get("Authorization") == told
    assert source(head="auth: {kind: basic, user: ontime, password: '${SECRET}'}\n").fetch().error == ""


def test_a_token_that_ends_midway_is_asked_for_again(wms: Service, source: Callable[..., Source]) -> None:
    def may(request) -> bool:
        if wms.pages_given == 2:
            wms.valid_tokens.discard("token-1")
        return request.headers.get("Authorization", "").removeprefix("Bearer ") in wms.valid_tokens

    wms.may = may
    head = f"auth: {{kind: oauth2, token_url: {wms.address}/token, client_id: ontime, client_secret: '${{SECRET}}'}}\n"
    here = source(head=head)
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))
    assert wms.tokens == ["token-1", "token-2"]


def test_a_token_of_a_minute_is_renewed_before_it_ends(wms: Service, source: Callable[..., Source]) -> None:
    wms.token_seconds = 1
    wms.may = lambda request: request.headers.get("Authorization", "").startswith("Bearer token-")
    head = f"auth: {{kind: oauth2, token_url: {wms.address}/token, client_id: ontime, client_secret: '${{SECRET}}'}}\n"
    assert source(head=head).fetch().error == ""
    assert len(wms.tokens) > 1


def test_an_address_that_gives_no_token_is_said(wms: Service, source: Callable[..., Source]) -> None:
    auth = "auth: {kind: oauth2, token_url: '${WMS}/tokens', client_id: ontime, client_secret: '${SECRET}'}\n"
    error = source(head=auth).fetch().error
    told = f"{wms.address}/tokens gives no token: it answers total, data"
    assert error == f"not to be opened, check SECRET, WMS: {told}"


def test_a_signed_form(wms: Service, source: Callable[..., Source]) -> None:
    """base64(md5(form's data + time + secret)), in the form, as carriers want it; worked out here by hand."""

    def may(request) -> bool:
        from urllib.parse import parse_qs

        form = {key: value[0] for key, value in parse_qs(wms.bodies[-1].decode()).items()}
        text = f"{form['page']}{form['timestamp']}s3cret-of-tests"
        return form["sign"] == base64.b64encode(hashlib.md5(text.encode()).digest()).decode()

    wms.may = may
    head = """
auth:
  kind: signed
  text: "{page}{timestamp}${SECRET}"
  steps: [md5, base64]
  put: {form: sign}
  fields: {timestamp: {time: ms, put: {form: timestamp}}}
"""
    here = source("page", "{by: page}, method: POST, send: form", head=head)
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))


# --- what goes wrong ----------------------------------------------------------------------------------------------


def test_errors_and_a_rate_limit_are_waited_out(wms: Service, source: Callable[..., Source]) -> None:
    wms.troubles = [
        once(1, lambda: Response("busy", 500)),
        once(3, lambda: Response("slow down", 429, {"Retry-After": "1"})),
        once(5, lambda: Response("gateway", 502)),
    ]
    here = source()
    began = time.monotonic()
    assert here.fetch().error == ""
    assert time.monotonic() - began >= 1  # as Retry-After asked
    assert here.land() == ids((1, 35))


def test_an_answer_that_is_cut_off_is_asked_for_again(wms: Service, source: Callable[..., Source]) -> None:
    wms.troubles = [once(2, lambda: Response('{"data": [{"id": "R0011", "sto', 200))]
    here = source()
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))


def test_rubbish_without_end_is_an_error_and_nothing_is_kept(
    wms: Service, source: Callable[..., Source]
) -> None:
    here = source()
    wms.troubles = [lambda number: Response("<html>maintenance</html>", 200)]
    state = here.fetch()
    assert "no whole JSON" in state.error and state.tables["scans"]["cursor"] is None
    assert not list(here.folder.glob("source/wms/scans/*/*"))
    wms.troubles = []
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"code": 500, "msg": "签名错误"}, "page 2 holds no list at $.data[*]: code=500, msg=签名错误"),
        ({"data": {"rows": []}, "total": 35}, "page 2 holds no list at $.data[*]: data, total=35"),
        ([], "page 2 holds no list at $.data[*]: it is a list"),
    ],
)
def test_an_error_in_json_is_not_taken_for_the_end_of_the_pages(
    wms: Service, source: Callable[..., Source], answer: dict | list, told: str
) -> None:
    here = source()
    wms.troubles = [lambda number: JSONResponse(answer) if number % 2 == 0 else None]  # every second page
    state = here.fetch()
    assert told in state.error and state.tables["scans"]["rows"] == 0
    assert not list(here.folder.glob("source/wms/scans/*/*"))
    wms.troubles = []
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))


@pytest.mark.parametrize(
    ("pages", "answer"),
    [(PAGES["page"], {"data": []}), (PAGES["page"], {"data": None}), (COUNTED, {"total": 0})],
)
def test_a_service_may_have_nothing_to_tell(
    wms: Service, source: Callable[..., Source], pages: str, answer: dict
) -> None:
    wms.troubles = [lambda number: JSONResponse(answer)]
    state = source(pages=pages).fetch()
    assert (state.error, state.tables["scans"]["rows"]) == ("", 0)


SUCCESS = ", success: {$.code: 0}"


@pytest.mark.parametrize("answer", [{"code": 0}, {"code": "0", "data": []}, {"code": 0, "data": None}])
def test_an_answer_that_says_it_is_none_of_an_error_may_leave_the_list_out(
    wms: Service, source: Callable[..., Source], answer: dict
) -> None:
    wms.troubles = [lambda number: JSONResponse(answer)]
    state = source(pages=PAGES["page"] + SUCCESS).fetch()
    assert (state.error, state.tables["scans"]["rows"]) == ("", 0)


@pytest.mark.parametrize("answer", [{"code": 500, "data": []}, {"data": []}, {"code": 0, "data": "none"}])
def test_an_answer_that_does_not_say_so_is_an_error_whatever_it_holds(
    wms: Service, source: Callable[..., Source], answer: dict
) -> None:
    wms.troubles = [lambda number: JSONResponse(answer)]
    error = source(pages=PAGES["page"] + SUCCESS).fetch().error
    assert "page 1 holds no list at $.data[*], or does not say $.code: 0: " in error


def test_what_came_last_time_is_not_told_of_a_fetch_that_brought_nothing(
    wms: Service, source: Callable[..., Source]
) -> None:
    here = source()
    assert here.fetch().tables["scans"]["rows"] == 35
    here.environment["WMS"] = wms.address.removeprefix("http://")
    state = here.fetch()
    assert state.error.startswith("not to be opened, check WMS: the address 127.0.0.1:")
    assert state.error.endswith("does not begin with http:// or https://")
    assert state.tables["scans"]["rows"] == 0
    del here.environment["WMS"]
    assert here.fetch().tables["scans"]["rows"] == 0


def test_a_page_that_comes_twice_is_noticed(wms: Service, source: Callable[..., Source]) -> None:
    first = {}

    def again(number: int, page: dict) -> dict:
        first.setdefault("page", page)
        return first["page"] if number == 2 else page

    wms.changed = again
    here = source()
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))


def test_a_page_that_is_left_out_is_noticed_where_the_service_counts(
    wms: Service, source: Callable[..., Source]
) -> None:
    wms.changed = lambda number, page: {**page, "data": page["data"][3:]} if number == 2 else page
    here = source("page", COUNTED)
    assert here.fetch().error == ""
    assert here.land() == ids((1, 35))


def test_a_count_that_is_nowhere_is_said(wms: Service, source: Callable[..., Source]) -> None:
    state = source(pages=COUNTED.replace("$.total", "$.totl")).fetch()
    assert (state.error, state.tables["scans"]["rows"]) == ("", 35)
    told = "no answer counts at $.totl, so pages left out are not noticed"
    assert state.tables["scans"]["warnings"] == (told,)
    assert source(pages=COUNTED).fetch().tables["scans"]["warnings"] == ()


def test_records_that_move_while_paging_are_noticed(wms: Service, source: Callable[..., Source]) -> None:
    """The first record is deleted after the first page: all move up by one, and one slips through between pages."""

    def deleted(number: int) -> None:
        if number == 2:
            wms.records.pop(0)

    wms.before_page = deleted
    here = source("page", COUNTED)
    assert here.fetch().error == ""
    assert set(ids((2, 35))) <= set(here.land())


def test_a_clock_that_jumps_does_not_hide_what_is_to_come(
    wms: Service, source: Callable[..., Source]
) -> None:
    wms.records.append({"id": "R0500", "storedAt": "2199-01-01T00:00:00+08:00"})
    here = source()
    state = here.fetch()
    assert "1 rows lie in the future" in state.tables["scans"]["warnings"][0]
    wms.put(1, first=36)
    here.fetch()
    assert here.land() == [*ids((1, 36)), "R0500"]


def test_a_cursor_that_never_ends_is_an_error(wms: Service, source: Callable[..., Source]) -> None:
    wms.changed = lambda number, page: {
        **page,
        "data": [{**page["data"][0], "id": str(number)}],
        "meta": {"next": "10"},
    }
    assert "would never end" in source("cursor").fetch().error


def test_a_link_to_another_host_is_not_followed(wms: Service, source: Callable[..., Source]) -> None:
    body = '{"data": [{"id": "R0001", "storedAt": "2026-01-05T00:01:00+08:00"}]}'
    link = {
        "link": '<http://elsewhere.example/link?after=10>; rel="next"',
        "content-type": "application/json",
    }
    wms.troubles = [lambda number: Response(body, 200, link)]
    assert "another service" in source("link").fetch().error


def test_a_service_that_is_down_is_said_without_its_secret(
    wms: Service, source: Callable[..., Source]
) -> None:
    here = source(head="auth: {kind: key, query: key, key: '${SECRET}'}\n")
    here.environment["WMS"] = "http://127.0.0.1:1"
    state = here.fetch()
    said = (
        "scans: 127.0.0.1:1 is not reached: Connection refused. Check the address and whether it is running"
    )
    assert state.error == said


def test_a_machine_that_is_not_there_is_said(wms: Service, source: Callable[..., Source]) -> None:
    here = source()
    here.environment["WMS"] = "http://nowhere.invalid"  # RFC 2606: no such name is ever given out
    assert here.fetch().error == "scans: no machine is called nowhere.invalid: check the address"


def test_no_secret_is_told_wherever_it_stands(wms: Service, source: Callable[..., Source]) -> None:
    here = source()
    path = here.profile.directory / "connections" / "wms.yml"
    path.write_text(path.read_text().replace("since: {", "parameters: {token: '${SECRET}'}, since: {"))
    here.profile = sources.load_profile(here.profile.directory)
    here.environment |= {"WMS": "http://ontime:pass-word@127.0.0.1:1", "SECRET": "a/b+c d"}
    unreached = here.fetch().error
    # an answer may quote what was asked; in an address the secret stands as a%2Fb%2Bc+d
    here.environment["WMS"] = wms.address
    wms.troubles = [lambda number: Response("a/b+c d of ?token=a%2Fb%2Bc+d is unknown", 400)]
    refused = here.fetch().error
    assert "127.0.0.1:1 is not reached" in unreached and "••• of ?token=••• is unknown" in refused
    assert not any(secret in unreached + refused for secret in ("pass-word", "a/b+c d", "a%2Fb"))
    assert not any("pass-word" in file.read_text() for file in here.folder.glob("sources/*.json"))


def test_new_keys_are_reported_and_kept(wms: Service, source: Callable[..., Source]) -> None:
    wms.records[4]["zone"] = "A-3"
    here = source()
    assert here.fetch().tables["scans"]["new_columns"] == ("zone",)
    (drop,) = here.folder.glob("source/wms/scans/*/*.jsonl")
    assert '"zone":"A-3"' in drop.read_text()


def test_a_rate_is_kept(wms: Service, source: Callable[..., Source]) -> None:
    here = source(head="rate: 20/s\n")
    began = time.monotonic()
    here.fetch()
    assert time.monotonic() - began > 4 * 0.05  # five requests


# --- answers whose rows a contract finds itself ---------------------------------------------------------------------


def test_an_answer_of_a_carrier_is_kept_whole_and_its_pack_finds_the_scans(
    wms: Service, profile: Made, tmp_path: Path
) -> None:
    steps = [
        {"time": f"2026-01-05 1{hour}:00:00", "action": code}
        for hour, code in enumerate(("GOT", "SENT", "NEW"))
    ]
    body = json.dumps({"data": {"mailno": "430000000000099", "steps": steps}}, indent=2)
    wms.troubles.append(lambda asked: Response(body, media_type="application/json"))
    read = profile(
        profile="timezone: Asia/Shanghai\nuses: [carriers/yunda]\n",
        connections__yunda="kind: rest\nbase_url: ${YUNDA}\ntables:\n  tracks: {path: query, method: POST}\n",
    )
    (connection,) = read.connections
    environment = {"YUNDA": wms.address}
    state = fetch.fetch(read, connection, tmp_path / "source", tmp_path, None, environment)
    assert (state.error, state.tables["tracks"]["rows"]) == ("", 1)
    assert not state.tables["tracks"].get("new_columns")
    landed = Landed(read, tmp_path / "source", tmp_path / "build.duckdb")
    load = landed.land("yunda", "tracks")
    assert (load.files_refused, load.rows_accepted, load.rows_quarantined) == (0, 2, 1)
    assert landed.rows("select mailno, action from landing.yunda__tracks order by action") == [
        ("430000000000099", "GOT"),
        ("430000000000099", "SENT"),
    ]
