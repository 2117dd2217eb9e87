"""Writes the guard's lists of allowed functions: `python -m tests.bench.function_catalogue`.

Each engine's rule is here: what its catalogue calls free of effects, less what reading the names one by
one took out, plus what is volatile but changes nothing. MariaDB has no such catalogue (`mysql.txt` is
written from its manual), nor have the dialects that only `standard.txt` serves. Run it after an engine's
new version, read the diff, and commit what you would answer for.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path


def _words(text: str) -> list[str]:
    return text.split()


LISTS = Path(__file__).resolve().parents[2] / "tools" / "guard" / "functions"

DUCKDB_OUT = re.compile(
    r"__.*|collate_.*|icu_collate_.*|current_(connection_id|database|query|query_id|schema|schemas|setting"
    r"|transaction_id|user|role|catalog)|session_user|user|version|txid_current|inet_.*|has_.*privilege"
    r"|pg_(?!typeof$|size_pretty$).*|(col|obj|shobj)_description|currval|nextval|setval|setseed|sleep_ms|stats"
    r"|vector_type|write_log|error|assert_true|getvariable|in_search_path|index_key|get_block_size"
    r"|constant_or_null|create_sort_key|json_(de)?serialize_.*|json_execute.*|json_copy_.*|parse_duckdb_log_message"
    r"|remap_struct|replace_type|make_type|cast_to_type|can_cast_implicitly|to_aggregate_state|combine_aggr"
    r"|.*byte_comparable|finalize|combine|map_to_pg_oid|format_pg_type|format_type|is_histogram_other_bin"
    r"|variant_to_parquet_variant|variant_bytes_to_variant|variant_comparator|hive_partition_component"
    r"|enum_range_boundary|invoke|icu_sort_key|array_to_string_comma_default"
)
DUCKDB_VOLATILE = {"random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"}
DUCKDB_GRAMMAR = {  # written like calls, but in the grammar and not in the catalogue
    *_words("coalesce cast try_cast try if nullif ifnull extract exists grouping grouping_id isnull"),
    *_words("row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value"),
    *_words("nth_value fill columns localtime localtimestamp current_time current_timestamp"),
    *_words("percentile_cont percentile_disc struct list_comprehension collate operator unpack lambda iff"),
    *_words("formatreadablesize formatreadabledecimalsize"),  # in the catalogue with capitals
}
DUCKDB_TABLE = {"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"}

SQLITE_OUT = re.compile(
    r"changes|total_changes|last_insert_rowid|load_extension|fts3_tokenizer|fts5|fts5_source_id|optimize|match"
    r"|sqlite_.*|randomblob|rtree.*|->>?|subtype|.*_log_"
)
SQLITE_GRAMMAR = {
    *_words("cast exists json_each json_tree generate_series date time datetime julianday unixepoch"),
    *_words("printf format iif coalesce ifnull"),
    # newer than the library that is listed here (3.41 to 3.50), all free of effects
    *_words("concat concat_ws string_agg timediff octet_length if jsonb jsonb_array jsonb_object jsonb_extract"),
    *_words("jsonb_insert jsonb_patch jsonb_remove jsonb_replace jsonb_set jsonb_group_array jsonb_group_object"),
    *_words("json_error_position json_pretty median percentile percentile_cont percentile_disc unhex unistr"),
    *_words("unistr_quote jsonb_each jsonb_tree regexp"),
}

POSTGRES_QUERY = r"""
select distinct proname from pg_proc p
where pronamespace = 'pg_catalog'::regnamespace and provolatile in ('i', 's')
  and not prosecdef and proacl is null and prokind in ('f', 'w', 'a')
  and (prokind = 'a' or prolang = (select oid from pg_language where lanname = 'internal')
       or proname in ('age', 'bit_length', 'date_part', 'log', 'log10', 'lpad', 'overlaps', 'polygon',
                      'round', 'rpad', 'substring', 'trunc', 'xpath', 'xpath_exists', 'timestamptz',
                      'quote_literal', 'quote_nullable'))
  and prorettype::regtype::text not in ('internal', 'cstring', 'trigger', 'event_trigger',
      'language_handler', 'index_am_handler', 'table_am_handler', 'fdw_handler', 'tsm_handler', 'void')
  and not exists (select 1 from unnest(proargtypes) a where a::regtype::text like 'reg%'
      or a::regtype::text in ('internal', 'cstring', 'xid', 'xid8', 'cid', 'aclitem', 'pg_ddl_command',
                              'pg_snapshot', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list'))
  and not exists (select 1 from pg_aggregate
      where aggtransfn = p.oid or aggfinalfn = p.oid or aggcombinefn = p.oid or aggserialfn = p.oid
         or aggdeserialfn = p.oid or aggmtransfn = p.oid or aggminvtransfn = p.oid or aggmfinalfn = p.oid)
  and not exists (select 1 from pg_amproc where amproc = p.oid)
  and (proname ~ '^(text|date|time|timestamp|timestamptz|timetz|interval|numeric|int[248]|float[48]|bool|varchar'
               '|bpchar|money|name|xml|box|circle|path|point|polygon|lseg|.*multirange|age|abs|mod|length|like'
               '|substring|position|overlaps|date_trunc|date_part|repeat|starts_with|round|trunc|log|power|pow)$'
       or not exists (select 1 from pg_operator where oprcode = p.oid or oprrest = p.oid or oprjoin = p.oid))
"""
POSTGRES_OUT = re.compile(
    r"pg_(?!typeof$|size_pretty$|size_bytes$|column_size$).*|.*_to_xml.*|inet_(client|server)_.*|has_.*"
    r"|current_(database|schema|schemas|setting|user)|session_user|getpgusername|getdatabaseencoding|version"
    r"|get_current_ts_config|txid_.*|row_security_active|acl.*|makeaclitem|to_reg.*|format_type|.*typmod(in|out)"
    r"|.*_?send|.*_(canonical|subdiff)|satisfies_hash_partition|ts_rewrite|ts_stat"
    r"|postgresql_fdw_validator|nameconcatoid|oidvectortypes|(obj|col|shobj)_description|d(exp|log1|log10|round|trunc)"
    r"|int8_sum|int4inc|numeric_(inc|exp|ln|log|sqrt)|textlen|similar_escape|like_escape|notlike|unique_key_recheck"
    r"|brin_.*|xmlvalidate|binary_upgrade.*|lo_.*|amvalidate|reg(class|proc|type|oper|role).*"
    r"|(multi)?range_(?!agg$|merge$|intersect_agg$).*|elem_contained.*"
)
POSTGRES_VOLATILE = {"random", "gen_random_uuid", "clock_timestamp", "random_normal", "timeofday"}
POSTGRES_GRAMMAR = {
    *_words("coalesce nullif greatest least cast extract overlay substring trim position exists grouping array"),
    *_words("row xmlelement xmlforest xmlconcat xmlpi xmlroot xmlserialize xmlparse xmlexists xmlagg normalize"),
    *_words("json_table json_exists json_value json_query json json_scalar json_serialize json_array json_object"),
    *_words("json_arrayagg json_objectagg xmltable current_time current_timestamp localtime"),
    *_words("localtimestamp collation treat ltrim rtrim btrim every"),
    # newer than the server that is listed here (16 to 18), all immutable or stable
    *_words("any_value array_sample array_shuffle array_reverse array_sort bit_count casefold crc32 crc32c date_add"),
    *_words("date_subtract erf erfc json_strip_nulls range_agg regexp_count regexp_instr regexp_like regexp_substr"),
    *_words("reverse string_to_table to_bin to_oct unicode_assigned uuid_extract_timestamp uuid_extract_version"),
    *_words("uuidv4 uuidv7 gamma lgamma jsonb_agg json_agg jsonb_object_agg json_object_agg"),
    # behind operators, but documented as functions too
    *_words("array_append array_prepend array_cat json_extract_path json_extract_path_text"),
    *_words("jsonb_extract_path jsonb_extract_path_text inet_same_family inet_merge bound_box"),
    # trusted extensions whose functions are immutable: pg_trgm, unaccent, fuzzystrmatch, hstore's readers
    *_words("similarity word_similarity strict_word_similarity show_trgm unaccent levenshtein"),
    *_words(
        "levenshtein_less_equal soundex difference metaphone dmetaphone dmetaphone_alt daitch_mokotoff uuid_generate_v4"
    ),
}
POSTGRES_SET_RETURNING = {"generate_series", "unnest"}


def duckdb_functions() -> set[str]:
    """DuckDB's names without side effects, and the table functions that only compute."""
    import duckdb

    found = duckdb.connect().execute(
        "select distinct function_name from duckdb_functions() where internal and function_type in "
        "('scalar', 'aggregate', 'macro') and not coalesce(has_side_effects, false) "
        "and coalesce(stability, '') <> 'VOLATILE'"
    )
    names = {row[0] for row in found.fetchall()}
    return _named(names, DUCKDB_OUT) | DUCKDB_VOLATILE | DUCKDB_GRAMMAR | DUCKDB_TABLE


def sqlite_functions() -> set[str]:
    """SQLite's names, less those that know the connection, the library's pointers or the index files."""
    found = sqlite3.connect(":memory:").execute("select distinct name from pragma_function_list")
    return _named({row[0] for row in found}, SQLITE_OUT) | SQLITE_GRAMMAR


def postgres_functions(address: str) -> set[str]:
    """PostgreSQL's immutable and stable built-ins in C that anyone may call, less the server's affairs."""
    import psycopg

    with psycopg.connect(address) as connection:
        names = {row[0] for row in connection.execute(POSTGRES_QUERY)}
    return _named(names, POSTGRES_OUT) | POSTGRES_VOLATILE | POSTGRES_GRAMMAR | POSTGRES_SET_RETURNING


def _named(names: Iterable[str], out: re.Pattern[str]) -> set[str]:
    return {name for name in names if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and not out.fullmatch(name)}


def _write(engine: str, names: set[str]) -> None:
    head = f"# {engine}: functions that compute and do nothing else.\n# From tests/bench/function_catalogue.py.\n"
    (LISTS / f"{engine}.txt").write_text(head + "".join(f"{name}\n" for name in sorted(names)), "utf-8")
    print(f"{engine}: {len(names)} functions")


if __name__ == "__main__":
    _write("duckdb", duckdb_functions())
    _write("sqlite", sqlite_functions())
    url = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
    _write("postgres", postgres_functions(url.replace("+psycopg", "")))
