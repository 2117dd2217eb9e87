"""The stages of the offline model by themselves: tools' texts read back, dates, words, Chinese put into order."""

from __future__ import annotations

from datetime import date

import pytest

from agent.llm.offline.answer_text import rows_told
from agent.llm.offline.chinese import in_english
from agent.llm.offline.dates import period_at
from agent.llm.offline.joins import JoinGraph
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Linker, likeness
from agent.llm.offline.schema_text import Schema, found_in, tables_of
from agent.llm.offline.understanding import understand
from agent.llm.offline.words import identifier_words, tokenise

DDL = """-- One row per order, also cancelled ones. ~120000 rows
CREATE TABLE public.orders (
  order_id INTEGER NOT NULL, -- the order's number
  status VARCHAR, -- state of the order; values: 'paid', 'it''s, odd', 'returned' (3 of 3)
  total DECIMAL(12,2), -- in EUR; values: 1.50, 22.10 (2 of 48211)
  customer_id INTEGER,
  "order" VARCHAR, -- values: 'a -- b' (1 of many)
  PRIMARY KEY (order_id),
  FOREIGN KEY (customer_id) REFERENCES public.customers (customer_id)
);
-- referenced by: public.order_items.order_id

-- Customers 客户. ~300 rows
CREATE TABLE public.customers (
  customer_id INTEGER NOT NULL,
  customer_name VARCHAR, -- Name 名称
  city VARCHAR, -- City 城市; values: 'Berlin', '北京' (2 of 2)
  joined_on DATE,
  PRIMARY KEY (customer_id)
);
"""
TODAY = date(2026, 11, 24)


@pytest.fixture
def schema() -> Schema:
    return Schema({table.sql: table for table in tables_of(DDL)})


def test_annotated_ddl_is_read_back_whole(schema: Schema) -> None:
    orders = schema.tables["public.orders"]
    status, total, odd = orders.fields[1], orders.fields[2], orders.fields[4]
    assert [each.name for each in orders.fields] == ["order_id", "status", "total", "customer_id", "order"]
    assert (orders.rows, orders.comment) == (120000, "One row per order, also cancelled ones.")
    assert status.values == ("'paid'", "'it''s, odd'", "'returned'")
    assert (status.comment, status.shows_all_values) == ("state of the order", True)
    assert (total.type, total.kind, total.values, total.distinct) == (
        "DECIMAL(12,2)",
        "number",
        ("1.50", "22.10"),
        48211,
    )
    assert (odd.sql, odd.values, odd.distinct) == ('"order"', ("'a -- b'",), None)
    assert orders.pointed_at_by == ("public.order_items",)
    assert schema.keys[0].target == "public.customers"


def test_a_search_reply_is_read_back_with_its_joins_and_values() -> None:
    found = found_in(
        "public.orders -- One row per order. ~120000 rows\n"
        '  matched: name "orders"\n'
        "  fields: order_id INTEGER, status VARCHAR\n"
        "  values: status = 'paid'; status = 'it''s'\n"
        "  joins: public.orders.customer_id = public.customers.customer_id\n\n"
        "Next: show_table for sample values and comments."
    )
    assert found.tables == ("public.orders",)
    assert found.neighbours == ("public.customers",)
    assert found.values == (("public.orders", "status", "'paid'"), ("public.orders", "status", "'it''s'"))


def test_a_search_that_found_nothing_still_names_tables() -> None:
    found = found_in("Nothing is named like 'x'. Search with other words. Tables that exist: public.orders, customers.")
    assert found.tables == ("public.orders", "customers")


def test_text_that_is_no_ddl_gives_no_table() -> None:
    assert tables_of("There is no table 'x'. The nearest are y.") == ()


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("last month", "2026-10-01", "2026-11-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("the last 7 days", "2026-11-18", "2026-11-25"),
        ("last quarter", "2026-07-01", "2026-10-01"),
        ("yesterday", "2026-11-23", "2026-11-24"),
        ("March 2025", "2025-03-01", "2025-04-01"),
        ("Sep 21 , 2010", "2010-09-21", "2010-09-22"),
        ("q3 2025", "2025-07-01", "2025-10-01"),
        ("2026-02-28", "2026-02-28", "2026-03-01"),
    ],
)
def test_time_expressions_are_half_open(said: str, start: str, end: str) -> None:
    found = period_at(said.split(), 0, TODAY)
    assert found is not None
    assert (found[0], str(found[1].start), str(found[1].end)) == (len(said.split()), start, end)


@pytest.mark.parametrize("said", ["2026-13-45", "last 99999999999 years", "February 30 2025", "may I", "next"])
def test_what_is_no_date_is_none(said: str) -> None:
    assert period_at(said.split(), 0, TODAY) is None


def test_quotes_of_every_kind_hold_one_token_together() -> None:
    text = "named \"A b\" or ‘C d' or “E f” or 'it''s' and Bo's cat"
    assert [each.text for each in tokenise(text) if each.kind == "quoted"][:3] == ["A b", "C d", "E f"]
    assert "'s" in [each.text for each in tokenise("Bo's cat")]


def test_identifiers_are_split_and_written_out() -> None:
    assert identifier_words("cust_name") == ("customer", "name")
    assert identifier_words("OrderQty2") == ("order", "quantity", "2")
    assert identifier_words("releasedate") == ("release", "date")
    assert identifier_words("LName") == ("last", "name")


def test_words_are_alike_by_number_stem_and_synonym() -> None:
    assert likeness("cities", "city") == 1.0
    assert likeness("enrolled", "enrollment") > 0.9
    assert 0.8 < likeness("clients", "customer") < 0.9
    assert likeness("moon", "customer") == 0.0


def test_the_lexicon_reads_whole() -> None:
    lexicon = english()
    assert lexicon.phrases["at least"] == ("CMP", ">=")
    assert lexicon.phrases["do not have any"] == ("NOT", "")
    assert lexicon.adjectives["cheap"][1] == "-"
    assert lexicon.abbreviations["qty"] == "quantity"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("一共有多少个客户?", "how many 客户"),
        ("北京有多少客户?", 'how many 客户 in "北京"'),
        ("每个城市有多少客户?", "how many 客户 for each 城市"),
        ("上个月有多少订单?", "how many order in last month"),
    ],
)
def test_a_chinese_question_is_put_into_english_order(schema: Schema, question: str, expected: str) -> None:
    assert in_english(question, Linker(schema)) == expected


def test_a_chinese_question_becomes_the_sql_of_its_english_twin(schema: Schema) -> None:
    chinese = understand("北京有多少客户?", schema, "duckdb", TODAY).best
    twin = understand('How many customers are in "北京"?', schema, "duckdb", TODAY).best
    assert chinese is not None
    assert twin is not None
    assert (
        chinese.sql == twin.sql == ("SELECT COUNT(*) AS number_of_customers FROM public.customers WHERE city = '北京'")
    )


def test_a_year_on_a_date_is_a_half_open_range(schema: Schema) -> None:
    best = understand("How many customers joined in 2025?", schema, "postgres", TODAY).best
    assert best is not None
    assert "joined_on >= '2025-01-01' AND joined_on < '2026-01-01'" in best.sql


def test_two_values_of_one_field_at_once_are_not_answered(schema: Schema) -> None:
    assert understand("Show the customers in Berlin and not in Berlin.", schema, "duckdb", TODAY).best is None


def test_a_way_is_found_along_the_keys_and_none_is_made_up(schema: Schema) -> None:
    graph = JoinGraph(schema)
    steps = graph.steps("public.customers", ["public.orders"])
    assert steps is not None
    assert steps[0].multiplies
    assert graph.distance("public.customers", "elsewhere") == 99


def test_rows_are_read_from_what_execute_sql_tells() -> None:
    told = rows_told("2 rows\n| city | n |\n|---|---|\n| Berlin | 3 |\n| 北京 | 1 |")
    assert told is not None
    assert (told.count, told.columns, told.rows) == (2, ("city", "n"), (("Berlin", "3"), ("北京", "1")))
    assert rows_told("The database refused it: no such column") is None
