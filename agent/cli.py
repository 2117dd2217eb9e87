"""The command line: ask a question, look at traces, see what is configured."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from agent.ask_command import add_ask_command
from agent.eval_asking import positive
from agent.eval_commands import add_eval_commands
from agent.experiment_commands import add_experiment_commands
from agent.feedback_commands import add_feedback_command, add_knowledge_add
from agent.observe_commands import add_observe_commands
from agent.prompt_commands import ABOUT as ABOUT_PROMPTS
from agent.prompt_commands import add_prompt_commands

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.policy import User

ANSWERED, BROKEN, USAGE, NO_MODEL, NO_DATABASE, INTERRUPTED = 0, 1, 2, 4, 5, 130
STALE, NO_LANGFUSE = 6, 7
CANNOT_PRINT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

EXIT_CODES = """\
exit codes:
  0    answered
  1    a fault of DBAgent itself (please report it with the traceback)
  2    bad usage or settings
  3    could not answer: no query ran, or a limit was reached
  4    model unavailable
  5    database unavailable
  6    a check found something: knowledge check, prompts lint, prompts promote
  7    Langfuse unavailable, to a command that needs it
  8    alerts check: a rule holds
  9    ask --ask: the question may mean several things; which of them is asked back, as JSON
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    # A shell that closes them (`>&-`) leaves None, which nothing can be written to.
    sys.stdout, sys.stderr = (each or open(os.devnull, "w") for each in (sys.stdout, sys.stderr))  # noqa: SIM115
    # Imports and syntax trees make many objects and little rubbish. Looking for it after every 700 of them took a
    # tenth of the time of `dbagent ask`.
    gc.set_threshold(50_000)
    # The default handler ends the process without its exit handlers, and with it every span not yet sent.
    signal.signal(signal.SIGTERM, _on_sigterm)
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`); without this Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ANSWERED
    except OSError as error:
        if error.filename is not None or error.errno not in CANNOT_PRINT:
            raise
        print(f"dbagent: {error.strerror}", file=sys.stderr)
        return BROKEN
    except Exception as error:
        code = _code_of(error)
        if code == BROKEN:
            raise
        from tools.text import visible

        print(f"dbagent: {visible(str(error))}", file=sys.stderr)
        return code


def _on_sigterm(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _code_of(error: Exception) -> int:
    from agent import errors

    match error:
        case errors.ModelUnavailable():
            return NO_MODEL
        case errors.DatabaseUnavailable():
            return NO_DATABASE
        case errors.LangfuseUnavailable():
            return NO_LANGFUSE
        case errors.DBAgentError():
            return USAGE
    return BROKEN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dbagent",
        description="Ask a question in plain words; get an answer from your database, with its receipt.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    parser.set_defaults(run=lambda options: _version() if options.version else _help(parser))
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")

    add_ask_command(commands, _command, _takes_database, _takes_user, _asking)

    chat = _command(commands, "chat", _chat, "talk with a database: questions, follow-ups, charts, exports")
    _takes_database(chat)
    _takes_user(chat)
    chat.add_argument("--session", metavar="ID", help="go on with this session (default: a new one)")
    chat.add_argument("--model", help="the model's name at the endpoint (default: DBAGENT_MODEL, else offline)")
    chat.add_argument("--prompt-label", metavar="LABEL", help="the label whose prompt version is used")

    traces = _command(commands, "traces", _traces, "list the latest traces, or show one as a tree")
    traces.add_argument("action", nargs="?", choices=["list", "show"], default="list")
    traces.add_argument(
        "id", nargs="?", metavar="ID", help="with show: a trace's id or its beginning (default: the latest)"
    )
    traces.add_argument("--limit", type=positive, default=20, metavar="N", help="how many to list (default: 20)")
    traces.add_argument("--json", action="store_true", help="as JSON")
    traces.add_argument("--full", action="store_true", help="with show: inputs and outputs uncut")

    add_feedback_command(commands, _command)

    search = _command(commands, "search", _search, "show what the model would see for some words")
    search.add_argument("words", nargs="+", metavar="WORDS")
    _takes_database(search)
    _takes_user(search)
    search.add_argument("--json", action="store_true", help="as JSON")

    sync = _command(commands, "sync", _sync, "read again what has changed in a database's schema, and say what")
    _takes_database(sync)
    sync.add_argument("--full", action="store_true", help="read all of it again, whatever the database says of itself")
    sync.add_argument(
        "--values",
        action="store_true",
        help="read the stored values that search knows, too, and keep them: data of the database, "
        "in a file that only you may read",
    )
    sync.add_argument("--json", action="store_true", help="as JSON")

    knowledge = _command(commands, "knowledge", None, "check what people know of a database, import it, or add to it")
    actions = _actions(knowledge)
    check = _command(actions, "check", _knowledge_check, "say which entries are wrong, or no longer fit the database")
    _takes_database(check)
    importing = _command(actions, "import", _knowledge_import, "write a knowledge file from another tool's")
    importing.add_argument("kind", choices=["dbt"], help="where from")
    importing.add_argument("path", metavar="PATH", help="a dbt project, its target folder, or its manifest.json")
    importing.add_argument("--into", metavar="FOLDER", help="where to (default: DBAGENT_KNOWLEDGE, else knowledge)")
    importing.add_argument("--force", action="store_true", help="overwrite dbt.yaml even if it was edited by hand")
    add_knowledge_add(actions, _command, _takes_database)

    add_observe_commands(commands, _command, _actions, _takes_database, _takes_user, _user)

    evaluation = _command(commands, "eval", None, "measure how good the answers are")
    add_eval_commands(_actions(evaluation), _command)

    served = _command(commands, "offline-model", _offline_model, "serve the built-in offline model to other programs")
    served.add_argument(
        "--port", type=int, default=8808, metavar="N", help="where to listen (default: 8808; 0: any free)"
    )
    served.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="which address to listen on (default: 127.0.0.1, this machine alone; whoever reaches it may ask it)",
    )

    prompts = _command(commands, "prompts", None, "list, check, push, measure and promote versions of prompts")
    prompts.epilog = ABOUT_PROMPTS
    add_prompt_commands(_actions(prompts), _command)

    experiments = _command(commands, "experiments", None, "see what the arms of an experiment have shown")
    add_experiment_commands(_actions(experiments), _command)

    doctor = _command(commands, "doctor", _doctor, "say what is configured and what is reachable")
    _takes_database(doctor)
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int] | None, about: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=about[0].upper() + about[1:] + ".",
        epilog=EXIT_CODES if name in ("ask", "chat", "check") else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if run:
        command.set_defaults(run=run)
    return command


def _actions(group: argparse.ArgumentParser) -> Any:
    """Where the actions of a group of commands are added; the group alone shows them."""
    group.set_defaults(run=lambda options: _help(group))
    return group.add_subparsers(metavar="ACTION", title="actions")


def _takes_database(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--db",
        metavar="URL",
        help="a SQLAlchemy URL, or the path of a DuckDB, SQLite, CSV or Parquet file "
        "(default: DBAGENT_DATABASE_URL, else the sample database)",
    )
    command.add_argument(
        "--knowledge", metavar="FOLDER", help="what people know of it, in files (default: DBAGENT_KNOWLEDGE)"
    )


def _takes_user(command: argparse.ArgumentParser) -> None:
    command.add_argument("--policy", metavar="FILE", help="who may see what, in YAML (default: DBAGENT_POLICY)")
    command.add_argument("--user", metavar="ID", help="whose permissions hold, where there is a policy")
    command.add_argument("--role", metavar="ROLE", action="append", default=[], help="a role of theirs; repeatable")
    command.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a variable of theirs, for the policy's conditions; a name that is repeated has the list of its values",
    )


def _user(options: argparse.Namespace) -> User | None:
    """The user of the command line; None when nothing is said of one."""
    from agent.errors import SettingsError
    from tools.policy import User

    given: dict[str, list[str]] = {}
    for pair in options.var:
        name, mark, value = pair.partition("=")
        if not mark or not name.isidentifier():
            raise SettingsError(f"--var {pair!r} is no NAME=VALUE.")
        given.setdefault(name, []).append(value)
    if options.user is None and not options.role and not given:
        return None
    variables = {name: values if len(values) > 1 else values[0] for name, values in given.items()}
    return User(options.user or "", tuple(options.role), variables)


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return ANSWERED


def _version() -> int:
    from agent import __version__

    print(f"dbagent {__version__}")
    return ANSWERED


def _asking(options: argparse.Namespace) -> tuple[Settings, User | None]:
    """The settings, and who asks."""
    from agent.errors import SettingsError

    settings, user = _settings(options), _user(options)
    if user is not None and user.roles and settings.policy is None:
        raise SettingsError("--role says what a user may see, but there is no policy. Name one with --policy.")
    return settings, user


def _chat(options: argparse.Namespace) -> int:
    from agent.chat.conversation import chat

    settings, user = _asking(options)
    trouble = chat(settings, session=options.session, user=user, label=options.prompt_label)
    return ANSWERED if trouble is None else _code_of(trouble)


def _traces(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import trace_store
    from agent.settings import Settings

    store = trace_store(Settings.from_environment())
    if options.action == "list":
        latest = store.traces(limit=options.limit)
        if options.json:
            print(_as_json(latest))
        else:
            terminal.show_traces(latest)
        return ANSWERED
    trace = store.wanted(options.id)
    if options.json:
        print(_as_json(trace))
    else:
        terminal.show_trace(trace, full=options.full)
    return ANSWERED


def _search(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import chosen_policy, open_chosen_database
    from agent.errors import SettingsError
    from tools.search_metadata import SearchMetadata, search_metadata
    from tools.seen_database import seen_by

    settings, user = _settings(options), _user(options)
    words = " ".join(options.words).strip()
    if not words:
        raise SettingsError("There are no words to search. Name a table, a field or a value.")
    with terminal.progress() as progress:
        database = open_chosen_database(settings, tell=progress.say)
        policy = chosen_policy(settings, database)
        seen = seen_by(database, policy, user) if policy else database
        found = search_metadata(SearchMetadata(words=words), seen)
        database.close()
    terminal.warn(database.meta.notices)
    print(_as_json(found) if options.json else terminal.plain(found.for_model()))
    return ANSWERED


def _sync(options: argparse.Namespace) -> int:
    import dataclasses
    import json

    from agent import terminal
    from agent.assembly import open_chosen_database
    from tools.value_index import sync_values

    with terminal.progress() as progress:
        database = open_chosen_database(_settings(options), tell=progress.say)
        first = not database.source.found_snapshot
        changes = database.source.changes
        if options.full or not database.source.was_read:
            changes += database.refresh(whole=options.full, tell=progress.say)
        meta, path = database.meta, database.source.path
        values = sync_values(database) if options.values else ""
        database.close()
    if options.json:
        told = {"first": first, **dataclasses.asdict(changes), "notices": meta.notices}
        print(json.dumps(told, ensure_ascii=False, indent=2))
    elif first:
        print("Read for the first time.")
    elif not changes:
        print("Nothing has changed.")
    for sign, names in (("+", changes.added), ("-", changes.dropped), ("~", changes.changed)):
        for name in names if not options.json else ():
            print(terminal.plain(f"{sign} {name}"))
    terminal.warn(meta.notices if not options.json else ())
    if not options.json:
        tables = sum(len(schema.tables) for schema in meta.schemas)
        kept = f"; kept in {path}" if path and path.exists() else ""
        print(terminal.plain(f"{database.url}: {len(meta.schemas)} schemas, {tables} tables{kept}"))
    if values:
        print(terminal.plain(values), file=sys.stderr if options.json else sys.stdout)
    return ANSWERED


def _knowledge_check(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import open_chosen_database
    from tools.knowledge_check import stale_entries

    with terminal.progress() as progress:
        database = open_chosen_database(_settings(options), tell=progress.say)
        known = database.knowledge
        problems = [*known.problems, *stale_entries(database, progress.say)]
        database.close()
    for problem in problems:
        print(terminal.plain(str(problem)))
    counted = (
        f"{len(known.tables)} tables, {len(known.joins)} joins, {len(known.terms)} terms, "
        f"{len(known.metrics)} metrics, {len(known.examples)} verified examples"
    )
    if problems:
        print(f"{len(problems)} to mend; the rest is used: {counted}.")
        return STALE
    if known:
        print(f"All of it fits the database: {counted}.")
    else:
        print("There is no knowledge yet. Name its folder with --knowledge FOLDER or DBAGENT_KNOWLEDGE.")
    return ANSWERED


def _knowledge_import(options: argparse.Namespace) -> int:
    from pathlib import Path

    from agent import terminal
    from agent.settings import Settings
    from tools.knowledge_dbt import read_dbt, write_knowledge

    folder = Path(options.into) if options.into else Settings.from_environment().knowledge or Path("knowledge")
    imported = read_dbt(Path(options.path).expanduser())
    file = write_knowledge(imported, folder.expanduser(), force=options.force)
    terminal.warn(imported.notes)
    print(
        f"{terminal.plain(str(file))}: {imported.tables} tables, {imported.fields} fields "
        f"({imported.fields_with_values} with their values), {imported.joins} joins. "
        f"Use it with --knowledge {terminal.plain(str(folder))}."
    )
    return ANSWERED


def _offline_model(options: argparse.Namespace) -> int:
    from agent.errors import SettingsError
    from agent.llm.offline.server import MODEL_NAME, OfflineModelServer

    try:
        server = OfflineModelServer(options.port, options.host)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"{options.host}:{options.port} cannot be listened on: {error}. Choose another with --port or --host."
        ) from error
    with server:
        print(f"The offline model listens at {server.url}; Ctrl-C ends it.", flush=True)
        print(f"For DBAgent: OPENAI_BASE_URL={server.url} DBAGENT_MODEL={MODEL_NAME}", flush=True)
        server.serve_forever()
    return ANSWERED


def _doctor(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.doctor import findings
    from agent.settings import Settings

    code = ANSWERED
    for finding in findings(*Settings.read(database_url=options.db, knowledge=options.knowledge)):
        terminal.show_finding(finding)
        if finding.error is not None and code == ANSWERED:
            code = _code_of(finding.error)
    return code


def _as_json(value: Any) -> str:
    """Dataclasses, and lists of them, as JSON; what JSON has no form for as its text."""
    import dataclasses

    from agent import terminal

    plain = [dataclasses.asdict(each) for each in value] if isinstance(value, list) else dataclasses.asdict(value)
    return terminal.json_text(plain)


def _settings(options: argparse.Namespace) -> Settings:
    from agent.settings import Settings

    return Settings.from_environment(
        database_url=options.db,
        model=getattr(options, "model", None),
        prompt_label=getattr(options, "prompt_label", None),
        knowledge=options.knowledge,
        policy=getattr(options, "policy", None),
    )


if __name__ == "__main__":
    raise SystemExit(main())
