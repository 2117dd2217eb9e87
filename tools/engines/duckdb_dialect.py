"""The little of a SQLAlchemy dialect that reading DuckDB takes: duckdb-engine does not work with SQLAlchemy 2.1."""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Any

import duckdb
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor


class DuckDBDialect(DefaultDialect):
    """Connects and runs SQL; the metadata is read by tools/reflection.py, in bulk."""

    name = "duckdb"
    driver = "duckdb"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The duckdb module, whose errors and constants are the DBAPI's."""
        return duckdb

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """A connection of the driver in the DBAPI's shape."""
        return DuckDBConnection(duckdb.connect(*arguments, **options))

    def do_begin(self, dbapi_connection: Any) -> None:
        """DuckDB's driver commits each statement by itself unless told to begin."""
        dbapi_connection.begin()

    def is_disconnect(self, e: Exception, connection: Any, cursor: DBAPICursor | None) -> bool:
        """A file is not lost; but after a fatal error DuckDB refuses everything until it is opened anew."""
        return "database has been invalidated" in str(e)

    def get_default_isolation_level(self, dbapi_conn: DBAPIConnection) -> Any:
        """DuckDB has one level and no way to ask for it."""
        return "SERIALIZABLE"


class DuckDBConnection:
    """A driver connection whose cursors are the connection.

    The driver's own `cursor()` opens another connection, which is in no transaction of ours and which an
    interrupt of this one does not reach: a query ran 57 s past its limit that way.
    """

    def __init__(self, raw: duckdb.DuckDBPyConnection) -> None:
        self.raw = raw

    def cursor(self) -> DuckDBCursor:
        """A cursor; the next one on this connection ends it."""
        return DuckDBCursor(self.raw)

    def begin(self) -> None:
        """Begin a transaction."""
        self.raw.begin()

    def commit(self) -> None:
        """Commit the transaction."""
        self.raw.commit()

    def rollback(self) -> None:
        """Roll back; where nothing was begun, DuckDB calls that an error and SQLAlchemy nothing."""
        with contextlib.suppress(duckdb.TransactionException):
            self.raw.rollback()

    def interrupt(self) -> None:
        """End what runs on this connection; for another thread to call."""
        self.raw.interrupt()

    def close(self) -> None:
        """Close this connection; the instance lives as long as one is open."""
        self.raw.close()


class DuckDBCursor:
    """The last statement of a connection."""

    arraysize = 1

    def __init__(self, raw: duckdb.DuckDBPyConnection) -> None:
        self.raw = raw
        self.rowcount = -1

    def execute(self, sql: str, parameters: Any = None) -> None:
        """Start the statement; its rows are made as they are fetched."""
        self.raw.execute(sql, parameters) if parameters else self.raw.execute(sql)

    def executemany(self, sql: str, parameters: Any) -> None:
        """Run the statement once for each set of parameters."""
        self.raw.executemany(sql, parameters)

    @property
    def description(self) -> Any:
        """Name and type of each column."""
        return self.raw.description

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self.raw.fetchone()

    def fetchmany(self, size: int | None = None) -> Any:
        """The next rows, at most that many."""
        return self.raw.fetchmany(size or self.arraysize)

    def fetchall(self) -> Any:
        """All rows that are left."""
        return self.raw.fetchall()

    def close(self) -> None:
        """Leave the rest; the transaction's end drops it."""


registry.register("duckdb", __name__, "DuckDBDialect")
