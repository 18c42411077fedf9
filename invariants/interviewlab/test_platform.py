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
    no_sequence_is_behind_its_column,
    no_session_sits_idle_in_a_transaction,
    no_trigger_is_disabled,
    the_schema_is_the_one_we_recorded,
)

test_every_table_in_public_has_row_level_security = every_table_has_row_level_security(
    runbook="roll-back"
)
test_no_policy_lets_everyone_write = no_policy_lets_everyone_write(
    schemas=["public", "storage"], runbook="roll-back"
)
test_every_policy_can_be_evaluated = every_policy_can_be_evaluated(
    schemas=["public", "storage"], runbook="roll-back"
)
test_a_user_sees_only_their_own_rows = a_user_sees_only_their_own_rows(
    {
        "documents": "user_id",
        "entitlement_history": "user_id",
        "entitlements": "user_id",
        "profiles": "user_id",
        "reports": "user_id",
        "sessions": "user_id",
        "storage.objects": "owner_id",
        "turns": "user_id",
    },
    runbook="roll-back",
)

test_every_foreign_key_is_validated = every_foreign_key_is_validated(runbook="backup-and-restore")
test_no_index_is_invalid = no_index_is_invalid(runbook="backup-and-restore")
test_no_trigger_is_disabled = no_trigger_is_disabled(
    schemas=["public", "auth", "storage"], runbook="backup-and-restore"
)
test_no_sequence_is_behind_its_column = no_sequence_is_behind_its_column(
    runbook="backup-and-restore"
)

test_every_migration_is_applied = every_migration_is_applied(runbook="roll-back")
test_the_schema_is_the_one_we_recorded = the_schema_is_the_one_we_recorded(
    Path(__file__).with_name("schema.json"), runbook="roll-back"
)

test_connections_leave_headroom = connections_leave_headroom(runbook="interviews-that-do-not-start")
test_no_session_sits_idle_in_a_transaction = no_session_sits_idle_in_a_transaction(
    runbook="interviews-that-do-not-start"
)
test_no_query_runs_longer_than_five_minutes = no_query_runs_longer_than(
    runbook="interviews-that-do-not-start"
)
