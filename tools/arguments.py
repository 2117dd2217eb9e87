"""What all arguments share: what models send is taken leniently, an unknown key is refused by name."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Arguments(BaseModel):
    # No docstring: pydantic would put it into every schema a model reads.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, given: Any) -> Any:
        if isinstance(given, dict):
            strange = [str(key) for key in given if key not in cls.model_fields]
            if strange:
                raise ValueError(
                    f"There is no argument {', '.join(map(repr, strange))}; "
                    f"the arguments are: {', '.join(cls.model_fields)}"
                )
        return given


def listed(given: Any) -> Any:
    """A list of names from what models send for one: a list, one string with commas, a list as JSON text."""
    if given is None:
        return []
    if isinstance(given, str):
        if given.lstrip().startswith("["):
            try:
                return listed(json.loads(given))
            except ValueError:
                pass
        given = _split(given)
    if isinstance(given, list | tuple):
        names = [each.strip() if isinstance(each, str) else each for each in given]
        return [name for name in names if name != ""]
    return given


def _split(text: str) -> list[str]:
    """The text cut at commas, semicolons and line ends that stand outside quotes and brackets."""
    parts, current, closing = [], "", ""
    for character in text:
        if closing:
            closing = "" if character == closing else closing
        elif character in '"`[':
            closing = "]" if character == "[" else character
        elif character in ",;\n，、":
            parts.append(current)
            current = ""
            continue
        current += character
    return [*parts, current]
