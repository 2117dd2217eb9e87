"""How a replay looks in a terminal: the two attempts side by side, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from agent.replay import Attempt, Replay
from agent.terminal import one_line, plain, stdout_console, text_table

_MOST_LINES = 40  # of one diff


def show_replay(replay: Replay) -> None:
    """The question, both attempts, and the differences in SQL, rows and text."""
    out = stdout_console()
    before, after = replay.before, replay.after
    how = "against the recorded results" if replay.recorded else "live"
    out.print(Text(f"Asked again {how}: {one_line(replay.question, 300)}", style="bold"))
    for note in replay.notes:
        out.print(Text(plain(note), style="yellow"))
    out.print()
    table = text_table(("", "before", "after", ""))
    for name, was, now, change in _figures(before, after):
        table.add_row(name, Text(one_line(was, 80)), Text(one_line(now, 80)), Text(change, style="dim"))
    out.print(table)
    for name, of, same in (
        ("SQL", "sql", replay.same_sql),
        ("rows", "result", replay.same_rows),
        ("text", "text", before.text == after.text),
    ):
        out.print()
        out.print(Text(f"{name}: {'the same' if same else 'different'}", style="bold"))
        if not same:
            _show_diff(replay.diff(of))
    if replay.not_recorded:
        out.print()
        count = len(replay.not_recorded)
        out.print(Text(f"{count} call{'' if count == 1 else 's'} that the recording does not have:", style="yellow"))
        for call in replay.not_recorded:
            out.print(Text(f"  {one_line(call, 300)}"))


def _figures(before: Attempt, after: Attempt) -> list[tuple[str, str, str, str]]:
    return [
        ("trace", before.trace_id[:12], after.trace_id[:12], ""),
        ("outcome", before.outcome, after.outcome, ""),
        ("prompt", before.prompt, after.prompt, ""),
        ("model", " + ".join(before.models), " + ".join(after.models), ""),
        ("rows", before.rows, after.rows, ""),
        ("steps", str(before.steps), str(after.steps), _change(before.steps, after.steps)),
        ("tool calls", str(before.tool_calls), str(after.tool_calls), _change(before.tool_calls, after.tool_calls)),
        ("tokens", _count(before.tokens), _count(after.tokens), _change(before.tokens, after.tokens)),
        ("cost", _money(before.cost_usd), _money(after.cost_usd), _change(before.cost_usd, after.cost_usd)),
        ("seconds", _seconds(before.seconds), _seconds(after.seconds), _change(before.seconds, after.seconds)),
    ]


def _show_diff(lines: Sequence[str]) -> None:
    out = stdout_console()
    styles = {"-": "red", "+": "green", "@": "dim"}
    for line in lines[:_MOST_LINES]:
        out.print(Text(plain(line), style=styles.get(line[:1], "")))
    if len(lines) > _MOST_LINES:
        out.print(Text(f"… {len(lines) - _MOST_LINES} more lines; --json has all of them.", style="dim"))


def _change(was: float | None, now: float | None) -> str:
    if was is None or now is None or was == now:
        return ""
    return f"{100 * (now - was) / was:+.0f} %" if was else "from nothing"


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _money(usd: float | None) -> str:
    return "?" if usd is None else f"${usd:.4f}"


def _seconds(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds:.2f}"
