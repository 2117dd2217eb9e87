"""What a query does, in plain words: a sentence for each of its parts, made from its tree and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.metadata import DatabaseMeta
from tools.search_metadata import SearchMetadata, search_metadata
from tools.text import one_line

if TYPE_CHECKING:
    from tools.database import Database

_LONGEST = 300  # characters of a part that is quoted
_MOST_STEPS = 60
_QUERY = re.compile(r"(?i)[\s(]*(?:select|with|from|values)\b")
_NOT_NAMED = "no word of the question names it; it joins the others or holds what was asked for"


@dataclass(frozen=True)
class Step:
    """What one part of the query does: `text` in words, `sql` the part itself; `depth` for what is within another."""

    text: str
    sql: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Explanation:
    """What a query does, step by step, and why it reads its tables: (full name, what speaks for it) each."""

    steps: tuple[Step, ...]
    tables: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """`steps` of text, sql and depth; `tables` of name and reason."""
        tables = [{"name": name, "reason": reason} for name, reason in self.tables]
        return {"steps": [asdict(each) for each in self.steps], "tables": tables}


def explanation(question: str, sql: str, tables: Sequence[str], database: Database) -> Explanation:
    """The explanation of the query that answered a question and read these tables."""
    return Explanation(explained(sql, database.meta), why_read(question, tables, database))


def explained(sql: str, meta: DatabaseMeta) -> tuple[Step, ...]:
    """The steps of a query that ran, in the order in which they take effect; none where it cannot be taken apart.

    Conditions and expressions stand as they were written: a paraphrase could be wrong where the SQL is not.
    """
    if not _QUERY.match(sql):  # DESCRIBE, SHOW, EXPLAIN
        return ()
    try:
        tree = sqlglot.parse_one(sql, read=meta.dialect)
        return tuple(step for step, _ in zip(_query(tree, meta, 0), range(_MOST_STEPS), strict=False))
    except (SqlglotError, RecursionError, ValueError):
        return ()


def why_read(question: str, tables: Sequence[str], database: Database) -> tuple[tuple[str, str], ...]:
    """Each table that was read (by its full name), and what in the question speaks for it, as the search finds it."""
    hits = search_metadata(SearchMetadata(words=question), database).hits
    found = {hit.table.full_name: "; ".join(hit.reasons) for hit in hits}
    return tuple((name, one_line(found.get(name) or _NOT_NAMED, _LONGEST)) for name in tables)


def _query(tree: exp.Expr, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    for each in tree.args["with_"].expressions if tree.args.get("with_") else ():
        again = ", again and again until nothing new comes" if tree.args["with_"].recursive else ""
        yield Step(f"First, a result called {each.alias}{again}:", depth=depth)
        yield from _query(each.this, meta, depth + 1)
    match tree:
        case exp.Subquery():
            yield from _query(tree.this, meta, depth)
        case exp.SetOperation():
            yield from _combined(tree, meta, depth)
        case exp.Select():
            yield from _select(tree, meta, depth)
        case _:
            yield Step("Gives this.", _sql(tree, meta), depth)
    if not isinstance(tree, exp.Select):
        yield from _ending(tree, meta, depth)


def _combined(tree: exp.SetOperation, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    distinct = tree.args.get("distinct")
    words = {
        exp.Union: "Puts the rows of two results together" + (", each different row once:" if distinct else ":"),
        exp.Except: "Takes the rows of one result that are not in the other:",
        exp.Intersect: "Takes the rows that are in both of two results:",
    }
    yield Step(words.get(type(tree), "Combines two results:"), depth=depth)
    for name, side in (("the one", tree.left), ("the other", tree.right)):
        yield Step(f"{name}:", depth=depth)
        yield from _query(side, meta, depth + 1)


def _select(tree: exp.Select, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    source = tree.args.get("from_")
    if source is not None:
        yield from _source("Reads {}.", source.this, source.this, meta, depth)
    for join in tree.args.get("joins") or ():
        yield from _joined(join, meta, depth)
    if where := tree.args.get("where"):
        for condition in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
            yield Step("Keeps only the rows where this holds:", _sql(condition, meta), depth)
            yield from _within(condition, meta, depth)
    group = tree.args.get("group")
    keys = [_named_key(each, tree) for each in group.expressions] if group else []
    if group:
        many = ", ".join(one_line(_sql(each, meta), 60) for each in keys)
        yield Step(f"Makes one row for each different {many}.", _sql(group, meta), depth)
    yield from _columns(tree, keys, meta, depth)
    if having := tree.args.get("having"):
        yield Step("Of these rows keeps only those where this holds:", _sql(having.this, meta), depth)
    if qualify := tree.args.get("qualify"):
        yield Step("Keeps only the rows where this holds, once the windows are known:", _sql(qualify.this, meta), depth)
    if tree.args.get("distinct"):
        yield Step("Gives each different row once.", "DISTINCT", depth)
    yield from _ending(tree, meta, depth)


def _named_key(key: exp.Expr, tree: exp.Select) -> exp.Expr:
    """The expression itself, where GROUP BY names it by its place or its alias."""
    if isinstance(key, exp.Literal) and not key.is_string and key.this.isdigit():
        place = int(key.this) - 1
        return tree.selects[place].unalias() if place < len(tree.selects) else key
    if isinstance(key, exp.Column) and not key.table:
        return next((each.unalias() for each in tree.selects if each.alias == key.name), key)
    return key


def _source(words: str, node: exp.Expr, quoted: exp.Expr, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    if isinstance(node, exp.Table):
        yield Step(words.format(_table(node, meta)), _sql(quoted, meta), depth)
        for join in node.args.get("joins") or ():
            yield from _joined(join, meta, depth)
    elif isinstance(node, exp.Subquery):
        yield Step(words.format(f"a result called {node.alias}" if node.alias else "a result") + " It is:", depth=depth)
        yield from _query(node.this, meta, depth + 1)
    else:
        yield Step(words.format("this"), _sql(quoted, meta), depth)


def _table(node: exp.Table, meta: DatabaseMeta) -> str:
    name = ".".join(part for part in (node.db, node.name) if part)
    found = meta.find(node.name, node.db or None)
    about = one_line(found[0].comment, 120) if len(found) == 1 and found[0].comment else ""
    return f"{name} ({about.rstrip('.')})" if about else name


def _joined(join: exp.Join, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    on, using = join.args.get("on"), join.args.get("using")
    if on is not None:
        how = "where this holds"
    elif using:
        how = f"with the same {', '.join(each.name for each in using)}"
    elif join.method == "NATURAL":
        how = "with the same values in all fields of the same name"
    else:
        how = "whatever they hold: every row with every row"
    kept = {
        "LEFT": "; rows that have none stay, without its values",
        "RIGHT": "; its rows that belong to none stay too",
        "FULL": "; rows of both sides that have no match stay",
    }.get(join.side, "; rows that have none are left out" if on is not None or using else "")
    yield from _source(f"To each row joins those of {{}} {how}{kept}.", join.this, on or join, meta, depth)


def _within(condition: exp.Expr, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    """The queries that a condition asks."""
    for inner in condition.find_all(exp.Select):
        if inner.find_ancestor(exp.Select) is condition.find_ancestor(exp.Select):
            yield Step("There the inner query is:", depth=depth + 1)
            yield from _query(inner, meta, depth + 1)


_FIGURES: Mapping[type[exp.Expr], str] = {
    exp.Sum: "adds up {}",
    exp.Avg: "takes the average of {}",
    exp.Min: "takes the smallest of {}",
    exp.Max: "takes the largest of {}",
}


def _columns(tree: exp.Select, keys: Sequence[exp.Expr], meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    plain: list[str] = []
    grouped = {_sql(key, meta) for key in keys}
    for each in tree.selects:
        inner = each.unalias()
        if _sql(inner, meta) in grouped or isinstance(inner, exp.Column | exp.Star):
            plain.append(_sql(each, meta))
            continue
        called = f", as {one_line(each.alias, 60)}" if each.alias else ""
        yield Step(f"{_figure(inner, meta)}{called}.", _sql(inner, meta), depth)
    if plain:
        what = "all fields" if plain == ["*"] else "these fields" if len(plain) > 1 else "this field"
        yield Step(f"Gives {what}.", ", ".join(plain), depth)


def _figure(inner: exp.Expr, meta: DatabaseMeta) -> str:
    if isinstance(inner, exp.Count):
        if isinstance(inner.this, exp.Distinct):
            return f"Counts the different values of {_list(inner.this.expressions, meta)}"
        return (
            "Counts the rows"
            if isinstance(inner.this, exp.Star)
            else f"Counts where {_list([inner.this], meta)} is known"
        )
    if (words := _FIGURES.get(type(inner))) is not None:
        of = inner.this
        text = _list(of.expressions if isinstance(of, exp.Distinct) else [of], meta)
        said = words.format(("the different values of " if isinstance(of, exp.Distinct) else "") + text)
        return said[0].upper() + said[1:]
    if isinstance(inner, exp.Window):
        return "Reckons over neighbouring rows"
    return "Reckons"


def _ending(tree: exp.Expr, meta: DatabaseMeta, depth: int) -> Iterator[Step]:
    if order := tree.args.get("order"):
        keys = [
            f"{_key(each.this, meta)}{', largest first' if each.args.get('desc') else ''}" for each in order.expressions
        ]
        yield Step(f"Sorts by {'; then by '.join(one_line(key, 80) for key in keys)}.", _sql(order, meta), depth)
    limit, offset = tree.args.get("limit"), tree.args.get("offset")
    if offset is not None:
        yield Step(f"Leaves out the first {_sql(offset.expression, meta)} rows.", _sql(offset, meta), depth)
    if limit is not None:
        count = limit.expression if isinstance(limit, exp.Limit) else limit.args.get("count")
        yield Step(f"Gives {_sql(count, meta) if count else 'some'} rows at the most.", _sql(limit, meta), depth)


def _key(node: exp.Expr, meta: DatabaseMeta) -> str:
    return f"column {node.name}" if isinstance(node, exp.Literal) and not node.is_string else _sql(node, meta)


def _list(nodes: Sequence[exp.Expr], meta: DatabaseMeta) -> str:
    return one_line(", ".join(_sql(node, meta) for node in nodes), 100)


def _sql(node: exp.Expr, meta: DatabaseMeta) -> str:
    return one_line(node.sql(dialect=meta.dialect), _LONGEST)
