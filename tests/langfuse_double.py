"""A small Langfuse on loopback: takes what the real SDK sends, decodes it, and can be slow, cross or gone."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PUBLIC_KEY = "pk-lf-double"
SECRET_KEY = "sk-lf-double-0123456789"
PROJECT = "project-of-the-double"
_THEN = "2026-11-24T00:00:00Z"


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as it came over the wire; JSON attributes are still JSON."""

    trace_id: str
    id: str
    parent_id: str
    name: str
    seconds: float
    attributes: dict[str, Any]
    status: str
    events: tuple[str, ...]

    def __getitem__(self, name: str) -> Any:
        return self.attributes[f"langfuse.observation.{name}"]

    @property
    def kind(self) -> str:
        return str(self["type"])


@dataclass
class LangfuseDouble:
    """Switches: `delay` seconds before each reply, `status` to reply to everything with, `hanging` never to reply,
    `rejects` why it refuses every score."""

    prompts: list[dict[str, Any]] = field(default_factory=list)
    spans: list[ReceivedSpan] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    datasets: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    delay: float = 0.0
    status: int | None = None
    hanging: bool = False
    rejects: str = ""
    spans_of_a_page: int = 1000

    def __post_init__(self) -> None:
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self.connections: set[socket.socket] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def keys(self) -> dict[str, str]:
        return {"public_key": PUBLIC_KEY, "secret_key": SECRET_KEY, "base_url": self.url}

    def add_prompt(self, name: str, text: Any, *, labels: tuple[str, ...] = (), **more: Any) -> int:
        """A new version, which takes its labels (and `latest`) from the earlier ones."""
        with self._lock:
            mine = [prompt for prompt in self.prompts if prompt["name"] == name]
            taken = {*labels, "latest"}
            for prompt in mine:
                prompt["labels"] = [label for label in prompt["labels"] if label not in taken]
            version = len(mine) + 1
            kind = "text" if isinstance(text, str) else "chat"
            self.prompts.append(
                {"name": name, "version": version, "type": kind, "prompt": text, "labels": sorted(taken)}
                | {"config": {}, "tags": []}
                | more
            )
            return version

    def clear(self) -> None:
        for taken in (self.spans, self.scores, self.bodies, self.requests):
            taken.clear()

    def tree(self) -> list[str]:
        """Every span received, indented under its parent, in the order in which they started."""
        children: dict[str, list[ReceivedSpan]] = {}
        known = {span.id for span in self.spans}
        for span in self.spans:
            children.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)

        def lines(parent: str, depth: int) -> Iterator[str]:
            for span in sorted(children.get(parent, ()), key=lambda each: each.attributes["started"]):
                yield f"{'  ' * depth}{span.kind}: {span.name}"
                yield from lines(span.id, depth + 1)

        return list(lines("", 0))

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def take(self, handler: BaseHTTPRequestHandler) -> tuple[int, Any]:
        """What to reply: status and JSON, or bytes."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if handler.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        address = urlsplit(handler.path)
        with self._lock:
            self.requests.append(f"{handler.command} {address.path}")
            self.bodies += [handler.path.encode(), body]
        if self.hanging:
            self._closing.wait()
        if self.delay:
            self._closing.wait(self.delay)
        if self.status is not None:
            return self.status, {"message": "as told"}
        basic = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {basic}":
            return 401, {"message": "Invalid credentials"}
        path = address.path.removeprefix("/api/public")
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        match handler.command, path.split("/")[1:]:
            case "POST", ["otel", "v1", "traces"]:
                self._take_spans(body)
                return 200, b""
            case "POST", ["scores"]:
                return self._take_scores(json.loads(body))
            case "POST", ["v2", "datasets"]:
                return 200, self._dataset(json.loads(body))
            case "POST", ["dataset-items"]:
                return self._item(json.loads(body))
            case "GET", ["projects"]:
                return 200, {"data": [_project()]}
            case "GET", ["v2", "observations"]:
                return 200, self._observations(asked)
            case "GET", ["v2", "prompts"]:
                return 200, self._listed(asked)
            case "GET", ["v2", "prompts", name]:
                return self._prompt(unquote(name), asked)
            case "POST", ["v2", "prompts"]:
                return self._make(json.loads(body))
            case "PATCH", ["v2", "prompts", name, "versions", version]:
                return self._label(unquote(name), int(version), json.loads(body)["newLabels"])
        return 404, {"message": f"no such address: {handler.path}"}

    def _observations(self, asked: dict[str, str]) -> dict[str, Any]:
        since = datetime.fromisoformat(asked.get("fromStartTime", _THEN)).timestamp()
        with self._lock:
            spans = [each for each in self.spans if asked.get("traceId") in (None, each.trace_id)]
        spans = [each for each in spans if each.attributes["started"] / 1e9 >= since]
        spans.sort(key=lambda each: -each.attributes["started"])
        at, limit = int(asked.get("cursor", 0)), min(int(asked.get("limit", 50)), self.spans_of_a_page)
        more = {"cursor": str(at + limit)} if len(spans) > at + limit else {}
        groups, whole = set(asked["fields"].split(",")), set(asked.get("expandMetadata", "").split(","))
        return {"data": [_observation(each, groups, whole) for each in spans[at : at + limit]], "meta": more}

    def _prompt(self, name: str, asked: dict[str, str]) -> tuple[int, Any]:
        with self._lock:
            for prompt in self.prompts:
                version, label = asked.get("version"), asked.get("label", "production")
                fits = str(prompt["version"]) == version if version else label in prompt["labels"]
                if prompt["name"] == name and fits:
                    return 200, dict(prompt)
        return 404, {"message": f"Prompt not found: {name!r}", "error": "LangfuseNotFoundError"}

    def _make(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        if not all(map(_is_label, labels := wanted.get("labels") or [])):
            return 400, {"message": "Invalid request data", "error": "InvalidRequestError"}
        mine = [prompt for prompt in self.prompts if prompt["name"] == wanted["name"]]
        if mine and mine[-1]["type"] != wanted["type"]:
            return 400, {"message": "Previous versions have different prompt type.", "error": "InvalidRequestError"}
        tags = wanted.get("tags") if wanted.get("tags") is not None else mine[-1]["tags"] if mine else []
        more = {"config": wanted.get("config") or {}, "commitMessage": wanted.get("commitMessage")}
        self.add_prompt(wanted["name"], wanted["prompt"], labels=tuple(labels), tags=tags, **more)
        for prompt in mine:
            prompt["tags"] = tags  # a prompt's tags are those of all its versions
        return 200, dict(self.prompts[-1])

    def _label(self, name: str, version: int, labels: list[str]) -> tuple[int, Any]:
        if not all(map(_is_label, labels)):
            return 400, {"message": "Invalid request data", "error": "InvalidRequestError"}
        with self._lock:
            mine = {prompt["version"]: prompt for prompt in self.prompts if prompt["name"] == name}
            if version not in mine:
                return 404, {"message": f"Prompt not found: {name}", "error": "LangfuseNotFoundError"}
            for prompt in mine.values():
                prompt["labels"] = [label for label in prompt["labels"] if label not in labels]
            mine[version]["labels"] = sorted({*mine[version]["labels"], *labels})  # added to, never replaced
            return 200, dict(mine[version])

    def _dataset(self, given: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            id = self.datasets.setdefault(given["name"], f"dataset-{len(self.datasets)}")
        return {"metadata": {}} | given | {"id": id, "projectId": PROJECT, "createdAt": _THEN, "updatedAt": _THEN}

    def _item(self, given: dict[str, Any]) -> tuple[int, Any]:
        name = given["datasetName"]
        if name not in self.datasets:
            return 404, {"message": "Dataset not found"}
        with self._lock:
            self.items[given["id"]] = given
        more = {"datasetId": self.datasets[name], "status": "ACTIVE", "createdAt": _THEN, "updatedAt": _THEN}
        return 200, given | more | {"mediaReferences": []}

    def _listed(self, asked: dict[str, str]) -> dict[str, Any]:
        names = sorted({p["name"] for p in self.prompts if asked.get("name") in (None, p["name"])})
        data = []
        for name in names:
            versions = [prompt for prompt in self.prompts if prompt["name"] == name]
            data.append(
                {
                    "name": name,
                    "type": versions[-1]["type"],
                    "versions": [prompt["version"] for prompt in versions],
                    "labels": sorted({label for prompt in versions for label in prompt["labels"]}),
                    "tags": [],
                    "lastUpdatedAt": _THEN,
                    "lastConfig": {},
                }
            )
        page, limit = int(asked.get("page", 1)), int(asked.get("limit", 10))
        meta = {"page": page, "limit": limit, "totalItems": len(data), "totalPages": -(-len(data) // limit)}
        return {"data": data[(page - 1) * limit : page * limit], "meta": meta}

    def _take_scores(self, scores: list[dict[str, Any]]) -> tuple[int, Any]:
        if self.rejects:
            errors = [{"message": self.rejects} for _ in scores]
            return 207, {"accepted": 0, "rejected": len(scores), "errors": errors}
        with self._lock:
            self.scores += scores
        return 202, {"message": "Accepted"}

    def _take_spans(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    attributes = {each.key: _value(each.value) for each in span.attributes}
                    attributes["started"] = span.start_time_unix_nano
                    received = ReceivedSpan(
                        trace_id=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent_id=span.parent_span_id.hex(),
                        name=span.name,
                        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                        attributes=attributes,
                        status=span.status.message,
                        events=tuple(event.name for event in span.events),
                    )
                    with self._lock:
                        self.spans.append(received)


# What can be wrong with it, each a function that makes it so.


def refuses(double: LangfuseDouble) -> None:
    double.status = 401


def fails(double: LangfuseDouble) -> None:
    double.status = 500


def is_full(double: LangfuseDouble) -> None:
    double.status = 413


def hangs(double: LangfuseDouble) -> None:
    double.hanging = True


def is_slow(double: LangfuseDouble) -> None:
    double.delay = 8.0


def is_gone(double: LangfuseDouble) -> None:
    double.close()


Fault = Callable[[LangfuseDouble], None]


def _is_label(label: str) -> bool:
    """What the server's own schema takes from a client: `latest` is its own."""
    return re.fullmatch(r"[a-z0-9_\-.]{1,36}", label) is not None and label != "latest"


def _project() -> dict[str, Any]:
    return {
        "id": PROJECT,
        "name": "double",
        "metadata": {},
        "organization": {"id": "o", "name": "o"},
        "hasCreatedMembership": False,
    }


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def _observation(span: ReceivedSpan, groups: set[str], whole: set[str]) -> dict[str, Any]:
    """A span as the API v2 gives it back: only the groups of fields that were asked for; metadata cut short."""
    started = span.attributes["started"] / 1e9

    def told(name: str) -> Any:
        return span.attributes.get(f"langfuse.observation.{name}")

    def read(name: str) -> Any:
        return json.loads(told(name) or "null")

    def moment(at: float) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")

    metadata = {}
    for key, value in span.attributes.items():
        if key.startswith(prefix := "langfuse.observation.metadata."):
            name, decoded = key.removeprefix(prefix), json.loads(value)
            text = decoded if isinstance(decoded, str) else json.dumps(decoded)
            metadata[name] = text if name in whole else text[:200]
    fields = {
        "core": {
            "id": span.id,
            "traceId": span.trace_id,
            "startTime": moment(started),
            "endTime": moment(started + span.seconds),
            "projectId": PROJECT,
            "parentObservationId": span.parent_id or None,
            "type": span.kind.upper(),
        },
        "basic": {
            "name": span.name,
            "level": told("level") or "DEFAULT",
            "statusMessage": told("status_message"),
            "userId": span.attributes.get("user.id"),
            "sessionId": span.attributes.get("session.id"),
        },
        "time": {"completionStartTime": read("completion_start_time")},
        "io": {"input": told("input"), "output": told("output")},
        "metadata": {"metadata": metadata},
        "model": {"model": told("model.name"), "modelParameters": read("model.parameters")},
        "usage": {"usageDetails": read("usage_details"), "costDetails": read("cost_details")},
        "prompt": {"promptName": told("prompt.name"), "promptVersion": told("prompt.version")},
        "trace_context": {"tags": span.attributes.get("langfuse.trace.tags", [])},
    }
    return {key: value for group in fields if group in groups for key, value in fields[group].items()}


def _handler(double: LangfuseDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            double.connections.add(self.connection)

        def finish(self) -> None:
            double.connections.discard(self.connection)
            with contextlib.suppress(OSError):
                super().finish()

        def _reply(self) -> None:
            status, content = double.take(self)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            kind = "application/x-protobuf" if isinstance(content, bytes) else "application/json"
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # who asked has gone, which is what some tests are about
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_PUT = _reply  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
