"""Which of the names that a company uses stand in a text: the longest at each place, whole words only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tools.words import STOP_WORDS, WEAK_WORDS, is_unspaced, stem

T = TypeVar("T")

_LONGEST_TEXT = 20_000  # characters of a text that are looked at
_LONGEST_NAME = 24  # words of a name
# A word; a character of a script without spaces is one by itself, and so is a sign that is no punctuation.
_TOKEN = re.compile(r"[^\W_]+(?:['’]s\b)?|[^\w\s]")
_PUNCTUATION = frozenset(["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sk", "Cf", "Cc"])
_SIGNS = frozenset("+#&%@")


@dataclass(frozen=True)
class Token:
    """One word of a text: `term` is what is compared, `written` what stood there; `joined` to the one before it."""

    term: str
    written: str
    joined: bool = False

    @property
    def unspaced(self) -> bool:
        """Whether it is a character of a script that puts no spaces between words."""
        return is_unspaced(self.term)


def tokens(text: str) -> list[Token]:
    """The words of a text, folded in case, width and inflection; Chinese by the character, C++ as c + +."""
    found: list[Token] = []
    ended = -1
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text[:_LONGEST_TEXT])):
        joined = match.start() == ended
        ended = match.end()
        for part in _parts(match.group()):
            if unicodedata.category(part[0]) in _PUNCTUATION and part not in _SIGNS:
                joined = False
                continue
            bare = re.sub(r"['’]s$", "", part)
            found.append(Token(stem(_without_accents(bare).casefold()), bare, joined))
            joined = True
    return found


def _parts(word: str) -> Iterator[str]:
    """GMV是多少 → GMV, 是, 多, 少."""
    at = 0
    for end, character in enumerate(word):
        if is_unspaced(character):
            if at < end:
                yield word[at:end]
            yield character
            at = end + 1
    if at < len(word):
        yield word[at:]


def _without_accents(word: str) -> str:
    if word.isascii():
        return word
    plain = "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", plain)


class Glossary(Generic[T]):
    """Names and what each stands for; `taken` tells of names that stood for something already."""

    def __init__(self) -> None:
        self._meanings: dict[tuple[str, ...], list[tuple[str, T]]] = {}
        self._longest = 0

    def __len__(self) -> int:
        return len(self._meanings)

    def meanings(self, name: str) -> tuple[T, ...]:
        """What the name stands for; a name of words that say nothing, such as "all", stands for nothing."""
        return tuple(meaning for _, meaning in self._meanings.get(self._key(tokens(name)), ()))

    def add(self, name: str, meaning: T) -> bool:
        """Let the name stand for this too; False for one that says too little, or is too long, to be looked for."""
        words = tokens(name)
        key = self._key(words)
        # "IT" and "US" are no "it" and "us": such a name is compared as it is written.
        exactly = name.strip() if len(words) == 1 and words[0].written.casefold() in STOP_WORDS | WEAK_WORDS else ""
        if not key or len(key) > _LONGEST_NAME or (exactly and not (exactly.isupper() and len(exactly) > 1)):
            return False
        self._meanings.setdefault(key, []).append((exactly, meaning))
        self._longest = max(self._longest, len(key))
        return True

    def named_in(self, text: str) -> tuple[T, ...]:
        """What the names in the text stand for, each once, in the order of the text."""
        words = tokens(text)
        found: dict[int, T] = {}
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                meanings = self._meanings.get(self._key(words[at : at + length]), ())
                fitting = [
                    meaning
                    for exactly, meaning in meanings
                    if (not exactly or exactly == words[at].written) and _stands_alone(words, at, length)
                ]
                if fitting:
                    found |= {id(meaning): meaning for meaning in fitting if id(meaning) not in found}
                    at += length - 1
                    break
            at += 1
        return tuple(found.values())

    @staticmethod
    def _key(words: Iterable[Token]) -> tuple[str, ...]:
        return tuple(word.term for word in words)


def _stands_alone(words: Sequence[Token], at: int, length: int) -> bool:
    """A single character amid others of its script is a part of a longer word."""
    if length > 1 or not words[at].unspaced:
        return True
    before = words[at].joined and words[at - 1].unspaced
    after = at + 1 < len(words) and words[at + 1].joined and words[at + 1].unspaced
    return not before and not after
