"""A conversation as a Markdown page and as a notebook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.session import Turn
from tools.text import visible


def as_markdown(title: str, turns: Sequence[Turn]) -> str:
    """A heading and a paragraph a question: what was said, the SQL, what came back."""
    parts = [f"# {_line(title) or 'A conversation'}"]
    for turn in turns:
        parts += [f"## {_line(turn.question)}", *(_line(str(each)) for each in turn.choices), *_answer(turn)]
    return visible("\n\n".join(parts) + "\n")


def as_notebook(title: str, turns: Sequence[Turn], session_id: str) -> dict[str, Any]:
    """Jupyter's format 4.5: a cell that opens the agent, then a cell that asks and what came back for each question."""
    opening = f"from agent import open_agent\n\nagent = open_agent()\nsession = agent.session({session_id!r})"
    cells = [_markdown(f"# {_line(title) or 'A conversation'}", "title"), _code(opening, "open", [])]
    for number, turn in enumerate(turns, 1):
        text = visible("\n\n".join(_answer(turn)))
        shown = {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/markdown": text, "text/plain": text},
        }
        asked = f"session.ask_sync({json.dumps(turn.question, ensure_ascii=False)}).text"
        cells.append(_code(asked, f"turn-{number}", [shown]))
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": cells,
    }


def _answer(turn: Turn) -> list[str]:
    parts = [_prose(turn.text)]
    if turn.sql:
        parts.append(_fenced(turn.sql, "sql"))
    if turn.result:
        count, _, rows = turn.result.partition("\n")
        parts += [count, rows] if rows.startswith("|") else [_fenced(turn.result, "")]
    return parts


def _fenced(text: str, language: str) -> str:
    fence = "```"
    while fence in text:  # what is in the text ends no fence of ours
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _line(text: str) -> str:
    return _prose(" ".join(text.split()))


def _prose(text: str) -> str:
    """What a model or a person wrote, without HTML: a page shows it and runs none of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _markdown(source: str, id: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def _code(source: str, id: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": id,
        "metadata": {},
        "execution_count": None,
        "source": source,
        "outputs": outputs,
    }
