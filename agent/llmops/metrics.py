"""How well questions go: latency, errors, repairs, tokens and cost over a window of the traces, in all and by group."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.errors import SettingsError
from agent.llmops.trace_records import TraceSummary


@dataclass(frozen=True)
class Metrics:
    """Over the questions of a window, or of one group of it, by its `name`.

    `questions` are those that ended, among them `answered` (a query ran and the model could say what came of it),
    `errors` (no answer: the model, the database or DBAgent failed) and `cancelled`; `unfinished` ones still run, or
    their process was killed. `failed_first` are those with a query that was refused or failed, `repaired` those of
    them with a later one that ran. Latencies are seconds of wall time from question to answer. `tokens` and
    `cost_usd` (US dollars) are sums of what is known; `tokens_unknown` and `cost_unknown` say of how many questions
    it is not. `by_section` is about how many tokens each section of the prompts took.
    """

    name: str
    questions: int
    answered: int
    errors: int
    cancelled: int
    unfinished: int
    failed_first: int
    repaired: int
    avg_latency_s: float | None
    p50_latency_s: float | None
    p95_latency_s: float | None
    tokens: int
    tokens_unknown: int
    cost_usd: float
    cost_unknown: int
    by_section: Mapping[str, int]

    @property
    def answered_rate(self) -> float | None:
        """Answered among all that ended."""
        return _share(self.answered, self.questions)

    @property
    def error_rate(self) -> float | None:
        """Errors among all that ended."""
        return _share(self.errors, self.questions)

    @property
    def repair_rate(self) -> float | None:
        """Among the questions with a query that failed, those with a later one that ran."""
        return _share(self.repaired, self.failed_first)

    @property
    def avg_tokens(self) -> float | None:
        """Tokens a question, of those whose tokens are known."""
        return _share(self.tokens, self.questions - self.tokens_unknown)

    @property
    def avg_cost_usd(self) -> float | None:
        """US dollars a question, of those whose cost is known."""
        return _share(self.cost_usd, self.questions - self.cost_unknown)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        rates = ("answered_rate", "error_rate", "repair_rate", "avg_tokens", "avg_cost_usd")
        return {**vars(self), "by_section": dict(self.by_section)} | {name: getattr(self, name) for name in rates}


GROUPS: Mapping[str, Callable[[TraceSummary], str]] = {
    "day": lambda question: f"{question.started.astimezone():%Y-%m-%d}",
    "model": lambda question: " + ".join(question.models) or "(no model asked)",
    "prompt_version": lambda question: prompt_of(question),
    "user": lambda question: question.user or "(nobody named)",
}
"""What questions can be grouped by; days are those of this machine's time zone."""


def prompt_of(question: TraceSummary) -> str:
    """The prompt and its version, as people read it."""
    if not question.prompt_name:
        return "(no prompt)"
    version = "" if question.prompt_version is None else f" v{question.prompt_version}"
    return f"{question.prompt_name}{version}"


def metrics_of(questions: Sequence[TraceSummary], name: str = "all") -> Metrics:
    """The metrics of these questions."""
    ended = [each for each in questions if each.outcome != "unfinished"]
    seconds = sorted(each.seconds for each in ended if each.seconds is not None and each.outcome != "cancelled")
    failed_first = [each for each in ended if each.failed_queries]
    by_section: Counter[str] = Counter()
    for each in ended:
        by_section.update(each.prompt_tokens)
    return Metrics(
        name=name,
        questions=len(ended),
        answered=sum(each.answered for each in ended),
        errors=sum(each.outcome == "error" for each in ended),
        cancelled=sum(each.outcome == "cancelled" for each in ended),
        unfinished=len(questions) - len(ended),
        failed_first=len(failed_first),
        repaired=sum(each.repaired for each in failed_first),
        avg_latency_s=sum(seconds) / len(seconds) if seconds else None,
        p50_latency_s=percentile(seconds, 0.50),
        p95_latency_s=percentile(seconds, 0.95),
        tokens=sum(each.tokens or 0 for each in ended),
        tokens_unknown=sum(each.tokens is None for each in ended),
        cost_usd=sum(each.cost_usd or 0.0 for each in ended),
        cost_unknown=sum(each.cost_usd is None for each in ended),
        by_section=dict(by_section),
    )


def grouped(questions: Iterable[TraceSummary], by: str) -> list[Metrics]:
    """The metrics of each group of GROUPS[by]: days in their order, anything else by how much was asked."""
    key = GROUPS[by]
    groups: dict[str, list[TraceSummary]] = {}
    for each in questions:
        groups.setdefault(key(each), []).append(each)
    if by == "day":
        return [metrics_of(groups.get(day, ()), day) for day in _days(groups)]
    return sorted((metrics_of(some, name) for name, some in groups.items()), key=lambda got: (-got.questions, got.name))


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest of the values, which are in order, that so large a share of them does not exceed; None of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=3653)
_SPAN = re.compile(r"(\d{1,6})\s*([mhdw])", re.ASCII)


def time_span(text: str, what: str) -> timedelta:
    """ "90m", "24h", "7d", "2w" as a span of time. Raises SettingsError, which calls it `what`, for anything else."""
    found = _SPAN.fullmatch(text.strip().lower())
    if not found or not int(found[1]):
        raise SettingsError(f"{what} is {text[:40]!r}, and no span of time. Write 90m, 24h, 7d or 2w.")
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if span > _LONGEST:
        raise SettingsError(f"{what} is {text[:40]!r}, and longer than ten years.")
    return span


def in_words(span: timedelta) -> str:
    """A span of time as people read it: "7 days", "90 minutes"."""
    for unit in ("days", "hours", "minutes"):
        one = timedelta(**{unit: 1})
        if span % one == timedelta(0):
            count = span // one
            return f"{count} {unit}" if count != 1 else unit[:-1]
    return str(span)


def _days(groups: Mapping[str, object]) -> list[str]:
    """Every day from the first to the last, also those on which nothing was asked."""
    if not groups:
        return []
    first, last = (datetime.strptime(day, "%Y-%m-%d") for day in (min(groups), max(groups)))
    return [f"{first + timedelta(days=number):%Y-%m-%d}" for number in range((last - first).days + 1)]


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole > 0 else None
