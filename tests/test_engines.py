"""Each engine against the real thing: what it reads, how it is stopped, what it does not let through."""

from __future__ import annotations

import datetime
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from tests import servers
from tests.waiting import until, within
from tools.database import open_database
from tools.engines import open_engine, open_here
from tools.engines.engine import Bounds, Engine, Fetched
from tools.engines.place import locate
from tools.engines.watch import Stop
from tools.errors import DatabaseUnavailable, SqlFailed, SqlTimeout

KINDS = ("duckdb", "sqlite", "postgres", "mysql")
Run = Callable[..., Fetched]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Engine]]:
    """Engines by kind, opened at first use, each on a database with a table `word`."""
    folder = tmp_path_factory.mktemp("engines")
    rows = [(1, "one"), (2, "two"), (3, "三")]
    with closing(duckdb.connect(str(folder / "a.duckdb"))) as made:
        made.execute("CREATE TABLE word (n INTEGER, said VARCHAR)")
        made.executemany("INSERT INTO word VALUES (?, ?)", rows)
    with closing(sqlite3.connect(folder / "a.sqlite")) as lite:
        lite.execute("CREATE TABLE word (n INTEGER, said TEXT)")
        lite.executemany("INSERT INTO word VALUES (?, ?)", rows)
        lite.execute("CREATE VIRTUAL TABLE page USING fts5(body)")
        lite.execute("INSERT INTO page VALUES ('a quick brown fox')")
        lite.execute("CREATE VIRTUAL TABLE box USING rtree(id, low, high)")
        lite.execute("INSERT INTO box VALUES (1, 2.0, 3.0)")
        lite.commit()
    opened: dict[str, Engine] = {
        "duckdb": open_engine(locate(str(folder / "a.duckdb")), 20),
        "sqlite": open_engine(locate(str(folder / "a.sqlite")), 20),
    }
    yield opened
    for engine in opened.values():
        engine.close()


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[str]:
    """The URL of a server where `dbagent_engines.word` is there."""
    with servers.postgres(postgres_url) as made:
        made.execute("DROP SCHEMA IF EXISTS dbagent_engines CASCADE")
        made.execute("CREATE SCHEMA dbagent_engines")
        made.execute(
            "CREATE TABLE dbagent_engines.word AS SELECT * FROM (VALUES (1, 'one'), (2, 'two'), (3, '三')) v (n, said)"
        )
        made.execute("CREATE DOMAIN dbagent_engines.mood AS text")
        yield postgres_url
        made.execute("DROP SCHEMA dbagent_engines CASCADE")


@pytest.fixture(scope="module")
def mysql(mysql_url: str) -> Iterator[str]:
    """The URL of a server's database where `word` is there."""
    with servers.mysql(mysql_url) as made, made.cursor() as cursor:
        servers.alone(cursor, "dbagent_engines")
        cursor.execute("DROP DATABASE IF EXISTS dbagent_engines")
        cursor.execute("CREATE DATABASE dbagent_engines CHARACTER SET utf8mb4")
        cursor.execute("CREATE TABLE dbagent_engines.word (n INT, said VARCHAR(20))")
        cursor.executemany("INSERT INTO dbagent_engines.word VALUES (%s, %s)", [(1, "one"), (2, "two"), (3, "三")])
        yield servers.beside(mysql_url, "dbagent_engines")
        cursor.execute("DROP DATABASE dbagent_engines")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine(kind: str, engines: dict[str, Engine], request: pytest.FixtureRequest) -> Engine:
    if kind not in engines:
        engines[kind] = open_engine(locate(request.getfixturevalue(kind)), 20)
    return engines[kind]


@pytest.fixture
def word(kind: str) -> str:
    return "dbagent_engines.word" if kind == "postgres" else "word"


def run(
    engine: Engine, sql: str, rows: int = 100, seconds: float = 20, stop: Stop | None = None, **more: Any
) -> Fetched:
    return engine.run(sql, Bounds(rows, seconds, **more), stop or Stop())


ENDLESS = {
    "duckdb": "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 1",
    "sqlite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
    "postgres": "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a * b % 7 = 1",
    "mysql": "SELECT count(*) FROM information_schema.collations a, information_schema.collations b, "
    "information_schema.collations c, information_schema.collations d WHERE a.id * b.id * c.id % 7 = d.id",
}
MANY_ROWS = {
    "duckdb": "SELECT a.range AS x FROM range(1000000000000) a",
    "sqlite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
    "postgres": "SELECT a AS x FROM generate_series(1, 3000) a, generate_series(1, 3000) b, generate_series(1, 3000) c",
    "mysql": "SELECT a.id AS x FROM information_schema.collations a, information_schema.collations b, "
    "information_schema.collations c, information_schema.collations d",
}


def test_rows_come_with_their_columns_and_types(engine: Engine, word: str, kind: str) -> None:
    fetched = run(engine, f"SELECT n, said, n AS n FROM {word} ORDER BY n")
    assert fetched.columns == ("n", "said", "n")
    assert fetched.rows == ((1, "one", 1), (2, "two", 2), (3, "三", 3))
    assert (
        fetched.types
        == {
            "duckdb": ("INTEGER", "VARCHAR", "INTEGER"),
            "sqlite": ("INTEGER", "TEXT", "INTEGER"),
            "postgres": ("int4", "text", "int4"),
            "mysql": ("int", "varchar", "int"),
        }[kind]
    )
    assert not fetched.more


def test_no_driver_looks_for_parameters_in_a_literal(engine: Engine) -> None:
    assert run(engine, "SELECT '100% :x %s %(y)s ? $1 \"' AS t").rows == (('100% :x %s %(y)s ? $1 "',),)


def test_an_endless_query_is_ended_in_time_and_the_next_one_works(engine: Engine, kind: str) -> None:
    with within(10), pytest.raises(SqlTimeout, match=r"0\.5 s"):
        run(engine, ENDLESS[kind], seconds=0.5)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


def test_rows_that_never_end_are_ended_in_time(engine: Engine, kind: str) -> None:
    with pytest.raises(SqlTimeout):
        run(engine, MANY_ROWS[kind], rows=10**9, seconds=0.4, result_bytes=10**12)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


def test_another_thread_can_end_a_query_and_nothing_starts_after_it(engine: Engine, kind: str) -> None:
    stop = Stop()
    threading.Timer(0.3, stop.now).start()
    with pytest.raises(SqlFailed, match="stopped") as ended:
        run(engine, ENDLESS[kind], stop=stop)
    assert not isinstance(ended.value, SqlTimeout)
    with pytest.raises(SqlFailed, match="stopped"):
        run(engine, ENDLESS[kind], stop=stop)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


def test_of_rows_that_never_end_the_first_ten_come_in_time(engine: Engine, kind: str) -> None:
    fetched = run(engine, MANY_ROWS[kind], rows=10)
    assert (len(fetched.rows), fetched.more) == (10, True)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


def test_exactly_as_many_rows_as_the_limit_are_all(engine: Engine, word: str) -> None:
    assert not run(engine, f"SELECT n FROM {word}", rows=3).more
    assert run(engine, f"SELECT n FROM {word}", rows=2).more


def test_a_long_value_is_cut_and_said_to_be(engine: Engine, kind: str) -> None:
    long = {"sqlite": "replace(hex(zeroblob(3000)), '00', 'ab')"}.get(kind, "repeat('ab', 3000)")
    fetched = run(engine, f"SELECT {long} AS wide, 1 AS narrow", cell_bytes=1000)
    assert fetched.rows[0][0] == "ab" * 500 + "… (cut: 6,000 characters in all)"
    assert fetched.notes == ("Values over 1,000 bytes were cut, in: wide.",)


def test_a_result_is_cut_at_its_bytes(engine: Engine, kind: str) -> None:
    fetched = run(
        engine,
        f"SELECT x, 'padding padding' AS p FROM ({MANY_ROWS[kind]}) q",
        rows=10**6,
        result_bytes=50_000,
    )
    assert fetched.more
    assert 100 < len(fetched.rows) < 5000
    assert "50,000 bytes" in fetched.notes[0]


WRITES = {
    "duckdb": (
        "INSERT INTO word VALUES (9, 'x')",
        "CREATE TABLE t (a INTEGER)",
        "DROP TABLE word",
        "ATTACH ':memory:' AS other",
        "COPY word TO '/tmp/dbagent_test_copy.csv'",
        "SET threads = 1",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "FROM enable_logging(storage = 'file', storage_path = '/tmp/dbagent_test_log')",
        "SELECT 1; SELECT 2",
    ),
    "sqlite": (
        "INSERT INTO word VALUES (9, 'x')",
        "CREATE TEMP TABLE t (a)",
        "DROP TABLE word",
        "ATTACH '/tmp/dbagent_test.db' AS other",
        "PRAGMA query_only = OFF",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = ''",
        "DELETE FROM box_node",
        "INSERT INTO page VALUES ('x')",
        "INSERT INTO page (page) VALUES ('optimize')",
        "SELECT load_extension('x')",
        "SELECT fts3_tokenizer('simple')",
        "VACUUM INTO '/tmp/dbagent_test_vacuum.db'",
        "COMMIT",
        "SELECT 1; SELECT 2",
    ),
    "postgres": (
        "INSERT INTO dbagent_engines.word VALUES (9, 'x')",
        "WITH w AS (DELETE FROM dbagent_engines.word RETURNING *) SELECT * FROM w",
        "CREATE TABLE dbagent_engines.t (a int)",
        "SELECT * INTO dbagent_engines.t FROM dbagent_engines.word",
        "DROP TABLE dbagent_engines.word",
        "COPY dbagent_engines.word TO '/tmp/dbagent_test_copy'",
        "ROLLBACK; BEGIN READ WRITE; CREATE TEMP TABLE zz (a int)",
        "EXPLAIN ANALYZE DELETE FROM dbagent_engines.word",
        "EXPLAIN SELECT 1; DELETE FROM dbagent_engines.word",
        "SELECT 1; SELECT 2",
    ),
    "mysql": (
        "INSERT INTO word VALUES (9, 'x')",
        "CREATE TEMPORARY TABLE t (a int)",
        "CREATE TABLE t (a int)",
        "DROP TABLE word",
        "DELETE FROM word",
        "SELECT * FROM word FOR UPDATE",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE word",
        "SELECT 1; SELECT 2",
    ),
}


@pytest.mark.parametrize(("kind", "sql"), [(kind, sql) for kind in KINDS for sql in WRITES[kind]])
def test_the_connection_itself_lets_nothing_be_written(engine: Engine, word: str, sql: str) -> None:
    with pytest.raises(SqlFailed):
        run(engine, sql)
    assert len(run(engine, f"SELECT n FROM {word}").rows) == 3


def test_many_threads_share_the_connections_and_get_their_own_rows(engine: Engine, kind: str, word: str) -> None:
    def ask(number: int) -> tuple[Any, ...]:
        return run(engine, f"SELECT {number} AS x, count(*) AS n FROM {word}").rows

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, range(60)))
    assert answers == [((number, 3),) for number in range(60)]


@pytest.mark.parametrize("kind", ["postgres"])
def test_no_query_is_left_on_the_server_of_postgres(engine: Engine, postgres: str, kind: str) -> None:
    with pytest.raises(SqlTimeout):
        run(engine, ENDLESS["postgres"], seconds=0.3)
    run(engine, MANY_ROWS["postgres"], rows=10)
    left = (
        "SELECT query FROM pg_stat_activity WHERE state = 'active' AND application_name = 'dbagent'"
        " AND query LIKE '%generate_series(1, %'"
    )
    with servers.postgres(postgres) as other:
        until(lambda: other.execute(left).fetchall() == [])


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_value_that_the_server_writes_without_heeding_a_cancel_is_ended_in_time(engine: Engine, kind: str) -> None:
    with within(3), pytest.raises(SqlTimeout):
        run(engine, "SELECT array_fill(0, ARRAY[100000000])", seconds=0.3)
    assert run(engine, "SELECT ARRAY[[1, 2], [3, NULL]]").rows == (([[1, 2], [3, None]],),)


@pytest.mark.parametrize("kind", ["postgres"])
def test_an_array_that_is_cut_anyway_is_not_taken_apart(engine: Engine, kind: str) -> None:
    found = run(engine, "SELECT array_agg(a) AS many FROM generate_series(1, 700000) a")
    assert found.rows[0][0].startswith("{1,2,3,")
    assert found.notes == ("Values over 1,000,000 bytes were cut, in: many.",)


@pytest.mark.parametrize("kind", ["mysql"])
def test_no_query_is_left_on_the_server_of_mysql(engine: Engine, mysql: str, kind: str) -> None:
    with pytest.raises(SqlTimeout):
        run(engine, ENDLESS["mysql"], seconds=0.3)
    run(engine, MANY_ROWS["mysql"], rows=10)
    left = (
        "SELECT info FROM information_schema.processlist"
        " WHERE info LIKE '%collations%' AND info NOT LIKE '%processlist%'"
    )
    until(lambda: run(engine, left).rows == ())


@pytest.mark.parametrize("kind", ["mysql"])
def test_a_query_that_hides_its_timeout_is_a_timeout(engine: Engine, kind: str) -> None:
    with pytest.raises(SqlTimeout):
        run(engine, "SELECT benchmark(1000000000, sha2('a', 512))", seconds=0.4)


@pytest.mark.parametrize("kind", ["mysql"])
@pytest.mark.parametrize(
    ("sql", "rows", "doubts"),
    [
        ("SELECT count(*) FROM word WHERE n = 3", ((1,),), []),
        (
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5000) SELECT count(*) FROM c",
            ((1001,),),
            ["rows are missing"],
        ),
        ("SELECT repeat(said, 200000000) FROM word WHERE n = 1", ((None,),), ["replaced by NULL"]),
        ("SELECT count(*) FROM word WHERE said = 0", ((3,),), ["text that is no number"]),
        ("SELECT 1 / 0, cast('b' AS signed)", ((None, 0),), ["divided by 0", "text that is no number"]),
    ],
)
def test_what_the_server_only_warns_of_makes_the_rows_doubtful(
    engine: Engine, kind: str, sql: str, rows: object, doubts: list[str]
) -> None:
    fetched = run(engine, sql)
    assert fetched.rows == rows
    assert len(fetched.doubts) == len(doubts)
    assert all(part in doubt for part, doubt in zip(doubts, fetched.doubts, strict=True))
    assert "one" not in str(fetched.doubts)  # a value may be one that the asker must not see


_BACKEND = {"postgres": "SELECT pg_backend_pid()", "mysql": "SELECT connection_id()"}


def _kill(kind: str, url: str, backend: int) -> None:
    if kind == "postgres":
        with servers.postgres(url) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (backend,))
    else:
        with servers.mysql(url) as other:
            other.query(f"KILL CONNECTION {backend}")


@pytest.fixture
def killable(kind: str, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Callable[[], None]]]:
    """An engine with one connection, and what kills that on the server."""
    url = request.getfixturevalue(kind)
    engine = open_engine(locate(url), 20)
    backend = run(engine, _BACKEND[kind]).rows[0][0]
    yield engine, lambda: _kill(kind, url, backend)
    engine.close()


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_connection_lost_between_questions_is_replaced(killable: tuple[Engine, Callable[[], None]]) -> None:
    engine, kill = killable
    kill()
    time.sleep(0.1)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_connection_lost_under_a_query_is_said_and_replaced(
    killable: tuple[Engine, Callable[[], None]], kind: str
) -> None:
    engine, kill = killable
    threading.Timer(0.3, kill).start()
    with pytest.raises(SqlFailed, match="connection to the database was lost"):
        run(engine, {"postgres": "SELECT pg_sleep(5)", "mysql": "SELECT sleep(5)"}[kind])
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


@pytest.mark.parametrize("kind", ["mysql"])
def test_backslashes_and_quotes_are_read_as_the_guard_reads_them(engine: Engine, kind: str) -> None:
    assert run(engine, "SELECT 'a\\'b' AS x, \"c\" AS y").rows == (("a'b", "c"),)


@pytest.mark.parametrize("kind", ["postgres"])
def test_backslashes_of_postgres_are_plain(engine: Engine, kind: str) -> None:
    assert run(engine, "SELECT 'a\\' AS x").rows == (("a\\",),)


@pytest.mark.parametrize("kind", ["postgres"])
def test_explain_and_show_have_rows_though_they_cannot_be_declared(engine: Engine, kind: str) -> None:
    assert run(engine, "/* plan */ EXPLAIN SELECT 1").rows
    assert run(engine, "-- which\nSHOW server_version_num").columns == ("server_version_num",)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT body FROM page WHERE page MATCH 'fox'", (("a quick brown fox",),)),
        ("SELECT highlight(page, 0, '<', '>') FROM page WHERE page MATCH 'fox'", (("a quick brown <fox>",),)),
        ("SELECT low FROM box", ((2.0,),)),
        ("SELECT value FROM json_each('[1, 2]')", ((1,), (2,))),
        ("SELECT name FROM pragma_table_info('word')", (("n",), ("said",))),
        ("SELECT count(*) FROM word WHERE n IN (SELECT n FROM word)", ((3,),)),
    ],
)
def test_the_authorizer_lets_virtual_tables_be_read(engine: Engine, kind: str, sql: str, rows: object) -> None:
    assert run(engine, sql).rows == rows


@pytest.mark.parametrize("kind", ["duckdb"])
def test_objects_of_the_program_are_no_tables(engine: Engine, kind: str) -> None:
    secret_frame = duckdb.sql("SELECT 42 AS secret")
    assert secret_frame is not None
    with pytest.raises(SqlFailed, match="secret_frame"):
        run(engine, "SELECT * FROM secret_frame")


@pytest.mark.parametrize("kind", ["duckdb"])
def test_a_database_in_memory_is_as_locked_as_a_file(kind: str) -> None:
    engine = open_engine(locate("duckdb://"), 5)
    for sql in ("SELECT * FROM read_csv('/etc/passwd')", "ATTACH '/tmp/dbagent_x.duckdb'", "SET threads = 1"):
        with pytest.raises(SqlFailed):
            run(engine, sql)
    engine.close()


def _utc(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=datetime.UTC)  # type: ignore[misc, arg-type]


# Each value as SQL and as Python must have it. None of them may come as something else without a word.
VALUES: dict[str, tuple[tuple[str, Any], ...]] = {
    "duckdb": (
        ("NULL", None),
        ("true", True),
        ("42", 42),
        ("(-128)::TINYINT", -128),
        ("9223372036854775807", 2**63 - 1),
        ("170141183460469231731687303715884105727::HUGEINT", 2**127 - 1),
        ("18446744073709551615::UBIGINT", 2**64 - 1),
        ("1.50::DECIMAL(10, 2)", Decimal("1.50")),
        ("0.1::DOUBLE", 0.1),
        ("0.5::FLOAT", 0.5),
        (
            "12345678901234567890123456789012345.678::DECIMAL(38, 3)",
            Decimal("12345678901234567890123456789012345.678"),
        ),
        ("'Infinity'::DOUBLE", float("inf")),
        ("'-Infinity'::DOUBLE", float("-inf")),
        ("''", ""),
        ("'三 ☃ 👩‍👩‍👧'", "三 ☃ 👩‍👩‍👧"),
        ("'a' || chr(10) || 'b'", "a\nb"),
        ("'x\\xAB'::BLOB", b"x\xab"),
        ("DATE '2026-02-28'", datetime.date(2026, 2, 28)),
        ("DATE 'infinity'", "infinity"),
        ("DATE '-infinity'", "-infinity"),
        ("DATE '9999-12-31'", datetime.date(9999, 12, 31)),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
        ("DATE '20000-01-01'", "20000-01-01"),
        ("TIMESTAMP '2026-02-28 01:02:03.000004'", datetime.datetime(2026, 2, 28, 1, 2, 3, 4)),
        ("TIMESTAMP 'infinity'", "infinity"),
        ("TIMESTAMP '20000-01-01 00:00:00'", "20000-01-01 00:00:00"),
        ("TIMESTAMPTZ '2026-02-28 01:00:00+02'", _utc(2026, 2, 27, 23)),
        ("TIMESTAMPTZ 'infinity'", "infinity"),
        ("TIMESTAMP_NS '2026-02-28 01:02:03.123456789'", "2026-02-28 01:02:03.123456789"),
        ("TIME '01:02:03.5'", datetime.time(1, 2, 3, 500000)),
        ("TIME '24:00:00'", "24:00:00"),
        ("INTERVAL 3 DAY", datetime.timedelta(days=3)),
        ("INTERVAL 13 MONTH", "1 year 1 month"),
        ("INTERVAL '-2 hours'", -datetime.timedelta(hours=2)),
        ("[INTERVAL 1 MONTH]", "[1 month]"),
        ("UUID '00000000-0000-0000-0000-00000000002a'", UUID(int=42)),
        ("[1, NULL, 3]", [1, None, 3]),
        ("{'a': 1, 'b': [2]}", {"a": 1, "b": [2]}),
        ("MAP {'k': 1}", {"k": 1}),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
        ("'b'::ENUM('a', 'b')", "b"),
        ("'101'::BIT", "101"),
    ),
    "sqlite": (
        ("NULL", None),
        ("1", 1),
        ("true", 1),
        ("-1", -1),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0.1", 0.1),
        ("1e308", 1e308),
        ("9e999", float("inf")),
        ("-9e999", float("-inf")),
        ("9223372036854775808", 2.0**63),
        ("''", ""),
        ("'三 ☃ 👩‍👩‍👧'", "三 ☃ 👩‍👩‍👧"),
        ("'it''s'", "it's"),
        ("char(97, 10, 98)", "a\nb"),
        ("char(97, 0, 98)", "a\0b"),
        ("x''", b""),
        ("x'00ff'", b"\x00\xff"),
        ("CAST(x'63e9' AS TEXT)", "c\\xe9"),
        ("CAST(x'e4b889' AS TEXT)", "三"),
        ("date('2026-02-28')", "2026-02-28"),
        ("datetime('2026-02-28 01:02:03')", "2026-02-28 01:02:03"),
        ("time('01:02:03')", "01:02:03"),
        ("julianday('2000-01-01')", 2451544.5),
        ("strftime('%Y', '2026-02-28')", "2026"),
        ("unixepoch('1970-01-02')", 86400),
        ("json('{\"a\":[1]}')", '{"a":[1]}'),
        ("json_extract('{\"a\":1.5}', '$.a')", 1.5),
        ("1 = 1", 1),
        ("5 / 2", 2),
        ("5 / 2.0", 2.5),
        ("5 % 3", 2),
        ("'a' || 1", "a1"),
        ("typeof(1)", "integer"),
        ("hex('a')", "61"),
        ("CAST('12abc' AS INTEGER)", 12),
        ("round(2.567, 2)", 2.57),
        ("abs(-3)", 3),
        ("length('三')", 1),
        ("zeroblob(3)", b"\0\0\0"),
        ("iif(1, 'y', 'n')", "y"),
    ),
    "postgres": (
        ("NULL", None),
        ("true", True),
        ("42", 42),
        ("9223372036854775807", 2**63 - 1),
        ("1.50", Decimal("1.50")),
        ("12345678901234567890123456789.0123456789", Decimal("12345678901234567890123456789.0123456789")),
        ("'Infinity'::numeric", Decimal("Infinity")),
        ("0.1::float8", 0.1),
        ("0.5::float4", 0.5),
        ("'Infinity'::float8", float("inf")),
        ("''::text", ""),
        ("'三 ☃ 👩‍👩‍👧'::text", "三 ☃ 👩‍👩‍👧"),
        ("E'a\\nb'", "a\nb"),
        ("'ab'::char(4)", "ab  "),
        ("'x'::dbagent_engines.mood", "x"),
        ("'\\x00ff'::bytea", b"\x00\xff"),
        ("DATE '2026-02-28'", datetime.date(2026, 2, 28)),
        ("'infinity'::date", "infinity"),
        ("'-infinity'::timestamp", "-infinity"),
        ("'0044-03-15 BC'::date", "0044-03-15 BC"),
        ("'20000-01-01'::date", "20000-01-01"),
        ("'20000-01-01 00:00'::timestamp", "20000-01-01 00:00:00"),
        ("'infinity'::timestamptz", "infinity"),
        ("'2026-02-28 01:02:03.000004'::timestamp", datetime.datetime(2026, 2, 28, 1, 2, 3, 4)),
        ("'2026-02-28 01:00+02'::timestamptz", _utc(2026, 2, 27, 23)),
        ("'01:02:03.5'::time", datetime.time(1, 2, 3, 500000)),
        ("'24:00'::time", "24:00:00"),
        ("'1 year 2 months'::interval", "1 year 2 mons"),
        ("'3 days'::interval", datetime.timedelta(days=3)),
        ("'-02:00'::interval", -datetime.timedelta(hours=2)),
        ("'100000 hours'::interval", datetime.timedelta(hours=100000)),
        ("ARRAY['1 mon'::interval]", ["1 mon"]),
        ("'00000000-0000-0000-0000-00000000002a'::uuid", UUID(int=42)),
        ("ARRAY[1, NULL, 3]", [1, None, 3]),
        ("ARRAY[ARRAY['a', 'b,c']]", [["a", "b,c"]]),
        ("'{\"a\": [1, 2.5]}'::jsonb", {"a": [1, 2.5]}),
        ("'[1]'::json", [1]),
        ("'12.50'::money", "$12.50"),
        ("B'101'", "101"),
        ("'(1,2)'::point", "(1,2)"),
        ("'<a/>'::xml", "<a/>"),
        ("ROW(1, 'a')", ("1", "a")),
    ),
    "mysql": (
        ("NULL", None),
        ("TRUE", 1),
        ("42", 42),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("1.50", Decimal("1.50")),
        (
            "123456789012345678901234567890123456789.012345",
            Decimal("123456789012345678901234567890123456789.012345"),
        ),
        ("0.1e0", 0.1),
        ("1e308", 1e308),
        ("''", ""),
        ("'三 ☃ 👩‍👩‍👧'", "三 ☃ 👩‍👩‍👧"),
        ("'a\\nb'", "a\nb"),
        ("'a\\0b'", "a\0b"),
        ("x'00ff'", b"\x00\xff"),
        ("b'101'", b"\x05"),
        ("CAST('x' AS BINARY)", b"x"),
        ("DATE '2026-02-28'", datetime.date(2026, 2, 28)),
        ("DATE '9999-12-31'", datetime.date(9999, 12, 31)),
        ("CAST('0000-00-00' AS DATE)", "0000-00-00"),
        ("TIMESTAMP '2026-02-28 01:02:03'", datetime.datetime(2026, 2, 28, 1, 2, 3)),
        ("CAST('2026-02-28 01:02:03.000004' AS DATETIME(6))", datetime.datetime(2026, 2, 28, 1, 2, 3, 4)),
        ("CAST('01:02:03' AS TIME)", datetime.timedelta(hours=1, minutes=2, seconds=3)),
        ("CAST('-838:59:59' AS TIME)", -datetime.timedelta(hours=838, minutes=59, seconds=59)),
        ("CAST('01:02:03.5' AS TIME(1))", datetime.timedelta(hours=1, minutes=2, seconds=3.5)),
        ("JSON_OBJECT('a', 1)", '{"a": 1}'),
        ("5 / 2", Decimal("2.5000")),
        ("5 DIV 2", 2),
        ("5 % 3", 2),
        ("1 = 1", 1),
        ("'a' = 'A'", 1),
        ("CONCAT('a', 1)", "a1"),
        ("YEAR('2026-02-28')", 2026),
        ("CAST(1 AS UNSIGNED)", 1),
        ("CAST(1.555 AS DECIMAL(4, 1))", Decimal("1.6")),
        ("CHAR_LENGTH('三')", 1),
        ("HEX('a')", "61"),
        ("IF(1, 'y', 'n')", "y"),
        ("COALESCE(NULL, 2)", 2),
        ("ROUND(2.567, 2)", Decimal("2.57")),
        ("SUM(1)", Decimal(1)),
        ("'it''s'", "it's"),
    ),
}


def test_forty_values_of_every_engine_come_as_what_they_are(engine: Engine, kind: str) -> None:
    assert len(VALUES[kind]) >= 40
    expressions = ", ".join(f"{sql} AS v{i}" for i, (sql, _) in enumerate(VALUES[kind]))
    row = run(engine, f"SELECT {expressions}").rows[0]
    wrong = [
        (sql, expected, got)
        for (sql, expected), got in zip(VALUES[kind], row, strict=True)
        if got != expected or type(got) is not type(expected)
    ]
    assert wrong == []


def test_nan_stays_nan(engine: Engine, kind: str) -> None:
    if kind in ("duckdb", "postgres"):
        value = run(engine, "SELECT 'NaN'::float8 AS x").rows[0][0]
        assert value != value


@pytest.mark.parametrize("kind", ["duckdb"])
def test_intervals_as_text_keep_the_order_of_the_rows(engine: Engine, kind: str) -> None:
    fetched = run(
        engine,
        "SELECT to_months(r.range::INTEGER) AS i, r.range AS n FROM range(1000) r ORDER BY n DESC;",
        rows=500,
    )
    assert [row[1] for row in fetched.rows] == list(range(999, 499, -1))
    assert fetched.rows[0][0] == "83 years 3 months"
    assert fetched.columns == ("i", "n")
    assert fetched.more


def test_errors_are_the_database_s_own_words_and_few_of_them(engine: Engine, kind: str) -> None:
    with pytest.raises(SqlFailed) as failed:
        run(engine, "SELECT nothing_like_it FROM nowhere_to_be_found")
    assert "nowhere_to_be_found" in str(failed.value)
    assert "sqlalche" not in str(failed.value).lower()
    assert len(str(failed.value)) < 500


def test_a_file_is_not_touched_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "still.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (a)")
        made.commit()
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    engine = open_engine(locate(str(path)), 5)
    run(engine, "SELECT * FROM t")
    engine.close()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [each.name for each in tmp_path.iterdir()] == ["still.sqlite"]


# What one scalar call does cannot be interrupted: only the end of its process ends it.
STUCK = {
    "duckdb": "SELECT levenshtein(repeat('x', 100000), repeat('y', 100000)) AS d",
    "sqlite": "SELECT printf('%.900000000c', 'x') AS long",
}
GREEDY = {
    "duckdb": ("SELECT length(repeat('x', 900000000))", "SELECT list(range) FROM range(100000000)"),
    "sqlite": ("SELECT replace(hex(zeroblob(30000000)), '0', 'abcdefgh')",),
}


def _pid(engine: Any) -> int:
    return int(engine._idle[-1]._process.pid)


def _megabytes(pid: int, what: str) -> int:
    return next(int(line.split()[1]) for line in _status(pid) if line.startswith(what)) // 1024


def _status(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/status").read_text().splitlines()


def _gone(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and "Z" not in next(x for x in _status(pid) if x.startswith("State")):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_what_cannot_be_interrupted_is_killed_and_the_next_query_works(engine: Engine, kind: str) -> None:
    with within(10), pytest.raises(SqlTimeout):
        run(engine, STUCK[kind], seconds=0.5)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_what_cannot_be_interrupted_heeds_a_stop(engine: Engine, kind: str) -> None:
    stop = Stop()
    threading.Timer(0.2, stop.now).start()
    with pytest.raises(SqlFailed, match="asker"):
        run(engine, STUCK[kind], stop=stop)


@pytest.mark.parametrize(("kind", "sql"), [(kind, sql) for kind, queries in GREEDY.items() for sql in queries])
def test_a_query_cannot_take_more_memory_than_it_may(engine: Engine, sql: str) -> None:
    run(engine, "SELECT 1 AS x")
    pid = _pid(engine)
    with pytest.raises(SqlFailed):
        run(engine, sql)
    assert _pid(engine) == pid
    assert _megabytes(pid, "VmHWM") < 600
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


@pytest.mark.parametrize("kind", ["duckdb"])
def test_queries_run_beside_each_other(engine: Engine, kind: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: run(engine, "SELECT sleep_ms(200)"), range(4)))
        with within(3.5):
            list(threads.map(lambda _: run(engine, "SELECT sleep_ms(1000)"), range(4)))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_worker_that_was_killed_is_replaced(engine: Engine, kind: str) -> None:
    os.kill(_pid(engine), signal.SIGKILL)
    time.sleep(0.1)
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)
    threading.Timer(0.3, os.kill, (_pid(engine), signal.SIGKILL)).start()
    with pytest.raises(SqlFailed, match="broke down"):
        run(engine, ENDLESS["sqlite"])
    assert run(engine, "SELECT 1 AS x").rows == ((1,),)


def test_a_worker_has_none_of_the_program_s_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-workers")
    (tmp_path / "e.sqlite").touch()
    fresh = open_engine(locate(str(tmp_path / "e.sqlite")), 5)
    assert b"sk-not-for-workers" not in Path(f"/proc/{_pid(fresh)}/environ").read_bytes()
    fresh.close()


def test_closing_ends_the_workers_and_refuses_what_comes_later(tmp_path: Path) -> None:
    (tmp_path / "e.sqlite").touch()
    engine = open_engine(locate(str(tmp_path / "e.sqlite")), 5)
    pid = _pid(engine)
    engine.close()
    engine.close()
    assert _gone(pid)
    with pytest.raises(DatabaseUnavailable, match="closed"):
        run(engine, "SELECT 1")


def _program(text: str, *arguments: str, **options: Any) -> str:
    """What a Python program of its own says."""
    command = [sys.executable, "-P", "-c", textwrap.dedent(text), *arguments]
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment, **options)
    return str(ran.stdout)


@pytest.mark.parametrize("sql", ["", STUCK["sqlite"]], ids=["at its end", "under a query"])
def test_a_program_that_dies_leaves_no_worker_behind(tmp_path: Path, sql: str) -> None:
    (tmp_path / "e.sqlite").touch()
    said = _program(
        """
        import os, signal, sys, threading
        from tools.engines import open_engine
        from tools.engines.engine import Bounds
        from tools.engines.watch import Stop
        from tools.engines.place import locate
        engine = open_engine(locate(sys.argv[1]), 30)
        print(engine._idle[-1]._process.pid, flush=True)
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
        if sys.argv[2]:
            engine.run(sys.argv[2], Bounds(10, 30), Stop())
        """,
        str(tmp_path / "e.sqlite"),
        sql,
    )
    assert _gone(int(said))


def test_a_forked_program_has_workers_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "e.sqlite").touch()
    said = _program(
        """
        import os, sys
        from tools.engines import open_engine
        from tools.engines.engine import Bounds
        from tools.engines.watch import Stop
        from tools.engines.place import locate
        engine = open_engine(locate(sys.argv[1]), 30)
        child = os.fork()
        mine = os.getpid()
        rows = [engine.run(f"SELECT {mine} AS x", Bounds(10, 30), Stop()).rows for _ in range(50)]
        if child:
            os.waitpid(child, 0)
        print(set(rows) == {((mine,),)}, flush=True)
        """,
        str(tmp_path / "e.sqlite"),
    )
    assert said == "True\nTrue\n"


def test_a_module_in_the_folder_where_the_user_stands_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "sqlite3.py").write_text("open('ran', 'w')")
    (tmp_path / "e.sqlite").touch()
    said = _program(
        """
        from tools.engines import open_engine
        from tools.engines.place import locate
        open_engine(locate("e.sqlite"), 5).close()
        print("opened")
        """,
        cwd=tmp_path,
    )
    assert said == "opened\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_an_engine_in_this_process_reads_the_same_and_ends_what_can_be_interrupted(
    engine: Engine, kind: str, word: str
) -> None:
    here = open_here(engine._opening[0], 20)  # type: ignore[attr-defined]
    assert run(here, f"SELECT n, said FROM {word} ORDER BY n").rows == ((1, "one"), (2, "two"), (3, "三"))
    with pytest.raises(SqlTimeout):
        run(here, ENDLESS[kind], seconds=0.3)
    assert run(here, "SELECT 1 AS x").rows == ((1,),)
    here.close()


def test_sqlite_rounds_with_its_own_functions_and_not_with_pythons(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "n.db")) as raw:
        raw.execute("CREATE TABLE t (x REAL)")
        raw.execute("INSERT INTO t VALUES (-1.2)")
        raw.commit()
    with closing(open_database(str(tmp_path / "n.db"))) as database:
        row = database.query("SELECT floor(x), ceil(x), 'abc' REGEXP '^a' FROM t").rows[0]
    assert list(map(repr, row)) == ["-2.0", "-1.0", "1"]


def test_an_engine_in_this_process_that_is_opened_anew_reads_the_file_that_now_has_the_name(tmp_path: Path) -> None:
    def written(name: str, row: int) -> Path:
        with closing(sqlite3.connect(tmp_path / name)) as raw:
            raw.execute("CREATE TABLE t (x INTEGER)")
            raw.execute("INSERT INTO t VALUES (?)", [row])
            raw.commit()
        return tmp_path / name

    here = open_here(locate(str(written("n.db", 1))), 20)
    written("other.db", 2).replace(tmp_path / "n.db")
    here.reopen()
    assert run(here, "SELECT x FROM t").rows == ((2,),)
    here.close()
