"""What an experiment has shown: its arms compared on what users met, and on cases, with how sure that is.

Intervals are of 95 %. Those of shares are Wilson's (1927), of their differences Newcombe's (1998, method 10); those of
means are Student's t, of their differences Welch's. Questions are taken for independent of each other, though some are
of the same user: the intervals are somewhat too narrow where few users ask much.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.evaluation.results import CaseResult
from agent.evaluation.scoring import mcnemar, wilson
from agent.llmops.trace_records import TraceSummary

ENOUGH = 30  # observations of an arm; of fewer nothing is concluded
_Z = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A share (0 … 1) or a mean, its interval, and of how many observations; None where there are too few for one."""

    value: float | None
    low: float | None
    high: float | None
    of: int


@dataclass(frozen=True)
class Line:
    """One measure of one arm; `change` is it less the first arm's, None for that arm. `said` is what it comes to."""

    measure: str
    arm: str
    estimate: Estimate
    change: Estimate | None = None
    said: str = ""


@dataclass(frozen=True)
class ArmSeen:
    """What was seen of one arm."""

    label: str
    questions: int
    users: int


@dataclass(frozen=True)
class ExperimentReport:
    """The arms and every measure of each."""

    arms: tuple[ArmSeen, ...]
    lines: tuple[Line, ...]


SHARES: Mapping[str, Callable[[TraceSummary], bool]] = {
    "answered": lambda question: question.answered,
    "errors": lambda question: question.outcome == "error",
}
MEANS: Mapping[str, Callable[[TraceSummary], float | None]] = {
    "latency, s": lambda question: question.seconds,
    "tokens": lambda question: question.tokens,
    "cost, $": lambda question: question.cost_usd,
}


def experiment_report(
    labels: Sequence[str],
    questions: Sequence[TraceSummary],
    ratings: Mapping[str, str],
    cases: Mapping[str, Sequence[CaseResult]],
) -> ExperimentReport:
    """Compare the arms of these labels with the first.

    `questions` are those of the experiment, `ratings` the latest "up" or "down" by trace, `cases` the results of a run
    of the same cases by label, empty where there is none.
    """
    by_arm = {label: [each for each in questions if each.arm == label and _ended(each)] for label in labels}
    seen = tuple(ArmSeen(each, len(by_arm[each]), len({q.user or q.session for q in by_arm[each]})) for each in labels)
    lines = _of_cases(labels, cases)
    for name, holds in SHARES.items():
        lines += _of_shares(name, {arm: [holds(each) for each in asked] for arm, asked in by_arm.items()})
    rated = {arm: [ratings[each.id] == "up" for each in asked if each.id in ratings] for arm, asked in by_arm.items()}
    lines += _of_shares("thumbs up", rated)
    for name, value in MEANS.items():
        found = {arm: [got for each in asked if (got := value(each)) is not None] for arm, asked in by_arm.items()}
        lines += _of_means(name, found)
    return ExperimentReport(seen, tuple(lines))


def _ended(question: TraceSummary) -> bool:
    return question.outcome not in ("unfinished", "cancelled")


def _of_cases(labels: Sequence[str], cases: Mapping[str, Sequence[CaseResult]]) -> list[Line]:
    """Execution accuracy over the cases that the arm and the first arm both scored: each is its own control."""
    scored = {label: {each.case_id: each for each in cases.get(label, ()) if each.scored} for label in labels}
    first = labels[0]
    if not all(scored.values()):
        return []
    lines = [Line("EX", first, _share([each.same is True for each in scored[first].values()]))]
    for label in labels[1:]:
        pairs = [(scored[first][id], each) for id, each in scored[label].items() if id in scored[first]]
        pairs = [(one, other) for one, other in pairs if one.digest == other.digest]
        won = sum(not one.same and bool(other.same) for one, other in pairs)
        lost = sum(bool(one.same) and not other.same for one, other in pairs)
        p = mcnemar(lost, won)
        change = Estimate((won - lost) / len(pairs), None, None, len(pairs)) if pairs else None
        said = f"+{won} −{lost}, McNemar p = {p:.3g}" + ("" if p >= 0.05 else ": a difference that chance seldom makes")
        if len(pairs) < ENOUGH:
            said = f"too little data: {len(pairs)} cases of {ENOUGH}; {said}"
        own = _share([each.same is True for each in scored[label].values()])
        lines.append(Line("EX", label, own, change, said))
    return lines


def _of_shares(measure: str, found: Mapping[str, Sequence[bool]]) -> list[Line]:
    first, *others = found
    control = _share(found[first])
    lines = [Line(measure, first, control)]
    for arm in others:
        own = _share(found[arm])
        lines.append(
            Line(measure, arm, own, change := _difference_of_shares(own, control), _said(own, control, change))
        )
    return lines


def _of_means(measure: str, found: Mapping[str, Sequence[float]]) -> list[Line]:
    first, *others = found
    control = _mean(found[first])
    lines = [Line(measure, first, control)]
    for arm in others:
        own, change = _mean(found[arm]), _difference_of_means(found[arm], found[first])
        lines.append(Line(measure, arm, own, change, _said(own, control, change)))
    return lines


def _said(own: Estimate, control: Estimate, change: Estimate) -> str:
    fewest = min(own.of, control.of)
    if fewest < ENOUGH or change.value is None or change.low is None or change.high is None:
        return f"too little data: {fewest} of {ENOUGH}"
    if change.low > 0 or change.high < 0:
        return "higher" if change.value > 0 else "lower"
    return "no difference seen"


def _share(holds: Sequence[bool]) -> Estimate:
    of, many = len(holds), sum(holds)
    return Estimate(many / of, *wilson(many, of), of) if of else Estimate(None, None, None, 0)


def _difference_of_shares(one: Estimate, other: Estimate) -> Estimate:
    if one.value is None or other.value is None:
        return Estimate(None, None, None, 0)
    change = one.value - other.value
    (low1, high1), (low2, high2) = ((each.low or 0.0, 1.0 if each.high is None else each.high) for each in (one, other))
    down = math.hypot(one.value - low1, high2 - other.value)
    up = math.hypot(high1 - one.value, other.value - low2)
    return Estimate(change, change - down, change + up, min(one.of, other.of))


def _mean(values: Sequence[float]) -> Estimate:
    if len(values) < 2:
        return Estimate(values[0] if values else None, None, None, len(values))
    mean, error = statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))
    half = t_quantile(len(values) - 1) * error
    return Estimate(mean, mean - half, mean + half, len(values))


def _difference_of_means(one: Sequence[float], other: Sequence[float]) -> Estimate:
    if len(one) < 2 or len(other) < 2:
        return Estimate(None, None, None, min(len(one), len(other)))
    change = statistics.fmean(one) - statistics.fmean(other)
    parts = [statistics.variance(each) / len(each) for each in (one, other)]
    if not any(parts):
        return Estimate(change, change, change, min(len(one), len(other)))
    degrees = sum(parts) ** 2 / sum(part**2 / (len(each) - 1) for part, each in zip(parts, (one, other), strict=True))
    half = t_quantile(degrees) * math.sqrt(sum(parts))
    return Estimate(change, change - half, change + half, min(len(one), len(other)))


def t_quantile(degrees: float) -> float:
    """The 97.5 % quantile of Student's t (Abramowitz & Stegun 26.7.5): within 1 % from three degrees of freedom on."""
    z = _Z
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / degrees**power for power, term in enumerate(terms))
