"""Which of two models is asked: each for its phases of a question, or the cheap one first, then the strong one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent.errors import ModelUnavailable
from agent.llm.language_model import LanguageModel, OnText
from agent.llm.retry import Told
from agent.messages import SQL, ModelReply, Standing

FAILED_QUERIES_AT_MOST = 1


@dataclass(frozen=True)
class Handover:
    """Why the strong model is asked, and whether it keeps the question."""

    why: str
    for_good: bool = True


# Whether the strong model is to be asked, as the question stands, and (once there is one) with this reply of the fast
# one; None where the fast one will do.
Rule = Callable[[Standing, ModelReply | None], Handover | None]


class RoutedModel:
    """Asks the fast model, unless the rule wants the strong one, before or after hearing what the fast one says.

    What the fast one said and is not used is passed over: taken back where it was told, and counted in the reply that
    comes in its place. A fast model that is away is as good as one whose reply is not used. A question of which nothing
    is known (no `standing`) goes to the strong one.
    """

    def __init__(self, fast: LanguageModel, strong: LanguageModel, rule: Rule) -> None:
        self._fast = fast
        self._strong = strong
        self._rule = rule

    async def create_completion(
        self,
        messages: Any,
        *,
        model: str | None = None,
        on_text: OnText | None = None,
        standing: Standing | None = None,
        **options: Any,
    ) -> ModelReply:
        """Ask one of the two, or one after the other; `model` is for the strong one. Raises ModelUnavailable."""
        standing = standing or Standing(SQL, took_over="nothing is known of the question")
        passed_over: tuple[ModelReply, ...] = ()
        handover = Handover(standing.took_over) if standing.took_over else self._rule(standing, None)
        if handover is None:
            told = Told(on_text)
            try:
                reply = await self._fast.create_completion(messages, on_text=told.hear, standing=standing, **options)
            except ModelUnavailable as error:
                handover = Handover(f"the fast model is away: {error}")
            else:
                handover = self._rule(standing, reply)
                if handover is None:
                    return reply
                passed_over = (*reply.passed_over, reply)
            told.take_back()
        reply = await self._strong.create_completion(
            messages, model=model, on_text=on_text, standing=standing, **options
        )
        took_over = reply.took_over or (handover.why if handover.for_good else "")
        return replace(reply, passed_over=(*passed_over, *reply.passed_over), took_over=took_over)

    async def aclose(self) -> None:
        """Close the connections of both."""
        await self._fast.aclose()
        await self._strong.aclose()


_WRITES_SQL = Handover("it writes the SQL", for_good=False)


def by_phase(standing: Standing, reply: ModelReply | None) -> Handover | None:
    """The fast model looks things up and puts results into words; the strong one writes the SQL.

    A fast model that would write SQL itself, or answer before anything was asked of the database, is passed over.
    """
    if standing.phase == SQL:
        return _WRITES_SQL
    if reply is None:
        return None
    if reply.tool_calls:
        return _WRITES_SQL if any(call.name == "execute_sql" for call in reply.tool_calls) else None
    return None if standing.queried else _WRITES_SQL


def cheap_first(standing: Standing, reply: ModelReply | None) -> Handover | None:
    """The cheap model does all of it; the strong one takes over, for good, when it cannot.

    It cannot when two of its queries were refused or failed, and when its answer is cut off, was given without having
    asked the database, or leaves a doubt standing: joins that repeat rows, nothing found for a value that there is not.
    """
    if standing.failed_queries > FAILED_QUERIES_AT_MOST:
        return Handover(f"{standing.failed_queries} queries failed")
    if reply is None:
        return None
    if reply.finish_reason in ("length", "content_filter"):
        return Handover(f"the reply was not whole ({reply.finish_reason})")
    if reply.tool_calls:
        return None
    if not standing.queried:
        return Handover("it answered without a query")
    return Handover(f"it let a doubt stand: {standing.doubts[0]}") if standing.doubts else None
