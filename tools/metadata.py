"""What is known of a database: its schemas, their tables, their fields, as plain values.

`DatabaseMeta → SchemaMeta → TableMeta → FieldMeta` is what reflection fills, search indexes, the guard
resolves names against and the prompt's template walks (`meta.schemas[].tables[].fields[]`).
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class FieldMeta:
    """One field of a table; `type` is the database's own spelling of it."""

    name: str
    type: str
    nullable: bool = True
    comment: str = ""
    generated: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """`fields` of this table point at `target_fields` of `target_schema.target_table`, pairwise."""

    fields: tuple[str, ...]
    target_schema: str
    target_table: str
    target_fields: tuple[str, ...]


@dataclass(frozen=True)
class TableMeta:
    """One table or view; `row_estimate` is the database's own guess, None where it has none."""

    schema: str
    name: str
    fields: tuple[FieldMeta, ...] = ()
    comment: str = ""
    kind: str = "table"  # "table" | "view" | "materialized view"
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    row_estimate: int | None = None

    @property
    def full_name(self) -> str:
        """`schema.table`, unquoted: a name to show and to search by, not SQL."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def field(self, name: str) -> FieldMeta | None:
        """The field of that name, upper and lower case alike; None where there is none."""
        return self._fields_by_name.get(name.lower())

    @cached_property
    def _fields_by_name(self) -> dict[str, FieldMeta]:
        return {each.name.lower(): each for each in reversed(self.fields)}


@dataclass(frozen=True)
class SchemaMeta:
    """One schema and its tables, in the order of their names."""

    name: str
    tables: tuple[TableMeta, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class DatabaseMeta:
    """Everything known of one database.

    `dialect` is sqlglot's name for its SQL ("duckdb", "sqlite", "postgres", "mysql");
    `default_schema` is where the database looks for a table that is named without a schema.
    """

    dialect: str
    schemas: tuple[SchemaMeta, ...] = ()
    default_schema: str = ""
    name: str = ""
    notices: tuple[str, ...] = field(default=(), compare=False)  # what reflection could not read, for people

    def tables(self) -> Iterator[TableMeta]:
        """Every table of every schema, in order."""
        for schema in self.schemas:
            yield from schema.tables

    def find(self, name: str, schema: str | None = None) -> tuple[TableMeta, ...]:
        """Every table a loosely written name can mean: `orders`, `public.orders`, `"public"."orders"`, any case.

        An exact spelling wins over one that differs in case; a table of the default schema over others.
        """
        wanted = name if schema is None else f"{schema}.{name}"
        for key in (wanted, wanted.replace('"', "").replace("`", "").replace("[", "").replace("]", "")):
            hits = self._by_name.get(key.lower(), ())
            exact = tuple(t for t in hits if key in (t.name, t.full_name)) or hits
            if exact:
                return tuple(t for t in exact if t.schema == self.default_schema) or exact
        return ()

    def nearest(self, name: str, count: int = 3) -> tuple[str, ...]:
        """The full names of the tables whose names look most like this one, best first."""
        bare = name.lower().rsplit(".", 1)[-1]
        by_likeness = sorted(
            self.tables(),
            key=lambda table: -difflib.SequenceMatcher(None, bare, table.name.lower()).quick_ratio(),
        )
        return tuple(table.full_name for table in by_likeness[:count])

    @cached_property
    def _by_name(self) -> dict[str, tuple[TableMeta, ...]]:
        index: dict[str, tuple[TableMeta, ...]] = {}
        for table in self.tables():
            for key in dict.fromkeys((table.name.lower(), table.full_name.lower())):
                index[key] = (*index.get(key, ()), table)
        return index

    @cached_property
    def fingerprint(self) -> str:
        """A digest of names, types, keys and comments, but not of row estimates: 16 hex digits."""
        digest = hashlib.sha256(self.dialect.encode())
        for part in self._parts():
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
        return digest.hexdigest()[:16]

    def _parts(self) -> Iterable[str]:
        for table in self.tables():
            yield f"{table.full_name}|{table.kind}|{table.comment}|{table.primary_key}|{table.foreign_keys}"
            for each in table.fields:
                yield f"{each.name}|{each.type}|{each.nullable}|{each.comment}"
