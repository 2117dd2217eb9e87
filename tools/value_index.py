"""The values stored in text fields, found by words in whatever case, width or accents they are asked for."""

from __future__ import annotations

import contextlib
import re
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.errors import DatabaseUnavailable, DBAgentError
from tools.kept import Kept
from tools.metadata import FieldMeta, TableMeta
from tools.private_file import PrivateFile
from tools.value_file import ALL, KEPT_SECONDS, PART, READ, FieldValues, age, file_of, packed, unpacked
from tools.words import STOP_WORDS, WEAK_WORDS, folded, is_unspaced, stem

if TYPE_CHECKING:
    from tools.database import Database

# The first of a field's different values, and whether these are all it has.
DistinctValues = Callable[[TableMeta, FieldMeta, int], tuple[tuple[object, ...], bool]]

VALUES_A_FIELD = 5_000
VALUES_IN_ALL = 200_000
LONGEST_VALUE = 80
_LONGEST_KEPT = 1_000  # characters
_LONGEST_QUESTION = 10_000  # characters
_FIRST_WAIT = 0.7  # seconds that the first search waits for values
TEXT_TYPE = re.compile(r"char|text|string|clob|enum|symbol|name|nullable\(string|lowcardinality", re.IGNORECASE)
# A value counts as found when the words asked make up so much of it.
_COVERED = 0.45
_COMMON = 3_000  # a word in so many values tells nothing and would cost the time of all others
_LATIN_OR_NOT = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True)
class ValueHit:
    """A stored value that the words name: where it stands, its stored spelling, and how much of it was named."""

    table: TableMeta
    field: FieldMeta
    value: str
    covered: float
    words: tuple[str, ...]


class ValueIndex:
    """Values of text fields; filled in the background, and searched with what is there so far."""

    def __init__(self) -> None:
        self._values: list[tuple[TableMeta, FieldMeta, str, int]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._filled = threading.Event()
        self._lock = threading.Lock()
        self._partly: set[tuple[str, str, str]] = set()
        self._of_field: dict[tuple[str, str, str], tuple[object, ...]] = {}

    def __len__(self) -> int:
        return len(self._values)

    @property
    def complete(self) -> bool:
        """Whether every text field was read, each to its limit."""
        return self._filled.is_set()

    def fill(self, tables: Sequence[TableMeta], distinct_values: DistinctValues, seconds: float = 60.0) -> None:
        """Read the text fields of the tables, small tables first, until the time or the room is used up."""
        ends = time.monotonic() + seconds
        # What a view shows stands in its tables, and reading it may cost a join.
        tables = [each for each in tables if each.kind != "view"]
        for table in sorted(tables, key=lambda each: each.row_estimate or 0):
            for field in table.fields:
                if field.sensitive or not TEXT_TYPE.search(field.type):
                    continue
                if time.monotonic() > ends or len(self._values) >= VALUES_IN_ALL:
                    return
                values, all_of_them = distinct_values(table, field, VALUES_A_FIELD)
                if all_of_them:
                    self._of_field[table.schema, table.name, field.name] = values
                else:
                    self._partly.add((table.schema, table.name, field.name))
                self.add(table, field, values)
        self._filled.set()

    def kept(self) -> Iterator[FieldValues]:
        """What was read of each field, for a file."""
        with self._lock:
            read: dict[tuple[str, str, str], list[str]] = defaultdict(list)
            for table, field, value, _ in self._values:
                read[table.schema, table.name, field.name].append(value)
            for key in sorted({*read, *self._of_field, *self._partly}):
                every = self._of_field.get(key)
                texts = [each for each in every or () if isinstance(each, str) and len(each) <= _LONGEST_KEPT]
                if key in self._partly:
                    yield FieldValues(*key, PART, tuple(read[key]))
                elif every is not None and len(texts) == len(every):
                    yield FieldValues(*key, ALL, tuple(texts))
                else:
                    yield FieldValues(*key, READ, tuple(read[key]))

    def learn(self, tables: Sequence[TableMeta], kept: Iterable[FieldValues]) -> None:
        """Take what was kept of the fields of these tables; then it is complete."""
        by_name = {(table.schema, table.name): table for table in tables}
        for each in kept:
            table = by_name.get((each.schema, each.table))
            field = table.field(each.field) if table else None
            if table is None or field is None or field.sensitive:
                continue
            key = (each.schema, each.table, field.name)
            if each.known == PART:
                self._partly.add(key)
            elif each.known == ALL:
                self._of_field[key] = each.values
            self.add(table, field, each.values)
        self._filled.set()

    def replace(self, other: ValueIndex) -> None:
        """Hold what the other holds, which is no longer used."""
        with self._lock:
            self._values, self._by_word = other._values, other._by_word
            self._partly, self._of_field = other._partly, other._of_field

    def add(self, table: TableMeta, field: FieldMeta, values: Sequence[object]) -> None:
        """Make these values of a field findable; what is no short text is left out."""
        with self._lock:
            for value in values:
                if not isinstance(value, str) or not value or len(value) > LONGEST_VALUE:
                    continue
                words = _words(value)
                at = len(self._values)
                self._values.append((table, field, value, sum(map(len, words))))
                for word in set(words):
                    self._by_word[word].append(at)

    def all_of(self, table: TableMeta, field: FieldMeta) -> tuple[object, ...] | None:
        """Every value of a field, in no order; None where they were not read, or not all of them."""
        return self._of_field.get((table.schema, table.name, field.name))

    def only_partly(self, table: TableMeta, field: FieldMeta) -> bool:
        """Whether the field has more values than were read: one that is not found may still be there."""
        return (table.schema, table.name, field.name) in self._partly

    def search(self, text: str) -> tuple[ValueHit, ...]:
        """The stored values that the text names, wholly or for the greater part, most covered first."""
        named: dict[int, list[str]] = defaultdict(list)
        with self._lock:
            for word in asked_words(text[:_LONGEST_QUESTION]):
                found = self._by_word.get(word, ())
                if len(found) <= _COMMON:
                    for at in found:
                        named[at].append(word)
            hits = []
            for at, words in named.items():
                table, field, value, length = self._values[at]
                covered = min(1.0, sum(map(len, words)) / length)
                if covered >= _COVERED:
                    hits.append(ValueHit(table, field, value, covered, tuple(words)))
        return tuple(sorted(hits, key=lambda hit: (-hit.covered, -len(hit.value), hit.value)))


def _words(text: str) -> list[str]:
    words = []
    for run in _LATIN_OR_NOT.findall(folded(text)):
        if is_unspaced(run):
            words += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
        else:
            words.append(stem(run))
    return words


def asked_words(text: str) -> dict[str, None]:
    """The words of a question that may name a value: none that say nothing, unless written as a code (`IN`)."""
    kept: dict[str, None] = {}
    for word in re.findall(r"[^\W_]+(?:['’]s\b)?", text):
        bare = re.sub(r"['’]s$", "", word)
        low = bare.lower()
        code = bare.isupper() and bare.isascii() and 2 <= len(bare) <= 4
        if (low in STOP_WORDS or low in WEAK_WORDS) and not code:
            continue
        kept.update((each, None) for each in _words(bare) if each not in STOP_WORDS or code)
    return kept


def values_of(database: Database) -> ValueIndex:
    """The values of the database; read in the background from the first use on, which waits for them a little."""
    return _indexes.of(database)


def begin_reading_values(database: Database) -> None:
    """Begin to read the values of the database, for a search that will come soon. Does not wait."""
    threading.Thread(target=values_of, args=(database,), name="dbagent-first-values", daemon=True).start()


def sync_values(database: Database) -> str:
    """Read the values anew and keep them for the next start; tells a person what came of it, in one line.

    What is kept are values of the database, in a file that its user alone may read.
    """
    index = ValueIndex()
    index.fill(tuple(database.meta.tables()), database.distinct_values)
    _indexes.put(database, index)
    read = f"{len(index):,} values are found by search" + ("" if index.complete else "; there was no time for more")
    file = file_of(database)
    if file is None:
        return f"{read}. They are not kept: nothing is kept of this database."
    try:
        file.write(packed(index.kept()))
    except OSError as error:
        return f"{read}. They could not be kept in {file.path}: {error.strerror}."
    return f"{read}, and kept in {file.path}."


def _started(database: Database) -> ValueIndex:
    index = ValueIndex()
    tables = tuple(database.meta.tables())
    reader = threading.Thread(
        target=_read, args=(index, tables, weakref.ref(database), file_of(database)), name="dbagent-values", daemon=True
    )
    reader.start()
    reader.join(_FIRST_WAIT)
    return index


def _read(
    index: ValueIndex, tables: Sequence[TableMeta], database: weakref.ref[Database], file: PrivateFile | None
) -> None:
    def distinct_values(table: TableMeta, field: FieldMeta, limit: int) -> tuple[tuple[object, ...], bool]:
        opened = database()
        if opened is None:
            raise DatabaseUnavailable("The database was closed.")
        return opened.distinct_values(table, field, limit)

    kept = file.read() if file else None
    if kept is not None:
        with contextlib.suppress(ValueError, TypeError):  # whole, but not what we write
            of_today = age(kept) < KEPT_SECONDS
            index.learn(tables, tuple(unpacked(kept)))
            if of_today:
                return
    # A search without stored values is worth more than none, and this thread has nobody to tell.
    with contextlib.suppress(DBAgentError):
        if index.complete:
            anew = ValueIndex()
            anew.fill(tables, distinct_values)
            if anew.complete:
                index.replace(anew)
        else:
            index.fill(tables, distinct_values)


_indexes: Kept[ValueIndex] = Kept(_started)
