"""Which chart shows a result, and that none does where none helps."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from agent import calls
from agent.charts import Chart, chart_of, forced
from agent.chat.drawing import drawn
from tests.conftest import AgentWith
from tools.result_table import ResultTable

COUNTED = "SELECT … GROUP BY 1"


def table(columns: str, *rows: tuple[Any, ...], sql: str = COUNTED) -> ResultTable:
    return ResultTable(sql=sql, columns=tuple(columns.split()), rows=rows)


MONTHS = [date(2026, month, 1) for month in range(1, 7)]
BY_MONTH = table("month total", *((month, Decimal(month.month)) for month in MONTHS))
BY_MONTH_AND_CITY = table("month city total", *((m, c, 1.5) for m in MONTHS for c in ("Berlin", "北京")))
BY_CITY = table("city total", ("Berlin", 3), ("北京", 5), (None, 1))
CASES = {
    "a number over time is a line": (BY_MONTH, ("line", 0, (1,), None)),
    "a number over time by city is a line a city": (BY_MONTH_AND_CITY, ("line", 0, (2,), 1)),
    "two moments are bars": (table("year n", (2025, 1), (2026, 2)), ("bar", 0, (1,), None)),
    "years are times and no amounts": (table("year n", (2024, 9), (2025, 1), (2026, 2)), ("line", 0, (1,), None)),
    "months as text are times": (table("m n", ("2026-01", 1), ("2026-02", 2), ("2026-03", 3)), ("line", 0, (1,), None)),
    "quarters as text too": (table("q n", ("2026-Q1", 1), ("2026-Q2", 2), ("2026-Q3", 3)), ("line", 0, (1,), None)),
    "a number for each of some names is bars": (BY_CITY, ("bar", 0, (1,), None)),
    "by two names, bars in colours": (
        table("city status n", *((c, s, 1) for c in ("a", "b", "c") for s in ("x", "y"))),
        ("bar", 0, (2,), 1),
    ),
    "measures of one scale share the axis": (
        table("city net gross", ("a", 10, 12), ("b", 20, 24)),
        ("bar", 0, (1, 2), None),
    ),
    "measures of another scale do not": (table("city total n", ("a", 9e6, 1), ("b", 8e6, 2)), ("bar", 0, (1,), None)),
    "keys are no amounts": (table("name customer_id n", ("a", 7, 1), ("b", 8, 2)), ("bar", 0, (2,), None)),
    "one figure needs none": (table("n", (5,)), None),
    "one row needs none": (table("city n", ("a", 5)), None),
    "names alone have none": (table("name city", ("a", "b"), ("c", "d")), None),
    "more bars than can be read": (table("name n", *((f"n{n}", n) for n in range(41))), None),
    "rows that repeat a name": (table("name n", ("a", 1), ("a", 2), ("b", 3)), None),
    "numbers that are none": (table("name n", ("a", float("nan")), ("b", 2.0)), None),
    "no rows": (table("name n"), None),
    "a list of things with their properties": (table("name price", ("a", 1), ("b", 2), sql="SELECT name, price"), None),
}


def parts(chart: Chart | None) -> tuple[Any, ...] | None:
    return chart and (chart.kind, chart.x, chart.measures, chart.series)


@pytest.mark.parametrize("case", CASES)
def test_the_chart_fits_the_result(case: str) -> None:
    rows, expected = CASES[case]
    assert parts(chart_of("…", rows)) == expected


def test_who_asks_for_a_chart_of_a_list_gets_it_and_who_wants_none_does_not() -> None:
    prices = table("name price", ("a", 1), ("b", 2), sql="SELECT name, price FROM products")
    assert parts(chart_of("plot the prices", prices)) == ("bar", 0, (1,), None)
    assert parts(chart_of("画个图", prices)) == ("bar", 0, (1,), None)
    assert chart_of("by city, without a chart", BY_CITY) is None


def test_a_kind_can_be_had_by_force() -> None:
    assert parts(forced("bar", "…", BY_MONTH)) == ("bar", 0, (1,), None)
    assert parts(forced("line", "…", BY_CITY)) == ("line", 0, (1,), None)
    assert forced("bar", "…", table("a b", ("x", "y"), ("z", "w"))) is None


def test_the_specification_is_vega_lite_and_holds_the_rows() -> None:
    chart = chart_of("totals by month", BY_MONTH)
    assert chart is not None
    assert chart.specification(BY_MONTH) == {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": "totals by month",
        "data": {"values": [{"c0": month.isoformat(), "c1": float(month.month)} for month in MONTHS]},
        "mark": {"type": "line", "tooltip": True, "point": True},
        "encoding": {
            "x": {"field": "c0", "type": "temporal", "title": "month"},
            "y": {"field": "c1", "type": "quantitative", "title": "total"},
        },
    }


@pytest.mark.parametrize("case", [name for name, (_, expected) in CASES.items() if expected])
def test_every_specification_is_one_that_vega_draws(case: str) -> None:
    vl_convert = pytest.importorskip("vl_convert")
    rows = CASES[case][0]
    chart = chart_of("it's \\ a 'title'", rows)
    assert chart is not None
    assert vl_convert.vegalite_to_vega(json.dumps(chart.specification(rows)))["marks"]


def text_of(chart: Chart | None, rows: ResultTable, width: int = 60) -> list[str]:
    assert chart is not None
    out = io.StringIO()
    Console(width=width, file=out).print(drawn(chart, rows, width))
    return out.getvalue().splitlines()


def test_bars_in_a_terminal_are_as_long_as_their_numbers_and_start_in_one_column() -> None:
    lines = text_of(chart_of("by city", BY_CITY), BY_CITY)
    assert lines[:2] == ["by city", "total"]
    full = [line.count("█") for line in lines[2:]]
    assert [line.split()[0] for line in lines[2:]] == ["Berlin", "北京", "NULL"]
    assert full[0] == pytest.approx(full[1] * 3 / 5, abs=1)
    assert full[2] == pytest.approx(full[1] / 5, abs=1)
    assert lines[2].index("█") == lines[3].index("█") + 2, "two characters that are four columns wide"


def test_bars_below_zero_go_the_other_way() -> None:
    rows = table("city n", ("a", -5), ("b", 10))
    loss, gain = text_of(chart_of("…", rows), rows)[2:]
    assert loss.rstrip().endswith("-5")
    assert loss.rindex("█") < gain.index("█") + 1


def test_lines_in_a_terminal_name_their_colours_and_their_times() -> None:
    lines = text_of(chart_of("by month", BY_MONTH_AND_CITY), BY_MONTH_AND_CITY, 90)
    assert lines[1] == "■ Berlin   ■ 北京"
    assert "2026-01-01" in lines[-1]
    by_month = text_of(chart_of("by month", BY_MONTH), BY_MONTH, 90)
    assert any("⠤" in line or "⠒" in line or "⠉" in line for line in by_month)


def test_moments_and_names_from_the_data_do_nothing_to_the_terminal() -> None:
    rows = table("city n", ("\x1b[2Jx", 1), ("y\n" * 50, 2), (datetime(2026, 1, 1), 3))
    assert chart_of("…", rows) is None, "names and times mixed are neither"
    rows = table("city n", ("\x1b[2Jx", 1), ("y\n" * 50, 2))
    assert all("\x1b" not in line and len(line) <= 60 for line in text_of(chart_of("\x1b[2J", rows), rows))


def test_an_answer_has_its_chart_and_its_json_has_it_without_the_rows(agent_with: AgentWith) -> None:
    by_status = "SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status"
    agent = agent_with(calls("execute_sql", sql=by_status), "3 and 1.", "Hello.")
    answer = agent.ask_sync("Orders by status?")
    assert answer.chart is not None
    assert answer.chart["data"] == {"values": [{"c0": "paid", "c1": 3}, {"c0": "returned", "c1": 1}]}
    assert answer.as_json()["chart"] == {**answer.chart, "data": {"name": "table"}}
    assert agent.ask_sync("hello").as_json()["chart"] is None
