"""The one way to a language model: chat completions of any OpenAI-compatible endpoint, each call traced."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httpx2
import openai

from agent.errors import ModelUnavailable
from agent.llm.endpoint import Endpoint
from agent.llm.pricing import PriceList
from agent.messages import ModelReply, ToolCall, Usage

# What a request can do without: a model that refuses one of these is asked again without it.
OPTIONAL_PARAMETERS = ("temperature", "parallel_tool_calls", "stream_options", "response_format")

# A reply larger than this is cut: a broken endpoint that never stops talking must not fill the memory.
MOST_CHARACTERS = 1_000_000


class LanguageModel(Protocol):
    """The face of everything that can be asked: the client, and the wrappers around it."""

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
        on_text: Callable[[str], None] | None = None,
    ) -> ModelReply:
        """Ask once; raises ModelUnavailable."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


# Opens a record of a call and gives what has `update(**fields)`; in this house, Tracing.span.
Observe = Callable[..., AbstractContextManager[Any]]


@dataclass
class ModelClock:
    """The wall time spent in model calls, in seconds."""

    seconds: float = 0.0


_clock: ContextVar[ModelClock | None] = ContextVar("model_clock", default=None)


@contextmanager
def model_clock() -> Iterator[ModelClock]:
    """Within it, the time of every model call made in this context adds up on the clock it gives."""
    clock = ModelClock()
    token = _clock.set(clock)
    try:
        yield clock
    finally:
        _clock.reset(token)


class AsyncLLMClient:
    """Asks one endpoint. Safe for many questions at once; keeps only what the endpoint was seen to refuse."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        observe: Observe,
        prices: PriceList,
        timeout_seconds: float = 60.0,
        retries: int = 2,
    ) -> None:
        self.endpoint = endpoint
        self._observe = observe
        self._prices = prices
        self._refused: dict[str, frozenset[str]] = {}
        # The read timeout runs anew with every chunk, which makes it a limit on silence, not on length.
        self._timeout = httpx2.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds))
        self._retries = retries
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
        on_text: Callable[[str], None] | None = None,
    ) -> ModelReply:
        """Ask the model once and give its whole reply.

        `model` other than the endpoint's own goes to the same address. `prompt_client` links the call to a
        prompt's version in the trace. `on_text` hears the text as it comes. Raises ModelUnavailable.
        """
        name = model or self.endpoint.model
        parameters: dict[str, Any] = {"stream_options": {"include_usage": True}}
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
            model_parameters={k: v for k, v in parameters.items() if k not in ("tools", "stream_options")},
            prompt=prompt_client,
        ) as span:
            started = time.monotonic()
            try:
                hearing = await self._ask_twice_if_empty(name, messages, parameters, on_text)
            finally:
                seconds = time.monotonic() - started
                if clock := _clock.get():
                    clock.seconds += seconds
            reply = self._reply(hearing, name, seconds)
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
                max_retries=self._retries,
                timeout=self._timeout,
                http_client=httpx2.AsyncClient(transport=transport) if transport else None,
            )
        return client

    async def _ask_twice_if_empty(
        self,
        name: str,
        messages: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> _Hearing:
        for _ in range(2):
            hearing = await self._ask_without_what_it_refuses(name, messages, parameters, on_text)
            if not hearing.is_empty:
                return hearing
        raise ModelUnavailable(
            f"The model {name!r} at {self._host} answered twice with neither text nor a tool call. "
            "Try another model (DBAGENT_MODEL) or ask the provider."
        )

    async def _ask_without_what_it_refuses(
        self,
        name: str,
        messages: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> _Hearing:
        while True:
            refused = self._refused.get(name, frozenset())
            sent = {key: value for key, value in parameters.items() if key not in refused}
            try:
                return await self._hear(name, messages, sent, on_text)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                newly = _parameter_refused(error, sent)
                if newly is None:
                    raise self._unavailable(name, error) from error
                self._refused[name] = refused | {newly}
            except (openai.OpenAIError, httpx2.HTTPError, json.JSONDecodeError) as error:
                raise self._unavailable(name, error) from error

    async def _hear(
        self,
        name: str,
        messages: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> _Hearing:
        hearing = _Hearing()
        create: Any = self._openai.chat.completions.create
        stream = await create(model=name, messages=list(messages), stream=True, **parameters)
        async with stream:
            async for chunk in stream:
                text = hearing.take(chunk)
                if text and on_text:
                    on_text(text)
                if hearing.is_too_long:
                    hearing.finish_reason = "length"
                    break
        return hearing

    def _reply(self, hearing: _Hearing, asked_for: str, seconds: float) -> ModelReply:
        model = hearing.model or asked_for
        usage = hearing.usage
        cost = None
        if usage is not None:
            cost = self._prices.cost(model, usage)
            if cost is None:
                cost = self._prices.cost(asked_for, usage)
        # A call whose arguments were cut at the token limit must never run.
        finish_reason = hearing.finish_reason or ("tool_calls" if hearing.calls_are_whole else "length")
        whole = finish_reason not in ("length", "content_filter")
        return ModelReply(
            text=hearing.text,
            tool_calls=hearing.tool_calls if whole else (),
            usage=usage,
            model=model,
            finish_reason=finish_reason,
            cost_usd=cost,
            seconds=seconds,
        )

    @property
    def _host(self) -> str:
        return urlsplit(str(self._openai.base_url)).netloc.rsplit("@", 1)[-1]

    def _unavailable(self, name: str, error: Exception) -> ModelUnavailable:
        said = _in_one_line(error, name, self._host)
        # A provider's complaint may quote the key it was sent.
        return ModelUnavailable(said.replace(self.endpoint.api_key, "***") if self.endpoint.api_key else said)


async def reach(endpoint: Endpoint, seconds: float = 5.0) -> list[str]:
    """The names of the models an endpoint lists, asked once; empty where it lists none. Raises ModelUnavailable."""
    async with openai.AsyncOpenAI(
        api_key=endpoint.api_key or "none", base_url=endpoint.base_url, max_retries=0, timeout=seconds
    ) as client:
        try:
            return [model.id for model in (await client.models.list()).data]
        except openai.NotFoundError:
            return []  # an endpoint that serves chat completions alone answers nevertheless
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            host = urlsplit(str(client.base_url)).netloc.rsplit("@", 1)[-1]
            raise ModelUnavailable(_in_one_line(error, endpoint.model, host)) from error


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
            host = urlsplit(str(client.base_url)).netloc.rsplit("@", 1)[-1]
            said = _in_one_line(error, endpoint.model, host)
            raise ModelUnavailable(said.replace(endpoint.api_key, "***") if endpoint.api_key else said) from error
        if len(data) != len(texts):
            raise ModelUnavailable(f"{endpoint.model!r} gave {len(data)} vectors for {len(texts)} texts.")
        return data

    return embed


@dataclass
class _Hearing:
    """A streamed reply as it adds up."""

    text: str = ""
    model: str = ""
    finish_reason: str | None = None  # a stream that ends without one was broken off
    usage: Usage | None = None
    first_token_at: datetime | None = None
    _calls: dict[int, dict[str, str]] = field(default_factory=dict)
    _size: int = 0

    def take(self, chunk: Any) -> str:
        """Add a chunk; gives the text that it brought."""
        self.model = getattr(chunk, "model", None) or self.model
        if usage := getattr(chunk, "usage", None):
            details = getattr(usage, "prompt_tokens_details", None)
            self.usage = Usage(
                usage.prompt_tokens or 0,
                usage.completion_tokens or 0,
                getattr(details, "cached_tokens", None) or 0,
            )
        if not (choices := getattr(chunk, "choices", None)):
            return ""
        choice = choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        delta = choice.delta
        if delta is None:
            return ""
        text = delta.content or getattr(delta, "refusal", None) or ""
        if (text or delta.tool_calls) and self.first_token_at is None:
            self.first_token_at = datetime.now(UTC)
        self.text += text
        self._size += len(text)
        for piece in delta.tool_calls or ():
            self._add(piece)
        return text

    def _add(self, piece: Any) -> None:
        # Some endpoints leave the index out of every piece; a new id then means a new call.
        at = piece.index
        if at is None:
            known = max(self._calls, default=-1)
            new = known < 0 or (piece.id and self._calls[known]["id"] not in ("", piece.id))
            at = known + 1 if new else known
        call = self._calls.setdefault(at, {"id": "", "name": "", "arguments": ""})
        call["id"] = piece.id or call["id"]
        if function := piece.function:
            call["name"] = function.name or call["name"]
            arguments = function.arguments or ""
            # Some endpoints send the arguments as an object, though the protocol says a string.
            text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
            call["arguments"] += text
            self._size += len(text)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        calls: list[ToolCall] = []
        seen: set[str] = set()
        for position, call in sorted(self._calls.items()):
            # Replies are matched to calls by id: a missing or repeated one gets its own.
            own = call["id"] if call["id"] and call["id"] not in seen else f"call_{position}_{len(seen)}"
            seen.add(own)
            calls.append(ToolCall(own, call["name"], call["arguments"]))
        return tuple(calls)

    @property
    def calls_are_whole(self) -> bool:
        """Whether there are calls and the arguments of all of them are JSON to the end."""
        try:
            return bool(self._calls) and all(
                json.loads(each["arguments"] or "{}") is not None for each in self._calls.values()
            )
        except ValueError:
            return False

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self._calls and self.finish_reason != "content_filter"

    @property
    def is_too_long(self) -> bool:
        return self._size > MOST_CHARACTERS


def _parameter_refused(error: openai.APIStatusError, sent: Mapping[str, Any]) -> str | None:
    """Which of the parameters that a request can do without the endpoint complains about, if any."""
    body = error.body if isinstance(error.body, dict) else {}
    named = str(body.get("param") or "")
    complaint = f"{named} {error.message}"
    return next((each for each in OPTIONAL_PARAMETERS if each in sent and each in complaint), None)


def _in_one_line(error: Exception, model: str, host: str) -> str:
    """What failed and what to try; holds neither the key nor the request."""
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return f"{host} did not accept the key ({error.status_code}). Set OPENAI_API_KEY to a key of that provider."
        case openai.NotFoundError():
            return (
                f"{host} does not know the model {model!r} or the address (404). "
                "Check DBAGENT_MODEL and OPENAI_BASE_URL."
            )
        case openai.RateLimitError():
            return f"{host} is refusing more requests for now (429). Wait a little, or check the plan and its quota."
        case openai.APIStatusError() if error.status_code >= 500:
            return f"{host} failed ({error.status_code}: {_short(error.message)}). Try later, or another model."
        case openai.APIStatusError():
            return f"{host} did not take the request ({error.status_code}): {_short(error.message)}"
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return f"{host} did not answer in time. Try again, or raise DBAGENT_MODEL_TIMEOUT (seconds)."
        case openai.APIConnectionError() | httpx2.HTTPError():
            return f"{host} cannot be reached, or broke off. Check OPENAI_BASE_URL and the network."
        case openai.APIError():
            return f"{host} reported an error: {_short(error.message)}"
        case _:
            return (
                f"{host} sent a reply that is not valid JSON. Check that OPENAI_BASE_URL is an OpenAI-compatible one."
            )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:299] + "…"
