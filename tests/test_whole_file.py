"""What is written beside its place and put there whole, and the lock that only one process holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent.file_lock import alone
from tools.whole_file import in_place_of

HOLDS_IT = """
import sys
from pathlib import Path
from agent.file_lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_file_is_replaced_whole_and_keeps_who_may_read_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    with in_place_of(kept, 0o600) as beside:
        beside.write_text("one")
        assert not kept.exists()
    assert (kept.read_text(), oct(kept.stat().st_mode)[-3:]) == ("one", "600")
    kept.chmod(0o640)
    with in_place_of(kept, 0o600) as beside:
        beside.write_text("two")
    assert (kept.read_text(), oct(kept.stat().st_mode)[-3:]) == ("two", "640")
    assert list(tmp_path.iterdir()) == [kept]


def test_what_fails_while_it_is_written_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("one")
    with pytest.raises(UnicodeEncodeError), in_place_of(kept) as beside, beside.open("w", encoding="ascii") as file:
        file.writelines(("half of tw", "ö"))
    assert kept.read_text() == "one"
    assert list(tmp_path.iterdir()) == [kept]


def test_only_one_process_at_a_time_holds_a_lock_and_its_end_frees_it(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_IT, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), alone(lock, wait=False):
            pass
        other.stdin.close()
        with alone(lock), pytest.raises(BlockingIOError), alone(lock, wait=False):  # the first waits for the other
            pass
    assert list(tmp_path.iterdir()) == []
