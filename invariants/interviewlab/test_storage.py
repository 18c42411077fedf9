"""Storage: each file is somebody's who is there, small enough, and to be reached by its owner."""

from trueup.library import (
    every_bucket_has_its_policies,
    every_bucket_limits_its_files,
    every_stored_file_belongs_to_a_user,
    no_file_exceeds,
)

RUNBOOK = "uploads-that-fail"

test_every_stored_file_belongs_to_a_user = every_stored_file_belongs_to_a_user(
    harm="No foreign key guards it: a deleted candidate's CV, voice and reports are still here.",
    runbook="deleting-a-user",
)
# The runbook calls the bucket cvs; it is uploads.
test_no_upload_exceeds_five_megabytes = no_file_exceeds(
    5 * 1024 * 1024, ["uploads", "cvs"], runbook=RUNBOOK
)
test_every_bucket_limits_its_files = every_bucket_limits_its_files(runbook=RUNBOOK)
test_every_bucket_has_its_policies = every_bucket_has_its_policies(runbook=RUNBOOK)
