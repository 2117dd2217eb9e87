"""What `SELECT *` over ten million rows costs in memory, beside its first thousand rows, on each engine.

    python -m tests.bench.bench_memory [--rows N] [--engines duckdb sqlite postgres mysql]

Memory is what this process and its workers together grow by at their peak, looked at every five milliseconds; the
server's own is not counted. Each figure is of a database opened anew. PostgreSQL and MariaDB are looked for at
TEST_POSTGRES_URL and TEST_MYSQL_URL; the table is made there and dropped afterwards.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import sqlalchemy as sa

from tests.bench.bench_guard import MYSQL, POSTGRES
from tools.database import Database, open_database

ENGINES = ("duckdb", "sqlite", "postgres", "mysql")
_MEGABYTE = 1_000_000
_MAY_DIFFER = 16 * _MEGABYTE
_TABLE = "memory_bench_rows"
_VALUES = "{n} AS id, {n} * 1.5 AS amount, {text} AS name"


def main() -> int:
    """Measure each engine; 0 when all rows cost no more than the first thousand (16 MB aside)."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_memory", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the table (default: %(default)s)")
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES), metavar="ENGINE")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder:
        for name in options.engines:
            try:
                with _made(name, Path(folder), options.rows) as url:
                    first = _peak(url, f"SELECT * FROM {_TABLE} LIMIT 1000")
                    every = _peak(url, f"SELECT * FROM {_TABLE}")
            except sa.exc.OperationalError as error:
                print(f"{name:8} left out: {str(error).splitlines()[0][:150]}")
                continue
            failed |= every[0] > first[0] + _MAY_DIFFER
            print(
                f"{name:8} first 1,000 rows +{first[0] / _MEGABYTE:.1f} MB in {first[1]:.2f} s; "
                f"SELECT * of {options.rows:,} rows +{every[0] / _MEGABYTE:.1f} MB in {every[1]:.2f} s",
                flush=True,
            )
    return int(failed)


def _peak(url: str, sql: str) -> tuple[int, float]:
    """Bytes that the query takes at most, and seconds."""
    with closing(open_database(url)) as database:
        database.query("SELECT 1")
        return _watched(lambda: _thousand(database, sql))


def _thousand(database: Database, sql: str) -> None:
    result = database.query(sql)
    if len(result.rows) != 1000:
        raise SystemExit(f"{len(result.rows)} rows came instead of 1,000")


def _watched(work: Callable[[], None]) -> tuple[int, float]:
    done = threading.Event()
    seen = [before := _resident()]

    def look() -> None:
        while not done.wait(0.005):
            seen.append(_resident())

    looking = threading.Thread(target=look)
    looking.start()
    started = time.perf_counter()
    try:
        work()
    finally:
        seconds = time.perf_counter() - started
        done.set()
        looking.join()
    return max(0, max(seen) - before), seconds


def _resident() -> int:
    """Bytes in memory of this process and all that it started, as Linux tells them."""
    pending, total = ["self"], 0
    while pending:
        each = Path("/proc") / pending.pop()
        try:
            status = (each / "status").read_text()
            pending += [
                child for task in (each / "task").iterdir() for child in (task / "children").read_text().split()
            ]
        except OSError:  # it has ended
            continue
        total += sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    return total


@contextmanager
def _made(name: str, folder: Path, rows: int) -> Iterator[str]:
    """The address of a database that has the table."""
    if name == "duckdb":
        path = folder / "rows.duckdb"
        values = _VALUES.format(n="n", text="'name of ' || n")
        with closing(duckdb.connect(str(path))) as connection:
            connection.execute(f"CREATE TABLE {_TABLE} AS SELECT {values} FROM range({rows}) AS r(n)")
        yield str(path)
        path.unlink()
    elif name == "sqlite":
        path = folder / "rows.db"
        with closing(sqlite3.connect(path)) as file:
            file.execute(f"CREATE TABLE {_TABLE} (id INTEGER, amount REAL, name TEXT)")
            file.executemany(
                f"INSERT INTO {_TABLE} VALUES (?, ?, ?)", ((n, n * 1.5, f"name of {n}") for n in range(rows))
            )
            file.commit()
        yield str(path)
        path.unlink()
    else:
        url = POSTGRES if name == "postgres" else MYSQL
        source = f"generate_series(1, {rows}) AS r(n)" if name == "postgres" else f"seq_1_to_{rows}"
        number = "n" if name == "postgres" else "seq"
        values = _VALUES.format(n=number, text=f"concat('name of ', {number})")
        server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_TABLE}")
            try:
                connection.exec_driver_sql(f"CREATE TABLE {_TABLE} AS SELECT {values} FROM {source}")
                yield url
            finally:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_TABLE}")
        server.dispose()


if __name__ == "__main__":
    sys.exit(main())
