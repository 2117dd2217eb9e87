"""The cases of an evaluation: questions with their right answers, read from files of ours and of the benchmarks.

A file is JSON lines, a JSON list or YAML; an entry has a `question` and what is right for it:

    - id: revenue-2026                      # else the file's name and a number
      question: What was the revenue in 2026?
      gold_sql: SELECT sum(revenue) FROM ...     # or gold_sql_any: a list, each of them right
      rows: [[1200.50]]                     # instead of SQL; `ordered: true` where their order matters
      evidence: Revenue is without tax.     # asked along with the question
      user: {id: ada, roles: [sales], variables: {region: 3}}
      difficulty: easy
      language: en
      db: shop                              # a file beside the cases (see `database_of`), a path, or a URL

With `turns` in their place an entry is a dialogue, asked in one session; what is not of one turn stands beside them:

    - id: orders-narrowed                   # its turns are the cases orders-narrowed/1 and orders-narrowed/2
      language: en
      turns:
        - {question: How many orders were there last month?, gold_sql: SELECT count(*) FROM ...}
        - {question: only Europe, gold_sql: SELECT count(*) FROM ...}

Spider (`query`, `db_id`), BIRD (`SQL`, `db_id`, `question_id`, `evidence`) and the dialogues of SParC and CoSQL
(`interaction`, `utterance`, `database_id`) are read as they come: name the file, or the folder that holds `dev.json`
and the databases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from agent.errors import DatabaseUnavailable, SettingsError
from tools.engines.place import locate
from tools.handwriting import keys_of, unknown_key, what_is_wrong

_LARGEST = 200_000_000  # bytes of one file
_IN_A_FOLDER = ("dev.json", "mini_dev_sqlite.json", "cases.yaml", "cases.jsonl")
_FOLDERS = ("databases", "database", "dev_databases", "test_database", "train_databases", "")
_SUFFIXES = (".sqlite", ".db", ".sqlite3", ".duckdb")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class CaseUser:
    """For whom the question is asked, where a policy is set."""

    id: str = ""
    roles: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One question and its right answer: SQL, any of which is right, or rows.

    `ordered` says whether the order of the rows matters; None leaves that to the gold SQL. `place` is the file and
    line where it stands. A turn of a `dialogue` of so many `turns` has the questions that are asked before
    it in `earlier`.
    """

    id: str
    question: str
    place: str
    gold_sql: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] | None = None
    ordered: bool | None = None
    evidence: str = ""
    user: CaseUser | None = None
    difficulty: str = ""
    language: str = ""
    db: str = ""
    dialogue: str = ""
    earlier: tuple[str, ...] = ()
    turns: int = 0

    @property
    def entry(self) -> str:
        """The id of what is asked in one session: the dialogue that it is a turn of, else the case itself."""
        return self.dialogue or self.id

    @property
    def asked(self) -> str:
        """The question with its evidence, as it is put to the agent."""
        return f"{self.question}\nEvidence: {self.evidence}" if self.evidence else self.question

    @property
    def digest(self) -> str:
        """Tells this case from any that asks or wants something else: 16 hex digits."""
        parts: tuple[Any, ...] = (self.asked, self.gold_sql, self.rows, self.ordered, self.user and repr(self.user))
        parts += (self.db, self.earlier) if self.dialogue else (self.db,)
        return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True)
class CaseFile:
    """What a file holds: its cases, and a line for each entry that is none."""

    path: Path
    cases: tuple[Case, ...]
    problems: tuple[str, ...] = ()


def read_cases(path: str | Path) -> CaseFile:
    """Read a file of cases, or a folder of a benchmark.

    Raises SettingsError where there is none or none of it can be read; an entry that is wrong is left out and told in
    `problems` with its file and line.
    """
    file = _file(Path(path).expanduser())
    problems: list[str] = []
    cases: list[Case] = []
    taken: dict[str, str] = {}  # ids, and where they stand
    for number, (line, entry) in enumerate(_entries(file, problems)):
        place = f"{file.name}:{line}"
        try:
            found = _cases(entry, place, f"{file.stem}-{number:04d}", ours=file.suffix in (".yaml", ".yml"))
        except ValidationError as error:
            problems.append(f"{place}: {_said(error)}")
            continue
        if other := next((taken[id] for each in found for id in (each.entry, each.id) if id in taken), ""):
            problems.append(f"{place}: the id {found[0].entry!r} is taken by {other}. Give it another.")
            continue
        taken |= {id: place for each in found for id in (each.entry, each.id)}
        cases += found
    return CaseFile(file, tuple(cases), tuple(problems))


def database_of(case: Case, cases: Path, folder: Path | None = None) -> str | None:
    """The path or URL of a case's database; "" where it names none, None where there is none of that name.

    A name is looked for in `folder`, else beside the file of cases, as DB.sqlite (.db, .duckdb), in folders called
    databases/, database/, dev_databases/, and in them in one called DB, after the file of cases, or otherwise.
    """
    if not case.db or "://" in case.db:
        return case.db
    roots = [folder] if folder else [cases.parent / each for each in _FOLDERS]
    for root in roots:
        if (root / case.db).is_file():
            return str(root / case.db)
        others = sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() and root.name else []
        named_alike = [each for each in others if cases.stem.startswith(each.name)]
        for within in (root / case.db, root / cases.stem, root, *named_alike, *others):
            for suffix in _SUFFIXES:
                if (within / f"{case.db}{suffix}").is_file():
                    return str(within / f"{case.db}{suffix}")
    return None


def shown_database(db: str) -> str:
    """The name, path or URL of a database as people may read it: without a password."""
    if "://" not in db:
        return db
    try:
        return locate(db).shown
    except DatabaseUnavailable:
        return db.partition("://")[0] + "://"


def _one_or_many(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _texts(given: Any) -> Any:
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


_Text = Annotated[str, BeforeValidator(_texts), Field(max_length=100_000)]
_Texts = Annotated[tuple[_Text, ...], BeforeValidator(_one_or_many)]


class _User(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: _Text = ""
    roles: _Texts = ()
    variables: dict[str, Any] = {}


def _user_of(given: Any) -> Any:
    return {"id": given} if isinstance(given, str | int) else given


class _Common(BaseModel):
    """What an entry as it is written says of all its turns; what only a benchmark has is left aside."""

    id: _Text = Field("", validation_alias=AliasChoices("id", "question_id"))
    user: Annotated[_User | None, BeforeValidator(_user_of)] = None
    difficulty: _Text = Field("", validation_alias=AliasChoices("difficulty", "category"))
    language: _Text = Field("", validation_alias=AliasChoices("language", "lang"))
    db: _Text = Field("", validation_alias=AliasChoices("db", "db_id", "database_id"))


class _Turn(BaseModel):
    """One question as it is written, and what is right for it."""

    question: Annotated[_Text, Field(min_length=1, validation_alias=AliasChoices("question", "utterance"))]
    gold_sql: _Texts = Field((), validation_alias=AliasChoices("gold_sql_any", "gold_sql", "SQL", "query", "sql"))
    rows: tuple[tuple[Any, ...], ...] | None = None
    ordered: bool | None = None
    evidence: _Text | None = None

    @model_validator(mode="after")
    def _has_an_answer(self) -> _Turn:
        if not any(each.strip() for each in self.gold_sql) and self.rows is None:
            raise ValueError("it has no right answer: give gold_sql, or rows")
        if self.rows and len({len(row) for row in self.rows}) > 1:
            raise ValueError("the rows have different numbers of columns")
        return self


class _Question(_Common, _Turn):
    """An entry that is one question."""


class _Dialogue(_Common):
    """An entry that is several questions, one after the other."""

    turns: Annotated[
        tuple[_Turn, ...], Field(min_length=1, max_length=1000, validation_alias=AliasChoices("turns", "interaction"))
    ]


def _cases(entry: Any, place: str, id: str, *, ours: bool) -> list[Case]:
    """The case that an entry is, or those that the turns of a dialogue are, in their order."""
    several = isinstance(entry, dict) and ("turns" in entry or "interaction" in entry)
    if ours and isinstance(entry, dict):
        _no_other_keys(entry, _Dialogue if several else _Question)
        for turn in entry.get("turns") or () if several else ():
            if isinstance(turn, dict):
                _no_other_keys(turn, _Turn)
    if not several:
        question = _Question.model_validate(entry)
        return [_case(question, question, place, question.id or id)]
    dialogue = _Dialogue.model_validate(entry)
    name = dialogue.id or id
    asked = tuple(turn.question for turn in dialogue.turns)
    return [
        replace(_case(turn, dialogue, place, f"{name}/{at + 1}"), dialogue=name, earlier=asked[:at], turns=len(asked))
        for at, turn in enumerate(dialogue.turns)
    ]


def _case(turn: _Turn, common: _Common, place: str, id: str) -> Case:
    user = common.user
    return Case(
        id=id,
        question=turn.question,
        place=place,
        gold_sql=tuple(each for each in turn.gold_sql if each.strip()),
        rows=turn.rows,
        ordered=turn.ordered,
        evidence=(turn.evidence or "").strip(),
        user=CaseUser(user.id, user.roles, user.variables) if user else None,
        difficulty=common.difficulty,
        language=common.language,
        db=common.db,
    )


def _no_other_keys(entry: Mapping[Any, Any], kind: type[BaseModel]) -> None:
    """A benchmark's file has much that we do not need; in one written for us another key is a slip of the pen."""
    if said := unknown_key(entry, keys_of(kind)):
        raise ValidationError.from_exception_data(
            "Case", [{"type": "value_error", "loc": (), "input": None, "ctx": {"error": ValueError(said)}}]
        )


def _said(error: ValidationError) -> str:
    place, said = what_is_wrong(error)
    return f"{'.'.join(map(str, place))}{': ' if place else ''}{said} It is left out."


def _file(path: Path) -> Path:
    if path.is_dir():
        found = [path / name for name in _IN_A_FOLDER if (path / name).is_file()]
        if not found:
            raise SettingsError(f"{path} has none of {', '.join(_IN_A_FOLDER)}. Name the file of cases itself.")
        return found[0]
    if not path.is_file():
        raise SettingsError(f"There is no file {str(path)!r} with cases. Check the path.")
    if path.suffix not in (".json", ".jsonl", ".ndjson", ".yaml", ".yml"):
        raise SettingsError(f"{path} is no file of cases: .jsonl, .json, .yaml and .yml are read.")
    if path.stat().st_size > _LARGEST:
        raise SettingsError(f"{path} is larger than {_LARGEST // 1_000_000} MB. Part it.")
    return path


def _entries(file: Path, problems: list[str]) -> Iterator[tuple[int, Any]]:
    """Each entry with its line, counted from 1."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise SettingsError(f"{file} cannot be read: {reason}.") from None
    match file.suffix:
        case ".yaml" | ".yml":
            yield from _yaml_entries(text, file)
        case ".json":
            yield from _json_entries(text, file)
        case _:
            for number, line in enumerate(text.split("\n"), 1):
                if line.strip():
                    try:
                        yield number, json.loads(line)
                    except (ValueError, RecursionError) as error:
                        problems.append(f"{file.name}:{number}: it is no JSON ({error}). It is left out.")


def _json_entries(text: str, file: Path) -> Iterator[tuple[int, Any]]:
    """The entries of a list, read one by one so that each has its line."""
    decoder, at, line, counted = json.JSONDecoder(), _past_blanks(text, 0), 1, 0
    if text[at : at + 1] != "[":
        raise SettingsError(f"{file} is no list of cases. A .json file is one list; .jsonl has an entry a line.")
    at = _past_blanks(text, at + 1)
    while text[at : at + 1] not in ("]", ""):
        line, counted = line + text.count("\n", counted, at), at
        try:
            entry, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{file.name}:{line}: the JSON breaks off here ({error}).") from None
        yield line, entry
        at = _past_blanks(text, at)
        if text[at : at + 1] == ",":
            at = _past_blanks(text, at + 1)
        elif text[at : at + 1] != "]":
            raise SettingsError(f"{file.name}:{line}: after this entry a comma or the end of the list is missing.")


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _yaml_entries(text: str, file: Path) -> Iterator[tuple[int, Any]]:
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == "cases"), node)
        if not isinstance(node, yaml.SequenceNode):
            raise SettingsError(f"{file} is no list of cases: write each as an entry that begins with a dash.")
        for each in node.value:
            yield each.start_mark.line + 1, loader.construct_object(each, deep=True)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise SettingsError(f"{place}: this is no YAML ({getattr(error, 'problem', error)}).") from None
    except (RecursionError, ValueError) as error:
        raise SettingsError(f"{file.name}: this cannot be read ({error}).") from None
    finally:
        loader.dispose()
