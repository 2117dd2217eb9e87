"""Why a query may have found nothing: a text in it that its field does not hold, and what is stored instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from tools.errors import ToolError
from tools.metadata import FieldMeta, TableMeta
from tools.sql_guard import GuardedQuery, guarded
from tools.text import literal
from tools.words import folded

if TYPE_CHECKING:
    from tools.database import Database
    from tools.result_table import ResultTable

_VALUES_READ = 5_000
_VALUES_NAMED = 5
_LITERALS_LOOKED_AT = 5
_ALL_NAMED_UP_TO = 12
_LONGEST_COMPARED = 100  # characters
# The functions around a field that leave its value recognisable.
_SEEN_THROUGH = (exp.Lower, exp.Upper, exp.Trim, exp.Paren, exp.Collate)


@dataclass(frozen=True)
class Compared:
    """A text that a statement compares with a field.

    `whole` is False where only a part of the value is asked; `exactly` is False where case does not matter.
    """

    table: TableMeta
    field: FieldMeta
    text: str
    whole: bool
    exactly: bool


def is_empty(result: ResultTable) -> bool:
    """No row, or the one row that an aggregate over nothing gives: zeros and nulls."""
    return not result.rows or (len(result.rows) == 1 and not any(result.rows[0]))


def notes_on_empty(sql: str, database: Database) -> tuple[str, ...]:
    """A note for each text of the statement that its field does not hold, with the nearest stored values."""
    try:
        query = guarded(sql, database.meta)
    except ToolError:  # it ran: the engine's own second opinion let it pass, and there is no tree to read
        return ()
    notes: dict[str, None] = {}
    for compared in list(dict.fromkeys(_compared(query)))[:_LITERALS_LOOKED_AT]:
        note = _note(compared, database)
        if note:
            notes[note] = None
    return tuple(notes)


def _compared(query: GuardedQuery) -> Iterator[Compared]:
    """Every text literal of the query that is compared with a field for which it is clear whose it is."""
    if query.tree is None:
        return
    for node in query.tree.find_all(exp.EQ, exp.In, exp.Like, exp.ILike):
        sides = [node.this, node.expression] if isinstance(node, exp.EQ) else [node.this]
        if node.find_ancestor(exp.Not):  # `NOT IN ('x')` finds all the more where there is no x
            continue
        for side in sides:
            column = _column(side)
            if column is None:
                continue
            exactly = column is side and not isinstance(node, exp.ILike)
            others = [*node.expressions, node.args.get("expression"), node.this]
            for text in (each.this for each in others if isinstance(each, exp.Literal) and each.is_string):
                bare = text.strip("%") if isinstance(node, exp.Like | exp.ILike) else text
                found = _field_of(column, query)
                if found and bare and not (isinstance(node, exp.Like | exp.ILike) and set(bare) & set("%_")):
                    yield Compared(*found, bare, bare == text, exactly)


def _column(side: object) -> exp.Column | None:
    while isinstance(side, _SEEN_THROUGH):
        side = side.this
    return side if isinstance(side, exp.Column) else None


def _field_of(column: exp.Column, query: GuardedQuery) -> tuple[TableMeta, FieldMeta] | None:
    """The field of a real table that a column can only mean; None where it could be another's."""
    tables = query.tables
    if column.table and query.tree is not None:
        names = {
            node.name.lower()
            for node in query.tree.find_all(exp.Table)
            if node.alias_or_name.lower() == column.table.lower()
        }
        tables = tuple(table for table in tables if table.name.lower() in names)
    owners = [(table, found) for table in tables if (found := table.field(column.name))]
    return owners[0] if len(owners) == 1 else None


def _note(compared: Compared, database: Database) -> str:
    values, all_of_them = database.distinct_values(compared.table, compared.field, _VALUES_READ)
    texts = [value for value in values if isinstance(value, str)]
    if not texts:
        return ""
    meta = database.meta
    wanted = folded(compared.text)
    if not compared.whole:
        held = any(wanted in folded(value) for value in texts)
    elif compared.exactly and meta.dialect != "mysql":  # its usual collations tell no case apart
        held = compared.text in texts
    else:
        held = wanted in map(folded, texts)
    if held:
        return ""
    field = f"{meta.sql_name(compared.table)}.{meta.quoted(compared.field.name)}"
    said = f"{field} holds no {literal(compared.text, 80)}"
    if not all_of_them:
        said += f" among the {len(values)} values that were looked at"
    near = _nearest(wanted, texts)
    count = f"{len(values)}" if all_of_them else f"more than {len(values)}"
    if near:
        return f"{said}; the nearest stored values are {_listed(near)} ({len(near)} of {count}). Use one of these."
    if all_of_them and len(texts) <= _ALL_NAMED_UP_TO:
        return f"{said}; all it holds is {_listed(sorted(texts))}."
    return f"{said}, nor anything like it; search_metadata tells where a value is stored."


def _nearest(wanted: str, values: list[str]) -> list[str]:
    """The stored spellings most like the text: the same but for case, width and accents; holding it; alike."""
    spellings: dict[str, list[str]] = {}
    for value in values:
        spellings.setdefault(folded(value), []).append(value)
    wanted = wanted[:_LONGEST_COMPARED]
    bare = _bare(wanted)
    long_enough = len(bare) > 2 or not bare.isascii()  # two letters stand in half of all words
    same = [
        value
        for plain, stored in spellings.items()
        if plain == wanted or (bare and _bare(plain) == bare)
        for value in stored
    ]
    holding = [
        value
        for plain, stored in spellings.items()
        if plain and plain != wanted and ((long_enough and wanted in plain) or (len(plain) > 2 and plain in wanted))
        for value in stored
    ]
    alike = [
        value
        for plain in difflib.get_close_matches(wanted, spellings, _VALUES_NAMED, cutoff=0.6)
        for value in spellings[plain]
    ]
    return list(dict.fromkeys([*same, *sorted(holding, key=len), *alike]))[:_VALUES_NAMED]


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _listed(values: list[str]) -> str:
    return ", ".join(literal(value, 80) for value in values)
