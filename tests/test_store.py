"""What must last does: in a file and on a server, with several processes at once, and after the program is renewed."""

from __future__ import annotations

import itertools
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent import Settings
from agent.assembly import open_chosen_database, open_store
from agent.errors import SettingsError, StoreUnavailable, UnknownTable
from agent.store import Store
from agent.store_tables import MIGRATIONS, TABLES
from tests import servers

ROOT = Path(__file__).parent.parent
_COUNT = itertools.count()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where nothing is kept yet."""
    if request.param == "sqlite":
        yield tmp_path / "store.db"
        return
    url = request.getfixturevalue("postgres_url")
    own = f"store_{next(_COUNT)}"  # dropping a database can take a minute, dropping a schema does not
    with servers.postgres(url) as server:
        server.execute(f"CREATE SCHEMA {own}".encode())
        yield f"{url}?options=-csearch_path%3D{own}"
        server.execute(f"DROP SCHEMA {own} CASCADE".encode())


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    with closing(Store(place)) as opened:
        yield opened


def test_what_was_kept_is_there_after_a_restart(store: Store, place: Path | str) -> None:
    turn = {"question": "有多少订单?\0", "answer": {"text": "4 \ud83d", "rows": [[1, 1.5, None, True]]}}
    assert [store.save_turn("s1", turn, "ada"), store.save_turn("s1", {"question": "And paid?"})] == [1, 2]
    store.save_turn("s2", {"question": "Why?"}, "max")
    given = store.add_feedback("t1", "down", comment="no tax", sql="SELECT 1", question="Sum?", destination="lf")
    assert [store.append("prompt", "agent/db_agent", {"text": each}) for each in "ab"] == [1, 2]
    store.close()

    turn["answer"] = {"text": "4 ?", "rows": [[1, 1.5, None, True]]}  # half a character is none
    with closing(Store(place)) as again:
        assert [(each.number, each.document) for each in again.turns("s1")] == [
            (1, turn),
            (2, {"question": "And paid?"}),
        ]
        assert [(each.id, each.user_id, each.turns, each.first) for each in again.sessions()] == [
            ("s2", "max", 1, {"question": "Why?"}),
            ("s1", "ada", 2, turn),
        ]
        assert [each.id for each in again.sessions(user_id="ada")] == ["s1"]
        assert again.feedback("t1") == again.unsent_feedback("lf") == [given]
        assert again.unsent_feedback("elsewhere") == []
        again.mark_sent([given.id])
        assert again.unsent_feedback("lf") == []
        assert [each.document for each in again.entries("prompt", "agent/db_agent")] == [{"text": "a"}, {"text": "b"}]
        assert again.names("prompt") == ["agent/db_agent"]


KEEP = """
import sys
from agent.store import Store
url, who = sys.argv[1:]
store = Store(url)
for number in range(30):
    store.append("versions", "of all", {"who": who})
    store.save_turn("together", {"who": who})
    key = f"key {number % 5}"
    store.keep_answer(key, {"who": who}, 600, "db", "How many?", f"{who} {number}")
    store.answer(key, 600)
    store.note_answer(key, f"{who} {number} again")
    if number % 7 == 0:
        store.forget_answer_of(f"{who} {number} again")
"""


def test_processes_that_begin_at_once_lose_nothing_and_number_without_gaps(place: Path | str) -> None:
    url = place if isinstance(place, str) else f"sqlite:///{place}"
    working = [
        subprocess.Popen([sys.executable, "-c", KEEP, url, who], stderr=subprocess.PIPE, cwd=ROOT)
        for who in ("one", "two")
    ]
    assert [each.communicate(timeout=120)[1] for each in working] == [b"", b""]
    with closing(Store(place)) as store:
        for kept in (store.entries("versions", "of all"), store.turns("together")):
            assert [each.number for each in kept] == list(range(1, 61))
            assert sorted(str(each.document["who"]) for each in kept) == ["one"] * 30 + ["two"] * 30
        assert store.answer("key 4", 600) is not None


def test_the_migrations_lead_to_the_tables_that_the_program_uses(store: Store) -> None:
    store.names("any")
    with store._reading() as connection:
        found = sa.MetaData()
        found.reflect(connection)
    for name, table in TABLES.tables.items():
        theirs = found.tables[name]
        shape = [(each.name, each.primary_key, each.nullable) for each in table.columns]
        assert [(each.name, each.primary_key, each.nullable or each.primary_key) for each in theirs.columns] == [
            (name, primary, nullable or primary) for name, primary, nullable in shape
        ]
        assert {(each.name, *each.columns.keys()) for each in theirs.indexes} == {
            (each.name, *each.columns.keys()) for each in table.indexes
        }
    assert set(found.tables) == set(TABLES.tables)


def test_an_older_store_is_brought_up_to_date_and_keeps_what_it_has(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in range(1, len(MIGRATIONS) + 1):
        monkeypatch.setattr("agent.store.MIGRATIONS", MIGRATIONS[:version])
        with closing(Store(place)) as older:
            assert older.save_turn("s", {"version": version}) == version
    monkeypatch.setattr("agent.store.MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE dbagent_more (id TEXT)",)))
    with closing(Store(place)) as newer:
        assert newer.save_turn("s", {}) == len(MIGRATIONS) + 1
    monkeypatch.undo()
    with closing(Store(place)) as store, pytest.raises(StoreUnavailable, match="made by a newer DBAgent"):
        store.turns("s")


def test_a_migration_that_fails_leaves_the_store_as_it_was(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Store(place)) as store:
        store.save_turn("s", {})
    broken = ("CREATE TABLE dbagent_half (id TEXT)", "CREATE TABLE dbagent_half (id TEXT)")
    monkeypatch.setattr("agent.store.MIGRATIONS", (*MIGRATIONS, broken))
    with closing(Store(place)) as store, pytest.raises(StoreUnavailable, match="already exists"):
        store.turns("s")
    monkeypatch.undo()
    with closing(Store(place)) as store:
        assert len(store.turns("s")) == 1


def test_the_file_is_for_its_user_alone(tmp_path: Path) -> None:
    place = tmp_path / "new" / "store.db"
    with closing(Store(place)) as store:
        store.save_turn("s", {})
        assert {stat.S_IMODE(each.stat().st_mode) for each in place.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def a_folder(path: Path) -> None:
    path.mkdir()


def a_text(path: Path) -> None:
    path.write_text("SELECT " * 1000)


def another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


def half_a_store(path: Path) -> None:
    with closing(Store(path)) as store:
        store.append("k", "n", {"much": "x" * 100_000})
    path.write_bytes(path.read_bytes()[:20_000])


def no_json(path: Path) -> None:
    with closing(Store(path)) as store:
        store.append("k", "n", {})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE dbagent_journal SET document = '[1'")
        connection.commit()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (a_folder, "unable to open database file"),
        (a_text, r"file is not a database\). Move the file away; a new one is made."),
        (another_database, "is another SQLite database. Move it away"),
        (half_a_store, r"malformed\). Move the file away; a new one is made."),
        (no_json, "is damaged: it is no JSON object"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_one_line(
    spoil: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    spoil(path)
    with closing(Store(path)) as store, pytest.raises(StoreUnavailable, match=said) as told:
        store.entries("k", "n")
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(Store(path)) as store:
        store.append("k", "n", {"first": True})
        with store._writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 20")  # SQLite's own way to say that there is no more
        with pytest.raises(StoreUnavailable, match=r"full.*Free the disk"):
            store.append("k", "n", {"much": "x" * 200_000})
        assert [each.document for each in store.entries("k", "n")] == [{"first": True}]


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    store = Store("postgresql://me:s3cret-word@127.0.0.1:1/store")
    with pytest.raises(StoreUnavailable, match="Check DBAGENT_STORE_URL") as told:
        store.sessions()
    assert "s3cret-word" not in str(told.value)
    assert "postgresql://me:***@127.0.0.1:1/store" in str(told.value)


@pytest.mark.parametrize(
    "url", ["mysql://root@localhost/x", "store.db", "http://x", "sqlite://", "postgresql://[::1/x", "duckdb:///x"]
)
def test_a_place_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DBAGENT_STORE_URL"):
        Store(url)


def test_what_is_kept_cannot_be_asked_for_where_store_and_data_share_a_database(postgres_url: str) -> None:
    settings = Settings.from_environment(database_url=postgres_url, store_url=postgres_url)
    with closing(open_store(settings)) as store, servers.postgres(postgres_url) as server:
        store.save_turn("s", {})
        with closing(open_chosen_database(settings, snapshots=False)) as database:
            assert [each.name for each in database.meta.tables() if each.name.startswith("dbagent_")] == []
            with pytest.raises(UnknownTable):
                database.query("SELECT * FROM dbagent_turns")
        for table in TABLES.tables:
            server.execute(f"DROP TABLE {table}".encode())


def test_an_answer_is_kept_for_as_long_as_both_who_keeps_it_and_who_asks_for_it_say(store: Store) -> None:
    store.keep_answer("k", {"text": "4"}, 600, "db", "How many?", "t1")
    kept = store.answer("k", 600)
    assert kept is not None
    assert kept.document == {"text": "4"}
    assert store.answer("k", 0) is None
    assert store.answer("other", 600) is None
    store.keep_answer("k", {"text": "5"}, -1, "db", "How many?", "t2")
    assert store.answer("k", 600) is None


def test_a_forgotten_answer_is_forgotten_wherever_it_was_shown_and_no_other_is(store: Store) -> None:
    for key, database in (("a", "one"), ("b", "one"), ("c", "two")):
        store.keep_answer(key, {}, 600, database, "How many?", f"trace {key}")
        store.note_answer(key, f"trace {key} again")

    def left() -> list[str]:
        return [key for key in "abc" if store.answer(key, 600)]

    store.forget_answer_of("trace a again")
    store.forget_answer_of("trace of nothing")
    assert left() == ["b", "c"]
    store.forget_answers("one")
    assert left() == ["c"]
