"""Foreign text made fit for one line, and what a text costs a model."""

from __future__ import annotations


def one_line(text: str, longest: int = 200) -> str:
    """Foreign text as one bounded line: line ends, control characters and runs of blanks become one blank."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in text[: 8 * longest]).split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def tokens(text: str) -> int:
    """About how many tokens a text costs: a quarter for an ASCII character, 0.8 for any other."""
    plain = sum(each.isascii() for each in text) if not text.isascii() else len(text)
    return int(plain / 4 + 0.8 * (len(text) - plain) + 0.999)
