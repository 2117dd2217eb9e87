"""A live database read into a DatabaseMeta: bulk catalogue queries, joined here."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from tools.engines import catalogue
from tools.engines.catalogue import Catalogue
from tools.engines.engine import Bounds, Engine, Stop
from tools.engines.place import Place
from tools.errors import DatabaseUnavailable, SqlFailed
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta

Row = tuple[Any, ...]
Ask = Callable[[str], Sequence[Row]]

_BOUNDS = Bounds(rows=0, seconds=300, ours=True)


def reflect(
    engine: Engine,
    place: Place,
    schemas: tuple[str, ...] | None = None,
    tell: Callable[[str], None] | None = None,
) -> DatabaseMeta:
    """Read all schemas but the system's own, or those named. Raises DatabaseUnavailable."""

    def ask(sql: str) -> Sequence[Row]:
        return engine.run(sql, _BOUNDS, Stop()).rows

    started = time.monotonic()
    # Hundreds of thousands of values that all stay: the collector, looking through them again and again,
    # took a third of the time at 10,000 tables.
    collecting = gc.isenabled()
    gc.disable()
    try:
        meta = _READERS[place.kind](ask, place, schemas)
    except SqlFailed as error:
        raise DatabaseUnavailable(f"The catalogue of {place.shown} cannot be read: {error}") from error
    finally:
        if collecting:
            gc.enable()
    if tell and time.monotonic() - started > 1:
        count = sum(len(schema.tables) for schema in meta.schemas)
        tell(f"Read the metadata of {count} tables in {time.monotonic() - started:.1f} s.")
    return meta


def _duckdb(ask: Ask, place: Place, schemas: tuple[str, ...] | None) -> DatabaseMeta:
    return _standard(ask, place, schemas, catalogue.DUCKDB, "schema_name")


def _postgres(ask: Ask, place: Place, schemas: tuple[str, ...] | None) -> DatabaseMeta:
    return _standard(ask, place, schemas, catalogue.POSTGRES, "n.nspname")


def _mysql(ask: Ask, place: Place, schemas: tuple[str, ...] | None) -> DatabaseMeta:
    """A schema and a database are one thing in MySQL: a URL that names one means that one."""
    if schemas is None and place.server and place.server.database:
        schemas = (place.server.database,)
    meta = _standard(ask, place, schemas, catalogue.MYSQL, "table_schema")
    broken = tuple(table.full_name for table in meta.tables() if not table.fields)
    notices = tuple(f"View {name!r} was left out: it reads what is not there." for name in broken)
    whole = tuple(
        replace(schema, tables=tuple(table for table in schema.tables if table.fields))
        for schema in meta.schemas
    )
    return replace(meta, schemas=whole, notices=meta.notices + notices)


def _standard(
    ask: Ask, place: Place, schemas: tuple[str, ...] | None, texts: Catalogue, schema_field: str
) -> DatabaseMeta:
    """A database with several schemas: those that may be used and are wanted, each with its tables."""
    name, default = ask(texts.here)[0]
    found = [(str(row[0]), str(row[1] or ""), bool(row[2])) for row in ask(texts.schemas)]
    if schemas is not None:
        missing = [each for each in schemas if each not in {schema for schema, _, _ in found}]
        if missing:
            raise DatabaseUnavailable(
                f"{place.shown} has no schema {', '.join(map(repr, missing))}. "
                f"It has: {', '.join(schema for schema, _, _ in found) or 'none'}."
            )
        found = [each for each in found if each[0] in schemas]
    notices = [f"Schema {each[0]!r} was left out: this user may not use it." for each in found if not each[2]]
    found = [each for each in found if each[2]]
    names = ", ".join(_literal(schema, place.kind) for schema, _, _ in found)
    condition = f"{schema_field} IN ({names})" if found else "1 = 0"

    def rows(text: str) -> Sequence[Row]:
        return ask(text.replace("{schemas}", condition)) if text else ()

    tables = build(rows(texts.tables), rows(texts.fields), rows(texts.keys), rows(texts.foreign))
    for schema, count in rows(texts.unreadable):
        notices.append(f"Of schema {schema!r}, {count} tables were left out: this user may not read them.")
    if schemas is None:
        # An empty schema is no news, unless it is where the database looks first.
        found = [each for each in found if each[0] in tables or each[0] == default]
    return DatabaseMeta(
        dialect=place.kind,
        schemas=tuple(
            SchemaMeta(schema, tuple(tables.get(schema, ())), comment) for schema, comment, _ in found
        ),
        default_schema=str(default or ""),
        name=place.name or str(name),
        notices=tuple(notices),
    )


def _sqlite(ask: Ask, place: Place, schemas: tuple[str, ...] | None) -> DatabaseMeta:
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
                row_estimate=None if estimate is None or estimate < 0 else int(estimate),
            )
        )
    return built


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


_READERS: dict[str, Callable[[Ask, Place, tuple[str, ...] | None], DatabaseMeta]] = {
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "postgres": _postgres,
    "mysql": _mysql,
}
