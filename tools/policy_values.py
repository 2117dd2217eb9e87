"""A user's variables and a policy's masks as SQL: typed values become literals, never text that is spliced."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.metadata import FieldMeta
from tools.policy import Mask

_TYPED = frozenset({"duckdb", "postgres"})
_TEXT_TYPE = re.compile(r"(?i)char|text|string|clob|name")
_NUMBER_TYPE = re.compile(r"(?i)int|dec|num|real|double|float|serial|money")
_TEXT_NAME = {"duckdb": "VARCHAR", "postgres": "text", "mysql": "varchar(64)", "sqlite": "TEXT"}
_HASHED = {
    "duckdb": "substr(sha256({salt} || CAST({value} AS VARCHAR)), 1, 16)",
    "postgres": "substr(encode(sha256(convert_to({salt} || CAST({value} AS TEXT), 'UTF8')), 'hex'), 1, 16)",
    "mysql": "substr(sha2(concat({salt}, {value}), 256), 1, 16)",
    "sqlite": "dbagent_hash({salt} || {value})",
}
_LAST_FOUR = {
    "duckdb": ("length(CAST({value} AS VARCHAR))", "'****' || right(CAST({value} AS VARCHAR), 4)"),
    "postgres": ("length(CAST({value} AS TEXT))", "'****' || right(CAST({value} AS TEXT), 4)"),
    "mysql": ("char_length({value})", "concat('****', right({value}, 4))"),
    "sqlite": ("length(CAST({value} AS TEXT))", "'****' || substr(CAST({value} AS TEXT), -4)"),
}


def bound(value: object, dialect: str) -> exp.Expr | list[exp.Expr]:
    """A typed value as a literal; a list as the literals of its values."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_literal(each, dialect) for each in value]
    return _literal(value, dialect)


def _literal(value: object, dialect: str) -> exp.Expr:
    match value:
        case None:
            return exp.null()
        case bool():
            return exp.true() if value else exp.false()
        case int() | float() | Decimal():
            text = format(value, "f") if isinstance(value, Decimal) else repr(value)
            number = exp.Literal.number(text.lstrip("-"))
            return exp.paren(exp.Neg(this=number)) if text.startswith("-") else number
        case datetime.datetime():
            kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
            return _cast(exp.Literal.string(value.isoformat(" ")), kind, dialect)
        case datetime.date():
            return _cast(exp.Literal.string(value.isoformat()), "DATE", dialect)
        case datetime.time():
            return _cast(exp.Literal.string(value.isoformat()), "TIME", dialect)
        case uuid.UUID() | str():
            return exp.Literal.string(str(value))
    raise TypeError(f"{type(value).__name__} cannot be written as a value")


def _cast(value: exp.Expr, kind: str, dialect: str) -> exp.Expr:
    """Dates are text to SQLite, and MySQL compares their text as dates."""
    return exp.cast(value, exp.DataType.build(kind, dialect=dialect)) if dialect in _TYPED else value


def masked(column: exp.Expr, mask: Mask, field: FieldMeta, dialect: str, salt: str) -> exp.Expr:
    """What is shown instead of the field, in the field's own type where that can hold it."""
    value = column.sql(dialect)
    match mask.kind:
        case "null":
            return _in_type(exp.null(), field, dialect)
        case "constant":
            literal = _literal(mask.value, dialect)
            return _in_type(literal, field, dialect) if _fits(mask.value, field) else literal
        case "hash":
            said = _HASHED.get(dialect, "md5(concat({salt}, {value}))")
            hashed = said.format(salt=exp.Literal.string(salt).sql(dialect), value=value)
            text = f"CASE WHEN NOT {value} IS NULL THEN {hashed} END"
        case "last four":
            length, end = (each.format(value=value) for each in _LAST_FOUR.get(dialect, _LAST_FOUR["duckdb"]))
            text = f"CASE WHEN {length} > 4 THEN {end} WHEN NOT {value} IS NULL THEN '****' END"
    text = f"CAST({text} AS TEXT)" if dialect == "sqlite" else text
    parsed: Any = sqlglot.parse_one(text, dialect=dialect)
    assert isinstance(parsed, exp.Expr)
    return parsed


def masked_type(mask: Mask, field: FieldMeta, dialect: str) -> str:
    """The type of what is shown."""
    keeps = mask.kind == "null" or (mask.kind == "constant" and _fits(mask.value, field))
    return field.type if keeps or _TEXT_TYPE.search(field.type) else _TEXT_NAME.get(dialect, "VARCHAR")


def _in_type(value: exp.Expr, field: FieldMeta, dialect: str) -> exp.Expr:
    if dialect == "sqlite" and not isinstance(value, exp.Null):
        # A cast has an affinity, as the column has: without one, '***' is greater than any number.
        if _TEXT_TYPE.search(field.type):
            return exp.cast(value, "TEXT")
        whole = isinstance(value, exp.Literal) and value.is_int
        return exp.cast(value, "BIGINT" if whole else "REAL") if _NUMBER_TYPE.search(field.type) else value
    if dialect not in _TYPED or not field.type:
        return value
    try:
        return exp.cast(value, exp.DataType.build(field.type, dialect=dialect))
    except SqlglotError:  # a type of the database's own: an enum, say
        return value


def _fits(value: object, field: FieldMeta) -> bool:
    """Whether a constant can be cast to the field's type."""
    kind = field.type.lower()
    try:
        if "json" in kind:
            json.loads(value) if isinstance(value, str) else None
            return isinstance(value, str)
        if _TEXT_TYPE.search(kind) and "[" not in kind:
            return True
        if _NUMBER_TYPE.search(kind) and "[" not in kind and "interval" not in kind:
            Decimal(str(value))
            return not isinstance(value, bool)
        if kind.startswith("timestamp"):
            datetime.datetime.fromisoformat(str(value))
            return True
        if kind == "date":
            datetime.date.fromisoformat(str(value))
            return True
        return kind.startswith("bool") and isinstance(value, bool)
    except (ValueError, InvalidOperation):
        return False
