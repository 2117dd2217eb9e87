"""What goes on beside the answering: a thread for what may hang, and one warning when Langfuse is in trouble."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import re
import threading
import time
from collections.abc import Callable

from agent.llmops.trace_store import TraceStore
from agent.llmops.vendor_noise import unheard

_log = logging.getLogger(__name__)

_QUIET_SECONDS = 600.0


class OneWarning:
    """Says that Langfuse is in trouble, once in ten minutes, whoever finds it first and in however many ways."""

    def __init__(self, address: str, store: TraceStore | None, redact: Callable[[str], str]) -> None:
        self._address = redact(address)
        self._redact = redact
        self._traces = f"stay in {store.path}" if store else "are lost"
        self._quiet_until = 0.0

    def __call__(self, complaint: str) -> None:
        """Say so, with the reason out of what a vendor complained."""
        if time.monotonic() < self._quiet_until:
            return
        self._quiet_until = time.monotonic() + _QUIET_SECONDS
        status = re.search(r"(?:HTTP|code:) (\d{3})", complaint)
        late = "timeout, max retries" in complaint
        reason = f"HTTP {status[1]}" if status else "no answer in time" if late else self._redact(complaint)[:100]
        keys = status is not None and status[1] in ("401", "403")
        _log.warning(
            "Langfuse at %s is of no use now (%s). Answers are not affected; meanwhile prompts are the last known "
            "ones or the package's, and traces %s. Check %s.",
            self._address,
            reason,
            self._traces,
            "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY" if keys else "LANGFUSE_BASE_URL and the network",
        )


class Worker:
    """A daemon thread for what may hang. Started early: at interpreter exit Python 3.12 starts no new ones."""

    def __init__(self) -> None:
        self._start()

    def do(self, job: Callable[[], None], *, wait_seconds: float = 0.0) -> bool:
        """Have it done after what is being done; whether it was done within that time."""
        if self._process != os.getpid():  # a fork takes no threads along
            self._start()
        done = threading.Event()
        self._jobs.put((job, done))
        return done.wait(wait_seconds)

    def end(self) -> None:
        """Stop after what is being done."""
        self._jobs.put(None)

    def _start(self) -> None:
        self._process = os.getpid()
        self._jobs: queue.SimpleQueue[tuple[Callable[[], None], threading.Event] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, args=(self._jobs,), name="dbagent-langfuse", daemon=True).start()

    @staticmethod
    def _work(jobs: queue.SimpleQueue[tuple[Callable[[], None], threading.Event] | None]) -> None:
        while (next_one := jobs.get()) is not None:
            job, done = next_one
            with unheard(), contextlib.suppress(Exception):  # told by ToLangfuse already
                job()
            done.set()
