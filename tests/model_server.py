"""A model's endpoint on loopback that misbehaves as it is told to, one behaviour a request."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from agent.llm.in_process import as_chunks, as_completion
from agent.messages import ModelReply

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_GET(self) -> None:
        self.send_json(
            200,
            {
                "object": "list",
                "data": [{"id": "test-model", "object": "model", "created": 0, "owned_by": "x"}],
            },
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.heard.append(body)
            self.server.keys.append(self.headers["authorization"])
            behaviours = self.server.behaviours
            behave = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        self.body = body
        try:
            behave(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send_json(self, status: int, value: Any, **headers: str) -> None:
        self.send_bytes(status, json.dumps(value).encode(), "application/json", **headers)

    def send_bytes(self, status: int, content: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def send_event(self, value: Any) -> None:
        self.wfile.write(f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ModelServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *behaviours: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = list(behaviours)
        self.heard: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def model_server(*behaviours: Behaviour) -> Iterator[ModelServer]:
    """A server that behaves once in each of these ways and then for ever in the last."""
    server = ModelServer(*behaviours)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def says(reply: ModelReply | str) -> Behaviour:
    """It does what it should."""

    def behave(handler: Handler) -> None:
        said = ModelReply(reply) if isinstance(reply, str) else reply
        if not handler.body.get("stream"):
            handler.send_json(200, as_completion(said, "test-model"))
            return
        handler.start_stream()
        for chunk in as_chunks(said, "test-model", with_usage=said.usage is not None):
            handler.send_event(chunk)
        handler.send_event("[DONE]")

    return behave


def fails(
    status: int, message: str = "no", param: str | None = None, code: str | None = None, **headers: str
) -> Behaviour:
    """It answers with an HTTP error."""
    error = {"message": message, "param": param, "code": code}
    return lambda handler: handler.send_json(status, {"error": error}, **headers)


def sends(*events: Any) -> Behaviour:
    """It streams these events, whatever they are."""

    def behave(handler: Handler) -> None:
        handler.start_stream()
        for event in events:
            handler.send_event(event)

    return behave


def hangs(seconds: float) -> Behaviour:
    """It accepts the request and says nothing for a while."""
    return lambda handler: time.sleep(seconds)


def stalls(text: str, seconds: float) -> Behaviour:
    """It begins to speak and then says nothing more."""

    def behave(handler: Handler) -> None:
        handler.start_stream()
        handler.send_event(chunk({"content": text}))
        time.sleep(seconds)

    return behave


def hangs_up(handler: Handler) -> None:
    """It takes the request and closes the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One event of a stream as it should be."""
    return {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "test-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def breaks_off(*events: Any) -> Behaviour:
    """It streams these events and then breaks the connection in the middle of the next."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for event in events:
            data = f"data: {json.dumps(event)}\n\n".encode()
            handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.write(b'ff\r\ndata: {"id"')
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    return behave


def answers_json(value: Any, status: int = 200) -> Behaviour:
    """It answers with this JSON, whether a stream was asked for or not."""
    return lambda handler: handler.send_json(status, value)


def is_no_api(handler: Handler) -> None:
    """It is some web page and not an API."""
    handler.send_bytes(200, b"<html>hello</html>", "text/html")


def sends_bad_json(handler: Handler) -> None:
    """It streams what is not JSON."""
    handler.start_stream()
    handler.send_event("{not json")
