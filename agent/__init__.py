"""DBAgent: ask a question in plain words, get an answer from your database, with its receipt.

from agent import open_agent

agent = open_agent("postgresql://reader@db/shop")
print(agent.ask_sync("How many orders were paid last month?").text)
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools

if TYPE_CHECKING:
    from agent.answer import Answer, Receipt
    from agent.assembly import open_agent
    from agent.budget import QuestionLimits
    from agent.db_agent import DBAgent
    from agent.errors import (
        DatabaseUnavailable,
        DBAgentError,
        ModelUnavailable,
        PolicyInvalid,
        PromptInvalid,
        PromptNotFound,
        QuestionRefused,
        SessionUnknown,
        SettingsError,
        UserNotPermitted,
    )
    from agent.llm.scripted import ScriptedModel, calls
    from agent.session import Session
    from agent.settings import Settings
    from tools.ask_user import Clarification
    from tools.policy import Policy, User
    from tools.policy_file import policy_from, read_policy

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Clarification",
    "DBAgent",
    "DBAgentError",
    "DatabaseUnavailable",
    "ModelUnavailable",
    "Policy",
    "PolicyInvalid",
    "PromptInvalid",
    "PromptNotFound",
    "QuestionLimits",
    "QuestionRefused",
    "Receipt",
    "ScriptedModel",
    "Session",
    "SessionUnknown",
    "Settings",
    "SettingsError",
    "User",
    "UserNotPermitted",
    "calls",
    "open_agent",
    "policy_from",
    "read_policy",
]

# A name comes from its module when it is first asked for: `import agent` costs milliseconds, and --help
# imports neither openai nor langfuse nor sqlalchemy nor duckdb.
_HOMES = {
    "Answer": "agent.answer",
    "Clarification": "tools.ask_user",
    "Receipt": "agent.answer",
    "open_agent": "agent.assembly",
    "DBAgent": "agent.db_agent",
    "QuestionLimits": "agent.budget",
    "ScriptedModel": "agent.llm.scripted",
    "Session": "agent.session",
    "calls": "agent.llm.scripted",
    "Settings": "agent.settings",
    "Policy": "tools.policy",
    "User": "tools.policy",
    "policy_from": "tools.policy_file",
    "read_policy": "tools.policy_file",
}

if not tools.__file__ or not Path(tools.__file__).with_name("execute_sql.py").exists():
    raise ImportError(
        f"DBAgent needs its own package 'tools', but another one is in the way: {list(tools.__path__)}. "
        "Run from another folder, or rename or move that one."
    )


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'agent' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "agent.errors")), name)
