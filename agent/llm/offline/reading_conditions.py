"""Which rows a question means: those with a stored value, with both of two, missing, done, or compared."""

from __future__ import annotations

from dataclasses import replace

from agent.llm.offline.cursor import (
    GLUE,
    hints_at,
    is_flag,
    is_id,
    same_field,
)
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import Mention, likeness
from agent.llm.offline.meaning import (
    Aggregate,
    AnyOf,
    BothOf,
    Compare,
    Condition,
    Having,
    IsTrue,
    IsValue,
    Null,
    Slot,
    ValueSlot,
)
from agent.llm.offline.reading_comparisons import ComparisonReader
from agent.llm.offline.words import identifier_words


class ConditionReader(ComparisonReader):
    """Reads conditions."""

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
        if not values or not hints_at(mention, values[0].mention):
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
            last = self.sink[-1] if self.sink else None
            if (
                isinstance(condition, IsValue)
                and isinstance(last, IsValue)
                and not condition.negated
                and not last.negated
                and self._joined_by_and()
                and same_field(last.values[0].mention, condition.values[0].mention)
            ):
                # One row cannot hold two values in one field.
                self.sink[-1] = BothOf([last, condition])
                self.query.doubt("two values of one field", 0.2)
            else:
                self.sink.append(condition)
        self.joined_by = "AND"

    def _joined_by_and(self) -> bool:
        """Whether "and" alone joined the last two values."""
        return any(chunk.kind == "AND" for chunk in self.chunks[max(0, self.at - 6) : self.at])

    def _condition(self) -> bool:
        if self.kind() == "END":
            return False
        start = self.at
        negated = self.negated
        self._that_follows_a_value()
        while self.kind() in (*GLUE, "WHOSE", "NOT", "POSS", "BORN") and self.at < len(self.chunks):
            if self.kind() == "NOT":
                negated = True
            if self.kind() == "NAMED":
                break
            if self.kind() == "VERB":
                if negated and self._said_outright(self.here().text) is not None:
                    break
                self._verb()
            self.at += 1
        if (
            self.kind() == "MENTION"
            and self.here().text.lower() in english().relation_verbs
            and (self.kind(1), self.kind(2), self.kind(3)) == ("CMP", "NUMBER", "MENTION")
        ):
            self.at += 1  # "has conducted more than two orchestras": the verb, whoever is called like it
        condition = self._not_so() if negated else None
        condition = condition or self._one_condition(negated)
        if condition is None:
            self.at = start
            return False
        self.negated = False
        self._add(condition)
        return True

    def _that_follows_a_value(self) -> None:
        """ "a cat that is 3": what follows is said of the rows that hold the value, where they are of one table."""
        before = self.here(-1).mention if self.at and self.kind(-1) == "MENTION" and self.kind() == "REL" else None
        if before is None or self.here().text.lower().split()[0] not in ("that", "which") or not before.values:
            return
        if before.value_score < max(before.table_score, before.field_score):
            return
        homes = {each.table for each, *_ in before.values}
        table = self.linker.schema.tables.get(next(iter(homes))) if len(homes) == 1 else None
        if table is not None:
            self.context = self.slot(Mention(before.text, tables=((table, 1.0),)), "table")

    def _one_condition(self, negated: bool) -> Condition | None:
        kind = self.kind()
        owner = self.context
        if kind in ("CMP", "AFTER") or (kind == "ADJCMP"):
            return self._comparison(None, negated)
        if kind == "BETWEEN":
            return self._between(self._year_or_date(), negated)
        if kind == "AGG" and self.query.items:
            return self._aggregate_condition()
        if kind == "NUMBER" and self.kind(1) == "ORMORE" and self.kind(2) == "MENTION":
            number, operator = self.here().meaning, self.here(1).meaning
            chunk = self.here()
            self.at += 2
            return self._counted(operator, number, chunk)
        if kind == "NAMED" and self.kind(1) == "IN":
            return None  # "with the name of their manager" asks for it
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
                return self._equals(self._year_or_date(), negated)
            return None
        if kind == "NUMBER" and self.kind(-1) in ("WITH", "AND", "COMMA") and not negated:
            return self._so_many()
        if kind == "QUOTED":
            return self._free_value(negated)
        if kind == "MENTION":
            return self._mentioned(negated)
        return None

    def _so_many(self) -> Condition | None:
        """ "with 4 cylinders": a number of theirs that a field holds."""
        mention = self.here(1).mention if self.kind(1) == "MENTION" else None
        if mention is None or not mention.fields or mention.field_score < 0.85:
            return None
        field = mention.fields[0][0]
        if field.kind != "number" or is_id(mention) or mention.table_score >= mention.field_score:
            return None
        number = self.here().meaning
        self.at += 2
        return Compare(self.slot(mention, "field", self.context, "number"), "=", (number,))

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

    def _mentioned(self, negated: bool) -> Condition | None:
        mention = self.here().mention
        assert mention is not None
        start = self.at
        name_score = max(mention.field_score, mention.table_score)
        if mention.text in ("cost", "costs") and self.kind(-1) in ("REL", "MENTION"):
            priced = self.hinted("list price,price,cost,fee,amount", self.context, mention.text)
            if priced is not None:
                self.at += 1
                condition = self._after_field(priced[0], negated)  # "that cost less than 60": their price
                if condition is not None:
                    return condition
                self.at = start
        if mention.table_score >= 0.9 and self.kind(1) == "NUMBER" and not self._is_measure(mention):
            keyed = self._row_by_key(mention, negated)  # "department 80", where only its name is called so
            if keyed is not None:
                return keyed
            self.at = start
        if mention.field_score >= 0.55:
            self.at += 1
            picked = self._picked_elsewhere() if mention.text.lower() in ("year", "date", "month") else None
            slot = self.slot(mention, "field", picked or self.context)
            if self._is_a_verb(mention) and self._thing() is not None and self._a_time_follows():
                when = self._date_of(mention.text.lower())
                if when is None:
                    self.at = start
                    return None
                slot = when
            condition = self._after_field(slot, negated)
            if condition is not None:
                return condition
            self.at = start
            missing = self._missing(mention) if negated else None
            if missing is not None:
                return missing
            happened = self._happened(mention, negated)
            if happened is not None:
                return happened
        if mention.value_score and mention.value_score >= name_score - 0.05:
            return self._free_value(negated)
        if mention.table_score >= 0.7 and self.kind(1) == "QUOTED":
            return self._named_row(mention, negated)
        if mention.table_score >= 0.9 and self.kind(1) == "NUMBER" and self.kind(2) != "MENTION":
            keyed = self._row_by_key(mention, negated)
            if keyed is not None:
                return keyed
        if mention.field_score >= 0.8 and any(is_flag(each) for each, score in mention.fields[:3] if score >= 0.8):
            flags = tuple((each, score) for each, score in mention.fields if is_flag(each))
            if mention.field_score >= mention.table_score:
                self.at += 1
                return IsTrue(self.slot(replace(mention, fields=flags, tables=()), "field", self.context), negated)
        return None

    @staticmethod
    def _is_a_verb(mention: Mention) -> bool:
        return mention.text.lower() in english().relation_verbs | english().coming_to_be

    def _a_time_follows(self) -> bool:
        return self.kind(1 if self.kind() == "IN" else 0) == "DATE"

    def _missing(self, mention: Mention) -> Condition | None:
        """ "buyers who have no email": a field of theirs that is not filled."""
        thing = self._thing()
        main = {table.sql for table, _ in thing.mention.tables} if thing is not None else set()
        empty = tuple(
            (each, score)
            for each, score in mention.fields
            if score >= 0.85 and each.nullable and each.table in main and not is_flag(each)
        )
        if not empty or mention.table_score >= 0.85:
            return None
        self.at += 1
        return Null(self.slot(replace(mention, fields=empty, tables=(), values=()), "field", thing))

    def _happened(self, mention: Mention, negated: bool) -> Condition | None:
        """ "stores that have closed": those with a date of closing."""
        word = mention.text.lower()
        thing = self._thing()
        if thing is None or not self.at or self.kind(-1) not in ("REL", "WITH", "NOT", "VERB"):
            return None
        if word not in english().relation_verbs or self.kind(1) not in ("END", "AND", "COMMA"):
            return None
        tables = {table.sql for table, _ in thing.mention.tables[:1]}
        dates = tuple(
            (each, score)
            for each, score in mention.fields
            if each.kind == "date"
            and each.nullable
            and each.table in tables
            and any(likeness(word, part) >= 0.9 for part in identifier_words(each.name))
        )
        if len(dates) != 1:
            return None
        self.at += 1
        self.query.doubt("done when there is a date", 0.05)
        return Null(self.slot(replace(mention, fields=dates, tables=(), values=()), "field", thing), not negated)

    def _row_by_key(self, mention: Mention, negated: bool) -> Condition | None:
        """ "department 80": a row of the table by its key."""
        keys = []
        for table, score in mention.tables:
            key = table.field(table.primary_key[0]) if len(table.primary_key) == 1 else None
            if any("number" in identifier_words(each.name) and each is not key for each in table.fields):
                continue  # a card has its own number
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
            if values and not same_field(values[0].mention, mention):
                break
            self.at += 1
            values.append(ValueSlot(mention, None, self.context))
            again = self.at
            if self.kind() in ("OR",) or (self.kind() == "COMMA" and self.kind(1) in ("MENTION", "QUOTED", "OR")):
                self.skip("OR", "COMMA", "ART", "IN")
                following = self.here().mention if self.kind() in ("MENTION", "QUOTED") else None
                if following is None or not following.values or not same_field(values[0].mention, following):
                    self.at = again
                    break
            else:
                break
        if not values:
            return None
        condition = IsValue(tuple(values), negated)
        self._absorb_hint([condition])
        return condition

    def _not_so(self) -> Condition | None:
        """ "not paid", where a comment says how that is stored: it is not everything that is not "paid"."""
        outright = self._said_outright(self.here().text) if self.kind() in ("WORD", "VERB", "MENTION") else None
        if outright is None:
            return None
        self.at += 1
        return IsValue((ValueSlot(outright, None, self.context),))

    def _said_outright(self, text: str) -> Mention | None:
        said = (self.linker.mention([no, *text.lower().split()]) for no in ("not", "never", "no"))
        thing = self._thing()
        own = {table.sql for table, _ in thing.mention.tables[:1]} if thing is not None else set()
        return next((each for each in said if any(found.table in own for found, *_ in each.values)), None)
