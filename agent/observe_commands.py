"""The commands that look back at what was asked: `dbagent metrics`, `alerts`, `replay`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.llmops.alerts import Finding
    from agent.llmops.trace_records import TraceSummary
    from agent.settings import Settings
    from tools.policy import User

OK, ALERT = 0, 8


Command = Callable[..., argparse.ArgumentParser]


def add_observe_commands(
    commands: Any,
    command: Command,
    actions_of: Callable[[argparse.ArgumentParser], Any],
    takes_database: Callable[..., None],
    takes_user: Callable[..., None],
    user_of: Callable[[argparse.Namespace], User | None],
) -> None:
    """Add them to the parser's commands; `command` makes one, the others its actions, options and user."""
    metrics = command(commands, "metrics", _metrics, "show latency, errors, tokens and cost of what was asked")
    metrics.add_argument("--since", metavar="SPAN", help="how far back: 90m, 24h, 7d, 2w (default: 7d)")
    metrics.add_argument(
        "--by",
        choices=["day", "model", "prompt_version", "user"],
        default="day",
        help="what the table is grouped by (default: day)",
    )
    takes_langfuse(metrics)
    metrics.add_argument("--all", action="store_true", help="with the questions of evaluations and replays")
    form = metrics.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument(
        "--prometheus", action="store_true", help="as Prometheus scrapes it: counters since the first trace"
    )

    alerts = command(commands, "alerts", None, "look whether a rule over the metrics holds, and tell a webhook")
    actions = actions_of(alerts)
    check = command(actions, "check", _alerts_check, "check every rule of a file once; run it from cron")
    check.add_argument(
        "rules",
        metavar="RULES",
        type=Path,
        help="a YAML file of rules such as: error_rate > 0.1 (what holds is posted to DBAGENT_ALERT_WEBHOOK)",
    )
    takes_langfuse(check)
    check.add_argument("--dry-run", action="store_true", help="send nothing")
    check.add_argument("--json", action="store_true", help="as JSON")

    replay = command(commands, "replay", _replay, "ask a traced question again and show what comes out differently")
    replay.add_argument("id", metavar="TRACE_ID", help="the trace's id or its beginning; dbagent traces lists them")
    replay.add_argument("--prompt-label", metavar="LABEL", help="the label whose prompt version is used")
    replay.add_argument("--model", help="the model's name at the endpoint (default: DBAGENT_MODEL, else offline)")
    replay.add_argument(
        "--recorded",
        action="store_true",
        help="answer the model's calls from the trace and run nothing; a call that the trace does not have is told so",
    )
    takes_langfuse(replay)
    takes_database(replay)
    takes_user(replay)
    replay.add_argument("--json", action="store_true", help="as JSON")
    replay.set_defaults(user_of=user_of)


def takes_langfuse(command: argparse.ArgumentParser) -> None:
    """Add where traces are read."""
    command.add_argument(
        "--langfuse", action="store_true", help="read the traces that Langfuse has, of all machines, not this machine's"
    )


def _metrics(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.errors import SettingsError
    from agent.llmops.metrics import grouped, in_words, metrics_of, time_span

    if options.prometheus:
        from agent.llmops.prometheus import exposition

        if options.since:
            raise SettingsError("--prometheus counts from the first trace on: leave --since out.")
        print(exposition(_counted(_questions(options), options.all)), end="")
        return OK
    until = datetime.now(UTC)
    span = time_span(options.since or "7d", "--since")
    since = until - span
    asked = _questions(options, since)
    counted = _counted(asked, options.all)
    every, groups = metrics_of(counted), grouped(counted, options.by)
    if options.json:
        told = {"since": since, "until": until, "all": every.as_json(), "by": options.by}
        print(terminal.json_text(told | {"groups": [each.as_json() for each in groups]}))
        return OK
    from agent.metrics_view import show_metrics

    show_metrics(every, groups, options.by, f"the last {in_words(span)}", len(asked) - len(counted))
    return OK


def _alerts_check(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.llmops.alerts import check, read_rules

    settings, rules, now = _settings(), read_rules(options.rules.expanduser()), datetime.now(UTC)
    asked = _counted(_questions(options, now - max(rule.window for rule in rules)), every=False)
    findings = check(rules, asked, now)
    held = [finding for finding in findings if finding.holds]
    told = {} if options.dry_run or not settings.alert_webhook else _tell(settings, held, now)
    if options.json:
        shown = [
            {
                "rule": finding.rule.text,
                "window_s": finding.rule.window.total_seconds(),
                "value": finding.value,
                "questions": finding.questions,
                "holds": finding.holds,
                "told": told.get(finding.rule.name, ""),
            }
            for finding in findings
        ]
        print(terminal.json_text({"at": now, "findings": shown}))
    else:
        for finding in findings:
            mark = "ALERT" if finding.holds else "--" if finding.value is None else "ok"
            after = told.get(finding.rule.name, "")
            print(f"{mark:<6}{finding.said}{f' · {after}' if after else ''}")
    return ALERT if held else OK


def _tell(settings: Settings, held: Sequence[Finding], now: datetime) -> dict[str, str]:
    """Send what holds and was not sent in its cool-down; what became of each, by its rule's name."""
    from agent.assembly import open_store
    from agent.errors import StoreUnavailable
    from agent.llmops.alerts import WebhookFailed, send

    told, new = {}, []
    with closing(open_store(settings)) as store:
        for finding in held:
            rule = finding.rule
            try:
                before = [entry.at for entry in store.entries("alert", rule.name)]
            except StoreUnavailable as error:  # rather twice than not at all
                print(f"dbagent: {error} So what was sent already is sent again.", file=sys.stderr)
                before = []
            if before and before[-1] + rule.cool_down > now:
                told[rule.name] = f"sent {before[-1].astimezone():%H:%M}, quiet until " + (
                    f"{(before[-1] + rule.cool_down).astimezone():%Y-%m-%d %H:%M}"
                )
            else:
                new.append(finding)
        if not new:
            return told
        try:
            send(settings.alert_webhook, new)
        except WebhookFailed as error:
            print(
                f"dbagent: the alert was not sent to DBAGENT_ALERT_WEBHOOK: {error}. The next check tries again.",
                file=sys.stderr,
            )
            return told | {finding.rule.name: "not sent" for finding in new}
        for finding in new:
            told[finding.rule.name] = "sent"
            try:
                store.append("alert", finding.rule.name, {"value": finding.value, "questions": finding.questions})
            except StoreUnavailable as error:
                print(f"dbagent: {error} So the next check sends this again.", file=sys.stderr)
    return told


def _replay(options: argparse.Namespace) -> int:
    from agent import terminal
    from agent.assembly import open_agent, trace_store, traces_of
    from agent.errors import SettingsError
    from agent.replay import Attempt, Replay, ask_again
    from agent.settings import Settings

    settings = Settings.from_environment(
        database_url=options.db,
        model=options.model,
        prompt_label=options.prompt_label,
        knowledge=options.knowledge,
        policy=options.policy,
    )
    if not settings.local_traces:
        raise SettingsError("A replay compares two traces of this machine: set DBAGENT_LOCAL_TRACES to true.")
    with traces_of(settings, langfuse=options.langfuse, trace_id=options.id) as traces:
        trace = traces.wanted(options.id)
    with terminal.progress() as progress, open_agent(settings=settings, tell=progress.say) as agent:
        answer, recording, notes = agent.run(
            ask_again(
                trace,
                agent,
                user=options.user_of(options),
                prompt_label=options.prompt_label,
                recorded=options.recorded,
                tell=progress.hear,
            )
        )
    again = trace_store(settings).wanted(answer.receipt.trace_id)
    replay = Replay(
        question=trace.summary.question,
        before=Attempt.of(trace),
        after=Attempt.of(again),
        recorded=options.recorded,
        not_recorded=tuple(recording.unknown),
        notes=tuple(notes),
    )
    if options.json:
        print(terminal.json_text(replay.as_json()))
        return OK
    from agent.replay_view import show_replay

    show_replay(replay)
    return OK


def _questions(options: argparse.Namespace, since: datetime | None = None) -> list[TraceSummary]:
    from agent.assembly import traces_of

    with traces_of(_settings(), langfuse=options.langfuse, since=since) as traces:
        return traces.traces(limit=None, since=since)


def _counted(questions: list[TraceSummary], every: bool) -> list[TraceSummary]:
    return [each for each in questions if every or each.by_a_user]


def _settings() -> Settings:
    from agent.settings import Settings

    return Settings.from_environment()
