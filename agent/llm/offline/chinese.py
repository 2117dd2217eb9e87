"""A Chinese question put into the words and the order of an English one, so that one reader serves both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from agent.llm.offline.linking import Linker
from agent.llm.offline.words import CJK, identifier_words

_HAS_CJK = re.compile(rf"[{CJK}]")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_LONGEST = 14
_UNIT = {"天": "day", "日": "day", "周": "week", "月": "month", "年": "year"}
_NUMBERED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"最近(\d+)(?:个)?(天|日|周|月|年)"), lambda m: f"last {m[1]} {_UNIT[m[2]]}s"),
    (re.compile(r"过去(\d+)(?:个)?(天|日|周|月|年)"), lambda m: f"last {m[1]} {_UNIT[m[2]]}s"),
    (
        re.compile(r"(\d{4})年(\d{1,2})月"),
        lambda m: f"{_MONTHS[int(m[2]) - 1]} {m[1]}" if 1 <= int(m[2]) <= 12 else "",
    ),
    (re.compile(r"(\d{4})年第?([一二三四1-4])季度"), lambda m: f"q{_DIGITS.get(m[2]) or m[2]} {m[1]}"),
    (re.compile(r"(\d{4})年"), lambda m: m[1]),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), lambda m: m[0]),
)


@dataclass(frozen=True)
class Piece:
    """One word of the question: `kind` is of chinese.txt, or NOUN, VALUE, NUMBER, TIME, QUOTED, UNKNOWN."""

    kind: str
    text: str
    meaning: str = ""


@dataclass
class _Parts:
    """What the pieces come to, before they are put in English order."""

    conditions: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    order: str = ""
    adjective: str = ""  # before the things asked for: most expensive
    superlative: tuple[str, str, int] | None = None  # field, highest or lowest, how many


def is_chinese(text: str) -> bool:
    """Whether the text holds Chinese characters outside quotes."""
    return bool(_HAS_CJK.search(re.sub(r"[\"'“‘「].*?[\"'”’」]", "", text)))


@cache
def _lexicon() -> dict[str, tuple[str, str]]:
    words: dict[str, tuple[str, str]] = {}
    section = ""
    for line in (resources.files(__package__) / "chinese.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line or line.startswith("#"):
            continue
        elif section == "words":
            head, _, listed = line.partition(": ")
            kind, _, meaning = head.partition(" ")
            words.update({word.strip(): (kind, meaning.strip()) for word in listed.split(", ")})
        else:
            word, _, english = line.partition(": ")
            words[word] = ("TIME" if section == "time" else "NOUN", english)
    return words


def pieces_of(question: str, linker: Linker) -> list[Piece]:
    """The question cut into words, the longest first, by its grammar, the schema's own words and its values."""
    found: list[Piece] = []
    position = 0
    while position < len(question):
        piece, used = _next(question, position, linker)
        position += used
        if piece is None:
            continue
        if piece.kind == "UNKNOWN" and found and found[-1].kind == "UNKNOWN":
            found[-1] = Piece("UNKNOWN", found[-1].text + piece.text)
        else:
            found.append(piece)
    return _counts(found, linker)


_COUNT_ENDINGS = ("数量", "总数量", "总数", "个数", "数目", "人数", "数")


def _counts(pieces: list[Piece], linker: Linker) -> list[Piece]:
    """ "客户数量", "订单数": right after a noun that names a table, 数 and its like count it."""
    counted: list[Piece] = []
    for piece in pieces:
        before = counted[-1] if counted else None
        if before is not None and before.kind == "NOUN" and _is_table(before, linker):
            ending = next((each for each in _COUNT_ENDINGS if piece.text.startswith(each)), "")
            if piece.kind in ("NOUN", "COUNT") and piece.text == ending:
                counted.append(Piece("COUNT", piece.text))
                continue
            if piece.kind == "UNKNOWN" and ending:
                counted.append(Piece("COUNT", ending))
                if rest := piece.text.removeprefix(ending):
                    counted.append(Piece("UNKNOWN", rest))
                continue
        counted.append(piece)
    return counted


def _is_table(piece: Piece, linker: Linker) -> bool:
    mention = linker.mention(_noun(piece).split())
    return mention.table_score >= 0.8 and mention.table_score >= mention.field_score


def _next(question: str, position: int, linker: Linker) -> tuple[Piece | None, int]:
    rest = question[position : position + 40]
    if rest[0].isspace():
        return None, 1
    if quoted := re.match(r"[“\"‘'「《](.+?)[”\"’'」》]", rest):
        return Piece("QUOTED", quoted[1]), quoted.end()
    for pattern, english in _NUMBERED:
        if (match := pattern.match(rest)) and (said := english(match)):
            return Piece("TIME", match[0], said), match.end()
    if number := re.match(r"\d+(?:\.\d+)?", rest):
        scale = {"万": 10_000, "千": 1000, "百": 100, "亿": 100_000_000}.get(rest[number.end() : number.end() + 1], 1)
        value = float(number[0]) * scale
        return Piece("NUMBER", number[0], f"{value:g}" if value < 1e6 else str(int(value))), number.end() + (scale > 1)
    words = _lexicon()
    best: tuple[Piece, int] | None = None
    for length in range(min(_LONGEST, len(rest)), 0, -1):
        text = rest[:length]
        known = words.get(text)
        if length >= 2 and _HAS_CJK.search(text):
            mention = linker.mention([text])
            named = max(mention.table_score, mention.field_score)
            if mention.values and named < (0.95 if mention.value_score > 0.95 else 0.8):
                best = Piece("VALUE", text), length
            elif named >= 0.6:
                best = Piece("NOUN", text, text), length
        if best is None and known is not None:
            best = Piece(known[0], text, known[1]), length
        if best is not None:
            return best
    if rest[0] in _DIGITS:
        return Piece("NUMBER", rest[0], str(_DIGITS[rest[0]])), 1
    if latin := re.match(r"[A-Za-z][\w.&-]*(?: [A-Za-z][\w.&-]*)*", rest):
        text = latin[0]
        mention = linker.mention(text.lower().split())
        if max(mention.table_score, mention.field_score) >= 0.6:
            return Piece("NOUN", text, text.lower()), latin.end()
        return Piece("VALUE" if mention.values else "UNKNOWN", text), latin.end()
    return Piece("UNKNOWN", rest[0]), 1


def in_english(question: str, linker: Linker) -> str:
    """The question in English order; words that mean nothing known stay in it, to be found unexplained."""
    pieces = [each for each in pieces_of(question, linker) if each.kind != "SKIP"]
    parts = _Parts()
    left = _take_conditions(pieces, parts, linker)
    return _composed(left, parts, linker)


def _noun(piece: Piece) -> str:
    return piece.meaning or piece.text


def _quoted(text: str) -> str:
    return '"' + text + '"'


def _take_conditions(pieces: list[Piece], parts: _Parts, linker: Linker) -> list[Piece]:
    """Conditions, groups, times and order taken out of the pieces; what is left says what is asked for."""
    left: list[Piece] = []
    at = 0

    def kind(ahead: int = 0) -> str:
        return pieces[at + ahead].kind if 0 <= at + ahead < len(pieces) else ""

    while at < len(pieces):
        piece = pieces[at]
        last_noun = left[-1] if left and left[-1].kind == "NOUN" else None
        if piece.kind == "TIME":
            comparing = kind(1) == "CMP"
            said = (
                {">": "after ", ">=": "since ", "<": "before "}.get(pieces[at + 1].meaning, "in ")
                if comparing
                else "in "
            )
            parts.times.append(said + piece.meaning)
            at += 2 if comparing else 1
            if kind() == "DE":
                at += 1
        elif piece.kind == "EACH" and kind(1) in ("NOUN", "UNIT"):
            key = pieces[at + 1]
            if piece.text.startswith("按") and any(p.kind == "ORDER" for p in pieces[at:]):
                ahead = pieces[at + 2 :]
                descending = any(p.kind == "DESC" for p in ahead)
                parts.order = f"sorted by {_noun(key)} in {'descending' if descending else 'ascending'} order"
                at += 2
                while kind() in ("ASC", "DESC", "ORDER"):
                    at += 1
                continue
            parts.groups.append(key.meaning if key.kind == "UNIT" else _noun(key))
            at += 2
            if kind() == "DE":
                at += 1
        elif piece.kind == "CMP" and kind(1) == "NUMBER" and last_noun is not None:
            left.pop()
            parts.conditions.append(f"whose {_noun(last_noun)} is {_OPERATORS[piece.meaning]} {pieces[at + 1].meaning}")
            at += 2
            if kind() == "DE":
                at += 1
        elif piece.kind == "CMP" and kind(1) == "AGG" and last_noun is not None:
            left.pop()
            parts.conditions.append(
                f"whose {_noun(last_noun)} is {_OPERATORS[piece.meaning]} the {_AGGREGATES[pieces[at + 1].meaning]}"
            )
            at += 2
            while kind() in ("NOUN", "DE"):
                at += 1
        elif piece.kind == "CMP" and kind(1) == "AGG" and kind(2) == "NOUN":
            operator, average = _OPERATORS[piece.meaning], _AGGREGATES[pieces[at + 1].meaning]
            parts.conditions.append(f"whose {_noun(pieces[at + 2])} is {operator} the {average}")
            at += 3
            if kind() == "DE":
                at += 1
        elif piece.kind == "LIKE" and kind(1) == "VALUE":
            at += 1  # "带有环保标签": the value says it
        elif piece.kind == "NUMBER" and kind(1) == "AFTER" and last_noun is not None:
            left.pop()
            parts.conditions.append(f"whose {_noun(last_noun)} is {_OPERATORS[pieces[at + 1].meaning]} {piece.meaning}")
            at += 2
            if kind() == "DE":
                at += 1
        elif piece.kind == "NUMBER" and kind(1) in ("TO", "AND") and kind(2) == "NUMBER" and last_noun is not None:
            left.pop()
            parts.conditions.append(f"whose {_noun(last_noun)} is between {piece.meaning} and {pieces[at + 2].meaning}")
            at += 3
            while kind() in ("BETWEENEND", "DE"):
                at += 1
        elif piece.kind == "SUP" and last_noun is None and piece.text in _SUPERLATIVES:
            at += 1
            if kind() == "DE":
                at += 1
            parts.adjective = _SUPERLATIVES[piece.text]
            if kind() == "NUMBER":
                parts.adjective = f"{pieces[at].meaning} {parts.adjective}"
                at += 1
        elif piece.kind == "SUP" and last_noun is not None:
            left.pop()
            at += 1
            if kind() == "DE":
                at += 1
            count = 1
            if kind() == "NUMBER":
                count = int(float(pieces[at].meaning))
                at += 1
            most, least = ("most", "fewest") if _is_table(last_noun, linker) else ("highest", "lowest")
            parts.superlative = (_noun(last_noun), most if piece.meaning == "desc" else least, count)
        elif piece.kind == "NULLISH" and kind(1) == "NOUN":
            parts.conditions.append(f"whose {_noun(pieces[at + 1])} is null")
            at += 2
            if kind() == "DE":
                at += 1
        elif piece.kind in ("NULLISH", "NOTNULL") and last_noun is not None:
            left.pop()
            parts.conditions.append(f"whose {_noun(last_noun)} is {'null' if piece.kind == 'NULLISH' else 'not null'}")
            at += 1
            if kind() == "DE":
                at += 1
        elif piece.kind == "LIKE" and kind(1) == "QUOTED" and last_noun is not None:
            how = piece.meaning
            if kind(2) == "LIKEEND":
                how = pieces[at + 2].meaning
            verb = {"has": "contains", "starts": "starts with", "ends": "ends with"}[how]
            left.pop()
            parts.conditions.append(f"whose {_noun(last_noun)} {verb} {_quoted(pieces[at + 1].text)}")
            at += 2
            while kind() in ("LIKEEND", "DE"):
                at += 1
        elif piece.kind == "NOT" and kind(1) == "NOUN" and (left or kind(2) == "DE"):
            parts.conditions.append(f"without {_noun(pieces[at + 1])}")
            at += 2
            if kind() == "DE":
                at += 1
        elif piece.kind in ("VALUE", "QUOTED"):
            values = [piece.text]
            at += 1
            joined = ""
            while kind() in ("AND", "OR") and kind(1) in ("VALUE", "QUOTED"):
                joined = " or "
                values.append(pieces[at + 1].text)
                at += 2
            said = (joined or " or ").join(_quoted(value) for value in values)
            if last_noun is not None and pieces[at - len(values) * 2 if len(values) > 1 else at - 2].kind == "NOUN":
                mention = linker.mention([last_noun.text])
                if mention.field_score > mention.table_score:
                    left.pop()
                    said = f"{_noun(last_noun)} {said}"
            parts.conditions.append(
                f"with {said}" if " " in said.replace(" or ", "") and not said.startswith('"') else f"in {said}"
            )
            if kind() == "DE":
                at += 1
        elif piece.kind == "DE" and not left:
            at += 1
        else:
            left.append(piece)
            at += 1
    return left


def _composed(left: list[Piece], parts: _Parts, linker: Linker) -> str:
    asked = [each for each in left if each.kind in ("NOUN", "AGG", "COUNT", "DISTINCT")]
    unknown = [
        each.text
        for each in left
        if each.kind in ("UNKNOWN", "NOT", "NUMBER", "CMP", "SUP", "NULLISH", "LIKE", "AFTER")
    ]
    kinds = [each.kind for each in left]
    nouns = [each for each in asked if each.kind == "NOUN"]
    head = ""
    owner: list[Piece] = []
    if "SHARE" in kinds and nouns:
        owner = nouns[:-1]
        head = f"what percentage of {_noun(nouns[-1])}"
        nouns, kinds = [], []
    if "HOWMANY" in kinds or (kinds and "COUNT" in kinds and nouns):
        marker = "HOWMANY" if "HOWMANY" in kinds else "COUNT"
        at = kinds.index(marker)
        after = [each for each in left[at + 1 :] if each.kind == "NOUN"]
        before = [each for each in left[:at] if each.kind == "NOUN"]
        counted = after[:1] if after and marker == "HOWMANY" else before[-1:]
        owner = [each for each in nouns if each not in counted]
        distinct = "different " if "DISTINCT" in kinds else ""
        adds_up = bool(counted) and not distinct and _is_measure(counted[0], linker)
        pieces = next((each for each in left if each.meaning == "pieces"), None)
        if counted and not after and pieces and (quantity := _only_field(counted[0], _PIECES, linker)):
            head, owner = f"what is the total {quantity}", [*counted, *owner]  # "退货了多少件": pieces, and not rows
        elif counted:
            head = f"what is the total {_noun(counted[0])}" if adds_up else f"how many {distinct}{_noun(counted[0])}"
    elif "AGG" in kinds:
        functions = [_AGGREGATES[each.meaning] for each in asked if each.kind == "AGG"]
        measures = [each for each in nouns if _is_measure(each, linker)] or nouns[-1:]
        owner = [each for each in nouns if each not in measures[-1:]]
        if nouns and _is_table(nouns[-1], linker) and any(each.text == "总额" for each in asked):
            owner = nouns[-1:]  # 总额 is the total amount, and no number of rows, nor of pieces
            head = "what is the sum of " + (_only_field(nouns[-1], {"amount"}, linker) or "amount")
        elif measures:
            head = "what is the " + " and ".join(functions) + " " + _noun(measures[-1])
    elif nouns:
        measure_asked = (
            "WHAT" in kinds and len(nouns) == 1 and _is_measure(nouns[0], linker) and parts.superlative is None
        )
        group_measure = bool(parts.groups) and _is_measure(nouns[-1], linker)
        if measure_asked or group_measure:
            head = "what is the total " + _noun(nouns[-1])
            owner = nouns[:-1]
        else:
            items, owner = _items(left, linker)
            head = f"list the {parts.adjective} ".rstrip() + " " + " and ".join(_noun(each) for each in items)
    if parts.adjective and parts.adjective not in head:
        unknown.append(parts.adjective)
    words = [head]
    words += [f"of the {_noun(each)}" for each in owner if _noun(each) not in head][:2]
    words += [f"for each {each}" for each in parts.groups]
    if parts.superlative is not None:
        measure, extreme, count = parts.superlative
        number = f"{count} " if count > 1 else ""
        words.append(f"with the {number}{extreme} {measure}")
    words += parts.conditions + parts.times + unknown
    if parts.order:
        words.append(parts.order)
    return " ".join(word for word in words if word)


_PIECES = {"quantity", "unit", "piece"}


def _only_field(table: Piece, words: set[str], linker: Linker) -> str:
    """The one number of a table whose name has such a word, in words; empty where there is none, or several."""
    fields = linker.mention(_noun(table).split()).tables[0][0].fields
    named = [each for each in fields if each.kind == "number" and words & set(identifier_words(each.name))]
    return " ".join(identifier_words(named[0].name)) if len(named) == 1 else ""


def _items(left: list[Piece], linker: Linker) -> tuple[list[Piece], list[Piece]]:
    """The nouns after the last "的" are asked for, those before it own them."""
    last = max((n for n, each in enumerate(left) if each.kind == "DE"), default=-1)
    items = [each for each in left[last + 1 :] if each.kind == "NOUN"]
    before = [each for each in left[: max(last, 0)] if each.kind == "NOUN"]
    joined = any(each.kind == "AND" for each in left[last + 1 :])
    if len(items) == 2 and not joined and _is_table(items[0], linker) and not _is_table(items[1], linker):
        return items[1:], [*before, items[0]]  # "退货原因"
    return (items, before) if items else (before[-1:], before[:-1])


def _is_measure(piece: Piece, linker: Linker) -> bool:
    mention = linker.mention([_noun(piece)])
    if mention.field_score < mention.table_score or not mention.fields:
        return False
    return any(each.kind == "number" and not each.name.lower().endswith("id") for each, _ in mention.fields[:2])


_SUPERLATIVES = {
    "最贵": "most expensive",
    "最便宜": "cheapest",
    "最长": "longest",
    "最重": "heaviest",
    "最轻": "lightest",
    "最新": "newest",
    "最常见": "most common",
    "最常用": "most used",
    "最热门": "most popular",
}
_OPERATORS = {">": "more than", "<": "less than", ">=": "at least", "<=": "at most", "=": "equal to"}
_AGGREGATES = {"avg": "average", "sum": "total", "max": "maximum", "min": "minimum"}


def asked_words(question: str, linker: Linker) -> dict[str, str]:
    """The English that stands for a noun of the question: the noun."""
    return {_noun(each).lower(): each.text for each in pieces_of(question, linker) if each.kind == "NOUN"}


@cache
def _nouns() -> dict[str, str]:
    found: dict[str, str] = {}
    for word, (kind, english) in _lexicon().items():
        if kind == "NOUN":
            found.setdefault(english, word)
    return found


def word_for(english: str) -> str:
    """The Chinese noun for an English one; empty where none is known."""
    return _nouns().get(english, "")


def nouns_in(question: str) -> Iterable[str]:
    """The English of the general nouns in the question, to search by in a schema without Chinese."""
    words = _lexicon()
    position = 0
    while position < len(question):
        for length in range(min(_LONGEST, len(question) - position), 1, -1):
            known = words.get(question[position : position + length])
            if known is not None and known[0] == "NOUN":
                yield known[1]
                position += length - 1
                break
        position += 1
