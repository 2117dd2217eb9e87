"""A run as one HTML file that can be mailed: nothing in it runs, and nothing is fetched."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from agent.evaluation.figures import (
    GROUPS,
    Figures,
    duration,
    effort,
    figures,
    grouped,
    money,
    share,
    unscored,
    whole_dialogues,
)
from agent.evaluation.results import CaseResult, Preview, Run
from tools.text import visible

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2228; --dim: #65707c; --line: #d8dde2; --good: #23805a; --bad: #b3402e;
  --soft: #f4f6f8; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --dim: #98a3ae; --line: #363d45; --good: #57b98d;
  --bad: #e58573; --soft: #22272d; --paper: #181c20; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
.dim { color: var(--dim); } p { margin: .3rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13.5rem, 1fr)); gap: .75rem;
  margin: 1.5rem 0 0; padding: 0; list-style: none; }
.cards li { background: var(--soft); border-radius: 8px; padding: .7rem .9rem; }
.cards b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.cards span { color: var(--dim); font-size: .85rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.figures { width: 100%; }
.figures th, .figures td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
.figures th:first-child, .figures td:first-child { text-align: left; padding-left: 0; white-space: normal; }
th { font-weight: 600; color: var(--dim); font-size: .85rem; }
.bar { display: inline-block; width: 5rem; height: .55rem; margin-right: .5rem; border-radius: 3px;
  background: var(--line); overflow: hidden; }
.share { display: inline-block; width: 3.7rem; }
.bar i { display: block; height: 100%; background: var(--good); }
details { border-top: 1px solid var(--line); padding: .55rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary .dim { font-size: .85rem; margin-left: .4rem; }
pre { background: var(--soft); border-radius: 6px; padding: .6rem .8rem; margin: .25rem 0 .75rem; white-space: pre-wrap;
  overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; }
.said { font: inherit; font-size: .9rem; }
.pair { margin-top: .6rem; display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 1.25rem; }
.pair > div { min-width: 0; }
.label { font-size: .85rem; font-weight: 600; color: var(--dim); }
.good { color: var(--good); } .bad { color: var(--bad); }
.rows { font-size: 13px; margin: .25rem 0 .75rem; }
.rows th, .rows td { text-align: left; border: 1px solid var(--line); padding: .15rem .5rem; overflow-wrap: anywhere; }
"""


def html_report(run: Run, results: Sequence[CaseResult]) -> str:
    """The page: the figures, what they are made of, and each case that was not answered rightly.

    It holds questions, SQL and the first rows of results: whoever is mailed it reads them.
    """
    every, dialogues = figures(results), whole_dialogues(results)
    wrong = [each for each in results if each.same is False and each.answered]
    declined = [each for each in results if each.same is False and not each.answered]
    right = [each for each in results if each.same]
    name = Path(run.cases).name
    parts = [
        _head(run, results, name),
        _cards(every, figures(dialogues)),
        _tables(results),
        _unscored(results),
        _section("Answered wrongly", wrong),
        _section("Not answered", declined),
        _section("Answered rightly", right),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(name)}: EX {share(every.accuracy)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _head(run: Run, results: Sequence[CaseResult], name: str) -> str:
    models = ", ".join(sorted({model for each in results for model in each.models})) or run.options.model
    prompts = ", ".join(sorted({each.prompt for each in results if each.prompt})) or run.options.prompt_label
    told = [
        f"run {run.id}, {run.started:%Y-%m-%d %H:%M %Z}",
        f"model {models}",
        f"prompt {prompts}",
        f"database {run.options.database}" if run.options.database else "",
        "" if run.options.evidence else "without evidence",
        f"a sample of {run.options.limit}" if run.options.limit else "",
        "" if run.finished else f"not finished: {run.done} of {run.total}",
    ]
    return f'<h1>{_text(name)}</h1><p class="dim">{_text(" · ".join(each for each in told if each))}</p>'


def _cards(every: Figures, dialogues: Figures) -> str:
    low, high = every.interval
    cards = [
        (share(every.accuracy), f"execution accuracy: {every.right:,} of {every.scored:,}"),
        (f"{100 * low:.0f} to {100 * high:.0f} %" if every.scored else "-", "95 % interval of it"),
        (share(every.precision), f"right of the {every.answered:,} answered"),
        (share(every.answered_share), "answered"),
        (share(every.soft_f1), "soft-F1"),
        ("?" if every.tokens is None else f"{every.tokens:,.0f}", "tokens a question"),
        (money(every.cost_usd), "cost in all"),
        (duration(every.seconds), f"median; 95 % within {duration(every.slow_seconds)}"),
    ]
    if dialogues.cases:
        cards.insert(
            1, (share(dialogues.accuracy), f"all turns right: {dialogues.right:,} of {dialogues.scored:,} dialogues")
        )
    return (
        '<ul class="cards">' + "".join(f"<li><b>{_text(b)}</b><span>{_text(s)}</span></li>" for b, s in cards) + "</ul>"
    )


def _tables(results: Sequence[CaseResult]) -> str:
    tables = []
    for title, key in GROUPS:
        rows = "".join(map(_figures_row, grouped(results, key)))
        if rows:
            tables.append(
                f'<h2>By {title}</h2><div class="wide"><table class="figures"><thead><tr><th>{title}</th><th>cases</th>'
                "<th>execution accuracy</th><th>answered</th><th>precision</th><th>soft-F1</th><th>tool calls</th>"
                f"<th>tokens</th><th>cost</th><th>median</th></tr></thead><tbody>{rows}</tbody></table></div>"
            )
    return "\n".join(tables)


def _figures_row(got: Figures) -> str:
    bar = f'<span class="bar"><i style="width:{100 * (got.accuracy or 0):.1f}%"></i></span>'
    accuracy = f'<span class="share">{share(got.accuracy)}</span>'
    cells = [
        share(got.answered_share),
        share(got.precision),
        share(got.soft_f1),
        *effort(got),
    ]
    return (
        f"<tr><td>{_text(got.name)}</td><td>{got.cases:,}</td><td>{bar}{accuracy}</td>"
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def _unscored(results: Sequence[CaseResult]) -> str:
    lines = [
        f"<p>{len(ids)} ({_text(', '.join(ids[:5]))}{', …' if ids[5:] else ''}): {_text(reason)}</p>"
        for reason, ids in unscored(results).items()
    ]
    return f"<h2>Not scored</h2>{''.join(lines)}" if lines else ""


def _section(title: str, results: Sequence[CaseResult]) -> str:
    if not results:
        return ""
    return f"<h2>{title} ({len(results):,})</h2>" + "\n".join(map(_case, results))


def _case(result: CaseResult) -> str:
    told = [each for each in (result.case_id, result.db, result.difficulty) if each]
    if result.outcome != "answered":
        told.append(result.outcome.replace("_", " "))
    elif not result.same:
        told.append(f"soft-F1 {result.soft_f1:.2f}")
    tone = "good" if result.same else "bad"
    gold = "\n-- or\n".join(result.gold_sql)
    wanted = (_pre("Gold SQL", gold) if gold else "") + _preview("Rows wanted", result.wanted)
    given = _pre("SQL of the answer", result.sql) + _preview("Rows given", result.given) if result.sql else ""
    said = _pre("What was said", result.text, "said") if result.text else ""
    problem = f'<p class="bad">{_text(result.problem)}</p>' if result.problem else ""
    trace = f'<p class="dim">trace {_text(result.trace_id)}</p>' if result.trace_id else ""
    before = f'<p class="dim">after: {_text(" → ".join(result.earlier))}</p>' if result.earlier else ""
    return (
        f'<details><summary><span class="{tone}">●</span> {_text(result.question)}'
        f'<span class="dim">{_text(" · ".join(told))}</span></summary>{before}{problem}'
        f'<div class="pair"><div>{wanted}</div><div>{given}{said}</div></div>{trace}</details>'
    )


def _pre(label: str, text: str, look: str = "sql") -> str:
    return f'<div class="label">{label}</div><pre class="{look}">{_text(text)}</pre>'


def _preview(label: str, preview: Preview) -> str:
    shown = len(preview.rows)
    count = f"{preview.total:,}" if shown == preview.total else f"the first {shown} of {preview.total:,}"
    head = "".join(f"<th>{_text(each)}</th>" for each in preview.columns)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in preview.rows)
    table = f'<div class="wide"><table class="rows">{_row(head)}{body}</table></div>' if body else ""
    return f'<div class="label">{label}: {count}</div>{table}'


def _row(cells: str) -> str:
    return f"<tr>{cells}</tr>" if cells else ""


def _text(text: str) -> str:
    """Text as HTML shows it, with what hides in it visible: it may have come out of a database."""
    return html.escape(visible(text))
