"""What the vendors' loggers say while they work for us: heard here, not in the application's log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_LOGGERS = (
    "langfuse",
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.trace",
    "urllib3.connectionpool",
    "httpx",
)
_here = threading.local()


@contextmanager
def unheard() -> Iterator[list[str]]:
    """Within it, and in this thread alone, what they say goes into the list instead of to their handlers.

    The application's own use of the same libraries stays as loud as it was.
    """
    _listen()
    outer = getattr(_here, "complaints", None)
    complaints: list[str] = []
    _here.complaints = complaints
    try:
        yield complaints
    finally:
        _here.complaints = outer


@cache
def _listen() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_collect)


def _collect(record: logging.LogRecord) -> bool:
    complaints: list[str] | None = getattr(_here, "complaints", None)
    if complaints is None:
        return True
    complaints.append(record.getMessage())
    return False
