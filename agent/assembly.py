"""open_agent(): the one file that chooses the parts and joins them."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from agent import __version__
from agent.answer_cache import AnswerCache, CachingAgent
from agent.budget import QuestionLimits
from agent.db_agent import PROMPT, DBAgent
from agent.errors import LangfuseUnavailable, PromptNotFound, SettingsError, TraceNotFound
from agent.feedback import FeedbackDesk
from agent.llm.client import AsyncLLMClient, embedder
from agent.llm.endpoint import Endpoint
from agent.llm.fitting import FittingModel
from agent.llm.language_model import LanguageModel, Observe
from agent.llm.offline.transport import MODEL_NAME, OfflineTransport
from agent.llm.pricing import PriceList
from agent.llm.retry import RetryingModel
from agent.llm.routing import RoutedModel, by_phase, cheap_first
from agent.llm.scripted import ScriptedModel
from agent.llmops.experiments import Experiment, read_experiment
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_traces import traces_read
from agent.llmops.langfuse_values import LangfuseUnreachable
from agent.llmops.prompt_store import LangfusePrompts, LocalPrompts, PromptStore
from agent.llmops.prompts import PromptProxy, PromptSource
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
from agent.messages import Usage
from agent.redaction import Redactor
from agent.resources import folder
from agent.sample import sample_database
from agent.session import Shelf
from agent.settings import Settings
from agent.times.ranges import WEEKDAYS, Calendar
from agent.toolbox import Toolbox
from tools.ask_user import ASK_USER
from tools.database import Database, Limits, open_database
from tools.embedding import Embedding
from tools.execute_sql import EXECUTE_SQL
from tools.knowledge import Knowledge
from tools.policy import Policy
from tools.policy_file import read_policy
from tools.scope import patterns
from tools.search_metadata import SEARCH_METADATA
from tools.show_table import SHOW_TABLE
from tools.tool import Tool
from tools.value_index import begin_reading_values

if TYPE_CHECKING:
    from agent.store import Store

# Its tables, should it be in the database that is asked: what others asked and were told is not for everybody.
_OF_THE_STORE = "dbagent_*"
_WHOLE_ID = re.compile(r"[0-9a-f]{32}")

AnyModel = str | Endpoint | ScriptedModel | LanguageModel

TOOLS = (SEARCH_METADATA, SHOW_TABLE, EXECUTE_SQL, ASK_USER)
OWN_PROMPTS = "prompts.json"  # in DBAGENT_HOME


def open_agent(
    database: str | Database | None = None,
    *,
    model: AnyModel | None = None,
    fast_model: AnyModel | None = None,
    settings: Settings | None = None,
    knowledge: str | Path | Knowledge | None = None,
    policy: str | Path | Policy | None = None,
    prompts: PromptSource | None = None,
    tools: Sequence[Tool] = TOOLS,
    tell: Callable[[str], None] | None = None,
) -> DBAgent:
    """An agent over one database, ready to be asked.

    `database` is a SQLAlchemy URL, the path of a file (DuckDB, SQLite, CSV, Parquet), or an open Database, which
    stays the caller's to close; None is DBAGENT_DATABASE_URL, else the sample database. `model` is a name at the
    configured endpoint, an Endpoint, a ScriptedModel, or anything with the client's face; None is DBAGENT_MODEL,
    else the offline model. `fast_model` likewise is a cheaper one beside it; None is DBAGENT_FAST_MODEL, else none, and
    DBAGENT_ROUTING says what it does. `settings` None is the environment's. `knowledge` is a folder of knowledge files;
    None is DBAGENT_KNOWLEDGE, and the sample database has its own. `policy` says who may see what: a YAML file, or a
    Policy; None is DBAGENT_POLICY, and without one everybody sees everything. `prompts` is where the prompt comes from;
    None is Langfuse, this machine or the package, as the settings say. `tell` hears of long work (reading a large
    schema, building the sample). Connects and reads the metadata before it returns, so call it once, not for every
    question. Raises SettingsError, DatabaseUnavailable, DriverMissing.
    """
    settings = settings or Settings.from_environment(model=model if isinstance(model, str) else None)
    if policy is not None and not isinstance(policy, Policy):
        settings = settings.model_copy(update={"policy": Path(policy)})
    if knowledge is not None and not isinstance(knowledge, Knowledge):
        settings = settings.model_copy(update={"knowledge": Path(knowledge)})
    if isinstance(database, str) and database:
        settings = settings.model_copy(update={"database_url": database})
    experiment = read_experiment(settings.experiment, "DBAGENT_EXPERIMENT") if settings.experiment else None
    with ExitStack() as on_failure:
        with ThreadPoolExecutor(1) as beside:
            # Langfuse's SDK takes a quarter of a second to import, in which a database that is slow to open gets on.
            starting = beside.submit(_langfuse_and_prompts, settings, prompts)
            on_failure.callback(_close_langfuse, starting)
            opened = _opened_database(database, knowledge, settings, tell)
            if opened is not database:
                on_failure.callback(opened.close)
                if policy is None and settings.policy is None:
                    begin_reading_values(opened)  # the first search would wait for them, 0.3 s on the sample
        langfuse, prompts = starting.result()
        if experiment:
            _check_arms(experiment, prompts)
        if isinstance(policy, Policy):
            policy.check(opened.meta)
        rules = policy if isinstance(policy, Policy) else chosen_policy(settings, opened)
        on_failure.pop_all()
    tracing = Tracing(langfuse)
    asked = _language_model(model, fast_model, settings, tracing.span)

    store = cache(lambda: open_store(settings))
    shelf = Shelf(store, settings.history_tokens)
    desk = feedback_desk(settings, langfuse, store)

    async def close() -> None:
        await asked.aclose()
        await asyncio.to_thread(shelf.close)
        await asyncio.to_thread(desk.close)
        if opened is not database:
            opened.close()
        await asyncio.to_thread(langfuse.close)  # may wait for a slow Langfuse

    return CachingAgent(
        asked,
        Toolbox(opened, tools, rules),
        prompts,
        tracing,
        QuestionLimits(
            settings.step_limit,
            settings.tool_call_limit,
            settings.question_seconds,
            settings.schema_tokens,
            settings.token_limit,
            settings.money_limit,
            settings.candidates,
            settings.questions_back,
        ),
        calendar=Calendar(
            settings.time_zone, WEEKDAYS.index(settings.week_start.capitalize()), settings.fiscal_year_start
        ),
        experiment=experiment,
        shelf=shelf,
        desk=desk,
        close=close,
        cache=AnswerCache(
            store,
            settings.answer_ttl,
            __version__,
            *_identity(model, fast_model, settings),
            examples=settings.answer_examples,
        ),
    )


def _opened_database(
    database: str | Database | None,
    knowledge: str | Path | Knowledge | None,
    settings: Settings,
    tell: Callable[[str], None] | None,
) -> Database:
    """The database, which has learnt the knowledge and has the embedding model of the settings."""
    opened = database if isinstance(database, Database) else open_chosen_database(settings, tell=tell)
    if isinstance(knowledge, Knowledge):
        opened.learn(knowledge)
    elif isinstance(database, Database) and settings.knowledge:
        opened.learn(chosen_knowledge(settings))
    opened.embedding = opened.embedding or chosen_embedding(settings)
    return opened


def _langfuse_and_prompts(settings: Settings, prompts: PromptSource | None) -> tuple[LangfuseClient, PromptSource]:
    """The client, and these prompts or else those of the settings, of which Langfuse is asked for the agent's."""
    langfuse = langfuse_client(settings, redactor(settings))
    if prompts is None:
        prompts = proxy = prompt_proxy(settings, langfuse)
        proxy.warm(PROMPT)  # Langfuse answers while the database is opened
    return langfuse, prompts


def _close_langfuse(starting: Future[tuple[LangfuseClient, PromptSource]]) -> None:
    if starting.exception() is None:
        starting.result()[0].close()


def chosen_policy(settings: Settings, database: Database) -> Policy | None:
    """The policy that the settings name, None where they name none. Raises PolicyInvalid when it does not fit."""
    if settings.policy is None:
        return None
    policy = read_policy(settings.policy)
    policy.check(database.meta)
    return policy


def open_chosen_database(
    settings: Settings, *, tell: Callable[[str], None] | None = None, snapshots: bool = True
) -> Database:
    """The database that the settings name, else the sample database; it has learnt what is known of it.

    Without `snapshots` it is read anew, whatever was kept of it.
    """
    knowledge = chosen_knowledge(settings)
    url = settings.database_url or str(sample_database(tell=tell))
    database = open_database(
        url,
        limits=_limits(settings),
        include=settings.include,
        exclude=[*patterns(settings.exclude), *([_OF_THE_STORE] if settings.store_url else [])],
        allowed_functions=settings.allowed_functions,
        snapshots=settings.home / "metadata" if snapshots else None,
        tell=tell,
    )
    database.learn(knowledge)
    database.embedding = chosen_embedding(settings)
    return database


def chosen_embedding(settings: Settings) -> Embedding | None:
    """The embedding model that the settings name, None where they name none."""
    if not settings.embedding_model:
        return None
    endpoint = Endpoint(settings.embedding_model, settings.openai_base_url or None, settings.openai_api_key)
    called = f"{endpoint.model} at {endpoint.base_url or 'api.openai.com'}"
    return Embedding(called, embedder(endpoint, settings.model_timeout), settings.home / "vectors")


def chosen_knowledge(settings: Settings) -> Knowledge:
    """What the folder that the settings name says, else the sample's own for the sample, else nothing.

    With it goes which fields the settings call sensitive.
    """
    if settings.knowledge:
        try:
            known = Knowledge.read(settings.knowledge)
        except FileNotFoundError as error:
            raise SettingsError(f"{error} Make it, or name another with --knowledge or DBAGENT_KNOWLEDGE.") from None
    else:
        known = Knowledge() if settings.database_url else Knowledge.read(folder("sample_db") / "knowledge")
    return replace(known, sensitive=patterns(settings.sensitive))


def _limits(settings: Settings) -> Limits:
    return Limits(settings.row_limit, settings.query_seconds, cost=settings.cost_limit)


def trace_store(settings: Settings) -> TraceStore:
    """Where this machine keeps its traces."""
    return TraceStore(settings.home / "traces.db", keep_days=settings.trace_days)


@contextmanager
def traces_of(
    settings: Settings, *, langfuse: bool, since: datetime | None = None, trace_id: str | None = None
) -> Iterator[TraceStore]:
    """The traces of this machine; or those that `langfuse` has, of all machines, read anew: since then, or that one.

    Raises SettingsError, TraceNotFound, LangfuseUnavailable.
    """
    if not langfuse:
        yield trace_store(settings)
        return
    if not settings.has_langfuse:
        raise SettingsError("--langfuse reads traces there: set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.")
    if trace_id is not None and not _WHOLE_ID.fullmatch(trace_id):
        raise TraceNotFound(f"Langfuse finds a trace by its whole id of 32 characters, and not by {trace_id[:40]!r}.")
    client = langfuse_client(settings.model_copy(update={"local_traces": False}), redactor(settings))
    try:
        with traces_read(client, since=since, trace_id=trace_id) as store:
            if trace_id is not None and store.trace(trace_id) is None:
                raise TraceNotFound(f"Langfuse at {client.address} has no trace {trace_id}.")
            yield store
    except LangfuseUnreachable as error:
        raise LangfuseUnavailable(
            f"The traces in Langfuse at {client.address} cannot be read ({error}). Check its keys, LANGFUSE_BASE_URL "
            "and the network, or leave --langfuse out."
        ) from None
    finally:
        client.close()


def open_store(settings: Settings) -> Store:
    """Where what must last is kept. Raises SettingsError."""
    from agent.store import Store  # SQLAlchemy takes a quarter of a second, and most questions need nothing of it

    return Store(settings.store_url or settings.home / "store.db")


def redactor(settings: Settings) -> Redactor:
    """What takes the settings' secrets out of texts."""
    known = Redactor(settings.langfuse_secret_key, _password(settings.database_url), _password(settings.store_url))
    for key in (settings.openai_api_key, settings.fast_api_key):
        if not key.isalpha():  # "ollama", "EMPTY": words that stand where no key is needed
            known.add(key)
    return known


def feedback_desk(
    settings: Settings, langfuse: LangfuseClient, store: Callable[[], Store] | None = None
) -> FeedbackDesk:
    """Where feedback is given; `store` opens another than the settings' own."""
    # The very store that the spans go to: another of the same file would not know those that are still to be written.
    return FeedbackDesk(store or (lambda: open_store(settings)), langfuse.store, langfuse)


def langfuse_client(settings: Settings, redactor: Redactor) -> LangfuseClient:
    """Langfuse when its keys are set, the local store, both, or a client that is off."""
    return LangfuseClient.create(
        public_key=settings.langfuse_public_key or None,
        secret_key=settings.langfuse_secret_key or None,
        base_url=settings.langfuse_base_url or None,
        store=trace_store(settings) if settings.local_traces else None,
        redact=redactor,
    )


def _check_arms(experiment: Experiment, prompts: PromptSource) -> None:
    """Raises SettingsError where an arm has no prompt: only the users who are dealt it would be told, one by one."""
    for arm in experiment.arms:
        try:
            prompts.get_prompt(PROMPT, label=arm.label)
        except PromptNotFound as error:
            raise SettingsError(f"The experiment {experiment.name!r} has an arm {arm.label!r}: {error}") from None


def check_label(settings: Settings) -> None:
    """Raises PromptNotFound where no version of the agent's prompt has the label of the settings."""
    langfuse = langfuse_client(settings, redactor(settings))
    try:
        prompt_proxy(settings, langfuse).get_prompt(PROMPT)
    finally:
        langfuse.close()


def prompt_proxy(settings: Settings, langfuse: LangfuseClient) -> PromptProxy:
    """The prompts as the settings choose them."""
    return PromptProxy(
        folder=folder("assets") / "prompts",
        own=settings.home / OWN_PROMPTS,
        label=settings.prompt_label,
        client=langfuse if settings.has_langfuse else None,
        source=settings.prompt_source,
        last_known=settings.home / "prompts",
        ttl_seconds=settings.prompt_ttl,
    )


@contextmanager
def prompt_store(settings: Settings) -> Iterator[PromptStore]:
    """Where versions of prompts are made and labelled: in Langfuse when they are read there, else on this machine."""
    if not settings.has_langfuse or settings.prompt_source == "file":
        yield local_prompts(settings)
        return
    client = langfuse_client(settings.model_copy(update={"local_traces": False}), redactor(settings))
    try:
        if not client.remote:
            raise SettingsError("Langfuse's SDK does not start; the warning above says why.")
        yield LangfusePrompts(client)
    finally:
        client.close()


def local_prompts(settings: Settings) -> LocalPrompts:
    """The versions of prompts of this machine, and those of the package."""
    return LocalPrompts(settings.home / OWN_PROMPTS, folder("assets") / "prompts")


def package_prompts() -> LocalPrompts:
    """The prompts of the package, as they came."""
    return LocalPrompts(None, folder("assets") / "prompts")


def model_endpoint(settings: Settings) -> Endpoint:
    """The endpoint that the settings name."""
    if settings.model == MODEL_NAME:
        return Endpoint(MODEL_NAME, "http://offline.invalid/v1", transport=OfflineTransport())
    return Endpoint(
        settings.model, settings.openai_base_url or None, settings.openai_api_key, tool_calls=settings.tool_calls
    )


def fast_endpoint(settings: Settings) -> Endpoint:
    """The endpoint of the fast model; a key goes to the address it was given for and to no other."""
    given = {"model": settings.fast_model}
    if settings.fast_base_url:
        given |= {"openai_base_url": settings.fast_base_url, "openai_api_key": settings.fast_api_key}
    elif settings.fast_api_key:
        given |= {"openai_api_key": settings.fast_api_key}
    return model_endpoint(settings.model_copy(update=given))


def _password(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:  # not a URL but a path with brackets, say
        return ""


def _language_model(
    model: AnyModel | None, fast_model: AnyModel | None, settings: Settings, observe: Observe
) -> LanguageModel:
    if isinstance(model, str):
        settings = settings.model_copy(update={"model": model})
    if isinstance(fast_model, str):
        settings = settings.model_copy(update={"fast_model": fast_model})
    named = None if fast_model is None or isinstance(fast_model, str) else fast_model
    if model is None or isinstance(model, str):
        model = model_endpoint(settings)
    strong = _asked(model, settings, observe)
    if named is None and not settings.fast_model:
        return strong
    fast = _asked(named or fast_endpoint(settings), settings, observe)
    return RoutedModel(fast, strong, cheap_first if settings.routing == "cascade" else by_phase)


def _identity(model: AnyModel | None, fast_model: AnyModel | None, settings: Settings) -> tuple[str, ...]:
    """What tells the models of this agent from others; of one that is an object, that object and no other."""
    named = [
        str(settings.openai_base_url),
        settings.model,
        settings.fast_model,
        settings.fast_base_url,
        settings.routing,
    ]
    for each in (model, fast_model):
        match each:
            case None | str():
                named.append(each or "")
            case Endpoint(transport=None):
                named.append(f"{each.model} {each.base_url} {each.tool_calls}")
            case _:
                named.append(uuid.uuid4().hex)
    return tuple(named)


def _asked(model: Endpoint | ScriptedModel | LanguageModel, settings: Settings, observe: Observe) -> LanguageModel:
    match model:
        case ScriptedModel():
            endpoint = model.endpoint
        case Endpoint():
            endpoint = model
        case _:
            return model
    files = [
        folder("assets") / "model_prices.json",
        *([settings.model_prices] if settings.model_prices else []),
    ]
    prices = PriceList.read(*files)
    if settings.money_limit is not None and prices.cost(endpoint.model, Usage()) is None:
        raise SettingsError(
            f"DBAGENT_MONEY_LIMIT is set, but what {endpoint.model!r} costs is not known. Name a file that says it in "
            "DBAGENT_MODEL_PRICES, or limit the tokens with DBAGENT_TOKEN_LIMIT."
        )
    client = AsyncLLMClient(
        endpoint,
        observe=observe,
        prices=prices,
        timeout_seconds=settings.model_timeout,
    )
    return FittingModel(RetryingModel(client, observe=observe, attempts=settings.model_attempts))
