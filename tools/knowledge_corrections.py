"""A correction becomes a verified example: a file of its own in the knowledge folder, for a person to look at."""

from __future__ import annotations

from pathlib import Path

from tools.database import Database
from tools.errors import DBAgentError, ToolError
from tools.knowledge_files import read_file, written
from tools.text import one_line
from tools.whole_file import in_place_of

FOLDER = "corrections"


class CorrectionRefused(DBAgentError):
    """The correction does not run, or its file cannot be written; the text says why."""


def write_correction(database: Database, folder: Path, name: str, question: str, sql: str, verified: str) -> Path:
    """Write the example into `folder`/corrections/`name`.yaml, whole or not at all; gives the file.

    It is run first: what the guard or the database refuses is no example. One for the same question that is there
    already stays. Raises CorrectionRefused, DatabaseUnavailable.
    """
    asked = " ".join(question.split()).casefold()
    for example in database.knowledge.examples:
        if " ".join(example.question.split()).casefold() == asked:
            raise CorrectionRefused(
                f"There is an example for that question already, in {example.place}. Mend it there."
            )
    try:
        database.query(sql)
    except ToolError as error:
        raise CorrectionRefused(
            f"The correction does not run, so it is no example: {one_line(error.wrong, 400)}"
        ) from error
    file = folder / FOLDER / f"{name}.yaml"
    content = {"examples": [{"id": name, "question": question, "sql": sql, "verified": verified}]}
    if file.exists():
        raise CorrectionRefused(f"{file} is there already. Mend it, or delete it.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with in_place_of(file) as unfinished:
            unfinished.write_text(written(content), "utf-8")
            for problem in read_file(unfinished).problems:
                raise CorrectionRefused(f"It cannot be an example: {problem.text}")
    except OSError as error:
        raise CorrectionRefused(f"{file} cannot be written: {error.strerror}.") from error
    return file
