"""When two results are the same answer: execution accuracy, and soft-F1 where they are not quite.

Execution accuracy (EX) is the share of questions whose SQL brings the rows of the gold SQL: the measure of Spider
(Yu et al. 2018; with permuted columns and as multisets in its test suites, Zhong et al. 2020) and of BIRD (Li et al.
2023). Benchmarks differ in the small print; this is ours:

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

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

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


@dataclass(frozen=True)
class Score:
    """How near a result comes: `same` is execution accuracy for one question, `soft_f1` lies in 0 … 1."""

    same: bool
    soft_f1: float


WRONG = Score(False, 0.0)


def score(given: Sequence[Row], wanted: Sequence[Row], order: Order | None = None) -> Score:
    """Compare the rows given with the rows wanted; `order` is that of the SQL that made `wanted`."""
    same = same_rows(given, wanted, order)
    return Score(same, 1.0 if same else soft_f1(given, wanted, order))


def same_rows(given: Sequence[Row], wanted: Sequence[Row], order: Order | None = None) -> bool:
    """Whether two results are the same answer, as the module says. No rows are the same as no rows."""
    if len(given) != len(wanted):
        return False
    if not wanted:
        return True
    width = len(wanted[0])
    if any(len(row) != width for row in (*given, *wanted)):
        return False
    plain_given, plain_wanted = _comparable(given, wanted)
    for columns in _matchings(plain_given, plain_wanted):
        turned = [tuple(row[at] for at in columns) for row in plain_given]
        if order is None or _in_order(turned, plain_wanted, order):
            return True
    return False


def soft_f1(given: Sequence[Row], wanted: Sequence[Row], order: Order | None = None) -> float:
    """BIRD's soft F1-score (Mini-Dev, 2024): how much of the right cells is there, and how much else; 0 … 1.

    Rows without their duplicates are paired by position. In a pair, cells of the one that are in the other are hits,
    the rest of either is missing or too much, each divided by the number of columns wanted; a row without a partner
    is all missing or all too much. Unlike BIRD's, equal rows are paired first where the gold SQL does not order,
    since a position means nothing there; cells are compared as in `same_rows`.
    """
    if not given and not wanted:
        return 1.0
    plain_given, plain_wanted = (list(dict.fromkeys(rows)) for rows in _comparable(given, wanted))
    if order is None:
        plain_given, plain_wanted = _equal_rows_first(plain_given, plain_wanted)
    hits = too_much = missing = 0.0
    for mine, right in zip(plain_given, plain_wanted, strict=False):
        columns = len(right) or 1
        found = sum(cell in right for cell in mine)
        hits += found / columns
        too_much += (len(mine) - found) / columns
        missing += sum(cell not in mine for cell in right) / columns
    too_much += max(0, len(plain_given) - len(plain_wanted))
    missing += max(0, len(plain_wanted) - len(plain_given))
    precision = hits / (hits + too_much) if hits else 0.0
    recall = hits / (hits + missing) if hits else 0.0
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def order_of(sql: str, dialect: str, columns: Sequence[str] = ()) -> Order | None:
    """Whether the outermost query orders its rows, and by which of the columns of its result; None when it does not.

    `dialect` is "sqlite", "duckdb", "postgres" or "mysql". What does not parse is looked through word by word.
    """
    try:
        tree: Any = sqlglot.parse_one(sql, read=dialect)
    except (SqlglotError, RecursionError):
        return Order() if _has_order(sql, dialect) else None
    while isinstance(tree, exp.Subquery) and not tree.args.get("order"):
        tree = tree.this
    ordering = tree.args.get("order") if isinstance(tree, exp.Query) else None
    if ordering is None:
        return None
    places = [_place(each.this, tree, columns) for each in ordering.expressions]
    return Order() if None in places else Order(tuple(place for place in places if place is not None))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of McNemar's test: how likely so uneven a flip of cases is by chance alone.

    `only_first` cases are right in the first run only, `only_second` in the second only.
    """
    flipped, fewer = only_first + only_second, min(only_first, only_second)
    ways = tail = 1
    for count in range(1, fewer + 1):
        ways = ways * (flipped - count + 1) // count
        tail += ways
    return min(1.0, float(2 * tail / 2**flipped))


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson 1927); 0 … 1 of nothing."""
    if not of:
        return 0.0, 1.0
    z, share = 1.959964, right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _place(by: Any, tree: Any, columns: Sequence[str]) -> int | None:
    """Where among the columns of the result the thing stands that is ordered by; None where it does not."""
    if isinstance(by, exp.Literal) and by.is_int:
        return int(by.this) - 1 if 0 < int(by.this) <= len(columns) else None
    while isinstance(tree, exp.SetOperation):
        tree = tree.left
    made = tree.selects if isinstance(tree, exp.Select) else []
    if len(made) != len(columns):  # a star stands for several
        made = []
    aliases = [each.alias.lower() for each in made]
    name = by.name.lower() if isinstance(by, exp.Column) and not by.table else ""
    if name and name in aliases:
        return aliases.index(name)
    wanted = _spelling(by)
    spellings = [_spelling(each.unalias()) for each in made]
    if wanted in spellings:
        return spellings.index(wanted)
    if isinstance(by, exp.Column):
        alike = [at for at, each in enumerate(made) if isinstance(each.unalias(), exp.Column) and each.name == by.name]
        if alike:
            return alike[0] if len(alike) == 1 else None
    names = [each.lower() for each in columns]
    return names.index(name) if not made and names.count(name) == 1 else None


def _spelling(tree: Any) -> str:
    return str(tree.sql()).lower()


def _has_order(sql: str, dialect: str) -> bool:
    """Whether ORDER BY stands outside all parentheses."""
    try:
        tokens = sqlglot.tokenize(sql, read=dialect)
    except SqlglotError:
        return bool(re.search(r"\border\s+by\b", sql, re.IGNORECASE))
    depth = 0
    for token in tokens:
        if token.token_type is TokenType.L_PAREN:
            depth += 1
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
        elif token.token_type is TokenType.ORDER_BY and depth == 0:
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


def _equal_rows_first(given: list[Plain], wanted: list[Plain]) -> tuple[list[Plain], list[Plain]]:
    """Both without duplicates: what they share first, in the same order, then the rest of each."""
    waiting: dict[Hashable, list[Plain]] = defaultdict(list)
    for row in given:
        waiting[_cells(row)].append(row)
    shared = [(waiting[_cells(row)].pop(), row) for row in wanted if waiting[_cells(row)]]
    mine_shared, right_shared = {mine for mine, _ in shared}, {right for _, right in shared}
    return (
        [mine for mine, _ in shared] + [row for row in given if row not in mine_shared],
        [right for _, right in shared] + [row for row in wanted if row not in right_shared],
    )


def _cells(row: Plain) -> Hashable:
    """The cells of a row, wherever they stand in it."""
    return frozenset(Counter(row).items())


def _comparable(given: Sequence[Row], wanted: Sequence[Row]) -> tuple[list[Plain], list[Plain]]:
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
