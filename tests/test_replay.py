from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent import DBAgent, Settings, calls
from agent.assembly import trace_store
from agent.cli import main
from agent.errors import ReplayRefused
from agent.llm.scripted import Line
from agent.llmops.trace_records import TraceTree
from agent.replay import NOT_RECORDED, Attempt, Replay, ask_again
from tests.conftest import AgentWith
from tools.policy import User

ROWS = "SELECT status, count(*) AS n FROM orders GROUP BY status ORDER BY status"
PAID = "SELECT count(*) AS paid FROM orders WHERE status = 'paid'"
POLICY = """
roles:
  clerk: {allow: "*", rows: {orders: status = :status}}
  boss: {allow: "*"}
"""
ADA = User("ada", ("clerk",), {"status": "paid"})


def latest() -> TraceTree:
    return trace_store(Settings.from_environment()).wanted(None)


def replayed(agent: DBAgent, trace: TraceTree, *, recorded: bool = False, user: User | None = None) -> Replay:
    work = ask_again(trace, agent, user=user, prompt_label=None, recorded=recorded)
    answer, recording, notes = agent.run(work)
    again = trace_store(Settings.from_environment()).wanted(answer.receipt.trace_id)
    question = trace.summary.question
    return Replay(question, Attempt.of(trace), Attempt.of(again), recorded, tuple(recording.unknown), tuple(notes))


def test_a_question_is_asked_again_live_and_what_differs_is_told(agent_with: AgentWith) -> None:
    agent = agent_with(
        calls("execute_sql", sql="SELECT nope"), calls("execute_sql", sql=PAID), "Three are paid.",
        calls("execute_sql", sql=ROWS), "3 paid, 1 returned.",
    )  # fmt: skip
    agent.ask_sync("How many are paid?", user_id="ada")
    replay = replayed(agent, latest())
    assert (replay.before.sql, replay.after.sql, replay.same_sql, replay.same_rows) == (PAID, ROWS, False, False)
    assert (replay.before.rows, replay.after.rows) == ("1 row", "2 rows")
    assert (replay.before.steps, replay.after.steps, replay.before.tool_calls, replay.after.tool_calls) == (3, 2, 2, 1)
    assert replay.after.tokens is not None
    assert replay.before.tokens is not None
    assert replay.after.tokens < replay.before.tokens
    assert replay.diff("sql") == ["@@ -1 +1 @@", f"-{PAID}", f"+{ROWS}"]
    again = latest().summary
    assert (again.tags, again.user, again.by_a_user) == (("replay",), "ada", False)


def test_recorded_results_stand_in_for_the_tools_and_what_is_not_recorded_is_said_so(agent_with: AgentWith) -> None:
    asked_first: tuple[Line, ...] = (calls("execute_sql", sql=ROWS), "3 and 1.")
    agent = agent_with(
        *asked_first,
        calls("execute_sql", sql=f" {ROWS};"),
        calls("execute_sql", sql="SELECT count(*) FROM customers"),
        calls("show_table", tables=["orders"]),
        "3 and 1, I think.",
    )
    agent.ask_sync("Orders by status?")
    trace = latest()
    changed = replace(trace, roots=tuple(_with_output(root, "2 rows\n| as | recorded |") for root in trace.roots))
    replay = replayed(agent, changed, recorded=True)
    heard = [message["content"] for message in agent.script.heard[-1]["messages"] if message["role"] == "tool"]  # type: ignore[attr-defined]
    assert heard == ["2 rows\n| as | recorded |", NOT_RECORDED, NOT_RECORDED]
    assert replay.not_recorded == (
        'execute_sql {"sql": "SELECT count(*) FROM customers"}', 'show_table {"tables": ["orders"]}',
    )  # fmt: skip
    assert (replay.after.outcome, replay.after.text, replay.same_rows) == ("answered", "3 and 1, I think.", True)


def _with_output(span: Any, output: str) -> Any:
    children = tuple(_with_output(child, output) for child in span.children)
    return replace(span, children=children, output=output if span.kind == "tool" else span.output)


def test_it_is_asked_with_the_turns_and_on_the_day_of_its_trace(agent_with: AgentWith) -> None:
    history = [{"role": "user", "content": "How many orders?"}, {"role": "assistant", "content": "Four."}]
    agent = agent_with("It was so.", "It was so.")
    day = date.today() - timedelta(days=40)
    agent.ask_sync("And paid last month?", history=history, today=day)
    first = agent.script.heard[-1]["messages"]  # type: ignore[attr-defined]
    replay = replayed(agent, latest())
    assert agent.script.heard[-1]["messages"] == first  # type: ignore[attr-defined]
    assert replay.notes == (f"Asked as on {day}, the day of the trace; the data are those of today.",)


def test_what_the_user_chose_when_asked_back_is_chosen_again(agent_with: AgentWith) -> None:
    back = calls("ask_user", question="Which?", options=["all", "paid"])
    agent = agent_with(back, calls("execute_sql", sql=PAID), "Three.", calls("execute_sql", sql=PAID), "Three.")
    agent.ask_sync("How many?", ask_user=lambda asked: "2")
    replayed(agent, latest())
    told = agent.script.heard[-2]["messages"][-1]["content"]  # type: ignore[attr-defined]
    assert 'You asked: "Which?" The user answers: "paid"\nQuestion: How many?' in told


def test_a_conversation_that_is_cut_in_its_trace_is_not_asked_as_another(agent_with: AgentWith) -> None:
    agent = agent_with("Yes.")
    long = [{"role": "user", "content": "word " * 9000}, {"role": "assistant", "content": "Well."}]
    agent.ask_sync("And?", history=long)
    with pytest.raises(ReplayRefused, match="The 2 turns of the conversation"):
        replayed(agent, latest())


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, "utf-8")
    return str(path)


def test_a_replay_sees_what_was_seen_then_and_no_more(agent_with: AgentWith, policy: str) -> None:
    agent = agent_with(
        calls("execute_sql", sql=ROWS), "3 paid.", calls("execute_sql", sql=ROWS), "3 paid.",
        calls("execute_sql", sql=ROWS), "3 paid.", policy=policy,
    )  # fmt: skip
    agent.ask_sync("Orders by status?", user=ADA)
    trace = latest()
    for recorded in (False, True):
        assert replayed(agent, trace, user=ADA, recorded=recorded).same_rows
        for user, said in (
            (User("eve", ("clerk",), {"status": "paid"}), "asked for the user 'ada', not for 'eve'"),
            (User("ada", ("boss",)), "saw other things when it was asked"),
            (User("ada", ("clerk",), {"status": "returned"}), "saw other things when it was asked"),
        ):
            with pytest.raises(ReplayRefused, match=said):
                replayed(agent, trace, user=user, recorded=recorded)
        with pytest.raises(ReplayRefused, match="under a policy for the user 'ada', and now there is none"):
            replayed(agent_with("Never said."), trace, user=ADA, recorded=recorded)


def test_results_recorded_without_a_policy_are_not_shown_under_one(agent_with: AgentWith, policy: str) -> None:
    agent_with(calls("execute_sql", sql=ROWS), "3 paid, 1 returned.").ask_sync("Orders by status?")
    trace = latest()
    under_one = agent_with(calls("execute_sql", sql=ROWS), "3 paid.", policy=policy)
    with pytest.raises(ReplayRefused, match="asked without a policy"):
        replayed(under_one, trace, user=ADA, recorded=True)
    assert replayed(under_one, trace, user=ADA).after.rows == "1 row"


def test_the_command_shows_both_attempts(
    shop_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBAGENT_DATABASE_URL", str(shop_file))
    assert main(["ask", "How many orders are there?"]) == 0
    asked = latest().summary.id
    capsys.readouterr()
    assert main(["replay", asked[:12], "--recorded"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Asked again against the recorded results: How many orders are there?\n")
    assert shown.endswith("SQL: the same\n\nrows: the same\n\ntext: the same\n")
    assert main(["replay", asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["before"]["trace_id"], told["same_sql"], told["same_rows"], told["notes"]) == (asked, True, True, [])
    for arguments, said in (
        (["replay", "zz"], "There is no trace 'zz'"),
        (["replay", ""], "There is no trace ''"),
        (["replay", asked, "--prompt-label", "nope"], "'nope'"),
        (["replay", asked, "--db", "/nowhere.sqlite"], "nowhere.sqlite"),
    ):
        assert main(arguments) in (2, 5)
        assert said in capsys.readouterr().err
    monkeypatch.setenv("DBAGENT_LOCAL_TRACES", "false")
    assert main(["replay", asked]) == 2
