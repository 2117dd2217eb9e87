"""A live database read into a DatabaseMeta: bulk catalogue queries, joined here."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tools.engines import catalogue
from tools.engines.engine import Bounds, Engine
from tools.engines.place import Place
from tools.engines.watch import Stop
from tools.errors import DatabaseUnavailable, SqlFailed
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.scope import EVERYTHING, Scope

Row = tuple[Any, ...]
Ask = Callable[[str], Sequence[Row]]
Tell = Callable[[str], None]
TableKey = tuple[str, str]
"""Schema and name of a table."""

_BOUNDS = Bounds(rows=0, seconds=300, ours=True)
_MANY = 1000  # tables, from which on it is told what is being read


@dataclass(frozen=True)
class Mark:
    """What tells whether a table has changed, and its row estimate of now."""

    text: str
    row_estimate: int | None


@dataclass(frozen=True)
class Again:
    """What is known already, and the tables of it that are to be read again (or for the first time)."""

    known: DatabaseMeta
    tables: frozenset[TableKey]


def reflect(
    engine: Engine,
    place: Place,
    scope: Scope = EVERYTHING,
    tell: Tell | None = None,
    again: Again | None = None,
) -> DatabaseMeta:
    """Read what is in the scope; given `again`, only these tables, laid over what is known.

    A server is needed for `again` (`has_marks`). Raises DatabaseUnavailable.
    """
    started = time.monotonic()

    def ask(sql: str) -> Sequence[Row]:
        return engine.run(sql, _BOUNDS, Stop()).rows

    reader = _READERS[place.kind]
    with without_collector():
        try:
            try:
                meta = reader(ask, place, scope, tell or _nobody, again)
            except SqlFailed:
                # A table that vanishes while it is read can break a query; it has vanished the second time.
                meta = reader(ask, place, scope, tell or _nobody, again)
        except SqlFailed as error:
            raise DatabaseUnavailable(f"The catalogue of {place.shown} cannot be read: {error}") from error
        meta = _within(scope, meta)
    if tell and time.monotonic() - started > 1:
        count = sum(len(schema.tables) for schema in meta.schemas)
        tell(f"Read the metadata of {count} tables in {time.monotonic() - started:.1f} s.")
    return meta


def has_marks(place: Place) -> bool:
    """Whether this kind of database can say cheaply which of its tables have changed."""
    return bool(_TEXTS[place.kind].marks)


def state_of(engine: Engine, place: Place) -> tuple[str, str] | None:
    """Two texts that tell, while they stay the same, that nothing has changed; None where that cannot be told.

    The first names the database and the rights of its user: with another one nothing that was known holds.
    """
    texts = _TEXTS[place.kind]
    if not texts.state:
        return None
    try:
        identity, state = engine.run(texts.state, _BOUNDS, Stop()).rows[0]
    except SqlFailed:  # a database that only speaks like this one
        return None
    server = ""
    if texts.server:
        try:
            server = str(engine.run(texts.server, _BOUNDS, Stop()).rows[0][0])
        except SqlFailed:  # this user may not ask
            server = ""
    return f"{server} {identity}", str(state)


def marks_of(engine: Engine, place: Place, scope: Scope) -> Mapping[TableKey, Mark] | None:
    """A mark for each table there is, which changes when the table does; None where that cannot be told."""
    texts = _TEXTS[place.kind]
    if not texts.marks:
        return None
    schemas = _named_in_url(place, scope.schemas)
    condition = "1 = 1" if schemas is None else f"{texts.schema_field} IN ({_literals(schemas, place.kind)})"
    with without_collector():
        try:
            rows = engine.run(texts.marks.replace("{tables}", condition), _BOUNDS, Stop()).rows
        except SqlFailed:
            return None
        return {(schema, name): Mark(str(mark), _estimate(rows)) for schema, name, rows, mark in rows}


@contextmanager
def without_collector() -> Iterator[None]:
    """Hundreds of thousands of values that all stay: the collector took a third of the time at 10,000 tables."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _nobody(_: str) -> None:
    pass


def _mysql(ask: Ask, place: Place, scope: Scope, tell: Tell, again: Again | None) -> DatabaseMeta:
    """A schema and a database are one thing in MySQL: a URL that names one means that one."""
    meta = _standard(ask, place, replace(scope, schemas=_named_in_url(place, scope.schemas)), tell, again)
    broken = tuple(table.full_name for table in meta.tables() if table.kind == "view" and not table.fields)
    return replace(
        meta,
        notices=(*meta.notices, *(f"View {name!r} was left out: it reads what is not there." for name in broken)),
    )


def _named_in_url(place: Place, schemas: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if schemas is None and place.kind == "mysql" and place.server and place.server.database:
        return (place.server.database,)
    return schemas


def _standard(ask: Ask, place: Place, scope: Scope, tell: Tell, again: Again | None) -> DatabaseMeta:
    """A database with several schemas: those that may be used and are wanted, each with its tables."""
    texts = _TEXTS[place.kind]
    name, default = ask(texts.here)[0]
    found = [(str(row[0]), str(row[1] or ""), bool(row[2])) for row in ask(texts.schemas)]
    if scope.schemas is not None:
        missing = [each for each in scope.schemas if each not in {schema for schema, _, _ in found}]
        if missing:
            raise DatabaseUnavailable(
                f"{place.shown} has no schema {', '.join(map(repr, missing))}. "
                f"It has: {', '.join(schema for schema, _, _ in found) or 'none'}."
            )
    found = [each for each in found if scope.takes_schema(each[0])]
    notices = [f"Schema {each[0]!r} was left out: this user may not use it." for each in found if not each[2]]
    found = [each for each in found if each[2]]
    names = _literals((schema for schema, _, _ in found), place.kind)
    here = f"{texts.schema_field} IN ({names})" if found else "1 = 0"
    condition = here if again is None else _among(again.tables, texts.table_key, place.kind)

    def rows(text: str) -> Sequence[Row]:
        return ask(text.replace("{tables}", condition)) if text else ()

    listed = rows(texts.tables)
    if len(listed) >= _MANY:
        tell(f"Reading the fields of {len(listed)} tables.")
    fields = rows(texts.fields)
    if len(listed) >= _MANY:
        tell(f"Reading the keys of {len(listed)} tables.")
    tables = build(listed, fields, rows(texts.keys), rows(texts.foreign))
    if again is not None:
        _lay_over(again, tables)
    for schema, count in ask(texts.unreadable.replace("{tables}", here)) if texts.unreadable else ():
        notices.append(f"Of schema {schema!r}, {count} tables were left out: this user may not read them.")
    if scope.schemas is None:
        # An empty schema is no news, unless it is where the database looks first.
        found = [each for each in found if each[0] in tables or each[0] == default]
    return DatabaseMeta(
        dialect=place.kind,
        schemas=tuple(SchemaMeta(schema, tuple(tables.get(schema, ())), comment) for schema, comment, _ in found),
        default_schema=str(default or ""),
        name=place.name or str(name),
        notices=tuple(notices),
    )


def _lay_over(again: Again, tables: dict[str, list[TableMeta]]) -> None:
    """Add to the tables that were read those that need no reading."""
    for schema in again.known.schemas:
        kept = [each for each in schema.tables if (each.schema, each.name) not in again.tables]
        if kept:
            tables[schema.name] = sorted((*kept, *tables.get(schema.name, ())), key=_name_of)


def _name_of(table: TableMeta) -> str:
    return table.name


def _within(scope: Scope, meta: DatabaseMeta) -> DatabaseMeta:
    """The metadata without tables that nobody wants, and without those that vanished while they were read."""
    # A lazily made table has its fields: asking for them would make them.
    kept = {
        id(table)
        for table in meta.tables()
        if scope.takes(table.schema, table.name) and ("fields" not in table.__dict__ or table.fields)
    }
    wrong = scope.without_match((table.schema, table.name) for table in meta.tables())
    notices = (*meta.notices, *(f"The pattern {pattern!r} includes no table: there is none." for pattern in wrong))
    schemas = tuple(
        replace(schema, tables=tuple(each for each in schema.tables if id(each) in kept))
        if any(id(each) not in kept for each in schema.tables)
        else schema
        for schema in meta.schemas
    )
    if scope.include or scope.exclude:
        left = {(table.schema, table.name) for schema in schemas for table in schema.tables}
        schemas = tuple(
            replace(schema, tables=tuple(_pointing_within(each, left) for each in schema.tables))
            for schema in schemas
            if schema.tables or schema.name == meta.default_schema
        )
    return replace(meta, schemas=schemas, notices=notices)


def _pointing_within(table: TableMeta, left: set[TableKey]) -> TableMeta:
    """The table without foreign keys to tables that are not there for the model."""
    keys = tuple(each for each in table.foreign_keys if (each.target_schema, each.target_table) in left)
    return table if len(keys) == len(table.foreign_keys) else table.changed(foreign_keys=keys)


def _sqlite(ask: Ask, place: Place, scope: Scope, tell: Tell, again: Again | None) -> DatabaseMeta:
    """SQLite has no schemas to choose from; a view over what is gone breaks its whole query, so views go apart."""
    texts = catalogue.SQLITE
    tables = list(ask(texts.tables))
    stored = catalogue.SQLITE_STORED
    fields = list(ask(texts.fields.replace("{which}", stored)))
    notices = []
    try:
        fields += ask(texts.fields.replace("{which}", catalogue.SQLITE_COMPUTED))
    except SqlFailed:
        known = {row[1] for row in fields}
        for row in [each for each in tables if each[1] not in known]:
            try:
                fields += ask(texts.fields.replace("{which}", f"m.name = {_literal(row[1])}"))
            except SqlFailed as error:
                notices.append(f"{row[2].capitalize()} {row[1]!r} was left out: {error}")
                tables.remove(row)
    try:
        estimates: dict[str, int] = dict(ask(catalogue.SQLITE_ESTIMATES))
    except SqlFailed:  # the table is there once ANALYZE has run
        estimates = {}
    keys = [
        *ask(texts.keys.replace("{which}", stored)),
        *ask(catalogue.SQLITE_UNIQUE.replace("{which}", stored)),
    ]
    foreign = ask(texts.foreign.replace("{which}", stored))
    built = build(
        tables=[(*row[:4], estimates.get(row[1])) for row in tables],
        fields=fields,
        keys=keys,
        foreign=_resolved(foreign, tables, keys),
    )
    return DatabaseMeta(
        dialect="sqlite",
        schemas=(SchemaMeta("", tuple(built.get("", ()))),),
        name=place.name,
        notices=tuple(notices),
    )


def _resolved(foreign: Iterable[Row], tables: Iterable[Row], keys: Iterable[Row]) -> list[Row]:
    """SQLite keeps a foreign key as it was written: any case, and no target fields where the primary key is meant."""
    spelling: dict[str, str] = {row[1].lower(): row[1] for row in tables}
    primary: dict[str, list[str]] = defaultdict(list)
    for _, table, kind, _, field in keys:
        if kind == "p":
            primary[table].append(field)
    resolved: list[Row] = []
    seen: dict[tuple[str, Any], int] = defaultdict(int)
    for schema, table, key, field, _, written, written_field in foreign:
        target = spelling.get(str(written).lower(), str(written))
        position = seen[table, key]
        seen[table, key] += 1
        target_field = written_field
        if target_field is None:
            target_field = primary[target][position] if position < len(primary[target]) else field
        resolved.append((schema, table, key, field, "", target, target_field))
    return resolved


def build(
    tables: Iterable[Row], fields: Iterable[Row], keys: Iterable[Row], foreign: Iterable[Row]
) -> dict[str, list[TableMeta]]:
    """The rows of the catalogue queries (see Catalogue) as tables by schema, in the order of their names."""
    fields_of: dict[tuple[str, str], list[FieldMeta]] = defaultdict(list)
    same: dict[Row, FieldMeta] = {}  # `id INTEGER NOT NULL` of ten thousand tables is one value
    for row in fields:
        described = row[2:]
        field = same.get(described)
        if field is None:
            name, type_, nullable, comment, generated = described
            field = FieldMeta(name, type_, bool(nullable), comment or "", bool(generated))
            same[described] = field
        fields_of[row[0], row[1]].append(field)
    primary_of: dict[tuple[str, str], list[str]] = defaultdict(list)
    unique_of: dict[tuple[str, str], dict[Any, list[str | None]]] = defaultdict(lambda: defaultdict(list))
    for schema, table, kind, key, name in keys:
        if kind == "p":
            primary_of[schema, table].append(name)
        else:
            unique_of[schema, table][key].append(name)
    foreign_of: dict[tuple[str, str], dict[Any, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for schema, table, key, *rest in foreign:
        foreign_of[schema, table][key].append(tuple(rest))
    built: dict[str, list[TableMeta]] = defaultdict(list)
    for schema, name, kind, comment, estimate in tables:
        here = (schema, name)
        built[schema].append(
            TableMeta(
                schema=schema,
                name=name,
                fields=tuple(fields_of.get(here, ())),
                comment=comment or "",
                kind=kind,
                primary_key=tuple(primary_of.get(here, ())),
                foreign_keys=tuple(map(_foreign_key, foreign_of.get(here, {}).values())),
                unique=_distinct(unique_of.get(here, {}).values()),
                row_estimate=_estimate(estimate),
            )
        )
    for each in built.values():
        each.sort(key=_name_of)  # each database has its own order, and a schema must read the same every time
    return built


def _estimate(rows: Any) -> int | None:
    return None if rows is None or rows < 0 else int(rows)


def _foreign_key(parts: Sequence[Row]) -> ForeignKey:
    return ForeignKey(
        fields=tuple(part[0] for part in parts),
        target_schema=parts[0][1],
        target_table=parts[0][2],
        target_fields=tuple(part[3] for part in parts),
    )


def _distinct(keys: Iterable[Sequence[str | None]]) -> tuple[tuple[str, ...], ...]:
    """The keys over plain fields, each once: one over an expression says nothing of a field."""
    plain = [tuple(name for name in key if name is not None) for key in keys if None not in key]
    return tuple(dict.fromkeys(plain))


def _literal(text: str, kind: str = "") -> str:
    escaped = text.replace("\\", "\\\\") if kind == "mysql" else text
    return "'" + escaped.replace("'", "''") + "'"


def _literals(texts: Iterable[str], kind: str) -> str:
    return ", ".join(_literal(each, kind) for each in texts)


def _among(tables: frozenset[TableKey], key: str, kind: str) -> str:
    """The condition that picks these tables."""
    listed = ", ".join(f"({_literals(each, kind)})" for each in sorted(tables))
    return f"{key} IN ({listed})" if listed else "1 = 0"


_TEXTS = {
    "duckdb": catalogue.DUCKDB,
    "sqlite": catalogue.SQLITE,
    "postgres": catalogue.POSTGRES,
    "mysql": catalogue.MYSQL,
}
_READERS: dict[str, Callable[[Ask, Place, Scope, Tell, Again | None], DatabaseMeta]] = {
    "duckdb": _standard,
    "sqlite": _sqlite,
    "postgres": _standard,
    "mysql": _mysql,
}
