"""What the chat shows: the steps and the words as they come, then the answer; long tables through a pager."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.text import Text

from agent import terminal
from agent.events import Event, PhaseStarted, TextDelta, TextWithdrawn, ToolFinished, ToolStarted, tell_nobody

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.charts import Chart
    from agent.events import Tell
    from tools.result_table import ResultTable

ROWS_SHOWN = 20
_STEPS_SHOWN = 8
_TAIL = 1500  # characters of the text that comes
_CHART_WIDTH = 100
_PAGED_WIDTH = 2000


class Screen:
    """Standard output: `live` where it is a terminal, lines of plain text where it is a pipe."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stdout, highlight=False)
        self.live = self.console.is_terminal
        self._shown: Live | None = None
        if not self.live:
            self.console = Console(file=sys.stdout, highlight=False, width=terminal.PIPE_WIDTH)

    def say(self, text: str, style: str = "") -> None:
        """A line of ours; what is foreign in it does nothing to the terminal."""
        self.console.print(Text(terminal.plain(text), style=style))

    def show(self, what: RenderableType) -> None:
        """Something of rich's."""
        self.console.print(what)

    @contextmanager
    def working(self) -> Iterator[Tell]:
        """Within it the events of a question are shown, and taken away at its end; a pipe sees none of it."""
        if not self.live:
            yield tell_nobody
            return
        progress = _Progress()
        self._begin(progress)
        try:
            yield progress.hear
        finally:
            self._end()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it the progress is taken away, so that a person can be asked something."""
        shown = self._end()
        try:
            yield
        finally:
            if shown is not None:
                self._begin(shown.get_renderable())

    def _begin(self, progress: RenderableType) -> None:
        # A new one each time: one that is started again moves the cursor up by what it showed before.
        self._shown = Live(progress, console=self.console, refresh_per_second=12, transient=True)
        self._shown.start()

    def _end(self) -> Live | None:
        shown, self._shown = self._shown, None
        if shown is not None:
            shown.stop()
        return shown

    def chart(self, chart: Chart, table: ResultTable) -> None:
        """A chart of the rows, as wide as the screen."""
        from agent.chat.drawing import drawn  # plotext is needed by who looks at a chart alone

        self.console.print(drawn(chart, table, min(self.console.width, _CHART_WIDTH)))

    def answer(self, answer: Answer, chart: Chart | None) -> None:
        """The text, the rows, the chart where there is one, the SQL, the receipt."""
        text = terminal.plain(answer.text)
        # A model writes Markdown. Its links would become control sequences, so they stay text.
        self.console.print(Markdown(text, hyperlinks=False) if self.live else Text(text))
        if answer.table is not None and answer.table.columns:
            self.console.print()
            terminal.show_rows(self.console, answer.table, ROWS_SHOWN, "/table shows all of it")
        if chart is not None and answer.table is not None:
            self.console.print()
            self.chart(chart, answer.table)
        if answer.sql:
            self.console.print()
            self.sql(answer.sql)
        self.console.print()
        terminal.show_receipt(self.console, answer)

    def sql(self, sql: str) -> None:
        """SQL, coloured in a terminal."""
        text = terminal.plain(sql)
        if self.live:
            self.console.print(Syntax(text, "sql", theme="ansi_dark", background_color="default", word_wrap=True))
        else:
            self.console.print(Text(text))

    def table(self, table: ResultTable) -> None:
        """All rows and columns that were fetched: at once where they fit, else through a pager."""
        self.page(terminal.as_table(table.columns, table.rows))

    def page(self, what: RenderableType) -> None:
        """Something that may be longer than the screen, and a table that may be wider; text is wrapped."""
        if not self.live:
            self.console.print(what)
            return
        out = io.StringIO()
        width = self.console.width if isinstance(what, Text) else _PAGED_WIDTH
        Console(file=out, force_terminal=True, color_system="standard", highlight=False, width=width).print(what)
        lines = [line.rstrip() for line in out.getvalue().splitlines()]
        width = max((Text.from_ansi(line).cell_len for line in lines), default=0)
        wide = width > self.console.width
        fits = len(lines) < self.console.height - 1 and not wide
        if fits or not _piped(lines, wide=wide):
            self.console.print(what)


def _piped(lines: list[str], *, wide: bool) -> bool:
    """Whether a pager showed them. less cuts wide lines, so that columns stay columns; arrows move sideways."""
    command = shlex.split(os.environ.get("PAGER") or "less")
    environment = {"LESS": "-RS" if wide else "-RFX", **os.environ}
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, text=True, encoding="utf-8")  # noqa: S603 the user's own
    except OSError:
        return False
    with suppress(BrokenPipeError):  # left before the end
        pager.communicate("\n".join(lines) + "\n")
    pager.wait()
    return True


class _Progress:
    """The steps so far, what is being said, and that something is going on."""

    def __init__(self) -> None:
        self._steps: list[Text] = []
        self._text = ""
        self._spinner = Spinner("dots", Text("starting", style="dim"))

    def __rich__(self) -> RenderableType:
        said = [Text(self._text[-_TAIL:])] if self._text.strip() else []
        return Group(*self._steps[-_STEPS_SHOWN:], *said, self._spinner)

    def hear(self, event: Event) -> None:
        """Take an event; called in the agent's thread."""
        match event:
            case PhaseStarted(name):
                self._spinner.update(text=Text(name, style="dim"))
            case ToolStarted(call):
                self._spinner.update(text=Text(terminal.doing(call), style="dim"))
            case ToolFinished(reply):
                mark, style = ("×", "red") if reply.failed else ("·", "dim")
                line = f"{mark} {terminal.doing(reply.call)} ({reply.seconds:.1f} s)"
                self._steps.append(Text(line, style=style, no_wrap=True, overflow="ellipsis"))
            case TextDelta(text):
                self._text += terminal.plain(text)
            case TextWithdrawn():
                self._text = ""
