"""What a question's words for times mean, as a table: `times.tsv` has a question, a moment and the ranges a line."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from agent import ScriptedModel, Settings, calls, open_agent
from agent.times.ranges import WEEKDAYS, Calendar, TimeRange
from agent.times.resolver import resolve
from tests.conftest import AgentWith
from tools.database import Database

TABLE = Path(__file__).with_name("times.tsv").read_text("utf-8")
CASES = [line.split("\t") for line in TABLE.splitlines() if not line.startswith("#")]
NOON = datetime.fromisoformat("2026-11-24T12:00+00:00")


def calendar_of(settings: str) -> Calendar:
    given = dict(pair.split("=") for pair in settings.split())
    week = [day.lower() for day in WEEKDAYS].index(given.get("week", "monday"))
    return Calendar(given.get("zone", "UTC"), week, int(given.get("fiscal", 1)))


def only(question: str, now: datetime = NOON, calendar: Calendar | None = None) -> TimeRange:
    (found,) = resolve(question, now, calendar or Calendar("UTC"))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} | {case[1]} | {case[2]}")
def test_the_table(case: list[str]) -> None:
    question, now, settings, *expected = case
    found = resolve(question, datetime.fromisoformat(now), calendar_of(settings))
    given = [
        part for each in found for part in (each.said, *(b.isoformat() if b else "" for b in (each.first, each.next)))
    ]
    assert given == ([] if expected == ["-"] else expected)


def test_the_table_is_as_long_as_was_promised() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("last month", ""),
        ("Q3", "no year is named: the latest that has begun"),
        ("last Friday", "the latest Friday before today"),
        ("last 3 months", "up to and including today"),
        ("previous 3 months", "whole months, before the current one"),
        ("last week", "weeks begin on Monday"),
        ("on 3/4/2025", "read as month/day/year"),
        ("until March 2025", "that period included"),
        ("by 2025-03-31", "that day included"),
        ("上个月底", "its last day"),
    ],
)
def test_what_is_decided_where_words_leave_it_open_is_said(question: str, told: str) -> None:
    assert only(question).assumption == told


def test_a_fiscal_year_says_when_it_begins_and_how_it_is_named() -> None:
    told = "fiscal years begin in April and are named for the year they end in"
    assert only("FY2026", calendar=Calendar("UTC", fiscal_start=4)).assumption == told


def test_a_quarter_is_one_of_the_calendar_year_and_says_so_where_the_fiscal_year_is_another() -> None:
    assert "not the fiscal" in only("Q1 2026", calendar=Calendar("UTC", fiscal_start=4)).assumption


def test_a_day_has_23_or_25_hours_where_the_clocks_change() -> None:
    berlin = Calendar("Europe/Berlin")
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)):
        length = berlin.instant(date.fromordinal(day.toordinal() + 1)).timestamp() - berlin.instant(day).timestamp()
        assert length == hours * 3600


def test_a_day_whose_midnight_does_not_exist_begins_with_the_first_moment_that_does() -> None:
    assert Calendar("America/Santiago").instant(date(2026, 9, 6)).isoformat() == "2026-09-06T01:00:00-03:00"


def test_a_range_reads_as_its_bounds() -> None:
    assert str(only("last month")) == ">= 2026-10-01 and < 2026-11-01"
    assert str(only("since 2024")) == ">= 2024-01-01"
    assert only("before 2025").as_json() == {
        "said": "before 2025",
        "first": None,
        "next": "2025-01-01",
        "assumption": "",
    }


def test_a_question_of_any_length_and_kind_is_read_at_once() -> None:
    resolve("from " * 4000, NOON)
    resolve("since the week of the end of " * 700, NOON)
    resolve("上" * 4000, NOON)
    resolve("9999-12-31 tomorrow 10000年 year 0000 三十二月 week 99 of 2025 31/31/2025", NOON)


def test_the_same_words_are_told_once_and_no_more_than_eight_in_all() -> None:
    assert len(resolve("last month, last month and last month", NOON)) == 1
    assert len(resolve(", ".join(f"in {year}" for year in range(2000, 2020)), NOON)) == 8


def test_the_model_is_told_the_bounds_and_the_receipt_keeps_them(agent_with: AgentWith) -> None:
    agent = agent_with(calls("execute_sql", sql="SELECT count(*) FROM orders"), "3.")
    answer = agent.ask_sync("Orders since 3 May 2026?")
    asked = agent.script.heard[0]["messages"][-1]["content"].splitlines()  # type: ignore[attr-defined]
    assert asked[1:] == ['Time: "since 3 May 2026" is >= 2026-05-03', "Question: Orders since 3 May 2026?"]
    assert answer.receipt.as_json()["times"] == [
        {"said": "since 3 May 2026", "first": "2026-05-03", "next": None, "assumption": ""}
    ]


def test_in_a_zone_that_is_set_the_model_is_told_the_moments_too(open_shop: Database) -> None:
    model = ScriptedModel("No.")
    settings = Settings.from_environment(time_zone="Europe/Berlin", week_start="sunday", fiscal_year_start=4)
    with open_agent(open_shop, model=model, settings=settings) as agent:
        agent.ask_sync("Orders in FY2026?")
    today, time, _ = model.last_heard.splitlines()
    assert today.endswith("), Europe/Berlin")
    assert time == (
        'Time: "FY2026" is >= 2025-04-01 and < 2026-04-01; as instants >= 2025-04-01 00:00:00+02:00 and '
        "< 2026-04-01 00:00:00+02:00 (fiscal years begin in April and are named for the year they end in)"
    )
    assert agent.calendar.week_start == 6
