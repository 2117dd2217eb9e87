"""Whether an aggregate over joins can be trusted: repeated rows, missing conditions, many-to-many paths, no match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sqlglot import exp

from tools.guard.scopes import children
from tools.join_graph import MOST_SOURCES, Determined, Field, JoinGraph, Source, Statement, aggregates, group_parts
from tools.metadata import DatabaseMeta, ForeignKey, TableMeta
from tools.text import one_line

FAN_OUT = "fan-out"
MANY_TO_MANY = "many-to-many"
NO_CONDITION = "missing condition"
NO_MATCH = "counts no match as one"

_MOST_WARNINGS = 3
_LONGEST_CALL = 80
_SUMS = (exp.Sum,)
_MEANS = (
    exp.Avg,
    exp.Median,
    exp.Stddev,
    exp.StddevPop,
    exp.StddevSamp,
    exp.Variance,
    exp.VariancePop,
    exp.PercentileCont,
    exp.PercentileDisc,
    exp.Quantile,
)
_NAMED_SUMS = frozenset({"total", "fsum", "kahan_sum", "sumkahan", "product"})
_NAMED_MEANS = frozenset({"favg"})
_PREDICATES = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean)


@dataclass(frozen=True)
class JoinWarning:
    """Why a figure of a statement may not be what it seems; `kind` is one of the four above.

    `text` is for the model and for people: the reason, and the repair.
    """

    kind: str
    text: str


def warnings(tree: exp.Expr, meta: DatabaseMeta) -> tuple[JoinWarning, ...]:
    """What is doubtful in the joins of a parsed statement, three warnings at most.

    It rests on declared keys alone: primary keys, unique constraints, foreign keys. It says

    - that a sum, mean or count of one table's values runs over rows that a join to another table repeats;
    - that COUNT(*) counts pairs, because two tables have each many rows for one of a third;
    - that tables stand in one FROM with no condition between them, unless CROSS JOIN says that this is meant;
    - that COUNT(*) counts a row for what an outer join keeps though it has no match: customers without orders as one.

    It says nothing of MIN, MAX, COUNT(DISTINCT ...), of COUNT(*) where one of the tables has a row for each row
    that is counted, of values whose table is the finest of the join, nor of columns about which nothing is declared.
    """
    statement = Statement(tree, meta)
    found: dict[JoinWarning, None] = {}
    for select in tree.find_all(exp.Select):
        if select.args.get("pivots") or _reads_one_table(select, statement):
            continue
        if len(select.args.get("joins") or ()) > MOST_SOURCES:
            continue  # looking costs more with each source
        graph = JoinGraph(select, statement)
        if 1 < len(graph.sources) <= MOST_SOURCES:
            for warning in chain(_unjoined(graph), _Aggregates(graph).doubtful()):
                found[warning] = None
                if len(found) == _MOST_WARNINGS:
                    return tuple(found)
    return tuple(found)


def _reads_one_table(select: exp.Select, statement: Statement) -> bool:
    opening = select.args.get("from_")
    if not isinstance(opening, exp.From):
        return True
    joined = [node.args.get(name) for node in (select, opening.this) for name in ("joins", "laterals")]
    return id(opening.this) in statement.tables and not any(joined)


class _Aggregates:
    """The aggregates of one SELECT, looked at one by one."""

    def __init__(self, graph: JoinGraph) -> None:
        self.graph = graph
        self.select = graph.select
        self.grouped_by = group_parts(graph.select)

    def doubtful(self) -> Iterator[JoinWarning]:
        """A warning for each aggregate that counts rows more often than they are."""
        for call in aggregates(self.select):
            window = _window_of(call)
            if window is not None and isinstance(call.this, exp.AggFunc):
                continue  # a total of totals: the inner one is looked at
            parts = self.grouped_by if window is None else list(window.args.get("partition_by") or ())
            if parts is None:
                continue
            warning = self._look(call, parts, windowed=window is not None)
            if warning is not None:
                yield warning

    def _look(self, call: exp.Expr, parts: list[exp.Expr], windowed: bool) -> JoinWarning | None:
        graph = self.graph
        groups = frozenset().union(*(graph.value(part).fields for part in parts))
        kind, argument, distinct = _kind(call)
        if not kind or (kind == "count" and distinct):
            return None
        values = [graph.value(each) for each in _measured(argument)] if argument is not None else []
        if not all(value.known for value in values):
            return None
        fields = frozenset[Field]().union(*(value.fields for value in values))
        measured = frozenset(number for number, _ in fields)
        fixed = graph.determined((), groups)
        if kind != "sum" and (measured <= fixed.sources or fields <= groups):
            # The mean of one value is that value; a count of one row a group means the other side.
            measured = frozenset()
            if kind == "mean":
                return None
        if not measured:
            return None if windowed else self._pairs(call, groups) or self._unmatched(call, groups)
        reached = graph.determined(self._base(measured, groups), groups)
        for source in self._outside(reached):
            on = graph.repeats(source, reached)
            if on or source.made_of & reached.sources or self._is_crossed(source):
                if source.made_of and groups & {(source.number, name) for _, name in groups}:
                    continue
                return self._told(call, kind, distinct, self._base(measured, groups), source, on)
        return None

    def _base(self, measured: frozenset[int], groups: frozenset[Field]) -> frozenset[int]:
        """The table whose rows are meant: of several, the one that determines the others, as far as is known."""
        graph = self.graph
        if len(measured) == 1:
            return measured
        for number in sorted(measured):
            if measured <= graph.determined((number,), groups, trusting=False).sources:
                return frozenset((number,))
        for number in sorted(measured):
            reached = graph.determined((number,), groups)
            if any(graph.repeats(graph.sources[other], reached) for other in measured - reached.sources):
                return frozenset((number,))
        return measured

    def _outside(self, reached: Determined) -> list[Source]:
        return [each for each in self.graph.sources if each.number not in reached.sources]

    def _is_crossed(self, source: Source) -> bool:
        return (
            source.crossed and source.table is not None and not any(source.number in link for link in self.graph.links)
        )

    def _pairs(self, call: exp.Expr, groups: frozenset[Field]) -> JoinWarning | None:
        """COUNT(*) is a count of rows of one table where one determines all others."""
        graph = self.graph
        best: tuple[Source, list[tuple[Source, tuple[str, ...]]]] | None = None
        for root in graph.sources:
            reached = graph.determined((root.number,), groups)
            outside = [(each, graph.repeats(each, reached)) for each in self._outside(reached)]
            blamed = [each for each in outside if each[1]]
            if not blamed:
                return None
            if best is None or len(outside) < len(best[1]):
                best = (root, outside)
        if best is None:
            return None
        root, outside = best
        other, on = next(each for each in outside if each[1])
        if root.table is not None and root.table == other.table:
            return None  # pairs of rows of one table are asked for on purpose: paths, neighbours
        shown, columns = _shown(call, graph.dialect), _columns(other, on)
        return JoinWarning(
            MANY_TO_MANY,
            f"{shown} counts pairs: {_name(root)} and {_name(other)} each have many rows for the same "
            f"{columns}, and every row of the one is paired with every row of the other. Count each in a "
            f"subquery of its own, grouped by {columns}, and join the counts; or count distinct keys.",
        )

    def _unmatched(self, call: exp.Expr, groups: frozenset[Field]) -> JoinWarning | None:
        """COUNT(*) by what stands left of a LEFT JOIN means the rows on the right, and is never zero.

        Nothing is said where the other side is asked for anything (WHERE o.id IS NULL, an inner join on it), where
        its rows are counted beside, and where it has one row at most.
        """
        graph = self.graph
        optional = {each.number for each in graph.sources if each.optional}
        grouped = {number for number, _ in groups}
        if not grouped or optional & (grouped | graph.demanded) or not optional or not self._counts_all_rows(call):
            return None
        kept = [each for each in graph.sources if not each.optional]
        fixed = graph.determined((), groups, trusting=False).sources
        if all(each.number in fixed or (each.is_function and each.number in grouped) for each in kept):
            # A group is one row of the left side: what else could be counted?
            single = graph.determined((each.number for each in kept), groups, trusting=False).sources
            many = [each for each in graph.sources if each.number in optional - single and _has_declared_key(each)]
        else:
            reached = graph.determined((each.number for each in kept), groups)
            many = [each for each in self._outside(reached) if graph.repeats(each, reached)]
        if not many:
            return None
        theirs = many[0]
        ours = next(each for each in kept if each.number in grouped)
        key = theirs.table.primary_key if theirs.table is not None else ()
        column = one_line(f"{theirs.name}.{key[0]}", 120) if key else f"a field of {_name(theirs)} that is never NULL"
        shown = _shown(call, graph.dialect)
        counted = f"COUNT({column})" if key else f"COUNT of {column}"
        return JoinWarning(
            NO_MATCH,
            f"{shown} counts 1 where {_name(ours)} has no row in {_name(theirs)}: the outer join keeps it, with NULLs. "
            f"Write {counted} to count {_name(theirs)}, which gives 0 there, or JOIN to leave out what has none.",
        )

    def _counts_all_rows(self, call: exp.Expr) -> bool:
        """Whether it is a plain COUNT(*), and no other count tells what has a match from what has none."""
        if not isinstance(call, exp.Count) or isinstance(call.parent, exp.Filter) or _is_compared(self.select):
            return False
        others = [each for each in aggregates(self.select) if isinstance(each, exp.Count | exp.CountIf)]
        values = [self.graph.value(each.this) for each in others if isinstance(each.this, exp.Expr)]
        return not any(self.graph.sources[number].optional for value in values for number, _ in value.fields)

    def _told(
        self,
        call: exp.Expr,
        kind: str,
        distinct: bool,
        measured: frozenset[int],
        many: Source,
        on: tuple[str, ...],
    ) -> JoinWarning:
        graph = self.graph
        one = graph.sources[min(measured)]
        shown, ours, theirs = _shown(call, graph.dialect), _name(one), _name(many)
        if many.made_of:
            theirs = f"the elements that {theirs} takes apart"
        through = f" on {_columns(many, on)}" if on else ""
        grouped = f", grouped by {_columns(many, on)}," if on else ""
        reason = f"the join with {theirs}{through} repeats each row of {ours} for every row of {theirs} that matches"
        whole = _whole_key(one, many, on)
        crossed = not on and not many.made_of
        if crossed:
            reason = f"the CROSS JOIN repeats each row of {ours} for every row of {theirs}"
        if not crossed and not measured <= graph.determined((many.number,), trusting=False).sources:
            return JoinWarning(
                MANY_TO_MANY,
                f"{shown} is not over single rows of {ours}: {ours} and {theirs} are joined many to many{through}, so "
                f"that every row of the one meets several of the other.{whole} Aggregate {ours} and {theirs} each in a "
                f"subquery of its own{grouped} then join the results.",
            )
        if distinct:
            return JoinWarning(
                FAN_OUT,
                f"{shown} leaves out equal values of different rows of {ours}, and without DISTINCT {reason}. "
                f"Aggregate {theirs} in a subquery{grouped} before joining it, and leave DISTINCT out.",
            )
        if kind == "count":
            return JoinWarning(
                FAN_OUT,
                f"{shown} counts rows of {theirs}, not of {ours}: {reason}. Write {_counted_once(one)} to count "
                f"{ours}, or COUNT(*) if rows of {theirs} are meant.",
            )
        what = "adds up the same value several times" if kind == "sum" else "counts the same value several times"
        return JoinWarning(
            FAN_OUT,
            f"{shown} {what}: {reason}.{whole} Aggregate {theirs} in a subquery{grouped} before joining it, or use "
            f"EXISTS if it only filters. Leave it if a value of {ours} is meant once for each row of {theirs}.",
        )


def _has_declared_key(source: Source) -> bool:
    """Whether what is declared of it says that it may have many rows for one value."""
    if source.table is None:
        return source.keys_known
    return bool(source.table.primary_key or source.table.unique)


def _is_compared(select: exp.Select) -> bool:
    """Whether HAVING asks for a count: of more than one, say, which what has no match does not reach."""
    having = select.args.get("having")
    return isinstance(having, exp.Having) and having.find(exp.Count) is not None


def _window_of(call: exp.Expr) -> exp.Window | None:
    parent = call.parent
    while isinstance(parent, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        parent = parent.parent
    return parent if isinstance(parent, exp.Window) else None


def _kind(call: exp.Expr) -> tuple[str, exp.Expr | None, bool]:
    """Sum, mean or count, what it is of, and whether only different values count; an empty kind for all others."""
    argument = call.this
    if isinstance(call, exp.Anonymous):
        name = call.name.lower()
        kind = "sum" if name in _NAMED_SUMS else "mean" if name in _NAMED_MEANS else ""
        argument = call.expressions[0] if call.expressions else None
    elif isinstance(call, exp.CountIf):
        return "count", None, False
    elif isinstance(call, exp.Count):
        kind = "count"
    elif isinstance(call, _SUMS):
        kind = "sum"
    elif isinstance(call, _MEANS):
        kind = "mean"
        within = call.parent
        if isinstance(within, exp.WithinGroup) and isinstance(within.expression, exp.Order):
            argument = within.expression.expressions[0].this
    else:
        return "", None, False
    if isinstance(argument, exp.Distinct):
        return kind, argument.expressions[0] if argument.expressions else None, True
    return kind, argument if isinstance(argument, exp.Expr) else None, False


def _measured(argument: exp.Expr) -> list[exp.Expr]:
    """The parts of an argument that bring its value, without the conditions that choose among them."""
    stack = [argument]
    parts: list[exp.Expr] = []
    while stack:
        node = stack.pop()
        if isinstance(node, (*_PREDICATES, exp.Star)):
            continue  # the sum of a condition is a count
        if isinstance(node, exp.Case):
            stack += [each.args["true"] for each in node.args.get("ifs") or ()]
            stack += [each for each in (node.args.get("default"),) if each is not None]
        elif isinstance(node, exp.If):
            stack += [each for each in (node.args.get("true"), node.args.get("false")) if each is not None]
        elif isinstance(node, exp.Column | exp.Query):
            parts.append(node)
        else:
            stack.extend(children(node))
    return parts


# Missing conditions


def _unjoined(graph: JoinGraph) -> Iterator[JoinWarning]:
    """Groups of tables with nothing between them."""
    alone = graph.determined(()).sources  # one row each: a total, settings found by their key
    mine = [each for each in graph.sources if each.number not in alone and not each.is_function]
    if not mine:
        return
    group: dict[int, int] = {each.number: each.number for each in mine}

    def find(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    def tie(numbers: list[int]) -> None:
        for number in numbers[1:]:
            group[find(number)] = find(numbers[0])

    first = mine[0].number
    for source in mine:
        if source.crossed:
            tie([first, source.number])
        tie([each.number for each in mine if each.part_of == source.part_of])
    for link in graph.links:
        tie([number for number in link if number in group])
    parts: dict[int, list[Source]] = {}
    for source in mine:
        parts.setdefault(find(source.number), []).append(source)
    together = parts.pop(find(first))
    for part in parts.values():
        if not _compares_one_table(graph, together, part) and not _may_be_one_row(graph, part):
            yield _nothing_between(together, part)


def _compares_one_table(graph: JoinGraph, one: list[Source], other: list[Source]) -> bool:
    """`FROM city a, city b WHERE a.name = 'X' AND b.name = 'Y'` sets two rows side by side on purpose."""
    chosen = {number for number, _ in graph.constants}
    return all(
        any(each.table == wanted.table and each.table is not None and each.number in chosen for each in side)
        for side, others in ((one, other), (other, one))
        for wanted in others[:1]
    )


def _may_be_one_row(graph: JoinGraph, part: list[Source]) -> bool:
    """One table without a declared key of which a value is chosen: that may be its key."""
    table = part[0].table
    chosen = {number for number, _ in graph.constants}
    keyless = table is not None and not table.primary_key and not table.unique
    return len(part) == 1 and keyless and part[0].number in chosen


def _nothing_between(one: list[Source], other: list[Source]) -> JoinWarning:
    ours, theirs = _name(one[0]), _name(other[0])
    way = next(
        (said for mine in one for its in other if (said := _key_between(mine, its) or _key_between(its, mine))), ""
    )
    repair = f"Add the condition {way}" if way else "Add the condition that joins them"
    return JoinWarning(
        NO_CONDITION,
        f"No condition joins {theirs} with {ours}: every row of the one is paired with every row of the other. "
        f"{repair}, or write CROSS JOIN if every pair is meant.",
    )


def _key_between(source: Source, target: Source) -> str:
    if source.table is None or target.table is None:
        return ""
    for key in source.table.foreign_keys:
        if _points_at(key, target.table) and key.target_fields:
            return one_line(
                " AND ".join(
                    f"{source.name}.{mine} = {target.name}.{theirs}"
                    for mine, theirs in zip(key.fields, key.target_fields, strict=False)
                )
            )
    return ""


def _points_at(key: ForeignKey, table: TableMeta) -> bool:
    return (key.target_schema, key.target_table) == (table.schema, table.name)


def _name(source: Source) -> str:
    return one_line(source.shown, 60) or "a derived table"


def _columns(source: Source, names: tuple[str, ...]) -> str:
    """The columns in the spelling of their table."""
    fields = [source.table.field(name) if source.table else None for name in names]
    return ", ".join(one_line(of.name if of else name, 60) for of, name in zip(fields, names, strict=True))


def _whole_key(one: Source, many: Source, on: tuple[str, ...]) -> str:
    """Which key the join uses only a part of."""
    for source in (many, one):
        for key in (*source.keys, *source.references):
            if on and set(on) < key:
                rest = _columns(source, tuple(sorted(key - set(on))))
                return f" That is a part of a key of {_name(source)}: join on {rest} too if that is meant."
    return ""


def _counted_once(source: Source) -> str:
    key = source.table.primary_key if source.table is not None else ()
    if len(key) == 1:
        return one_line(f"COUNT(DISTINCT {source.name}.{key[0]})", 140)
    return f"COUNT(DISTINCT ...) over the key of {_name(source)}"


def _shown(call: exp.Expr, dialect: str) -> str:
    """The aggregate as it is written, or its name where it is long."""
    if sum(1 for _, _ in zip(call.walk(), range(60), strict=False)) < 60:
        text = one_line(call.sql(dialect), _LONGEST_CALL)
        if len(text) < _LONGEST_CALL:
            return text
    return f"{call.sql_names()[0] if isinstance(call, exp.Func) and hasattr(call, 'sql_names') else 'The aggregate'}(…)"
