"""Chunks of an English question read, left to right, into a Query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from agent.llm.offline.lexicon import english
from agent.llm.offline.chunking import Chunk
from agent.llm.offline.linking import Linker, Mention
from agent.llm.offline.meaning import (
    AgainstAggregate,
    Aggregate,
    AllOf,
    AnyOf,
    Between,
    BothOf,
    Compare,
    Condition,
    Everything,
    Having,
    InPeriod,
    IsTrue,
    IsValue,
    Item,
    Like,
    Null,
    Order,
    Pick,
    Query,
    Related,
    Slot,
    ValueSlot,
)
from agent.llm.offline.schema_text import Field

_GLUE = ("IN", "ART", "REL", "WITH", "FILLER", "VERB")


class Reader:
    """One pass over the chunks of one cut."""

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
        self.asked_count: int | None = None  # "the 3 counties with …"

    # --- looking at chunks ---

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

    def take(self, kind: str) -> Chunk | None:
        if self.kind() == kind and self.at < len(self.chunks):
            self.at += 1
            return self.chunks[self.at - 1]
        return None

    def slot(self, mention: Mention, role: str, owner: Slot | None = None, wants: str = "") -> Slot:
        return Slot(mention, role, owner, wants)

    def hinted(
        self, phrases: str, owner: Slot | None, text: str
    ) -> tuple[Slot, frozenset[tuple[str, str]]] | None:
        """A field that the question names only by an adjective or an interrogative."""
        found = self.linker.fields_for(phrases)
        if not found:
            return None
        mention = Mention(text, fields=tuple((each, score) for each, score, _ in found))
        backwards = frozenset((each.table, each.name) for each, _, reversed_ in found if reversed_)
        return Slot(mention, "field", owner), backwards

    # --- the question as a whole ---

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

    def _note_verbs(self) -> None:
        """ "affiliated with" prefers ways through the table `affiliated_with`."""
        for chunk in self.chunks:
            if chunk.kind in ("VERB", "IN"):
                for word in chunk.text.lower().split():
                    if len(word) > 3:
                        named = self.linker.mention([word])
                        self.query.through += [table.sql for table, score in named.tables if score >= 0.55]

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
            "BOTH",
            "ALLOF",
            "EACH",
            "TRUE",
            "ORDER",
        ):
            self.query.unexplained.append(chunk.text)

    def _clause(self) -> bool:
        steps: tuple[Callable[[], bool], ...] = (
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
        return any(step() for step in steps)

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
        return False

    def _verb(self) -> None:
        """A verb between two things only joins them; one that ends the sentence says something of its own."""
        verb = self.here().text.lower()
        named = self.linker.mention([verb])
        self.query.through += [table.sql for table, score in named.tables if score >= 0.6]
        self.query.doubt("verb", 0.01)
        ahead = 1
        while self.kind(ahead) in ("AND", "FILLER", "IN", "ART") and self.at + ahead < len(self.chunks):
            ahead += 1
        if self.kind(ahead) == "DATE":
            happened = [(table, score) for table, score in named.tables if score >= 0.8]
            main = self.query.main.mention.tables[:1] if self.query.main is not None else ()
            if happened and happened[0][0].sql not in {table.sql for table, _ in main}:
                # "customers who ordered this year": the date is the order's.
                slot = self.slot(replace(named, tables=tuple(happened), fields=(), values=()), "table")
                self.sink.append(Related(slot))
                self.dated_by = slot
            return
        if self.kind(ahead) != "END" or self.at == 0 or verb in _LIGHT_VERBS:
            return
        when = tuple(
            (each, score)
            for each, score in named.fields
            if each.kind == "date" and each.nullable and score >= 0.75
        )
        if when and self.query.main is not None:
            # "stores that have closed": those with a date of closing.
            slot = self.slot(replace(named, fields=when, tables=(), values=()), "field", self.query.main)
            self.sink.append(Null(slot, not self.negated))
            self.negated = False
            self.query.doubt("done when there is a date", 0.05)
        elif not named.tables:
            self.query.doubt(f"what {verb!r} says", 0.4)

    # --- what is asked for ---

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
        kind = self.kind()
        if kind in ("WHO",):
            self.at += 1
            if self.kind() == "ART" or self.kind() == "MENTION":
                if self._items():
                    return True
            self.who = True
            found = self.hinted("name,full name,person name", None, "who")
            if found is None:
                return False
            self.query.items.append(Pick(found[0]))
            self.query.doubt("who", 0.06)
            return True
        if kind in ("WHEN", "WHERE"):
            self.at += 1
            measures = (
                "date,time,year,start date" if kind == "WHEN" else "location,city,address,place,country"
            )
            found = self.hinted(measures, None, self.here(-1).text)
            if found is None:
                return False
            self.query.items.append(Pick(found[0]))
            self.query.doubt("when or where", 0.1)
            return True
        if kind == "WHICH":
            self.at += 1
            self.skip("ART", "IN")
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
            if self._at_bracket() or not self.skip("COMMA", "AND"):
                break
            self.skip("LIST", "WHAT", "WHICH", "ART", "POSS", "AND", "FILLER")
            if not self._item_starts():
                self.at = before_separator
                break
        if got:
            self._owner()
        return got

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
        if kind in ("COUNT", "HOWMANY", "COUNTVERB", "AGG", "ALLINFO", "DISTINCT"):
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
            if (
                mention.table_score >= 0.6
                and not value_wins
                and mention.table_score >= mention.field_score - 0.02
            ):
                next_kinds = (self.kind(1), self.kind(2))
                following = self.here(1).mention if self.kind(1) == "MENTION" else None
                is_value = following is not None and following.value_score > max(following.field_score, following.table_score)
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

    def _own_tentatively(self) -> None:
        if self.query.main is None and self.tentative is not None:
            counts = any(isinstance(i, Aggregate) and i.function == "count" for i in self.query.items)
            if not counts:
                self._own(self.tentative)

    @staticmethod
    def _is_condition_on(mention: Mention, following: tuple[str, str]) -> bool:
        # "in state 'Alabama'", "with status Cancelled": a field that is also a table, followed by its value.
        return mention.field_score >= 0.9 and following[0] in ("QUOTED", "NUMBER") or following[0] == "QUOTED"

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
        if kind == "AGG":
            return self._aggregates()
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

    def _count(self, distinct: bool, kind: str) -> bool:
        self.skip("ART", "IN")
        if self.kind() == "TIMES":
            self.at += 1
            self.query.items.append(Aggregate("count", None))
            return True
        if self.kind() == "AND" and self.kind(1) in ("AGG", "ART"):
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
            if self.kind() in ("WORD", "VERB", "FILLER") and self.kind(1) == "MENTION":
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

    def _field_next(self) -> bool:
        mention = self.here(1).mention if self.kind(1) == "MENTION" else None
        return mention is not None and mention.field_score >= 0.8 and mention.field_score > mention.table_score

    def _aggregates(self) -> bool:
        functions: list[str] = []
        while True:
            if self.kind() == "AGG":
                functions.append(self.here().meaning)
                self.at += 1
            elif self.kind() == "SUPER" and functions:
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
            if (
                self.kind() in ("AND", "COMMA")
                and self.kind(1) == "MENTION"
                and self._is_number(self.here(1).mention)
            ):
                self.at += 1
                continue
            break
        return True

    def _agg_follows(self) -> bool:
        ahead = 1
        while self.kind(ahead) in ("COMMA", "AND", "ART"):
            ahead += 1
        return self.kind(ahead) in ("AGG", "SUPER")

    @staticmethod
    def _is_number(mention: Mention | None) -> bool:
        if mention is None or not mention.fields:
            return False
        best = mention.fields[0][0]
        return (
            best.kind == "number"
            and not best.name.lower().endswith("id")
            and mention.field_score > mention.table_score
        )

    def _superlative_item(self, limit: int | None) -> bool:
        """A superlative among the things asked for: "the highest salary", "top 3 hotels", "the oldest student"."""
        query = self.query
        chunk = self.here()
        self.at += 1
        if (
            self.kind() == "NUMBER"
            and limit is None
            and self.kind(1) in ("MENTION", "ADJSUPER", "SUPER", "MOSTCOMMON")
        ):
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
            query.order.append(Order(Aggregate("count", None), chunk.meaning == "desc"))
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
        if limit is not None and mention.table_score >= 0.6:
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

    @staticmethod
    def _is_measure(mention: Mention) -> bool:
        return any(
            each.kind in ("number", "date")
            for each, score in mention.fields
            if score >= mention.field_score - 0.1
        )

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
        if not all(isinstance(item, Pick) and item.slot.role in ("table", "any") for item in before):
            said = {(type(i), getattr(i, "function", ""), i.slot.mention.text if i.slot else "") for i in self.query.items}
            kept = [
                i for i in before
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

    # --- order, group, superlative ---

    def _order(self) -> bool:
        start = self.at
        kind = self.kind()
        if kind in ("ALPHA", "ALPHADESC"):
            self.at += 1
            key = self._order_key_after("IN", "ART")
            if key is None:
                first = next((item for item in self.query.items if isinstance(item, Pick)), None)
                if first is None:
                    return False
                key = first
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
            first = next((item for item in self.query.items if not isinstance(item, Everything)), None)
            if first is not None:
                self.query.order.append(Order(first, kind == "DESC"))
                self.query.doubt("order of what", 0.1)
                return True
            return False
        if kind != "ORDER":
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

    def _order_key_after(self, *skipped: str) -> Item | None:
        start = self.at
        self.skip(*skipped)
        distinct = False
        if self.kind() in ("COUNT", "HOWMANY"):
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
        if self.kind() == "EACH":
            start = self.at
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
        if mention.table_score >= 0.6 and mention.table_score >= mention.field_score:
            slot = self.slot(mention, "table" if mention.field_score < 0.9 else "any")
        elif mention.field_score > 0:
            slot = self.slot(mention, "field", self.context if self.query.main is not None else None)
        else:
            return False
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
            query.order.append(Order(Aggregate("count", None), descending))
            query.limit = limit
            self._group_by_items()
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
            self._of_what(slot)
            return True
        return self._most_of(descending, limit, counted=False)

    def _most_of(self, descending: bool, limit: int, *, counted: bool) -> bool:
        query = self.query
        owner = query.main if query.main is not None else self.context
        if self.kind() == "VERB" and self.kind(1) == "TIMES":
            self._verb()
            self.at += 1
        if self.kind() == "TIMES" or (counted and self.kind() in ("END", "COMMA")):
            self.skip("TIMES")
            query.order.append(Order(Aggregate("count", None), descending))
            query.limit = limit
            self._group_by_items()
            return True
        if self.kind() != "MENTION":
            return False
        mention = self.here().mention
        assert mention is not None
        is_number = self._is_measure(mention)
        named_number = any(_is_count_field(each) for each, score in mention.fields if score >= 0.85)
        if mention.table_score >= 0.6 and not (mention.field_score > mention.table_score and is_number):
            if named_number and self._owner_has(mention):
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
            elif self._grouped_already():
                query.order.append(Order(Aggregate("max" if descending else "min", slot), descending))
            else:
                query.order.append(Order(Pick(slot), descending))
            query.limit = limit
            self._of_what(slot)
            return True
        return False

    def _grouped_already(self) -> bool:
        return False

    def _owner_has(self, mention: Mention) -> bool:
        main = self.query.main
        if main is None:
            return False
        tables = {table.sql for table, _ in main.mention.tables[:2]}
        return any(
            each.table in tables and _is_count_field(each) for each, score in mention.fields if score >= 0.85
        )

    def _of_what(self, slot: Slot) -> None:
        """ "the highest price of products": the noun after the measure says whose it is."""

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
        if self.query.groups:
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

    # --- conditions ---

    def _both(self) -> bool:
        if self.kind() != "BOTH":
            return False
        start = self.at
        self.at += 1
        self.skip("ART", "IN")
        hint: Slot | None = None
        found: list[Condition] = []
        while self.kind() in ("MENTION", "QUOTED", "NUMBER"):
            mention = self.here().mention
            is_value = mention is not None and mention.value_score >= max(mention.table_score, mention.field_score)
            if not is_value and self.kind(1) in ("MENTION", "QUOTED", "ART") and mention is not None:
                hint = self.slot(mention, "any")  # "both the photo product and the film product"
                self.at += 1
                self.skip("ART", "IN", "NAMED")
                continue
            value = self._value_here(hint)
            if value is None:
                break
            found.append(value)
            if self.kind() == "MENTION" and self.kind(1) in ("AND", "COMMA"):
                self._absorb_hint([value])
            if not self.skip("AND", "COMMA", "ART", "IN", "WITH"):
                break
        if len(found) < 2:
            self.at = start
            return False
        self._absorb_hint(found)
        self.sink.append(BothOf(found))
        return True

    def _value_here(self, hint: Slot | None) -> Condition | None:
        mention = self.here().mention
        if self.kind() in ("MENTION", "QUOTED") and mention is not None and mention.values:
            self.at += 1
            return IsValue((ValueSlot(mention, hint, self.context),))
        return None

    def _absorb_hint(self, conditions: list[Condition]) -> None:
        """ "Surgery and Psychiatry departments": the noun after values says which field holds them."""
        if self.kind() != "MENTION":
            return
        mention = self.here().mention
        assert mention is not None
        if mention.value_score > max(mention.table_score, mention.field_score):
            return
        values = [value for each in conditions if isinstance(each, IsValue) for value in each.values]
        if not values or not _hints_at(mention, values[0].mention):
            return
        self.at += 1
        slot = self.slot(mention, "any")
        for value in values:
            if value.hint is None:
                value.hint = slot

    def _add(self, condition: Condition) -> None:
        if self.joined_by == "OR" and self.sink:
            if len(self.sink) > 1:
                self.query.doubt("what the or joins", 0.2)
            before = self.sink.pop()
            if isinstance(before, AnyOf):
                before.conditions.append(condition)
                self.sink.append(before)
            else:
                self.sink.append(AnyOf([before, condition]))
        else:
            before = self.sink[-1] if self.sink else None
            if (
                isinstance(condition, IsValue)
                and isinstance(before, IsValue)
                and not condition.negated
                and not before.negated
                and self.chunks_between_values()
                and _same_field(before.values[0].mention, condition.values[0].mention)
            ):
                # One row cannot hold two values in one field.
                self.sink[-1] = BothOf([before, condition])
                self.query.doubt("two values of one field", 0.2)
            else:
                self.sink.append(condition)
        self.joined_by = "AND"

    def chunks_between_values(self) -> bool:
        """Whether "and" alone joined the last two values."""
        return any(chunk.kind == "AND" for chunk in self.chunks[max(0, self.at - 6) : self.at])

    def _condition(self) -> bool:
        if self.kind() == "END":
            return False
        start = self.at
        negated = self.negated
        while self.kind() in (*_GLUE, "WHOSE", "NOT", "POSS", "BORN") and self.at < len(self.chunks):
            if self.kind() == "NOT":
                negated = True
            if self.kind() == "NAMED":
                break
            self.at += 1
        condition = self._one_condition(negated)
        if condition is None:
            self.at = start
            return False
        self.negated = False
        self._add(condition)
        return True

    def _one_condition(self, negated: bool) -> Condition | None:
        kind = self.kind()
        owner = self.context
        if kind in ("CMP", "AFTER") or (kind == "ADJCMP"):
            return self._comparison(None, negated)
        if kind == "BETWEEN":
            found = self.hinted("year,date", owner, "between")
            return self._between(found[0], negated) if found else None
        if kind == "AGG" and self.query.items:
            return self._aggregate_condition()
        if kind == "NUMBER" and self.kind(1) == "ORMORE" and self.kind(2) == "MENTION":
            number, operator = self.here().meaning, self.here(1).meaning
            chunk = self.here()
            self.at += 2
            return self._counted(operator, number, chunk)
        if kind == "NAMED":
            self.at += 1
            self.skip("ART")
            name = self.hinted("name,title,full name,details", owner, "name")
            if name is None:
                return None
            return self._equals(name[0], negated)
        if kind == "LIKE":
            name = self.hinted("name,title", owner, "name")
            return self._like(name[0], negated) if name else None
        if kind == "DATE":
            return self._dated(negated)
        if kind == "NUMBER" and self._is_year(self.here().meaning):
            previous = self.chunks[self.at - 1].text.lower() if self.at else ""
            if previous.split()[-1:] and previous.split()[-1] in (
                "in",
                "during",
                "of",
                "for",
                "from",
                "the",
                "on",
            ):
                found = self.hinted("year,date,time", owner, "year")
                if found is None:
                    return None
                return self._equals(found[0], negated)
            return None
        if kind == "QUOTED":
            return self._free_value(negated)
        if kind == "MENTION":
            return self._mentioned(negated)
        return None

    def _aggregate_condition(self) -> Condition | None:
        """ "whose average price is above 150": a condition on groups."""
        function = self.here().meaning
        self.at += 1
        self.skip("IN", "ART")
        if self.kind() != "MENTION":
            return None
        mention = self.here().mention
        assert mention is not None
        if mention.field_score < 0.6 or mention.field_score < mention.table_score - 0.1:
            return None
        self.at += 1
        self.skip("IN", "REL", "ART", "WITH")
        if self.kind() == "MENTION" and self.kind(1) in ("REL", "CMP"):
            owner_mention = self.here().mention  # "the average price of their products is above 150"
            assert owner_mention is not None
            if owner_mention.table_score < 0.6:
                return None
            self.at += 1
            self.skip("REL")
        if self.kind() != "CMP" or self.kind(1) != "NUMBER":
            return None
        operator, number = self.here().meaning, self.here(1).meaning
        self.at += 2
        slot = self.slot(mention, "field", None, "number")
        self._unit_after(slot)
        self._group_by_items()
        return Having(Aggregate(function, slot), operator, number)

    @staticmethod
    def _is_year(text: str) -> bool:
        return len(text) == 4 and text.isdigit() and 1500 <= int(text) <= 2200

    def _mentioned(self, negated: bool) -> Condition | None:
        mention = self.here().mention
        assert mention is not None
        start = self.at
        name_score = max(mention.field_score, mention.table_score)
        if mention.field_score >= 0.55:
            self.at += 1
            slot = self.slot(mention, "field", self.context)
            condition = self._after_field(slot, negated)
            if condition is not None:
                return condition
            self.at = start
        if mention.value_score and mention.value_score >= name_score - 0.05:
            return self._free_value(negated)
        if mention.table_score >= 0.7 and self.kind(1) == "QUOTED":
            return self._named_row(mention, negated)
        if mention.table_score >= 0.9 and self.kind(1) == "NUMBER" and self.kind(2) != "MENTION":
            keyed = self._row_by_key(mention, negated)
            if keyed is not None:
                return keyed
        if mention.field_score >= 0.8 and any(
            _is_flag(each) for each, score in mention.fields[:3] if score >= 0.8
        ):
            flags = tuple((each, score) for each, score in mention.fields if _is_flag(each))
            if mention.field_score >= mention.table_score:
                self.at += 1
                return IsTrue(
                    self.slot(replace(mention, fields=flags, tables=()), "field", self.context), negated
                )
        return None

    def _row_by_key(self, mention: Mention, negated: bool) -> Condition | None:
        """ "department 80": a row of the table by its key."""
        keys = []
        for table, score in mention.tables:
            key = table.field(table.primary_key[0]) if len(table.primary_key) == 1 else None
            if key is not None and score >= 0.9:
                keys.append((key, score))
        if not keys:
            return None
        self.at += 1
        self.query.doubt("a row by its number", 0.05)
        return self._equals(Slot(Mention(mention.text, fields=tuple(keys)), "field", self.context), negated)

    def _named_row(self, mention: Mention, negated: bool) -> Condition | None:
        """ "the product 'cumin'": a row of the table by its name."""
        table = self.slot(mention, "table")
        self.at += 1
        quoted = self.here()
        fields = {each.table for each, *_ in (quoted.mention.values if quoted.mention else ())}
        if any(each.sql in fields for each, _ in mention.tables):
            self.at += 1
            assert quoted.mention is not None
            return IsValue((ValueSlot(quoted.mention, self.slot(mention, "any"), self.context),), negated)
        name = self.hinted("name,title,full name,details,description", table, "name")
        if name is None:
            self.at -= 1
            return None
        self.query.doubt("value not seen", 0.08)
        return self._equals(name[0], negated)

    def _free_value(self, negated: bool) -> Condition | None:
        """A value with no field named before it; values of a list are taken together."""
        values: list[ValueSlot] = []
        while self.kind() in ("MENTION", "QUOTED"):
            mention = self.here().mention
            assert mention is not None
            if self.kind() == "QUOTED" and not mention.values:
                if values:
                    break
                self.query.unexplained.append(self.here().text)
                self.at += 1
                return None
            if mention.value_score < max(mention.field_score, mention.table_score) - 0.05:
                break
            if values and not _same_field(values[0].mention, mention):
                break
            self.at += 1
            values.append(ValueSlot(mention, None, self.context))
            again = self.at
            if self.kind() in ("OR",) or (
                self.kind() == "COMMA" and self.kind(1) in ("MENTION", "QUOTED", "OR")
            ):
                self.skip("OR", "COMMA", "ART", "IN")
                following = self.here().mention if self.kind() in ("MENTION", "QUOTED") else None
                if following is None or not following.values or not _same_field(values[0].mention, following):
                    self.at = again
                    break
            else:
                break
        if not values:
            return None
        condition = IsValue(tuple(values), negated)
        self._absorb_hint([condition])
        return condition

    def _after_field(self, slot: Slot, negated: bool) -> Condition | None:
        """What the question says of a field: compared, between, like, missing, equal to a value."""
        start = self.at
        while self.kind() in ("REL", "ART", "IN", "NOT", "FILLER", "WITH") and self.at < len(self.chunks):
            if self.kind() == "NOT":
                negated = not negated
            if self.kind() == "IN" and self.here().text.lower() in ("to", "by") and not negated:
                break
            self.at += 1
        kind = self.kind()
        if kind in ("CMP", "AFTER", "ADJCMP"):
            found = self._comparison(slot, negated)
        elif kind == "BETWEEN":
            found = self._between(slot, negated)
        elif kind == "LIKE":
            found = self._like(slot, negated)
        elif kind == "NULLISH":
            meaning = self.here().meaning
            self.at += 1
            found = Null(slot, (meaning == "filled") != negated)
        elif kind == "DATE":
            period = self.here().period
            assert period is not None
            self.at += 1
            found = InPeriod(replace_wants(slot, "date"), _iso(period.start), _iso(period.end), negated)
        elif kind in ("NUMBER", "QUOTED", "MENTION", "WORD", "TRUE"):
            found = self._equals(slot, negated)
        else:
            found = None
        if found is None:
            self.at = start
        return found

    def _comparison(self, slot: Slot | None, negated: bool) -> Condition | None:
        chunk = self.here()
        self.at += 1
        backwards: frozenset[tuple[str, str]] = frozenset()
        operator = chunk.meaning
        if chunk.kind == "ADJCMP":
            operator = ">" if chunk.meaning[0] == "+" else "<"
            if slot is None:
                found = self.hinted(chunk.meaning[1:], self.context, chunk.text)
                if found is None:
                    return None
                slot, backwards = found
        self.skip("THAN", "ART", "REL")
        if self.kind() == "CMP" and self.here().meaning == "=":
            self.at += 1
        if slot is None and self.kind() == "MENTION" and (self.kind(1) == "NUMBER" or self.kind(2) == "NUMBER"):
            named = self.here().mention
            assert named is not None
            if named.field_score >= 0.6 and (self.kind(1) == "NUMBER" or self.kind(1) in ("IN", "REL")):
                slot = self.slot(named, "field", self.context)
                self.at += 1
                self.skip("IN", "REL")
        if self.kind() == "OR" and self.kind(1) == "CMP" and self.here(1).meaning == "=":
            operator += "="
            self.at += 2
            self.skip("IN", "ART")
        if negated:
            operator = _OPPOSITE[operator]
        if slot is not None and operator in (">", ">=", "<", "<=") and self.kind() == "NUMBER":
            slot.wants = slot.wants or "number"
        if self.kind() == "NUMBER":
            number = self.here().meaning
            self.at += 1
            if self.kind() == "ORMORE":
                operator = self.here().meaning
                self.at += 1
            if slot is None:
                return self._counted(operator, number, chunk)
            if operator in ("=", "!=") and self.kind() == "OR" and self.kind(1) == "NUMBER":
                self.at += 1
                second = self.here().meaning
                self.at += 1
                return Compare(slot, operator, (number, second))
            self._unit_after(slot)
            return Compare(slot, operator, (number,), backwards)
        if self.kind() == "DATE":
            period = self.here().period
            assert period is not None
            self.at += 1
            if slot is None:
                slot = self._implied_date()
            slot = replace_wants(slot, "date")
            start, end = _iso(period.start), _iso(period.end)
            match operator:
                case ">":
                    return InPeriod(slot, end, None)
                case ">=":
                    return InPeriod(slot, start, None)
                case "<":
                    return InPeriod(slot, None, start)
                case "<=":
                    return InPeriod(slot, None, end)
                case "=":
                    return InPeriod(slot, start, end)
                case _:
                    return InPeriod(slot, start, end, True)
        if self.kind() in ("AGG", "SUPER"):
            return self._against(slot, operator, backwards)
        if slot is not None and operator in ("=", "!="):
            return self._equals(slot, operator == "!=")
        if slot is None and operator == "!=" and self.kind() in ("MENTION", "QUOTED"):
            return self._mentioned(True) if self.kind() == "MENTION" else self._free_value(True)
        if self.kind() == "MENTION" and slot is None:
            # "more than one": handled above; "salary higher than …" without a number is not understood.
            return None
        return None

    def _counted(self, operator: str, number: str, chunk: Chunk) -> Condition | None:
        """ "more than 3 orders" counts rows; "more than 3000 amount" compares a field; "after 2010" a year."""
        self.skip("IN", "ART", "DISTINCT")
        if self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            table, name = mention.table_score, mention.field_score
            count_field = self._owner_has(mention)
            if table >= 0.6 and table >= name - 0.05 and not count_field:
                self.at += 1
                slot = self.slot(mention, "table")
                having = Having(Aggregate("count", slot), operator, number)
                self._group_by_items()
                self.context = slot
                return having
            if name >= 0.55:
                self.at += 1
                if self._is_measure(mention) and not _is_id(mention):
                    slot = self.slot(mention, "field", self.context, "number")
                    return Compare(slot, operator, (number,))
                self._group_by_items()
                return Having(Aggregate("count", self.slot(mention, "field", None), True), operator, number)
        if self._is_year(number) and chunk.kind in ("AFTER", "CMP"):
            found = self.hinted("year,date,time", self.context, "year")
            if found is not None:
                return Compare(found[0], operator, (number,))
        if self.kind() == "TIMES":
            self.at += 1
            self._group_by_items()
            return Having(Aggregate("count", None), operator, number)
        return None

    def _unit_after(self, slot: Slot) -> None:
        """ "30 years", "100 dollars": a unit says nothing new."""
        if self.kind() in ("UNIT", "PERCENTSIGN") or (
            self.kind() in ("WORD", "MENTION") and self.here().text.lower() in _MEASURE_UNITS
        ):
            self.at += 1
            self.skip("FILLER") if self.kind() == "FILLER" and self.here().text.lower() == "old" else None
            if self.kind() in ("WORD", "MENTION", "ADJCMP") and self.here().text.lower() == "old":
                self.at += 1

    def _against(
        self, slot: Slot | None, operator: str, backwards: frozenset[tuple[str, str]]
    ) -> Condition | None:
        chunk = self.here()
        function = {"desc": "max", "asc": "min"}.get(chunk.meaning, chunk.meaning)
        if function not in ("avg", "max", "min"):
            return None
        self.at += 1
        self.skip("IN", "ART", "POSS")
        of: Slot | None = None
        if self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            if mention.field_score >= 0.6 and mention.field_score >= mention.table_score:
                of = self.slot(mention, "field", self.query.main or self.context, "number")
                self.at += 1
        if slot is None and of is None:
            return None
        slot = slot or of
        of = of or slot
        assert slot is not None
        assert of is not None
        if of is not slot and of.mention.text != slot.mention.text:
            self.query.doubt("two measures compared", 0.15)
        else:
            of = slot
        scope: list[Condition] = []
        # "… of all customers" says nothing new; a condition after it belongs to the average.
        start = self.at
        self.skip("IN", "ART", "EACH")
        if self.kind() == "MENTION":
            mention = self.here().mention
            assert mention is not None
            main = self.query.main
            if mention.table_score >= 0.6 and (main is None or main.mention.tables[:1] == mention.tables[:1]):
                self.at += 1
                if self.kind() in ("IN", "WITH", "WHOSE", "REL") and self.kind(1) in ("MENTION", "QUOTED"):
                    self.at += 1
                    inner = self._one_condition(False)
                    if inner is not None:
                        scope.append(inner)
            else:
                self.at = start
        else:
            self.at = start
        return AgainstAggregate(slot, operator, function, of, scope, backwards)

    def _between(self, slot: Slot, negated: bool) -> Condition | None:
        self.at += 1
        self.skip("ART", "IN")
        low = self.here() if self.kind() in ("NUMBER", "QUOTED", "DATE") else None
        if low is None:
            return None
        self.at += 1
        if not self.skip("AND", "IN", "COMMA"):
            return None
        high = self.here() if self.kind() in ("NUMBER", "QUOTED", "DATE") else None
        if high is None:
            return None
        self.at += 1
        self._unit_after(slot)
        if low.period and high.period:
            return InPeriod(
                replace_wants(slot, "date"), _iso(low.period.start), _iso(high.period.end), negated
            )
        if self.kind() == "MENTION" and slot.mention.text == "between":
            # "between 600 and 1000 faculty lines"
            mention = self.here().mention
            assert mention is not None
            if mention.field_score >= 0.6:
                slot = self.slot(mention, "field", self.context, "number")
                self.at += 1
        return Between(slot, _literal(low), _literal(high), negated)

    def _like(self, slot: Slot, negated: bool) -> Condition | None:
        how = self.here().meaning
        self.at += 1
        patterns: list[str] = []
        every = False
        while True:
            self.skip("ART", "IN")
            if self.kind() == "LIKE":
                self.at += 1
                continue
            if self.kind() not in ("QUOTED", "WORD", "MENTION", "NUMBER", "ART", "FILLER", "VERB"):
                break
            chunk = self.here()
            text = chunk.text
            if chunk.kind != "QUOTED" and not (
                text[:1].isupper() or len(text) <= 2 or chunk.kind == "NUMBER"
            ):
                break
            self.at += 1
            patterns.append({"has": f"%{text}%", "starts": f"{text}%", "ends": f"%{text}"}[how])
            again = self.at
            if not self.skip("OR", "AND", "COMMA"):
                break
            every = self.kind(-1) == "AND"
            self.skip("ART", "LIKE", "IN")
            if self.kind() != "QUOTED" and not (self.kind() == "WORD" and len(self.here().text) <= 2):
                self.at = again
                break
        if not patterns:
            return None
        return Like(slot, tuple(patterns), negated, every)

    def _implied_date(self) -> Slot:
        """The date that a time expression speaks of without naming it."""
        owner = self.query.main if self.query.main is not None else self.context
        if self.dated_by is not None:
            owner = self.dated_by
        found = self.linker.fields_for("date,time,timestamp,day")
        return Slot(Mention("date", fields=tuple((each, score) for each, score, _ in found)), "field", owner, "date")

    def _dated(self, negated: bool) -> Condition | None:
        period = self.here().period
        assert period is not None
        slot = self._implied_date()
        self.at += 1
        return InPeriod(slot, _iso(period.start), _iso(period.end), negated)

    def _equals(self, slot: Slot, negated: bool) -> Condition | None:
        """A field and the literal or literals that stand right after it."""
        literals: list[str] = []
        values: list[ValueSlot] = []
        start = self.at
        while True:
            self.skip("ART", "IN", "REL")
            kind = self.kind()
            if kind not in ("NUMBER", "QUOTED", "MENTION", "WORD"):
                break
            chunk = self.here()
            mention = chunk.mention
            if kind == "NUMBER":
                literals.append(chunk.meaning)
                self.at += 1
                if self.kind() == "ORMORE":
                    operator = self.here().meaning
                    self.at += 1
                    return Compare(slot, _OPPOSITE[operator] if negated else operator, tuple(literals))
            elif kind == "QUOTED":
                if mention is not None and mention.values and not _held_by(mention, slot):
                    break
                if mention is not None and mention.values:
                    values.append(ValueSlot(mention, slot, self.context))
                else:
                    literals.append(_literal(chunk))
                    self.query.doubt("value not seen", 0.05)
                self.at += 1
            elif kind == "MENTION" and mention is not None and mention.values and _held_by(mention, slot):
                values.append(ValueSlot(mention, slot, self.context))
                self.at += 1
            elif (
                kind == "WORD"
                and chunk.text[:1].isupper()
                and not values
                and self.chunks[self.at - 1].kind in ("MENTION", "REL", "ART", "OR", "NAMED", "CMP")
            ):
                words = [chunk.text]
                self.at += 1
                while self.kind() in ("WORD", "MENTION") and self.here().text[:1].isupper():
                    words.append(self.here().text)
                    self.at += 1
                literals.append("'" + " ".join(words).replace("'", "''") + "'")
                self.query.doubt("value not seen", 0.12)
            else:
                break
            again = self.at
            if not self.skip("OR", "COMMA"):
                if not (self.kind() == "AND" and self.kind(1) in ("QUOTED", "NUMBER") and len(literals) > 1):
                    break
                self.at += 1
            if self.kind() == "AND":
                self.at += 1
            self.skip("ART", "REL", "IN", "OR")
            fits = self.kind() in ("NUMBER", "QUOTED") or (
                self.kind() == "MENTION"
                and bool((m := self.here().mention) and m.values and _held_by(m, slot))
            )
            if not fits:
                self.at = again
                break
        if not literals and not values:
            self.at = start
            return None
        if values and not literals:
            return IsValue(tuple(values), negated)
        literals += [value.mention.values[0][1] for value in values]
        return Compare(slot, "!=" if negated else "=", tuple(literals))

    # --- relations ---

    def _relation(self) -> bool:
        """ "… who placed orders", "… without an account", "… that have no amenity"."""
        start = self.at
        negated = self.negated
        while self.kind() in (*_GLUE, "NOT", "WHOSE", "POSS", "CMP") and self.at < len(self.chunks):
            if self.kind() == "NOT":
                negated = True
            if self.kind() == "VERB":
                self._verb()
            if self.kind() == "CMP":
                if (
                    self.here().meaning in (">=",)
                    and self.kind(1) == "NUMBER"
                    and self.here(1).meaning == "1"
                ):
                    self.at += 2
                    continue
                self.at = start
                return False
            self.at += 1
        if self.kind() == "DISTINCT":
            self.at += 1
        if self.kind() != "MENTION":
            self.at = start
            return False
        mention = self.here().mention
        assert mention is not None
        if mention.table_score < 0.6 and mention.field_score < 0.6:
            self.at = start
            return False
        if mention.table_score >= 0.6:
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
            related = Related(slot, negated)
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
            related = Related(self.slot(mention, "field"), negated)
            self.query.doubt("a field as a thing", 0.06)
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
            self.query.doubt(f"what {mention.text!r} has to do with it", 0.25)
            return True
        self.at = start
        return False

    # --- the end ---

    def _finish(self) -> None:
        query = self.query
        if self.asked_count is not None:
            if query.order:
                query.limit = self.asked_count
            else:
                query.unexplained.append(str(self.asked_count))
        if self.negated:
            query.unexplained.append("not")
        self._add_up()
        if self.who and query.items:
            first = query.items[0]
            if isinstance(first, Pick) and first.slot.owner is None:
                first.slot.owner = query.main


    def _add_up(self) -> None:
        """ "What is our revenue this year", "the profit in each month": a measure of nobody is added up."""
        query = self.query
        item = query.items[0] if len(query.items) == 1 else None
        if not isinstance(item, Pick) or query.order or query.main is not None:
            return
        if not self._is_number(item.slot.mention):
            return
        in_time = bool(query.conditions) and all(isinstance(each, InPeriod) for each in query.conditions)
        if query.periods or (in_time and not query.groups):
            query.items[0] = Aggregate("sum", item.slot)
            query.doubt("added up", 0.05)


_LIGHT_VERBS = frozenset(
    "have has had make made take took use used exist exists list listed located record recorded do done live lives known find found "
    "named called title titled like include included belong belongs see need want get given provided see work works".split()
)
_OPPOSITE = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
_MEASURE_UNITS = frozenset(
    "years year days day dollars dollar usd eur euros euro km kilometers kilometres miles minutes hours seconds kg pounds pound points "
    "point cm m meters metres feet percent months month weeks week stars star yuan rmb minute hour second people inches times".split()
)


def replace_wants(slot: Slot, wants: str) -> Slot:
    """The slot, wanting a field of that kind."""
    slot.wants = wants
    return slot


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _literal(chunk: Chunk) -> str:
    if chunk.kind == "NUMBER":
        return chunk.meaning
    if chunk.period is not None and chunk.period.start is not None:
        return f"'{chunk.period.start.isoformat()}'"
    return "'" + chunk.text.replace("'", "''") + "'"


def _is_flag(each: Field) -> bool:
    """A field that says yes or no."""
    if each.kind == "boolean":
        return True
    shown = {value.strip("'").lower() for value in each.values}
    return (
        bool(shown)
        and each.shows_all_values
        and shown <= {"0", "1", "y", "n", "yes", "no", "true", "false", "t", "f"}
    )


def _is_count_field(each: Field) -> bool:
    words = set(each.name.lower().replace("_", " ").split())
    return each.kind == "number" and bool(
        words & {"num", "number", "no", "count", "total", "quantity", "qty"}
        or each.name.lower().startswith(("num", "no_of", "total", "count"))
    )


def _is_id(mention: Mention) -> bool:
    """Whether the field is a number that names something, not one that measures."""
    return mention.fields[0][0].name.lower().endswith(("id", "code")) if mention.fields else False


def _same_field(first: Mention, second: Mention) -> bool:
    fields = {(each.table, each.name) for each, *_ in first.values}
    return any((each.table, each.name) in fields for each, *_ in second.values)


def _held_by(mention: Mention, slot: Slot) -> bool:
    fields = {(each.table, each.name) for each, score in slot.mention.fields if score >= 0.5}
    return any((each.table, each.name) in fields for each, *_ in mention.values)


def _hints_at(noun: Mention, value: Mention) -> bool:
    fields = {(each.table, each.name) for each, score in noun.fields if score >= 0.6}
    tables = {table.sql for table, score in noun.tables if score >= 0.6}
    return any((each.table, each.name) in fields or each.table in tables for each, *_ in value.values)
