"""What may stand before a query (EXPLAIN, DESCRIBE), and the statements that describe one table."""

from __future__ import annotations

import re

from tools.errors import SqlRefused

_NAME = r"""(?:\w+|"[^"]+"|`[^`]+`|\[[^\]]+\]|'[^']+')"""
_TABLE = rf"(?P<table>{_NAME}(?:\s*\.\s*{_NAME})*)"
_PART = re.compile(_NAME)

_OPTIONS = r"(?:\s*\((?P<options>(?!\s*(?:select|with|values|table|from|\()\b)[^()]*)\))?"
_EXPLAIN = {
    "postgres": rf"explain(?P<words>(?:\s+(?:analy[sz]e|verbose)\b)*){_OPTIONS}",
    "duckdb": rf"explain(?P<words>(?:\s+analyze\b)*){_OPTIONS}",
    "sqlite": r"explain(?:\s+query\s+plan\b)?",
    "mysql": r"explain(?P<words>(?:\s+(?:extended|partitions|analyze|format\s*=\s*\w+)\b)*)",
}
_EXPLAIN_ELSEWHERE = r"explain(?P<words>(?:\s+(?:extended|formatted|cost|logical|plan|syntax|analyze)\b)*)"
_DESCRIBE_QUERY = {"duckdb": r"(?:describe|desc|summarize)\b"}

_DESCRIPTIONS = {
    "duckdb": (
        rf"(?:describe|desc|show|summarize)\s+(?:table\s+)?{_TABLE}",
        rf"pragma\s+table_info\s*\(\s*{_TABLE}\s*\)",
    ),
    "sqlite": (
        rf"pragma\s+(?:main\s*\.\s*)?(?:table_info|table_xinfo|index_list|foreign_key_list)\s*"
        rf"(?:\(\s*{_TABLE}\s*\)|=\s*(?P<set>{_NAME}))",
    ),
    "mysql": (
        rf"(?:describe|desc|explain)\s+{_TABLE}(?:\s+(?P<column>{_NAME}))?",
        rf"show\s+(?:(?:full|extended)\s+)*(?:columns|fields|index|indexes|keys)\s+(?:from|in)\s+{_TABLE}"
        r"(?:\s+like\s+'[^'\\]*')?",
        rf"show\s+create\s+table\s+{_TABLE}",
    ),
    # Three settings that decide how dates read.
    "postgres": (r"show\s+(?:timezone|time\s+zone|datestyle|intervalstyle)",),
}
_DESCRIPTIONS_ELSEWHERE = (
    rf"(?:describe|desc)\s+(?:table\s+)?(?:extended\s+)?{_TABLE}",
    rf"show\s+columns\s+(?:from|in)\s+{_TABLE}",
)
_FIRST_WORDS = re.compile(r"\s*(explain|describe|desc|summarize|show|pragma)\b", re.I)


def preface(text: str, dialect: str) -> int:
    """How many characters stand before the query: 0 for a bare one, more behind EXPLAIN and its options.

    Raises SqlRefused where the statement would be run (EXPLAIN ANALYZE).
    """
    if not _FIRST_WORDS.match(text):
        return 0
    for pattern in (_EXPLAIN.get(dialect, _EXPLAIN_ELSEWHERE), _DESCRIBE_QUERY.get(dialect)):
        found = re.match(rf"\s*{pattern}", text, re.I) if pattern else None
        if found:
            options = " ".join(value for value in found.groupdict().values() if value)
            if re.search(r"analy[sz]e", options, re.I):
                raise SqlRefused("EXPLAIN ANALYZE runs the statement. Use EXPLAIN alone.")
            return found.end()
    return 0


def described_table(text: str, dialect: str) -> list[tuple[str, bool]] | None:
    """The parts of the name of the table that the statement describes, each with whether it is quoted.

    None when it describes nothing; an empty list when it shows what is nobody's secret. Raises SqlRefused
    for descriptions of more than one table.
    """
    first = _FIRST_WORDS.match(text)
    if first is None:
        return None
    for pattern in _DESCRIPTIONS.get(dialect, _DESCRIPTIONS_ELSEWHERE):
        found = re.fullmatch(rf"\s*{pattern}\s*;?\s*", text, re.I)
        if found:
            names = found.groupdict()
            return [_part(each) for each in _PART.findall(names.get("table") or names.get("set") or "")]
    raise SqlRefused(
        f"{first.group(1).upper()} is accepted only for one table by name. "
        "search_metadata finds tables, show_table describes them."
    )


def _part(written: str) -> tuple[str, bool]:
    return (written[1:-1], written[0] != "'") if written[0] in "\"`['" else (written, False)
