"""The chat as a person meets it: over pipes, and in a terminal of its own that is really driven."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pexpect
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from rich.cells import cell_len

from agent import calls
from agent.chat.export import chart_page
from agent.chat.line_input import Names
from agent.messages import ModelReply
from agent.store import Store
from tests import model_server as server
from tests.command_line import Done, dbagent
from tests.terminal_picture import READY, Picture
from tests.test_cli import ROOT, asking
from tests.waiting import within

BY_STATUS = "SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status"
COUNT = calls("execute_sql", sql=BY_STATUS)
WIDE = calls("execute_sql", sql="SELECT " + ", ".join(f"{n}000000 AS column_{n:02}" for n in range(30)))


def chat(
    db: Path, lines: list[str], *replies: ModelReply | str, options: tuple[str, ...] = (), **environment: str
) -> Done:
    """Chat over pipes, with a model that says these things."""
    with server.model_server(*map(server.says, replies or ("Hello.",))) as running:
        done = dbagent(
            "chat", "--db", str(db), *options, stdin="\n".join(lines) + "\n", **asking(running), **environment
        )
        chat.heard = [each["messages"] for each in running.heard]  # type: ignore[attr-defined]
    return done


def heard() -> list[list[dict[str, Any]]]:
    return chat.heard  # type: ignore[attr-defined, no-any-return]


def test_a_chat_over_pipes_answers_line_by_line_and_the_model_knows_what_was_said(shop_file: Path) -> None:
    done = chat(shop_file, ["Orders by status?", "only paid \\", "ones"], COUNT, "3 paid, 1 returned.", "3 are paid.")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"> Orders by status\?\n3 paid, 1 returned\.\n\nstatus +orders\n─+\npaid +3\n", done.stdout)
    assert "\n> only paid\nones\n3 are paid.\n" in done.stdout.replace("paid \n", "paid\n")
    assert heard()[-1][-1]["content"].endswith("Question: only paid \nones")
    assert BY_STATUS in heard()[-1][2]["content"]


def test_commands_are_about_the_last_answer(shop_file: Path) -> None:
    lines = [
        "/sql",
        "Orders by status?",
        "/sql",
        "/table",
        "/cost",
        "/chart",
        "/chart pie",
        "/trace",
        "/schema",
        "/hel",
    ]
    out = chat(shop_file, lines, COUNT, "3 paid, 1 returned.").stdout.split("\n> ")
    said = {part.split("\n")[0].removeprefix("> "): part.partition("\n")[2].strip() for part in out}
    assert said["/sql"] == BY_STATUS
    assert "Nothing has been answered yet: ask something first." in out[0] + out[1]
    assert said["/table"].split() == [
        "status",
        "orders",
        "─" * len(said["/table"].split("\n")[1]),
        "paid",
        "3",
        "returned",
        "1",
    ]
    assert said["/cost"].startswith("last question: 1 asked, tokens unknown, cost unknown")
    assert re.match(r"Orders by status\?\norders\npaid +█+ +3\nreturned +█+\S* +1$", said["/chart"])
    assert said["/chart pie"] == "'pie' is no kind of chart. It is /chart [bar|line|off|auto]."
    assert "execute_sql tool" in said["/trace"]
    assert "main.customers" in said["/schema"]
    assert "/feedback up|down [COMMENT]" in said["/hel"]


def test_what_goes_wrong_is_said_and_the_chat_goes_on(shop_file: Path) -> None:
    lines = [
        "/bogus",
        "/c",
        "/resume nobody",
        "/export",
        "/model gpt",
        "/label nothing",
        "hello",
        "/quit",
        "never asked",
    ]
    done = chat(shop_file, lines, "Hello there.")
    assert "There is no command /bogus. /help lists them." in done.stdout
    assert "It may be /chart or /cost." in done.stdout
    assert "no session of yours is called or begins so" in done.stdout
    assert "Name a file. It is /export [-f] FILE." in done.stdout
    assert "The model is gpt." in done.stdout
    assert "nothing" in done.stdout
    assert "Hello there." in done.stdout
    assert "never asked" not in done.stdout
    assert done.returncode == 0


def test_a_pipe_whose_last_question_failed_says_so_in_its_exit_code(shop_file: Path) -> None:
    with server.model_server(server.fails(401, "bad key")) as running:
        done = dbagent("chat", "--db", str(shop_file), stdin="hello\n", **asking(running))
    assert done.returncode == 4


def test_a_session_is_listed_resumed_and_exported(shop_file: Path, tmp_path: Path) -> None:
    home = {"DBAGENT_HOME": str(tmp_path / "home")}
    chat(shop_file, ["Orders by status?"], COUNT, "3 paid, 1 returned.", options=("--session", "first-one"), **home)
    page, book = tmp_path / "talk.md", tmp_path / "talk.ipynb"
    lines = [
        "/sessions",
        "/resume 1",
        "the second one",
        f"/export {page}",
        f"/export {book}",
        f"/export {page}",
        "/new",
    ]
    done = chat(shop_file, lines, "1 was returned.", **home)
    assert re.search(r"\n1 +first-one .* 1 +Orders by status\?", done.stdout)
    assert "session first-one, 1 earlier question\n  Orders by status?" in done.stdout
    assert "| returned | 1 |" in heard()[-1][2]["content"]
    assert "## the second one\n\n1 was returned." in page.read_text("utf-8")
    assert len(json.loads(book.read_text("utf-8"))["cells"]) == 4
    assert "is there already" in done.stdout
    other = chat(shop_file, ["/sessions", "/resume first-one"], options=("--user", "max"), **home)
    assert "No conversation is kept yet." in other.stdout
    assert "no session of yours" in other.stdout


def test_feedback_is_kept_with_the_trace(shop_file: Path, tmp_path: Path) -> None:
    home = {"DBAGENT_HOME": str(tmp_path)}
    done = chat(shop_file, ["hello", "/feedback down not what I meant", "/feedback"], "Hello.", **home)
    assert "Thank you" in done.stdout
    assert "Feedback is up or down" in done.stdout
    (kept,) = Store(tmp_path / "store.db").feedback()
    assert (kept.rating, kept.comment, kept.question) == ("down", "not what I meant", "hello")


TYPES = (
    "SELECT 1 AS n, 12.50::DECIMAL(10,2) AS price, 0.5::DOUBLE AS part, DATE '2026-11-24' AS day, "
    "TIMESTAMP '2026-11-24 10:30:00' AS at, true AS yes, '=1+2' AS text, NULL AS nothing, "
    "12345678901234567890 AS huge, 'x' AS n UNION ALL "
    "SELECT 2, 7.25, NULL, NULL, NULL, false, '北京', NULL, 1, 'y'"
)


def test_rows_are_exported_in_every_form_with_their_types(shop_file: Path, tmp_path: Path) -> None:
    files = {ending: tmp_path / f"rows.{ending}" for ending in ("csv", "json", "xlsx", "parquet")}
    lines = ["show", *(f"/export {path}" for path in files.values()), f"/export {tmp_path / 'rows.doc'}"]
    done = chat(shop_file, lines, calls("execute_sql", sql=TYPES), "There.")
    assert "End it with .csv, .json, .xlsx, .parquet, .html, .svg, .png." in done.stdout
    assert files["csv"].read_text("utf-8").splitlines()[2] == "2,7.25,,,,false,北京,,1,y"
    rows = json.loads(files["json"].read_text("utf-8"))
    assert (rows[0]["price"], rows[0]["huge"], rows[0]["n_2"]) == ("12.50", "12345678901234567890", "x")
    sheet = list(openpyxl.load_workbook(files["xlsx"]).active.iter_rows())
    assert [cell.value for cell in sheet[1]][:4] == [1, 12.5, 0.5, datetime(2026, 11, 24)]
    assert (sheet[1][6].value, sheet[1][6].data_type, sheet[1][8].value) == ("=1+2", "s", "12345678901234567890")
    read = duckdb.sql(f"SELECT * FROM '{files['parquet']}'")
    assert list(map(str, read.types[:6])) == ["BIGINT", "DECIMAL(4,2)", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN"]
    assert [str(value) for value in read.fetchall()[1]][:2] == ["2", "7.25"]


NASTY = "SELECT '</script><script>alert(1)</script>' AS name, 3 AS n UNION ALL SELECT 'b', 5 ORDER BY n"


def test_a_chart_is_written_as_a_picture(shop_file: Path, tmp_path: Path) -> None:
    lines = ["show", f"/export {tmp_path / 'c.svg'}", f"/export {tmp_path / 'c.png'}"]
    done = chat(shop_file, lines, calls("execute_sql", sql=NASTY), "There.")
    assert done.stdout.count("Written: ") == 2
    assert "<script>alert" not in (tmp_path / "c.svg").read_text("utf-8")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_a_page_with_a_chart_runs_nothing_from_the_data() -> None:
    page = chart_page({"mark": "bar", "data": {"values": [{"a": "</script><script>alert(1)</script>"}]}}, whole=False)
    assert "<script>alert" not in page
    assert "\\u003cscript>alert(1)" in page


def test_names_are_completed_after_a_slash_and_in_a_question() -> None:
    names = Names(
        [("sql", "its SQL"), ("sessions", "yours")], lambda: ["public.orders", "orders", "Order ID", "x\x1b[2J"]
    )

    def offered(text: str) -> list[str]:
        return [each.text for each in names.get_completions(Document(text), CompleteEvent())]

    assert offered("/s") == ["/sql", "/sessions"]
    assert offered("how many ORD") == ["Order ID", "orders"]
    assert offered("/export ord") == ["Order ID", "orders"]
    assert offered("x") == offered("") == []


@contextmanager
def terminal(db: Path, home: Path, *behaviours: server.Behaviour, width: int = 100) -> Iterator[Any]:
    """The chat in a terminal of its own, ready for the first question."""
    with server.model_server(*behaviours) as running:
        environment = {
            **os.environ,
            **asking(running),
            "DBAGENT_HOME": str(home),
            "TERM": "xterm-256color",
            "PAGER": "cat",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "PYTHONPATH": str(ROOT),
        }
        child = pexpect.spawn(
            sys.executable,
            ["-m", "agent", "chat", "--db", str(db)],
            env=environment,
            encoding="utf-8",
            timeout=30,
            dimensions=(40, width),
        )
        try:
            child.expect(READY)
            yield child
        finally:
            child.close(force=True)


def test_in_a_terminal_it_answers_completes_pages_remembers_and_ends(shop_file: Path, tmp_path: Path) -> None:
    risky = calls("execute_sql", sql="SELECT '北京' AS city, 5 AS n, chr(27) || '[2J' AS evil")
    said = (risky, "**北京** is [first](http://x.invalid).", WIDE, "Wide.")
    with terminal(shop_file, tmp_path, *map(server.says, said)) as child:
        picture = child.logfile_read = Picture(100, 40)
        child.send("Which city?\r")
        child.expect("evil")
        shown = child.before + child.after
        child.expect("in 2 steps")
        shown += child.before
        child.expect(READY)
        assert "北京" in shown
        head, _, row = next(picture.lines[at : at + 3] for at, line in enumerate(picture.lines) if "evil" in line)
        assert cell_len(head[: head.index("n") + 1]) == cell_len(row[: row.index("5") + 1]), "a character is two wide"
        assert "\x1b]8" not in shown, "a link of the model's stays text"
        assert "\x1b[2J[" not in shown
        child.send("/ta\t")
        child.expect("ble")
        child.send("\r")
        child.expect("北京 +5")
        child.expect(READY)
        child.send("Everything?\r")
        child.expect(r"… (\d+) more columns; /table shows all of it")
        assert "column_29" not in child.before.split("Wide.")[-1]
        child.expect(READY)
        child.send("/table\r")
        child.expect("column_29")
        child.expect(READY)
        child.send("\x04")
        child.expect(pexpect.EOF)
    assert child.exitstatus in (0, None)
    assert "Which city?" in (tmp_path / "chat_history").read_text("utf-8")
    assert (tmp_path / "chat_history").stat().st_mode & 0o077 == 0


def test_ctrl_c_stops_the_question_and_its_query_and_keeps_the_session(shop_file: Path, tmp_path: Path) -> None:
    many = ", ".join(f"range(100000) {name}" for name in "abc")
    slow = f"SELECT count(*) FROM {many} WHERE (a.range + b.range + c.range) % 7 = 3"
    behaviours = (calls("execute_sql", sql=slow), COUNT, "3 paid, 1 returned.")
    with terminal(shop_file, tmp_path, *map(server.says, behaviours)) as child, within(60):
        child.send("How many?\r")
        child.expect("running SELECT")
        child.send("\x03")
        child.expect("Stopped")
        child.expect(READY)
        child.send("Orders by status?\r")
        child.expect("3 paid, 1 returned")
        child.expect(READY)
        child.send("\x03")  # at the prompt it ends nothing
        child.send("/cost\r")
        child.expect("last question: 1 asked")
        child.send("\x04")
        child.expect(pexpect.EOF)
