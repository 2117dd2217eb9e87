from __future__ import annotations

import logging
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.errors import DBAgentError, TraceNotFound
from agent.llmops.trace_records import SpanRecord
from agent.llmops.trace_store import TraceStore
from tests.waiting import until, within

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRACE = "ab" * 16


def span(id: str, parent: str | None = None, *, after: float = 0.0, **more: object) -> SpanRecord:
    made = SpanRecord(TRACE, id, parent, f"span {id}", "span", START + timedelta(seconds=after), 1.0)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> TraceStore:
    return TraceStore(tmp_path / "traces.db")


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )


def test_a_span_comes_back_as_it_was_written(store: TraceStore) -> None:
    written = span(
        "1",
        input="How many?\n多少",
        output="42",
        level="ERROR",
        status="it broke",
        model="m-1",
        model_parameters={"temperature": 0.0},
        usage={"input": 7, "output": 3, "total": 10},
        cost={"total": 0.25},
        prompt_name="agent/db_agent",
        prompt_version=3,
        first_token_at=START,
        user="Ann",
        session="s",
        tags=("a", "b"),
        metadata={"rows": 3, "sql": "SELECT 1"},
    )
    store.write(written)
    tree = store.trace(TRACE)
    assert tree is not None
    assert tree.roots == (written,)


def test_spans_come_back_as_a_tree_in_the_order_in_which_they_started(store: TraceStore) -> None:
    for each in (span("3", "1", after=3), span("4", "2", after=2), span("2", "1", after=1), span("1")):
        store.write(each)
    tree = store.trace(TRACE[:5])
    assert tree is not None
    assert [(depth, each.id) for depth, each in tree.walk()] == [(0, "1"), (1, "2"), (2, "4"), (1, "3")]


def test_a_span_whose_parent_was_lost_is_still_shown(store: TraceStore) -> None:
    store.write(span("1"))
    store.write(span("3", "lost", after=1))
    tree = store.trace(TRACE)
    assert tree is not None
    assert [each.id for each in tree.roots] == ["1", "3"]


def test_tokens_and_cost_of_a_question_are_the_sums_over_its_model_calls(store: TraceStore) -> None:
    call = {"kind": "generation", "model": "m", "usage": {"input": 5, "total": 8}, "cost": {"total": 0.5}}
    store.write(span("1", input="How many?", user="Ann", metadata={"outcome": "answered"}))
    store.write(span("2", "1", **call))
    store.write(span("3", "1", **call))
    store.write(span("4", "1", kind="generation", level="ERROR"))
    (summary,) = store.traces()
    assert (summary.question, summary.tokens, summary.cost_usd, summary.models, summary.outcome) == (
        "How many?", 16, 1.0, ("m",), "answered",
    )  # fmt: skip


def test_a_sum_with_an_unknown_part_is_unknown(store: TraceStore) -> None:
    store.write(span("1"))
    store.write(span("2", "1", kind="generation", usage={"total": 8}, cost={"total": 0.5}))
    store.write(span("3", "1", kind="generation", usage={"total": 8}))
    (summary,) = store.traces()
    assert (summary.tokens, summary.cost_usd) == (16, None)


def test_the_newest_questions_come_first_and_no_more_than_asked_for(store: TraceStore) -> None:
    for number in range(5):
        store.write(replace(span("1", after=number), trace_id=f"{number:032x}"))
    assert [summary.id[-1] for summary in store.traces(3)] == ["4", "3", "2"]


@pytest.mark.parametrize("asked", ["", "zz", "' OR 1=1 --", "%", "a" * 5000, "AB' ", "ab" * 17])
def test_what_is_no_id_finds_nothing(store: TraceStore, asked: str) -> None:
    store.write(span("1"))
    assert store.trace(asked) is None


def test_a_prefix_that_two_traces_share_means_neither(store: TraceStore) -> None:
    store.write(span("1"))
    store.write(replace(span("1"), trace_id="ac" + TRACE[2:]))
    assert store.trace("a") is None
    assert store.trace("AB") is not None


def test_reading_makes_no_file(store: TraceStore) -> None:
    assert store.traces() == []
    assert store.trace("ab") is None
    assert not store.path.exists()


def test_nobody_else_can_read_the_file(store: TraceStore) -> None:
    store.write(span("1"))
    assert {stat.S_IMODE(each.stat().st_mode) for each in store.path.parent.iterdir()} == {0o600}


WRITER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from agent.llmops.trace_records import SpanRecord
from agent.llmops.trace_store import TraceStore
store = TraceStore(Path(sys.argv[1]))
for number in range(400):
    store.write(SpanRecord(sys.argv[2] * 32, str(number), None, "s", "span", datetime.now(UTC), 0.1, "x" * 5000))
store.close()
"""


def test_three_processes_that_write_at_once_lose_nothing(store: TraceStore) -> None:
    writers = [run(WRITER, store.path, letter) for letter in "abc"]
    assert [writer.communicate(timeout=60)[1] for writer in writers] == ["", "", ""]
    with closing(sqlite3.connect(store.path)) as connection:
        counts = connection.execute("SELECT count(*) FROM spans GROUP BY trace_id").fetchall()
    assert counts == [(400,), (400,), (400,)]


def test_while_another_process_writes_a_span_waits_in_memory_and_not_the_question(store: TraceStore) -> None:
    store.write(span("1"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with within(2.5):  # at its end a store waits 3 s for the other
            store.write(span("2", "1"))
        other.execute("ROLLBACK")
    store.close()
    tree = store.trace(TRACE)
    assert tree is not None
    assert len(list(tree.walk())) == 2


def test_a_forked_process_writes_through_a_connection_of_its_own(store: TraceStore) -> None:
    code = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from agent.llmops.trace_records import SpanRecord
from agent.llmops.trace_store import TraceStore
store = TraceStore(Path(sys.argv[1]))
def write(id): store.write(SpanRecord("ab" * 16, id, None, "s", "span", datetime.now(UTC), 0.1))
write("1")
if (child := os.fork()) == 0:
    write("2"); store.close(); os._exit(0)
os.waitpid(child, 0)
write("3")
store.close()
"""
    assert run(code, store.path).communicate(timeout=30)[1] == ""
    tree = store.trace(TRACE)
    assert tree is not None
    assert {each.id for each in tree.roots} == {"1", "2", "3"}


ASKING = """
import sys, time
from pathlib import Path
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.trace_store import TraceStore
from agent.llmops.tracing import Tracing
client = LangfuseClient.create(public_key=None, secret_key=None, base_url=None, store=TraceStore(Path(sys.argv[1])))
tracing = Tracing(client)
with tracing.question("db_agent", input="How many?"):
    with tracing.span("execute_sql", "tool"):
        pass
    print("ready", flush=True)
    time.sleep(30)
"""


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGKILL])
def test_a_question_whose_process_is_killed_is_found_unfinished_with_what_it_had_done(
    store: TraceStore, blow: signal.Signals
) -> None:
    process = run(ASKING, store.path)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(blow)
    process.communicate(timeout=30)
    (summary,) = store.traces()
    tree = store.trace(summary.id)
    assert tree is not None
    assert (summary.question, summary.outcome, summary.seconds) == ("How many?", "unfinished", None)
    assert [each.name for _, each in tree.walk()] == ["db_agent", "execute_sql"]


def test_a_full_disk_turns_the_store_off_with_one_warning(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from agent.llmops.trace_records import SpanRecord
from agent.llmops.trace_store import TraceStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
store = TraceStore(Path(sys.argv[1]))
for number in range(200):
    store.write(SpanRecord("ab" * 16, str(number), None, "s", "span", datetime.now(UTC), 0.1, "x" * 5000))
store.close()
print("still here")
"""
    said, warned = run(code, tmp_path / "traces.db").communicate(timeout=30)
    assert said == "still here\n"
    assert warned.count("Traces are no longer kept") == 1
    assert "Traceback" not in warned
    assert TraceStore(tmp_path / "traces.db").traces() != []


def _no_folder(path: Path) -> Path:
    path.with_name("file").write_text("in the way")
    return path.with_name("file") / "traces.db"


def _no_database(path: Path) -> Path:
    path.write_text("a letter to my aunt " * 100)
    return path


def _a_folder(path: Path) -> Path:
    path.mkdir()
    return path


def _from_the_future(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA application_id = {0x44424154}; PRAGMA user_version = 99")
    return path


def _another_database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE spans (id INTEGER); PRAGMA user_version = 1")
    return path


@pytest.mark.parametrize("spoil", [_no_folder, _no_database, _a_folder, _from_the_future, _another_database])
def test_a_place_where_nothing_can_be_kept_is_said_once_and_left_as_it_is(
    tmp_path: Path, spoil: object, caplog: pytest.LogCaptureFixture
) -> None:
    path = spoil(tmp_path / "traces.db")  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    store = TraceStore(path)
    with caplog.at_level(logging.WARNING):
        store.write(span("1"))
        store.write(span("2"))
        store.close()
    assert [record.getMessage().count(str(path)) for record in caplog.records] == [1]
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("spoil", [_no_database, _a_folder, _another_database])
def test_a_file_that_cannot_be_read_is_an_error_that_says_what_to_do(tmp_path: Path, spoil: object) -> None:
    path = spoil(tmp_path / "traces.db")  # type: ignore[operator]
    with pytest.raises(DBAgentError, match="Move the file away"):
        TraceStore(path).traces()


def test_a_trace_is_wanted_by_the_beginning_of_its_id_or_as_the_latest(store: TraceStore) -> None:
    with pytest.raises(TraceNotFound, match="no traces yet"):
        store.wanted(None)
    for id in ("ab" * 16, "ac" * 16):
        store.write(replace(span("1"), trace_id=id, started=START + timedelta(hours=int(id[1] == "c"))))
    assert store.wanted(None).summary.id == "ac" * 16
    assert store.wanted(" AB ").summary.id == "ab" * 16
    for text, said in (("a", "Several traces begin with 'a'"), ("", "no trace ''"), ("zz", "no trace 'zz'")):
        with pytest.raises(TraceNotFound, match=said):
            store.wanted(text)


def test_old_traces_are_deleted_while_new_ones_are_written_and_leave_nothing_in_the_file(tmp_path: Path) -> None:
    path, now = tmp_path / "traces.db", datetime.now(UTC)
    old, recent = TraceStore(path), TraceStore(path, keep_days=30)
    for number in range(25):
        began = now - timedelta(days=31 + number)
        root = replace(span("1"), trace_id=f"{number:032x}", started=began, input="the secret of last month")
        old.write(root)
        old.write(replace(root, id="2", parent_id="1", started=began))
    old.close()
    kept_for_ever = len(old.traces(1000))
    recent.write(replace(span("1"), started=now - timedelta(days=29)))
    recent.close()
    after_one = recent.traces(1000)
    for _ in range(2):  # some at a time
        recent.write(replace(span("1"), started=now))
        recent.close()
    assert (kept_for_ever, len(after_one)) == (25, 16)
    assert after_one[-1].started > now - timedelta(days=31 + 15)  # the oldest went first
    assert [each.id for each in recent.traces(1000)] == [TRACE]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert connection.execute("SELECT count(*) FROM spans").fetchone() == (1,)
    assert b"the secret of last month" not in path.read_bytes()


def test_a_process_that_never_ends_deletes_old_traces_too(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.db", keep_days=1)
    for number in range(40):
        store.write(replace(span("1"), trace_id=f"{number:032x}", started=START - timedelta(days=400 - number)))
    assert len(store.traces(1000)) <= 10


def test_deleting_old_traces_waits_for_nobody(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.db", keep_days=1)
    store.write(replace(span("1"), started=START - timedelta(days=400)))
    with closing(sqlite3.connect(store.path)) as other, within(2):
        other.execute("BEGIN IMMEDIATE")
        store.close()
    assert len(store.traces()) == 1


def test_what_a_crowd_does_is_written_together_and_soon_and_read_at_once(store: TraceStore) -> None:
    store.write(span("root"))
    for number in range(1, 300):
        store.write(span(f"{number}", "root"))
    tree = store.trace(TRACE)
    assert tree is not None
    assert len(list(tree.walk())) == 300
    for number in range(300, 400):
        store.write(span(f"{number}", "root"))

    def written() -> int:
        with closing(sqlite3.connect(store.path)) as connection:
            return int(connection.execute("SELECT count(*) FROM spans").fetchone()[0])

    until(lambda: written() == 400)


def test_whoever_reads_waits_for_what_another_thread_is_writing(store: TraceStore) -> None:
    store.write(span("1"))
    with closing(sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(store.keep, [span("2", "1")])
            time.sleep(0.1)  # it has taken the span to write it, and waits for the other
            threading.Timer(0.2, other.execute, ["ROLLBACK"]).start()
            tree = store.trace(TRACE)
            writing.result()
    assert tree is not None
    assert len(list(tree.walk())) == 2
