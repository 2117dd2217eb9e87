"""What a question opens with: itself, the turns before it, the day it is asked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.errors import QuestionRefused

LONGEST_QUESTION = 20_000  # characters; a longer one costs more than it can ask


def checked(question: str) -> str:
    if not isinstance(question, str):
        raise QuestionRefused(f"A question is text, and this is {type(question).__name__}.")
    question = question.encode("utf-8", "replace").decode().replace("\0", " ").strip()
    if not question:
        raise QuestionRefused("The question is empty. Ask something, for example: How many customers are there?")
    if len(question) > LONGEST_QUESTION:
        raise QuestionRefused(
            f"The question has {len(question):,} characters; {LONGEST_QUESTION:,} are the limit. Ask it in fewer words."
        )
    return question


def checked_turn(turn: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier turn; what comes from a store or a client may not speak as the system."""
    if turn.get("role") not in ("user", "assistant", "tool"):
        raise QuestionRefused(
            f"A turn of the history has the role {str(turn.get('role'))[:40]!r}; only user, assistant and tool can be "
            "earlier turns. Leave it out."
        )
    return dict(turn)


def user_turn(question: str, today: str, told: Sequence[str]) -> str:
    """What changes from day to day stands here, so that the system prompt stays the same byte for byte."""
    return "\n".join([f"Today: {today}", *told, f"Question: {question}"])
