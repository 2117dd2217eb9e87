"""What the offline model says of its own reading: what it left out, its filters, how it read, in which language."""

from __future__ import annotations

from typing import Any

import pytest

from agent.llm.offline.answer_text import Rows, answered, declined
from agent.llm.offline.conversation import next_message
from agent.llm.offline.languages import is_another_language
from agent.llm.offline.understanding import Understanding, understand
from tests.test_offline_newcomer import DDL, SCHEMA, TODAY, TOOLS, conversation


def read(question: str) -> Understanding:
    return understand(question, SCHEMA, "duckdb", TODAY)


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("How many bookings were refunded last month?", "refunded"),
        ("How many approved bookings are there?", "approved"),
        ("Show the names of clients that were inspected.", "inspected"),
        ("What is the average price of available rooms?", "available"),
        ("List the current clients.", "current"),
        ("List the other rooms.", "other"),
        ("What is the average total fee of the suites?", "suites"),
        ("How many bookings are overdue?", "overdue"),
        ("Which channel is used the most?", "most"),
    ],
)
def test_a_word_that_nothing_stored_explains_is_named_and_not_dropped(question: str, word: str) -> None:
    understood = read(question)
    assert understood.best is None, understood.best
    assert word in declined(question, understood)


@pytest.mark.parametrize(
    "question",
    [
        "How many bookings were placed last month?",
        "How many clients have made bookings?",
        "What is the price of each room?",
    ],
)
def test_words_that_only_join_what_they_stand_between_are_no_conditions(question: str) -> None:
    assert read(question).best is not None


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many bookings were placed last month?", "number of bookings: 7 (booked at 2026-10-01 to 2026-10-31)"),
        ("How many bookings are by web?", "number of bookings: 7 (channel = web)"),
        ("How many rooms have a price above 100?", "number of rooms: 7 (price > 100)"),
        ("上个月有多少预订?", "预订数：7（2026-10-01 至 2026-10-31）"),
        ("客户数", "客户数：7"),
    ],
)
def test_the_answer_says_its_figure_its_period_and_its_filter_in_the_askers_language(question: str, text: str) -> None:
    best = read(question).best
    assert best is not None
    assert answered(question, best, Rows(1, False, tuple(best.aliases), (("7",),))) == text


def test_rows_of_a_chinese_question_are_told_in_chinese() -> None:
    best = read("各地区的客户数量").best
    assert best is not None
    rows = Rows(2, False, ("area_name", "number_of_clients"), (("North", "3"), ("South", "1")))
    assert answered("各地区的客户数量", best, rows) == "共 2 行（地区、客户数）：North · 3；South · 1。"


@pytest.mark.parametrize(
    "question",
    [
        "Wie viele Kunden wohnen in Berlin?",
        "¿Cuántos clientes hay en Madrid?",
        "Combien de clients sont à Paris ?",
        "Сколько клиентов в Москве?",
        "顧客は何人いますか",
        "كم عدد العملاء؟",
        "고객이 몇 명입니까?",
    ],
)
def test_another_language_is_told_that_english_and_chinese_are_read(question: str) -> None:
    assert is_another_language(question)
    assert "English and Chinese only" in declined(question, read(question))


@pytest.mark.parametrize(
    "question",
    [
        "How many clients are in 'Köln'?",
        "List the clients in Москва by name.",
        "客户数",
        "der die das?" * 0 + "hi",
        "?!",
    ],
)
def test_english_and_chinese_are_not_taken_for_another_language(question: str) -> None:
    assert not is_another_language(question)


def test_the_query_comes_with_how_the_question_was_read() -> None:
    question = "How many bookings were placed last month?"
    replies: list[tuple[str, dict[str, Any], str]] = [
        ("search_metadata", {"words": question}, "bookings -- Bookings"),
        ("show_table", {"tables": ["bookings"]}, DDL),
    ]
    said = next_message(conversation(question, replies), TOOLS)
    assert said.calls[0][0] == "execute_sql"
    for step in (
        "asked for: number of bookings",
        "of: bookings",
        "where: booked at 2026-10-01",
        "confidence: ",
        "words: ",
    ):
        assert step in said.text
