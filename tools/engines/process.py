"""An embedded engine in processes of its own: the same face as any engine, and an end to every query."""

from __future__ import annotations

import contextlib
import marshal
import os
import re
import select
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from tools import errors
from tools.engines.engine import Bounds, Fetched, stopped, timed_out
from tools.engines.place import Place
from tools.engines.watch import Stop
from tools.engines.worker import frame, message, whole_frame
from tools.errors import DatabaseUnavailable, SqlFailed

WORKERS = 4
_GRACE_SECONDS = 0.3  # for the engine's own interrupt, after which the process is killed
_TICK_SECONDS = 0.05
_START_SECONDS = 60
_LOAD_SECONDS = 600
_PLACE_SECONDS = 30
_CHUNK = 1 << 20
_SECRET = re.compile(r"(?i)key|token|secret|passw|credential")


def can_run_apart() -> bool:
    """Whether this program can start workers: on POSIX, with a Python interpreter that can be called."""
    return os.name == "posix" and bool(sys.executable) and not getattr(sys, "frozen", False)


class ProcessEngine:
    """One database, read by workers: one query at a time each, started when there is work, killed when stuck."""

    def __init__(self, place: Place, seconds: float, memory_bytes: int, *, wait: bool = True) -> None:
        """Start the first worker and wait until it has opened the database, or leave that to the first query.

        Raises DatabaseUnavailable.
        """
        self._opening = (place, seconds, memory_bytes)
        # A file of data is in the memory of each worker that loaded it: there is one.
        self._places = threading.BoundedSemaphore(1 if place.loads or place.path is None else WORKERS)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._closed = False
        self._opened = 0  # how often the file was opened anew
        self._process = os.getpid()
        worker = self._started()
        if wait:
            worker.opened()
        self._idle.append(worker)

    def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
        """Run one statement in a worker; see Engine."""
        self._wait_for_place(stop)
        try:
            worker = self._taken()
            try:
                worker.opened()
                return worker.run(sql, bounds, stop)
            finally:
                self._given_back(worker)
        finally:
            self._places.release()

    def reopen(self) -> None:
        """End every worker, one at work with its query; the next open the file anew. See Engine."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._opened += 1
        for worker in idle:
            worker.end()

    def close(self) -> None:
        """End every worker; one that is at work ends with its query."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _wait_for_place(self, stop: Stop) -> None:
        deadline = time.monotonic() + _PLACE_SECONDS
        while not self._places.acquire(timeout=_TICK_SECONDS):
            if stop.stopped:
                raise stopped()
            if time.monotonic() > deadline:
                raise SqlFailed("Other queries keep the database busy. Try once more.")

    def _started(self) -> Worker:
        try:
            return Worker(self._opening, of=self._opened)
        except OSError as error:
            shown = self._opening[0].shown
            raise DatabaseUnavailable(f"{shown} cannot be opened: no process can be started: {error}.") from error

    def _taken(self) -> Worker:
        with self._lock:
            if self._closed:
                raise DatabaseUnavailable("The database was closed.")
            if self._process != os.getpid():
                # After a fork the workers, and what they say, belong to the parent.
                self._process, self._idle = os.getpid(), []
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.end()
        return self._started()

    def _given_back(self, worker: Worker) -> None:
        if not worker.alive:
            worker.end()
            try:
                worker = self._started()  # it opens the database while nobody waits for it
            except DatabaseUnavailable:
                return  # the next question tries again, and is told
        with self._lock:
            if not self._closed and worker.of == self._opened:
                self._idle.append(worker)
                return
        worker.end()


class Worker:
    """One process with the database open; used by one thread at a time."""

    def __init__(self, opening: tuple[Place, float, int], *, of: int = 0) -> None:
        self.of = of
        self._opening = opening
        self._ready = False
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        # -P: a `duckdb.py` in the folder where the user stands is not ours to run.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tools.engines.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin.fileno()
        self._replies = self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._replies, select.POLLIN)
        self._send(opening)

    @property
    def alive(self) -> bool:
        """Whether it can take a query."""
        return self._process.poll() is None

    def opened(self) -> None:
        """Wait until the database is open. Raises DatabaseUnavailable."""
        if self._ready:
            return
        place = self._opening[0]
        reply = self._reply(time.monotonic() + (_LOAD_SECONDS if place.loads else _START_SECONDS), Stop())
        if reply is None:
            self.end()
            raise DatabaseUnavailable(
                f"{place.shown} cannot be opened: its process did not start. {self._last_words()}"
            )
        if reply[0] == "error":
            self.end()
            raise getattr(errors, reply[1])(reply[2])
        self._ready = True

    def run(self, sql: str, bounds: Bounds, stop: Stop) -> Fetched:
        """Send the statement, wait for its rows, and kill the process when they do not come in time."""
        if stop.stopped:
            raise stopped()
        deadline = time.monotonic() + bounds.seconds + _GRACE_SECONDS
        try:
            reply = self._reply(deadline, stop) if self._send((sql, bounds)) else None
        except BaseException:
            self.kill()  # what it would still say is nobody's: the next question must not hear it
            raise
        if reply is None:
            self.kill()
            if stop.stopped:
                raise stopped()
            if time.monotonic() >= deadline:
                raise timed_out(bounds.seconds)
            raise SqlFailed("The database engine broke down over this statement. Ask for less, or in another way.")
        if reply[0] == "fetched":
            fetched: Fetched = reply[1]
            return fetched
        if reply[0] == "packed":
            return Fetched((), (), marshal.loads(reply[1]))  # noqa: S302  (our own process wrote it)
        if reply[0] == "error":
            raise getattr(errors, reply[1])(reply[2])
        raise RuntimeError(f"The worker failed:\n{reply[1]}")

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it and close its pipes."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _send(self, request: object) -> bool:
        """Whether it was there to be told."""
        data = memoryview(frame(request))
        try:
            while data:
                data = data[os.write(self._requests, data) :]
        except OSError:
            return False
        return True

    def _reply(self, deadline: float, stop: Stop) -> Any:
        """The next reply; None when the process ends, the time is up, or it does not heed a stop."""
        received = bytearray()
        told_to_stop = False
        while not whole_frame(received):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if self._poll.poll(min(left, _TICK_SECONDS) * 1000):
                part = os.read(self._replies, _CHUNK)
                if not part:
                    self._process.wait()
                    return None
                received += part
            elif stop.stopped and not told_to_stop:
                told_to_stop = True
                deadline = min(deadline, time.monotonic() + _GRACE_SECONDS)
                self._send("stop")
        return message(received)

    def _last_words(self) -> str:
        """The last line it wrote to its stderr."""
        with contextlib.suppress(OSError, ValueError):
            self._log.seek(0)
            lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
            return lines[-1][:300] if lines else ""
        return ""


def _environment() -> dict[str, str]:
    """This program's environment without its secrets, and its module path: the worker needs no key."""
    kept = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return {**kept, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}
