"""SQLite: a file opened read-only, watched by its own authorizer."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tools.engines.embedded import EmbeddedEngine, Pooled
from tools.engines.engine import Bounds, Fetched
from tools.engines.watch import Watch
from tools.errors import DatabaseUnavailable
from tools.guard.opinion import Opinion

_LENGTH_LIMIT = 64_000_000
_READING = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE))
_PRAGMAS = frozenset(
    # FTS asks for the first two itself; the others describe the schema.
    [
        "data_version",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "table_info",
        "table_list",
        "table_xinfo",
    ]
)
_TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree"})
_FUNCTIONS = frozenset(
    # optimize writes an FTS index, fts3_tokenizer a function pointer of the process.
    ["edit", "fts3_tokenizer", "load_extension", "optimize", "readfile", "writefile"]
)


class SQLiteEngine(EmbeddedEngine):
    """One file; `mode=ro`, `query_only` and the authorizer each keep it from being written."""

    DRIVER_ERROR = sqlite3.Error

    def _open(self) -> sqlite3.Connection:
        address = f"file:{quote(self.place.path)}?mode=ro" if self.place.path else ":memory:"
        # isolation_level None: the driver would not begin a transaction for a SELECT, so we do.
        raw = sqlite3.connect(
            address, uri=True, timeout=5, isolation_level=None, check_same_thread=False, cached_statements=0
        )
        try:
            raw.text_factory = _text
            raw.execute("PRAGMA query_only = ON")
            raw.execute("PRAGMA trusted_schema = OFF")
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()  # reads the file for the first time
            raw.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LENGTH_LIMIT)
            raw.create_function("regexp", 2, _regexp, deterministic=True)  # an operator that SQLite leaves to its host
            raw.create_function("dbagent_hash", 1, _hash, deterministic=True)  # for masks; no statement may call it
            raw.set_authorizer(_authorize)
        except BaseException:
            raw.close()
            raise
        return raw

    def _unavailable(self, cause: BaseException) -> DatabaseUnavailable:
        return DatabaseUnavailable(
            f"{self.place.shown} cannot be opened: {self._message(cause, 1)}. "
            "Check that it is a whole SQLite database, and that you may read it and its folder."
        )

    def _leave(self, result: sqlite3.Cursor, raw: Any) -> None:
        result.close()

    def _cancel(self, raw: Any) -> None:
        with contextlib.suppress(sqlite3.Error):
            raw.interrupt()

    def _catalogue(self, connection: Pooled, sql: str) -> Fetched:
        """Decoded by the driver itself, where it can: a function of ours takes longer than the query."""
        raw: Any = connection.raw
        raw.text_factory = str
        try:
            return super()._catalogue(connection, sql)
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        finally:
            raw.text_factory = _text
        return super()._catalogue(connection, sql)

    def _opinion(self, connection: Pooled, sql: str) -> Opinion | None:
        """What its authorizer is asked while the statement is compiled, which EXPLAIN does without running it.

        It is not asked for what the compiler leaves out, nor for a view but for what lies below it: so every relation
        that the text names counts as read.
        """
        raw: Any = connection.raw
        relations = raw.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        raw.execute(f"EXPLAIN {sql}").fetchall()  # virtual tables declare themselves, which reads the catalogue
        asked = _Asked()
        raw.set_authorizer(asked)
        try:
            program = raw.execute(f"EXPLAIN {sql}").fetchall()
        finally:
            raw.set_authorizer(_authorize)
        # Transaction with 1 in its second operand begins to write: by this SQLite itself knows what only reads.
        writes = any(line[1] == "VUpdate" or (line[1] == "Transaction" and line[3] != 0) for line in program)
        text = _unquoted(sql)
        named = ((name,) for (name,) in relations if re.search(rf"(?<!\w){re.escape(_unquoted(name))}(?!\w)", text))
        tables = tuple(dict.fromkeys((*asked.tables, *named)))
        return Opinion(not (writes or asked.denied), tables, tuple(dict.fromkeys(asked.functions)))

    def _types(self, cursor: Any) -> tuple[str, ...]:
        """SQLite's values carry their types, its columns do not."""
        return ()

    def _read(self, result: sqlite3.Cursor, bounds: Bounds, watch: Watch) -> Fetched:
        fetched = super()._read(result, bounds, watch)
        types = tuple(
            next((_STORAGE[type(row[i])] for row in fetched.rows if type(row[i]) in _STORAGE), "")
            for i in range(len(fetched.columns))
        )
        return replace(fetched, types=types)


class _Asked:
    """An authorizer that remembers what it was asked for."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, ...]] = []
        self.functions: list[str] = []
        self.denied = False

    def __call__(self, action: int, first: str | None, second: str | None, *others: str | None) -> int:
        allowed = _authorize(action, first, second, *others)
        if allowed != sqlite3.SQLITE_OK:
            self.denied = True
        elif action == sqlite3.SQLITE_READ and first:
            if first.lower() in _TABLE_FUNCTIONS:
                self.functions.append(first.lower())
            else:
                self.tables.append((first,) if others[0] in (None, "main") else (others[0], first))
        elif action == sqlite3.SQLITE_FUNCTION and second:
            if second[0].isalpha() and second != "match":  # an operator, as are -> and ->>
                self.functions.append(second.lower())
        elif action not in _READING:
            self.denied = True
        return allowed


def _unquoted(text: str) -> str:
    """The text without the marks that may stand around a name and in it."""
    return re.sub(r"""["'`\[\]]""", "", text.lower())


def _regexp(pattern: str, value: object) -> bool | None:
    return None if value is None else re.search(pattern, str(value)) is not None


_STORAGE = {int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}


def _text(raw: bytes) -> str:
    """Text as UTF-8; bytes that are not stay readable as \\xNN instead of losing the whole result."""
    return raw.decode("utf-8", "backslashreplace")


def _hash(value: str | None) -> str | None:
    """The beginning of a text's SHA-256, which SQLite has no function for."""
    return None if value is None else hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """What a statement may do: read, call harmless functions, describe the schema, begin and roll back."""
    if action in _READING:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        allowed = (second or "").lower() not in _FUNCTIONS
    elif action == sqlite3.SQLITE_PRAGMA:
        allowed = (first or "").lower() in _PRAGMAS
    elif action == sqlite3.SQLITE_TRANSACTION:
        allowed = first in ("BEGIN", "ROLLBACK")
    elif action == sqlite3.SQLITE_UPDATE:
        # Every virtual table (FTS, json_each, pragma_...) declares itself by what looks like this, and writes
        # nothing; a real UPDATE of sqlite_master is refused by SQLite, and by mode=ro.
        allowed = first == "sqlite_master"
    elif action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE):
        # R*Tree prepares its writes when it is first read; mode=ro keeps them, and anybody's, from running.
        allowed = (first or "").endswith(("_node", "_rowid", "_parent"))
    else:
        allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
