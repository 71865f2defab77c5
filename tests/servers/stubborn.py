"""A service that keeps its callers waiting: it accepts and says nothing, stops midway, or drips without an end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass
class Stubborn:
    """Behaves by its mood (silent, headers, half, drip) for the first `times` requests, then answers with `body`."""

    address: str
    body: bytes
    mood: str = "silent"
    times: int = 1_000_000
    seconds_a_byte: float = 1.0
    asked: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                piece = caller.recv(65536)
                if not piece:
                    return
                request += piece
            self.asked += 1
            whole = HEAD + f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode()
            if self.asked > self.times:
                caller.sendall(whole + self.body)
                return
            if self.mood == "headers":
                caller.sendall(whole)
            elif self.mood == "half":
                caller.sendall(whole + self.body[: len(self.body) // 2])
            elif self.mood == "drip":
                caller.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
                while not self.over.wait(self.seconds_a_byte):
                    caller.sendall(b" ")
            self.over.wait()


@contextmanager
def stubborn(body: bytes) -> Iterator[Stubborn]:
    """Serve on loopback, a thread a caller, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Stubborn(f"http://127.0.0.1:{listening.getsockname()[1]}", body)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listening.accept()
                    threading.Thread(target=made.answer, args=(caller,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield made
        made.over.set()
        listening.shutdown(socket.SHUT_RDWR)
