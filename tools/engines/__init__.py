"""What differs from one database to the next: opening it read-only, its timeout, its cancel, its values."""

from __future__ import annotations

import importlib

from tools.engines.engine import MEMORY_BYTES, Engine
from tools.engines.place import Place

_ENGINES = {
    "duckdb": ("tools.engines.duckdb", "DuckDBEngine"),
    "sqlite": ("tools.engines.sqlite", "SQLiteEngine"),
    "postgres": ("tools.engines.postgres", "PostgresEngine"),
    "mysql": ("tools.engines.mysql", "MySQLEngine"),
}
_EMBEDDED = ("duckdb", "sqlite")


def open_engine(place: Place, seconds: float, memory_bytes: int = MEMORY_BYTES, *, wait: bool = True) -> Engine:
    """The engine for that kind of database, connected; an embedded one in processes of its own.

    `seconds` is the longest that any run may take, `memory_bytes` what an embedded engine may grow by. Without
    `wait` an embedded one opens its file meanwhile, and the first query hears what is wrong with it.
    Raises DatabaseUnavailable, DriverMissing.
    """
    if place.kind in _EMBEDDED:
        process = importlib.import_module("tools.engines.process")
        if process.can_run_apart():
            engine: Engine = process.ProcessEngine(place, seconds, memory_bytes, wait=wait)
            return engine
    return open_here(place, seconds, memory_bytes)


def open_here(place: Place, seconds: float, memory_bytes: int = MEMORY_BYTES) -> Engine:
    """The engine in this process, where only the engine's own interrupt ends a query; as above.

    Only the one driver is imported.
    """
    module, name = _ENGINES[place.kind]
    engine: Engine = getattr(importlib.import_module(module), name)(place, seconds, memory_bytes)
    return engine
