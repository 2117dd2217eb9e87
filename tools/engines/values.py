"""Values that Python would get wrong, kept as what they are."""

from __future__ import annotations

import re
from datetime import timedelta

_INTERVAL = re.compile(
    r"(?:(?P<days>[+-]?\d+) days?)?"
    r"(?:(?:^| )(?P<sign>[+-]?)(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d(?:\.\d{1,6})?))?"
)


def interval(text: str) -> timedelta | str:
    """A timedelta where the interval is one; the text as it is where it counts months, which have no length."""
    found = _INTERVAL.fullmatch(text)
    if not text or found is None:
        return text
    clock = timedelta(
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0),
        seconds=float(found["seconds"] or 0),
    )
    try:
        return timedelta(days=int(found["days"] or 0)) + (-clock if found["sign"] == "-" else clock)
    except OverflowError:
        return text
