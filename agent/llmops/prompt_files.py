"""Prompts in files: the templates of a folder, the list that is made of them, and the versions of this machine."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent.errors import PromptInvalid
from agent.llmops.prompt_version import LATEST, Prompt, PromptEntry, first_line
from agent.llmops.template import TemplateProblem, parsed

_ENTRIES = TypeAdapter(list[PromptEntry])
_HEADER = re.compile(r"\A\{#-?\s*prompt\s*\n(.*?)-?#\}[ \t]*\n?", re.DOTALL)


class PromptFiles:
    """The prompts of this machine, read again when they change.

    `own` is the list of what was pushed here; a prompt that is not in it is as it came with the package: by
    prompts.json beside the `folder` of templates, or by the templates where there is no such list.
    """

    def __init__(self, folder: Path, own: Path | None = None) -> None:
        self._folder = folder
        self._list = folder.with_suffix(".json")
        self._own = own
        self._read: dict[Path, tuple[object, list[PromptEntry]]] = {}

    def find(self, name: str, label: str | None = None, version: int | None = None) -> Prompt | None:
        """The version of that number, else the one that carries the label, if there is one."""
        of_that_name = [entry for entry in self.entries() if entry.name == name]
        for entry in sorted(of_that_name, key=lambda entry: -entry.version):
            if version == entry.version or (version is None and (label == LATEST or label in entry.labels)):
                return entry.as_prompt(label or "")
        return None

    def by_label(self, label: str) -> list[Prompt]:
        """Each prompt once: the version with the label, else the latest."""
        names = dict.fromkeys(entry.name for entry in self.entries())
        either = (self.find(name, label) or self.find(name, LATEST) for name in names)
        return [prompt for prompt in either if prompt]

    def entries(self) -> list[PromptEntry]:
        """All of them. Raises PromptInvalid for a list that is not one."""
        own = self.own()
        names = {entry.name for entry in own}
        return [*own, *(entry for entry in self.packaged() if entry.name not in names)]

    def own(self) -> list[PromptEntry]:
        """Those that were pushed or labelled on this machine. Raises PromptInvalid likewise."""
        return (self._listed(self._own) if self._own else None) or []

    def packaged(self) -> list[PromptEntry]:
        """Those that came with the package. Raises PromptInvalid likewise."""
        listed = self._listed(self._list)
        return [PromptEntry.model_validate(each) for each in bundle(self._folder)] if listed is None else listed

    def _listed(self, path: Path) -> list[PromptEntry] | None:
        try:
            state = path.stat()
        except OSError:
            return None
        stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        if path not in self._read or self._read[path][0] != stamp:
            try:
                entries = _ENTRIES.validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                raise PromptInvalid(f"{path} is not a list of prompts: {first_line(error)}") from None
            self._read[path] = (stamp, entries)
        return self._read[path][1]


def bundle(folder: Path) -> list[dict[str, Any]]:
    """The templates of a folder as prompts.json lists them, in the order of name and version.

    A template's name is its path up to the first dot: `agent/db_agent.jinja`, and `agent/db_agent.short.jinja`
    for another version of the same. It may open with a header, which is not part of the text:

        {# prompt
        version = 2
        labels = ["staging"]
        tags = ["agent"]
        config = { temperature = 0.0 }
        message = "Says less."
        #}

    Without one it is version 1 with the label production. Raises PromptInvalid for a template that does not
    parse, a header that says what there is not, and a version or label that two files claim.
    """
    entries = [read_template(path, folder) for path in sorted(folder.rglob("*.jinja"))]
    entries.sort(key=lambda entry: (entry.name, entry.version))
    _check_unique(entries)
    newest = {entry.name: entry.version for entry in entries}
    for entry in entries:
        if entry.version == newest[entry.name]:
            entry.labels = [*(label for label in entry.labels if label != LATEST), LATEST]
    return [entry.model_dump(exclude={"history"}) for entry in entries]


def write_bundle(folder: Path) -> Path:
    """Make `prompts.json` beside the folder of what `bundle` gives; its path."""
    path = folder.with_suffix(".json")
    path.write_text(as_list(bundle(folder)), encoding="utf-8")
    return path


def as_list(entries: Iterable[dict[str, Any]]) -> str:
    """The text of a prompts.json."""
    return json.dumps(list(entries), ensure_ascii=False, indent=2) + "\n"


def read_template(path: Path, folder: Path) -> PromptEntry:
    """One template of a folder, with what its header says. Raises PromptInvalid, with the line."""
    relative = path.relative_to(folder)
    return read_prompt(path, relative.with_name(relative.name.partition(".")[0]).as_posix(), ["production"])


def read_prompt(path: Path, name: str, labels: Sequence[str] = ()) -> PromptEntry:
    """A template in a file as a version of the prompt of that name; `labels` are its own unless its header says so.

    Raises PromptInvalid, with the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PromptInvalid(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise PromptInvalid(f"{path} is no text in UTF-8. Save it as that.") from None
    return prompt_of(text, name, labels, str(path))


def prompt_of(text: str, name: str, labels: Sequence[str], place: str) -> PromptEntry:
    """Likewise of a text; `place` is where it comes from, as people read it."""
    header = _HEADER.match(text)
    try:
        said = {"labels": list(labels)} | (tomllib.loads(header[1]) if header else {})
        if unknown := said.keys() - {"version", "labels", "tags", "config", "message"}:
            raise PromptInvalid(f"{place}: the header says {', '.join(sorted(unknown))}, which there is not.")
        text = text[header.end() :] if header else text
        told = {"version": 1, "commit_message": said.pop("message", ""), **said}
        entry = PromptEntry.model_validate({**told, "name": name, "prompt": text})
        parsed(text)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise PromptInvalid(f"{place} is not a prompt: {first_line(error)}") from None
    except TemplateProblem as problem:
        lines = (header[0].count("\n") if header else 0) + (problem.line or 1)
        raise PromptInvalid(f"{place}, line {lines}: {problem.reason.rstrip('.')}.") from None
    return entry


def _check_unique(entries: Iterable[PromptEntry]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        for claim in (f"version {entry.version}", *(f"label {each!r}" for each in entry.labels)):
            if (entry.name, claim) in seen:
                raise PromptInvalid(f"Two templates of the prompt {entry.name!r} claim {claim}.")
            seen.add((entry.name, claim))
