"""How many questions the offline model answers, how many of those rightly, and how long it takes.

    python -m tests.bench.bench_offline                       the sample questions and ../shared/data
    python -m tests.bench.bench_offline --data FOLDER         any such folder: NAME.jsonl, databases/*/DB.sqlite
    python -m tests.bench.bench_offline --half development    only one half of the databases
    python -m tests.bench.bench_offline --show wrong          and every question answered wrongly

A question goes the way it goes in use: the openai client, the offline model behind its transport, the tools on the
real database. Nobody is there when it asks back, so that it goes on with what it assumes. What came back last from
execute_sql is compared with the rows of the gold SQL (of any accepted one), as `dbagent eval` compares them: see
tools/same_rows.py. A question whose model gave text without rows counts as declined.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import openai

from agent.evaluation.scoring import order_of, same_rows
from agent.llm.offline.transport import OfflineTransport
from tools.ask_user import ASK_USER
from tools.database import Database, open_database
from tools.errors import ToolError
from tools.execute_sql import EXECUTE_SQL
from tools.result_table import ResultTable
from tools.search_metadata import SEARCH_METADATA
from tools.show_table import SHOW_TABLE
from tools.tool import Tool

_TOOLS: dict[str, Tool] = {each.name: each for each in (SEARCH_METADATA, SHOW_TABLE, EXECUTE_SQL, ASK_USER)}
_MOST_STEPS = 12
_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Case:
    """One question of a set, its database, and the SQL that answers it."""

    name: str
    set: str
    database: str
    question: str
    gold: tuple[str, ...]
    language: str = "en"
    difficulty: str = ""

    @property
    def half(self) -> str:
        """development or validation, by a stable hash of the database's name."""
        return "development" if int(hashlib.sha256(self.database.encode()).hexdigest(), 16) % 2 == 0 else "validation"


@dataclass
class Outcome:
    """What became of one question."""

    case: Case
    sql: str = ""
    answered: bool = False
    right: bool = False
    text: str = ""
    asked: list[str] = field(default_factory=list)
    milliseconds: float = 0.0
    tables: list[str] = field(default_factory=list)


async def ask(
    client: openai.AsyncOpenAI, database: Database, question: str, today: date, asked_back: list[str] | None = None
) -> tuple[str, Any, str]:
    """The SQL and the rows the answer rests on (None when declined), and the answer's text.

    What it asks back is added to `asked_back`.
    """
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": f"Answer from the database.\nDialect: {database.meta.dialect}\n"},
        {"role": "user", "content": f"Today: {today.isoformat()}\nQuestion: {question}"},
    ]
    sql, table = "", None
    for step in range(_MOST_STEPS):
        offered: Any = [each.schema for each in _TOOLS.values()] if step < _MOST_STEPS - 1 else openai.NOT_GIVEN
        create: Any = client.chat.completions.create
        completion = await create(model="offline", messages=messages, tools=offered)
        message = completion.choices[0].message
        if not message.tool_calls:
            return sql, table, message.content or ""
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            tool = _TOOLS[call.function.name]
            try:
                value: Any = tool.function(tool.arguments.model_validate_json(call.function.arguments), database)
                text = value.for_model()
                if tool.name == "execute_sql":
                    sql, table = value.sql, value
                elif tool is ASK_USER and asked_back is not None:
                    asked_back.append(value.for_user().replace("\n", " / "))
            except ToolError as error:
                text = str(error)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
    return sql, table, "no answer within the steps"


def cases_in(folder: Path) -> list[tuple[Case, Path]]:
    """The questions of a folder, each with the file of its database; questions without a database are left out."""
    found: list[tuple[Case, Path]] = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            raw = json.loads(line)
            if "gold_sql" not in raw or "db" not in raw:
                continue
            file = next(iter(folder.glob(f"databases/*/{raw['db']}.sqlite")), None)
            if file is None or raw.get("dialect", "sqlite") != "sqlite":
                continue
            gold = tuple(raw.get("gold_sql_any") or [raw["gold_sql"]])
            case = Case(
                raw.get("id", f"{path.stem}-{number}"),
                path.stem,
                raw["db"],
                raw["question"],
                gold,
                raw.get("lang", "en"),
                raw.get("difficulty") or raw.get("category") or "",
            )
            found.append((case, file))
    return found


def sample_cases() -> list[tuple[Case, Path]]:
    """The sample database's own questions."""
    from agent.resources import folder
    from agent.sample import sample_database

    questions = folder("sample_db") / "questions.jsonl"
    database = Path(sample_database())
    found = []
    for number, line in enumerate(questions.read_text(encoding="utf-8").splitlines()):
        raw = json.loads(line)
        gold = raw.get("gold_sql_any") or raw.get("gold_sql") or raw.get("sql")
        case = Case(
            str(raw.get("id", number)),
            "sample",
            "sample",
            raw["question"],
            tuple(gold) if isinstance(gold, list) else (gold,),
            raw.get("lang", raw.get("language", "en")),
            raw.get("difficulty", ""),
        )
        found.append((case, database))
    return found


async def run(cases: list[tuple[Case, Path]], today: date) -> list[Outcome]:
    """Every question asked, one after another."""
    outcomes: list[Outcome] = []
    client = openai.AsyncOpenAI(
        http_client=httpx2.AsyncClient(transport=OfflineTransport()),
        base_url="http://offline.invalid/v1",
        api_key="offline",
        max_retries=0,
    )
    opened: dict[Path, Database] = {}
    gold_rows: dict[tuple[Path, str], ResultTable | None] = {}
    try:
        for case, file in cases:
            if file not in opened:
                for each in opened.values():
                    each.close()
                opened = {file: open_database(str(file))}
                for table in opened[file].meta.tables():  # samples are kept: a warm database is what is timed
                    for each_field in table.fields:
                        opened[file].sample_values(table, each_field)
            database = opened[file]
            outcome = Outcome(case)
            started = time.perf_counter()
            try:
                told = await ask(client, database, case.question, today, outcome.asked)
                outcome.sql, table_, outcome.text = told
            except openai.OpenAIError as error:
                outcome.text, table_ = f"BROKE: {error}", None
            outcome.milliseconds = (time.perf_counter() - started) * 1000
            outcome.answered = table_ is not None and not outcome.text.startswith("BROKE")
            if outcome.answered:
                for gold in case.gold:
                    key = (file, gold)
                    if key not in gold_rows:
                        try:
                            gold_rows[key] = database.query(gold)
                        except ToolError:
                            gold_rows[key] = _rows_of(file, gold)
                    wanted = gold_rows[key]
                    if wanted is not None and _same(table_, wanted, gold, database.meta.dialect):
                        outcome.right = True
                        break
            outcomes.append(outcome)
    finally:
        for each in opened.values():
            each.close()
        await client.close()
    return outcomes


def _same(given: ResultTable, wanted: ResultTable, gold: str, dialect: str) -> bool:
    return same_rows(given.rows, wanted.rows, order_of(gold, dialect, wanted.columns))


def _rows_of(file: Path, sql: str) -> ResultTable | None:
    """Gold SQL that our guard does not take, run by the engine itself, read-only."""
    import sqlite3

    if file.suffix != ".sqlite":
        return None
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        cursor = connection.execute(sql)
        return ResultTable(sql, tuple(each[0] for each in cursor.description or ()), tuple(cursor.fetchmany(1000)))
    except sqlite3.Error:
        return None
    finally:
        connection.close()


def report(outcomes: list[Outcome]) -> str:
    """The figures, as a table: all, then each set, half, difficulty and language."""
    lines = [f"{'':38}{'n':>6}{'answered':>10}{'right of those':>16}{'right of all':>14}{'ms median':>11}{'p95':>7}"]

    def row(name: str, some: list[Outcome]) -> None:
        answered = [each for each in some if each.answered]
        right = sum(each.right for each in answered)
        times = sorted(each.milliseconds for each in some)
        lines.append(
            f"{name[:38]:38}{len(some):>6}{_percent(len(answered), len(some)):>10}{_percent(right, len(answered)):>16}"
            f"{_percent(right, len(some)):>14}{statistics.median(times):>11.0f}{times[int(len(times) * 0.95)]:>7.0f}"
        )

    for name, key in (
        ("set", lambda o: o.case.set),
        ("set and half", lambda o: f"{o.case.set}, {o.case.half}"),
        ("difficulty", lambda o: o.case.difficulty),
        ("language", lambda o: o.case.language),
    ):
        groups: dict[str, list[Outcome]] = collections.defaultdict(list)
        for each in outcomes:
            groups[key(each)].append(each)
        for group, some in sorted(groups.items()):
            if group:
                row(f"{name}: {group}", some)
    row("all", outcomes)
    back = [each for each in outcomes if each.asked]
    lines.append(f"asked back: {len(back)}, of which what was assumed was right: {sum(each.right for each in back)}")
    return "\n".join(lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description="Measure the offline model.")
    parser.add_argument("--data", type=Path, help="a folder as ../shared/data; default: that one and the sample")
    parser.add_argument("--half", choices=["development", "validation"])
    parser.add_argument("--set", help="only this set")
    parser.add_argument("--db", help="only this database")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--show", choices=["wrong", "declined", "right", "asked", "all"])
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())
    options = parser.parse_args(arguments)
    cases = cases_in(options.data or _SHARED)
    if options.data is None:
        try:
            cases = sample_cases() + cases
        except (ImportError, OSError) as error:
            print(f"The sample questions are left out: {error}", file=sys.stderr)
    cases = [
        (case, file)
        for case, file in cases
        if (not options.half or case.half == options.half)
        and (not options.set or case.set == options.set)
        and (not options.db or case.database == options.db)
    ]
    cases.sort(key=lambda each: (each[0].set, each[0].database))
    if options.limit:
        cases = cases[:: max(1, len(cases) // options.limit)]
    if not cases:
        print("There are no questions there.", file=sys.stderr)
        return 2
    outcomes = asyncio.run(run(cases, options.today))
    if options.show:
        for each in outcomes:
            state = "right" if each.right else "wrong" if each.answered else "declined"
            if options.show in (state, "all") or (options.show == "asked" and each.asked):
                print(
                    f"{state.upper()} {each.case.name}: {each.case.question}\n    gold {each.case.gold[0]}\n"
                    f"    ours {each.sql or each.text}" + "".join(f"\n    asked {back}" for back in each.asked)
                )
    print(report(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
