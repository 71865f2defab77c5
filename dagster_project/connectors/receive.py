"""A receiver of what others push: it takes a document, checks who sends it, has it on the disk, and only then says so.

Documents go to /<connection>/<table>. Belongs here: requests and answers, and the state of each connection. What
becomes of a document that is taken is the spool's business. Nothing of what is sent is ever printed.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.connectors.box import REASONS, Box, RefusedError
from dagster_project.connectors.fetch import GRACE, read_state, write_state
from dagster_project.connectors.place import Fetched
from dagster_project.connectors.spool import Spool, lock
from dagster_project.sources.connections import filled
from dagster_project.sources.profile import Profile

AT_ONCE = 200  # requests; more are told to come again
LOCK_SECONDS = 5.0  # a night that takes what was left behind is done by then


class Receiver:
    """All tables of a profile that are pushed to."""

    def __init__(self, boxes: dict[tuple[str, str], Box], home: Path, say: Callable[[str], object]) -> None:
        self.boxes, self.home, self.say = boxes, home, say
        self.wake = asyncio.Event()
        self.is_ending = False
        self.seals: dict[str, str] = {}  # what went wrong with making a drop, by connection

    async def take(self, request: Request) -> Response:
        box = self.boxes.get((request.path_params["connection"], request.path_params["table"]))
        if box is None:
            return JSONResponse({"error": "nothing is received here"}, 404)
        try:
            line = await box.document(request)
            kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            box.waiting.append((line, kept))
            self.wake.set()
            try:
                await kept
            except OSError:
                raise RefusedError(503) from None
        except ClientDisconnect:
            return Response(status_code=400)
        except RefusedError as refused:
            box.refused[refused.status] += 1
            return JSONResponse({"error": str(refused)}, refused.status)
        box.taken += 1
        return Response(box.answer, media_type=box.type)

    async def write(self) -> None:
        """Write what came while the last was written, all at once; now and then make drops of it."""
        while not self.is_ending:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), 1)
            self.wake.clear()
            for box in self.boxes.values():
                await self._write(box)
                if box.is_full:
                    await asyncio.to_thread(self.seal, box)
        for box in self.boxes.values():
            await self._write(box)
            await asyncio.to_thread(self.seal, box)

    async def _write(self, box: Box) -> None:
        waiting, box.waiting = box.waiting, []
        if not waiting:
            return
        if box.spool.file is None:
            box.opened_at = time.monotonic()
        error: OSError | None = None
        try:
            await asyncio.to_thread(box.spool.write, [line for line, _ in waiting])
        except OSError as failed:
            error = failed
        for _, kept in waiting:
            if kept.done():  # the sender went away
                continue
            if error:
                kept.set_exception(error)
            else:
                kept.set_result(None)

    def seal(self, box: Box) -> None:
        """Make a drop of what came, and write down the connection's state."""
        name, table = box.connection.name, box.spool.drops.contract.name
        try:
            fetched = box.spool.seal()
            self.seals.pop(name, None)
        except Exception as error:  # what came stays where it is, and is tried again
            fetched, self.seals[name] = None, f"{table}: no drop could be made: {type(error).__name__}"
        if fetched:
            self.say(f"received {fetched.rows:,} in {name}.{table}")
        self.note(box, fetched)

    def note(self, box: Box, fetched: Fetched | None) -> None:
        state = read_state(self.home, box.connection)
        now = datetime.now(UTC)
        state.attempted_at = now.isoformat()
        if fetched:
            state.succeeded_at = state.last_event_at = fetched.last_event_at
        since = datetime.fromisoformat(state.succeeded_at) if state.succeeded_at else now
        if fetched or state.due_by is None:
            state.due_by = (since + GRACE * box.connection.every).isoformat()
        state.error = self.seals.get(box.connection.name, "")
        state.failures = state.failures + 1 if state.error else 0
        told = ", ".join(f"{count:,} {REASONS[status]}" for status, count in sorted(box.refused.items()))
        known = state.tables.get(box.spool.drops.contract.name, {})
        state.tables[box.spool.drops.contract.name] = {
            **asdict(Fetched()),
            "cursor": None,
            **{key: known[key] for key in ("rows", "file", "last_event_at") if key in known},
            **({key: asdict(fetched)[key] for key in ("rows", "file", "last_event_at")} if fetched else {}),
            "warnings": [f"not taken since the receiver began: {told}"] if told else [],
        }
        write_state(self.home, state)


def app(receiver: Receiver) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        writing = asyncio.create_task(receiver.write())
        yield
        receiver.is_ending = True
        receiver.wake.set()
        await writing

    route = Route("/{connection}/{table}", receiver.take, methods=["POST"])
    return Starlette(routes=[route], lifespan=lifespan)


def boxes(
    profile: Profile,
    source_dir: Path,
    home: Path,
    environment: Mapping[str, str],
    say: Callable[[str], object],
) -> dict[tuple[str, str], Box]:
    """All tables that are pushed to; one whose secret is not set takes nothing, and says so."""
    made = {}
    for connection in profile.connections:
        if connection.kind != "push":
            continue
        unset = [name for name in connection.variables if not environment.get(name)]
        if unset:
            state = read_state(home, connection)
            state.error = f"{', '.join(unset)} not set in the environment"
            write_state(home, state)
            say(f"{connection.name} takes nothing: {state.error}")
            continue
        settings = filled(connection.settings, dict(environment))
        for pull in connection.pulls:
            spool = Spool(profile, connection, pull.table, source_dir, home)
            made[connection.name, pull.table] = Box(connection, settings, pull.settings, spool)
    return made


def serve(
    profile: Profile,
    source_dir: Path,
    home: Path,
    address: str,
    port: int,
    environment: Mapping[str, str],
    say: Callable[[str], object],
) -> None:
    """Receive until a signal ends it.

    Raises:
        filelock.Timeout: another process receives for this profile.
        OSError: the port is taken, or the address is not this machine's.
    """
    with ExitStack() as held:
        for connection in profile.connections:
            if connection.kind == "push":
                held.enter_context(lock(home, connection, LOCK_SECONDS))
        made = boxes(profile, source_dir, home, environment, say)
        receiver = Receiver(made, home, say)
        for box in made.values():
            receiver.seal(box)  # what was left behind
        listening = held.enter_context(socket.create_server((address, port)))
        config = uvicorn.Config(
            app(receiver),
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=AT_ONCE,
            timeout_graceful_shutdown=10,
        )
        for name, table in made:
            say(f"receiving http://{address}:{port}/{name}/{table}")
        uvicorn.Server(config).run([listening])
