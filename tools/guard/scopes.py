"""Which tables a parsed statement reads: names resolved by lexical scope and the engine's folding rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp
from sqlglot.errors import ErrorLevel

from tools.errors import NotPermitted, SqlRefused, UnknownTable, not_permitted
from tools.metadata import DatabaseMeta, TableMeta

# Where the engine tells upper from lower case in names of tables, a loose match could be another table.
_EXACT = frozenset({"mysql", "bigquery", "clickhouse"})
_IN_TABLE = frozenset({"sqlite", "clickhouse"})
_LOWER = frozenset({"postgres"})
_UPPER = frozenset({"snowflake", "oracle"})
_CATALOGUES = frozenset(
    {
        "information_schema",
        "pg_catalog",
        "pg_toast",
        "sys",
        "mysql",
        "performance_schema",
        "system",
        "account_usage",
    }
)
_CATALOGUE_NAMES = ("pg_", "sqlite_", "duckdb_", "pragma_")
# PostgreSQL's hidden columns, SQLite's and DuckDB's row numbers.
_SYSTEM_COLUMNS = frozenset({"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax", "rowid", "_rowid_"})
_ORACLE_COLUMNS = frozenset(
    {"level", "rownum", "rowid", "sysdate", "systimestamp", "current_date", "current_timestamp", "localtimestamp"}
    | {"column_value", "object_value", "connect_by_isleaf", "connect_by_iscycle", "ora_rowscn"}
)
# What set-returning functions of PostgreSQL call their columns.
_FUNCTION_COLUMNS = frozenset({"key", "value", "ordinality", "word", "nentry", "ndoc", "alias", "lexeme", "weight"})


_PLAIN_UNION = frozenset({"this", "expression", "distinct", "with_", "order", "limit", "offset"})
_LEAVES = frozenset({exp.Literal, exp.Identifier, exp.Null, exp.Boolean})


@dataclass
class _Ctes:
    """One name of a WITH clause, in front of those visible around it."""

    name: str
    body: exp.Expr
    outer: _Ctes | None


@dataclass
class _Scope:
    """The sources of one SELECT and the SELECT around it."""

    outer: _Scope | None
    sources: list[tuple[exp.Expr, _Ctes | None]] = field(default_factory=list)

    @cached_property
    def named(self) -> dict[str, list[exp.Expr]]:
        """The sources by the names that columns are qualified with, in lower case."""
        found: dict[str, list[exp.Expr]] = {}
        for source, _ in self.sources:
            found.setdefault(source.alias_or_name.lower(), []).append(source)
        return found


@dataclass
class Reading:
    """What a statement reads: each table node with its table, each column with its scope; its CTEs and its calls."""

    tables: list[tuple[exp.Expr, TableMeta]] = field(default_factory=list)
    ctes: dict[int, exp.Expr] = field(default_factory=dict)  # id of a table node → the CTE it stands for
    columns: list[tuple[exp.Expr, _Scope | None]] = field(default_factory=list)
    withs: list[exp.CTE] = field(default_factory=list)
    calls: list[exp.Anonymous] = field(default_factory=list)  # of functions that sqlglot does not know

    @property
    def unique(self) -> tuple[TableMeta, ...]:
        """The tables, each once, in the order of their first reading."""
        return tuple(dict.fromkeys(table for _, table in self.tables))


def reading(tree: exp.Expr, meta: DatabaseMeta) -> Reading:
    """Resolve every table of the tree; raises UnknownTable or SqlRefused for what the metadata lacks."""
    return _Resolver(meta).run(tree)


def find_table(meta: DatabaseMeta, parts: list[exp.Identifier]) -> TableMeta:
    """The one table that the engine takes the name for; raises UnknownTable, SqlRefused for a catalogue."""
    shown = ".".join(part.name for part in parts)
    name = _folded(parts[-1], meta.dialect)
    schema = _folded(parts[-2], meta.dialect) if len(parts) > 1 else None
    if (schema or "").lower() in _CATALOGUES or (
        schema in (None, "main") and name.lower().startswith(_CATALOGUE_NAMES) and not _candidates(meta, name, schema)
    ):
        raise SqlRefused(
            f"{shown} belongs to the system catalogue, which queries may not read.",
            "search_metadata and show_table tell of tables and fields.",
        )
    if len(parts) > 3 or (len(parts) == 3 and not _same(_folded(parts[0], meta.dialect), meta.name, meta.dialect)):
        raise UnknownTable(f"{shown} names another database. Name tables as schema.table.{_nearest(meta, name)}")
    found = _candidates(meta, name, schema)
    if not found and len(parts) == 2 and schema is not None and _same(schema, meta.name, meta.dialect):
        found = _candidates(meta, name, None)  # catalog.table
    if not found and meta.forbids(name, schema):
        raise NotPermitted(not_permitted(shown))
    if not found:
        raise UnknownTable(f"There is no table {shown}.{_nearest(meta, name)}", "search_metadata finds others.")
    if len(found) > 1:
        raise UnknownTable(
            f"{shown} could be any of {', '.join(table.full_name for table in found)}. Write its schema too."
        )
    return found[0]


def _candidates(meta: DatabaseMeta, name: str, schema: str | None) -> list[TableMeta]:
    dialect = meta.dialect
    named = [table for table in meta.find(name) if _same(name, table.name, dialect)] or [
        table for table in meta.tables() if _same(name, table.name, dialect)
    ]
    if schema is None:
        home = [table for table in named if _same(meta.default_schema, table.schema, dialect)]
        return home if home or meta.default_schema else named
    named = [table for table in meta.tables() if _same(name, table.name, dialect)]
    if dialect == "sqlite" and schema.lower() == "main":
        return [table for table in named if table.schema.lower() in ("", "main")]
    return [table for table in named if _same(schema, table.schema, dialect)]


def _nearest(meta: DatabaseMeta, name: str) -> str:
    nearest = meta.nearest(name)
    return f" The nearest are {', '.join(nearest)}." if nearest else " The database has no tables."


def _folded(identifier: exp.Expr, dialect: str) -> str:
    name = identifier.name
    if identifier.args.get("quoted"):
        return name
    if dialect in _LOWER:
        return _ascii_lower(name)
    return name.upper() if dialect in _UPPER else name


def _same(written: str, stored: str, dialect: str) -> bool:
    if dialect in _EXACT or dialect in _LOWER:
        return written == stored
    return _ascii_lower(written) == _ascii_lower(stored)


def _ascii_lower(name: str) -> str:
    """As the engines fold: to Python the Kelvin sign is a k too, so that a CTE could seem to have a table's name."""
    return name.lower() if name.isascii() else "".join(char.lower() if char.isascii() else char for char in name)


def shown(node: exp.Expr, dialect: str) -> str:
    """A node as text to show, at most 80 characters; not to be run."""
    return node.sql(dialect, unsupported_level=ErrorLevel.IGNORE, comments=False)[:80]


def children(node: exp.Expr) -> list[exp.Expr]:
    """Every node directly under this one, also those inside lists, tuples and dicts of its arguments."""
    found: list[exp.Expr] = []
    for value in node.args.values():
        if value is None or value is True or value is False:
            continue
        if isinstance(value, exp.Expr):
            found.append(value)
        elif isinstance(value, (list, tuple, dict)) and value:
            _collect(value, found)
    return found


def _collect(value: object, found: list[exp.Expr]) -> None:
    if isinstance(value, exp.Expr):
        found.append(value)
    elif isinstance(value, (list, tuple)):
        for each in value:
            _collect(each, found)
    elif isinstance(value, dict):
        for each in value.values():
            _collect(each, found)


_LOOKED_AT = (exp.Select, exp.Pivot, exp.Table, exp.Column, exp.Dot, exp.Anonymous, exp.In)
_matters: dict[
    type, bool
] = {}  # whether the resolver looks at nodes of a class: most of a statement's are none of these


class _Resolver:
    def __init__(self, meta: DatabaseMeta) -> None:
        self.meta = meta
        self.dialect = meta.dialect
        self.found = Reading()
        self.repeated: dict[int, exp.Expr] = {}  # id of the arm of a recursive CTE that may name it → the CTE

    def run(self, tree: exp.Expr) -> Reading:
        # A stack and not recursion: a thousand ORs are a tree a thousand deep.
        stack: list[tuple[exp.Expr, _Ctes | None, _Scope | None]] = [(tree, None, None)]
        while stack:
            node, ctes, scope = stack.pop()
            if self.repeated and (cte := self.repeated.get(id(node))) is not None:
                ctes = _Ctes(self._cte_name(cte), cte, ctes)
            clause = node.args.get("with_")
            if isinstance(clause, exp.With):
                ctes = self._open_with(clause, ctes, scope, stack)
            kind = type(node)
            if kind not in _matters:
                _matters[kind] = issubclass(kind, _LOOKED_AT)
            if _matters[kind]:
                if isinstance(node, exp.Select) or (isinstance(node, exp.Pivot) and node.this is not None):
                    scope = _Scope(scope, [(source, ctes) for source in _sources(node)])
                elif isinstance(node, exp.Table):
                    self._table(node, ctes)
                elif isinstance(node, exp.Column | exp.Dot):
                    self.found.columns.append((node, scope))
                elif isinstance(node, exp.Anonymous):
                    self.found.calls.append(node)
                elif isinstance(node, exp.In) and self.dialect in _IN_TABLE and node.args.get("field") is not None:
                    self._in_table(node, ctes)
            for child in children(node):
                if child is not clause and type(child) not in _LEAVES:
                    stack.append((child, ctes, scope))
        return self.found

    def _open_with(
        self,
        clause: exp.With,
        ctes: _Ctes | None,
        scope: _Scope | None,
        stack: list[tuple[exp.Expr, _Ctes | None, _Scope | None]],
    ) -> _Ctes | None:
        """Queue the bodies of a WITH, each with the names it sees; give those that the query sees."""
        recursive = bool(clause.args.get("recursive"))
        under = children(clause)
        parts = [part for part in under if isinstance(part, exp.CTE)]
        self.found.withs += parts
        others = [part for part in under if not isinstance(part, exp.CTE)]
        every = ctes
        for part in parts:
            every = _Ctes(self._cte_name(part), part, every)
        visible = ctes
        for part in parts:
            own = _Ctes(self._cte_name(part), part, visible)
            if self.dialect == "sqlite" or (recursive and self.dialect == "postgres"):
                stack.append((part, every, scope))  # also those that follow
            else:
                # Elsewhere in its own body the name means a table: DuckDB reads that, where others complain.
                if (recursive or self.dialect in ("tsql", "oracle")) and (arm := _repeated_arm(part)) is not None:
                    self.repeated[id(arm)] = part
                stack.append((part, visible, scope))
            visible = own
        stack.extend((part, every, scope) for part in others)
        return every

    def _cte_name(self, cte: exp.Expr) -> str:
        alias = cte.args.get("alias")
        identifier = alias.this if isinstance(alias, exp.TableAlias) else alias
        return self._compared(identifier) if isinstance(identifier, exp.Identifier) else ""

    def _compared(self, identifier: exp.Expr) -> str:
        """A name as the engine compares it with those of CTEs."""
        name = _folded(identifier, self.dialect)
        return name if self.dialect in _EXACT | _LOWER else _ascii_lower(name)

    def _cte(self, identifier: exp.Expr, ctes: _Ctes | None) -> exp.Expr | None:
        name = self._compared(identifier)
        while ctes is not None:
            if name == ctes.name:
                return ctes.body
            ctes = ctes.outer
        return None

    def _table(self, node: exp.Table, ctes: _Ctes | None) -> None:
        if self.dialect == "sqlite" and isinstance(node.this, exp.Anonymous) and self.meta.find(node.this.name):
            self._resolve(node, [exp.to_identifier(node.this.name, quoted=True)], None)
            return
        if not isinstance(node.this, exp.Identifier):
            return  # a table function or a parenthesis: the guard looks at these by kind
        parts = [part for part in node.parts if isinstance(part, exp.Identifier)]
        if len(parts) != len(node.parts):
            raise SqlRefused(f"{shown(node, self.dialect)} is not the plain name of a table. Name it as schema.table.")
        self._resolve(node, parts, ctes)

    def _in_table(self, node: exp.In, ctes: _Ctes | None) -> None:
        """`x IN name` reads a whole table on SQLite and ClickHouse, where the tree has a column or a string."""
        target = node.args["field"]
        if isinstance(target, exp.Column):
            self._resolve(target, [part for part in target.parts if isinstance(part, exp.Identifier)], ctes)
        elif isinstance(target, exp.Literal) and target.is_string and self.dialect == "sqlite":
            self._resolve(target, [exp.to_identifier(target.name, quoted=True)], ctes)
        elif isinstance(target, exp.Dot):
            self._resolve(target, [part for part in target.parts if isinstance(part, exp.Identifier)], ctes)

    def _resolve(self, node: exp.Expr, parts: list[exp.Identifier], ctes: _Ctes | None) -> None:
        if not parts:
            raise SqlRefused("A table is named in a way that could not be read. Name it as schema.table.")
        if len(parts) == 1:
            body = self._cte(parts[0], ctes)
            if body is not None:
                self.found.ctes[id(node)] = body
                return
            if self.dialect == "mysql" and parts[0].name.lower() == "dual" and not parts[0].args.get("quoted"):
                return
            if self.dialect == "oracle" and parts[0].name.lower() == "dual":
                return
            if self.dialect == "mysql" and self._counts(parts[0]):
                return
        self.found.tables.append((node, find_table(self.meta, parts)))

    def _counts(self, identifier: exp.Identifier) -> bool:
        """MariaDB's seq_1_to_10 and seq_1_to_10_step_2, which are numbers and no tables, unless one is named so."""
        name = identifier.name
        numbers = re.fullmatch(r"seq_\d+_to_\d+(_step_\d+)?", name) is not None
        return numbers and not (_candidates(self.meta, name, None) or self.meta.forbids(name, None))


def _repeated_arm(cte: exp.Expr) -> exp.Expr | None:
    """The second operand of the UNION that a recursive CTE is: in it alone the CTE's own name means the CTE.

    Not so in a UNION BY NAME: DuckDB takes the name there for the table.
    """
    body = cte.this
    while isinstance(body, exp.Subquery | exp.Paren):
        body = body.this
    plain = isinstance(body, exp.Union) and {name for name, value in body.args.items() if value} <= _PLAIN_UNION
    return body.expression if plain else None


def _sources(select: exp.Expr) -> Iterator[exp.Expr]:
    """The tables, subqueries and laterals that the FROM of a SELECT joins."""
    pending: list[exp.Expr] = []
    opening = select.args.get("from_")
    if isinstance(opening, exp.From):
        pending.append(opening.this)
    elif isinstance(select, exp.Pivot) and isinstance(select.this, exp.Expr):
        pending.append(select.this)
    pending.extend(join.this for join in select.args.get("joins") or () if isinstance(join.this, exp.Expr))
    pending.extend(each for each in select.args.get("laterals") or () if isinstance(each, exp.Expr))
    while pending:
        source = pending.pop()
        yield source
        pending.extend(join.this for join in source.args.get("joins") or () if isinstance(join.this, exp.Expr))
        pending.extend(each for each in source.args.get("laterals") or () if isinstance(each, exp.Expr))
        if isinstance(source, exp.Subquery | exp.Paren) and isinstance(source.this, exp.Table | exp.Subquery):
            pending.append(source.this)  # FROM (a JOIN b ON ...)


class ColumnShapes:
    """What columns each source of a PostgreSQL SELECT has, as far as the text and the metadata tell."""

    def __init__(self, found: Reading) -> None:
        self.found = found
        self.tables = {id(node): table for node, table in found.tables}
        self.known: dict[int, frozenset[str] | None] = {}

    def of_source(self, source: exp.Expr) -> frozenset[str] | None:
        """Lower-case names; None when they cannot be told from the text."""
        key = id(source)
        if key not in self.known:
            self.known[key] = None  # a CTE that refers to itself ends here
            self.known[key] = self._of_source(source)
        return self.known[key]

    def _of_source(self, source: exp.Expr) -> frozenset[str] | None:
        alias = source.args.get("alias")
        renamed = (
            frozenset(
                column.name.lower() for column in (alias.args.get("columns") or ()) if isinstance(column, exp.Expr)
            )
            if isinstance(alias, exp.TableAlias)
            else frozenset()
        )
        if id(source) in self.tables:
            fields = self.tables[id(source)].fields
            return frozenset(each.name.lower() for each in fields) | _SYSTEM_COLUMNS | renamed
        if id(source) in self.found.ctes:
            cte = self.found.ctes[id(source)]
            inner = self.of_source(cte)
            return None if inner is None else inner | renamed | _search_columns(cte)
        if source.args.get("rows_from"):
            inners = [self.of_source(each) for each in source.args["rows_from"]]
            return renamed.union(*(each for each in inners if each is not None))
        if isinstance(source, exp.Table | exp.Lateral | exp.Unnest):  # a function: its alias names its column
            names = {source.alias_or_name.lower(), *_names_of(source.this)} | _FUNCTION_COLUMNS
            columns = {each.name.lower() for each in source.find_all(exp.ColumnDef, exp.JSONColumnDef)}
            if isinstance(offset := source.args.get("offset"), exp.Expr):
                columns.add(offset.name.lower())  # WITH ORDINALITY AS a(b, c): sqlglot keeps c there
            inner = self.of_query(source.this.this) if isinstance(source.this, exp.Subquery) else frozenset()
            return None if inner is None else frozenset(names) | renamed | columns | inner
        if isinstance(source, exp.Values):
            width = max((len(row.expressions) for row in source.expressions if isinstance(row, exp.Tuple)), default=1)
            return frozenset(f"column{number + 1}" for number in range(width)) | renamed
        inner = self.of_query(source.this) if isinstance(source.this, exp.Expr) else None
        return None if inner is None else inner | renamed

    def of_query(self, query: exp.Expr) -> frozenset[str] | None:
        """The names of the columns that a query gives; of a set operation, those of all its arms."""
        names: set[str] = set()
        pending = [query]
        while pending:
            each = pending.pop()
            if isinstance(each, exp.SetOperation):
                pending += [each.left, each.right]
            elif isinstance(each, exp.Subquery | exp.Paren):
                pending.append(each.this)
            elif isinstance(each, exp.Select):
                columns = self._of_select(each)
                if columns is None:
                    return None
                names |= columns
            elif isinstance(each, exp.Values | exp.Table):
                inner = self.of_source(each)
                if inner is None:
                    return None
                names |= inner
            else:
                return None
        return frozenset(names)

    def _of_select(self, select: exp.Select) -> set[str] | None:
        names: set[str] = set()
        for each in select.expressions:
            if each.is_star:
                if isinstance(each, exp.Dot):
                    return None
                for source in _sources(select):
                    inner = self.of_source(source)
                    if inner is None:
                        return None
                    names |= inner
            else:
                names |= _names_of(each)
        return names


def _search_columns(cte: exp.Expr) -> frozenset[str]:
    """The columns that SEARCH ... SET and CYCLE ... SET ... USING add."""
    clause = cte.parent
    search = clause.args.get("search") if isinstance(clause, exp.With) else None
    return frozenset(each.name.lower() for each in children(search)) if isinstance(search, exp.Expr) else frozenset()


def _names_of(node: exp.Expr | None) -> set[str]:
    """What PostgreSQL may call the column of an expression."""
    if node is None:
        return set()
    names = {node.alias_or_name.lower(), node.output_name.lower(), "?column?"}
    if isinstance(node, exp.Func):
        names |= {name.lower() for name in (node.sql_names() if hasattr(node, "sql_names") else ())}
    if isinstance(node, exp.Anonymous):
        names.add(node.name.lower())
    if isinstance(node, exp.Cast | exp.Paren | exp.Bracket):
        names |= _names_of(node.this if isinstance(node.this, exp.Expr) else None)
    return names


def attribute_problems(found: Reading, harmless: Callable[[str], bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The `x.name` of PostgreSQL that are no column of x, each with the names it could have meant.

    There `o.touch` and `(o).touch` call a function touch(o) when o has no such column. `harmless` tells
    the names of functions that may be called anyway: what a derived table calls its columns is often one of them.
    """
    shapes = ColumnShapes(found)
    every = frozenset(each.name.lower() for table in found.unique for each in table.fields) | _FUNCTION_COLUMNS
    for node, scope in found.columns:
        if isinstance(node, exp.Dot):
            accessed = node.args.get("expression")
            name = accessed.name.lower() if isinstance(accessed, exp.Expr) else ""
            if not isinstance(accessed, exp.Identifier) or name in every or harmless(name):
                continue
            if isinstance(node.this, exp.Identifier):
                continue  # the schema of a function
            if name[:1] == "f" and name[1:].isdigit():
                continue  # the unnamed fields of ROW(...)
            yield name, tuple(sorted(every))
            continue
        qualifier, name = node.args.get("table"), node.name.lower()
        if qualifier is None or isinstance(node.this, exp.Star):
            continue
        named = _named(qualifier.name.lower(), scope)
        if harmless(name) and not all(id(source) in shapes.tables for source in named):
            continue
        columns = _columns_of(named, shapes)
        if columns is None or name not in columns:
            yield f"{qualifier.name}.{node.name}", tuple(sorted(columns or ()))


def calls_without_parentheses(tree: exp.Expr, found: Reading) -> Iterator[str]:
    """Names of columns in an Oracle statement that nothing in it gives: there `f` and `package.f` call a function."""
    sources = {table.name.lower() for table in found.unique}
    columns = {each.name.lower() for table in found.unique for each in table.fields} | _ORACLE_COLUMNS
    pivots = tuple(tree.find_all(exp.Pivot))
    for node in tree.find_all(exp.Alias, exp.PivotAlias, exp.TableAlias, exp.JSONColumnDef, exp.ColumnDef):
        columns.add(node.alias.lower() if isinstance(node, exp.Alias | exp.PivotAlias) else node.name.lower())
        if isinstance(node, exp.TableAlias):
            sources.add(node.name.lower())
            columns.update(each.name.lower() for each in node.args.get("columns") or ())
    for pivot in pivots:
        if pivot.args.get("unpivot"):
            columns.update(each.name.lower() for each in pivot.find_all(exp.Column, exp.Identifier))
    for column, _ in found.columns:
        if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star):
            continue
        name, qualifier = column.name.lower(), column.table.lower()
        composed = bool(pivots) and any(name.startswith(f"{each}_") for each in columns)  # eu_total of 'EU' AS eu
        if not (name in columns or composed) or (qualifier and qualifier not in sources):
            yield f"{column.table}.{column.name}" if qualifier else column.name


def _named(name: str, scope: _Scope | None) -> list[exp.Expr]:
    """The nearest sources of that name; none where it is no source's."""
    while scope is not None:
        if named := scope.named.get(name):
            return named
        scope = scope.outer
    return []


def _columns_of(sources: list[exp.Expr], shapes: ColumnShapes) -> frozenset[str] | None:
    """The columns of all of them; None where they cannot be told of one."""
    shaped = [shapes.of_source(source) for source in sources]
    known = [each for each in shaped if each is not None]
    return frozenset().union(*known) if len(known) == len(shaped) else None


def reads_past_its_cte(pivot: exp.Pivot, found: Reading) -> bool:
    """Whether DuckDB takes a name for a table where the text has it for a CTE.

    A PIVOT without a list of values first runs a query of its own for them. That sees the CTEs around it, but neither
    those of the WITH in which the PIVOT itself stands, nor any in `IN (SELECT ...)` (DuckDB 2.0).
    """
    if pivot.args.get("unpivot"):
        return False
    fields = pivot.args.get("fields") or ()
    values = [each for each in (*fields, *pivot.expressions) if isinstance(each, exp.In)]
    for each in values:
        query = each.args.get("query")
        if isinstance(query, exp.Expr) and any(not _is_inside(cte, query) for cte in _ctes_named_in(query, found)):
            return True
    if fields or not isinstance(pivot.this, exp.Expr) or all(each in values for each in pivot.expressions):
        return False
    around = []
    above = pivot.find_ancestor(exp.CTE)
    while above is not None:
        around.append(above.parent)
        above = above.find_ancestor(exp.CTE)
    return any(
        not _is_inside(cte, pivot) and any(cte.parent is clause for clause in around)
        for cte in _ctes_named_in(pivot.this, found)
    )


def _ctes_named_in(tree: exp.Expr, found: Reading) -> Iterator[exp.Expr]:
    return (found.ctes[id(node)] for node in tree.walk() if id(node) in found.ctes)


def _is_inside(node: exp.Expr, tree: exp.Expr) -> bool:
    above: exp.Expr | None = node
    while above is not None and above is not tree:
        above = above.parent
    return above is tree
