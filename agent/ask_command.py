"""The command that answers one question: `dbagent ask`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.db_agent import DBAgent
    from agent.session import Session
    from agent.settings import Settings
    from tools.database import Database
    from tools.explanation import Explanation
    from tools.policy import User

ANSWERED, NOT_ANSWERED, ASKED = 0, 3, 9

Asking = Callable[[argparse.Namespace], "tuple[Settings, User | None]"]


def add_ask_command(
    commands: Any,
    command: Callable[..., argparse.ArgumentParser],
    takes_database: Callable[..., None],
    takes_user: Callable[..., None],
    asking: Asking,
) -> None:
    """Add it to the parser's commands; `asking` gives the settings and the user that the options name."""
    ask = command(commands, "ask", _ask, "answer one question")
    ask.add_argument("question", metavar="QUESTION", help="the question, in plain words; - reads it from stdin")
    takes_database(ask)
    takes_user(ask)
    ask.add_argument("--session", metavar="ID", help="ask as the next question of this session, and keep it there")
    ask.add_argument(
        "--ask",
        action="store_true",
        help="where the question may mean several things, do not assume one: exit with 9 and print the question back, "
        "its options and the session as JSON; dbagent ask --session ID NUMBER goes on",
    )
    ask.add_argument("--model", help="the model's name at the endpoint (default: DBAGENT_MODEL, else offline)")
    ask.add_argument(
        "--effort",
        choices=("normal", "high"),
        default="normal",
        help="high: several candidates (DBAGENT_CANDIDATES), of which the majority wins; costs as many times as much",
    )
    ask.add_argument("--prompt-label", metavar="LABEL", help="the label whose prompt version is used")
    ask.add_argument("--fresh", action="store_true", help="ask even where the answer is cached (DBAGENT_ANSWER_TTL)")
    ask.add_argument("--explain", action="store_true", help="say what the SQL does, part by part, and why these tables")
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the whole answer as JSON")
    form.add_argument("--csv", action="store_true", help="only the rows, as CSV")
    form.add_argument("--sql-only", action="store_true", help="only the SQL")
    ask.set_defaults(asking=asking)


def _ask(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import open_agent
    from agent.errors import SettingsError

    if options.explain and (options.csv or options.sql_only):
        raise SettingsError("--explain adds to the answer: leave --csv and --sql-only out, or it.")
    if options.ask and (options.csv or options.sql_only):
        raise SettingsError("--ask may print a question back as JSON: leave --csv and --sql-only out, or it.")
    question = options.question
    if question == "-":
        question = sys.stdin.read() if sys.stdin else ""  # None where the shell closed it
    settings, user = options.asking(options)
    with terminal.progress() as progress, open_agent(settings=settings, tell=progress.say) as agent:
        session = _session(agent, options, user)
        chosen = {
            "prompt_label": options.prompt_label,
            "effort": options.effort,
            "fresh": options.fresh,
            "ask_user": "later" if options.ask else None,
            "tell": progress.hear,
        }
        if session is None:
            answer = agent.ask_sync(question, user=user, **chosen)
        else:
            answer = session.ask_sync(question, **chosen)
        database = agent.toolbox.database
        why = _explanation(answer, agent.toolbox.seen_by(user).database) if options.explain else None
    if wrong := len(database.knowledge.problems):
        what = "thing in the knowledge files is" if wrong == 1 else "things in the knowledge files are"
        terminal.warn([f"{wrong} {what} wrong and left out; dbagent knowledge check lists what."])
    if not any(database.meta.tables()):
        terminal.warn(database.meta.notices)
    if session is not None and session.trouble:
        terminal.warn([session.trouble])
    told = {"session": session.id} if session else {}
    if answer.asked and not options.json:
        print(terminal.json_text({"asked": answer.asked.as_json(), **told}))
    elif options.json:
        print(terminal.json_text({**answer.as_json(), **told, **({"explanation": why.as_json()} if why else {})}))
    else:
        _show(answer, options)
        if why:
            print()
            terminal.show_explanation(terminal.stdout_console(), why)
    if answer.asked:
        return ASKED
    return ANSWERED if answer.answered else NOT_ANSWERED


def _session(agent: DBAgent, options: argparse.Namespace, user: User | None) -> Session | None:
    """The session to ask in, where one is named, or needed to go on from a question back."""
    from agent import terminal

    if not options.ask and options.session is None:
        return None
    session = agent.session(options.session, user=user)
    if options.session is not None and not session.turns and not session.trouble:
        terminal.warn([f"There is no session {session.id} yet: it begins with this question."])
    return session


def _explanation(answer: Answer, database: Database) -> Explanation | None:
    from tools.explanation import explanation  # sqlglot

    return explanation(answer.question, answer.sql, answer.receipt.tables, database) if answer.sql else None


def _show(answer: Answer, options: argparse.Namespace) -> None:
    from agent import terminal

    if options.csv:
        if answer.table is not None:
            terminal.write_csv(answer.table, sys.stdout)
    elif options.sql_only:
        if answer.sql:
            print(terminal.plain(answer.sql))
    else:
        terminal.show_answer(answer)
    if not (options.csv or options.sql_only):
        return
    if not answer.answered:
        print(terminal.plain(answer.text), file=sys.stderr)
    terminal.warn(f"Assumed: {each}" for each in answer.receipt.assumptions)
