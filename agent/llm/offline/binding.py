"""Slots of a Query filled with the tables, fields and values that fit best together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agent.llm.offline.display import display_fields, identity_of
from agent.llm.offline.joins import JoinGraph
from agent.llm.offline.lexicon import english
from agent.llm.offline.linking import spelled_otherwise
from agent.llm.offline.meaning import (
    AgainstAggregate,
    AgainstField,
    Between,
    Compare,
    Condition,
    Having,
    InPeriod,
    IsTrue,
    IsValue,
    Like,
    Null,
    Pick,
    Query,
    Related,
    Slot,
    ValueSlot,
    all_conditions,
    item_slots,
)
from agent.llm.offline.schema_text import Field, Table
from agent.llm.offline.words import identifier_words, stem

TIE = 0.15  # what it costs that two fields, or two holders of a value, fit equally well
_HOP = (0.0, 0.09, 0.16, 0.24, 0.34)
_OWNED_HOP = (0.0, 0.26, 0.34, 0.44, 0.54)


@dataclass
class Binding:
    """One way to fill the slots; `cost` is 0 for a perfect fit, `doubts` what was nearly as good."""

    main: Table
    fields: dict[Slot, Field] = field(default_factory=dict)
    tables: dict[Slot, Table] = field(default_factory=dict)
    values: dict[ValueSlot, tuple[Field, str]] = field(default_factory=dict)
    cost: float = 0.0
    doubts: list[tuple[str, float]] = field(default_factory=list)
    ties: dict[Slot, tuple[Field, float]] = field(default_factory=dict)  # what would have done as well; what it costs
    tied_values: dict[ValueSlot, tuple[Field, str]] = field(default_factory=dict)
    chinese: bool = False
    shown: frozenset[Slot] = frozenset()  # the slots of what is selected as it stands

    def table_of(self, slot: Slot) -> str:
        return self.tables[slot].sql if slot in self.tables else self.fields[slot].table


def slots_of(condition: Condition) -> Iterator[Slot]:
    """The slots of one condition, not of those inside it."""
    match condition:
        case Compare() | Between() | Like() | Null() | InPeriod() | IsTrue():
            yield condition.slot
        case AgainstAggregate():
            yield condition.slot
            if condition.of is not condition.slot:
                yield condition.of
        case AgainstField():
            yield condition.slot
            yield condition.of
        case Having():
            if condition.aggregate.slot is not None:
                yield condition.aggregate.slot
        case Related():
            yield condition.slot
        case _:
            return


def bindings(query: Query, graph: JoinGraph) -> list[Binding]:
    """The ways to fill the query's slots, best first; empty when some slot cannot be filled."""
    found = [binding for main in _mains(query, graph) if (binding := _bind(query, graph, main)) is not None]
    return sorted(found, key=lambda each: each.cost)


def _mains(query: Query, graph: JoinGraph) -> list[tuple[Table, float]]:
    tables = graph.schema.tables
    if query.main is not None and query.main.mention.tables:
        best = query.main.mention.tables[0][1]
        least = 0.9 if best >= 0.99 else min(0.6, best)  # "projects" is no project_staff where there are projects
        return [(table, 1 - score) for table, score in query.main.mention.tables if score >= least][:4]
    costs: dict[str, float] = {}
    slots = [slot for item in query.items for slot in item_slots(item)]
    if not slots:
        slots = [slot for each in query.conditions for slot in slots_of(each)]
    for slot in slots:
        for each, score in slot.mention.fields[:8]:
            costs[each.table] = min(costs.get(each.table, 9.0), 1 - score)
        for table, score in slot.mention.tables[:6]:
            costs[table.sql] = min(costs.get(table.sql, 9.0), 1 - score)
    # Nothing but the slots' own scores tells the tables apart, so the main one costs nothing of its own here.
    return [(tables[name], 0.0) for name, _ in sorted(costs.items(), key=lambda item: item[1])[:6]]


def _bind(query: Query, graph: JoinGraph, main: tuple[Table, float]) -> Binding | None:
    shown = frozenset(item.slot for item in query.items if isinstance(item, Pick))
    binding = Binding(main[0], cost=main[1], shown=shown, chinese=query.chinese)
    if query.main is not None:
        binding.tables[query.main] = main[0]
    slots: list[Slot] = list(dict.fromkeys(_all_slots(query)))
    values = [v for c in all_conditions(query) if isinstance(c, IsValue) for v in c.values]
    for slot in slots:
        if slot.role == "table" and slot not in binding.tables and not _bind_table(slot, binding, graph):
            return None
    for slot in slots:
        if slot.role == "any" and not _bind_any(slot, binding, graph):
            return None
    ordered = sorted((s for s in slots if s.role == "field"), key=lambda s: -s.mention.field_score)
    for slot in ordered:
        if slot not in binding.fields and not _bind_field(slot, binding, graph):
            return None
    who = next((slot for slot in binding.tables if slot.mention.text == "who"), None)
    if who is not None:
        binding.cost += _chance_cost(binding.tables[who], binding, graph)
    return binding if all(_bind_value(value, binding, graph) for value in values) else None


def _all_slots(query: Query) -> Iterator[Slot]:
    for item in query.items:
        yield from item_slots(item)
    yield from query.groups
    for slot, _ in query.periods:
        yield slot
    for order in query.order:
        if order.key.slot is not None:
            yield order.key.slot
    for condition in all_conditions(query):
        yield from slots_of(condition)
        if isinstance(condition, AgainstField) and condition.of.owner is not None:
            yield condition.of.owner
    for item_slot in [slot for item in query.items for slot in item_slots(item)]:
        if item_slot.owner is not None:
            yield item_slot.owner


def _hop_cost(distance: int, owned: bool) -> float:
    costs = _OWNED_HOP if owned else _HOP
    return costs[distance] if distance < len(costs) else 0.8


def _bind_table(slot: Slot, binding: Binding, graph: JoinGraph) -> bool:
    options = [
        (score - _hop_cost(graph.distance(binding.main.sql, table.sql), False) * 0.7, table)
        for table, score in slot.mention.tables
    ]
    if not options:
        return False
    options.sort(key=lambda item: -item[0])
    best, table = options[0]
    if best < 0.2:
        return False
    if len(options) > 1 and options[1][0] > best - 0.04:
        binding.doubts.append((f"{slot.mention.text!r}: {table.name} or {options[1][1].name}", 0.12))
    binding.tables[slot] = table
    binding.cost += 1 - best
    return True


def _bind_any(slot: Slot, binding: Binding, graph: JoinGraph) -> bool:
    """A noun that names both a table and a field: the field where it is the main table's own."""
    here = [(each, score) for each, score in slot.mention.fields if each.table == binding.main.sql and score >= 0.9]
    if here and (not slot.mention.tables or slot.mention.tables[0][0].sql != binding.main.sql):
        binding.fields[slot] = here[0][0]
        binding.cost += 1 - here[0][1]
        return True
    if slot.mention.tables and slot.mention.table_score >= slot.mention.field_score - 0.1:
        return _bind_table(slot, binding, graph)
    return _bind_field(slot, binding, graph)


def _bind_field(slot: Slot, binding: Binding, graph: JoinGraph) -> bool:
    owner = slot.owner
    if owner is not None and owner.role == "table" and len(owner.mention.tables) == 1:
        binding.tables.setdefault(owner, owner.mention.tables[0][0])
    owned = owner is not None and (owner in binding.tables or owner in binding.fields)
    if slot.mention.text in _NAME_WORDS and owned and owner in binding.tables:
        table = binding.tables[owner]
        if not any(each.table == table.sql and score >= 0.6 for each, score in slot.mention.fields):
            # "the name of the campus", where no field is called a name: whatever stands for it.
            called = display_fields(table, identity_of(table, graph.schema), chinese=binding.chinese)
            shown = called.fields
            pointing = {name for key in table.keys for name in key.fields} | set(table.primary_key)
            if not called.by_name and {each.name for each in shown} <= pointing:
                binding.cost += 0.3  # a number is no name
            if len(shown) > 1 and slot in binding.shown:
                binding.tables[slot] = table
                binding.cost += 0.06
                return True
            if len(shown) == 1:
                binding.fields[slot] = shown[0]
                binding.cost += 0.06
                return True
    base = binding.table_of(owner) if owned and owner is not None else binding.main.sql
    options: list[tuple[float, Field]] = []
    scores: dict[tuple[str, str], float] = {}
    for each, score in _in_role(slot.mention.fields, graph.schema.tables[base]):
        worth = score - _hop_cost(graph.distance(base, each.table), owned)
        worth -= _kind_cost(each, slot.wants)
        if graph.schema.tables[each.table].is_derived and _stands_elsewhere(each, slot, graph):
            worth -= 0.06
        options.append((worth, each))
        scores[each.table, each.name] = score
    if slot.wants in ("date", "year") and slot.mention.text == "date":
        dates = sorted(_dates_of(graph.schema.tables[base]), key=lambda date: -date[1])
        if len(dates) > 1 and dates[0][1] > dates[1][1] + 0.04:
            # The table itself says which of its dates is meant, whatever their names look like.
            options = [option for option in options if option[1] not in [each for each, _ in dates[1:]]]
        for each, score in dates:
            if score > scores.get((each.table, each.name), 0.0):
                scores[each.table, each.name] = score
                options.append((score, each))
    if not options:
        return False
    options.sort(key=lambda item: -item[0])
    best, chosen = options[0]
    if best < 0.25:
        return False
    if len(options) > 1 and options[1][0] > best - 0.03 and not _joined_fields(options[1][1], chosen, graph):
        binding.ties[slot] = (options[1][1], 1 - best)
        binding.doubts.append(
            (
                f"{slot.mention.text!r}: {chosen.table}.{chosen.name} or {options[1][1].table}.{options[1][1].name}",
                TIE,
            )
        )
    binding.fields[slot] = chosen
    score = scores[chosen.table, chosen.name]
    rival = max((s for place, s in scores.items() if place != (chosen.table, chosen.name)), default=0.0)
    # A name that only one field answers to is meant, however far away the field is.
    sure = score >= 0.9 and rival < score - 0.2 and score - best < 0.5
    binding.cost += (1 - score) + 0.35 * (score - best) if sure else 1 - best
    return True


def _chance_cost(table: Table, binding: Binding, graph: JoinGraph) -> float:
    """Who placed an order is rather whom each order has than whom some have: a customer, and not a salesman."""
    others = {each.sql for each in binding.tables.values()} - {table.sql}
    keys = [key for key in graph.schema.keys if key.table in others and key.target == table.sql]
    pointing = [graph.schema.field(key.table, key.fields[0]) for key in keys]
    return 0.12 if pointing and all(each is None or each.nullable for each in pointing) else 0.0


def _held_in_role(each: Field, value: ValueSlot, binding: Binding, graph: JoinGraph) -> Field:
    """ "whose manager is Ann": the value is the manager's; "the manager of Ann" is the other way about."""
    owner = binding.tables.get(value.owner) if value.owner is not None else None
    if owner is None or owner.alias_of != each.table:
        return each
    base = graph.schema.tables[owner.alias_of]
    named = each in display_fields(base, identity_of(base, graph.schema), chinese=binding.chinese).fields
    return each if owner is binding.main and named else owner.field(each.name) or each


def _in_role(fields: Iterable[tuple[Field, float]], owner: Table) -> Iterator[tuple[Field, float]]:
    """The fields; those of the table that the owner is once more are the owner's: the name of the manager."""
    for each, score in fields:
        own = owner.field(each.name) if owner.alias_of == each.table else None
        yield (own or each), score


def _stands_elsewhere(each: Field, slot: Slot, graph: JoinGraph) -> bool:
    """Whether a table that is not made from others has a field of the same name, so that this one repeats it."""
    return any(
        other.name.lower() == each.name.lower() and not graph.schema.tables[other.table].is_derived
        for other, _ in slot.mention.fields
    )


def _dates_of(table: Table) -> list[tuple[Field, float]]:
    """The dates that "last month" may speak of: the only one, or the one called like the table itself."""
    dates = [each for each in table.fields if each.kind == "date" or looks_like_dates(each)]
    if len(dates) == 1:
        return [(dates[0], 0.98)]
    stems = {stem(word) for word in identifier_words(table.name)}
    scored: list[tuple[Field, float]] = []
    for each in dates:
        said = {stem(word) for word in (*identifier_words(each.name), *each.comment.lower().split())}
        own = {stem(word) for word in identifier_words(each.name)} & stems
        scored.append((each, 0.93 if own else 0.86 if said & stems and not each.nullable else 0.78))
    always = [each for each in dates if not each.nullable]
    if len(always) == 1:
        # The one that every row has is the row's own date; the others come later, if at all.
        return [(each, max(score, 0.9) if each is always[0] else min(score, 0.78)) for each, score in scored]
    return scored


_NAME_WORDS = frozenset(("name", "names"))


def _joined_fields(first: Field, second: Field, graph: JoinGraph) -> bool:
    """Whether a foreign key makes the two fields equal, so that either will do."""
    pair = {(first.table, first.name.lower()), (second.table, second.name.lower())}
    return any(
        {(key.table, mine.lower()), (key.target, theirs.lower())} == pair
        for key in graph.schema.keys
        for mine, theirs in zip(key.fields, key.target_fields, strict=False)
    )


def _kind_cost(each: Field, wants: str) -> float:
    if wants == "number" and each.kind in ("text", "boolean") and not _looks_numeric(each):
        return 0.5
    if wants == "number" and each.name.lower().endswith("id"):
        return 0.4
    if wants == "year" and each.kind != "date" and not looks_like_dates(each) and "year" not in each.name.lower():
        return 0.45
    if wants == "date" and each.kind != "date" and not looks_like_dates(each):
        return 0.45
    return 0.0


def _looks_numeric(each: Field) -> bool:
    shown = [value.strip("'") for value in each.values]
    return bool(shown) and all(value.replace(".", "", 1).replace("-", "", 1).isdigit() for value in shown)


def looks_like_dates(each: Field) -> bool:
    """Whether the values that were shown are dates, whatever the type says."""
    shown = [value.strip("'") for value in each.values if value != "NULL"]
    return bool(shown) and all(len(v) >= 10 and v[:4].isdigit() and v[4] == "-" and v[7] == "-" for v in shown)


def _is_gloss(value: ValueSlot, literal: str) -> bool:
    return value.mention.text.lower() not in english().coded_words and spelled_otherwise(value.mention, literal)


def _bind_value(value: ValueSlot, binding: Binding, graph: JoinGraph) -> bool:
    base = binding.main.sql
    if value.owner is not None and (value.owner in binding.tables or value.owner in binding.fields):
        base = binding.table_of(value.owner)
    hint = value.hint
    hinted_fields = {(f.table, f.name): s for f, s in hint.mention.fields} if hint is not None else {}
    hinted_tables = {t.sql: s for t, s in hint.mention.tables} if hint is not None else {}
    bound_hint = binding.fields.get(hint) if hint is not None else None
    options: list[tuple[float, Field, str]] = []
    for found, literal, score in value.mention.values:
        each = _held_in_role(found, value, binding, graph)
        distance = min(graph.distance(base, each.table), graph.distance(binding.main.sql, each.table) + 1)
        worth = score - _hop_cost(distance, False)
        if hint is not None:
            key = (each.table, each.name)
            if key in hinted_fields:
                worth += 0.15 * hinted_fields[key] + (0.1 if bound_hint is each else 0.0)
            elif each.table in hinted_tables:
                worth += 0.08 * hinted_tables[each.table]
            else:
                worth -= 0.3
        elif each.table not in (base, binding.main.sql) and _is_gloss(value, literal):
            worth -= 0.4  # "new customers" are not those whose order is new
        options.append((worth, each, literal))
    options.sort(key=lambda item: -item[0])
    if not options or options[0][0] < 0.25:
        return False
    best, chosen, literal = options[0]
    rivals = [o for o in options[1:] if o[0] > best - 0.03 and not _joined_fields(o[1], chosen, graph)]
    if rivals:
        binding.tied_values[value] = rivals[0][1:]
        binding.doubts.append(
            (
                f"{value.mention.text!r}: {chosen.table}.{chosen.name} or {rivals[0][1].table}.{rivals[0][1].name}",
                TIE,
            )
        )
    binding.values[value] = (chosen, literal)
    binding.cost += max(0.0, 1 - best)
    return True
