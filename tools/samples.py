"""What a table's fields hold, seen in its first rows: one statement, or a second and third where it is large."""

from __future__ import annotations

import datetime
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.engines.engine import Bounds, Fetched
from tools.errors import SqlFailed, SqlTimeout
from tools.metadata import FieldMeta
from tools.value_shapes import shape

Row = tuple[Any, ...]
Run = Callable[[str, Bounds], Fetched]

_ROWS = 1_000  # fetched, and counted here; 15 fields of them take about 3 ms, of 10,000 they took 30
_ROWS_COUNTED = 10_000  # in which the database counts different values
# In which the database looks for the least and the greatest. DuckDB knows them for each block of rows.
_ROWS_RANGED = {"duckdb": 1_000_000}
_ROWS_RANGED_ELSEWHERE = 100_000
_FEW = 100  # different values among those fetched, up to which counting all of them is worth it
_SECONDS = 1.0
_LONGEST = 200  # characters
_CELL_BYTES, _RESULT_BYTES = 2_000, 5_000_000
_UNSAMPLED = re.compile(
    r"(?i)blob|bytea|binary|json|xml|struct|map\(|\[|union|variant|geometry|tsvector|vector|point|polygon|hstore"
)
_ORDERED = (int, float, Decimal, datetime.date, datetime.time)
_LIKE_A_DATE = re.compile(r"\d.{3,39}", re.DOTALL)


@dataclass(frozen=True)
class SampleValues:
    """Some values of one field, the commonest first, and how many different ones there are in all.

    `distinct` is None when counting was cut short by its limit. `least` and `greatest` are those of the whole
    field, or None where they are not known; `nulls` is the share of rows without a value, 0 to 1, in the rows that
    were looked at, which were all of them if `whole`. `shape` is how a text or a number is to be read, where that
    was recognised: see value_shapes.
    """

    values: tuple[object, ...]
    distinct: int | None
    least: object = None
    greatest: object = None
    nulls: float = 0.0
    whole: bool = False
    shape: str = ""


@dataclass(frozen=True)
class Source:
    """Where rows come from, as SQL: what stands after FROM, how names are quoted, in which dialect."""

    sql: str
    quoted: Callable[[str], str]
    dialect: str


def sampled(
    source: Source, fields: Sequence[FieldMeta], count: int, run: Run, seconds: float
) -> Mapping[str, SampleValues]:
    """Some values of these fields of a table, `count` of each; a field of which none can be had is left out."""
    plain = [each for each in fields if not each.sensitive and not _UNSAMPLED.search(each.type)]
    if not plain:
        return {}
    seconds = min(seconds, _SECONDS)
    bounds = Bounds(_ROWS, seconds, _CELL_BYTES, _RESULT_BYTES)
    try:
        fetched = run(_first_rows(source, plain, _ROWS + 1), bounds)
    except SqlTimeout:
        return {}
    except SqlFailed:
        if len(plain) == 1:
            return {}
        # One field that cannot be read must not take the others with it.
        found: dict[str, SampleValues] = {}
        ends = time.monotonic() + seconds
        for each in plain:
            if time.monotonic() < ends:
                found |= sampled(source, [each], count, run, seconds)
        return found
    columns: Iterable[Row] = zip(*fetched.rows, strict=True) if fetched.rows else [()] * len(plain)
    seen = {field.name: _Seen.of(column) for field, column in zip(plain, columns, strict=True)}
    if fetched.more:
        bounds = Bounds(_FEW, seconds, _CELL_BYTES)
        return _of_large(source, [each for each in plain if seen[each.name]], seen, count, lambda sql: run(sql, bounds))
    return {name: each.all_there_is(name, count) for name, each in seen.items() if each}


@dataclass(frozen=True)
class _Seen:
    """The values of one column among the fetched rows, with how often each occurs."""

    counts: Counter[object]  # a NaN, which is not even like itself, is not among them
    rows: int
    filled: int = 0

    @classmethod
    def of(cls, column: Row) -> _Seen:
        filled = [each for each in column if each is not None]
        try:
            return cls(Counter(each for each in filled if each == each), len(column), len(filled))
        except (TypeError, ArithmeticError):  # a list, say
            return cls(Counter(), 0)

    def __bool__(self) -> bool:
        return self.rows > 0

    @property
    def ordered(self) -> list[object]:
        """The values from the least to the greatest; none where they are neither numbers nor dates nor like these."""
        kinds = {type(each) for each in self.counts}
        if kinds == {str}:
            texts = sorted(map(str, self.counts))
            return [*texts] if all(map(_LIKE_A_DATE.fullmatch, texts)) else []
        if bool in kinds or not all(issubclass(each, _ORDERED) for each in kinds):
            return []
        try:
            return sorted(self.counts)  # type: ignore[type-var]
        except TypeError:
            return []

    def commonest(self, count: int) -> tuple[object, ...]:
        """The commonest values, those that are as common in their order."""
        place = {value: at for at, value in enumerate(self.ordered)}
        values = sorted(self.counts, key=lambda each: (-self.counts[each], place.get(each, 0), str(each)))
        return tuple(map(_shortened, values[:count]))

    @property
    def nulls(self) -> float:
        return 1 - self.filled / self.rows if self.rows else 0.0

    def all_there_is(self, name: str, count: int) -> SampleValues:
        """What is to be said when these are all the rows there are."""
        ordered = self.ordered or [None]
        return SampleValues(
            self.commonest(count), len(self.counts), ordered[0], ordered[-1], self.nulls, True, self.shape(name)
        )

    def shape(self, name: str) -> str:
        return shape(name, list(self.counts))


def _of_large(
    source: Source, fields: Sequence[FieldMeta], seen: Mapping[str, _Seen], count: int, run: Callable[[str], Fetched]
) -> dict[str, SampleValues]:
    """The values of those fetched, with what the database tells of the rest."""
    limit = _ROWS_RANGED.get(source.dialect, _ROWS_RANGED_ELSEWHERE)
    rows, totals = _totals(source, fields, seen, limit + 1, run)
    whole = 0 < rows <= limit
    few = [each for each in fields if len(seen[each.name].counts) <= _FEW] if 0 < rows <= _ROWS_COUNTED else []
    distinct = _distinct(source, few, run)
    found = {}
    for each in fields:
        mine = seen[each.name]
        values, number = mine.commonest(count), distinct.get(each.name)
        if number is not None and len(values) < number <= count:
            values = _with_rarer(source, each, values, run)
        filled, least, greatest = totals[each.name] if rows else (0, None, None)
        if greatest != greatest:  # to PostgreSQL a NaN is greater than every number
            least = greatest = None
        nulls = 1 - filled / rows if rows else mine.nulls
        found[each.name] = SampleValues(
            values, number, least if whole else None, greatest if whole else None, nulls, whole, mine.shape(each.name)
        )
    return found


def _totals(
    source: Source, fields: Sequence[FieldMeta], seen: Mapping[str, _Seen], limit: int, run: Callable[[str], Fetched]
) -> tuple[int, dict[str, Row]]:
    """How many rows there are up to the limit; for each field how many have a value, the least, the greatest.

    0, and nothing of the fields, where it takes too long.
    """
    wanted = ["count(*)"]
    for each in fields:
        name = source.quoted(each.name)
        wanted.append(f"count({name})")
        wanted += [f"min({name})", f"max({name})"] if seen[each.name].ordered else ["NULL", "NULL"]
    try:
        row = run(f"SELECT {', '.join(wanted)} FROM ({_first_rows(source, fields, limit)}) AS sampled").rows[0]
    except SqlFailed:
        return 0, {}
    return row[0], {each.name: row[1 + 3 * at : 4 + 3 * at] for at, each in enumerate(fields)}


def _distinct(source: Source, fields: Sequence[FieldMeta], run: Callable[[str], Fetched]) -> dict[str, int]:
    if not fields:
        return {}
    wanted = ", ".join(f"count(DISTINCT {source.quoted(each.name)})" for each in fields)
    try:
        row = run(f"SELECT {wanted} FROM ({_first_rows(source, fields, _ROWS_COUNTED)}) AS sampled").rows[0]
    except SqlFailed:
        return {}
    return {each.name: number for each, number in zip(fields, row, strict=True)}


def _with_rarer(
    source: Source, field: FieldMeta, values: tuple[object, ...], run: Callable[[str], Fetched]
) -> tuple[object, ...]:
    """The values, then those that are so rare that the first rows have none."""
    name = source.quoted(field.name)
    sql = f"SELECT DISTINCT {name} FROM ({_first_rows(source, [field], _ROWS_COUNTED)}) AS sampled"
    try:
        every = [row[0] for row in run(f"{sql} WHERE {name} IS NOT NULL ORDER BY {name}").rows]
    except SqlFailed:
        return values
    return tuple(dict.fromkeys((*values, *map(_shortened, every))))


def _first_rows(source: Source, fields: Sequence[FieldMeta], limit: int) -> str:
    return f"SELECT {', '.join(source.quoted(each.name) for each in fields)} FROM {source.sql} LIMIT {limit}"


def _shortened(value: object) -> object:
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST] + "…"
    return value
