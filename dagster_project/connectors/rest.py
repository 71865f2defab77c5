"""Services that answer in JSON over HTTP.

Belongs here: which requests make a table, and when what came is whole. Retrying is urllib3's, signing auth's, the next
page paging's; records are cut out of the answers by DuckDB, so what lands is what the service said.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError
from urllib3.util import Retry

from dagster_project.connectors import answers, auth, each, paging
from dagster_project.connectors.drops import Drops
from dagster_project.connectors.paging import Question
from dagster_project.connectors.periods import AHEAD, Period, asked_since, periods
from dagster_project.connectors.place import Fetched, Window
from dagster_project.sources import sql, typed
from dagster_project.sources.connections import Pull
from dagster_project.sources.contracts import TableContract

RETRIES = Retry(
    total=6,
    backoff_factor=0.5,
    backoff_max=60,
    backoff_jitter=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,  # a question may be put twice, also by POST
    retry_after_max=600,
)
WAIT = (10, 60)  # seconds to connect, and between two pieces of an answer
ATTEMPTS = 4  # for an answer that is cut off, or pages that do not fit together
ASKING, WAITING = 0.8, 0.9  # of the deadline


class UnwholeError(RuntimeError):
    """What came is not all there is, or not what was asked for."""


class Service:
    """A session with a service."""

    def __init__(self, settings: dict[str, Any], duck: duckdb.DuckDBPyConnection) -> None:
        self.duck = duck
        self.base = str(settings["base_url"]).rstrip("/")
        if not self.base.startswith(("http://", "https://")):
            raise ValueError(f"the address {self.base} does not begin with http:// or https://")
        self.session = auth.session(settings.get("auth", {}), WAIT)
        self.session.headers.update({"Accept": "application/json", **settings.get("headers", {})})
        for scheme in ("http://", "https://"):
            retries = RETRIES.new(total=settings.get("retries", RETRIES.total))
            self.session.mount(scheme, HTTPAdapter(max_retries=retries))
        if hasattr(self.session, "renew"):
            self.session.renew()
        count, _, unit = str(settings.get("rate", "")).partition("/")
        self.pause = {"s": 1.0, "m": 60.0}.get(unit, 0.0) / int(count) if count else 0.0
        self.asked_at = 0.0
        self.uncounted: tuple[str, ...] = ()
        self.published = Path(settings.get("published", ""))
        # what is asked number by number ends by itself, with time left to wait for answers, then to keep what came
        began, seconds = time.monotonic(), float(settings.get("seconds", 1800))
        self.ends, self.over = began + ASKING * seconds, began + WAITING * seconds

    def fetch(self, pull: Pull, drops: Drops, window: Window | None) -> Fetched:
        if "each" in pull.settings:
            return each.fetch(self, pull, drops)
        fetched = Fetched()
        for period in periods(pull, drops, window):
            rows, newest = fetched.rows, fetched.last_event_at
            part = self._period(pull, drops, period, window)
            fetched = replace(part, rows=rows + part.rows, last_event_at=part.last_event_at or newest)
        return fetched

    def close(self) -> None:
        self.session.close()

    def _period(self, pull: Pull, drops: Drops, period: Period, window: Window | None) -> Fetched:
        """All pages of a period as one drop, or nothing."""
        for attempt in range(ATTEMPTS):
            try:
                self._pages(pull, drops.contract, period)
                break
            except UnwholeError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(2**attempt * RETRIES.backoff_factor)
        left_at = drops.cursor()
        believed, warnings = self.newest(pull, drops.contract)
        warnings += self.uncounted
        cursor = None if window else _later(left_at, believed)
        noted = {"from": window.start.isoformat(), "to": window.end.isoformat()} if window else {}
        new_columns = self.new_columns(drops.contract)
        drop = drops.write(self.duck, self.rows(drops.contract, new_columns), cursor, **noted)
        return Fetched(
            rows=(drop.rows or 0) if drop else 0,
            file=drop.file if drop else "",
            cursor=cursor,
            last_event_at=believed.astimezone(UTC).isoformat() if believed else None,
            new_columns=new_columns,
            warnings=warnings,
        )

    def _pages(self, pull: Pull, contract: TableContract, period: Period) -> None:
        """Fill `records` with what all pages hold, one by one.

        Raises:
            UnwholeError: a page came twice, holds no list, or there are fewer records than the service counts.
        """
        self.hold_answers([])
        pager = paging.pager(pull.settings.get("pages", {}), self.base)
        question: Question | None = Question(
            f"{self.base}/{str(pull.settings['path']).lstrip('/')}",
            {**pull.settings.get("parameters", {}), **asked_since(pull, period, contract), **pager.first},
        )
        path = answers.path(pull, contract)
        method = str(pull.settings.get("method", "GET"))
        sent_as = {"query": "params", "form": "data", "json": "json"}[pull.settings.get("send", "query")]
        is_first, number, before = True, 0, ""
        while question is not None:
            response = self._answer(question, method, sent_as)
            number += 1
            (count, body, is_list) = self.duck.execute(
                "INSERT INTO pages VALUES ($1, $2, NULL)"
                f" RETURNING len(json_extract(body, {path})), CAST(body AS VARCHAR), {answers.is_list(pull, contract)}",
                [number, response.text],
            ).fetchone()  # type: ignore[misc]
            if not is_list:
                success = answers.said_of_success(pull)
                wanted = f", or does not say {success[0]}: {success[1]}" if success else ""
                holds = f"holds no list at {pull.settings.get('records', '$[*]')}{wanted}"
                what = f"page {number} {holds}: {answers.outline(body)}"
                raise UnwholeError(f"{what}. Correct `records:`, or it is what the service says of an error")
            if count and not is_first and body == before:
                raise UnwholeError(f"page {number} is page {number - 1} again")
            before, is_first = body, False
            question = pager.next(question, response, int(count or 0))
        self.cut(pull, contract)
        self.uncounted = self._counted(pull)

    def hold_answers(self, answers: list[tuple[str, str]]) -> None:
        """Begin `pages` anew, with answers and what was asked for, as JSON."""
        self.duck.execute("CREATE OR REPLACE TEMP TABLE pages (number INTEGER, body JSON, asked JSON)")
        self.duck.execute(
            "INSERT INTO pages SELECT generate_subscripts($1, 1), unnest($1), unnest($2)",
            [[body for body, _ in answers], [asked for _, asked in answers]],
        )

    def cut(self, pull: Pull, contract: TableContract) -> None:
        """Fill `records` with those of all `pages`; what was asked for stands beside a record, as its `asked`."""
        # where a contract finds its rows within answers, an answer is kept whole
        kept = (
            "[CAST(json(body) AS JSON)]"
            if contract.is_nested
            else f"json_extract(body, {answers.path(pull, contract)})"
        )
        self.duck.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE records AS
            SELECT number, CASE
                WHEN asked IS NULL OR json_type(record) <> 'OBJECT' OR json_exists(record, '$.asked') THEN record
                ELSE CAST('{{"asked":' || asked || if(len(json_keys(record)) = 0, '', ',')
                    || substr(ltrim(CAST(record AS VARCHAR), ' \t\n\r'), 2) AS JSON)
            END AS record
            FROM (SELECT number, asked, unnest({kept}) AS record FROM pages)
            ORDER BY number
            """
        )

    def _counted(self, pull: Pull) -> tuple[str, ...]:
        """Whether as many records came as the service says, where it does; the same record may rightly come twice.

        Returns:
            A word on a count that is nowhere in the answers.
        """
        total = pull.settings.get("pages", {}).get("total")
        if not total:
            return ()
        told, came, different = self.duck.execute(
            f"""
            SELECT max(CAST(json_extract_string(body, {sql.text(str(total))}) AS BIGINT)),
                (SELECT count(*) FROM records), (SELECT count(DISTINCT CAST(record AS VARCHAR)) FROM records)
            FROM pages
            """
        ).fetchone()  # type: ignore[misc]
        if told is not None and came != told and different < told:
            raise UnwholeError(f"the service counts {told} records, {different} came")
        return (
            () if told is not None else (f"no answer counts at {total}, so pages left out are not noticed",)
        )

    def _answer(self, question: Question, method: str, sent_as: str) -> requests.Response:
        """A whole answer in JSON to a question whose parameters go into the query, a form or a JSON document.

        Raises:
            requests.RequestException: none came, or it is an error; also after all attempts.
            UnwholeError: it is cut off.
        """
        said = ""
        for attempt in range(ATTEMPTS):
            time.sleep(max(0.0, self.asked_at + self.pause - time.monotonic()))
            self.asked_at = time.monotonic()
            try:
                sent: dict[str, Any] = {sent_as: question.parameters}
                response = self.session.request(method, question.url, timeout=WAIT, **sent)
            except (
                requests.exceptions.ChunkedEncodingError,
                requests.exceptions.ContentDecodingError,
            ) as error:
                said = f"the answer broke off: {error}"
            except requests.ConnectionError as error:
                if not isinstance(error.args[0], ReadTimeoutError):
                    raise  # it never began, and has been asked for again
                said = f"the answer stopped for {WAIT[1]:g} s"
            else:
                if response.status_code == 401 and attempt == 0 and hasattr(self.session, "renew"):
                    self.session.renew()  # the token ended before its time
                    continue
                if not response.ok:
                    told = " ".join(response.text.split())[:200]
                    raise requests.HTTPError(f"{response.status_code} of {question.url}: {told}")
                if "charset" not in response.headers.get("Content-Type", ""):
                    response.encoding = "utf-8"  # as JSON is, though it be called text
                if self.is_json(response.text):
                    return response
                said = "the answer is no whole JSON"
            time.sleep(2**attempt * RETRIES.backoff_factor)
        raise UnwholeError(f"{said} ({question.url}, asked {ATTEMPTS} times)")

    def is_json(self, text: str) -> bool:
        return bool(self.duck.execute("SELECT json_valid($1)", [text]).fetchone()[0])  # type: ignore[index]

    def newest(self, pull: Pull, contract: TableContract) -> tuple[datetime | None, tuple[str, ...]]:
        """The newest time of the rows that can be believed, and a word on those that cannot."""
        name = pull.settings.get("since", {}).get("column") or contract.recorded_at
        column = contract.column(str(name)) if name else None
        if column is None:
            return None, ()
        told = f"json_extract_string(record, {sql.text(column.path)}) AS {typed.text_column(column)}"
        latest = datetime.now(UTC) + AHEAD
        believed, newest, jumped = self.duck.execute(
            f"""
            SELECT max(told) FILTER (told <= $1), max(told), count(*) FILTER (told > $1)
            FROM (SELECT CAST({typed.value(column)} AS TIMESTAMPTZ) AS told FROM (SELECT {told} FROM records))
            """,
            [latest],
        ).fetchone()  # type: ignore[misc]
        return believed, (
            (f"{jumped} rows lie in the future by {name}, the last at {newest}",) if jumped else ()
        )

    def new_columns(self, contract: TableContract) -> tuple[str, ...]:
        """Keys of the records that the contract does not read; of whole answers it reads what it names."""
        if contract.is_nested:
            return ()
        read = {
            column.path.removeprefix("$").lstrip(".").split(".")[0].strip('"') for column in contract.columns
        }
        keys = self.duck.execute(
            "SELECT DISTINCT unnest(json_keys(record)) AS key FROM records"
            " WHERE json_type(record) = 'OBJECT' ORDER BY key"
        ).fetchall()
        return tuple(key for (key,) in keys if key not in read)

    def rows(self, contract: TableContract, new_columns: tuple[str, ...]) -> str:
        """The query of a drop's rows: the records themselves, or their values where a drop has columns."""
        if contract.format == "jsonl" or contract.is_nested:
            return "SELECT record FROM records ORDER BY number"
        paths = [(column.name, column.path) for column in contract.columns]
        paths += [(name, f'$."{name}"') for name in new_columns]
        values = ", ".join(
            f"json_extract_string(record, {sql.text(path)}) AS {sql.name(name)}" for name, path in paths
        )
        return f"SELECT {values} FROM records ORDER BY number"


def _later(left_at: str | None, believed: datetime | None) -> str | None:
    told = [datetime.fromisoformat(left_at)] if left_at else []
    told += [believed.astimezone(UTC)] if believed else []
    return max(told).isoformat() if told else None
