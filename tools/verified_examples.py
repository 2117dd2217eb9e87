"""Which verified questions are like one that is asked, and whether a statement follows one of their answers."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
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
# Measured on the 96 questions of sample_db/questions.jsonl, each against all others: at 0.35 three of four
# of the nearest read the same tables, below 0.3 not even half of them.
_ALIKE = 0.35
_ALIKE_TREES = 0.9
_LONGEST_SQL = 20_000


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

    Both are parsed and made alike: literals become one placeholder each (and so do lists of them), aliases of
    tables and results are dropped, names are folded, a field is named without its table, a table with its
    schema. Then they are equal, or they read the same tables, call the same aggregates and at least 0.9 of
    their nodes, each with its parent, are common to both.
    """
    mine, theirs = (
        _shape(sql, meta.dialect, meta.default_schema),
        _shape(example.sql, meta.dialect, meta.default_schema),
    )
    if mine is None or theirs is None:
        return False
    if mine == theirs:
        return True
    (tables, calls, nodes), (their_tables, their_calls, their_nodes) = mine, theirs
    if tables != their_tables or calls != their_calls:
        return False
    mine_counted, theirs_counted = Counter(nodes), Counter(their_nodes)
    common = (mine_counted & theirs_counted).total()
    return 2 * common >= _ALIKE_TREES * (mine_counted.total() + theirs_counted.total())


Shape = tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]


@lru_cache(maxsize=256)
def _shape(sql: str, dialect: str, default_schema: str) -> Shape | None:
    """The tables that a statement reads, the aggregates that it calls, its nodes in order; None if it is no SQL."""
    if len(sql) > _LONGEST_SQL:
        return None
    try:
        tree = parse_one(sql, read=dialect)
    except (SqlglotError, RecursionError):
        return None
    own_names = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    tables = frozenset(
        ".".join(part.lower() for part in (each.db or default_schema, each.name) if part)
        for each in tree.find_all(exp.Table)
        if each.db or each.name.lower() not in own_names
    )
    calls = tuple(sorted(type(each).__name__ for each in tree.find_all(exp.AggFunc)))
    return tables, calls, tuple(_nodes(tree, default_schema))


def _nodes(tree: exp.Expr, default_schema: str) -> Iterator[str]:
    """Each node as its place under its parent and what it is, values and aliases left out."""
    renamed = {
        each.alias.lower(): each.this.sql().lower()
        for each in tree.find_all(exp.Alias)
        if each.alias and isinstance(each.parent, exp.Select)
    }
    for node in tree.walk(bfs=False):
        under = f"{type(node.parent).__name__}.{node.arg_key or ''}"
        if isinstance(node, exp.Identifier | exp.TableAlias | exp.Alias):
            continue
        if isinstance(node, exp.Literal | exp.Boolean | exp.Null):
            if not isinstance(node.parent, exp.In) or node.index == 0:
                yield f"{under}:?"
        elif isinstance(node, exp.Column):
            # An alias of the result stands for what it names: ORDER BY n, ORDER BY count(*).
            yield f"{under}:{renamed.get(node.name.lower(), node.name.lower())}"
        elif isinstance(node, exp.Table):
            yield f"{under}:{'.'.join(p.lower() for p in (node.db or default_schema, node.name) if p)}"
        elif isinstance(node, exp.Anonymous):
            yield f"{under}:{node.name.lower()}"
        else:
            yield f"{under}:{type(node).__name__}"


def on_one_line(sql: str, dialect: str) -> str | None:
    """The statement on one line, saying the same; None where that cannot be made sure of."""
    folded = " ".join(sql.split()).rstrip("; ")
    try:
        tree = parse_one(sql, read=dialect)
        if parse_one(folded, read=dialect) == tree:
            return folded
        # A comment up to the end of its line, or a line end within a text.
        made = tree.sql(dialect=dialect, comments=False)
    except (SqlglotError, RecursionError):
        return None
    return made if "\n" not in made else None
