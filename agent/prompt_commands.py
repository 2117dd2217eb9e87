"""The commands `dbagent prompts ...`: versions of prompts listed, shown, compared, checked, pushed and pulled."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.eval_view import clean, note
from agent.release_commands import add_release_commands, event_line, print_json, settings_of, takes_name, who

if TYPE_CHECKING:
    from agent.llmops.prompt_lint import Linted
    from agent.llmops.prompt_store import PromptStore
    from agent.llmops.prompt_version import Prompt
    from agent.settings import Settings

OK, FOUND = 0, 6

ABOUT = """\
A reference is a version's number or a label, such as 3, staging or v1.4.0. Versions are made and labels moved in
Langfuse when its keys are set (and DBAGENT_PROMPT_SOURCE is not file), else in DBAGENT_HOME/prompts.json. With diff and
push, local:, online: and package: before a reference say where it is looked up, and a FILE.jinja may stand for one.
"""

Command = Callable[..., argparse.ArgumentParser]


def add_prompt_commands(actions: Any, command: Command) -> None:
    """Add list, show, diff, lint, push and pull to the parser's actions, and those of releases."""
    listing = command(actions, "list", _list, "list the prompts: the versions that carry a label, and their tokens")
    listing.add_argument("--all", action="store_true", help="every version")
    listing.add_argument("--json", action="store_true", help="as JSON")

    show = command(actions, "show", _show, "show one version: what is known of it, and its text")
    takes_name(show)
    show.add_argument("reference", metavar="REFERENCE", nargs="?", default="production", help="default: production")
    show.add_argument("--rendered", action="store_true", help="the text as a model gets it, for the database")
    show.add_argument("--json", action="store_true", help="as JSON")
    _takes_database(show)

    diff = command(actions, "diff", _diff, "show what differs between two versions")
    takes_name(diff)
    diff.add_argument("first", metavar="A", nargs="?", default="production", help="default: production")
    diff.add_argument("second", metavar="B", nargs="?", default="latest", help="default: latest")

    lint = command(actions, "lint", _lint, "render prompts for the database: what is wrong, and the tokens by section")
    lint.add_argument("name", metavar="NAME", nargs="?", help="a prompt, or a FILE.jinja (default: every prompt)")
    lint.add_argument("reference", metavar="REFERENCE", nargs="?", help="default: each version that carries a label")
    lint.add_argument("--max-tokens", type=int, metavar="N", help="it is wrong to cost more in all")
    lint.add_argument("--json", action="store_true", help="as JSON")
    _takes_database(lint)

    push = command(actions, "push", _push, "make a new version of a template, with labels")
    takes_name(push)
    push.add_argument(
        "source",
        metavar="SOURCE",
        nargs="?",
        help="a FILE.jinja, - for stdin, or a reference (default: each version of the package that is not there yet)",
    )
    push.add_argument("--message", "-m", metavar="TEXT", default="", help="what has changed, and why")
    push.add_argument(
        "--label",
        metavar="LABEL",
        action="append",
        default=[],
        help="a label for it, such as staging or v1.4.0; repeatable",
    )
    push.add_argument("--tag", metavar="TAG", action="append", default=[], help="a tag of the prompt; repeatable")
    push.add_argument("--force", action="store_true", help="let it take the label production without being measured")

    pull = command(actions, "pull", _pull, "write prompts.json and the templates into a folder")
    pull.add_argument("names", metavar="NAME", nargs="*", help="default: every prompt")
    pull.add_argument(
        "--into", metavar="FOLDER", help="where to (default: assets, where assets/prompts.json is there already)"
    )
    pull.add_argument("--all", action="store_true", help="every version, not only those that carry a label")
    pull.add_argument("--force", action="store_true", help="replace files that say something else")

    add_release_commands(actions, command)


def _takes_database(command: argparse.ArgumentParser) -> None:
    command.add_argument("--db", metavar="URL", help="the database (default: DBAGENT_DATABASE_URL, else the sample)")
    command.add_argument("--knowledge", metavar="FOLDER", help="what people know of it, in files")


def _list(options: argparse.Namespace) -> int:
    from rich.text import Text

    from agent.assembly import prompt_store
    from agent.llmops.prompt_lint import instruction_tokens
    from agent.terminal import stdout_console, text_table

    with prompt_store(settings_of(options)) as store:
        every = [(listing, _versions(store, listing.name, every=options.all)) for listing in store.listings()]
        place = store.place
    if options.json:
        print_json([_told(prompt) for _, prompts in every for prompt in prompts])
        return OK
    table = text_table(("prompt", "version", "labels", "tags"), ("tokens",))
    table.add_column("message", overflow="fold")
    for _, prompts in every:
        for prompt in prompts:
            cost = instruction_tokens(prompt.text)
            table.add_row(
                Text(clean(prompt.name)),
                str(prompt.version),
                Text(clean(", ".join(prompt.labels))),
                Text(clean(", ".join(prompt.tags))),
                "invalid" if cost is None else f"{cost:,}",
                Text(clean(prompt.message)),
            )
    screen = stdout_console()
    screen.print(table)
    screen.print()
    hidden = sum(len(listing.versions) - len(prompts) for listing, prompts in every)
    more = f" {hidden} versions without a label are left out; --all lists them." if hidden else ""
    screen.print(
        clean(f"In {place}. Tokens are those of the instructions; the schema comes on top (lint).{more}"), markup=False
    )
    return OK


def _versions(store: PromptStore, name: str, *, every: bool) -> list[Prompt]:
    from agent.llmops.prompt_changes import labelled

    listing = next((each for each in store.listings() if each.name == name), None)
    if listing is None or not every:
        return labelled(store, name, listing.labels if listing else ())
    found = (store.find(name, version=version) for version in sorted(listing.versions))
    return [prompt for prompt in found if prompt]


def _told(prompt: Prompt) -> dict[str, Any]:
    from agent.llmops.prompt_lint import instruction_tokens

    return {
        "name": prompt.name,
        "version": prompt.version,
        "labels": list(prompt.labels),
        "tags": list(prompt.tags),
        "config": dict(prompt.config),
        "message": prompt.message,
        "instruction_tokens": instruction_tokens(prompt.text),
    }


def _show(options: argparse.Namespace) -> int:
    from agent.assembly import prompt_store
    from agent.llmops.prompt_changes import found
    from agent.terminal import plain, stdout_console

    settings = settings_of(options)
    with prompt_store(settings) as store:
        prompt = found(store, options.name, options.reference)
        events = [each for each in store.history(prompt.name) if each.version == prompt.version]
    text = _rendered(prompt, settings) if options.rendered else prompt.text
    if options.json:
        print_json({**_told(prompt), "prompt": text, "history": [each.model_dump(mode="json") for each in events]})
        return OK
    told = _told(prompt)
    screen = stdout_console()
    screen.print(f"{clean(prompt.name)} version {prompt.version}", style="bold", markup=False)
    for name, value in (
        ("labels", ", ".join(told["labels"])),
        ("tags", ", ".join(told["tags"])),
        ("config", str(told["config"] or "")),
        ("message", told["message"]),
        ("tokens", f"{told['instruction_tokens']} without the schema" if told["instruction_tokens"] else "invalid"),
    ):
        if value:
            screen.print(f"{name:8}{clean(value)}", style="dim", markup=False)
    for event in events:
        screen.print(f"        {event_line(event)}", style="dim", markup=False)
    screen.print()
    sys.stdout.write(plain(text) if text.endswith("\n") else plain(text) + "\n")
    return OK


def _rendered(prompt: Prompt, settings: Settings) -> str:
    from agent.assembly import open_chosen_database

    database = open_chosen_database(settings, tell=note)
    try:
        return prompt.compile(meta=database.meta.outline(settings.schema_tokens)).text
    finally:
        database.close()


def _diff(options: argparse.Namespace) -> int:
    from agent.llmops.prompt_changes import difference
    from agent.terminal import plain, stdout_console

    one, other = (_referred(options, each) for each in (options.first, options.second))
    names = [
        f"{options.name} {each} (version {prompt.version})"
        for each, prompt in ((options.first, one), (options.second, other))
    ]
    lines = difference(one, other, (names[0], names[1]))
    screen = stdout_console()
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
        screen.print(plain(line), style=style, markup=False, soft_wrap=True)
    if not lines:
        screen.print(f"{names[0]} and {names[1]} are the same.", markup=False)
    return OK


def _referred(options: argparse.Namespace, reference: str) -> Prompt:
    """The version that a reference means, wherever it is looked up. Raises PromptNotFound, SettingsError."""
    from agent.assembly import local_prompts, package_prompts, prompt_store
    from agent.errors import SettingsError
    from agent.llmops.prompt_changes import found
    from agent.llmops.prompt_files import prompt_of, read_prompt

    if reference == "-":
        return prompt_of(sys.stdin.read() if sys.stdin else "", options.name, (), "stdin").as_prompt("")
    if reference.endswith(".jinja") or "/" in reference:
        return read_prompt(Path(reference).expanduser(), options.name).as_prompt("")
    settings = settings_of(options)
    place, colon, rest = reference.partition(":")
    if not colon:
        with prompt_store(settings) as store:
            return found(store, options.name, reference)
    if place == "local":
        return found(local_prompts(settings), options.name, rest)
    if place == "package":
        return found(package_prompts(), options.name, rest)
    if place == "online" and settings.has_langfuse:
        with prompt_store(settings.model_copy(update={"prompt_source": "langfuse"})) as store:
            return found(store, options.name, rest)
    if place == "online":
        raise SettingsError("online: is in Langfuse, and LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not set.")
    raise SettingsError(
        f"There is no {place[:60]!r} to look {rest[:60]!r} up in; there are local:, online: and package:."
    )


def _lint(options: argparse.Namespace) -> int:
    from agent.assembly import open_chosen_database, prompt_store
    from agent.errors import PromptNotFound
    from agent.llmops.prompt_changes import found
    from agent.llmops.prompt_files import read_prompt
    from agent.llmops.prompt_lint import lint
    from agent.terminal import stdout_console

    settings = settings_of(options)
    if options.name and options.name.endswith(".jinja"):
        file = Path(options.name).expanduser()
        prompts = [replace(read_prompt(file, str(file)).as_prompt("file"), version=None)]
    else:
        with prompt_store(settings) as store:
            names = [options.name] if options.name else [each.name for each in store.listings()]
            prompts = [found(store, options.name, options.reference)] if options.reference else []
            prompts = prompts or [each for name in names for each in _versions(store, name, every=False)]
            if not prompts:
                found(store, options.name or "", "latest")
                raise PromptNotFound("There is no prompt to look at.")
    database = open_chosen_database(settings, tell=note)
    meta, shown = database.meta, database.url
    database.close()
    linted = [
        (each, lint(each.text, each.config, meta, settings.schema_tokens, options.max_tokens)) for each in prompts
    ]
    if options.json:
        print_json(
            [
                {
                    **_told(prompt),
                    "tokens": of.tokens,
                    "sections": [{"title": each.title, "tokens": each.tokens} for each in of.sections],
                    "findings": [{"line": each.line, "text": each.text, "wrong": each.wrong} for each in of.findings],
                }
                for prompt, of in linted
            ]
        )
    else:
        stdout_console().print(f"For {clean(shown)}:", style="dim", markup=False)
        for prompt, of in linted:
            _show_lint(prompt, of)
    return FOUND if any(of.wrong for _, of in linted) else OK


def _show_lint(prompt: Prompt, linted: Linted) -> None:
    from agent.terminal import stdout_console

    screen = stdout_console()
    version = "" if prompt.version is None else f" version {prompt.version} ({', '.join(prompt.labels)})"
    cost = f"{linted.tokens:,} tokens" if linted.sections else "cannot be rendered"
    screen.print(clean(f"{prompt.name}{version}: {cost}"), style="bold", markup=False)
    for section in linted.sections:
        screen.print(f"{section.tokens:>8,}  {clean(section.title)}", markup=False)
    for finding in linted.findings:
        screen.print(f"  {clean(str(finding))}", style="red" if finding.wrong else "yellow", markup=False)


def _push(options: argparse.Namespace) -> int:
    from agent.assembly import package_prompts, prompt_store
    from agent.errors import SettingsError
    from agent.llmops.prompt_changes import Pushed, push, push_all

    settings = settings_of(options)
    pushed: list[Pushed]
    if options.source is None:
        if options.label or options.tag or options.message:
            raise SettingsError(
                "Say what to push: a FILE.jinja, - for stdin, or a reference such as package:production."
            )
        entries = [each for each in package_prompts().entries() if each.name == options.name]
        with prompt_store(settings) as store:
            if not entries:
                raise SettingsError(
                    f"The package has no prompt {options.name!r}. Push a file: dbagent prompts push NAME FILE.jinja"
                )
            pushed, place = push_all(store, entries, who()), store.place
    else:
        source = _referred(options, options.source)
        is_file = options.source == "-" or options.source.endswith(".jinja") or "/" in options.source
        prompt = replace(
            source,
            name=options.name,
            labels=tuple(options.label) or (source.labels if is_file else ()),
            tags=tuple(options.tag) or source.tags,
            message=options.message or source.message,
        )
        with prompt_store(settings) as store:
            pushed, place = [push(store, prompt, who(), live=options.force)], store.place
    for each in pushed:
        carries = f", now with {', '.join(each.labels)}" if each.labels else ""
        did = "is" if each.made else "was there already: it is"
        print(clean(f"{options.name} {did} version {each.prompt.version} in {place}{carries}."))
    if not pushed:
        print(clean(f"{place} has every version of the package already."))
    return OK


def _pull(options: argparse.Namespace) -> int:
    from agent.assembly import prompt_store
    from agent.errors import SettingsError
    from agent.llmops.prompt_changes import found, pull

    folder = Path(options.into or "assets").expanduser()
    if not options.into and not (folder / "prompts.json").is_file():
        raise SettingsError(
            "Say where to: dbagent prompts pull --into FOLDER makes FOLDER/prompts.json and the templates in "
            "FOLDER/prompts."
        )
    with prompt_store(settings_of(options)) as store:
        names = options.names or [each.name for each in store.listings()]
        for name in names:
            found(store, name, "latest")
        prompts = [each for name in names for each in _versions(store, name, every=options.all)]
    written = pull(prompts, folder, force=options.force)
    for path in written:
        print(clean(str(path)))
    if not written:
        print(clean(f"{folder} has all of it already."))
    return OK
