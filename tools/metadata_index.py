"""The search index over what is known of a database: names and comments of its tables and fields."""

from __future__ import annotations

import math
import threading
import weakref
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.metadata import DatabaseMeta, FieldMeta, TableMeta
from tools.words import asked, terms

if TYPE_CHECKING:
    from tools.database import Database

# How much a word counts by where it stands.
_WEIGHTS = {"name": 4.0, "field": 1.0, "comment": 2.0, "field comment": 0.7, "schema": 0.5}
_LENGTH_MATTERS = {"name": 0.3, "field": 0.5, "comment": 0.6, "field comment": 0.7, "schema": 0.0}
_SATURATION = 1.2


@dataclass(frozen=True)
class TableHit:
    """A table that fits the words: where they were found, and in which of its fields."""

    table: TableMeta
    score: float
    reasons: tuple[str, ...] = ()
    fields: tuple[FieldMeta, ...] = ()


class MetadataIndex:
    """Finds the tables of one `DatabaseMeta` by words; never changes once built, so any thread may search."""

    def __init__(self, meta: DatabaseMeta) -> None:
        self.meta = meta
        self._tables = tuple(meta.tables())
        self._postings = self._weighted()

    def search(self, words: str, count: int = 8) -> tuple[TableHit, ...]:
        """The tables that fit the words best, best first; empty where no word is known."""
        query = asked(words)
        scores: dict[int, float] = defaultdict(float)
        for term in query:
            for at, weight in self._postings.get(term, {}).items():
                scores[at] += weight
        best = sorted(scores, key=lambda at: (-scores[at], self._tables[at].full_name))[:count]
        return tuple(self._hit(at, scores[at], query) for at in best)

    def _hit(self, at: int, score: float, query: dict[str, str]) -> TableHit:
        table = self._tables[at]
        reasons = []
        in_name = [word for term, word in query.items() if term in terms(table.name)]
        if in_name:
            reasons.append("name " + ", ".join(f'"{word}"' for word in in_name))
        in_comment = [word for term, word in query.items() if term in terms(table.comment)]
        if in_comment:
            reasons.append("comment " + ", ".join(f'"{word}"' for word in in_comment))
        fields = tuple(
            each for each in table.fields if query.keys() & set(terms(f"{each.name} {each.comment}"))
        )
        return TableHit(table, score, tuple(reasons), fields)

    def _weighted(self) -> dict[str, dict[int, float]]:
        """For each term the tables that have it, and what it adds to their scores."""
        counts: list[dict[str, dict[str, int]]] = []
        lengths: dict[str, int] = defaultdict(int)
        for table in self._tables:
            places = {
                "name": terms(table.name),
                "schema": terms(table.schema),
                "comment": terms(table.comment),
                "field": [term for each in table.fields for term in terms(each.name)],
                "field comment": [term for each in table.fields for term in terms(each.comment)],
            }
            counted: dict[str, dict[str, int]] = defaultdict(dict)
            for place, found in places.items():
                lengths[place] += len(found)
                for term in found:
                    counted[term][place] = counted[term].get(place, 0) + 1
                counted[""][place] = len(found)
            counts.append(counted)
        number = len(self._tables) or 1
        raw: dict[str, dict[int, float]] = defaultdict(dict)
        for at, counted in enumerate(counts):
            own_lengths = counted.pop("")
            for term, places_of_term in counted.items():
                raw[term][at] = sum(
                    _WEIGHTS[place]
                    * often
                    / (
                        1
                        - _LENGTH_MATTERS[place]
                        + _LENGTH_MATTERS[place] * own_lengths[place] * number / lengths[place]
                    )
                    for place, often in places_of_term.items()
                )
        return {
            term: {
                at: math.log(1 + (number - len(found) + 0.5) / (len(found) + 0.5)) * tf / (_SATURATION + tf)
                for at, tf in found.items()
            }
            for term, found in raw.items()
        }


_indexes: weakref.WeakKeyDictionary[Database, MetadataIndex] = weakref.WeakKeyDictionary()
_building = threading.Lock()


def index_of(database: Database) -> MetadataIndex:
    """The index over the database's present metadata; built at first use and again after a refresh."""
    with _building:
        index = _indexes.get(database)
        if index is None or index.meta is not database.meta:
            index = _indexes[database] = MetadataIndex(database.meta)
        return index
