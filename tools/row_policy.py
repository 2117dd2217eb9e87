"""A user's row, column and table rules, written into the tree of the query, and proven in what comes out of it.

Every relation that a rule touches is read through the one SELECT that the rules make of it, wherever a statement
names it: `orders AS o` becomes `(SELECT * FROM "public"."orders" WHERE "region" = 'north') AS o`. So filters, joins,
groups, whole-row references and `*` see what the user may see, and nothing of ours depends on how the engine resolves
a column. The text that runs is parsed and guarded anew, and every relation in it must be one that is read freely, or
stand inside exactly the SELECT of the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.errors import NotPermitted, PolicyInvalid, SqlRefused, ToolError, UnknownTable, not_permitted
from tools.guard.grammar import DESCRIBING
from tools.guard.lexer import lexed
from tools.guard.scopes import Reading, reading
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.policy import Mask, Permissions, TableRules
from tools.policy_values import bound, masked, masked_type
from tools.sql_guard import GuardedQuery, guarded
from tools.view_definitions import Key, Made

_CHECKED_AT_ONCE = 300  # rules that are written out when a policy is opened, so that what is wrong shows at once
_EVERY_ROW = 9_223_372_036_854_775_807
_SYSTEM_COLUMNS = {
    "postgres": frozenset({"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax"}),
    "sqlite": frozenset({"rowid", "oid", "_rowid_"}),
    "duckdb": frozenset({"rowid"}),
}
_WORD = re.compile(r"\w+")
# What a reference to a ruled table may carry: these go to what takes its place, and index hints only advise.
_MOVED = ("joins", "laterals", "pivots")
_DROPPED = ("hints", "indexed")
_NAMED = ("this", "db", "catalog", "alias")


@dataclass(frozen=True)
class _Body:
    """The query of a view: its tree, the columns it was given, the tables it reads, every name in it."""

    tree: exp.Expr
    columns: tuple[str, ...]
    tables: tuple[TableMeta, ...]
    names: frozenset[str]
    has_star: bool


class Relations:
    """The relations of one database and what they are made of: the same for all users."""

    def __init__(self, meta: DatabaseMeta, made: Made) -> None:
        # A function of the database's own may read any table, and goes past the rules: none is added here.
        self.meta = replace(meta, allowed_functions=frozenset()) if meta.allowed_functions else meta
        self.made = made
        self.tables: Mapping[Key, TableMeta] = {_key(table): table for table in meta.tables()}
        self.fitting: set[tuple[str, tuple[str, ...]]] = set()  # policies and roles that were seen to fit
        self._bodies: dict[Key, _Body | None] = {}

    def body(self, view: TableMeta) -> _Body | None:
        """The query of a view or materialized view; None where it cannot be told with certainty."""
        key = (view.schema, view.name)
        if key not in self._bodies:
            text = self.made.views.get(key) or self.made.stored.get(key, "")
            self._bodies[key] = _body(text, self.meta) if text else None
        return self._bodies[key]

    def ancestors(self, key: Key) -> tuple[TableMeta, ...]:
        """The tables that this one inherits from, near and far."""
        return tuple(self._walk(key, self.made.parents))

    def descendants(self, key: Key) -> tuple[TableMeta, ...]:
        """The tables whose rows are read with this one's."""
        return tuple(self._walk(key, self._children))

    @cached_property
    def _children(self) -> Mapping[Key, tuple[Key, ...]]:
        turned: dict[Key, tuple[Key, ...]] = {}
        for child, parents in self.made.parents.items():
            for parent in parents:
                turned[parent] = (*turned.get(parent, ()), child)
        return turned

    def _walk(self, key: Key, edges: Mapping[Key, tuple[Key, ...]]) -> Iterator[TableMeta]:
        pending, seen = list(edges.get(key, ())), {key}
        while pending:
            each = pending.pop()
            if each not in seen:
                seen.add(each)
                pending += edges.get(each, ())
                if each in self.tables:
                    yield self.tables[each]


def _body(text: str, meta: DatabaseMeta) -> _Body | None:
    columns: tuple[str, ...] = ()
    try:
        if meta.dialect in ("duckdb", "sqlite"):
            created = sqlglot.parse_one(text, dialect=meta.dialect)
            if not isinstance(created, exp.Create) or not isinstance(created.expression, exp.Expr):
                return None
            if isinstance(created.this, exp.Schema):
                columns = tuple(each.name for each in created.this.expressions)
            text = created.expression.sql(meta.dialect)
        checked = guarded(text, meta)
    except (ToolError, SqlglotError, RecursionError):
        return None
    if checked.tree is None or checked.prefix:
        return None
    return _Body(
        tree=checked.tree,
        columns=columns,
        tables=checked.tables,
        names=frozenset(each.name.lower() for each in checked.tree.find_all(exp.Identifier)),
        has_star=any(checked.tree.find_all(exp.Star)),
    )


@dataclass(frozen=True)
class _Standing:
    """What stands for a relation: a SELECT, its text, and the functions that it calls."""

    select: exp.Select
    text: str
    calls: frozenset[str]


class _Shown:
    """A relation as one user sees it, and what stands for it, made when first needed."""

    def __init__(self, table: TableMeta, make: Callable[[bool], _Standing] | None = None) -> None:
        self.table = table
        self.ruled = make is not None  # else it is read as it is
        self._make = make
        self._made: dict[bool, _Standing] = {}

    def standing(self, careful: bool) -> _Standing:
        """The plain SELECT, or the careful one: see RowPolicy.written_into."""
        assert self._make is not None
        if careful not in self._made:
            self._made[careful] = self._make(careful)
        return self._made[careful]


class RowPolicy:
    """What one user may see of one database.

    `meta` holds that and no more. Raises PolicyInvalid where the rules do not fit the database.
    """

    def __init__(self, permissions: Permissions, relations: Relations) -> None:
        self.id = permissions.id
        self._permissions = permissions
        self._relations = relations
        self._whole = relations.meta
        self._dialect = relations.meta.dialect
        self._shown: dict[Key, _Shown | None] = {}
        fitting = (permissions.policy.digest, permissions.roles) in relations.fitting
        if not fitting:
            permissions.policy.check(self._whole)
        self._selects: set[exp.Expr] = set()  # those of the rules, by which they are known again
        self.meta = self._seen_meta()
        if not fitting:
            for shown in [each for each in self._shown.values() if each is not None and each.ruled][:_CHECKED_AT_ONCE]:
                shown.standing(careful=False)
            relations.fitting.add((permissions.policy.digest, permissions.roles))

    # ---- statements

    def guarded(self, sql: str) -> GuardedQuery:
        """Let a statement pass that names only what the user may see; raises as the guard does, or NotPermitted."""
        try:
            checked = guarded(sql, self.meta)
        except UnknownTable as error:
            # A view over what is not seen is not seen either, so that there is none at all would not be true.
            among = "among those that this user may see. The nearest"
            raise UnknownTable(str(error).replace(". The nearest", f" {among}", 1)) from None
        except SqlRefused as error:
            self._refuse_forbidden_attribute(str(error))
            raise
        if checked.tree is None and re.match(r"\s*(describe|desc|show|pragma|summarize|explain)\b", sql, re.I):
            raise SqlRefused("Tables are not described by statements here. Use show_table.")
        if checked.tree is not None:
            self._refuse_forbidden_fields(checked)
        return checked

    def written_into(self, checked: GuardedQuery, *, careful: bool = False) -> str | None:
        """The statement with the rules in it; None where they touch nothing that it reads. Raises SqlRefused.

        The `careful` text gives the same rows and evaluates nothing of the statement on a row that the rules keep
        back, which an engine may do otherwise and tell of in an error; it costs the engine its indexes.
        """
        if checked.tree is not None:
            self._refuse_describing(checked.tree)
        ruled = [table for table in checked.tables if self._is_ruled(table)]
        clashes = checked.tree is not None and any(_clashing_ctes(checked.tree, self._ruled_names))
        if checked.prefix.lower().startswith("explain") and (ruled or any(t.kind != "table" for t in checked.tables)):
            raise SqlRefused("The plan of this query would tell of what lies below. Run the query itself.")
        if not ruled and not clashes:
            self._prove_as_it_is(checked)
            return None
        if checked.tree is None:
            named = ", ".join(table.full_name for table in ruled)
            raise SqlRefused(f"{named} cannot be read in this form of statement. Write it with plain SELECT syntax.")
        try:
            return self._proven(checked, careful=careful)
        except RecursionError as error:
            raise SqlRefused("The statement is nested too deeply. Use WITH to take it apart.") from error

    def source(self, table: TableMeta) -> str | None:
        """What to select from to read the table, as SQL; None where it is not seen."""
        shown = self._of(self._relations.tables.get(_key(table)))
        if shown is None:
            return None
        if not shown.ruled:
            return self._base(shown.table).sql(self._dialect)
        return f"({shown.standing(False).text}) AS seen"

    def _proven(self, checked: GuardedQuery, *, careful: bool) -> str:
        """The text with the rules in it, parsed and guarded anew, each of its relations looked at again."""
        edits = _Edits(checked, self._dialect)
        tree = self._rewritten(checked, edits, careful=careful)
        for text in edits.texts(tree):
            try:
                again = guarded(text, self._whole, allowed_functions=edits.calls)
            except ToolError:
                continue
            # A text that says something else than the tree gives way to one that is made from the tree itself.
            if again.tree is not None and again.tree == tree and self._names_no_more(text, tree):
                self._prove(again.tree)
                return text
        raise SqlRefused("The user's permissions could not be written into this statement. Write it more plainly.")

    def _prove_as_it_is(self, checked: GuardedQuery) -> None:
        """Raises SqlRefused where a name means something else when the tables that are not seen are known too."""
        if checked.tree is not None:
            self._prove(checked.tree)
        elif guarded(checked.sql, self._whole).tables != tuple(self._relations.tables[_key(t)] for t in checked.tables):
            raise SqlRefused("A name in this statement could mean more than one table. Write schema.table.")

    def _prove(self, tree: exp.Expr) -> None:
        """Raises SqlRefused unless every relation is free to read or stands inside the SELECT of its rules."""
        for node, table in reading(tree, self._whole).tables:
            if not self._is_inside_rules(node):
                shown = self._of(table)
                if shown is None or shown.ruled:
                    raise SqlRefused(
                        "The user's permissions could not be proven in this statement. Write it more plainly."
                    )

    def _names_no_more(self, text: str, tree: exp.Expr) -> bool:
        """Whether the text names ruled tables no oftener than its tree: it holds none that was not understood."""
        written = Counter(word for word in _WORD.findall(text.lower()) if word in self._ruled_names)
        for node in tree.find_all(exp.Identifier, exp.Literal):
            written.subtract(_WORD.findall(node.name.lower()))
        return all(count <= 0 for word, count in written.items() if word in self._ruled_names)

    def _is_inside_rules(self, node: exp.Expr) -> bool:
        select = node.find_ancestor(exp.Select)
        while select is not None:
            if select in self._selects:
                return True
            select = select.find_ancestor(exp.Select)
        return False

    # ---- the tree

    def _rewritten(self, checked: GuardedQuery, edits: _Edits, *, careful: bool) -> exp.Expr:
        assert checked.tree is not None
        tree = checked.tree.copy()
        found = reading(tree, self.meta)
        self._refuse_system_columns(found)
        targets = {id(node): table for node, table in found.tables if self._is_ruled(table)}
        for column, qualifiers in _qualified_columns(found, targets):
            edits.remove(column, qualifiers)
        _rename_ctes(tree, found, self._ruled_names, self._taken, edits)
        root = tree
        for node, table in found.tables:
            if id(node) in targets:
                shown = self._of(table)
                assert shown is not None
                standing = shown.standing(careful)
                edits.calls |= standing.calls
                new = _replaced(node, standing, edits, self._dialect)
                root = new if node is root else root
        return root

    def _refuse_describing(self, tree: exp.Expr) -> None:
        names = DESCRIBING.get(self._dialect, frozenset())
        if names and any(each.name.lower() in names for each in tree.find_all(exp.Anonymous)):
            raise SqlRefused("Tables are not described by functions here. Use show_table.")

    def _refuse_system_columns(self, found: Reading) -> None:
        hidden = _SYSTEM_COLUMNS.get(self._dialect, frozenset())
        named = [node for node, _ in found.columns if isinstance(node, exp.Column) and node.name.lower() in hidden]
        for node in named:
            if not any(table.field(node.name) for table in found.unique):
                raise SqlRefused(f"{node.name} is a hidden column, which is not read here. Name a field.")

    def _refuse_forbidden_fields(self, checked: GuardedQuery) -> None:
        """Tell a field that may not be seen from one that is not there, by the rules alone."""
        tree = checked.tree
        assert tree is not None
        if not self._permissions.limits_fields:
            return
        given = {each.name.lower() for each in tree.find_all(exp.TableAlias, exp.Alias, exp.CTE)}
        given |= {each.name.lower() for alias in tree.find_all(exp.TableAlias) for each in alias.columns}
        for column in tree.find_all(exp.Column):
            name = column.name
            if not name or name.lower() in given or any(table.field(name) for table in checked.tables):
                continue
            denying = [each for each in checked.tables if self._permissions.denies_field(each, name)]
            if not denying and all(
                not self._permissions.may_name_field(each, name, self._whole) for each in checked.tables
            ):
                denying = list(checked.tables)
            if denying:
                raise NotPermitted(not_permitted(f"{denying[0].full_name}.{name}", "field"))

    def _refuse_forbidden_attribute(self, refusal: str) -> None:
        """The same where the guard found, as it must for PostgreSQL, that `c.ssn` is no column."""
        named = re.match(r"There is no column (?:\S*\.)?(\w+)\.", refusal)
        if named and any(self._permissions.denies_field(table, named[1]) for table in self.meta.tables()):
            raise NotPermitted(not_permitted(named[1], "field")) from None

    # ---- relations

    def _is_ruled(self, table: TableMeta) -> bool:
        shown = self._of(table)
        return shown is None or shown.ruled

    def _of(self, table: TableMeta | None) -> _Shown | None:
        """The relation as the user sees it, None when it is not seen; the same for its whole and its seen form."""
        if table is None:
            return None
        key = _key(table)
        if key not in self._shown:
            self._shown[key] = None  # a relation that is made of itself is not seen
            whole = self._relations.tables.get(key)
            self._shown[key] = self._look(whole) if whole is not None else None
        return self._shown[key]

    def _look(self, table: TableMeta) -> _Shown | None:
        rules = self._permissions.of(table, self._whole)
        if rules is None:
            return None
        every = [rules]
        key = _key(table)
        for ancestor in self._relations.ancestors(key):
            above = self._permissions.of(ancestor, self._whole)
            if above is None:
                return None
            every.append(above)
        for heir in self._relations.descendants(key):
            own = self._permissions.of(heir, self._whole)
            if self._permissions.denies(heir) or (own is not None and own.restricts and own != rules):
                return None  # to read this table would show rows of one that keeps them back
        hidden = frozenset(name.lower() for each in every for name in each.hidden)
        masks = {name.lower(): mask for each in reversed(every) for name, mask in each.masks.items()}
        body: _Body | None = None
        if not self._permissions.trusts(table):
            if key in self._relations.made.stored:
                if not self._is_free(table):
                    return None
            elif table.kind == "view":
                body = self._relations.body(table)
                parts = [self._of(each) for each in body.tables] if body else []
                if body is None or None in parts:
                    return None
                unseen = {name for part in parts if part for name in self._unseen_of(part)}
                if not body.names.isdisjoint(unseen):
                    return None
                hidden |= unseen if body.has_star else frozenset()
                if not any(part is not None and part.ruled for part in parts):
                    body = None
        filtered = any(map(_filters, every))
        if body is None and not hidden and not masks and not filtered:
            return _Shown(table)
        fields = tuple(each for each in table.fields if each.name.lower() not in hidden)
        if not fields:
            return None
        seen = self._seen_table(table, fields, masks, counted=not filtered and body is None)
        if body is None and not masks and not filtered and len(fields) == len(table.fields):
            return _Shown(seen)

        def made(careful: bool) -> _Standing:
            columns: list[exp.Expr] = [exp.Star()]
            if masks or len(fields) < len(table.fields):
                columns = [self._column(each, masks.get(each.name.lower())) for each in fields]
            select = exp.select(*columns).from_(self._source_of(table, body, careful))
            condition = self._condition(table, every)
            if condition is not None:
                select = select.where(condition)
                select = select.limit(_EVERY_ROW) if careful else select
            return self._settled(select, table)

        return _Shown(seen, made)

    def _source_of(self, table: TableMeta, body: _Body | None, careful: bool) -> exp.Expr:
        if body is None:
            return self._base(table)
        alias = exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        return exp.Subquery(this=self._within(body, careful), alias=alias)

    def _is_free(self, stored: TableMeta) -> bool:
        """Whether the rows kept in a materialized view or a virtual table come from tables that are read freely."""
        if self._dialect == "sqlite":
            words = set(re.findall(r"\w+", self._relations.made.stored[stored.schema, stored.name].lower()))
            named = [each for each in self._relations.tables.values() if each.name.lower() in words and each != stored]
        else:
            body = self._relations.body(stored)
            if body is None:
                return False
            named = list(body.tables)
        return not any(self._is_ruled(each) for each in named)

    def _unseen_of(self, part: _Shown) -> frozenset[str]:
        whole = self._relations.tables[part.table.schema, part.table.name]
        seen = {each.name.lower() for each in part.table.fields}
        return frozenset(each.name.lower() for each in whole.fields) - seen

    def _within(self, body: _Body, careful: bool) -> exp.Expr:
        """A view's query with the rules in it and all its tables named in full, so that no CTE takes their place."""
        tree = body.tree.copy()
        found = reading(tree, self._whole)
        targets = {id(node): table for node, table in found.tables if self._is_ruled(table)}
        for _ in _qualified_columns(found, targets):
            pass
        for node, table in found.tables:
            shown = self._of(table)
            assert shown is not None
            if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) and not shown.ruled:
                node.set("db", self._base(table).args.get("db"))
                node.set("this", self._base(table).this)
                continue
            if shown.ruled:
                standing = shown.standing(careful)
            else:
                free = exp.select("*").from_(self._base(table))
                standing = _Standing(free, free.sql(self._dialect), frozenset())
            new = _replaced(node, standing, _Edits(None, self._dialect), self._dialect)
            tree = new if node is tree else tree
        if body.columns:
            alias = exp.TableAlias(
                this=exp.to_identifier("named", quoted=True),
                columns=[exp.to_identifier(name, quoted=True) for name in body.columns],
            )
            tree = exp.select("*").from_(exp.to_identifier("named", quoted=True)).with_("named", as_=tree)
            tree.args["with_"].expressions[0].set("alias", alias)
        return tree

    def _base(self, table: TableMeta) -> exp.Table:
        """The table itself, named in full: a CTE of the statement may have taken its bare name."""
        schema = table.schema or ("main" if self._dialect == "sqlite" else "")
        return exp.table_(table.name, db=schema or None, quoted=True)

    def _column(self, field: FieldMeta, mask: Mask | None) -> exp.Expr:
        column = exp.column(exp.to_identifier(field.name, quoted=True))
        if mask is None:
            return column
        shown = masked(column, mask, field, self._dialect, self._permissions.policy.salt)
        return exp.alias_(shown, field.name, quoted=True)

    def _settled(self, select: exp.Select, table: TableMeta) -> _Standing:
        """The SELECT as it will be parsed, and parsed to the same each time; remembered, to know it again."""
        try:
            parsed = sqlglot.parse_one(select.sql(self._dialect), dialect=self._dialect)
            text = parsed.sql(self._dialect)
            same = parsed == sqlglot.parse_one(text, dialect=self._dialect)
        except SqlglotError:
            same = False
        if not same or not isinstance(parsed, exp.Select):
            raise PolicyInvalid(f"The rules for {table.full_name} cannot be written for this database.")
        self._selects.add(parsed)
        return _Standing(parsed, text, frozenset(name.lower() for name in re.findall(r"(\w+)\s*\(", text)))

    # ---- conditions

    def _condition(self, table: TableMeta, every: Iterable[TableRules]) -> exp.Expr | None:
        parts: list[exp.Expr] = []
        for rules in every:
            parts += [self._bound(text, table) for text in rules.always]
            ways = [exp.and_(*(self._bound(text, table) for text in each)) for each in rules.alternatives]
            if ways:
                parts.append(exp.or_(*ways))
        return exp.and_(*dict.fromkeys(parts)) if parts else None

    def _bound(self, text: str, table: TableMeta) -> exp.Expr:
        """A condition with its variables as values and its tables named in full. Raises PolicyInvalid."""
        try:
            trees = sqlglot.parse(text, dialect=self._dialect)
            condition = trees[0] if len(trees) == 1 else None
        except (SqlglotError, RecursionError) as error:
            raise PolicyInvalid(f"The condition on {table.full_name} cannot be read: {text!r}.") from error
        if not isinstance(condition, exp.Condition) or isinstance(condition, exp.Query):
            raise PolicyInvalid(
                f"The condition on {table.full_name} is no condition: {text!r}. Write what follows WHERE."
            )
        holder = exp.select("1").from_(self._base(table)).where(condition)
        for variable in list(holder.find_all(exp.Placeholder)):
            if variable.name not in self._permissions.variables:
                raise PolicyInvalid(f"The condition on {table.full_name} has a variable without a name: {text!r}.")
            _bind(variable, bound(self._permissions.variables[variable.name], self._dialect))
        if strange := holder.find(exp.Parameter, exp.SessionParameter):
            raise PolicyInvalid(f"The condition on {table.full_name} uses {strange.sql()}. Write variables as :name.")
        try:
            found = reading(holder, self._whole)
        except ToolError as error:
            raise PolicyInvalid(f"The condition on {table.full_name}: {error}") from error
        read = [each for _, each in found.tables]
        for node, scope in found.columns:
            of = [table] if scope is not None and scope.outer is None else read
            if isinstance(node, exp.Column) and not any(each.field(node.name) for each in of):
                raise PolicyInvalid(
                    f"The condition on {table.full_name} names {node.sql()}, which is no field of "
                    f"{', '.join(each.full_name for each in of)}: {text!r}."
                )
        for node, each in found.tables:
            if not isinstance(node, exp.Table):
                raise PolicyInvalid(f"The condition on {table.full_name} names a table outside of FROM: {text!r}.")
            base = self._base(each)
            for part in ("this", "db"):
                node.set(part, base.args.get(part))
        where = holder.args["where"].this
        assert isinstance(where, exp.Expr)
        return exp.paren(where.pop())

    # ---- what is known to the user

    def _seen_meta(self) -> DatabaseMeta:
        schemas = []
        for schema in self._whole.schemas:
            tables = tuple(shown.table for each in schema.tables if (shown := self._of(each)) is not None)
            if tables:
                schemas.append(SchemaMeta(schema.name, tables, schema.comment))
        seen = replace(self._whole, schemas=tuple(schemas), notices=(), forbids=self._forbids)
        kept = {_key(table): table for table in seen.tables()}
        whole = self._relations.tables
        return replace(
            seen,
            schemas=tuple(
                replace(schema, tables=tuple(_with_known_keys(table, kept, whole) for table in schema.tables))
                for schema in seen.schemas
            ),
        )

    def _forbids(self, name: str, schema: str | None) -> bool:
        return not self._permissions.may_name(schema, name, self._whole)

    def _seen_table(
        self, table: TableMeta, fields: tuple[FieldMeta, ...], masks: Mapping[str, Mask], *, counted: bool
    ) -> TableMeta:
        names = {each.name.lower() for each in fields}
        whole = names - set(masks)  # masked values join nothing and are not unique

        def keeps(key: Iterable[str]) -> bool:
            return all(name.lower() in whole for name in key)

        return replace(
            table,
            fields=tuple(self._seen_field(each, masks.get(each.name.lower())) for each in fields),
            primary_key=table.primary_key if keeps(table.primary_key) else (),
            unique=tuple(each for each in table.unique if keeps(each)),
            foreign_keys=tuple(each for each in table.foreign_keys if keeps(each.fields)),
            row_estimate=table.row_estimate if counted else None,
        )

    def _seen_field(self, field: FieldMeta, mask: Mask | None) -> FieldMeta:
        if mask is None:
            return field
        said = field.comment.split(" One of: ")[0].removeprefix("One of: ")
        how = {
            "null": "always NULL",
            "hash": "a hash of the value",
            "last four": "only the last four characters",
            "constant": "always the same value",
        }[mask.kind]
        comment = f"{said} (masked for this user: {how})".strip()
        return replace(field, comment=comment, type=masked_type(mask, field, self._dialect), nullable=True)

    # ---- names

    @cached_property
    def _ruled_names(self) -> frozenset[str]:
        return frozenset(table.name.lower() for table in self.meta.tables() if self._is_ruled(table))

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(table.name.lower() for table in self._whole.tables())

    @cached_property
    def hidden_names(self) -> frozenset[str]:
        """The names of tables and fields, lower case, that the user may not see and no visible thing has."""
        seen = {table.name.lower() for table in self.meta.tables()}
        seen |= {each.name.lower() for table in self.meta.tables() for each in table.fields}
        seen |= {schema.name.lower() for schema in self.meta.schemas}
        every = {table.name.lower() for table in self._whole.tables()}
        every |= {each.name.lower() for table in self._whole.tables() for each in table.fields}
        every |= {schema.name.lower() for schema in self._whole.schemas}
        return frozenset(every - seen)


def _key(table: TableMeta) -> Key:
    return table.schema, table.name


def _filters(rules: TableRules) -> bool:
    return bool(rules.always or rules.alternatives)


def _with_known_keys(table: TableMeta, seen: Mapping[Key, TableMeta], whole: Mapping[Key, TableMeta]) -> TableMeta:
    def known(key: ForeignKey) -> bool:
        named = (key.target_schema, key.target_table)
        target = seen.get(named)
        if target is None or target is whole.get(named):
            return target is not None
        return all(target.field(name) for name in key.target_fields)

    kept = tuple(key for key in table.foreign_keys if known(key))
    return table if len(kept) == len(table.foreign_keys) else replace(table, foreign_keys=kept)


def _bind(placeholder: exp.Expr, values: list[exp.Expr] | exp.Expr) -> None:
    """Put a value, or the values of a list, in the variable's place."""
    parent = placeholder.parent
    if isinstance(parent, exp.In) and (parent.args.get("field") is placeholder or placeholder.arg_key == "expressions"):
        inserted = values if isinstance(values, list) else [values]
        # Nothing is in an empty list, and SQL has no way to write one; x IN (NULL) is never true, nor is its NOT.
        inserted = inserted or [exp.null()]
        others = [each for each in parent.expressions if each is not placeholder]
        parent.set("field", None)
        parent.set("expressions", [*others, *inserted])
        return
    if isinstance(values, list):
        raise PolicyInvalid(
            f"The variable :{placeholder.name} is a list here. Use it as: field IN :{placeholder.name}."
        )
    placeholder.replace(values)


def _qualified_columns(found: Reading, targets: Mapping[int, TableMeta]) -> Iterator[tuple[exp.Column, list[exp.Expr]]]:
    """Take the schema off columns of tables that lose it (`public.orders.id`); gives each with what was taken."""
    for node, scope in found.columns:
        if not isinstance(node, exp.Column) or node.args.get("db") is None:
            continue
        qualifier = node.args.get("table")
        at = scope
        while at is not None and isinstance(qualifier, exp.Identifier):
            named = [
                source
                for source, _ in at.sources
                if id(source) in targets
                and source.args.get("alias") is None
                and source.name.lower() == qualifier.name.lower()
                and (targets[id(source)].schema or "main").lower() == node.args["db"].name.lower()
            ]
            if named:
                taken = [node.args[part] for part in ("catalog", "db") if node.args.get(part) is not None]
                for part in ("catalog", "db"):
                    node.set(part, None)
                yield node, taken
                break
            at = at.outer


def _clashing_ctes(tree: exp.Expr, ruled: frozenset[str]) -> Iterator[exp.CTE]:
    return (cte for cte in tree.find_all(exp.CTE) if cte.alias.lower() in ruled)


def _rename_ctes(tree: exp.Expr, found: Reading, ruled: frozenset[str], taken: frozenset[str], edits: _Edits) -> None:
    """Give a CTE that takes a ruled table's name one of its own, so that no engine can mean the table by it."""
    renamed: dict[int, exp.Identifier] = {}
    clashing = list(_clashing_ctes(tree, ruled))
    if not clashing:
        return
    used = taken | {each.name.lower() for each in tree.find_all(exp.Identifier)}
    for cte in clashing:
        number = 1
        while f"{cte.alias}_cte{number}".lower() in used:
            number += 1
        new = exp.to_identifier(f"{cte.alias}_cte{number}", quoted=True)
        used |= {new.name.lower()}
        renamed[id(cte)] = new
    # References first: a CTE may refer to itself and to others.
    for node in list(tree.walk()):
        body = found.ctes.get(id(node))
        if body is None or id(body) not in renamed:
            continue
        new = renamed[id(body)]
        old = node.this
        if isinstance(node, exp.Table):
            own = node.args.get("alias")
            if own is None:
                node.set("alias", exp.TableAlias(this=old.copy()))
            elif own.args.get("this") is None:
                own.set("this", old.copy())
                edits.give_up()
            edits.rename(old, new, alias=own is None)
        else:
            edits.rename(old, new, alias=False)
        if isinstance(old, exp.Identifier):
            node.set("this", new.copy())
        else:
            raise SqlRefused("A CTE has the name of a table that is read under rules. Give it a name of its own.")
    for cte in list(tree.find_all(exp.CTE)):
        if id(cte) in renamed:
            alias = cte.args["alias"]
            edits.rename(alias.this, renamed[id(cte)], alias=False)
            alias.set("this", renamed[id(cte)].copy())


def _replaced(node: exp.Expr, standing: _Standing, edits: _Edits, dialect: str) -> exp.Expr:
    """Put the SELECT of the rules in a relation's place; gives what stands there now."""
    parent = node.parent
    if isinstance(parent, exp.In) and parent.args.get("field") is node:
        edits.replace_name(node, standing, alias=None)
        parent.set("field", None)
        inside = exp.Subquery(this=standing.select.copy())
        parent.set("query", inside)
        return inside
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise SqlRefused(f"{node.sql(dialect)} cannot be read in this way. Name the table in FROM.")
    carried = {name for name, value in node.args.items() if value}
    strange = carried - {*_NAMED, *_MOVED, *_DROPPED}
    stands_well = isinstance(parent, exp.From | exp.Join | exp.Subquery | exp.Paren) or (
        isinstance(parent, exp.Pivot) and parent.this is node
    )
    if strange or not stands_well:
        what = ", ".join(sorted(strange)).upper().replace("_", " ") or type(parent).__name__.upper()
        raise SqlRefused(f"{node.name} cannot be read with {what}. Name the table alone, with an alias at most.")
    alias = node.args.get("alias")
    named = alias is not None and alias.args.get("this") is not None
    if not named:
        columns = alias.args.get("columns") if alias is not None else None
        alias = exp.TableAlias(this=node.this.copy(), columns=columns)
        if columns:
            edits.give_up()
    if carried & {*_DROPPED}:
        edits.give_up()
    edits.replace_name(node, standing, alias=None if named else node.this)
    new = exp.Subquery(this=standing.select.copy(), alias=alias)
    for name in _MOVED:
        if node.args.get(name):
            new.set(name, node.args[name])
    if parent is not None:
        node.replace(new)
    return new


class _Edits:
    """The same changes in the model's own text, which keeps what writing the tree out anew would change.

    sqlglot writes MOD(a, b) as a % b, and f(x -> 'y') of DuckDB as a lambda (30.30). Where the edited text is parsed
    to the very tree that the rules were written into, it is the one that runs.
    """

    def __init__(self, checked: GuardedQuery | None, dialect: str) -> None:
        self._checked = checked
        self._dialect = dialect
        self._edits: list[tuple[int, int, str]] | None = [] if checked else None
        self.calls: frozenset[str] = frozenset()  # what the rules call, which the statement itself may not

    def give_up(self) -> None:
        """The text cannot be edited: it is written anew from the tree."""
        self._edits = None

    def remove(self, column: exp.Expr, parts: list[exp.Expr]) -> None:
        """Leave the schema of a column out."""
        self._add(parts[0].meta.get("start"), column.args["table"].meta.get("start", 0) - 1, "")

    def rename(self, old: exp.Expr, new: exp.Identifier, *, alias: bool) -> None:
        """Write another name, and the old one as its alias."""
        self._add(*_place(old), new.sql(self._dialect), old if alias else None)

    def replace_name(self, node: exp.Expr, standing: _Standing, *, alias: exp.Expr | None) -> None:
        """Write a SELECT in parentheses for the name of a table."""
        parts = [each for name in ("catalog", "db", "table", "this") if (each := node.args.get(name)) is not None]
        places = [_place(part) for part in parts if isinstance(part, exp.Identifier)]
        if not places or len(places) < len(parts):
            self.give_up()
            return
        self._add(places[0][0], places[-1][1], f"({standing.text})", alias)

    def _add(self, start: int | None, end: int | None, text: str, alias: exp.Expr | None = None) -> None:
        if start is None or end is None:
            self.give_up()
        if self._edits is None:
            return
        if alias is not None:
            text += " AS \0{}:{}\0".format(*_place(alias))
        self._edits.append((start or 0, end or 0, text))

    def texts(self, tree: exp.Expr) -> Iterator[str]:
        """The edited text where there is one, then the text that is written from the tree."""
        if self._edits and self._checked:
            own = lexed(self._checked.sql, self._dialect).text
            parts, at = [], 0
            for start, end, text in sorted(self._edits):
                parts += [own[at:start], _with_names(text, own)]
                at = end + 1
            yield "".join([*parts, own[at:]])
        prefix = self._checked.prefix if self._checked else ""
        yield f"{prefix} {tree.sql(self._dialect)}".strip()


def _place(name: exp.Expr) -> tuple[int | None, int | None]:
    return name.meta.get("start"), name.meta.get("end")


def _with_names(text: str, own: str) -> str:
    return re.sub(r"\0(\d+):(\d+)\0", lambda found: own[int(found[1]) : int(found[2]) + 1], text)
