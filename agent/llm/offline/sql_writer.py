"""A bound Query written as SQL, through sqlglot, in the database's dialect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from agent.llm.offline.joins import Step
from agent.llm.offline.meaning import (
    AgainstAggregate,
    Aggregate,
    Between,
    BothOf,
    Combined,
    Condition,
    Everything,
    Having,
    InPeriod,
    IsTrue,
    IsValue,
    Item,
    Pick,
    Related,
    RowsWith,
    Slot,
    item_slots,
)
from agent.llm.offline.schema_text import Field, Table, bare
from agent.llm.offline.sql_order import OrderWriter
from agent.llm.offline.sql_pieces import CannotWrite
from agent.llm.offline.sql_simpler import without_idle_joins


@dataclass
class Writer(OrderWriter):
    """Writes one query; `tables_read` are those of the statement, in the schema's spelling."""

    tables_read: frozenset[str] = frozenset()
    in_the_most: bool = False  # the superlative is a condition

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
        conditions = [*conditions, *self._of_the_most()]
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
                self.doubts.append((f"which of several keys joins {step.known} and {step.new}", 0.4))
            if not step.key.declared:
                self.doubts.append(
                    (
                        f"{step.known} and {step.new} joined by name alone",
                        0.04 if self.graph.schema.tables[step.key.target].primary_key else 0.12,
                    )
                )
        told = set(self._tables_needed(items, groups, ()))
        of_no_concern = self.graph.of_no_concern(steps)
        for step in self.graph.siblings(steps):
            if step not in of_no_concern and not told & self.graph.beyond(step, steps):
                if len(self.graph.beyond(step, steps)) > 1:
                    # From accounts over their customers and those's orders to the stores: what has one to do with all?
                    self.doubts.append((f"what {binding.main.name} have to do with {steps[-1].new}", 0.4))
                continue  # only a filter: a business has one row for each category
            self.doubts.append((f"how {binding.main.name} and {step.new} belong together", 0.3))
        if groups and self._counts_its_own_rows(groups, picks):
            groups = [pick.slot for pick in picks]
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
                    if picks and self._of_a_kind(table, picked_here, steps):
                        keys = []
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
        self._no_group_of_one(grouped, items, having)
        if grouped:
            have = {column.sql() for column in grouped}
            for column in columns:
                if isinstance(column, exp.Column) and column.sql() not in have:
                    grouped.append(column.copy())
        if query.groups and not (aggregating or having or ordered_by_aggregate):
            self.doubts.append(("what is wanted for each", 0.45))
        if self._counts_to_one(
            grouped, [*items, *(order.key for order in self.orders), *(h.aggregate for h in having)]
        ):
            self.doubts.append((f"how often each of {binding.main.name} occurs: it is there once", 0.45))
        of_groups = self._count_of_groups(items, having)
        if of_groups is not None:
            columns = [self._column(each) for each in of_groups[1]]
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
        for order in [] if self.in_the_most else self.orders:
            select = select.order_by(self._ordered(order, bool(grouped)))
        if query.periods and not self.orders:
            select = select.order_by(*[self._period(binding.fields[slot], unit) for slot, unit in query.periods])
        if query.limit is not None and not self.in_the_most:
            select = select.limit(query.limit)
        select = without_idle_joins(select, self.graph.schema, steps)
        if of_groups is not None:
            number = exp.alias_(exp.Count(this=exp.Star()), self._alias(of_groups[0]))
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
        if self.query.main is None and any(item.function == "avg" for item in items if isinstance(item, Aggregate)):
            self.doubts.append((f"whether each of {self.binding.main.name} counts once in the average", 0.36))
        return [each for each in conditions if each not in moved] + [RowsWith(moved)]

    def _of_the_most(self) -> list[Condition]:
        """ "students in the largest dorm": a condition on the dorm, of which many are, and no order of the students."""
        query, binding = self.query, self.binding
        order = query.order[0] if len(query.order) == 1 and query.limit == 1 else None
        if order is None or not isinstance(order.key, Pick) or order.key.slot not in binding.fields or query.groups:
            return []
        measure = binding.fields[order.key.slot]
        asked = {binding.table_of(slot) for item in query.items for slot in item_slots(item)}
        way = self.graph.steps(binding.main.sql, [measure.table], query.through)
        if measure.table in asked or not way or all(step.multiplies for step in way):
            return []
        descending = order.descending != ((measure.table, measure.name) in order.reversed_fields)
        self.in_the_most = True
        return [AgainstAggregate(order.key.slot, "=", "max" if descending else "min", order.key.slot)]

    def _counts_its_own_rows(self, groups: list[Slot], picks: list[Pick]) -> bool:
        """ "Which game type has the most games", both of games: the games of each type, and not of each game."""
        binding = self.binding
        if self.steps or not picks or groups != [self.query.main]:
            return False
        asked = [binding.fields[pick.slot] for pick in picks if pick.slot in binding.fields]
        own = {*self._identity(binding.main), *(each.name for each in self.display(binding.main))}
        return len(asked) == len(picks) and all(each.name not in own for each in asked)

    def _no_group_of_one(self, grouped: list[exp.Expr], items: list[Item], having: list[Having]) -> None:
        """To count the rows of each row tells nothing: what was to be counted was not found."""
        keys = [f for name in self._identity(self.binding.main) if (f := self.binding.main.field(name))]
        here = {column.sql() for column in grouped}
        if self.steps or not keys or not all(self._column(key).sql() in here for key in keys):
            return
        figures = [*items, *(order.key for order in self.orders), *(each.aggregate for each in having)]
        if any(isinstance(each, Aggregate) and each.function == "count" for each in figures):
            raise CannotWrite(f"Each row of {self.binding.main.name} is one: there is nothing of it to count.")

    def _no_empty_time(self, conditions: list[Condition]) -> None:
        """ "last month and this month", "between 2026 and 2020": no day is in both, so that something else is meant."""
        spans: dict[Field, tuple[str, str]] = {}
        for each in conditions:
            if not isinstance(each, InPeriod | Between) or each.negated:
                continue
            dated = self.binding.fields[each.slot]
            low, high = (each.start, each.end) if isinstance(each, InPeriod) else (each.low, each.high)
            if isinstance(each, Between) and not self._holds_dates(dated):
                continue
            first, last = spans.get(dated, ("", "9999-12-31"))
            spans[dated] = max(first, (low or "").strip("'")), min(last, (high or last).strip("'"))
            first, last = spans[dated]
            if first > last or (first == last and isinstance(each, InPeriod)):
                raise CannotWrite(f"No time is in all that is said of {dated.name}.")

    def _no_contradiction(self, conditions: list[Condition]) -> None:
        self._no_empty_time(conditions)
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
        if len(items) != 1 or conditions or steps or self.query.order:
            return False
        item = items[0]
        main = self.query.main
        if main is not None and not (item.slot and item.slot.mention.text.startswith(f"{main.mention.text} ")):
            return False  # "the sizes of the products" are one for each; "product sizes" are of nobody
        if not isinstance(item, Pick) or item.slot not in self.binding.fields or self.query.groups:
            return False
        each = self.binding.fields[item.slot]
        return each.name not in self._identity(self.binding.main) and each not in self.display(self.binding.main)

    def _of_a_kind(self, table: Table, picked: list[Field], steps: list[Step]) -> bool:
        """ "which type has the most games", the type being the games' own: grouped by the type, and not by the game."""
        identity = set(self._identity(table))
        named = {each.name for each in picked}
        if table is not self.binding.main or steps or not picked or named >= identity:
            return False
        return len(identity) > 1 or not named & {each.name for each in self.display(table)}

    def _counts_to_one(self, grouped: list[exp.Expr], figures: list[Item]) -> bool:
        """Whether rows are counted in groups that hold one row each: "which tag is used most", of tags alone."""
        identity = [f for name in self._identity(self.binding.main) if (f := self.binding.main.field(name))]
        if not identity or self._repeats(self.binding.main.sql) or any(isinstance(f, exp.Func) for f in grouped):
            return False
        columns = [each for each in grouped if isinstance(each, exp.Column)]
        have = {column.name.lower() for column in columns if column.table in ("", self.binding.main.name)}
        counts = (isinstance(each, Aggregate) and each.function == "count" for each in figures)
        return any(counts) and {each.name.lower() for each in identity} <= have

    def _count_of_groups(self, items: list[Item], having: list[Having]) -> tuple[Aggregate, list[Field]] | None:
        """ "How many customers have more than two orders": the count, and the fields by whose groups it counts."""
        item = items[0] if len(items) == 1 else None
        if not having or not isinstance(item, Aggregate) or item.function != "count" or item.slot is None:
            return None
        if item.slot in self.binding.fields:
            return item, [self.binding.fields[item.slot]]
        table = self.binding.tables[item.slot]
        found = [f for name in self._identity(table) if (f := table.field(name))]
        return (item, found) if found else None

    def _tables_needed(self, items: list[Item], groups: list[Slot], conditions: Iterable[Condition]) -> list[str]:
        binding = self.binding
        needed: list[str] = [binding.main.sql]
        slots = [slot for item in items for slot in item_slots(item)]
        slots += groups + [slot for slot, _ in self.query.periods]
        slots += [order.key.slot for order in self.query.order if order.key.slot is not None]
        needed += [binding.table_of(slot) for slot in slots]
        needed += self._condition_tables(conditions)
        return list(dict.fromkeys(needed))


def _only_relates(conditions: Iterable[Condition]) -> bool:
    return all(isinstance(each, Related) and not each.negated and not each.conditions for each in conditions)
