"""Experiments: every user has one arm, it is written down, and the arms are compared with how sure that is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import calls
from agent.answer import ANSWERED
from agent.errors import SettingsError
from agent.evaluation.experiment_report import Estimate, experiment_report, t_quantile
from agent.evaluation.results import CaseResult, ResultStore, RunOptions
from agent.llmops.experiments import Arm, Experiment, read_experiment
from agent.llmops.trace_records import TraceSummary
from tests.command_line import dbagent
from tests.conftest import AgentWith

TERSE = Experiment("terse", (Arm("production", 50), Arm("variant_a", 30), Arm("variant_b", 20)))
YAML = "name: terse\narms: {production: 50, variant_a: 30, variant_b: 20}\n"
ROWS = calls("execute_sql", sql="SELECT count(*) FROM orders")


def test_a_user_has_the_same_arm_in_every_process_and_arms_have_their_weights() -> None:
    users = [f"user-{number}" for number in range(4000)] + ["李雷", "\ud800", "x" * 10_000]
    arms = {user: TERSE.arm_of(user) for user in users}
    shares = {label: count / len(users) for label, count in Counter(arms.values()).items()}
    assert shares == {
        "production": pytest.approx(0.5, abs=0.03),
        "variant_a": pytest.approx(0.3, abs=0.03),
        "variant_b": pytest.approx(0.2, abs=0.03),
    }
    script = (
        "from agent.llmops.experiments import Arm, Experiment\n"
        "e = Experiment('terse', (Arm('production', 50), Arm('variant_a', 30), Arm('variant_b', 20)))\n"
        "print(' '.join(e.arm_of(f'user-{n}') for n in range(50)))"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert other.stdout.split() == [arms[f"user-{number}"] for number in range(50)]
    dealt_anew = Experiment("another name", TERSE.arms)
    assert sum(dealt_anew.arm_of(user) != arms[user] for user in users) > 1000
    assert (TERSE.arm_of(""), Experiment().arm_of("ann")) == (None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least two arms"),
        ("name: x", "'arms' is missing"),
        ("name: x\narms: {a: 1}", "there should be at least 2"),
        ("name: x\narms: {a: 1, b: 0}", "arms.b"),
        ("name: x\narms: {a: 1, b: -2}", "arms.b"),
        ("name: x\narms: {a: 1, b: .inf}", "arms.b"),
        ("name: x\narms: {a: 1, b: much}", "arms.b"),
        ("name: x\narm: {a: 1, b: 1}", "there is no key 'arm' here. Did you mean 'arms'?"),
        ("name: ''\narms: {a: 1, b: 1}", "name"),
        ("name: [", "experiment.yaml:1: this is no YAML"),
        ("- a", "it should be a mapping"),
    ],
)
def test_an_experiment_that_is_none_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "experiment.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"experiment\.yaml") as error:
        read_experiment(path)
    assert said in str(error.value)
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_experiment(tmp_path / "gone.yaml")


def test_the_arm_is_in_the_receipt_and_in_the_trace_and_a_label_by_call_wins(
    agent_with: AgentWith, tmp_path: Path
) -> None:
    path = tmp_path / "terse.yaml"
    path.write_text(YAML)
    user = {
        label: next(f"u{n}" for n in range(99) if TERSE.arm_of(f"u{n}") == label)
        for label in ("production", "variant_b")
    }
    agent = agent_with(*[ROWS, "4 orders."] * 5, experiment=path)
    receipts = [
        agent.ask_sync("How many orders?", user=user["variant_b"]).receipt,
        agent.ask_sync("How many orders?", user=user["production"]).receipt,
        agent.ask_sync("How many orders?", session_id=user["variant_b"]).receipt,
        agent.ask_sync("How many orders?", user=user["variant_b"], prompt_label="variant_a").receipt,
        agent.ask_sync("How many orders?").receipt,
    ]
    told = [(each.experiment, each.arm, each.prompt_label, each.prompt_version) for each in receipts]
    assert told == [
        ("terse", "variant_b", "variant_b", 2),
        ("terse", "production", "production", 3),
        ("terse", "variant_b", "variant_b", 2),
        (None, None, "variant_a", 1),
        (None, None, "production", 3),
    ]
    report = json.loads(dbagent("experiments", "report", str(path), "--json").stdout)
    assert [(each["label"], each["questions"], each["users"]) for each in report["arms"]] == [
        ("production", 1, 1),
        ("variant_a", 0, 0),
        ("variant_b", 2, 1),
    ]


def test_an_arm_whose_label_is_nowhere_is_told_before_anyone_is_dealt_it(agent_with: AgentWith, tmp_path: Path) -> None:
    path = tmp_path / "nope.yaml"
    path.write_text("name: nope\narms: {production: 9, nowhere: 1}\n")
    with pytest.raises(SettingsError, match=r"'nope' has an arm 'nowhere': .* has the label 'nowhere'"):
        agent_with("x", experiment=path)


def question(number: int, arm: str, *, seconds: float, outcome: str = ANSWERED, tokens: int = 1000) -> TraceSummary:
    return TraceSummary(
        f"{arm}-{number}", "db_agent", "?", datetime.now(UTC), seconds, tokens, 0.01, ("m",), outcome,
        f"u{number % 40}", None, None, sql="SELECT 1", experiment="e", arm=arm,
    )  # fmt: skip


def test_arms_that_differ_are_told_apart_and_others_are_not() -> None:
    asked = [question(n, "a", seconds=2.0 + n % 5 / 10) for n in range(200)]
    asked += [
        question(n, "b", seconds=1.0 + n % 5 / 10, outcome="error" if n % 4 == 0 else ANSWERED) for n in range(200)
    ]
    asked += [question(n, "c", seconds=2.0) for n in range(5)]
    asked.append(question(999, "b", seconds=99, outcome="unfinished"))
    ratings = {f"a-{n}": "up" if n % 2 else "down" for n in range(20)}
    report = experiment_report(["a", "b", "c"], asked, ratings, {})
    said = {(line.measure, line.arm): line.said for line in report.lines}
    assert said == {
        ("answered", "a"): "", ("answered", "b"): "lower", ("answered", "c"): "too little data: 5 of 30",
        ("errors", "a"): "", ("errors", "b"): "higher", ("errors", "c"): "too little data: 5 of 30",
        ("thumbs up", "a"): "", ("thumbs up", "b"): "too little data: 0 of 30",
        ("thumbs up", "c"): "too little data: 0 of 30",
        ("latency, s", "a"): "", ("latency, s", "b"): "lower", ("latency, s", "c"): "too little data: 5 of 30",
        ("tokens", "a"): "", ("tokens", "b"): "no difference seen", ("tokens", "c"): "too little data: 5 of 30",
        ("cost, $", "a"): "", ("cost, $", "b"): "no difference seen", ("cost, $", "c"): "too little data: 5 of 30",
    }  # fmt: skip
    errors = next(line for line in report.lines if (line.measure, line.arm) == ("errors", "b"))
    assert errors.change is not None
    # Newcombe 1998, method 10, of 50/200 against 0/200.
    change = (errors.change.value, errors.change.low, errors.change.high)
    assert [round(each or 0, 3) for each in change] == [
        0.25,
        0.192,
        0.314,
    ]
    assert [(each.label, each.questions, each.users) for each in report.arms] == [
        ("a", 200, 40),
        ("b", 200, 40),
        ("c", 5, 5),
    ]


def test_the_intervals_are_those_of_the_textbook() -> None:
    # Newcombe 1998, table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339.
    asked = [question(n, "b", seconds=1, outcome=ANSWERED if n < 56 else "error") for n in range(70)]
    asked += [question(n, "a", seconds=1, outcome=ANSWERED if n < 48 else "error") for n in range(80)]
    lines = experiment_report(["a", "b"], asked, {}, {}).lines
    change = next(line.change for line in lines if (line.measure, line.arm) == ("answered", "b"))
    assert change is not None
    assert (round(change.low or 0, 4), round(change.high or 0, 4)) == (0.0524, 0.3339)
    for degrees, quantile in ((3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)):
        assert t_quantile(degrees) == pytest.approx(quantile, rel=0.01)


def test_without_anything_asked_everything_says_so() -> None:
    lines = experiment_report(["a", "b"], [], {}, {}).lines
    assert {line.said for line in lines if line.arm == "b"} == {"too little data: 0 of 30"}
    assert {line.estimate for line in lines} == {Estimate(None, None, None, 0)}


def test_runs_of_the_same_cases_with_each_label_give_execution_accuracy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBAGENT_HOME", str(tmp_path))
    path = tmp_path / "two.yaml"
    path.write_text("name: two\narms: {production: 1, variant_a: 1}\n")
    empty = dbagent("experiments", "report", str(path))
    assert (empty.returncode, "EX" in empty.stdout) == (0, False)
    assert "dbagent eval run CASES --labels production,variant_a" in empty.stderr
    store = ResultStore(tmp_path / "evaluations.db")
    for label, right in (("production", 20), ("variant_a", 38)):
        run = store.begin("/cases.jsonl", 40, RunOptions(prompt_label=label, model="m"))
        for number in range(40):
            store.keep(run.id, CaseResult(f"c{number}", "d", "?", answered=True, same=number < right))
        store.finish(run.id, 40)
    store.close()
    monkeypatch.setenv("DBAGENT_EXPERIMENT", str(path))
    done = dbagent("experiments", "report", "--json")
    lines = [line for line in json.loads(done.stdout)["lines"] if line["measure"] == "EX"]
    assert [(line["arm"], line["estimate"]["value"]) for line in lines] == [("production", 0.5), ("variant_a", 0.95)]
    assert lines[1]["said"] == "+18 −0, McNemar p = 7.63e-06: a difference that chance seldom makes"
    shown = dbagent("experiments", "report")
    assert "+45.0 points" in shown.stdout


def test_a_report_without_a_file_says_what_to_name() -> None:
    done = dbagent("experiments", "report")
    assert (done.returncode, "DBAGENT_EXPERIMENT" in done.stderr) == (2, True)


def test_a_file_that_is_not_there_is_told_by_what_named_it() -> None:
    given, set_up = (
        dbagent("experiments", "report", "gone"),
        dbagent("experiments", "report", DBAGENT_EXPERIMENT="gone"),
    )
    assert given.stderr.endswith("No such file or directory. Check the path.\n")
    assert set_up.stderr.endswith("No such file or directory. Check DBAGENT_EXPERIMENT.\n")
