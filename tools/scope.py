"""Which part of a database is wanted: its schemas by name, its tables by patterns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Scope:
    """Everything, or the schemas that are named, the tables that a pattern includes and none excludes.

    A pattern is a table's name or `schema.table`, with `*`, `?` and `[...]` as for files: `sales.*`, `*.tmp_*`,
    `orders`. Upper and lower case are alike.
    """

    schemas: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes_schema(self, schema: str) -> bool:
        """Whether a table of this schema can be wanted."""
        if self.schemas is not None and schema not in self.schemas:
            return False
        if any(each.endswith(".*") and _matches(each[:-2], schema) for each in self.exclude):
            return False
        return not self.include or any(_may_match_in(each, schema) for each in self.include)

    def takes(self, schema: str, table: str) -> bool:
        """Whether this table is wanted."""
        if self.include and not any(_is(each, schema, table) for each in self.include):
            return False
        return not any(_is(each, schema, table) for each in self.exclude)

    def without_match(self, tables: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """The patterns that should include something and match none of these tables (schema, name)."""
        known = list(tables) if self.include else []
        return tuple(each for each in self.include if not any(_is(each, *table) for table in known))


EVERYTHING = Scope()


def patterns(text: str) -> tuple[str, ...]:
    """Those of a list with commas between."""
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _is(pattern: str, schema: str, table: str) -> bool:
    return _matches(pattern, table) or ("." in pattern and bool(schema) and _matches(pattern, f"{schema}.{table}"))


def _may_match_in(pattern: str, schema: str) -> bool:
    """Whether the pattern can match a table of the schema; one without a dot can in any."""
    dots = [at for at, each in enumerate(pattern) if each == "."]
    return not dots or "*" in pattern[: dots[0]] or any(_matches(pattern[:at], schema) for at in dots)


def _matches(pattern: str, name: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower())
