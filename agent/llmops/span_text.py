"""Whatever a span is told, as bounded text without secrets; nothing in it is rounded or lost in silence."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

LONGEST_TEXT = 32_000  # characters; Langfuse cuts at 2 MiB, and a reader long before
LONGEST_METADATA = 4_000
MOST_METADATA = 50  # keys; OpenTelemetry drops what is over 128 attributes

_MARGIN = 1_000  # redacted before it is cut, so that no half of a secret is left at the edge
_DEEPEST = 12
_MOST_ITEMS = 500
# What it is cut down to when it is too long in all: characters of one string, items of one list.
_SQUEEZES = ((8_000, 500), (4_000, 200), (2_000, 100), (1_000, 50), (400, 20), (100, 10), (30, 5), (10, 2))
_JS_SAFE = 2**53 - 1
# The SDK would take these out, upload them, and leave a reference.
_DATA_URI = re.compile(r"(data:[\w.+\-/]{1,80};base64,)[A-Za-z0-9+/=]+")

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
        plain = _plain(value, redact, longest)
        text = json.dumps(plain, ensure_ascii=False)
        for characters, items in _SQUEEZES:
            if len(text) <= longest:
                return text
            text = json.dumps(_squeezed(plain, characters, items), ensure_ascii=False)
    except Exception as error:  # values are foreign: their __str__, __iter__ and properties may raise
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
    return _shortened(text, longest)


def as_metadata(values: Mapping[Any, object] | None, redact: Redact) -> dict[str, Any] | None:
    """Metadata key by key: short plain values as they are, others as bounded plain JSON values or text."""
    if not values:
        return None
    kept: dict[str, Any] = {}
    for key, value in list(values.items())[:MOST_METADATA]:
        if value is None:
            continue
        if isinstance(value, bool | int) and -_JS_SAFE <= value <= _JS_SAFE:
            kept[_name(key, redact)] = value
            continue
        text = as_text(value, redact, LONGEST_METADATA) or ""
        if not isinstance(value, str):
            try:
                kept[_name(key, redact)] = json.loads(text)
                continue
            except ValueError:
                pass
        kept[_name(key, redact)] = text
    return kept


def one_line(text: object, redact: Redact, longest: int = 500) -> str:
    """The text in one line, cut and without secrets: for names and statuses."""
    try:
        line = " ".join(_safe(str(text), redact, longest * 4).split())
    except Exception as error:
        line = f"<{type(text).__name__} that cannot be shown: {type(error).__name__}>"
    return _shortened(line, longest)


def _name(key: object, redact: Redact) -> str:
    return one_line(key, redact, 100) or "_"


def _safe(text: str, redact: Redact, longest: int) -> str:
    """Without secrets and with nothing that UTF-8 cannot hold; only so much of a long text is looked at."""
    cut = len(text) > longest + _MARGIN
    whole, text = len(text), text[: longest + _MARGIN]
    if not text.isascii():
        # A lone surrogate makes the exporter drop its whole batch.
        text = text.encode("utf-8", "replace").decode()
    if ";base64," in text:
        text = _DATA_URI.sub(r"\1…", text)
    text = redact(text)
    if cut:
        text = text[:-_MARGIN] + f"… ({whole:,} characters in all)"
    return text


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: max(longest - 40, 0)] + f"… ({len(text):,} characters in all)"


def _plain(value: object, redact: Redact, longest: int, depth: int = 0) -> Any:
    """The value made of what JSON has: exact, bounded in depth and width, every string without secrets."""
    match value:
        case None | bool():
            return value
        case str():
            return _safe(str(value), redact, longest)
        case enum.Enum():
            return _plain(value.value, redact, longest, depth)
        case int():
            # JavaScript, which reads the traces, would round a larger one.
            return int(value) if -_JS_SAFE <= value <= _JS_SAFE else str(int(value))
        case float():
            return (
                float(value)
                if math.isfinite(value)
                else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
            )
        case Decimal():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value[:65]), len(value))
        case BaseException():
            return one_line(f"{type(value).__name__}: {value}", redact)
    if depth >= _DEEPEST:
        return f"<{type(value).__name__}>"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif callable(dump := getattr(value, "model_dump", None)):
        value = dump()
    if isinstance(value, Mapping):
        items = list(value.items())
        shown = {
            _key(key, redact): _plain(each, redact, longest, depth + 1) for key, each in items[:_MOST_ITEMS]
        }
        if more := len(items) - len(shown):
            shown["…"] = f"{more:,} more"
        return shown
    if isinstance(value, list | tuple | set | frozenset):
        each_plain = [_plain(each, redact, longest, depth + 1) for each in list(value)[:_MOST_ITEMS]]
        if more := len(value) - len(each_plain):
            each_plain.append(f"… {more:,} more")
        return each_plain
    return _safe(str(value), redact, longest)


def _key(key: object, redact: Redact) -> str:
    plain = _plain(key, redact, 200, _DEEPEST)
    return plain if isinstance(plain, str) else json.dumps(plain)


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
