"""The service as its users meet it, and what it stands on."""

from trueup.library import (
    a_backup_is_younger_than_a_day,
    e_mails_are_delivered,
    no_secret_is_served_to_browsers,
    responses_are_fast,
    the_database_answers_fast,
    the_sending_domain_is_verified,
    the_service_is_healthy,
)

HEALTH = "/api/healthz"

test_the_api_is_healthy = the_service_is_healthy(
    "site", HEALTH, expect={"ok": True}, runbook="health-checks"
)
test_responses_are_fast = responses_are_fast(
    "site", HEALTH, seconds=0.5, severity="P1", runbook="health-checks"
)
test_the_database_answers_fast = the_database_answers_fast(runbook="database")
test_no_secret_is_served_to_browsers = no_secret_is_served_to_browsers(
    "site", runbook="data-breach"
)
test_e_mails_are_delivered = e_mails_are_delivered(runbook="user-cannot-sign-up")
test_the_sending_domain_is_verified = the_sending_domain_is_verified(runbook="user-cannot-sign-up")
test_a_backup_is_younger_than_a_day = a_backup_is_younger_than_a_day(runbook="backups")
