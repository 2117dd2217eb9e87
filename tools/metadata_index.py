"""The search index over what is known of a database: which tables fit a question, and why."""

from __future__ import annotations

import contextlib
import heapq
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tools.index_file import FORM, packed, unpacked
from tools.kept import Kept
from tools.metadata import DatabaseMeta, FieldMeta, TableMeta
from tools.postings import Postings, Weights
from tools.private_file import PrivateFile
from tools.thesaurus import Thesaurus, general_thesaurus
from tools.value_index import ValueHit
from tools.words import STOP_WORDS, WEAK_WORDS, pieces, segmenter, stem

if TYPE_CHECKING:
    from tools.database import Database

# What follows, here and in postings.py, was tuned on half of the databases of shared/data and checked on the
# other half (tests/bench/bench_search.py). What was tried around it moved recall@10 by a point at most.
_WEAK = 0.33
_PHRASE, _PART_OF_PHRASE = 0.8, 0.15
_VALUE = 0.35
_CALLED_SO = 0.2  # more for a table that is called what was asked, however many others speak of it
_SCHEMA_FITS, _NEIGHBOURS_FIT = 0.5, 0.17
# Only so many tables are looked at closely; the rarest words choose them, until so many places were seen.
_CANDIDATES, _LOOKED_AT = 120, 4_000
_SMALL_SCHEMA = 60
_LONGEST_QUESTION = 10_000  # characters
_CLOSE_IN_MEANING = 5
# Tried with MiniLM-L6 on shared/data: more weight, or flatter places, lose recall that the words have.
_FLATNESS, _MEANING = 10, 0.25
_KEPT_FOR_MEANING = 2
_WORTH_KEEPING = 0.2  # seconds that building took: a small index is built sooner than it is read
# The tables that join two of the first hits are given too, so many at most.
_BRIDGED, _BRIDGES = 5, 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableHit:
    """A table that fits the words: where they were found, in which of its fields, which values they name.

    `bridge` names the two better hits that this table joins, where that is why it is here. A table without
    any of these is here for its company: it joins tables that fit, or lives among them.
    """

    table: TableMeta
    score: float
    reasons: tuple[str, ...] = ()
    fields: tuple[FieldMeta, ...] = ()
    values: tuple[ValueHit, ...] = ()
    bridge: tuple[TableMeta, TableMeta] | None = None


@dataclass
class _Asked:
    """One word or phrase of the question and all the terms that can stand for it, with their weights."""

    word: str
    weight: float
    terms: dict[str, float]
    values: dict[int, float] = field(default_factory=dict)


class MetadataIndex:
    """Finds the tables of one `DatabaseMeta` by words; never changes once built, so any thread may search."""

    def __init__(
        self, meta: DatabaseMeta, thesaurus: Thesaurus | None = None, weights: tuple[Weights, Weights] | None = None
    ) -> None:
        """`weights` are those of another index of the same tables and thesaurus, which saves working them out."""
        self.meta = meta
        self._thesaurus = thesaurus or general_thesaurus()
        self._tables = tuple(meta.tables())
        self._numbers = {table.full_name: at for at, table in enumerate(self._tables)}
        self._postings = Postings(self._tables, self._thesaurus, weights)
        self._neighbours = self._linked()
        self._schemas: dict[str, list[int]] = defaultdict(list)
        for at, table in enumerate(self._tables):
            self._schemas[table.schema].append(at)

    @property
    def weights(self) -> tuple[Weights, Weights]:
        """What another index of the same tables can be made with."""
        return self._postings.fits, self._postings.called

    def search(
        self, words: str, count: int = 8, values: Iterable[ValueHit] = (), alike: Sequence[TableMeta] = ()
    ) -> tuple[TableHit, ...]:
        """The tables that fit the words best, best first; empty where no word is known.

        `values` are what a value index found for the same words, `alike` the tables that a model finds most like
        them in meaning, best first. A table that joins two of the best hits is among what is given even if no word
        fits it.
        """
        values = tuple(values)
        asked = self._understood(words[:_LONGEST_QUESTION], values)
        candidates = self._candidates(asked)
        found = self._contributions(asked, candidates)
        scores = self._scores(found, candidates)
        best = self._fused(scores, alike, count)
        fitting = {at for contribution in found for at in contribution}
        ranked = self._bridged(best, fitting)
        by_table: dict[str, list[ValueHit]] = defaultdict(list)
        for hit in values:
            by_table[hit.table.full_name].append(hit)
        terms = self._meant(asked)
        close = {each.full_name for each in alike[:_CLOSE_IN_MEANING]}
        hits = (self._hit(self._tables[at], scores.get(at, 0.0), terms, by_table, bridge) for at, bridge in ranked)
        return tuple(
            replace(hit, reasons=("meaning",))
            if hit.table.full_name in close and not (hit.reasons or hit.fields or hit.values or hit.bridge)
            else hit
            for hit in hits
        )

    def _fused(self, scores: Mapping[int, float], alike: Sequence[TableMeta], count: int) -> list[int]:
        """The best by their scores; with those alike in meaning, the best by their places in both (reciprocal rank)."""
        ranked = heapq.nsmallest(max(count, len(alike)), scores, key=lambda at: (-scores[at], at))
        if not alike:
            return ranked
        fused: dict[int, float] = defaultdict(float)
        for place, at in enumerate(ranked, start=1):
            fused[at] += 1 / (_FLATNESS + place)
        for place, table in enumerate(alike, start=1):
            if (number := self._numbers.get(table.full_name)) is not None:
                fused[number] += _MEANING / (_FLATNESS + place)
        best = heapq.nsmallest(count, fused, key=lambda at: (-fused[at], at))
        # What only the model finds has no chance against many that share a word: the last places are kept for it.
        closest = [self._numbers.get(each.full_name) for each in alike[:_KEPT_FOR_MEANING]]
        left_out = [at for at in closest if at is not None and at not in best]
        return [*best[: count - len(left_out)], *left_out]

    def _understood(self, words: str, values: tuple[ValueHit, ...]) -> list[_Asked]:
        written = list(pieces(words))
        stems = [stem(each) for each in written]
        asked: dict[str, _Asked] = {}
        for word, term in zip(written, stems, strict=True):
            if word in STOP_WORDS or (len(word) == 1 and word.isascii() and word.isalpha()):
                continue
            weight = _WEAK if word in WEAK_WORDS or word.isdecimal() else 1.0
            asked.setdefault(term, _Asked(word, weight, self._postings.standing_for(term)))
            for part in self._thesaurus.parts(word):
                asked.setdefault(part, _Asked(word, weight, self._postings.standing_for(part)))
        if not asked:  # a table may be called `list`
            asked = {
                term: _Asked(word, 1.0, self._postings.standing_for(term))
                for word, term in zip(written, stems, strict=True)
            }
        for phrase in self._thesaurus.phrases(stems):
            for part in phrase.split():
                if part in asked:
                    asked[part].weight = min(asked[part].weight, _PART_OF_PHRASE)
            asked[phrase] = _Asked(phrase, _PHRASE, self._postings.standing_for(phrase))
        for word in self._thesaurus.unspaced(words):
            asked[word] = _Asked(word, 1.0, self._postings.standing_for(word))
        for hit in values:
            at = self._numbers.get(hit.table.full_name)
            if at is not None:
                for word in hit.words:
                    mine = asked.setdefault(word, _Asked(word, 1.0, {}))
                    mine.values[at] = max(hit.covered, mine.values.get(at, 0.0))
        return list(asked.values())

    def _contributions(self, asked: list[_Asked], candidates: Mapping[int, object]) -> list[dict[int, float]]:
        found = []
        for each in asked:
            best: dict[int, float] = {}
            for term, weight in each.terms.items():
                postings = self._postings.fits[term]
                for at in _both(postings, candidates):
                    if (fit := weight * postings[at]) > best.get(at, 0.0):
                        best[at] = fit
            rarity = each.weight * self._rarity(each)
            contribution = {at: weight * rarity for at, weight in best.items()}
            for at, weight in self._called_so(each, candidates).items():
                contribution[at] = contribution.get(at, 0.0) + weight
            if each.values:
                rarity = _VALUE * self._postings.rarity(len(each.values))
                for at, covered in each.values.items():
                    contribution[at] = max(covered * rarity, contribution.get(at, 0.0))
            found.append(contribution)
        return found

    def _called_so(self, asked: _Asked, candidates: Mapping[int, object]) -> dict[int, float]:
        called: dict[int, float] = {}
        for term, weight in asked.terms.items():
            shares = self._postings.called.get(term, {})
            for at in _both(shares, candidates):
                if (fit := weight * shares[at]) > called.get(at, 0.0):
                    called[at] = fit
        rarity = _CALLED_SO * asked.weight * self._postings.rarity(len(called))
        return {at: weight * rarity for at, weight in called.items()}

    def _candidates(self, asked: list[_Asked]) -> Mapping[int, object]:
        """The tables worth a closer look: those of the rarer words."""
        if len(self._tables) <= _CANDIDATES:
            return dict.fromkeys(range(len(self._tables)))
        terms = sorted(
            (len(self._postings.fits[term]) / (weight * each.weight), term, weight * each.weight)
            for each in asked
            for term, weight in each.terms.items()
        )
        rough: dict[int, float] = defaultdict(float)
        looked_at = 0
        for _, term, weight in terms:
            often = len(self._postings.fits[term])
            looked_at += often
            if looked_at > _LOOKED_AT and len(rough) >= _CANDIDATES:
                break
            weight *= self._postings.rarity(often)
            for at, counts in self._postings.fits[term].items():
                rough[at] += weight * counts
        for each in asked:
            for at, covered in each.values.items():
                rough[at] += covered * _VALUE * self._postings.rarity(len(each.values))
        best = dict.fromkeys(sorted(rough, key=rough.__getitem__, reverse=True)[:_CANDIDATES])
        for at in list(best)[:20]:
            best.update(dict.fromkeys(self._neighbours[at]))
        return best

    def _rarity(self, asked: _Asked) -> float:
        """Between how rare the word itself is and how rare is any of those that stand for it."""
        number = len(self._tables)
        none = 1.0
        for term in asked.terms:
            none *= 1 - len(self._postings.fits[term]) / (number + 1)
        of_all = self._postings.rarity(round(number * (1 - none)))
        own = next(iter(asked.terms), None)
        return of_all if own is None else (of_all + self._postings.rarity(len(self._postings.fits[own]))) / 2

    def _scores(self, found: list[dict[int, float]], candidates: Mapping[int, object]) -> dict[int, float]:
        """A table's own fit, how well its schema as a whole fits, how well what it joins to fits.

        The tables of one question live in one schema and join: where the same words fit many tables, the one
        whose company covers the question's other words is meant.
        """
        own: dict[int, float] = defaultdict(float)
        of_schema: dict[str, float] = defaultdict(float)
        of_neighbours: dict[int, float] = defaultdict(float)
        linked = {at: [other for other in self._neighbours[at] if other in candidates] for at in candidates}
        for contribution in found:
            schemas: dict[str, float] = {}
            neighbours: dict[int, float] = {}
            for at, weight in contribution.items():
                own[at] += weight
                schema = self._tables[at].schema
                schemas[schema] = max(weight, schemas.get(schema, 0.0))
                for other in linked.get(at, ()):
                    if weight > neighbours.get(other, 0.0):
                        neighbours[other] = weight
            for schema, weight in schemas.items():
                of_schema[schema] += weight
            for at, weight in neighbours.items():
                of_neighbours[at] += weight
        scores = {
            at: own.get(at, 0.0)
            + _SCHEMA_FITS * of_schema[self._tables[at].schema]
            + _NEIGHBOURS_FIT * of_neighbours.get(at, 0.0)
            for at in own.keys() | of_neighbours.keys()
        }
        for schema in heapq.nlargest(12, of_schema, key=of_schema.__getitem__):
            if len(self._schemas[schema]) <= _SMALL_SCHEMA:
                for at in self._schemas[schema]:
                    scores.setdefault(at, _SCHEMA_FITS * of_schema[schema])
        return scores

    def _bridged(self, best: list[int], fitting: set[int]) -> Iterator[tuple[int, tuple[TableMeta, TableMeta] | None]]:
        """The best tables, and close after two that fit, but do not join, the table that joins them."""
        given: dict[int, None] = {}
        bridges = 0
        for place, at in enumerate(best):
            if at not in given:
                given[at] = None
                yield at, self._joined_by(at, given.keys() & fitting) if at not in fitting else None
            if place >= _BRIDGED or at not in fitting:
                continue
            for better in best[:place]:
                if better not in fitting or at in self._neighbours[better]:
                    continue
                for bridge in sorted((self._neighbours[at] & self._neighbours[better]) - given.keys()):
                    if bridge not in best[: place + 3] and bridges < _BRIDGES:
                        bridges += 1
                        given[bridge] = None
                        yield bridge, (self._tables[better], self._tables[at])

    def _joined_by(self, bridge: int, given: set[int]) -> tuple[TableMeta, TableMeta] | None:
        joined = [self._tables[at] for at in sorted(given & self._neighbours[bridge])]
        return (joined[0], joined[1]) if len(joined) > 1 else None

    def _meant(self, asked: list[_Asked]) -> dict[str, tuple[float, str]]:
        """For each term how much it counts, and the word of the question that it stands for."""
        terms: dict[str, tuple[float, str]] = {}
        for each in asked:
            counts = each.weight * self._rarity(each)
            for term, weight in each.terms.items():
                terms[term] = max((weight * counts, each.word), terms.get(term, (0.0, "")))
        return terms

    def _hit(
        self,
        table: TableMeta,
        score: float,
        terms: Mapping[str, tuple[float, str]],
        values: Mapping[str, list[ValueHit]],
        bridge: tuple[TableMeta, TableMeta] | None,
    ) -> TableHit:
        reasons = []
        places = (("name", table.name), ("synonym", " | ".join(table.synonyms)), ("comment", table.comment))
        for place, text in places:
            words = dict.fromkeys(terms[term][1] for term in self._postings.terms(text) if term in terms)
            if words:
                reasons.append(f"{place} " + ", ".join(f'"{word}"' for word in words))
        fits: list[tuple[float, int]] = []
        for number, each_field in enumerate(table.fields):
            matched: dict[str, float] = {}
            texts = (each_field.name, *each_field.synonyms, each_field.comment)
            for term in self._postings.all_terms(texts):
                strength, word = terms.get(term, (0.0, ""))
                matched[word] = max(strength, matched.get(word, 0.0))
            if fit := sum(matched.values()):
                fits.append((-fit, number))
        fields = tuple(table.fields[number] for _, number in sorted(fits))
        named = tuple(values.get(table.full_name, ()))
        return TableHit(table, score, tuple(reasons), fields, named, bridge)

    def _linked(self) -> list[set[int]]:
        """For each table those that it points at by a foreign key, or that point at it."""
        linked: list[set[int]] = [set() for _ in self._tables]
        by_name = {(table.schema, table.name): at for at, table in enumerate(self._tables)}
        for at, table in enumerate(self._tables):
            for key in table.foreign_keys:
                target = by_name.get((key.target_schema, key.target_table))
                if target is not None and target != at:
                    linked[at].add(target)
                    linked[target].add(at)
        return linked


def _both(one: Mapping[int, object], other: Mapping[int, object]) -> Iterable[int]:
    """The keys that both have, at the price of the smaller."""
    return one.keys() & other.keys()


def _opened(database: Database) -> MetadataIndex:
    """The index, from its file where that was made of the same; else built, and kept if that took long."""
    meta, thesaurus = database.meta, general_thesaurus()
    file = PrivateFile.beside_snapshot(database, FORM, thesaurus.digest, "words" if segmenter() else "pairs")
    if file and (body := file.read()) is not None:
        with contextlib.suppress(ValueError, TypeError, LookupError):  # whole, but not what we write
            return MetadataIndex(meta, thesaurus, unpacked(body, sum(len(schema.tables) for schema in meta.schemas)))
    started = time.monotonic()
    index = MetadataIndex(meta, thesaurus)
    if file and time.monotonic() - started > _WORTH_KEEPING:
        try:
            file.write(packed(*index.weights))
        except OSError as error:
            _log.warning("The search index could not be kept in %s (%s).", file.path, error.strerror)
    return index


_indexes: Kept[MetadataIndex] = Kept(_opened)


def index_of(database: Database) -> MetadataIndex:
    """The index over the database's present metadata; opened or built at first use and again after a refresh."""
    return _indexes.of(database)
