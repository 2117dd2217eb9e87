"""How a question wants it: grouped, sorted, only the top few."""

from __future__ import annotations

from agent.llm.offline.chunking import UNITS, adjective_phrases
from agent.llm.offline.cursor import (
    adds_up,
    is_count_field,
)
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Mention
from agent.llm.offline.meaning import (
    Aggregate,
    Everything,
    Item,
    Order,
    Pick,
    Related,
    Slot,
)
from agent.llm.offline.reading_items import ItemReader

# "the largest loan" is one loan; "the most loans" are many.
_OF_A_SIZE = frozenset(("largest", "biggest", "smallest", "highest", "lowest", "greatest"))


class OrderReader(ItemReader):
    """Reads order, groups and superlatives."""

    def _order(self) -> bool:
        start = self.at
        kind = self.kind()
        if kind in ("ALPHA", "ALPHADESC"):
            self.at += 1
            key = self._order_key_after("IN", "ART")
            if key is None:
                picked = next((item for item in self.query.items if isinstance(item, Pick)), None)
                if picked is None:
                    return False
                key = picked
            self.query.order.append(Order(key, kind == "ALPHADESC"))
            return True
        if kind in ("ASC", "DESC"):
            self.at += 1
            self.skip("ORDER")
            key = self._order_key_after("IN", "ART", "ORDER")
            if key is not None:
                self.query.order.append(Order(key, kind == "DESC"))
                return True
            if self.query.order and self.query.limit is None:
                self.query.order[-1].descending = kind == "DESC"
                return True
            if (measured := self._order_of_degree(self.here(-1).text)) is not None:
                self.query.order.append(measured)
                return True
            first = next((item for item in self.query.items if not isinstance(item, Everything)), None)
            if first is not None:
                self.query.order.append(Order(first, kind == "DESC"))
                self.query.doubt("order of what", 0.1)
                return True
            return False
        open_top = bool(self.query.doubts) and self.query.doubts[-1][0] == "top of what"
        open_top = open_top or self.sorting
        by = kind in ("IN", "FILLER") and self.here().text.lower() in ("by", "in terms of") and open_top
        if kind != "ORDER" and not by:
            return False
        self.at += 1
        self.skip("IN", "ART", "AND")
        direction = self.kind() if self.kind() in ("ASC", "DESC", "ALPHA", "ALPHADESC") else ""
        if direction:
            self.at += 1
            self.skip("IN", "ART", "ORDER")
        key = self._order_key_after("IN", "ART", "POSS")
        if key is None:
            if direction in ("ALPHA", "ALPHADESC", "ASC", "DESC"):
                first = next((item for item in self.query.items if not isinstance(item, Everything)), None)
                if first is not None:
                    self.query.order.append(Order(first, direction in ("DESC", "ALPHADESC")))
                    return True
            self.at = start
            return False
        keys = [key]
        while self.kind() in ("AND", "COMMA"):
            again = self.at
            self.at += 1
            more = self._order_key_after("AND", "ART", "POSS")
            if more is None:
                self.at = again
                break
            keys.append(more)
        self.skip("FILLER")
        if self.kind() in ("ASC", "DESC", "ALPHA", "ALPHADESC"):
            direction = self.kind()
            self.at += 1
        elif self.kind() in ("IN", "ART") and self.kind(1) in ("ASC", "DESC", "ALPHA", "ALPHADESC"):
            direction = self.kind(1)
            self.at += 2
        descending = direction in ("DESC", "ALPHADESC")
        if self.query.limit is not None and self.query.doubts and self.query.doubts[-1][0] == "top of what":
            descending = self.query.order[-1].descending
            self.query.order.clear()
            self.query.doubts.pop()
        self.query.order += [Order(each, descending) for each in keys]
        return True

    def _order_of_degree(self, said: str) -> Order | None:
        """ "from the oldest to the youngest": by age, the oldest first."""
        words = said.lower().removesuffix(" first").split()  # "highest first" is no date
        degrees = (adjective_phrases().get(word, ("", "")) for word in words)
        measures = next((meaning for kind, meaning in degrees if kind == "ADJSUPER"), "")
        found = self.hinted(measures[1:], self.query.main or self.context, said) if measures else None
        return Order(Pick(found[0]), measures[0] == "+", found[1]) if found is not None else None

    def _order_key_after(self, *skipped: str) -> Item | None:
        start = self.at
        self.skip(*skipped)
        distinct = False
        if self.kind() in ("COUNT", "HOWMANY", "COUNTVERB"):
            self.at += 1
            self.skip("ART", "IN")
            if self.kind() == "MENTION":
                mention = self.here().mention
                assert mention is not None
                if mention.table_score >= 0.6 or mention.field_score >= 0.6:
                    self.at += 1
                    role = "table" if mention.table_score >= mention.field_score else "field"
                    return Aggregate("count", self.slot(mention, role))
            return Aggregate("count", None)
        if self.kind() in ("AGG", "SUPER"):
            function = self.here().meaning
            function = {"desc": "max", "asc": "min"}.get(function, function)
            self.at += 1
            self.skip("ART", "IN")
            if self.kind() == "COUNT":
                self.at = start
                self.skip(*skipped)
                self.at += 1
                return self._order_key_after("ART", "IN")
            if self.kind() == "MENTION":
                mention = self.here().mention
                assert mention is not None
                if mention.field_score >= 0.5:
                    self.at += 1
                    return Aggregate(function, self.slot(mention, "field", self.context, "number"), distinct)
            self.at = start
            return None
        if self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            if mention.field_score >= 0.55 and mention.field_score >= mention.table_score - 0.3:
                self.at += 1
                slot = self.slot(mention, "field", self.query.main or self.context)
                same = next(
                    (
                        item
                        for item in self.query.items
                        if isinstance(item, Aggregate)
                        and item.slot is not None
                        and item.function != "count"
                        and item.slot.mention.text == mention.text
                    ),
                    None,
                )
                return same or Pick(slot)
            if mention.table_score >= 0.6:
                counted = next(
                    (i for i in self.query.items if isinstance(i, Aggregate) and i.function == "count"), None
                )
                self.at += 1
                return counted or Pick(self.slot(mention, "table"))
        self.at = start
        return None

    def _group(self) -> bool:
        if self.kind() == "ART" and (
            self.kind(1) == "EACH" or (self.kind(1) == "IN" and self.here(1).text.lower() in ("by", "across"))
        ):
            self.at += 1  # "how many orders are there | by status"
        self._add_up_what_is_grouped()
        of_picks = self._aggregating() and any(isinstance(item, Pick) for item in self.query.items)
        if self.kind() == "EACH" and self.kind(1) in ("END", "COMMA") and of_picks:
            self.at += 1  # "the codes and the number of documents for each"
            return True
        self._count_what_is_grouped()
        if self.kind() == "EACH":
            start = self.at
            if self.here().text.lower() == "of different" and not self._aggregating():
                self.query.distinct = True  # "the names of different colleges"
            self.at += 1
            if self._group_key():
                return True
            self.at = start
            return False
        if self.kind() == "IN" and self.here().text.lower() in ("by", "across") and self._aggregating():
            start = self.at
            self.at += 1
            self.skip("ART")
            if self._group_key():
                return True
            self.at = start
        return False

    def _add_up_what_is_grouped(self) -> None:
        """ "total amount of orders by status": an amount by what it has one of for each of many rows is a sum."""
        items = self.query.items
        if self.kind() not in ("IN", "EACH") or self.here().text.lower() not in ("by", "across", "per"):
            return
        if len(items) != 1 or not isinstance(items[0], Pick):
            return
        measure = items[0].slot.mention
        if measure is None or not measure.fields or not self._is_number(measure) or not adds_up(measure.fields[0][0]):
            return
        ahead = 2 if self.kind(1) == "ART" else 1
        after = self.here(ahead).mention if self.kind(ahead) == "MENTION" else None
        if self.kind(ahead) == "UNIT" or (after and max(after.table_score, after.field_score) >= 0.8):
            items[0].slot.wants = "number"
            items[0] = Aggregate("sum", items[0].slot)
            self.query.doubt("added up", 0.03)

    def _count_what_is_grouped(self) -> None:
        """ "orders per weekday", "bookings by status": rows of which a period or a kind has many are counted."""
        items = self.query.items
        item = items[0] if len(items) == 1 else None
        if self.kind() not in ("IN", "EACH") or self.here().text.lower() not in ("by", "across", "per"):
            return
        if not isinstance(item, Pick) or item.slot is not self._thing() or self.chunks[0].kind == "LIST":
            return
        ahead = 2 if self.kind(1) == "ART" else 1
        after = self.here(ahead).mention if self.kind(ahead) == "MENTION" else None
        tables = {table.sql for table, score in item.slot.mention.tables if score >= 0.8}
        kinds = after is not None and any(
            score >= 0.85 and each.table in tables and each.kind in ("text", "boolean") and (each.distinct or 99) <= 30
            for each, score in after.fields
        )
        others = after is not None and after.table_score >= 0.9 and after.tables[0][0].sql not in tables
        if kinds or others or self.kind(ahead) == "UNIT" or (after and after.text.lower() in UNITS):
            item.slot.role = "table"
            items[0] = Aggregate("count", item.slot)
            self.query.doubt("counted", 0.03)

    def _has_dates_alone(self, mention: Mention) -> bool:
        """ "orders by month", where only another table has a field called month: the month of the order's date."""
        thing = self._thing()
        if thing is None or not thing.mention.tables:
            return False
        table = thing.mention.tables[0][0]
        return any(each.kind == "date" for each in table.fields) and not any(
            each.table == table.sql for each, score in mention.fields if score >= 0.8
        )

    def _sum_of_each(self, group: Slot) -> bool:
        """ "the revenue of each region": an amount of which each has many is added up."""
        items = self.query.items
        item = items[0] if len(items) == 1 else None
        if not isinstance(item, Pick) or not group.mention.tables or not self._is_number(item.slot.mention):
            return False
        measure = item.slot.mention.fields[0][0]
        if not adds_up(measure) or not self._points_at(measure.table, group.mention.tables[0][0].sql):
            return False
        item.slot.wants = "number"
        items[0] = Aggregate("sum", item.slot)
        self.query.doubt("added up", 0.03)
        return True

    def _aggregating(self) -> bool:
        return any(isinstance(item, Aggregate) for item in self.query.items)

    def _group_key(self) -> bool:
        self.skip("ART", "DISTINCT", "IN")
        if self.kind() == "UNIT":
            self.query.periods.append((self._implied_date(), self.here().meaning))
            self.at += 1
            return True
        if self.kind() != "MENTION":
            return False
        mention = self.here().mention
        assert mention is not None
        if max(mention.table_score, mention.field_score) < 0.55:
            return False
        self.at += 1
        if (unit := UNITS.get(mention.text.lower())) is not None and self._has_dates_alone(mention):
            self.query.periods.append((self._implied_date(), unit))
            return True
        if mention.table_score >= 0.6 and mention.table_score >= mention.field_score:
            slot = self.slot(mention, "table" if mention.field_score < 0.9 else "any")
        elif mention.field_score > 0:
            slot = self.slot(mention, "field", self.context if self.query.main is not None else None)
        else:
            return False
        if slot.role in ("table", "any") and self._sum_of_each(slot):
            slot.role = "table"
        if slot.role == "table" and self.query.items and not self._aggregating():
            # "the name of each department" groups nothing.
            self._own(slot)
            return True
        if slot.role == "any" and self.query.items and not self._aggregating():
            slot.role = "table"
            self._own(slot)
            return True
        self.query.groups.append(slot)
        for item in self.query.items:
            if (
                isinstance(item, Pick)
                and item.slot.owner is None
                and item.slot.role != "table"
                and slot.role == "table"
            ):
                item.slot.owner = slot
        if self.kind() in ("AND",) and self.kind(1) in ("EACH", "MENTION"):
            again = self.at
            self.at += 1
            self.skip("EACH", "ART")
            following = self.here().mention if self.kind() == "MENTION" else None
            if following is None or not self.query.items or not self._group_key():
                self.at = again
        if slot.role in ("table", "any"):
            self.context = slot
        return True

    def _superlative(self) -> bool:
        start = self.at
        self.skip("WITH", "REL", "ART", "VERB", "IN", "WHOSE", "FILLER")
        limit = 1
        if self.kind() == "NUMBER" and self.kind(1) in ("SUPER", "ADJSUPER", "MOSTCOMMON"):
            limit = int(float(self.here().meaning))
            self.at += 1
        if self.kind() == "MENTION" and self.at > start and self.query.items and self.query.limit is None:
            mention = self.here().mention
            assert mention is not None
            first = mention.text.split()[0]
            if first in ("maximum", "minimum", "max", "min", "highest", "lowest") and self._is_measure(mention):
                self.at += 1
                owner = self.query.main if self.query.main is not None else self.context
                largest = first in ("maximum", "max", "highest")
                self.query.order.append(Order(Pick(self.slot(mention, "field", owner, "number")), largest))
                self.query.limit = self.asked_count or limit
                self.asked_count = None
                return True
        extreme = self.kind() == "AGG" and self.here().meaning in ("max", "min") and self.at > start
        if self.kind() not in ("SUPER", "ADJSUPER", "MOSTCOMMON") and not extreme:
            self.at = start
            return False
        if self._superlative_after(limit):
            return True
        self.at = start
        return False

    def _superlative_after(self, limit: int) -> bool:
        query = self.query
        chunk = self.here()
        self.at += 1
        if query.limit is not None:
            return False
        if self.asked_count is not None and limit == 1:
            limit, self.asked_count = self.asked_count, None
        if self.kind() == "NUMBER" and self.kind(1) in ("SUPER", "MENTION", "ADJSUPER", "AGG"):
            limit = int(float(self.here().meaning))
            self.at += 1
            if self.kind() in ("SUPER", "ADJSUPER"):
                chunk = self.here()
                self.at += 1
        descending = chunk.meaning in ("desc", "max")
        owner = query.main if query.main is not None else self.context
        if chunk.kind == "ADJSUPER" and self.kind() == "MENTION":
            # "the most recent start date": the measure is named after all.
            measure = self.here().mention
            assert measure is not None
            if measure.field_score > measure.table_score and self._is_measure(measure):
                self.at += 1
                query.order.append(Order(Pick(self.slot(measure, "field", owner)), chunk.meaning[0] == "+"))
                query.limit = limit
                return True
        if chunk.kind == "ADJSUPER":
            found = self.hinted(chunk.meaning[1:], owner, chunk.text)
            if found is None:
                return False
            query.order.append(Order(Pick(found[0]), chunk.meaning[0] == "+", found[1]))
            query.limit = limit
            self._absorb_noun(found[0])
            return True
        if chunk.kind == "MOSTCOMMON":
            done = self._done() if chunk.text.lower().split()[-1] in ("often", "frequently") else None
            query.order.append(Order(Aggregate("count", done or self._occurrences(query.main)), descending))
            query.limit = limit
            self._group_by_items()
            return True
        figure = next((item for item in query.items if isinstance(item, Aggregate)), None)
        if self.kind() in ("NUMBER", "END") and self.before is not None and figure is not None and self._grouped():
            if self.kind() == "NUMBER":
                limit = int(float(self.here().meaning))
                self.at += 1
            query.order.append(Order(figure, descending))
            query.limit = limit
            return True
        self.skip("ART", "IN")
        if self.kind() == "COUNT":
            self.at += 1
            self.skip("ART", "IN", "DISTINCT")
            return self._most_of(descending, limit, counted=True)
        if self.kind() == "AGG":
            function = self.here().meaning
            self.at += 1
            self.skip("ART", "IN")
            if self.kind() == "COUNT":
                self.at += 1
                return self._most_of(descending, limit, counted=True)
            if self.kind() != "MENTION":
                return False
            mention = self.here().mention
            assert mention is not None
            if mention.field_score < 0.5:
                return function == "sum" and self._most_of(descending, limit, counted=True)
            self.at += 1
            slot = self.slot(mention, "field", owner, "number")
            query.order.append(Order(Aggregate(function, slot), descending))
            query.limit = limit
            self._group_by_items()
            return True
        if chunk.text.lower() in _OF_A_SIZE and self.kind() == "MENTION":
            sized = self._of_a_size(descending, limit)
            if sized is not None:
                return sized
        return self._most_of(descending, limit, counted=False)

    def _of_a_size(self, descending: bool, limit: int) -> bool | None:
        """ "which branch gave the largest loan": by the amount of the largest, and not by how many there are."""
        mention = self.here().mention
        assert mention is not None
        if mention.table_score < 0.9 or mention.field_score >= mention.table_score - 0.1:
            return None
        table = self.slot(mention, "table")
        found = self.hinted(english().measures("large"), table, mention.text)
        own = {each.sql for each, score in mention.tables if score >= 0.9}
        fields = tuple((each, score) for each, score in (found[0].mention.fields if found else ()) if each.table in own)
        if not fields:
            return False
        self.at += 1
        measure = self.slot(Mention(mention.text, fields=fields), "field", table, "number")
        self.query.order.append(Order(Aggregate("max" if descending else "min", measure), descending))
        self.query.limit = limit
        self._group_by_items()
        self.context = table
        return True

    def _most_of(self, descending: bool, limit: int, *, counted: bool) -> bool:
        query = self.query
        owner = query.main if query.main is not None else self.context
        if self.kind() == "VERB" and self.kind(1) == "TIMES":
            self._verb()
            self.at += 1
        if self.kind() == "TIMES" or (counted and self.kind() in ("END", "COMMA")):
            self.skip("TIMES")
            query.order.append(Order(Aggregate("count", self._done()), descending))
            query.limit = limit
            self._group_by_items()
            return True
        if self.kind() != "MENTION":
            return False
        mention = self.here().mention
        assert mention is not None
        is_number = self._is_measure(mention)
        named_number = any(is_count_field(each) for each, score in mention.fields if score >= 0.85)
        if mention.table_score >= 0.6 and not (mention.field_score > mention.table_score and is_number):
            itself = query.main is not None and query.main.mention.text == mention.text
            if named_number and not itself and self._owner_has(mention):
                self.at += 1
                slot = self.slot(mention, "field", owner, "number")
                query.order.append(Order(Pick(slot), descending))
                query.limit = limit
                return True
            self.at += 1
            slot = self.slot(mention, "table")
            query.order.append(Order(Aggregate("count", slot), descending))
            query.limit = limit
            self._group_by_items()
            self.context = slot
            if self.kind() == "VERB":
                self.at += 1
            return True
        if mention.field_score >= 0.55:
            self.at += 1
            slot = self.slot(mention, "field", owner, "" if counted else "number")
            if counted and not is_number:
                query.order.append(Order(Aggregate("count", slot, True), descending))
                self._group_by_items()
            else:
                query.order.append(Order(Pick(slot), descending))
            query.limit = limit
            return True
        return False

    def _grouped(self) -> bool:
        return bool(self.query.groups or self.query.periods)

    def _owner_has(self, mention: Mention) -> bool:
        main = self.query.main
        if main is None:
            return False
        tables = {table.sql for table, _ in main.mention.tables[:2]}
        return any(each.table in tables and is_count_field(each) for each, score in mention.fields if score >= 0.85)

    def _absorb_noun(self, slot: Slot) -> None:
        """ "the most expensive hotels": the noun that the superlative stands before."""
        if self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            if mention.table_score >= 0.6 and mention.table_score >= mention.value_score:
                self.at += 1
                noun = self.slot(mention, "table")
                if self.query.main is None:
                    self._own(noun)
                    slot.owner = noun
                elif self.query.main.mention.text != mention.text:
                    slot.owner = noun
                    self.sink.append(Related(noun))

    def _group_by_items(self) -> None:
        if self.query.groups or (self.query.periods and not self.query.items):
            return
        main = self.query.main
        counted = any(
            isinstance(item, Aggregate) and item.function == "count" and item.slot is main for item in self.query.items
        )
        picked = any(isinstance(item, Pick) for item in self.query.items)
        if main is not None and not (counted and picked):
            self.query.groups.append(main)
            return
        self.query.groups += [item.slot for item in self.query.items if isinstance(item, Pick)]
