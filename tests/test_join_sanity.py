"""An aggregate over joins that repeat rows is told of, and one that can be trusted is not."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from agent import calls, terminal
from tests.conftest import AgentWith
from tools.database import Database, open_database
from tools.join_sanity import JoinWarning, warnings
from tools.sql_guard import guarded

TABLES = """
CREATE TABLE countries (code VARCHAR PRIMARY KEY, name VARCHAR, population INTEGER);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name VARCHAR, city VARCHAR, age INTEGER, credit DECIMAL(10, 2), hobbies VARCHAR[],
    country_code VARCHAR REFERENCES countries (code)
);
CREATE TABLE profiles (customer_id INTEGER PRIMARY KEY REFERENCES customers (id), score INTEGER);
CREATE TABLE stores (id INTEGER PRIMARY KEY, name VARCHAR, rent DECIMAL(10, 2));
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), store_id INTEGER REFERENCES stores (id),
    status VARCHAR, total DECIMAL(10, 2), shipping DECIMAL(10, 2), ordered_on DATE, currency VARCHAR
);
CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR, category_id INTEGER, list_price DECIMAL(10, 2));
CREATE TABLE order_items (
    order_id INTEGER REFERENCES orders (id), line INTEGER, product_id INTEGER REFERENCES products (id),
    quantity INTEGER, price DECIMAL(10, 2), PRIMARY KEY (order_id, line)
);
CREATE TABLE payments (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id), amount DECIMAL(10, 2));
CREATE TABLE shipments (
    id INTEGER PRIMARY KEY, order_id INTEGER, line INTEGER, weight INTEGER,
    FOREIGN KEY (order_id, line) REFERENCES order_items (order_id, line)
);
CREATE TABLE rates (day DATE, currency VARCHAR, rate DECIMAL(10, 4), PRIMARY KEY (day, currency));
CREATE TABLE employees (
    id INTEGER PRIMARY KEY, store_id INTEGER REFERENCES stores (id), manager_id INTEGER REFERENCES employees (id),
    salary DECIMAL(10, 2)
);
CREATE TABLE visits (customer_id INTEGER REFERENCES customers (id), day DATE, seconds INTEGER);
CREATE TABLE tags (order_id INTEGER REFERENCES orders (id), tag VARCHAR, PRIMARY KEY (order_id, tag));
CREATE TABLE settings (key VARCHAR PRIMARY KEY, value INTEGER);
CREATE TABLE targets (
    store_id INTEGER REFERENCES stores (id), month VARCHAR, amount INTEGER, PRIMARY KEY (store_id, month)
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY, product_id INTEGER REFERENCES products (id), customer_id INTEGER REFERENCES customers (id),
    stars INTEGER
);
CREATE TABLE ledger (entry INTEGER, party VARCHAR, amount INTEGER);
CREATE TABLE ledger_notes (entry INTEGER, note VARCHAR);
CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 5;

INSERT INTO countries VALUES ('DE', 'A', 83), ('CN', 'B', 1400), ('FR', 'C', 68);
INSERT INTO customers VALUES
    (1, 'Ada', 'Berlin', 30, 100, ['chess', 'rowing'], 'DE'), (2, 'Bo', 'Berlin', 41, 250, ['chess'], 'DE'),
    (3, 'Li', 'Beijing', 55, 75, ['go', 'chess', 'tea'], 'CN');
INSERT INTO profiles VALUES (1, 5), (2, 7), (3, 9);
INSERT INTO stores VALUES (1, 'North', 1000), (2, 'South', 700);
INSERT INTO orders VALUES
    (1, 1, 1, 'paid', 10, 1, '2026-01-01', 'EUR'), (2, 1, 2, 'paid', 20, 2, '2026-01-02', 'USD'),
    (3, 2, 1, 'open', 20, 3, '2026-02-01', 'EUR'), (4, 3, 2, 'paid', 35, 4, '2026-02-02', 'EUR'),
    (5, 3, 1, 'open', 50, 5, '2026-03-01', 'USD');
INSERT INTO products VALUES (1, 'pen', 1, 2), (2, 'ink', 1, 3), (3, 'cup', 2, 5), (4, 'lid', 2, 1);
INSERT INTO order_items VALUES
    (1, 1, 1, 1, 2), (1, 2, 2, 2, 3), (2, 1, 3, 1, 5), (3, 1, 1, 4, 2), (3, 2, 3, 1, 5), (3, 3, 2, 1, 3),
    (4, 1, 4, 1, 1), (4, 2, 3, 2, 5), (5, 1, 2, 1, 3);
INSERT INTO payments VALUES (1, 1, 4), (2, 1, 6), (3, 2, 20), (4, 4, 10), (5, 4, 15), (6, 4, 10), (7, 3, 0);
INSERT INTO shipments VALUES (1, 1, 1, 3), (2, 1, 2, 3), (3, 3, 1, 2), (4, 3, 1, 2), (5, 4, 2, 9);
INSERT INTO rates VALUES
    ('2026-01-01', 'EUR', 1), ('2026-01-01', 'USD', 1.1), ('2026-01-02', 'EUR', 1), ('2026-01-02', 'USD', 1.2),
    ('2026-02-01', 'EUR', 1), ('2026-02-01', 'USD', 1.3), ('2026-02-02', 'EUR', 1);
INSERT INTO employees VALUES (1, 1, NULL, 90);
INSERT INTO employees VALUES (2, 1, 1, 40), (3, 2, 1, 50);
INSERT INTO employees VALUES (4, 2, 3, 30), (5, 2, 3, 20);
INSERT INTO visits VALUES (1, '2026-01-01', 30), (1, '2026-01-02', 60), (2, '2026-01-01', 45), (3, '2026-01-05', 10);
INSERT INTO tags VALUES (1, 'gift'), (1, 'rush'), (2, 'rush'), (4, 'gift'), (4, 'rush');
INSERT INTO settings VALUES ('vat', 19), ('days', 30);
INSERT INTO targets VALUES (1, '2026-01', 5), (1, '2026-02', 6), (2, '2026-01', 7);
INSERT INTO reviews VALUES (1, 1, 1, 5), (2, 1, 3, 3), (3, 3, 1, 4), (4, 3, 3, 2), (5, 1, 2, 1);
INSERT INTO ledger VALUES (1, 'Ada', 5);
INSERT INTO ledger_notes VALUES (1, 'x');
"""


@dataclass(frozen=True)
class Case:
    """Statements under one title: those that go wrong, with the kind of their warning, and those that do not."""

    title: str
    wrong: tuple[tuple[str, str], ...]
    right: tuple[str, ...]


def cases() -> list[Case]:
    """What tests/sql/join_sanity.sql holds."""
    found: list[Case] = []
    text = (Path(__file__).parent / "sql" / "join_sanity.sql").read_text("utf-8")
    for block in text.split("# title: ")[1:]:
        title, *lines = block.splitlines()
        told = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
        found.append(
            Case(
                title,
                tuple((kind, sql) for kind, sql in told if kind != "right"),
                tuple(sql for kind, sql in told if kind == "right"),
            )
        )
    return found


CASES = cases()
PAIRS = [case for case in CASES if case.wrong]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    path = tmp_path_factory.mktemp("joins") / "joins.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(TABLES)
    return open_database(str(path))


def told(sql: str, database: Database) -> tuple[JoinWarning, ...]:
    tree = guarded(sql, database.meta).tree
    assert tree is not None, sql
    return warnings(tree, database.meta)


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.title)
def test_what_goes_wrong_is_told_by_its_kind(case: Case, database: Database) -> None:
    for kind, sql in case.wrong:
        assert [each.kind for each in told(sql, database)][:1] == [kind], sql


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_of_what_is_right_nothing_is_said(case: Case, database: Database) -> None:
    for sql in case.right:
        assert told(sql, database) == (), sql


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.title)
def test_the_wrong_statement_gives_other_rows_than_the_right_one(case: Case, database: Database) -> None:
    for (_, wrong), right in itertools.product(case.wrong, case.right):
        assert sorted(database.query(wrong).rows, key=repr) != sorted(database.query(right).rows, key=repr)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_right_statements_run(case: Case, database: Database) -> None:
    for sql in case.right:
        database.query(sql)


def test_there_are_sixty_pairs_at_least() -> None:
    assert len(PAIRS) >= 60


TOTALS = "SELECT sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id"
CREDIT = "SELECT count(c.name) AS n FROM customers c JOIN orders o ON o.customer_id = c.id"


def test_the_warning_names_the_reason_and_the_repair(database: Database) -> None:
    (warning,) = told("SELECT sum(c.credit) FROM customers c JOIN orders o ON o.customer_id = c.id", database)
    assert warning.text == (
        "SUM(c.credit) adds up the same value several times: the join with orders on customer_id repeats each row of "
        "customers for every row of orders that matches. Aggregate orders in a subquery, grouped by customer_id, "
        "before joining it, or use EXISTS if it only filters. Leave it if a value of customers is meant once for "
        "each row of orders."
    )


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "mysql", "postgres"])
@pytest.mark.parametrize("comma", [True, False])
def test_a_comma_is_told_from_cross_join_in_every_dialect(comma: bool, dialect: str, database: Database) -> None:
    meta = replace(database.meta, dialect=dialect)
    tree = guarded(f"SELECT s.name, c.name FROM stores s{', ' if comma else ' CROSS JOIN '}customers c", meta).tree
    assert tree is not None
    assert [each.kind for each in warnings(tree, meta)] == (["missing condition"] if comma else [])


def test_the_condition_that_is_missing_is_named_where_a_foreign_key_tells_it(database: Database) -> None:
    (warning,) = told("SELECT c.name FROM customers c, orders o WHERE o.total > 5", database)
    assert "Add the condition o.customer_id = c.id" in warning.text


def test_the_model_reads_a_warning_once_and_the_receipt_keeps_it(agent_with: AgentWith) -> None:
    agent = agent_with(
        calls("execute_sql", sql=CREDIT), calls("execute_sql", sql=CREDIT + " ORDER BY 1"), "4 customers have orders."
    )
    answer = agent.ask_sync("How many customers have orders?")
    heard = [message["content"] for message in agent.script.heard[-1]["messages"] if message["role"] == "tool"]
    assert ["COUNT(DISTINCT c.id)" in text for text in heard] == [True, False]
    assert [warning.split(":")[0] for warning in answer.receipt.warnings] == [
        "COUNT(c.name) counts rows of orders, not of customers"
    ]
    assert answer.as_json()["receipt"]["warnings"] == list(answer.receipt.warnings)


def test_a_person_reads_it_above_the_receipt(agent_with: AgentWith, capsys: pytest.CaptureFixture[str]) -> None:
    answer = agent_with(calls("execute_sql", sql=CREDIT), "4 customers have orders.").ask_sync("How many customers?")
    terminal.show_answer(answer)
    *_, warning, receipt = capsys.readouterr().out.strip().split("\n")
    assert warning.startswith("Warning: COUNT(c.name) counts rows of orders, not of customers")
    assert receipt.startswith("1 row from main.orders, main.customers")


def test_a_repaired_statement_leaves_nothing_in_the_receipt(agent_with: AgentWith) -> None:
    repaired = CREDIT.replace("count(c.name)", "count(DISTINCT c.id)")
    agent = agent_with(calls("execute_sql", sql=CREDIT), calls("execute_sql", sql=repaired), "2 customers have orders.")
    assert agent.ask_sync("How many customers have orders?").receipt.warnings == ()


def test_a_statement_of_a_thousand_conditions_or_forty_ctes_is_looked_at_in_time(database: Database) -> None:
    many = " OR ".join(f"o.total = {n}" for n in range(1000))
    ctes = ", ".join(f"t{n} AS (SELECT a.id FROM t{n - 1} a JOIN t{n - 1} b ON a.id = b.id)" for n in range(1, 40))
    assert told(f"{TOTALS} WHERE {many}", database) == ()
    told(f"WITH t0 AS (SELECT id FROM orders), {ctes} SELECT count(*) FROM t39", database)
    deep = ", ".join(f"d{n} AS (SELECT * FROM d{n - 1})" for n in range(1, 300))
    told(f"WITH d0 AS (SELECT * FROM orders), {deep} SELECT sum(total) FROM d299", database)
    tables = ", ".join(f"orders o{n}" for n in range(2000))
    assert told(f"SELECT sum(o1.total) FROM {tables}", database) == ()
    grouped = ctes.replace("ON a.id = b.id)", "ON a.id = b.id GROUP BY a.id)")
    told(f"WITH t0 AS (SELECT id FROM orders), {grouped} SELECT count(*) FROM t39", database)
