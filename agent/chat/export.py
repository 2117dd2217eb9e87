"""An answer as a file: its rows as CSV, JSON, Excel or Parquet, its chart as HTML, SVG or PNG."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent.answer import Answer
from agent.charts import chart_of
from agent.errors import ExportRefused
from agent.terminal import as_text, write_csv
from tools.result_table import ResultTable, unique_names

_ROWS_AT_ONCE = 200
_MOST_CHARACTERS = 32_767  # of a cell in Excel
_EXACT = 10**15  # a number in Excel has fifteen digits


def export(answer: Answer, path: Path) -> None:
    """Write the rows that were fetched, or the chart that shows them; the ending of the name says in which form.

    Raises ExportRefused for an ending it does not know, for what there is not, and for a library that is missing;
    OSError.
    """
    ending = path.suffix.lower()
    if ending in _CHARTS:
        _chart(answer, path)
    elif (write := _ROWS.get(ending)) is not None:
        if answer.table is None:
            raise ExportRefused("The last answer rests on no query, so it has no rows.")
        write(answer.table, path)
    else:
        raise ExportRefused(f"{path.name} does not say in which form. End it with {', '.join([*_ROWS, *_CHARTS])}.")


def _csv(table: ResultTable, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        write_csv(table, out)


def _json(table: ResultTable, path: Path) -> None:
    shown = table.as_json()
    rows = [dict(zip(unique_names(table.columns), row, strict=True)) for row in shown["rows"]]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _excel(table: ResultTable, path: Path) -> None:
    try:
        import xlsxwriter
    except ImportError:
        raise ExportRefused("Excel files need a library. Install it with: pip install 'dbagent[excel]'") from None
    with path.open("wb") as out:
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        sheet = book.add_worksheet("rows")
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name[:_MOST_CHARACTERS], bold)
        for row, values in enumerate(table.rows, 1):
            for column, value in enumerate(values):
                match value:
                    case None:
                        pass
                    case bool():
                        sheet.write_boolean(row, column, value)
                    case int() | float() | Decimal() if _fits_excel(value):
                        sheet.write_number(row, column, value)
                    case datetime.datetime() if value.tzinfo is None and value.year >= 1900:
                        sheet.write_datetime(row, column, value, moment)
                    case datetime.date() if not isinstance(value, datetime.datetime) and value.year >= 1900:
                        sheet.write_datetime(row, column, value, day)
                    case _:  # as a string, which Excel takes neither for a formula nor for a link
                        sheet.write_string(row, column, as_text(value)[:_MOST_CHARACTERS])
        sheet.freeze_panes(1, 0)
        book.close()


def _fits_excel(number: float | Decimal) -> bool:
    if not math.isfinite(number):
        return False
    if isinstance(number, Decimal):
        return len(number.normalize().as_tuple().digits) <= 15
    return isinstance(number, float) or abs(number) < _EXACT


def _parquet(table: ResultTable, path: Path) -> None:
    import duckdb

    names = [_quoted(name) for name in unique_names(table.columns)]
    kinds = [_duckdb_type([row[at] for row in table.rows]) for at in range(len(names))]
    with contextlib.closing(duckdb.connect(":memory:")) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
        connection.execute(f"CREATE TABLE rows ({columns})")
        fits = [kind != "VARCHAR" for kind in kinds]
        for start in range(0, len(table.rows), _ROWS_AT_ONCE):
            some = table.rows[start : start + _ROWS_AT_ONCE]
            marks = ", ".join(["(" + ", ".join("?" * len(names)) + ")"] * len(some))
            values = [_as_is(value, fit) for row in some for value, fit in zip(row, fits, strict=True)]
            connection.execute(f"INSERT INTO rows VALUES {marks}", values)
        target = str(path).replace("'", "''")
        try:
            connection.execute(f"COPY rows TO '{target}' (FORMAT parquet)")
        except duckdb.IOException as error:
            raise OSError(str(error).split("\n")[0]) from None


def _as_is(value: Any, fits: bool) -> Any:
    return value if fits or value is None or isinstance(value, str) else as_text(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _duckdb_type(values: Sequence[Any]) -> str:
    """The type that all values of a column have; text where they have several, or one that Parquet lacks."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} and all(abs(value) < 2**63 for value in values if value is not None):
        return "BIGINT" if kinds else "VARCHAR"
    if kinds == {Decimal}:
        return _decimal_type([value for value in values if value is not None])
    if kinds <= {int, float} and kinds:
        return "DOUBLE"
    if kinds == {datetime.datetime}:
        aware = {value.tzinfo is not None for value in values if value is not None}
        return {frozenset({True}): "TIMESTAMPTZ", frozenset({False}): "TIMESTAMP"}.get(frozenset(aware), "VARCHAR")
    return _PARQUET.get(next(iter(kinds)), "VARCHAR") if len(kinds) == 1 else "VARCHAR"


_PARQUET: Mapping[type, str] = {
    bool: "BOOLEAN",
    datetime.date: "DATE",
    datetime.time: "TIME",
    bytes: "BLOB",
}


def _decimal_type(values: Sequence[Decimal]) -> str:
    if not all(value.is_finite() for value in values):
        return "VARCHAR"
    scale = max(max(0, -int(value.as_tuple().exponent)) for value in values)
    whole = max(max(1, value.adjusted() + 1) for value in values)
    return f"DECIMAL({whole + scale}, {scale})" if whole + scale <= 38 else "VARCHAR"


_ROWS: Mapping[str, Callable[[ResultTable, Path], None]] = {
    ".csv": _csv,
    ".json": _json,
    ".xlsx": _excel,
    ".parquet": _parquet,
}
_CHARTS = (".html", ".svg", ".png")
_LESS = "\ue000"  # stands for < while the page is made, which does not escape what is in a script


def _chart(answer: Answer, path: Path) -> None:
    try:
        import vl_convert
    except ImportError:
        raise ExportRefused("Charts as files need a library. Install it with: pip install 'dbagent[charts]'") from None
    chart = chart_of(answer.question, answer.table)
    if chart is None or answer.table is None:
        raise ExportRefused("No chart helps to read the last answer, so there is none to write.")
    specification = json.dumps(chart.specification(answer.table))
    match path.suffix.lower():
        case ".svg":
            path.write_text(vl_convert.vegalite_to_svg(specification), encoding="utf-8")
        case ".png":
            path.write_bytes(vl_convert.vegalite_to_png(specification, scale=2))
        case _:
            path.write_text(chart_page(chart.specification(answer.table)), encoding="utf-8")


def chart_page(specification: Mapping[str, Any], *, whole: bool = True) -> str:
    """The chart as a page: with all that it needs when `whole`, so that it asks no network; else it fetches Vega."""
    import vl_convert

    marked = json.dumps(specification, ensure_ascii=False).replace("<", _LESS)
    page: str = vl_convert.vegalite_to_html(marked, bundle=whole)
    return page.replace(_LESS, "\\u003c")
