"""The command line, run in the process of the test: starting Python forty times over would show nothing more."""

from __future__ import annotations

import io
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from agent.cli import main


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def dbagent(*arguments: str, stdin: str | None = None, **environment: str) -> Done:
    """Run the command in this process. What only a process shows (signals, pipes, start-up) is in test_cli.py."""
    out, error = io.StringIO(), io.StringIO()
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(error):
        patch.setattr(sys, "stdin", io.StringIO(stdin or ""))
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            code = main(arguments)
        except SystemExit as exit:  # argparse's way to refuse
            code = int(exit.code or 0)
        finally:
            signal.signal(signal.SIGTERM, handler)
    return Done(code, out.getvalue(), error.getvalue())
