"""English words for times: one pattern and one reading a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from agent.times.ranges import Clock, TimeRange, moved
from agent.times.words import MONTHS, NUMBERS, ORDINALS, WEEKDAYS, english_number, one_of

Inner = Callable[[int], "Period | None"]  # the period that begins at a place in the question
Reading = Callable[[re.Match[str], Clock, Inner], "TimeRange | tuple[int, TimeRange] | None"]


class Period(NamedTuple):
    """A range with both its bounds, and where in the question it ends."""

    end: int
    first: date
    next: date
    assumption: str


@dataclass(frozen=True)
class Rule:
    """A pattern, what it means, and what must stand before it where alone it says too little."""

    pattern: re.Pattern[str]
    read: Reading
    after: re.Pattern[str] | None = None


def _rule(pattern: str, read: Reading, after: str = "", *, cased: bool = False) -> Rule:
    """A blank stands for any blanks, _ for blanks or none; a pattern that ends with a blank goes on with a period."""
    flags = re.ASCII if cased else re.ASCII | re.IGNORECASE  # ASCII: a Chinese character ends a word
    end = "" if pattern.endswith(" ") else r"(?!\w)"
    whole = pattern.replace(" ", r"\s+").replace("_", r"\s*")
    before = re.compile(rf"\b(?:{after})\Z".replace(" ", r"\s+").replace("_", r"\s*"), re.IGNORECASE)
    return Rule(re.compile(rf"\b(?:{whole}){end}", flags), read, before if after else None)


_NUMBER = rf"(?P<n>\d{{1,4}}|{one_of(NUMBERS)})"
_UNIT = r"(?P<unit>(?:fiscal |financial )?(?:quarter|year)|half[ -]year|day|week|month|hour|minute|decade)"
_YEAR = r"(?:19|20)\d\d"
_WHOLE = r"(?:full |complete |completed |whole |entire |calendar )"
_LAST = r"last|previous|prior|preceding"
_THIS = r"this|current"
_THIS_ONE = rf"(?:the )?(?:{_THIS})"
_NEXT = r"next|coming|following|upcoming"
_OF_YEAR = (
    rf"(?:,?_(?:of |in )?(?P<year>{_YEAR})(?!\d|-\d)|"
    rf" (?:of |in )?(?:the )?(?P<rel>{_LAST}|{_THIS}|{_NEXT})(?:_calendar)? year|"
    r"(?: of| in) (?P<the>the) year)"
)
_MONTH = rf"(?P<month>{one_of(MONTHS)})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_BEFORE_A_YEAR = (
    r"(?:in|of|during|for|since|from|until|till|to|through|thru|by|before|after|between|as of|starting|ending|"
    r"beginning|early|late|mid|within) (?:the )?"
)
_BEFORE_A_MONTH = rf"(?:{_BEFORE_A_YEAR}|(?:on|and|than|or|vs\.?|versus|with|over|around) (?:the )?)"
_BEFORE_A_WEEKDAY = r"(?:on|since|until|till|by|before|after|from|to|through|between|and|as of) "
_BETWEEN_YEARS = r"(?:and|or|to|vs\.?|versus|through|-|–|,)"


def _shift(word: str) -> int:
    word = word.lower()
    return -1 if word in _LAST.split("|") else 1 if word in _NEXT.split("|") else 0


def _unit_of(found: re.Match[str]) -> str:
    unit = " ".join(found["unit"].lower().replace("-", " ").split()).replace("financial", "fiscal")
    return "half" if unit == "half year" else unit


def in_year(found: re.Match[str], clock: Clock, make: Callable[[int], TimeRange]) -> TimeRange:
    """What the rule makes for the year that is named with it, else the latest that has begun."""
    if found["year"]:
        return make(int(found["year"]))
    if found["rel"] or found["the"]:
        return make(clock.today.year + _shift(found["rel"] or "this"))
    return clock.latest(make)


def _days(first: date, count: int = 1) -> TimeRange:
    return TimeRange(first, first + timedelta(days=count))


def _today(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    word = " ".join(found[0].lower().split()).removeprefix("the ")
    shift = {"yesterday": -1, "tomorrow": 1, "day before yesterday": -2, "day after tomorrow": 2}.get(word, 0)
    return clock.unit("day", clock.today, shift)


def _this_unit(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.unit(_unit_of(found), clock.today, _shift(found["which"]))


def _past_unit(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.trailing(1, _unit_of(found).removeprefix("fiscal "))


def _before_last(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.unit(_unit_of(found), clock.today, -2)


def _running_unit(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.unit(_unit_of(found), clock.today)


def _last_units(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    count, unit = english_number(found["n"]), _unit_of(found)
    if found["whole"] or unit.startswith("fiscal ") or found["which"].lower() in ("previous", "prior", "preceding"):
        return clock.whole(count, unit)
    return clock.trailing(count, unit)


def _next_units(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.leading(english_number(found["n"]), _unit_of(found))


def _ago(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.ago(english_number(found["n"]), _unit_of(found))


_SHORT_TO_DATE = {"y": "year", "q": "quarter", "m": "month", "w": "week", "fy": "fiscal year", "fq": "fiscal quarter"}


def _to_date(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    short = found["short"]
    return clock.to_date(_SHORT_TO_DATE[short.lower()] if short else _unit_of(found))


def _quarter_of(number: int) -> Callable[[int], TimeRange]:
    def made(year: int) -> TimeRange:
        start = date(year, number * 3 - 2, 1)
        return TimeRange(start, moved(start, "quarter", 1))

    return made


def _quarter(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    word = found["q"].lower()
    number = ORDINALS.get(word) or (4 if word in ("last", "final") else int(word))
    made = in_year(found, clock, _quarter_of(number))
    return made if clock.calendar.fiscal_start == 1 else made.assuming("quarters of the calendar year, not the fiscal")


def _fiscal_quarter(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    def made(year: int) -> TimeRange:
        start = moved(fiscal_year(year, clock), "quarter", int(found["q"]) - 1)
        return TimeRange(start, moved(start, "quarter", 1), clock.assumption_of("fiscal quarter"))

    year = next((each for each in (found["fy"], found["fy2"]) if each), None)
    return made(_full_year(year)) if year else clock.latest(made)


def fiscal_year(year: int, clock: Clock) -> date:
    """The first day of the fiscal year of that name."""
    start = clock.calendar.fiscal_start
    return date(year if start == 1 else year - 1, start, 1)


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _fiscal_year(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    start = fiscal_year(_full_year(found["fy"]), clock)
    return TimeRange(start, moved(start, "year", 1), clock.assumption_of("fiscal year"))


def _half(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    number = 1 if found["half"].lower() in ("1", "first", "1st") else 2

    def made(year: int) -> TimeRange:
        start = date(year, 1 if number == 1 else 7, 1)
        return TimeRange(start, moved(start, "half", 1))

    return in_year(found, clock, made)


def _month(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange | None:
    month = MONTHS[found["month"].lower()]
    alone = not (found["year"] or found["rel"] or found["the"])
    if alone and found["month"][0].islower() and found["month"] in ("may", "march", "sun", "dec"):
        return None  # words of their own

    def made(year: int) -> TimeRange:
        return TimeRange(date(year, month, 1), moved(date(year, month, 1), "month", 1))

    return in_year(found, clock, made)


def _which_month(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    start = date(clock.today.year, MONTHS[found["month"].lower()], 1)
    which = _shift(found["which"])
    running = clock.first_of("month", clock.today)
    if which < 0 and start >= running:
        start = moved(start, "year", -1)
    if which > 0 and start <= running:
        start = moved(start, "year", 1)
    told = {-1: "the latest before this month", 0: "of this year", 1: "the first after this month"}[which]
    return TimeRange(start, moved(start, "month", 1), told)


def _date(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange | None:
    if found["month"] == "may" and not found["year"] and found[0][0] == "m":
        return None
    month, first = MONTHS[found["month"].lower()], int(found["day"])
    last = int(found["to"]) if found["to"] else first

    def made(year: int) -> TimeRange:
        return TimeRange(date(year, month, first), date(year, month, last) + timedelta(days=1))

    return in_year(found, clock, made) if first <= last else None


def _iso_day(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return _days(date(int(found["y"]), int(found["m"]), int(found["d"])))


def _iso_month(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    start = date(int(found["y"]), int(found["m"]), 1)
    return TimeRange(start, moved(start, "month", 1))


def _slashes(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    first, second, year = int(found["a"]), int(found["b"]), int(found["y"])
    if first > 12:
        return _days(date(year, second, first))
    day = _days(date(year, first, second))
    return day if second > 12 or first == second else day.assuming("read as month/day/year")


def _dots(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return _days(date(int(found["y"]), int(found["b"]), int(found["a"])))


def _weekday(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    day = WEEKDAYS[found["weekday"].lower()]
    if found["week"]:
        return clock.weekday(day, _shift(found["week"]))
    which = (found["which"] or "").lower()
    if which in _THIS.split("|"):
        return clock.weekday(day, 0)
    if which in _NEXT.split("|"):
        ahead = (day - clock.today.weekday() - 1) % 7 + 1
        return clock.unit("day", clock.today, ahead).assuming(f"the first {found['weekday'].title()} after today")
    if which:
        back = (clock.today.weekday() - day - 1) % 7 + 1
        return clock.unit("day", clock.today, -back).assuming(f"the latest {found['weekday'].title()} before today")
    return clock.weekday(day)


def _week_number(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    def made(year: int) -> TimeRange:
        return _days(date.fromisocalendar(year, int(found["w"]), 1), 7)

    return in_year(found, clock, made).assuming("weeks are numbered by ISO 8601 and begin on Monday")


def _iso_week(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return _days(date.fromisocalendar(int(found["y"]), int(found["w"]), 1), 7)


def _year(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.unit("year", date(int(found["y"]), 1, 1))


def _week_of(found: re.Match[str], clock: Clock, inner: Inner) -> tuple[int, TimeRange] | None:
    if (day := inner(found.end())) is None:
        return None
    if found["ends"]:
        week = TimeRange(day.next - timedelta(days=7), day.next, day.assumption)
        return day.end, week.assuming("the seven days to that day")
    return day.end, clock.unit("week", day.first).assuming(day.assumption)


def _edge_of(found: re.Match[str], clock: Clock, inner: Inner) -> tuple[int, TimeRange] | None:
    if (period := inner(found.end())) is None:
        return None
    edge = " ".join(found["edge"].lower().split())
    begins = edge in ("beginning", "start", "first day")
    told = "" if edge.endswith("day") else "its first day" if begins else "its last day"
    day = period.first if begins else period.next - timedelta(days=1)
    return period.end, _days(day).assuming(period.assumption, told)


def _units_of(found: re.Match[str], clock: Clock, inner: Inner) -> tuple[int, TimeRange] | None:
    """The first quarter of last year, the last three months of 2025, the second week of March."""
    if (period := inner(found.end())) is None:
        return None
    unit, which = _unit_of(found), found["which"].lower()
    count = english_number(found["n"]) if found["n"] else 1
    if which == "last":
        first, end = moved(period.next, unit, -count), period.next
    else:
        first = moved(period.first, unit, (ORDINALS[which] - 1) * count)
        end = moved(first, unit, count)
    if first < period.first or end > period.next:
        return None
    weeks = "weeks counted from its first day" if unit == "week" and which != "last" else ""
    return period.end, TimeRange(first, end, period.assumption).assuming(weeks)


def _same_unit(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    unit = _unit_of(found)
    a_year_ago = moved(clock.today, "year", -1)
    if unit == "week":
        a_year_ago = clock.today - timedelta(weeks=52)
    return clock.unit(unit, a_year_ago).assuming("52 weeks earlier" if unit == "week" else "a year earlier")


RULES: tuple[Rule, ...] = (
    _rule(r"today|yesterday|tomorrow|(?:the )?day before yesterday|(?:the )?day after tomorrow", _today),
    _rule(
        rf"(?:the )?(?P<which>{_LAST}|{_THIS}|{_NEXT}) (?:full |complete |whole |calendar )?{_UNIT}",
        _this_unit,
    ),
    _rule(rf"(?:the )?(?P<which>{_LAST}|{_THIS}|{_NEXT}) (?P<unit>weekend)", _this_unit),
    _rule(rf"(?:the )?past {_UNIT}", _past_unit),
    _rule(rf"(?:the )?{_UNIT} before last", _before_last),
    _rule(rf"the {_UNIT}", _running_unit, r"(?:beginning|start|end|days?|weeks?|months?|quarters?) of "),
    _rule(
        rf"(?:the )?(?P<which>last|past|previous|prior|preceding|trailing|rolling) {_NUMBER} "
        rf"(?P<whole>{_WHOLE})?{_UNIT}s?",
        _last_units,
    ),
    _rule(rf"(?:the )?(?P<which>{_NEXT}) {_NUMBER} {_UNIT}s?", _next_units),
    _rule(rf"{_NUMBER} {_UNIT}s? ago", _ago),
    _rule(rf"(?:{_THIS_ONE} |the )?{_UNIT}[ -]to[ -]date(?P<short>)", _to_date),
    _rule(r"(?P<short>FY|FQ|Y|Q|M|W)TD", _to_date),
    _rule(rf"so far (?:in )?(?:{_THIS}|the current) {_UNIT}(?P<short>)", _to_date),
    _rule(rf"{_THIS_ONE} {_UNIT} so far(?P<short>)", _to_date),
    _rule(rf"q(?P<q>[1-4]){_OF_YEAR}?", _quarter),
    _rule(rf"q(?P<q>[1-4])[-/'](?P<year>{_YEAR})(?P<rel>)(?P<the>)", _quarter),
    _rule(rf"(?P<year>{_YEAR})[- /]?q(?P<q>[1-4])(?P<rel>)(?P<the>)", _quarter),
    _rule(rf"(?:the )?(?P<rel>{_LAST}|{_THIS}|{_NEXT}) year's q(?P<q>[1-4])(?P<year>)(?P<the>)", _quarter),
    _rule(rf"(?:the )?(?P<q>{one_of(ORDINALS)}) quarter{_OF_YEAR}?", _quarter),
    _rule(rf"(?:the )?(?P<q>last|final) quarter{_OF_YEAR}", _quarter),
    _rule(rf"quarter (?P<q>[1-4]){_OF_YEAR}?", _quarter),
    _rule(
        r"(?:fiscal_|F)Q(?P<q>[1-4])(?:,? ?(?:of )?(?:FY_|fiscal year |fiscal )?(?P<fy>(?:20)?\d\d))?(?P<fy2>)",
        _fiscal_quarter,
    ),
    _rule(r"Q(?P<q>[1-4]),? ?(?:of )?(?:FY_|fiscal year |fiscal )(?P<fy>(?:20)?\d\d)(?P<fy2>)", _fiscal_quarter),
    _rule(r"FY_(?P<fy>(?:20)?\d\d)[- ]?Q(?P<q>[1-4])(?P<fy2>)", _fiscal_quarter),
    _rule(r"(?:FY_|(?:fiscal|financial) (?:year )?)(?P<fy>(?:20)\d\d|\d\d)", _fiscal_year),
    _rule(rf"H(?P<half>[12]){_OF_YEAR}?", _half, cased=True),
    _rule(rf"(?P<year>{_YEAR})[- ]?H(?P<half>[12])(?P<rel>)(?P<the>)", _half),
    _rule(rf"(?:the )?(?P<half>first|second|1st|2nd|last) half{_OF_YEAR}", _half),
    _rule(rf"{_MONTH}{_OF_YEAR}", _month),
    # "on February 30, 2025": a day that there is not is no reason to take the whole month.
    _rule(
        rf"{_MONTH}(?P<year>)(?P<rel>)(?P<the>)(?! \d{{1,2}}(?:st|nd|rd|th)?(?:,|$| \d{{4}}))", _month, _BEFORE_A_MONTH
    ),
    _rule(rf"(?P<which>{_LAST}|{_THIS}|{_NEXT}) {_MONTH}", _which_month),
    _rule(rf"{_MONTH} (?:the )?{_DAY}(?:_[-–]_(?P<to>\d{{1,2}})(?:st|nd|rd|th)?)?(?!\d|:){_OF_YEAR}?", _date),
    _rule(
        rf"(?:the )?{_DAY}(?:_[-–]_(?P<to>\d{{1,2}})(?:st|nd|rd|th)?)?(?: of)? {_MONTH}{_OF_YEAR}?",
        _date,
    ),
    _rule(r"(?P<y>(?:1[6-9]|2\d)\d\d)([-/])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?![-/.]\d)", _iso_day),
    _rule(r"(?P<y>(?:19|20)\d\d)-(?P<m>0[1-9]|1[0-2])(?![-/.]?\d)", _iso_month),
    _rule(r"(?P<m>0?[1-9]|1[0-2])/(?P<y>(?:19|20)\d\d)", _iso_month),
    _rule(r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>(?:19|20)\d\d)", _slashes),
    _rule(r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<y>(?:19|20)\d\d)", _dots),
    _rule(rf"(?P<which>{_LAST}|past|{_THIS}|{_NEXT}) (?P<weekday>{one_of(WEEKDAYS)})(?P<week>)", _weekday),
    _rule(
        rf"(?P<weekday>{one_of(WEEKDAYS)}),? (?:of |in )?(?:the )?(?P<week>{_LAST}|{_THIS}|{_NEXT}) week(?P<which>)",
        _weekday,
    ),
    _rule(
        rf"(?P<weekday>{one_of(WEEKDAYS)})(?P<week>)(?P<which>)",
        _weekday,
        _BEFORE_A_WEEKDAY,
    ),
    _rule(rf"(?:calendar week|week|CW|KW) ?(?P<w>\d{{1,2}})(?!\d){_OF_YEAR}?", _week_number),
    _rule(r"(?P<y>(?:19|20)\d\d)-?W(?P<w>\d{2})", _iso_week),
    _rule(r"(?:the )?week (?:of|beginning|starting|commencing|containing)(?: on)?(?: the)?(?P<ends>) ", _week_of),
    _rule(r"(?:the )?week (?P<ends>ending|ended)(?: on)?(?: the)? ", _week_of),
    _rule(r"(?:the )?(?P<edge>beginning|start|end|first day|last day) of ", _edge_of),
    _rule(
        rf"(?:the )?(?P<which>{one_of([*ORDINALS, 'last'])}) (?:{_NUMBER} )?"
        r"(?P<unit>day|week|month|quarter)s? (?:of|in) ",
        _units_of,
    ),
    _rule(r"(?:the )?same (?P<unit>day|week|month|quarter) (?:of |in )?last year", _same_unit),
    _rule(rf"(?:the )?(?:calendar )?year (?P<y>{_YEAR})", _year),
    _rule(rf"(?P<y>{_YEAR})", _year, _BEFORE_A_YEAR),
    _rule(rf"(?P<y>{_YEAR})(?=_{_BETWEEN_YEARS}_{_YEAR}(?!\d))", _year),
    _rule(rf"(?P<y>{_YEAR})", _year, rf"(?<!\d){_YEAR}_{_BETWEEN_YEARS}_"),
    _rule(
        rf"(?P<y>{_YEAR})(?=_[?.!]?_\Z)",
        _year,
        r"[a-z]{3,}(?<!than)(?<!top)(?<!least)(?<!most)(?<!over) ",
    ),
    _rule(rf"(?<!.)(?P<y>{_YEAR})(?= [a-z])", _year),
    _rule(r"(?:the )?(?P<y>(?:19|20)\d)0s", lambda m, clock, inner: _decade_of(m["y"], clock)),
)


def _decade_of(three: str, clock: Clock) -> TimeRange:
    return clock.unit("decade", date(int(three) * 10, 1, 1))
