"""Whether a version may take another's place: by the cases that both were asked, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.evaluation.figures import Comparison, compared, share, significance
from agent.evaluation.results import CaseResult

MARGIN = 2.0  # percentage points: one case of fifty


@dataclass(frozen=True)
class Decision:
    """What comes of measuring a version against the one whose place it is to take.

    `change` is the candidate's execution accuracy less the other's, in percentage points, and `interval` its 95 %
    confidence interval (paired, Agresti & Min 2005). It is allowed unless the change is a fall beyond `margin` points:
    what may be chance is not given the benefit of the doubt, and not held against a candidate that fell by less.
    `said` is why, in sentences.
    """

    both: Comparison
    margin: float
    allowed: bool
    change: float
    interval: tuple[float, float]
    said: tuple[str, ...]

    def figures(self, current_run: str, candidate_run: str) -> dict[str, Any]:
        """What goes into the version's history."""
        first, second = self.both.first, self.both.second
        return {
            "cases": second.scored,
            "accuracy": _rounded(second.accuracy),
            "accuracy_before": _rounded(first.accuracy),
            "change_points": round(self.change, 2),
            "interval_points": [round(each, 2) for each in self.interval],
            "margin_points": self.margin,
            "won": len(self.both.won),
            "lost": len(self.both.lost),
            "p_value": _rounded(self.both.p_value),
            "precision": _rounded(second.precision),
            "precision_before": _rounded(first.precision),
            "tokens": second.tokens and round(second.tokens),
            "tokens_before": first.tokens and round(first.tokens),
            "run": candidate_run,
            "run_before": current_run,
        }


def decide(current: Sequence[CaseResult], candidate: Sequence[CaseResult], margin: float = MARGIN) -> Decision:
    """Compare two runs over the same cases: that of the version in place, and that of the one to take its place."""
    both = compared(current, candidate)
    cases = both.first.scored
    if not cases:
        return Decision(both, margin, False, 0.0, (-100.0, 100.0), ("No case was scored with both versions.",))
    won, lost = len(both.won), len(both.lost)
    change, (low, high) = 100 * (won - lost) / cases, change_interval(lost, won, cases)
    allowed = change >= -margin - 1e-9
    said = [
        f"Execution accuracy goes from {share(both.first.accuracy)} to {share(both.second.accuracy)} over {cases} "
        f"cases: {change:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}). {significance(both)}"
    ]
    if not allowed:
        said.append(f"That is a fall of more than the margin of {margin:g} points.")
        if both.p_value >= 0.05:
            said.append("So few flips may be chance; more cases would tell.")
    elif low < -margin:
        said.append(f"With so few cases, a fall of up to {-low:.1f} points cannot be excluded.")
    before, after = both.first.precision, both.second.precision
    if before is not None and after is not None and 100 * (before - after) > margin:
        said.append(f"Of what it answers, less is right: {share(before)} before, {share(after)} now.")
    for number, what in ((both.apart, "only one of the two has scored"), (both.changed, "have changed in between")):
        if number:
            said.append(f"Left out: {number} cases that {what}.")
    return Decision(both, margin, allowed, change, (low, high), tuple(said))


def change_interval(lost: int, won: int, cases: int) -> tuple[float, float]:
    """The 95 % confidence interval of a paired change of a share, in percentage points.

    Wald's, with half a case added to each of the four cells (Agresti & Min 2005), so that it is not empty where
    nothing flipped.
    """
    of, down, up = cases + 2, lost + 0.5, won + 0.5
    middle = (up - down) / of
    half = 1.959964 * math.sqrt(max(0.0, up + down - (up - down) ** 2 / of)) / of
    return 100 * max(-1.0, middle - half), 100 * min(1.0, middle + half)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
