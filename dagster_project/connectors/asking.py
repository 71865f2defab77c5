"""Questions put to a service in lanes, at a rate: one that is refused, or hangs, costs no other.

Belongs here: how a question is asked, again if need be, and what its answer is worth. Which questions: each.
"""

import json
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from dagster_project.connectors.unreached import unreached
from dagster_project.sources.connections import Pull

if TYPE_CHECKING:
    from dagster_project.connectors.rest import Service

LANES = 8  # questions under way at the same time; the rate holds for all together
WAIT = (10, 20)  # seconds to connect, and between two pieces of an answer
LONGEST = 60.0  # seconds after which a question is given up, though pieces of an answer still drip in
ATTEMPTS = 3
BACK_OFF = 0.5
HELD = 10  # times that a question waits because the service asks for less
HOLD_MAX = 600.0
GIVE_UP_AFTER = 20  # failures in a row: it is the service, not the number
REFUSED_ALIKE = 200  # numbers, and none that is answered: it is not the numbers either


@dataclass(frozen=True)
class Question:
    """Numbers of one carrier that are asked for together."""

    carrier: str
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What became of a question: a text in JSON, or a word on why there is none."""

    question: Question
    text: str = ""
    refused: str = ""
    failed: str = ""
    denied: str = ""
    unreached: bool = False


class Gate:
    """Lets questions through one by one at a rate, none while the service asks for less."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.free_at = 0.0
        self.lock = threading.Lock()

    def wait(self, ends: float) -> bool:
        """Wait for a turn; False, and no turn, where it would come after `ends`."""
        with self.lock:
            at = max(self.free_at, time.monotonic())
            if at > ends:
                return False
            self.free_at = at + self.pause
        time.sleep(max(0.0, at - time.monotonic()))
        return True

    def is_near(self) -> bool:
        """Whether a turn comes within a second: a question that waits longer takes no lane."""
        return self.free_at - time.monotonic() < 1

    def hold(self, seconds: float) -> None:
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic() + min(seconds, HOLD_MAX))


class Asking:
    """Puts questions in lanes; one that is refused or does not answer costs no other."""

    def __init__(self, service: "Service", pull: Pull, names: dict[str, str]) -> None:
        self.service, self.pull, self.names = service, pull, names
        self.gate = Gate(service.pause)
        self.todo: queue.SimpleQueue[Question] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.ends = service.ends
        for scheme in ("http://", "https://"):  # whether to ask again is judged here
            adapter = HTTPAdapter(pool_maxsize=LANES, max_retries=Retry(total=0, redirect=3))
            service.session.mount(scheme, adapter)
        self.begun: dict[Question, float] = {}  # when a request went out that is not answered yet
        self.renewing = threading.Lock()
        self.is_heard = False
        self.refusals: Counter[str] = Counter()

    def all(self, questions: deque[Question], take: Callable[[Answer], None]) -> str:
        """Put all questions until the time is up; what stopped it before, if anything did."""
        running: set[Question] = set()
        in_a_row = 0
        for _ in range(LANES):
            self._lane()
        while questions or running:
            while questions and len(running) < LANES and self.gate.is_near() and time.monotonic() < self.ends:
                question = questions.popleft()
                running.add(question)
                self.todo.put(question)
            now = time.monotonic()
            if now >= self.service.over or (now >= self.ends and not running):
                break  # who is not answered by now comes first next time
            for answer in list(self._answers(running)):
                running.discard(answer.question)
                if answer.denied:
                    return f"the service does not let us in: {answer.denied}"
                if answer.unreached:
                    continue
                in_a_row = in_a_row + 1 if answer.failed else 0
                if in_a_row >= GIVE_UP_AFTER:
                    return f"given up after {in_a_row} failures in a row: {answer.failed}"
                if not answer.text and len(answer.question.numbers) > 1:
                    # one of them may be to blame: each is asked for alone, before all others
                    alone = [Question(answer.question.carrier, (n,)) for n in answer.question.numbers]
                    questions.extendleft(reversed(alone))
                    continue
                take(answer)
                self.is_heard |= bool(answer.text)
                self.refusals[answer.refused] += 1
                if not self.is_heard and answer.refused and self.refusals[answer.refused] >= REFUSED_ALIKE:
                    return f"given up after {REFUSED_ALIKE} waybills, all of them refused: {answer.refused}"
        return ""

    def _answers(self, running: set[Question]) -> Iterator[Answer]:
        """The next answer, and a word for questions that hang; a lane that hangs cannot be ended: another begins."""
        try:
            answer = self.done.get(timeout=0.2)
            if answer.question in running:  # else it was given up before
                yield answer
        except queue.Empty:
            pass
        for question, since in list(self.begun.items()):
            if question in running and time.monotonic() - since > LONGEST:
                self._lane()
                yield Answer(question, failed=f"it did not answer in {LONGEST:.0f} s")

    def _lane(self) -> None:
        threading.Thread(target=self._answer_all, daemon=True).start()

    def _answer_all(self) -> None:
        while True:
            question = self.todo.get()
            try:
                self.done.put(self._answer(question))
            except Exception as error:  # a lane must not end without a word
                self.done.put(Answer(question, failed=f"{type(error).__name__}: {error}"))

    def _answer(self, question: Question) -> Answer:
        said, attempt, held = "", 0, 0
        while attempt < ATTEMPTS:
            if not self.gate.wait(self.ends):
                return Answer(question, unreached=True)
            self.begun[question] = time.monotonic()
            try:
                response = self._put(question)
            except requests.Timeout:
                said = f"it did not answer in {WAIT[1]:g} s"
                attempt += 2  # that was long enough for two
                if len(question.numbers) > 1:
                    break
                continue
            except requests.RequestException as error:
                said = unreached(error) or f"it is not to be reached: {type(error).__name__}"
            else:
                if response.status_code == 429 and held < HELD:
                    held += 1
                    self.gate.hold(_retry_after(response) or BACK_OFF * 2**held)
                    continue
                if response.status_code == 401 and attempt == 0 and hasattr(self.service.session, "renew"):
                    self._renew(response.request)
                    attempt += 1
                    continue
                if (judged := self._judged(question, response)) is not None:
                    return judged
                said = (
                    "the answer is no whole JSON"
                    if response.ok
                    else f"{response.status_code} {_short(response.text)}"
                )
            finally:
                self.begun.pop(question, None)
            attempt += 1
            time.sleep(BACK_OFF * 2**attempt)
        return Answer(question, failed=said)

    def _put(self, question: Question) -> requests.Response:
        settings = self.pull.settings
        numbers = question.numbers
        known = {
            "waybill": str(settings["each"].get("join", ",")).join(numbers),
            "waybills": json.dumps(list(numbers)),
            "carrier": self.names[question.carrier],
        }
        path = str(settings["path"])
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=","))
        sent = {"query": "params", "form": "data", "json": "json"}[settings.get("send", "query")]
        response = self.service.session.request(
            str(settings.get("method", "GET")),
            f"{self.service.base}/{path.lstrip('/')}",
            timeout=WAIT,
            **{sent: _filled(settings.get("parameters", {}), known, numbers)},
        )
        if "charset" not in response.headers.get("Content-Type", ""):
            response.encoding = "utf-8"  # as JSON is, though it be called text
        return response

    def _judged(self, question: Question, response: requests.Response) -> Answer | None:
        """An answer, or a refusal by status or as the connection's `well` reads it; None: it may go better again."""
        if response.status_code in (401, 403):
            return Answer(question, denied=f"{response.status_code} {_short(response.text)}")
        if 400 <= response.status_code < 500 and response.status_code != 429:
            return Answer(question, refused=f"{response.status_code} {_short(response.text)}")
        try:
            document = json.loads(response.text, parse_constant=_no_number) if response.ok else None
        except ValueError:
            return None
        if document is None:
            return None
        well = self.pull.settings["each"].get("well")
        # a profile's file may hold 100 where the answer holds "100"
        if well and str(told := _at(document, str(well["at"]))) not in map(str, _listed(well["is"])):
            why = _at(document, str(well["says"])) if "says" in well else None
            return Answer(question, refused=_short(f"{told} {why or ''}"))
        return Answer(question, text=response.text)

    def _renew(self, refused: requests.PreparedRequest) -> None:
        """A new token, once for all lanes that found theirs ended."""
        session: Any = self.service.session
        with self.renewing:
            # who was refused with an older one than there is now need only ask again
            if str(refused.headers.get("Authorization", "")).endswith(str(session.token["access_token"])):
                session.renew()


def _filled(value: Any, known: dict[str, str], numbers: tuple[str, ...]) -> Any:
    """Parameters with what is asked for; `"{waybills}"` alone is the list itself."""
    if isinstance(value, dict):
        return {key: _filled(item, known, numbers) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, known, numbers) for item in value]
    if not isinstance(value, str):
        return value
    if value == "{waybills}":
        return list(numbers)
    for name, told in known.items():
        value = value.replace(f"{{{name}}}", told)
    return value


def _at(document: Any, path: str) -> Any:
    """What stands at a path such as $.a.b; a text on the way that is itself JSON is looked into."""
    for part in path.removeprefix("$").split("."):
        if not part:
            continue
        if isinstance(document, str):
            try:
                document = json.loads(document)
            except ValueError:
                return None
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


def _retry_after(response: requests.Response) -> float:
    told = response.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(told) if told else 0.0
    except (InvalidHeader, ValueError, OverflowError):  # a date that is none: ask again after our own pause
        return 0.0


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
