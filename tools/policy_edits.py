"""How a SELECT takes the place of a relation: in the tree of a statement, and in the text that it was written as."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from sqlglot import exp

from tools.errors import SqlRefused
from tools.guard.lexer import UnlexableError, lexed
from tools.guard.scopes import Reading
from tools.metadata import TableMeta
from tools.sql_guard import GuardedQuery

# What a reference to a ruled table may carry: these go to what takes its place, and index hints only advise.
_MOVED = ("joins", "laterals", "pivots")
_DROPPED = ("hints", "indexed")
_NAMED = ("this", "db", "catalog", "alias")
_IN_FROM = re.compile(r"(?:\b(?:from|join)\s+|,\s*)\Z", re.I)
_QUOTES = ('"', "`", "[")


@dataclass(frozen=True)
class Standing:
    """What stands for a relation: a SELECT, its text, and the functions that it calls."""

    select: exp.Select
    text: str
    calls: frozenset[str]


def qualified_columns(found: Reading, targets: Mapping[int, TableMeta]) -> Iterator[tuple[exp.Column, list[exp.Expr]]]:
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


def clashing_ctes(found: Reading, ruled: frozenset[str]) -> Iterator[exp.CTE]:
    """The CTEs that have the name of a table that is read under rules."""
    return (cte for cte in found.withs if cte.alias.lower() in ruled)


def rename_ctes(tree: exp.Expr, found: Reading, ruled: frozenset[str], taken: frozenset[str], edits: Edits) -> None:
    """Give a CTE that takes a ruled table's name one of its own, so that no engine can mean the table by it."""
    renamed: dict[int, exp.Identifier] = {}
    clashing = list(clashing_ctes(found, ruled))
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


def replaced(node: exp.Expr, standing: Standing, edits: Edits, dialect: str) -> exp.Expr:
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


class Edits:
    """The same changes in the model's own text, which keeps what writing the tree out anew would change.

    sqlglot writes MOD(a, b) as a % b, and f(x -> 'y') of DuckDB as a lambda (30.30). Where the edited text is parsed
    to the very tree that the rules were written into, it is the one that runs.
    """

    def __init__(self, checked: GuardedQuery | None, dialect: str) -> None:
        self._checked = checked
        # The places in a tree of other words are not places in the text.
        self._own = lexed(checked.sql, dialect).text if checked and not checked.respelled else None
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

    def replace_name(self, node: exp.Expr, standing: Standing, *, alias: exp.Expr | None) -> None:
        """Write a SELECT in parentheses for the name of a table."""
        parts = [each for name in ("catalog", "db", "table", "this") if (each := node.args.get(name)) is not None]
        places = [_place(part) for part in parts if isinstance(part, exp.Identifier)]
        if not places or len(places) < len(parts):
            self.give_up()
            return
        self._add(places[0][0], places[-1][1], f"({standing.text})", alias)

    def replace_plain_name(self, node: exp.Expr, standing: Standing) -> bool:
        """The same for a name behind FROM, JOIN or a comma with an alias at most; tells whether it is one."""
        alias, name = node.args.get("alias"), node.this
        if (
            self._own is None
            or not isinstance(node, exp.Table)
            or not isinstance(node.parent, exp.From | exp.Join)
            or {arg for arg, value in node.args.items() if value} - {*_NAMED}
            or not isinstance(name, exp.Identifier)
            or (alias is not None and (alias.args.get("columns") or not isinstance(alias.this, exp.Identifier)))
        ):
            return False
        start, end = _place(node.parts[0])[0], _place(name)[1]
        if start is None or end is None or not _IN_FROM.search(self._own, max(0, start - 40), start):
            return False
        if not all(_is_at(part, self._own) for part in node.parts):
            return False
        self.replace_name(node, standing, alias=name if alias is None else None)
        return True

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
        if self._edits and self._own is not None:
            yield "".join(self._pieces(self._own))
        prefix = self._checked.prefix if self._checked else ""
        yield f"{prefix} {tree.sql(self._dialect)}".strip()

    def spliced(self) -> str | None:
        """The edited text; None where a literal would end elsewhere in it than in its pieces."""
        if not self._edits or self._own is None:
            return None
        pieces = list(self._pieces(self._own))
        text = "".join(pieces)
        try:
            ends = [lexed(piece, self._dialect).ends for piece in pieces]
            again = lexed(text, self._dialect)
        except UnlexableError:
            return None
        offsets = accumulate((len(piece) for piece in pieces), initial=0)
        shifted = [(end + offset, kind) for offset, each in zip(offsets, ends, strict=False) for end, kind in each]
        return text if again.text == text and again.ends == tuple(shifted) else None

    def _pieces(self, own: str) -> Iterator[str]:
        """What is left of the text and what is put into it, by turns."""
        at = 0
        for start, end, text in sorted(self._edits or ()):
            yield own[at:start]
            yield _with_names(text, own)
            at = end + 1
        yield own[at:]


def _is_at(name: exp.Expr, own: str) -> bool:
    """Whether the text has the name where the tree says that it has it."""
    start, end = _place(name)
    written = own[start : end + 1] if start is not None and end is not None else ""
    return written == name.name or (written[1:-1] == name.name and written[:1] in _QUOTES)


def _place(name: exp.Expr) -> tuple[int | None, int | None]:
    return name.meta.get("start"), name.meta.get("end")


def _with_names(text: str, own: str) -> str:
    return re.sub(r"\0(\d+):(\d+)\0", lambda found: own[int(found[1]) : int(found[2]) + 1], text)
