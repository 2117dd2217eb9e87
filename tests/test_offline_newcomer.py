"""A newcomer's first questions to the offline model: rather no answer than a wrong one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from agent.llm.offline.answer_text import Rows, answered
from agent.llm.offline.conversation import next_message
from agent.llm.offline.schema_text import Schema, tables_of
from agent.llm.offline.understanding import understand

DDL = """-- Clients 客户.
CREATE TABLE clients (
  client_id INTEGER NOT NULL,
  client_name VARCHAR NOT NULL, -- values: 'Ann', 'Bo' (2 of many)
  area_id INTEGER NOT NULL,
  is_blocked BOOLEAN NOT NULL, -- values: true, false (2 of 2)
  entered_on DATE NOT NULL,
  PRIMARY KEY (client_id),
  FOREIGN KEY (area_id) REFERENCES areas (area_id)
);

-- Areas 地区.
CREATE TABLE areas (
  area_id INTEGER NOT NULL,
  area_name VARCHAR NOT NULL,
  PRIMARY KEY (area_id)
);

-- Bookings 预订.
CREATE TABLE bookings (
  booking_id INTEGER NOT NULL,
  client_id INTEGER NOT NULL,
  booked_at TIMESTAMP NOT NULL,
  paid_at TIMESTAMP,
  channel VARCHAR NOT NULL, -- Where it was made.; values: 'web', 'desk' (2 of 2)
  total_fee DECIMAL(12,2) NOT NULL, -- What is paid.; synonyms: booking value, 预订金额; values: 1.50, 22.10 (2 of many)
  PRIMARY KEY (booking_id),
  FOREIGN KEY (client_id) REFERENCES clients (client_id)
);

-- Rooms 房间.
CREATE TABLE rooms (
  room_id INTEGER NOT NULL,
  room_name VARCHAR NOT NULL,
  price DECIMAL(12,2) NOT NULL,
  PRIMARY KEY (room_id)
);

CREATE TABLE stays (
  stay_id INTEGER NOT NULL,
  room_id INTEGER NOT NULL,
  area_id INTEGER NOT NULL,
  stayed_on DATE NOT NULL,
  revenue DECIMAL(12,2) NOT NULL, -- Revenue 收入.
  rating INTEGER, -- values: 1, 5 (2 of 5)
  PRIMARY KEY (stay_id),
  FOREIGN KEY (room_id) REFERENCES rooms (room_id),
  FOREIGN KEY (area_id) REFERENCES areas (area_id)
);

-- Stays summed up by month and area.
CREATE TABLE stay_totals (
  month DATE NOT NULL,
  area_id INTEGER NOT NULL,
  revenue DECIMAL(12,2) NOT NULL, -- Revenue.
  PRIMARY KEY (month, area_id),
  FOREIGN KEY (area_id) REFERENCES areas (area_id)
);

CREATE VIEW client_value (
  client_id INTEGER,
  bookings BIGINT,
  FOREIGN KEY (client_id) REFERENCES clients (client_id)
);
"""
TODAY = date(2026, 11, 24)
SCHEMA = Schema({table.sql: table for table in tables_of(DDL)})


def sql(question: str) -> str:
    best = understand(question, SCHEMA, "duckdb", TODAY).best
    return best.sql if best is not None else ""


AREAS = "JOIN areas ON {0}.area_id = areas.area_id GROUP BY areas.area_id, areas.area_name"
WRITTEN = [
    # a ranking by what lies on the many side is by its sum
    (
        "Which 5 rooms have the highest revenue?",
        "SELECT rooms.room_name FROM rooms JOIN stays ON stays.room_id = rooms.room_id "
        "GROUP BY rooms.room_id, rooms.room_name ORDER BY SUM(stays.revenue) DESC LIMIT 5",
    ),
    (
        "Top 3 areas by revenue",
        "SELECT areas.area_name FROM areas JOIN stays ON stays.area_id = areas.area_id "
        "GROUP BY areas.area_id, areas.area_name ORDER BY SUM(stays.revenue) DESC LIMIT 3",
    ),
    (
        "Which channel has the highest total fee?",
        "SELECT channel FROM bookings GROUP BY channel ORDER BY SUM(total_fee) DESC LIMIT 1",
    ),
    # a table before what sums it up; a measure by something is added up
    (
        "total revenue by area",
        "SELECT areas.area_name, SUM(stays.revenue) AS total_revenue FROM stays " + AREAS.format("stays"),
    ),
    (
        "revenue by area",
        "SELECT areas.area_name, SUM(stays.revenue) AS total_revenue FROM stays " + AREAS.format("stays"),
    ),
    # what people call a field, and no field whose table only ends in the word
    (
        "How many bookings are there by channel?",
        "SELECT channel, COUNT(*) AS number_of_bookings FROM bookings GROUP BY channel",
    ),
    (
        "Average booking value by channel",
        "SELECT channel, AVG(total_fee) AS average_booking_value FROM bookings GROUP BY channel",
    ),
    ("What is the total fee of bookings?", "SELECT SUM(total_fee) AS total_fee FROM bookings"),
    # 数量 after a table counts it
    (
        "各地区的客户数量",
        "SELECT areas.area_name, COUNT(*) AS number_of_clients FROM clients " + AREAS.format("clients"),
    ),
    ("客户数", "SELECT COUNT(*) AS number_of_clients FROM clients"),
    # verbs of coming to be, and the date that every row has
    (
        "How many bookings were placed last month?",
        "SELECT COUNT(*) AS number_of_bookings FROM bookings "
        "WHERE booked_at >= '2026-10-01' AND booked_at < '2026-11-01'",
    ),
    (
        "上个月有多少预订?",
        "SELECT COUNT(*) AS number_of_bookings FROM bookings "
        "WHERE booked_at >= '2026-10-01' AND booked_at < '2026-11-01'",
    ),
    (
        "How many clients signed up this year?",
        "SELECT COUNT(*) AS number_of_clients FROM clients "
        "WHERE entered_on >= '2026-01-01' AND entered_on < '2027-01-01'",
    ),
    (
        "Which clients have never placed a booking?",
        "SELECT client_name FROM clients WHERE NOT client_id IN (SELECT client_id FROM bookings)",
    ),
    # a yes or no before what is counted
    (
        "How many blocked clients are there?",
        "SELECT COUNT(*) AS number_of_clients FROM clients WHERE is_blocked = TRUE",
    ),
    # the most of what many belong to is a condition, and no order of the many
    (
        "What is the average revenue of stays in the most expensive room?",
        "SELECT AVG(stays.revenue) AS average_revenue FROM stays JOIN rooms ON stays.room_id = rooms.room_id "
        "WHERE rooms.price = (SELECT MAX(price) FROM rooms)",
    ),
    # a table of which only the key is used need not be read
    (
        "How many stays are there for each room id?",
        "SELECT room_id, COUNT(*) AS number_of_stays FROM stays GROUP BY room_id",
    ),
    ("最贵的2个房间", "SELECT room_name FROM rooms ORDER BY price DESC LIMIT 2"),
]


@pytest.mark.parametrize(("question", "written"), WRITTEN, ids=[question for question, _ in WRITTEN])
def test_a_newcomers_question_becomes_the_sql_it_means(question: str, written: str) -> None:
    assert sql(question) == written


def test_last_month_is_a_time_even_where_a_field_is_called_month() -> None:
    assert "2026-10-01" in sql("What was our revenue last month?")


def test_the_best_five_by_a_measure_that_does_not_add_up_are_not_answered() -> None:
    assert sql("Which 5 rooms have the highest rating?") == ""


def test_what_was_sold_is_not_answered_by_what_merely_belongs() -> None:
    invoices = "CREATE TABLE invoices (\n  invoice_id INTEGER NOT NULL,\n  PRIMARY KEY (invoice_id)\n);\n"
    schema = Schema({table.sql: table for table in tables_of(DDL + "\n" + invoices)})
    question = "Which areas sold the most clients?"
    assert understand(question, schema, "duckdb", TODAY).best is None
    assert understand("Which areas have the most clients?", schema, "duckdb", TODAY).best is not None


def test_of_several_keys_between_two_tables_the_one_that_is_said_is_taken() -> None:
    ddl = """CREATE TABLE ports (
  port_id INTEGER NOT NULL,
  city VARCHAR NOT NULL, -- values: 'Bergen', 'Kiel' (2 of 2)
  PRIMARY KEY (port_id)
);

CREATE TABLE sailings (
  sailing_id INTEGER NOT NULL,
  source_port INTEGER NOT NULL,
  target_port INTEGER NOT NULL,
  PRIMARY KEY (sailing_id),
  FOREIGN KEY (source_port) REFERENCES ports (port_id),
  FOREIGN KEY (target_port) REFERENCES ports (port_id)
);
"""
    schema = Schema({table.sql: table for table in tables_of(ddl)})

    def key_of(question: str) -> str:
        best = understand(question, schema, "duckdb", TODAY).best
        return best.sql.partition("sailings.")[2].partition(" ")[0] if best else ""

    assert key_of("How many sailings depart from the city Kiel?") == "source_port"
    assert key_of("How many sailings arrive in the city Kiel?") == "target_port"
    assert key_of("How many sailings are there for the city Kiel?") == ""


def test_dates_are_never_added_up() -> None:
    assert all(
        "SUM(stayed_on)" not in each.sql for each in understand("total stayed on", SCHEMA, "duckdb", TODAY).readings
    )


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("average_price", "24.36272333814227", "24.36"),
        ("share", "0.123456789", "0.1235"),
        ("average_price", "0.126", "0.13"),
        ("number", "1165", "1165"),
        ("day", "2026-11-24", "2026-11-24"),
        ("total", "-1234.5678", "-1234.57"),
        ("version", "1.2.3456", "1.2.3456"),
    ],
)
def test_a_figure_is_told_with_as_many_decimals_as_a_person_reads(column: str, value: str, told: str) -> None:
    assert answered("How much?", None, Rows(1, False, (column,), ((value,),))).endswith(f": {told}")


# --- the conversation ---

TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"properties": {argument: {"type": kind}}}},
    }
    for name, argument, kind in (
        ("search_metadata", "words", "string"),
        ("show_table", "tables", "array"),
        ("execute_sql", "sql", "string"),
    )
]


def conversation(
    question: str, replies: list[tuple[str, dict[str, Any], str]], system: str = ""
) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": f"Dialect: duckdb\n{system}"},
        {"role": "user", "content": f"Today: 2026-11-24\nQuestion: {question}"},
    ]
    for number, (tool, arguments, text) in enumerate(replies):
        call = {"id": str(number), "function": {"name": tool, "arguments": json.dumps(arguments)}}
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": str(number), "content": text})
    return messages


def test_figures_that_come_with_a_warning_about_the_join_are_not_told() -> None:
    question = "Average booking value by channel"
    replies: list[tuple[str, dict[str, Any], str]] = [
        ("search_metadata", {"words": question}, "bookings -- Bookings"),
        ("show_table", {"tables": ["bookings"]}, DDL),
    ]
    warned = "1 row\n| channel | average |\n| web | 24.5 |\nWarning: AVG(x) is not over single rows of bookings."
    for _ in range(4):
        said = next_message(conversation(question, replies), TOOLS)
        if not said.calls:
            break
        replies.append((said.calls[0][0], said.calls[0][1], warned))
    assert "24.5" not in said.text
    assert "more than once" in said.text
    assert len({arguments["sql"] for tool, arguments, _ in replies if tool == "execute_sql"}) == len(replies) - 2


LISTED = """Every table with its fields:

clients: Clients
  client_id INTEGER PK
  area_id INTEGER -> areas.area_id

areas
  area_id INTEGER PK

bookings (view): Bookings
  client_id INTEGER -> clients.client_id: the client

rooms
  room_id INTEGER PK
"""


def test_where_the_prompt_lists_every_table_only_the_hits_and_what_joins_them_are_looked_at() -> None:
    found = "bookings -- Bookings\n  joins: bookings.client_id = clients.client_id; rooms.a = rooms.b\n\nareas -- Areas"
    said = next_message(conversation("bookings by area", [("search_metadata", {}, found)], LISTED), TOOLS)
    assert said.calls == (("show_table", {"tables": ["bookings", "areas", "clients"]}),)
