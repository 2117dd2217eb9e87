"""Text into tokens, identifiers into words, words into the forms under which two spellings meet."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from agent.llm.offline.lexicon import english

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_QUOTES = {'"': '"', "“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "`": "`"}
_TOKEN = re.compile(
    rf"""(?P<date>\d{{4}}-\d{{1,2}}-\d{{1,2}}(?:[ T]\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?)
      |(?P<number>\$?€?£?¥?\d+(?:,\d{{3}})+(?:\.\d+)?(?![\w-])|[$€£¥]?\d+(?:\.\d+)?(?![\w-])%?)
      |(?P<operator><=|>=|!=|<>|=|<|>|≥|≤)
      |(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
      |(?P<cjk>[{CJK}]+)
      |(?P<word>[^\W_{CJK}]+(?:[_'’.&/-][^\W_{CJK}]+)*)
      |(?P<punct>[^\w\s])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """One token of the question: `kind` is word, number, date, quoted, operator, cjk or punct; break between two."""

    text: str
    kind: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def is_capitalised(self) -> bool:
        return self.text[:1].isupper()


def tokenise(text: str) -> list[Token]:
    """The tokens of a question, in order; what stands in quotes is one token without its quotes."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        quoted = _quoted_at(text, position)
        if quoted is not None:
            tokens.append(quoted)
            position = quoted.end
            continue
        if (
            text[position] in "'’"
            and text[position - 1 : position] == "s"
            and not text[position + 1 : position + 2].isalnum()
        ):
            tokens.append(Token("'s", "word", position, position + 1))  # "the visitors' names"
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            position += 1
            continue
        kind = match.lastgroup or "word"
        word = match.group()
        if kind == "word" and word.lower().endswith(("'s", "’s")) and len(word) > 2:
            tokens.append(Token(word[:-2], "word", match.start(), match.end() - 2))
            tokens.append(Token("'s", "word", match.end() - 2, match.end()))
        elif kind == "mail":
            tokens.append(Token(word, "quoted", match.start(), match.end()))
        else:
            tokens.append(Token(word, kind, match.start(), match.end()))
        position = match.end()
    return tokens


def _quoted_at(text: str, position: int) -> Token | None:
    opening = text[position]
    before = text[position - 1] if position else " "
    if opening == "'" or opening == "’":
        if before.isalnum():
            return None
        close = re.compile(r"['’](?!\w)").search(text, position + 1)
        end = close.start() if close else -1
    elif opening in _QUOTES:
        # A typed pair is not always a matched one: ‘Surgery', "Latte”.
        closing = {_QUOTES[opening], opening} | ({"'"} if opening == "‘" else set())
        end = min((at for each in closing if (at := text.find(each, position + 1)) > 0), default=-1)
    else:
        return None
    inside = text[position + 1 : end] if end > position + 1 else ""
    if not inside.strip() or len(inside) > 200:
        return None
    return Token(inside.strip(), "quoted", position, end + 1)


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """The singular of an English noun, as far as rules go: cities → city, buses → bus, people → person."""
    if word in english().irregular:
        return english().irregular[word]
    if len(word) <= 3 or not word.isascii() or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith(("ss", "us", "is")):
        return word
    return word[:-1]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word less its inflection and commonest derivations: enrolled, enrollment → enrol."""
    word = singular(word)
    if len(word) <= 4 or not word.isascii() or not word.isalpha():
        return word
    for ending in ("ization", "ation", "ition", "ment", "tion", "sion", "ness", "ance", "ence"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    else:
        for ending in ("ing", "ed", "er", "or", "al", "ly"):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                bare = word[: -len(ending)]
                if re.search(r"[aeiouy]", bare):
                    word = bare
                break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "s":
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        word = word[:-1] + "i"
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


# Identifiers are written together too: `roomname`, `releasedate`, `custid`.
_TAILS = ("name", "date", "type", "code", "number", "title", "price", "id")
_IDENTIFIER = re.compile(rf"[{CJK}]+|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_{CJK}]+")


@lru_cache(maxsize=65536)
def identifier_words(name: str) -> tuple[str, ...]:
    """The words of an identifier, singular, abbreviations written out: `cust_name` → customer, name."""
    words: list[str] = []
    pieces = [match.group().lower() for match in _IDENTIFIER.finditer(unicodedata.normalize("NFKC", name))]
    for at, piece in enumerate(pieces):
        if len(piece) == 1 and at + 1 < len(pieces) and piece + pieces[at + 1] in english().abbreviations:
            pieces[at + 1] = piece + pieces[at + 1]  # `LName` is written as `lname` is
            continue
        for tail in _TAILS:
            rest = piece[: -len(tail)]
            if piece.endswith(tail) and ((len(rest) >= 4 and tail != "id") or rest in english().abbreviations):
                words.append(singular(english().abbreviations.get(rest, rest)))
                piece = tail
                break
        for word in english().abbreviations.get(piece, piece).split():
            words.append(singular(word))
    return tuple(words)


def squashed(text: str) -> str:
    """Letters and digits alone, lower case: what `roomName`, `room_name` and "room name" have in common."""
    return "".join(each for each in text.lower() if each.isalnum())


def folded(text: str) -> str:
    """Case, width, accents and runs of spaces folded away: how two spellings of one value meet."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(unicodedata.normalize("NFC", plain).casefold().split())
