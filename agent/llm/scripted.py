"""ScriptedModel says what it was told to: shipped, so that users test with what we test with.

model = ScriptedModel(calls("execute_sql", sql="SELECT count(*) FROM orders"), "There are 12 orders.")
agent = open_agent("shop.duckdb", model=model)
assert agent.ask_sync("How many orders?").text == "There are 12 orders."
assert model.last_heard.startswith("1 row")
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agent.llm.endpoint import Endpoint
from agent.llm.in_process import EndpointError, InProcessTransport
from agent.messages import ModelReply, ToolCall, Usage

Line = str | ModelReply | EndpointError | Callable[[Mapping[str, Any]], "str | ModelReply | EndpointError"]


def calls(name: str, arguments: str | None = None, /, **named: Any) -> ModelReply:
    """A reply that calls one tool; `arguments` is the JSON text as it stands, right or wrong."""
    text = json.dumps(named, ensure_ascii=False) if arguments is None else arguments
    return ModelReply("", (ToolCall(f"call_{name}", name, text),))


def calls_all(*replies: ModelReply) -> ModelReply:
    """A reply that makes the calls of several at once."""
    every = [call for reply in replies for call in reply.tool_calls]
    return ModelReply("", tuple(replace(call, id=f"call_{at}") for at, call in enumerate(every)))


class ScriptedModel:
    """Says its lines in order, one a request, to the real client over an in-process transport.

    A line is a text, a ModelReply (see `calls`), an EndpointError to fail with, or a function of the request's
    body that gives one of these. `heard` keeps the bodies of all requests. Asked once more than it has lines,
    it fails with 400. Tokens are estimated at four characters each, so that usage has somewhere to go.
    """

    def __init__(self, *lines: Line, name: str = "scripted") -> None:
        self.name = name
        self.lines = lines
        self.heard: list[Mapping[str, Any]] = []
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> Endpoint:
        """Where the client finds it."""
        transport = InProcessTransport(self.name, self._answer)
        return Endpoint(self.name, "http://scripted.invalid/v1", transport=transport)

    @property
    def last_heard(self) -> str:
        """The content of the last message of the last request."""
        return str(self.heard[-1]["messages"][-1]["content"]) if self.heard else ""

    def _answer(self, body: Mapping[str, Any]) -> ModelReply:
        with self._lock:
            at = len(self.heard)
            self.heard.append(body)
        if at >= len(self.lines):
            raise EndpointError(400, f"The script has {len(self.lines)} lines and was asked for one more.")
        line = self.lines[at]
        said = line(body) if callable(line) else line
        if isinstance(said, EndpointError):
            raise said
        reply = ModelReply(said) if isinstance(said, str) else said
        if reply.usage is None:
            asked = len(json.dumps(body, ensure_ascii=False)) // 4
            reply = replace(reply, usage=Usage(asked, max(1, len(json.dumps(reply.as_message())) // 4)))
        return reply
