"""
Invariants that every system shares, as builders: each returns one, to be named `test_…`.

Every builder takes `severity`, `fix`, `harm`, `runbook`, `owner`, `tags`, `needs` and
`may_be_empty`, and has a default for each.
"""

from trueup.library.belongs import belongs
from trueup.library.buckets import (
    every_bucket_has_its_policies,
    every_bucket_limits_its_files,
    no_file_exceeds,
)
from trueup.library.customers import (
    every_named_customer_exists_in_stripe,
    every_paying_row_names_its_customer,
)
from trueup.library.latency import the_database_answers_fast
from trueup.library.linked import customers_of_users
from trueup.library.migrations import (
    PRISMA,
    every_migration_is_applied,
    no_migration_has_failed,
)
from trueup.library.mirror import (
    Mirror,
    every_live_stripe_subscription_is_mirrored,
    every_mirrored_subscription_exists_in_stripe,
)
from trueup.library.money import (
    every_paid_checkout_was_granted_once,
    every_refund_was_taken_back_once,
)
from trueup.library.next_auth import the_oauth_callback_is_ours
from trueup.library.openai import the_ai_key_works
from trueup.library.policies import every_policy_can_be_evaluated
from trueup.library.probes import (
    every_path_answers,
    no_path_is_switched_off,
    no_secret_is_served_to_browsers,
    responses_are_fast,
    the_api_allows_our_pages,
    the_service_is_healthy,
)
from trueup.library.rates import (
    payments_succeed,
    stripe_answers_with_recent_events,
    webhooks_succeed,
)
from trueup.library.resend import e_mails_are_delivered, the_sending_domain_is_verified
from trueup.library.restore import (
    every_foreign_key_is_validated,
    no_index_is_invalid,
    no_sequence_is_behind_its_column,
    no_trigger_is_disabled,
)
from trueup.library.row_level_security import (
    every_table_has_row_level_security,
    no_policy_lets_everyone_write,
)
from trueup.library.schema import the_schema_is_the_one_we_recorded
from trueup.library.secrets import every_secret_is_younger_than
from trueup.library.sentry import errors_stay_rare
from trueup.library.sessions import (
    connections_leave_headroom,
    no_query_runs_longer_than,
    no_session_sits_idle_in_a_transaction,
)
from trueup.library.settled import (
    every_balance_equals_its_ledger,
    every_row_settles_within,
    one_row_per,
    only_known_admins_are_admins,
)
from trueup.library.stored import (
    every_stored_file_belongs_to_a_user,
    every_stored_object_belongs_to_a_user,
)
from trueup.library.supabase import a_backup_is_younger_than_a_day, sign_ins_succeed
from trueup.library.visits import (
    a_member_sees_only_their_own_tenants,
    a_user_sees_only_their_own_rows,
)
from trueup.library.webhooks import (
    every_stripe_event_was_recorded,
    no_webhook_delivery_has_failed_for_an_hour,
    the_stripe_key_matches_the_environment,
    the_webhook_endpoint_is_enabled,
)

__all__ = [
    "PRISMA",
    "Mirror",
    "a_backup_is_younger_than_a_day",
    "a_member_sees_only_their_own_tenants",
    "a_user_sees_only_their_own_rows",
    "belongs",
    "connections_leave_headroom",
    "customers_of_users",
    "e_mails_are_delivered",
    "errors_stay_rare",
    "every_balance_equals_its_ledger",
    "every_bucket_has_its_policies",
    "every_bucket_limits_its_files",
    "every_foreign_key_is_validated",
    "every_live_stripe_subscription_is_mirrored",
    "every_migration_is_applied",
    "every_mirrored_subscription_exists_in_stripe",
    "every_named_customer_exists_in_stripe",
    "every_paid_checkout_was_granted_once",
    "every_path_answers",
    "every_paying_row_names_its_customer",
    "every_policy_can_be_evaluated",
    "every_refund_was_taken_back_once",
    "every_row_settles_within",
    "every_secret_is_younger_than",
    "every_stored_file_belongs_to_a_user",
    "every_stored_object_belongs_to_a_user",
    "every_stripe_event_was_recorded",
    "every_table_has_row_level_security",
    "no_file_exceeds",
    "no_index_is_invalid",
    "no_migration_has_failed",
    "no_path_is_switched_off",
    "no_policy_lets_everyone_write",
    "no_query_runs_longer_than",
    "no_secret_is_served_to_browsers",
    "no_sequence_is_behind_its_column",
    "no_session_sits_idle_in_a_transaction",
    "no_trigger_is_disabled",
    "no_webhook_delivery_has_failed_for_an_hour",
    "one_row_per",
    "only_known_admins_are_admins",
    "payments_succeed",
    "responses_are_fast",
    "sign_ins_succeed",
    "stripe_answers_with_recent_events",
    "the_ai_key_works",
    "the_api_allows_our_pages",
    "the_database_answers_fast",
    "the_oauth_callback_is_ours",
    "the_schema_is_the_one_we_recorded",
    "the_sending_domain_is_verified",
    "the_service_is_healthy",
    "the_stripe_key_matches_the_environment",
    "the_webhook_endpoint_is_enabled",
    "webhooks_succeed",
]
