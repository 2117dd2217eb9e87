"""The life of a prompt: pushed, labelled, compared, measured, promoted, refused, rolled back; here and in Langfuse."""

from __future__ import annotations

import errno
import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import Settings
from agent.assembly import local_prompts, prompt_store
from agent.errors import LangfuseUnavailable, PromptInvalid, PromptNotFound, SettingsError
from agent.evaluation.promotion import change_interval, decide
from agent.evaluation.results import CaseResult
from agent.llmops.langfuse_client import LangfuseClient
from agent.llmops.prompt_changes import PRODUCTION, found, pull, push, roll_back
from agent.llmops.prompt_files import bundle
from agent.llmops.prompt_lint import ANY_DATABASE, lint
from agent.llmops.prompt_store import LangfusePrompts, PromptStore
from agent.llmops.prompt_version import Prompt, PromptEvent
from agent.llmops.prompts import get_prompt
from agent.release_commands import event_line
from tests.command_line import Done, dbagent
from tests.langfuse_double import Fault, LangfuseDouble, fails, hangs, is_gone, refuses
from tests.waiting import within

NAME = "agent/db_agent"
SHOP = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, ordered_on DATE);
INSERT INTO orders VALUES (1, 'paid', '2026-10-03'), (2, 'paid', '2026-11-01'), (3, 'sent', '2025-03-01');
"""
CASES = [
    {"question": "How many orders are there?", "gold_sql": "SELECT count(*) FROM orders"},
    {
        "question": "How many orders per year?",
        "gold_sql": "SELECT strftime('%Y', ordered_on), count(*) FROM orders GROUP BY 1",
    },
]
# Nobody is told which SQL the database speaks, and the offline model then writes DuckDB's: a true regression.
POOR = "You answer questions with the tools you have.\n"


@dataclass
class Place:
    """Where the versions are, and a shop in SQLite with two cases about it."""

    shop: Path
    cases: Path
    folder: Path
    online: LangfuseDouble | None

    def template(self, name: str, text: str) -> str:
        path = self.folder / f"{name}.jinja"
        path.write_text(text)
        return str(path)

    def prompts(self, *arguments: str) -> Done:
        return dbagent("prompts", *arguments)

    def promote(self, *arguments: str) -> Done:
        return self.prompts("promote", NAME, str(self.cases), "--db", str(self.shop), *arguments)

    def history(self) -> list[PromptEvent]:
        return [PromptEvent.model_validate(each) for each in json.loads(self.prompts("history", NAME, "--json").stdout)]

    def production(self) -> int:
        own = Settings.from_environment().home / "prompts.json"
        kept = self.online.prompts if self.online else json.loads(own.read_text())
        return next(each["version"] for each in kept if PRODUCTION in each["labels"])


@pytest.fixture(params=["in Langfuse", "on this machine"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    shop, cases, online = tmp_path / "shop.sqlite", tmp_path / "cases.jsonl", None
    with closing(sqlite3.connect(shop)) as connection:
        connection.executescript(SHOP)
    cases.write_text("\n".join(map(json.dumps, CASES)))
    if request.param == "in Langfuse":
        online = request.getfixturevalue("langfuse")
        for name, value in online.keys.items():
            monkeypatch.setenv(f"LANGFUSE_{name.upper()}", value)
    return Place(shop, cases, tmp_path, online)


def test_the_whole_life_of_a_prompt(place: Place) -> None:
    first = place.prompts("push", NAME)
    if place.online:  # where nothing is yet, the package's versions are made, with their labels
        assert [line.split(" in ")[0] for line in first.stdout.splitlines()] == [
            f"{NAME} is version {n}" for n in (1, 2, 3)
        ]
    assert place.prompts("push", NAME).stdout.endswith("has every version of the package already.\n")

    better = place.template("better", get_prompt(NAME).text.replace("a careful data analyst", "a most careful analyst"))
    pushed = place.prompts("push", NAME, better, "--label", "staging", "--label", "v1.1.0", "-m", "More care.")
    assert (pushed.returncode, pushed.stdout.partition(" in ")[0]) == (0, f"{NAME} is version 4")
    assert place.production() == 3
    listed = {each["version"]: each for each in json.loads(place.prompts("list", "--json").stdout)}
    assert {version: set(each["labels"]) for version, each in listed.items()} == {
        1: {"variant_a"},
        2: {"variant_b"},
        3: {"production"},
        4: {"staging", "v1.1.0", "latest"},
    }
    assert listed[4]["message"] == "More care."
    changed = [
        line for line in place.prompts("diff", NAME, "production", "v1.1.0").stdout.splitlines() if line[:1] in "+-"
    ]
    assert [line[:4] for line in changed] == ["--- ", "+++ ", "-You", "+You"]

    promoted = place.promote()
    assert (promoted.returncode, place.production()) == (0, 4)
    assert "100.0 % to 100.0 % over 2 cases" in promoted.stdout

    place.prompts("push", NAME, place.template("poor", POOR), "--label", "staging", "-m", "Say less.")
    refused = place.promote("--margin", "10")
    assert (refused.returncode, place.production()) == (6, 4)
    assert "a fall of more than the margin of 10 points" in refused.stdout
    runs = re.search(r"eval compare (\S+) (\S+)\.", refused.stderr)
    assert runs
    again = place.prompts("promote", NAME, "--run", runs[2], "--against", runs[1], "--force", "-m", "A bet.")
    assert (again.returncode, place.production()) == (0, 5)

    assert (
        place.prompts("rollback", NAME, "-m", "Lost.").stdout
        == f"production is back at version 4 of {NAME}, from version 5.\n"
    )
    assert (place.prompts("rollback", NAME).returncode, place.production()) == (0, 3)
    no_more = place.prompts("rollback", NAME)
    assert (no_more.returncode, place.production()) == (2, 3)
    assert "Nothing is known of a version" in no_more.stderr

    events = [
        (each.did, each.version, each.label, each.before)
        for each in place.history()
        if each.version > 3 or each.label == PRODUCTION
    ]
    assert events[-8:] == [
        ("pushed", 4, "staging", None),
        ("pushed", 4, "v1.1.0", None),
        ("promoted", 4, "production", 3),
        ("pushed", 5, "staging", 4),
        ("refused", 5, "production", 4),
        ("forced", 5, "production", 4),
        ("rolled back", 4, "production", 5),
        ("rolled back", 3, "production", 4),
    ]
    figures = {each.did: each.figures for each in place.history() if each.figures}
    assert {did: (f["cases"], f["accuracy_before"], f["accuracy"], f["lost"]) for did, f in figures.items()} == {
        "promoted": (2, 1.0, 1.0, 0),
        "refused": (2, 1.0, 0.5, 1),
        "forced": (2, 1.0, 0.5, 1),
    }
    assert all(each.by and abs((datetime.now(UTC) - each.at).total_seconds()) < 300 for each in place.history())


def test_what_is_pulled_is_what_is_there_and_can_be_pushed_again(place: Place) -> None:
    place.prompts("push", NAME)
    odd = "Dialect: {{ meta.dialect }}\n{# prompt #}\n\n\tEnd #} {{ '🦆' }}  \n\n"
    place.prompts(
        "push", NAME, place.template("odd", odd), "--label", "odd.1", "--tag", "ä#}", "-m", 'say "#}" \\ twice'
    )
    into = place.folder / "pulled"
    pulled = place.prompts("pull", "--into", str(into))
    assert (pulled.returncode, pulled.stdout.count("\n")) == (0, 5)
    assert place.prompts("pull", "--into", str(into)).stdout == f"{into} has all of it already.\n"
    names = sorted(str(path.relative_to(into)) for path in into.rglob("*") if path.is_file())
    assert names == [
        "prompts.json",
        *(f"prompts/agent/db_agent{each}.jinja" for each in ("", ".odd.1", ".variant_a", ".variant_b")),
    ]
    listed = json.loads((into / "prompts.json").read_text())
    assert listed == bundle(into / "prompts")
    assert [each["prompt"] for each in listed] == [
        *(get_prompt(NAME, version=version).text for version in (1, 2, 3)),
        odd,
    ]
    assert (listed[3]["labels"], listed[3]["tags"], listed[3]["commit_message"]) == (
        ["odd.1", "latest"],
        ["ä#}"],
        'say "#}" \\ twice',
    )
    same = place.prompts("push", NAME, str(into / "prompts/agent/db_agent.odd.1.jinja"))
    assert "was there already: it is version 4" in same.stdout

    edited = into / "prompts/agent/db_agent.jinja"
    edited.write_text("mine")
    assert place.prompts("pull", "--into", str(into)).returncode == 2
    assert edited.read_text() == "mine"
    assert place.prompts("pull", "--into", str(into), "--force").returncode == 0
    assert json.loads((into / "prompts.json").read_text()) == listed


def test_pull_names_its_folder_or_finds_the_one_it_knows(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prompts("push", NAME)
    monkeypatch.chdir(place.folder)
    before = set(place.folder.rglob("*"))
    told = place.prompts("pull")
    assert (told.returncode, "Say where to: dbagent prompts pull --into FOLDER" in told.stderr) == (2, True)
    assert set(place.folder.rglob("*")) == before
    place.prompts("pull", "--into", "assets")
    (place.folder / "assets" / "prompts.json").write_text("[]")
    assert place.prompts("pull").stdout == "assets/prompts.json\n"


BAD = [
    (("show", "agent/db_agnt"), 2, "The nearest are 'agent/db_agent'"),
    (("show", NAME, "stagin"), 2, "The labels there are: latest, production, variant_a, variant_b"),
    (("show", NAME, "99"), 2, "It has 1, 2, 3"),
    (("diff", NAME, "nowhere:1"), 2, "there are local:, online: and package:"),
    (("push", NAME, "{broken}"), 2, "broken.jinja, line 2: unexpected"),
    (("push", NAME, "{unknown}"), 2, "line 2: 'who' is undefined; there is meta"),
    (("push", NAME, "{hidden}"), 2, "meta has no 'tables'"),
    (("push", NAME, "{unsafe}"), 2, "reaches into Python"),
    (("push", NAME, "{composed}"), 2, "filled in by Langfuse alone"),
    (("push", NAME, "{empty}"), 2, "is not a prompt: prompt"),
    (("push", NAME, "{hot}"), 2, "temperature in its config is 9"),
    (("push", NAME, "{good}", "--label", "latest"), 2, "it cannot be moved"),
    (("push", NAME, "{good}", "--label", "Not A Label"), 2, "cannot be a label"),
    (("push", NAME, "{good}", "--label", "7"), 2, "no bare number"),
    (("push", NAME, "{good}", "--label", "production"), 2, "is in production. Push with another label"),
    (("push", NAME, "{good}", "-m", "x" * 501), 2, "500 are the limit"),
    (("push", NAME, "--label", "staging"), 2, "Say what to push"),
    (("push", "other"), 2, "The package has no prompt 'other'"),
    (("promote", NAME), 2, "has the label 'staging'"),
    (("promote", NAME, "--from", "1"), 2, "Nothing says that it is no worse"),
    (("promote", NAME, "--from", "1", "--run", "x"), 2, "--run of the version and --against"),
    (("promote", NAME, "--from", "1", "--run", "x", "--against", "y"), 2, "There is no run 'y'"),
    (("promote", NAME, "gone.jsonl", "--from", "1"), 2, "There is no file 'gone.jsonl'"),
    (("promote", NAME, "--from", "1", "--to", "latest", "--force"), 2, "it cannot be moved"),
    (("rollback", NAME, "--label", "nope"), 2, "has the label 'nope'"),
    (("history", "nope"), 2, "There is no prompt 'nope'"),
    (("push", NAME, "{folder}/gone.jinja"), 2, "gone.jinja cannot be read: No such file or directory."),
    (("diff", NAME, "gone.jinja", "1"), 2, "gone.jinja cannot be read: No such file or directory."),
    (("pull", "nope", "--into", "{folder}/x"), 2, "There is no prompt 'nope'"),
    (("lint", NAME, "--max-tokens", "10", "--db", "{shop}"), 6, "10 are the limit"),
    (("lint", "{unknown}", "--db", "{shop}"), 6, "'who' is undefined"),
]
TEMPLATES = {
    "broken": "one\n{{ broken",
    "unknown": "{{ meta.dialect }}\n{{ who }}",
    "hidden": "{% if meta.detail == 'none of these' %}{{ meta.tables }}{% endif %}x",
    "unsafe": "{% if meta.detail == 'x' %}{{ meta.__class__ }}{% endif %}x",
    "composed": "@@@langfusePrompt:name=other|label=production@@@",
    "empty": "",
    "hot": "{# prompt\nconfig = { temperature = 9 }\n#}\n{{ meta.dialect }}",
    "good": "{{ meta.dialect }}",
}


def test_bad_inputs_are_told_and_change_nothing(place: Place) -> None:
    place.prompts("push", NAME)
    if place.online is None:  # so that there is a file to be kept as it is
        place.prompts("push", NAME, "package:1", "--label", "variant_c")
        place.prompts("rollback", NAME)
    fill = {"folder": str(place.folder), "shop": str(place.shop)}
    fill |= {name: place.template(name, text) for name, text in TEMPLATES.items()}
    own = Settings.from_environment().home / "prompts.json"
    before = repr(place.online.prompts) if place.online else own.read_bytes()
    of_the_store = ("show", "rollback", "history", "promote")
    for arguments, code, said in BAD:
        if place.online and arguments[0] not in of_the_store:
            continue  # it is refused before the store is asked, which is shown on this machine
        done = place.prompts(*(each if each.startswith("x" * 9) else each.format(**fill) for each in arguments))
        assert (done.returncode, said in done.stdout + done.stderr) == (code, True), (arguments, done)
        assert done.stderr.count("\n") <= 1
        assert (repr(place.online.prompts) if place.online else own.read_bytes()) == before, arguments
    assert not list(place.folder.glob("x*"))


@pytest.mark.parametrize("fault", [refuses, fails, hangs, is_gone])
def test_a_langfuse_in_trouble_is_told_in_a_line(langfuse: LangfuseDouble, fault: Fault) -> None:
    langfuse.add_prompt(NAME, "{{ meta.dialect }}", labels=("production",))
    client = LangfuseClient.create(**langfuse.keys, store=None)
    store, before = LangfusePrompts(client, seconds=1), repr(langfuse.prompts)
    fault(langfuse)
    acts: list[Callable[[], object]] = [
        lambda: push(store, Prompt(NAME, None, "", "{{ meta.name }}", labels=("staging",)), "ann"),
        lambda: store.create(Prompt(NAME, None, "", "x")),
        lambda: store.move(NAME, "staging", 1),
        lambda: roll_back(store, NAME, PRODUCTION, "ann"),
        lambda: store.listings(),
    ]

    def trouble(act: Callable[[], object]) -> str:
        with pytest.raises(LangfuseUnavailable, match=r"Langfuse at http://127.0.0.1:\d+ does not do it \(") as error:
            act()
        return str(error.value)

    with within(20), ThreadPoolExecutor() as threads:
        for told in threads.map(trouble, acts):
            assert ("LANGFUSE_SECRET_KEY" in told) == (fault is refuses)
            assert langfuse.keys["secret_key"] not in told
    assert repr(langfuse.prompts) == before
    langfuse.hanging = False
    client.close()


def test_what_langfuse_says_no_to_is_told_in_its_words(langfuse: LangfuseDouble) -> None:
    langfuse.add_prompt("chat", [{"role": "system", "content": "hi"}], labels=("production",))
    client = LangfuseClient.create(**langfuse.keys, store=None)
    store = LangfusePrompts(client, seconds=1)
    with pytest.raises(LangfuseUnavailable, match="HTTP 400: Previous versions have different prompt type"):
        store.create(Prompt("chat", None, "", "text"))
    with pytest.raises(PromptInvalid, match="Make it anew as a text prompt"):
        store.find("chat", label="production")
    with pytest.raises(PromptNotFound, match="has no version 9"):
        store.move("chat", "staging", 9)
    client.close()


@pytest.fixture(params=["in Langfuse", "on this machine"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PromptStore]:
    if request.param == "on this machine":
        yield local_prompts(Settings.from_environment(home=tmp_path))
        return
    client = LangfuseClient.create(**request.getfixturevalue("langfuse").keys, store=None)
    yield LangfusePrompts(client)
    client.close()


def test_many_that_write_at_once_lose_nothing(store: PromptStore) -> None:
    """Each thread is as another process: with a store of its own over the same versions."""

    def work(number: int) -> None:
        push(
            store,
            Prompt("mine", None, "", f"{number} {{{{ meta.dialect }}}}", labels=(f"label-{number}",)),
            f"user{number}",
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (listing,) = [each for each in store.listings() if each.name == "mine"]
    assert sorted(listing.versions) == [1, 2, 3, 4, 5, 6]
    assert {f"label-{number}" for number in range(6)} <= set(listing.labels)
    assert {event.by for event in store.history("mine")} == {f"user{number}" for number in range(6)}


def test_a_label_that_somebody_moved_by_hand_goes_back_to_where_it_was(store: PromptStore) -> None:
    for number in range(1, 4):
        push(store, Prompt("mine", None, "", f"{number} {{{{ meta.dialect }}}}"), "ann")
    push(store, Prompt("mine", None, "", "1 {{ meta.dialect }}", labels=("production",)), "ann", live=True)
    assert found(store, "mine", "production").version in (1, 4)
    first = found(store, "mine", "production").version
    store.move("mine", "production", 3)  # as in the pages of Langfuse: nothing is noted
    was, now = roll_back(store, "mine", "production", "ann")
    assert (was.version, now.version) == (3, first)


def test_where_nothing_can_be_written_nothing_changes_and_that_is_said(tmp_path: Path) -> None:
    in_the_way = tmp_path / "home"
    in_the_way.write_text("a file where the folder should be")
    store = local_prompts(Settings.from_environment(home=in_the_way))
    with pytest.raises(SettingsError, match=r"cannot be written .*; nothing has changed"):
        push(store, Prompt(NAME, None, "", "{{ meta.dialect }}", labels=("staging",)), "ann")
    assert in_the_way.read_text() == "a file where the folder should be"


def test_a_change_that_is_broken_off_leaves_the_list_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = local_prompts(Settings.from_environment(home=tmp_path))
    push(store, Prompt(NAME, None, "", "{{ meta.dialect }}", labels=("staging",)), "ann")
    before = (tmp_path / "prompts.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        push(store, Prompt(NAME, None, "", "{{ meta.name }}"), "ann")
    assert (tmp_path / "prompts.json").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"prompts.json"}


def test_a_prompt_once_pushed_here_is_no_longer_the_packages(tmp_path: Path) -> None:
    settings = Settings.from_environment(home=tmp_path)
    with prompt_store(settings) as store:
        assert found(store, NAME, "production").text == get_prompt(NAME).text
        push(store, Prompt("mine", None, "", "{{ meta.dialect }}", labels=("production",)), "ann")
        kept = json.loads((tmp_path / "prompts.json").read_text())
        assert {each["name"] for each in kept} == {"mine"}  # the other is still the package's to change
        store.move(NAME, "staging", 1)
    kept = json.loads((tmp_path / "prompts.json").read_text())
    assert {each["name"] for each in kept} == {"mine", NAME}


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a//b", "a/../../b", "a.b", "", "a/."])
def test_a_name_from_a_server_is_no_way_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be a file"):
        pull([Prompt(name, 1, "", "x", labels=("production",))], tmp_path / "here")
    assert not list(tmp_path.iterdir())


def result(case: str, same: bool | None, answered: bool = True) -> CaseResult:
    return CaseResult(case, "d", "?", answered=answered, same=same)


@pytest.mark.parametrize(
    ("before", "after", "allowed", "said"),
    [
        ("11110", "11110", True, "cannot be excluded"),
        ("1" * 50, "1" * 49 + "0", True, "-2.0 points"),
        ("1" * 50, "1" * 48 + "00", False, "So few flips may be chance"),
        ("1" * 200, "1" * 150 + "0" * 50, False, "chance seldom makes"),
        ("0" * 9, "1" * 9, True, "+100.0 points"),
        ("", "", False, "No case was scored with both versions."),
    ],
)
def test_a_fall_beyond_the_margin_is_refused(before: str, after: str, allowed: bool, said: str) -> None:
    one, other = ([result(f"c{at}", each == "1") for at, each in enumerate(marks)] for marks in (before, after))
    decision = decide(one, other)
    assert (decision.allowed, said in " ".join(decision.said)) == (allowed, True), decision.said
    assert decision.interval[0] <= decision.change <= decision.interval[1]


def test_a_promotion_that_measured_nothing_is_told_as_such() -> None:
    figures = decide([], []).figures("a", "b")
    event = PromptEvent(at=datetime.now(UTC), by="ann", did="refused", version=4, label="production", figures=figures)
    assert event_line(event).endswith("ann refused version 4: production · no case was scored")


def test_the_interval_of_a_paired_change_is_that_of_the_paper() -> None:
    # Agresti & Min 2005, table 1: 1,600 voters, 150 and 86 changed their minds: 0.04, 95 % interval 0.0214 to 0.0590.
    low, high = change_interval(lost=86, won=150, cases=1600)
    assert (round(low / 100, 3), round(high / 100, 3)) == (0.021, 0.059)


def test_a_prompt_with_more_wrong_answers_in_place_of_none_is_told() -> None:
    before = [result(f"c{at}", at < 5, answered=at < 5) for at in range(10)]
    after = [result(f"c{at}", at < 5) for at in range(10)]
    assert "Of what it answers, less is right: 100.0 % before, 50.0 % now." in decide(before, after).said


def test_lint_reads_every_branch_and_counts_by_heading() -> None:
    listing = "{% for s in meta.schemas %}{% for t in s.tables %}{{ t.name }}\n{% endfor %}{% endfor %}"
    text = f"# One\n{{{{ meta.dialect }}}}\n# Two\n{listing}"
    good = lint(text, {"temperature": 0.5}, ANY_DATABASE, 1500)
    assert ([each.title for each in good.sections], good.findings) == (["One", "Two"], ())
    doubtful = lint("Hello", {"temprature": 1}, ANY_DATABASE, 1500)
    assert not doubtful.wrong
    assert [str(each)[:9] for each in doubtful.findings] == ["perhaps: "] * 3
    only_small = lint("{{ meta.schemas[0].tables[0].name }} {{ meta.dialect }}", {}, ANY_DATABASE, 1500)
    assert only_small.wrong  # a schema too large to be listed has no first table


def test_the_packages_prompts_are_clean_for_a_real_database(shop_file: Path) -> None:
    done = dbagent("prompts", "lint", "--db", str(shop_file), "--json")
    linted = json.loads(done.stdout)
    assert (done.returncode, [each["findings"] for each in linted]) == (0, [[], [], []])
    assert all(each["tokens"] == sum(s["tokens"] for s in each["sections"]) > 250 for each in linted)


def test_a_broken_list_of_this_machine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBAGENT_HOME", str(tmp_path))
    (tmp_path / "prompts.json").write_text("[{]")
    done = dbagent("prompts", "list")
    assert (done.returncode, "prompts.json is not a list of prompts" in done.stderr) == (2, True)
