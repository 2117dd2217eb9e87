"""What people think of answers: kept, sent to Langfuse whenever that is there, and made into verified examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent import DBAgent, ScriptedModel, Settings, calls, open_agent
from agent.assembly import open_store
from agent.cli import main
from agent.errors import FeedbackRefused, StoreUnavailable, TraceNotFound
from agent.store import Store
from tests.conftest import AgentWith
from tests.langfuse_double import Fault, LangfuseDouble, fails, hangs, is_gone, refuses
from tests.waiting import within
from tools.database import Database
from tools.knowledge import Knowledge

COUNT = calls("execute_sql", sql="SELECT count(*) AS n FROM orders")
RIGHT = "SELECT count(*) AS n\nFROM orders\nWHERE status = 'paid'"


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(open_store(Settings.from_environment())) as opened:
        yield opened


@pytest.fixture
def with_langfuse(open_shop: Database, langfuse: LangfuseDouble) -> Iterator[DBAgent]:
    """An agent over the shop whose traces go to the double as well."""
    keys = {f"langfuse_{name}": value for name, value in langfuse.keys.items()}
    settings = Settings.from_environment(**keys, prompt_source="file")
    with open_agent(open_shop, model=ScriptedModel(COUNT, "4 orders."), settings=settings) as agent:
        yield agent
        langfuse.status, langfuse.hanging = None, False


def test_feedback_is_kept_with_its_question_and_a_later_one_is_one_more(agent_with: AgentWith, store: Store) -> None:
    agent = agent_with(COUNT, "4 orders.")
    trace_id = agent.ask_sync("How many orders were paid?", user_id="ada").receipt.trace_id
    agent.feedback(trace_id, "down", comment=" counts all; see postgresql://me:geheim1@db/x ", sql=RIGHT)
    taken = agent.feedback(trace_id[:10].upper(), "up", user_id="max")
    kept = [
        (each.trace_id, each.rating, each.question, each.user_id, each.comment, each.sql) for each in store.feedback()
    ]
    assert kept == [
        (trace_id, "up", "How many orders were paid?", "max", "", ""),
        (trace_id, "down", "How many orders were paid?", "ada", "counts all; see postgresql://me:***@db/x", RIGHT),
    ]
    assert (taken.waiting, taken.trouble, taken.feedback) == (0, "", store.feedback()[0])


@pytest.mark.parametrize(
    ("trace_id", "rating", "told", "said"),
    [
        ("0" * 32, "up", {}, "no trace '0000.*dbagent traces lists them"),
        ("", "up", {}, "There is no trace ''"),
        ("'; drop table", "up", {}, "There is no trace"),
        (None, "great", {}, "A rating is up or down, and not 'great'"),
        (None, "", {}, "A rating is up or down"),
        (None, "up", {"comment": "x" * 10_001}, "10,001 characters; 10,000 are the limit"),
        (None, "up", {"sql": 3}, "A correction is text, and this is int"),
    ],
)
def test_feedback_that_is_none_is_refused_and_nothing_is_kept(
    trace_id: str | None, rating: str, told: dict[str, object], said: str, agent_with: AgentWith, store: Store
) -> None:
    agent = agent_with("Nothing.")
    asked = agent.ask_sync("How many?").receipt.trace_id
    with pytest.raises((FeedbackRefused, TraceNotFound), match=said):
        agent.feedback(asked if trace_id is None else trace_id, rating, **told)  # type: ignore[arg-type]
    assert store.feedback() == []


def test_feedback_becomes_a_score_of_the_trace_in_langfuse(with_langfuse: DBAgent, langfuse: LangfuseDouble) -> None:
    trace_id = with_langfuse.ask_sync("How many orders were paid?", user_id="ada").receipt.trace_id
    taken = with_langfuse.feedback(trace_id, "down", comment="counts all", sql=RIGHT)
    (score,) = langfuse.scores
    assert score.pop("timestamp").startswith(f"{taken.feedback.given:%Y-%m-%dT%H:%M:%S}")
    assert score == {
        "id": taken.feedback.id,
        "traceId": trace_id,
        "name": "user-feedback",
        "value": 0.0,
        "dataType": "BOOLEAN",
        "comment": "counts all",
        "metadata": {"correction": RIGHT, "user_id": "ada"},
    }


@pytest.mark.parametrize("fault", [fails, refuses, hangs, is_gone])
def test_what_langfuse_does_not_take_is_kept_and_sent_with_the_next(
    fault: Fault, with_langfuse: DBAgent, langfuse: LangfuseDouble, store: Store
) -> None:
    trace_id = with_langfuse.ask_sync("How many orders were paid?").receipt.trace_id
    fault(langfuse)
    with within(10):
        waiting = [with_langfuse.feedback(trace_id, rating) for rating in ("down", "up")]
    assert [each.waiting for each in waiting] == [1, 2]
    assert all(each.trouble for each in waiting)
    langfuse.status, langfuse.hanging = None, False
    langfuse.scores.clear()
    if fault is is_gone:
        assert len(store.feedback()) == 2
        return
    assert with_langfuse.feedback(trace_id, "up", comment="third").waiting == 0
    assert [score["value"] for score in langfuse.scores] == [0.0, 1.0, 1.0]
    assert with_langfuse.feedback(trace_id, "up").waiting == 0
    assert len(langfuse.scores) == 4  # none is sent twice


def test_a_score_that_langfuse_refuses_is_told_and_does_not_stand_in_the_way(
    with_langfuse: DBAgent, langfuse: LangfuseDouble
) -> None:
    trace_id = with_langfuse.ask_sync("How many?").receipt.trace_id
    langfuse.rejects = "score config is archived"
    taken = with_langfuse.feedback(trace_id, "up")
    assert (taken.waiting, taken.trouble) == (0, "1 refused: score config is archived")


def test_a_trace_that_only_langfuse_knows_takes_feedback_by_its_whole_id(
    open_shop: Database, langfuse: LangfuseDouble
) -> None:
    keys = {f"langfuse_{name}": value for name, value in langfuse.keys.items()}
    settings = Settings.from_environment(**keys, prompt_source="file", local_traces=False)
    with open_agent(open_shop, model=ScriptedModel("No."), settings=settings) as agent:
        agent.feedback("ab" * 16, "up")
        with pytest.raises(FeedbackRefused, match="is no trace; a receipt names one in full"):
            agent.feedback("abab", "up")
    assert [score["traceId"] for score in langfuse.scores] == ["ab" * 16]


def test_a_store_that_cannot_be_written_is_told_and_the_agent_goes_on(
    agent_with: AgentWith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(Settings.from_environment().home)
    (home / "store.db").write_text("no database")
    agent = agent_with(COUNT, "4 orders.")
    trace_id = agent.ask_sync("How many orders were paid?").receipt.trace_id
    with pytest.raises(StoreUnavailable, match="Move the file away"):
        agent.feedback(trace_id, "up")


def dbagent(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_complaint_becomes_a_correction_and_that_a_verified_example(
    agent_with: AgentWith, shop_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace_id = agent_with(COUNT, "4 orders.").ask_sync("How many orders were paid?", user_id="ada").receipt.trace_id
    into = tmp_path / "knowledge"
    adding = ("knowledge", "add", trace_id[:8], "--db", str(shop_file), "--into", str(into))
    assert "Nobody has corrected the answer" in dbagent(capsys, *adding)[2]

    assert dbagent(capsys, "feedback", "down", "--sql", "SELECT nothing FROM nowhere", "--comment", "wrong")[0] == 0
    code, _, told = dbagent(capsys, *adding)
    assert (code, list(into.glob("**/*.yaml"))) == (2, [])
    assert told == (
        "dbagent: The correction does not run, so it is no example: There is no table nowhere. The nearest are "
        "main.orders, main.customers.\n"
    )
    code, told, _ = dbagent(capsys, "feedback", trace_id[:8], "down", "--sql", RIGHT)
    assert (code, told.splitlines()) == (
        0,
        [
            f"down: How many orders were paid? ({trace_id})",
            f"The correction is kept too. Make it an example: dbagent knowledge add {trace_id}",
        ],
    )

    code, _, told = dbagent(capsys, *adding, "--question", "How " * 200)
    assert (code, list(into.glob("**/*.yaml"))) == (2, [])
    assert "It cannot be an example: examples[0]: question: string should have at most 500 characters" in told
    assert dbagent(capsys, *adding)[0] == 0
    (file,) = into.glob("**/*.yaml")
    assert "  sql: |-\n    SELECT count(*) AS n\n    FROM orders\n    WHERE status = 'paid'\n" in file.read_text()
    (example,) = Knowledge.read(into).examples
    assert (example.id, example.question, example.sql) == (trace_id[:12], "How many orders were paid?", RIGHT)
    assert example.verified.endswith(f"by ada, trace {trace_id}")
    code, _, told = dbagent(capsys, *adding, "--knowledge", str(into))
    assert code == 2
    assert "There is an example for that question already" in told

    code, told, _ = dbagent(capsys, "feedback", "--json")
    assert [(each["rating"], each["sql"]) for each in json.loads(told)] == [
        ("down", RIGHT),
        ("down", "SELECT nothing FROM nowhere"),
    ]
    assert "comment: wrong" in dbagent(capsys, "feedback")[1]


def test_the_latest_is_what_a_user_asked_and_not_an_evaluation(
    agent_with: AgentWith, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = agent_with(COUNT, "4 orders.", COUNT, "4 orders.")
    agent.ask_sync("How many orders did we get?")
    agent.ask_sync("A case?", tags=("evaluation",))
    assert dbagent(capsys, "feedback", "up")[1].startswith("up: How many orders did we get? (")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("feedback", "up"), "There are no traces yet. Ask something"),
        (("feedback", "abc"), "say what you think of it: dbagent feedback abc up|down"),
        (("feedback", "abc", "up", "very", "good"), "quote a --comment of many words"),
        (("feedback", "abc", "up"), "There is no trace 'abc'"),
        (("knowledge", "add", "abc", "--into", "/nowhere"), "There is no trace 'abc'"),
        (("knowledge", "add", "abc"), "Name the knowledge folder with --into FOLDER or DBAGENT_KNOWLEDGE."),
    ],
)
def test_the_command_says_what_is_missing(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = dbagent(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
