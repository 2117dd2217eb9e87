"""What an engine says of a statement that it has read and not run, where it can tell all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Opinion:
    """What a statement would do.

    `tables` are the names of everything that it would read, each in its parts (`schema`, `name`; the last is the
    table's), `functions` the names of everything that it would call, operators left out. An engine that may have
    overlooked something has no opinion.
    """

    reads_only: bool
    tables: tuple[tuple[str, ...], ...]
    functions: tuple[str, ...]


class SecondOpinion(Protocol):
    """An engine's own parser and binder, asked about what sqlglot cannot parse."""

    def __call__(self, sql: str) -> Opinion | None:
        """What the statement would do, complete; None when the engine does not take it or cannot tell all."""
        ...
