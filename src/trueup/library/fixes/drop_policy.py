"""
Drop a policy that lets everybody write, where nothing on the site needs it.

Undo creates it again as it was, comment and all. Whoever wrote through it cannot any more: ask
the site, or narrow the policy instead.
"""

from collections.abc import Iterable, Iterator

from trueup.model.change import Alter, Alteration, Change
from trueup.model.violation import Violation

AT_MOST = 50


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One policy each."""
    for policy in violations:
        yield Alter(Alteration.DROP_POLICY, str(policy["relation"]), str(policy["policyname"]))
