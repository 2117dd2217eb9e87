"""Chinese words for times: one pattern and one reading a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from agent.times.english import Inner, Reading, Rule, fiscal_year
from agent.times.ranges import Clock, TimeRange, moved
from agent.times.words import CHINESE_UNITS, CHINESE_WEEKDAYS, chinese_number, one_of

_N = r"\d{1,4}|[一二三四五六七八九十两]{1,3}"
_UNITS = one_of(each for each in CHINESE_UNITS if each not in ("周末", "半年"))
_WHICH = r"上上|上|这|本|当|下下|下"
_SHIFT = {"上上": -2, "上": -1, "下": 1, "下下": 2}
_YEARS = {"今": 0, "本": 0, "当": 0, "去": -1, "上": -1, "前": -2, "大前": -3, "明": 1, "后": 2}
_YEAR_SAID = r"(?:(?P<year>(?:19|20)\d\d|[一二][〇零一二三四五六七八九]{3})|(?P<rel>大前|今|本|去|上|前|明|后))年度?"
_YEAR = rf"(?:{_YEAR_SAID}的?)?"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?"
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9]|二?十[一二三四五六七八九]?|三十一?|[一二三四五六七八九])[日号]"
_WEEK = r"(?:周|星期|礼拜)"
_NOT_A_PART = r"(?!年?[底末初]|[上中下]旬|同期)"  # 上个月底 is not all of last month


def _rule(pattern: str, read: Reading, *, whole: bool = True) -> Rule:
    return Rule(re.compile(pattern + (_NOT_A_PART if whole else "")), read)


def _unit_of(found: re.Match[str]) -> str:
    return CHINESE_UNITS[found["unit"]]


def _in_year(found: re.Match[str], clock: Clock, make: Callable[[int], TimeRange]) -> TimeRange:
    if found["year"]:
        return make(chinese_number(found["year"]))
    if found["rel"]:
        return make(clock.today.year + _YEARS[found["rel"]])
    return clock.latest(make)


_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}


def _today(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.unit("day", clock.today, _DAYS[found["which"]])


def _this_unit(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.unit(_unit_of(found), clock.today, _SHIFT.get(found["which"], 0))


def _year(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return _in_year(found, clock, lambda year: clock.unit("year", date(year, 1, 1)))


def _month(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    month = chinese_number(found["month"])
    return _in_year(found, clock, lambda year: clock.unit("month", date(year, month, 1)))


def _date(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    month, day = chinese_number(found["month"]), chinese_number(found["day"])
    last = chinese_number(found["to"]) if found["to"] else day

    def made(year: int) -> TimeRange:
        return TimeRange(date(year, month, day), date(year, month, last) + timedelta(days=1))

    return _in_year(found, clock, made)


def _months(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    first, last = int(found["from"]), int(found["month"])

    def made(year: int) -> TimeRange:
        return TimeRange(date(year, first, 1), moved(date(year, last, 1), "month", 1))

    return _in_year(found, clock, made)


def _day_of_month(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    start = moved(clock.first_of("month", clock.today), "month", _SHIFT.get(found["which"], 0))
    return clock.unit("day", start.replace(day=chinese_number(found["day"])))


def _quarter(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    number = chinese_number(found["q"])

    def made(year: int) -> TimeRange:
        return clock.unit("quarter", date(year, number * 3 - 2, 1))

    given = _in_year(found, clock, made)
    return (
        given if clock.calendar.fiscal_start == 1 else given.assuming("quarters of the calendar year, not the fiscal")
    )


def _half(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return _in_year(found, clock, lambda year: clock.unit("half", date(year, 1 if found["half"] == "上" else 7, 1)))


def _first_units(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    count, unit = chinese_number(found["n"]), _unit_of(found)

    def made(year: int) -> TimeRange:
        return TimeRange(date(year, 1, 1), moved(date(year, 1, 1), unit, count))

    return _in_year(found, clock, made)


def _count(found: re.Match[str]) -> tuple[int, str]:
    if found["half"]:
        return 6, "month"
    if found.groupdict().get("month"):
        return chinese_number(found["n"]), "month"
    return chinese_number(found["n"]), _unit_of(found)


def _last_units(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    count, unit = _count(found)
    return (
        clock.whole(count, unit)
        if unit.startswith("fiscal ") or found["which"] == "前"
        else clock.trailing(count, unit)
    )


def _next_units(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    count, unit = _count(found)
    return clock.leading(count, unit)


def _ago(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    count, unit = _count(found)
    return clock.ago(count, unit)


def _to_date(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    return clock.to_date(_unit_of(found))


def _weekday(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    if found["day"] == "末":
        given = clock.unit("weekend", clock.today, _SHIFT.get(found["which"] or "", 0))
        return given if found["which"] else given.assuming("that of this week")
    day = CHINESE_WEEKDAYS[found["day"]]
    return clock.weekday(day, _SHIFT.get(found["which"], 0) if found["which"] else None)


def _week_of(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    day = _date(found, clock, inner)
    return clock.unit("week", day.first or clock.today).assuming(day.assumption)


def _week_number(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    def made(year: int) -> TimeRange:
        start = date.fromisocalendar(year, chinese_number(found["w"]), 1)
        return TimeRange(start, start + timedelta(days=7))

    return _in_year(found, clock, made).assuming("weeks are numbered by ISO 8601 and begin on Monday")


def _fiscal_year(found: re.Match[str], clock: Clock, inner: Inner) -> TimeRange:
    start = fiscal_year(int(found["y"]), clock)
    return TimeRange(start, moved(start, "year", 1), clock.assumption_of("fiscal year"))


_THIRDS = {"上": (1, 11), "中": (11, 21), "下": (21, 0)}


def _part(found: re.Match[str], clock: Clock, inner: Inner) -> tuple[int, TimeRange] | None:
    """上个月底, 去年末, 3月初: its last or its first day; 上旬, 中旬, 下旬: days 1 to 10, 11 to 20, 21 to the end."""
    named = _within(found, clock)
    if named is None or named.first is None or named.next is None:
        return None
    third = found["third"]
    if third:
        first, end = _THIRDS[third]
        return found.end(), replace(
            named, first=named.first.replace(day=first), next=named.first.replace(day=end) if end else named.next
        )
    begins = found["edge"] == "初"
    day = named.first if begins else named.next - timedelta(days=1)
    told = "its first day" if begins else "its last day"
    return found.end(), TimeRange(day, day + timedelta(days=1), named.assumption).assuming(told)


def _within(found: re.Match[str], clock: Clock) -> TimeRange | None:
    if found["which"]:
        return clock.unit("month", clock.today, _SHIFT.get(found["which"], 0))
    if found["month"]:
        month = chinese_number(found["month"])
        return _in_year(found, clock, lambda year: clock.unit("month", date(year, month, 1)))
    if found["third"] or not (found["year"] or found["rel"]):
        return None
    return _in_year(found, clock, lambda year: clock.unit("year", date(year, 1, 1)))


RULES: tuple[Rule, ...] = (
    _rule(rf"(?P<which>{one_of(_DAYS)})[天日]", _today),
    _rule(rf"(?P<which>{_WHICH})(?:一?个|一)?(?P<unit>{_UNITS})", _this_unit),
    _rule(rf"(?P<which>{_WHICH})个?{_WEEK}(?P<day>[一二三四五六日天末])", _weekday),
    _rule(
        rf"(?<![每一两二三四五六七八九十几\d个第]){_WEEK}(?P<day>[一二三四五六日天末])(?![期个天周])(?P<which>)",
        _weekday,
    ),
    _rule(_YEAR_SAID, _year),
    _rule(rf"{_YEAR}(?<![\d个近去第]){_MONTH}(?!\d)", _month),
    _rule(rf"{_YEAR}(?<!\d){_MONTH}{_DAY}(?:\s*[-~到至–]\s*(?P<to>\d{{1,2}})[日号])?", _date),
    _rule(rf"{_YEAR}(?<!\d)(?P<from>\d{{1,2}})\s*[-~到至–]\s*{_MONTH}", _months),
    _rule(rf"(?P<which>{_WHICH})个?月(?:份)?{_DAY}", _day_of_month),
    _rule(rf"{_YEAR}第?(?<!前)(?P<q>[一二三四1-4])季度?(?!报)", _quarter),
    _rule(rf"{_YEAR}[Qq](?P<q>[1-4])(?:季度)?(?!\w)", _quarter),
    _rule(rf"{_YEAR}(?P<half>[上下])半年", _half),
    _rule(rf"{_YEAR}前(?P<n>[二两三四23])(?:个)?(?P<unit>季度)", _first_units),
    _rule(rf"{_YEAR_SAID}的?前(?P<n>{_N})个?(?P<unit>月|季度|周|星期|天)", _first_units),
    _rule(
        rf"(?P<which>最近|近|过去|前|之前|刚过去)的?(?:这)?(?:(?P<n>{_N})个?(?P<unit>{_UNITS})|(?P<half>半年))(?:内|以来|来|里|之内)?(?![前度])",
        _last_units,
    ),
    _rule(rf"(?P<which>未来|接下来|今后)的?(?:(?P<n>{_N})个?(?P<unit>{_UNITS})|(?P<half>半年))(?:内|里)?", _next_units),
    _rule(
        rf"(?<!\d)(?:(?P<n>\d{{1,3}}|[一二三四五六七八九十两]{{1,3}})(?:个(?P<month>月)|个?(?P<unit>{_UNITS})(?<!月))|(?P<half>半年))"
        r"(?:之前|以前|前)(?!\d)",
        _ago,
    ),
    _rule(
        r"(?:年初(?:至今|以来|到现在)|(?:今年|本年)(?:度)?(?:至今|以来|到现在|到目前为止))",
        lambda found, clock, inner: clock.to_date("year"),
    ),
    _rule(r"月初(?:至今|以来|到现在)", lambda found, clock, inner: clock.to_date("month")),
    _rule(rf"(?:本|这个?|当)(?P<unit>{_UNITS})(?:至今|以来|到现在|到目前为止)", _to_date),
    _rule(rf"{_YEAR}{_MONTH}{_DAY}(?P<to>)(?:所在)?的?(?:那一|那|这一|这|当)?(?:个)?(?:周|星期)", _week_of),
    _rule(rf"{_YEAR}第(?P<w>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})周", _week_number),
    _rule(r"(?P<y>(?:19|20)\d\d)(?:财年|财政年度)", _fiscal_year),
    _rule(
        rf"(?:{_YEAR_SAID}的?)?(?:(?P<which>{_WHICH})个?月|{_MONTH})?的?(?:年?(?P<edge>底|末|初)|(?P<third>[上中下])旬)",
        _part,
        whole=False,
    ),
)
