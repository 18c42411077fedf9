"""
Disable the account, and fail the AI jobs that it has queued or running.

Row-level security hides everything from a disabled user at once; their sessions live on until
they expire, and only the Auth API ends them sooner.
"""

from collections.abc import Iterable, Iterator

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 100

PROFILES = """
    select id, user_id, is_disabled
    from profiles
    where user_id = any(:users)
    order by id
"""

LIVE_JOBS = """
    select id, status, updated_at
    from ai_jobs
    where user_id = any(:users) and status in ('queued', 'running')
    order by id
"""

WAITING_FILES = """
    select file.id, file.extraction_status, file.updated_at
    from course_files as file
    where file.user_id = any(:users) and file.extraction_status = 'extracting'
      and exists (
          select from ai_jobs as job
          where job.course_id = file.course_id and job.user_id = file.user_id
            and job.status in ('queued', 'running')
      )
    order by file.id
"""


NO_PROFILE = """
disable user {user_id}, who has no profile to say so

Give them one: plan `studybuddy.create_missing_profiles` and apply it.

Plan `studybuddy.disable_user` again.

select is_disabled from profiles where user_id = {user_id:literal};  -- t
"""


def plan(violations: Iterable[Violation], primary: Reader) -> Iterator[Change]:
    """Files, jobs, account: wherever a run stops, no disabled user has a live job."""
    users = [violation["user_id"] for violation in violations]
    for file in primary.rows(WAITING_FILES, users=users):
        yield _updated("course_files", file, "extraction_status", {"extraction_status": "failed"})
    for job in primary.rows(LIVE_JOBS, users=users):
        reason = "Account disabled; failed by trueup"
        yield _updated("ai_jobs", job, "status", {"status": "failed", "error_message": reason})
    known = list(primary.rows(PROFILES, users=users))
    for profile in known:
        yield Update(
            "profiles",
            key={"id": profile["id"]},
            expect={"is_disabled": profile["is_disabled"]},
            set={"is_disabled": True},
        )
    for user in users:
        if user not in {profile["user_id"] for profile in known}:
            yield written(NO_PROFILE, {"user_id": user})


def _updated(table: str, row: Row, status: str, values: dict[str, object]) -> Update:
    expect = {status: row[status], "updated_at": row["updated_at"]}
    return Update(table, key={"id": row["id"]}, expect=expect, set=values)
