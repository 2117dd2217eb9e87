from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.trace_records import SpanRecord, TraceTree
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
from agent.redaction import Redactor


@pytest.fixture
def store(tmp_path: Path) -> TraceStore:
    return TraceStore(tmp_path / "traces.db")


@pytest.fixture
def redact() -> Redactor:
    return Redactor("hunter2!")


@pytest.fixture
def tracing(store: TraceStore, redact: Redactor) -> Iterator[Tracing]:
    client = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=store, redact=redact)
    yield Tracing(client)
    client.close()


def only(store: TraceStore) -> TraceTree:
    (summary,) = store.traces()
    tree = store.trace(summary.id)
    assert tree is not None
    return tree


def shape(tree: TraceTree) -> list[str]:
    return [f"{'  ' * depth}{span.kind}: {span.name}" for depth, span in tree.walk()]


def named(tree: TraceTree, name: str) -> SpanRecord:
    return next(span for _, span in tree.walk() if span.name == name)


async def test_spans_nest_through_tasks_and_threads(tracing: Tracing, store: TraceStore) -> None:
    def in_thread(name: str) -> None:
        with tracing.span(name, "tool"), tracing.span(f"within {name}", "retriever"):
            pass

    with tracing.question("db_agent", input="How many?"), tracing.span("sql generation", "chain"):
        with tracing.span("model", "generation"):
            await asyncio.sleep(0)
        await asyncio.gather(*(asyncio.to_thread(in_thread, name) for name in ("one", "two")))
    lines = shape(only(store))
    assert lines[:3] == ["agent: db_agent", "  chain: sql generation", "    generation: model"]
    assert sorted(lines[3:]) == [
        "      retriever: within one",
        "      retriever: within two",
        "    tool: one",
        "    tool: two",
    ]


def test_everything_a_span_is_told_is_kept(tracing: Tracing, store: TraceStore) -> None:
    first = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    with tracing.question(
        "db_agent", input="How many?", user_id="安娜", session_id="s-1", tags=["cli"], metadata={"arm": "a"}
    ) as root:
        with tracing.span("model", "generation", model="m", model_parameters={"temperature": 0.0}) as span:
            span.update(
                output="42",
                model="m-2026",
                usage={"input": 10, "output": 5, "cached": 4},
                cost={"total": 0.01},
                first_token_at=first,
                metadata={"finish_reason": "stop"},
            )
        root.update(output="There are 42.", metadata={"outcome": "answered"})
    tree = only(store)
    model = named(tree, "model")
    assert (tree.summary.id, tree.roots[0].id) == (root.trace_id, root.id)
    assert {(each.user, each.session, each.tags) for _, each in tree.walk()} == {("安娜", "s-1", ("cli",))}
    assert tree.roots[0].output == "There are 42."
    assert tree.roots[0].metadata == {"arm": "a", "outcome": "answered"}
    assert tree.summary.outcome == "answered"
    assert (model.model, model.model_parameters, model.output) == ("m-2026", {"temperature": 0.0}, "42")
    assert model.usage == {"input": 6, "input_cached_tokens": 4, "output": 5, "total": 15}
    assert (model.cost, model.first_token_at) == ({"total": 0.01}, first)
    assert model.metadata == {"finish_reason": "stop"}


def test_an_exception_marks_its_span_in_one_line_and_goes_on_unchanged(tracing: Tracing, store: TraceStore) -> None:
    error = ValueError("cannot open postgresql://bob:s3cret@h/d\nwith hunter2!")
    with (
        pytest.raises(ValueError, match="cannot open") as caught,
        tracing.question("db_agent", input="x"),
        tracing.span("execute_sql", "tool"),
    ):
        raise error
    assert caught.value is error
    span = named(only(store), "execute_sql")
    assert (span.level, span.status) == (
        "ERROR", "ValueError: cannot open postgresql://bob:***@h/d with ***",
    )  # fmt: skip
    assert only(store).summary.outcome == "error"
    assert only(store).summary.error == span.status


async def test_a_cancelled_question_is_marked_as_cancelled(tracing: Tracing, store: TraceStore) -> None:
    async def ask() -> None:
        with tracing.question("db_agent", input="x"), tracing.span("execute_sql", "tool"):
            await asyncio.sleep(30)

    task = asyncio.create_task(ask())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    tree = only(store)
    assert [(span.level, span.status) for _, span in tree.walk()] == [("WARNING", "cancelled")] * 2
    assert tree.summary.outcome == "cancelled"


@dataclass
class Point:
    x: int
    when: date


class Model(BaseModel):
    name: str = "n"


def test_values_are_exact(tracing: Tracing, store: TraceStore) -> None:
    values = {
        "money": Decimal("12.3400"),
        "day": date(2026, 2, 28),
        "moment": datetime(2026, 2, 28, 1, 2, 3, tzinfo=UTC),
        "span": timedelta(hours=1),
        "nan": float("nan"),
        "inf": float("-inf"),
        "big": 2**60,
        "small": 2**50,
        "bytes": b"\x00\xff",
        "blob": bytes(1000),
        "id": UUID(int=1),
        "point": Point(1, date(2026, 1, 1)),
        "model": Model(),
        "set": {1},
        "none": None,
        "error": ValueError("x"),
        ("a", 1): "key",
        "text": "多少 🎉 \ud800",
    }
    with tracing.question("q", input=values):
        pass
    kept = json.loads(only(store).roots[0].input or "")
    assert kept == {
        "money": "12.3400",
        "day": "2026-02-28",
        "moment": "2026-02-28T01:02:03+00:00",
        "span": "1:00:00",
        "nan": "NaN",
        "inf": "-Infinity",
        "big": str(2**60),
        "small": 2**50,
        "bytes": "0x00ff",
        "blob": "0x" + "00" * 32 + "… (1,000 bytes)",
        "id": str(UUID(int=1)),
        "point": {"x": 1, "when": "2026-01-01"},
        "model": {"name": "n"},
        "set": [1],
        "none": None,
        "error": "ValueError: x",
        "('a', 1)": "key",
        "text": "多少 🎉 ?",
    }


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def endless() -> list[Any]:
    loop: list[Any] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000_000,
        [{"row": number, "text": "y" * 200} for number in range(100_000)],
        {f"key {number}": "z" * 100 for number in range(10_000)},
        [{"role": "system", "content": "s" * 500_000}, {"role": "user", "content": "How many?"}],
        [[["deep"] * 50] * 50] * 50,
        endless(),
        Hostile(),
        {"inside": Hostile()},
        {Hostile(): 1},
        object(),
        type,
        b"\xff" * 5_000_000,
        float("nan"),
        "",
        0,
        False,
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_it_is_it_becomes_bounded_text(tracing: Tracing, store: TraceStore, value: object) -> None:
    with tracing.question("q", input=value, metadata={"m": value}) as span:
        span.update(output=value)
    root = only(store).roots[0]
    assert root.input is not None
    assert root.output == root.input
    assert len(root.input) <= 32_000
    assert len(json.dumps(root.metadata)) <= 40_000


def test_what_is_too_long_is_cut_so_that_json_stays_json_and_short_things_stay_whole(
    tracing: Tracing, store: TraceStore
) -> None:
    messages = [{"role": "system", "content": "s" * 500_000}, {"role": "user", "content": "How many?"}]
    with tracing.question("q", input=messages):
        pass
    kept = json.loads(only(store).roots[0].input or "")
    assert kept[1] == messages[1]
    assert kept[0]["content"].startswith("sss")
    assert kept[0]["content"].endswith("characters in all)") or kept[0]["content"].endswith("characters)")


def test_no_secret_is_in_any_byte_of_the_store(tracing: Tracing, store: TraceStore) -> None:
    secret, url = "hunter2!", "postgresql://bob:s3cret@h/d"
    prompt = type("Link", (), {"name": "p", "version": 1, "is_fallback": False, "source": "file"})()
    with tracing.question(
        f"q {secret}", input=url, user_id=secret, session_id=url, tags=[secret, url], metadata={secret: url}
    ) as span:
        span.update(
            output={"deep": [{url: secret}], "dsn": "password=s3cret"},
            status=f"{secret} {url}",
            level="ERROR",
        )
        with tracing.span(
            url, "generation", input=[secret], model=secret, model_parameters={"k": url}, prompt=prompt
        ) as s:
            s.update(output="x" * 31_990 + secret + url * 10, metadata={"m": {"n": secret}, "api_key": "s3cret"})
    raw = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert b"bob:***@h" in raw
    assert b"hunter2" not in raw
    assert b"s3cret" not in raw


def test_a_secret_is_not_cut_in_half_where_a_text_is_cut(tracing: Tracing, store: TraceStore) -> None:
    for shift in range(0, 1_100, 7):
        with tracing.question("q", input="x" * (31_900 + shift) + "hunter2!" + "y" * 5_000):
            pass
    raw = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert b"hunt" not in raw


def test_a_user_id_too_long_for_langfuse_stays_told_apart(tracing: Tracing, store: TraceStore) -> None:
    for end in "ab":
        with tracing.question("q", input="x", user_id="u" * 300 + end):
            pass
    users = {summary.user for summary in store.traces()}
    assert len(users) == 2
    assert all(user is not None and len(user) <= 200 for user in users)


def test_a_question_is_a_trace_of_its_own_even_within_a_span_of_the_application(
    tracing: Tracing, store: TraceStore
) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("application")
    with tracer.start_as_current_span("theirs") as theirs:
        with tracing.question("db_agent", input="x") as ours:
            assert trace.get_current_span() is theirs
            with tracing.span("execute_sql", "tool"), tracer.start_as_current_span("below") as below:
                assert below.parent == theirs.get_span_context()  # type: ignore[attr-defined]
        assert ours.trace_id != f"{theirs.get_span_context().trace_id:032x}"
    assert shape(only(store)) == ["agent: db_agent", "  tool: execute_sql"]


def test_an_agent_asked_by_another_has_its_own_trace_and_gives_the_place_back(
    tracing: Tracing, store: TraceStore, tmp_path: Path
) -> None:
    other_store = TraceStore(tmp_path / "other.db")
    client = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=other_store)
    other = Tracing(client)
    with tracing.question("outer", input="x"):
        with (
            tracing.span("ask the other", "tool"),
            other.question("inner", input="y"),
            other.span("its step"),
        ):
            pass
        with tracing.span("after"):
            pass
    client.close()
    assert shape(only(store)) == ["agent: outer", "  tool: ask the other", "  span: after"]
    assert shape(only(other_store)) == ["agent: inner", "  span: its step"]


async def test_a_span_left_open_in_an_async_generator_does_not_leak_into_its_consumer(
    tracing: Tracing, store: TraceStore
) -> None:
    async def events() -> AsyncIterator[int]:
        with tracing.question("abandoned", input="x"):
            yield 1
            yield 2

    generator = events()
    assert await asyncio.create_task(anext(generator)) == 1
    with tracing.question("consumer", input="y"), tracing.span("step"):
        pass
    await asyncio.create_task(generator.aclose())  # type: ignore[attr-defined]
    assert sorted(summary.name for summary in store.traces()) == ["abandoned", "consumer"]
    consumer = next(summary for summary in store.traces() if summary.name == "consumer")
    tree = store.trace(consumer.id)
    assert tree is not None
    assert shape(tree) == ["agent: consumer", "  span: step"]


def test_many_threads_at_once_lose_nothing(tracing: Tracing, store: TraceStore) -> None:
    def ask(number: int) -> None:
        with tracing.question(f"q{number}", input=number):
            for _ in range(5):
                with tracing.span("step"):
                    pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(40)))
    trees = [store.trace(summary.id) for summary in store.traces(100)]
    assert [len(shape(tree)) for tree in trees if tree] == [6] * 40


@pytest.mark.parametrize("name", ["", "\n", "x" * 10_000, "名前", "a\0b", "\ud800"])
def test_any_name_will_do(tracing: Tracing, store: TraceStore, name: str) -> None:
    with tracing.question(name, input="x"), tracing.span(name, "tool"):
        pass
    assert len(shape(only(store))) == 2


def test_a_kind_that_there_is_not_loses_no_question(
    tracing: Tracing, store: TraceStore, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        tracing.question("q", input="x"),
        tracing.span("step", "nonsense") as span,
    ):
        span.update(output="y")
    assert only(store).summary.seconds is not None


def test_off_it_is_silent_and_imports_nothing() -> None:
    code = """
import sys
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.tracing import Tracing
client = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=None)
tracing = Tracing(client)
with tracing.question("q", input="x") as root, tracing.span("s", "tool") as span:
    span.update(output="y", usage={"input": 1})
assert (root.trace_id, span.id, tracing.link(root.trace_id)) == ("", "", None)
client.flush()
client.close()
print(sorted({"langfuse", "opentelemetry", "httpx", "openai"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_without_keys_nothing_leaves_the_machine(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print(event, arguments, flush=True)
sys.addaudithook(watch)
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
client = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=TraceStore(Path(sys.argv[1])))
with Tracing(client).question("q", input="data:image/png;base64,AAAA"):
    pass
client.flush()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.db")], capture_output=True, text=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert len(TraceStore(tmp_path / "t.db").traces()) == 1
