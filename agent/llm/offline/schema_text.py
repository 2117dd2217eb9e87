"""What the tools' texts say of a database, read back into a small schema: tables, fields, keys, values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache


@dataclass(frozen=True)
class Field:
    """One field of a table; `sql` is its name as SQL must write it, quotes included where they are needed.

    `values` are the stored values that were shown, as SQL literals; `distinct` is how many there are, if known.
    """

    table: str
    name: str
    sql: str
    type: str = ""
    comment: str = ""
    values: tuple[str, ...] = ()
    distinct: int | None = None
    nullable: bool = True

    @property
    def shows_all_values(self) -> bool:
        return self.distinct is not None and self.distinct <= len(self.values)

    @cached_property
    def kind(self) -> str:
        """number, date, boolean or text."""
        upper = self.type.upper()
        if re.search(r"BOOL|\bBIT\b", upper):
            return "boolean"
        if re.search(r"DATE|TIME|YEAR\b", upper) and not re.search(r"YEAR", upper):
            return "date"
        if re.search(r"INT|DEC|NUM|REAL|FLOA|DOUB|MONEY|SERIAL|YEAR", upper):
            return "number"
        return "text"


@dataclass(frozen=True)
class Key:
    """`fields` of `table` point at `target_fields` of `target`, pairwise; `declared` or guessed from names."""

    table: str
    fields: tuple[str, ...]
    target: str
    target_fields: tuple[str, ...]
    declared: bool = True


@dataclass(frozen=True)
class Table:
    """One table or view, named as SQL must write it."""

    sql: str
    name: str
    fields: tuple[Field, ...] = ()
    comment: str = ""
    primary_key: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    rows: int | None = None
    pointed_at_by: tuple[str, ...] = ()
    is_view: bool = False
    alias_of: str = ""  # the table that this is once more, under the name of a role

    @property
    def is_derived(self) -> bool:
        """Whether it only repeats, summed up or joined, what other tables hold: a view, or its comment says so."""
        return self.is_view or _SUMMED_UP.search(self.comment) is not None

    def field(self, name: str) -> Field | None:
        lower = name.lower()
        return next((each for each in self.fields if each.name.lower() == lower), None)


@dataclass(frozen=True)
class Found:
    """What one search reply said: tables, best first, the tables they join, values that the words hit."""

    tables: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()  # table, field, SQL literal


@dataclass(frozen=True)
class Schema:
    """All that the tools have shown so far."""

    tables: dict[str, Table] = field(default_factory=dict)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The declared foreign keys between shown tables, then those that names alone suggest."""
        declared = [key for table in self.tables.values() for key in table.keys if key.target in self.tables]
        return (*declared, *_guessed_keys(self.tables, declared))

    def is_key(self, each: Field) -> bool:
        """Whether a field tells rows apart or points at others, by its keys or its name: no figure to reckon with."""
        if each.name.lower().endswith(("id", "code", "number", "no", "year")):
            return True
        return any(key.table == each.table and each.name in key.fields for key in self.keys)

    def field(self, table: str, name: str) -> Field | None:
        found = self.tables.get(table)
        return found.field(name) if found else None


_SUMMED_UP = re.compile(
    r"\b(?:summ(?:ed|ari[sz]ed) up|summary of|summari[sz]e[sd]|aggregat(?:ed|es)|rolled up)\b|汇总", re.I
)
_NAME = r'(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[^\s"`\[(),;.]+)'
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_CREATE = re.compile(rf"^CREATE ((?:MATERIALIZED )?(?:TABLE|VIEW|\w+)) ({_PATH}) \($")
_FIELD = re.compile(rf"^  ({_NAME})(.*)$")
_KEY = re.compile(rf"^  FOREIGN KEY \((.*?)\) REFERENCES ({_PATH}) \((.*?)\),?$")
_PRIMARY = re.compile(r"^  PRIMARY KEY \((.*)\),?$")
_ROWS = re.compile(r"~(\d+) rows$")
_COUNTED = re.compile(r".* \((\d+) of (\d+|many)\)(?=$|; )")
_LITERAL = re.compile(r"\s*('(?:[^']|'')*'|[^,']+)\s*(?:,|$)")
_JOIN = re.compile(rf"({_PATH}) = ({_PATH})")
_VALUE = re.compile(rf"({_NAME}) = ('(?:[^']|'')*'|[^,;\s]+)")


def bare(name: str) -> str:
    """A name without its quotes."""
    if len(name) >= 2 and (name[0], name[-1]) in (('"', '"'), ("`", "`"), ("[", "]")):
        return name[1:-1].replace(name[-1] * 2, name[-1])
    return name


def split_path(path: str) -> list[str]:
    """The parts of a dotted name, quotes kept."""
    return re.findall(_NAME, path)


@lru_cache(maxsize=256)
def tables_of(text: str) -> tuple[Table, ...]:
    """The tables of one `show_table` reply; text that is not annotated DDL gives none."""
    tables: list[Table] = []
    about = ""
    current: Table | None = None
    for line in text.splitlines():
        if current is None:
            if line.startswith("-- referenced by: ") and tables:
                pointing = re.findall(_PATH, line[len("-- referenced by: ") :])
                names = tuple(".".join(split_path(each)[:-1]) for each in pointing if "." in each)
                tables[-1] = replace(tables[-1], pointed_at_by=names)
            elif line.startswith("-- "):
                about = line[3:]
            elif match := _CREATE.match(line):
                rows = _ROWS.search(about)
                comment = _ROWS.sub("", about).strip()
                path = match.group(2)
                current = Table(
                    path,
                    bare(split_path(path)[-1]),
                    comment=comment,
                    rows=int(rows.group(1)) if rows else None,
                    is_view=match.group(1).endswith("VIEW"),
                )
                about = ""
        elif line == ");":
            tables.append(current)
            current = None
        else:
            current = _with_line(current, line)
    return tuple(tables)


def _with_line(table: Table, line: str) -> Table:
    if match := _PRIMARY.match(line):
        return replace(table, primary_key=tuple(bare(each) for each in re.findall(_NAME, match.group(1))))
    if match := _KEY.match(line):
        key = Key(
            table.sql,
            tuple(bare(each) for each in re.findall(_NAME, match.group(1))),
            match.group(2),
            tuple(bare(each) for each in re.findall(_NAME, match.group(3))),
        )
        return replace(table, keys=(*table.keys, key))
    if re.match(r"^  (?:UNIQUE \(|CONSTRAINT |--)", line):
        return table
    if match := _FIELD.match(line):
        declared, _, remark = match.group(2).partition(" -- ")
        type_ = declared.rstrip(",").strip()
        comment, values, distinct = _remark(remark)
        nullable = not type_.endswith(" NOT NULL")
        field_ = Field(
            table.sql,
            bare(match.group(1)),
            match.group(1),
            type_.removesuffix(" NOT NULL"),
            comment,
            values,
            distinct,
            nullable,
        )
        return replace(table, fields=(*table.fields, field_))
    return table


def _remark(text: str) -> tuple[str, tuple[str, ...], int | None]:
    comment, found, listed = text.rpartition("; values: ")
    if not found:
        if not text.startswith("values: "):
            return text, (), None
        comment, listed = "", text[len("values: ") :]
    counted = _COUNTED.match(listed)
    if counted is None:
        return text, (), None
    values = tuple(match.group(1).strip() for match in _LITERAL.finditer(listed[: counted.start(1) - 2]))
    return comment, values, int(counted.group(2)) if counted.group(2) != "many" else None


@lru_cache(maxsize=256)
def found_in(text: str) -> Found:
    """What one `search_metadata` reply said; when nothing was found, the tables that it says exist."""
    tables: list[str] = []
    neighbours: list[str] = []
    values: list[tuple[str, str, str]] = []
    if (at := text.find("Tables that exist: ")) >= 0:
        listed = text[at + len("Tables that exist: ") :].rstrip(". \n")
        return Found(tuple(re.findall(_PATH, listed)))
    for block in text.split("\n\n"):
        lines = block.splitlines()
        head = re.match(rf"^({_PATH})(?: -- .*)?$", lines[0]) if lines else None
        if head is None:
            continue
        name = head.group(1)
        tables.append(name)
        for line in lines[1:]:
            label, _, rest = line.strip().partition(": ")
            if label == "joins":
                for match in _JOIN.finditer(rest):
                    for side in match.groups():
                        neighbours.append(".".join(split_path(side)[:-1]))
            elif label == "values":
                values += [(name, bare(m.group(1)), m.group(2)) for m in _VALUE.finditer(rest)]
    others = [each for each in dict.fromkeys(neighbours) if each not in tables]
    return Found(tuple(tables), tuple(others), tuple(values))


def _guessed_keys(tables: dict[str, Table], declared: Iterable[Key]) -> list[Key]:
    """Keys that nobody declared: a field named like another table's one-field primary key, or TABLE_key."""
    joined = {frozenset((key.table, key.target)) for key in declared}
    guessed: list[Key] = []
    for target in tables.values():
        stem = target.name.lower().rstrip("s")
        primary = target.primary_key or _own_key(target, stem)
        if len(primary) != 1:
            continue
        key = primary[0].lower()
        plain = key in ("id", "code", "no", "name", "number")
        wanted = {f"{stem}_{key}", f"{stem}{key}", f"{target.name.lower()}_{key}"} | (set() if plain else {key})
        for table in tables.values():
            if (
                table.alias_of
                or target.alias_of
                or table.sql == target.sql
                or frozenset((table.sql, target.sql)) in joined
            ):
                continue
            for each in table.fields:
                if each.name.lower() in wanted and table.primary_key != (each.name,):
                    guessed.append(Key(table.sql, (each.name,), target.sql, primary, declared=False))
    return guessed


def _own_key(table: Table, stem: str) -> tuple[str, ...]:
    """The field that a table without a declared key is known by: `course_id` of course."""
    named = {f"{stem}_id", f"{stem}id", f"{table.name.lower()}_id", "id"}
    return next(((each.name,) for each in table.fields if each.name.lower() in named), ())
