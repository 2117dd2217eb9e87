"""Questions that go on from the one before, and tables that point at themselves."""

from __future__ import annotations

from typing import Any

import pytest

from agent.llm.offline.conversation import next_message
from agent.llm.offline.pointing import points_at
from agent.llm.offline.schema_text import Schema, tables_of
from agent.llm.offline.understanding import understand
from tests.test_offline_newcomer import DDL, TODAY, TOOLS

STAFF = """
CREATE TABLE workers (
  worker_id INTEGER NOT NULL,
  full_name VARCHAR NOT NULL, -- values: 'Ann Ode', 'Bo Pil' (2 of many)
  salary DECIMAL(12,2),
  boss_id INTEGER,
  PRIMARY KEY (worker_id),
  FOREIGN KEY (boss_id) REFERENCES workers (worker_id)
);
"""
SCHEMA = Schema({table.sql: table for table in tables_of(STAFF)})
WITH_BOSS = "FROM workers JOIN workers AS boss ON workers.boss_id = boss.worker_id"


@pytest.mark.parametrize(
    ("question", "written"),
    [
        (
            "Which workers earn more than their boss?",
            f"SELECT workers.full_name {WITH_BOSS} WHERE workers.salary > boss.salary",
        ),
        (
            "List each worker together with the name of their boss.",
            "SELECT workers.full_name, boss.full_name FROM workers "
            "LEFT JOIN workers AS boss ON workers.boss_id = boss.worker_id",
        ),
        (
            "Who is the boss of Ann Ode?",
            "SELECT boss.full_name FROM workers AS boss JOIN workers ON workers.boss_id = boss.worker_id "
            "WHERE workers.full_name = 'Ann Ode'",
        ),
        (
            "Show the workers whose boss is Ann Ode.",
            f"SELECT workers.full_name {WITH_BOSS} WHERE boss.full_name = 'Ann Ode'",
        ),
        (
            "How many workers does each boss have?",
            f"SELECT boss.full_name, COUNT(*) AS number_of_workers {WITH_BOSS} GROUP BY boss.worker_id, boss.full_name",
        ),
        (
            "What is the average salary of bosses?",
            "SELECT AVG(salary) AS average_salary FROM workers AS boss "
            "WHERE boss.worker_id IN (SELECT boss_id FROM workers)",
        ),
        ("How many workers are there?", "SELECT COUNT(*) AS number_of_workers FROM workers"),
    ],
)
def test_a_table_that_points_at_itself_is_joined_under_the_name_of_the_role(question: str, written: str) -> None:
    best = understand(question, SCHEMA, "duckdb", TODAY).best
    assert best is not None
    assert best.sql == written


def sql_after(*questions: str, replies: tuple[str, ...] = ()) -> str:
    """The query for the last question, asked after the others; "" when there is none."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "Dialect: duckdb\n"}]
    for at, question in enumerate(questions[:-1]):
        said = replies[at] if at < len(replies) else "7\n\n```sql\nSELECT 7\n```"
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": said}]
    messages.append({"role": "user", "content": f"Today: 2026-11-24\nQuestion: {questions[-1]}"})
    found = "bookings -- Bookings\n\nclients -- Clients\n\nareas -- Areas\n\nrooms -- Rooms"
    for number, (tool, text) in enumerate((("search_metadata", found), ("show_table", DDL))):
        call = {"id": str(number), "function": {"name": tool, "arguments": "{}"}}
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": str(number), "content": text})
    said_next = next_message(messages, TOOLS)
    return next((str(arguments["sql"]) for tool, arguments in said_next.calls if tool == "execute_sql"), "")


COUNTED = "SELECT COUNT(*) AS number_of_bookings FROM bookings"
LAST_MONTH = "booked_at >= '2026-10-01' AND booked_at < '2026-11-01'"
MONTH = "CAST(DATE_TRUNC('month', booked_at) AS DATE)"
BY_CHANNEL = "SELECT channel, COUNT(*) AS number_of_bookings FROM bookings GROUP BY channel"
FIRST = "How many bookings were placed last month?"


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ((FIRST, "only web"), f"{COUNTED} WHERE {LAST_MONTH.join('()')} AND channel = 'web'"),
        (
            (FIRST, "only web", "what about desk?"),
            f"{COUNTED} WHERE {LAST_MONTH.join('()')} AND channel = 'desk'",
        ),
        (
            (FIRST, "and by channel?"),
            f"SELECT channel, COUNT(*) AS number_of_bookings FROM bookings WHERE {LAST_MONTH} GROUP BY channel",
        ),
        (
            (FIRST, "what about this year?"),
            f"{COUNTED} WHERE booked_at >= '2026-01-01' AND booked_at < '2027-01-01'",
        ),
        (
            (FIRST, "and by month?"),
            f"SELECT {MONTH} AS month, COUNT(*) AS number_of_bookings FROM bookings "
            f"WHERE {LAST_MONTH} GROUP BY {MONTH} ORDER BY {MONTH}",
        ),
        (
            ("List the names of the rooms.", "sort by price", "only the first 2", "in descending order"),
            "SELECT room_name FROM rooms ORDER BY price DESC LIMIT 2",
        ),
        (
            ("上个月有多少预订?", "按channel呢?"),
            f"SELECT channel, COUNT(*) AS number_of_bookings FROM bookings WHERE {LAST_MONTH} GROUP BY channel",
        ),
        ((FIRST, "and the month before?"), f"{COUNTED} WHERE booked_at >= '2026-09-01' AND booked_at < '2026-10-01'"),
        ((FIRST, "前一个月呢?"), f"{COUNTED} WHERE booked_at >= '2026-09-01' AND booked_at < '2026-10-01'"),
        (
            ("How many bookings are there by channel?", "largest first", "the top 3 will do"),
            f"{BY_CHANNEL} ORDER BY COUNT(*) DESC LIMIT 3",
        ),
        (
            ("How many bookings are there by channel?", "从高到低排序", "只要前三名"),
            f"{BY_CHANNEL} ORDER BY COUNT(*) DESC LIMIT 3",
        ),
        (
            ("How many bookings are there by channel?", "in percent", "only this year"),
            "SELECT channel, 100.0 * COUNT(*) / NULLIF(SUM(COUNT(*)) OVER (), 0) AS percentage_of_bookings "
            "FROM bookings WHERE booked_at >= '2026-01-01' AND booked_at < '2027-01-01' GROUP BY channel",
        ),
        (
            (FIRST, "exclude web ones", "leave out desk"),
            f"{COUNTED} WHERE {LAST_MONTH.join('()')} AND channel <> 'web' AND channel <> 'desk'",
        ),
        # of all rooms, since nothing was said of some; but of which rooms after that?
        (("How many bookings are there?", "and how many rooms?"), "SELECT COUNT(*) AS number_of_rooms FROM rooms"),
        ((FIRST, "and how many rooms?"), ""),
        # a share of what, the year before which month: nobody said
        ((FIRST, "as a share"), ""),
        ((FIRST, "and the year before?"), ""),
        # a whole question begins anew
        ((FIRST, "How many rooms are there?"), "SELECT COUNT(*) AS number_of_rooms FROM rooms"),
        # what it is to go on from is not clear
        ((FIRST, "what about the rooms?"), ""),
        (("by channel",), ""),
    ],
)
def test_a_follow_up_is_read_with_the_question_before_it(asked: tuple[str, ...], written: str) -> None:
    assert sql_after(*asked) == written


def test_a_follow_up_does_not_go_on_from_what_was_declined() -> None:
    declined = "It did not understand. Set OPENAI_API_KEY and DBAGENT_MODEL to use a full language model."
    only_web = sql_after(FIRST, "only web")
    assert sql_after(FIRST, "only the purple ones", "only web", replies=("7", declined)) == only_web
    # what adds to it or points at it, and what may go on from a question in between, is not taken for more of the first
    assert sql_after(FIRST, "only the purple ones", "and web?", replies=("7", declined)) == ""
    assert sql_after(FIRST, "only the purple ones", "how many of them are web?", replies=("7", declined)) == ""
    assert sql_after(FIRST, "What will it be like?", "only web", replies=("7", declined)) == ""


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("How many of those were cancelled?", "those"),
        ("who works there?", "there"),
        ("which products were they?", "they"),
        ("their average order value?", "their"),
        ("what does she earn?", "she"),
        ("which ones?", "ones"),
        ("where does the first one live?", "one"),
        ("how many were paid in that month?", "that month"),
        ("how many is that?", "that"),
        ("在北京的客户中有多少?", ""),
        ("其中企业客户有多少?", "其中"),
        ("他们的工资是多少?", "他们"),
        ("第二个呢?", "第二个"),
        # what it points at is in the question itself
        ("List the customers and how many orders they placed.", ""),
        ("Which workers earn more than their boss?", ""),
        ("only those above 100 dollars", ""),
        ("How many orders are there?", ""),
        ("Show the products that were never sold.", ""),
        ("每个员工和他们的经理", ""),
        ("x" * 5000 + " they", ""),
    ],
)
def test_a_word_that_points_at_what_was_asked_before_is_known(question: str, word: str) -> None:
    assert points_at(question) == word


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        (
            (FIRST, "how many of those were web?"),
            f"{COUNTED} WHERE {LAST_MONTH.join('()')} AND channel = 'web'",
        ),
        (("Which rooms are there?", "how many is that?"), "SELECT COUNT(*) AS number_of_rooms FROM rooms"),
        (("How many rooms are there?", "which ones?"), "SELECT room_name FROM rooms"),
        (
            ("How many rooms are there?", "which ones?", "with their prices", "sort them by price"),
            "SELECT room_name, price FROM rooms ORDER BY price ASC NULLS FIRST",
        ),
        (
            ("How many rooms are there?", "what is their average price?"),
            "SELECT AVG(price) AS average_price FROM rooms",
        ),
        # which of several it is, nobody said; and what points at nothing is nothing
        (("What is the average price of rooms by area?", "how many are they?"), ""),
        (("Which rooms are there?", "what about the second one?"), ""),
        (("how many bookings have they made?",), ""),
        ((FIRST, "how many bookings of rooms were made in that month?"), ""),
    ],
)
def test_something_else_is_asked_of_the_same_rows_or_it_is_declined(asked: tuple[str, ...], written: str) -> None:
    assert sql_after(*asked) == written


MEETING_IN_AN_AREA = """
CREATE TABLE areas (area_id INTEGER NOT NULL, area_name VARCHAR NOT NULL, PRIMARY KEY (area_id));

CREATE TABLE shops (
  shop_id INTEGER NOT NULL,
  shop_name VARCHAR NOT NULL,
  area_id INTEGER NOT NULL,
  PRIMARY KEY (shop_id),
  FOREIGN KEY (area_id) REFERENCES areas (area_id)
);

CREATE TABLE buyers (
  buyer_id INTEGER NOT NULL,
  city VARCHAR NOT NULL, -- values: 'Oslo', 'Bergen' (2 of 2)
  area_id INTEGER NOT NULL,
  PRIMARY KEY (buyer_id),
  FOREIGN KEY (area_id) REFERENCES areas (area_id)
);

CREATE TABLE purchases (
  purchase_id INTEGER NOT NULL,
  buyer_id INTEGER NOT NULL,
  bought_on DATE NOT NULL,
  revenue DECIMAL(12,2) NOT NULL,
  PRIMARY KEY (purchase_id),
  FOREIGN KEY (buyer_id) REFERENCES buyers (buyer_id)
);
"""


def test_what_only_meets_in_an_area_does_not_belong_together() -> None:
    schema = Schema({table.sql: table for table in tables_of(MEETING_IN_AN_AREA)})
    values = (("buyers", "city", "Oslo"),)
    followed = understand(
        "only those with buyers in Oslo", schema, "duckdb", TODAY, values, ("How many shops are there?",)
    )
    assert followed.best is None
    bought = understand("only Oslo", schema, "duckdb", TODAY, values, ("How many purchases are there?",))
    assert bought.best is not None
    assert bought.best.sql.endswith("JOIN buyers ON purchases.buyer_id = buyers.buyer_id WHERE buyers.city = 'Oslo'")


def test_a_sum_stays_one_when_a_follow_up_names_whose_it_is() -> None:
    schema = Schema({table.sql: table for table in tables_of(MEETING_IN_AN_AREA)})
    values = (("buyers", "city", "Oslo"),)
    best = understand("only Oslo buyers", schema, "duckdb", TODAY, values, ("What was the revenue last month?",)).best
    assert best is not None
    assert best.sql.startswith("SELECT SUM(purchases.revenue)")
