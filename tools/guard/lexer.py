"""Where literals and comments begin and end in a statement, by the rules of the engine that will run it."""

from __future__ import annotations

import re
from dataclasses import dataclass


class UnlexableError(ValueError):
    """The text cannot be cut into tokens with certainty; the message is for the model."""


@dataclass(frozen=True)
class Rules:
    """How one engine writes strings, quoted names and comments."""

    strings: str = "'"
    names: str = '"'
    brackets: bool = False  # [name]
    backslash: bool = False  # \' does not end a string
    escape_prefix: bool = False  # ... but in E'...' it does not either
    dollar: bool = False  # $tag$ ... $tag$
    triple: bool = False  # '''...''' and """..."""
    raw_prefix: bool = False  # r'...'
    q_quotes: bool = False  # q'[...]'
    nested: bool | None = None  # /* /* */ */; None: engines differ, so it is refused
    line_comments: tuple[str, ...] = ("--",)
    dashes_need_space: bool = False  # 1--1 is a subtraction
    return_ends_line: bool = False  # a carriage return alone ends a -- comment
    open_comment: bool = False  # a comment may run to the end of the text
    executable: bool = False  # /*! ... */ is run
    wide_spaces: bool = False  # any Unicode space separates
    escaped_names: bool = False  # U&"d\\0061ta"
    foreign_quotes: str = ""  # quotes of names that sqlglot does not know here, written as "..." for it


_ANSI = Rules()
RULES = {
    "postgres": Rules(escape_prefix=True, dollar=True, nested=True, return_ends_line=True, escaped_names=True),
    "duckdb": Rules(
        names='"`',
        escape_prefix=True,
        dollar=True,
        nested=True,
        return_ends_line=True,
        wide_spaces=True,
        foreign_quotes="`",
    ),
    "sqlite": Rules(names='"`', brackets=True, nested=False, open_comment=True),
    "mysql": Rules(
        strings="'\"",
        names="`",
        backslash=True,
        nested=False,
        line_comments=("--", "#"),
        dashes_need_space=True,
        executable=True,
    ),
    "bigquery": Rules(
        strings="'\"",
        names="`",
        backslash=True,
        triple=True,
        raw_prefix=True,
        nested=False,
        line_comments=("--", "#"),
    ),
    "spark": Rules(strings="'\"", names="`", backslash=True, raw_prefix=True),
    "clickhouse": Rules(names='"`', backslash=True, dollar=True, line_comments=("--", "#!", "# ")),
    "snowflake": Rules(backslash=True, dollar=True, line_comments=("--", "//")),
    "tsql": Rules(brackets=True, nested=True),
    "oracle": Rules(q_quotes=True, nested=False),
}
RULES["databricks"] = RULES["spark"]

_DOLLAR = re.compile(r"\$(?:[A-Za-z_\u0080-\uffff][A-Za-z_0-9\u0080-\uffff]*)?\$")
_WORD_BEFORE = re.compile(r"[\w$\u0080-\U0010ffff]")
_SPACES = " \t\n\r\f\v"
_PAIRS = {"[": "]", "(": ")", "{": "}", "<": ">"}
_SESSION_HINT = re.compile(r"set_var|max_execution_time|resource_group", re.I)
_PLAIN_RUN = re.compile(r"[A-Za-z0-9_ \n,.()=*<>+]+")


@dataclass(frozen=True)
class Lexed:
    """The statement without its comments, and where in it each quoted thing ends.

    `ends` pairs the offset of a closing quote in `text` with True for a string, False for a quoted name.
    """

    text: str
    ends: tuple[tuple[int, bool], ...]


def lexed(sql: str, dialect: str) -> Lexed:
    """Take the comments out of a statement; raises UnlexableError for what would be read in more than one way."""
    return _Lexer(sql, RULES.get(dialect, _ANSI)).run()


def _unescaped(name: str) -> str:
    """What U&"..." stands for: its \\0061 and \\+000061 replaced by their characters."""
    name = name.replace('""', '"')
    pattern = re.compile(r"\\(?:([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6})|(\\))")
    if "\\" in pattern.sub("", name):
        raise UnlexableError("A Unicode escape in a quoted name is not complete. Write the name itself.")
    return pattern.sub(lambda m: "\\" if m[3] else chr(int(m[1] or m[2], 16)), name)


class _Lexer:
    def __init__(self, sql: str, rules: Rules) -> None:
        self.sql = sql
        self.rules = rules
        self.out: list[str] = []
        self.length = 0
        self.ends: list[tuple[int, bool]] = []
        self.after_escaped: int | None = None  # how much of `out` there was when the last E'...' ended

    def run(self) -> Lexed:
        sql, rules, at = self.sql, self.rules, 0
        line_starts = {marker[0] for marker in rules.line_comments}
        while at < len(sql):
            plain = _PLAIN_RUN.match(sql, at)
            if plain:
                self._emit(plain.group())
                at = plain.end()
                continue
            char = sql[at]
            if char in rules.strings:
                at = self._string(at)
            elif char in rules.names:
                at = self._quoted(at, char, string=False)
            elif char == "[" and rules.brackets:
                at = self._quoted(at, "]", string=False)
            elif char == "$" and rules.dollar and not self._after_word() and (tag := _DOLLAR.match(sql, at)):
                at = self._until(at, tag.group(), tag.end())
            elif sql.startswith("/*", at):
                at = self._block_comment(at)
            elif char in line_starts and (marker := self._line_marker(at)):
                at = self._line_comment(at, marker)
            elif rules.dashes_need_space and sql.startswith("--", at):
                self._emit("- ")  # 5--3 is five minus minus three there, and a comment to sqlglot
                at += 1
            else:
                self._emit(self._character(char))
                at += 1
        return Lexed("".join(self.out), tuple(self.ends))

    def _emit(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)

    def _after_word(self) -> bool:
        return bool(self.out) and _WORD_BEFORE.match(self.out[-1][-1]) is not None

    def _prefix(self) -> str:
        """The letters that stand directly before a quote, in lower case: `e` of E'...'."""
        word = re.search(r"[\w$]*$", "".join(self.out[-2:])[-12:])
        return word.group().lower() if word else ""

    def _character(self, char: str) -> str:
        if char in "\f\v":
            return " "
        if (char < " " and char not in _SPACES) or char == "\x7f":
            raise UnlexableError(f"There is a control character (U+{ord(char):04X}) outside a literal. Leave it out.")
        if char.isspace() and char not in _SPACES:
            if self.rules.wide_spaces:
                return " "
            raise UnlexableError(f"There is an unusual space (U+{ord(char):04X}) outside a literal. Use a plain space.")
        if char in "\ufeff\u200b\u200c\u200d\u2060":
            raise UnlexableError(
                f"There is an invisible character (U+{ord(char):04X}) outside a literal. Leave it out."
            )
        return char

    def _string(self, at: int) -> int:
        quote = self.sql[at]
        prefix = self._prefix() if at and self.sql[at - 1] not in _SPACES else ""
        if self.rules.q_quotes and prefix in ("q", "nq"):
            opening = self.sql[at + 1 : at + 2]
            return self._until(at, _PAIRS.get(opening, opening) + quote, at + 2)
        if self.rules.triple and self.sql.startswith(quote * 3, at):
            return self._until(at, quote * 3, at + 3)
        if self.after_escaped is not None and not "".join(self.out[self.after_escaped :]).strip():
            # PostgreSQL goes on with the rules of E'...' in it, DuckDB does not.
            raise UnlexableError("A string in several parts begins with E'...'. Write it in one part.")
        escaped = self.rules.escape_prefix and prefix == "e"
        backslash = self.rules.backslash or escaped
        if self.rules.raw_prefix and prefix in ("r", "br", "rb") and self.rules.strings != "'\"`":
            backslash = self.rules.triple  # BigQuery keeps \' together in raw strings too, Spark does not
        end = self._quoted(at, quote, string=True, backslash=backslash)
        self.after_escaped = len(self.out) if escaped else None
        return end

    def _quoted(self, at: int, quote: str, *, string: bool, backslash: bool = False) -> int:
        sql, end = self.sql, at + 1
        while True:
            close = sql.find(quote, end)
            escape = sql.find("\\", end) if backslash else -1
            if escape != -1 and (close == -1 or escape < close):
                end = escape + 2
                continue
            if close == -1:
                what = "string" if string else "quoted name"
                raise UnlexableError(f"A {what} is not closed: it begins with {sql[at : at + 20]!r}. Close it.")
            if quote != "]" and sql.startswith(quote, close + 1):
                end = close + 2
                continue
            break
        written = sql[at : close + 1]
        if quote in self.rules.foreign_quotes:
            written = '"' + written[1:-1].replace(quote * 2, quote).replace('"', '""') + '"'
        elif self.rules.escaped_names and quote == '"' and self._prefix_is_unicode():
            written = '"' + _unescaped(written[1:-1]).replace('"', '""') + '"'
            if re.match(r"\s*uescape\b", sql[close + 1 :], re.I):
                raise UnlexableError("UESCAPE is not accepted. Write the name itself.")
        self._emit(written)
        self.ends.append((self.length - 1, string))
        return close + 1

    def _prefix_is_unicode(self) -> bool:
        """Whether U& stands directly before, and take it away if so."""
        if not re.search(r"(?<![\w$])[uU]&$", "".join(piece[-3:] for piece in self.out[-3:])):
            return False
        self.out = ["".join(self.out)[:-2]]
        self.length -= 2
        return True

    def _until(self, at: int, closing: str, start: int) -> int:
        close = self.sql.find(closing, start)
        if close == -1:
            raise UnlexableError(f"A string is not closed: it begins with {self.sql[at : at + 20]!r}. Close it.")
        end = close + len(closing)
        self._emit(self.sql[at:end])
        self.ends.append((self.length - 1, True))
        return end

    def _line_marker(self, at: int) -> str | None:
        for marker in self.rules.line_comments:
            if self.sql.startswith(marker, at):
                after = self.sql[at + 2 : at + 3]
                if marker == "--" and self.rules.dashes_need_space and after and after > " ":
                    return None
                return marker
        return None

    def _line_comment(self, at: int, marker: str) -> int:
        breaks = "[\n\r]" if self.rules.return_ends_line else "\n"
        end = re.compile(breaks).search(self.sql, at + len(marker))
        if not self.rules.return_ends_line and end is not None and "\r" in self.sql[at : end.start() - 1]:
            raise UnlexableError("A carriage return stands inside a -- comment. End the comment with a line feed.")
        self._emit(" ")
        return end.start() if end else len(self.sql)

    def _block_comment(self, at: int) -> int:
        sql, rules = self.sql, self.rules
        if rules.executable and re.match(r"/\*M?!", sql[at : at + 4]):
            raise UnlexableError("Comments of the kind /*! ... */ are run by the database. Leave the comment out.")
        depth, end = 1, at + 2
        mark = re.compile(r"/\*|\*/")
        while depth:
            found = mark.search(sql, end)
            if found is None:
                if rules.open_comment:
                    self._emit(" ")
                    return len(sql)
                raise UnlexableError("A comment /* is not closed. Close it with */ or leave it out.")
            end = found.end()
            if found.group() == "*/":
                depth -= 1
            elif rules.nested:
                depth += 1
            elif rules.nested is None:
                raise UnlexableError("A comment stands inside a comment. Leave it out.")
        if rules.executable and sql.startswith("/*+", at) and _SESSION_HINT.search(sql, at, end):
            raise UnlexableError("Optimizer hints that change settings are not accepted. Leave the hint out.")
        self._emit(" ")
        return end
