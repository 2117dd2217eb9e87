"""The way of the spans to Langfuse, and who hears of it when they do not arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from agent.llmops.vendor_noise import unheard


class ToLangfuse(SpanExporter):
    """Sends batches through `inner`; of one that fails, `warn` hears the last complaint."""

    def __init__(self, inner: SpanExporter, warn: Callable[[str], None]) -> None:
        self._inner = inner
        self._warn = warn

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        with unheard() as complaints:
            try:
                result = self._inner.export(spans)
            except Exception as error:  # the SDK's worker would log its traceback, with what was being sent
                result = SpanExportResult.FAILURE
                complaints.append(type(error).__name__)
        if result is not SpanExportResult.SUCCESS:
            self._warn(complaints[-1] if complaints else "it does not take the traces")
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        with unheard():
            self._inner.shutdown()
