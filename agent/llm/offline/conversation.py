"""What the offline model says next, decided from the messages and the tools alone."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from agent.llm.offline.answer_text import (
    answered,
    declined,
    failed,
    nothing_found,
    repeated,
    rows_told,
    says_declined,
)
from agent.llm.offline.asking import assumed, chosen_before, differ, meant, said_of, without_answers
from agent.llm.offline.chinese import is_chinese, nouns_in
from agent.llm.offline.follow_ups import chain, lost, surely_goes_on
from agent.llm.offline.pointing import points_at
from agent.llm.offline.rivals import Rival
from agent.llm.offline.schema_text import Schema, found_in, tables_of
from agent.llm.offline.telling import how_it_was_read
from agent.llm.offline.understanding import MOST_CHARACTERS, Reading, Understanding, understand, unknown_phrases

_DIALECT = re.compile(r"^Dialect: (\w+)\s*$", re.MULTILINE)
_TODAY = re.compile(r"^Today: (\d{4}-\d{2}-\d{2})\b", re.MULTILINE)
_QUESTION = re.compile(r"^Question: ?(.*)\Z", re.MULTILINE | re.DOTALL)
_WARNING = re.compile(r"^Warning: ", re.MULTILINE)  # a join repeats what is added up, counted or averaged
_MOST_TABLES = 30
_MOST_LOOKS = 3
_LISTED = "Every table with its fields:"  # then the prompt itself says which tables join, and two looks are enough
_LOOKS_WHERE_LISTED = 2
_SURE_WHERE_LISTED = 0.82
_BEST_HITS = 5
_MOST_QUERIES = 3
_SURE_WITHOUT_LOOKING = 0.92  # then the tables next to those that were shown need not be looked at
_SURE = 0.85  # an empty result of so sure a reading is the answer


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
    earlier: tuple[str, ...] = ()  # the questions that this one goes on from
    lost: bool = False  # it goes on from one that was not understood
    replies: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)  # tool, arguments, text
    joins: Mapping[str, tuple[str, ...]] | None = None  # table to tables, where the prompt lists every table
    said: list[str] = field(default_factory=list)  # what the user answered when asked back
    said_before: list[str] = field(default_factory=list)  # likewise, of earlier questions

    def texts(self, tool: str) -> list[str]:
        return [text for name, _, text in self.replies if name == tool]


def next_message(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Said:
    """The next thing to say: a search, a look at tables, a query, or the answer."""
    situation = situation_of(messages)
    offered = {
        function["name"]: function for each in tools if (function := each.get("function")) and "name" in function
    }
    question = situation.question
    if not any(character.isalnum() for character in question):
        return Said(declined(question, Understanding([], [], "empty")))
    if len(question) > MOST_CHARACTERS:
        return Said(declined(question, Understanding([], [], "long")))
    if situation.lost:
        return Said(declined(question, Understanding([], [], "lost")))
    searched = situation.texts("search_metadata")
    if not searched and "search_metadata" in offered:
        asked = " ".join((*situation.earlier, question))
        words = " ".join([asked, *nouns_in(asked)]) if is_chinese(asked) else asked
        return _call(offered, "search_metadata", words)
    schema = _schema(tuple(situation.texts("show_table")))
    values = tuple(value for text in searched for value in found_in(text).values)
    understood = _understood(
        question,
        tuple(situation.texts("show_table")),
        values,
        situation.dialect,
        situation.today,
        situation.earlier,
    )
    missing = _not_shown(schema, searched, situation.joins)
    looks = _MOST_LOOKS if situation.joins is None else _LOOKS_WHERE_LISTED
    enough = _SURE_WITHOUT_LOOKING if situation.joins is None else _SURE_WHERE_LISTED
    sure = understood.best is not None and understood.best.confidence >= enough
    if missing and not sure and "show_table" in offered and len(situation.texts("show_table")) < looks:
        return _call(offered, "show_table", missing)
    if not schema.tables:
        return Said(declined(question, None))
    ran = [
        (str(arguments.get("sql", "")), text) for name, arguments, text in situation.replies if name == "execute_sql"
    ]
    likeliest = next(iter(understood.readings), None)
    rivals = likeliest.rivals if likeliest is not None and "ask_user" in offered else []
    if ran and rivals:
        return _as_meant(situation, understood, rivals[0], ran, offered)
    if ran:
        return _after_rows(question, understood, ran, offered)
    phrases = unknown_phrases(understood)
    if phrases and len(searched) == 1 and "search_metadata" in offered:
        return _call(offered, "search_metadata", " ; ".join(phrases)[:500])
    if rivals and "execute_sql" in offered:
        return _as_meant(situation, understood, rivals[0], ran, offered)
    if understood.best is None or "execute_sql" not in offered:
        return Said(declined(question, understood))
    return _queried(offered, understood, understood.best)


def _as_meant(
    situation: Situation,
    understood: Understanding,
    rival: Rival,
    ran: list[tuple[str, str]],
    offered: Mapping[str, Any],
) -> Said:
    """The answer by the reading that is meant, of the best and its rival; or what it takes to know which that is.

    The rival's query runs first, so that the answer rests on the last one where the best is meant. Where both give the
    same rows there is nothing to ask.
    """
    best, other, results = understood.readings[0], rival.reading, dict(ran)
    replies = situation.texts("ask_user")
    now = meant(rival, [*situation.said, *(said for text in replies for said in said_of(text))])
    chosen = now or meant(rival, situation.said_before)
    remark = "" if now else chosen_before(situation.question, chosen) if chosen else ""
    if chosen == rival.other:
        if not ran or ran[-1][0] != other.sql:
            return _queried(offered, understood, other)
        return _with(remark, _after_rows(situation.question, Understanding([other], []), ran, offered))
    if not chosen and not replies and other.sql not in results:
        return _queried(offered, understood, other)
    if best.sql not in results:
        return _queried(offered, understood, best)
    if not chosen and not replies and differ(rival, results[best.sql], results[other.sql]):
        return Said(calls=(("ask_user", {"question": rival.asked, "options": [rival.best, rival.other]}),))
    own = [each for each in ran if each[0] != other.sql]
    if replies and not chosen:
        remark = assumed(situation.question, rival)
    return _with(remark, _after_rows(situation.question, understood, own, offered))


def _with(remark: str, said: Said) -> Said:
    """An answer with a remark behind it."""
    return said if said.calls else Said(said.text + remark)


def _queried(offered: Mapping[str, Any], understood: Understanding, reading: Reading) -> Said:
    """The query of a reading; its text tells a trace how the question was read."""
    said = _call(offered, "execute_sql", reading.sql)
    others = [each for each in understood.readings if each is not reading]
    return Said(how_it_was_read([reading, *others]), said.calls)


@lru_cache(maxsize=128)
def _understood(
    question: str,
    shown: tuple[str, ...],
    values: tuple[tuple[str, str, str], ...],
    dialect: str,
    today: date,
    earlier: tuple[str, ...],
) -> Understanding:
    """The understanding of a question by these tools' replies: kept, since a conversation asks for it step by step."""
    schema = _schema(shown)
    if not earlier:
        word = points_at(question)
        if word and word != "it":  # "how long does it take" points at nothing
            return Understanding([], [word], "points")
        return understand(question, schema, dialect, today, values)
    together = understand(question, schema, dialect, today, values, earlier)
    if surely_goes_on(question):
        return together
    alone = understand(question, schema, dialect, today, values)
    return together if alone.best is None else alone


def _schema(shown: tuple[str, ...]) -> Schema:
    return Schema({table.sql: table for text in shown for table in tables_of(text)})


def _after_rows(
    question: str, understood: Understanding, ran: list[tuple[str, str]], offered: Mapping[str, Any]
) -> Said:
    """The answer, or the next likeliest reading when nothing came back."""
    sql, text = ran[-1]
    rows = rows_told(text)
    reading = next((each for each in understood.readings if each.sql == sql), None)
    warned = rows is not None and _WARNING.search(text) is not None
    if rows is not None and rows.count and not warned:
        return Said(answered(question, reading, rows))
    tried = {each for each, _ in ran}
    other = next((each for each in understood.sure if each.sql not in tried), None)
    doubtful = warned or reading is None or reading.confidence < _SURE
    if other is not None and doubtful and "execute_sql" in offered and len(ran) < _MOST_QUERIES:
        return _queried(offered, understood, other)
    if warned:
        return Said(repeated(question))
    return Said(failed(question) if rows is None else nothing_found(question))


def situation_of(messages: Sequence[Mapping[str, Any]]) -> Situation:
    """The last question, its dialect and date, and the tools' replies since."""
    system = "\n".join(_text(each) for each in messages if each.get("role") in ("system", "developer"))
    dialect = _DIALECT.search(system)
    questions = [
        n
        for n, each in enumerate(messages)
        # After a tool's reply the loop may urge the model on, in the user's place.
        if each.get("role") == "user" and (not n or messages[n - 1].get("role") != "tool")
    ]
    asked = questions[-1] if questions else -1
    turn = _text(messages[asked]) if asked >= 0 else ""
    marked = _QUESTION.search(turn)
    question = _asked_in(turn)
    dated = _TODAY.search(turn[: marked.start()] if marked else "")
    situation = Situation(
        question, dialect.group(1) if dialect else "duckdb", _day(dated.group(1)) if dated else date.today()
    )
    situation.joins = _listed_joins(system)
    declined_last = list(itertools.takewhile(lambda n: _was_declined(messages, n), reversed(questions[:-1])))
    situation.lost = lost(question, [_asked_in(_text(messages[n])) for n in declined_last])
    situation.said = said_of(turn)
    situation.said_before = [said for n in questions[:-1] for said in said_of(_text(messages[n]))]
    before = [_asked_in(_text(messages[n])) for n in questions[:-1] if not _was_declined(messages, n)]
    situation.earlier = chain(before, question)[:-1]
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages[asked + 1 :]:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            calls[call.get("id", "")] = (function.get("name", ""), _arguments(function.get("arguments")))
        if message.get("role") == "tool":
            name, arguments = calls.get(message.get("tool_call_id", ""), ("", {}))
            situation.replies.append((name, arguments, _text(message)))
    return situation


def _asked_in(turn: str) -> str:
    marked = _QUESTION.search(turn)
    return without_answers(marked.group(1) if marked else turn).strip()


def _was_declined(messages: Sequence[Mapping[str, Any]], question: int) -> bool:
    """Whether this model had no answer to that question: what follows does not go on from it."""
    replies = itertools.takewhile(lambda each: each.get("role") != "user", messages[question + 1 :])
    return any(says_declined(_text(each)) for each in replies if each.get("role") == "assistant")


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


def _not_shown(schema: Schema, searched: Sequence[str], joins: Mapping[str, tuple[str, ...]] | None) -> list[str]:
    """Tables to look at next: those a search found, then those that shown ones point at or are pointed at by.

    Where the prompt lists every table: the search's best hits and what lies between them, then the other hits
    and what the shown ones point at.
    """
    found = [found_in(text) for text in searched]
    hits = [name for each in found for name in each.tables]
    if not schema.tables and joins is not None:
        best = hits[:_BEST_HITS]
        near = [*best, *_between(best, joins)]
    elif not schema.tables:
        near = [*hits, *(name for each in found for name in each.neighbours)]
    elif len(schema.tables) < _MOST_TABLES:
        near = [key.target for table in schema.tables.values() for key in table.keys]
        near += hits if joins is not None else [n for t in schema.tables.values() for n in t.pointed_at_by]
    else:
        return []
    return [name for name in dict.fromkeys(near) if name not in schema.tables][:_MOST_TABLES]


def _listed_joins(system: str) -> dict[str, tuple[str, ...]] | None:
    """Which tables a prompt that lists every table with its fields says are joined; None where it does not."""
    _, listed, text = system.partition(_LISTED)
    if not listed:
        return None
    joins: dict[str, list[str]] = {}
    table = ""
    for line in text.splitlines():
        if head := re.match(r"^([^\s:(][^:(]*?)(?: \(|:|$)", line):
            table = head.group(1)
            joins.setdefault(table, [])
        elif table and (key := re.match(r"^  .*? -> (\S+)\.[^.\s]+?(?::|$)", line)):
            joins[table].append(key.group(1))
            joins.setdefault(key.group(1), []).append(table)
    return {name: tuple(dict.fromkeys(others)) for name, others in joins.items()}


def _between(tables: Sequence[str], joins: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The tables that join two of these directly or over one more: bridges."""
    wanted = set(tables)
    return [name for name, others in joins.items() if name not in wanted and len(wanted & set(others)) >= 2]
