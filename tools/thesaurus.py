"""Which words people use for the same thing: synonyms, hints and abbreviations, from thesaurus.txt."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

from tools.words import folded, is_unspaced, stem

# How much a word counts that stands in for the one that was asked.
SAME, HINT, BACK, ABBREVIATION = 0.7, 0.45, 0.25, 0.9
_SHORT_ENDS = frozenset(["id", "no", "nr", "dt"])
_NOTHING: Mapping[str, float] = MappingProxyType({})


class Thesaurus:
    """Terms near a term. A term is a stemmed word; a phrase is its stemmed words with blanks between."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._near: dict[str, dict[str, float]] = defaultdict(dict)
        self._written: list[list[str]] = []  # the phrases, not stemmed
        for line in lines:
            text = line.split("#", 1)[0].strip()
            self._written += [each.split() for each in re.split("[,=~]", text) if " " in each.strip()]
            if "=" in text:
                short, long = (_term(each) for each in text.split("=", 1))
                self._link((short,), (long,), ABBREVIATION, ABBREVIATION)
            elif "~" in text:
                left, right = ([_term(each) for each in side.split(",")] for side in text.split("~", 1))
                self._link(left, right, HINT, BACK)
            elif text:
                same = [_term(each) for each in text.split(",")]
                self._link(same, same, SAME, SAME)
        self._phrases = {tuple(each.split(" ")) for each in self._near if " " in each}
        self._joined = {stem("".join(words)): _term(" ".join(words)) for words in self._written}
        self._longest = max(map(len, self._phrases), default=1)
        unspaced = sorted((each for each in self._near if is_unspaced(each)), key=len, reverse=True)
        self._unspaced = re.compile("|".join(map(re.escape, unspaced))) if unspaced else None

    @cached_property
    def digest(self) -> str:
        """What tells it from others."""
        return hashlib.sha256(repr(sorted(self._near.items())).encode()).hexdigest()[:16]

    def near(self, term: str) -> Mapping[str, float]:
        """The terms that can stand for this one, with how much each counts: 0 to 1; not the term itself."""
        return self._near.get(term, _NOTHING)

    def __contains__(self, term: str) -> bool:
        return term in self._near

    def phrases(self, words: Sequence[str]) -> Iterator[str]:
        """The phrases that stand in a row of stemmed words, also those written in one (`zipcode`)."""
        for at, word in enumerate(words):
            if word in self._joined:
                yield self._joined[word]
            for length in range(2, min(self._longest, len(words) - at) + 1):
                if tuple(words[at : at + length]) in self._phrases:
                    yield " ".join(words[at : at + length])

    def parts(self, word: str) -> tuple[str, ...]:
        """The two known words that one word is written of, stemmed: orderdate → order, date; else none."""
        if len(word) < 5 or word in self._near or stem(word) in self._near:
            return ()
        for at in range(len(word) - 2, 2, -1):
            left, right = stem(word[:at]), stem(word[at:])
            if left in self._near and ((right in self._near and len(right) > 2) or right in _SHORT_ENDS):
                return left, right
        return ()

    def unspaced(self, text: str) -> list[str]:
        """The known words in a text that is written without spaces, the longest at each place."""
        return self._unspaced.findall(folded(text)) if self._unspaced and not text.isascii() else []

    def _link(self, left: Sequence[str], right: Sequence[str], forth: float, back: float) -> None:
        for one in left:
            for other in right:
                if one != other:
                    self._near[one][other] = max(forth, self._near[one].get(other, 0))
                    self._near[other][one] = max(back, self._near[other].get(one, 0))


def _term(text: str) -> str:
    return " ".join(stem(word) for word in text.split())


@cache
def general_thesaurus() -> Thesaurus:
    """The one that comes with this package; read once."""
    return Thesaurus(Path(__file__).with_name("thesaurus.txt").read_text("utf-8").splitlines())
