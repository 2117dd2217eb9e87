"""The sample database: a made-up company whose last day of business is the day on which it is built."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from agent.file_lock import alone
from agent.resources import folder

if TYPE_CHECKING:
    import duckdb

UNUSED_FOR = 2 * 24 * 3600  # seconds after which a sample that nobody asked for is deleted

# What is done in which order, each from the files of that name in sample_db/building. DuckDB 2.0 lets a row refer to
# another of its own table only if that one was there before the statement: trees are brought in level by level.
STEPS = (
    (
        "products, stores and staff",
        ("regions_and_stores", *2 * ["level_of_categories"], *5 * ["level_of_staff"], "products"),
    ),
    ("customers", ("customers",)),
    ("three years of orders", ("orders",)),
    ("visits to the web shop", ("visits",)),
)


def sample_database(
    directory: Path | None = None, today: date | None = None, *, tell: Callable[[str], None] | None = None
) -> Path:
    """The sample database of that day, built if it is not there yet."""
    today = today or date.today()
    if directory is not None:
        return _found_or_built(directory, today, tell)
    try:
        return _found_or_built(_cache_directory(), today, tell)
    except (OSError, RuntimeError):  # a home that is read-only, full, or not there
        return _found_or_built(_temporary_directory(), today, tell)


def build_sample(path: Path, today: date, *, tell: Callable[[str], None] | None = None) -> None:
    """Build the sample database of that day as one file, which appears at `path` when it is complete.

    Raises OSError where it cannot be written.
    """
    import duckdb  # a fifth of a second, which only the first question of a day needs

    with tempfile.TemporaryDirectory(prefix=".sample-", dir=path.parent) as workshop:
        unfinished = Path(workshop) / "sample.duckdb"
        try:
            with duckdb.connect(":memory:") as connection:
                _fill(connection, unfinished, today, tell or _silent)
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
        os.replace(unfinished, path)


def _fill(connection: duckdb.DuckDBPyConnection, file: Path, today: date, tell: Callable[[str], None]) -> None:
    quoted = str(file).replace("'", "''")
    # Storage of DuckDB 1.0, so that older releases can open the file too: those of 2.0 are refused by 1.5.
    connection.execute(f"ATTACH '{quoted}' AS sample (STORAGE_VERSION 'v1.0.0')")
    connection.execute("USE sample")
    connection.execute("SET enable_progress_bar = false")  # DuckDB would draw it on stdout, amid someone's answer
    connection.execute("SET VARIABLE today = ?", [today])
    source = folder("sample_db")
    for text in ("schema.sql", "building/macros.sql"):
        connection.execute((source / text).read_text(encoding="utf-8"))
    for table in sorted(source.glob("*.csv")):
        _stage(connection, table)
    for what, names in STEPS:
        tell(f"Building the sample database: {what}")
        for name in names:
            connection.execute((source / "building" / f"{name}.sql").read_text(encoding="utf-8"))
    connection.execute("USE memory")
    connection.execute("DETACH sample")  # writes what is still in its log into the file


def _stage(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Bring one CSV file in as the temporary table `given_<name>`; an empty cell is NULL.

    Not by read_csv: it would take a `[` or `*` in the path of the installation for a pattern.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    columns = [[cell or None for cell in column] for column in zip(*rows, strict=True)]
    types = ["INTEGER" if all(cell is None or cell.isdecimal() for cell in c) else "VARCHAR" for c in columns]
    table = f"given_{file.stem}"
    fields = ", ".join(f"{name} {type_}" for name, type_ in zip(header, types, strict=True))
    connection.execute(f"CREATE TEMP TABLE {table} ({fields})")
    connection.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in header)}", columns)


def _found_or_built(directory: Path, today: date, tell: Callable[[str], None] | None) -> Path:
    path = directory / f"sample-{today.isoformat()}-{_edition()}.duckdb"
    if path.exists():
        with contextlib.suppress(OSError):  # a sample baked into a read-only image is as good
            # Says that it is in use, to whoever clears away old ones. Its time of writing stays: what is known
            # of the database would have to be read anew.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        return path
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(path.with_suffix(".lock")):
        if not path.exists():  # else another process has built it meanwhile
            build_sample(path, today, tell=tell)
    _clear_away_unused(directory)
    return path


def _edition() -> str:
    """Changes when the data or this file changes, so that no one is served the sample of an older release."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    source = folder("sample_db")
    for file in sorted((*source.glob("*.sql"), *source.glob("building/*.sql"), *source.glob("*.csv"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:10]


def _clear_away_unused(directory: Path) -> None:
    """Delete our old samples, but none lately used: another process may be about to open it again."""
    for old in (*directory.glob("sample-*.duckdb"), *directory.glob(".sample-*")):
        with contextlib.suppress(OSError):
            if time.time() - max(old.stat().st_atime, old.stat().st_mtime) > UNUSED_FOR:
                shutil.rmtree(old) if old.is_dir() else old.unlink()


def _cache_directory() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "dbagent"


def _temporary_directory() -> Path:
    """A folder of our own that later runs find again; a fresh one if that name is someone else's."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    shared = Path(tempfile.gettempdir()) / f"dbagent-{user}"
    shared.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and shared.stat().st_uid != user:
        return Path(tempfile.mkdtemp(prefix="dbagent-"))
    return shared


def _silent(_: str) -> None:
    pass
