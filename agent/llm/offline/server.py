"""The offline model served over HTTP to other programs: chat completions, whole or streamed, and the list of models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from agent.llm.in_process import EndpointError, as_chunks, as_completion
from agent.llm.offline.transport import answer

LOOPBACK = "127.0.0.1"
MODEL_NAME = "dbagent-offline"
"""Another name than that of the model within the process: DBAgent asked for `offline` would not ask a server."""
_MOST_BYTES = 16_000_000  # of a request: a conversation is some hundred thousand
_PATIENCE = 60.0  # seconds of silence after which a connection is closed


class OfflineModelServer(ThreadingHTTPServer):
    """Listens as soon as it is made; `serve_forever()` answers, each request in a thread of its own.

    Port 0 is any free one, which `url` then names. Raises OSError where the address cannot be had.
    """

    daemon_threads = True

    def __init__(self, port: int = 0, host: str = LOOPBACK) -> None:
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = MODEL_NAME
    timeout = _PATIENCE

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.rstrip("/")
        listed = {"id": MODEL_NAME, "object": "model", "created": 0, "owned_by": "dbagent"}
        if path.endswith("/models"):
            self._send(200, {"object": "list", "data": [listed]})
        elif path.endswith(f"/models/{MODEL_NAME}"):
            self._send(200, listed)
        else:
            self._refuse(
                EndpointError(404, f"There is nothing at {path or '/'}; there are /v1/chat/completions and /v1/models.")
            )

    def do_POST(self) -> None:
        try:
            body = self._body()
            path = urlsplit(self.path).path.rstrip("/")
            if not path.endswith("/chat/completions"):
                raise EndpointError(404, f"There is nothing at {path or '/'}; POST to /v1/chat/completions.")
            reply = answer(body)
        except EndpointError as error:
            self._refuse(error)
            return
        if not body.get("stream"):
            self._send(200, as_completion(reply, MODEL_NAME))
            return
        options = body.get("stream_options")
        with_usage = isinstance(options, Mapping) and bool(options.get("include_usage"))
        self._stream(as_chunks(reply, MODEL_NAME, with_usage=with_usage))

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what is asked is nobody's but the asker's."""

    def _body(self) -> Mapping[str, Any]:
        length = self.headers.get("content-length", "")
        if not length.isdecimal():
            self.close_connection = True  # what follows cannot be told from the next request
            raise EndpointError(411, "The request needs a Content-Length.")
        if int(length) > _MOST_BYTES:
            self.close_connection = True
            raise EndpointError(413, f"The request is larger than {_MOST_BYTES:,} bytes.")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise EndpointError(400, "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise EndpointError(400, "The body must be a JSON object.")
        return body

    def _refuse(self, error: EndpointError) -> None:
        kind = "server_error" if error.status >= 500 else "invalid_request_error"
        self._send(error.status, {"error": {"message": str(error), "type": kind, "param": error.param, "code": None}})

    def _send(self, status: int, value: Mapping[str, Any]) -> None:
        content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, chunks: Iterator[Mapping[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-store")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for chunk in chunks:
            self.wfile.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode("utf-8", "replace"))
        self.wfile.write(b"data: [DONE]\n\n")
