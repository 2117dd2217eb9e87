"""A chart in a terminal: lines by plotext, bars by rich."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import plotext
from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.charts import Chart
from agent.terminal import as_text, one_line
from tools.result_table import ResultTable

_HEIGHT = 14
_LABEL = 30
_TICKS_EVERY = 14  # columns that a label of the x axis needs
_COLOURS = ("blue", "green", "yellow", "magenta", "cyan", "red", "white", "black")


def drawn(chart: Chart, table: ResultTable, width: int) -> RenderableType:
    """The chart in so many columns, its title and what each colour stands for above it."""
    names, series = zip(*_series(chart, table), strict=True)
    heading = [Text(one_line(chart.title, width), style="bold")]
    if len(names) > 1:
        heading.append(Text("   ").join(Text(f"■ {name}", style=_rich(at)) for at, name in enumerate(names)))
    else:
        heading.append(Text(names[0], style="dim"))
    return Group(*heading, _lines(chart, table, series, width) if chart.kind == "line" else _bars(series, width))


def _series(chart: Chart, table: ResultTable) -> Iterator[tuple[str, dict[str, float]]]:
    """Each line, or each colour of bars: its name and the number at each label."""
    if chart.series is None:
        for measure in chart.measures:
            points = {_label(row[chart.x]): row[measure] for row in table.rows}
            yield one_line(table.columns[measure], _LABEL), _numbers(points)
        return
    measure = chart.measures[0]
    for name in dict.fromkeys(row[chart.series] for row in table.rows):
        points = {_label(row[chart.x]): row[measure] for row in table.rows if row[chart.series] == name}
        yield _label(name), _numbers(points)


def _numbers(points: dict[str, Any]) -> dict[str, float]:
    return {label: float(value) for label, value in points.items() if value is not None}


def _label(value: Any) -> str:
    return one_line(as_text(value).removesuffix(" 00:00:00"), _LABEL)


def _lines(chart: Chart, table: ResultTable, series: tuple[dict[str, float], ...], width: int) -> Text:
    labels = list(dict.fromkeys(_label(row[chart.x]) for row in sorted(table.rows, key=lambda row: str(row[chart.x]))))
    at = {label: place for place, label in enumerate(labels)}
    figure = plotext.figure
    figure.clear()
    figure.theme("simple")
    figure.plot_size(width, _HEIGHT)
    for number, points in enumerate(series):
        along = sorted(points, key=at.__getitem__)
        marker = plotext.marker("braille", f"{_COLOURS[number % len(_COLOURS)]}+")
        figure.draw(
            figure.signal([at[label] for label in along], [points[label] for label in along], marker=marker).lines(True)
        )
    step = max(1, -(-len(labels) * _TICKS_EVERY // width))
    shown = list(range(0, len(labels), step))
    figure.ruler("x").ticks(shown, [labels[place] for place in shown])
    every = [value for points in series for value in points.values()]
    low, high = min(every), max(every)
    ticks = [low + (high - low) * part / 4 for part in range(5)] if high > low else [low]
    figure.ruler("y").ticks(ticks, [_short(value) for value in ticks])
    return Text.from_ansi(str(figure.build()).rstrip(), no_wrap=True)


def _bars(series: tuple[dict[str, float], ...], width: int) -> Table:
    values = [value for points in series for value in points.values()] or [0.0]
    low, high = min(0.0, *values), max(0.0, *values)
    size = high - low or 1.0
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(width=max(10, width - _LABEL - 16))
    grid.add_column(justify="right", no_wrap=True)
    for label in dict.fromkeys(label for points in series for label in points):
        for number, points in enumerate(series):
            if label not in points:
                continue
            value = points[label]
            begin, end = sorted((-low, value - low))
            bar = Bar(size, begin, end, color=_rich(number))
            grid.add_row(Text(label if points is series[0] or len(series) == 1 else ""), bar, Text(_short(value)))
    return grid


def _rich(number: int) -> str:
    return f"bright_{_COLOURS[number % len(_COLOURS)]}"


def _short(value: float) -> str:
    """1,234 or 1.23M: what fits beside a bar."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"
