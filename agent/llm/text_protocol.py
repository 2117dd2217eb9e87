"""Tools for models that have none: how calls and results are written as plain text, and read back out of it.

A model that cannot call tools is told to write

    <tool_call>{"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}</tool_call>

and finds the result in the next message, between <tool_result> tags. What is read is wider than what is asked for:
small local models write their calls as they were trained to, whatever they are told, and also where their server was
given the tools in the protocol's own way.
"""

from __future__ import annotations

import ast
import json
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from agent.messages import ToolCall

HOW_TO_CALL = """\
You have tools. To call one, write this and nothing after it:
<tool_call>{"name": "NAME OF THE TOOL", "arguments": {"NAME": "VALUE"}}</tool_call>
Its result is then in the next message, between <tool_result> tags. Call one tool at a time, and never write a result \
yourself. When you know the answer, say it in plain words without a call. The tools and their arguments, as JSON \
schema:
"""

# More text than this, or more calls, is no call of a tool.
_LONGEST = 60_000
_MOST_CALLS = 20

_TAGGED = (
    # Hermes, Qwen; Qwen 2.5 Coder; Granite; DeepSeek; Mistral; Llama 3.
    r"<\|?(?:tool_call|function_call|tools?)\|?>(?P<body>.*?)(?:</?\|?(?:tool_call|function_call|tools?)\|?>|\Z)",
    r"<｜tool▁call▁begin｜>(?P<body>.*?)(?:<｜tool▁call▁end｜>|\Z)",
    r"\[TOOL_CALLS\](?P<body>.*)",
    r"<\|python_tag\|>(?P<body>.*?)(?:<\|e\w+_id\|>|\Z)",
    r"(?P<body><function=\w+>.*?(?:</function>|\Z))",
)
_FENCED = r"```[a-z_]*[ \t]*\n(?P<body>.*?)(?:\n[ \t]*```|\Z)"
_FUNCTION = re.compile(r"<function=(?P<name>[\w.]+)>(?P<body>.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=(?P<name>\w+)>\s?(?P<value>.*?)\s?</parameter>", re.DOTALL)
_NAME_THEN_OBJECT = re.compile(
    r"(?:function<｜tool▁sep｜>)?(?P<name>[\w.]+)\s*(?:\[ARGS\]|```json)?\s*(?P<body>\{.*)", re.DOTALL
)
_SOME_NAME = re.compile(r"\"(?:name|function|tool|action)\"\s*:\s*\"([\w.]+)\"")

_NAMES = ("name", "function", "tool", "tool_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")


def with_tools_in_text(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The conversation for a model without tools: they are described in the system's turn, and its calls and their
    results are turns of text, never two of the same role in a row, which some models' templates refuse."""
    told: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for message in messages:
        role, text = message["role"], message.get("content") or ""
        for call in message.get("tool_calls") or ():
            function = call["function"]
            names[call["id"]] = function["name"]
            text += f'\n<tool_call>{{"name": {json.dumps(function["name"])}, "arguments": {function["arguments"]}}}'
            text += "</tool_call>"
        if role == "tool":
            name = names.get(message["tool_call_id"], "tool")
            # What a result quotes must not end it.
            text = f'<tool_result name="{name}">\n{text.replace("</tool_result", "</ tool_result")}\n</tool_result>'
            role = "user"
        if told and told[-1]["role"] == role:
            told[-1]["content"] += f"\n\n{text.strip()}"
        else:
            told.append({"role": role, "content": text.strip()})
    if tools:
        described = HOW_TO_CALL + "\n".join(json.dumps(each["function"], ensure_ascii=False) for each in tools)
        if told and told[0]["role"] == "system":
            told[0]["content"] += f"\n\n{described}"
        else:
            told.insert(0, {"role": "system", "content": described})
    return told


def calls_in(text: str, tools: Collection[str]) -> tuple[str, tuple[ToolCall, ...]]:
    """The text without the calls of tools that it holds, and these.

    Between tags that say so, anything is a call, right or wrong; elsewhere only what names one of the `tools`.
    """
    if len(text) > _LONGEST or not any(sign in text for sign in "{[<("):
        return text, ()
    known = set(tools)
    for pattern in _TAGGED:
        rest, calls = _cut_out(text, pattern, lambda body: _in_tags(body, known))
        if calls:
            return rest, _with_ids(calls)
    rest, calls = _cut_out(text, _FENCED, lambda body: list(_known(_objects(body), known)) or _python(body, known))
    if not calls:
        start = next((at.start() for at in re.finditer(r"^\s*[{\[]", text, re.MULTILINE)), None)
        if start is not None:
            rest, calls = text[:start].strip(), list(_known(_objects(text[start:]), known))
    if not calls:
        rest, calls = "", _python(text, known)
    return (rest, _with_ids(calls)) if calls else (text, ())


_Call = tuple[str, str]  # name, arguments as JSON


def _cut_out(text: str, pattern: str, read: Callable[[str], list[_Call]]) -> tuple[str, list[_Call]]:
    calls: list[_Call] = []
    kept: list[str] = []
    end = 0
    for match in re.finditer(pattern, text, re.DOTALL):
        if found := read(match["body"]):
            calls += found
            kept.append(text[end : match.start()])
            end = match.end()
    return "".join([*kept, text[end:]]).strip(), calls


def _in_tags(body: str, known: Collection[str]) -> list[_Call]:
    body = body.strip()
    if functions := list(_FUNCTION.finditer(body)):
        return [(each["name"], _parameters(each["body"])) for each in functions]
    if calls := [call for value in _objects(body) for call in _calls_of(value)]:
        return calls
    if (named := _NAME_THEN_OBJECT.match(body)) and (values := list(_objects(named["body"]))):
        return [(named["name"], json.dumps(values[0], ensure_ascii=False))]
    if calls := _python(body, known):
        return calls
    # Broken off or mistyped: it goes on as a call, and is told what is wrong with it.
    return [(name[1], body) for name in [_SOME_NAME.search(body)] if name]


def _parameters(body: str) -> str:
    """The arguments between <parameter> tags, or the JSON text as it stands."""
    named = {each["name"]: _value(each["value"]) for each in _PARAMETER.finditer(body)}
    return json.dumps(named, ensure_ascii=False) if named else body.strip()


def _value(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text


def _objects(text: str) -> Iterator[Any]:
    """The JSON values that the text begins with, one after the other."""
    # Line breaks in an SQL string are written as they are by models, though JSON wants them escaped.
    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(_MOST_CALLS):
        while at < len(text) and (text[at].isspace() or text[at] in ",;"):
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value


def _known(values: Iterator[Any], known: Collection[str]) -> Iterator[_Call]:
    for value in values:
        yield from (call for call in _calls_of(value, known) if call[0] in known)


def _calls_of(value: Any, known: Collection[str] = ()) -> Iterator[_Call]:
    """The calls that a JSON value is, in one of the forms that models give them."""
    if isinstance(value, list):
        for each in value[:_MOST_CALLS]:
            yield from _calls_of(each, known)
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("tool_calls"), list):
        yield from _calls_of(value["tool_calls"], known)
        return
    if isinstance(value.get("function"), dict):
        yield from _calls_of(value["function"], known)
        return
    if len(value) == 1 and (name := next(iter(value))) in known and isinstance(value[name], dict):
        yield name, json.dumps(value[name], ensure_ascii=False)
        return
    at = next((key for key in _NAMES if isinstance(value.get(key), str)), None)
    if at is None:
        return
    name = value[at].removeprefix("functions.").removeprefix("default_api.")
    key = next((each for each in _ARGUMENTS if each in value), None)
    arguments = value[key] if key else {k: v for k, v in value.items() if k not in (at, "type", "id")}
    yield name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _python(text: str, known: Collection[str]) -> list[_Call]:
    """The calls of a text that is nothing but calls written in Python, as Llama 4 and Gemma do."""
    try:
        tree: ast.expr = ast.parse(text.strip(), mode="eval").body
        nodes = tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]
        calls = []
        for node in nodes[:_MOST_CALLS]:
            # print(execute_sql(...)): Gemma's way to say that it wants to see what comes back.
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and node.args:
                node = node.args[0]
            if not isinstance(node, ast.Call) or node.args:
                return []
            name = ast.unparse(node.func).removeprefix("default_api.").removeprefix("functions.")
            if name not in known:
                return []
            named = {each.arg: ast.literal_eval(each.value) for each in node.keywords if each.arg}
            calls.append((name, json.dumps(named, ensure_ascii=False)))
        return calls
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return []


def _with_ids(calls: Sequence[_Call]) -> tuple[ToolCall, ...]:
    once = list(dict.fromkeys(calls))[:_MOST_CALLS]
    reply = uuid.uuid4().hex[:12]
    return tuple(ToolCall(f"text_{reply}_{at}", *call) for at, call in enumerate(once))
