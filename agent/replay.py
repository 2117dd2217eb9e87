"""Asks a traced question again, live or against the results its trace recorded, and says what came out differently."""

from __future__ import annotations

import copy
import difflib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from agent.answer import Answer, Interpretation
from agent.db_agent import DBAgent
from agent.errors import ReplayRefused
from agent.events import Tell, tell_nobody
from agent.llmops.trace_records import REPLAY, SpanRecord, TraceTree
from agent.messages import ToolCall, ToolReply
from agent.outcome import Effort
from agent.redaction import MASK
from agent.toolbox import Toolbox
from tools.policy import User
from tools.result_table import ResultTable

NOT_RECORDED = (
    "Not in the recording: this is a replay of an earlier question, and nothing is looked up or run for it. Go on with "
    "the results you have been given; if they do not answer the question, say what is missing."
)


@dataclass(frozen=True)
class Attempt:
    """One time that the question was asked. `result` is the last query's result as the model read it, "" for none."""

    trace_id: str
    outcome: str
    text: str
    sql: str
    result: str
    prompt: str
    models: tuple[str, ...]
    steps: int
    tool_calls: int
    tokens: int | None
    cost_usd: float | None
    seconds: float | None

    @classmethod
    def of(cls, trace: TraceTree) -> Attempt:
        """What a trace tells of it."""
        told = trace.summary
        query = next((span for span in reversed(_tool_calls(trace)) if _is_result(span)), None)
        version = "" if told.prompt_version is None else f" v{told.prompt_version}"
        label = f" ({told.prompt_label})" if told.prompt_label else ""
        return cls(
            trace_id=told.id,
            outcome=told.outcome,
            text=trace.roots[0].output or told.error or "",
            sql=_sql(query) if query else "",
            result=(query.output or "") if query else "",
            prompt=f"{told.prompt_name or 'unknown'}{version}{label}",
            models=told.models,
            steps=told.steps,
            tool_calls=told.tool_calls,
            tokens=told.tokens,
            cost_usd=told.cost_usd,
            seconds=told.seconds,
        )

    @property
    def rows(self) -> str:
        """How many rows came back, as the result begins: "12 rows"."""
        return self.result.partition("\n")[0] or "no query"


@dataclass(frozen=True)
class Replay:
    """The question `before`, as its trace has it, and `after`, asked again.

    `not_recorded` are the calls that a recording did not know, `notes` what else is not as it was.
    """

    question: str
    before: Attempt
    after: Attempt
    recorded: bool
    not_recorded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def same_sql(self) -> bool:
        """Whether the last query is the same, but for blanks."""
        return self.before.sql.split() == self.after.sql.split()

    @property
    def same_rows(self) -> bool:
        """Whether its result reads the same, in whatever order its rows come."""
        return sorted(self.before.result.split("\n")) == sorted(self.after.result.split("\n"))

    def diff(self, of: str) -> list[str]:
        """What changed in the "sql", the "result" or the "text", a line each, as unified diffs have it."""
        was, now = (getattr(attempt, of).split("\n") for attempt in (self.before, self.after))
        return list(difflib.unified_diff(was, now, lineterm="", n=2))[2:]

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        return {**asdict(self), "same_sql": self.same_sql, "same_rows": self.same_rows}


@dataclass
class Recording:
    """What the tools of a trace gave, call by call; `unknown` are the calls it was asked for and did not have."""

    results: Mapping[tuple[str, str], Sequence[SpanRecord]]
    unknown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._given: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()  # the calls of one step come at once

    @classmethod
    def of(cls, trace: TraceTree) -> Recording:
        """That of a trace."""
        results: dict[tuple[str, str], list[SpanRecord]] = {}
        for span in _tool_calls(trace):
            if span.output is not None and span.level != "ERROR":
                results.setdefault(_key(span.name, span.input or ""), []).append(span)
        return cls(results)

    def answer(self, call: ToolCall) -> ToolReply:
        """What the trace has for the call: the first time its first result, then the next, at last always the last."""
        key = _key(call.name, call.arguments)
        with self._lock:
            recorded = self.results.get(key)
            if not recorded:
                self.unknown.append(f"{call.name} {call.arguments}")
                return ToolReply(call, NOT_RECORDED, failed=True)
            at = self._given[key] = min(self._given.get(key, -1) + 1, len(recorded) - 1)
        span = recorded[at]
        # A trace keeps the text and not the values: of the table its SQL is known, and that there was more than none.
        value = ResultTable(_sql(span), (), (), more=True) if _is_result(span) else None
        return ToolReply(call, span.output or "", value, span.level != "DEFAULT")


class RecordedToolbox(Toolbox):
    """The toolbox of an agent whose calls are answered from a recording; the database tells its metadata only."""

    def __init__(self, whole: Toolbox, recording: Recording) -> None:
        self.database, self.schemas = whole.database, whole.schemas
        self._whole = whole
        self._recording = recording

    def seen_by(self, user: User | None) -> Toolbox:
        """The same for what the user may see. Raises UserNotPermitted, PolicyInvalid."""
        return RecordedToolbox(self._whole.seen_by(user), self._recording)

    def call(self, call: ToolCall) -> ToolReply:
        """The recorded result of the call, or that there is none."""
        return self._recording.answer(call)


async def ask_again(
    trace: TraceTree,
    agent: DBAgent,
    *,
    user: User | None,
    prompt_label: str | None,
    recorded: bool,
    tell: Tell = tell_nobody,
) -> tuple[Answer, Recording, list[str]]:
    """Ask the question of the trace, on the day it was asked, with the turns and the user's choices that it had.

    `user` must be the one it was asked for and see what that one saw, no more and no less: raises ReplayRefused where
    that is not so, or where the trace does not hold all that is needed; and what `DBAgent.ask` raises. Gives what was
    called besides the recording too, and notes on what is not as it was.
    """
    told, root = trace.summary, trace.roots[0]
    seen = agent.toolbox.seen_by(user).database
    _same_view(trace, user, seen.policy_id, recorded)
    effort: Effort = "high" if root.metadata.get("effort") == "high" else "normal"
    if recorded and effort == "high":
        raise ReplayRefused(
            "It was asked with high effort, whose candidates are compared by rows that a trace does not keep. "
            "Replay it without --recorded."
        )
    notes = []
    if told.database and told.database != seen.url:
        notes.append(f"It was asked over {told.database}, and now over {seen.url}.")
    if MASK in told.question:
        notes.append("What was secret in the question is masked in its trace, and asked as it stands there.")
    day = _day(root)
    if day and day != date.today():
        notes.append(f"Asked as on {day:%Y-%m-%d}, the day of the trace; the data are those of today.")
    history = _history(trace)
    recording = Recording.of(trace)
    again = copy.copy(agent)
    if recorded:
        again.toolbox = RecordedToolbox(agent.toolbox, recording)
    # Past an answer cache: neither from it nor into it.
    answer = await DBAgent.ask(
        again,
        told.question,
        history=history,
        user=user if user is not None else told.user,
        session_id=told.session,
        prompt_label=prompt_label,
        tags=(REPLAY,),
        today=day,
        choices=_choices(root),
        effort=effort,
        fresh=True,
        tell=tell,
    )
    return answer, recording, notes


def _same_view(trace: TraceTree, user: User | None, policy_id: str | None, recorded: bool) -> None:
    """Raise ReplayRefused where more, or other things, would be seen than when the question was asked."""
    told = trace.summary
    if user is not None and told.user is not None and user.id != told.user:
        raise ReplayRefused(f"It was asked for the user {told.user!r}, not for {user.id!r}. Give that one with --user.")
    if told.policy == policy_id:
        return
    if told.policy and not policy_id:
        raise ReplayRefused(
            f"It was asked under a policy for the user {told.user!r}, and now there is none. Give it with --policy, "
            "and the user with --user, --role and --var as they were."
        )
    if told.policy:
        raise ReplayRefused(
            f"The user {told.user!r} saw other things when it was asked. Give the --role and --var of then; if the "
            "policy itself has changed since, the question cannot be replayed under it: ask it anew."
        )
    if recorded:
        raise ReplayRefused(
            "It was asked without a policy, and its recorded results may hold more than this user may see. Replay it "
            "without --recorded, which runs every query under the policy."
        )


def _history(trace: TraceTree) -> list[dict[str, Any]]:
    """The turns that stood before the question, from the first model call. Raises ReplayRefused where they are cut."""
    turns = trace.roots[0].metadata.get("history_turns") or 0
    if not turns:
        return []
    first = next((span for _, span in trace.walk() if span.kind == "generation"), None)
    try:
        messages = json.loads((first.input if first else "") or "")["messages"]
        history = messages[1 : 1 + turns]
        whole = len(messages) >= turns + 2 and all(_is_whole(turn) for turn in history)
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise ReplayRefused(
            f"The {turns} turns of the conversation before it are not whole in its trace, and without them it is "
            "another question. Ask it anew."
        )
    return [dict(turn) for turn in history]


def _choices(root: SpanRecord) -> tuple[Interpretation, ...]:
    """What the user chose when asked back: nobody is there to be asked again."""
    told = root.metadata.get("choices") or ()
    return tuple(
        Interpretation(each["question"], tuple(each["options"]), each["taken"], by_user=True)
        for each in told
        if isinstance(each, dict) and {"question", "options", "taken"} <= each.keys()
    )


def _is_whole(turn: Any) -> bool:
    """Whether a message was kept without being cut: what is cut ends in how long it was."""
    return isinstance(turn, dict) and "role" in turn and not str(turn.get("content") or "").endswith(" characters)")


def _day(root: SpanRecord) -> date | None:
    try:
        return date.fromisoformat(str(root.metadata.get("today")))
    except ValueError:
        return None


def _tool_calls(trace: TraceTree) -> list[SpanRecord]:
    calls = (span for _, span in trace.walk() if span.kind == "tool")
    return sorted(calls, key=lambda span: span.started)


def _is_result(span: SpanRecord) -> bool:
    return span.name == "execute_sql" and span.level == "DEFAULT" and span.output is not None


def _sql(span: SpanRecord) -> str:
    arguments = _arguments(span.input or "")
    return str(arguments.get("sql") or "") if isinstance(arguments, dict) else ""


def _key(name: str, arguments: str) -> tuple[str, str]:
    """Tells a call from others; how its JSON is laid out, and a semicolon at the end of its SQL, make no difference."""
    read = _arguments(arguments)
    if isinstance(read, dict) and isinstance(read.get("sql"), str):
        read = {**read, "sql": read["sql"].strip().rstrip(";").rstrip()}
    return name, json.dumps(read, sort_keys=True)


def _arguments(text: str) -> Any:
    try:
        read = json.loads(text or "{}")
        return json.loads(read) if isinstance(read, str) else read
    except ValueError:
        return text
