"""Columns and rows as they came back, what was cut, and how that reads in a prompt and in JSON."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any, Literal
from uuid import UUID

MODEL_CHARACTERS = 6000
CELL_CHARACTERS = 200
PREVIEW_ROWS = 50
_FIGURES_SHARE = 3  # figures of the columns take at most a third of the budget
_EXACT_INTEGER = 2**53
_NO_ROWS = (
    "The statement ran, and no row matched. Before calling that the answer, check that each value in a filter is "
    "stored with that spelling (search_metadata finds stored values), the range of dates, and the joins."
)


@dataclass(frozen=True)
class ResultTable:
    """The rows of one query, as typed Python values.

    `rows` has as many values a row as there are `columns`; names may repeat, as they do in SQL.
    `more` says that the database had more rows than were fetched (they were not counted).
    `seconds` is the time in the database. `tables` are the full names of the tables that were read.
    `types` are the database's names of the columns' types; `notes` say what was cut; `warnings` what is doubtful
    in the statement, so that its figures may not be what they seem.
    """

    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    types: tuple[str, ...] = ()
    more: bool = False
    seconds: float = 0.0
    tables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def for_model(self) -> str:
        """The first rows within about 6,000 characters, how many there are, and that it is a preview when it is.

        A preview comes with figures over all rows that were fetched, column by column.
        """
        shown_columns = self._columns_that_fit(MODEL_CHARACTERS // 2)
        header = self._header(shown_columns)
        hidden = self._hidden_columns(shown_columns)
        notes = [*self.notes, *(f"Warning: {each}" for each in self.warnings)]
        if not self.rows:
            return "\n".join(["0 rows", *header, *hidden, _NO_ROWS, *notes])
        lines = [_pipes(row[:shown_columns]) for row in self.rows[: MODEL_CHARACTERS // 5]]
        budget = MODEL_CHARACTERS - _length(header) - _length(hidden) - _length(notes)
        figures: list[str] = []
        if self.more or len(lines) < len(self.rows) or _length(lines) > budget:
            figures = self._figures(shown_columns, MODEL_CHARACTERS // _FIGURES_SHARE)
            lines = _fitting(lines[:PREVIEW_ROWS], budget - _length(figures))
        return "\n".join([self._count(len(lines)), *header, *lines, *hidden, *figures, *notes])

    def summary(self, rows: int, characters: int) -> str:
        """How many rows came back and the first of them, for who will look back at it; likewise one line a row."""
        width = self._columns_that_fit(characters // 2)
        header = self._header(width)
        if not self.rows:
            return "\n".join(["0 rows", *header])
        lines = _fitting([_pipes(row[:width]) for row in self.rows[:rows]], characters - _length(header))
        return "\n".join([self._count(len(lines)), *header, *lines, *self._hidden_columns(width)])

    def df(self, library: Literal["pandas", "polars", "arrow"] = "pandas") -> Any:
        """The rows that were fetched as a data frame of pandas or polars, or as a table of pyarrow.

        Names that repeat get a number: total, total_2. Raises ImportError where the library is not installed.
        """
        names = unique_names(self.columns)
        columns = {name: [row[at] for row in self.rows] for at, name in enumerate(names)}
        if library == "pandas":
            return import_module("pandas").DataFrame(columns, columns=names)
        if library == "polars":
            return import_module("polars").DataFrame(columns, strict=False)
        arrow = import_module("pyarrow")
        return arrow.table({name: _arrow_array(arrow, values) for name, values in columns.items()})

    def as_json(self) -> Mapping[str, Any]:
        """Columns, types, rows, row_count, more, notes and warnings, with values that JSON can hold, exactly.

        - null, true, false and text are themselves
        - an integer is a number up to 2^53 and a string of its digits beyond, where JavaScript would round it
        - a float is a number; "NaN", "Infinity" and "-Infinity" are strings
        - a decimal is a string with all its digits: "10.50"
        - dates and times are ISO 8601 strings; a duration is a string such as "P3DT4H5M6.5S"; a UUID is a string
        - bytes are `{"bytes": length, "sha256": hex}`
        - lists and objects hold the same, nested
        """
        return {
            "columns": list(self.columns),
            "types": list(self.types),
            "rows": [[_json(value) for value in row] for row in self.rows],
            "row_count": len(self.rows),
            "more": self.more,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def _count(self, shown: int) -> str:
        total = len(self.rows)
        if shown == total and not self.more:
            return f"{total} row{'' if total == 1 else 's'}"
        text = f"the first {shown} of {total} rows fetched" if shown < total else f"the first {total} rows"
        return text + ("; the database has more. This is a preview." if self.more else ". This is a preview.")

    def _columns_that_fit(self, characters: int) -> int:
        """How many columns leave room for a header and two rows in that many characters; at least one."""
        used = 0
        for index, name in enumerate(self.columns):
            used += len(_short(name)) + 9 + sum(len(_cell(row[index])) + 3 for row in self.rows[:2])
            if used > characters:
                return max(1, index)
        return len(self.columns)

    def _header(self, shown: int) -> list[str]:
        return [_pipes(self.columns[:shown], names=True), "|" + "---|" * shown]

    def _hidden_columns(self, shown: int) -> list[str]:
        hidden = self.columns[shown:]
        if not hidden:
            return []
        names = ", ".join(_short(name, 40) for name in hidden)
        if len(names) > 600:
            names = names[:600].rpartition(", ")[0] + ", …"
        return [f"Columns not shown: {len(hidden)} of {len(self.columns)}; select only those you need. {names}"]

    def _figures(self, shown: int, characters: int) -> list[str]:
        """One line a column over the fetched rows, as many columns as fit."""
        what = "the fetched rows, not all that there are" if self.more else "all rows"
        lines = [f"Over {what} ({len(self.rows)}):"]
        for index, name in enumerate(self.columns[:shown]):
            line = f"- {_short(name)}: {_figures_of([row[index] for row in self.rows])}"
            if _length(lines) + len(line) > characters:
                lines.append(f"- and {shown - index} more columns")
                break
            lines.append(line)
        return lines


def unique_names(names: Sequence[str]) -> list[str]:
    """The names with a number behind those that come again; a name that is empty becomes column_1, by its place."""
    seen: set[str] = set()
    given: list[str] = []
    for place, name in enumerate(names, 1):
        base = name.strip() or f"column_{place}"
        new, number = base, 1
        while new.lower() in seen:
            number += 1
            new = f"{base}_{number}"
        seen.add(new.lower())
        given.append(new)
    return given


def _arrow_array(arrow: Any, values: Sequence[Any]) -> Any:
    try:
        return arrow.array(values)
    except (arrow.ArrowInvalid, arrow.ArrowTypeError, OverflowError):  # of several types, or an integer too large
        return arrow.array([None if value is None else str(value) for value in values])


def _figures_of(values: Sequence[Any]) -> str:
    """Distinct values, NULLs, the range, and the sum of numbers."""
    there = [value for value in values if value is not None]
    parts = [f"{_distinct(there)} distinct", f"{len(values) - len(there)} NULL"]
    ordered = [value for value in there if not _is_nan(value)]  # NaN has no place in an order
    if ordered and not isinstance(ordered[0], (bytes, dict, list, tuple, bool)):
        try:
            parts.append(f"min {_cell(min(ordered), 60)}, max {_cell(max(ordered), 60)}")
        except (TypeError, ValueError):
            parts.append("of several types")
    if there and all(type(value) in (int, float, Decimal) for value in there):
        parts.append(f"sum {_cell(_sum(there))}")
    return ", ".join(parts)


def _is_nan(value: Any) -> bool:
    # Comparing a signalling NaN raises.
    return value.is_nan() if isinstance(value, Decimal) else bool(value != value)


def _distinct(values: Sequence[Any]) -> int:
    try:
        return len(set(values))
    except TypeError:
        return len({repr(value) for value in values})


def _sum(numbers: Sequence[Any]) -> Any:
    if any(isinstance(number, float) for number in numbers):
        try:
            return math.fsum(numbers)
        except (OverflowError, ValueError):
            return math.nan
    try:
        return sum(numbers)
    except ArithmeticError:  # a signalling NaN, infinity less infinity
        return math.nan


def _fitting(lines: list[str], characters: int) -> list[str]:
    """The first lines that fit; always one."""
    used = 0
    for index, line in enumerate(lines):
        used += len(line) + 1
        if used > characters:
            return lines[: max(1, index)]
    return lines


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _pipes(values: Sequence[Any], names: bool = False) -> str:
    cells = [_short(value) if names else _cell(value) for value in values]
    return "| " + " | ".join(cells) + " |"


def _cell(value: Any, longest: int = CELL_CHARACTERS) -> str:
    """One value on one line; NULL apart from the text 'NULL', and from the empty text."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{value}'" if value in ("", "NULL") else _short(value, longest)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value) if not math.isfinite(value) else repr(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        return _days_and_clock(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, (list, tuple, dict)):
        return _short(json.dumps(_json(value), ensure_ascii=False), longest)
    return _short(str(value), longest)


def _short(text: str, longest: int = CELL_CHARACTERS) -> str:
    """Text on one line, what would break the table or hide from the eye escaped, a long one cut and marked."""
    cut = f"… (+{len(text) - longest} characters)" if len(text) > longest else ""
    text = text[:longest]
    if not text.isprintable() or "|" in text:
        text = "".join(map(_visible, text))
    return text + cut


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "|": "\\|"}


def _visible(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    # The zero width joiner holds emoji together; all others of its kind only hide.
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and character != "\u200d":
        return f"\\u{ord(character):04x}"
    return character


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> str:
    """All digits, without an exponent unless that would be absurd."""
    if not value.is_finite():
        return "NaN" if value.is_nan() else _float(math.copysign(math.inf, value))
    exponent = value.as_tuple().exponent
    return format(value, "f") if isinstance(exponent, int) and -1000 < exponent < 1000 else str(value)


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int):
        return value if -_EXACT_INTEGER <= value <= _EXACT_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _float(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else _key(key): _json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json(each) for each in value]
    if isinstance(value, UUID):
        return str(value)
    return _json(str(value))


def _key(value: Any) -> str:
    plain = _json(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _duration(value: datetime.timedelta) -> str:
    """ISO 8601, days and below: "P3DT4H5M6.5S", with one sign for all of it."""
    sign, value = ("-", -value) if value < datetime.timedelta(0) else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    time = "".join(
        [
            f"{hours}H" * bool(hours),
            f"{minutes}M" * bool(minutes),
            f"{seconds}{fraction}S" * bool(seconds or fraction),
        ]
    )
    days = f"{value.days}D" * bool(value.days)
    return f"{sign}P{days}{'T' + time if time else ''}" if days or time else "PT0S"


def _days_and_clock(value: datetime.timedelta) -> str:
    """As databases write it: "3 days 04:05:06.5", each part with its sign."""
    sign, value = ("-", -value) if value < datetime.timedelta(0) else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    clock = f"{sign}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"
    return f"{sign}{value.days} day{'' if value.days == 1 else 's'} {clock}" if value.days else clock
