"""What an evaluation takes from traces, and what Langfuse gets of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent import Settings
from agent.assembly import open_store, trace_store
from agent.cli import main
from agent.evaluation.cases import read_cases
from tests.langfuse_double import LangfuseDouble, hangs
from tests.waiting import until

COUNT = "How many orders are there?"


@pytest.fixture(autouse=True)
def _over_the_shop(shop_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBAGENT_DATABASE_URL", str(shop_file))


@pytest.fixture
def keys(langfuse: LangfuseDouble, monkeypatch: pytest.MonkeyPatch) -> LangfuseDouble:
    for name in ("public_key", "secret_key", "base_url"):
        monkeypatch.setenv(f"LANGFUSE_{name.upper()}", langfuse.keys[name])
    monkeypatch.setenv("DBAGENT_PROMPT_SOURCE", "file")
    return langfuse


def cases_in(folder: Path) -> Path:
    file = folder / "shop.jsonl"
    cases: list[Mapping[str, Any]] = [
        {"id": "right", "question": COUNT, "gold_sql": "SELECT 4", "difficulty": "easy"},
        {"id": "wrong", "question": "How many customers are there?", "gold_sql": "SELECT 5"},
        {"id": "broken", "question": COUNT, "gold_sql": "SELECT nope"},
    ]
    file.write_text("".join(json.dumps(each) + "\n" for each in cases), "utf-8")
    return file


def test_a_run_is_a_run_over_a_dataset_in_langfuse(
    keys: LangfuseDouble, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "run", str(cases_in(tmp_path))]) == 0
    assert "of the dataset 'dbagent/shop': 2 cases." in capsys.readouterr().err
    until(lambda: len(keys.scores) == 6 and sum(span.kind == "agent" for span in keys.spans) == 2)
    items = {item["metadata"]["case"]: item for item in keys.items.values()}
    assert items["right"]["input"] == {"question": COUNT, "database": ""}
    assert items["right"]["expectedOutput"] == {"sql": ["SELECT 4"]}
    assert items["right"]["metadata"]["difficulty"] == "easy"
    by_item = {span.attributes["langfuse.experiment.item.id"]: span for span in keys.spans if span.kind == "agent"}
    assert set(by_item) == set(keys.items)
    root = by_item[items["right"]["id"]]
    assert root.attributes["langfuse.experiment.dataset.id"] == keys.datasets["dbagent/shop"]
    assert root.attributes["langfuse.experiment.item.root_observation_id"] == root.id
    assert root.attributes["langfuse.experiment.item.expected_output"] == "SELECT 4"
    assert root.attributes["langfuse.trace.tags"] == ["evaluation"]
    of_it = [span for span in keys.spans if span.trace_id == root.trace_id]
    assert len({span.attributes["langfuse.experiment.id"] for span in of_it}) == 1
    assert len(of_it) > 3
    scored = {(score["traceId"], score["name"]): score["value"] for score in keys.scores}
    assert scored[root.trace_id, "execution-accuracy"] == scored[root.trace_id, "soft-f1"] == 1.0
    assert sorted(score["value"] for score in keys.scores if score["name"] == "execution-accuracy") == [0.0, 1.0]
    first = sorted(score["id"] for score in keys.scores)
    keys.scores.clear()
    assert main(["eval", "send"]) == 0
    assert sorted(score["id"] for score in keys.scores) == first


def test_a_run_is_kept_here_when_langfuse_does_not_take_it(
    keys: LangfuseDouble, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.llmops.langfuse_client.EXPORT_SECONDS", 0.3)
    hangs(keys)
    assert main(["eval", "run", str(cases_in(tmp_path))]) == 0
    printed = capsys.readouterr()
    assert "Langfuse does not take the run (" in printed.err
    assert "50.0 %" in printed.out
    assert main(["eval", "send"]) == 2


def test_a_run_without_keys_is_not_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "send"]) == 2
    assert "LANGFUSE_PUBLIC_KEY" in capsys.readouterr().err


@pytest.fixture
def trace(capsys: pytest.CaptureFixture[str]) -> str:
    """A question that was answered."""
    assert main(["ask", COUNT, "--user", "ada"]) == 0
    capsys.readouterr()
    return trace_store(Settings.from_environment()).wanted(None).summary.id


@pytest.mark.parametrize("name", ["cases.yaml", "new/cases.jsonl"])
def test_a_traced_question_becomes_a_case_that_can_be_asked(
    name: str, trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    if name == "cases.yaml":
        file.write_text("# ours\n- {id: first, question: 多少?, gold_sql: SELECT 1}", "utf-8")
    assert main(["eval", "add", str(file), "--from-trace", trace[:12], "--difficulty", "easy"]) == 0
    printed = capsys.readouterr()
    assert "make sure that it is right" in printed.err
    added = read_cases(file).cases[-1]
    assert (added.id, added.question, added.difficulty) == (f"trace-{trace[:12]}", COUNT, "easy")
    assert added.user is not None
    assert added.user.id == "ada"
    assert "count(" in added.gold_sql[0].lower()
    assert file.read_text("utf-8").startswith("# ours\n- {id: first" if name == "cases.yaml" else "{")
    assert main(["eval", "run", str(file)]) == 0
    assert main(["eval", "add", str(file), "--from-trace", trace]) == 2
    assert "has a case 'trace-" in capsys.readouterr().err


def test_a_correction_is_the_gold_of_the_case(trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(Settings.from_environment())
    store.add_feedback(trace, "down", sql="SELECT 4")
    store.close()
    file = tmp_path / "cases.jsonl"
    assert main(["eval", "add", str(file), "--from-trace", trace]) == 0
    assert main(["eval", "add", str(file), "--from-trace", trace, "--id", "mine", "--gold-sql", "SELECT 2 + 2"]) == 0
    assert [case.gold_sql for case in read_cases(file).cases] == [("SELECT 4",), ("SELECT 2 + 2",)]
    assert "make sure" not in capsys.readouterr().err


def test_what_makes_no_case_is_said_and_no_file_is_changed(
    trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Why is the moon blue?"]) == 3
    declined = trace_store(Settings.from_environment()).wanted(None).summary.id
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("cases:\n  - {id: a, question: b, gold_sql: c}\nmore: 1\n", "utf-8")
    for arguments, said in (
        ([tmp_path / "a.yaml", "--from-trace", declined], "Say what would have been right: --gold-sql"),
        ([tmp_path / "a.yaml", "--from-trace", "zz"], "There is no trace 'zz'"),
        ([tmp_path / "a.csv", "--from-trace", trace], "no file that a case can be added to"),
        ([mapping, "--from-trace", trace], "no plain list. Add it by hand"),
        ([tmp_path / "x.yaml" / "b.yaml", "--from-trace", trace], "cannot be written"),
    ):
        (tmp_path / "x.yaml").touch()
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        capsys.readouterr()
        assert main(["eval", "add", *map(str, arguments)]) == 2
        assert said in capsys.readouterr().err
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
