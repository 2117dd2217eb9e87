"""Whether a prompt's template will do for a database: what is wrong with it, what is doubtful, what it costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import PromptInvalid
from agent.llmops.template import TemplateProblem, parsed, suspicions
from tools.metadata import DatabaseMeta, FieldMeta, ForeignKey, SchemaMeta, TableMeta
from tools.text import tokens

# What the agent fills a prompt in with: DatabaseMeta.outline.
_GIVEN = {"meta": ("detail", "dialect", "name", "schema_count", "schemas", "table_count")}
_CONFIG = ("model", "temperature", "engine")
_WIDE = 10**9  # tokens: room for every field of every table
_HEADING = re.compile(r"^#{1,4} +(.*?)\s*#*$")
_COMPOSED = "@@@langfusePrompt:"

# Something of everything that a template may walk, for where no database is at hand.
ANY_DATABASE = DatabaseMeta(
    "duckdb",
    (
        SchemaMeta(
            "sales",
            (
                TableMeta("sales", "customers", (FieldMeta("id", "INTEGER", False, "Its number."),), "One a customer."),
                TableMeta(
                    "sales",
                    "orders",
                    (FieldMeta("id", "INTEGER", False), FieldMeta("customer_id", "INTEGER")),
                    kind="view",
                    primary_key=("id",),
                    foreign_keys=(ForeignKey(("customer_id",), "sales", "customers", ("id",)),),
                ),
            ),
            "What was sold.",
        ),
    ),
    "sales",
    "shop",
)


@dataclass(frozen=True)
class Finding:
    """Something about a template; `wrong` things keep it from being used, others are doubtful. `line` 0: all of it."""

    line: int
    text: str
    wrong: bool = True

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{'' if self.wrong else 'perhaps: '}{place}{self.text}"


@dataclass(frozen=True)
class Section:
    """What stands under one heading of a prompt as it is sent, and about how many tokens it is."""

    title: str
    tokens: int


@dataclass(frozen=True)
class Linted:
    """What was found; the sections of the prompt as it is sent, empty where it cannot be rendered."""

    findings: tuple[Finding, ...]
    sections: tuple[Section, ...] = ()

    @property
    def tokens(self) -> int:
        """Those of all sections."""
        return sum(each.tokens for each in self.sections)

    @property
    def wrong(self) -> bool:
        """Whether anything keeps it from being used."""
        return any(each.wrong for each in self.findings)


def lint(
    text: str, config: Mapping[str, Any], meta: DatabaseMeta, schema_tokens: int, most_tokens: int | None = None
) -> Linted:
    """Read every branch of a template, and render it for a database as if it were small, middling and large.

    `schema_tokens` is how much of the schema is told in truth; `most_tokens` what the prompt may cost in all.
    """
    try:
        findings = [Finding(line, what) for line, what in suspicions(text, _GIVEN)]
    except TemplateProblem as problem:
        return Linted((Finding(problem.line or 0, problem.reason),))
    findings += _of_text(text, config)
    texts: dict[int, str] = {}
    for budget in (schema_tokens, 0, 60, _WIDE):
        try:
            texts[budget] = parsed(text).render({"meta": meta.outline(budget)})
        except TemplateProblem as problem:
            finding = Finding(problem.line or 0, problem.reason)
            too_large = budget == _WIDE and "renders to more than" in problem.reason  # nobody asks for that much
            if not too_large and finding.line not in {each.line for each in findings}:
                findings.append(finding)
    findings += _of_renderings(texts, meta)
    sent = sections(texts[schema_tokens]) if schema_tokens in texts else ()
    cost = sum(each.tokens for each in sent)
    if most_tokens is not None and cost > most_tokens:
        findings.append(Finding(0, f"it is {cost:,} tokens for this database; {most_tokens:,} are the limit"))
    return Linted(tuple(sorted(findings, key=lambda each: (not each.wrong, each.line))), sent)


def check_template(name: str, text: str, config: Mapping[str, Any]) -> None:
    """Raise PromptInvalid, with every line, for a template that no database would make good."""
    wrong = [str(each) for each in lint(text, config, ANY_DATABASE, 1500).findings if each.wrong]
    if wrong:
        raise PromptInvalid(f"The prompt {name!r} is not valid: {'; '.join(wrong)}. Nothing was changed.")


def sections(text: str) -> tuple[Section, ...]:
    """A text by its Markdown headings; what stands before the first is the opening."""
    found: list[tuple[str, list[str]]] = [("opening", [])]
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            found.append((heading[1], []))
        found[-1][1].append(line)
    # Rounded up one by one, so that the sum may be a token more a section than of the whole.
    return tuple(Section(title, tokens("\n".join(lines))) for title, lines in found if any(lines))


def instruction_tokens(text: str) -> int | None:
    """About how many tokens a template costs without any schema; None for one that cannot be rendered."""
    try:
        return tokens(parsed(text).render({"meta": DatabaseMeta("duckdb", (), "", "").outline(0)}))
    except TemplateProblem:
        return None


def _of_text(text: str, config: Mapping[str, Any]) -> list[Finding]:
    findings = []
    if _COMPOSED in text:
        line = text[: text.index(_COMPOSED)].count("\n") + 1
        findings.append(
            Finding(line, f"{_COMPOSED} is filled in by Langfuse alone; from a file it would be sent as it is")
        )
    for key in config:
        if key not in _CONFIG:
            findings.append(
                Finding(0, f"nothing heeds {key!r} in its config; what is heeded: model, temperature", False)
            )
    temperature = config.get("temperature", 0)
    if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0 <= temperature <= 2:
        findings.append(Finding(0, f"the temperature in its config is {temperature!r}, and not a number from 0 to 2"))
    if not isinstance(config.get("model", ""), str):
        findings.append(Finding(0, f"the model in its config is {config['model']!r}, and not a name"))
    return findings


def _of_renderings(texts: Mapping[int, str], meta: DatabaseMeta) -> list[Finding]:
    findings = []
    if texts and not any(meta.dialect in text for text in texts.values()):
        findings.append(
            Finding(0, "it does not tell the dialect ({{ meta.dialect }}); the model would have to guess", False)
        )
    table = next(meta.tables(), None)
    if table is not None and _WIDE in texts and table.name not in texts[_WIDE]:
        findings.append(
            Finding(0, "it lists no table where there is room (meta.schemas); each would be looked for", False)
        )
    return findings
