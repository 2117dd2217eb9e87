"""Which figures a question asks for: counts, averages, shares, differences, the most of something."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from agent.llm.offline.cursor import Cursor, adds_up, is_flag, iso
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Mention, spelled_otherwise
from agent.llm.offline.meaning import (
    Aggregate,
    Combined,
    Condition,
    InPeriod,
    IsTrue,
    IsValue,
    Order,
    Pick,
    Share,
    Slot,
    ValueSlot,
)


class FigureReader(Cursor, ABC):
    """Reads figures."""

    @abstractmethod
    def _item(self) -> bool:
        """Anything asked for, of which figures are one kind: the reader that builds on this one knows them all."""

    def _share(self) -> bool:
        """ "what percentage of orders …": of a count of rows, or of a sum; what follows says which part."""
        conditions: list[Condition] = []
        self.skip("ART", "IN")
        if self.kind() == "DATE":
            period = self.here().period
            assert period is not None
            self.at += 1
            self.sink.append(InPeriod(self._implied_date(), iso(period.start), iso(period.end)))
            self.skip("POSS", "ART")
        self.skip("COUNT", "IN", "ART")
        total = self.kind() == "AGG" and self.here().meaning == "sum"
        self.at += total
        mention = self.here().mention if self.kind() == "MENTION" else None
        if mention is not None and mention.value_score > max(mention.table_score, mention.field_score):
            conditions.append(IsValue((ValueSlot(mention),)))  # "the share of web orders"
            self.at += 1
            mention = self.here().mention if self.kind() == "MENTION" else None
        if mention is None:
            return False
        if self._is_number(mention) and adds_up(mention.fields[0][0]):
            share = Share("sum", self.slot(mention, "field", wants="number"), conditions=conditions)
        elif not total and mention.table_score >= 0.6:
            share = Share("count", self.slot(mention, "table"), conditions=conditions)
            if self.query.main is None:
                self.query.main = share.slot
            self.context = share.slot
        else:
            return False
        self.at += 1
        self.query.items.append(share)
        self.share = share
        return True

    def _combined(self, function: str) -> bool:
        """ "the difference between the highest and the lowest price", "the ratio of revenue to cost"."""
        items = self.query.items
        count = len(items)
        self.skip("ART", "IN")
        if not self._figure() or (len(items) == count + 1 and not (self.skip("AND", "IN", "ART") and self._figure())):
            del items[count:]
            return False
        both = items[count:]
        del items[count:]
        left, right = both[0], both[-1]
        if len(both) != 2 or not isinstance(left, Aggregate) or not isinstance(right, Aggregate):
            return False
        items.append(Combined(function, left.slot, left=left, right=right))
        return True

    def _figure(self) -> bool:
        """An aggregate, or an amount that is added up."""
        items = self.query.items
        count = len(items)
        if not self._item():
            return False
        last = items[-1]
        if len(items) == count + 1 and isinstance(last, Pick):
            measure = last.slot.mention
            if not self._is_number(measure) or not adds_up(measure.fields[0][0]):
                return False
            last.slot.wants = "number"
            items[-1] = Aggregate("sum", last.slot)
        return True

    def _count(self, distinct: bool, kind: str) -> bool:
        self.skip("ART", "IN")
        if self.kind() == "TIMES":
            self.at += 1
            self.query.items.append(Aggregate("count", None))
            return True
        if self.kind() == "AND" and self.kind(1) in ("AGG", "ART", "MENTION"):
            self.query.items.append(Aggregate("count", None))  # "the number and average age of students"
            return True
        if self.kind() == "DISTINCT":
            distinct = True
            self.at += 1
        if self.kind() != "MENTION":
            if self.kind() == "COUNT":  # "count the number of"
                self.at += 1
                return self._count(distinct, kind)
            # "available hotels": a word before the noun, to be found later as a value.
            if self.kind() in ("WORD", "VERB", "FILLER") and self.kind(1) == "MENTION" and self.here().text != "and":
                if self.kind() == "WORD":
                    self.query.unexplained.append(self.here().text)
                self.at += 1
                return self._count(distinct, kind)
            return False
        mention = self.here().mention
        assert mention is not None
        if mention.value_score > max(mention.table_score, mention.field_score) and self.kind(1) == "MENTION":
            self.at += 1
            self.sink.append(IsValue((ValueSlot(mention),)))
            return self._count(distinct, kind)
        if mention.value_score > max(mention.table_score, mention.field_score) and self._count_those(mention):
            return True
        following = self.here(1).mention if self.kind(1) == "MENTION" else None
        flags = tuple((each, score) for each, score in mention.fields if is_flag(each) and score >= 0.8)
        if flags and following is not None and following.table_score >= 0.8:
            # "how many active users": those of whom it is true.
            self.at += 1
            self.sink.append(IsTrue(self.slot(replace(mention, fields=flags, tables=(), values=()), "field")))
            return self._count(distinct, kind)
        if max(mention.table_score, mention.field_score) < 0.55:
            return False
        self.at += 1
        role = "table" if mention.table_score >= max(0.55, mention.field_score - 0.05) else "field"
        slot = self.slot(mention, role)
        if role == "table" and distinct and mention.field_score >= 0.9:
            slot.role = "any"
        self.query.items.append(Aggregate("count", slot, distinct or role == "field", distinct))
        while role == "field" and distinct and self.kind() == "AND" and self._field_next():
            self.at += 1
            also = self.here().mention
            assert also is not None
            self.query.items.append(Aggregate("count", self.slot(also, "field"), True, True))
            self.at += 1
        if role == "table" and self.query.main is None:
            self.query.main = slot
            self.context = slot
        elif role == "table":
            self.context = slot
        return True

    def _count_those(self, mention: Mention) -> bool:
        """ "how many professors", where professor is a rank: the rows of that rank, of which there are several."""
        tables = [self.linker.schema.tables[each.table] for each, *_ in mention.values]
        rows = tables[0].rows or max(each.distinct or 0 for each in tables[0].fields)
        kinds = [each.distinct is not None and each.distinct * 2 < rows for each, *_ in mention.values]
        if len({table.sql for table in tables}) > 1 or not all(kinds) or self.query.main is not None:
            return False
        if mention.tables and any(spelled_otherwise(mention, literal) for _, literal, _ in mention.values):
            return False
        self.at += 1
        self.query.main = self.slot(Mention(mention.text, tables=((tables[0], 0.97),)), "table")
        self.context = self.query.main
        self.sink.append(IsValue((ValueSlot(mention),)))
        self.query.items.append(Aggregate("count", self.query.main))
        return True

    def _field_next(self) -> bool:
        mention = self.here(1).mention if self.kind(1) == "MENTION" else None
        return mention is not None and mention.field_score >= 0.8 and mention.field_score > mention.table_score

    def _aggregates(self) -> bool:
        functions: list[str] = []
        while True:
            if self.kind() == "AGG":
                functions.append(self.here().meaning)
                self.at += 1
            elif self.kind() == "SUPER" and (functions or self._agg_follows()):
                functions.append("max" if self.here().meaning == "desc" else "min")
                self.at += 1
            elif functions and self.kind() in ("COMMA", "AND", "ART", "OR") and self._agg_follows():
                self.at += 1
            else:
                break
        self.skip("ART", "IN")
        distinct = False
        if self.kind() == "DISTINCT":
            distinct = True
            self.at += 1
        if self.kind() == "COUNT" and functions == ["sum"]:
            self.at += 1
            return self._count(distinct, "COUNT")
        if self.kind() != "MENTION":
            return False
        while self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            if mention.field_score < 0.5:
                if functions == ["sum"] and mention.table_score >= 0.7:
                    return self._count(distinct, "COUNT")
                return False
            if functions == ["sum"] and mention.table_score > mention.field_score + 0.1:
                return self._count(distinct, "COUNT")
            self.at += 1
            slot = self.slot(mention, "field", wants="number")
            self.query.items += [Aggregate(function, slot, distinct) for function in functions]
            # "average price and score of wines" takes the average of both.
            if self.kind() in ("AND", "COMMA") and self.kind(1) == "MENTION" and self._is_number(self.here(1).mention):
                self.at += 1
                continue
            break
        return True

    def _agg_follows(self) -> bool:
        ahead = 1
        while self.kind(ahead) in ("COMMA", "AND", "ART"):
            ahead += 1
        return self.kind(ahead) in ("AGG", "SUPER")

    def _occurrences(self, thing: Slot | None) -> Slot | None:
        """ "which tag is used most often": the rows of the only table that points at tags."""
        if thing is None or thing.mention.table_score < 0.9 or thing.mention.field_score >= thing.mention.table_score:
            return None
        if not all(each.slot is not None and thing in (each.slot, each.slot.owner) for each in self.query.items):
            return None
        table = thing.mention.tables[0][0]
        pointing = {key.table for key in self.linker.schema.keys if key.target == table.sql and key.declared}
        found = [self.linker.schema.tables[name] for name in pointing]
        if len(found) != 1 or found[0].sql == table.sql:
            return None
        return self.slot(Mention(found[0].name, tables=((found[0], 1.0),)), "table")

    def _superlative_item(self, limit: int | None) -> bool:
        """A superlative among the things asked for: "the highest salary", "top 3 hotels", "the oldest student"."""
        query = self.query
        chunk = self.here()
        self.at += 1
        if self.kind() == "NUMBER" and limit is None and self.kind(1) in ("MENTION", "ADJSUPER", "SUPER", "MOSTCOMMON"):
            limit = int(float(self.here().meaning))
            self.at += 1
            if self.kind() in ("ADJSUPER", "SUPER", "MOSTCOMMON"):
                chunk = self.here()
                self.at += 1
        if chunk.kind == "MOSTCOMMON":
            if self.kind() != "MENTION":
                return False
            mention = self.here().mention
            assert mention is not None
            self.at += 1
            role = "field" if mention.field_score > mention.table_score else "any"
            slot = self.slot(mention, role)
            query.items.append(Pick(slot))
            query.groups.append(slot)
            query.order.append(Order(Aggregate("count", self._occurrences(slot)), chunk.meaning == "desc"))
            query.limit = limit or 1
            return True
        if self.kind() != "MENTION":
            return False
        mention = self.here().mention
        assert mention is not None
        if chunk.kind == "ADJSUPER":
            if mention.table_score < 0.6 and mention.field_score < 0.6:
                return False
            self.at += 1
            slot = self.slot(mention, "table" if mention.table_score >= 0.6 else "any")
            found = self.hinted(chunk.meaning[1:], slot, chunk.text)
            if found is None:
                return False
            query.items.append(Pick(slot))
            query.order.append(Order(Pick(found[0]), chunk.meaning[0] == "+", found[1]))
            query.limit = limit or 1
            return True
        if mention.field_score > mention.table_score and self._is_measure(mention):
            if limit is not None:
                return False
            functions = ["max" if chunk.meaning == "desc" else "min"]
            self.at += 1
            slot = self.slot(mention, "field", wants="number")
            query.items += [Aggregate(function, slot) for function in functions]
            return True
        listed = chunk.text.lower() in ("top", "best", "worst") and self.kind(1) != "END" and self.here(1).text == "by"
        if (limit is not None or listed) and mention.table_score >= 0.6:
            self.at += 1
            slot = self.slot(mention, "table")
            query.items.append(Pick(slot))
            query.limit = limit
            query.order.append(Order(Aggregate("count", None), chunk.meaning == "desc"))  # replaced by "by …"
            query.doubt("top of what", 0.5)
            return True
        found = self.hinted(english().measures("large"), None, chunk.text)
        if (
            found is not None
            and chunk.text.lower() in ("largest", "biggest", "smallest")
            and mention.table_score >= 0.6
        ):
            self.at += 1
            slot = self.slot(mention, "table")
            found[0].owner = slot
            query.items.append(Pick(slot))
            query.order.append(Order(Pick(found[0]), chunk.meaning == "desc", found[1]))
            query.limit = limit or 1
            return True
        return False
