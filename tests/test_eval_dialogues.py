"""Dialogues in an evaluation: turns that are asked in one session, each scored like a case."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.evaluation.cases import Case, CaseUser, read_cases
from agent.evaluation.figures import figures, whole_dialogues
from agent.evaluation.results import CaseResult
from tests.langfuse_double import LangfuseDouble
from tests.test_eval_cases_and_langfuse import keys
from tests.test_evaluation import Desk, dbagent, desk, written
from tests.waiting import until

__all__ = ["desk", "keys"]  # fixtures

SHOP = """\
- id: orders
  language: en
  turns:
    - {question: How many orders are there?, gold_sql: SELECT count(*) FROM orders}
    - {question: by status, gold_sql: "SELECT status, count(*) FROM orders GROUP BY status"}
- {id: customers, question: How many customers are there?, gold_sql: SELECT count(*) FROM customers}
"""


def turns(id: str, *asked: tuple[str, str]) -> list[Case]:
    questions = tuple(question for question, _ in asked)
    return [
        Case(f"{id}/{at + 1}", question, id, (gold,), dialogue=id, earlier=questions[:at], turns=len(asked))
        for at, (question, gold) in enumerate(asked)
    ]


def test_an_entry_with_turns_is_a_dialogue_and_a_turn_that_is_none_leaves_out_all_of_it(tmp_path: Path) -> None:
    text = """\
- id: a
  user: ada
  turns:
    - {question: How many?, sql: SELECT 1}
    - {question: and by month?, rows: [[1, 2]], evidence: Months are names.}
- {turns: [{question: Who?, gold_sql: SELECT 2}]}
- {turns: [{question: Who?, gold_sql: SELECT 2}, {question: And when?}]}
- {turns: [{question: Who?, gold_sql: SELECT 2, gold: SELECT 3}]}
- {id: a, question: How many?, gold_sql: SELECT 1}
- {id: b, turns: []}
"""
    read = read_cases(written(tmp_path, "cases.yaml", text))
    first, second, third = read.cases
    assert (first.id, first.entry, first.gold_sql, first.earlier, first.turns) == ("a/1", "a", ("SELECT 1",), (), 2)
    assert (second.id, second.earlier, second.rows, second.user) == ("a/2", ("How many?",), ((1, 2),), CaseUser("ada"))
    assert second.asked == "and by month?\nEvidence: Months are names."
    assert (third.id, third.place) == ("cases-0001/1", "cases.yaml:6")
    assert [line.partition(": ")[2] for line in read.problems] == [
        "turns.1: it has no right answer: give gold_sql, or rows. It is left out.",
        "there is no key 'gold' here. Did you mean 'gold_sql'? It is left out.",
        "the id 'a' is taken by cases.yaml:1. Give it another.",
        "turns: there should be at least 1. It is left out.",
    ]
    alone = Case("x", second.question, "", rows=second.rows, evidence=second.evidence, user=second.user)
    assert len({each.digest for each in (alone, second)}) == 2


def test_the_dialogues_of_sparc_and_cosql_are_read_as_they_come(tmp_path: Path) -> None:
    entry = {
        "database_id": "shop",
        "interaction": [
            {"utterance": "Show all orders.", "query": "SELECT * FROM orders", "sql": {"from": []}},
            {"utterance": "Count them.", "query": "SELECT count(*) FROM orders", "sql": {"from": []}},
        ],
        "final": {"utterance": "Count the orders.", "query": "SELECT count(*) FROM orders"},
    }
    cases = read_cases(written(tmp_path, "dev.json", json.dumps([entry])).parent).cases
    assert [(each.id, each.db, each.question) for each in cases] == [
        ("dev-0000/1", "shop", "Show all orders."),
        ("dev-0000/2", "shop", "Count them."),
    ]


def test_turns_are_asked_in_one_session_and_a_dialogue_that_was_broken_off_from_its_first_turn(desk: Desk) -> None:
    cases = [
        *turns("a", ("run: SELECT 1", "SELECT 1"), ("run: SELECT 2", "SELECT 2")),
        *turns("b", ("run: SELECT 3", "SELECT 3"), ("what?", "SELECT 4"), ("run: SELECT 5", "SELECT 5")),
    ]
    run = desk.begin(*cases)

    def interrupt(case: Case, result: CaseResult) -> None:
        if case.id == "b/2":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        desk.ask(run, *cases, hear=interrupt)
    assert [each.same for each in whole_dialogues(desk.store.results(run.id))] == [True, None]
    results = desk.ask(run, *cases)
    asked = [
        [str(message["content"]).partition("Question: ")[2] or message["content"] for message in body["messages"][1:]]
        for model in desk.models
        for body in model.heard
        if body["messages"][-1]["role"] == "user"
    ]
    assert [each[-1] for each in asked] == [
        *("run: SELECT 1", "run: SELECT 2", "run: SELECT 3", "what?"),
        *("run: SELECT 3", "what?", "run: SELECT 5"),
    ]
    assert asked[-1][::2] == ["run: SELECT 3", "what?", "run: SELECT 5"]
    assert "SELECT 3" in asked[-1][1]
    assert [(each.case_id, each.same) for each in results] == [
        *(("a/1", True), ("a/2", True)),
        *(("b/1", True), ("b/2", False), ("b/3", True)),
    ]
    got = figures(whole_dialogues(results))
    assert (got.cases, got.scored, got.answered, got.right) == (2, 2, 1, 1)
    assert desk.open_agent(str(desk.shop)).sessions() == []
    desk.open = 0


def test_a_dialogue_ends_at_a_turn_that_cannot_be_scored_and_is_asked_again(desk: Desk) -> None:
    cases = turns("a", ("run: SELECT 1", "SELECT 1"), ("fail", "SELECT 2"), ("run: SELECT 3", "SELECT 3"))
    run = desk.begin(*cases)
    results = desk.ask(run, *cases)
    assert [each.same for each in results] == [True, None, None]
    assert results[-1].problem == "It was not asked, since a/2 could not be scored."
    mended = turns("a", ("run: SELECT 1", "SELECT 1"), ("run: SELECT 2", "SELECT 2"), ("run: SELECT 3", "SELECT 3"))
    assert [each.same for each in desk.ask(run, *mended)] == [True] * 3


def test_turns_and_dialogues_are_shown_compared_and_reported(tmp_path: Path, shop_file: Path) -> None:
    cases = written(tmp_path, "shop.yaml", SHOP)
    code, out, _ = dbagent("eval", "run", str(cases), "--db", str(shop_file))
    assert code == 0
    assert re.search(r"^turn 2 +1 ", out, re.MULTILINE)
    assert re.search(r"^all +3 ", out, re.MULTILINE)
    assert re.search(r"^dialogues, all turns +1 +1 +100.0 % +100.0 % ", out, re.MULTILINE)
    written(tmp_path, "shop.yaml", SHOP.replace("SELECT status, count(*)", "SELECT status, sum(total)"))
    code, out, _ = dbagent("eval", "run", str(cases), "--db", str(shop_file), "--limit", "1")
    assert re.search(r"^dialogues, all turns +1 +1 +100.0 % +0.0 % ", out, re.MULTILINE)
    assert "  after   How many orders are there?\n" in dbagent("eval", "show", "--wrong")[1]
    assert dbagent("eval", "report", "--out", str(tmp_path / "report.html"))[0] == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "all turns right: 0 of 1 dialogues" in page
    assert "after: How many orders are there?" in page
    first, second = re.findall(r"^(\S+-\S+) ", dbagent("eval", "list")[1], re.MULTILINE)
    _, out, _ = dbagent("eval", "compare", first, second)
    assert "Left out: 1 whose question or gold has changed in between." in out


def test_langfuse_has_an_item_for_each_turn_with_what_was_asked_before_and_one_session(
    keys: LangfuseDouble, tmp_path: Path, shop_file: Path
) -> None:
    assert main(["eval", "run", str(written(tmp_path, "shop.yaml", SHOP)), "--db", str(shop_file)]) == 0
    until(lambda: sum(span.kind == "agent" for span in keys.spans) == 3)
    items: dict[str, Mapping[str, Any]] = {item["metadata"]["case"]: item for item in keys.items.values()}
    second = items["orders/2"]
    assert second["input"]["earlier questions"] == ["How many orders are there?"]
    assert (second["metadata"]["dialogue"], second["metadata"]["turn"]) == ("orders", "2")
    assert "turn" not in items["customers"]["metadata"]
    of_item = {span.attributes["langfuse.experiment.item.id"]: span for span in keys.spans if span.kind == "agent"}
    sessions = [of_item[items[id]["id"]].attributes.get("session.id") for id in ("orders/1", "orders/2", "customers")]
    assert sessions[0] == sessions[1] != sessions[2] is None
