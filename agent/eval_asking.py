"""How the cases of a file are asked: with what options, of which databases, a run begun or gone on with."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.eval_view import note

if TYPE_CHECKING:
    from agent.evaluation.cases import Case
    from agent.evaluation.results import CaseResult, ResultStore, Run
    from agent.llmops.langfuse_client import LangfuseClient
    from agent.llmops.prompt_version import Prompt
    from agent.settings import Settings


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
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


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
            prompt_digest=text_digest(prompt) if prompt and file else "",
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
            in_langfuse(langfuse_of(settings), run, note) as there,
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


def prompt_asked_with(options: argparse.Namespace, run: Run | None) -> Prompt | None:
    """The one version that every case is asked with; None where the label says which."""
    from agent.assembly import prompt_store
    from agent.db_agent import PROMPT
    from agent.errors import SettingsError
    from agent.llmops.prompt_changes import found
    from agent.llmops.prompt_files import read_prompt
    from agent.llmops.prompt_lint import check_template

    if options.prompt_file:
        file = Path(options.prompt_file).expanduser()
        prompt = replace(read_prompt(file, PROMPT).as_prompt(file.name), version=None)
        check_template(str(file), prompt.text, prompt.config)
        if run and run.options.prompt_digest not in ("", text_digest(prompt)):
            raise SettingsError(f"{file} has changed since run {run.id} was begun with it. Begin anew.")
        return prompt
    if run and run.options.prompt_version is not None:
        with prompt_store(settings_of(options)) as prompts:
            return found(prompts, PROMPT, str(run.options.prompt_version))
    return None


def text_digest(prompt: Prompt) -> str:
    """Tells a template from any other, and from itself after an edit."""
    return hashlib.sha256(repr((prompt.text, dict(prompt.config))).encode("utf-8", "replace")).hexdigest()[:16]


def take_over(options: argparse.Namespace, run: Run) -> None:
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


def langfuse_of(settings: Settings) -> LangfuseClient | None:
    """The client that a run is sent with; None without its keys."""
    from agent.assembly import langfuse_client, redactor

    return langfuse_client(settings, redactor(settings)) if settings.has_langfuse else None


def _shown(db: str | None) -> str:
    """The database of --db as a run keeps it: a path in full, a URL without its password."""
    from agent.evaluation.cases import shown_database

    return str(Path(db).expanduser().resolve()) if db and "://" not in db else shown_database(db or "")


def settings_of(options: argparse.Namespace) -> Settings:
    """What the options and the environment say; `--db` of cases is none of it."""
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
