"""A row condition as it will stand in SQL: variables as values, tables named in full, every field known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.errors import PolicyInvalid, ToolError
from tools.guard.scopes import reading
from tools.metadata import DatabaseMeta, TableMeta
from tools.policy_values import bound


def condition(
    text: str,
    table: TableMeta,
    variables: Mapping[str, object],
    meta: DatabaseMeta,
    base: Callable[[TableMeta], exp.Table],
) -> exp.Expr:
    """The condition on a table of the metadata, in parentheses; `base` names a table in full. Raises PolicyInvalid."""
    try:
        trees = sqlglot.parse(text, dialect=meta.dialect)
        said = trees[0] if len(trees) == 1 else None
    except (SqlglotError, RecursionError) as error:
        raise PolicyInvalid(f"The condition on {table.full_name} cannot be read: {text!r}.") from error
    if not isinstance(said, exp.Condition) or isinstance(said, exp.Query):
        raise PolicyInvalid(f"The condition on {table.full_name} is no condition: {text!r}. Write what follows WHERE.")
    holder = exp.select("1").from_(base(table)).where(said)
    for variable in list(holder.find_all(exp.Placeholder)):
        if variable.name not in variables:
            raise PolicyInvalid(f"The condition on {table.full_name} has a variable without a name: {text!r}.")
        _bind(variable, bound(variables[variable.name], meta.dialect))
    if strange := holder.find(exp.Parameter, exp.SessionParameter):
        raise PolicyInvalid(f"The condition on {table.full_name} uses {strange.sql()}. Write variables as :name.")
    try:
        found = reading(holder, meta)
    except ToolError as error:
        raise PolicyInvalid(f"The condition on {table.full_name}: {error}") from error
    read = [each for _, each in found.tables]
    for node, scope in found.columns:
        of = [table] if scope is not None and scope.outer is None else read
        if isinstance(node, exp.Column) and not any(each.field(node.name) for each in of):
            raise PolicyInvalid(
                f"The condition on {table.full_name} names {node.sql()}, which is no field of "
                f"{', '.join(each.full_name for each in of)}: {text!r}."
            )
    for node, each in found.tables:
        if not isinstance(node, exp.Table):
            raise PolicyInvalid(f"The condition on {table.full_name} names a table outside of FROM: {text!r}.")
        for part in ("this", "db"):
            node.set(part, base(each).args.get(part))
    where = holder.args["where"].this
    assert isinstance(where, exp.Expr)
    return exp.paren(where.pop())


def _bind(placeholder: exp.Expr, values: list[exp.Expr] | exp.Expr) -> None:
    """Put a value, or the values of a list, in the variable's place."""
    parent = placeholder.parent
    if isinstance(parent, exp.In) and (parent.args.get("field") is placeholder or placeholder.arg_key == "expressions"):
        inserted = values if isinstance(values, list) else [values]
        # Nothing is in an empty list, and SQL has no way to write one; x IN (NULL) is never true, nor is its NOT.
        inserted = inserted or [exp.null()]
        others = [each for each in parent.expressions if each is not placeholder]
        parent.set("field", None)
        parent.set("expressions", [*others, *inserted])
        return
    if isinstance(values, list):
        raise PolicyInvalid(
            f"The variable :{placeholder.name} is a list here. Use it as: field IN :{placeholder.name}."
        )
    placeholder.replace(values)
