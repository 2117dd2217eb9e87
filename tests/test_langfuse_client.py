from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_values import LangfuseUnreachable
from agent.llmops.prompts import PromptLink
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
from agent.redaction import Redactor
from tests.langfuse_double import (
    PROJECT,
    SECRET_KEY,
    Fault,
    LangfuseDouble,
    ReceivedSpan,
    fails,
    hangs,
    is_full,
    is_gone,
    is_slow,
    refuses,
)
from tests.waiting import until, within

LINKED = PromptLink("agent/db_agent", 3, "langfuse")


@pytest.fixture
def store(tmp_path: Path) -> TraceStore:
    return TraceStore(tmp_path / "traces.db")


@pytest.fixture
def client(langfuse: LangfuseDouble, store: TraceStore) -> Iterator[LangfuseClient]:
    client = LangfuseClient.create(**langfuse.keys, store=store, redact=Redactor("hunter2!", SECRET_KEY))
    yield client
    langfuse.hanging, langfuse.delay = False, 0.0
    client.close()


def ask(tracing: Tracing, prompt: object = LINKED) -> str:
    """A question with the spans of a real one; its trace id."""
    with tracing.question("db_agent", input="How many?", user_id="安娜", session_id="s-1", tags=["cli"]) as root:
        with tracing.span("plan generation", "chain"):
            with tracing.span("model m", "generation", input=[{"role": "user"}], model="m", prompt=prompt) as call:
                call.update(usage={"input": 10, "output": 5, "cached": 4}, cost={"total": 0.01})
            with tracing.span("search_metadata", "tool", input="{}") as tool:
                tool.update(output="orders")
        with tracing.span("sql generation", "chain"), tracing.span("execute_sql", "tool") as tool:
            tool.update(output="no such field", level="WARNING", status="no such field")
        root.update(output="42", metadata={"outcome": "answered"})
    return root.trace_id


TREE = [
    "agent: db_agent",
    "  chain: plan generation",
    "    generation: model m",
    "    tool: search_metadata",
    "  chain: sql generation",
    "    tool: execute_sql",
]


def span(langfuse: LangfuseDouble, name: str) -> ReceivedSpan:
    return next(each for each in langfuse.spans if each.name == name)


def test_langfuse_receives_the_tree_of_a_question(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    trace_id = ask(Tracing(client))
    client.flush()
    assert langfuse.tree() == TREE
    assert {each.trace_id for each in langfuse.spans} == {trace_id}
    root = span(langfuse, "db_agent")
    assert (root["input"], root["output"], root["metadata.outcome"]) == ("How many?", "42", '"answered"')
    assert root.attributes["langfuse.internal.is_app_root"] is True
    tool = span(langfuse, "execute_sql")
    assert (tool["level"], tool["status_message"]) == ("WARNING", "no such field")


def test_user_session_and_tags_are_on_every_span(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    ask(Tracing(client))
    client.flush()
    carried = [
        (each.attributes["user.id"], each.attributes["session.id"], each.attributes["langfuse.trace.tags"])
        for each in langfuse.spans
    ]
    assert carried == [("安娜", "s-1", ["cli"])] * 6


def test_a_model_call_is_linked_to_its_prompt_and_told_with_usage_and_cost(
    langfuse: LangfuseDouble, client: LangfuseClient
) -> None:
    ask(Tracing(client))
    client.flush()
    call = span(langfuse, "model m")
    assert (call["prompt.name"], call["prompt.version"], call["model.name"]) == ("agent/db_agent", 3, "m")
    # Kinds that do not overlap: Langfuse prices each by itself and adds them up.
    assert json.loads(call["usage_details"]) == {
        "input": 6, "input_cached_tokens": 4, "output": 5, "total": 15,
    }  # fmt: skip
    assert json.loads(call["cost_details"]) == {"total": 0.01}


def test_a_prompt_from_a_file_is_named_but_not_linked_to_what_langfuse_has_under_its_number(
    langfuse: LangfuseDouble, client: LangfuseClient, store: TraceStore
) -> None:
    trace_id = ask(Tracing(client), PromptLink("agent/db_agent", 3, "file"))
    client.flush()
    call = span(langfuse, "model m")
    assert not any("observation.prompt" in name for name in call.attributes)
    assert json.loads(call["metadata.prompt"]) == {"name": "agent/db_agent", "version": 3, "source": "file"}
    tree = store.trace(trace_id)
    assert tree is not None
    assert [(each.prompt_name, each.prompt_version) for _, each in tree.walk() if each.kind == "generation"] == [
        ("agent/db_agent", 3)
    ]


def test_the_same_spans_are_kept_on_this_machine(
    langfuse: LangfuseDouble, client: LangfuseClient, store: TraceStore
) -> None:
    trace_id = ask(Tracing(client))
    client.flush()
    tree = store.trace(trace_id)
    assert tree is not None
    assert [f"{'  ' * depth}{each.kind}: {each.name}" for depth, each in tree.walk()] == TREE
    assert {each.id for _, each in tree.walk()} == {each.id for each in langfuse.spans}


def test_no_secret_is_in_any_byte_that_langfuse_receives(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    tracing = Tracing(client)
    url = "postgresql://bob:s3cret@h/d"
    parameters = {"api_key": "s3cret"}
    output = {"dsn": "password=s3cret", SECRET_KEY: url, "password": "s3cret"}

    def work() -> None:
        with tracing.question(f"q {url}", input=url, user_id="hunter2!", tags=[url]) as root:
            root.update(output=output, metadata={url: "hunter2!"})
            with tracing.span("hunter2!", "generation", input=[url], model=url, model_parameters=parameters):
                raise RuntimeError(f"{url} refused hunter2!")

    with pytest.raises(RuntimeError):
        work()
    client.flush()
    assert len(langfuse.spans) == 2
    assert not any(each.events for each in langfuse.spans)
    received = b"".join(langfuse.bodies)
    assert b"bob:***@h" in received
    for secret in (b"s3cret", b"hunter2", SECRET_KEY.encode(), b"Traceback"):
        assert secret not in received


def test_pictures_in_a_text_are_not_uploaded(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    uri = "data:image/png;base64," + "iVBORw0KGgo" * 100
    with Tracing(client).question("q", input=uri) as root:
        root.update(output={"uri": uri, "type": "base64", "media_type": "image/png", "data": "AAAA"})
    client.flush()
    assert langfuse.spans[0]["input"] == uri
    assert not any("media" in each for each in langfuse.requests)


def test_a_batch_too_large_for_one_request_arrives_whole(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    tracing = Tracing(client)
    with tracing.question("q", input="x"):
        for _ in range(600):
            with tracing.span("step", "tool") as step:
                step.update(output="x" * 100_000)
    client.flush(10)
    assert len(langfuse.spans) == 601
    assert max(len(each["output"]) for each in langfuse.spans if each.name == "step") <= 32_000


def test_the_link_is_known_once_langfuse_has_told_the_project(
    langfuse: LangfuseDouble, client: LangfuseClient, store: TraceStore
) -> None:
    until(lambda: client.link("abc"))
    assert Tracing(client).link("abc") == f"{langfuse.url}/project/{PROJECT}/traces/abc"
    assert Tracing(client).link("") is None
    local = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=store)
    assert local.link("abc") is None
    local.close()


def test_two_agents_with_the_same_keys_keep_their_stores_apart(
    langfuse: LangfuseDouble, client: LangfuseClient, store: TraceStore, tmp_path: Path
) -> None:
    other_store = TraceStore(tmp_path / "other.db")
    other = LangfuseClient.create(**langfuse.keys, store=other_store)
    first, second = ask(Tracing(client)), ask(Tracing(other))
    client.close()
    third = ask(Tracing(other))
    other.close()
    assert [each.id for each in store.traces()] == [first]
    assert {each.id for each in other_store.traces()} == {second, third}
    assert {each.trace_id for each in langfuse.spans} == {first, second, third}


def test_an_application_that_uses_langfuse_itself_is_left_alone(langfuse: LangfuseDouble) -> None:
    code = """
import sys
from pathlib import Path
from langfuse import Langfuse, get_client, observe, propagate_attributes
keys = dict(zip(("public_key", "secret_key", "base_url"), sys.argv[2:]))
Langfuse(**keys)
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
client = LangfuseClient.create(**keys, store=TraceStore(Path(sys.argv[1])))
local = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=TraceStore(Path(sys.argv[1])))
@observe()
def theirs():
    with Tracing(client).question("ours", input="x"), Tracing(client).span("our step"):
        with get_client().start_as_current_observation(name="their step"):
            pass
with propagate_attributes(user_id="their user"):
    theirs()
get_client().flush()
client.close()
"""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code, f"{folder}/t.db", *langfuse.keys.values()],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.stderr == ""
    assert sorted(langfuse.tree()) == sorted(["span: theirs", "  span: their step", "agent: ours", "  span: our step"])
    assert {each.name: each.attributes.get("user.id") for each in langfuse.spans} == {
        "theirs": "their user", "their step": "their user", "ours": None, "our step": None,
    }  # fmt: skip


def test_the_variables_by_which_an_application_samples_its_spans_are_not_ours(
    langfuse: LangfuseDouble, store: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    client = LangfuseClient.create(**langfuse.keys, store=store)
    ask(Tracing(client))
    client.close()
    assert langfuse.tree() == TREE
    assert span(langfuse, "db_agent")["input"] == "How many?"


@pytest.mark.parametrize("fault", [refuses, fails, is_full, hangs, is_slow, is_gone])
def test_whatever_is_wrong_with_langfuse_no_question_waits_for_it(
    langfuse: LangfuseDouble, client: LangfuseClient, store: TraceStore, fault: Fault
) -> None:
    fault(langfuse)
    tracing = Tracing(client)
    with within(10):  # had each of them waited for the network, it would be a second and more for each
        for _ in range(20):
            ask(tracing)
    with within(4):  # what is sent is given five seconds
        client.flush(0.2)
    assert len(store.traces(100)) == 20


@pytest.mark.parametrize(("fault", "reason"), [(refuses, "HTTP 401"), (fails, "HTTP 500"), (is_gone, "no answer")])
def test_what_is_wrong_is_said_in_one_warning(
    langfuse: LangfuseDouble,
    client: LangfuseClient,
    fault: Fault,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault(langfuse)
    with caplog.at_level(logging.DEBUG):
        for _ in range(1 if fault is is_gone else 3):  # for that one the exporter complains three times itself
            ask(Tracing(client))
            client.flush(8)
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    # An earlier test's client may still be giving up in its own thread.
    told = [each for each in warnings if langfuse.url in each or "Langfuse at" not in each]
    assert len(told) == 1
    assert reason in told[0]
    assert "traces stay in" in told[0]
    assert SECRET_KEY not in told[0]


def test_when_langfuse_is_back_the_next_spans_arrive(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    langfuse.status = 401
    ask(Tracing(client))
    client.flush()
    langfuse.status = None
    trace_id = ask(Tracing(client))
    client.flush()
    assert {each.trace_id for each in langfuse.spans} == {trace_id}


ONE_QUESTION = """
import logging, sys
from pathlib import Path
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
keys = dict(zip(("public_key", "secret_key", "base_url"), sys.argv[2:]))
client = LangfuseClient.create(**keys, store=TraceStore(Path(sys.argv[1])))
with Tracing(client).question("db_agent", input="How many?"):
    pass
print("answered", flush=True)
"""


@pytest.mark.parametrize("fault", [None, hangs, is_gone, fails])
def test_a_command_ends_soon_and_sends_what_it_can(
    langfuse: LangfuseDouble, store: TraceStore, fault: Fault | None
) -> None:
    keys = list(langfuse.keys.values())
    if fault is not None:
        fault(langfuse)
    process = subprocess.Popen(
        [sys.executable, "-c", ONE_QUESTION, str(store.path), *keys],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "answered\n"
    process.wait(timeout=15)
    assert "Traceback" not in process.stderr.read()
    assert len(langfuse.spans) == (1 if fault is None else 0)
    assert [each.question for each in store.traces()] == ["How many?"]


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "http://", "http://[bad", "ftp://x", "http://a b", "://"],
)
def test_an_address_that_is_none_breaks_no_question(address: str, store: TraceStore) -> None:
    client = LangfuseClient.create(public_key="pk", secret_key="sk-12345", base_url=address, store=store)
    ask(Tracing(client))
    with pytest.raises(LangfuseUnreachable):
        client.prompt("agent/db_agent", label="production")
    client.close()
    assert len(store.traces()) == 1


def test_one_key_alone_is_none(store: TraceStore) -> None:
    client = LangfuseClient.create(public_key="pk-lf-1", secret_key=None, base_url=None, store=store)
    assert (client.on, client.remote) == (True, False)
    client.close()


def test_closing_twice_and_using_it_afterwards_is_no_error(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    ask(Tracing(client))
    client.close()
    client.close()
    ask(Tracing(client))
    client.flush(0.1)
    assert langfuse.tree() == TREE


async def test_questions_at_once_stay_apart(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    tracing = Tracing(client)

    async def question(user: str) -> str:
        with tracing.question("db_agent", input=user, user_id=user) as root:
            await asyncio.sleep(0.01)
            with tracing.span("step", "tool"):
                await asyncio.sleep(0.01)
        return root.trace_id

    ids = await asyncio.gather(*(question(f"user {number}") for number in range(20)))
    await asyncio.to_thread(client.flush)
    users: dict[str, set[str]] = {}
    for each in langfuse.spans:
        users.setdefault(each.trace_id, set()).add(each.attributes["user.id"])
    assert users == {trace_id: {f"user {number}"} for number, trace_id in enumerate(ids)}


def test_a_prompt_comes_with_its_version_labels_and_config(langfuse: LangfuseDouble, client: LangfuseClient) -> None:
    langfuse.add_prompt("agent/db_agent", "one")
    langfuse.add_prompt("agent/db_agent", "two", labels=("production",), config={"temperature": 0.5}, tags=["agent"])
    langfuse.add_prompt("chat", [{"role": "system", "content": "hi"}], labels=("production",))
    prompt = client.prompt("agent/db_agent", label="production")
    assert prompt is not None
    assert (prompt.version, prompt.text, prompt.config, prompt.labels, prompt.tags) == (
        2, "two", {"temperature": 0.5}, ("latest", "production"), ("agent",),
    )  # fmt: skip
    first = client.prompt("agent/db_agent", version=1)
    assert first is not None
    assert first.text == "one"
    assert client.prompt("agent/db_agent", label="nope") is None
    chat = client.prompt("chat", label="production")
    assert chat is not None
    assert chat.text is None
    assert {each.name: each.versions for each in client.prompts()} == {"agent/db_agent": (1, 2), "chat": (1,)}


@pytest.mark.parametrize("fault", [refuses, fails, hangs, is_gone])
def test_asking_for_a_prompt_in_vain_is_given_up(
    langfuse: LangfuseDouble, client: LangfuseClient, fault: Fault
) -> None:
    fault(langfuse)
    with within(5), pytest.raises(LangfuseUnreachable) as told:  # five is what the SDK would wait, and ask thrice
        client.prompt("agent/db_agent", label="production")
    assert SECRET_KEY not in str(told.value)
