"""Opening a database, asking it, and what is said when that does not work."""

from __future__ import annotations

import asyncio
import datetime
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.waiting import within
from tools.database import Database, Limits, open_database, stoppable
from tools.engines.place import locate
from tools.errors import DatabaseUnavailable, DriverMissing, SqlFailed, SqlRefused, SqlTimeout
from tools.metadata import FieldMeta, TableMeta
from tools.samples import SampleValues

ENDLESS = "SELECT count(*) FROM big a, big b, big c WHERE a.n * b.n * c.n % 7 = 1"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with a table of a million rows, and one of odd values."""
    path = tmp_path_factory.mktemp("database") / "shop.duckdb"
    with closing(duckdb.connect(str(path))) as made:
        made.execute("""
            CREATE TABLE big AS SELECT range AS n, 'kind ' || (range % 3) AS kind FROM range(1000000);
            CREATE TABLE paid (
                status VARCHAR, total DECIMAL(10, 2), day DATE, raw BLOB, words VARCHAR[], "odd ""name" VARCHAR);
            INSERT INTO paid VALUES
                ('paid', 1.50, '2026-01-02', 'a', ['x'], 'q'), ('paid', 1.50, '2026-01-02', 'b', NULL, 'q'),
                ('returned', 2.25, NULL, NULL, NULL, repeat('long ', 100)),
                (NULL, 2.25, '2026-01-03', NULL, NULL, NULL);
        """)
    return path


@pytest.fixture(scope="module")
def database(path: Path) -> Database:
    return open_database(str(path), limits=Limits(seconds=10))


def field(database: Database, table: str, name: str) -> tuple[TableMeta, FieldMeta]:
    (found,) = database.meta.find(table)
    wanted = found.field(name)
    assert wanted is not None
    return found, wanted


def test_a_query_gives_rows_columns_types_and_the_tables_read(database: Database) -> None:
    result = database.query("SELECT status, sum(total) AS total FROM paid GROUP BY 1 ORDER BY 1 NULLS LAST")
    assert result.rows == (("paid", Decimal("3.00")), ("returned", Decimal("2.25")), (None, Decimal("2.25")))
    assert result.columns == ("status", "total")
    assert result.types == ("VARCHAR", "DECIMAL(38,2)")
    assert result.tables == ("main.paid",)
    assert 0 < result.seconds < 10


def test_a_million_rows_are_capped_and_that_is_said(database: Database) -> None:
    result = database.query("SELECT n, kind FROM big")
    assert len(result.rows) == 1000
    assert result.more
    assert "the database has more" in result.for_model()


def test_the_guard_stands_before_every_query(database: Database) -> None:
    with pytest.raises(SqlRefused):
        database.query("DELETE FROM paid")
    with pytest.raises(SqlFailed, match="nope"):
        database.query("SELECT CAST('nope' AS INTEGER) FROM paid")


def test_a_query_past_its_time_is_stopped_and_the_next_one_works(path: Path) -> None:
    database = open_database(str(path), limits=Limits(seconds=0.5))
    with within(10), pytest.raises(SqlTimeout):
        database.query(ENDLESS)
    assert database.query("SELECT count(*) AS n FROM paid").rows == ((4,),)
    database.close()


def test_what_stoppable_gives_ends_the_query_of_its_context(database: Database) -> None:
    with stoppable() as stop:
        threading.Timer(0.2, stop).start()
        with pytest.raises(SqlFailed, match="stopped"):
            database.query(ENDLESS)
        with pytest.raises(SqlFailed, match="stopped"):
            database.query(ENDLESS)
    assert database.query("SELECT 1 AS x").rows == ((1,),)


async def test_a_context_carried_into_a_thread_is_stopped_too_and_no_other(database: Database) -> None:
    async def ask(stopped: bool) -> object:
        with stoppable() as stop:
            if stopped:
                asyncio.get_running_loop().call_later(0.2, stop)
            sql = ENDLESS if stopped else "SELECT sum(a.n % b.n) AS s FROM big a, (FROM big WHERE n BETWEEN 1 AND 3) b"
            return await asyncio.to_thread(database.query, sql)

    stopped, finished = await asyncio.gather(ask(True), ask(False), return_exceptions=True)
    assert isinstance(stopped, SqlFailed)
    assert not isinstance(finished, BaseException)


def test_sample_values_come_commonest_first_with_their_number(database: Database) -> None:
    assert database.sample_values(*field(database, "paid", "status")) == SampleValues(
        ("paid", "returned"), 2, nulls=0.25, whole=True
    )
    assert database.sample_values(*field(database, "paid", "total")) == SampleValues(
        (Decimal("1.50"), Decimal("2.25")), 2, Decimal("1.50"), Decimal("2.25"), whole=True
    )
    sampled = database.sample_values(*field(database, "paid", "day"), count=1)
    assert sampled is not None
    assert (sampled.values, sampled.distinct) == ((datetime.date(2026, 1, 2),), 2)


def test_sample_values_of_a_large_table_do_not_claim_to_have_counted(database: Database) -> None:
    sampled = database.sample_values(*field(database, "big", "kind"))
    assert sampled is not None
    assert sorted(map(str, sampled.values)) == ["kind 0", "kind 1", "kind 2"]
    assert sampled.distinct is None


def test_sample_values_are_shortened_and_of_plain_types_only(database: Database) -> None:
    sampled = database.sample_values(*field(database, "paid", 'odd "name'))
    assert sampled is not None
    assert sampled.values[0] == "q"
    assert len(str(sampled.values[1])) == 201
    assert database.sample_values(*field(database, "big", "n")) is not None
    assert database.sample_values(*field(database, "paid", "raw")) is None
    assert database.sample_values(*field(database, "paid", "words")) is None


def test_different_values_say_whether_they_are_all(database: Database) -> None:
    values, complete = database.distinct_values(*field(database, "big", "kind"), 10)
    assert (sorted(map(str, values)), complete) == (["kind 0", "kind 1", "kind 2"], True)
    values, complete = database.distinct_values(*field(database, "big", "n"), 10)
    assert (len(values), complete) == (10, False)


def test_refresh_sees_a_new_table(tmp_path: Path) -> None:
    path = tmp_path / "grows.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE one (a)")
        made.commit()
        database = open_database(str(path))
        made.execute("CREATE TABLE two (a)")
        made.commit()
    before = database.meta.fingerprint
    database.refresh()
    assert [each.name for each in database.meta.tables()] == ["one", "two"]
    assert database.meta.fingerprint != before
    database.close()


@pytest.mark.parametrize("name", ["as.db", "as.duckdb", "as.whatever"])
def test_a_file_is_known_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(tmp_path / name)) as made:
        made.execute("CREATE TABLE t (a)")
        made.commit()
    assert open_database(str(tmp_path / name)).meta.dialect == "sqlite"
    (tmp_path / name).unlink()
    duckdb.connect(str(tmp_path / name)).close()
    assert open_database(str(tmp_path / name)).meta.dialect == "duckdb"


def test_a_url_and_a_path_open_the_same(path: Path) -> None:
    by_url = open_database(f"duckdb:///{path}")
    assert by_url.url == open_database(str(path)).url == f"duckdb:///{path}"
    assert by_url.meta.name == "shop"


@pytest.mark.parametrize(
    "name", ["sales 2026.csv", "sales 2026.tsv", "sales 2026.parquet", "sales 2026.json", "sales 2026.jsonl"]
)
def test_a_file_of_data_is_a_table_named_after_it(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    suffix = name.split(".")[1]
    options = {
        "tsv": "(FORMAT csv, DELIMITER '\t')",
        "json": "(FORMAT json, ARRAY true)",
        "jsonl": "(FORMAT json)",
    }
    rows = "SELECT range AS n, '城市' || range AS city FROM range(3)"
    duckdb.sql(f"COPY ({rows}) TO '{path}' {options.get(suffix, '')}")
    database = open_database(path)
    assert [each.full_name for each in database.meta.tables()] == ["main.sales 2026"]
    assert database.query('SELECT n, city FROM "sales 2026" ORDER BY n').rows == (
        (0, "城市0"),
        (1, "城市1"),
        (2, "城市2"),
    )
    with pytest.raises(SqlRefused):
        database.query(f"SELECT * FROM read_text('{path}')")
    database.close()


def test_a_file_of_data_is_locked_up_once_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.csv").write_text("y\n2\n")
    database = open_database(str(tmp_path / "a.csv"))
    with pytest.raises(SqlFailed, match="disabled"):
        database._run(f"SELECT * FROM read_csv('{tmp_path / 'b.csv'}')", database._bounds())
    database.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "No database was named"),
        ("/no/such/file.duckdb", "There is no file"),
        ("no-such.sqlite", "There is no file"),
        ("sqlite:////no/such.db", "There is no file"),
        ("oracle://scott:tigerpass@host/x", "not a kind of database"),
        ("http://example.org/a.db", "not a kind of database"),
        ("postgresql://u:tigerpass@host:notaport/x", "host or port"),
        ("postgresql://postgres:tigerpass@127.0.0.1:1/x", "refused"),
        ("mysql://root:tigerpass@127.0.0.1:1/x", "refused"),
        ("postgresql://u:tigerpass@no-such-host.invalid/x", "no-such-host.invalid"),
        ("mysql://u:tigerpass@no-such-host.invalid/x", "no-such-host.invalid"),
        ("postgresql://postgres@127.0.0.1:1/x?password=tigerpass", "refused"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_said_in_one_line_without_the_password(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=said) as unavailable:
        open_database(url)
    assert "\n" not in str(unavailable.value)
    assert "tigerpass" not in repr(unavailable.value) + str(unavailable.value)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    for name, content in [
        ("a.duckdb", b"hello" * 100),
        ("a.sqlite", b"hello" * 100),
        ("a.txt", b""),
        ("a.duckdb2", b""),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DatabaseUnavailable, match="neither a database nor"):
            open_database(str(tmp_path / name))
    with pytest.raises(DatabaseUnavailable, match="a folder"):
        open_database(str(tmp_path))


@pytest.mark.parametrize(
    ("head", "name"), [(b"SQLite format 3\0", "a.sqlite"), (b"\0" * 8 + b"DUCK" + b"\0" * 40, "a.duckdb")]
)
def test_a_damaged_database_is_said_to_be_unreadable(tmp_path: Path, head: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(head + b"x" * 5000)
    with pytest.raises(DatabaseUnavailable, match="cannot be opened"):
        open_database(str(tmp_path / name))


def test_a_file_of_data_that_is_none_is_said_to_be_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"x" * 100)
    with pytest.raises(DatabaseUnavailable, match="cannot be opened"):
        open_database(str(tmp_path / "a.parquet"))


def test_data_that_is_not_utf8_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name,n\ncaf\xe9,1\n".encode("latin-1"))
    with pytest.raises(DatabaseUnavailable, match="not UTF-8; convert it"):
        open_database(str(tmp_path / "a.csv"))


@pytest.mark.parametrize("option", ["nonsense=1", "ssl=x", "charset=nope"])
def test_an_option_that_the_driver_does_not_take_is_said(mysql_url: str, option: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="options in the URL"):
        open_database(f"{mysql_url}?{option}")


def test_options_in_the_url_do_not_open_what_is_locked(postgres_url: str, mysql_url: str) -> None:
    writable = open_database(f"{postgres_url}?options=-c%20default_transaction_read_only%3Doff")
    assert writable._run("SHOW transaction_read_only", writable._bounds()).rows == (("on",),)
    several = open_database(f"{mysql_url}?client_flag=65536&local_infile=1")
    with pytest.raises(SqlFailed):
        several._run("SELECT 1; SELECT 2", several._bounds())


def test_a_name_too_long_for_a_file_is_no_file() -> None:
    with pytest.raises(DatabaseUnavailable, match="There is no file"):
        open_database("x" * 5000)
    with pytest.raises(DatabaseUnavailable, match="There is no file"):
        open_database("~no_such_user/a\0b.db")


def test_the_wrong_kind_is_said_with_the_right_one(path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="is a duckdb database, not a sqlite one"):
        open_database(f"sqlite:///{path}")


def test_wrong_user_password_and_name_are_told_apart(postgres_url: str, mysql_url: str) -> None:
    for url in (postgres_url, mysql_url):
        server = locate(url).server
        assert server is not None
        scheme, address = url.split("+")[0], f"{server.host}:{server.port}"
        with pytest.raises(DatabaseUnavailable, match="no_such_database"):
            open_database(f"{scheme}://{server.user}@{address}/no_such_database")
        with pytest.raises(DatabaseUnavailable, match="user") as wrong:
            open_database(f"{scheme}://no_such_user:tigerpass@{address}/{server.database}")
        assert "tigerpass" not in str(wrong.value)


def test_a_server_that_never_answers_is_given_up() -> None:
    def give_up(scheme: str) -> None:
        with within(30), pytest.raises(DatabaseUnavailable):
            open_database(f"{scheme}://u:tigerpass@127.0.0.1:{silent.getsockname()[1]}/x")

    with socket.socket() as silent, ThreadPoolExecutor(2) as threads:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert list(threads.map(give_up, ["postgresql", "mysql"])) == [None, None]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("postgres://u:secret@h/db", "postgresql://u:***@h/db"),
        (
            "postgresql+psycopg2://u:secret@h:5/db?sslmode=require",
            "postgresql://u:***@h:5/db?sslmode=require",
        ),
        ("mariadb://u:s@cr@et@h/db", "mysql://u:***@h/db"),
        ("mysql://u:secret/with?all@h/db", "mysql://u:***@h/db"),
        ("mysql://u@h/db?ssl_key=secret&password=secret", "mysql://u@h/db?ssl_key=***&password=***"),
        ("postgresql:///db", "postgresql:///db"),
        ("postgresql://u:secret@[::1]:5432/db", "postgresql://u:***@[::1]:5432/db"),
    ],
)
def test_a_url_is_shown_without_its_password(written: str, shown: str) -> None:
    place = locate(written)
    assert place.shown == shown
    assert "secret" not in repr(place)


def test_a_password_with_special_characters_reaches_the_server_as_it_is() -> None:
    server = locate("postgresql://us%40er:p%40ss%2Fw%25rd@h/db").server
    assert server is not None
    assert (server.user, server.password, server.host, server.database) == ("us@er", "p@ss/w%rd", "h", "db")


@pytest.mark.parametrize(
    ("url", "driver", "extra"),
    [("postgresql://u@h/x", "psycopg", "postgres"), ("mysql://u@h/x", "pymysql", "mysql")],
)
def test_a_missing_driver_is_named_by_its_extra(url: str, driver: str, extra: str) -> None:
    code = f"""
import sys
sys.modules[{driver!r}] = None
from tools.database import open_database
from tools.errors import DriverMissing
try:
    open_database({url!r})
except DriverMissing as missing:
    print(missing)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'dbagent[{extra}]'" in said
    assert issubclass(DriverMissing, DatabaseUnavailable)


def test_opening_a_file_imports_no_driver_of_a_server(path: Path) -> None:
    code = f"""
import sys
from tools.database import open_database
open_database({str(path)!r})
print([each for each in ("psycopg", "pymysql") if each in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def test_servers_are_sampled_and_quoted_in_their_own_way(postgres_url: str, mysql_url: str) -> None:
    for url, table in (
        (postgres_url, TableMeta("pg_catalog", "pg_am")),
        (mysql_url, TableMeta("information_schema", "ENGINES")),
    ):
        database = open_database(url)
        name = {"pg_am": "amname", "ENGINES": "ENGINE"}[table.name]
        sampled = database.sample_values(table, FieldMeta(name, "varchar"))
        assert sampled is not None
        assert len(sampled.values) == 5
        assert sampled.distinct is not None
        database.close()
