"""What becomes of a span when it ends: a copy for the local store, and its way to Langfuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import format_span_id, format_trace_id

from agent.llmops.trace_records import SpanRecord
from agent.llmops.trace_store import TraceStore
from agent.llmops.vendor_noise import unheard


class LocalSpans(SpanProcessor):
    """Writes every span to the local store as it ends.

    Not a batch: the SDK's batches drop spans when they come quickly, and lose them all at a SIGTERM.
    """

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def on_end(self, span: ReadableSpan) -> None:
        """Keep the span."""
        self._store.write(record_of(span))


class Nowhere(SpanExporter):
    """Where the SDK sends its spans when there is no Langfuse."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take them and do nothing."""
        return SpanExportResult.SUCCESS


class ToLangfuse(SpanExporter):
    """Sends batches through `inner`; of one that fails, `warn` hears the last complaint."""

    def __init__(self, inner: SpanExporter, warn: Callable[[str], None]) -> None:
        self._inner = inner
        self._warn = warn

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        with unheard() as complaints:
            try:
                result = self._inner.export(spans)
            except Exception as error:  # the SDK's worker would log its traceback, with what was being sent
                result = SpanExportResult.FAILURE
                complaints.append(type(error).__name__)
        if result is not SpanExportResult.SUCCESS:
            self._warn(complaints[-1] if complaints else "it does not take the traces")
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        with unheard():
            self._inner.shutdown()


_OBSERVATION = "langfuse.observation."
_METADATA = _OBSERVATION + "metadata."


def record_of(span: ReadableSpan) -> SpanRecord:
    """The span as the local store keeps it."""
    told: dict[str, Any] = dict(span.attributes or {})

    def from_json(name: str) -> Any:
        return _from_json(told.get(_OBSERVATION + name))

    context = span.get_span_context()
    metadata = {
        key.removeprefix(_METADATA): _from_json(value) for key, value in told.items() if key.startswith(_METADATA)
    }
    # A prompt that is not linked, because it came from a file, is named in the metadata.
    named = metadata.get("prompt")
    prompt = named if isinstance(named, dict) else {}
    started, ended = span.start_time or 0, span.end_time
    return SpanRecord(
        trace_id=format_trace_id(context.trace_id) if context else "",
        id=format_span_id(context.span_id) if context else "",
        parent_id=format_span_id(span.parent.span_id) if span.parent else None,
        name=span.name,
        kind=told.get(_OBSERVATION + "type", "span"),
        started=datetime.fromtimestamp(started / 1e9, UTC),
        seconds=None if ended is None else (ended - started) / 1e9,
        input=told.get(_OBSERVATION + "input"),
        output=told.get(_OBSERVATION + "output"),
        level=told.get(_OBSERVATION + "level", "DEFAULT"),
        status=told.get(_OBSERVATION + "status_message"),
        model=told.get(_OBSERVATION + "model.name"),
        model_parameters=from_json("model.parameters") or {},
        usage=from_json("usage_details") or {},
        cost=from_json("cost_details") or {},
        prompt_name=told.get(_OBSERVATION + "prompt.name", prompt.get("name")),
        prompt_version=told.get(_OBSERVATION + "prompt.version", prompt.get("version")),
        first_token_at=_moment(from_json("completion_start_time")),
        user=told.get("user.id"),
        session=told.get("session.id"),
        tags=tuple(told.get("langfuse.trace.tags", ())),
        metadata=metadata,
    )


def _from_json(text: object) -> Any:
    with suppress(ValueError):
        return json.loads(text) if isinstance(text, str) else None
    return None


def _moment(text: object) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    return None
