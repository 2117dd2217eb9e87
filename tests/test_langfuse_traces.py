"""What Langfuse has of a trace is read back as this machine kept it, and the commands work on it likewise."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import ScriptedModel, Settings, calls, open_agent
from agent.assembly import trace_store, traces_of
from agent.errors import LangfuseUnavailable, SettingsError, TraceNotFound
from agent.llmops.trace_records import SpanRecord
from agent.messages import ModelReply, Usage
from tests.command_line import Done, dbagent
from tests.langfuse_double import LangfuseDouble
from tests.waiting import until

LONG = "SELECT count(*) AS n FROM orders WHERE status IN (" + ", ".join(f"'s{number}'" for number in range(60)) + ")"
SCRIPT = (
    calls("execute_sql", sql="SELECT nope FROM orders"),
    calls("execute_sql", sql=LONG),
    ModelReply("None of 4.", usage=Usage(100, 10, 60), model="gpt-4o"),
)


@pytest.fixture
def settings(langfuse: LangfuseDouble, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in langfuse.keys.items():
        monkeypatch.setenv(f"LANGFUSE_{name.upper()}", value)
    monkeypatch.setenv("DBAGENT_PROMPT_SOURCE", "file")
    return Settings.from_environment()


@pytest.fixture
def asked(langfuse: LangfuseDouble, settings: Settings, shop_file: Path) -> str:
    """The id of a question that Langfuse and this machine both have."""
    with open_agent(str(shop_file), model=ScriptedModel(*SCRIPT), settings=settings) as agent:
        id = agent.ask_sync("How many are odd?", user_id="ada", session_id="monday").receipt.trace_id
    until(lambda: any(not span.parent_id for span in langfuse.spans))
    return id


def told(span: SpanRecord) -> SpanRecord:
    """Without what is not the same to the last digit: its moments, which are kept in microseconds there."""
    return replace(span, started=span.started.replace(microsecond=0), seconds=None, first_token_at=None, children=())


def test_a_trace_is_read_back_as_it_was_kept(langfuse: LangfuseDouble, settings: Settings, asked: str) -> None:
    langfuse.spans_of_a_page = 3
    here = trace_store(settings).wanted(asked)
    with traces_of(settings, langfuse=True, trace_id=asked) as traces:
        there = traces.wanted(asked)
    assert [(depth, told(span)) for depth, span in there.walk()] == [(depth, told(span)) for depth, span in here.walk()]
    with traces_of(settings, langfuse=True, since=datetime.now(UTC) - timedelta(hours=1)) as traces:
        [summary] = traces.traces()
    exact = {"started": here.summary.started, "seconds": here.summary.seconds, "question": here.summary.question}
    assert replace(summary, **exact) == here.summary
    assert sum("/v2/observations" in each for each in langfuse.requests) > 4


def test_the_commands_read_what_langfuse_has(
    langfuse: LangfuseDouble, asked: str, shop_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBAGENT_HOME", str(tmp_path / "another machine"))
    assert json.loads(dbagent("metrics", "--json").stdout)["all"]["questions"] == 0
    figures = json.loads(dbagent("metrics", "--langfuse", "--by", "user", "--json").stdout)
    assert [(each["name"], each["questions"], each["repaired"]) for each in figures["groups"]] == [("ada", 1, 1)]
    (tmp_path / "alerts.yaml").write_text("- questions >= 1")
    assert dbagent("alerts", "check", str(tmp_path / "alerts.yaml"), "--langfuse").returncode == 8
    added = dbagent("eval", "add", str(tmp_path / "cases.jsonl"), "--from-trace", asked, "--langfuse")
    assert added.returncode == 0, added
    assert json.loads((tmp_path / "cases.jsonl").read_text())["gold_sql"] == LONG
    replayed = dbagent("replay", asked, "--langfuse", "--recorded", "--db", str(shop_file), "--json")
    assert json.loads(replayed.stdout)["before"]["sql"] == LONG, replayed


def test_what_langfuse_cannot_give_is_told_in_a_line(
    langfuse: LangfuseDouble, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> Done:
        return dbagent("metrics", "--langfuse")

    with (
        pytest.raises(TraceNotFound, match="by its whole id of 32 characters, and not by 'abc'"),
        traces_of(settings, langfuse=True, trace_id="abc"),
    ):
        pass
    with (
        pytest.raises(TraceNotFound, match="has no trace 00000000"),
        traces_of(settings, langfuse=True, trace_id="0" * 32),
    ):
        pass
    langfuse.status = 403
    assert (refused().returncode, refused().stderr.count("\n")) == (7, 1)
    with pytest.raises(LangfuseUnavailable, match="cannot be read"), traces_of(settings, langfuse=True):
        pass
    monkeypatch.delenv("LANGFUSE_PUBLIC_KEY")
    monkeypatch.delenv("LANGFUSE_SECRET_KEY")
    with (
        pytest.raises(SettingsError, match="set LANGFUSE_PUBLIC_KEY"),
        traces_of(Settings.from_environment(), langfuse=True),
    ):
        pass
    assert "set LANGFUSE_PUBLIC_KEY" in refused().stderr
