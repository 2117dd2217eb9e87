"""The same question gets the same answer at once, and only while all that it rests on is the same."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytz

from agent import Answer, DBAgent, Policy, ScriptedModel, Settings, User, calls, open_agent, policy_from
from agent.answer_cache import normalised
from agent.assembly import open_store
from agent.cli import main
from agent.events import AnswerReady, Event, QuestionStarted
from agent.kept_answer import NotKeepable, as_document, from_document
from agent.llmops.trace_store import TraceStore
from agent.messages import ModelReply
from agent.store import Store
from tests import servers
from tests.conftest import AgentWith
from tests.waiting import until
from tools.database import Database, Limits
from tools.result_table import ResultTable

COUNT = calls("execute_sql", sql="SELECT count(*) AS n FROM orders")
ASKED = "How many orders are there?"


@pytest.fixture
def caching(open_shop: Database) -> Iterator[Callable[..., DBAgent]]:
    """`caching(*lines)` is an agent over the shop with a cache of a minute."""
    opened: list[DBAgent] = []

    def make(*lines: Any, policy: Policy | None = None, model: ScriptedModel | None = None, **settings: Any) -> DBAgent:
        chosen = Settings.from_environment(**{"answer_ttl": 60, **settings})
        opened.append(open_agent(open_shop, model=model or ScriptedModel(*lines), settings=chosen, policy=policy))
        return opened[-1]

    yield make
    for agent in opened:
        agent.close()


def test_the_same_question_again_costs_no_model_call_and_says_when_it_was_computed(
    caching: Callable[..., DBAgent],
) -> None:
    agent = caching(COUNT, "There are 4.")
    heard: list[Event] = []
    first = agent.ask_sync(ASKED)
    again = agent.ask_sync("  how many orders\n are there", user_id="max", tell=heard.append)
    assert (again.text, again.sql, again.table) == ("There are 4.", first.sql, first.table)
    assert again.question == "  how many orders\n are there"
    receipt = again.receipt
    assert (receipt.steps, receipt.tool_calls, receipt.tokens and receipt.tokens.total, receipt.cost_usd) == (
        0,
        0,
        0,
        0,
    )
    assert receipt.cached_at is not None
    assert first.receipt.cached_at is None
    assert receipt.trace_id not in ("", first.receipt.trace_id)
    assert [type(each) for each in heard] == [QuestionStarted, AnswerReady]
    traced = TraceStore(Settings.from_environment().home / "traces.db").wanted(receipt.trace_id)
    assert (traced.summary.outcome, traced.summary.user) == ("answered", "max")
    assert traced.roots[0].metadata["cached_at"] == receipt.cached_at.isoformat()


def test_without_the_setting_nothing_is_kept(caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.", answer_ttl=0)
    assert [agent.ask_sync(ASKED).text for _ in range(2)] == ["One.", "Two."]
    assert not (Settings.from_environment().home / "store.db").exists()


@pytest.mark.parametrize(
    "other",
    [
        {"history": [{"role": "user", "content": "Only paid ones."}, {"role": "assistant", "content": "Yes."}]},
        {"today": datetime.date(2026, 11, 1)},
        {"effort": "high"},
        {"fresh": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_asked_otherwise_it_is_another_question(other: dict[str, Any], caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.", COUNT, "Two.", COUNT, "Two.")
    assert [agent.ask_sync(ASKED).text, agent.ask_sync(ASKED, **other).text] == ["One.", "Two."]


@pytest.mark.parametrize("lines", [["I cannot say."], [calls("execute_sql", sql="SELECT nonsense"), "No."]])
def test_what_was_not_answered_is_not_kept(lines: list[Any], caching: Callable[..., DBAgent]) -> None:
    agent = caching(*lines, COUNT, "Four.")
    assert not agent.ask_sync(ASKED).answered
    assert agent.ask_sync(ASKED).text == "Four."


def test_what_is_said_of_this_very_hour_is_not_kept(caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.")
    assert [agent.ask_sync("How many orders in the last 3 hours?").text for _ in range(2)] == ["One.", "Two."]


def test_what_is_asked_afresh_takes_the_place_of_what_was_kept(caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.")
    agent.ask_sync(ASKED)
    agent.ask_sync(ASKED, fresh=True)
    assert agent.ask_sync(ASKED).text == "Two."


def test_an_answer_that_is_too_old_is_asked_for_again(
    caching: Callable[..., DBAgent], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.")
    agent.ask_sync(ASKED)
    with closing(sqlite3.connect(Settings.from_environment().home / "store.db")) as kept:
        kept.execute("UPDATE dbagent_answers SET at = at - 61")
        kept.commit()
    assert agent.ask_sync(ASKED).text == "Two."


def test_a_thumbs_down_removes_it_also_one_on_what_came_from_the_cache(caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.", COUNT, "Three.")
    agent.ask_sync(ASKED)
    again = agent.ask_sync(ASKED)
    agent.feedback(again.receipt.trace_id, "up")
    assert agent.ask_sync(ASKED).text == "One."
    agent.feedback(again.receipt.trace_id, "down")
    second = agent.ask_sync(ASKED)
    agent.feedback(second.receipt.trace_id, "down")
    assert [second.text, agent.ask_sync(ASKED).text] == ["Two.", "Three."]


async def test_the_same_question_of_two_at_once_is_computed_once_whoever_of_them_leaves(
    caching: Callable[..., DBAgent],
) -> None:
    go_on = threading.Event()

    def slowly(body: Any) -> ModelReply:
        assert go_on.wait(10)
        return COUNT

    model = ScriptedModel(slowly, "One.", slowly, COUNT, "Two.", COUNT, "Three.")
    agent = caching(model=model)

    async def two(leaves: int) -> str:
        go_on.clear()
        asked = len(model.heard)
        first = asyncio.create_task(agent.ask(ASKED))
        await asyncio.to_thread(until, lambda: len(model.heard) > asked)
        second = asyncio.create_task(agent.ask(ASKED))
        await asyncio.sleep(0.02)  # time enough to ask, if it did
        assert len(model.heard) == asked + 1
        tasks = [first, second]
        tasks.pop(leaves).cancel()
        go_on.set()
        [answer] = await asyncio.gather(*tasks)
        agent.feedback(answer.receipt.trace_id, "down")
        return answer.text

    assert [await two(leaves=1), await two(leaves=0)] == ["One.", "Two."]
    three = await asyncio.gather(*(agent.ask(ASKED) for _ in range(3)))
    assert sorted((each.text, each.receipt.steps) for each in three) == [("Three.", 0), ("Three.", 0), ("Three.", 2)]
    assert len(model.heard) == len(model.lines)


POLICY = {
    "roles": {
        "seller": {"allow": {"tables": ["orders", "customers"]}, "rows": {"orders": "customer_id = :customer"}},
        "boss": {"allow": {"tables": ["orders", "customers"]}},
    }
}


def test_a_question_nearly_the_same_is_shown_the_sql_of_the_earlier_one_and_asked_all_the_same(
    caching: Callable[..., DBAgent],
) -> None:
    model = ScriptedModel(COUNT, "One.", COUNT, "Two.", COUNT, "Three.", COUNT, "Four.", COUNT, "Five.", COUNT, "Six.")
    nearly = "How many orders have there been"

    def told(number: int) -> bool:
        return f"Answered before: {ASKED} → SELECT count(*) AS n FROM orders" in str(
            model.heard[2 * number]["messages"]
        )

    with caching(model=model, answer_examples=True) as agent:
        first = agent.ask_sync(ASKED)
        second = agent.ask_sync(nearly)
        assert (second.text, second.receipt.earlier, second.receipt.steps, told(1)) == ("Two.", ASKED, 2, True)
        traced = TraceStore(Settings.from_environment().home / "traces.db").wanted(second.receipt.trace_id)
        assert traced.roots[0].metadata["earlier"] == ASKED
        assert agent.ask_sync("How many customers are there?").receipt.earlier is None
        assert agent.ask_sync(nearly, fresh=True).receipt.earlier is None
        for each in (first, second, agent.ask_sync(nearly)):  # the last from the cache, as asked afresh
            agent.feedback(each.receipt.trace_id, "down")
        after = agent.ask_sync(nearly)
        assert (after.text, after.receipt.earlier, told(4)) == ("Five.", None, False)
    with caching(model=model) as without:
        assert without.ask_sync("How many orders there are").receipt.earlier is None


def test_an_earlier_question_of_another_policy_is_never_shown(caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "1", COUNT, "2", COUNT, "3", policy=policy_from(POLICY), answer_examples=True)
    ada, li, max_ = (User(id, ("seller",), {"customer": n}) for id, n in (("ada", 1), ("li", 2), ("max", 1)))
    nearly = "How many orders have there been"
    agent.ask_sync(ASKED, user=ada)
    assert agent.ask_sync(nearly, user=li).receipt.earlier is None
    assert agent.ask_sync(nearly, user=max_).receipt.earlier == ASKED


def test_users_who_see_other_rows_never_share_an_answer_and_those_who_see_the_same_do(
    caching: Callable[..., DBAgent],
) -> None:
    agent = caching(COUNT, "Ada's.", COUNT, "Li's.", COUNT, "All.", policy=policy_from(POLICY))

    def asked(id: str, role: str, **variables: object) -> tuple[str, tuple[tuple[Any, ...], ...]]:
        answer = agent.ask_sync(ASKED, user=User(id, (role,), variables))
        assert answer.table is not None
        return answer.text, answer.table.rows

    ada = asked("ada", "seller", customer=1)
    li = asked("li", "seller", customer=2)
    boss = asked("eve", "boss")
    assert [ada, li, boss] == [("Ada's.", ((2,),)), ("Li's.", ((2,),)), ("All.", ((4,),))]
    assert asked("li", "seller", customer=2) == li
    assert asked("max", "seller", customer=1) == ada  # whoever sees the same rows is told the same
    with pytest.raises(Exception, match="The policy has no role"):
        agent.ask_sync(ASKED, user=User("nobody"))


def test_the_arms_of_an_experiment_do_not_share_their_answers(caching: Callable[..., DBAgent], tmp_path: Path) -> None:
    arms = tmp_path / "arms.yaml"
    arms.write_text("name: terse\narms: {production: 50, variant_a: 50}\n")
    agent = caching(COUNT, "One.", COUNT, "Two.", experiment=arms)
    told: dict[str | None, set[str]] = {}
    for number in range(12):
        answer = agent.ask_sync(ASKED, user_id=f"user-{number}")
        told.setdefault(answer.receipt.arm, set()).add(answer.text)
    assert sorted(told.values(), key=sorted) == [{"One."}, {"Two."}]
    assert set(told) == {"production", "variant_a"}


def test_a_file_that_was_written_to_and_a_schema_that_changed_are_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"

    def run(statement: str, age: int) -> None:
        with closing(sqlite3.connect(file)) as database:
            database.execute(statement)
            database.commit()
        os.utime(file, (file.stat().st_mtime - age,) * 2)

    run("CREATE TABLE orders (id INTEGER)", 600)
    settings = Settings.from_environment(answer_ttl=60)
    script = ScriptedModel(COUNT, "None.", COUNT, "One.", COUNT, "Still one.")
    with open_agent(str(file), model=script, settings=settings) as agent:
        said = [agent.ask_sync(ASKED).text]
        run("INSERT INTO orders VALUES (1)", 500)
        said += [agent.ask_sync(ASKED).text, agent.ask_sync(ASKED).text]
        run("ALTER TABLE orders ADD COLUMN total REAL", 400)
        said += [agent.ask_sync(ASKED).text]
    assert said == ["None.", "One.", "One.", "Still one."]


def test_a_schema_change_on_a_server_removes_what_was_kept(postgres_url: str) -> None:
    settings = Settings.from_environment(answer_ttl=60)
    with servers.postgres(postgres_url) as server, closing(open_store(settings)) as store:
        server.execute("CREATE TABLE cached (id int)")
        script = ScriptedModel(*(calls("execute_sql", sql="SELECT count(*) FROM cached"), "None.") * 2)
        with open_agent(postgres_url, model=script, settings=settings) as agent:
            agent.ask_sync(ASKED)
            assert agent.ask_sync(ASKED).receipt.cached_at
            assert _kept(store) == 1
            server.execute("ALTER TABLE cached ADD COLUMN total int")
            # Looking whether it has changed is done so often only as to cost next to nothing.
            until(lambda: agent.ask_sync(ASKED).receipt.cached_at is None)
            assert _kept(store) == 1  # the new one alone
        server.execute("DROP TABLE cached")


def _kept(store: Store) -> int:
    with store._reading() as connection:
        return len(connection.exec_driver_sql("SELECT * FROM dbagent_answers").all())


@pytest.mark.parametrize(
    "change",
    [{"fiscal_year_start": 4}, {"prompt_label": "staging"}, {"step_limit": 3}, {"model": "m-2"}],
    ids=str,
)
def test_with_another_setting_it_is_another_question(change: dict[str, Any], open_shop: Database) -> None:
    def key(**settings: Any) -> str | None:
        chosen = Settings.from_environment(**{"answer_ttl": 60, "openai_base_url": "http://127.0.0.1:1/v1", **settings})
        with open_agent(open_shop, settings=chosen) as agent:
            asked = agent._asked(ASKED, {})  # type: ignore[attr-defined]
        return asked and asked.key

    assert key() == key() != key(**change)


def test_with_another_limit_of_rows_it_is_another_question(
    caching: Callable[..., DBAgent], open_shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.")
    agent.ask_sync(ASKED)
    monkeypatch.setattr(open_shop, "limits", Limits(rows=7))
    assert agent.ask_sync(ASKED).text == "Two."


def test_a_store_that_fails_costs_no_answer_and_is_left_alone_for_a_while(
    caching: Callable[..., DBAgent], caplog: pytest.LogCaptureFixture
) -> None:
    (Settings.from_environment().home / "store.db").write_text("no database, " * 100)
    agent = caching(COUNT, "One.", COUNT, "Two.", COUNT, "Three.")
    assert [agent.ask_sync(ASKED).text for _ in range(3)] == ["One.", "Two.", "Three."]
    (warned,) = [each.message for each in caplog.records if "cached" in each.message]
    assert warned.startswith("Answers are not cached for now. The store ")


def test_a_kept_answer_that_is_damaged_is_asked_for_again(caching: Callable[..., DBAgent]) -> None:
    agent = caching(COUNT, "One.", COUNT, "Two.")
    agent.ask_sync(ASKED)
    with closing(sqlite3.connect(Settings.from_environment().home / "store.db")) as kept:
        kept.execute("""UPDATE dbagent_answers SET document = '{"question": 3}'""")
        kept.commit()
    assert agent.ask_sync(ASKED).text == "Two."


EVERY_KIND = (
    None, True, 7, 2**70, 1.5, -0.0, float("inf"), "text", "\0\n中", Decimal("10.50"), Decimal("-0"), Decimal("1E+400"),
    datetime.date(2026, 11, 24), datetime.datetime(2026, 11, 24, 1, 2, 3, 4), datetime.time(1, 2, 3),
    datetime.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
    datetime.timedelta(days=-3, seconds=5, microseconds=7), b"\x00\xff", uuid.UUID(int=5),
    [1, Decimal("2.0"), [None]], (1, (2,)), {"a": Decimal("1"), 2: [b"x"]}, {"datetime": "no date"},
)  # fmt: skip


def test_an_answer_comes_back_from_json_with_every_value_as_it_was(agent_with: AgentWith) -> None:
    answer = agent_with(COUNT, "Four.").ask_sync(ASKED)
    table = ResultTable("SELECT", ("a", "a"), ((each, None) for each in EVERY_KIND), warnings=("w",), more=True)  # type: ignore[arg-type]
    table = ResultTable(**{**vars(table), "rows": tuple(table.rows)})
    kept = Answer(answer.question, answer.text, answer.sql, table, answer.receipt)
    back = from_document(json.loads(json.dumps(as_document(kept), allow_nan=False)))
    assert back == kept
    assert back.table is not None
    assert [(type(row[0]), str(row[0])) for row in back.table.rows] == [(type(each), str(each)) for each in EVERY_KIND]
    assert [getattr(row[0], "tzinfo", None) for row in back.table.rows] == [
        getattr(each, "tzinfo", None) for each in EVERY_KIND
    ]


def test_values_that_equal_nothing_or_have_another_library_s_zone_come_back_too(agent_with: AgentWith) -> None:
    answer = agent_with(COUNT, "Four.").ask_sync(ASKED)
    moment = pytz.timezone("Asia/Shanghai").localize(datetime.datetime(2026, 11, 24, 9))
    rows = ((float("nan"), Decimal("NaN"), moment),)
    back = from_document(as_document(Answer("", "", None, ResultTable("", ("a", "b", "c"), rows), answer.receipt)))
    assert back.table is not None
    nan, decimal, when = back.table.rows[0]
    assert nan != nan
    assert decimal.is_nan()
    assert (when, when.utcoffset()) == (moment, moment.utcoffset())


@pytest.mark.parametrize("value", ["half \ud83d", object(), {1, 2}, bytearray(b"x")])
def test_an_answer_that_would_not_come_back_as_it_was_is_not_kept(value: object, agent_with: AgentWith) -> None:
    receipt = agent_with(COUNT, "Four.").ask_sync(ASKED).receipt
    with pytest.raises(NotKeepable):
        as_document(Answer("", "", None, ResultTable("", ("a",), ((value,),)), receipt))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("How many orders?", " how  many orders ", True),
        ("有多少订单？", "有多少订单", True),
        ("Orders of US?", "Orders of us?", False),
        ("US orders?", "us orders?", False),
        ("Orders over 5.0", "Orders over 50", False),
        ("???", "!!!", False),
        ("", "?", False),
    ],
)
def test_which_questions_are_one(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same


def test_the_command_line_gives_it_from_the_cache_and_fresh_does_not(
    shop_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DBAGENT_ANSWER_TTL", "60")
    ask = ("ask", ASKED, "--db", str(shop_file))
    told = []
    for more in ((), (), ("--fresh",)):
        assert main([*ask, *more]) == 0
        told.append(capsys.readouterr().out)
    assert ["from cache, computed at 20" in each for each in told] == [False, True, False]
