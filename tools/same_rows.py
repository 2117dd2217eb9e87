"""When two results are the same answer, whoever asks: the evaluation of the gold, or one candidate of another.

- Rows are compared as multisets: a duplicate too many is wrong. (BIRD compares sets and lets it pass.)
- Their order matters only where the outermost query of the gold SQL has ORDER BY. Rows that tie on what it orders by
  may stand in any order among themselves, where that is among the columns of the result.
- Columns are known by what is in them, not by name or place: any permutation will do (as in Spider's test suites; BIRD
  wants the order of the gold). The number of columns must be right. Beyond 200 columns, and where too many of equal
  content would have to be tried, only the order of the gold counts.
- Numbers are equal to a millionth of themselves up to 1, to a millionth up to 1,000, and to a billionth of themselves
  beyond: sums that were added in another order agree, and a cent that is missing from a million is seen. Whole numbers
  are equal only when they are, whatever their type: 3, 3.0, Decimal('3.00'), the text '3' and, for 1 and 0, true and
  false.
- A date, a midnight, and the ISO text of either are equal; a time zone's offset is not looked at, because one
  session gives all times in one zone. '2026-10' is a text.
- NULL equals NULL and nothing else. Other text is equal when every character is.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

Row = Sequence[Any]
Plain = tuple[Hashable, ...]

# Cells looked at, after which columns of equal content that cannot be told apart are given up: some three seconds.
_MOST_CELLS = 10_000_000
# Wider results must have their columns in the order of the gold.
_MOST_COLUMNS = 200


@dataclass(frozen=True)
class Order:
    """That the order of rows matters, and by which columns of the result: none where they are not among these."""

    columns: tuple[int, ...] = ()


def same_rows(given: Sequence[Row], wanted: Sequence[Row], order: Order | None = None) -> bool:
    """Whether two results are the same answer, as the module says. No rows are the same as no rows."""
    if len(given) != len(wanted):
        return False
    if not wanted:
        return True
    width = len(wanted[0])
    if any(len(row) != width for row in (*given, *wanted)):
        return False
    plain_given, plain_wanted = comparable(given, wanted)
    for columns in _matchings(plain_given, plain_wanted):
        turned = [tuple(row[at] for at in columns) for row in plain_given]
        if order is None or _in_order(turned, plain_wanted, order):
            return True
    return False


def _in_order(given: Sequence[Plain], wanted: Sequence[Plain], order: Order) -> bool:
    """Whether the rows come in the order wanted, but for ties on the columns of the order."""
    if list(given) == list(wanted):
        return True
    if not order.columns:
        return False
    keys = [tuple(row[at] for at in order.columns) for row in wanted]
    if keys != [tuple(row[at] for at in order.columns) for row in given]:
        return False
    ties: dict[Plain, tuple[list[Plain], list[Plain]]] = defaultdict(lambda: ([], []))
    for key, mine, right in zip(keys, given, wanted, strict=True):
        ties[key][0].append(mine)
        ties[key][1].append(right)
    return all(Counter(mine) == Counter(right) for mine, right in ties.values())


def _matchings(given: Sequence[Plain], wanted: Sequence[Plain]) -> Iterator[tuple[int, ...]]:
    """Every way to put the given columns in the places of the wanted so that the rows are the same multiset.

    The places as they are come first. Then columns are set one by one and the rows compared as far as they are set,
    so that a wrong beginning is left at once; given up after a number of cells.
    """
    if Counter(given) == Counter(wanted):
        yield tuple(range(len(wanted[0])))
    width, cells = len(wanted[0]), 0
    if width > _MOST_COLUMNS:
        return
    mine, right = list(zip(*given, strict=True)), list(zip(*wanted, strict=True))
    mine_counts, right_counts = [Counter(each) for each in mine], [Counter(each) for each in right]
    fitting = [[at for at in range(width) if mine_counts[at] == counts] for counts in right_counts]
    if not all(fitting):
        return

    def go_on(chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        nonlocal cells
        place = len(chosen)
        if place == width:
            yield chosen
            return
        tried: set[tuple[Hashable, ...]] = set()
        # The same place first: most results have their columns in the right order.
        for at in sorted(fitting[place], key=lambda at: at != place):
            if at in chosen or mine[at] in tried:
                continue
            tried.add(mine[at])
            cells += len(given) * (place + 1)
            if cells > _MOST_CELLS:
                return
            columns = (*chosen, at)
            so_far = Counter(zip(*(mine[each] for each in columns), strict=True))
            if so_far == Counter(zip(*right[: place + 1], strict=True)):
                yield from go_on(columns)

    yield from go_on(())


def comparable(given: Sequence[Row], wanted: Sequence[Row]) -> tuple[list[Plain], list[Plain]]:
    """Both as rows of values that are equal exactly when they count as equal."""
    mine, right = ([tuple(map(_plain, row)) for row in rows] for rows in (given, wanted))
    same = _near_numbers(cell.value for row in (*mine, *right) for cell in row if isinstance(cell, _Number))

    def settled(rows: Iterable[Sequence[Hashable]]) -> list[Plain]:
        return [
            tuple(same.get(cell.value, cell.value) if isinstance(cell, _Number) else cell for cell in row)
            for row in rows
        ]

    return settled(mine), settled(right)


@dataclass(frozen=True)
class _Number:
    value: int | float | Decimal


def _near_numbers(values: Iterable[int | float | Decimal]) -> Mapping[int | float | Decimal, int | float | Decimal]:
    """For each number one that stands for all that are near it: chains of neighbours, no two of them whole."""
    ordered = sorted(set(values))
    stands_for = {value: value for value in ordered[:1]}
    for lower, upper in pairwise(ordered):
        apart = _whole(lower) and _whole(upper)
        stands_for[upper] = upper if apart or not _near(lower, upper) else stands_for[lower]
    return stands_for


def _whole(value: int | float | Decimal) -> bool:
    if isinstance(value, Decimal):
        # Not int(value): a Decimal of a million digits is one short text away.
        return value.to_integral_value() == value
    return isinstance(value, int) or value.is_integer()


def _near(one: int | float | Decimal, other: int | float | Decimal) -> bool:
    try:
        first, second = float(one), float(other)
    except OverflowError:
        return False
    size = max(abs(first), abs(second))
    return abs(first - second) <= max(1e-9 * size, min(1e-6 * size, 1e-6))


_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,30})")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z| ?UTC|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


def _plain(value: Any) -> Hashable:
    """A value as something that is equal to what counts as equal, but for numbers, which wait for their neighbours."""
    match value:
        case None:
            return None
        case bool():
            return _Number(int(value))
        case int():
            return _Number(value)
        case float():
            return _Number(value) if math.isfinite(value) else ("not finite", str(value))
        case Decimal():
            if value.is_finite():
                return _Number(value)
            return ("not finite", "nan" if value.is_nan() else str(float(value)))
        case datetime():
            return _moment(value.replace(tzinfo=None))
        case date():
            return ("date", value.isoformat(), "00:00:00")
        case time():
            return value.replace(tzinfo=None).isoformat()
        case timedelta():
            return ("duration", value.total_seconds())
        case str():
            return _plain_text(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value)
        case Mapping() | list() | tuple() | set() | frozenset():
            return ("nested", json.dumps(_nested(value), ensure_ascii=False, sort_keys=True, default=str))
    return str(value)


def _moment(value: datetime) -> Hashable:
    return ("date", value.date().isoformat(), value.time().isoformat())


def _plain_text(value: str) -> Hashable:
    if _WHOLE.fullmatch(value):
        return _Number(int(value))
    found = _ISO.fullmatch(value)
    if not found:
        return value
    clock = found[2] or "00:00"
    try:
        # Python 3.11 reads six digits of a second at most.
        return _moment(datetime.fromisoformat(f"{found[1]} {clock[:15]}"))
    except ValueError:  # 2026-02-31 is a text
        return value


def _nested(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _nested(each) for key, each in value.items()}
        case list() | tuple():
            return [_nested(each) for each in value]
        case set() | frozenset():
            return sorted((_nested(each) for each in value), key=repr)
        case Decimal() if value.is_finite():
            return _nested(float(value))
        case float() if math.isfinite(value):
            return int(value) if value.is_integer() else float(f"{value:.9g}")
    return value
