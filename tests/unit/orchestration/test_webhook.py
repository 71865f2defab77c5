"""The word that goes out when a night failed, was held back or is late."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs import alerts
from dagster_project.lib import due, webhook
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings
from tests.homes import settings_for


class Receiver:
    """Keeps what it is told; answers as it is told to."""

    def __init__(self) -> None:
        self.told: list[dict] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                if status == 200:
                    receiver.told.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/hook?key=s3cret-of-tests"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setenv("TRUE_ON_TIME_WEBHOOK", made.address)
    monkeypatch.setattr(webhook, "RETRIES", webhook.RETRIES.new(backoff_factor=0.01))
    yield made
    made.server.shutdown()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(PROFILES / "olist", tmp_path)


def test_a_night_that_fails_tells(receiver: Receiver, settings: Settings) -> None:
    settings.source_dir.mkdir(parents=True)
    with pytest.raises(Exception, match="no event was found"):
        run_night(settings, with_quality=False, say=lambda line: None)
    (told,) = receiver.told
    assert told["status"] == "failed" and told["profile"] == "olist"
    assert "no event was found" in told["text"] and "no event was found" in told["message"]


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("plain", lambda told: told["text"]),
        ("wecom", lambda told: told["text"]["content"]),
        ("feishu", lambda told: told["content"]["text"]),
    ],
)
def test_receivers_get_what_they_read(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch, style: str, text
) -> None:
    monkeypatch.setenv("TRUE_ON_TIME_WEBHOOK_STYLE", style)
    assert webhook.post(settings, "blocked", "2 rows are wrong", print)
    assert text(receiver.told[0]) == "True On-Time, olist: the night blocked. 2 rows are wrong"


def test_a_receiver_that_is_busy_is_asked_again(receiver: Receiver, settings: Settings) -> None:
    receiver.answers = [503, 429]
    assert webhook.post(settings, "failed", "x", print)
    assert len(receiver.told) == 1


def test_one_that_refuses_is_said_without_its_address(receiver: Receiver, settings: Settings) -> None:
    receiver.answers = [403]
    said: list[str] = []
    assert not webhook.post(settings, "failed", "x", said.append)
    assert said == ["webhook: it could not be told (403)"]


def test_without_an_address_nothing_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUE_ON_TIME_WEBHOOK", raising=False)
    assert not webhook.post(settings, "failed", "x", print)


def test_a_late_night_is_told_once(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "chosen_settings", lambda: settings)
    times = iter(
        [
            "2026-01-05T05:59+08:00",
            "2026-01-05T06:01+08:00",
            "2026-01-05T06:06+08:00",
            "2026-01-06T07:00+08:00",
        ]
    )
    cursor = None
    for told in times:
        now = datetime.fromisoformat(told).astimezone(UTC)
        monkeypatch.setattr(due, "clock", lambda now=now: now)
        context = dg.build_sensor_context(cursor=cursor)
        alerts.late_night(context)
        cursor = context.cursor
    assert ["2026-01-05 03:00" in one["text"] for one in receiver.told] == [True, False]
    assert "late" in receiver.told[0]["status"]
