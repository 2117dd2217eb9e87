"""Traces read back from Langfuse: its observations as the spans that a trace store of this machine keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.trace_records import SpanRecord
from agent.llmops.trace_store import TraceStore

# What a question's span tells in its metadata that is read again: agent/llmops/trace_records.py and agent/replay.py.
_TOLD_OF_A_QUESTION = (
    *("outcome", "sql", "rows", "tokens", "cost_usd", "prompt", "prompt_tokens"),
    *("experiment", "arm", "policy", "database", "history_turns", "today", "effort"),
)


@contextmanager
def traces_read(
    client: LangfuseClient, *, since: datetime | None = None, trace_id: str | None = None
) -> Iterator[TraceStore]:
    """A store, as long as it is open, of the traces that began since then, or of the one with that id.

    Inputs and outputs are read only for one trace: the figures of many need none. Raises LangfuseUnreachable.
    """
    with TemporaryDirectory(prefix="dbagent-") as folder:
        store = TraceStore(Path(folder) / "traces.db")
        try:
            told = client.observations(
                since=since, trace_id=trace_id, texts=trace_id is not None, whole_metadata=_TOLD_OF_A_QUESTION
            )
            for page in told:
                store.keep(map(span_of, page))
            yield store
        finally:
            store.close()


def span_of(told: Mapping[str, Any]) -> SpanRecord:
    """An observation as Langfuse tells it (`LangfuseClient.observations`), as this machine would have kept it."""
    started, ended = told["start_time"], told["end_time"]
    metadata = {
        # A digest may look like a number: 12e4567890123456.
        key: value if key == "policy" and not str(value).startswith('"') else _from_json(value)
        for key, value in (told["metadata"] or {}).items()
    }
    # A prompt that is not linked, because it came from a file, is named in the metadata.
    named = metadata.get("prompt")
    prompt = named if isinstance(named, dict) else {}
    level = told["level"]
    return SpanRecord(
        trace_id=told["trace_id"] or "",
        id=told["id"],
        parent_id=told["parent_observation_id"] or None,
        name=told["name"] or "",
        kind=told["type"].lower(),
        started=started,
        seconds=None if ended is None else (ended - started).total_seconds(),
        input=_as_text(told["input"]),
        output=_as_text(told["output"]),
        level=str(getattr(level, "value", level) or "DEFAULT"),
        status=told["status_message"] or None,
        model=told["model"] or None,
        model_parameters=_mapping(told["model_parameters"]),
        usage=_mapping(told["usage_details"]),
        cost=_mapping(told["cost_details"]),
        prompt_name=told["prompt_name"] or prompt.get("name"),
        prompt_version=told["prompt_version"] or prompt.get("version"),
        first_token_at=told["completion_start_time"],
        user=told["user_id"] or None,
        session=told["session_id"] or None,
        tags=tuple(told["tags"] or ()),
        metadata=metadata,
    )


def _from_json(value: Any) -> Any:
    """A value of the metadata, which is sent as JSON and may come back as its text."""
    with suppress(ValueError):
        return json.loads(value) if isinstance(value, str) else value
    return value


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _mapping(value: Any) -> dict[str, Any]:
    read = _from_json(value)
    return read if isinstance(read, dict) else {}
