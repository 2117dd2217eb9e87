"""A place in the chunks of a question, what has been read so far, and what a chunk looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from agent.llm.offline.chunking import Chunk
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Linker, Mention, likeness
from agent.llm.offline.meaning import (
    Aggregate,
    Condition,
    Having,
    Null,
    Order,
    Pick,
    Query,
    Related,
    Share,
    Slot,
)
from agent.llm.offline.schema_text import Field, Table
from agent.llm.offline.words import identifier_words, stem

GLUE = ("IN", "ART", "REL", "WITH", "FILLER", "VERB")


LIGHT_VERBS = frozenset(
    [
        "have",
        "has",
        "had",
        "make",
        "made",
        "take",
        "took",
        "use",
        "used",
        "exist",
        "exists",
        "list",
        "listed",
        "located",
        "record",
        "recorded",
        "do",
        "done",
        "live",
        "lives",
        "known",
        "find",
        "found",
        "named",
        "called",
        "title",
        "titled",
        "like",
        "include",
        "included",
        "belong",
        "belongs",
        "see",
        "need",
        "want",
        "get",
        "given",
        "provided",
        "see",
        "work",
        "works",
    ]
)


OPPOSITE = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}


MEASURE_UNITS = frozenset(
    [
        "years",
        "year",
        "days",
        "day",
        "dollars",
        "dollar",
        "usd",
        "eur",
        "euros",
        "euro",
        "km",
        "kilometers",
        "kilometres",
        "miles",
        "minutes",
        "hours",
        "seconds",
        "kg",
        "pounds",
        "pound",
        "points",
        "point",
        "cm",
        "m",
        "meters",
        "metres",
        "feet",
        "percent",
        "months",
        "month",
        "weeks",
        "week",
        "stars",
        "star",
        "yuan",
        "rmb",
        "minute",
        "hour",
        "second",
        "people",
        "inches",
        "times",
    ]
)


def particle_joined(verb: str) -> str:
    """ "logged in" is one verb: its date is called after the login."""
    word, _, particle = verb.partition(" ")
    return stem(word) + particle if particle in ("in", "on", "out", "off", "up") else verb


def replace_wants(slot: Slot, wants: str) -> Slot:
    """The slot, wanting a field of that kind."""
    slot.wants = wants
    return slot


def iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def literal(chunk: Chunk) -> str:
    if chunk.kind == "NUMBER":
        return chunk.meaning
    if chunk.period is not None and chunk.period.start is not None:
        return f"'{chunk.period.start.isoformat()}'"
    return "'" + chunk.text.replace("'", "''") + "'"


def is_flag(each: Field) -> bool:
    """A field that says yes or no."""
    if each.kind == "boolean":
        return True
    shown = {value.strip("'").lower() for value in each.values}
    return (
        bool(shown) and each.shows_all_values and shown <= {"0", "1", "y", "n", "yes", "no", "true", "false", "t", "f"}
    )


def adds_up(measure: Field) -> bool:
    """Whether a sum of the field over several rows means something."""
    words = set(identifier_words(measure.name))
    return bool(words & english().add_up) and not words & english().do_not_add_up


def is_of_people(table: Table) -> bool:
    """Whether its rows are persons: customers, staff, authors."""
    return bool(set(identifier_words(table.name)) & english().people)


def is_count_field(each: Field) -> bool:
    words = set(each.name.lower().replace("_", " ").split())
    return each.kind == "number" and bool(
        words & {"num", "number", "no", "count", "total", "quantity", "qty"}
        or each.name.lower().startswith(("num", "no_of", "total", "count"))
    )


def is_id(mention: Mention) -> bool:
    """Whether the field is a number that names something, not one that measures."""
    return mention.fields[0][0].name.lower().endswith(("id", "code")) if mention.fields else False


def same_field(first: Mention, second: Mention) -> bool:
    fields = {(each.table, each.name) for each, *_ in first.values}
    return any((each.table, each.name) in fields for each, *_ in second.values)


def held_by(mention: Mention, slot: Slot) -> bool:
    fields = {(each.table, each.name) for each, score in slot.mention.fields if score >= 0.5}
    return any((each.table, each.name) in fields for each, *_ in mention.values)


def hints_at(noun: Mention, value: Mention) -> bool:
    fields = {(each.table, each.name) for each, score in noun.fields if score >= 0.6}
    tables = {table.sql for table, score in noun.tables if score >= 0.6}
    return any((each.table, each.name) in fields or each.table in tables for each, *_ in value.values)


@dataclass(frozen=True)
class Before:
    """What a query held where a follow-up begins."""

    conditions: tuple[Condition, ...]
    groups: tuple[Slot, ...]
    periods: tuple[tuple[Slot, str], ...]
    order: tuple[Order, ...]
    limit: int | None


class Cursor:
    """Where the reading stands; the readers that build on it each take one part of a question."""

    def __init__(self, chunks: Sequence[Chunk], linker: Linker, today: date) -> None:
        self.chunks = chunks
        self.linker = linker
        self.today = today
        self.at = 0
        self.query = Query()
        self.context: Slot | None = None
        self.sink: list[Condition] = self.query.conditions
        self.joined_by = "AND"
        self.selecting = True
        self.negated = False
        self.who = False
        self.tentative: Slot | None = None
        self.dated_by: Slot | None = None
        self.happened_at: Slot | None = None  # the date that the verb before a time is of
        self.heard: set[int] = set()  # the verbs that were taken in, by their place
        self.share: Share | None = None  # whose part the question has not told yet
        self.before: Before | None = None  # in a follow-up: what the earlier question came to
        self.adding = False  # a follow-up that adds its grouping to those there are
        self.sorting = False  # the question begins with "sort"
        self.its_own = False  # "the lowest price and its …": of the row that has it
        self.asked_count: int | None = None  # "the 3 counties with …"

    def kind(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.chunks[index].kind if 0 <= index < len(self.chunks) else "END"

    def here(self, ahead: int = 0) -> Chunk:
        return self.chunks[self.at + ahead]

    def skip(self, *kinds: str) -> bool:
        start = self.at
        while self.at < len(self.chunks) and self.kind() in kinds:
            self.at += 1
        return self.at > start

    def slot(self, mention: Mention, role: str, owner: Slot | None = None, wants: str = "") -> Slot:
        return Slot(mention, role, owner, wants)

    def hinted(self, phrases: str, owner: Slot | None, text: str) -> tuple[Slot, frozenset[tuple[str, str]]] | None:
        """A field that the question names only by an adjective or an interrogative."""
        found = self.linker.fields_for(phrases)
        if not found:
            return None
        mention = Mention(text, fields=tuple((each, score) for each, score, _ in found))
        backwards = frozenset((each.table, each.name) for each, _, reversed_ in found if reversed_)
        return Slot(mention, "field", owner), backwards

    def _note_verbs(self) -> None:
        """ "affiliated with" prefers ways through the table `affiliated_with`."""
        for chunk in self.chunks:
            if chunk.kind == "VERB" and chunk.text.lower() in english().verbs_of_trade:
                for noun in ("sale", "order", "purchase", "invoice", "transaction"):
                    self.query.traded_in += [t.sql for t, score in self.linker.mention([noun]).tables if score >= 0.6]
            if chunk.kind in ("VERB", "IN"):
                for word in chunk.text.lower().split():
                    if len(word) > 3:
                        named = self.linker.mention([word])
                        self.query.through += [table.sql for table, score in named.tables if score >= 0.55]

    def _verb(self) -> None:
        """A verb between two things only joins them; one that ends the sentence says something of its own."""
        if self.at in self.heard:
            return
        self.heard.add(self.at)
        verb = self.here().text.lower()
        named = self.linker.mention([particle_joined(verb)])
        self.query.through += [table.sql for table, score in named.tables if score >= 0.6]
        self.query.doubt("verb", 0.01)
        ahead = 1
        while self.kind(ahead) in ("AND", "FILLER", "IN", "ART") and self.at + ahead < len(self.chunks):
            ahead += 1
        if self.kind(ahead) in ("DATE", "NUMBER"):
            self.happened_at = self._date_of(particle_joined(verb))
        if self.kind(ahead) == "DATE":
            happened = [(table, score) for table, score in named.tables if score >= 0.8]
            main = self.query.main.mention.tables[:1] if self.query.main is not None else ()
            if happened and happened[0][0].sql not in {table.sql for table, _ in main}:
                # "customers who ordered this year": the date is the order's.
                slot = self.slot(replace(named, tables=tuple(happened), fields=(), values=()), "table")
                self.sink.append(Related(slot))
                self.dated_by = slot
            return
        if self.kind(ahead) != "END" or self.at == 0 or verb in LIGHT_VERBS:
            return
        when = tuple(
            (each, score) for each, score in named.fields if each.kind == "date" and each.nullable and score >= 0.75
        )
        if when and self.query.main is not None:
            # "stores that have closed": those with a date of closing.
            slot = self.slot(replace(named, fields=when, tables=(), values=()), "field", self.query.main)
            self.sink.append(Null(slot, not self.negated))
            self.negated = False
            self.query.doubt("done when there is a date", 0.05)
        elif not named.tables and verb.split()[0] not in english().coming_to_be:
            self.query.doubt(f"what {verb!r} says", 0.4)

    def _date_of(self, verb: str) -> Slot | None:
        """ "accounts opened in May", "customers who logged in this week": the date that is named, or described, so.

        Only one of what is asked for or of what lies beside it: stores have a day of opening too.
        """
        thing = self._thing()
        if thing is None or not thing.mention.tables:
            return None
        table = thing.mention.tables[0][0]
        named = [
            each
            for each, score in self.linker.mention([verb]).fields
            if each.kind == "date" and score >= 0.75 and self._beside(table.sql, each.table)
        ]
        own = [each for each in named if each.table == table.sql]
        if not named:
            own = [
                each
                for each in table.fields
                if each.kind == "date" and any(likeness(verb, word) >= 0.9 for word in identifier_words(each.comment))
            ]
        found = own or named
        if len(found) != 1:
            return None
        return Slot(Mention(verb, fields=((found[0], 0.98),)), "field", thing, "date")

    def _beside(self, table: str, other: str) -> bool:
        return table == other or self._points_at(table, other) or self._points_at(other, table)

    @staticmethod
    def _is_condition_on(mention: Mention, following: tuple[str, str]) -> bool:
        # "in state 'Alabama'", "with status Cancelled": a field that is also a table, followed by its value.
        return (mention.field_score >= 0.9 and following[0] in ("QUOTED", "NUMBER")) or following[0] == "QUOTED"

    @staticmethod
    def _is_number(mention: Mention | None) -> bool:
        if mention is None or not mention.fields:
            return False
        best = mention.fields[0][0]
        return (
            best.kind == "number" and not best.name.lower().endswith("id") and mention.field_score > mention.table_score
        )

    @staticmethod
    def _is_measure(mention: Mention) -> bool:
        return any(
            each.kind in ("number", "date") for each, score in mention.fields if score >= mention.field_score - 0.1
        )

    @staticmethod
    def _is_year(text: str) -> bool:
        return len(text) == 4 and text.isdigit() and 1500 <= int(text) <= 2200

    def _implied_date(self) -> Slot:
        """The date that a time expression speaks of without naming it."""
        if self.happened_at is not None:
            slot, self.happened_at = self.happened_at, None
            return slot
        owner = self.query.main if self.query.main is not None else self.context
        measured = next((item.slot for item in self.query.items if isinstance(item, Aggregate)), None)
        if self.query.main is None and measured is not None:
            owner = measured  # "the revenue of each area last month": of the sales, and not of the area
        elif measured is None and (picked := self._picked_elsewhere()) is not None:
            owner = picked  # "the fee of the campus in 1996": of the fees
        if self.dated_by is not None:
            owner = self.dated_by
        elif (event := self._event()) is not None:
            owner = event
        found = self.linker.fields_for("date,time,timestamp,day")
        return Slot(Mention("date", fields=tuple((each, score) for each, score, _ in found)), "field", owner, "date")

    def _thing(self) -> Slot | None:
        """What the question is about: the main table, or the first thing asked for that names one."""
        if self.query.main is not None:
            return self.query.main
        slots = [item.slot for item in self.query.items if item.slot is not None]
        return next((slot for slot in slots if slot.role != "field" and slot.mention.tables), None)

    def _event(self) -> Slot | None:
        """ "the top products by revenue this year": the time is of the sales, of which each product has many."""
        main = self.query.main
        if main is None or not main.mention.tables:
            return None
        ranked = [each.key.slot for each in self.query.order]
        counted = [each.aggregate.slot for each in self.query.conditions if isinstance(each, Having)]
        for slot in (self.context, *ranked, *counted):
            if slot is None or slot is main:
                continue
            tables = [table.sql for table, _ in slot.mention.tables[:1]] if slot.role == "table" else []
            tables += [each.table for each, _ in slot.mention.fields[:1]] if slot.role == "field" else []
            if any(self._points_at(table, main.mention.tables[0][0].sql) for table in tables):
                return slot
        return None

    def _picked_elsewhere(self) -> Slot | None:
        """The one number asked for, where it is another table's than the main one."""
        items = self.query.items
        slot = items[0].slot if len(items) == 1 and isinstance(items[0], Pick) else None
        main = self.query.main
        if slot is None or slot.role != "field" or main is None or not main.mention.tables:
            return None
        likely = [each for each, score in slot.mention.fields if score >= slot.mention.field_score - 0.1]
        home = main.mention.tables[0][0].sql
        return slot if likely[0].kind == "number" and all(each.table != home for each in likely) else None

    def _done(self) -> Slot | None:
        """ "visited at least twice", "ordered most often": the rows that the verb before names, where it names any."""
        main = self._thing()
        verbs = english().relation_verbs
        before = reversed(self.chunks[: self.at])
        verb = next((each for each in before if each.kind == "VERB" or each.text.lower() in verbs), None)
        if main is None or not main.mention.tables or verb is None:
            return None
        named = self.linker.mention([verb.text.lower().split()[-1]])
        tables = [*named.tables, *((self.linker.schema.tables[name], 0.9) for name in self.query.traded_in)]
        home = main.mention.tables[0][0].sql
        counted = tuple((table, score) for table, score in tables if score >= 0.6 and table.sql != home)
        return self.slot(replace(named, tables=counted, fields=(), values=()), "table") if counted else None

    def _points_at(self, many: str, one: str) -> bool:
        return any(key.table == many and key.target == one for key in self.linker.schema.keys)
