"""Tables, fields, keys and literals as sqlglot has them: what every part of a statement is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from agent.llm.offline.binding import Binding
from agent.llm.offline.display import display_fields, identity_of
from agent.llm.offline.glosses import NULL
from agent.llm.offline.joins import JoinGraph, Step
from agent.llm.offline.meaning import (
    Query,
    Slot,
)
from agent.llm.offline.schema_text import Field, Key, Table, bare, split_path
from agent.llm.offline.words import folded


class CannotWrite(Exception):
    """The meaning has no SQL here: tables that nothing joins, an aggregate of nothing."""


@dataclass
class PieceWriter:
    """What is to be written and how its tables hang together; `doubts` gathers what had to be guessed on the way."""

    query: Query
    binding: Binding
    graph: JoinGraph
    dialect: str
    doubts: list[tuple[str, float]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)  # the joins of the statement

    @property
    def single(self) -> bool:
        """Whether one table is read, so that its fields need no table before them."""
        return not self.steps

    def _identifier(self, written: str) -> exp.Identifier:
        name = split_path(written)[-1]
        return exp.to_identifier(bare(name), quoted=name != bare(name))

    def _table(self, table: Table) -> exp.Table:
        parts = split_path(table.alias_of or table.sql)
        role = exp.TableAlias(this=exp.to_identifier(table.name)) if table.alias_of else None
        identifiers = [exp.to_identifier(bare(part), quoted=part != bare(part)) for part in parts]
        return exp.Table(
            this=identifiers[-1],
            db=identifiers[-2] if len(identifiers) > 1 else None,
            catalog=identifiers[-3] if len(identifiers) > 2 else None,
            alias=role,
        )

    def _column(self, each: Field, *, qualified: bool | None = None) -> exp.Column:
        identifier = exp.to_identifier(each.name, quoted=each.sql != each.name)
        if qualified is None:
            qualified = not self.single
        return exp.Column(this=identifier, table=self._identifier(each.table) if qualified else None)

    def _on(self, key: Key) -> exp.Expr:
        schema = self.graph.schema
        parts = []
        for mine, theirs in zip(key.fields, key.target_fields, strict=False):
            left, right = schema.field(key.table, mine), schema.field(key.target, theirs)
            if left is None or right is None:
                raise CannotWrite(f"The key from {key.table} to {key.target} names a field that is not shown.")
            parts.append(
                exp.EQ(this=self._column(left, qualified=True), expression=self._column(right, qualified=True))
            )
        return exp.and_(*parts)

    def _identity(self, table: Table) -> tuple[str, ...]:
        return identity_of(table, self.graph.schema)

    def display(self, table: Table) -> list[Field]:
        """The field, or two, by which a person knows a row of the table."""
        shown = display_fields(table, self._identity(table), chinese=self.query.chinese)
        if not shown.by_name:
            # Without a name a row is told by its key; without either, its first field tells nothing.
            known = bool(self._identity(table)) or shown.fields[:1] != table.fields[:1]
            self.doubts.append((f"what {table.name} are called", 0.12 if known else 0.4))
        return list(shown.fields)

    def _picked(self, slot: Slot) -> list[Field]:
        if slot in self.binding.tables:
            return self.display(self.binding.tables[slot])
        return [self.binding.fields[slot]]

    def _repeats(self, table: str) -> bool:
        """Whether the joins can bring a row of the table more than once."""
        if not self.steps:
            return False
        reached = {table}
        pending = list(self.steps)
        changed = True
        while changed:
            changed = False
            for step in list(pending):
                ends = {step.known, step.new}
                if ends & reached:
                    new = ends - reached
                    for other in new:
                        if step.key.table == other:
                            return True
                        reached.add(other)
                    pending.remove(step)
                    changed = True
        return False

    def _stored(self, text: str, each: Field) -> str:
        """The literal as it is stored, where the values that were shown tell."""
        if not text.startswith("'") or not each.values:
            return text
        wanted = folded(text[1:-1])
        for value in each.values:
            if folded(value.strip("'")) == wanted:
                return value
        if each.shows_all_values:
            self.doubts.append((f"{text} is not among the values of {each.name}", 0.4))
        return text

    def _literal(self, text: str, each: Field) -> exp.Expr:
        if text.startswith("'") and text.endswith("'") and len(text) >= 2:
            inside = text[1:-1].replace("''", "'")
            if each.kind == "number" and inside.replace(".", "", 1).isdigit():
                return exp.Literal.number(inside)
            return exp.Literal.string(inside)
        if text == NULL:
            return exp.Null()
        if text.lower() in ("true", "false"):
            return exp.Boolean(this=text.lower() == "true")
        if each.kind in ("text", "date"):
            return exp.Literal.string(text)
        return exp.Literal.number(text)
