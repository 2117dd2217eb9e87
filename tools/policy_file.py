"""A policy as people write it: a YAML file, or the same as a Python mapping, checked before anything is asked."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from tools.errors import PolicyInvalid
from tools.handwriting import Handwritten, what_is_wrong
from tools.policy import Mask, Names, Pattern, Policy, Rules

_LARGEST = 5_000_000  # bytes


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


_Names = Annotated[list[str], BeforeValidator(_listed)]


class _Strict(Handwritten):
    model_config = ConfigDict(strict=True)


class _NamesGiven(_Strict):
    schemas: _Names = Field(default_factory=list)
    tables: _Names = Field(default_factory=list)
    fields: _Names = Field(default_factory=list)

    def names(self) -> Names:
        return Names(
            tuple(Pattern.of(each, 1) for each in self.schemas),
            tuple(Pattern.of(each, 2) for each in self.tables),
            tuple(Pattern.of(each, 3, 2) for each in self.fields),
        )


def _everything(given: Any) -> Any:
    return {"tables": "*"} if given == "*" else given


class _Constant(_Strict):
    constant: str | bool | int | float | Decimal | datetime.datetime | datetime.date | None


_MASKS = {"null": "null", "hash": "hash", "last four": "last four", "last_four": "last four", "last 4": "last four"}


class _Binding(_Strict):
    deny: _NamesGiven = _NamesGiven()
    rows: dict[str, _Names] = Field(default_factory=dict)
    masks: dict[str, Any] = Field(default_factory=dict)

    def rules(self, allow: Names = Names(), trusted_views: tuple[Pattern, ...] = ()) -> Rules:  # noqa: B008
        return Rules(
            allow=allow,
            deny=self.deny.names(),
            rows=tuple((Pattern.of(name, 2), text) for name, texts in self.rows.items() for text in texts),
            masks=tuple((Pattern.of(name, 3, 2), _as_mask(name, given)) for name, given in self.masks.items()),
            trusted_views=trusted_views,
        )


class _Role(_Binding):
    allow: Annotated[_NamesGiven, BeforeValidator(_everything)]
    trusted_views: _Names = Field(default_factory=list)


class _PolicyGiven(_Strict):
    roles: dict[str, _Role] = Field(min_length=1)
    everyone: _Binding | None = None
    default_role: str | None = None
    salt: Annotated[str, Field(min_length=8)] | None = None


def _as_mask(name: str, given: Any) -> Mask:
    forms = "Give null, hash, last four, or {constant: what is shown}."
    if isinstance(given, Mapping):
        try:
            shown = _Constant.model_validate(given).constant
        except ValidationError as error:
            raise PolicyInvalid(f"The mask of {name} is wrong: {what_is_wrong(error)[1]} {forms}") from None
        return Mask("null") if shown is None else Mask("constant", shown)
    # YAML reads a bare null as nothing at all.
    kind = "null" if given is None else _MASKS.get(given) if isinstance(given, str) else None
    if kind is None:
        raise PolicyInvalid(f"The mask of {name} is {given!r}. {forms}")
    return Mask(kind)  # type: ignore[arg-type]


def policy_from(given: Mapping[str, Any]) -> Policy:
    """A policy from what a YAML file holds. Raises PolicyInvalid, naming the place.

    {"roles": {"analyst": {
        "allow": {"schemas": ["public"], "tables": ["sales.orders"], "fields": ["hr.people.name"]},  # or "*"
        "deny": {"tables": ["secret_*"], "fields": ["*.password"]},
        "rows": {"orders": "region = :region"},                       # or a list: all of them must hold
        "masks": {"customers.email": "hash", "customers.phone": "last four", "people.salary": None,
                  "people.name": {"constant": "***"}},
        "trusted_views": ["sales.totals"]}},
     "everyone": {"deny": ..., "rows": ..., "masks": ...}, "default_role": "analyst", "salt": "..."}
    """
    try:
        read = _PolicyGiven.model_validate(given)
    except ValidationError as error:
        place, said = what_is_wrong(error)
        where = f" at {'.'.join(map(str, place))}" if place else ""
        raise PolicyInvalid(f"The policy is wrong{where}: {said}") from None
    if read.default_role is not None and read.default_role not in read.roles:
        raise PolicyInvalid(f"default_role is {read.default_role!r}; the roles are {', '.join(read.roles)}.")
    roles = {
        name: role.rules(role.allow.names(), tuple(Pattern.of(each, 2) for each in role.trusted_views))
        for name, role in read.roles.items()
    }
    everyone = read.everyone.rules() if read.everyone else None
    if read.salt is None:
        return Policy(roles, everyone, read.default_role)
    return Policy(roles, everyone, read.default_role, read.salt)


def read_policy(path: Path) -> Policy:
    """The policy in a YAML file; see `policy_from`. Raises PolicyInvalid, naming the file."""
    try:
        if path.stat().st_size > _LARGEST:
            raise PolicyInvalid(f"The policy {path} has more than {_LARGEST:,} bytes.")
        given = yaml.load(path.read_text("utf-8"), _OnceLoader)  # noqa: S506
    except OSError as error:
        raise PolicyInvalid(f"The policy {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        line = f", line {where.line + 1}" if where else ""
        raise PolicyInvalid(f"The policy {path}{line} is no YAML that can be read: {said}.") from error
    if not isinstance(given, dict):
        raise PolicyInvalid(f"The policy {path} holds no mapping. It begins with roles:")
    try:
        return policy_from(given)
    except PolicyInvalid as error:
        raise PolicyInvalid(f"{path}: {error}") from error


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that is given twice: of two rules for one table YAML would keep the second in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key in seen and key != "<<":
                raise yaml.constructor.ConstructorError(
                    problem=f"{key!r} stands there twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)
