"""TOOL: run one statement that reads, within the limits, and see its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from tools.arguments import Arguments
from tools.result_table import ResultTable
from tools.tool import tool

if TYPE_CHECKING:
    from tools.database import Database


class ExecuteSql(Arguments):
    sql: str = Field(description="One SELECT statement, in the dialect of the database.", min_length=1)


def execute_sql(arguments: ExecuteSql, database: Database) -> ResultTable:
    """Run one read-only SQL query and see the rows that come back."""
    return database.query(arguments.sql)


EXECUTE_SQL = tool(execute_sql)
