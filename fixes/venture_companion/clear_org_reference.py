"""
Let a profile refer to no organization where it refers to none that there is.

Which organizations somebody belongs to is in organization_members; nothing of it is lost.
"""

from collections.abc import Iterable, Iterator

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One profile each."""
    for profile in violations:
        yield Update(
            "user_profiles",
            key={"id": profile["id"]},
            expect={"org_id": profile["org_id"]},
            set={"org_id": None},
        )
