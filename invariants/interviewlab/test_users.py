"""Users: whoever signs up can sign in."""

from datetime import timedelta

from trueup import invariant

UNCONFIRMED = """
    email_confirmed_at is null and phone_confirmed_at is null
      and coalesce(created_at, '-infinity') < :deadline
      and email is not null and invited_at is null and deleted_at is null and not is_anonymous
"""


@invariant(
    severity="P2", over="auth.users", fix="confirm_e_mail", runbook="users-who-cannot-sign-in"
)
def test_every_user_confirms_within_a_day(replica, now):
    """They cannot sign in: the confirmation never came, or they mistyped their address."""
    return replica.where(
        "auth.users",
        UNCONFIRMED,
        columns=["id as user_id", "created_at", "confirmation_sent_at"],
        deadline=now - timedelta(days=1),
    )
