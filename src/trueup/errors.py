"""
The errors that Trueup raises on purpose; whatever else escapes is a bug.

TrueupError
├── ConfigError         trueup.toml, or a variable that it names
├── CatalogError        an invariant or a fix is declared wrongly
├── ReplicaError        could not look; the verdict is unknown
│   ├── GuardError      the session is not the one that was promised
│   │   └── ConnectError    there is no session
│   ├── StatementError  the SQL is not one plain SELECT
│   ├── CostError       the planner expects more work than the environment allows
│   ├── QueryError      the server refused or gave up; carries its SQLSTATE
│   ├── StripeError     Stripe did not answer, or not with all of it
│   ├── StorageError    a bucket was not listed, or not the whole of it
│   └── ProbeError      an address did not answer, or an API not as documented
├── NotApplicable       the system lacks what is asked about; the verdict says so
├── PersonError         what is somebody's cannot be said
├── PlanError           a plan cannot be made, read or trusted
├── ApplyError          a plan was not applied, nothing was changed
│   └── ProofError      it was applied, did not prove itself, and was rolled back
├── JournalError        the journal is missing, closed or has no such entry
├── RunError            a run cannot be read or written
├── CiError             what a scheduled run needs around it did not answer
├── SampleError         the embedded PostgreSQL of the sample
└── StoppedError        somebody pressed Ctrl-C

A message says what happened, with which value, and what to do now.
"""

from typing import ClassVar


class TrueupError(Exception):
    """Something the user can act on; the command line prints it without a traceback."""

    exit_code: ClassVar[int] = 2


class ConfigError(TrueupError):
    """trueup.toml or a variable that it names is missing, misspelt or malformed."""


class CatalogError(TrueupError):
    """An invariant or a fix is declared in a way that cannot work."""


class ReplicaError(TrueupError):
    """The replica could not be read, so nothing can be said of what it holds."""

    transient = False
    """Whether another try, on a new connection, may see more."""


class GuardError(ReplicaError):
    """The session is not the one that was promised: wrong server, role or setting."""


class ConnectError(GuardError):
    """No session was to be had; `transient` where the server may be there in a moment."""

    def __init__(self, message: str, *, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient


class CostError(ReplicaError):
    """A question was not asked, since it would cost production more than its environment allows."""


class StatementError(ReplicaError):
    """The SQL is not one plain SELECT without clocks, locks and side effects."""


class QueryError(ReplicaError):
    """
    The server refused a statement or gave it up.

    It carries the server's own words only where they name nothing but the schema.
    """

    def __init__(
        self, message: str, sqlstate: str | None = None, *, transient: bool = False
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.transient = transient

    @property
    def is_timeout(self) -> bool:
        """Whether it was cancelled, as the server does when statement_timeout is over."""
        return self.sqlstate == "57014"

    @property
    def is_of_a_column(self) -> bool:
        """Whether the SQL names a column that is not there."""
        return self.sqlstate == "42703"


class StripeError(ReplicaError):
    """Stripe did not answer, or not with all that was asked for; carries its code, no words."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class StorageError(ReplicaError):
    """A bucket could not be listed, or not the whole of it; carries its code, no words."""


class ProbeError(ReplicaError):
    """An address did not answer, so nothing can be said of what is behind it."""


class NotApplicable(TrueupError):
    """The system, or this environment of it, lacks what an invariant asks about."""


class PersonError(TrueupError):
    """What is somebody's cannot be said: nobody is there, or the declaration does not tell."""


class PlanError(TrueupError):
    """A plan cannot be made, read or trusted."""


class ApplyError(TrueupError):
    """A plan was refused before anything changed."""


class ProofError(ApplyError):
    """The changes did not prove themselves and were rolled back."""

    exit_code: ClassVar[int] = 4


class JournalError(TrueupError):
    """The journal is not installed, not readable, or has no such entry."""


class RunError(TrueupError):
    """A run cannot be read or written."""


class CiError(TrueupError):
    """GitHub, the switch or the branch of earlier runs did not do what a job needs of it."""


class SampleError(TrueupError):
    """The embedded PostgreSQL of the sample did not do what it was told."""


class StoppedError(TrueupError):
    """Somebody pressed Ctrl-C; says in what state things are, where a verb knows."""

    exit_code: ClassVar[int] = 130
