"""Database: what every tool is handed, and the only way from a tool to the data."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path

from tools.embedding import Embedding
from tools.engines import open_engine
from tools.engines.engine import MEMORY_BYTES, Bounds, Engine, Fetched
from tools.engines.place import Place, locate
from tools.engines.watch import Stop
from tools.errors import DatabaseUnavailable, NotPermitted, SqlFailed, SqlTimeout, ToolError, UnknownTable
from tools.guard.functions import added_functions
from tools.guard.opinion import Opinion
from tools.join_sanity import warnings
from tools.knowledge import Knowledge
from tools.metadata import DatabaseMeta, FieldMeta, TableMeta
from tools.metadata_source import MetadataSource
from tools.result_table import ResultTable
from tools.samples import SampleValues, Source, sampled
from tools.schema_changes import SchemaChanges
from tools.scope import Scope, patterns
from tools.sql_guard import GuardedQuery, guarded

_DISTINCT_SECONDS = 2.0
_OPINION_SECONDS = 5.0
# Looking whether the schema has changed takes no more than one part in so many of the time.
_LOOKING_SHARE = 20
_UNKNOWN_NAME = re.compile(
    r"(?i)no such (?:column|table)|does not exist|doesn't exist|unknown (?:column|table)|not found|"
    r"there is no (?:column|table|field)|binder error|catalog error"
)
_READ_AGAIN = "The schema has changed since you saw it: read the tables again with show_table, then write it anew."


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
    embedding: Embedding | None = None  # a model of meaning that helps search, where one is set

    def __init__(
        self,
        engine: Engine,
        place: Place,
        meta: DatabaseMeta,
        limits: Limits,
        source: MetadataSource,
        allowed_functions: frozenset[str] = frozenset(),
    ) -> None:
        self.url = place.shown
        self._allowed_functions = allowed_functions
        self.meta = self._reflected = self._allowing(meta)
        self.knowledge = Knowledge()
        self.limits = limits
        self._engine = engine
        self._place = place
        self._source_of_meta = source
        self._quiet_until = 0.0
        self._samples: dict[tuple[str, str, str, int], SampleValues | None] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Database({self.url!r})"

    def query(self, sql: str) -> ResultTable:
        """Guard the statement, run it read-only within the limits, and give its rows.

        A name that is not known may be new: then the schema is looked at again, and the statement tried once more.
        Raises SqlRefused, SqlFailed, SqlTimeout for the model to mend, DatabaseUnavailable for the caller.
        """
        known = self.meta
        try:
            return self._queried(sql)
        except ToolError as error:
            if not _names_what_is_unknown(error) or not self.look_again(known):
                raise
        try:
            return self._queried(sql)
        except ToolError as error:
            raise type(error)(f"{error} {_READ_AGAIN}") from error

    def _queried(self, sql: str) -> ResultTable:
        checked = self._checked(sql)
        fetched = self._fetched(checked)
        joined = tuple(each.text for each in warnings(checked.tree, self.meta)) if checked.tree else ()
        return ResultTable(
            sql=checked.sql,
            columns=fetched.columns,
            rows=fetched.rows,
            types=fetched.types,
            more=fetched.more,
            seconds=fetched.seconds,
            tables=tuple(table.full_name for table in checked.tables),
            notes=fetched.notes,
            warnings=(*joined, *fetched.doubts),
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

    def distinct_values(self, table: TableMeta, field: FieldMeta, limit: int) -> tuple[tuple[object, ...], bool]:
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

    @property
    def source(self) -> MetadataSource:
        """Where the metadata comes from: its snapshot, and what had changed since that was taken."""
        return self._source_of_meta

    def refresh(self, *, whole: bool = False, tell: Callable[[str], None] | None = None) -> SchemaChanges:
        """Read again what has changed in the schema, or with `whole` all of it; whatever was built upon it goes.

        Gives what has changed. Raises DatabaseUnavailable.
        """
        with self._lock:
            changes = self._source_of_meta.refresh(whole=whole, tell=tell)
            again = replace(self._source_of_meta.meta)  # another object: values may have changed too
            self._reflected = self._allowing(again)
            self._samples = {}
        self.learn(self.knowledge)
        return changes

    def look_again(self, known: DatabaseMeta) -> bool:
        """Whether the schema is not what was `known`; what has changed is read. For when a name turns out unknown.

        Cheap, and kept so: one who often asks in vain is soon told no without looking.
        """
        with self._lock:
            if self.meta is not known:
                return True
            started = time.monotonic()
            if started < self._quiet_until:
                return False
            try:
                changes = self._source_of_meta.look_again()
            except DatabaseUnavailable:  # then the complaint that brought us here is the better one
                return False
            finally:
                now = time.monotonic()
                self._quiet_until = now + (now - started) * _LOOKING_SHARE
            if not changes:
                return False
            self._reflected = self._allowing(self._source_of_meta.meta)
            self._samples = {}
        self.learn(self.knowledge)
        return True

    def learn(self, knowledge: Knowledge) -> None:
        """Lay what people know of it over its metadata, in place of what was learnt before."""
        with self._lock:
            self.knowledge = knowledge.about(self._reflected)
            self.meta = self.knowledge.whole or self._reflected

    def close(self) -> None:
        """Give every connection back."""
        self._engine.close()

    def _allowing(self, meta: DatabaseMeta) -> DatabaseMeta:
        return replace(meta, allowed_functions=self._allowed_functions) if self._allowed_functions else meta

    def _checked(self, sql: str) -> GuardedQuery:
        return guarded(sql, self.meta, second_opinion=self._opinion)

    def _opinion(self, sql: str) -> Opinion | None:
        """What the engine makes of a statement, without running it; see SecondOpinion."""
        try:
            fetched = self._run(sql, Bounds(1, min(_OPINION_SECONDS, self.limits.seconds), prepared=True))
        except SqlFailed:
            return None
        opinion: Opinion | None = fetched.rows[0][0]
        return opinion

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


def _listed(wanted: str | Sequence[str]) -> tuple[str, ...]:
    """A text is a list with commas between, and not its letters."""
    return patterns(wanted) if isinstance(wanted, str) else tuple(wanted)


def _names_what_is_unknown(error: ToolError) -> bool:
    if isinstance(error, SqlTimeout):
        return False
    return isinstance(error, UnknownTable | NotPermitted) or bool(_UNKNOWN_NAME.search(str(error)))


def open_database(
    url: str,
    *,
    limits: Limits | None = None,
    schemas: tuple[str, ...] | None = None,
    include: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    allowed_functions: str | Iterable[str] = (),
    snapshots: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Database:
    """Open a database by SQLAlchemy URL, or by the path of a database file or a file of data.

    Files are known by their first bytes; .csv, .tsv, .parquet and .json are loaded into memory. `schemas`
    leaves all others out, and so do `include` and `exclude`, which are patterns (see Scope): what is left out can be
    neither found nor queried by name. `tell` hears of work that takes long. Connects and reads the metadata.

    `allowed_functions` are functions of the database's own (`name`, or `schema.name` to be called with the schema)
    that statements may call besides those of the engine that only compute. What they do is their owner's to answer
    for; where a policy is set they are refused, since a function may read past it.

    `snapshots` is a folder where the metadata is kept, so that the next start reads only what has changed. A DuckDB
    or SQLite file that has not changed is then opened while the caller goes on, and what is wrong with that (somebody
    writes to it, say) is raised by the first query.

    Raises DriverMissing, DatabaseUnavailable; neither text holds a password. Raises ValueError for a function that
    cannot be allowed.
    """
    limits = limits or Limits()
    functions = added_functions(allowed_functions)
    place = locate(url)
    if tell and place.loads:
        tell(f"Loading {place.shown} into memory.")
    source = MetadataSource(place, Scope(schemas, _listed(include), _listed(exclude)), snapshots)
    engine = open_engine(place, limits.seconds, limits.memory_bytes, wait=not source.is_certain())
    try:
        meta = source.open(engine, tell)
    except BaseException:
        engine.close()
        raise
    return Database(engine, place, meta, limits, source, functions)


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
