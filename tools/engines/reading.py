"""Any database as an engine that only reads: one run, streamed, bounded, stopped in time, rolled back."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from tools.engines.engine import MEMORY_BYTES, Bounds, Fetched, out_of_memory, stopped, timed_out
from tools.engines.place import Place
from tools.engines.watch import Stop, Watch
from tools.errors import DatabaseUnavailable, QueryTooCostly, SqlFailed
from tools.guard.opinion import Opinion

POOL_SIZE = 8
POOL_WAIT_SECONDS = 30
_BATCH_BYTES = 1_000_000
_MESSAGE_LINES = 8
_MESSAGE_LENGTH = 1500

C = TypeVar("C")


class ReadingEngine(ABC, Generic[C]):
    """One kind of database; what differs from kind to kind are the methods below `run`.

    `C` is a connection as its pool gives it; `raw` is the driver's own below it.
    """

    CLOSES_EARLY: ClassVar[bool] = True
    """Whether closing a cursor ends a query whose rows were not all fetched; else its connection is dropped."""

    def __init__(self, place: Place, seconds: float, memory_bytes: int = MEMORY_BYTES) -> None:
        """Connect. `seconds` is the longest that any run may take, for settings made once a connection;
        `memory_bytes` what an embedded engine may take.

        Raises DatabaseUnavailable, DriverMissing.
        """
        self.place = place
        self.seconds = seconds
        self.memory_bytes = memory_bytes
        self._create()
        self._give_back(self._connect(), broken=False)

    def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
        """Run one statement as it is written and give its first rows; see Engine."""
        connection = self._connect()
        raw = self._raw(connection)
        watch = Watch(lambda: self._cancel(raw), bounds.seconds, stop)
        started = time.monotonic()
        broken = True
        try:
            with watch:
                self._begin(connection, max(bounds.seconds, self.seconds))
                if bounds.prepared:
                    fetched = Fetched((), (), ((self._opinion(connection, sql),),))
                elif bounds.ours:
                    fetched = self._catalogue(connection, sql)
                else:
                    fetched = self._rows(connection, sql, bounds, watch)
            broken = watch.reason is not None or (fetched.more and not self.CLOSES_EARLY)
        except QueryTooCostly:
            broken = False
            raise
        except self._errors() as error:
            cause = self._cause(error)
            lost = self._is_lost(cause, raw)
            if self._is_timeout(cause):
                watch.reason = watch.reason or "timeout"
            broken = lost or watch.reason is not None
            if watch.reason is None:
                raise self._failed(cause, lost) from error
        finally:
            self._give_back(connection, broken=broken)
        if watch.reason == "stopped":
            raise stopped()
        if watch.reason:
            # Also when rows came: MariaDB's BENCHMARK gives a wrong 0, not an error, when the time is up.
            raise timed_out(bounds.seconds)
        return replace(fetched, seconds=time.monotonic() - started)

    @abstractmethod
    def reopen(self) -> None:
        """Connect anew; see Engine."""

    @abstractmethod
    def close(self) -> None:
        """Give every connection back."""

    @abstractmethod
    def _create(self) -> None:
        """What the connections come from; each of them reads only."""

    @abstractmethod
    def _connect(self) -> C:
        """A connection that nobody else uses. Raises DatabaseUnavailable, SqlFailed where all are busy."""

    @abstractmethod
    def _give_back(self, connection: C, *, broken: bool) -> None:
        """Roll back, and let others have the connection; a broken one is closed."""

    @abstractmethod
    def _raw(self, connection: C) -> Any:
        """The driver's connection."""

    @abstractmethod
    def _begin(self, connection: C, seconds: float) -> None:
        """Begin a transaction, and set the server's own clock, where there is one and it stands on another time."""

    @abstractmethod
    def _execute(self, connection: C, sql: str) -> Any:
        """Start the statement, as it is written: no driver may look for % or :name in it. Gives its result."""

    @abstractmethod
    def _cursor(self, result: Any) -> Any:
        """The driver's cursor of a result, None where there is none any more."""

    @abstractmethod
    def _leave(self, result: Any, raw: Any) -> None:
        """End a result whose rows were not all fetched."""

    @abstractmethod
    def _catalogue(self, connection: C, sql: str) -> Fetched:
        """Every row of a query of our own, as the driver has them: at 10,000 tables there are 200,000."""

    @abstractmethod
    def _cancel(self, raw: Any) -> None:
        """End what runs on that driver connection; called from another thread, may come too late, never raises."""

    @abstractmethod
    def _types(self, cursor: Any) -> tuple[str, ...]:
        """The database's names for the types of the columns."""

    @abstractmethod
    def _errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises, also while rows are fetched, and what values raise that Python cannot hold."""

    def _cause(self, error: Exception) -> BaseException:
        """The driver's own error."""
        return error

    def _opinion(self, connection: C, sql: str) -> Opinion | None:
        """What the engine says of a statement without running it; None where it cannot tell all that it would do."""
        return None

    def _rows(self, connection: C, sql: str, bounds: Bounds, watch: Watch) -> Fetched:
        """Run the statement, read its first rows and end it."""
        result = self._execute(connection, sql)
        fetched = self._read(result, bounds, watch)
        if fetched.more or watch.reason:
            self._leave(result, self._raw(connection))
        return fetched

    def _is_timeout(self, cause: BaseException) -> bool:
        """Whether the database ended the statement by its own clock."""
        return False

    def _is_lost(self, cause: BaseException, raw: Any) -> bool:
        """Whether the connection is of no more use."""
        return False

    def _unavailable(self, cause: BaseException) -> DatabaseUnavailable:
        """The one line for a database that does not let us in."""
        return DatabaseUnavailable(f"{self.place.shown} cannot be opened: {self._message(cause, 1)}")

    def _failed(self, cause: BaseException, lost: bool) -> SqlFailed:
        if lost:
            return SqlFailed("The connection to the database was lost while the query ran. Run it once more.")
        if isinstance(cause, MemoryError):
            return out_of_memory()
        return SqlFailed(self._message(cause, _MESSAGE_LINES))

    def _message(self, cause: BaseException, lines: int) -> str:
        """The first lines of the driver's own words, without passwords."""
        text = self.place.hidden(str(cause)).strip()
        kept = [line.rstrip() for line in text.splitlines() if line.strip()][:lines]
        return "\n".join(kept)[:_MESSAGE_LENGTH] or type(cause).__name__

    def _read(self, result: Any, bounds: Bounds, watch: Watch) -> Fetched:
        """The first rows of a result, within the bounds."""
        cursor = self._cursor(result)
        if cursor is None or cursor.description is None:
            raise SqlFailed("The statement gives no rows. Write one SELECT.")
        columns = tuple(str(each[0]) for each in cursor.description)
        types = self._types(cursor)  # the cursor forgets them once its last row is fetched
        rows: list[tuple[Any, ...]] = []
        cut: set[str] = set()
        size, batch, more = 0, 1, False
        # A cancel finds nothing to end on the server while we are busy with rows, so we look for ourselves.
        while len(rows) <= bounds.rows and size <= bounds.result_bytes and not watch.reason:
            fetched = result.fetchmany(min(batch, bounds.rows + 1 - len(rows)))
            if not fetched:
                break
            for row in fetched:
                kept, row_size = _within(row, columns, bounds.cell_bytes, cut)
                rows.append(kept)
                size += row_size
            # Small batches while rows are large: what is fetched is in memory before it can be cut.
            batch = max(1, min(batch * 2, 1000, int(_BATCH_BYTES / (size / len(rows) + 1))))
        if len(rows) > bounds.rows:
            more = True
            rows = rows[: bounds.rows]
        notes = []
        if size > bounds.result_bytes:
            more = True
            notes.append(f"Fetching stopped after {len(rows)} rows, at {bounds.result_bytes:,} bytes.")
        if cut:
            names = ", ".join(sorted(cut))
            notes.append(f"Values over {bounds.cell_bytes:,} bytes were cut, in: {names}.")
        return Fetched(columns, types, tuple(rows), more, notes=tuple(notes))


def all_busy() -> SqlFailed:
    """The error of a query for which no connection became free."""
    return SqlFailed(f"All {POOL_SIZE} connections were busy for {POOL_WAIT_SECONDS} s. Try once more.")


_PLAIN = frozenset((int, float, bool, type(None)))


def _within(
    row: Sequence[Any], columns: tuple[str, ...], cell_bytes: int, cut: set[str]
) -> tuple[tuple[Any, ...], int]:
    """The row with its long values cut, and about how many bytes it takes."""
    size = 0
    for value in row:
        kind = type(value)
        if kind is str and len(value) <= cell_bytes:
            size += len(value) + 50
        elif kind in _PLAIN:
            size += 16
        else:
            return _cut(row, columns, cell_bytes, cut)
    return tuple(row), size


def _cut(row: Sequence[Any], columns: tuple[str, ...], cell_bytes: int, cut: set[str]) -> tuple[tuple[Any, ...], int]:
    """As above, for a row with any kind of value."""
    values: list[Any] = []
    size = 0
    for index, value in enumerate(row):
        weight = _weight(value, cell_bytes)
        if isinstance(value, (bytearray, memoryview)):
            value = bytes(value)
        if weight > cell_bytes + 50:
            cut.add(columns[index])
            if isinstance(value, bytes):
                value = value[:cell_bytes]
            else:
                whole = f"{len(value):,} {'characters' if isinstance(value, str) else 'elements'}"
                value = f"{str(_first_of(value))[:cell_bytes]}… (cut: {whole} in all)"
            weight = cell_bytes
        values.append(value)
        size += weight
    return tuple(values), size


def _weight(value: Any, enough: int) -> int:
    """About how many bytes a value takes; a nested one is counted no further than `enough`."""
    if isinstance(value, (str, bytes, bytearray)):
        return len(value) + 50
    if isinstance(value, memoryview):
        return value.nbytes + 50
    if isinstance(value, dict):
        parts: Iterable[Any] = (each for pair in value.items() for each in pair)
    elif isinstance(value, (list, tuple)):
        parts = value
    else:
        return 50
    total = 50
    for part in parts:
        total += _weight(part, enough - total)
        if total > enough + 50:
            break
    return total


def _first_of(value: Any, count: int = 100) -> Any:
    if isinstance(value, str):
        return value
    return dict(list(value.items())[:count]) if isinstance(value, dict) else list(value[:count])
