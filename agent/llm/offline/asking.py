"""Asking back which of two readings is meant, where their rows differ: whom to believe, and what to say of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence

from agent.llm.offline.answer_text import rows_told
from agent.llm.offline.chinese import is_chinese
from agent.llm.offline.rivals import Rival

_TOLD = re.compile(r'^You asked: ("(?:[^"\\]|\\.)*") The user answers: ("(?:[^"\\]|\\.)*")\n?', re.MULTILINE)
_ZERO = ("", "0", "NULL")


def differ(rival: Rival, best: str, other: str) -> bool:
    """Whether the replies of `execute_sql` to the best and to its rival hold different rows.

    Of a stored value that is meant where it is found: the other field holds it with nothing to say.
    """
    mine, theirs = rows_told(best), rows_told(other)
    if mine is None or theirs is None:
        return False
    if rival.stored and all(cell in _ZERO for row in theirs.rows for cell in row):
        return False
    return mine.count != theirs.count or Counter(mine.rows) != Counter(theirs.rows)


def said_of(text: str) -> list[str]:
    """What a user answered when asked back, as a turn or a tool's reply tells it."""
    return [json.loads(said) for _, said in _TOLD.findall(text)]


def without_answers(text: str) -> str:
    """A turn without what was answered before it."""
    return _TOLD.sub("", text)


def meant(rival: Rival, said: Sequence[str]) -> str:
    """Which of the two somebody chose, the last time that they did; "" where they chose neither."""
    options = {each.casefold(): each for each in (rival.best, rival.other)}
    return next((options[each.casefold()] for each in reversed(said) if each.casefold() in options), "")


def assumed(question: str, taken: Rival) -> str:
    """What is said of the best reading when nobody chose it."""
    if is_chinese(question):
        return f"（假定所指为“{taken.best}”，而非“{taken.other}”。）"
    return f" (Assumed: {taken.best}, not {taken.other}.)"


def chosen_before(question: str, chosen: str) -> str:
    """What is said of a reading that was chosen for an earlier question."""
    return f"（沿用之前的选择：“{chosen}”。）" if is_chinese(question) else f" (As you chose before: {chosen}.)"
