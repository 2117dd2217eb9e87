"""One version of a prompt: its text and labels, what it becomes when it is filled in, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import PromptInvalid
from agent.llmops.template import TemplateProblem, parsed
from tools.handwriting import what_is_wrong

LANGFUSE, FILE, LAST_KNOWN = "langfuse", "file", "last known"
LATEST = "latest"  # the label that always stands at the newest version; nobody moves it
# Langfuse keeps no history of its labels: ours is a prompt beside the prompt, whose text is the events.
HISTORY = ".history"


@dataclass(frozen=True)
class PromptLink:
    """What links a model call to the prompt's version in a trace; it has the face that the SDK looks for."""

    name: str
    version: int | None
    source: str
    is_fallback: bool = False


@dataclass(frozen=True)
class CompiledPrompt:
    """A prompt's text with everything filled in; `link` is for `tracing.span(prompt=…)`."""

    text: str
    name: str
    version: int | None
    label: str
    source: str
    config: Mapping[str, Any]
    link: PromptLink
    experiment: str | None = None
    arm: str | None = None


@dataclass(frozen=True)
class Prompt:
    """One version of a prompt.

    `label` is the one it was asked for by, empty when by version. `source` is "langfuse"; "last known" when
    Langfuse does not answer and this is what it last said; "file" when it is kept on this machine or comes with the
    package. `message` is what was said when it was pushed. `experiment` and its `arm` are those by which it was chosen.
    `langfuse` is the SDK's own object, where there is one.
    """

    name: str
    version: int | None
    label: str
    text: str
    config: Mapping[str, Any] = field(default_factory=dict)
    source: str = FILE
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    message: str = ""
    experiment: str | None = None
    arm: str | None = None
    langfuse: object | None = field(default=None, compare=False, repr=False)

    def compile(self, **variables: object) -> CompiledPrompt:
        """Fill in the variables. Raises PromptInvalid, with the line, for a template that cannot be rendered."""
        try:
            text = parsed(self.text).render(variables)
        except TemplateProblem as problem:
            at = f" at line {problem.line}" if problem.line else ""
            raise PromptInvalid(
                f"The prompt {self.name!r}, version {self.version}, is not valid{at}: {problem.reason.rstrip('.')}. "
                "Push one that is mended (dbagent prompts push), or move the label back to an earlier version (dbagent "
                "prompts rollback)."
            ) from None
        link = PromptLink(self.name, self.version, self.source)
        return CompiledPrompt(
            text, self.name, self.version, self.label, self.source, self.config, link, self.experiment, self.arm
        )


class PromptEvent(BaseModel):
    """Something that was done with a version: by whom, when, and what it was decided on.

    `label` is the one that was moved, empty where none was; `before` is the version that carried it until then.
    `figures` are those that a promotion was decided on.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    by: str
    did: Literal["pushed", "promoted", "forced", "refused", "rolled back"]
    version: int
    label: str = ""
    before: int | None = None
    message: str = ""
    figures: dict[str, Any] = Field(default_factory=dict)


class PromptEntry(BaseModel):
    """A prompt as prompts.json has it, which is how Langfuse has a text prompt."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=200)
    version: int = Field(ge=1)
    config: dict[str, Any] = Field(default_factory=dict)
    labels: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    prompt: str = Field(min_length=1)
    type: Literal["text"] = "text"
    commit_message: str = ""
    history: list[PromptEvent] = Field(default_factory=list)

    def as_prompt(self, label: str, source: str = FILE) -> Prompt:
        """The same as the value that the rest of the house knows; `label` is the one it was asked for by."""
        return Prompt(
            name=self.name,
            version=self.version,
            label=label,
            text=self.prompt,
            config=self.config,
            source=source,
            labels=tuple(self.labels),
            tags=tuple(self.tags),
            message=self.commit_message,
        )


def first_line(error: Exception) -> str:
    """What is wrong, in a line: where a value is of the wrong kind, with its place."""
    if isinstance(error, ValidationError):
        place, said = what_is_wrong(error)
        return f"{'.'.join(map(str, place))}: {said}" if place else said
    return str(error).partition("\n")[0]
