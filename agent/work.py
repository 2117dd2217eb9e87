"""One question as it is worked on: what was said, what was called, what came of it so far."""

from __future__ import annotations

import time
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from agent.answer import Interpretation, Votes
from agent.asking_back import AskingBack
from agent.events import Tell, TextDelta, TextWithdrawn
from agent.llmops.prompts import CompiledPrompt
from agent.messages import FORMAT, PLAN, SQL, ModelReply, Standing, ToolReply
from agent.prompt_tokens import PromptTokens
from agent.times.ranges import TimeRange
from agent.toolbox import Toolbox
from tools.ask_user import Clarification
from tools.empty_result import is_empty
from tools.result_table import ResultTable


@dataclass
class Work:
    """What the loop knows of a question; lives as long as the call of `ask`."""

    question: str
    prompt: CompiledPrompt
    toolbox: Toolbox
    spent: PromptTokens
    tell: Tell
    asking: AskingBack
    times: tuple[TimeRange, ...] = ()
    earlier: str | None = None  # the question whose SQL the model was shown
    started: float = field(default_factory=time.monotonic)
    messages: list[dict[str, Any]] = field(default_factory=list)
    replies: list[ModelReply] = field(default_factory=list)
    tables: list[ResultTable] = field(default_factory=list)
    same_calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    tool_calls: int = 0
    tool_seconds: float = 0.0
    failed_queries: int = 0
    interpretations: list[Interpretation] = field(default_factory=list)
    asked: Clarification | None = None
    last_told: ToolReply | None = None
    text: str = ""
    outcome: str = ""
    temperature: float | None = None
    votes: Votes | None = None

    @property
    def phase_of_next_model_call(self) -> str:
        """Planning until something was looked up, formatting when rows have just come, SQL in between."""
        if self.last_told is None:
            return PLAN
        return FORMAT if isinstance(self.last_told.value, ResultTable) else SQL

    @property
    def standing(self) -> Standing:
        """How it stands, for whoever chooses the model that is asked next."""
        last = self.tables[-1] if self.tables else None
        doubts = () if last is None else last.warnings + (last.notes if is_empty(last) else ())
        return Standing(
            self.phase_of_next_model_call,
            queried=last is not None,
            failed_queries=self.failed_queries,
            doubts=doubts,
            took_over=self.took_over,
        )

    @property
    def took_over(self) -> str:
        """Why the strong model took over; empty where it did not."""
        return next((reply.took_over for reply in self.replies if reply.took_over), "")

    def heard(self, reply: ModelReply) -> None:
        """Keep what the model said, and what was said and passed over before."""
        self.replies += [*reply.passed_over, reply]
        self.messages.append(reply.as_message())

    def said_once(self, told: ToolReply) -> ToolReply:
        """The reply without warnings that an earlier one of this question held."""
        table = told.value
        heard = {warning for earlier in self.tables for warning in earlier.warnings}
        if not isinstance(table, ResultTable) or not heard.intersection(table.warnings):
            return told
        new = tuple(warning for warning in table.warnings if warning not in heard)
        return replace(told, text=replace(table, warnings=new).for_model())

    def note(self, told: ToolReply) -> None:
        """Keep what a tool gave."""
        self.last_told = told
        if isinstance(told.value, ResultTable):
            self.tables.append(told.value)
        elif isinstance(told.value, Interpretation):
            self.interpretations.append(told.value)
        elif isinstance(told.value, Clarification):
            self.asked = told.value
        elif told.failed and told.call.name == "execute_sql":
            self.failed_queries += 1

    def another(self, temperature: float | None) -> Work:
        """A candidate for the answer of this question, from the beginning, at a temperature; None is the prompt's."""
        return Work(
            self.question,
            self.prompt,
            self.toolbox,
            deepcopy(self.spent),
            lambda event: None if isinstance(event, TextDelta | TextWithdrawn) else self.tell(event),
            self.asking,
            self.times,
            interpretations=list(self.interpretations),
            messages=list(self.messages),
            temperature=temperature,
            earlier=self.earlier,
        )

    def adopt(self, winner: Work, votes: Votes) -> None:
        """Answer as a candidate does."""
        self.tables, self.text, self.outcome, self.votes = winner.tables, winner.text, winner.outcome, votes
        self.interpretations, self.asked = winner.interpretations, winner.asked
        self.tell(TextDelta(self.text))

    def include(self, candidate: Work) -> None:
        """Count what a candidate took."""
        self.replies += candidate.replies
        self.tool_calls += candidate.tool_calls
        self.tool_seconds += candidate.tool_seconds
        self.spent.include(candidate.spent)

    def finish(self, text: str, outcome: str) -> None:
        """Set what is said and how it ended."""
        self.text = text
        self.outcome = outcome
