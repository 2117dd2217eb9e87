"""TOOL: find tables, fields and stored values by words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from tools.arguments import Arguments
from tools.knowledge import Known, line_of, tables_about
from tools.meaning_index import like_in_meaning
from tools.metadata import DatabaseMeta, TableMeta, quoted
from tools.metadata_index import TableHit, index_of
from tools.text import literal, one_line, visible
from tools.tool import tool
from tools.value_index import values_of

if TYPE_CHECKING:
    from tools.database import Database

_FIELDS_LISTED = 30
_FIELDS_NAMED = 3  # of those that matched, with their comments
_BYTES = 12_000
_BLOCKS = 5
_VALUES_LISTED = 4
_TERMS_LISTED = 5
_PARTLY_NAMED = 3
_NAMED = 0.8


class SearchMetadata(Arguments):
    words: str = Field(description="Words of the question, or names and values to look for.", min_length=1)

    @field_validator("words", mode="before")
    @classmethod
    def _joined(cls, given: Any) -> Any:
        return " ".join(map(str, given)) if isinstance(given, list | tuple) else given


@dataclass(frozen=True)
class SearchResult:
    """What was found for the words, best table first."""

    words: str
    hits: tuple[TableHit, ...]
    meta: DatabaseMeta
    values_complete: bool = True
    terms: tuple[Known, ...] = ()  # of the company's knowledge, that the words name
    partly: tuple[str, ...] = ()  # fields of the best hits that have more values than are searched

    def for_model(self) -> str:
        """One block a table, best first, and what to do next; bounded."""
        if not self.hits:
            return self._nothing()
        blocks: list[str] = []
        unlikely: list[str] = []
        room = _BYTES
        for hit in self.hits:
            matched = hit.reasons or hit.fields or hit.values or hit.bridge
            block = self._block(hit) if matched and len(blocks) < _BLOCKS else ""
            room -= len(block.encode())
            if block and (room >= 0 or not blocks):
                blocks.append(block)
            else:
                unlikely.append(self.meta.sql_name(hit.table))
        return "\n\n".join([*blocks, *self._terms(), self._next(unlikely)])

    def _terms(self) -> list[str]:
        """`terms: Metric: …; Term: …`, short."""
        lines = [line_of(each, self.meta, 160) for each in self.terms[:_TERMS_LISTED]]
        return ["terms: " + " | ".join(lines)] if lines else []

    def _next(self, unlikely: list[str]) -> str:
        said = "Next: show_table for sample values and comments, or execute_sql if this is enough."
        if not self.values_complete:
            said = "Stored values were not searched completely. " + said
        if self.partly:
            said = f"Not all stored values were searched of {', '.join(self.partly)}. {said}"
        if unlikely:
            said = f"Less likely: {', '.join(unlikely)}. {said}"
        return visible(said, keep="")

    def _nothing(self) -> str:
        some = [self.meta.sql_name(table) for table, _ in zip(self.meta.tables(), range(20), strict=False)]
        if not some:
            return "This database has no tables that may be read. Say so to the user."
        return "".join(f"{each}\n\n" for each in self._terms()) + (
            f"Nothing is named or described like {one_line(self.words, 100)!r}. Search with other words "
            f"(synonyms, the schema's language). Tables that exist: {visible(', '.join(some), keep='')}."
        )

    def _block(self, hit: TableHit) -> str:
        table, dialect = hit.table, self.meta.dialect
        about = one_line(table.comment)
        if table.row_estimate is not None:
            about += f"{'.' if about and about[-1] not in '.。!?' else ''} ~{table.row_estimate} rows"
        lines = [self.meta.sql_name(table) + (f" -- {about.strip()}" if about else "")]
        matched = list(hit.reasons)
        if hit.bridge:
            matched.append(f"joins {' and '.join(map(self.meta.sql_name, hit.bridge))}")
        for each in hit.fields[:_FIELDS_NAMED]:
            matched.append(
                f"field {quoted(each.name, dialect)}"
                + (f' "{one_line(each.comment, 60).replace(chr(34), chr(39))}"' if each.comment else "")
            )
        if matched:
            lines.append("  matched: " + "; ".join(matched))
        shown = table.fields if len(table.fields) <= _FIELDS_LISTED else (hit.fields or table.fields)[:_FIELDS_LISTED]
        listed = ", ".join(f"{quoted(each.name, dialect)} {each.type}".rstrip() for each in shown)
        if len(shown) < len(table.fields):
            listed += f" and {len(table.fields) - len(shown)} more"
        if listed:
            lines.append("  fields: " + listed)
        values = self._values(hit)
        if values:
            lines.append("  values: " + values)
        joins = self._joins(table)
        if joins:
            lines.append("  joins: " + "; ".join(joins))
        return "\n".join(visible(line, keep="") for line in lines)  # names may hold line ends

    def _values(self, hit: TableHit) -> str:
        """`status = 'paid'` for the values named best, and how many of them these are."""
        best = hit.values[0].covered if hit.values else 0.0
        named = dict.fromkeys((each.field.name, each.value) for each in hit.values if each.covered >= min(best, _NAMED))
        shown = [f"{self.meta.quoted(name)} = {literal(value, 80)}" for name, value in list(named)[:_VALUES_LISTED]]
        return "; ".join(shown) + (f" ({len(shown)} of {len(named)} that fit)" if len(shown) < len(named) else "")

    def _joins(self, table: TableMeta) -> list[str]:
        dialect = self.meta.dialect
        name = self.meta.sql_name(table)
        joins = []
        for key in table.foreign_keys:
            target = self.meta.sql_target(key)
            joins.append(
                " AND ".join(
                    f"{name}.{quoted(mine, dialect)} = {target}.{quoted(theirs, dialect)}"
                    for mine, theirs in zip(key.fields, key.target_fields, strict=False)
                )
            )
        return joins


def search_metadata(arguments: SearchMetadata, database: Database) -> SearchResult:
    """Find tables, fields and stored values by words. Best first, with how tables join."""
    values = values_of(database)
    complete = values.complete
    terms = database.knowledge.named_in(arguments.words, database.meta)
    alike = like_in_meaning(database, arguments.words)
    hits = index_of(database).search(arguments.words, values=values.search(arguments.words), alike=alike)
    hits = _with_tables_of(terms, hits, database.meta)
    partly = tuple(
        f"{database.meta.sql_name(hit.table)}.{database.meta.quoted(each.name)}"
        for hit in hits[:_BLOCKS]
        for each in hit.table.fields
        if values.only_partly(hit.table, each)
    )
    return SearchResult(arguments.words, hits, database.meta, complete, terms, partly[:_PARTLY_NAMED])


def _with_tables_of(terms: tuple[Known, ...], hits: tuple[TableHit, ...], meta: DatabaseMeta) -> tuple[TableHit, ...]:
    """The hits after the tables that the terms are about, which may share no word with them."""
    first: dict[str, TableHit] = {}
    found = {hit.table.full_name: hit for hit in hits}
    for term in terms:
        for table, its_field in tables_about(term, meta):
            hit = first.get(table.full_name) or found.get(table.full_name) or TableHit(table, 0.0)
            reason = f'term "{one_line(term.names[0], 60)}"'
            first[table.full_name] = replace(
                hit,
                reasons=tuple(dict.fromkeys((reason, *hit.reasons))),
                fields=tuple(dict.fromkeys((*((its_field,) if its_field else ()), *hit.fields))),
            )
    return (*first.values(), *(hit for hit in hits if hit.table.full_name not in first))


SEARCH_METADATA = tool(search_metadata)
