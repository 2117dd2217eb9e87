"""The traces of this machine: every span as it ends, in one SQLite file that several processes may write."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent.errors import DBAgentError, TraceNotFound
from agent.llmops.trace_records import (
    SpanRecord,
    TraceSummary,
    TraceTree,
    record_of_row,
    row_of,
    summary_of,
    tree_of,
)

_log = logging.getLogger(__name__)

# A span ends on the event loop: it may wait this long for another process that is writing, and not at all for another
# thread that is; then it is kept in memory and written with the next one.
_WAIT_SECONDS = 0.05
_WAIT_SECONDS_AT_CLOSE = 3.0
_MOST_PENDING = 10_000

# What one question does is written as it ends. A crowd's spans go together, in a thread, this many seconds later at the
# most: a transaction for each cost the event loop a good millisecond a question, a quarter of all that tracing costs.
_AT_ONCE, _AT_ONCE_A_SECOND = 20, 20
_TOGETHER_SECONDS = 0.02
_HOME_SECONDS = 2.0
# Rows of one statement. A thread gives the interpreter away for each statement and waits for it again, up to 5 ms
# while the event loop is busy: row by row, a crowd's spans took longer to be written than to come about.
_ROWS_AT_ONCE = 40

# Old traces go a few at a time, in about a millisecond each, and one time for every ten spans.
_PRUNE_EVERY_WRITES = _PRUNED_AT_ONCE = 10

_VERSION = 1
_APPLICATION = 0x44424154  # "DBAT": what tells a trace store from any other SQLite file
_TABLES = """
    CREATE TABLE IF NOT EXISTS spans (
        trace_id TEXT NOT NULL,
        id TEXT NOT NULL,
        parent_id TEXT,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        started REAL NOT NULL,      -- seconds since 1970
        ended REAL,                 -- NULL while it runs, and for ever where the process was killed
        input TEXT,
        output TEXT,
        level TEXT NOT NULL,
        status TEXT,
        model TEXT,
        model_parameters TEXT,      -- JSON
        usage TEXT,                 -- JSON: tokens by kind
        cost TEXT,                  -- JSON: US dollars by kind
        tokens INTEGER,             -- the total of usage
        cost_usd REAL,              -- the total of cost
        prompt_name TEXT,
        prompt_version INTEGER,
        first_token_at TEXT,
        user_id TEXT,
        session_id TEXT,
        tags TEXT,                  -- JSON
        metadata TEXT,              -- JSON
        PRIMARY KEY (trace_id, id)
    );
    CREATE INDEX IF NOT EXISTS spans_roots ON spans (started) WHERE parent_id IS NULL;
"""


class TraceStore:
    """Spans in a SQLite file, opened when first needed.

    A disk that is full or read-only, or a file that is no trace store, turns writing off with one warning:
    a question is never lost because its trace is. Traces that began more than `keep_days` ago are deleted while
    others are written; 0 keeps them for ever.
    """

    def __init__(self, path: Path, *, keep_days: float = 0) -> None:
        self.path = path
        self._keep_days = keep_days
        self._writes = 0
        self._lock = threading.Lock()  # of what is pending; nobody who holds it does anything else
        self._file = threading.RLock()  # of the connection
        self._connection: sqlite3.Connection | None = None
        self._inherited: sqlite3.Connection | None = None
        self._process = 0
        self._pending: list[SpanRecord] = []
        self._off = False
        self._owner = os.getpid()
        self._at_once, self._counted = float(_AT_ONCE), time.monotonic()
        self._due = False
        self._bell: queue.SimpleQueue[None] | None = None

    def write(self, span: SpanRecord) -> None:
        """Keep a span, at once, or in 20 ms where many come; one with the same id takes its place. Never raises."""
        self._notice_a_fork()
        with self._lock:
            if self._off:
                return
            self._pending.append(span)
            now = time.monotonic()
            self._at_once = min(_AT_ONCE, self._at_once + (now - self._counted) * _AT_ONCE_A_SECOND)
            self._counted = now
            # An answer that was given has its trace, if it can be helped: the last of what is left is for the ends.
            ends_a_question = span.parent_id is None and span.seconds is not None
            if at_once := self._at_once >= (1 if ends_a_question else _AT_ONCE / 2):
                self._at_once -= 1
        if not (at_once and self._file.acquire(blocking=False)):
            try:
                self._write_later()
            except RuntimeError:  # no thread is started any more: the interpreter is ending
                self._write_together()
            return
        try:
            self._write_pending()
        finally:
            self._file.release()

    def _notice_a_fork(self) -> None:
        """In a child the parent's locks may be held for ever, and the spans that are pending are the parent's."""
        if self._owner != os.getpid():
            self._owner, self._pending, self._due, self._bell = os.getpid(), [], False, None
            self._lock, self._file = threading.Lock(), threading.RLock()

    def _write_later(self) -> None:
        with self._lock:
            if self._due:
                return
            self._due = True
            if self._bell is None:
                self._bell = queue.SimpleQueue()
                # A thread for a crowd, and not one for each 20 ms: to start one, the event loop waits for it to run.
                threading.Thread(target=self._attend, args=(self._bell,), name="dbagent-traces", daemon=True).start()
                atexit.register(self._write_together)
            self._bell.put(None)

    def _attend(self, bell: queue.SimpleQueue[None]) -> None:
        """Write what is due each time the bell rings; go home when it is quiet."""
        while True:
            try:
                bell.get(timeout=_HOME_SECONDS)
            except queue.Empty:
                with self._lock:
                    if not self._due:
                        self._bell = None
                        atexit.unregister(self._write_together)
                        return
                continue
            time.sleep(_TOGETHER_SECONDS)
            self._write_together()

    def keep(self, spans: Iterable[SpanRecord]) -> None:
        """Keep many at once, in one transaction. Never raises."""
        self._notice_a_fork()
        with self._lock:
            self._pending += spans
        with self._file:
            self._write_pending(_WAIT_SECONDS_AT_CLOSE)

    def _write_together(self) -> None:
        with self._lock:
            self._due = False
        with self._file:
            self._write_pending()

    def trouble(self) -> str | None:
        """Why nothing can be kept there, tried now; None where all is well. Never raises."""
        self._notice_a_fork()
        with self._file:
            try:
                self._connected().execute("SELECT count(*) FROM spans").fetchone()
            except (sqlite3.Error, OSError) as error:
                return f"nothing can be kept in {self.path} ({error}); set DBAGENT_HOME to another folder"
        return None

    def close(self) -> None:
        """Write what is still waiting and let go of the file; a later write opens it again. Never raises."""
        self._notice_a_fork()
        with self._file:
            self._write_pending(_WAIT_SECONDS_AT_CLOSE)
            if self._writes:
                self._prune()
            self._disconnect()

    def traces(
        self, limit: int | None = 20, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[TraceSummary]:
        """The newest questions, newest first: `limit` of them at the most, begun since then and before `until`.

        Raises DBAgentError where the file cannot be read.
        """
        with self._reading() as connection:
            if connection is None:
                return []
            within = {
                "since": since.timestamp() if since else 0.0,
                "until": until.timestamp() if until else _FOR_EVER,
                "limit": -1 if limit is None else limit,
            }
            roots = connection.execute(f"SELECT * {_ROOTS}", within).fetchall()
            work = _work_of(connection, f"SELECT trace_id {_ROOTS}", within)
            return [summary_of(row, work.get(row["trace_id"])) for row in roots]

    def trace(self, id_or_prefix: str) -> TraceTree | None:
        """The tree of a trace by its id or the first characters of it; None unless exactly one is meant.

        Raises DBAgentError where the file cannot be read.
        """
        with self._reading() as connection:
            ids = _ids(connection, id_or_prefix) if connection else []
            if connection is None or len(ids) != 1:
                return None
            spans = connection.execute("SELECT * FROM spans WHERE trace_id = ? ORDER BY started", ids).fetchall()
            first = next((row for row in spans if row["parent_id"] is None), spans[0])
            work = _work_of(connection, "VALUES (:id)", {"id": ids[0]})
            return TraceTree(summary_of(first, work.get(ids[0])), tree_of([record_of_row(row) for row in spans]))

    def wanted(self, id_or_prefix: str | None) -> TraceTree:
        """The trace that a person means: by its id, by the beginning of it, or the latest for None.

        Raises TraceNotFound, and DBAgentError where the file cannot be read.
        """
        if id_or_prefix is None:
            latest = self.traces(limit=1)
            if not latest:
                raise TraceNotFound(
                    'There are no traces yet. Ask something: dbagent ask "How many customers are there?"'
                )
            id_or_prefix = latest[0].id
        if found := self.trace(id_or_prefix):
            return found
        with self._reading() as connection:
            several = len(_ids(connection, id_or_prefix)) if connection else 0
        if several:
            raise TraceNotFound(f"Several traces begin with {id_or_prefix!r}. Give more of the id.")
        raise TraceNotFound(f"There is no trace {id_or_prefix[:80]!r}. dbagent traces lists them.")

    def _write_pending(self, wait_seconds: float = _WAIT_SECONDS) -> None:
        """Write what is pending; what another process that is writing stands in the way of stays so."""
        with self._lock:
            spans, self._pending = self._pending, []
        if not spans or self._off:
            return
        try:
            connection = self._connected()
            connection.execute(f"PRAGMA busy_timeout = {int(wait_seconds * 1000)}")
            with connection:
                for first in range(0, len(spans), _ROWS_AT_ONCE):
                    _insert(connection, spans[first : first + _ROWS_AT_ONCE])
        except (ValueError, OverflowError) as error:
            _log.warning("A span could not be kept in %s (%s).", self.path, error)
        except (sqlite3.Error, OSError) as error:
            if _is_busy(error) and len(spans) < _MOST_PENDING:
                with self._lock:
                    self._pending = spans + self._pending
                return
            self._off = True
            self._disconnect()
            _log.warning(
                "Traces are no longer kept on this machine: %s (%s). Answers are not affected. "
                "Free the disk, move the file away, or set DBAGENT_HOME to another folder.",
                self.path,
                getattr(error, "strerror", None) or error,  # the whole of an OSError says the path once more
            )
        else:
            pruned = self._writes // _PRUNE_EVERY_WRITES
            self._writes += len(spans)
            for _ in range(self._writes // _PRUNE_EVERY_WRITES - pruned):
                self._prune()

    def _prune(self) -> None:
        """Delete the oldest of what is too old. What cannot be done now is done another time."""
        if not self._keep_days or self._connection is None or self._process != os.getpid():
            return
        before = time.time() - self._keep_days * 86_400
        with suppress(sqlite3.Error), self._connection as connection:
            connection.execute("PRAGMA secure_delete = ON")  # gone from the file, and not only from its tables
            connection.execute(
                "DELETE FROM spans WHERE trace_id IN (SELECT trace_id FROM spans WHERE parent_id IS NULL"
                " AND started < ? ORDER BY started LIMIT ?)",
                (before, _PRUNED_AT_ONCE),
            )

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        # After a fork the parent's connection is neither used nor closed: SQLite allows a child neither.
        self._inherited = self._connection
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Questions and rows are nobody else's business; SQLite gives its -wal and -shm the same permissions.
        # Only when it is new: closing a file drops the locks that SQLite holds on it in this process.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=1.0, check_same_thread=False)
        try:
            version = _version(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA busy_timeout = {int(_WAIT_SECONDS * 1000)}")
            if version < _VERSION:
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id = {_APPLICATION};"
                    f"PRAGMA user_version = {_VERSION}; COMMIT"
                )
        except BaseException:
            connection.close()
            raise
        self._connection, self._process = connection, os.getpid()
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None and self._process == os.getpid():
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection that can only read, or None where nothing was ever written; what waits is written first."""
        self._notice_a_fork()
        with self._file:  # also what another thread has taken out to write is then in the file
            self._write_pending()
        if not self.path.exists():
            yield None
            return
        try:
            uri = f"file:{quote(str(self.path.resolve()))}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection if _version(connection) else None
        except sqlite3.Error as error:
            raise DBAgentError(
                f"The traces in {self.path} cannot be read ({error}). Move the file away; a new one is made."
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    """The format of the file, 0 for an empty one. Raises DatabaseError for a file that is something else."""
    # In one transaction: another process may be making it an instant later.
    connection.execute("BEGIN")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    connection.execute("ROLLBACK")
    if application != _APPLICATION and not (empty and not application and not version):
        raise sqlite3.DatabaseError("it is another SQLite database")
    if version > _VERSION:
        raise sqlite3.DatabaseError(f"it was made by a newer DBAgent (format {version})")
    return int(version)


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _insert(connection: sqlite3.Connection, spans: Sequence[SpanRecord]) -> None:
    """Put them in with one statement; the later of two with the same id stays."""
    rows = [row_of(span) for span in spans]
    row = f"({', '.join('?' * len(rows[0]))})"
    connection.execute(
        f"INSERT OR REPLACE INTO spans ({', '.join(rows[0])}) VALUES {', '.join([row] * len(rows))}",
        [value for each in rows for value in each.values()],
    )


_ROOTS = """
    FROM spans WHERE parent_id IS NULL AND started >= :since AND started < :until
    ORDER BY started DESC LIMIT :limit
"""
_FOR_EVER = 253_402_300_800.0  # the year 10000

# A failed call told neither tokens nor cost; a call that succeeded without telling makes the sum unknown.
_WORK = """
    SELECT trace_id,
           sum(tokens) FILTER (WHERE kind = 'generation') AS tokens,
           sum(cost_usd) FILTER (WHERE kind = 'generation') AS cost,
           sum(tokens IS NULL AND told) AS untold_tokens,
           sum(cost_usd IS NULL AND told) AS untold_costs,
           json_group_array(DISTINCT model) FILTER (WHERE kind = 'generation' AND model IS NOT NULL) AS models,
           max(prompt_name) AS prompt_name,
           max(prompt_version) AS prompt_version,
           count(*) FILTER (WHERE kind = 'generation') AS steps,
           count(*) FILTER (WHERE kind = 'tool') AS tool_calls,
           count(*) FILTER (WHERE is_query AND level <> 'DEFAULT') AS failed_queries,
           max(started) FILTER (WHERE is_query AND level = 'DEFAULT' AND ended IS NOT NULL)
               > min(started) FILTER (WHERE is_query AND level <> 'DEFAULT') AS repaired
    FROM (
        SELECT *, kind = 'tool' AND name = 'execute_sql' AS is_query,
               kind = 'generation' AND level <> 'ERROR' AND ended IS NOT NULL AS told
        FROM spans
    )
    WHERE trace_id IN ({ids}) GROUP BY trace_id
"""


def _ids(connection: sqlite3.Connection, id_or_prefix: str) -> list[str]:
    """The trace ids that begin so, two at the most; none for what is no beginning of an id."""
    wanted = id_or_prefix.strip().lower()
    if not wanted or not set(wanted) <= set("0123456789abcdef"):
        return []
    found = connection.execute(
        "SELECT DISTINCT trace_id FROM spans WHERE trace_id >= ? AND trace_id < ? LIMIT 2", (wanted, wanted + "g")
    )
    return [row["trace_id"] for row in found]


def _work_of(connection: sqlite3.Connection, ids: str, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the spans of each of these traces come to; `ids` is SQL that gives their ids."""
    return {row["trace_id"]: dict(row) for row in connection.execute(_WORK.format(ids=ids), values)}
