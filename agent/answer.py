"""Answer and its Receipt: what is said, the rows it rests on, and how it came about."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from agent.charts import chart_of
from agent.messages import Usage
from agent.notebook_display import mime_bundle
from agent.times.ranges import TimeRange
from tools.ask_user import Clarification
from tools.result_table import ResultTable

ANSWERED = "answered"
NO_QUERY = "no_query"
ASKED = "asked"
STEP_LIMIT = "step_limit"
TOOL_CALL_LIMIT = "tool_call_limit"
TIME_LIMIT = "time_limit"
TOKEN_LIMIT = "token_limit"  # noqa: S105 (no password)
MONEY_LIMIT = "money_limit"
CUT_OFF = "cut_off"
FILTERED = "content_filter"


@dataclass(frozen=True)
class Votes:
    """How the candidates for an answer voted: `agree` of `candidates` came to the result that won, of `results` in all.

    `judged` is whether a model had to decide between results that had as many.
    """

    candidates: int
    agree: int
    results: int
    judged: bool


@dataclass(frozen=True)
class Interpretation:
    """Which of several readings of a question was `taken`: one of the `options`, or what the user said instead.

    `question` is what was asked back. `by_user` is whether the user said so; else it was assumed.
    """

    question: str
    options: tuple[str, ...]
    taken: str
    by_user: bool = False

    def told(self) -> str:
        """As the model reads it of a user who said so."""
        asked, said = (json.dumps(each, ensure_ascii=False) for each in (self.question, self.taken))
        return f"You asked: {asked} The user answers: {said}"

    def as_json(self) -> dict[str, Any]:
        """`question`, `options` and `taken`."""
        return {"question": self.question, "options": list(self.options), "taken": self.taken}

    def __str__(self) -> str:
        if self.by_user:
            return f"{self.taken} ({self.question})"
        others = [each for each in self.options if each != self.taken]
        return f"{self.taken}, not {' or '.join(others)} ({self.question})"


@dataclass(frozen=True)
class Receipt:
    """How an answer came about.

    `outcome` is one of
      "answered"         the answer rests on a query that ran,
      "no_query"         the model spoke without any query having run: it declined, or told of the schema,
      "asked"            the answer is a question back, with options: see `Answer.asked`,
      "step_limit"       it had to say what it knew after the last step,
      "tool_call_limit"  likewise after the last tool call,
      "time_limit"       likewise, because the seconds for one question were used up,
      "token_limit"      likewise, because the tokens for one question were,
      "money_limit"      likewise, because the money for one question was,
      "cut_off"          the model's text was cut at its token limit,
      "content_filter"   the provider withheld the text.
    `tables` are the full names of the tables read by `sql`. `rows` is how many came back; `more_rows` whether
    the database had more. `assumptions` are the readings that were assumed where the question left several open, and
    `choices` those that the user chose. `tokens` is None where the provider told none; `cost_usd` where a price is
    unknown.
    `warnings` say what is doubtful in `sql`: joins that repeat rows, conditions that are missing.
    `prompt_source` is "langfuse", "last known" or "file". Seconds are wall time, less what the user took to choose;
    `model_seconds` and
    `database_seconds` are sums over the calls; the latter is the time in the tools, samples and searches included.
    `earlier` is the question, asked before and much like this one, whose SQL the model was shown as an example.
    `policy` is the id of what the user may see, None without a policy. `steps` counts model calls. `example` is the
    id, else the question, of the verified example that `sql` follows (but for its values), None where it follows none.
    `votes` is how the candidates voted, None where there was one; steps, calls, tokens and cost are those of them all.
    `took_over` is why the strong model took over from the fast one, None where it did not.
    `times` are the ranges that the question's words for times were taken to mean, as the model was told them.
    `cached_at` is when an answer that the cache gave was computed, None for one that was computed now; what it then
    took is not counted again. `arm` is the label that an `experiment` gave the user, None without one.
    """

    sql: str | None
    tables: tuple[str, ...]
    rows: int | None
    more_rows: bool
    prompt_name: str
    prompt_version: int | None
    prompt_label: str
    prompt_source: str
    models: tuple[str, ...]
    tokens: Usage | None
    cost_usd: float | None
    seconds: float
    model_seconds: float
    database_seconds: float
    trace_id: str
    trace_url: str | None
    steps: int
    tool_calls: int
    outcome: str
    example: str | None = None
    earlier: str | None = None
    policy: str | None = None
    warnings: tuple[str, ...] = ()
    took_over: str | None = None
    votes: Votes | None = None
    times: tuple[TimeRange, ...] = ()
    assumptions: tuple[Interpretation, ...] = ()
    choices: tuple[Interpretation, ...] = ()
    cached_at: datetime | None = None
    experiment: str | None = None
    arm: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The receipt as JSON holds it."""
        return {
            "sql": self.sql,
            "tables": list(self.tables),
            "rows": self.rows,
            "more_rows": self.more_rows,
            "prompt": {
                "name": self.prompt_name,
                "version": self.prompt_version,
                "label": self.prompt_label,
                "source": self.prompt_source,
                "experiment": self.experiment,
                "arm": self.arm,
            },
            "models": list(self.models),
            "tokens": self.tokens
            and {
                "input": self.tokens.input,
                "output": self.tokens.output,
                "cached": self.tokens.cached,
            },
            "cost_usd": self.cost_usd,
            "seconds": round(self.seconds, 4),
            "model_seconds": round(self.model_seconds, 4),
            "database_seconds": round(self.database_seconds, 4),
            "trace_id": self.trace_id,
            "trace_url": self.trace_url,
            "steps": self.steps,
            "tool_calls": self.tool_calls,
            "outcome": self.outcome,
            "warnings": list(self.warnings),
            "example": self.example,
            "earlier": self.earlier,
            "policy": self.policy,
            "took_over": self.took_over,
            "votes": None if self.votes is None else asdict(self.votes),
            "times": [each.as_json() for each in self.times],
            "assumptions": [each.as_json() for each in self.assumptions],
            "choices": [each.as_json() for each in self.choices],
            "cached_at": self.cached_at and self.cached_at.isoformat(),
        }


@dataclass(frozen=True)
class Answer:
    """What was asked, what is said, and what it rests on.

    `sql` and `table` are those of the last query that ran; None when none did. `asked` is what is asked back where the
    outcome is "asked": in a session, an option or its number as the next question goes on from there.
    """

    question: str
    text: str
    sql: str | None
    table: ResultTable | None
    receipt: Receipt
    asked: Clarification | None = None

    @property
    def answered(self) -> bool:
        """Whether a query ran and the model could say what came of it."""
        return self.sql is not None and self.receipt.outcome in (ANSWERED, CUT_OFF)

    @property
    def chart(self) -> dict[str, Any] | None:
        """A Vega-Lite specification with the rows in it; None where no chart helps to read them."""
        chart = chart_of(self.question, self.table)
        return chart.specification(self.table) if chart and self.table else None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the text, the rows, the chart, the SQL."""
        told = [f"Warning: {each}" for each in self.receipt.warnings]
        told += [f'Time: "{each.said}" is {each}' for each in self.receipt.times]
        told += [f"Assumed: {each}" for each in self.receipt.assumptions]
        told += [f"Chosen: {each}" for each in self.receipt.choices]
        return mime_bundle(self.text, self.sql, self.table, told, self.chart)

    def as_json(self) -> dict[str, Any]:
        """The whole answer as JSON holds it: `question`, `text`, `asked`, `sql`, `table`, `chart`, `receipt`.

        The chart is a Vega-Lite specification over a data set named "table" with a field c0, c1, … for each column:
        the rows stand in `table` alone.
        """
        chart = chart_of(self.question, self.table)
        return {
            "question": self.question,
            "text": self.text,
            "asked": self.asked and self.asked.as_json(),
            "sql": self.sql,
            "table": None if self.table is None else dict(self.table.as_json()),
            "chart": chart.specification(self.table, rows=False) if chart and self.table else None,
            "receipt": self.receipt.as_json(),
        }
