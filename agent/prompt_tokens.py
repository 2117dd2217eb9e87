"""What the tokens of a question's prompts went on: the share of every section, over all its model calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tools.text import tokens

SECTIONS = ("system", "schema", "tools", "examples", "history", "question", "tool_results", "replies")
"""In the order in which a model reads them: what the prompt says, the schema in it, what the tools say of themselves,
verified examples and terms, earlier turns, the question, what tools gave, and what the model itself said before."""


class PromptTokens:
    """Counts the messages of every model call of one question by section; estimated, since providers tell only sums."""

    def __init__(self, *, frame: str, history: int, known: Sequence[str]) -> None:
        """`frame` is the system prompt without its schema, `history` how many earlier turns follow it, `known` the
        terms and examples that stand before the question."""
        self._frame = tokens(frame)
        self._history = range(1, 1 + history)
        self._known = tokens("\n".join(known))
        self._read = 0
        self._tools = 0
        self._so_far = dict.fromkeys(SECTIONS, 0)
        self._sent = dict.fromkeys(SECTIONS, 0)

    def count(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> None:
        """Count one model call with these messages: all that were there at the last one, and what has come since."""
        for at in range(self._read, len(messages)):
            self._take(at, messages[at])
        self._read = len(messages)
        for section, sent in self._so_far.items():
            self._sent[section] += sent
        if tools:
            self._tools = self._tools or tokens(json.dumps(tools))  # the same at every call
            self._sent["tools"] += self._tools

    def include(self, other: PromptTokens) -> None:
        """Count what another conversation about the same question took."""
        for section, sent in other._sent.items():
            self._sent[section] += sent

    def by_section(self) -> dict[str, int]:
        """About how many tokens each section took, over all calls; sections that took none are left out."""
        return {section: sent for section, sent in self._sent.items() if sent}

    def _take(self, at: int, message: Mapping[str, Any]) -> None:
        content = str(message.get("content") or "")
        cost = tokens(content)
        if at == 0:
            frame = min(self._frame, cost)
            self._so_far["system"] += frame
            self._so_far["schema"] += cost - frame
        elif at in self._history:
            self._so_far["history"] += cost
        elif message.get("role") == "tool":
            self._so_far["tool_results"] += cost
        elif message.get("role") == "assistant":
            calls = message.get("tool_calls")
            self._so_far["replies"] += cost + (tokens(json.dumps(calls, ensure_ascii=False)) if calls else 0)
        elif at == self._history.stop:
            known = min(self._known, cost)
            self._so_far["examples"] += known
            self._so_far["question"] += cost - known
        else:
            self._so_far["question"] += cost
