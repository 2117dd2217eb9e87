"""A whole question as Langfuse receives it, and what becomes of the question when Langfuse misbehaves."""

from __future__ import annotations

import json
import logging
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent import DBAgent, ScriptedModel, Settings, calls, open_agent
from agent.llm.scripted import EndpointError, calls_all
from agent.messages import ModelReply, Usage
from tests.langfuse_double import Fault, LangfuseDouble, fails, hangs, is_gone, is_slow, refuses
from tests.waiting import until, within

ROWS = "SELECT status, count(*) AS n FROM orders GROUP BY status"


def agent_at(double: LangfuseDouble, shop_file: Path, *lines: object, **overrides: object) -> DBAgent:
    keys = {
        "LANGFUSE_PUBLIC_KEY": double.keys["public_key"],
        "LANGFUSE_SECRET_KEY": double.keys["secret_key"],
        "LANGFUSE_BASE_URL": double.url,
        "DBAGENT_HOME": str(shop_file.parent / f"home-{time.monotonic_ns()}"),
    }
    settings = Settings.from_environment(keys, **overrides)
    return open_agent(str(shop_file), model=ScriptedModel(*lines), settings=settings)  # type: ignore[arg-type]


def test_a_question_arrives_as_one_tree_of_phases_model_calls_and_tools(
    langfuse: LangfuseDouble, shop_file: Path
) -> None:
    langfuse.add_prompt("agent/db_agent", "Answer. Dialect: {{ meta.dialect }}", labels=("production",))
    with agent_at(
        langfuse,
        shop_file,
        calls("search_metadata", words="orders"),
        calls_all(calls("execute_sql", sql="SELECT nope FROM orders"), calls("execute_sql", sql=ROWS)),
        ModelReply("3 paid, 1 returned.", usage=Usage(100, 10, 60), model="gpt-4o"),
    ) as agent:
        answer = agent.ask_sync("Orders by status?", user_id="ada", session_id="monday")
    until(lambda: len(langfuse.spans) >= 10)
    assert langfuse.tree() == [
        "agent: db_agent",
        "  chain: plan generation",
        "    generation: model scripted",
        "    tool: search_metadata",
        "  chain: sql generation",
        "    generation: model scripted",
        "    tool: execute_sql",
        "    tool: execute_sql",
        "  chain: result formatting",
        "    generation: model scripted",
    ]
    assert {span.trace_id for span in langfuse.spans} == {answer.receipt.trace_id}
    assert {(span.attributes["user.id"], span.attributes["session.id"]) for span in langfuse.spans} == {
        ("ada", "monday")
    }
    last = max((s for s in langfuse.spans if s.kind == "generation"), key=lambda s: s["completion_start_time"])
    assert (last["prompt.name"], last["prompt.version"]) == ("agent/db_agent", 1)
    assert json.loads(last["usage_details"])["output"] == 10
    assert json.loads(last["cost_details"])["total"] == pytest.approx((40 * 2.5 + 60 * 1.25 + 10 * 10) / 1e6)
    assert (answer.receipt.prompt_source, answer.receipt.prompt_version) == ("langfuse", 1)
    assert answer.receipt.trace_url == f"{langfuse.url}/project/project-of-the-double/traces/{answer.receipt.trace_id}"
    failed = [
        span for span in langfuse.spans if span.kind == "tool" and span.attributes.get("langfuse.observation.level")
    ]
    assert [span["level"] for span in failed] == ["WARNING"]


def test_an_edit_online_takes_effect_without_a_restart(langfuse: LangfuseDouble, shop_file: Path) -> None:
    langfuse.add_prompt("agent/db_agent", "First.", labels=("production",))
    with agent_at(langfuse, shop_file, "One.", "Two.", prompt_ttl=0.01) as agent:
        first = agent.ask_sync("Well?")
        langfuse.add_prompt("agent/db_agent", "Second.", labels=("production",))
        until(lambda: agent.prompts.get_prompt("agent/db_agent").version == 2)
        second = agent.ask_sync("Well?")
    assert (first.receipt.prompt_version, second.receipt.prompt_version) == (1, 2)


@pytest.mark.parametrize("fault", [is_gone, hangs, refuses, fails, is_slow])
def test_a_question_is_answered_all_the_same_when_langfuse(
    fault: Fault, langfuse: LangfuseDouble, shop_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fault(langfuse)
    caplog.set_level(logging.WARNING)
    lines = [calls("execute_sql", sql=ROWS), "3 and 1."] * 3
    with ExitStack() as opened:
        agent = opened.enter_context(agent_at(langfuse, shop_file, *lines))
        answers = [agent.ask_sync("Orders by status?") for _ in range(3)]
        with within(15):
            opened.close()
    assert [answer.text for answer in answers] == ["3 and 1."] * 3
    assert all(answer.receipt.prompt_source == "file" for answer in answers)
    waits = [answer.receipt.seconds for answer in answers]
    assert min(waits[1:]) < 1, "only the first question may wait for the prompt, which it does for a second"
    assert len(caplog.records) <= 2


def test_no_secret_is_in_any_byte_that_leaves(langfuse: LangfuseDouble, shop_file: Path) -> None:
    leak = "postgresql://app:hunter2secret@db/prod"
    with (
        agent_at(
            langfuse, shop_file, calls("execute_sql", sql=f"SELECT '{leak}' AS dsn"), EndpointError(400, f"bad {leak}")
        ) as agent,
        pytest.raises(Exception, match="did not take"),
    ):
        agent.ask_sync(f"Why does {leak} not answer?")
    until(lambda: len(langfuse.spans) >= 5)
    assert b"hunter2secret" not in b"".join(langfuse.bodies)
    assert "hunter2secret" not in repr(langfuse.spans)
