"""The command line as a person meets it: what is printed where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from agent import calls
from agent.messages import ModelReply
from tests import model_server as server
from tests.command_line import dbagent
from tests.waiting import until

PYTHON = sys.executable
ROOT = Path(__file__).parent.parent
COUNT = calls("execute_sql", sql="SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status")


def in_a_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [PYTHON, "-m", "agent", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def asking(running: server.ModelServer) -> dict[str, str]:
    return {"OPENAI_BASE_URL": running.url, "OPENAI_API_KEY": "sk-not-to-be-seen", "DBAGENT_MODEL": "test-model"}


def test_an_answer_shows_its_text_its_rows_its_sql_and_its_receipt(shop_file: Path) -> None:
    with server.model_server(server.says(COUNT), server.says("3 paid, 1 returned.")) as running:
        done = dbagent("ask", "Orders by status?", "--db", str(shop_file), **asking(running))
    assert (done.returncode, done.stderr) == (0, "")
    text, rows, sql, receipt = done.stdout.strip().split("\n\n")
    assert text == "3 paid, 1 returned."
    assert re.search(r"paid\s+3", rows)
    assert sql.startswith("SELECT status, count(*) AS orders")
    assert receipt.startswith(
        "2 rows from main.orders · prompt agent/db_agent v3 (production, file) · test-model in 2 steps"
    )


def test_json_is_the_whole_answer(shop_file: Path) -> None:
    with server.model_server(server.says(COUNT), server.says("3 and 1.")) as running:
        done = dbagent("ask", "Orders by status?", "--db", str(shop_file), "--json", **asking(running))
    answer = json.loads(done.stdout)
    assert answer["table"]["rows"] == [["paid", 3], ["returned", 1]]
    assert answer["receipt"]["outcome"] == "answered"
    assert answer["receipt"]["tokens"] is None


def test_csv_is_the_rows_and_formulas_in_them_are_text(shop_file: Path) -> None:
    risky = calls("execute_sql", sql="SELECT 1 AS n, '=1+2' AS formula, NULL AS nothing, -5 AS negative")
    with server.model_server(server.says(risky), server.says("There.")) as running:
        done = dbagent("ask", "Show", "--db", str(shop_file), "--csv", **asking(running))
    assert list(csv.reader(io.StringIO(done.stdout))) == [
        ["n", "formula", "nothing", "negative"],
        ["1", "'=1+2", "", "-5"],
    ]


def test_sql_only_is_the_sql(shop_file: Path) -> None:
    with server.model_server(server.says(COUNT), server.says("There.")) as running:
        done = dbagent("ask", "Show", "--db", str(shop_file), "--sql-only", **asking(running))
    assert done.stdout.strip() == json.loads(COUNT.tool_calls[0].arguments)["sql"]


def test_the_question_can_come_from_stdin(shop_file: Path) -> None:
    with server.model_server(server.says("Hello.")) as running:
        dbagent("ask", "-", "--db", str(shop_file), stdin="How many orders?\n", **asking(running))
        assert running.heard[0]["messages"][-1]["content"].endswith("Question: How many orders?")


def test_control_sequences_from_the_model_or_the_data_reach_no_terminal(shop_file: Path) -> None:
    risky = calls("execute_sql", sql="SELECT chr(27) || ']52;c;aGk=' || chr(7) || 'x' || chr(8238) AS cell")
    said = ModelReply("red \x1b[31m and \x1b]8;;http://evil\x07link\u202e")
    with server.model_server(server.says(risky), server.says(said)) as running:
        done = dbagent("ask", "Show", "--db", str(shop_file), **asking(running))
    assert not set(done.stdout) & {"\x1b", "\x07", "\u202e"}


def test_a_table_of_300_columns_and_binary_values_is_shown_without_harm(shop_file: Path) -> None:
    wide = "SELECT '\\xAA\\x00'::BLOB AS b, 'nan'::DOUBLE AS x, " + ", ".join(f"{n} AS c{n}" for n in range(300))
    for form in ([], ["--json"], ["--csv"]):
        with server.model_server(server.says(calls("execute_sql", sql=wide)), server.says("Wide.")) as running:
            done = dbagent("ask", "Show", "--db", str(shop_file), *form, **asking(running))
            assert done.returncode == 0, done.stderr


def test_an_answer_without_a_query_has_its_own_exit_code(shop_file: Path) -> None:
    with server.model_server(server.says("I cannot say.")) as running:
        done = dbagent("ask", "Why?", "--db", str(shop_file), **asking(running))
    assert (done.returncode, done.stdout.split("\n")[0]) == (3, "I cannot say.")


def test_with_csv_and_no_rows_the_reason_is_on_stderr(shop_file: Path) -> None:
    with server.model_server(server.says("I cannot say.")) as running:
        done = dbagent("ask", "Why?", "--db", str(shop_file), "--csv", **asking(running))
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "I cannot say.\n")


BAD = {
    "an empty question": (["ask", " "], {}, 2, "The question is empty"),
    "no question": (["ask"], {}, 2, "QUESTION"),
    "an unknown command": (["aks", "x"], {}, 2, "invalid choice"),
    "no such file": (["ask", "x", "--db", "/nowhere/x.duckdb"], {}, 5, "no file"),
    "a URL that is none": (["ask", "x", "--db", "postgres:/x"], {}, 5, ""),
    "an unknown kind of database": (["ask", "x", "--db", "oracle9://h/x"], {}, 5, "oracle9"),
    "nobody at the port": (["ask", "x", "--db", "postgresql://u:sesame-open@127.0.0.1:9/x"], {}, 5, "127.0.0.1"),
    "a wrong setting": (["ask", "x"], {"DBAGENT_ROW_LIMIT": "lots"}, 2, "DBAGENT_ROW_LIMIT"),
    "a model without a key": (["ask", "x"], {"DBAGENT_MODEL": "gpt-5"}, 2, "OPENAI_API_KEY"),
    "an unknown prompt label": (["ask", "x", "--prompt-label", "nope"], {}, 2, "nope"),
    "nothing to search": (["search", " "], {}, 2, "no words"),
    "knowledge that is not there": (["ask", "x", "--knowledge", "nope"], {}, 2, "no folder nope"),
    "a trace that is not there": (["traces", "show", "ffff"], {}, 2, "no trace"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_input_is_one_line_and_its_exit_code(bad: str, shop_file: Path) -> None:
    arguments, environment, code, said = BAD[bad]
    done = dbagent(*arguments, **{"DBAGENT_DATABASE_URL": str(shop_file), **environment})
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "sesame-open" not in done.stderr
    assert done.stderr.startswith("usage:") or done.stderr.count("\n") == 1


def test_a_wrong_password_is_not_echoed(mysql_url: str, shop_file: Path) -> None:
    host = mysql_url.rsplit("@", 1)[1]
    done = dbagent("ask", "x", "--db", f"mysql://nobody:sesame-open@{host}")
    assert done.returncode == 5
    assert "sesame-open" not in done.stdout + done.stderr


def test_a_model_that_is_away_has_its_own_exit_code(shop_file: Path) -> None:
    with server.model_server(server.fails(401, "bad key sk-not-to-be-seen")) as running:
        done = in_a_process("ask", "x", "--db", str(shop_file), **asking(running))
    assert done.returncode == 4
    assert "OPENAI_API_KEY" in done.stderr
    assert "sk-not-to-be-seen" not in done.stderr


def test_a_text_file_is_not_a_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.duckdb"
    file.write_text("dear diary")
    done = dbagent("ask", "x", "--db", str(file))
    assert (done.returncode, "notes.duckdb" in done.stderr) == (5, True)


def test_a_database_without_tables_is_asked_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "empty.duckdb"
    duckdb.connect(str(file)).close()
    done = dbagent("ask", "How many orders?", "--db", str(file))
    assert (done.returncode, done.stderr) == (3, "")


def test_the_offline_model_answers_from_a_csv_file(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("city,amount\nBerlin,10\nBerlin,5\nOslo,7\n")
    done = dbagent("ask", "What is the total amount by city?", "--db", str(file), "--json")
    answer = json.loads(done.stdout)
    assert sorted(map(tuple, answer["table"]["rows"])) == [("Berlin", 15), ("Oslo", 7)], answer


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom agent.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'openai', 'langfuse', 'sqlalchemy', 'duckdb', 'sqlglot', 'pydantic', 'rich', 'jinja2'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "exit codes" in done.stdout


def test_importing_the_agent_starts_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, threading, os; before = set(os.listdir('.'))\nimport agent\n"
        "assert threading.active_count() == 1 and set(os.listdir('.')) == before\n"
        "assert not {'openai', 'langfuse', 'sqlalchemy', 'duckdb'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_foreign_package_named_tools_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").touch()
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [PYTHON, "-c", "import agent"], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert "another one is in the way" in done.stderr


def test_traces_are_listed_and_shown_as_a_tree(shop_file: Path) -> None:
    plan = calls("search_metadata", words="orders")
    with server.model_server(server.says(plan), server.says(COUNT), server.says("3 and 1.")) as running:
        asked = dbagent("ask", "Orders by status?", "--db", str(shop_file), "--json", **asking(running))
    trace = json.loads(asked.stdout)["receipt"]["trace_id"]
    listed = dbagent("traces").stdout
    assert trace[:12] in listed
    assert "Orders by status?" in listed
    shown = dbagent("traces", "show", trace[:8]).stdout
    names = ["db_agent", "plan generation", "search_metadata", "sql generation", "execute_sql", "result formatting"]
    positions = [shown.index(name) for name in names]
    assert positions == sorted(positions)
    assert "prompt agent/db_agent v3" in shown
    assert "total:" in shown


def test_a_trace_shows_how_the_offline_model_read_the_question(shop_file: Path) -> None:
    asked = json.loads(dbagent("ask", "How many orders are there?", "--db", str(shop_file), "--json").stdout)
    shown = dbagent("traces", "show", asked["receipt"]["trace_id"]).stdout
    assert "How I read the question:" in shown
    assert "asked for: number of " in shown


def test_doctor_says_what_is_there_and_what_is_not(shop_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBAGENT_FAST_MODEL", "offline")
    fine = dbagent("doctor", "--db", str(shop_file))
    assert fine.returncode == 0, fine.stdout
    assert fine.stdout.count("the built-in offline model") == 2
    assert "2 tables" in fine.stdout
    bad = dbagent("doctor", "--db", "/nowhere.duckdb")
    assert (bad.returncode, "no file" in bad.stdout) == (5, True)


def test_doctor_tells_all_that_is_wrong_and_not_only_the_first(shop_file: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("roles: {a: {alow: x}}")
    wrong = {
        "DBAGENT_MODEL": "gpt-5",
        "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
        "DBAGENT_ROW_LIMIT": "many",
        "DBAGENT_MODLE": "x",
        "DBAGENT_POLICY": str(tmp_path / "policy.yaml"),
        "DBAGENT_MODEL_PRICES": str(tmp_path / "gone.json"),
    }
    told = dbagent("doctor", "--db", str(shop_file), **wrong)
    assert told.returncode == 2
    lines = told.stdout.splitlines()
    for part in (
        "OPENAI_API_KEY is not set",
        "LANGFUSE_SECRET_KEY is not set",
        "DBAGENT_ROW_LIMIT: ",
        "Did you mean 'allow'?",
        "Did you mean DBAGENT_MODEL?",
        "gone.json cannot be read: No such file or directory.",
        "2 tables",
    ):
        assert sum(part in line for line in lines) == 1, (part, told.stdout)
    assert {line.split()[0] for line in lines} >= {"ok", "no"}


def test_a_group_of_commands_alone_lists_what_it_does() -> None:
    for group, action in (("prompts", "rollback"), ("eval", "compare"), ("alerts", "check"), ("experiments", "report")):
        told = dbagent(group)
        assert (told.returncode, told.stderr) == (0, "")
        assert f"    {action} " in told.stdout, group


def test_an_interrupted_question_ends_at_once_with_130(shop_file: Path) -> None:
    with server.model_server(server.hangs(60)) as running:
        process = subprocess.Popen(
            [PYTHON, "-m", "agent", "ask", "x", "--db", str(shop_file)],
            cwd=ROOT,
            env={**os.environ, **asking(running)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: running.heard)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in error


def test_a_reader_that_goes_away_is_no_error(shop_file: Path) -> None:
    done = subprocess.run(
        f"{PYTHON} -m agent --help | head -1", shell=True, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_search_shows_what_the_model_would_see(shop_file: Path) -> None:
    shown = dbagent("search", "paid", "orders", "--db", str(shop_file))
    assert shown.stdout.startswith("main.orders -- One row per order, also cancelled ones.")
    found = json.loads(dbagent("search", "paid orders", "--db", str(shop_file), "--json").stdout)
    assert found
    nothing = dbagent("search", "orders", "--db", str(shop_file), DBAGENT_INCLUDE="nope.*")
    assert nothing.stderr == "dbagent: The pattern 'nope.*' includes no table: there is none.\n"
