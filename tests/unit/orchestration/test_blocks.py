"""Copies that reuse an older copy: the same to the byte, cheap after a small change, and nobody's reading disturbed."""

import multiprocessing
import random
import shutil
import struct
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.lib import blocks

ROWS = 400_000
SUM = "select count(*), sum(id), bit_xor(hash(id)) from t"
NOISE = "select count(*), bit_xor(hash(noise)) from t"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A closed file of some dozen blocks, of numbers that no compression shrinks."""
    path = tmp_path / "draft.duckdb"
    change(path, f"create table t as select range as id, hash(range) as noise from range({ROWS})")
    return path


@pytest.fixture
def older(draft: Path, tmp_path: Path) -> Path:
    """A copy of the draft as it was before the test changes it."""
    target = tmp_path / "warehouse.duckdb"
    shutil.copyfile(draft, target)
    return target


def change(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("checkpoint")


def change_places(path: Path) -> None:
    """Other content at the place of the old: what a checkpoint leaves free the next one writes over."""
    change(path, "update t set noise = hash(noise)")
    change(path, "update t set noise = hash(noise)", "update t set id = -id")
    change(path, "insert into t select hash(noise) // 2, noise from t")


def ask(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["insert into t values (-1, 7)"], id="insert"),
        pytest.param(["delete from t where id % 3 = 0"], id="delete"),
        pytest.param(["update t set noise = 1 where id between 1000 and 1010"], id="update"),
        pytest.param([f"insert into t select id + {ROWS}, hash(noise) from t"], id="growth"),
        pytest.param(["create table u as from t limit 10", "drop table t"], id="shrinking"),
        pytest.param(
            ["create view v as from t", "comment on table t is 'T.'"], id="only what it says of itself"
        ),
        pytest.param([], id="nothing"),
    ],
)
def test_patched_copy_is_its_source_to_the_byte(draft: Path, older: Path, statements: list[str]) -> None:
    change(draft, *statements)
    inode = older.stat().st_ino
    copied = blocks.copy(draft, older)
    assert older.stat().st_ino == inode, "it was patched, not replaced"
    assert older.read_bytes() == draft.read_bytes()
    assert blocks.same(draft, older)
    assert copied.blocks == (draft.stat().st_size - blocks.HEADERS) / blocks.BLOCK
    assert ask(older, "select count(*) from duckdb_tables()") == [(1,)]


def test_file_shrinks_with_its_source(tmp_path: Path, draft: Path, older: Path) -> None:
    small = tmp_path / "small.duckdb"
    change(small, "create table t as select 1 as id")
    assert small.stat().st_size < older.stat().st_size
    blocks.copy(small, older)
    assert older.read_bytes() == small.read_bytes()
    blocks.copy(draft, older)
    assert older.read_bytes() == draft.read_bytes()


def test_only_changed_blocks_are_written(draft: Path, older: Path) -> None:
    change(draft, "update t set noise = 1 where id = 77")
    copied = blocks.copy(draft, older)
    assert copied.blocks > 12
    assert 0 < copied.written <= copied.blocks / 2
    assert blocks.copy(draft, older) == blocks.Copied(0, copied.blocks)


def test_without_an_older_copy_all_is_written(draft: Path, tmp_path: Path) -> None:
    copied = blocks.copy(draft, tmp_path / "new.duckdb")
    assert copied.written == copied.blocks > 12
    assert (tmp_path / "new.duckdb").read_bytes() == draft.read_bytes()


def test_files_that_differ_are_not_the_same(draft: Path, older: Path) -> None:
    assert blocks.same(draft, older)
    change(draft, "update t set noise = 1 where id = 77")
    assert not blocks.same(draft, older)
    longer = older.read_bytes() + bytes(blocks.BLOCK)
    older.write_bytes(longer)
    assert not blocks.same(draft, older)


def test_reader_of_this_process_reads_on_in_the_older_copy(draft: Path, older: Path) -> None:
    before = ask(draft, f"{SUM} union all {NOISE.replace('count(*),', 'count(*), null,')}")
    with duckdb.connect(str(older), read_only=True) as reader:
        assert reader.execute(SUM).fetchall() == before[:1]
        change_places(draft)
        inode = older.stat().st_ino
        blocks.copy(draft, older)
        assert older.stat().st_ino != inode, "it was replaced, not patched"
        # a column of which the reader has nothing in memory yet
        assert reader.execute(NOISE).fetchall() == [(before[1][0], before[1][2])]
    assert older.read_bytes() == draft.read_bytes()
    assert ask(older, SUM) == ask(draft, SUM)


def _read(path: str, is_open: Event, is_copied: Event, seen: multiprocessing.Queue) -> None:
    """In a process of its own: one column before the copy, another after it, of one connection."""
    with duckdb.connect(path, read_only=True) as connection:
        first = connection.execute(SUM).fetchall()
        is_open.set()
        is_copied.wait(60)
        seen.put((first, connection.execute(NOISE).fetchall()))


@pytest.fixture
def reader(older: Path) -> Iterator[tuple[Event, multiprocessing.Queue]]:
    """Another process that holds the older copy: set the event to let it read on, then take what it saw."""
    context = multiprocessing.get_context("spawn")
    is_open, is_copied, seen = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=_read, args=(str(older), is_open, is_copied, seen))
    process.start()
    try:
        assert is_open.wait(60)
        yield is_copied, seen
    finally:
        is_copied.set()
        process.join(60)


def test_reader_of_another_process_reads_on_in_the_older_copy(
    draft: Path, older: Path, reader: tuple[Event, multiprocessing.Queue]
) -> None:
    is_copied, seen = reader
    before = ask(draft, SUM), ask(draft, NOISE)
    change_places(draft)
    inode = older.stat().st_ino
    blocks.copy(draft, older)
    assert older.stat().st_ino != inode, "it was replaced, not patched"
    is_copied.set()
    assert seen.get(timeout=60) == before
    assert older.read_bytes() == draft.read_bytes()


def test_copy_that_nobody_reads_any_more_is_patched_again(draft: Path, older: Path) -> None:
    with duckdb.connect(str(older), read_only=True) as reader:
        reader.execute(SUM)
    change(draft, "update t set noise = 1 where id = 77")
    copied = blocks.copy(draft, older)
    assert copied.written < copied.blocks


def _of_small_blocks(path: Path) -> None:
    """As many blocks of 16 KiB as fill blocks of 256 KiB, so that the length gives nothing away."""
    for rows in range(100_000, 600_000, 4_000):
        path.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as small (block_size 16384)")
            connection.execute(
                f"create table small.t as select range as id, hash(range) as noise from range({rows})"
            )
            connection.execute("checkpoint small")
        if (path.stat().st_size - blocks.HEADERS) % blocks.BLOCK == 0:
            return
    raise AssertionError("no table is of that size")


def _unlike_duckdb(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8:12] = b"KCUD"
    path.write_bytes(content)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _headers_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: blocks.HEADERS - 10])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


LAYOUTS = [_of_small_blocks, _unlike_duckdb, _cut_short, _headers_cut, _empty]


@pytest.mark.parametrize("spoil", LAYOUTS)
def test_older_copy_in_another_layout_is_replaced_whole(draft: Path, older: Path, spoil) -> None:
    spoil(older)
    copied = blocks.copy(draft, older)
    assert copied.written == copied.blocks
    assert older.read_bytes() == draft.read_bytes()


@pytest.mark.parametrize("spoil", LAYOUTS)
def test_source_in_another_layout_is_copied_whole(draft: Path, older: Path, spoil) -> None:
    """As of a DuckDB to come; what its blocks begin with says nothing about them."""
    spoil(draft)
    copied = blocks.copy(draft, older)
    assert copied.written == copied.blocks
    assert older.read_bytes() == draft.read_bytes()


def test_small_blocks_between_the_large_are_not_forgotten(tmp_path: Path) -> None:
    """What 16 blocks of 16 KiB begin with is the checksum of the first alone."""
    draft, older = tmp_path / "draft.duckdb", tmp_path / "older.duckdb"
    _of_small_blocks(draft)
    blocks.copy(draft, older)
    change(draft, "update t set noise = 1 where id between 1000 and 30000")
    whole = draft.stat().st_size - (draft.stat().st_size - blocks.HEADERS) % blocks.BLOCK
    for path in (draft, older):
        path.write_bytes(path.read_bytes()[:whole])
    blocks.copy(draft, older)
    assert older.read_bytes() == draft.read_bytes()


def test_a_block_size_is_read_where_duckdb_writes_it(draft: Path, tmp_path: Path) -> None:
    _of_small_blocks(tmp_path / "small.duckdb")
    for path, size in ((draft, blocks.BLOCK), (tmp_path / "small.duckdb", 16384)):
        head = path.read_bytes()[: blocks.HEADERS]
        assert [struct.unpack_from("<Q", head, at)[0] for at in blocks.BLOCK_SIZES] == [size, size]


CHANGES = st.sampled_from(["insert", "delete", "update", "new table", "drop", "nothing", "new column"])


def _statement(kind: str, number: int, dice: random.Random) -> str:
    rows, low = dice.randrange(1, 120_000), dice.randrange(200_000)
    return {
        "insert": f"insert into t (id, noise) select range, hash(range + {number}) from range({rows})",
        "delete": f"delete from t where id between {low} and {low + rows}",
        "update": f"update t set noise = hash(noise) where id between {low} and {low + rows}",
        "new table": f"create or replace table u as select range as n, hash(range * {number}) from range({rows})",
        "drop": "drop table if exists u",
        "new column": f"alter table t add column if not exists c{number} integer default {number}",
        "nothing": "select 1",
    }[kind]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(nights=st.lists(st.lists(CHANGES, max_size=4), min_size=1, max_size=6), seed=st.integers(0, 1000))
def test_copies_hold_over_any_nights(
    tmp_path_factory: pytest.TempPathFactory, nights: list[list[str]], seed: int
) -> None:
    """As in publishing: of three copies the oldest is patched in turn."""
    folder, dice, number = tmp_path_factory.mktemp("nights"), random.Random(seed), 0
    draft, copies = folder / "draft.duckdb", [folder / f"copy_{n}.duckdb" for n in range(3)]
    change(draft, "create table t as select range as id, hash(range) as noise from range(100000)")
    for night, changes in enumerate([[], [], *nights]):
        statements = []
        for kind in changes:
            number += 1
            statements.append(_statement(kind, number, dice))
        change(draft, *statements)
        copied = blocks.copy(draft, copies[night % 3])
        assert copied.written <= copied.blocks
        assert copies[night % 3].read_bytes() == draft.read_bytes()
    shutil.rmtree(folder)
