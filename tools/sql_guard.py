"""Which statements may reach the database: one, and only one that reads."""

from __future__ import annotations

import difflib
import logging
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel
from sqlglot.tokenizer_core import Token, TokenType

from tools.errors import SqlRefused
from tools.guard.functions import allowed_functions as functions_of
from tools.guard.grammar import (
    BEFORE_STRING,
    CLOCKS,
    DESCRIBING,
    DIALECT_QUERY_WORDS,
    GRAMMAR_WORDS,
    NO_PARENTHESIS,
    NODES,
    POSTGRES_TYPES,
    PRAGMAS,
    QUERY_WORDS,
    REFUSED_ARGUMENTS,
    REFUSED_NODES,
    SESSION_FUNCTIONS,
    SHOW_SETTINGS,
    TYPE_WORDS,
)
from tools.guard.lexer import Lexed, UnlexableError, lexed
from tools.guard.scopes import Reading, attribute_problems, children, find_table, reading
from tools.metadata import DatabaseMeta, TableMeta

MAX_BYTES = 100_000
MAX_DEPTH = 100  # 500 nested parentheses exhaust Python's stack inside sqlglot


@dataclass(frozen=True)
class Opinion:
    """What the engine itself says of a statement that it has prepared and not run.

    `tables` are (schema, name) of everything it would read, after views were left as they are named;
    `functions` the names of everything it would call. Only an engine that knows all of them may have one.
    """

    reads_only: bool
    tables: tuple[tuple[str, str], ...]
    functions: tuple[str, ...]


class SecondOpinion(Protocol):
    """An engine's own parser and binder, asked about what sqlglot cannot parse."""

    def __call__(self, sql: str) -> Opinion | None:
        """What the statement would do, complete; None when the engine does not take it or cannot tell all."""
        ...


@dataclass(frozen=True)
class GuardedQuery:
    """A statement that may run.

    `sql` is the model's own text. `tree` is its query, parsed once: without the words in front of it
    (`prefix`, such as EXPLAIN); None for a description of a table (DESCRIBE, SHOW COLUMNS) and where the
    engine's second opinion let it pass. `tables` are the real tables it reads, each once.
    """

    sql: str
    tree: exp.Expr | None
    tables: tuple[TableMeta, ...]
    prefix: str = ""


def guarded(
    sql: str,
    meta: DatabaseMeta,
    *,
    allowed_functions: frozenset[str] = frozenset(),
    second_opinion: SecondOpinion | None = None,
) -> GuardedQuery:
    """Let one reading statement pass, or say why not and what to write instead.

    `allowed_functions` are names (lower case) that an administrator adds to the engine's own list.
    Raises SqlRefused, or UnknownTable for a name that is no table of the metadata.
    """
    if len(sql) > MAX_BYTES or len(sql.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SqlRefused(f"The statement is longer than {MAX_BYTES} bytes. Ask for less at a time.")
    if "\0" in sql:
        raise SqlRefused("The statement holds a NUL character. Leave it out.")
    return _Guard(sql, meta, functions_of(meta.dialect) | allowed_functions, second_opinion).run()


_STRINGS = frozenset(
    {
        TokenType.STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.HEX_STRING,
        TokenType.BIT_STRING,
        TokenType.BYTE_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.UNICODE_STRING,
    }
)
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})


class _Guard:
    """One statement on its way through the checks, cheapest first."""

    def __init__(
        self, sql: str, meta: DatabaseMeta, functions: frozenset[str], second_opinion: SecondOpinion | None
    ) -> None:
        self.sql = sql
        self.meta = meta
        self.dialect = meta.dialect
        self.functions = functions
        self.second_opinion = second_opinion

    def run(self) -> GuardedQuery:
        try:
            text = lexed(self.sql, self.dialect)
        except UnlexableError as unlexable:
            raise SqlRefused(str(unlexable)) from unlexable
        tokens = self._tokens(text)
        _refuse_depth(tokens)
        prefix, kind = self._prefix(tokens)
        if kind == "table":
            return self._description(tokens[prefix:])
        query = tokens[prefix:]
        if not query or not self._begins_query(query[0]):
            word = query[0].text if query else "nothing"
            raise SqlRefused(
                f"Only a query is accepted, and this one begins with {word[:40]}. Write one SELECT."
            )
        calls = self._calls(query)
        try:
            tree = _parsed(query, text.text, self.dialect)
        except SqlRefused as unparsable:
            return self._by_second_opinion(unparsable)
        self._nodes(tree)
        self._call_names(calls, tree)
        found = reading(tree, self.meta)
        if self.dialect == "postgres":
            self._attributes(found)
        words = text.text[tokens[0].start : query[0].start] if prefix else ""
        return GuardedQuery(self.sql, tree, (*found.unique, *self._described(tree, found)), words)

    def _tokens(self, text: Lexed) -> list[Token]:
        try:
            tokens = _dialect(self.dialect).tokenize(text.text)
        except Exception as error:
            raise SqlRefused(
                f"The statement cannot be read: {_first_line(error)}. Write it more plainly."
            ) from error
        # The engine's literals and sqlglot's must end at the same places, else one of them reads as text
        # what the other runs.
        ends = tuple(
            (token.end, token.token_type in _STRINGS)
            for token in tokens
            if token.token_type is TokenType.IDENTIFIER
            or (token.token_type in _STRINGS and not text.text[token.end].isalnum())
        )
        if ends != text.ends:
            raise SqlRefused(
                "The quotes in this statement can be read in two ways. Write its literals more plainly."
            )
        while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
            tokens.pop()
        if not tokens:
            raise SqlRefused("There is no statement. Write one SELECT.")
        if any(token.token_type is TokenType.SEMICOLON for token in tokens):
            raise SqlRefused("Only one statement at a time is accepted. Send the first alone.")
        return tokens

    def _begins_query(self, token: Token) -> bool:
        words = QUERY_WORDS | DIALECT_QUERY_WORDS.get(self.dialect, frozenset())
        return token.token_type is not TokenType.IDENTIFIER and token.text.lower() in words

    def _prefix(self, tokens: list[Token]) -> tuple[int, str]:
        """How many tokens stand before the query, and whether a query or a table's name follows."""
        word = tokens[0].text.lower()
        if tokens[0].token_type is TokenType.IDENTIFIER or tokens[0].token_type in _STRINGS:
            return 0, "query"
        if word in ("show", "pragma"):
            return 0, "table"
        if word not in ("explain", "describe", "desc", "summarize"):
            return 0, "query"
        at = 1
        while at < len(tokens) and not self._begins_query(tokens[at]):
            step = tokens[at].text.lower()
            if step in ("analyze", "analyse"):
                raise SqlRefused("EXPLAIN ANALYZE runs the statement. Use EXPLAIN alone.")
            if word == "explain" and step in (
                "extended",
                "partitions",
                "verbose",
                "query",
                "plan",
                "logical",
                "formatted",
            ):
                at += 1
            elif word == "explain" and step == "format" and at + 2 < len(tokens):
                at += 3
            else:
                return 0, "table"
        if (
            at < len(tokens)
            and tokens[at].text == "("
            and word == "explain"
            and self.dialect in ("postgres", "duckdb")
        ):
            at = self._explain_options(tokens, at)
        return at, "query"

    def _explain_options(self, tokens: list[Token], at: int) -> int:
        inside = at + 1
        if inside < len(tokens) and self._begins_query(tokens[inside]):
            return at  # EXPLAIN (SELECT ...)
        while inside < len(tokens) and tokens[inside].text != ")":
            if tokens[inside].text.lower() in ("analyze", "analyse"):
                raise SqlRefused("EXPLAIN ANALYZE runs the statement. Use EXPLAIN alone.")
            inside += 1
        return inside + 1

    def _description(self, tokens: list[Token]) -> GuardedQuery:
        """DESCRIBE t, SHOW COLUMNS FROM t, PRAGMA table_info(t): for one known table."""
        words = [token.text.lower() for token in tokens]
        word, rest = words[0], list(zip(tokens[1:], words[1:], strict=True))
        if word == "show" and self.dialect == "postgres":
            if len(rest) == 1 and rest[0][1] in SHOW_SETTINGS:
                return GuardedQuery(self.sql, None, ())
            raise SqlRefused(
                "Settings are not shown. search_metadata and show_table tell of tables and fields."
            )
        if word == "pragma":
            if self.dialect not in ("sqlite", "duckdb") or not rest or rest[0][1] not in PRAGMAS:
                raise SqlRefused("PRAGMA is not accepted, except table_info(table). Use show_table.")
            rest = [part for part in rest[1:] if part[1] not in ("(", ")", "=")]
        elif word == "show" and self.dialect == "mysql":
            while rest and rest[0][1] in ("full", "extended"):
                rest.pop(0)
            shown = rest.pop(0)[1] if rest else ""
            if (shown == "create" and rest and rest[0][1] == "table") or (
                shown in ("columns", "fields", "index", "indexes", "keys")
                and rest
                and rest[0][1] in ("from", "in")
            ):
                rest.pop(0)
            else:
                raise SqlRefused(
                    "SHOW is accepted for the columns or keys of one table only. Use show_table."
                )
        elif word == "summarize" or word in ("describe", "desc", "explain", "show"):
            if rest and rest[0][1] == "table" and self.dialect not in ("postgres",):
                rest.pop(0)
            if self.dialect == "mysql" and len(rest) == 2 and rest[1][0].token_type is TokenType.VAR:
                rest.pop()  # DESCRIBE t column
        parts = [token for token, text in rest if text != "."]
        dots = len(rest) - len(parts)
        plain = all(
            token.token_type in (TokenType.IDENTIFIER, TokenType.STRING) or re.fullmatch(r"\w+", token.text)
            for token in parts
        )
        if not parts or dots != len(parts) - 1 or not plain or self.dialect == "postgres":
            raise SqlRefused("Only the description of one table is accepted here. Use show_table.")
        table = find_table(
            self.meta, [exp.to_identifier(t.text, quoted=t.token_type is TokenType.IDENTIFIER) for t in parts]
        )
        return GuardedQuery(self.sql, None, (table,))

    def _calls(self, tokens: list[Token]) -> Counter[str]:
        """Names before parentheses that are neither allowed nor grammar: an alias with columns?"""
        unknown: Counter[str] = Counter()
        for at, token in enumerate(tokens):
            kind = token.token_type
            quoted = kind is TokenType.IDENTIFIER
            name = token.text.lower()
            if self.dialect == "postgres" and kind is TokenType.STRING and at:
                self._typed_literal(tokens, at)
            if name in NO_PARENTHESIS and not quoted:
                continue
            if (
                at + 1 >= len(tokens)
                or tokens[at + 1].token_type is not TokenType.L_PAREN
                or kind in _STRINGS
            ):
                continue
            if not quoted and not (name[:1].isalpha() or name[:1] == "_" or name[:1] >= "\x80"):
                continue
            if not quoted and (name in GRAMMAR_WORDS or name in TYPE_WORDS):
                continue
            if name in self.functions:
                if at > 1 and tokens[at - 1].token_type is TokenType.DOT:
                    self._schema_of_call(tokens[at - 2], name)
                continue
            if name in DESCRIBING.get(self.dialect, ()):
                continue
            if at > 1 and tokens[at - 1].token_type is TokenType.DOT:
                raise SqlRefused(self._no_function(name))
            unknown[name] += 1
        return unknown

    def _schema_of_call(self, owner: Token, name: str) -> None:
        """Behind a dot stands a built-in only where the dot is a method call or names the built-ins."""
        if self.dialect == "duckdb":
            return
        if owner.text.lower() not in ("pg_catalog", "safe", "net", "sys_catalog"):
            raise SqlRefused(
                f"{owner.text}.{name} is not a built-in function. Write {name} without the schema."
            )

    def _typed_literal(self, tokens: list[Token], at: int) -> None:
        """PostgreSQL casts in `name 'text'`, where sqlglot may read a column with an alias."""
        before = tokens[at - 1]
        name = before.text.lower()
        if before.token_type is TokenType.IDENTIFIER or (
            before.token_type is TokenType.VAR and name not in POSTGRES_TYPES and name not in BEFORE_STRING
        ):
            raise SqlRefused(
                f"{before.text} before a string is a cast to a type that is not built in. Cast with ::text."
            )

    def _call_names(self, calls: Counter[str], tree: exp.Expr) -> None:
        """Every unknown name before a parenthesis must be an alias that names its columns."""
        if not calls:
            return
        aliases: Counter[str] = Counter()
        for alias in tree.find_all(exp.TableAlias):
            if alias.args.get("columns") and isinstance(alias.this, exp.Identifier):
                aliases[alias.name.lower()] += 1
        for name, count in calls.items():
            if count > aliases[name]:
                raise SqlRefused(self._no_function(name))

    def _no_function(self, name: str) -> str:
        similar = difflib.get_close_matches(name, self.functions, n=3, cutoff=0.6)
        hint = (
            f"Similar ones that are: {', '.join(similar)}." if similar else "Write it with other functions."
        )
        return f"{name} is not on the list of functions that may be called. {hint}"

    def _nodes(self, tree: exp.Expr) -> None:
        stack = [tree]
        while stack:
            node = stack.pop()
            self._node(node)
            stack.extend(children(node))

    def _node(self, node: exp.Expr) -> None:
        name = type(node).__name__
        if name in REFUSED_NODES:
            raise SqlRefused(REFUSED_NODES[name])
        for argument, reason in REFUSED_ARGUMENTS.items():
            if isinstance(node, exp.Select) and node.args.get(argument):
                raise SqlRefused(reason)
        if isinstance(node, exp.Func):
            self._function(node)
        elif name not in NODES and not isinstance(node, exp.Binary):
            raise SqlRefused(f"{name} is not accepted in a query. Write it with plain SELECT syntax.")
        if isinstance(node, exp.DataType):
            self._type(node)
        elif isinstance(node, exp.PseudoType):
            raise SqlRefused(f"Casts to {node.name} are not accepted. Cast to text, a number or a date.")
        elif isinstance(node, exp.Operator):
            operator = str(node.args.get("operator") or "")
            if "." in operator and not operator.lower().startswith("pg_catalog."):
                raise SqlRefused(f"OPERATOR({operator}) may run any function. Use the plain operator.")
        elif isinstance(node, exp.PropertyEQ) and self.dialect == "mysql":
            raise SqlRefused("Variables are not assigned in queries. Use a window function or a CTE.")
        elif isinstance(node, exp.Table):
            self._table(node)
        elif isinstance(node, exp.Column) and node.name.lower() in ("nextval", "currval"):
            raise SqlRefused("Sequences are not read. Ask only for data in tables.")

    def _function(self, node: exp.Func) -> None:
        if _tells_of_session(node):
            raise SqlRefused(
                f"{node.sql_names()[0].lower()} tells of the server or session. Ask only for data in tables."
            )
        if isinstance(node, exp.Anonymous):
            name = node.name.lower()
            if name in DESCRIBING.get(self.dialect, ()):
                self._describing(node)
            elif name not in self.functions:
                raise SqlRefused(self._no_function(name))

    def _describing(self, node: exp.Anonymous) -> TableMeta:
        arguments = node.expressions
        if not isinstance(node.parent, exp.Table) or len(arguments) != 1 or not arguments[0].is_string:
            raise SqlRefused(f"{node.name} needs the name of one table as a string. Use show_table.")
        parts = [exp.to_identifier(part) for part in arguments[0].name.split(".")]
        return find_table(self.meta, parts)

    def _described(self, tree: exp.Expr, found: Reading) -> list[TableMeta]:
        names = DESCRIBING.get(self.dialect)
        if not names:
            return []
        calls = [each for each in tree.find_all(exp.Anonymous) if each.name.lower() in names]
        tables = dict.fromkeys(self._describing(each) for each in calls)
        return [table for table in tables if table not in found.unique]

    def _table(self, node: exp.Table) -> None:
        if not isinstance(node.this, exp.Identifier | exp.Func) or _tells_of_session(node.this):
            raise SqlRefused(f"{node.sql(self.dialect)[:80]} is not a table. Name tables as schema.table.")

    def _type(self, node: exp.DataType) -> None:
        if self.dialect != "postgres":
            return
        if node.this is exp.DType.USERDEFINED:
            name = str(node.args.get("kind") or node.sql("postgres"))
            bare = name.lower().removeprefix("pg_catalog.").strip('"')
            if bare not in POSTGRES_TYPES and not self._is_field_type(bare):
                raise SqlRefused(f"Casts to {name} are not accepted. Cast to text, a number or a date.")

    def _is_field_type(self, name: str) -> bool:
        return any(
            each.type.lower().removeprefix("public.").strip('"') == name
            for table in self.meta.tables()
            for each in table.fields
        )

    def _attributes(self, found: Reading) -> None:
        for name, columns in attribute_problems(found, self.functions.__contains__):
            bare = name.rsplit(".", 1)[-1].lower()
            near = difflib.get_close_matches(bare, columns, n=3) or list(columns)[:5]
            hint = (
                f" The nearest are {', '.join(near)}."
                if near
                else " Name the columns in the alias: f(...) AS a(b)."
            )
            raise SqlRefused(f"There is no column {name}.{hint}")

    def _by_second_opinion(self, unparsable: SqlRefused) -> GuardedQuery:
        opinion = self.second_opinion(self.sql) if self.second_opinion else None
        if opinion is None:
            raise unparsable
        if not opinion.reads_only:
            raise SqlRefused("Only reading is accepted. Write one SELECT.")
        for name in opinion.functions:
            if name.lower() not in self.functions:
                raise SqlRefused(self._no_function(name.lower()))
        tables = []
        for schema, name in opinion.tables:
            parts = [exp.to_identifier(part, quoted=True) for part in (schema, name) if part]
            tables.append(find_table(self.meta, parts))
        return GuardedQuery(self.sql, None, tuple(dict.fromkeys(tables)))


def _tells_of_session(node: exp.Expr) -> bool:
    """Whether it is a fact of the server, the session or the user, or reads what is no table."""
    name = type(node).__name__
    return name in SESSION_FUNCTIONS or (name.startswith(("Current", "Session")) and name not in CLOCKS)


@cache
def _dialect(name: str) -> Dialect:
    return Dialect.get_or_raise(name)


def _parsed(tokens: list[Token], text: str, dialect: str) -> exp.Expr:
    logger = logging.getLogger("sqlglot")
    try:
        silent, logger.disabled = logger.disabled, True
        try:
            trees: list[Any] = _dialect(dialect).parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)
        finally:
            logger.disabled = silent
    except Exception as error:
        # Not only ParseError: 500 nested parentheses raise RecursionError, some statements AttributeError.
        raise SqlRefused(f"The statement cannot be parsed as {dialect}: {_first_line(error)}") from error
    if len(trees) != 1 or trees[0] is None:
        raise SqlRefused("Only one statement at a time is accepted. Write one SELECT.")
    tree = trees[0]
    if not isinstance(tree, exp.Query | exp.Values | exp.Pivot):
        raise SqlRefused(
            f"Only a query is accepted, and this is {type(tree).__name__.upper()}. Write one SELECT."
        )
    return tree


def _refuse_depth(tokens: list[Token]) -> None:
    depth = deepest = run = 0
    for token in tokens:
        if token.token_type in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type in _CLOSING:
            depth -= 1
        run = (
            run + 1
            if token.token_type in (TokenType.NOT, TokenType.DASH, TokenType.TILDE, TokenType.PLUS)
            else 0
        )
        if deepest > MAX_DEPTH or run > MAX_DEPTH:
            raise SqlRefused(
                f"The statement is nested more than {MAX_DEPTH} deep. Use WITH to take it apart."
            )


def _first_line(error: BaseException) -> str:
    text = re.sub(r"\x1b\[\d*m", "", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0][:200]
