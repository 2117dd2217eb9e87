"""The commands `dbagent eval ...`: run cases, list and show runs, compare two, report one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.eval_asking import (
    ask_cases,
    langfuse_of,
    positive,
    prompt_asked_with,
    results_kept,
    settings_of,
    take_over,
    takes_cases,
)
from agent.eval_view import add_figures, clean, figures_table, note, show_case, show_labels, show_run

if TYPE_CHECKING:
    from agent.evaluation.results import ResultStore, Run

OK, USAGE, NOTHING_SCORED = 0, 2, 3

Command = Callable[..., argparse.ArgumentParser]


def add_eval_commands(actions: Any, command: Command) -> None:
    """Add run, list, show, compare, report, add and send to the parser's actions; `command` makes one of them."""
    run = command(actions, "run", _run, "ask the cases of a file and score the answers")
    run.add_argument("cases", metavar="CASES", nargs="?", help="JSONL, JSON or YAML; a folder of a benchmark")
    prompt = run.add_mutually_exclusive_group()
    prompt.add_argument("--prompt-label", metavar="LABEL", help="the label whose prompt version is used")
    prompt.add_argument("--labels", metavar="A,B", help="ask the cases with each of these labels, and compare")
    prompt.add_argument("--prompt-file", metavar="FILE", help="ask with this template, before it is pushed")
    takes_cases(run)
    run.add_argument("--resume", metavar="RUN", help="go on with a run: what has no score yet is asked")

    listing = command(actions, "list", _list, "list the latest runs")
    listing.add_argument("--limit", type=positive, default=20, metavar="N", help="how many (default: 20)")

    show = command(actions, "show", _show, "show the figures of a run")
    show.add_argument(
        "id", metavar="RUN", nargs="?", default="latest", help="its id or the beginning (default: latest)"
    )
    show.add_argument("--wrong", action="store_true", help="and every case that was answered wrongly or not at all")

    compare = command(actions, "compare", _compare, "show what flipped from one run to another")
    compare.add_argument("first", metavar="A")
    compare.add_argument("second", metavar="B")

    report = command(actions, "report", _report, "write a run as one HTML file to mail")
    report.add_argument(
        "id", metavar="RUN", nargs="?", default="latest", help="its id or the beginning (default: latest)"
    )
    report.add_argument("--out", metavar="FILE", required=True, help="where to; - writes it to stdout")

    add = command(actions, "add", _add, "make a case of a traced question")
    add.add_argument(
        "cases", metavar="CASES", type=Path, help="the file it is added to: YAML or JSONL, made if need be"
    )
    add.add_argument("--from-trace", metavar="ID", required=True, help="the trace's id or its beginning")
    add.add_argument("--langfuse", action="store_true", help="read that trace in Langfuse, by its whole id")
    add.add_argument(
        "--gold-sql", metavar="SQL", default="", help="what is right (default: a correction, else its SQL)"
    )
    add.add_argument("--question", default="", help="other words for the question")
    add.add_argument("--id", default="", help="the case's id (default: trace- and the trace's)")
    add.add_argument("--db", metavar="NAME", default="", help="its database, as cases name one")
    add.add_argument("--difficulty", default="", help="as figures are grouped by")

    send = command(actions, "send", _send, "send the results of a run to Langfuse, again or for the first time")
    send.add_argument(
        "id", metavar="RUN", nargs="?", default="latest", help="its id or the beginning (default: latest)"
    )


def _run(options: argparse.Namespace) -> int:
    with results_kept(settings_of(options)) as store:
        run = store.run(options.resume) if options.resume else None
        if run:
            take_over(options, run)
        if not options.cases:
            return complain("Name a file of cases: dbagent eval run CASES. Or go on with a run: --resume RUN.")
        if options.labels:
            return _run_labels(options, store)
        done = ask_cases(store, options, settings_of(options), run=run, prompt=prompt_asked_with(options, run))
        results = store.results(done.id)
        show_run(done, results)
    return OK if any(each.scored for each in results) else NOTHING_SCORED


def _run_labels(options: argparse.Namespace, store: ResultStore) -> int:
    """A run for each label, one after the other, and what each flips against the first."""
    from agent.assembly import check_label
    from agent.evaluation.figures import compared, significance
    from agent.terminal import stdout_console

    runs: dict[str, Run] = {}
    labels = list(dict.fromkeys(each.strip() for each in options.labels.split(",") if each.strip()))
    for options.prompt_label in labels:  # the last one, too, before the first is asked for an hour
        check_label(settings_of(options))
    for label in labels:
        options.prompt_label = label
        runs[label] = ask_cases(store, options, settings_of(options))
    results = {label: store.results(run.id) for label, run in runs.items()}
    show_labels(results)
    first = next(iter(results))
    for label, run in runs.items():
        said = f"{label}: run {run.id}"
        if label != first:
            both = compared(results[first], results[label])
            said += f" · against {first}: {significance(both) if both.first.scored else 'nothing was scored by both.'}"
        stdout_console().print(clean(said), markup=False)
    return OK if any(each.scored for of_label in results.values() for each in of_label) else NOTHING_SCORED


def _list(options: argparse.Namespace) -> int:
    from rich.text import Text

    from agent.evaluation.figures import figures, money, share
    from agent.terminal import stdout_console, text_table

    with results_kept(settings_of(options)) as store:
        runs = store.runs(options.limit)
        if not runs:
            print("There are no runs yet. Begin one: dbagent eval run CASES")
            return OK
        table = text_table(
            ("run", "began", "cases", "model", "prompt label", "state"),
            ("asked", "answered", "EX", "precision", "cost"),
        )
        for run in runs:
            got = figures(store.results(run.id))
            table.add_row(
                run.id,
                f"{run.started:%Y-%m-%d %H:%M}",
                Text(clean(Path(run.cases).name)),
                Text(clean(run.options.model)),
                Text(clean(run.options.prompt_label)),
                "finished" if run.finished else "to be resumed",
                f"{got.scored} of {run.total}",
                share(got.answered_share),
                share(got.accuracy),
                share(got.precision),
                money(got.cost_usd),
            )
        stdout_console().print(table)
    return OK


def _show(options: argparse.Namespace) -> int:
    with results_kept(settings_of(options)) as store:
        run = store.run(options.id)
        results = store.results(run.id)
        show_run(run, results)
        if options.wrong:
            for each in results:
                if each.same is False:
                    show_case(each)
    return OK


def _compare(options: argparse.Namespace) -> int:
    from agent.evaluation.figures import compared, significance, whole_dialogues
    from agent.terminal import stdout_console

    with results_kept(settings_of(options)) as store:
        first, second = store.run(options.first), store.run(options.second)
        results = store.results(first.id), store.results(second.id)
    both, dialogues = compared(*results), compared(*map(whole_dialogues, results))
    console = stdout_console()
    if not both.first.scored:
        console.print(f"No case was scored by both {first.id} and {second.id}; there is nothing to compare.")
        return OK
    table = figures_table()
    for run, got in ((first, both.first), (second, both.second)):
        add_figures(table, got, run.id)
    for run, got in ((first, dialogues.first), (second, dialogues.second)):
        if got.scored:
            add_figures(table, got, f"{run.id}: dialogues, all turns")
    console.print(table)
    console.print()
    for title, pairs in (("right only in the second", both.won), ("right only in the first", both.lost)):
        console.print(f"{len(pairs)} {title}", style="bold")
        for one, other in pairs:
            console.print(f"  {clean(one.case_id)}: {clean(one.question)}", markup=False)
            wrong = one if other.same else other
            console.print(f"    wrong: {clean(wrong.sql or wrong.text)}", style="dim", markup=False)
    console.print()
    console.print(significance(both), markup=False)
    if dialogues.first.scored:
        # Turns of one dialogue stand and fall together, so that over turns such a test makes too much of a flip.
        console.print(f"Dialogues, all turns: {significance(dialogues)}", markup=False)
    if both.changed:
        console.print(f"Left out: {both.changed} whose question or gold has changed in between.")
    if both.apart:
        console.print(f"Left out: {both.apart} that only one of the two has scored.")
    return OK


def _report(options: argparse.Namespace) -> int:
    from agent.errors import SettingsError
    from agent.evaluation.report import html_report

    with results_kept(settings_of(options)) as store:
        run = store.run(options.id)
        page = html_report(run, store.results(run.id))
    if options.out == "-":
        print(page)
        return OK
    out = Path(options.out).expanduser()
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error.strerror}.") from None
    print(f"{out}: {len(page.encode()) // 1024:,} KB, one file to mail. It holds questions, SQL and rows.")
    return OK


def _add(options: argparse.Namespace) -> int:
    from agent.assembly import open_store, traces_of
    from agent.evaluation.case_from_trace import add_case, case_of

    settings = settings_of(options)
    with traces_of(settings, langfuse=options.langfuse, trace_id=options.from_trace) as traces:
        trace = traces.wanted(options.from_trace)
    with closing(open_store(settings)) as feedback:
        corrections = [each.sql for each in feedback.feedback(trace.summary.id) if each.sql]
    case = case_of(
        trace,
        correction=corrections[0] if corrections else "",
        question=options.question.strip(),
        gold_sql=options.gold_sql.strip(),
        id=options.id.strip(),
        db=options.db.strip(),
        difficulty=options.difficulty.strip(),
    )
    add_case(options.cases.expanduser(), case)
    for said in case.notes:
        note(said)
    print(f"{options.cases}: {clean(case.entry['id'])} added. Ask it: dbagent eval run {options.cases}")
    return OK


def _send(options: argparse.Namespace) -> int:
    from agent.errors import SettingsError
    from agent.evaluation.langfuse_run import in_langfuse

    settings = settings_of(options)
    if not settings.has_langfuse:
        raise SettingsError("LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not set. Set them to send a run there.")
    with results_kept(settings) as store:
        run = store.run(options.id)
        with in_langfuse(langfuse_of(settings), run, note) as there:
            sent = there is not None and there.send_and_tell(store.results(run.id), note)
    return OK if sent else USAGE


def complain(text: str) -> int:
    """Say on stderr what is wrong; the exit code."""
    note(text)
    return USAGE
