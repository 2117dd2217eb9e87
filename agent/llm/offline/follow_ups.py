"""Which questions only go on from the one before: "only Europe", "and by month?", "sort by name", "按月呢?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.llm.offline.pointing import points_at

_MARKER = re.compile(
    r"^(?:and|but|also|now|then|ok|okay|so|please|only|just|what about|how about|same for|the same for|sort|order|rank"
    r"|sorted|ordered|group|grouped|split|by|per|for each|without|excluding|except|exclude|leave out|drop|ignore|remove"
    r"|not|in|for|from|since|before|after"
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


_WITHOUT = re.compile(r"^(?:exclude|leave out|drop|ignore|remove)\s+", re.IGNORECASE)
_ONES = re.compile(r"(?<=\w) ones?$", re.IGNORECASE)
_NUMBER = r"(?P<number>\d{1,4}|two|three|four|five|six|seven|eight|nine|ten)"
_TOP = re.compile(
    rf"^(?:make (?:it|that|them) |give me |show |limit (?:it|that|them) to )?(?:the )?(?:top|best) {_NUMBER}"
    r"(?: (?:instead|only|please|will do|is enough|are enough))*$",
    re.IGNORECASE,
)
_TOP_ZH = re.compile(
    r"^(?:只?要|只?看|只?取|换成|改成|显示)?前(?P<number>\d{1,4}|[一二三四五六七八九十])(?:名|个|位|条|家|种|款|行)$"
)
_DIGITS_ZH = {digit: at for at, digit in enumerate("一二三四五六七八九十", 1)}
_DOWN = re.compile(
    r"^(?:(?:the )?(?:largest|biggest|highest|greatest|most)(?: ones?| numbers?)? first|descending"
    r"|(?:from )?(?:high|large|big)\w* to (?:low|small)\w*)$"
    r"|^(?:从|由)?(?:高到低|大到小|多到少)(?:排序|排列|排)?$|^降序(?:排序|排列)?$",
    re.IGNORECASE,
)
_UP = re.compile(
    r"^(?:(?:the )?(?:smallest|lowest|least|fewest)(?: ones?| numbers?)? first|ascending"
    r"|(?:from )?(?:low|small)\w* to (?:high|large|big)\w*)$"
    r"|^(?:从|由)?(?:低到高|小到大|少到多)(?:排序|排列|排)?$|^升序(?:排序|排列)?$",
    re.IGNORECASE,
)
_SHARES = re.compile(
    r"^(?:show (?:it|them|that) )?(?:as|in) (?:an? )?(?:shares?|percent|per cent|percentages?|proportions?|%)"
    r"(?: of (?:the )?(?:total|whole|all))?$|^(?:换成|改成|用|按|算|看)?(?:占比|百分比|比例)(?:是多少|多少)?$",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"^(?:(?:in|for|what about|how about) )?the (?P<unit>day|week|month|quarter|year) before(?: that)?$", re.IGNORECASE
)
_EARLIER_ZH = re.compile(r"^再?(?:往)?前一个?(?P<unit>天|日|周|星期|月|季度|年)的?$")
_UNITS_ZH = {"天": "day", "日": "day", "周": "week", "星期": "week", "月": "month", "季度": "quarter", "年": "year"}

# "and how many orders?": all of them, or those of what was asked before?
_BESIDES = re.compile(r"^(?:and|also|what about)\b[\s,]*how (?:many|much) (?:[^\W\d_]+ ?){1,3}$", re.IGNORECASE)
_BESIDES_ZH = re.compile(r"^(?:那么?|还有|以及)(?:有)?[^\W\d_]{1,6}(?:有多少|有几|是多少)[个位家种单名人笔件]?呢?$")

ASKING_ANEW = ("counts", "lists", "asks", "shows")  # kinds of ties: something else is asked of the same rows


@dataclass(frozen=True)
class Tie:
    """How a question goes on from the one before, and what it adds to it.

    `kind` is "adds" or "replaces" (a grouping beside those there are or in their place, a condition either way), or
    asks something else of the same rows: "counts" and "lists" them, "asks" what `part` says of them, or "shows" that
    too. "besides" asks of other rows, be it of all or of those that belong to these. "shares" wants the figures as
    parts of the whole, "earlier UNIT" those of the period before. It is "" where what the question points at is not
    the rows themselves: one of them, their time, their place.
    """

    kind: str
    part: str


def tie_of(question: str) -> Tie:
    """How a question that goes on is tied to the one before."""
    part = part_of(question)
    if _is_besides(question):
        return Tie("besides", part)
    if (shortly := _said_shortly(question)) is not None:
        return shortly
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


def _said_shortly(question: str) -> Tie | None:
    """Turns of phrase that mean the question before in another order, as far as another place, as parts, or earlier."""
    for text in (part_of(question), _TIED.sub("", question.strip())):
        plain = _ENDING_ZH.sub("", text).strip()
        if (found := _TOP.match(plain) or _TOP_ZH.match(plain)) is not None:
            number = found["number"]
            return Tie("replaces", f"top {_DIGITS_ZH.get(number, number)}")
        if _DOWN.match(plain) or _UP.match(plain):
            return Tie("replaces", "in descending order" if _DOWN.match(plain) else "in ascending order")
        if _SHARES.match(plain):
            return Tie("shares", "")
        if (found := _EARLIER.match(plain) or _EARLIER_ZH.match(plain)) is not None:
            return Tie(f"earlier {_UNITS_ZH.get(found['unit'], found['unit'].lower())}", "")
    return None


def _is_besides(question: str) -> bool:
    plain = question.strip().rstrip("?？。.!！ ")
    return bool(_BESIDES.match(plain) or _BESIDES_ZH.match(plain))


def goes_on(question: str) -> bool:
    """Whether the question is only a part, to be read with the one before it."""
    text = question.strip()
    if points_at(text) or _said_shortly(text) or _is_besides(text):
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
        or _said_shortly(text)
        or _is_besides(text)
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
    return _ONES.sub("", _WITHOUT.sub("without ", text)).strip()


def adds(question: str) -> bool:
    """Whether it adds a grouping to those there are, rather than putting its own in their place."""
    return bool(_ADDS.match(question.strip().lower()))


def lost(question: str, declined: Sequence[str]) -> bool:
    """Whether a question goes on from one of those since the last answer, which were declined, rather than from that.

    Said in other words, a follow-up goes on from where the one that was not understood did: "only the purple ones",
    "only violet". One that adds to it, or points at it, cannot; nor can any after a question that asked something else.
    """
    if not declined or not goes_on(question):
        return False
    if not all(goes_on(each) and not points_at(each) for each in declined):
        return True
    return bool(points_at(question)) or (adds(question) and not any(map(adds, declined)))


def chain(earlier: Sequence[str], question: str) -> tuple[str, ...]:
    """The question that the last one goes on from, what has been added since, and the last one itself, in order."""
    if not goes_on(question):
        return (question,)
    parts = [question]
    for each in reversed(earlier):
        besides = _is_besides(each)  # it was answered, and so as a question of its own
        parts.append(part_of(each) if besides else each)
        if besides or not goes_on(each):
            return tuple(reversed(parts))
    return (question,)
