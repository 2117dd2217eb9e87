"""get_prompt, list_prompts: a prompt by name and label, from Langfuse, from this machine, or from the package."""

from __future__ import annotations

import difflib
import hashlib
import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import ValidationError

from agent.errors import PromptInvalid, PromptNotFound, SettingsError
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.langfuse_values import LangfuseUnreachable, PromptListing, RemotePrompt
from agent.llmops.prompt_files import PromptFiles
from agent.llmops.prompt_version import (
    FILE,
    HISTORY,
    LANGFUSE,
    LAST_KNOWN,
    LATEST,
    CompiledPrompt,
    Prompt,
    PromptEntry,
    PromptLink,
)
from agent.resources import folder as package_folder
from tools.whole_file import in_place_of

__all__ = ["CompiledPrompt", "Prompt", "PromptLink", "PromptProxy", "PromptSource", "get_prompt", "list_prompts"]


class PromptSource(Protocol):
    """Where the agent's prompt comes from."""

    def get_prompt(self, name: str, label: str | None = None, version: int | None = None) -> Prompt:
        """The version that carries the label, or of that number. Raises PromptNotFound, PromptInvalid."""
        ...


@dataclass(frozen=True)
class OnePrompt:
    """Always this version, whatever label is asked for: to measure it, nobody need move a label first."""

    prompt: Prompt

    def get_prompt(self, name: str, label: str | None = None, version: int | None = None) -> Prompt:
        """The one there is. Raises PromptNotFound for another name."""
        if name != self.prompt.name:
            raise PromptNotFound(f"Only the prompt {self.prompt.name!r} is measured here, and {name!r} is asked for.")
        return self.prompt


class _Wanted(NamedTuple):
    name: str
    label: str | None
    version: int | None


@dataclass(frozen=True)
class _Known:
    """What Langfuse last said of a prompt: None that there is none. `at` is of the monotonic clock."""

    prompt: Prompt | None
    at: float
    problem: str = ""


class PromptProxy:
    """Reads prompts from Langfuse by label, or from files, and always has one to give.

    Langfuse is asked in a thread of its own. The first time, the caller waits for it, for `wait_seconds` at the
    most; afterwards what is known is given at once, and asked for anew when it is older than `ttl_seconds`, so
    that an edit there takes effect without a restart. When Langfuse does not answer it is left alone for
    `retry_seconds`, and what it last said is used, from memory or from the folder `last_known`, else the file.
    """

    def __init__(
        self,
        *,
        folder: Path,
        label: str = "production",
        client: LangfuseClient | None = None,
        source: str = "auto",
        own: Path | None = None,
        last_known: Path | None = None,
        ttl_seconds: float = 60.0,
        wait_seconds: float = 1.0,
        retry_seconds: float = 60.0,
    ) -> None:
        """`folder` holds the templates (`agent/db_agent.jinja`); `prompts.json` beside it is made of them. `own` is
        the list of the versions that were pushed on this machine.

        `source` is "langfuse", "file", or "auto": Langfuse when the client speaks to one, and the file for a
        prompt that is not there. Raises SettingsError for "langfuse" without a client that speaks to one.
        """
        if source == LANGFUSE and (client is None or not client.remote):
            raise SettingsError(
                "DBAGENT_PROMPT_SOURCE is langfuse, but LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not set. "
                "Set them, or leave DBAGENT_PROMPT_SOURCE unset to use the prompts of the package."
            )
        self.label = label
        self._files = PromptFiles(folder, own)
        self._client = client if client is not None and client.remote and source != FILE else None
        self._strict = source == LANGFUSE
        self._disk = _Disk(last_known, client.project) if last_known and client is not None else None
        self._ttl = ttl_seconds
        self._wait = wait_seconds
        self._retry = retry_seconds
        self._lock = threading.Lock()
        self._known: dict[_Wanted, _Known] = {}
        self._asking: dict[_Wanted, threading.Event] = {}
        self._first_asked: dict[_Wanted, float] = {}
        self._left_alone_until = 0.0

    def get_prompt(self, name: str, label: str | None = None, version: int | None = None) -> Prompt:
        """The version that carries the label (the proxy's own when None), or the version of that number.

        Raises PromptNotFound with the nearest names, or with the labels there are; PromptInvalid for a file that
        cannot be read or a chat prompt.
        """
        wanted = _Wanted(name, None if version is not None else label or self.label, version)
        if self._client is not None:
            prompt = self._from_langfuse(self._client, wanted)
            if prompt is not None:
                return prompt
        known = self._known.get(wanted)
        langfuse_has_none = known is not None and known.prompt is None
        if not (self._strict and langfuse_has_none):
            prompt = self._files.find(*wanted)
            if prompt is not None:
                return prompt
        raise PromptNotFound(self._what_there_is(wanted))

    def list_prompts(self) -> list[Prompt]:
        """Every prompt by name: the version that carries the proxy's label, else its latest."""
        found = {prompt.name: prompt for prompt in self._files.by_label(self.label)}
        for listing in self._listed():
            label = self.label if self.label in listing.labels else LATEST
            with suppress(PromptNotFound, PromptInvalid):
                found[listing.name] = self.get_prompt(listing.name, label)
        return sorted(found.values(), key=lambda prompt: prompt.name)

    def warm(self, name: str, label: str | None = None) -> None:
        """Begin to ask Langfuse for a prompt, so that it is there when it is wanted. Does not wait."""
        if self._client is not None:
            self._ask(self._client, _Wanted(name, label or self.label, None))

    def _from_langfuse(self, client: LangfuseClient, wanted: _Wanted) -> Prompt | None:
        known = self._known.get(wanted)
        if known is None or time.monotonic() - known.at > self._ttl:
            asked = self._ask(client, wanted)
            if known is None and asked is not None:
                # All who want it the first time wait for the same answer, until the same moment.
                left = self._first_asked[wanted] + self._wait - time.monotonic()
                if left > 0 and not asked.wait(left):
                    self._leave_alone(client, "no answer in time")
            known = self._known.get(wanted, known)
        if known is None and self._disk is not None and (kept := self._disk.read(wanted)):
            # As old as can be: given at once, and asked for anew as soon as Langfuse may be asked.
            known = self._known.setdefault(wanted, _Known(kept, -self._ttl))
        if known is not None and known.problem:
            raise PromptInvalid(f"The prompt {wanted.name!r} {known.problem}. Make it anew there, as a text prompt.")
        if known is None or known.prompt is None:
            return None
        out_of_date = time.monotonic() - known.at > self._ttl
        if out_of_date and self._is_left_alone:
            return replace(known.prompt, source=LAST_KNOWN)
        return known.prompt

    @property
    def _is_left_alone(self) -> bool:
        return time.monotonic() < self._left_alone_until

    def _ask(self, client: LangfuseClient, wanted: _Wanted) -> threading.Event | None:
        """Have Langfuse asked in a thread; the event says when it has answered. None while it is left alone."""
        with self._lock:
            if wanted in self._asking:
                return self._asking[wanted]
            if self._disk is not None and not self._left_alone_until:
                # Another process may just have found out: each command is a process of its own.
                self._left_alone_until = time.monotonic() + self._disk.seconds_left(self._retry)
            if self._is_left_alone:
                return None
            answered = self._asking[wanted] = threading.Event()
            self._first_asked.setdefault(wanted, time.monotonic())
        threading.Thread(
            target=self._answer, args=(client, wanted, answered), name="dbagent-prompt", daemon=True
        ).start()
        return answered

    def _answer(self, client: LangfuseClient, wanted: _Wanted, answered: threading.Event) -> None:
        try:
            remote = client.prompt(wanted.name, label=wanted.label, version=wanted.version)
            prompt = None if remote is None else of_langfuse(remote, wanted.label or "")
            chat = remote is not None and prompt is None
            self._known[wanted] = _Known(prompt, time.monotonic(), "is a chat prompt in Langfuse" if chat else "")
            self._left_alone_until = 0.0
            if self._disk is not None:
                self._disk.write(wanted, prompt)
        except LangfuseUnreachable as error:
            self._leave_alone(client, str(error))
        finally:
            with self._lock:
                self._asking.pop(wanted, None)
            answered.set()

    def _leave_alone(self, client: LangfuseClient, reason: str) -> None:
        self._left_alone_until = time.monotonic() + self._retry
        if self._disk is not None:
            self._disk.note_failure()
        client.warn(reason)

    def _listed(self) -> Sequence[PromptListing]:
        """What Langfuse has, or nothing when it does not answer in time."""
        client = self._client
        if client is None or self._is_left_alone:
            return ()
        listed: list[PromptListing] = []

        def ask() -> None:
            try:
                listed.extend(client.prompts())
            except LangfuseUnreachable as error:
                self._leave_alone(client, str(error))

        thread = threading.Thread(target=ask, name="dbagent-prompts", daemon=True)
        thread.start()
        thread.join(2 * self._wait)
        return tuple(each for each in listed if not each.name.endswith(HISTORY))

    def _what_there_is(self, wanted: _Wanted) -> str:
        """What to ask for instead: other labels or versions of this name, else names that look like it."""
        entries = self._files.entries()
        listings = self._listed()
        labels = {label for e in entries if e.name == wanted.name for label in (*e.labels, LATEST)}
        versions = {entry.version for entry in entries if entry.name == wanted.name}
        for listing in listings:
            if listing.name == wanted.name:
                labels.update(listing.labels)
                versions.update(listing.versions)
        if versions and wanted.version is not None:
            return (
                f"The prompt {wanted.name!r} has no version {wanted.version}. "
                f"It has {', '.join(map(str, sorted(versions)))}."
            )
        if versions:
            return (
                f"No version of the prompt {wanted.name!r} has the label {wanted.label!r}. "
                f"The labels there are: {', '.join(sorted(labels))}. Name one of them."
            )
        names = sorted({entry.name for entry in entries} | {listing.name for listing in listings})
        nearest = difflib.get_close_matches(wanted.name, names, 3, 0.3) or names[:3]
        return f"There is no prompt {wanted.name[:200]!r}. " + (
            f"The nearest are {', '.join(map(repr, nearest))}." if nearest else "There are none at all."
        )


def get_prompt(name: str, label: str = "production", version: int | None = None) -> Prompt:
    """A prompt of the package. Raises PromptNotFound."""
    return _packaged().get_prompt(name, label, version)


def list_prompts() -> list[Prompt]:
    """The prompts of the package."""
    return _packaged().list_prompts()


class _Disk:
    """What Langfuse last said, kept for the next process; whatever goes wrong with it is not worth an error."""

    def __init__(self, folder: Path, project: str) -> None:
        self._folder = folder
        self._project = project
        self._failure = folder / f"{project}.unreachable"

    def read(self, wanted: _Wanted) -> Prompt | None:
        """The last known prompt, if there is one that can be read."""
        try:
            entry = PromptEntry.model_validate_json(self._path(wanted).read_bytes())
        except (OSError, ValidationError):
            return None
        return entry.as_prompt(wanted.label or "", LAST_KNOWN) if entry.name == wanted.name else None

    def write(self, wanted: _Wanted, prompt: Prompt | None) -> None:
        """Keep it, or forget it when Langfuse says there is none."""
        with suppress(OSError, ValidationError):
            self._failure.unlink(missing_ok=True)
            path = self._path(wanted)
            if prompt is None or prompt.version is None:
                path.unlink(missing_ok=True)
                return
            entry = PromptEntry(
                name=prompt.name,
                version=prompt.version,
                config=dict(prompt.config),
                labels=list(prompt.labels),
                tags=list(prompt.tags),
                prompt=prompt.text,
                commit_message=prompt.message,
            )
            self._folder.mkdir(parents=True, exist_ok=True)
            with in_place_of(path, 0o600) as beside:
                beside.write_text(entry.model_dump_json(), "utf-8")

    def note_failure(self) -> None:
        """Tell the next process that Langfuse did not answer just now."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._failure.touch()

    def seconds_left(self, of: float) -> float:
        """For how long Langfuse is still to be left alone."""
        with suppress(OSError):
            return min(max(self._failure.stat().st_mtime + of - time.time(), 0.0), of)
        return 0.0

    def _path(self, wanted: _Wanted) -> Path:
        digest = hashlib.sha256(json.dumps([self._project, *wanted]).encode()).hexdigest()
        return self._folder / f"{digest[:32]}.json"


@cache
def _packaged() -> PromptProxy:
    return PromptProxy(folder=package_folder("assets") / "prompts", source=FILE)


def of_langfuse(remote: RemotePrompt, label: str) -> Prompt | None:
    """The same as the value that the rest of the house knows; None for a chat prompt."""
    if remote.text is None:
        return None
    return Prompt(
        name=remote.name,
        version=remote.version,
        label=label,
        text=remote.text,
        config=remote.config,
        source=LANGFUSE,
        labels=remote.labels,
        tags=remote.tags,
        message=remote.message,
        langfuse=remote.sdk_prompt,
    )
