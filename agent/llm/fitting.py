"""Makes a conversation fit: where the model says that it is too long, older results of tools are shortened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.errors import ConversationTooLong
from agent.llm.language_model import LanguageModel
from agent.messages import ModelReply

# Characters left of an older result and of the newest ones, tried in turn.
ROUNDS = ((None, None), (1_000, None), (200, 4_000), (100, 1_000))

SHORTENED = "\n(Shortened to {kept:,} of {all:,} characters, to fit. Call the tool again if you need the rest.)"


class FittingModel:
    """Asks with less where the model could not read all; keeps how much each model was seen to refuse."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._refused: dict[str | None, int] = {}

    async def create_completion(self, messages: Any, *, model: str | None = None, **options: Any) -> ModelReply:
        """Ask with as much as fits; raises ModelUnavailable."""
        refusal: ConversationTooLong | None = None
        for older, newest in ROUNDS:
            fitting = shortened(messages, older, newest)
            size = sum(len(str(each.get("content") or "")) for each in fitting)
            if size >= self._refused.get(model, size + 1) and (refusal or (older, newest) != ROUNDS[-1]):
                continue
            try:
                return await self._model.create_completion(fitting, model=model, **options)
            except ConversationTooLong as error:
                self._refused[model] = min(size, self._refused.get(model, size))
                refusal = error
        raise refusal or AssertionError("the last round always asks")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._model.aclose()


def shortened(messages: Sequence[Mapping[str, Any]], older: int | None, newest: int | None) -> list[Mapping[str, Any]]:
    """The conversation with the results of tools cut to so many characters; None leaves them whole.

    The newest are those that the model has not answered to yet.
    """
    unanswered = len(messages)
    while unanswered and messages[unanswered - 1]["role"] != "assistant":
        unanswered -= 1
    return [
        _cut(message, older if at < unanswered else newest) if message["role"] == "tool" else message
        for at, message in enumerate(messages)
    ]


def _cut(message: Mapping[str, Any], most: int | None) -> Mapping[str, Any]:
    text = str(message.get("content") or "")
    if most is None or len(text) <= most:
        return message
    return {**message, "content": text[:most] + SHORTENED.format(kept=most, all=len(text))}
