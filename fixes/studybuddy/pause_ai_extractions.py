"""
Pause AI extractions for everybody: every active plan allows none until this is undone.

Users with an override of their own go on, and jobs that are running are left to end.
"""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from trueup import Update
from trueup.errors import PlanError
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 20

PLANS = """
    select id, name, limits, limits ->> 'ai_extractions' is distinct from '0' as allows
    from plans
    where is_active
    order by name
"""


class Row(TypedDict):
    """Which plan is paused, by its name; all of them where it is left empty, as in `plan=`."""

    plan: str | None


def plan(violations: Iterable[Violation], primary: Reader) -> Iterator[Change]:
    """The plans that still allow extractions; their other limits stay."""
    named = {violation.get("plan") for violation in violations}
    plans = {str(row["name"]): row for row in primary.rows(PLANS)}
    for name in named - plans.keys() - {None}:
        there = ", ".join(plans) or "none"
        raise PlanError(f"there is no active plan {name!r}; there are {there}")
    for name, row in plans.items():
        if not row["allows"] or not named & {None, name}:
            continue
        limits = row["limits"]
        kept = limits if isinstance(limits, dict) else {}
        yield Update(
            "plans",
            key={"id": row["id"]},
            expect={"is_active": True, "limits": limits},
            set={"limits": kept | {"ai_extractions": 0}},
        )
