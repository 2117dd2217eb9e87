"""What is worked out once for a database and kept as long as its metadata stays the same."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from tools.database import Database
    from tools.metadata import DatabaseMeta

T = TypeVar("T")


class Kept(Generic[T]):
    """One value for each open database: made at first use, made anew after a refresh, gone with the database."""

    def __init__(self, make: Callable[[Database], T]) -> None:
        self._make = make
        self._places: weakref.WeakKeyDictionary[Database, _Place[T]] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, database: Database) -> T:
        """The value for this database; threads that ask for one that is being made wait for it."""
        with self._lock:
            place = self._places.setdefault(database, _Place())
        with place.lock:
            if place.meta is not database.meta:
                place.value = self._make(database)
                place.meta = database.meta
            return place.value

    def put(self, database: Database, value: T) -> None:
        """Keep this value, as if it had been made."""
        with self._lock:
            place = self._places.setdefault(database, _Place())
        with place.lock:
            place.value = value
            place.meta = database.meta


class _Place(Generic[T]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.meta: DatabaseMeta | None = None
        self.value: T
