"""What became of each case of a run, kept in one SQLite file the moment it is known."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.errors import DBAgentError
from agent.file_lock import alone

_VERSION = 1
_APPLICATION = 0x44424145  # "DBAE": what tells this file from any other of SQLite's
_TABLES = """
    CREATE TABLE IF NOT EXISTS runs (
        id TEXT PRIMARY KEY,
        started REAL NOT NULL,       -- seconds since 1970
        finished REAL,               -- NULL while cases are left
        cases TEXT NOT NULL,         -- the path of their file
        total INTEGER NOT NULL,      -- how many there are to ask
        options TEXT NOT NULL        -- JSON: what was asked for, and how
    );
    CREATE TABLE IF NOT EXISTS results (
        run_id TEXT NOT NULL REFERENCES runs (id),
        case_id TEXT NOT NULL,
        result TEXT NOT NULL,        -- JSON
        PRIMARY KEY (run_id, case_id)
    );
"""
_SHOWN_ROWS = 5
_SHOWN_CELL = 200


class EvaluationProblem(DBAgentError):
    """A run cannot be found, read, or gone on with; the text says what to try."""


@dataclass(frozen=True)
class Preview:
    """The beginning of a result, as text: at most five rows of short cells, and how many rows there are in all."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: int = 0

    @classmethod
    def of(cls, columns: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]) -> Preview:
        """That of these rows."""
        return cls(columns, tuple(tuple(map(_cell, row)) for row in rows[:_SHOWN_ROWS]), len(rows))


@dataclass(frozen=True)
class CaseResult:
    """What became of one case.

    `same` is None where the case could not be scored: its gold SQL failed, its database is missing, the model was
    away; `problem` then says why, and resuming the run tries it again. A turn of a `dialogue` of so many `turns` has
    the questions that were asked before it in `earlier`. `outcome` is the receipt's; "refused" where
    the question was not taken, "fault" where DBAgent itself broke, "not asked" where the case could not be scored.
    `tokens` and `cost_usd` are None where they are unknown. Seconds are wall time.
    """

    case_id: str
    digest: str
    question: str
    db: str = ""
    difficulty: str = ""
    language: str = ""
    place: str = ""
    gold_sql: tuple[str, ...] = ()
    outcome: str = "not asked"
    answered: bool = False
    same: bool | None = None
    soft_f1: float = 0.0
    sql: str | None = None
    text: str = ""
    given: Preview = field(default_factory=Preview)
    wanted: Preview = field(default_factory=Preview)
    steps: int = 0
    tool_calls: int = 0
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float = 0.0
    models: tuple[str, ...] = ()
    prompt: str = ""
    prompt_version: int | None = None
    prompt_source: str = ""
    trace_id: str = ""
    problem: str = ""
    dialogue: str = ""
    earlier: tuple[str, ...] = ()
    turns: int = 0

    @property
    def scored(self) -> bool:
        """Whether it counts in the figures."""
        return self.same is not None

    @property
    def turn(self) -> int:
        """Its place in the dialogue, from 1; 0 where it is in none."""
        return len(self.earlier) + 1 if self.dialogue else 0


@dataclass(frozen=True)
class RunOptions:
    """What a run asks, of whom: empty means what the settings say. `database` is shown without its password.

    `prompt_version` is set where one version was asked with, whatever its label; `prompt_file` where it was a file,
    and `prompt_digest` tells its text from what it may be later.
    """

    database: str = ""
    model: str = ""
    prompt_label: str = ""
    prompt_version: int | None = None
    prompt_file: str = ""
    prompt_digest: str = ""
    limit: int | None = None
    evidence: bool = True
    policy: str = ""
    knowledge: str = ""


@dataclass(frozen=True)
class Run:
    """One evaluation. `done` counts the cases that have a result, `finished` is None while some have none."""

    id: str
    started: datetime
    finished: datetime | None
    cases: str
    total: int
    options: RunOptions
    done: int


class ResultStore:
    """The runs of this machine, in a file that is made when first needed. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def begin(self, cases: str, total: int, options: RunOptions) -> Run:
        """Begin a run."""
        started = time.time()
        id = f"{datetime.fromtimestamp(started):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, NULL, ?, ?, ?)",
                (id, started, cases, total, json.dumps(asdict(options), ensure_ascii=False)),
            )
        return self.run(id)

    def keep(self, run_id: str, result: CaseResult) -> None:
        """Keep what became of a case; on the disk when this returns."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)",
                (run_id, result.case_id, json.dumps(asdict(result), ensure_ascii=False)),
            )

    def finish(self, run_id: str, total: int) -> None:
        """Note that every case has its result."""
        with self._writing() as connection:
            connection.execute("UPDATE runs SET finished = ?, total = ? WHERE id = ?", (time.time(), total, run_id))

    def runs(self, limit: int = 20) -> list[Run]:
        """The latest runs, newest first."""
        return self._runs("ORDER BY started DESC LIMIT ?", limit)

    def run(self, id: str) -> Run:
        """The run of that id, or of the only one that begins so; "latest" is the newest. Raises EvaluationProblem."""
        if id == "latest":
            found = self.runs(1)
        else:
            found = self._runs("WHERE id = ?", id) or self._runs("WHERE substr(id, 1, length(?)) = ?", id, id)
        if len(found) == 1 and id:
            return found[0]
        if not found and id == "latest":
            raise EvaluationProblem("There are no runs yet. Begin one: dbagent eval run CASES")
        if not found or not id:
            raise EvaluationProblem(f"There is no run {id!r}. dbagent eval list shows them.")
        raise EvaluationProblem(
            f"{len(found)} runs begin with {id!r}. Give more of the id; dbagent eval list shows them."
        )

    def results(self, run_id: str) -> list[CaseResult]:
        """What became of the cases of a run, in the order in which it was known."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT result FROM results WHERE run_id = ? ORDER BY rowid", (run_id,)
            ).fetchall()
        return [_result(json.loads(text)) for (text,) in rows]

    @contextmanager
    def working_on(self, run_id: str) -> Iterator[None]:
        """Keep other processes from asking the cases of this run. Raises EvaluationProblem while one does."""
        lock = self.path.with_name(f"{self.path.stem}-{run_id}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            try:
                held.enter_context(alone(lock, wait=False))
            except BlockingIOError:
                raise EvaluationProblem(
                    f"Another process is asking the cases of run {run_id}. Wait, or stop it."
                ) from None
            yield

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _runs(self, condition: str, *values: Any) -> list[Run]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, started, finished, cases, total, options,"
                f" (SELECT count(*) FROM results WHERE run_id = id) FROM runs {condition}",
                values,
            ).fetchall()
        return [
            Run(
                id,
                datetime.fromtimestamp(started).astimezone(),
                None if finished is None else datetime.fromtimestamp(finished).astimezone(),
                cases,
                total,
                RunOptions(**_known(RunOptions, json.loads(options))),
                done,
            )
            for id, started, finished, cases, total, options, done in rows
        ]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._connection is None and not self.path.exists():
            with closing(sqlite3.connect(":memory:")) as nothing_yet:
                nothing_yet.executescript(_TABLES)
                yield nothing_yet
            return
        with self._lock, self._said_clearly():
            yield self._opened()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._said_clearly():
            connection = self._opened()
            with connection:
                yield connection

    @contextmanager
    def _said_clearly(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise EvaluationProblem(
                f"The results in {self.path} cannot be read or written: {error}. "
                "Free the disk, or name another folder with DBAGENT_HOME."
            ) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                # Answers hold data: nobody else on the machine is to read them.
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self.path, timeout=30.0, check_same_thread=False)
            try:
                self._make_sure(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _make_sure(self, connection: sqlite3.Connection) -> None:
        application, version, tables = (
            connection.execute(each).fetchone()[0]
            for each in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if tables and application != _APPLICATION:
            raise EvaluationProblem(f"{self.path} is not a file of evaluations. Move it, or set DBAGENT_HOME.")
        if version > _VERSION:
            raise EvaluationProblem(f"{self.path} was written by a newer DBAgent. Use that, or set DBAGENT_HOME.")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(
            f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id = {_APPLICATION};"
            f"PRAGMA user_version = {_VERSION}; COMMIT"
        )


def _result(kept: Mapping[str, Any]) -> CaseResult:
    values = _known(CaseResult, kept)
    for name in ("given", "wanted"):
        preview = values.get(name) or {}
        values[name] = Preview(
            tuple(preview.get("columns", ())), tuple(map(tuple, preview.get("rows", ()))), preview.get("total", 0)
        )
    for name in ("gold_sql", "models", "earlier"):
        values[name] = tuple(values.get(name, ()))
    return CaseResult(**values)


def _known(kind: type, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What was kept, without what another version of DBAgent kept besides."""
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in kept.items() if name in names}


def _cell(value: Any) -> str:
    text = "NULL" if value is None else f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN_CELL else text[: _SHOWN_CELL - 1] + "…"
