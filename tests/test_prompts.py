from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent import ScriptedModel, Settings, open_agent
from agent.errors import PromptInvalid, PromptNotFound, SettingsError
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.prompt_files import bundle, write_bundle
from agent.llmops.prompts import Prompt, PromptProxy, get_prompt, list_prompts
from agent.llmops.template import LONGEST_RESULT
from agent.resources import folder
from tests.langfuse_double import Fault, LangfuseDouble, fails, hangs, is_gone, refuses
from tests.waiting import until, within
from tools.database import Database
from tools.metadata import DatabaseMeta, FieldMeta, SchemaMeta, TableMeta
from tools.text import tokens

NAME = "agent/db_agent"
META = DatabaseMeta(
    "duckdb",
    (SchemaMeta("public", (TableMeta("public", "orders", (FieldMeta("id", "INTEGER"),), "One row per order."),)),),
    "public",
    "shop",
)


def prompt(text: str) -> Prompt:
    return Prompt(NAME, 7, "production", text)


def rendered(text: str, **variables: object) -> str:
    return prompt(text).compile(**variables).text


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with two versions of one prompt and one of another."""
    templates = tmp_path / "prompts"
    (templates / "agent").mkdir(parents=True)
    (templates / "agent/db_agent.jinja").write_text("From the file: {{ who }}")
    (templates / "agent/db_agent.short.jinja").write_text(
        '{# prompt\nversion = 2\nlabels = ["staging"]\ntags = ["short"]\nconfig = { temperature = 0.5 }\n#}\n'
        "Short: {{ who }}"
    )
    (templates / "judge.jinja").write_text("Judge {{ who }}")
    return templates


# --- files


def test_the_generated_list_agrees_with_the_templates() -> None:
    assets = folder("assets")
    generated = json.loads((assets / "prompts.json").read_text(encoding="utf-8"))
    assert generated == bundle(assets / "prompts"), "run `make prompts`"


def test_the_packaged_prompt_renders_for_a_real_database() -> None:
    compiled = get_prompt(NAME).compile(meta=META.outline(1500))
    assert "public.orders" in compiled.text or "orders" in compiled.text
    assert (compiled.name, compiled.source, compiled.label) == (NAME, "file", "production")
    assert (compiled.link.name, compiled.link.version) == (NAME, compiled.version)
    assert [each.name for each in list_prompts()] == [NAME]


def test_the_variants_are_versions_of_one_prompt_and_say_the_same_of_the_schema() -> None:
    texts = {label: get_prompt(NAME, label).text for label in ("variant_a", "variant_b", "production")}
    assert [get_prompt(NAME, label).version for label in (*texts, "latest")] == [1, 2, 3, 3]
    assert len({text[text.index("# Schema") :] for text in texts.values()}) == 1
    sizes = {label: tokens(get_prompt(NAME, label).compile(meta=META.outline(0)).text) for label in texts}
    assert sizes["variant_a"] < 0.6 * sizes["production"] < 0.6 * sizes["variant_b"]


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite", "duckdb", "tsql"])
def test_a_prompt_has_the_rules_of_the_dialect_at_hand_and_of_no_other(dialect: str) -> None:
    names = {"postgres": "PostgreSQL:", "mysql": "MySQL:", "sqlite": "SQLite:", "duckdb": "DuckDB:"}
    for label in ("variant_a", "variant_b", "production"):
        text = get_prompt(NAME, label).compile(meta=replace(META, dialect=dialect).outline(0)).text
        assert [each for each, name in names.items() if name in text] == [each for each in names if each == dialect]


def test_a_bundle_has_what_langfuse_needs_to_take_it(files: Path) -> None:
    assert bundle(files) == [
        {
            "name": NAME,
            "version": 1,
            "config": {},
            "labels": ["production"],
            "tags": [],
            "prompt": "From the file: {{ who }}",
            "type": "text",
            "commit_message": "",
        },
        {
            "name": NAME,
            "version": 2,
            "config": {"temperature": 0.5},
            "labels": ["staging", "latest"],
            "tags": ["short"],
            "prompt": "Short: {{ who }}",
            "type": "text",
            "commit_message": "",
        },
        {
            "name": "judge",
            "version": 1,
            "config": {},
            "labels": ["production", "latest"],
            "tags": [],
            "prompt": "Judge {{ who }}",
            "type": "text",
            "commit_message": "",
        },
    ]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.jinja", "{# prompt\nversion = 1\n#}\nok\n{{ broken", "a.jinja, line 5"),
        ("a.jinja", "{# prompt\nversion = \n#}\nok", "a.jinja is not a prompt"),
        ("a.jinja", "{# prompt\nversion = 0\n#}\nok", "version"),
        ("a.jinja", '{# prompt\nversion = "1"\n#}\nok', "version"),
        ("a.jinja", '{# prompt\nlabel = "x"\n#}\nok', "label"),
        ("a.jinja", "", "prompt"),
        ("judge.other.jinja", '{# prompt\nlabels = ["x"]\n#}\nagain version 1', "claim version 1"),
        ("judge.other.jinja", "{# prompt\nversion = 2\n#}\nagain production", "claim label 'production'"),
    ],
)
def test_a_template_that_is_none_is_named(files: Path, name: str, text: str, complaint: str) -> None:
    (files / name).write_text(text)
    with pytest.raises(PromptInvalid, match=complaint.replace(".", r"\.")):
        bundle(files)


def test_a_prompt_is_found_by_label_and_by_version(files: Path) -> None:
    proxy = PromptProxy(folder=files)
    assert proxy.get_prompt(NAME).compile(who="Ann").text == "From the file: Ann"
    assert proxy.get_prompt(NAME, "staging").version == 2
    assert proxy.get_prompt(NAME, "latest").version == 2
    assert proxy.get_prompt(NAME, version=1).version == 1
    assert PromptProxy(folder=files, label="staging").get_prompt(NAME).config == {"temperature": 0.5}
    assert [(each.name, each.version) for each in proxy.list_prompts()] == [(NAME, 1), ("judge", 1)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "agent/db_agnt"}, "The nearest are 'agent/db_agent'."),
        ({"name": ""}, "The nearest are"),
        ({"name": "x" * 100_000}, "The nearest are"),
        ({"name": "../../etc/passwd"}, "There is no prompt"),
        ({"name": NAME, "label": "stging"}, "The labels there are: latest, production, staging."),
        ({"name": NAME, "version": 9}, "It has 1, 2."),
        ({"name": NAME, "version": -1}, "It has 1, 2."),
    ],
)
def test_what_is_not_there_is_told_with_what_is(files: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(PromptNotFound) as error:
        PromptProxy(folder=files).get_prompt(**asked)
    assert said in str(error.value)
    assert len(str(error.value)) < 1_000


def test_an_edited_list_takes_effect_at_once(files: Path) -> None:
    proxy = PromptProxy(folder=files)
    path = write_bundle(files)
    assert proxy.get_prompt(NAME).text == "From the file: {{ who }}"
    path.write_text(path.read_text().replace("From the file", "Edited"))
    assert proxy.get_prompt(NAME).text == "Edited: {{ who }}"


@pytest.mark.parametrize(
    "content", ["", "{", "{}", '[{"name": "x"}]', '[{"name": "x", "version": 1, "prompt": 3}]', "\xff"]
)
def test_a_list_that_is_none_is_named(files: Path, content: str) -> None:
    files.with_suffix(".json").write_text(content, encoding="latin-1")
    with pytest.raises(PromptInvalid, match=r"prompts\.json"):
        PromptProxy(folder=files).get_prompt(NAME)


# --- templates


def test_a_template_walks_metadata_and_plain_values_alike() -> None:
    text = (
        "{% for schema in meta.schemas %}{% for t in schema.tables %}{{ t.full_name }}: {{ t.comment }}"
        "{% for f in t.fields %} {{ f.name }} {{ f.type }} {{ loop.index }}/{{ loop.length }}{% endfor %}"
        "{% endfor %}{% endfor %}"
    )
    assert rendered(text, meta=META) == "public.orders: One row per order. id INTEGER 1/1"
    plain = {"schemas": [{"tables": [{"full_name": "a.b", "comment": "c", "fields": [{"name": "n", "type": "T"}]}]}]}
    assert rendered(text, meta=plain) == "a.b: c n T 1/1"


@pytest.mark.parametrize(
    ("text", "variables", "result"),
    [
        ("{{ x }}", {"x": "{{ 7 * 7 }}"}, "{{ 7 * 7 }}"),
        ("{{ x }} {{ x.a }} {{ x['a'] }}", {"x": {"a": 1, "ü": [None, True]}}, '{"a": 1, "ü": [null, true]} 1 1'),
        ("{{ d.items }} {{ d.keys() | list }}", {"d": {"items": 3}}, '3 ["items"]'),
        ("{{ names | join(', ') }} {{ names | length }}", {"names": ["a", "b"]}, "a, b 2"),
        ("{{ rows | map(attribute='n') | join('-') }}", {"rows": [{"n": 1}, {"n": 2}]}, "1-2"),
        ("{% if x is defined %}yes{% else %}no{% endif %}", {}, "no"),
        ("{{ 'x' ~ 1 ~ none }} {{ 2 ** 8 + 3 * 4 }} {{ 'ab' * 2 }}", {}, "x1None 268 abab"),
        ("{% macro m(n) %}<{{ n }}>{% endmacro %}{{ m(1) ~ m(2) }}", {}, "<1><2>"),
        ("{% set n = namespace(v=0) %}{% for i in range(4) %}{% set n.v = n.v + i %}{% endfor %}{{ n.v }}", {}, "6"),
        ("{{ 'a\nb' | indent(2) }}|{{ 'aXa' | replace('a', 'bb') }}", {}, "a\n  b|bbXbb"),
        ("{{ x | tojson }}", {"x": "é<"}, '"é<"'),
        ("{% for a in xs if a > 1 %}{{ a }}{{ ',' if not loop.last }}{% endfor %}", {"xs": [1, 2, 3]}, "2,3"),
        ("{% for a in xs %}{{ a }}{% else %}none{% endfor %}", {"xs": []}, "none"),
        ("\n\n text \n\n", {}, "text"),
        ("{{ x }}", {"x": "\ud800"}, "?"),
    ],
)  # fmt: skip
def test_templates_render(text: str, variables: dict[str, Any], result: str) -> None:
    assert rendered(text, **variables) == result


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\ntwo\n{{ nope }}", "version 7, is not valid at line 3: 'nope' is undefined"),
        ("one\n{% if x %}", "at line 2: .*end of template"),
        ("one\n{{ meta.nope }}", "at line 2: .*no attribute 'nope'"),
        ("{{ meta }}", "cannot be printed as a whole; print one of .*default_schema, dialect"),
        ("{{ meta.find('x') }}", "no attribute 'find'"),
        ("{% for t in nope %}{% endfor %}", "'nope' is undefined"),
        ("{% include 'x' %}", "cannot include"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_what_is_wrong_with_a_template_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PromptInvalid, match=said) as error:
        rendered(text, meta=META)
    assert NAME in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ [].append(1) }}",
        "{{ {}.update(a=1) }}",
        "{{ meta.__init__ }}",
        "{{ meta.schemas.__class__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ range.__globals__ }}",
        "{{ call() }}",
        "{{ thing.secret }}",
        "{{ thing }}",
        "{{ '' | attr('__class__') }}",
        "{{ lipsum.__globals__ }}",
        "{{ cycler.__init__ }}",
        "{{ (1).__class__ }}",
        "{% set x = namespace() %}{{ x.__class__ }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ['{0.__class__}'] | map('format', 1) | list }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ],
)
def test_a_template_cannot_act(text: str) -> None:
    class Thing:
        secret = "s3cret"

    with pytest.raises(PromptInvalid) as error:
        rendered(text, meta=META, call=os.getcwd, thing=Thing())
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 10000000000 }}",
        "{{ [0] * 10000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% set a = 'x' * 1000 %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
        "{% set a = 'x' * 1000 %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = 'x' * 1000 %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40,
        "{% set a = 'x' * 1000 %}" + "{% set a = [a, a] | join %}" * 40,
        "{% set a = 'x' * 1000 %}" + "{% set a = a | replace('x', 'xx') %}" * 40,
        "{% set a = ['x'] %}" + "{% set a = [a, a, a, a] %}" * 40 + "{{ a }}",
        "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ range(10 ** 12) | list }}",
        "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x' | indent(1000000000, true) * 1000000 }}",
        "{{ x | tojson(indent=100000000) * 100000 }}",
        "{{ (5).to_bytes(1000000000, 'big') }}",
        "{{ 'x' | wordwrap(1) }}",
        "{{" + "(" * 5_000,
        "{{" + "-" * 50_000 + "1}}",
        "x" * 300_000,
    ],
    ids=lambda text: text[:30],
)
def test_a_template_cannot_take_the_process_down(text: str) -> None:
    with within(30), pytest.raises(PromptInvalid):
        rendered(text, x=[1, [2]])


def test_a_large_schema_renders() -> None:
    fields = tuple(FieldMeta(f"field_{number}", "INTEGER") for number in range(20))
    tables = tuple(TableMeta("public", f"t{number}", fields) for number in range(1_000))
    meta = DatabaseMeta("duckdb", (SchemaMeta("public", tables),))
    text = rendered(
        "{% for s in meta.schemas %}{% for t in s.tables %}{{ t.full_name }}"
        "{% for f in t.fields %} {{ f.name }}{% endfor %}\n{% endfor %}{% endfor %}",
        meta=meta,
    )
    assert 150_000 < len(text) < LONGEST_RESULT


def test_many_threads_render_at_once() -> None:
    results: list[str] = []
    threads = [
        threading.Thread(
            target=lambda n=n: results.append(rendered("{% for i in x %}{{ i }}{% endfor %}", x=[n] * 500))
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [str(n) * 500 for n in range(8)]


# --- Langfuse


@pytest.fixture
def langfuse(langfuse: LangfuseDouble) -> LangfuseDouble:
    langfuse.add_prompt(NAME, "Online 1: {{ who }}", labels=("production",), config={"model": "m"})
    return langfuse


@pytest.fixture
def client(langfuse: LangfuseDouble) -> Iterator[LangfuseClient]:
    client = LangfuseClient.create(**langfuse.keys, store=None)
    yield client
    langfuse.hanging, langfuse.delay = False, 0.0
    client.close()


@pytest.fixture
def proxy(client: LangfuseClient, files: Path, tmp_path: Path) -> Callable[..., PromptProxy]:
    def make(**options: Any) -> PromptProxy:
        return PromptProxy(**({"folder": files, "client": client, "last_known": tmp_path / "known"} | options))

    return make


def asked(langfuse: LangfuseDouble) -> int:
    return sum("v2/prompts/" in request for request in langfuse.requests)


def eventually(proxy: PromptProxy, text: str) -> Prompt:
    until(lambda: proxy.get_prompt(NAME).text == text)
    return proxy.get_prompt(NAME)


def test_a_prompt_comes_from_langfuse_by_label(langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]) -> None:
    langfuse.add_prompt(NAME, "Online 2: {{ who }}", labels=("staging",))
    found = proxy().get_prompt(NAME)
    assert (found.version, found.source, found.config, found.labels) == (
        1,
        "langfuse",
        {"model": "m"},
        ("production",),
    )
    assert found.compile(who="Ann").text == "Online 1: Ann"
    assert found.langfuse is not None
    assert proxy(label="staging").get_prompt(NAME).version == 2
    assert proxy().get_prompt(NAME, version=2).text == "Online 2: {{ who }}"
    assert proxy().get_prompt(NAME, "latest").version == 2


@pytest.mark.parametrize("label", ["production", "variant_a", "variant_b"])
def test_both_sources_render_the_same_byte_for_byte(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], label: str, open_shop: Database
) -> None:
    packaged = get_prompt(NAME, label)
    langfuse.add_prompt(NAME, packaged.text, labels=(label,))
    online = proxy().get_prompt(NAME, label)
    assert (online.source, packaged.source) == ("langfuse", "file")
    for meta in (META, open_shop.meta):
        for budget in (0, 20, 1500):  # schemas, tables, every field
            one, other = online.compile(meta=meta.outline(budget)), packaged.compile(meta=meta.outline(budget))
            assert one.text.encode() == other.text.encode()


def test_a_prompt_is_not_asked_for_again_while_it_is_fresh(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]
) -> None:
    fresh = proxy()
    for _ in range(50):
        fresh.get_prompt(NAME)
    assert asked(langfuse) == 1


def test_an_edit_online_takes_effect_without_a_restart_and_without_anybody_waiting(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]
) -> None:
    short = proxy(ttl_seconds=0.05, retry_seconds=0.1)
    assert short.get_prompt(NAME).version == 1
    langfuse.add_prompt(NAME, "Online 2", labels=("production",))
    langfuse.delay = 0.8
    time.sleep(0.1)
    with within(0.7):
        assert short.get_prompt(NAME).version == 1
    langfuse.delay = 0.0
    assert eventually(short, "Online 2").version == 2


def test_with_source_file_langfuse_is_not_asked(langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]) -> None:
    assert proxy(source="file").get_prompt(NAME).source == "file"
    assert asked(langfuse) == 0


def test_what_langfuse_does_not_have_comes_from_the_file_unless_only_langfuse_will_do(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]
) -> None:
    assert proxy().get_prompt("judge").source == "file"
    with pytest.raises(PromptNotFound, match=r"has the label 'production'"):
        proxy(source="langfuse").get_prompt("judge")
    assert {(each.name, each.source) for each in proxy().list_prompts()} == {
        (NAME, "langfuse"),
        ("judge", "file"),
    }


def test_a_label_that_is_nowhere_is_told_with_those_that_are_online(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]
) -> None:
    langfuse.add_prompt(NAME, "Online 2", labels=("variant_b",))
    with pytest.raises(PromptNotFound, match="latest, production, staging, variant_b"):
        proxy().get_prompt(NAME, "nope")
    with pytest.raises(PromptNotFound, match="nearest are 'agent/db_agent'"):
        proxy().get_prompt("agent/db-agent")


FAULTS = pytest.mark.parametrize("fault", [refuses, fails, hangs, is_gone])


@FAULTS
def test_when_langfuse_does_not_answer_its_last_word_is_used_from_memory(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], fault: Fault
) -> None:
    running = proxy(ttl_seconds=0.0, last_known=None)
    assert running.get_prompt(NAME).source == "langfuse"
    fault(langfuse)
    until(lambda: running.get_prompt(NAME).source != "langfuse")
    with within(10):  # a second for each that had waited
        for _ in range(20):
            found = running.get_prompt(NAME)
            assert (found.source, found.version) == ("last known", 1)


@FAULTS
def test_when_langfuse_does_not_answer_the_next_process_uses_its_last_word_from_disk(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], fault: Fault
) -> None:
    proxy().get_prompt(NAME)
    fault(langfuse)
    found = proxy().get_prompt(NAME)
    assert (found.source, found.version, found.config) == ("last known", 1, {"model": "m"})
    asked_before = asked(langfuse)
    # The process after that need not find out for itself.
    assert proxy().get_prompt(NAME).source == "last known"
    assert asked(langfuse) == asked_before


@FAULTS
def test_when_langfuse_never_answered_the_file_is_used_and_langfuse_left_alone(
    langfuse: LangfuseDouble,
    proxy: Callable[..., PromptProxy],
    fault: Fault,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault(langfuse)
    cold = proxy(last_known=None)
    with caplog.at_level(logging.WARNING, "agent"), within(10):  # a second for each that had waited
        for _ in range(20):
            assert cold.get_prompt(NAME).source == "file"
    assert asked(langfuse) <= 1
    told = [record.getMessage() for record in caplog.records if langfuse.url in record.getMessage()]
    assert len(told) == 1
    assert ("LANGFUSE_SECRET_KEY" in told[0]) == (fault is refuses)


def test_when_langfuse_is_back_it_is_asked_again(langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]) -> None:
    langfuse.status = 500
    patient = proxy(retry_seconds=0.1)
    assert patient.get_prompt(NAME).source == "file"
    langfuse.status = None
    assert eventually(patient, "Online 1: {{ who }}").source == "langfuse"


def test_a_slow_langfuse_is_waited_for_once_at_the_most_and_used_when_it_has_answered(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]
) -> None:
    langfuse.delay = 0.8
    slow = proxy(wait_seconds=0.2, retry_seconds=0.1)
    assert slow.get_prompt(NAME).source == "file"
    assert slow.get_prompt(NAME).source == "file"
    langfuse.delay = 0.0
    assert eventually(slow, "Online 1: {{ who }}").source == "langfuse"


def test_warming_means_that_nobody_waits(langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]) -> None:
    warmed = proxy(wait_seconds=0)
    warmed.warm(NAME)
    until(lambda: asked(langfuse) == 1)
    until(lambda: warmed.get_prompt(NAME).source == "langfuse")
    assert asked(langfuse) == 1


def test_many_that_want_the_same_prompt_ask_once(langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]) -> None:
    langfuse.delay = 0.2
    shared = proxy()
    sources: list[str] = []
    threads = [threading.Thread(target=lambda: sources.append(shared.get_prompt(NAME).source)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked(langfuse) == 1
    assert sources == ["langfuse"] * 10


def test_a_prompt_deleted_online_is_not_remembered(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], tmp_path: Path
) -> None:
    short = proxy(ttl_seconds=0.0)
    short.get_prompt(NAME)
    langfuse.prompts.clear()
    assert eventually(short, "From the file: {{ who }}").source == "file"
    langfuse.status = 500
    assert proxy().get_prompt(NAME).source == "file"


def test_a_chat_prompt_is_refused_with_what_to_do(langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]) -> None:
    langfuse.add_prompt("chat", [{"role": "system", "content": "hi"}], labels=("production",))
    with pytest.raises(PromptInvalid, match="as a text prompt"):
        proxy().get_prompt("chat")


def test_a_broken_template_online_is_named_with_version_and_line(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy]
) -> None:
    langfuse.add_prompt(NAME, "one\n{{ who", labels=("production",))
    with pytest.raises(PromptInvalid, match=r"version 2, is not valid at line 2.*dbagent prompts rollback"):
        proxy().get_prompt(NAME).compile(who="Ann")


@pytest.mark.parametrize("content", ["", "{}", "\xff", '{"name": "other", "version": 1, "prompt": "x"}'])
def test_a_spoiled_last_word_on_disk_is_passed_over(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], tmp_path: Path, content: str
) -> None:
    proxy().get_prompt(NAME)
    for path in (tmp_path / "known").glob("*.json"):
        path.write_text(content, encoding="latin-1")
    langfuse.status = 500
    assert proxy().get_prompt(NAME).source == "file"


def test_where_nothing_can_be_written_prompts_still_come(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], tmp_path: Path
) -> None:
    (tmp_path / "known").write_text("in the way")
    assert proxy().get_prompt(NAME).source == "langfuse"
    langfuse.status = 500
    assert proxy().get_prompt(NAME).source == "file"


def test_the_last_word_of_one_project_is_not_anothers(
    langfuse: LangfuseDouble, proxy: Callable[..., PromptProxy], files: Path, tmp_path: Path
) -> None:
    proxy().get_prompt(NAME)
    other = LangfuseClient.create(public_key="pk-other", secret_key="sk-other", base_url=langfuse.url, store=None)
    assert proxy(client=other).get_prompt(NAME).source == "file"
    other.close()


def test_langfuse_alone_without_its_keys_is_an_error_that_names_them(files: Path) -> None:
    with pytest.raises(SettingsError, match="LANGFUSE_SECRET_KEY"):
        PromptProxy(folder=files, source="langfuse")


def test_without_a_prompts_folder_there_is_nothing_to_find(tmp_path: Path, files: Path) -> None:
    shutil.rmtree(files)
    with pytest.raises(PromptNotFound, match="There are none at all"):
        PromptProxy(folder=files).get_prompt(NAME)


def test_what_was_opened_is_closed_where_the_agent_cannot_be(shop_file: Path, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text("name: e\narms: {production: 1, nowhere: 1}\n")
    settings = Settings.from_environment(experiment=tmp_path / "experiment.yaml")
    before = _processes()
    with pytest.raises(SettingsError, match="nowhere"):
        open_agent(str(shop_file), model=ScriptedModel("4."), settings=settings)
    until(lambda: _processes() <= before)


def _processes() -> set[str]:
    """Those that this one has begun."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}
