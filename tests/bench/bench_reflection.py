"""What it costs to know a large schema: read for the first time, at a later start, and after one table has changed.

    python -m tests.bench.bench_reflection [--tables N] [--columns N] [--times N] [--only duckdb|postgres]

The bare figure is the same catalogue queries, run and fetched by the plain driver. Each figure is the best of several
processes, by turns; memory is what the peak of the process grows by. The databases are generated, and dropped again.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from rich.console import Console
from rich.table import Table

from tests.bench.big_schema import in_duckdb, in_postgres
from tools.database import open_database
from tools.engines import catalogue, open_engine
from tools.engines.engine import Bounds
from tools.engines.place import locate
from tools.engines.watch import Stop
from tools.reflection import reflect
from tools.scope import EVERYTHING
from tools.snapshot import SnapshotFile

PARTS = ("here", "schemas", "tables", "fields", "keys", "foreign", "unreadable")


def bare(url: str, folder: Path) -> float:
    """Seconds of the catalogue queries by the driver alone."""
    if locate(url).kind == "duckdb":
        connection: Any = duckdb.connect(url, read_only=True)
        texts, all_of_it = catalogue.DUCKDB, "1 = 1"
        connection.execute("SELECT 1").fetchall()
    else:
        connection = psycopg.connect(url.replace("+psycopg", ""))
        texts, all_of_it = catalogue.POSTGRES, "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    started = time.perf_counter()
    for part in PARTS:
        if text := getattr(texts, part):
            connection.execute(text.replace("{tables}", all_of_it)).fetchall()
    return time.perf_counter() - started


def reading(url: str, folder: Path) -> float:
    """Seconds of the reflection, with the database open."""
    place = locate(url)
    engine = open_engine(place, 300)
    engine.run("SELECT 1 AS one", Bounds(1, 300), Stop())  # it is awake
    started = time.perf_counter()
    reflect(engine, place)
    taken = time.perf_counter() - started
    engine.close()
    return taken


def opening(url: str, folder: Path) -> float:
    """Seconds until the metadata is there, drivers imported, with a snapshot if there is one."""
    for module in ("process", "postgres"):
        importlib.import_module(f"tools.engines.{module}")
    started = time.perf_counter()
    database = open_database(url, snapshots=folder)
    taken = time.perf_counter() - started
    database.close()
    return taken


def first_opening(url: str, folder: Path) -> float:
    """The same without a snapshot: it is written."""
    SnapshotFile(folder, locate(url), EVERYTHING).path.unlink(missing_ok=True)
    return opening(url, folder)


def after_a_change(url: str, folder: Path) -> float:
    """The same, when one table of a server has changed since the snapshot."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute("SELECT oid::regclass FROM pg_class WHERE relname LIKE '%_00000'").fetchone()
        assert found is not None
        connection.execute(f"ALTER TABLE {found[0]} ADD COLUMN c{time.time_ns()} int")
    return opening(url, folder)


def all_fields(url: str, folder: Path) -> float:
    """A later start and then every field of every table, which the first search needs."""
    started = time.perf_counter()
    with_fields = open_database(url, snapshots=folder)
    assert sum(len(table.fields) for table in with_fields.meta.tables())
    with_fields.close()
    return time.perf_counter() - started


WORK: dict[str, tuple[str, Callable[[str, Path], float]]] = {
    "bare": ("bare catalogue queries, by the driver", bare),
    "reading": ("reflection", reading),
    "first": ("first start: open, read, keep", first_opening),
    "later": ("later start: snapshot and its check", opening),
    "fields": ("later start, every field looked at", all_fields),
    "changed": ("start after a change in one table", after_a_change),
}


def measured(work: str, url: str, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of one piece of work in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.bench_reflection",
        "--work",
        work,
        "--url",
        url,
        "--folder",
        str(folder),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, grown = json.loads(done.stdout)
    return seconds, grown


def peak() -> float:
    """Megabytes; getrusage gives a process the peak of the one that started it, Linux' own figure does not."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, url: str, folder: Path, options: argparse.Namespace, made_in: float) -> Table:
    """The table for one database."""
    size = f"{options.tables:,} tables x {options.columns} columns"
    table = Table(title=f"{kind}, {size} (made in {made_in:.0f} s), best of {options.times}")
    for name in ("work", "seconds", "ratio", "MB more"):
        table.add_column(name, justify="left" if name == "work" else "right")
    best: dict[str, tuple[float, float]] = {}
    for _ in range(options.times):
        for work in WORK:
            if work != "changed" or kind == "PostgreSQL":
                seconds, grown = measured(work, url, folder)
                known = best.get(work, (seconds, grown))
                best[work] = min(known[0], seconds), max(known[1], grown)
    for work, (seconds, grown) in best.items():
        ratio = seconds / best["bare"][0]
        table.add_row(WORK[work][0], f"{seconds:.3f}", f"{ratio:.2f}", f"{grown:.0f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=15)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", choices=["duckdb", "postgres"])
    for hidden in ("--work", "--url", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        before = peak()
        seconds = WORK[options.work][1](options.url, Path(options.folder))
        print(json.dumps([seconds, peak() - before]))
        return
    console = Console()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if options.only != "postgres":
            started = time.perf_counter()
            with in_duckdb(folder, options.tables, options.columns) as path:
                os.utime(path, (1_700_000_000, 1_700_000_000))  # a file of this moment would not be trusted
                console.print(measure("DuckDB", path, folder, options, time.perf_counter() - started))
        if options.only != "duckdb":
            server = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
            try:
                psycopg.connect(server.replace("+psycopg", ""), connect_timeout=3).close()
            except psycopg.Error as error:
                console.print(f"PostgreSQL was left out: {error}. Set TEST_POSTGRES_URL.")
                return
            started = time.perf_counter()
            with in_postgres(server, options.tables, options.columns) as url:
                console.print(measure("PostgreSQL", url, folder, options, time.perf_counter() - started))


if __name__ == "__main__":
    main()
