"""Words that nothing stores and a comment explains: codes, letters, missing dates; and what such words do not mean."""

from __future__ import annotations

from datetime import date

import pytest

from agent.llm.offline.glosses import glosses_of
from agent.llm.offline.schema_text import Schema, tables_of
from agent.llm.offline.understanding import understand

DDL = """-- Borrowers 读者.
CREATE TABLE borrowers (
  borrower_id INTEGER NOT NULL,
  borrower_name VARCHAR NOT NULL,
  kind VARCHAR NOT NULL, -- A pupil / B grown-up (成人); values: 'A', 'B' (2 of 2)
  left_on DATE, -- Last day; NULL: still registered.
  PRIMARY KEY (borrower_id)
);

-- Loans 借阅.
CREATE TABLE loans (
  loan_id INTEGER NOT NULL,
  borrower_id INTEGER NOT NULL,
  state INTEGER NOT NULL, -- 1 = new, not paid (待付款), 2 = returned (已归还), 3 = lost; values: 1, 2, 3 (3 of 3)
  came_by VARCHAR NOT NULL, -- desk (柜台) or net (网上).; values: 'desk', 'net' (2 of 2)
  PRIMARY KEY (loan_id),
  FOREIGN KEY (borrower_id) REFERENCES borrowers (borrower_id)
);
"""
SCHEMA = Schema({table.sql: table for table in tables_of(DDL)})


def where(question: str) -> str:
    """What the query asks after its WHERE; empty where there is no answer."""
    best = understand(question, SCHEMA, "duckdb", date(2026, 11, 24)).best
    return best.sql.partition(" WHERE ")[2] if best is not None else ""


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("How many loans are lost?", "state = 3"),
        ("How many loans are not lost?", "state <> 3"),
        ("How many loans have not been paid?", "state = 1"),
        ("How many loans are unpaid?", "state = 1"),
        ("How many pupil borrowers are there?", "kind = 'A'"),
        ("How many borrowers are still registered?", "left_on IS NULL"),
        ("已归还的借阅有多少?", "state = 2"),
        ("未付款的借阅有多少?", "state = 1"),
        ("网上的借阅有多少?", "came_by = 'net'"),
        ("成人读者有多少?", "kind = 'B'"),
        # of a borrower, and no borrower of one that is new
        ("How many new borrowers are there?", ""),
    ],
)
def test_a_comment_says_what_a_stored_code_means(question: str, condition: str) -> None:
    assert where(question) == condition


@pytest.mark.parametrize(
    ("comment", "values", "glosses"),
    [
        ("状态：0-未支付，1-已支付", ("0", "1"), {"未支付": "0", "已支付": "1", "支付": "1"}),
        ("N: new. P: paid on time.", ("'N'", "'P'"), {"new": "'N'", "paid on time": "'P'"}),
        # a NULL that may be either of two things says neither
        ("NULL: not shipped, or sold in a shop.", (), {}),
        ("Weight in grams: as measured.", ("250", "300"), {}),
        ("Size L at least; XL where it fits.", ("'L'", "'XL'"), {}),
        ("", ("'a'",), {}),
    ],
)
def test_only_what_a_comment_says_of_a_stored_value_counts(
    comment: str, values: tuple[str, ...], glosses: dict[str, str]
) -> None:
    assert dict(glosses_of(comment, values)) == glosses
