"""What is done with the versions of a prompt: pushed, promoted, rolled back, pulled; each change leaves its event."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from agent.errors import LangfuseUnavailable, PromptNotFound, SettingsError
from agent.llmops.prompt_files import as_list, bundle
from agent.llmops.prompt_lint import check_template
from agent.llmops.prompt_store import PromptStore, check_label, check_message
from agent.llmops.prompt_version import LATEST, Prompt, PromptEntry, PromptEvent

PRODUCTION = "production"

# What comes from a server is no path: nothing that leads out of the folder, and a name ends at its first dot.
_FILE_NAME = re.compile(r"[\w-]+(/[\w-]+)*")
_FILE_LABEL = re.compile(r"[\w-][\w.-]*")


@dataclass(frozen=True)
class Pushed:
    """What a push made: `made` is False where this very text was there already, and only labels moved."""

    prompt: Prompt
    made: bool
    labels: tuple[str, ...]


def found(store: PromptStore, name: str, reference: str) -> Prompt:
    """The version that a reference means: a number is a version, anything else a label.

    Raises PromptNotFound with the versions and labels there are, or with the nearest names.
    """
    version = int(reference) if reference.isascii() and reference.isdigit() else None
    prompt = store.find(name, label=None if version is not None else reference, version=version)
    if prompt is not None:
        return prompt
    listings = {each.name: each for each in store.listings()}
    if name not in listings:
        near = difflib.get_close_matches(name, listings, 3, 0.3) or sorted(listings)[:3]
        nearest = f"The nearest are {', '.join(map(repr, near))}." if near else "There are none at all."
        raise PromptNotFound(f"There is no prompt {name[:200]!r} in {store.place}. {nearest}")
    if version is not None:
        there = ", ".join(map(str, sorted(listings[name].versions)))
        raise PromptNotFound(f"The prompt {name!r} has no version {reference} in {store.place}. It has {there}.")
    there = ", ".join(sorted({*listings[name].labels, LATEST}))
    raise PromptNotFound(
        f"No version of the prompt {name!r} has the label {reference[:60]!r} in {store.place}. The labels there are: "
        f"{there}."
    )


def labelled(store: PromptStore, name: str, labels: Iterable[str]) -> list[Prompt]:
    """The versions that carry any of these labels, and the latest, each once, in the order of their numbers."""
    by_version: dict[int | None, Prompt] = {}
    for label in (*labels, LATEST):
        if all(label not in each.labels for each in by_version.values()) and (prompt := store.find(name, label=label)):
            by_version.setdefault(prompt.version, prompt)
    return sorted(by_version.values(), key=lambda each: each.version or 0)


def push(store: PromptStore, prompt: Prompt, by: str, *, live: bool = False) -> Pushed:
    """Make a version of this text with these labels; where the very text is there, only move the labels to it.

    `live` allows the label production to be taken from another version without a measurement. Raises PromptInvalid
    for a template that is none, SettingsError for a label or message that is none; then nothing was changed.
    """
    check_template(prompt.name, prompt.text, prompt.config)
    check_message(prompt.message)
    labels = tuple(dict.fromkeys(map(check_label, prompt.labels)))
    before = {label: store.find(prompt.name, label=label) for label in labels}
    latest = store.find(prompt.name, label=LATEST)
    same = [each for each in (latest, *before.values()) if each and _same(each, prompt)]
    was_live = before.get(PRODUCTION)
    if was_live and not live and not _same(was_live, prompt):
        raise SettingsError(
            f"Version {was_live.version} of {prompt.name!r} is in production. Push with another label, such as staging,"
            f" and have it measured: dbagent prompts promote {prompt.name} --from staging --to production. Or --force."
        )
    if same:
        pushed, made = same[0], False
        labels = tuple(label for label in labels if label not in pushed.labels)
        for label in labels:
            store.move(prompt.name, label, pushed.version or 0)
    else:
        pushed, made = store.create(replace(prompt, labels=labels)), True
    events = [
        _event("pushed", by, pushed, label, before.get(label), prompt.message)
        for label in labels or (("",) if made else ())
    ]
    _note(store, prompt.name, events, f"Version {pushed.version} is there")
    return Pushed(pushed, made, labels)


def push_all(store: PromptStore, entries: Sequence[PromptEntry], by: str) -> list[Pushed]:
    """Push each of these that is not there yet, with those of its labels that no version there carries."""
    pushed = []
    for entry in entries:
        taken = {label for each in store.listings() if each.name == entry.name for label in each.labels}
        prompts = labelled(store, entry.name, taken) if taken else []
        prompt = entry.as_prompt("")
        if any(_same(each, prompt) for each in prompts):
            continue
        labels = tuple(label for label in prompt.labels if label not in (*taken, LATEST))
        pushed.append(push(store, replace(prompt, labels=labels), by))
    return pushed


def move(
    store: PromptStore,
    prompt: Prompt,
    label: str,
    by: str,
    did: Literal["promoted", "forced"],
    message: str = "",
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Put a label on a version, and keep on what it was decided."""
    check_template(prompt.name, prompt.text, prompt.config)
    check_label(label)
    before = store.find(prompt.name, label=label)
    store.move(prompt.name, label, prompt.version or 0)
    event = _event(did, by, prompt, label, before, check_message(message), figures)
    _note(store, prompt.name, [event], f"{label} is at version {prompt.version}")


def refuse(store: PromptStore, prompt: Prompt, label: str, by: str, figures: Mapping[str, Any]) -> None:
    """Keep that a promotion was refused, and on what figures."""
    before = store.find(prompt.name, label=label)
    _note(store, prompt.name, [_event("refused", by, prompt, label, before, "", figures)], "It was refused")


def roll_back(store: PromptStore, name: str, label: str, by: str, message: str = "") -> tuple[Prompt, Prompt]:
    """Put a label back on the version that it was taken from; the version it leaves, and the one it is at now.

    A second time goes back one more. Raises SettingsError where nothing is known of an earlier one.
    """
    now = found(store, name, label)
    earlier = _trail(store.history(name), label)
    if earlier and earlier[-1] == now.version:
        earlier = earlier[:-1]
    if not earlier:
        raise SettingsError(
            f"Nothing is known of a version of {name!r} that carried {label} before version {now.version}. "
            f"Choose one: dbagent prompts promote {name} --from VERSION --to {label} --force."
        )
    back = found(store, name, str(earlier[-1]))
    store.move(name, label, back.version or 0)
    event = _event("rolled back", by, back, label, now, check_message(message))
    _note(store, name, [event], f"{label} is at version {back.version}")
    return now, back


def pull(prompts: Sequence[Prompt], folder: Path, *, force: bool = False) -> list[Path]:
    """Write `prompts.json` and `prompts/NAME.jinja` into a folder, all or nothing; which of them are not as they were.

    A version is written as NAME.jinja when it is in production, else as NAME.LABEL.jinja or NAME.vN.jinja; what the
    folder has of other versions of these prompts goes. Raises SettingsError, unless forced, where that would lose a
    file that says something else.
    """
    templates = folder / "prompts"
    texts = {_file_of(each): _template_of(each) for each in prompts}
    names = {each.name for each in prompts}
    kept = set(templates.rglob("*.jinja"))
    stale = {path for path in kept if _name_of(path, templates) in names} - {templates / file for file in texts}
    changed = [templates / f for f, t in texts.items() if (templates / f).exists() and _read(templates / f) != t]
    before = {path: _read(path) for path in (folder / "prompts.json", *kept) if path.is_file()}
    lost = sorted({*stale, *changed})
    if lost and not force:
        raise SettingsError(
            f"{len(lost)} files would be lost, {lost[0]} among them. Keep what you need of them, then give --force."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".pull-") as made:
            whole = Path(made) / "prompts"
            for path in kept - stale:
                _write(whole / path.relative_to(templates), _read(path))
            for file, text in texts.items():
                _write(whole / file, text)
            _write(Path(made) / "prompts.json", as_list(bundle(whole)))  # parsed and checked before any of it counts
            for file in texts:
                (templates / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(whole / file, templates / file)
            for path in stale:
                path.unlink()
            shutil.move(Path(made) / "prompts.json", folder / "prompts.json")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be written: {error.strerror or error}. Name another folder.") from error
    every = [folder / "prompts.json", *(templates / file for file in texts)]
    return [path for path in every if before.get(path) != _read(path)]


def difference(one: Prompt, other: Prompt, names: tuple[str, str]) -> list[str]:
    """The lines of a unified diff of two versions, their config first; empty where they are the same."""
    before, after = ([f"config = {json.dumps(dict(each.config))}", *each.text.splitlines()] for each in (one, other))
    return list(difflib.unified_diff(before, after, *names, lineterm=""))


def _same(one: Prompt, other: Prompt) -> bool:
    return one.text == other.text and dict(one.config) == dict(other.config)


def _event(
    did: Literal["pushed", "promoted", "forced", "refused", "rolled back"],
    by: str,
    prompt: Prompt,
    label: str,
    before: Prompt | None,
    message: str = "",
    figures: Mapping[str, Any] | None = None,
) -> PromptEvent:
    return PromptEvent(
        at=datetime.now(UTC),
        by=by,
        did=did,
        version=prompt.version or 0,
        label=label,
        before=before.version if before else None,
        message=message,
        figures=dict(figures or {}),
    )


def _note(store: PromptStore, name: str, events: Sequence[PromptEvent], done: str) -> None:
    if not events:
        return
    try:
        store.note(name, *events)
    except LangfuseUnavailable as error:
        raise LangfuseUnavailable(f"{done}, but the history could not be written. {error}") from error


def _trail(events: Iterable[PromptEvent], label: str) -> list[int]:
    """The versions that a label stood at, one after the other; what was rolled back is off it again."""
    trail: list[int] = []
    for event in events:
        if event.label != label or event.did == "refused":
            continue
        if event.did == "rolled back" and event.version in trail:
            while trail[-1] != event.version:
                trail.pop()
            continue
        for version in (event.before, event.version):
            if version is not None and trail[-1:] != [version]:
                trail.append(version)
    return trail


def _file_of(prompt: Prompt) -> str:
    if not _FILE_NAME.fullmatch(prompt.name):
        raise SettingsError(
            f"The prompt {prompt.name[:200]!r} cannot be a file: its name has more than letters, - and _."
        )
    labels = [each for each in prompt.labels if each not in (PRODUCTION, LATEST) and _FILE_LABEL.fullmatch(each)]
    if PRODUCTION in prompt.labels:
        return f"{prompt.name}.jinja"
    return f"{prompt.name}.{labels[0] if labels else f'v{prompt.version}'}.jinja"


def _template_of(prompt: Prompt) -> str:
    labels = [label for label in prompt.labels if label != LATEST]
    told: dict[str, Any] = {"version": prompt.version, "labels": labels, "tags": list(prompt.tags)}
    told |= {"config": dict(prompt.config), "message": prompt.message}
    header = [f"{key} = {_toml(value)}" for key, value in told.items() if value or key == "labels"]
    return "\n".join(["{# prompt", *header, "#}", prompt.text])


def _toml(value: Any) -> str:
    """A value of JSON as TOML writes it within a line. TOML has no null: what has none is left out."""
    if isinstance(value, dict):
        pairs = [
            f"{json.dumps(key, ensure_ascii=False)} = {_toml(each)}" for key, each in value.items() if each is not None
        ]
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value if each is not None)}]"
    # A string of JSON is one of TOML, but for what ends the header's comment.
    return json.dumps(value, ensure_ascii=False).replace("#}", "\\u0023}").replace("\x7f", "\\u007f")


def _name_of(path: Path, templates: Path) -> str:
    relative = path.relative_to(templates)
    return relative.with_name(relative.name.partition(".")[0]).as_posix()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
