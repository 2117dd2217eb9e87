from __future__ import annotations

import json

import pytest

from agent.redaction import Redactor
from tests.waiting import within


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("postgresql+psycopg://bob:s3cret@db:5432/shop", "postgresql+psycopg://bob:***@db:5432/shop"),
        ("mysql://root:@h, postgres://a:b@c", "mysql://root:***@h, postgres://a:***@c"),
        ("postgres://u:p@h,postgres://a:b@c", "postgres://u:***@h,postgres://a:***@c"),
        ("https://user:p'w\"x@h", "https://user:***@h"),
        ('{"url": "x://u:a b", "to": "me@example.org"}', '{"url": "x://u:a b", "to": "me@example.org"}'),
        ("http://host:8080/path?mail=a@b.c", "http://host:8080/path?mail=a@b.c"),
        ("connect?user=u&password=abc&ssl=1", "connect?user=u&password=***&ssl=1"),
        ("host=h password = 'a b\\' c' dbname=d", "host=h password = '***' dbname=d"),
        ("SERVER=h;UID=u;PWD=x;", "SERVER=h;UID=u;PWD=***;"),
        ('{"password": "a\\"b", "rows": 1}', '{"password": "***", "rows": 1}'),
        ("{'api_key': 'abc', 'n': 2}", "{'api_key': '***', 'n': 2}"),
        ('{\\"secret_key\\": \\"abc\\", \\"n\\": 1}', '{\\"secret_key\\": \\"***\\", \\"n\\": 1}'),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer ***"),
        ("the key sk-proj-abcdef0123456789 is wrong", "the key sk-*** is wrong"),
        ("SELECT name FROM users WHERE password = 'hunter2'", "SELECT name FROM users WHERE password = '***'"),
    ],
)  # fmt: skip
def test_a_password_is_taken_out_where_it_stands(text: str, redacted: str) -> None:
    assert Redactor()(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "PRIMARY KEY (id), FOREIGN KEY (a) REFERENCES t (b) -- the key's comment: 'x'",
        "max_tokens=100, token = 5, tokens: 12",
        "CREATE TABLE users (password VARCHAR NOT NULL, -- hashed\n api_key TEXT)",
        "SELECT count(*) FROM tasks-and-more WHERE basic is null and 3 = 3",
        "https://example.org/a:b/c and a@b.c, 12:30 at 5://6",
        "多少个用户的密码？",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert Redactor()(text) == text


@pytest.mark.parametrize("secret", ["hunter2!", 'pa"ss\\word', "schlüssel/ß+x", "tab\tand\nline"])
def test_a_secret_that_was_told_is_found_as_it_is_and_as_urls_and_json_spell_it(secret: str) -> None:
    from urllib.parse import quote, quote_plus

    redact = Redactor(secret)
    for spelling in (
        secret,
        quote(secret),
        quote_plus(secret),
        json.dumps(secret),
        repr(secret),
        repr({"k": secret}),
    ):
        assert secret not in redact(f"before {spelling} after")
        assert "***" in redact(f"before {spelling} after")


def test_of_two_secrets_the_longer_one_goes_whole() -> None:
    assert Redactor("secret", "secret-and-more")("secret-and-more, secret") == "***, ***"


def test_an_ordinary_short_word_is_no_secret_to_be_replaced_everywhere() -> None:
    redact = Redactor("test", "")
    redact.add(None)
    assert redact("the table test; mysql://root:test@h") == "the table test; mysql://root:***@h"


@pytest.mark.parametrize(
    "hostile",
    [
        "a://",
        "://a:",
        "://a:b",
        "password",
        'password="',
        "password='\\",
        "secret:",
        "x://a:b@b@b@",
        "bearer ",
        "sk-",
    ],
)
def test_no_text_takes_for_ever(hostile: str) -> None:
    redact = Redactor("hunter2!")
    with within(5):
        redact(hostile * (32_000 // len(hostile)))
