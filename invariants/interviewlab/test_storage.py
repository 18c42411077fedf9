"""Storage: what candidates upload is small enough, and they reach what is theirs."""

from trueup.library import (
    every_bucket_has_its_policies,
    every_bucket_limits_its_files,
    no_file_exceeds,
)

RUNBOOK = "uploads-that-fail"

# The runbook calls the bucket cvs; it is uploads.
test_no_upload_exceeds_five_megabytes = no_file_exceeds(
    5 * 1024 * 1024, ["uploads", "cvs"], runbook=RUNBOOK
)
test_every_bucket_limits_its_files = every_bucket_limits_its_files(runbook=RUNBOOK)
test_every_bucket_has_its_policies = every_bucket_has_its_policies(runbook=RUNBOOK)
