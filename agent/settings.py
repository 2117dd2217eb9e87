"""Settings.from_environment(): every variable, its default, its meaning."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent.errors import SettingsError
from tools.guard.functions import added_functions


def _home() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "dbagent"


def _variable(name: str, meaning: str, default: Any = None, **constraints: Any) -> Any:
    return Field(default, description=meaning, validation_alias=name, **constraints)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, a bracket that is not closed
        return False


def _unknown(name: str, variables: Iterable[str]) -> str:
    """That there is no such variable. What all names begin with makes none of them near: only the rest is compared."""
    rests = {each.removeprefix("DBAGENT_"): each for each in variables if each.startswith("DBAGENT_")}
    near = difflib.get_close_matches(name.removeprefix("DBAGENT_"), rests, 1)
    hint = f"Did you mean {rests[near[0]]}?" if near else "README.md lists them."
    return f"There is no setting {name}. {hint}"


class Settings(BaseModel):
    """What can be set from outside; each field is one environment variable."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    database_url: str = _variable(
        "DBAGENT_DATABASE_URL",
        "The database to ask: a SQLAlchemy URL or the path of a file. Unset: the sample database.",
        "",
    )
    model: str = _variable(
        "DBAGENT_MODEL",
        "The model's name at the endpoint. Unset or `offline`: the built-in offline model; nothing is sent.",
        "offline",
    )
    openai_api_key: str = _variable("OPENAI_API_KEY", "The endpoint's key.", "", repr=False)
    openai_base_url: str = _variable(
        "OPENAI_BASE_URL", "The address of an OpenAI-compatible endpoint. Unset: OpenAI's own.", ""
    )
    fast_model: str = _variable(
        "DBAGENT_FAST_MODEL",
        "A cheaper model beside DBAGENT_MODEL; `offline` will do. Unset: DBAGENT_MODEL does it all.",
        "",
    )
    routing: Literal["phases", "cascade"] = _variable(
        "DBAGENT_ROUTING",
        "What DBAGENT_FAST_MODEL does. `phases`: it looks things up and words the answer, DBAGENT_MODEL writes the "
        "SQL. `cascade`: it does all of it, and DBAGENT_MODEL takes over where it fails or leaves a doubt.",
        "phases",
    )
    fast_base_url: str = _variable(
        "DBAGENT_FAST_BASE_URL", "The address of DBAGENT_FAST_MODEL, where it is not that of DBAGENT_MODEL.", ""
    )
    fast_api_key: str = _variable(
        "DBAGENT_FAST_API_KEY", "Its key there; OPENAI_API_KEY is not sent to another address.", "", repr=False
    )
    model_timeout: float = _variable(
        "DBAGENT_MODEL_TIMEOUT", "Seconds of silence after which a model call is given up.", 60.0, gt=0
    )
    model_attempts: int = _variable(
        "DBAGENT_MODEL_ATTEMPTS",
        "How often a model is asked in all where it was busy, silent or broke off. Each wait is in the trace.",
        4,
        ge=1,
        le=20,
    )
    tool_calls: Literal["auto", "text"] = _variable(
        "DBAGENT_TOOL_CALLS",
        "How the model calls tools: `text` for one that has none of its own; `auto` finds out.",
        "auto",
    )
    model_prices: Path | None = _variable(
        "DBAGENT_MODEL_PRICES", "A JSON file of prices whose entries win over assets/model_prices.json."
    )
    embedding_model: str = _variable(
        "DBAGENT_EMBEDDING_MODEL",
        "An embedding model at the endpoint that helps search: it is sent names, comments and questions. Unset: none.",
        "",
    )
    prompt_label: str = _variable(
        "DBAGENT_PROMPT_LABEL", "The label whose prompt version is used.", "production", min_length=1
    )
    prompt_source: Literal["auto", "file", "langfuse"] = _variable(
        "DBAGENT_PROMPT_SOURCE",
        "Where prompts are read: `langfuse`, `file` (those of the package), or `auto`: Langfuse when its keys are set.",
        "auto",
    )
    experiment: Path | None = _variable(
        "DBAGENT_EXPERIMENT",
        "The YAML file of an experiment: prompt labels and their weights, between which users are divided.",
    )
    prompt_ttl: float = _variable(
        "DBAGENT_PROMPT_TTL", "Seconds after which a prompt that came from Langfuse is looked up again.", 60.0, ge=0
    )
    schema_tokens: int = _variable(
        "DBAGENT_SCHEMA_TOKENS",
        "Tokens the schema may take in the prompt; a larger one is told in outline and searched.",
        1500,
        ge=0,
    )
    history_tokens: int = _variable(
        "DBAGENT_HISTORY_TOKENS",
        "Tokens that the earlier turns of a session may take in the prompt; older ones are shortened to fit.",
        2000,
        ge=200,
    )
    include: str = _variable(
        "DBAGENT_INCLUDE",
        "The tables to read, as patterns with commas between: `sales.*, orders`. Unset: all.",
        "",
    )
    exclude: str = _variable(
        "DBAGENT_EXCLUDE", "The tables to leave out, likewise: `*.tmp_*`. They can be neither found nor queried.", ""
    )
    sensitive: str = _variable(
        "DBAGENT_SENSITIVE",
        "Fields whose values are neither sampled nor searched, as patterns with commas between: `*.email, hr.pay.*`.",
        "",
    )
    allowed_functions: str = _variable(
        "DBAGENT_ALLOWED_FUNCTIONS",
        "Functions of the database's own that queries may call, with commas between: `net_price, hr.full_name` (called "
        "with its schema). Not where a policy is set: a function may read past it. Unset: none.",
        "",
    )
    policy: Path | None = _variable(
        "DBAGENT_POLICY",
        "The YAML file that says who may see what. Set: every question is asked for a user, or refused.",
    )
    knowledge: Path | None = _variable(
        "DBAGENT_KNOWLEDGE",
        "The folder of knowledge files (synonyms, terms, metrics, verified examples) for the database.",
    )
    langfuse_public_key: str = _variable(
        "LANGFUSE_PUBLIC_KEY", "Langfuse's public key. Unset: traces stay on this machine.", ""
    )
    langfuse_secret_key: str = _variable("LANGFUSE_SECRET_KEY", "Langfuse's secret key.", "", repr=False)
    langfuse_base_url: str = _variable(
        "LANGFUSE_BASE_URL", "The address of Langfuse (cloud, or self-hosted 4.59 or newer).", ""
    )
    local_traces: bool = _variable(
        "DBAGENT_LOCAL_TRACES", "Whether traces are kept on this machine (in DBAGENT_HOME/traces.db).", True
    )
    trace_days: float = _variable(
        "DBAGENT_TRACE_DAYS", "Days for which traces are kept on this machine; 0 keeps them for ever.", 30, ge=0
    )
    home: Path = Field(
        default_factory=_home,
        description="The folder for traces, the last known prompts, and what was read of each database's schema.",
        validation_alias="DBAGENT_HOME",
    )
    store_url: str = _variable(
        "DBAGENT_STORE_URL",
        "Where sessions, feedback and cached answers are kept: `postgresql://user:password@host/name`, a database that "
        "is not the one asked. Unset: DBAGENT_HOME/store.db.",
        "",
        repr=False,
    )
    time_zone: str = _variable(
        "DBAGENT_TIME_ZONE",
        "The time zone in which days are counted, by its IANA name: `Asia/Shanghai`. Unset: the machine's own.",
        "",
    )
    week_start: Literal["monday", "saturday", "sunday"] = _variable(
        "DBAGENT_WEEK_START", "The day a week begins on: `monday`, `saturday` or `sunday`.", "monday"
    )
    fiscal_year_start: int = _variable(
        "DBAGENT_FISCAL_YEAR_START",
        "The month (1 to 12) in which the fiscal year begins; it is named for the year in which it ends.",
        1,
        ge=1,
        le=12,
    )
    alert_webhook: str = _variable(
        "DBAGENT_ALERT_WEBHOOK",
        "Where `dbagent alerts check` posts what holds, as Slack takes it. A secret: it is never shown.",
        "",
        repr=False,
    )
    answer_ttl: float = _variable(
        "DBAGENT_ANSWER_TTL",
        "Seconds for which an answer is kept in the store and given again to the same question. 0 keeps none, because "
        "a server's rows may change meanwhile unseen (a file's do not).",
        0.0,
        ge=0,
    )
    answer_examples: bool = _variable(
        "DBAGENT_ANSWER_EXAMPLES",
        "Whether the SQL of a question much like the one that is asked, whose answer is kept (DBAGENT_ANSWER_TTL), is "
        "shown to the model as an example. Only of the same policy and schema; the question is still asked.",
        False,
    )
    row_limit: int = _variable("DBAGENT_ROW_LIMIT", "Rows fetched of one result at the most.", 1000, ge=1, le=100_000)
    query_seconds: float = _variable(
        "DBAGENT_QUERY_SECONDS", "Seconds one query may run before it is stopped.", 30.0, gt=0
    )
    cost_limit: float | None = _variable(
        "DBAGENT_COST_LIMIT",
        "A query is not run when the server's own estimate (EXPLAIN) is higher: planner cost on PostgreSQL, rows to "
        "examine on MySQL and MariaDB. Unset, and for DuckDB and SQLite: no limit.",
        gt=0,
    )
    question_seconds: float = _variable(
        "DBAGENT_QUESTION_SECONDS", "Seconds one question may take in all.", 120.0, gt=0
    )
    step_limit: int = _variable("DBAGENT_STEP_LIMIT", "Model calls for one question.", 12, ge=1, le=100)
    tool_call_limit: int = _variable("DBAGENT_TOOL_CALL_LIMIT", "Tool calls for one question.", 20, ge=1, le=200)
    candidates: int = _variable(
        "DBAGENT_CANDIDATES", "How many candidates there are for an answer with --effort high.", 3, ge=2, le=9
    )
    questions_back: int = _variable(
        "DBAGENT_QUESTIONS_BACK",
        "How often one question may ask the user which reading is meant; then the agent assumes and says so.",
        1,
        ge=0,
        le=10,
    )
    token_limit: int | None = _variable(
        "DBAGENT_TOKEN_LIMIT", "Tokens of all model calls for one question, in and out. Unset: no limit.", gt=0
    )
    money_limit: float | None = _variable(
        "DBAGENT_MONEY_LIMIT",
        "US dollars that the model calls for one question may cost; the model's price must be known. Unset: no limit.",
        gt=0,
    )

    @field_validator("time_zone", mode="after")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            if name:
                ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"{name!r} is no time zone that this machine knows; one is called Asia/Shanghai") from None
        return name

    @field_validator("home", "experiment", "knowledge", "policy", "model_prices", mode="after")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return path and path.expanduser()

    @field_validator("allowed_functions", mode="after")
    @classmethod
    def _can_be_allowed(cls, names: str) -> str:
        added_functions(names)
        return names

    @field_validator("openai_api_key", "fast_api_key", mode="after")
    @classmethod
    def _strip(cls, key: str) -> str:
        """The key without what a file ends with; it goes into a header, which holds ASCII."""
        key = key.strip()
        if not key.isascii() or not key.isprintable():
            raise ValueError("it holds characters that no key has; copy it anew")
        return key

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """The settings of the environment; `overrides` (by field name, None left out) win over it.

        A variable that is set to nothing counts as unset. Raises SettingsError, naming the variable, for a value
        of the wrong kind, for a DBAGENT_ variable that does not exist and for what one setting lacks of another.
        """
        settings, wrong = cls.read(environment, **overrides)
        for said in wrong.values():
            raise SettingsError(said)
        return settings

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> tuple[Settings, dict[str, str]]:
        """Likewise, with all that is wrong, by variable, in place of an error; a value of the wrong kind is not set."""
        environment = os.environ if environment is None else environment
        variables = cls.variables()
        wrong = {
            name: _unknown(name, variables)
            for name in environment
            if name.startswith("DBAGENT_") and name not in variables
        }
        given: dict[str, Any] = {name: environment[name] for name in variables if environment.get(name)}
        if "LANGFUSE_BASE_URL" not in given and environment.get("LANGFUSE_HOST"):
            given["LANGFUSE_BASE_URL"] = environment["LANGFUSE_HOST"]  # its name before Langfuse 4
        for field, value in overrides.items():
            if value is not None:
                given[str(cls.model_fields[field].validation_alias)] = value
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            for each in error.errors(include_input=False):
                name = str(each["loc"][0])
                wrong.setdefault(name, f"{name}: {each['msg'].removeprefix('Value error, ')}.")
                given.pop(name, None)
            settings = cls.model_validate(given)
        return settings, wrong | {name: said for name, said in settings._lacks() if name not in wrong}

    def _lacks(self) -> Iterator[tuple[str, str]]:
        """What is set and cannot be used as it is: the variable, and why."""
        if self.model != "offline" and not self.openai_api_key and not self.openai_base_url:
            yield (
                "DBAGENT_MODEL",
                f"DBAGENT_MODEL is {self.model!r} but OPENAI_API_KEY is not set. Set it (and OPENAI_BASE_URL for "
                "an endpoint that is not OpenAI's), or leave DBAGENT_MODEL unset to use the offline model.",
            )
        if self.embedding_model and not self.openai_api_key and not self.openai_base_url:
            yield (
                "DBAGENT_EMBEDDING_MODEL",
                f"DBAGENT_EMBEDDING_MODEL is {self.embedding_model!r} but OPENAI_API_KEY is not set. Set it (and "
                "OPENAI_BASE_URL for an endpoint that is not OpenAI's), or leave DBAGENT_EMBEDDING_MODEL unset.",
            )
        away = self.openai_api_key or self.openai_base_url or self.fast_base_url
        if self.fast_model not in ("", "offline") and not away:
            yield (
                "DBAGENT_FAST_MODEL",
                f"DBAGENT_FAST_MODEL is {self.fast_model!r} but neither OPENAI_API_KEY nor DBAGENT_FAST_BASE_URL "
                "is set. Set the one of its provider, or leave DBAGENT_FAST_MODEL unset.",
            )
        for name, address in (
            ("OPENAI_BASE_URL", self.openai_base_url),
            ("DBAGENT_FAST_BASE_URL", self.fast_base_url),
            ("LANGFUSE_BASE_URL", self.langfuse_base_url),
            ("DBAGENT_ALERT_WEBHOOK", self.alert_webhook),
        ):
            if address and not _is_address(address):
                yield name, f"{name} is no address. It begins with http:// or https://, then a host."
        if bool(self.langfuse_public_key) != bool(self.langfuse_secret_key):
            missing = "LANGFUSE_SECRET_KEY" if self.langfuse_public_key else "LANGFUSE_PUBLIC_KEY"
            yield missing, f"{missing} is not set, though the other Langfuse key is. Set both or neither."

    @classmethod
    def variables(cls) -> dict[str, tuple[Any, str]]:
        """Every variable with its default and its meaning, in the order of a reader's interest."""
        return {
            str(field.validation_alias): (
                field.default if field.default_factory is None else "",
                field.description or "",
            )
            for field in cls.model_fields.values()
        }

    @property
    def has_langfuse(self) -> bool:
        """Whether Langfuse's keys are set."""
        return bool(self.langfuse_public_key and self.langfuse_secret_key)
