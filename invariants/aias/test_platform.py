"""What every system on this platform must keep: its guards, its schema, its sessions."""

from pathlib import Path

from trueup.library import (
    a_member_sees_only_their_own_tenants,
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

ACCESS, DATABASE, MIGRATIONS = "i-cannot-access-my-data", "database", "migrations"

test_every_table_in_public_has_row_level_security = every_table_has_row_level_security(
    runbook=ACCESS
)
test_no_policy_lets_everyone_write = no_policy_lets_everyone_write(runbook=ACCESS)
test_every_policy_can_be_evaluated = every_policy_can_be_evaluated(runbook=ACCESS)

CUSTOMERS = """
    select id from auth.users
    where deleted_at is null and coalesce(raw_app_meta_data ->> 'role', '') <> 'admin'
    order by id
"""

test_a_user_sees_only_their_own_rows = a_user_sees_only_their_own_rows(
    {"billing_events": "user_id", "profiles": "id"}, users=CUSTOMERS, runbook=ACCESS
)
test_a_user_sees_only_their_own_tier = a_user_sees_only_their_own_rows(
    {"subscription_tiers": "user_id"},
    users=CUSTOMERS,
    needs=["subscription_tiers.user_id"],
    runbook=ACCESS,
)

MEMBERS = "select user_id, tenant_id from tenant_members where status = 'active'"

test_a_member_sees_only_their_own_tenants = a_member_sees_only_their_own_tenants(
    {"tenants": "id"}
    | dict.fromkeys(
        ("error_logs", "subscriptions", "tenant_members", "usage_metrics", "workflows"), "tenant_id"
    ),
    MEMBERS,
    # Whoever has left a tenant still sees what is their own there.
    own=dict.fromkeys(
        ("error_logs", "subscriptions", "tenant_members", "usage_metrics"), "user_id"
    ),
    runbook=ACCESS,
)
test_a_member_sees_only_their_own_executions = a_member_sees_only_their_own_tenants(
    {"workflow_executions": "tenant_id"},
    MEMBERS,
    # Of no tenant are those that somebody ran for themselves.
    own={"workflow_executions": "user_id"},
    needs=["workflow_executions.tenant_id"],
    runbook=ACCESS,
)

test_every_foreign_key_is_validated = every_foreign_key_is_validated(runbook=DATABASE)
test_no_index_is_invalid = no_index_is_invalid(runbook=DATABASE)
test_no_trigger_is_disabled = no_trigger_is_disabled(runbook=DATABASE)
test_no_sequence_is_behind_its_column = no_sequence_is_behind_its_column(runbook=DATABASE)

test_every_migration_is_applied = every_migration_is_applied(runbook=MIGRATIONS)
test_the_schema_is_the_one_we_recorded = the_schema_is_the_one_we_recorded(
    Path(__file__).with_name("schema.json"), runbook=MIGRATIONS
)

test_connections_leave_headroom = connections_leave_headroom(runbook=DATABASE)
test_no_session_sits_idle_in_a_transaction = no_session_sits_idle_in_a_transaction(runbook=DATABASE)
test_no_query_runs_longer_than_five_minutes = no_query_runs_longer_than(runbook=DATABASE)
