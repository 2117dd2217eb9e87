"""Asking back: which reading of a question is meant, in every way that there is to say so."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent import Clarification, DBAgent, QuestionRefused, Settings, calls, open_agent
from agent.answer import Interpretation
from agent.asking_back import AskingBack
from agent.events import AnswerReady, Event, UserAsked, tell_nobody
from agent.llm.scripted import calls_all
from agent.llm.text_protocol import calls_in
from agent.messages import ToolReply
from tests import model_server as server
from tests.command_line import dbagent
from tests.conftest import AgentWith
from tests.test_chat import READY, chat, terminal
from tests.test_cli import asking
from tools.ask_user import ASK_USER, AskUser
from tools.database import Database

WHICH, READINGS = "Which date is meant?", ("by order date", "by delivery date")
BACK = calls("ask_user", question=WHICH, options=list(READINGS))
COUNT = calls("execute_sql", sql="SELECT count(*) AS orders FROM orders")
ASSUMED = Interpretation(WHICH, READINGS, "by order date")
CHOSEN = Interpretation(WHICH, READINGS, "by delivery date", by_user=True)


def test_where_nobody_can_be_asked_the_first_reading_is_assumed_and_stands_in_the_receipt(
    agent_with: AgentWith,
) -> None:
    agent = agent_with(BACK, COUNT, "4, by order date, which I assumed.")
    answer = agent.ask_sync("How many last month?")
    told = agent.script.heard[1]["messages"][-1]["content"]
    assert told.startswith('Nobody can be asked now. Go on with the first reading, "by order date", and say')
    assert (answer.receipt.assumptions, answer.receipt.choices, answer.receipt.outcome) == ((ASSUMED,), (), "answered")
    assert answer.as_json()["receipt"]["assumptions"] == [
        {"question": WHICH, "options": list(READINGS), "taken": "by order date"}
    ]
    assert "Assumed: by order date, not by delivery date (Which date is meant?)" in str(
        answer._repr_mimebundle_()["text/plain"]
    )


@pytest.mark.parametrize("said", ["2", "2.", "(2)", " By delivery  DATE "])
def test_a_person_chooses_by_number_or_by_words_in_the_thread_that_waits(agent_with: AgentWith, said: str) -> None:
    agent = agent_with(BACK, COUNT, "4.")
    asked: list[tuple[Clarification, threading.Thread]] = []

    def person(clarification: Clarification) -> str:
        asked.append((clarification, threading.current_thread()))
        return said

    answer = agent.ask_sync("How many last month?", ask_user=person)
    assert asked == [(Clarification(WHICH, READINGS), threading.current_thread())]
    assert (answer.receipt.assumptions, answer.receipt.choices) == ((), (CHOSEN,))
    assert agent.script.heard[1]["messages"][-1]["content"] == (
        'You asked: "Which date is meant?" The user answers: "by delivery date"'
    )


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("by the day\nit was paid", Interpretation(WHICH, READINGS, "by the day it was paid", by_user=True)),
        ("", ASSUMED),
        (None, ASSUMED),
    ],
)
def test_a_person_says_something_else_or_nothing(
    agent_with: AgentWith, said: str | None, taken: Interpretation
) -> None:
    async def person(clarification: Clarification) -> str | None:
        return said

    answer = agent_with(BACK, COUNT, "4.").ask_sync("How many?", ask_user=person)
    assert (*answer.receipt.assumptions, *answer.receipt.choices) == (taken,)


def test_it_asks_once_and_as_often_as_the_setting_says(agent_with: AgentWith) -> None:
    other = calls("ask_user", question="Which orders?", options=["all", "paid"])
    asked: list[str] = []

    def person(clarification: Clarification) -> str:
        asked.append(clarification.question)
        return "2"

    answer = agent_with(calls_all(BACK, other), COUNT, "4.").ask_sync("How many?", ask_user=person)
    assert asked == [WHICH]
    assert (answer.receipt.choices, [each.taken for each in answer.receipt.assumptions]) == ((CHOSEN,), ["all"])
    agent_with(BACK, other, COUNT, "4.", questions_back=2).ask_sync("How many?", ask_user=person)
    assert asked == [WHICH, WHICH, "Which orders?"]
    agent_with(BACK, COUNT, "4.", questions_back=0).ask_sync("How many?", ask_user=person)
    assert len(asked) == 3


def test_the_time_that_a_person_takes_counts_towards_no_limit() -> None:
    async def person(clarification: Clarification) -> str:
        await asyncio.sleep(0.6)
        return "1"

    async def asked() -> AskingBack:
        back, asked = AskingBack(person, 1), Clarification(WHICH, READINGS)
        async with asyncio.timeout(0.5) as back.deadline:
            await back.replied(ToolReply(BACK.tool_calls[0], asked.for_model(), asked), asked, tell_nobody)
        return back

    assert asyncio.run(asked()).waited >= 0.5


def test_what_goes_wrong_where_a_person_is_asked_is_the_callers(agent_with: AgentWith) -> None:
    def person(clarification: Clarification) -> str:
        raise RuntimeError("the window is closed")

    with pytest.raises(RuntimeError, match="the window is closed"):
        agent_with(BACK).ask_sync("How many?", ask_user=person)


def test_a_stream_tells_that_the_user_is_asked_and_its_answer_is_the_question(agent_with: AgentWith) -> None:
    agent = agent_with(BACK)

    async def events() -> list[Event]:
        return [each async for each in agent.stream("How many last month?", ask_user="later")]

    *told, last = asyncio.run(events())
    assert UserAsked(Clarification(WHICH, READINGS)) in told
    assert isinstance(last, AnswerReady)
    assert (last.answer.receipt.outcome, last.answer.answered) == ("asked", False)
    assert last.answer.as_json()["asked"] == {"question": WHICH, "options": list(READINGS)}
    assert last.answer.text == "Which date is meant?\n1. by order date\n2. by delivery date"


def test_in_a_session_an_option_goes_on_and_anything_else_is_the_next_question(agent_with: AgentWith) -> None:
    agent = agent_with(BACK, BACK, COUNT, "4.", "Berlin: 2.", "Hello.")
    agent.session("s").ask_sync("How many last month?", ask_user="later")
    answer = agent.session("s").ask_sync("2", ask_user="later")  # as another process would
    first = agent.script.heard[1]["messages"]
    assert [each["role"] for each in first] == ["system", "user"]
    assert (
        'You asked: "Which date is meant?" The user answers: "by delivery date"\nQuestion: How many last month?'
        in (first[1]["content"])
    )
    assert "\nTime: " in first[1]["content"], "the times of what was asked hold still"
    assert (answer.question, answer.receipt.choices) == ("How many last month?", (CHOSEN,))
    assert [each.question for each in answer.receipt.assumptions] == [WHICH], "it has asked once: no ping-pong"
    session = agent.session("s")
    session.ask_sync("only Berlin")
    told = [each["content"] for each in agent.script.heard[-1]["messages"]]
    assert told[1:3] == ["How many last month?", "Which date is meant?\n1. by order date\n2. by delivery date"]
    assert told[3] == 'You asked: "Which date is meant?" The user answers: "by delivery date"\nHow many last month?'
    session.ask_sync("2")
    assert agent.script.heard[-1]["messages"][-1]["content"].endswith("Question: 2"), "nothing was asked back before it"


def test_candidates_for_an_answer_share_one_question_back(agent_with: AgentWith) -> None:
    asked: list[str] = []

    def person(clarification: Clarification) -> str:
        asked.append(clarification.question)
        return "2"

    agent = agent_with(BACK, BACK, COUNT, COUNT, "4.", "4.", candidates=2)
    answer = agent.ask_sync("How many?", ask_user=person, effort="high")
    assert asked == [WHICH]
    assert answer.receipt.votes is not None
    later = agent_with(BACK, BACK, candidates=2).ask_sync("How many?", ask_user="later", effort="high")
    assert later.receipt.outcome == "asked"


def test_every_candidate_is_told_what_the_user_chose(agent_with: AgentWith) -> None:
    agent = agent_with(BACK, BACK, COUNT, COUNT, "4.", "4.", candidates=2)
    answer = agent.ask_sync("How many?", ask_user=lambda asked: "2", effort="high")
    assert (answer.receipt.choices, answer.receipt.assumptions) == ((CHOSEN,), ())


@pytest.mark.parametrize("said", ["7", 7, "0", ""])
def test_what_names_no_option_is_no_choice(agent_with: AgentWith, said: Any) -> None:
    answer = agent_with(BACK, COUNT, "4.").ask_sync("How many?", ask_user=lambda asked: said)
    assert (answer.receipt.choices, answer.receipt.assumptions) == ((), (ASSUMED,))


def test_a_number_that_no_option_has_leaves_the_question_back_open(agent_with: AgentWith) -> None:
    agent = agent_with(BACK, COUNT, "4.")
    session = agent.session()
    assert session.ask_sync("How many?", ask_user="later").asked is not None
    with pytest.raises(QuestionRefused, match="2 options"):
        session.ask_sync("7")
    assert session.ask_sync("2").receipt.choices == (CHOSEN,)


def test_a_choice_is_nobody_elses_answer(agent_with: AgentWith) -> None:
    agent = agent_with(BACK, COUNT, "4.", BACK, COUNT, "5.", answer_ttl=60.0)
    ask = agent.ask_sync("How many?", ask_user=lambda asked: "2")
    again = agent.ask_sync("How many?")
    assert (ask.text, again.text, again.receipt.cached_at) == ("4.", "5.", None)
    kept = agent.ask_sync("How many?")
    assert kept.receipt.cached_at is not None
    assert kept.receipt.assumptions == (ASSUMED,)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"question": "Which?", "options": ["a"]}, "at least 2"),
        ({"question": "Which?", "options": ["a", " a ", ""]}, "at least 2"),
        ({"question": "Which?", "options": list("abcdef")}, "at most 5"),
        ({"question": " ", "options": ["a", "b"]}, "at least 1"),
    ],
)
def test_a_question_back_that_is_none_is_refused_and_the_model_told(
    agent_with: AgentWith, arguments: dict[str, Any], wrong: str
) -> None:
    agent = agent_with(calls("ask_user", **arguments), COUNT, "4.")
    answer = agent.ask_sync("How many?", ask_user=lambda asked: pytest.fail("nobody is asked"))
    assert wrong in agent.script.heard[1]["messages"][-1]["content"]
    assert answer.receipt.assumptions == ()


def test_what_a_model_asks_back_is_a_bounded_line_that_a_terminal_does_not_obey(open_shop: Database) -> None:
    given = {"question": "Which\x1b[2J\n" + "?" * 900, "options": json.dumps(["a\u202e\nb", "c" * 900])}
    asked = ASK_USER.function(AskUser.model_validate(given), open_shop)
    assert isinstance(asked, Clarification)
    lines = asked.for_user().split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) <= 300 for line in lines)


def test_a_model_without_tools_asks_back_in_text() -> None:
    text = (
        f'<tool_call>{{"name": "ask_user", "arguments": {{"question": "{WHICH}", "options": ["a", "b"]}}}}</tool_call>'
    )
    (call,) = calls_in(text, ("ask_user",))[1]
    assert AskUser.model_validate_json(call.arguments).options == ["a", "b"]
    (call,) = calls_in(f'ask_user(question="{WHICH}", options=["a, or b", "c"])', ("ask_user",))[1]
    assert AskUser.model_validate_json(call.arguments).options == ["a, or b", "c"]


def test_the_command_assumes_or_exits_with_the_options_and_goes_on_in_the_session(shop_file: Path) -> None:
    db = ("--db", str(shop_file))
    said = map(server.says, (BACK, COUNT, "4.", BACK, COUNT, "4 delivered.", COUNT, "4."))
    with server.model_server(*said) as running:
        assumed = dbagent("ask", "How many?", *db, **asking(running))
        asked = dbagent("ask", "How many?", "--ask", *db, **asking(running))
        told = json.loads(asked.stdout)
        chosen = dbagent("ask", "2", "--session", told["session"], "--explain", *db, **asking(running))
        begun = dbagent("ask", "How many?", "--session", "nosuch", "--json", "--explain", *db, **asking(running))
    assert assumed.returncode == 0
    assert "\nAssumed: by order date, not by delivery date (Which date is meant?)\n" in assumed.stdout
    assert (asked.returncode, asked.stderr) == (9, "")
    assert told == {"asked": {"question": WHICH, "options": list(READINGS)}, "session": told["session"]}
    assert (chosen.returncode, chosen.stderr) == (0, "")
    assert "\nChosen: by delivery date (Which date is meant?)\n" in chosen.stdout
    assert "Reads orders (One row per order, also cancelled ones)." in chosen.stdout
    assert "main.orders: " in chosen.stdout
    assert "There is no session nosuch yet" in begun.stderr
    whole = json.loads(begun.stdout)
    assert (whole["session"], whole["asked"], whole["explanation"]["tables"][0]["name"]) == (
        "nosuch",
        None,
        "main.orders",
    )
    assert dbagent("ask", "How many?", "--csv", "--explain", *db).returncode == 2
    assert dbagent("ask", "How many?", "--csv", "--ask", *db).returncode == 2


def test_over_pipes_the_next_line_chooses_where_it_names_an_option_and_is_the_next_question_else(
    shop_file: Path,
) -> None:
    said = (BACK, COUNT, "4 delivered.", BACK, COUNT, "4 ordered.", "Hello.", BACK, COUNT, "4 at the end.")
    done = chat(shop_file, ["How many?", "2", "How many now?", "hello", "How many?"], *said)
    assert (done.returncode, done.stderr) == (0, "")
    assert "> How many?\nWhich date is meant?\n1. by order date\n2. by delivery date\n> by delivery date\n4 deliv" in (
        done.stdout
    )
    assert "2. by delivery date\n4 ordered." in done.stdout
    assert "\n> hello\nHello." in done.stdout
    assert done.stdout.count("Assumed: by order date") == 2


def test_a_session_that_there_is_not_is_said_to_begin(shop_file: Path) -> None:
    done = chat(shop_file, ["hello"], options=("--session", "nosuch"))
    assert "There is no session nosuch yet: it begins here." in done.stdout
    assert "There is no session" not in chat(shop_file, ["hello"]).stdout


def test_in_a_terminal_it_is_a_choice_that_ctrl_c_stops(shop_file: Path, tmp_path: Path) -> None:
    said = (BACK, BACK, COUNT, "4 paid.")
    with terminal(shop_file, tmp_path, *map(server.says, said)) as child:
        for reply, shown in (("\x03", "Stopped"), ("by pay day\r", r"Chosen: by pay day")):
            child.send("How many?\r")
            child.expect(r"2\. by delivery date")
            child.expect(READY)
            child.send(reply)
            child.expect(shown)
            child.expect(READY)


PARCELS = """
CREATE TABLE parcels (id INTEGER PRIMARY KEY, city VARCHAR, received_on DATE NOT NULL, shipped_on DATE NOT NULL);
COMMENT ON COLUMN parcels.received_on IS '收货日期';
COMMENT ON COLUMN parcels.shipped_on IS '发货日期';
INSERT INTO parcels SELECT i, ['Berlin', 'Paris'][1 + i % 2], DATE '2026-09-15' + i::INT, DATE '2026-09-20' + i::INT
    FROM range(40) t (i);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR, state VARCHAR, country VARCHAR);
INSERT INTO customers VALUES (1, 'Ann', 'Georgia', 'USA'), (2, 'Bob', 'Georgia', 'USA'), (3, 'Nino', NULL, 'Georgia');
"""
DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DBAgent]:
    """The offline model over two tables whose questions can be read in two ways."""
    path, home = tmp_path_factory.mktemp("parcels") / "parcels.duckdb", tmp_path_factory.mktemp("home")
    with duckdb.connect(str(path)) as connection:
        connection.execute(PARCELS)
    with open_agent(str(path), settings=Settings.from_environment({"DBAGENT_HOME": str(home)})) as agent:
        yield agent


@pytest.mark.parametrize(
    ("question", "assumed", "chosen", "asked"),
    [
        ("How many parcels last month?", 24, 29, "Which date is meant?|received on|shipped on"),
        ("上个月有多少 parcels?", 24, 29, "指的是哪个日期？|收货日期|发货日期"),
        ("How many customers in Georgia?", 2, 1, "What is meant by 'Georgia'?|state|country"),
    ],
)
def test_the_offline_model_asks_back_where_two_fields_fit_and_their_rows_differ(
    offline: DBAgent, question: str, assumed: int, chosen: int, asked: str
) -> None:
    by_itself = offline.ask_sync(question, today=DAY)
    (taken,) = by_itself.receipt.assumptions
    assert "|".join((taken.question, *taken.options)) == asked
    assert by_itself.table is not None
    assert by_itself.table.rows == ((assumed,),)
    assert taken.taken in by_itself.text
    answer = offline.ask_sync(question, today=DAY, ask_user=lambda clarification: "2")
    assert answer.table is not None
    assert (answer.table.rows, answer.receipt.assumptions) == (((chosen,),), ())


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many parcels were shipped last month?", 29),  # the question says which
        ("How many parcels this year?", 40),  # both give the same
        ("How many customers in USA?", 2),
    ],
)
def test_the_offline_model_asks_nothing_where_it_makes_no_difference(
    offline: DBAgent, question: str, figure: int
) -> None:
    answer = offline.ask_sync(question, today=DAY, ask_user=lambda clarification: pytest.fail("it asks"))
    assert answer.table is not None
    assert (answer.table.rows, answer.receipt.assumptions) == (((figure,),), ())


def test_what_was_chosen_holds_for_what_goes_on_from_there(offline: DBAgent) -> None:
    session = offline.session()
    assert session.ask_sync("How many parcels last month?", today=DAY, ask_user="later").receipt.outcome == "asked"
    session.ask_sync("shipped on", today=DAY)
    answer = session.ask_sync("only Berlin", today=DAY, ask_user="later")
    assert "shipped_on >= '2026-10-01'" in (answer.sql or "")
    assert "'Berlin'" in (answer.sql or "")
    assert answer.text.endswith("(As you chose before: shipped on.)")
