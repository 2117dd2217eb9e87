"""Looks for a statement that gets past the guard: `python -m tests.fuzz_guard --minutes 15` (or `make fuzz`).

It takes the statements of tests/sql/guard_*.sql (and those of a folder such as ../shared/data/sqlguard), exchanges
parts of their trees, cuts and joins their texts, puts in what must not be read or called, and asks of each: is it
refused with a ToolError? Else it runs, with no other guard, on a real engine that may write, and then nothing may have
changed: no row, no relation, no setting, no sequence, no file in the folder; and no row may show what is hidden. Then
it runs once more through Database, for everybody and under a policy, where only a ToolError may come out, and no row
that the policy keeps back. A failure prints the seed and the number that make the same statement again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from agent import User, policy_from
from tests import servers
from tests.test_sql_guard import (
    HIDDEN,
    POSTGRES_TRAPS,
    READABLE,
    SCHEMAS,
    duckdb_shop,
    duckdb_state,
    groups,
    metadata,
    sqlite_shop,
    sqlite_state,
    statements,
)
from tools.database import Database, Limits, open_database
from tools.errors import ToolError
from tools.metadata import DatabaseMeta
from tools.seen_database import seen_by
from tools.sql_guard import guarded

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/test"
MYSQL = "mysql+pymysql://root@127.0.0.1:3306/test"
OWN = f"fuzz_guard_{os.getpid()}"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "sqlguard"
SECONDS = 1.0  # one statement may take so long on the engine
BATCH = 25  # accepted statements between two looks at the whole database
FILE = "HIDDEN-FILE"
POLICY = policy_from(
    {"roles": {"eu": {"allow": "*", "rows": {"orders": "region = 'EU'", "eu_orders": "region = 'EU'"}}}}
)
MARKS = ("secret-1", "user1", FILE)  # what is in hidden tables and files
RULED = "HIDDEN-ROW"  # and what the policy keeps back


def _each(text: str) -> list[str]:
    return text.split("|")


TRAPS = {
    "duckdb": _each(
        "nextval('ticket_seq')|read_text('canary.txt')|(FROM secret_tokens)|'canary.csv'|"
        "query('FROM secret_tokens')|bump()|read_csv('canary.csv')|getenv('HOME')|enable_logging()|"
        "\"canary.csv\"|COPY orders TO 'x.csv'|main.secret_tokens"
    ),
    "sqlite": _each(
        "blocked_ids|IN blocked_ids|load_extension('x')|writefile('x', 'y')|fts3_tokenizer('simple')|"
        "optimize(docs4)|pragma_table_list|sqlite_master|main.secret_tokens|'secret_tokens'|[secret_tokens]|"
        "ATTACH 'x.db' AS x"
    ),
    "postgres": _each(
        "o.touch|touch(orders)|'x'::trap|nextval('ticket_seq')|pg_sleep(3)|pg_read_file('/etc/passwd')|"
        "lo_create(99)|set_config('a.b', 'c', false)|query_to_xml('select 1', true, true, '')|"
        "pg_advisory_lock(1)|FOR UPDATE|pg_stats|(SELECT token FROM secret_tokens)|INTO t9|"
        "'secret_tokens'::regclass"
    ),
    "mysql": _each(
        "@x := 1|SLEEP(3)|LOAD_FILE('/etc/passwd')|GET_LOCK('x', 0)|/*! INTO @x */|/*M! FOR UPDATE */|"
        "INTO OUTFILE 'x'|(SELECT token FROM secret_tokens)|mysql.user|LAST_INSERT_ID(9)|FOR UPDATE|INTO @y|"
        "@@version"
    ),
}
ANYWHERE = _each(
    ";|; DELETE FROM orders|; DROP TABLE orders|--|/*|*/|/*!|#|'|\"|`|[|]|$$|\\|\\'|E'|U&'|(|)|{|}|,|.|::|->|"
    "->>|:=|=>|?|:x|@x|$1|*|SELECT|FROM|WHERE|UNION ALL|IN|AS|WITH x AS|INTO|SET|secret_tokens|audit_log|"
    "DELETE FROM orders|RETURNING *|NULL|INSERT INTO audit_log VALUES (1, 'x')|UPDATE orders SET amount = 0|"
    "DROP TABLE events|(TABLE secret_tokens)|LATERAL|EXPLAIN ANALYZE|VALUES (1)|\n|\r|\t|\f|\0|\u00a0|\u200b|"
    "\ufeff|\u3000|；|‘|\ud800"
)
FRAMES = _each(
    "{}|SELECT * FROM ({})|SELECT * FROM ({}) q|WITH q AS ({}) SELECT * FROM q|EXPLAIN {}|EXPLAIN ANALYZE {}|"
    "({})|{};|{} --|DESCRIBE {}|SUMMARIZE {}|SELECT ({})|SELECT EXISTS ({})|{} UNION ALL SELECT 1|"
    "SELECT 1 WHERE 1 IN ({})|FROM ({})|/* {} */|WITH RECURSIVE r AS ({}) SELECT * FROM r|PIVOT ({}) ON 1|"
    "VALUES (({}))|-- x\n{}|SELECT 1; {}|"
    "WITH secret_tokens AS (SELECT 1 AS id, 'x' AS owner, 'x' AS token) {}|"
    "WITH secret_tokens AS (SELECT 1 AS id, 'x' AS owner, 'x' AS token), q AS ({}) SELECT * FROM q|"
    "WITH RECURSIVE secret_tokens AS (SELECT 1 AS id, 'x' AS owner, 'x' AS token UNION ({})) "
    "SELECT * FROM secret_tokens"
)
PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\w+|\s+|[^\w\s]", re.S)


class Corpus:
    """The statements of one dialect, and the parts of their trees."""

    def __init__(self, dialect: str, data: Path) -> None:
        self.dialect = dialect
        self.texts = [case.sql for group in groups() if group.dialect == dialect for case in group.cases]
        self.texts += list(_of_folder(dialect, data))
        self.trees: list[exp.Expr] = []
        self.parts: dict[str, list[exp.Expr]] = {}
        for text in self.texts:
            tree = _parsed(text, dialect)
            if tree is not None:
                self.trees.append(tree)
                for node in tree.walk():
                    self.parts.setdefault(_kind(node), []).append(node)

    def statement(self, random: Random) -> str:
        """One that nobody has written; half of them from trees, half from texts, some from both."""
        text = self._grafted(random) if random.random() < 0.5 else random.choice(self.texts)
        for _ in range(random.choice((0, 0, 1, 1, 1, 2, 3))):
            text = self._mutated(text, random)
        if random.random() < 0.25:
            text = random.choice(FRAMES).replace("{}", text)
        return text[:20_000]

    def _grafted(self, random: Random) -> str:
        tree = random.choice(self.trees).copy()
        for _ in range(random.choice((1, 1, 2, 3))):
            node = random.choice(list(tree.walk()))
            if node.parent is not None and (others := self.parts.get(_kind(node))):
                node.replace(random.choice(others).copy())
        try:
            return tree.sql(self.dialect, unsupported_level=ErrorLevel.IGNORE)
        except Exception:  # there is no end to what sqlglot raises for a tree that makes no sense
            return random.choice(self.texts)

    def _mutated(self, text: str, random: Random) -> str:
        pieces = PIECE.findall(text) or [text]
        at = random.randrange(len(pieces))
        end = min(len(pieces), at + random.choice((1, 1, 1, 2, 4, 8)))
        other = PIECE.findall(random.choice(self.texts)) or [""]
        begins = random.randrange(len(other))
        match random.randrange(9):
            case 0:
                pieces[at:end] = []
            case 1:
                pieces[at:at] = [random.choice(ANYWHERE)]
            case 2:
                pieces[at:end] = [" ", random.choice(TRAPS[self.dialect]), " "]
            case 3:
                pieces[at:end] = other[begins : begins + random.choice((1, 2, 4, 8, 20))]
            case 4:
                pieces[at:at] = pieces[at:end]
            case 5:
                pieces[at] = random.choice((str.upper, str.lower, str.swapcase, str.title))(pieces[at])
            case 6:
                quotes = random.choice(('""', "``", "[]", "''", "()", "{}"))
                pieces[at] = quotes[0] + pieces[at] + quotes[1]
            case 7:
                names = [i for i, each in enumerate(pieces) if each.isidentifier()] or [at]
                every = [*READABLE, *HIDDEN, *TRAPS[self.dialect]]
                pieces[random.choice(names)] = random.choice(every)
            case _:
                blanks = [i for i, each in enumerate(pieces) if each.isspace()] or [at]
                pieces[random.choice(blanks)] = random.choice(("/**/", "\n", " -- x\n", "", "/* ; */", "\t", " # x\n"))
        return "".join(pieces)


def _of_folder(dialect: str, data: Path) -> Iterator[str]:
    for name in ("attack.jsonl", "benign.jsonl", "positions.jsonl", "rowpolicy.jsonl"):
        lines = (data / name).read_text("utf-8").splitlines() if (data / name).is_file() else []
        for case in map(json.loads, lines):
            if case["dialect"] == dialect:
                yield from (each for each in (case.get("sql"), case.get("control"), *case.get("attacks", ())) if each)


def _parsed(text: str, dialect: str) -> exp.Expr | None:
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (SqlglotError, AttributeError, TypeError, ValueError, LookupError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Expr) else None


def _kind(node: exp.Expr) -> str:
    """What may stand in another's place."""
    if isinstance(node, exp.Query):
        return "query"
    return "value" if isinstance(node, exp.Condition | exp.Star) else type(node).__name__


@dataclass
class Place:
    """One engine that may write: how it is made, run and looked at, and our own way to it."""

    meta: DatabaseMeta
    run: Callable[[str], list[Any]]  # the first rows, or an exception of the driver
    state: Callable[[], object]
    anew: Callable[[], None]  # after something has changed
    database: Database
    seen: Database = field(init=False)

    def __post_init__(self) -> None:
        self.seen = seen_by(self.database, POLICY, User("u", ("eu",)))


class Found(Exception):
    """What must not be."""


class Fuzzer:
    """One engine, one corpus, and what was seen."""

    def __init__(self, dialect: str, place: Place, corpus: Corpus, folder: Path, seed: int) -> None:
        self.dialect, self.place, self.corpus, self.folder, self.seed = dialect, place, corpus, folder, seed
        self.count: Counter[str] = Counter()
        self.findings: list[str] = []
        self.number = 0
        self.batch: list[tuple[int, str]] = []
        self.before = self._state()

    def statement(self, number: int) -> str:
        """The same for the same seed and number."""
        return self.corpus.statement(Random(f"{self.seed} {self.dialect} {number}"))

    def step(self) -> None:
        """One statement more."""
        self.number += 1
        sql = self.statement(self.number)
        (self.folder.parent / f"last-{self.dialect}.sql").write_text(sql, "utf-8", "backslashreplace")
        try:
            self._tried(sql)
        except Found as found:
            self._report(self.number, sql, str(found))
        if len(self.batch) >= BATCH:
            self.look()

    def look(self) -> None:
        """Compare the whole database and the folder with what they were; find who changed them."""
        batch, self.batch = self.batch, []
        if self._state() == self.before:
            return
        for number, sql in batch:
            self._restored()
            self._run(sql)
            after = self._state()
            if after != self.before:
                self._report(number, sql, f"something changed: {_difference(self.before, after)}")
                break
        else:
            self._report(self.number, "\n".join(sql for _, sql in batch), "one of a batch changed something")
        self._restored()

    def _tried(self, sql: str) -> None:
        try:
            passed = guarded(sql, self.place.meta, second_opinion=self.place.database._opinion)
        except ToolError:
            self.count["refused"] += 1
            return
        except Exception as error:
            raise Found(f"the guard raised {error!r}\n{traceback.format_exc()}") from error
        self.count["accepted"] += 1
        self.count["accepted without a tree"] += passed.tree is None
        self.batch.append((self.number, sql))
        self._refuse_marks(sql, self._run(sql), MARKS)
        if passed.prefix:
            return  # a plan holds every name that the statement does
        for database, marks in ((self.place.database, MARKS), (self.place.seen, (*MARKS, RULED))):
            try:
                result = database.query(sql)
            except ToolError:
                self.count["failed through Database"] += 1
                continue
            except Exception as error:
                raise Found(f"Database.query raised {error!r}\n{traceback.format_exc()}") from error
            self._refuse_marks(sql, [result.columns, *result.rows], marks)

    def _run(self, sql: str) -> list[Any]:
        try:
            return self.place.run(sql)
        except (duckdb.Error, sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError, RuntimeError):
            self.count["failed"] += 1
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("psycopg", "pymysql"):
                raise
            self.count["failed"] += 1
        return []

    def _refuse_marks(self, sql: str, rows: list[Any], marks: tuple[str, ...]) -> None:
        shown = repr(rows)
        for mark in marks:
            if mark in shown and mark not in sql:
                raise Found(f"it shows what is hidden: {mark} in {shown[:300]}")

    def _state(self) -> object:
        files = {
            str(each): hashlib.md5(each.read_bytes()).hexdigest() for each in self.folder.rglob("*") if each.is_file()
        }
        return self.place.state(), files

    def _restored(self) -> None:
        self.place.anew()
        for each in self.folder.rglob("*"):
            if each.is_file() and not each.name.startswith("canary"):
                each.unlink()
        _canaries(self.folder)
        self.before = self._state()

    def _report(self, number: int, sql: str, what: str) -> None:
        again = f"--seed {self.seed} --engines {self.dialect} --only {number}"
        self.findings.append(f"{self.dialect} statement {number} ({again})\n{sql!r}\n  {what}")
        print(f"\nFOUND: {self.findings[-1]}", flush=True)


def _difference(before: Any, after: Any) -> str:
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)) and len(before) == len(after):
        return next((_difference(*pair) for pair in zip(before, after, strict=True) if pair[0] != pair[1]), "nothing")
    return f"{before!r:.200} became {after!r:.200}"


def _canaries(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "canary.txt").write_text(f"{FILE}\n")
    (folder / "canary.csv").write_text(f"id,secret\n1,{FILE}\n")


# ---- the engines


def _shown(cursor: Any) -> list[Any]:
    """The names of the columns, which a PIVOT takes from values, and the first rows."""
    return [[each[0] for each in cursor.description or ()], *cursor.fetchmany(100)]


_MARK_ROWS = f"UPDATE orders SET note = '{RULED}' WHERE region <> 'EU'"


def _duckdb_place(folder: Path) -> Place:
    path = str(folder / "shop.duckdb")
    holder: dict[str, duckdb.DuckDBPyConnection] = {}

    def made(at: str) -> duckdb.DuckDBPyConnection:
        connection = duckdb_shop(at)
        connection.execute(_MARK_ROWS)
        connection.execute("CREATE MACRO bump() AS nextval('ticket_seq')")
        return connection

    def anew() -> None:
        if "raw" in holder:
            holder["raw"].close()
        holder["raw"] = made(":memory:")
        holder["raw"].execute("SET memory_limit = '1GB'; SET threads = 1")

    def run(sql: str) -> list[Any]:
        timer = threading.Timer(SECONDS, holder["raw"].interrupt)
        timer.start()
        try:
            return _shown(holder["raw"].execute(sql))
        finally:
            timer.cancel()

    anew()
    made(path).close()
    return Place(metadata("duckdb"), run, lambda: duckdb_state(holder["raw"]), anew, _opened(path))


def _sqlite_place(folder: Path) -> Place:
    path = str(folder / "shop.db")
    holder: dict[str, sqlite3.Connection] = {}

    def anew() -> None:
        holder["raw"] = sqlite_shop()
        holder["raw"].execute(_MARK_ROWS)
        holder["raw"].setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000_000)

    def run(sql: str) -> list[Any]:
        deadline = time.monotonic() + SECONDS
        holder["raw"].set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        try:
            return _shown(holder["raw"].execute(sql))
        finally:
            holder["raw"].set_progress_handler(None, 0)

    anew()
    with contextlib.closing(sqlite3.connect(path)) as file:
        holder["raw"].backup(file)
    return Place(metadata("sqlite"), run, lambda: sqlite_state(holder["raw"]), anew, _opened(path))


def _postgres_place(folder: Path) -> Place:
    url = os.environ.get("TEST_POSTGRES_URL", POSTGRES)
    with servers.postgres(url) as server:
        server.execute(f"CREATE DATABASE {OWN}".encode())
    url = servers.beside(url, OWN)
    holder: dict[str, Any] = {}

    def anew() -> None:
        if "raw" in holder:
            holder["raw"].close()
        raw = holder["raw"] = servers.postgres(url)
        raw.execute("DROP SCHEMA IF EXISTS guard_test CASCADE; CREATE SCHEMA guard_test")
        raw.execute(f"ALTER DATABASE {OWN} SET search_path = guard_test")
        raw.execute("SET search_path = guard_test")
        for statement in (*statements("postgres"), POSTGRES_TRAPS, _MARK_ROWS):
            raw.execute(statement)
        raw.execute(f"SET statement_timeout = {int(SECONDS * 1000)}")

    def run(sql: str) -> list[Any]:
        if holder["raw"].closed:
            anew()
        cursor = holder["raw"].execute(sql, prepare=True)
        return _shown(cursor) if cursor.description else []

    def state() -> object:
        raw = holder["raw"]
        if raw.info.transaction_status:
            raw.rollback()
        names = [f'guard_test."{name}"' for name in (*READABLE, *HIDDEN)]
        rows = [raw.execute(f"SELECT * FROM {name}").fetchall() for name in names]
        other = [
            "SELECT count(*), sum(oid::bigint) FROM pg_class",
            "SELECT count(*), sum(oid::bigint) FROM pg_proc",
            "SELECT last_value, is_called FROM guard_test.ticket_seq",
            "SELECT count(*) FROM pg_largeobject_metadata",
            "SELECT name, setting FROM pg_settings ORDER BY name",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        ]
        return rows, [raw.execute(sql).fetchall() for sql in other]

    anew()
    return Place(metadata("postgres"), run, state, anew, _opened(url, ("guard_test",)))


def _mysql_place(folder: Path) -> Place:
    url = os.environ.get("TEST_MYSQL_URL", MYSQL)
    own = SCHEMAS["mysql"]
    holder: dict[str, Any] = {}

    def anew() -> None:
        if "raw" in holder:
            holder["raw"].close()
        raw = holder["raw"] = servers.mysql(url)
        cursor = holder["cursor"] = raw.cursor()
        for statement in (
            f"DROP DATABASE IF EXISTS {own}",
            f"CREATE DATABASE {own} CHARACTER SET utf8mb4",
            f"USE {own}",
            *statements("mysql"),
            _MARK_ROWS,
            f"SET SESSION max_statement_time = {SECONDS}",
        ):
            cursor.execute(statement)

    def run(sql: str) -> list[Any]:
        if not holder["raw"].open:
            anew()
        holder["cursor"].execute(sql)
        return _shown(holder["cursor"])

    def state() -> object:
        cursor, found = holder["cursor"], []
        for sql in (
            *(f"SELECT * FROM {own}.`{name}`" for name in (*READABLE, *HIDDEN)),
            f"SHOW TABLES FROM {own}",
            "SHOW SESSION VARIABLES WHERE Variable_name NOT REGEXP "
            "'^(timestamp|rand_seed.|last_insert_id|identity|insert_id|pseudo_thread_id|.*_count|.*gtid.*)$'",
            "SELECT VARIABLE_NAME, CAST(VARIABLE_VALUE AS CHAR) FROM information_schema.USER_VARIABLES",
            "SELECT LAST_INSERT_ID()",
        ):
            cursor.execute(sql)
            found.append(cursor.fetchall())
        return found

    anew()
    return Place(metadata("mysql"), run, state, anew, _opened(url.rsplit("/", 1)[0] + f"/{own}"))


def _opened(url: str, schemas: tuple[str, ...] | None = None) -> Database:
    names = [*READABLE, "docs", "docs4", "eu_orders"]
    return open_database(url, limits=Limits(rows=100, seconds=SECONDS), schemas=schemas, include=names)


PLACES = {"duckdb": _duckdb_place, "sqlite": _sqlite_place, "postgres": _postgres_place, "mysql": _mysql_place}


def _left_behind() -> None:
    """Drop what was made on the servers."""
    with contextlib.suppress(Exception), servers.postgres(os.environ.get("TEST_POSTGRES_URL", POSTGRES)) as server:
        server.execute(f"DROP DATABASE IF EXISTS {OWN} WITH (FORCE)".encode())
    with contextlib.suppress(Exception), servers.mysql(os.environ.get("TEST_MYSQL_URL", MYSQL)) as server:
        server.cursor().execute(f"DROP DATABASE IF EXISTS {OWN}")


def main() -> int:
    """Run until the time is up; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_guard", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=15, help="how long in all (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=None, help="what decides the statements (default: another each time)"
    )
    parser.add_argument("--engines", nargs="+", choices=list(PLACES), default=list(PLACES))
    parser.add_argument("--only", type=int, default=None, help="one statement, by its number")
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of more statements (default: %(default)s)")
    options = parser.parse_args()
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    print(f"seed {seed}, {options.minutes:g} minutes, {', '.join(options.engines)}", flush=True)
    findings = 0
    SCHEMAS["mysql"] = OWN  # the tests of the guard may run on the same server
    with tempfile.TemporaryDirectory(prefix="fuzz-guard-") as temporary:
        folder = Path(temporary) / "here"
        _canaries(folder)
        os.chdir(folder)
        try:
            fuzzers = []
            for dialect in options.engines:
                place = PLACES[dialect](Path(temporary))
                fuzzers.append(Fuzzer(dialect, place, Corpus(dialect, options.data), folder, seed))
            if options.only is not None:
                for fuzzer in fuzzers:
                    print(f"{fuzzer.dialect}: {fuzzer.statement(options.only)!r}")
                    fuzzer.number = options.only - 1
            deadline = time.monotonic() + 60 * options.minutes
            while time.monotonic() < deadline:
                for fuzzer in fuzzers:
                    fuzzer.step()
                if options.only is not None:
                    break
            for fuzzer in fuzzers:
                fuzzer.look()
                findings += len(fuzzer.findings)
                counted = ", ".join(f"{number:,} {what}" for what, number in sorted(fuzzer.count.items()))
                print(f"{fuzzer.dialect}: {fuzzer.number:,} statements, {counted}; {len(fuzzer.findings)} findings")
                fuzzer.place.database.close()
        finally:
            os.chdir(temporary)
            _left_behind()
    return int(findings > 0)


if __name__ == "__main__":
    sys.exit(main())
