"""Users: whoever signs up comes in, and whoever came in can come back."""

from datetime import timedelta

from trueup import invariant

RUNBOOK = "user-cannot-sign-up"

INCOMPLETE = """
    with judged as (
        select confirmed_at is not null as is_confirmed,
               exists (select from profiles where profiles.id = account.id) as has_profile
        from auth.users as account
        where created_at >= :start and created_at < :until and deleted_at is null
          and not is_anonymous
    )
    select 'last_day' as "window", count(*) as sign_ups,
           count(*) filter (where is_confirmed and has_profile) as complete,
           count(*) filter (where not is_confirmed) as unconfirmed,
           count(*) filter (where not has_profile) as without_profile
    from judged
    having count(*) >= 20
       and count(*) filter (where is_confirmed and has_profile) < 0.95 * count(*)
"""


@invariant(
    severity="P1",
    over="auth.users",
    fix="create_missing_profiles",
    runbook=RUNBOOK,
    show=["window"],
)
def test_sign_ups_complete(replica, now):
    """
    More than one in twenty who sign up do not get in: no e-mail comes, or no profile is made.

    Of the last day, without its last hour, since some are still looking for the e-mail; fewer than
    twenty are no rate.
    """
    return replica.rows(INCOMPLETE, start=now - timedelta(days=1), until=now - timedelta(hours=1))


NULL_TOKENS = """
    confirmation_token is null or recovery_token is null or email_change_token_new is null
      or email_change is null or email_change_token_current is null or phone_change is null
      or phone_change_token is null or reauthentication_token is null
"""


@invariant(
    severity="P1",
    over="auth.users",
    fix="blank_null_tokens",
    runbook=RUNBOOK,
)
def test_no_user_has_null_tokens(replica):
    """The auth service cannot read their row: every sign-in of theirs ends in a server error."""
    return replica.where(
        "auth.users",
        NULL_TOKENS,
        columns=[
            "id",
            "confirmation_token is null as confirmation_token",
            "recovery_token is null as recovery_token",
            "email_change_token_new is null as email_change_token_new",
            "email_change is null as email_change",
            "email_change_token_current is null as email_change_token_current",
            "phone_change is null as phone_change",
            "phone_change_token is null as phone_change_token",
            "reauthentication_token is null as reauthentication_token",
        ],
    )
