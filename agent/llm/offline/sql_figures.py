"""What is computed: counts, sums, averages, shares, two figures taken together, and conditions on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from agent.llm.offline.binding import looks_like_dates
from agent.llm.offline.meaning import (
    Aggregate,
    Combined,
    Having,
    Share,
    Slot,
    item_slots,
)
from agent.llm.offline.schema_text import Field, bare, split_path
from agent.llm.offline.sql_conditions import AGGREGATES, OPERATORS, ConditionWriter
from agent.llm.offline.sql_pieces import CannotWrite
from agent.llm.offline.words import identifier_words, squashed


@dataclass
class FigureWriter(ConditionWriter):
    """Writes figures; `aliases` are their headers."""

    aliases: dict[str, Aggregate] = field(default_factory=dict)

    def _aggregate(self, item: Aggregate) -> exp.Expr:
        binding = self.binding
        if isinstance(item, Share):
            return self._share(item)
        if isinstance(item, Combined):
            return _combined(item.function, self._aggregate(item.left), self._aggregate(item.right))
        if item.function == "count":
            if item.slot is None:
                return exp.Count(this=exp.Star())
            measure = self._counted_measure(item.slot) if not item.different else None
            if measure is not None:
                return exp.Sum(this=self._column(measure))
            if item.slot in binding.fields:
                column: exp.Expr = self._column(binding.fields[item.slot])
                return exp.Count(this=exp.Distinct(expressions=[column]) if item.distinct else column)
            table = binding.tables[item.slot]
            identity = [table.field(name) for name in self._identity(table)]
            if self._repeats(table.sql) and len(identity) == 1 and identity[0] is not None:
                return exp.Count(this=exp.Distinct(expressions=[self._column(identity[0])]))
            return exp.Count(this=exp.Star())
        if item.slot is None or item.slot not in binding.fields:
            raise CannotWrite(f"There is nothing to take the {item.function} of.")
        measured = binding.fields[item.slot]
        if item.function in ("sum", "avg") and (measured.kind == "date" or looks_like_dates(measured)):
            raise CannotWrite(f"{measured.name} holds dates: they have no {item.function}.")
        column = self._column(measured)
        return AGGREGATES[item.function](this=exp.Distinct(expressions=[column]) if item.distinct else column)

    def _share(self, item: Share) -> exp.Expr:
        """In percent; over a count of rows or a sum of a field of the main table, without joins that repeat them."""
        whole: exp.Expr
        if item.function == "sum":
            if item.slot is None or item.slot not in self.binding.fields:
                raise CannotWrite("There is nothing to take the share of.")
            measure: exp.Expr = self._column(self.binding.fields[item.slot])
            whole = exp.Sum(this=measure)
        else:
            measure = exp.Literal.number(1)
            whole = exp.Count(this=exp.Star())
        if self._repeats(self.binding.main.sql):
            raise CannotWrite("The joins repeat the rows whose share is asked for.")
        if not item.conditions:
            return _percent(whole, exp.Window(this=exp.Sum(this=whole.copy())))
        main = self.binding.main.sql
        parts: list[exp.Expr] = []
        for each in item.conditions:
            elsewhere = set(self._condition_tables([each])) - {main}
            part = self._having_row([each], negated=False) if elsewhere else self._condition(each)
            if part is not None:
                parts.append(part)
        if not parts:
            raise CannotWrite("Nothing says which part is meant.")
        case = exp.Case(ifs=[exp.If(this=exp.and_(*parts), true=measure.copy())], default=exp.Literal.number(0))
        return _percent(exp.Sum(this=case), whole)

    def _apart(self, item: Combined) -> exp.Select | None:
        """Two figures of different tables, each by itself, since a join would repeat the rows of one of them."""
        tables = {self.binding.table_of(slot) for slot in item_slots(item)}
        query = self.query
        if len(tables) < 2:
            return None
        if query.conditions or query.groups or query.periods or query.order or len(query.items) > 1:
            raise CannotWrite("Two figures of different tables, with conditions.")
        figures = []
        for each in (item.left, item.right):
            assert each.slot is not None
            table = self.graph.schema.tables[self.binding.table_of(each.slot)]
            self.steps = []
            figures.append(exp.Subquery(this=exp.Select().select(self._aggregate(each)).from_(self._table(table))))
        self.aliases[item.function] = item
        return exp.Select().select(exp.alias_(_combined(item.function, *figures), item.function))

    def _counted_measure(self, slot: Slot) -> Field | None:
        """ "How many games played", where `games_played` is itself a number: it is added up, not counted."""
        if slot in self.binding.fields:
            each = self.binding.fields[slot]
            table = self.graph.schema.tables[each.table]
            if each.kind != "number" or each.name in table.primary_key or self.graph.schema.is_key(each):
                return None
            counting = set(identifier_words(each.name)) & {"number", "count", "total", "played", "quantity"}
            self.doubts.append((f"{each.name} added up", 0.08 if counting else 0.3))
            return each
        table = self.binding.tables[slot]
        own_name = squashed("".join(identifier_words(table.name)))
        for each in table.fields:
            if squashed("".join(identifier_words(each.name))) != own_name or each.kind != "number":
                continue
            if each.name not in table.primary_key and not self.graph.schema.is_key(each):
                self.doubts.append((f"{each.name} added up", 0.1))
                return each
        return None

    def _alias(self, item: Aggregate) -> str:
        if isinstance(item, Combined):
            return item.function
        if item.slot is None:
            return "number"
        text = "".join(c if c.isalnum() else "_" for c in item.slot.mention.text.lower()).strip("_")
        if not text.isascii() or not text:
            named = bare(split_path(self.binding.table_of(item.slot))[-1]).lower()
            text = named if item.function == "count" else "value"
            text = "".join(c if c.isalnum() else "_" for c in text)
        if isinstance(item, Share):
            return f"percentage_of_{text}"
        prefix = {"count": "number_of", "avg": "average", "sum": "total", "min": "lowest", "max": "highest"}[
            item.function
        ]
        return text if text.startswith(prefix) else f"{prefix}_{text}"

    def _having(self, condition: Having) -> exp.Expr:
        aggregate = self._aggregate(condition.aggregate)
        return OPERATORS[condition.operator](this=aggregate, expression=exp.Literal.number(condition.number))


def _percent(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    hundred = exp.Mul(this=exp.Literal.number("100.0"), expression=part)
    return exp.Div(this=hundred, expression=exp.Nullif(this=whole, expression=exp.Literal.number(0)))


def _combined(function: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    if function == "difference":
        return exp.Sub(this=left, expression=right)
    whole = exp.Mul(this=exp.Literal.number("1.0"), expression=left)
    return exp.Div(this=whole, expression=exp.Nullif(this=right, expression=exp.Literal.number(0)))
