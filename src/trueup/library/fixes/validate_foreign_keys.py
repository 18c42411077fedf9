"""
Validate a foreign key, so that it vouches for the rows that were there before it too.

Validating reads the whole table once, while everybody goes on; it is refused at the first row that
points at nothing. An invariant made with `belongs` for the same columns names all of those, and its
fix deletes them.
"""

from collections.abc import Iterable, Iterator

from trueup.model.change import Alter, Alteration, Change
from trueup.model.violation import Violation

AT_MOST = 50
UNDO = "a key that was validated stays so; it keeps out nothing that it did not before"


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One key each."""
    for key in violations:
        yield Alter(Alteration.VALIDATE_CONSTRAINT, str(key["relation"]), str(key["conname"]))
