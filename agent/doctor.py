"""What is configured and what is reachable, looked at part by part."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agent.assembly import (
    fast_endpoint,
    langfuse_client,
    model_endpoint,
    open_chosen_database,
    open_store,
    prompt_proxy,
    trace_store,
)
from agent.db_agent import PROMPT
from agent.errors import DBAgentError, SettingsError
from agent.llm.client import reach
from agent.llm.endpoint import Endpoint
from agent.llm.pricing import PriceList
from agent.llmops.experiments import read_experiment
from agent.llmops.langfuse_values import LangfuseUnreachable
from agent.redaction import Redactor
from agent.settings import Settings
from tools.policy_file import read_policy

_SETTINGS_OF = {
    "model": ("DBAGENT_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "fast model": ("DBAGENT_FAST_MODEL", "DBAGENT_FAST_BASE_URL", "DBAGENT_FAST_API_KEY"),
    "langfuse": ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGFUSE_BASE_URL"),
}
PACKAGES = ("openai", "langfuse", "sqlalchemy", "sqlglot", "duckdb", "pydantic", "psycopg", "pymysql")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `ok` None means that it is not configured, which is fine."""

    name: str
    ok: bool | None
    text: str
    error: DBAgentError | None = None


def findings(settings: Settings, wrong: Mapping[str, str]) -> Iterator[Finding]:
    """What was found, one part after the other, and what is `wrong` with the settings by variable (`Settings.read`).

    A part whose own settings are wrong is not looked at further. Never raises, and never says a secret.
    """
    yield Finding("python", True, f"{platform.python_version()}; {', '.join(_versions())}")
    told = []
    for name, said in wrong.items():
        told.append(next((part for part, names in _SETTINGS_OF.items() if name in names), "settings"))
        yield Finding(told[-1], False, said, SettingsError(said))
    yield from _models(settings, told)
    yield _database(settings)
    yield from _prompt_and_langfuse(settings, told)
    yield from _files(settings)
    yield _traces(settings)
    yield _store(settings)


def _versions() -> Iterator[str]:
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} not installed"


def _models(settings: Settings, told: Collection[str]) -> Iterator[Finding]:
    if "model" not in told:
        yield _model("model", model_endpoint(settings), "; set DBAGENT_MODEL and OPENAI_API_KEY for another")
    if settings.fast_model and "fast model" not in told:
        yield _model("fast model", fast_endpoint(settings))


def _model(name: str, endpoint: Endpoint, hint: str = "") -> Finding:
    where = endpoint.base_url or "OpenAI"
    if endpoint.transport:
        return Finding(name, True, f"the built-in offline model{hint}")
    try:
        names = asyncio.run(reach(endpoint))
    except DBAgentError as error:
        return Finding(name, False, str(error), error)
    known = "" if not names or endpoint.model in names else f", though it does not list {endpoint.model!r}"
    return Finding(name, True, f"{endpoint.model} at {where} answers{known}")


def _database(settings: Settings) -> Finding:
    try:
        database = open_chosen_database(settings, snapshots=False)
    except DBAgentError as error:
        return Finding("database", False, str(error), error)
    meta = database.meta
    tables = sum(len(schema.tables) for schema in meta.schemas)
    text = f"{database.url}: {meta.dialect}, {len(meta.schemas)} schemas, {tables} tables"
    for notice in meta.notices:
        text += f"; {notice}"
    database.close()
    return Finding("database", True, text)


def _prompt_and_langfuse(settings: Settings, told: Collection[str]) -> Iterator[Finding]:
    langfuse = langfuse_client(settings.model_copy(update={"local_traces": False}), Redactor())
    if settings.has_langfuse:
        where = settings.langfuse_base_url or "Langfuse's cloud"
        try:
            langfuse.prompts(PROMPT)
            yield Finding("langfuse", True, f"{where} accepts the keys")
        except LangfuseUnreachable as error:
            yield Finding("langfuse", False, f"{where}: {error}; questions are answered all the same")
    elif "langfuse" not in told:
        yield Finding(
            "langfuse",
            None,
            "not configured; set LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY, LANGFUSE_BASE_URL",
        )
    try:
        prompt = prompt_proxy(settings, langfuse).get_prompt(PROMPT)
        text = f"{prompt.name} v{prompt.version}, label {prompt.label}, from {prompt.source}"
        yield Finding("prompt", True, text)
    except DBAgentError as error:
        yield Finding("prompt", False, str(error), error)
    langfuse.close()


def _files(settings: Settings) -> Iterator[Finding]:
    """The files that are set, each read as a question would read it."""
    files: tuple[tuple[str, Path | None, Callable[[Path], object]], ...] = (
        ("policy", settings.policy, read_policy),
        ("experiment", settings.experiment, lambda path: read_experiment(path, "DBAGENT_EXPERIMENT")),
        ("prices", settings.model_prices, PriceList.read),
    )
    for name, path, read in files:
        if path:
            try:
                read(path)
                yield Finding(name, True, str(path))
            except DBAgentError as error:
                yield Finding(name, False, str(error), error)


def _traces(settings: Settings) -> Finding:
    if not settings.local_traces:
        return Finding("traces", None, "not kept on this machine (DBAGENT_LOCAL_TRACES)")
    trouble = trace_store(settings).trouble()
    return Finding("traces", trouble is None, trouble or f"kept in {settings.home / 'traces.db'}")


def _store(settings: Settings) -> Finding:
    try:
        store = open_store(settings)
        with closing(store):
            store.sessions(1)
    except DBAgentError as error:
        return Finding("store", False, f"{error} Answers are not affected.", error)
    return Finding("store", True, f"sessions and feedback are kept in {store.shown}")
