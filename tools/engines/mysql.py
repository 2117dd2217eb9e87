"""MySQL and MariaDB through PyMySQL: read-only sessions, streamed rows, killed on a connection of their own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from tools.engines.alchemy import CONNECT_SECONDS, SERVER_GRACE_SECONDS, AlchemyEngine
from tools.engines.engine import Bounds, Fetched
from tools.engines.watch import Watch
from tools.errors import DatabaseUnavailable, DriverMissing

try:
    import pymysql
    from pymysql.constants import FIELD_TYPE, FLAG
except ImportError as error:
    raise DriverMissing(
        "Reading MySQL or MariaDB needs its driver. Install it with: pip install 'dbagent[mysql]'"
    ) from error

_LOCK_SECONDS = 5
_SILENCE_SECONDS = 10
_TIMEOUTS = (1969, 3024)  # max_statement_time of MariaDB, max_execution_time of MySQL
_BINARY_CHARSET = 63
# What makes the server read quotes and backslashes in another way than the guard, alone or among others.
_LEXING_MODES = frozenset(
    ["NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "ANSI", "ORACLE", "MSSQL", "DB2", "POSTGRESQL", "MAXDB"]
)


class MySQLEngine(AlchemyEngine):
    """One server, and the database named in the URL when one is."""

    CLOSES_EARLY = False

    def _created(self) -> sa.Engine:
        query = {
            key: value
            for key, value in self._server.query
            if key not in ("client_flag", "init_command", "local_infile")
        }
        query.setdefault("charset", "utf8mb4")
        engine = self._pooled(
            "mysql+pymysql",
            query,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=CONNECT_SECONDS,  # of the handshake; `_settle` gives queries theirs
            local_infile=False,
        )
        sa.event.listen(engine, "connect", lambda raw, _: self._settle(raw))
        positional, named = engine.dialect.create_connect_args(engine.url)
        self._address = positional, {**named, "connect_timeout": 2, "read_timeout": 2}
        return engine

    def _settle(self, raw: Any) -> None:
        """Read only, bounded, and lexed the way the guard's parser does."""
        with raw.cursor() as cursor:
            cursor.execute("SELECT version(), @@sql_mode")
            version, mode = cursor.fetchone()
            kept = [each for each in mode.split(",") if each and each not in _LEXING_MODES]
            self._mariadb = "mariadb" in version.lower()
            cursor.execute(
                f"SET SESSION sql_mode = '{','.join(kept)}', {self._timeout(self.seconds)}, "
                f"SESSION lock_wait_timeout = {_LOCK_SECONDS}, SESSION innodb_lock_wait_timeout = {_LOCK_SECONDS}"
            )
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        raw._read_timeout = self.seconds + _SILENCE_SECONDS

    def _timeout(self, seconds: float) -> str:
        seconds += SERVER_GRACE_SECONDS
        if self._mariadb:
            return f"SESSION max_statement_time = {seconds}"
        return f"SESSION max_execution_time = {int(seconds * 1000)}"

    def _estimate(self, connection: sa.Connection, sql: str) -> tuple[float, str]:
        """The rows that would be examined: those of each table, once for each row of the tables before it."""
        explain = "EXPLAIN EXTENDED" if self._mariadb else "EXPLAIN"  # what MariaDB calls so, MySQL always gives
        options = connection.execution_options(no_parameters=True)
        plan = [dict(line) for line in options.exec_driver_sql(f"{explain} {sql}").mappings()]
        return _rows_examined(plan), "rows to examine"

    def _rows(self, connection: sa.Connection, sql: str, bounds: Bounds, watch: Watch) -> Fetched:
        """The rows, and what the server warns of: it cuts and converts where others raise an error."""
        fetched = super()._rows(connection, sql, bounds, watch)
        raw: Any = connection.connection.driver_connection
        # After rows left unread there is nothing to ask: their connection is ended. -1 stands for 65,535.
        if fetched.more or watch.reason or not raw._result.warning_count:
            return fetched
        told = connection.exec_driver_sql("SHOW WARNINGS").all()
        return replace(fetched, doubts=_doubts(code for level, code, _ in told if level != "Note"))

    def _begin(self, connection: sa.Connection, seconds: float) -> None:
        """For the session, until the next run sets it back: MySQL has no such thing for one transaction."""
        if seconds != connection.info.get("seconds", self.seconds):
            connection.exec_driver_sql(f"SET {self._timeout(seconds)}")
            raw: Any = connection.connection.driver_connection
            raw._read_timeout = seconds + _SILENCE_SECONDS
            connection.info["seconds"] = seconds

    def _is_timeout(self, cause: BaseException) -> bool:
        return isinstance(cause, pymysql.Error) and bool(cause.args) and cause.args[0] in _TIMEOUTS

    def _unavailable(self, cause: BaseException) -> DatabaseUnavailable:
        code = cause.args[0] if cause.args else None
        text = str(cause.args[1]) if len(cause.args) > 1 else self._message(cause, 1)
        advice = {
            1044: "Check what the user may read.",
            1045: "Check the user and the password.",
            1049: "Check the name of the database: SHOW DATABASES lists those there are.",
            1698: "Check the user and the password.",
        }.get(code if isinstance(code, int) else 0, "Check that the server runs, and its host and port.")
        return DatabaseUnavailable(f"{self.place.shown} cannot be opened: {self.place.hidden(text)}. {advice}")

    def _message(self, cause: BaseException, lines: int) -> str:
        if isinstance(cause, pymysql.Error) and len(cause.args) > 1:
            return super()._message(pymysql.Error(cause.args[1]), lines)
        return super()._message(cause, lines)

    def _cancel(self, raw: Any) -> None:
        with contextlib.suppress(pymysql.Error, OSError):
            killer = pymysql.connect(*self._address[0], **self._address[1])
            try:
                killer.query(f"KILL QUERY {raw.thread_id()}")
            finally:
                killer.close()

    def _types(self, cursor: Any) -> tuple[str, ...]:
        return tuple(_type_name(each) for each in cursor._result.fields)

    def _leave(self, result: sa.CursorResult[Any], raw: Any) -> None:
        """End the query on the server, and leave its rows unread: closing the cursor would read them all."""
        self._cancel(raw)
        unread = getattr(result.cursor, "_result", None)
        if unread is not None:
            unread.unbuffered_active = False
            unread.connection = None


# In our own words: the server's quote values, also of rows that a policy keeps from the asker.
_DOUBTS = {
    1260: "GROUP_CONCAT cut its text at group_concat_max_len; list the rows instead",
    1264: "a number was out of its type's range and was changed to the nearest that fits",
    1292: "text that is no number or date was compared or computed with as 0, NULL or its first digits; "
    "quote what is compared with text, and filter such values out",
    1301: "a value over max_allowed_packet was replaced by NULL; make it shorter",
    1365: "something was divided by 0, which gives NULL; NULLIF(divisor, 0) says so",
    1411: "a text did not match the format of its date and gave NULL; look at how dates are written there",
    1931: "the query was ended by a limit of the server (max_recursive_iterations, or rows examined), "
    "so rows are missing; use fewer steps of recursion",
}


def _doubts(codes: Iterable[int]) -> tuple[str, ...]:
    """What the server's warnings mean for the rows, each once."""
    return tuple(
        f"The server warns: {_DOUBTS.get(code, f'code {code}, so a value may not be what it seems')}."
        for code in dict.fromkeys(codes)
    )


def _rows_examined(plan: Sequence[Mapping[Any, Any]]) -> float:
    """The sum over an EXPLAIN's lines; subqueries that depend on the outer query run once for each of its rows."""
    total, outer = 0.0, 1.0
    before: dict[Any, float] = {}  # by the number of a query: the rows that its tables so far give
    for line in plan:
        if line["rows"] is None:
            continue
        query, rows = line["id"], float(line["rows"])
        again = _ONCE_A_ROW.search(line["select_type"] or "")
        joined = before.get(query, outer if again else 1.0)
        total += joined * rows
        before[query] = max(1.0, joined * rows * float(line.get("filtered") or 100) / 100)
        if query == plan[0]["id"]:
            outer = before[query]
    return total


_ONCE_A_ROW = re.compile("DEPENDENT|LATERAL|UNCACHEABLE")


def _type_name(field: Any) -> str:
    """The SQL name of a column's type, without its length: the protocol gives that in bytes."""
    name = _NAMES.get(field.type_code, "")
    if field.charsetnr != _BINARY_CHARSET:
        return {"varbinary": "varchar", "binary": "char", "blob": "text"}.get(name, name)
    if name == "decimal":
        return f"decimal({field.length - (2 if field.scale else 1)},{field.scale})"
    return f"{name} unsigned" if field.flags & FLAG.UNSIGNED and name in _INTEGERS else name


_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_NAMES = {
    FIELD_TYPE.TINY: "tinyint",
    FIELD_TYPE.SHORT: "smallint",
    FIELD_TYPE.INT24: "mediumint",
    FIELD_TYPE.LONG: "int",
    FIELD_TYPE.LONGLONG: "bigint",
    FIELD_TYPE.FLOAT: "float",
    FIELD_TYPE.DOUBLE: "double",
    FIELD_TYPE.DECIMAL: "decimal",
    FIELD_TYPE.NEWDECIMAL: "decimal",
    FIELD_TYPE.NULL: "null",
    FIELD_TYPE.DATE: "date",
    FIELD_TYPE.NEWDATE: "date",
    FIELD_TYPE.TIME: "time",
    FIELD_TYPE.DATETIME: "datetime",
    FIELD_TYPE.TIMESTAMP: "timestamp",
    FIELD_TYPE.YEAR: "year",
    FIELD_TYPE.BIT: "bit",
    FIELD_TYPE.JSON: "json",
    FIELD_TYPE.ENUM: "enum",
    FIELD_TYPE.SET: "set",
    FIELD_TYPE.TINY_BLOB: "blob",
    FIELD_TYPE.MEDIUM_BLOB: "blob",
    FIELD_TYPE.LONG_BLOB: "blob",
    FIELD_TYPE.BLOB: "blob",
    FIELD_TYPE.VAR_STRING: "varbinary",
    FIELD_TYPE.VARCHAR: "varbinary",
    FIELD_TYPE.STRING: "binary",
    FIELD_TYPE.GEOMETRY: "geometry",
}
