"""An Answer as a JSON document and back: every value of its rows comes back as what it was."""

from __future__ import annotations

import base64
import datetime
import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from agent.answer import Answer, Receipt
from tools.result_table import ResultTable

_RECEIPT = TypeAdapter(Receipt)
_TABLE = TypeAdapter(ResultTable)


class NotKeepable(Exception):
    """A value of a kind that would not come back as it was, or a document that is no answer."""


def as_document(answer: Answer) -> dict[str, Any]:
    """The answer as JSON holds it; `from_document` gives it back. Raises NotKeepable."""
    table = None
    if answer.table is not None:
        table = {each.name: getattr(answer.table, each.name) for each in fields(answer.table)}
        table["rows"] = [[_told(value) for value in row] for row in answer.table.rows]
    return {
        "question": answer.question,
        "text": answer.text,
        "table": table,
        "receipt": _RECEIPT.dump_python(answer.receipt, mode="json"),
    }


def from_document(document: Mapping[str, Any]) -> Answer:
    """The answer of a document. Raises NotKeepable for one that is none, or of another version of DBAgent."""
    try:
        table = document["table"]
        if table is not None:
            rows = tuple(tuple(_read(value) for value in row) for row in table["rows"])
            table = _TABLE.validate_python({**table, "rows": rows})
        receipt = _RECEIPT.validate_python(document["receipt"])
        return Answer(str(document["question"]), str(document["text"]), receipt.sql, table, receipt)
    except (KeyError, TypeError, ValueError, ArithmeticError, ValidationError) as error:
        raise NotKeepable(f"a document that is no answer ({type(error).__name__})") from error


def _told(value: Any) -> Any:
    """What JSON has itself as it is; everything else as a mapping from its kind to its text or parts."""
    kind = type(value)
    if value is None or kind in (bool, int):
        return value
    if kind is str:
        if value.encode("utf-8", "replace").decode() != value:
            raise NotKeepable("half a character")
        return value
    if kind is float and math.isfinite(value):
        return value
    if kind is datetime.datetime:
        return {"datetime": value.isoformat(), "zone": _zone(value.tzinfo), "fold": value.fold}
    if kind not in _TOLD:
        raise NotKeepable(f"a value of the type {kind.__name__}")
    name, told = _TOLD[kind]
    return {name: told(value)}


def _zone(zone: datetime.tzinfo | None) -> str | None:
    """The name of a zone that has one: a fixed offset stands in the text."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)  # zoneinfo's, pytz's
    return str(name) if name else None


def _read(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    if "datetime" in told:
        moment = datetime.datetime.fromisoformat(told["datetime"])
        if told["zone"]:
            moment = moment.replace(tzinfo=ZoneInfo(told["zone"]))
        return moment.replace(fold=told["fold"])
    ((name, content),) = told.items()
    return _READ[name](content)


_TOLD: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    float: ("float", repr),
    Decimal: ("decimal", str),
    datetime.date: ("date", datetime.date.isoformat),
    datetime.time: ("time", datetime.time.isoformat),
    datetime.timedelta: ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    uuid.UUID: ("uuid", str),
    bytes: ("bytes", lambda value: base64.b64encode(value).decode()),
    list: ("list", lambda value: [_told(each) for each in value]),
    tuple: ("tuple", lambda value: [_told(each) for each in value]),
    dict: ("dict", lambda value: [[_told(key), _told(each)] for key, each in value.items()]),
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "decimal": Decimal,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda parts: datetime.timedelta(*parts),
    "uuid": uuid.UUID,
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "list": lambda each: [_read(one) for one in each],
    "tuple": lambda each: tuple(_read(one) for one in each),
    "dict": lambda pairs: {_read(key): _read(each) for key, each in pairs},
}
