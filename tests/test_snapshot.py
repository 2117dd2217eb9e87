"""What is kept of a database between starts: trusted while it holds, read again where it does not."""

from __future__ import annotations

import json
import logging
import os
import resource
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import User, policy_from
from agent.cli import main
from tests import servers
from tools.database import Database, open_database
from tools.engines import open_engine, open_here
from tools.engines.engine import Bounds, Engine, Fetched
from tools.engines.place import locate
from tools.engines.watch import Stop
from tools.errors import DatabaseUnavailable, NotPermitted, SqlFailed, SqlRefused, UnknownTable
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.metadata_source import MetadataSource
from tools.reflection import reflect
from tools.scope import EVERYTHING, Scope, patterns
from tools.seen_database import seen_by
from tools.show_table import ShowTable, show_table
from tools.snapshot import FORMAT, Snapshot, SnapshotFile

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), total INTEGER);
CREATE VIEW dear AS SELECT * FROM orders WHERE total > 100;
"""


def settle(path: Path) -> None:
    """Let a file look as if it had been written long ago: a fresh one is not trusted."""
    os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(SHOP)
    settle(path)
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "metadata"


def opened(path: Path | str, kept: Path, **options: object) -> Database:
    return open_database(str(path), snapshots=kept, **options)  # type: ignore[arg-type]


def known_after_closing(path: Path | str, kept: Path, **options: object) -> tuple[DatabaseMeta, bool]:
    """The metadata, and whether the database was read for it; in this process, which is quicker."""
    place = locate(str(path))
    source = MetadataSource(place, Scope(**options), kept)  # type: ignore[arg-type]
    with closing(open_here(place, 20)) as engine:
        return source.open(engine), source.was_read


# ---- a later start


def test_a_database_that_has_not_changed_is_not_read_again(shop: Path, kept: Path) -> None:
    first, was_read = known_after_closing(shop, kept)
    assert was_read
    second, was_read = known_after_closing(shop, kept)
    assert not was_read
    assert second == first
    assert second.fingerprint == first.fingerprint


def test_a_file_that_was_written_a_moment_ago_is_not_trusted(shop: Path, kept: Path) -> None:
    os.utime(shop)
    known_after_closing(shop, kept)
    assert known_after_closing(shop, kept)[1]


def test_a_changed_file_is_read_again_and_what_changed_is_told(shop: Path, kept: Path) -> None:
    known_after_closing(shop, kept)
    with closing(sqlite3.connect(shop)) as changing:
        changing.executescript("ALTER TABLE customers ADD COLUMN town TEXT; CREATE TABLE new (a); DROP VIEW dear")
    with closing(opened(shop, kept)) as database:
        changes = database.source.changes
    assert (changes.added, changes.dropped) == (("new",), ("dear",))
    assert [str(each) for each in changes.changed] == ["customers: + town"]


def test_what_sqlite_has_not_yet_written_into_its_file_counts_too(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "busy.sqlite"
    with closing(sqlite3.connect(path)) as writer:
        writer.executescript("PRAGMA journal_mode = WAL; CREATE TABLE a (x); PRAGMA wal_checkpoint(TRUNCATE)")
        settle(path)
        known_after_closing(path, kept)
        writer.executescript("CREATE TABLE b (x)")
        settle(path)  # the file itself is as it was
        assert [table.name for table in known_after_closing(path, kept)[0].tables()] == ["a", "b"]


def test_each_scope_has_its_own_snapshot(shop: Path, kept: Path) -> None:
    for exclude in ((), ("orders",)):
        known_after_closing(shop, kept, exclude=exclude)
    names = [table.name for table in known_after_closing(shop, kept)[0].tables()]
    assert names == ["customers", "dear", "orders"]
    meta, was_read = known_after_closing(shop, kept, exclude=("ORDERS",))
    assert ([table.name for table in meta.tables()], was_read) == (["customers", "dear"], False)


def test_a_locked_file_is_complained_of_by_the_first_query(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "locked.duckdb"
    duckdb.connect(str(path)).close()
    settle(path)
    opened(path, kept).close()
    writing = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", writing], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        settle(path)
        with closing(opened(path, kept)) as database:
            assert not database.source.was_read
            with pytest.raises(DatabaseUnavailable, match="open for writing"):
                database.query("SELECT 1 AS one")
        writer.communicate(b"\n")


def test_data_that_is_loaded_and_databases_in_memory_leave_nothing_behind(tmp_path: Path, kept: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    for url in (str(tmp_path / "a.csv"), "duckdb://"):
        known_after_closing(url, kept)
    assert not kept.exists()


# ---- what a bad file gets


def only_file(kept: Path) -> Path:
    (file,) = kept.iterdir()
    return file


def with_head(content: bytes, at: int, value: object) -> bytes:
    head, _, body = content.partition(b"\n")
    parts = json.loads(head)
    parts[at] = value
    return json.dumps(parts).encode() + b"\n" + body


def signed(content: bytes, body: bytes) -> bytes:
    """Another body under a checksum that fits."""
    return with_head(content.partition(b"\n")[0] + b"\n" + body, 2, zlib.crc32(body))


BAD = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "one byte other": lambda content: content[:-3] + b"#" + content[-2:],
    "noise": lambda content: os.urandom(5000),
    "no JSON": lambda content: b"\x80\x04\x95pickle\n" + content,
    "an older form": lambda content: with_head(content, 0, "dbagent metadata 0"),
    "of another database": lambda content: with_head(content, 1, '["sqlite","sqlite:////elsewhere",null,[],[]]'),
    "nested without end": lambda content: signed(content, b"[" * 200_000),
    "not what it should be": lambda content: signed(content, b"[]\n[]"),
    "a table too few": lambda content: signed(content, content.partition(b"\n")[2].rpartition(b"\n")[0]),
    "other kinds of values": lambda content: signed(content, b'{"other_marks":3,"schemas":null}\n[]'),
}


@pytest.mark.parametrize("how", BAD)
def test_a_file_that_is_not_ours_is_a_reason_to_read_again(how: str, shop: Path, kept: Path) -> None:
    first, _ = known_after_closing(shop, kept)
    file = only_file(kept)
    file.write_bytes(BAD[how](file.read_bytes()))
    assert known_after_closing(shop, kept) == (first, True)
    assert known_after_closing(shop, kept) == (first, False), "it was not put right"


def test_a_folder_in_its_place_is_told_in_one_line(shop: Path, kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, _ = known_after_closing(shop, kept)
    file = only_file(kept)
    file.unlink()
    file.mkdir()
    assert known_after_closing(shop, kept) == (first, True)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_half_written(
    shop: Path, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = opened(shop, kept)
    before = only_file(kept).read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        database.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        database.close()
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said.endswith("could not be kept in " + str(kept) + " (File too large). The next start will read it again.")
    assert only_file(kept).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(shop: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    meta, _ = known_after_closing(shop, tmp_path / "file" / "metadata")
    assert len(list(meta.tables())) == 3
    assert "Not a directory" in caplog.text


def test_no_password_is_in_the_file_or_its_name(postgres_url: str, kept: Path) -> None:
    url = postgres_url.replace("postgres@", "postgres:s3cr3t-w0rd@") + "?application_name=x&sslpassword=h1dden"
    known_after_closing(url, kept, schemas=("public",))
    file = only_file(kept)
    content = file.read_bytes() + file.name.encode()
    assert b"s3cr3t" not in content
    assert b"h1dden" not in content
    assert file.stat().st_mode & 0o77 == 0


# ---- what goes in comes out

texts = st.text(st.characters(), max_size=12)
fields = st.builds(FieldMeta, texts, texts, st.booleans(), texts, st.booleans())
names = st.lists(texts, max_size=3).map(tuple)
foreign = st.builds(ForeignKey, names, texts, texts, names)
tables = st.builds(
    TableMeta,
    schema=st.just("s"),
    name=texts,
    fields=st.lists(fields, max_size=4).map(tuple),
    comment=texts,
    kind=st.sampled_from(("table", "view", "materialized view")),
    primary_key=names,
    foreign_keys=st.lists(foreign, max_size=2).map(tuple),
    unique=st.lists(names, max_size=2).map(tuple),
    row_estimate=st.none() | st.integers(0, 2**62),
)


@given(st.lists(tables, max_size=4), texts, st.dictionaries(st.tuples(st.just("s"), texts), texts, max_size=3))
@settings(max_examples=60)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, made: list[TableMeta], text: str, marks: dict[tuple[str, str], str]
) -> None:
    meta = DatabaseMeta("postgres", (SchemaMeta("s", tuple(made), text),), "s", text, (text,))
    names = {table.name for table in made}
    marks = {key: mark for key, mark in marks.items() if key[1] not in names} | {("s", name): text for name in names}
    file = SnapshotFile(tmp_path_factory.mktemp("kept"), locate("postgresql://u@h/d"), EVERYTHING)
    assert file.write(Snapshot(meta, text, text, marks, 7.5))
    read = file.read()
    assert read is not None
    assert read.meta.fingerprint == meta.fingerprint
    assert (read.meta, read.meta.notices) == (meta, meta.notices)
    assert (read.identity, read.state, dict(read.marks), read.taken) == (text, text, marks, 7.5)


def test_names_of_every_kind_and_three_thousand_fields_are_kept(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "odd.duckdb"
    with closing(duckdb.connect(str(path))) as made:
        made.execute(
            """CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."select" ("x.y" INT, "😀" INT, "it""s" INT, "new\nline" INT)"""
        )
        made.execute(f"CREATE TABLE wide ({', '.join(f'f{at} INTEGER' for at in range(3000))})")
    settle(path)
    first, _ = known_after_closing(path, kept)
    assert known_after_closing(path, kept) == (first, False)
    assert {len(table.fields) for table in first.tables()} == {4, 3000}


def test_two_programs_that_write_at_once_leave_one_whole_file(shop: Path, kept: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tools.database import open_database\n"
        "db = open_database(sys.argv[1], snapshots=Path(sys.argv[2]))\n"
        "for _ in range(10): db.refresh()\n"
        "db.close()"
    )
    programs = [subprocess.Popen([sys.executable, "-c", code, str(shop), str(kept)]) for _ in range(2)]
    assert [program.wait(60) for program in programs] == [0, 0]
    assert FORMAT.encode() in only_file(kept).read_bytes()
    assert not known_after_closing(shop, kept)[1]


# ---- servers say what has changed

OWN = f"dbagent_kept_{os.getpid()}"  # the name of a database, and of a role, that is only this run's

CHANGES = (
    "ALTER TABLE {s}.orders ADD COLUMN note varchar(9)",
    "ALTER TABLE {s}.orders RENAME COLUMN note TO remark",
    "ALTER TABLE {s}.orders ALTER COLUMN remark TYPE varchar(12)",
    "ALTER TABLE {s}.orders ALTER COLUMN remark SET NOT NULL",
    "COMMENT ON COLUMN {s}.orders.remark IS 'what was said'",
    "COMMENT ON TABLE {s}.customers IS 'who buys'",
    "COMMENT ON SCHEMA {s} IS 'all that is sold'",
    "ALTER TABLE {s}.customers RENAME TO clients",  # orders points at it, and is itself untouched
    "ALTER TABLE {s}.clients RENAME COLUMN id TO number",
    "ALTER TABLE {s}.orders ADD UNIQUE (remark)",
    "CREATE TABLE {s}.parts (id int PRIMARY KEY, part_of int REFERENCES {s}.orders (id))",
    "CREATE VIEW {s}.dear AS SELECT id FROM {s}.orders",
    "CREATE TYPE {s}.mood AS ENUM ('good'); ALTER TABLE {s}.parts ADD COLUMN mood {s}.mood",
    "ALTER TYPE {s}.mood RENAME TO temper",
    "ALTER TABLE {s}.parts DROP COLUMN part_of",
    "DROP VIEW {s}.dear; CREATE TABLE {s}.dear (id int)",
    "DROP TABLE {s}.parts",
    "DROP TABLE {s}.orders CASCADE",
)


@pytest.fixture
def sold_url(postgres_url: str) -> Iterator[str]:
    """A database of its own: the state is that of a whole database, and other tests change theirs."""
    with servers.postgres(postgres_url) as server:
        server.execute(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)".encode())
        server.execute(f"CREATE DATABASE {OWN}".encode())
        yield servers.beside(postgres_url, OWN)
        server.execute(f"DROP DATABASE {OWN} WITH (FORCE)".encode())


@pytest.fixture
def sold(sold_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Two schemas, one of which changes."""
    with servers.postgres(sold_url) as made:
        made.execute("""
            CREATE SCHEMA dbagent_kept; CREATE SCHEMA dbagent_still;
            CREATE TABLE dbagent_kept.customers (id int PRIMARY KEY, name text);
            CREATE TABLE dbagent_kept.orders (id int PRIMARY KEY, customer int REFERENCES dbagent_kept.customers (id));
            CREATE TABLE dbagent_still.thing (a int)""")
        yield made


SOLD = Scope(("dbagent_kept", "dbagent_still"))


def test_reading_what_changed_gives_what_reading_all_gives(
    sold: psycopg.Connection[tuple[object, ...]], sold_url: str, kept: Path
) -> None:
    place = locate(sold_url)
    engine = open_engine(place, 20)
    source = MetadataSource(place, SOLD, kept)
    source.open(engine)
    for change in CHANGES:
        sold.execute(change.format(s="dbagent_kept").encode())
        told = source.look_again()
        assert source.meta == reflect(engine, place, SOLD), change
        assert bool(told) == ("SCHEMA" not in change), change
        later = MetadataSource(place, SOLD, kept)
        assert later.open(engine) == source.meta
        assert not later.was_read
    engine.close()


class Listening:
    """An engine that keeps what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.asked: list[tuple[str, int]] = []

    def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
        fetched = self.engine.run(sql, bounds, stop)
        self.asked.append((sql, len(fetched.rows)))
        return fetched

    def reopen(self) -> None:
        self.engine.reopen()

    def close(self) -> None:
        self.engine.close()


def test_a_start_without_changes_asks_a_server_two_questions(
    sold: psycopg.Connection[tuple[object, ...]], sold_url: str, kept: Path
) -> None:
    place = locate(sold_url)
    engine = Listening(open_engine(place, 20))
    MetadataSource(place, SOLD, kept).open(engine)
    engine.asked.clear()
    MetadataSource(place, SOLD, kept).open(engine)
    assert [rows for _, rows in engine.asked] == [1, 1]
    engine.asked.clear()
    sold.execute("ALTER TABLE dbagent_still.thing ADD COLUMN b int")
    MetadataSource(place, SOLD, kept).open(engine)
    assert [rows for sql, rows in engine.asked if "pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0" in sql] == [2]
    engine.close()


def test_new_row_estimates_are_no_change_and_come_with_a_refresh(
    sold: psycopg.Connection[tuple[object, ...]], sold_url: str
) -> None:
    with closing(open_database(sold_url, schemas=("dbagent_kept",))) as database:
        sold.execute("INSERT INTO dbagent_kept.customers SELECT i FROM generate_series(1, 400) i")
        sold.execute("ANALYZE dbagent_kept.customers")
        assert not database.look_again(database.meta)
        assert not database.refresh()
        (customers,) = database.meta.find("customers")
        assert customers.row_estimate == 400


def test_another_user_reads_for_himself(
    sold: psycopg.Connection[tuple[object, ...]], sold_url: str, kept: Path
) -> None:
    sold.execute(f"DROP ROLE IF EXISTS {OWN}; CREATE ROLE {OWN} LOGIN".encode())
    try:
        sold.execute(f"GRANT USAGE ON SCHEMA dbagent_kept TO {OWN}".encode())
        sold.execute(f"GRANT SELECT ON dbagent_kept.orders TO {OWN}".encode())
        known_after_closing(sold_url, kept, schemas=SOLD.schemas)
        reader = sold_url.replace("postgres@", f"{OWN}@")
        with closing(opened(reader, kept, schemas=SOLD.schemas)) as database:
            assert [table.name for table in database.meta.tables()] == ["orders"]
            assert database.meta.notices == (
                "Schema 'dbagent_still' was left out: this user may not use it.",
                "Of schema 'dbagent_kept', 1 tables were left out: this user may not read them.",
            )
            sold.execute(f"GRANT SELECT ON dbagent_kept.customers TO {OWN}".encode())
            assert len(database.query("SELECT * FROM dbagent_kept.customers").rows) == 0
    finally:
        sold.execute(f"DROP OWNED BY {OWN}; DROP ROLE {OWN}".encode())


def test_a_table_that_vanishes_while_it_is_read_is_not_there(
    sold: psycopg.Connection[tuple[object, ...]], sold_url: str
) -> None:
    class Vanishing(Listening):
        def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
            if "pg_attribute" in sql:
                sold.execute("DROP TABLE IF EXISTS dbagent_still.thing")
            return super().run(sql, bounds, stop)

    place = locate(sold_url)
    engine = Vanishing(open_engine(place, 20))
    meta = reflect(engine, place, SOLD)
    engine.close()
    assert [table.full_name for table in meta.tables()] == ["dbagent_kept.customers", "dbagent_kept.orders"]


MYSQL_CHANGES = (
    "ALTER TABLE orders ADD COLUMN note varchar(9)",
    "ALTER TABLE orders CHANGE note remark varchar(12) NOT NULL COMMENT 'what was said'",
    "ALTER TABLE customers COMMENT 'who buys'",
    "ALTER TABLE orders ADD UNIQUE (remark)",
    "RENAME TABLE customers TO clients",
    "CREATE VIEW dear AS SELECT id, remark FROM orders",
    "ALTER TABLE orders MODIFY remark varchar(40)",  # and with it a field of the view
    "DROP VIEW dear",
    "DROP TABLE orders",
)


def test_reading_what_changed_gives_what_reading_all_gives_in_mysql(mysql_url: str, kept: Path) -> None:
    with servers.mysql(mysql_url) as changing, changing.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {OWN}")
        cursor.execute(f"CREATE DATABASE {OWN}")
        cursor.execute(f"USE {OWN}")
        cursor.execute("CREATE TABLE customers (id int PRIMARY KEY, name text)")
        cursor.execute("CREATE TABLE orders (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES customers (id))")
        try:
            place = locate(servers.beside(mysql_url, OWN))
            engine = open_engine(place, 20)
            source = MetadataSource(place, EVERYTHING, kept)
            source.open(engine)
            for change in MYSQL_CHANGES:
                cursor.execute(change)
                assert source.look_again(), change
                assert source.meta == reflect(engine, place), change
            again = MetadataSource(place, EVERYTHING, kept)
            assert again.open(engine) == source.meta
            assert not again.changes
            engine.close()
        finally:
            cursor.execute(f"DROP DATABASE {OWN}")


# ---- a changed schema is noticed


def test_a_query_that_names_what_is_new_is_tried_once_more(shop: Path) -> None:
    with closing(open_database(str(shop))) as database, closing(sqlite3.connect(shop)) as changing:
        changing.executescript("CREATE TABLE stores (town TEXT); INSERT INTO stores VALUES ('Bonn')")
        assert database.query("SELECT town FROM stores").rows == (("Bonn",),)


def test_a_query_that_names_what_is_gone_is_told_that_the_schema_changed(shop: Path) -> None:
    with closing(open_database(str(shop))) as database, closing(sqlite3.connect(shop)) as changing:
        changing.executescript("ALTER TABLE orders RENAME COLUMN total TO amount")
        with pytest.raises((SqlFailed, SqlRefused), match=r"total.* The schema has changed since you saw it"):
            database.query("SELECT sum(total) FROM orders")
        assert database.query("SELECT sum(amount) FROM orders").rows == ((None,),)


def test_a_query_that_is_only_wrong_is_told_so_and_nothing_more(shop: Path) -> None:
    with closing(open_database(str(shop))) as database:
        known = database.meta
        for sql in ("SELECT nope FROM orders", "SELECT 1 FROM nope"):
            with pytest.raises((SqlFailed, SqlRefused, UnknownTable)) as failed:
                database.query(sql)
            assert "changed" not in str(failed.value)
        assert database.meta is known


def test_show_table_shows_a_table_that_is_new(shop: Path) -> None:
    with closing(open_database(str(shop))) as database, closing(sqlite3.connect(shop)) as changing:
        changing.executescript("CREATE TABLE stores (town TEXT)")
        assert "town TEXT" in show_table(ShowTable(tables=["stores"]), database).for_model()


def test_a_server_that_changed_is_noticed(sold: psycopg.Connection[tuple[object, ...]], sold_url: str) -> None:
    with closing(open_database(sold_url, schemas=("dbagent_kept",))) as database:
        sold.execute("ALTER TABLE dbagent_kept.orders ADD COLUMN due date; CREATE TABLE dbagent_kept.news (a int)")
        assert database.query("SELECT due FROM dbagent_kept.orders").rows == ()
        assert database.query("SELECT a FROM dbagent_kept.news").rows == ()


def test_under_a_policy_what_is_new_is_seen_and_what_is_kept_back_stays_back(shop: Path) -> None:
    policy = policy_from({"roles": {"clerk": {"allow": {"tables": ["orders"]}}}})
    with closing(open_database(str(shop))) as whole, closing(sqlite3.connect(shop)) as changing:
        clerk = seen_by(whole, policy, User("ann", ("clerk",)))
        changing.executescript("ALTER TABLE orders ADD COLUMN due TEXT; CREATE TABLE secrets (a)")
        assert clerk.query("SELECT due FROM orders").rows == ()
        with pytest.raises(NotPermitted):
            clerk.query("SELECT a FROM secrets")
        with pytest.raises(NotPermitted):
            clerk.query("SELECT name FROM customers")


def test_a_file_that_was_put_in_the_place_of_another_is_opened(tmp_path: Path) -> None:
    path, other = tmp_path / "day.duckdb", tmp_path / "next.duckdb"
    for each, name in ((path, "monday"), (other, "tuesday")):
        with closing(duckdb.connect(str(each))) as made:
            made.execute(f"CREATE TABLE {name} AS SELECT 1 AS one")
    with closing(open_database(str(path))) as database:
        assert database.query("SELECT one FROM monday").rows == ((1,),)
        os.replace(other, path)
        assert database.query("SELECT one FROM tuesday").rows == ((1,),)


def test_data_that_was_loaded_is_loaded_again_with_a_refresh(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("town,n\nBonn,1\n")
    with closing(open_database(str(path))) as database:
        path.write_text("town,n,more\nBonn,1,2\nKöln,3,4\n")
        changes = database.refresh()
        assert [str(each) for each in changes.changed] == ["main.visits: + more"]
        assert database.query("SELECT sum(more) FROM visits").rows == ((6,),)


# ---- what is wanted


@pytest.mark.parametrize(
    ("include", "exclude", "left"),
    [
        ("", "", "sales.order sales.tmp_1 tmp.order work.a.b work.订单"),
        ("sales.*", "", "sales.order sales.tmp_1"),
        ("*.order", "", "sales.order tmp.order"),
        ("order, 订单", "", "sales.order tmp.order work.订单"),
        ("", "*.tmp_*,tmp.*", "sales.order work.a.b work.订单"),
        ("SALES.*", "tmp_?", "sales.order"),
        ("work.a.b", "", "work.a.b"),
        ("s*", "", ""),
        (" , ,", ",", "sales.order sales.tmp_1 tmp.order work.a.b work.订单"),
    ],
)
def test_patterns_choose_tables(include: str, exclude: str, left: str, tmp_path: Path) -> None:
    path = tmp_path / "p.duckdb"
    with closing(duckdb.connect(str(path))) as made:
        for schema, table in (
            ("sales", "order"),
            ("sales", "tmp_1"),
            ("tmp", "order"),
            ("work", "a.b"),
            ("work", "订单"),
        ):
            made.execute(f'CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}."{table}" (x INTEGER)')
    meta, _ = known_after_closing(path, tmp_path / "kept", include=patterns(include), exclude=patterns(exclude))
    assert " ".join(table.full_name for table in meta.tables()) == left
    assert bool(meta.notices) == (include == "s*")


def test_what_is_left_out_can_neither_be_queried_nor_pointed_at(shop: Path) -> None:
    with closing(open_database(str(shop), exclude=("customers",))) as database:
        with pytest.raises(UnknownTable):
            database.query("SELECT * FROM customers")
        (orders,) = database.meta.find("orders")
        assert orders.foreign_keys == ()


# ---- dbagent sync


def test_sync_says_what_has_changed(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def synced(*options: str) -> list[str]:
        assert main(["sync", "--db", str(shop), *options]) == 0
        return capsys.readouterr().out.splitlines()

    said = synced()
    assert said[0] == "Read for the first time."
    assert "1 schemas, 3 tables; kept in " in said[1]
    assert synced()[0] == "Nothing has changed."
    with closing(sqlite3.connect(shop)) as changing:
        changing.executescript("ALTER TABLE orders ADD COLUMN due DATE; DROP VIEW dear; CREATE TABLE stores (a)")
    assert synced()[:3] == ["+ stores", "- dear", "~ orders: + due"]
    assert json.loads("\n".join(synced("--full", "--json"))) == {
        "first": False,
        "added": [],
        "dropped": [],
        "changed": [],
        "notices": [],
    }
    monkeypatch.setenv("DBAGENT_EXCLUDE", "stores")
    assert "1 schemas, 2 tables" in synced()[1]
