"""What a row and column policy lets through, over a folder of queries that try to get round it.

    python -m tests.bench.bench_policy [--data FOLDER]

The folder has rowpolicy.jsonl and make_dbs.py, which builds the databases and holds the policy (POLICY) and the
tables that a session may read (PERMITTED); sqlguard/README.md describes them. Every query runs through a database
seen by that policy on its own engine; a leak is a row that the policy keeps back, whatever was expected. Then the
time of guarding and rewriting a statement of five joins over six tables, four of them ruled. PostgreSQL and MariaDB
are looked for at TEST_POSTGRES_URL and TEST_MYSQL_URL.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.bench.bench_guard import DATA, _module, _places
from tools.database import Database
from tools.errors import DBAgentError, ToolError
from tools.policy import Policy, User
from tools.policy_file import policy_from
from tools.row_policy import RowPolicy
from tools.seen_database import SeenDatabase, seen_by
from tools.sql_guard import guarded

FIVE_JOINS = """
SELECT c.country, p.category, count(DISTINCT o.id) AS orders, sum(i.qty * i.unit_price * (1 - i.discount)) AS revenue
FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id
JOIN products p ON p.id = i.product_id JOIN events e ON e.customer_id = c.id JOIN employees m ON m.id = c.id
WHERE o.status IN ('paid', 'shipped') AND o.amount > 10 GROUP BY c.country, p.category
HAVING count(*) > 1 ORDER BY revenue DESC LIMIT 10
"""


def main() -> int:
    """Run all queries, print the figures; 0 when nothing leaks and all that must be answered is right."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_policy", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder (default: %(default)s)")
    options = parser.parse_args()
    if not (options.data / "make_dbs.py").is_file():
        print(f"{options.data} has no make_dbs.py; name the folder of the statements with --data.")
        return 2
    make = _module(options.data / "make_dbs.py")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-policy-")))
        seen: dict[str, Database] = {}
        for dialect, place in _places(make, folder, stack):
            policy = _policy(make, place.database)
            seen[dialect] = seen_by(place.database, policy, User("bench", ("session",)))
        failed = _answers(options.data / "rowpolicy.jsonl", seen)
        _times(seen)
    return int(failed)


def _policy(make: ModuleType, database: Database) -> Policy:
    """The policy of the set: its tables, its filter and its masks, for the tables that this database has."""
    here = {table.name for table in database.meta.tables()}
    rows = {name: rule["row_filter"] for name, rule in make.POLICY.items() if "row_filter" in rule}
    masks = {
        f"{name}.{field}": {"constant": None if written == "NULL" else ast.literal_eval(written)}
        for name, rule in make.POLICY.items()
        for field, written in rule.get("masks", {}).items()
    }
    allowed = [f'"{name}"' for name in make.PERMITTED if name in here]
    return policy_from({"roles": {"session": {"allow": {"tables": allowed}, "rows": rows, "masks": masks}}})


def _answers(path: Path, seen: dict[str, Database]) -> bool:
    right: Counter[str] = Counter()
    must: Counter[str] = Counter()
    leaks: Counter[str] = Counter()
    refused = Counter[str]()
    wrong: list[str] = []
    for line in filter(None, path.read_text("utf-8").splitlines()):
        case = json.loads(line)
        if case["dialect"] not in seen:
            continue
        must[case["part"]] += not case["may_refuse"]
        said, rows = "", None
        try:
            rows = [[repr(value) for value in row] for row in seen[case["dialect"]].query(case["sql"]).rows]
        except DBAgentError as error:
            said = f"{type(error).__name__}: {error}"
            refused[case["part"]] += 1
        same = rows is not None and _same(rows, case["expected"], case["ordered"])
        right[case["part"]] += same and not case["may_refuse"]
        leaked = _leaked(case, rows, said)
        leaks[case["part"]] += leaked
        if leaked or not (same or (rows is None and case["may_refuse"])):
            title = "LEAK" if leaked else "wrong"
            wrong.append(f"  {title} {case['id']} {case['class']}: {case['sql']}\n      {said or str(rows)[:300]}")
    for part in sorted(must):
        print(
            f"{part:6} leaks {leaks[part]}; right {right[part]} of {must[part]} that must be answered; "
            f"{refused[part]} refused"
        )
    total = sum(must.values())
    print(f"right in all: {sum(right.values())}/{total} ({100 * sum(right.values()) / max(1, total):.1f} %)")
    print("\n".join(wrong) or "no misses")
    return bool(sum(leaks.values()) or sum(right.values()) < total)


def _same(rows: list[list[str]], expected: list[list[str]], ordered: bool) -> bool:
    ours, theirs = ([[_plain(cell) for cell in row] for row in each] for each in (rows, expected))
    return ours == theirs if ordered else sorted(ours) == sorted(theirs)


def _plain(cell: str) -> str:
    """Numbers alike whatever their Python type: an engine may give a masked 1000 as int, float or Decimal."""
    bare = cell.removeprefix("Decimal('").removesuffix("')") if cell.startswith("Decimal") else cell
    try:
        return f"{float(bare):.9g}"
    except ValueError:
        return cell


def _leaked(case: dict[str, Any], rows: list[list[str]] | None, said: str) -> bool:
    """Whether a marked cell shows in rows or complaint, or a row that only the unfiltered result has."""
    innocent = case["sql"] + str(case["expected"])
    marks = [mark for mark in ("LEAK", "MASKME", "CANARY") if mark not in innocent]
    hidden = {json.dumps(row) for row in case["unfiltered"]} - {json.dumps(row) for row in case["expected"]}
    return any(mark in f"{rows} {said}" for mark in marks) or any(json.dumps(row) in hidden for row in rows or ())


def _times(seen: dict[str, Database]) -> None:
    print("guard, rewriting and proof of a statement of five joins (six tables, four of them ruled), in ms of CPU:")
    for dialect, database in seen.items():
        assert isinstance(database, SeenDatabase)
        policy, meta = database._policy, database.meta
        try:
            whole = _times_of(partial(_rewritten, policy))
        except ToolError as error:
            print(f"  {dialect}: refused: {error}")
            continue
        guard = statistics.median(_times_of(partial(guarded, FIVE_JOINS, meta)))
        p95 = whole[int(len(whole) * 0.95)]
        print(f"  {dialect:8} median {statistics.median(whole):.2f}, p95 {p95:.2f}; the guard alone {guard:.2f}")


def _rewritten(policy: RowPolicy) -> str | None:
    return policy.written_into(policy.guarded(FIVE_JOINS))


def _times_of(work: Callable[[], object], count: int = 60) -> list[float]:
    """Milliseconds of CPU, in order: wall time would tell of what else the machine does."""
    taken = []
    for _ in range(count):
        started = time.thread_time()
        work()
        taken.append(1000 * (time.thread_time() - started))
    return sorted(taken)


if __name__ == "__main__":
    sys.exit(main())
