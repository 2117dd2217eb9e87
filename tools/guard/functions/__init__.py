"""The functions each engine may be asked to call: lists of names, one file an engine, read when needed."""

from __future__ import annotations

from functools import cache
from importlib import resources

_FILES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgres": "postgres",
    "mysql": "mysql",
    "clickhouse": "clickhouse",
}


@cache
def allowed_functions(dialect: str) -> frozenset[str]:
    """Lower-case names of the functions that only compute; `standard.txt` serves a dialect without a list."""
    text = resources.files(__name__).joinpath(f"{_FILES.get(dialect, 'standard')}.txt").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))
