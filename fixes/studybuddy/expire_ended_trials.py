"""
Expire the trials that should have ended; the credits follow by the database's own trigger.

A trial that Stripe runs, or that an admin extended, is not ended here: somebody has to ask.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from trueup import Update
from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.reader import Reader

AT_MOST = 500

EXTENDED = """
    select subscriptions.id
    from subscriptions
    join admin_overrides as override on override.user_id = subscriptions.user_id
    where subscriptions.id = any(:trials)
      and subscriptions.trial_end + override.trial_extension_days * interval '1 day' > :now
"""


STRIPE_KNOWS = """
ask Stripe what became of the trial of user {user_id}

Find what Stripe calls it: select stripe_customer_id, stripe_subscription_id from subscriptions
where id = {id:literal};

Open that subscription in Stripe: it is active, past due or canceled by now, and the event that
said so never came, or failed after it was recorded.

If webhook_events lacks its newest customer.subscription event, resend it: Developers, Webhooks.
If it is there, plan `studybuddy.sync_subscription_from_stripe`.

select status, trial_end from subscriptions where id = {id:literal};  -- no trial, or not ended
"""

PROMISED = """
give user {user_id} the trial that was promised, or end it

An admin extended the trial, and nothing moved its end. If the promise stands: update subscriptions
set trial_end = trial_end + (
select trial_extension_days from admin_overrides where user_id = {user_id:literal}
) * interval '1 day' where id = {id:literal} and status = 'trialing';

If it does not: update admin_overrides set trial_extension_days = 0
where user_id = {user_id:literal}; then plan `studybuddy.expire_ended_trials` again.

select status, trial_end from subscriptions where id = {id:literal};  -- no trial, or not ended
"""


def plan(violations: Sequence[Violation], primary: Reader, now: datetime) -> Iterator[Change]:
    """Expire what nobody else decides on."""
    asked = primary.rows(EXTENDED, trials=[trial["id"] for trial in violations], now=now)
    extended = {row["id"] for row in asked}
    for trial in violations:
        if trial["is_run_by_stripe"]:
            yield written(STRIPE_KNOWS, trial)
        elif trial["id"] in extended:
            yield written(PROMISED, trial)
        else:
            yield Update(
                "subscriptions",
                key={"id": trial["id"]},
                expect={"status": "trialing", "trial_end": trial["trial_end"]},
                set={"status": "expired"},
            )
