"""What a question asks for, and whose it is: fields, tables, everything, figures."""

from __future__ import annotations

from dataclasses import replace

from agent.llm.offline.chunking import UNITS
from agent.llm.offline.cursor import adds_up, is_id, is_of_people
from agent.llm.offline.linking import Mention
from agent.llm.offline.meaning import (
    Aggregate,
    Everything,
    Pick,
    Related,
    Slot,
)
from agent.llm.offline.reading_figures import FigureReader


class ItemReader(FigureReader):
    """Reads what is to be selected, and whose it is."""

    def _head(self) -> bool:
        if self.query.items or self.kind() == "END":
            return False
        start = self.at
        self.skip("LIST", "ART", "AND", "FILLER", "REL")
        if self.kind() in ("IN", "AFTER") and self.kind(1) in ("WHICH", "WHAT"):
            self.at += 1
        if self.kind() == "WHAT":
            self.at += 1
            self.skip("LIST", "ART")
        if self.kind() == "ORDER" and self.at == 0 and self.here().text.lower() in ("sort", "order"):
            self.at += 1  # "Sort the names by age": lists them
            self.sorting = True
            self.skip("ART")
        kind = self.kind()
        if kind in ("WHO",):
            self.at += 1
            if (self.kind() == "ART" or self.kind() == "MENTION") and self._items():
                asked = self.query.items[0].slot
                if asked is not None and asked.role == "field" and is_id(asked.mention):
                    self.query.doubt("who it is: only a number is stored", 0.4)
                return True
            self.who = True
            if people := self._people():
                self.query.items.append(Pick(self.slot(people, "table")))
                self.query.doubt("who", 0.06)
                return True
            found = self.hinted("name,full name,person name", None, "who")
            if found is None:
                return False
            self.query.items.append(Pick(found[0]))
            self.query.doubt("who", 0.06)
            return True
        if kind == "HOWOLD":
            self.at += 1
            found = self.hinted("age", None, "how old")
            if found is None:
                return False
            self.query.items.append(Pick(found[0]))
            return True
        if kind in ("WHEN", "WHERE"):
            self.at += 1
            measures = "date,time,year,start date" if kind == "WHEN" else "location,city,address,place,country"
            found = self.hinted(measures, None, self.here(-1).text)
            if found is None:
                return False
            self.query.items.append(Pick(found[0]))
            self.query.doubt("when or where", 0.1)
            return True
        if kind == "EACH" and self.kind(-1) in ("LIST", "ART") and self.here().text.lower() in ("each", "every"):
            self.at += 1  # "list each employee with …": all of them
        if kind == "WHICH":
            self.at += 1
            if self.kind() == "VERB":
                self.query.doubt("which what", 0.5)
            self.skip("ART", "IN")
        if kind in ("WHICH", "WHAT") and self._asked_unit():
            return True
        if kind == "HOWMUCH":
            self.at += 1
        if self._items():
            return True
        if kind == "HOWMUCH":
            found = self.hinted("price,cost,amount,total,fee,salary", None, "how much")
            if found:
                self.query.items.append(Pick(found[0]))
                self.query.doubt("how much", 0.15)
                return True
        self.at = start
        return False

    def _people(self) -> Mention | None:
        """Who it was is one of the people, where some table is of people."""
        tables = self.linker.schema.tables.values()
        people = tuple((each, 0.95) for each in tables if is_of_people(each) and not each.alias_of)
        return Mention("who", tables=people) if people else None

    def _asked_unit(self) -> bool:
        """ "which month had the most orders", "on which day of the week …": the time of what is counted."""
        mention = self.here().mention if self.kind() == "MENTION" else None
        unit = self.here().meaning if self.kind() == "UNIT" else UNITS.get(mention.text.lower(), "") if mention else ""
        ahead = 1
        while self.kind(ahead) in ("WITH", "VERB", "REL", "ART", "FILLER", "MENTION") and self.kind(ahead + 1) != "END":
            if self.kind(ahead) == "MENTION" and self.kind(ahead + 1) != "VERB":
                break
            ahead += 1
        if not unit or self.kind(ahead) != "SUPER":
            return False
        later = next((chunk.mention for chunk in self.chunks[self.at + ahead :] if chunk.kind == "MENTION"), None)
        table = later.tables[0][0] if later is not None and later.table_score >= 0.6 else None
        if table is None or not any(each.kind == "date" for each in table.fields):
            return False
        if mention is not None and any(each.table == table.sql for each, score in mention.fields if score >= 0.8):
            return False
        assert later is not None
        self.at += 1
        self.query.main = self.slot(replace(later, fields=(), values=()), "table")
        self.context = self.query.main
        self.query.periods.append((self._implied_date(), "weekday name" if unit == "weekday" else unit))
        return True

    def _items(self) -> bool:
        got = False
        while True:
            start = self.at
            if not self._item():
                self.at = start
                break
            got = True
            self._parenthesis()
            before_separator = self.at
            and_its = self.kind() == "POSS" and self.here().text.lower().startswith("and ")
            if self._at_bracket() or not (and_its or self.skip("COMMA", "AND")):
                break
            self.its_own = self.its_own or self._belonging()
            self.skip("LIST", "WHAT", "WHICH", "ART", "POSS", "AND", "FILLER")
            if not self._item_starts():
                self.at = before_separator
                break
        if got:
            self._owner()
        return got

    def _belonging(self) -> bool:
        """Whether what comes next is "its …" or "their …", or that was just passed."""
        return any(self.kind(ahead) == "POSS" for ahead in (-1, 0))

    def _at_bracket(self) -> bool:
        return self.kind() == "COMMA" and self.here().meaning == "("

    def _parenthesis(self) -> None:
        """What stands in brackets after an item spells it out: "full name (first name and last name)"."""
        if not self._at_bracket():
            return
        start, count = self.at, len(self.query.items)
        self.at += 1
        while self._item() and self.kind() in ("AND", "COMMA") and self.here().meaning != ")":
            self.at += 1
        closed = self.kind() == "COMMA" and self.here().meaning == ")"
        if not closed or len(self.query.items) == count:
            del self.query.items[count:]
            self.at = start
            return
        self.at += 1
        del self.query.items[count - 1]

    def _item_starts(self) -> bool:
        kind = self.kind()
        if kind in ("COUNT", "HOWMANY", "COUNTVERB", "AGG", "ALLINFO", "DISTINCT", "SHARE", "DIFFERENCE", "RATIO"):
            return True
        if kind == "MENTION":
            mention = self.here().mention
            assert mention is not None
            if mention.value_score > max(mention.field_score, mention.table_score):
                return False
            return max(mention.field_score, mention.table_score) >= 0.6
        return kind in ("SUPER", "ADJSUPER", "MOSTCOMMON")

    def _owner(self) -> None:
        """ "… of the customers": whose fields these are."""
        start = self.at
        query = self.query
        if query.main is None:
            for item in query.items:
                slot = item.slot if not isinstance(item, Aggregate) or item.function == "count" else None
                if slot is not None and slot.role == "table":
                    query.main = slot
                    self.context = slot
        if self._by_group():
            self._own_tentatively()
            return
        skipped = self.skip("IN", "ART", "POSS")
        if self.kind() == "EACH":
            self.at = start
            self._own_tentatively()
            return
        if self.kind() == "DISTINCT":
            self.at += 1
            if skipped:
                query.distinct = True
        if skipped and self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            value_wins = mention.value_score > mention.table_score
            if mention.table_score >= 0.6 and not value_wins and mention.table_score >= mention.field_score - 0.02:
                next_kinds = (self.kind(1), self.kind(2))
                following = self.here(1).mention if self.kind(1) == "MENTION" else None
                is_value = following is not None and following.value_score > max(
                    following.field_score, following.table_score
                )
                if self._is_condition_on(mention, next_kinds) or is_value:
                    if query.main is None and mention.table_score >= mention.field_score - 0.02:
                        self._own(self.slot(mention, "table"))
                    self.at = start
                    return
                self.at += 1
                slot = self.slot(mention, "table")
                self._own(slot)
                return
            words = mention.text.split()
            if query.main is None and self.tentative is None and len(words) > 1 and mention.field_score >= 0.9:
                # "the name for document type code RV": of document types, then.
                named = self.linker.mention(words[:-1])
                if named.table_score >= 0.9 and self.kind(1) in ("MENTION", "QUOTED", "WORD", "NUMBER"):
                    self._own(self.slot(named, "table"))
        self.at = start
        self._own_tentatively()

    def _by_group(self) -> bool:
        """ "total revenue by region": an aggregate by a noun that no value follows is one for each."""
        if self.kind() != "IN" or self.here().text.lower() not in ("by", "across"):
            return False
        ahead = 2 if self.kind(1) == "ART" else 1
        items = self.query.items
        if len(items) == 1 and isinstance(items[0], Pick) and self.query.main is None:
            # "revenue by month": the revenue of each, added up.
            measure = items[0].slot.mention
            if not self._is_number(measure) or not adds_up(measure.fields[0][0]):
                return False
            if self.kind(ahead) == "UNIT" or (
                (after := self.here(ahead).mention if self.kind(ahead) == "MENTION" else None)
                and (after.table_score >= 0.8 or after.field_score >= 0.8)
            ):
                items[0].slot.wants = "number"
                items[0] = Aggregate("sum", items[0].slot)
                self.query.doubt("added up", 0.03)
        if not any(isinstance(item, Aggregate) for item in items):
            return False
        if self.kind(ahead) == "UNIT":
            return True
        if self.kind(ahead) != "MENTION" or self.kind(ahead + 1) in ("QUOTED", "NUMBER", "NAMED"):
            return False
        following = self.here(ahead + 1).mention if self.kind(ahead + 1) == "MENTION" else None
        return following is None or following.value_score <= max(following.field_score, following.table_score)

    def _own_tentatively(self) -> None:
        if self.query.main is None and self.tentative is not None:
            counts = any(isinstance(i, Aggregate) and i.function == "count" for i in self.query.items)
            if not counts:
                self._own(self.tentative)

    def _own(self, slot: Slot) -> None:
        for item in self.query.items:
            inner = item.slot
            if inner is not None and inner.owner is None and inner is not slot:
                if isinstance(item, Aggregate) and item.function == "count" and inner.role == "table":
                    continue
                inner.owner = slot
        if self.query.main is None:
            self.query.main = slot
        else:
            self.sink.append(Related(slot))
        self.context = slot

    def _item(self) -> bool:
        query = self.query
        self.skip("ART", "POSS")
        distinct = False
        if self.kind() == "DISTINCT":
            self.at += 1
            distinct = True
            self.skip("ART")
        kind = self.kind()
        if kind in ("HOWMANY", "COUNT", "COUNTVERB"):
            meaning = self.here().meaning
            self.at += 1
            return self._count(distinct or meaning == "distinct", kind)
        if kind == "AGG" or (kind == "SUPER" and self._agg_follows()):
            return self._aggregates()
        if kind == "SHARE":
            self.at += 1
            return self._share()
        if kind in ("DIFFERENCE", "RATIO"):
            self.at += 1
            return self._combined("difference" if kind == "DIFFERENCE" else "ratio")
        if kind == "ALLINFO":
            self.at += 1
            query.items.append(Everything(None))
            return True
        if kind == "NUMBER" and self.kind(1) in ("MENTION", "ADJSUPER", "SUPER"):
            # "top 3 products" is read at SUPER; "the 3 most expensive hotels" starts with its number.
            limit = int(float(self.here().meaning))
            if self.kind(1) == "MENTION":
                self.at += 1
                if limit < 1 or not self._pick():
                    return False
                self.asked_count = limit
                return True
            self.at += 1
            return self._superlative_item(limit)
        if kind in ("SUPER", "ADJSUPER", "MOSTCOMMON"):
            return self._superlative_item(None)
        if kind == "MENTION":
            if distinct:
                query.distinct = True
            return self._pick()
        return False

    def _pick(self) -> bool:
        mention = self.here().mention
        assert mention is not None
        if mention.value_score > max(mention.table_score, mention.field_score):
            return False
        if max(mention.table_score, mention.field_score) < 0.55:
            return False
        self.at += 1
        follows = self.kind()
        if follows == "POSS" and self.kind(1) == "MENTION" and mention.table_score >= 0.7:
            owner = self.slot(mention, "table")
            if self.here().text.lower().split()[0] in ("and", "along", "together"):
                self.query.items.append(Pick(owner))  # "the games and their types": both
            self.at += 1
            field = self.here().mention
            assert field is not None
            self.at += 1
            self.query.items.append(Pick(self.slot(field, "field", owner)))
            if self.query.main is None:
                self.query.main = owner
                self.context = owner
            return True
        if mention.table_score >= mention.field_score and mention.table_score > 0:
            role = "table" if mention.field_score < 0.9 else "any"
        else:
            role = "field"
        slot = self.slot(mention, role)
        self.query.items.append(Pick(slot))
        words = mention.text.split()
        if role == "field" and len(words) > 1 and self.query.main is None and self.tentative is None:
            # "student ids": whose ids these are is said by the way.
            named = self.linker.mention(words[:-1])
            if named.table_score >= 0.9:
                self.tentative = self.slot(named, "table")
        return True

    def _more_items(self) -> bool:
        """ "…, and how many are there", "and their names", after other clauses."""
        if not self.query.items:
            return False
        start = self.at
        before = self.kind(-1)
        asked = False
        while self.kind() in ("LIST", "WHAT", "POSS", "AND", "WHICH") and self.at < len(self.chunks):
            asked = True
            self.at += 1
        self.skip("ART")
        if self.kind() == "HOWMANY" or (self.kind() == "COUNT" and (asked or before in ("AND", "COMMA"))):
            asked = True
            if self.kind(1) in ("REL", "TIMES", "END", "IN", "WITH", "ART", "VERB") or (
                self.kind(1) == "MENTION" and False
            ):
                # "and how many are there"
                self.at += 1
                self.skip("REL", "ART", "TIMES", "WITH", "VERB", "IN", "FILLER")
                if self.kind() == "END" or self.at >= len(self.chunks):
                    self.query.items.append(Aggregate("count", None))
                    return True
                self.at = start
                return False
        if before == "END" and self.kind(-1) == "POSS" and self.kind() == "MENTION" and self.kind(1) in ("REL", "CMP"):
            self.at = start
            return False  # "Their sex is F." says which
        if before == "END" and self.kind(-1) in ("LIST", "ART") and self._item_starts():
            return self._items_instead()
        if asked and self._item_starts() and before in ("AND", "COMMA", "END", "POSS", "PUNCT"):
            return self._items_again()
        self.at = start
        return False

    def _items_instead(self) -> bool:
        """ "Which room has the highest rate? List the room's name and rate.": the list says what to show."""
        before = list(self.query.items)
        self.query.items.clear()
        if not self._items():
            self.query.items[:] = before
            return False
        counted = next((item for item in before if isinstance(item, Aggregate) and item.function == "count"), None)
        if counted is not None:  # "List the number and …": the number that was asked for
            bare = [item for item in self.query.items if isinstance(item, Aggregate) and item.slot is None]
            self.query.items[:] = [counted if item in bare else item for item in self.query.items]
            before = [item for item in before if item is not counted or not bare]
        if not all(isinstance(item, Pick) and item.slot.role in ("table", "any") for item in before):
            said = {
                (type(i), getattr(i, "function", ""), i.slot.mention.text if i.slot else "") for i in self.query.items
            }
            kept = [
                i
                for i in before
                if (type(i), getattr(i, "function", ""), i.slot.mention.text if i.slot else "") not in said
            ]
            self.query.items[:0] = kept
        for item in self.query.items:
            if item.slot is not None and item.slot.owner is None and item.slot.role != "table":
                item.slot.owner = self.query.main
        return True

    def _items_again(self) -> bool:
        owner = self.query.main
        count = len(self.query.items)
        if not self._items():
            return False
        for item in self.query.items[count:]:
            if item.slot is not None and item.slot.owner is None and item.slot.role != "table":
                item.slot.owner = owner
        return True
