"""A conversation: what is kept of it, what the model sees of it, and whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent import Policy, ScriptedModel, SessionUnknown, User, calls, open_agent, policy_from
from agent.db_agent import DBAgent
from agent.session import Turn, history
from agent.session_export import as_markdown, as_notebook
from tests.conftest import AgentWith
from tools.database import Database
from tools.text import tokens

BY_STATUS = "SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status"
COUNT = calls("execute_sql", sql=BY_STATUS)


def heard(agent: DBAgent, at: int = -1) -> list[dict[str, Any]]:
    model = agent.script  # type: ignore[attr-defined]
    return list(model.heard[at]["messages"])


def test_the_model_sees_what_was_asked_which_query_answered_it_and_what_came_back(agent_with: AgentWith) -> None:
    agent = agent_with(COUNT, "3 paid, 1 returned.", "Only Berlin: 2.")
    session = agent.session()
    session.ask_sync("Orders by status?")
    session.ask_sync("only Berlin")
    system, question, answer, asked = heard(agent)
    assert question == {"role": "user", "content": "Orders by status?"}
    assert answer["content"] == (
        "3 paid, 1 returned.\n\nThis rests on the query that I ran with execute_sql:\n"
        f"```sql\n{BY_STATUS}\n```\n2 rows\n| status | orders |\n|---|---|\n| paid | 3 |\n| returned | 1 |"
    )
    assert asked["content"].endswith("Question: only Berlin")
    assert system == heard(agent, 0)[0], "the system prompt stays the same byte for byte"


def test_a_session_goes_on_in_another_process(agent_with: AgentWith) -> None:
    first = agent_with(COUNT, "3 and 1.").session("mine", user="ada")
    asked = first.ask_sync("Orders by status?")
    second = agent_with("Both.").session("mine", user="ada")
    assert [(turn.question, turn.sql, turn.trace_id) for turn in second.turns] == [
        ("Orders by status?", BY_STATUS, asked.receipt.trace_id)
    ]
    second.ask_sync("the second one")
    assert "| returned | 1 |" in heard(second.agent)[2]["content"]
    (listed,) = second.agent.sessions(user="ada")
    assert (listed.id, listed.turns, listed.first["question"]) == ("mine", 2, "Orders by status?")


def test_two_that_hold_the_same_session_see_each_others_turns(agent_with: AgentWith) -> None:
    agent = agent_with("One.", "Two.", "Three.")
    here, there = agent.session("s"), agent.session("s")
    here.ask_sync("first")
    there.ask_sync("second")
    here.ask_sync("third")
    assert [turn.question for turn in here.turns] == ["first", "second", "third"]


def test_a_session_of_one_user_is_not_readable_by_another(agent_with: AgentWith) -> None:
    agent = agent_with("Hello.", "Hello.")
    agent.session("s", user="ada").ask_sync("hello")
    for other in ("max", None):
        with pytest.raises(SessionUnknown, match="not yours"):
            agent.session("s", user=other)
        assert agent.sessions(user=other) == []
    agent.session("t").ask_sync("hello")
    with pytest.raises(SessionUnknown):
        agent.session("t", user="ada")


@pytest.mark.parametrize("id", ["", "../x", "a b", "x" * 101, "\x1b[2J"])
def test_an_id_that_is_none_is_refused(agent_with: AgentWith, id: str) -> None:
    with pytest.raises(SessionUnknown, match="no id of a session"):
        agent_with().session(id)


@pytest.fixture
def policy() -> Policy:
    return policy_from(
        {"roles": {"all": {"allow": "*"}, "berlin": {"allow": "*", "rows": {"customers": "city = 'Berlin'"}}}}
    )


def test_what_was_answered_under_other_permissions_is_not_repeated(open_shop: Database, policy: Policy) -> None:
    names = calls("execute_sql", sql="SELECT name FROM customers")
    model = ScriptedModel(names, "Ada, 李雷, Max.", "I cannot know.")
    with open_agent(open_shop, model=model, policy=policy) as agent:
        agent.session("s", user=User("ada", ("all",))).ask_sync("Who?")
        agent.session("s", user=User("ada", ("berlin",))).ask_sync("And who else?")
    told = json.dumps(model.heard[-1]["messages"], ensure_ascii=False)
    assert "Who?" in told
    assert "under other permissions" in told
    assert "李雷" not in told


def test_what_was_answered_over_another_database_is_not_repeated(agent_with: AgentWith, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    agent_with(COUNT, "3 and 1.").session("s").ask_sync("Orders by status?")
    other = agent_with("What orders?", db=tmp_path / "t.csv")
    other.session("s").ask_sync("the second one")
    assert "another database" in heard(other)[2]["content"]
    assert "returned" not in heard(other)[2]["content"]


def test_a_question_that_fails_is_no_turn(agent_with: AgentWith) -> None:
    session = agent_with().session()
    with pytest.raises(Exception, match="script"):
        session.ask_sync("hello")
    assert session.turns == []


def test_without_its_store_a_conversation_goes_on_in_memory_and_says_so(agent_with: AgentWith, tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("this is no database, and long enough to be seen as none" * 50)
    agent = agent_with("One.", "Two.", home=tmp_path)
    session = agent.session("s")
    session.ask_sync("first")
    session.ask_sync("second")
    assert [message["content"] for message in heard(agent)[1:3]] == ["first", "One."]
    assert "kept in memory alone" in session.trouble


def turn(number: int, **given: Any) -> Turn:
    rows = "\n".join(f"| region {row} | {row * 1000} |" for row in range(20))
    return Turn(
        **{
            "question": f"Question {number} about the regions and what was sold in each of them?",
            "text": f"Answer {number}: it is region 7, with some words about how that came about and what to mind.",
            "sql": f"SELECT region, sum(total) FROM orders WHERE week = {number} GROUP BY region",
            "result": f"20 rows\n| region | total |\n|---|---|\n{rows}",
            **given,
        }
    )


def cost(messages: list[dict[str, Any]]) -> int:
    return sum(tokens(each["content"]) for each in messages)


@pytest.mark.parametrize("count", [0, 1, 3, 10, 40, 400])
@pytest.mark.parametrize("budget", [200, 500, 2000])
def test_earlier_turns_keep_to_their_budget_and_none_is_dropped_in_silence(count: int, budget: int) -> None:
    turns = [turn(number) for number in range(1, count + 1)]
    told = history(turns, budget)
    assert cost(told) <= budget
    assert [message["role"] for message in told] == ["user", "assistant"] * (len(told) // 2)
    text = "\n".join(message["content"] for message in told)
    named = [number for number in range(1, count + 1) if f"Question {number} " in text]
    left_out = count - len(named)
    assert named == list(range(left_out + 1, count + 1)), "the latest are named"
    assert left_out == 0 or f"({left_out} more before these)" in text


def test_the_latest_turn_is_whole_and_older_ones_are_shorter() -> None:
    told = history([turn(number) for number in range(1, 11)], 800)
    lengths = [tokens(message["content"]) for message in told if message["role"] == "assistant"]
    assert "| region 19 | 19000 |" in told[-1]["content"]
    assert lengths == sorted(lengths)
    assert "WHERE week = 1 " not in told[1]["content"]
    assert told[1]["content"].startswith("Answer 1")


def test_a_turn_too_large_for_the_budget_is_shortened_too() -> None:
    told = history([turn(1, text="word " * 800, sql="SELECT 1 -- " + "x" * 9000)], 200)
    assert cost(told) <= 200
    assert told[0]["content"].startswith("Question 1 ")


def test_exports_show_every_turn_and_nothing_in_them_is_markup() -> None:
    nasty = turn(2, question="<script>alert(1)</script>\n# no heading", text="a ``` b", sql="SELECT '```', '\x1b[2J'")
    page = as_markdown("Regions", [turn(1), nasty])
    assert page.startswith("# Regions\n\n## Question 1 about")
    assert "## &lt;script>alert(1)&lt;/script> # no heading" in page
    assert "````sql\nSELECT '```', '\\u001b[2J'\n````" in page
    assert "20 rows\n\n| region | total |" in page
    book = as_notebook("Regions", [turn(1), nasty], "abc")
    assert (book["nbformat"], [cell["cell_type"] for cell in book["cells"]]) == (4, ["markdown", *["code"] * 3])
    for cell in book["cells"][1:]:
        compile(cell["source"], "cell", "exec")
    assert "region 19" in book["cells"][2]["outputs"][0]["data"]["text/markdown"]
