"""What can go wrong for a caller, drawn as a tree; each has its own exit code on the command line.

    DBAgentError
    ├── SettingsError             a setting is missing or wrong; the text names it               exit 2
    ├── QuestionRefused           the question is empty or too long, or its history is none      exit 2
    ├── FeedbackRefused           no such trace, no rating, or too long a text                   exit 2
    ├── PromptNotFound            no prompt of that name, label or version                       exit 2
    ├── PromptInvalid             the template does not parse, or names what is not there        exit 2
    ├── TraceNotFound             no trace has that id, or several begin so                      exit 2
    ├── ReplayRefused             a traced question cannot be asked again as it was              exit 2
    ├── LangfuseUnavailable       Langfuse does not do what it was asked to; questions never need it  exit 7
    ├── ModelUnavailable          the model cannot be reached, or does not take the request      exit 4
    │   ├── ModelBusy             it failed as it may not the next time it is asked              exit 4
    │   └── ConversationTooLong   the conversation is longer than the model can read             exit 4
    ├── DatabaseUnavailable       the database cannot be reached, opened or logged into          exit 5
    │   └── DriverMissing         its driver is not installed                                    exit 5
    ├── StoreUnavailable          what must last cannot be kept or read; answers go on without   exit 2
    ├── ExportRefused             there is nothing to write, or no such form of file             exit 2
    ├── SessionUnknown            the session is another user's, or its id is none               exit 2
    ├── PolicyInvalid             the policy cannot be read, or does not fit the database            exit 2
    ├── UserNotPermitted          the policy has nothing for this user, or lacks a variable          exit 2
    └── ToolError                 the model erred; it is told so and tries again (tools/errors.py)

Limits are outcomes, not errors: see `Receipt.outcome`.
"""

from tools.errors import (
    DatabaseUnavailable,
    DBAgentError,
    DriverMissing,
    NotPermitted,
    PolicyInvalid,
    QueryTooCostly,
    SqlFailed,
    SqlRefused,
    SqlTimeout,
    ToolError,
    UnknownTable,
    UserNotPermitted,
)

__all__ = [
    "ConversationTooLong",
    "DBAgentError",
    "DatabaseUnavailable",
    "DriverMissing",
    "ExportRefused",
    "FeedbackRefused",
    "LangfuseUnavailable",
    "ModelBusy",
    "ModelUnavailable",
    "NotPermitted",
    "PolicyInvalid",
    "PromptInvalid",
    "PromptNotFound",
    "QueryTooCostly",
    "QuestionRefused",
    "ReplayRefused",
    "SessionUnknown",
    "SettingsError",
    "SqlFailed",
    "SqlRefused",
    "SqlTimeout",
    "StoreUnavailable",
    "ToolError",
    "TraceNotFound",
    "UnknownTable",
    "UserNotPermitted",
]


class SettingsError(DBAgentError):
    """A setting is missing or wrong; the text names it and what to set."""


class QuestionRefused(DBAgentError):
    """The question is empty or longer than the limit, or a turn of its history is none; no model was asked."""


class ExportRefused(DBAgentError):
    """There is nothing to write, no such form of file, or its library is not installed; the text says what to do."""


class SessionUnknown(DBAgentError):
    """The session is another user's, or its id is none."""


class FeedbackRefused(DBAgentError):
    """There is no such trace or rating, or a text is too long; nothing was kept."""


class PromptNotFound(DBAgentError):
    """No prompt has that name, label or version; the text offers the nearest."""


class PromptInvalid(DBAgentError):
    """The template does not parse, or names a variable it was not given."""


class ReplayRefused(DBAgentError):
    """A traced question cannot be asked again as it was; the text says what is not the same, or missing."""


class TraceNotFound(DBAgentError):
    """No trace has that id, or several begin so; the text says what to try."""


class LangfuseUnavailable(DBAgentError):
    """Langfuse does not answer, or does not do what a command asked of it. Answering questions never raises it."""


class ModelUnavailable(DBAgentError):
    """The model cannot be reached, or does not take the request; the text names the host or the setting."""


class StoreUnavailable(DBAgentError):
    """What must last cannot be kept or read; the text names the file or the server, and says what to try."""


class ModelBusy(ModelUnavailable):
    """The model failed as it may not the next time: busy, silent, broken off.

    `after` is the seconds it asked to be left alone, None where it said nothing of it.
    """

    def __init__(self, text: str, after: float | None = None) -> None:
        super().__init__(text)
        self.after = after


class ConversationTooLong(ModelUnavailable):
    """What was to be sent is longer than the model's context; the text says what to set."""
