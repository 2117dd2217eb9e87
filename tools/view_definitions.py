"""What the relations of a database are made of: the texts of views, the tables under inherited and virtual ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.metadata import DatabaseMeta

Key = tuple[str, str]  # schema, name
Ask = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Made:
    """How relations come about: `views` by the text of their query (DuckDB, SQLite: of their CREATE), `stored` by a
    text whose rows were kept (materialized views, virtual tables), `parents` by the tables they inherit from.
    """

    views: Mapping[Key, str] = field(default_factory=dict)
    stored: Mapping[Key, str] = field(default_factory=dict)
    parents: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)


_VIEWS = {
    "duckdb": "SELECT schema_name, view_name, sql FROM duckdb_views() "
    "WHERE NOT internal AND database_name = current_database()",
    "sqlite": "SELECT '', name, sql FROM sqlite_master WHERE type = 'view'",
    "postgres": "SELECT schemaname, viewname, definition FROM pg_views "
    "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    "mysql": "SELECT table_schema, table_name, view_definition FROM information_schema.views "
    "WHERE table_schema NOT IN ('sys', 'mysql', 'information_schema', 'performance_schema')",
}
_STORED = {
    "sqlite": "SELECT '', name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'",
    "postgres": "SELECT schemaname, matviewname, definition FROM pg_matviews",
}
_PARENTS = {
    "postgres": "SELECT cn.nspname, c.relname, pn.nspname, p.relname FROM pg_inherits i "
    "JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace "
    "JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace "
    "WHERE c.relkind IN ('r', 'p', 'f')",
}


def how_made(meta: DatabaseMeta, ask: Ask) -> Made:
    """Read it from the catalogue. What the catalogue does not tell of a view is not among `views`."""

    def rows(texts: Mapping[str, str]) -> Sequence[tuple[Any, ...]]:
        return ask(texts[meta.dialect]) if meta.dialect in texts else ()

    parents: dict[Key, tuple[Key, ...]] = {}
    for schema, name, parent_schema, parent in rows(_PARENTS):
        parents[schema, name] = (*parents.get((schema, name), ()), (parent_schema, parent))
    return Made(
        views={(schema, name): text for schema, name, text in rows(_VIEWS) if text},
        stored={(schema, name): text for schema, name, text in rows(_STORED) if text},
        parents=parents,
    )
