"""PostgreSQL through psycopg 3: read-only sessions, server-side cursors, cancelled on a connection of its own."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import socket
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from tools.engines.alchemy import CONNECT_SECONDS, SERVER_GRACE_SECONDS, AlchemyEngine
from tools.engines.values import interval
from tools.errors import DatabaseUnavailable, DriverMissing

try:
    import psycopg
except ImportError as error:
    raise DriverMissing(
        "Reading PostgreSQL needs its driver. Install it with: pip install 'dbagent[postgres]'"
    ) from error
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.datetime import DateLoader, TimeLoader, TimestampLoader, TimestamptzLoader, TimetzLoader

_LOCK_SECONDS = 5
_HEEDED_SECONDS = 0.3  # how long a cancel may take before the connection is cut
_ARRAY_BYTES = 4_000_000
_NOT_DECLARED = re.compile(r"(?is)(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:explain|show)\b")


class PostgresEngine(AlchemyEngine):
    """One server and database."""

    def _create(self) -> None:
        self._cancelled: WeakKeyDictionary[Any, float] = WeakKeyDictionary()  # when it was first tried; none is reused
        super()._create()

    def _created(self) -> sa.Engine:
        query = dict(self._server.query)
        milliseconds = _milliseconds(self.seconds)
        options = (
            "-c default_transaction_read_only=on"
            f" -c statement_timeout={milliseconds}"
            f" -c lock_timeout={min(milliseconds, _LOCK_SECONDS * 1000)}"
            f" -c idle_in_transaction_session_timeout={milliseconds + 60_000}"
            " -c standard_conforming_strings=on"
            " -c intervalstyle=postgres -c datestyle=iso -c bytea_output=hex -c extra_float_digits=1"
        )
        query["options"] = f"{query.get('options', '')} {options}".strip()
        query.setdefault("connect_timeout", str(CONNECT_SECONDS))
        query.setdefault("application_name", "dbagent")
        # A peer that is gone is noticed in some ten seconds, not in the kernel's two hours.
        for name, value in (
            ("keepalives_idle", "5"),
            ("keepalives_interval", "2"),
            ("keepalives_count", "3"),
        ):
            query.setdefault(name, value)
        # The extended protocol takes one statement; the simple one would run `rollback; begin read write; …`.
        engine = self._pooled("postgresql+psycopg", query, prepare_threshold=0)
        sa.event.listen(engine, "connect", lambda raw, _: _keep_values_true(raw))
        return engine

    def _unavailable(self, cause: BaseException) -> DatabaseUnavailable:
        text = self._message(cause, 6)
        lower = text.lower()
        if "password" in lower or "authentication" in lower or "pg_hba" in lower:
            advice = "Check the user, the password and what pg_hba.conf allows."
        elif "role" in lower and "does not exist" in lower:
            advice = "Check the user's name."
        elif "database" in lower and "does not exist" in lower:
            advice = "Check the name of the database: psql -l lists those there are."
        else:
            advice = "Check that the server runs, and its host and port."
        line = " ".join(text.splitlines()[0].removeprefix("connection failed: ").split()).rstrip(".")
        return DatabaseUnavailable(f"{self.place.shown} cannot be opened: {line}. {advice}")

    def _message(self, cause: BaseException, lines: int) -> str:
        """Without the line that quotes our DECLARE CURSOR instead of the statement."""
        diagnostics = cause.diag if isinstance(cause, psycopg.Error) else None
        if diagnostics is None or not diagnostics.message_primary:
            return super()._message(cause, lines)
        parts = [diagnostics.message_primary]
        if diagnostics.message_detail:
            parts.append(f"DETAIL: {diagnostics.message_detail}")
        if diagnostics.message_hint:
            parts.append(f"HINT: {diagnostics.message_hint}")
        return super()._message(psycopg.Error("\n".join(parts)), lines)

    def _execute(self, connection: sa.Connection, sql: str) -> sa.CursorResult[Any]:
        """Through a cursor on the server, which holds the rows; EXPLAIN and SHOW have few and cannot be declared."""
        if _NOT_DECLARED.match(sql):
            return connection.execution_options(no_parameters=True).exec_driver_sql(sql)
        return super()._execute(connection, sql)

    def _estimate(self, connection: sa.Connection, sql: str) -> tuple[float, str]:
        """The planner's total cost: 1.0 is about one page of a table read in order."""
        options = connection.execution_options(no_parameters=True)
        plan = options.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}").scalar_one()
        return float(plan[0]["Plan"]["Total Cost"]), "units of planner cost"

    def _begin(self, connection: sa.Connection, seconds: float) -> None:
        if seconds != self.seconds:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_milliseconds(seconds)}")

    def _is_timeout(self, cause: BaseException) -> bool:
        return isinstance(cause, psycopg.errors.QueryCanceled)

    def _cancel(self, raw: Any) -> None:
        now = time.monotonic()
        asked = self._cancelled.setdefault(raw, now)
        with contextlib.suppress(Exception):  # the connection may be gone by now: then so is the query
            raw.cancel_safe(timeout=_HEEDED_SECONDS)
            if now - asked >= _HEEDED_SECONDS:
                # The server heeds nothing while it writes one value of a GB, nor do we while we read it: seen for 77 s.
                with socket.socket(fileno=os.dup(raw.fileno())) as line:
                    line.shutdown(socket.SHUT_RDWR)

    def _types(self, cursor: Any) -> tuple[str, ...]:
        # A type that the driver does not know, such as an enum, has only its number for a name.
        names = (column.type_display for column in cursor.description)
        return tuple("" if name.isdigit() else name for name in names)

    def _is_lost(self, cause: BaseException, raw: Any) -> bool:
        return super()._is_lost(cause, raw) or bool(getattr(raw, "closed", False))


def _milliseconds(seconds: float) -> int:
    return int((seconds + SERVER_GRACE_SECONDS) * 1000)


def _keep_values_true(raw: Any) -> None:
    """Values that Python cannot hold come as PostgreSQL's text; one such cell would lose the whole result."""
    for type_name, loader in _LOADERS.items():
        raw.adapters.register_loader(type_name, loader)
    for each in psycopg.postgres.types:
        array = raw.adapters.get_loader(each.array_oid, Format.TEXT) if each.array_oid else None
        if array is not None:
            raw.adapters.register_loader(each.array_oid, _unless_long(array))


def _unless_long(loader: Callable[[int, Any], Any]) -> type[Loader]:
    """The loader for arrays that will be shown whole; of a longer one, which is cut, the text.

    The driver takes a GB of array apart in more than a minute, in which nothing can stop it.
    """

    class UnlessLong(Loader):
        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._parsed = loader(oid, context)

        def load(self, data: Buffer) -> Any:
            return self._parsed.load(data) if len(data) < _ARRAY_BYTES else bytes(data).decode(errors="replace")

    return UnlessLong


def _or_text(loader: type[Loader]) -> type[Loader]:
    """The loader, which gives the text where it would raise."""

    class OrText(loader):  # type: ignore[misc, valid-type]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except (psycopg.DataError, ValueError, OverflowError):
                return bytes(data).decode()

    return OrText


class _IntervalLoader(Loader):
    def load(self, data: Buffer) -> datetime.timedelta | str:
        return interval(bytes(data).decode())


_LOADERS: dict[str, type[Loader]] = {
    "date": _or_text(DateLoader),
    "time": _or_text(TimeLoader),
    "timetz": _or_text(TimetzLoader),
    "timestamp": _or_text(TimestampLoader),
    "timestamptz": _or_text(TimestamptzLoader),
    "interval": _IntervalLoader,
}
