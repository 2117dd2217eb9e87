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
    """

    here: str
    schemas: str
    tables: str
    fields: str
    keys: str
    foreign: str


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

# SQLite has one schema, which is written as none. Shadow tables are the inside of virtual ones.
_SQLITE_TABLES = """
    FROM sqlite_master m WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')"""
SQLITE = Catalogue(
    here="SELECT '', ''",
    schemas="SELECT '', '', 1",
    tables=f"SELECT '', m.name, m.type, '', NULL {_SQLITE_TABLES} ORDER BY 2",
    fields="""
        SELECT '', m.name, x.name, x.type, NOT (x."notnull" OR (x.pk AND upper(x.type) = 'INTEGER')), '',
            x.hidden IN (2, 3)
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
