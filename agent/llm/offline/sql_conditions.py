"""Which rows: the conditions of a bound Query, as SQL."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from agent.llm.offline.binding import looks_like_dates
from agent.llm.offline.lexicon import FALSE_VALUES, TRUE_VALUES
from agent.llm.offline.meaning import (
    AgainstAggregate,
    AgainstField,
    AllOf,
    AnyOf,
    Between,
    BothOf,
    Compare,
    Condition,
    ExceptThose,
    Having,
    InPeriod,
    IsTrue,
    IsValue,
    Like,
    Null,
    Query,
    Related,
    RowsWith,
    Slot,
)
from agent.llm.offline.roles import key_above
from agent.llm.offline.schema_text import Field, Key
from agent.llm.offline.sql_pieces import CannotWrite, PieceWriter
from agent.llm.offline.words import identifier_words


def is_of_months(each: Field) -> bool:
    """A date that stands for its whole month, as in a table of monthly sums."""
    return each.kind == "date" and (
        identifier_words(each.name)[-1:] == ("month",) or each.comment.lower().startswith("first day of the month")
    )


class ConditionWriter(PieceWriter):
    """Writes conditions."""

    def _condition_tables(self, conditions: Iterable[Condition]) -> list[str]:
        binding = self.binding
        needed: list[str] = []
        conditions = list(conditions)
        both = any(isinstance(each, BothOf) for each in conditions)
        for each in conditions:
            match each:
                case Related() if both and not each.conditions and not each.negated:
                    continue  # the rows for each of the two are looked for by themselves
                case Related():
                    if not each.negated:
                        needed.append(binding.table_of(each.slot))
                        needed += self._condition_tables(each.conditions)
                case AnyOf() | AllOf():
                    needed += self._condition_tables(each.conditions)
                case BothOf() | ExceptThose() | RowsWith():
                    continue
                case AgainstField():
                    needed += [binding.table_of(each.slot), binding.table_of(each.of)]
                case Having():
                    if each.aggregate.slot is not None:
                        needed.append(binding.table_of(each.aggregate.slot))
                case IsValue() if each.negated and self._elsewhere(each):
                    continue
                case IsValue():
                    needed += [binding.values[value][0].table for value in each.values]
                case _:
                    needed.append(binding.table_of(each.slot))
        return needed

    def _elsewhere(self, condition: IsValue) -> bool:
        tables = {self.binding.values[value][0].table for value in condition.values}
        return self.binding.main.sql not in tables and self.binding.main.sql != ""

    def _condition(self, condition: Condition) -> exp.Expr | None:
        binding = self.binding
        match condition:
            case Compare():
                each = binding.fields[condition.slot]
                column = self._column(each)
                operator = condition.operator
                if (each.table, each.name) in condition.reversed_fields:
                    operator = {">": "<", "<": ">", ">=": "<=", "<=": ">="}.get(operator, operator)
                if self._holds_dates(each) and all(len(t) == 4 and t.isdigit() for t in condition.literals):
                    return self._in_years(column, operator, condition.literals)
                if (self._holds_dates(each) or _DAYS & set(identifier_words(each.name))) and any(
                    text.replace(".", "", 1).isdigit() for text in condition.literals
                ):
                    raise CannotWrite("A number is no date: an age is not compared with a day of birth.")
                literals = [self._literal(self._stored(text, each), each) for text in condition.literals]
                if len(literals) > 1:
                    inside = exp.In(this=column, expressions=literals)
                    return exp.Not(this=inside) if operator == "!=" else inside
                return OPERATORS[operator](this=column, expression=literals[0])
            case IsValue():
                if condition.negated and self._elsewhere(condition):
                    # "never bought Latte" means no row with Latte, not a row with something else.
                    return self._having_row([IsValue(condition.values)], negated=True)
                return self._is_value(condition)
            case Between():
                each = binding.fields[condition.slot]
                if self._holds_dates(each) and condition.low.isdigit() and condition.high.isdigit():
                    since = self._in_years(self._column(each), ">=", (condition.low,))
                    until = self._in_years(self._column(each), "<=", (condition.high,))
                    within = exp.and_(since, until)
                    return exp.Not(this=exp.paren(within)) if condition.negated else within
                between = exp.Between(
                    this=self._column(each),
                    low=self._literal(condition.low, each),
                    high=self._literal(condition.high, each),
                )
                return exp.Not(this=between) if condition.negated else between
            case Like():
                column = self._column(binding.fields[condition.slot])
                like = exp.ILike if self.dialect in ("postgres", "duckdb") else exp.Like
                parts = [like(this=column.copy(), expression=exp.Literal.string(p)) for p in condition.patterns]
                joined = exp.and_(*parts) if condition.every else exp.or_(*parts)
                return exp.Not(this=exp.paren(joined) if len(parts) > 1 else joined) if condition.negated else joined
            case Null():
                is_null = exp.Is(this=self._column(binding.fields[condition.slot]), expression=exp.Null())
                return exp.Not(this=is_null) if condition.negated else is_null
            case InPeriod():
                return self._in_period(condition)
            case IsTrue():
                return self._is_true(condition)
            case AgainstAggregate():
                each = binding.fields[condition.slot]
                of = binding.fields[condition.of]
                return OPERATORS[condition.operator](
                    this=self._column(each),
                    expression=exp.Subquery(this=self._scalar(condition.function, of, condition.scope)),
                )
            case AgainstField():
                against = self._column(binding.fields[condition.of], qualified=True)
                own = self._column(binding.fields[condition.slot], qualified=True)
                return OPERATORS[condition.operator](this=own, expression=against)
            case Related():
                return (
                    self._without(condition.slot, condition.conditions)
                    if condition.negated
                    else self._all(condition.conditions)
                )
            case AnyOf():
                parts_ = [p for c in condition.conditions if (p := self._condition(c)) is not None]
                if len(parts_) < len(condition.conditions):
                    raise CannotWrite("One side of the or says nothing that a row can meet.")
                return exp.paren(exp.or_(*parts_))
            case AllOf():
                return self._all(condition.conditions)
            case BothOf():
                return exp.and_(*[self._having_row([one], negated=False) for one in condition.conditions])
            case ExceptThose():
                return self._having_row(condition.conditions, negated=True)
            case RowsWith():
                return self._having_row(condition.conditions, negated=False)
            case Having():
                raise CannotWrite("A condition on groups stands among others.")
        return None

    @staticmethod
    def _holds_dates(each: Field) -> bool:
        return each.kind == "date" or looks_like_dates(each)

    @staticmethod
    def _in_years(column: exp.Expr, operator: str, years: tuple[str, ...]) -> exp.Expr:
        """A date against bare years, as half-open ranges."""

        def first(year: int) -> exp.Expr:
            return exp.Literal.string(f"{year:04d}-01-01")

        if not all(1000 <= int(text) < 3000 for text in years):
            raise CannotWrite("An amount is no year.")
        parts: list[exp.Expr] = []
        for text in years:
            year = int(text)
            since = exp.GTE(this=column.copy(), expression=first(year + (operator == ">")))
            before = exp.LT(this=column.copy(), expression=first(year + (operator in ("=", "!=", "<="))))
            if operator in ("=", "!="):
                parts.append(exp.paren(exp.and_(since, before)))
            else:
                parts.append(since if operator in (">", ">=") else before)
        joined = exp.or_(*parts) if len(parts) > 1 else parts[0]
        return exp.Not(this=exp.paren(joined)) if operator == "!=" else joined

    def _all(self, conditions: list[Condition]) -> exp.Expr | None:
        parts = [p for c in conditions if (p := self._condition(c)) is not None]
        return exp.and_(*parts) if parts else None

    def _is_value(self, condition: IsValue) -> exp.Expr:
        groups: dict[str, tuple[Field, list[exp.Expr]]] = {}
        for value in condition.values:
            each, literal = self.binding.values[value]
            groups.setdefault(f"{each.table}.{each.name}", (each, []))[1].append(self._literal(literal, each))
        parts: list[exp.Expr] = []
        for each, literals in groups.values():
            column = self._column(each)
            above = key_above(self.graph.schema.tables[each.table], self.graph.schema)
            if above is not None and each.table != self.binding.main.sql and not condition.negated:
                parts.append(self._with_what_is_below(each, literals, above))
            elif any(isinstance(literal, exp.Null) for literal in literals):
                is_null = exp.Is(this=column, expression=exp.Null())
                parts.append(exp.Not(this=is_null) if condition.negated else is_null)
            elif len(literals) == 1:
                parts.append((exp.NEQ if condition.negated else exp.EQ)(this=column, expression=literals[0]))
            else:
                inside = exp.In(this=column, expressions=literals)
                parts.append(exp.Not(this=inside) if condition.negated else inside)
        return parts[0] if len(parts) == 1 else exp.paren(exp.and_(*parts) if condition.negated else exp.or_(*parts))

    def _with_what_is_below(self, each: Field, literals: list[exp.Expr], above: Key) -> exp.Expr:
        """Products of a category are those of its sub-categories too, however deep."""
        table = self.graph.schema.tables[each.table]
        own, parent = table.field(above.target_fields[0]), table.field(above.fields[0])
        if own is None or parent is None:
            raise CannotWrite(f"The key of {table.name} to itself names a field that is not shown.")
        named = exp.In(this=self._column(each, qualified=False), expressions=[each.copy() for each in literals])
        top = exp.select(self._column(own, qualified=False)).from_(self._table(table)).where(named)
        lower = (
            exp.select(self._column(own, qualified=True))
            .from_(self._table(table))
            .join("below", on=exp.EQ(this=self._column(parent, qualified=True), expression=exp.column("key", "below")))
        )
        found = exp.select(exp.column("key")).from_("below")
        whole = found.with_("below(key)", as_=exp.union(top, lower), recursive=True)
        return exp.In(this=self._column(own), query=exp.Subquery(this=whole))

    def _in_period(self, condition: InPeriod) -> exp.Expr:
        each = self.binding.fields[condition.slot]
        if each.kind == "number" and not looks_like_dates(each):
            raise CannotWrite(f"{each.name} holds no dates.")
        if is_of_months(each) and not all(day[8:] == "01" for day in (condition.start, condition.end) if day):
            raise CannotWrite(f"{each.table} knows whole months only.")
        parts: list[exp.Expr] = []
        if condition.start is not None:
            parts.append(exp.GTE(this=self._column(each), expression=exp.Literal.string(condition.start)))
        if condition.end is not None:
            parts.append(exp.LT(this=self._column(each), expression=exp.Literal.string(condition.end)))
        joined = exp.and_(*parts)
        return exp.Not(this=exp.paren(joined)) if condition.negated else joined

    def _is_true(self, condition: IsTrue) -> exp.Expr:
        each = self.binding.fields[condition.slot]
        column = self._column(each)
        wanted = FALSE_VALUES if condition.negated else TRUE_VALUES
        if each.kind == "boolean" and not each.values:
            return exp.Not(this=column) if condition.negated else column
        stored = next((value for value in each.values if value.strip("'").lower() in wanted), None)
        if stored is None:
            raise CannotWrite(f"How {each.name} says yes and no is not known.")
        return exp.EQ(this=column, expression=self._literal(stored, each))

    def _scalar(self, function: str, of: Field, scope: list[Condition]) -> exp.Select:
        inner = ConditionWriter(Query(), self.binding, self.graph, self.dialect, self.doubts)
        steps = self.graph.steps(of.table, inner._condition_tables(scope))
        if steps is None:
            raise CannotWrite("Nothing joins the tables of the comparison.")
        inner.steps = steps
        select = (
            exp.Select()
            .select(AGGREGATES[function](this=inner._column(of)))
            .from_(self._table(self.graph.schema.tables[of.table]))
        )
        for step in steps:
            select = select.join(self._table(self.graph.schema.tables[step.new]), on=self._on(step.key))
        where = [w for c in scope if (w := inner._condition(c)) is not None]
        return select.where(*where) if where else select

    def _without(self, slot: Slot, conditions: list[Condition]) -> exp.Expr:
        return self._membership(self.binding.table_of(slot), conditions, negated=True)

    def _having_row(self, conditions: list[Condition], *, negated: bool) -> exp.Expr:
        tables = [name for name in self._condition_tables(conditions) if name != self.binding.main.sql]
        if not tables:
            raise CannotWrite("A condition on the rows of another table names none.")
        return self._membership(tables[0], conditions, negated=negated)

    def _membership(self, table: str, conditions: list[Condition], *, negated: bool) -> exp.Expr:
        """`key IN (SELECT …)`: rows of the main table that have, or have not, a row there."""
        main = self.binding.main.sql
        inner = ConditionWriter(Query(through=self.query.through), self.binding, self.graph, self.dialect, self.doubts)
        if table == main:
            raise CannotWrite("A table cannot be missing from itself.")
        way = self.graph.steps(main, [table], self.query.through)
        if not way:
            raise CannotWrite(f"Nothing joins {main} and {table}.")
        first = way[0]
        for step in way:
            if self.graph.parallel(step):
                self.doubts.append((f"which of several keys joins {step.known} and {step.new}", 0.4))
        for step in self.graph.of_no_concern(way):
            self.doubts.append((f"how {main} and {step.new} belong together", 0.3))
        start = first.new
        steps = self.graph.steps(start, [table, *[t for t in inner._condition_tables(conditions) if t != main]])
        if steps is None or any(step.new == main for step in steps):
            raise CannotWrite(f"Nothing joins {main} and {table} but the way back.")
        inner.steps = steps
        outer_names = first.key.target_fields if first.multiplies else first.key.fields
        inner_names = first.key.fields if first.multiplies else first.key.target_fields
        outer, ours = (
            self.graph.schema.field(main, outer_names[0]),
            self.graph.schema.field(start, inner_names[0]),
        )
        if outer is None or ours is None or len(outer_names) > 1:
            raise CannotWrite(f"The key between {main} and {start} has several fields.")
        select = exp.Select().select(inner._column(ours)).from_(self._table(self.graph.schema.tables[start]))
        for step in steps:
            select = select.join(self._table(self.graph.schema.tables[step.new]), on=self._on(step.key))
        where = [w for c in conditions if (w := inner._condition(c)) is not None]
        if negated and ours.nullable and ours.name not in self.graph.schema.tables[start].primary_key:
            where.append(exp.Not(this=exp.Is(this=inner._column(ours), expression=exp.Null())))
        if where:
            select = select.where(*where)
        inside = exp.In(this=self._column(outer), query=exp.Subquery(this=select))
        if negated and outer.nullable and outer.name not in self.graph.schema.tables[main].primary_key:
            # What points nowhere has none either, and NULL NOT IN (…) is not true.
            return exp.paren(exp.or_(exp.Is(this=self._column(outer), expression=exp.Null()), exp.Not(this=inside)))
        return exp.Not(this=inside) if negated else inside


_DAYS = frozenset(("date", "birth", "birthday", "birthdate", "dob", "born"))
AGGREGATES: dict[str, type[exp.AggFunc]] = {"avg": exp.Avg, "sum": exp.Sum, "min": exp.Min, "max": exp.Max}
OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    ">": exp.GT,
    ">=": exp.GTE,
    "<": exp.LT,
    "<=": exp.LTE,
}
