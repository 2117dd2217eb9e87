"""With high effort several candidates answer; what most of them agree on wins, and the receipt says how they voted."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from agent import Answer, ModelUnavailable, calls
from agent.answer import Votes
from agent.events import Event, TextDelta
from agent.llm.scripted import EndpointError
from agent.messages import ModelReply
from agent.votes import choice
from tests.conftest import AgentWith
from tests.waiting import within

COUNT = "SELECT count(*) AS n FROM orders"
SAME = "SELECT count(id) AS orders FROM orders"
OTHER = "SELECT count(*) FROM customers"
THIRD = "SELECT max(id) + 7 FROM orders"
QUESTION = "How many orders are there?"


class Crowd:
    """Answers as candidate after candidate: each new conversation gets the next SQL; None speaks without one."""

    def __init__(self, *statements: str | EndpointError | None, verdict: str = "1") -> None:
        self.statements = list(statements)
        self.verdict = verdict
        self.judged: list[str] = []
        self.temperatures: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, body: Mapping[str, Any]) -> ModelReply | str | EndpointError:
        last = body["messages"][-1]
        if last["role"] == "tool":
            return f"So: {last['content'].splitlines()[-1]}"
        if "Attempt 1." in last["content"]:
            self.judged.append(last["content"])
            return self.verdict
        with self._lock:
            statement = self.statements.pop(0)
            self.temperatures.append(body["temperature"])
        if isinstance(statement, EndpointError):
            return statement
        return calls("execute_sql", sql=statement) if statement else "I cannot tell."


def asked(agent_with: AgentWith, crowd: Crowd, **settings: Any) -> Answer:
    return agent_with(*[crowd] * 40, **settings).ask_sync(QUESTION, effort="high")


def test_two_that_agree_are_a_majority_and_the_third_is_not_asked(agent_with: AgentWith) -> None:
    crowd = Crowd(COUNT, SAME)
    answer = asked(agent_with, crowd)
    assert answer.table is not None
    assert (answer.table.rows, answer.receipt.outcome) == (((4,),), "answered")
    assert (answer.receipt.votes, answer.receipt.steps) == (Votes(2, 2, 1, judged=False), 4)
    assert sorted(crowd.temperatures) == [0.0, 0.7]


def test_the_majority_wins_and_all_are_paid_for(agent_with: AgentWith) -> None:
    answer = asked(agent_with, Crowd(OTHER, COUNT, SAME))
    assert answer.table is not None
    assert answer.table.rows == ((4,),)
    assert answer.receipt.votes == Votes(3, 2, 2, judged=False)
    assert (answer.receipt.steps, answer.receipt.tool_calls) == (6, 3)
    assert answer.receipt.as_json()["votes"] == {"candidates": 3, "agree": 2, "results": 2, "judged": False}


def test_a_tie_is_judged_by_question_sql_and_rows(agent_with: AgentWith) -> None:
    crowd = Crowd(OTHER, COUNT, THIRD, verdict="Attempt 2 is right.")
    answer = asked(agent_with, crowd)
    assert answer.receipt.votes == Votes(3, 1, 3, judged=True)
    assert answer.receipt.steps == 7
    assert QUESTION in crowd.judged[0]
    assert f"SQL: {answer.sql}" in crowd.judged[0].split("Attempt 2.")[1].split("Attempt 3.")[0]


@pytest.mark.parametrize(
    ("said", "index"), [("2", 1), ("Attempt 3.", 2), ("0", None), ("4", None), ("none", None), ("9" * 5000, None)]
)
def test_a_verdict_is_a_number_of_a_candidate_or_none(said: str, index: int | None) -> None:
    assert choice(said, 3) == index


def test_candidates_that_ran_no_query_agree_in_that(agent_with: AgentWith) -> None:
    answer = asked(agent_with, Crowd(None, None))
    assert (answer.text, answer.receipt.outcome) == ("I cannot tell.", "no_query")
    assert answer.receipt.votes == Votes(2, 2, 1, judged=False)


def test_a_candidate_whose_model_is_away_does_not_vote(agent_with: AgentWith) -> None:
    answer = asked(agent_with, Crowd(EndpointError(400, "odd"), COUNT, SAME))
    assert answer.receipt.votes == Votes(2, 2, 1, judged=False)


def test_where_all_are_away_that_is_said(agent_with: AgentWith) -> None:
    with pytest.raises(ModelUnavailable, match="odd"):
        asked(agent_with, Crowd(*[EndpointError(400, "odd")] * 3))


def test_when_time_is_up_a_candidate_that_is_done_answers(agent_with: AgentWith) -> None:
    release = threading.Event()
    crowd = Crowd(COUNT, SAME)

    def slow_for_one(body: Mapping[str, Any]) -> ModelReply | str | EndpointError:
        said = crowd(body)
        if body["temperature"] == 0.0:
            release.wait(60)
        return said

    agent = agent_with(*[slow_for_one] * 9, question_seconds=4.0)
    with within(30):
        answer = agent.ask_sync(QUESTION, effort="high")
    release.set()
    assert answer.table is not None
    assert (answer.table.rows, answer.receipt.votes) == (((4,),), Votes(1, 1, 1, judged=False))


def test_the_text_is_told_once_and_tools_as_they_run(agent_with: AgentWith) -> None:
    events: list[Event] = []
    agent = agent_with(*[Crowd(COUNT, SAME)] * 9)
    answer = agent.ask_sync(QUESTION, effort="high", tell=events.append)
    assert [event.text for event in events if isinstance(event, TextDelta)] == [answer.text]
    assert sum(type(event).__name__ == "ToolFinished" for event in events) == 2


def test_candidates_share_the_tokens_of_the_question(agent_with: AgentWith) -> None:
    answer = asked(agent_with, Crowd(COUNT, SAME, OTHER), token_limit=300)
    assert (answer.receipt.outcome, answer.receipt.steps) == ("token_limit", 0)
