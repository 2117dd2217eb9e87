"""Time expressions of a question as half-open periods: last month, this year, in 2025, since March, 上个月."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_COUNTS = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
    "twelve": 12,
    "couple": 2,
    "thirty": 30,
    "ninety": 90,
}
_UNITS = {
    "day": "day",
    "days": "day",
    "week": "week",
    "weeks": "week",
    "month": "month",
    "months": "month",
    "quarter": "quarter",
    "quarters": "quarter",
    "year": "year",
    "years": "year",
}


@dataclass(frozen=True)
class Period:
    """From `start` up to but not including `end`; None is open. `said` is how the question put it."""

    start: date | None
    end: date | None
    said: str
    is_plain_year: bool = False


def first_of(unit: str, day: date) -> date:
    """The first day of the week (Monday), month, quarter or year that holds the day."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    if unit == "year":
        return day.replace(month=1, day=1)
    return day


def moved(day: date, unit: str, count: int) -> date:
    """The day so many units later (earlier when negative); the 31st falls back to a shorter month's last."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = count * {"month": 1, "quarter": 3, "year": 12}[unit]
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"The year {year} is out of range.")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def period_at(words: Sequence[str], at: int, today: date) -> tuple[int, Period] | None:
    """The time expression that starts at the token, and how many tokens it takes; None where none does."""
    try:
        return _english(words, at, today)
    except (ValueError, OverflowError):
        return None


def _unit(unit: str, start: date, count: int, said: str) -> Period:
    return Period(start, moved(start, unit, count), said)


def _english(words: Sequence[str], at: int, today: date) -> tuple[int, Period] | None:
    def word(offset: int) -> str:
        return words[at + offset].lower() if at + offset < len(words) else ""

    def said(length: int) -> str:
        return " ".join(words[at : at + length])

    first = word(0)
    skip = 1 if first == "the" else 0
    head = word(skip)
    if head == "today":
        return skip + 1, _unit("day", today, 1, "today")
    if head == "yesterday":
        return skip + 1, _unit("day", today - timedelta(days=1), 1, "yesterday")
    if head in ("this", "current", "last", "previous", "past", "next"):
        count = _COUNTS.get(word(skip + 1)) or (int(word(skip + 1)) if word(skip + 1).isdigit() else None)
        if count is not None and word(skip + 2) in _UNITS and head in ("last", "past", "previous"):
            unit = _UNITS[word(skip + 2)]
            end = today + timedelta(days=1)
            start = moved(end, unit, -count)
            return skip + 3, Period(start, end, said(skip + 3))
        if word(skip + 1) in _UNITS:
            unit = _UNITS[word(skip + 1)]
            start = first_of(unit, today)
            shift = {"this": 0, "current": 0, "next": 1}.get(head, -1)
            return skip + 2, _unit(unit, moved(start, unit, shift), 1, said(skip + 2))
    if head in ("q1", "q2", "q3", "q4"):
        year, used = _year(word(skip + 1), word(skip + 2))
        start = date(year or today.year, int(head[1]) * 3 - 2, 1)
        return skip + 1 + used, _unit("quarter", start, 1, said(skip + 1 + used))
    if head in _MONTHS and not skip:
        month = _MONTHS[head]
        if (re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", word(1)) and head != "may") or re.fullmatch(
            r"\d{1,2}(?:st|nd|rd|th)", word(1)
        ):
            day = int(word(1).rstrip("sthnrd"))
            offset = 3 if word(2) == "," else 2
            year, used = _year(word(offset), word(offset + 1))
            if year:
                return offset + used, _unit("day", date(year, month, day), 1, said(offset + used))
        year, used = _year(word(1), word(2))
        if year:
            return 1 + used, _unit("month", date(year, month, 1), 1, said(1 + used))
        if (head != "may" and head != "march") or words[at][:1].isupper():
            before = words[at - 1].lower() if at else ""
            if before in ("in", "of", "during", "since", "after", "before", "until"):
                start = date(today.year, month, 1)
                if start > today:
                    start = moved(start, "year", -1)
                return 1, _unit("month", start, 1, said(1))
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", first):
        year_, month, day = map(int, first.split("-"))
        return 1, _unit("day", date(year_, month, day), 1, first)
    return None


def _year(word: str, following: str) -> tuple[int | None, int]:
    if word == "of" or word == ",":
        inner, used = _year(following, "")
        return (inner, used + 1) if inner else (None, 0)
    if re.fullmatch(r"(?:19|20)\d{2}", word):
        return int(word), 1
    return None, 0


def period_before(start: str | None, end: str | None, unit: str) -> tuple[str, str] | None:
    """The day, week, month, quarter or year before the one from `start` to (without) `end`; None where that is none."""
    if start is None or end is None:
        return None
    first, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months is None:
        days = timedelta(days={"day": 1, "week": 7}[unit])
        return ((first - days).isoformat(), first.isoformat()) if last - first == days else None
    if first.day > 1 or (first.month - 1) % months or _months_later(first, months) != last:
        return None
    return _months_later(first, -months).isoformat(), first.isoformat()


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)
