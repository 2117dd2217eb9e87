"""The command line: ask a question, look at traces, see what is configured."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.settings import Settings

ANSWERED, BROKEN, USAGE, NOT_ANSWERED, NO_MODEL, NO_DATABASE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

EXIT_CODES = """\
exit codes:
  0    answered
  1    a fault of DBAgent itself (please report it with the traceback)
  2    bad usage or settings
  3    could not answer: no query ran, or a limit was reached
  4    model unavailable
  5    database unavailable
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
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
    except Exception as error:
        code = _code_of(error)
        if code == BROKEN:
            raise
        print(f"dbagent: {error}", file=sys.stderr)
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

    ask = _command(commands, "ask", _ask, "answer one question")
    ask.add_argument(
        "question", metavar="QUESTION", help="the question, in plain words; - reads it from stdin"
    )
    _takes_database(ask)
    ask.add_argument(
        "--model", help="the model's name at the endpoint (default: DBAGENT_MODEL, else offline)"
    )
    ask.add_argument("--prompt-label", metavar="LABEL", help="the label whose prompt version is used")
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the whole answer as JSON")
    form.add_argument("--csv", action="store_true", help="only the rows, as CSV")
    form.add_argument("--sql-only", action="store_true", help="only the SQL")

    traces = _command(commands, "traces", _traces, "list the latest traces, or show one as a tree")
    traces.add_argument("action", nargs="?", choices=["list", "show"], default="list")
    traces.add_argument(
        "id", nargs="?", metavar="ID", help="with show: a trace's id or its beginning (default: the latest)"
    )
    traces.add_argument("--limit", type=int, default=20, metavar="N", help="how many to list (default: 20)")
    traces.add_argument("--json", action="store_true", help="as JSON")
    traces.add_argument("--full", action="store_true", help="with show: inputs and outputs uncut")

    search = _command(commands, "search", _search, "show what the model would see for some words")
    search.add_argument("words", nargs="+", metavar="WORDS")
    _takes_database(search)
    search.add_argument("--json", action="store_true", help="as JSON")

    doctor = _command(commands, "doctor", _doctor, "say what is configured and what is reachable")
    _takes_database(doctor)
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], about: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=about[0].upper() + about[1:] + ".",
        epilog=EXIT_CODES if name == "ask" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _takes_database(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--db",
        metavar="URL",
        help="a SQLAlchemy URL, or the path of a DuckDB, SQLite, CSV or Parquet file "
        "(default: DBAGENT_DATABASE_URL, else the sample database)",
    )


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return ANSWERED


def _version() -> int:
    from agent import __version__

    print(f"dbagent {__version__}")
    return ANSWERED


def _ask(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import open_agent

    question = sys.stdin.read() if options.question == "-" else options.question
    settings = _settings(options)
    with terminal.progress() as progress, open_agent(settings=settings, tell=progress.say) as agent:
        answer = agent.ask_sync(question, prompt_label=options.prompt_label, tell=progress.hear)
    _show(answer, options)
    return ANSWERED if answer.answered else NOT_ANSWERED


def _show(answer: Answer, options: argparse.Namespace) -> None:
    import json

    from agent import terminal

    if options.json:
        print(json.dumps(answer.as_json(), ensure_ascii=False, indent=2, allow_nan=False))
    elif options.csv:
        terminal.write_csv(answer, sys.stdout)
    elif options.sql_only:
        if answer.sql:
            print(terminal.plain(answer.sql))
    else:
        terminal.show_answer(answer)
    if (options.csv or options.sql_only) and not answer.answered:
        print(terminal.plain(answer.text), file=sys.stderr)


def _traces(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import trace_store
    from agent.settings import Settings

    store = trace_store(Settings.from_environment())
    latest = store.traces(limit=max(1, options.limit))
    if options.action == "list":
        if options.json:
            print(_as_json(latest))
        else:
            terminal.show_traces(latest)
        return ANSWERED
    wanted = options.id or (latest[0].id if latest else "")
    trace = store.trace(wanted) if wanted else None
    if trace is None:
        print(f"dbagent: there is no trace {wanted!r}; dbagent traces lists them.", file=sys.stderr)
        return USAGE
    if options.json:
        print(_as_json(trace))
    else:
        terminal.show_trace(trace, full=options.full)
    return ANSWERED


def _search(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import open_chosen_database
    from tools.search_metadata import SearchMetadata, search_metadata

    with terminal.progress() as progress:
        database = open_chosen_database(_settings(options), tell=progress.say)
        found = search_metadata(SearchMetadata(words=" ".join(options.words)), database)
        database.close()
    print(
        json.dumps(found.as_json(), ensure_ascii=False, indent=2)
        if options.json
        else terminal.plain(found.for_model())
    )
    return ANSWERED


def _doctor(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.doctor import findings

    code = ANSWERED
    for finding in findings(_settings(options)):
        terminal.show_finding(finding)
        if finding.error is not None and code == ANSWERED:
            code = _code_of(finding.error)
    return code


def _as_json(value: Any) -> str:
    """Dataclasses, and lists of them, as JSON; what JSON has no form for as its text."""
    import dataclasses
    import json

    plain = [dataclasses.asdict(each) for each in value] if isinstance(value, list) else dataclasses.asdict(value)
    return json.dumps(plain, ensure_ascii=False, indent=2, default=str)


def _settings(options: argparse.Namespace) -> Settings:
    from agent.settings import Settings

    return Settings.from_environment(
        database_url=options.db,
        model=getattr(options, "model", None),
        prompt_label=getattr(options, "prompt_label", None),
    )


if __name__ == "__main__":
    raise SystemExit(main())
