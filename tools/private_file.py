"""A file that this program keeps for itself: its user alone may read it, and it is there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.whole_file import in_place_of, sweep

if TYPE_CHECKING:
    from tools.database import Database


@dataclass(frozen=True)
class PrivateFile:
    """The file at `path`; its first line tells its form, what it was made of, and what its bytes add up to.

    It is data and never code: whoever wrote another file in its place can do no more than make it useless.
    """

    path: Path
    form: str
    made_of: str

    @classmethod
    def beside_snapshot(cls, database: Database, form: str, *also_of: str) -> PrivateFile | None:
        """The one of this form for a database whose metadata is kept; None where that is not, or not all of it is seen.

        It is made of the metadata as it was read, of what knowledge adds to that, and of whatever else is named.
        """
        path = database.source.path
        if path is None or database.policy_id is not None:
            return None
        known = database.knowledge
        parts = (database.source.meta.fingerprint, repr((known.tables, known.joins, known.sensitive)), *also_of)
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return cls(path.with_suffix(f".{form.split()[1]}"), form, digest)

    def read(self) -> bytes | None:
        """What it holds; None where it is missing, damaged, of another form or made of something else."""
        try:
            head, _, body = self.path.read_bytes().partition(b"\n")
            form, made_of, checksum = json.loads(head)
        except (OSError, ValueError, TypeError, RecursionError, MemoryError):
            return None
        if (form, made_of, checksum) != (self.form, self.made_of, zlib.crc32(body)):
            return None
        return body

    def write(self, body: bytes) -> None:
        """Put this in its place. Raises OSError where the folder or the disk refuses; what was there then stays."""
        head = json.dumps([self.form, self.made_of, zlib.crc32(body)]).encode()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with in_place_of(self.path, 0o600) as beside, beside.open("wb") as file:
            file.writelines((head, b"\n", body))
        sweep(self.path.parent)

    def remove(self) -> None:
        """Take it away, if it is there."""
        with contextlib.suppress(OSError):
            self.path.unlink()
