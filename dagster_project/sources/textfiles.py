"""Text files as bytes: hash, line ends and encoding in one pass, and a plain copy where DuckDB cannot read
the original.

Belongs here: what a file of lines is made of. What its lines mean is the business of readers.
"""

import codecs
import hashlib
import re
from pathlib import Path
from typing import Any

from dagster_project.sentences import Sentence, say

from .contracts import TableContract

SEPARATOR = b"\x01"  # cuts no line: a file that holds this byte is copied without it
_CHUNK = 1 << 22


class Unfit(Exception):
    """A file that must not be read; carries the reason and the remedy."""

    def __init__(self, reason: Sentence, remedy: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def read_text(path: Path, contract: TableContract, spool: Path) -> tuple[str, int, bool, Path]:
    """One pass over a text file: its hash, line ends, whether the last line is ended, and the path to read.

    A file in another encoding, with carriage returns or control bytes is copied to the spool in a form that
    DuckDB's reader takes line by line; that reader's own decoding of GBK breaks rows where its buffers meet.
    """
    copies = contract.encoding != "utf-8" or _holds(path, (b"\r", SEPARATOR, b"\0"))
    read_path = spool / f"{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.txt" if copies else path
    encoding = "gb18030" if contract.encoding == "gbk" else contract.encoding
    decoder = codecs.getincrementaldecoder(encoding)()
    as_utf8 = _Utf8Judge() if encoding == "gb18030" else None
    digest, lines, last, held = hashlib.sha256(), 0, b"", ""
    target = read_path.open("w", encoding="utf-8", newline="") if copies else None
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                if as_utf8:
                    as_utf8.add(chunk)
                if b"\n" not in chunk and len(chunk) == _CHUNK:
                    raise Unfit(say("long_line"), say("row_a_line"))
                text = _decoded(decoder, chunk, contract, lines)
                lines += chunk.count(b"\n")
                last = chunk[-1:]
                if target:
                    held = _write_plain(target, held + text)
        text = _decoded(decoder, b"", contract, lines, final=True)
        if target:
            target.write(_plain(held + text))
    finally:
        if target:
            target.close()
    if as_utf8 and as_utf8.is_utf8():
        raise Unfit(
            say("is_utf8", encoding=contract.encoding),
            say("write_in_or_set_utf8", encoding=contract.encoding, place=f"{contract.file}:{contract.line}"),
        )
    return digest.hexdigest(), lines, last == b"\n", read_path


def _decoded(
    decoder: codecs.IncrementalDecoder, chunk: bytes, contract: TableContract, lines: int, final: bool = False
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        line = lines + 1 + error.object[: error.start].count(b"\n")
        other = "utf-8" if contract.encoding != "utf-8" else "gbk"
        raise Unfit(
            say("not_encoded", line=line, encoding=contract.encoding),
            say(
                "write_in_or_set",
                encoding=contract.encoding,
                other=other,
                place=f"{contract.file}:{contract.line}",
            ),
        ) from error


def _holds(path: Path, parts: tuple[bytes, ...]) -> bool:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if any(part in chunk for part in parts):
                return True
    return False


def _write_plain(target: Any, text: str) -> str:
    """Writes text with plain line ends; hands back a carriage return at the end, whose line end may still
    come."""
    if text.endswith("\r"):
        target.write(_plain(text[:-1]))
        return "\r"
    target.write(_plain(text))
    return ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", " ").replace("\x01", " ").replace("\0", " ")


class _Utf8Judge:
    """Whether bytes declared as GBK are really UTF-8: valid as such, and not by chance (a few two-byte
    characters)."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_valid = True
        self._wide = 0
        self._narrow = 0

    def add(self, chunk: bytes) -> None:
        if not self._is_valid:
            return
        try:
            text = self._decoder.decode(chunk)
        except UnicodeDecodeError:
            self._is_valid = False
            return
        if not text.isascii():
            self._wide += len(re.findall(r"[\u0800-\U0010ffff]", text))
            self._narrow += len(re.findall(r"[\u0080-\u07ff]", text))

    def is_utf8(self) -> bool:
        return self._is_valid and (self._wide > 0 or self._narrow >= 8)
