"""How an answer, a trace and the progress towards them look in a terminal and in a pipe."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from agent.events import Event, PhaseStarted, ToolStarted
from tools.text import visible

if TYPE_CHECKING:
    from agent.answer import Answer, Receipt
    from agent.doctor import Finding
    from agent.llmops.trace_records import SpanRecord, TraceSummary, TraceTree
    from agent.messages import ToolCall
    from tools.explanation import Explanation
    from tools.result_table import ResultTable

ROWS_SHOWN = 50
CELL_WIDTH = 60
# A pipe has no width of its own; a table in it is as wide as it needs to be, up to this.
PIPE_WIDTH = 1000
NARROW = 100  # below it, listings leave out what matters least


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def json_text(value: Any) -> str:
    """The value as JSON for people to read; what `plain` takes out is written as an escape, so that nothing is lost."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False, default=str)
    return "".join(
        each if each == "\n" or unicodedata.category(each) not in _UNSEEN else json.dumps(each)[1:-1] for each in text
    )


def plain(text: str) -> str:
    """The text without what a terminal would obey: control sequences, direction overrides, invisible tags."""
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in _UNSEEN
    )


def one_line(text: str, width: int) -> str:
    """The text on one line, cut with an ellipsis where it is longer than `width` characters."""
    line = " ".join(plain(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


@contextmanager
def progress() -> Iterator[Progress]:
    """Shows on stderr what is being done; shows nothing when that is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Progress(None)
        return
    with console.status("starting", spinner="dots") as status:
        yield Progress(status)


@dataclass(frozen=True)
class Progress:
    """Where progress is said; nowhere when `status` is None."""

    status: Status | None

    def say(self, text: str) -> None:
        """Show this as what is being done now."""
        if self.status:
            self.status.update(escape(one_line(text, 100)))

    def hear(self, event: Event) -> None:
        """Show what an event tells."""
        match event:
            case PhaseStarted(name):
                self.say(name)
            case ToolStarted(call):
                self.say(doing(call))


def doing(call: ToolCall) -> str:
    """A call of the model in words, on a line."""
    return one_line(f"{_DOING.get(call.name, call.name)} {_arguments_in_words(call.arguments)}", 200)


_DOING = {"search_metadata": "searching", "show_table": "showing", "execute_sql": "running", "ask_user": "asking"}


def _arguments_in_words(arguments: str) -> str:
    try:
        values = json.loads(arguments).values()
    except (ValueError, AttributeError):
        return arguments
    return " ".join(", ".join(map(str, each)) if isinstance(each, list) else str(each) for each in values)


def show_answer(answer: Answer) -> None:
    """The text, the rows, the SQL, and the receipt in one line."""
    console = stdout_console()
    console.print(Text(plain(answer.text)))
    if answer.table is not None and answer.table.columns:
        console.print()
        show_rows(console, answer.table, ROWS_SHOWN, "--csv and --json give them")
    if answer.sql:
        console.print()
        console.print(Text(plain(answer.sql), style="cyan"))
    console.print()
    show_receipt(console, answer)


def show_explanation(console: Console, why: Explanation) -> None:
    """What the SQL does, part by part, and what in the question speaks for each of its tables."""
    if not why.steps:
        console.print(Text("This statement cannot be taken apart; it stands as it was run.", style="yellow"))
        return
    for step in why.steps:
        indent = "  " * step.depth
        console.print(Text(plain(f"{indent}{step.text}")))
        if step.sql:
            console.print(Text(plain(f"{indent}    {step.sql}"), style="cyan"))
    console.print(Text("\nThe tables, and what in the question speaks for them:", style="bold"))
    for name, reason in why.tables:
        console.print(Text(plain(f"{name}: {reason}")))


def show_rows(console: Console, table: ResultTable, most: int, elsewhere: str) -> None:
    """The first rows and the columns that fit, and what is not shown; `elsewhere` says how to see the rest."""
    rows = table.rows[:most]
    fitting = _columns_that_fit(table.columns, rows, console.width)
    console.print(as_table(table.columns[:fitting], [row[:fitting] for row in rows]))
    hidden_columns = len(table.columns) - fitting
    hidden_rows = len(table.rows) - len(rows)
    told = []
    if hidden_columns:
        told.append(f"{hidden_columns:,} more column{'' if hidden_columns == 1 else 's'}")
    if hidden_rows:
        told.append(f"{hidden_rows:,} more row{' was' if hidden_rows == 1 else 's were'} fetched")
    remark = f"… {' and '.join(told)}; {elsewhere}." if told else ""
    more = f"The database has more than these {len(table.rows):,} rows." if table.more else ""
    if remark or more:
        console.print(Text(f"{remark} {more}".strip(), style="dim"))


def show_receipt(console: Console, answer: Answer) -> None:
    """What is doubtful, what words for times were taken to mean, what was assumed, and the receipt in one line."""
    for warning in answer.receipt.warnings:
        console.print(Text(f"Warning: {one_line(warning, 1000)}", style="yellow"))
    for each in answer.receipt.times:
        assumed = f" ({each.assumption})" if each.assumption else ""
        console.print(Text(f"Time: {one_line(each.said, 80)!r} is {each}{one_line(assumed, 200)}", style="dim"))
    for name, taken in (("Assumed", answer.receipt.assumptions), ("Chosen", answer.receipt.choices)):
        for reading in taken:
            style = "yellow" if name == "Assumed" else "dim"
            console.print(Text(f"{name}: {one_line(str(reading), 1000)}", style=style))
    console.print(Text(receipt_line(answer.receipt), style="dim"))


def receipt_line(receipt: Receipt) -> str:
    """The receipt in one line."""
    parts = []
    if receipt.rows is not None:
        rows = f"{'at least ' if receipt.more_rows else ''}{receipt.rows:,} row{'' if receipt.rows == 1 else 's'}"
        tables = ", ".join(one_line(each, 80) for each in receipt.tables)
        parts.append(f"{rows} from {tables}" if tables else rows)
    if receipt.cached_at:
        parts.append(f"from cache, computed at {receipt.cached_at.astimezone():%Y-%m-%d %H:%M:%S}")
    if receipt.policy:
        parts.append(f"policy {receipt.policy}")
    if receipt.outcome != "answered":
        parts.append(receipt.outcome.replace("_", " "))
    if receipt.example:
        parts.append(f"follows the verified example {one_line(receipt.example, 60)!r}")
    if receipt.earlier:
        parts.append(f"shown the SQL of the earlier question {one_line(receipt.earlier, 60)!r}")
    version = "" if receipt.prompt_version is None else f" v{receipt.prompt_version}"
    parts.append(f"prompt {receipt.prompt_name}{version} ({receipt.prompt_label}, {receipt.prompt_source})")
    if receipt.experiment:
        parts.append(f"experiment {receipt.experiment}")
    if receipt.models:
        parts.append(f"{' + '.join(receipt.models)} in {receipt.steps} step{'' if receipt.steps == 1 else 's'}")
    if votes := receipt.votes:
        judged = ", chosen by the model" if votes.judged else ""
        parts.append(f"{votes.agree} of {votes.candidates} candidates agree{judged}")
    if receipt.took_over:
        parts.append(f"the strong model took over: {one_line(receipt.took_over, 100)}")
    parts.append("tokens unknown" if receipt.tokens is None else f"{receipt.tokens.total:,} tokens")
    parts.append("cost unknown" if receipt.cost_usd is None else f"${receipt.cost_usd:.4f}")
    parts.append(f"{receipt.seconds:.2f} s (model {receipt.model_seconds:.2f}, tools {receipt.database_seconds:.2f})")
    if receipt.trace_id:
        parts.append(f"trace {receipt.trace_url or receipt.trace_id}")
    return plain(" · ".join(parts))


def _columns_that_fit(columns: Sequence[str], rows: Sequence[Sequence[Any]], width: int) -> int:
    """How many columns are as wide as they need to be within the width; at least one."""
    used = 0
    for position, name in enumerate(columns):
        cells = [name, *(as_text(row[position]) for row in rows)]
        used += max(cell_len(one_line(cell, CELL_WIDTH)) for cell in cells) + 2
        if used - 2 > width:
            return max(1, position)
    return len(columns)


def as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """The rows under their names; numbers stand on the right."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for position, name in enumerate(columns):
        numbers = any(_is_number(row[position]) for row in rows)
        table.add_column(Text(one_line(name, CELL_WIDTH)), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(as_text(value), CELL_WIDTH)) for value in row))
    return table


def as_text(value: Any) -> str:
    """A value as a person reads it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case bytes():
            return f"{len(value):,} bytes"
        case float() if math.isfinite(value):
            return f"{value:.10g}"
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def write_csv(table: ResultTable, out: TextIO) -> None:
    """The rows with a header; cells that a spreadsheet would run as a formula are made text."""
    # A terminal would obey what is in a cell; a file keeps it as it is.
    shown = plain if out.isatty() else str
    out.write(_csv_row([_harmless(shown(name)) for name in table.columns]))
    for row in table.rows:
        cells = ["" if value is None else _harmless(_csv_cell(value)) for value in row]
        out.write(_csv_row([shown(cell) if isinstance(cell, str) else cell for cell in cells]))


def _csv_row(cells: Sequence[Any]) -> str:
    # Python 3.11 quotes a carriage return only where it is part of the line end; bare, it begins a row of its own.
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _csv_cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool) else as_text(value)


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet takes for a formula, also behind blanks and in full width, behind an apostrophe."""
    risky = isinstance(value, str) and (value[:1] in ("\t", "\r", "\n") or value.lstrip()[:1] in _FORMULA)
    return f"'{value}" if risky else value


_FORMULA = tuple("=+-@＝＋－＠")


def show_traces(traces: Iterable[TraceSummary]) -> None:
    """The latest traces, newest first, a line each; where it is narrow, without what matters least."""
    console = stdout_console()
    narrow = console.width < 120
    rows = [_trace_row(each, narrow) for each in traces]
    if not rows:
        console.print('There are no traces yet. Ask something: dbagent ask "How many customers are there?"')
        return
    texts = ("trace", "when", "question", "outcome", *(() if narrow else ("model",)))
    table = text_table(texts, ("tokens", *(() if narrow else ("cost",)), "seconds"))
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    if console.is_terminal:
        table.columns[2].ratio, table.expand = 1, True
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _trace_row(trace: TraceSummary, narrow: bool) -> list[str | Text]:
    failed = Text(one_line(trace.outcome if narrow else trace.error or trace.outcome, 18))
    if trace.error:
        failed.stylize("red")
    return [
        trace.id[:12],
        f"{trace.started.astimezone():{'%m-%d %H:%M' if narrow else '%Y-%m-%d %H:%M:%S'}}",
        Text(one_line(trace.question, CELL_WIDTH)),
        failed,
        *([] if narrow else [Text(one_line(" + ".join(trace.models), 16))]),
        _count(trace.tokens),
        *([] if narrow else [_money(trace.cost_usd)]),
        _seconds(trace.seconds),
    ]


def show_trace(trace: TraceTree, *, full: bool) -> None:
    """The spans of one trace as a tree, with seconds, tokens and cost a node, and totals."""
    console = stdout_console()
    total = trace.summary
    tree = Tree(Text(f"trace {total.id}", style="bold"), guide_style="dim")
    for root in trace.roots:
        _grow(tree, root, full)
    console.print(tree)
    console.print(
        Text(
            f"total: {_seconds(total.seconds)} · {_count(total.tokens)} tokens · {_money(total.cost_usd)}",
            style="bold",
        )
    )


def _grow(tree: Tree, span: SpanRecord, full: bool) -> None:
    label = Text()
    label.append(plain(span.name), style="bold red" if span.level == "ERROR" else "bold")
    label.append(f" {span.kind} {_seconds(span.seconds)}", style="dim")
    if span.kind == "generation":
        label.append(f" · {_count(span.tokens)} tokens · {_money(span.cost_usd)}", style="dim")
    if span.prompt_name:
        label.append(f" · prompt {span.prompt_name} v{span.prompt_version}", style="dim")
    if span.status:
        label.append(f"\n{one_line(span.status, 200)}", style="red" if span.level == "ERROR" else "yellow")
    if span.kind in ("agent", "tool") or full:
        for name, text in (("in", span.input), ("out", span.output)):
            if text:
                label.append(f"\n{name}: ", style="dim")
                label.append(plain(text) if full else one_line(text, 160))
    elif span.kind == "generation":
        for line in _said_beside_calls(span.output):
            label.append(f"\n{one_line(line, 160)}", style="dim")
    branch = tree.add(label)
    for child in span.children:
        _grow(branch, child, full)


def text_table(texts: Sequence[str], numbers: Sequence[str] = (), *, show_header: bool = True) -> Table:
    """A table without lines: columns of text, which fold, then columns of numbers, which never do."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", show_header=show_header)
    table.collapse_padding = True
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _said_beside_calls(output: str | None) -> list[str]:
    """The lines that a model said with its calls: how it reads the question, why it looks where it looks."""
    try:
        message = json.loads(output or "")
    except ValueError:
        return []  # cut short where the store keeps no more
    if not isinstance(message, dict) or not message.get("tool_calls") or not isinstance(message.get("content"), str):
        return []
    return [line for line in message["content"].splitlines() if line.strip()]


def show_finding(finding: Finding) -> None:
    """One thing that was looked at, and how it is."""
    mark, style = {True: ("ok", "green"), False: ("no", "red"), None: ("--", "dim")}[finding.ok]
    line = Text(f"{mark:<3}", style=style)
    line.append(f"{finding.name:<11}", style="bold")
    line.append(plain(finding.text))
    stdout_console().print(line)


def warn(lines: Iterable[str]) -> None:
    """Say each of these on stderr, a line each."""
    for line in lines:
        print(f"dbagent: {visible(line)}", file=sys.stderr)


def stdout_console() -> Console:
    """What prints to stdout: as wide as the terminal, or as wide as it needs to be in a pipe."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=PIPE_WIDTH)
    return console


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"


def _money(usd: float | None) -> str:
    return "cost ?" if usd is None else f"${usd:.4f}"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "running"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
