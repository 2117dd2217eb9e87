"""Columns and rows as they came back, what was cut, and how that reads in a prompt and in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ResultTable:
    """The rows of one query, as typed Python values.

    `rows` has as many values a row as there are `columns`; names may repeat, as they do in SQL.
    `more` says that the database had more rows than were fetched (they were not counted).
    `seconds` is the time in the database. `tables` are the full names of the tables that were read.
    """

    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    types: tuple[str, ...] = ()
    more: bool = False
    seconds: float = 0.0
    tables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def for_model(self) -> str:
        """The first rows within a budget, how many there are, and that it is a preview when it is one."""
        raise NotImplementedError

    def as_json(self) -> Mapping[str, Any]:
        """`{"columns": [...], "rows": [[...]], "more": bool, ...}` with values that JSON can hold, exactly."""
        raise NotImplementedError
