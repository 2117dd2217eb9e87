"""Where the metadata of a database comes from: its snapshot while that holds, the database itself where it does not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tools.engines.engine import Engine
from tools.engines.place import Place
from tools.metadata import DatabaseMeta, TableMeta
from tools.reflection import Again, Mark, TableKey, Tell, marks_of, reflect, state_of
from tools.schema_changes import SchemaChanges, changes_between
from tools.scope import Scope
from tools.snapshot import Snapshot, SnapshotFile

_MOST_ONE_BY_ONE = 500  # tables; more of them are read as quickly with all others
# A file that was written a moment ago may be written again without its time changing: file systems count in ticks.
_SETTLED_SECONDS = 2.0


class MetadataSource:
    """The metadata of one database; reads as little as it can, and keeps what it read in a folder, if it has one."""

    def __init__(self, place: Place, scope: Scope, folder: Path | None = None) -> None:
        """Read the snapshot; `open` then finds out whether it holds."""
        self._place = place
        self._scope = scope
        self._file = SnapshotFile(folder, place, scope) if folder and _has_a_tomorrow(place) else None
        self._kept = self._file.read() if self._file else None
        self._lock = threading.Lock()
        self._engine: Engine
        self._opened_file = _state_of_file(place)
        self._now: Snapshot
        self.changes = SchemaChanges()
        """What was another in the snapshot that was found at the opening."""
        self.found_snapshot = False
        self.was_read = False
        """Whether opening it read the database, and not the snapshot alone."""

    @property
    def meta(self) -> DatabaseMeta:
        """The metadata as it is known."""
        return self._now.meta

    @property
    def path(self) -> Path | None:
        """Where the snapshot is; None where none is kept."""
        return self._file.path if self._file else None

    @property
    def taken(self) -> float:
        """When the database was last read, in seconds since 1970."""
        return self._now.taken

    @property
    def state_of_file(self) -> str | None:
        """What changes when the database's file does, empty while that may change unseen; None for a server."""
        return None if self._place.server is not None else _settled_state_of_file(self._place)

    def is_certain(self) -> bool:
        """Whether the snapshot of a file is known to hold, so that nobody needs to wait for the file to be opened."""
        return self._kept is not None and self._place.path is not None and self._holds_for_file(self._kept)

    def open(self, engine: Engine, tell: Tell | None = None) -> DatabaseMeta:
        """The metadata of the database that has been opened. Raises DatabaseUnavailable."""
        with self._lock:
            self._engine = engine
            kept, self._kept = self._kept, None
            self.found_snapshot = kept is not None
            if kept is None:
                self._read_all(tell)
            else:
                self._now = kept
                self.was_read = not self._still_holds(kept)
                if self.was_read:
                    self.changes = self._read_again(tell, estimates=True)
            self.was_read = self.was_read or kept is None
            return self.meta

    def refresh(self, *, whole: bool = False, tell: Tell | None = None) -> SchemaChanges:
        """Read again what has changed, with all row estimates; or everything. Raises DatabaseUnavailable."""
        with self._lock:
            return self._read_again(tell, whole=whole, estimates=True)

    def look_again(self) -> SchemaChanges:
        """Read again what has changed, if the database says that anything has. Raises DatabaseUnavailable."""
        with self._lock:
            return SchemaChanges() if self._still_holds(self._now) else self._read_again(None)

    def _still_holds(self, known: Snapshot) -> bool:
        if self._place.server is None:
            return self._holds_for_file(known)
        state = state_of(self._engine, self._place)
        return state is not None and state == (known.identity, known.state)

    def _holds_for_file(self, known: Snapshot) -> bool:
        return bool(known.state) and known.state == _state_of_file(self._place)

    def _read_all(self, tell: Tell | None) -> None:
        """The state is asked for first: what changes while we read is then found to have changed."""
        identity, state, marks = self._state()
        meta = reflect(self._engine, self._place, self._scope, tell)
        self._keep(Snapshot(meta, identity, state, _texts(marks), time.time()))

    def _read_again(self, tell: Tell | None, *, whole: bool = False, estimates: bool = False) -> SchemaChanges:
        known = self._now
        self._open_other_file()
        identity, state, marks = self._state()
        again = None
        if not whole and marks is not None and known.marks and identity == known.identity:
            again = self._again(known, marks)
        meta = reflect(self._engine, self._place, self._scope, tell, again)
        if again is not None:
            if meta == known.meta and meta.notices == known.meta.notices:
                meta = known.meta  # what was built upon it stays good
            if estimates or meta is not known.meta:
                meta = _estimated(meta, marks or {})
        self._keep(Snapshot(meta, identity, state, _texts(marks), time.time()))
        return changes_between(known.meta, meta)

    def _open_other_file(self) -> None:
        """Open what now has the name: another file in the old one's place, or data that was loaded and has changed."""
        now = _state_of_file(self._place)
        if self._place.loads or _which_file(now) != _which_file(self._opened_file):
            self._engine.reopen()
        self._opened_file = now

    def _again(self, known: Snapshot, marks: Mapping[TableKey, Mark]) -> Again | None:
        """The tables that have changed, came or went, and those that point at one; None when they are too many."""
        texts = _texts(marks)
        keys = {key for key in (*known.marks, *texts) if known.marks.get(key) != texts.get(key)}
        keys |= {
            (table.schema, table.name)
            for table in known.meta.tables()
            if any((each.target_schema, each.target_table) in keys for each in table.foreign_keys)
        }
        return Again(known.meta, frozenset(keys)) if len(keys) <= _MOST_ONE_BY_ONE else None

    def _state(self) -> tuple[str, str, Mapping[TableKey, Mark] | None]:
        if self._place.server is None:
            return "", _settled_state_of_file(self._place), None
        identity, state = state_of(self._engine, self._place) or ("", "")
        return identity, state, marks_of(self._engine, self._place, self._scope)

    def _keep(self, snapshot: Snapshot) -> None:
        self._now = snapshot
        if self._file is not None:
            self._file.write(snapshot)


def _has_a_tomorrow(place: Place) -> bool:
    """Whether the same database can be opened again, and is worth to be known by then."""
    return place.server is not None or (place.path is not None and not place.loads)


def _texts(marks: Mapping[TableKey, Mark] | None) -> dict[TableKey, str]:
    return {key: mark.text for key, mark in (marks or {}).items()}


def _estimated(meta: DatabaseMeta, marks: Mapping[TableKey, Mark]) -> DatabaseMeta:
    """The metadata with the row estimates that came with the marks."""

    def rows(table: TableMeta) -> int | None:
        mark = marks.get((table.schema, table.name))
        return mark.row_estimate if mark else table.row_estimate

    if all(rows(each) == each.row_estimate for each in meta.tables()):
        return meta
    return replace(
        meta,
        schemas=tuple(
            replace(schema, tables=tuple(each.changed(row_estimate=rows(each)) for each in schema.tables))
            for schema in meta.schemas
        ),
    )


def _state_of_file(place: Place) -> str:
    """What changes when the file does, or what its database has not yet written into it."""
    return " ".join(text for text, _ in _stats(place))


def _settled_state_of_file(place: Place) -> str:
    """The same; nothing while the file may still change unseen."""
    stats = list(_stats(place))
    newest = max((written for _, written in stats), default=0.0)
    return "" if newest > time.time() - _SETTLED_SECONDS else " ".join(text for text, _ in stats)


def _stats(place: Place) -> list[tuple[str, float]]:
    stats = []
    for suffix in ("", ".wal", "-wal", "-journal") if place.path else ():
        try:
            found = os.stat(f"{place.path}{suffix}")
        except OSError:
            continue
        if found.st_size or not suffix:  # a reader of SQLite may leave an empty -wal
            stats.append((f"{found.st_dev}.{found.st_ino}.{found.st_size}.{found.st_mtime_ns}", found.st_mtime))
    return stats


def _which_file(state: str) -> list[str]:
    return state.split(".")[:2]
