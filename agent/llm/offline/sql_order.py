"""In which order, the first of what, and for each of which times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from agent.llm.offline.cursor import adds_up
from agent.llm.offline.meaning import (
    Aggregate,
    Condition,
    Item,
    Order,
    Pick,
    Slot,
)
from agent.llm.offline.schema_text import Field
from agent.llm.offline.sql_conditions import is_of_months
from agent.llm.offline.sql_figures import FigureWriter
from agent.llm.offline.sql_pieces import CannotWrite


@dataclass
class OrderWriter(FigureWriter):
    """Writes sort keys and the periods that rows are grouped by; `orders` is what the query comes to be sorted by."""

    orders: list[Order] = field(default_factory=list)

    def _ranked(self, items: list[Item], groups: list[Slot], conditions: Iterable[Condition]) -> list[Slot] | None:
        """ "Which 5 products have the highest revenue", where revenue is of sales: products ranked by its sum.

        Gives the groups that this takes; None where each row stands for itself. A measure that does not add up
        (a score, a price) has one best row, but no best five that are five different things.
        """
        query, binding = self.query, self.binding
        self.orders = list(query.order)
        order = query.order[0] if len(query.order) == 1 and query.limit is not None and not groups else None
        if order is None or query.periods or not isinstance(order.key, Pick):
            return None
        if order.key.slot not in binding.fields or not all(isinstance(item, Pick) for item in items):
            return None
        measure = binding.fields[order.key.slot]
        shown = [each for item in items if isinstance(item, Pick) for each in self._picked(item.slot)]
        if measure.kind != "number" or not shown or measure in shown or order.reversed_fields:
            return None
        tables = {each.table for each in shown}
        if len(tables) > 1:
            return None
        if measure.table in tables:
            # "Which channel has the highest amount", both of orders: many orders have the channel.
            table = self.graph.schema.tables[measure.table]
            own = {*self._identity(table), *(each.name for each in self.display(table))}
            kinds = (
                query.main is None
                and adds_up(measure)
                and all(each.name not in own and each.kind == "text" for each in shown)
            )
            if not kinds:
                return None
        elif not self._repeats(shown[0].table):
            return None
        if adds_up(measure):
            self.orders = [Order(Aggregate("sum", order.key.slot), order.descending)]
            self.doubts.append((f"{measure.name} added up", 0.05))
        elif query.limit == 1:
            return None
        else:
            self.doubts.append((f"whether {measure.name} adds up", 0.4))
        main = query.main
        if main is not None and main in binding.tables and binding.tables[main].sql in tables:
            return [main]
        return [item.slot for item in items if isinstance(item, Pick)]

    def _ordered(self, order: Order, grouped: bool) -> exp.Ordered:
        key = order.key
        descending = order.descending
        if isinstance(key, Aggregate):
            expression = self._aggregate(key)
        elif isinstance(key, Pick):
            chosen = self._picked(key.slot)[0]
            if (chosen.table, chosen.name) in order.reversed_fields:
                descending = not descending
            expression = self._column(chosen)
            if (
                grouped
                and key.slot not in self.query.groups
                and not any(
                    isinstance(item, Pick)
                    and item.slot in self.binding.fields
                    and self.binding.fields[item.slot] is chosen
                    for item in self.query.items
                )
                and not any(chosen.table == self.binding.table_of(group) for group in self.query.groups)
            ):
                expression = (exp.Max if descending else exp.Min)(this=expression)
        else:
            raise CannotWrite("Nothing to order by.")
        return exp.Ordered(
            this=expression,
            desc=descending,
            # The first of all is a value: "the oldest" is not who has no date of birth.
            nulls_first=self.query.limit is None and not descending,
        )

    def _period(self, each: Field, unit: str) -> exp.Expr:
        column = self._column(each)
        if is_of_months(each) and unit not in ("month", "quarter", "year"):
            raise CannotWrite(f"{each.table} knows whole months only.")
        if unit.startswith("weekday"):
            return _weekday(column, self.dialect, named=unit == "weekday name")
        if self.dialect == "sqlite":
            pattern = {
                "year": "%Y",
                "month": "%Y-%m",
                "day": "%Y-%m-%d",
                "week": "%Y-%W",
                "hour": "%H",
            }.get(unit)
            if pattern is None:
                raise CannotWrite(f"SQLite cannot group by {unit}.")
            return exp.Anonymous(this="STRFTIME", expressions=[exp.Literal.string(pattern), column])
        if unit == "hour":
            if self.dialect == "mysql":
                return exp.Anonymous(this="HOUR", expressions=[column])
            return exp.Extract(this=exp.var("hour"), expression=column)
        if unit == "year":
            return exp.Extract(this=exp.var("year"), expression=column)
        if self.dialect == "mysql":
            pattern = {"month": "%Y-%m", "day": "%Y-%m-%d", "week": "%x-%v"}.get(unit)
            if pattern is None:
                raise CannotWrite(f"MySQL cannot group by {unit}.")
            return exp.Anonymous(this="DATE_FORMAT", expressions=[column, exp.Literal.string(pattern)])
        first = exp.Anonymous(this="DATE_TRUNC", expressions=[exp.Literal.string(unit), column])
        return exp.Cast(this=first, to=exp.DataType.build("DATE"))


def _weekday(column: exp.Expr, dialect: str, *, named: bool) -> exp.Expr:
    """The day's name where the database has one, else its number: 1 is Monday."""
    one = exp.Literal.number(1)
    match dialect:
        case "mysql" if not named:
            return exp.Add(this=exp.Anonymous(this="WEEKDAY", expressions=[column]), expression=one)
        case "duckdb" | "mysql" if named:
            return exp.Anonymous(this="DAYNAME", expressions=[column])
        case "postgres" if named:
            return exp.Anonymous(this="TO_CHAR", expressions=[column, exp.Literal.string("FMDay")])
        case "sqlite":
            sunday_first = exp.Cast(
                this=exp.Anonymous(this="STRFTIME", expressions=[exp.Literal.string("%w"), column]),
                to=exp.DataType.build("INTEGER"),
            )
            shifted = exp.paren(exp.Add(this=sunday_first, expression=exp.Literal.number(6)))
            return exp.Add(this=exp.Mod(this=shifted, expression=exp.Literal.number(7)), expression=one)
        case _:
            return exp.Extract(this=exp.var("isodow"), expression=column)
