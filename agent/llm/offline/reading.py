"""Chunks of an English question read, left to right, into a Query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.llm.offline.cursor import (
    GLUE,
    Before,
    particle_joined,
    same_field,
)
from agent.llm.offline.dates import period_before
from agent.llm.offline.follow_ups import ASKING_ANEW
from agent.llm.offline.lexicon import english
from agent.llm.offline.meaning import (
    Aggregate,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Having,
    InPeriod,
    IsValue,
    Null,
    Order,
    Pick,
    Query,
    Related,
    Share,
    Slot,
)
from agent.llm.offline.reading_conditions import ConditionReader

_OF_ANY_ROW = frozenset(("id", "ids", "code", "codes"))


def _takes_the_place(new: Condition, old: Condition) -> bool:
    if isinstance(new, InPeriod) and isinstance(old, InPeriod):
        return True
    if isinstance(new, IsValue) and isinstance(old, IsValue):
        if new.negated and [each.mention.text for each in new.values] != [each.mention.text for each in old.values]:
            return False  # "without web", "without phone": neither
        return same_field(new.values[0].mention, old.values[0].mention)
    return False


def _tell_the_same(one: Condition, other: Condition) -> bool:
    """Whether two conditions are on the same field."""
    if isinstance(one, IsValue) and isinstance(other, IsValue):
        return same_field(one.values[0].mention, other.values[0].mention)
    if isinstance(one, Compare) and isinstance(other, Compare):
        return one.slot.mention.fields[:1] == other.slot.mention.fields[:1]
    return False


def _is_a_time(condition: Condition) -> bool:
    return isinstance(condition, InPeriod) or (isinstance(condition, Compare) and condition.slot.wants == "year")


class Reader(ConditionReader):
    """One pass over the chunks of one cut."""

    def read(self) -> Query:
        """The meaning of the whole question; what could not be placed is listed as unexplained."""
        self._note_verbs()
        self.skip("ART", "AND", "COMMA", "FILLER", "PUNCT")
        self._leading_group()
        while self.at < len(self.chunks):
            start = self.at
            if not self._clause() or self.at == start:
                self._leave_unexplained()
        self._finish()
        return self.query

    def _leave_unexplained(self) -> None:
        chunk = self.here()
        self.at += 1
        if chunk.kind in (
            "WORD",
            "MENTION",
            "QUOTED",
            "NUMBER",
            "DATE",
            "ADJCMP",
            "ADJSUPER",
            "UNIT",
            "SHARE",
            "RATIO",
            "DIFFERENCE",
            "SUPER",
            "MOSTCOMMON",
            "AGG",
            "CMP",
            "LIKE",
            "BETWEEN",
            "NULLISH",
            "AFTER",
            "NOT",
            "THAN",
            "ORMORE",
            "COUNT",
            "COUNTVERB",
            "NAMED",
            "BOTH",
            "ALLOF",
            "EACH",
            "TRUE",
            "ORDER",
        ):
            self.query.unexplained.append(chunk.text)

    def _clause(self) -> bool:
        steps: tuple[Callable[[], bool], ...] = (
            self._break,
            self._separator,
            self._head,
            self._more_items,
            self._order,
            self._group,
            self._superlative,
            self._both,
            self._condition,
            self._relation,
            self._glue,
        )
        if (
            self.share is not None
            and self.kind() in ("REL", "WITH", "VERB", "NOT")
            and self.sink is self.query.conditions
        ):
            self.sink = self.share.conditions  # "… of the orders last month | were returned"
        start = self.at
        for step in steps:
            if step():
                return True
            self.at = start
        return False

    def _leading_group(self) -> None:
        """ "For each department, …" before anything is selected."""
        start = self.at
        self.skip("IN", "ART")
        if self.kind() == "EACH" or (self.kind() == "ART" and self.here().text.lower() == "for all"):
            self.at += 1
            if self._group_key():
                self.skip("COMMA")
                return
        self.at = start

    def _break(self) -> bool:
        """Where one question ends and what the next adds to it begins."""
        if self.kind() != "BREAK":
            return False
        self._settle()
        self._add_up()
        query = self.query
        if not query.items and not query.periods:
            query.doubt("what was asked before", 0.45)
        self.before = Before(
            tuple(query.conditions), tuple(query.groups), tuple(query.periods), tuple(query.order), query.limit
        )
        self.adding = self.here().meaning == "adds"
        query.limit = None
        self.at += 1
        self._close_negation()
        self.joined_by = "AND"
        self.context = query.main
        how, _, unit = self.here(-1).meaning.partition(" ")
        if how in ASKING_ANEW:
            self._ask_anew(how)
        elif how == "shares":
            self._as_shares()
        elif how == "earlier":
            self._a_period_earlier(unit)
        self._first_few()
        return True

    def _ask_anew(self, how: str) -> None:
        """Something else is asked of the same rows: how many they are, which, or what stands after the break."""
        query, before = self.query, self.before
        assert before is not None
        self.who, self.share, self.asked_count, self.tentative = False, None, None, None
        listed = all(isinstance(each, Pick) for each in query.items)
        plain = listed or all(type(each) is Aggregate for each in query.items)
        first = query.items[0].slot if listed and query.items else None
        if query.main is None and first is not None and first.mention.table_score >= 0.9:
            query.main = self.context = self.slot(first.mention, "table")  # "which customers live in Berlin?"
        # "how many orders have they placed?" "how many of them …": of the orders, and not of those who placed them.
        others = any(
            type(each) is Aggregate and each.function == "count" and not self._is_main(each) for each in query.items
        )
        if query.main is None or before.groups or before.periods or before.limit or others or not plain:
            query.doubt("which of what was asked before", 0.45)
            return
        if how == "shows":
            if not listed or not self._items():
                query.doubt("what is to be shown of them", 0.45)
            return
        query.items.clear()
        query.order.clear()
        query.distinct = False
        self.before = replace(before, order=())
        if how == "counts":
            query.items.append(Aggregate("count", query.main))
        elif how == "lists":
            query.items.append(Pick(query.main))
        else:
            start = self.at
            if not self._head():
                self.at = start
            elif all(isinstance(each, Pick) for each in query.items):
                query.items.insert(0, Pick(query.main))  # of each of them, and so with its name

    def _as_shares(self) -> None:
        """The figure of each group as its part of the whole."""
        query = self.query
        figures = [each for each in query.items if type(each) is Aggregate and each.function in ("count", "sum")]
        if len(figures) != 1 or not (query.groups or query.periods) or figures[0].distinct:
            query.doubt("what it is a share of", 0.45)
            return
        share = Share(figures[0].function, figures[0].slot)
        query.items[query.items.index(figures[0])] = share
        for order in query.order:
            order.key = share if order.key is figures[0] else order.key

    def _a_period_earlier(self, unit: str) -> None:
        """The same of the month (day, week, quarter, year) before the one that was asked for."""
        periods = [each for each in self.query.conditions if isinstance(each, InPeriod) and not each.negated]
        earlier = period_before(periods[0].start, periods[0].end, unit) if len(periods) == 1 else None
        if earlier is None:
            self.query.doubt(f"the {unit} before which", 0.45)
            return
        self.query.conditions.append(InPeriod(periods[0].slot, *earlier))

    def _is_main(self, count: Aggregate) -> bool:
        return count.slot is None or (
            self.query.main is not None and count.slot.mention.tables[:1] == self.query.main.mention.tables[:1]
        )

    def _first_few(self) -> None:
        """ "the first 5", "top 3 rows": as many of what was asked before, in its order."""
        start = self.at
        self.skip("ART", "LIST", "FILLER")
        first = self.kind() == "SUPER" or (self.kind() == "ADJSUPER" and self.here().text.lower() == "first")
        ordered = bool(self.query.order)
        if first and ordered and self.kind(1) == "NUMBER" and self.kind(2) in ("END", "BREAK"):
            self.query.limit = int(float(self.here(1).meaning))
            self.at += 2
            return
        self.at = start

    def _settle(self) -> None:
        """What was added takes the place of its like: a period of a period, a value of another of its field."""
        query, before = self.query, self.before
        if before is None:
            return
        query.limit = before.limit if query.limit is None else query.limit
        added = [each for each in query.conditions if each not in before.conditions]
        kept = [each for each in before.conditions if not any(_takes_the_place(new, each) for new in added)]
        query.conditions[:] = [*kept, *added]
        grouped = len(query.groups) > len(before.groups) or len(query.periods) > len(before.periods)
        if grouped and not self.adding:
            del query.groups[: len(before.groups)]
            del query.periods[: len(before.periods)]
            if len(query.order) == len(before.order):
                query.order.clear()
        if len(query.order) > len(before.order):
            del query.order[: len(before.order)]
        self.before = None

    def _separator(self) -> bool:
        if self.kind() == "END" and self.at < len(self.chunks):
            self.at += 1
            self.joined_by = "AND"
            self._close_negation()
            return True
        if self.kind() in ("COMMA", "AND", "OR", "PUNCT") and self.at < len(self.chunks):
            if self.kind() == "OR":
                self.joined_by = "OR"
            elif self.kind() == "AND" or self.joined_by != "OR":
                self.joined_by = "AND"
            self.at += 1
            return True
        return False

    def _close_negation(self) -> None:
        self.sink = self.query.conditions
        if self.negated:
            self.query.unexplained.append("not")
        self.negated = False

    def _glue(self) -> bool:
        if self.kind() == "NOT":
            self.at += 1
            self.negated = True
            return True
        if self.kind() in (
            "IN",
            "ART",
            "REL",
            "WITH",
            "FILLER",
            "WHOSE",
            "POSS",
            "ALLINFO",
            "LIST",
            "WHAT",
            "WHICH",
            "DISTINCT",
            "TIMES",
            "PERCENTSIGN",
        ):
            self.at += 1
            return True
        if self.kind() == "VERB":
            self._verb()
            self.at += 1
            return True
        if self.kind() == "CMP" and self.here().text.lower() == "as" and self.kind(1) == "ART":
            thing = self.here(2).mention if self.kind(2) == "MENTION" else None
            if thing is not None and thing.table_score >= 0.9:
                self.at += 3  # "a cat as a pet"
                return True
        return False

    def _relation(self) -> bool:
        """ "… who placed orders", "… without an account", "… that have no amenity"."""
        start = self.at
        negated = self.negated
        while self.kind() in (*GLUE, "NOT", "WHOSE", "POSS", "CMP") and self.at < len(self.chunks):
            if self.kind() == "NOT":
                negated = True
            if self.kind() == "VERB":
                self._verb()
            if self.kind() == "CMP":
                if self.here().meaning in (">=",) and self.kind(1) == "NUMBER" and self.here(1).meaning == "1":
                    self.at += 2
                    continue
                self.at = start
                return False
            self.at += 1
        if self.kind() == "DISTINCT":
            self.at += 1
        if self.kind() in ("END", "AND", "COMMA") and negated and self.at > start and self._never_did():
            return True
        if self.kind() != "MENTION":
            self.at = start
            return False
        mention = self.here().mention
        assert mention is not None
        if mention.table_score < 0.6 and mention.field_score < 0.6:
            self.at = start
            return False
        if mention.table_score >= 0.6:
            if self.at == start and self.kind(-1) == "MENTION":
                self.query.doubt(f"two nouns in a row before {mention.text!r}", 0.12)
            self.at += 1
            slot = self.slot(mention, "table")
            if self.query.main is None and not negated:
                self._own(slot)
                return True
            main = self.query.main
            if (
                main is not None
                and not negated
                and main.mention.tables[:1] == mention.tables[:1]
                and mention.table_score >= 0.9
            ):
                self.context = main  # the same thing said again
                return True
            if self._is_one_more(start, negated):
                self.query.items.append(Pick(slot))
                self.context = slot
                return True
            related = Related(slot, negated)
            if self.before is not None and not negated:
                self.query.doubt(f"what to do with {mention.text!r}", 0.45)  # "what about customers?"
            self._add(related)
            self.negated = False
            if negated:
                self.sink = related.conditions
            self.context = slot
            return True
        is_thing = mention.field_score >= 0.85 and mention.fields[0][0].kind == "text"
        if is_thing and self.query.main is not None and self.at > start:
            # "committees that have delegates": the field stands for the rows that hold it.
            self.at += 1
            main_tables = {table.sql for table, _ in self.query.main.mention.tables[:1]}
            own = tuple((f, s) for f, s in mention.fields if f.table in main_tables and f.nullable and s >= 0.85)
            had = any(chunk.kind in ("WITH", "VERB", "NOT") for chunk in self.chunks[start : self.at - 1])
            if own and had:
                # "students who have declared a major": those of whom the field is filled.
                slot = self.slot(replace(mention, fields=own, tables=(), values=()), "field", self.query.main)
                self.query.doubt("a field as a thing", 0.06)
                self._add(Null(slot, not negated))
                self.negated = False
                return True
            if mention.fields[0][0].table in main_tables and not had and not negated:
                # Each row has its own: as a condition it would say nothing, and be dropped in silence.
                self.query.doubt(f"what {mention.text!r} has to do with it", 0.45)
            else:
                self.query.doubt("a field as a thing", 0.06)
            related = Related(self.slot(mention, "field"), negated)
            self._add(related)
            self.negated = False
            if negated:
                self.sink = related.conditions
            return True
        if negated:
            self.at = start
            return False
        if self.query.main is None and self.kind(-1) in ("IN", "ART"):
            # "the average price in the city": no table is named like this noun.
            self.at += 1
            return True
        self.at = start
        return False

    def _is_one_more(self, start: int, negated: bool) -> bool:
        """ "the names of conductors and the bands they led": the bands are asked for too."""
        before = [chunk.kind for chunk in self.chunks[:start]]
        while before and before[-1] == "ART":
            before.pop()
        between = {chunk.kind for chunk in self.chunks[start : self.at - 1]}
        picked = bool(self.query.items) and all(isinstance(item, Pick) for item in self.query.items)
        joined = bool(before) and before[-1] == "AND" and between <= {"ART"}
        return joined and picked and not negated and not self.query.conditions and not self.query.order

    def _never_did(self) -> bool:
        """ "customers who never ordered", "users who have never logged in": without rows, or a date, of that."""
        verb = particle_joined(self.here(-1).text.lower()) if self.kind(-1) == "VERB" else ""
        when = self._date_of(verb) if verb and verb not in english().coming_to_be else None
        done = self._done() if verb else None
        if when is not None and when.mention.fields[0][0].nullable and self._is_own(when.mention.fields[0][0].table):
            self._add(Null(when))
        elif done is not None:
            self._add(Related(done, True))
        else:
            return False
        self.query.doubts[:] = [each for each in self.query.doubts if not each[0].startswith("what ")]
        self.negated = False
        return True

    def _is_own(self, table: str) -> bool:
        thing = self._thing()
        return thing is not None and any(each.sql == table for each, _ in thing.mention.tables[:1])

    def _finish(self) -> None:
        query = self.query
        self._settle()
        if self.asked_count is not None:
            if query.order:
                query.limit = self.asked_count
            else:
                query.unexplained.append(str(self.asked_count))
        if self.negated:
            query.unexplained.append("not")
        self._count_once()
        self._row_of_the_extreme()
        self._or_of_pairs()
        self._part_of_what()
        self._add_up()
        self._same_row()
        if self.who and query.items:
            first = query.items[0]
            if isinstance(first, Pick) and first.slot.owner is None:
                first.slot.owner = query.main

    def _count_once(self) -> None:
        """ "How many makers are there in each zone? List the zone and the count.": one count, where it was listed."""
        items = self.query.items
        counts = [each for each in items if isinstance(each, Aggregate) and each.function == "count"]
        bare = next((each for each in counts if each.slot is None and not isinstance(each, Share)), None)
        if len(counts) == 2 and bare is not None:
            counted = next(each for each in counts if each is not bare)
            items.remove(counted)
            items[items.index(bare)] = counted

    def _row_of_the_extreme(self) -> None:
        """ "the lowest price and its title": of the one row that has it, and no lowest price for each title."""
        query = self.query
        first, others = next(iter(query.items), None), query.items[1:]
        if not self.its_own or not isinstance(first, Aggregate) or first.function not in ("min", "max"):
            return
        if first.slot is None or not others or not all(isinstance(each, Pick) for each in others):
            return
        if query.groups or query.periods or query.order:
            return
        query.items[0] = Pick(first.slot)
        query.order.append(Order(Pick(first.slot), first.function == "max"))
        query.limit = 1

    def _or_of_pairs(self) -> None:
        """ "in Austin, Texas or in Boston, Massachusetts": an or between two pairs that tell the same two things."""
        conditions = self.query.conditions
        for at, middle in enumerate(conditions):
            if not isinstance(middle, AnyOf) or len(middle.conditions) != 2:
                continue
            width = len(conditions) - at
            before = [*conditions[at + 1 - width : at], middle.conditions[0]]
            after = [middle.conditions[1], *conditions[at + 1 :]]
            if width < 2 or at + 1 < width or len(before) != len(after):
                continue
            if all(any(_tell_the_same(one, other) for other in after) for one in before):
                conditions[at + 1 - width :] = [AnyOf([AllOf(before), AllOf(after)])]
                self.query.doubts[:] = [each for each in self.query.doubts if each[0] != "what the or joins"]
                return

    def _part_of_what(self) -> None:
        """ "the share of orders in Berlin": where nothing else says which part, the conditions but the time do."""
        if self.share is None or self.share.conditions or self.query.groups or self.query.periods:
            return
        part = [each for each in self.query.conditions if not _is_a_time(each)]
        self.share.conditions += part
        self.query.conditions[:] = [each for each in self.query.conditions if each not in part]
        if not part:
            self.query.doubt("which part of it", 0.5)

    def _same_row(self) -> None:
        """ "the account name, id and number of transactions": a bare id is of the row that its neighbour names."""
        before: Slot | None = None
        for item in self.query.items:
            if not isinstance(item, Pick):
                continue
            if item.slot.owner is None and before is not None and item.slot.mention.text.lower() in _OF_ANY_ROW:
                item.slot.owner = before
            before = item.slot

    def _add_up(self) -> None:
        """ "What is our revenue this year", "the profit in each month": a measure of nobody is added up."""
        query = self.query
        item = query.items[0] if len(query.items) == 1 else None
        kinds = {chunk.kind for chunk in self.chunks}
        if (
            isinstance(item, Pick)
            and item.slot.mention.text.split()[0] == "total"
            and self._is_number(item.slot.mention)
            and kinds & {"WHAT", "HOWMUCH"}
            and not kinds & {"LIST", "EACH", "WHICH"}
            and not query.order
            and not query.groups
        ):
            # "What is the total amount of orders", where a field is called total_amount.
            query.items[0] = Aggregate("sum", item.slot)
            query.doubt("added up", 0.05)
            return
        if not isinstance(item, Pick) or query.order or query.main is not None:
            return
        if not self._is_number(item.slot.mention):
            return
        if any(isinstance(each, Having) for each in query.conditions):
            return  # "advisors with at least two students": the groups themselves
        in_time = bool(query.conditions) and all(_is_a_time(each) for each in query.conditions)
        if query.periods or in_time or query.groups:
            query.items[0] = Aggregate("sum", item.slot)
            query.doubt("added up", 0.05)
