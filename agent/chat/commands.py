"""The slash commands of the chat: a function and a line of help each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from agent import terminal
from agent.charts import chart_of, forced
from agent.chat.export import export
from agent.errors import ExportRefused, SessionUnknown
from agent.messages import Usage
from agent.session import Session
from agent.session_export import as_markdown, as_notebook

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.chat.conversation import Conversation

_SESSIONS_LISTED = 20
_SHORTEST_PREFIX = 4


class Misused(Exception):
    """A command was given what it does not take, or there is nothing yet that it is about."""

    def __init__(self, text: str, *, usage: bool = True) -> None:
        super().__init__(text)
        self.usage = usage


@dataclass(frozen=True)
class Command:
    """`usage` is what may follow the name."""

    run: Callable[[Conversation, str], None]
    about: str
    usage: str = ""


def run_command(line: str, chat: Conversation) -> None:
    """Do what a line that begins with a slash says. Raises DBAgentError, OSError; SystemExit for /quit."""
    name, _, rest = line[1:].strip().partition(" ")
    name = name.lower()
    found = [each for each in COMMANDS if each == name] or [each for each in COMMANDS if name and each.startswith(name)]
    if len(found) != 1:
        which = f"It may be {' or '.join('/' + each for each in found)}. " if found else ""
        chat.screen.say(f"There is no command /{name}. {which}/help lists them.", "yellow")
        return
    command = COMMANDS[found[0]]
    try:
        command.run(chat, rest.strip())
    except Misused as wrong:
        usage = f" It is /{found[0]} {command.usage}." if wrong.usage else ""
        chat.screen.say(f"{wrong}{usage}", "yellow")


def _help(chat: Conversation, rest: str) -> None:
    grid = Table.grid(padding=(0, 2))
    for name, command in COMMANDS.items():
        grid.add_row(Text(f"/{name} {command.usage}".rstrip(), style="bold"), Text(command.about))
    chat.screen.show(grid)
    chat.screen.say("Anything else is a question. Alt-Enter begins a new line, Tab completes, Ctrl-C stops a question,")
    chat.screen.say("Ctrl-D ends the chat. The conversation is kept: dbagent chat --session ID goes on with it.")


def _last(chat: Conversation) -> Answer:
    if chat.last is None:
        raise Misused("Nothing has been answered yet: ask something first.", usage=False)
    return chat.last


def _with_rows(chat: Conversation) -> Answer:
    answer = _last(chat)
    if answer.table is None:
        raise Misused("The last answer rests on no query.", usage=False)
    return answer


def _sql(chat: Conversation, rest: str) -> None:
    chat.screen.sql(_with_rows(chat).sql or "")


def _table(chat: Conversation, rest: str) -> None:
    answer = _with_rows(chat)
    if answer.table is not None:
        chat.screen.table(answer.table)


def _explain(chat: Conversation, rest: str) -> None:
    from tools.explanation import explanation

    answer = _with_rows(chat)
    why = explanation(answer.question, answer.sql or "", answer.receipt.tables, chat.database_seen())
    terminal.show_explanation(chat.screen.console, why)


def _chart(chat: Conversation, rest: str) -> None:
    kind = rest.lower()
    if kind in ("off", "auto"):
        chat.charts = kind == "auto"
        chat.screen.say("Charts are drawn where they help." if chat.charts else "No charts are drawn.")
        return
    answer = _with_rows(chat)
    assert answer.table is not None
    match kind:
        case "":
            chart = chart_of(answer.question, answer.table)
        case "bar" | "line":
            chart = forced("bar" if kind == "bar" else "line", answer.question, answer.table)
        case _:
            raise Misused(f"{rest!r} is no kind of chart.")
    if chart is None:
        chat.screen.say("No chart helps to read this: it takes a number for each of several times or names.", "yellow")
    else:
        chat.screen.chart(chart, answer.table)


def _export(chat: Conversation, rest: str) -> None:
    name, force = (rest[3:].strip(), True) if rest.startswith("-f ") else (rest, False)
    if not name:
        raise Misused("Name a file.")
    path = Path(name).expanduser()
    if path.exists() and not force:
        raise ExportRefused(f"{path} is there already. Name another file, or write over it: /export -f {name}")
    if path.suffix.lower() == ".md":
        path.write_text(as_markdown(chat.session.title, chat.session.turns), encoding="utf-8")
    elif path.suffix.lower() == ".ipynb":
        book = as_notebook(chat.session.title, chat.session.turns, chat.session.id)
        path.write_text(terminal.json_text(book) + "\n", encoding="utf-8")
    else:
        answer = _last(chat)
        export(answer, path)
        if answer.table is not None and answer.table.more:
            chat.screen.say(f"The database has more than these {len(answer.table.rows):,} rows.", "yellow")
    chat.screen.say(f"Written: {path}")


def _schema(chat: Conversation, rest: str) -> None:
    from tools.search_metadata import SearchMetadata, search_metadata

    database = chat.database_seen()
    if rest:
        found = search_metadata(SearchMetadata(words=rest), database)
        chat.screen.page(Text(terminal.plain(found.for_model())))
        return
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("table", "fields", "about"):
        grid.add_column(name, justify="right" if name == "fields" else "left")
    for table in database.meta.tables():
        about = terminal.one_line(table.comment or "", 100)
        grid.add_row(Text(terminal.one_line(table.full_name, 80)), str(len(table.fields)), Text(about))
    chat.screen.page(grid)


def _trace(chat: Conversation, rest: str) -> None:
    from agent.assembly import trace_store

    answer = _last(chat)
    trace = trace_store(chat.settings).trace(answer.receipt.trace_id) if answer.receipt.trace_id else None
    if trace is not None:
        terminal.show_trace(trace, full=rest == "full")
    else:
        chat.screen.say(answer.receipt.trace_url or "The trace of this answer was not kept on this machine.")


def _cost(chat: Conversation, rest: str) -> None:
    if not chat.receipts:
        chat.screen.say("Nothing was asked since this chat began.")
    for name, receipts in (("last question", chat.receipts[-1:]), ("since this chat began", chat.receipts)):
        if receipts:
            tokens = [each.tokens for each in receipts]
            costs = [each.cost_usd for each in receipts]
            total = "tokens unknown" if None in tokens else f"{sum((t for t in tokens if t), Usage()).total:,} tokens"
            money = "cost unknown" if None in costs else f"${sum(c for c in costs if c):.4f}"
            seconds = sum(each.seconds for each in receipts)
            chat.screen.say(f"{name}: {len(receipts)} asked, {total}, {money}, {seconds:.1f} s")


def _model(chat: Conversation, rest: str) -> None:
    if rest:
        chat.use_model(rest)
    chat.screen.say(f"The model is {chat.settings.model}.")


def _label(chat: Conversation, rest: str) -> None:
    if rest:
        chat.use_label(rest)
    chat.screen.say(f"The prompt's label is {chat.label or chat.settings.prompt_label}.")


def _feedback(chat: Conversation, rest: str) -> None:
    rating, _, comment = rest.partition(" ")
    if rating not in ("up", "down"):
        raise Misused("Feedback is up or down, and a comment if you like.")
    chat.rate(_last(chat), rating, comment.strip())
    chat.screen.say("Thank you: it is kept with the trace of this answer.")


def _new(chat: Conversation, rest: str) -> None:
    chat.begin(chat.agent.session(user=chat.user))


def _sessions(chat: Conversation, rest: str) -> None:
    found = chat.agent.sessions(user=chat.user, limit=_SESSIONS_LISTED)
    if not found:
        chat.screen.say("No conversation is kept yet.")
        return
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "session", "latest", "turns", "began with"):
        grid.add_column(name, justify="right" if name in ("", "turns") else "left")
    for number, each in enumerate(found, 1):
        first = terminal.one_line(str(each.first.get("question", "")), 60)
        mark = "*" if each.id == chat.session.id else ""
        latest = f"{each.latest.astimezone():%Y-%m-%d %H:%M}"
        grid.add_row(f"{mark}{number}", Text(terminal.plain(each.id)), latest, str(each.turns), Text(first))
    chat.screen.show(grid)


def _resume(chat: Conversation, rest: str) -> None:
    if not rest:
        raise Misused("Name a session, by its number in /sessions, its id, or the beginning of that.")
    chat.begin(named_session(chat.agent.sessions(user=chat.user, limit=200), rest, chat))


def named_session(found: list[Any], name: str, chat: Conversation) -> Session:
    """The session of that number in the list, that id, or whose id alone begins so. Raises SessionUnknown."""
    ids = [each.id for each in found]
    if name in ids:
        return chat.agent.session(name, user=chat.user)
    if name.isdigit() and len(name) < _SHORTEST_PREFIX:
        if not 1 <= int(name) <= len(ids):
            raise SessionUnknown(f"There is no session {name} in the list. /sessions shows it.")
        return chat.agent.session(ids[int(name) - 1], user=chat.user)
    begun = [id for id in ids if id.startswith(name)] if len(name) >= _SHORTEST_PREFIX else []
    if len(begun) != 1:
        many = "several sessions begin so" if begun else "no session of yours is called or begins so"
        raise SessionUnknown(f"{terminal.one_line(name, 40)!r}: {many}. /sessions lists them.")
    return chat.agent.session(begun[0], user=chat.user)


def _quit(chat: Conversation, rest: str) -> None:
    raise SystemExit(0)


COMMANDS: Mapping[str, Command] = {
    "help": Command(_help, "what can be typed"),
    "sql": Command(_sql, "the SQL of the last answer"),
    "table": Command(_table, "all its rows and columns"),
    "explain": Command(_explain, "what the SQL of the last answer does, part by part, and why these tables"),
    "chart": Command(_chart, "draw it, as bars or as lines; or never, or where it helps", "[bar|line|off|auto]"),
    "export": Command(
        _export,
        "its rows (.csv .xlsx .parquet .json), its chart (.html .svg .png), or the conversation (.md .ipynb)",
        "[-f] FILE",
    ),
    "schema": Command(_schema, "the tables; with words, what the model would find for them", "[WORDS]"),
    "trace": Command(_trace, "how the last answer came about; with full, all inputs and outputs", "[full]"),
    "cost": Command(_cost, "tokens, money and time so far"),
    "model": Command(_model, "the model, or another one from now on", "[NAME]"),
    "label": Command(_label, "the prompt's label, or another one from now on", "[LABEL]"),
    "feedback": Command(_feedback, "say whether the last answer was right", "up|down [COMMENT]"),
    "new": Command(_new, "begin another conversation"),
    "sessions": Command(_sessions, "your conversations, the latest first"),
    "resume": Command(_resume, "go on with one of them", "NUMBER|ID"),
    "quit": Command(_quit, "end the chat; so does Ctrl-D"),
}
