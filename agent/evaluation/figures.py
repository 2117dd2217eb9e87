"""The figures of a run: how much was answered, how much of it was right, and what it took."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from agent.evaluation.results import CaseResult
from agent.evaluation.scoring import mcnemar, wilson


@dataclass(frozen=True)
class Figures:
    """Over the cases that could be scored; shares lie in 0 … 1 and are None of nothing.

    `accuracy` is execution accuracy: right among all that were scored, declined ones being wrong. `precision` is
    right among the answered. `tokens` is the mean of the cases whose tokens are known, `cost_usd` the sum of the
    known costs, `seconds` the median and `slow_seconds` the 95th percentile of a question's wall time.
    """

    name: str
    cases: int
    scored: int
    answered: int
    right: int
    soft_f1: float | None
    tool_calls: float | None
    tokens: float | None
    cost_usd: float | None
    seconds: float | None
    slow_seconds: float | None

    @property
    def accuracy(self) -> float | None:
        """Execution accuracy."""
        return self.right / self.scored if self.scored else None

    @property
    def answered_share(self) -> float | None:
        """Answered among the scored."""
        return self.answered / self.scored if self.scored else None

    @property
    def precision(self) -> float | None:
        """Right among the answered."""
        return self.right / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy."""
        return wilson(self.right, self.scored)


def effort(got: Figures) -> tuple[str, str, str, str]:
    """Tool calls, tokens, cost and median seconds, as people read them."""
    return (
        "-" if got.tool_calls is None else f"{got.tool_calls:.1f}",
        "?" if got.tokens is None else f"{got.tokens:,.0f}",
        money(got.cost_usd),
        duration(got.seconds),
    )


@dataclass(frozen=True)
class Comparison:
    """Two runs over the cases that both scored and that asked the same.

    `p_value` is that of McNemar's exact test: below 0.05 such a difference is seldom chance. `changed` counts cases
    of the same id that ask or want something else, `apart` those that only one run scored.
    """

    first: Figures
    second: Figures
    won: tuple[tuple[CaseResult, CaseResult], ...]  # wrong in the first, right in the second
    lost: tuple[tuple[CaseResult, CaseResult], ...]
    changed: int
    apart: int

    @property
    def p_value(self) -> float:
        """How likely so uneven a flip is by chance alone."""
        return mcnemar(len(self.lost), len(self.won))


def figures(results: Iterable[CaseResult], name: str = "all") -> Figures:
    """The figures of these results."""
    every = list(results)
    scored = [each for each in every if each.scored]
    tokens = [each.tokens for each in scored if each.tokens is not None]
    costs = [each.cost_usd for each in scored if each.cost_usd is not None]
    seconds = sorted(each.seconds for each in scored)
    return Figures(
        name=name,
        cases=len(every),
        scored=len(scored),
        answered=sum(each.answered for each in scored),
        right=sum(each.same is True for each in scored),
        soft_f1=statistics.fmean(each.soft_f1 for each in scored) if scored else None,
        tool_calls=statistics.fmean(each.tool_calls for each in scored) if scored else None,
        tokens=statistics.fmean(tokens) if tokens else None,
        cost_usd=sum(costs) if costs else None,
        seconds=statistics.median(seconds) if seconds else None,
        slow_seconds=seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))] if seconds else None,
    )


def whole_dialogues(results: Iterable[CaseResult]) -> list[CaseResult]:
    """One result for each dialogue, told as its first turn is.

    It is right when every turn is (the interaction match of SParC, Yu et al. 2019), answered when every turn is, and
    without a score while one turn has none. Calls, tokens, cost and seconds are sums, None where one is unknown.
    """
    by_dialogue: dict[str, list[CaseResult]] = {}
    for each in results:
        if each.dialogue:
            by_dialogue.setdefault(each.dialogue, []).append(each)
    return [_whole(sorted(turns, key=lambda each: each.turn)) for turns in by_dialogue.values()]


def _whole(turns: Sequence[CaseResult]) -> CaseResult:
    tokens = [each.tokens for each in turns if each.tokens is not None]
    costs = [each.cost_usd for each in turns if each.cost_usd is not None]
    unscored = [each.problem for each in turns if not each.scored]
    if len(turns) < turns[0].turns:
        unscored.append("It was broken off.")
    return replace(
        turns[0],
        case_id=turns[0].dialogue,
        digest=" ".join(each.digest for each in turns),
        answered=all(each.answered for each in turns),
        same=None if unscored else all(each.same is True for each in turns),
        soft_f1=statistics.fmean(each.soft_f1 for each in turns),
        problem=unscored[0] if unscored else "",
        steps=sum(each.steps for each in turns),
        tool_calls=sum(each.tool_calls for each in turns),
        tokens=sum(tokens) if len(tokens) == len(turns) else None,
        cost_usd=sum(costs) if len(costs) == len(turns) else None,
        seconds=sum(each.seconds for each in turns),
    )


def grouped(results: Sequence[CaseResult], key: Callable[[CaseResult], str]) -> list[Figures]:
    """The figures of each group, by its name; none where there are not at least two groups."""
    names = sorted({key(each) for each in results})
    known_order = ("simple", "easy", "medium", "moderate", "hard", "challenging", "extra")
    names.sort(key=lambda name: known_order.index(name) if name in known_order else len(known_order))
    if len(names) < 2:
        return []
    return [figures((each for each in results if key(each) == name), name or "(none)") for name in names]


def compared(first: Sequence[CaseResult], second: Sequence[CaseResult]) -> Comparison:
    """What flipped from the first run to the second."""
    others = {each.case_id: each for each in second if each.scored}
    mine = {each.case_id: each for each in first if each.scored}
    both = [(each, others[id]) for id, each in mine.items() if id in others]
    pairs = [(one, other) for one, other in both if one.digest == other.digest]
    return Comparison(
        first=figures(one for one, _ in pairs),
        second=figures(other for _, other in pairs),
        won=tuple(pair for pair in pairs if not pair[0].same and pair[1].same),
        lost=tuple(pair for pair in pairs if pair[0].same and not pair[1].same),
        changed=len(both) - len(pairs),
        apart=len(mine.keys() ^ others.keys()),
    )


GROUPS: tuple[tuple[str, Callable[[CaseResult], str]], ...] = (
    ("difficulty", lambda each: each.difficulty),
    ("language", lambda each: each.language),
    ("database", lambda each: each.db),
    ("turn", lambda each: str(each.turn) if each.dialogue else ""),
)


def unscored(results: Iterable[CaseResult]) -> dict[str, list[str]]:
    """Why cases could not be scored: the ids of those that each reason kept from it."""
    reasons: dict[str, list[str]] = {}
    for each in results:
        if not each.scored:
            reasons.setdefault(each.problem, []).append(each.case_id)
    return reasons


def significance(both: Comparison) -> str:
    """What a comparison says, in a sentence."""
    if not both.won and not both.lost:
        return "No case flipped."
    seldom = "a difference that chance seldom makes" if both.p_value < 0.05 else "chance may well have made this"
    return f"+{len(both.won)} −{len(both.lost)}, McNemar's exact test p = {both.p_value:.3g}: {seldom}."


def share(value: float | None) -> str:
    """A share as people read it."""
    return "-" if value is None else f"{100 * value:.1f} %"


def money(usd: float | None) -> str:
    """US dollars as people read them."""
    return "?" if usd is None else f"${usd:.4f}"


def duration(seconds: float | None) -> str:
    """Seconds as people read them."""
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
