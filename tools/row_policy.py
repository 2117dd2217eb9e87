"""A user's row, column and table rules, written into the tree of the query, and proven in what comes out of it.

Every relation that a rule touches is read through the one SELECT that the rules make of it, wherever a statement
names it: `orders AS o` becomes `(SELECT * FROM "public"."orders" WHERE "region" = 'north') AS o`. So filters, joins,
groups, whole-row references and `*` see what the user may see, and nothing of ours depends on how the engine resolves
a column. Where names stand plainly behind FROM, JOIN or a comma, their SELECTs, proven when they were made, are put in
their places in the text, and the text is read anew for its literals. All else is written into the tree; that text is
parsed and guarded anew, and every relation in it must be one that is read freely, or stand inside exactly the SELECT
of the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

from sqlglot import exp

from tools.errors import NotPermitted, SqlRefused, ToolError, UnknownTable, not_permitted
from tools.guard.grammar import DESCRIBING
from tools.guard.scopes import Reading, reading
from tools.metadata import TableMeta
from tools.policy import Permissions
from tools.policy_edits import Edits, clashing_ctes, qualified_columns, rename_ctes, replaced
from tools.policy_relations import Relations, key_of
from tools.policy_tables import SeenTables
from tools.sql_guard import GuardedQuery, guarded

__all__ = ["Relations", "RowPolicy"]

_SYSTEM_COLUMNS = {
    "postgres": frozenset({"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax"}),
    "sqlite": frozenset({"rowid", "oid", "_rowid_"}),
    "duckdb": frozenset({"rowid"}),
}
_WORD = re.compile(r"\w+")
_SUMMARIZED = re.compile(r"\s*summarize\s+(?:table\s+)?((?:\w+|\"[^\"]+\")(?:\.(?:\w+|\"[^\"]+\"))*)\s*;?\s*", re.I)
_NOT_PROVEN = "The user's permissions could not be proven in this statement. Write it more plainly."
_TWO_MEANINGS = "A name in this statement could mean more than one table. Write schema.table."


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
        self._tables = SeenTables(permissions, relations)
        self.meta = self._tables.meta

    def guarded(self, sql: str) -> GuardedQuery:
        """Let a statement pass that names only what the user may see; raises as the guard does, or NotPermitted."""
        if self._dialect == "duckdb" and (table := _SUMMARIZED.fullmatch(sql)):
            sql = f"SUMMARIZE FROM {table[1]}"  # of a query, which can be read through the rules
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
            self._refuse_forbidden_fields(checked, checked.tree)
        return checked

    def written_into(self, checked: GuardedQuery, *, careful: bool = False) -> str | None:
        """The statement with the rules in it; None where they touch nothing that it reads. Raises SqlRefused.

        The `careful` text gives the same rows and evaluates nothing of the statement on a row that the rules keep
        back, which an engine may do otherwise and tell of in an error; it costs the engine its indexes.
        """
        ruled = [table for table in checked.tables if self._tables.is_ruled(table)]
        if checked.prefix.lower().startswith("explain") and (ruled or any(t.kind != "table" for t in checked.tables)):
            raise SqlRefused("The plan of this query would tell of what lies below. Run the query itself.")
        if checked.tree is None:
            if ruled:
                named = ", ".join(table.full_name for table in ruled)
                raise SqlRefused(
                    f"{named} cannot be read in this form of statement. Write it with plain SELECT syntax."
                )
            self._prove_unparsed(checked)
            return None
        found = self._found(checked.tree)
        self._refuse_describing(found)
        clashes = any(clashing_ctes(found, self._ruled_names))
        if not ruled and not clashes:
            self._prove(found)
            return None
        if not clashes and (text := self._spliced(checked, found, careful=careful)) is not None:
            return text
        try:
            return self._proven(checked, checked.tree, careful=careful)
        except RecursionError as error:
            raise SqlRefused("The statement is nested too deeply. Use WITH to take it apart.") from error

    def source(self, table: TableMeta) -> str | None:
        """What to select from to read the table, as SQL; None where it is not seen."""
        shown = self._tables.of(table)
        if shown is None:
            return None
        if not shown.ruled:
            return self._tables.base(shown.table).sql(self._dialect)
        return f"({shown.standing(False).text}) AS seen"

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

    # ---- in the statement's own text

    def _spliced(self, checked: GuardedQuery, found: Reading, *, careful: bool) -> str | None:
        """The text with a SELECT in the place of each ruled name; None where a name does not stand plainly.

        Not parsed again: a name behind FROM, JOIN or a comma of FROM gives way to what may stand wherever it may, of
        which every relation was proven, so the rest of the text, already guarded, is read as it was.
        """
        if any(isinstance(node, exp.Column) and node.args.get("db") is not None for node, _ in found.columns):
            return None
        self._refuse_system_columns(found)
        edits = Edits(checked, self._dialect)
        for node, table in found.tables:
            shown = self._tables.of(table)
            if shown is None:
                raise SqlRefused(_NOT_PROVEN)
            if shown.ruled and not edits.replace_plain_name(node, shown.standing(careful)):
                return None
        return edits.spliced()

    # ---- in the tree

    def _proven(self, checked: GuardedQuery, tree: exp.Expr, *, careful: bool) -> str:
        """The text with the rules in it, parsed and guarded anew, each of its relations looked at again."""
        edits = Edits(checked, self._dialect)
        tree = self._rewritten(tree.copy(), edits, careful=careful)
        for text in edits.texts(tree):
            try:
                again = guarded(text, self._whole, allowed_functions=edits.calls)
            except ToolError:
                continue
            # A text that says something else than the tree gives way to one that is made from the tree itself.
            if again.tree is not None and again.tree == tree and self._names_no_more(text, tree):
                self._prove(self._found(again.tree))
                return text
        raise SqlRefused("The user's permissions could not be written into this statement. Write it more plainly.")

    def _rewritten(self, tree: exp.Expr, edits: Edits, *, careful: bool) -> exp.Expr:
        found = reading(tree, self.meta)
        self._refuse_system_columns(found)
        targets = {id(node): table for node, table in found.tables if self._tables.is_ruled(table)}
        for column, qualifiers in qualified_columns(found, targets):
            edits.remove(column, qualifiers)
        rename_ctes(tree, found, self._ruled_names, self._taken, edits)
        root = tree
        for node, table in found.tables:
            if id(node) in targets:
                shown = self._tables.of(table)
                assert shown is not None
                standing = shown.standing(careful)
                edits.calls |= standing.calls
                new = replaced(node, standing, edits, self._dialect)
                root = new if node is root else root
        return root

    def _found(self, tree: exp.Expr) -> Reading:
        """What the tree reads when the tables that are not seen are known too. Raises SqlRefused."""
        try:
            return reading(tree, self._whole)
        except UnknownTable:  # whose text would name them
            raise SqlRefused(_TWO_MEANINGS) from None

    def _prove(self, found: Reading) -> None:
        """Raises SqlRefused unless every relation is free to read or stands inside the SELECT of its rules."""
        for node, table in found.tables:
            shown = self._tables.of(table)
            if (shown is None or shown.ruled) and not self._tables.is_inside_rules(node):
                raise SqlRefused(_NOT_PROVEN)

    def _prove_unparsed(self, checked: GuardedQuery) -> None:
        whole = tuple(self._relations.tables[key_of(table)] for table in checked.tables)
        if guarded(checked.sql, self._whole).tables != whole:
            raise SqlRefused(_TWO_MEANINGS)

    def _names_no_more(self, text: str, tree: exp.Expr) -> bool:
        """Whether the text names ruled tables no oftener than its tree: it holds none that was not understood."""
        written = Counter(word for word in _WORD.findall(text.lower()) if word in self._ruled_names)
        for node in tree.find_all(exp.Identifier, exp.Literal):
            written.subtract(_WORD.findall(node.name.lower()))
        return all(count <= 0 for word, count in written.items() if word in self._ruled_names)

    # ---- what is refused

    def _refuse_describing(self, found: Reading) -> None:
        names = DESCRIBING.get(self._dialect, frozenset())
        if any(each.name.lower() in names for each in found.calls):
            raise SqlRefused("Tables are not described by functions here. Use show_table.")

    def _refuse_system_columns(self, found: Reading) -> None:
        hidden = _SYSTEM_COLUMNS.get(self._dialect, frozenset())
        named = [
            node
            for node, _ in found.columns
            if isinstance(node, exp.Column) and node.name.lower() in hidden and not _orders_by_alias(node)
        ]
        if not named:
            return
        seen = [shown.table for table in found.unique if (shown := self._tables.of(table)) is not None]
        for node in named:
            if not any(table.field(node.name) for table in seen):
                raise SqlRefused(f"{node.name} is a hidden column, which is not read here. Name a field.")

    def _refuse_forbidden_fields(self, checked: GuardedQuery, tree: exp.Expr) -> None:
        """Tell a field that may not be seen from one that is not there, by the rules alone."""
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

    @cached_property
    def _ruled_names(self) -> frozenset[str]:
        return frozenset(table.name.lower() for table in self.meta.tables() if self._tables.is_ruled(table))

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(table.name.lower() for table in self._whole.tables())


def _orders_by_alias(column: exp.Column) -> bool:
    """Whether it is the name that the same SELECT gives to one of its columns, which goes first in ORDER BY."""
    select = column.find_ancestor(exp.Select)
    return (
        isinstance(column.parent, exp.Ordered)
        and not column.table
        and isinstance(select, exp.Select)
        and any(isinstance(each, exp.Alias) and each.alias.lower() == column.name.lower() for each in select.selects)
    )
