"""
Give a tier its limits, in the code and then in the settings; no row can do that.

Until then whoever bought it is refused everything, and to put them on another tier is a lie that
the next webhook does not repeat.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500
STEPS = True

GUIDE = """
give the tier {subscription_tier} its limits; the profile {id} has it

If it is sold: write its runs, tokens, templates and exports into the limits of usageMetering.ts,
deploy, and write the same into trueup.toml, under tiers in the system's settings.

If it is not, see how this profile came to have it: users may write their own. Plan
`venture_companion.set_subscription` to give it the tier that it pays for.

select subscription_tier, count(*) from user_profiles group by subscription_tier;
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The same few words for each profile."""
    for profile in violations:
        yield written(GUIDE, profile)
