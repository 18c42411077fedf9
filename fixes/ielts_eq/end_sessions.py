"""
End the sessions in which blocked users are still signed in.

Where sign-in keeps its state in a token of the browser, no row ends it: see the runbook.
"""

from collections.abc import Iterator, Sequence

from trueup import Delete
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Sequence[Violation]) -> Iterator[Change]:
    """One session each."""
    for session in violations:
        yield Delete("Session", key={"id": session["id"]}, expect={"expires": session["expires"]})
