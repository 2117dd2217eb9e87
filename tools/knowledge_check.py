"""Which entries of the knowledge no longer fit the database: what they name is gone, their SQL no longer runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tools.database import Database
from tools.errors import SqlTimeout, ToolError
from tools.glossary import Glossary
from tools.knowledge import field_named, foreign_key, only
from tools.knowledge_files import Example, Join, Metric, Place, Problem, TableNote, Term
from tools.metadata import DatabaseMeta
from tools.text import one_line


def stale_entries(database: Database, tell: Callable[[str], None] | None = None) -> Iterator[Problem]:
    """A problem for each thing that an entry of the database's knowledge names and that is not there.

    Runs every verified example, and every metric over no rows, within the database's limits; `tell` hears which.
    Raises DatabaseUnavailable.
    """
    knowledge, meta = database.knowledge, database.meta
    for note in knowledge.tables:
        yield from _of_table(note, meta)
    for join in knowledge.joins:
        yield from _of_join(join, meta)
    for term in knowledge.terms:
        yield from _never_found(term)
        yield from _of_term(term, meta)
    for metric in knowledge.metrics:
        yield from _never_found(metric)
        yield from _of_metric(metric, database)
    for number, example in enumerate(knowledge.examples, start=1):
        if tell:
            tell(f"Running verified example {number} of {len(knowledge.examples)}")
        yield from _of_example(example, database)


def _table_problem(name: str, place: Place, meta: DatabaseMeta) -> Iterator[Problem]:
    found = meta.find(name)
    if not found:
        nearest = ", ".join(meta.nearest(name))
        yield Problem(place, f"there is no table {name!r}" + (f"; the nearest are {nearest}." if nearest else "."))
    elif only(found) is None:
        yield Problem(place, f"{name!r} may mean {', '.join(each.full_name for each in found)}; name its schema.")


def _of_table(note: TableNote, meta: DatabaseMeta) -> Iterator[Problem]:
    yield from _table_problem(note.table, note.place, meta)
    if table := only(meta.find(note.table)):
        for each in note.fields:
            if table.field(each.field) is None:
                yield Problem(each.place, f"{table.full_name} has no field {each.field!r}.")


def _of_join(join: Join, meta: DatabaseMeta) -> Iterator[Problem]:
    gone = [each for each in (*join.fields, *join.target_fields) if field_named(each, meta) is None]
    for each in gone:
        yield Problem(join.place, f"there is no field {each!r} (write schema.table.field).")
    if not gone and foreign_key(join, meta) is None:
        yield Problem(join.place, "`from` and `to` must name as many fields, each side those of one table.")


def _never_found(entry: Term | Metric) -> Iterator[Problem]:
    glossary: Glossary[None] = Glossary()
    for name in entry.names:
        if not glossary.add(name, None):
            yield Problem(
                entry.place, f"{one_line(name, 80)!r} is never found in a question: it says too little or is too long."
            )


def _of_term(term: Term, meta: DatabaseMeta) -> Iterator[Problem]:
    for each in term.about:
        if field_named(each, meta) is None and only(meta.find(each)) is None:
            yield Problem(term.place, f"term {term.term!r} is about {each!r}, which is no table and no field.")


def _of_metric(metric: Metric, database: Database) -> Iterator[Problem]:
    if not metric.table:
        return
    told = list(_table_problem(metric.table, metric.place, database.meta))
    table = only(database.meta.find(metric.table))
    if table is None:
        yield from told
        return
    sql = f"SELECT {metric.expression} FROM {database.meta.sql_name(table)} WHERE 1 = 0"
    if why := _why_not(sql, database):
        yield Problem(metric.place, f"metric {metric.name!r} does not run: {why}")


def _of_example(example: Example, database: Database) -> Iterator[Problem]:
    if why := _why_not(example.sql, database):
        yield Problem(example.place, f"the SQL of {one_line(example.called, 80)!r} does not run: {why}")


def _why_not(sql: str, database: Database) -> str:
    """Why a statement does not run; empty where it does."""
    try:
        database.query(sql)
    except SqlTimeout:
        return f"it takes longer than {database.limits.seconds:g} seconds."
    except ToolError as error:
        return one_line(str(error), 300)
    return ""
