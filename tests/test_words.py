"""Text into terms: what two spellings of one thing have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.words import folded, pieces, root, stem, terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("customerID_2", ["customer", "id", "2"]),
        ("HTTPServerError", ["http", "server", "error"]),
        ("ORDER_ITEMS", ["order", "items"]),
        ("the order's number", ["the", "order", "number"]),
        ("Straße Zürich", ["strasse", "zurich"]),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("订单金额", ["订单", "单金", "金额"]),
        ("客户ID", ["客户", "id"]),
        ("人", ["人"]),
        ("заказы2024", ["заказы", "2024"]),
        ("", []),
        ("--- ;;; ???", []),
    ],
)
def test_identifiers_and_texts_are_cut_into_words(text: str, words: list[str]) -> None:
    assert list(pieces(text)) == words


@pytest.mark.parametrize(
    "spellings",
    [
        ("city", "cities"),
        ("movie", "movies"),
        ("order", "orders", "ordered"),
        ("ship", "ships", "shipped", "shipping"),
        ("price", "prices"),
        ("rate", "rates", "rated", "rating"),
        ("box", "boxes"),
        ("person", "people"),
        ("status", "statuses"),
        ("company", "companies"),
        ("sell", "sold"),
    ],
)
def test_the_forms_of_one_word_share_a_stem(spellings: tuple[str, ...]) -> None:
    assert len({stem(each) for each in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("sale", "sal"), ("port", "part"), ("bus", "bu")])
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    "family",
    [
        ("manufacturer", "manufacture", "manufactures"),
        ("employ", "employee", "employment"),
        ("perform", "performance"),
    ],
)
def test_words_of_one_family_share_a_root(family: tuple[str, ...]) -> None:
    assert len({root(stem(each)) for each in family}) == 1


def test_case_width_and_accents_fold_away() -> None:
    assert folded("  ＡＣＭＥ  Ínc ") == folded("acme inc") == "acme inc"


@given(st.text(max_size=200))
def test_any_text_has_terms_that_are_words(text: str) -> None:
    assert all(term and not term.isspace() for term in terms(text))
