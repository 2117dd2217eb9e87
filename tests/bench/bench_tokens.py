"""How many input tokens one plain question (one join, one group) takes, over all of its model calls.

    python -m tests.bench.bench_tokens [--tables N ...] [--show]

The model is scripted to do what a good one does: with a schema that is in the prompt, the query and the answer; with a
large one, a search, the query and the answer. System prompt and tool schemas count in every call. Tokens are those of
o200k_base where rs-bpe is installed, else the estimate of tools/text.py.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from agent import ScriptedModel, Settings, calls, open_agent
from tests.bench.big_schema import Made, in_duckdb, tables
from tools.text import tokens

TARGETS = {10: 4_500, 10_000: 6_000}
COLUMNS = 15
PER_MESSAGE = 4  # what chat completions add for a message's role and ends


def counter() -> tuple[str, Callable[[str], int]]:
    """What counts, and with what."""
    try:
        encoding = importlib.import_module("rs_bpe.bpe").openai.o200k_base()
    except ImportError:
        return "estimate of tools/text.py", tokens
    return "o200k_base", encoding.count


def input_tokens(body: Mapping[str, Any], count: Callable[[str], int]) -> tuple[int, int, int]:
    """Those of the system prompt, of the tool schemas, and of the rest of one request."""
    system, rest = 0, 0
    for message in body["messages"]:
        said = count(str(message.get("content") or "")) + PER_MESSAGE
        said += sum(count(json.dumps(call["function"], ensure_ascii=False)) for call in message.get("tool_calls") or ())
        if message["role"] == "system":
            system += said
        else:
            rest += said
    schemas = sum(count(json.dumps(tool, ensure_ascii=False)) for tool in body.get("tools") or ())
    return system, schemas, rest


def pair(number: int) -> tuple[Made, Made]:
    """A table and the one it points at that have what the question asks for."""
    made = {(table.schema, table.name): table for table in tables(number, COLUMNS)}
    for child in reversed(made.values()):
        parent = made.get(child.parent) if child.parent else None
        if parent and "amount" in {c[0] for c in child.columns} and "status" in {c[0] for c in parent.columns}:
            return child, parent
    raise SystemExit(f"Among {number} tables there is no pair to ask about.")


def filled(path: str, child: Made, parent: Made) -> None:
    """A few rows, so that there is an answer."""
    key = parent.columns[0][0]
    with closing(duckdb.connect(path)) as connection:
        for at, status in enumerate(("open", "paid", "sent", "closed")):
            connection.execute(f"INSERT INTO {parent.schema}.{parent.name} ({key}, status) VALUES (?, ?)", [at, status])
            connection.execute(
                f"INSERT INTO {child.schema}.{child.name} ({child.columns[0][0]}, parent_id, amount) VALUES (?, ?, ?)",
                [at, at, 10 * at],
            )


def asked(path: str, number: int, home: Path) -> tuple[list[Mapping[str, Any]], str]:
    """The requests of one question, and what its prompt held of the schema."""
    child, parent = pair(number)
    filled(path, child, parent)
    what, of = (table.name.rpartition("_")[0].replace("_", " ") for table in (child, parent))
    sql = (
        f"SELECT p.status, sum(c.amount) AS total FROM {child.schema}.{child.name} c "
        f"JOIN {parent.schema}.{parent.name} p ON c.parent_id = p.{parent.columns[0][0]} GROUP BY p.status"
    )
    settings = Settings.from_environment({"DBAGENT_HOME": str(home)})
    look = [calls("search_metadata", words=f"{what} amount {of} status {child.name[-5:]} {parent.name[-5:]}")]
    with open_agent(path, model="offline", settings=settings) as probe:
        detail = probe.toolbox.database.meta.outline(settings.schema_tokens)["detail"]
    script = [
        *(look if detail != "full" else []),
        calls("execute_sql", sql=sql),
        "sent leads with 20, then paid with 10.",
    ]
    model = ScriptedModel(*script)
    with open_agent(path, model=model, settings=settings) as agent:
        answer = agent.ask_sync(f"What is the total amount of {what} {child.name[-5:]} by status of its {of}?")
    if answer.table is None or len(answer.table.rows) != 4:
        raise SystemExit(f"The question was not answered: {answer.text}")
    return model.heard, detail


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--tables", type=int, nargs="+", default=[10, 10_000])
    parser.add_argument("--show", action="store_true", help="print what the last request of each question held")
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith(("DBAGENT_", "LANGFUSE_", "OPENAI_")):
            del os.environ[name]
    by, count = counter()
    table = Table(title=f"input tokens of one plain question, {COLUMNS} columns a table ({by})")
    for name in ("tables", "prompt", "calls", "system", "tools", "messages", "in all", "target"):
        table.add_column(name, justify="left" if name == "prompt" else "right")
    with tempfile.TemporaryDirectory() as scratch:
        for number in options.tables:
            with in_duckdb(Path(scratch), number, COLUMNS) as path:
                heard, detail = asked(path, number, Path(scratch) / "home")
            parts = [sum(column) for column in zip(*(input_tokens(body, count) for body in heard), strict=True)]
            target = f"{TARGETS[number]:,}" if number in TARGETS else ""
            shown = [f"{each:,}" for each in (*parts, sum(parts))]
            table.add_row(f"{number:,}", detail, str(len(heard)), *shown, target)
            if options.show:
                for message in heard[-1]["messages"]:
                    print(f"--- {message['role']}\n{message.get('content') or message.get('tool_calls')}")
    Console().print(table)


if __name__ == "__main__":
    main()
