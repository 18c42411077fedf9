"""
Find out whose Stripe customer it is, and take it from the others.

No program should guess: whoever is named wrongly would lose what they pay for.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

REVIEW = """
find out which of {users} users the Stripe customer {stripe_customer_id} is

Open https://dashboard.stripe.com/customers/{stripe_customer_id}: its metadata, or that of its
subscription or checkout, holds the user's id. Do not go by the e-mail: anybody can type one.

Compare: select id, user_id, status, stripe_subscription_id, created_at from subscriptions
where stripe_customer_id = {stripe_customer_id:literal} order by created_at;

Take it from each of the others, by their row's id: update subscriptions set status = 'expired',
plan_id = null, stripe_customer_id = null, stripe_subscription_id = null
where id = '…' and stripe_customer_id = {stripe_customer_id:literal};

select count(*) from subscriptions where stripe_customer_id = {stripe_customer_id:literal};  -- 1
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The same few questions for each customer."""
    for shared in violations:
        yield written(REVIEW, shared)
