from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from agent import Settings, calls
from agent.assembly import trace_store
from agent.cli import main
from agent.errors import SettingsError
from agent.llm.scripted import EndpointError
from agent.llmops.metrics import grouped, metrics_of, time_span
from agent.llmops.prometheus import exposition
from agent.llmops.trace_records import TraceSummary
from agent.llmops.trace_store import TraceStore
from agent.messages import ModelReply, Usage
from tests.conftest import AgentWith

NOON = datetime(2026, 11, 20, 12).astimezone()
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
    assert (record.prompt_name, record.prompt_version, record.prompt_label) == (
        "agent/db_agent",
        answer.receipt.prompt_version,
        "production",
    )
    assert (record.sql, record.rows, record.models) == (ROWS, 2, ("gpt-4o", "scripted"))
    assert set(record.prompt_tokens) == {"system", "schema", "tools", "history", "question", "tool_results", "replies"}
    # The scripted model counts all the bytes it is sent at four a token; the sections must come to about that.
    sent = sum(len(str(body)) // 4 for body in agent.script.heard)  # type: ignore[attr-defined]
    assert sum(record.prompt_tokens.values()) == pytest.approx(sent, rel=0.15)


def test_a_question_that_failed_tells_what_it_was_asked_with(agent_with: AgentWith, store: TraceStore) -> None:
    agent = agent_with(EndpointError(400, "no"))
    with pytest.raises(Exception, match="did not take"):
        agent.ask_sync("Well?")
    [record] = store.traces()
    assert (record.outcome, record.answered, record.steps) == ("error", False, 1)
    assert record.prompt_version == agent.prompts.get_prompt("agent/db_agent").version
    assert record.prompt_tokens["system"] > 100


def asked(question: int = 0, **more: Any) -> TraceSummary:
    made = TraceSummary(
        f"{question:032x}", "db_agent", "How many?", NOON, 2.0, 100, 0.01, ("m-1",), "answered", None, None, None,
        sql="SELECT 1", prompt_name="agent/db_agent", prompt_version=1,
    )  # fmt: skip
    return replace(made, **more)


def test_rates_are_of_the_questions_that_ended() -> None:
    got = metrics_of(
        [
            asked(),
            asked(outcome="no_query", sql=None, seconds=4.0),
            asked(outcome="error", sql=None, seconds=30.0, tokens=None, cost_usd=None, failed_queries=2),
            asked(outcome="cancelled", sql=None, seconds=0.1),
            asked(outcome="unfinished", sql=None, seconds=None),
            asked(failed_queries=1, repaired=True, prompt_tokens={"schema": 7}),
        ]
    )
    assert (got.questions, got.unfinished, got.answered, got.errors, got.cancelled) == (5, 1, 2, 1, 1)
    assert (got.answered_rate, got.error_rate, got.repair_rate) == (0.4, 0.2, 0.5)
    assert (got.p50_latency_s, got.p95_latency_s, got.avg_latency_s) == (2.0, 30.0, 9.5)
    assert (got.tokens, got.tokens_unknown, got.avg_tokens) == (400, 1, 100)
    assert (got.cost_usd, got.avg_cost_usd) == (pytest.approx(0.04), pytest.approx(0.01))
    assert got.by_section == {"schema": 7}


def test_days_without_a_question_are_in_the_table_and_other_groups_go_by_how_much_was_asked() -> None:
    questions = [asked(), asked(started=NOON + timedelta(days=2), user="ada"), asked(user="ada", prompt_version=2)]
    assert [(each.name, each.questions) for each in grouped(questions, "day")] == [
        ("2026-11-20", 2), ("2026-11-21", 0), ("2026-11-22", 1),
    ]  # fmt: skip
    assert [(each.name, each.questions) for each in grouped(questions, "user")] == [("ada", 2), ("(nobody named)", 1)]
    assert [each.name for each in grouped(questions, "prompt_version")] == ["agent/db_agent v1", "agent/db_agent v2"]
    assert grouped([], "day") == []
    assert metrics_of([]).error_rate is None


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1.5h", "7 days", "９d", "99999999d", "999999w"])
def test_what_is_no_span_of_time_is_said_so(text: str) -> None:
    with pytest.raises(SettingsError, match="--since is"):
        time_span(text, "--since")


def test_prometheus_reads_what_is_written_for_it() -> None:
    page = exposition(
        [
            asked(prompt_label='a"b\\c\nd', seconds=0.4, prompt_tokens={"schema": 70}),
            asked(prompt_label='a"b\\c\nd', seconds=700.0, failed_queries=1, repaired=True),
            asked(outcome="unfinished", seconds=None),
        ]
    )
    label = r'model="m-1",prompt="agent/db_agent",prompt_version="1",prompt_label="a\"b\\c\nd"'
    lines = page.split("\n")
    for line in (
        "# TYPE dbagent_questions_total counter",
        f'dbagent_questions_total{{{label},outcome="answered"}} 2',
        f"dbagent_questions_repaired_total{{{label}}} 1",
        f"dbagent_tokens_total{{{label}}} 200",
        f"dbagent_cost_usd_total{{{label}}} 0.02",
        f'dbagent_prompt_section_tokens_total{{{label},section="schema"}} 70',
        f'dbagent_question_duration_seconds_bucket{{{label},le="0.5"}} 1',
        f'dbagent_question_duration_seconds_bucket{{{label},le="120"}} 1',
        f'dbagent_question_duration_seconds_bucket{{{label},le="+Inf"}} 2',
        f"dbagent_question_duration_seconds_sum{{{label}}} 700.4",
        f"dbagent_question_duration_seconds_count{{{label}}} 2",
    ):
        assert line in lines
    sample = re.compile(r'[a-z_]+\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\} [0-9.e+-]+')
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in lines[:-1])
    assert page.endswith("\n")


def test_the_metrics_of_users_leave_evaluations_out(agent_with: AgentWith, capsys: pytest.CaptureFixture[str]) -> None:
    agent = agent_with(calls("execute_sql", sql=ROWS), "3 and 1.", "Hello.", "Measured.")
    agent.ask_sync("Orders by status?", user_id="ada")
    agent.ask_sync("Hello?", user_id="ada")
    agent.ask_sync("Measured?", tags=["evaluation"])
    assert main(["metrics", "--json", "--by", "user"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(group["name"], group["questions"], group["answered"]) for group in told["groups"]] == [("ada", 2, 1)]
    assert main(["metrics", "--all"]) == 0
    assert capsys.readouterr().out.startswith("3 questions in the last 7 days\n")
    assert main(["metrics", "--prometheus", "--since", "7d"]) == 2
