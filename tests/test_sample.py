"""The sample database is what it says it is: the same for a day, ending on it, explained and asked about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent import sample
from agent.resources import folder
from agent.sample import build_sample, sample_database

TODAY = date.today()
QUESTIONS = [json.loads(line) for line in (folder("sample_db") / "questions.jsonl").open(encoding="utf-8")]
TABLES = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
FIELDS = {"id", "question", "language", "difficulty", "gold_sql", "ordered", "evidence"}


@pytest.fixture
def company(sample_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(sample_file), read_only=True) as connection:
        yield connection


def only_value(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    [[value]] = connection.execute(sql).fetchall()
    return value


def digests(path: Path) -> dict[str, object]:
    """Of the rows of every table, in the order in which they are stored."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            f"{schema}.{table}": only_value(
                connection,
                f"SELECT md5(string_agg(CAST(t AS VARCHAR), chr(10) ORDER BY rowid)) FROM {schema}.{table} AS t",
            )
            for schema, table in connection.execute(TABLES).fetchall()
        }


@pytest.fixture(scope="session")
def built_at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder in which two processes wanted today's sample at the same time, and what each said of its own."""
    directory = tmp_path_factory.mktemp("cache") / "it's a [new] folder"
    script = (
        "import sys; from pathlib import Path; import duckdb; from agent.sample import sample_database\n"
        "steps = []\n"
        "path = sample_database(Path(sys.argv[1]), tell=steps.append)\n"
        "with duckdb.connect(str(path), read_only=True) as sample:\n"
        "    [[events]] = sample.execute('SELECT count(*) FROM analytics.user_behavior').fetchall()\n"
        "print(path.name, events, len(steps))"
    )
    command = [sys.executable, "-c", script, str(directory)]
    root = Path(__file__).parent.parent
    running = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return directory, [process.communicate(timeout=120)[0] for process in running]


@pytest.fixture
def quick_build(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Stands in for the building where only the finding is looked at; the days for which it was called."""
    built: list[date] = []

    def build(path: Path, today: date, *, tell: object = None) -> None:
        built.append(today)
        path.write_text("a sample")

    monkeypatch.setattr(sample, "build_sample", build)
    return built


def test_of_two_processes_at_once_one_builds_and_both_end_with_a_good_file(built_at_once: tuple[Path, list[str]]):
    directory, said = built_at_once
    [file] = directory.iterdir()
    (name, events, steps), (other_name, other_events, other_steps) = (each.split() for each in said)
    assert (name, events) == (other_name, other_events)
    assert name == file.name
    assert int(events) >= 200_000
    assert {steps, other_steps} == {"0", "4"}


def test_the_same_day_gives_the_same_rows_in_the_same_order(sample_file: Path, built_at_once: tuple[Path, list[str]]):
    [again] = built_at_once[0].iterdir()
    assert again != sample_file
    assert digests(again) == digests(sample_file)


def test_another_day_is_the_last_day_of_another_sample(tmp_path: Path):
    day = date(2028, 2, 29)
    build_sample(tmp_path / "leap.duckdb", day)
    with duckdb.connect(str(tmp_path / "leap.duckdb"), read_only=True) as other:
        assert only_value(other, "SELECT max(CAST(ordered_at AS DATE)) FROM public.orders") == day
        assert only_value(other, "SELECT min(CAST(ordered_at AS DATE)) FROM public.orders") == date(2025, 2, 1)
        assert only_value(other, "SELECT max(CAST(event_time AS DATE)) FROM analytics.user_behavior") == day
        assert only_value(other, "SELECT count(*) FROM analytics.user_behavior") >= 200_000


def test_nothing_happens_after_the_last_day(company: duckdb.DuckDBPyConnection):
    times = company.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns()"
        " WHERE NOT internal AND data_type IN ('DATE', 'TIMESTAMP')"
    ).fetchall()
    latest = {
        (schema, table, column): only_value(company, f"SELECT max(CAST({column} AS DATE)) FROM {schema}.{table}")
        for schema, table, column in times
    }
    assert {place: day for place, day in latest.items() if day > TODAY} == {}


def test_last_month_and_every_month_before_it_for_three_years_have_orders(company: duckdb.DuckDBPyConnection):
    months = company.execute("SELECT month, orders FROM analytics.monthly_revenue ORDER BY month").fetchall()
    assert len(months) == 37
    assert min(orders for _, orders in months[:-1]) > 300


def test_there_are_two_schemas_and_main_is_empty(company: duckdb.DuckDBPyConnection):
    tables = company.execute(TABLES).fetchall()
    assert len(tables) == 15
    assert {schema for schema, _ in tables} == {"public", "analytics"}
    assert ("public", "sales") in tables
    assert ("analytics", "user_behavior") in tables


def test_every_table_view_and_column_has_a_comment(company: duckdb.DuckDBPyConnection):
    silent = company.execute(
        "SELECT table_name, NULL FROM duckdb_tables() WHERE NOT internal AND comment IS NULL"
        " UNION ALL SELECT view_name, NULL FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
        " UNION ALL SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
    ).fetchall()
    assert silent == []


def test_the_largest_table_has_two_hundred_thousand_rows(company: duckdb.DuckDBPyConnection):
    assert only_value(company, "SELECT count(*) FROM analytics.user_behavior") >= 200_000


def test_every_table_has_a_primary_key_and_what_refers_to_another_says_so(company: duckdb.DuckDBPyConnection):
    keys = company.execute(
        "SELECT schema_name, table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY' ORDER BY ALL"
    ).fetchall()
    assert keys == company.execute(TABLES).fetchall()
    references = company.execute(
        "SELECT table_name, constraint_column_names, referenced_table FROM duckdb_constraints()"
        " WHERE constraint_type = 'FOREIGN KEY'"
    ).fetchall()
    assert len(references) == 18
    assert ("returns", ["order_id", "line_no"], "order_items") in references
    assert ("employees", ["manager_id"], "employees") in references


def test_what_analytics_refers_to_exists_in_public(company: duckdb.DuckDBPyConnection):
    for table, column, target in [
        ("user_behavior", "user_id", "users"),
        ("user_behavior", "product_id", "products"),
        ("sales_summary", "region_id", "regions"),
        ("sales_summary", "category_id", "categories"),
    ]:
        assert (
            company.execute(
                f"SELECT {column} FROM analytics.{table} WHERE {column} IS NOT NULL"
                f" EXCEPT SELECT {column} FROM public.{target}"
            ).fetchall()
            == []
        ), (table, column)


def test_the_total_of_an_order_is_its_items_plus_shipping_less_discount(company: duckdb.DuckDBPyConnection):
    wrong = """
        SELECT o.order_id FROM public.orders AS o JOIN public.order_items AS i ON i.order_id = o.order_id
        GROUP BY o.order_id
        HAVING any_value(o.total_amount)
            <> sum(i.quantity * i.unit_price) + any_value(o.shipping_fee) - coalesce(any_value(o.discount), 0)
        UNION ALL SELECT order_id FROM public.orders WHERE order_id NOT IN (SELECT order_id FROM public.order_items)
    """
    assert company.execute(wrong).fetchall() == []


def test_the_summaries_agree_with_what_they_sum_up(company: duckdb.DuckDBPyConnection):
    revenue = only_value(company, "SELECT sum(revenue) FROM public.sales")
    assert only_value(company, "SELECT sum(revenue) FROM analytics.sales_summary") == revenue
    assert only_value(company, "SELECT sum(revenue) FROM analytics.monthly_revenue") == revenue
    purchases = "SELECT count(*) FROM analytics.user_behavior WHERE event_type = 'purchase'"
    orders = (
        "SELECT count(*) FROM public.orders WHERE channel = 'web'"
        " AND ordered_at >= date_trunc('month', current_date) - INTERVAL 6 MONTH"
    )
    assert only_value(company, purchases) == only_value(company, orders)


def test_the_data_is_as_awkward_as_in_real_life(company: duckdb.DuckDBPyConnection):
    for sql in [
        "FROM public.customers WHERE email IS NULL",
        "FROM public.customers WHERE city = '北京'",
        "FROM public.customers WHERE city = 'Hangzhou' AND customer_name SIMILAR TO '[^A-Za-z]+'",
        "FROM public.customers WHERE strptime(birth_date, '%Y%m%d') < DATE '2000-01-01'",
        "FROM public.customers AS c WHERE NOT EXISTS (FROM public.orders WHERE customer_id = c.customer_id)",
        "FROM public.products WHERE discontinued = 'Y'",
        "FROM public.orders WHERE discount IS NULL",
        "FROM public.users WHERE customer_id IS NULL",
    ]:
        assert only_value(company, f"SELECT count(*) {sql}") > 0, sql


def test_the_questions_are_of_both_languages_and_all_difficulties():
    assert len(QUESTIONS) >= 60
    assert all(set(question) == FIELDS for question in QUESTIONS)
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert sum(question["language"] == "zh" for question in QUESTIONS) >= 20
    assert sum(question["difficulty"] == "easy" for question in QUESTIONS) >= 25
    assert {question["difficulty"] for question in QUESTIONS} == {"easy", "medium", "hard"}


def test_every_gold_query_runs_and_nearly_all_find_something(company: duckdb.DuckDBPyConnection):
    # Not all on every day: "revenue this year" is nothing on the morning of 1 January.
    empty = [
        question["id"]
        for question in QUESTIONS
        if not any(value not in (None, 0) for row in company.execute(question["gold_sql"]).fetchall() for value in row)
    ]
    assert len(empty) <= len(QUESTIONS) // 10, empty


def test_a_sample_is_built_once_for_a_day_and_anew_for_the_next(tmp_path: Path, quick_build: list[date]):
    first = sample_database(tmp_path / "cache", TODAY)
    assert sample_database(tmp_path / "cache", TODAY) == first
    assert sample_database(tmp_path / "cache", TODAY + timedelta(days=1)) != first
    assert quick_build == [TODAY, TODAY + timedelta(days=1)]


def test_other_sample_data_makes_another_sample(
    tmp_path: Path, quick_build: list[date], monkeypatch: pytest.MonkeyPatch
):
    first = sample_database(tmp_path, TODAY)
    data = tmp_path / "data"
    data.mkdir()
    (data / "schema.sql").write_text("-- another")
    monkeypatch.setattr(sample, "folder", lambda name: data)
    assert sample_database(tmp_path, TODAY) != first


def test_a_sample_unused_for_days_is_deleted_and_one_in_use_is_not(tmp_path: Path, quick_build: list[date]):
    unused, used = (sample_database(tmp_path, TODAY - timedelta(days=n)) for n in (9, 8))
    someone_elses = tmp_path / "notes.duckdb"
    someone_elses.touch()
    for file in (unused, used, someone_elses):
        os.utime(file, (time.time() - 7 * 24 * 3600,) * 2)
    written = used.stat().st_mtime_ns
    sample_database(tmp_path, TODAY - timedelta(days=8))
    assert used.stat().st_mtime_ns == written  # or what is known of its schema would be read anew each time
    new = sample_database(tmp_path, TODAY)
    assert set(tmp_path.iterdir()) == {used, new, someone_elses}


def test_the_cache_folder_is_the_users(tmp_path: Path, quick_build: list[date], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert sample_database(today=TODAY).parent == tmp_path / "xdg" / "dbagent"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert sample_database(today=TODAY).parent == tmp_path / "home" / ".cache" / "dbagent"


def test_a_home_that_cannot_be_written_to_is_no_hindrance(
    tmp_path: Path, quick_build: list[date], monkeypatch: pytest.MonkeyPatch
):
    # A file where the home should be refuses a folder to everyone, the superuser included.
    (tmp_path / "home").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = sample_database(today=TODAY)
    assert path.exists()
    assert path.parent.parent == tmp_path
    assert sample_database(today=TODAY) == path
    assert quick_build == [TODAY]


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sample, "STEPS", (("visits before there are orders", ("visits",)),))
    with pytest.raises(duckdb.Error):
        build_sample(tmp_path / "never.duckdb", TODAY)
    assert list(tmp_path.iterdir()) == []


def test_whoever_waits_is_told_what_is_being_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        sample, "STEPS", (("regions", ("regions_and_stores",)), ("categories", ("level_of_categories",)))
    )
    said: list[str] = []
    build_sample(tmp_path / "small.duckdb", TODAY, tell=said.append)
    assert said == ["Building the sample database: regions", "Building the sample database: categories"]
