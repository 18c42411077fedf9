"""
Delete the invitations that nobody accepted in time, so that their addresses can be invited again.

The link in the mail that was sent stops working, as it says it would.
"""

from collections.abc import Iterable, Iterator

from trueup import Delete
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One invitation each; one that was accepted or prolonged meanwhile is left alone."""
    for invitation in violations:
        yield Delete(
            "invitations",
            key={"id": invitation["id"]},
            expect={"expires_at": invitation["expires_at"], "accepted_at": None},
        )
