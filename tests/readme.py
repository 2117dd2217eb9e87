"""Writes the parts of README.md and MODELS.md that are made and not written: `python -m tests.readme [PART ...]`.

A part stands between `<!-- made by `make docs`: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.settings import Settings
from tests import model_faults
from tests.terminal_picture import chat_picture

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
MODELS = ROOT / "MODELS.md"

TRANSCRIPT = (
    ["ask", "What is the total amount of orders by status?"],
    ["ask", "上个月有多少订单?"],
    ["traces", "show"],
)
CHAT = (
    "Show the revenue by quarter for last year.",
    "only Europe",
    "/sql",
    "/chart bar",
    "列出价格最高的5个商品的中文名称和价格。",
)


def settings() -> str:
    """The table of variables, defaults and meanings."""
    lines = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, (default, meaning) in Settings.variables().items():
        shown = "" if default in ("", None) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        if name == "DBAGENT_HOME":
            shown = "`~/.local/share/dbagent`"
        lines.append(f"| `{name}` | {shown} | {meaning} |")
    return "\n".join(lines)


def transcript() -> str:
    """What the commands print, as it is, on the sample database with the offline model."""
    with tempfile.TemporaryDirectory() as home:
        environment = _fresh(home) | {"COLUMNS": "110"}
        subprocess.run(
            [sys.executable, "-m", "agent", "ask", "hello"], env=environment, capture_output=True, check=False
        )
        shown = []
        for command in TRANSCRIPT:
            done = subprocess.run(
                [sys.executable, "-m", "agent", *command], env=environment, capture_output=True, text=True, check=False
            )
            trimmed = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).rstrip().splitlines())
            shown.append(f"{typed(command)}\n{trimmed}")
    return "```\n" + "\n\n".join(shown) + "\n```"


def typed(command: Sequence[str]) -> str:
    """A command as one types it."""
    return " ".join(["$ dbagent", *(f'"{part}"' if " " in part or not part.isascii() else part for part in command)])


def chat() -> str:
    """What a terminal shows of a chat, on the sample database with the offline model."""
    with tempfile.TemporaryDirectory() as home:
        return f"```\n$ dbagent chat\n{chat_picture(CHAT, _fresh(home))}\n```"


def _fresh(home: str) -> dict[str, str]:
    """The environment of someone who has just installed it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(VENDORS)}
    return environment | {"DBAGENT_HOME": home, "XDG_CACHE_HOME": home}


def measured() -> str:
    """What the benchmarks print on this machine."""
    shown = []
    for name, *options in (
        ("bench_startup",),
        ("bench_question",),
        ("bench_tokens", "--tables", "10", "10000"),
        ("bench_reflection", "--tables", "500", "--times", "2"),
    ):
        command = [sys.executable, "-m", f"tests.bench.{name}", *options]
        environment = {**os.environ, "COLUMNS": "100"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
        shown.append("\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines()))
    return "```\n" + "\n\n".join(shown) + "\n```"


def search() -> str | None:
    """How often the search finds what a question needs, and how long it takes; None where the questions are not."""
    if not QUESTIONS.exists():
        return None
    rows: list[str] = []
    for folder in (QUESTIONS, ROOT / "tests" / "bench" / "chinese"):
        lines = _said("tests.bench.bench_search", "--data", str(folder))
        rows += lines if not rows else lines[1:]
    head, *body = [f"| {row} |" for row in rows]
    times = _said("tests.bench.bench_search", "--size")
    return "\n".join([head, "| --- | --: | --: | --: | --: |", *body, "", *times])


def _said(module: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [line.rstrip() for line in done.stdout.rstrip().splitlines()]


QUESTIONS = ROOT.parent / "shared" / "data"
VENDORS = ("DBAGENT_", "OPENAI_", "LANGFUSE_")
PARTS: Mapping[str, Callable[[], str | None]] = {
    "settings": settings,
    "transcript": transcript,
    "chat": chat,
    "measured": measured,
    "search": search,
    "faults": model_faults.table,
}


def with_part(text: str, name: str, made: str) -> str:
    """The text with one part replaced."""
    start, end = f"<!-- made by `make docs`: {name} -->", "<!-- end -->"
    pattern = re.compile(re.escape(start) + r".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"There is no place for {name!r}.")
    return pattern.sub(lambda _: f"{start}\n{made}\n{end}", text, count=1)


def main() -> None:
    for name in sys.argv[1:] or PARTS:
        print(f"making {name} ...", flush=True)
        made = PARTS[name]()
        if made is None:
            print(f"{name} stays as it is: what it is made of is not here", flush=True)
        else:
            file = MODELS if name == "faults" else README
            file.write_text(with_part(file.read_text("utf-8"), name, made), "utf-8")


if __name__ == "__main__":
    main()
