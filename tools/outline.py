"""What a prompt says of a database within a budget of tokens: fields, else tables, else schemas."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tools.text import one_line, tokens

if TYPE_CHECKING:
    from tools.metadata import DatabaseMeta, SchemaMeta, TableMeta

# Every detail is tried with comments of this many characters, the longest that fits wins.
_COMMENTS = (200, 80, 0)
# Of a large schema they only give a taste of its names, in every call: which tables fit is what the search tells.
_EXAMPLES = 30


def outlined(meta: DatabaseMeta, budget_tokens: int) -> dict[str, Any]:
    """The outline, as plain values for a template; see `DatabaseMeta.outline`."""
    number_of_tables = sum(len(schema.tables) for schema in meta.schemas)
    outline: dict[str, Any] = {
        "dialect": meta.dialect,
        "name": one_line(meta.name),
        "table_count": number_of_tables,
        "schema_count": len(meta.schemas),
    }
    # A table costs two tokens at least, so a catalogue of thousands need not be written out to know.
    if number_of_tables * 2 <= budget_tokens:
        for detail in ("full", "tables"):
            for longest in _COMMENTS:
                schemas = [_schema(each, meta, longest, detail == "full") for each in meta.schemas]
                if sum(map(_cost, schemas)) <= budget_tokens:
                    return {**outline, "detail": detail, "schemas": schemas}
    return {**outline, "detail": "schemas", "schemas": _most_connected(meta, budget_tokens)}


def _schema(schema: SchemaMeta, meta: DatabaseMeta, comment: int, with_fields: bool) -> dict[str, Any]:
    return {
        "name": one_line(schema.name),
        "comment": _said(schema.comment, comment),
        "table_count": len(schema.tables),
        "tables": [_table(each, meta, comment, with_fields) for each in schema.tables],
    }


def _table(table: TableMeta, meta: DatabaseMeta, comment: int, with_fields: bool) -> dict[str, Any]:
    outline: dict[str, Any] = {
        "name": one_line(table.name),
        "full_name": one_line(meta.sql_name(table)),
        "comment": _said(table.comment, comment),
        "kind": table.kind,
        "fields": [],
    }
    if with_fields:
        references = {
            mine.lower(): one_line(f"{meta.sql_target(key)}.{meta.quoted(theirs)}")
            for key in reversed(table.foreign_keys)
            for mine, theirs in zip(key.fields, key.target_fields, strict=False)
        }
        keys = {name.lower() for name in table.primary_key}
        outline["fields"] = [
            {
                "name": one_line(meta.quoted(each.name)),
                "type": one_line(each.type, 60),
                "comment": _said(each.comment, comment),
                "primary_key": each.name.lower() in keys,
                "references": references.get(each.name.lower(), ""),
            }
            for each in table.fields
        ]
    return outline


def _said(comment: str, longest: int) -> str:
    return one_line(comment, longest) if longest else ""


def _cost(schema: dict[str, Any]) -> int:
    """Tokens of a schema as a template is likely to write it: a line a table, a phrase a field."""
    lines = [f"{schema['name']} {schema['comment']} {schema['table_count']}\n"]
    for table in schema["tables"]:
        fields = ", ".join(
            f"{each['name']} {each['type']}{' PK' * each['primary_key']}"
            f"{' -> ' + each['references'] if each['references'] else ''}"
            f"{' -- ' + each['comment'] if each['comment'] else ''}"
            for each in table["fields"]
        )
        lines.append(f"- {table['full_name']} -- {table['comment']}: {fields}\n")
    return tokens("".join(lines))


def _most_connected(meta: DatabaseMeta, budget_tokens: int) -> list[dict[str, Any]]:
    """The largest schemas, each with as many of its most referenced tables as there is room for."""
    pointed_at = Counter((key.target_schema, key.target_table) for table in meta.tables() for key in table.foreign_keys)

    def links(table: TableMeta) -> int:
        return pointed_at[table.schema, table.name] + len(table.foreign_keys)

    largest = sorted(meta.schemas, key=lambda schema: (-len(schema.tables), schema.name))
    outlines: list[dict[str, Any]] = []
    room = budget_tokens // 2  # the other half is for tables
    for schema in largest:
        outline = {**_schema(schema, meta, 80, False), "tables": []}
        room -= _cost(outline)
        if room < 0 and outlines:
            break
        budget_tokens -= _cost(outline)
        outlines.append(outline)
    waiting = {
        each["name"]: iter(sorted(schema.tables, key=lambda table: (-links(table), table.name)))
        for each, schema in zip(outlines, largest, strict=False)
    }
    # In turns, so that one great schema does not take the room of all.
    left = _EXAMPLES
    while waiting and left:
        for each in outlines:
            if not left:
                break
            table = next(waiting.get(each["name"], iter(())), None)
            entry = _table(table, meta, 80, False) if table is not None else None
            cost = tokens(f"- {entry['full_name']} -- {entry['comment']}\n") if entry else 0
            if entry is None or cost > budget_tokens:
                waiting.pop(each["name"], None)
            else:
                budget_tokens -= cost
                left -= 1
                each["tables"].append(entry)
    return outlines
