"""The answer's text: the figure or the rows, or what was and was not understood, in the asker's language."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from agent.llm.offline.chinese import is_chinese
from agent.llm.offline.languages import is_another_language
from agent.llm.offline.telling import Telling
from agent.llm.offline.understanding import Reading, Understanding

_SHOWN_ROWS = 5
_WORTH_SAYING = 0.1  # of a doubt
_HOW = "OPENAI_API_KEY and DBAGENT_MODEL"
_HOW_ZH = "OPENAI_API_KEY 和 DBAGENT_MODEL"


_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")
_MONEY = frozenset(
    ["price", "cost", "amount", "revenue", "fee", "salary", "total", "spent", "value", "profit", "sales", "income"]
)


@dataclass(frozen=True)
class Rows:
    """A result as `execute_sql` told it: how many rows, whether there are more, the first of them."""

    count: int
    more: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def rows_told(text: str) -> Rows | None:
    """The result in the reply of `execute_sql`; None when the reply is a refusal or a failure."""
    lines = text.splitlines()
    head = re.match(r"(the first )?(\d+) (?:of (\d+) )?rows?\b", lines[0]) if lines else None
    if head is None:
        return None
    table = [_cells(line) for line in lines[1:] if line.startswith("|")]
    body = [row for row in table[1:] if not all(set(cell) <= set("-: ") for cell in row)]
    count = int(head.group(3) or head.group(2))
    return Rows(count, "has more" in lines[0], tuple(table[0]) if table else (), tuple(map(tuple, body)))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def answered(question: str, reading: Reading | None, rows: Rows) -> str:
    """The figure, or the first rows, then the period, the filters, and what was assumed."""
    chinese = is_chinese(question)
    telling = Telling(reading, chinese=chinese) if reading is not None else None
    names = [telling.column(name) if telling is not None else _spoken(name) for name in rows.columns]
    filters = telling.filters() if telling is not None else []
    shown = [
        [_read(*cell) for cell in itertools.zip_longest(rows.columns, row, fillvalue="")]
        for row in rows.rows[:_SHOWN_ROWS]
    ]
    if chinese:
        return _in_chinese(names, shown, rows, filters, reading)
    meant = f" ({'; '.join(filters)})" if filters else ""
    if rows.count == 1 and len(shown) == 1:
        figures = "; ".join(f"{name}: {value}" for name, value in zip(names, shown[0], strict=False))
        return f"{figures}{meant}{_ties(reading, chinese)}"
    left = rows.count - len(shown)
    more = f"; and {left} more" if left > 0 else ""
    cut = ", the database has more" if rows.more else ""
    listed = "; ".join(" · ".join(row) for row in shown)
    return f"{rows.count} rows{cut} ({', '.join(names)}): {listed}{more}.{meant}{_ties(reading, chinese)}"


def _in_chinese(
    names: list[str], shown: list[list[str]], rows: Rows, filters: list[str], reading: Reading | None
) -> str:
    meant = f"（{'；'.join(filters)}）" if filters else ""
    if rows.count == 1 and len(shown) == 1:
        figures = "；".join(f"{name}：{value}" for name, value in zip(names, shown[0], strict=False))
        return f"{figures}{meant}{_ties(reading, True)}"
    left = rows.count - len(shown)
    more = f"；另有 {left} 行" if left > 0 else ""
    cut = "，数据库中还有更多" if rows.more else ""
    listed = "；".join(" · ".join(row) for row in shown)
    return f"共 {rows.count} 行{cut}（{'、'.join(names)}）：{listed}{more}。{meant}{_ties(reading, True)}"


def _read(column: str, value: str) -> str:
    """A figure as a person reads it: two decimals for averages of money and the like, four figures below one."""
    if column.startswith("percentage_of_") and re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return f"{Decimal(value):.2f}".rstrip("0").rstrip(".") + " %"
    if day := re.fullmatch(r"(\d{4}-\d\d-\d\d)(?: 00:00:00)?", value):
        return day.group(1)[:7] if column == "month" else day.group(1)
    if not _LONG_DECIMAL.fullmatch(value):
        return value
    number = Decimal(value)
    if abs(number) >= 1 or _MONEY & set(column.lower().split("_")):
        rounded = number.quantize(Decimal("0.01"))
        if rounded:
            return f"{rounded:f}"
    return f"{number:.4g}" if "e" not in f"{number:.4g}" else value


def _spoken(column: str) -> str:
    return column.replace("_", " ")


def _ties(reading: Reading | None, chinese: bool) -> str:
    """Ties that the limit hides are said, since the rows do not show them."""
    numbered = reading is not None and "weekday" in [unit for _, unit in reading.query.periods]
    if numbered:
        return "（1 为星期一。）" if chinese else " (1 is Monday.)"
    if reading is None or reading.query.limit is None or not reading.query.order:
        return ""
    if reading.query.limit == 1:
        return "（如有并列，只显示其一。）" if chinese else " (If several tie, one of them is shown.)"
    return "（与最后一行并列的不再显示。）" if chinese else " (What ties with the last of them is left out.)"


def nothing_found(question: str) -> str:
    """The query ran and no row matched."""
    if is_chinese(question):
        return "没有找到符合条件的记录。查询所用的条件见下方的 SQL。"
    return "No row matches. The conditions that were used are in the SQL below."


def declined(question: str, understood: Understanding | None) -> str:
    """What was understood, what not, and what to do about it."""
    problem = understood.problem if understood is not None else "nothing"
    if problem == "empty":
        return _both(
            question,
            "There is no question here. Ask in words, for example: how many customers are there?",
            "这里没有问题。请用文字提问，例如：一共有多少个客户?",
        )
    if problem == "long":
        return _both(
            question,
            f"This is too long for the built-in offline model. Ask one thing in a sentence, or set {_HOW} "
            "to use a full language model.",
            f"问题太长，内置的离线模型无法处理。请用一句话提问，或设置 {_HOW_ZH} 使用完整的语言模型。",
        )
    if problem == "lost":
        return _both(
            question,
            "This goes on from a question that the built-in offline model did not understand. Ask it as a whole, or "
            f"set {_HOW} to use a full language model.",
            f"这句话接着一个没有被理解的问题。请把问题完整地说出来，或设置 {_HOW_ZH} 使用完整的语言模型。",
        )
    if problem == "points" and understood is not None:
        word = understood.unexplained[0]
        return _both(
            question,
            f"The built-in offline model does not know what {word!r} stands for here. Name it, or set {_HOW} to use a "
            "full language model.",
            f"内置的离线模型不知道这里的“{word}”指什么。请说出名称，或设置 {_HOW_ZH} 使用完整的语言模型。",
        )
    if is_another_language(question):
        return (
            "The built-in offline model reads English and Chinese only. Ask in one of these, or set "
            f"{_HOW} to use a full language model."
        )
    reading = understood.readings[0] if understood is not None and understood.readings else None
    known = ", ".join(sorted({_table_name(table) for table in _tables_of(reading)}))
    unplaced = list(dict.fromkeys(understood.unexplained if understood is not None else ()))[:8]
    if is_chinese(question):
        asked = reading.query.asked_words if reading is not None else {}
        unplaced += [word for word in _doubted(reading) if word not in unplaced]
        parts = ["内置的离线模型没有把握地理解这个问题，因此不作回答。"]
        if known:
            parts.append(f"理解到的：与 {known} 有关。")
        if unplaced:
            parts.append(f"没有理解的：{'、'.join(asked.get(each.lower(), each) for each in unplaced)}。")
        return "".join(parts) + f"请换个说法，或设置 {_HOW_ZH} 使用完整的语言模型。"
    parts = ["The built-in offline model did not understand this question surely enough to answer it."]
    if known:
        parts.append(f"It understood that it is about {known}.")
    if unplaced:
        parts.append(f"It could not place: {', '.join(unplaced)}.")
    elif reading is not None and reading.doubts:
        what, weight = max(reading.doubts, key=lambda doubt: doubt[1])
        if weight >= _WORTH_SAYING:
            parts.append(f"What was unclear: {what}.")
    return " ".join(parts) + f" Ask in other words, or set {_HOW} to use a full language model."


def _doubted(reading: Reading | None) -> list[str]:
    """The question's own words in the doubts."""
    doubts = reading.doubts if reading is not None else []
    return [match.group(1) for what, weight in doubts if weight >= 0.3 and (match := re.search(r"'([^']+)'", what))]


def says_declined(text: str) -> bool:
    """Whether the text is one of those that give no answer."""
    return _HOW in text or _HOW_ZH in text


def repeated(question: str) -> str:
    """The query ran, but its joins repeat rows, so that its figures are not what was asked for."""
    return _both(
        question,
        "No answer: the joins that the built-in offline model found count the same rows more than once, so the "
        f"figures would be wrong. Name the table that holds the measure, or set {_HOW} to use a full language model.",
        "不作回答：内置的离线模型找到的连接会重复计算同一行，得出的数字不可信。请说明指标所在的表，"
        f"或设置 {_HOW_ZH} 使用完整的语言模型。",
    )


def failed(question: str) -> str:
    """The database refused what was asked of it."""
    return _both(
        question,
        f"The query that the built-in offline model wrote did not run. Ask in other words, or set {_HOW} to use a "
        "full language model.",
        f"内置的离线模型写出的查询未能执行。请换个说法，或设置 {_HOW_ZH} 使用完整的语言模型。",
    )


def _both(question: str, english: str, chinese: str) -> str:
    return chinese if is_chinese(question) else english


def _tables_of(reading: Reading | None) -> Iterable[str]:
    if reading is None:
        return ()
    binding = reading.binding
    return (binding.main.sql, *(table.sql for table in binding.tables.values()))


def _table_name(sql: str) -> str:
    return sql.replace('"', "").replace("`", "")
