"""How tests wait: until something is so, and for something that has to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What stands in this ends within so many seconds.

    The bound tells an end from a hang, also on a machine five times slower than ours that has other work; how quick
    a thing is, tests/bench measures.
    """
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    assert took < seconds, f"took {took:.1f} s, which should end within {seconds:g} s"


def until(so: Callable[[], T], seconds: float = 30) -> T:
    """What `so` gives, as soon as it is true; fails when it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not (given := so()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain; the last was {given!r}"
        time.sleep(0.01)
    return given
