"""How long a person waits before anything is asked, as multiples of starting Python itself.

python -m tests.bench.bench_startup [--times N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import agent": [sys.executable, "-c", "import agent"],
    "dbagent --help": [sys.executable, "-m", "agent", "--help"],
    "from agent import open_agent": [sys.executable, "-c", "from agent import open_agent"],
    "dbagent ask (offline, sample database)": [sys.executable, "-m", "agent", "ask", "How many customers are there?"],
}


def seconds_of(command: list[str], times: int, environment: dict[str, str]) -> list[float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        taken.append(time.perf_counter() - started)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stderr.decode()}")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    table = Table(title=f"start-up, {options.times} runs each, seconds")
    for name in ("command", "best", "median", "times a bare Python"):
        table.add_column(name, justify="left" if name == "command" else "right")
    with tempfile.TemporaryDirectory() as folder:
        clean = {
            name: value
            for name, value in os.environ.items()
            # Compiled modules are kept, as they are for whoever has installed it.
            if not name.startswith(("DBAGENT_", "OPENAI_", "LANGFUSE_")) and name != "PYTHONDONTWRITEBYTECODE"
        }
        clean |= {"DBAGENT_HOME": folder, "XDG_CACHE_HOME": folder, "PYTHONPATH": str(Path(__file__).parents[2])}
        bare = 0.0
        for name, command in COMMANDS.items():
            subprocess.run(command, env=clean, capture_output=True, check=False)  # builds the sample, warms the disk
            taken = seconds_of(command, options.times, clean)
            bare = bare or statistics.median(taken)
            middle = statistics.median(taken)
            table.add_row(name, f"{min(taken):.3f}", f"{middle:.3f}", f"{middle / bare:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
