"""Search helped by an embedding model at an endpoint on loopback, and search when that fails."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from agent import Settings, SettingsError
from agent.assembly import chosen_embedding, open_chosen_database
from tests.model_server import Handler, ModelServer, breaks_off, fails, hangs, is_no_api, model_server, sends_bad_json
from tests.waiting import within
from tools.database import Database
from tools.embedding import Embedding, likeness
from tools.meaning_index import like_in_meaning
from tools.search_metadata import SearchMetadata, search_metadata

MEANINGS = (("feline", "cat", "kitten"), ("canine", "dog", "puppy"), ("bird", "sparrow", "tweety"))


def vector(text: str) -> list[float]:
    words = text.lower().replace(",", " ").replace(".", " ").split()
    return [0.01 + sum(word in meaning for word in words) for meaning in MEANINGS]


def embeds(handler: Handler) -> None:
    """It knows what three kinds of animals are called."""
    data = [
        {"object": "embedding", "index": at, "embedding": vector(text)} for at, text in enumerate(handler.body["input"])
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    handler.send_json(200, {"object": "list", "data": data[::-1], "model": "m", "usage": usage})


def answers(data: object) -> object:
    return lambda handler: handler.send_json(200, {"object": "list", "data": data, "model": "m", "usage": None})


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    path = tmp_path / "animals.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        for each in ("cat", "dog", "sparrow"):
            connection.execute(f"CREATE TABLE {each} (id INTEGER)")
    return path


@pytest.fixture
def endpoint() -> Iterator[ModelServer]:
    with model_server(embeds) as server:
        yield server


def settings_of(path: Path, server: ModelServer, **more: object) -> Settings:
    given = {"embedding_model": "m", "openai_base_url": server.url, "openai_api_key": "sk-secret", **more}
    return Settings.from_environment({}, database_url=str(path), home=path.parent / "home", **given)


def opened(path: Path, server: ModelServer) -> Database:
    return open_chosen_database(settings_of(path, server))


def first(database: Database, words: str) -> str:
    return search_metadata(SearchMetadata(words=words), database).for_model().splitlines()[0]


def test_a_table_that_shares_no_word_with_the_question_is_found_by_its_meaning(
    animals: Path, endpoint: ModelServer
) -> None:
    with closing(opened(animals, endpoint)) as database:
        found = search_metadata(SearchMetadata(words="how many puppy there are"), database)
        assert found.hits[0].table.name == "dog"
        assert found.for_model().startswith("main.dog")
        assert "  matched: meaning" in found.for_model()


def test_without_a_model_nothing_is_sent_and_nothing_is_found_by_meaning(animals: Path, endpoint: ModelServer) -> None:
    settings = settings_of(animals, endpoint, embedding_model="")
    with closing(open_chosen_database(settings)) as database:
        assert "matched: meaning" not in search_metadata(SearchMetadata(words="puppy"), database).for_model()
    assert not endpoint.heard


def test_a_text_is_sent_once_in_its_life_and_no_value_ever(animals: Path, endpoint: ModelServer) -> None:
    for _ in range(2):
        with closing(opened(animals, endpoint)) as database:
            first(database, "puppy")
            first(database, "puppy")
    texts = [text for body in endpoint.heard for text in body["input"]]
    assert sorted(texts) == [
        "main.cat.  Fields: id",
        "main.dog.  Fields: id",
        "main.sparrow.  Fields: id",
        "puppy",
        "puppy",
    ]
    (file,) = (animals.parent / "home" / "vectors").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_what_is_new_in_the_schema_is_sent(animals: Path, endpoint: ModelServer) -> None:
    with closing(opened(animals, endpoint)) as database:
        like_in_meaning(database, "puppy")
    endpoint.heard.clear()
    with closing(duckdb.connect(str(animals))) as connection:
        connection.execute("CREATE TABLE kitten (id INTEGER)")
    with closing(opened(animals, endpoint)) as database:
        assert {each.name for each in like_in_meaning(database, "feline")[:2]} == {"cat", "kitten"}
    assert [body["input"] for body in endpoint.heard] == [["main.kitten.  Fields: id"], ["feline"]]


@pytest.mark.parametrize(
    "behaviour",
    [
        fails(500),
        fails(401, "bad key sk-secret"),
        fails(404),
        breaks_off(),
        is_no_api,
        sends_bad_json,
        answers([]),
        answers(None),
        answers([{"index": 0, "embedding": [1.0]}]),
        answers([{"index": at, "embedding": [0.0, 0.0]} for at in range(3)]),
        answers([{"index": at, "embedding": "AAAA"} for at in range(3)]),
        answers([{"index": at, "embedding": [float("nan")]} for at in range(3)]),
        answers([{"index": at, "embedding": [1.0] * (at + 1)} for at in range(3)]),
    ],
)
def test_a_model_that_fails_costs_one_warning_and_no_answer(
    animals: Path, behaviour: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(behaviour)
    with model_server(behaviour) as server, closing(opened(animals, server)) as database:
        assert first(database, "dogs").startswith("main.dog")
        assert first(database, "sparrows").startswith("main.sparrow")
        warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(warnings) == 1
        assert "sk-secret" not in caplog.text


def test_a_model_that_hangs_holds_up_the_first_search_a_second_and_no_later_one(animals: Path) -> None:
    with model_server(hangs(30)) as server, closing(opened(animals, server)) as database:
        with within(15):
            assert first(database, "dogs").startswith("main.dog")
        with within(8):  # ten seconds, had each of them waited
            for _ in range(10):
                assert first(database, "cats").startswith("main.cat")


def test_a_model_without_a_key_or_an_address_is_a_setting_to_mend() -> None:
    with pytest.raises(SettingsError, match="DBAGENT_EMBEDDING_MODEL is 'm' but OPENAI_API_KEY is not set"):
        Settings.from_environment({"DBAGENT_EMBEDDING_MODEL": "m"})
    assert chosen_embedding(Settings.from_environment({})) is None


@pytest.mark.parametrize("content", [b"", b"\0", b"x" * 100, b'["dbagent vectors 1", "m", 0]\n'])
def test_kept_vectors_that_are_damaged_are_asked_for_again(tmp_path: Path, content: bytes) -> None:
    sent: list[str] = []

    def embed(texts: object) -> list[list[float]]:
        assert isinstance(texts, list)
        sent.extend(texts)
        return [vector(text) for text in texts]

    assert Embedding("m", embed, tmp_path).vectors(["cat", "dog"]) is not None
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    again = Embedding("m", embed, tmp_path).vectors(["cat", "dog"])
    assert again is not None
    assert sent == ["cat", "dog", "cat", "dog"]
    assert likeness(again[0], again)[0] == pytest.approx(1.0)


def test_vectors_of_another_length_take_the_place_of_those_that_were_kept(tmp_path: Path) -> None:
    assert Embedding("m", lambda texts: [[1.0, 0.0] for _ in texts], tmp_path).vectors(["cat"]) is not None
    longer = Embedding("m", lambda texts: [[1.0, 0.0, 0.0] for _ in texts], tmp_path)
    assert longer.vectors(["cat", "dog"]) is None  # of two lengths: search does without, for a while
    found = Embedding("m", lambda texts: [[1.0, 0.0, 0.0] for _ in texts], tmp_path).vectors(["cat", "dog"])
    assert found is not None
    assert {len(each) for each in found} == {3}
