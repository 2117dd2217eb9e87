"""An embedded database through its own driver: what its worker needs to import, and no more.

SQLAlchemy would take as long to import as all else that a worker does before its first query.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from tools.engines.engine import Fetched
from tools.engines.reading import POOL_SIZE, POOL_WAIT_SECONDS, ReadingEngine, all_busy


@dataclass(frozen=True, eq=False)
class Pooled:
    """A connection of the driver, and the pool that it goes back to."""

    raw: Any
    pool: list[Pooled]


class EmbeddedEngine(ReadingEngine[Pooled]):
    """One file, or a database in memory; each connection is opened when there is none to be had."""

    DRIVER_ERROR: ClassVar[type[Exception]]
    _pool: list[Pooled]

    def reopen(self) -> None:
        left, self._pool = self._pool, []
        for each in left:
            each.raw.close()

    def close(self) -> None:
        self.reopen()

    def _create(self) -> None:
        self._places = threading.BoundedSemaphore(POOL_SIZE)
        self._pool = []

    @abstractmethod
    def _open(self) -> Any:
        """A new connection of the driver, which reads only."""

    def _connect(self) -> Pooled:
        if not self._places.acquire(timeout=POOL_WAIT_SECONDS):
            raise all_busy()
        try:
            pool = self._pool
            return pool.pop() if pool else Pooled(self._open(), pool)
        except BaseException as error:
            self._places.release()
            if isinstance(error, self.DRIVER_ERROR):
                raise self._unavailable(error) from error
            raise

    def _give_back(self, connection: Pooled, *, broken: bool) -> None:
        try:
            try:
                self._roll_back(connection.raw)
            except self.DRIVER_ERROR:
                broken = True
            if broken or connection.pool is not self._pool:
                connection.raw.close()
            else:
                connection.pool.append(connection)
        finally:
            self._places.release()

    def _roll_back(self, raw: Any) -> None:
        """End the transaction, if one was begun."""
        raw.rollback()

    def _raw(self, connection: Pooled) -> Any:
        return connection.raw

    def _begin(self, connection: Pooled, seconds: float) -> None:
        connection.raw.execute("BEGIN")

    def _execute(self, connection: Pooled, sql: str) -> Any:
        return connection.raw.execute(sql)

    def _cursor(self, result: Any) -> Any:
        return result

    def _catalogue(self, connection: Pooled, sql: str) -> Fetched:
        return Fetched((), (), tuple(connection.raw.execute(sql).fetchall()))

    def _errors(self) -> tuple[type[Exception], ...]:
        return (self.DRIVER_ERROR, ValueError, OverflowError, MemoryError)
