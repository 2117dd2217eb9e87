"""Imports go one way, and every vendor has one home."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for top in ("agent", "tools") for path in (ROOT / top).rglob("*.py"))

DOORS = (
    "agent.jupyter",
    "agent.chat",
    "agent.terminal",
    "agent.cli",
    "agent.ask_command",
    "agent.doctor",
    "agent.http_server",
    "agent.mcp_server",
    "agent.evaluation",
    "agent.eval_asking",
    "agent.eval_commands",
    "agent.eval_view",
    "agent.observe_commands",
    "agent.metrics_view",
    "agent.replay_view",
    "agent.feedback_commands",
    "agent.prompt_commands",
    "agent.release_commands",
    "agent.experiment_commands",
    "agent.__main__",
)
VALUES = (
    "agent.messages",
    "agent.events",
    "agent.answer",
    "agent.settings",
    "agent.errors",
    "agent.redaction",
    "agent.times.ranges",
    "agent.charts",
    "agent.notebook_display",
)

HOMES = {
    "openai": ("agent.llm.client",),
    "httpx2": ("agent.llm",),
    "langfuse": ("agent.llmops.langfuse_client", "agent.llmops.langfuse_sdk"),
    "opentelemetry": ("agent.llmops",),
    "httpx": ("agent.llmops",),
    "jinja2": ("agent.llmops.prompts", "agent.llmops.template"),
    "sqlglot": (
        "tools.sql_guard",
        "tools.guard",
        "tools.row_policy",
        "tools.policy_conditions",
        "tools.policy_edits",
        "tools.policy_relations",
        "tools.policy_tables",
        "tools.policy_values",
        "tools.empty_result",
        "tools.explanation",
        "tools.join_graph",
        "tools.join_sanity",
        "tools.verified_examples",
        "agent.evaluation.scoring",
        "agent.llm.offline",
    ),
    "sqlalchemy": ("tools.database", "tools.reflection", "tools.engines", "agent.store", "agent.store_tables"),
    "duckdb": ("tools.engines", "agent.sample", "agent.chat.export"),
    "psycopg": ("tools.engines",),
    "pymysql": ("tools.engines",),
    "rich": (
        "agent.terminal",
        "agent.chat",
        "agent.eval_asking",
        "agent.eval_commands",
        "agent.eval_view",
        "agent.metrics_view",
        "agent.replay_view",
        "agent.prompt_commands",
        "agent.experiment_commands",
    ),
    "prompt_toolkit": ("agent.chat.line_input",),
    "plotext": ("agent.chat.drawing",),
    "vl_convert": ("agent.chat.export",),
    "xlsxwriter": ("agent.chat.export",),
    "yaml": (
        "tools.policy_file",
        "tools.knowledge_files",
        "agent.evaluation.cases",
        "agent.evaluation.case_from_trace",
        "agent.llmops.alerts",
        "agent.llmops.experiments",
    ),
}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it goes"
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def lies_in(name: str, homes: tuple[str, ...]) -> bool:
    return any(name == home or name.startswith(home + ".") for home in homes)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_go_one_way(path: Path) -> None:
    module, imports = module_of(path), imports_of(path)
    ours = {name for name in imports if name.split(".")[0] in ("agent", "tools")}
    if module.startswith("tools"):
        assert not [name for name in ours if name.startswith("agent")], "tools never imports agent"
    if not lies_in(module, DOORS):
        assert not [name for name in ours if lies_in(name, DOORS)], "nothing imports a door"
    if module != "agent" and not lies_in(module, DOORS):
        assert not [name for name in ours if lies_in(name, ("agent.assembly",))], "only doors import the assembly"
    if module.startswith("agent.llm."):
        assert not [name for name in ours if lies_in(name, ("agent.llmops",))], "llm does not know llmops"
    if module.startswith("agent.llmops"):
        assert not [name for name in ours if lies_in(name, ("agent.llm",))], "llmops does not know llm"
    if module.startswith("agent.llm.offline"):
        assert not [name for name in ours if name.startswith("tools")], "the offline model sees only messages"
    if module in VALUES:
        above = [name for name in ours if name.startswith("agent.") and not lies_in(name, VALUES)]
        assert not above, "a value imports nothing above"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_vendor_has_one_home(path: Path) -> None:
    module = module_of(path)
    for name in imports_of(path):
        vendor = name.split(".")[0]
        assert vendor not in HOMES or lies_in(module, HOMES[vendor]), f"{vendor} is imported outside its home"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_opens_with_a_true_sentence(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path)) or ""
    assert docstring.split("\n")[0].strip(), f"{path} does not say what it is"


def test_a_name_that_says_nothing_names_no_file() -> None:
    nothing = {"utils", "helpers", "common", "core", "base", "manager", "service"}
    assert not {path.stem for path in FILES} & nothing
