"""Users: what is somebody's belongs to somebody who is there; and who may be an admin."""

from trueup import invariant
from trueup.library import belongs, only_known_admins_are_admins

RUNBOOK = "orphaned-data"

# Each of these keeps the user's id as text, and no foreign key guards it. The runbook compared
# them with user_profiles, which is left behind as well.
test_every_profile_belongs_to_a_user = belongs(
    "user_profiles.user_id",
    "auth.users.id",
    is_text=True,
    harm="Deleting a user leaves it behind: the name, company and voice of somebody who had"
    " themselves deleted, and a Stripe customer that is nobody's.",
    runbook=RUNBOOK,
)
test_every_agent_run_belongs_to_a_user = belongs(
    "agent_runs.user_id",
    "auth.users.id",
    is_text=True,
    harm="Deleting a user leaves it behind: their prompts, and what was written for them.",
    runbook=RUNBOOK,
)
test_every_background_event_belongs_to_a_user = belongs(
    "background_events.user_id",
    "auth.users.id",
    is_text=True,
    harm="Deleting a user leaves it behind: what they committed, wrote and filed elsewhere.",
    runbook=RUNBOOK,
)
test_every_vibe_config_belongs_to_a_user = belongs(
    "vibe_configs.user_id",
    "auth.users.id",
    is_text=True,
    harm="Deleting a user leaves it behind: the instructions that they wrote for their agents.",
    runbook=RUNBOOK,
)
test_every_usage_metric_belongs_to_a_user = belongs(
    "usage_metrics.user_id",
    "auth.users.id",
    is_text=True,
    harm="Deleting a user leaves it behind, and whoever sums up usage counts them still.",
    runbook=RUNBOOK,
)

# A profile that is nobody's lets nobody in; any value that JavaScript takes for true lets them.
ADMINS = """
    select account.id, profile.id as profile_id
    from user_profiles as profile
    join auth.users as account on account.id::text = profile.user_id::text
    where coalesce(profile.premium_features -> 'admin', 'false') not in ('false', 'null', '0', '""')
    order by account.id
"""

test_only_known_admins_are_admins = only_known_admins_are_admins(
    ADMINS,
    "user_profiles",
    harm="Users may write their own profile, and this one made themselves an admin; or somebody"
    " kept the rights of a job that they left.",
    runbook="user-management",
)

WITHOUT_FEATURES = "jsonb_typeof(premium_features) is distinct from 'object'"


@invariant(
    severity="P3",
    over="user_profiles",
    fix="restore_default_features",
    runbook="user-management",
    show=["is_a"],
)
def test_every_profile_has_its_features(replica):
    """To set one feature in nothing gives nothing: somebody is made an admin, and is none."""
    return replica.where(
        "user_profiles",
        WITHOUT_FEATURES,
        columns=["id", "user_id", "jsonb_typeof(premium_features) as is_a"],
    )
