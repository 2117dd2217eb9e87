"""Who may see what: users, roles and their rules, by name alone and without any database."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal

from tools.errors import PolicyInvalid, UserNotPermitted
from tools.metadata import DatabaseMeta, TableMeta

MaskKind = Literal["null", "hash", "last four", "constant"]

# Where stored names that differ only in case are different tables, a permission is meant for the one it spells.
_TELL_CASE_APART = frozenset({"postgres", "mysql", "bigquery", "clickhouse"})
_PARTS = re.compile(r'"(?:[^"]|"")+"|[^."]+')


@dataclass(frozen=True)
class User:
    """Who asks: an id, the roles that were verified for them, and the variables that row conditions use.

    These come from the embedding application, never from a question, a model or a prompt. Variables are str, int,
    float, Decimal, bool, dates, UUIDs, None, or lists of these; `:user_id` is always the id.
    """

    id: str = ""
    roles: tuple[str, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        roles = (self.roles,) if isinstance(self.roles, str) else tuple(self.roles)
        object.__setattr__(self, "roles", roles)
        object.__setattr__(self, "variables", {**self.variables, "user_id": self.id})
        for name, value in self.variables.items():
            _bindable(name, value)


_BINDABLE = (str, bool, int, float, Decimal, datetime.date, datetime.time, uuid.UUID, type(None))


def _bindable(name: str, value: object) -> None:
    if isinstance(value, list | tuple | set | frozenset):
        for each in value:
            if isinstance(each, list | tuple | set | frozenset):
                raise UserNotPermitted(f"The variable {name!r} is a list of lists. Give one list of plain values.")
            _bindable(name, each)
        return
    if not isinstance(value, _BINDABLE) or isinstance(value, bytes):
        raise UserNotPermitted(f"The variable {name!r} is a {type(value).__name__}. Give text, a number or a date.")
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise UserNotPermitted(f"The variable {name!r} is {value}. Give a finite number.")
    if isinstance(value, str) and ("\0" in value or value.encode("utf-8", "replace").decode() != value):
        raise UserNotPermitted(f"The variable {name!r} holds a character that no database stores. Leave it out.")


@dataclass(frozen=True)
class Mask:
    """What is shown instead of a field's values; `value` is that of a constant."""

    kind: MaskKind
    value: object = None


@dataclass(frozen=True)
class Pattern:
    """A name of one to three parts, each of which may hold * and ?; a part in double quotes may hold dots."""

    text: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, text: str, most: int, least: int = 1) -> Pattern:
        """Take a pattern apart. Raises PolicyInvalid unless it has between `least` and `most` parts."""
        parts = tuple(part.strip('"').replace('""', '"') for part in _PARTS.findall(text))
        if not least <= len(parts) <= most or not _is_whole(text):
            shape = ".".join(("schema", "table", "field")[:most])
            raise PolicyInvalid(f"{text!r} is no name of the form {shape}. Quote a part that holds a dot.")
        return cls(text, parts)

    @property
    def exact(self) -> bool:
        """Whether it names one thing: no part holds * or ?."""
        return not any("*" in part or "?" in part for part in self.parts)

    def matches(self, *names: str, case: bool = False) -> bool:
        """Whether it means these names, read from the end: a pattern `orders` means orders in every schema."""
        regexes = self._with_case if case else self._without_case
        wanted = names[len(names) - len(regexes) :]
        return len(wanted) == len(regexes) and all(
            regex.fullmatch(name) is not None for regex, name in zip(regexes, wanted, strict=True)
        )

    @cached_property
    def _with_case(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_regex(part), re.DOTALL) for part in self.parts)

    @cached_property
    def _without_case(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_regex(part), re.DOTALL | re.IGNORECASE) for part in self.parts)


def _is_whole(text: str) -> bool:
    return re.fullmatch(rf"(?:{_PARTS.pattern})(?:\.(?:{_PARTS.pattern}))*", text) is not None


def _regex(part: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in part)


@dataclass(frozen=True)
class Names:
    """Schemas, tables and fields, by patterns."""

    schemas: tuple[Pattern, ...] = ()
    tables: tuple[Pattern, ...] = ()
    fields: tuple[Pattern, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What one role may see.

    What `allow` does not name is not seen, and `deny` takes away again. `rows` are conditions, all of which a row
    must meet; `masks` say what is shown instead of a field. `trusted_views` are read by their own name: whoever
    made them vouches for what they show.
    """

    allow: Names = Names()
    deny: Names = Names()
    rows: tuple[tuple[Pattern, str], ...] = ()
    masks: tuple[tuple[Pattern, Mask], ...] = ()
    trusted_views: tuple[Pattern, ...] = ()


@dataclass(frozen=True)
class Policy:
    """Roles and their rules; `everyone` binds whoever asks, on top of the roles.

    `default_role` is for a user who has no role of this policy, also for none at all; without it they are refused.
    `salt` keeps hash masks from being found by hashing guesses; made at random where none is given, so that hashes
    then differ from one start to the next. `digest` tells this policy from others.
    """

    roles: Mapping[str, Rules]
    everyone: Rules | None = None
    default_role: str | None = None
    salt: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @cached_property
    def digest(self) -> str:
        """A digest of all rules and the salt."""
        return _digest(repr(sorted(self.roles.items())), repr(self.everyone), str(self.default_role), self.salt)

    def of(self, user: User | None) -> Permissions:
        """What the user may see. Raises UserNotPermitted for one with no role here."""
        asking = user or User()
        known = tuple(sorted({role for role in asking.roles if role in self.roles}))
        if not known and self.default_role is not None:
            known = (self.default_role,)
        if not known:
            if user is None:
                raise UserNotPermitted(
                    "A policy is set, and nobody is named for whom to ask. Give ask(..., user=User(id, roles)), "
                    "--user and --role on the command line, or set default_role in the policy."
                )
            has = ", ".join(asking.roles) or "none"
            raise UserNotPermitted(
                f"The policy has no role for the user {asking.id!r}, who has: {has}. "
                "Give the user a role of the policy, or set its default_role."
            )
        permissions = Permissions(self, asking, known)
        missing = sorted(permissions.used - set(asking.variables))
        if missing:
            raise UserNotPermitted(
                f"The policy needs the variable {', '.join(missing)} of the user {asking.id!r}, and it was not given. "
                "Give it in User(variables=...), or with --var NAME=VALUE on the command line."
            )
        return permissions

    def check(self, meta: DatabaseMeta) -> None:
        """Raises PolicyInvalid where a rule keeps back what the database lacks."""
        for problem in self.problems(meta):
            raise PolicyInvalid(f"The policy does not fit the database: {problem}")

    def problems(self, meta: DatabaseMeta) -> Iterable[str]:
        """A sentence for each rule that keeps back what the database lacks: a slip of the pen would show data."""
        for title, rules in (*self.roles.items(), ("everyone", self.everyone)):
            if rules is not None:
                yield from _misses(title, rules, meta)


@dataclass(frozen=True)
class TableRules:
    """What holds for one table: the rows of any of `alternatives` (each a conjunction), of these all of `always`."""

    always: tuple[str, ...]
    alternatives: tuple[tuple[str, ...], ...]  # empty: no condition but `always`
    hidden: frozenset[str]  # names of fields as stored
    masks: Mapping[str, Mask]

    @property
    def restricts(self) -> bool:
        """Whether anything of the table is kept back."""
        return bool(self.always or self.alternatives or self.hidden or self.masks)


@dataclass(frozen=True)
class Permissions:
    """What one user may see: the rules of the roles they have.

    Of several roles that show a table, the rows add up, and a field is shown as the strictest of them shows it;
    what one denies no other gives back.
    """

    policy: Policy
    user: User
    roles: tuple[str, ...]

    @cached_property
    def _rules(self) -> tuple[Rules, ...]:
        return tuple(self.policy.roles[name] for name in self.roles)

    @cached_property
    def _every_rules(self) -> tuple[Rules, ...]:
        return (*self._rules, *((self.policy.everyone,) if self.policy.everyone else ()))

    @cached_property
    def used(self) -> frozenset[str]:
        """The names of the variables in the row conditions of these roles."""
        return frozenset(
            name
            for rules in self._every_rules
            for _, text in rules.rows
            for name in re.findall(r"(?<![:\w]):([A-Za-z_]\w*)", re.sub(r"'(?:[^']|'')*'", "''", text))
        )

    @cached_property
    def variables(self) -> Mapping[str, object]:
        """The values of the variables used, and of no others, so that users who see the same share what is made."""
        return {name: value for name, value in self.user.variables.items() if name in self.used}

    @cached_property
    def id(self) -> str:
        """A digest of the policy, the roles and the variables that they use: 16 hex digits."""
        variables = sorted((name, type(value).__name__, repr(value)) for name, value in self.variables.items())
        return _digest(self.policy.digest, json.dumps(self.roles), repr(variables))[:16]

    def may_name(self, schema: str | None, table: str, meta: DatabaseMeta) -> bool:
        """Whether the rules show a table of that name, were there one; a table without schema is the default's.

        Answered by the rules alone, so the answer says nothing of what there is.
        """
        schema = meta.default_schema if schema is None else schema
        return bool(self._showing(schema, table, meta)) and not self._denied(schema, table)

    def may_name_field(self, table: TableMeta, name: str, meta: DatabaseMeta) -> bool:
        """Likewise for a field of a table that is shown."""
        showing = self._showing(table.schema, table.name, meta)
        hides = self._hiding(table, showing, meta)
        return bool(showing) and (hides is None or not hides(name))

    def denies_field(self, table: TableMeta, name: str) -> bool:
        """Whether a rule takes the field of that name away."""
        return any(
            pattern.matches(*_names(table.schema), table.name, name)
            for rules in self._every_rules
            for pattern in rules.deny.fields
        )

    @property
    def limits_fields(self) -> bool:
        """Whether any rule is about single fields."""
        return any(rules.allow.fields or rules.deny.fields for rules in self._every_rules)

    def denies(self, table: TableMeta) -> bool:
        """Whether a rule takes the whole table away."""
        return self._denied(table.schema, table.name)

    def of(self, table: TableMeta, meta: DatabaseMeta) -> TableRules | None:
        """What holds for the table; None when it is not seen at all."""
        showing = self._showing(table.schema, table.name, meta)
        if not showing or self._denied(table.schema, table.name):
            return None
        # The fields of a table are made when they are looked at, and most tables have no rule about any.
        masks = [
            (pattern, mask)
            for rules in self._every_rules
            for pattern, mask in rules.masks
            if _table_of(pattern).matches(*_names(table.schema), table.name)
        ]
        hidden: frozenset[str] = frozenset()
        hides = self._hiding(table, showing, meta)
        if hides is not None:
            hidden = frozenset(each.name for each in table.fields if hides(each.name))
            if len(hidden) == len(table.fields):
                return None
        alternatives = [self._conditions(rules, table) for rules in showing]
        strictest: dict[str, Mask] = {}
        for each in table.fields if masks else ():
            own = [mask for pattern, mask in masks if _field_of(pattern).matches(each.name)]
            if own and each.name not in hidden:
                strictest[each.name] = min(own, key=lambda mask: _STRICTNESS.index(mask.kind))
        return TableRules(
            always=self._conditions(self.policy.everyone, table) if self.policy.everyone else (),
            alternatives=() if () in alternatives else tuple(dict.fromkeys(alternatives)),
            hidden=hidden,
            masks=strictest,
        )

    def trusts(self, view: TableMeta) -> bool:
        """Whether the view is read by its own name instead of through its definition."""
        return any(
            pattern.matches(*_names(view.schema), view.name) for rules in self._rules for pattern in rules.trusted_views
        )

    def _showing(self, schema: str, table: str, meta: DatabaseMeta) -> list[Rules]:
        """The rules of the roles that allow the table or fields of it."""
        return [
            rules
            for rules in self._rules
            if _allows(rules.allow, schema, table, meta)
            or any(_allows_field(pattern, schema, table, meta) for pattern in rules.allow.fields)
        ]

    def _denied(self, schema: str, table: str) -> bool:
        return any(
            any(pattern.matches(name) for name in _names(schema) for pattern in rules.deny.schemas)
            or any(pattern.matches(*_names(schema), table) for pattern in rules.deny.tables)
            for rules in self._every_rules
        )

    def _hiding(self, table: TableMeta, showing: list[Rules], meta: DatabaseMeta) -> Callable[[str], bool] | None:
        """Which names of fields are kept back; None where no rule is about fields of the table."""
        schema, name = table.schema, table.name
        denied = [
            _field_of(pattern)
            for rules in self._every_rules
            for pattern in rules.deny.fields
            if _table_of(pattern).matches(*_names(schema), name)
        ]
        allowed = [
            [_field_of(each) for each in rules.allow.fields if _allows_field(each, schema, name, meta)]
            for rules in showing
            if not _allows(rules.allow, schema, name, meta)
        ]
        if not denied and not allowed:
            return None

        def hides(field: str) -> bool:
            return any(each.matches(field) for each in denied) or not all(
                any(each.matches(field) for each in names) for names in allowed
            )

        return hides

    def _conditions(self, rules: Rules, table: TableMeta) -> tuple[str, ...]:
        return tuple(text for pattern, text in rules.rows if pattern.matches(*_names(table.schema), table.name))


# The first shows least.
_STRICTNESS: tuple[MaskKind, ...] = ("null", "constant", "hash", "last four")


def _names(schema: str) -> tuple[str, ...]:
    """The schema as patterns know it: SQLite's only one is written as none, and may be called main."""
    return (schema or "main",)


def _allows(allow: Names, schema: str, table: str, meta: DatabaseMeta) -> bool:
    """Whether the whole table is allowed."""
    case = meta.dialect in _TELL_CASE_APART
    if any(pattern.matches(*_names(schema), case=case) for pattern in allow.schemas):
        return True
    return any(
        _reaches(pattern, 2, schema, meta) and pattern.matches(*_names(schema), table, case=case)
        for pattern in allow.tables
    )


def _allows_field(pattern: Pattern, schema: str, table: str, meta: DatabaseMeta) -> bool:
    """Whether a pattern of fields allows any of the table."""
    case = meta.dialect in _TELL_CASE_APART
    return _reaches(pattern, 3, schema, meta) and _table_of(pattern).matches(*_names(schema), table, case=case)


@lru_cache(10_000)
def _table_of(pattern: Pattern) -> Pattern:
    """The part of a pattern of fields that is about the table."""
    return Pattern(pattern.text, pattern.parts[:-1])


@lru_cache(10_000)
def _field_of(pattern: Pattern) -> Pattern:
    """The part of a pattern of fields that is about the field."""
    return Pattern(pattern.text, pattern.parts[-1:])


def _reaches(pattern: Pattern, whole: int, schema: str, meta: DatabaseMeta) -> bool:
    """A pattern that allows and names no schema means the default one alone; `*` means every table there is."""
    return (
        len(pattern.parts) == whole
        or pattern.parts == ("*",)
        or not meta.default_schema
        or schema == meta.default_schema
    )


def _misses(title: str, rules: Rules, meta: DatabaseMeta) -> Iterable[str]:
    """The exact names that keep something back, in vain: the database has no such thing."""
    tables = list(meta.tables())
    for place, patterns in (("rows", [each for each, _ in rules.rows]), ("deny.tables", rules.deny.tables)):
        for pattern in patterns:
            if pattern.exact and not any(pattern.matches(*_names(each.schema), each.name) for each in tables):
                yield f"{title}.{place} names {pattern.text}, and the database has no such table."
    for place, patterns in (("masks", [each for each, _ in rules.masks]), ("deny.fields", rules.deny.fields)):
        for pattern in patterns:
            if pattern.exact and not any(
                pattern.matches(*_names(table.schema), table.name, each.name)
                for table in tables
                for each in table.fields
            ):
                yield f"{title}.{place} names {pattern.text}, and the database has no such field."
    schemas = [name for schema in meta.schemas for name in _names(schema.name)]
    for pattern in rules.deny.schemas:
        if pattern.exact and not any(map(pattern.matches, schemas)):
            yield f"{title}.deny.schemas names {pattern.text}, and the database has no such schema."


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
