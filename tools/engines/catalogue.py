"""The catalogue queries of each kind of database, in bulk, all giving the same columns.

One query for all tables of all schemas: asking table by table is quadratic in DuckDB (63 ms a table at 2,000
tables) and ten times slower in SQLite. `{tables}` stands for the condition that picks the tables, by their schema
(`schema_field`) or one by one (`table_key`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Catalogue:
    """SQL texts; the columns that each gives are fixed, whatever the database.

    - here: database name, default schema
    - schemas: name, comment, whether it may be used
    - tables: schema, name, kind, comment, row estimate
    - fields: schema, table, name, type, nullable, comment, generated; in the order of the table
    - keys: schema, table, "p" or "u", name of the key, field; in the order of the key
    - foreign: schema, table, name of the key, field, target schema, target table, target field
    - unreadable: schema, how many of its tables may not be read; where the catalogue shows such
    - server: what tells one server from another; the user may not be allowed to ask
    - state: what tells this database and its user's rights from others; what changes when any table does
    - marks: schema, table, row estimate, what changes when the table does

    `state` and `marks` cost much less than reading the catalogue, or they are not there: for a file its size and
    time tell as much.
    """

    here: str
    schemas: str
    tables: str
    fields: str
    keys: str
    foreign: str
    unreadable: str = ""
    server: str = ""
    state: str = ""
    marks: str = ""
    schema_field: str = ""
    table_key: str = ""


DUCKDB = Catalogue(
    here="SELECT current_database(), current_schema()",
    schemas="""
        SELECT schema_name, comment, true FROM duckdb_schemas()
        WHERE database_name = current_database() AND NOT (internal AND schema_name <> 'main') ORDER BY 1""",
    tables="""
        SELECT schema_name, table_name, 'table', comment, estimated_size FROM duckdb_tables()
        WHERE database_name = current_database() AND NOT internal AND {tables}
        UNION ALL
        SELECT schema_name, view_name, 'view', comment, NULL FROM duckdb_views()
        WHERE database_name = current_database() AND NOT internal AND {tables}
        ORDER BY 1, 2""",
    fields="""
        SELECT schema_name, table_name, column_name, data_type, is_nullable, comment, is_generated
        FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal AND {tables}
        ORDER BY schema_name, table_name, column_index""",
    keys="""
        SELECT schema_name, table_name, CASE constraint_type WHEN 'PRIMARY KEY' THEN 'p' ELSE 'u' END,
            constraint_index, unnest(constraint_column_names)
        FROM duckdb_constraints()
        WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'UNIQUE') AND {tables}""",
    foreign="""
        SELECT schema_name, table_name, constraint_index, unnest(constraint_column_names),
            schema_name, referenced_table, unnest(referenced_column_names)
        FROM duckdb_constraints()
        WHERE database_name = current_database() AND constraint_type = 'FOREIGN KEY' AND {tables}""",
    schema_field="schema_name",
)

# Partitions are read through their parent; what an extension brings is not the user's data.
_PG_TABLES = """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"""
_PG_WANTED = """
    c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {tables}
    AND NOT EXISTS (SELECT FROM pg_depend e
        WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""
_PG_READABLE = "has_any_column_privilege(c.oid, 'SELECT')"
_PG_SUM = "count(*) || '.' || coalesce(sum(xmin::text::bigint), 0)"
POSTGRES = Catalogue(
    here="SELECT current_database(), coalesce(current_schema(), 'public')",
    schemas="""
        SELECT nspname, obj_description(oid, 'pg_namespace'), has_schema_privilege(oid, 'USAGE') FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1""",
    tables=f"""
        SELECT n.nspname, c.relname,
            CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
            d.description, CASE WHEN c.relkind <> 'v' THEN c.reltuples::bigint END
        {_PG_TABLES} LEFT JOIN pg_description d
            ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
        WHERE {_PG_WANTED} AND {_PG_READABLE} ORDER BY 1, 2""",
    fields=f"""
        SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, d.description,
            a.attgenerated <> ''
        {_PG_TABLES} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_description d
            ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
        WHERE {_PG_WANTED} AND (has_table_privilege(c.oid, 'SELECT') OR has_column_privilege(c.oid, a.attnum, 'SELECT'))
        ORDER BY 1, 2, a.attnum""",
    keys=f"""
        SELECT n.nspname, c.relname, CASE WHEN i.indisprimary THEN 'p' ELSE 'u' END, i.indexrelid, a.attname
        {_PG_TABLES} JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL
        CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0
        WHERE {_PG_WANTED} AND k.place <= i.indnkeyatts ORDER BY i.indexrelid, k.place""",
    foreign=f"""
        SELECT n.nspname, c.relname, f.oid, a.attname, tn.nspname, t.relname, ta.attname
        {_PG_TABLES} JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' AND f.conparentid = 0
        JOIN pg_class t ON t.oid = f.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
        CROSS JOIN unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(attnum, target, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = k.target
        WHERE {_PG_WANTED} ORDER BY f.oid, k.place""",
    unreadable=f"""
        SELECT n.nspname, count(*) {_PG_TABLES} WHERE {_PG_WANTED} AND NOT {_PG_READABLE} GROUP BY 1 ORDER BY 1""",
    # Two servers filled by the same script have the same ids of everything else.
    server="SELECT system_identifier FROM pg_control_system()",
    # Every change of a row of the catalogue gives it another xmin; ANALYZE changes its rows in place.
    # Objects of the system itself have ids below 16384. A renamed type renames the fields that have it.
    state=f"""
        SELECT concat_ws(' ', (SELECT oid FROM pg_database WHERE datname = current_database()), current_user,
                (SELECT CASE WHEN rolsuper THEN 'all' ELSE (SELECT string_agg(oid::text, ',' ORDER BY oid)
                    FROM pg_roles WHERE pg_has_role(current_user, oid, 'USAGE')) END
                    FROM pg_roles WHERE rolname = current_user),
                (SELECT {_PG_SUM} FROM pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd', 'r'))),
            concat_ws(' ', (SELECT {_PG_SUM} FROM pg_namespace),
                (SELECT {_PG_SUM} FROM pg_class WHERE oid >= 16384 AND relpersistence <> 't'),
                (SELECT {_PG_SUM} FROM pg_attribute WHERE attrelid >= 16384),
                (SELECT {_PG_SUM} FROM pg_description WHERE objoid >= 16384),
                (SELECT {_PG_SUM} FROM pg_constraint WHERE conrelid >= 16384),
                (SELECT {_PG_SUM} FROM pg_index WHERE indrelid >= 16384))""",
    marks=f"""
        SELECT n.nspname, c.relname, CASE WHEN c.relkind <> 'v' THEN c.reltuples::bigint END,
            concat_ws(' ', c.oid, c.xmin, a.sum, d.sum, k.sum, i.sum)
        {_PG_TABLES}
        LEFT JOIN (SELECT attrelid, {_PG_SUM} AS sum FROM pg_attribute
            WHERE attrelid >= 16384 AND attnum > 0 GROUP BY 1) a ON a.attrelid = c.oid
        LEFT JOIN (SELECT objoid, {_PG_SUM} AS sum FROM pg_description
            WHERE objoid >= 16384 AND classoid = 'pg_class'::regclass GROUP BY 1) d ON d.objoid = c.oid
        LEFT JOIN (SELECT conrelid, {_PG_SUM} AS sum FROM pg_constraint
            WHERE conrelid >= 16384 AND contype = 'f' GROUP BY 1) k ON k.conrelid = c.oid
        LEFT JOIN (SELECT indrelid, {_PG_SUM} AS sum FROM pg_index
            WHERE indrelid >= 16384 GROUP BY 1) i ON i.indrelid = c.oid
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname !~ '^pg_'
            AND n.nspname <> 'information_schema' AND {{tables}}""",
    schema_field="n.nspname",
    table_key="(n.nspname, c.relname)",
)

_MY_SYSTEM = "('information_schema', 'mysql', 'performance_schema', 'sys')"
_MY_WANTED = f"lower(table_schema) NOT IN {_MY_SYSTEM} AND {{tables}}"
MYSQL = Catalogue(
    here="SELECT database(), database()",
    schemas=f"""
        SELECT schema_name, '', 1 FROM information_schema.schemata
        WHERE lower(schema_name) NOT IN {_MY_SYSTEM} ORDER BY 1""",
    tables="""
        SELECT table_schema, table_name, CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END,
            CASE table_type WHEN 'VIEW' THEN '' ELSE table_comment END, table_rows
        FROM information_schema.tables WHERE table_type <> 'SEQUENCE' AND {tables} ORDER BY 1, 2""",
    fields="""
        SELECT table_schema, table_name, column_name, column_type, is_nullable = 'YES', column_comment,
            coalesce(generation_expression, '') <> ''
        FROM information_schema.columns WHERE {tables} ORDER BY table_schema, table_name, ordinal_position""",
    keys="""
        SELECT table_schema, table_name, CASE index_name WHEN 'PRIMARY' THEN 'p' ELSE 'u' END, index_name,
            CASE WHEN sub_part IS NULL THEN column_name END
        FROM information_schema.statistics WHERE non_unique = 0 AND {tables}
        ORDER BY table_schema, table_name, index_name, seq_in_index""",
    foreign="""
        SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,
            referenced_column_name
        FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND {tables}
        ORDER BY table_schema, table_name, constraint_name, ordinal_position""",
    # MySQL keeps no version of a table's definition, so what is read of it is summed up.
    marks=f"""
        SELECT t.table_schema, t.table_name, max(t.row_count), group_concat(t.mark ORDER BY t.part SEPARATOR ' ')
        FROM (
            SELECT table_schema, table_name, table_rows AS row_count, 1 AS part,
                crc32(concat(table_type, CASE table_type WHEN 'VIEW' THEN '' ELSE table_comment END)) AS mark
            FROM information_schema.tables WHERE table_type <> 'SEQUENCE' AND {_MY_WANTED}
            UNION ALL
            SELECT table_schema, table_name, NULL, 2, sum(crc32(concat_ws(char(31), ordinal_position, column_name,
                column_type, is_nullable, column_comment, generation_expression)))
            FROM information_schema.columns WHERE {_MY_WANTED} GROUP BY table_schema, table_name
            UNION ALL
            SELECT table_schema, table_name, NULL, 3,
                sum(crc32(concat_ws(char(31), index_name, seq_in_index, column_name, sub_part)))
            FROM information_schema.statistics WHERE non_unique = 0 AND {_MY_WANTED} GROUP BY table_schema, table_name
            UNION ALL
            SELECT table_schema, table_name, NULL, 4, sum(crc32(concat_ws(char(31), constraint_name, ordinal_position,
                column_name, referenced_table_schema, referenced_table_name, referenced_column_name)))
            FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND {_MY_WANTED}
            GROUP BY table_schema, table_name
        ) t GROUP BY t.table_schema, t.table_name""",
    schema_field="table_schema",
    table_key="(table_schema, table_name)",
)

# SQLite has one schema, which is written as none. Shadow tables are the inside of virtual ones.
_SQLITE_TABLES = """
    FROM sqlite_master m WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')"""
SQLITE = Catalogue(
    here="SELECT '', ''",
    schemas="SELECT '', '', 1",
    tables=f"SELECT '', m.name, m.type, '', NULL {_SQLITE_TABLES} ORDER BY 2",
    fields="""
        SELECT '', m.name, x.name, x.type,
            NOT (x."notnull" OR (x.pk AND upper(x.type) = 'INTEGER' AND max(x.pk) OVER (PARTITION BY m.name) = 1)),
            '', x.hidden IN (2, 3)
        FROM sqlite_master m JOIN pragma_table_xinfo(m.name) x
        WHERE m.type IN ('table', 'view') AND x.hidden <> 1 AND {which} ORDER BY m.name, x.cid""",
    keys="""
        SELECT '', m.name, 'p', '', x.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) x
        WHERE m.type = 'table' AND x.pk > 0 AND {which} ORDER BY m.name, x.pk""",
    foreign="""
        SELECT '', m.name, f.id, f."from", '', f."table", f."to"
        FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
        WHERE m.type = 'table' AND {which} ORDER BY m.name, f.id DESC, f.seq""",
)
SQLITE_UNIQUE = """
    SELECT '', m.name, 'u', l.name, i.name
    FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
    WHERE m.type = 'table' AND l."unique" AND NOT l.partial AND l.origin <> 'pk' AND {which}
    ORDER BY m.name, l.seq DESC, i.seqno"""
SQLITE_ESTIMATES = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"
SQLITE_STORED = "m.sql NOT LIKE 'CREATE VIRTUAL%' AND m.type = 'table'"
SQLITE_COMPUTED = "(m.sql LIKE 'CREATE VIRTUAL%' OR m.type = 'view')"
