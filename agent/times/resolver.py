"""Finds the words for times in a question and gives the ranges that they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agent.times.chinese import RULES as CHINESE
from agent.times.english import RULES as ENGLISH
from agent.times.english import Period, Rule
from agent.times.ranges import Calendar, Clock, TimeRange

MOST_RANGES = 8
_LONGEST = 2_000  # characters that are read; a longer question is no question about a time
_LOOK_BACK = 60
_LETTER = re.compile(r"\w", re.ASCII)
_HAS_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B)} | {0x3000: 0x20}
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|(?<!\w)'[^']*'(?!\w)|`[^`]*`")

Found = tuple[int, TimeRange]


def resolve(question: str, now: datetime, calendar: Calendar | None = None) -> tuple[TimeRange, ...]:
    """The ranges that the question's words for times mean, in its order; the longest reading wins.

    `now` is aware of its offset; which day it is depends on the calendar's zone. What stands in quotes is a name and
    no time. What it does not know it leaves alone. English and Chinese; at most eight.
    """
    reader = _Reader(question[:_LONGEST], Clock(now, calendar or Calendar()))
    return reader.ranges()


@dataclass(frozen=True)
class _Link:
    """Words that make an open range, or one of two: `read` has the place behind them and gives the whole."""

    pattern: re.Pattern[str]
    read: Callable[[_Reader, re.Match[str]], Found | None]


class _Reader:
    def __init__(self, question: str, clock: Clock) -> None:
        self.question = question
        self.text = question.translate(_FULL_WIDTH)  # as long as the question, so that places agree
        self.clock = clock
        chinese = bool(_HAS_CHINESE.search(self.text))
        self.rules = (*CHINESE, *ENGLISH) if chinese else ENGLISH
        self.links = (*_CHINESE_LINKS, *_ENGLISH_LINKS) if chinese else _ENGLISH_LINKS
        self.quoted = [found.span() for found in _QUOTED.finditer(self.text)]
        self.known: dict[int, Found | None] = {}

    def ranges(self) -> tuple[TimeRange, ...]:
        """Every range, those that repeat once."""
        found: list[TimeRange] = []
        at = 0
        while at < len(self.text) and len(found) < MOST_RANGES:
            jump = next((end for start, end in self.quoted if start <= at < end), None)
            inside = at > 0 and _LETTER.match(self.text[at - 1]) and _LETTER.match(self.text[at])
            here = None if jump or inside else self.whole(at)
            if here is None:
                at = jump or at + 1
                continue
            end, given = here
            said = " ".join(self.question[at:end].split())
            found.append(replace(given, said=said.strip(" ,")))
            at = end
        return tuple(dict.fromkeys(self.with_same_period(found)))

    def with_same_period(self, found: list[TimeRange]) -> list[TimeRange]:
        """With the other range a year earlier, where the question says so: last quarter against the same period."""
        same = re.search(
            r"(?i)\bsame (?:period|time|range) (?:of |in )?(?:the )?(?:last|previous|prior) year|去年同期", self.text
        )
        if not same or not found:
            return found
        said = same[0]
        others = [each for each in found if each.said not in said]
        if not others:
            return [each for each in found if each.said not in said]
        earlier = replace(others[0].by_years(-1), said=said, assumption=f"{others[0].said!r} a year earlier")
        return [*others, earlier]

    def whole(self, at: int) -> Found | None:
        """The longest range that begins at the place."""
        candidates = [
            given
            for link in self.links
            if (found := link.pattern.match(self.text, at)) and (given := link.read(self, found))
        ]
        if (plain := self.period(at)) is not None:
            candidates += [plain, *filter(None, [self.to_another(at, plain)])]
            candidates += filter(None, [self.followed(plain)])
        return max(candidates, key=lambda each: each[0], default=None)

    def period(self, at: int) -> Found | None:
        """The longest period that one rule reads there."""
        if at not in self.known:
            self.known[at] = None  # a rule that asks for what begins where it itself does finds nothing
            given = [found for rule in self.rules if (found := self.read(rule, at)) is not None]
            self.known[at] = max(given, key=lambda each: each[0], default=None)
        return self.known[at]

    def closed(self, at: int) -> Period | None:
        """That period, where both its bounds are known."""
        if (found := self.period(at)) is None or found[1].first is None or found[1].next is None:
            return None
        return Period(found[0], found[1].first, found[1].next, found[1].assumption)

    def read(self, rule: Rule, at: int) -> Found | None:
        """What one rule reads there."""
        if (found := rule.pattern.match(self.text, at)) is None or found.end() == at:
            return None
        if rule.after is not None and rule.after.search(self.text[max(0, at - _LOOK_BACK) : at]) is None:
            return None
        try:
            given = rule.read(found, self.clock, self.closed)
        except (ValueError, OverflowError, KeyError):  # 31 June, the year 10000, 三十二月
            return None
        if given is None or isinstance(given, tuple):
            return given
        return found.end(), given

    def to_another(self, at: int, first: Found) -> Found | None:
        """January to March, 2024 – 2025, 3月到5月: both ends included."""
        end, start = first
        link = _TO.match(self.text, end)
        if link is None or (second := self.period(link.end())) is None:
            return None
        if (until := self.both(start, second[1])) is None:
            return None
        return second[0], until

    def both(self, start: TimeRange, until: TimeRange) -> TimeRange | None:
        """From the one through the other; the one that names no year lies next to the one that does."""
        if start.first is None or until.next is None or until.first is None:
            return None
        yearless = start.yearless and until.yearless
        while start.yearless and start.first and until.first and start.first > until.first:
            start = start.by_years(-1)
        if until.yearless and not start.yearless:
            years = start.first.year - until.first.year if start.first else 0
            until = until.by_years(years)
            if until.first and start.first and until.first < start.first:
                until = until.by_years(1)
        elif start.yearless and not until.yearless and start.first and until.first:
            start = start.by_years(until.first.year - start.first.year)
            if start.first and start.first > until.first:
                start = start.by_years(-1)
        first, end = start.first, until.next
        if first is None or end is None or _as_day(first) >= _as_day(end):
            return None
        told = dict.fromkeys(
            each.assumption for each in (start, until) if each.assumption and (yearless or not each.yearless)
        )
        return TimeRange(first, end, "; ".join(told), yearless=yearless)

    def followed(self, plain: Found) -> Found | None:
        """What stands behind a period makes it open: 5月3日上线以来, 3月之后, March onwards."""
        end, given = plain
        for pattern, make in _BEHIND:
            if (found := pattern.match(self.text, end)) is not None and (made := make(given, self.clock)) is not None:
                return found.end(), made
        return None


def _as_day(bound: date) -> date:
    return bound.date() if isinstance(bound, datetime) else bound


def _since(given: TimeRange, clock: Clock) -> TimeRange | None:
    return replace(given, next=None, yearless=False) if given.first else None


def _to_now(given: TimeRange, clock: Clock) -> TimeRange | None:
    if given.first is None:
        return None
    return replace(given, next=clock.today + timedelta(days=1), yearless=False).assuming("up to and including today")


def _after(given: TimeRange, clock: Clock) -> TimeRange | None:
    return replace(given, first=given.next, next=None, yearless=False) if given.next else None


def _before(given: TimeRange, clock: Clock) -> TimeRange | None:
    return replace(given, first=None, next=given.first, yearless=False) if given.first else None


def _until(given: TimeRange, clock: Clock) -> TimeRange | None:
    if given.next is None:
        return None
    single = given.first is not None and given.next - given.first == timedelta(days=1)
    return replace(given, first=None, yearless=False).assuming(f"that {'day' if single else 'period'} included")


def _then(make: Callable[[TimeRange, Clock], TimeRange | None]) -> Callable[[_Reader, re.Match[str]], Found | None]:
    def read(reader: _Reader, found: re.Match[str]) -> Found | None:
        if (named := reader.period(found.end())) is None or (made := make(named[1], reader.clock)) is None:
            return None
        tail = _SINCE_TAIL.match(reader.text, named[0]) if make is _since else None
        return (tail.end() if tail else named[0]), made

    return read


def _pair(reader: _Reader, found: re.Match[str]) -> Found | None:
    """between A and B, 从A到B: behind the first stands one of the words that join two."""
    if (first := reader.period(found.end())) is None:
        return None
    between = found["between"] is not None
    link = (_AND if between else _TO).match(reader.text, first[0])
    if link is None or (second := reader.period(link.end())) is None:
        return None
    tail = _BETWEEN_TAIL.match(reader.text, second[0])
    if between and not found[0] and not tail:  # 昨天和前天 are two
        return None
    both = reader.both(first[1], second[1])
    return (tail.end() if tail else second[0], both) if both else None


def _to_this_day(reader: _Reader, found: re.Match[str]) -> Found | None:
    if (first := reader.period(found.end())) is None:
        return None
    link = _NOW.match(reader.text, first[0])
    made = _to_now(first[1], reader.clock) if link else None
    return (link.end(), made) if link and made else None


def _onwards(reader: _Reader, found: re.Match[str]) -> Found | None:
    if (first := reader.period(found.end())) is None:
        return None
    link = re.compile(r"\s+(?:on|onwards?|forward|and later)\b|开始|起", re.IGNORECASE).match(reader.text, first[0])
    made = _since(first[1], reader.clock) if link else None
    return (link.end(), made) if link and made else None


def _link(words: str, read: Callable[[_Reader, re.Match[str]], Found | None]) -> _Link:
    return _Link(re.compile(rf"\b(?:{words})\s+(?:the\s+)?".replace(" ", r"\s+"), re.IGNORECASE), read)


def _chinese_link(words: str, read: Callable[[_Reader, re.Match[str]], Found | None]) -> _Link:
    return _Link(re.compile(words), read)


_TO = re.compile(r"\s+(?:to|through|thru|until|till|up to)\s+(?:the\s+)?|\s*[-–—~～]\s*|\s*[到至]\s*", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|to|through)\s+(?:the\s+)?|\s*[和与到至]\s*", re.IGNORECASE)
_NOW = re.compile(
    r"\s+(?:to|until|till|through|up to) (?:now|today|date|the present(?: day)?|present)\b|"
    r"[到至](?:现在|今天|今日|今|目前)",
    re.IGNORECASE,
)
_SINCE_TAIL = re.compile(r"[\u4e00-\u9fff]{0,8}?(?:以来|至今|起|开始)")
_BETWEEN_TAIL = re.compile(r"\s*(?:之间|期间)")
_ENGLISH_LINKS = (
    _link(r"between(?P<between>)", _pair),
    _link(r"from(?P<between>(?!))?", _pair),  # a group that never takes part
    _link(r"from", _to_this_day),
    _link(r"from", _onwards),
    _link(r"(?:ever )?since|starting(?: from| in| on| with)?|beginning (?:in|on|with)|on or after", _then(_since)),
    # "since the launch on 3 May": what happened then is named between.
    _Link(re.compile(r"\bsince\s+(?:[\w'’-]+\s+){1,6}?(?:on|in|of|at)\s+(?:the\s+)?", re.IGNORECASE), _then(_since)),
    _link(r"after|later than|following|newer than", _then(_after)),
    _link(r"before|prior to|earlier than|older than", _then(_before)),
    _link(r"until|till|through|up to|up until|no later than|on or before|by(?: the end of)?|as of", _then(_until)),
)
_CHINESE_LINKS = (
    _chinese_link(r"(?:在|介于)?(?P<between>)", _pair),
    _chinese_link(r"(?:从|自从|自)(?P<between>(?!))?", _pair),
    _chinese_link(r"(?:从|自从|自)", _to_this_day),
    _chinese_link(r"(?:从|自从|自)", _onwards),
    _chinese_link(r"(?:自从|自)", _then(_since)),
    _chinese_link(r"(?:截至|截止到?|直到)", _then(_until)),
)
_BEHIND: tuple[tuple[re.Pattern[str], Callable[[TimeRange, Clock], TimeRange | None]], ...] = (
    (re.compile(r"\s+(?:onwards?|or later|and later)\b", re.IGNORECASE), _since),
    (re.compile(r"(?:到|至)(?:现在|今天|今日|今|目前)(?:为止)?"), _to_now),
    (re.compile(r"[\u4e00-\u9fff]{0,8}?(?:以来|至今)|(?:开始|起)"), _since),
    (re.compile(r"(?:之后|以后|后)(?!天)"), _after),
    (re.compile(r"(?:之前|以前|前)"), _before),
    (re.compile(r"(?:为止)"), _until),
)
