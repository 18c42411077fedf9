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

POLICIES = "row-level-security"
SCHEMA = "migrations-and-schema"
SESSIONS = "database-connections"

test_every_table_in_public_has_row_level_security = every_table_has_row_level_security(
    runbook=POLICIES
)
test_no_policy_lets_everyone_write = no_policy_lets_everyone_write(runbook=POLICIES)
test_every_policy_can_be_evaluated = every_policy_can_be_evaluated(runbook=POLICIES)
test_a_user_sees_only_their_own_rows = a_user_sees_only_their_own_rows(
    dict.fromkeys(
        (
            "agent_runs",
            "background_events",
            "usage_metrics",
            "user_profiles",
            "user_template_customizations",
            "vibe_configs",
        ),
        "user_id",
    ),
    runbook=POLICIES,
)

test_every_foreign_key_is_validated = every_foreign_key_is_validated(runbook=SCHEMA)
test_no_index_is_invalid = no_index_is_invalid(runbook=SCHEMA)
test_no_trigger_is_disabled = no_trigger_is_disabled(runbook=SCHEMA)
test_no_sequence_is_behind_its_column = no_sequence_is_behind_its_column(runbook=SCHEMA)
test_every_migration_is_applied = every_migration_is_applied(runbook=SCHEMA)
test_the_schema_is_the_one_we_recorded = the_schema_is_the_one_we_recorded(
    Path(__file__).with_name("schema.json"), runbook=SCHEMA
)

test_connections_leave_headroom = connections_leave_headroom(runbook=SESSIONS)
test_no_session_sits_idle_in_a_transaction = no_session_sits_idle_in_a_transaction(runbook=SESSIONS)
test_no_query_runs_longer_than_five_minutes = no_query_runs_longer_than(runbook=SESSIONS)
