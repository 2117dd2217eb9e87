"""The values of an index in a file: a line of JSON for each field. It holds data, so its user alone may read it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.private_file import PrivateFile

if TYPE_CHECKING:
    from tools.database import Database

FORM = "dbagent values 1"
KEPT_SECONDS = 24 * 3600
"""How old what was read of a server may be; a file of data tells itself whether it has changed."""

PART, READ, ALL = 0, 1, 2


@dataclass(frozen=True)
class FieldValues:
    """Values of one field: a PART of what it has, those worth finding of a field that was READ to its end, or ALL."""

    schema: str
    table: str
    field: str
    known: int
    values: tuple[str, ...]


def file_of(database: Database) -> PrivateFile | None:
    """The one for a database; for one in a file only as long as that file does not change, and not right after."""
    state = database.source.state_of_file
    return None if state == "" else PrivateFile.beside_snapshot(database, FORM, state or "")


def packed(fields: Iterable[FieldValues]) -> bytes:
    """The values as bytes, with the time when they were read: now."""
    lines: list[object] = [time.time()]
    lines += ([each.schema, each.table, each.field, each.known, each.values] for each in fields)
    text = "\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in lines)
    return text.encode("utf-8", "surrogatepass")


def age(body: bytes) -> float:
    """How many seconds ago it was packed. Raises ValueError or TypeError for bytes that were not."""
    return time.time() - float(json.loads(body.partition(b"\n")[0]))


def unpacked(body: bytes) -> Iterator[FieldValues]:
    """What was packed. Raises ValueError or TypeError for bytes that were not."""
    for line in body.split(b"\n")[1:]:
        schema, table, field, known, values = json.loads(line.decode("utf-8", "surrogatepass"))
        if known not in (PART, READ, ALL) or not all(isinstance(each, str) for each in values):
            raise ValueError
        yield FieldValues(schema, table, field, known, tuple(values))
