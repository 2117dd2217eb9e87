"""How often search_metadata finds every table a question needs: recall@k and MRR, over a folder of questions.

    python -m tests.bench.bench_search --data FOLDER

All databases of a set stand in one catalogue, a schema for each; the query is the question alone. A hit needs
every gold table of the question among the first k; MRR looks at the first gold table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.metadata_index import MetadataIndex

_CUTS = (1, 3, 5, 10)
_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Figures:
    """`recall` in percent at 1, 3, 5, 10; `mrr` in percent; `milliseconds` of one search, half and 95 %."""

    questions: int
    recall: tuple[float, ...]
    mrr: float
    milliseconds: tuple[float, float]

    def __str__(self) -> str:
        recall = " / ".join(f"{each:.1f}" for each in self.recall)
        p50, p95 = self.milliseconds
        return f"{recall} | {self.mrr:.1f} | {self.questions} questions, p50 {p50:.1f} ms, p95 {p95:.1f} ms"


def merged(catalog: dict[str, Any]) -> DatabaseMeta:
    """Every database of a catalogue file as a schema of one database."""
    return DatabaseMeta("sqlite", tuple(_schema(name, each) for name, each in sorted(catalog.items())))


def _schema(name: str, database: dict[str, Any]) -> SchemaMeta:
    tables = tuple(
        TableMeta(
            schema=name,
            name=table["name"],
            fields=tuple(
                FieldMeta(each["name"], each["type"], comment=each.get("comment") or "")
                for each in table["columns"]
            ),
            comment=table.get("comment") or "",
            primary_key=tuple(table.get("pk") or ()),
            foreign_keys=tuple(
                ForeignKey((mine,), name, target, (theirs,))
                for mine, target, theirs in table.get("fks") or ()
            ),
        )
        for table in database["tables"]
    )
    return SchemaMeta(name, tables, database.get("overview") or "")


def measured(
    search: Callable[[str], Iterable[str]], questions: Iterable[tuple[str, frozenset[str]]]
) -> Figures:
    """The figures of a search that gives full table names, best first, over (question, gold names)."""
    hits = dict.fromkeys(_CUTS, 0)
    reciprocal, times, number = 0.0, [], 0
    for question, gold in questions:
        started = time.perf_counter()
        found = [name.lower() for name in search(question)][: max(_CUTS)]
        times.append(1000 * (time.perf_counter() - started))
        number += 1
        for cut in _CUTS:
            hits[cut] += gold <= set(found[:cut])
        reciprocal += next((1 / at for at, name in enumerate(found, start=1) if name in gold), 0.0)
    centiles = statistics.quantiles(times, n=20)
    return Figures(
        number,
        tuple(100 * hits[cut] / number for cut in _CUTS),
        100 * reciprocal / number,
        (statistics.median(times), centiles[-1]),
    )


def questions_of(lines: list[dict[str, Any]], key: str) -> Iterator[tuple[str, frozenset[str]]]:
    """(question, full names of its gold tables in lower case), for those that have both."""
    for line in lines:
        if line.get(key) and line.get("gold_tables"):
            yield line[key], frozenset(f"{line['db']}.{table}".lower() for table in line["gold_tables"])


def _names(index: MetadataIndex, words: str) -> list[str]:
    return [hit.table.full_name for hit in index.search(words, max(_CUTS))]


def main() -> None:
    """Print one line of figures for each set of the folder, and each set's synonyms where it has them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=_DATA, help="folder with *.jsonl and catalogs/*.json")
    folder = parser.parse_args().data
    sets = [
        each
        for each in sorted(folder.glob("*.jsonl"))
        if (folder / "catalogs" / f"{each.stem}.json").exists()
    ]
    if not sets:
        sys.exit(f"{folder} has no NAME.jsonl with a catalogs/NAME.json beside it.")
    print("set | recall@1 / 3 / 5 / 10, % | MRR, % | speed")
    for path in sets:
        catalog = json.loads((folder / "catalogs" / f"{path.stem}.json").read_text("utf-8"))
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        index = MetadataIndex(merged(catalog))
        for key in ("question", "question_synonyms"):
            asked = list(questions_of(lines, key))
            if asked:
                figures = measured(partial(_names, index), asked)
                print(f"{path.stem}{' synonyms' if key != 'question' else ''} | {figures}", flush=True)


if __name__ == "__main__":
    main()
