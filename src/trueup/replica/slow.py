"""What took the server long enough to be explained at the end of the run."""

from collections.abc import Sequence

from msgspec import Struct

from trueup.replica.sent import Sent

SLOW = 0.5
"""
Seconds of the server's time from which a question is worth a plan in the report.

Below it an index would win nobody anything, and a run of small tables has nothing to explain.
"""


class Slow(Struct, frozen=True):
    """
    Statements as they were sent, with their parameters, and the ids of whose invariants they are.

    Several are those of one scan. The parameters never leave the process.
    """

    seconds: float
    sent: Sequence[Sent]
    invariants: tuple[str, ...]
