"""Whatever a span is told, as bounded text without secrets; nothing in it is rounded or lost in silence."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, cast

LONGEST_TEXT = 32_000  # characters; Langfuse cuts at 2 MiB, and a reader long before
LONGEST_METADATA = 4_000
MOST_METADATA = 50  # keys; OpenTelemetry drops what is over 128 attributes

_MARGIN = 1_000  # redacted before it is cut, so that no half of a secret is left at the edge
_DEEPEST = 12
_MOST_ITEMS = 500
# What it is cut down to when it is too long in all: characters of one string, items of one list.
_SQUEEZES = ((8_000, 500), (4_000, 200), (2_000, 100), (1_000, 50), (400, 20), (100, 10), (30, 5), (10, 2))
_JS_SAFE = 2**53 - 1
_NON_FINITE = {"inf": "Infinity", "-inf": "-Infinity"}

Redact = Callable[[str], str]


def as_text(value: object, redact: Redact, longest: int = LONGEST_TEXT) -> str | None:
    """The value as text (a string as it is, anything else as JSON), at most `longest` characters; None stays None.

    Longest strings are cut first, then longest lists, so that JSON stays JSON and short things stay whole.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _shortened(_safe(value, redact, longest), longest)
    try:
        plain = _Reading(redact, longest).plain(value)
        text = json.dumps(plain, ensure_ascii=False)
        for characters, items in _SQUEEZES:
            if len(text) <= longest:
                break
            text = json.dumps(_squeezed(plain, characters, items), ensure_ascii=False)
    except Exception as error:  # values are foreign: their __str__, __iter__ and properties may raise
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
    # Once more as a whole: only here do a key like "password" and its value stand together.
    return _shortened(redact(text), longest)


def as_metadata(values: Mapping[Any, object] | None, redact: Redact) -> dict[str, Any] | None:
    """Metadata key by key, each value of plain JSON or text, at most 4,000 characters."""
    if not values:
        return None
    if not isinstance(values, Mapping):
        values = {"value": values}
    named = {
        one_line(key, redact, 100) or "_": value
        for key, value in list(values.items())[:MOST_METADATA]
        if value is not None
    }
    text = as_text(named, redact, LONGEST_TEXT) or ""
    if len(text) <= LONGEST_METADATA:  # nearly always, and then all of it goes through the reader once
        with suppress(ValueError):
            return cast("dict[str, Any]", json.loads(text))
    kept: dict[str, Any] = {}
    for name, value in named.items():
        text = as_text({name: value}, redact, LONGEST_METADATA) or ""
        try:
            kept.update(json.loads(text))
        except ValueError:  # cut beyond repair
            kept[name] = text
    return kept


def one_line(text: object, redact: Redact, longest: int = 500) -> str:
    """The text in one line, cut and without secrets: for names and statuses."""
    try:
        line = " ".join(_safe(str(text), redact, longest * 4).split())
    except Exception as error:
        line = f"<{type(text).__name__} that cannot be shown: {type(error).__name__}>"
    return _shortened(line, longest)


def _safe(text: str, redact: Redact, longest: int) -> str:
    """Without secrets and with nothing that UTF-8 cannot hold; only so much of a long text is looked at."""
    cut = len(text) > longest + _MARGIN
    whole, text = len(text), text[: longest + _MARGIN]
    if not text.isascii():
        # A lone surrogate makes the exporter drop its whole batch.
        text = text.encode("utf-8", "replace").decode()
    text = redact(text)
    if cut:
        text = text[:-_MARGIN] + f"… ({whole:,} characters in all)"
    return text


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: max(longest - 40, 0)] + f"… ({len(text):,} characters in all)"


class _Reading:
    """One value being made of what JSON has: exact, every string without secrets, and no more than can be shown."""

    def __init__(self, redact: Redact, longest: int) -> None:
        self._redact = redact
        self._longest = longest
        # More than this is never shown; reading all of a large result would hold up the event loop.
        self._nodes_left = longest
        self._characters_left = 8 * longest

    @property
    def _full(self) -> bool:
        return self._nodes_left <= 0 or self._characters_left <= 0

    def plain(self, value: object, depth: int = 0) -> Any:
        """The value in plain types."""
        self._nodes_left -= 1
        # Nearly all that a span is told is one of these; the rest is asked for its kind below.
        if type(value) is str:
            return self._text(value)
        if type(value) is dict and depth < _DEEPEST:
            return self._mapping(value, depth)
        match value:
            case None | bool():
                return value
            case enum.Enum():
                return self.plain(value.value, depth)
            case str():
                return self._text(str(value))
            case int():
                # JavaScript, which reads the traces, would round a larger one.
                return int(value) if -_JS_SAFE <= value <= _JS_SAFE else str(int(value))
            case float():
                return float(value) if math.isfinite(value) else _NON_FINITE.get(str(float(value)), "NaN")
            case Decimal() | timedelta():
                return str(value)
            case date() | time():
                return value.isoformat()
            case bytes() | bytearray() | memoryview():
                return _bytes(bytes(value[:65]), len(value))
            case BaseException():
                return one_line(f"{type(value).__name__}: {value}", self._redact)
        if depth >= _DEEPEST:
            return f"<{type(value).__name__}>"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        elif callable(dump := getattr(value, "model_dump", None)) and not isinstance(value, type):
            value = dump()
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._list(value, depth)
        return self._text(str(value))

    def _mapping(self, value: Mapping[Any, object], depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for number, (key, each) in enumerate(value.items()):
            if self._full or number >= _MOST_ITEMS:
                shown["…"] = f"{len(value) - number:,} more"
                break
            name = key
            if type(key) is not str:
                name = self.plain(key, _DEEPEST) if isinstance(key, str | int | float | bytes | date) else str(key)
            shown[self._text(name if isinstance(name, str) else json.dumps(name))] = self.plain(each, depth + 1)
        return shown

    def _list(self, value: Collection[object], depth: int) -> list[Any]:
        shown: list[Any] = []
        for number, each in enumerate(value):
            if self._full or number >= _MOST_ITEMS:
                shown.append(f"… {len(value) - number:,} more")
                break
            shown.append(self.plain(each, depth + 1))
        return shown

    def _text(self, text: str) -> str:
        safe = _safe(text, self._redact, self._longest)
        self._characters_left -= len(safe)
        return safe


def _bytes(first: bytes, size: int) -> str:
    if size <= 64:
        return "0x" + first.hex()
    return f"0x{first[:32].hex()}… ({size:,} bytes)"


def _squeezed(plain: Any, characters: int, items: int) -> Any:
    match plain:
        case str():
            if len(plain) <= characters:
                return plain
            return plain[:characters] + f"… ({len(plain):,} characters)"
        case list():
            shown = [_squeezed(each, characters, items) for each in plain[:items]]
            return shown if len(plain) <= items else [*shown, f"… {len(plain) - items:,} more"]
        case dict():
            kept = {key: _squeezed(each, characters, items) for key, each in list(plain.items())[: items * 4]}
            return kept if len(plain) <= items * 4 else {**kept, "…": f"{len(plain) - len(kept):,} more"}
    return plain
