"""How a result reads in a prompt and in JSON: exact, bounded, and open about what it leaves out."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.result_table import MODEL_CHARACTERS, ResultTable


def table(*rows: tuple[Any, ...], columns: tuple[str, ...] = (), more: bool = False, **others: Any) -> ResultTable:
    names = columns or tuple(f"c{i}" for i in range(len(rows[0]) if rows else 1))
    return ResultTable("SELECT 1", names, rows, more=more, **others)


def test_a_small_result_is_whole() -> None:
    small = table((1, "paid", None), (2, "", Decimal("1.50")), columns=("id", "status", "total"))
    assert small.for_model() == (
        "2 rows\n| id | status | total |\n|---|---|---|\n| 1 | paid | NULL |\n| 2 | '' | 1.50 |"
    )


def test_one_row_is_one_row() -> None:
    assert table((7,)).for_model().startswith("1 row\n")


def test_no_rows_say_what_to_check_next() -> None:
    text = table(columns=("city", "n")).for_model()
    assert text.startswith("0 rows\n| city | n |")
    assert "search_metadata" in text


def test_a_preview_says_so_and_gives_figures_over_what_was_fetched() -> None:
    text = table(*((i, Decimal("0.10"), None if i % 2 else "x") for i in range(1000)), more=True).for_model()
    lines = text.splitlines()
    assert lines[0] == "the first 50 of 1000 rows fetched; the database has more. This is a preview."
    assert "Over the fetched rows, not all that there are (1000):" in lines
    assert "- c0: 1000 distinct, 0 NULL, min 0, max 999, sum 499500" in lines
    assert "- c1: 1 distinct, 0 NULL, min 0.10, max 0.10, sum 100.00" in lines
    assert "- c2: 1 distinct, 500 NULL, min x, max x" in lines


def test_a_preview_of_all_there_is_does_not_speak_of_more() -> None:
    text = table(*((i,) for i in range(2000))).for_model()
    assert text.startswith("the first 50 of 2000 rows fetched. This is a preview.\n")
    assert "Over all rows (2000):" in text


def test_few_rows_of_many_are_a_preview_too() -> None:
    text = table((1,), (2,), more=True).for_model()
    assert text.startswith("the first 2 rows; the database has more. This is a preview.\n")
    assert "- c0: 2 distinct, 0 NULL, min 1, max 2, sum 3" in text


def test_three_hundred_columns_fit_and_those_left_out_are_named() -> None:
    wide = table(*(tuple(range(300)) for _ in range(50)), columns=tuple(f"measure_{i}" for i in range(300)))
    text = wide.for_model()
    assert len(text) <= MODEL_CHARACTERS + 200
    assert "Columns not shown:" in text
    assert " of 300;" in text


def test_a_cell_stays_on_its_line_and_in_its_column() -> None:
    text = table(("a|b\nc\td\u202e\x1b[31m",)).for_model()
    assert text.splitlines()[-1] == "| a\\|b\\nc\\td\\u202e\\u001b[31m |"


def test_a_long_cell_is_cut_and_says_by_how_much() -> None:
    assert table(("x" * 1000,)).for_model().splitlines()[-1] == f"| {'x' * 200}… (+800 characters) |"


def test_null_is_not_the_text_null() -> None:
    assert table((None, "NULL")).for_model().splitlines()[-1] == "| NULL | 'NULL' |"


def test_notes_stand_at_the_end() -> None:
    assert table((1,), notes=("Values were cut.",)).for_model().endswith("\nValues were cut.")


def test_figures_of_values_that_cannot_be_compared_are_left_out() -> None:
    text = table((1, [1], float("nan")), ("a", [2], 1.0), more=True).for_model()
    assert "- c0: 2 distinct, 0 NULL, of several types" in text
    assert "- c1: 2 distinct, 0 NULL\n" in text
    assert "- c2: 2 distinct, 0 NULL, min 1.0, max 1.0, sum NaN" in text


@pytest.mark.parametrize(
    ("value", "in_json", "in_prompt"),
    [
        (None, None, "NULL"),
        (True, True, "true"),
        (2**53, 2**53, "9007199254740992"),
        (2**53 + 1, "9007199254740993", "9007199254740993"),
        (-(2**53) - 1, "-9007199254740993", "-9007199254740993"),
        (0.1, 0.1, "0.1"),
        (float("nan"), "NaN", "NaN"),
        (float("-inf"), "-Infinity", "-Infinity"),
        (Decimal("10.50"), "10.50", "10.50"),
        (Decimal("1E+3"), "1000", "1000"),
        (Decimal("NaN"), "NaN", "NaN"),
        (Decimal("-Infinity"), "-Infinity", "-Infinity"),
        (datetime.date(2026, 2, 28), "2026-02-28", "2026-02-28"),
        (datetime.datetime(2026, 2, 28, 1, 2), "2026-02-28T01:02:00", "2026-02-28 01:02:00"),
        (
            datetime.datetime(2026, 2, 28, 1, 2, tzinfo=datetime.UTC),
            "2026-02-28T01:02:00+00:00",
            "2026-02-28 01:02:00+00:00",
        ),
        (datetime.time(1, 2, 3), "01:02:03", "01:02:03"),
        (datetime.timedelta(days=3, hours=4, seconds=6.5), "P3DT4H6.5S", "3 days 04:00:06.5"),
        (datetime.timedelta(hours=-26), "-P1DT2H", "-1 day -02:00:00"),
        (datetime.timedelta(0), "PT0S", "00:00:00"),
        (
            b"ab",
            {"bytes": 2, "sha256": "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"},
            "<2 bytes>",
        ),
        (UUID(int=42), "00000000-0000-0000-0000-00000000002a", "00000000-0000-0000-0000-00000000002a"),
        ([1, None, Decimal("1.0")], [1, None, "1.0"], '[1, null, "1.0"]'),
        ({"三": {1: b""}}, None, None),
    ],
)
def test_every_value_is_exact_in_json_and_readable_in_a_prompt(value: Any, in_json: Any, in_prompt: Any) -> None:
    one = table((value,))
    got = one.as_json()["rows"][0][0]
    json.dumps(got, allow_nan=False)
    if in_prompt is not None:
        assert got == in_json
        assert one.for_model().splitlines()[-1] == f"| {in_prompt} |"


def test_json_has_the_columns_apart_though_their_names_repeat() -> None:
    both = ResultTable("SELECT 1 AS a, 2 AS a", ("a", "a"), ((1, 2),), types=("INTEGER", "INTEGER"), more=True)
    assert both.as_json() == {
        "columns": ["a", "a"],
        "types": ["INTEGER", "INTEGER"],
        "rows": [[1, 2]],
        "row_count": 1,
        "more": True,
        "notes": [],
        "warnings": [],
    }


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(st.characters()),  # also halves of surrogate pairs
        st.binary(max_size=20),
        st.datetimes(timezones=st.none() | st.timezones()),
        st.timedeltas(),
        st.uuids(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[VALUES] * n), min_size=1, max_size=8)),
    st.booleans(),
)
def test_whatever_the_values_json_holds_them_and_the_prompt_stays_bounded(rows: list[Any], more: bool) -> None:
    any_table = table(*rows, more=more)
    assert json.loads(json.dumps(any_table.as_json(), allow_nan=False))["row_count"] == len(rows)
    json.dumps(any_table.as_json(), ensure_ascii=False).encode()
    text = any_table.for_model()
    text.encode()
    assert len(text) < MODEL_CHARACTERS * 2
    assert len([line for line in text.splitlines() if line.startswith("| ")]) <= len(rows) + 1
