"""AIAS Platform's site: what it answers when it is sound, and how it reconciles its billing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from trueup.library.linked import customer_of
from trueup.library.mirror import LIVE, period_end, prices_of
from trueup.sample import CLOCK
from trueup.sample.site import Reply, Request, Site, apis
from trueup.sample.stripe import Account

PAGE = """<!doctype html>
<html lang="en"><head><title>AIAS Platform</title><script src="/_next/main.js"></script></head>
<body><h1>Automate your business</h1></body></html>
"""

SCRIPT = 'const supabase = createClient("https://aias.supabase.example", "sb_publishable_aias")'

SAID = """
    create temporary table said on commit drop as
    select * from jsonb_to_recordset(%s) as said (
        subscription text, customer text, user_id text, status text, tier text,
        period_end timestamptz, trial_end timestamptz, is_ending boolean
    )
"""

KNOWN = """
    update subscriptions set
        status = said.status, tier = said.tier, stripe_customer_id = said.customer,
        current_period_end = said.period_end, trial_end = said.trial_end,
        cancel_at_period_end = said.is_ending
    from said
    where stripe_subscription_id = said.subscription
"""

NEW = """
    insert into subscriptions (
        user_id, tier, status, stripe_subscription_id, stripe_customer_id, current_period_start,
        current_period_end, trial_end, cancel_at_period_end, created_at
    )
    select users.id, tier, status, subscription, customer, period_end - interval '1 month',
           period_end, trial_end, is_ending, %(now)s
    from said join auth.users as users on users.id::text = said.user_id
    where status = any(%(live)s) and not exists (
        select from subscriptions where stripe_subscription_id = said.subscription
    )
"""

UNHEARD_OF = """
    update subscriptions set status = 'canceled', canceled_at = %(now)s
    where status = any(%(live)s) and not exists (
        select from said where said.subscription = stripe_subscription_id
    )
"""

ENDED = """
    update subscription_tiers as held set expires_at = %(now)s
    where tier <> 'free' and (expires_at is null or expires_at > %(now)s) and not exists (
        select from subscriptions
        where subscriptions.user_id = held.user_id and subscriptions.tier = held.tier
            and status = any(%(live)s)
    )
"""

BEGUN = """
    with best as (
        select distinct on (user_id) user_id, tier, current_period_end from subscriptions
        where status = any(%(live)s)
        order by user_id, array_position(array['enterprise', 'pro', 'starter'], tier::text)
    )
    insert into subscription_tiers (user_id, tier, expires_at, created_at)
    select user_id, tier, current_period_end, %(now)s from best
    where not exists (
        select from subscription_tiers as held
        where held.user_id = best.user_id and held.tier = best.tier
            and (held.expires_at is null or held.expires_at > %(now)s)
    )
"""


PROJECT, DOMAIN = "aiasplatformproject0", "aiautomatedsystems.ca"


def build(site: Site) -> None:
    """The site, the platform's API as a service for fixes, and what others say of it."""
    site.answer("site", "GET", "/api/healthz", json={"ok": True, "database": "up"})
    site.answer("site", "GET", "/", text=PAGE)
    site.answer("site", "GET", "/_next/main.js", text=SCRIPT)
    site.service("platform", address="site")
    apis.backups(site, PROJECT, CLOCK - timedelta(hours=9), CLOCK - timedelta(hours=33))
    apis.e_mails(site, CLOCK, {"delivered": 57, "opened": 4, "bounced": 3, "delivery_delayed": 1})
    apis.domains(site, {DOMAIN: "verified"})


def receive(
    connection: psycopg.Connection[Any], site: Site, request: Request, account: Account
) -> Reply | None:
    """Reconcile as the endpoint means to: what Stripe says is so, and tiers follow."""
    del site  # nothing that it answers changes
    if (request.method, request.path) != ("POST", "/api/billing/reconcile"):
        return None
    subscriptions = account.objects["subscriptions"].values()
    given = {"now": CLOCK, "live": list(LIVE)}
    with connection.transaction():
        connection.execute(SAID, [Jsonb([_said(one) for one in subscriptions])])
        for statement in (KNOWN, NEW, UNHEARD_OF, ENDED, BEGUN):
            connection.execute(statement, None if statement is KNOWN else given)
    return Reply(json={"reconciled": len(subscriptions)})


def _said(one: dict[str, Any]) -> dict[str, Any]:
    ends, [price] = period_end(one), prices_of(one)
    trial = one.get("trial_end")
    return {
        "subscription": one["id"],
        "customer": customer_of(one),
        "user_id": (one.get("metadata") or {}).get("user_id"),
        "status": one["status"],
        "tier": price.removeprefix("price_").removesuffix("_monthly"),
        "period_end": ends.isoformat() if ends else None,
        "trial_end": datetime.fromtimestamp(trial, UTC).isoformat() if trial else None,
        "is_ending": bool(one.get("cancel_at_period_end") or one.get("cancel_at")),
    }
