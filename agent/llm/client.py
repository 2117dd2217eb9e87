"""The one way to a language model: chat completions of any OpenAI-compatible endpoint, each call traced."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx2
import openai

from agent.errors import ModelUnavailable
from agent.llm import faults
from agent.llm.clock import running_clock
from agent.llm.endpoint import Endpoint
from agent.llm.event_stream import EventStream
from agent.llm.faults import Fault
from agent.llm.hearing import REASONING, SIGNATURE, Hearing, as_chunk
from agent.llm.language_model import Observe, OnText
from agent.llm.pricing import PriceList
from agent.llm.text_protocol import calls_in, with_tools_in_text
from agent.messages import ModelReply, Standing

# What a request can do without: a model that refuses one of these is asked again without it.
OPTIONAL_PARAMETERS = ("temperature", "parallel_tool_calls", "stream_options", "response_format", "tools", "stream")

# What its provider wants back of earlier turns, and another one may refuse.
PASSED_BACK = (*REASONING, SIGNATURE)

NEEDS_REASONING = "an empty reasoning_content"

_DONE = "[DONE]"
_DRAIN_SECONDS = 0.1


class AsyncLLMClient:
    """Asks one endpoint, once a call. Safe for many questions at once.

    Of an endpoint it keeps what each model there was seen to refuse, and no more.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        observe: Observe,
        prices: PriceList,
        timeout_seconds: float = 60.0,
    ) -> None:
        self.endpoint = endpoint
        self._observe = observe
        self._prices = prices
        self._seen: dict[str, frozenset[str]] = {}
        # The read timeout runs anew with every chunk, which makes it a limit on silence, not on length.
        self._timeout = httpx2.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds))
        # A connection belongs to the event loop that opened it, and a script may run one loop after another.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = WeakKeyDictionary()

    async def create_completion(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        model: str | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        response_format: Mapping[str, Any] | None = None,
        temperature: float | None = 0.0,
        prompt_client: object | None = None,
        parallel_tool_calls: bool = False,
        on_text: OnText | None = None,
        standing: Standing | None = None,
    ) -> ModelReply:
        """Ask the model once and give its whole reply.

        `model` other than the endpoint's own goes to the same address. `prompt_client` links the call to a
        prompt's version in the trace. `on_text` hears the text as it comes. `standing` changes nothing
        here. Raises ModelUnavailable: ModelBusy where
        asking again may help, ConversationTooLong where saying less may.
        """
        name = model or self.endpoint.model
        parameters: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
        if temperature is not None:
            parameters["temperature"] = temperature
        if tools:
            parameters |= {"tools": list(tools), "parallel_tool_calls": parallel_tool_calls}
        if response_format is not None:
            parameters["response_format"] = response_format
        with self._observe(
            f"model {name}",
            "generation",
            input={"messages": list(messages), "tools": [each["function"]["name"] for each in tools]},
            model=name,
            model_parameters={k: v for k, v in parameters.items() if k not in ("tools", "stream", "stream_options")},
            prompt=prompt_client,
        ) as span:
            started = time.monotonic()
            try:
                hearing = await self._ask_without_what_it_refuses(name, messages, parameters, on_text)
            finally:
                seconds = time.monotonic() - started
                running_clock().seconds += seconds
            if hearing.is_empty:
                raise self._unavailable(name, Fault("empty"))
            reply = self._reply(hearing, name, seconds, [each["function"]["name"] for each in tools])
            span.update(
                output=reply.as_message(),
                model=reply.model,
                usage=reply.usage
                and {"input": reply.usage.input, "output": reply.usage.output, "cached": reply.usage.cached},
                cost=None if reply.cost_usd is None else {"total": reply.cost_usd},
                first_token_at=hearing.first_token_at,
                metadata={"finish_reason": reply.finish_reason},
            )
            return reply

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        if (client := self._clients.pop(asyncio.get_running_loop(), None)) is not None:
            await client.close()

    @property
    def _openai(self) -> openai.AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if (client := self._clients.get(loop)) is None:
            transport = self.endpoint.transport
            client = self._clients[loop] = openai.AsyncOpenAI(
                api_key=self.endpoint.api_key or "none",
                base_url=self.endpoint.base_url,
                max_retries=0,  # whoever wraps this client asks again, where it can be seen
                timeout=self._timeout,
                http_client=httpx2.AsyncClient(transport=transport) if transport else None,
            )
        return client

    async def _ask_without_what_it_refuses(
        self,
        name: str,
        messages: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
        on_text: OnText | None,
    ) -> Hearing:
        while True:
            seen = self._seen.get(name, frozenset())
            body = {"model": name, **self._as_taken(seen, messages, parameters)}
            try:
                return await self._hear(body, on_text)
            except (openai.OpenAIError, httpx2.HTTPError, ValueError, RecursionError) as error:
                fault = _fault(error)
                new = faults.refused(fault, _can_do_without(body))
                if faults.wants_reasoning(fault):
                    new = NEEDS_REASONING
                if new is None or new in seen:
                    raise self._unavailable(name, fault) from error
                self._seen[name] = self._seen.get(name, frozenset()) | {new}

    def _as_taken(
        self, seen: frozenset[str], messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The request as the model takes it, as far as that is known."""
        body = {key: value for key, value in parameters.items() if key not in seen}
        if "stream" in seen:
            body.pop("stream_options", None)
        if "tools" in seen or self.endpoint.tool_calls == "text":
            tools = body.pop("tools", ())
            body.pop("parallel_tool_calls", None)
            return {"messages": with_tools_in_text(messages, tools), **body}
        return {"messages": [_turn(each, seen) for each in messages], **body}

    async def _hear(self, body: Mapping[str, Any], on_text: OnText | None) -> Hearing:
        hearing = Hearing()
        # Neither chat.completions.create nor the SDK's iteration: they would make an object of every chunk, which costs
        # more than all that is done with it here, believe what an endpoint sends, and leave five generators a call to
        # the garbage collector, each of which wakes the event loop.
        stream: openai.AsyncStream[object] = await self._openai.post(
            "/chat/completions",
            cast_to=object,
            body=dict(body),
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        async with stream:
            kind = stream.response.headers.get("content-type", "")
            if "html" in kind:
                raise _NoReply(Fault("page"))
            if "json" in kind and "event-stream" not in kind:
                said = hearing.take(_whole_reply(await stream.response.aread()))
                if said and on_text:
                    on_text(said)
                return hearing
            arriving = stream.response.aiter_bytes()
            events = EventStream()
            async for part in arriving:
                if _heard(events.feed(part), hearing, on_text):
                    await _drained(arriving)
                    return hearing
            _heard(events.end(), hearing, on_text)
        return hearing

    def _reply(self, hearing: Hearing, asked_for: str, seconds: float, tools: Sequence[str]) -> ModelReply:
        model = hearing.model or asked_for
        usage = hearing.usage
        cost = None
        if usage is not None:
            cost = self._prices.cost(model, usage)
            if cost is None:
                cost = self._prices.cost(asked_for, usage)
        text, calls = hearing.text, hearing.tool_calls
        if tools and not calls:
            text, calls = calls_in(text, tools)
        # A call whose arguments were cut at the token limit must never run.
        finish_reason = hearing.finish_reason or ("tool_calls" if hearing.calls_are_whole else "length")
        whole = finish_reason not in ("length", "content_filter")
        return ModelReply(
            text=text,
            tool_calls=calls if whole else (),
            usage=usage,
            model=model,
            finish_reason=finish_reason,
            cost_usd=cost,
            seconds=seconds,
            extra=hearing.extra if calls else {},
        )

    def _unavailable(self, name: str, fault: Fault) -> ModelUnavailable:
        return faults.unavailable(fault, name, _host(self._openai), self.endpoint.api_key)


class _NoReply(ValueError):
    """What came is no reply of a model; says what it is."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


async def reach(endpoint: Endpoint, seconds: float = 5.0) -> list[str]:
    """The names of the models an endpoint lists, asked once; empty where it lists none. Raises ModelUnavailable."""
    async with openai.AsyncOpenAI(
        api_key=endpoint.api_key or "none", base_url=endpoint.base_url, max_retries=0, timeout=seconds
    ) as client:
        try:
            return [model.id for model in (await client.models.list()).data]
        except openai.NotFoundError:
            return []  # an endpoint that serves chat completions alone answers nevertheless
        # What is no API answers with a page, which comes as a text that has no data.
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError) as error:
            raise faults.unavailable(_fault(error), endpoint.model, _host(client), endpoint.api_key) from error


def embedder(endpoint: Endpoint, seconds: float) -> Callable[[Sequence[str]], list[list[float]]]:
    """What asks an embedding model for the vectors of some texts; may be called from any thread, and blocks it.

    The call raises ModelUnavailable.
    """
    client = openai.OpenAI(
        api_key=endpoint.api_key or "none", base_url=endpoint.base_url, max_retries=1, timeout=min(seconds, 20.0)
    )

    def embed(texts: Sequence[str]) -> list[list[float]]:
        try:
            reply = client.embeddings.create(model=endpoint.model, input=list(texts), encoding_format="float")
            data = [list(each.embedding) for each in sorted(reply.data, key=lambda each: each.index)]
        # What is no API answers with a page, which comes as a text that has no data.
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError) as error:
            raise faults.unavailable(_fault(error), endpoint.model, _host(client), endpoint.api_key) from error
        if len(data) != len(texts):
            raise ModelUnavailable(f"{endpoint.model!r} gave {len(data)} vectors for {len(texts)} texts.")
        return data

    return embed


def _host(client: openai.AsyncOpenAI | openai.OpenAI) -> str:
    return urlsplit(str(client.base_url)).netloc.rsplit("@", 1)[-1]


def _heard(events: Sequence[str], hearing: Hearing, on_text: OnText | None) -> bool:
    """Whether these events end the reply. Raises ValueError for what is no part of one."""
    for data in events:
        if data.startswith(_DONE):
            return True
        chunk = json.loads(data)
        _refuse_error(chunk)
        said = hearing.take(chunk)
        if said and on_text:
            on_text(said)
        if hearing.is_too_long:
            hearing.finish_reason = "length"
            return True
    return False


async def _drained(arriving: AsyncIterator[bytes]) -> None:
    """Read on to the end, or for a moment: only what was read to its end leaves its connection for the next call."""
    with contextlib.suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in arriving:
                pass


def _whole_reply(content: bytes) -> dict[str, Any]:
    """What an endpoint sent that does not stream, as a chunk."""
    told = json.loads(content)
    _refuse_error(told)
    if not isinstance(told, Mapping):
        raise _NoReply(Fault("json"))
    return as_chunk(told)


def _refuse_error(told: object) -> None:
    """Raise where an endpoint says in its reply that there is none."""
    error = told.get("error") if isinstance(told, Mapping) else None
    if error and isinstance(error, Mapping | str):
        message = str(error.get("message") or "" if isinstance(error, Mapping) else error)
        raise _NoReply(Fault("stream", message, body=told))


def _turn(message: Mapping[str, Any], seen: frozenset[str]) -> Mapping[str, Any]:
    """A turn with what its provider wants back of it, and without what the model refuses to hear."""
    if NEEDS_REASONING in seen and message.get("tool_calls") and "reasoning_content" not in message:
        return {**message, "reasoning_content": ""}
    if seen.isdisjoint(PASSED_BACK):
        return message
    told = {key: value for key, value in message.items() if key not in seen}
    if SIGNATURE in seen and "tool_calls" in told:
        told["tool_calls"] = [{k: v for k, v in call.items() if k not in seen} for call in told["tool_calls"]]
    return told


def _can_do_without(body: Mapping[str, Any]) -> list[str]:
    """What of a request could be left out."""
    messages: Sequence[Mapping[str, Any]] = body["messages"]
    turns = [*messages, *(call for each in messages for call in each.get("tool_calls") or ())]
    back = [name for name in PASSED_BACK if any(name in turn for turn in turns)]
    return [*(name for name in OPTIONAL_PARAMETERS if name in body), *back]


def _fault(error: Exception) -> Fault:
    """How a request failed, without the vendor."""
    match error:
        case _NoReply():
            return error.fault
        case UnicodeEncodeError():  # headers are ASCII
            return Fault("key")
        case openai.APIStatusError():
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            return Fault(
                "status", faults.message_in(error.body) or error.message, error.status_code, error.body, headers
            )
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return Fault("timeout")
        case openai.APIConnectionError() | httpx2.HTTPError():
            return Fault("connection")
        case openai.APIError():
            return Fault("stream", error.message, body=error.body)
        case _:
            return Fault("json")
