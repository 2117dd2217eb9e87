"""What is known of a real database: names as they are written, keys, comments, and nothing of the system's own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests import servers
from tools.engines import open_engine
from tools.engines.engine import Bounds, Engine, Fetched
from tools.engines.place import locate
from tools.engines.watch import Stop
from tools.errors import DatabaseUnavailable
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.reflection import reflect
from tools.scope import Scope


def meta_of(url: str, schemas: tuple[str, ...] | None = None) -> DatabaseMeta:
    place = locate(url)
    engine = open_engine(place, 20)
    try:
        return reflect(engine, place, Scope(schemas))
    finally:
        engine.close()


def without_estimates(meta: DatabaseMeta) -> tuple[SchemaMeta, ...]:
    return tuple(
        replace(schema, tables=tuple(replace(table, row_estimate=None) for table in schema.tables))
        for schema in meta.schemas
    )


def table(meta: DatabaseMeta, name: str) -> TableMeta:
    return next(each for each in meta.tables() if each.name == name)


@pytest.fixture(scope="module")
def duckdb_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("reflection") / "a.duckdb")
    with closing(duckdb.connect(path)) as made:
        made.execute("""
            CREATE SCHEMA shop; CREATE SCHEMA empty;
            CREATE TABLE shop."客户" (id INTEGER PRIMARY KEY, "select" VARCHAR NOT NULL UNIQUE, tags VARCHAR[]);
            CREATE TABLE shop."Order lines" (
                client INTEGER REFERENCES shop."客户" (id), "no" INTEGER, price DECIMAL(12, 2),
                twice DECIMAL(13, 2) GENERATED ALWAYS AS (price * 2), PRIMARY KEY (client, "no"));
            COMMENT ON TABLE shop."客户" IS 'Who buys; it''s one row each.';
            COMMENT ON COLUMN shop."Order lines".price IS '价格';
            CREATE VIEW shop.dear AS SELECT client, price FROM shop."Order lines";
            COMMENT ON VIEW shop.dear IS 'The dear ones.';
            CREATE TABLE plain (a INTEGER); INSERT INTO plain SELECT * FROM range(1000);
            CREATE TEMP TABLE passing (a INTEGER);
        """)
    return path


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("reflection") / "a.sqlite")
    with closing(sqlite3.connect(path)) as made:
        made.executescript("""
            CREATE TABLE "客户" (id INTEGER PRIMARY KEY, "select" TEXT NOT NULL UNIQUE, tags);
            CREATE TABLE "Order lines" (
                client INTEGER REFERENCES 客户, "no" INTEGER, price DECIMAL(12, 2),
                twice REAL GENERATED ALWAYS AS (price * 2) STORED, PRIMARY KEY (client, "no"));
            CREATE TABLE pair (a INT, b INT, FOREIGN KEY (b, a) REFERENCES "ORDER LINES");
            CREATE VIEW dear AS SELECT client, price FROM "Order lines";
            CREATE UNIQUE INDEX cheap ON "Order lines" (price) WHERE price < 10;
            CREATE UNIQUE INDEX lowered ON 客户 (lower("select"));
            CREATE UNIQUE INDEX both ON "Order lines" (price, "no");
            CREATE VIRTUAL TABLE page USING fts5(title, body);
            CREATE TABLE gone (a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;
            INSERT INTO 客户 VALUES (1, 'x', NULL), (2, 'y', NULL); ANALYZE;
        """)
    return path


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with servers.postgres(postgres_url) as made:
        made.execute("DROP SCHEMA IF EXISTS dbagent_shop, dbagent_closed CASCADE")
        made.execute("""
            CREATE SCHEMA dbagent_shop; COMMENT ON SCHEMA dbagent_shop IS 'All that is sold.';
            SET search_path TO dbagent_shop;
            CREATE TABLE "客户" (id int PRIMARY KEY, "select" varchar(20) NOT NULL UNIQUE, tags text[]);
            CREATE TABLE "Order lines" (
                client int REFERENCES "客户" (id), "no" int, price numeric(12, 2), old int,
                twice numeric GENERATED ALWAYS AS (price * 2) STORED, PRIMARY KEY (client, "no"));
            ALTER TABLE "Order lines" DROP COLUMN old;
            CREATE UNIQUE INDEX ON "Order lines" (price) WHERE price < 10;
            CREATE UNIQUE INDEX ON "Order lines" (lower(price::text));
            CREATE UNIQUE INDEX ON "Order lines" (price, "no") INCLUDE (client);
            COMMENT ON TABLE "客户" IS 'Who buys; it''s one row each.';
            COMMENT ON COLUMN "Order lines".price IS '价格';
            CREATE VIEW dear AS SELECT client, price FROM "Order lines";
            CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
            CREATE TABLE log (at date, what text) PARTITION BY RANGE (at);
            CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            INSERT INTO "客户" SELECT i, i::text FROM generate_series(1, 50) i; ANALYZE "客户";
            CREATE SCHEMA dbagent_closed; CREATE TABLE dbagent_closed.secret (a int);
        """)
        yield made
        made.execute("DROP SCHEMA dbagent_shop, dbagent_closed CASCADE")


@pytest.fixture(scope="module")
def mysql(mysql_url: str) -> Iterator[str]:
    """The URL of a database that is there for these tests, beside another."""
    with servers.mysql(mysql_url) as made, made.cursor() as cursor:
        servers.alone(cursor, "dbagent_shop")
        for statement in (
            """
            DROP DATABASE IF EXISTS dbagent_shop; DROP DATABASE IF EXISTS dbagent_other;
            CREATE DATABASE dbagent_shop CHARACTER SET utf8mb4; CREATE DATABASE dbagent_other;
            CREATE TABLE dbagent_other.elsewhere (a int PRIMARY KEY);
            USE dbagent_shop;
            CREATE TABLE `客户` (id int PRIMARY KEY, `select` varchar(20) NOT NULL UNIQUE, tags text)
                COMMENT 'Who buys; it''s one row each.';
            CREATE TABLE `Order lines` (
                client int, `no` int, price decimal(12, 2) COMMENT '价格', made_at timestamp DEFAULT CURRENT_TIMESTAMP,
                twice decimal(13, 2) GENERATED ALWAYS AS (price * 2) STORED, PRIMARY KEY (client, `no`),
                FOREIGN KEY (client) REFERENCES `客户` (id), UNIQUE (price, `no`));
            CREATE TABLE prefixed (name varchar(100), UNIQUE (name(5)));
            CREATE VIEW dear AS SELECT client, price FROM `Order lines`;
            CREATE TABLE gone (a int); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone
        """.replace("buys; it", "buys\\; it")
            .replace("\\;", "\0")
            .split(";")
        ):
            cursor.execute(statement.replace("\0", ";"))
        yield servers.beside(mysql_url, "dbagent_shop")
        cursor.execute("DROP DATABASE dbagent_shop")
        cursor.execute("DROP DATABASE dbagent_other")


def test_duckdb_is_read_whole(duckdb_url: str) -> None:
    meta = meta_of(duckdb_url)
    assert (meta.dialect, meta.default_schema, meta.name, meta.notices) == ("duckdb", "main", "a", ())
    assert without_estimates(meta) == (
        SchemaMeta("main", (TableMeta("main", "plain", (FieldMeta("a", "INTEGER"),)),)),
        SchemaMeta(
            "shop",
            (
                TableMeta(
                    "shop",
                    "Order lines",
                    (
                        FieldMeta("client", "INTEGER", nullable=False),
                        FieldMeta("no", "INTEGER", nullable=False),
                        FieldMeta("price", "DECIMAL(12,2)", comment="价格"),
                        FieldMeta("twice", "DECIMAL(13,2)", generated=True),
                    ),
                    primary_key=("client", "no"),
                    foreign_keys=(ForeignKey(("client",), "shop", "客户", ("id",)),),
                ),
                TableMeta(
                    "shop",
                    "dear",
                    (FieldMeta("client", "INTEGER"), FieldMeta("price", "DECIMAL(12,2)")),
                    comment="The dear ones.",
                    kind="view",
                ),
                TableMeta(
                    "shop",
                    "客户",
                    (
                        FieldMeta("id", "INTEGER", nullable=False),
                        FieldMeta("select", "VARCHAR", nullable=False),
                        FieldMeta("tags", "VARCHAR[]"),
                    ),
                    comment="Who buys; it's one row each.",
                    primary_key=("id",),
                    unique=(("select",),),
                ),
            ),
        ),
    )
    assert table(meta, "plain").row_estimate == 1000
    assert table(meta, "dear").row_estimate is None


def test_sqlite_is_read_whole(sqlite_url: str) -> None:
    meta = meta_of(sqlite_url)
    assert (meta.dialect, meta.default_schema, meta.name) == ("sqlite", "", "a")
    assert [each.full_name for each in meta.tables()] == ["Order lines", "dear", "page", "pair", "客户"]
    assert table(meta, "Order lines") == TableMeta(
        "",
        "Order lines",
        (
            FieldMeta("client", "INTEGER"),
            FieldMeta("no", "INTEGER"),
            FieldMeta("price", "DECIMAL(12, 2)"),
            FieldMeta("twice", "REAL", generated=True),
        ),
        primary_key=("client", "no"),
        foreign_keys=(ForeignKey(("client",), "", "客户", ("id",)),),
        unique=(("price", "no"),),
    )
    assert table(meta, "客户") == TableMeta(
        "",
        "客户",
        (
            FieldMeta("id", "INTEGER", nullable=False),
            FieldMeta("select", "TEXT", nullable=False),
            FieldMeta("tags", ""),
        ),
        primary_key=("id",),
        unique=(("select",),),
        row_estimate=2,
    )
    assert table(meta, "pair").foreign_keys == (ForeignKey(("b", "a"), "", "Order lines", ("client", "no")),)
    assert table(meta, "dear").kind == "view"
    assert [each.name for each in table(meta, "page").fields] == ["title", "body"]


def test_a_view_over_what_is_gone_costs_only_itself(sqlite_url: str) -> None:
    assert meta_of(sqlite_url).notices == ("View 'broken' was left out: no such table: main.gone",)


def test_postgres_is_read_whole(postgres: object, postgres_url: str) -> None:
    meta = meta_of(postgres_url, ("dbagent_shop",))
    assert (meta.dialect, meta.notices) == ("postgres", ())
    (schema,) = without_estimates(meta)
    assert (schema.name, schema.comment) == ("dbagent_shop", "All that is sold.")
    assert [each.name for each in schema.tables] == ["Order lines", "dear", "kept", "log", "客户"]
    assert schema.tables[0] == TableMeta(
        "dbagent_shop",
        "Order lines",
        (
            FieldMeta("client", "integer", nullable=False),
            FieldMeta("no", "integer", nullable=False),
            FieldMeta("price", "numeric(12,2)", comment="价格"),
            FieldMeta("twice", "numeric", generated=True),
        ),
        primary_key=("client", "no"),
        foreign_keys=(ForeignKey(("client",), "dbagent_shop", "客户", ("id",)),),
        unique=(("price", "no"),),
    )
    assert [each.kind for each in schema.tables] == ["table", "view", "materialized view", "table", "table"]
    assert schema.tables[4].comment == "Who buys; it's one row each."
    assert schema.tables[4].fields[1:] == (
        FieldMeta("select", "character varying(20)", nullable=False),
        FieldMeta("tags", "text[]"),
    )
    assert table(meta, "客户").row_estimate == 50
    assert table(meta, "Order lines").row_estimate is None


def test_every_schema_but_the_system_s_is_read(postgres: object, postgres_url: str, mysql: str) -> None:
    names = {each.name for each in meta_of(postgres_url).schemas}
    assert {"dbagent_shop", "dbagent_closed"} <= names
    assert not {name for name in names if name.startswith("pg_") or name == "information_schema"}
    without_database = mysql.rpartition("/")[0]
    names = {each.name for each in meta_of(without_database).schemas}
    assert {"dbagent_shop", "dbagent_other"} <= names
    assert not names & {"mysql", "information_schema", "performance_schema", "sys"}


def test_what_a_user_may_not_read_is_left_out_and_said(
    postgres: psycopg.Connection[tuple[object, ...]], postgres_url: str
) -> None:
    reader = f"dbagent_reader_{os.getpid()}"
    postgres.execute(f"DROP ROLE IF EXISTS {reader}; CREATE ROLE {reader} LOGIN PASSWORD 'reading'".encode())
    try:
        postgres.execute(
            f"""
            GRANT USAGE ON SCHEMA dbagent_shop TO {reader};
            GRANT SELECT ON dbagent_shop."客户" TO {reader};
            GRANT SELECT (client) ON dbagent_shop."Order lines" TO {reader}""".encode()
        )
        server = locate(postgres_url).server
        assert server is not None
        url = f"postgresql://{reader}:reading@{server.host}:{server.port or 5432}/{server.database}"
        meta = meta_of(url, ("dbagent_shop", "dbagent_closed"))
    finally:
        postgres.execute(f"DROP OWNED BY {reader}; DROP ROLE {reader}".encode())
    assert [each.full_name for each in meta.tables()] == ["dbagent_shop.Order lines", "dbagent_shop.客户"]
    assert [each.name for each in table(meta, "Order lines").fields] == ["client"]
    assert meta.notices == (
        "Schema 'dbagent_closed' was left out: this user may not use it.",
        "Of schema 'dbagent_shop', 3 tables were left out: this user may not read them.",
    )


def test_mysql_is_read_whole(mysql: str) -> None:
    meta = meta_of(mysql)
    assert (meta.dialect, meta.default_schema) == ("mysql", "dbagent_shop")
    assert meta.notices == ("View 'dbagent_shop.broken' was left out: it reads what is not there.",)
    (schema,) = without_estimates(meta)
    by_name = {each.name: each for each in schema.tables}
    assert sorted(by_name) == ["Order lines", "dear", "prefixed", "客户"]
    assert by_name["Order lines"] == TableMeta(
        "dbagent_shop",
        "Order lines",
        (
            FieldMeta("client", "int(11)", nullable=False),
            FieldMeta("no", "int(11)", nullable=False),
            FieldMeta("price", "decimal(12,2)", comment="价格"),
            FieldMeta("made_at", "timestamp"),
            FieldMeta("twice", "decimal(13,2)", generated=True),
        ),
        primary_key=("client", "no"),
        foreign_keys=(ForeignKey(("client",), "dbagent_shop", "客户", ("id",)),),
        unique=(("price", "no"),),
    )
    assert by_name["客户"].comment == "Who buys; it's one row each."
    assert by_name["客户"].unique == (("select",),)
    assert by_name["prefixed"].unique == ()
    assert by_name["dear"].kind == "view"


def test_only_the_schemas_that_are_named_are_read(duckdb_url: str) -> None:
    assert [each.name for each in meta_of(duckdb_url, ("shop",)).schemas] == ["shop"]
    assert [each.name for each in meta_of(duckdb_url, ("empty",)).schemas] == ["empty"]


def test_a_schema_that_is_not_there_is_named_with_those_that_are(duckdb_url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"no schema 'nope'. It has: empty, main, shop"):
        meta_of(duckdb_url, ("nope",))


def test_empty_databases_have_no_tables(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "e.duckdb")).close()
    (tmp_path / "e.sqlite").touch()
    for name in ("e.duckdb", "e.sqlite"):
        meta = meta_of(str(tmp_path / name))
        assert list(meta.tables()) == []
        assert len(meta.schemas) == 1


def test_three_hundred_fields_keep_their_order(tmp_path: Path) -> None:
    names = [f"f{i}" for i in range(300)]
    with closing(duckdb.connect(str(tmp_path / "w.duckdb"))) as made:
        made.execute(f"CREATE TABLE wide ({', '.join(f'{name} INTEGER' for name in names)})")
    with closing(sqlite3.connect(tmp_path / "w.sqlite")) as lite:
        lite.execute(f"CREATE TABLE wide ({', '.join(f'{name} INTEGER' for name in names)})")
    for name in ("w.duckdb", "w.sqlite"):
        (wide,) = meta_of(str(tmp_path / name)).tables()
        assert [each.name for each in wide.fields] == names


class Counting:
    """An engine that counts what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.count = 0

    def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
        self.count += 1
        return self.engine.run(sql, bounds, stop)

    def close(self) -> None:
        self.engine.close()


def test_a_thousand_tables_take_no_more_queries_than_one(tmp_path: Path) -> None:
    tables = "".join(f"CREATE TABLE t{i} (a INTEGER PRIMARY KEY, b VARCHAR); " for i in range(1000))
    with closing(duckdb.connect(str(tmp_path / "m.duckdb"))) as made:
        made.execute(f"BEGIN; {tables} COMMIT")
    with closing(sqlite3.connect(tmp_path / "m.sqlite")) as lite:
        lite.executescript(f"BEGIN; {tables} COMMIT")
    for name in ("m.duckdb", "m.sqlite"):
        place = locate(str(tmp_path / name))
        counting = Counting(open_engine(place, 20))
        meta = reflect(counting, place)
        counting.close()
        assert len(list(meta.tables())) == 1000
        assert counting.count <= 8


def test_two_readings_of_one_database_have_one_fingerprint(duckdb_url: str) -> None:
    assert meta_of(duckdb_url).fingerprint == meta_of(duckdb_url).fingerprint
