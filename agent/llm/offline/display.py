"""How a row of a table is shown to a person, and what tells it from the others."""

from __future__ import annotations

from dataclasses import dataclass

from agent.llm.offline.schema_text import Field, Schema, Table
from agent.llm.offline.words import identifier_words, squashed


@dataclass(frozen=True)
class Shown:
    """The fields to show for a row; `by_name` is False when the table has nothing like a name."""

    fields: tuple[Field, ...]
    by_name: bool


_CHINESE = ("zh", "cn", "chinese", "chn")


def identity_of(table: Table, schema: Schema) -> tuple[str, ...]:
    """The fields that tell one row of a table from another: its key, or what others point at."""
    if table.primary_key:
        return table.primary_key
    return next((key.target_fields for key in schema.keys if key.target == table.sql), ())


def display_fields(table: Table, identity: tuple[str, ...], *, chinese: bool = False) -> Shown:
    """A name or title; first and last name; a field called like the table; else a description, else the key."""
    own_name = squashed("".join(identifier_words(table.name)))
    texts = [each for each in table.fields if each.kind == "text"]
    words = {each.name: identifier_words(each.name) for each in table.fields}
    if chinese:
        for each in texts:
            if "name" in words[each.name] and (words[each.name][-1] in _CHINESE or "中文" in each.comment):
                return Shown((each,), True)
    first = next((each for each in texts if words[each.name][-2:] == ("first", "name")), None)
    last = next((each for each in texts if words[each.name][-2:] == ("last", "name")), None)
    whole = {own_name, "name", "fullname", f"{own_name}name"}
    if first is not None and last is not None and not any(squashed("".join(words[e.name])) in whole for e in texts):
        return Shown((first, last), True)  # before a title, which is then the person's and not the row's
    for each in texts:
        if squashed("".join(words[each.name])) in (
            own_name,
            "name",
            "title",
            "label",
            "fullname",
            f"{own_name}name",
            f"{own_name}title",
        ):
            return Shown((each,), True)
    for ending in ("name", "title"):
        named = next((each for each in texts if each.name.lower().endswith(ending)), None)
        if named is not None:
            return Shown((named,), True)
    own = next(
        (e for e in table.fields if e.name not in identity and squashed("".join(words[e.name])) == own_name), None
    )
    if own is not None:
        return Shown((own,), False)  # `degrees (year, campus, degrees)` holds how many there were
    for ending in ("details", "description", "content", "text"):
        told = next((f for f in texts if f.name.lower().endswith(ending) and "other" not in f.name.lower()), None)
        if told is not None:
            return Shown((told,), False)
    key = tuple(found for name in identity if (found := table.field(name)) is not None)
    return Shown(key or table.fields[:1], False)
