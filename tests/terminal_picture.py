"""What stands on a terminal, as text: a chat that is really typed into, and what it leaves on the screen."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing

import pexpect
import pyte

READY = r"\x1b\[\?2004h"  # the line editor takes pasted text now: it waits for a question
HEIGHT = 300  # tall enough that nothing scrolls away


class Picture:
    """The screen of a terminal that is told what was written to it, as `logfile_read` of pexpect."""

    def __init__(self, width: int, height: int = HEIGHT) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> None:
        """What the program wrote."""
        self._stream.feed(text)

    def flush(self) -> None:
        """Nothing waits."""

    @property
    def lines(self) -> list[str]:
        """What is to be seen, from the top."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The same in one, without the empty lines at its end."""
        return "\n".join(self.lines).rstrip()


def chat_picture(
    typed: Sequence[str], environment: Mapping[str, str], options: Sequence[str] = (), width: int = 100
) -> str:
    """What a terminal shows once these lines were typed into `dbagent chat`, one when the one before was answered."""
    picture = Picture(width)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "agent", "chat", *options],
        # Without an answer to "where is the cursor?", which a real terminal gives, the editor would wait for it.
        env={**environment, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
        encoding="utf-8",
        timeout=120,
        dimensions=(HEIGHT, width),
    )
    child.logfile_read = picture
    with closing(child):
        child.expect(READY)
        for line in typed:
            child.send(f"{line}\r")
            child.expect(READY)
        child.expect(pexpect.TIMEOUT, timeout=1)  # the line below the prompt is drawn after it
        return picture.text
