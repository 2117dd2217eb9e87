"""What DuckDB's own parser says of a query: every table and every function in the tree that json_serialize_sql gives.

The tree is DuckDB's, before names are bound: what stands in it is what the same parser makes of the text when it runs.
A kind of node that is not known here (another version's, or one that writes) leaves no opinion at all.
"""

from __future__ import annotations

import json
from typing import Any

from tools.guard.grammar import TABLE_READERS
from tools.guard.opinion import Opinion


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EXPRESSIONS = _words(
    """
    CONSTANT COLUMN_REF FUNCTION OPERATOR COMPARISON CONJUNCTION CAST CASE STAR SUBQUERY WINDOW LAMBDA LAMBDA_REF
    BETWEEN COLLATE POSITIONAL_REFERENCE TYPE
    """
)
_QUERIES = _words("SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE")
_SOURCES = _words("BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EMPTY EXPRESSION_LIST PIVOT")
_OTHERS = _words(
    "LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER ORDER_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING"
)
_CALLS = frozenset({"FUNCTION", "WINDOW"})


class _UnknownError(Exception):
    """Something is in the tree of which we do not know what it does."""


def opinion_of(tree: str) -> Opinion | None:
    """The opinion on one query, from its tree as JSON; None where it is none, or holds what is not known."""
    try:
        parsed = json.loads(tree)
        statements = parsed["statements"] if not parsed["error"] else []
        if (
            len(statements) != 1
            or set(statements[0]) != {"node", "named_param_map"}
            or statements[0]["named_param_map"]
        ):
            return None
        found = _Tree()
        found.query(statements[0]["node"], frozenset())
    except (_UnknownError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return Opinion(True, tuple(dict.fromkeys(found.tables)), tuple(dict.fromkeys(found.functions)))


def _folded(name: str) -> str:
    """The name as DuckDB compares it: only ASCII letters lose their case."""
    return "".join(char.lower() if char.isascii() else char for char in name)


class _Tree:
    def __init__(self) -> None:
        self.tables: list[tuple[str, ...]] = []
        self.functions: list[str] = []

    def query(self, node: Any, ctes: frozenset[str]) -> None:
        """A query: what its WITH names is seen in it, and each in those that follow."""
        if node["type"] not in _QUERIES:
            raise _UnknownError(node["type"])
        for entry in node["cte_map"]["map"]:
            inside = entry["value"]
            body = inside.get("query_node") or inside["query"]["node"]
            self.query(body, ctes)
            self.parts({key: value for key, value in inside.items() if key not in ("query_node", "query")}, ctes)
            ctes = ctes | {_folded(entry["key"])}
        rest = {key: value for key, value in node.items() if key not in ("type", "cte_map")}
        if node["type"] == "RECURSIVE_CTE_NODE":
            # Its name means itself in the second operand alone; in a WITH that stands there we do not rely on it.
            right = rest.pop("right")
            if right["cte_map"]["map"]:
                raise _UnknownError("a WITH inside of a recursive part")
            self.query(right, ctes | {_folded(node["cte_name"])})
        self.parts(rest, ctes)

    def parts(self, value: Any, ctes: frozenset[str]) -> None:
        """Whatever lies in a node, in whichever of its fields."""
        if isinstance(value, list):
            for each in value:
                self.parts(each, ctes)
        elif isinstance(value, dict):
            if "cte_map" in value:
                self.query(value, ctes)
            else:
                self.node(value, ctes)

    def node(self, node: dict[str, Any], ctes: frozenset[str]) -> None:
        """A node that is no query; what is not known is refused, by class where it has one, else by type."""
        kind = node.get("class")
        if kind is not None:
            if kind not in _EXPRESSIONS:
                raise _UnknownError(kind)
            if kind in _CALLS:
                self.call(node)
        elif isinstance(type_ := node.get("type"), str):
            if type_ not in _SOURCES | _OTHERS:
                raise _UnknownError(type_)
            if type_ == "BASE_TABLE":
                self.table(node, ctes)
            elif type_ == "TABLE_FUNCTION" and _folded(node["function"]["function_name"]) in TABLE_READERS["duckdb"]:
                raise _UnknownError("a function that reads the table that a string names")
        for value in node.values():
            self.parts(value, ctes)

    def table(self, node: dict[str, Any], ctes: frozenset[str]) -> None:
        """A name in FROM: a CTE where one is in sight, else a table, or whatever DuckDB would put in its place."""
        parts = tuple(part for part in (node["catalog_name"], node["schema_name"], node["table_name"]) if part)
        if len(parts) > 1 or _folded(parts[0]) not in ctes:
            self.tables.append(parts)

    def call(self, node: dict[str, Any]) -> None:
        """A call by name; that of an operator is one of DuckDB's own."""
        name = node["function_name"]
        parts = [part for part in (node.get("catalog"), node.get("schema"), name) if part]
        if len(parts) > 1 or any(char.isalnum() or char == "_" for char in name):
            self.functions.append(".".join(parts).lower())
