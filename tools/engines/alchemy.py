"""A server behind SQLAlchemy as an engine that only reads."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tools.engines.engine import Bounds, Fetched, too_costly
from tools.engines.place import Server
from tools.engines.reading import POOL_SIZE, POOL_WAIT_SECONDS, ReadingEngine, all_busy
from tools.engines.watch import Watch
from tools.errors import DatabaseUnavailable

CONNECT_SECONDS = 6
SERVER_GRACE_SECONDS = 0.3
"""The server's own clock runs this much longer than ours: BENCHMARK ended by MariaDB's gives 0 and no error."""
# What drivers raise for an option in the URL that they do not know, or a value that it cannot have.
_BAD_OPTION = (TypeError, ValueError, LookupError, AttributeError, OSError, sa.exc.ArgumentError)
# What can be explained: EXPLAIN, SHOW and DESCRIBE have no estimate and cost nothing.
_QUERY = re.compile(r"(?is)(?:\s|--[^\n]*\n|\#[^\n]*\n|/\*.*?\*/|\()*(?:select|with|values|table)\b")


class AlchemyEngine(ReadingEngine[sa.Connection]):
    """One kind of server; SQLAlchemy pools its connections and begins and rolls back their transactions."""

    def reopen(self) -> None:
        self._engine.dispose()

    def close(self) -> None:
        self._engine.dispose()

    def _create(self) -> None:
        self._engine = self._created()

    @abstractmethod
    def _created(self) -> sa.Engine:
        """The SQLAlchemy engine, each of whose connections reads only."""

    @property
    def _server(self) -> Server:
        assert self.place.server is not None
        return self.place.server

    def _pooled(self, driver: str, query: Mapping[str, str], **connecting: object) -> sa.Engine:
        """SQLAlchemy's engine for the server; `connecting` goes to the driver with each connection."""
        server = self._server
        return sa.create_engine(
            sa.URL.create(
                driver,
                server.user or None,
                server.password or None,
                server.host or None,
                server.port,
                server.database or None,
                query,
            ),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_pre_ping=True,
            connect_args=connecting,
        )

    @abstractmethod
    def _estimate(self, connection: sa.Connection, sql: str) -> tuple[float, str]:
        """What the server thinks that a query costs, and in which unit."""

    def _connect(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except sa.exc.DBAPIError as error:
            # The driver's text may quote the password (psycopg does for a malformed one).
            raise self._unavailable(error.orig or error) from None
        except _BAD_OPTION as error:
            raise DatabaseUnavailable(
                f"{self.place.shown} cannot be opened: {self._message(error, 1)}. Check the options in the URL."
            ) from None
        except sa.exc.TimeoutError as error:
            raise all_busy() from error

    def _give_back(self, connection: sa.Connection, *, broken: bool) -> None:
        if broken:
            connection.invalidate()
        connection.close()

    def _raw(self, connection: sa.Connection) -> Any:
        return connection.connection.driver_connection

    def _execute(self, connection: sa.Connection, sql: str) -> sa.CursorResult[Any]:
        options = connection.execution_options(no_parameters=True, stream_results=True)
        return options.exec_driver_sql(sql)

    def _cursor(self, result: sa.CursorResult[Any]) -> Any:
        return result.cursor

    def _leave(self, result: sa.CursorResult[Any], raw: Any) -> None:
        result.close()

    def _catalogue(self, connection: sa.Connection, sql: str) -> Fetched:
        result = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
        cursor: Any = result.cursor
        rows = tuple(cursor.fetchall())
        result.close()
        return Fetched((), (), rows)

    def _rows(self, connection: sa.Connection, sql: str, bounds: Bounds, watch: Watch) -> Fetched:
        """As anywhere; what may cost too much is not run. Raises QueryTooCostly."""
        if bounds.cost is not None and _QUERY.match(sql):
            estimate, unit = self._estimate(connection, sql)
            if estimate > bounds.cost:
                raise too_costly(f"{estimate:,.0f} {unit} for it, and {bounds.cost:,.0f} is the limit")
        return super()._rows(connection, sql, bounds, watch)

    def _errors(self) -> tuple[type[Exception], ...]:
        driver = self._engine.dialect.loaded_dbapi.Error
        return (sa.exc.DBAPIError, driver, ValueError, OverflowError, MemoryError)

    def _cause(self, error: Exception) -> BaseException:
        return error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error

    def _is_lost(self, cause: BaseException, raw: Any) -> bool:
        dialect = self._engine.dialect
        return isinstance(cause, dialect.loaded_dbapi.Error) and dialect.is_disconnect(cause, raw, None)
