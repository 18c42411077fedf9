"""
Close the tests that nobody has answered in for a day, as ABANDONED.

Their answers stay, and count neither as a band nor as an attempt. The word is ours: the column is
text, and the application's code has the last word on what may stand there.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Sequence[Violation]) -> Iterator[Change]:
    """One test each."""
    for test in violations:
        yield Update(
            "TestSession",
            key={"id": test["id"]},
            expect={"status": test["status"]},
            set={"status": "ABANDONED"},
        )
