"""Sessions and tokens: nobody who was shut out is still in, and nothing expired lies about."""

from datetime import timedelta

from trueup import invariant, naive_utc

STILL_IN = 'parent."isBlocked" and child.expires > :now'


@invariant(
    severity="P1",
    over="Session",
    fix="end_sessions",
    runbook="blocking-somebody",
    needs=["User.isBlocked"],
)
def test_no_blocked_user_has_a_session(replica, now):
    """Somebody was shut out, and the browser in which they are signed in goes on for a month."""
    return replica.where(
        "Session",
        STILL_IN,
        columns=["child.id", 'child."userId"', "child.expires"],
        parent=("userId", "User.id"),
        now=naive_utc(now),
    )


EXPIRED = """
    select id, 'Session' as "table", expires from "Session" where expires < :deadline
    union all
    select md5(token), 'VerificationToken', expires
    from "VerificationToken" where expires < :deadline
"""

EXPIRED_RESETS = """
    union all
    select id, 'PasswordResetToken', expires from "PasswordResetToken" where expires < :deadline
"""

KEPT = timedelta(days=7)


@invariant(
    severity="P3",
    over=["Session", "VerificationToken"],
    fix="sweep_expired_tokens",
    runbook="security",
    show=["table"],
)
def test_no_expired_session_or_token_is_kept(replica, now):
    """
    Nothing sweeps them: each is an e-mail, or a secret that lets somebody in if a clock goes wrong.

    They may lie for a week. A verification token has no id and goes by a digest; tokens that reset
    a password are looked at where the schema has them.
    """
    has_resets = replica.has_column("PasswordResetToken.id")
    asked = EXPIRED + (EXPIRED_RESETS if has_resets else "") + "order by 1"
    return replica.rows(asked, deadline=naive_utc(now - KEPT))
