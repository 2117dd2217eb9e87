"""Two models share a question: by phase, or the cheap one first; all of it is counted, and the receipt says why."""

from __future__ import annotations

from typing import Any

import pytest

from agent import Answer, ScriptedModel, Settings, SettingsError, calls, open_agent
from agent.events import Event, TextDelta, TextWithdrawn
from agent.llm.scripted import EndpointError, Line
from agent.messages import ModelReply, Usage
from tests.model_faults import ANSWERS, ASKS
from tests.model_server import fails, model_server
from tools.database import Database

SEARCH = calls("search_metadata", words="orders")
COUNT = calls("execute_sql", sql="SELECT count(*) AS n FROM orders")
BAD = [calls("execute_sql", sql=f"SELECT nothing{n} FROM orders") for n in range(2)]
NO_SUCH_VALUE = calls("execute_sql", sql="SELECT * FROM orders WHERE status = 'Paidd'")
ALL_TO_ALL = calls("execute_sql", sql="SELECT count(*) FROM orders, customers")


class Pair:
    """An agent of two scripted models, and what they were asked."""

    def __init__(self, database: Database, routing: str, fast: tuple[Line, ...], strong: tuple[Line, ...]) -> None:
        self.fast, self.strong = ScriptedModel(*fast, name="fast"), ScriptedModel(*strong, name="strong")
        self.events: list[Event] = []
        self._database, self._settings = database, Settings.from_environment(routing=routing)

    async def ask(self, question: str = "How many orders are there?") -> Answer:
        async with open_agent(
            self._database, model=self.strong, fast_model=self.fast, settings=self._settings
        ) as agent:
            return await agent.ask(question, tell=self.events.append)

    @property
    def asked(self) -> tuple[int, int]:
        return len(self.fast.heard), len(self.strong.heard)


async def test_by_phase_the_fast_model_looks_up_and_words_and_the_strong_one_writes_the_sql(
    open_shop: Database,
) -> None:
    pair = Pair(open_shop, "phases", fast=(SEARCH, "4 orders."), strong=(COUNT,))
    answer = await pair.ask()
    assert (answer.text, answer.receipt.outcome, pair.asked) == ("4 orders.", "answered", (2, 1))
    assert (answer.receipt.models, answer.receipt.took_over) == (("fast", "strong"), None)


async def test_by_phase_sql_of_the_fast_model_is_passed_over_and_paid_for(open_shop: Database) -> None:
    mine = ModelReply("", COUNT.tool_calls, Usage(1_000, 10))
    pair = Pair(open_shop, "phases", fast=(mine, "4 orders."), strong=(calls("execute_sql", sql="SELECT 4 AS n"),))
    answer = await pair.ask()
    assert (answer.sql, answer.receipt.steps, pair.asked) == ("SELECT 4 AS n", 3, (2, 1))
    assert answer.receipt.tokens is not None
    assert answer.receipt.tokens.input > 2_000


async def test_a_cheap_model_that_can_is_asked_alone(open_shop: Database) -> None:
    pair = Pair(open_shop, "cascade", fast=(BAD[0], COUNT, "4 orders."), strong=())
    answer = await pair.ask()
    assert (answer.text, answer.receipt.models, answer.receipt.took_over) == ("4 orders.", ("fast",), None)


CANNOT: dict[str, tuple[tuple[Line, ...], str]] = {
    "two queries fail": ((BAD[0], BAD[1]), "2 queries failed"),
    "it answers without a query": (("I guess 7.",), "it answered without a query"),
    "it believes an empty result": ((NO_SUCH_VALUE, "None are."), "it let a doubt stand"),
    "it leaves a join in doubt": ((ALL_TO_ALL, "12."), "it let a doubt stand"),
    "its answer is cut off": ((COUNT, ModelReply("There", finish_reason="length")), "not whole"),
    "it is away": ((EndpointError(401, "no"),), "the fast model is away"),
}


@pytest.mark.parametrize("trouble", CANNOT)
async def test_where_the_cheap_model_cannot_the_strong_one_takes_over_with_what_was_learnt(
    trouble: str, open_shop: Database
) -> None:
    said, why = CANNOT[trouble]
    pair = Pair(open_shop, "cascade", fast=said, strong=(COUNT, "4 orders."))
    answer = await pair.ask()
    assert (answer.text, answer.receipt.outcome, answer.sql) == (
        "4 orders.",
        "answered",
        "SELECT count(*) AS n FROM orders",
    )
    assert why in str(answer.receipt.took_over)
    assert pair.asked == (len(said), 2)
    results = [message for message in pair.strong.heard[0]["messages"] if message["role"] == "tool"]
    assert len(results) == sum(isinstance(line, ModelReply) and bool(line.tool_calls) for line in said)


async def test_what_the_cheap_model_said_in_vain_is_withdrawn(open_shop: Database) -> None:
    pair = Pair(open_shop, "cascade", fast=("I guess 7.",), strong=("I do not know.",))
    answer = await pair.ask()
    told = [event.text if isinstance(event, TextDelta) else None for event in pair.events if isinstance(event, TEXT)]
    assert "".join(map(str, told)) == "I guess 7.NoneI do not know."
    assert answer.text == "I do not know."


TEXT = (TextDelta, TextWithdrawn)


async def test_the_key_of_one_address_is_not_sent_to_the_other(open_shop: Database) -> None:
    with model_server(fails(500, x_should_retry="false")) as fast, model_server(ASKS, ANSWERS) as strong:
        settings = Settings.from_environment(
            model="m", openai_api_key="strong-key", openai_base_url=strong.url, fast_model="f", fast_base_url=fast.url
        )
        async with open_agent(open_shop, settings=settings) as agent:
            await agent.ask("How many orders are there?")
    assert set(strong.keys) == {"Bearer strong-key"}
    assert set(fast.keys) == {"Bearer none"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DBAGENT_FAST_MODEL": "small"}, "DBAGENT_FAST_BASE_URL"),
        ({"DBAGENT_ROUTING": "both"}, "DBAGENT_ROUTING"),
        ({"DBAGENT_FAST_BASE_URL": "localhost:1"}, "DBAGENT_FAST_BASE_URL"),
    ],
)
def test_a_fast_model_that_cannot_be_reached_is_a_setting_to_mend(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_environment(given)
