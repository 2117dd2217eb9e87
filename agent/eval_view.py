"""How runs of an evaluation look in the terminal: their figures, and each wrong answer beside the right one."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from agent.evaluation.figures import Figures
    from agent.evaluation.results import CaseResult, Run


def show_run(run: Run, results: Sequence[CaseResult]) -> None:
    """What a run was, its figures by group and in all, and what could not be scored."""
    from agent.evaluation.figures import GROUPS, figures, grouped, share, unscored, whole_dialogues
    from agent.terminal import stdout_console

    console = stdout_console()
    state = "finished" if run.finished else f"to be resumed: dbagent eval run --resume {run.id}"
    console.print(f"run {run.id} · {clean(run.cases)} · {state}", style="bold", markup=False)
    models = ", ".join(sorted({model for each in results for model in each.models})) or run.options.model
    prompts = ", ".join(sorted({each.prompt for each in results if each.prompt}))
    console.print(clean(f"{models} · prompt {prompts or run.options.prompt_label}"), style="dim", markup=False)
    console.print()
    table = figures_table()
    every, dialogues = figures(results), whole_dialogues(results)
    for title, key in GROUPS:
        groups = grouped(results, key)
        for got in groups:
            add_figures(table, got, f"{title} {got.name}")
        if groups:
            table.add_section()
    add_figures(table, every, "all")
    if dialogues:
        add_figures(table, figures(dialogues), "dialogues, all turns")
    console.print(table)
    low, high = every.interval
    console.print()
    if every.scored:
        console.print(f"EX {share(every.accuracy)} (95 % interval: {share(low)} to {share(high)})")
    for problem, some in unscored(results).items():
        console.print(
            f"{len(some)} not scored ({clean(', '.join(some[:3]))}{', …' if some[3:] else ''}): {clean(problem)}",
            markup=False,
        )


def show_labels(results: Mapping[str, Sequence[CaseResult]]) -> None:
    """The figures of each label's run in a line."""
    from agent.evaluation.figures import figures
    from agent.terminal import stdout_console

    table = figures_table()
    for label, of_label in results.items():
        versions = sorted({each.prompt_version for each in of_label if each.prompt_version is not None})
        add_figures(table, figures(of_label), f"{label} {' '.join(f'v{each}' for each in versions)}".strip())
    stdout_console().print(table)
    stdout_console().print()


def show_case(result: CaseResult) -> None:
    """A case that was answered wrongly or not at all: what was wanted, and what was given."""
    from agent.terminal import stdout_console

    console = stdout_console()
    console.print()
    state = "WRONG" if result.answered else f"NOT ANSWERED ({result.outcome})"
    console.print(f"{state} {clean(result.case_id)}: {clean(result.question)}", style="bold", markup=False)
    lines = [("after", " → ".join(result.earlier))] if result.earlier else []
    lines += [("gold", " | or ".join(result.gold_sql)), ("wanted", _rows_of(result.wanted))]
    lines += [("given", _rows_of(result.given)), ("sql", result.sql)] if result.sql else [("said", result.text)]
    lines += [("problem", result.problem), ("trace", result.trace_id)]
    for name, text in lines:
        if text:
            console.print(f"  {name:8}{clean(text)}", markup=False)


def figures_table() -> Table:
    """An empty table, of which `add_figures` makes the lines."""
    from agent.terminal import text_table

    return text_table(
        ("",),
        ("cases", "scored", "answered", "EX", "precision", "soft-F1", "tool calls", "tokens", "cost", "median", "p95"),
    )


def add_figures(table: Table, got: Figures, name: str) -> None:
    """Add the line of these figures."""
    from rich.text import Text

    from agent.evaluation.figures import duration, effort, share

    table.add_row(
        Text(clean(name)),
        f"{got.cases:,}",
        f"{got.scored:,}",
        share(got.answered_share),
        share(got.accuracy),
        share(got.precision),
        share(got.soft_f1),
        *effort(got),
        duration(got.slow_seconds),
    )


def _rows_of(preview: Any) -> str:
    rows = " ".join(f"({', '.join(row)})" for row in preview.rows)
    return f"{preview.total:,} rows: {rows}" if preview.total else "no rows"


def clean(text: str) -> str:
    """On one line, without what a terminal would obey."""
    from agent.terminal import plain

    return " ".join(plain(text).split())


def note(text: str) -> None:
    """Say something on stderr."""
    print(f"dbagent: {clean(text)}", file=sys.stderr)
