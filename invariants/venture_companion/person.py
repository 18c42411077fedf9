"""What is a user's: what hangs on their account, and what names them as text, without a key."""

from trueup.library.person import SUPABASE_SECRETS, SUPABASE_TIES, Person, goes

PERSON = Person(
    account="auth.users.id",
    ties={
        **SUPABASE_TIES,
        "user_profiles.user_id": goes(),
        "agent_runs.user_id": goes(),
        "background_events.user_id": goes(),
        "usage_metrics.user_id": goes(),
        "vibe_configs.user_id": goes(),
        # An invitation that somebody else sent them holds their address, and no id.
        "invitations: lower(email)": goes(of="auth.users.email"),
    },
    secrets=(*SUPABASE_SECRETS, "invitations.token"),
    customer="user_profiles.stripe_customer_id",
    naive="UTC",
)
