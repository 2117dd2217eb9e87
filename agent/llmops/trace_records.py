"""What a trace is when it is read: its spans, the tree they make, and the one question as a flat record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent.answer import ANSWERED, CUT_OFF

EVALUATION, REPLAY = "evaluation", "replay"
"""Tags of the questions that were asked to measure something, and not by a user."""


@dataclass(frozen=True)
class SpanRecord:
    """One span. `seconds` is None while it runs, and stays so where its process was killed.

    `usage` counts tokens by kind and `cost` US dollars by kind, each with its "total"; both are empty where
    they are unknown. `level` is "DEFAULT", "WARNING" or "ERROR"; `status` says what was wrong.
    """

    trace_id: str
    id: str
    parent_id: str | None
    name: str
    kind: str
    started: datetime
    seconds: float | None
    input: str | None = None
    output: str | None = None
    level: str = "DEFAULT"
    status: str | None = None
    model: str | None = None
    model_parameters: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    prompt_name: str | None = None
    prompt_version: int | None = None
    first_token_at: datetime | None = None
    user: str | None = None
    session: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[SpanRecord, ...] = ()

    @property
    def tokens(self) -> int | None:
        """All tokens of this span itself, None where they are unknown."""
        return int(_total(self.usage)) if self.usage else None

    @property
    def cost_usd(self) -> float | None:
        """US dollars of this span itself, None where they are unknown."""
        return float(_total(self.cost)) if self.cost else None


@dataclass(frozen=True)
class TraceSummary:
    """One question as a flat record. `tokens` and `cost_usd` are sums over its model calls, None where none told.

    `outcome` is that of the receipt; "error", "cancelled" or "unfinished" where there was none. `steps` are its model
    calls, `tool_calls` what they called; `failed_queries` are calls of execute_sql that were refused or failed, and it
    is `repaired` when a later one ran. `prompt_tokens` says about how many tokens each section of the prompts took,
    over all model calls (agent/prompt_tokens.py). `arm` is that of the `experiment` it took part in. What the trace
    does not tell is None or empty.
    """

    id: str
    name: str
    question: str
    started: datetime
    seconds: float | None
    tokens: int | None
    cost_usd: float | None
    models: tuple[str, ...]
    outcome: str
    user: str | None
    session: str | None
    error: str | None
    tags: tuple[str, ...] = ()
    sql: str | None = None
    rows: int | None = None
    steps: int = 0
    tool_calls: int = 0
    failed_queries: int = 0
    repaired: bool = False
    prompt_name: str | None = None
    prompt_version: int | None = None
    prompt_label: str | None = None
    experiment: str | None = None
    arm: str | None = None
    policy: str | None = None
    database: str | None = None
    prompt_tokens: Mapping[str, int] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether a query ran and the model could say what came of it, as `Answer.answered` has it."""
        return self.sql is not None and self.outcome in (ANSWERED, CUT_OFF)

    @property
    def by_a_user(self) -> bool:
        """Whether it was asked by a user, and not by an evaluation or a replay."""
        return not {EVALUATION, REPLAY}.intersection(self.tags)


@dataclass(frozen=True)
class TraceTree:
    """One question with all its spans; `roots` is one span, or several where the first was lost."""

    summary: TraceSummary
    roots: tuple[SpanRecord, ...]

    def walk(self) -> Iterator[tuple[int, SpanRecord]]:
        """Every span with its depth, in the order in which they started within their parent."""
        stack = [(0, span) for span in reversed(self.roots)]
        while stack:
            depth, span = stack.pop()
            yield depth, span
            stack += [(depth + 1, child) for child in reversed(span.children)]


def row_of(span: SpanRecord) -> dict[str, Any]:
    started = span.started.timestamp()
    return {
        "trace_id": span.trace_id,
        "id": span.id,
        "parent_id": span.parent_id,
        "name": span.name,
        "kind": span.kind,
        "started": started,
        "ended": None if span.seconds is None else started + span.seconds,
        "input": span.input,
        "output": span.output,
        "level": span.level,
        "status": span.status,
        "model": span.model,
        "model_parameters": _json(span.model_parameters),
        "usage": _json(span.usage),
        "cost": _json(span.cost),
        "tokens": span.tokens,
        "cost_usd": span.cost_usd,
        "prompt_name": span.prompt_name,
        "prompt_version": span.prompt_version,
        "first_token_at": span.first_token_at and span.first_token_at.isoformat(),
        "user_id": span.user,
        "session_id": span.session,
        "tags": _json(span.tags),
        "metadata": _json(span.metadata),
    }


def record_of_row(row: Mapping[str, Any]) -> SpanRecord:
    started, ended, first_token_at = row["started"], row["ended"], row["first_token_at"]
    return SpanRecord(
        trace_id=row["trace_id"],
        id=row["id"],
        parent_id=row["parent_id"],
        name=row["name"],
        kind=row["kind"],
        started=datetime.fromtimestamp(started, UTC),
        seconds=None if ended is None else max(ended - started, 0.0),
        input=row["input"],
        output=row["output"],
        level=row["level"],
        status=row["status"],
        model=row["model"],
        model_parameters=json.loads(row["model_parameters"] or "{}"),
        usage=json.loads(row["usage"] or "{}"),
        cost=json.loads(row["cost"] or "{}"),
        prompt_name=row["prompt_name"],
        prompt_version=row["prompt_version"],
        first_token_at=first_token_at and datetime.fromisoformat(first_token_at),
        user=row["user_id"],
        session=row["session_id"],
        tags=tuple(json.loads(row["tags"] or "[]")),
        metadata=json.loads(row["metadata"] or "{}"),
    )


def tree_of(spans: Sequence[SpanRecord]) -> tuple[SpanRecord, ...]:
    """The spans put under their parents; one whose parent is not there stands at the top."""
    known = {span.id for span in spans}
    children: dict[str | None, list[SpanRecord]] = {}
    for span in spans:
        children.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)

    def grown(span: SpanRecord) -> SpanRecord:
        return replace(span, children=tuple(grown(child) for child in children.get(span.id, ())))

    return tuple(grown(span) for span in children.get(None, ()))


def summary_of(root: Mapping[str, Any], work: Mapping[str, Any] | None) -> TraceSummary:
    span = record_of_row(root)
    told = span.metadata
    named = told.get("prompt")
    prompt: Mapping[str, Any] = named if isinstance(named, dict) else {}
    sections = told.get("prompt_tokens")
    seen = work or {}
    tokens = None if seen.get("untold_tokens") else seen.get("tokens")
    cost = None if seen.get("untold_costs") else seen.get("cost")
    if not seen.get("steps"):  # a model of the application's own, whose calls are no spans of ours; or none was asked
        received = told.get("tokens")
        tokens = received.get("input", 0) + received.get("output", 0) if isinstance(received, dict) else None
        cost = told.get("cost_usd")
        if span.level == "ERROR":
            tokens, cost = tokens or 0, cost or 0.0
    return TraceSummary(
        id=span.trace_id,
        name=span.name,
        question=span.input or "",
        started=span.started,
        seconds=span.seconds,
        tokens=tokens,
        cost_usd=cost,
        models=tuple(sorted(json.loads(seen.get("models") or "[]"))),
        outcome=_outcome(span),
        user=span.user,
        session=span.session,
        error=span.status if span.level == "ERROR" else None,
        tags=span.tags,
        sql=told.get("sql"),
        rows=told.get("rows"),
        steps=seen.get("steps", 0),
        tool_calls=seen.get("tool_calls", 0),
        failed_queries=seen.get("failed_queries", 0),
        repaired=bool(seen.get("repaired")),
        prompt_name=prompt.get("name", seen.get("prompt_name")),
        prompt_version=prompt.get("version", seen.get("prompt_version")),
        prompt_label=prompt.get("label"),
        experiment=told.get("experiment"),
        arm=told.get("arm"),
        policy=told.get("policy"),
        database=told.get("database"),
        prompt_tokens=sections if isinstance(sections, dict) else {},
    )


def _outcome(root: SpanRecord) -> str:
    if root.seconds is None:
        return "unfinished"
    if root.level == "ERROR":
        return "error"
    if root.status == "cancelled":
        return "cancelled"
    return str(root.metadata.get("outcome") or "")


def _total(amounts: Mapping[str, float]) -> float:
    return amounts["total"] if "total" in amounts else sum(amounts.values())


def _json(value: Mapping[str, Any] | Sequence[str]) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None
