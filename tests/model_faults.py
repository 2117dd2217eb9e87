"""What a model and its endpoint may do wrong, and what becomes of the question: each row tested, all in MODELS.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.llm.scripted import calls, calls_all
from agent.messages import ModelReply, ToolCall, Usage
from tests.model_server import (
    Behaviour,
    ModelServer,
    answers_json,
    breaks_off,
    chunk,
    fails,
    hangs,
    hangs_up,
    is_no_api,
    says,
    sends,
    sends_bad_json,
    stalls,
)

COUNT = "SELECT count(*) AS n FROM orders"
ASKS = says(ModelReply("", calls("execute_sql", sql=COUNT).tool_calls, Usage(100, 10)))
ANSWERS = says(ModelReply("4 orders.", usage=Usage(120, 5)))
GOOD = (ASKS, ANSWERS)


@dataclass(frozen=True)
class FaultCase:
    """A fault and its outcome.

    `server` is what the endpoint does, request by request; `ends` the outcome in the receipt, or the error's name;
    `says` is a part of the answer's text or of the error; `waits` how often it was waited for another attempt.
    """

    fault: str
    outcome: str
    server: tuple[Behaviour, ...]
    ends: str = "answered"
    says: str = "4 orders."
    requests: int = 3
    waits: int = 0
    heard: Callable[[ModelServer], bool] = lambda server: True


def raw(arguments: str, name: str = "execute_sql", finish: str = "tool_calls") -> Behaviour:
    return says(ModelReply("", (ToolCall("c1", name, arguments),), finish_reason=finish))


def text(content: str) -> Behaviour:
    return says(ModelReply(content))


def object_arguments(name: str = "execute_sql") -> Behaviour:
    call = {"index": 0, "id": "c1", "function": {"name": name, "arguments": {"sql": COUNT}}}
    return sends(chunk({"tool_calls": [call]}), chunk({}, "tool_calls"), "[DONE]")


def last_content(server: ModelServer) -> str:
    return str(server.heard[-1]["messages"][-1]["content"])


def told(word: str) -> Callable[[ModelServer], bool]:
    return lambda server: word in last_content(server)


def without(*names: str) -> Callable[[ModelServer], bool]:
    return lambda server: not set(names) & server.heard[-1].keys()


def by_size(server_limit: int) -> Behaviour:
    """It reads so many characters of messages and no more."""

    def behave(handler: Any) -> None:
        messages = handler.body["messages"]
        if len(json.dumps(messages)) > server_limit:
            fails(400, "This model's maximum context length is 4096 tokens.", code="context_length_exceeded")(handler)
        elif sum(each["role"] == "tool" for each in messages) < 2:
            sql = "SELECT repeat('x', 190) AS long, range AS n FROM range(30)"
            says(calls("execute_sql", sql=f"{sql} -- {len(messages)}"))(handler)
        else:
            ANSWERS(handler)

    return behave


def thinks_and_wants_it_back(handler: Any) -> None:
    """As DeepSeek: a turn that called a tool must come back with the reasoning that led to it."""
    turns = [each for each in handler.body["messages"] if each.get("tool_calls")]
    if any("reasoning_content" not in each for each in turns):
        fails(400, "The `reasoning_content` in the thinking mode must be passed back to the API.")(handler)
    elif turns:
        ANSWERS(handler)
    else:
        call = {"index": 0, "id": "c1", "function": {"name": "execute_sql", "arguments": json.dumps({"sql": COUNT})}}
        thought = chunk({"reasoning_content": "I must count."})
        sends(thought, chunk({"tool_calls": [call]}), chunk({}, "tool_calls"), "[DONE]")(handler)


def takes_no_tools(handler: Any) -> None:
    """As Ollama, for a model without a template for tools."""
    if "tools" in handler.body:
        fails(400, "registry.ollama.ai/library/gemma:2b does not support tools")(handler)
    elif "<tool_result" in handler.body["messages"][-1]["content"]:
        ANSWERS(handler)
    else:
        text(f'<tool_call>{{"name": "execute_sql", "arguments": {{"sql": "{COUNT}"}}}}</tool_call>')(handler)


CALL = json.dumps({"name": "execute_sql", "arguments": {"sql": COUNT}})
NO_CHOICES = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": []}
WHOLE = {
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "None."}, "finish_reason": "stop"}],
}

AGAIN = "asked again, at most DBAGENT_MODEL_ATTEMPTS times in all"

FAULTS = (
    # The endpoint.
    FaultCase(
        "429 with Retry-After",
        "waits as long as it says, then asks again",
        (fails(429, retry_after="3"), *GOOD),
        waits=1,
    ),
    FaultCase(
        "429 without",
        "waits half a second, one, two ... (less by chance), then asks again",
        (fails(429), fails(429), *GOOD),
        requests=4,
        waits=2,
    ),
    FaultCase(
        "429, and a wait longer than the question has left",
        "says so at once",
        (fails(429, retry_after="40"),),
        "ModelUnavailable",
        "more than the question has left",
        1,
    ),
    FaultCase(
        "429, and a wait of more than a minute",
        "says so at once",
        (fails(429, retry_after="3600"),),
        "ModelUnavailable",
        "left alone for",
        1,
    ),
    FaultCase(
        "429, the plan's quota is used up",
        "says so at once",
        (fails(429, "You exceeded your current quota", code="insufficient_quota"),),
        "ModelUnavailable",
        "quota is used up",
        1,
    ),
    FaultCase("500", AGAIN, (fails(500), *GOOD), waits=1),
    FaultCase("502", AGAIN, (fails(502), *GOOD), waits=1),
    FaultCase("503", AGAIN, (fails(503), *GOOD), waits=1),
    FaultCase(
        "500, again and again",
        "given up after the last attempt",
        (fails(500, "overheated"),),
        "ModelBusy",
        "failed (500: overheated)",
        4,
        3,
    ),
    FaultCase("silence before the reply", AGAIN, (hangs(2), *GOOD), waits=1),
    FaultCase(
        "silence in the middle of a stream",
        "the text told so far is withdrawn; asked again",
        (ASKS, stalls("There are", 2), ANSWERS),
        waits=1,
    ),
    FaultCase("the connection is closed before the reply", AGAIN, (hangs_up, *GOOD), waits=1),
    FaultCase(
        "the connection breaks in the middle of a stream",
        "the text told so far is withdrawn; asked again",
        (ASKS, breaks_off(chunk({"content": "There are"})), ANSWERS),
        waits=1,
    ),
    FaultCase(
        "an error in the middle of a stream", AGAIN, (sends({"error": {"message": "overloaded"}}), *GOOD), waits=1
    ),
    FaultCase("a reply that is no JSON", AGAIN, (sends_bad_json, *GOOD), waits=1),
    FaultCase("no choices", AGAIN, (sends(NO_CHOICES, "[DONE]"), *GOOD), waits=1),
    FaultCase("an empty reply", AGAIN, (sends("[DONE]"), *GOOD), waits=1),
    FaultCase(
        "a web page (HTTP 200)",
        "says that the address is wrong, or lacks /v1",
        (is_no_api,),
        "ModelUnavailable",
        "/v1",
        1,
    ),
    FaultCase(
        "a whole reply where a stream was asked for",
        "read all the same",
        (answers_json(WHOLE),),
        "no_query",
        "None.",
        1,
    ),
    FaultCase(
        "a wrong key (401)",
        "says so at once, naming the variable",
        (fails(401, "bad key key-that-is-secret"),),
        "ModelUnavailable",
        "OPENAI_API_KEY",
        1,
    ),
    FaultCase(
        "an unknown model (404)",
        "says so at once, naming the variables",
        (fails(404, "no such model"),),
        "ModelUnavailable",
        "DBAGENT_MODEL",
        1,
    ),
    FaultCase(
        "a request that it does not take (400)",
        "says so at once, with its words",
        (fails(400, "too odd"),),
        "ModelUnavailable",
        "too odd",
        1,
    ),
    FaultCase(
        "no usage",
        "tokens and cost are unknown, and the receipt says so",
        (raw(json.dumps({"sql": COUNT})), text("4 orders.")),
        requests=2,
    ),
    # What it will not have.
    FaultCase(
        "a parameter that the model does not take",
        "left out, and remembered for this model",
        (fails(400, "Unsupported value: 'temperature' does not support 0.", "temperature"), *GOOD),
        heard=without("temperature"),
    ),
    FaultCase(
        "no tools",
        "asked in text (below), and remembered for this model",
        (takes_no_tools,),
        heard=without("tools", "parallel_tool_calls"),
    ),
    FaultCase(
        "no streaming",
        "asked without, and remembered for this model",
        (fails(400, "This model does not support streaming."), *GOOD),
        heard=lambda server: "stream" not in server.heard[-1],
    ),
    FaultCase("reasoning that must be passed back", "passed back", (thinks_and_wants_it_back,), requests=2),
    FaultCase(
        "a conversation longer than its context",
        "older results of tools are shortened, then newer ones; then the question goes on",
        (by_size(13_000),),
        requests=4,
        heard=lambda server: "Shortened to" in str(server.heard[-1]["messages"]),
    ),
    FaultCase(
        "a prompt longer than its context",
        "says so, naming what to lower",
        (fails(400, "prompt is too long: 9 > 8 maximum"),),
        "ConversationTooLong",
        "DBAGENT_SCHEMA_TOKENS",
        1,
    ),
    # What the model says.
    FaultCase(
        "a text cut at the token limit",
        "told as far as it goes",
        (says(ModelReply("There are", finish_reason="length")),),
        "cut_off",
        "There are",
        1,
    ),
    FaultCase(
        "a reply withheld by a content filter",
        "says so",
        (says(ModelReply("", finish_reason="content_filter")),),
        "content_filter",
        "content filter",
        1,
    ),
    FaultCase(
        "a refusal",
        "told as its answer",
        (sends(chunk({"refusal": "I cannot help."}), chunk({}, "stop"), "[DONE]"),),
        "no_query",
        "I cannot help.",
        1,
    ),
    FaultCase("arguments that are no JSON", "told what is wrong; it goes on", (raw("{'sql': oops}"), *GOOD)),
    FaultCase("arguments broken off", "told what is wrong; it goes on", (raw('{"sql": "SELECT'), *GOOD)),
    FaultCase(
        "arguments cut at the token limit",
        "never run; says so",
        (raw('{"sql": "SELECT 1"}', finish="length"),),
        "cut_off",
        "cut off",
        1,
    ),
    FaultCase("arguments as an object instead of a string", "understood", (object_arguments(), ANSWERS), requests=2),
    FaultCase("an unknown tool", "told which there are; it goes on", (raw("{}", "run_query"), *GOOD)),
    FaultCase(
        "several calls at once",
        "all run; each gets its result",
        (says(calls_all(calls("show_table", tables=["orders"]), calls("execute_sql", sql=COUNT))), ANSWERS),
        requests=2,
    ),
    FaultCase(
        "the same call without end",
        "not run a third time; told so; must answer at the last step",
        (ASKS,),
        "step_limit",
        "limit for one question",
        12,
    ),
    # Calls in plain text.
    FaultCase("a call as bare JSON", "understood", (text(CALL), ANSWERS), requests=2, heard=told("1 row")),
    FaultCase(
        "a call in a code fence",
        "understood",
        (text(f"I will count them.\n```json\n{CALL}\n```"), ANSWERS),
        requests=2,
        heard=told("1 row"),
    ),
    FaultCase(
        "a call in `<tool_call>`",
        "understood",
        (text(f"<tool_call>\n{CALL}\n</tool_call>"), ANSWERS),
        requests=2,
        heard=told("1 row"),
    ),
    FaultCase(
        "a call behind `<think>`",
        "understood; the thinking is not told",
        (text(f"<think>Hm.</think>\n{CALL}"), ANSWERS),
        requests=2,
        heard=told("1 row"),
    ),
)


def table() -> str:
    """The faults as a table in Markdown."""
    lines = ["| fault | what is done | the question of the test ends as |", "| --- | --- | --- |"]
    lines += [f"| {case.fault} | {case.outcome} | `{case.ends}` |" for case in FAULTS]
    return "\n".join(lines)
