"""Texts as vectors, by a model elsewhere: each text is sent once, its vector kept; search goes on when that fails."""

from __future__ import annotations

import hashlib
import importlib
import logging
import math
import struct
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import mul
from pathlib import Path

from tools.errors import DBAgentError
from tools.private_file import PrivateFile

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Gives the vector of each text, all of one length. Raises DBAgentError."""

FORM = "dbagent vectors 1"
_BATCH = 128  # texts sent at once
_MOST_KEPT = 100_000
_REST_SECONDS = 300  # after a failure, before the model is asked again
_DIGEST_BYTES = 16
_log = logging.getLogger(__name__)


class Embedding:
    """One embedding model and the vectors that it gave, of length 1, shared by all databases and views."""

    def __init__(self, model: str, embed: Embed, folder: Path | None = None) -> None:
        """`model` tells this model from others, and its address from others; `folder` is where vectors are kept."""
        self.model = model
        self._embed = embed
        name = hashlib.sha256(model.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._file = PrivateFile(folder / f"{name}.vectors", FORM, model) if folder else None
        self._known: Mapping[bytes, array[float]] | None = None
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._warned = False

    def vectors(self, texts: Sequence[str], *, keep: bool = True) -> list[array[float]] | None:
        """The vector of each text; None when the model does not give them. Those that are kept are sent once only."""
        digests = [hashlib.sha256(each.encode("utf-8", "surrogatepass")).digest()[:_DIGEST_BYTES] for each in texts]
        with self._lock:
            if self._known is None:
                self._known = self._read()
            found = {at: self._known[at] for at in digests if at in self._known}
        new: dict[bytes, array[float]] = {}
        missing = {at: text for at, text in zip(digests, texts, strict=True) if at not in found}
        if missing:
            if time.monotonic() < self._quiet_until:
                return None
            try:
                for at, vector in self._asked(missing):
                    new[at] = vector
            except (DBAgentError, ValueError, TypeError) as error:
                self._failed(error)
                return None
            finally:
                if keep and new:  # also what came before a failure
                    self._take(new)
        vectors = [new[at] if at in new else found[at] for at in digests]
        if len({len(each) for each in vectors}) > 1:
            self._failed(ValueError("They are not all of one length."))
            return None
        return vectors

    def _asked(self, missing: Mapping[bytes, str]) -> Iterator[tuple[bytes, array[float]]]:
        items = list(missing.items())
        for start in range(0, len(items), _BATCH):
            part = items[start : start + _BATCH]
            answers = self._embed([text for _, text in part])
            for (at, _), vector in zip(part, answers, strict=True):
                yield at, _unit(vector)

    def _take(self, new: Mapping[bytes, array[float]]) -> None:
        with self._lock:
            length = len(next(iter(new.values())))
            # When another model answers by the same name, what the old one gave is of no use.
            known = {at: each for at, each in (self._known or {}).items() if len(each) == length}
            self._known = {**known, **new}
            self._write(new)

    def _failed(self, error: Exception) -> None:
        self._quiet_until = time.monotonic() + _REST_SECONDS
        if not self._warned:
            self._warned = True
            _log.warning("The embedding model %s gives no vectors; search goes on without. %s", self.model, error)

    def _read(self) -> dict[bytes, array[float]]:
        body = self._file.read() if self._file else None
        if not body or len(body) < 4:
            return {}
        size = _DIGEST_BYTES + 4 * struct.unpack_from("<I", body)[0]
        if (len(body) - 4) % size:
            return {}
        known = {}
        for at in range(4, len(body), size):
            vector = array("f", body[at + _DIGEST_BYTES : at + size])
            if sys.byteorder == "big":
                vector.byteswap()
            known[body[at : at + _DIGEST_BYTES]] = vector
        return known

    def _write(self, latest: Iterable[bytes]) -> None:
        if self._file is None or not self._known:
            return
        # What was asked for last is what is in use, if there is too much.
        digests = list(dict.fromkeys((*latest, *self._known)))[:_MOST_KEPT]
        dimension = len(self._known[digests[0]])
        parts = [struct.pack("<I", dimension)]
        for each in digests:
            vector = self._known[each]
            if len(vector) == dimension:
                parts += (each, struct.pack(f"<{dimension}f", *vector))
        try:
            self._file.write(b"".join(parts))
        except OSError as error:
            _log.warning("Vectors could not be kept in %s (%s).", self._file.path, error.strerror)


def likeness(vector: array[float], others: Sequence[array[float]]) -> list[float]:
    """The cosines between a vector and others; with numpy in a hundredth of the time."""
    try:
        numpy = importlib.import_module("numpy")
    except ImportError:
        return [sum(map(mul, vector, each)) for each in others]
    matrix = numpy.frombuffer(b"".join(each.tobytes() for each in others), "f4").reshape(len(others), -1)
    return [float(each) for each in matrix @ numpy.frombuffer(vector.tobytes(), "f4")]


def _unit(vector: Sequence[float]) -> array[float]:
    """The vector, of length 1. Raises ValueError for one that has no direction."""
    length = math.sqrt(sum(each * each for each in vector))
    if not math.isfinite(length) or not length:
        raise ValueError("A vector has no direction.")
    return array("f", [each / length for each in vector])
