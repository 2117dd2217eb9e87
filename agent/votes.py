"""Several independent candidates for one answer: the result that most of them agree on wins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from agent.answer import ANSWERED, ASKED, CUT_OFF, NO_QUERY, Votes
from agent.errors import ModelUnavailable
from agent.work import Work
from tools.same_rows import same_rows

# The first candidate is asked as any question is; the others are asked warm, so that they may differ.
WARM = 0.7

JUDGE = """\
Several attempts to answer one question came to different results. Judge by the question, the schema and the SQL which \
one answers what was asked. Reply with its number and nothing else."""

Run = Callable[[Work, int], Awaitable[None]]
"""Works on a candidate until it has an outcome; the number is its place."""

Judge = Callable[[Sequence[Work]], Awaitable[int | None]]
"""Which of these candidates is right, as an index; None where it cannot say."""


async def most_agreed(work: Work, count: int, run: Run, judge: Judge) -> None:
    """Answer by the vote of `count` candidates; `work` then holds the answer that won, and all that it took.

    As many as make a majority are asked at first, and the rest only where these do not agree. Candidates whose model is
    away do not vote; raises ModelUnavailable where all are. A tie is for the judge, else for the earliest.
    """
    works = [work.another(None if at == 0 else WARM) for at in range(count)]
    majority = count // 2 + 1
    try:
        await _run_all(works[:majority], 1, run)
        groups = await asyncio.to_thread(agreeing, works)
        if len(groups[0]) < majority:
            await _run_all(works[majority:], majority + 1, run)
            groups = await asyncio.to_thread(agreeing, works)
        tied = [group for group in groups if len(group) == len(groups[0])]
        chosen = await judge([group[0] for group in tied]) if len(tied) > 1 else None
        work.adopt(*_winner(tied[chosen or 0], groups, judged=chosen is not None))
    except asyncio.CancelledError:  # what is known by then is what can be said
        if any(each.outcome for each in works):
            groups = agreeing(works)
            work.adopt(*_winner(groups[0], groups, judged=False))
        work.tables = work.tables or next((each.tables for each in works if each.tables), [])
        raise
    finally:
        for each in works:
            work.include(each)


def agreeing(works: Sequence[Work]) -> list[list[Work]]:
    """The candidates that came to an end, by what they came to, the largest group first.

    Those that rest on a query are together when its rows are the same, those that ran none because of that. Those that
    a limit ended have no vote where there are others.
    """
    ended = [work for work in works if work.outcome]
    voting = [work for work in ended if work.outcome in (ANSWERED, ASKED, CUT_OFF, NO_QUERY)] or ended
    groups: list[list[Work]] = []
    for work in voting:
        alike = next((group for group in groups if _same(group[0], work)), None)
        if alike is None:
            groups.append([work])
        else:
            alike.append(work)
    return sorted(groups, key=len, reverse=True)


def ballot(question: str, candidates: Sequence[Work]) -> str:
    """What the judge is asked."""
    parts = [f"Question: {question}"]
    for at, work in enumerate(candidates, 1):
        result = work.tables[-1] if work.tables else None
        rests_on = f"SQL: {result.sql}\n{result.for_model()[:3_000]}" if result else "It ran no query."
        parts.append(f"Attempt {at}. {rests_on}\nIt says: {work.text[:1_000]}")
    return "\n\n".join([*parts, JUDGE])


def choice(text: str, of: int) -> int | None:
    """The index that the judge's reply names, None where it names none."""
    named = re.search(r"\d+", text)
    return int(named[0]) - 1 if named and 0 < int(named[0][:9]) <= of else None


def _same(one: Work, other: Work) -> bool:
    if one.asked or other.asked:
        return bool(one.asked and other.asked)
    if not one.tables or not other.tables:
        return not one.tables and not other.tables
    mine, yours = one.tables[-1], other.tables[-1]
    return mine.more == yours.more and same_rows(mine.rows, yours.rows)


def _winner(group: Sequence[Work], groups: Sequence[Sequence[Work]], *, judged: bool) -> tuple[Work, Votes]:
    doubtful = [work for work in group if work.tables and work.tables[-1].warnings]
    winner = next((work for work in group if work not in doubtful), group[0])
    return winner, Votes(sum(map(len, groups)), len(group), len(groups), judged)


async def _run_all(works: Sequence[Work], first: int, run: Run) -> None:
    ended = await asyncio.gather(*(run(work, at) for at, work in enumerate(works, first)), return_exceptions=True)
    failures = [each for each in ended if isinstance(each, BaseException)]
    for failure in failures:
        nobody_votes = first == 1 and len(failures) == len(works)
        if nobody_votes or not isinstance(failure, ModelUnavailable):
            raise failure
