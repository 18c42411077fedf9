"""
Delete the rows whose owner is gone.

What hangs on them by foreign keys goes with them; the plan says how much that is. Where a foreign
key guards the reference by now, an undo cannot put them back.
"""

from collections.abc import Iterable, Iterator

from trueup.model.change import Change, Delete
from trueup.model.violation import Violation

AT_MOST = 500


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One delete each; a row whose owner came back, or that got another one, is left alone."""
    for orphan in violations:
        key, reference = next(iter(orphan)), str(orphan["column"])
        yield Delete(
            str(orphan["table"]),
            key={key: orphan[key]},
            expect={reference: orphan[reference]},
        )
