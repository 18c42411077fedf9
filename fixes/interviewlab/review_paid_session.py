"""
Find the package that a paid session was taken from.

Which of several it was, and whether the interview was to be free, only a person can say.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
find the entitlement of paid session {id}

It is {status}, of user {user_id}, and {trouble}.

See what the user had then: select id, tier, status, remaining_interviews, created_at, expires_at
from entitlements where user_id = {user_id:literal} order by created_at;

If the history names the session, take that one: select entitlement_id from entitlement_history
where interview_session_id = {id:literal};

Name it: update sessions set entitlement_id = '…' where id = {id:literal}; if the interview was not
taken from its balance, do that too, and log it: trueup plan interviewlab.log_missing_consumption.

If they had none, it was free: update sessions set entitlement_id = null, plan_tier = 'free'
where id = {id:literal};

select plan_tier, entitlement_id from sessions where id = {id:literal};
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One session each."""
    for session in violations:
        yield written(REVIEW, session)
