"""Words that point at what was asked before: "they", "of those", "in that month", "the first one", 其中."""

from __future__ import annotations

import re

from agent.llm.offline.cursor import LIGHT_VERBS
from agent.llm.offline.lexicon import english

_LONGEST = 300  # characters: what is told at length is told in full
_SUBJECTS = frozenset(("they", "he", "she", "it"))
_OTHERS = frozenset(("them", "him", "those", "these", "theirs", "their", "his", "her", "its", "hers"))
# "those who left", "those above 100": what follows says who, nothing before need.
_TOLD_AFTER = frozenset(("who", "that", "which", "whose", "with", "without", "in", "from", "above", "below", "over"))
_UNITS = frozenset(("day", "week", "month", "quarter", "year", "period", "case", "one", "ones"))
_BEFORE_ONE = frozenset(
    ("the", "that", "this", "which", "first", "second", "third", "fourth", "fifth", "last", "other")
)
_BEING = frozenset(("is", "are", "was", "were", "be", "been", "has", "have", "had", "exist", "exists"))
# Between a noun and a pronoun these begin a clause of its own: "customers and how many orders they placed".
_BOUNDARIES = frozenset(("and", "or", "but", "where", "who", "that", "which", "when", "if", "because", "while", "than"))
_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?|[,;.:()?]")
_ZH = re.compile(
    r"^(?:那么|那|请问|把|将|在)?(其中|他们|她们|它们|他|她|它|那里|那儿|那些|这些|那个|那家|那几|这几|前者|后者)"
)
_ZH_ONE = re.compile(r"^(第[一二三四五六七八九十\d]+[个名位家])[^,，]{0,8}[?？]?$")


def points_at(question: str) -> str:
    """The first word that points at something outside of the question; "" where there is none."""
    if len(question) > _LONGEST:
        return ""
    if (found := _ZH.match(question.strip()) or _ZH_ONE.match(question.strip())) is not None:
        return str(found.group(1))
    words: list[str] = [each.lower() for each in _WORD.findall(question)]
    for at, word in enumerate(words):
        before, after = words[:at], words[at + 1 : at + 2]
        told_after = word in ("those", "these") and _TOLD_AFTER & {*words[at + 1 : at + 4]} and after != ["of"]
        said = [place for place, each in enumerate(before) if _says_something(each)]
        if word in _SUBJECTS and before[-1:] != ["in"] and not _in_a_later_clause(before, said):
            return word
        if word in _OTHERS and not said and not told_after:
            return word
        if word == "there" and not said and not _BEING & {*words[max(0, at - 1) : at], *after}:
            return word
        if word == "that" and (_UNITS & set(after) or (after in ([], ["?"]) and before[-1:] != ["all"])):
            return " ".join((word, *(each for each in after if each != "?")))
        if word in ("one", "ones") and not said and before and before[-1] in _BEFORE_ONE:
            return word
    return ""


def _says_something(word: str) -> bool:
    """Whether a word may be what a later one points at: a noun, a name, a value."""
    known = english()
    return word[0].isalpha() and not (
        word in known.filler
        or word in _BEFORE_ONE
        or word in known.phrases
        or word in known.relation_verbs
        or word in known.coming_to_be
        or word in LIGHT_VERBS
    )


def _in_a_later_clause(before: list[str], said: list[int]) -> bool:
    return bool(said) and any(each in _BOUNDARIES or each in ",;.:(" for each in before[said[0] + 1 :])
