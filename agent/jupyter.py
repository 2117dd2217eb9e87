"""Ask from a notebook: %load_ext agent.jupyter, then %ask QUESTION, or %%ask over a question of several lines.

The cells of a notebook are one conversation: "only Berlin" goes on with what was asked before. `%ask --db URL` asks
another database from then on, and `%ask --new` begins another conversation. The answer is shown, and kept in `answer`.
"""

from __future__ import annotations

import shlex
from typing import Any

from agent.answer import Answer
from agent.assembly import open_agent
from agent.db_agent import DBAgent
from agent.errors import DBAgentError
from agent.session import Session

USAGE = "%ask [--db URL] [--new] QUESTION"


class Magic:
    """What `%ask` keeps between cells: the agent, which is opened when first asked, and the conversation."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._agent: DBAgent | None = None
        self._session: Session | None = None

    def ask(self, line: str, cell: str | None = None) -> Answer | None:
        """Answer a question; what goes wrong is said in a line and is no traceback."""
        try:
            database, new, question = _read(line, cell)
            if database is not None:
                self.close()
            if self._agent is None:
                self._agent = open_agent(database)
            if new or self._session is None:
                self._session = self._agent.session()
            if not question:
                print(f"Asking {self._agent.toolbox.database.url}. {USAGE}")
                return None
            answer = self._session.ask_sync(question)
        except DBAgentError as error:
            print(f"dbagent: {error}")
            return None
        self._shell.user_ns["answer"] = answer
        return answer

    def close(self) -> None:
        """Let go of the database."""
        if self._agent is not None:
            self._agent.close()
        self._agent = self._session = None


def _read(line: str, cell: str | None) -> tuple[str | None, bool, str]:
    """The options at the beginning of the line, and the question behind them and in the cell."""
    database, new, rest = None, False, line.strip()
    while rest.startswith("--"):
        word, _, rest = rest.partition(" ")
        rest = rest.lstrip()
        if word == "--new":
            new = True
        elif word == "--db" and rest:
            database = shlex.split(rest)[0] if rest[0] in "\"'" else rest.split()[0]
            rest = rest[len(database) + (2 if rest[0] in "\"'" else 0) :].lstrip()
        else:
            raise DBAgentError(f"There is no option {word} here. It is {USAGE}.")
    return database, new, "\n".join(part for part in (rest, (cell or "").strip()) if part)


def load_ipython_extension(shell: Any) -> None:
    """What %load_ext calls. What is open at the end of the process closes itself, as it does without a notebook."""
    shell.register_magic_function(Magic(shell).ask, magic_kind="line_cell", magic_name="ask")
