"""Asking from a notebook, what it shows, and the rows as data frames."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent import calls
from agent.answer import Answer
from agent.jupyter import load_ipython_extension
from tests import model_server as server
from tests.conftest import AgentWith
from tests.test_cli import asking
from tools.result_table import ResultTable

BY_STATUS = "SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status"


class Shell:
    """What %load_ext hands over, as far as it is used."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magic: Callable[..., Any] = lambda *_: None

    def register_magic_function(self, magic: Callable[..., Any], magic_kind: str, magic_name: str) -> None:
        assert (magic_kind, magic_name) == ("line_cell", "ask")
        self.magic = magic


@pytest.fixture
def shell() -> Iterator[Shell]:
    shell = Shell()
    load_ipython_extension(shell)
    yield shell
    shell.magic.__self__.close()  # type: ignore[attr-defined]


def test_cells_are_one_conversation_and_the_answer_is_kept(
    shell: Shell, shop_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = (calls("execute_sql", sql=BY_STATUS), "3 and 1.", "3.", "Hello.")
    with server.model_server(*map(server.says, said)) as running:
        for name, value in asking(running).items():
            monkeypatch.setenv(name, value)
        first = shell.magic(f"--db '{shop_file}' Orders by status?")
        shell.magic("", "only those\nthat are paid")
        assert shell.user_ns["answer"].text == "3."
        assert BY_STATUS in running.heard[-1]["messages"][2]["content"]
        assert running.heard[-1]["messages"][-1]["content"].endswith("Question: only those\nthat are paid")
        shell.magic("--new hello")
        assert len(running.heard[-1]["messages"]) == 2
    assert isinstance(first, Answer)
    assert first.text == "3 and 1."
    assert shell.magic("--bogus") is None
    assert "There is no option --bogus here" in capsys.readouterr().out


def test_an_answer_shows_itself_and_nothing_in_it_is_markup(agent_with: AgentWith) -> None:
    nasty = "SELECT '<script>alert(1)</script>' AS \"<b>\", 3 AS n UNION ALL SELECT 'b' || chr(27), 5 ORDER BY n"
    answer = agent_with(calls("execute_sql", sql=nasty), "<img src=x onerror=y> it is").ask_sync("since 2024?")
    shown = answer._repr_mimebundle_()
    page = shown["text/html"]
    assert set(shown) == {"text/plain", "text/html", "application/vnd.vegalite.v5+json"}
    assert "<th>&lt;b&gt;</th>" in page
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page
    assert not any(each in page for each in ("<script", "<img", "\x1b"))
    assert "Time: &quot;since 2024&quot; is &gt;= 2024-01-01" in page
    assert "<details><summary>SQL</summary>" in page
    assert shown["text/plain"].startswith("<img src=x onerror=y> it is\n\n2 rows\n| <b> | n |")


def test_a_large_result_says_what_it_does_not_show(agent_with: AgentWith) -> None:
    columns = ", ".join(f"{at} AS c{at}" for at in range(40))
    wide = calls("execute_sql", sql=f"SELECT {columns} FROM range(50)")
    page = agent_with(wide, "There.").ask_sync("all?")._repr_mimebundle_()["text/html"]
    assert "30 more rows and 10 more columns; answer.table.df() has all" in page


ROWS = ResultTable(
    sql="",
    columns=("n", "price", "day", "N", "mixed", ""),
    rows=((1, Decimal("1.50"), datetime.date(2026, 1, 2), "x", 1, None), (2, None, None, "北京", "two", 2**70)),
)


@pytest.mark.parametrize(("library", "package"), [("pandas", "pandas"), ("polars", "polars"), ("arrow", "pyarrow")])
def test_rows_are_data_frames(library: Any, package: str) -> None:
    pytest.importorskip(package)
    frame = ROWS.df(library)
    names = frame.column_names if library == "arrow" else list(frame.columns)
    assert names == ["n", "price", "day", "N_2", "mixed", "column_6"]
    assert list(frame["n"].to_pylist() if library == "arrow" else frame["n"]) == [1, 2]
    assert len(frame) == 2


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(ImportError, match="polars"):
        ROWS.df("polars")
