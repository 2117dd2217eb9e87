"""What the FROM of one SELECT joins: its sources, their keys, and which rows determine which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from tools.guard.scopes import children, reading
from tools.metadata import DatabaseMeta, TableMeta

MOST_SOURCES = 40  # CTEs that use each other twice grow as powers of two
_MOST_DEPTH = 15  # of queries within queries that are looked into
_MOST_LOOKS = 300  # into queries, for one statement: CTEs are looked into wherever they are named
ROW = "*row*"  # stands for the whole row of a source among its fields
_ROW_NUMBERS = {"sqlite": ("rowid", "_rowid_", "oid"), "duckdb": ("rowid",), "postgres": ("ctid",)}
# A report that groups by a name means the thing that is named, though a name is rarely declared unique.
_LABEL = re.compile(r"name$|^title$|login$|e_?mail$|名称$|姓名$|标题$")
_SEEN_THROUGH = (exp.Paren, exp.Cast, exp.TryCast, exp.Lower, exp.Upper, exp.Trim, exp.Collate)
_COMPARISONS = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)

Field = tuple[int, str]  # a source's number and a column's name in lower case


@dataclass(frozen=True)
class Value:
    """What an expression is made of: fields of sources, and which one it is if it is nothing but that.

    `known` is False when some name in it could be anything.
    """

    fields: frozenset[Field] = frozenset()
    pure: Field | None = None
    known: bool = True

    @property
    def constant(self) -> bool:
        """Whether it is the same for every row of the join, also when it is a row of the query around it."""
        return self.known and not self.fields


@dataclass
class Source:
    """One relation among those that are joined.

    `keys` are sets of columns no two rows agree in; the empty set is a key of what has one row. `references` are
    the columns of each foreign key. `keys_known` says of what is no table that it has no other keys.
    """

    number: int
    name: str
    table: TableMeta | None = None
    columns: frozenset[str] | None = None
    keys: tuple[frozenset[str], ...] = ()
    references: tuple[frozenset[str], ...] = ()
    keys_known: bool = False
    made_of: frozenset[int] = frozenset()  # the sources whose values a function such as unnest takes apart
    is_function: bool = False
    part_of: int = 0  # which relation of this FROM it came with; a derived table brings several
    crossed: bool = False  # joined by CROSS JOIN or ON TRUE: on purpose
    optional: bool = False  # an outer join keeps the rows of the other side that have none of its own

    @property
    def shown(self) -> str:
        """The table's name, or the name that the statement gives to what is no table."""
        return self.table.name if self.table is not None else self.name


@dataclass
class _Derived:
    """A derived table whose sources stand among ours: what its columns are made of."""

    outputs: dict[str, Value] = field(default_factory=dict)
    stars: list[_Binding] = field(default_factory=list)


_Binding = Source | _Derived


@dataclass
class _Names:
    """The names that a SELECT gives to its sources, and those around it that share our numbering."""

    outer: _Names | None = None
    bindings: list[tuple[str, _Binding]] = field(default_factory=list)
    parts: int = 0


@dataclass(frozen=True)
class Determined:
    """Sources with one row at most for what was given, and the fields whose value the joins fix.

    `chosen` are the fields that were given a value by a constant or a group.
    """

    sources: frozenset[int]
    tied: frozenset[Field]
    chosen: frozenset[Field]


_Keys = tuple[frozenset[str] | None, tuple[frozenset[str], ...] | None]


class Statement:
    """What is known of a whole statement: its tables, its CTEs, and the keys of its derived tables."""

    def __init__(self, tree: exp.Expr, meta: DatabaseMeta) -> None:
        """Resolve every name; raises UnknownTable or SqlRefused as the guard does."""
        found = reading(tree, meta)
        self.dialect = meta.dialect
        self.tables = {id(node): table for node, table in found.tables}
        self.ctes = found.ctes
        self.keys: dict[int, _Keys] = {}  # by the id of a query's node
        self.looks = 0
        # What a foreign key points at is unique, also where it was not declared to be.
        self.referenced: dict[tuple[str, str], list[frozenset[str]]] = {}
        for key in (key for table in found.unique for key in table.foreign_keys if key.target_fields):
            target = key.target_schema, key.target_table
            self.referenced.setdefault(target, []).append(_lower(key.target_fields))


class JoinGraph:
    """The sources of one SELECT and all that its conditions say of them."""

    def __init__(self, select: exp.Select, statement: Statement, around: tuple[int, ...] = ()) -> None:
        """`around` are the ids of the queries that this one is looked into from."""
        self.select = select
        self.dialect = statement.dialect
        self.sources: list[Source] = []
        self.constants: set[Field] = set()
        self.links: list[frozenset[int]] = []
        self.demanded: set[int] = set()  # sources of which WHERE or an inner join asks something
        self._equal: list[tuple[frozenset[Field], Field]] = []
        self._ranged: set[Field] = set()
        self._rules: list[tuple[frozenset[Field], frozenset[int]]] = []
        self._row_numbers: dict[Field, tuple[frozenset[Field], frozenset[int]]] = {}
        self._statement = statement
        self._around = list(around)
        self.names = _Names()
        self._part = 0
        self._read(select, self.names, top=True)

    def value(self, expression: exp.Expr | None, names: _Names | None = None) -> Value:
        """What an expression of this SELECT is made of."""
        if expression is None:
            return Value()
        names = names or self.names
        bare: object = expression
        while isinstance(bare, _SEEN_THROUGH):
            bare = bare.this
        if isinstance(bare, exp.Column):
            return self._column(bare, names)
        fields: set[Field] = set()
        known = True
        for column, inside in _columns(expression):
            if inside and not column.table:
                continue  # of a subquery: most likely its own
            found = self._column(column, names, only_here=inside)
            fields |= found.fields
            known = known and found.known
        return Value(frozenset(fields), None, known)

    def determined(self, start: Iterable[int], fields: Iterable[Field] = (), trusting: bool = True) -> Determined:
        """What goes once at most with given rows of `start` and given values of `fields`.

        Trusting, joins of which nothing is declared count as joins on a key.
        """
        chosen = frozenset(fields) | self.constants
        inside = set(start) | {number for number, name in chosen if self._is_label(number, name)}
        given, tied = set(chosen), set[Field]()
        while True:
            before = len(inside), len(given), len(tied)
            given |= {(number, ROW) for number in inside}
            for needed, field_ in self._equal:
                if field_ not in tied and all(each in given or each[0] in inside for each in needed):
                    given.add(field_)
                    tied.add(field_)
            inside |= {each.number for each in self.sources if self._is_found_by_key(each, given)}
            for needed, numbers in self._rules:
                if all(each in given or each[0] in inside for each in needed):
                    inside |= numbers
            if (len(inside), len(given), len(tied)) != before:
                continue
            reached = Determined(frozenset(inside), frozenset(tied), chosen)
            unsaid = {each.number for each in self.sources if self._is_unsaid(each, reached)} - inside
            if not unsaid or not trusting:
                return reached
            inside |= unsaid

    def _is_found_by_key(self, source: Source, given: set[Field]) -> bool:
        for key in source.keys:
            rest = {name for name in key if (source.number, name) not in given}
            # A row of a price list is found by its article and the range of dates that holds the day.
            if not rest or (len(rest) < len(key) and all((source.number, name) in self._ranged for name in rest)):
                return True
        return False

    def _is_unsaid(self, source: Source, reached: Determined) -> bool:
        """Whether a source is tied to what was reached by what is declared neither to repeat nor not to."""
        if source.made_of or self.repeats(source, reached):
            return False
        number = source.number
        return any(n == number for n, _ in reached.tied) or any(
            number in link and link & reached.sources for link in self.links
        )

    def repeats(self, source: Source, reached: Determined) -> tuple[str, ...]:
        """The columns by which a source is tied that are known to hold the same value in many of its rows."""
        tied = {name for number, name in reached.tied if number == source.number}
        if source.table is None:
            return tuple(sorted(tied)) if source.keys_known else ()
        touched = [each for each in (*source.references, *source.keys) if each & tied]
        if tied - frozenset().union(*touched):
            return ()  # with a column of which nothing is declared they may well be unique
        fixed = tied | {name for number, name in reached.chosen if number == source.number}
        if not source.table.primary_key and sum(bool(each & fixed) for each in source.references) > 1:
            return ()  # a bridge whose key was left undeclared
        return tuple(sorted(touched[0] & tied)) if touched else ()

    def _is_label(self, number: int, name: str) -> bool:
        source = self.sources[number]
        return bool(_LABEL.search(name)) and not any(name in each for each in source.references)

    # Reading the FROM

    def _read(self, select: exp.Select, names: _Names, top: bool = False) -> None:
        """Take the sources of a SELECT in, then its conditions."""
        conditions: list[exp.Expr] = []
        opening = select.args.get("from_")
        if isinstance(opening, exp.From):
            self._part += top
            self._relation(opening.this, names, conditions, top)
        self._joins(select, names, conditions, top)
        for lateral in select.args.get("laterals") or ():
            self._part += top
            self._relation(lateral, names, conditions, top)
        where = select.args.get("where")
        if isinstance(where, exp.Where):
            conditions.append(where.this)
            self.demanded |= {number for number, _ in self.value(where.this, names).fields} if top else set()
        for condition in conditions:
            for part in _conjuncts(condition):
                self._condition(part, names)

    def _joins(self, node: exp.Expr, names: _Names, conditions: list[exp.Expr], top: bool) -> None:
        for join in node.args.get("joins") or ():
            if not isinstance(join, exp.Join) or join.kind in ("SEMI", "ANTI"):
                continue
            self._part += top
            before, first = list(names.bindings), len(self.sources)
            self._relation(join.this, names, conditions, top)
            mine = self.sources[first:]
            for source in {"LEFT": mine, "RIGHT": self.sources[:first], "FULL": self.sources}.get(join.side, []):
                source.optional = True
            on = join.args.get("on")
            if top and not join.side:
                self.demanded |= {number for number, _ in self.value(on, names).fields}
            # In SQLite's tree a comma is a CROSS too, but without the place for pivots that the words leave (30.30).
            crossed = join.kind == "CROSS" and (self.dialect != "sqlite" or "pivots" in join.args)
            # In SQLite's and MySQL's, ON TRUE may stand for a JOIN that was written without a condition.
            if crossed or (_is_true(on) and self.dialect not in ("sqlite", "mysql")):
                for source in mine:
                    source.crossed = True
            if join.method in ("ASOF", "POSITIONAL"):
                self._rules.append((frozenset(), frozenset(each.number for each in mine)))
                self._link({each.number for each in mine} | {0})
            if isinstance(on, exp.Expr):
                conditions.append(on)
            self._same_names(join, before, names.bindings[len(before) :])

    def _same_names(
        self, join: exp.Join, before: list[tuple[str, _Binding]], after: list[tuple[str, _Binding]]
    ) -> None:
        shared = [each.name.lower() for each in join.args.get("using") or ()]
        if join.method == "NATURAL":
            shared = sorted(_columns_of(after) & _columns_of(before))
            if not shared:
                self._link({each.number for each in self.sources})  # unknown columns: say nothing
        for name in shared:
            left, right = _lookup(before, name), _lookup(after, name)
            if left is None or right is None:
                self._link({each.number for each in self.sources})
            else:
                self._equality(left, right)
                if not join.side:
                    self.demanded |= {number for number, _ in left.fields}

    def _relation(self, node: exp.Expr, names: _Names, conditions: list[exp.Expr], top: bool) -> None:
        alias = node.alias_or_name.lower()
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table | exp.Subquery):
            self._relation(node.this, names, conditions, top)  # FROM (a JOIN b ON ...)
            self._joins(node, names, conditions, top)
            return
        renamed = bool(_alias_columns(node))
        query = self._query_of(node)
        if id(node) in self._statement.tables and not renamed:
            self._add_table(alias, self._statement.tables[id(node)], names)
        elif query is not None and not renamed and len(self.sources) < MOST_SOURCES:
            self._add_query(alias, query, names, cte=self._statement.ctes.get(id(node)))
        else:
            self._add_function(alias, node, names)
        self._joins(node, names, conditions, top)

    def _query_of(self, node: exp.Expr) -> exp.Expr | None:
        cte = self._statement.ctes.get(id(node))
        if len(self._around) >= _MOST_DEPTH or self._statement.looks >= _MOST_LOOKS:
            return None
        if cte is not None:
            return None if id(cte.this) in self._around or _alias_columns(cte) else cte.this
        if isinstance(node, exp.Lateral):
            node = node.this
        return node.this if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query) else None

    def _add(self, source: Source, names: _Names) -> Source:
        source.number, source.part_of = len(self.sources), self._part
        self.sources.append(source)
        names.bindings.append((source.name, source))
        return source

    def _add_table(self, alias: str, table: TableMeta, names: _Names) -> None:
        keys = [_lower(key) for key in (table.primary_key, *table.unique) if key]
        keys += self._statement.referenced.get((table.schema, table.name), [])
        if table.kind == "table":
            keys += [frozenset((name,)) for name in _ROW_NUMBERS.get(self.dialect, ())]
        self._add(
            Source(
                0,
                alias,
                table,
                frozenset(each.name.lower() for each in table.fields) | frozenset().union(*keys),
                tuple(dict.fromkeys(keys)),
                tuple(_lower(key.fields) for key in table.foreign_keys),
            ),
            names,
        )

    def _add_function(self, alias: str, node: exp.Expr, names: _Names) -> None:
        """A function in FROM, VALUES, or what we do not look into."""
        inner = node.this if isinstance(node, exp.Table | exp.Lateral) else node
        spread = isinstance(inner, exp.Unnest | exp.Explode) or (
            isinstance(inner, exp.Anonymous) and inner.name.lower() in _SPREADING
        )
        touched = frozenset(number for number, _ in self.value(node, names).fields)
        one_row = isinstance(node, exp.Values) and len(node.expressions) == 1
        source = self._add(Source(0, alias, keys=(frozenset(),) if one_row else (), is_function=True), names)
        if spread and touched:
            source.made_of = touched
            self._rules.append((frozenset({(source.number, ROW)}), touched))
        self._link({source.number, *touched})

    def _add_query(self, alias: str, query: exp.Expr, names: _Names, cte: exp.Expr | None) -> None:
        """A derived table: its sources among ours where its rows are theirs, else one source with its keys."""
        self._statement.looks += 1
        self._around.append(id(query))
        while isinstance(query, exp.Subquery) and isinstance(query.this, exp.Query):
            query = query.this
        try:
            if isinstance(query, exp.Select) and not _regroups(query):
                self._add_rows(alias, query, names, lateral=cte is None)
            else:
                columns, keys = self._keys_of(query)
                self._add(Source(0, alias, None, columns, keys or (), keys_known=keys is not None), names)
        finally:
            self._around.pop()

    def _add_rows(self, alias: str, query: exp.Select, names: _Names, lateral: bool) -> None:
        first = len(self.sources)
        inner = _Names(names if lateral else None)
        self._read(query, inner)
        numbers = frozenset(range(first, len(self.sources)))
        self._link(set(numbers))
        derived = _Derived()
        for each in query.expressions:
            if each.is_star:
                wanted = each.table.lower() if isinstance(each, exp.Column) else ""
                derived.stars += [to for name, to in inner.bindings if not wanted or name == wanted]
                continue
            derived.outputs[each.alias_or_name.lower()] = self.value(each.unalias(), inner)
            window = each.unalias()
            if isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber):
                by = self._fields(window.args.get("partition_by") or (), inner)
                marker = (first, f"{ROW}{alias}.{each.alias_or_name.lower()}")
                if numbers and by is not None:
                    self._row_numbers[marker] = (by, numbers)
                    derived.outputs[each.alias_or_name.lower()] = Value(frozenset({marker}), marker)
        names.bindings.append((alias, derived))
        distinct = query.args.get("distinct")
        on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
        if on is not None and numbers:
            by = self._fields(on.expressions if isinstance(on, exp.Tuple) else (on,), inner)
            if by is not None:
                self._rules.append((by, numbers))
        qualify = query.args.get("qualify")
        if isinstance(qualify, exp.Qualify):
            for part in _conjuncts(qualify.this):
                sides = [part.this, part.expression] if isinstance(part, exp.EQ | exp.LTE) else []
                ranked = [each for each in sides if isinstance(each, exp.Window)]
                if ranked and isinstance(ranked[0].this, exp.RowNumber) and any(map(_is_one, sides)):
                    by = self._fields(ranked[0].args.get("partition_by") or (), inner)
                    if by is not None:
                        self._rules.append((by, numbers))
        if _limit_of(query) == 1:
            self._rules.append((frozenset(), numbers))

    def _fields(self, expressions: Iterable[exp.Expr], names: _Names) -> frozenset[Field] | None:
        values = [self.value(each, names) for each in expressions]
        return frozenset().union(*(each.fields for each in values)) if all(v.known for v in values) else None

    def _keys_of(self, query: exp.Expr) -> _Keys:
        """The columns and keys of a query whose rows are not those of its sources; None where not known."""
        known = self._statement.keys
        if id(query) not in known:
            known[id(query)] = self._worked_out(query)
        return known[id(query)]

    def _worked_out(self, query: exp.Expr) -> _Keys:
        if isinstance(query, exp.SetOperation):
            first: exp.Expr = query
            while isinstance(first, exp.SetOperation | exp.Subquery):
                first = first.this
            columns = _outputs(first)
            return columns, (columns,) if columns and query.args.get("distinct") else None
        if not isinstance(query, exp.Select):
            return None, None
        columns = _outputs(query)
        if _limit_of(query) == 1:
            return columns, (frozenset(),)
        group = query.args.get("group")
        if query.args.get("distinct") is not None:
            return columns, (columns,) if columns else None
        if group is None:
            return columns, (frozenset(),)  # an aggregate over all: one row
        inner = JoinGraph(query, self._statement, tuple(self._around))
        named = inner.group_outputs()
        if named is None:
            return columns, None
        for name in list(named):
            rest = frozenset().union(*(named[other].fields for other in named if other != name))
            if named[name].fields and {n for n, _ in named[name].fields} <= inner.determined((), rest).sources:
                del named[name]
        return columns, (frozenset(named),)

    def group_outputs(self) -> dict[str, Value] | None:
        """The columns of a grouped SELECT that tell its groups apart; None where some are not given out."""
        parts = group_parts(self.select)
        if parts is None:
            return None
        named = {each.alias_or_name.lower(): each.unalias() for each in self.select.expressions}
        found: dict[str, Value] = {}
        for part in parts:
            mine = self.value(part)
            if mine.constant:
                continue
            for name, expression in named.items():
                if name and (
                    expression is part or expression == part or (mine.pure and self.value(expression).pure == mine.pure)
                ):
                    found[name] = mine
                    break
            else:
                return None
        return found

    # Names

    def _column(self, column: exp.Column, names: _Names, only_here: bool = False) -> Value:
        name, wanted = column.name.lower(), column.table.lower()
        scope: _Names | None = names
        while scope is not None:
            bindings = [each for each in scope.bindings if not wanted or each[0] == wanted]
            hit = _lookup(bindings, name)
            if hit is not None:
                return hit
            if bindings and wanted:
                return Value(known=False)
            scope = scope.outer
        if only_here or wanted:
            return Value()  # of the query around us, the same for all our rows
        unsure = any(isinstance(each, _Derived) and each.stars for _, each in names.bindings)
        return Value(known=not unsure)

    # Conditions

    def _link(self, numbers: set[int]) -> None:
        if len(numbers) > 1:
            self.links.append(frozenset(numbers))

    def _condition(self, part: exp.Expr, names: _Names) -> None:
        touched = {number for number, _ in self.value(part, names).fields}
        self._link(touched)
        if isinstance(part, exp.EQ | exp.NullSafeEQ):
            left, right = part.this, part.expression
            if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
                for one, other in zip(left.expressions, right.expressions, strict=False):
                    self._equality(self.value(one, names), self.value(other, names))
            else:
                self._equality(self.value(left, names), self.value(right, names))
        elif isinstance(part, exp.In) and len(part.expressions) == 1 and not part.args.get("query"):
            self._equality(self.value(part.this, names), self.value(part.expressions[0], names))
        elif isinstance(part, _COMPARISONS):
            sides = [each for each in children(part) if isinstance(each, exp.Expr)]
            values = [self.value(each, names) for each in sides]
            if len(touched) > 1:
                self._ranged |= {each.pure for each in values if each.pure}
            elif isinstance(part, exp.LTE) and _is_one(part.expression) and values[0].pure:
                self._equality(values[0], Value())  # row_number() <= 1

    def _equality(self, left: Value, right: Value) -> None:
        for one, other in ((left, right), (right, left)):
            if one.pure is None or not other.known:
                continue
            if other.fields:
                if one.pure not in other.fields:
                    self._equal.append((other.fields, one.pure))
            else:
                self.constants.add(one.pure)
                if one.pure in self._row_numbers:
                    self._rules.append(self._row_numbers[one.pure])
        if left.fields and right.fields:
            self._link({number for number, _ in left.fields | right.fields})


_SPREADING = frozenset(
    (
        "json_each",
        "json_tree",
        "json_array_elements",
        "jsonb_array_elements",
        "json_array_elements_text",
        "jsonb_array_elements_text",
        "jsonb_each",
        "json_object_keys",
        "jsonb_object_keys",
        "unnest",
        "explode",
        "string_to_table",
        "regexp_split_to_table",
    )
)


def group_parts(select: exp.Expr) -> list[exp.Expr] | None:
    """What a SELECT groups by, ordinals and aliases resolved; None where the grouping is not a plain list."""
    group = select.args.get("group")
    if not isinstance(group, exp.Group):
        return []
    if group.args.get("all"):
        return [each.unalias() for each in select.expressions if not each.find(exp.AggFunc)]
    if any(group.args.get(each) for each in ("grouping_sets", "cube", "rollup", "totals")):
        return None
    outputs = select.expressions
    aliases = {each.alias.lower(): each.unalias() for each in outputs if isinstance(each, exp.Alias)}
    parts: list[exp.Expr] = []
    for each in group.expressions:
        if isinstance(each, exp.Rollup | exp.Cube | exp.GroupingSets):
            return None
        if isinstance(each, exp.Literal) and each.name.isdigit():
            at = int(each.name) - 1
            if not 0 <= at < len(outputs) or outputs[at].is_star:
                return None
            parts.append(outputs[at].unalias())
        elif isinstance(each, exp.Column) and not each.table and each.name.lower() in aliases:
            parts.append(aliases[each.name.lower()])
        else:
            parts.append(each)
    return parts


def aggregates(select: exp.Expr) -> Iterator[exp.Expr]:
    """The calls of functions in a SELECT that are its own and not of a query inside it, outside its FROM."""
    stack: list[exp.Expr] = [*select.expressions]
    stack += [part for name in ("having", "order", "qualify") if isinstance(part := select.args.get(name), exp.Expr)]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Query):
            continue
        if isinstance(node, exp.AggFunc | exp.Anonymous):
            yield node
        stack.extend(children(node))


def _regroups(select: exp.Select) -> bool:
    """Whether the rows of a SELECT are not simply some of those of its FROM."""
    distinct = select.args.get("distinct")
    if select.args.get("group") is not None or (distinct is not None and distinct.args.get("on") is None):
        return True
    if any(select.args.get(each) for each in ("pivots", "having")):
        return True
    return any(
        isinstance(each, exp.AggFunc) and not isinstance(each.parent, exp.Window) and not each.find_ancestor(exp.Window)
        for each in aggregates(select)
    )


def _outputs(query: exp.Expr) -> frozenset[str] | None:
    if not isinstance(query, exp.Select) or any(each.is_star for each in query.expressions):
        return None
    return frozenset(each.alias_or_name.lower() for each in query.expressions)


def _limit_of(query: exp.Expr) -> int | None:
    limit = query.args.get("limit")
    count = limit.args.get("expression") or limit.args.get("count") if isinstance(limit, exp.Expr) else None
    return int(count.name) if isinstance(count, exp.Literal) and count.name.isdigit() else None


def _is_true(node: object) -> bool:
    return isinstance(node, exp.Boolean) and bool(node.this)


def _is_one(node: object) -> bool:
    return isinstance(node, exp.Literal) and node.name == "1"


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    stack = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.And):
            stack += [node.expression, node.this]
        elif isinstance(node, exp.Paren) and isinstance(node.this, exp.And | exp.Paren | exp.EQ):
            stack.append(node.this)
        else:
            yield node


def _columns(expression: exp.Expr) -> Iterator[tuple[exp.Column, bool]]:
    """Every column in an expression, and whether it stands in a query inside it."""
    stack: list[tuple[exp.Expr, bool]] = [(expression, False)]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, exp.Column):
            yield node, inside
            continue
        inside = inside or isinstance(node, exp.Query)
        stack.extend((child, inside) for child in children(node))


def _lookup(bindings: Iterable[tuple[str, _Binding]], name: str) -> Value | None:
    """The column of that name; of a source with unknown columns only where no other has it."""
    unsure: list[Value] = []
    for _, binding in bindings:
        if isinstance(binding, Source):
            if binding.columns is None:
                unsure.append(_field(binding, name))
            elif name in binding.columns:
                return _field(binding, name)
        elif name in binding.outputs:
            return binding.outputs[name]
        elif binding.stars:
            hit = _lookup([("", each) for each in binding.stars], name)
            if hit is not None:
                return hit
    return unsure[0] if len(unsure) == 1 else None


def _field(source: Source, name: str) -> Value:
    return Value(frozenset({(source.number, name)}), (source.number, name))


def _columns_of(bindings: Iterable[tuple[str, _Binding]]) -> frozenset[str]:
    names: set[str] = set()
    for _, binding in bindings:
        if isinstance(binding, Source):
            names |= binding.columns or frozenset()
        else:
            names |= set(binding.outputs) | _columns_of([("", each) for each in binding.stars])
    return frozenset(names)


def _alias_columns(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return list(alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else []


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(each.lower() for each in names)
