"""The commands `dbagent prompts promote | rollback | history`: which version is live, by what measurement, and back."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agent.eval_asking import ask_cases, results_kept, takes_cases
from agent.eval_view import clean, note, show_labels

if TYPE_CHECKING:
    from agent.evaluation.promotion import Decision
    from agent.evaluation.results import ResultStore, Run
    from agent.llmops.prompt_version import Prompt, PromptEvent
    from agent.settings import Settings

OK, FOUND = 0, 6


def add_release_commands(actions: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add promote, rollback and history to the parser's actions."""
    promote = command(actions, "promote", _promote, "move a label to a version that was measured to be no worse")
    takes_name(promote)
    promote.add_argument(
        "cases", metavar="CASES", nargs="?", help="ask these of both versions, as dbagent eval run does"
    )
    promote.add_argument("--from", dest="source", metavar="REFERENCE", default="staging", help="default: staging")
    promote.add_argument("--to", dest="target", metavar="LABEL", default="production", help="default: production")
    promote.add_argument("--run", dest="of", metavar="RUN", help="a finished run of the version, instead of CASES")
    promote.add_argument("--against", metavar="RUN", help="a finished run of the version that carries the label now")
    promote.add_argument(
        "--margin",
        type=float,
        metavar="POINTS",
        help="how many percentage points of execution accuracy it may lose (default: 2)",
    )
    promote.add_argument("--force", action="store_true", help="move the label whatever was measured, or nothing was")
    promote.add_argument("--message", "-m", metavar="TEXT", default="", help="why")
    takes_cases(promote)

    rollback = command(actions, "rollback", _rollback, "put a label back on the version that it was taken from")
    takes_name(rollback)
    rollback.add_argument("--label", metavar="LABEL", default="production", help="default: production")
    rollback.add_argument("--message", "-m", metavar="TEXT", default="", help="why")

    history = command(actions, "history", _history, "tell what was done with a prompt: by whom, when, on what figures")
    takes_name(history)
    history.add_argument("--json", action="store_true", help="as JSON")


def takes_name(command: argparse.ArgumentParser) -> None:
    """Add the prompt that is meant."""
    command.add_argument("name", metavar="NAME", help="the prompt, such as agent/db_agent")


def _promote(options: argparse.Namespace) -> int:
    from agent.assembly import prompt_store
    from agent.errors import SettingsError
    from agent.llmops.prompt_changes import PRODUCTION, found, move, refuse
    from agent.llmops.prompt_store import check_label
    from agent.terminal import stdout_console

    settings = settings_of(options)
    with prompt_store(settings) as store:
        candidate = found(store, options.name, options.source)
        current = store.find(options.name, label=check_label(options.target))
        if current and current.version == candidate.version:
            print(clean(f"{options.target} is at version {current.version} of {options.name} already."))
            return OK
        if bool(options.of) != bool(options.against) or (options.of and options.cases):
            raise SettingsError(
                "Give CASES, or two finished runs: --run of the version and --against of the present one."
            )
        measured = _measured(options, settings, current, candidate) if current else None
        if measured is None and current and options.target == PRODUCTION and not options.force:
            raise SettingsError(
                "Nothing says that it is no worse. Give CASES to ask both versions, or finished runs with --run and "
                "--against, or --force."
            )
        figures: dict[str, Any] = {}
        if measured:
            decision, first, second = measured
            figures = decision.figures(first.id, second.id)
            for line in decision.said:
                stdout_console().print(clean(line), markup=False)
            if not decision.allowed and not options.force:
                refuse(store, candidate, options.target, who(), figures)
                flipped = f"Look at what flipped: dbagent eval compare {first.id} {second.id}."
                look = flipped if decision.both.first.scored else f"See why: dbagent eval show {second.id}."
                note(f"Refused: {options.target} stays where it is. {look} --force moves it all the same.")
                return FOUND
        needed_force = options.force and (measured is None or not measured[0].allowed) and current is not None
        move(
            store, candidate, options.target, who(), "forced" if needed_force else "promoted", options.message, figures
        )
    was = f", from version {current.version}" if current else ""
    print(clean(f"{options.target} is at version {candidate.version} of {options.name}{was}."))
    return OK


def _measured(
    options: argparse.Namespace, settings: Settings, current: Prompt, candidate: Prompt
) -> tuple[Decision, Run, Run] | None:
    """What comes of the cases, or of the finished runs, that the options name; None where they name none."""
    from agent.evaluation.promotion import MARGIN, decide

    if not options.cases and not options.of:
        return None
    with results_kept(settings) as runs:
        if options.of:
            first, second = runs.run(options.against), runs.run(options.of)
            _check_run(runs, first, current)
            _check_run(runs, second, candidate)
        else:
            first, second = (ask_cases(runs, options, settings, prompt=each) for each in (current, candidate))
        results = [runs.results(each.id) for each in (first, second)]
    now, then = results
    show_labels({f"{options.target} now": now, options.source: then})
    return decide(now, then, MARGIN if options.margin is None else options.margin), first, second


def _check_run(runs: ResultStore, run: Run, prompt: Prompt) -> None:
    """Raise SettingsError for a run that is not finished, or that did not ask with this version from this place."""
    from agent.errors import SettingsError
    from agent.llmops.prompt_version import FILE

    if not run.finished:
        raise SettingsError(f"Run {run.id} is not finished. Go on with it: dbagent eval run --resume {run.id}")
    for each in runs.results(run.id):
        if each.scored and each.prompt:
            online = each.prompt_source != FILE
            if (each.prompt_version, online) != (prompt.version, prompt.source != FILE):
                raise SettingsError(
                    f"Run {run.id} asked with {each.prompt}, which is not version {prompt.version} ({prompt.source}). "
                    "Name a run of that version, or give CASES."
                )


def _rollback(options: argparse.Namespace) -> int:
    from agent.assembly import prompt_store
    from agent.llmops.prompt_changes import roll_back

    with prompt_store(settings_of(options)) as store:
        was, now = roll_back(store, options.name, options.label, who(), options.message)
    print(clean(f"{options.label} is back at version {now.version} of {options.name}, from version {was.version}."))
    return OK


def _history(options: argparse.Namespace) -> int:
    from agent.assembly import prompt_store
    from agent.llmops.prompt_changes import found
    from agent.terminal import stdout_console

    with prompt_store(settings_of(options)) as store:
        found(store, options.name, "latest")
        events = store.history(options.name)
    if options.json:
        print_json([each.model_dump(mode="json") for each in events])
        return OK
    for event in events:
        stdout_console().print(event_line(event), markup=False)
    if not events:
        print(clean(f"Nothing was done with {options.name} by these commands yet."))
    return OK


def event_line(event: PromptEvent) -> str:
    """An event of a prompt's history as people read it."""
    from agent.evaluation.figures import share

    moved = f": {event.label}" if event.label else ""
    came = f" (from version {event.before})" if event.label and event.before else ""
    parts = [f"{event.at.astimezone():%Y-%m-%d %H:%M}  {event.by}  {event.did} version {event.version}{moved}{came}"]
    figures = event.figures
    if figures and not figures.get("cases"):
        parts.append("no case was scored")
    elif figures:
        parts.append(
            f"EX {share(figures.get('accuracy_before'))} to {share(figures.get('accuracy'))} over "
            f"{figures.get('cases')} cases, p = {figures.get('p_value')}"
        )
    return clean(" · ".join([*parts, *([event.message] if event.message else [])]))


def who() -> str:
    """Who is at the keyboard, as the machine knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without such a user
        return "unknown"


def print_json(value: Any) -> None:
    """Print a value as JSON for people to read."""
    from agent.terminal import json_text

    print(json_text(value))


def settings_of(options: argparse.Namespace) -> Settings:
    """What the options and the environment say; `--db` of cases is none of it."""
    from agent.settings import Settings

    return Settings.from_environment(
        database_url=None if hasattr(options, "cases") else getattr(options, "db", None),
        model=getattr(options, "model", None),
        knowledge=getattr(options, "knowledge", None),
        policy=getattr(options, "policy", None),
    )
