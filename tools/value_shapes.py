"""How a field writes its dates, times and numbers where its type does not tell, recognised from some values."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

_SEPARATED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})")
_CLOCK = r"\d{1,2}:\d\d(?P<seconds>:\d\d)?(?P<fraction>[.,]\d+)?"
_TIME_AFTER = re.compile(rf"(?P<between>[T ]){_CLOCK}(?P<zone> ?(?:Z|UTC|[+-]\d\d:?\d\d))?")
_TIME = re.compile(_CLOCK)
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?")
_MONTH = re.compile(r"(\d{4})([/-])(\d{2})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_OF_TIME = re.compile(
    r"(?i)date|time|epoch|unix|stamp|(?:^|_)(?:ts|at|on|day|dt)$|(?-i:[a-z](?:At|On|Ts)$)|created|updated|日期|时间|日$"
)
_OF_A_MONTH = re.compile(r"(?i)month|period|yyyymm|(?:^|_)ym$|月|期间")
_EPOCHS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
# 1990 to 2100: what falls outside is more likely a number of something.
_FIRST, _LAST = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC).timestamp() for year in (1990, 2100))
_NUMBERS_NEEDED = 5


def shape(name: str, values: Sequence[object]) -> str:
    """What to say of a field with such values: `text as DD.MM.YYYY`, `epoch seconds`; nothing if there is nothing.

    Every value must fit. What could be no more than a number is taken for a time only where the name says so.
    """
    if not values:
        return ""
    if all(isinstance(each, str) for each in values):
        return _of_texts(name, [str(each).strip() for each in values])
    if all(isinstance(each, int) and not isinstance(each, bool) for each in values):
        return _of_numbers(name, [int(str(each)) for each in values])
    return ""


def epoch_date(said: str, value: object) -> str:
    """The day of a value of which `shape` said that it is an epoch: 2026-11-24; nothing for any other."""
    unit = said.removeprefix("epoch ")
    if unit not in _EPOCHS or not isinstance(value, int):
        return ""
    return datetime.datetime.fromtimestamp(value / _EPOCHS[unit], datetime.UTC).date().isoformat()


def _of_texts(name: str, texts: list[str]) -> str:
    if all(map(_TIME.fullmatch, texts)):
        return "text as HH:MM:SS" if all(each.count(":") == 2 for each in texts) else "text as HH:MM"
    for recognised in (_separated, _chinese, _months):
        if said := recognised(texts):
            return f"text as {said}"
    lengths = {len(each) for each in texts}
    digits = lengths <= {6, 8} and all(each.isascii() and each.isdigit() for each in texts)
    if digits and (said := _digits(name, [int(each) for each in texts], lengths)):
        return f"text as {said}"
    # A code is no number, so one value that begins with a zero tells that none of them is.
    if len(set(texts)) >= _NUMBERS_NEEDED and all(map(_NUMBER.fullmatch, texts)):
        return "numbers as text"
    return ""


def _of_numbers(name: str, numbers: list[int]) -> str:
    if said := _digits(name, numbers, {len(str(each)) for each in numbers}):
        return f"number as {said}"
    if _OF_TIME.search(name):
        for unit, factor in _EPOCHS.items():
            if all(_FIRST <= each / factor <= _LAST for each in numbers):
                return f"epoch {unit}"
    return ""


def _digits(name: str, numbers: list[int], lengths: set[int]) -> str:
    if lengths == {8} and all(_is_day(each // 10_000, each // 100 % 100, each % 100) for each in numbers):
        return "YYYYMMDD"
    if lengths == {6} and (_OF_A_MONTH.search(name) or _OF_TIME.search(name)):
        return "YYYYMM" if all(_is_day(each // 100, each % 100, 1) for each in numbers) else ""
    return ""


def _separated(texts: list[str]) -> str:
    """A date of three numbers, with or without a time after it."""
    found = [_SEPARATED.match(each) for each in texts]
    dates = [each for each in found if each]
    if len(dates) < len(texts) or len({each[2] for each in dates}) > 1:
        return ""
    times = _times([text[each.end() :] for text, each in zip(texts, dates, strict=True)])
    if times is None:
        return ""
    mark = dates[0][2]
    parts = [(int(each[1]), int(each[3]), int(each[4])) for each in dates]
    if all(_is_day(*each) and len(date[1]) == 4 for each, date in zip(parts, dates, strict=True)):
        return f"YYYY{mark}MM{mark}DD{times}"
    if any(len(date[4]) != 4 for date in dates):
        return ""
    day_first = all(_is_day(year, month, day) for day, month, year in parts)
    month_first = all(_is_day(year, month, day) for month, day, year in parts)
    forms = [f"DD{mark}MM{mark}YYYY{times}"] * day_first + [f"MM{mark}DD{mark}YYYY{times}"] * month_first
    return " or ".join(forms)


def _times(rests: Iterable[str]) -> str | None:
    """The form of what stands after a date; nothing where nothing does, None where it is no time."""
    forms = set()
    for rest in rests:
        found = _TIME_AFTER.fullmatch(rest)
        if found is None:
            if rest:
                return None
            forms.add("")
        else:
            clock = "HH:MM" + ":SS" * bool(found["seconds"]) + ".f" * bool(found["fraction"])
            forms.add(found["between"] + clock + ("Z" if found["zone"] else ""))
    return forms.pop() if len(forms) == 1 else ", some with a time"


def _chinese(texts: list[str]) -> str:
    found = [_CHINESE.fullmatch(each) for each in texts]
    if not all(each and _is_day(int(each[1]), int(each[2]), int(each[3] or 1)) for each in found):
        return ""
    return "YYYY年MM月DD日" if all(each and each[3] for each in found) else "YYYY年MM月"


def _months(texts: list[str]) -> str:
    found = [_MONTH.fullmatch(each) for each in texts]
    if not all(each and _is_day(int(each[1]), int(each[3]), 1) for each in found):
        return ""
    return f"YYYY{found[0][2]}MM" if found[0] else ""


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return 1900 <= datetime.date(year, month, day).year <= 2200
    except ValueError:
        return False
