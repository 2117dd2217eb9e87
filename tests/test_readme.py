"""What README.md and MODELS.md say is made by commands is made by them, and by those that there are."""

from __future__ import annotations

import re

from rich.cells import cell_len

from tests import readme

PARTS = {
    name: made
    for file in (readme.README, readme.MODELS)
    for name, made in re.findall(
        r"<!-- made by `make docs`: (\w+) -->\n(.*?)<!-- end -->", file.read_text("utf-8"), re.DOTALL
    )
}


def test_every_part_that_is_made_has_one_place_and_is_made() -> None:
    assert set(PARTS) == set(readme.PARTS)
    assert all(made.strip() for made in PARTS.values())


def test_transcript_and_chat_show_what_their_commands_type_and_nothing_of_the_machine() -> None:
    assert re.findall(r"^\$ .*", PARTS["transcript"], re.MULTILINE) == [
        readme.typed(each) for each in readme.TRANSCRIPT
    ]
    assert re.findall(r"^> (.+)", PARTS["chat"], re.MULTILINE) == list(readme.CHAT)
    assert max(map(cell_len, PARTS["chat"].splitlines())) <= 100
    for made in (PARTS["transcript"], PARTS["chat"]):
        assert not re.search(r"/(?:root|home|tmp|work|var|Users)/|could not|Traceback", made)
