"""What somebody thinks of an answer: kept in the store, and sent to Langfuse as a score of its trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import DBAgentError, FeedbackRefused, TraceNotFound
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_values import LangfuseUnreachable, Score
from agent.llmops.trace_store import TraceStore
from tools.text import one_line

if TYPE_CHECKING:
    from agent.store import Feedback, Store

SCORE = "user-feedback"  # as Langfuse shows it: true for up, false for down
LONGEST_TEXT = 10_000  # characters of a comment, and of a correction
_SENT_AT_ONCE = 25
_LATEST = 5000  # traces among which a user's is looked for: an evaluation leaves one a case


@dataclass(frozen=True)
class Taken:
    """What became of a feedback, which is kept in any case.

    `waiting` counts what is still to be sent to Langfuse, this one among it or not, and `trouble` says why; they are
    0 and empty where all was sent, and where there is no Langfuse.
    """

    feedback: Feedback
    waiting: int = 0
    trouble: str = ""


class FeedbackDesk:
    """Takes feedback. What Langfuse does not take now is sent with the next one."""

    def __init__(self, open_store: Callable[[], Store], traces: TraceStore | None, langfuse: LangfuseClient) -> None:
        """`traces` are those of this machine, None where none are kept."""
        self._open_store = open_store
        self._traces = traces
        self._langfuse = langfuse
        self._opened: Store | None = None

    def give(self, trace_id: str, rating: str, *, comment: str = "", sql: str = "", user_id: str = "") -> Taken:
        """Take what somebody thinks of the answer of a trace: "up" or "down", and `sql` that would have been right.

        `trace_id` is that of the receipt, or a beginning of it that no other trace of this machine has. Each time is
        one more; the latest correction of a trace is the one that counts. Waits for Langfuse for a second at the
        most. Raises FeedbackRefused, TraceNotFound, StoreUnavailable.
        """
        if rating not in ("up", "down"):
            raise FeedbackRefused(f"A rating is up or down, and not {str(rating)[:40]!r}.")
        comment, sql = _text("comment", comment), _text("correction", sql)
        trace_id, question, asked_by = self._meant(trace_id)
        given = self._store.add_feedback(
            trace_id,
            "up" if rating == "up" else "down",
            comment=self._langfuse.redact(comment),
            sql=sql,
            question=question,
            user_id=user_id or asked_by,
            destination=self._langfuse.project if self._langfuse.remote else "",
        )
        if rating == "down":
            self._store.forget_answer_of(trace_id)
        return self._sent(given)

    def latest(self) -> str:
        """The id of the latest question that a user asked on this machine. Raises TraceNotFound where there is none."""
        if self._traces is None:
            raise FeedbackRefused("No traces are kept on this machine. Give the trace's id, as the receipt has it.")
        asked = (each for each in self._traces.traces(limit=_LATEST) if each.by_a_user)
        return next(asked, self._traces.wanted(None).summary).id

    def all(self, limit: int = 100) -> list[Feedback]:
        """The latest feedback, newest first. Raises StoreUnavailable."""
        return self._store.feedback(limit=limit)

    def correction(self, trace_id: str) -> Feedback:
        """The latest feedback of a trace that holds SQL. Raises FeedbackRefused where there is none, TraceNotFound."""
        trace_id = self._meant(trace_id)[0]
        for each in self._store.feedback(trace_id):
            if each.sql:
                return each
        raise FeedbackRefused(
            f"Nobody has corrected the answer of trace {trace_id}. "
            f"Do it with: dbagent feedback {trace_id} down --sql CORRECTION"
        )

    def close(self) -> None:
        """Let go of the store."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _store(self) -> Store:
        if self._opened is None:
            self._opened = self._open_store()
        return self._opened

    def _meant(self, trace_id: str) -> tuple[str, str, str]:
        """The whole id, the question and its user, as far as this machine knows of them."""
        wanted = str(trace_id).strip().lower()
        unknown: DBAgentError = FeedbackRefused(
            f"{one_line(str(trace_id), 80)!r} is no trace; a receipt names one in full, of 32 letters and digits."
        )
        if self._traces is not None:
            try:
                found = self._traces.wanted(wanted).summary
                return found.id, found.question, found.user or ""
            except TraceNotFound as error:
                unknown = error
        if (self._langfuse.remote or self._traces is None) and re.fullmatch("[0-9a-f]{32}", wanted):
            return wanted, "", ""  # of another machine, or kept by Langfuse alone
        raise unknown

    def _sent(self, given: Feedback) -> Taken:
        """Send what is waiting, the oldest first, with this one."""
        if not self._langfuse.remote:
            return Taken(given)
        destination = self._langfuse.project
        trouble = ""
        while waiting := self._store.unsent_feedback(destination):
            some = waiting[:_SENT_AT_ONCE]
            try:
                trouble = self._langfuse.score([_score(each) for each in some]) or trouble
            except LangfuseUnreachable as error:
                return Taken(given, len(waiting), str(error))
            self._store.mark_sent([each.id for each in some])
        return Taken(given, 0, trouble)


def _score(given: Feedback) -> Score:
    return Score(
        id=given.id,
        trace_id=given.trace_id,
        name=SCORE,
        good=given.rating == "up",
        comment=given.comment,
        metadata={key: text for key, text in (("correction", given.sql), ("user_id", given.user_id)) if text},
        at=given.given,
    )


def _text(what: str, given: str) -> str:
    if not isinstance(given, str):
        raise FeedbackRefused(f"A {what} is text, and this is {type(given).__name__}.")
    text = given.encode("utf-8", "replace").decode().replace("\0", " ").strip()
    if len(text) > LONGEST_TEXT:
        raise FeedbackRefused(f"The {what} has {len(text):,} characters; {LONGEST_TEXT:,} are the limit. Shorten it.")
    return text
