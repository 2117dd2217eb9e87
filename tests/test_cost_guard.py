"""A query that the server itself thinks too costly is not run, and the model is told the estimate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import ScriptedModel, Settings, User, calls, open_agent, policy_from
from tests import servers
from tools.database import Database, Limits, open_database
from tools.errors import QueryTooCostly, SqlFailed
from tools.seen_database import seen_by

POSTGRES = """
DROP SCHEMA IF EXISTS costly CASCADE;
CREATE SCHEMA costly;
CREATE TABLE costly.customers AS SELECT n AS id, n % 10 AS city FROM generate_series(1, 5000) n;
CREATE TABLE costly.orders AS SELECT n AS id, n % 5000 AS customer_id, n AS total FROM generate_series(1, 20000) n;
ALTER TABLE costly.customers ADD PRIMARY KEY (id);
ALTER TABLE costly.orders ADD PRIMARY KEY (id);
CREATE INDEX ON costly.orders (customer_id);
ANALYZE costly.customers, costly.orders;
"""
MYSQL = (
    "DROP DATABASE IF EXISTS costly",
    "CREATE DATABASE costly",
    "CREATE TABLE costly.customers (id INT PRIMARY KEY, city INT)",
    "CREATE TABLE costly.orders (id INT PRIMARY KEY, customer_id INT, total INT, KEY (customer_id))",
    "INSERT INTO costly.customers WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 900) "
    "SELECT n, n % 10 FROM r",
    "INSERT INTO costly.orders SELECT c.id * 20 + d.id, c.id, d.id FROM costly.customers c JOIN costly.customers d "
    "ON d.id < 20",
    "ANALYZE TABLE costly.customers, costly.orders",
)
CHEAP = (
    "SELECT city FROM costly.customers WHERE id = 5",
    "SELECT o.total FROM costly.customers c JOIN costly.orders o ON o.customer_id = c.id WHERE c.id = 7",
    "WITH one AS (SELECT * FROM costly.orders WHERE id = 25) SELECT count(*) FROM one",
    "SELECT 1",
    "/* a remark */ (SELECT id FROM costly.customers WHERE id = 1)",
)
COSTLY = (
    "SELECT count(*) FROM costly.customers a CROSS JOIN costly.orders b",
    "SELECT count(*) FROM costly.customers a, costly.customers b WHERE a.city < b.city",
    "WITH t AS (SELECT a.id FROM costly.orders a CROSS JOIN costly.orders b) SELECT max(id) FROM t",
    "-- a remark\nSELECT id FROM costly.orders UNION ALL SELECT a.id FROM costly.orders a CROSS JOIN costly.orders b",
    "SELECT id, (SELECT count(*) FROM costly.orders o WHERE o.total < c.city) FROM costly.customers c",
)


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[str]:
    with servers.postgres(postgres_url) as connection:
        connection.execute(POSTGRES)
        yield postgres_url
        connection.execute("DROP SCHEMA costly CASCADE")


@pytest.fixture(scope="module")
def mysql(mysql_url: str) -> Iterator[str]:
    with servers.mysql(mysql_url) as connection, connection.cursor() as cursor:
        servers.alone(cursor, "costly")
        for statement in MYSQL:
            cursor.execute(statement)
        yield servers.beside(mysql_url, "costly")
        cursor.execute("DROP DATABASE costly")


@pytest.fixture(params=["postgres", "mysql"])
def limited(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The server's database with a limit of 10,000."""
    url = request.getfixturevalue(request.param)
    database = open_database(url, limits=Limits(seconds=5, cost=10_000), schemas=("costly",))
    yield database
    database.close()


@pytest.mark.parametrize("sql", CHEAP)
def test_a_query_under_the_limit_runs(sql: str, limited: Database) -> None:
    assert limited.query(sql).rows


@pytest.mark.parametrize("sql", COSTLY)
def test_a_query_over_the_limit_is_not_run_and_the_estimate_is_told(sql: str, limited: Database) -> None:
    with pytest.raises(QueryTooCostly, match=r"estimates [\d,]{6,} (units of planner cost|rows to examine) .*10,000"):
        limited.query(sql)


def test_what_has_no_estimate_runs(limited: Database) -> None:
    assert limited.query("EXPLAIN SELECT id FROM costly.customers").rows


def test_a_statement_that_the_server_does_not_take_fails_with_its_own_words(limited: Database) -> None:
    with pytest.raises(SqlFailed, match="nowhere"):
        limited.query("SELECT nowhere FROM costly.customers WHERE id = 1")


def test_the_connection_that_was_asked_for_the_estimate_serves_the_next_query(limited: Database) -> None:
    for _ in range(10):
        with pytest.raises(QueryTooCostly):
            limited.query(COSTLY[0])
    assert limited.query(CHEAP[0]).rows == ((5,),)


def test_under_a_policy_the_estimate_itself_is_not_told(limited: Database) -> None:
    """It would tell how many rows there are that the user may not see."""
    policy = policy_from({"roles": {"clerk": {"allow": "*", "rows": {"orders": "customer_id = 1"}}}})
    seen = seen_by(limited, policy, User("ann", ("clerk",)))
    with pytest.raises(QueryTooCostly, match="costs more than the limit that is set") as told:
        seen.query("SELECT count(*) FROM costly.customers a CROSS JOIN costly.customers b CROSS JOIN costly.orders o")
    assert not any(letter.isdigit() for letter in str(told.value))


def test_without_a_limit_everything_runs(postgres: str) -> None:
    database = open_database(postgres, schemas=("costly",))
    assert database.query("SELECT count(*) FROM costly.customers a, costly.customers b WHERE a.city < b.city").rows
    database.close()


def test_the_embedded_engines_give_no_estimate(shop_file: Path) -> None:
    database = open_database(str(shop_file), limits=Limits(cost=1))
    assert database.query("SELECT count(*) FROM orders a CROSS JOIN orders b").rows == ((16,),)
    database.close()


def test_the_limit_is_set_from_outside_and_the_model_can_narrow_its_query(postgres: str) -> None:
    narrow = "SELECT city FROM costly.customers WHERE id = 5"
    model = ScriptedModel(calls("execute_sql", sql=COSTLY[0]), calls("execute_sql", sql=narrow), "5.")
    settings = Settings.from_environment({"DBAGENT_COST_LIMIT": "10000"})
    with open_agent(postgres, model=model, settings=settings) as agent:
        answer = agent.ask_sync("How many pairs?")
    told = [each["content"] for each in model.heard[-1]["messages"] if each["role"] == "tool"]
    assert told[0].startswith("Not run: the database estimates ")
    assert answer.sql == narrow
