"""The clock of a question: how long the model was asked for it, and when its time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class ModelClock:
    """`seconds` is the wall time spent in model calls; `ends` when the question's time is up, on time.monotonic."""

    seconds: float = 0.0
    ends: float = math.inf


_clock: ContextVar[ModelClock | None] = ContextVar("model_clock", default=None)


@contextmanager
def model_clock(limit: float = math.inf) -> Iterator[ModelClock]:
    """Within it, the time of every model call made in this context adds up on the clock it gives.

    `limit` is the seconds that all that happens within it may take; who waits goes by it.
    """
    clock = ModelClock(ends=time.monotonic() + limit)
    token = _clock.set(clock)
    try:
        yield clock
    finally:
        _clock.reset(token)


def running_clock() -> ModelClock:
    """The clock of this context; one that nobody reads where there is none."""
    return _clock.get() or ModelClock()
