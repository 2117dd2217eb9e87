"""Which words of a question a reading has no place for: each makes the reading less sure, and is named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from agent.llm.offline.binding import Binding, slots_of
from agent.llm.offline.chunking import Chunk, Cut
from agent.llm.offline.cursor import LIGHT_VERBS, MEASURE_UNITS, is_flag, particle_joined
from agent.llm.offline.follow_ups import ASKING_ANEW
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Linker, Mention, likeness
from agent.llm.offline.meaning import (
    AgainstAggregate,
    Aggregate,
    Combined,
    Compare,
    Having,
    IsValue,
    Pick,
    Query,
    Slot,
    all_conditions,
    item_slots,
)
from agent.llm.offline.schema_text import Schema
from agent.llm.offline.words import identifier_words

DROPPED = 0.45  # enough by itself to decline: the word may well be a condition
_PASSED_BY = ("IN", "ART", "FILLER", "AND", "REL", "DISTINCT", "COMMA", "WITH", "POSS")
_TIME_UNITS = ("day", "week", "weekday", "month", "quarter", "year")
_RANKING = ("SUPER", "ADJSUPER", "MOSTCOMMON")
_PARTICIPLES = ("ed", "ing", "en", "id", "ld", "wn", "lt", "nt")
_AUXILIARIES = ("is", "are", "was", "were", "be", "been", "has", "have", "had", "being")
_OBJECTS = ("MENTION", "QUOTED", "EACH", "MOSTCOMMON", "SUPER", "CMP", "WORD", "BOTH")
_SUBJECTS = ("REL", "WHO", "VERB", "MENTION", "QUOTED", "WITH", "NOT", "NUMBER", "DATE", "WORD", "TIMES")


def left_out(
    cut: Cut, query: Query, binding: Binding, tables: frozenset[str], linker: Linker
) -> list[tuple[str, float]]:
    """What the reading leaves out, as doubts; `tables` are those that its SQL reads."""
    said = {mention.text.lower() for mention in _mentions(query)}
    anew = max(
        (at for at, chunk in enumerate(cut.chunks) if chunk.kind == "BREAK" and chunk.meaning in ASKING_ANEW),
        default=-1,
    )
    asked = cut.chunks[anew + 1 :]
    doubts: list[tuple[str, float]] = []
    if cut.chunks[0].text.lower() == "by":
        doubts.append(("what is wanted " + " ".join(chunk.text for chunk in cut.chunks[:2]), DROPPED))
    if not _ranks(query) and (word := next((c.text for c in asked if _is_ranking(c)), None)):
        doubts.append((f"what is meant by {word!r}", DROPPED))
    if not _counts(query, binding) and "how many" in " ".join(chunk.text.lower() for chunk in asked):
        doubts.append(("'how many': of what", DROPPED))
    if not _adds_up(query, binding) and (word := next((c.text for c in asked if _is_a_total(c)), None)):
        doubts.append((f"what {word!r} is of", DROPPED))
    if (word := _asked_and_told(query, binding)) is not None:
        doubts.append((f"what is wanted of {word!r}", DROPPED))
    if query.order and query.limit and not (query.groups or query.periods):
        of_each = (c.text for c in asked if c.kind == "EACH" and c.text.lower().split()[0] in ("in", "for", "within"))
        doubts += [(f"the most {text!r}", DROPPED) for text in of_each]
    groups = (each.mention.text for each in query.groups if _counts_things(each, binding, linker.schema))
    doubts += [(f"what {text!r} is a group of", DROPPED) for text in groups]
    if not averages(query) and (word := next((c.text for c in asked if c.meaning == "avg"), None)):
        doubts.append((f"what {word!r} is of", DROPPED))
    if not (query.groups or query.periods or query.order):
        doubts += [(f"what 'by {unit}' says", DROPPED) for unit in _time_units_asked_by(asked)]
    # What stands before a follow-up was accounted for when it was asked, and may have been replaced since.
    settled = max((at for at, chunk in enumerate(cut.chunks) if chunk.kind == "BREAK"), default=-1)
    for at, chunk in enumerate(cut.chunks):
        if at < settled or chunk.text in query.unexplained:
            continue
        if chunk.kind == "VERB" and not _verb_has_its_place(cut.chunks, at, said, binding, tables, linker):
            doubts.append((f"what {chunk.text!r} says", DROPPED))
        elif chunk.kind == "MENTION" and not _mention_has_its_place(cut.chunks, at, said, tables):
            doubts.append((f"what {chunk.text!r} has to do with it", DROPPED))
        elif _is_under_somebody(cut.chunks, at) or (chunk.kind in ("FILLER", "ART", "IN") and _weighs(cut.chunks, at)):
            doubts.append((f"what {chunk.text!r} says", DROPPED))
        elif chunk.kind == "PERCENTSIGN" and (not at or cut.chunks[at - 1].kind != "NUMBER"):
            doubts.append((f"what {chunk.text!r} is of", DROPPED))
    return doubts


def _counts_things(group: Slot, binding: Binding, schema: Schema) -> bool:
    """ "revenue per order": a number of orders that some table keeps is none of them."""
    each = binding.fields.get(group)
    return each is not None and group.mention.table_score >= 0.9 and each.kind == "number" and not schema.is_key(each)


def _counts(query: Query, binding: Binding) -> bool:
    """Whether a number is asked for: a count, a sum, or a field that is a number."""
    if any(isinstance(item, Aggregate) for item in query.items):
        return True
    shown = [binding.fields.get(item.slot) for item in query.items if isinstance(item, Pick)]
    return any(each is not None and each.kind == "number" and not each.name.lower().endswith("id") for each in shown)


def _is_a_total(chunk: Chunk) -> bool:
    return chunk.meaning == "sum" or (chunk.kind == "FILLER" and chunk.text.lower() == "total")


def _adds_up(query: Query, binding: Binding) -> bool:
    """Whether a total is among what the query asks for: a sum, a count, or a field that is a number."""
    return _counts(query, binding) or not _functions(query).isdisjoint(("sum", "count"))


def _asked_and_told(query: Query, binding: Binding) -> str | None:
    """The field that alone is shown although a condition says what it is: "who teaches COMPUTER LITERACY"."""
    item = query.items[0] if len(query.items) == 1 else None
    shown = binding.fields.get(item.slot) if isinstance(item, Pick) else None
    if shown is None or query.groups or query.order:
        return None
    for each in query.conditions:
        one = len(each.values) == 1 and not each.negated if isinstance(each, IsValue) else False
        if isinstance(each, IsValue) and one and binding.values[each.values[0]][0] == shown:
            return shown.name
        if isinstance(each, Compare) and each.operator == "=" and binding.fields.get(each.slot) == shown:
            return shown.name
    return None


def _time_units_asked_by(chunks: tuple[Chunk, ...]) -> Iterator[str]:
    for first, second in pairwise(chunks):
        if (first.kind == "EACH" or first.text.lower() in ("by", "per")) and second.text.lower() in _TIME_UNITS:
            yield second.text


def _ranks(query: Query) -> bool:
    """Whether something of the query says which is the most."""
    return bool(query.order) or query.limit is not None or not _functions(query).isdisjoint(("max", "min"))


def _is_ranking(chunk: Chunk) -> bool:
    return chunk.kind in _RANKING or chunk.text.lower() in ("most", "the most")


def averages(query: Query) -> bool:
    """Whether an average is among what the query asks for, or compares with."""
    return "avg" in _functions(query)


def _functions(query: Query) -> set[str]:
    """The functions of all aggregates that the query shows, sorts by or compares with."""
    aggregates = [each for each in (*query.items, *(order.key for order in query.order)) if isinstance(each, Aggregate)]
    aggregates += [half for each in aggregates if isinstance(each, Combined) for half in (each.left, each.right)]
    conditions = list(all_conditions(query))
    aggregates += [each.aggregate for each in conditions if isinstance(each, Having)]
    compared = {each.function for each in conditions if isinstance(each, AgainstAggregate)}
    return compared | {each.function for each in aggregates}


def _weighs(chunks: tuple[Chunk, ...], at: int) -> bool:
    """Whether a small word says something: "available rooms" does, "available in red" does not, nor "used by"."""
    following = chunks[at + 1].kind if at + 1 < len(chunks) else "END"
    if chunks[at].text.lower() == "used":
        return following == "MENTION" and (not at or chunks[at - 1].kind not in _SUBJECTS)
    return chunks[at].text.lower() in english().weighty and following != "IN"


def _mentions(query: Query) -> Iterator[Mention]:
    """Every run of words that the query made something of."""
    slots: list[Slot] = [slot for item in query.items for slot in item_slots(item)]
    slots += query.groups
    slots += [slot for slot, _ in query.periods]
    slots += [order.key.slot for order in query.order if order.key.slot is not None]
    if query.main is not None:
        slots.append(query.main)
    for condition in all_conditions(query):
        slots += slots_of(condition)
        if isinstance(condition, IsValue):
            for value in condition.values:
                yield value.mention
                slots += [each for each in (value.hint, value.owner) if each is not None]
    for slot in slots:
        yield slot.mention
        if slot.owner is not None:
            yield slot.owner.mention


def _mention_has_its_place(chunks: tuple[Chunk, ...], at: int, said: set[str], tables: frozenset[str]) -> bool:
    chunk = chunks[at]
    text = chunk.text.lower()
    if text in said or text in MEASURE_UNITS or text in english().filler:
        return True
    if any(text in each or each in text for each in said):
        return True  # "status" beside "order status": said again, in other words
    mention = chunk.mention
    if mention is None:
        return True
    if any(table.sql in tables for table, score in mention.tables if score >= 0.8):
        return True  # a table that is read anyway, named again
    # Part of a name that is spelled out over several chunks, or a literal that was taken as it stands.
    return bool(chunk.text[:1].isupper() and at)


def _is_under_somebody(chunks: tuple[Chunk, ...], at: int) -> bool:
    """ "workers who report to Ada": whom somebody works for no reading can tell; those called Ada are not meant."""
    following = chunks[at + 1].text.lower() if at + 1 < len(chunks) else ""
    return following == "to" and chunks[at].text.lower().split()[-1] in ("report", "reports", "reporting", "reported")


def _verb_has_its_place(
    chunks: tuple[Chunk, ...], at: int, said: set[str], binding: Binding, tables: frozenset[str], linker: Linker
) -> bool:
    words = chunks[at].text.lower().split()  # "signed up", "were placed"
    verb = particle_joined(" ".join(word for word in words if word not in _AUXILIARIES) or words[0])
    nearest = chunks[at + 1].kind if at + 1 < len(chunks) else "END"
    if nearest == "MENTION" and verb.endswith(_PARTICIPLES) and (not at or chunks[at - 1].kind not in _SUBJECTS):
        # "paid orders" are some of the orders, unless a date or a yes-or-no of theirs tells which.
        used = [*binding.fields.values(), *(each for each, _ in binding.values.values())]
        telling = [each for each in used if each.kind == "date" or is_flag(each)]
        return any(likeness(verb, word) >= 0.8 for each in telling for word in identifier_words(each.name))
    if at and chunks[at - 1].kind == "POSS" and not any(verb in each.split() for each in said):
        return False  # "its title" is a noun
    if verb in LIGHT_VERBS or verb in english().coming_to_be or verb in english().producing:
        return True
    if any(verb in each.split() for each in said) or _is_named(verb, binding, tables, linker):
        return True
    before = _beside(chunks, at, -1)
    if before is not None and before.text.lower() in ("do", "does", "did"):
        return True
    after = _beside(chunks, at, 1)
    return after is not None and after.kind in _OBJECTS


def _beside(chunks: tuple[Chunk, ...], at: int, step: int) -> Chunk | None:
    """The next chunk to that side that says something."""
    at += step
    while 0 <= at < len(chunks) and chunks[at].kind in _PASSED_BY:
        at += step
    return chunks[at] if 0 <= at < len(chunks) and chunks[at].kind != "END" else None


def _is_named(verb: str, binding: Binding, tables: frozenset[str], linker: Linker) -> bool:
    """Whether a table that is read, or a field that is used, is called like the verb: visited, visits."""
    for name in tables:
        table = linker.schema.tables.get(name)
        if table is not None and any(likeness(verb, word) >= 0.8 for word in identifier_words(table.name)):
            return True
    used = [*binding.fields.values(), *(each for each, _ in binding.values.values())]
    return any(likeness(verb, word) >= 0.8 for each in used for word in identifier_words(each.name))
