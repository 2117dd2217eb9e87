"""Tries again what is worth it: a client around a client."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agent.errors import ModelBusy, ModelUnavailable
from agent.llm.clock import running_clock
from agent.llm.language_model import LanguageModel, Observe, OnText
from agent.messages import ModelReply

FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0  # seconds
# An endpoint that asks for more than this is as good as away.
MOST_PATIENCE = 60.0


class RetryingModel:
    """Asks again when the model failed as it may not the next time, `attempts` times in all.

    It waits as long as the endpoint asks it to, else half a second, one, two ..., each shortened by up to a half by
    chance, so that many that were refused together do not come back together. It never waits past the end of the
    question. Text that a failed attempt has told is taken back. Every wait is a span, as is every attempt.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        observe: Observe,
        attempts: int = 4,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._model = model
        self._observe = observe
        self._attempts = attempts
        self._sleep = sleep

    async def create_completion(self, messages: Any, *, on_text: OnText | None = None, **options: Any) -> ModelReply:
        """Ask until there is a reply; raises ModelUnavailable."""
        for attempt in range(1, self._attempts + 1):
            told = Told(on_text)
            try:
                return await self._model.create_completion(messages, on_text=told.hear, **options)
            except ModelBusy as error:
                told.take_back()
                if attempt == self._attempts:
                    raise
                await self._wait(attempt, error)
        raise AssertionError("there is always a first attempt")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._model.aclose()

    async def _wait(self, attempt: int, error: ModelBusy) -> None:
        backoff = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
        chance = random.random()  # noqa: S311 (spreads the load; nothing secret)
        # What an endpoint asks for is the least that will do; a little more spreads the crowd.
        seconds = backoff * (1 - chance / 2) if error.after is None else error.after * (1 + chance / 10)
        left = running_clock().ends - time.monotonic()
        if error.after is not None and error.after > MOST_PATIENCE:
            raise ModelUnavailable(f"{error} It asks to be left alone for {error.after:.0f} s.") from error
        if seconds > left:
            raise ModelUnavailable(
                f"{error} To try again it would have to wait {seconds:.1f} s, more than the question has left."
            ) from error
        with self._observe(f"wait before attempt {attempt + 1} of {self._attempts}", "span", input=str(error)) as span:
            span.update(level="WARNING", status=f"{seconds:.2f} s", metadata={"seconds": round(seconds, 3)})
            await self._sleep(seconds)


class Told:
    """Passes text on, and takes it back where it came to nothing."""

    def __init__(self, on_text: OnText | None) -> None:
        self._on_text = on_text
        self._some = False

    def hear(self, text: str | None) -> None:
        """Pass it on."""
        self._some = text is not None
        if self._on_text:
            self._on_text(text)

    def take_back(self) -> None:
        """Say that what was told is not the answer."""
        if self._some:
            self.hear(None)
