"""Asks the cases, scores what comes back, and keeps it at once: a run may be ended anywhere and gone on with."""

from __future__ import annotations

import asyncio
import copy
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from agent.answer import Answer
from agent.db_agent import DBAgent
from agent.errors import (
    DatabaseUnavailable,
    DBAgentError,
    ModelUnavailable,
    PolicyInvalid,
    PromptInvalid,
    PromptNotFound,
    QuestionRefused,
    SettingsError,
    ToolError,
    UserNotPermitted,
)
from agent.evaluation.cases import Case, shown_database
from agent.evaluation.results import CaseResult, Preview, ResultStore, Run
from agent.evaluation.scoring import WRONG, Score, order_of, score
from agent.llmops.langfuse_values import Experiment
from agent.llmops.trace_records import EVALUATION
from agent.llmops.tracing import part_of
from tools.database import Database
from tools.engines import open_engine
from tools.engines.engine import Bounds, Engine, Fetched
from tools.engines.place import locate
from tools.engines.watch import Stop
from tools.policy import User
from tools.same_rows import Order

MOST_ROWS = 100_000  # of one result that is compared
_MOST_BYTES = 200_000_000
_GOLD_SECONDS = 60.0
# A provider that is down answers none of the next either; each try may take a minute.
_MODEL_FAILURES_IN_A_ROW = 3
# Nothing of a run can go right with these.
_NOBODY_CAN_BE_ASKED = (SettingsError, PromptNotFound, PromptInvalid, PolicyInvalid)

OpenAgent = Callable[[str], DBAgent]
Hear = Callable[[Case, CaseResult], None]
Ask = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True)
class Asking:
    """What every case of a run is asked with; `evidence` says whether a case's is told, `experiment` what its trace is
    a part of."""

    prompt_label: str | None = None
    evidence: bool = True
    jobs: int = 1
    experiment: Callable[[Case], Experiment | None] = lambda case: None


async def ask_all(
    run: Run,
    cases: Sequence[tuple[Case, str | None]],
    store: ResultStore,
    open_agent: OpenAgent,
    asking: Asking,
    hear: Hear = lambda case, result: None,
) -> None:
    """Ask the cases of a run that have no score yet, at most `jobs` at once, and keep each result when it comes.

    The turns of a dialogue, which stand one after the other, are asked in one session that is kept nowhere else. One
    that was broken off is asked again from its first turn; one whose turns all have a score never again.

    `cases` gives for each the URL or path of its database, None where there is none of its name. `open_agent` opens
    an agent over one; no more than `jobs` are open at a time, and every one is closed. `hear` is told of each
    result. What one case or database does wrong is its result and the rest goes on; raises ModelUnavailable when the
    model was away three times in a row, and SettingsError, PromptNotFound, PromptInvalid, PolicyInvalid at once.
    """
    before = {each.case_id: each for each in store.results(run.id)}
    todo: list[tuple[tuple[Case, ...], str | None]] = []  # what is asked in one session, and its database
    for _, several in groupby(cases, lambda each: each[0].entry):
        together, urls = zip(*several, strict=True)
        if not all(_has_score(case, before) for case in together):
            todo.append((together, urls[0]))

    def keep(case: Case, result: CaseResult) -> None:
        store.keep(run.id, result)
        hear(case, result)

    for together, url in todo:
        for case in together if url is None else ():
            keep(case, _without_score(case, _no_database(case.db)))
    # One database after the other, so that few are open at a time.
    by_url: dict[str, list[tuple[Case, ...]]] = {}
    for together, url in todo:
        if url is not None:
            by_url.setdefault(url, []).append(together)
    queue = deque((together, url) for url, of_url in by_url.items() for together in of_url)
    async with _Opened(open_agent, Counter(url for _, url in queue)) as opened:
        work = _Work(opened, asking, keep, queue)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(max(1, asking.jobs)):
                    group.create_task(work.go_on())
        except ExceptionGroup as several:  # the others ended because the first did
            raise several.exceptions[0] from None
        if work.given_up:
            raise work.given_up
    store.finish(run.id, len(cases))


def _has_score(case: Case, before: Mapping[str, CaseResult]) -> bool:
    known = before.get(case.id)
    return known is not None and known.scored and known.digest == case.digest


class _Opened:
    """The databases that are open, each until the last of its cases is done."""

    def __init__(self, open_agent: OpenAgent, cases: Counter[str]) -> None:
        self._open_agent = open_agent
        self._left = cases
        self._places: dict[str, asyncio.Task[_Place]] = {}

    async def __aenter__(self) -> _Opened:
        return self

    async def __aexit__(self, *_: object) -> None:
        for url in list(self._places):
            await self._close(url)

    async def get(self, url: str) -> _Place:
        """The database, opened when first asked for. Raises what opening it raised, each time."""
        if url not in self._places:
            self._places[url] = asyncio.create_task(asyncio.to_thread(_open, self._open_agent, url))
        return await asyncio.shield(self._places[url])

    async def done(self, url: str) -> None:
        """One of its cases is done."""
        self._left[url] -= 1
        if self._left[url] <= 0:
            await self._close(url)

    async def _close(self, url: str) -> None:
        task = self._places.pop(url, None)
        if task is None:
            return
        await asyncio.wait([task])
        if task.cancelled() or task.exception():  # told where it was asked for
            return
        place = task.result()
        await place.agent.aclose()
        await asyncio.to_thread(place.engine.close)


@dataclass
class _Place:
    """One database: the agent that is asked, and the way in which the gold SQL is run."""

    agent: DBAgent
    engine: Engine

    @property
    def dialect(self) -> str:
        return self.agent.toolbox.database.meta.dialect


def _open(open_agent: OpenAgent, url: str) -> _Place:
    agent = open_agent(url)
    try:
        # Gold SQL is no model's: it is read without the guard, on a connection that can only read.
        engine = open_engine(locate(url), _GOLD_SECONDS)
    except BaseException:
        agent.close()
        raise
    return _Place(agent, engine)


@dataclass
class _Work:
    """What the jobs of one run share."""

    opened: _Opened
    asking: Asking
    keep: Callable[[Case, CaseResult], None]
    queue: deque[tuple[tuple[Case, ...], str]]
    failures: int = 0
    given_up: ModelUnavailable | None = None

    async def go_on(self) -> None:
        """Take one case or dialogue after the other until there are none."""
        while self.queue and not self.given_up:
            together, url = self.queue.popleft()
            try:
                await self._ask(together, url)
            finally:
                await self.opened.done(url)

    async def _ask(self, together: Sequence[Case], url: str) -> None:
        try:
            place = await self.opened.get(url)
        except _NOBODY_CAN_BE_ASKED:
            raise
        except DBAgentError as error:
            for case in together:
                self.keep(case, _without_score(case, str(error)))
            return
        user = _user(together[0])
        ask: Ask = partial(place.agent.ask, user=user)
        if together[0].dialogue:
            ask = place.agent.session(user=user, kept=False).ask
        for at, case in enumerate(together):
            result = await self._result(case, place, ask)
            # Kept before anything else is awaited: what was paid for is not lost to an interruption.
            self.keep(case, result)
            if not result.scored:
                for after in together[at + 1 :]:
                    self.keep(after, _without_score(after, f"It was not asked, since {case.id} could not be scored."))
                return

    async def _result(self, case: Case, place: _Place, ask: Ask) -> CaseResult:
        try:
            golds = [] if case.rows is not None else [await _gold(place, sql) for sql in case.gold_sql]
        except DBAgentError as error:
            return _without_score(case, f"The gold SQL fails: {error}")
        if any(fetched.more for fetched, _ in golds):
            return _without_score(case, f"The gold SQL gives more than {MOST_ROWS:,} rows.")
        started = time.monotonic()
        try:
            with part_of(self.asking.experiment(case)):
                answer = await ask(
                    case.asked if self.asking.evidence else case.question,
                    prompt_label=self.asking.prompt_label,
                    tags=(EVALUATION,),
                    fresh=True,
                )
        except _NOBODY_CAN_BE_ASKED:
            raise
        except ModelUnavailable as error:
            self.failures += 1
            if self.failures >= _MODEL_FAILURES_IN_A_ROW:
                self.given_up = error
            return _without_score(case, str(error))
        except DatabaseUnavailable as error:
            return _without_score(case, str(error))
        except (QuestionRefused, UserNotPermitted) as error:
            return replace(_of(case), outcome="refused", same=False, text=str(error))
        except Exception as error:  # a door: one case that breaks DBAgent is a wrong answer, not the end of the run
            problem = f"DBAgent itself broke: {type(error).__name__}: {error}"
            return replace(_of(case), outcome="fault", same=False, problem=problem, seconds=time.monotonic() - started)
        self.failures = 0
        return await asyncio.to_thread(_scored, case, answer, golds, place)


def _user(case: Case) -> User | None:
    return User(case.user.id, case.user.roles, case.user.variables) if case.user else None


async def _gold(place: _Place, sql: str) -> tuple[Fetched, Order | None]:
    bounds, stop = Bounds(MOST_ROWS, _GOLD_SECONDS, result_bytes=_MOST_BYTES), Stop()
    try:
        fetched = await asyncio.to_thread(place.engine.run, sql.strip().rstrip(";"), bounds, stop)
    except asyncio.CancelledError:
        stop.now()
        raise
    return fetched, order_of(sql, place.dialect, fetched.columns)


def _scored(case: Case, answer: Answer, golds: Sequence[tuple[Fetched, Order | None]], place: _Place) -> CaseResult:
    """The answer against every gold; the best of them counts."""
    columns, rows, problem = _rows(case, answer, place)
    wanted: list[tuple[tuple[str, ...], tuple[tuple[Any, ...], ...], Order | None]]
    wanted = [(fetched.columns, fetched.rows, _order(case, order)) for fetched, order in golds]
    if case.rows is not None:
        wanted = [((), case.rows, _order(case, None))]
    scores = [score(rows, each, order) if answer.answered and not problem else WRONG for _, each, order in wanted]
    best = max(range(len(scores)), key=lambda at: (scores[at].same, scores[at].soft_f1))
    return _with_answer(case, answer, scores[best], Preview.of(columns, rows), Preview.of(*wanted[best][:2]), problem)


def _order(case: Case, of_gold: Order | None) -> Order | None:
    if case.ordered is None:
        return of_gold
    return (of_gold or Order()) if case.ordered else None


def _rows(case: Case, answer: Answer, place: _Place) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...], str]:
    """All the rows of the answer: where only the first were fetched, its SQL runs once more, for the same user."""
    table = answer.table
    if table is None:
        return (), (), ""
    if not table.more:
        return table.columns, table.rows, ""
    try:
        whole = _wide(place.agent.toolbox.seen_by(_user(case)).database).query(table.sql)
    except (ToolError, DatabaseUnavailable) as error:
        return table.columns, table.rows, f"Only the first rows could be compared: {error}"
    return whole.columns, whole.rows, f"It gives more than {MOST_ROWS:,} rows." if whole.more else ""


def _wide(database: Database) -> Database:
    """The same database, connections and permissions, with room for more rows."""
    wide = copy.copy(database)
    wide.limits = replace(database.limits, rows=MOST_ROWS, result_bytes=_MOST_BYTES)
    return wide


def _with_answer(
    case: Case, answer: Answer, scored: Score, given: Preview, wanted: Preview, problem: str
) -> CaseResult:
    receipt = answer.receipt
    version = "" if receipt.prompt_version is None else f" v{receipt.prompt_version}"
    return replace(
        _of(case),
        outcome=receipt.outcome,
        answered=answer.answered,
        same=scored.same,
        soft_f1=scored.soft_f1,
        sql=answer.sql,
        text=answer.text,
        given=given,
        wanted=wanted,
        steps=receipt.steps,
        tool_calls=receipt.tool_calls,
        tokens=None if receipt.tokens is None else receipt.tokens.total,
        cost_usd=receipt.cost_usd,
        seconds=receipt.seconds,
        models=receipt.models,
        prompt=f"{receipt.prompt_name}{version} ({receipt.prompt_label}, {receipt.prompt_source})",
        prompt_version=receipt.prompt_version,
        prompt_source=receipt.prompt_source,
        trace_id=receipt.trace_id,
        problem=problem,
    )


def _of(case: Case) -> CaseResult:
    return CaseResult(
        case_id=case.id,
        digest=case.digest,
        question=case.question,
        db=shown_database(case.db),
        difficulty=case.difficulty,
        language=case.language,
        place=case.place,
        gold_sql=case.gold_sql,
        dialogue=case.dialogue,
        earlier=case.earlier,
        turns=case.turns,
    )


def _no_database(name: str) -> str:
    return f"There is no database {name!r} ({name}.sqlite, .db or .duckdb) beside the cases or in the folder of --db."


def _without_score(case: Case, problem: str) -> CaseResult:
    return replace(_of(case), problem=problem)
