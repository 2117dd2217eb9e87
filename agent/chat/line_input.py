"""What a person types: edited with history and completion in a terminal, line by line from a pipe."""

from __future__ import annotations

import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, ThreadedCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from tools.ask_user import Clarification

PROMPT = "> "
_MOST_OFFERED = 50


class LineInput(Protocol):
    """Where questions come from."""

    interactive: bool

    def read(self) -> str:
        """The next question or command. Raises EOFError at the end, KeyboardInterrupt for Ctrl-C."""

    def choose(self, asked: Clarification) -> str | None:
        """What is said to a question back that is shown; None for nothing. Raises KeyboardInterrupt for Ctrl-C."""


class PipedInput:
    """A line a question; one that ends with a backslash goes on with the next.

    Behind a question that is asked back, a line that names an option chooses it; any other is the next question.
    """

    interactive = False

    def __init__(self) -> None:
        self._lines = iter(sys.stdin or ())
        self._unread: str | None = None

    def read(self) -> str:
        """The next line."""
        if (unread := self._unread) is not None:
            self._unread = None
            return unread
        parts: list[str] = []
        for line in self._lines:
            parts.append(line.rstrip("\r\n").removesuffix("\\"))
            if not line.rstrip("\r\n").endswith("\\"):
                break
        if not parts:
            raise EOFError
        return "\n".join(parts)

    def choose(self, asked: Clarification) -> str | None:
        """The option that the next line names; None where it is the next question."""
        try:
            line = self.read()
        except EOFError:
            return None
        chosen = asked.chosen(line)
        if chosen is None:
            self._unread = line
        return chosen


class TypedInput:
    """A line editor: Enter sends, Alt-Enter begins a new line, Tab completes, the arrows find earlier questions."""

    interactive = True

    def __init__(
        self,
        history: Path,
        commands: Sequence[tuple[str, str]],
        names: Callable[[], Iterable[str]],
        standing: Callable[[], str],
    ) -> None:
        """`commands` are (name, meaning); `names` gives tables and fields; `standing` is shown below the line."""
        self._session: PromptSession[str] = PromptSession(
            history=_history(history),
            completer=ThreadedCompleter(Names(commands, names)),
            complete_while_typing=False,
            multiline=True,
            key_bindings=_keys(),
            prompt_continuation=lambda width, number, wrapped: "" if wrapped else "  ",
            bottom_toolbar=lambda: FormattedText([("class:bottom-toolbar", f" {standing()} ")]),
        )

    def read(self) -> str:
        """What was sent."""
        return self._session.prompt(PROMPT)

    def choose(self, asked: Clarification) -> str | None:
        """What was sent; the first option where that is nothing."""
        last = len(asked.options)
        asking: PromptSession[str] = PromptSession(history=InMemoryHistory())
        while True:
            try:
                said = asking.prompt(f"1 to {last}, or in your own words (Enter: 1)> ").strip() or asked.options[0]
            except EOFError:
                raise KeyboardInterrupt from None
            if not asked.misses(said):
                return said


def _history(path: Path) -> History:
    """In a file that nobody else may read; in memory where there can be none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if os.access(path, os.R_OK | os.W_OK):
            return FileHistory(str(path))
    except OSError:
        pass
    return InMemoryHistory()


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        completion = event.current_buffer.complete_state
        if completion is not None and completion.current_completion is not None:
            event.current_buffer.complete_state = None  # takes what is chosen; the next Enter sends
            return
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


class Names(Completer):
    """Commands after a slash, else names of tables and fields, whatever the case."""

    def __init__(self, commands: Sequence[tuple[str, str]], names: Callable[[], Iterable[str]]) -> None:
        self._commands = commands
        self._names = names
        self._sorted: list[tuple[str, str]] | None = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What the word before the cursor may become."""
        line = document.text_before_cursor
        if line.startswith("/") and " " not in line:
            for name, about in self._commands:
                if name.startswith(line[1:].lower()):
                    yield Completion(f"/{name}", -len(line), display_meta=about)
            return
        word = line.rpartition(" ")[2].rpartition("\n")[2]
        if not word:
            return
        known = self._known()
        low = word.lower()
        at = bisect_left(known, (low, ""))
        for folded, name in known[at : at + _MOST_OFFERED]:
            if not folded.startswith(low):
                return
            yield Completion(name, -len(word))

    def _known(self) -> list[tuple[str, str]]:
        if self._sorted is None:
            # A name that holds what a terminal would obey is typed by hand.
            self._sorted = sorted({(name.lower(), name) for name in self._names() if name.isprintable()})
        return self._sorted
