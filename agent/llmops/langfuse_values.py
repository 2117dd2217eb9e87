"""What is told to Langfuse and heard from it, in words of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class LangfuseUnreachable(Exception):
    """Langfuse did not answer, or not as it should; the text says how, in a few words."""


@dataclass(frozen=True)
class RemotePrompt:
    """One version of a prompt as Langfuse has it; `text` is None for a chat prompt, `sdk_prompt` the SDK's own."""

    name: str
    version: int
    text: str | None
    config: Mapping[str, Any]
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    message: str
    sdk_prompt: object


@dataclass(frozen=True)
class PromptListing:
    """What versions and labels a prompt has in Langfuse."""

    name: str
    versions: tuple[int, ...]
    labels: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """What is thought of a trace: good or not, or by how much. Sent again with the same id and moment it is still one.

    `amount`, where it is given, is sent in the place of `good`.
    """

    id: str
    trace_id: str
    name: str
    good: bool
    comment: str
    metadata: Mapping[str, str]
    at: datetime
    amount: float | None = None


@dataclass(frozen=True)
class Experiment:
    """A question as one item of a run over a dataset; `expected` is what would be right, as text."""

    run_id: str
    run_name: str
    dataset_id: str
    item_id: str
    expected: str
