from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent import Settings, calls
from agent.assembly import trace_store
from agent.llm.scripted import EndpointError
from agent.llmops.trace_store import TraceStore
from agent.messages import ModelReply, Usage
from tests.conftest import AgentWith

ROWS = "SELECT status, count(*) AS n FROM orders GROUP BY status"


@pytest.fixture
def store() -> Iterator[TraceStore]:
    return trace_store(Settings.from_environment())


def test_a_question_is_one_flat_record_with_what_it_took(agent_with: AgentWith, store: TraceStore) -> None:
    agent = agent_with(
        calls("search_metadata", words="orders"),
        calls("execute_sql", sql="SELECT nope FROM orders"),
        calls("execute_sql", sql=ROWS),
        ModelReply("3 paid, 1 returned.", usage=Usage(100, 10, 60), model="gpt-4o"),
    )
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Ask me of the shop."}]
    answer = agent.ask_sync("Orders by status?", history=history, user_id="ada", session_id="s", tags=["eval"])
    [record] = store.traces()
    assert record.answered
    assert (record.id, record.user, record.session, record.tags) == (answer.receipt.trace_id, "ada", "s", ("eval",))
    assert (record.steps, record.tool_calls, record.failed_queries, record.repaired) == (4, 3, 1, True)
    assert (record.prompt_name, record.prompt_version, record.prompt_label) == ("agent/db_agent", 1, "production")
    assert (record.sql, record.rows, record.models) == (ROWS, 2, ("gpt-4o", "scripted"))
    assert set(record.prompt_tokens) == {"system", "schema", "tools", "history", "question", "tool_results", "replies"}
    # The scripted model counts all the bytes it is sent at four a token; the sections must come to about that.
    sent = sum(len(str(body)) // 4 for body in agent.script.heard)  # type: ignore[attr-defined]
    assert sum(record.prompt_tokens.values()) == pytest.approx(sent, rel=0.15)


def test_a_question_that_failed_tells_what_it_was_asked_with(agent_with: AgentWith, store: TraceStore) -> None:
    with pytest.raises(Exception, match="did not take"):
        agent_with(EndpointError(400, "no")).ask_sync("Well?")
    [record] = store.traces()
    assert (record.outcome, record.answered, record.prompt_version, record.steps) == ("error", False, 1, 1)
    assert record.prompt_tokens["system"] > 100
