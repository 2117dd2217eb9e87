"""Schemas of N tables x M columns as companies have them: names, keys, comments; in DuckDB or PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg


def _words(text: str) -> list[str]:
    return text.split()


AREAS = _words(
    "sales finance logistics hr marketing support production quality purchasing legal energy fleet web billing risk"
)
THINGS = _words(
    "order invoice customer product shipment payment contract employee supplier warehouse ticket campaign machine "
    "batch account asset vehicle meter claim policy session price budget project visit return offer carrier site"
)
PARTS = _words("header line item status history address contact note document version log total plan target audit")
# Name, type and the comment's pattern of what fills a table behind its keys.
COLUMNS = (
    ("status", "VARCHAR", "state of the {thing}"),
    ("created_at", "TIMESTAMP", ""),
    ("updated_at", "TIMESTAMP", ""),
    ("amount", "DECIMAL(12, 2)", "in EUR, without tax"),
    ("qty", "INTEGER", "number of pieces"),
    ("currency", "VARCHAR", "ISO 4217"),
    ("{thing}_no", "VARCHAR", "the number that people write on a {thing}"),
    ("valid_from", "DATE", ""),
    ("valid_to", "DATE", "empty while it holds"),
    ("country_code", "VARCHAR", "ISO 3166, two letters"),
    ("remark", "VARCHAR", ""),
    ("is_active", "BOOLEAN", ""),
    ("source_system", "VARCHAR", "where the {thing} came from"),
    ("{area}_unit", "VARCHAR", "unit of {area} that is in charge"),
    ("{part}_type", "VARCHAR", "kind of {part}, see the {area} handbook"),
    ("discount_pct", "DECIMAL(5, 2)", ""),
    ("name", "VARCHAR", "what the {thing} is called"),
    ("email", "VARCHAR", ""),
    ("weight_kg", "DOUBLE PRECISION", "gross"),
    ("due_date", "DATE", "day on which the {thing} is due"),
)


@dataclass(frozen=True)
class Made:
    """One table to be made: columns as (name, type, comment); `parent` is the table its first foreign key points at."""

    schema: str
    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]
    parent: tuple[str, str] | None

    @property
    def create(self) -> str:
        """The statement that makes it."""
        columns = ", ".join(f"{name} {type_}" for name, type_, _ in self.columns)
        key = f"PRIMARY KEY ({self.columns[0][0]})"
        if self.parent:
            key += f", FOREIGN KEY (parent_id) REFERENCES {self.parent[0]}.{self.parent[1]}"
        return f"CREATE TABLE {self.schema}.{self.name} ({columns}, {key})"

    @property
    def comments(self) -> Iterator[str]:
        """The statements that describe it."""
        yield f"COMMENT ON TABLE {self.schema}.{self.name} IS '{self.comment}'"
        for name, _, comment in self.columns:
            if comment:
                yield f"COMMENT ON COLUMN {self.schema}.{self.name}.{name} IS '{comment}'"


def tables(number: int, columns: int, seed: int = 7) -> list[Made]:
    """So many tables, over one to fifteen schemas, the same for the same seed; every second points at another."""
    chance = random.Random(seed)
    areas = AREAS[: max(1, min(len(AREAS), number // 20))]
    made: list[Made] = []
    by_area: dict[str, list[Made]] = {area: [] for area in areas}
    for at in range(number):
        area = areas[at % len(areas)]
        thing, part = chance.choice(THINGS), chance.choice(PARTS)
        name = f"{thing}_{part}_{at:05d}"
        words = {"thing": thing, "part": part, "area": area}
        earlier = by_area[area]
        parent = chance.choice(earlier) if earlier and chance.random() < 0.5 else None
        chosen = [(f"{thing}_id", "INTEGER", f"key of the {thing}")]
        if parent:
            chosen.append(("parent_id", "INTEGER", f"the {parent.name.split('_')[0]} it belongs to"))
        for nth in range(columns - len(chosen)):
            pattern, type_, comment = COLUMNS[(at + nth) % len(COLUMNS)]
            column = pattern.format(**words) + (f"_{nth}" if nth >= len(COLUMNS) else "")
            chosen.append((column, type_, comment.format(**words)))
        about = f"One row per {part} of a {thing}, kept by {area}."
        table = Made(area, name, about, tuple(chosen[:columns]), parent and (parent.schema, parent.name))
        earlier.append(table)
        made.append(table)
    return made


@contextmanager
def in_duckdb(folder: Path, number: int, columns: int, *, prelude: str = "") -> Iterator[str]:
    """The path of a DuckDB file with such tables; deleted afterwards. `prelude` is SQL that is run first."""
    path = folder / f"big_{number}x{columns}.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        if prelude:
            connection.execute(prelude)
        todo = tables(number, columns)
        for area in dict.fromkeys(table.schema for table in todo):
            connection.execute(f"CREATE SCHEMA {area}")
        connection.execute("BEGIN")
        for table in todo:
            connection.execute(table.create)
            for comment in table.comments:
                connection.execute(comment)
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def in_postgres(url: str, number: int, columns: int) -> Iterator[str]:
    """The URL of a database of its own with such tables, on the server of `url`; dropped afterwards."""
    plain = url.replace("+psycopg", "")
    name = f"dbagent_big_{number}x{columns}"
    base = plain.rpartition("/")[0]
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(f"{base}/{name}") as connection:
                connection.execute("SET synchronous_commit = off")
                todo = tables(number, columns)
                for area in dict.fromkeys(table.schema for table in todo):
                    connection.execute(f"CREATE SCHEMA {area}")
                # A transaction holds a lock for each table it makes, and a server has some 6,400 of them.
                for at in range(0, len(todo), 200):
                    batch = todo[at : at + 200]
                    connection.execute("; ".join(table.create for table in batch).encode())
                    connection.execute("; ".join(said for table in batch for said in table.comments).encode())
                    connection.commit()
            with psycopg.connect(f"{base}/{name}", autocommit=True) as connection:
                connection.execute(
                    "VACUUM ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_description"
                )
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
