"""Asking back: who is asked which reading of a question is meant, how often, and what came of it."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Literal

from agent.answer import Interpretation
from agent.events import Tell, UserAsked
from agent.llm.clock import running_clock
from agent.messages import ToolReply
from agent.own_loop import in_callers_thread
from tools.ask_user import Clarification
from tools.text import one_line

LONGEST_REPLY = 1_000  # characters

AskUser = Callable[[Clarification], str | Awaitable[str | None] | None]
"""Asks a person; gives the option they choose, its number, or what they say instead; None where they say nothing.

May be async. A plain function is called in the thread that waits in `ask_sync`, or in one of its own.
"""

Later = Literal["later"]
"""Nobody is there, but somebody will be: the answer is the question back (outcome "asked")."""


class AskingBack:
    """The asking back of one question; shared by the candidates for its answer.

    `choices` are those that were made when the question was asked before; they count towards the `limit`. `waited`
    is the seconds that a person took to reply, which count towards no limit.
    """

    def __init__(self, ask_user: AskUser | Later | None, limit: int, choices: Sequence[Interpretation] = ()) -> None:
        self.waited = 0.0
        self.deadline: asyncio.Timeout | None = None
        self._ask_user = ask_user
        self._left = limit - len(choices)
        self._choice: Interpretation | None = None
        self._asker: object = None
        self._lock = asyncio.Lock()

    async def replied(self, told: ToolReply, asked: Clarification, tell: Tell, candidate: object = None) -> ToolReply:
        """The reply of `ask_user` with what became of it as its value.

        That is an Interpretation, chosen by the user or, where nobody is asked, assumed; or the Clarification as it
        is, where it will be replied to later. A `candidate` for the answer that asks after another one did is told
        what the user said to that.
        """
        async with self._lock:
            if self._choice is not None and candidate is not self._asker:
                return replace(told, text=self._choice.told(), value=self._choice)
            if self._left <= 0 or self._ask_user is None:
                return _assumed(told, asked)
            if self._ask_user == "later":
                tell(UserAsked(asked))
                return told
            self._left, self._asker = self._left - 1, candidate
            tell(UserAsked(asked))
            said = await self._reply(self._ask_user, asked)
            if not said or asked.misses(said):
                return _assumed(told, asked)
            taken = asked.chosen(said) or one_line(said, LONGEST_REPLY)
            self._choice = Interpretation(asked.question, asked.options, taken, by_user=True)
            return replace(told, text=self._choice.told(), value=self._choice)

    async def _reply(self, ask_user: AskUser, asked: Clarification) -> str:
        began, loop = time.monotonic(), asyncio.get_running_loop()
        when = self.deadline.when() if self.deadline else None
        if self.deadline and when is not None:
            self.deadline.reschedule(None)
        try:
            if inspect.iscoroutinefunction(ask_user):
                said = await ask_user(asked)
            else:
                said = await in_callers_thread(ask_user, asked)
                if inspect.isawaitable(said):
                    said = await said
        finally:
            waited = time.monotonic() - began
            self.waited += waited
            running_clock().ends += waited
            if self.deadline and when is not None:
                self.deadline.reschedule(max(when + waited, loop.time()))
        return "" if said is None else str(said).strip()


def _assumed(told: ToolReply, asked: Clarification) -> ToolReply:
    return replace(told, value=Interpretation(asked.question, asked.options, asked.options[0]))
