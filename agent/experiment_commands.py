"""The command `dbagent experiments report`: what the arms of an experiment have shown so far."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.eval_asking import results_kept
from agent.eval_view import clean, note

if TYPE_CHECKING:
    from agent.evaluation.experiment_report import Estimate, ExperimentReport
    from agent.evaluation.results import CaseResult, Run
    from agent.llmops.experiments import Experiment
    from agent.settings import Settings

OK = 0


def add_experiment_commands(actions: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add report to the parser's actions."""
    report = command(actions, "report", _report, "compare the arms: on cases, feedback, errors, latency, tokens, cost")
    report.add_argument("experiment", metavar="FILE", nargs="?", help="its YAML file (default: DBAGENT_EXPERIMENT)")
    report.add_argument("--since", metavar="SPAN", default="30d", help="how far back: 24h, 7d, 2w (default: 30d)")
    report.add_argument(
        "--langfuse", action="store_true", help="of the traces that Langfuse has, of all machines, not this machine's"
    )
    report.add_argument("--json", action="store_true", help="as JSON")


def _report(options: argparse.Namespace) -> int:
    from agent.assembly import open_store, traces_of
    from agent.errors import SettingsError
    from agent.evaluation.experiment_report import experiment_report
    from agent.llmops.experiments import read_experiment
    from agent.llmops.metrics import time_span
    from agent.settings import Settings

    settings = Settings.from_environment()
    path = Path(options.experiment).expanduser() if options.experiment else settings.experiment
    if path is None:
        raise SettingsError("Name the experiment's file: dbagent experiments report FILE, or set DBAGENT_EXPERIMENT.")
    experiment = read_experiment(path, "the path" if options.experiment else "DBAGENT_EXPERIMENT")
    since = datetime.now(UTC) - time_span(options.since, "--since")
    with traces_of(settings, langfuse=options.langfuse, since=since) as traces:
        asked = traces.traces(limit=None, since=since)
    asked = [each for each in asked if each.by_a_user and each.experiment == experiment.name]
    with closing(open_store(settings)) as store:
        given = store.feedback(limit=1_000_000)
    ratings = {each.trace_id: str(each.rating) for each in reversed(given)}  # the latest of a trace counts
    cases, runs = _cases(experiment, settings)
    report = experiment_report([arm.label for arm in experiment.arms], asked, ratings, cases)
    if options.json:
        _print_json(experiment, report, runs)
    else:
        _show(experiment, report, runs)
    return OK


def _cases(experiment: Experiment, settings: Settings) -> tuple[dict[str, Sequence[CaseResult]], dict[str, Run]]:
    """The latest finished runs of the same cases with every arm's label; nothing where there are none."""
    labels = [arm.label for arm in experiment.arms]
    with results_kept(settings) as store:
        by_cases: dict[tuple[Any, ...], dict[str, Run]] = {}
        for run in store.runs(500):
            begun = run.options
            if run.finished and begun.prompt_label in labels and begun.prompt_version is None and not begun.prompt_file:
                same = (run.cases, begun.model, begun.database, begun.limit, begun.evidence)
                by_cases.setdefault(same, {}).setdefault(begun.prompt_label, run)
        runs = next((found for found in by_cases.values() if len(found) == len(labels)), {})
        return {label: store.results(run.id) for label, run in runs.items()}, runs


def _show(experiment: Experiment, report: ExperimentReport, runs: dict[str, Run]) -> None:
    from rich.text import Text

    from agent.terminal import stdout_console, text_table

    screen = stdout_console()
    screen.print(clean(f"experiment {experiment.name}"), style="bold", markup=False)
    whole = sum(arm.weight for arm in experiment.arms)
    table = text_table(("arm",), ("weight", "questions", "users"))
    for arm, seen in zip(experiment.arms, report.arms, strict=True):
        table.add_row(
            Text(clean(arm.label)), f"{100 * arm.weight / whole:.0f} %", f"{seen.questions:,}", f"{seen.users:,}"
        )
    screen.print(table)
    screen.print()
    table = text_table(("measure", "arm"), ("of", "value", "95 % interval", "change", "95 % interval"))
    table.add_column("", overflow="fold")
    before = ""
    for line in report.lines:
        if before not in ("", line.measure):
            table.add_section()
        change = line.change
        table.add_row(
            line.measure if line.measure != before else "",
            Text(clean(line.arm)),
            f"{line.estimate.of:,}",
            _value(line.measure, line.estimate.value),
            _interval(line.measure, line.estimate),
            "" if change is None else _value(line.measure, change.value, signed=True),
            "" if change is None else _interval(line.measure, change, signed=True),
            line.said,
        )
        before = line.measure
    screen.print(table)
    screen.print()
    screen.print(
        "Intervals: Wilson's for shares, Newcombe's for their differences; Student's t for means, Welch's for theirs.",
        style="dim",
    )
    labels = ",".join(arm.label for arm in experiment.arms)
    if runs:
        named = ", ".join(f"{label} {run.id}" for label, run in runs.items())
        screen.print(clean(f"EX is of these runs: {named}."), style="dim", markup=False)
    else:
        note(f"There is no EX: no cases were asked with every arm. dbagent eval run CASES --labels {labels}")


def _is_share(measure: str) -> bool:
    return "," not in measure and measure != "tokens"


def _value(measure: str, value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    sign = "+" if signed else ""
    if _is_share(measure):
        return f"{100 * value:{sign}.1f} {'points' if signed else '%'}"
    return f"{value:{sign},.0f}" if measure == "tokens" else f"{value:{sign}.4g}"


def _interval(measure: str, of: Estimate, *, signed: bool = False) -> str:
    if of.low is None or of.high is None:
        return ""
    low, high = (_value(measure, each, signed=signed).split(" ")[0] for each in (of.low, of.high))
    return f"{low} to {high}"


def _print_json(experiment: Experiment, report: ExperimentReport, runs: dict[str, Run]) -> None:
    from dataclasses import asdict

    from agent.release_commands import print_json

    print_json(
        {"experiment": asdict(experiment), **asdict(report), "runs": {label: run.id for label, run in runs.items()}}
    )
