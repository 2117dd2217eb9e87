"""The commands `dbagent eval ...`: run cases, list and show runs, compare two, report one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from agent.evaluation.cases import Case
    from agent.evaluation.figures import Figures
    from agent.evaluation.results import CaseResult, ResultStore, Run
    from agent.settings import Settings

OK, USAGE, NOTHING_SCORED = 0, 2, 3

Command = Callable[..., argparse.ArgumentParser]


def add_eval_commands(actions: Any, command: Command) -> None:
    """Add run, list, show, compare and report to the parser's actions; `command` makes one of them."""
    run = command(actions, "run", _run, "ask the cases of a file and score the answers")
    run.add_argument("cases", metavar="CASES", nargs="?", help="JSONL, JSON or YAML; a folder of Spider or BIRD")
    run.add_argument(
        "--db", metavar="URL", help="ask this database; or a folder, where the databases that the cases name are"
    )
    run.add_argument("--model", help="the model's name at the endpoint (default: DBAGENT_MODEL, else offline)")
    run.add_argument("--prompt-label", metavar="LABEL", help="the label whose prompt version is used")
    run.add_argument("--jobs", type=positive, default=1, metavar="N", help="how many are asked at once (default: 1)")
    run.add_argument("--limit", type=positive, metavar="N", help="ask only N of them, spread over the file")
    run.add_argument("--no-evidence", action="store_true", help="do not tell the evidence that cases come with")
    run.add_argument("--knowledge", metavar="FOLDER", help="what people know of the database, in files")
    run.add_argument("--policy", metavar="FILE", help="who may see what, in YAML; cases may name their user")
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


def positive(text: str) -> int:
    """An option that counts something."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _run(options: argparse.Namespace) -> int:
    import asyncio

    from agent.evaluation.cases import read_cases
    from agent.evaluation.results import RunOptions
    from agent.evaluation.runner import Asking, ask_all

    settings = _settings(options)
    with _store(settings) as store:
        run = store.run(options.resume) if options.resume else None
        if run:
            _take_over(options, run)
            settings = _settings(options)
        if not options.cases:
            return _complain("Name a file of cases: dbagent eval run CASES. Or go on with a run: --resume RUN.")
        read = read_cases(options.cases)
        for problem in read.problems:
            _note(problem)
        cases = _spread(read.cases, options.limit)
        if not cases:
            return _complain(f"{options.cases} has no case that can be asked.")
        asked = _with_databases(cases, read.path, options.db, settings)
        if run is None:
            shown = RunOptions(
                database=_shown(options.db),
                model=settings.model,
                prompt_label=settings.prompt_label,
                limit=options.limit,
                evidence=not options.no_evidence,
                policy=str(settings.policy or ""),
                knowledge=str(settings.knowledge or ""),
            )
            run = store.begin(str(read.path.resolve()), len(cases), shown)
        asking = Asking(settings.prompt_label, not options.no_evidence, options.jobs)
        finished = False
        try:
            with store.working_on(run.id), _progress(run, store, cases) as hear:
                asyncio.run(ask_all(run, asked, store, _opener(settings), asking, hear))
                finished = True
        finally:
            if not finished:
                _note(
                    f"Run {run.id} has {len(store.results(run.id))} of {len(cases)} cases. "
                    f"Go on with it: dbagent eval run --resume {run.id}"
                )
        results = store.results(run.id)
        _show_run(store.run(run.id), results)
    return OK if any(each.scored for each in results) else NOTHING_SCORED


def _take_over(options: argparse.Namespace, run: Run) -> None:
    """Set the options to those that the run was begun with. Raises SettingsError where others are given."""
    from agent.errors import SettingsError

    begun = run.options
    for name, value in (
        ("cases", run.cases),
        ("model", begun.model),
        ("prompt_label", begun.prompt_label),
        ("limit", begun.limit),
        ("policy", begun.policy or None),
        ("knowledge", begun.knowledge or None),
    ):
        given = getattr(options, name)
        if given is not None and (str(Path(given).resolve()) if name == "cases" else given) != value:
            raise SettingsError(
                f"Run {run.id} was begun with another {name.replace('_', ' ')}. Leave it out, or begin anew."
            )
        setattr(options, name, value)
    if options.no_evidence and begun.evidence:
        raise SettingsError(f"Run {run.id} was begun with evidence. Leave --no-evidence out, or begin anew.")
    options.no_evidence = not begun.evidence
    if options.db is None and begun.database:
        if "***" in begun.database:
            raise SettingsError(f"Run {run.id} asks {begun.database}. Give it once more, with its password: --db URL.")
        options.db = begun.database
    elif _shown(options.db) != begun.database:
        raise SettingsError(f"Run {run.id} was begun with another database. Leave --db out, or begin anew.")


def _spread(cases: Sequence[Case], limit: int | None) -> Sequence[Case]:
    """At most `limit` of them, from all over the file: files are often sorted by database or difficulty."""
    if limit is None or limit >= len(cases):
        return cases
    return [cases[at * len(cases) // limit] for at in range(limit)]


def _with_databases(
    cases: Sequence[Case], file: Path, db: str | None, settings: Settings
) -> list[tuple[Case, str | None]]:
    """Each case with the address of its database."""
    from agent.errors import SettingsError
    from agent.evaluation.cases import database_of, shown_database
    from agent.sample import sample_database

    folder = Path(db).expanduser() if db and "://" not in db and Path(db).expanduser().is_dir() else None
    if db and folder is None:
        named = sorted({shown_database(case.db) for case in cases if case.db})
        if len(named) > 1:
            raise SettingsError(
                f"The cases name {len(named)} databases ({', '.join(named[:3])}, …); --db gives only one. "
                "Name the folder where they are, or leave --db out."
            )
        return [(case, db) for case in cases]
    default = settings.database_url
    if not default and any(not case.db for case in cases):
        default = str(sample_database(tell=_note))
    return [(case, default if not case.db else database_of(case, file, folder)) for case in cases]


def _opener(settings: Settings) -> Callable[[str], Any]:
    """What opens an agent over a database; the sample comes with what is known of it."""
    from agent.assembly import open_agent
    from agent.sample import sample_database

    sample = "" if settings.database_url else str(sample_database())
    return lambda url: open_agent(None if url == sample else url, settings=settings)


@contextmanager
def _progress(run: Run, store: ResultStore, cases: Sequence[Case]) -> Iterator[Callable[[Case, CaseResult], None]]:
    """Shows on stderr how far it is; where that is no terminal, only what could not be scored."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from agent.terminal import one_line, plain

    console = Console(stderr=True)
    ids = {case.id for case in cases}
    done = [each for each in store.results(run.id) if each.scored and each.case_id in ids]
    right, scored = sum(each.same is True for each in done), len(done)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    told: set[tuple[str, str]] = set()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("asking", total=len(cases), completed=scored)

        def hear(case: Case, result: CaseResult) -> None:
            nonlocal right, scored
            scored += result.scored
            right += result.same is True
            bar.update(task, advance=1, description=f"EX {right / scored:.0%}" if scored else "asking")
            if result.problem and not result.scored and (case.db, result.problem) not in told:
                told.add((case.db, result.problem))
                print(f"dbagent: {case.place}: {plain(one_line(result.problem, 300))}", file=sys.stderr)

        yield hear


def _list(options: argparse.Namespace) -> int:
    from rich.text import Text

    from agent.evaluation.figures import figures, money, share
    from agent.terminal import stdout_console, text_table

    with _store(_settings(options)) as store:
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
                Text(_clean(Path(run.cases).name)),
                Text(_clean(run.options.model)),
                Text(_clean(run.options.prompt_label)),
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
    with _store(_settings(options)) as store:
        run = store.run(options.id)
        results = store.results(run.id)
        _show_run(run, results)
        if options.wrong:
            for each in results:
                if each.same is False:
                    _show_case(each)
    return OK


def _compare(options: argparse.Namespace) -> int:
    from agent.evaluation.figures import compared, significance
    from agent.terminal import stdout_console

    with _store(_settings(options)) as store:
        first, second = store.run(options.first), store.run(options.second)
        both = compared(store.results(first.id), store.results(second.id))
    console = stdout_console()
    if not both.first.scored:
        console.print(f"No case was scored by both {first.id} and {second.id}; there is nothing to compare.")
        return OK
    table = _figures_table()
    for run, got in ((first, both.first), (second, both.second)):
        _add_figures(table, got, run.id)
    console.print(table)
    console.print()
    for title, pairs in (("right only in the second", both.won), ("right only in the first", both.lost)):
        console.print(f"{len(pairs)} {title}", style="bold")
        for one, other in pairs:
            console.print(f"  {_clean(one.case_id)}: {_clean(one.question)}", markup=False)
            wrong = one if other.same else other
            console.print(f"    wrong: {_clean(wrong.sql or wrong.text)}", style="dim", markup=False)
    console.print()
    console.print(significance(both), markup=False)
    if both.changed:
        console.print(f"Left out: {both.changed} whose question or gold has changed in between.")
    if both.apart:
        console.print(f"Left out: {both.apart} that only one of the two has scored.")
    return OK


def _report(options: argparse.Namespace) -> int:
    from agent.errors import SettingsError
    from agent.evaluation.report import html_report

    with _store(_settings(options)) as store:
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


def _show_run(run: Run, results: Sequence[CaseResult]) -> None:
    from agent.evaluation.figures import GROUPS, figures, grouped, share, unscored
    from agent.terminal import stdout_console

    console = stdout_console()
    state = "finished" if run.finished else f"to be resumed: dbagent eval run --resume {run.id}"
    console.print(f"run {run.id} · {_clean(run.cases)} · {state}", style="bold", markup=False)
    models = ", ".join(sorted({model for each in results for model in each.models})) or run.options.model
    prompts = ", ".join(sorted({each.prompt for each in results if each.prompt}))
    console.print(_clean(f"{models} · prompt {prompts or run.options.prompt_label}"), style="dim", markup=False)
    console.print()
    table = _figures_table()
    every = figures(results)
    for title, key in GROUPS:
        groups = grouped(results, key)
        for got in groups:
            _add_figures(table, got, f"{title} {got.name}")
        if groups:
            table.add_section()
    _add_figures(table, every, "all")
    console.print(table)
    low, high = every.interval
    console.print()
    if every.scored:
        console.print(f"EX {share(every.accuracy)} (95 % interval: {share(low)} to {share(high)})")
    for problem, some in unscored(results).items():
        console.print(
            f"{len(some)} not scored ({_clean(', '.join(some[:3]))}{', …' if some[3:] else ''}): {_clean(problem)}",
            markup=False,
        )


def _show_case(result: CaseResult) -> None:
    from agent.terminal import stdout_console

    console = stdout_console()
    console.print()
    state = "WRONG" if result.answered else f"NOT ANSWERED ({result.outcome})"
    console.print(f"{state} {_clean(result.case_id)}: {_clean(result.question)}", style="bold", markup=False)
    lines = [("gold", " | or ".join(result.gold_sql)), ("wanted", _rows_of(result.wanted))]
    lines += [("given", _rows_of(result.given)), ("sql", result.sql)] if result.sql else [("said", result.text)]
    lines += [("problem", result.problem), ("trace", result.trace_id)]
    for name, text in lines:
        if text:
            console.print(f"  {name:8}{_clean(text)}", markup=False)


def _rows_of(preview: Any) -> str:
    rows = " ".join(f"({', '.join(row)})" for row in preview.rows)
    return f"{preview.total:,} rows: {rows}" if preview.total else "no rows"


def _figures_table() -> Table:
    from agent.terminal import text_table

    return text_table(
        ("",),
        ("cases", "scored", "answered", "EX", "precision", "soft-F1", "tool calls", "tokens", "cost", "median", "p95"),
    )


def _add_figures(table: Table, got: Figures, name: str) -> None:
    from rich.text import Text

    from agent.evaluation.figures import duration, money, share

    table.add_row(
        Text(_clean(name)),
        f"{got.cases:,}",
        f"{got.scored:,}",
        share(got.answered_share),
        share(got.accuracy),
        share(got.precision),
        share(got.soft_f1),
        "-" if got.tool_calls is None else f"{got.tool_calls:.1f}",
        "?" if got.tokens is None else f"{got.tokens:,.0f}",
        money(got.cost_usd),
        duration(got.seconds),
        duration(got.slow_seconds),
    )


def _clean(text: str) -> str:
    """On one line, without what a terminal would obey."""
    from agent.terminal import plain

    return " ".join(plain(text).split())


def _note(text: str) -> None:
    print(f"dbagent: {_clean(text)}", file=sys.stderr)


def _complain(text: str) -> int:
    _note(text)
    return USAGE


def _shown(db: str | None) -> str:
    """The database of --db as a run keeps it: a path in full, a URL without its password."""
    from agent.evaluation.cases import shown_database

    return str(Path(db).expanduser().resolve()) if db and "://" not in db else shown_database(db or "")


def _settings(options: argparse.Namespace) -> Settings:
    from agent.settings import Settings

    return Settings.from_environment(
        model=getattr(options, "model", None) or None,
        prompt_label=getattr(options, "prompt_label", None) or None,
        knowledge=getattr(options, "knowledge", None) or None,
        policy=getattr(options, "policy", None) or None,
    )


@contextmanager
def _store(settings: Settings) -> Iterator[ResultStore]:
    from agent.evaluation.results import ResultStore

    with closing(ResultStore(settings.home / "evaluations.db")) as store:
        yield store
