"""Where a call of the model becomes a call of Python, and a refusal becomes a reply."""

from __future__ import annotations

import copy
import difflib
import json
import time
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from agent.messages import ToolCall, ToolReply
from tools.database import Database
from tools.errors import SqlFailed, ToolError, UserNotPermitted
from tools.policy import Policy, User
from tools.seen_database import seen_by
from tools.text import visible
from tools.tool import Tool

# Each tool bounds its own text; this is the wall behind them, in characters.
MOST_TEXT = 30_000


class Toolbox:
    """The tools a model may call, over one database; with a policy, over what one user may see of it."""

    def __init__(self, database: Database, tools: Sequence[Tool], policy: Policy | None = None) -> None:
        self.database = database
        self._policy = policy
        self._tools = {tool.name: tool for tool in tools}
        self.schemas = [tool.schema for tool in tools]
        """The tools as chat completions take them."""

    def seen_by(self, user: User | None) -> Toolbox:
        """The same tools over the database as the user sees it; these themselves where no policy is set.

        Raises UserNotPermitted, PolicyInvalid.
        """
        if self._policy is None:
            return self
        seen = copy.copy(self)
        seen.database = seen_by(self.database, self._policy, user)
        return seen

    def call(self, call: ToolCall) -> ToolReply:
        """Run the call; whatever the model did wrong becomes a reply that says what to do next.

        Raises DatabaseUnavailable, which no model can mend, and UserNotPermitted where a policy is set and nobody
        was named.
        """
        if self._policy is not None and self.database.policy_id is None:
            raise UserNotPermitted("A policy is set: tools are called for a user, through Toolbox.seen_by(user).")
        started = time.monotonic()
        tool = self._tools.get(call.name)
        if tool is None:
            return _refusal(call, self._no_such_tool(call.name), started)
        try:
            arguments = tool.arguments.model_validate(_read_json(call.arguments))
        except ValidationError as error:
            return _refusal(call, _what_is_wrong(tool, error), started)
        except (ValueError, RecursionError) as error:
            return _refusal(call, f"The arguments of {tool.name} are not valid JSON ({error}). Call it again.", started)
        try:
            value = tool.function(arguments, self.database)
        except SqlFailed as error:
            # A database quotes values in its complaints: behind the first line nothing may pass for ours.
            return _refusal(call, str(error).replace("\n", "\n  "), started, arguments)
        except ToolError as error:
            return _refusal(call, str(error), started, arguments)
        text = visible(value.for_model())
        if len(text) > MOST_TEXT:
            text = text[:MOST_TEXT] + "\n(cut here: ask for less)"
        return ToolReply(call, text, value, False, time.monotonic() - started, arguments.model_dump())

    def _no_such_tool(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._tools, 1, 0.5)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"There is no tool {name[:80]!r}. {hint}The tools are {', '.join(self._tools)}."


def _refusal(call: ToolCall, text: str, started: float, arguments: BaseModel | None = None) -> ToolReply:
    validated = arguments.model_dump() if arguments else {}
    return ToolReply(call, visible(text)[:MOST_TEXT], None, True, time.monotonic() - started, validated)


def _read_json(text: str) -> Any:
    value = json.loads(text or "{}")
    # Small local models encode the object twice: a JSON string that holds the JSON.
    return json.loads(value) if isinstance(value, str) else value


def _what_is_wrong(tool: Tool, error: ValidationError) -> str:
    complaints = "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'the arguments'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)[:5]
    )
    takes = ", ".join(
        f"{name} ({'required' if field.is_required() else 'optional'})"
        for name, field in tool.arguments.model_fields.items()
    )
    return f"The arguments of {tool.name} are wrong: {complaints}. It takes {takes}. Call it again."
