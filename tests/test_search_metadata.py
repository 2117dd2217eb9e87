"""What search_metadata tells a model of a real database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from tests.waiting import until
from tools.database import Database, open_database
from tools.execute_sql import EXECUTE_SQL
from tools.search_metadata import SEARCH_METADATA, SearchMetadata, search_metadata
from tools.show_table import SHOW_TABLE
from tools.text import tokens
from tools.value_index import values_of


@pytest.fixture(scope="module")
def shop(shop_file: Path) -> Iterator[Database]:
    with closing(open_database(str(shop_file))) as database:
        yield database


def told(database: Database, words: str) -> str:
    return search_metadata(SearchMetadata(words=words), database).for_model()


def test_a_table_is_told_with_why_it_matched_its_fields_values_and_joins(shop: Database) -> None:
    assert told(shop, "paid orders") == (
        "main.orders -- One row per order, also cancelled ones. ~4 rows\n"
        '  matched: name "orders"; comment "orders"; field ordered_on\n'
        "  fields: id INTEGER, customer_id INTEGER, status VARCHAR, total DECIMAL(10,2), ordered_on DATE\n"
        "  values: status = 'paid'\n"
        "  joins: main.orders.customer_id = main.customers.id\n"
        "\n"
        "Less likely: main.customers. "
        "Next: show_table for sample values and comments, or execute_sql if this is enough."
    )


def test_a_value_in_another_case_or_script_is_told_in_its_stored_spelling(shop: Database) -> None:
    assert "  values: city = 'Berlin'" in told(shop, "customers in BERLIN")
    assert "  values: city = '北京'" in told(shop, "北京的客户有多少")


def test_words_that_fit_nothing_get_the_tables_there_are(shop: Database) -> None:
    text = told(shop, "zzzz")
    assert text.startswith("Nothing is named or described like 'zzzz'.")
    assert "main.customers, main.orders" in text


def test_a_database_without_tables_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with closing(open_database(str(path))) as database:
        assert "no tables" in told(database, "orders")


@pytest.mark.parametrize("words", ["revenue by region last month", "上个月北京的销售额是多少", "refund rate"])
def test_what_is_told_of_the_sample_is_short(sample_file: Path, words: str) -> None:
    with closing(open_database(str(sample_file))) as database:
        assert tokens(told(database, words)) < 1_500


def test_a_search_while_values_are_still_read_says_that_it_was_not_complete(shop: Database) -> None:
    values = values_of(shop)
    until(lambda: values.complete)
    result = search_metadata(SearchMetadata(words="orders"), shop)
    assert "not searched completely" not in result.for_model()
    assert "not searched completely" in replace(result, values_complete=False).for_model()


def test_a_refreshed_database_is_searched_anew(tmp_path: Path) -> None:
    path = tmp_path / "grows.sqlite"
    with closing(sqlite3.connect(path)) as connection, closing(open_database(str(path))) as database:
        assert "invoices" not in told(database, "invoices")[:20]
        connection.execute("CREATE TABLE invoices (id INTEGER)")
        connection.commit()
        database.refresh()
        assert told(database, "invoices").startswith("invoices")


def test_names_that_need_quotes_are_told_with_them(tmp_path: Path) -> None:
    path = tmp_path / "odd.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute('CREATE TABLE "order" ("group" INTEGER, "客户 名" VARCHAR, "a""b" VARCHAR, "😀" VARCHAR)')
        connection.execute("""INSERT INTO "order" VALUES (1, 'it''s; values: x' || chr(10) || 'y', 'b', 'c')""")
    with closing(open_database(str(path))) as database:
        text = told(database, "order group values x y")
        assert text.startswith('main."order"')
        assert '"group" INTEGER, "客户 名" VARCHAR, "a""b" VARCHAR, "😀" VARCHAR' in text
        assert """"客户 名" = 'it''s; values: x y'""" in text


def test_of_many_values_that_fit_it_is_said_how_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / "towns.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("CREATE TABLE towns AS SELECT 'Newtown ' || chr(64 + i::INT) AS name FROM range(1, 8) r(i)")
    with closing(open_database(str(path))) as database:
        assert (
            "values: name = 'Newtown A'; name = 'Newtown B'; name = 'Newtown C'; name = 'Newtown D' (4 of 7 that fit)\n"
        ) in told(database, "newtown")


def test_of_a_very_wide_table_the_matching_fields_are_told(tmp_path: Path) -> None:
    path = tmp_path / "wide.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        fields = ", ".join(f"f{at} INTEGER" for at in range(240))
        connection.execute(f"CREATE TABLE wide ({fields}, shoe_size INTEGER)")
    with closing(open_database(str(path))) as database:
        assert "  fields: shoe_size INTEGER and 240 more\n" in told(database, "shoe size of wide")


def test_a_field_with_more_values_than_are_searched_is_named(tmp_path: Path) -> None:
    path = tmp_path / "many.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("CREATE TABLE people AS SELECT 'person ' || i AS full_name FROM range(20000) AS r(i)")
    with closing(open_database(str(path))) as database:
        text = told(database, "people")
        assert "Not all stored values were searched of main.people.full_name." in text


@pytest.mark.parametrize(
    ("given", "words"),
    [({"words": ["orders", "by", "city"]}, "orders by city"), ({"words": "  orders \n"}, "orders")],
)
def test_words_are_taken_as_models_send_them(given: dict[str, object], words: str) -> None:
    assert SearchMetadata.model_validate(given).words == words


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"query": "orders"}, "There is no argument 'query'; the arguments are: words."),
        ({"words": "x", "limit": 5}, "There is no argument 'limit'; the arguments are: words."),
        ({}, "Field required"),
        ({"words": "   "}, "at least 1 character"),
        ({"words": None}, "valid string"),
        ({"words": {"a": 1}}, "valid string"),
        ([1], "valid dictionary"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_right(given: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SearchMetadata.model_validate(given)


def test_the_three_schemas_together_cost_a_model_little() -> None:
    schemas = [json.dumps(tool.schema) for tool in (SEARCH_METADATA, SHOW_TABLE, EXECUTE_SQL)]
    assert sum(map(tokens, schemas)) < 400
    assert [tool.name for tool in (SEARCH_METADATA, SHOW_TABLE, EXECUTE_SQL)] == [
        "search_metadata",
        "show_table",
        "execute_sql",
    ]
