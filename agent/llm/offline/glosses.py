"""What a field's comment says its stored values mean: "N: new. P: paid (已付款).", "1 = open", "web (网店)"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from agent.llm.offline.words import CJK

NULL = "NULL"
_LONGEST = 5  # words of a phrase that people may use for a value
_ENDS = r"(?:[.;。；](?=\s|$)|$)"
_LISTED = re.compile(r"\bsynonyms: .*", re.IGNORECASE)
_SEPARATORS = re.compile(rf"[,，、;；/()（）]|\.(?=\s|$)|(?<=[{CJK}])\s|\s(?=[{CJK}])")
_ALTERNATIVES = re.compile(r",|，|、|/|\bor\b|\band\b|或|和")
_CERTAINLY = frozenset(("already", "still", "yet"))


@lru_cache(maxsize=16384)
def glosses_of(comment: str, literals: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Phrases and the SQL literal each stands for; `literals` are the values that are stored.

    Only what the comment says of a stored value counts, or of NULL where it says one thing alone: a NULL that
    means "cancelled, or sold in a shop" tells neither.
    """
    comment = _LISTED.sub("", comment)
    if not comment:
        return ()
    by_text = {_text(each): each for each in literals if _text(each)}
    found: dict[str, str] = {}
    for code, said in (*_after_codes(comment, tuple(by_text)), *_in_brackets(comment, tuple(by_text))):
        for phrase in _phrases(said):
            if phrase not in by_text:
                found.setdefault(phrase, by_text[code])
    for said in re.findall(rf"\bNULL\s*[:=]\s*(.+?){_ENDS}", comment):
        if not _ALTERNATIVES.search(said):
            for phrase in _phrases(re.sub(r"[(（].*?[)）]", "", said)):
                found.setdefault(phrase, NULL)
    return tuple(found.items())


def _text(literal: str) -> str:
    return literal[1:-1].replace("''", "'") if literal.startswith("'") else literal


def _after_codes(comment: str, codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "N: new, not paid. P: paid", "1 = active, 2 = closed", "A wholesale / B retail"."""
    if not codes:
        return
    one = "|".join(re.escape(code) for code in sorted(codes, key=len, reverse=True))
    marked = re.compile(rf"(?<![\w-])['\"]?({one}|NULL)['\"]?\s*(?:[:=：＝]|->|→|[-–—](?=[{CJK}])|\bmeans\b)\s*")
    places = list(marked.finditer(comment))
    if not places:
        short = "|".join(re.escape(code) for code in codes if len(code) <= 3 and (code.isupper() or code.isdigit()))
        places = list(re.finditer(rf"(?:^|[/,;，、；]\s*)({short})\s+(?=[a-z{CJK}])", comment)) if short else []
        if len(places) < 2:
            return
    for place, following in zip(places, [*places[1:], None], strict=True):
        said = comment[place.end() : following.start() if following else len(comment)]
        said = re.split(r"[.;。；](?=\s|$)", said, maxsplit=1)[0]
        if place[1] in codes:
            yield place[1], said


def _in_brackets(comment: str, codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "web (网店), shop (门店) or phone (电话)"."""
    for code in codes:
        if place := re.search(rf"(?<![\w-]){re.escape(code)}\s?[(（]([^()（）]+)[)）]", comment):
            yield code, place[1]


def _phrases(said: str) -> Iterator[str]:
    """The ways to say it: each clause, "unpaid" for "not paid", and in Chinese also without 已 or with 未 for 待."""
    for clause in _SEPARATORS.split(said):
        words = re.sub(r"^(?:the|a|an|is|are|or|and)\s", "", clause.strip(" '\"").lower())
        if not words or len(words.split()) > _LONGEST:
            continue
        yield words
        if words.startswith("not ") and len(words.split()) == 2:
            yield "un" + words[4:]
        if words[0] == "已" and len(words) > 2:
            yield words[1:]
        if words[0] == "待" and len(words) > 2:
            yield "未" + words[1:]
        if (rest := [word for word in words.split() if word not in _CERTAINLY]) and len(rest) < len(words.split()):
            yield " ".join(rest)
