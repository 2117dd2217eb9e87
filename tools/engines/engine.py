"""What every engine is: SQL text in, typed rows out, within bounds, and stoppable from another thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tools.engines.watch import Stop
from tools.errors import QueryTooCostly, SqlFailed, SqlTimeout

MEMORY_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Bounds:
    """How much one run may take: rows kept, seconds, bytes of one value kept, bytes of all of them.

    `ours` says that the statement is a catalogue query of our own: all its rows are wanted, as they are.
    `prepared` marks a statement that is not to run: what comes is one row of one value, the engine's Opinion on it, or
    None where it has none.
    `cost` is the highest estimate at which a query still runs, in the engine's own unit; None is any.
    """

    rows: int
    seconds: float
    cell_bytes: int = 1_000_000
    result_bytes: int = 10_000_000
    ours: bool = False
    prepared: bool = False
    cost: float | None = None


@dataclass(frozen=True)
class Fetched:
    """The rows of one run; `more` when a bound ended it before the database did.

    `notes` say what we cut, `doubts` what the database itself holds to be wrong in what it gave.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool = False
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Engine(Protocol):
    """One database, opened for reading, whatever its kind and wherever its code runs."""

    def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
        """Run one statement and give its first rows; many threads may call it at once.

        Raises SqlFailed, SqlTimeout when the statement is at fault, DatabaseUnavailable when the database is.
        """
        ...

    def reopen(self) -> None:
        """Let queries that begin from now on read the file that now has the database's name."""
        ...

    def close(self) -> None:
        """Give every connection back."""
        ...


def stopped() -> SqlFailed:
    """The error of a query that its asker ended."""
    return SqlFailed("The query was stopped before it had finished, because its asker asked for that.")


def timed_out(seconds: float) -> SqlTimeout:
    """The error of a query that ran past its limit."""
    return SqlTimeout(
        f"The query was stopped after {seconds:g} s. Read less: filter more, join or group less, "
        "or aggregate before joining."
    )


def out_of_memory() -> SqlFailed:
    """The error of a query that was not given all the memory it wanted."""
    return SqlFailed(
        "The query needs more memory than it may have. Read fewer rows and fields, filter more, or aggregate "
        "before joining."
    )


def too_costly(estimate: str) -> QueryTooCostly:
    """What the model is told of a query that was not run for its cost."""
    return QueryTooCostly(
        f"Not run: the database estimates {estimate}. Narrow it: filter on a key or an indexed field, ask for a "
        "shorter period, join fewer tables or join them on their keys, aggregate before joining. If that cannot be, "
        "tell the user that it costs too much."
    )
