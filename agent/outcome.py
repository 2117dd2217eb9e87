"""What came of a question: how it ended, its answer with the receipt, and what its trace says of both."""

from __future__ import annotations

import time
from datetime import date
from typing import Any, Literal

from agent.answer import (
    ANSWERED,
    CUT_OFF,
    FILTERED,
    MONEY_LIMIT,
    NO_QUERY,
    TIME_LIMIT,
    TOKEN_LIMIT,
    Answer,
    Receipt,
)
from agent.budget import QuestionLimits
from agent.llm.text_protocol import calls_in
from agent.llmops.prompts import CompiledPrompt, Prompt
from agent.messages import ModelReply, Usage
from agent.toolbox import Toolbox
from agent.work import Work

Effort = Literal["normal", "high"]


def ending(reply: ModelReply, limit: str, work: Work) -> tuple[str, str]:
    """The text of the answer and the outcome."""
    if reply.finish_reason == "content_filter":
        return reply.text or "The model's provider withheld the answer (content filter).", FILTERED
    if reply.finish_reason == "length":
        return (
            reply.text or "The model's reply was cut off at its token limit before it said anything.",
            CUT_OFF,
        )
    if limit and work.replies[1:]:
        said, _ = calls_in(reply.text, [each["function"]["name"] for each in work.toolbox.schemas])
        return said or "The model wanted to go on, but the limit for one question is reached.", limit
    return reply.text, ANSWERED if work.tables else NO_QUERY


def used_up(work: Work, limit: str, limits: QuestionLimits) -> str:
    """What is said where there was no time, or no room, to let the model say it."""
    what = {
        TIME_LIMIT: f"{limits.seconds:g} seconds",
        TOKEN_LIMIT: f"{limits.tokens or 0:,} tokens",
        MONEY_LIMIT: f"${limits.usd or 0:g}",
    }[limit]
    said = f"The {what} for one question were used up before the answer was complete."
    return said + (" The rows of the last query that ran are below." if work.tables else "")


def answer_of(work: Work, trace_id: str, trace_url: str | None, model_seconds: float, example: str | None) -> Answer:
    """The answer that the work on a question came to; `example` is the verified one that its SQL follows."""
    # What was queried before a question back is a reading that nobody has chosen.
    table = work.tables[-1] if work.tables and work.asked is None else None
    usages = [reply.usage for reply in work.replies]
    costs = [reply.cost_usd for reply in work.replies]
    receipt = Receipt(
        sql=table.sql if table else None,
        tables=table.tables if table else (),
        rows=None if table is None else len(table.rows),
        more_rows=bool(table and table.more),
        prompt_name=work.prompt.name,
        prompt_version=work.prompt.version,
        prompt_label=work.prompt.label,
        prompt_source=work.prompt.source,
        models=tuple(dict.fromkeys(reply.model for reply in work.replies)),
        tokens=None if None in usages else sum((u for u in usages if u), Usage()),
        cost_usd=None if None in costs else sum(c for c in costs if c),
        seconds=time.monotonic() - work.started - work.asking.waited,
        model_seconds=model_seconds,
        database_seconds=work.tool_seconds,
        trace_id=trace_id,
        trace_url=trace_url,
        steps=len(work.replies),
        tool_calls=work.tool_calls,
        outcome=work.outcome,
        warnings=table.warnings if table else (),
        example=example,
        earlier=work.earlier,
        policy=work.toolbox.database.policy_id,
        took_over=work.took_over or None,
        votes=work.votes,
        times=work.times,
        assumptions=tuple(each for each in work.interpretations if not each.by_user),
        choices=tuple(each for each in work.interpretations if each.by_user),
        experiment=work.prompt.experiment,
        arm=work.prompt.arm,
    )
    return Answer(work.question, work.text, receipt.sql, table, receipt, work.asked)


def asked_how(
    prompt: Prompt | CompiledPrompt, toolbox: Toolbox, turns: int, today: date, effort: Effort
) -> dict[str, Any]:
    """What the trace says of how a question was asked: what it takes to ask it again."""
    return {
        "prompt": {"name": prompt.name, "version": prompt.version, "label": prompt.label, "source": prompt.source},
        "database": toolbox.database.url,
        "policy": toolbox.database.policy_id,
        **({"experiment": prompt.experiment, "arm": prompt.arm} if prompt.arm else {}),
        "history_turns": turns,
        "today": today.isoformat(),
        "effort": effort,
    }


def summary(receipt: Receipt) -> dict[str, Any]:
    """What the trace says of the whole question."""
    as_json = receipt.as_json()
    return {
        key: as_json[key]
        for key in (
            "outcome",
            "sql",
            "tables",
            "rows",
            "more_rows",
            "warnings",
            "example",
            "earlier",
            "steps",
            "tool_calls",
            "cost_usd",
            "tokens",
            "prompt",
            "policy",
            "times",
            "assumptions",
            "choices",
            "cached_at",
        )
    }
