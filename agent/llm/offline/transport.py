"""The offline model's door: chat completions over HTTP, answered within this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent.llm.in_process import EndpointError, InProcessTransport
from agent.llm.offline.chinese import is_chinese
from agent.llm.offline.conversation import Said, next_message
from agent.messages import ModelReply, ToolCall, Usage

MODEL_NAME = "offline"
_CHARACTERS_PER_TOKEN = 4
_WITHOUT_TOOLS = (
    "The built-in offline model answers questions about a database by calling search_metadata, show_table and "
    "execute_sql, and this request offers no tools. Ask it through DBAgent, or send these tools along."
)
_WITHOUT_TOOLS_ZH = (
    "内置的离线模型通过调用 search_metadata、show_table 和 execute_sql 来回答有关数据库的问题，"
    "而这个请求没有提供任何工具。请通过 DBAgent 提问，或在请求中带上这些工具。"
)


class OfflineTransport(InProcessTransport):
    """The transport to give to an OpenAI client that shall talk to the offline model."""

    def __init__(self) -> None:
        super().__init__(MODEL_NAME, answer)


def answer(body: Mapping[str, Any]) -> ModelReply:
    """The reply to the body of one `POST /chat/completions`.

    Raises EndpointError: 400 when the body is not one, 500 when the model itself broke.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, Mapping) for each in messages):
        raise EndpointError(400, "`messages` must be a list of messages.", "messages")
    tools = [each for each in body.get("tools") or () if isinstance(each, Mapping)]
    try:
        # Without tools after some were called, it is to say what it has found so far.
        never_any = not tools and not any(each.get("role") == "tool" for each in messages)
        said = _without_tools(messages) if never_any else next_message(messages, tools)
    except Exception as error:  # a door: like any server, it answers 500 and stays up
        raise EndpointError(500, f"The offline model broke on this request: {error!r}") from error
    calls = tuple(
        # Numbered by what was said before, so that the same conversation gives the same bytes.
        ToolCall(f"call_{len(messages)}_{number}", name, json.dumps(arguments, ensure_ascii=False))
        for number, (name, arguments) in enumerate(said.calls)
    )
    written = len(said.text) + sum(len(call.name) + len(call.arguments) for call in calls)
    heard = len(json.dumps([messages, tools], ensure_ascii=False, default=str))
    usage = Usage(heard // _CHARACTERS_PER_TOKEN + 1, written // _CHARACTERS_PER_TOKEN + 1)
    return ModelReply(text=said.text, tool_calls=calls, usage=usage, model=MODEL_NAME)


def _without_tools(messages: list[Mapping[str, Any]]) -> Said:
    return Said(
        _WITHOUT_TOOLS_ZH if is_chinese(str(messages[-1].get("content")) if messages else "") else _WITHOUT_TOOLS
    )
