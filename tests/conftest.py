"""What the tests share: databases that are really there, a model that says its script, no leaks from outside."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import hypothesis
import pytest

from agent import DBAgent, ScriptedModel, Settings, open_agent
from agent.llm.scripted import Line
from agent.sample import sample_database
from tests import servers
from tests.langfuse_double import LangfuseDouble
from tools.database import Database, open_database

# A shell ignores SIGINT for what it runs in the background, and what runs there cannot be interrupted.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where the machine says that nothing compiled is kept, every one of some hundred processes that the tests start would
# compile the same modules again, and pytest the tests: a minute of work in all.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What is drawn is the same every day and on every machine, and a slow one is no failure.
hypothesis.settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

SHOP = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR, email VARCHAR
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),
    status VARCHAR, total DECIMAL(10, 2), ordered_on DATE
);
COMMENT ON TABLE orders IS 'One row per order, also cancelled ones.';
COMMENT ON COLUMN orders.total IS 'In EUR, with tax.';
INSERT INTO customers VALUES
    (1, 'Ada', 'Berlin', 'ada@example.org'), (2, '李雷', '北京', NULL), (3, 'Max', 'Berlin', NULL);
INSERT INTO orders VALUES
    (1, 1, 'paid', 10.50, '2026-10-03'), (2, 1, 'paid', 20.00, '2026-10-31'),
    (3, 2, 'returned', 5.25, '2026-11-01'), (4, 2, 'paid', 7.75, NULL);
"""


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of the machine reaches a test, and nothing a test keeps stays on the machine."""
    for name in list(os.environ):
        if name.startswith(("DBAGENT_", "OPENAI_", "LANGFUSE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DBAGENT_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(_cache(tmp_path_factory)))


def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sample database is kept, once for all workers of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with two tables, a foreign key, comments, NULLs, and values in two scripts."""
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(SHOP)
    os.utime(path, (path.stat().st_mtime - 60,) * 2)  # what was written to just now has its answers not cached
    return path


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample database of today."""
    return sample_database(_cache(tmp_path_factory) / "dbagent", date.today())


AgentWith = Callable[..., DBAgent]


@pytest.fixture(scope="session")
def open_shop(shop_file: Path) -> Iterator[Database]:
    """The shop of `shop_file`, open. For all tests the same: opening one starts a process, half a second of work."""
    with closing(open_database(str(shop_file))) as database:
        yield database


OF_THE_AGENT = {
    "candidates",
    "experiment",
    "model_prices",
    "money_limit",
    "policy",
    "question_seconds",
    "step_limit",
    "token_limit",
    "tool_call_limit",
}


@pytest.fixture
def agent_with(shop_file: Path, open_shop: Database) -> Iterator[AgentWith]:
    """`agent_with(*lines)` is an agent over the shop whose model says these lines; `agent.script` is that model.

    Settings that change how a database is opened or what is known of it get one of their own.
    """
    opened: list[DBAgent] = []

    def make(*lines: Line, db: str | Path | None = None, **settings: object) -> DBAgent:
        model = ScriptedModel(*lines)
        database = open_shop if db is None and set(settings) <= OF_THE_AGENT else str(db or shop_file)
        agent = open_agent(database, model=model, settings=Settings.from_environment(**settings))
        agent.script = model  # type: ignore[attr-defined]
        opened.append(agent)
        return agent

    yield make
    for agent in opened:
        agent.close()


@pytest.fixture
def langfuse() -> Iterator[LangfuseDouble]:
    """A Langfuse on loopback that knows no prompt."""
    double = LangfuseDouble()
    yield double
    double.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own in a PostgreSQL that is there; skips, or fails where it must not, when it is not."""
    url = _there("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
    own = f"dbagent_test_{os.getpid()}"
    with servers.postgres(url) as server:
        server.execute(f"CREATE DATABASE {own}".encode())
        yield servers.beside(url, own)
        server.execute(f"DROP DATABASE {own} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def mysql_url() -> str:
    """A MySQL or MariaDB that is there; likewise."""
    return _there("TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/test")


def _there(variable: str, default: str) -> str:
    url = os.environ.get(variable, default)
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=3).close()
    except OSError as error:
        reason = f"no database server at {parts.hostname}:{parts.port} ({error}); set {variable}"
        if os.environ.get("TEST_REQUIRE_SERVERS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return url
