"""Users: one account a person, admins whom we know, and nobody else's hands on either."""

from datetime import timedelta

from trueup import invariant, naive_utc
from trueup.library import only_known_admins_are_admins

test_only_known_admins_are_admins = only_known_admins_are_admins(
    "select id, id as user_id from \"User\" where role = 'ADMIN' order by id",
    "User",
    fix="demote_admin",
    harm="Somebody gave themselves every right, or kept one that was taken from them: they read and"
    " change what is anybody's.",
    runbook="admins",
)

REGISTERED_TWICE = """
    select min(id) as id, count(*) as accounts, string_agg(id, ', ' order by id) as ids
    from "User"
    group by lower(btrim(email))
    having count(*) > 1
    order by 1
"""


@invariant(
    severity="P2",
    over="User",
    fix="merge_accounts",
    runbook="sign-in-fails",
    show=["ids"],
)
def test_no_e_mail_is_registered_twice(replica):
    """
    One person has two accounts that differ in capitals: what they paid for is in the other one.

    The unique index compares letter by letter, and Google writes an address otherwise than people.
    """
    return replica.rows(REGISTERED_TWICE)


GUESSED = """
    with recent as (
        select coalesce(attempt."userId", namesake.id) as user_id, attempt.success, attempt.ip
        from "LoginAttempt" as attempt
        left join "User" as namesake
          on attempt."userId" is null and lower(namesake.email) = lower(attempt.email)
        where attempt."createdAt" >= :start and attempt."createdAt" < :now
    )
    select user_id, count(*) filter (where not success) as failures,
           count(*) filter (where success) as successes, count(distinct ip) as addresses
    from recent
    where user_id is not null
    group by user_id
    having count(*) filter (where not success) >= 10
    order by user_id
"""

BLOCKED = 'select id from "User" where "isBlocked" and id = any(:users)'


@invariant(
    severity="P1",
    over="LoginAttempt",
    fix="block_user",
    runbook="blocking-somebody",
    needs=["LoginAttempt.id"],
)
def test_no_account_is_being_guessed(replica, now):
    """
    Ten wrong passwords within fifteen minutes: a machine tries, and may have got in.

    An attempt that names no user counts for whoever has that e-mail. Of an e-mail that nobody has
    there is nothing to guess, and an account that is blocked is safe.
    """
    window = {"start": naive_utc(now - timedelta(minutes=15)), "now": naive_utc(now)}
    guessed = list(replica.rows(GUESSED, **window))
    blocked: set[object] = set()
    if replica.has_column("User.isBlocked"):
        users = [row["user_id"] for row in guessed]
        blocked = {row["id"] for row in replica.rows(BLOCKED, users=users)}
    yield from (row for row in guessed if row["user_id"] not in blocked)
