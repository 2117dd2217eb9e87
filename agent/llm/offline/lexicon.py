"""The general words of a question and what they do in it, read from english.txt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

TRUE_VALUES = ("1", "true", "t", "y", "yes")
FALSE_VALUES = ("0", "false", "f", "n", "no")

_PUNCTUATION = {",": "", "，": "", ";": "", ":": "", "(": "(", ")": ")"}


@dataclass(frozen=True)
class Lexicon:
    """What english.txt says, section by section; each section is explained there."""

    irregular: dict[str, str]
    abbreviations: dict[str, str]
    weak_parts: frozenset[str]
    table_affixes: frozenset[str]
    synonyms: tuple[frozenset[str], ...]
    phrases: dict[str, tuple[str, str]]
    adjectives: dict[str, tuple[str, str]]
    numbers: dict[str, int]
    magnitudes: dict[str, int]
    relation_verbs: frozenset[str]
    coming_to_be: frozenset[str]
    verbs_of_trade: frozenset[str]
    add_up: frozenset[str]
    do_not_add_up: frozenset[str]
    filler: frozenset[str]
    weighty: frozenset[str]
    producing: frozenset[str]
    foreign: frozenset[str]
    directions: dict[str, frozenset[str]]
    people: frozenset[str]
    coded_words: dict[str, tuple[str, ...]]

    def measures(self, adjective: str) -> str:
        """What an adjective measures: comma-separated names of fields, likeliest first."""
        return self.adjectives[adjective][0]


@cache
def english() -> Lexicon:
    """The English lexicon, read once."""
    sections = _sections((resources.files(__package__) / "english.txt").read_text(encoding="utf-8"))
    phrases: dict[str, tuple[str, str]] = {mark: ("COMMA", inside) for mark, inside in _PUNCTUATION.items()}
    for line in sections["phrases"]:
        head, _, listed = line.partition(": ")
        kind, _, meaning = head.partition(" ")
        phrases.update({phrase.strip(): (kind, meaning) for phrase in listed.split(",") if phrase.strip()})
    adjectives: dict[str, tuple[str, str]] = {}
    for line in sections["adjectives"]:
        measures, more, less = (part.strip() for part in line.split("|"))
        for sign, words in (("+", more), ("-", less)):
            adjectives.update({word.strip(): (measures, sign) for word in words.split(",") if word.strip()})
    return Lexicon(
        irregular=_pairs(sections["irregular"]),
        abbreviations=dict(line.split(": ", 1) for line in sections["abbreviations"]),
        weak_parts=_words(sections["weak parts"]),
        table_affixes=_words(sections["table affixes"]),
        synonyms=tuple(frozenset(line.split()) for line in sections["synonyms"]),
        phrases=phrases,
        adjectives=adjectives,
        numbers={word.replace("_", " "): int(number) for word, number in _pairs(sections["numbers"]).items()},
        magnitudes={word: int(factor) for word, factor in _pairs(sections["magnitudes"]).items()},
        relation_verbs=_words(sections["relation verbs"]),
        coming_to_be=_words(sections["verbs of coming to be"]),
        verbs_of_trade=_words(sections["verbs of trade"]),
        add_up=_words(sections["measures that add up"]),
        do_not_add_up=_words(sections["measures that do not add up"]),
        filler=_words(sections["filler"]),
        weighty=_words(sections["filler that weighs"]),
        people=_words(sections["people"]),
        foreign=_words(sections["small words of other languages"]),
        producing=_words(sections["verbs of production"]),
        directions={
            word: frozenset(named.split())
            for asked, _, named in (line.partition(" | ") for line in sections["directions"])
            for word in asked.split()
        },
        coded_words={
            word: tuple(stored.split()) for word, stored in (line.split(": ", 1) for line in sections["coded words"])
        },
    )


def _sections(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            lines = sections.setdefault(line[1:-1], [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line)
    return sections


def _pairs(lines: list[str]) -> dict[str, str]:
    return dict(pair.split(":", 1) for line in lines for pair in line.split())


def _words(lines: list[str]) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())
