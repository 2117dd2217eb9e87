"""The client asks once, hears everything, spends what it says, and says in one line what went wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ModelBusy, ModelUnavailable, SettingsError
from agent.llm.client import AsyncLLMClient
from agent.llm.clock import model_clock
from agent.llm.endpoint import Endpoint
from agent.llm.event_stream import EventStream
from agent.llm.pricing import PriceList
from agent.llm.scripted import EndpointError, ScriptedModel, calls, calls_all
from agent.messages import ModelReply, ToolCall, Usage
from agent.resources import folder
from tests import model_server as server
from tests.model_server import chunk
from tests.waiting import until, within

ASKED = [{"role": "user", "content": "How many?"}]
TOOL = {
    "type": "function",
    "function": {"name": "execute_sql", "parameters": {"type": "object", "properties": {}}},
}
PRICES = PriceList.read(folder("assets") / "model_prices.json")


class Recorded:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.failures: list[BaseException] = []

    @contextmanager
    def __call__(self, name: str, kind: str, **fields: Any) -> Iterator[Recorded]:
        self.opened.append({"name": name, "kind": kind, **fields})
        try:
            yield self
        except BaseException as error:
            self.failures.append(error)
            raise

    def update(self, **fields: Any) -> None:
        self.updates.append(fields)


def client(endpoint: Endpoint, observe: Recorded | None = None, **options: Any) -> AsyncLLMClient:
    return AsyncLLMClient(endpoint, observe=observe or Recorded(), prices=PRICES, **options)


def at(running: server.ModelServer, model: str = "test-model") -> Endpoint:
    return Endpoint(model, running.url, "key-that-is-secret")


async def test_a_text_comes_in_pieces_and_as_a_whole() -> None:
    heard: list[str] = []
    reply = await client(ScriptedModel("Two rows, 两行.").endpoint).create_completion(ASKED, on_text=heard.append)
    assert (reply.text, "".join(heard), len(heard) > 1) == ("Two rows, 两行.", "Two rows, 两行.", True)
    assert reply.usage is not None
    assert reply.usage.input > 0
    assert reply.finish_reason == "stop"


async def test_several_calls_in_one_reply_keep_their_ids_and_arguments() -> None:
    model = ScriptedModel(calls_all(calls("show_table", tables=["a"]), calls("execute_sql", sql="SELECT '量'")))
    reply = await client(model.endpoint).create_completion(ASKED, tools=[TOOL])
    assert reply.tool_calls == (
        ToolCall("call_0", "show_table", '{"tables": ["a"]}'),
        ToolCall("call_1", "execute_sql", '{"sql": "SELECT \'量\'"}'),
    )


async def test_the_defaults_are_cold_and_one_call_at_a_time() -> None:
    model = ScriptedModel("Yes.")
    await client(model.endpoint).create_completion(ASKED, tools=[TOOL])
    assert (model.heard[0]["temperature"], model.heard[0]["parallel_tool_calls"]) == (0.0, False)


async def test_a_parameter_that_the_model_refuses_is_left_out_and_remembered() -> None:
    model = ScriptedModel(
        EndpointError(400, "Unsupported value: 'temperature' does not support 0 with this model.", "temperature"),
        EndpointError(400, "Unknown parameter: 'parallel_tool_calls'."),
        "Yes.",
        "Again.",
    )
    asking = client(model.endpoint)
    first = await asking.create_completion(ASKED, tools=[TOOL])
    second = await asking.create_completion(ASKED, tools=[TOOL])
    assert (first.text, second.text, len(model.heard)) == ("Yes.", "Again.", 4)
    assert not {"temperature", "parallel_tool_calls"} & model.heard[-1].keys()


async def test_each_call_is_a_generation_with_its_model_tokens_and_cost() -> None:
    observed = Recorded()
    model = ScriptedModel(ModelReply("Yes.", usage=Usage(1000, 100, 400), model="gpt-4o-2024-08-06"), name="gpt-4o")
    link = object()
    await client(model.endpoint, observed).create_completion(ASKED, prompt_client=link)
    opened, update = observed.opened[0], observed.updates[0]
    assert (opened["kind"], opened["model"], opened["prompt"]) == ("generation", "gpt-4o", link)
    assert update["usage"] == {"input": 1000, "output": 100, "cached": 400}
    assert update["cost"]["total"] == pytest.approx((600 * 2.5 + 400 * 1.25 + 100 * 10) / 1e6)


async def test_the_clock_adds_up_the_time_of_all_calls_of_its_own_question_only() -> None:
    def slowly(_: Any) -> str:
        time.sleep(0.05)
        return "Yes."

    asking = client(ScriptedModel(*[slowly] * 3).endpoint)

    async def question(times: int) -> float:
        with model_clock() as clock:
            for _ in range(times):
                await asking.create_completion(ASKED)
        return clock.seconds

    once, twice = await asyncio.gather(question(1), question(2))
    assert 0.05 <= once < twice


def test_one_client_serves_one_event_loop_after_another() -> None:
    with server.model_server(server.says("Yes.")) as running:
        asking = client(at(running))
        for _ in range(3):
            assert asyncio.run(asking.create_completion(ASKED)).text == "Yes."


async def test_an_unknown_model_costs_an_unknown_amount() -> None:
    reply = await client(ScriptedModel(ModelReply("Yes.", usage=Usage(1, 1)), name="mine").endpoint).create_completion(
        ASKED
    )
    assert reply.cost_usd is None


async def test_arguments_cut_at_the_token_limit_are_never_run() -> None:
    cut = ModelReply("", (ToolCall("1", "execute_sql", '{"sql": "SELECT'),), finish_reason="length")
    reply = await client(ScriptedModel(cut).endpoint).create_completion(ASKED, tools=[TOOL])
    assert (reply.tool_calls, reply.finish_reason) == ((), "length")


async def test_arguments_sent_as_an_object_and_calls_without_ids_are_understood() -> None:
    delta = {"tool_calls": [{"index": 0, "function": {"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}}]}
    with server.model_server(server.sends(chunk(delta), chunk({}, "tool_calls"), "[DONE]")) as running:
        reply = await client(at(running)).create_completion(ASKED, tools=[TOOL])
    assert [(call.name, json.loads(call.arguments)) for call in reply.tool_calls] == [
        ("execute_sql", {"sql": "SELECT 1"})
    ]
    assert reply.tool_calls[0].id


async def test_a_stream_without_usage_has_unknown_tokens() -> None:
    with server.model_server(server.sends(chunk({"content": "Yes."}), chunk({}, "stop"), "[DONE]")) as running:
        reply = await client(at(running)).create_completion(ASKED)
    assert (reply.text, reply.usage, reply.cost_usd) == ("Yes.", None, None)


BAD_ENDPOINTS = {
    "a wrong key": (server.fails(401, "Incorrect API key provided: key-that-is-secret"), ModelUnavailable),
    "500": (server.fails(500, "bad key-that-is-secret"), ModelBusy),
    "a web page": (server.is_no_api, ModelUnavailable),
    "bad JSON": (server.sends_bad_json, ModelBusy),
    "a chunk that is a list": (server.sends([1]), ModelBusy),
    "a broken connection": (server.breaks_off(), ModelBusy),
    "an error in the stream": (server.sends({"error": {"message": "overloaded key-that-is-secret"}}), ModelBusy),
    "silence": (server.hangs(2.0), ModelBusy),
}


@pytest.mark.parametrize("fault", BAD_ENDPOINTS)
async def test_a_bad_endpoint_is_asked_once_and_is_one_line_without_the_key(fault: str) -> None:
    behaviour, kind = BAD_ENDPOINTS[fault]
    with server.model_server(behaviour) as running:
        asking = client(at(running), timeout_seconds=0.4 if "silence" in fault else 30)
        with pytest.raises(ModelUnavailable) as caught:
            await asking.create_completion(ASKED)
        assert type(caught.value) is kind
        assert "key-that-is-secret" not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(running.heard) == 1


async def test_nobody_at_the_address_is_named_with_the_host() -> None:
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
        await client(Endpoint("m", "http://127.0.0.1:9/v1", "k")).create_completion(ASKED)


async def test_a_failed_call_ends_its_span_with_the_failure() -> None:
    observed = Recorded()
    with pytest.raises(ModelUnavailable):
        await client(ScriptedModel(EndpointError(403, "no")).endpoint, observed).create_completion(ASKED)
    assert isinstance(observed.failures[0], ModelUnavailable)


async def test_cancelling_a_call_ends_the_request_at_once() -> None:
    with server.model_server(server.hangs(60)) as running:
        task = asyncio.create_task(client(at(running)).create_completion(ASKED))
        await asyncio.to_thread(until, lambda: running.heard)
        task.cancel()
        with within(10), pytest.raises(asyncio.CancelledError):
            await task


async def test_an_endpoint_that_never_stops_talking_is_cut() -> None:
    with server.model_server(server.sends(*[chunk({"content": "x" * 100_000})] * 12, "[DONE]")) as running:
        reply = await client(at(running)).create_completion(ASKED)
    assert reply.finish_reason == "length"
    assert len(reply.text) <= 1_100_000


def test_a_price_file_that_is_no_price_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"models": {"m": {"input": "much"}}}')
    with pytest.raises(SettingsError, match=r"prices\.json"):
        PriceList.read(file)


WORD = chunk({"content": "hi"}, "stop")
ODD_STREAMS: dict[str, tuple[Any, ...]] = {
    "usage in words": (WORD, {"choices": [], "usage": {"prompt_tokens": "12", "completion_tokens": None}}),
    "usage below zero": (WORD, {"choices": [], "usage": {"prompt_tokens": -5, "completion_tokens": 10**30}}),
    "no choices at first": ({"choices": None}, {"choices": {"a": 1}}, {"choices": []}, WORD),
    "choices of nothing": ({"choices": [None]}, {"choices": [{"delta": None}]}, {"choices": [{"delta": "x"}]}, WORD),
    "content in parts": (chunk({"content": [{"type": "text", "text": "hi"}, None]}, "stop"),),
    "calls that are none": (chunk({"tool_calls": {"a": 1}}), chunk({"tool_calls": [None]}), WORD),
    "reasoning of two kinds": (chunk({"reasoning": ["x"]}), chunk({"reasoning": "y"}), chunk({"reasoning": 5}), WORD),
    "thinking aloud": (chunk({"content": "<th"}), chunk({"content": "ink>no</thi"}), chunk({"content": "nk>\nhi"})),
    "the end of thinking aloud": (chunk({"content": "no</think>"}), WORD),
}


@pytest.mark.parametrize("oddity", ODD_STREAMS)
async def test_an_odd_stream_is_heard_as_far_as_it_makes_sense(oddity: str) -> None:
    with server.model_server(server.sends(*ODD_STREAMS[oddity], "[DONE]")) as running:
        reply = await client(at(running)).create_completion(ASKED, tools=[TOOL])
    assert (reply.text, reply.tool_calls) == ("hi", ())


async def test_half_a_character_does_not_come_back_in_the_next_request() -> None:
    half = {"index": 0, "id": "1", "function": {"name": "execute_sql", "arguments": json.dumps({"sql": "\ud800"})}}
    with server.model_server(
        server.sends(chunk({"content": "\udfff hi", "tool_calls": [half]}, "tool_calls"))
    ) as running:
        reply = await client(at(running)).create_completion(ASKED, tools=[TOOL])
        await client(at(running)).create_completion([*ASKED, reply.as_message()], tools=[TOOL])
    assert reply.text == "? hi"


async def test_json_without_bottom_is_no_reply_and_no_crash() -> None:
    with server.model_server(server.sends("[" * 100_000)) as running, pytest.raises(ModelBusy, match="not valid JSON"):
        await client(at(running)).create_completion(ASKED)


async def test_a_complaint_in_the_words_of_another_framework_is_understood() -> None:
    complaint = {"detail": [{"loc": ["body", "parallel_tool_calls"], "msg": "extra fields not permitted"}]}
    with server.model_server(server.answers_json(complaint, 422), server.says("hi")) as running:
        assert (await client(at(running)).create_completion(ASKED, tools=[TOOL])).text == "hi"
    assert "parallel_tool_calls" not in running.heard[-1]


async def test_a_key_of_one_letter_does_not_black_out_the_message() -> None:
    with pytest.raises(ModelUnavailable, match=r"broke off\. Check"):
        await client(Endpoint("m", "http://127.0.0.1:9/v1", "k")).create_completion(ASKED)


async def test_a_key_with_characters_that_no_key_has_is_named() -> None:
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        await client(Endpoint("m", "http://127.0.0.1:9/v1", "schl\u00fcssel")).create_completion(ASKED)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_whole_however_their_bytes_are_cut(size: int) -> None:
    sent = ': hello\r\n\r\ndata: {"a":\r\ndata:1}\r\n\r\nevent: x\nid: 7\n\ndata: 多\rdata:少\r\rdata: last'.encode()
    events = EventStream()
    parts = [sent[at : at + size] for at in range(0, len(sent), size)]
    heard = [data for part in parts for data in events.feed(part)] + events.end()
    assert heard == ['{"a":\n1}', "多\n少", "last"]


def test_an_event_without_an_end_is_given_up() -> None:
    events = EventStream()
    for _ in range(8):
        assert events.feed(b"x" * 1_000_000) == []
    with pytest.raises(ValueError, match="no end"):
        events.feed(b"x")
