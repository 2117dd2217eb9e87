"""What people know of a database and keep in files: laid over its metadata, found by words, told with a question."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from tools.glossary import Glossary
from tools.knowledge_files import Example, FieldNote, Join, Metric, Place, Problem, TableNote, Term, read_folder
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, TableMeta
from tools.text import one_line, tokens
from tools.verified_examples import ExampleIndex, follows, may_run, on_one_line

T = TypeVar("T", Term, Metric, Example)

_TURN_TOKENS, _NAMES_TOKENS = 600, 400
_EXAMPLES_TOLD, _NAMES_TOLD = 3, 8
_EXAMPLES_COMPARED = 20
_SYNONYMS_KEPT = 30


@dataclass(frozen=True)
class Synonym:
    """Another name for a table, or for a field of it."""

    written: str
    table: TableMeta
    field: FieldMeta | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What it is written as."""
        return (self.written,)


Known = Term | Metric | Synonym


@dataclass(frozen=True)
class Knowledge:
    """Descriptions, synonyms, joins, terms, metrics and verified examples, and what is wrong with their files.

    Made for one database by `about`; what it then tells of, for any part of that database's metadata, names no
    table and no field that is not in that part.
    """

    tables: tuple[TableNote, ...] = ()
    joins: tuple[Join, ...] = ()
    terms: tuple[Term, ...] = ()
    metrics: tuple[Metric, ...] = ()
    examples: tuple[Example, ...] = ()
    problems: tuple[Problem, ...] = ()
    sensitive: tuple[str, ...] = ()  # patterns of fields that are, whatever the notes say; see Scope
    whole: DatabaseMeta | None = field(default=None, compare=False, repr=False)

    @classmethod
    def read(cls, *folders: Path) -> Knowledge:
        """What the files of these folders say, all of it that is sound; the rest is among `problems`.

        YAML files, and Markdown files with front matter, in these folders and below. What a program wrote (a file
        with a `source`) gives way to what people wrote. Raises FileNotFoundError for a folder that is not there.
        """
        for folder in folders:
            if not folder.exists():
                raise FileNotFoundError(f"There is no folder {folder}.")
        files = sorted((each for folder in folders for each in read_folder(folder)), key=lambda each: each.made)
        problems = [problem for file in files for problem in file.problems]
        made = {id(each) for file in files if file.made for each in (*file.terms, *file.metrics, *file.examples)}
        return cls(
            tables=tuple(each for file in files for each in file.tables),
            joins=tuple(each for file in files for each in file.joins),
            terms=_once((each for file in files for each in file.terms), made, problems),
            metrics=_once((each for file in files for each in file.metrics), made, problems),
            examples=_once((each for file in files for each in file.examples), made, problems),
            problems=tuple(problems),
        )

    def __bool__(self) -> bool:
        return bool(self.tables or self.joins or self.terms or self.metrics or self.examples)

    # ---- laid over the metadata

    def about(self, meta: DatabaseMeta) -> Knowledge:
        """The same for one database: `whole` is its metadata with everything laid over it."""
        return replace(self, whole=self.over(meta))

    def over(self, meta: DatabaseMeta) -> DatabaseMeta:
        """The metadata with descriptions in place of comments, synonyms, and joins as foreign keys.

        What is said of tables and fields that are not in it is left out; the first that describes a table wins.
        """
        if self.sensitive:
            meta = _marked(meta, self.sensitive)
        if not self.tables and not self.joins:
            return meta
        noted: dict[tuple[str, str], list[TableNote]] = defaultdict(list)
        for note in self.tables:
            if table := only(meta.find(note.table)):
                noted[table.schema, table.name].append(note)
        keys: dict[tuple[str, str], list[ForeignKey]] = defaultdict(list)
        for join in self.joins:
            if resolved := foreign_key(join, meta):
                keys[resolved[0].schema, resolved[0].name].append(resolved[1])
        schemas = tuple(
            replace(schema, tables=tuple(_laid_over(each, noted, keys) for each in schema.tables))
            if any((each.schema, each.name) in noted or (each.schema, each.name) in keys for each in schema.tables)
            else schema
            for schema in meta.schemas
        )
        return replace(meta, schemas=schemas)

    # ---- found by words

    def named_in(self, text: str, meta: DatabaseMeta) -> tuple[Known, ...]:
        """The terms, metrics and synonyms that a text names: whole words, the longest at each place, in order.

        One that is about a table or field that is not in this metadata is left out.
        """
        hidden = self._hidden(meta)
        named = self._glossary.named_in(text)
        return tuple(each for each in named if not hidden.names(each) and _is_there(each, meta))

    def examples_like(self, question: str, meta: DatabaseMeta, count: int = _EXAMPLES_TOLD) -> tuple[Example, ...]:
        """The verified examples whose questions are most like this one and whose SQL may run on this metadata."""
        hidden = self._hidden(meta)
        found: list[Example] = []
        for example in self._example_index.nearest(question):
            if not hidden.names(example) and may_run(example, meta):
                found.append(example)
            if len(found) == count:
                break
        return tuple(found)

    def example_followed(self, sql: str, question: str, meta: DatabaseMeta) -> Example | None:
        """The verified example that a statement follows, among the twenty whose questions are most like this one.

        See `verified_examples.follows` for what following is. The same question wins over a like one.
        """
        hidden = self._hidden(meta)
        near = self._example_index.nearest(question, 0.0)
        compared = [each for each, _ in zip(near, range(_EXAMPLES_COMPARED), strict=False) if not hidden.names(each)]
        return next((each for each in compared if follows(sql, each, meta)), None)

    def for_question(self, question: str, meta: DatabaseMeta) -> tuple[str, ...]:
        """The lines that go with a question: terms and metrics that it names, verified examples like it.

        Each is one line; about 600 tokens in all; none where nothing fits.
        """
        named = self.named_in(question, meta)[:_NAMES_TOLD]
        # Definitions may be long; an example shall find room beside them.
        longest = 240 if len(named) > 2 else 400
        told = _as_many_as_fit((line_of(each, meta, longest) for each in named), _NAMES_TOKENS)
        room = _TURN_TOKENS - sum(map(tokens, told))
        return (*told, *_as_many_as_fit(self._example_lines(question, meta), room))

    def _example_lines(self, question: str, meta: DatabaseMeta) -> Iterator[str]:
        for example in self.examples_like(question, meta):
            if sql := on_one_line(example.sql, meta.dialect):
                yield f"Example: {one_line(example.question, 200)} → {sql}"

    @cached_property
    def _glossary(self) -> Glossary[Known]:
        glossary: Glossary[Known] = Glossary()
        entries: tuple[Metric | Term, ...] = (*self.metrics, *self.terms)
        for entry in entries:
            for name in entry.names:
                glossary.add(name, entry)
        for table in self.whole.tables() if self.whole else ():
            for synonym in table.synonyms:
                self._add(glossary, Synonym(synonym, table), table.name)
            for each in table.fields:
                for synonym in each.synonyms:
                    self._add(glossary, Synonym(synonym, table, each), each.name)
        return glossary

    def _add(self, glossary: Glossary[Known], synonym: Synonym, name: str) -> None:
        """Only where it says more than the name, and no term or metric says what it is."""
        if any(not isinstance(each, Synonym) for each in glossary.meanings(synonym.written)):
            return
        if synonym.written.casefold().replace(" ", "_") != name.casefold():
            glossary.add(synonym.written, synonym)

    @cached_property
    def _example_index(self) -> ExampleIndex:
        return ExampleIndex(self.examples)

    # ---- what may not be told

    def _hidden(self, meta: DatabaseMeta) -> _Hidden:
        """The names that this part of the metadata has not, though the whole has them."""
        if self.whole is None or meta is self.whole:
            return _NOTHING_HIDDEN
        kept = self._hidden_from.get(id(meta))
        if kept is None or kept[0] is not meta:
            if len(self._hidden_from) > 100:
                self._hidden_from.clear()
            kept = self._hidden_from[id(meta)] = (meta, _Hidden.from_view(meta, self.whole))
        return kept[1]

    @cached_property
    def _hidden_from(self) -> dict[int, tuple[DatabaseMeta, _Hidden]]:
        return {}


@dataclass(frozen=True)
class _Hidden:
    """Names of tables and fields that are not to be told: single words, and names that are more than a word."""

    words: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    tables: frozenset[tuple[str, str]] = frozenset()
    fields: frozenset[tuple[str, str, str]] = frozenset()

    @classmethod
    def from_view(cls, seen: DatabaseMeta, whole: DatabaseMeta) -> _Hidden:
        """What the whole has and the part that is seen has not; a name that the part has too is not hidden."""
        visible = {(table.schema, table.name): table for table in seen.tables()}
        open_names = {name for table in seen.tables() for name in _names_of(table)}
        names: set[str] = set()
        tables, fields = set(), set()
        for table in whole.tables():
            mine = visible.get((table.schema, table.name))
            if mine is None:
                tables.add((table.schema, table.name))
                names |= {name.lower() for name in (table.name, *table.synonyms)}
                if "." in table.full_name:
                    names.add(table.full_name.lower())
            for each in table.fields:
                if mine is None or mine.field(each.name) is None:
                    fields.add((table.schema, table.name, each.name))
                    names |= {name.lower() for name in (each.name, *each.synonyms)}
                    names |= {f"{table.name}.{each.name}".lower(), f"{table.full_name}.{each.name}".lower()}
        names -= open_names
        words = frozenset(name for name in names if re.fullmatch(r"\w+", name) and name.isascii())
        return cls(words, tuple(names - words), frozenset(tables), frozenset(fields))

    def names(self, known: Known | Example) -> bool:
        """Whether to tell this would tell a hidden name."""
        if not self.tables and not self.fields:
            return False
        if isinstance(known, Synonym):
            at = (known.table.schema, known.table.name)
            return at in self.tables or (known.field is not None and (*at, known.field.name) in self.fields)
        match known:
            case Term():
                text = " ".join((*known.names, known.definition, *known.about))
            case Metric():
                told = (*known.names, known.expression, known.table, known.grain, known.description)
                text = " ".join(told)
            case Example():
                text = f"{known.question} {known.sql} {known.id}"
        text = text.lower()
        return not self.words.isdisjoint(re.findall(r"[a-z0-9_]+", text)) or any(each in text for each in self.phrases)


_NOTHING_HIDDEN = _Hidden()


def _names_of(table: TableMeta) -> Iterator[str]:
    for name in (table.name, table.full_name, *table.synonyms):
        yield name.lower()
    for each in table.fields:
        yield each.name.lower()
        yield from (synonym.lower() for synonym in each.synonyms)


def line_of(known: Known, meta: DatabaseMeta, longest: int = 400) -> str:
    """A term, a metric or a synonym as one line of at most about so many characters."""
    match known:
        case Synonym(written, table, None):
            return f"Term: {one_line(written, 80)} = table {one_line(meta.sql_name(table), 200)}"
        case Synonym(written, table, FieldMeta() as its_field):
            named = f"{meta.sql_name(table)}.{meta.quoted(its_field.name)}"
            return f"Term: {one_line(written, 80)} = field {one_line(named, 200)}"
        case Term():
            about = f" [{one_line(', '.join(known.about), 120)}]" if known.about else ""
            return f"Term: {_called(known.names)}: {one_line(known.definition, longest)}{about}"
        case Metric():
            said = f"Metric: {_called(known.names)} = {one_line(known.expression, longest)}"
            said += f" over {one_line(known.table, 100)}" if known.table else ""
            said += f"; grain: {one_line(known.grain, 100)}" if known.grain else ""
            return said + (f"; {one_line(known.description, longest)}" if known.description else "")
    raise TypeError(f"{known!r} is no term, metric or synonym")


def _called(names: tuple[str, ...]) -> str:
    also = one_line(", ".join(names[1:4]), 80)
    return one_line(names[0], 80) + (f" ({also})" if also else "")


def _as_many_as_fit(lines: Iterable[str], room: int) -> tuple[str, ...]:
    """Those that find room whole: half a statement misleads."""
    told = []
    for line in lines:
        if (cost := tokens(line)) <= room:
            room -= cost
            told.append(line)
    return tuple(told)


def _is_there(known: Known, meta: DatabaseMeta) -> bool:
    """Whether everything that an entry says it is about is in the metadata."""
    match known:
        case Term():
            return all(field_named(each, meta) or meta.find(each) for each in known.about)
        case Metric():
            return not known.table or bool(meta.find(known.table))
    return True


def tables_about(known: Known, meta: DatabaseMeta) -> tuple[tuple[TableMeta, FieldMeta | None], ...]:
    """The tables and fields that a term or a metric says it is about, as far as they are in this metadata.

    Those of a synonym are left out: the index finds them by it.
    """
    named = known.about if isinstance(known, Term) else (known.table,) if isinstance(known, Metric) else ()
    found: list[tuple[TableMeta, FieldMeta | None]] = []
    for text in named:
        if its_field := field_named(text, meta):
            found.append(its_field)
        elif table := only(meta.find(text)):
            found.append((table, None))
    return tuple(found)


# ---- names into tables, fields and keys


def only(tables: tuple[TableMeta, ...]) -> TableMeta | None:
    """The one table that a name means; None where it means none or several."""
    return tables[0] if len(tables) == 1 else None


def field_named(text: str, meta: DatabaseMeta) -> tuple[TableMeta, FieldMeta] | None:
    """The field that `schema.table.field` or `table.field` means, whatever dots its names have."""
    for match in reversed(list(re.finditer(r"\.", text))):
        table = only(meta.find(text[: match.start()]))
        if table and (found := table.field(text[match.end() :].strip('"`[]'))):
            return table, found
    return None


def foreign_key(join: Join, meta: DatabaseMeta) -> tuple[TableMeta, ForeignKey] | None:
    """The table that the join starts from and its key; None where a field of it is not there."""
    mine = [field_named(each, meta) for each in join.fields]
    theirs = [field_named(each, meta) for each in join.target_fields]
    if len(mine) != len(theirs) or None in mine or None in theirs:
        return None
    sources, targets = [each for each in mine if each], [each for each in theirs if each]
    if len({id(table) for table, _ in sources}) != 1 or len({id(table) for table, _ in targets}) != 1:
        return None
    target = targets[0][0]
    key = ForeignKey(
        tuple(each.name for _, each in sources),
        target.schema,
        target.name,
        tuple(each.name for _, each in targets),
    )
    return sources[0][0], key


def _laid_over(
    table: TableMeta,
    noted: Mapping[tuple[str, str], list[TableNote]],
    keys: Mapping[tuple[str, str], list[ForeignKey]],
) -> TableMeta:
    notes = noted.get((table.schema, table.name), [])
    new_keys = [key for key in dict.fromkeys(keys.get((table.schema, table.name), ())) if key not in table.foreign_keys]
    if not notes and not new_keys:
        return table
    about_fields: dict[str, list[FieldNote]] = defaultdict(list)
    for note in notes:
        for each in note.fields:
            about_fields[each.field.lower()].append(each)
    return replace(
        table,
        comment=next((note.description for note in notes if note.description), table.comment),
        synonyms=_merged(table.synonyms, notes),
        fields=tuple(_field_laid_over(each, about_fields.get(each.name.lower(), [])) for each in table.fields),
        foreign_keys=(*table.foreign_keys, *new_keys),
    )


def _marked(meta: DatabaseMeta, patterns: tuple[str, ...]) -> DatabaseMeta:
    """The metadata with the fields marked that a pattern means: `schema.table.field`, `table.field` or `field`."""
    wanted = [pattern.lower() for pattern in patterns]

    def marked(table: TableMeta) -> TableMeta:
        def is_meant(each: FieldMeta) -> bool:
            names = (each.name, f"{table.name}.{each.name}", f"{table.full_name}.{each.name}")
            return any(fnmatchcase(name.lower(), pattern) for pattern in wanted for name in names)

        meant = {each for each in table.fields if is_meant(each)}
        fields = tuple(replace(each, sensitive=True) if each in meant else each for each in table.fields)
        return replace(table, fields=fields) if meant else table

    return replace(meta, schemas=tuple(replace(each, tables=tuple(map(marked, each.tables))) for each in meta.schemas))


def _field_laid_over(each: FieldMeta, notes: list[FieldNote]) -> FieldMeta:
    if not notes:
        return each
    comment = next((note.description for note in notes if note.description), each.comment)
    if values := next((note.values for note in notes if note.values), ()):
        comment = f"{comment}{'.' if comment and comment[-1] not in '.。!?' else ''} One of: {', '.join(values)}."
    sensitive = each.sensitive or any(note.sensitive for note in notes)
    return replace(each, comment=comment.strip(), synonyms=_merged(each.synonyms, notes), sensitive=sensitive)


def _merged(own: tuple[str, ...], notes: Iterable[TableNote | FieldNote]) -> tuple[str, ...]:
    every = dict.fromkeys((*own, *(synonym for note in notes for synonym in note.synonyms)))
    return tuple(every)[:_SYNONYMS_KEPT]


def _once(entries: Iterable[T], made: set[int], problems: list[Problem]) -> tuple[T, ...]:
    """The entries less those whose name stands for something already; a name that only an alias repeats is told."""
    kept: list[T] = []
    first: dict[str, Place] = {}
    for entry in entries:
        names: tuple[str, ...] = (entry.question,) if isinstance(entry, Example) else entry.names
        told = " ".join(names[0].split()).casefold()
        if told in first and id(entry) not in made:
            problems.append(
                Problem(entry.place, f"{names[0]!r} is there already ({first[told]}), so this one is left out.")
            )
        if told in first:
            continue
        for alias in names[1:]:
            other = first.get(" ".join(alias.split()).casefold())
            if other and id(entry) not in made:
                problems.append(Problem(entry.place, f"{alias!r} of {names[0]!r} stands for another too ({other})."))
        for name in names:
            first.setdefault(" ".join(name.split()).casefold(), entry.place)
        kept.append(entry)
    return tuple(kept)
