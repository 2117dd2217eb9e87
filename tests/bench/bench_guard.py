"""What the SQL guard refuses and accepts, per class and dialect, over a folder of statements.

    python -m tests.bench.bench_guard [--data FOLDER] [--quiet]

The folder has attack.jsonl, benign.jsonl, positions.jsonl and make_dbs.py, which builds the databases and
names the tables that a session may read (PERMITTED); sqlguard/README.md describes them. Accepted statements
that can run are run twice, by our own engine and by the plain driver, and must give the same columns and rows.
PostgreSQL and MariaDB are looked for at TEST_POSTGRES_URL and TEST_MYSQL_URL; their databases are made there
(shop and hr on MariaDB, guard_bench on PostgreSQL) and dropped afterwards.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from tools.database import Database, Limits, open_database
from tools.errors import DBAgentError, ToolError
from tools.metadata import DatabaseMeta, SchemaMeta
from tools.sql_guard import guarded

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "sqlguard"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/test")

Rows = tuple[tuple[str, ...], list[tuple[Any, ...]]]


@dataclass
class Place:
    """One database of the set: what may be read in it, our way to it and the plain one."""

    meta: DatabaseMeta
    database: Database
    plain: Callable[[str], Rows]


class Tally:
    """How many of each class went as they should, and which did not."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.right: Counter[tuple[str, str]] = Counter()
        self.all: Counter[tuple[str, str]] = Counter()
        self.misses: list[str] = []

    def add(self, dialect: str, kind: str, right: bool, miss: str = "") -> None:
        """Count one statement; `miss` is shown when it went wrong."""
        self.all[dialect, kind] += 1
        self.right[dialect, kind] += right
        if not right:
            self.misses.append(f"  {dialect} {kind}: {miss}")

    def show(self, *, quiet: bool) -> None:
        """Print the figures, then every miss."""
        print(f"\n{self.title}: {self._share()}")
        dialects = sorted({dialect for dialect, _ in self.all})
        print("  " + ", ".join(f"{dialect} {self._share(dialect=dialect)}" for dialect in dialects))
        if not quiet:
            for kind in sorted({kind for _, kind in self.all}):
                print(f"  {kind:20} {self._share(kind=kind)}")
        print("\n".join(self.misses) or "  no misses")

    def _share(self, dialect: str = "", kind: str = "") -> str:
        keys = [key for key in self.all if dialect in ("", key[0]) and kind in ("", key[1])]
        right, every = (sum(counter[key] for key in keys) for counter in (self.right, self.all))
        return f"{right}/{every}" + (f" ({100 * right / every:.1f} %)" if right != every else "")


def main() -> int:
    """Run all sets, print the figures; 0 when nothing is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_guard", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder (default: %(default)s)")
    parser.add_argument("--quiet", action="store_true", help="no figures per class")
    options = parser.parse_args()
    if not (options.data / "make_dbs.py").is_file():
        print(f"{options.data} has no make_dbs.py; name the folder of the statements with --data.")
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-guard-")))
        places = dict(_places(_module(options.data / "make_dbs.py"), folder, stack))
        return Bench(options.data, folder, places).run(quiet=options.quiet)


class Bench:
    """The statements of one folder, checked against the databases of it that could be opened."""

    def __init__(self, data: Path, folder: Path, places: dict[str, Place]) -> None:
        self.data = data
        self.folder = folder
        self.places = places
        self.milliseconds: list[float] = []
        self.slowest: list[tuple[float, str]] = []

    def run(self, *, quiet: bool) -> int:
        """Print every set; 0 when nothing is missed."""
        attacks, bounded = (
            Tally("attacks refused"),
            Tally("attacks left to the limits of the engine (bound_ok)"),
        )
        for case in self._cases("attack.jsonl"):
            refusal = self.refusal(case["dialect"], case["sql"])
            tally = bounded if case.get("bound_ok") else attacks
            tally.add(case["dialect"], case["class"], refusal is not None, case["sql"])
        benign, same = (
            Tally("benign accepted"),
            Tally("accepted benign: same columns and rows as the plain driver"),
        )
        for case in self._cases("benign.jsonl"):
            refusal = self.refusal(case["dialect"], case["sql"])
            benign.add(case["dialect"], case["class"], refusal is None, f"{case['sql']}\n      {refusal}")
            if refusal is None and case.get("executed") and case["dialect"] in self.places:
                difference = self.difference(case["dialect"], case["sql"])
                same.add(case["dialect"], case["class"], not difference, f"{case['sql']}\n      {difference}")
        positions, controls = Tally("attacks in grammar positions refused"), Tally("their controls accepted")
        for case in self._cases("positions.jsonl"):
            refusal = self.refusal(case["dialect"], case["control"])
            controls.add(case["dialect"], "control", refusal is None, f"{case['control']}\n      {refusal}")
            for sql in case["attacks"]:
                positions.add(case["dialect"], "position", self.refusal(case["dialect"], sql) is not None, sql)
        policy = Tally("row-policy statements accepted (before any policy; views outside PERMITTED left out)")
        for case in self._cases("rowpolicy.jsonl"):
            refusal = self.refusal(case["dialect"], case["sql"])
            if refusal is None or not case.get("may_refuse"):
                policy.add(case["dialect"], case["class"], refusal is None, f"{case['sql']}\n      {refusal}")
        tallies = (attacks, bounded, benign, same, positions, controls, policy)
        for tally in tallies:
            tally.show(quiet=quiet)
        self._times()
        return int(any(tally.misses for tally in tallies if tally is not bounded))

    def refusal(self, dialect: str, sql: str) -> str | None:
        """Why the guard refuses the statement, None when it does not; anything but a refusal is a crash."""
        meta = self.places[dialect].meta if dialect in self.places else self._borrowed(dialect)
        started = time.perf_counter()
        try:
            guarded(sql, meta)
        except ToolError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            taken = 1000 * (time.perf_counter() - started)
            self.milliseconds.append(taken)
            self.slowest.append((taken, sql))
        return None

    def difference(self, dialect: str, sql: str) -> str | None:
        """How the rows through our engine differ from the plain driver's, None when they do not."""
        place = self.places[dialect]
        columns, rows = place.plain(sql)
        try:
            result = place.database.query(sql)
        except DBAgentError as error:
            return f"{type(error).__name__}: {error}"
        if result.columns != columns:
            return f"columns {result.columns} instead of {columns}"
        ordered = "order by" in sql.lower()
        year = 365 if dialect == "postgres" else 360  # days that the plain driver makes of one in an interval
        ours, theirs = ([_comparable(row, year) for row in each] for each in (result.rows, rows))
        if ours != theirs and (ordered or sorted(ours) != sorted(theirs)):
            unequal = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), (ours, theirs))
            return f"{len(ours)} and {len(theirs)} rows; {unequal[0]} instead of {unequal[1]}"[:400]
        return None

    def _borrowed(self, dialect: str) -> DatabaseMeta:
        """The tables of the set for a dialect that has no engine here: those of DuckDB under its name."""
        meta = self.places["duckdb"].meta
        tables = tuple(replace(table, schema="shop") for table in meta.tables())
        upper = dialect in ("snowflake", "oracle")
        if upper:
            tables = tuple(replace(table, schema="SHOP", name=table.name.upper()) for table in tables)
        schema = "SHOP" if upper else "shop"
        return DatabaseMeta(dialect, (SchemaMeta(schema, tables),), schema, "shop")

    def _cases(self, name: str) -> Iterator[dict[str, Any]]:
        path = self.data / name
        if not path.is_file():
            return
        port = urlsplit(POSTGRES).port or 5432
        for line in path.read_text("utf-8").splitlines():
            for mark, value in (
                ("@@DIR@@", str(self.folder)),
                ("@@HTTP@@", "http://127.0.0.1:9"),
                ("@@PORT@@", "9"),
            ):
                line = line.replace(mark, value)
            for mark, value in (("@@PGPORT@@", str(port)), ("@@PGDB@@", "guard_bench"), ("@@VICTIM@@", "1")):
                line = line.replace(mark, value)
            if line.strip():
                yield json.loads(line)

    def _times(self) -> None:
        times = sorted(self.milliseconds)
        p95 = times[int(len(times) * 0.95)]
        print(f"\nms per check: median {statistics.median(times):.2f}, p95 {p95:.2f}, longest {times[-1]:.1f}")
        meta = self.places["duckdb"].meta
        for name, sql in _large().items():
            started = time.thread_time()
            guarded(sql, meta)
            print(f"  {len(sql) / 1000:.0f} kB, {name}: {1000 * (time.thread_time() - started):.0f} ms of CPU")


def _large() -> dict[str, str]:
    columns = ", ".join(f"sum(amount) FILTER (WHERE region = 'r{i}') AS c{i}" for i in range(1800))
    return {
        "a list of numbers": f"SELECT id FROM orders WHERE id IN ({', '.join(map(str, range(14_500)))})",
        "a chain of OR": f"SELECT id FROM orders WHERE {' OR '.join(f'id = {i}' for i in range(7_400))}",
        "columns": f"SELECT {columns} FROM orders",
    }


def _places(make: ModuleType, folder: Path, stack: ExitStack) -> Iterator[tuple[str, Place]]:
    """The databases of the set, with their metadata cut down to the permitted tables."""
    make.make_canary(str(folder))
    for dialect, build in (
        ("duckdb", _duckdb),
        ("sqlite", _sqlite),
        ("postgres", _postgres),
        ("mysql", _mysql),
    ):
        try:
            url, plain = build(make, folder, stack)
            database = open_database(url, limits=Limits(rows=10_000))
        except Exception as error:  # a server that is not there leaves its dialect unexecuted, and says so
            if dialect in ("duckdb", "sqlite"):
                raise
            print(f"{dialect} is left out: {type(error).__name__}: {str(error).splitlines()[0][:150]}")
            continue
        stack.callback(database.close)
        yield dialect, Place(_permitted(database.meta, make.PERMITTED), database, plain)


def _permitted(meta: DatabaseMeta, names: list[str]) -> DatabaseMeta:
    schemas = tuple(
        replace(schema, tables=tuple(table for table in schema.tables if table.name in names))
        for schema in meta.schemas
    )
    return replace(meta, schemas=schemas)


def _duckdb(make: ModuleType, folder: Path, stack: ExitStack) -> tuple[str, Callable[[str], Rows]]:
    import duckdb

    path = str(folder / "shop.duckdb")
    make.build_duckdb(path)
    copy = folder / "copy" / "shop.duckdb"  # one process cannot open one file with two configurations
    copy.parent.mkdir()
    copy.write_bytes(Path(path).read_bytes())
    connection = stack.enter_context(closing(duckdb.connect(str(copy), read_only=True)))
    return path, _run_on(connection)


def _sqlite(make: ModuleType, folder: Path, stack: ExitStack) -> tuple[str, Callable[[str], Rows]]:
    path = str(folder / "shop.db")
    make.build_sqlite(path)
    connection = stack.enter_context(closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)))
    return path, _run_on(connection)


def _postgres(make: ModuleType, folder: Path, stack: ExitStack) -> tuple[str, Callable[[str], Rows]]:
    import psycopg

    address = POSTGRES.replace("+psycopg", "")
    bench = address.rsplit("/", 1)[0] + "/guard_bench"
    server = stack.enter_context(psycopg.connect(address, autocommit=True))
    server.execute("DROP DATABASE IF EXISTS guard_bench WITH (FORCE)")
    server.execute("CREATE DATABASE guard_bench")
    stack.callback(server.execute, "DROP DATABASE IF EXISTS guard_bench WITH (FORCE)")
    make.build_postgres(bench)
    connection = stack.enter_context(psycopg.connect(bench, autocommit=True))
    connection.execute("SET statement_timeout = '10s'")
    return POSTGRES.rsplit("/", 1)[0] + "/guard_bench", _run_on(connection.cursor())


def _mysql(make: ModuleType, folder: Path, stack: ExitStack) -> tuple[str, Callable[[str], Rows]]:
    import pymysql

    at = urlsplit(MYSQL)
    login: dict[str, Any] = {
        "host": at.hostname or "127.0.0.1",
        "port": at.port or 3306,
        "user": at.username or "root",
        "password": at.password or "",
    }
    make.build_mysql(db="shop", **login)
    connection = stack.enter_context(closing(pymysql.connect(database="shop", autocommit=True, **login)))
    cursor = connection.cursor()
    for name in ("shop", "hr"):
        stack.callback(cursor.execute, f"DROP DATABASE IF EXISTS {name}")
    return MYSQL.rsplit("/", 1)[0] + "/shop", _run_on(cursor)


def _run_on(cursor: Any) -> Callable[[str], Rows]:
    def run(sql: str) -> Rows:
        done = cursor.execute(sql)
        done = done if hasattr(done, "description") else cursor
        return tuple(column[0] for column in done.description), [tuple(row) for row in done.fetchall()]

    return run


# What the plain drivers cannot give as it is: they count a month as thirty days, where we keep the text.
_INTERVAL = re.compile(
    r"(?:(-?\d+) years? ?)?(?:(-?\d+) mon(?:th)?s? ?)?(?:(-?\d+) days? ?)?(?:(-?)(\d+):(\d\d):(\d\d)(\.\d+)?)?"
)


def _comparable(row: tuple[Any, ...], year: int) -> tuple[str, ...]:
    return tuple(_cell(value, year) for value in row)


def _cell(value: Any, year: int) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"at {value.astimezone(UTC).isoformat()} {value.utcoffset()}"
    if isinstance(value, str) and ("year" in value or "mon" in value) and (found := _INTERVAL.fullmatch(value)):
        years, months, days, sign, hours, minutes, seconds, rest = (part or "0" for part in found.groups())
        clock = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds) + float(rest))
        whole = timedelta(days=year * int(years) + 30 * int(months) + int(days))
        value = whole - clock if sign == "-" else whole + clock
    return f"{type(value).__name__}:{value!r}"


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_dbs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
