"""Text into the terms that search compares: identifiers split, words stemmed, accents and widths folded."""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

# Scripts that are written without spaces: their runs become pairs of characters.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_UNSPACED_CHARACTER = re.compile(rf"[{_UNSPACED}]")
_PIECE = re.compile(
    rf"[{_UNSPACED}]+|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+(?:['’][a-z]{{1,2}}\b)?|[A-Z]+|\d+|[^\W\d_{_UNSPACED}]+"
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that say nothing of what is asked about.
STOP_WORDS = _set("""
    a about above across actually after again all also always am an and any are as ask at be been before
    being below between both but by can could currently did do does doing done down each either else ever
    every exist exists find finds for from get gets give given gives had has have having he her here hers
    him his how i if in into is it its itself just kindly least less let like list listed lists many may
    me might more most much must my need neither never no nor not of off on once one ones only or other
    others our out over own per please retrieve return returns same shall she should show shown shows so
    some such tell than that the their them then there these they this those through to together too under
    until up upon us use used using very want was we were what whether which while whom why will with
    within without would you your
    的 是 了 有 在 和 与 或 及 我 你 他 她 它 们 个 这 那 被 把 从 向 给 对 中 上 下 里 时 么 吗 呢 多 几 谁 各 每
    各个 怎么 怎样
    多少 哪些 什么 请问 列出 显示 查询 哪个 几个 每个 所有 一共 的数 有多 是多 有哪 找出
""")
# Words that more often say what to do with the rows than what the rows are about; they count for less.
WEAK_WORDS = _set("""
    alphabetical alphabetically ascending average avg based begin begins biggest bottom calculate compare
    compute contain containing contains count descending different display distinct eight end entire equal
    exactly fetch figure first five following four great greater greatest high higher highest hundred
    include included large larger largest last late latest least long longest low lower lowest make max
    maximum mean min minimum nine number order ordered recent select seven short shortest six small
    smaller smallest sort sorted start starting sum ten thousand three top total two unique when where who
    whose
""")

# Latin letters that no decomposition takes to plain ones.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae", "œ": "oe"})
_LETTERS |= str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "þ": "th", "ı": "i", "Œ": "Oe", "’": "'"})


def is_unspaced(text: str) -> bool:
    """Whether the text begins in a script that puts no spaces between words, such as Chinese."""
    return bool(_UNSPACED_CHARACTER.match(text))


def folded(text: str) -> str:
    """The text with case, width, accents and traditional characters folded away: what its spellings have in common."""
    return " ".join(_plain(text).casefold().split())


def _plain(text: str) -> str:
    """The text without accents, in one width and in simplified characters, its case kept."""
    if text.isascii():
        return text
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    plain = unicodedata.normalize("NFC", bare.translate(_LETTERS))
    return plain.translate(_simplified()) if _UNSPACED_CHARACTER.search(plain) else plain


@cache
def _simplified() -> dict[int, str]:
    pairs = Path(__file__).with_name("simplified.txt").read_text("utf-8").split("\n", 1)[1].split()
    return {ord(traditional): simplified for traditional, simplified in map(tuple, pairs)}


def pieces(text: str) -> Iterator[str]:
    """The words of a text or an identifier, in order, lower case, not stemmed; of CJK runs also all pairs.

    `customerID_2` gives customer, id, 2; `HTTPServer` gives http, server; `订单金额` gives 订单, 单金, 金额. With the
    extra `zh` installed, what is a word of Chinese comes before the pairs, also where it has one character or four.
    """
    for match in _PIECE.finditer(_plain(text)):
        piece = match.group()
        if is_unspaced(piece):
            yield from _of_unspaced(piece)
        else:
            yield re.sub(r"['’].*", "", piece).casefold()


def _of_unspaced(run: str) -> Iterable[str]:
    pairs = [run[at : at + 2] for at in range(max(1, len(run) - 1))]
    cut = segmenter()
    # The pairs stay: a word of the question may be a part of a longer one in the schema, and the other way round.
    return dict.fromkeys((*cut(run), *pairs)) if cut else pairs


@cache
def segmenter() -> Callable[[str], Sequence[str]] | None:
    """What cuts Chinese into words, where it is installed; its dictionary takes 0.1 s to load, at first use."""
    try:
        cut: Callable[[str], Sequence[str]] = importlib.import_module("rjieba").cut_for_search
    except ImportError:
        return None
    return cut


_LOST_ITS_E = re.compile(r"[^aeiou][aeiouy][^aeiouwxy]")  # rat(ing), hir(ed), but not own(ed), box(ed)
_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "wives": "wife",
    "lives": "life",
    "leaves": "leave",
    "halves": "half",
    "shelves": "shelf",
    "knives": "knife",
    "criteria": "criterion",
    "indices": "index",
    "analyses": "analysis",
    "theses": "thesis",
    "bought": "buy",
    "sold": "sell",
    "paid": "pay",
    "taught": "teach",
    "written": "write",
    "wrote": "write",
    "won": "win",
    "made": "make",
    "built": "build",
    "held": "hold",
    "sent": "send",
    "spent": "spend",
    "taken": "take",
    "took": "take",
    "given": "give",
    "gave": "give",
    "led": "lead",
    "lost": "lose",
    "left": "leave",
    "flew": "fly",
    "flown": "fly",
    "sang": "sing",
    "sung": "sing",
    "drove": "drive",
    "driven": "drive",
    "chose": "choose",
    "chosen": "choose",
    "got": "get",
    "met": "meet",
    "kept": "keep",
    "died": "die",
}


def stem(word: str) -> str:
    """An English word less its inflection: cities → citi, as city is too; ordered → order, shipping → ship."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if (word.endswith("ies") and len(word) > 4) or word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            bare = word[: -len(ending)]
            if not re.search(r"[aeiouy]", bare):
                break
            if bare[-1] == bare[-2] and bare[-1] not in "lsz":
                word = bare[:-1]
            else:
                word = bare + "e" if _LOST_ITS_E.fullmatch(bare) else bare
            break
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "i"
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


_ENDINGS = re.compile(
    r"(?<=[a-z]{4})(ation|ition|ment|ance?|ence?|ness|ship|ible?|able?|ional|tion|ing|ion|ist|ism|ive?|ful|ant|ent"
    r"|ity|iti|ory|ori|ary|ari|ure?|age?|ic|al|er|or|ee|ly|li|e|i)$"
)


def root(term: str) -> str:
    """What is left of a stemmed word when its endings are taken off: manufacture, manufacturer → manufactur."""
    while term.isascii() and (ending := _ENDINGS.search(term)):
        term = term[: ending.start()]
    return term


def terms(text: str) -> list[str]:
    """The stemmed terms of a text, in order, with repeats."""
    return [stem(piece) for piece in pieces(text)]
