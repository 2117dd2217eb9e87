"""Whether a question is in another language than the two that the offline model reads."""

from __future__ import annotations

import re
import unicodedata

from agent.llm.offline.chinese import is_chinese
from agent.llm.offline.lexicon import english

_QUOTED = re.compile(r"[\"'“‘«].*?[\"'”’»]")
_WORD = re.compile(r"[^\W\d_]+")
_ENOUGH = 2  # foreign small words, where they outnumber the English ones


def is_another_language(question: str) -> bool:
    """Whether most letters are of another script, or the small words are those of another language."""
    text = _QUOTED.sub(" ", question)
    if any("HIRAGANA" in (name := unicodedata.name(each, "")) or "KATAKANA" in name for each in text):
        return True
    letters = [each for each in text if each.isalpha()]
    foreign = [each for each in letters if not _is_known(each)]
    if foreign and len(foreign) * 2 > len(letters):
        return True
    if is_chinese(text):
        return False
    words = [each.lower() for each in _WORD.findall(text)]
    there = sum(each in english().foreign for each in words)
    here = sum(each in english().filler or each in english().phrases for each in words if each not in english().foreign)
    return there >= _ENOUGH and there > here


def _is_known(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    return name.startswith(("LATIN", "CJK", "FULLWIDTH LATIN"))
