"""An administrator may let queries call the database's own functions, and nothing that is refused to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from agent import Settings, User, open_agent, policy_from
from agent.errors import SettingsError
from agent.llm.scripted import ScriptedModel
from tests import servers
from tests.test_sql_guard import metadata
from tools.database import open_database
from tools.errors import SqlRefused, UnknownTable
from tools.execute_sql import ExecuteSql, execute_sql
from tools.guard.functions import added_functions
from tools.knowledge import Knowledge
from tools.seen_database import seen_by
from tools.sql_guard import guarded


@pytest.fixture
def macros(tmp_path: Path) -> Path:
    """A DuckDB file with macros, one of which reads a table that a policy may rule."""
    path = tmp_path / "shop.duckdb"
    with closing(duckdb.connect(str(path))) as made:
        made.execute("""
            CREATE TABLE orders (id INTEGER, region VARCHAR, amount DECIMAL(10, 2));
            INSERT INTO orders VALUES (1, 'north', 100), (2, 'south', 50);
            CREATE MACRO net_price(gross) AS gross * 0.8;
            CREATE MACRO turnover() AS (SELECT sum(amount) FROM orders);
            CREATE MACRO dear(least) AS TABLE SELECT id FROM orders WHERE amount > least;
        """)
    return path


@pytest.fixture
def functions(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL schema with a function, beside one that nobody added."""
    with servers.postgres(postgres_url) as server:
        server.execute("""
            CREATE SCHEMA priced;
            CREATE TABLE priced.orders (id int, amount int);
            INSERT INTO priced.orders VALUES (1, 100), (2, 50);
            CREATE FUNCTION priced.net_price(gross int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT gross * 8 / 10';
            CREATE FUNCTION priced.wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM priced.orders RETURNING 1';
        """)
        yield postgres_url
        server.execute("DROP SCHEMA priced CASCADE")


def test_a_function_of_postgres_runs_by_the_name_that_was_added_and_by_no_other(functions: str) -> None:
    sql = "SELECT priced.net_price(amount) FROM priced.orders ORDER BY id"
    with (
        closing(open_database(functions, schemas=("priced",))) as database,
        pytest.raises(SqlRefused, match="net_price is not on the list"),
    ):
        database.query(sql)
    with closing(open_database(functions, schemas=("priced",), allowed_functions="priced.net_price")) as database:
        assert database.query(sql).rows == ((80,), (40,))
        database.refresh()
        assert database.query(sql).rows == ((80,), (40,))
        for other, reason in {
            "SELECT net_price(amount) FROM priced.orders": r"are: priced\.net_price",
            'SELECT priced."Net_price"(amount) FROM priced.orders': "not on the list",
            "SELECT priced.wipe()": "not on the list",
            "SELECT o.net_price FROM priced.orders o": "no column",
        }.items():
            with pytest.raises(SqlRefused, match=reason):
                database.query(other)


def test_macros_of_duckdb_run_wherever_a_statement_is_looked_at(macros: Path) -> None:
    sql = "SELECT net_price(amount) AS net FROM orders JOIN dear(60) USING (id) WHERE region = 'nowhere'"
    with closing(open_database(str(macros))) as database, pytest.raises(SqlRefused, match="is not on the list"):
        database.query(sql)
    with closing(open_database(str(macros), allowed_functions=("net_price", "dear"))) as database:
        database.learn(Knowledge())
        found = execute_sql(ExecuteSql(sql=sql), database)
        assert found.rows == ()
        assert "nowhere" in found.notes[0]  # which takes the guard a second look
        with pytest.raises(SqlRefused, match="turnover"):
            database.query("SELECT turnover()")


def test_under_a_policy_a_function_that_was_added_is_refused_since_it_may_read_past_it(macros: Path) -> None:
    rules = {"roles": {"north": {"allow": "*", "rows": {"orders": "region = 'north'"}}, "all": {"allow": "*"}}}
    with closing(open_database(str(macros), allowed_functions="turnover, net_price")) as database:
        assert database.query("SELECT turnover()").rows[0][0] == 150
        for role in ("north", "all"):
            seen = seen_by(database, policy_from(rules), User("ann", (role,)))
            for call in ("turnover()", "net_price(1)", "main.turnover()"):
                with pytest.raises(SqlRefused, match="not on the list"):
                    seen.query(f"SELECT {call} FROM orders")


def test_the_setting_reaches_the_database_of_an_agent(macros: Path) -> None:
    settings = Settings.from_environment({"DBAGENT_ALLOWED_FUNCTIONS": "Net_Price, dear"}, database_url=str(macros))
    agent = open_agent(model=ScriptedModel("-"), settings=settings)
    try:
        assert agent.toolbox.database.meta.allowed_functions == {"net_price", "dear"}
    finally:
        agent.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("read_csv", "files"),
        ("public.pg_read_file", "server"),
        ("load_file", "files"),
        ("LOAD_EXTENSION", "settings"),
        ("dblink_exec", "other machines"),
        ("parquet_scan", "files"),
        ("query", "named in a string"),
        ("hr.query_to_xml", "named in a string"),
        ("set_config", "settings"),
        ("enable_logging", "settings"),
        ("nextval", "sequence"),
        ("pg_sleep", "server"),
        ("get_lock", "locks"),
        ("benchmark", "waits"),
        ("select", "no name of a function"),
        ("a.b.c", "no name of a function"),
        ("f()", "no name of a function"),
        ("net_price; drop", "no name of a function"),
    ],
)
def test_what_is_refused_to_everybody_cannot_be_added(name: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=rf"DBAGENT_ALLOWED_FUNCTIONS: .*{reason}"):
        Settings.from_environment({"DBAGENT_ALLOWED_FUNCTIONS": f"net_price, {name}"})


def test_adding_a_function_opens_no_other_door() -> None:
    meta = replace(metadata("postgres"), allowed_functions=added_functions("net_price"))
    assert guarded("SELECT net_price(amount) FROM orders", meta).tables
    for sql in (
        "DELETE FROM orders WHERE net_price(1) = 1",
        "SELECT net_price(id) FROM secret_tokens",
        "SELECT net_price((SELECT max(id) FROM secret_tokens)) FROM orders",
        "SELECT net_price(pg_sleep(1)::text::int) FROM orders",
        "SELECT net_price(1) INTO t",
        "SELECT other.net_price(1)",
        "EXPLAIN ANALYZE SELECT net_price(1)",
        "SELECT net_price(1); SELECT 2",
    ):
        with pytest.raises((SqlRefused, UnknownTable)):
            guarded(sql, meta)
