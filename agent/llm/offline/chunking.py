"""A question's tokens cut into chunks, each with one part to play: a phrase, a number, a date, a mention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from agent.llm.offline.dates import Period, period_at
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Linker, Mention
from agent.llm.offline.words import Token, singular, squashed

_BEAM = 6
_LONGEST = 9
_SPELLED_OUT = 0.95
_ALSO_NOUNS = ("name", "state")
_OBJECTS = ("the", "all", "each", "every", "their", "its", "any")
_STARTERS = frozenset(["and", ",", ".", "?", "!", "then", "please", "me", "you", "also", ";", ":"])


@dataclass(frozen=True)
class Chunk:
    """`kind` is a phrase's kind, or MENTION, NUMBER, QUOTED, DATE, ADJSUPER, ADJCMP, UNIT, VERB, WORD."""

    kind: str
    text: str
    start: int
    end: int
    meaning: str = ""
    mention: Mention | None = None
    period: Period | None = None


@dataclass(frozen=True)
class Cut:
    """One way of cutting the question into chunks, with its score."""

    chunks: tuple[Chunk, ...]
    score: float


def _forms(adjective: str) -> tuple[list[str], list[str]]:
    """Comparative and superlative: heavy → heavier, more heavy; heaviest, most heavy."""
    if " " in adjective:
        words = adjective.split()
        if words[0] in ("high", "highly"):
            return [f"higher {words[1]}", f"more {adjective}"], [
                f"highest {words[1]}",
                f"most {adjective}",
                f"top {words[1]}",
            ]
        return [f"more {adjective}", f"better {words[-1]}"], [f"most {adjective}", f"best {words[-1]}"]
    if adjective.endswith("y"):
        stem = adjective[:-1] + "i"
    elif adjective.endswith("e"):
        stem = adjective[:-1]
    elif len(adjective) <= 4 and adjective[-1] in "tgdn" and adjective[-2] in "aiou" and adjective[-3] not in "aeiou":
        stem = adjective + adjective[-1]
    else:
        stem = adjective
    return [f"{stem}er", f"more {adjective}"], [f"{stem}est", f"most {adjective}"]


@cache
def adjective_phrases() -> dict[str, tuple[str, str]]:
    """Phrase: its kind, ADJCMP or ADJSUPER, and what it measures after the sign of the direction."""
    phrases: dict[str, tuple[str, str]] = {}
    turned = {"+": "-", "-": "+"}
    for adjective, (measures, sign) in english().adjectives.items():
        comparative, superlative = _forms(adjective)
        for each in comparative:
            phrases[f"{each} than"] = ("ADJCMP", f"{sign}{measures}")
            phrases.setdefault(each, ("ADJCMP", f"{sign}{measures}"))
        for each in superlative:
            phrases[each] = ("ADJSUPER", f"{sign}{measures}")
        phrases[f"less {adjective} than"] = ("ADJCMP", f"{turned[sign]}{measures}")
        phrases[f"least {adjective}"] = ("ADJSUPER", f"{turned[sign]}{measures}")
    for word in ("latest", "most recently", "last", "most recent"):
        phrases[word] = ("ADJSUPER", "+" + english().measures("recent"))
    phrases["first"] = ("ADJSUPER", "-" + english().measures("recent"))
    for word in list(phrases):
        if word in english().phrases:
            del phrases[word]
    return phrases


UNITS = {
    "month": "month",
    "monthly": "month",
    "year": "year",
    "yearly": "year",
    "annually": "year",
    "annual": "year",
    "quarter": "quarter",
    "quarterly": "quarter",
    "day": "day",
    "daily": "day",
    "week": "week",
    "weekly": "week",
    "weekday": "weekday",
    "day of week": "weekday",
    "day of the week": "weekday",
    "hour": "hour",
}


def cuts(tokens: Sequence[Token], linker: Linker, today: date) -> list[Cut]:
    """The best few ways to cut the tokens, best first."""
    beams: list[list[Cut]] = [[] for _ in range(len(tokens) + 1)]
    beams[0] = [Cut((), 0.0)]
    options = [_options(tokens, at, linker, today) for at in range(len(tokens))]
    for at in range(len(tokens)):
        for so_far in beams[at]:
            for chunk, score in options[at]:
                beams[chunk.end].append(Cut((*so_far.chunks, chunk), so_far.score + score))
        for end in range(at + 1, min(len(tokens), at + _LONGEST) + 1):
            beams[end] = sorted(beams[end], key=lambda cut: -cut.score)[:_BEAM]
    return beams[-1]


def _options(tokens: Sequence[Token], at: int, linker: Linker, today: date) -> list[tuple[Chunk, float]]:
    token = tokens[at]
    lowers = [each.lower for each in tokens[at : at + _LONGEST]]
    found: list[tuple[Chunk, float]] = []

    def add(
        kind: str,
        length: int,
        score: float,
        meaning: str = "",
        mention: Mention | None = None,
        period: Period | None = None,
    ) -> None:
        text = " ".join(each.text for each in tokens[at : at + length])
        found.append((Chunk(kind, text, at, at + length, meaning, mention, period), score))

    if token.kind == "quoted":
        values = linker.values_like(token.text)
        add("QUOTED", 1, 1.5, token.text, Mention(token.text, values=values))
        named = linker.mention(token.lower.removeprefix("the ").split())
        if not values and named.field_score >= _SPELLED_OUT:
            add("MENTION", 1, 1.6, mention=replace(named, tables=(), values=()))  # the "date valid from" of each
        return found
    if token.kind == "break":
        add("BREAK", 1, 1.0, token.text)
        return found
    if token.kind == "operator":
        operator = {"≥": ">=", "≤": "<=", "<>": "!="}.get(token.text, token.text)
        add("CMP", 1, 1.0, operator)
        return found
    if (dated := period_at([each.text for each in tokens], at, today)) is not None:
        length, period = dated
        add("DATE", length, 1.1 * length, period=period)
    if token.kind == "number":
        number = token.text.strip("$€£¥%").replace(",", "")
        add("NUMBER", 1, 1.0, number)
        if len(lowers) > 1 and lowers[1] in english().magnitudes:
            scaled = float(number) * english().magnitudes[lowers[1]]
            add("NUMBER", 2, 2.0, str(int(scaled)) if scaled == int(scaled) else str(scaled))
    elif token.lower in english().numbers:
        add("NUMBER", 1, 0.8, str(english().numbers[token.lower]))
    is_a_grade = token.text == "A" and bool(at) and tokens[at - 1].lower in ("a", "an", "the", "grade", "type", "class")
    for length in range(1, len(lowers) + 1):
        phrase = " ".join(lowers[:length])
        if phrase in english().phrases and not is_a_grade:
            kind, meaning = english().phrases[phrase]
            if kind == "SUPER" and at and tokens[at - 1].lower == "at":
                continue  # "at least", "at most"
            if (
                kind == "LIST"
                and at
                and (
                    tokens[at - 1].lower not in _STARTERS
                    or (phrase in _ALSO_NOUNS and (lowers[1:2] or ["."])[0] not in _OBJECTS)
                )
            ):
                continue  # "the id, name and budget" commands nothing
            if kind == "ORDER" and at and tokens[at - 1].lower in ("a", "an", "per", "each", "every"):
                continue  # "the average amount of an order by channel"
            if (
                kind == "ORDER"
                and length == 1
                and lowers[1:2]
                and lowers[1] in ("most", "least", "the", "more", "only")
            ):
                continue  # "has been ordered most often"
            weight = 0.9
            if kind == "ORDER" and length == 1 and phrase in ("order", "sort"):
                weight = 0.7
            if kind == "LIST" and at == 0:
                weight = 1.06
            add(kind, length, weight * length + 0.22 * (length - 1), meaning)
        if phrase in adjective_phrases() and not (length == 1 and _begins_a_time(found)):
            kind, meaning = adjective_phrases()[phrase]
            add(kind, length, 0.95 * length + 0.22 * (length - 1) + 0.02, meaning)
        if phrase in UNITS:
            add("UNIT", length, 0.75 * length + 0.4 * (length - 1), UNITS[phrase])
    for length in range(1, min(len(lowers), 7) + 1):
        span = tokens[at : at + length]
        if any(each.kind in ("quoted", "operator", "punct") for each in (span[0], span[-1])):
            continue
        words = lowers[:length]
        if length > 1 and words[-1] in english().coming_to_be and linker.mention(words[:-1]).table_score >= 0.9:
            continue  # "customers created last week" are customers, and not the field `created` of theirs
        if length == 1 and token.kind == "number" and at and tokens[at - 1].lower in _BEFORE_HOW_MANY:
            continue  # "which 5 rooms" are five rooms, whatever field holds a 5
        mention = linker.mention(words)
        score = _mention_score(span, mention, linker)
        if score > 0:
            add("MENTION", length, score, mention=mention)
    if token.kind == "punct":
        if not found:
            add("COMMA" if token.text in "()" else "PUNCT", 1, 0.5)
    elif token.lower in english().filler and not is_a_grade:
        add("FILLER", 1, 0.5)
    elif token.lower in english().relation_verbs or token.lower in english().coming_to_be:
        add("VERB", 1, 0.45)
    else:
        add("WORD", 1, 0.0)
    return found


_BEFORE_HOW_MANY = frozenset(("which", "what", "top", "first", "best"))


def _begins_a_time(found: Sequence[tuple[Chunk, float]]) -> bool:
    """ "last month" is a time, even where a field is called month: not the latest one."""
    return any(chunk.kind == "DATE" and chunk.end - chunk.start == 2 for chunk, _ in found)


def _is_a_field_of_a_table(span: Sequence[Token], linker: Linker) -> bool:
    """ "names of rooms" is better read as two mentions than as the one field `room_name`."""
    words = [each.lower for each in span]
    middle = words.index("of")
    before, after = words[:middle], [word for word in words[middle + 1 :] if word != "the"]
    if not after or not before or before[0] in ("number", "numbers", "count", "date", "type", "kind"):
        return False
    return linker.mention(after).table_score >= 0.9 and linker.mention(before).field_score >= 0.6


def _mention_score(span: Sequence[Token], mention: Mention, linker: Linker) -> float:
    content = [each for each in span if each.lower not in english().filler and each.lower not in english().phrases]
    edges = (span[0].lower, span[-1].lower)
    value = mention.value_score
    if value:
        # "IN" the state, not "in" the word.
        spelled = " ".join(each.text for each in span)
        exact = any(literal.strip("'") == spelled for _, literal, _ in mention.values)
        if not content and not (exact and span[0].is_capitalised):
            value = 0.0
        elif all(each.kind == "number" for each in span):
            value *= 0.5
    name = max(mention.table_score, mention.field_score)
    if name and not value and any(each.lower == "of" for each in span[1:-1]) and _is_a_field_of_a_table(span, linker):
        return 0.0
    if name and (edges[0] in _NEVER_EDGE or edges[-1] in _NEVER_EDGE) and not _is_spelled_so(span, mention):
        name = 0.0
    if name and not content:
        only_generic = all(each.lower in _GENERIC_NOUNS or singular(each.lower) in _GENERIC_NOUNS for each in span)
        name = name if only_generic or name >= 0.99 else 0.0
    best = max(name, value * 1.05)
    return best * len(span) + 0.24 * (len(span) - 1) if best else 0.0


def _is_spelled_so(span: Sequence[Token], mention: Mention) -> bool:
    """Whether a name is spelled out to the letter, small words and all: "date valid from"."""
    spelled = squashed("".join(each.text for each in span))
    return any(squashed(each.name) == spelled for each, _ in mention.fields[:4])


_NEVER_EDGE = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "by",
        "for",
        "with",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "be",
        "to",
        "on",
        "at",
        "from",
        "that",
        "which",
        "who",
        "whose",
        "what",
        "how",
        "many",
        "all",
        "each",
        "every",
        "any",
        "some",
        "their",
        "its",
        "his",
        "her",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "than",
        "not",
        "no",
        "more",
        "less",
        "most",
        "least",
    ]
)
_GENERIC_NOUNS = frozenset(
    [
        "name",
        "number",
        "type",
        "time",
        "value",
        "date",
        "order",
        "state",
        "report",
        "record",
        "count",
        "amount",
        "total",
        "result",
        "information",
        "kind",
        "person",
        "people",
        "case",
        "group",
        "table",
        "thing",
        "way",
        "entry",
        "set",
        "title",
        "total",
        "level",
        "rate",
        "average",
        "maximum",
        "minimum",
        "cost",
        "star",
        "starts",
        "start",
        "end",
        "used",
        "use",
        "location",
        "contact",
        "head",
        "play",
        "plays",
        "work",
        "works",
        "stay",
        "stays",
        "live",
        "show",
        "shows",
        "store",
        "stores",
        "charge",
        "issue",
        "issues",
        "post",
        "visit",
        "visits",
        "share",
        "review",
        "reviews",
        "rental",
        "rentals",
        "cover",
        "support",
        "post",
        "call",
        "calls",
        "book",
        "books",
    ]
)
