"""How often search_metadata finds every table a question needs: recall@k and MRR, over a folder of questions.

    python -m tests.bench.bench_search [--data FOLDER] [--size [TABLES]]

All databases of a set stand in one catalogue, a schema for each; the query is the question alone. A hit needs
every gold table of the question among the first k; MRR looks at the first gold table. Where the folder has the
databases too (databases/*/NAME.sqlite), a second line uses their stored values, as the tool does. --size
times searches in a made-up catalogue of so many tables (10,000) instead. A small set in Chinese is in
tests/bench/chinese.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.index_file import packed, unpacked
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.metadata_index import MetadataIndex
from tools.value_index import ValueIndex

_CUTS = (1, 3, 5, 10)
_NOUNS = """
    customer order product invoice payment shipment employee department account branch region store warehouse
    supplier contract project task event session visit campaign lead ticket asset device sensor flight booking
    room course student exam patient doctor claim policy loan card ledger budget brand
"""
_PLAIN = "id name code status type created_at amount qty price total city email phone notes version"
_CHINESE = "客户 订单 产品 发票 付款 部门 员工 地区 仓库 合同 日期 金额 数量 状态"
_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Figures:
    """`recall` in percent at 1, 3, 5, 10; `mrr` in percent; `milliseconds` of CPU for one search, half and 95 %."""

    questions: int
    recall: tuple[float, ...]
    mrr: float
    milliseconds: tuple[float, float]

    def __str__(self) -> str:
        recall = " / ".join(f"{each:.1f}" for each in self.recall)
        p50, p95 = self.milliseconds
        return f"{recall} | {self.mrr:.1f} | {self.questions} | {p50:.1f} / {p95:.1f}"


def merged(catalog: dict[str, Any]) -> DatabaseMeta:
    """Every database of a catalogue file as a schema of one database."""
    return DatabaseMeta("sqlite", tuple(_schema(name, each) for name, each in sorted(catalog.items())))


def _schema(name: str, database: dict[str, Any]) -> SchemaMeta:
    tables = tuple(
        TableMeta(
            schema=name,
            name=table["name"],
            fields=tuple(
                FieldMeta(each["name"], each["type"], comment=each.get("comment") or "") for each in table["columns"]
            ),
            comment=table.get("comment") or "",
            primary_key=tuple(table.get("pk") or ()),
            foreign_keys=tuple(
                ForeignKey((mine,), name, target, (theirs,)) for mine, target, theirs in table.get("fks") or ()
            ),
        )
        for table in database["tables"]
    )
    return SchemaMeta(name, tables, database.get("overview") or "")


def measured(search: Callable[[str], Iterable[str]], questions: Iterable[tuple[str, frozenset[str]]]) -> Figures:
    """The figures of a search that gives full table names, best first, over (question, gold names)."""
    hits = dict.fromkeys(_CUTS, 0)
    reciprocal, times, number = 0.0, [], 0
    for question, gold in questions:
        started = time.process_time()
        found = [name.lower() for name in search(question)][: max(_CUTS)]
        times.append(1000 * (time.process_time() - started))
        number += 1
        for cut in _CUTS:
            hits[cut] += gold <= set(found[:cut])
        reciprocal += next((1 / at for at, name in enumerate(found, start=1) if name in gold), 0.0)
    return Figures(
        number,
        tuple(100 * hits[cut] / number for cut in _CUTS),
        100 * reciprocal / number,
        (statistics.median(times), sorted(times)[int(0.95 * number)]),
    )


def questions_of(lines: list[dict[str, Any]], key: str) -> Iterator[tuple[str, frozenset[str]]]:
    """(question, full names of its gold tables in lower case), for those that have both."""
    for line in lines:
        if line.get(key) and line.get("gold_tables"):
            yield line[key], frozenset(f"{line['db']}.{table}".lower() for table in line["gold_tables"])


def stored_values(meta: DatabaseMeta, folder: Path, set_name: str) -> ValueIndex | None:
    """The values of every schema's own SQLite file; None where a file is missing."""
    files: dict[str, Path] = {}
    for schema in meta.schemas:
        # spider_train's are in databases/spider_train, defog_60's in databases/defog.
        found = sorted(
            folder.glob(f"databases/*/{schema.name}.sqlite"),
            key=lambda path: not set_name.startswith(path.parent.name),
        )
        if not found:
            return None
        files[schema.name] = found[0]
    index = ValueIndex()
    index.fill(tuple(meta.tables()), partial(_distinct, files))
    return index


def _distinct(
    files: dict[str, Path], table: TableMeta, field: FieldMeta, limit: int
) -> tuple[tuple[object, ...], bool]:
    name, source = ('"' + each.replace('"', '""') + '"' for each in (field.name, table.name))
    with closing(sqlite3.connect(f"{files[table.schema].as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        sql = f"SELECT DISTINCT {name} FROM {source} WHERE {name} IS NOT NULL LIMIT {limit + 1}"
        values = tuple(row[0] for row in connection.execute(sql))
    return values[:limit], len(values) <= limit


def found_by(index: MetadataIndex, values: ValueIndex | None, words: str) -> list[str]:
    """The full names of the tables found, best first."""
    hits = index.search(words, max(_CUTS), values.search(words) if values else ())
    return [hit.table.full_name for hit in hits]


def made_up(tables: int = 10_000, fields: int = 15) -> DatabaseMeta:
    """A catalogue of a size that no set here has: few words used again and again, the worst case for an index."""
    dice = random.Random(7)
    nouns, plain, chinese = _NOUNS.split(), _PLAIN.split(), _CHINESE.split()
    made: dict[str, TableMeta] = {}
    for number in range(tables):
        name = f"{dice.choice(nouns)}_{dice.choice(nouns)}_{number}"
        own = [
            dice.choice(plain) if dice.random() < 0.6 else f"{dice.choice(nouns)}_{dice.choice(plain)}"
            for _ in range(fields)
        ]
        keys = tuple(
            ForeignKey((own[at],), each.schema, each.name, ("id",))
            for at, each in enumerate(dice.sample(list(made.values())[-500:], min(2, len(made))))
        )
        made[name] = TableMeta(
            schema=f"s{number % 20}",
            name=name,
            fields=tuple(
                FieldMeta(
                    each,
                    "VARCHAR",
                    comment=dice.choice(("", f"{dice.choice(chinese)}的{dice.choice(chinese)}")),
                )
                for each in own
            ),
            comment=dice.choice(("", f"one row for each {dice.choice(nouns)}", f"{dice.choice(chinese)}表")),
            foreign_keys=keys,
        )
    schemas = sorted({table.schema for table in made.values()})
    return DatabaseMeta(
        "postgres",
        tuple(SchemaMeta(each, tuple(t for t in made.values() if t.schema == each)) for each in schemas),
    )


def timed(tables: int) -> str:
    """One line: how long the index of so many tables of 15 fields takes to build, to open and to search."""
    meta = made_up(tables)
    started = time.process_time()
    body = packed(*MetadataIndex(meta).weights)
    built = time.process_time() - started
    started = time.process_time()
    index = MetadataIndex(meta, weights=unpacked(body, tables))
    opened = time.process_time() - started
    dice = random.Random(8)
    words = [table.name.split("_")[0] for table in meta.tables()]
    questions = [
        f"What is the total {dice.choice(words)} amount for each {dice.choice(words)} and {dice.choice(words)} name?"
        for _ in range(300)
    ]
    questions += ["每个客户的订单金额是多少", "id name status type"] * 20
    figures = measured(
        lambda words: [hit.table.full_name for hit in index.search(words)],
        [(q, frozenset("x")) for q in questions],
    )
    p50, p95 = figures.milliseconds
    return (
        f"{tables:,} tables of 15 fields: index built in {built:.1f} s ({len(body) / 1e6:.1f} MB), opened in "
        f"{opened:.2f} s; a search takes p50 {p50:.1f} ms, p95 {p95:.1f} ms (CPU time)"
    )


def main() -> None:
    """Print one line of figures for each set of the folder, and each set's synonyms where it has them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=_DATA, help="folder with *.jsonl and catalogs/*.json")
    parser.add_argument("--size", type=int, nargs="?", const=10_000, help="only time searches among so many tables")
    arguments = parser.parse_args()
    if arguments.size:
        print(timed(arguments.size))
        return
    folder = arguments.data.resolve()
    sets = [each for each in sorted(folder.glob("*.jsonl")) if (folder / "catalogs" / f"{each.stem}.json").exists()]
    if not sets:
        sys.exit(f"{folder} has no NAME.jsonl with a catalogs/NAME.json beside it.")
    print("set | recall@1 / 3 / 5 / 10, % | MRR, % | questions | p50 / p95, ms of CPU")
    for path in sets:
        catalog = json.loads((folder / "catalogs" / f"{path.stem}.json").read_text("utf-8"))
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        meta = merged(catalog)
        index = MetadataIndex(meta)
        stored = stored_values(meta, folder, path.stem)
        for key, suffix in (("question", ""), ("question_synonyms", ", synonyms")):
            asked = list(questions_of(lines, key))
            for values, how in ((None, "names and comments"), (stored, "and stored values")):
                if asked and (values or how == "names and comments"):
                    print(
                        f"{path.stem}{suffix}, {how} | {measured(partial(found_by, index, values), asked)}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
