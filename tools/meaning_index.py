"""The tables whose descriptions are most like a question in meaning, where an embedding model is set."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from tools.embedding import Embedding, likeness
from tools.kept import Kept
from tools.metadata import TableMeta
from tools.text import one_line

if TYPE_CHECKING:
    from tools.database import Database

_FIELDS_TOLD = 60
_LONGEST_QUESTION = 2_000  # characters
_FIRST_WAIT = 1.0  # seconds that the first search waits for vectors


class MeaningIndex:
    """Vectors of tables, got in the background; until they are there, nothing is found."""

    def __init__(self, tables: Sequence[TableMeta], embedding: Embedding) -> None:
        self._tables = tuple(tables)
        self._embedding = embedding
        self._vectors: list[array[float]] | None = None
        self._of_question = lru_cache(maxsize=256)(self._asked)
        reader = threading.Thread(target=self._read, name="dbagent-vectors", daemon=True)
        reader.start()
        reader.join(_FIRST_WAIT)

    def search(self, words: str, count: int = 30) -> tuple[TableMeta, ...]:
        """The tables most like these words, most like first; none when the model fails."""
        if self._vectors is None:
            return ()
        asked = self._of_question(words[:_LONGEST_QUESTION])
        if asked is None:
            self._of_question.cache_clear()
            return ()
        if not self._vectors or len(asked) != len(self._vectors[0]):
            return ()
        alike = likeness(asked, self._vectors)
        best = sorted(range(len(alike)), key=lambda at: -alike[at])[:count]
        return tuple(self._tables[at] for at in best)

    def _asked(self, words: str) -> array[float] | None:
        found = self._embedding.vectors([words], keep=False)
        return found[0] if found else None

    def _read(self) -> None:
        self._vectors = self._embedding.vectors([told(each) for each in self._tables])


def told(table: TableMeta) -> str:
    """What the model is told of a table: names and comments, no value."""
    fields = ", ".join(
        each.name + (f" ({one_line(each.comment, 80)})" if each.comment else "") for each in table.fields[:_FIELDS_TOLD]
    )
    names = ", ".join((table.full_name, *table.synonyms))
    return f"{names}. {one_line(table.comment, 300)} Fields: {fields}"


def _opened(database: Database) -> MeaningIndex | None:
    return MeaningIndex(tuple(database.meta.tables()), database.embedding) if database.embedding else None


_indexes: Kept[MeaningIndex | None] = Kept(_opened)


def like_in_meaning(database: Database, words: str) -> tuple[TableMeta, ...]:
    """The tables most like these words in meaning; none where no embedding model is set, or it fails."""
    if database.embedding is None:
        return ()
    index = _indexes.of(database)
    return index.search(words) if index else ()
