"""Where a database is: a URL or a path read into its kind, its address, and a name without the password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from tools.errors import DatabaseUnavailable

_KINDS = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
}
LOADED_SUFFIXES = (".csv.gz", ".tsv.gz", ".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json")
_SECRET_PARAMETER = re.compile(r"(?i)pass|pwd|secret|token|key")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9a-fA-F:.%]+\]|[^:\[\]\s]*)(?::(?P<port>\d{1,5}))?")
_EXPECTED = (
    "Give a URL such as duckdb:///file.duckdb, sqlite:///file.sqlite, postgresql://user@host/name or "
    "mysql://user@host/name, or the path of a .duckdb, .sqlite, .csv, .tsv, .parquet or .json file."
)


@dataclass(frozen=True)
class Server:
    """The parts of a server's URL, unescaped."""

    user: str
    password: str = field(repr=False)
    host: str
    port: int | None
    database: str
    query: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True)
class Place:
    """A database's kind ("duckdb", "sqlite", "postgres", "mysql") and how to reach it.

    `server` and `secrets` hold the password and are kept out of `repr`; `shown` is what people may read.
    `path` is set for files, and `loads` says that the file is data to be loaded, not a database.
    """

    kind: str
    shown: str
    name: str
    path: str | None = None
    loads: bool = False
    server: Server | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def hidden(self, text: str) -> str:
        """The text with every password of this address blotted out."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def locate(url: str) -> Place:
    """Read a URL or a path. Raises DatabaseUnavailable when it is neither, or there is no such file."""
    text = url.strip()
    if not text:
        raise DatabaseUnavailable(f"No database was named. {_EXPECTED}")
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _file(text, None)
    backend = scheme.lower().partition("+")[0]
    kind = _KINDS.get(backend)
    if kind is None:
        raise DatabaseUnavailable(f"{scheme}:// is not a kind of database that DBAgent reads. {_EXPECTED}")
    if kind in ("duckdb", "sqlite"):
        file = unquote(rest.partition("?")[0]).removeprefix("/")
        if file in ("", ":memory:"):
            return Place(kind, f"{kind}://", "memory", path=None)
        return _file(file, kind)
    return _server(kind, text)


def _file(text: str, kind: str | None) -> Place:
    if re.search(r"(?i)\b(password|passwd|pwd)\s*=", text):
        raise DatabaseUnavailable(
            "That is a list of connection settings. Write it as a URL: postgresql://user:password@host:port/name."
        )
    path = Path(os.path.expanduser(text))  # Path.expanduser raises for a user that is not there
    shown = str(path)[:300]
    if not os.path.exists(path):
        raise DatabaseUnavailable(f"There is no file {shown!r}. Check the path, or where you are: {Path.cwd()}.")
    if os.path.isdir(path):
        raise DatabaseUnavailable(f"{shown!r} is a folder, not a database. {_EXPECTED}")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DatabaseUnavailable(f"{shown!r} cannot be read: {error.strerror}.") from error
    found = _kind_of(head)
    loads = path.name.lower().endswith(LOADED_SUFFIXES) or head[:4] == b"PAR1"
    if found is None and loads and kind in (None, "duckdb"):
        found = "duckdb"
    else:
        loads = False
    if found is None and not head and (kind == "sqlite" or path.suffix.lower() in (".db", ".sqlite", ".sqlite3")):
        found = "sqlite"  # SQLite's own empty database is an empty file
    if found is None:
        raise DatabaseUnavailable(f"{shown!r} is neither a database nor a table of data. {_EXPECTED}")
    if kind not in (None, found):
        raise DatabaseUnavailable(
            f"{shown!r} is a {found} database, not a {kind} one. Open it as {found}:///{path}, or by its path."
        )
    absolute = str(path.resolve())
    return Place(found, f"{found}:///{absolute}", _bare_name(path.name), path=absolute, loads=loads)


def _bare_name(file: str) -> str:
    """The name of a file without what says its kind: `sales.2026` of `sales.2026.csv.gz`."""
    suffix = next((each for each in LOADED_SUFFIXES if file.lower().endswith(each)), Path(file).suffix)
    return file[: len(file) - len(suffix)] or file


def _kind_of(head: bytes) -> str | None:
    """What the first sixteen bytes say: a `.db` file can be either, and people rename files."""
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head[8:12] == b"DUCK":
        return "duckdb"
    return None


def _server(kind: str, text: str) -> Place:
    scheme, _, rest = text.partition("://")
    user, password, tail = _split_user(rest)
    address, _, query_text = tail.partition("?")
    host_port, _, name = address.partition("/")
    found = _HOST_PORT.fullmatch(host_port)
    if found is None:
        # The address is not quoted: what is wrong with it may be a password in the wrong place.
        raise DatabaseUnavailable(
            f"The host or port of the {scheme}:// URL cannot be read. Write {scheme}://user:password@host:port/name, "
            "with % escapes for special characters in the password."
        )
    query = tuple(parse_qsl(query_text, keep_blank_values=True))
    secrets = {password, unquote(password)} | {value for key, value in query if _SECRET_PARAMETER.search(key)}
    shown = f"{'postgresql' if kind == 'postgres' else 'mysql'}://"
    if user:
        shown += f"{user}{':***' if password else ''}@"
    shown += address
    if query:
        shown += "?" + "&".join(f"{k}={'***' if _SECRET_PARAMETER.search(k) else v}" for k, v in query)
    return Place(
        kind,
        shown,
        unquote(name) or kind,
        server=Server(
            user=unquote(user),
            password=unquote(password),
            host=found["host"].strip("[]"),
            port=int(found["port"]) if found["port"] else None,
            database=unquote(name),
            query=query,
        ),
        secrets=tuple(sorted((each for each in secrets if each), key=len, reverse=True)),
    )


def _split_user(rest: str) -> tuple[str, str, str]:
    """User, password and what follows the `@`; a password may hold `@`, `/`, `?` that nobody escaped."""
    at = rest.find("@")
    while at != -1:
        tail = rest[at + 1 :]
        if "@" not in tail.partition("?")[0]:
            user, _, password = rest[:at].partition(":")
            return user, password, tail
        at = rest.find("@", at + 1)
    return "", "", rest
