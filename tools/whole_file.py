"""A file that is there whole or not at all: it is written beside its place, and put there when it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ABANDONED_SECONDS = 3600


@contextmanager
def in_place_of(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """An empty file beside `path`, to be written to; it takes the place of `path` unless the block raises.

    Who may read it is what held for `path` before, else `mode`. Raises OSError, as the block may; what was at `path`
    then stays.
    """
    # Two programs may write at once: each its own file, and the later one stays. The dot keeps others from reading it.
    beside = path.with_name(f".{path.stem}.{os.getpid()}-{time.monotonic_ns()}.tmp{path.suffix}")
    try:
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        with suppress(FileNotFoundError):
            beside.chmod(path.stat().st_mode & 0o777)
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what programs left in a folder that were killed while they wrote."""
    for left in folder.glob(".*.tmp*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()
