"""How Langfuse's SDK is set up: with a provider of our own, less the habits that would reach into an application."""

from __future__ import annotations

import atexit
import base64
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langfuse import Langfuse
    from opentelemetry.sdk.trace import TracerProvider

EXPORT_SECONDS = 5
_SEND_EVERY_SECONDS = 1.0


def remote_sdk(
    public_key: str,
    secret_key: str,
    base_url: str,
    warn: Callable[[str], None],
    environment: str,
    release: str,
) -> tuple[Langfuse, TracerProvider]:
    from langfuse import Langfuse, __version__
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from agent.llmops.span_export import ToLangfuse

    basic = base64.b64encode(f"{public_key}:{secret_key}".encode()).decode()
    exporter = OTLPSpanExporter(
        endpoint=f"{base_url}/api/public/otel/v1/traces",
        headers={
            "Authorization": f"Basic {basic}",
            "x-langfuse-sdk-name": "python",
            "x-langfuse-sdk-version": __version__,
            "x-langfuse-public-key": public_key,
            "x-langfuse-ingestion-version": "4",
        },
        timeout=EXPORT_SECONDS,
        compression=Compression.Gzip,
    )
    provider = _provider()
    with _of_our_own(public_key):
        sdk = Langfuse(
            public_key=public_key,
            secret_key=secret_key,
            base_url=base_url,
            timeout=EXPORT_SECONDS,
            environment=environment or None,
            release=release or None,
            flush_interval=_SEND_EVERY_SECONDS,
            tracer_provider=provider,
            span_exporter=ToLangfuse(exporter, warn),
        )
    return _tamed(sdk), provider


def _provider() -> TracerProvider:
    """A provider of our own, deaf to the OTEL_ variables by which an application samples its own spans."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    return TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource({"service.name": "dbagent"}),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=128, max_span_attribute_length=SpanLimits.UNSET),
    )


@contextlib.contextmanager
def _of_our_own(public_key: str) -> Iterator[None]:
    """Within it, the SDK makes resources that are ours alone, and forgets them afterwards.

    It keeps one set per public key for the whole process: a second agent with the same keys would be handed
    the first one's, with its store; and with two keys known, the application's own `get_client()` is turned off.
    """
    from langfuse._client.resource_manager import LangfuseResourceManager

    known, lock = LangfuseResourceManager._instances, LangfuseResourceManager._lock
    with lock:
        theirs = known.pop(public_key, None)
        try:
            yield
        finally:
            known.pop(public_key, None)
            if theirs is not None:
                known[public_key] = theirs


def _tamed(sdk: Langfuse) -> Langfuse:
    """The SDK less two habits: waiting up to 12 s for a dead server at exit, where our own handler waits two, and
    uploading whatever in a span looks like a picture to where no redaction reaches."""
    if (resources := sdk._resources) is not None:
        atexit.unregister(resources.shutdown)
        resources._media_manager._enabled = False
    return sdk
