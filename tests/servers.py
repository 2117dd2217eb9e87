"""Connections of the tests' own to PostgreSQL and MariaDB, past everything that is tested."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
import pymysql


def postgres(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Commits each statement."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def mysql(url: str) -> pymysql.Connection[Any]:
    """To the server, with none of its databases chosen; commits each statement."""
    at = urlsplit(url)
    return pymysql.connect(
        host=at.hostname,
        port=at.port or 3306,
        user=unquote(at.username or ""),
        password=unquote(at.password or ""),
        autocommit=True,
    )


def alone(cursor: Any, name: str) -> None:
    """Wait until no other run of the tests uses what goes by this name; others wait until the connection is closed."""
    cursor.execute("SELECT GET_LOCK(%s, 600)", [f"test {name}"])


def beside(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
