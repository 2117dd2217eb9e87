"""The garbage collector waits while a large statement is read."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LARGE = 10_000  # characters

_lock = threading.Lock()
_waiting = 0
_was_on = False


@contextmanager
def collector_waits(sql: str) -> Iterator[None]:
    """Keep the collector from looking for rubbish meanwhile, where the statement is large.

    A tree of 95 kB is 150,000 objects that all live: going through them again and again took 40 % of the time (0.55
    s, and 0.34 s without). Statements are bounded, so what is not collected is, too.
    """
    if len(sql) < LARGE:
        yield
        return
    _wait()
    try:
        yield
    finally:
        _go_on()


def _wait() -> None:
    global _waiting, _was_on
    with _lock:
        if not _waiting:
            _was_on = gc.isenabled()
            gc.disable()
        _waiting += 1


def _go_on() -> None:
    global _waiting
    with _lock:
        _waiting -= 1
        if not _waiting and _was_on:
            gc.enable()
