"""Finds assets/ and sample_db/, in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path


def folder(name: str) -> Path:
    """The folder `assets` or `sample_db`: inside the package when installed, else beside it in a checkout."""
    here = Path(__file__).resolve().parent
    for place in (here / name, here.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"The folder {name!r} of DBAgent is missing; install the package again.")
