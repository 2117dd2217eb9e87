"""What differs from one database to the next: opening it read-only, its timeout, its cancel, its values."""

from __future__ import annotations

import importlib

from tools.engines.engine import Engine
from tools.engines.place import Place

_ENGINES = {
    "duckdb": ("tools.engines.duckdb", "DuckDBEngine"),
    "sqlite": ("tools.engines.sqlite", "SQLiteEngine"),
    "postgres": ("tools.engines.postgres", "PostgresEngine"),
    "mysql": ("tools.engines.mysql", "MySQLEngine"),
}


def open_engine(place: Place, seconds: float) -> Engine:
    """The engine for that kind of database, connected; `seconds` is the longest that any run may take.

    Only the one driver is imported. Raises DatabaseUnavailable, DriverMissing.
    """
    module, name = _ENGINES[place.kind]
    engine: Engine = getattr(importlib.import_module(module), name)(place, seconds)
    return engine
