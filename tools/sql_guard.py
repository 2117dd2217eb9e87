"""Which statements may reach the database: one, and only one that reads."""

from __future__ import annotations

import difflib
import logging
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tools.errors import SqlRefused
from tools.guard.collector import collector_waits
from tools.guard.functions import allowed_functions as functions_of
from tools.guard.grammar import (
    BARE_SESSION_WORDS,
    BARE_SESSION_WORDS_ELSEWHERE,
    BEFORE_STRING,
    CLOCKS,
    DESCRIBING,
    DIALECT_QUERY_WORDS,
    GRAMMAR_WORDS,
    NO_PARENTHESIS,
    NODES,
    POSTGRES_TYPES,
    QUERY_WORDS,
    REFUSED_ARGUMENTS,
    REFUSED_NODES,
    RESERVED_CALLS,
    SESSION_FUNCTIONS,
    SILENT_WORDS,
    TABLE_READERS,
    TSQL_DATE_PARTS,
    TSQL_HINTS,
    TSQL_OPTIONS,
    TSQL_STATEMENT_WORDS,
    TYPE_WORDS,
)
from tools.guard.lexer import Lexed, UnlexableError, lexed
from tools.guard.opinion import SecondOpinion
from tools.guard.preface import described_table, preface
from tools.guard.scopes import (
    Reading,
    attribute_problems,
    calls_without_parentheses,
    children,
    find_table,
    reading,
    reads_past_its_cte,
    shown,
)
from tools.guard.spelling import Spelling, respelled, unambiguous
from tools.metadata import DatabaseMeta, TableMeta

# sqlglot warns of what it cannot parse; we say it ourselves, and Python would print its warning on stderr.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

MAX_BYTES = 100_000
MAX_DEPTH = 100  # 500 nested parentheses exhaust Python's stack inside sqlglot
MAX_JOINS = 200  # MySQL takes 61, SQLite 64


@dataclass(frozen=True)
class GuardedQuery:
    """A statement that may run.

    `sql` is the model's own text. `tree` is its query, parsed once: without the words in front of it
    (`prefix`, such as EXPLAIN); None for a description of a table (DESCRIBE, SHOW COLUMNS) and where the
    engine's second opinion let it pass. `tables` are the real tables it reads, each once. `respelled` tells that
    the tree was made of other words for the same, so that the places in it are not places in `sql`.
    """

    sql: str
    tree: exp.Expr | None
    tables: tuple[TableMeta, ...]
    prefix: str = ""
    respelled: bool = False


def guarded(
    sql: str,
    meta: DatabaseMeta,
    *,
    allowed_functions: frozenset[str] = frozenset(),
    second_opinion: SecondOpinion | None = None,
) -> GuardedQuery:
    """Let one reading statement pass, or say why not and what to write instead.

    Functions that an administrator added come with the metadata; `allowed_functions` (lower case) are those that the
    rules of a policy call in what they have written into the statement.
    Raises SqlRefused, or UnknownTable for a name that is no table of the metadata.
    """
    try:
        too_long = len(sql) > MAX_BYTES or len(sql.encode()) > MAX_BYTES
    except UnicodeEncodeError as error:  # half of a surrogate pair, which no driver can send
        raise SqlRefused("The statement holds half a character. Write the whole one, or leave it out.") from error
    if too_long:
        raise SqlRefused(f"The statement is longer than {MAX_BYTES} bytes. Ask for less at a time.")
    if "\0" in sql:
        raise SqlRefused("The statement holds a NUL character. Leave it out.")
    functions = functions_of(meta.dialect) | meta.allowed_functions | allowed_functions
    guard = _Guard(sql, meta, functions, second_opinion)
    try:
        with collector_waits(sql):
            return guard.run()
    except (SqlglotError, LookupError, AttributeError, TypeError, ValueError, RecursionError) as error:
        # sqlglot gives trees with holes for some broken statements (a Dot without a right side, seen in
        # fuzzing); what the guard trips over has not been understood.
        raise SqlRefused("The statement cannot be understood. Write it more plainly.") from error


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
_PREFIXES = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})


# Nodes with nothing under them and nothing to refuse, of which a statement may have thousands.
_LEAVES = frozenset({exp.Literal, exp.Identifier, exp.Null, exp.Boolean})


class _Guard:
    """One statement on its way through the checks, cheapest first."""

    def __init__(
        self, sql: str, meta: DatabaseMeta, functions: frozenset[str], second_opinion: SecondOpinion | None
    ) -> None:
        self.sql = sql
        self.meta = meta
        self.dialect = meta.dialect
        self.functions = functions
        # How a name may look in the tree: that its schema is the right one is seen in the text.
        self.callable = functions | {each.rpartition(".")[2] for each in meta.allowed_functions}
        self.second_opinion = second_opinion

    def run(self) -> GuardedQuery:
        try:
            text = lexed(self.sql, self.dialect)
        except UnlexableError as unlexable:
            raise SqlRefused(str(unlexable)) from unlexable
        begins = preface(text.text, self.dialect)
        tokens = self._tokens(text, begins)
        if not (tokens and self._begins_query(tokens[0])):
            return self._description(text.text, tokens)
        _refuse_depth(tokens)
        calls = self._calls(tokens)
        self._bare_words(tokens)
        try:
            parsed = self._parsed(tokens, text.text)
        except SqlRefused as unparsable:
            return self._by_second_opinion(unparsable, begins)
        words, selects = self._nodes(parsed.tree)
        try:
            self._complete(parsed, words, selects)
        except SqlRefused as misread:
            return self._by_second_opinion(misread, begins)
        self._call_names(calls, parsed.tree)
        found = reading(parsed.tree, self.meta)
        if self.dialect == "postgres":
            self._attributes(found, parsed.spelling.join_aliases)
        if self.dialect == "oracle":
            for name in calls_without_parentheses(parsed.tree, found):
                raise SqlRefused(f"There is no column {name}, and a function may be called so. Name a column.")
        if self.dialect == "duckdb" and any(
            reads_past_its_cte(pivot, found) for pivot in parsed.tree.find_all(exp.Pivot)
        ):
            raise SqlRefused(
                "PIVOT looks for its values where this WITH is not seen. List them, ON field IN ('a', 'b'), or write "
                "PIVOT in the FROM of the last SELECT and not in WITH."
            )
        described = self._described(found)
        for text_apart in parsed.spelling.apart:
            found.tables.extend(self._expression(text_apart).tables)
        tables = tuple(dict.fromkeys((*found.unique, *described)))
        tree = parsed.tree if parsed.spelling.same else None
        return GuardedQuery(self.sql, tree, tables, text.text[:begins].strip(), parsed.text is not text.text)

    def _parsed(self, tokens: list[Token], text: str) -> _Parsed:
        """The tree of the statement, in its own words or, where sqlglot stumbles over these, in others."""
        words = [text[token.start : token.end + 1] for token in tokens]
        spelling = unambiguous(words, self.dialect)
        if spelling.words != words:
            text = " ".join(spelling.words)
            tokens = _dialect(self.dialect).tokenize(text)
        try:
            return _Parsed(_tree(tokens, text, self.dialect), spelling, tokens, text)
        except SqlRefused:
            other = respelled(spelling, self.dialect)
            if other is None:
                raise
            text = " ".join(other.words)
            try:
                tokens = _dialect(self.dialect).tokenize(text)
            except SqlglotError as error:
                raise SqlRefused(f"The statement cannot be read: {_first_line(error)}.") from error
            return _Parsed(_tree(tokens, text, self.dialect), other, tokens, text)

    def _complete(self, parsed: _Parsed, words: set[str], selects: int) -> None:
        """Nothing of the text may be missing in the tree.

        sqlglot drops what stands in VARCHAR(...) on DuckDB, and takes {(FROM t): 1} for a key without a name.
        """
        written = sum([token.token_type is TokenType.SELECT for token in parsed.tokens])
        if written > selects:
            raise SqlRefused("A subquery stands where none can be. Use WITH to name it, and join it.")
        for at, (token, following) in enumerate(zip_longest(parsed.tokens, parsed.tokens[1:])):
            quoted = token.token_type is TokenType.IDENTIFIER
            if not quoted and token.token_type is not TokenType.VAR:
                continue
            name = token.text.lower()
            if name in words or (following is not None and following.token_type is TokenType.L_PAREN):
                continue
            if quoted and all(part in words for part in name.split(".")):
                continue
            if name in TSQL_DATE_PARTS and self._is_date_part(parsed.tokens, at):
                continue
            if quoted or not (name in SILENT_WORDS or name in GRAMMAR_WORDS or name in NO_PARENTHESIS):
                raise SqlRefused(f"{token.text} stands where it was not understood. Write that part more plainly.")

    def _is_date_part(self, tokens: list[Token], at: int) -> bool:
        """The first argument of SQL Server's DATEPART, DATEADD, DATEDIFF, DATENAME, DATETRUNC."""
        called = tokens[at - 2].text.lower() if at > 1 and tokens[at - 1].token_type is TokenType.L_PAREN else ""
        return self.dialect == "tsql" and called.startswith("date") and called in self.functions

    def _expression(self, text: str) -> Reading:
        """Look at an expression that was taken out of the statement to make it parsable."""
        text = f"SELECT {text}"
        tree = _tree(_dialect(self.dialect).tokenize(text), text, self.dialect)
        self._nodes(tree)
        return reading(tree, self.meta)

    def _bare_words(self, tokens: list[Token]) -> None:
        """CURRENT_USER and its kin, which are calls though they have no parentheses."""
        words = BARE_SESSION_WORDS.get(self.dialect, BARE_SESSION_WORDS_ELSEWHERE)
        if self.dialect == "tsql":
            for token in tokens:
                if token.text.lower() in TSQL_STATEMENT_WORDS and token.token_type is not TokenType.IDENTIFIER:
                    raise SqlRefused(f"{token.text} begins another statement. Write one SELECT; put [] around a name.")
        for at, token in enumerate(tokens):
            word = token.text.lower()
            if word not in words or token.token_type is TokenType.IDENTIFIER or token.token_type in _STRINGS:
                continue
            before = tokens[at - 1] if at else None
            if before is not None and (before.token_type is TokenType.DOT or before.text.lower() == "as"):
                continue
            if self.dialect == "duckdb" and any(table.field(word) for table in self.meta.tables()):
                continue  # there a column goes first
            raise SqlRefused(
                f"{word} tells of the session. Ask only for data in tables; quote it if a column is meant."
            )

    def _tokens(self, text: Lexed, begins: int) -> list[Token]:
        # sqlglot makes one token of all that follows EXPLAIN, so it does not get to see that word.
        query = " " * begins + text.text[begins:]
        try:
            tokens = _dialect(self.dialect).tokenize(query)
        except Exception as error:
            raise SqlRefused(f"The statement cannot be read: {_first_line(error)}. Write it more plainly.") from error
        # The engine's literals and sqlglot's must end at the same places, else one of them reads as text
        # what the other runs.
        ends = tuple(
            (token.end, token.token_type in _STRINGS)
            for token in tokens
            if token.token_type is TokenType.IDENTIFIER
            or (token.token_type in _STRINGS and not text.text[token.end].isalnum())
        )
        if ends != tuple(each for each in text.ends if each[0] >= begins):
            raise SqlRefused("The quotes in this statement can be read in two ways. Write its literals more plainly.")
        if not query.isascii():
            _refuse_look_alikes(tokens)
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

    def _description(self, text: str, tokens: list[Token]) -> GuardedQuery:
        """DESCRIBE t, SHOW COLUMNS FROM t, PRAGMA table_info(t): for one known table; else no query at all."""
        parts = described_table(text, self.dialect)
        if parts is None:
            word = tokens[0].text.split()[0][:40] if tokens and tokens[0].text.strip() else "nothing"
            raise SqlRefused(f"Only a query is accepted, and this begins with {word}. Write one SELECT.")
        names = [exp.to_identifier(name, quoted=quoted) for name, quoted in parts]
        return GuardedQuery(self.sql, None, (find_table(self.meta, names),) if names else ())

    def _calls(self, tokens: list[Token]) -> Counter[str]:
        """Names before parentheses that are neither allowed nor grammar: an alias with columns?"""
        unknown: Counter[str] = Counter()
        postgres = self.dialect == "postgres"
        for at, token in enumerate(tokens):
            kind = token.token_type
            if kind is TokenType.STRING:
                if postgres and at:
                    self._typed_literal(tokens, at)
                continue
            if kind is TokenType.VAR and token.text[0] in "$@:":
                raise SqlRefused(f"{token.text} is a variable. Write the value itself.")
            if kind is not TokenType.L_PAREN or not at:
                continue
            before = at - 1
            token = tokens[before]
            if token.token_type in _STRINGS:
                continue
            quoted = token.token_type is TokenType.IDENTIFIER
            name = token.text.lower()
            if name in NO_PARENTHESIS and not quoted:
                continue
            if not quoted and not (name[:1].isalpha() or name[:1] == "_" or name[:1] >= "\x80"):
                continue
            if not quoted and all(word in GRAMMAR_WORDS or word in TYPE_WORDS for word in name.split()):
                continue
            if not quoted and self._is_grammar_here(name, tokens, at):
                continue
            behind_dot = before > 1 and tokens[before - 1].token_type is TokenType.DOT
            if behind_dot and self._is_added(tokens[before - 2], token):
                if before > 2 and tokens[before - 3].token_type is TokenType.DOT:
                    raise SqlRefused(f"{name} is called with more than its schema. Leave the rest out.")
                continue
            if name in self.functions and not self._differs_by_quotes(token):
                if behind_dot:
                    self._schema_of_call(tokens[before - 2], name)
                continue
            if name in DESCRIBING.get(self.dialect, ()) or self._is_searchable(token):
                continue
            if behind_dot:
                raise SqlRefused(self._no_function(name))
            unknown[name] += 1
        return unknown

    def _is_grammar_here(self, name: str, tokens: list[Token], at: int) -> bool:
        """UNION BY NAME (...) on DuckDB, a OPERATOR(pg_catalog.+) b on PostgreSQL."""
        if self.dialect == "duckdb":
            return name == "name" and at > 1 and tokens[at - 2].text.lower() == "by"
        return (
            self.dialect == "postgres"
            and name == "operator"
            and [token.text.lower() for token in tokens[at + 1 : at + 3]] == ["pg_catalog", "."]
        )

    def _is_searchable(self, token: Token) -> bool:
        """SQLite's FROM docs('words'): a full-text table, called like a function."""
        return self.dialect == "sqlite" and any(
            table.name.lower() == token.text.lower() for table in self.meta.tables()
        )

    def _is_added(self, owner: Token, function: Token) -> bool:
        """Whether an administrator added `schema.name`."""
        if not self.meta.allowed_functions or self._differs_by_quotes(owner) or self._differs_by_quotes(function):
            return False
        return f"{owner.text}.{function.text}".lower() in self.meta.allowed_functions

    def _differs_by_quotes(self, name: Token) -> bool:
        """Whether PostgreSQL takes it for another name than the one in lower case: "Abs" is not abs."""
        quoted = self.dialect == "postgres" and name.token_type is TokenType.IDENTIFIER
        return quoted and name.text != name.text.lower()

    def _schema_of_call(self, owner: Token, name: str) -> None:
        """Behind a dot stands a built-in only where the dot is a method call or names the built-ins."""
        if self.dialect == "duckdb":
            return
        if owner.text.lower() not in ("pg_catalog", "safe", "net", "sys_catalog"):
            raise SqlRefused(f"{owner.text}.{name} is not a built-in function. Write {name} without the schema.")

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
        similar = [each for each in self.meta.allowed_functions if each.rpartition(".")[2] == name]
        similar = similar or difflib.get_close_matches(name, self.functions, n=3, cutoff=0.6)
        hint = f"Similar ones that are: {', '.join(similar)}." if similar else "Write it with other functions."
        return f"{name} is not on the list of functions that may be called. {hint}"

    def _nodes(self, tree: exp.Expr) -> tuple[set[str], int]:
        """Look at every node; give every word that stands in one, in lower case, and how many are a SELECT."""
        words: set[str] = set()
        selects = 0
        stack = [tree]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is exp.Identifier:
                if not node.this:
                    raise SqlRefused("Something stands where a name has to be. Write a plain name there.")
                words.add(node.this.lower())
            elif kind not in _LEAVES:
                selects += kind is exp.Select
                if kind is exp.HavingMax:  # ANY_VALUE(x HAVING MAX y)
                    words.update(("max", "min"))
                elif kind is exp.Operator:  # OPERATOR(pg_catalog.+)
                    words.add(str(node.args.get("operator")).partition(".")[0].lower())
                self._node(node)
                for value in node.args.values():
                    if type(value) is str:
                        words.update(value.lower().split())
                stack += children(node)
        return words, selects

    def _node(self, node: exp.Expr) -> None:
        name = type(node).__name__
        if name in REFUSED_NODES:
            raise SqlRefused(REFUSED_NODES[name])
        if name == "Select":
            for argument, reason in REFUSED_ARGUMENTS.items():
                if node.args.get(argument):
                    raise SqlRefused(reason)
        if isinstance(node, exp.Func):
            self._function(node)
        elif name not in NODES and not isinstance(node, exp.Binary):
            raise SqlRefused(f"{name} is not accepted in a query. Write it with plain SELECT syntax.")
        if isinstance(node, exp.ObjectIdentifier):
            self._object_identifier(node)
        elif isinstance(node, exp.DataType):
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
        elif isinstance(node, exp.Aliases):
            self._aliases(node)
        elif isinstance(node, exp.TableFromRows) and not isinstance(node.this, exp.Func | exp.Query):
            raise SqlRefused("TABLE(...) takes a function here. Name tables as schema.table.")
        elif isinstance(node, exp.WithTableHint):
            _refuse_words(node.expressions, TSQL_HINTS)
        elif isinstance(node, exp.QueryOption):
            _refuse_words([node.this], TSQL_OPTIONS)
        elif isinstance(node, exp.Column) and node.name.lower() in ("nextval", "currval"):
            raise SqlRefused("Sequences are not read. Ask only for data in tables.")

    def _function(self, node: exp.Func) -> None:
        if _tells_of_session(node):
            raise SqlRefused(
                f"{node.sql_names()[0].lower()} tells of the server or session. Ask only for data in tables."
            )
        if self.dialect == "oracle" and isinstance(node, exp.XMLTable):
            raise SqlRefused("XMLTABLE runs XQuery, which reads tables by their names. Read the table itself.")
        if isinstance(node, exp.Anonymous):
            name = node.name.lower()
            if name in TABLE_READERS.get(self.dialect, ()) and isinstance(node.parent, exp.Table | exp.Lateral):
                raise SqlRefused(f"{name} in FROM reads a table by a string. Aggregate: SELECT {name}(field) FROM ….")
            if name in DESCRIBING.get(self.dialect, ()):
                self._describing(node)
            elif self.dialect == "sqlite" and isinstance(node.parent, exp.Table) and self.meta.find(name):
                return  # the scopes count it among the tables
            elif name not in self.callable and name not in RESERVED_CALLS:
                raise SqlRefused(self._no_function(name))

    def _describing(self, node: exp.Anonymous) -> TableMeta:
        arguments = node.expressions
        if not isinstance(node.parent, exp.Table) or len(arguments) != 1 or not arguments[0].is_string:
            raise SqlRefused(f"{node.name} needs the name of one table as a string. Use show_table.")
        parts = [exp.to_identifier(part) for part in arguments[0].name.split(".")]
        return find_table(self.meta, parts)

    def _described(self, found: Reading) -> list[TableMeta]:
        names = DESCRIBING.get(self.dialect, frozenset())
        return [self._describing(each) for each in found.calls if each.name.lower() in names]

    def _table(self, node: exp.Table) -> None:
        if node.this is None and node.args.get("rows_from"):
            return
        if not isinstance(node.this, exp.Identifier | exp.Func) or _tells_of_session(node.this):
            raise SqlRefused(f"{shown(node, self.dialect)} is not a table. Name tables as schema.table.")

    def _object_identifier(self, node: exp.ObjectIdentifier) -> None:
        """Casts to regclass and its kin look names up in the catalogue: only the table a row comes from may."""
        of = node.parent.this if isinstance(node.parent, exp.Cast) else None
        tableoid = isinstance(of, exp.Column) and of.name.lower() == "tableoid"
        if node.name.lower() != "oid" and not (tableoid and node.name.lower() == "regclass"):
            raise SqlRefused(f"Casts to {node.name.lower()} read the catalogue. Cast to text, a number or a date.")

    def _aliases(self, node: exp.Aliases) -> None:
        """sqlglot reads `word (a, b)` after some words as a column with several aliases; it may be a call."""
        if not isinstance(node.this, exp.Func) and node.this.name.lower() != "default":
            raise SqlRefused(f"{node.this.name} cannot have more than one name. Give it one alias.")

    def _type(self, node: exp.DataType) -> None:
        if self.dialect != "postgres":
            return
        if node.this is exp.DType.USERDEFINED:
            name = str(node.args.get("kind") or shown(node, "postgres"))
            bare = name.lower().removeprefix("pg_catalog.").strip('"')
            if bare not in POSTGRES_TYPES and not self._is_field_type(bare):
                raise SqlRefused(f"Casts to {name} are not accepted. Cast to text, a number or a date.")

    def _is_field_type(self, name: str) -> bool:
        return any(
            each.type.lower().removeprefix("public.").strip('"') == name
            for table in self.meta.tables()
            for each in table.fields
        )

    def _attributes(self, found: Reading, join_aliases: set[str]) -> None:
        for name, columns in attribute_problems(found, functions_of(self.dialect).__contains__):
            if name.split(".")[0].lower() in join_aliases and self._is_field(name):
                continue
            bare = name.rsplit(".", 1)[-1].lower()
            near = difflib.get_close_matches(bare, columns, n=3) or list(columns)[:5]
            hint = f" The nearest are {', '.join(near)}." if near else " Name the columns in the alias: f(...) AS a(b)."
            raise SqlRefused(f"There is no column {name}.{hint}")

    def _is_field(self, name: str) -> bool:
        return any(table.field(name.rsplit(".", 1)[-1]) for table in self.meta.tables())

    def _by_second_opinion(self, not_understood: SqlRefused, begins: int) -> GuardedQuery:
        """What the engine's own parser makes of it; of EXPLAIN and its kin none is asked."""
        opinion = self.second_opinion(self.sql) if self.second_opinion and not begins else None
        if opinion is None:
            raise not_understood
        if not opinion.reads_only:
            raise SqlRefused("Only reading is accepted. Write one SELECT.")
        for name in opinion.functions:
            if name.lower() not in self.functions:
                raise SqlRefused(self._no_function(name.lower()))
        tables = []
        for parts in opinion.tables:
            tables.append(find_table(self.meta, [exp.to_identifier(part, quoted=True) for part in parts]))
        return GuardedQuery(self.sql, None, tuple(dict.fromkeys(tables)))


def _refuse_words(nodes: list[exp.Expr], harmless: frozenset[str]) -> None:
    for node in nodes:
        word = node.this if isinstance(node, exp.Anonymous | exp.Var) else node.name
        word = word.name if isinstance(word, exp.Expr) else str(word)
        if word.lower() not in harmless:
            raise SqlRefused(f"The hint {word} is not accepted. Leave it out.")


def _tells_of_session(node: exp.Expr) -> bool:
    """Whether it is a fact of the server, the session or the user, or reads what is no table."""
    name = type(node).__name__
    return name in SESSION_FUNCTIONS or (name.startswith(("Current", "Session")) and name not in CLOCKS)


@dataclass(frozen=True)
class _Parsed:
    """A tree, and the words, tokens and text it was made of."""

    tree: exp.Expr
    spelling: Spelling
    tokens: list[Token]
    text: str


@cache
def _dialect(name: str) -> Dialect:
    return Dialect.get_or_raise(name)


def _tree(tokens: list[Token], text: str, dialect: str) -> exp.Expr:
    try:
        trees: list[Any] = _dialect(dialect).parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)
    except RecursionError as error:
        raise SqlRefused("The statement is nested too deeply. Use WITH to take it apart.") from error
    except Exception as error:
        # Not only ParseError: some statements raise AttributeError or TypeError.
        raise SqlRefused(f"The statement cannot be parsed as {dialect}: {_first_line(error)}") from error
    if len(trees) != 1 or trees[0] is None:
        raise SqlRefused("Only one statement at a time is accepted. Write one SELECT.")
    tree = trees[0]
    if not isinstance(tree, exp.Query | exp.Values | exp.Pivot):
        raise SqlRefused(f"Only a query is accepted, and this is {type(tree).__name__.upper()}. Write one SELECT.")
    return tree


def _refuse_look_alikes(tokens: list[Token]) -> None:
    """Names to every engine that are words of SQL to sqlglot, which folds as Python does: unıon, croſs."""
    for token in tokens:
        if token.text.isascii() or token.token_type is TokenType.IDENTIFIER or token.token_type in _STRINGS:
            continue
        folded = token.text.upper().lower()
        if token.token_type is not TokenType.VAR or folded in GRAMMAR_WORDS or folded in SILENT_WORDS:
            raise SqlRefused(f"{token.text} looks like a word of SQL and is none. Use plain letters, or quote a name.")


def _refuse_depth(tokens: list[Token]) -> None:
    """Refuse what sqlglot would follow into itself.

    Each of FROM FROM …, a JOIN a JOIN …, a[1][1]… takes it a call deeper: seconds in Python, and where its compiled
    form is installed, which looks at no limit of recursion, the end of the process (30.30).
    """
    depth = run = joins = subscripts = 0
    before: TokenType | None = None
    for token in tokens:
        kind = token.token_type
        if kind is before or kind in _PREFIXES:
            run += 1
            if run > MAX_DEPTH:
                raise SqlRefused(f"There are more than {MAX_DEPTH} signs, words or values in a row. Leave them out.")
        else:
            run = 0
        if kind in _OPENING:
            depth += 1
            subscripts += kind is TokenType.L_BRACKET and before is TokenType.R_BRACKET
            if depth > MAX_DEPTH:
                raise SqlRefused(f"The statement is nested more than {MAX_DEPTH} deep. Use WITH to take it apart.")
        elif kind in _CLOSING:
            depth -= 1
        elif kind is TokenType.JOIN:
            joins += 1
        before = kind
    if joins > MAX_JOINS or subscripts > MAX_JOINS:
        raise SqlRefused(f"There are more than {MAX_JOINS} joins or subscripts of subscripts. Ask for less at a time.")


def _first_line(error: BaseException) -> str:
    text = re.sub(r"\x1b\[\d*m", "", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0][:200]
