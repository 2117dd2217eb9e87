"""A statement without the joins that only pass a key along."""

from __future__ import annotations

from sqlglot import exp

from agent.llm.offline.joins import Step
from agent.llm.offline.schema_text import Field, Key, Schema, bare, split_path


def without_idle_joins(select: exp.Select, schema: Schema, steps: list[Step]) -> exp.Select:
    """The same rows from fewer tables; `steps` are the statement's joins.

    A table of which nothing but its key is used says no more than the declared key that points at it:
    how many orders each customer has, by the customer's number, is told by the orders alone.
    """
    keys = [step.key for step in steps]
    if any(join.args.get("side") for join in select.args.get("joins") or ()):
        return select
    while (found := next((key for key in keys if _idle(select, schema, key, keys)), None)) is not None:
        keys.remove(found)
        _leave_out(select, schema, found)
    if group := select.args.get("group"):
        group.set("expressions", list(dict.fromkeys(group.expressions)))
    if not keys and steps:
        for column in [each for each in select.find_all(exp.Column) if each.find_ancestor(exp.Select) is select]:
            column.set("table", None)
    return select


def _idle(select: exp.Select, schema: Schema, key: Key, keys: list[Key]) -> bool:
    """Whether the table that the key points at may go."""
    table, pointing = schema.tables[key.target], schema.field(key.table, key.fields[0])
    if len(key.fields) != 1 or not key.declared or pointing is None or table.alias_of:
        return False
    if schema.tables[key.table].alias_of or any(
        each.table == key.target or (each.target == key.target and each.target_fields != key.target_fields)
        for each in keys
    ):
        return False
    name = _name(key.target)
    if sum(exp.table_name(each).lower() == name for each in select.find_all(exp.Table)) != 1:
        return False
    used = [column for column in select.find_all(exp.Column) if column.table.lower() == name]
    return all(column.name.lower() == key.target_fields[0].lower() for column in used)


def _leave_out(select: exp.Select, schema: Schema, key: Key) -> None:
    """Take the table out; where it was read first, the one that points at it is."""
    joins: list[exp.Join] = list(select.args["joins"])
    name, many = _name(key.target), _name(key.table)
    gone = next((each for each in joins if each.this.alias_or_name.lower() == name), None)
    if gone is None:
        gone = next(each for each in joins if each.this.alias_or_name.lower() == many)
        first = select.find(exp.From)
        assert first is not None
        first.set("this", gone.this.copy())
    joins.remove(gone)
    select.set("joins", joins)
    pointing = schema.field(key.table, key.fields[0])
    assert pointing is not None
    for column in [each for each in select.find_all(exp.Column) if each.table.lower() == name]:
        column.replace(_column(pointing))
    if pointing.nullable and pointing.name not in schema.tables[key.table].primary_key:
        select.where(exp.Not(this=exp.Is(this=_column(pointing), expression=exp.Null())), copy=False)


def _column(each: Field) -> exp.Column:
    written = split_path(each.table)[-1]
    return exp.Column(
        this=exp.to_identifier(each.name, quoted=each.sql != each.name),
        table=exp.to_identifier(bare(written), quoted=written != bare(written)),
    )


def _name(written: str) -> str:
    return bare(split_path(written)[-1]).lower()
