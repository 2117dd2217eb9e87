"""How metrics look in a terminal: figures, bars, and a table a group."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from agent.llmops.metrics import Metrics
from agent.prompt_tokens import SECTIONS
from agent.terminal import NARROW, one_line, stdout_console, text_table

_BAR = 20  # characters of the longest
_EIGHTHS = " ▏▎▍▌▋▊▉"


def show_metrics(every: Metrics, groups: Sequence[Metrics], by: str, window: str, left_out: int) -> None:
    """The figures of a window, what its prompts were made of, and its groups."""
    out = stdout_console()
    asked = f"{every.questions:,} question{'' if every.questions == 1 else 's'} in {window}"
    notes = [
        f"{every.unfinished:,} not finished" if every.unfinished else "",
        f"{left_out:,} of evaluations and replays left out" if left_out else "",
    ]
    out.print(Text(" · ".join(each for each in (asked, *notes) if each), style="bold"))
    if not every.questions:
        return
    out.print()
    out.print(_figures(every))
    if every.by_section:
        out.print()
        out.print(_sections(every))
    if groups:
        out.print()
        out.print(_groups(groups, by, out.width < NARROW))


def _figures(got: Metrics) -> Table:
    table = text_table(("", "", ""), show_header=False)
    for name, rate, of in (
        ("answered", got.answered_rate, f"{got.answered:,} of {got.questions:,}"),
        ("errors", got.error_rate, f"{got.errors:,} of {got.questions:,}"),
        ("repaired", got.repair_rate, f"{got.repaired:,} of {got.failed_first:,} with a failed query"),
    ):
        table.add_row(name, _percent(rate), Text.assemble((_bar(rate or 0.0), "cyan"), f" {of}"))
    table.add_row(
        "latency",
        f"p50 {_seconds(got.p50_latency_s)}",
        f"p95 {_seconds(got.p95_latency_s)} · mean {_seconds(got.avg_latency_s)}",
    )
    table.add_row(
        "tokens",
        _unless_unknown(got, got.tokens_unknown, f"{got.tokens:,}"),
        _a_question(_count(got.avg_tokens), got.tokens_unknown),
    )
    table.add_row(
        "cost",
        _unless_unknown(got, got.cost_unknown, _money(got.cost_usd)),
        _a_question(_money(got.avg_cost_usd), got.cost_unknown),
    )
    return table


def _a_question(mean: str, unknown: int) -> str:
    return f"{mean} a question" + (f" · unknown of {unknown:,}" if unknown else "")


def _sections(got: Metrics) -> Table:
    table = text_table(("tokens sent, by section", ""), ("share", "a question"))
    total, longest = sum(got.by_section.values()), max(got.by_section.values())
    others = [name for name in got.by_section if name not in SECTIONS]
    for name in (*SECTIONS, *others):
        if sent := got.by_section.get(name, 0):
            table.add_row(
                Text(name.replace("_", " ")),
                Text(_bar(sent / longest), style="cyan"),
                _percent(sent / total),
                _count(sent / got.questions),
            )
    return table


def _groups(groups: Sequence[Metrics], by: str, narrow: bool) -> Table:
    """A row a group; where it is narrow, without repairs, and with bars for days only."""
    columns = ("asked", "answered", "errors", "repaired", "p50", "p95", "tokens", "cost")
    bar = 0 if narrow and by != "day" else 4 if narrow else _BAR
    names = ("prompt" if by == "prompt_version" else by, *([""] if bar else []))
    table = text_table(names, [each for each in columns if not narrow or each != "repaired"])
    table.columns[0].no_wrap = True
    longest = max(got.questions for got in groups) or 1
    for got in groups:
        table.add_row(
            Text(one_line(got.name, 17 if narrow else 60)),
            *([Text(_bar(got.questions / longest, bar), style="cyan")] if bar else []),
            f"{got.questions:,}",
            _percent(got.answered_rate),
            _percent(got.error_rate),
            *([] if narrow else [_percent(got.repair_rate)]),
            _seconds(got.p50_latency_s),
            _seconds(got.p95_latency_s),
            _unless_unknown(got, got.tokens_unknown, _short(got.tokens)),
            _unless_unknown(got, got.cost_unknown, _money(got.cost_usd)),
        )
    return table


def _bar(share: float, width: int = _BAR) -> str:
    """A bar of that share of the width, to an eighth of a character; padded to the width."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _count(number: float | None) -> str:
    return "-" if number is None else f"{number:,.0f}"


def _unless_unknown(got: Metrics, unknown: int, text: str) -> str:
    return "?" if unknown == got.questions > 0 else text


def _short(number: int) -> str:
    for unit, size in (("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)):
        if number >= size:
            return f"{number / size:,.1f}{unit}"
    return f"{number:,}"


def _money(usd: float | None) -> str:
    return "-" if usd is None else f"${usd:,.4f}" if usd < 1 else f"${usd:,.2f}"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
