"""Which verified questions are like one that is asked, and whether a statement follows one of their answers."""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from tools.errors import ToolError
from tools.knowledge_files import Example
from tools.metadata import DatabaseMeta
from tools.sql_guard import guarded
from tools.thesaurus import general_thesaurus
from tools.words import STOP_WORDS, WEAK_WORDS, pieces, stem

_WEAK = 0.33
_NEAR = 0.6
# Measured on the 96 questions of sample_db/questions.jsonl, each against all others: of the nearest that are alike
# by 0.35 or more 91 of 100 read a table that the question needs, of those below 0.2 only 67.
_ALIKE = 0.35
_ALIKE_TREES = 0.85
_LONGEST_SQL = 20_000
# sqlglot logs a warning for each EXPLAIN, SHOW and the like that it does not parse.
_QUERY = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:SELECT|WITH|FROM|VALUES|\()", re.IGNORECASE | re.DOTALL)


class ExampleIndex:
    """Finds the verified examples whose question is most like one that is asked; never changes once built."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = tuple(examples)
        self._terms = [_terms(each.question) for each in self._examples]
        self._postings: dict[str, list[int]] = defaultdict(list)
        for at, terms in enumerate(self._terms):
            for term in terms:
                self._postings[term].append(at)
        self._sums = [sum(map(self._weight, terms, terms.values())) for terms in self._terms]

    def nearest(self, question: str, least: float = _ALIKE) -> Iterator[Example]:
        """The examples that are alike by at least so much, from 0 to 1; the most alike first, 50 at most.

        Likeness is the weight of the words that both share, by that of all words of either; a word weighs the
        more the fewer examples have it. A word and one that the thesaurus puts near it share in part.
        """
        asked = _terms(question)
        total = sum(map(self._weight, asked, asked.values()))
        shared: dict[int, float] = defaultdict(float)
        thesaurus = general_thesaurus()
        for term, strength in asked.items():
            best: dict[int, float] = {}
            for other, near in ((term, 1.0), *((o, w * _NEAR) for o, w in thesaurus.near(term).items())):
                for at in self._postings.get(other, ()):
                    if other == term or other not in asked:
                        best[at] = max(near, best.get(at, 0.0))
            for at, near in best.items():
                shared[at] += near * self._weight(term, strength)
        alike = {at: weight / (total + self._sums[at] - weight) for at, weight in shared.items() if weight}
        for at in heapq.nsmallest(50, alike, key=lambda at: (-alike[at], at)):
            if alike[at] < least:
                return
            yield self._examples[at]

    def _weight(self, term: str, strength: float) -> float:
        return strength * math.log(2 + len(self._examples) / (1 + len(self._postings.get(term, ()))))


def _terms(text: str) -> dict[str, float]:
    """The terms of a question and how much each tells."""
    found: dict[str, float] = {}
    for word in pieces(text[:2000]):
        if word not in STOP_WORDS:
            found.setdefault(stem(word), _WEAK if word in WEAK_WORDS or word.isdecimal() else 1.0)
    return found


def may_run(example: Example, meta: DatabaseMeta) -> bool:
    """Whether its SQL may run on the tables of this metadata, as far as that is known without running it."""
    try:
        guarded(example.sql, meta)
    except ToolError:
        return False
    return True


def follows(sql: str, example: Example, meta: DatabaseMeta) -> bool:
    """Whether a statement is the example's, but for its values and its names of its own.

    Both are parsed and made alike: whatever is reckoned from no field (literals, lists of them, dates) becomes one
    placeholder, aliases give way to what they stand for, names are folded, a field is named without its table, a
    table with its schema, an order of all rows is left out. They follow when the trees are then equal, or nearly:
    the same tables, aggregates, conditions, groups and limits, the same results or more, and at least 0.85 of all
    nodes in common, so that a label more is no difference, and another measure or condition is one.
    """
    mine = _shape(sql, meta.dialect, meta.default_schema)
    theirs = _shape(example.sql, meta.dialect, meta.default_schema)
    if mine is None or theirs is None or mine.core != theirs.core:
        return False
    if not (mine.results <= theirs.results or mine.results >= theirs.results):
        return False
    common = (mine.nodes & theirs.nodes).total()
    return 2 * common >= _ALIKE_TREES * (mine.nodes.total() + theirs.nodes.total())


@dataclass(frozen=True)
class _Shape:
    """What is compared of a statement: `core` must be the same, `results` may be more, most of `nodes` are common."""

    core: Counter[str]
    results: frozenset[str]
    nodes: Counter[str]


@lru_cache(maxsize=256)
def _shape(sql: str, dialect: str, default_schema: str) -> _Shape | None:
    if len(sql) > _LONGEST_SQL or not _QUERY.match(sql):
        return None
    try:
        tree = parse_one(sql, read=dialect)
        _made_alike(tree, default_schema.lower())
        core = Counter(f"{type(node).__name__} {node.sql()}" for node in tree.walk() if _is_core(node))
        results = frozenset(each.sql() for each in tree.selects) if isinstance(tree, exp.Query) else frozenset()
        nodes = Counter(_told(node) for node in tree.walk() if not isinstance(node, exp.Identifier))
    except (SqlglotError, RecursionError):
        return None
    return _Shape(core, results, nodes)


def _made_alike(tree: exp.Expr, default_schema: str) -> None:
    for select in list(tree.find_all(exp.Select)):
        if not select.args.get("limit"):
            select.set("order", None)
        _without_aliases(select)
    own_names = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        schema = table.db.lower() or ("" if table.name.lower() in own_names else default_schema)
        table.replace(exp.table_(table.name.lower(), db=schema or None))
    for column in list(tree.find_all(exp.Column)):
        if isinstance(column.this, exp.Identifier):
            column.replace(exp.column(column.name.lower()))
    # From the root, so that the largest part that is reckoned from no field goes as one.
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        children = [each for each in node.iter_expressions() if not isinstance(each, exp.Identifier)]
        for child in children:
            if child.arg_key == "unit" or isinstance(child, exp.Limit | exp.Offset | exp.Var | exp.DataType):
                continue
            if isinstance(child, exp.Condition) and not child.find(*_FROM_THE_DATA):
                child.replace(exp.Placeholder())
            else:
                waiting.append(child)
    for listed in tree.find_all(exp.In):
        if listed.expressions:
            listed.set("expressions", [exp.Placeholder()])
    for limit in tree.find_all(exp.Limit):
        limit.set("expression", exp.Placeholder())


def _without_aliases(select: exp.Select) -> None:
    """Whatever an alias or a number of a result names in GROUP BY, ORDER BY and HAVING, in its place."""
    results = [each.unalias() for each in select.expressions]
    named = {each.alias.lower(): each.this for each in select.expressions if isinstance(each, exp.Alias)}
    for clause in (select.args.get(key) for key in ("group", "order", "having", "qualify")):
        for node in list(clause.find_all(exp.Column, exp.Literal)) if clause else ():
            meant: exp.Expr | None = None
            if isinstance(node, exp.Column) and not node.table:
                meant = named.get(node.name.lower())
            elif isinstance(node.parent, exp.Group | exp.Ordered) and node.is_int:
                meant = results[int(node.name) - 1] if 0 < int(node.name) <= len(results) else None
            if meant is not None:
                node.replace(meant.copy())
    for each in list(select.expressions):
        if isinstance(each, exp.Alias):
            each.replace(each.this)


_FROM_THE_DATA = (exp.Column, exp.Star, exp.AggFunc, exp.Query, exp.Table)


def _is_core(node: exp.Expr) -> bool:
    if isinstance(node, exp.Column | exp.Func) and isinstance(node.parent, exp.Group):
        return True
    return isinstance(
        node,
        exp.Table
        | exp.AggFunc
        | exp.Ordered
        | exp.Predicate
        | exp.Limit
        | exp.Distinct
        | exp.Not
        | exp.SetOperation
        | exp.Window,
    )


def _told(node: exp.Expr) -> str:
    what = node.sql() if isinstance(node, exp.Column | exp.Table | exp.Placeholder | exp.Anonymous) else ""
    return f"{type(node.parent).__name__}.{node.arg_key or ''}: {type(node).__name__} {what}"


def on_one_line(sql: str, dialect: str) -> str | None:
    """The statement on one line, saying the same; None where that cannot be made sure of."""
    folded = " ".join(sql.split()).rstrip("; ")
    if not _QUERY.match(sql):
        return None
    try:
        tree = parse_one(sql, read=dialect)
        if parse_one(folded, read=dialect) == tree:
            return folded
        # A comment up to the end of its line, or a line end within a text.
        made = tree.sql(dialect=dialect, comments=False)
    except (SqlglotError, RecursionError):
        return None
    return made if "\n" not in made else None
