"""TOOL: find tables, fields and stored values by words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from tools.arguments import Arguments
from tools.metadata import DatabaseMeta, TableMeta, quoted
from tools.metadata_index import TableHit, index_of
from tools.text import one_line
from tools.tool import tool

if TYPE_CHECKING:
    from tools.database import Database

_FIELDS_LISTED = 30
_BYTES = 12_000


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

    def for_model(self) -> str:
        """One block a table, best first, and what to do next; bounded."""
        if not self.hits:
            return self._nothing()
        blocks: list[str] = []
        room = _BYTES
        for hit in self.hits:
            block = self._block(hit)
            room -= len(block.encode())
            if room < 0 and blocks:
                break
            blocks.append(block)
        return "\n\n".join(blocks) + (
            "\n\nNext: show_table for sample values and comments, or execute_sql if this is enough."
        )

    def _nothing(self) -> str:
        some = [self.meta.sql_name(table) for table, _ in zip(self.meta.tables(), range(20), strict=False)]
        if not some:
            return "This database has no tables that may be read. Say so to the user."
        return (
            f"Nothing is named or described like {one_line(self.words, 100)!r}. Search with other words "
            f"(synonyms, the schema's language). Tables that exist: {', '.join(some)}."
        )

    def _block(self, hit: TableHit) -> str:
        table, dialect = hit.table, self.meta.dialect
        about = one_line(table.comment)
        if table.row_estimate is not None:
            about += f"{'.' if about and about[-1] not in '.。!?' else ''} ~{table.row_estimate} rows"
        lines = [self.meta.sql_name(table) + (f" -- {about.strip()}" if about else "")]
        matched = list(hit.reasons)
        for each in hit.fields[:5]:
            matched.append(
                f"field {quoted(each.name, dialect)}"
                + (f' "{one_line(each.comment, 80)}"' if each.comment else "")
            )
        if matched:
            lines.append("  matched: " + "; ".join(matched))
        shown = (
            table.fields
            if len(table.fields) <= _FIELDS_LISTED
            else (hit.fields or table.fields)[:_FIELDS_LISTED]
        )
        listed = ", ".join(f"{quoted(each.name, dialect)} {each.type}" for each in shown)
        if len(shown) < len(table.fields):
            listed += f" and {len(table.fields) - len(shown)} more"
        if listed:
            lines.append("  fields: " + listed)
        joins = self._joins(table)
        if joins:
            lines.append("  joins: " + "; ".join(joins))
        return "\n".join(lines)

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
    index = index_of(database)
    return SearchResult(arguments.words, index.search(arguments.words), database.meta)


SEARCH_METADATA = tool(search_metadata)
