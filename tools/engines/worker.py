"""The process in which an embedded engine runs, so that what cannot be interrupted can be killed.

`python -m tools.engines.worker` reads requests from its stdin and writes replies to its stdout, both as
pickles behind their length. It ends with its parent: when stdin ends, or the parent's process is gone.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import pickle
import queue
import select
import signal
import struct
import sys
import threading
import traceback
from typing import Any, BinaryIO

from tools.engines import open_here
from tools.engines.engine import Bounds, Fetched, out_of_memory
from tools.engines.place import Place
from tools.engines.watch import Stop
from tools.errors import DBAgentError

_LENGTH = struct.Struct(">Q")
_ORPHAN_SECONDS = 1.0


def frame(message: object) -> bytes:
    """A message as the bytes that go through the pipe."""
    body = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(body)) + body


def whole_frame(received: bytearray) -> bool:
    """Whether the bytes are a whole frame: no more than one is ever under way."""
    return len(received) >= _LENGTH.size and len(received) == _LENGTH.size + _LENGTH.unpack_from(received)[0]


def message(received: bytearray) -> Any:
    """The message of a whole frame."""
    return pickle.loads(memoryview(received)[_LENGTH.size :])  # noqa: S301  (our own process wrote it)


class Requests(threading.Thread):
    """Reads what the parent sends, also while a query runs: to stop it, and to end when the parent does."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__(name="dbagent-requests", daemon=True)
        self._source = source
        self._parent = os.getppid()
        self.runs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = Stop()

    def run(self) -> None:
        """Until the parent is gone; then end the process, whatever it is doing."""
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
            while self._wait():
                (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
                request = pickle.loads(self._exactly(length))  # noqa: S301
                if request == "stop":
                    self.stop.now()
                else:
                    self.stop = Stop()
                    self.runs.put((request, self.stop))
        os._exit(0)

    def _wait(self) -> bool:
        """Wait for the next bytes; False when another process has become our parent: ours has died.

        The end of stdin alone does not tell: a process that the parent forked may hold the pipe open.
        """
        while not select.select([self._source], [], [], _ORPHAN_SECONDS)[0]:
            if os.getppid() != self._parent:
                return False
        return True

    def _exactly(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = os.read(self._source.fileno(), length - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)


def limit_memory(growth: int) -> None:
    """Let this process grow by so many bytes and no more, where the system can hold it to that (Linux).

    Over the limit an allocation fails: DuckDB and SQLite then say that they are out of memory. Without it,
    DuckDB returned 1.5 GB under a memory_limit of 300 MB.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status") as status:
        used = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData:"))
        resource.setrlimit(resource.RLIMIT_DATA, (used + growth, used + growth))


def _packed(fetched: Fetched) -> tuple[object, ...]:
    """The reply with the rows of a catalogue query: marshal takes half the time of pickle for 150,000 of them."""
    try:
        return "packed", marshal.dumps(fetched.rows)
    except ValueError:  # a value that is more than text, a number or nothing
        return "fetched", fetched


def main() -> None:
    """Open the database that the first request names, then run what is asked until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then says stop
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing that prints, nor COPY TO '/dev/stdout', gets between the replies
    requests = Requests(sys.stdin.buffer)
    requests.start()

    def reply(*parts: object) -> None:
        data = memoryview(frame(parts))
        while data:
            data = data[replies.write(data) :]

    opening: tuple[Place, float, int]
    opening, _ = requests.runs.get()
    place, seconds, memory_bytes = opening
    try:
        engine = open_here(place, seconds, memory_bytes)
        limit_memory(memory_bytes)
    except DBAgentError as error:
        reply("error", type(error).__name__, str(error))
        return
    reply("ready")
    while True:
        request: tuple[str, Bounds]
        request, stop = requests.runs.get()
        sql, bounds = request
        try:
            if bounds.ours:  # see tools/reflection.py
                gc.disable()
            fetched = engine.run(sql, bounds, stop)
            reply(*(_packed(fetched) if bounds.ours else ("fetched", fetched)))
        except DBAgentError as error:
            reply("error", type(error).__name__, str(error))
        except MemoryError:
            reply("error", "SqlFailed", str(out_of_memory()))
        except Exception:  # the door of this process: a fault of ours goes up in the parent
            reply("fault", traceback.format_exc())
        finally:
            gc.enable()


if __name__ == "__main__":
    main()
