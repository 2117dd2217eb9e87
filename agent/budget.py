"""How much one question may take, and what of it is left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.answer import MONEY_LIMIT, STEP_LIMIT, TOKEN_LIMIT, TOOL_CALL_LIMIT
from agent.messages import ModelReply
from tools.text import tokens


@dataclass(frozen=True)
class QuestionLimits:
    """How much one question may take: model calls, tool calls, seconds, schema tokens in its prompt, questions back.

    `tokens` are those of all its model calls, in and out, and `usd` what they cost in US dollars; None is no limit.
    With high effort there are `candidates` for an answer: they share tokens and money, and have the rest each.
    """

    steps: int = 12
    tool_calls: int = 20
    seconds: float = 120.0
    schema_tokens: int = 1500
    tokens: int | None = None
    usd: float | None = None
    candidates: int = 3
    questions_back: int = 1

    def share(self) -> QuestionLimits:
        """What one candidate may take."""
        tokens = None if self.tokens is None else self.tokens // self.candidates
        return replace(self, tokens=tokens, usd=None if self.usd is None else self.usd / self.candidates)


@dataclass(frozen=True)
class Room:
    """What the next model call may be: not made at all, the last one, or one of several.

    `limit` is the outcome that stands in the way, empty where there is room for tools and another call.
    """

    limit: str = ""
    call: bool = True


def room_for(
    limits: QuestionLimits,
    replies: Sequence[ModelReply],
    tool_calls: int,
    messages: Sequence[Mapping[str, Any]],
    schemas: Sequence[Mapping[str, Any]],
) -> Room:
    """What may be asked next. A call that can be expected to pass the limit of tokens or of money is not made.

    What is expected is the size of the conversation, at the price of the calls so far. A call whose cost is not known
    is believed to have taken all the money that was left.
    """
    if limits.tokens is not None or limits.usd is not None:
        expected = tokens(json.dumps([*messages, *schemas], ensure_ascii=False)) + _usual_output(replies)
        spent = sum(_taken(reply) for reply in replies)
        if limits.tokens is not None:
            if spent + expected > limits.tokens:
                return Room(TOKEN_LIMIT, call=False)
            if spent + 2 * expected > limits.tokens:
                return Room(TOKEN_LIMIT)
        if limits.usd is not None and replies:
            costs = [reply.cost_usd for reply in replies]
            paid = sum(cost for cost in costs if cost)
            next_one = paid / max(spent, 1) * expected
            if None in costs or paid + next_one > limits.usd:
                return Room(MONEY_LIMIT, call=False)
            if paid + 2 * next_one > limits.usd:
                return Room(MONEY_LIMIT)
    if tool_calls >= limits.tool_calls:
        return Room(TOOL_CALL_LIMIT)
    return Room(STEP_LIMIT if len(replies) + 1 >= limits.steps else "")


def _taken(reply: ModelReply) -> int:
    """The tokens of a reply; those of its text alone where its provider told none."""
    return reply.usage.total if reply.usage else tokens(json.dumps(reply.as_message(), ensure_ascii=False))


def _usual_output(replies: Sequence[ModelReply]) -> int:
    return max((reply.usage.output for reply in replies if reply.usage), default=100)
