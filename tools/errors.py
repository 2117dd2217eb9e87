"""What can go wrong below the agent: what the model may mend, and what only the caller can.

DBAgentError                  everything a caller may want to catch (agent/errors.py draws the whole tree)
├── DatabaseUnavailable       the database cannot be reached, opened or logged into
│   └── DriverMissing         its driver is not installed; the text names the extra
├── PolicyInvalid             the policy cannot be read, or does not fit the database
├── UserNotPermitted          the policy has nothing for this user, or lacks a variable of theirs
└── ToolError                 the model erred; the text goes back to the model and says what to do next
    ├── UnknownTable          a name that is in no schema; the text offers the nearest
    ├── NotPermitted          a name that the user's permissions do not cover, whether it exists or not
    ├── SqlRefused            the guard did not let it pass
    │   └── QueryTooCostly    the engine's estimate is over the limit; it was not run
    └── SqlFailed             the database did not take it
        └── SqlTimeout        it ran past its limit and was stopped
"""


class DBAgentError(Exception):
    """Everything that can go wrong for a caller of DBAgent, in one line that a person can act on."""


class DatabaseUnavailable(DBAgentError):
    """The database cannot be reached, opened or logged into; the text holds no password."""


class DriverMissing(DatabaseUnavailable):
    """The driver for this kind of database is not installed; the text names the extra that brings it."""


class PolicyInvalid(DBAgentError):
    """The policy cannot be read, or does not fit the database; the text names the place in it."""


class UserNotPermitted(DBAgentError):
    """The policy has nothing for this user, or lacks a variable of theirs; no model was asked."""


class ToolError(DBAgentError):
    """A call of the model went wrong in a way the model can mend; the text says what to do next.

    `wrong` is the text less the next step that only who has the tools can take.
    """

    def __init__(self, wrong: str, next_step: str = "") -> None:
        super().__init__(f"{wrong} {next_step}" if next_step else wrong)
        self.wrong = wrong


class UnknownTable(ToolError):
    """The model named a table that is in no schema it may see; the text offers the nearest."""


class NotPermitted(ToolError):
    """The model named what the user's permissions do not cover; the text does not tell whether it exists."""


class SqlRefused(ToolError):
    """The guard did not let the statement pass; the text gives the reason and a repair."""


class QueryTooCostly(SqlRefused):
    """The engine's own estimate of the statement is over the limit that is set; the text tells both."""


class SqlFailed(ToolError):
    """The database did not take the statement; the text is the database's own complaint."""


class SqlTimeout(SqlFailed):
    """The statement ran past its limit and was stopped."""


def not_permitted(name: str, what: str = "table") -> str:
    """What the model is told of a name that the user's rules do not show, whether or not there is such a thing."""
    return (
        f"This user may not see {name}: their permissions do not cover a {what} of that name, and whether there is one "
        "is not told. Do not look for it by other names. Answer from what search_metadata finds, or say that this "
        "is not permitted to them."
    )
