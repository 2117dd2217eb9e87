"""One statement passes, and only one that reads; the cases stand in tests/sql/guard_*.sql.

Such a file begins with `# dialect: name`. A group begins with `# title: what it shows`. In it follow cases: the
lines of a statement, then one line with what must come of it: `tables: a, b` (it passes and reads these; `none`)
or `refused: part of the reason`. `{schema}` is where the tables are. What passes is also run on the real engine.
"""

from __future__ import annotations

import gc
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import servers
from tools.errors import SqlRefused, ToolError, UnknownTable
from tools.guard.functions import allowed_functions
from tools.guard.grammar import TABLE_READERS
from tools.guard.opinion import Opinion
from tools.metadata import DatabaseMeta, FieldMeta, SchemaMeta, TableMeta
from tools.sql_guard import guarded

PAIRS = Path(__file__).parent / "sql"

# Each dialect's words for the types of the shop, and where its tables are.
TYPES = {
    "duckdb": {"text": "VARCHAR", "double": "DOUBLE", "json": "JSON", "texts": "VARCHAR[]", "time": "TIMESTAMP"},
    "sqlite": {"text": "TEXT", "double": "REAL", "json": "TEXT", "texts": "TEXT", "time": "TIMESTAMP"},
    "postgres": {"text": "text", "double": "float8", "json": "jsonb", "texts": "text[]", "time": "timestamp"},
    "mysql": {
        "text": "VARCHAR(200)",
        "double": "DOUBLE",
        "json": "JSON",
        "texts": "VARCHAR(200)",
        "time": "DATETIME",
    },
}
SCHEMAS = {"duckdb": "main", "sqlite": "main", "postgres": "guard_test", "mysql": "guard_test"}
READABLE = {
    "customers": "id int PRIMARY KEY, name text, email text, country text, region text, segment text, "
    "signup_date date, vip boolean, credit_limit decimal(10,2), notes text",
    "products": "id int PRIMARY KEY, sku text, name text, category text, price decimal(10,2), attrs json, tags texts",
    "orders": "id int PRIMARY KEY, customer_id int, region text, status text, amount decimal(10,2), "
    "currency text, ordered_at time, shipped_on date, note text",
    "order_items": "order_id int, line_no int, product_id int, qty int, unit_price decimal(10,2), discount double",
    "events": "id int PRIMARY KEY, customer_id int, kind text, ts time, payload json",
    "employees": "id int PRIMARY KEY, name text, manager_id int, dept text, salary double, hired date",
    "metrics": "ts time, host text, cpu double, hits int",
    "audit_words": 'id int, "update" text, "delete" int, "order" int, "select" text, "group" text, "drop table" text',
    "订单明细": '"订单号" int, "产品名称" text, "数量" int, "单价" decimal(10,2), "下单日期" date, "大区" text',
    "客户": '"编号" int, "姓名" text, "城市" text',
}
# Tables that are there and that nobody may read.
HIDDEN = {
    "secret_tokens": "id int, owner text, token text",
    "blocked_ids": "id int",
    "audit_log": "id int, msg text",
}
ROWS = {
    "customers": "(1, 'Ada', 'ada-01@example.org', 'DE', 'EU', 'retail', '2025-01-03', true, 500.5, 'drop it'), "
    "(2, '张伟', 'b-02@example.org', 'CN', 'APAC', 'public', '2025-02-03', false, 10, NULL)",
    "products": "(1, 'S1', 'Desk Lamp', 'Paper', 4.2, "
    """'{"color": "black", "dims": {"w": 1}, "tags": ["new"]}', {tags}), """
    "(2, 'S2', 'Oak Desk', 'Furniture', 420, "
    """'{"color": "oak", "dims": {"w": 2}, "tags": []}', {tags})""",
    "orders": "(1, 1, 'EU', 'paid', 120.5, 'EUR', '2025-01-05 08:00:00', '2025-01-07', 'ok-1'), "
    "(2, 1, 'US', 'shipped', 20, 'USD', '2025-01-10 09:30:00', NULL, 'x'), "
    "(3, 2, 'APAC', 'refunded', 250, 'CNY', '2025-02-01 10:00:00', NULL, NULL), "
    "(4, 2, 'EU', 'paid', 99.5, 'EUR', '2025-02-03 11:00:00', '2025-02-05', '100%')",
    "order_items": "(1, 1, 1, 2, 4.2, 0), (2, 1, 2, 1, 420, 0.1)",
    "events": "(1, 1, 'view', '2025-03-01 00:00:00', '{\"page\": \"/p/1\", \"ms\": 10}'), "
    "(2, 2, 'buy', '2025-03-01 01:00:00', '{\"page\": \"/p/2\", \"ms\": 200}')",
    "employees": "(1, 'Root', NULL, 'Board', 9000, '2018-01-10'), (2, 'Cara', 1, 'Sales', 7000, '2019-01-10')",
    "metrics": "('2025-01-01 00:00:00', 'web-1', 20.5, 100), ('2025-01-01 01:00:00', 'web-2', 30, NULL)",
    "audit_words": "(1, 'u1', 1, 10, 'sel1', 'a', 'x')",
    "订单明细": "(1, '台灯', 2, 19.9, '2025-01-01', '华东')",
    "客户": "(1, '张伟', '上海')",
    "secret_tokens": "(1, 'user1', 'secret-1')",
    "blocked_ids": "(3)",
    "audit_log": "(1, 'start')",
}
POSTGRES_TRAPS = """
CREATE FUNCTION touch(o orders) RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit_log VALUES (4); RETURN 1; END';
CREATE DOMAIN trap AS text CHECK (VALUE <> 'never');
CREATE SEQUENCE ticket_seq;
"""


@dataclass(frozen=True)
class Case:
    sql: str
    outcome: str  # "tables" or "refused"
    detail: str

    def written_for(self, dialect: str) -> Case:
        schema = SCHEMAS.get(dialect, "shop")
        return Case(self.sql.replace("{schema}", schema), self.outcome, self.detail.replace("{schema}", schema))


@dataclass(frozen=True)
class Group:
    dialect: str
    title: str
    cases: tuple[Case, ...]


@cache
def groups() -> tuple[Group, ...]:
    found = []
    for path in sorted(PAIRS.glob("guard_*.sql")):
        text = path.read_text("utf-8")
        dialect = re.match(r"# dialect: (\w+)", text)[1]  # type: ignore[index]
        for part in re.split(r"^# title: ", text, flags=re.M)[1:]:
            title, _, body = part.partition("\n")
            cases = re.findall(r"(.*?)\n(tables|refused): (.*?)(?:\n+|$)", body, flags=re.S)
            found.append(Group(dialect, title, tuple(Case(*each).written_for(dialect) for each in cases)))
    return tuple(found)


def metadata(dialect: str) -> DatabaseMeta:
    """The readable tables alone, as reflection would give them; for other dialects as they would fold names."""
    if dialect not in SCHEMAS:
        upper = dialect in ("snowflake", "oracle")
        tables = tuple(
            TableMeta("SHOP" if upper else "shop", table.name.upper() if upper else table.name, table.fields)
            for table in metadata("duckdb").tables()
        )
        schema = tables[0].schema
        return DatabaseMeta(dialect, (SchemaMeta(schema, tables),), schema, "shop")
    schema = "" if dialect == "sqlite" else SCHEMAS[dialect]
    extra = {"docs": "title text, body text", "docs4": "title text, body text"} if dialect == "sqlite" else {}
    views = {"eu_orders": READABLE["orders"]}
    tables = tuple(
        TableMeta(
            schema,
            name,
            tuple(
                FieldMeta(each[0] or each[1], each[2])
                for each in re.findall(r'(?:"([^"]+)"|(\w+)) (\w+)[^,]*(?:,\d\))?[^,]*(?:, |$)', fields)
            ),
        )
        for name, fields in {**READABLE, **extra, **views}.items()
    )
    return DatabaseMeta(dialect, (SchemaMeta(schema, tables),), schema, "shop")


def statements(dialect: str) -> Iterator[str]:
    types = TYPES[dialect]
    quote = "`" if dialect == "mysql" else '"'
    tags = {"duckdb": "['new', 'sale']", "postgres": "'{new,sale}'"}.get(dialect, "'new,sale'")
    for name, fields in {**READABLE, **HIDDEN}.items():
        fields = re.sub(r"\b(text|double|json|texts|time)\b(?!\")", lambda found: types[found[1]], fields)
        yield f"CREATE TABLE {quote}{name}{quote} ({fields})".replace('"', quote)
        yield f"INSERT INTO {quote}{name}{quote} VALUES {ROWS[name]}".replace("{tags}", tags)
    yield "CREATE VIEW eu_orders AS SELECT * FROM orders WHERE region = 'EU'"


def duckdb_shop(path: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(path)
    for statement in statements("duckdb"):
        connection.execute(statement)
    connection.execute("CREATE SEQUENCE ticket_seq")
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    return connection


def sqlite_shop() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements("sqlite"):
        connection.execute(statement)
    connection.execute("CREATE VIRTUAL TABLE docs USING fts5(title, body)")
    connection.execute("CREATE VIRTUAL TABLE docs4 USING fts4(title, body)")
    for table in ("docs", "docs4"):
        connection.execute(f"INSERT INTO {table} VALUES ('lamp', 'a warm desk lamp'), ('desk', 'oak')")
    return connection


Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def engines(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Run]]:
    """What runs a statement on a real engine of a dialect, without any guard; skips where there is no server."""
    opened: dict[str, tuple[Any, Run]] = {}

    def engine(dialect: str) -> Run:
        if dialect not in opened:
            opened[dialect] = OPENERS[dialect](request)
        return opened[dialect][1]

    yield engine
    for dialect, (connection, run) in opened.items():
        if dialect == "postgres":
            run(f"DROP SCHEMA {SCHEMAS[dialect]} CASCADE")
        elif dialect == "mysql":
            run(f"DROP DATABASE {SCHEMAS[dialect]}")
        connection.close()


def _duckdb(request: pytest.FixtureRequest) -> tuple[Any, Run]:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("guard")
    connection = duckdb_shop(str(folder / "shop.duckdb"))
    return connection, lambda sql: connection.execute(sql).fetchall()


def _sqlite(request: pytest.FixtureRequest) -> tuple[Any, Run]:
    connection = sqlite_shop()
    return connection, lambda sql: connection.execute(sql).fetchall()


def _postgres(request: pytest.FixtureRequest) -> tuple[Any, Run]:
    connection = servers.postgres(request.getfixturevalue("postgres_url"))
    connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMAS['postgres']} CASCADE")
    connection.execute(f"CREATE SCHEMA {SCHEMAS['postgres']}")
    connection.execute(f"SET search_path = {SCHEMAS['postgres']}")
    for statement in (*statements("postgres"), POSTGRES_TRAPS):
        connection.execute(statement)

    def run(sql: str) -> Any:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else None

    return connection, run


def _mysql(request: pytest.FixtureRequest) -> tuple[Any, Run]:
    connection = servers.mysql(request.getfixturevalue("mysql_url"))
    cursor = connection.cursor()
    name = SCHEMAS["mysql"]
    servers.alone(cursor, name)
    for statement in (
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
        f"USE {name}",
        *statements("mysql"),
    ):
        cursor.execute(statement)

    def run(sql: str) -> Any:
        cursor.execute(sql)
        return cursor.fetchall()

    return connection, run


OPENERS = {"duckdb": _duckdb, "sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}


def outcome(sql: str, meta: DatabaseMeta) -> tuple[str, str]:
    try:
        passed = guarded(sql, meta)
    except ToolError as error:
        return "refused", str(error)
    assert passed.sql == sql
    return "tables", ", ".join(sorted(table.name.lower() for table in passed.tables)) or "none"


@pytest.mark.parametrize("group", groups(), ids=lambda group: f"{group.dialect}: {group.title}")
def test_every_pair_comes_out_as_written(group: Group) -> None:
    meta = metadata(group.dialect)
    wrong = []
    for case in group.cases:
        kind, detail = outcome(case.sql, meta)
        if kind != case.outcome or (case.detail not in detail if kind == "refused" else case.detail != detail):
            wrong.append(f"{case.sql}\n  wanted {case.outcome}: {case.detail}\n  got    {kind}: {detail}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("dialect", sorted(OPENERS))
def test_what_passes_is_valid_on_the_real_engine(dialect: str, engines: Callable[[str], Run]) -> None:
    run = engines(dialect)
    failed = []
    for group in groups():
        for case in group.cases if group.dialect == dialect else ():
            if case.outcome == "tables":
                try:
                    run(case.sql)
                except Exception as error:
                    failed.append(f"{case.sql}\n  {error}")
    assert not failed, "\n".join(failed)


def test_a_refusal_names_the_nearest_table_and_the_nearest_function() -> None:
    meta = metadata("duckdb")
    with pytest.raises(UnknownTable, match=r"no table order_item\. The nearest are main\.order_items"):
        guarded("SELECT * FROM order_item", meta)
    with pytest.raises(SqlRefused, match=r"dattediff is not on the list.*datediff"):
        guarded("SELECT dattediff('day', ordered_at, ordered_at) FROM orders", meta)


def test_explain_stands_apart_from_the_query_that_it_explains() -> None:
    passed = guarded("EXPLAIN (FORMAT JSON) SELECT 1 FROM orders", metadata("postgres"))
    assert passed.prefix == "EXPLAIN (FORMAT JSON)"
    assert passed.tree is not None
    assert passed.tree.sql("postgres") == "SELECT 1 FROM orders"


def test_what_had_to_be_spelled_otherwise_passes_without_a_tree_unless_it_means_the_same() -> None:
    postgres = metadata("postgres")
    assert guarded("SELECT @ amount FROM orders", postgres).tree is None
    same = guarded("SELECT id FROM ONLY (orders)", postgres).tree
    assert same is not None
    assert same.sql("postgres") == "SELECT id FROM ONLY orders"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "no statement"),
        ("   ;  ", "no statement"),
        ("-- only a comment", "no statement"),
        ("SELECT 1\0", "NUL"),
        ("SELECT " + "1, " * 60_000 + "1", "longer than"),
        ("SELECT " + "(" * 500 + "1" + ")" * 500, "deep"),
        ("SELECT " + "- " * 5_000 + "1", "in a row"),
        ("SELECT " + "CASE WHEN 1 THEN " * 90 + "1" + " END" * 90, "nested"),
        ("SELECT 'open", "not closed"),
        ("SELECT \u200b1", "invisible"),
        ("SELECT \x011", "control character"),
        ("SELECT )", "parsed|read"),
    ],
)
def test_bad_text_is_refused_with_its_reason(sql: str, reason: str) -> None:
    for dialect in OPENERS:
        with pytest.raises(SqlRefused, match=reason):
            guarded(sql, metadata(dialect))


@pytest.mark.parametrize(
    "sql",
    [
        "FROM " * 19_000 + "orders",
        "SELECT " + "IF " * 30_000 + "1",
        "SELECT 1 FROM orders" + " JOIN orders" * 7_500,
        "SELECT id" + "[1]" * 30_000 + " FROM orders",
        "SELECT " + "NOT " * 20_000 + "true",
        "SELECT " + "CASE WHEN " * 9_000 + "1",
    ],
)
def test_what_would_lead_the_parser_into_itself_is_refused_before_it_begins(sql: str) -> None:
    started = time.thread_time()
    with pytest.raises(SqlRefused, match=r"in a row|more than"):
        guarded(sql, metadata("duckdb"))
    assert time.thread_time() - started < 2


def test_half_a_surrogate_pair_is_refused_since_no_driver_can_send_it() -> None:
    for dialect in OPENERS:
        with pytest.raises(SqlRefused, match="half a character"):
            guarded("SELECT '\ud800'", metadata(dialect))


def test_the_engine_is_asked_about_what_cannot_be_parsed_and_not_believed_blindly() -> None:
    meta = metadata("postgres")
    sql = "SELECT 1 &&& 2 FROM orders"

    def opinion(*, reads_only: bool = True, tables: tuple[tuple[str, str], ...] = (), functions: tuple[str, ...] = ()):
        return lambda _: Opinion(reads_only, tables, functions)

    with pytest.raises(SqlRefused, match="cannot be parsed"):
        guarded(sql, meta)
    with pytest.raises(SqlRefused, match="cannot be parsed"):
        guarded(sql, meta, second_opinion=lambda _: None)
    passed = guarded(sql, meta, second_opinion=opinion(tables=(("guard_test", "orders"),), functions=("abs",)))
    assert (passed.tree, [table.name for table in passed.tables]) == (None, ["orders"])
    with pytest.raises(UnknownTable):
        guarded(sql, meta, second_opinion=opinion(tables=(("guard_test", "secret_tokens"),)))
    with pytest.raises(SqlRefused, match="pg_sleep"):
        guarded(sql, meta, second_opinion=opinion(functions=("pg_sleep",)))
    with pytest.raises(SqlRefused, match="Only reading"):
        guarded(sql, meta, second_opinion=opinion(reads_only=False))


def test_listed_functions_have_no_side_effects_in_the_catalogue_of_duckdb() -> None:
    volatile = duckdb.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE has_side_effects OR stability = 'VOLATILE'"
    ).fetchall()
    harmless = {"random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"}
    assert {row[0] for row in volatile} & allowed_functions("duckdb") == harmless


def test_what_is_listed_and_also_a_table_function_of_duckdb_reads_no_table_by_a_string() -> None:
    tables = duckdb.sql("SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type LIKE 'table%'")
    reviewed = {"generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"}
    assert {row[0] for row in tables.fetchall()} & allowed_functions("duckdb") == reviewed | TABLE_READERS["duckdb"]


def test_listed_functions_are_immutable_or_stable_in_the_catalogue_of_postgres(
    engines: Callable[[str], Run],
) -> None:
    volatile = engines("postgres")(
        "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND "
        "(provolatile = 'v' OR prosecdef OR proacl IS NOT NULL)"
    )
    harmless = {"random", "gen_random_uuid", "clock_timestamp", "timeofday"}
    assert {row[0] for row in volatile} & allowed_functions("postgres") == harmless


# Pieces of statements, of which a random one is made: some accepted alone, some not.
PIECES = st.sampled_from(
    [case.sql for group in groups() if group.dialect in ("sqlite", "duckdb") for case in group.cases]
)
GLUE = st.sampled_from(
    ["", " ", ";", "; ", " UNION ALL ", " -- ", " /* ", " */ ", "\n", ", ", " WHERE ", "' ", '" ', "(", ")", " IN "]
)
FRAMES = st.sampled_from(
    ["{}", "SELECT * FROM ({})", "WITH q AS ({}) SELECT * FROM q", "EXPLAIN {}", "SELECT ({})", "({})", "{};", "{} --"]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A statement of the pairs, whole, cut, glued to another, in a frame."""
    first, second = draw(PIECES), draw(PIECES)
    cut = draw(st.integers(0, len(first)))
    body = draw(st.sampled_from([first, first[:cut] + draw(GLUE) + second, first + draw(GLUE) + second]))
    return draw(FRAMES).format(body.replace("{", "{{").replace("}", "}}"))[:5_000]


def sqlite_state(connection: sqlite3.Connection) -> object:
    temporary = connection.execute("SELECT count(*) FROM sqlite_temp_master").fetchone()
    return [*connection.iterdump(), temporary, connection.execute("PRAGMA database_list").fetchall()]


@settings(max_examples=150)
@given(st.one_of(texts(), st.text(max_size=200)))
def test_sqlite_any_text_is_refused_or_changes_nothing(sql: str) -> None:
    meta = metadata("sqlite")
    try:
        guarded(sql, meta)
    except ToolError:
        return
    with closing(sqlite_shop()) as connection:  # writable, and with no guard of its own
        before = sqlite_state(connection)
        steps = iter(range(200))
        connection.set_progress_handler(lambda: next(steps, None) is None, 10_000)
        with suppress(sqlite3.Error, sqlite3.Warning):
            connection.execute(sql).fetchmany(100)
        connection.set_progress_handler(None, 0)
        assert sqlite_state(connection) == before


def duckdb_state(connection: duckdb.DuckDBPyConnection) -> object:
    names = [row[0] for row in connection.execute("SELECT name FROM (SHOW TABLES) ORDER BY name").fetchall()]
    rows = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names]
    catalogue = "SELECT count(*) FROM duckdb_{}()"
    counts = [
        connection.execute(catalogue.format(each)).fetchone()
        for each in ("functions", "databases", "sequences", "views", "variables", "prepared_statements")
    ]
    changed = connection.execute("SELECT name, value FROM duckdb_settings() ORDER BY name").fetchall()
    sequence = connection.execute("SELECT last_value FROM duckdb_sequences()").fetchall()
    return names, rows, counts, changed, sequence


@settings(max_examples=100)
@given(st.one_of(texts(), st.text(max_size=200)))
def test_duckdb_any_text_is_refused_or_changes_nothing(sql: str) -> None:
    try:
        guarded(sql, metadata("duckdb"))
    except ToolError:
        return
    with closing(duckdb_shop(":memory:")) as connection:
        before = duckdb_state(connection)
        timer = threading.Timer(3, connection.interrupt)
        timer.start()
        try:
            connection.execute(sql).fetchmany(100)
        except duckdb.Error:
            pass
        finally:
            timer.cancel()
        assert duckdb_state(connection) == before


def test_the_garbage_collector_goes_on_after_large_statements_of_many_threads_also_refused_ones() -> None:
    large = " OR ".join(f"id = {number}" for number in range(1500))
    meta = metadata("duckdb")
    table = next(iter(meta.tables())).full_name

    def ask(statement: str) -> None:
        with suppress(SqlRefused):
            guarded(statement, meta)

    texts = [f"SELECT 1 FROM {table} WHERE {large}", f"DELETE FROM {table} WHERE {large}"] * 3
    threads = [threading.Thread(target=ask, args=(each,)) for each in texts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert gc.isenabled()
