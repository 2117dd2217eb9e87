"""The answer's text: the figure or the rows, or what was not understood, in the asker's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.llm.offline.understanding import Reading


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def answered(question: str, reading: Reading | None, rows: str) -> str:
    lines = [line for line in rows.splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    body = [row for row in cells[1:] if not all(set(cell) <= set("-: ") for cell in row)]
    if len(body) == 1 and len(body[0]) == 1:
        return f"{cells[0][0]}: {body[0][0]}"
    return rows.splitlines()[0] if rows else ""


def declined(question: str, unexplained: list[str]) -> str:
    how = "OPENAI_API_KEY, DBAGENT_MODEL"
    if is_chinese(question):
        return f"我是内置的离线模型, 没有完全理解这个问题。请换个说法, 或设置 {how} 使用真正的模型。"
    words = f" I could not place: {', '.join(unexplained)}." if unexplained else ""
    return (
        f"I am the built-in offline model and did not understand this question well enough to answer it.{words} "
        f"Ask in other words, or set OPENAI_API_KEY and DBAGENT_MODEL to use a full language model."
    )


def nothing_known(question: str) -> str:
    return declined(question, [])
