"""TOOL: run one statement that reads, within the limits, and see its rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from tools.arguments import Arguments
from tools.empty_result import is_empty, notes_on_empty
from tools.result_table import ResultTable
from tools.tool import tool

if TYPE_CHECKING:
    from tools.database import Database

_FENCE = re.compile(r"\A```\w*\n?|\n?```\Z")  # models write SQL as they write it in Markdown


class ExecuteSql(Arguments):
    sql: str = Field(description="One SELECT, in the database's dialect.", min_length=1)

    @field_validator("sql", mode="before")
    @classmethod
    def _without_fence(cls, given: Any) -> Any:
        return _FENCE.sub("", given.strip()) if isinstance(given, str) else given


def execute_sql(arguments: ExecuteSql, database: Database) -> ResultTable:
    """Run one read-only SQL query and see the rows that come back."""
    result = database.query(arguments.sql)
    if is_empty(result):
        result = replace(result, notes=(*result.notes, *notes_on_empty(arguments.sql, database)))
    return result


EXECUTE_SQL = tool(execute_sql)
