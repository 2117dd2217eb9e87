"""Stored values found by words, whatever their case, width or accents."""

from __future__ import annotations

import pytest

from tools.metadata import FieldMeta, TableMeta
from tools.value_index import VALUES_A_FIELD, ValueIndex

CITY = FieldMeta("city", "VARCHAR")
PLACES = TableMeta("geo", "places", (CITY,))


def holding(*values: object) -> ValueIndex:
    index = ValueIndex()
    index.add(PLACES, CITY, values)
    return index


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("schools in alameda county", "Alameda County"),
        ("销量 北京 上个月", "北京"),
        ("上个月北京的销售额是多少", "北京"),
        ("高雄的客户", "高雄"),
        ("广东有多少客户", "廣東"),
        ("臺灣的销量", "台湾"),
        ("acme inc", "ACME Inc."),
        ("ACME", "ACME Inc."),
        ("orders from Zurich", "Zürich"),
        ("ＭÜNCHEN", "München"),
        ("customers in CA", "CA"),
        ("the song 'Badlands'", "Badlands"),
        ("Steven Spielberg's films", "Steven Spielberg"),
        ("order C010407", "C010407"),
        ("books", "Book"),
    ],
)
def test_a_value_is_found_in_its_stored_spelling(asked: str, stored: str) -> None:
    index = holding("Somewhere Else", "上海", stored, "NV", "unrelated words")
    assert [hit.value for hit in index.search(asked)] == [stored]


@pytest.mark.parametrize("asked", ["", "what is in the list or on it", "de", "zzz", "\0", "%", "x" * 50_000])
def test_words_that_name_no_value_find_none(asked: str) -> None:
    assert holding("IN", "OR", "On", "a long name that shares nothing").search(asked) == ()


def test_what_is_no_short_text_is_not_kept() -> None:
    assert holding(1, None, b"bytes", "", "word " * 100, 1.5).search("word bytes 1") == ()


def test_the_value_named_in_full_comes_before_one_named_in_part() -> None:
    found = holding("New York City", "New York").search("how many stores are in New York")
    assert (found[0].value, found[0].covered) == ("New York", 1.0)


def test_a_field_with_too_many_values_is_searched_in_part_and_says_so() -> None:
    index = ValueIndex()
    asked_for = []

    def distinct_values(table: TableMeta, field: FieldMeta, limit: int) -> tuple[tuple[object, ...], bool]:
        asked_for.append((table.name, field.name, limit))
        return ("Berlin",), field.name == "city"

    many = TableMeta("geo", "many", (FieldMeta("note", "TEXT"), FieldMeta("n", "INTEGER")), row_estimate=9)
    view = TableMeta("geo", "seen", (CITY,), kind="view")
    assert not index.complete
    index.fill((many, PLACES, view), distinct_values)
    assert index.complete
    assert asked_for == [("places", "city", VALUES_A_FIELD), ("many", "note", VALUES_A_FIELD)]
    assert index.only_partly(many, many.fields[0])
    assert not index.only_partly(PLACES, CITY)
    assert index.all_of(PLACES, CITY) == ("Berlin",)
    assert index.all_of(many, many.fields[0]) is None


def test_filling_stops_when_its_time_is_up() -> None:
    index = ValueIndex()
    index.fill((PLACES,), lambda *_: (("Berlin",), True), seconds=-1)
    assert not index.complete
    assert index.search("Berlin") == ()
