"""TOOL: ask the user which of several readings of the question is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from tools.arguments import Arguments, listed
from tools.text import one_line
from tools.tool import tool

if TYPE_CHECKING:
    from tools.database import Database

_LONGEST_QUESTION, _LONGEST_OPTION, _MOST_OPTIONS = 300, 200, 5
_NUMBER = re.compile(r"[(（]?\s*(\d)\s*[.)、）。]?")


class AskUser(Arguments):
    question: str = Field(description="Short, in the user's language.", min_length=1)
    options: list[str] = Field(
        description="Two to five readings in plain words, the likeliest first.",
        min_length=2,
        max_length=_MOST_OPTIONS,
    )

    @field_validator("question", mode="after")
    @classmethod
    def _on_a_line(cls, question: str) -> str:
        return one_line(question, _LONGEST_QUESTION)

    @field_validator("options", mode="before")
    @classmethod
    def _told_apart(cls, given: Any) -> Any:
        options = listed(given)
        if not isinstance(options, list):
            return options
        lines = [one_line(each, _LONGEST_OPTION) if isinstance(each, str) else each for each in options]
        return [each for at, each in enumerate(lines) if each and each not in lines[:at]]


@dataclass(frozen=True)
class Clarification:
    """What is asked back: a question and the readings to choose from, the likeliest first; each on a bounded line."""

    question: str
    options: tuple[str, ...]

    def for_model(self) -> str:
        """What the model reads where nobody can be asked."""
        return (
            f'Nobody can be asked now. Go on with the first reading, "{self.options[0]}", and say in one sentence '
            "of your answer that you assumed it."
        )

    def for_user(self) -> str:
        """The question, and the options with their numbers, a line each."""
        return "\n".join([self.question, *(f"{number}. {each}" for number, each in enumerate(self.options, 1))])

    def chosen(self, said: str) -> str | None:
        """The option that somebody names, by its number or by its words; None where they say something else."""
        said = " ".join(said.split())
        if (number := _NUMBER.fullmatch(said)) and 1 <= int(number[1]) <= len(self.options):
            return self.options[int(number[1]) - 1]
        return next((each for each in self.options if each.casefold() == said.casefold()), None)

    def misses(self, said: str) -> bool:
        """Whether somebody names an option by a number that none has."""
        return _NUMBER.fullmatch(" ".join(said.split())) is not None and self.chosen(said) is None

    def as_json(self) -> dict[str, Any]:
        """`question` and `options`."""
        return {"question": self.question, "options": list(self.options)}


def ask_user(arguments: AskUser, database: Database) -> Clarification:
    """Ask the user which of several readings is meant."""
    return Clarification(arguments.question, tuple(arguments.options))


ASK_USER = tool(ask_user)
