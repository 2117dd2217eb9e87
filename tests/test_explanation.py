"""What a query does in plain words, part by part."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import calls
from tests.test_chat import chat
from tools.database import Database
from tools.explanation import explained, why_read

QUERY = """
WITH paid AS (SELECT * FROM orders WHERE status = 'paid')
SELECT date_trunc('month', p.ordered_on) AS month, c.city, sum(p.total) AS total, count(DISTINCT c.id) AS buyers
FROM paid p LEFT JOIN main.customers c ON c.id = p.customer_id
WHERE p.ordered_on >= '2026-01-01' AND p.ordered_on < '2027-01-01'
GROUP BY 1, 2 HAVING sum(p.total) > 5 ORDER BY total DESC, 1 LIMIT 10 OFFSET 2
"""
STEPS = """
First, a result called paid:
  Reads orders (One row per order, also cancelled ones). | orders
  Keeps only the rows where this holds: | status = 'paid'
  Gives all fields. | *
Reads paid. | paid AS p
To each row joins those of main.customers where this holds; rows that have none stay, without its values. | \
c.id = p.customer_id
Keeps only the rows where this holds: | p.ordered_on >= '2026-01-01'
Keeps only the rows where this holds: | p.ordered_on < '2027-01-01'
Makes one row for each different DATE_TRUNC('MONTH', p.ordered_on), c.city. | GROUP BY 1, 2
Adds up p.total, as total. | SUM(p.total)
Counts the different values of c.id, as buyers. | COUNT(DISTINCT c.id)
Gives these fields. | DATE_TRUNC('MONTH', p.ordered_on) AS month, c.city
Of these rows keeps only those where this holds: | SUM(p.total) > 5
Sorts by total, largest first; then by column 1. | ORDER BY total DESC, 1
Leaves out the first 2 rows. | OFFSET 2
Gives 10 rows at the most. | LIMIT 10
"""


def lines(sql: str, database: Database) -> list[str]:
    return [
        "  " * step.depth + step.text + (f" | {step.sql}" if step.sql else "") for step in explained(sql, database.meta)
    ]


def test_every_part_has_its_sentence_in_the_order_in_which_it_takes_effect(open_shop: Database) -> None:
    assert lines(QUERY, open_shop) == STEPS.strip().splitlines()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT count(*) FROM orders", "Counts the rows. | COUNT(*)"),
        ("SELECT count(city) FROM customers", "Counts where city is known. | COUNT(city)"),
        ("SELECT avg(total) FROM orders", "Takes the average of total. | AVG(total)"),
        ("SELECT DISTINCT city FROM customers", "Gives each different row once. | DISTINCT"),
        ("SELECT 1 UNION ALL SELECT 2", "Puts the rows of two results together:"),
        ("SELECT 1 UNION SELECT 2", "Puts the rows of two results together, each different row once:"),
        ("SELECT 1 EXCEPT SELECT 2", "Takes the rows of one result that are not in the other:"),
        ("SELECT a FROM (SELECT 1 AS a) AS t", "Reads a result called t. It is:"),
        ("SELECT 1 FROM orders, customers", "every row with every row"),
        ("SELECT 1 FROM orders JOIN customers USING (id)", "with the same id; rows that have none are left out"),
        ("SELECT 1 FROM orders WHERE id IN (SELECT id FROM customers)", "  Reads customers."),
        ("SELECT row_number() OVER (ORDER BY id) AS n FROM orders", "Reckons over neighbouring rows, as n."),
        ("SELECT total * 2 AS twice FROM orders", "Reckons, as twice. | total * 2"),
    ],
)
def test_what_a_part_is_said_to_do(open_shop: Database, sql: str, said: str) -> None:
    assert said in "\n".join(lines(sql, open_shop))


@pytest.mark.parametrize("sql", ["DESCRIBE orders", "EXPLAIN SELECT 1", "not sql at (all", "", "SELECT (" * 5000])
def test_what_cannot_be_taken_apart_is_not_explained(open_shop: Database, sql: str) -> None:
    assert explained(sql, open_shop.meta) == ()


def test_a_very_long_query_is_explained_as_far_as_anyone_reads(open_shop: Database) -> None:
    sql = "SELECT " + ", ".join(f"sum(total) AS a{n}" for n in range(500)) + " FROM orders"
    assert len(explained(sql, open_shop.meta)) == 60


def test_why_a_table_was_read_is_what_the_search_says(open_shop: Database) -> None:
    (orders, reason), (_, other) = why_read("How many orders?", ("main.orders", "main.nowhere"), open_shop)
    assert orders == "main.orders"
    assert 'name "orders"' in reason
    assert other.startswith("no word of the question names it")


def test_the_chat_explains_the_last_answer(shop_file: Path) -> None:
    counted = calls("execute_sql", sql="SELECT count(*) FROM orders")
    out = chat(shop_file, ["How many orders?", "/explain"], counted, "4.").stdout
    assert "Counts the rows.\n    COUNT(*)\n" in out
    assert 'main.orders: name "orders"' in out
