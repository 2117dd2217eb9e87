"""An agent that gives the same answer to the same question again, as long as nothing has changed that it rests on."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from agent.answer import ANSWERED, Answer
from agent.db_agent import DBAgent
from agent.errors import DBAgentError, StoreUnavailable
from agent.events import AnswerReady, QuestionStarted, Tell, tell_nobody
from agent.kept_answer import NotKeepable, as_document, from_document
from agent.llmops.prompts import Prompt
from agent.messages import Usage
from agent.outcome import asked_how, summary
from agent.times.resolver import resolve
from agent.toolbox import Toolbox
from tools.knowledge import Knowledge
from tools.knowledge_files import Example
from tools.policy import User
from tools.verified_examples import ExampleIndex, on_one_line

if TYPE_CHECKING:
    from agent.store import Store

_log = logging.getLogger(__name__)

_QUIET_SECONDS = 60.0  # after the store failed, before it is tried again
_END = " .?!\u2026\u3002\uff1f\uff01"  # also those of Chinese
_LARGEST = 1_000_000  # characters of an answer that is kept
_LOOKED_THROUGH = 200  # earlier questions, the latest
_LONGEST = 500  # characters of an earlier question that is like another
# See ExampleIndex.nearest. Two questions that differ in their month are 0.5 alike; verified examples, which a person
# has looked at, are offered from 0.35.
_NEARLY_THE_SAME = 0.5


class AnswerCache:
    """Answers over the store, by a key that holds all that they rest on. Where the store fails nothing is cached."""

    def __init__(self, open_store: Callable[[], Store], seconds: float, *made_by: str, examples: bool = False) -> None:
        """An answer is given again for so many seconds. `made_by` tells the model, and what else chose it, apart.

        With `examples`, what was answered is also offered as an example to questions that are nearly the same.
        """
        self.seconds = seconds
        self.examples = examples
        self.made_by = made_by
        self._open_store = open_store
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether anything is kept: not for 0 seconds, and not while the store does not work."""
        return self.seconds > 0 and time.monotonic() >= self._quiet_until

    def find(self, key: str) -> tuple[Answer, datetime] | None:
        """The answer that is kept, and when it was computed; None where there is none."""
        try:
            kept = self._open_store().answer(key, self.seconds)
            return None if kept is None else (from_document(kept.document), kept.at)
        except StoreUnavailable as error:
            self._rest(error)
        except NotKeepable as error:
            _log.debug("A cached answer was left out: %s", error)
        return None

    def like(self, question: str, scope: str) -> Example | None:
        """The latest questions of that scope are looked through for one that is nearly the same; with its SQL."""
        if not (self.on and self.examples):
            return None
        try:
            earlier = self._open_store().answered_in(scope, self.seconds, _LOOKED_THROUGH)
        except StoreUnavailable as error:
            self._rest(error)
            return None
        index = ExampleIndex([Example(asked, sql) for asked, sql in earlier if len(asked) <= _LONGEST and sql])
        return next(index.nearest(question, _NEARLY_THE_SAME), None)

    def keep(self, key: str, database: str, answer: Answer, scope: str) -> None:
        """Keep an answer, in place of what was kept under that key; with a scope, for questions like it too."""
        if not self.on:
            return
        try:
            document = as_document(answer)
            if len(json.dumps(document, ensure_ascii=False)) <= _LARGEST:
                receipt = answer.receipt
                self._open_store().keep_answer(
                    key,
                    document,
                    self.seconds,
                    database,
                    answer.question,
                    receipt.trace_id,
                    scope if self.examples else "",
                    answer.sql or "",
                )
        except NotKeepable as error:
            _log.debug("An answer was not cached: %s", error)
        except StoreUnavailable as error:
            self._rest(error)

    def shown(self, key: str, trace_id: str) -> None:
        """Note that the answer was given again in that trace, so that a complaint about it finds it."""
        try:
            self._open_store().note_answer(key, trace_id)
        except StoreUnavailable as error:
            self._rest(error)

    def forget(self, database: str) -> None:
        """Forget all answers of a database: its schema is another."""
        try:
            self._open_store().forget_answers(database)
        except StoreUnavailable as error:
            self._rest(error)

    def _rest(self, error: StoreUnavailable) -> None:
        with self._lock:
            if self.on:
                _log.warning("Answers are not cached for now. %s", error)
            self._quiet_until = time.monotonic() + _QUIET_SECONDS


@dataclass(frozen=True)
class _Asked:
    """A question with all that its answer rests on."""

    key: str
    prompt: Prompt
    toolbox: Toolbox
    today: date
    user: User | None
    options: Mapping[str, Any]


# What is asked for has the same answer whatever these are; permissions, and the prompt's version, have their own part.
_NO_PART_OF_THE_KEY = ("user", "user_id", "session_id", "prompt_label", "tags", "tell", "ask_user")


class CachingAgent(DBAgent):
    """A DBAgent around which an AnswerCache stands. `receipt.cached_at` tells when an answer was computed."""

    def __init__(self, *parts: Any, cache: AnswerCache, **more: Any) -> None:
        """`parts` and `more` are those of a DBAgent."""
        super().__init__(*parts, **more)
        self._cache = cache
        self._knowledge_digest: tuple[Knowledge, str] | None = None
        self._under_way: dict[tuple[str, asyncio.AbstractEventLoop], asyncio.Event] = {}

    async def ask(self, question: str, *, fresh: bool = False, **options: Any) -> Answer:
        """Answer one question as DBAgent does, with its options, or say again what was answered; `fresh` always asks.

        Only what rests on a query and was said in full is kept. A thumbs-down, and a schema that changed, remove it.
        Who asks what is being answered just then waits for that answer, and asks as well where none is kept.
        """
        started = time.monotonic()
        asked, kept = None, None
        if self._cache.on:
            asked, kept = await asyncio.to_thread(self._looked_up, question, fresh, options)
        if asked is None:
            return await super().ask(question, fresh=fresh, **options)
        flight = asked.key, asyncio.get_running_loop()
        if not (kept or fresh) and (done := self._under_way.get(flight)):
            await done.wait()
            kept = await asyncio.to_thread(self._cache.find, asked.key)
        if kept:
            return await self._again(question, asked, *kept, started)
        # Nobody waits for one that is asked afresh or in vain, or whose asker may be asked back.
        if flight in self._under_way or options.get("ask_user"):
            return await self._asked_and_kept(question, asked, fresh, options)
        done = self._under_way[flight] = asyncio.Event()
        try:
            return await self._asked_and_kept(question, asked, fresh, options)
        finally:  # also where it fails or is cancelled: then whoever waited asks for himself
            del self._under_way[flight]
            done.set()

    async def _asked_and_kept(self, question: str, asked: _Asked, fresh: bool, options: Mapping[str, Any]) -> Answer:
        answer = await super().ask(question, fresh=fresh, **options)
        if _worth_keeping(answer, asked.prompt):
            by_itself = not (options.get("history") or options.get("choices") or answer.receipt.assumptions)
            scope = _scope(asked.toolbox) if by_itself else ""
            await asyncio.to_thread(self._cache.keep, asked.key, asked.toolbox.database.url, answer, scope)
        return answer

    def answered_before(self, question: str, toolbox: Toolbox) -> Example | None:
        """A question nearly the same whose answer is kept, of the same policy and schema; None unless that is set."""
        found = self._cache.like(question, _scope(toolbox))
        sql = on_one_line(found.sql, toolbox.database.meta.dialect) if found else None
        return Example(found.question, sql) if found and sql else None

    async def _again(self, question: str, asked: _Asked, kept: Answer, computed: datetime, started: float) -> Answer:
        options = asked.options
        tell: Tell = options.get("tell", tell_nobody)
        with self.tracing.question(
            "db_agent",
            input=question,
            user_id=asked.user.id if asked.user else None,
            session_id=options.get("session_id"),
            tags=options.get("tags", ()),
        ) as root:
            tell(QuestionStarted(question, root.trace_id))
            receipt = replace(
                kept.receipt,
                cached_at=computed,
                prompt_label=asked.prompt.label,
                experiment=asked.prompt.experiment,
                arm=asked.prompt.arm,
                tokens=Usage(),
                cost_usd=0.0,
                steps=0,
                tool_calls=0,
                seconds=time.monotonic() - started,
                model_seconds=0.0,
                database_seconds=0.0,
                trace_id=root.trace_id,
                trace_url=self.tracing.link(root.trace_id),
            )
            turns, effort = len(options.get("history", ())), options.get("effort", "normal")
            how = asked_how(asked.prompt, asked.toolbox, turns, asked.today, effort)
            root.update(output=kept.text, metadata={**how, **summary(receipt)})
            answer = replace(kept, question=question, receipt=receipt)
        await asyncio.to_thread(self._cache.shown, asked.key, receipt.trace_id)
        tell(AnswerReady(answer))
        return answer

    def _looked_up(
        self, question: str, fresh: bool, options: Mapping[str, Any]
    ) -> tuple[_Asked | None, tuple[Answer, datetime] | None]:
        asked = self._asked(question, options)
        return asked, None if fresh or asked is None else self._cache.find(asked.key)

    def _asked(self, question: str, options: Mapping[str, Any]) -> _Asked | None:
        """The question with its key; None for one whose answer is not kept."""
        user = options.get("user") if options.get("user") is not None else options.get("user_id")
        user = User(user) if isinstance(user, str) else user
        try:
            toolbox = self.toolbox.seen_by(user)
            if toolbox.database.look_again(toolbox.database.meta):
                self._cache.forget(toolbox.database.url)
            who = (user.id if user else None) or options.get("session_id")
            prompt = self.chosen_prompt(options.get("prompt_label"), who)
        except DBAgentError:  # asking says so, in a trace
            return None
        database = toolbox.database
        now = self.calendar.now(options.get("today"))
        times = resolve(question, now, self.calendar) if isinstance(question, str) else ()
        of_a_moment = any(isinstance(bound, datetime) for each in times for bound in (each.first, each.next))
        if not isinstance(question, str) or of_a_moment or database.source.state_of_file == "":
            return None  # it has another answer in a minute, or the file was written to just now
        others = {"effort": "normal", **options, "somebody_is_there": options.get("ask_user") is not None}
        parts = (
            normalised(question),
            repr(sorted((name, each) for name, each in others.items() if each and name not in _NO_PART_OF_THE_KEY)),
            database.url,
            database.source.state_of_file or "",  # of a file it is known whether its rows have changed
            database.meta.fingerprint,
            database.policy_id or "",
            self._digest_of(database.knowledge),
            repr(database.limits),
            database.embedding.model if database.embedding else "",
            f"{prompt.name} {prompt.version} {prompt.source} {prompt.config!r} {prompt.text}",
            json.dumps(toolbox.schemas, sort_keys=True),
            now.date().isoformat(),
            repr((times, self.calendar, self.limits)),
            *self._cache.made_by,
        )
        return _Asked(_digest(*parts), prompt, toolbox, now.date(), user, options)

    def _digest_of(self, knowledge: Knowledge) -> str:
        known = self._knowledge_digest
        if known is None or known[0] is not knowledge:
            parts = (knowledge.tables, knowledge.joins, knowledge.terms, knowledge.metrics, knowledge.examples)
            known = self._knowledge_digest = (knowledge, _digest(repr(parts)))
        return known[1]


def _scope(toolbox: Toolbox) -> str:
    """What two questions must share before the SQL of one is shown to whoever asks the other."""
    database = toolbox.database
    return _digest(database.url, database.meta.fingerprint, database.policy_id or "")


def normalised(question: str) -> str:
    """The question without what changes nothing: spaces, the mark at its end, the capital it begins with.

    Other capitals stay: "us" and "US" are two things, and a stored value may be told by them.
    """
    text = " ".join(unicodedata.normalize("NFC", question).split())
    text = text.rstrip(_END) or text
    first, space, rest = text.partition(" ")
    return (first.lower() if first[1:].islower() else first) + space + rest


def _worth_keeping(answer: Answer, prompt: Prompt) -> bool:
    receipt = answer.receipt
    # Another version may have been chosen for this user, or promoted in between.
    as_asked = (receipt.prompt_name, receipt.prompt_version) == (prompt.name, prompt.version)
    whole = receipt.outcome == ANSWERED and answer.table is not None
    return whole and not receipt.choices and as_asked  # another asker may choose otherwise


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
