"""The loop: compile the prompt, ask the model, run the tools it calls, until it answers or a limit is reached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from agent.answer import (
    ASKED,
    NO_QUERY,
    TIME_LIMIT,
    Answer,
    Interpretation,
)
from agent.asking_back import AskingBack, AskUser, Later
from agent.budget import QuestionLimits, room_for
from agent.errors import FeedbackRefused, ModelUnavailable, PromptInvalid
from agent.events import (
    AnswerReady,
    Event,
    PhaseStarted,
    QuestionStarted,
    Tell,
    TextDelta,
    TextWithdrawn,
    ToolFinished,
    ToolStarted,
    tell_nobody,
)
from agent.feedback import FeedbackDesk, Taken
from agent.llm.clock import model_clock
from agent.llm.language_model import LanguageModel
from agent.llmops.experiments import Experiment
from agent.llmops.prompts import CompiledPrompt, Prompt, PromptSource
from agent.llmops.tracing import Tracing
from agent.messages import SQL, ModelReply, Standing, ToolCall, ToolReply
from agent.opening import checked, checked_turn, user_turn
from agent.outcome import Effort, answer_of, asked_how, ending, summary, used_up
from agent.own_loop import OwnLoop
from agent.prompt_tokens import PromptTokens
from agent.session import Session, Shelf
from agent.times.ranges import Calendar
from agent.times.resolver import resolve
from agent.toolbox import Toolbox
from agent.votes import ballot, choice, most_agreed
from agent.work import Work
from tools.ask_user import Clarification
from tools.database import stoppable
from tools.knowledge_files import Example
from tools.policy import User
from tools.text import one_line

if TYPE_CHECKING:
    from agent.store import SessionSummary

T = TypeVar("T")

PROMPT = "agent/db_agent"

SAME_CALL_AT_MOST = 2

SAY_WHAT_YOU_KNOW = (
    "No more tools can be called for this question. Answer now from the results above; "
    "say plainly what is still missing."
)
TOLD_ALREADY = (
    "You have made this very call {count} times and its result has not changed. Do something else, "
    "or answer with what you have."
)
NO_TABLES = (
    "The database has no table that you may read, so there is nothing to ask it. Check its name and your rights."
)
NOT_RUN = "Not run: the limit of {limit} tool calls for one question is reached."


class DBAgent:
    """Answers questions over one database. Keeps nothing between questions; may answer many at once."""

    def __init__(
        self,
        model: LanguageModel,
        toolbox: Toolbox,
        prompts: PromptSource,
        tracing: Tracing,
        limits: QuestionLimits | None = None,
        *,
        calendar: Calendar | None = None,
        experiment: Experiment | None = None,
        shelf: Shelf | None = None,
        desk: FeedbackDesk | None = None,
        close: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.model = model
        self.toolbox = toolbox
        self.prompts = prompts
        self.tracing = tracing
        self.limits = limits or QuestionLimits()
        self.calendar = calendar or Calendar()
        self.experiment = experiment or Experiment()
        self._shelf = shelf or Shelf()
        self.desk = desk
        self._close = close
        self._own_loop = OwnLoop()

    async def ask(
        self,
        question: str,
        *,
        history: Sequence[Mapping[str, Any]] = (),
        user: User | str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        prompt_label: str | None = None,
        tags: Sequence[str] = (),
        today: date | None = None,
        effort: Effort = "normal",
        fresh: bool = False,
        ask_user: AskUser | Later | None = None,
        choices: Sequence[Interpretation] = (),
        tell: Tell = tell_nobody,
    ) -> Answer:
        """Answer one question.

        `history` is earlier turns as chat messages (role, content). `user` is whose permissions hold, where a policy
        is set; an id alone, there or as `user_id`, is a user without roles. `tags` mark the trace; `today` is the day
        that "last month" is reckoned from, None for this one. `effort` "high" asks for several candidates and answers
        with what most of them agree on, at as many times the cost. Without a `prompt_label`, a user with an id takes
        part in the experiment that is set, and one without by the session. `fresh` is for an answer cache around this:
        whoever is asked here is asked afresh. `ask_user` is called where the readings of the question lead to different
        SQL: it shows the options and gives what the user says. "later" makes the question back the answer; without one
        the agent goes on with an assumption, which stands in the receipt. `choices` are those that the user made when
        the same question was asked before; a session gives them. `tell` hears each event as it happens, in the caller's
        event loop. Raises QuestionRefused, PromptNotFound, PromptInvalid, ModelUnavailable, DatabaseUnavailable,
        UserNotPermitted; limits are outcomes in the receipt.
        """
        question = checked(question)
        if user is None:
            user = user_id
        asking = User(user) if isinstance(user, str) else user
        user_id = asking.id if asking else None
        with (
            self.tracing.question(
                "db_agent", input=question, user_id=user_id, session_id=session_id, tags=tags
            ) as root,
            model_clock(self.limits.seconds) as clock,
        ):
            tell(QuestionStarted(question, root.trace_id))
            # All of it in one go: each change of thread waits for the others, of which a busy agent has many.
            chosen_by = (prompt_label, user_id or session_id)
            back = AskingBack(ask_user, self.limits.questions_back, choices)
            work, day = await asyncio.to_thread(
                self._begun, question, asking, history, choices, chosen_by, today, back, fresh, tell
            )
            # Told before the model is asked: a question that fails counts for its prompt version too.
            root.update(metadata=asked_how(work.prompt, work.toolbox, len(history), day, effort))
            try:
                async with asyncio.timeout(self.limits.seconds) as deadline:
                    back.deadline = deadline
                    if effort == "high":
                        await most_agreed(work, self.limits.candidates, self._candidate, self._judge)
                    else:
                        await self._work(work, self.limits)
            except TimeoutError:
                if not deadline.expired():
                    raise
                if not work.outcome:
                    work.finish(used_up(work, TIME_LIMIT, self.limits), TIME_LIMIT)
            except BaseException:  # a question that fails was paid for too
                root.update(metadata={"prompt_tokens": work.spent.by_section()})
                raise
            example = None
            if work.tables and work.toolbox.database.knowledge.examples:
                example = await asyncio.to_thread(_example_followed, work)
            answer = answer_of(work, root.trace_id, self.tracing.link(root.trace_id), clock.seconds, example)
            told = {**summary(answer.receipt), "prompt_tokens": work.spent.by_section()}
            root.update(output=answer.text, metadata=told)
        tell(AnswerReady(answer))
        return answer

    async def stream(self, question: str, **options: Any) -> AsyncIterator[Event]:
        """The events of `ask(question, **options)` as they happen; leaving the iteration cancels the question."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        # A task of its own: spans opened inside an async generator leak to its consumer.
        task = asyncio.create_task(self.ask(question, tell=queue.put_nowait, **options))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def ask_sync(self, question: str, **options: Any) -> Answer:
        """`ask` for callers that do not await; works within a running event loop too, which it holds up."""
        return self.run(self.ask(question, **options))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run what is awaited elsewhere for a caller that does not await."""
        return self._own_loop.run(work)

    def session(self, id: str | None = None, *, user: User | str | None = None, kept: bool = True) -> Session:
        """The conversation of that id with its turns so far; a new one where there is none, or without an id.

        `user` is whose it is, and with whose permissions it is asked. Reads the store; one that is not `kept` is new
        and in memory alone. Raises SessionUnknown where it is another user's.
        """
        shelf = self._shelf if kept else Shelf(history_tokens=self._shelf.history_tokens)
        return shelf.session(self, id, User(user) if isinstance(user, str) else user)

    def sessions(self, *, user: User | str | None = None, limit: int = 20) -> list[SessionSummary]:
        """The conversations of the user, the latest first. Raises StoreUnavailable."""
        return self._shelf.sessions(User(user) if isinstance(user, str) else user, limit)

    def feedback(self, trace_id: str, rating: str, *, comment: str = "", sql: str = "", user_id: str = "") -> Taken:
        """Keep what somebody thinks of an answer, by its `receipt.trace_id`: "up" or "down", and the SQL that is right.

        See FeedbackDesk.give. Not async: it takes milliseconds, or a second where a Langfuse does not answer; within
        an event loop call it with asyncio.to_thread. Raises FeedbackRefused, TraceNotFound, StoreUnavailable.
        """
        if self.desk is None:
            raise FeedbackRefused("This agent keeps no feedback; one that open_agent gives does.")
        return self.desk.give(trace_id, rating, comment=comment, sql=sql, user_id=user_id)

    async def aclose(self) -> None:
        """Close what was opened for this agent; asking it afterwards is an error."""
        if self._close:
            await self._close()
        await asyncio.to_thread(self._own_loop.close)

    def close(self) -> None:
        """`aclose` for callers that do not await."""
        if self._close:
            self._own_loop.run(self._close())
        self._own_loop.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begun(
        self,
        question: str,
        user: User | None,
        history: Sequence[Mapping[str, Any]],
        choices: Sequence[Interpretation],
        chosen_by: tuple[str | None, str | None],
        today: date | None,
        asking: AskingBack,
        fresh: bool,
        tell: Tell,
    ) -> tuple[Work, date]:
        """The question with all that its model is told at first, and the day it is asked on."""
        toolbox = self.toolbox.seen_by(user)
        prompt, frame = self._compile(self.chosen_prompt(*chosen_by), toolbox)
        database = toolbox.database
        known = database.knowledge.for_question(question, database.meta)
        # Whoever asks afresh does not trust what was answered, and what goes on from something else is like nothing.
        earlier = None if fresh or history or choices else self.answered_before(question, toolbox)
        if earlier:
            known = (*known, f"Answered before: {one_line(earlier.question, 200)} → {earlier.sql}")
        now = self.calendar.now(today)
        times = resolve(question, now, self.calendar)
        told = (*(f"Time: {each.told(self.calendar)}" for each in times), *known, *(each.told() for each in choices))
        spent = PromptTokens(frame=frame, history=len(history), known=known)
        work = Work(question, prompt, toolbox, spent, tell, asking, times, interpretations=list(choices))
        work.earlier = earlier.question if earlier else None
        work.messages += [
            {"role": "system", "content": prompt.text},
            *map(checked_turn, history),
            {"role": "user", "content": user_turn(question, self.calendar.of_today(now), told)},
        ]
        return work, now.date()

    def answered_before(self, question: str, toolbox: Toolbox) -> Example | None:
        """A question much like this one that was answered before, to be shown as an example; here None is known."""
        return None

    def chosen_prompt(self, label: str | None, who: str | None) -> Prompt:
        """The version to ask with: that of the label, else that of the user's arm in an experiment, else the usual one.

        Raises PromptNotFound, PromptInvalid.
        """
        arm = self.experiment.arm_of(who or "") if label is None else None
        prompt = self.prompts.get_prompt(PROMPT, label=label or arm)
        return prompt if arm is None else replace(prompt, experiment=self.experiment.name, arm=arm)

    def _compile(self, prompt: Prompt, toolbox: Toolbox) -> tuple[CompiledPrompt, str]:
        """The system prompt, and what of it is not the schema."""
        outline = toolbox.database.meta.outline(self.limits.schema_tokens)
        compiled = prompt.compile(meta=outline)
        try:
            frame = prompt.compile(meta={**outline, "schemas": []}).text
        except PromptInvalid:  # it counts on there being a schema
            frame = compiled.text
        return compiled, frame

    async def _candidate(self, work: Work, number: int) -> None:
        with self.tracing.span(f"candidate {number}", "chain") as span:
            await self._work(work, self.limits.share())
            span.update(output=work.text, metadata={"outcome": work.outcome})

    async def _judge(self, tied: Sequence[Work]) -> int | None:
        """Which of the candidates is right, in the words of the strong model; None where it cannot be asked."""
        asked = [tied[0].messages[0], {"role": "user", "content": ballot(tied[0].question, tied)}]
        standing = Standing(SQL, took_over="candidates are to be judged")
        with self.tracing.span("judging", "evaluator") as span:
            try:
                reply = await self.model.create_completion(
                    asked, model=tied[0].prompt.config.get("model"), standing=standing
                )
            except ModelUnavailable as error:
                span.update(level="WARNING", status=str(error))
                return None
            tied[0].replies.append(replace(reply, took_over=""))
            chosen = choice(reply.text, len(tied))
            span.update(output=reply.text, metadata={"chosen": chosen})
            return chosen

    async def _work(self, work: Work, limits: QuestionLimits) -> None:
        if next(work.toolbox.database.meta.tables(), None) is None:
            work.finish(NO_TABLES, NO_QUERY)
            return
        with ExitStack() as stack:
            phases = _Phases(self.tracing, stack, work.tell)
            while True:
                phases.enter(work.phase_of_next_model_call)
                room = room_for(limits, work.replies, work.tool_calls, work.messages, work.toolbox.schemas)
                if not room.call:
                    work.finish(used_up(work, room.limit, self.limits), room.limit)
                    return
                reply = await self._ask_model(work, last=bool(room.limit))
                if not reply.tool_calls or room.limit:
                    work.finish(*ending(reply, room.limit, work))
                    return
                work.tell(TextWithdrawn())
                await self._run_tools(reply, work, phases)
                if work.asked is not None:
                    work.finish(work.asked.for_user(), ASKED)
                    return

    async def _ask_model(self, work: Work, *, last: bool) -> ModelReply:
        if last and work.replies:
            work.messages.append({"role": "user", "content": SAY_WHAT_YOU_KNOW})
        config, tools = work.prompt.config, () if last else work.toolbox.schemas
        work.spent.count(work.messages, tools)
        reply = await self.model.create_completion(
            work.messages,
            model=config.get("model"),
            tools=tools,
            temperature=config.get("temperature", 0.0) if work.temperature is None else work.temperature,
            prompt_client=work.prompt.link,
            parallel_tool_calls=False,
            on_text=lambda text: work.tell(TextWithdrawn() if text is None else TextDelta(text)),
            standing=work.standing,
        )
        work.heard(reply)
        return reply

    async def _run_tools(self, reply: ModelReply, work: Work, phases: _Phases) -> None:
        """Run every call of the reply at once; their results go back in the order of the calls."""
        wants_rows = any(call.name == "execute_sql" for call in reply.tool_calls)
        phases.enter(SQL if wants_rows or work.tables else phases.current)
        room = self.limits.tool_calls - work.tool_calls
        work.tool_calls += len(reply.tool_calls)
        replies = await asyncio.gather(
            *(self._run_tool(call, work, within=at < room) for at, call in enumerate(reply.tool_calls))
        )
        for told in replies:
            work.messages.append(work.said_once(told).as_message())
            work.note(told)

    async def _run_tool(self, call: ToolCall, work: Work, *, within: bool) -> ToolReply:
        work.tell(ToolStarted(call))
        with self.tracing.span(call.name or "unnamed tool", "tool", input=call.arguments) as span:
            work.same_calls[call.name, call.arguments] += 1
            count = work.same_calls[call.name, call.arguments] - 1
            if not within:
                told = ToolReply(call, NOT_RUN.format(limit=self.limits.tool_calls), failed=True)
            elif count >= SAME_CALL_AT_MOST:
                told = ToolReply(call, TOLD_ALREADY.format(count=count), failed=True)
            else:
                began = time.monotonic()
                with stoppable() as stop:
                    try:
                        told = await asyncio.to_thread(work.toolbox.call, call)
                    except asyncio.CancelledError:
                        stop()
                        raise
                    finally:  # also of a query that was stopped
                        work.tool_seconds += time.monotonic() - began
                if isinstance(told.value, Clarification):
                    told = await work.asking.replied(told, told.value, work.tell, work)
            span.update(output=told.text)
            if told.failed:
                span.update(level="WARNING", status=told.text)
        work.tell(ToolFinished(told))
        return told


class _Phases:
    """Which phase is open: its span takes the spans of what happens meanwhile."""

    def __init__(self, tracing: Tracing, stack: ExitStack, tell: Tell) -> None:
        self._tracing = tracing
        self._stack = stack
        self._tell = tell
        self.current = ""

    def enter(self, name: str) -> None:
        """Be in the phase of that name, ending the one before."""
        if name == self.current:
            return
        self._stack.close()
        self.current = name
        self._stack.enter_context(self._tracing.span(name, "chain"))
        self._tell(PhaseStarted(name))


def _example_followed(work: Work) -> str | None:
    """How the verified example is called that the last query follows; None where it follows none."""
    database = work.toolbox.database
    found = database.knowledge.example_followed(work.tables[-1].sql, work.question, database.meta)
    return found.called if found else None
