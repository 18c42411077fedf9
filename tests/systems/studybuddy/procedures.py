"""StudyBuddy's procedures, each with a row that an operator would type."""

from systems.procedure import Procedure

USER = """
    select id::text as user_id from auth.users where id in (select user_id from {}) order by id
    limit 1
"""

PROCEDURES = (
    Procedure("enable_user", USER.format("profiles where is_disabled")),
    Procedure("disable_user", USER.format("profiles where not is_disabled")),
    Procedure(
        "grant_quota_override", USER.format("profiles where not is_disabled"), {"jobs": "40"}
    ),
    Procedure(
        "set_subscription",
        USER.format("subscriptions where stripe_subscription_id is null"),
        {"status": "expired", "plan": "", "until": "2026-11-30T00:00Z"},
    ),
    Procedure("pause_ai_extractions", typed={"plan": "Pro"}),
)
