"""
Write an empty text where a token of a user is null, as Supabase itself writes it.

The auth service reads tokens as texts and fails at a null. An empty one opens nothing.
"""

from collections.abc import Iterable, Iterator

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """Only the columns that are null; whoever has a token keeps it."""
    for user in violations:
        missing = [name for name, is_null in user.items() if is_null is True]
        yield Update(
            "auth.users",
            key={"id": user["id"]},
            expect=dict.fromkeys(missing),
            set=dict.fromkeys(missing, ""),
        )
