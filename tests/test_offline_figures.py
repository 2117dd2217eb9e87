"""Figures that are made of others: shares, differences, ratios; and the time that a question asks for."""

from __future__ import annotations

import pytest

from agent.llm.offline.schema_text import Schema, tables_of
from agent.llm.offline.understanding import understand
from tests.test_offline_newcomer import SCHEMA, TODAY

WRITTEN = [
    (
        "What percentage of bookings last month were made by web?",
        "SELECT 100.0 * SUM(CASE WHEN channel = 'web' THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0) "
        "AS percentage_of_bookings FROM bookings WHERE booked_at >= '2026-10-01' AND booked_at < '2026-11-01'",
    ),
    (
        "What is the share of web bookings?",
        "SELECT 100.0 * SUM(CASE WHEN channel = 'web' THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0) "
        "AS percentage_of_bookings FROM bookings",
    ),
    (
        "What percentage of clients are blocked?",
        "SELECT 100.0 * SUM(CASE WHEN is_blocked = TRUE THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0) "
        "AS percentage_of_clients FROM clients",
    ),
    (
        "What percentage of clients have made bookings?",
        "SELECT 100.0 * SUM(CASE WHEN client_id IN (SELECT client_id FROM bookings) THEN 1 ELSE 0 END) / "
        "NULLIF(COUNT(*), 0) AS percentage_of_clients FROM clients",
    ),
    (
        "percentage of bookings by channel",
        "SELECT channel, 100.0 * COUNT(*) / NULLIF(SUM(COUNT(*)) OVER (), 0) AS percentage_of_bookings "
        "FROM bookings GROUP BY channel",
    ),
    (
        "What is the difference between the highest and the lowest price of rooms?",
        "SELECT MAX(price) - MIN(price) AS difference FROM rooms",
    ),
    (
        "What is the ratio of the number of bookings to the number of clients?",
        "SELECT 1.0 * (SELECT COUNT(*) FROM bookings) / NULLIF((SELECT COUNT(*) FROM clients), 0) AS ratio",
    ),
    (
        "Which month had the most bookings?",
        "SELECT CAST(DATE_TRUNC('month', booked_at) AS DATE) AS month FROM bookings "
        "GROUP BY CAST(DATE_TRUNC('month', booked_at) AS DATE) ORDER BY COUNT(*) DESC LIMIT 1",
    ),
    (
        "On which day of the week do we get the most bookings?",
        "SELECT DAYNAME(booked_at) AS weekday FROM bookings GROUP BY DAYNAME(booked_at) ORDER BY COUNT(*) DESC LIMIT 1",
    ),
    (
        "What was the revenue of each area last month?",
        "SELECT areas.area_name, SUM(stays.revenue) AS total_revenue FROM stays "
        "JOIN areas ON stays.area_id = areas.area_id "
        "WHERE stays.stayed_on >= '2026-10-01' AND stays.stayed_on < '2026-11-01' "
        "GROUP BY areas.area_id, areas.area_name",
    ),
    (
        "What are the lowest, the highest and the average price of rooms?",
        "SELECT MIN(price) AS lowest_price, MAX(price) AS highest_price, AVG(price) AS average_price FROM rooms",
    ),
]


@pytest.mark.parametrize(("question", "written"), WRITTEN, ids=[question for question, _ in WRITTEN])
def test_a_figure_made_of_others_becomes_the_sql_it_means(question: str, written: str) -> None:
    best = understand(question, SCHEMA, "duckdb", TODAY).best
    assert best is not None
    assert best.sql == written


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql", "duckdb"])
def test_weekdays_begin_with_monday_in_every_dialect(dialect: str) -> None:
    best = understand("How many bookings are there by weekday?", SCHEMA, dialect, TODAY).best
    assert best is not None
    told = {
        "sqlite": "(CAST(STRFTIME('%w', booked_at) AS INTEGER) + 6) % 7 + 1",
        "mysql": "WEEKDAY(booked_at) + 1",
        "postgres": "EXTRACT(isodow FROM booked_at)",
        "duckdb": "EXTRACT(isodow FROM booked_at)",
    }
    assert told[dialect] in best.sql


@pytest.mark.parametrize("question", ["Percentage of bookings", "What is the share of clients?"])
def test_a_share_of_nothing_in_particular_is_not_guessed(question: str) -> None:
    assert understand(question, SCHEMA, "duckdb", TODAY).best is None


def test_rows_that_only_share_a_parent_are_not_put_side_by_side() -> None:
    """ "the ratings of the clients": stays and clients meet in their area alone, where each meets every other."""
    assert all("stays" not in each.sql for each in understand("average rating by client", SCHEMA, "duckdb", TODAY).sure)


def test_no_figure_of_both_values_is_made_up() -> None:
    ddl = """
CREATE TABLE members (
  member_id INTEGER NOT NULL,
  sex VARCHAR, -- values: 'F', 'M' (2 of 2)
  age INTEGER,
  PRIMARY KEY (member_id)
);
"""
    schema = Schema({table.sql: table for table in tables_of(ddl)})
    sure = understand("Show the average age for both female and male members.", schema, "sqlite", TODAY).sure
    assert all("INTERSECT" not in each.sql for each in sure)
