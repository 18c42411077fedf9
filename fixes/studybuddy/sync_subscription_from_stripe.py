"""
Bring a subscription, and its credits, to what Stripe says of the customer.

Stripe is asked now, where the environment names an account; else its word is the newest event on
record, which is written down before it is handled. Somebody of whom Stripe knows nothing no longer
has what they do not pay for. What Stripe says of another user is for a person to settle.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trueup import Insert, Update
from trueup.library.linked import Claims, claims
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 200

STATUSES = {
    "active": "active",
    "trialing": "trialing",
    "past_due": "past_due",
    "canceled": "canceled",
    "paused": "canceled",
}
"""Stripe's status to ours, as the webhook's handler maps them; whatever else there is, expired."""

ENDED = ("canceled", "expired")

LIVE = ("active", "trialing", "past_due")
"""Stripe's statuses of a subscription that serves somebody."""

SUBSCRIPTIONS = """
    select id, user_id, plan_id, status, trial_end, current_period_end, stripe_customer_id,
           stripe_subscription_id, stripe_event_id, last_webhook_at, updated_at,
           exists (
               select from profiles where profiles.user_id = subscriptions.user_id
           ) as has_profile,
           exists (
               select from subscriptions as other
               where other.id <> subscriptions.id and (
                   other.stripe_customer_id = subscriptions.stripe_customer_id
                   or other.stripe_subscription_id = subscriptions.stripe_subscription_id
               )
           ) as is_shared
    from subscriptions
    where id = any(:ids)
    order by id
"""

# Of several subscriptions of one customer, the live one speaks, whichever was heard of last.
SAID = """
    with newest as (
        select distinct on (payload ->> 'id')
               payload ->> 'customer' as customer, payload, event_id, processed_at
        from webhook_events
        where event_type like 'customer.subscription.%' and payload ->> 'customer' = any(:customers)
          and payload ->> 'id' is not null and payload ->> 'status' is not null
        order by payload ->> 'id', processed_at desc, event_id
    )
    select distinct on (customer)
           customer, payload, event_id, max(processed_at) over (partition by customer) as heard_at
    from newest
    order by customer, (payload ->> 'status' in ('active', 'trialing', 'past_due')) desc,
             processed_at desc, event_id
"""

USERS = """
    select users.id, exists (select from profiles where profiles.user_id = users.id) as has_profile
    from auth.users as users
    where users.id::text = any(:users) and not exists (
        select from subscriptions where subscriptions.user_id = users.id
    )
"""

PLANS = "select id, name from plans order by id"

CREDITS = """
    select pro.monthly_allowance as allowance, subscriptions.id, user_credits.plan_tier
    from subscriptions
    cross join credit_plans as pro
    left join user_credits on user_credits.user_id = subscriptions.user_id
    where subscriptions.id = any(:ids) and pro.tier = 'pro'
      and user_credits.plan_tier is distinct from 'pro'
"""

NOT_RECORDED = """
find out whether user {user_id} pays

No customer.subscription event is on record here for {customer}, so nothing here says what Stripe
thinks of them.

Look in Stripe for the customer or subscription whose metadata holds {user_id}, not for an e-mail:
anybody can type one.

If there is a live subscription, resend its newest customer.subscription event (Developers,
Webhooks), and plan `studybuddy.sync_subscription_from_stripe` again.

If there is none, nobody pays: update subscriptions set status = 'expired', plan_id = null
where id = {id:literal} and status = {status:literal} and stripe_subscription_id is null;

select status, plan_id, stripe_subscription_id from subscriptions where id = {id:literal};
"""

UNCLAIMED = """
find out whose {stripe_subscription} is

Stripe says that it is {stripe_status}, and nobody here has it. Its metadata names no user without a
subscription, or one who pays as another customer too, and an e-mail address proves nothing: anybody
can type one.

Open https://dashboard.stripe.com/subscriptions/{stripe_subscription}, find the checkout session
that began it, and write its user into the subscription's metadata, as user_id. Where that user
pays as another customer too, cancel one of the two, and refund what was paid twice.

Plan `studybuddy.sync_subscription_from_stripe` again.

select user_id from subscriptions where stripe_subscription_id = {stripe_subscription:literal};
"""

ANOTHERS = """
find out whether {customer} is that of user {user_id}

Users can write their own row. This customer, or their subscription, is named by another row too, or
by Stripe as that of another user ({owner}): to believe the row would give one user what another
pays for.

Compare: select id, user_id, status, stripe_subscription_id, created_at from subscriptions
where stripe_customer_id = {stripe_customer_id:literal}
or stripe_subscription_id = {stripe_subscription_id:literal} order by created_at;

Whoever is not named in Stripe's metadata does not pay: update subscriptions set status = 'expired',
plan_id = null, stripe_customer_id = null, stripe_subscription_id = null where id = '…';

Plan `studybuddy.sync_subscription_from_stripe` again for the one who is.

select count(*) from subscriptions where stripe_customer_id = {stripe_customer_id:literal}
or stripe_subscription_id = {stripe_subscription_id:literal};  -- 1
"""

SEVERAL = """
say which of the customers {customers} is user {user_id}

The row names none that Stripe has, and there are live subscriptions whose metadata names this user:
of several customers, or of one that is said to be another user's too.

Open each in Stripe. If the user pays more than once, cancel all but one and refund what was paid
twice; take user_id out of the metadata of those that are not theirs.

Plan `studybuddy.sync_subscription_from_stripe` again.

select status, stripe_customer_id from subscriptions where id = {id:literal};
"""

AT_ONCE = """
settle what {customer} pays for {number} times at once

These are live: {subscriptions}. A row can only say one of them.

Open https://dashboard.stripe.com/customers/{customer}, see which one they mean, cancel the others
now, and refund what was paid twice.

Plan `studybuddy.sync_subscription_from_stripe` again.

stripe subscriptions list --customer {customer}  # lists one that is live
"""

OUT_OF_DATE = """
ask Stripe for what came after event {event_id} for user {user_id}

The newest event on record says {said} until {until}, which has passed: a later one never came.

Open https://dashboard.stripe.com/subscriptions/{subscription} and see what it is now.

Resend its newest customer.subscription event (Developers, Webhooks), and plan
`studybuddy.sync_subscription_from_stripe` again.

select status, current_period_end from subscriptions where id = {id:literal};
"""

UNKNOWN_PRICE = """
say which plan user {user_id} pays for

Stripe says {said}, at a price that the settings do not know: {prices}.

Write it into trueup.toml, under prices in the system's settings, with the name of its plan.

Plan `studybuddy.sync_subscription_from_stripe` again.

select plan_id from subscriptions where id = {id:literal};
"""

NO_PROFILE = """
give user {user_id} a profile, so that their credits have somewhere to be

Plan `studybuddy.create_missing_profiles` and apply it.

Plan `studybuddy.sync_subscription_from_stripe` again.

select plan_tier from user_credits where user_id = {user_id:literal};  -- pro
"""


def plan(
    violations: Sequence[Violation],
    primary: Reader,
    stripe: "Stripe | None",
    settings: Mapping[str, Any],
    now: datetime,
) -> Iterator[Change]:
    """The same for each invariant that a subscription breaks; the engine makes it once."""
    ids = [violation["id"] for violation in violations if violation["id"] is not None]
    rows = {row["id"]: row for row in primary.rows(SUBSCRIPTIONS, ids=ids)}
    claimed = _claimed(stripe)
    said = _said(primary, stripe, list(rows.values()), claimed)
    plans = _plans(primary, settings)
    behind = _behind(primary, ids)
    for violation in violations:
        row = rows.get(violation["id"])
        word = said.get(violation["id"])
        if several := _at_once(violation, stripe):
            said_of = {"number": len(several), "subscriptions": ", ".join(several)}
            yield written(AT_ONCE, {**violation, **said_of})
        elif row is None:
            yield _first(violation, primary, stripe, plans, claimed)
        elif word is not None:
            yield from _synced(row, word, plans, behind.get(row["id"]), now)
        elif stripe is None:
            yield written(NOT_RECORDED, {**row, "customer": _customer(row)})
        elif theirs := claimed.of(row["user_id"]):
            yield written(SEVERAL, {**row, "customers": ", ".join(sorted(theirs))})
        else:
            yield _ended(row)


def _claimed(stripe: "Stripe | None") -> Claims:
    """Whose the live subscriptions are, by their metadata."""
    listed = stripe.subscriptions() if stripe else ()
    return claims(one for one in listed if one["status"] in LIVE)


def _said(
    primary: Reader, stripe: "Stripe | None", rows: Sequence[Row], claimed: Claims
) -> dict[object, dict[str, Any]]:
    """What Stripe says of each row, by the row's id; of some it says nothing."""
    customers = [row["stripe_customer_id"] for row in rows if row["stripe_customer_id"]]
    known = {word["customer"]: word for word in primary.rows(SAID, customers=customers)}
    told = {row["id"]: dict(known.get(row["stripe_customer_id"], {})) for row in rows}
    if stripe is None:
        return {number: word for number, word in told.items() if word}
    asked = {row["id"]: _asked(stripe, row, claimed.sole(row["user_id"])) for row in rows}
    never: dict[str, Any] = {"heard_at": None}
    return {
        row["id"]: {"event_id": row["stripe_event_id"]} | never | told[row["id"]] | {"payload": one}
        for row in rows
        if (one := asked[row["id"]])
    }


def _asked(stripe: "Stripe", row: Row, mine: str | None) -> Mapping[str, Any] | None:
    """
    The row's subscription as it is at this moment: the live one of its customer, if any.

    Else the one that the row names, else that of the customer whose metadata names the user.
    """
    number = row["stripe_subscription_id"]
    found = _newest(stripe, row["stripe_customer_id"])
    if found is None and number:
        found = stripe.subscription(str(number))
    return found or _newest(stripe, mine)


def _newest(stripe: "Stripe", customer: object) -> Mapping[str, Any] | None:
    found = stripe.subscriptions_of(str(customer)) if customer else []
    return max(found, key=lambda one: (one["status"] in LIVE, one["created"]), default=None)


def _at_once(violation: Violation, stripe: "Stripe | None") -> list[str]:
    """The live subscriptions of a customer who has several, where what Stripe says is not here."""
    if stripe is None or not violation.get("stripe_subscription"):
        return []
    found = stripe.subscriptions_of(str(violation["customer"]))
    live = sorted(one["id"] for one in found if one["status"] in LIVE)
    return live if len(live) > 1 else []


def _first(
    violation: Violation,
    primary: Reader,
    stripe: "Stripe | None",
    plans: Mapping[str, object],
    claimed: Claims,
) -> Change:
    """The row of somebody who pays, as one customer, and has none."""
    one = stripe.subscription(str(violation["stripe_subscription"])) if stripe else None
    owner = _owner({"payload": one}) if one else None
    is_sole = one is not None and claimed.sole(owner) == one["customer"]
    users = list(primary.rows(USERS, users=[owner])) if owner and is_sole else []
    row = {"plan_id": None, "last_webhook_at": None, "stripe_event_id": None}
    word = {"payload": one, "event_id": None, "heard_at": None}
    wanted = _wanted(row, word, plans) if one else {"plan_id": None}
    if not users or not users[0]["has_profile"] or wanted["plan_id"] is None:
        return written(UNCLAIMED, violation)
    return Insert("subscriptions", {"user_id": users[0]["id"]} | wanted)


def _ended(row: Row) -> Change:
    """Nobody pays for this one: Stripe was asked, and has never heard of them."""
    return Update(
        "subscriptions",
        key={"id": row["id"]},
        expect={name: row[name] for name in ("stripe_customer_id", "updated_at")},
        set={"status": "expired", "plan_id": None},
    )


def _plans(primary: Reader, settings: Mapping[str, Any]) -> dict[str, object]:
    """Price to the id of the plan that the settings name for it."""
    ids = {row["name"]: row["id"] for row in primary.rows(PLANS)}
    return {price: ids[name] for price, name in settings.get("prices", {}).items() if name in ids}


def _behind(primary: Reader, ids: list[object]) -> dict[object, Row]:
    """The subscriptions whose credits are not Pro's; none where this system has no credits."""
    if not primary.has_column("user_credits.plan_tier"):
        return {}
    return {row["id"]: row for row in primary.rows(CREDITS, ids=ids)}


def _synced(
    row: Row, word: Row, plans: Mapping[str, object], behind: Row | None, now: datetime
) -> Iterator[Change]:
    wanted = _wanted(row, word, plans)
    reason = _reason(row, word, wanted, behind, now)
    if reason:
        yield written(reason, {**row, **_words(row, word, wanted)})
        return
    changed = {column: value for column, value in wanted.items() if row[column] != value}
    if changed:
        yield Update(
            "subscriptions",
            key={"id": row["id"]},
            expect={column: row[column] for column in ("stripe_customer_id", "updated_at")},
            set=changed,
        )
    elif behind and wanted["status"] == "active":
        yield _credited(row["user_id"], behind, now)
    elif row["is_shared"]:
        yield written(ANOTHERS, {**row, **_words(row, word, wanted)})


def _wanted(row: Row, word: Row, plans: Mapping[str, object]) -> dict[str, object]:
    """The columns as they would be, had the last event been handled; no plan for no known price."""
    payload: Any = word["payload"]
    status = STATUSES.get(payload["status"], "expired")
    bought = next((plans[price] for price in _prices(payload) if price in plans), None)
    ends = _period_end(payload)
    wanted = {
        "status": status,
        "plan_id": bought or (row["plan_id"] if status in ENDED else None),
        "current_period_end": ends,
        "stripe_customer_id": payload["customer"],
        "stripe_subscription_id": payload["id"],
        "stripe_event_id": word["event_id"],
        "last_webhook_at": max(_instants(word["heard_at"], row["last_webhook_at"]), default=None),
    }
    if status == "trialing":
        wanted["trial_end"] = _instant(payload.get("trial_end")) or ends
    return wanted


def _reason(row: Row, word: Row, wanted: Row, behind: Row | None, now: datetime) -> str:
    """Why no program should write this; empty where it may."""
    owner = _owner(word)
    if owner != str(row["user_id"]) and (owner or row["is_shared"]):
        return ANOTHERS
    if wanted["plan_id"] is None and wanted["status"] not in ENDED:
        return UNKNOWN_PRICE
    ends = max(_instants(wanted["current_period_end"]), default=None)
    if wanted["status"] == "active" and (ends is None or ends < now - timedelta(days=1)):
        return OUT_OF_DATE
    trial_ends = max(_instants(wanted.get("trial_end")), default=None)
    if trial_ends is not None and trial_ends < now:
        return OUT_OF_DATE
    if wanted["status"] == "active" and behind and not row["has_profile"]:
        return NO_PROFILE
    return ""


def _words(row: Row, word: Row, wanted: Row) -> dict[str, object]:
    payload: Any = word["payload"]
    return {
        "customer": _customer(row),
        "owner": _owner(word) or "it does not say whose",
        "said": payload["status"],
        "until": wanted.get("trial_end") or wanted["current_period_end"] or "an unknown day",
        "subscription": payload["id"],
        "event_id": word["event_id"],
        "prices": ", ".join(_prices(payload)) or "none",
    }


def _credited(user: object, behind: Row, now: datetime) -> Change:
    """The trigger sets credits when a subscription changes; this one is right, so nothing would."""
    values = {
        "plan_tier": "pro",
        "monthly_allowance": behind["allowance"],
        "balance": behind["allowance"],
        "updated_at": now,
    }
    if behind["plan_tier"] is None:
        return Insert("user_credits", {"user_id": user} | values)
    expect = {"plan_tier": behind["plan_tier"]}
    return Update("user_credits", key={"user_id": user}, expect=expect, set=values)


def _customer(row: Row) -> str:
    known = row["stripe_customer_id"]
    return f"the Stripe customer {known}" if known else "them, and the row names no Stripe customer"


def _owner(word: Row) -> str | None:
    """The user whom our own checkout wrote into the subscription's metadata."""
    payload: Any = word["payload"]
    owner: str | None = (payload.get("metadata") or {}).get("user_id")
    return owner


def _items(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = (payload.get("items") or {}).get("data") or []
    return found


def _prices(payload: Mapping[str, Any]) -> list[str]:
    return [item["price"]["id"] for item in _items(payload) if item.get("price")]


def _period_end(payload: Mapping[str, Any]) -> datetime | None:
    """The latest of the items' ends; before 2025-03-31 it stood at the subscription itself."""
    ends = [end for item in _items(payload) if (end := item.get("current_period_end"))]
    return _instant(max(ends, default=payload.get("current_period_end")))


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _instants(*values: object) -> list[datetime]:
    return [value for value in values if isinstance(value, datetime)]
