"""The sync door: runs coroutines for callers that do not await, in an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Calls = SimpleQueue[Callable[[], None] | None]

_waiting_caller: ContextVar[_Calls | None] = ContextVar("waiting_caller", default=None)


class OwnLoop:
    """An event loop in a thread of its own, started when first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait; Ctrl-C cancels it. Meanwhile `in_callers_thread` may call things here."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="dbagent", daemon=True)
                self._thread.start()
        calls: _Calls = SimpleQueue()
        token = _waiting_caller.set(calls)  # the task that is made for the coroutine inherits it
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        finally:
            _waiting_caller.reset(token)
        future.add_done_callback(lambda _: calls.put(None))
        try:
            while (call := calls.get()) is not None:
                call()
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Stop the loop, if it ever ran, and what was left open in it."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        # Streams that the SDK left half read would otherwise complain at exit of being destroyed while pending.
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(1.0)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(1.0)
        if not thread.is_alive():
            loop.close()


async def in_callers_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in the thread that waits in `OwnLoop.run`, as who reads from a terminal must; else in another."""
    calls = _waiting_caller.get()
    if calls is None:
        return await asyncio.to_thread(function, *arguments)
    done: Future[T] = Future()

    def call() -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(function(*arguments))
        except Exception as error:  # a door: it is raised where the call is awaited
            done.set_exception(error)

    calls.put(call)
    return await asyncio.wrap_future(done)
