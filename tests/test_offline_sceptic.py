"""What a sceptical business user asked, and was once answered wrongly without a word: now rightly, or not at all."""

from __future__ import annotations

from datetime import date

import pytest

from agent.llm.offline.answer_text import Rows, answered, declined
from agent.llm.offline.schema_text import Schema, tables_of
from agent.llm.offline.understanding import Understanding, understand

DDL = """-- Members 会员. ~900 rows
CREATE TABLE members (
  member_id INTEGER NOT NULL,
  member_name VARCHAR NOT NULL,
  joined_on DATE NOT NULL, -- When the membership was opened.
  phone VARCHAR, -- NULL when not given.
  PRIMARY KEY (member_id)
);

-- People who work here. ~40 rows
CREATE TABLE workers (
  worker_id INTEGER NOT NULL,
  full_name VARCHAR NOT NULL,
  job VARCHAR NOT NULL, -- values: 'Cook', 'Head Cook' (2 of 2)
  age INTEGER NOT NULL,
  wage DECIMAL(10,2) NOT NULL,
  boss_id INTEGER,
  PRIMARY KEY (worker_id),
  FOREIGN KEY (boss_id) REFERENCES workers (worker_id)
);

-- Halls. ~9 rows
CREATE TABLE halls (
  hall_id INTEGER NOT NULL,
  hall_name VARCHAR NOT NULL,
  opened_on DATE NOT NULL,
  PRIMARY KEY (hall_id)
);

-- Orders 订单. ~9000 rows
CREATE TABLE orders (
  order_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  worker_id INTEGER,
  hall_id INTEGER NOT NULL,
  ordered_at TIMESTAMP NOT NULL,
  grade VARCHAR NOT NULL, -- values: 'A', 'B', 'C' (3 of 3)
  PRIMARY KEY (order_id),
  FOREIGN KEY (member_id) REFERENCES members (member_id),
  FOREIGN KEY (worker_id) REFERENCES workers (worker_id),
  FOREIGN KEY (hall_id) REFERENCES halls (hall_id)
);

-- Dishes 菜品, in groups.
CREATE TABLE dishes (
  dish_id INTEGER NOT NULL,
  dish_name VARCHAR NOT NULL,
  group_id INTEGER NOT NULL,
  PRIMARY KEY (dish_id),
  FOREIGN KEY (group_id) REFERENCES dish_groups (group_id)
);

-- Dish groups. ~12 rows
CREATE TABLE dish_groups (
  group_id INTEGER NOT NULL,
  group_name VARCHAR NOT NULL, -- values: 'Drinks', 'Teas' (2 of 12)
  parent_id INTEGER,
  PRIMARY KEY (group_id),
  FOREIGN KEY (parent_id) REFERENCES dish_groups (group_id)
);

-- Labels.
CREATE TABLE labels (
  label_id INTEGER NOT NULL,
  label_name VARCHAR NOT NULL,
  PRIMARY KEY (label_id)
);

CREATE TABLE dish_labels (
  dish_id INTEGER NOT NULL,
  label_id INTEGER NOT NULL,
  PRIMARY KEY (dish_id, label_id),
  FOREIGN KEY (dish_id) REFERENCES dishes (dish_id),
  FOREIGN KEY (label_id) REFERENCES labels (label_id)
);

-- Goods sent back 退货.; synonyms: 退款
CREATE TABLE refunds (
  refund_id INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  pieces INTEGER NOT NULL, -- Quantity.
  refund_amount DECIMAL(10,2) NOT NULL,
  PRIMARY KEY (refund_id),
  FOREIGN KEY (order_id) REFERENCES orders (order_id)
);

-- Members, and what they are worth.
CREATE VIEW member_worth (
  member_id INTEGER NOT NULL,
  orders INTEGER NOT NULL, -- How many they placed.
  contact VARCHAR NOT NULL -- values: 'phone', 'mail' (2 of 2)
);

-- Profit summed up by month.
CREATE VIEW monthly_totals (
  month DATE NOT NULL, -- First day of the month.
  orders INTEGER NOT NULL,
  profit DECIMAL(12,2) NOT NULL,
  cost DECIMAL(12,2) NOT NULL -- Cost of the goods. Gross profit (毛利) is what is left.
);
"""
SCHEMA = Schema({table.sql: table for table in tables_of(DDL)})


def read(question: str) -> Understanding:
    return understand(question, SCHEMA, "duckdb", date(2026, 11, 24))


WRITTEN = [
    (
        "Orders per weekday",
        "SELECT EXTRACT(isodow FROM ordered_at) AS weekday, COUNT(*) AS number_of_orders FROM orders "
        "GROUP BY EXTRACT(isodow FROM ordered_at) ORDER BY EXTRACT(isodow FROM ordered_at)",
    ),
    (
        "Which label is used most often?",
        "SELECT labels.label_name FROM dish_labels JOIN labels ON dish_labels.label_id = labels.label_id "
        "GROUP BY labels.label_id, labels.label_name ORDER BY COUNT(*) DESC LIMIT 1",
    ),
    (
        "What was the profit in 2025?",
        "SELECT SUM(profit) AS total_profit FROM monthly_totals WHERE (month >= '2025-01-01' AND month < '2026-01-01')",
    ),
    # an order has a member always and a worker sometimes, and two members may share a name
    (
        "Who placed the most orders?",
        "SELECT members.member_name FROM members JOIN orders ON orders.member_id = members.member_id "
        "GROUP BY members.member_id, members.member_name ORDER BY COUNT(*) DESC LIMIT 1",
    ),
    # a year after "in" is a time, also where a field that counts orders could hold such a number
    (
        "How many different members placed an order in 2025?",
        "SELECT COUNT(DISTINCT member_id) AS number_of_members FROM orders "
        "WHERE (ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01')",
    ),
    # a field of theirs, and not a value of another table's that is spelt alike
    ("Which members have no phone?", "SELECT member_name FROM members WHERE phone IS NULL"),
    (
        "What is the average wage of head cooks?",
        "SELECT AVG(wage) AS average_wage FROM workers WHERE job = 'Head Cook'",
    ),
    ("How many cooks are there?", "SELECT COUNT(*) AS number_of_cooks FROM workers WHERE job = 'Cook'"),
    ("How old is the oldest worker?", "SELECT age FROM workers ORDER BY age DESC LIMIT 1"),
    (
        "How many members were opened in October 2025?",  # halls have a day of opening too, over their orders
        "SELECT COUNT(*) AS number_of_members FROM members "
        "WHERE joined_on >= '2025-10-01' AND joined_on < '2025-11-01'",
    ),
    (
        "How many dishes are in Drinks?",
        "SELECT COUNT(*) AS number_of_dishes FROM dishes JOIN dish_groups ON dishes.group_id = dish_groups.group_id "
        "WHERE dish_groups.group_id IN (WITH RECURSIVE below(key) AS (SELECT group_id FROM dish_groups "
        "WHERE group_name IN ('Drinks') UNION SELECT dish_groups.group_id FROM dish_groups "
        "JOIN below ON dish_groups.parent_id = below.key) SELECT key FROM below)",
    ),
    (
        "Which members got an A?",
        "SELECT members.member_name FROM members JOIN orders ON orders.member_id = members.member_id "
        "WHERE orders.grade = 'A'",
    ),
    (
        "How many members have never ordered?",
        "SELECT COUNT(*) AS number_of_members FROM members WHERE NOT member_id IN (SELECT member_id FROM orders)",
    ),
    (
        "从未下过单的会员有多少?",
        "SELECT COUNT(*) AS number_of_members FROM members WHERE NOT member_id IN (SELECT member_id FROM orders)",
    ),
    (
        "Total refund amount per hall, highest first",
        "SELECT halls.hall_name, SUM(refunds.refund_amount) AS total_refund_amount FROM refunds "
        "JOIN orders ON refunds.order_id = orders.order_id JOIN halls ON orders.hall_id = halls.hall_id "
        "GROUP BY halls.hall_id, halls.hall_name ORDER BY SUM(refunds.refund_amount) DESC",
    ),
    ("退货了多少件?", "SELECT SUM(pieces) AS total_piece FROM refunds"),
    ("退款总额是多少?", "SELECT SUM(refund_amount) AS total_refund_amount FROM refunds"),
]


@pytest.mark.parametrize(("question", "written"), WRITTEN, ids=[question for question, _ in WRITTEN])
def test_a_sceptics_question_becomes_the_sql_it_means(question: str, written: str) -> None:
    best = read(question).best
    assert best is not None
    assert best.sql == written


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Profit per order in 2025", "order"),
        ("How many workers report to the Head Cook?", "report"),
        ("Which members have not logged in this year?", "logged in"),
        ("What was the profit last week?", ""),  # only whole months are known
        ("Profit per day", ""),
        ("今年的毛利是多少?", ""),  # a comment's later sentence names something else than its field
        ("Which label is the most popular of all orders?", ""),
        ("What is the total amount of the labels?", ""),
        ("How many orders last month and this month?", ""),  # no order is of both
        ("Orders between 2026 and 2020", ""),
    ],
)
def test_what_is_not_understood_is_named_and_not_answered(question: str, word: str) -> None:
    understood = read(question)
    assert understood.best is None, understood.best
    assert word in declined(question, understood)


def test_what_is_below_is_said_with_the_filter() -> None:
    best = read("How many dishes are in Drinks?").best
    assert best is not None
    told = answered("How many dishes are in Drinks?", best, Rows(1, False, tuple(best.aliases), (("7",),)))
    assert told == "number of dishes: 7 (group name = Drinks and what is below)"
