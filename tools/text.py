"""Foreign text and values made fit for one line, and what a text costs a model."""

from __future__ import annotations

import datetime
import unicodedata
from decimal import Decimal

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def one_line(text: str, longest: int = 200) -> str:
    """Foreign text as one bounded line: line ends, control characters and runs of blanks become one blank."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in text[: 8 * longest]).split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def visible(text: str, keep: str = "\n") -> str:
    """Foreign text with what a terminal would obey or an eye not see written out: \\u001b, \\u202e.

    `keep` are the characters that stay as they are. The zero width joiner stays too: it holds emoji together.
    """
    if text.isprintable():
        return text
    return "".join(
        each if each in keep or each == "\u200d" or unicodedata.category(each) not in _UNSEEN else _written(each)
        for each in text
    )


def _written(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def tokens(text: str) -> int:
    """About how many tokens a text costs: a quarter for an ASCII character, 0.8 for any other."""
    plain = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return int(plain / 4 + 0.8 * (len(text) - plain) + 0.999)


def literal(value: object, longest: int = 40) -> str:
    """A value as SQL would write it, on one line, shortened: 'paid', 22.10, '2026-11-24', NULL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(bytes(value))} bytes>"
    if isinstance(value, datetime.date | datetime.time):
        value = value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    return "'" + one_line(str(value), longest).replace("'", "''") + "'"
