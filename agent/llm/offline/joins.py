"""Paths between tables over foreign keys: how far apart two tables are, and the joins that connect several."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import likeness
from agent.llm.offline.schema_text import Key, Schema
from agent.llm.offline.words import identifier_words

_FAR = 99


@dataclass(frozen=True)
class Step:
    """One join: from a table already there to a new one, along a key in either direction."""

    key: Key
    known: str
    new: str

    @property
    def multiplies(self) -> bool:
        """Whether one row of the known table can meet several of the new one."""
        return self.key.table == self.new


@dataclass
class JoinGraph:
    """The foreign keys of a schema as a graph."""

    schema: Schema
    said: frozenset[str] = frozenset()  # the question's words: of several keys between two tables, one may be named
    _distances: dict[str, dict[str, int]] = field(default_factory=dict)

    @cached_property
    def edges(self) -> dict[str, list[tuple[str, Key]]]:
        edges: dict[str, list[tuple[str, Key]]] = {name: [] for name in self.schema.tables}
        for key in self.schema.keys:
            if key.table != key.target:
                edges[key.table].append((key.target, key))
                edges[key.target].append((key.table, key))
        return {name: sorted(pairs, key=lambda pair: not self._is_said(pair[1])) for name, pairs in edges.items()}

    def distance(self, first: str, second: str) -> int:
        """The number of joins between two tables; 99 where there is no way."""
        if first not in self._distances:
            seen = {first: 0}
            queue = deque([first])
            while queue:
                table = queue.popleft()
                for other, _ in self.edges.get(table, ()):
                    if other not in seen:
                        seen[other] = seen[table] + 1
                        queue.append(other)
            self._distances[first] = seen
        return self._distances[first].get(second, _FAR)

    def steps(self, start: str, needed: Iterable[str], preferred: Iterable[str] = ()) -> list[Step] | None:
        """The joins that add every needed table to the first, nearest first; None when one cannot be reached.

        Of several ways as short, one through a preferred table is taken, then through declared keys.
        """
        tree = [start]
        steps: list[Step] = []
        wanted = [name for name in dict.fromkeys(needed) if name != start]
        liked = set(preferred) | set(wanted)
        while wanted:
            path = self._nearest(tree, wanted, liked, frozenset(preferred))
            if path is None:
                return None
            for step in path:
                steps.append(step)
                tree.append(step.new)
            wanted = [name for name in wanted if name not in tree]
        return steps

    def _nearest(
        self, tree: list[str], wanted: list[str], liked: set[str], through: frozenset[str]
    ) -> list[Step] | None:
        best: dict[str, tuple[float, list[Step]]] = {name: (0.0, []) for name in tree}
        queue = deque(tree)
        while queue:
            table = queue.popleft()
            cost, path = best[table]
            for other, key in self.edges.get(table, ()):
                if other in tree:
                    continue
                step_cost = cost + (1.0 if key.declared else 1.3) - (0.2 if other in liked else 0.0)
                if other in through or table in through:
                    step_cost -= 0.6
                if other not in best or step_cost < best[other][0] - 1e-9:
                    best[other] = (step_cost, [*path, Step(key, table, other)])
                    queue.append(other)
        reached = [(best[name][0], name) for name in wanted if name in best]
        if not reached:
            return None
        return best[min(reached)[1]][1]

    @staticmethod
    def siblings(steps: list[Step]) -> list[Step]:
        """The joins from a table to one of its children that was itself reached from another child.

        Each row of the one child then meets every row of the other: orders and returns over their region.
        """
        reached_from_child = {step.new for step in steps if not step.multiplies}
        return [step for step in steps if step.multiplies and step.known in reached_from_child]

    def of_no_concern(self, steps: list[Step]) -> list[Step]:
        """Those siblings that are things of their own: other tables point at them.

        The sales of a region are not those of its customers in Berlin, though they meet in the region; the reviews of
        a business are of its categories, which nothing else is about.
        """
        things = {key.target for key in self.schema.keys if key.table != key.target}
        return [step for step in self.siblings(steps) if step.new in things]

    @staticmethod
    def beyond(first: Step, steps: list[Step]) -> set[str]:
        """The table that a join adds, and all that hang on it."""
        found = {first.new}
        for step in steps:  # nearest first
            if step.known in found:
                found.add(step.new)
        return found

    def parallel(self, step: Step) -> list[Key]:
        """The other keys between the same two tables that may be meant as well: all of them, or those said too."""
        others = [key for other, key in self.edges[step.known] if other == step.new and key is not step.key]
        return [key for key in others if self._is_said(key)] if self._is_said(step.key) else others

    def _is_said(self, key: Key) -> bool:
        """Whether the question names the key's own part: the winner of a match, the airport of departure."""
        tables = {*identifier_words(key.target), *identifier_words(key.table), "id", "code", "key", "number"}
        own = {word for name in key.fields for word in identifier_words(name)} - tables
        meant = set().union(*(english().directions.get(word, ()) for word in self.said))
        return bool(own & meant) or any(likeness(said, word) >= 0.9 for said in self.said for word in own)
