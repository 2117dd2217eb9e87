"""Every fault of a model and its endpoint, over a real connection, ends as the table in MODELS.md says."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent import ModelUnavailable, Settings, open_agent
from agent.assembly import trace_store
from agent.events import Event, TextDelta, TextWithdrawn
from agent.llm.client import AsyncLLMClient
from agent.llm.endpoint import Endpoint
from agent.llm.fitting import FittingModel
from agent.llm.retry import RetryingModel
from tests.model_faults import ANSWERS, FAULTS, FaultCase, table, thinks_and_wants_it_back
from tests.model_server import ModelServer, breaks_off, chunk, fails, model_server, sends
from tests.readme import MODELS, with_part
from tests.test_llm_client import ASKED, PRICES, Recorded
from tests.waiting import until, within
from tools.database import Database


class Waits:
    """Waits that are remembered and do not take their time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case.fault)
async def test_the_question_ends_as_the_table_says(case: FaultCase, open_shop: Database) -> None:
    waits = Waits()
    with model_server(*case.server) as server:
        async with open_agent(
            open_shop, model=patient(server, waits, 1.0 if "silence" in case.fault else 30.0), settings=SETTINGS
        ) as agent:
            try:
                answer = await agent.ask("How many orders are there?")
                ended, said = answer.receipt.outcome, answer.text
            except ModelUnavailable as error:
                ended, said = type(error).__name__, str(error)
        assert (ended, len(server.heard), len(waits.seconds)) == (case.ends, case.requests, case.waits), said
        assert case.says in said
        assert "key-that-is-secret" not in said
        assert "\n" not in said
        assert case.heard(server), server.heard[-1]


SETTINGS = Settings(question_seconds=30.0)


def patient(server: ModelServer, waits: Waits, timeout: float = 30.0, observe: Any = None) -> FittingModel:
    endpoint = Endpoint("test-model", server.url, "key-that-is-secret")
    observe = observe or Recorded()
    client = AsyncLLMClient(endpoint, observe=observe, prices=PRICES, timeout_seconds=timeout)
    return FittingModel(RetryingModel(client, observe=observe, sleep=waits))


async def test_waits_double_and_are_shortened_by_chance_and_what_is_asked_for_is_the_least(open_shop: Database) -> None:
    waits = Waits()
    with model_server(fails(503), fails(503), fails(429, retry_after="7"), ANSWERS) as server:
        await patient(server, waits).create_completion(ASKED)
    first, second, third = waits.seconds
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1.0
    assert 7.0 <= third <= 7.7


async def test_text_of_an_attempt_that_broke_off_is_withdrawn(open_shop: Database) -> None:
    events: list[Event] = []
    with model_server(breaks_off(chunk({"content": "There are fo"})), ANSWERS) as server:
        async with open_agent(open_shop, model=patient(server, Waits()), settings=SETTINGS) as agent:
            await agent.ask("How many orders are there?", tell=events.append)
    told = [event.text if isinstance(event, TextDelta) else None for event in events if isinstance(event, TEXT)]
    assert told[:2] == ["There are fo", None]
    assert "".join(map(str, told[2:])) == "4 orders."


async def test_every_attempt_and_every_wait_is_in_the_trace(open_shop: Database, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with model_server(fails(500, "overheated", retry_after="0"), ANSWERS) as server:
        async with open_agent(open_shop, model=Endpoint("test-model", server.url), settings=settings) as agent:
            answer = await agent.ask("How many orders are there?")
    trace = trace_store(settings).trace(answer.receipt.trace_id)
    assert trace is not None
    phase = trace.roots[0].children[0]
    assert [(span.name, span.level) for span in phase.children] == [
        ("model test-model", "ERROR"),
        ("wait before attempt 2 of 4", "WARNING"),
        ("model test-model", "DEFAULT"),
    ]
    assert "overheated" in str(phase.children[0].status)


async def test_cancelling_ends_a_wait_at_once() -> None:
    with model_server(fails(503, retry_after="50")) as server:
        endpoint = Endpoint("test-model", server.url)
        model = RetryingModel(AsyncLLMClient(endpoint, observe=Recorded(), prices=PRICES), observe=Recorded())
        task = asyncio.create_task(model.create_completion(ASKED))
        await asyncio.to_thread(until, lambda: server.heard)
        task.cancel()
        with within(10), pytest.raises(asyncio.CancelledError):
            await task
    assert len(server.heard) == 1


async def test_what_a_model_refuses_is_remembered_for_that_model_only() -> None:
    def picky(handler: Any) -> None:
        if handler.body["model"] == "picky" and "temperature" in handler.body:
            fails(400, "Unknown parameter: temperature")(handler)
        else:
            ANSWERS(handler)

    with model_server(picky) as server:
        model = patient(server, Waits())
        for name in ("picky", "picky", "easy"):
            await model.create_completion(ASKED, model=name)
    assert [(each["model"], "temperature" in each) for each in server.heard] == [
        ("picky", True),
        ("picky", False),
        ("picky", False),
        ("easy", True),
    ]


async def test_a_signature_that_came_with_a_call_goes_back_with_it(open_shop: Database) -> None:
    signed = {"google": {"thought_signature": "c2lnbmVk"}}
    call = {"index": 0, "id": "c1", "function": {"name": "show_table", "arguments": '{"tables": ["orders"]}'}}
    speaks = sends(chunk({"tool_calls": [{**call, "extra_content": signed}]}), chunk({}, "tool_calls"), "[DONE]")
    with model_server(speaks, ANSWERS) as server:
        async with open_agent(open_shop, model=patient(server, Waits()), settings=SETTINGS) as agent:
            await agent.ask("How many orders are there?")
    assert server.heard[1]["messages"][-2]["tool_calls"][0]["extra_content"] == signed


async def test_reasoning_that_another_model_left_out_is_filled_in() -> None:
    turns = [
        *ASKED,
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": CALLED}]},
        {"role": "tool", "tool_call_id": "1", "content": "4"},
    ]
    with model_server(thinks_and_wants_it_back) as server:
        await patient(server, Waits()).create_completion(turns)
    assert server.heard[-1]["messages"][1]["reasoning_content"] == ""


async def test_a_conversation_that_fitted_once_is_not_sent_whole_again() -> None:
    long = {"role": "tool", "tool_call_id": "1", "content": "x" * 20_000}
    turns = [*ASKED, {"role": "assistant", "content": "?"}, long, {"role": "assistant", "content": "!"}, *ASKED]

    def small(handler: Any) -> None:
        too_long = len(str(handler.body["messages"])) > 5_000
        (fails(400, "maximum context length is 2048 tokens") if too_long else ANSWERS)(handler)

    with model_server(small) as server:
        model = patient(server, Waits())
        await model.create_completion(turns)
        await model.create_completion(turns)
    assert len(server.heard) == 3
    assert "Shortened to 1,000 of 20,000 characters" in server.heard[1]["messages"][2]["content"]


CALLED = {"name": "show_table", "arguments": "{}"}
TEXT = (TextDelta, TextWithdrawn)


def test_the_table_in_the_docs_is_the_one_that_is_tested() -> None:
    made = with_part(MODELS.read_text("utf-8"), "faults", table())
    assert made == MODELS.read_text("utf-8"), "run: python -m tests.readme faults"
