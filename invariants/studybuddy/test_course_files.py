"""Course files: what is being extracted is being worked on."""

from datetime import timedelta

from trueup import invariant
from trueup.library import belongs

ABANDONED = """
    select id, user_id, course_id, extraction_status, updated_at
    from course_files as file
    where extraction_status = 'extracting' and updated_at < :deadline
      and not exists (
          select from ai_jobs as job
          where job.course_id = file.course_id and job.user_id = file.user_id
            and job.status in ('queued', 'running')
      )
    order by id
"""


@invariant(
    severity="P2",
    over="course_files",
    fix="fail_abandoned_extractions",
    runbook="stuck-ai-jobs",
    show=["extraction_status"],
)
def test_every_extracting_file_has_a_live_job(replica, now):
    """Nobody works on it: the student cannot upload it again while it says 'extracting'."""
    return replica.rows(ABANDONED, deadline=now - timedelta(minutes=5))


test_every_course_file_belongs_to_a_user = belongs(
    "course_files.user_id",
    "auth.users.id",
    harm="No foreign key guards it: a deleted student's lecture notes, and their text, are still"
    " here.",
    runbook="database-restore",
)
