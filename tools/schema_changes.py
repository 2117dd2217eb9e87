"""What has changed between two readings of one database, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.metadata import DatabaseMeta, TableMeta
from tools.text import one_line

_PARTS_SAID = 12


@dataclass(frozen=True)
class TableChange:
    """One table that is not what it was: its full name, and how, part by part."""

    table: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        more = len(self.parts) - _PARTS_SAID
        said = "; ".join(self.parts[:_PARTS_SAID]) + (f"; and {more} more" if more > 0 else "")
        return f"{self.table}: {said}"


@dataclass(frozen=True)
class SchemaChanges:
    """Tables that are new, that are gone, and that are not what they were. False when there are none."""

    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    changed: tuple[TableChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped or self.changed)

    def __add__(self, later: SchemaChanges) -> SchemaChanges:
        return SchemaChanges(self.added + later.added, self.dropped + later.dropped, self.changed + later.changed)


def changes_between(before: DatabaseMeta, after: DatabaseMeta) -> SchemaChanges:
    """What one would have to tell somebody who knows the database as it was; row estimates are no news."""
    old = {(table.schema, table.name): table for table in before.tables()}
    new = {(table.schema, table.name): table for table in after.tables()}
    both = ((old[key], table) for key, table in new.items() if key in old and old[key] is not table)
    changed = ((table.full_name, tuple(_parts(was, table))) for was, table in both)
    return SchemaChanges(
        added=tuple(table.full_name for key, table in new.items() if key not in old),
        dropped=tuple(table.full_name for key, table in old.items() if key not in new),
        changed=tuple(TableChange(name, parts) for name, parts in changed if parts),
    )


def _parts(was: TableMeta, now: TableMeta) -> Iterator[str]:
    if was.kind != now.kind:
        yield f"a {now.kind}, was a {was.kind}"
    if was.comment != now.comment:
        yield f"comment {one_line(now.comment, 60)!r}" if now.comment else "no comment any more"
    yield from _field_parts(was, now)
    for name, before, after in (
        ("primary key", was.primary_key, now.primary_key),
        ("foreign keys", was.foreign_keys, now.foreign_keys),
        ("unique keys", was.unique, now.unique),
    ):
        if before != after:
            yield f"other {name}"


def _field_parts(was: TableMeta, now: TableMeta) -> Iterator[str]:
    if was.fields == now.fields:
        return
    old = {each.name: each for each in was.fields}
    new = {each.name: each for each in now.fields}
    yield from (f"+ {name}" for name in new if name not in old)
    yield from (f"- {name}" for name in old if name not in new)
    for name, after in new.items():
        before = old.get(name)
        if before is None or before == after:
            continue
        if before.type != after.type:
            yield f"{name} {after.type}, was {before.type}"
        if before.nullable != after.nullable:
            yield f"{name} {'may be' if after.nullable else 'is never'} NULL"
        if before.comment != after.comment:
            yield f"comment of {name}"
        if before.generated != after.generated:
            yield f"{name} {'is' if after.generated else 'is no longer'} generated"
    if old.keys() == new.keys() and list(old) != list(new):
        yield "fields in another order"
