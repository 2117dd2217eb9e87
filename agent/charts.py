"""Which chart shows a result, if any helps, and that chart as a Vega-Lite specification."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from tools.result_table import ResultTable
from tools.text import one_line

Kind = Literal["line", "bar"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MOST_POINTS = 1000
MOST_BARS = 40
MOST_LINES = 8
MOST_MEASURES = 3
_SAME_SCALE = 100  # measures whose largest values differ by more share no axis
_KEY = re.compile(
    r"(?i)(?:^|_)(?:id|key|code|no|number|zip|year|month|day|week|quarter|rank|lat|lon|latitude|longitude)$"
)
_TIME_NAME = re.compile(r"(?i)(?:^|_)(?:date|day|week|month|quarter|year|period|time|日期|日|周|月|月份|季度|年|年份)$")
_TIME_TEXT = re.compile(
    r"(?:\d{4}(?:[-/]\d{1,2}){0,2}|\d{4}[-/ ]?[QqWw]\d{1,2}|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?)(?:[ T]\d{2}:\d{2}.*)?"
)
_COUNTED = re.compile(r"(?i)\bgroup\s+by\b|\border\s+by\b")
_ASKED = re.compile(r"(?i)\b(?:chart|plot|graph|diagram|trend|over time)\b|图|趋势|走势")
_NOT_ASKED = re.compile(r"(?i)\b(?:no|without an?y?) (?:chart|plot|graph)\b|不要图")


@dataclass(frozen=True)
class Chart:
    """A chart of some columns of a result, by their positions.

    `x` is the time of a line or the category of a bar; `measures` are numbers; `series` splits one measure by a
    category, None where there is nothing to split.
    """

    kind: Kind
    title: str
    x: int
    measures: tuple[int, ...]
    series: int | None = None
    is_time: bool = False

    def specification(self, table: ResultTable, *, rows: bool = True) -> dict[str, Any]:
        """The chart as Vega-Lite has it, with the rows in it, or without them and bound to the data set "table".

        Fields are named c0, c1, … by their position, so that no name has to be escaped; axes carry the real names.
        """
        names = [one_line(name, 60) for name in table.columns]
        across = "x" if self.kind == "line" else "y"
        along = "y" if self.kind == "line" else "x"
        first = self.measures[0]
        kind = "nominal"
        if self.is_time:
            kind = "temporal" if all(isinstance(value, date) for value in _values(table, self.x)) else "ordinal"
        encoding: dict[str, Any] = {
            across: {"field": f"c{self.x}", "type": kind, "title": names[self.x], "sort": None},
            along: {"field": f"c{first}", "type": "quantitative", "title": names[first]},
        }
        if kind == "temporal":
            del encoding[across]["sort"]
        specification: dict[str, Any] = {
            "$schema": SCHEMA,
            "title": self.title,
            "data": {"values": list(self._values(table))} if rows else {"name": "table"},
            "mark": {"type": self.kind, "tooltip": True, **({"point": True} if self.kind == "line" else {})},
            "encoding": encoding,
        }
        if self.series is not None:
            encoding["color"] = {"field": f"c{self.series}", "type": "nominal", "title": names[self.series]}
            if self.kind == "bar":
                encoding["yOffset"] = {"field": f"c{self.series}", "type": "nominal"}
        elif len(self.measures) > 1:
            specification["transform"] = [{"fold": [f"c{each}" for each in self.measures], "as": ["which", "value"]}]
            shown = "; ".join(f"datum.label == 'c{each}' ? {_quoted(names[each])} : ''" for each in self.measures)
            labels = " + ".join(f"({part})" for part in shown.split("; "))
            encoding[along] = {"field": "value", "type": "quantitative", "title": None}
            encoding["color"] = {"field": "which", "type": "nominal", "title": None, "legend": {"labelExpr": labels}}
            if self.kind == "bar":
                encoding["yOffset"] = {"field": "which", "type": "nominal"}
        return specification

    def _values(self, table: ResultTable) -> Any:
        wanted = [self.x, *self.measures, *([] if self.series is None else [self.series])]
        for row in table.rows[:MOST_POINTS]:
            yield {f"c{at}": _plain(row[at]) for at in wanted}

    def as_kind(self, kind: Kind) -> Chart:
        """The same columns drawn otherwise."""
        return replace(self, kind=kind)


def chart_of(question: str, table: ResultTable | None) -> Chart | None:
    """The chart that shows the result, None where none helps.

    A line where a number goes with times in order, bars where it goes with a few categories. None for single figures,
    for lists of things with their properties (nothing was counted or ranked and no chart was asked for), for more
    bars than can be read, and where the question says so.
    """
    if table is None or len(table.rows) < 2 or _NOT_ASKED.search(question):
        return None
    asked = bool(_ASKED.search(question))
    if not asked and not _COUNTED.search(table.sql):
        return None
    return _fitting(table, one_line(question, 100))


def forced(kind: Kind, question: str, table: ResultTable) -> Chart | None:
    """A chart of that kind, as far as the columns allow one."""
    found = _fitting(table, one_line(question, 100), by_force=True)
    return found.as_kind(kind) if found else None


def _fitting(table: ResultTable, title: str, *, by_force: bool = False) -> Chart | None:
    columns = range(len(table.columns))
    times = [at for at in columns if _is_time(table, at)]
    numbers = [at for at in columns if at not in times and _is_measure(table, at)]
    words = [at for at in columns if at not in times and at not in numbers and _is_category(table, at)]
    if not numbers:
        return None
    measures = _on_one_scale(table, numbers)
    if times:
        return _over_time(table, title, times[0], measures, words)
    if not words:
        return None
    x = max(words, key=lambda at: len(_distinct(table, at)))
    others = [at for at in words if at != x]
    if len(table.rows) > (MOST_POINTS if by_force else MOST_BARS):
        return None
    if len(_distinct(table, x)) == len(table.rows):
        return Chart("bar", title, x, measures)
    series = next((at for at in others if len(_distinct(table, at)) <= MOST_LINES), None)
    if series is None or len({(row[x], row[series]) for row in table.rows}) < len(table.rows):
        return None
    return Chart("bar", title, x, measures[:1], series)


def _over_time(table: ResultTable, title: str, x: int, measures: tuple[int, ...], words: Sequence[int]) -> Chart | None:
    moments = _distinct(table, x)
    if len(moments) == len(table.rows):
        kind: Kind = "line" if len(moments) > 2 else "bar"
        return Chart(kind, title, x, measures, is_time=True)
    series = next((at for at in words if len(_distinct(table, at)) <= MOST_LINES), None)
    if series is None or len({(row[x], row[series]) for row in table.rows}) < len(table.rows):
        return None
    return Chart("line" if len(moments) > 2 else "bar", title, x, measures[:1], series, is_time=True)


def _values(table: ResultTable, at: int) -> list[Any]:
    return [row[at] for row in table.rows if row[at] is not None]


def _distinct(table: ResultTable, at: int) -> set[Any]:
    return {row[at] for row in table.rows}


def _is_time(table: ResultTable, at: int) -> bool:
    values = _values(table, at)
    if not values or len(values) < len(table.rows):
        return False
    if all(isinstance(value, date) for value in values):
        return True
    named = _TIME_NAME.search(table.columns[at]) is not None
    if all(isinstance(value, str) and _TIME_TEXT.fullmatch(value) for value in values):
        return named or all(len(value) > 4 for value in values)
    return named and all(type(value) is int and 0 < value < 3000 for value in values)


def _is_measure(table: ResultTable, at: int) -> bool:
    values = _values(table, at)
    numbers = all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in values)
    return bool(values) and numbers and not _KEY.search(table.columns[at]) and all(map(math.isfinite, values))


def _is_category(table: ResultTable, at: int) -> bool:
    return bool(_values(table, at)) and all(isinstance(row[at], str | int | None) for row in table.rows)


def _on_one_scale(table: ResultTable, numbers: Sequence[int]) -> tuple[int, ...]:
    """The first measure, and those that can be read on its axis."""
    largest = {at: max(abs(float(value)) for value in _values(table, at)) for at in numbers}
    first = largest[numbers[0]] or 1.0
    near = [at for at in numbers if largest[at] and first / _SAME_SCALE < largest[at] < first * _SAME_SCALE]
    return tuple(dict.fromkeys([numbers[0], *near]))[:MOST_MEASURES]


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case None | bool() | int() | float():
            return value
    return one_line(str(value), 60)


def _quoted(name: str) -> str:
    """A name as a string of Vega's expression language."""
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
