"""
Fail the queued and running AI jobs of disabled users, and the files that wait for them.

A worker that is at it already may still finish, and then writes its result over the failure.
"""

from collections.abc import Iterator, Sequence

from trueup import Update
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

WAITING = """
    select file.id, file.course_id, file.user_id, file.extraction_status, file.updated_at
    from course_files as file
    where file.extraction_status = 'extracting'
      and exists (
          select from ai_jobs as job
          where job.id = any(:jobs)
            and job.course_id = file.course_id and job.user_id = file.user_id
      )
      and not exists (
          select from ai_jobs as job
          where job.course_id = file.course_id and job.user_id = file.user_id
            and job.status in ('queued', 'running') and job.id <> all(:jobs)
      )
    order by file.id
"""


def plan(violations: Sequence[Violation], primary: Reader) -> Iterator[Change]:
    """Each job with the files that wait for it, so that they fail together or not at all."""
    waiting = list(primary.rows(WAITING, jobs=[job["id"] for job in violations]))
    for job in violations:
        for file in waiting:
            if (file["course_id"], file["user_id"]) == (job["course_id"], job["user_id"]):
                yield _failed("course_files", file, "extraction_status")
        yield _failed("ai_jobs", job, "status", error_message="Account disabled; failed by trueup")


def _failed(table: str, row: Row, status: str, **said: str) -> Update:
    return Update(
        table,
        key={"id": row["id"]},
        expect={status: row[status], "updated_at": row["updated_at"]},
        set={status: "failed", **said},
    )
