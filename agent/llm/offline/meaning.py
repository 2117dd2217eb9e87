"""What a question means, before and after its words are bound to fields: a small relational algebra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent.llm.offline.linking import Mention


@dataclass(eq=False)
class Slot:
    """A place in the meaning to be filled with a table or a field; `owner` is the slot whose field it should be."""

    mention: Mention
    role: str  # "table" | "field" | "any"
    owner: Slot | None = None
    wants: str = ""  # "number" | "date" | "" : the kind of field that makes sense here

    def __repr__(self) -> str:
        return f"{self.role}:{self.mention.text}"


@dataclass(eq=False)
class ValueSlot:
    """A stored value, whose field the value itself tells; `hint` is what the question said of the field."""

    mention: Mention
    hint: Slot | None = None
    owner: Slot | None = None

    def __repr__(self) -> str:
        return f"value:{self.mention.text}" + (f"@{self.hint}" if self.hint else "")


# --- what is selected, ordered by, compared ---


@dataclass(eq=False)
class Pick:
    """A field, or a table's display field, as it stands."""

    slot: Slot


@dataclass(eq=False)
class Everything:
    """All fields of a table; of the main one when `slot` is None."""

    slot: Slot | None


@dataclass(eq=False)
class Aggregate:
    """avg, sum, min, max of a field; or count of rows of a table, of a field, of everything (None)."""

    function: str
    slot: Slot | None
    distinct: bool = False
    different: bool = False  # the question itself said "different"


@dataclass(eq=False)
class Share(Aggregate):
    """The part, in percent, of a count or a sum: of what meets the conditions, or, with none, of each group."""

    conditions: list[Condition] = field(default_factory=list)


@dataclass(eq=False)
class Combined(Aggregate):
    """A figure less another ("difference"), or divided by it ("ratio"), as `function` says."""

    left: Aggregate = field(default_factory=lambda: Aggregate("count", None))
    right: Aggregate = field(default_factory=lambda: Aggregate("count", None))


Item = Pick | Everything | Aggregate


# --- conditions ---


@dataclass(eq=False)
class Compare:
    """A field against literals: `operator` is =, !=, <, <=, >, >=; several literals are alternatives."""

    slot: Slot
    operator: str
    literals: tuple[str, ...]
    reversed_fields: frozenset[tuple[str, str]] = frozenset()


@dataclass(eq=False)
class IsValue:
    """One stored value (or several, as alternatives) in whichever field holds it."""

    values: tuple[ValueSlot, ...]
    negated: bool = False


@dataclass(eq=False)
class Between:
    slot: Slot
    low: str
    high: str
    negated: bool = False


@dataclass(eq=False)
class Like:
    slot: Slot
    patterns: tuple[str, ...]
    negated: bool = False
    every: bool = False


@dataclass(eq=False)
class Null:
    slot: Slot
    negated: bool = False


@dataclass(eq=False)
class InPeriod:
    """A date field within a half-open period; None leaves that side open."""

    slot: Slot
    start: str | None
    end: str | None
    negated: bool = False


@dataclass(eq=False)
class IsTrue:
    """A yes/no field, in whichever way it stores yes and no."""

    slot: Slot
    negated: bool = False


@dataclass(eq=False)
class AgainstAggregate:
    """A field against an aggregate of a field: above the average, equal to the maximum."""

    slot: Slot
    operator: str
    function: str
    of: Slot
    scope: list[Condition] = field(default_factory=list)
    reversed_fields: frozenset[tuple[str, str]] = frozenset()


@dataclass(eq=False)
class AgainstField:
    """A field against one of another row: earns more than their manager."""

    slot: Slot
    operator: str
    of: Slot


@dataclass(eq=False)
class Having:
    """Only groups whose aggregate compares so with a number."""

    aggregate: Aggregate
    operator: str
    number: str
    high: str = ""


@dataclass(eq=False)
class Related:
    """The rows have (or, negated, have no) related rows in a table, under conditions of their own."""

    slot: Slot
    negated: bool = False
    conditions: list[Condition] = field(default_factory=list)


@dataclass(eq=False)
class AnyOf:
    conditions: list[Condition]


@dataclass(eq=False)
class AllOf:
    conditions: list[Condition]


@dataclass(eq=False)
class BothOf:
    """Two conditions that no single row meets: the same thing must have a row for each."""

    conditions: list[Condition]


@dataclass(eq=False)
class ExceptThose:
    """Those that meet no row of the condition."""

    conditions: list[Condition]


@dataclass(eq=False)
class RowsWith:
    """Those for which at least one row elsewhere meets all the conditions."""

    conditions: list[Condition]


Condition = (
    Compare
    | IsValue
    | Between
    | Like
    | Null
    | InPeriod
    | IsTrue
    | AgainstAggregate
    | AgainstField
    | Having
    | Related
    | AnyOf
    | AllOf
    | BothOf
    | ExceptThose
    | RowsWith
)


@dataclass(eq=False)
class Order:
    """A key to sort by: a field or an aggregate; `alphabetic` when the question said so."""

    key: Item
    descending: bool = False
    reversed_fields: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Query:
    """One question: what to select, of what, under which conditions, grouped, ordered and cut how."""

    items: list[Item] = field(default_factory=list)
    main: Slot | None = None
    conditions: list[Condition] = field(default_factory=list)
    groups: list[Slot] = field(default_factory=list)
    periods: list[tuple[Slot, str]] = field(default_factory=list)  # grouped by month, year, … of a date
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    distinct: bool = False
    unexplained: list[str] = field(default_factory=list)
    doubts: list[tuple[str, float]] = field(default_factory=list)  # what was guessed, and how much it weighs
    asked_words: dict[str, str] = field(default_factory=dict)  # the English that stands for the asker's word
    chinese: bool = False  # the question was; its names are preferred where a table has both
    traded_in: list[str] = field(
        default_factory=list
    )  # "sold", "bought": the tables that record it, of which one is read
    through: list[str] = field(default_factory=list)  # tables that a verb names: ways through them are preferred

    def doubt(self, what: str, weight: float) -> None:
        """Note a guess, so that the confidence shows it."""
        self.doubts.append((what, weight))


def all_conditions(query: Query) -> Iterator[Condition]:
    """Every condition of the query, those of its shares too."""
    yield from conditions_within(query.conditions)
    for item in query.items:
        if isinstance(item, Share):
            yield from conditions_within(item.conditions)


def item_slots(item: Item) -> list[Slot]:
    """The slots of one thing asked for."""
    if isinstance(item, Combined):
        return [each.slot for each in (item.left, item.right) if each.slot is not None]
    return [item.slot] if item.slot is not None else []


def conditions_within(conditions: list[Condition]) -> Iterator[Condition]:
    """Every condition, those inside others too."""
    for each in conditions:
        yield each
        if isinstance(each, Related | AnyOf | AllOf | BothOf | ExceptThose | RowsWith):
            yield from conditions_within(each.conditions)
        elif isinstance(each, AgainstAggregate):
            yield from conditions_within(each.scope)
