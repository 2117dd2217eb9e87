"""Where a model is asked: its name, its address, its key, or the transport that stands in for a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True)
class Endpoint:
    """One model behind one OpenAI-compatible address.

    `base_url` None is OpenAI's own. `transport` answers the requests in this process; nothing is sent. `tool_calls`
    "text" is for a model that cannot call tools: they are written and read as plain text (see text_protocol); "auto"
    does that once the endpoint has said that it takes no tools.
    """

    model: str
    base_url: str | None = None
    api_key: str = field(default="", repr=False)
    transport: httpx2.AsyncBaseTransport | None = field(default=None, repr=False)
    tool_calls: Literal["auto", "text"] = "auto"
