"""What is known of a database as values: names found, names quoted, an outline within a budget."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing

import duckdb
import pytest

from tests import servers
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta, quoted
from tools.text import tokens


def schema_of(*tables: TableMeta, name: str = "public", comment: str = "") -> SchemaMeta:
    return SchemaMeta(name, tables, comment)


def many_tables(number: int, fields: int = 15) -> DatabaseMeta:
    hub = TableMeta("public", "hub", (FieldMeta("id", "INTEGER"),), "what all others point at")
    others = tuple(
        TableMeta(
            "public",
            f"table_{at:05}",
            tuple(FieldMeta(f"field_{each}", "VARCHAR", comment="a field") for each in range(fields)),
            "one of many",
            foreign_keys=(ForeignKey(("field_0",), "public", "hub", ("id",)),),
            row_estimate=at,
        )
        for at in range(number)
    )
    return DatabaseMeta("duckdb", (schema_of(hub, *others),), "public", "many")


@pytest.mark.parametrize(
    ("name", "dialect", "written"),
    [
        ("orders", "duckdb", "orders"),
        ("order", "duckdb", '"order"'),
        ("Orders", "duckdb", "Orders"),
        ("Orders", "postgres", '"Orders"'),
        ("ORDERS", "postgres", '"ORDERS"'),
        ("ORDERS", "snowflake", "ORDERS"),
        ("订单", "postgres", '"订单"'),
        ("2024", "sqlite", '"2024"'),
        ('a"b', "sqlite", '"a""b"'),
        ("a`b", "mysql", "`a``b`"),
        ("group", "mysql", "`group`"),
        ("a]b", "tsql", "[a]]b]"),
        ("with space", "duckdb", '"with space"'),
        ("", "duckdb", '""'),
    ],
)
def test_a_name_is_quoted_only_where_its_dialect_needs_it(name: str, dialect: str, written: str) -> None:
    assert quoted(name, dialect) == written


def misread_names(words: Iterable[str], dialect: str, run: Callable[[str], object]) -> list[str]:
    """The words that cannot stand for a field, or a table, as `quoted` writes them."""
    misread = []
    for word in words:
        name = quoted(word, dialect)
        try:
            run(f"SELECT {name}, t.{name} FROM (SELECT 1 AS {name}) AS t ORDER BY {name}")
            run(f"SELECT * FROM (SELECT 1 AS x) AS {name}")
        except Exception:  # four drivers, four trees of errors
            misread.append(word)
    return misread


def test_no_keyword_of_duckdb_or_sqlite_is_misread_as_a_name() -> None:
    with closing(duckdb.connect()) as duck, closing(sqlite3.connect(":memory:")) as lite:
        words = [word for (word,) in duck.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()]
        assert len(words) > 300
        assert misread_names(words, "duckdb", lambda sql: duck.execute(sql).fetchall()) == []
        words = [word for word in words if word not in ("true", "false")]  # SQLite 3.40 loses t."true"
        assert misread_names(words, "sqlite", lambda sql: lite.execute(sql).fetchall()) == []


def test_no_keyword_of_postgresql_is_misread_as_a_name(postgres_url: str) -> None:
    with servers.postgres(postgres_url) as connection:
        words = [word for (word,) in connection.execute("SELECT word FROM pg_get_keywords()").fetchall()]
        assert len(words) > 300
        assert misread_names(words, "postgres", connection.execute) == []


def test_no_keyword_of_mariadb_is_misread_as_a_name(mysql_url: str) -> None:
    with servers.mysql(mysql_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT word FROM information_schema.keywords")
        words = [word.lower() for (word,) in cursor.fetchall() if word.isidentifier()]
        assert len(words) > 300
        assert misread_names(words, "mysql", cursor.execute) == []


def test_a_small_schema_is_outlined_in_full_with_its_keys() -> None:
    orders = TableMeta(
        "public",
        "orders",
        (FieldMeta("id", "INTEGER"), FieldMeta("customer_id", "INTEGER", comment="who\nordered")),
        primary_key=("id",),
        foreign_keys=(ForeignKey(("customer_id",), "public", "customers", ("id",)),),
    )
    outline = DatabaseMeta("duckdb", (schema_of(orders),), "public", "shop").outline(1500)
    assert outline["detail"] == "full"
    assert outline["schemas"][0]["tables"] == [
        {
            "name": "orders",
            "full_name": "public.orders",
            "comment": "",
            "kind": "table",
            "fields": [
                {"name": "id", "type": "INTEGER", "comment": "", "primary_key": True, "references": ""},
                {
                    "name": "customer_id",
                    "type": "INTEGER",
                    "comment": "who ordered",
                    "primary_key": False,
                    "references": "public.customers.id",
                },
            ],
        }
    ]


@pytest.mark.parametrize(
    ("number", "budget", "detail"),
    [
        (3, 1500, "full"),
        (60, 1500, "tables"),
        (60, 100, "schemas"),
        (10_000, 1500, "schemas"),
        (3, 0, "schemas"),
    ],
)
def test_the_outline_tells_as_much_as_there_is_room_for(number: int, budget: int, detail: str) -> None:
    assert many_tables(number).outline(budget)["detail"] == detail


@pytest.mark.parametrize("number", [3, 30, 300, 3000])
def test_an_outline_stays_within_its_budget(number: int) -> None:
    outline = many_tables(number).outline(800)
    told = "\n".join(
        f"{table['full_name']} {table['comment']} "
        + ", ".join(f"{each['name']} {each['type']} {each['comment']}" for each in table["fields"])
        for schema in outline["schemas"]
        for table in schema["tables"]
    )
    assert 0 < tokens(told) <= 800


def test_of_a_large_schema_the_most_connected_table_comes_first_and_all_are_counted() -> None:
    outline = many_tables(10_000).outline(1500)
    assert outline["schemas"][0]["tables"][0]["name"] == "hub"
    assert outline["schemas"][0]["table_count"] == outline["table_count"] == 10_001


def test_thirty_tables_give_a_taste_of_a_large_schema_from_all_schemas_in_turns() -> None:
    sizes = {f"s{at:02}": 1 if at % 2 else 900 for at in range(40)}
    schemas = (
        SchemaMeta(name, tuple(TableMeta(name, f"t{at:03}") for at in range(size))) for name, size in sizes.items()
    )
    outline = DatabaseMeta("postgres", tuple(schemas)).outline(4000)
    told = [len(schema["tables"]) for schema in outline["schemas"]]
    assert (sum(told), max(told)) == (30, 1)
    many = tuple(TableMeta("a", f"t{at}") for at in range(900))
    few = DatabaseMeta("postgres", (SchemaMeta("a", many),)).outline(800)
    assert len(few["schemas"][0]["tables"]) == 30


def test_an_outline_is_made_once() -> None:
    meta = many_tables(10)
    assert meta.outline(500) is meta.outline(500)
    assert meta.outline(500) is not meta.outline(501)


def test_the_outline_is_the_same_whatever_the_number_of_rows() -> None:
    few, many = (
        DatabaseMeta("duckdb", (schema_of(TableMeta("public", "t", (FieldMeta("a", "INT"),), row_estimate=rows)),))
        for rows in (1, 10**9)
    )
    assert few.outline(1500) == many.outline(1500)


def test_comments_cannot_break_out_of_their_line() -> None:
    table = TableMeta("s", "t", (FieldMeta("a", "INT", comment="x\n\n# New orders:\r\x1b[2J\u202eabc"),), "y" * 5000)
    outline = DatabaseMeta("duckdb", (SchemaMeta("s", (table,), "z\nz"),)).outline(1500)
    told = [outline["schemas"][0]["comment"], outline["schemas"][0]["tables"][0]["comment"]]
    told.append(outline["schemas"][0]["tables"][0]["fields"][0]["comment"])
    assert all(text.isprintable() and len(text) <= 200 for text in told)


def test_a_database_without_tables_has_an_outline() -> None:
    assert DatabaseMeta("sqlite").outline(1500)["schemas"] == []


def test_a_thousand_schemas_are_cut_to_the_budget() -> None:
    meta = DatabaseMeta("postgres", tuple(schema_of(TableMeta(f"s{at}", "t"), name=f"s{at}") for at in range(1000)))
    outline = meta.outline(200)
    assert outline["schema_count"] == 1000
    assert 0 < len(outline["schemas"]) < 100


def test_tables_are_found_by_loosely_written_names() -> None:
    meta = DatabaseMeta(
        "postgres",
        (
            schema_of(TableMeta("public", "orders")),
            schema_of(TableMeta("audit", "orders"), TableMeta("audit", "Log"), name="audit"),
        ),
        "public",
    )
    found = {
        name: [table.full_name for table in meta.find(name)] for name in ("ORDERS", '"audit"."orders"', "log", "x")
    }
    assert found == {
        "ORDERS": ["public.orders"],
        '"audit"."orders"': ["audit.orders"],
        "log": ["audit.Log"],
        "x": [],
    }
    assert meta.nearest("ordres", 1) == ("public.orders",)
