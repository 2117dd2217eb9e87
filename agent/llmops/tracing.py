"""Spans as the agent opens them: one trace per question, every step a span within it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from datetime import datetime
from typing import Any, TypeVar

from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_values import Experiment
from agent.llmops.observation import Observation
from agent.llmops.span_text import as_metadata, as_text, one_line

_LONGEST_ID = 200  # characters; the SDK drops a longer user, session or tag

# Our own, not OpenTelemetry's current span: that one belongs to the application we run in.
_current: ContextVar[Span | None] = ContextVar("dbagent_span", default=None)

_experiment: ContextVar[Experiment | None] = ContextVar("dbagent_experiment", default=None)

Number = TypeVar("Number", int, float)

_MOST_TOKENS = 2**53  # what an endpoint counts is not always to be believed; SQLite takes 63 bits

_UNTOLD: Any = object()


class Span:
    """What `with tracing.span(...) as span` gives; `trace_id` and `id` are empty when tracing is off."""

    def __init__(self, client: LangfuseClient | None = None, observation: Observation | None = None) -> None:
        self.client = client
        self.observation = observation
        self.trace_id = observation.trace_id if observation else ""
        self.id = observation.id if observation else ""

    def update(
        self,
        *,
        output: object = _UNTOLD,
        input: object = _UNTOLD,
        metadata: Mapping[str, object] | None = None,
        model: str | None = None,
        model_parameters: Mapping[str, Any] | None = None,
        usage: Mapping[str, int] | None = None,
        cost: Mapping[str, float] | None = None,
        level: str | None = None,
        status: str | None = None,
        prompt: object | None = None,
        first_token_at: datetime | None = None,
    ) -> None:
        """Tell the span more; what is left out stays as it was.

        `usage` is tokens: "input", "output", and "cached" for those of the input that a cache served. `cost` is
        US dollars. `level` is "DEFAULT", "WARNING" or "ERROR". Values may be anything: they are made text here,
        bounded and without secrets. Never raises.
        """
        if self.client is None or self.observation is None:
            return
        redact = self.client.redact
        with self.client.at_the_door():
            told = _told(
                redact,
                output=output,
                input=input,
                metadata=metadata,
                model=model,
                model_parameters=model_parameters,
                usage=_usage(usage),
                cost=cost and _numbers(cost, float),
                level=level,
                status=status and one_line(status, redact),
                prompt=prompt,
                first_token_at=first_token_at,
            )
            self.observation.update(told)


@contextmanager
def part_of(experiment: Experiment | None) -> Iterator[None]:
    """Within it, in this context, questions are traced as items of a run over a dataset; of none where it is None."""
    token = _experiment.set(experiment)
    try:
        yield
    finally:
        _leave(token)


class Tracing:
    """Opens spans with a Langfuse client, whichever of its kinds that is; off, it costs next to nothing."""

    def __init__(self, client: LangfuseClient) -> None:
        self._client = client

    @contextmanager
    def question(
        self,
        name: str,
        *,
        input: object,
        user_id: str | None = None,
        session_id: str | None = None,
        tags: Sequence[str] = (),
        metadata: Mapping[str, object] | None = None,
    ) -> Iterator[Span]:
        """The root of a new trace; user, session and tags go with every span below it.

        Always a trace of its own, also within a span of the application, or of another question.
        """
        if not self._client.on:
            yield _OFF
            return
        redact = self._client.redact
        observation = None
        with self._client.at_the_door():
            observation = self._client.start(
                one_line(name, redact, _LONGEST_ID),
                "agent",
                user_id=_id(user_id, redact),
                session_id=_id(session_id, redact),
                tags=[short for tag in tags if (short := _id(tag, redact))],
                experiment=_experiment.get(),
                **_told(redact, input=input, metadata=metadata),
            )
        with self._within(observation) as span:
            yield span

    @contextmanager
    def span(
        self,
        name: str,
        kind: str = "span",
        *,
        input: object = None,
        metadata: Mapping[str, object] | None = None,
        model: str | None = None,
        model_parameters: Mapping[str, Any] | None = None,
        prompt: object | None = None,
    ) -> Iterator[Span]:
        """A step within what is open in this context.

        `kind` is span, generation, tool, chain, retriever, agent, evaluator or guardrail. `prompt` is the link of
        a CompiledPrompt. An exception marks the span and goes on, unchanged.
        """
        if not self._client.on:
            yield _OFF
            return
        redact = self._client.redact
        above = _current.get()
        # Another agent's, which asks this one: each keeps its own traces.
        parent = above.observation if above is not None and above.client is self._client else None
        told = {
            "input": input,
            "metadata": metadata,
            "model": model,
            "model_parameters": model_parameters,
            "prompt": prompt,
        }
        observation = None
        with self._client.at_the_door():
            observation = self._client.start(one_line(name, redact, _LONGEST_ID), kind, parent, **_told(redact, **told))
        with self._within(observation) as span:
            yield span

    def link(self, trace_id: str) -> str | None:
        """The address of a trace in Langfuse; None when traces stay here, or while its project is not known."""
        return self._client.link(trace_id)

    @contextmanager
    def _within(self, observation: Observation | None) -> Iterator[Span]:
        if observation is None:  # the SDK failed to open it; said once, there
            yield _OFF
            return
        span = Span(self._client, observation)
        token = _current.set(span)
        try:
            yield span
        except (asyncio.CancelledError, GeneratorExit):
            span.update(level="WARNING", status="cancelled")
            raise
        except BaseException as error:
            span.update(level="ERROR", status=f"{type(error).__name__}: {error}")
            raise
        finally:
            _leave(token)
            with self._client.at_the_door():
                observation.end()


_OFF = Span()


def _leave(token: Token[Any]) -> None:
    try:
        token.var.reset(token)
    except ValueError:  # closed in another context than it was opened in, as an async generator may be
        return


def _told(redact: Any, **told: Any) -> dict[str, Any]:
    """What was told, in the words of a SpanRecord; what was not is left out."""
    ready = {key: value for key, value in told.items() if value is not None and value is not _UNTOLD}
    for key in ("input", "output"):
        if key in ready:
            ready[key] = as_text(ready[key], redact)
    for key in ("metadata", "model_parameters"):
        if key in ready:
            ready[key] = as_metadata(ready[key], redact) or {}
    if "model" in ready:
        ready["model"] = one_line(ready["model"], redact, _LONGEST_ID)
    if name := getattr(ready.pop("prompt", None), "name", None):
        version, source = getattr(told["prompt"], "version", None), getattr(told["prompt"], "source", "langfuse")
        ready |= {"prompt_name": name, "prompt_version": version}
        ready["metadata"] = {
            **ready.get("metadata", {}),
            "prompt": {"name": name, "version": version, "source": source},
        }
    return ready


def _usage(usage: Mapping[str, int] | None) -> dict[str, int] | None:
    """As Langfuse counts: kinds that do not overlap, and their total."""
    if usage is None:
        return None
    counted = {kind: min(tokens, _MOST_TOKENS) for kind, tokens in _numbers(usage, int).items()}
    cached = counted.pop("cached", 0)
    counted.setdefault("total", counted.get("input", 0) + counted.get("output", 0))
    if cached:
        counted["input"] = max(counted.get("input", 0) - cached, 0)
        counted["input_cached_tokens"] = cached
    return counted


def _numbers(amounts: Mapping[str, Any], number: Callable[[Any], Number]) -> dict[str, Number]:
    """Those of the amounts that are numbers: they come from an endpoint that may send anything."""
    good: dict[str, Number] = {}
    for kind, amount in amounts.items():
        with suppress(TypeError, ValueError, OverflowError):
            good[str(kind)] = number(amount)
    return good


def _id(value: str | None, redact: Any) -> str | None:
    """A user, session or tag short enough to be kept; what is cut off stays told apart by a digest."""
    if not value:
        return None
    line = one_line(value, redact, 10_000)
    if len(line) <= _LONGEST_ID:
        return line
    digest = hashlib.sha256(str(value).encode("utf-8", "replace")).hexdigest()[:16]
    return f"{line[: _LONGEST_ID - 17]}…{digest}"
