"""Evaluation: results compared, cases read, runs kept, compared and reported."""

from __future__ import annotations

import asyncio
import io
import json
import math
import re
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import DBAgent, ScriptedModel, Settings, calls, open_agent
from agent.cli import main
from agent.errors import ModelUnavailable, SettingsError
from agent.evaluation.cases import Case, CaseUser, database_of, read_cases
from agent.evaluation.figures import compared, figures, grouped
from agent.evaluation.report import html_report
from agent.evaluation.results import CaseResult, EvaluationProblem, ResultStore, Run, RunOptions
from agent.evaluation.runner import Asking, ask_all
from agent.evaluation.scoring import Order, mcnemar, order_of, same_rows, score, soft_f1, wilson
from agent.llm.in_process import EndpointError
from agent.messages import ModelReply
from tests.waiting import within
from tools.database import Database, Limits, open_database
from tools.policy_file import policy_from

ROOT = Path(__file__).parent.parent


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
    questions, dialogues = (read_cases(ROOT / "sample_db" / name) for name in ("questions.jsonl", "dialogues.yaml"))
    assert (questions.problems, dialogues.problems) == ((), ())
    assert len({case.dialogue for case in dialogues.cases}) == 40
    with closing(open_database(str(sample_file), limits=Limits(rows=20_000))) as database:
        golds = [gold for case in questions.cases for gold in case.gold_sql]
        assert [gold for gold in golds if not the_same(database, gold, gold)] == []
        for gold in {gold for case in dialogues.cases for gold in case.gold_sql}:
            database.query(gold)  # on some days of the year some bring no rows


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


def test_columns_that_cannot_be_told_apart_are_given_up_and_not_waited_for() -> None:
    latin = [tuple((row + column) % 12 for column in range(12)) for row in range(12)]
    other = [tuple((row * 5 + column * 7) % 12 for column in range(12)) for row in range(12)]
    bits = [tuple((row * (column + 3) // 7) % 2 for column in range(40)) for row in range(500)]
    with within(30):
        assert same_rows([row[::-1] for row in bits], bits)
        assert same_rows(other, latin) in (True, False)
        assert not same_rows([tuple(range(999))[::-1]], [tuple(range(999))])
        assert same_rows([tuple(range(999))], [tuple(range(999))])


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


@settings(max_examples=100)
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


def written(folder: Path, name: str, text: str | Sequence[Mapping[str, Any]]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else "\n".join(map(json.dumps, text)), encoding="utf-8")
    return path


def test_the_benchmarks_are_read_as_they_come(tmp_path: Path) -> None:
    spider = {"db_id": "shop", "question": "How many?", "query": "SELECT 1", "sql": {"from": []}, "query_toks": ["x"]}
    written(tmp_path / "spider", "dev.json", json.dumps([spider, spider]))
    db = written(tmp_path / "spider", "database/shop/shop.sqlite", "")
    read = read_cases(tmp_path / "spider")
    assert [(case.id, case.db, case.gold_sql) for case in read.cases] == [
        ("dev-0000", "shop", ("SELECT 1",)),
        ("dev-0001", "shop", ("SELECT 1",)),
    ]
    assert database_of(read.cases[0], read.path) == str(db)

    bird = {"question_id": 7, "db_id": "shop", "question": "How many?", "evidence": "all", "SQL": "SELECT 1"}
    path = written(tmp_path / "bird", "dev.json", json.dumps([bird | {"difficulty": "simple"}], indent=2))
    db = written(tmp_path / "bird", "dev_databases/shop/shop.sqlite", "")
    (case,) = read_cases(path).cases
    assert (case.id, case.difficulty, case.place) == ("7", "simple", "dev.json:2")
    assert case.asked == "How many?\nEvidence: all"
    assert database_of(case, path) == str(db)

    ours = {"id": "a", "db": "shop", "question": "?", "gold_sql": "SELECT 1", "gold_sql_any": ["SELECT 1", "SELECT 2"]}
    path = written(tmp_path / "shared", "set_60.jsonl", [ours | {"lang": "en", "category": "joins"}])
    db = written(tmp_path / "shared", "databases/set/shop.sqlite", "")
    (case,) = read_cases(path).cases
    assert (case.gold_sql, case.language, case.difficulty) == (("SELECT 1", "SELECT 2"), "en", "joins")
    assert database_of(case, path) == str(db)
    assert database_of(case, path, tmp_path / "bird") is None


def test_a_case_in_yaml_says_all_that_can_be_said(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "cases.yaml",
        """\
cases:
  - question: What was ordered first?
    rows: [[2026-10-03, 10.50]]
    ordered: true
    evidence: By date.
    user: {id: ada, roles: [sales], variables: {region: 3}}
    difficulty: easy
    language: en
    db: shop.duckdb
  - {id: b, question: 多少?, gold_sql: SELECT 1, user: max}
""",
    )
    first, second = read_cases(path).cases
    assert first.rows == ((date(2026, 10, 3), 10.5),)
    assert first.user == CaseUser("ada", ("sales",), {"region": 3})
    assert (first.id, first.place, first.ordered) == ("cases-0000", "cases.yaml:2", True)
    assert (second.id, second.place, second.user) == ("b", "cases.yaml:10", CaseUser("max"))


def test_an_entry_that_is_none_is_told_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    good = '{"id": "a", "question": "?", "gold_sql": "SELECT 1"}'
    lines = [
        good,
        "{",
        good,
        '{"question": "no gold"}',
        "",
        '{"gold_sql": "SELECT 1"}',
        "[1, 2]",
        '{"question": "?", "rows": [[1], [1, 2]]}',
        '{"question": "?", "gold_sql": {"a": 1}}',
        good.replace('"a"', '"b"'),
    ]
    read = read_cases(written(tmp_path, "x.jsonl", "\n".join(lines)))
    assert [case.id for case in read.cases] == ["a", "b"]
    assert [problem.partition(": ")[0] for problem in read.problems] == [f"x.jsonl:{n}" for n in (2, 3, 4, 6, 7, 8, 9)]
    assert read.problems[1] == "x.jsonl:3: the id 'a' is taken by x.jsonl:1. Give it another."
    assert read.problems[2] == "x.jsonl:4: it has no right answer: give gold_sql, or rows. It is left out."

    read = read_cases(written(tmp_path, "x.yaml", "- question: a\n  gold_sql: SELECT 1\n  evidnce: b"))
    assert read.problems == ("x.yaml:1: there is no key 'evidnce' here. Did you mean 'evidence'? It is left out.",)
    read = read_cases(written(tmp_path, "y.yaml", "- question: a\n  expected: [[1]]"))
    assert "There are " in read.problems[0]
    assert ", rows, " in read.problems[0]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{}", "is no list of cases"),
        ("a.json", '[{"a": 1},\n {"b": 2', "a.json:2: the JSON breaks off here"),
        ("a.json", '[{"a": 1}\n {"b": 2}]', "a.json:1: after this entry a comma"),
        ("a.yaml", "- question: [", ": this is no YAML"),
        ("a.yaml", "hello", "is no list of cases"),
        ("a.yaml", "- !!python/object:os.system {}", "this is no YAML"),
        ("a.csv", "question", "is no file of cases"),
        ("a.jsonl", "\udcff", "cannot be read"),
    ],
)
def test_a_file_that_is_none_of_cases_is_refused_in_a_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=re.escape(said)):
        read_cases(tmp_path / name)


def test_a_file_that_is_not_there_and_a_folder_without_cases_are_refused_in_a_line(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.jsonl", tmp_path):
        with pytest.raises(SettingsError):
            read_cases(path)


def follow(body: Mapping[str, Any]) -> ModelReply | str | EndpointError:
    """A model that runs what stands in the question after `run:`, and says so."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return "Done."
    question = str(last["content"]).partition("Question: ")[2]
    if question.startswith("fail"):
        return EndpointError(401, "no")
    sql = question.partition("run: ")[2]
    return calls("execute_sql", sql=sql) if sql else "I do not know."


class Desk:
    """A store, a model that follows, and agents over the shop that are counted."""

    def __init__(self, folder: Path, shop: Path, **settings: Any) -> None:
        self.store = ResultStore(folder / "evaluations.db")
        self.shop, self.settings = shop, Settings.from_environment(**settings)
        self.models: list[ScriptedModel] = []
        self.agents: list[DBAgent] = []
        self.open = self.most_open = 0
        self.lock = threading.Lock()
        self.policy: Any = None

    def open_agent(self, url: str) -> DBAgent:
        model = ScriptedModel(*[follow] * 300)
        agent = open_agent(url, model=model, settings=self.settings, policy=self.policy)
        with self.lock:
            self.models.append(model)
            self.open += 1
            self.most_open = max(self.open, self.most_open)
        close = agent.aclose

        async def counted() -> None:
            await close()
            self.open -= 1

        agent.aclose = counted  # type: ignore[method-assign]
        return agent

    @property
    def questions(self) -> int:
        """How often a question was put to a model for the first time."""
        return sum(body["messages"][-1]["role"] == "user" for model in self.models for body in model.heard)

    def begin(self, *cases: Case) -> Run:
        return self.store.begin("cases.jsonl", len(cases), RunOptions(model="scripted"))

    def ask(
        self,
        run: Run,
        *cases: Case,
        jobs: int = 1,
        urls: Callable[[Case], str | None] | None = None,
        hear: Callable[[Case, CaseResult], None] = lambda case, result: None,
    ) -> list[CaseResult]:
        asked = [(case, urls(case) if urls else str(self.shop)) for case in cases]
        asyncio.run(ask_all(run, asked, self.store, self.open_agent, Asking(jobs=jobs), hear))
        return self.store.results(run.id)


@pytest.fixture
def desk(tmp_path: Path, shop_file: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, shop_file)
    yield desk
    desk.store.close()
    assert desk.open == 0


def case(id: str, question: str = "run: SELECT count(*) FROM orders", **more: Any) -> Case:
    return Case(id, question, f"cases.jsonl:{id}", **({"gold_sql": ("SELECT 4",)} | more))


def test_each_case_is_answered_scored_and_kept(desk: Desk) -> None:
    cases = [
        case("right"),
        case("any", gold_sql=("SELECT 5", "SELECT 4")),
        case("wrong", gold_sql=("SELECT 5",)),
        case("half", "run: SELECT id FROM orders", gold_sql=("SELECT id, status FROM orders",)),
        case("rows", "run: SELECT id FROM customers ORDER BY id DESC", gold_sql=(), rows=((1,), (2,), (3,))),
        case(
            "order",
            "run: SELECT id FROM customers ORDER BY id DESC",
            gold_sql=(),
            rows=((1,), (2,), (3,)),
            ordered=True,
        ),
        case("declined", "what?"),
        case("gold fails", gold_sql=("SELECT nothing FROM nowhere",)),
        case("no database", db="gone"),
        case("too long", "x" * 30_000),
    ]
    run = desk.begin(*cases)
    results = {each.case_id: each for each in desk.ask(run, *cases, urls=lambda c: None if c.db else str(desk.shop))}
    assert {id: each.same for id, each in results.items()} == {
        "right": True,
        "any": True,
        "wrong": False,
        "half": False,
        "rows": True,
        "order": False,
        "declined": False,
        "gold fails": None,
        "no database": None,
        "too long": False,
    }
    assert results["half"].soft_f1 == pytest.approx(2 / 3)
    assert results["gold fails"].problem.startswith("The gold SQL fails: ")
    assert results["no database"].problem == (
        "There is no database 'gone' (gone.sqlite, .db or .duckdb) beside the cases or in the folder of --db."
    )
    assert (results["declined"].outcome, results["too long"].outcome) == ("no_query", "refused")
    right = results["right"]
    assert (right.sql, right.tool_calls, right.steps, right.text) == ("SELECT count(*) FROM orders", 1, 2, "Done.")
    assert right.tokens
    assert right.seconds > 0
    assert right.trace_id
    assert right.given.rows == right.wanted.rows == (("4",),)
    assert desk.questions == 7
    got = figures(results.values())
    assert (got.cases, got.scored, got.answered, got.right) == (10, 8, 6, 3)
    assert (got.accuracy, got.precision) == (3 / 8, 3 / 6)
    assert desk.store.run(run.id).finished


def test_a_run_that_was_interrupted_goes_on_and_asks_no_case_twice(desk: Desk) -> None:
    cases = [case(str(number)) for number in range(6)]
    run = desk.begin(*cases)
    heard: list[str] = []

    def interrupt(case: Case, result: CaseResult) -> None:
        heard.append(case.id)
        if len(heard) == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        desk.ask(run, *cases, hear=interrupt)
    assert desk.open == 0
    assert not desk.store.run(run.id).finished
    desk.store.close()
    assert len(desk.ask(run, *cases)) == 6
    assert desk.questions == 6
    assert desk.store.run(run.id).finished
    desk.ask(run, *cases)
    assert desk.questions == 6
    changed = [*cases[:5], case("5", gold_sql=("SELECT 5",))]
    assert [each.same for each in desk.ask(run, *changed)] == [True] * 5 + [False]
    assert desk.questions == 7


def test_databases_are_opened_when_they_are_needed_few_at_a_time_and_closed(desk: Desk, tmp_path: Path) -> None:
    urls = []
    for number in range(3):
        copy = tmp_path / f"shop{number}.duckdb"
        copy.write_bytes(desk.shop.read_bytes())
        urls.append(str(copy))
    broken = written(tmp_path, "broken.sqlite", "this is no database")
    cases = [case(f"{at}-{number}", db=url) for at in range(2) for number, url in enumerate([*urls, str(broken)])]
    results = desk.ask(desk.begin(*cases), *cases, jobs=2, urls=lambda c: c.db)
    assert sorted(each.same is True for each in results) == [False] * 2 + [True] * 6
    assert len(desk.models) == 3
    assert desk.most_open <= 2


def test_a_model_that_is_away_ends_the_run_which_can_be_gone_on_with(desk: Desk) -> None:
    cases = [case("a"), *(case(f"away {number}", f"fail {number}") for number in range(8))]
    run = desk.begin(*cases)
    with pytest.raises(ModelUnavailable):
        desk.ask(run, *cases)
    results = desk.store.results(run.id)
    assert [each.same for each in results] == [True, None, None, None]
    assert not desk.store.run(run.id).finished
    mended = [case(each.id) for each in cases]
    assert [each.same for each in desk.ask(run, *mended)] == [True] * 9


def test_a_result_that_was_cut_for_the_agent_is_compared_whole_and_for_the_same_user(
    tmp_path: Path, shop_file: Path
) -> None:
    desk = Desk(tmp_path, shop_file, row_limit=2)
    desk.policy = policy_from(
        {"roles": {"berlin": {"allow": {"tables": ["*"]}, "rows": {"orders": "customer_id = :who"}}}}
    )
    ada = CaseUser("ada", ("berlin",), {"who": 1})
    li = CaseUser("li", ("berlin",), {"who": 2})
    every = "run: SELECT c.id FROM customers c CROSS JOIN orders o"
    cases = [
        case("hers", every, user=ada, gold_sql=("SELECT c.id FROM customers c, orders o WHERE o.customer_id = 1",)),
        case("all", every, user=li, gold_sql=("SELECT c.id FROM customers c, orders o",)),
        case("nobody", every),
    ]
    results = desk.ask(desk.begin(*cases), *cases)
    desk.store.close()
    assert [(each.same, each.given.total) for each in results] == [(True, 6), (False, 6), (False, 0)]
    assert results[2].outcome == "refused"


def test_two_runs_are_compared_over_what_both_asked(desk: Desk) -> None:
    def of(id: str, same: bool | None, digest: str = "x", **more: Any) -> CaseResult:
        return CaseResult(id, digest, "?", same=same, answered=bool(same), **more)

    first = [of("a", True), of("b", False), of("c", True), of("d", True), of("e", None), of("f", True)]
    second = [of("a", False), of("b", True), of("c", True), of("d", True, "y"), of("e", True)]
    both = compared(first, second)
    assert [pair[0].case_id for pair in both.won] == ["b"]
    assert [pair[0].case_id for pair in both.lost] == ["a"]
    assert (both.first.right, both.second.right, both.changed, both.apart) == (2, 2, 1, 2)
    assert both.p_value == 1.0
    mixed = [of("a", True, difficulty="hard"), of("b", False, difficulty="easy"), of("c", True)]
    assert [(each.name, each.right) for each in grouped(mixed, lambda each: each.difficulty)] == [
        ("easy", 0),
        ("hard", 1),
        ("(none)", 1),
    ]
    assert grouped(first, lambda each: each.difficulty) == []


def test_no_password_of_a_database_is_kept(desk: Desk) -> None:
    url = "postgresql://ada:s3cret@127.0.0.1:1/shop"
    run = desk.begin(case("a", db=url))
    (result,) = desk.ask(run, case("a", db=url), urls=lambda c: c.db)
    assert result.same is None
    assert result.db == "postgresql://ada:***@127.0.0.1:1/shop"
    assert result.problem
    desk.store.close()
    assert b"s3cret" not in desk.store.path.read_bytes()


def test_what_is_kept_comes_back_as_it_was_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "new" / "evaluations.db")
    assert store.runs() == []
    assert not store.path.exists()
    run = store.begin("cases.jsonl", 1, RunOptions(database="postgresql://a:***@h/d", limit=3))
    result = CaseResult("a", "x", "多少?", gold_sql=("SELECT 1",), same=True, models=("m",), cost_usd=0.1)
    store.keep(run.id, result)
    assert store.results(run.id) == [result]
    assert store.run(run.id[:12]).options == RunOptions(database="postgresql://a:***@h/d", limit=3)
    assert oct(store.path.stat().st_mode)[-3:] == "600"
    with store.working_on(run.id), pytest.raises(EvaluationProblem, match="Another process"), store.working_on(run.id):
        pass
    with pytest.raises(EvaluationProblem, match="no run 'nope'"):
        store.run("nope")
    store.close()
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (a)")
    for path in (tmp_path / "other.db", written(tmp_path, "text.db", "hello" * 1000)):
        with pytest.raises(EvaluationProblem), closing(ResultStore(path)) as foreign:
            foreign.begin("cases.jsonl", 1, RunOptions())


def test_the_report_is_one_file_in_which_nothing_runs(tmp_path: Path) -> None:
    with closing(ResultStore(tmp_path / "e.db")) as store:
        run = store.begin("<b>.jsonl", 2, RunOptions(model="m"))
        nasty = "<script>alert(1)</script>\u202e"
        results = [
            CaseResult("a", "x", nasty, same=False, answered=True, sql=nasty, text=nasty, outcome="answered"),
            CaseResult("b", "x", "?", problem=nasty),
            CaseResult("c", "x", "?", same=True, answered=True, outcome="answered", difficulty="hard", db=nasty),
        ]
        page = html_report(run, results)
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<img|<link|https?://|\bon\w+=|javascript:|\u202e", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in page
    assert "50.0 %" in page
    assert "(95 % interval" not in html_report(run, [])


def dbagent(*arguments: str) -> tuple[int, str, str]:
    out, error = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    with redirect_stdout(out), redirect_stderr(error):
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = int(exit.code or 0)
        finally:
            signal.signal(signal.SIGTERM, handler)
    return code, out.getvalue(), error.getvalue()


def test_cases_are_run_listed_shown_compared_and_reported_from_the_command_line(
    tmp_path: Path, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = written(
        tmp_path,
        "shop.jsonl",
        [
            {"id": "count", "question": "How many customers are there?", "gold_sql": "SELECT count(*) FROM customers"},
            {"id": "off", "question": "How many orders are there?", "gold_sql": "SELECT 5", "difficulty": "hard"},
            {"id": "broken", "question": "How many orders are there?", "gold_sql": "SELECT x FROM y"},
            {"id": "none", "question": "How many?"},
        ],
    )
    assert dbagent("eval", "list")[:2] == (0, "There are no runs yet. Begin one: dbagent eval run CASES\n")
    code, out, error = dbagent("eval", "run", str(cases), "--db", str(shop_file), "--labels", "production,nolabel")
    assert (code, out, error.count("has the label 'nolabel'")) == (2, "", 1)
    assert dbagent("eval", "list")[1].startswith("There are no runs yet")
    code, out, error = dbagent("eval", "run", str(cases), "--db", str(shop_file), "--jobs", "2")
    assert code == 0
    assert "shop.jsonl:4: it has no right answer" in error
    assert "shop.jsonl:3: The gold SQL fails" in error
    assert "EX 50.0 % (95 % interval: 9.5 % to 90.5 %)" in out
    assert "1 not scored (broken)" in out
    run = re.search(r"run (\S+)", out)
    assert run
    code, out, _ = dbagent("eval", "show", run[1][:10], "--wrong")
    assert "WRONG off: How many orders are there?" in out
    assert "1 rows: (5)" in out
    assert dbagent("eval", "run", "--resume", run[1], "--model", "other")[0] == 2
    assert dbagent("eval", "run", "--resume", run[1])[0] == 0

    assert dbagent("eval", "run", str(cases), "--db", str(shop_file), "--limit", "2")[0] == 0
    code, out, _ = dbagent("eval", "compare", run[1], "latest")
    assert "No case flipped." in out
    code, out, _ = dbagent("eval", "list")
    assert out.count("shop.jsonl") == 2
    code, out, error = dbagent("eval", "run", str(cases), "--db", str(tmp_path / "gone.duckdb"))
    assert code == 3
    assert error.count("There is no file") == 1  # not once a case
    page = tmp_path / "report.html"
    assert dbagent("eval", "report", run[1], "--out", str(page))[0] == 0
    assert "How many customers are there?" in page.read_text("utf-8")


def test_a_template_to_be_measured_is_looked_at_first_and_stays_the_same_for_the_run(
    tmp_path: Path, shop_file: Path
) -> None:
    cases = written(tmp_path, "one.jsonl", [{"question": "How many orders are there?", "gold_sql": "SELECT 4"}])
    template = written(tmp_path, "mine.jinja", "{{ meta.dialect }} {{ who }}")
    asking = ("eval", "run", str(cases), "--db", str(shop_file), "--prompt-file", str(template))
    code, out, error = dbagent(*asking)
    assert (code, out, error.count("'who' is undefined")) == (2, "", 1)
    assert dbagent("eval", "list")[1].startswith("There are no runs yet")
    template.write_text("{{ meta.dialect }}")
    begun = re.search(r"run (\S+)", dbagent(*asking)[1])
    assert begun
    assert dbagent("eval", "run", "--resume", begun[1])[0] == 0
    template.write_text("{{ meta.dialect }} and more")
    code, out, error = dbagent("eval", "run", "--resume", begun[1])
    assert (code, out, error.count(f"mine.jinja has changed since run {begun[1]} was begun")) == (2, "", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run",), "Name a file of cases"),
        (("run", "nothing.jsonl"), "There is no file 'nothing.jsonl'"),
        (("run", "--resume", "nope"), "There is no run 'nope'"),
        (("show",), "There are no runs yet"),
        (("compare", "a", "b"), "There is no run 'a'"),
        (("report", "--out", "x.html"), "There are no runs yet"),
        (("run", "x.jsonl", "--jobs", "0"), "'0' is no whole number of 1 or more"),
        (("run", "x.jsonl", "--jobs", "many"), "'many' is no whole number"),
    ],
)
def test_bad_usage_is_said_in_a_line(arguments: Sequence[str], said: str) -> None:
    code, out, error = dbagent("eval", *arguments)
    assert (code, out) == (2, "")
    assert said in error
    assert "Traceback" not in error
