"""Ends a query whose time is up, or whose asker no longer wants it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

_AGAIN_SECONDS = 0.1


class Stop:
    """Ends the running queries of one context: any thread may call `now`, any number of times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: set[Watch] = set()
        self.stopped = False

    def now(self) -> None:
        """End what runs, and whatever this context would still start."""
        with self._lock:
            self.stopped = True
            watches = tuple(self._watches)
        for watch in watches:
            watch.end("stopped")

    def _add(self, watch: Watch) -> None:
        with self._lock:
            self._watches.add(watch)
            stopped = self.stopped
        if stopped:
            watch.end("stopped")

    def _discard(self, watch: Watch) -> None:
        with self._lock:
            self._watches.discard(watch)


class Watch:
    """Calls `cancel` once the time is up or the context is stopped, for as long as its `with` block lasts.

    `cancel` is called again and again: an interrupt that comes just before the engine begins is lost in
    DuckDB, which clears the flag when a query starts. It is called in a thread that is there only then: one for each
    query took a third of the time of a short one.
    """

    def __init__(self, cancel: Callable[[], None], seconds: float, stop: Stop) -> None:
        self._cancel = cancel
        self._seconds = seconds
        self._stop = stop
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._canceller: threading.Thread | None = None
        self.reason: str | None = None  # "timeout" | "stopped", once it has fired

    def __enter__(self) -> Watch:
        _deadlines.add(self, time.monotonic() + self._seconds)
        self._stop._add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop._discard(self)
        _deadlines.remove(self)
        with self._lock:
            self._done.set()
        if self._canceller is not None:
            self._canceller.join()

    def end(self, reason: str) -> None:
        """Fire now, unless it has fired already, or the query is done."""
        with self._lock:
            if self._done.is_set() or self._canceller is not None:
                return
            self.reason = self.reason or reason
            canceller = threading.Thread(target=self._go_on_cancelling, name="dbagent-cancel", daemon=True)
            canceller.start()
            self._canceller = canceller

    def _go_on_cancelling(self) -> None:
        while not self._done.is_set():
            self._cancel()
            self._done.wait(_AGAIN_SECONDS)


class _Deadlines:
    """The watches that are on, and the one thread that sleeps until the first of them is due."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[Watch, float] = {}
        self._wakes = 0.0
        self._awake = False

    def add(self, watch: Watch, ends: float) -> None:
        """End the watch at that moment of the monotonic clock."""
        with self._changed:
            self._ends[watch] = ends
            if not self._awake:
                threading.Thread(target=self._attend, name="dbagent-deadlines", daemon=True).start()
                self._awake, self._wakes = True, ends
            elif ends < self._wakes:
                self._changed.notify()

    def remove(self, watch: Watch) -> None:
        """Forget the watch: its query is done."""
        with self._changed:
            self._ends.pop(watch, None)

    def _attend(self) -> None:
        with self._changed:
            while self._ends:
                now = time.monotonic()
                for watch in [each for each, ends in self._ends.items() if ends <= now]:
                    del self._ends[watch]
                    try:
                        watch.end("timeout")
                    except RuntimeError:  # no thread can be started just now
                        self._ends[watch] = now + _AGAIN_SECONDS
                self._wakes = min(self._ends.values(), default=now)
                self._changed.wait(max(self._wakes - now, 0.0))
            self._awake = False


_deadlines = _Deadlines()


def _begin_anew() -> None:
    """In a child the thread is gone, and the lock may be held for ever."""
    global _deadlines
    _deadlines = _Deadlines()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
