"""The commands about what people think of answers: `dbagent feedback`, and `dbagent knowledge add` for corrections."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.feedback import FeedbackDesk
    from agent.settings import Settings

OK, USAGE = 0, 2

Command = Callable[..., argparse.ArgumentParser]


def add_feedback_command(commands: Any, command: Command) -> None:
    """Add `feedback` to the parser's commands; `command` makes it."""
    feedback = command(commands, "feedback", _feedback, "say what you think of an answer, or list what was said")
    feedback.add_argument(
        "words",
        nargs="*",
        metavar="[TRACE_ID] up|down",
        help="the trace's id, or its beginning, as the receipt has it (default: the latest); without a rating: list",
    )
    feedback.add_argument("--comment", default="", metavar="TEXT", help="what was good or bad about it")
    feedback.add_argument("--sql", default="", metavar="CORRECTION", help="the SQL that would have been right")
    feedback.add_argument("--limit", type=int, default=20, metavar="N", help="how many to list (default: 20)")
    feedback.add_argument("--json", action="store_true", help="as JSON")


def add_knowledge_add(actions: Any, command: Command, takes_database: Callable[..., None]) -> None:
    """Add `knowledge add` to the parser's actions."""
    adding = command(actions, "add", _add, "make the correction of an answer a verified example, in a file to look at")
    adding.add_argument("trace_id", metavar="TRACE_ID", help="the trace whose answer was corrected, or its beginning")
    adding.add_argument("--question", default="", help="the question, where this machine does not know the trace")
    adding.add_argument("--into", metavar="FOLDER", help="the knowledge folder (default: --knowledge)")
    takes_database(adding)


def _feedback(options: argparse.Namespace) -> int:
    words = options.words
    if not words:
        return _list(options)
    if len(words) > 2:
        return _complain(
            "give a trace and a rating: dbagent feedback TRACE_ID up|down; quote a --comment of many words"
        )
    if len(words) == 1 and words[0] not in ("up", "down"):
        return _complain(f"say what you think of it: dbagent feedback {words[0]} up|down")
    settings = _settings()
    with _desk(settings) as desk:
        trace_id = words[0] if len(words) == 2 else desk.latest()
        taken = desk.give(trace_id, words[-1], comment=options.comment, sql=options.sql)
    if options.json:
        print(_json({**dataclasses.asdict(taken.feedback), "waiting": taken.waiting, "trouble": taken.trouble}))
        return OK
    given = taken.feedback
    print(
        _clean(f"{given.rating}: {given.question or 'a question that this machine does not know'} ({given.trace_id})")
    )
    if given.sql:
        print("The correction is kept too. Make it an example: dbagent knowledge add " + given.trace_id)
    if taken.waiting:
        print(
            f"dbagent: it is kept here; Langfuse did not take it ({_clean(taken.trouble)}). "
            f"{taken.waiting} to be sent with the next feedback.",
            file=sys.stderr,
        )
    elif taken.trouble:
        print(f"dbagent: it is kept here; of what was sent to Langfuse {_clean(taken.trouble)}.", file=sys.stderr)
    return OK


def _list(options: argparse.Namespace) -> int:
    with _desk(_settings()) as desk:
        every = desk.all(max(1, options.limit))
    if options.json:
        print(_json([dataclasses.asdict(each) for each in every]))
        return OK
    if not every:
        print("There is no feedback yet. Give some: dbagent feedback TRACE_ID up|down")
    for each in every:
        when = f"{each.given.astimezone():%Y-%m-%d %H:%M}"
        about = each.question or "(unknown question)"
        print(_clean(f"{each.trace_id[:12]}  {when}  {each.rating:4}  {about}"))
        for name, text in (("comment", each.comment), ("sql", each.sql)):
            if text:
                print(f"    {name}: {_clean(text)}")
    return OK


def _add(options: argparse.Namespace) -> int:
    from pathlib import Path

    from agent import terminal
    from agent.assembly import open_chosen_database
    from agent.errors import SettingsError
    from agent.settings import Settings
    from tools.knowledge_corrections import write_correction

    settings = Settings.from_environment(database_url=options.db, knowledge=options.knowledge)
    folder = Path(options.into).expanduser() if options.into else settings.knowledge
    if folder is None:
        raise SettingsError("Name the knowledge folder with --into FOLDER or DBAGENT_KNOWLEDGE.")
    with _desk(settings) as desk:
        given = desk.correction(options.trace_id)
    question = options.question.strip() or given.question
    if not question:
        raise SettingsError("This machine does not know what was asked. Give it with --question.")
    by = f" by {given.user_id}" if given.user_id else ""
    verified = f"feedback of {given.given:%Y-%m-%d}{by}, trace {given.trace_id}"
    with terminal.progress() as progress, closing(open_chosen_database(settings, tell=progress.say)) as database:
        file = write_correction(database, folder, given.trace_id[:12], question, given.sql, verified)
    print(_clean(f"{file}: look at it; it is used from now on with --knowledge {folder}."))
    return OK


@contextmanager
def _desk(settings: Settings) -> Iterator[FeedbackDesk]:
    from agent.assembly import feedback_desk, langfuse_client, redactor

    langfuse = langfuse_client(settings, redactor(settings))
    with closing(langfuse), closing(feedback_desk(settings, langfuse)) as desk:
        yield desk


def _settings() -> Settings:
    from agent.settings import Settings

    return Settings.from_environment()


def _json(value: Any) -> str:
    from agent.terminal import json_text

    return json_text(value)


def _clean(text: str) -> str:
    from agent.terminal import one_line

    return one_line(text, 10_000)


def _complain(text: str) -> int:
    print(f"dbagent: {_clean(text)}", file=sys.stderr)
    return USAGE
