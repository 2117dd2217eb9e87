"""What was read of a database, kept in a file between starts, so that the next one need not read it again."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.engines.place import Place
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.reflection import without_collector
from tools.scope import Scope
from tools.whole_file import in_place_of, sweep

FORMAT = "dbagent metadata 1"
"""The first words of a file; a later program that writes another form writes another number, and reads no other."""

_FORGOTTEN_SECONDS = 90 * 86_400
_log = logging.getLogger(__name__)
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Snapshot:
    """The metadata, and what the database said of its own state when it was read.

    `identity` tells the database and its user's rights from others, `state` changes whenever anything does,
    `marks` (by schema and table) when that table does; empty where the database cannot tell. `taken` is seconds
    since 1970.
    """

    meta: DatabaseMeta
    identity: str = ""
    state: str = ""
    marks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    taken: float = 0.0


class SnapshotFile:
    """The file in a folder that is for one database, seen by one user, in one scope.

    It holds names, types, keys and comments: no value of the database, no password. What is wrong with it is never
    more than a reason to read the database again.
    """

    def __init__(self, folder: Path, place: Place, scope: Scope) -> None:
        patterns = [sorted(map(str.lower, each)) for each in (scope.include, scope.exclude)]
        self._of = _json([place.kind, place.shown, None if scope.schemas is None else sorted(scope.schemas), *patterns])
        digest = hashlib.sha256(self._of.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.path = folder / f"{place.kind}-{digest}.snapshot"
        self._shown = place.shown

    def read(self) -> Snapshot | None:
        """What it holds; None where it is missing, unreadable, damaged, of another database or of another form."""
        try:
            head, _, body = self.path.read_bytes().partition(b"\n")
            form, of, checksum = json.loads(head)
            if form != FORMAT or of != self._of or checksum != zlib.crc32(body):
                return None
            with without_collector():
                return _unpacked(body)
        # Whoever made it, no file of bytes may do more than be useless.
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError):
            return None

    def write(self, snapshot: Snapshot) -> bool:
        """Put this in its place, whole or not at all; a folder or disk that refuses is a warning, not an error."""
        body = _packed(snapshot)
        head = _json([FORMAT, self._of, zlib.crc32(body)]).encode("utf-8", "surrogatepass")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with in_place_of(self.path, 0o600) as beside, beside.open("wb") as file:
                file.writelines((head, b"\n", body))
        except OSError as error:
            _log.warning(
                "What was read of %s could not be kept in %s (%s). The next start will read it again.",
                self._shown,
                self.path.parent,
                error.strerror or type(error).__name__,
            )
            return False
        self._sweep()
        return True

    def _sweep(self) -> None:
        """Remove what a program left that was killed while it wrote, and what is so old that nobody uses it."""
        sweep(self.path.parent)
        for left in self.path.parent.glob("*.snapshot"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _FORGOTTEN_SECONDS:
                    left.unlink()


# The body is lines of JSON: one of the database, one of its tables, and then one for the fields of each table, which
# is read when the fields are asked for. At 10,000 tables of 15 fields all of them take 0.8 s, the tables 0.1 s.


def _packed(snapshot: Snapshot) -> bytes:
    meta = snapshot.meta
    marks = snapshot.marks
    database = {
        "dialect": meta.dialect,
        "default_schema": meta.default_schema,
        "name": meta.name,
        "notices": meta.notices,
        "fingerprint": meta.fingerprint,
        "schemas": [[schema.name, schema.comment, len(schema.tables)] for schema in meta.schemas],
        "identity": snapshot.identity,
        "state": snapshot.state,
        # Of a table that nobody may read, or wants, only the mark is known.
        "other_marks": [[*key, mark] for key, mark in _other_marks(meta, marks)],
        "taken": snapshot.taken,
    }
    tables = [
        [
            table.name,
            table.kind,
            table.comment,
            table.row_estimate,
            table.primary_key,
            table.unique,
            [[key.fields, key.target_schema, key.target_table, key.target_fields] for key in table.foreign_keys],
            marks.get((table.schema, table.name)),
        ]
        for table in meta.tables()
    ]
    text = _FieldText()
    fields = (",".join(map(text.of, table.fields)) for table in meta.tables())
    return "\n".join((_json(database), _json(tables), *fields)).encode("utf-8", "surrogatepass")


def _other_marks(meta: DatabaseMeta, marks: Mapping[tuple[str, str], str]) -> Iterator[tuple[tuple[str, str], str]]:
    known = {(table.schema, table.name) for table in meta.tables()}
    return ((key, mark) for key, mark in marks.items() if key not in known)


class _FieldText:
    """The JSON of fields; one that many tables share is written once, and found by what it is, not by its value."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, each: FieldMeta) -> str:
        text = self._known.get(id(each))
        if text is None:
            text = _json([each.name, each.type, int(each.nullable), each.comment, int(each.generated)])
            self._known[id(each)] = text
        return text


def _unpacked(body: bytes) -> Snapshot:
    first, second, *lines = body.split(b"\n")
    database = json.loads(_text(first))
    tables = json.loads(_text(second))
    if len(lines) != len(tables):
        raise ValueError
    marks: dict[tuple[str, str], str] = {(schema, table): mark for schema, table, mark in database["other_marks"]}
    shared: dict[tuple[Any, ...], FieldMeta] = {}
    schemas = []
    position = 0
    for schema, comment, count in database["schemas"]:
        built = []
        for at in range(position, position + count):
            name, kind, said, estimate, primary, unique, foreign, mark = tables[at]
            if mark is not None:
                marks[schema, name] = mark
            built.append(
                TableMeta.with_fields_later(
                    functools.partial(_fields, lines[at], shared),
                    schema=schema,
                    name=name,
                    comment=said,
                    kind=kind,
                    primary_key=tuple(primary),
                    foreign_keys=tuple([_foreign_key(*each) for each in foreign]) if foreign else (),
                    unique=tuple(map(tuple, unique)) if unique else (),
                    row_estimate=estimate,
                )
            )
        schemas.append(SchemaMeta(schema, tuple(built), comment))
        position += count
    meta = DatabaseMeta(
        dialect=database["dialect"],
        schemas=tuple(schemas),
        default_schema=database["default_schema"],
        name=database["name"],
        notices=tuple(database["notices"]),
    )
    meta.__dict__["fingerprint"] = str(database["fingerprint"])  # a cached property: 0.1 s at 10,000 tables
    return Snapshot(meta, str(database["identity"]), str(database["state"]), marks, float(database["taken"]))


def _foreign_key(mine: list[str], schema: str, table: str, theirs: list[str]) -> ForeignKey:
    return ForeignKey(tuple(mine), schema, table, tuple(theirs))


def _fields(line: bytes, shared: dict[tuple[Any, ...], FieldMeta]) -> tuple[FieldMeta, ...]:
    fields = []
    for values in json.loads(f"[{_text(line)}]"):
        key = tuple(values)
        found = shared.get(key)
        if found is None:
            name, type_, nullable, comment, generated = values
            found = shared[key] = FieldMeta(name, type_, bool(nullable), comment, bool(generated))
        fields.append(found)
    return tuple(fields)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogatepass")
