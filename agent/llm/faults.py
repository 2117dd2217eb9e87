"""What an endpoint's failure means: whether to ask again, to say less, to leave something out, or to give up."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from agent.errors import ConversationTooLong, ModelBusy, ModelUnavailable

# As OpenAI, Azure, vLLM, DeepSeek; Anthropic; llama.cpp; Gemini; Qwen; Mistral say it.
_TOO_LONG = re.compile(
    r"context[ _]length|context window|context size|prompt is too long|input is too long|too many tokens"
    r"|range of input length|input token count|exceeds? the (?:maximum|token)|reduce the length|too large for model",
    re.IGNORECASE,
)
# Ollama; vLLM; llama.cpp; OpenRouter; and others.
_NO_TOOLS = re.compile(
    r"not support (?:the )?(?:tool|function)|tool choice requires|tools param requires|support tool use"
    r"|(?:tools?|function call\w*)(?: use)? (?:is|are) not (?:supported|enabled|available)",
    re.IGNORECASE,
)
_NO_STREAM = re.compile(r"not support stream|stream\w* (?:is|are) not (?:supported|enabled|available)", re.IGNORECASE)
_NO_MONEY = re.compile(r"insufficient[_ ](?:quota|balance|credit)|exceeded your current quota", re.IGNORECASE)
_WORTH_A_TRY = (408, 409, 425, 429)


@dataclass(frozen=True)
class Fault:
    """How a request failed: with an HTTP `status`, or in one of the other ways."""

    kind: Literal["status", "timeout", "connection", "stream", "json", "page", "empty", "key"]
    message: str = ""
    status: int = 0
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """Which parameter it complains of, if it says so."""
        return str(_error_in(self.body).get("param") or "")

    @property
    def code(self) -> str:
        """Its own word for what is wrong, if it has one."""
        error = _error_in(self.body)
        return f"{error.get('code') or ''} {error.get('type') or ''}".strip()

    @property
    def is_complaint(self) -> bool:
        """Whether it is about what was sent."""
        return self.status in (400, 404, 413, 415, 422, 501) or (self.kind == "stream" and self.code[:1] == "4")

    @property
    def is_too_long(self) -> bool:
        """Whether the conversation is longer than the model can read."""
        if not (self.is_complaint or self.kind == "stream"):
            return False
        return bool(_TOO_LONG.search(f"{self.code} {self.message}"))


def refused(fault: Fault, sent: Iterable[str]) -> str | None:
    """Which of the things that were sent, and that it can do without, the endpoint will not have; None for none."""
    if not fault.is_complaint or fault.is_too_long:
        return None
    names = list(sent)
    if "tools" in names and (fault.named == "tools" or _NO_TOOLS.search(fault.message)):
        return "tools"
    if fault.named in names:
        return fault.named
    if "stream" in names and _NO_STREAM.search(fault.message):
        return "stream"
    # What is sent always is not meant where it is merely mentioned.
    mentioned = [each for each in names if each not in ("tools", "stream")]
    return next((each for each in mentioned if re.search(rf"(?<!\w){each}(?!\w)", fault.message)), None)


def wants_reasoning(fault: Fault) -> bool:
    """Whether it misses the reasoning of an earlier turn, which another model may have said."""
    return fault.is_complaint and bool(
        re.search(r"missing `?reasoning_content|reasoning_content.{0,60}must be passed", fault.message, re.IGNORECASE)
    )


def unavailable(fault: Fault, model: str, host: str, key: str = "") -> ModelUnavailable:
    """The error for a caller, in one line that says what failed and what to try, without the key."""
    text = _in_one_line(fault, model, host)
    # A provider's complaint may quote the key it was sent; words that stand where none is needed hide nothing.
    if len(key) >= 5 and not key.isalpha():
        text = text.replace(key, "***")
    if fault.is_too_long:
        return ConversationTooLong(text)
    return ModelBusy(text, _retry_after(fault.headers)) if _may_pass(fault) else ModelUnavailable(text)


def _may_pass(fault: Fault) -> bool:
    if fault.kind in ("timeout", "connection", "json", "empty"):
        return True
    if fault.kind == "stream":
        return not fault.is_complaint
    if fault.headers.get("x-should-retry") == "false" or _is_no_money(fault):
        return False
    return fault.status in _WORTH_A_TRY or (fault.status >= 500 and fault.status != 501)


def _is_no_money(fault: Fault) -> bool:
    return fault.status == 402 or bool(_NO_MONEY.search(f"{fault.code} {fault.message}"))


def _in_one_line(fault: Fault, model: str, host: str) -> str:
    said, status = _short(fault.message), fault.status
    if fault.is_too_long:
        return (
            f"The conversation is longer than {model!r} at {host} can read ({said}). Ask something narrower, lower "
            "DBAGENT_SCHEMA_TOKENS, or name a model with a larger context."
        )
    match fault.kind:
        case "timeout":
            return f"{host} did not answer in time. Try again, or raise DBAGENT_MODEL_TIMEOUT (seconds)."
        case "connection":
            return f"{host} cannot be reached, or broke off. Check OPENAI_BASE_URL and the network."
        case "stream":
            return f"{host} reported an error: {said}"
        case "json":
            return (
                f"{host} sent a reply that is not valid JSON. Check that OPENAI_BASE_URL is an OpenAI-compatible one."
            )
        case "key":
            return f"The key for {host} holds characters that no key has. Copy it anew into OPENAI_API_KEY."
        case "page":
            return (
                f"{host} sent a web page and no reply of a model. Check OPENAI_BASE_URL: does it lack /v1 at its end?"
            )
        case "empty":
            return (
                f"The model {model!r} at {host} answered with neither text nor a tool call. "
                "Try another model (DBAGENT_MODEL) or ask the provider."
            )
    if status in (401, 403):
        return f"{host} did not accept the key ({status}). Set OPENAI_API_KEY to a key of that provider."
    if status == 404:
        return (
            f"{host} does not know the model {model!r} or the address (404). Check DBAGENT_MODEL and OPENAI_BASE_URL."
        )
    if _is_no_money(fault):
        return f"{host} says that the plan's quota is used up ({status}: {said}). Check the plan and its payment."
    if status == 429:
        return f"{host} is refusing more requests for now (429). Wait a little, or check the plan and its quota."
    if status >= 500:
        return f"{host} failed ({status}: {said}). Try later, or another model."
    return f"{host} did not take the request ({status}): {said}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds it asks to be left alone (RFC 9110, 10.2.3, and the milliseconds of OpenAI); None without."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return max(0.0, seconds) if not math.isnan(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def message_in(body: object) -> str:
    """What an endpoint says of an error, without what is put around it; nothing where it says nothing."""
    error = _error_in(body)
    message = error.get("message") or error.get("detail") or (body if isinstance(body, str) else "")
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False, default=str)


def _error_in(body: object) -> Mapping[str, Any]:
    """The error's own fields, wherever an endpoint puts them: Gemini sends a list of one."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, Mapping) else body


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:299] + "…"
