"""Entitlements: what somebody may still use was bought or granted, and used up once."""

from trueup import invariant

# Whop came later, with its column: as JSON it may be asked for before it came.
UNEXPLAINED = """
    select id, user_id, tier, status, remaining_interviews, created_at
    from entitlements as entitlement
    where stripe_session_id is null
      and to_jsonb(entitlement) ->> 'whop_membership_id' is null
      and not exists (
          select from entitlement_history as history
          where history.entitlement_id = entitlement.id
            and history.action in ('purchase', 'grant', 'expire')
      )
    order by id
"""


@invariant(
    severity="P0",
    over="entitlements",
    fix="revoke_unexplained_entitlement",
    runbook="interviews-that-were-not-paid-for",
    show=["tier", "status"],
)
def test_every_entitlement_was_paid_or_logged(replica):
    """
    Somebody has interviews that nobody sold and nobody granted: users could write their own.

    Only the server writes the history, so a purchase, a grant or an end in it explains one.
    """
    return replica.rows(UNEXPLAINED)


# Of rows of one instant the one that leaves less is the later: what came is used up afterwards.
APART = """
    with last as (
        select distinct on (entitlement_id) entitlement_id, new_balance
        from entitlement_history
        order by entitlement_id, created_at desc, new_balance, id desc
    )
    select entitlement.id, entitlement.user_id, entitlement.status,
           coalesce(entitlement.remaining_interviews, 0) as balance, last.new_balance as booked
    from entitlements as entitlement
    left join last on last.entitlement_id = entitlement.id
    where coalesce(entitlement.remaining_interviews, 0) is distinct from last.new_balance
      and (
          last.entitlement_id is not null
          or entitlement.stripe_session_id is not null
          or to_jsonb(entitlement) ->> 'whop_membership_id' is not null
      )
    order by entitlement.id
"""


@invariant(
    severity="P1",
    over=("entitlements", "entitlement_history"),
    fix="log_missing_consumption",
    runbook="interviews-that-were-not-paid-for",
    show=["status"],
)
def test_every_balance_equals_its_last_history_row(replica):
    """
    Nobody can say where the interviews went or came from: support and refunds go by the history.

    One that has none and names no payment is for every_entitlement_was_paid_or_logged; one that
    names one, and has none, may have been written by its user.
    """
    return replica.rows(APART)


BROKEN_OFF = """
    select id, entitlement_id, user_id, action, previous_balance, left_before, new_balance,
           created_at
    from (
        select *, lag(new_balance) over (
            partition by entitlement_id order by created_at, new_balance desc, id
        ) as left_before
        from entitlement_history
    ) as chained
    where coalesce(previous_balance, 0) <> coalesce(left_before, 0)
    order by id
"""


@invariant(
    severity="P2",
    over="entitlement_history",
    fix="review_history",
    runbook="interviews-that-were-not-paid-for",
    show=["action"],
)
def test_every_history_row_continues_the_last(replica):
    """
    A row is missing in between, or two requests read the same balance: one interview was free.

    The first row of an entitlement begins at nothing, or does not say where.
    """
    return replica.rows(BROKEN_OFF)


NEGATIVE = "remaining_interviews < 0"


@invariant(
    severity="P1",
    over="entitlements",
    fix="close_spent_entitlements",
    runbook="interviews-that-do-not-start",
    show=["type", "status"],
)
def test_no_balance_is_negative(replica):
    """More interviews were held than were paid for: two requests took the last one at once."""
    return replica.where(
        "entitlements",
        NEGATIVE,
        columns=["id", "user_id", "type", "status", "remaining_interviews", "expires_at"],
    )


SPENT = """
    status = 'active'
      and (
          expires_at < :now
          or type is distinct from 'subscription' and coalesce(remaining_interviews, 0) = 0
      )
"""


@invariant(
    severity="P1",
    over="entitlements",
    fix="close_spent_entitlements",
    runbook="interviews-that-do-not-start",
    show=["type", "status"],
)
def test_no_spent_or_expired_entitlement_stays_active(replica, now):
    """
    The site offers an interview that fails to start, or gives one that has lapsed.

    A subscription has no number of interviews, so it is spent only when it expires.
    """
    return replica.where(
        "entitlements",
        SPENT,
        columns=["id", "user_id", "type", "status", "remaining_interviews", "expires_at"],
        now=now,
    )


# A condition that only the server's role meets lets no user write. FOR ALL deletes by its USING.
WRITABLE = """
    with harmless (condition) as (
        values ('false'), ('((auth.jwt() ->> ''role''::text) = ''service_role''::text)'),
               ('(auth.role() = ''service_role''::text)')
    )
    select schemaname || '.' || tablename || '.' || policyname as policy,
           format('%I.%I', schemaname, tablename) as "table", quote_ident(policyname) as name,
           schemaname || '.' || tablename as relation, policyname,
           cmd as command, array_to_string(roles, ', ') as roles
    from pg_policies
    where schemaname = 'public' and tablename in ('entitlements', 'entitlement_history')
      and permissive = 'PERMISSIVE'
      and roles && array['public', 'anon', 'authenticated']::name[]
      and (
          cmd in ('INSERT', 'UPDATE', 'ALL')
          and coalesce(with_check, qual) not in (select condition from harmless)
          or cmd in ('DELETE', 'ALL') and qual not in (select condition from harmless)
      )
    order by policy
"""


@invariant(
    severity="P0",
    over={
        "policies": """(
            select from pg_policies
            where schemaname = 'public' and tablename in ('entitlements', 'entitlement_history')
        )"""
    },
    fix="drop_policy",
    runbook="interviews-that-were-not-paid-for",
    show=["table", "name", "command", "roles"],
)
def test_users_cannot_write_entitlements(replica):
    """Whoever is signed in gives themselves as many interviews as they like, with no payment."""
    return replica.rows(WRITABLE)
