"""Where the versions of prompts are made and labelled: in Langfuse, or in a file of this machine; both have one face.

A version is never changed. A label stands at one version of a prompt, and moving it is how a version goes live. What
was done is kept beside the versions, so that it can be told and undone: on this machine in the list itself; Langfuse
remembers no moves of labels, so there it is the text of a prompt `NAME.history`, an event a line, which everybody
with the same keys sees.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from agent.errors import LangfuseUnavailable, PromptInvalid, PromptNotFound, SettingsError
from agent.file_lock import alone
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_values import LangfuseUnreachable, PromptListing, RemotePrompt
from agent.llmops.prompt_files import PromptFiles, as_list
from agent.llmops.prompt_version import HISTORY, LATEST, Prompt, PromptEntry, PromptEvent
from agent.llmops.prompts import of_langfuse
from tools.whole_file import in_place_of

_LABEL = re.compile(r"[a-z0-9_.-]{1,36}")  # what Langfuse takes
_MOST_EVENTS = 300
_LONGEST_MESSAGE = 500
_TRIES = 25


class PromptStore(Protocol):
    """Where versions are made and labelled. Every method may raise LangfuseUnavailable, and PromptInvalid for a list
    that cannot be read."""

    place: str

    def listings(self) -> list[PromptListing]:
        """Every prompt with its versions and labels."""
        ...

    def find(self, name: str, *, label: str | None = None, version: int | None = None) -> Prompt | None:
        """The version of that number, else the one that carries the label; None where there is none."""
        ...

    def create(self, prompt: Prompt) -> Prompt:
        """Make a new version of what the prompt says; it takes the labels from those that carried them."""
        ...

    def move(self, name: str, label: str, version: int) -> None:
        """Put the label on that version. Raises PromptNotFound where there is no such version."""
        ...

    def history(self, name: str) -> list[PromptEvent]:
        """What was done with the prompt, in the order in which it was done."""
        ...

    def note(self, name: str, *events: PromptEvent) -> None:
        """Add to the history."""
        ...


class LocalPrompts:
    """The versions of this machine, in one list (the same that comes with the package, and more in it).

    A prompt that is first pushed or labelled here is copied from the package with all its versions; from then on the
    list has the say, and a newer package changes nothing of it. Without a `path` it is the package's alone, and
    nothing can be changed.
    """

    def __init__(self, path: Path | None, folder: Path) -> None:
        self.place = str(path or "the package")
        self._path = path
        self._files = PromptFiles(folder, path)

    def entries(self) -> list[PromptEntry]:
        """Every version of every prompt."""
        return self._files.entries()

    def listings(self) -> list[PromptListing]:
        """Every prompt with its versions and labels."""
        entries = self._files.entries()
        return [
            PromptListing(
                name,
                tuple(each.version for each in entries if each.name == name),
                tuple(sorted({label for each in entries if each.name == name for label in each.labels})),
                tuple(sorted({tag for each in entries if each.name == name for tag in each.tags})),
            )
            for name in sorted({each.name for each in entries})
        ]

    def find(self, name: str, *, label: str | None = None, version: int | None = None) -> Prompt | None:
        """The version of that number, else the one that carries the label."""
        return self._files.find(name, label, version)

    def create(self, prompt: Prompt) -> Prompt:
        """A new version, with the next number; its tags, where it has any, are those of all versions."""
        with self._changing(prompt.name) as entries:
            mine = [each for each in entries if each.name == prompt.name]
            new = PromptEntry(
                name=prompt.name,
                version=max((each.version for each in mine), default=0) + 1,
                config=dict(prompt.config),
                tags=list(prompt.tags) or (list(mine[-1].tags) if mine else []),
                prompt=prompt.text,
                commit_message=prompt.message,
            )
            for each in mine:
                each.tags = list(new.tags)
            entries.append(new)
            for label in (*prompt.labels, LATEST):
                _relabel(entries, new, label)
        return new.as_prompt("")

    def move(self, name: str, label: str, version: int) -> None:
        """Put the label on that version."""
        with self._changing(name) as entries:
            found = [each for each in entries if (each.name, each.version) == (name, version)]
            if not found:
                raise PromptNotFound(f"The prompt {name!r} has no version {version} in {self.place}.")
            _relabel(entries, found[0], label)

    def history(self, name: str) -> list[PromptEvent]:
        """What was done with the prompt."""
        events = [event for each in self._files.entries() if each.name == name for event in each.history]
        return sorted(events, key=lambda event: event.at)

    def note(self, name: str, *events: PromptEvent) -> None:
        """Add to the histories of the versions."""
        with self._changing(name) as entries:
            for event in events:
                for each in entries:
                    if (each.name, each.version) == (name, event.version):
                        each.history = [*each.history, event][-_MOST_EVENTS:]

    @contextmanager
    def _changing(self, name: str) -> Iterator[list[PromptEntry]]:
        """The entries to change, alone and all or nothing; the package's prompt of that name is among them."""
        if self._path is None:
            raise SettingsError("The prompts of the package are not changed.")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with alone(self._path.with_suffix(".lock")):
                every = [each.model_copy(deep=True) for each in self._files.entries()]
                kept = {each.name for each in self._files.own()} | {name}
                entries = [each for each in every if each.name in kept]
                yield entries
                entries.sort(key=lambda each: (each.name, each.version))
                with in_place_of(self._path, 0o600) as beside:
                    beside.write_text(as_list(each.model_dump(mode="json") for each in entries), "utf-8")
        except OSError as error:
            raise SettingsError(
                f"{self.place} cannot be written ({error.strerror or error}); nothing has changed. Free the disk, or "
                "name another folder with DBAGENT_HOME."
            ) from error


class LangfusePrompts:
    """The versions that Langfuse has."""

    def __init__(self, client: LangfuseClient, seconds: int = 5) -> None:
        """`seconds` are what one request may take."""
        self.place = client.address
        self._client = client
        self._seconds = seconds

    def listings(self) -> list[PromptListing]:
        """Every prompt with its versions and labels."""
        with self._asking():
            listed = self._client.prompts(seconds=self._seconds)
        return sorted((each for each in listed if not each.name.endswith(HISTORY)), key=lambda each: each.name)

    def find(self, name: str, *, label: str | None = None, version: int | None = None) -> Prompt | None:
        """The version of that number, else the one that carries the label."""
        with self._asking():
            remote = self._client.prompt(
                name, label=None if version is not None else label, version=version, seconds=self._seconds
            )
        return self._text_prompt(remote, label or "") if remote else None

    def create(self, prompt: Prompt) -> Prompt:
        """A new version, whose number Langfuse gives."""
        with self._asking("it may have been made all the same: dbagent prompts list shows it"):
            made = self._client.create_prompt(
                prompt.name,
                prompt.text,
                labels=prompt.labels,
                tags=prompt.tags or None,
                config=prompt.config,
                message=prompt.message,
                seconds=self._seconds,
            )
        return self._text_prompt(made, "")

    def move(self, name: str, label: str, version: int) -> None:
        """Put the label on that version."""
        with self._asking("the label may have moved all the same: dbagent prompts list shows it"):
            if not self._client.move_label(name, label, version, seconds=self._seconds):
                raise PromptNotFound(f"The prompt {name!r} has no version {version} at {self.place}.")

    def history(self, name: str) -> list[PromptEvent]:
        """What was done with the prompt, by everybody."""
        kept = self.find(name + HISTORY, label=LATEST)
        return sorted(_events(kept.text.splitlines() if kept else ()), key=lambda event: event.at)

    def note(self, name: str, *events: PromptEvent) -> None:
        """Add to the history, also while somebody else does: versions have numbers, so that shows."""
        lines = {_line(event) for event in events}
        summary = f"{events[-1].did} version {events[-1].version}" if events else ""
        merged: int | None = None  # up to which version every line is among ours; what is there at first is whole
        for attempt in range(_TRIES):
            latest = self.find(name + HISTORY, label=LATEST)
            there = set(latest.text.splitlines()) if latest else set()
            newest = (latest.version or 0) if latest else 0
            for version in range(merged + 1, newest) if merged is not None else ():
                if between := self.find(name + HISTORY, version=version):
                    lines.update(between.text.splitlines())
            lines |= there
            merged = newest
            kept = sorted(lines, key=_moment_of)[-_MOST_EVENTS:]
            if there.issuperset(kept):
                return
            history = Prompt(name + HISTORY, None, "", "\n".join(kept), tags=("dbagent-history",), message=summary)
            made = self.create(history).version
            if made is None or made <= merged + 1:
                return
            # Others wrote in between, and ours hides theirs. Who looks last sees all of it, and leaves it whole.
            time.sleep(random.uniform(0, 0.02 * (attempt + 1)))  # noqa: S311 - so that they do not go on in step
        raise LangfuseUnavailable(
            f"The history of {name!r} could not be kept whole: others write to it all the time. Try the next change in "
            "a while."
        )

    def _text_prompt(self, remote: RemotePrompt, label: str) -> Prompt:
        prompt = of_langfuse(remote, label)
        if prompt is None:
            raise PromptInvalid(
                f"The prompt {remote.name!r} is a chat prompt in Langfuse. Make it anew as a text prompt."
            )
        return prompt

    @contextmanager
    def _asking(self, when_late: str = "") -> Iterator[None]:
        try:
            yield
        except LangfuseUnreachable as error:
            late = f"; {when_late}" if when_late and "in time" in str(error) else ""
            keys = any(status in str(error) for status in ("401", "403"))
            check = "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY" if keys else "LANGFUSE_BASE_URL and the network"
            advice = "" if "HTTP 400" in str(error) else f" Check {check}."
            raise LangfuseUnavailable(f"Langfuse at {self.place} does not do it ({error}{late}).{advice}") from error


def check_label(label: str) -> str:
    """The label, if it can be one: what Langfuse takes, here as there. Raises SettingsError."""
    if label == LATEST:
        raise SettingsError("The label latest is always at the newest version; it cannot be moved.")
    if label.isdigit() or not _LABEL.fullmatch(label):
        raise SettingsError(
            f"{label[:60]!r} cannot be a label: a label is up to 36 small letters, digits, dots, dashes and "
            "underscores, and no bare number."
        )
    return label


def check_message(message: str) -> str:
    """The commit message, if it can be one. Raises SettingsError."""
    if len(message) > _LONGEST_MESSAGE:
        raise SettingsError(f"The message has {len(message)} characters; {_LONGEST_MESSAGE} are the limit.")
    return message


def _relabel(entries: Iterable[PromptEntry], new: PromptEntry, label: str) -> None:
    for each in entries:
        if each.name == new.name:
            each.labels = [other for other in each.labels if other != label]
    new.labels = [*new.labels, label]


def _line(event: PromptEvent) -> str:
    told = event.model_dump(mode="json", exclude_defaults=True)
    # Langfuse would look for a prompt of that name.
    return json.dumps(told, ensure_ascii=False).replace("@@@", "\\u0040\\u0040\\u0040")


def _moment_of(line: str) -> tuple[str, str]:
    events = _events([line])
    return events[0].at.isoformat() if events else "", line


def _events(lines: Sequence[str]) -> list[PromptEvent]:
    """The events of these lines; a line that somebody spoilt is passed over."""
    events: list[PromptEvent] = []
    for line in lines:
        with suppress(ValidationError):
            events.append(PromptEvent.model_validate_json(line))
    return events
