"""
Give a profile without features those that a new profile begins with.

They are the free ones: what a payer has besides, the application gives them when it next hears of
their subscription.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

DEFAULTS = {
    "enabled": False,
    "tokenLimit": 4000,
    "voiceToText": False,
    "customPrompts": False,
    "advancedFilters": False,
}
"""As the column's default has them."""

PROFILES = """
    select id, updated_at
    from user_profiles
    where id = any(:ids)
    order by id
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """One profile each."""
    asked = primary.rows(PROFILES, ids=[profile["id"] for profile in violations])
    known = {profile["id"]: profile for profile in asked}
    for violation in violations:
        profile = known[violation["id"]]
        yield Update(
            "user_profiles",
            key={"id": profile["id"]},
            expect={"updated_at": profile["updated_at"]},
            set={"premium_features": DEFAULTS},
        )
