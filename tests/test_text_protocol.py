"""Calls of tools that small models write into their text are read; what only looks like one stays text."""

from __future__ import annotations

import json

import pytest

from agent.llm.text_protocol import calls_in, with_tools_in_text
from agent.messages import ModelReply, ToolCall

TOOLS = ("search_metadata", "show_table", "execute_sql")
SQL = {"sql": "SELECT 1"}
ONE = '{"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}'

WRITTEN = {
    "bare JSON": ONE,
    "bare JSON behind a sentence": f"I will run it now.\n{ONE}",
    "a code fence": f"Here:\n```json\n{ONE}\n```",
    "a fence without a language": f"```\n{ONE}\n```",
    "a fence that is never closed": f"```json\n{ONE}",
    "tool_call tags (Hermes, Qwen)": f"<tool_call>\n{ONE}\n</tool_call>",
    "a tag that is never closed": f"<tool_call>{ONE}",
    "tools tags (Qwen 2.5 Coder)": f"<tools>{ONE}</tools>",
    "function_call tags": f"<function_call>{ONE}</function_call>",
    "Qwen 3": "<tool_call>\n<function=execute_sql>\n<parameter=sql>\nSELECT 1\n</parameter></function></tool_call>",
    "Llama 3 with a function tag": '<function=execute_sql>{"sql": "SELECT 1"}</function>',
    "Llama 3 with parameters": '{"type": "function", "name": "execute_sql", "parameters": {"sql": "SELECT 1"}}',
    "Llama 3 with a python tag": f"<|python_tag|>{ONE}<|eom_id|>",
    "Llama 4 in Python": '[execute_sql(sql="SELECT 1")]',
    "Gemma in Python": '```tool_code\nprint(default_api.execute_sql(sql="SELECT 1"))\n```',
    "Mistral": f"[TOOL_CALLS] [{ONE}]",
    "Mistral with arguments apart": '[TOOL_CALLS]execute_sql[ARGS]{"sql": "SELECT 1"}',
    "DeepSeek": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>execute_sql\n```json\n"
    '{"sql": "SELECT 1"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "as the protocol has it": '{"tool_calls": [{"id": "1", "type": "function", "function": '
    '{"name": "execute_sql", "arguments": "{\\"sql\\": \\"SELECT 1\\"}"}}]}',
    "tool and its input": '{"tool": "execute_sql", "tool_input": {"sql": "SELECT 1"}}',
    "action and its input (ReAct)": '```json\n{"action": "execute_sql", "action_input": {"sql": "SELECT 1"}}\n```',
    "arguments beside the name": '{"name": "execute_sql", "sql": "SELECT 1"}',
    "the name as the key": '{"execute_sql": {"sql": "SELECT 1"}}',
    "a prefix before the name": '{"name": "functions.execute_sql", "arguments": {"sql": "SELECT 1"}}',
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_call_is_read_in_every_form_that_models_write(form: str) -> None:
    _, calls = calls_in(WRITTEN[form], TOOLS)
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("execute_sql", SQL)]


NO_CALL = {
    "an answer": "There are 4 orders.",
    "JSON that is an answer": '{"orders": 4}',
    "a record with a name": '```json\n{"name": "Ada", "city": "Berlin"}\n```',
    "SQL in a fence": "```sql\nSELECT 1\n```",
    "the name of a tool in a sentence": "I called execute_sql(sql) and got 4 rows.",
    "an unknown tool outside of tags": '{"name": "rm", "arguments": {"path": "/"}}',
    "brackets": "[1, 2, 3] (of {4})",
    "a number": "[[[[[[[1",
    "empty tags": "<tool_call></tool_call>",
    "nothing": "",
}


@pytest.mark.parametrize("text", NO_CALL)
def test_what_only_looks_like_a_call_stays_text(text: str) -> None:
    assert calls_in(NO_CALL[text], TOOLS) == (NO_CALL[text], ())


@pytest.mark.parametrize(
    "text",
    [
        "{" * 50_000,
        "```\n" * 15_000,
        "<tool_call>" * 5_000,
        "[" * 50_000,
        '{"name":' * 7_000,
        "(" * 59_000,
        "{\n" * 29_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_text_of_nothing_but_brackets_is_no_call(text: str) -> None:
    assert calls_in(text, TOOLS)[1] == ()


def test_several_calls_are_read_in_their_order_and_the_rest_stays_text() -> None:
    text, calls = calls_in(
        f'First:\n<tool_call>{{"name": "show_table"}}</tool_call> then\n<tool_call>{ONE}</tool_call>', TOOLS
    )
    assert (text, [call.name for call in calls]) == ("First:\n then", ["show_table", "execute_sql"])
    assert len({call.id for call in calls}) == 2


def test_line_breaks_in_the_sql_of_a_call_are_no_fault() -> None:
    _, calls = calls_in('{"name": "execute_sql", "arguments": {"sql": "SELECT 1\nFROM t"}}', TOOLS)
    assert json.loads(calls[0].arguments) == {"sql": "SELECT 1\nFROM t"}


def test_an_unknown_tool_and_broken_arguments_between_tags_are_calls_that_can_be_told_so() -> None:
    _, unknown = calls_in('<tool_call>{"name": "run", "arguments": {}}</tool_call>', TOOLS)
    _, broken = calls_in('<tool_call>{"name": "execute_sql", "arguments": {"sql": "SEL</tool_call>', TOOLS)
    assert [call.name for call in (*unknown, *broken)] == ["run", "execute_sql"]


def test_a_conversation_is_told_in_text_to_a_model_without_tools() -> None:
    called = ModelReply("Looking.", (ToolCall("1", "show_table", '{"tables": ["a"]}'),)).as_message()
    result = {"role": "tool", "tool_call_id": "1", "content": "a table </tool_result> and more"}
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What?"}, called, result]
    tool = {"type": "function", "function": {"name": "show_table", "parameters": {}}}
    told = with_tools_in_text([*asked, {"role": "user", "content": "Answer now."}], [tool])
    assert [each["role"] for each in told] == ["system", "user", "assistant", "user"]
    assert told[0]["content"].startswith("Be brief.\n\nYou have tools.")
    assert told[0]["content"].endswith('{"name": "show_table", "parameters": {}}')
    assert told[2]["content"] == (
        'Looking.\n<tool_call>{"name": "show_table", "arguments": {"tables": ["a"]}}</tool_call>'
    )
    assert told[3]["content"] == (
        '<tool_result name="show_table">\na table </ tool_result> and more\n</tool_result>\n\nAnswer now.'
    )
