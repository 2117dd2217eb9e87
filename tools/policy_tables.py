"""Each relation of a database as one user sees it, and the SELECT that stands for it where a rule touches it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.errors import PolicyInvalid
from tools.guard.scopes import reading
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.policy import Mask, Permissions, TableRules
from tools.policy_conditions import condition
from tools.policy_edits import Edits, Standing, qualified_columns, replaced
from tools.policy_relations import Body, Relations, key_of
from tools.policy_values import masked, masked_type
from tools.view_definitions import Key

_CHECKED_AT_ONCE = 300  # rules that are written out when a policy is opened, so that what is wrong shows at once
_EVERY_ROW = 9_223_372_036_854_775_807


class Shown:
    """A relation as one user sees it, and what stands for it, made when first needed."""

    def __init__(self, table: TableMeta, make: Callable[[bool], Standing] | None = None) -> None:
        self.table = table
        self.ruled = make is not None  # else it is read as it is
        self._make = make
        self._made: dict[bool, Standing] = {}

    def standing(self, careful: bool) -> Standing:
        """The plain SELECT, or the careful one: see RowPolicy.written_into."""
        assert self._make is not None
        if careful not in self._made:
            self._made[careful] = self._make(careful)
        return self._made[careful]


class SeenTables:
    """The relations as one user sees them; `meta` holds those and no more.

    Raises PolicyInvalid where the rules do not fit the database.
    """

    def __init__(self, permissions: Permissions, relations: Relations) -> None:
        self.whole = relations.meta
        self._permissions = permissions
        self._relations = relations
        self._dialect = relations.meta.dialect
        self._shown: dict[Key, Shown | None] = {}
        self._selects: set[exp.Expr] = set()  # those of the rules, by which they are known again
        fitting = (permissions.policy.digest, permissions.roles) in relations.fitting
        if not fitting:
            permissions.policy.check(self.whole)
        self.meta = self._seen_meta()
        if not fitting:
            for shown in [each for each in self._shown.values() if each is not None and each.ruled][:_CHECKED_AT_ONCE]:
                shown.standing(careful=False)
            relations.fitting.add((permissions.policy.digest, permissions.roles))

    def is_inside_rules(self, node: exp.Expr) -> bool:
        """Whether a node stands inside the SELECT of some rules, just as it was made."""
        select = node.find_ancestor(exp.Select)
        while select is not None:
            if select in self._selects:
                return True
            select = select.find_ancestor(exp.Select)
        return False

    def is_ruled(self, table: TableMeta) -> bool:
        """Whether it is not read as it is: through a SELECT, or not at all."""
        shown = self.of(table)
        return shown is None or shown.ruled

    def of(self, table: TableMeta | None) -> Shown | None:
        """The relation as the user sees it, None when it is not seen; the same for its whole and its seen form."""
        if table is None:
            return None
        key = key_of(table)
        if key not in self._shown:
            self._shown[key] = None  # a relation that is made of itself is not seen
            whole = self._relations.tables.get(key)
            self._shown[key] = self._look(whole) if whole is not None else None
        return self._shown[key]

    def _look(self, table: TableMeta) -> Shown | None:
        rules = self._permissions.of(table, self.whole)
        if rules is None:
            return None
        every = [rules]
        key = key_of(table)
        for ancestor in self._relations.ancestors(key):
            above = self._permissions.of(ancestor, self.whole)
            if above is None:
                return None
            every.append(above)
        for heir in self._relations.descendants(key):
            own = self._permissions.of(heir, self.whole)
            if self._permissions.denies(heir) or (own is not None and own.restricts and own != rules):
                return None  # to read this table would show rows of one that keeps them back
        hidden = frozenset(name.lower() for each in every for name in each.hidden)
        masks = {name.lower(): mask for each in reversed(every) for name, mask in each.masks.items()}
        body: Body | None = None
        if not self._permissions.trusts(table):
            if key in self._relations.made.stored:
                if not self._is_free(table):
                    return None
            elif table.kind == "view":
                body = self._relations.body(table)
                parts = [self.of(each) for each in body.tables] if body else []
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
            return Shown(table)
        fields = tuple(each for each in table.fields if each.name.lower() not in hidden)
        if not fields:
            return None
        seen = self._seen_table(table, fields, masks, counted=not filtered and body is None)
        if body is None and not masks and not filtered and len(fields) == len(table.fields):
            return Shown(seen)

        def made(careful: bool) -> Standing:
            columns: list[exp.Expr] = [exp.Star()]
            if masks or len(fields) < len(table.fields):
                columns = [self._column(each, masks.get(each.name.lower())) for each in fields]
            select = exp.select(*columns).from_(self._source_of(table, body, careful))
            keeping = self._condition(table, every)
            if keeping is not None:
                select = select.where(keeping)
                select = select.limit(_EVERY_ROW) if careful else select
            return self._settled(select, table)

        return Shown(seen, made)

    def _source_of(self, table: TableMeta, body: Body | None, careful: bool) -> exp.Expr:
        if body is None:
            return self.base(table)
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
        return not any(self.is_ruled(each) for each in named)

    def _unseen_of(self, part: Shown) -> frozenset[str]:
        whole = self._relations.tables[part.table.schema, part.table.name]
        seen = {each.name.lower() for each in part.table.fields}
        return frozenset(each.name.lower() for each in whole.fields) - seen

    def _within(self, body: Body, careful: bool) -> exp.Expr:
        """A view's query with the rules in it and all its tables named in full, so that no CTE takes their place."""
        tree = body.tree.copy()
        found = reading(tree, self.whole)
        targets = {id(node): table for node, table in found.tables if self.is_ruled(table)}
        for _ in qualified_columns(found, targets):
            pass
        for node, table in found.tables:
            shown = self.of(table)
            assert shown is not None
            if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) and not shown.ruled:
                node.set("db", self.base(table).args.get("db"))
                node.set("this", self.base(table).this)
                continue
            if shown.ruled:
                standing = shown.standing(careful)
            else:
                free = exp.select("*").from_(self.base(table))
                standing = Standing(free, free.sql(self._dialect), frozenset())
            new = replaced(node, standing, Edits(None, self._dialect), self._dialect)
            tree = new if node is tree else tree
        if body.columns:
            alias = exp.TableAlias(
                this=exp.to_identifier("named", quoted=True),
                columns=[exp.to_identifier(name, quoted=True) for name in body.columns],
            )
            tree = exp.select("*").from_(exp.to_identifier("named", quoted=True)).with_("named", as_=tree)
            tree.args["with_"].expressions[0].set("alias", alias)
        return tree

    def base(self, table: TableMeta) -> exp.Table:
        """The table itself, named in full: a CTE of the statement may have taken its bare name."""
        schema = table.schema or ("main" if self._dialect == "sqlite" else "")
        return exp.table_(table.name, db=schema or None, quoted=True)

    def _column(self, field: FieldMeta, mask: Mask | None) -> exp.Expr:
        column = exp.column(exp.to_identifier(field.name, quoted=True))
        if mask is None:
            return column
        shown = masked(column, mask, field, self._dialect, self._permissions.policy.salt)
        return exp.alias_(shown, field.name, quoted=True)

    def _settled(self, select: exp.Select, table: TableMeta) -> Standing:
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
        return Standing(parsed, text, frozenset(name.lower() for name in re.findall(r"(\w+)\s*\(", text)))

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
        return condition(text, table, self._permissions.variables, self.whole, self.base)

    def _seen_meta(self) -> DatabaseMeta:
        schemas = []
        for schema in self.whole.schemas:
            tables = tuple(shown.table for each in schema.tables if (shown := self.of(each)) is not None)
            if tables:
                schemas.append(SchemaMeta(schema.name, tables, schema.comment))
        seen = replace(self.whole, schemas=tuple(schemas), notices=(), forbids=self._forbids)
        kept = {key_of(table): table for table in seen.tables()}
        whole = self._relations.tables
        return replace(
            seen,
            schemas=tuple(
                replace(schema, tables=tuple(_with_known_keys(table, kept, whole) for table in schema.tables))
                for schema in seen.schemas
            ),
        )

    def _forbids(self, name: str, schema: str | None) -> bool:
        return not self._permissions.may_name(schema, name, self.whole)

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
