"""A setting that is wrong is named, and what it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import Settings, SettingsError


def test_nothing_set_means_the_offline_model_and_the_sample_database() -> None:
    settings = Settings.from_environment({})
    assert (settings.model, settings.database_url, settings.has_langfuse) == ("offline", "", False)


def test_a_variable_set_to_nothing_counts_as_unset() -> None:
    assert Settings.from_environment({"DBAGENT_ROW_LIMIT": ""}).row_limit == 1000


def test_what_a_caller_gives_wins_over_the_environment() -> None:
    environment = {"DBAGENT_ROW_LIMIT": "5", "DBAGENT_PROMPT_LABEL": "staging"}
    settings = Settings.from_environment(environment, row_limit=7, prompt_label=None)
    assert (settings.row_limit, settings.prompt_label) == (7, "staging")


WRONG = {
    "a number that is none": ({"DBAGENT_ROW_LIMIT": "many"}, "DBAGENT_ROW_LIMIT"),
    "a number out of range": ({"DBAGENT_QUERY_SECONDS": "-1"}, "DBAGENT_QUERY_SECONDS"),
    "a choice that is none": ({"DBAGENT_PROMPT_SOURCE": "carrier pigeon"}, "DBAGENT_PROMPT_SOURCE"),
    "a name mistyped": ({"DBAGENT_MODLE": "gpt-5"}, "Did you mean DBAGENT_MODEL?"),
    "a name that is near none": ({"DBAGENT_TYPO": "1"}, "There is no setting DBAGENT_TYPO. README.md lists them."),
    "a model without a key": ({"DBAGENT_MODEL": "gpt-5-mini"}, "OPENAI_API_KEY"),
    "a time zone that is none": ({"DBAGENT_TIME_ZONE": "Mars/Olympus"}, "Asia/Shanghai"),
    "half of Langfuse's keys": ({"LANGFUSE_PUBLIC_KEY": "pk-x"}, "LANGFUSE_SECRET_KEY"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_named(wrong: str) -> None:
    environment, said = WRONG[wrong]
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        Settings.from_environment(environment)


def test_a_local_endpoint_needs_no_key() -> None:
    assert Settings.from_environment({"DBAGENT_MODEL": "m", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}).model == "m"


def test_secrets_are_not_shown() -> None:
    shown = repr(
        Settings.from_environment(
            {"OPENAI_API_KEY": "sk-hidden", "LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk-too"}
        )
    )
    assert "sk-hidden" not in shown
    assert "sk-too" not in shown


def test_every_variable_has_a_meaning_and_stands_in_the_readme() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    for name, (_, meaning) in Settings.variables().items():
        assert meaning.endswith("."), name
        assert f"`{name}`" in readme, f"{name} is missing in the README: make docs"


def test_the_table_in_the_readme_is_the_one_that_the_settings_make() -> None:
    from tests import readme

    text = readme.README.read_text("utf-8")
    assert readme.with_part(text, "settings", readme.settings()) == text, "make docs"


@pytest.mark.parametrize("address", ["http://[::1", "http://host:99999/v1", "http:///v1", "ftp://host/v1", "host:80"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL"):
        Settings.from_environment({"OPENAI_BASE_URL": address})


def test_a_key_ends_where_its_file_does_and_holds_what_a_header_can() -> None:
    assert Settings.from_environment({"OPENAI_API_KEY": "sk-123\n"}).openai_api_key == "sk-123"
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        Settings.from_environment({"OPENAI_API_KEY": "schl\u00fcssel"})
