"""A span while it is open: what it is told is gathered, and kept and sent when it ends."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from agent.llmops.trace_records import SpanRecord

# Not the module's own generator: an application may seed that one, and would trace two runs under one id.
_ids = random.Random()  # noqa: S311 - an id must be another each time, and need not be a secret
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_ids.seed)

Keep = Callable[[SpanRecord], None]


class Sent(Protocol):
    """The same span on its way to a server, which numbers it."""

    trace_id: str
    id: str

    def update(self, told: Mapping[str, Any]) -> None:
        """Tell it what the record is told."""
        ...

    def end(self) -> None:
        """Close it; this is when it is sent."""
        ...


class Observation:
    """One span. What it is told is text already: bounded, and without secrets, in the words of a SpanRecord."""

    def __init__(
        self,
        name: str,
        kind: str,
        parent: Observation | None,
        *,
        keep: Keep | None,
        sent: Sent | None = None,
        user: str | None = None,
        session: str | None = None,
        tags: Sequence[str] = (),
    ) -> None:
        """Begin now. User, session and tags are those of the parent where there is one."""
        self.sent = sent
        self.trace_id: str = sent.trace_id if sent else parent.trace_id if parent else f"{_ids.getrandbits(128):032x}"
        self.id: str = sent.id if sent else f"{_ids.getrandbits(64):016x}"
        self._name, self._kind = name, kind
        self._parent_id = parent.id if parent else None
        self._user: str | None = parent._user if parent else user
        self._session: str | None = parent._session if parent else session
        self._tags: tuple[str, ...] = parent._tags if parent else tuple(tags)
        self._keep = keep
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self._told: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}

    def gather(self, told: Mapping[str, Any]) -> None:
        """Set what is told; metadata is added key by key."""
        self._told |= told
        self._metadata |= told.get("metadata", {})

    def update(self, told: Mapping[str, Any]) -> None:
        """Set what is told, here and where it is sent."""
        self.gather(told)
        if self.sent is not None:
            self.sent.update(told)

    def begin(self) -> None:
        """Keep it as it begins: a question whose process is killed is then not forgotten."""
        if self._keep is not None:
            self._keep(self._record(None))

    def end(self) -> None:
        """Close it; this is when it is kept, and sent."""
        if self._keep is not None:
            self._keep(self._record(time.monotonic() - self._clock))
        if self.sent is not None:
            self.sent.end()

    def _record(self, seconds: float | None) -> SpanRecord:
        # The question itself is linked to no prompt; that of its model calls is named in its metadata.
        named = self._metadata.get("prompt")
        prompt = {f"prompt_{key}": named.get(key) for key in ("name", "version")} if isinstance(named, dict) else {}
        told = {**prompt, **self._told, "metadata": dict(self._metadata)}
        return SpanRecord(
            self.trace_id,
            self.id,
            self._parent_id,
            self._name,
            self._kind,
            self._started,
            seconds,
            user=self._user,
            session=self._session,
            tags=self._tags,
            **told,
        )
