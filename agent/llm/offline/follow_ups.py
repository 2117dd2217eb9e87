"""Which questions only go on from the one before: "only Europe", "and by month?", "sort by name", "按月呢?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def goes_on(question: str) -> bool:
    """Whether the question is only a part, to be read with the one before it."""
    text = question.strip()
    if _MARKER_ZH.match(text) or re.search(r"呢[?？]?$", text):
        return not _WHOLE_ZH.search(text)
    if len(text.split()) > _MOST_WORDS or not _MARKER.match(text):
        return False
    return not _WHOLE.search(part_of(text))


def surely_goes_on(question: str) -> bool:
    """Whether its first word says that it goes on; "top 5 products by price" may also stand by itself."""
    text = question.strip()
    return bool(_DROPPED.match(text) or _DROPPED_ZH.match(text) or _SORTING.match(text) or _SURE_ZH.search(text))


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
