"""What execute_sql adds to a query: why it may have found nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import ValidationError

from tools.database import Database, open_database
from tools.errors import SqlRefused, ToolError
from tools.execute_sql import ExecuteSql, execute_sql


@pytest.fixture(scope="module")
def shop(shop_file: Path) -> Iterator[Database]:
    with closing(open_database(str(shop_file))) as database:
        yield database


def notes(database: Database, sql: str) -> tuple[str, ...]:
    return execute_sql(ExecuteSql(sql=sql), database).notes


def test_the_rows_come_back_as_typed_values(shop: Database) -> None:
    result = execute_sql(ExecuteSql(sql="SELECT city, count(*) AS n FROM customers GROUP BY 1 ORDER BY n DESC"), shop)
    assert (result.columns, result.rows) == (("city", "n"), (("Berlin", 2), ("北京", 1)))


@pytest.mark.parametrize(
    ("sql", "note"),
    [
        (
            "SELECT * FROM customers WHERE city = 'berlin'",
            "main.customers.city holds no 'berlin'; the nearest stored values are 'Berlin' (1 of 2). Use one of these.",
        ),
        (
            "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.city = 'Belrin'",
            "main.customers.city holds no 'Belrin'; the nearest stored values are 'Berlin' (1 of 2). Use one of these.",
        ),
        (
            "SELECT sum(total) FROM orders WHERE status IN ('PAID')",
            "main.orders.status holds no 'PAID'; the nearest stored values are 'paid' (1 of 2). Use one of these.",
        ),
        (
            "SELECT * FROM customers WHERE 'Peking' = city",
            "main.customers.city holds no 'Peking'; all it holds is 'Berlin', '北京'.",
        ),
        (
            "SELECT * FROM customers WHERE lower(name) = 'xda'",
            "main.customers.name holds no 'xda'; the nearest stored values are 'Ada' (1 of 3). Use one of these.",
        ),
        (
            "SELECT * FROM customers WHERE city LIKE '%erlim%'",
            "main.customers.city holds no 'erlim'; the nearest stored values are 'Berlin' (1 of 2). Use one of these.",
        ),
        (
            "SELECT * FROM (SELECT * FROM orders WHERE status = 'payed') AS x",
            "main.orders.status holds no 'payed'; the nearest stored values are 'paid' (1 of 2). Use one of these.",
        ),
    ],
)
def test_a_query_that_finds_nothing_is_told_the_nearest_stored_values(shop: Database, sql: str, note: str) -> None:
    assert notes(shop, sql) == (note,)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM customers WHERE city = 'Berlin' AND id > 100",
        "SELECT * FROM customers WHERE lower(city) = 'berlin' AND id > 100",
        "SELECT * FROM customers WHERE id < 0 AND city NOT IN ('Paris')",
        "SELECT * FROM customers WHERE city LIKE '%erl%' AND id < 0",
        "SELECT * FROM customers WHERE city LIKE 'x_%y%'",
        "SELECT * FROM orders WHERE ordered_on = DATE '1999-01-01'",
        "SELECT * FROM orders WHERE strftime(ordered_on, '%Y') = '1999'",
        "SELECT * FROM customers a, customers b WHERE a.id < 0",
        "WITH c AS (SELECT upper(city) AS town FROM customers) SELECT * FROM c WHERE town = 'PARIS'",
        "SELECT 1 WHERE 1 = 0",
        "SELECT * FROM customers WHERE city = ''",
    ],
)
def test_no_note_where_the_values_are_not_to_blame_or_it_is_not_certain(shop: Database, sql: str) -> None:
    assert notes(shop, sql) == ()


def test_a_query_that_finds_something_gets_no_note(shop: Database) -> None:
    assert notes(shop, "SELECT * FROM customers WHERE city IN ('Berlin', 'Paris')") == ()


def test_sql_is_taken_out_of_its_markdown_fence() -> None:
    assert ExecuteSql(sql="```sql\nSELECT 1\n```").sql == "SELECT 1"


@pytest.mark.parametrize("sql", ["DROP TABLE orders", "SELECT 1; SELECT 2", "nonsense", "-- only a comment"])
def test_what_may_not_run_is_refused(shop: Database, sql: str) -> None:
    with pytest.raises(SqlRefused):
        execute_sql(ExecuteSql(sql=sql), shop)


def test_an_unknown_field_is_an_error_for_the_model(shop: Database) -> None:
    with pytest.raises(ToolError, match=r"(?i)nope"):
        execute_sql(ExecuteSql(sql="SELECT nope FROM orders"), shop)


@pytest.mark.parametrize("given", [{"sql": ""}, {"sql": "  "}, {"query": "SELECT 1"}, {}, {"sql": None}])
def test_wrong_arguments_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExecuteSql.model_validate(given)
