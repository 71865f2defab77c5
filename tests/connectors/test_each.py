"""Carriers that are asked waybill by waybill: whom, in which order, at which rate, and what one bad number costs."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from starlette.responses import JSONResponse, Response

from dagster_project import sources
from dagster_project.connectors import asking, each, fetch
from dagster_project.connectors.together import FORKS, fetch_all
from dagster_project.sources.packs import PACKS
from tests.connectors.conftest import Landed, Made
from tests.servers.carriers import SECRETS, Carrier, carrier
from tests.servers.service import service

KINDS = ("sf", "kuaidi100", "zto", "jd_ldop")
PREFIX = {"sf": "SF", "kuaidi100": "YT", "zto": "ZT", "jd_ldop": "VB"}
OF = {"sf": "SF", "kuaidi100": "YTO", "zto": "ZTO", "jd_ldop": "JD"}
AS_OF = datetime.fromisoformat("2026-03-02T00:00:00+08:00")


def asked(kind: str, rate: str = "", deadline: str = "60s") -> str:
    """The connection that a carrier's pack shows, at another address, with another rate and deadline."""
    text = (PACKS / "carriers" / kind / "asked.yml").read_text(encoding="utf-8")
    text = re.sub(r"base_url: .*", "base_url: ${CARRIER}", text)
    text = re.sub(r"rate: .*\n", f"rate: {rate}\n" if rate else "", text)
    return re.sub(r"deadline: .*", f"deadline: {deadline}", text).replace("      apart: 30m\n", "")


class Here:
    """A profile that uses a carrier's pack, and what was published: waybills `number(1)` on, due in this order."""

    def __init__(
        self, made: Made, folder: Path, kind: str, served: Carrier, rate: str, deadline: str, extra: str
    ) -> None:
        text = asked(kind, rate, deadline) + extra
        self.kind, self.folder, self.served = kind, folder, served
        self.profile = made(
            profile=f"timezone: Asia/Shanghai\nuses: [carriers/{kind}]\n", **{f"connections__{kind}": text}
        )
        self.environment = {
            "CARRIER": served.address,
            "SF_PARTNER": "partner-of-tests",
            "SF_CHECKWORD": SECRETS["sf"],
            "KUAIDI100_CUSTOMER": "customer-of-tests",
            "KUAIDI100_KEY": SECRETS["kuaidi100"],
            "ZTO_APP": "app-of-tests",
            "ZTO_SECRET": SECRETS["zto"],
            "JD_APP": "app-of-tests",
            "JD_TOKEN": "token-of-tests",
            "JD_CUSTOMER": "010K000001",
            "JD_SECRET": SECRETS["jd_ldop"],
        }
        self.landed = Landed(self.profile, folder / "source", folder / "build.duckdb")
        self.publish([])

    def number(self, index: int) -> str:
        return f"{PREFIX[self.kind]}{index:08}"

    def publish(self, indexes: list[int], signed: tuple[int, ...] = (), old: tuple[int, ...] = ()) -> None:
        """Open waybills, each due a minute after the one before; of `signed` and `old` ones nobody asks any more."""
        file = self.folder / "published" / "warehouse.duckdb"
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as duck:
            duck.execute(
                """
                CREATE SCHEMA marts;
                CREATE SCHEMA meta;
                CREATE TABLE meta.run (as_of TIMESTAMPTZ);
                CREATE TABLE marts.dim_carriers AS SELECT unnest(['SF', 'YTO', 'JT', 'JD', 'ZTO']) AS carrier;
                CREATE TABLE marts.dim_waybills (carrier VARCHAR, waybill VARCHAR, fulfilment_code VARCHAR);
                CREATE TABLE marts.fct_suborders (
                    fulfilment_code VARCHAR, promised_at TIMESTAMPTZ, placed_at TIMESTAMPTZ, outbound_at TIMESTAMPTZ,
                    signed_at TIMESTAMPTZ, closed_at TIMESTAMPTZ, is_cancelled BOOLEAN
                );
                """
            )
            duck.execute("INSERT INTO meta.run VALUES ($1)", [AS_OF])
            duck.execute(
                "INSERT INTO marts.dim_waybills SELECT $1, unnest($2), unnest($3)",
                [OF[self.kind], [self.number(i) for i in indexes], [f"F{i}" for i in indexes]],
            )
            duck.execute(
                """
                INSERT INTO marts.fct_suborders
                SELECT 'F' || i, $as_of + to_minutes(i), placed, placed,
                    CASE WHEN list_contains($signed, i) THEN $as_of END, NULL, false
                FROM (SELECT unnest($i)::INTEGER AS i), LATERAL (
                    SELECT $as_of::TIMESTAMPTZ - to_days(CASE WHEN list_contains($old, i) THEN 31 ELSE 2 END) AS placed
                )
                """,
                {"as_of": AS_OF, "i": indexes, "signed": list(signed) or [-1], "old": list(old) or [-1]},
            )

    def fetch_among_others(self, monkeypatch: pytest.MonkeyPatch) -> fetch.State:
        """In a process of its own that is ended at its deadline, as a night fetches."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        profile = self.profile
        (state,) = fetch_all(
            profile, profile.connections, self.folder / "source", self.folder, say=lambda _: None
        )
        return state

    def fetch(self) -> fetch.State:
        (connection,) = self.profile.connections
        return fetch.fetch(
            self.profile, connection, self.folder / "source", self.folder, None, self.environment
        )

    def land(self) -> sources.Load:
        return self.landed.land(self.kind, "tracks")

    def known(self) -> set[str]:
        """Numbers of which scans have landed."""
        column = {"sf": "mailNo", "kuaidi100": "nu", "zto": "billCode", "jd_ldop": "waybillCode"}[self.kind]
        return {
            row[0] for row in self.landed.rows(f'select distinct "{column}" from landing.{self.kind}__tracks')
        }


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Carrier]:
    with carrier(getattr(request, "param", "zto")) as made:
        yield made


@pytest.fixture
def here(profile: Made, tmp_path: Path) -> Callable[..., Here]:
    def made(
        served: Carrier, kind: str = "zto", rate: str = "", deadline: str = "60s", extra: str = ""
    ) -> Here:
        return Here(profile, tmp_path, kind, served, rate, deadline, extra)

    return made


@pytest.fixture(autouse=True)
def less_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WAIT", (5, 2))
    monkeypatch.setattr(asking, "BACK_OFF", 0.01)


def in_shape(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("served", "kind"), [(kind, kind)], indirect=["served"])


every_shape = pytest.mark.parametrize(
    ("served", "kind"), [(kind, kind) for kind in KINDS], indirect=["served"]
)


@every_shape
def test_every_open_waybill_is_asked_once_and_its_scans_land(
    served: Carrier, kind: str, here: Callable[..., Here]
) -> None:
    company = here(served, kind)
    company.publish(list(range(1, 26)), signed=(3,), old=(4,))
    state = company.fetch()
    open_ = {company.number(i) for i in range(1, 26) if i not in (3, 4)}
    assert (state.error, served.bad_signatures) == ("", 0)
    assert served.times == dict.fromkeys(open_, 1)
    assert served.questions == (3 if kind == "sf" else 23)  # SF takes ten at once
    load = company.land()
    assert (load.rows_accepted, load.rows_quarantined, load.files_refused) == (46, 0, 0)  # two scans each
    assert company.known() == open_
    again = company.fetch()
    load = company.land()
    assert again.error == ""
    assert (load.rows_accepted, load.rows_read) == (0, load.rows_duplicate)
    assert company.landed.rows(f"select count(*) from landing.{kind}__tracks") == [
        (46,)
    ]  # a drop of the very same bytes is not even read


@every_shape
def test_an_answer_carries_the_number_that_was_asked(
    served: Carrier, kind: str, here: Callable[..., Here]
) -> None:
    company = here(served, kind)
    company.publish([1, 2])
    company.fetch()
    asked = duckdb.sql(f"""
        select json_extract(json, '$.asked')::varchar
        from read_ndjson_objects('{company.folder}/source/{kind}/tracks/*/*.json*') order by all
    """)  # manifests have no `asked`
    told = {row[0] for row in asked.fetchall() if row[0]}
    one, two = company.number(1), company.number(2)
    assert told == ({f'["{one}","{two}"]'} if kind == "sf" else {f'"{one}"', f'"{two}"'})


@every_shape
def test_a_number_that_is_refused_or_unknown_costs_only_itself(
    served: Carrier, kind: str, here: Callable[..., Here]
) -> None:
    company = here(served, kind)
    company.publish(list(range(1, 26)))
    served.refused, served.unknown = {company.number(7)}, {company.number(9)}
    state = company.fetch()
    assert state.error == ""
    (said,) = state.tables["tracks"]["warnings"]
    assert company.number(7) in said
    load = company.land()
    assert company.known() == {company.number(i) for i in range(1, 26) if i not in (7, 9)}
    assert load.rows_quarantined == 0


def test_where_every_number_is_refused_it_is_an_error(served: Carrier, here: Callable[..., Here]) -> None:
    company = here(served)
    company.environment["ZTO_SECRET"] = "another"
    company.publish([1, 2, 3])
    state = company.fetch()
    assert "all 3 waybills asked for were refused" in state.error and "无效签名" in state.error
    assert "another" not in state.error


@in_shape("sf")
def test_a_service_that_refuses_all_alike_is_not_asked_for_every_number(
    served: Carrier, kind: str, here: Callable[..., Here]
) -> None:
    company = here(served, kind)
    company.environment["SF_CHECKWORD"] = "another"
    company.publish(list(range(1, 1001)))
    state = company.fetch()
    assert "given up after 200 waybills, all of them refused" in state.error
    assert served.questions < 260  # of 100 and 1000


def test_who_drips_past_the_deadline_does_not_cost_what_came(
    served: Carrier, here: Callable[..., Here], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "WAIT", (2, 30))
    company = here(served, deadline="5s")
    company.publish(list(range(1, 21)))
    served.hanging = {company.number(i) for i in (3, 4, 5)}
    state = company.fetch_among_others(monkeypatch)
    assert (state.error, state.tables["tracks"]["rows"]) == ("", 17)
    assert "3 of 20 open waybills were not reached in time" in state.tables["tracks"]["warnings"][0]


def test_a_carrier_that_the_company_does_not_have_is_named(
    served: Carrier, here: Callable[..., Here]
) -> None:
    company = here(served)
    with duckdb.connect(str(company.folder / "published" / "warehouse.duckdb")) as duck:
        duck.execute("DELETE FROM marts.dim_carriers WHERE carrier = 'ZTO'")
    assert "ZTO is no carrier of the company, which has JD, JT, SF, YTO" in company.fetch().error


def test_a_carrier_that_is_down_is_said(served: Carrier, here: Callable[..., Here]) -> None:
    company = here(served)
    company.environment["CARRIER"] = "http://127.0.0.1:1"
    company.publish([1])
    state = company.fetch()
    said = " ".join([state.error, *state.tables["tracks"]["warnings"]])
    assert "127.0.0.1:1 is not reached: Connection refused" in said and not served.questions


def test_nothing_is_asked_before_anything_is_published(served: Carrier, here: Callable[..., Here]) -> None:
    company = here(served)
    (company.folder / "published" / "warehouse.duckdb").unlink()
    state = company.fetch()
    assert (state.error, served.questions) == ("", 0)
    assert state.tables["tracks"]["warnings"][0].startswith("nothing is published yet")


@pytest.mark.parametrize(("served", "kind"), [("sf", "sf"), ("zto", "zto")], indirect=["served"])
def test_a_number_that_hangs_costs_only_itself(served: Carrier, kind: str, here: Callable[..., Here]) -> None:
    company = here(served, kind)
    company.publish(list(range(1, 41)))
    served.hanging = {company.number(1), company.number(15)}
    state = company.fetch()
    assert state.error == ""
    (said,) = state.tables["tracks"]["warnings"]
    assert "2 of 40" in said and "did not answer in 2 s" in said
    company.land()
    assert company.known() == {company.number(i) for i in range(1, 41) if i not in (1, 15)}


@pytest.mark.parametrize(
    ("wait", "seconds"), [("1", 1), ("soon", 0), ("Wed, 01 Jan 9999999 00:00:00 GMT", 0)]
)
def test_a_rate_limit_holds_all_back_and_costs_no_number(
    served: Carrier, here: Callable[..., Here], wait: str, seconds: int
) -> None:
    company = here(served)
    company.publish(list(range(1, 41)))
    served.trouble = lambda number: (
        Response("slow", 429, {"Retry-After": wait}) if 10 <= number < 14 else None
    )
    began = time.monotonic()
    state = company.fetch()
    assert seconds <= time.monotonic() - began < 60
    assert (state.error, state.tables["tracks"]["warnings"]) == ("", ())
    assert served.times == dict.fromkeys((company.number(i) for i in range(1, 41)), 1)


def test_errors_and_cut_answers_are_asked_again(served: Carrier, here: Callable[..., Here]) -> None:
    company = here(served)
    company.publish(list(range(1, 11)))
    troubles = {2: Response("busy", 500), 5: Response('{"status": tr', 200), 7: Response("gone", 502)}
    served.trouble = troubles.get
    assert (company.fetch().error, company.land().rows_accepted) == ("", 20)


def test_a_service_that_is_down_is_given_up_and_no_number_is_lost(
    served: Carrier, here: Callable[..., Here]
) -> None:
    company = here(served)
    company.publish(list(range(1, 301)))
    served.trouble = lambda number: Response("down", 503)
    state = company.fetch()
    assert "given up after 20 failures in a row" in state.error
    assert served.questions < 150
    served.trouble = lambda number: None
    assert company.fetch().error == ""
    company.land()
    assert len(company.known()) == 300


def test_a_service_that_lets_nobody_in_is_left_at_once(served: Carrier, here: Callable[..., Here]) -> None:
    company = here(served)
    company.publish(list(range(1, 301)))
    served.trouble = lambda number: JSONResponse({"message": "no"}, 403)
    assert "does not let us in: 403" in company.fetch().error
    assert served.questions <= 8


def test_those_due_first_are_asked_first_and_nothing_starves(
    served: Carrier, here: Callable[..., Here], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve numbers, time for about five a round, and every round brings two new ones that are due sooner."""
    monkeypatch.setattr(asking, "LANES", 1)
    company = here(served, rate="5/s", deadline="1s")
    open_ = list(range(101, 113))
    rounds: list[list[str]] = []
    for turn in range(6):
        open_ = [*range(98 - 2 * turn, 100 - 2 * turn), *open_] if turn else open_
        company.publish(open_)
        before = len(served.asked)
        state = company.fetch()
        rounds.append(served.asked[before:])
        assert state.error == ""
        assert "were not reached in time" in state.tables["tracks"]["warnings"][0]
    assert 3 <= len(rounds[0]) <= 6
    assert rounds[0] == [company.number(100 + n) for n in range(1, len(rounds[0]) + 1)]
    # who was left out comes before those that are new and due sooner
    assert rounds[1][0] == company.number(101 + len(rounds[0]))
    reached = [number for turn in rounds[:4] for number in turn]
    assert {company.number(i) for i in range(101, 113)} <= set(reached)
    assert reached.index(company.number(98 - 2)) > reached.index(company.number(112))


def test_a_kill_at_any_moment_loses_nothing(
    served: Carrier, here: Callable[..., Here], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept every twenty answers; killed five times on the way, then left in peace."""
    monkeypatch.setattr(each, "KEEP_COUNT", 20)
    company = here(served, rate="200/s")
    company.publish(list(range(1, 301)))
    for name, value in company.environment.items():
        monkeypatch.setenv(name, value)
    (connection,) = company.profile.connections
    for tenth in range(3, 8):
        process = FORKS.Process(
            target=fetch.fetch,
            args=(company.profile, connection, company.folder / "source", company.folder),
        )
        process.start()
        time.sleep(0.1 * tenth)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    # rounds that were broken off went on where they were: not one began anew with the first number
    assert max(served.times.values()) < 5
    assert company.fetch().error == ""
    load = company.land()
    assert company.known() == {company.number(i) for i in range(1, 301)}
    assert load.rows_read == load.rows_accepted + load.rows_duplicate
    assert load.rows_accepted == 600


@in_shape("sf")
def test_five_thousand_waybills_at_fifty_a_second(
    served: Carrier, kind: str, here: Callable[..., Here]
) -> None:
    """500 questions of ten at 50/s are 10 s; with 429s on the way, a hanging number and one that is refused."""
    company = here(served, kind, rate="50/s", deadline="5m")
    company.publish(list(range(1, 5001)))
    served.hanging, served.refused = {company.number(2222)}, {company.number(4444)}
    served.trouble = lambda number: (
        Response("slow", 429, {"Retry-After": "1"}) if number in (100, 300) else None
    )
    began = time.monotonic()
    state = company.fetch()
    took = time.monotonic() - began
    assert state.error == ""
    assert took > 9.5
    # no 60 questions come in less than a second, whatever waits in eight lanes
    assert served.fastest(60) > 1.0
    load = company.land()
    assert (load.rows_accepted, load.rows_quarantined) == (2 * 4998, 0)
    assert served.bad_signatures == 0


@in_shape("kuaidi100")
def test_a_number_is_left_alone_for_as_long_as_the_service_wants(
    served: Carrier, kind: str, here: Callable[..., Here]
) -> None:
    company = here(served, kind, extra="      apart: 30m\n")
    company.publish([1, 2])
    company.fetch()
    company.publish([1, 2, 3])
    company.fetch()
    assert served.times == dict.fromkeys((company.number(i) for i in (1, 2, 3)), 1)


def test_it_is_fetched_among_others_and_ends_before_its_deadline(
    served: Carrier, here: Callable[..., Here], monkeypatch: pytest.MonkeyPatch
) -> None:
    company = here(served, rate="10/s", deadline="6s")
    company.publish(list(range(1, 301)))
    state = company.fetch_among_others(monkeypatch)
    assert state.error == ""
    # of the 300 that 30 s would take
    assert 10 <= state.tables["tracks"]["rows"] <= 60
    assert state.seconds < 6


OWN = """
source: own
timezone: Asia/Shanghai
tables:
  scans:
    files: own/scans/*/*.csv
    format: csv
    volume: varies
    columns:
      asked:    {type: text, required: true}
      scanType: {type: text, required: true}
"""


def test_records_that_lack_the_number_get_it(
    served: Carrier, here: Callable[..., Here], profile: Made, tmp_path: Path
) -> None:
    """A contract whose rows are records, not answers; the number also stands in the path."""
    company = here(served)
    company.publish([1, 2, 3])
    text = asked("zto").replace("  tracks:", '  scans:\n    records: "$.result[*]"')
    text = text.replace("path: zto", "path: of/{waybill}/zto")
    made = profile(contracts__own=OWN, connections__zto="source: own\n" + text)
    (connection,) = made.connections
    state = fetch.fetch(made, connection, tmp_path / "source", tmp_path, None, company.environment)
    assert (state.error, state.tables["scans"]["rows"]) == ("", 6)
    assert state.tables["scans"]["new_columns"] == ("billCode", "scanDate", "scanSite")
    landed = Landed(made, tmp_path / "source", tmp_path / "own.duckdb")
    landed.land("own", "scans")
    rows = landed.rows('select asked, "scanType" from landing.own__scans order by all')
    assert rows == [(company.number(i), scan) for i in (1, 2, 3) for scan in ("发件", "收件")]
    assert served.paths == {f"/of/{company.number(i)}/zto.merchant.waybill.track.query" for i in (1, 2, 3)}


def test_a_token_that_ends_midway_is_renewed_once_for_all(tmp_path: Path, profile: Made) -> None:
    with service() as made, carrier("zto") as other:
        company = Here(profile, tmp_path, "zto", other, "", "60s", "")
        made.may = lambda request: (
            request.headers.get("Authorization", "").removeprefix("Bearer ") in made.valid_tokens
        )

        def ends(number: int) -> None:
            if number == 5:
                made.valid_tokens.discard("token-1")

        made.before_page = ends
        text = re.sub(
            r"auth:.*put: {header: x-dataDigest}",
            f"auth: {{kind: oauth2, token_url: {made.address}/token, client_id: a, client_secret: '${{ZTO_SECRET}}'}}",
            asked("zto"),
            flags=re.DOTALL,
        )
        text = text.replace("path: zto.merchant.waybill.track.query", "path: all")
        text = re.sub(r"      well: .*", "", text)
        company.profile = profile(
            profile="timezone: Asia/Shanghai\nuses: [carriers/zto]\n", connections__zto=text
        )
        company.environment["CARRIER"] = made.address
        company.publish(list(range(1, 41)))
        state = company.fetch()
        assert (state.error, state.tables["tracks"]["rows"]) == ("", 40)
        assert made.tokens == ["token-1", "token-2"]


def test_mistakes_in_each_are_named(profile: Made) -> None:
    text = asked("zto").replace("{waybill}", "number")
    with pytest.raises(Exception, match="no waybill stands in its path or parameters"):
        profile(profile="timezone: Asia/Shanghai\nuses: [carriers/zto]\n", connections__zto=text)
    text = asked("zto") + "      at_once: none\n"
    with pytest.raises(Exception, match="at_once 'none' is no number"):
        profile(profile="timezone: Asia/Shanghai\nuses: [carriers/zto]\n", connections__zto=text)


@pytest.mark.parametrize("file", sorted(PACKS.glob("carriers/*/*ed.yml")), ids=lambda file: str(file)[-24:])
def test_what_the_packs_show_is_a_connection(profile: Made, file: Path) -> None:
    made = profile(
        profile=f"timezone: Asia/Shanghai\nuses: [carriers/{file.parent.name}]\n",
        **{f"connections__{file.parent.name}": file.read_text(encoding="utf-8")},
    )
    (connection,) = made.connections
    assert (connection.source, connection.kind) == (
        file.parent.name,
        "push" if file.stem == "pushed" else "rest",
    )
    assert connection.variables
