"""For each word the tables that have it, and how much it stands out in each: what search looks up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from tools.metadata import TableMeta
from tools.thesaurus import Thesaurus
from tools.words import pieces, root, stem

Weights = Mapping[str, Mapping[int, float]]
"""For each term the tables that have it, by their numbers in the row, with a weight from 0 to 1."""

_PLACES = {  # how much a word counts by where it stands, and how much a long text there dilutes it
    "name": (5.6, 0.8),
    "field": (1.4, 0.7),
    "comment": (1.0, 0.6),
    "field comment": (0.5, 0.7),
    "schema": (0.25, 0.0),
    "synonym": (5.6, 0.0),  # as names do; several of them are several names and not a long one
    "field synonym": (1.4, 0.0),
}
_SATURATION = 0.6
_NEAR = 0.75  # of what the thesaurus says
_SAME_ROOT = 0.6
_MISSPELT = 0.6
_SHORTENED = 0.4
_LONGEST_WORD = 40  # characters
# In a small database what it is all about stands in most tables and is no less worth for that, so rarity is
# reckoned as if there were so many tables more, with other words.
_UNSEEN = 30


class Postings:
    """The words of some tables, looked up by their number in the row.

    `fits[term][table]`: how much the term stands out in all that is said of the table, 0 to 1 (BM25F).
    `called[term][table]`: its share of the table's name or of one of its synonyms, 0 to 1.
    """

    def __init__(
        self, tables: Sequence[TableMeta], thesaurus: Thesaurus, weights: tuple[Weights, Weights] | None = None
    ) -> None:
        """`weights` are `fits` and `called`, as they were once built of the same tables and the same thesaurus."""
        self._thesaurus = thesaurus
        self._number = len(tables)
        self.terms = lru_cache(maxsize=16_384)(self._terms_of)
        self.fits, self.called = weights or (self._weighed(tables), self._names(tables))

    @cached_property
    def _roots(self) -> Mapping[str, list[str]]:
        roots: dict[str, list[str]] = defaultdict(list)
        for term in self.fits:
            roots[root(term)].append(term)
        return roots

    @cached_property
    def _spellings(self) -> Mapping[str, list[str]]:
        spellings: dict[str, list[str]] = defaultdict(list)
        for term in self.fits:
            for spelling in _less_one(term):
                spellings[spelling].append(term)
        return spellings

    def rarity(self, found: int) -> float:
        """How much it tells that something stands in so many of the tables."""
        return math.log(1 + (_UNSEEN + self._number - found + 0.5) / (found + 0.5))

    def standing_for(self, term: str) -> dict[str, float]:
        """The terms of this catalogue that can stand for a term, with how much each counts: 0 to 1."""
        terms = {term: 1.0}

        def also(other: str, weight: float) -> None:
            if other in self.fits:
                terms[other] = max(weight, terms.get(other, 0.0))

        for other, weight in self._thesaurus.near(term).items():
            also(other, weight * _NEAR)
        for other in self._roots.get(root(term), ()):
            also(other, _SAME_ROOT)
        if term not in self.fits and len(terms) == 1 and len(term) <= _LONGEST_WORD:
            for spelling in _less_one(term):
                for other in self._spellings.get(spelling, ()):
                    also(other, _MISSPELT)
            for length in range(3, len(term)):
                also(term[:length], _SHORTENED)
        return {each: weight for each, weight in terms.items() if each in self.fits}

    def _terms_of(self, text: str) -> tuple[str, ...]:
        stems: list[str] = []
        parts: list[str] = []
        for word in pieces(text):
            stems.append(stem(word))
            parts += self._thesaurus.parts(word)
        known = (word for word in self._thesaurus.unspaced(text) if len(word) != 2)  # pairs are pieces anyway
        return (*stems, *parts, *self._thesaurus.phrases(stems), *known)

    def all_terms(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The terms of several texts; no phrase reaches from one into the next."""
        return tuple(term for text in texts for term in self.terms(text))

    def _weighed(self, tables: Sequence[TableMeta]) -> Weights:
        """For each term the tables that have it, with how much it stands out in each: 0 to 1 (BM25F)."""
        texts: list[dict[str, Sequence[str]]] = []
        lengths = dict.fromkeys(_PLACES, 0)
        for table in tables:
            places: dict[str, Sequence[str]] = {
                "name": self.terms(table.name),
                "schema": self.terms(table.schema),
                "comment": self.terms(table.comment),
                "field": [term for each in table.fields for term in self.terms(each.name)],
                "field comment": [term for each in table.fields for term in self.terms(each.comment)],
                "synonym": self.all_terms(table.synonyms),
                "field synonym": [term for each in table.fields for term in self.all_terms(each.synonyms)],
            }
            texts.append(places)
            for place, found in places.items():
                lengths[place] += len(found)
        number = len(tables)
        counted: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for at, places in enumerate(texts):
            for place, found in places.items():
                weight, dilution = _PLACES[place]
                if found:
                    weight /= 1 - dilution + dilution * len(found) * number / lengths[place]
                for term in found:
                    counted[term][at] += weight
        return {
            term: {at: round(weight / (weight + _SATURATION), 3) for at, weight in found_in.items()}
            for term, found_in in counted.items()
        }

    def _names(self, tables: Sequence[TableMeta]) -> Weights:
        """For each term the tables that have it in a name or synonym, with its share of that: 0 to 1."""
        names: dict[str, dict[int, float]] = defaultdict(dict)
        for at, table in enumerate(tables):
            for name in (table.name, *table.synonyms):
                terms = dict.fromkeys(self.terms(name))
                words = sum(" " not in term for term in terms)
                for term in terms:
                    share = round(min(1.0, (term.count(" ") + 1) / words), 4)
                    names[term][at] = max(share, names[term].get(at, 0.0))
        return names


def _less_one(term: str) -> Iterator[str]:
    """The term and its spellings less one letter: two words that share one are a slip of the pen apart."""
    if 5 <= len(term) <= _LONGEST_WORD and term.isascii() and term.isalpha():
        yield term
        for at in range(1, len(term)):
            yield term[:at] + term[at + 1 :]
