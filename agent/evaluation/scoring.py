"""When two results are the same answer: execution accuracy, and soft-F1 where they are not quite.

Execution accuracy (EX) is the share of questions whose SQL brings the rows of the gold SQL: the measure of Spider
(Yu et al. 2018; with permuted columns and as multisets in its test suites, Zhong et al. 2020) and of BIRD (Li et al.
2023). Benchmarks differ in the small print; `tools/same_rows.py` says what counts as the same rows.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from tools.same_rows import Order, Plain, Row, comparable, same_rows


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


def soft_f1(given: Sequence[Row], wanted: Sequence[Row], order: Order | None = None) -> float:
    """BIRD's soft F1-score (Mini-Dev, 2024): how much of the right cells is there, and how much else; 0 … 1.

    Rows without their duplicates are paired by position. In a pair, cells of the one that are in the other are hits,
    the rest of either is missing or too much, each divided by the number of columns wanted; a row without a partner
    is all missing or all too much. Unlike BIRD's, equal rows are paired first where the gold SQL does not order,
    since a position means nothing there; cells are compared as in `same_rows`.
    """
    if not given and not wanted:
        return 1.0
    plain_given, plain_wanted = (list(dict.fromkeys(rows)) for rows in comparable(given, wanted))
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
