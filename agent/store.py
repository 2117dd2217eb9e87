"""What must last (sessions, feedback, answers, a journal of decisions), in one SQLite file or in PostgreSQL by URL."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import JsonValue, TypeAdapter, ValidationError

from agent.errors import SettingsError, StoreUnavailable
from agent.store_tables import (
    ANSWER_TRACES,
    ANSWERS,
    FEEDBACK,
    JOURNAL,
    MIGRATIONS,
    SESSIONS,
    TURNS,
    VERSION,
)
from tools.engines.place import Place, locate
from tools.errors import DatabaseUnavailable

Rating = Literal["up", "down"]

_BUSY_SECONDS = 5.0  # how long one process waits for another that is writing
_CONNECT_SECONDS = 5
_MOST_BOUND = 500  # values of one statement; SQLite has a limit
_DOCUMENT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True)
class Entry:
    """One document of a session or of the journal; `number` counts from 1 within it."""

    number: int
    at: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True)
class SessionSummary:
    """One conversation in a line; `first` is the document of its first turn."""

    id: str
    user_id: str
    started: datetime
    latest: datetime
    turns: int
    first: Mapping[str, Any]


@dataclass(frozen=True)
class Feedback:
    """What somebody thought of an answer; `sql` is their correction, empty where they gave none.

    `destination` names where it is to be sent besides, empty for nowhere; `sent` is None until it was.
    """

    id: str
    trace_id: str
    rating: Rating
    comment: str
    sql: str
    question: str
    user_id: str
    given: datetime
    destination: str
    sent: datetime | None


class Store:
    """Made and brought up to date when first used. Threads and processes may share it; every write is whole or not
    there. Each method raises StoreUnavailable, which says what to try: whoever can do without it goes on without it.
    """

    def __init__(self, place: Path | str) -> None:
        """A file by its path, or a URL: sqlite:///file, postgresql://user:password@host/name. Raises SettingsError."""
        self._lock = threading.Lock()
        self._engine: sa.Engine | None = None
        self._process = 0
        self._server: Place | None = None
        self._file: Path | None = None
        scheme, _, rest = str(place).partition("://")
        if isinstance(place, Path):
            self._file = place
        elif scheme == "sqlite" and rest.removeprefix("/"):
            self._file = Path(rest.removeprefix("/")).expanduser()
        elif scheme.partition("+")[0] in ("postgresql", "postgres"):
            try:
                self._server = locate(str(place))
            except DatabaseUnavailable as error:
                raise SettingsError(f"DBAGENT_STORE_URL: {error}") from None
        else:
            raise SettingsError(
                "DBAGENT_STORE_URL is no place for the store. Write postgresql://user:password@host/name or "
                "sqlite:///file, or unset it: then it is a file in DBAGENT_HOME."
            )

    @property
    def shown(self) -> str:
        """Where it is, without the password."""
        return self._server.shown if self._server else str(self._file)

    # ---- sessions

    def save_turn(self, session_id: str, document: Mapping[str, Any], user_id: str = "") -> int:
        """Add a turn to a conversation, which begins with its first; gives the turn's number, from 1."""
        now = time.time()
        with self._writing() as connection:
            _take_turns(connection, f"session {session_id}")
            if connection.scalar(sa.select(SESSIONS.c.id).where(SESSIONS.c.id == session_id)) is None:
                connection.execute(SESSIONS.insert().values(id=session_id, user_id=user_id, started=now, latest=now))
            else:
                connection.execute(SESSIONS.update().where(SESSIONS.c.id == session_id).values(latest=now))
            return _appended(connection, TURNS, {"session_id": session_id}, document, now)

    def turns(self, session_id: str) -> list[Entry]:
        """The turns of a conversation, the first one first; none for one that is not known."""
        with self._reading() as connection:
            return self._entries(connection, TURNS, TURNS.c.session_id == session_id)

    def sessions(self, limit: int = 20, user_id: str | None = None) -> list[SessionSummary]:
        """The conversations that went on last, of one user or of all."""
        first = TURNS.alias()
        counted = sa.select(sa.func.count()).where(TURNS.c.session_id == SESSIONS.c.id).scalar_subquery()
        query = (
            sa.select(SESSIONS, counted.label("turns"), first.c.document)
            .join(first, (first.c.session_id == SESSIONS.c.id) & (first.c.number == 1))
            .order_by(SESSIONS.c.latest.desc(), SESSIONS.c.id)
            .limit(limit)
        )
        if user_id is not None:
            query = query.where(SESSIONS.c.user_id == user_id)
        with self._reading() as connection:
            return [
                SessionSummary(
                    row.id, row.user_id, _moment(row.started), _moment(row.latest), row.turns, self._read(row.document)
                )
                for row in connection.execute(query)
            ]

    # ---- feedback

    def add_feedback(
        self,
        trace_id: str,
        rating: Rating,
        *,
        comment: str = "",
        sql: str = "",
        question: str = "",
        user_id: str = "",
        destination: str = "",
    ) -> Feedback:
        """Keep what somebody thought of the answer of that trace; each time is one more."""
        given = Feedback(uuid.uuid4().hex, trace_id, rating, comment, sql, question, user_id, _now(), destination, None)
        values = {**vars(given), "given": given.given.timestamp()}
        with self._writing() as connection:
            connection.execute(FEEDBACK.insert().values(values))
        return given

    def feedback(self, trace_id: str | None = None, limit: int = 100) -> list[Feedback]:
        """The latest feedback, newest first; of one trace, or of all."""
        query = sa.select(FEEDBACK).order_by(FEEDBACK.c.given.desc(), FEEDBACK.c.id).limit(limit)
        return self._feedback(query if trace_id is None else query.where(FEEDBACK.c.trace_id == trace_id))

    def unsent_feedback(self, destination: str, limit: int = 100) -> list[Feedback]:
        """What is still to be sent there, the oldest first."""
        waiting = (FEEDBACK.c.destination == destination) & FEEDBACK.c.sent.is_(None)
        return self._feedback(sa.select(FEEDBACK).where(waiting).order_by(FEEDBACK.c.given).limit(limit))

    def mark_sent(self, ids: Sequence[str]) -> None:
        """Note that these were sent."""
        with self._writing() as connection:
            connection.execute(FEEDBACK.update().where(FEEDBACK.c.id.in_(ids)).values(sent=time.time()))

    # ---- answers

    def answer(self, key: str, seconds: float) -> Entry | None:
        """The document that is kept under a key for no more than so many seconds by now; None where there is none."""
        query = sa.select(ANSWERS).where(ANSWERS.c.key == key)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        now = time.time()
        if row is None or not row.at > now - seconds or not row.expires > now:
            return None
        return Entry(1, _moment(row.at), self._read(row.document))

    def keep_answer(
        self,
        key: str,
        document: Mapping[str, Any],
        seconds: float,
        database: str,
        question: str,
        trace_id: str,
        scope: str = "",
        sql: str = "",
    ) -> None:
        """Keep a document under a key for so many seconds, in place of what was there; what is too old goes.

        In a `scope`, `sql` may be shown with its question to whoever asks something like it; see `answered_in`.
        """
        now = time.time()
        values = {"key": key, "database": database, "question": question, "at": now, "expires": now + seconds}
        values |= {"scope": scope, "sql": sql}
        with self._writing() as connection:
            _take_turns(connection, "answers")
            _forget(connection, (ANSWERS.c.expires <= now) | (ANSWERS.c.key == key))
            connection.execute(ANSWERS.insert().values(**values, document=_text(document)))
            if trace_id:
                connection.execute(ANSWER_TRACES.insert().values(trace_id=trace_id, key=key))

    def answered_in(self, scope: str, seconds: float, limit: int) -> list[tuple[str, str]]:
        """The questions whose answers are kept in a scope for no more than so many seconds by now, each with its SQL.

        The latest first.
        """
        now = time.time()
        still = (ANSWERS.c.scope == scope) & (ANSWERS.c.at > now - seconds) & (ANSWERS.c.expires > now)
        query = sa.select(ANSWERS.c.question, ANSWERS.c.sql).where(still).order_by(ANSWERS.c.at.desc()).limit(limit)
        with self._reading() as connection:
            return [(row.question, row.sql) for row in connection.execute(query)]

    def note_answer(self, key: str, trace_id: str) -> None:
        """Note that the document of that key was shown in a trace as well."""
        if trace_id:
            with self._writing() as connection:
                connection.execute(ANSWER_TRACES.insert().values(trace_id=trace_id, key=key))

    def forget_answer_of(self, trace_id: str) -> None:
        """Forget the document that was shown in a trace, wherever else it was shown."""
        keys = sa.select(ANSWER_TRACES.c.key).where(ANSWER_TRACES.c.trace_id == trace_id)
        with self._writing() as connection:
            _forget(connection, ANSWERS.c.key.in_(keys))

    def forget_answers(self, database: str) -> None:
        """Forget what is kept of a database."""
        with self._writing() as connection:
            _forget(connection, ANSWERS.c.database == database)

    # ---- the journal

    def append(self, kind: str, name: str, document: Mapping[str, Any]) -> int:
        """Add a document to what is kept of that kind under that name; gives its number, from 1 and without gaps.

        For what is written once and looked up later: the versions of a prompt, the decision to promote one.
        """
        with self._writing() as connection:
            _take_turns(connection, f"{kind} {name}")
            return _appended(connection, JOURNAL, {"kind": kind, "name": name}, document, time.time())

    def entries(self, kind: str, name: str) -> list[Entry]:
        """What was added of that kind under that name, the first one first."""
        with self._reading() as connection:
            return self._entries(connection, JOURNAL, (JOURNAL.c.kind == kind) & (JOURNAL.c.name == name))

    def names(self, kind: str) -> list[str]:
        """Under which names there is anything of that kind."""
        query = sa.select(JOURNAL.c.name).where(JOURNAL.c.kind == kind).distinct().order_by(JOURNAL.c.name)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def close(self) -> None:
        """Let go of the connections; a later call opens new ones."""
        with self._lock:
            if self._engine is not None and self._process == os.getpid():
                self._engine.dispose()
            self._engine = None

    def _feedback(self, query: sa.Select[Any]) -> list[Feedback]:
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Feedback(**{**row, "given": _moment(row["given"]), "sent": row["sent"] and _moment(row["sent"])})
            for row in rows
        ]

    def _entries(self, connection: sa.Connection, table: sa.Table, those: sa.ColumnElement[bool]) -> list[Entry]:
        rows = connection.execute(sa.select(table).where(those).order_by(table.c.number))
        return [Entry(row.number, _moment(row.at), self._read(row.document)) for row in rows]

    def _read(self, document: str) -> Mapping[str, Any]:
        try:
            return _DOCUMENT.validate_json(document)
        except ValidationError:
            raise StoreUnavailable(
                f"A document in the store {self.shown} is damaged: it is no JSON object. Mend it, or move the store "
                "away; a new one is made."
            ) from None

    # ---- connections

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._said_clearly(), self._opened().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._said_clearly(), _writer(self._opened()) as connection:
            yield connection

    @contextmanager
    def _said_clearly(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            said = str(cause).strip().split("\n")[0]
            hidden = self._server.hidden(said) if self._server else said
            raise StoreUnavailable(
                f"The store {self.shown} cannot be used ({hidden}). {_what_to_try(cause, self._server is not None)}"
            ) from None

    def _opened(self) -> sa.Engine:
        with self._lock:
            if self._engine is None or self._process != os.getpid():
                # After a fork the parent's connections are neither used nor closed.
                engine = self._to_server(self._server) if self._server else _to_file(self._file or Path())
                try:
                    self._bring_up_to_date(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine, self._process = engine, os.getpid()
            return self._engine

    def _to_server(self, place: Place) -> sa.Engine:
        server = place.server
        assert server is not None
        url = sa.URL.create(
            "postgresql+psycopg",
            server.user or None,
            server.password or None,
            server.host or None,
            server.port,
            server.database or None,
            {"connect_timeout": str(_CONNECT_SECONDS), "application_name": "dbagent", **dict(server.query)},
        )
        try:
            return sa.create_engine(url, pool_size=2, max_overflow=8, pool_pre_ping=True)
        except ImportError:
            raise SettingsError(
                "DBAGENT_STORE_URL names PostgreSQL, which needs its driver. Install it with: "
                "pip install 'dbagent[postgres]'"
            ) from None

    def _bring_up_to_date(self, engine: sa.Engine) -> None:
        with engine.connect() as connection, connection.begin():
            if self._version(connection) == len(MIGRATIONS):
                return
        with _writer(engine) as connection:
            _take_turns(connection, "migrations")
            # Asked again: another process may have been here first.
            for migration in MIGRATIONS[self._version(connection) :]:
                for statement in migration:
                    connection.exec_driver_sql(statement)
            connection.execute(VERSION.update().values(version=len(MIGRATIONS)))

    def _version(self, connection: sa.Connection) -> int:
        """How many migrations it has seen. Raises StoreUnavailable for what is no store, or a newer one."""
        tables = sa.inspect(connection).get_table_names()
        if VERSION.name not in tables:
            if tables and self._file:
                raise StoreUnavailable(
                    f"{self._file} is another SQLite database. Move it away, or set DBAGENT_HOME to another folder."
                )
            return 0
        version = connection.scalar(sa.select(VERSION.c.version)) or 0
        if version > len(MIGRATIONS):
            raise StoreUnavailable(
                f"The store {self.shown} was made by a newer DBAgent (version {version}, this one knows "
                f"{len(MIGRATIONS)}). Use that one, or name another place with DBAGENT_HOME or DBAGENT_STORE_URL."
            )
        return version


def _to_file(path: Path) -> sa.Engine:
    """An engine over a file, which is made when it is not there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Questions and rows are nobody else's business; SQLite gives its -wal and -shm the same permissions.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": _BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _settle(raw: sqlite3.Connection, _: object) -> None:
        raw.isolation_level = None  # or the driver begins transactions of its own, and late
        for setting in ("journal_mode = WAL", "synchronous = NORMAL"):
            raw.execute(f"PRAGMA {setting}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # One that reads first and writes later is refused, and not made to wait, when another has written in between.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def _writer(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _take_turns(connection: sa.Connection, about: str) -> None:
    """Until the transaction ends, let no other that is about the same go on; in SQLite only one writes anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"dbagent {about}"))))


def _appended(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, str], document: Mapping[str, Any], now: float
) -> int:
    """Add a document under a key, with the next number."""
    those = sa.and_(*(table.c[name] == value for name, value in key.items()))
    number = 1 + (connection.scalar(sa.select(sa.func.max(table.c.number)).where(those)) or 0)
    connection.execute(table.insert().values(**key, number=number, at=now, document=_text(document)))
    return number


def _text(document: Mapping[str, Any]) -> str:
    # JSON escapes NUL, which PostgreSQL does not keep; half a surrogate pair nobody keeps.
    return json.dumps(dict(document), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()


def _forget(connection: sa.Connection, those: sa.ColumnElement[bool]) -> None:
    keys = list(connection.scalars(sa.select(ANSWERS.c.key).where(those)))
    for at in range(0, len(keys), _MOST_BOUND):
        for table in (ANSWER_TRACES, ANSWERS):
            connection.execute(table.delete().where(table.c.key.in_(keys[at : at + _MOST_BOUND])))


def _what_to_try(cause: BaseException, server: bool) -> str:
    if server:
        return "Check DBAGENT_STORE_URL, and that the server is there and lets you make tables."
    match getattr(cause, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return "Move the file away; a new one is made."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "Another program is writing to it; try again."
    return "Free the disk, make it writable for you, or set DBAGENT_HOME to another folder."


def _now() -> datetime:
    return datetime.now(UTC)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
