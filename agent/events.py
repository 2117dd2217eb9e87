"""What is told while a question is answered, for a door to show or to stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.answer import Answer
from agent.messages import ToolCall, ToolReply
from tools.ask_user import Clarification


@dataclass(frozen=True)
class QuestionStarted:
    """The trace is open and the model is about to be asked."""

    question: str
    trace_id: str


@dataclass(frozen=True)
class PhaseStarted:
    """One of "plan generation", "sql generation", "result formatting" begins; a phase may begin again."""

    name: str


@dataclass(frozen=True)
class TextDelta:
    """A piece of what the model is saying, as it comes."""

    text: str


@dataclass(frozen=True)
class TextWithdrawn:
    """What was told by TextDelta so far is not the answer: the model went on to call a tool, or was asked again."""


@dataclass(frozen=True)
class ToolStarted:
    """A call of the model is about to run."""

    call: ToolCall


@dataclass(frozen=True)
class ToolFinished:
    """A call of the model has run, or was refused."""

    reply: ToolReply


@dataclass(frozen=True)
class UserAsked:
    """The user is asked which reading is meant: by the `ask_user` of the question, or by its answer."""

    clarification: Clarification


@dataclass(frozen=True)
class AnswerReady:
    """The answer; always the last event."""

    answer: Answer


Event = (
    QuestionStarted | PhaseStarted | TextDelta | TextWithdrawn | ToolStarted | ToolFinished | UserAsked | AnswerReady
)
Tell = Callable[[Event], None]


def tell_nobody(event: Event) -> None:
    """For a caller that only wants the answer."""
