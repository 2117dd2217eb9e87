"""Which questions only go on from the one before: "only Europe", "and by month?", "sort by name", "按月呢?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.llm.offline.pointing import points_at

_MARKER = re.compile(
    r"^(?:and|but|also|now|then|ok|okay|so|please|only|just|what about|how about|same for|the same for|sort|order|rank"
    r"|sorted|ordered|group|grouped|split|by|per|for each|without|excluding|except|not|in|for|from|since|before|after"
    r"|between|top|the top|limit|with)\b[\s,:]*",
    re.IGNORECASE,
)
_DROPPED = re.compile(
    r"^(?:and|but|also|now|then|ok|okay|so|please|only|just|what about|how about|same for|the same for|show|list"
    r"|give me|limit (?:it |that )?to|group(?:ed)?(?= by)|split(?= by)|them|it|that|those|these)\b[\s,:]*",
    re.IGNORECASE,
)
_SORTING = re.compile(r"^(?:sort|order|rank|sorted|ordered|by|per)\b", re.IGNORECASE)
_SURE_ZH = re.compile(r"^(?:按|从)|呢[?？]?$")
_WHOLE = re.compile(
    r"\b(?:how many|how much|what|which|who|whose|when|where|list|show|find|give|count|return|display|tell"
    r"|average|total|number of|percentage|share)\b",
    re.IGNORECASE,
)
_MARKER_ZH = re.compile(r"^(?:那么?|那|只看|只要|仅看|仅|再|然后|改成|改为|换成|以及|而且|并|按|从|除了|不包括)")
_DROPPED_ZH = re.compile(r"^(?:那么?|那|只看|只要|仅看|仅|再|然后|改成|改为|换成|以及|而且|并)")
_ENDING_ZH = re.compile(r"(?:呢|吧)?[?？。.!！\s]*$")
_WHOLE_ZH = re.compile(r"多少|几个|哪|谁|什么|列出|显示|查询")
_ADDS = re.compile(r"^(?:and|also|再|以及|并)")
_MOST_WORDS = 12
_BE = r"(?:is|are|was|were|would be|do we have|did we have|have we|had)"
_POINTED = r"(?:they|those|them|these|that|it|he|she)"
_COUNTS = re.compile(
    rf"^how many (?:of (?:those|them|these)(?:\s+{_BE})?|{_BE} (?:{_POINTED}|there)(?: in (?:all|total))?)\b\s*"
    r"(?P<part>.*)$",
    re.IGNORECASE,
)
_COUNTS_ZH = re.compile(
    r"^其中的?(?P<part>.*?)(?:一共|总共|共)?(?:有多少|有几|是多少|占多少)(?:个|位|家|种|单|名|人|笔|件)?$"
)
_LISTS = re.compile(
    rf"^(?:(?:which|who|what)(?: ones)?(?: {_BE} {_POINTED})?|(?:list|show|name|show me|give me) {_POINTED}(?: all)?)"
    r"(?P<part>|\s+(?:in|from|at|with|without|since|before|after|for|by|sorted|ordered)\b.*)$",
    re.IGNORECASE,
)
_LISTS_ZH = re.compile(
    r"^(?:都)?(?:是|有)?(?:哪些|哪几(?:个|位|家|种|单|名)|谁)$|^把?(?:它们|他们|她们)?(?:都)?列(?:出来|一下)$"
)
_SHOWS = re.compile(
    r"^(?:with|show|include|together with|along with) (?:their|its|his|her)\b(?P<part>.*)$", re.IGNORECASE
)
_ROWS = re.compile(r"\b(?:of )?(?:they|them|their|theirs|he|she|him|his|her)\b", re.IGNORECASE)
_ROWS_ZH = re.compile(r"^(?:他们|她们|它们|他|她|它)的?")
_TIED = re.compile(r"^(?:(?:and|but|also|now|then|ok|okay|so|please)\b[\s,]*|那么?|再|然后)", re.IGNORECASE)


ASKING_ANEW = ("counts", "lists", "asks", "shows")  # kinds of ties: something else is asked of the same rows


@dataclass(frozen=True)
class Tie:
    """How a question goes on from the one before, and what it adds to it.

    `kind` is "adds" or "replaces" (a grouping beside those there are or in their place, a condition either way), or
    asks something else of the same rows: "counts" and "lists" them, "asks" what `part` says of them, or "shows" that
    too. It is "" where what the question points at is not the rows themselves: one of them, their time, their place.
    """

    kind: str
    part: str


def tie_of(question: str) -> Tie:
    """How a question that goes on is tied to the one before."""
    part = part_of(question)
    if not points_at(question) or _SORTING.match(question.strip()):
        return Tie("adds" if adds(question) else "replaces", part)
    plain = _TIED.sub("", question.strip()).rstrip("?？。.!！ ")
    for kind, patterns in (("counts", (_COUNTS, _COUNTS_ZH)), ("lists", (_LISTS, _LISTS_ZH))):
        if (found := next((m for each in patterns if (m := each.match(plain))), None)) is not None:
            return Tie(kind, found.groupdict().get("part") or "")
    if (found := _SHOWS.match(plain)) is not None:
        return Tie("shows", found["part"])
    asked = _ROWS_ZH.sub("", _ROWS.sub(" ", plain)).strip()
    return Tie("" if asked == plain or points_at(asked) else "asks", asked)


def goes_on(question: str) -> bool:
    """Whether the question is only a part, to be read with the one before it."""
    text = question.strip()
    if points_at(text):
        return True
    if _MARKER_ZH.match(text) or re.search(r"呢[?？]?$", text):
        return not _WHOLE_ZH.search(text)
    if len(text.split()) > _MOST_WORDS or not _MARKER.match(text):
        return False
    return not _WHOLE.search(part_of(text))


def surely_goes_on(question: str) -> bool:
    """Whether its first word says that it goes on; "top 5 products by price" may also stand by itself."""
    text = question.strip()
    return bool(
        points_at(text)
        or _DROPPED.match(text)
        or _DROPPED_ZH.match(text)
        or _SORTING.match(text)
        or _SURE_ZH.search(text)
    )


def part_of(question: str) -> str:
    """What such a question adds, without the words that only tie it to the one before."""
    text = _ENDING_ZH.sub("", question.strip())
    while (shorter := _DROPPED_ZH.sub("", _DROPPED.sub("", text))) != text:
        text = shorter
    return text.strip()


def adds(question: str) -> bool:
    """Whether it adds a grouping to those there are, rather than putting its own in their place."""
    return bool(_ADDS.match(question.strip().lower()))


def chain(earlier: Sequence[str], question: str) -> tuple[str, ...]:
    """The question that the last one goes on from, what has been added since, and the last one itself, in order."""
    if not goes_on(question):
        return (question,)
    parts = [question]
    for each in reversed(earlier):
        parts.append(each)
        if not goes_on(each):
            return tuple(reversed(parts))
    return (question,)
