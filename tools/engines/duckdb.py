"""DuckDB: a file opened read-only, or a table of data loaded into memory; then locked."""

from __future__ import annotations

import contextlib
import datetime
import re
from dataclasses import replace
from typing import Any

import duckdb

from tools.engines.duckdb_tree import opinion_of
from tools.engines.embedded import EmbeddedEngine, Pooled
from tools.engines.engine import Bounds, Fetched, out_of_memory
from tools.engines.values import interval
from tools.engines.watch import Watch
from tools.errors import DatabaseUnavailable, SqlFailed
from tools.guard.opinion import Opinion

_LOCKED = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "lock_configuration": "true",
}
_LOSSY = re.compile(r"\bINTERVAL\b|\b(?:TIMESTAMP|TIME)_NS\b")
_DATES = re.compile(r"\b(?:DATE|TIMESTAMP(?:_S|_MS)?)\b")


class DuckDBEngine(EmbeddedEngine):
    """One instance of DuckDB; every connection is a cursor of it, since each file allows one config.

    A statement runs on its connection itself: the driver's `cursor()` is another connection, which is in no
    transaction of ours and which an interrupt does not reach. A query ran 57 s past its limit that way.
    """

    DRIVER_ERROR = duckdb.Error

    def _create(self) -> None:
        super()._create()
        try:
            self._root = self._instance()
        except duckdb.Error as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        super().close()
        self._root.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        return self._root.cursor()

    def _instance(self) -> duckdb.DuckDBPyConnection:
        path = self.place.path
        # The rest is for what DuckDB does not count: long strings, and the rows on their way out.
        limit = self.memory_bytes * 5 // 8 // 2**20
        if path is not None and not self.place.loads:
            return duckdb.connect(path, read_only=True, config={"memory_limit": f"{limit}MiB", **_LOCKED})
        root = duckdb.connect(":memory:", config={"python_enable_replacements": "false", "temp_directory": ""})
        if path is not None:
            _load(root, path, self.place.name)
        # DuckDB counts the loaded table as memory, so the limit stands above it.
        loaded = root.execute("SELECT coalesce(sum(memory_usage_bytes), 0) FROM duckdb_memory()").fetchone()
        root.execute(f"SET memory_limit = '{limit + int(loaded[0] if loaded else 0) // 2**20}MiB'")
        for name, value in _LOCKED.items():
            if name not in ("temp_directory", "python_enable_replacements"):
                root.execute(f"SET {name} = {value}")
        return root

    def _unavailable(self, cause: BaseException) -> DatabaseUnavailable:
        text = " ".join(self._message(cause, 3 if self.place.loads else 1).split())
        text = text.partition(" See also")[0].partition(" LINE 1: CREATE TABLE")[0]  # ours, which nobody wrote
        if "set lock" in text.lower():
            advice = "Another process has it open for writing; close it there, or open a copy."
        elif "different configuration" in text:
            advice = "This process has it open with other settings; close that connection first."
        elif self.place.loads and "unicode" in text.lower():
            advice = "It is not UTF-8; convert it first: iconv -f ENCODING -t UTF-8."
        elif self.place.loads:
            advice = "It cannot be read as a table; check that its content is what its name says."
        else:
            advice = "Check that it is a DuckDB database of a version this duckdb can read, and that you may read it."
        return DatabaseUnavailable(f"{self.place.shown} cannot be opened: {text.rstrip('.')}. {advice}")

    def _failed(self, cause: BaseException, lost: bool) -> SqlFailed:
        """DuckDB's own advice for want of memory is to change settings, which nobody may."""
        if isinstance(cause, duckdb.OutOfMemoryException):
            return out_of_memory()
        return super()._failed(cause, lost)

    def _errors(self) -> tuple[type[Exception], ...]:
        """Also RuntimeError, as which the driver lets exceptions of the C++ library through: std::bad_cast."""
        return (*super()._errors(), RuntimeError)

    def _roll_back(self, raw: Any) -> None:
        """DuckDB calls it an error where nothing was begun."""
        with contextlib.suppress(duckdb.TransactionException):
            raw.rollback()

    def _is_lost(self, cause: BaseException, raw: Any) -> bool:
        """A file is not lost; but after a fatal error DuckDB refuses everything until it is opened anew."""
        return "database has been invalidated" in str(cause)

    def _leave(self, result: Any, raw: Any) -> None:
        """The end of the transaction drops what is left."""

    def _cancel(self, raw: Any) -> None:
        with contextlib.suppress(duckdb.Error):
            raw.interrupt()

    def _opinion(self, connection: Pooled, sql: str) -> Opinion | None:
        found = connection.raw.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
        return opinion_of(found[0])

    def _rows(self, connection: Pooled, sql: str, bounds: Bounds, watch: Watch) -> Fetched:
        """As anywhere, and then once more with text for the columns that Python got wrong.

        The driver gives 13 months as 390 days, an infinite date as 9999-12-31, and drops nanoseconds.
        """
        if len(duckdb.extract_statements(sql)) != 1:
            raise SqlFailed("Write one statement: DuckDB would run each of several.")
        result = self._execute(connection, sql)
        description = result.description or ()
        wrong = {i for i, each in enumerate(description) if _LOSSY.search(str(each[1]))}
        if wrong:
            return self._rows_as_text(connection, sql, bounds, watch, wrong)
        fetched = self._read(result, bounds, watch)
        dates = [i for i, type_ in enumerate(fetched.types) if _DATES.search(type_)]
        wrong = {i for i in dates if any(_may_be_infinite(row[i]) for row in fetched.rows)}
        return self._rows_as_text(connection, sql, bounds, watch, wrong) if wrong else fetched

    def _rows_as_text(self, connection: Pooled, sql: str, bounds: Bounds, watch: Watch, wrong: set[int]) -> Fetched:
        """The same rows, with the wrong columns, and every date that may be infinite, fetched as text."""
        first = self._execute(connection, sql)
        description = first.description or ()
        as_text = wrong | {i for i, each in enumerate(description) if _DATES.match(str(each[1]))}
        names = [f"c{i}" for i in range(len(description))]
        values = ", ".join(f"CAST({n} AS VARCHAR)" if i in as_text else n for i, n in enumerate(names))
        body = sql.strip().rstrip(";")
        result = self._execute(connection, f"SELECT {values} FROM ({body}\n) AS t({', '.join(names)})")
        fetched = self._read(result, bounds, watch)
        types = tuple(str(each[1]) for each in description)
        rows = tuple(
            tuple(_from_text(v, types[i]) if i in as_text else v for i, v in enumerate(row)) for row in fetched.rows
        )
        return replace(fetched, columns=tuple(each[0] for each in description), types=types, rows=rows)

    def _types(self, cursor: Any) -> tuple[str, ...]:
        return tuple(str(each[1]) for each in cursor.description)


def _may_be_infinite(value: Any) -> bool:
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None) in (datetime.datetime.max, datetime.datetime.min)
    if isinstance(value, datetime.date):
        return value in (datetime.date.max, datetime.date.min)
    if isinstance(value, dict):
        return any(_may_be_infinite(each) for pair in value.items() for each in pair)
    return isinstance(value, (list, tuple)) and any(_may_be_infinite(each) for each in value)


def _from_text(value: Any, type_: str) -> Any:
    """The text back into a Python value where that loses nothing."""
    if not isinstance(value, str):
        return value
    try:
        if type_ == "INTERVAL":
            return interval(value)
        if type_ == "DATE":
            return datetime.date.fromisoformat(value)
        if type_ in ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"):
            return datetime.datetime.fromisoformat(value)
    except ValueError:
        pass
    return value


def _load(root: duckdb.DuckDBPyConnection, path: str, name: str) -> None:
    """Read the file into a table of that name."""
    lower = path.lower()
    if lower.endswith((".csv", ".csv.gz")):
        reader = "read_csv(?)"
    elif lower.endswith((".tsv", ".tsv.gz")):
        reader = "read_csv(?, delim = '\\t')"
    elif lower.endswith((".json", ".jsonl", ".ndjson")):
        reader = "read_json(?)"
    else:
        reader = "read_parquet(?)"
    quoted = name.replace('"', '""')
    root.execute(f'CREATE TABLE "{quoted}" AS SELECT * FROM {reader}', [path])
