"""What every system must keep: its migrations, its schema, its keys, its sessions."""

from pathlib import Path

from trueup.library import (
    PRISMA,
    connections_leave_headroom,
    every_foreign_key_is_validated,
    every_migration_is_applied,
    no_index_is_invalid,
    no_migration_has_failed,
    no_query_runs_longer_than,
    no_session_sits_idle_in_a_transaction,
    no_trigger_is_disabled,
    the_schema_is_the_one_we_recorded,
)

test_no_migration_has_failed = no_migration_has_failed(runbook="a-migration-failed")
test_every_migration_is_applied = every_migration_is_applied(PRISMA, runbook="a-migration-failed")
test_the_schema_is_the_one_we_recorded = the_schema_is_the_one_we_recorded(
    Path(__file__).with_name("schema.json"), runbook="a-migration-failed"
)

test_every_foreign_key_is_validated = every_foreign_key_is_validated(runbook="backup-and-recovery")
test_no_index_is_invalid = no_index_is_invalid(runbook="backup-and-recovery")
# Of triggers there are only those that keep the foreign keys.
test_no_trigger_is_disabled = no_trigger_is_disabled(
    schemas=["public"],
    harm="A foreign key guards nothing: tests, answers and payments of people who are not there.",
    runbook="backup-and-recovery",
)

test_connections_leave_headroom = connections_leave_headroom(runbook="too-many-connections")
test_no_session_sits_idle_in_a_transaction = no_session_sits_idle_in_a_transaction(
    runbook="too-many-connections"
)
test_no_query_runs_longer_than_five_minutes = no_query_runs_longer_than(
    runbook="too-many-connections"
)
