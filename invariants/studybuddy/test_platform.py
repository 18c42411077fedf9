"""What every system on this platform must keep: its guards, its schema, its sessions."""

from pathlib import Path

from trueup.library import (
    a_user_sees_only_their_own_rows,
    connections_leave_headroom,
    every_foreign_key_is_validated,
    every_migration_is_applied,
    every_policy_can_be_evaluated,
    every_table_has_row_level_security,
    no_index_is_invalid,
    no_policy_lets_everyone_write,
    no_query_runs_longer_than,
    no_secret_is_served_to_browsers,
    no_sequence_is_behind_its_column,
    no_session_sits_idle_in_a_transaction,
    no_trigger_is_disabled,
    the_schema_is_the_one_we_recorded,
)

test_every_table_in_public_has_row_level_security = every_table_has_row_level_security(
    runbook="roll-back-recent-changes"
)
test_no_policy_lets_everyone_write = no_policy_lets_everyone_write(
    runbook="roll-back-recent-changes"
)
test_every_policy_can_be_evaluated = every_policy_can_be_evaluated(
    runbook="roll-back-recent-changes"
)

STUDENTS = """
    select id from auth.users
    where deleted_at is null
      and not exists (select from user_roles where user_id = users.id and role = 'admin')
    order by id
"""

test_a_user_sees_only_their_own_rows = a_user_sees_only_their_own_rows(
    dict.fromkeys(
        (
            "admin_overrides",
            "ai_jobs",
            "course_files",
            "courses",
            "profiles",
            "subscriptions",
            "user_roles",
        ),
        "user_id",
    ),
    users=STUDENTS,
    runbook="roll-back-recent-changes",
)
test_a_user_sees_only_their_own_credits = a_user_sees_only_their_own_rows(
    dict.fromkeys(("user_credits", "credit_usage_events"), "user_id"),
    users=STUDENTS,
    needs=["user_credits.plan_tier", "credit_usage_events.id"],
    runbook="roll-back-recent-changes",
)

test_every_foreign_key_is_validated = every_foreign_key_is_validated(runbook="database-restore")
test_no_index_is_invalid = no_index_is_invalid(runbook="database-restore")
test_no_trigger_is_disabled = no_trigger_is_disabled(runbook="database-restore")
test_no_sequence_is_behind_its_column = no_sequence_is_behind_its_column(runbook="database-restore")

test_every_migration_is_applied = every_migration_is_applied(runbook="roll-back-recent-changes")
test_the_schema_is_the_one_we_recorded = the_schema_is_the_one_we_recorded(
    Path(__file__).with_name("schema.json"), runbook="roll-back-recent-changes"
)

test_connections_leave_headroom = connections_leave_headroom(runbook="database-sessions")
test_no_session_sits_idle_in_a_transaction = no_session_sits_idle_in_a_transaction(
    runbook="database-sessions"
)
test_no_query_runs_longer_than_five_minutes = no_query_runs_longer_than(runbook="database-sessions")

test_no_secret_is_served_to_browsers = no_secret_is_served_to_browsers(
    "site", runbook="a-secret-in-the-page"
)
