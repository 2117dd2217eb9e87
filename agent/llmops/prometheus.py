"""The traces as Prometheus scrapes them: counters since the first trace, in its text format 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from agent.llmops.trace_records import TraceSummary

SECONDS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the buckets of the latency."""

Labels = tuple[tuple[str, str], ...]


def exposition(questions: Iterable[TraceSummary]) -> str:
    """The page of these questions, which are to be all there are: a counter never goes down.

    Questions that have not ended are left out. Users are no label: who asked is nobody else's business, and each
    would be a time series.
    """
    ended = [(each, _labels(each)) for each in questions if each.outcome != "unfinished"]
    asked = Counter((*labels, ("outcome", each.outcome or "unknown")) for each, labels in ended)
    failed, repaired, tokens, sections = Counter[Labels](), Counter[Labels](), Counter[Labels](), Counter[Labels]()
    cost: dict[Labels, float] = {}
    for each, labels in ended:
        failed[labels] += bool(each.failed_queries)
        repaired[labels] += each.repaired
        tokens[labels] += each.tokens or 0
        cost[labels] = cost.get(labels, 0.0) + (each.cost_usd or 0.0)
        for section, count in each.prompt_tokens.items():
            sections[*labels, ("section", section)] += count
    lines = [
        *_counter("questions", "Questions that ended, by their outcome.", asked),
        *_counter("questions_with_failed_query", "Questions with a query that was refused or failed.", failed),
        *_counter("questions_repaired", "Of these, questions with a later query that ran.", repaired),
        *_counter("tokens", "Tokens of all model calls, as far as providers told.", tokens),
        *_counter("prompt_section_tokens", "Tokens that sections of the prompts took, estimated.", sections),
        *_counter("cost_usd", "US dollars of all model calls, as far as prices are known.", cost),
        *_histogram([(each.seconds, labels) for each, labels in ended if each.seconds is not None]),
    ]
    return "".join(f"{line}\n" for line in lines)


def _labels(question: TraceSummary) -> Labels:
    return (
        ("model", " + ".join(question.models)),
        ("prompt", question.prompt_name or ""),
        ("prompt_version", "" if question.prompt_version is None else str(question.prompt_version)),
        ("prompt_label", question.prompt_label or ""),
    )


def _counter(name: str, about: str, values: Mapping[Labels, float]) -> Iterator[str]:
    yield f"# HELP dbagent_{name}_total {about}"
    yield f"# TYPE dbagent_{name}_total counter"
    for labels, value in sorted(values.items()):
        yield f"dbagent_{name}_total{_written(labels)} {_number(value)}"


def _histogram(seconds: Sequence[tuple[float, Labels]]) -> Iterator[str]:
    name = "dbagent_question_duration_seconds"
    yield f"# HELP {name} Seconds of wall time from question to answer."
    yield f"# TYPE {name} histogram"
    for labels in sorted({labels for _, labels in seconds}):
        mine = [each for each, its in seconds if its == labels]
        for bound in SECONDS:
            yield f"{name}_bucket{_written((*labels, ('le', _number(bound))))} {sum(each <= bound for each in mine)}"
        yield f"{name}_bucket{_written((*labels, ('le', '+Inf')))} {len(mine)}"
        yield f"{name}_sum{_written(labels)} {_number(sum(mine))}"
        yield f"{name}_count{_written(labels)} {len(mine)}"


def _written(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
