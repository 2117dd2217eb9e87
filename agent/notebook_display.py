"""An answer as a notebook shows it: the text, the rows, the chart, the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from tools.result_table import ResultTable
from tools.text import one_line, visible

ROWS_SHOWN = 20
COLUMNS_SHOWN = 30
_CELL = 200
VEGA_LITE = "application/vnd.vegalite.v5+json"


def mime_bundle(
    text: str, sql: str | None, table: ResultTable | None, told: Sequence[str], chart: Any
) -> dict[str, Any]:
    """The forms of one answer by their MIME types; a notebook takes the richest that it knows.

    `told` are lines below the rows: warnings, times. Nothing of it is markup: what a model or a database wrote is
    escaped.
    """
    plain = [visible(text), *([visible(sql)] if sql else []), *map(visible, told)]
    page = [f'<p style="white-space: pre-wrap">{_text(text)}</p>']
    if table is not None and table.columns:
        plain.insert(1, visible(table.summary(ROWS_SHOWN, 6000)))
        page.append(_rows(table))
    page += [f"<p><small>{_text(each)}</small></p>" for each in told]
    if sql:
        page.append(f"<details><summary>SQL</summary><pre>{_text(sql)}</pre></details>")
    bundle: dict[str, Any] = {"text/plain": "\n\n".join(plain), "text/html": "\n".join(page)}
    if chart is not None:
        bundle[VEGA_LITE] = chart
    return bundle


def _text(text: str) -> str:
    return escape(visible(text))


def _rows(table: ResultTable) -> str:
    width = min(len(table.columns), COLUMNS_SHOWN)
    head = "".join(f"<th>{_text(one_line(name, _CELL))}</th>" for name in table.columns[:width])
    lines = []
    for row in table.rows[:ROWS_SHOWN]:
        cells = "".join(f"<td>{_cell(value)}</td>" for value in row[:width])
        lines.append(f"<tr>{cells}</tr>")
    left = [
        f"{len(table.rows) - ROWS_SHOWN:,} more rows" if len(table.rows) > ROWS_SHOWN else "",
        f"{len(table.columns) - width:,} more columns" if len(table.columns) > width else "",
    ]
    told = " and ".join(each for each in left if each)
    more = f"<p><small>… {told}; answer.table.df() has all that was fetched.</small></p>" if told else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if value is None:
        return "<i>NULL</i>"
    return _text(one_line(str(value), _CELL))
