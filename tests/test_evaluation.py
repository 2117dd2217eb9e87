"""Evaluation: results compared, cases read, runs kept, compared and reported."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.evaluation.scoring import Order, mcnemar, order_of, same_rows, score, soft_f1, wilson
from tools.database import Database, Limits, open_database

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="module")
def shop(shop_file: Path) -> Iterator[Database]:
    with closing(open_database(str(shop_file))) as database:
        yield database


def the_same(database: Database, sql: str, gold: str) -> bool:
    wanted = database.query(gold)
    order = order_of(gold, database.meta.dialect, wanted.columns)
    return score(database.query(sql).rows, wanted.rows, order).same


@pytest.mark.parametrize(
    ("gold", "wrong"),
    [
        pytest.param(
            "SELECT count(*) FROM orders WHERE status = 'paid'", "SELECT count(*) FROM orders", id="missing filter"
        ),
        pytest.param("SELECT sum(total) FROM orders", "SELECT avg(total) FROM orders", id="wrong aggregate"),
        pytest.param(
            "SELECT c.name, count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.name",
            "SELECT c.name, count(o.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.name",
            id="wrong join",
        ),
        pytest.param(
            "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders)",
            "SELECT c.name FROM customers c JOIN orders o ON o.customer_id = c.id",
            id="duplicate rows",
        ),
        pytest.param("SELECT DISTINCT city FROM customers", "SELECT city FROM customers", id="missing DISTINCT"),
        pytest.param(
            "SELECT id FROM orders WHERE ordered_on >= DATE '2026-10-01' AND ordered_on < DATE '2026-11-01'",
            "SELECT id FROM orders WHERE ordered_on >= DATE '2026-10-01' AND ordered_on <= DATE '2026-11-01'",
            id="off by one day",
        ),
        pytest.param(
            "SELECT id, total FROM orders ORDER BY total DESC",
            "SELECT id, total FROM orders ORDER BY total",
            id="order",
        ),
        pytest.param("SELECT name, city FROM customers", "SELECT name FROM customers", id="missing column"),
        pytest.param("SELECT name FROM customers", "SELECT name, city FROM customers", id="extra column"),
        pytest.param(
            "SELECT count(*) FROM customers WHERE email IS NULL OR email <> 'ada@example.org'",
            "SELECT count(*) FROM customers WHERE email <> 'ada@example.org'",
            id="NULL left out",
        ),
        pytest.param(
            "SELECT id, ordered_on FROM orders",
            "SELECT id, coalesce(ordered_on, DATE '2026-01-01') FROM orders",
            id="NULL",
        ),
        pytest.param(
            "SELECT name FROM customers ORDER BY id LIMIT 2",
            "SELECT name FROM customers ORDER BY id LIMIT 3",
            id="limit",
        ),
        pytest.param(
            "SELECT max(ordered_on) FROM orders", "SELECT max(ordered_on) + 1 FROM orders", id="the day after"
        ),
    ],
)
def test_wrong_sql_is_caught_and_right_sql_is_not(shop: Database, gold: str, wrong: str) -> None:
    assert not the_same(shop, wrong, gold)
    assert the_same(shop, gold, gold)


@pytest.mark.parametrize(
    ("gold", "other"),
    [
        ("SELECT name, city FROM customers", "SELECT city AS place, name AS who FROM customers ORDER BY city"),
        ("SELECT sum(total) FROM orders", "SELECT sum(total::DOUBLE) FROM orders"),
        ("SELECT min(ordered_on) FROM orders", "SELECT min(ordered_on)::TIMESTAMP FROM orders"),
        ("SELECT min(ordered_on) FROM orders", "SELECT strftime(min(ordered_on), '%Y-%m-%d') FROM orders"),
        ("SELECT year(min(ordered_on)) FROM orders", "SELECT strftime(min(ordered_on), '%Y') FROM orders"),
        ("SELECT count(*) > 1 FROM orders", "SELECT 1"),
        ("SELECT name, city FROM customers ORDER BY city", "SELECT name, city FROM customers ORDER BY city, name DESC"),
        ("SELECT id FROM orders WHERE id > 9", "SELECT name FROM customers WHERE id > 9"),
    ],
)
def test_another_way_to_the_same_rows_is_right(shop: Database, gold: str, other: str) -> None:
    assert the_same(shop, other, gold)


def test_the_gold_of_the_sample_questions_is_right_by_its_own_measure(sample_file: Path) -> None:
    lines = (Path(__file__).parent.parent / "sample_db" / "questions.jsonl").read_text("utf-8").splitlines()
    with closing(open_database(str(sample_file), limits=Limits(rows=20_000))) as database:
        golds = [json.loads(line)["gold_sql"] for line in lines]
        assert [gold for gold in golds if not the_same(database, gold, gold)] == []


def test_the_gold_of_the_shared_questions_is_right_by_its_own_measure() -> None:
    """Needs ../shared/data; every eighth question, run by SQLite itself."""
    if not (SHARED / "spider_train.jsonl").exists():
        pytest.skip("../shared/data is not there")
    wrong, asked = [], 0
    for line in (SHARED / "spider_train.jsonl").read_text("utf-8").splitlines()[::8]:
        case = json.loads(line)
        path = SHARED / "databases" / "spider_train" / f"{case['db']}.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            found = connection.execute(case["gold_sql"])
            rows, columns = found.fetchall(), [each[0] for each in found.description]
        asked += 1
        if not score(rows, rows[:], order_of(case["gold_sql"], "sqlite", columns)).same:
            wrong.append(case["id"])
    assert (wrong, asked) == ([], 202)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, True),
        (Decimal("10.50"), 10.5, True),
        (3, "3", True),
        ("007", 7, False),
        ("1.10", "1.1", False),
        (0.1 + 0.2, 0.3, True),
        (12.345679, 12.3456789, True),
        (1_000_000.01, 1_000_000.02, False),
        (10_000_000_001, 10_000_000_002, False),
        (0.0000001, 0.0000002, False),
        (None, 0, False),
        (None, "", False),
        (None, None, True),
        (float("nan"), Decimal("sNaN"), True),
        (float("inf"), float("-inf"), False),
        (Decimal("1E+999999"), 1, False),
        (10**400, 10**400, True),
        (10**400, 1e300, False),
        (date(2026, 10, 3), datetime(2026, 10, 3), True),
        (date(2026, 10, 3), "2026-10-03", True),
        (date(2026, 10, 3), "2026-10-03T00:00:00Z", True),
        (datetime(2026, 10, 3, 4, 5, 6, 700000), "2026-10-03 04:05:06.7", True),
        (datetime(2026, 10, 3, 4, tzinfo=timezone(timedelta(hours=2))), "2026-10-03 04:00", True),
        (date(2026, 10, 3), date(2026, 10, 4), False),
        ("2026-02-31", "2026-02-31", True),
        ("2026-10", date(2026, 10, 1), False),
        ("Ada", "ada", False),
        (b"ab", memoryview(b"ab"), True),
        ([1, 2.0], (1, 2), True),
        ({"a": 1, "b": [None]}, {"b": [None], "a": 1.0}, True),
        (timedelta(hours=24), timedelta(days=1), True),
    ],
)
def test_values_are_equal_where_a_reader_would_say_so(one: Any, other: Any, equal: bool) -> None:
    assert same_rows([(one,)], [(other,)]) is equal
    assert same_rows([(other,)], [(one,)]) is equal


def test_rows_are_counted_and_columns_are_told_apart_by_how_they_go_together() -> None:
    assert not same_rows([(1, 2), (2, 1)], [(1, 1), (2, 2)])  # each column has the same values
    assert not same_rows([(1,), (1,), (2,)], [(1,), (2,), (2,)])
    assert same_rows([(1, "a", 2), (3, "b", 4)], [(2, 1, "a"), (4, 3, "b")])
    assert not same_rows([(1,)], [(1, 1)])
    assert not same_rows([()], [(1,)])
    assert same_rows([], [])
    assert not same_rows([], [(None,)])


def test_numbers_that_are_near_are_equal_wherever_the_rounding_falls() -> None:
    low = [(1.0000005, "b"), (1.0000004, "a")]
    high = [(1.00000049, "b"), (1.00000051, "a")]
    assert same_rows(low, high)


def test_forty_columns_of_the_same_values_are_given_up_and_not_waited_for() -> None:
    wide = [tuple((row * (column + 1)) % 41 for column in range(40)) for row in range(1, 41)]
    shuffled = [tuple(reversed(row)) for row in wide]
    assert same_rows(wide, wide)
    assert same_rows(shuffled, wide) in (True, False)


@pytest.mark.parametrize(
    ("sql", "columns", "order"),
    [
        ("SELECT a FROM t", ["a"], None),
        ("SELECT a FROM t ORDER BY a", ["a"], Order((0,))),
        ("SELECT b, a FROM t ORDER BY 2 DESC, b", ["b", "a"], Order((1, 0))),
        ("SELECT a FROM t ORDER BY b", ["a"], Order()),
        ("SELECT t.a, count(*) AS n FROM t GROUP BY 1 ORDER BY n DESC, a", ["a", "n"], Order((1, 0))),
        ("SELECT a, count(*) FROM t GROUP BY a ORDER BY count(*)", ["a", "count_star()"], Order((1,))),
        ("SELECT * FROM t ORDER BY b", ["a", "b"], Order((1,))),
        ("SELECT * FROM (SELECT a FROM t ORDER BY a) x", ["a"], None),
        ("WITH x AS (SELECT a FROM t ORDER BY a LIMIT 3) SELECT a FROM x", ["a"], None),
        ("SELECT a, row_number() OVER (ORDER BY a) FROM t", ["a", "n"], None),
        ("SELECT 'order by a' FROM t -- order by a", ["x"], None),
        ("SELECT a FROM t UNION SELECT a FROM u ORDER BY a", ["a"], Order((0,))),
        ("(SELECT a FROM t ORDER BY a)", ["a"], Order((0,))),
        ("SELECT a FROM t FROM FROM ORDER BY a", ["a"], Order()),
        ("SELECT a FROM t WHERE ((", ["a"], None),
    ],
)
def test_only_the_outermost_order_counts(sql: str, columns: Sequence[str], order: Order | None) -> None:
    assert order_of(sql, "duckdb", columns) == order


def test_rows_that_tie_on_the_order_may_stand_in_any_order() -> None:
    wanted = [("x", 3), ("a", 2), ("b", 2), ("c", 1)]
    tied, out_of_order = [("x", 3), ("b", 2), ("a", 2), ("c", 1)], [("x", 3), ("a", 2), ("c", 1), ("b", 2)]
    assert same_rows(tied, wanted, Order((1,)))
    assert not same_rows(out_of_order, wanted, Order((1,)))
    assert not same_rows(tied, wanted, Order())


def test_soft_f1_is_that_of_bird() -> None:
    # As BIRD's script counts it: a row that is right, one with a cell too many, one with a cell missing.
    wanted = [("Apple", 325), ("Orange",), ("Banana", 119)]
    assert soft_f1([("Apple", 325), ("Orange", 191), ("Banana",)], wanted) == pytest.approx(
        2 * (2.5 / 3.5) * (2.5 / 3.0) / (2.5 / 3.5 + 2.5 / 3.0)
    )
    assert soft_f1([], []) == 1.0
    assert soft_f1([], [(1,)]) == 0.0
    assert soft_f1([(1,)], []) == 0.0
    # One of two columns is there in both rows: precision 1, recall 1/2.
    assert soft_f1([(1,), (2,)], [(1, "a"), (2, "b")]) == pytest.approx(2 / 3)
    # A column too many in both rows: precision 1/2, recall 1.
    assert soft_f1([(1, "a"), (2, "b")], [(1,), (2,)]) == pytest.approx(2 / 3)
    # Half of the rows: precision 1, recall 1/2.
    assert soft_f1([(2,)], [(1,), (2,)]) == pytest.approx(2 / 3)
    assert soft_f1([(2,)], [(1,), (2,)], Order((0,))) == 0.0


CELLS = st.one_of(
    st.none(), st.integers(-3, 3), st.floats(-2, 2, allow_nan=False), st.sampled_from(["a", "b", "2026-01-01"])
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_shuffle_of_rows_and_columns_is_the_same_and_any_other_cell_is_not(data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 4))
    rows = data.draw(st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=6))
    columns = data.draw(st.permutations(range(width)))
    shuffled = [tuple(row[at] for at in columns) for row in data.draw(st.permutations(rows))]
    assert score(shuffled, rows).same
    assert soft_f1(shuffled, rows) == pytest.approx(1.0)
    changed = [list(row) for row in shuffled]
    changed[0][0] = "something else"
    assert not same_rows(changed, rows)
    assert 0.0 <= soft_f1(changed, rows) <= 1.0


def test_the_exact_test_of_mcnemar_agrees_with_the_binomial_by_hand() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
    assert mcnemar(1, 8) == mcnemar(8, 1) == pytest.approx(2 * (1 + 9) / 512)
    assert 0 < mcnemar(3000, 3300) < 0.001
    assert math.isclose(sum(wilson(5, 10)) / 2, 0.5)
    assert wilson(0, 0) == (0.0, 1.0)
