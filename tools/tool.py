"""What a tool is: a name, a description, its arguments and a function, and the JSON schema of these."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, get_type_hints

from pydantic import BaseModel

if TYPE_CHECKING:
    from tools.database import Database


class ForModel(Protocol):
    """What a tool returns: a value for the program that can say itself to a model."""

    def for_model(self) -> str:
        """The text a model reads; bounded."""
        ...


@dataclass(frozen=True)
class Tool:
    """A function that a model may call."""

    name: str
    description: str
    arguments: type[BaseModel]
    function: Callable[[Any, Database], ForModel]

    @property
    def schema(self) -> dict[str, Any]:
        """The tool as chat completions take it: `{"type": "function", "function": {...}}`."""
        parameters = _lean(self.arguments.model_json_schema())
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": parameters},
        }


def tool(function: Callable[[Any, Database], ForModel]) -> Tool:
    """Make a tool of `function(arguments: SomeModel, database) -> value`.

    Its name is the function's, its description the function's docstring, its arguments the pydantic
    model that annotates the first parameter.
    """
    first = next(iter(inspect.signature(function).parameters))
    arguments = get_type_hints(function, localns={"Database": object})[first]
    description = inspect.cleandoc(function.__doc__ or "")
    return Tool(function.__name__, description, arguments, function)


# What says again what names and descriptions say: titles that pydantic makes, bounds, empty defaults. Arguments that
# break a bound are refused with the reason; sent along with every call of a model, they took 50 tokens of it.
_SAID_ELSEWHERE = frozenset(("title", "default", "minLength", "minItems", "maxItems", "additionalProperties"))


def _lean(schema: Any) -> Any:
    """The schema less what costs tokens on every call and tells a model nothing."""
    if isinstance(schema, dict):
        return {
            key: _lean(value)
            for key, value in schema.items()
            if key not in _SAID_ELSEWHERE or isinstance(value, dict)  # a field may have such a name
        }
    if isinstance(schema, list):
        return [_lean(each) for each in schema]
    return schema
