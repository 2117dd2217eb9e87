"""Server-sent events as they arrive: bytes in, the data of each whole event out."""

from __future__ import annotations

LONGEST_EVENT = 8_000_000  # bytes; an endpoint that never ends one must not fill the memory


class EventStream:
    """What has arrived of a stream. Names, ids and comments of its events say nothing that a reply needs."""

    def __init__(self) -> None:
        self._begun = bytearray()  # the last line, until its end comes
        self._data: list[bytes] = []

    def feed(self, part: bytes) -> list[str]:
        """The data of the events that this part completes, as text. Raises ValueError for one that never ends."""
        self._begun += part
        if len(self._begun) + sum(map(len, self._data)) > LONGEST_EVENT:
            raise ValueError("an event has no end")
        if b"\n" not in part and b"\r" not in part:
            return []
        # A part may end between CR and LF, which together are one end of a line, and not an empty line more.
        half = b"\r" if self._begun.endswith(b"\r") else b""
        whole = self._begun.removesuffix(half)
        *lines, begun = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._begun = begun + half
        complete = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(bytes(line[5:].removeprefix(b" ")))
            elif not line and self._data:
                complete.append(b"\n".join(self._data).decode("utf-8", "replace"))
                self._data = []
        return complete

    def end(self) -> list[str]:
        """The data of an event that the end of the stream completes: some endpoints leave out the empty line."""
        return self.feed(b"\n\n")
