"""What DBAgent adds to one question, over a bare loop that does the same with the same SDK and the same driver.

    python -m tests.bench.bench_question [--questions N]

Both ask the same in-process model, which answers at once, through the real OpenAI client, in the same words and with
the same tools: one call of execute_sql, then the answer. The bare loop hands the SQL to duckdb and the rows to the
model, with no guard, limits, trace or receipt. What remains is the price of these. Then the same question with an
answer cache, and a crowd that asks at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import httpx2
from openai import AsyncOpenAI
from rich.console import Console
from rich.table import Table

from agent import Settings, calls, open_agent
from agent.llm.endpoint import Endpoint
from agent.llm.in_process import InProcessTransport
from agent.messages import ModelReply, Usage

SQL = "SELECT city, count(*) AS n, sum(total) AS total FROM orders WHERE total > 10 GROUP BY city ORDER BY total DESC"
QUESTION = "Which city leads?"
TURNS = 7
TABLES = """
CREATE TABLE orders AS
SELECT i AS id, 'city ' || (i % 20) AS city, (i % 997) / 7.0 AS total FROM range(10000) t(i)
"""


def answer_at_once(body: Mapping[str, Any]) -> ModelReply:
    asked = body["messages"][-1]["role"] == "user"
    said = calls("execute_sql", sql=SQL) if asked else ModelReply("City 3 leads.")
    return ModelReply(said.text, said.tool_calls, Usage(1000, 50))


class AwayTransport(InProcessTransport):
    """A model whose time passes elsewhere, as a real one's does: nobody's thread is held by it."""

    def __init__(self, seconds: float) -> None:
        super().__init__("m", answer_at_once)
        self._seconds = seconds
        self.heard: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, answered after a while."""
        self.heard = self.heard or json.loads(await request.aread())
        await asyncio.sleep(self._seconds)
        return await super().handle_async_request(request)


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return connection.cursor().execute(sql).fetchall()


async def bare_question(client: AsyncOpenAI, connection: duckdb.DuckDBPyConnection, heard: Mapping[str, Any]) -> str:
    """What one writes in an afternoon: stream, run, stream; it begins with what DBAgent's model heard first."""
    messages: list[Any] = list(heard["messages"])
    while True:
        text, call = "", None
        stream = await client.chat.completions.create(
            model="m",
            messages=messages,
            tools=heard["tools"],
            parallel_tool_calls=False,
            stream=True,
            temperature=0,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            if chunk.choices:
                text += chunk.choices[0].delta.content or ""
                for piece in chunk.choices[0].delta.tool_calls or ():
                    call = piece
        if call is None or call.function is None:
            return text
        sql = json.loads(call.function.arguments or "")["sql"]
        rows = await asyncio.to_thread(rows_of, connection, sql)
        function = {"name": call.function.name, "arguments": call.function.arguments}
        messages += [
            {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": call.id, "content": json.dumps(rows, default=str)},
        ]


async def each_takes(ask: Callable[[], Awaitable[Any]], times: int) -> list[float]:
    """Milliseconds of each of so many questions, one after another."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


async def questions_per_second(
    ask: Callable[[], Awaitable[Any]], at_once: int, rounds: int, taken: list[float] | None = None
) -> float:
    """Throughput with so many questions under way; the milliseconds of each are added to `taken`."""
    started = time.perf_counter()
    for each in await asyncio.gather(*(each_takes(ask, rounds) for _ in range(at_once))):
        if taken is not None:
            taken += each
    return at_once * rounds / (time.perf_counter() - started)


async def first_heard(file: Path, settings: Settings) -> Mapping[str, Any]:
    """The first request of a question, as DBAgent's model hears it."""
    transport = AwayTransport(0)
    endpoint = Endpoint("m", "http://bench.invalid/v1", "k", transport)
    async with open_agent(str(file), model=endpoint, settings=settings) as agent:
        await agent.ask(QUESTION)
    return transport.heard


async def cached(file: Path, model: Endpoint, settings: Settings, questions: int) -> Table:
    """How long the same question takes when its answer is cached, and how much longer one that is then kept."""
    os.utime(file, (time.time() - 60,) * 2)  # what was written just now is not cached
    table = Table(title=f"with an answer cache in SQLite, {questions} questions each, milliseconds")
    for name in ("question", "median", "p95"):
        table.add_column(name, justify="left" if name == "question" else "right")
    async with open_agent(str(file), model=model, settings=settings) as agent:
        await agent.ask("Which city leads?")
        hit = lambda: agent.ask("Which city leads?")  # noqa: E731
        numbers = iter(range(1_000_000))
        miss = lambda: agent.ask(f"Which city leads {next(numbers)}?")  # noqa: E731
        await each_takes(hit, 10)
        await each_takes(miss, 10)
        assert (await hit()).receipt.steps == 0
        for name, ask in (("from the cache", hit), ("asked, and kept", miss)):
            taken = await each_takes(ask, questions)
            table.add_row(name, f"{statistics.median(taken):.1f}", f"{p95(taken):.1f}")
    return table


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


async def measure(folder: Path, questions: int) -> None:
    file = folder / "orders.duckdb"
    with duckdb.connect(str(file)) as building:
        building.execute(TABLES)
    console = Console()
    settings = Settings.from_environment({"DBAGENT_HOME": str(folder)})

    def endpoint(seconds: float) -> Endpoint:
        return Endpoint("m", "http://bench.invalid/v1", "k", AwayTransport(seconds))

    heard = await first_heard(file, settings)
    table = Table(title=f"one question of two model calls, {questions} questions each, milliseconds")
    for name in ("loop", "median", "p95", "added", "a turn", "added (p95)", "ratio"):
        table.add_column(name, justify="left" if name == "loop" else "right")
    # One process opens a DuckDB file in one configuration only, and DBAgent's is locked down.
    twin = Path(shutil.copy(file, folder / "twin.duckdb"))
    connection = duckdb.connect(str(twin), read_only=True)
    async with open_agent(str(file), model=endpoint(0), settings=settings) as agent:
        client = AsyncOpenAI(
            base_url="http://bench.invalid/v1",
            api_key="k",
            http_client=httpx2.AsyncClient(transport=endpoint(0).transport),
        )
        bare = lambda: bare_question(client, connection, heard)  # noqa: E731
        ours = lambda: agent.ask(QUESTION)  # noqa: E731
        await each_takes(bare, 10)
        await each_takes(ours, 10)
        bare_ms: list[float] = []
        our_ms: list[float] = []
        for _ in range(max(1, questions // 10)):  # by turns, so that a noisy moment hits both
            bare_ms += await each_takes(bare, 10)
            our_ms += await each_takes(ours, 10)
        low = statistics.median(bare_ms)
        for name, taken in (("bare SDK loop", bare_ms), ("DBAgent, local traces", our_ms)):
            middle = statistics.median(taken)
            more = f"{middle - low:+.1f}", f"{(middle - low) / 2:+.1f}", f"{p95(taken) - p95(bare_ms):+.1f}"
            table.add_row(name, f"{middle:.1f}", f"{p95(taken):.1f}", *more, f"{middle / low:.2f}")
    console.print(table)
    console.print(await cached(file, endpoint(0), settings.model_copy(update={"answer_ttl": 3600.0}), questions))

    crowd = Table(title="questions per second with 50 ms of model time a call")
    for name in ("at once", "bare SDK loop", "DBAgent", "ratio", "p95 added, ms"):
        crowd.add_column(name, justify="right")
    async with open_agent(str(file), model=endpoint(0.05), settings=settings) as agent:
        client = AsyncOpenAI(
            base_url="http://bench.invalid/v1",
            api_key="k",
            http_client=httpx2.AsyncClient(transport=endpoint(0.05).transport),
        )
        asked = {"bare": lambda: bare_question(client, connection, heard), "ours": lambda: agent.ask(QUESTION)}
        for at_once in (1, 16, 64):
            rates: dict[str, list[float]] = {"bare": [], "ours": []}
            taken_ms: dict[str, list[float]] = {"bare": [], "ours": []}
            for _ in range(TURNS):  # by turns, so that a noisy moment hits both
                for name, ask in asked.items():
                    rounds = 5 if at_once == 1 else 2
                    rates[name].append(await questions_per_second(ask, at_once, rounds, taken_ms[name]))
            bare_rate, our_rate = (statistics.median(rates[name]) for name in ("bare", "ours"))
            added = p95(taken_ms["ours"]) - p95(taken_ms["bare"])
            ratio = f"{our_rate / bare_rate:.2f}"
            crowd.add_row(str(at_once), f"{bare_rate:.1f}", f"{our_rate:.1f}", ratio, f"{added:+.1f}")
    console.print(crowd)
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith(("DBAGENT_", "LANGFUSE_", "OPENAI_")):
            del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.questions))


if __name__ == "__main__":
    main()
