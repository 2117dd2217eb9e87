"""The functions each engine may be asked to call: lists of names, one file an engine, and what may be added to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from tools.guard.grammar import GRAMMAR_WORDS, QUERY_WORDS

_FILES = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgres": "postgres",
    "mysql": "mysql",
    "clickhouse": "clickhouse",
}


# What ClickHouse lets stand behind the name of any aggregate: sumIf, avgOrNull, uniqArrayIf.
_COMBINATORS = ("if", "array", "map", "ordefault", "ornull", "foreach", "distinct", "resample", "arrayif", "ornullif")


@cache
def allowed_functions(dialect: str) -> frozenset[str]:
    """Lower-case names of the functions that only compute; `standard.txt` serves a dialect without a list."""
    text = resources.files(__name__).joinpath(f"{_FILES.get(dialect, 'standard')}.txt").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    names = {line for line in lines if line and not line.startswith("#")}
    if dialect == "clickhouse":
        names |= {name + combinator for name in names for combinator in _COMBINATORS}
    return frozenset(names)


# What no administrator can add, whatever the engine: the guard promises that no statement does it.
_NEVER = {
    "reads or writes files, or reaches other machines": """
        read_* write_* *_scan *_scan_* scan_* *_metadata *_schema sniff_csv glob parquet_* copy_* load_file readfile
        writefile edit fsdir zipfile csv loread lowrite lo_* dblink* postgres_query mysql_query sqlite_query
        postgres_execute mysql_execute st_read* http_* curl* xp_* sp_* utl_* sys_exec sys_eval sys_get sys_set
        openrowset openquery opendatasource file url s3 s3cluster hdfs remote remotesecure mysql postgresql sqlite
        executable input jdbc odbc xslt_process get_raw_page heap_page_* bt_page_* pgrowlocks add_parquet_key
        """,
    "runs SQL, or reads tables, that are named in a string": """
        query query_table json_execute_* json_serialize_* json_deserialize_* query_to_xml* table_to_xml*
        schema_to_xml* database_to_xml* cursor_to_xml* crosstab* connectby xpath_table ts_stat ts_rewrite eval
        exec exec_* execute execute_* dbms_* sha3_query joinget* dictget* invoke destroy_external_resource
        sql_auto_complete merge numbers_mt view_if_permitted generaterandom loop name_const
        """,
    "changes or tells the settings, the session or the server": """
        pg_* sqlite_* duckdb_* pragma_* enable_* disable_* set_config current_setting setseed getenv getvariable
        load_extension fts3_tokenizer fts5 optimize checkpoint force_checkpoint binary_upgrade_* txid_* inet_client_*
        inet_server_* current_query current_user session_user system_user user database version connection_id
        dbagent_* write_log spider_* brin_* gin_* has_*_privilege system$*
        """,
    "advances a sequence": "nextval setval currval lastval last_insert_id last_insert_rowid uuid_short",
    "waits or locks": """
        sleep sleep_* benchmark get_lock release_lock release_all_locks is_free_lock is_used_lock *_wait
        *_wait_* wait_for_* waitfor
        """,
}
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)?")


def added_functions(names: str | Iterable[str]) -> frozenset[str]:
    """Names that an administrator adds to the engine's list, in lower case; of a text, those between its commas.

    `name` is called so, `schema.name` with its schema. Raises ValueError for what can be no function's name, and for
    what is refused for good, whoever asks.
    """
    every = names.split(",") if isinstance(names, str) else names
    wanted = [each.strip().lower() for each in every if each.strip()]
    for each in wanted:
        bare = each.rpartition(".")[2]
        if not _NAME.fullmatch(each) or bare in GRAMMAR_WORDS | QUERY_WORDS:
            raise ValueError(f"{each!r} is no name of a function. Write name or schema.name, with commas between")
        for reason, patterns in _NEVER.items():
            if any(fnmatchcase(bare, pattern) for pattern in patterns.split()):
                raise ValueError(
                    f"{each} cannot be allowed: by its name it {reason}, which is refused to every statement. "
                    "Take it out of the list"
                )
    return frozenset(wanted)
