"""Valid statements that sqlglot cannot parse, spelled so that it can: to be looked at, not to be run.

Every rewriting keeps all names and expressions of the statement, so what the guard refuses in the new
spelling is refused in the old one too. Seen in sqlglot 30.30.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMPARISONS = {"<": "ASC", "<=": "ASC", ">": "DESC", ">=": "DESC"}
_FORMS = frozenset({"nfc", "nfd", "nfkc", "nfkd"})
_XML_NOISE = {
    "xmlroot": ("version", "no", "standalone"),
    "xmlpi": ("name",),
    "xmlexists": ("by", "ref", "value"),
}
_JSON_CALLS = frozenset({"json_query", "json_value", "json_exists"})
_JSON_NOISE = _words(
    "with without conditional unconditional array wrapper keep omit quotes on scalar string error empty"
)


_LITERAL_TYPES = _words(
    "box circle point lseg path polygon line inet cidr macaddr macaddr8 money tsvector tsquery jsonpath hstore "
    "pg_lsn int4range int8range numrange daterange tsrange tstzrange xml bytea uuid bit varbit name"
)
_SELECT_ADVICE = _words("sql_small_result sql_big_result sql_buffer_result sql_no_cache sql_cache high_priority")
_BEHIND_A_TABLE = _words("where join left right inner cross full natural group order having limit union as") | {
    *("", ",", ")", "group by", "order by"),
}
_NOT_BEFORE = frozenset({"::", ".", "as", "->", "->>"})


@dataclass
class Spelling:
    """The words of a statement, each as it was written, and what has been done to them.

    `same` tells whether the new words still mean the same, so that a tree of them may be run;
    `apart` are expressions that were taken out, to be looked at by themselves;
    `join_aliases` are names that stand for the columns of a join.
    """

    words: list[str]
    same: bool = True
    apart: list[str] = field(default_factory=list)
    join_aliases: set[str] = field(default_factory=set)

    def lower(self, at: int) -> str:
        """The word at a place in lower case; empty outside the statement."""
        return self.words[at].lower() if 0 <= at < len(self.words) else ""

    def closing(self, at: int) -> int:
        """Where the parenthesis that opens at `at` closes."""
        depth = 0
        for place in range(at, len(self.words)):
            depth += (self.words[place] == "(") - (self.words[place] == ")")
            if depth == 0:
                return place
        return len(self.words) - 1


def unambiguous(words: list[str], dialect: str) -> Spelling:
    """The statement in other words where sqlglot would take these for something else."""
    return _by(_ALWAYS.get(dialect, ()), Spelling(list(words)))


def respelled(spelling: Spelling, dialect: str) -> Spelling | None:
    """The statement in other words, or None when nothing in it is known to trouble sqlglot."""
    before = list(spelling.words)
    _by(_RULES.get(dialect, ()), spelling)
    return spelling if spelling.words != before else None


def _by(rules: tuple[Callable[[Spelling], None], ...], spelling: Spelling) -> Spelling:
    for rule in rules:
        rule(spelling)
    return spelling


def _typed_literal(it: Spelling) -> None:
    """inet '10.0.0.1' is '10.0.0.1'::inet; sqlglot reads some of these as a column with an alias."""
    for at in range(len(it.words)):
        if it.lower(at) in _LITERAL_TYPES and it.lower(at + 1)[:1] == "'" and it.lower(at - 1) not in _NOT_BEFORE:
            it.words[at], it.words[at + 1] = "", f"({it.words[at + 1]}::{it.words[at]})"


def _json_object_of_arrays(it: Spelling) -> None:
    """json_object('{a, 1}') is a function of text, and no JSON_OBJECT('a': 1): to sqlglot every one is the latter."""
    for at in range(len(it.words)):
        if it.lower(at) == "json_object" and it.lower(at + 1) == "(" and it.lower(at - 1) != ".":
            inside = {it.lower(inner) for inner in range(at + 2, it.closing(at + 1))}
            if not {":", "value", "returning", "null"} & inside:
                it.words[at] = f"pg_catalog.{it.words[at]}"


def _table_with_descendants(it: Spelling) -> None:
    """FROM t * is FROM t: the tables that inherit from it are read anyway."""
    for at in range(2, len(it.words)):
        name = it.words[at - 1]
        table = it.lower(at - 2) in ("from", "join", "only", ".") and (name[:1] == '"' or name.isidentifier())
        if table and it.words[at] == "*" and it.lower(at + 1) in _BEHIND_A_TABLE:
            it.words[at] = ""


def _match_without_parentheses(it: Spelling) -> None:
    """MATCH a, b AGAINST ('word') is MATCH (a, b) AGAINST ('word')."""
    for at in range(len(it.words)):
        if it.lower(at) == "match" and it.lower(at + 1) not in ("", "("):
            ends = next((place for place in range(at, len(it.words)) if it.lower(place) == "against"), at)
            if ends > at and not {"(", ")", "select"} & {word.lower() for word in it.words[at:ends]}:
                it.words[at] += " ("
                it.words[ends] = f") {it.words[ends]}"


def _only_in_parentheses(it: Spelling) -> None:
    """FROM ONLY (t) is FROM ONLY t."""
    for at in range(len(it.words)):
        if it.lower(at) == "only" and it.lower(at + 1) == "(":
            it.words[it.closing(at + 1)] = ""
            it.words[at + 1] = ""


def _join_alias(it: Spelling) -> None:
    """JOIN ... USING (a) AS j: the alias is left out."""
    for at in range(len(it.words)):
        if it.lower(at) == "using" and it.lower(at + 1) == "(":
            end = it.closing(at + 1)
            if it.lower(end + 1) == "as" and it.lower(end + 2):
                it.join_aliases.add(it.lower(end + 2).strip('"'))
                it.words[end + 1] = it.words[end + 2] = ""
                it.same = False


def _absolute(it: Spelling) -> None:
    """@ x is abs(x); sqlglot takes it for a parameter, so another prefix operator stands in."""
    for at in range(len(it.words)):
        if it.lower(at) == "@":
            it.words[at] = "~"
            it.same = False


def _factorial(it: Spelling) -> None:
    """5! on DuckDB."""
    for at in range(1, len(it.words)):
        if it.lower(at) == "!" and it.lower(at + 1) in ("", ",", ")", "from", "as"):
            it.words[at] = ""
            it.same = False


def _order_using(it: Spelling) -> None:
    """ORDER BY x USING > is ORDER BY x DESC."""
    for at in range(len(it.words)):
        if it.lower(at) == "using" and it.lower(at + 1) in _COMPARISONS:
            it.words[at], it.words[at + 1] = _COMPARISONS[it.lower(at + 1)], ""


def _substring_similar(it: Spelling) -> None:
    """substring(x similar p escape e) has three arguments."""
    for at in range(len(it.words)):
        if it.lower(at) == "substring" and it.lower(at + 1) == "(":
            for inner in range(at + 2, it.closing(at + 1)):
                if it.lower(inner) in ("similar", "escape"):
                    it.words[inner] = ","
                    it.same = False


def _escape_expression(it: Spelling) -> None:
    """LIKE p ESCAPE expression: sqlglot knows literals only there."""
    for at in range(len(it.words)):
        if it.lower(at) == "escape":
            it.words[at] = "||"
            it.same = False


def _collation_for(it: Spelling) -> None:
    for at in range(len(it.words)):
        if it.lower(at) == "collation" and it.lower(at + 1) == "for":
            it.words[at + 1] = ""
            it.same = False


def _xml(it: Spelling) -> None:
    """xmlparse(document x), xmlserialize(content x as t)."""
    for at in range(len(it.words)):
        if it.lower(at) in ("xmlparse", "xmlserialize") and it.lower(at + 1) == "(":
            end = it.closing(at + 1)
            if it.lower(at + 2) in ("document", "content"):
                it.words[at + 2] = ""
                it.same = False
            if it.lower(at) == "xmlserialize":
                for inner in range(at + 3, end):
                    if it.lower(inner) == "as":
                        it.words[inner] = "::"
                    elif it.lower(inner) in ("indent", "no"):
                        it.words[inner] = ""
        elif it.lower(at) in _XML_NOISE and it.lower(at + 1) == "(":
            for inner in range(at + 2, it.closing(at + 1)):
                if it.lower(inner) == "passing":
                    it.words[inner] = ","
                elif it.lower(inner) in _XML_NOISE[it.lower(at)] and it.lower(inner + 1) not in ("(", ",", ")", "."):
                    it.words[inner] = ""
                it.same = False


def _normalized(it: Spelling) -> None:
    """x IS NFC NORMALIZED is a test like IS TRUE."""
    for at in range(len(it.words)):
        if it.lower(at) == "normalized" and it.lower(at - 1) in (*_FORMS, "is", "not", "is not"):
            if it.lower(at - 1) in _FORMS:
                it.words[at - 1] = ""
            it.words[at] = "TRUE"
            it.same = False


def _json_clauses(it: Spelling) -> None:
    """JSON_QUERY(x, p PASSING v AS n RETURNING t WITH WRAPPER ... ON ERROR): arguments and noise."""
    for at in range(len(it.words)):
        if it.lower(at) not in _JSON_CALLS or it.lower(at + 1) != "(":
            continue
        inner, end = at + 2, it.closing(at + 1)
        while inner < end:
            word = it.lower(inner)
            if word == "(":
                inner = it.closing(inner)
            elif word in ("passing", "default"):
                it.words[inner] = ","
            elif word == "returning":
                it.words[inner] = ", NULL ::"
            elif word == "as":
                it.words[inner] = it.words[inner + 1] = ""
                inner += 1
            elif word in ("null", "true", "false", "unknown") and it.lower(inner + 1) == "on":
                it.words[inner] = ""
            elif word in _JSON_NOISE and it.lower(inner + 1) != "(":
                if word == "array" and it.lower(inner + 1) == "[":
                    inner += 1
                    continue
                it.words[inner] = ""
            inner += 1
        it.same = False


def _sample_arguments(it: Spelling) -> None:
    """TABLESAMPLE m (f(x)) REPEATABLE (g(y)): sqlglot knows numbers only there."""
    for at in range(len(it.words)):
        named = it.lower(at) == "repeatable" or it.lower(at - 1) == "tablesample"
        if named and it.lower(at + 1) == "(":
            end = it.closing(at + 1)
            if end > at + 3:
                it.apart.append(" ".join(it.words[at + 2 : end]))
                it.words[at + 2 : end] = ["1"] + [""] * (end - at - 3)
                it.same = False


def _odbc(it: Spelling) -> None:
    """{ OJ a LEFT JOIN b ON ... }, {d '2024-01-01'}, {fn f(x)}: the braces mean nothing to the server."""
    for at in range(len(it.words)):
        if it.lower(at) == "{" and it.lower(at + 1) in ("oj", "d", "t", "ts", "fn"):
            it.words[at] = it.words[at + 1] = ""
        elif it.lower(at) == "}":
            it.words[at] = ""


def _values_rows(it: Spelling) -> None:
    """MariaDB's VALUES (1), (2) is MySQL's VALUES ROW(1), ROW(2)."""
    for at in range(len(it.words)):
        if it.lower(at) != "values" or it.lower(at + 1) != "(":
            continue
        row = at + 1
        while it.lower(row) == "(":
            end = it.closing(row)
            it.words[row] = "ROW("
            it.words[end] = ")"
            it.same = False
            row = end + 2 if it.lower(end + 1) == "," else len(it.words)


def _rows_examined(it: Spelling) -> None:
    """LIMIT 5 ROWS EXAMINED 1000."""
    for at in range(len(it.words)):
        if (it.lower(at), it.lower(at + 1)) == ("rows", "examined") and it.lower(at + 2).isdigit():
            it.words[at] = it.words[at + 1] = it.words[at + 2] = ""
            if it.lower(at - 1) == "limit":
                it.words[at - 1] = ""
            it.same = False


def _cycle_restrict(it: Spelling) -> None:
    """A recursive CTE with CYCLE a, b RESTRICT."""
    for at in range(len(it.words)):
        if it.lower(at) == "cycle" and it.lower(at - 1) == ")":
            end = at
            while end < len(it.words) and it.lower(end) != "restrict":
                if it.lower(end) in ("(", ")"):
                    break
                end += 1
            if it.lower(end) == "restrict":
                it.words[at : end + 1] = [""] * (end + 1 - at)
                it.same = False


def _select_modifiers(it: Spelling) -> None:
    """SELECT SQL_BIG_RESULT SQL_BUFFER_RESULT DISTINCT: advice on how to run it."""
    for at in range(1, len(it.words)):
        if it.lower(at) in _SELECT_ADVICE and (it.lower(at - 1) in ("select", "")):
            it.words[at] = ""


def _json_table_defaults(it: Spelling) -> None:
    """A column of JSON_TABLE with DEFAULT 'x' ON EMPTY NULL ON ERROR."""
    for at in range(2, len(it.words)):
        if it.lower(at) == "on" and it.lower(at + 1) in ("empty", "error"):
            value = it.words[at - 1]
            if it.lower(at - 2) == "default" and (value[:1] in "'\"" or value.replace(".", "").isdigit()):
                it.words[at - 2 : at + 2] = [""] * 4
                it.same = False
            elif it.lower(at - 1) in ("null", "error"):
                it.words[at - 1 : at + 2] = [""] * 3
                it.same = False


def _concat_limit(it: Spelling) -> None:
    """MariaDB's GROUP_CONCAT(x ORDER BY y SEPARATOR ',' LIMIT 2)."""
    for at in range(len(it.words)):
        if it.lower(at) == "group_concat" and it.lower(at + 1) == "(":
            end = it.closing(at + 1)
            begins = next((end - back for back in (2, 4) if it.lower(end - back) == "limit"), end)
            numbers = [word for word in it.words[begins + 1 : end] if word.lower() not in (",", "offset")]
            if begins < end and all(word.isdigit() for word in numbers):
                it.words[begins:end] = [""] * (end - begins)
                it.same = False


def _limit_by(it: Spelling) -> None:
    """ClickHouse's LIMIT 1 BY a, b LIMIT 5: sqlglot knows one LIMIT."""
    limits = [at for at in range(len(it.words)) if it.lower(at) == "limit"]
    for at, following in pairwise(limits):
        inside = it.words[at + 3 : following]
        if it.lower(at + 2) == "by" and inside and not {"(", ")", "select"} & {word.lower() for word in inside}:
            it.apart.append("(" + " ".join(inside) + ")")
            it.words[at:following] = [""] * (following - at)
            it.same = False


def _pivot_names(it: Spelling) -> None:
    """PIVOT_WIDER and PIVOT_LONGER are PIVOT and UNPIVOT."""
    for at in range(len(it.words)):
        it.words[at] = {"pivot_wider": "PIVOT", "pivot_longer": "UNPIVOT"}.get(it.lower(at), it.words[at])


def _pivot_tail(it: Spelling) -> None:
    """PIVOT t ON ... ORDER BY x is SELECT * FROM (PIVOT t ON ...) ORDER BY x."""
    if it.lower(0) not in ("pivot", "unpivot"):
        return
    depth = 0
    for at, word in enumerate(it.words):
        depth += (word == "(") - (word == ")")
        if depth == 0 and it.lower(at) in ("order by", "limit", "offset", "order"):
            it.words[:at] = ["SELECT * FROM (", *it.words[:at], ")"]
            return


_ALWAYS: dict[str, tuple[Callable[[Spelling], None], ...]] = {
    "postgres": (_typed_literal, _absolute, _json_object_of_arrays, _table_with_descendants),
    "duckdb": (_absolute, _factorial, _pivot_names),
}
_RULES: dict[str, tuple[Callable[[Spelling], None], ...]] = {
    "postgres": (
        _only_in_parentheses,
        _join_alias,
        _order_using,
        _substring_similar,
        _escape_expression,
        _collation_for,
        _xml,
        _normalized,
        _json_clauses,
        _sample_arguments,
    ),
    "mysql": (
        _match_without_parentheses,
        _concat_limit,
        _select_modifiers,
        _json_table_defaults,
        _odbc,
        _values_rows,
        _rows_examined,
        _cycle_restrict,
    ),
    "duckdb": (_pivot_tail,),
    "clickhouse": (_limit_by,),
}
