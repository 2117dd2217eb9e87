"""Rules over the metrics, and who is told when one holds: a webhook, once in a cool-down.

# alerts.yaml
window: 1h          # how far back a rule looks (default: 1h)
cool_down: 4h       # an alert that was sent is not sent again for so long (default: 1h)
rules:
  - avg_latency_s > 5
  - daily_cost_usd > 1000
  - rule: error_rate > 0.1
    window: 30m
    at_least: 20    # questions; of fewer nothing is concluded (default: 0)
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml
from pydantic import Field, ValidationError, model_validator

from agent.errors import SettingsError
from agent.llmops.metrics import Metrics, in_words, metrics_of, time_span
from agent.llmops.trace_records import TraceSummary
from agent.llmops.vendor_noise import unheard
from tools.handwriting import Handwritten, what_is_wrong

_WEBHOOK_SECONDS = 10.0
_DAY = timedelta(days=1)


class Metric(NamedTuple):
    """What a rule can be about; `of_a_day` is looked at over the last 24 hours, whatever the window."""

    value: Callable[[Metrics], float | None]
    of_a_day: bool = False


def _known(metrics: Metrics, unknown: int, value: float) -> float | None:
    return None if unknown == metrics.questions > 0 else value


METRICS: Mapping[str, Metric] = {
    "questions": Metric(lambda got: got.questions),
    "answered_rate": Metric(lambda got: got.answered_rate),
    "error_rate": Metric(lambda got: got.error_rate),
    "repair_rate": Metric(lambda got: got.repair_rate),
    "avg_latency_s": Metric(lambda got: got.avg_latency_s),
    "p50_latency_s": Metric(lambda got: got.p50_latency_s),
    "p95_latency_s": Metric(lambda got: got.p95_latency_s),
    "tokens": Metric(lambda got: _known(got, got.tokens_unknown, got.tokens)),
    "avg_tokens": Metric(lambda got: got.avg_tokens),
    "cost_usd": Metric(lambda got: _known(got, got.cost_unknown, got.cost_usd)),
    "avg_cost_usd": Metric(lambda got: got.avg_cost_usd),
    "daily_questions": Metric(lambda got: got.questions, of_a_day=True),
    "daily_tokens": Metric(lambda got: _known(got, got.tokens_unknown, got.tokens), of_a_day=True),
    "daily_cost_usd": Metric(lambda got: _known(got, got.cost_unknown, got.cost_usd), of_a_day=True),
}

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_RULE = re.compile(r"\s*([A-Za-z_]\w*)\s*(>=|<=|>|<)\s*(-?[\d_]*\.?\d+(?:[eE][-+]?\d+)?)\s*", re.ASCII)


@dataclass(frozen=True)
class Rule:
    """One comparison of a metric over a window; `text` is how people write it."""

    text: str
    metric: str
    comparison: str
    threshold: float
    window: timedelta
    cool_down: timedelta
    at_least: int

    @property
    def name(self) -> str:
        """What tells it from every other rule."""
        return f"{self.text} over {in_words(self.window)}"


@dataclass(frozen=True)
class Finding:
    """What a rule gave: `value` is None where there is nothing to conclude from `questions`."""

    rule: Rule
    value: float | None
    questions: int

    @property
    def holds(self) -> bool:
        """Whether there is reason for an alert."""
        return self.value is not None and _COMPARISONS[self.rule.comparison](self.value, self.rule.threshold)

    @property
    def said(self) -> str:
        """The finding as people read it."""
        asked = (
            f"{self.questions:,} question{'' if self.questions == 1 else 's'} in the last {in_words(self.rule.window)}"
        )
        return f"{self.rule.text}: {'no data' if self.value is None else f'{self.value:,.4g}'} ({asked})"


class WebhookFailed(Exception):
    """An alert was not taken; the text says why in a few words, and never the address."""


def read_rules(file: Path) -> list[Rule]:
    """The rules of a YAML file. Raises SettingsError, which names the file and the rule, when any of them is wrong."""
    try:
        written = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The rules in {file} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{file}{place}: this is no YAML ({getattr(error, 'problem', error)}).") from None
    if isinstance(written, list):
        written = {"rules": written}
    if not isinstance(written, dict) or not written.get("rules"):
        raise SettingsError(f"{file} has no rules. Write each as a line that begins with a dash: - error_rate > 0.1")
    if "webhook" in written:
        raise SettingsError(
            f"{file}: the address of a webhook is a secret. Take it out, and set DBAGENT_ALERT_WEBHOOK."
        )
    try:
        read = _File.model_validate(written)
    except ValidationError as error:
        at, said = what_is_wrong(error)
        raise SettingsError(f"{file}{_place(at)}: {said}{f' {_FORM}' if len(at) > 1 else ''}") from None
    return [_rule(entry, read, f"{file}, rule {number}") for number, entry in enumerate(read.rules, 1)]


def check(rules: Sequence[Rule], questions: Sequence[TraceSummary], now: datetime) -> list[Finding]:
    """What each rule gives over those of the questions that lie in its window."""
    found = []
    for rule in rules:
        got = metrics_of([each for each in questions if now - rule.window <= each.started <= now])
        value = METRICS[rule.metric].value(got) if got.questions >= rule.at_least else None
        found.append(Finding(rule, value, got.questions))
    return found


def send(address: str, findings: Sequence[Finding]) -> None:
    """Post what holds as `{"text": …}`, which is what Slack, Mattermost and others take. Raises WebhookFailed."""
    text = "\n".join(f"DBAgent: {finding.said}" for finding in findings)
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):  # as Slack wants them
        text = text.replace(character, name)
    try:
        with unheard():  # httpx logs every address it asks
            reply = httpx.post(address, json={"text": text}, timeout=_WEBHOOK_SECONDS, follow_redirects=False)
    except httpx.TimeoutException:
        raise WebhookFailed(f"it did not answer in {_WEBHOOK_SECONDS:g} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise WebhookFailed(f"it cannot be reached ({type(error).__name__})") from None
    if not reply.is_success:
        raise WebhookFailed(f"it answered HTTP {reply.status_code}")


_FORM = "Write a rule as error_rate > 0.1, or as {rule: error_rate > 0.1, window: 30m, cool_down: 4h, at_least: 20}."


class _Entry(Handwritten):
    rule: str
    window: str | None = None
    cool_down: str | None = None
    at_least: int = Field(0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _of_a_line(cls, given: Any) -> Any:
        if not isinstance(given, str | dict):
            raise ValueError("this is no rule.")
        return {"rule": given} if isinstance(given, str) else given


class _File(Handwritten):
    window: str = "1h"
    cool_down: str = "1h"
    rules: list[_Entry]


def _rule(entry: _Entry, of: _File, place: str) -> Rule:
    found = _RULE.fullmatch(entry.rule)
    if not found:
        raise SettingsError(f"{place}: {entry.rule[:80]!r} is no rule. Write: METRIC > NUMBER, with >, >=, < or <=.")
    name, comparison, number = found.groups()
    if name not in METRICS:
        near = difflib.get_close_matches(name.lower(), METRICS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SettingsError(f"{place}: there is no metric {name!r}.{hint} The metrics are {', '.join(METRICS)}.")
    if METRICS[name].of_a_day and entry.window:
        raise SettingsError(f"{place}: {name} is that of the last 24 hours; leave its window out.")
    if not math.isfinite(threshold := float(number)):
        raise SettingsError(f"{place}: {number[:40]!r} is larger than any number.")
    return Rule(
        text=f"{name} {comparison} {threshold:g}",
        metric=name,
        comparison=comparison,
        threshold=threshold,
        window=_DAY if METRICS[name].of_a_day else time_span(entry.window or of.window, f"{place}: the window"),
        cool_down=time_span(entry.cool_down or of.cool_down, f"{place}: the cool_down"),
        at_least=entry.at_least,
    )


def _place(location: Sequence[int | str]) -> str:
    """Where in the file: "rules", 2, "window" is rule 3, window."""
    words = [f"rule {each + 1}" if isinstance(each, int) else str(each) for each in location]
    return "".join(f", {word}" for word in (words[1:] if words[1:] and words[0] == "rules" else words))
