"""Entries that people write in files: a key that there is not is refused with the nearest one, in words that help."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, ValidationError, model_validator

_FORMS = {
    "dictionary": "a mapping (key: value)",
    "list": "a list",
    "tuple": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
}
_FORM = re.compile(rf"a valid ({'|'.join(_FORMS)})\b(?: or instance of \w+|, unable to parse .*)?")
_FEW = re.compile(
    r"(?:dictionary|list|tuple) should have (at least \d+) items? after validation, not \d+", re.IGNORECASE
)


class Handwritten(BaseModel):
    """What stands in a file that people write; keys it does not have are refused, with what may have been meant."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _no_other_keys(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and (said := unknown_key(given, keys_of(cls))):
            raise ValueError(said)
        return given


def keys_of(kind: type[BaseModel]) -> list[str]:
    """The keys by which an entry of that kind is written."""
    keys: list[str] = []
    for name, each in kind.model_fields.items():
        other = each.validation_alias
        keys += map(str, other.choices) if isinstance(other, AliasChoices) else [str(other or name)]
    return keys


def unknown_key(given: Iterable[object], keys: Iterable[str]) -> str:
    """The first key that is none of these, with the nearest or, where none is near, all; "" where all are known."""
    keys = list(keys)
    for key in given:
        if key not in keys:
            near = difflib.get_close_matches(str(key).lower(), keys, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(keys)}"
            return f"there is no key {str(key)[:60]!r} here. {hint}"
    return ""


def what_is_wrong(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """Where the first thing is wrong, and what, as a sentence for people without its capital: no jargon of pydantic's.

    What is missing is told at the place where it is missing.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    place = first["loc"]
    if first["type"] == "missing":
        return place[:-1], f"{place[-1]!r} is missing."
    said = str(first["msg"]).removeprefix("Value error, ")
    said = _FORM.sub(lambda found: _FORMS[found[1]], said.replace("Input should", "it should"))
    said = _FEW.sub(r"there should be \1", said)
    return place, f"{said[:1].lower()}{said[1:]}{'' if said.endswith(('?', '.')) else '.'}"
