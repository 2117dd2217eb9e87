"""Tables that point at themselves, once more under the name of what they point at: an employee's manager."""

from __future__ import annotations

from dataclasses import replace

from agent.llm.offline.schema_text import Key, Schema, Table
from agent.llm.offline.words import identifier_words

_NO_ROLE = frozenset(("id", "code", "number", "no", "key", "fk", "by", "to", "of", "ref", "reference"))


def with_roles(schema: Schema) -> Schema:
    """The schema, and for each key from a table to itself that table again, as what the key's field calls it."""
    tables = dict(schema.tables)
    for table in schema.tables.values():
        own = set(identifier_words(table.name))
        for key in table.keys:
            if key.target != table.sql or len(key.fields) != 1:
                continue
            words = [word for word in identifier_words(key.fields[0]) if word not in _NO_ROLE]
            name = "_".join(words)
            if not words or set(words) <= own or not name.isidentifier() or _is_taken(name, tables):
                continue
            fields = tuple(replace(each, table=name) for each in table.fields)
            tables[name] = replace(table, sql=name, name=name, fields=fields, comment="", keys=(), alias_of=table.sql)
            pointing = Key(table.sql, key.fields, name, key.target_fields)
            tables[table.sql] = replace(tables[table.sql], keys=(*tables[table.sql].keys, pointing))
    return Schema(tables) if len(tables) > len(schema.tables) else schema


_ABOVE = frozenset(("parent", "super", "superior", "above", "上级", "父"))


def key_above(table: Table, schema: Schema) -> Key | None:
    """The key by which rows of a table hang below others of it, where its name says so: `parent_id`.

    Who reports to a manager is not a part of him: what is asked of a category is asked of those below it too.
    """
    return next(
        (
            key
            for key in schema.keys
            if key.table == key.target == table.sql
            and len(key.fields) == len(table.primary_key) == 1
            and set(identifier_words(key.fields[0])) & _ABOVE
        ),
        None,
    )


def _is_taken(name: str, tables: dict[str, Table]) -> bool:
    return any(name in (each.sql.lower(), each.name.lower()) for each in tables.values())
