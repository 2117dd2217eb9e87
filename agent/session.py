"""A conversation: its turns outlast the process, and the model sees the earlier ones within a budget of tokens."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.answer import Answer, Interpretation
from agent.errors import QuestionRefused, SessionUnknown, StoreUnavailable
from tools.ask_user import Clarification
from tools.policy import User
from tools.text import one_line, tokens

if TYPE_CHECKING:
    from agent.db_agent import DBAgent
    from agent.store import SessionSummary, Store

_log = logging.getLogger(__name__)

ROWS_KEPT = 20
ROWS_SHORT = 3
LONGEST_RESULT = 3000  # characters of a result that are kept with its turn
LONGEST_TEXT = 4000
_ID = re.compile(r"[\w.:@-]{1,100}")
_FROM_ELSEWHERE = "(Answered over another database or under other permissions; not repeated here. Query it again.)"
_FOLDED = "Earlier questions of this conversation, the oldest first; their answers had to be left out here:"
_FOLDED_REPLY = "Understood. I will query again what I need of them."


class Turn(BaseModel):
    """One question and what came of it, as it is kept.

    `result` says how many rows came back, their columns and the first of them; "" where no query ran. `view` is which
    database was asked and, where there is a policy, the id of what the asker might see of it. `asked` is what was asked
    back in place of an answer, and `choices` what the user chose when asked back.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    text: str
    sql: str | None = None
    result: str = ""
    outcome: str = ""
    asked: Clarification | None = None
    choices: tuple[Interpretation, ...] = ()
    user: str = ""
    view: str = ""
    trace_id: str = ""
    at: datetime | None = None

    @classmethod
    def of(cls, answer: Answer, user: str, view: str) -> Turn:
        """What is kept of an answer."""
        receipt = answer.receipt
        return cls(
            question=answer.question,
            text=answer.text[:LONGEST_TEXT],
            sql=answer.sql,
            result=answer.table.summary(ROWS_KEPT, LONGEST_RESULT) if answer.table else "",
            outcome=receipt.outcome,
            asked=answer.asked,
            choices=receipt.choices,
            user=user,
            view=view,
            trace_id=receipt.trace_id,
        )

    def choice(self, said: str) -> Interpretation | None:
        """What the user chose, where this turn asked back and they name one of its options; else None."""
        if self.asked is None or (taken := self.asked.chosen(said)) is None:
            return None
        return Interpretation(self.asked.question, self.asked.options, taken, by_user=True)

    def as_asked(self, longest: int | None = None) -> str:
        """The question as it stands in the conversation, behind what the user chose; on a line where it is cut."""
        question = self.question if longest is None else one_line(self.question, longest)
        return "\n".join([*(each.told() for each in self.choices), question])


class Session:
    """One conversation of one user with one agent; made by `agent.session(id)`.

    `turns` are the questions so far. One that fails or is cancelled is no turn. `trouble` says why turns are kept in
    memory alone, "" while they are not.
    """

    def __init__(self, agent: DBAgent, shelf: Shelf, id: str, user: User | None) -> None:
        self.agent = agent
        self.id = id
        self.user = user
        self.trouble = ""
        self._shelf = shelf
        self.turns: list[Turn] = []
        self._load()

    async def ask(self, question: str, **options: Any) -> Answer:
        """Answer one question as the next of the conversation; options and what is raised are those of `agent.ask`.

        Where the last answer asked back, one of its options, or its number, goes on with what was asked before.
        """
        view = await asyncio.to_thread(self._view)
        if self._shelf.lasts and not self.trouble:
            await asyncio.to_thread(self._load)  # another process may have taken the conversation on
        turns = self.turns
        if turns and (asked_back := turns[-1].asked) and asked_back.misses(question):
            raise QuestionRefused(f"There are {len(asked_back.options)} options. Name one of them, or ask in words.")
        if turns and (choice := turns[-1].choice(question)):
            *turns, asked = turns
            question, options = asked.question, {**options, "choices": (*asked.choices, choice)}
        earlier = history(turns, self._shelf.history_tokens, view)
        answer = await self.agent.ask(question, history=earlier, user=self.user, session_id=self.id, **options)
        turn = Turn.of(answer, self._owner, view)
        self.turns.append(turn)
        await asyncio.to_thread(self._keep, turn)
        return answer

    def ask_sync(self, question: str, **options: Any) -> Answer:
        """`ask` for callers that do not await."""
        return self.agent.run(self.ask(question, **options))

    @property
    def title(self) -> str:
        """The first question, on a line; "" before there is one."""
        return one_line(self.turns[0].question, 80) if self.turns else ""

    @property
    def _owner(self) -> str:
        return self.user.id if self.user else ""

    def _view(self) -> str:
        database = self.agent.toolbox.seen_by(self.user).database
        return f"{database.url} {database.policy_id}" if database.policy_id else database.url

    def _load(self) -> None:
        try:
            self.turns = self._shelf.turns(self.id, self._owner)
        except StoreUnavailable as error:
            self._do_without(error)

    def _keep(self, turn: Turn) -> None:
        if self.trouble:
            return
        try:
            self._shelf.save(self.id, turn)
        except StoreUnavailable as error:
            self._do_without(error)

    def _do_without(self, error: StoreUnavailable) -> None:
        self.trouble = f"{error} Until then this conversation is kept in memory alone."
        _log.warning("%s", self.trouble)


class Shelf:
    """Where conversations stand: over the store, which is opened when first needed; without one, in memory alone."""

    def __init__(self, open_store: Callable[[], Store] | None = None, history_tokens: int = 2000) -> None:
        self.history_tokens = history_tokens
        self._open_store = open_store
        self._store: Store | None = None
        self._lock = threading.Lock()

    @property
    def lasts(self) -> bool:
        """Whether what is kept outlasts the process."""
        return self._open_store is not None

    def session(self, agent: DBAgent, id: str | None, user: User | None) -> Session:
        """The conversation of that id, a new one where there is none. Raises SessionUnknown."""
        if id is not None and not _ID.fullmatch(id):
            raise SessionUnknown(
                f"{one_line(id, 40)!r} is no id of a session: letters, digits and . : @ _ - make one, 100 at most."
            )
        return Session(agent, self, id or uuid.uuid4().hex, user)

    def sessions(self, user: User | None, limit: int = 20) -> list[SessionSummary]:
        """The user's conversations, the latest first. Raises StoreUnavailable."""
        store = self._opened()
        return store.sessions(limit, user.id if user else "") if store else []

    def turns(self, id: str, owner: str) -> list[Turn]:
        """The turns of a conversation. Raises SessionUnknown where it is another user's, StoreUnavailable."""
        store = self._opened()
        entries = store.turns(id) if store else []
        try:
            turns = [Turn.model_validate({**entry.document, "at": entry.at}) for entry in entries]
        except ValidationError:
            raise StoreUnavailable(f"The session {id} was not written by DBAgent. Begin another.") from None
        if any(turn.user != owner for turn in turns):
            raise SessionUnknown(f"The session {id} is not yours. Begin another, or name the user whose it is.")
        return turns

    def save(self, id: str, turn: Turn) -> None:
        """Keep a turn. Raises StoreUnavailable."""
        if (store := self._opened()) is not None:
            store.save_turn(id, turn.model_dump(mode="json", exclude={"at"}), turn.user)

    def close(self) -> None:
        """Let go of the store."""
        with self._lock:
            if self._store is not None:
                self._store.close()

    def _opened(self) -> Store | None:
        with self._lock:
            if self._store is None and self._open_store is not None:
                self._store = self._open_store()
            return self._store


def history(turns: Sequence[Turn], budget: int, view: str = "") -> list[dict[str, Any]]:
    """Earlier turns as chat messages of about `budget` tokens: the latest whole, older ones shorter, none left out.

    What was answered with another `view` than this one is not repeated. Where even the shortest forms do not fit, the
    oldest questions stand in one list, and where that is too long it says how many there were before.
    """
    forms = [[_whole(turn, view), _short(turn, view), _shortest(turn, view)] for turn in turns]
    costs = [[_cost(pair) for pair in each] for each in forms]
    first = _first_that_fits([each[-1] for each in costs], budget)
    folded = _fold(turns[:first], _share_of_the_oldest(budget)) if first else []
    left = budget - _cost(folded) - sum(each[-1] for each in costs[first:])
    chosen: list[list[dict[str, Any]]] = []
    for form, cost in zip(reversed(forms[first:]), reversed(costs[first:]), strict=True):
        level = next((at for at, each in enumerate(cost) if each - cost[-1] <= left), len(cost) - 1)
        left -= cost[level] - cost[-1]
        chosen.append(form[level])
    return [*folded, *(message for pair in reversed(chosen) for message in pair)]


def _share_of_the_oldest(budget: int) -> int:
    return max(budget // 4, 64)  # 64: what the list says of itself, and how many it leaves out


def _first_that_fits(costs: Sequence[int], budget: int) -> int:
    """From which turn on all are told one by one."""
    if sum(costs) <= budget:
        return 0
    left = budget - _share_of_the_oldest(budget)
    for at in range(len(costs) - 1, -1, -1):
        left -= costs[at]
        if left < 0:
            return at + 1
    return 0


def _pair(question: str, reply: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]


def _cost(messages: Sequence[dict[str, Any]]) -> int:
    return sum(tokens(each["content"]) + 4 for each in messages)


def _whole(turn: Turn, view: str) -> list[dict[str, Any]]:
    return _told(turn, view, turn.as_asked(), turn.text, turn.result)


def _short(turn: Turn, view: str) -> list[dict[str, Any]]:
    result = "\n".join(turn.result.split("\n")[: 3 + ROWS_SHORT])
    return _told(turn, view, turn.as_asked(300), one_line(turn.text, 300), result)


def _shortest(turn: Turn, view: str) -> list[dict[str, Any]]:
    question = turn.as_asked(120)
    if turn.view != view:
        return _pair(question, _FROM_ELSEWHERE)
    return _pair(question, one_line(turn.text, 160) or "(no answer)")


def _told(turn: Turn, view: str, question: str, text: str, result: str) -> list[dict[str, Any]]:
    if turn.view != view:
        return _pair(question, _FROM_ELSEWHERE)
    parts = [text or "(no answer)"]
    if turn.sql:
        parts.append(f"This rests on the query that I ran with execute_sql:\n```sql\n{turn.sql}\n```\n{result}")
    return _pair(question, "\n\n".join(parts))


def _fold(turns: Sequence[Turn], budget: int) -> list[dict[str, Any]]:
    lines: list[str] = []
    for left, turn in zip(range(len(turns) - 1, -1, -1), reversed(turns), strict=True):
        longer = [f"- {one_line(turn.question, 100)}", *lines]
        if _cost(_folded(longer, left)) > budget:
            return _folded(lines, left + 1)
        lines = longer
    return _folded(lines, 0)


def _folded(lines: Sequence[str], before: int) -> list[dict[str, Any]]:
    more = [f"- ({before} more before these)"] if before else []
    return _pair("\n".join([_FOLDED, *more, *lines]), _FOLDED_REPLY)
