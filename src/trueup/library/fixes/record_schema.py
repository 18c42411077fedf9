"""
Record the schema anew where production is right, or bring production back where the record is.

Recording makes every difference the truth at once: read them all before.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 500
STEPS = True

GUIDE = """
settle {object}

Recorded: {recorded}

Found: {found}

If production is right, see that a migration in the repository says so too, then write the record
anew: trueup record {system} --env production

If the record is right, write a migration that brings production back to it.

git diff invariants/{system}/schema.json
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One difference each."""
    for difference in violations:
        yield written(GUIDE, difference)
