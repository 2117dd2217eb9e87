"""Database: what every tool is handed, and the only way from a tool to the data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from tools.engines import open_engine
from tools.engines.engine import MEMORY_BYTES, Bounds, Engine, Fetched, Stop
from tools.engines.place import Place, locate
from tools.errors import SqlFailed
from tools.join_sanity import warnings
from tools.knowledge import Knowledge
from tools.metadata import DatabaseMeta, FieldMeta, TableMeta
from tools.reflection import reflect
from tools.result_table import ResultTable
from tools.samples import SampleValues, Source, sampled
from tools.scope import Scope
from tools.sql_guard import GuardedQuery, guarded

_DISTINCT_SECONDS = 2.0


@dataclass(frozen=True)
class Limits:
    """How much one query may take: rows fetched, seconds in the database, bytes of one value and of all kept.

    `memory_bytes` is what an embedded engine (DuckDB, SQLite) may grow by; its process cannot take more.
    `cost` is the estimate over which a query is not run: PostgreSQL's planner cost, the rows that MySQL and MariaDB
    would examine; the embedded engines give none. None is no limit.
    """

    rows: int = 1000
    seconds: float = 30.0
    cell_bytes: int = 1_000_000
    result_bytes: int = 10_000_000
    memory_bytes: int = MEMORY_BYTES
    cost: float | None = None


_stop: ContextVar[Stop | None] = ContextVar("dbagent_stop", default=None)


class Database:
    """One database, opened for reading: its metadata, its dialect, its limits, and `query`.

    Many threads may ask it at once; they share a bounded pool of connections.
    """

    url: str  # without the password
    meta: DatabaseMeta
    knowledge: Knowledge
    limits: Limits
    policy_id: str | None = None  # what tells one user's view of it from others; None for all of it

    def __init__(
        self,
        engine: Engine,
        place: Place,
        meta: DatabaseMeta,
        limits: Limits,
        schemas: tuple[str, ...] | None = None,
    ) -> None:
        self.url = place.shown
        self.meta = self._reflected = meta
        self.knowledge = Knowledge()
        self.limits = limits
        self._engine = engine
        self._place = place
        self._schemas = schemas
        self._samples: dict[tuple[str, str, str, int], SampleValues | None] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Database({self.url!r})"

    def query(self, sql: str) -> ResultTable:
        """Guard the statement, run it read-only within the limits, and give its rows.

        Raises SqlRefused, SqlFailed, SqlTimeout for the model to mend, DatabaseUnavailable for the caller.
        """
        checked = self._checked(sql)
        fetched = self._fetched(checked)
        return ResultTable(
            sql=checked.sql,
            columns=fetched.columns,
            rows=fetched.rows,
            types=fetched.types,
            more=fetched.more,
            seconds=fetched.seconds,
            tables=tuple(table.full_name for table in checked.tables),
            notes=fetched.notes,
            warnings=tuple(each.text for each in warnings(checked.tree, self.meta)) if checked.tree else (),
        )

    def sample_values(self, table: TableMeta, field: FieldMeta, count: int = 5) -> SampleValues | None:
        """Some values of a field, bounded in time and rows read; None where they cannot be had cheaply."""
        return self.samples(table, (field,), count).get(field.name)

    def samples(self, table: TableMeta, fields: Sequence[FieldMeta], count: int = 5) -> Mapping[str, SampleValues]:
        """Some values of some fields of a table, by their names, read together; kept until `refresh`.

        They are the commonest among the first 1,000 rows. A field of which none can be had cheaply is left out.
        """
        keys = {each.name: (table.schema, table.name, each.name, count) for each in fields}
        missing = [each for each in fields if keys[each.name] not in self._samples]
        if missing:
            found = self._sampled(table, missing, count)
            self._samples |= {keys[each.name]: found.get(each.name) for each in missing}
        kept = {name: self._samples.get(key) for name, key in keys.items()}
        return {name: each for name, each in kept.items() if each is not None}

    def distinct_values(
        self, table: TableMeta, field: FieldMeta, limit: int
    ) -> tuple[tuple[object, ...], bool]:
        """The first of a field's different values, at most `limit`, and whether these are all that it has.

        Takes two seconds at most; none where they cannot be had in that time, or the field is sensitive.
        """
        if field.sensitive:
            return (), False
        name, source = self._quoted(field.name), self._source(table)
        sql = f"SELECT DISTINCT {name} FROM {source} WHERE {name} IS NOT NULL LIMIT {limit + 1}"
        bounds = Bounds(limit, min(_DISTINCT_SECONDS, self.limits.seconds), 10_000, 5_000_000)
        try:
            fetched = self._run(sql, bounds)
        except SqlFailed:
            return (), False
        return tuple(row[0] for row in fetched.rows), not fetched.more

    def refresh(self) -> None:
        """Read the metadata again. Raises DatabaseUnavailable."""
        with self._lock:
            self._reflected = reflect(self._engine, self._place, Scope(self._schemas))
            self._samples = {}
        self.learn(self.knowledge)

    def learn(self, knowledge: Knowledge) -> None:
        """Lay what people know of it over its metadata, in place of what was learnt before."""
        with self._lock:
            self.knowledge = knowledge.about(self._reflected)
            self.meta = self.knowledge.whole or self._reflected

    def close(self) -> None:
        """Give every connection back."""
        self._engine.close()

    def _checked(self, sql: str) -> GuardedQuery:
        return guarded(sql, self.meta)

    def _fetched(self, checked: GuardedQuery) -> Fetched:
        return self._run(checked.sql, self._bounds())

    def _bounds(self) -> Bounds:
        limits = self.limits
        return Bounds(limits.rows, limits.seconds, limits.cell_bytes, limits.result_bytes, cost=limits.cost)

    def _run(self, sql: str, bounds: Bounds) -> Fetched:
        stop = _stop.get() or Stop()
        return self._engine.run(sql, bounds, stop)

    def _sampled(self, table: TableMeta, fields: Sequence[FieldMeta], count: int) -> Mapping[str, SampleValues]:
        try:
            source = Source(self._source(table), self._quoted, self.meta.dialect)
        except SqlFailed:
            return {}
        return sampled(source, fields, count, self._run, self.limits.seconds)

    def _source(self, table: TableMeta) -> str:
        return ".".join(self._quoted(part) for part in (table.schema, table.name) if part)

    def _quoted(self, name: str) -> str:
        mark = "`" if self.meta.dialect == "mysql" else '"'
        return mark + name.replace(mark, mark * 2) + mark


def open_database(
    url: str,
    *,
    limits: Limits | None = None,
    schemas: tuple[str, ...] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Database:
    """Open a database by SQLAlchemy URL, or by the path of a database file or a file of data.

    Files are known by their first bytes; .csv, .tsv, .parquet and .json are loaded into memory. `schemas`
    leaves all others out; `tell` hears of work that takes long. Connects and reads the metadata.

    Raises DriverMissing, DatabaseUnavailable; neither text holds a password.
    """
    limits = limits or Limits()
    place = locate(url)
    if tell and place.loads:
        tell(f"Loading {place.shown} into memory.")
    engine = open_engine(place, limits.seconds, limits.memory_bytes)
    try:
        meta = reflect(engine, place, Scope(schemas), tell)
    except BaseException:
        engine.close()
        raise
    return Database(engine, place, meta, limits, schemas)


@contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """Within it, every `query` of this context can be ended from any thread by calling what it gives.

    Contexts that begin inside it (asyncio.to_thread carries them along) belong to it; what it gives may be
    called at any time and more than once, and refuses what would start later.
    """
    stop = Stop()
    token = _stop.set(stop)
    try:
        yield stop.now
    finally:
        _stop.reset(token)
