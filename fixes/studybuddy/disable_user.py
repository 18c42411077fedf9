"""
Disable the account, and fail the AI jobs that it has queued or running.

Row-level security hides everything from a disabled user at once; their sessions live on until
they expire, and only the Auth API ends them sooner.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypedDict
from uuid import UUID

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row as Found
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
    select id, user_id, status, updated_at
    from ai_jobs
    where user_id = any(:users) and status in ('queued', 'running')
    order by id
"""

WAITING_FILES = """
    select file.id, file.user_id, file.extraction_status, file.updated_at
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


class Row(TypedDict):
    """Who is disabled, where no invariant names them."""

    user_id: UUID


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """The account with its jobs and files, so that no disabled user has a live job."""
    users = [user["user_id"] for user in violations]
    profiles = _by_user(primary.rows(PROFILES, users=users))
    jobs = _by_user(primary.rows(LIVE_JOBS, users=users))
    files = _by_user(primary.rows(WAITING_FILES, users=users))
    for violation in violations:
        user = violation["user_id"]
        for profile in profiles[user]:
            expect = {"is_disabled": profile["is_disabled"]}
            yield Update(
                "profiles", key={"id": profile["id"]}, expect=expect, set={"is_disabled": True}
            )
            for file in files[user]:
                yield _failed("course_files", file, "extraction_status")
            for job in jobs[user]:
                reason = "Account disabled; failed by trueup"
                yield _failed("ai_jobs", job, "status", error_message=reason)
        if not profiles[user]:
            yield written(NO_PROFILE, violation)


def _by_user(rows: Iterable[Found]) -> Mapping[object, Sequence[Found]]:
    found: dict[object, list[Found]] = defaultdict(list)
    for row in rows:
        found[row["user_id"]].append(row)
    return found


def _failed(table: str, row: Found, status: str, **said: str) -> Update:
    return Update(
        table,
        key={"id": row["id"]},
        expect={status: row[status], "updated_at": row["updated_at"]},
        set={status: "failed", **said},
    )
