"""What is known of a database: its schemas, their tables, their fields, as plain values.

`DatabaseMeta → SchemaMeta → TableMeta → FieldMeta` is what reflection fills, search indexes, the guard
resolves names against and the prompt's template walks (`meta.schemas[].tables[].fields[]`).
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tools.outline import outlined
from tools.text import visible


@dataclass(frozen=True)
class FieldMeta:
    """One field of a table; `type` is the database's own spelling of it."""

    name: str
    type: str
    nullable: bool = True
    comment: str = ""
    generated: bool = False
    synonyms: tuple[str, ...] = ()  # what else people call it; from knowledge files
    sensitive: bool = False  # its values are neither sampled nor searched; from knowledge files


@dataclass(frozen=True)
class ForeignKey:
    """`fields` of this table point at `target_fields` of `target_schema.target_table`, pairwise."""

    fields: tuple[str, ...]
    target_schema: str
    target_table: str
    target_fields: tuple[str, ...]


@dataclass(frozen=True)
class TableMeta:
    """One table or view; `row_estimate` is the database's own guess, None where it has none."""

    schema: str
    name: str
    fields: tuple[FieldMeta, ...] = field(default_factory=tuple)
    comment: str = ""
    kind: str = "table"  # "table" | "view" | "materialized view"
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    row_estimate: int | None = None
    synonyms: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """`schema.table`, unquoted: a name to show and to search by, not SQL."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def field(self, name: str) -> FieldMeta | None:
        """The field of that name, upper and lower case alike; None where there is none."""
        return self._fields_by_name.get(name.lower())

    @classmethod
    def with_fields_later(cls, make: Callable[[], tuple[FieldMeta, ...]], **values: Any) -> TableMeta:
        """A table whose fields are made when they are first asked for; `values` are all the others, but `synonyms`.

        Ten thousand of them open in a blink: also because a frozen dataclass takes four times as long to fill itself.
        """
        table = object.__new__(cls)
        table.__dict__.update(values, synonyms=(), _make_fields=make)
        return table

    if not TYPE_CHECKING:  # where it stood, every misspelt attribute would pass the type checker

        def __getattr__(self, name: str) -> Any:
            make = self.__dict__.get("_make_fields") if name == "fields" else None
            if make is None:
                raise AttributeError(f"A table has no {name!r}.")
            self.__dict__["fields"] = made = make()
            self.__dict__.pop("_make_fields", None)
            return made

    def changed(self, **values: Any) -> TableMeta:
        """The same table with other values (not its fields), for which its fields are not made."""
        table = object.__new__(type(self))
        table.__dict__.update(self.__dict__, **values)
        return table

    @cached_property
    def _fields_by_name(self) -> dict[str, FieldMeta]:
        return {each.name.lower(): each for each in reversed(self.fields)}


@dataclass(frozen=True)
class SchemaMeta:
    """One schema and its tables, in the order of their names."""

    name: str
    tables: tuple[TableMeta, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class DatabaseMeta:
    """Everything known of one database.

    `dialect` is sqlglot's name for its SQL ("duckdb", "sqlite", "postgres", "mysql");
    `default_schema` is where the database looks for a table that is named without a schema.
    """

    dialect: str
    schemas: tuple[SchemaMeta, ...] = ()
    default_schema: str = ""
    name: str = ""
    notices: tuple[str, ...] = field(default=(), compare=False)  # what reflection could not read, for people
    # What an administrator lets statements call besides the engine's own list: lower case, `name` or `schema.name`.
    allowed_functions: frozenset[str] = field(default=frozenset(), compare=False)
    # Whether the rules of a user keep a table of that name (and schema, None for none written) from them.
    forbids: Callable[[str, str | None], bool] = field(default=lambda name, schema: False, compare=False, repr=False)

    def tables(self) -> Iterator[TableMeta]:
        """Every table of every schema, in order."""
        for schema in self.schemas:
            yield from schema.tables

    def find(self, name: str, schema: str | None = None) -> tuple[TableMeta, ...]:
        """Every table a loosely written name can mean: `orders`, `public.orders`, `"public"."orders"`.

        Case does not matter, but an exact spelling wins over one that differs in it, and a table of the
        default schema over others.
        """
        wanted = name if schema is None else f"{schema}.{name}"
        for key in (wanted, wanted.replace('"', "").replace("`", "").replace("[", "").replace("]", "")):
            hits = self._by_name.get(key.lower(), ())
            exact = tuple(t for t in hits if key in (t.name, t.full_name)) or hits
            if exact:
                return tuple(t for t in exact if t.schema == self.default_schema) or exact
        return ()

    def nearest(self, name: str, count: int = 3) -> tuple[str, ...]:
        """The full names of the tables whose names look most like this one, best first."""
        bare = name.lower().rsplit(".", 1)[-1]
        by_likeness = sorted(
            self.tables(),
            key=lambda table: -difflib.SequenceMatcher(None, bare, table.name.lower()).quick_ratio(),
        )
        return tuple(visible(table.full_name, keep="") for table in by_likeness[:count])

    @cached_property
    def _by_name(self) -> dict[str, tuple[TableMeta, ...]]:
        index: dict[str, tuple[TableMeta, ...]] = {}
        for table in self.tables():
            for key in dict.fromkeys((table.name.lower(), table.full_name.lower())):
                index[key] = (*index.get(key, ()), table)
        return index

    @cached_property
    def fingerprint(self) -> str:
        """A digest of names, types, keys, comments and synonyms, but not of row estimates: 16 hex digits."""
        digest = hashlib.sha256(self.dialect.encode())
        for part in self._parts():
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
        return digest.hexdigest()[:16]

    def _parts(self) -> Iterable[str]:
        for table in self.tables():
            yield f"{table.full_name}|{table.kind}|{table.comment}|{table.primary_key}|{table.foreign_keys}"
            if table.synonyms:
                yield f"synonyms|{table.synonyms}"
            for each in table.fields:
                yield f"{each.name}|{each.type}|{each.nullable}|{each.comment}"
                if each.synonyms:
                    yield f"synonyms|{each.synonyms}"
                if each.sensitive:
                    yield "sensitive"

    def outline(self, budget_tokens: int) -> dict[str, Any]:
        """What a prompt says of this database, as plain values for a template, within about so many tokens.

        `detail` tells how much there was room for: "full" (every field of every table), "tables" (each with
        its comment, `fields` empty) or "schemas" (how many tables each has, and its most connected ones):

            {"dialect", "name", "detail", "table_count", "schema_count", "schemas": [
              {"name", "comment", "table_count", "tables": [
                {"name", "full_name", "comment", "kind", "fields": [
                  {"name", "type", "comment", "primary_key", "references"}]}]}]}

        `full_name`, `references` and a field's `name` are quoted as SQL needs them. Comments are one bounded
        line each. The same schema gives the same outline, byte for byte: nothing in it counts rows. It is made
        once for a budget and shared by all who ask, so nobody changes it.
        """
        if budget_tokens not in self._outlines:
            self._outlines[budget_tokens] = outlined(self, budget_tokens)
        return self._outlines[budget_tokens]

    @cached_property
    def _outlines(self) -> dict[int, dict[str, Any]]:
        return {}  # 90 ms each at ten thousand tables

    def quoted(self, name: str) -> str:
        """The identifier as this database's SQL needs it."""
        return quoted(name, self.dialect)

    def sql_target(self, key: ForeignKey) -> str:
        """The name of the table that a foreign key points at, as a statement needs it."""
        return ".".join(self.quoted(part) for part in (key.target_schema, key.target_table) if part)

    def sql_name(self, table: TableMeta) -> str:
        """The table's name as a statement needs it: with its schema, quoted where the dialect asks for it."""
        return ".".join(self.quoted(part) for part in (table.schema, table.name) if part)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BACKTICKS = _words("""
    mysql mariadb bigquery hive spark spark2 databricks clickhouse doris starrocks singlestore drill
    athena
""")
# Dialects that fold an unquoted name to lower or upper case, so that a name of mixed case needs its quotes.
_FOLDING = _words("postgres redshift materialize risingwave snowflake oracle exasol")
# What one or the other supported database does not take as a bare name; quoting one too many is harmless.
_RESERVED = _words("""
    accessible add all alter analyse analyze and anti any array as asc asensitive asof asymmetric at
    authorization before between bigint binary blob both by call cascade case cast change char character
    check collate collation column commit concurrently condition constraint continue convert create cross
    cube cume_dist current_catalog current_date current_role current_schema current_time current_timestamp
    current_user cursor database databases day_hour day_microsecond day_minute day_second dec decimal
    declare default deferrable delayed delete delete_domain_id dense_rank desc describe deterministic
    distinct distinctrow div do do_domain_ids double drop dual each else elseif empty enclosed end escape
    escaped except exists exit explain false fetch first_value float float4 float8 for force foreign
    freeze from full fulltext function generated get glob grant group grouping groups having high_priority
    hour_microsecond hour_minute hour_second if ignore ignore_domain_ids ilike in index indexed infile
    initially inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect interval into
    is isnull iterate join json_table key keys kill lag lambda last_value lateral lead leading leave left
    like limit linear lines load localtime localtimestamp lock long longblob longtext loop low_priority
    master_demote_to_replica master_demote_to_slave master_ssl_verify_server_cert match maxvalue
    mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural
    no_write_to_binlog not nothing notnull nth_value ntile null numeric of offset on only optimize option
    optionally or order out outer outfile over overlaps page_checksum parse_vcol_expr partition
    percent_rank pivot pivot_longer pivot_wider placing portion positional precision primary procedure
    purge qualify raise range rank read read_write reads real recursive ref_system_id references regexp
    release rename repeat replace require resignal restrict return returning returns revoke right rlike
    row row_number rows schema schemas second_microsecond select semi sensitive separator session_user set
    show signal similar smallint some spatial specific sql sql_big_result sql_buffer_result sql_cache
    sql_calc_found_rows sql_no_cache sql_small_result sqlexception sqlstate sqlwarning ssl starting
    stats_auto_recalc stats_persistent stats_sample_pages stored straight_join summarize symmetric system
    table tablesample terminated then tinyblob tinyint tinytext to top trailing transaction trigger true
    undo union unique unlock unpack unpivot unsigned update usage use user using utc_date utc_time
    utc_timestamp values varbinary varchar varcharacter variadic varying verbose virtual when where while
    window with write xor year_month zerofill
""")


def quoted(name: str, dialect: str) -> str:
    """The identifier as the dialect needs it: bare where that is safe, else in the dialect's own quotes."""
    if (
        _PLAIN.fullmatch(name)
        and name.lower() not in _RESERVED
        and not (dialect in _FOLDING and name not in (name.lower(), name.upper()))
        and not (dialect in _FOLDING and dialect not in ("snowflake", "oracle", "exasol") and name != name.lower())
    ):
        return name
    if dialect in _BACKTICKS:
        return "`" + name.replace("`", "``") + "`"
    if dialect in ("tsql", "fabric"):
        return "[" + name.replace("]", "]]") + "]"
    return '"' + name.replace('"', '""') + '"'
