"""
Bring a session's stage back within those that were planned.

Whether a stage too many was counted, or one too few was planned, is in its turns.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
bring session {id} back within its stages

It is {status}, at stage {current_stage} of {stages_planned}.

See which stages were asked: select question ->> 'stage' as stage, count(*) from turns
where session_id = {id:literal} group by 1 order by 1;

If all that were planned were asked, the counter went one too far: update sessions
set current_stage = {stages_planned} where id = {id:literal};

If the package has more stages than were planned (select perks from entitlements where id = (select
entitlement_id from sessions where id = {id:literal})), plan them: update sessions
set stages_planned = least(current_stage, 3) where id = {id:literal};

Look in the code for where current_stage is raised without a look at stages_planned.

select current_stage <= coalesce(stages_planned, 1) as within from sessions where id = {id:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One session each."""
    for session in violations:
        yield written(REVIEW, session)
