"""The commands that look back at what was asked: `dbagent metrics`, `alerts`, `replay`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.llmops.trace_records import TraceSummary
    from agent.settings import Settings

OK = 0

Command = Callable[..., argparse.ArgumentParser]


def add_observe_commands(commands: Any, command: Command) -> None:
    """Add them to the parser's commands; `command` makes one of them."""
    metrics = command(commands, "metrics", _metrics, "show latency, errors, tokens and cost of what was asked")
    metrics.add_argument("--since", metavar="SPAN", help="how far back: 90m, 24h, 7d, 2w (default: 7d)")
    metrics.add_argument(
        "--by",
        choices=["day", "model", "prompt_version", "user"],
        default="day",
        help="what the table is grouped by (default: day)",
    )
    metrics.add_argument("--all", action="store_true", help="with the questions of evaluations and replays")
    form = metrics.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument(
        "--prometheus", action="store_true", help="as Prometheus scrapes it: counters since the first trace"
    )


def _metrics(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.errors import SettingsError
    from agent.llmops.metrics import grouped, in_words, metrics_of, time_span

    if options.prometheus:
        from agent.llmops.prometheus import exposition

        if options.since:
            raise SettingsError("--prometheus counts from the first trace on: leave --since out.")
        print(exposition(_counted(_questions(), options.all)), end="")
        return OK
    until = datetime.now(UTC)
    span = time_span(options.since or "7d", "--since")
    since = until - span
    asked = _questions(since)
    counted = _counted(asked, options.all)
    every, groups = metrics_of(counted), grouped(counted, options.by)
    if options.json:
        told = {"since": since, "until": until, "all": every.as_json(), "by": options.by}
        print(terminal.json_text(told | {"groups": [each.as_json() for each in groups]}))
        return OK
    from agent.metrics_view import show_metrics

    show_metrics(every, groups, options.by, f"the last {in_words(span)}", len(asked) - len(counted))
    return OK


def _questions(since: datetime | None = None) -> list[TraceSummary]:
    from agent.assembly import trace_store

    return trace_store(_settings()).traces(limit=None, since=since)


def _counted(questions: list[TraceSummary], every: bool) -> list[TraceSummary]:
    return [each for each in questions if every or each.by_a_user]


def _settings() -> Settings:
    from agent.settings import Settings

    return Settings.from_environment()
