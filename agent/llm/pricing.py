"""Tokens → money: what a model call cost, in USD, or that it is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ConfigDict, ValidationError

from agent.errors import SettingsError
from agent.messages import Usage
from tools.handwriting import Handwritten, what_is_wrong

# Providers answer with a dated name ("gpt-4o-2024-08-06") for the name that was asked for ("gpt-4o").
_DATED = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")


class Price(Handwritten):
    """USD per million tokens; `cached` is for input served from the provider's prompt cache."""

    model_config = ConfigDict(frozen=True)

    input: float
    output: float
    cached: float | None = None


class _PriceFile(Handwritten):
    about: str = ""
    models: dict[str, Price]


class PriceList:
    """Knows what models cost."""

    def __init__(self, prices: Mapping[str, Price]) -> None:
        self._prices = {name.lower(): price for name, price in prices.items()}

    @classmethod
    def read(cls, *files: Path) -> PriceList:
        """The prices of these files, later ones over earlier ones. Raises SettingsError, naming the file."""
        prices: dict[str, Price] = {}
        for file in files:
            try:
                prices |= _PriceFile.model_validate_json(file.read_bytes()).models
            except OSError as error:
                raise SettingsError(
                    f"The model prices in {file} cannot be read: {error.strerror}. Check DBAGENT_MODEL_PRICES."
                ) from error
            except ValidationError as error:
                place, said = what_is_wrong(error)
                where = f" at {'.'.join(map(str, place))}" if place else ""
                raise SettingsError(
                    f"The model prices in {file} are wrong{where}: {said} Write, in US dollars per million tokens: "
                    '{"models": {"NAME": {"input": 1.25, "output": 10, "cached": 0.125}}}.'
                ) from error
        return cls(prices)

    def cost(self, model: str, usage: Usage) -> float | None:
        """What these tokens cost in USD; None where the model has no known price."""
        name = model.lower().rsplit("/", 1)[-1]
        price = self._prices.get(name) or self._prices.get(_DATED.sub("", name))
        if price is None:
            return None
        cached_price = price.input if price.cached is None else price.cached
        fresh = usage.input - usage.cached
        return (fresh * price.input + usage.cached * cached_price + usage.output * price.output) / 1_000_000
