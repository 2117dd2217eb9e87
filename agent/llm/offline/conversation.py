"""What the offline model says next, decided from the messages and the tools alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agent.llm.offline.answer_text import answered, declined, nothing_known
from agent.llm.offline.chinese import is_chinese, nouns_in
from agent.llm.offline.schema_text import Schema, found_in, tables_of
from agent.llm.offline.understanding import understand, unknown_phrases

_DIALECT = re.compile(r"^Dialect: (\w+)\s*$", re.MULTILINE)
_TODAY = re.compile(r"^Today: (\d{4}-\d{2}-\d{2})\b", re.MULTILINE)
_QUESTION = re.compile(r"^Question: ?(.*)\Z", re.MULTILINE | re.DOTALL)
_MOST_TABLES = 30


@dataclass(frozen=True)
class Said:
    """The next message: text, or calls as (tool, arguments)."""

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass
class Situation:
    """Where the conversation stands since the last question was asked."""

    question: str
    dialect: str
    today: date
    replies: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)  # tool, arguments, text

    def texts(self, tool: str) -> list[str]:
        return [text for name, _, text in self.replies if name == tool]


def next_message(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Said:
    """The next thing to say: a search, a look at tables, a query, or the answer."""
    situation = situation_of(messages)
    offered = {
        function["name"]: function
        for each in tools
        if (function := each.get("function")) and "name" in function
    }
    if not any(character.isalnum() for character in situation.question):
        return Said(declined(situation.question, []))
    searched = situation.texts("search_metadata")
    if not searched and "search_metadata" in offered:
        words = situation.question[:500]
        if is_chinese(words):
            words = " ".join([words, *nouns_in(words)])
        return _call(offered, "search_metadata", words)
    schema = Schema({table.sql: table for text in situation.texts("show_table") for table in tables_of(text)})
    if not schema.tables:
        names = [
            name
            for text in searched
            for found in [found_in(text)]
            for name in (*found.tables, *found.neighbours)
        ]
        if names and "show_table" in offered and not situation.texts("show_table"):
            return _call(offered, "show_table", list(dict.fromkeys(names))[:_MOST_TABLES])
        return Said(nothing_known(situation.question))
    missing = _bridges(schema)
    if missing and "show_table" in offered and len(situation.texts("show_table")) < 3:
        return _call(offered, "show_table", missing)
    values = tuple(value for text in searched for value in found_in(text).values)
    understood = understand(situation.question, schema, situation.dialect, situation.today, values)
    phrases = unknown_phrases(understood)
    if phrases and len(searched) == 1 and "search_metadata" in offered and not situation.texts("execute_sql"):
        return _call(offered, "search_metadata", " ; ".join(phrases)[:500])
    tried = [
        (str(arguments.get("sql", "")), text)
        for name, arguments, text in situation.replies
        if name == "execute_sql"
    ]
    best = understood.best
    if tried:
        sql, text = tried[-1]
        reading = next((each for each in understood.readings if each.sql == sql), None)
        if _has_rows(text):
            return Said(answered(situation.question, reading, text))
        others = [
            r for r in understood.readings if r.sql not in {s for s, _ in tried} and r.confidence >= 0.5
        ]
        if others and "execute_sql" in offered and len(tried) < 3:
            return _call(offered, "execute_sql", others[0].sql)
        return Said(declined(situation.question, understood.unexplained))
    if best is None or "execute_sql" not in offered:
        return Said(declined(situation.question, understood.unexplained))
    return _call(offered, "execute_sql", best.sql)


def situation_of(messages: Sequence[Mapping[str, Any]]) -> Situation:
    """The last question, its dialect and date, and the tools' replies since."""
    system = "\n".join(_text(each) for each in messages if each.get("role") in ("system", "developer"))
    dialect = _DIALECT.search(system)
    asked = max((n for n, each in enumerate(messages) if each.get("role") == "user"), default=-1)
    turn = _text(messages[asked]) if asked >= 0 else ""
    marked = _QUESTION.search(turn)
    question = (marked.group(1) if marked else turn).strip()
    dated = _TODAY.search(turn[: marked.start()] if marked else "")
    situation = Situation(
        question, dialect.group(1) if dialect else "duckdb", _day(dated.group(1)) if dated else date.today()
    )
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages[asked + 1 :]:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            calls[call.get("id", "")] = (function.get("name", ""), _arguments(function.get("arguments")))
        if message.get("role") == "tool":
            name, arguments = calls.get(message.get("tool_call_id", ""), ("", {}))
            situation.replies.append((name, arguments, _text(message)))
    return situation


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.today()


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return ""


def _arguments(given: Any) -> dict[str, Any]:
    import json

    try:
        parsed = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _call(offered: Mapping[str, Any], tool: str, value: str | list[str]) -> Said:
    """A call whose one argument is the tool's first that takes such a value."""
    properties = (offered[tool].get("parameters") or {}).get("properties") or {}
    wanted = "array" if isinstance(value, list) else "string"
    name = next((key for key, each in properties.items() if each.get("type") == wanted), None)
    fallback = {"search_metadata": "words", "show_table": "tables", "execute_sql": "sql"}[tool]
    return Said(calls=((tool, {name or fallback: value}),))


def _bridges(schema: Schema) -> list[str]:
    """Tables that shown ones point at or are pointed at by, and that were not shown."""
    if len(schema.tables) >= _MOST_TABLES:
        return []
    near: list[str] = []
    for table in schema.tables.values():
        near += [key.target for key in table.keys if key.target not in schema.tables]
        near += [name for name in table.pointed_at_by if name not in schema.tables]
    return list(dict.fromkeys(near))[:_MOST_TABLES]


def _has_rows(text: str) -> bool:
    head = text.split("\n", 1)[0]
    return bool(re.match(r"(?:the first )?\d+ (?:of \d+ )?rows?\b", head)) and not head.startswith("0 ")
