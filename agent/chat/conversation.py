"""The chat itself: reads a line, asks or obeys, shows, until the end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from agent.assembly import open_agent, open_chosen_database
from agent.charts import chart_of
from agent.chat.commands import COMMANDS, run_command
from agent.chat.line_input import LineInput, PipedInput, TypedInput
from agent.chat.screen import Screen
from agent.db_agent import PROMPT, DBAgent
from agent.errors import DBAgentError
from agent.session import Session
from agent.settings import Settings
from agent.terminal import one_line, progress

if TYPE_CHECKING:
    from agent.answer import Answer, Receipt
    from tools.ask_user import Clarification
    from tools.database import Database
    from tools.policy import User

_TURNS_SHOWN = 3


class Conversation:
    """What holds while one chats: the agent, the session, the last answer."""

    def __init__(
        self, settings: Settings, database: Database, screen: Screen, user: User | None, label: str | None
    ) -> None:
        self.settings = settings
        self.screen = screen
        self.user = user
        self.label = label
        self.charts = True
        self.last: Answer | None = None
        self.receipts: list[Receipt] = []
        self.source: LineInput
        self._database = database
        self.agent: DBAgent = open_agent(database, settings=settings)
        self.session: Session

    def begin(self, session: Session, *, named: bool = False) -> None:
        """Go on with a session, or begin a new one, which is said where somebody `named` one that there is not."""
        self.session, self.last = session, None
        turns = session.turns
        if named and not turns and not session.trouble:
            self.screen.say(f"There is no session {session.id} yet: it begins here. /sessions lists yours.", "yellow")
        earlier = f", {len(turns)} earlier question{'' if len(turns) == 1 else 's'}" if turns else ""
        self.screen.say(f"session {session.id}{earlier}", "dim")
        for turn in turns[-_TURNS_SHOWN:]:
            self.screen.say(f"  {one_line(turn.question, 100)}", "dim")
        if turns and turns[-1].asked:
            self.screen.say(turns[-1].asked.for_user())
        if session.trouble:
            self.screen.say(session.trouble, "yellow")

    def ask(self, question: str) -> Answer:
        """Ask, show how it goes on, and show the answer."""
        troubled = bool(self.session.trouble)
        with self.screen.working() as tell:
            answer = self.session.ask_sync(question, prompt_label=self.label, ask_user=self._choice, tell=tell)
        self.last = answer
        self.receipts.append(answer.receipt)
        chart = chart_of(question, answer.table) if self.charts and self.screen.live else None
        self.screen.answer(answer, chart)
        if self.session.trouble and not troubled:
            self.screen.say(self.session.trouble, "yellow")
        return answer

    def _choice(self, asked: Clarification) -> str | None:
        """What the user says to a question back; called in the thread that waits for the answer."""
        with self.screen.aside():
            self.screen.say(asked.for_user())
            chosen = self.source.choose(asked)
            if chosen is not None and not self.source.interactive:
                self.screen.say(f"> {chosen}", "bold")
            return chosen

    def use_model(self, name: str) -> None:
        """Ask another model from now on. Raises SettingsError."""
        Settings.from_environment(model=name)  # says what is missing for it
        settings = self.settings.model_copy(update={"model": name})
        agent = open_agent(self._database, settings=settings)
        self.agent.close()
        self.agent, self.settings = agent, settings
        self.session = agent.session(self.session.id, user=self.user)

    def use_label(self, label: str) -> None:
        """Use the prompt version of another label from now on. Raises PromptNotFound."""
        self.agent.prompts.get_prompt(PROMPT, label=label)
        self.label = label

    def rate(self, answer: Answer, rating: str, comment: str) -> None:
        """Keep what somebody thinks of an answer. Raises DBAgentError."""
        user = self.user.id if self.user else ""
        taken = self.agent.feedback(answer.receipt.trace_id, rating, comment=comment, user_id=user)
        if taken.trouble:
            self.screen.say(taken.trouble, "yellow")

    def database_seen(self) -> Database:
        """The database as the user sees it."""
        return self.agent.toolbox.seen_by(self.user).database

    def names(self) -> Iterator[str]:
        """The tables and fields that the user sees, for completion."""
        for table in self.database_seen().meta.tables():
            yield table.full_name
            yield table.name
            for field in table.fields:
                yield field.name

    def standing(self) -> str:
        """What is asked, by which model, in which session; on a line."""
        return one_line(f"{self.settings.model} · session {self.session.id[:12]} · {self.place}", 150)

    @property
    def place(self) -> str:
        """The database as people know it: its URL without a password; the sample's stands in some cache."""
        return self._database.url if self.settings.database_url else "the sample database"


def chat(
    settings: Settings, *, session: str | None, user: User | None, label: str | None, read: LineInput | None = None
) -> Exception | None:
    """Talk until the end of the input; what went wrong with the last question of a pipe, None where it was answered.

    In a terminal what goes wrong is said and the talk goes on. Raises DBAgentError where it cannot begin.
    """
    screen = Screen()
    with progress() as loading:
        database = open_chosen_database(settings, tell=loading.say)
    try:
        talk = Conversation(settings, database, screen, user, label)
        try:
            return _talk(talk, session, read)
        finally:
            talk.agent.close()
    finally:
        database.close()


def _talk(talk: Conversation, session: str | None, read: LineInput | None) -> Exception | None:
    commands = [(name, command.about) for name, command in COMMANDS.items()]
    source = talk.source = read or chosen_input(talk, commands)
    if source.interactive:
        talk.screen.say(f"{talk.settings.model} · {talk.place}   (/help lists the commands)", "dim")
    talk.begin(talk.agent.session(session, user=talk.user), named=session is not None)
    trouble: Exception | None = None
    while True:
        try:
            line = source.read().strip()
        except KeyboardInterrupt:
            if not source.interactive:
                raise
            continue
        except EOFError:
            return trouble
        if not line:
            continue
        if not source.interactive:
            talk.screen.say(f"> {line}", "bold")
        try:
            trouble = _obeyed(talk, line)
        except SystemExit:
            return trouble
        except KeyboardInterrupt:
            if not source.interactive:
                raise
            talk.screen.say("Stopped. The conversation goes on; Ctrl-D ends it.", "yellow")


def _obeyed(talk: Conversation, line: str) -> Exception | None:
    try:
        if line.startswith("/"):
            run_command(line, talk)
        else:
            talk.ask(line)
    except (DBAgentError, OSError) as error:
        talk.screen.say(str(error), "red")
        return error
    except (asyncio.CancelledError, CancelledError):
        talk.screen.say("Stopped.", "yellow")
    return None


def chosen_input(talk: Conversation, commands: list[tuple[str, str]]) -> LineInput:
    """A line editor where both ends are a terminal, else lines."""
    if sys.stdin is not None and sys.stdin.isatty() and talk.screen.live:
        return TypedInput(talk.settings.home / "chat_history", commands, talk.names, talk.standing)
    return PipedInput()
