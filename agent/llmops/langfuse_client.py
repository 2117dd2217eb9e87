"""The one client that speaks to Langfuse: it sends there, keeps on this machine, does both, or is off.

Every span is gathered once, as an Observation. The local store takes its record as it is; with keys the SDK takes the
same values. Without keys the SDK is not even imported: its spans cost two milliseconds a question, the records half of
one.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent.llmops.langfuse_background import OneWarning, Worker
from agent.llmops.langfuse_sdk import EXPORT_SECONDS, remote_sdk
from agent.llmops.langfuse_values import Experiment, LangfuseUnreachable, PromptListing, RemotePrompt, Score
from agent.llmops.observation import Observation, Sent
from agent.llmops.trace_store import TraceStore
from agent.llmops.vendor_noise import unheard
from agent.redaction import Redactor

if TYPE_CHECKING:
    from datetime import datetime

    from langfuse import Langfuse
    from langfuse.api.core.request_options import RequestOptions
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

_log = logging.getLogger(__name__)

CLOUD = "https://cloud.langfuse.com"

# The SDK's own way waits 5 s and tries three times, 10 to 17 s in all when a server hangs.
_PROMPT_SECONDS = 1
_LIFE_CYCLE_SECONDS = 5  # a person waits, and nothing else does
_ASK_AGAIN_SECONDS = 60.0
_CLOSE_SECONDS = 2.0
_GONE_SECONDS = 0.3
_SPANS, _SPANS_WITH_TEXTS = 1000, 100  # of one page


class _Sent:
    """A span of the SDK, which is on its way to Langfuse."""

    def __init__(self, client: LangfuseClient, sdk_observation: Any, context: Context) -> None:
        self.context = context
        self._client = client
        self._sdk = sdk_observation
        self.trace_id: str = sdk_observation.trace_id
        self.id: str = sdk_observation.id

    def update(self, told: Mapping[str, Any]) -> None:
        """Tell it what the record is told."""
        with self._client.at_the_door():
            self._sdk.update(**_in_words_of_the_sdk(told))

    def end(self) -> None:
        """Close it; this is when it is sent."""
        with self._client.at_the_door():
            self._sdk.end()


class LangfuseClient:
    """Where spans go and prompts come from; `LangfuseClient.create` makes one."""

    def __init__(
        self,
        sdk: Langfuse | None,
        provider: TracerProvider | None,
        store: TraceStore | None,
        redact: Callable[[str], str],
        *,
        base_url: str = "",
        project: str = "",
        warn: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self.redact = redact
        self.warn = warn
        self.project = project
        self._sdk = sdk
        self._provider = provider
        self.store = store
        self._base_url = base_url
        self._project_id: str | None = None
        self._ask_project_at = 0.0
        self._closed = False
        self._gone = False
        self._failed_once = False
        self._worker: Worker | None = None
        if self.on:
            atexit.register(self.close)
        if self.remote:
            self._worker = Worker()
            self._ask_for_project()

    @classmethod
    def create(
        cls,
        *,
        public_key: str | None,
        secret_key: str | None,
        base_url: str | None,
        store: TraceStore | None,
        environment: str = "",
        release: str = "",
        redact: Callable[[str], str] | None = None,
    ) -> LangfuseClient:
        """A client for Langfuse when both keys are given, for the local store when there is one, for both, or off.

        It does not wait for Langfuse. Without keys it does not even import the SDK.
        """
        redact = redact or Redactor(secret_key or "")
        if not (public_key and secret_key):
            return cls(None, None, store, redact)
        address = (base_url or CLOUD).rstrip("/")
        warn = OneWarning(address, store, redact)
        try:
            with unheard():
                sdk, provider = remote_sdk(public_key, secret_key, address, warn, environment, release)
        except Exception as error:
            # The SDK reads a dozen variables of its own, and stumbles over a wrong one.
            _log.warning(
                "Nothing is sent to Langfuse, because its SDK does not start (%s: %s). Check the variables LANGFUSE_… "
                "and OTEL_….", type(error).__name__, redact(str(error)),
            )  # fmt: skip
            return cls(None, None, store, redact)
        project = hashlib.sha256(f"{address} {public_key}".encode()).hexdigest()[:12]
        return cls(sdk, provider, store, redact, base_url=address, project=project, warn=warn)

    @property
    def on(self) -> bool:
        """Whether spans go anywhere."""
        return self._sdk is not None or self.store is not None

    @property
    def remote(self) -> bool:
        """Whether it speaks to a Langfuse server."""
        return bool(self._base_url)

    @property
    def address(self) -> str:
        """Where that server is, as people may read it; empty when there is none."""
        return self.redact(self._base_url)

    def start(
        self,
        name: str,
        kind: str,
        parent: Observation | None = None,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        tags: Sequence[str] = (),
        experiment: Experiment | None = None,
        **told: Any,
    ) -> Observation | None:
        """Open a span under `parent`, or one that begins a trace of its own; None when off.

        User, session, tags and experiment go with everything below. What is told is in the words of a SpanRecord.
        """
        if not self.on or self._closed:
            return None
        sent = None
        if self._sdk is not None:
            above = parent.sent if parent else None
            sent = self._sent(name, kind, above, user_id, session_id, tags, experiment, told)
        observation = Observation(
            name,
            kind,
            parent,
            keep=self.store.write if self.store else None,
            sent=sent,
            user=user_id,
            session=session_id,
            tags=tags,
        )
        observation.gather(told)
        if parent is None:
            observation.begin()
        return observation

    def _sent(
        self,
        name: str,
        kind: str,
        parent: Sent | None,
        user_id: str | None,
        session_id: str | None,
        tags: Sequence[str],
        experiment: Experiment | None,
        told: Mapping[str, Any],
    ) -> _Sent | None:
        """The same span in the SDK; None where that is switched off, or fails.

        OpenTelemetry's current span is neither read nor set: it belongs to the application we run in, whose own spans
        must not end up in our traces or ours in its.
        """
        from langfuse import propagate_attributes
        from opentelemetry import context, trace

        with self.at_the_door(), contextlib.ExitStack() as stack:
            token = context.attach(parent.context if isinstance(parent, _Sent) else context.Context())
            stack.callback(context.detach, token)
            if parent is None:
                stack.enter_context(
                    propagate_attributes(
                        user_id=user_id, session_id=session_id, tags=list(tags) or None, trace_name=name
                    )
                )
            sdk: Any = self._sdk  # its overloads want the kind as a literal
            opened = sdk.start_as_current_observation(
                name=name, as_type=kind, end_on_exit=False, **_in_words_of_the_sdk(told)
            )
            begun = stack.enter_context(opened)
            span = trace.get_current_span()
            if parent is None and experiment is not None:
                stack.enter_context(_part_of(experiment, begun.id, span, self.redact))
            if span.is_recording():  # not where OTEL_SDK_DISABLED or LANGFUSE_TRACING_ENABLED switch it off
                return _Sent(self, begun, context.get_current())
        return None

    def link(self, trace_id: str) -> str | None:
        """The address of a trace in Langfuse; None when local, or while the project is not known."""
        if trace_id and self._project_id is None:
            self._ask_for_project()
        if not (trace_id and self._project_id):
            return None
        return f"{self._base_url}/project/{self._project_id}/traces/{trace_id}"

    def prompt(
        self, name: str, *, label: str | None = None, version: int | None = None, seconds: int = _PROMPT_SECONDS
    ) -> RemotePrompt | None:
        """One prompt from Langfuse, asked once and without the SDK's cache; None where there is no such one.

        Raises LangfuseUnreachable. May take a second and more: call it in a thread you need not wait for.
        """
        from langfuse.api import NotFoundError

        with self._asking():
            try:
                return _remote_prompt(
                    self._api.prompts.get(
                        quote(name, safe=""), version=version, label=label, request_options=_once(seconds)
                    )
                )
            except NotFoundError:
                return None

    def prompts(self, name: str | None = None, *, seconds: int = _PROMPT_SECONDS) -> list[PromptListing]:
        """The prompts that Langfuse has, by name: their versions and labels. Raises LangfuseUnreachable."""
        listed: list[PromptListing] = []
        with self._asking():
            for page in range(1, 101):
                got = self._api.prompts.list(name=name, page=page, limit=100, request_options=_once(seconds))
                listed += [PromptListing(p.name, tuple(p.versions), tuple(p.labels), tuple(p.tags)) for p in got.data]
                if page >= got.meta.total_pages:
                    break
        return listed

    def observations(
        self,
        *,
        since: datetime | None = None,
        trace_id: str | None = None,
        texts: bool = False,
        whole_metadata: Sequence[str] = (),
    ) -> Iterator[list[dict[str, Any]]]:
        """What Langfuse has of the spans that began since then, or of one trace, a page at a time.

        Each is told by the fields of Langfuse's API, in Python's spelling: `trace_id`, `start_time`. With `texts` also
        what went in and came out; metadata are cut at 200 characters but for `whole_metadata`. Raises
        LangfuseUnreachable.
        """
        fields = "core,basic,time,metadata,model,usage,prompt,trace_context" + (",io" if texts else "")
        cursor: str | None = None
        while True:
            with self._asking():
                got = self._api.observations.get_many(
                    fields=fields,
                    expand_metadata=",".join(whole_metadata) or None,
                    trace_id=trace_id,
                    from_start_time=since,
                    limit=_SPANS_WITH_TEXTS if texts else _SPANS,
                    cursor=cursor,
                    request_options=_patiently(),
                )
                page, cursor = [dict(each) for each in got.data], got.meta.cursor
            yield page
            if not cursor:
                return

    def score(self, scores: Sequence[Score]) -> str:
        """Send scores; gives what Langfuse has against some of them, empty where it took all.

        Not through the SDK's own queue, which drops what could not be sent. Raises LangfuseUnreachable.
        """
        from langfuse.api import CreateScoreBatchResults, CreateScoreRequest, ScoreDataType

        requests = [
            CreateScoreRequest(
                id=each.id,
                trace_id=each.trace_id,
                name=each.name,
                value=float(each.good) if each.amount is None else each.amount,
                data_type=ScoreDataType("BOOLEAN" if each.amount is None else "NUMERIC"),
                comment=self.redact(each.comment) or None,
                metadata={key: self.redact(text) for key, text in each.metadata.items()} or None,
                timestamp=each.at,
            )
            for each in scores
        ]
        with self._asking():
            got = self._api.scores.create(request=requests, request_options=_once())
        if isinstance(got, CreateScoreBatchResults) and got.rejected:
            return f"{got.rejected} refused: {self.redact(got.errors[0].message) if got.errors else 'no reason given'}"
        return ""

    def create_prompt(
        self,
        name: str,
        text: str,
        *,
        labels: Sequence[str] = (),
        tags: Sequence[str] | None = None,
        config: Mapping[str, Any] | None = None,
        message: str = "",
        seconds: int = _LIFE_CYCLE_SECONDS,
    ) -> RemotePrompt:
        """Make a new version, which takes its labels from those that carried them; Langfuse gives it its number.

        `tags` are the whole prompt's; None leaves them as they are. Raises LangfuseUnreachable, and then it may have
        been made all the same when there was no answer in time.
        """
        from langfuse.api import CreateTextPromptRequest, CreateTextPromptType

        with self._asking():
            request = CreateTextPromptRequest(
                name=name,
                prompt=text,
                type=CreateTextPromptType("text"),
                labels=list(labels),
                tags=None if tags is None else list(tags),
                config=dict(config or {}),
                commit_message=message or None,
            )
            return _remote_prompt(self._api.prompts.create(request=request, request_options=_once(seconds)))

    def move_label(self, name: str, label: str, version: int, *, seconds: int = _LIFE_CYCLE_SECONDS) -> bool:
        """Put a label on a version, which takes it from the one that carried it; False where there is no such version.

        Langfuse adds to a version's labels and takes them from the others in one transaction. Raises
        LangfuseUnreachable.
        """
        from langfuse.api import NotFoundError

        with self._asking():
            try:
                self._api.prompt_version.update(
                    quote(name, safe=""), version, new_labels=[label], request_options=_once(seconds)
                )
            except NotFoundError:
                return False
        return True

    def dataset(self, name: str, about: str) -> str:
        """The id of the dataset of that name, which is made where there is none. Raises LangfuseUnreachable."""
        with self._asking():
            return str(self._api.datasets.create(name=name, description=about, request_options=_patiently()).id)

    def put_item(self, dataset: str, id: str, asked: Any, expected: Any, metadata: Mapping[str, Any]) -> None:
        """Add an item to a dataset, or change the one of that id. Raises LangfuseUnreachable."""
        with self._asking():
            self._api.dataset_items.create(
                dataset_name=dataset,
                id=id,
                input=asked,
                expected_output=expected,
                metadata=dict(metadata),
                request_options=_patiently(),
            )

    def flush(self, seconds: float = 3.0) -> None:
        """Send what is waiting, for so many seconds at the most. Never raises."""
        if self._worker is not None and self._sdk is not None:
            self._worker.do(self._sdk.flush, wait_seconds=seconds)

    def close(self) -> None:
        """Send what is waiting, for two seconds at the most, and stop. Spans opened later are lost. Never raises."""
        if self._closed or not self.on:
            return
        self._closed = True
        atexit.unregister(self.close)
        if self._worker is not None:
            # A server that is not there will not be in two seconds; one that is only slow may still take it.
            self._worker.do(self._stop, wait_seconds=_GONE_SECONDS if self._gone else _CLOSE_SECONDS)
            self._worker.end()
        else:
            self._stop()
        if self.store is not None:
            self.store.close()

    @contextlib.contextmanager
    def at_the_door(self) -> Iterator[None]:
        """Nothing that goes wrong in a vendor's SDK goes wrong for the question; it is told once."""
        try:
            with unheard():
                yield
        except Exception as error:
            if not self._failed_once:
                self._failed_once = True
                _log.warning("A part of a trace was lost (%s); answers are not affected.", type(error).__name__)

    @property
    def _api(self) -> Any:
        if self._sdk is None or not self.remote:
            raise LangfuseUnreachable("there are no keys for it")
        return self._sdk.api

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever goes wrong in asking Langfuse is LangfuseUnreachable, in a few words and without its headers."""
        try:
            with unheard():
                yield
            self._gone = False
        except LangfuseUnreachable:
            raise
        except Exception as error:  # the SDK lets through httpx's, pydantic's and its own
            status = getattr(error, "status_code", None)
            late = "Timeout" in type(error).__name__
            self._gone = not late
            reason = "no answer in time" if late else f"HTTP {status}" if status else type(error).__name__
            body = getattr(error, "body", None)
            if isinstance(body, dict) and isinstance(said := body.get("message"), str):
                reason += f": {self.redact(said)[:200]}"
            raise LangfuseUnreachable(reason) from None

    def _ask_for_project(self) -> None:
        if self._worker is not None and time.monotonic() >= self._ask_project_at:
            self._ask_project_at = time.monotonic() + _ASK_AGAIN_SECONDS
            self._worker.do(self._learn_project_id)

    def _learn_project_id(self) -> None:
        with contextlib.suppress(LangfuseUnreachable), self._asking():
            projects = self._api.projects.get(request_options=_once()).data
            self._project_id = projects[0].id if projects else None

    def _stop(self) -> None:
        with self.at_the_door():
            if self._sdk is not None and self._provider is not None:
                self._sdk.shutdown()
                self._provider.shutdown()


def _in_words_of_the_sdk(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a record is told, as the SDK takes it.

    A prompt that came from a file is named in the metadata and not linked: Langfuse's version of that number may be
    another text.
    """
    words = {_WORDS.get(name, name): value for name, value in told.items()}
    name, version = words.pop("prompt_name", None), words.pop("prompt_version", None)
    if name and told["metadata"]["prompt"]["source"] != "file":
        words["prompt"] = SimpleNamespace(name=name, version=version, is_fallback=False)
    return words


_WORDS = {
    "usage": "usage_details",
    "cost": "cost_details",
    "status": "status_message",
    "first_token_at": "completion_start_time",
}


def _once(seconds: int = _PROMPT_SECONDS) -> RequestOptions:
    return {"timeout_in_seconds": seconds, "max_retries": 0}


def _remote_prompt(got: Any) -> RemotePrompt:
    from langfuse.model import TextPromptClient

    is_text = isinstance(got.prompt, str)
    return RemotePrompt(
        name=got.name,
        version=got.version,
        text=got.prompt if is_text else None,
        config=got.config if isinstance(got.config, dict) else {},
        labels=tuple(got.labels),
        tags=tuple(got.tags),
        message=got.commit_message or "",
        sdk_prompt=TextPromptClient(got) if is_text else None,
    )


def _part_of(
    experiment: Experiment, root_id: str, span: Any, redact: Callable[[str], str]
) -> contextlib.AbstractContextManager[Any]:
    """Within it, spans are part of an experiment, as the SDK's own `run_experiment` marks them: since version 5 that
    is all that makes a run over a dataset."""
    from langfuse._client.attributes import LangfuseOtelSpanAttributes
    from langfuse._client.propagation import _propagate_attributes

    span.set_attribute(LangfuseOtelSpanAttributes.EXPERIMENT_ITEM_EXPECTED_OUTPUT, redact(experiment.expected))
    return _propagate_attributes(
        experiment={
            "experiment_id": experiment.run_id,
            "experiment_name": experiment.run_name,
            "experiment_metadata": None,
            "experiment_dataset_id": experiment.dataset_id,
            "experiment_item_id": experiment.item_id,
            "experiment_item_metadata": None,
            "experiment_item_root_observation_id": root_id,
        }
    )


def _patiently() -> RequestOptions:
    return {"timeout_in_seconds": EXPORT_SECONDS, "max_retries": 1}
