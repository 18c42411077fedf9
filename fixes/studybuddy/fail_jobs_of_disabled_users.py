"""
Fail the queued and running AI jobs of disabled users, and the files that wait for them.

A worker that is at it already may still finish, and then writes its result over the failure.
"""

from collections.abc import Iterable, Iterator

from trueup import Update
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

WAITING = """
    select file.id, file.extraction_status, file.updated_at
    from course_files as file
    where file.extraction_status = 'extracting'
      and exists (
          select from ai_jobs as job
          where job.id = any(:jobs)
            and job.course_id = file.course_id and job.user_id = file.user_id
      )
    order by file.id
"""


def plan(violations: Iterable[Violation], primary: Reader) -> Iterator[Change]:
    """Files before jobs: wherever a run stops, no file waits for a job that has failed."""
    jobs = list(violations)
    for file in primary.rows(WAITING, jobs=[job["id"] for job in jobs]):
        yield Update(
            "course_files",
            key={"id": file["id"]},
            expect={
                "extraction_status": file["extraction_status"],
                "updated_at": file["updated_at"],
            },
            set={"extraction_status": "failed"},
        )
    for job in jobs:
        yield Update(
            "ai_jobs",
            key={"id": job["id"]},
            expect={"status": job["status"], "updated_at": job["updated_at"]},
            set={"status": "failed", "error_message": "Account disabled; failed by trueup"},
        )
