"""From a question and a schema to the reading that is most likely meant, its SQL, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from agent.llm.offline.accounting import DROPPED, averages, left_out
from agent.llm.offline.binding import Binding, bindings
from agent.llm.offline.chinese import asked_words, in_english, is_chinese
from agent.llm.offline.chunking import Cut, cuts
from agent.llm.offline.follow_ups import ASKING_ANEW, tie_of
from agent.llm.offline.joins import JoinGraph
from agent.llm.offline.linking import Linker
from agent.llm.offline.meaning import Aggregate, Query
from agent.llm.offline.pointing import points_at
from agent.llm.offline.reading import Reader
from agent.llm.offline.rivals import Rival, rival, ties
from agent.llm.offline.roles import with_roles
from agent.llm.offline.schema_text import Schema
from agent.llm.offline.sql_pieces import CannotWrite
from agent.llm.offline.sql_writer import Writer
from agent.llm.offline.words import Token, tokenise

THRESHOLD = 0.7
_MOST_TOKENS = 90
MOST_CHARACTERS = 1000


@dataclass
class Reading:
    """One reading of the question, all the way to SQL; `confidence` is from 0 to 1."""

    sql: str
    confidence: float
    query: Query
    binding: Binding
    cut: Cut
    doubts: list[tuple[str, float]] = field(default_factory=list)
    aliases: dict[str, Aggregate] = field(default_factory=dict)  # the headers of its figures
    rivals: list[Rival] = field(default_factory=list)  # of the likeliest
    schema: Schema | None = None  # as it was read, roles included


@dataclass
class Understanding:
    """The readings of a question, likeliest first, and what none of them could place."""

    readings: list[Reading]
    unexplained: list[str]
    problem: str = ""

    @property
    def sure(self) -> list[Reading]:
        """The readings that are likely enough to be answered with."""
        return [each for each in self.readings if each.confidence >= THRESHOLD]

    @property
    def best(self) -> Reading | None:
        """The likeliest of them, if any."""
        return next(iter(self.sure), None)


def understand(
    question: str,
    schema: Schema,
    dialect: str,
    today: date,
    known_values: tuple[tuple[str, str, str], ...] = (),
    earlier: tuple[str, ...] = (),
) -> Understanding:
    """Every reading of the question that has SQL, likeliest first.

    `earlier` are the questions that it goes on from, the oldest first: a whole one, then parts.
    """
    if earlier and tie_of(question).kind == "besides":
        asked = understand(earlier[-1], schema, dialect, today, known_values, earlier[:-1]).best
        if asked is None or asked.query.conditions:
            return Understanding([], [question.strip()], "points")
        return understand(tie_of(question).part, schema, dialect, today, known_values)
    schema = with_roles(schema)
    linker = Linker(schema, known_values)
    if len(question) > MOST_CHARACTERS:
        return Understanding([], [], "long")
    chinese = is_chinese(question)
    words: dict[str, str] = {}
    tokens: list[Token] = []
    for place, said in enumerate((*earlier, question)):
        tie = tie_of(said) if place else None
        if tie is not None and not tie.kind:
            return Understanding([], [points_at(said)], "points")
        text = tie.part if tie else said
        if is_chinese(text):
            words |= asked_words(text, linker)
            text = in_english(text, linker)
        more = tokenise(text)
        if tie:
            while tokens and tokens[-1].kind == "punct":
                tokens.pop()
            tokens.append(Token(tie.kind, "break", 0, 0))
        tokens += more
    if earlier and tie_of(question).kind in ASKING_ANEW:
        # As it was answered, and not as its words may be read besides: there "by area" may be something else.
        asked = understand(earlier[-1], schema, dialect, today, known_values, earlier[:-1]).best
        if asked is None or asked.query.groups or asked.query.periods or asked.query.limit:
            return Understanding([], [points_at(question)], "points")
    if not tokens:
        return Understanding([], [], "empty")
    if len(tokens) > _MOST_TOKENS:
        return Understanding([], [], "long")
    graph = JoinGraph(schema, frozenset(token.lower for token in tokens if token.kind == "word"))
    readings: dict[str, Reading] = {}
    unexplained: list[str] | None = None
    found = cuts(spelled_out(tokens, linker), linker, today)
    for cut in found:
        query = Reader(cut.chunks, linker, today).read()
        query.chinese = chinese
        query.asked_words = words
        if unexplained is None or len(query.unexplained) < len(unexplained):
            unexplained = list(query.unexplained)
        if not query.items and not query.periods:
            continue
        for binding in bindings(query, graph)[:3]:
            writer = Writer(query, binding, graph, dialect)
            try:
                sql = writer.sql()
            except CannotWrite:
                continue
            dropped = left_out(cut, query, binding, writer.tables_read, linker)
            if "平均" in question and not averages(query):
                dropped.append(("what 平均 is of", DROPPED))
            doubts = _once([*query.doubts, *binding.doubts, *writer.doubts, *dropped])
            confidence = _confidence(query, binding, doubts, found[0].score - cut.score)
            if sql not in readings or readings[sql].confidence < confidence:
                readings[sql] = Reading(sql, confidence, query, binding, cut, doubts, writer.aliases, schema=schema)
    ranked = sorted(readings.values(), key=lambda each: -each.confidence)
    if ranked:
        ranked[0].rivals = [each for each in _rivals(ranked[0], graph, dialect) if each.settled >= THRESHOLD]
    as_likely = [each for each in ranked if each.confidence > ranked[0].confidence * 0.97]
    for each in as_likely if len(as_likely) > 1 else ():
        each.doubts.append(("another reading is as likely", 0.12))
        each.confidence *= 0.88
    return Understanding(ranked, unexplained or [])


def _rivals(best: Reading, graph: JoinGraph, dialect: str) -> Iterator[Rival]:
    for tie in ties(best.binding):
        writer = Writer(best.query, tie.binding, graph, dialect)
        try:
            sql = writer.sql()
        except CannotWrite:
            continue
        if sql != best.sql:
            yield rival(best, replace(best, sql=sql, binding=tie.binding, aliases=writer.aliases, rivals=[]), tie)


def spelled_out(tokens: list[Token], linker: Linker) -> list[Token]:
    """ "first and last name" becomes "first name and last name", where both are fields."""
    result: list[Token] = []
    for at, token in enumerate(tokens):
        if token.lower == "full" and _has_two_names(tokens[at + 1 : at + 2], linker):
            if tokens[at + 2 : at + 3] and tokens[at + 2].text == "(":
                continue  # "full name (first and last name)" spells itself out
            result += [replace(token, text="first"), tokens[at + 1], replace(token, text="and")]
            result.append(replace(token, text="last"))
            continue
        result.append(token)
        joint = at + 1
        while joint < len(tokens) and tokens[joint].lower in (",", "and", "or", "the"):
            joint += 1
        if joint == at + 1 or joint + 1 >= len(tokens) or token.kind != "word":
            continue
        other, noun = tokens[joint], tokens[joint + 1]
        if other.kind != "word" or noun.kind != "word":
            continue
        whole = linker.mention([token.lower, noun.lower])
        if (
            whole.field_score >= 0.85
            and linker.mention([other.lower, noun.lower]).field_score >= 0.85
            and linker.mention([token.lower]).score < 0.8
        ):
            result.append(noun)
    return result


def _once(doubts: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Each doubt at its weightiest, however often it came up on the way."""
    weights: dict[str, float] = {}
    for what, weight in doubts:
        weights[what] = max(weight, weights.get(what, 0.0))
    return list(weights.items())


def _has_two_names(after: list[Token], linker: Linker) -> bool:
    """Whether a full name, which the word after "full" asks for, is stored as a first and a last one."""
    if not after or after[0].lower not in ("name", "names") or linker.mention(["full", "name"]).field_score >= 0.9:
        return False
    return all(linker.mention([which, "name"]).field_score >= 0.85 for which in ("first", "last"))


def _confidence(query: Query, binding: Binding, doubts: list[tuple[str, float]], behind: float) -> float:
    cost = 1.1 * max(0.0, binding.cost) + sum(weight for _, weight in doubts)
    cost += 0.8 * len(query.unexplained) + 0.3 * max(0.0, behind)
    return math.exp(-cost)


def unknown_phrases(understood: Understanding) -> list[str]:
    """What may be stored values that were not found: a second search, for these alone, may find them."""
    best = understood.readings[0] if understood.readings else None
    if best is None:
        return list(dict.fromkeys(understood.unexplained))[:8]
    phrases: list[str] = []
    if any(what == "value not seen" for what, _ in best.doubts):
        phrases += [
            c.text for c in best.cut.chunks if c.kind == "QUOTED" or (c.kind == "WORD" and c.text[:1].isupper())
        ]
    if best.query.unexplained:
        phrases += [c.text for c in best.cut.chunks if c.mention is not None and c.mention.value_score >= 0.9]
    run: list[str] = []
    for chunk in best.cut.chunks:
        if chunk.text in best.query.unexplained and chunk.kind in ("WORD", "MENTION", "QUOTED"):
            run.append(chunk.text)
        elif run:
            phrases.append(" ".join(run))
            run = []
    if run:
        phrases.append(" ".join(run))
    return list(dict.fromkeys(phrases))[:8]
