"""The postings of an index in a file, read in a tenth of the time it takes to build them, each term when asked for."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from tools.postings import Weights

FORM = "dbagent index 1"
"""The first words of a file; what the words of a text are, or what weighs how much, may change it."""

_SCALE = 10_000  # weights are from 0 to 1, in so many steps


class StoredWeights(Mapping[str, Mapping[int, float]]):
    """For each term the tables that have it, with a weight; unpacked when the term is first asked for."""

    def __init__(self, places: Mapping[str, tuple[int, int]], tables: array[int], weights: array[int]) -> None:
        self._places = places
        self._tables = tables
        self._weights = weights
        self._unpacked: dict[str, dict[int, float]] = {}

    def __getitem__(self, term: str) -> Mapping[int, float]:
        found = self._unpacked.get(term)
        if found is None:
            start, end = self._places[term]
            weights = (each / _SCALE for each in self._weights[start:end])
            found = self._unpacked[term] = dict(zip(self._tables[start:end], weights, strict=True))
        return found

    def __contains__(self, term: object) -> bool:
        return term in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def packed(fits: Weights, called: Weights) -> bytes:
    """The weights as bytes: a line of JSON with the terms of each and how many tables they have, then the numbers."""
    heads: list[Any] = []
    tables, weights = array("I"), array("H")
    for each in (fits, called):
        heads.append([list(each), [len(found) for found in each.values()]])
        for found in each.values():
            tables.extend(found)
            weights.extend(round(weight * _SCALE) for weight in found.values())
    if sys.byteorder == "big":
        tables.byteswap()
        weights.byteswap()
    head = json.dumps(heads, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"".join((head, b"\n", tables.tobytes(), weights.tobytes()))


def unpacked(body: bytes, number_of_tables: int) -> tuple[StoredWeights, StoredWeights]:
    """What was packed. Raises ValueError, TypeError or LookupError for bytes that were not."""
    head, _, numbers = body.partition(b"\n")
    heads = json.loads(head.decode("utf-8", "surrogatepass"))
    ((fits, of_fits), (called, of_called)) = heads
    lengths = (*of_fits, *of_called)
    if len(lengths) != len(fits) + len(called) or min(lengths, default=1) < 1:
        raise ValueError
    total = sum(lengths)
    tables, weights = array("I"), array("H")
    tables.frombytes(numbers[: total * tables.itemsize])
    weights.frombytes(numbers[total * tables.itemsize :])
    if sys.byteorder == "big":
        tables.byteswap()
        weights.byteswap()
    if len(tables) != total or len(weights) != total or (total and max(tables) >= number_of_tables):
        raise ValueError
    at = 0
    stored = []
    for terms, counts in heads:
        places: dict[str, tuple[int, int]] = {}
        for term, count in zip(terms, counts, strict=True):
            places[term] = (at, at := at + count)
        stored.append(StoredWeights(places, tables, weights))
    return stored[0], stored[1]
