"""A chat-completions endpoint in this process: a function from request to reply, spoken as JSON or as a stream."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import httpx2

from agent.messages import ModelReply

Answering = Callable[[Mapping[str, Any]], ModelReply]


class EndpointError(Exception):
    """What makes the endpoint answer with an HTTP error instead of a reply."""

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.param = param


class InProcessTransport(httpx2.AsyncBaseTransport):
    """Answers `POST …/chat/completions` with what `answering(body)` says, and `GET …/models` with one name.

    `answering` runs in a worker thread, as a server's would run elsewhere: it never holds up the loop.
    """

    def __init__(self, model: str, answering: Answering) -> None:
        self._model = model
        self._answering = answering

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, answered from within."""
        if request.method == "GET" and request.url.path.endswith("/models"):
            return httpx2.Response(200, json={"object": "list", "data": [{"id": self._model, "object": "model"}]})
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _error(EndpointError(404, f"There is nothing at {request.url.path}."))
        body = json.loads(await request.aread())
        try:
            reply = await asyncio.to_thread(self._answering, body)
        except EndpointError as error:
            return _error(error)
        if not body.get("stream"):
            return httpx2.Response(200, json=as_completion(reply, self._model))
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return httpx2.Response(
            200,
            headers={"content-type": "text/event-stream"},
            content=_encoded(as_chunks(reply, self._model, with_usage=with_usage)),
        )


def as_completion(reply: ModelReply, model: str) -> dict[str, Any]:
    """The reply as the body of a `chat.completion`."""
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": reply.model or model,
        "choices": [{"index": 0, "message": reply.as_message(), "finish_reason": _finish(reply)}],
        "usage": _usage(reply),
    }


def as_chunks(reply: ModelReply, model: str, *, with_usage: bool) -> Iterator[dict[str, Any]]:
    """The reply as `chat.completion.chunk`s: the text in words, then the calls, then the end, then the usage."""
    head = {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": reply.model or model,
    }

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for word in _words(reply.text):
        yield chunk({"content": word})
    for index, call in enumerate(reply.tool_calls):
        function = {"name": call.name, "arguments": call.arguments}
        yield chunk({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
    yield chunk({}, _finish(reply))
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(reply)}


def _words(text: str) -> Iterator[str]:
    start = 0
    for position, character in enumerate(text):
        if character.isspace() and position > start:
            yield text[start : position + 1]
            start = position + 1
    if start < len(text):
        yield text[start:]


def _finish(reply: ModelReply) -> str:
    return "tool_calls" if reply.tool_calls and reply.finish_reason == "stop" else reply.finish_reason


def _usage(reply: ModelReply) -> dict[str, Any] | None:
    if reply.usage is None:
        return None
    return {
        "prompt_tokens": reply.usage.input,
        "completion_tokens": reply.usage.output,
        "total_tokens": reply.usage.total,
        "prompt_tokens_details": {"cached_tokens": reply.usage.cached},
    }


def _error(error: EndpointError) -> httpx2.Response:
    body = {"message": str(error), "type": "error", "param": error.param, "code": None}
    # Otherwise the SDK waits and asks again, which an endpoint in this process never makes better.
    return httpx2.Response(error.status, json={"error": body}, headers={"x-should-retry": "false"})


async def _encoded(chunks: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
    yield b"data: [DONE]\n\n"
