"""A run as Langfuse shows it: a dataset with an item a case, and a run over it whose traces are scored.

Since version 5 of Langfuse's SDK a run is made of its traces: each says which item of which dataset it is of. So the
run must be known before the first question, while items and scores may be sent at any time after it, and again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.evaluation.cases import Case
from agent.evaluation.results import CaseResult, Run
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_values import Experiment, LangfuseUnreachable, Score

_AT_ONCE = 4
_SCORES_AT_ONCE = 100


@dataclass(frozen=True)
class DatasetRun:
    """One run of ours in Langfuse."""

    client: LangfuseClient
    run: Run
    dataset: str
    dataset_id: str

    @classmethod
    def begin(cls, client: LangfuseClient, run: Run) -> DatasetRun:
        """Find the dataset of the cases, or make it. Raises LangfuseUnreachable."""
        dataset = f"dbagent/{Path(run.cases).stem}"
        about = "Cases of `dbagent eval`: each is kept up to date by the run that asked it last."
        return cls(client, run, dataset, client.dataset(dataset, about))

    @property
    def name(self) -> str:
        """The run as people find it in the list of a dataset's runs."""
        return f"{self.run.id} {self.run.options.model} ({self.run.options.prompt_label})"

    def experiment(self, case: Case) -> Experiment:
        """What makes the trace of this case's question a part of the run."""
        expected = "\n-- or\n".join(case.gold_sql) if case.rows is None else str([list(row) for row in case.rows])
        return Experiment(f"dbagent-{self.run.id}", self.name, self.dataset_id, self._item_id(case.id), expected)

    def send(self, results: Sequence[CaseResult]) -> int:
        """Send the item and the scores of every case that was scored; gives how many. Raises LangfuseUnreachable.

        What is sent again takes the place of what was sent before.
        """
        scored = [each for each in results if each.scored and each.trace_id]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(self._put, scored):
                pass
        scores = [score for each in scored for score in self._scores(each)]
        for at in range(0, len(scores), _SCORES_AT_ONCE):
            if refused := self.client.score(scores[at : at + _SCORES_AT_ONCE]):
                raise LangfuseUnreachable(refused)
        return len(scored)

    def send_and_tell(self, results: Sequence[CaseResult], tell: Callable[[str], None]) -> bool:
        """`send`, and say what became of it; whether all was taken."""
        try:
            sent = self.send(results)
        except LangfuseUnreachable as error:
            tell(
                f"Langfuse did not take all of the results ({error}). They are kept here; "
                f"send them: dbagent eval send {self.run.id}"
            )
            return False
        tell(f"Langfuse has the run {self.name!r} of the dataset {self.dataset!r}: {sent} cases.")
        return True

    def _put(self, result: CaseResult) -> None:
        redact = self.client.redact
        asked: dict[str, Any] = {"question": redact(result.question), "database": redact(result.db)}
        if result.earlier:
            asked["earlier questions"] = [redact(each) for each in result.earlier]
        expected: dict[str, Any] = {"sql": [redact(sql) for sql in result.gold_sql]}
        if not result.gold_sql:
            expected = {"rows": [[redact(cell) for cell in row] for row in result.wanted.rows]}
        told = {"case": result.case_id, "difficulty": result.difficulty, "language": result.language}
        if result.dialogue:
            told |= {"dialogue": result.dialogue, "turn": str(result.turn)}
        self.client.put_item(
            self.dataset, self._item_id(result.case_id), asked, expected, {key: told[key] for key in told if told[key]}
        )

    def _scores(self, result: CaseResult) -> list[Score]:
        def score(name: str, good: bool, amount: float | None = None) -> Score:
            id = _digest(self.run.id, result.case_id, name)
            return Score(id, result.trace_id, name, good, result.problem, {}, self.run.started, amount)

        return [
            score("execution-accuracy", result.same is True),
            score("answered", result.answered),
            score("soft-f1", result.same is True, result.soft_f1),
        ]

    def _item_id(self, case_id: str) -> str:
        """Of this dataset alone: an id is never taken by items of two."""
        return _digest(self.dataset_id, case_id)


@contextmanager
def in_langfuse(client: LangfuseClient | None, run: Run, tell: Callable[[str], None]) -> Iterator[DatasetRun | None]:
    """The run as Langfuse has it; None without a client, and where it does not answer, which is told. Closes it."""
    if client is None:
        yield None
        return
    with closing(client):
        try:
            there = DatasetRun.begin(client, run)
        except LangfuseUnreachable as error:
            tell(f"Langfuse does not take the run ({error}). Its results are kept here, and nothing else is affected.")
            there = None
        yield there


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
