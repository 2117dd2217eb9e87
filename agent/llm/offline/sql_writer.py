"""A bound Query written as SQL, through sqlglot, in the database's dialect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from agent.llm.offline.binding import Binding, looks_like_dates
from agent.llm.offline.cursor import adds_up
from agent.llm.offline.display import display_fields, identity_of
from agent.llm.offline.joins import JoinGraph, Step
from agent.llm.offline.lexicon import FALSE_VALUES, TRUE_VALUES
from agent.llm.offline.meaning import (
    AgainstAggregate,
    AgainstField,
    Aggregate,
    AllOf,
    AnyOf,
    Between,
    BothOf,
    Combined,
    Compare,
    Condition,
    Everything,
    ExceptThose,
    Having,
    InPeriod,
    IsTrue,
    IsValue,
    Item,
    Like,
    Null,
    Order,
    Pick,
    Query,
    Related,
    RowsWith,
    Share,
    Slot,
    item_slots,
)
from agent.llm.offline.schema_text import Field, Key, Table, bare, split_path
from agent.llm.offline.words import folded, identifier_words, squashed


class CannotWrite(Exception):
    """The meaning has no SQL here: tables that nothing joins, an aggregate of nothing."""


_AGGREGATES: dict[str, type[exp.AggFunc]] = {"avg": exp.Avg, "sum": exp.Sum, "min": exp.Min, "max": exp.Max}


@dataclass
class Writer:
    """Writes one query; `doubts` gathers what had to be guessed on the way."""

    query: Query
    binding: Binding
    graph: JoinGraph
    dialect: str
    doubts: list[tuple[str, float]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    aliases: dict[str, Aggregate] = field(default_factory=dict)  # the headers of what is computed
    tables_read: frozenset[str] = frozenset()  # by the statement, in the schema's spelling

    def sql(self) -> str:
        """The statement; raises CannotWrite."""
        tree = self.tree()
        read = {exp.table_name(each).lower() for each in tree.find_all(exp.Table)}
        read |= {each.alias.lower() for each in tree.find_all(exp.Table) if each.alias}
        self.tables_read = frozenset(
            name for name in self.graph.schema.tables if name.replace('"', "").replace("`", "").lower() in read
        )
        if self.query.traded_in and not any(
            bare(name).lower() in read or name.replace('"', "").lower() in read for name in self.query.traded_in
        ):
            self.doubts.append(("what was sold or bought", 0.4))
        return tree.sql(dialect=self.dialect)

    # --- the statement ---

    def tree(self) -> exp.Query:
        both = next((each for each in self.query.conditions if isinstance(each, BothOf)), None)
        if both is not None and self._both_in_main(both):
            if any(isinstance(item, Aggregate) for item in self.query.items):
                raise CannotWrite("No one figure is of both.")
            parts = [
                self._select([c for c in self.query.conditions if c is not both] + [one]) for one in both.conditions
            ]
            tree: exp.Query = parts[0]
            for other in parts[1:]:
                tree = exp.intersect(tree, other, distinct=True)
            return tree
        return self._select(self.query.conditions)

    def _both_in_main(self, both: BothOf) -> bool:
        return all(
            self.binding.values[value][0].table == self.binding.main.sql
            for each in both.conditions
            if isinstance(each, IsValue)
            for value in each.values
        )

    def _select(self, conditions: list[Condition]) -> exp.Select:
        query, binding = self.query, self.binding
        items = list(query.items)
        if items and isinstance(items[0], Combined) and (apart := self._apart(items[0])) is not None:
            return apart
        groups = list(query.groups)
        aggregating = any(isinstance(item, Aggregate) for item in items)
        picks = [item for item in items if isinstance(item, Pick)]
        having = [c for c in conditions if isinstance(c, Having)]
        if (aggregating and picks and not groups) and not query.periods:
            groups = [pick.slot for pick in picks]
        ordered_by_aggregate = any(isinstance(o.key, Aggregate) for o in query.order)
        if not groups and not query.periods and (having or (ordered_by_aggregate and not aggregating)):
            groups = [query.main] if query.main is not None else [pick.slot for pick in picks]

        conditions = self._without_repeats(conditions, items, groups)
        needed = self._tables_needed(items, groups, conditions)
        steps = self.graph.steps(binding.main.sql, needed, self.query.through)
        if steps is None:
            raise CannotWrite("Nothing joins " + ", ".join(sorted(needed)) + ".")
        self.steps = steps
        for step in steps:
            if self.graph.parallel(step):
                self.doubts.append((f"which of several keys joins {step.known} and {step.new}", 0.12))
            if not step.key.declared:
                self.doubts.append(
                    (
                        f"{step.known} and {step.new} joined by name alone",
                        0.04 if self.graph.schema.tables[step.key.target].primary_key else 0.12,
                    )
                )
        told = set(self._tables_needed(items, groups, ()))
        for step in self.graph.siblings(steps):
            if not told & self.graph.beyond(step, steps):
                continue  # only a filter: a business has one row for each category
            self.doubts.append((f"how {binding.main.name} and {step.new} belong together", 0.3))
        self.single = not steps
        ranked = self._ranked(items, groups, conditions)
        if ranked is not None:
            groups = ranked

        select = exp.Select()
        grouped: list[exp.Expr] = []
        columns: list[exp.Expr] = []
        shown: set[tuple[str, str]] = set()

        def add(each: Field) -> None:
            if (each.table, each.name) not in shown:
                shown.add((each.table, each.name))
                columns.append(self._column(each))

        asked_fields = [f for pick in picks for f in self._picked(pick.slot)]
        if groups or query.periods:
            for slot in groups:
                if slot in binding.tables:
                    table = binding.tables[slot]
                    identity = [table.field(name) for name in self._identity(table)]
                    picked_here = [f for f in asked_fields if f.table == table.sql]
                    shown_here = picked_here or (self.display(table) if aggregating and not picks else [])
                    keys = [f for f in identity if f is not None]
                    if aggregating and not picks:
                        for each in shown_here:
                            add(each)
                    grouped += [self._column(f) for f in dict.fromkeys([*keys, *shown_here])]
                else:
                    each = binding.fields[slot]
                    if aggregating:
                        add(each)
                    grouped.append(self._column(each))
            for slot, unit in query.periods:
                expression = self._period(binding.fields[slot], unit)
                columns.append(exp.alias_(expression.copy(), unit.split()[0]))
                grouped.append(expression)
        for item in items:
            if isinstance(item, Pick):
                for each in self._picked(item.slot):
                    add(each)
            elif isinstance(item, Everything):
                table = binding.tables[item.slot] if item.slot is not None else binding.main
                columns.append(
                    exp.Star() if self.single else exp.Column(this=exp.Star(), table=self._identifier(table.sql))
                )
            else:
                self.aliases[self._alias(item)] = item
                columns.append(exp.alias_(self._aggregate(item), self._alias(item)))
        if not columns:
            raise CannotWrite("Nothing to select.")
        if grouped:
            have = {column.sql() for column in grouped}
            for column in columns:
                if isinstance(column, exp.Column) and column.sql() not in have:
                    grouped.append(column.copy())
        if query.groups and not (aggregating or having or ordered_by_aggregate):
            self.doubts.append(("what is wanted for each", 0.45))
        counted = self._counts_groups(items, having)
        if counted is not None:
            columns = [self._column(each) for each in counted]
            grouped = [column.copy() for column in columns]
        select = select.select(*columns).from_(self._table(binding.main))
        for step in steps:
            joined = self.graph.schema.tables[step.new]
            # "each employee with their manager" has those in it who have none.
            shown_beside = (
                joined.alias_of == step.known and not aggregating and not grouped and _only_relates(conditions)
            )
            select = select.join(self._table(joined), on=self._on(step.key), join_type="left" if shown_beside else "")
        self._no_contradiction(conditions)
        where = [w for c in conditions if not isinstance(c, Having) and (w := self._condition(c)) is not None]
        if (in_role := self._in_role(binding.main, steps)) is not None:
            where.append(in_role)
        if where:
            select = select.where(*where)
        if grouped:
            unique = list({column.sql(): column for column in grouped}.values())
            select = select.group_by(*unique)
        for each_having in having:
            select = select.having(self._having(each_having))
        if query.distinct or self._lists_kinds(items, conditions, steps):
            select = select.distinct()
        for order in self.orders:
            select = select.order_by(self._ordered(order, bool(grouped)))
        if query.periods and not self.orders:
            select = select.order_by(*[self._period(binding.fields[slot], unit) for slot, unit in query.periods])
        if query.limit is not None:
            select = select.limit(query.limit)
        if counted is not None:
            number = exp.alias_(exp.Count(this=exp.Star()), self._alias(items[0]))  # type: ignore[arg-type]
            return (
                exp.Select()
                .select(number)
                .from_(exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier("found"))))
            )
        return select

    def _in_role(self, table: Table, steps: list[Step]) -> exp.Expr | None:
        """ "the average salary of managers": of those at whom somebody points."""
        if not table.alias_of:
            return None
        key = next(each for each in self.graph.schema.keys if each.target == table.sql)
        if any(step.key is key for step in steps):
            return None
        base = self.graph.schema.tables[table.alias_of]
        own, pointing = table.field(key.target_fields[0]), base.field(key.fields[0])
        if own is None or pointing is None:
            raise CannotWrite(f"The key of {base.name} to itself names a field that is not shown.")
        inner = exp.Select().select(exp.column(pointing.name)).from_(self._table(base))
        return exp.In(this=self._column(own, qualified=True), query=exp.Subquery(this=inner))

    def _without_repeats(self, conditions: list[Condition], items: list[Item], groups: list[Slot]) -> list[Condition]:
        """Conditions on other tables put into a subquery where a join would repeat what is added up."""
        main = self.binding.main.sql
        if not any(isinstance(item, Aggregate) and item.function in ("avg", "sum") for item in items):
            return conditions
        if set(self._tables_needed(items, groups, ())) != {main}:
            return conditions
        moved = [each for each in conditions if set(self._condition_tables([each])) - {main}]
        if not moved or any(isinstance(each, Having | BothOf) for each in moved):
            return conditions
        others = [name for name in self._condition_tables(moved) if name != main]
        steps = self.graph.steps(main, others, self.query.through)
        if steps is None or not any(step.multiplies for step in steps):
            return conditions
        return [each for each in conditions if each not in moved] + [RowsWith(moved)]

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

    def _no_contradiction(self, conditions: list[Condition]) -> None:
        seen: dict[tuple[str, str], str] = {}
        true: dict[tuple[str, str], bool] = {}
        for each in conditions:
            if isinstance(each, IsTrue):
                flag = self.binding.fields[each.slot]
                if true.setdefault((flag.table, flag.name), each.negated) != each.negated:
                    raise CannotWrite(f"{flag.name} cannot be both.")
            if isinstance(each, IsValue) and len(each.values) == 1:
                found, literal = self.binding.values[each.values[0]]
                said = literal if not each.negated else f"not {literal}"
                before = seen.setdefault((found.table, found.name), said)
                opposite = said in (f"not {before}",) or before in (f"not {said}",)
                if opposite or (before != said and not each.negated and not before.startswith("not ")):
                    raise CannotWrite(f"{found.name} cannot be two things at once.")

    def _lists_kinds(self, items: list[Item], conditions: list[Condition], steps: list[Step]) -> bool:
        """ "Show all majors": a field asked for by itself, of nobody in particular, means its different values."""
        if self.query.main is not None or len(items) != 1 or conditions or steps or self.query.order:
            return False
        item = items[0]
        if not isinstance(item, Pick) or item.slot not in self.binding.fields or self.query.groups:
            return False
        each = self.binding.fields[item.slot]
        return each.name not in self._identity(self.binding.main) and each not in self.display(self.binding.main)

    def _counts_groups(self, items: list[Item], having: list[Having]) -> list[Field] | None:
        """ "How many customers have more than two orders": what is counted are the groups that pass."""
        item = items[0] if len(items) == 1 else None
        if not having or not isinstance(item, Aggregate) or item.function != "count" or item.slot is None:
            return None
        if item.slot in self.binding.fields:
            return [self.binding.fields[item.slot]]
        table = self.binding.tables[item.slot]
        found = [f for name in self._identity(table) if (f := table.field(name))]
        return found or None

    def _tables_needed(self, items: list[Item], groups: list[Slot], conditions: Iterable[Condition]) -> list[str]:
        binding = self.binding
        needed: list[str] = [binding.main.sql]
        slots = [slot for item in items for slot in item_slots(item)]
        slots += groups + [slot for slot, _ in self.query.periods]
        slots += [order.key.slot for order in self.query.order if order.key.slot is not None]
        needed += [binding.table_of(slot) for slot in slots]
        needed += self._condition_tables(conditions)
        return list(dict.fromkeys(needed))

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

    # --- pieces ---

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
            self.doubts.append((f"what {table.name} are called", 0.12))
        return list(shown.fields)

    def _picked(self, slot: Slot) -> list[Field]:
        if slot in self.binding.tables:
            return self.display(self.binding.tables[slot])
        return [self.binding.fields[slot]]

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
        return _AGGREGATES[item.function](this=exp.Distinct(expressions=[column]) if item.distinct else column)

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
            self.steps, self.single = [], True
            figures.append(exp.Subquery(this=exp.Select().select(self._aggregate(each)).from_(self._table(table))))
        self.aliases[item.function] = item
        return exp.Select().select(exp.alias_(_combined(item.function, *figures), item.function))

    def _counted_measure(self, slot: Slot) -> Field | None:
        """ "How many games played", where `games_played` is itself a number: it is added up, not counted."""
        if slot in self.binding.fields:
            each = self.binding.fields[slot]
            table = self.graph.schema.tables[each.table]
            if each.kind != "number" or each.name in table.primary_key or self._is_key(each):
                return None
            counting = set(identifier_words(each.name)) & {"number", "count", "total", "played", "quantity"}
            self.doubts.append((f"{each.name} added up", 0.08 if counting else 0.3))
            return each
        table = self.binding.tables[slot]
        own_name = squashed("".join(identifier_words(table.name)))
        for each in table.fields:
            if squashed("".join(identifier_words(each.name))) != own_name or each.kind != "number":
                continue
            if each.name not in table.primary_key and not self._is_key(each):
                self.doubts.append((f"{each.name} added up", 0.1))
                return each
        return None

    def _is_key(self, each: Field) -> bool:
        if each.name.lower().endswith(("id", "code", "number", "no", "year")):
            return True
        return any(key.table == each.table and each.name in key.fields for key in self.graph.schema.keys)

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

    # --- conditions ---

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
                return _OPERATORS[operator](this=column, expression=literals[0])
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
                return _OPERATORS[condition.operator](
                    this=self._column(each),
                    expression=exp.Subquery(this=self._scalar(condition.function, of, condition.scope)),
                )
            case AgainstField():
                against = self._column(binding.fields[condition.of], qualified=True)
                own = self._column(binding.fields[condition.slot], qualified=True)
                return _OPERATORS[condition.operator](this=own, expression=against)
            case Related():
                return (
                    self._without(condition.slot, condition.conditions)
                    if condition.negated
                    else self._all(condition.conditions)
                )
            case AnyOf():
                parts_ = [p for c in condition.conditions if (p := self._condition(c)) is not None]
                return exp.paren(exp.or_(*parts_)) if parts_ else None
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
            if len(literals) == 1:
                parts.append((exp.NEQ if condition.negated else exp.EQ)(this=column, expression=literals[0]))
            else:
                inside = exp.In(this=column, expressions=literals)
                parts.append(exp.Not(this=inside) if condition.negated else inside)
        return parts[0] if len(parts) == 1 else exp.paren(exp.and_(*parts) if condition.negated else exp.or_(*parts))

    def _in_period(self, condition: InPeriod) -> exp.Expr:
        each = self.binding.fields[condition.slot]
        if each.kind == "number" and not looks_like_dates(each):
            raise CannotWrite(f"{each.name} holds no dates.")
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

    def _having(self, condition: Having) -> exp.Expr:
        aggregate = self._aggregate(condition.aggregate)
        return _OPERATORS[condition.operator](this=aggregate, expression=exp.Literal.number(condition.number))

    def _scalar(self, function: str, of: Field, scope: list[Condition]) -> exp.Select:
        inner = Writer(Query(), self.binding, self.graph, self.dialect, self.doubts)
        steps = self.graph.steps(of.table, inner._condition_tables(scope))
        if steps is None:
            raise CannotWrite("Nothing joins the tables of the comparison.")
        inner.steps, inner.single = steps, not steps
        select = (
            exp.Select()
            .select(_AGGREGATES[function](this=inner._column(of)))
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
        inner = Writer(Query(through=self.query.through), self.binding, self.graph, self.dialect, self.doubts)
        if table == main:
            raise CannotWrite("A table cannot be missing from itself.")
        way = self.graph.steps(main, [table], self.query.through)
        if not way:
            raise CannotWrite(f"Nothing joins {main} and {table}.")
        first = way[0]
        for step in way:
            if self.graph.parallel(step):
                self.doubts.append((f"which of several keys joins {step.known} and {step.new}", 0.12))
        start = first.new
        steps = self.graph.steps(start, [table, *[t for t in inner._condition_tables(conditions) if t != main]])
        if steps is None or any(step.new == main for step in steps):
            raise CannotWrite(f"Nothing joins {main} and {table} but the way back.")
        inner.steps, inner.single = steps, not steps
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
        if text.lower() in ("true", "false"):
            return exp.Boolean(this=text.lower() == "true")
        if each.kind in ("text", "date"):
            return exp.Literal.string(text)
        return exp.Literal.number(text)


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


def _percent(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    hundred = exp.Mul(this=exp.Literal.number("100.0"), expression=part)
    return exp.Div(this=hundred, expression=exp.Nullif(this=whole, expression=exp.Literal.number(0)))


def _combined(function: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    if function == "difference":
        return exp.Sub(this=left, expression=right)
    whole = exp.Mul(this=exp.Literal.number("1.0"), expression=left)
    return exp.Div(this=whole, expression=exp.Nullif(this=right, expression=exp.Literal.number(0)))


def _only_relates(conditions: Iterable[Condition]) -> bool:
    return all(isinstance(each, Related) and not each.negated and not each.conditions for each in conditions)


_DAYS = frozenset(("date", "birth", "birthday", "birthdate", "dob", "born"))
_OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    ">": exp.GT,
    ">=": exp.GTE,
    "<": exp.LT,
    "<=": exp.LTE,
}
