"""The commands `dbagent eval ...`: run cases, list and show runs, compare two, report one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from agent.evaluation.cases import Case
    from agent.evaluation.figures import Figures
    from agent.evaluation.results import CaseResult, ResultStore, Run
    from agent.llmops.langfuse_client import LangfuseClient
    from agent.llmops.prompt_version import Prompt
    from agent.settings import Settings

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


def takes_cases(command: argparse.ArgumentParser) -> None:
    """Add what says how cases are asked, but for the prompt."""
    command.add_argument(
        "--db", metavar="URL", help="ask this database; or a folder, where the databases that the cases name are"
    )
    command.add_argument("--model", help="the model's name at the endpoint (default: DBAGENT_MODEL, else offline)")
    command.add_argument(
        "--jobs", type=positive, default=1, metavar="N", help="how many are asked at once (default: 1)"
    )
    command.add_argument(
        "--limit", type=positive, metavar="N", help="ask only N cases or dialogues, spread over the file"
    )
    command.add_argument("--no-evidence", action="store_true", help="do not tell the evidence that cases come with")
    command.add_argument("--knowledge", metavar="FOLDER", help="what people know of the database, in files")
    command.add_argument("--policy", metavar="FILE", help="who may see what, in YAML; cases may name their user")
    command.set_defaults(prompt_file=None)


def positive(text: str) -> int:
    """An option that counts something."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _run(options: argparse.Namespace) -> int:
    with results_kept(_settings(options)) as store:
        run = store.run(options.resume) if options.resume else None
        if run:
            _take_over(options, run)
        if not options.cases:
            return complain("Name a file of cases: dbagent eval run CASES. Or go on with a run: --resume RUN.")
        if options.labels:
            return _run_labels(options, store)
        done = ask_cases(store, options, _settings(options), run=run, prompt=_prompt_asked_with(options, run))
        results = store.results(done.id)
        _show_run(done, results)
    return OK if any(each.scored for each in results) else NOTHING_SCORED


def _run_labels(options: argparse.Namespace, store: ResultStore) -> int:
    """A run for each label, one after the other, and what each flips against the first."""
    from agent.assembly import check_label
    from agent.evaluation.figures import compared, significance
    from agent.terminal import stdout_console

    runs: dict[str, Run] = {}
    labels = list(dict.fromkeys(each.strip() for each in options.labels.split(",") if each.strip()))
    for options.prompt_label in labels:  # the last one, too, before the first is asked for an hour
        check_label(_settings(options))
    for label in labels:
        options.prompt_label = label
        runs[label] = ask_cases(store, options, _settings(options))
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


def show_labels(results: Mapping[str, Sequence[CaseResult]]) -> None:
    """The figures of each label's run in a line."""
    from agent.evaluation.figures import figures
    from agent.terminal import stdout_console

    table = _figures_table()
    for label, of_label in results.items():
        versions = sorted({each.prompt_version for each in of_label if each.prompt_version is not None})
        _add_figures(table, figures(of_label), f"{label} {' '.join(f'v{each}' for each in versions)}".strip())
    stdout_console().print(table)
    stdout_console().print()


def _prompt_asked_with(options: argparse.Namespace, run: Run | None) -> Prompt | None:
    """The one version that every case is asked with; None where the label says which."""
    from agent.assembly import prompt_store
    from agent.db_agent import PROMPT
    from agent.llmops.prompt_changes import found
    from agent.llmops.prompt_files import read_prompt

    if options.prompt_file:
        file = Path(options.prompt_file).expanduser()
        return replace(read_prompt(file, PROMPT).as_prompt(file.name), version=None)
    if run and run.options.prompt_version is not None:
        with prompt_store(_settings(options)) as prompts:
            return found(prompts, PROMPT, str(run.options.prompt_version))
    return None


def ask_cases(
    store: ResultStore,
    options: argparse.Namespace,
    settings: Settings,
    *,
    run: Run | None = None,
    prompt: Prompt | None = None,
) -> Run:
    """Ask the cases that the options name, and keep what comes of each; the run, begun here unless one is given.

    With a `prompt`, that version is asked with. Raises SettingsError where there is nothing to ask.
    """
    import asyncio
    from dataclasses import replace

    from agent.assembly import check_label
    from agent.errors import SettingsError
    from agent.evaluation.cases import read_cases
    from agent.evaluation.langfuse_run import in_langfuse
    from agent.evaluation.results import RunOptions
    from agent.evaluation.runner import Asking, ask_all

    if prompt:
        prompt = replace(prompt, label=prompt.label or f"v{prompt.version}")
    read = read_cases(options.cases)
    for problem in read.problems:
        note(problem)
    cases = _spread(read.cases, options.limit)
    if not cases:
        raise SettingsError(f"{options.cases} has no case that can be asked.")
    sample = _sample(cases, options.db, settings)
    asked = _with_databases(cases, read.path, options.db, settings.database_url or sample)
    if run is None:
        if not prompt:
            check_label(settings)
        file = options.prompt_file
        shown = RunOptions(
            database=_shown(options.db),
            model=settings.model,
            prompt_label=prompt.label if prompt else settings.prompt_label,
            prompt_version=prompt.version if prompt else None,
            prompt_file=str(Path(file).expanduser().resolve()) if file else "",
            limit=options.limit,
            evidence=not options.no_evidence,
            policy=str(settings.policy or ""),
            knowledge=str(settings.knowledge or ""),
        )
        run = store.begin(str(read.path.resolve()), len(cases), shown)
    asking = Asking(None if prompt else settings.prompt_label, not options.no_evidence, options.jobs)
    finished = False
    try:
        with (
            store.working_on(run.id),
            in_langfuse(_langfuse(settings), run, note) as there,
            _progress(run, store, cases) as hear,
        ):
            if there:
                asking = replace(asking, experiment=there.experiment)
            asyncio.run(ask_all(run, asked, store, _opener(settings, prompt, sample), asking, hear))
            finished = True
            if there:
                there.send_and_tell(store.results(run.id), note)
    finally:
        if not finished:
            note(
                f"Run {run.id} has {len(store.results(run.id))} of {len(cases)} cases. "
                f"Go on with it: dbagent eval run --resume {run.id}"
            )
    return store.run(run.id)


def _take_over(options: argparse.Namespace, run: Run) -> None:
    """Set the options to those that the run was begun with. Raises SettingsError where others are given."""
    from agent.errors import SettingsError

    begun = run.options
    for name, value in (
        ("cases", run.cases),
        ("model", begun.model),
        ("prompt_label", None if begun.prompt_file or begun.prompt_version is not None else begun.prompt_label),
        ("prompt_file", begun.prompt_file or None),
        ("labels", None),
        ("limit", begun.limit),
        ("policy", begun.policy or None),
        ("knowledge", begun.knowledge or None),
    ):
        given = getattr(options, name)
        if given is not None and (str(Path(given).resolve()) if name in ("cases", "prompt_file") else given) != value:
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
    """At most `limit` entries, from all over the file: files are often sorted by database or difficulty."""
    entries = list(dict.fromkeys(case.entry for case in cases))
    if limit is None or limit >= len(entries):
        return cases
    chosen = {entries[at * len(entries) // limit] for at in range(limit)}
    return [case for case in cases if case.entry in chosen]


def _folder(db: str | None) -> Path | None:
    """The folder that --db names, if it names one."""
    return Path(db).expanduser() if db and "://" not in db and Path(db).expanduser().is_dir() else None


def _sample(cases: Sequence[Case], db: str | None, settings: Settings) -> str:
    """The path of the sample database where one of the cases is about it, else nothing: it takes seconds to build."""
    from agent.sample import sample_database

    other = settings.database_url or (db and not _folder(db)) or all(case.db for case in cases)
    return "" if other else str(sample_database(tell=note))


def _with_databases(cases: Sequence[Case], file: Path, db: str | None, default: str) -> list[tuple[Case, str | None]]:
    """Each case with the address of its database; `default` is that of one which names none."""
    from agent.errors import SettingsError
    from agent.evaluation.cases import database_of, shown_database

    folder = _folder(db)
    if db and folder is None:
        named = sorted({shown_database(case.db) for case in cases if case.db})
        if len(named) > 1:
            raise SettingsError(
                f"The cases name {len(named)} databases ({', '.join(named[:3])}, …); --db gives only one. "
                "Name the folder where they are, or leave --db out."
            )
        return [(case, db) for case in cases]
    return [(case, default if not case.db else database_of(case, file, folder)) for case in cases]


def _opener(settings: Settings, prompt: Prompt | None, sample: str) -> Callable[[str], Any]:
    """What opens an agent over a database; the sample comes with what is known of it."""
    from agent.assembly import open_agent
    from agent.llmops.prompts import OnePrompt

    prompts = OnePrompt(prompt) if prompt else None
    settings = settings.model_copy(update={"experiment": None})
    return lambda url: open_agent(None if url == sample else url, settings=settings, prompts=prompts)


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

    with results_kept(_settings(options)) as store:
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
    with results_kept(_settings(options)) as store:
        run = store.run(options.id)
        results = store.results(run.id)
        _show_run(run, results)
        if options.wrong:
            for each in results:
                if each.same is False:
                    _show_case(each)
    return OK


def _compare(options: argparse.Namespace) -> int:
    from agent.evaluation.figures import compared, significance, whole_dialogues
    from agent.terminal import stdout_console

    with results_kept(_settings(options)) as store:
        first, second = store.run(options.first), store.run(options.second)
        results = store.results(first.id), store.results(second.id)
    both, dialogues = compared(*results), compared(*map(whole_dialogues, results))
    console = stdout_console()
    if not both.first.scored:
        console.print(f"No case was scored by both {first.id} and {second.id}; there is nothing to compare.")
        return OK
    table = _figures_table()
    for run, got in ((first, both.first), (second, both.second)):
        _add_figures(table, got, run.id)
    for run, got in ((first, dialogues.first), (second, dialogues.second)):
        if got.scored:
            _add_figures(table, got, f"{run.id}: dialogues, all turns")
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

    with results_kept(_settings(options)) as store:
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
    from agent.assembly import open_store, trace_store
    from agent.evaluation.case_from_trace import add_case, case_of

    settings = _settings(options)
    trace = trace_store(settings).wanted(options.from_trace)
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

    settings = _settings(options)
    if not settings.has_langfuse:
        raise SettingsError("LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not set. Set them to send a run there.")
    with results_kept(settings) as store:
        run = store.run(options.id)
        with in_langfuse(_langfuse(settings), run, note) as there:
            sent = there is not None and there.send_and_tell(store.results(run.id), note)
    return OK if sent else USAGE


def _langfuse(settings: Settings) -> LangfuseClient | None:
    """None without its keys."""
    from agent.assembly import langfuse_client, redactor

    return langfuse_client(settings, redactor(settings)) if settings.has_langfuse else None


def _show_run(run: Run, results: Sequence[CaseResult]) -> None:
    from agent.evaluation.figures import GROUPS, figures, grouped, share, unscored, whole_dialogues
    from agent.terminal import stdout_console

    console = stdout_console()
    state = "finished" if run.finished else f"to be resumed: dbagent eval run --resume {run.id}"
    console.print(f"run {run.id} · {clean(run.cases)} · {state}", style="bold", markup=False)
    models = ", ".join(sorted({model for each in results for model in each.models})) or run.options.model
    prompts = ", ".join(sorted({each.prompt for each in results if each.prompt}))
    console.print(clean(f"{models} · prompt {prompts or run.options.prompt_label}"), style="dim", markup=False)
    console.print()
    table = _figures_table()
    every, dialogues = figures(results), whole_dialogues(results)
    for title, key in GROUPS:
        groups = grouped(results, key)
        for got in groups:
            _add_figures(table, got, f"{title} {got.name}")
        if groups:
            table.add_section()
    _add_figures(table, every, "all")
    if dialogues:
        _add_figures(table, figures(dialogues), "dialogues, all turns")
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


def _show_case(result: CaseResult) -> None:
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
        Text(clean(name)),
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


def clean(text: str) -> str:
    """On one line, without what a terminal would obey."""
    from agent.terminal import plain

    return " ".join(plain(text).split())


def note(text: str) -> None:
    """Say something on stderr."""
    print(f"dbagent: {clean(text)}", file=sys.stderr)


def complain(text: str) -> int:
    """Say on stderr what is wrong; the exit code."""
    note(text)
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
def results_kept(settings: Settings) -> Iterator[ResultStore]:
    """The runs of this machine."""
    from agent.evaluation.results import ResultStore

    with closing(ResultStore(settings.home / "evaluations.db")) as store:
        yield store
