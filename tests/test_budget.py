"""What one question may take is kept, and at the limit the best that is known is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent import QuestionLimits, SettingsError, calls
from agent.budget import Room, room_for
from agent.messages import ModelReply, Usage
from tests.conftest import AgentWith

COUNT = calls("execute_sql", sql="SELECT count(*) AS n FROM orders").tool_calls
FULL = [{"role": "user", "content": "x" * 4000}]  # about 1,000 tokens


def used(*tokens: int, cost: float | None = None) -> list[ModelReply]:
    return [ModelReply("", usage=Usage(each, 0), cost_usd=cost) for each in tokens]


@pytest.mark.parametrize(
    ("limits", "replies", "room"),
    [
        (QuestionLimits(), used(10**9), Room()),
        (QuestionLimits(tokens=5_000), used(1_000), Room()),
        (QuestionLimits(tokens=5_000), used(1_000, 2_200), Room("token_limit")),
        (QuestionLimits(tokens=5_000), used(1_000, 3_500), Room("token_limit", call=False)),
        (QuestionLimits(tokens=100), [], Room("token_limit", call=False)),
        (QuestionLimits(usd=0.05), used(1_000, cost=0.01), Room()),
        (QuestionLimits(usd=0.025), used(1_000, cost=0.01), Room("money_limit")),
        (QuestionLimits(usd=0.015), used(1_000, cost=0.01), Room("money_limit", call=False)),
        (QuestionLimits(usd=100.0), used(1_000), Room("money_limit", call=False)),
        (QuestionLimits(usd=0.0001), [], Room()),
        (QuestionLimits(tokens=9_000), [ModelReply("y" * 28_000)], Room("token_limit")),
        (QuestionLimits(tokens=5_000, usd=0.015), used(1_000, cost=0.01), Room("money_limit", call=False)),
    ],
)
def test_a_call_that_can_be_expected_to_pass_the_limit_is_not_made(
    limits: QuestionLimits, replies: list[ModelReply], room: Room
) -> None:
    assert room_for(limits, replies, 0, FULL, []) == room


def test_when_the_tokens_are_running_out_the_model_must_say_what_it_knows(agent_with: AgentWith) -> None:
    agent = agent_with(ModelReply("", COUNT, Usage(2_000, 100)), "4 so far.", token_limit=4_000)
    answer = agent.ask_sync("How many orders are there?")
    assert (answer.text, answer.receipt.outcome, answer.receipt.rows) == ("4 so far.", "token_limit", 1)
    assert "tools" not in agent.script.heard[-1]


def test_when_the_tokens_are_used_up_the_rows_are_given_without_a_word_of_the_model(agent_with: AgentWith) -> None:
    agent = agent_with(ModelReply("", COUNT, Usage(9_000, 100)), "never said", token_limit=10_000)
    answer = agent.ask_sync("How many orders are there?")
    assert answer.receipt.outcome == "token_limit"
    assert "10,000 tokens" in answer.text
    assert answer.table is not None
    assert answer.table.rows == ((4,),)


def test_a_question_that_does_not_fit_its_tokens_costs_nothing(agent_with: AgentWith) -> None:
    agent = agent_with("never said", token_limit=50)
    answer = agent.ask_sync("How many orders are there?")
    assert (answer.receipt.outcome, answer.receipt.steps, agent.script.heard) == ("token_limit", 0, [])


def test_when_the_money_is_used_up_what_is_known_is_said(agent_with: AgentWith, tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"models": {"scripted": {"input": 10.0, "output": 10.0}}}))
    agent = agent_with(
        ModelReply("", COUNT, Usage(9_000, 1_000)), "never said", money_limit=0.11, model_prices=str(prices)
    )
    answer = agent.ask_sync("How many orders are there?")
    assert (answer.receipt.outcome, answer.receipt.cost_usd) == ("money_limit", pytest.approx(0.1))
    assert "$0.11" in answer.text


def test_a_limit_of_money_for_a_model_without_a_price_is_refused_at_the_start(agent_with: AgentWith) -> None:
    with pytest.raises(SettingsError, match="DBAGENT_MODEL_PRICES"):
        agent_with("never", money_limit=1.0)
