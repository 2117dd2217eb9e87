"""A reply as it adds up, piece by piece, whatever its endpoint makes of the protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.messages import ToolCall, Usage

# A reply larger than this is cut: a broken endpoint that never stops talking must not fill the memory.
MOST_CHARACTERS = 1_000_000

# Fields of an assistant's turn that its provider wants back: DeepSeek, Moonshot, vLLM; OpenRouter; Gemini.
# DeepSeek's thinking mode answers 400 where a turn that called a tool comes back without its reasoning_content.
REASONING = ("reasoning_content", "reasoning", "reasoning_details")
SIGNATURE = "extra_content"

_MOST_TOKENS = 2**53  # what an endpoint counts is not always to be believed

_THINK, _END_OF_THINKING = "<think>", "</think>"


@dataclass
class Hearing:
    """A streamed reply so far."""

    model: str = ""
    finish_reason: str | None = None  # a stream that ends without one was broken off
    usage: Usage | None = None
    first_token_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    _text: str = ""
    _held: str | None = ""  # the beginning, until it is clear whether it is thinking aloud; then None
    _calls: dict[int, _Call] = field(default_factory=dict)
    _size: int = 0

    def take(self, chunk: object) -> str:
        """Add a chunk; gives the text that it brought. Raises ValueError when it is none."""
        if not isinstance(chunk, Mapping):
            raise ValueError("a chunk is no object")
        self.model = _text(chunk.get("model")) or self.model
        self.usage = _usage(chunk.get("usage")) or self.usage
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, Mapping):
            return ""
        self.finish_reason = _text(choice.get("finish_reason")) or self.finish_reason
        # An endpoint that does not stream sends the message as a whole.
        delta = choice.get("delta") or choice.get("message")
        return self._take(delta) if isinstance(delta, Mapping) else ""

    def _take(self, delta: Mapping[str, Any]) -> str:
        text = _text(delta.get("content")) or _text(delta.get("refusal"))
        calls = delta.get("tool_calls")
        if isinstance(delta.get("function_call"), Mapping):  # as it was before there were tools
            calls = [{"index": 0, "function": delta["function_call"]}]
        if (text or calls) and self.first_token_at is None:
            self.first_token_at = datetime.now(UTC)
        for piece in calls if isinstance(calls, list) else ():
            if isinstance(piece, Mapping):
                self._add(piece)
        for name in REASONING:
            self._think(name, delta.get(name))
        self._size += len(text)
        said = self._said(text) if text else ""
        self._text += said
        return said

    def _think(self, name: str, value: object) -> None:
        so_far = self.extra.get(name)
        if isinstance(value, str) and value and isinstance(so_far, str | None):
            self.extra[name] = (so_far or "") + value
            self._size += len(value)
        elif isinstance(value, list) and value and isinstance(so_far, list | None):
            self.extra[name] = [*(so_far or ()), *value]
            self._size += len(json.dumps(value))

    def _said(self, text: str) -> str:
        """What of the text is speech: a model that thinks aloud does so first, between tags."""
        if self._held is None:
            return text
        self._held += text
        begun = self._held.lstrip()
        if begun.startswith(_THINK):
            if _END_OF_THINKING not in begun:
                return ""
            begun = begun.partition(_END_OF_THINKING)[2].lstrip()
        elif _THINK.startswith(begun):
            return ""
        else:
            begun = self._held
        self._held = None
        return begun

    def _add(self, piece: Mapping[str, Any]) -> None:
        # Some endpoints leave the index out of every piece; a new id then means a new call.
        at, name = piece.get("index"), _text(piece.get("id"))
        if not isinstance(at, int):
            known = max(self._calls, default=-1)
            new = known < 0 or (name and self._calls[known].id not in ("", name))
            at = known + 1 if new else known
        call = self._calls.setdefault(at, _Call())
        call.id = name or call.id
        if isinstance(piece.get(SIGNATURE), Mapping):
            call.extra[SIGNATURE] = piece[SIGNATURE]
        function = piece.get("function")
        if isinstance(function, Mapping):
            call.name = _text(function.get("name")) or call.name
            arguments = function.get("arguments")
            # Some endpoints send the arguments as an object, though the protocol says a string.
            text = _text(arguments) if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
            call.arguments += text if arguments is not None else ""
            self._size += len(text)

    @property
    def text(self) -> str:
        """What was said, without what was thought aloud."""
        if self._held is not None:  # it never stopped thinking, or said less than a tag
            return self._held.strip().removeprefix(_THINK)
        # Where the opening tag is a part of the model's template, only the closing one is heard.
        thought, tag, said = self._text.partition(_END_OF_THINKING)
        return said.lstrip() if tag and _THINK not in thought else self._text

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls in their order, each with an id of its own: replies are matched to calls by it."""
        calls: list[ToolCall] = []
        seen: set[str] = set()
        for position, call in sorted(self._calls.items()):
            own = call.id if call.id and call.id not in seen else f"call_{position}_{len(seen)}"
            seen.add(own)
            calls.append(ToolCall(own, call.name, call.arguments, call.extra))
        return tuple(calls)

    @property
    def calls_are_whole(self) -> bool:
        """Whether there are calls and the arguments of all of them are JSON to the end."""
        try:
            return bool(self._calls) and all(
                json.loads(each.arguments or "{}") is not None for each in self._calls.values()
            )
        except (ValueError, RecursionError):
            return False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said and nothing called, for no reason given."""
        return not self.text.strip() and not self._calls and self.finish_reason not in ("content_filter", "length")

    @property
    def is_too_long(self) -> bool:
        """Whether more came than any reply has."""
        return self._size > MOST_CHARACTERS


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def as_chunk(completion: Mapping[str, Any]) -> dict[str, Any]:
    """A whole completion as a chunk whose calls are told apart by their place."""
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    message = choice.get("message")
    message = dict(message) if isinstance(message, Mapping) else {}
    if isinstance(calls := message.get("tool_calls"), list):
        message["tool_calls"] = [{**each, "index": at} for at, each in enumerate(calls) if isinstance(each, Mapping)]
    return {**completion, "choices": [{"delta": message, "finish_reason": choice.get("finish_reason") or "stop"}]}


def _usage(told: object) -> Usage | None:
    if not isinstance(told, Mapping):
        return None
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else told.get("prompt_cache_hit_tokens")
    return Usage(_count(told.get("prompt_tokens")), _count(told.get("completion_tokens")), _count(cached))


def _count(value: object) -> int:
    return min(max(0, value), _MOST_TOKENS) if isinstance(value, int) else 0


def _text(value: object) -> str:
    if isinstance(value, list):  # content in parts
        return "".join(_text(each.get("text")) for each in value if isinstance(each, Mapping))
    if not isinstance(value, str):
        return ""
    # JSON can spell halves of characters, which no request can hold that says them back.
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
