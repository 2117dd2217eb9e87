"""The catalogue queries of each kind of database, in bulk, all giving the same columns.

One query for all tables of all schemas: asking table by table is quadratic in DuckDB (63 ms a table at 2,000
tables) and ten times slower in SQLite. `{schemas}` stands for the condition that picks the schemas.
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
    """

    here: str
    schemas: str
    tables: str
    fields: str
    keys: str
    foreign: str
    unreadable: str = ""


DUCKDB = Catalogue(
    here="SELECT current_database(), current_schema()",
    schemas="""
        SELECT schema_name, comment, true FROM duckdb_schemas()
        WHERE database_name = current_database() AND NOT (internal AND schema_name <> 'main') ORDER BY 1""",
    tables="""
        SELECT schema_name, table_name, 'table', comment, estimated_size FROM duckdb_tables()
        WHERE database_name = current_database() AND NOT internal AND {schemas}
        UNION ALL
        SELECT schema_name, view_name, 'view', comment, NULL FROM duckdb_views()
        WHERE database_name = current_database() AND NOT internal AND {schemas}
        ORDER BY 1, 2""",
    fields="""
        SELECT schema_name, table_name, column_name, data_type, is_nullable, comment, is_generated
        FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal AND {schemas}
        ORDER BY schema_name, table_name, column_index""",
    keys="""
        SELECT schema_name, table_name, CASE constraint_type WHEN 'PRIMARY KEY' THEN 'p' ELSE 'u' END,
            constraint_index, unnest(constraint_column_names)
        FROM duckdb_constraints()
        WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'UNIQUE') AND {schemas}""",
    foreign="""
        SELECT schema_name, table_name, constraint_index, unnest(constraint_column_names),
            schema_name, referenced_table, unnest(referenced_column_names)
        FROM duckdb_constraints()
        WHERE database_name = current_database() AND constraint_type = 'FOREIGN KEY' AND {schemas}""",
)

# Partitions are read through their parent; what an extension brings is not the user's data.
_PG_TABLES = """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"""
_PG_WANTED = """
    c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {schemas}
    AND NOT EXISTS (SELECT FROM pg_depend e
        WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""
_PG_READABLE = "has_any_column_privilege(c.oid, 'SELECT')"
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
)

MYSQL = Catalogue(
    here="SELECT database(), database()",
    schemas="""
        SELECT schema_name, '', 1 FROM information_schema.schemata
        WHERE lower(schema_name) NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY 1""",
    tables="""
        SELECT table_schema, table_name, CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END,
            CASE table_type WHEN 'VIEW' THEN '' ELSE table_comment END, table_rows
        FROM information_schema.tables WHERE table_type <> 'SEQUENCE' AND {schemas} ORDER BY 1, 2""",
    fields="""
        SELECT table_schema, table_name, column_name, column_type, is_nullable = 'YES', column_comment,
            coalesce(generation_expression, '') <> ''
        FROM information_schema.columns WHERE {schemas} ORDER BY table_schema, table_name, ordinal_position""",
    keys="""
        SELECT table_schema, table_name, CASE index_name WHEN 'PRIMARY' THEN 'p' ELSE 'u' END, index_name,
            CASE WHEN sub_part IS NULL THEN column_name END
        FROM information_schema.statistics WHERE non_unique = 0 AND {schemas}
        ORDER BY table_schema, table_name, index_name, seq_in_index""",
    foreign="""
        SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,
            referenced_column_name
        FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND {schemas}
        ORDER BY table_schema, table_name, constraint_name, ordinal_position""",
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
