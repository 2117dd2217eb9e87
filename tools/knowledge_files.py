"""What a folder of knowledge files says, each entry checked by itself and told with its file and line."""

from __future__ import annotations

import difflib
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass as value
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

SUFFIXES = (".yaml", ".yml", ".md", ".markdown")
_LARGEST = 20_000_000  # bytes of one file
_DEEPEST = 20
_LONGEST_TEXT = 20_000  # characters of one text
_MOST_PROBLEMS_OF_A_FILE = 100
# libyaml reads 10,000 terms in 0.13 s, the loader in Python in 3.6 s; a build of PyYAML may lack the first.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@value(frozen=True)
class Place:
    """Where an entry stands: its file, as a person would name it, and its line, counted from 1."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@value(frozen=True)
class Problem:
    """One thing that is wrong with an entry or a file, and what to do about it."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place.file else self.text


def _listed(given: Any) -> Any:
    """A list from what people write for one: a list, or one text with commas."""
    if isinstance(given, str):
        given = re.split(r"[,，、;；]", given)
    if isinstance(given, list):
        return [each.strip() if isinstance(each, str) else each for each in given if each != ""]
    return given


def _one_or_many(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _as_list(given: Any) -> Any:
    """The stored values of a field: a list, or a mapping from each to its meaning."""
    if isinstance(given, dict):
        return [f"{stored} ({meaning})" if meaning else stored for stored, meaning in given.items()]
    return _one_or_many(given)


def _not_empty(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        raise ValueError("it is empty")
    return given


Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed), Field(max_length=500)]
References = Annotated[tuple[Name, ...], BeforeValidator(_one_or_many), AfterValidator(_not_empty)]
Values = Annotated[tuple[Name, ...], BeforeValidator(_as_list), Field(max_length=1000)]

_TEXTS = ConfigDict(str_strip_whitespace=True, defer_build=True)


@dataclass(frozen=True, config=_TEXTS)
class FieldNote:
    """What is said of one field; `values` are those that it may hold, each with its meaning if one is told.

    The values of a `sensitive` field are neither sampled nor searched.
    """

    field: Name
    description: Text = ""
    synonyms: Names = ()
    values: Values = ()
    sensitive: bool = False
    place: Place = Place()


@dataclass(frozen=True, config=_TEXTS)
class TableNote:
    """What is said of one table, named as loosely as a query may name it."""

    table: Name
    description: Text = ""
    synonyms: Names = ()
    fields: tuple[FieldNote, ...] = ()
    place: Place = Place()


@dataclass(frozen=True, config=_TEXTS)
class Join:
    """Fields that point at fields of another table, pairwise; each as `schema.table.field`."""

    fields: References = Field(validation_alias="from")
    target_fields: References = Field(validation_alias="to")
    place: Place = Place()


@dataclass(frozen=True, config=_TEXTS)
class Term:
    """A word of the company's; `about` names the tables and fields that it is about."""

    term: Name
    definition: Annotated[Text, Field(min_length=1)]
    aliases: Names = ()
    about: Names = ()
    place: Place = Place()

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, its own name first."""
        return (self.term, *self.aliases)


@dataclass(frozen=True, config=_TEXTS)
class Metric:
    """A figure and how it is reckoned: an expression over a table; `grain` tells what it may be grouped by."""

    name: Name
    expression: Annotated[Text, Field(min_length=1)]
    table: str = ""
    grain: Text = ""
    description: Text = ""
    aliases: Names = ()
    place: Place = Place()

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, its own name first."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, config=_TEXTS)
class Example:
    """A question and the SQL that answers it, verified by a person; `verified` tells by whom or when."""

    question: Name
    sql: Annotated[Text, Field(min_length=1)]
    id: str = ""
    verified: str = ""
    place: Place = Place()

    @property
    def called(self) -> str:
        """How a receipt names it."""
        return self.id or self.question


@value(frozen=True)
class Entries:
    """All that one file says; `made` where a program wrote it, so that what people wrote goes before it."""

    tables: tuple[TableNote, ...] = ()
    joins: tuple[Join, ...] = ()
    terms: tuple[Term, ...] = ()
    metrics: tuple[Metric, ...] = ()
    examples: tuple[Example, ...] = ()
    problems: tuple[Problem, ...] = ()
    made: bool = False


_SECTIONS: Mapping[str, type[Any]] = {"joins": Join, "terms": Term, "metrics": Metric, "examples": Example}
_TOP = ("tables", *_SECTIONS, "source")
# What a Markdown file may be about, and the key that takes its text.
_SUBJECTS = {
    "table": ("tables", "description"),
    "term": ("terms", "definition"),
    "metric": ("metrics", "description"),
    "question": ("examples", ""),
}


def read_folder(folder: Path) -> list[Entries]:
    """What every file of the folder says, those that people wrote first. A file in its place is read alone."""
    if folder.is_file():
        return [read_file(folder)]
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    read = [read_file(path) for path in files if not path.is_dir()]
    return sorted(read, key=lambda entries: entries.made)


def read_file(path: Path) -> Entries:
    """What one file says; whatever is wrong with it is among its problems."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return _nothing(path, 0, "it is no file that can be read.")
        if about.st_size > _LARGEST:
            return _nothing(path, 0, f"it is larger than {_LARGEST // 1_000_000} MB. Split it.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return _nothing(path, 0, f"it cannot be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        return _nothing(path, 0, f"it is not UTF-8 (byte {error.start}). Save it as UTF-8.")
    if path.suffix.lower() in (".md", ".markdown"):
        return _Reader(path).markdown(text)
    return _Reader(path).yaml(text)


def _nothing(path: Path, line: int, text: str) -> Entries:
    return Entries(problems=(Problem(Place(str(path), line), text),))


class _Reader:
    """Reads one file; keeps the line of everything it meets, by its path in the file."""

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self._name = path.stem
        self._lines: dict[tuple[str | int, ...], int] = {}
        self._problems: list[Problem] = []
        self._first_line = 1

    def yaml(self, text: str) -> Entries:
        return self._entries(self._read(text))

    def markdown(self, text: str) -> Entries:
        """Front matter that is YAML as in any other file, or one entry whose text is the body."""
        match = re.match(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*$\r?\n?(.*)", text, re.DOTALL | re.MULTILINE)
        if match is None:
            if self._name.upper() != "README":
                self._report(1, "it has no front matter (YAML between two lines of ---), so nothing of it was read.")
            return self._entries("")
        self._first_line = 2
        front = self._read(match.group(1))
        subject = next((key for key in _SUBJECTS if isinstance(front, dict) and key in front), None)
        return self._entries(front if subject is None else self._about(subject, dict(front), match.group(2)))

    def _read(self, text: str) -> Any:
        """What the YAML holds; nothing, and a problem, where it does not parse."""
        try:
            return self._document(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it does not parse"
            # libyaml finds what is not closed in the line after the last.
            line = min(mark.line if mark else 0, text.rstrip().count("\n"))
            self._report(self._first_line + line, f"not valid YAML: {said}. Nothing of it was read.")
            return ""

    def _about(self, subject: str, entry: dict[str, Any], body: str) -> dict[str, Any]:
        """The one entry of a Markdown file, as a YAML file would hold it."""
        section, takes_text = _SUBJECTS[subject]
        fence = re.search(r"^```\s*sql[^\n]*\n(.*?)^```", body, re.DOTALL | re.MULTILINE | re.IGNORECASE)
        code = {"metric": "expression", "question": "sql"}.get(subject)
        if fence and code:
            entry.setdefault(code, fence.group(1))
            body = body.replace(fence.group(0), "")
        if takes_text and body.strip():
            entry.setdefault(takes_text, body.strip()[:_LONGEST_TEXT])
        known = dict(self._lines)
        if subject == "table":
            name = entry.pop("table")
            self._lines |= {("tables", str(name), *path): line for path, line in known.items()}
            return {"tables": {name: entry}} if isinstance(name, str) else {"tables": name}
        if subject == "metric":
            entry["name"] = entry.pop("metric")
        self._lines |= {(section, 0, *path): line for path, line in known.items()}
        return {section: [entry]}

    # ---- YAML, every scalar as the text it was written as, so that NO is no false and 007 stays 007

    def _document(self, text: str) -> Any:
        events = yaml.parse(text, Loader=_LOADER)
        read: Any = ""
        count = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                mark: Any = event.start_mark
                count += 1
                if count > 1:
                    raise yaml.MarkedYAMLError(problem="a second document: make it a file", problem_mark=mark)
                read = self._node(next(events), events, (), 0)
        return read

    def _node(self, event: Any, events: Iterator[Any], path: tuple[str | int, ...], depth: int) -> Any:
        mark: Any = event.start_mark
        self._lines.setdefault(path, self._first_line + mark.line)
        if isinstance(event, yaml.AliasEvent):
            # An alias of an alias grows without bound when it is walked.
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not taken: write it out", problem_mark=mark)
        if isinstance(event, yaml.ScalarEvent):
            return "" if event.value in ("~", "null") and event.implicit[0] else event.value
        if depth == _DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"it is nested more than {_DEEPEST} deep", problem_mark=mark)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._node(item, events, (*path, len(items)), depth + 1))
            return items
        found: dict[str, Any] = {}
        while not isinstance(key_event := next(events), yaml.MappingEndEvent):
            key_mark: Any = key_event.start_mark
            if not isinstance(key_event, yaml.ScalarEvent):
                raise yaml.MarkedYAMLError(problem="a key must be a plain text", problem_mark=key_mark)
            key = key_event.value
            line = self._first_line + key_mark.line
            twice = key in found
            if not twice:
                self._lines[(*path, key)] = line
            read = self._node(next(events), events, ("", *path, key) if twice else (*path, key), depth + 1)
            if twice:
                self._report(
                    line, f"{key!r} stands here twice; the first, in line {self._lines[(*path, key)]}, is used."
                )
            else:
                found[key] = read
        return found

    # ---- entries

    def _entries(self, document: Any) -> Entries:
        kept: dict[str, list[Any]] = {section: [] for section in ("tables", *_SECTIONS)}
        if document not in ("", {}) and not isinstance(document, dict):
            self._report(self._line(()), f"the file must hold {', '.join(_TOP[:-1])} as keys.")
        for key, given in document.items() if isinstance(document, dict) else ():
            if key not in _TOP:
                self._report(self._line((key,)), f"there is no section {key!r}. {_near(key, _TOP)}")
            elif key == "tables" and given != "":
                kept["tables"] += self._tables(given)
            elif key in _SECTIONS and given != "":
                kept[key] += self._section(key, given)
        return Entries(
            tables=tuple(kept["tables"]),
            joins=tuple(kept["joins"]),
            terms=tuple(kept["terms"]),
            metrics=tuple(kept["metrics"]),
            examples=tuple(kept["examples"]),
            problems=tuple(self._problems),
            made=isinstance(document, dict) and bool(document.get("source")),
        )

    def _section(self, section: str, given: Any) -> Iterator[Any]:
        if not isinstance(given, list):
            self._report(self._line((section,)), f"{section} must be a list: one `- ` for each.")
            return
        for at, each in enumerate(given):
            if entry := self._checked(_SECTIONS[section], each, (section, at), f"{section}[{at}]"):
                yield entry

    def _tables(self, given: Any) -> Iterator[TableNote]:
        if not isinstance(given, dict):
            self._report(
                self._line(("tables",)), "tables must be a mapping: the name of each table, then what is said of it."
            )
            return
        for name, said in given.items():
            path = ("tables", name)
            entry = {"description": said} if isinstance(said, str) else said
            notes: list[FieldNote] = []
            if isinstance(entry, dict):
                entry = dict(entry)
                notes = list(self._fields(entry.pop("fields", ""), path))
            if note := self._checked(TableNote, entry, path, f"table {name!r}", table=name, fields=notes):
                yield note

    def _fields(self, given: Any, path: tuple[str, ...]) -> Iterator[FieldNote]:
        if given == "":
            return
        if not isinstance(given, dict):
            self._report(
                self._line((*path, "fields")),
                "fields must be a mapping: the name of each field, then what is said of it.",
            )
            return
        for name, said in given.items():
            entry = {"description": said} if isinstance(said, str) else said
            if note := self._checked(FieldNote, entry, (*path, "fields", name), f"field {name!r}", field=name):
                yield note

    def _checked(self, kind: type[Any], given: Any, path: tuple[str | int, ...], called: str, **fixed: Any) -> Any:
        """The entry, or None and a problem for each thing that is wrong with it."""
        if not isinstance(given, dict):
            self._report(self._line(path), f"{called} must be a mapping with the keys {', '.join(_KEYS[kind])}.")
            return None
        sound = True
        for key in given:
            if key not in _KEYS[kind]:
                self._report(self._line((*path, key)), f"{called} has no key {key!r}. {_near(key, _KEYS[kind])}")
                sound = False
        if not sound:
            return None
        try:
            return _VALIDATORS[kind].validate_python({**given, **fixed, "place": Place(self._file, self._line(path))})
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                told = ".".join(map(str, each["loc"])) or "it"
                message = each["msg"].removeprefix("Value error, ").replace("valid tuple", "list")
                self._report(
                    self._line((*path, *each["loc"])), f"{called}: {told}: {message[:1].lower()}{message[1:]}."
                )
            return None

    def _line(self, path: tuple[str | int, ...]) -> int:
        """The line of what stands there, or of the nearest thing around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, self._first_line)

    def _problem(self, line: int, text: str) -> Problem:
        return Problem(Place(self._file, line), text)

    def _report(self, line: int, text: str) -> None:
        if len(self._problems) < _MOST_PROBLEMS_OF_A_FILE:
            self._problems.append(self._problem(line, text))
        elif len(self._problems) == _MOST_PROBLEMS_OF_A_FILE:
            self._problems.append(self._problem(line, "and more; mend these first."))


def _keys(kind: type[Any]) -> tuple[str, ...]:
    names = {"fields": "from", "target_fields": "to"} if kind is Join else {}
    # A table and a field are named by their keys.
    own = {TableNote: "table", FieldNote: "field"}.get(kind, "")
    return tuple(names.get(each.name, each.name) for each in fields_of(kind) if each.name not in ("place", own))


_KINDS: tuple[type[Any], ...] = (TableNote, FieldNote, Join, Term, Metric, Example)
_KEYS = {kind: _keys(kind) for kind in _KINDS}
_VALIDATORS: dict[type[Any], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _KINDS}


def _near(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."


class _Dumper(yaml.SafeDumper):
    """Text of several lines stands as it is, where YAML can hold it so: SQL is there to be read."""


def _represented(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represented)


def written(content: Mapping[str, Any]) -> str:
    """The content as YAML that `read_file` reads back as it was."""
    return str(
        yaml.dump(
            dict(content), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False
        )
    )
