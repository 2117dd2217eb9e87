"""Which tables the index finds for which words, on catalogues written for the purpose."""

from __future__ import annotations

import pytest

from tests.bench.bench_search import measured, merged
from tests.waiting import within
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.metadata_index import MetadataIndex
from tools.thesaurus import Thesaurus, general_thesaurus
from tools.words import stem


def table(name: str, fields: str = "", comment: str = "", schema: str = "shop", **keys: str) -> TableMeta:
    """`table("orders", "id status", customer_id="customers.id")`."""
    return TableMeta(
        schema,
        name,
        tuple(FieldMeta(each, "VARCHAR") for each in (*fields.split(), *keys)),
        comment,
        foreign_keys=tuple(
            ForeignKey((mine,), schema, target.split(".")[0], (target.split(".")[1],)) for mine, target in keys.items()
        ),
    )


def index(*tables: TableMeta) -> MetadataIndex:
    schemas = dict.fromkeys(each.schema for each in tables)
    return MetadataIndex(
        DatabaseMeta(
            "duckdb",
            tuple(SchemaMeta(name, tuple(t for t in tables if t.schema == name)) for name in schemas),
        )
    )


def names(found: MetadataIndex, words: str, count: int = 8) -> list[str]:
    return [hit.table.name for hit in found.search(words, count)]


SHOP = index(
    table("customers", "customer_id first_name last_name zipcode dob", "people who buy"),
    table("orders", "order_id status ordered_at", customer_id="customers.customer_id"),
    table("order_items", "qty unit_price", order_id="orders.order_id", product_id="products.product_id"),
    table("products", "product_id title", "everything on sale"),
    table("gradeConversion", "letter points"),
    table("T_EMP", "EMPNO ENAME SAL HIREDATE", "员工信息表"),
    table("dept_budget", "year amt"),
    table("wetterstationen", "höhe straße"),
)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("customers", "customers"),
        ("How many clients do we have?", "customers"),
        ("date of birth", "customers"),
        ("surname", "customers"),
        ("postal code of each person", "customers"),
        ("What was bought most, by quantity?", "order_items"),
        ("the grade conversion", "gradeConversion"),
        ("gradeconversion", "gradeConversion"),
        ("salary of the staff", "T_EMP"),
        ("雇员的工资", "T_EMP"),
        ("员工", "T_EMP"),
        ("budget of each department", "dept_budget"),
        ("amount", "dept_budget"),
        ("Hohe", "wetterstationen"),
        ("STRASSE", "wetterstationen"),
        ("prodcuts", "products"),
        ("客户", "customers"),
    ],
)
def test_a_table_is_found_by_other_words_than_its_own(words: str, first: str) -> None:
    assert names(SHOP, words)[0] == first


def test_the_table_that_joins_two_hits_is_among_them_though_no_word_names_it() -> None:
    found = index(
        *(table(f"noise_{at}", "alpha beta") for at in range(50)),
        table("students", "id"),
        table("courses", "id"),
        table("xyz", "", a="students.id", b="courses.id"),
    ).search("students and courses", 3)
    assert {hit.table.name for hit in found} == {"students", "courses", "xyz"}
    (bridge,) = (hit.bridge for hit in found if hit.table.name == "xyz")
    assert bridge is not None
    assert {each.name for each in bridge} == {"students", "courses"}


def test_of_two_tables_of_one_name_the_one_in_fitting_company_comes_first() -> None:
    found = index(
        table("student", "id age", schema="clinic"),
        table("patient", "id ward", schema="clinic"),
        table("student", "id age", schema="school"),
        table("dormitory", "id capacity", schema="school"),
    )
    best = [hit.table.full_name for hit in found.search("age of students in each dormitory")]
    assert best[:2] == ["school.student", "school.dormitory"] or best[:2] == [
        "school.dormitory",
        "school.student",
    ]


def test_a_table_called_what_was_asked_comes_before_those_that_speak_of_it() -> None:
    others = [table(f"t{at}", "customer_id customer_name", "belongs to a customer") for at in range(20)]
    assert names(index(*others, table("customers", "id")), "all customers")[0] == "customers"


def test_a_hit_says_why_with_the_words_that_were_asked() -> None:
    hit = SHOP.search("clients by zip code")[0]
    assert hit.table.name == "customers"
    assert hit.reasons == ('name "clients"',)
    assert hit.fields[0].name == "zipcode"


@pytest.mark.parametrize("words", ["", "   ", "???", "zzzzqqq", "\0", "😀", "x" * 100_000])
def test_words_that_mean_nothing_find_nothing(words: str) -> None:
    assert names(SHOP, words) == []


def test_a_table_named_with_a_word_that_usually_says_nothing_is_found() -> None:
    assert names(index(table("list", "id"), table("other", "id")), "list")[0] == "list"


def test_an_empty_database_has_an_index() -> None:
    assert MetadataIndex(DatabaseMeta("sqlite")).search("anything") == ()


def test_the_same_words_find_the_same_in_the_same_order() -> None:
    assert names(SHOP, "orders of customers") == names(SHOP, "orders of customers")


def test_ten_thousand_words_are_no_trouble() -> None:
    words = " ".join(f"customer{at} order" for at in range(5_000))
    with within(20):
        assert "orders" in names(SHOP, words)


def test_the_thesaurus_reads_synonyms_hints_and_abbreviations() -> None:
    words = Thesaurus(["big, large # a remark", "price ~ expensive", "qty = quantity", "last name, surname", ""])
    near = {word: dict(words.near(stem(word))) for word in ("big", "price", "expensive", "qty", "surname")}
    assert near == {
        "big": {stem("large"): 0.7},
        "price": {stem("expensive"): 0.45},
        "expensive": {stem("price"): 0.25},
        "qty": {stem("quantity"): 0.9},
        "surname": {"last name": 0.7},
    }
    assert list(words.phrases(["last", "name"])) == ["last name"]
    assert list(words.phrases([stem("lastname")])) == ["last name"]


def test_every_line_of_the_shipped_thesaurus_says_something() -> None:
    words = general_thesaurus()
    assert words.near("customer")["client"] > 0.5
    assert "客户" in words
    assert words.unspaced("每个客户的订单金额") == ["客户", "订单", "金额"]
    assert words.parts("orderdate") == ("order", "date")
    assert words.parts("therapist") == ()


def test_the_benchmark_reads_a_catalogue_and_counts_a_hit_only_when_every_table_is_found() -> None:
    meta = merged(
        {
            "db": {
                "tables": [
                    {"name": name, "columns": [{"name": "id", "type": "INT"}], "pk": ["id"], "fks": []}
                    for name in ("cats", "dogs")
                ]
            }
        }
    )
    found = MetadataIndex(meta)
    figures = measured(
        lambda words: [hit.table.full_name for hit in found.search(words, 10)],
        [("cats", frozenset({"db.cats"})), ("cats", frozenset({"db.cats", "db.fish"}))],
    )
    assert figures.recall == (50.0, 50.0, 50.0, 50.0)
    assert figures.mrr == 100.0
