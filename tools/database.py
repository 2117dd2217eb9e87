"""Database: what every tool is handed, and the only way from a tool to the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tools.metadata import DatabaseMeta, FieldMeta, TableMeta
from tools.result_table import ResultTable


@dataclass(frozen=True)
class Limits:
    """How much one query may take: rows fetched, seconds in the database, bytes of one value kept."""

    rows: int = 1000
    seconds: float = 30.0
    cell_bytes: int = 1_000_000


@dataclass(frozen=True)
class SampleValues:
    """Some values of one field, the commonest first, and how many different ones there are in all.

    `distinct` is None when counting was cut short by its limit.
    """

    values: tuple[object, ...]
    distinct: int | None


class Database:
    """One database, opened for reading: its metadata, its dialect, its limits, and `query`."""

    url: str  # without the password
    meta: DatabaseMeta
    limits: Limits

    def query(self, sql: str) -> ResultTable:
        """Guard the statement, run it read-only within the limits, and give its rows.

        Raises SqlRefused, SqlFailed, SqlTimeout for the model to mend, DatabaseUnavailable for the caller.
        """
        raise NotImplementedError

    def sample_values(self, table: TableMeta, field: FieldMeta, count: int = 5) -> SampleValues | None:
        """Some values of a field, bounded in time and rows scanned; None where they cannot be had cheaply."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Read the metadata again."""
        raise NotImplementedError

    def close(self) -> None:
        """Give every connection back."""
        raise NotImplementedError


def open_database(
    url: str,
    *,
    limits: Limits | None = None,
    schemas: tuple[str, ...] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Database:
    """Open a database by SQLAlchemy URL, or by the path of a .duckdb, .sqlite/.db, .csv or .parquet file.

    Raises DriverMissing, DatabaseUnavailable; neither text holds a password.
    """
    raise NotImplementedError


@contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """Within it, every `query` of this context can be ended from any thread by calling what it gives."""
    raise NotImplementedError
    yield
