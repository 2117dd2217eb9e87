"""Text into terms: what two spellings of one thing have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.metadata import DatabaseMeta, FieldMeta, SchemaMeta, TableMeta
from tools.metadata_index import MetadataIndex
from tools.words import folded, pieces, root, segmenter, stem, terms


@pytest.fixture(params=["with a segmenter", "without one"])
def segmented(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Whether Chinese is cut into words: as where the extra `zh` is installed, and as where it is not."""
    wanted = request.param == "with a segmenter"
    if wanted:
        pytest.importorskip("rjieba")
    else:
        monkeypatch.setitem(sys.modules, "rjieba", None)
    segmenter.cache_clear()
    yield wanted
    segmenter.cache_clear()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("customerID_2", ["customer", "id", "2"]),
        ("HTTPServerError", ["http", "server", "error"]),
        ("ORDER_ITEMS", ["order", "items"]),
        ("the order's number", ["the", "order", "number"]),
        ("Straße Zürich", ["strasse", "zurich"]),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("客户ID", ["客户", "id"]),
        ("人", ["人"]),
        ("заказы2024", ["заказы", "2024"]),
        ("", []),
        ("--- ;;; ???", []),
    ],
)
def test_identifiers_and_texts_are_cut_into_words(text: str, words: list[str]) -> None:
    assert list(pieces(text)) == words


def test_chinese_is_cut_into_pairs_and_before_them_into_words_where_there_is_a_segmenter(segmented: bool) -> None:
    assert list(pieces("订单金额")) == (["订单", "金额", "单金"] if segmented else ["订单", "单金", "金额"])
    assert ("每" in pieces("药品每天的用量")) is False
    assert ("图书馆" in pieces("市图书馆藏书")) is segmented


def test_chinese_questions_find_their_tables_with_a_segmenter_and_without(segmented: bool) -> None:
    def table(name: str, comment: str, *fields: str) -> TableMeta:
        return TableMeta("s", name, tuple(FieldMeta(each, "TEXT", comment=each) for each in fields), comment)

    tables = (
        table("a", "医生信息", "姓名", "职称"),
        table("b", "患者信息", "姓名", "医保卡号"),
        table("c", "图书馆藏书", "书名", "出版社"),
        table("d", "运单", "运费", "收件人"),
    )
    index = MetadataIndex(DatabaseMeta("duckdb", (SchemaMeta("s", tables),)))
    asked = ("各科大夫有几位", "有多少病人", "哪家出版社的书最多", "平均邮費是多少")
    assert [index.search(each)[0].table.name for each in asked] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("one", "other"), [("臺北市", "台北市"), ("廣東省", "广东省"), ("客戶訂單", "客户订单"), ("龍門", "龙门")]
)
def test_traditional_characters_are_the_simplified_ones_when_compared(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert list(pieces(one)) == list(pieces(other))


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
