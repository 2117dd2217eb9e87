"""Which words of a question can mean which tables, fields and stored values, each with a score from 0 to 1."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from agent.llm.offline.glosses import glosses_of
from agent.llm.offline.lexicon import english
from agent.llm.offline.schema_text import Field, Schema, Table
from agent.llm.offline.words import folded, identifier_words, singular, squashed, stem

_LEAST = 0.5
_SYNONYM, _PART_OF_A_NAME, _RIVAL, _ALONE = 0.86, 0.89, 0.7, 0.95
_GLOSS = 0.93  # a value by what a comment says it means: below the value's own spelling
_LONGEST_SPAN = 7
_SKIPPED_INSIDE = frozenset(["of", "the", "a", "an"])


@dataclass(frozen=True)
class Mention:
    """What a run of words can stand for, best first."""

    text: str
    tables: tuple[tuple[Table, float], ...] = ()
    fields: tuple[tuple[Field, float], ...] = ()
    values: tuple[tuple[Field, str, float], ...] = ()

    @property
    def score(self) -> float:
        return max(
            (
                *(score for _, score in self.tables[:1]),
                *(score for _, score in self.fields[:1]),
                *(score for *_, score in self.values[:1]),
            ),
            default=0.0,
        )

    @property
    def table_score(self) -> float:
        return self.tables[0][1] if self.tables else 0.0

    @property
    def field_score(self) -> float:
        return self.fields[0][1] if self.fields else 0.0

    @property
    def value_score(self) -> float:
        return self.values[0][2] if self.values else 0.0


@lru_cache(maxsize=4096)
def _synonyms_of(word: str) -> frozenset[str]:
    return frozenset(itertools.chain.from_iterable(group for group in english().synonyms if word in group)) - {word}


@lru_cache(maxsize=200_000)
def likeness(asked: str, stored: str) -> float:
    """How well a word of the question means a word of an identifier: 1 for the same word, 0 for no likeness."""
    if asked == stored:
        return 1.0
    a, s = singular(asked), singular(stored)
    if a == s:
        return 1.0
    if stem(a) == stem(s) and len(a) > 3 and len(s) > 3:
        return 0.93
    if a == "number" and s == "id":
        return 0.82  # "department number" is often department_id, "semester id" never num_semesters
    if s in _synonyms_of(a):
        return 0.87
    if not (a.isascii() and s.isascii()):
        return 0.0
    if len(s) >= 3 and len(a) >= 5 and a.startswith(s):
        return 0.82 if len(s) >= 4 else 0.75
    if len(a) >= 5 and len(s) > len(a) and s.startswith(a) and len(s) - len(a) <= 4:
        return 0.8
    return 0.0


@dataclass
class _Entry:
    """A table or field, and the words it is known by."""

    element: Table | Field
    words: tuple[str, ...]  # of its name
    context: tuple[str, ...] = ()  # of its table's name, for a field
    squash: str = ""
    weight: float = 1.0
    in_role: bool = False  # a field of a role: only where the role is named with it


@dataclass
class Linker:
    """Looks words up in one schema."""

    schema: Schema
    known_values: Sequence[tuple[str, str, str]] = ()  # table, field, literal: beyond those the schema shows
    _tables: list[_Entry] = field(default_factory=list)
    _fields: list[_Entry] = field(default_factory=list)
    _values: dict[str, list[tuple[Field, str, float]]] = field(default_factory=dict)
    _glosses: dict[tuple[str, ...], list[tuple[Field, str, float]]] = field(default_factory=dict)  # by their stems
    _cache: dict[tuple[str, ...], Mention] = field(default_factory=dict)
    _stored: dict[str, tuple[set[int], set[int]]] = field(default_factory=dict)
    _squashes: tuple[dict[str, set[int]], dict[str, set[int]]] = field(default_factory=lambda: ({}, {}))
    _likes: dict[str, tuple[set[int], set[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values: dict[str, list[tuple[Field, str, float]]] = defaultdict(list)
        for table in self.schema.tables.values():
            table_words = tuple(w for w in identifier_words(table.name) if w not in english().table_affixes)
            table_words = table_words or identifier_words(table.name)
            self._tables.append(_Entry(table, table_words, squash=squashed(table.name)))
            if table.alias_of:
                for each in table.fields:
                    own = _field_words(each.name, table.name, table_words)
                    self._fields.append(_Entry(each, own, table_words, in_role=True))
                continue
            for words, weight in _said_in(table.comment):
                self._tables.append(_Entry(table, words, weight=weight))
            if len(table.primary_key) == 1:
                # `visitors (tourist_id …)` are tourists too.
                key = identifier_words(table.primary_key[0])
                if len(key) > 1 and key[-1] in ("id", "code", "number") and key[:-1] != table_words:
                    self._tables.append(_Entry(table, key[:-1], weight=0.93))
            for each in table.fields:
                own = _field_words(each.name, table.name, table_words)
                self._fields.append(_Entry(each, own, table_words, squashed(each.name)))
                glosses = glosses_of(each.comment, each.values)
                for words, weight in _said_in(each.comment):
                    if (" ".join(words)) not in [phrase for phrase, _ in glosses]:
                        self._fields.append(_Entry(each, words, table_words, weight=weight))
                for literal in each.values:
                    values[_text_of(literal)].append((each, literal, 1.0))
                for phrase, literal in glosses:
                    self._glosses.setdefault(_stems(phrase), []).append((each, literal, _GLOSS))
        for table_name, field_name, literal in self.known_values:
            found = self.schema.field(table_name, field_name)
            if found is not None and not any(f is found for f, *_ in values[_text_of(literal)]):
                values[_text_of(literal)].append((found, literal, 1.0))
        self._values = {key: each for key, each in values.items() if key}
        for side, entries in enumerate((self._tables, self._fields)):
            for index, entry in enumerate(entries):
                for word in (*entry.words, *entry.context):
                    self._stored.setdefault(word, (set(), set()))[side].add(index)
                if entry.squash:
                    self._squashes[side].setdefault(entry.squash, set()).add(index)

    def mention(self, words: Sequence[str]) -> Mention:
        """All that these words, in a row, can stand for."""
        key = tuple(words)
        if key not in self._cache:
            self._cache[key] = self._looked_up(key)
        return self._cache[key]

    def values_like(self, text: str) -> tuple[tuple[Field, str, float], ...]:
        """The stored values that are spelled so, case and accents aside, else those that a comment says mean it."""
        return tuple(self._values.get(folded(text), ()) or self._glosses.get(_stems(text), ()))

    def fields_for(self, phrases: str) -> tuple[tuple[Field, float, bool], ...]:
        """The fields that one of several comma-separated phrases names, earlier phrases first.

        A phrase with a "-" before it marks the field as running the other way (third value True).
        """
        found: dict[tuple[str, str], tuple[Field, float, bool]] = {}
        for rank, phrase in enumerate(phrases.split(",")):
            reversed_ = phrase.strip().startswith("-")
            words = phrase.strip().lstrip("-").split()
            for each, score in self.mention(words).fields:
                weighed = score * 0.95 * (1 - 0.015 * rank)
                key = (each.table, each.name)
                if score >= 0.75 and (key not in found or found[key][1] < weighed):
                    found[key] = (each, weighed, reversed_)
        return tuple(sorted(found.values(), key=lambda item: -item[1]))

    def _looked_up(self, words: tuple[str, ...]) -> Mention:
        content = [word for word in words if word not in _SKIPPED_INSIDE] or list(words)
        if len(content) > 5:
            return Mention(" ".join(words), values=self._value_matches(words))
        tables: dict[str, tuple[Table, float]] = {}
        near = self._near(content)
        for index in near[0]:
            entry = self._tables[index]
            score = _table_score(content, entry) * entry.weight
            assert isinstance(entry.element, Table)
            if score < 0.95 and _is_bridge(entry.element):
                score -= 0.1
            if score >= _LEAST and score > tables.get(entry.element.sql, (None, 0.0))[1]:
                tables[entry.element.sql] = (entry.element, score)
        fields: dict[tuple[str, str], tuple[Field, float]] = {}
        crossing = "of" in words
        named = self._near(content[:-1])[1] if len(content) > 1 and content[-1] in ("name", "names") else ()
        for index in dict.fromkeys((*near[1], *named)):
            entry = self._fields[index]
            if entry.in_role and not any(likeness(word, role) >= 0.8 for word in content for role in entry.context):
                continue
            score = _field_score(content, entry, crossing=crossing) * entry.weight
            assert isinstance(entry.element, Field)
            key = (entry.element.table, entry.element.name)
            if score >= _LEAST and score > fields.get(key, (None, 0.0))[1]:
                fields[key] = (entry.element, score)
        self._drop_references(content, tables, fields)
        values = self._value_matches(words)
        if not values:
            _without_rival(tables)  # "professors" may be those of a rank, and not the whole faculty
        return Mention(
            " ".join(words),
            tuple(sorted(tables.values(), key=lambda item: -item[1]))[:6],
            tuple(sorted(fields.values(), key=lambda item: -item[1]))[:14],
            values,
        )

    def _near(self, content: Sequence[str]) -> tuple[list[int], list[int]]:
        """The entries that share a likeness with every word asked, or are spelled so when run together."""
        run = squashed("".join(content))
        runs = {run, squashed("".join(singular(word) for word in content))}
        found: list[list[int]] = []
        for side in (0, 1):
            common: set[int] | None = None
            for word in content:
                like = self._like(word)[side]
                common = like if common is None else common & like
                if not common:
                    break
            near = set(common or ())
            for each in runs:
                near.update(self._squashes[side].get(each, ()))
                near.update(self._squashes[side].get(each + "s", ()))
            found.append(sorted(near))
        return found[0], found[1]

    def _like(self, word: str) -> tuple[set[int], set[int]]:
        """The entries of which some word is like this one."""
        if word not in self._likes:
            hits: tuple[set[int], set[int]] = (set(), set())
            tail = singular(word)
            for stored, places in self._stored.items():
                if likeness(word, stored) > 0 or (len(tail) >= 4 and stored.endswith(tail)):
                    hits[0].update(places[0])
                    hits[1].update(places[1])
            self._likes[word] = hits
        return self._likes[word]

    def _drop_references(
        self,
        content: Sequence[str],
        tables: dict[str, tuple[Table, float]],
        fields: dict[tuple[str, str], tuple[Field, float]],
    ) -> None:
        """A field that only points at the table of that name is not what the name means."""
        if content[-1] in ("id", "ids", "code", "codes", "number", "numbers"):
            return
        for key in self.schema.keys:
            if key.target in tables and len(key.fields) == 1:
                for place in list(fields):
                    points = place[0] == key.table and place[1].lower() == key.fields[0].lower()
                    if points and tables[key.target][1] >= fields[place][1] - 0.1:
                        del fields[place]

    def _value_matches(self, words: Sequence[str]) -> tuple[tuple[Field, str, float], ...]:
        text = folded(" ".join(words))
        hits = list(self._values.get(text, ()))
        glosses = self._glosses.get(_stems(text), ())
        hits += [each for each in glosses if not any(each[0] is held for held, *_ in hits)]
        if not hits and len(words) == 1:
            if text in english().coded_words:
                wanted = english().coded_words[text]
                hits = [
                    (each, literal, 0.9 * score)
                    for spelled in wanted
                    for each, literal, score in self._values.get(spelled, ())
                    if each.distinct is not None and each.distinct <= 6
                ]
            elif singular(text) != text:
                hits = [
                    (each, literal, (0.92 if (each.distinct or 99) <= 12 else 0.8) * score)
                    for each, literal, score in self._values.get(singular(text), ())
                ]
        if not hits and len(words) > 1 and singular(words[-1]) != words[-1]:
            one = folded(" ".join([*words[:-1], singular(words[-1])]))  # "store managers"
            hits = [(each, literal, 0.92 * score) for each, literal, score in self._values.get(one, ())]
        if not hits and len(words) > 1:
            bare = "".join(each for each in text if each.isalnum())
            if len(bare) >= 5:
                hits = [
                    (each, literal, 0.93 * score)
                    for key, found in self._values.items()
                    if len(key) >= len(text) - 3 and "".join(c for c in key if c.isalnum()) == bare
                    for each, literal, score in found
                ]
        return tuple(hits[:12])


def _without_rival(tables: dict[str, tuple[Table, float]]) -> None:
    """A synonym that only one table answers to is as good as its name: "vendors" where there are suppliers alone."""
    ranked = sorted(tables.values(), key=lambda item: -item[1])
    if ranked and _SYNONYM <= ranked[0][1] < _PART_OF_A_NAME and (len(ranked) == 1 or ranked[1][1] < _RIVAL):
        tables[ranked[0][0].sql] = (ranked[0][0], _ALONE)


def _is_bridge(table: Table) -> bool:
    """A table that only joins others: hardly what a noun means."""
    pointing = {name.lower() for key in table.keys for name in key.fields}
    return len(table.keys) >= 2 and all(each.name.lower() in pointing for each in table.fields)


@lru_cache(maxsize=65536)
def _stems(phrase: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in folded(phrase).split())


def spelled_otherwise(mention: Mention, literal: str) -> bool:
    """Whether the words are not the stored value's own, but what a comment or a code says it means."""
    stored = _text_of(literal)
    return stored != folded(mention.text) and stored != singular(folded(mention.text))


def _text_of(literal: str) -> str:
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    return folded(text)


_SYNONYMS = re.compile(r"\bsynonyms: ([^.;]+)", re.IGNORECASE)


@lru_cache(maxsize=16384)
def _said_in(comment: str) -> tuple[tuple[tuple[str, ...], float], ...]:
    """The short phrases of a comment by which its element may be named, and how far each may be trusted.

    Its first clause, and its runs of Chinese: the first ones name the element, those after a colon, a
    bracket or "e.g." are examples of what it holds.
    """
    if not comment:
        return ()
    phrases: list[tuple[tuple[str, ...], float]] = []
    first = re.split(r"[.;:,，。；：（(]|\be\.g\.|\bNULL\b", comment, maxsplit=1)[0]
    words = tuple(w for w in identifier_words(first) if w not in _SKIPPED_INSIDE and w.isascii())
    if 0 < len(words) <= 5:
        phrases.append((words, 0.88))
    naming = re.split(r"[:：]|\be\.g\.|,|，|[.;](?=\s)|[。；]", comment, maxsplit=1)[0]
    for run in re.findall(r"[\u4e00-\u9fff]{2,8}", naming):
        phrases.append(((run,), 0.97 if f"({run})" not in comment and f"（{run}）" not in comment else 0.9))
    if listed := _SYNONYMS.search(comment):
        # People said so: surer than any likeness of names.
        for each in re.split(r"[,，、]", listed.group(1)):
            said = tuple(word for word in identifier_words(each) if word not in _SKIPPED_INSIDE)
            if 0 < len(said) <= 5:
                phrases.append((said, 0.98))
    return tuple(phrases)


@lru_cache(maxsize=16384)
def _field_words(name: str, table: str, table_words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a field's name; a prefix that abbreviates the table is cut off: `bname` of bank → name."""
    lower = name.lower()
    words = identifier_words(name)
    if len(words) == 1 and "_" not in name and lower not in english().abbreviations:
        initials = {lower_table[:n] for lower_table in (table.lower(),) for n in (1, 2, 3)}
        initials.add("".join(word[0] for word in table_words if word))
        for tail in (
            "name",
            "id",
            "no",
            "number",
            "title",
            "type",
            "date",
            "code",
            "address",
            "city",
            "state",
            "phone",
            "desc",
            "price",
            "year",
            "pos",
            "card",
        ):
            if lower.endswith(tail) and lower != tail and (lower[: -len(tail)] in initials):
                return (*table_words[-1:], *identifier_words(tail)) if tail in ("id", "no") else identifier_words(tail)
        if lower.endswith("id") and len(lower) > 5 and any(word.startswith(lower[:-2]) for word in table_words):
            return (next(word for word in table_words if word.startswith(lower[:-2])), "id")
        for known in table_words:
            if lower.startswith(known) and len(lower) - len(known) >= 2:
                return (known, *identifier_words(lower[len(known) :]))
    elif len(words) == 2 and len(words[0]) == 1 and words[1] in ("name", "id", "type", "title", "code", "date"):
        return words[1:] if words[1] != "id" else (*table_words[-1:], "id")
    return words


def _matched(asked: Sequence[str], stored: Sequence[str]) -> tuple[float, list[int], list[int]]:
    """Pair the words one to one: the product of their likenesses, which of each side found no partner."""
    quality = 1.0
    free = list(range(len(stored)))
    unmatched: list[int] = []
    for position, word in enumerate(asked):
        best, at = 0.0, -1
        for index in free:
            score = likeness(word, stored[index])
            if score > best:
                best, at = score, index
        if at < 0:
            unmatched.append(position)
        else:
            free.remove(at)
            quality *= best
    return quality, unmatched, free


def _table_score(asked: Sequence[str], entry: _Entry) -> float:
    if entry.squash and squashed("".join(asked)) in (entry.squash, entry.squash.rstrip("s")):
        return 1.0
    quality, unmatched, left = _matched(asked, entry.words)
    if unmatched:
        return 0.0
    # "assignments" may mean staff_department_assignments; "staff" hardly does.
    head_missing = (len(entry.words) - 1) in left
    return quality * (1 - 0.1 * len(left) - (0.22 if head_missing else 0.0))


def _field_score(asked: Sequence[str], entry: _Entry, *, crossing: bool = False) -> float:
    own = entry.words
    squash = squashed("".join(asked))
    singular_squash = squashed("".join(singular(word) for word in asked))
    if entry.squash and entry.squash in (squash, singular_squash):
        return 1.0
    if asked[0] in _COUNTING and len(asked) > 1 and not (own[0] in _COUNTING or own[0] == "total"):
        # "number of cards" counts cards; it is not the field `card_number`.
        return 0.0
    if len(asked) > 1 and asked[-1] == "number" and own[-1] not in ("number", "id"):
        return 0.0
    if len(asked) > 1 and asked[-1] in ("name", "names") and len(own) == len(asked) - 1 and own[-1] != "id":
        called = _matched(asked[:-1], own)
        if not called[1] and not called[2] and isinstance(entry.element, Field) and entry.element.kind == "text":
            return 0.9 * called[0]  # the "carrier name" in the field `carrier`
    quality, unmatched, left = _matched(asked, own)
    if len(unmatched) == len(asked):
        return _run_together(asked, entry)
    extra = 0.0
    if unmatched:
        if crossing or asked[0] in _COUNTING:
            return 0.0
        rest = [asked[index] for index in unmatched]
        if unmatched[-1] == len(asked) - 1 and len(unmatched) < len(asked):
            # "order value" is not the field `orders` of `customer_value`: a table is named before its field.
            return 0.0
        more, still, _ = _matched(rest, entry.context)
        if still:
            return _run_together(asked, entry)
        # "customer name" for customers.name: naming the table too makes it surer.
        quality *= more
        extra = 0.02
    cost = 0.0
    for index in left:
        word = own[index]
        if any(likeness(word, other) >= 0.8 for other in entry.context):
            cost += 0.02
        elif word == "id" or word in ("first", "last", "middle"):
            cost += 0.3
        elif word in english().weak_parts:
            cost += 0.1
        else:
            cost += 0.24
    if (len(own) - 1) in left and own[-1] not in english().weak_parts and len(own) > 1:
        cost += 0.12
    return min(1.0, quality * (1 - cost) + extra)


_COUNTING = frozenset(("number", "count", "numbers", "counts"))


def _run_together(asked: Sequence[str], entry: _Entry) -> float:
    """Names without a separator: "fee" in `campusfee`, "occupancy" in `maxoccupancy`."""
    if len(entry.words) != 1 or len(asked) != 1 or len(asked[0]) < 4:
        return 0.0
    name, word = entry.words[0], singular(asked[0])
    if name.endswith(word) and len(name) - len(word) >= 2:
        return 0.78
    return 0.0


def spans(length: int) -> Iterable[tuple[int, int]]:
    """Every run of tokens short enough to be one mention."""
    for start in range(length):
        for end in range(start + 1, min(length, start + _LONGEST_SPAN) + 1):
            yield start, end
