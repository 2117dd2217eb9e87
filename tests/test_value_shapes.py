"""Dates, times and numbers recognised by how they are written."""

from __future__ import annotations

import pytest

from tools.value_shapes import epoch_date, shape


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("d", ["2026-11-24", "2026-01-02"], "text as YYYY-MM-DD"),
        ("d", ["2026/11/24"], "text as YYYY/MM/DD"),
        ("d", ["20261124", "20260229"], ""),
        ("d", ["20261124", "20240229"], "text as YYYYMMDD"),
        ("d", ["24.11.2026", "2.1.2026"], "text as DD.MM.YYYY"),
        ("d", ["11/24/2026", "1/2/2026"], "text as MM/DD/YYYY"),
        ("d", ["11/10/2026"], "text as DD/MM/YYYY or MM/DD/YYYY"),
        ("d", ["2026-11-24 08:01:02"], "text as YYYY-MM-DD HH:MM:SS"),
        ("d", ["2026-11-24T08:01:02.5+08:00"], "text as YYYY-MM-DDTHH:MM:SS.fZ"),
        ("d", ["2026-11-24", "2026-11-24 08:01"], "text as YYYY-MM-DD, some with a time"),
        ("d", ["2026年11月24日"], "text as YYYY年MM月DD日"),
        ("d", ["2026年11月"], "text as YYYY年MM月"),
        ("d", ["2026-11", "2025-01"], "text as YYYY-MM"),
        ("month", [202611, 202601], "number as YYYYMM"),
        ("population", [202611, 202601], ""),
        ("month", ["202613"], ""),
        ("opens", ["08:00", "17:30"], "text as HH:MM"),
        ("opens", ["08:00:00", "17:30:00"], "text as HH:MM:SS"),
        ("created_at", [1_700_000_000, 1_710_000_000], "epoch seconds"),
        ("createdAt", [1_700_000_000_000], "epoch milliseconds"),
        ("inhabitants", [1_700_000_000], ""),
        ("created_at", [12, 1_700_000_000], ""),
        ("price", ["1", "2.5", "-3", "40", "0.5"], "numbers as text"),
        ("zip", ["01234", "2", "3", "4", "5"], ""),
        ("grade", ["1", "2"], ""),
        ("d", ["2026-11-24", "tomorrow"], ""),
        ("d", ["2026-11-24", "2026/11/24"], ""),
        ("d", ["99.99.2026"], ""),
        ("ip", ["10.0.0.1"], ""),
        ("version", ["1.2.3"], ""),
        ("d", [], ""),
        ("flag", [True, False], ""),
        ("x", [1.5, None], ""),
        ("d", ["²²²²²²²²", "１２３４５６７８"], ""),
    ],
)
def test_a_shape_is_told_only_when_every_value_fits_it(name: str, values: list[object], said: str) -> None:
    assert shape(name, values) == said


def test_the_day_of_an_epoch_is_told_in_its_unit() -> None:
    assert epoch_date("epoch seconds", 1_700_000_000) == "2023-11-14"
    assert epoch_date("epoch milliseconds", 1_700_000_000_000) == "2023-11-14"
    assert epoch_date("number as YYYYMMDD", 20261124) == ""
    assert epoch_date("epoch seconds", None) == ""
