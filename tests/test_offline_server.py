"""The offline model served on loopback: asked by the real OpenAI client, by DBAgent itself, and by those who err."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from agent.llm.offline.server import OfflineModelServer
from tests.command_line import dbagent
from tests.test_offline_newcomer import TOOLS

QUESTION = {"role": "user", "content": "Question: How many buyers are there?"}


@pytest.fixture(scope="module")
def served() -> Iterator[OfflineModelServer]:
    with OfflineModelServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(served: OfflineModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.url, api_key="none", max_retries=0) as client:
        yield client


def test_it_listens_on_loopback_alone(served: OfflineModelServer) -> None:
    assert served.server_address[0] == "127.0.0.1"


def test_it_calls_tools_and_streams_the_same_as_it_says_whole(client: openai.OpenAI) -> None:
    asked = {"model": "dbagent-offline", "messages": [QUESTION], "tools": TOOLS}
    whole = client.chat.completions.create(**asked).choices[0].message.tool_calls[0].function  # type: ignore[call-overload]
    name, arguments, usage = "", "", None
    stream = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})  # type: ignore[call-overload]
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or ():
                name += call.function.name or ""
                arguments += call.function.arguments or ""
    assert (name, arguments) == (whole.name, whole.arguments)
    assert usage is not None


def test_it_lists_itself(client: openai.OpenAI) -> None:
    assert [each.id for each in client.models.list()] == ["dbagent-offline"]
    assert client.models.retrieve("dbagent-offline").id == "dbagent-offline"


def test_without_tools_it_says_that_it_needs_them(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(model="dbagent-offline", messages=[QUESTION])  # type: ignore[list-item]
    assert (said.choices[0].message.content or "").endswith("Ask it through DBAgent, or send these tools along.")


def test_text_in_chinese_arrives_whole(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(
        model="dbagent-offline", messages=[{"role": "user", "content": "天气怎么样?"}]
    )
    assert "离线模型" in (said.choices[0].message.content or "")


def test_messages_that_are_none_are_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="list of messages"):
        client.chat.completions.create(model="dbagent-offline", messages="hello")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", "/v1/chat/completions", b"{", {}, 400),
        ("POST", "/v1/chat/completions", b"[1]", {}, 400),
        ("POST", "/v1/chat/completions", b"[" * 100_000, {}, 400),
        ("POST", "/v1/chat/completions", b"", {"Content-Length": "99999999999"}, 413),
        ("POST", "/v1/chat/completions", b"", {"Transfer-Encoding": "chunked"}, 411),
        ("POST", "/v1/embeddings", b"{}", {}, 404),
        ("GET", "/", None, {}, 404),
        ("DELETE", "/v1/models", None, {}, 501),
    ],
)
def test_what_is_no_request_for_it_gets_its_status(
    served: OfflineModelServer, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.server_port, timeout=10)
    try:
        connection.putrequest(method, path)
        for name, value in (headers or {"Content-Length": str(len(body or b""))}).items():
            connection.putheader(name, value)
        connection.endheaders(body if not headers else None)
        reply = connection.getresponse()
        assert reply.status == status
        if status != 501:
            assert json.loads(reply.read())["error"]["message"]
    finally:
        connection.close()


def test_dbagent_asks_it_as_any_other_model(shop_file: Path) -> None:
    serving = subprocess.Popen(
        [sys.executable, "-m", "agent", "offline-model", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        serving.stdout.readline()
        told_to_set = re.findall(r"(\w+)=(\S+)", serving.stdout.readline())
        asked = dbagent("ask", "How many orders are there?", "--db", str(shop_file), "--json", **dict(told_to_set))
        told = json.loads(asked.stdout)
        assert told["receipt"]["outcome"] == "answered", told
        assert told["receipt"]["rows"] == 1
    finally:
        serving.send_signal(signal.SIGINT)
        assert serving.wait(10) == 130


def test_a_port_that_is_taken_is_said_in_a_line(served: OfflineModelServer) -> None:
    told = dbagent("offline-model", "--port", str(served.server_port))
    assert told.returncode == 2
    assert "cannot be listened on" in told.stderr
    assert "Traceback" not in told.stderr
