"""The readings that are as likely as the best: which of them is meant the question does not tell, so it is asked back.

Measured on Spider's training questions and the sample's: where the whole of a question can be read in two ways, the
likelier is right nearly always and nothing is asked. What is asked is where a word stands for one of two fields of the
same fit, or a date that is not named at all does, and the two give different rows.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.llm.offline.binding import TIE, Binding
from agent.llm.offline.meaning import Slot, ValueSlot
from agent.llm.offline.schema_text import Field
from agent.llm.offline.words import identifier_words

if TYPE_CHECKING:
    from agent.llm.offline.understanding import Reading

_UNNAMED = "date"  # what a reading calls the date of a period that goes with no noun


@dataclass(frozen=True)
class Rival:
    """Another reading; `asked` asks what tells it from the best: whether `best` is meant or, as here, `other`.

    `stored` is whether that is a value which two fields hold, and `settled` how sure the best is once it is known.
    """

    reading: Reading
    asked: str
    best: str
    other: str
    stored: bool
    settled: float


@dataclass(frozen=True)
class Tie:
    """A word, and the two fields that it may stand for; `binding` has the other one, and `cost` is what not to know it
    takes from the confidence."""

    slot: Slot | ValueSlot
    field: Field
    other: Field
    binding: Binding
    cost: float = 0.0

    @property
    def is_unnamed_date(self) -> bool:
        """Whether the question names no date at all: "last month"."""
        return isinstance(self.slot, Slot) and self.slot.mention.text == _UNNAMED


def ties(binding: Binding) -> Iterator[Tie]:
    """The ties of a binding. A field that another word of the question names is meant by that one, and by no other."""
    used = Counter(map(_place, [*binding.fields.values(), *(each for each, _ in binding.values.values())]))
    done: set[tuple[str, str]] = set()
    for slot, (other, cost) in binding.ties.items():
        mine = binding.fields[slot]
        alike = [each for each in binding.ties if each is slot or each.mention.text == slot.mention.text == _UNNAMED]
        alike = [each for each in alike if binding.fields[each] is mine]
        if used[_place(mine)] == len(alike) and not used[_place(other)] and _place(mine) not in done:
            done.add(_place(mine))
            changed = replace(binding, fields={**binding.fields, **dict.fromkeys(alike, other)})
            yield Tie(slot, mine, other, changed, len(alike) * (TIE + cost))
    for value, (other, literal) in binding.tied_values.items():
        mine, own = binding.values[value]
        if literal == own and not used[_place(other)]:
            yield Tie(value, mine, other, replace(binding, values={**binding.values, value: (other, literal)}))


def rival(best: Reading, reading: Reading, tie: Tie) -> Rival:
    """The rival of the best that a reading with the other field is."""
    query, slot = best.query, tie.slot
    if isinstance(slot, ValueSlot):
        said = best.binding.values[slot][1].strip("'")
    else:
        said = query.asked_words.get(slot.mention.text.lower(), slot.mention.text)
    if query.chinese:
        asked = "指的是哪个日期？" if tie.is_unnamed_date else f"“{said}”指的是哪一个？"
    else:
        asked = "Which date is meant?" if tie.is_unnamed_date else f"What is meant by {said!r}?"
    one, other = (_called(each, chinese=query.chinese) for each in (tie.field, tie.other))
    if one == other or tie.field.table != tie.other.table:
        one, other = f"{one} ({_plain(tie.field.table)})", f"{other} ({_plain(tie.other.table)})"
    settled = best.confidence * math.exp(tie.cost) if tie.is_unnamed_date else best.confidence
    return Rival(reading, asked, one, other, isinstance(slot, ValueSlot), settled)


def _place(each: Field) -> tuple[str, str]:
    return each.table, each.name


def _plain(name: str) -> str:
    return name.replace('"', "").replace("`", "")


def _called(each: Field, *, chinese: bool) -> str:
    said = re.search(r"[\u4e00-\u9fff]{2,12}", each.comment) if chinese else None
    return said.group() if said else " ".join(identifier_words(each.name))
