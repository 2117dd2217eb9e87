from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.errors import SettingsError
from agent.llmops import alerts
from agent.llmops.alerts import WebhookFailed, check, read_rules, send
from tests.test_metrics import asked

NOW = datetime.now(UTC)


@dataclass
class Hook:
    """A webhook on loopback: keeps what it is posted and replies as it is told."""

    url: str = ""
    status: int = 200
    silent: bool = False
    heard: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made, closing = Hook(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if made.silent:
                closing.wait()
                return
            self.send_response(made.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/ofthehook"
    yield made
    closing.set()
    server.shutdown()
    server.server_close()


def rules_in(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "alerts.yaml"
    file.write_text(text, "utf-8")
    return file


def test_each_rule_is_looked_at_over_its_own_window(tmp_path: Path) -> None:
    rules = read_rules(
        rules_in(
            tmp_path,
            """
            window: 2h
            rules:
              - avg_latency_s > 5
              - daily_cost_usd >= 0.03
              - {rule: error_rate > 0.4, window: 30m}
              - {rule: questions < 5, at_least: 3}
              - repair_rate < 0.5
            """,
        )
    )
    asked_then = [
        asked(started=NOW - timedelta(minutes=10), seconds=9.0, outcome="error", sql=None),
        asked(started=NOW - timedelta(minutes=20), seconds=1.0),
        asked(started=NOW - timedelta(hours=20), seconds=100.0),
        asked(started=NOW - timedelta(days=2), seconds=100.0),
    ]
    assert [
        (found.rule.text, found.value, found.questions, found.holds) for found in check(rules, asked_then, NOW)
    ] == [
        ("avg_latency_s > 5", 5.0, 2, False),
        ("daily_cost_usd >= 0.03", pytest.approx(0.03), 3, True),
        ("error_rate > 0.4", 0.5, 2, True),
        ("questions < 5", None, 2, False),
        ("repair_rate < 0.5", None, 2, False),
    ]


def test_a_cost_that_nobody_knows_is_not_zero(tmp_path: Path) -> None:
    rules = read_rules(rules_in(tmp_path, "- cost_usd < 1"))
    [found] = check(rules, [asked(started=NOW, cost_usd=None)], NOW)
    assert (found.value, found.holds) == (None, False)


@pytest.mark.parametrize(
    ("text", "said"),
    {
        "an unknown metric": (
            "- eror_rate > 0.1",
            "rule 1: there is no metric 'eror_rate'. Did you mean 'error_rate'?",
        ),
        "no number": ("- error_rate > much", "rule 1: 'error_rate > much' is no rule"),
        "another operator": ("- error_rate = 1", "is no rule. Write: METRIC > NUMBER"),
        "too large a number": ("- error_rate > 1e999", "larger than any number"),
        "a window of a daily metric": ("- {rule: daily_cost_usd > 1, window: 1h}", "leave its window out"),
        "no span": ("window: soon\nrules: [error_rate > 1]", "rule 1: the window is 'soon'"),
        "another key": (
            "- {rule: error_rate > 1, windw: 1h}",
            "rule 1: there is no key 'windw' here. Did you mean 'window'?",
        ),
        "no rule": ("- [1]", "rule 1: this is no rule"),
        "nothing": ("", "has no rules"),
        "no list": ("rules: {a: b}", "alerts.yaml, rules: it should be a list."),
        "the words of others": (
            "- {metric: error_rate, above: 1}",
            "There are rule, window, cool_down, at_least. Write",
        ),
        "a rule without one": (
            "- error_rate > 1\n- window: 1h",
            "rule 2: 'rule' is missing. Write a rule as error_rate",
        ),
        "a word for a number": (
            "- {rule: error_rate > 1, at_least: some}",
            "rule 1, at_least: it should be a whole num",
        ),
        "a key beside the rules": (
            "rules: [error_rate > 1]\ncooldown: 1h",
            "no key 'cooldown' here. Did you mean 'cool_",
        ),
        "no YAML": ("rules: [", "line 1: this is no YAML"),
        "code": ("- !!python/object/apply:os.system [id]", "this is no YAML"),
        "a webhook": ("webhook: https://hooks.example/x\nrules: [error_rate > 1]", "is a secret"),
        "bytes": ("\x00", "this is no YAML"),
    }.values(),
)
def test_a_rule_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_rules(rules_in(tmp_path, text))
    assert said in str(raised.value)
    assert "hooks.example" not in str(raised.value)


def checked(rules: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["alerts", "check", str(rules)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_what_holds_is_told_once_in_a_cool_down(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = rules_in(tmp_path, "cool_down: 4h\nrules: [questions <= 0, error_rate > 0.5, daily_questions > 5]")
    monkeypatch.setenv("DBAGENT_ALERT_WEBHOOK", hook.url)
    hook.status = 500
    code, out, err = checked(rules, capsys)
    assert (code, out.split("\n")[0]) == (8, "ALERT questions <= 0: 0 (0 questions in the last hour) · not sent")
    assert "it answered HTTP 500. The next check tries again." in err
    hook.status = 200
    assert checked(rules, capsys)[1].startswith("ALERT questions <= 0: 0 (0 questions in the last hour) · sent\n")
    code, out, err = checked(rules, capsys)
    assert (code, err) == (8, "")
    assert "quiet until" in out.split("\n")[0]
    assert out.split("\n")[1] == "--    error_rate > 0.5: no data (0 questions in the last hour)"
    assert out.split("\n")[2] == "ok    daily_questions > 5: 0 (0 questions in the last day)"
    assert hook.heard == [{"text": "DBAgent: questions &lt;= 0: 0 (0 questions in the last hour)"}] * 2


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/hush", "http://[hush", "http://hush.invalid/hush", "http:///hush"]
)
def test_an_address_that_does_not_answer_is_told_without_it(address: str) -> None:
    with pytest.raises(WebhookFailed, match="cannot be reached") as raised:
        send(address, check_of_nothing())
    assert "hush" not in str(raised.value)


def test_a_webhook_is_not_waited_for_nor_followed_nor_logged(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.status = 302
    with pytest.raises(WebhookFailed, match="HTTP 302"):
        send(hook.url, check_of_nothing())
    hook.silent = True
    monkeypatch.setattr(alerts, "_WEBHOOK_SECONDS", 0.3)
    with pytest.raises(WebhookFailed, match=r"did not answer in 0\.3 seconds"):
        send(hook.url, check_of_nothing())
    assert "ofthehook" not in caplog.text


def check_of_nothing() -> list[alerts.Finding]:
    rule = alerts.Rule("questions < 1", "questions", "<", 1.0, timedelta(hours=1), timedelta(hours=1), 0)
    return check([rule], [], NOW)
