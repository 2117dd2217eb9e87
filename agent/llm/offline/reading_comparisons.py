"""What a question says of a field: compared with a number, a date, another field, between, like, equal to."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from agent.llm.offline.chunking import Chunk
from agent.llm.offline.cursor import (
    MEASURE_UNITS,
    OPPOSITE,
    held_by,
    is_id,
    iso,
    literal,
    replace_wants,
)
from agent.llm.offline.linking import Mention
from agent.llm.offline.meaning import (
    AgainstAggregate,
    AgainstField,
    Aggregate,
    Between,
    Compare,
    Condition,
    Having,
    InPeriod,
    IsValue,
    Like,
    Null,
    Slot,
    ValueSlot,
)
from agent.llm.offline.reading_order import OrderReader


class ComparisonReader(OrderReader):
    """Reads comparisons."""

    @abstractmethod
    def _one_condition(self, negated: bool) -> Condition | None:
        """Any condition, of which comparisons are one kind: the reader that builds on this one knows them all."""

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
        if kind == "NUMBER" and self._is_year(self.here().meaning) and self._in_time():
            dated = self._holding_years(slot)
            if dated is None:
                self.at = start
                return None
            slot = dated
        if kind in ("CMP", "AFTER", "ADJCMP"):
            found = self._comparison(slot, negated)
        elif kind == "BETWEEN":
            found = self._between(slot, negated)
        elif kind == "SUPER" and self.kind(1) in ("END", "COMMA", "AND") and self.kind(-1) in ("REL", "ART"):
            descending = self.here().meaning == "desc"
            self.at += 1
            found = AgainstAggregate(slot, "=", "max" if descending else "min", slot)
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
            found = InPeriod(replace_wants(slot, "date"), iso(period.start), iso(period.end), negated)
        elif kind in ("NUMBER", "QUOTED", "MENTION", "WORD", "TRUE"):
            found = self._equals(slot, negated)
        else:
            found = None
        if found is None:
            self.at = start
        return found

    def _in_time(self) -> bool:
        """Whether what stands here is said to be a time: "in 1996"."""
        before = self.here(-1).text.lower().split()[:1] if self.kind(-1) in ("IN", "FILLER") else []
        return before in (["in"], ["during"], ["since"], ["until"])

    def _holding_years(self, slot: Slot) -> Slot | None:
        """ "the fees on a campus in 1996", "placed an order in 2025": a year is no value of a field without times."""
        fields = tuple(
            (each, score)
            for each, score in slot.mention.fields
            if score >= 0.55 and (each.kind == "date" or "year" in each.name.lower())
        )
        if not fields or slot.mention.table_score >= 0.9:  # the table itself, which happened then
            return None
        return replace(slot, mention=replace(slot.mention, fields=fields))

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
        others = self._than_others(slot, operator, backwards)
        if others is not None:
            return others
        than_role = self._than_role(slot, operator)
        if than_role is not None:
            return than_role
        if self.kind() == "OR" and self.kind(1) == "CMP" and self.here(1).meaning == "=":
            operator += "="
            self.at += 2
            self.skip("IN", "ART")
        if negated:
            operator = OPPOSITE[operator]
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
            start, end = iso(period.start), iso(period.end)
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
            return self._one_condition(True)
        if self.kind() == "MENTION" and slot is None:
            # "more than one": handled above; "salary higher than …" without a number is not understood.
            return None
        return None

    def _than_role(self, slot: Slot | None, operator: str) -> Condition | None:
        """ "earns more than their manager", "older than his supervisor": the same field of the row it points at."""
        start = self.at
        self.skip("POSS", "ART")
        mention = self.here().mention if self.kind() == "MENTION" else None
        role = next(
            (table for table, score in (mention.tables if mention else ()) if table.alias_of and score > 0.8), None
        )
        if slot is None and role is not None:
            verb = next((c for c in reversed(self.chunks[: self.at]) if c.kind in ("VERB", "MENTION")), None)
            measured = self.linker.mention([verb.text.lower()]) if verb is not None else None
            own = tuple(
                (each, score)
                for each, score in (measured.fields if measured else ())
                if each.table == role.alias_of and each.kind == "number" and score >= 0.8
            )
            slot = self.slot(Mention(verb.text, fields=own), "field", self._thing()) if own and verb else None
        if slot is None or role is None or mention is None:
            self.at = start
            return None
        self.at += 1
        measured = replace(slot.mention, fields=tuple((each, max(score, 0.97)) for each, score in slot.mention.fields))
        slot = self.slot(measured, "field", slot.owner, slot.wants)
        if self.query.main is None:
            self.query.main = self._thing()
        their = self.slot(replace(mention, tables=((role, 1.0),), fields=()), "table")
        return AgainstField(slot, operator, self.slot(slot.mention, "field", their, slot.wants))

    def _than_others(self, slot: Slot | None, operator: str, backwards: frozenset[tuple[str, str]]) -> Condition | None:
        """ "dearer than all wines of 2006", "a rating lower than that of some song": than the most, or least, of those.

        "any" is taken as people mostly mean it where nothing is negated, as all, with a doubt.
        """
        start, heard = self.at, [self.here(-1).text]
        between = ("THAN", "ALLOF", "ART", "IN", "REL", "EACH")
        while self.kind() in between and self.at < len(self.chunks):
            heard.append(self.here().text)
            self.at += 1
        mention = self.here().mention if self.kind() == "MENTION" else None
        named = mention is not None and mention.field_score > mention.table_score and self.kind(1) in between
        if named and mention is not None and (slot is None or slot.mention.fields[:1] == mention.fields[:1]):
            slot = slot or self.slot(mention, "field", self.context, "number")
            self.at += 1
            while self.kind() in between and self.at < len(self.chunks):
                heard.append(self.here().text)
                self.at += 1
        said = {word for text in heard for word in text.lower().split()}
        mention = self.here().mention if self.kind() == "MENTION" else None
        every, some = said & {"all", "every", "each", "any"}, said & {"some"}
        of_things = mention is not None and mention.table_score >= 0.6 and mention.table_score >= mention.value_score
        if slot is None or backwards or operator not in ("<", "<=", ">", ">=") or not (every or some) or not of_things:
            self.at = start
            return None
        self.at += 1
        self.skip("IN", "WITH", "WHOSE", "REL", "ART", "VERB", "FILLER")
        scope: list[Condition] = []
        if self.kind() not in ("END", "AND", "COMMA"):
            inner = self._one_condition(False)
            if inner is None:
                self.at = start
                return None
            scope.append(inner)
        if "any" in every:
            self.query.doubt("whether any is all or some", 0.4)
        function = "max" if bool(every) == operator.startswith(">") else "min"
        return AgainstAggregate(slot, operator, function, slot, scope)

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
                if self._is_measure(mention) and not is_id(mention):
                    slot = self.slot(mention, "field", self.context, "number")
                    return Compare(slot, operator, (number,))
                self._group_by_items()
                return Having(Aggregate("count", self.slot(mention, "field", None), True), operator, number)
        if self._is_year(number) and chunk.kind in ("AFTER", "CMP"):
            return Compare(self._year_or_date(), operator, (number,))
        if self.kind() == "TIMES":
            self.at += 1
            self._group_by_items()
            return Having(Aggregate("count", self._done()), operator, number)
        return None

    def _unit_after(self, slot: Slot) -> None:
        """ "30 years", "100 dollars": a unit says nothing new."""
        if self.kind() in ("UNIT", "PERCENTSIGN") or (
            self.kind() in ("WORD", "MENTION") and self.here().text.lower() in MEASURE_UNITS
        ):
            self.at += 1
            self.skip("FILLER") if self.kind() == "FILLER" and self.here().text.lower() == "old" else None
            if self.kind() in ("WORD", "MENTION", "ADJCMP") and self.here().text.lower() == "old":
                self.at += 1

    def _against(self, slot: Slot | None, operator: str, backwards: frozenset[tuple[str, str]]) -> Condition | None:
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
            return InPeriod(replace_wants(slot, "date"), iso(low.period.start), iso(high.period.end), negated)
        if self.kind() == "MENTION" and slot.mention.text == "between":
            # "between 600 and 1000 faculty lines"
            mention = self.here().mention
            assert mention is not None
            if mention.field_score >= 0.6:
                slot = self.slot(mention, "field", self.context, "number")
                self.at += 1
        return Between(slot, literal(low), literal(high), negated)

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
            if chunk.kind != "QUOTED" and not (text[:1].isupper() or len(text) <= 2 or chunk.kind == "NUMBER"):
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

    def _dated(self, negated: bool) -> Condition | None:
        period = self.here().period
        assert period is not None
        slot = self._implied_date()
        self.at += 1
        return InPeriod(slot, iso(period.start), iso(period.end), negated)

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
                    return Compare(slot, OPPOSITE[operator] if negated else operator, tuple(literals))
            elif kind == "QUOTED":
                if mention is not None and mention.values and not held_by(mention, slot):
                    break
                if mention is not None and mention.values:
                    values.append(ValueSlot(mention, slot, self.context))
                else:
                    literals.append(literal(chunk))
                    self.query.doubt("value not seen", 0.05)
                self.at += 1
            elif kind == "MENTION" and mention is not None and mention.values and held_by(mention, slot):
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
                self.kind() == "MENTION" and bool((m := self.here().mention) and m.values and held_by(m, slot))
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

    def _year_or_date(self) -> Slot:
        """What a bare year speaks of: a field of years, else the date that a time expression would mean."""
        years = [(each, score) for each, score, _ in self.linker.fields_for("year") if each.kind == "number"]
        implied = self._implied_date()
        dates = [(each, score - 0.03) for each, score in implied.mention.fields]
        implied.mention = Mention("date", fields=tuple(years + dates))
        implied.wants = "year"
        return implied
