"""Cursor Venture Companion's procedures, each with a row that an operator would type."""

from systems.procedure import Procedure

PROFILE = """
    select user_id::text as {} from user_profiles where {} order by user_id limit 1
"""

PROCEDURES = (
    Procedure(
        "reset_usage",
        PROFILE.format(
            "user_id",
            "user_id in (select user_id from usage_metrics where period_start >= '2026-11-01')",
        ),
        {"tier": ""},
    ),
    Procedure(
        "set_subscription",
        PROFILE.format("user_id", "subscription_status = 'free' and stripe_customer_id is null"),
        {"status": "inactive", "tier": "free", "customer": ""},
    ),
    # The third of the settings' admins has not been made one yet.
    Procedure("grant_admin", typed={"id": "134ad24e-9980-6ca1-1119-7065657dbf5e"}),
    Procedure("revoke_admin", PROFILE.format("id", "premium_features ->> 'admin' = 'true'")),
)
