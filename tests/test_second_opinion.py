"""What sqlglot cannot parse runs where the engine itself shows that it reads permitted tables and no more.

The statements are valid on the engine (DuckDB 2.0, SQLite 3.40) and sqlglot 30.30 cannot parse them; should a later one
be able to, the guard's own look is the first again, and the tests below still hold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent import User, policy_from
from tests.test_sql_guard import READABLE, duckdb_shop, metadata, sqlite_shop
from tools.database import Database, open_database
from tools.engines.duckdb_tree import opinion_of
from tools.errors import SqlFailed, SqlRefused, ToolError, UnknownTable
from tools.seen_database import seen_by
from tools.sql_guard import guarded

LEGITIMATE = {
    "duckdb": {
        "SELECT x'AB' AS b, id FROM orders ORDER BY id LIMIT 1": ("main.orders",),
        "SELECT insert, update FROM (SELECT 1 AS insert, 2 AS update)": (),
        "SELECT drop, count(*) AS delete FROM (SELECT region AS drop FROM orders) GROUP BY drop ORDER BY drop": (
            "main.orders",
        ),
        "WITH t AS (SELECT id AS truncate FROM orders) SELECT truncate, x'01' FROM t WHERE truncate < 3 ORDER BY 1": (
            "main.orders",
        ),
        "WITH RECURSIVE r(alter) AS (SELECT 1 UNION ALL SELECT alter + 1 FROM r WHERE alter < 4) "
        "FROM r SELECT max(alter), list_value(x'0A', x'0B')": (),
        "SELECT c.name, x'00', o.n FROM customers c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders WHERE "
        "customer_id = c.id) o ON true WHERE EXISTS (FROM eu_orders) ORDER BY 1": (
            "main.customers",
            "main.orders",
            "main.eu_orders",
        ),
        "SELECT x'AB', * FROM (SELECT region, amount FROM orders) PIVOT (sum(amount) FOR region IN ('EU', 'US'))": (
            "main.orders",
        ),
    },
    "sqlite": {
        "SELECT CAST('12' AS UNSIGNED BIG INT) AS a": (),
        "SELECT CAST(id AS NATIVE CHARACTER(70)) FROM orders ORDER BY id": ("orders",),
        "SELECT CAST(name AS VARYING CHARACTER(255)), upper(name), name LIKE 'a%' FROM customers ORDER BY id": (
            "customers",
        ),
        "SELECT CAST(id AS BIG INT) FROM eu_orders ORDER BY id": ("orders", "eu_orders"),
        'SELECT CAST(id AS "my type") FROM orders ORDER BY id': ("orders",),
        "SELECT o.id FROM orders o LEFT NATURAL JOIN (SELECT 1 AS id) ORDER BY o.id": ("orders",),
        "SELECT for FROM (SELECT count(*) AS for FROM orders a INNER CROSS JOIN customers b)": ("orders", "customers"),
        "SELECT CAST(j.value AS BIG INT), j.value ->> '$.a' FROM json_each('[1, {\"a\": 2}]') j": (),
        "SELECT CAST(title AS LONG TEXT) FROM docs WHERE docs MATCH 'lamp'": ("docs",),
        "WITH RECURSIVE c(n) AS (SELECT CAST(1 AS BIG INT) UNION ALL SELECT n + 1 FROM c LIMIT 3) SELECT n FROM c": (),
    },
}
ATTACKS = {
    "duckdb": """
        SELECT x'AB', (SELECT token FROM secret_tokens LIMIT 1)
        SELECT x'AB' FROM secret_v
        SELECT x'AB' FROM shop.main.secret_tokens
        SELECT x'AB' FROM "Secret_Tokens"
        SELECT x'AB' FROM 'canary.csv'
        SELECT x'AB' FROM read_csv('canary.csv')
        SELECT x'AB' FROM query('FROM secret_tokens')
        SELECT x'AB' FROM duckdb_settings()
        SELECT x'AB' FROM information_schema.tables
        SELECT x'AB' FROM (DESCRIBE secret_tokens)
        SELECT x'AB' FROM (SUMMARIZE secret_tokens)
        SELECT x'AB', nextval('ticket_seq')
        SELECT x'AB', bump()
        SELECT x'AB', main.bump()
        SELECT x'AB', getenv('HOME')
        SELECT x'AB', current_user
        SELECT x'AB', $1
        SELECT x'AB', sum(id) OVER (ORDER BY nextval('ticket_seq')) FROM orders
        SELECT x'AB', count(*) FILTER (nextval('ticket_seq') > 0) FROM orders
        SELECT x'AB', COLUMNS(lambda c: nextval('ticket_seq') > 0) FROM orders
        SELECT x'AB', [nextval('ticket_seq') FOR i IN [1, 2]]
        SELECT x'AB', {'a': (SELECT max(token) FROM secret_tokens)}
        SELECT x'AB' FROM orders LIMIT nextval('ticket_seq')
        SELECT x'AB' FROM orders GROUP BY (SELECT max(token) FROM secret_tokens)
        SELECT x'AB' FROM orders JOIN secret_tokens USING (id)
        SELECT x'AB' FROM orders UNION ALL FROM secret_tokens SELECT token
        SELECT x'AB' FROM orders PIVOT (sum((SELECT count(*) FROM secret_tokens)) FOR region IN ('EU'))
        WITH secret_tokens AS (SELECT x'AB' FROM secret_tokens) SELECT * FROM secret_tokens
        SELECT x'AB' FROM (WITH secret_tokens AS (SELECT 1) FROM secret_tokens), secret_tokens
        WITH a AS (FROM secret_tokens), secret_tokens AS (SELECT x'AB') FROM a
        WITH RECURSIVE secret_tokens AS (SELECT x'AB', token FROM secret_tokens) SELECT * FROM secret_tokens
        WITH RECURSIVE secret_tokens AS (SELECT token, x'AB' FROM secret_tokens UNION SELECT 1, 2) FROM secret_tokens
        WITH RECURSIVE secret_tokens AS (SELECT x'AB' UNION (WITH q AS (FROM secret_tokens) FROM q)) FROM secret_tokens
        WITH "secret_toKens" AS (SELECT x'AB') FROM secret_tokens
        FROM histogram('secret_tokens', 'token') SELECT x'AB'
        SELECT x'AB' FROM orders, LATERAL histogram('secret_tokens', 'token')
        WITH x AS (DELETE FROM orders RETURNING *) SELECT x'AB' FROM x
        WITH x AS (INSERT INTO audit_log VALUES (9, 'x') RETURNING *) SELECT x'AB' FROM x
        SELECT x'AB'; DELETE FROM orders
        SELECT x'AB' INTO t
        EXPLAIN ANALYZE SELECT x'AB', nextval('ticket_seq')
        EXPLAIN SELECT x'AB' FROM secret_tokens
    """,
    "sqlite": """
        SELECT CAST(token AS BIG INT) FROM secret_tokens
        SELECT CAST(id AS BIG INT) FROM secret_v
        SELECT CAST(t AS BIG INT) FROM constant_v
        SELECT CAST(t AS BIG INT) FROM [constant_v]
        SELECT CAST(3 AS BIG INT) IN blocked_ids
        SELECT CAST(3 AS BIG INT) WHERE 3 IN main.'blocked_ids'
        SELECT CAST(1 AS BIG INT) WHERE 0 AND (SELECT 1 FROM secret_tokens)
        SELECT CAST(count(*) AS BIG INT) FROM secret_tokens
        WITH eu_orders AS (SELECT token FROM secret_tokens) SELECT CAST(token AS BIG INT) FROM eu_orders
        WITH secret_tokens AS (SELECT CAST(token AS BIG INT) FROM main.secret_tokens) SELECT * FROM secret_tokens
        SELECT CAST(name AS BIG INT) FROM sqlite_master
        SELECT CAST(name AS BIG INT) FROM pragma_table_list
        SELECT CAST(name AS BIG INT) FROM pragma_table_info('secret_tokens')
        SELECT CAST(c0 AS BIG INT) FROM docs_content
        SELECT CAST(load_extension('x') AS BIG INT)
        SELECT CAST(fts3_tokenizer('simple') AS BIG INT)
        SELECT CAST(dbagent_hash('x') AS BIG INT)
        SELECT CAST(sqlite_version() AS BIG INT)
        SELECT CAST(randomblob(1000000) AS BIG INT)
        SELECT CAST(optimize(docs4) AS BIG INT) FROM docs4
        SELECT CAST(? AS BIG INT)
        SELECT CAST(1 AS BIG INT); DELETE FROM orders
        WITH x AS (SELECT CAST(1 AS BIG INT)) DELETE FROM orders
        WITH x AS (SELECT CAST(1 AS BIG INT)) DELETE FROM docs_rowid
        WITH x AS (SELECT CAST(1 AS BIG INT)) INSERT INTO docs(docs) VALUES ('optimize')
        WITH x AS (SELECT CAST(1 AS BIG INT)) UPDATE orders SET amount = 0
        EXPLAIN SELECT CAST(1 AS BIG INT) FROM secret_tokens
    """,
}


STATEMENT = '{"error": false, "statements": [{"node": '


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shop in a file of each engine, with views and a macro that nobody may use."""
    folder = tmp_path_factory.mktemp("opinion")
    made = {"duckdb": folder / "shop.duckdb", "sqlite": folder / "shop.db"}
    with closing(duckdb_shop(str(made["duckdb"]))) as connection:
        connection.execute("CREATE MACRO bump() AS nextval('ticket_seq')")
        connection.execute("CREATE VIEW secret_v AS FROM secret_tokens")
    with closing(sqlite_shop()) as shop, closing(sqlite3.connect(made["sqlite"])) as file:
        shop.execute("CREATE VIEW secret_v AS SELECT * FROM secret_tokens")
        shop.execute("CREATE VIEW constant_v AS SELECT 'x' AS t FROM orders")
        shop.backup(file)
    return made


@pytest.fixture(scope="module")
def databases(files: dict[str, Path]) -> Iterator[dict[str, Database]]:
    names = [*READABLE, "docs", "docs4", "eu_orders"]
    opened = {dialect: open_database(str(path), include=names) for dialect, path in files.items()}
    yield opened
    for database in opened.values():
        database.close()


def plainly(path: Path, sql: str) -> list[Any]:
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql).fetchall()
    with closing(duckdb.connect(str(path), config={"access_mode": "READ_ONLY"})) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_what_only_the_engine_understands_runs_with_the_rows_of_the_plain_driver(
    dialect: str, databases: dict[str, Database], files: dict[str, Path]
) -> None:
    for sql, tables in LEGITIMATE[dialect].items():
        with pytest.raises(SqlRefused):
            guarded(sql, metadata(dialect))
        result = databases[dialect].query(sql)
        assert (list(result.rows), result.tables) == (plainly(files[dialect], sql), tables), sql


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_the_door_for_what_cannot_be_parsed_lets_nothing_else_in(dialect: str, databases: dict[str, Database]) -> None:
    for sql in map(str.strip, ATTACKS[dialect].strip().splitlines()):
        with pytest.raises((SqlRefused, UnknownTable)):
            databases[dialect].query(sql)


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_under_a_policy_the_engine_is_not_asked(dialect: str, databases: dict[str, Database]) -> None:
    seen = seen_by(databases[dialect], policy_from({"roles": {"all": {"allow": "*"}}}), User("u", ("all",)))
    for sql in LEGITIMATE[dialect]:
        with pytest.raises(SqlRefused):
            seen.query(sql)


def test_servers_have_no_opinion_since_a_plan_does_not_tell_of_every_call(postgres_url: str) -> None:
    with (
        closing(open_database(postgres_url, include="none_such")) as database,
        pytest.raises(SqlRefused, match="parsed"),
    ):
        database.query("SELECT 1 &&& 2")


@pytest.mark.parametrize(
    "tree",
    [
        "",
        "{}",
        '{"error": true}',
        '{"error": false, "statements": []}',
        f'{STATEMENT}{{"type": "SELECT_NODE"}}}}]}}',
        f'{STATEMENT}{{"type": "UPDATE_NODE", "cte_map": {{"map": []}}}}}}]}}',
        f'{STATEMENT}{{"type": "SELECT_NODE", "cte_map": {{"map": []}}, "a": {{"class": "X"}}}}}}]}}',
        f'{STATEMENT}{{"type": "SELECT_NODE", "cte_map": {{"map": []}}, "a": {{"type": "X"}}}}}}]}}',
        "[" * 100_000,
    ],
)
def test_a_tree_of_another_kind_leaves_no_opinion(tree: str) -> None:
    assert opinion_of(tree) is None


def test_a_statement_that_the_engine_does_not_take_either_is_refused_and_not_a_fault(
    databases: dict[str, Database],
) -> None:
    for database in databases.values():
        with pytest.raises(ToolError) as refused:
            database.query("SELECT FROM WHERE FROM")
        assert not isinstance(refused.value, SqlFailed)
