"""
Write what Stripe says into the profiles: status, tier, until when, and the customer who pays.

The live subscription of the profile's customer is asked for at this moment; where the profile names
none, that of the customer whose metadata names the user, never of one with their e-mail. The tier
is the one that the settings name for the price. Of whom Stripe knows no subscription becomes
inactive, and free. Who pays and has no profile gets one; what is not of Stripe gets its default.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from trueup import Insert, Update
from trueup.library.linked import Claims, claims, customer_of, customers_of_users, owner_of
from trueup.library.mirror import LIVE, period_end, prices_of
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.invariant import Row
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 500

FREE = "free"

PROFILES = """
    select id, user_id::text as user_id, subscription_status, subscription_tier,
           subscription_current_period_end, stripe_customer_id, updated_at,
           exists (
               select from user_profiles as other
               where other.stripe_customer_id = profile.stripe_customer_id
                 and other.id <> profile.id
           ) as is_shared
    from user_profiles as profile
    where id = any(:ids) or user_id::text = any(cast(:users as text[]))
    order by id
"""

USERS = "select id::text as id from auth.users where id::text = any(cast(:users as text[]))"

NO_KEY = """
ask Stripe what the user of profile {id} pays

Nothing here keeps what Stripe said of them: name a key in trueup.toml, so that it can be asked, and
plan this again. Or look yourself: open their customer in Stripe.

update user_profiles set subscription_status = '…', subscription_tier = '…',
subscription_current_period_end = '…' where id = {id:literal};

select subscription_status, subscription_tier from user_profiles where id = {id:literal};
"""

UNCLAIMED = """
find out whose {stripe_subscription} is

Stripe says that it is {stripe_status}, and no profile has its customer {customer}. Its metadata
names nobody ({owner}) who is here and has no other customer, and an e-mail address proves nothing:
anybody can type one.

Open https://dashboard.stripe.com/subscriptions/{stripe_subscription}, find the checkout session
that began it, and write its user into the subscription's metadata, as user_id. Where that user has
another customer already, cancel one of the two, and refund what was paid twice.

Plan `venture_companion.sync_profile_from_stripe` again.

select user_id from user_profiles where stripe_customer_id = {customer:literal};
"""

ANOTHERS = """
find out whether the customer {customer} is that of profile {id}

Users can write their own profile. This customer is named by another one too, or by Stripe as that
of another user ({owner}): to believe the profile would give one user what another pays for.

Compare: select id, user_id, subscription_status, created_at from user_profiles
where stripe_customer_id = {customer:literal} order by created_at;

Whoever is not named in Stripe's metadata does not pay: update user_profiles
set subscription_status = 'free', subscription_tier = 'free', stripe_customer_id = null
where id = '…';

select count(*) from user_profiles where stripe_customer_id = {customer:literal};  -- 1
"""

SEVERAL = """
settle {subscription}: its customer {customer} pays for {number} at once

They are {subscriptions}; the profile {id} can only say one.

Open https://dashboard.stripe.com/customers/{customer}, see which one they mean, cancel the others
now, and refund what was paid twice.

Plan `venture_companion.sync_profile_from_stripe` again.

stripe subscriptions list --customer {customer}  # lists one that is live
"""

TORN = """
say which of the customers {customers} is that of profile {id}

The profile names none, and there are live subscriptions whose metadata names its user: of several
customers, or of one that is said to be another user's too.

Open each in Stripe. If the user pays more than once, cancel all but one and refund what was paid
twice; take user_id out of the metadata of those that are not theirs.

Plan `venture_companion.sync_profile_from_stripe` again.

select subscription_status, stripe_customer_id from user_profiles where id = {id:literal};
"""

UNKNOWN_PRICE = """
say which tier the user of profile {id} pays for

Stripe says active, at a price that the settings do not know: {prices}.

Write it into trueup.toml, under prices in the system's settings, with the name of its tier, and
plan `venture_companion.sync_profile_from_stripe` again.

select subscription_tier from user_profiles where id = {id:literal};
"""


class _Said(Struct, frozen=True):
    """What Stripe says of a customer's subscriptions: the one that counts, and all live ones."""

    customer: str | None
    one: Mapping[str, Any] | None
    live: tuple[Mapping[str, Any], ...]

    @property
    def owner(self) -> str | None:
        """The user whom our own checkout wrote into the metadata."""
        return owner_of(self.one) if self.one else None


def plan(
    violations: Sequence[Violation],
    primary: Reader,
    stripe: "Stripe | None",
    settings: Mapping[str, Any],
) -> Iterator[Change]:
    """The same for each invariant that a profile breaks; the engine makes it once."""
    ids = [violation["id"] for violation in violations if violation["id"] is not None]
    rows = {row["id"]: row for row in primary.rows(PROFILES, ids=ids, users=[])}
    tiers: Mapping[str, str] = settings.get("prices", {})
    if stripe is None:
        yield from (written(NO_KEY, row) for row in rows.values())
        return
    users = [str(row["user_id"]) for row in rows.values()]
    mine = customers_of_users(stripe.subscriptions(), users)
    claimed = claims(one for one in stripe.subscriptions() if one["status"] in LIVE)
    for violation in violations:
        row = rows.get(violation["id"])
        if row is None:
            yield from _first(violation, primary, stripe, tiers, claimed)
            continue
        user = str(row["user_id"])
        customer = row["stripe_customer_id"] or claimed.sole(user) or mine.get(user)
        if not customer and (theirs := claimed.of(user)):
            yield written(TORN, {**row, "customers": ", ".join(sorted(theirs))})
            continue
        yield from _synced(violation, row, _asked(stripe, customer), tiers)


def _asked(stripe: "Stripe", customer: object) -> _Said:
    """A customer's subscriptions at this moment; a live one counts before any other."""
    found = stripe.subscriptions_of(str(customer)) if customer else []
    newest = max(found, key=lambda one: (one["status"] in LIVE, one["created"]), default=None)
    live = tuple(one for one in found if one["status"] in LIVE)
    return _Said(str(customer) if customer else None, newest, live)


def _synced(
    violation: Violation, row: Row, said: _Said, tiers: Mapping[str, str]
) -> Iterator[Change]:
    wanted = _wanted(said, tiers)
    reason = _reason(row, said, wanted)
    if reason:
        number = violation.get("stripe_subscription") or (said.one or {}).get("id")
        yield written(reason, {**row, **_words(said), "subscription": number})
        return
    changed = {column: value for column, value in wanted.items() if row[column] != value}
    if changed:
        yield Update(
            "user_profiles",
            key={"id": row["id"]},
            expect={name: row[name] for name in ("stripe_customer_id", "updated_at")},
            set=changed,
        )


def _first(
    violation: Violation,
    primary: Reader,
    stripe: "Stripe",
    tiers: Mapping[str, str],
    claimed: Claims,
) -> Iterator[Change]:
    """Somebody who pays as one customer: their profile names none yet, or they have no profile."""
    one = stripe.subscription(str(violation["stripe_subscription"]))
    said = _asked(stripe, customer_of(one) if one else None)
    users = [said.owner] if said.owner and claimed.sole(said.owner) == said.customer else []
    row = next(iter(primary.rows(PROFILES, ids=[], users=users)), None)
    wanted = _wanted(said, tiers)
    if row is not None and not row["stripe_customer_id"]:
        yield from _synced(violation, row, said, tiers)
    elif row is None and list(primary.rows(USERS, users=users)) and _is_plain(said, wanted):
        yield Insert("user_profiles", {"user_id": said.owner} | wanted)
    else:
        yield written(UNCLAIMED, {**violation, **_words(said)})


def _is_plain(said: _Said, wanted: Row) -> bool:
    """Whether a profile can say it: one subscription, at a price that the settings know."""
    return len(said.live) == 1 and wanted["subscription_tier"] is not None


def _wanted(said: _Said, tiers: Mapping[str, str]) -> dict[str, object]:
    """The columns as Stripe has them, mapped as the webhook's handler does; no tier, no price."""
    one = said.one
    if one is None:
        status = FREE if said.customer is None else "inactive"
        return {"subscription_status": status, "subscription_tier": FREE}
    is_active = one["status"] == "active"
    bought = next((tiers[price] for price in prices_of(one) if price in tiers), None)
    return {
        "subscription_status": "active" if is_active else "inactive",
        "subscription_tier": bought if is_active else FREE,
        "subscription_current_period_end": period_end(one),
        "stripe_customer_id": said.customer,
    }


def _reason(row: Row, said: _Said, wanted: Row) -> str:
    """Why no program should write this; empty where it may."""
    if row["is_shared"] or said.owner not in (None, row["user_id"]):
        return ANOTHERS
    if len(said.live) > 1:
        return SEVERAL
    if wanted["subscription_tier"] is None:
        return UNKNOWN_PRICE
    return ""


def _words(said: _Said) -> dict[str, object]:
    return {
        "customer": said.customer,
        "owner": said.owner or "it does not say whose",
        "number": len(said.live),
        "subscriptions": ", ".join(str(one["id"]) for one in said.live),
        "prices": ", ".join(prices_of(said.one)) if said.one else "none",
    }
