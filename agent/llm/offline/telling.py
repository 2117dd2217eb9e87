"""What a reading says of itself, in the asker's language: the names of its figures, its period, its filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from agent.llm.offline.chinese import word_for
from agent.llm.offline.glosses import NULL
from agent.llm.offline.linking import Mention
from agent.llm.offline.meaning import (
    AgainstAggregate,
    AgainstField,
    Aggregate,
    Between,
    BothOf,
    Combined,
    Compare,
    Condition,
    Having,
    InPeriod,
    IsTrue,
    IsValue,
    Item,
    Like,
    Null,
    Pick,
    Related,
    Share,
    Slot,
    all_conditions,
)
from agent.llm.offline.roles import key_above
from agent.llm.offline.schema_text import Field, Table
from agent.llm.offline.understanding import Reading
from agent.llm.offline.words import CJK, identifier_words

_CJK = re.compile(rf"[{CJK}]")
_FUNCTIONS = {"avg": "average", "sum": "total", "min": "lowest", "max": "highest"}
_FUNCTIONS_ZH = {"avg": "平均{}", "sum": "{}合计", "min": "最低{}", "max": "最高{}", "count": "{}数"}
_UNITS_ZH = {
    "year": "年份",
    "quarter": "季度",
    "month": "月份",
    "week": "周",
    "weekday": "星期",
    "day": "日期",
    "hour": "小时",
}
_LIKE_ZH = {"has": "包含", "starts": "开头为", "ends": "结尾为"}


class Telling:
    """Says one reading, in Chinese or in English."""

    def __init__(self, reading: Reading, *, chinese: bool) -> None:
        self.reading = reading
        self.chinese = chinese

    def column(self, header: str) -> str:
        """A column's header as the asker would call it."""
        if not self.chinese:
            return header.replace("_", " ")
        if (item := self.reading.aliases.get(header)) is not None:
            return self._aggregate(item)
        if header in _UNITS_ZH and any(unit == header for _, unit in self.reading.query.periods):
            return _UNITS_ZH[header]
        found = next((each for each in self._fields_shown() if each.name == header), None)
        return self._field(found) if found is not None else header

    def filters(self) -> list[str]:
        """The conditions, each in a few words; what only joins tables is not said."""
        told = (self._condition(each) for each in all_conditions(self.reading.query))
        return list(dict.fromkeys(each for each in told if each))

    def steps(self) -> list[str]:
        """How the question was read, step by step, for those who look at the trace."""
        query, binding = self.reading.query, self.reading.binding
        lines = ["asked for: " + ", ".join(self._item(item) for item in query.items)] if query.items else []
        lines.append("of: " + binding.main.sql)
        if filters := self.filters():
            lines.append("where: " + "; ".join(filters))
        groups = [self._slot(slot) for slot in query.groups] + [unit for _, unit in query.periods]
        if groups:
            lines.append("for each: " + ", ".join(groups))
        if query.order:
            keys = (f"{self._item(each.key)}{' descending' if each.descending else ''}" for each in query.order)
            lines.append("sorted by: " + ", ".join(keys))
        if query.limit is not None:
            lines.append(f"only the first: {query.limit}")
        lines.append(f"confidence: {self.reading.confidence:.2f}")
        if self.reading.doubts:
            doubts = dict(self.reading.doubts)
            lines.append("doubts: " + "; ".join(f"{what} (-{weight:.2f})" for what, weight in doubts.items()))
        lines.append("words: " + " | ".join(f"{chunk.text}={chunk.kind}" for chunk in self.reading.cut.chunks))
        return lines

    def _fields_shown(self) -> Iterator[Field]:
        yield from self.reading.binding.fields.values()
        for table in (*self.reading.binding.tables.values(), self.reading.binding.main):
            yield from table.fields

    # --- names ---

    def _asked(self, mention: Mention) -> str:
        """The asker's own word for it, where the question was put into English first."""
        return self.reading.query.asked_words.get(mention.text.lower(), mention.text)

    def _slot(self, slot: Slot) -> str:
        binding = self.reading.binding
        if slot in binding.fields:
            each = binding.fields[slot]
            return self._field(each, slot.mention) if self.chinese else f"{each.table}.{each.name}"
        if slot in binding.tables:
            return self._table(binding.tables[slot], slot.mention) if self.chinese else binding.tables[slot].sql
        return slot.mention.text

    def _table(self, table: Table, mention: Mention | None = None) -> str:
        return self._named(mention, table.comment, table.name)

    def _field(self, each: Field, mention: Mention | None = None) -> str:
        table = self.reading.binding
        owner = next((t for t in (table.main, *table.tables.values()) if t.sql == each.table), None)
        named = identifier_words(each.name)
        if mention is None and owner is not None and "name" in named:
            mentions = [slot.mention for slot, bound in table.tables.items() if bound is owner]
            return self._table(owner, mentions[0] if mentions else None)  # a row is told by the name of its kind
        return self._named(mention, each.comment, each.name)

    def _named(self, mention: Mention | None, comment: str, name: str) -> str:
        if mention is not None and _CJK.search(asked := self._asked(mention)):
            return asked
        naming = re.split(r"[:：.]|\be\.g\.|,|，", comment, maxsplit=1)[0]
        if run := re.search(r"[\u4e00-\u9fff]{2,8}", naming):
            return run.group()
        words = identifier_words(name)
        return word_for(" ".join(words)) or word_for(words[-1] if words else "") or name

    def _item(self, item: Item) -> str:
        if isinstance(item, Aggregate):
            return self._aggregate(item)
        if isinstance(item, Pick):
            return self._slot(item.slot)
        return "all fields" if item.slot is None else f"all fields of {self._slot(item.slot)}"

    def _aggregate(self, item: Aggregate) -> str:
        if isinstance(item, Combined):
            left, right = self._aggregate(item.left), self._aggregate(item.right)
            if self.chinese:
                return f"{left}与{right}之{'差' if item.function == 'difference' else '比'}"
            return f"{left} {'less' if item.function == 'difference' else 'divided by'} {right}"
        if isinstance(item, Share):
            what = self._slot(item.slot) if item.slot is not None else "rows"
            return f"{what}占比" if self.chinese else f"percentage of {what}"
        if self.chinese:
            what = self._slot(item.slot) if item.slot is not None else ""
            if not what:
                return "数量"
            what = "不同" + what if item.different else what
            return (
                what if item.function == "count" and what.endswith("数") else _FUNCTIONS_ZH[item.function].format(what)
            )
        what = self._slot(item.slot) if item.slot is not None else "rows"
        if item.function == "count":
            return f"number of {'different ' if item.distinct else ''}{what}"
        return f"{_FUNCTIONS[item.function]} {what}"

    # --- conditions ---

    def _condition(self, condition: Condition) -> str:
        binding = self.reading.binding
        match condition:
            case InPeriod():
                return self._period(condition)
            case Compare():
                literals = self._listed(text.strip("'") for text in condition.literals)
                if condition.slot.wants == "year" and binding.fields[condition.slot].kind == "date":
                    literals = f"{literals} 年" if self.chinese else literals
                    if condition.operator == "=":
                        return literals if self.chinese else f"{self._called(condition.slot)} in {literals}"
                operator = condition.operator
                if (
                    binding.fields[condition.slot].table,
                    binding.fields[condition.slot].name,
                ) in condition.reversed_fields:
                    operator = {">": "<", "<": ">", ">=": "<=", "<=": ">="}.get(operator, operator)
                return f"{self._called(condition.slot)} {_sign(operator)} {literals}"
            case IsValue():
                each = binding.values[condition.values[0]][0]
                values = self._listed(binding.values[value][1].strip("'") for value in condition.values)
                name = self._field(each) if self.chinese else each.name.replace("_", " ")
                schema = self.reading.schema
                if (
                    schema is not None
                    and each.table != binding.main.sql
                    and key_above(schema.tables[each.table], schema)
                ):
                    values += "及其下级" if self.chinese else " and what is below"
                if values == NULL:
                    return f"{name} {self._emptiness(filled=condition.negated)}"
                return f"{name} {'≠' if condition.negated else '='} {values}"
            case Between():
                span = (
                    f"{condition.low.strip(chr(39))} {'至' if self.chinese else 'to'} {condition.high.strip(chr(39))}"
                )
                return self._negated(condition.negated, f"{self._called(condition.slot)} {span}")
            case Like():
                how = "has" if condition.patterns[0][:1] == "%" == condition.patterns[0][-1:] else "starts"
                how = "ends" if how == "starts" and condition.patterns[0].startswith("%") else how
                verb = (
                    _LIKE_ZH[how]
                    if self.chinese
                    else {"has": "contains", "starts": "starts with", "ends": "ends with"}[how]
                )
                listed = self._listed(each.strip("%") for each in condition.patterns)
                return self._negated(condition.negated, f"{self._called(condition.slot)} {verb} {listed}")
            case Null():
                return f"{self._called(condition.slot)} {self._emptiness(filled=condition.negated)}"
            case IsTrue():
                said = ("否" if condition.negated else "是") if self.chinese else "no" if condition.negated else "yes"
                return f"{self._called(condition.slot)}: {said}"
            case AgainstAggregate():
                against = self._aggregate(Aggregate(condition.function, condition.of))
                return f"{self._called(condition.slot)} {_sign(condition.operator)} {against}"
            case AgainstField():
                return f"{self._called(condition.slot)} {_sign(condition.operator)} {self._slot(condition.of)}"
            case Having():
                return f"{self._aggregate(condition.aggregate)} {_sign(condition.operator)} {condition.number}"
            case Related() if condition.negated:
                return ("没有" if self.chinese else "without ") + self._called(condition.slot)
            case BothOf():
                return ""
            case _:
                return ""

    def _emptiness(self, *, filled: bool) -> str:
        if self.chinese:
            return "不为空" if filled else "为空"
        return "is filled" if filled else "is empty"

    def _called(self, slot: Slot) -> str:
        if self.chinese:
            return self._slot(slot)
        binding = self.reading.binding
        name = binding.fields[slot].name if slot in binding.fields else binding.tables[slot].name
        return name.replace("_", " ")

    def _negated(self, negated: bool, text: str) -> str:
        return (("非 " if self.chinese else "not ") + text) if negated else text

    def _listed(self, values: Iterable[str]) -> str:
        return ("、" if self.chinese else ", ").join(values)

    def _period(self, condition: InPeriod) -> str:
        name = "" if self.chinese else self._called(condition.slot) + " "
        first = condition.start or ""
        last = _day_before(condition.end) if condition.end else ""
        if first and last:
            span = first if first == last else f"{first} {'至' if self.chinese else 'to'} {last}"
        elif first:
            span = f"{first} 起" if self.chinese else f"from {first}"
        else:
            span = f"截至 {last}" if self.chinese else f"until {last}"
        return self._negated(condition.negated, name + span)


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except ValueError:
        return day


def _sign(operator: str) -> str:
    return {"!=": "≠", ">=": "≥", "<=": "≤"}.get(operator, operator)


def how_it_was_read(readings: Sequence[Reading]) -> str:
    """The likeliest reading step by step, and what else the question may have meant."""
    if not readings:
        return ""
    best, *others = readings
    lines = ["How I read the question:", *("- " + step for step in Telling(best, chinese=False).steps())]
    lines += [f"- or else ({other.confidence:.2f}): {other.sql}" for other in others[:2]]
    return "\n".join(lines)
