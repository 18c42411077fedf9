"""
Pause AI extractions for everybody: every active plan allows none until this is undone.

Users with an override of their own go on, and jobs that are running are left to end.
"""

from collections.abc import Iterable, Iterator

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 20

ALLOWING = """
    select id, limits
    from plans
    where is_active and limits ->> 'ai_extractions' is distinct from '0'
    order by id
"""


def plan(violations: Iterable[Violation], primary: Reader) -> Iterator[Change]:
    """The plans that still allow extractions; their other limits stay."""
    if not list(violations):
        return
    for row in primary.rows(ALLOWING):
        limits = row["limits"]
        kept = limits if isinstance(limits, dict) else {}
        yield Update(
            "plans",
            key={"id": row["id"]},
            expect={"is_active": True, "limits": limits},
            set={"limits": kept | {"ai_extractions": 0}},
        )
