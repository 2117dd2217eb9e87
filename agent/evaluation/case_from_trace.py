"""A traced question becomes a case: an entry at the end of a file of cases, which is whole or not changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.errors import SettingsError
from agent.evaluation.cases import read_cases
from agent.llmops.trace_records import TraceTree
from agent.redaction import MASK
from tools.whole_file import in_place_of

_SUFFIXES = (".yaml", ".yml", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class NewCase:
    """An entry for a file of cases, and `notes` on what a person should look at."""

    entry: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def case_of(
    trace: TraceTree,
    *,
    correction: str = "",
    question: str = "",
    gold_sql: str = "",
    id: str = "",
    db: str = "",
    difficulty: str = "",
) -> NewCase:
    """The case that a trace makes: its question, and as gold what is given, else the correction that somebody gave in
    feedback, else the SQL that it was answered with. Raises SettingsError where it makes none."""
    told = trace.summary
    notes = []
    if not question and trace.roots[0].metadata.get("history_turns"):
        raise SettingsError(
            f"{told.question[:80]!r} was asked in a conversation, and a case stands alone. "
            "Write it so that it needs no other: --question."
        )
    if not question and MASK in told.question:
        raise SettingsError("What was secret in the question is masked in its trace. Write the question: --question.")
    gold = gold_sql or correction or (told.sql if told.answered else "")
    if not gold:
        raise SettingsError(
            f"{told.question[:80]!r} was not answered with SQL ({told.error or told.outcome}). "
            "Say what would have been right: --gold-sql."
        )
    if not (gold_sql or correction):
        notes.append("The gold SQL is what was answered then: make sure that it is right.")
    if told.policy:
        notes.append(
            "It was asked under a policy, and the gold SQL runs without it: it must ask for what the user sees."
        )
    entry: dict[str, Any] = {
        "id": id or f"trace-{told.id[:12]}",
        "question": question or told.question,
        "gold_sql": gold,
    }
    if told.user:
        entry["user"] = {"id": told.user}
        if told.policy:
            notes.append("A trace does not keep roles and variables: add them to `user`.")
    for key, value in (("db", db), ("difficulty", difficulty)):
        if value:
            entry[key] = value
    return NewCase(entry, tuple(notes))


def add_case(file: Path, case: NewCase) -> None:
    """Put the case at the end of the file, which is made where there is none. Raises SettingsError."""
    if file.suffix not in _SUFFIXES:
        raise SettingsError(f"{file} is no file that a case can be added to: {', '.join(_SUFFIXES)} are.")
    before = read_cases(file) if file.exists() and file.stat().st_size else None
    if before and any(each.id == case.entry["id"] for each in before.cases):
        raise SettingsError(f"{file} has a case {case.entry['id']!r} already. Give this one another: --id.")
    text = file.read_text("utf-8") if before else ""
    if text and not text.endswith("\n"):
        text += "\n"
    if file.suffix in (".yaml", ".yml"):
        text += yaml.safe_dump([dict(case.entry)], allow_unicode=True, sort_keys=False, width=120)
    else:
        text += json.dumps(case.entry, ensure_ascii=False) + "\n"
    try:
        _replace(file, text, expected=1 + (len(before.cases) if before else 0))
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from None


def _replace(file: Path, text: str, expected: int) -> None:
    """Write the text beside the file, read it back, and only then put it in the file's place."""
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    with in_place_of(file) as beside:
        beside.write_text(text, "utf-8")
        try:
            found = len(read_cases(beside).cases)
        except SettingsError:
            found = 0
        if found != expected:
            raise SettingsError(f"A case cannot be added at the end of {file}: it is no plain list. Add it by hand.")
