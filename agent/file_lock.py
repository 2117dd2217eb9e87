"""One process at a time: a lock that is a file, and ends with the process that holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Within it no other process is within it; without fcntl (Windows) there is no lock.

    Raises BlockingIOError where another is and `wait` is False, and OSError where the file cannot be made.
    """
    if fcntl is None:
        yield
        return
    while True:
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it before took the file away: a lock on what has no name any more keeps nobody out.
            if not _is(lock, file.fileno()):
                continue
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
            return


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
