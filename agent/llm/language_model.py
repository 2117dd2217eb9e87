"""The face of everything that can be asked: the client, and the wrappers around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from agent.messages import ModelReply, Standing

# Hears the text as it comes, a piece at a time; None takes back what this call has told so far.
OnText = Callable[[str | None], None]

# Opens a record of a step and gives what has `update(**fields)`; in this house, Tracing.span.
Observe = Callable[..., AbstractContextManager[Any]]


class LanguageModel(Protocol):
    """What can be asked for the next turn of a conversation."""

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
        on_text: OnText | None = None,
        standing: Standing | None = None,
    ) -> ModelReply:
        """Ask once; `standing` is for who chooses between models. Raises ModelUnavailable."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
