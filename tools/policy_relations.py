"""The relations of a database and what they are made of: tables, views by their queries, heirs by their parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.errors import ToolError
from tools.metadata import DatabaseMeta, TableMeta
from tools.sql_guard import guarded
from tools.view_definitions import Key, Made


def key_of(table: TableMeta) -> Key:
    """By what a relation is known."""
    return table.schema, table.name


@dataclass(frozen=True)
class Body:
    """The query of a view: its tree, the columns it was given, the tables it reads, every name in it."""

    tree: exp.Expr
    columns: tuple[str, ...]
    tables: tuple[TableMeta, ...]
    names: frozenset[str]
    has_star: bool


class Relations:
    """The relations of one database and what they are made of: the same for all users."""

    def __init__(self, meta: DatabaseMeta, made: Made) -> None:
        # A function of the database's own may read any table, and goes past the rules: none is added here.
        self.meta = replace(meta, allowed_functions=frozenset()) if meta.allowed_functions else meta
        self.made = made
        self.tables: Mapping[Key, TableMeta] = {key_of(table): table for table in meta.tables()}
        self.fitting: set[tuple[str, tuple[str, ...]]] = set()  # policies and roles that were seen to fit
        self._bodies: dict[Key, Body | None] = {}

    def body(self, view: TableMeta) -> Body | None:
        """The query of a view or materialized view; None where it cannot be told with certainty."""
        key = (view.schema, view.name)
        if key not in self._bodies:
            text = self.made.views.get(key) or self.made.stored.get(key, "")
            self._bodies[key] = _body(text, self.meta) if text else None
        return self._bodies[key]

    def ancestors(self, key: Key) -> tuple[TableMeta, ...]:
        """The tables that this one inherits from, near and far."""
        return tuple(self._walk(key, self.made.parents))

    def descendants(self, key: Key) -> tuple[TableMeta, ...]:
        """The tables whose rows are read with this one's."""
        return tuple(self._walk(key, self._children))

    @cached_property
    def _children(self) -> Mapping[Key, tuple[Key, ...]]:
        turned: dict[Key, tuple[Key, ...]] = {}
        for child, parents in self.made.parents.items():
            for parent in parents:
                turned[parent] = (*turned.get(parent, ()), child)
        return turned

    def _walk(self, key: Key, edges: Mapping[Key, tuple[Key, ...]]) -> Iterator[TableMeta]:
        pending, seen = list(edges.get(key, ())), {key}
        while pending:
            each = pending.pop()
            if each not in seen:
                seen.add(each)
                pending += edges.get(each, ())
                if each in self.tables:
                    yield self.tables[each]


def _body(text: str, meta: DatabaseMeta) -> Body | None:
    columns: tuple[str, ...] = ()
    try:
        if meta.dialect in ("duckdb", "sqlite"):
            created = sqlglot.parse_one(text, dialect=meta.dialect)
            if not isinstance(created, exp.Create) or not isinstance(created.expression, exp.Expr):
                return None
            if isinstance(created.this, exp.Schema):
                columns = tuple(each.name for each in created.this.expressions)
            text = created.expression.sql(meta.dialect)
        checked = guarded(text, meta)
    except (ToolError, SqlglotError, RecursionError):
        return None
    if checked.tree is None or checked.prefix:
        return None
    return Body(
        tree=checked.tree,
        columns=columns,
        tables=checked.tables,
        names=frozenset(each.name.lower() for each in checked.tree.find_all(exp.Identifier)),
        has_star=any(checked.tree.find_all(exp.Star)),
    )
