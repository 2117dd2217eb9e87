"""The values that pass between the loop and the model: what it said, what it called, what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLAN, SQL, FORMAT = "plan generation", "sql generation", "result formatting"
"""The phases of a question."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one or several model calls; `cached` are those of `input` that a provider's cache served."""

    input: int = 0
    output: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input + other.input, self.output + other.output, self.cached + other.cached)

    @property
    def total(self) -> int:
        """Tokens in and out."""
        return self.input + self.output


@dataclass(frozen=True)
class ToolCall:
    """A call the model asked for; `arguments` is the JSON text as the model wrote it, not yet believed.

    `extra` is what its provider wants to have back with it: Gemini signs its calls.
    """

    id: str
    name: str
    arguments: str
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class ModelReply:
    """What one model call gave.

    `usage` and `cost_usd` are None where they are unknown; `seconds` is the time of the call. `extra` is what its
    provider wants to have back with it: the reasoning that led to its calls. `passed_over` are replies that were asked
    for and not used, and `took_over` why a stronger model gave this one in their place.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    model: str = ""
    finish_reason: str = "stop"
    cost_usd: float | None = None
    seconds: float = 0.0
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    passed_over: tuple[ModelReply, ...] = ()
    took_over: str = ""

    def as_message(self) -> dict[str, Any]:
        """The reply as the wire wants it back."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None, **self.extra}
        if self.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                    **call.extra,
                }
                for call in self.tool_calls
            ]
        return message


@dataclass(frozen=True)
class ToolReply:
    """What became of a call: `text` for the model, `value` for the program."""

    call: ToolCall
    text: str
    value: object = None
    failed: bool = False
    seconds: float = 0.0
    arguments: Mapping[str, Any] = field(default_factory=dict)  # as validated; empty when they were not

    def as_message(self) -> dict[str, Any]:
        """The reply as the wire wants it."""
        return {"role": "tool", "tool_call_id": self.call.id, "content": self.text}


@dataclass(frozen=True)
class Standing:
    """How a question stands when the model is asked for its next turn: what a choice between models can go by.

    `queried` is whether a query has run, `failed_queries` how many were refused or failed, `doubts` what is doubtful
    in the last that ran: joins that repeat rows, nothing found for a value that does not exist. `took_over` is why a
    stronger model has taken over, empty where it has not.
    """

    phase: str
    queried: bool = False
    failed_queries: int = 0
    doubts: tuple[str, ...] = ()
    took_over: str = ""
