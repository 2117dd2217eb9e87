"""Stored values found by words, whatever their case, width or accents."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from agent.cli import main
from tests.waiting import until
from tools.database import Database, open_database
from tools.knowledge import Knowledge
from tools.knowledge_files import FieldNote, TableNote
from tools.metadata import FieldMeta, TableMeta
from tools.private_file import PrivateFile
from tools.value_file import FieldValues, packed
from tools.value_index import VALUES_A_FIELD, ValueIndex, sync_values, values_of

CITY = FieldMeta("city", "VARCHAR")
PLACES = TableMeta("geo", "places", (CITY,))


def holding(*values: object) -> ValueIndex:
    index = ValueIndex()
    index.add(PLACES, CITY, values)
    return index


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("schools in alameda county", "Alameda County"),
        ("销量 北京 上个月", "北京"),
        ("上个月北京的销售额是多少", "北京"),
        ("高雄的客户", "高雄"),
        ("广东有多少客户", "廣東"),
        ("臺灣的销量", "台湾"),
        ("acme inc", "ACME Inc."),
        ("ACME", "ACME Inc."),
        ("orders from Zurich", "Zürich"),
        ("ＭÜNCHEN", "München"),
        ("customers in CA", "CA"),
        ("the song 'Badlands'", "Badlands"),
        ("Steven Spielberg's films", "Steven Spielberg"),
        ("order C010407", "C010407"),
        ("books", "Book"),
    ],
)
def test_a_value_is_found_in_its_stored_spelling(asked: str, stored: str) -> None:
    index = holding("Somewhere Else", "上海", stored, "NV", "unrelated words")
    assert [hit.value for hit in index.search(asked)] == [stored]


@pytest.mark.parametrize("asked", ["", "what is in the list or on it", "de", "zzz", "\0", "%", "x" * 50_000])
def test_words_that_name_no_value_find_none(asked: str) -> None:
    assert holding("IN", "OR", "On", "a long name that shares nothing").search(asked) == ()


def test_what_is_no_short_text_is_not_kept() -> None:
    assert holding(1, None, b"bytes", "", "word " * 100, 1.5).search("word bytes 1") == ()


def test_the_value_named_in_full_comes_before_one_named_in_part() -> None:
    found = holding("New York City", "New York").search("how many stores are in New York")
    assert (found[0].value, found[0].covered) == ("New York", 1.0)


def test_a_field_with_too_many_values_is_searched_in_part_and_says_so() -> None:
    index = ValueIndex()
    asked_for = []

    def distinct_values(table: TableMeta, field: FieldMeta, limit: int) -> tuple[tuple[object, ...], bool]:
        asked_for.append((table.name, field.name, limit))
        return ("Berlin",), field.name == "city"

    many = TableMeta("geo", "many", (FieldMeta("note", "TEXT"), FieldMeta("n", "INTEGER")), row_estimate=9)
    view = TableMeta("geo", "seen", (CITY,), kind="view")
    assert not index.complete
    index.fill((many, PLACES, view), distinct_values)
    assert index.complete
    assert asked_for == [("places", "city", VALUES_A_FIELD), ("many", "note", VALUES_A_FIELD)]
    assert index.only_partly(many, many.fields[0])
    assert not index.only_partly(PLACES, CITY)
    assert index.all_of(PLACES, CITY) == ("Berlin",)
    assert index.all_of(many, many.fields[0]) is None


def test_filling_stops_when_its_time_is_up() -> None:
    index = ValueIndex()
    index.fill((PLACES,), lambda *_: (("Berlin",), True), seconds=-1)
    assert not index.complete
    assert index.search("Berlin") == ()


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A database in a file that has not changed for an hour."""
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"""CREATE TABLE places (city TEXT, secret TEXT, story TEXT, n INTEGER);
            INSERT INTO places VALUES ('Zürich', 'hunter2', '{"long " * 100}', 1), ('臺北', 'swordfish', 'short', 2);"""
        )
        connection.executemany("INSERT INTO places (story) VALUES (?)", ((f"story {at}",) for at in range(6_000)))
        connection.commit()
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    return path


def opened(path: Path) -> Database:
    database = open_database(str(path), snapshots=path.parent / "kept")
    database.learn(Knowledge(tables=(TableNote("places", fields=(FieldNote("secret", sensitive=True),)),)))
    return database


def the_file(path: Path) -> Path:
    (file,) = (path.parent / "kept").glob("*.values")
    return file


def complete(database: Database) -> ValueIndex:
    index = values_of(database)
    until(lambda: index.complete)
    return index


def test_values_are_kept_by_sync_for_their_user_alone_and_found_at_the_next_start_without_reading(places: Path) -> None:
    with closing(opened(places)) as database:
        assert "5,001 values are found by search, and kept in " in sync_values(database)
    assert stat.S_IMODE(the_file(places).stat().st_mode) == 0o600
    assert b"hunter2" not in the_file(places).read_bytes()
    form, made_of, _ = json.loads(the_file(places).read_bytes().partition(b"\n")[0])
    altered = FieldValues("", "places", "city", 2, ("Atlantis",))
    PrivateFile(the_file(places), form, made_of).write(packed([altered]))
    with closing(opened(places)) as database:
        index = complete(database)
        assert [hit.value for hit in index.search("hotels in atlantis")] == ["Atlantis"]
        table = database.meta.find("places")[0]
        assert index.all_of(table, table.fields[0]) == ("Atlantis",)


def test_what_was_read_in_part_is_still_known_to_be_a_part_when_it_was_kept(places: Path) -> None:
    with closing(opened(places)) as database:
        sync_values(database)
    with closing(opened(places)) as database:
        index = complete(database)
        table = database.meta.find("places")[0]
        assert index.only_partly(table, table.fields[2])
        assert sorted(map(str, index.all_of(table, table.fields[0]) or ())) == ["Zürich", "臺北"]
        assert [hit.value for hit in index.search("台北")] == ["臺北"]


def test_without_sync_no_value_is_written_anywhere(places: Path) -> None:
    with closing(opened(places)) as database:
        complete(database)
    assert not list((places.parent / "kept").glob("*.values"))


def test_values_of_a_file_that_has_changed_since_are_read_anew(places: Path) -> None:
    with closing(opened(places)) as database:
        sync_values(database)
    with closing(sqlite3.connect(places)) as connection:
        connection.execute("UPDATE places SET city = 'Oslo' WHERE n = 1")
        connection.commit()
    with closing(opened(places)) as database:
        assert [hit.value for hit in complete(database).search("oslo")] == ["Oslo"]


def test_values_kept_a_day_ago_are_used_at_once_and_read_anew_behind(places: Path) -> None:
    with closing(opened(places)) as database:
        sync_values(database)
    form, made_of, _ = json.loads(the_file(places).read_bytes().partition(b"\n")[0])
    old = packed([FieldValues("", "places", "city", 2, ("Atlantis",))]).partition(b"\n")[2]
    PrivateFile(the_file(places), form, made_of).write(b"1000.0\n" + old)
    with closing(opened(places)) as database:
        index = complete(database)
        until(lambda: not index.search("atlantis"))
        assert [hit.value for hit in index.search("zurich")] == ["Zürich"]


@pytest.mark.parametrize("body", [b"", b"x", b"1.0\n{}", b'1.0\n["","places","city",2,[1]]', b'1.0\n["a"]', b"[]\n[]"])
def test_a_kept_file_of_anything_else_is_passed_over(places: Path, body: bytes) -> None:
    with closing(opened(places)) as database:
        sync_values(database)
    form, made_of, _ = json.loads(the_file(places).read_bytes().partition(b"\n")[0])
    PrivateFile(the_file(places), form, made_of).write(body)
    with closing(opened(places)) as database:
        assert [hit.value for hit in complete(database).search("zurich")] == ["Zürich"]


def test_sync_says_where_values_are_not_kept(places: Path) -> None:
    with closing(open_database(str(places))) as database:
        assert sync_values(database).endswith("They are not kept: nothing is kept of this database.")
    with closing(opened(places)) as database:
        for path in (places.parent / "kept").iterdir():
            path.unlink()
        (places.parent / "kept").rmdir()
        (places.parent / "kept").write_text("in the way")
        assert "They could not be kept in " in sync_values(database)


def test_dbagent_sync_keeps_values_only_when_told_to_and_none_of_what_the_settings_call_sensitive(
    places: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DBAGENT_HOME", str(places.parent / "home"))
    monkeypatch.setenv("DBAGENT_SENSITIVE", "places.SECRET, *.story")
    kept = places.parent / "home" / "metadata"
    assert main(["sync", "--db", str(places)]) == 0
    assert not list(kept.glob("*.values"))
    assert main(["sync", "--db", str(places), "--values"]) == 0
    assert "2 values are found by search, and kept in " in capsys.readouterr().out
    (file,) = kept.glob("*.values")
    assert "臺北" in file.read_text("utf-8")
    assert "hunter2" not in file.read_text("utf-8")
