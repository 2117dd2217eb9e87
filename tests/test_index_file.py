"""The search index between starts: the same when it is opened as when it was built, and never trusted further."""

from __future__ import annotations

import json
import stat
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.bench.bench_search import made_up
from tools import metadata_index
from tools.database import Database, open_database
from tools.index_file import packed, unpacked
from tools.knowledge import Knowledge
from tools.metadata_index import MetadataIndex, index_of
from tools.private_file import PrivateFile


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database whose index is worth keeping, however small."""
    monkeypatch.setattr(metadata_index, "_WORTH_KEEPING", 0.0)
    path = tmp_path / "shop.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, total INTEGER); CREATE TABLE clients (id INTEGER)")
    return path


def opened(path: Path) -> Database:
    return open_database(str(path), snapshots=path.parent / "kept")


def found(database: Database, words: str) -> list[str]:
    return [hit.table.name for hit in index_of(database).search(words)]


def the_file(path: Path) -> Path:
    (file,) = (path.parent / "kept").glob("*.index")
    return file


def test_an_index_that_was_opened_finds_what_the_built_one_finds() -> None:
    meta = made_up(300)
    built = MetadataIndex(meta)
    again = MetadataIndex(meta, weights=unpacked(packed(*built.weights), 300))
    for words in (
        "total invoice amount for each customer and branch",
        "客户的订单金额",
        "custmer paymnt",
        "id",
        "",
        "?",
    ):
        assert again.search(words) == built.search(words)


def test_an_index_is_kept_beside_the_snapshot_for_its_user_alone_and_read_at_the_next_start(kept: Path) -> None:
    with closing(opened(kept)) as database:
        assert found(database, "customers")[:1] == ["clients"]
    file = the_file(kept)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    form, made_of, _ = json.loads(file.read_bytes().partition(b"\n")[0])
    PrivateFile(file, form, made_of).write(packed({"orders": {1: 1.0}}, {}))  # another index in its place
    with closing(opened(kept)) as database:
        assert found(database, "customers") == []


def test_an_index_of_another_schema_or_other_knowledge_is_not_used(kept: Path) -> None:
    with closing(opened(kept)) as database:
        found(database, "customers")
    before = the_file(kept).read_bytes()
    with closing(duckdb.connect(str(kept))) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    with closing(opened(kept)) as database:
        assert found(database, "invoices")[:1] == ["invoices"]
        after = the_file(kept).read_bytes()
        assert after != before
        notes = kept.parent / "notes.yaml"
        notes.write_text("tables:\n  invoices: {synonyms: [zettel]}\n", "utf-8")
        database.learn(Knowledge.read(notes))
        assert found(database, "zettel")[:1] == ["invoices"]
    assert the_file(kept).read_bytes() != after


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"\x80\x04cos\nsystem\n",
        lambda data: b"[" * 100_000,
        lambda data: b'["dbagent index 1", "x", 0]\n',
    ],
)
def test_a_file_that_is_not_what_was_written_is_built_anew(kept: Path, damage: object) -> None:
    with closing(opened(kept)) as database:
        found(database, "customers")
    whole = the_file(kept).read_bytes()
    assert callable(damage)
    the_file(kept).write_bytes(damage(whole))
    with closing(opened(kept)) as database:
        assert found(database, "customers")[:1] == ["clients"]
    assert the_file(kept).read_bytes() == whole


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}\n",
        b"[[1, 2]]\n",
        b'[[["a"], [1]], [[], []]]\n',
        b'[[["a"], [1]], [[], []]]\n\xff\xff\xff\xff\x01\x00',
        b'[[["a"], [-1]], [[], []]]\n',
        b'[[["a", "b"], [1]], [[], []]]\n\0\0\0\0\0\0',
        b'[[["a"], ["1"]], [[], []]]\n',
    ],
)
def test_bytes_that_are_no_index_are_refused(body: bytes) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        unpacked(body, 10)


def test_a_folder_that_cannot_be_written_costs_a_warning(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    (kept.parent / "kept").write_text("a file where the folder should be")
    with closing(opened(kept)) as database:
        assert found(database, "customers")[:1] == ["clients"]
    assert "could not be kept" in caplog.text
