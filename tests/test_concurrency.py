"""One agent, many questions at once, of different users with different rights: nothing of one is in another's."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent import Answer, ScriptedModel, Settings, User, calls, open_agent
from agent.assembly import trace_store
from agent.events import Event, TextDelta, ToolFinished
from agent.messages import ModelReply
from tools.database import Database
from tools.policy_file import policy_from

POLICY = policy_from(
    {
        "roles": {
            "buyer": {"allow": "*", "rows": {"orders": "customer_id = :customer"}},
            "clerk": {"allow": "*", "masks": {"customers.name": {"constant": "***"}}},
            "guest": {"allow": {"tables": ["customers"]}},
        }
    }
)
ORDERS, NAMES = "SELECT customer_id FROM orders ORDER BY 1", "SELECT name FROM customers ORDER BY id"
SEES = {
    "ada": (User("ada", ("buyer",), {"customer": 1}), ORDERS, ((1,), (1,))),
    "lei": (User("lei", ("buyer",), {"customer": 2}), ORDERS, ((2,), (2,))),
    "max": (User("max", ("buyer",), {"customer": 3}), ORDERS, ()),
    "eve": (User("eve", ("clerk",)), NAMES, (("***",), ("***",), ("***",))),
    "kim": (User("kim", ("clerk",)), ORDERS, ((1,), (1,), (2,), (2,))),
    "guy": (User("guy", ("guest",)), NAMES, (("Ada",), ("李雷",), ("Max",))),
    "foe": (User("foe", ("guest",)), ORDERS, None),
}


def obliging(body: Mapping[str, Any]) -> ModelReply | str:
    """Runs the statement that the question is, after a while that is never the same, and says for whom it was."""
    threading.Event().wait(random.random() / 50)
    question = next(each["content"] for each in body["messages"] if each["role"] == "user").rsplit("Question: ", 1)[1]
    who, sql = question.split(": ", 1)
    return f"this is for {who}" if body["messages"][-1]["role"] == "tool" else calls("execute_sql", sql=sql)


async def test_questions_of_many_users_at_once_keep_rows_rights_words_and_traces_apart(
    open_shop: Database, tmp_path: Path
) -> None:
    people = [*SEES] * 6
    random.Random(7).shuffle(people)
    told: list[list[Event]] = [[] for _ in people]
    settings = Settings(home=tmp_path)
    async with open_agent(open_shop, model=ScriptedModel(*[obliging] * 200), policy=POLICY, settings=settings) as agent:

        async def ask(at: int, who: str) -> Answer:
            await asyncio.sleep(random.random() / 10)
            user, sql, _ = SEES[who]
            return await agent.ask(f"{who}: {sql}", user=user, session_id=f"of {who}", tell=told[at].append)

        answers = await asyncio.gather(*(ask(at, who) for at, who in enumerate(people)))
    policies: dict[str, set[str | None]] = {}
    for who, answer, events in zip(people, answers, told, strict=True):
        rows = SEES[who][2]
        assert (answer.table.rows if answer.table else None) == rows, who
        assert answer.text == f"this is for {who}"
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text
        assert [event.reply.call.arguments for event in events if isinstance(event, ToolFinished)] == [
            calls("execute_sql", sql=SEES[who][1]).tool_calls[0].arguments
        ]
        assert (answer.receipt.steps, answer.receipt.tool_calls) == (2, 1)
        policies.setdefault(who, set()).add(answer.receipt.policy)
    assert all(len(ids) == 1 for ids in policies.values())
    assert len({policies[who].pop() for who in ("ada", "lei", "max", "eve", "guy")}) == 5

    traces = {summary.id: summary for summary in trace_store(settings).traces(1000)}
    assert len(traces) == len(people)
    for who, answer in zip(people, answers, strict=True):
        tree = trace_store(settings).trace(answer.receipt.trace_id)
        assert tree is not None
        spans = [each for _, each in tree.walk()]
        assert {each.user for each in spans} == {who}
        assert {each.session for each in spans} == {f"of {who}"}
        assert not [
            each.name for each in spans if any(f"{other}: " in str(each.input) for other in SEES if other != who)
        ]
        assert [each.name for each in spans].count("execute_sql") == 1
