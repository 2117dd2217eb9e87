"""Renders prompt templates: Jinja2 in a sandbox where names must exist, data cannot act and nothing grows without end.

A prompt may come from a server that others edit. Jinja2's sandbox keeps it from reaching Python; it does not keep
`{{ 'x' * 10000000000 }}` from taking the process down. Here every loop step, call and character built is counted.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.filters import FILTERS
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

LONGEST_TEMPLATE = 200_000  # characters
LONGEST_RESULT = 1_000_000
_MOST_BUILT = 20 * LONGEST_RESULT  # characters in all, of what is thrown away again too
_MOST_STEPS = 2_000_000
_MOST_SECONDS = 5.0
_LARGEST_INTEGER_BITS = 256


class TemplateProblem(Exception):
    """The template does not parse, or cannot be rendered with what it was given; `line` is None when unknown."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@lru_cache(maxsize=64)
def parsed(source: str) -> Template:
    """The template of this text, parsed once. Raises TemplateProblem."""
    return Template(source)


class Template:
    """A prompt's text, ready to be rendered."""

    def __init__(self, source: str) -> None:
        if len(source) > LONGEST_TEMPLATE:
            raise TemplateProblem(f"it has {len(source):,} characters; {LONGEST_TEMPLATE:,} are the limit")
        try:
            code = _environment.compile(source, filename=_FILENAME)
            self._template = jinja2.Template.from_code(_environment, code, _environment.make_globals(None))
        except jinja2.TemplateSyntaxError as error:
            raise TemplateProblem(error.message or "it does not parse", error.lineno) from None
        except (RecursionError, ValueError, OverflowError, MemoryError, SyntaxError) as error:
            raise TemplateProblem(f"it does not parse ({type(error).__name__})") from None

    def render(self, variables: Mapping[str, object]) -> str:
        """The text, without blank space at its ends. Raises TemplateProblem."""
        budget = _Budget()
        token = _budget.set(budget)
        try:
            context = self._template.new_context(dict(variables))
            pieces: list[str] = []
            size = 0
            for piece in self._template.root_render_func(context):
                budget.step()
                size += len(piece)
                if size > LONGEST_RESULT:
                    raise _TooMuch(f"it renders to more than {LONGEST_RESULT:,} characters; list less of the schema")
                pieces.append(piece)
        except Exception as error:  # whatever a template does wrong is the template's fault
            raise TemplateProblem(_reason(error), self._line(error)) from None
        finally:
            _budget.reset(token)
        return "".join(pieces).encode("utf-8", "replace").decode().strip()

    def _line(self, error: Exception) -> int | None:
        frame, line = error.__traceback__, None
        while frame is not None:
            if frame.tb_frame.f_code.co_filename == _FILENAME:
                line = self._template.get_corresponding_lineno(frame.tb_lineno)
            frame = frame.tb_next
        return line


def suspicions(source: str, given: Mapping[str, Collection[str]]) -> list[tuple[int, str]]:
    """What is wrong with a template wherever it stands, also where a rendering does not come by: (line, what).

    A rendering takes one branch of each `if`; this reads them all: names that are not among the `given` ones, or keys
    not among theirs, and what reaches for Python or calls what may not be called. Raises TemplateProblem for one that
    does not parse.
    """
    parsed(source)
    tree = _environment.parse(source)
    unknown = find_undeclared_variables(tree) - set(given)
    found: set[tuple[int, str]] = set()
    for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Call)):
        match node:
            case nodes.Name(name=name, ctx="load") if name in unknown:
                found.add((node.lineno, f"{name!r} is undefined; there is {', '.join(sorted(given))}"))
            case nodes.Getattr(attr=str(name)) | nodes.Getitem(arg=nodes.Const(value=str(name))) if name[:1] == "_":
                found.add((node.lineno, f"{name!r} reaches into Python, which a prompt may not"))
            case nodes.Getattr(node=nodes.Name(name=owner), attr=name) if name not in given.get(owner, (name,)):
                found.add((node.lineno, f"{owner} has no {name!r}; it has {', '.join(sorted(given[owner]))}"))
            case nodes.Call(node=nodes.Getattr(attr=name)) if name not in _CALLABLE:
                found.add((node.lineno, f"{name}() calls what a prompt may not call"))
    return sorted(found)


_FILENAME = "<prompt template>"


class _TooMuch(Exception):
    """The template grew past one of its limits."""


class _Budget:
    """What is left of one rendering's steps, characters and seconds."""

    def __init__(self) -> None:
        self._steps = 0
        self._built = 0
        self._until = time.monotonic() + _MOST_SECONDS

    def step(self) -> None:
        self._steps += 1
        if self._steps % 1024 == 0 and time.monotonic() > self._until:
            raise _TooMuch(f"rendering took more than {_MOST_SECONDS:g} seconds")
        if self._steps > _MOST_STEPS:
            raise _TooMuch(f"it takes more than {_MOST_STEPS:,} steps")

    def build(self, size: int) -> None:
        self._built += size
        if size > LONGEST_RESULT or self._built > _MOST_BUILT:
            raise _TooMuch("it builds too long a text")


# Parsing folds constants, so some of what is counted happens outside of a rendering.
_budget: ContextVar[_Budget | None] = ContextVar("dbagent_template_budget", default=None)


def _step() -> None:
    if (budget := _budget.get()) is not None:
        budget.step()


def _build(size: int) -> None:
    (_budget.get() or _Budget()).build(size)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a template may ask of a value, by the value's type; of any other type nothing.
_TEXT_METHODS = _words("""
    capitalize count endswith find index isdigit isupper islower lower lstrip partition removeprefix removesuffix
    rpartition rsplit rstrip split splitlines startswith strip title upper
""")
_LOOP = _words("""
    index index0 first last length revindex revindex0 depth depth0 cycle changed previtem nextitem
""")
_ATTRIBUTES: tuple[tuple[type | tuple[type, ...], frozenset[str]], ...] = (
    (str, _TEXT_METHODS),
    (Mapping, _words("get items keys values")),
    ((list, tuple), _words("count index")),
    (datetime.date, _words("year month day hour minute second isoformat weekday")),
    (LoopContext, _LOOP),
)
_CALLABLE = _TEXT_METHODS | _words("get items keys values isoformat weekday cycle changed")
_HARMLESS_FILTERS = _words("""
    abs capitalize count d default dictsort first float groupby int items last length list lower map max min
    reject rejectattr reverse select selectattr sort sum title trim truncate unique upper wordcount
""")


class _Environment(ImmutableSandboxedEnvironment):
    """Stricter than the sandbox: what is not listed is not there."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, finalize=_text)
        self.filters = {name: FILTERS[name] for name in _HARMLESS_FILTERS} | {
            "indent": _indent,
            "join": _join,
            "replace": _replace,
            "round": _round,
            "string": _text,
            "tojson": _tojson,
        }
        self.globals = {"range": self.globals["range"], "dict": dict, "namespace": Namespace}

    def _generate(self, source: nodes.Template, *options: Any, **more: Any) -> str:
        return super()._generate(_Counting(self).visit(source), *options, **more)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute as `.name` asks for it; in a mapping its keys come first."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        allowed = isinstance(obj, Namespace) and not attribute.startswith("_")
        if (allowed or attribute in _attributes_of(obj)) and hasattr(obj, attribute):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item as `[…]` asks for it."""
        if isinstance(obj, Mapping | Sequence):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """What may be called: macros, the three globals, and the methods that `getattr` hands out."""
        if isinstance(obj, Macro | jinja2.Undefined) or obj in self.globals.values():
            return True
        owner = getattr(obj, "__self__", None)
        return owner is self or getattr(obj, "__name__", "") in _attributes_of(owner)

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Count a call, and what text it gave."""
        _step()
        result = super().call(context, obj, *args, **kwargs)
        if isinstance(result, str):
            _build(len(result))
        return result

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Let only that grow which stays small."""
        if operator == "%" and isinstance(left, str):
            raise _TooMuch("text cannot be formatted with %; write {{ … }} instead")
        for one, other in ((left, right), (right, left)):
            if isinstance(one, str | list | tuple):
                if operator == "*" and isinstance(other, int):
                    _build(len(one) * max(other, 0))
                elif operator == "+" and isinstance(other, type(one)):
                    _build(len(left) + len(right))
                break
        if isinstance(left, int) and isinstance(right, int):
            size = max(left.bit_length(), 1) * max(right, 1) if operator == "**" else 0
            size = left.bit_length() + right.bit_length() if operator == "*" else size
            if size > _LARGEST_INTEGER_BITS:
                raise _TooMuch("it computes too large a number")
        return super().call_binop(context, operator, left, right)

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Where blocks, macros and captures are put together."""
        listed = list(pieces)
        _build(sum(map(len, listed)))
        return "".join(listed)

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """What a loop goes over, each step counted."""
        if isinstance(values, jinja2.Undefined):
            iter(values)  # says which name is undefined
        for value in values:
            _step()
            yield value

    def joined(self, *values: object) -> str:
        """What `~` does."""
        return _joined("", values)


class _Counting(NodeTransformer):
    """Puts the counting where Jinja2 has no hook for it: loops and `~`."""

    def __init__(self, environment: _Environment) -> None:
        self._environment = environment

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - jinja2's name
        if node.recursive:
            raise jinja2.TemplateSyntaxError("recursive loops are not for prompts", node.lineno)
        self.generic_visit(node)
        node.iter = self._call("counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return self._call("joined", *node.nodes)

    def _refuse(self, node: nodes.Node) -> nodes.Node:
        raise jinja2.TemplateSyntaxError("a prompt stands alone: it cannot include, import or extend", node.lineno)

    visit_Include = visit_Import = visit_FromImport = visit_Extends = _refuse  # noqa: N815

    def _call(self, name: str, *arguments: Any) -> nodes.Call:
        call = nodes.Call(nodes.EnvironmentAttribute(name), list(arguments), [], None, None)
        call.set_lineno(arguments[0].lineno)
        call.set_environment(self._environment)
        return call


def _attributes_of(value: object) -> frozenset[str]:
    for kind, names in _ATTRIBUTES:
        if isinstance(value, kind):
            return names
    if isinstance(value, Namespace):
        return frozenset(name for name in vars(value).get("_Namespace__attrs", ()) if not name.startswith("_"))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _data_of(type(value))
    return frozenset()


@lru_cache(maxsize=256)
def _data_of(kind: type) -> frozenset[str]:
    """The fields and properties of a dataclass: its data, none of its methods."""
    names = {each.name for each in dataclasses.fields(kind)}
    names |= {name for each in kind.__mro__ for name, member in vars(each).items() if isinstance(member, property)}
    return frozenset(name for name in names if not name.startswith("_"))


def _text(value: object) -> Any:
    """How a value is printed: a plain one as it is, a list or a mapping as JSON."""
    if isinstance(value, str | jinja2.Undefined):
        return value
    if isinstance(value, list | tuple | Mapping | set | frozenset):
        return _tojson(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = ", ".join(sorted(_data_of(type(value)))[:8])
        raise _TooMuch(f"a {type(value).__name__} cannot be printed as a whole; print one of {names}")
    if value is None or isinstance(value, bool | int | float | decimal.Decimal | datetime.date | datetime.time):
        return str(value)
    raise _TooMuch(f"a {type(value).__name__} cannot be printed")


def _joined(separator: str, values: Iterable[object]) -> str:
    texts = [str(_text(value)) for value in values]
    _build(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@jinja2.pass_environment
def _join(environment: _Environment, values: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        values = [environment.getitem(value, attribute) for value in environment.counted(values)]
    return _joined(str(_text(d)), environment.counted(values))


def _replace(text: object, old: str, new: str, count: int | None = None) -> str:
    text = str(_text(text))
    times = text.count(old) if count is None else min(text.count(old), count)
    _build(len(text) + times * max(len(new) - len(old), 0))
    return text.replace(old, new, -1 if count is None else count)


def _indent(text: object, width: int = 4, first: bool = False, blank: bool = False) -> str:
    text = str(_text(text))
    pad = " " * max(0, min(int(width), 40))
    lines = text.split("\n")
    _build(len(text) + len(pad) * len(lines))
    return "\n".join(pad + line if (line or blank) and (number or first) else line for number, line in enumerate(lines))


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    rounded: Callable[..., float] = FILTERS["round"]
    return rounded(value, max(-30, min(int(precision), 30)), method)


def _tojson(value: object, indent: int | None = None) -> str:
    encoder = json.JSONEncoder(
        ensure_ascii=False, indent=None if indent is None else max(0, min(int(indent), 8)), default=_for_json
    )
    pieces: list[str] = []
    size = 0
    for piece in encoder.iterencode(value):
        _step()
        size += len(piece)
        if size > LONGEST_RESULT:
            break
        pieces.append(piece)
    _build(size)
    return "".join(pieces)


def _for_json(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return _text(value)


def _reason(error: Exception) -> str:
    match error:
        case jinja2.UndefinedError() | _TooMuch():
            return str(error)
        case jinja2.exceptions.SecurityError():
            return f"{error}; a prompt may read what it is given, and call nothing"
        case RecursionError():
            return "it calls itself without end"
    return f"{type(error).__name__}: {error}"[:300]


_environment = _Environment()
