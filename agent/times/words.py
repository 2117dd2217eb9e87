"""The words for times that the rules are made of: numbers, units, months, weekdays."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping

_SMALL = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
NUMBERS: Mapping[str, int] = {word: at + 1 for at, word in enumerate(_SMALL.split())} | {
    "a": 1,
    "an": 1,
    "couple": 2,
    "couple of": 2,
    "a couple of": 2,
    "thirty": 30,
    "forty": 40,
    "sixty": 60,
    "ninety": 90,
}
ORDINALS: Mapping[str, int] = {"first": 1, "second": 2, "third": 3, "fourth": 4} | {
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
}
MONTHS: Mapping[str, int] = (
    {name.lower(): n for n, name in enumerate(calendar.month_name) if n}
    | {name.lower(): n for n, name in enumerate(calendar.month_abbr) if n}
    | {"sept": 9}
)
WEEKDAYS: Mapping[str, int] = {name.lower(): n for n, name in enumerate(calendar.day_name)}

CHINESE_UNITS: Mapping[str, str] = {
    "天": "day",
    "日": "day",
    "周": "week",
    "星期": "week",
    "礼拜": "week",
    "月": "month",
    "季度": "quarter",
    "季": "quarter",
    "半年": "half",
    "年": "year",
    "年度": "year",
    "小时": "hour",
    "钟头": "hour",
    "分钟": "minute",
    "财年": "fiscal year",
    "财政年度": "fiscal year",
    "财季": "fiscal quarter",
    "周末": "weekend",
}
CHINESE_WEEKDAYS: Mapping[str, int] = {each: at for at, each in enumerate("一二三四五六日")} | {"天": 6}
_CHINESE_DIGITS: Mapping[str, int] = {each: at for at, each in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


def english_number(text: str) -> int:
    """The number that digits or a word write."""
    return int(text) if text.isdigit() else NUMBERS[" ".join(text.lower().split())]


def chinese_number(text: str) -> int:
    """The number that digits or Chinese numerals up to 99 write; numerals without 十 are read digit by digit."""
    if text.isdigit() and text.isascii():
        return int(text)
    tens, ten, ones = text.partition("十")
    if ten:
        return (_CHINESE_DIGITS[tens] if tens else 1) * 10 + (_CHINESE_DIGITS[ones] if ones else 0)
    return int("".join(str(_CHINESE_DIGITS[each]) for each in text))
