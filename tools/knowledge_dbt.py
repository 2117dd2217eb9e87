"""What a dbt project knows of its tables, from its manifest.json and catalog.json, as a knowledge file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import DBAgentError
from tools.knowledge_files import written
from tools.whole_file import in_place_of

FILE_NAME = "dbt.yaml"
_MARK = "# Made by `dbagent knowledge import dbt`; edits here are lost. Digest: "
_RELATIONS = ("model", "seed", "snapshot", "source")
_REFERENCE = re.compile(r"""\b(ref|source)\(\s*([^)]*)\)""")
_LONGEST_TEXT = 20_000


class ImportRefused(DBAgentError):
    """What was to be imported is not there or cannot be read, or a file is in the way; the text says which."""


@dataclass(frozen=True)
class Imported:
    """What was found in the project; `content` is what the knowledge file holds."""

    content: Mapping[str, Any]
    tables: int
    fields: int
    joins: int
    fields_with_values: int
    notes: tuple[str, ...] = ()


def read_dbt(path: Path) -> Imported:
    """The descriptions, joins (relationships tests, foreign keys) and accepted values of a dbt project.

    `path` is the project, its target folder, or its manifest.json; catalog.json beside that adds what the database
    itself says. Raises ImportRefused.
    """
    manifest_file = _manifest_file(path)
    manifest = _json(manifest_file)
    nodes = {**_mapping(manifest.get("nodes")), **_mapping(manifest.get("sources"))}
    if not nodes:
        raise ImportRefused(f"{manifest_file} holds no nodes. Is it dbt's manifest? `dbt parse` writes it.")
    catalog_file = manifest_file.with_name("catalog.json")
    catalog = _json(catalog_file) if catalog_file.is_file() else {}
    return _Project(nodes, {**_mapping(catalog.get("nodes")), **_mapping(catalog.get("sources"))}).imported()


def write_knowledge(imported: Imported, folder: Path, *, force: bool = False) -> Path:
    """Write it into the folder, whole or not at all; gives the file.

    A file of that name that was not made by this, or was edited since, is not overwritten without `force`.
    Raises ImportRefused.
    """
    file = folder / FILE_NAME
    body = written(imported.content)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists() and not force and not _made_by_us(file.read_text("utf-8")):
            raise ImportRefused(
                f"{file} was written or edited by hand and is left as it is. Move your changes to another file of that "
                "folder (they go before it), then delete it; or give --force."
            )
        with in_place_of(file) as unfinished:
            unfinished.write_text(f"{_MARK}{_digest(body)}\n{body}", "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"{file} cannot be written: {error}.") from error
    return file


def _made_by_us(text: str) -> bool:
    first, _, body = text.partition("\n")
    return first.startswith(_MARK) and first.removeprefix(_MARK).strip() == _digest(body)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _manifest_file(path: Path) -> Path:
    for each in (path, path / "manifest.json", path / "target" / "manifest.json"):
        if each.is_file():
            return each
    raise ImportRefused(
        f"There is no manifest.json in {path} or in {path / 'target'}. Run `dbt docs generate` there, or name the file."
    )


def _json(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ImportRefused(f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(read, dict):
        raise ImportRefused(f"{file} does not hold an object.")
    return read


class _Project:
    """The nodes of one project by their unique ids, with what the catalogue says of them."""

    def __init__(self, nodes: Mapping[str, Any], catalog: Mapping[str, Any]) -> None:
        self._nodes = {key: node for key, node in nodes.items() if isinstance(node, dict)}
        self._catalog = catalog
        self._notes: list[str] = []
        self._names: dict[str, str] = {}
        self._named: dict[tuple[str, ...], str] = {}  # by what ref() and source() call it
        for key, node in self._nodes.items():
            if name := self._table_name(node):
                self._names[key] = name
                if node.get("resource_type") == "source":
                    self._named[str(node.get("source_name")), str(node.get("name"))] = key
                else:
                    self._named.setdefault((str(node.get("name")),), key)
                    self._named[str(node.get("package_name")), str(node.get("name"))] = key

    def imported(self) -> Imported:
        tables: dict[str, dict[str, Any]] = {}
        for key, name in self._names.items():
            if said := self._said_of(key):
                tables[name] = said
        joins: dict[tuple[str, str], dict[str, str]] = {}
        for source, target in (*self._relationships(), *self._constraints()):
            joins[source, target] = {"from": source, "to": target}
        with_values = 0
        for name, field, values in self._accepted():
            fields = tables.setdefault(name, {}).setdefault("fields", {})
            fields.setdefault(field, {})["values"] = values
            with_values += 1
        content = {"source": "dbt", "tables": tables, "joins": list(joins.values())}
        fields_said = sum(len(said.get("fields", ())) for said in tables.values())
        return Imported(content, len(tables), fields_said, len(joins), with_values, tuple(self._notes))

    def _table_name(self, node: Mapping[str, Any]) -> str:
        """`schema.table` of what stands in the database; empty for tests, ephemeral models and what is off."""
        config = _mapping(node.get("config"))
        if node.get("resource_type") not in _RELATIONS or config.get("enabled") is False:
            return ""
        if config.get("materialized") == "ephemeral":
            return ""
        table = node.get("identifier") or node.get("alias") or node.get("name")
        return ".".join(str(part) for part in (node.get("schema"), table) if part)

    def _said_of(self, key: str) -> dict[str, Any]:
        node, listed = self._nodes[key], _mapping(self._catalog.get(key))
        description = _text(node.get("description")) or _text(_mapping(listed.get("metadata")).get("comment"))
        comments = {
            str(name).lower(): _text(_mapping(column).get("comment"))
            for name, column in _mapping(listed.get("columns")).items()
        }
        fields: dict[str, dict[str, Any]] = {}
        for name, column in _mapping(node.get("columns")).items():
            told = _mapping(column)
            named = str(told.get("name") or name)
            if said := _text(told.get("description")) or comments.get(named.lower(), ""):
                fields[named] = {"description": said}
        for name, column in _mapping(listed.get("columns")).items():
            named = str(_mapping(column).get("name") or name)
            if comments.get(str(name).lower()) and named.lower() not in map(str.lower, fields):
                fields[named] = {"description": comments[str(name).lower()]}
        return {
            **({"description": description} if description else {}),
            **({"fields": fields} if fields else {}),
        }

    def _tests(self, name: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        """The table, the arguments and the node of every generic test of that name."""
        for node in self._nodes.values():
            metadata = _mapping(node.get("test_metadata"))
            if node.get("resource_type") != "test" or metadata.get("name") != name:
                continue
            if _mapping(node.get("config")).get("enabled") is False:
                continue
            given = _mapping(metadata.get("kwargs"))
            given = {**given, **_mapping(given.get("arguments"))}  # nested since dbt 1.10
            given.setdefault("column_name", node.get("column_name"))
            on = str(node.get("attached_node") or self._meant(str(given.get("model", ""))) or self._only_one(node))
            if on in self._names and isinstance(given.get("column_name"), str):
                yield self._names[on], given, node
            else:
                self._notes.append(f"The {name} test {node.get('name', '')!r} was left out: its table is not clear.")

    def _relationships(self) -> Iterator[tuple[str, str]]:
        for table, given, node in self._tests("relationships"):
            target = self._names.get(self._meant(str(given.get("to", ""))))
            if target and isinstance(given.get("field"), str):
                yield f"{table}.{given['column_name']}", f"{target}.{given['field']}"
            else:
                self._notes.append(
                    f"The relationships test {node.get('name', '')!r} was left out: its target is not clear."
                )

    def _constraints(self) -> Iterator[tuple[str, str]]:
        for key, table in self._names.items():
            for name, column in _mapping(self._nodes[key].get("columns")).items():
                constraints = _mapping(column).get("constraints")
                for each in constraints if isinstance(constraints, list) else ():
                    given = _mapping(each)
                    target = self._names.get(self._meant(str(given.get("to", ""))))
                    columns = given.get("to_columns")
                    if (
                        given.get("type") == "foreign_key"
                        and target
                        and isinstance(columns, list)
                        and len(columns) == 1
                    ):
                        yield f"{table}.{name}", f"{target}.{columns[0]}"

    def _accepted(self) -> Iterator[tuple[str, str, list[str]]]:
        for table, given, _ in self._tests("accepted_values"):
            values = given.get("values")
            if isinstance(values, list) and values:
                yield table, given["column_name"], [_scalar(each) for each in values if each not in (None, "")]

    def _meant(self, text: str) -> str:
        """The id of what `ref('customers')`, `ref('package', 'customers')` or `source('raw', 'x')` names."""
        match = _REFERENCE.search(text)
        if match is None:
            return ""
        quoted = tuple(re.findall(r"""['"]([^'"]*)['"]""", match.group(2)))
        return self._named.get(quoted, "")

    def _only_one(self, node: Mapping[str, Any]) -> str:
        depends = _mapping(node.get("depends_on")).get("nodes")
        on = [each for each in depends if each in self._names] if isinstance(depends, list) else []
        return on[0] if len(on) == 1 else ""


def _mapping(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _text(given: Any) -> str:
    return given.strip()[:_LONGEST_TEXT] if isinstance(given, str) else ""


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)[:500]
