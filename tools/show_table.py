"""TOOL: fields, keys, comments and sample values of named tables, as annotated DDL."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from tools.arguments import Arguments, listed
from tools.errors import UnknownTable, not_permitted
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, TableMeta, quoted
from tools.text import literal, one_line, visible
from tools.tool import tool
from tools.value_index import TEXT_TYPE, values_of
from tools.value_shapes import epoch_date, shape
from tools.words import terms

if TYPE_CHECKING:
    from tools.database import Database
    from tools.samples import SampleValues

_FIELDS_SHOWN = 60
_SAMPLES = 10  # of a field that has no more than that; of others fewer are shown
_TEXTS_SHOWN, _NUMBERS_SHOWN = 5, 2
_SAMPLE_SECONDS = 3.0  # for all fields of one call together
_BYTES = 30_000


class ShowTable(Arguments):
    tables: list[str] = Field(description="Their names.", min_length=1)
    fields: list[str] = Field(
        default=[], description="Only for very wide tables: names or words of the fields to show."
    )

    _listed = field_validator("tables", "fields", mode="before")(listed)


@dataclass(frozen=True)
class TableDescription:
    """One table as it is shown: the fields that were chosen of it, their sample values, who points at it."""

    table: TableMeta
    fields: tuple[FieldMeta, ...]
    samples: Mapping[str, SampleValues]  # by the field's name; a field may be missing
    referenced_by: tuple[tuple[TableMeta, ForeignKey], ...] = ()


@dataclass(frozen=True)
class TableDescriptions:
    """The tables that were asked for, and what to say of names that are in no schema."""

    meta: DatabaseMeta
    tables: tuple[TableDescription, ...]
    notes: tuple[str, ...] = ()

    def for_model(self) -> str:
        """Annotated DDL, one block a table, within 30 kB."""
        blocks: list[str] = []
        room, left_out = _BYTES, []
        for each in self.tables:
            block = _ddl(each, self.meta)
            room -= len(block.encode())
            if room < 0 and blocks:
                left_out.append(visible(self.meta.sql_name(each.table), keep=""))
            else:
                blocks.append(block)
        notes = list(self.notes)
        if left_out:
            notes.append(f"Not shown for want of room: {', '.join(left_out)}. Call show_table again for these.")
        return "\n\n".join([*blocks, *notes])


def show_table(arguments: ShowTable, database: Database) -> TableDescriptions:
    """See tables as annotated DDL: fields, types, keys, comments, sample values."""
    known = database.meta
    try:
        return _looked_up(arguments, database)
    except UnknownTable:
        if not database.look_again(known):
            raise
        return _looked_up(arguments, database)


def _looked_up(arguments: ShowTable, database: Database) -> TableDescriptions:
    meta = database.meta
    found: dict[str, TableMeta] = {}
    unknown: list[str] = []
    for name in arguments.tables:
        tables = _named(name, meta)
        found.update({table.full_name: table for table in tables})
        if not tables and _is_forbidden(name, meta):
            unknown.append(not_permitted(one_line(name, 80)))
        elif not tables:
            near = ", ".join(meta.nearest(name[:100])) or "none: the database has no tables"
            unknown.append(f"There is no table {one_line(name, 80)!r}. The nearest are {near}.")
    if not found:
        raise UnknownTable(" ".join(unknown) + " Call again with one of these, or search_metadata for others.")
    ends = time.monotonic() + _SAMPLE_SECONDS
    shown = tuple(_described(table, arguments.fields, database, ends) for table in found.values())
    if time.monotonic() > ends:
        unknown.append("Some sample values were left out: reading them took too long.")
    return TableDescriptions(meta, shown, tuple(unknown))


def _named(name: str, meta: DatabaseMeta) -> tuple[TableMeta, ...]:
    """The tables a name means as models write them: with blanks, a semicolon, or the database's name in front."""
    plain = re.sub(r"\s*\.\s*", ".", name.strip(" \t\r\n;,"))
    found = meta.find(plain)
    while not found and plain.count(".") > 1:
        plain = plain.split(".", 1)[1]
        found = meta.find(plain)
    if not found and "." in plain:  # a field was named: its table is what can be shown
        table, field = plain.rsplit(".", 1)
        found = tuple(each for each in meta.find(table) if each.field(field.strip('"`[]')))
    return found


def _is_forbidden(name: str, meta: DatabaseMeta) -> bool:
    parts = [part.strip().strip('"`[]') for part in name.strip(" \t\r\n;,").split(".")]
    return meta.forbids(parts[-1], parts[-2] if len(parts) > 1 else None)


def _described(table: TableMeta, wanted: Sequence[str], database: Database, ends: float) -> TableDescription:
    fields = _chosen(table, wanted)
    keys = _key_fields(table)
    stored = values_of(database)
    # Numbers that only tell rows apart teach nothing.
    telling = [each for each in fields if each.name.lower() not in keys or TEXT_TYPE.search(each.type)]
    samples = database.samples(table, telling, _SAMPLES) if telling and time.monotonic() < ends else {}
    by_name = {each.name: each for each in fields}
    samples = {name: _completed(each, stored.all_of(table, by_name[name])) for name, each in samples.items()}
    pointing = tuple(
        (other, key)
        for other in database.meta.tables()
        for key in other.foreign_keys
        if (key.target_schema, key.target_table) == (table.schema, table.name)
    )
    return TableDescription(table, fields, samples, pointing)


def _completed(samples: SampleValues, every: tuple[object, ...] | None) -> SampleValues:
    """The samples with the number of values that the value index knows, and all of these where they are few."""
    if every is None or (samples.distinct or 0) > _SAMPLES:
        return samples
    rest = [value for value in every if value not in samples.values]
    return replace(samples, values=(*samples.values, *rest)[:_SAMPLES], distinct=samples.distinct or len(every))


def _key_fields(table: TableMeta) -> set[str]:
    keys = {name.lower() for key in table.foreign_keys for name in key.fields}
    return keys | {name.lower() for name in table.primary_key}


def _chosen(table: TableMeta, wanted: Sequence[str]) -> tuple[FieldMeta, ...]:
    """All fields where they are few; else the keys and those that the words name, else the first."""
    if len(table.fields) <= _FIELDS_SHOWN:
        return table.fields
    keys = _key_fields(table)
    by_name = {text.strip('"`[] ').lower() for text in wanted}
    words = {
        term for text in wanted if table.field(text.strip('"`[] ')) is None for term in terms(text) if len(term) > 1
    }

    def fit(field: FieldMeta) -> int:
        if field.name.lower() in by_name:
            return len(words) + 1
        return len(words.intersection(terms(f"{field.name} {field.comment}")))

    fits = {each.name: fit(each) for each in table.fields}
    best = sorted((each.name for each in table.fields if fits[each.name]), key=lambda name: -fits[name])
    shown = set((best or [each.name for each in table.fields])[:_FIELDS_SHOWN])
    return tuple(each for each in table.fields if each.name in shown or each.name.lower() in keys)


def _ddl(description: TableDescription, meta: DatabaseMeta) -> str:
    table, dialect = description.table, meta.dialect
    about = one_line(table.comment, 300)
    if table.synonyms:
        about += f"{'.' if about and about[-1] not in '.。!?' else ''} Synonyms: {_synonyms(table.synonyms)}."
    if table.row_estimate is not None:
        about += f"{'.' if about and about[-1] not in '.。!?' else ''} ~{table.row_estimate} rows"
    lines = [f"-- {about.strip()}"] if about else []
    lines.append(f"CREATE {table.kind.upper()} {meta.sql_name(table)} (")
    items: list[tuple[str, str]] = []
    for each in description.fields:
        declared = f"{quoted(each.name, dialect)} {each.type}".rstrip() + ("" if each.nullable else " NOT NULL")
        items.append((declared, _remark(each, description.samples.get(each.name))))
    if table.primary_key:
        items.append((f"PRIMARY KEY ({_names(table.primary_key, dialect)})", ""))
    items += [(f"UNIQUE ({_names(each, dialect)})", "") for each in table.unique]
    for key in table.foreign_keys:
        target = meta.sql_target(key)
        items.append(
            (
                f"FOREIGN KEY ({_names(key.fields, dialect)}) "
                f"REFERENCES {target} ({_names(key.target_fields, dialect)})",
                "",
            )
        )
    for number, (item, remark) in enumerate(items, start=1):
        comma = "," if number < len(items) else ""
        lines.append(f"  {item}{comma}" + (f" -- {remark}" if remark else ""))
    hidden = len(table.fields) - len(description.fields)
    if hidden:
        lines.append(f"  -- and {hidden} more fields: name them, or give words, in the argument fields")
    lines.append(");")
    if description.referenced_by:
        pointing = [
            f"{meta.sql_name(other)}.{_names(key.fields, dialect)}" for other, key in description.referenced_by[:20]
        ]
        more = len(description.referenced_by) - len(pointing)
        lines.append("-- referenced by: " + ", ".join(pointing) + (f" and {more} more" if more else ""))
    return "\n".join(visible(line, keep="") for line in lines)  # names may hold line ends


def _names(names: Sequence[str], dialect: str) -> str:
    return ", ".join(quoted(name, dialect) for name in names)


def _not_ours(text: str) -> str:
    """Foreign text in which our own marker does not stand."""
    return re.sub(r"(?i)^values:", "values -", re.sub(r"(?i);\s*values: ", ", values: ", text))


def _remark(field: FieldMeta, samples: SampleValues | None) -> str:
    said = _not_ours(one_line(field.comment, 300))
    parts = [said] if said else []
    if field.synonyms:
        parts.append("synonyms: " + _not_ours(_synonyms(field.synonyms)))
    if samples is not None and samples.values:
        count = "many" if samples.distinct is None else str(samples.distinct)
        shown = _values_shown(samples)
        values = ", ".join(literal(value) for value in shown)
        parts.append(f"values: {values} ({len(shown)} of {count})")
    if field.sensitive:
        parts.append("sensitive: no values are shown")
    return "; ".join([*parts, *_facts(field.name, samples)] if samples is not None else parts)


def _facts(name: str, samples: SampleValues) -> Iterator[str]:
    """What follows the values: how they are to be read, between which they lie, how many rows have none."""
    said, least, greatest = samples.shape, samples.least, samples.greatest
    # The shape is that of some values; the least and the greatest of all may be others.
    fits = bool(said) and shape(name, (least, greatest)) == said
    days = [epoch_date(said, each) for each in (least, greatest)] if fits else [""]
    if all(days):
        yield f"{said}: {days[0]} … {days[1]}"
    else:
        if said:
            yield said
        # Of texts only those that begin with the year are in the order of time.
        in_order = (fits and said.startswith("text as YYYY")) or not isinstance(least, str)
        all_shown = samples.distinct is not None and samples.distinct <= len(_values_shown(samples))
        if least is not None and in_order and not all_shown:
            yield f"range {_plainly(least)} … {_plainly(greatest)}"
    if samples.nulls > 0:
        percent = round(100 * samples.nulls)
        about = "" if samples.whole else "~"
        rounded = percent if samples.nulls == 1 else min(percent, 99)
        yield f"{about}{rounded}% NULL" if rounded else "<1% NULL"


def _plainly(value: object) -> str:
    """A number as SQL would write it, a date or a moment as its day."""
    return str(value)[:10] if isinstance(value, datetime.date) else literal(value).strip("'")


def _synonyms(synonyms: Sequence[str]) -> str:
    return one_line(", ".join(synonyms), 120)


def _values_shown(samples: SampleValues) -> tuple[object, ...]:
    """All values where they are texts and few, so that a filter can be written right; else some."""
    if any(isinstance(value, str) for value in samples.values):
        if samples.distinct is not None and samples.distinct <= len(samples.values):
            return samples.values
        return samples.values[:_TEXTS_SHOWN]
    return samples.values[:_NUMBERS_SHOWN]


SHOW_TABLE = tool(show_table)
