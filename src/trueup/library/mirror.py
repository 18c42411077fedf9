"""A table that mirrors Stripe's subscriptions: what each side says, and where they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Unpack

from msgspec import Struct, field

from trueup.errors import CatalogError, StripeError
from trueup.library.declare import Options, declared
from trueup.library.linked import customer_of
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

LIVE = frozenset({"active", "trialing", "past_due"})
"""Stripe's statuses of a subscription that serves somebody; both directions go by them."""

STATUSES = LIVE | {"incomplete", "incomplete_expired", "canceled", "unpaid", "paused"}
"""All that Stripe has (its API reference, "The Subscription object"); another is unknown."""

ABOUT = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "checkout.session.completed",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
)
"""Events after which an application changes what it knows of a subscription."""

CLOSE = timedelta(seconds=60)
"""Ends of a period that are as far apart as this are the same."""

Object = Mapping[str, Any]


class Mirror(Struct, frozen=True, kw_only=True):
    """
    A table that mirrors subscriptions.

    `rows` is a SELECT whose columns have these names: `id`, `user_id`, `customer`, `status`, and,
    where the table has them, `subscription`, `period_end`, `trial_end`, `cancel_at_period_end`,
    `plan`. Without `subscription` a row is that of its customer: then the live subscription of a
    customer speaks for them, or the newest, where none is live.

    `statuses` has, for each of Stripe's statuses, what it is here; several may be the same. What
    only live ones are is how the table says that somebody is served. `prices` names the setting in
    which each price has its plan; it matters where somebody is served. `table` is what is judged.
    Raises CatalogError where a status is missing: what nobody thought of must not pass.
    """

    rows: str
    table: str
    statuses: Mapping[str, str]
    prices: str = "prices"

    def __post_init__(self) -> None:
        """See that no status is left out, and that none is made up."""
        wrong = sorted(STATUSES ^ self.statuses.keys())
        if wrong:
            raise CatalogError(
                f"the mirror of {self.table} must say what each of Stripe's statuses is there, and"
                f" nothing else; see to {', '.join(wrong)}"
            )

    @property
    def live_here(self) -> frozenset[str]:
        """The statuses by which the table says that somebody is served."""
        ended = {self.statuses[status] for status in STATUSES - LIVE}
        return frozenset(self.statuses[status] for status in LIVE) - ended


class _Known(Struct):
    """What the table says, by the ids that Stripe has too; who speaks for a customer in Stripe."""

    by_subscription: dict[str, Row] = field(default_factory=dict)
    by_customer: dict[str, Row] = field(default_factory=dict)
    rows_of: Counter[str] = field(default_factory=Counter)
    speaking: dict[str, str] = field(default_factory=dict)

    def of(self, one: Object) -> Row | None:
        """The row of a subscription: the one that names it, or else the one of its customer."""
        row = self.by_subscription.get(one["id"])
        return row or self.by_customer.get(customer_of(one) or "")

    def is_by(self, row: Row, one: Object) -> bool:
        """Whether the row stands for this subscription, and not for another of its customer."""
        number: str = one["id"]
        if "subscription" in row:
            return row["subscription"] == number
        return self.speaking.get(customer_of(one) or "") == number


def every_live_stripe_subscription_is_mirrored(
    mirror: Mirror, **said: Unpack[Options]
) -> Invariant:
    """
    What Stripe says of each subscription, the table says too: that it is there, and how it is.

    A row that says that an ended one is live is named as well, and so is a live one that several
    rows name: it is paid for once. What changed, or was asked for, within the grace is not judged:
    the webhook may be on its way.
    """

    def ask(replica: Reader, stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        prices: Mapping[str, str] = settings.get(mirror.prices, {})
        listed = stripe.subscriptions()  # first: what Stripe said then should be here by now
        known = _known(replica, mirror)
        live = _live(listed, known)
        suspects = {one["id"]: None for one in listed if _trouble(mirror, prices, known, one)}
        twice = {number: len(of) for of in live.values() if len(of) > 1 for number in of}
        again = stripe.again([*suspects, *(number for number in twice if number not in suspects)])
        recent = stripe.changed(ABOUT) if again else frozenset()
        for number, now in again.items():
            if now is None or is_recent(now, recent, stripe):
                continue
            trouble = _trouble(mirror, prices, known, now)
            if not trouble and number in twice:
                trouble = f"one of {twice[number]} live ones of its customer"
            if trouble:
                yield _named(now, known.of(now), trouble)

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "sync_subscription_from_stripe",
            "harm": "A customer pays for what they do not get, or gets what they do not pay for.",
        },
        said,
        over={mirror.table: mirror.table, "Stripe subscriptions": "stripe.subscriptions"},
        key=["stripe_subscription"],
        show=["stripe_subscription", "stripe_status", "customer", "status", "trouble"],
    )


def every_mirrored_subscription_exists_in_stripe(
    mirror: Mirror, **said: Unpack[Options]
) -> Invariant:
    """
    Each row that serves somebody names a subscription that Stripe has, in this mode.

    Where rows name none, its customer has one there, of whatever status: whether it is live, the
    other direction says.
    """

    def ask(replica: Reader, stripe: "Stripe") -> Iterator[Row]:
        serving = [row for row in replica.rows(mirror.rows) if row["status"] in mirror.live_here]
        named = _absent(serving, "subscription", (one["id"] for one in stripe.subscriptions()))
        for number, found in stripe.again(list(named)).items():
            yield from () if found else map(_unheard_of, named[number])
        others = [row for row in serving if "subscription" not in row]
        known = (customer_of(one) for one in stripe.subscriptions())
        theirs = _absent(others, "customer", known) if others else {}
        for customer, has in stripe.subscribing(list(theirs)).items():
            yield from () if has else map(_unheard_of, theirs[customer])

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "sync_subscription_from_stripe",
            "harm": "Somebody is served for a subscription that Stripe has never heard of: one of"
            " test mode, of another account, or made up.",
        },
        said,
        over={mirror.table: mirror.table, "Stripe subscriptions": "stripe.subscriptions"},
        show=["status", "customer", "subscription"],
    )


def period_end(subscription: Object) -> datetime | None:
    """
    When what is paid for ends: the latest of the items' ends.

    Since API version 2025-03-31 it is the items that have it; before, the subscription had.
    """
    items = subscription.get("items", {}).get("data", ())
    ends = [item.get("current_period_end") for item in items]
    known = [end for end in (*ends, subscription.get("current_period_end")) if end]
    return datetime.fromtimestamp(max(known), UTC) if known else None


def prices_of(subscription: Object) -> list[str]:
    """The ids of the prices of its items."""
    return [item["price"]["id"] for item in subscription.get("items", {}).get("data", ())]


def _known(replica: Reader, mirror: Mirror) -> _Known:
    known = _Known()
    # Of rows that name the same one, the last is compared: one that serves somebody, if any does.
    for row in sorted(replica.rows(mirror.rows), key=lambda row: row["status"] in mirror.live_here):
        if row.get("subscription"):
            known.by_subscription[str(row["subscription"])] = row
            known.rows_of[str(row["subscription"])] += 1
        if row["customer"]:
            known.by_customer[str(row["customer"])] = row
            known.rows_of[str(row["customer"])] += "subscription" not in row
    return known


def _live(listed: Iterable[Object], known: _Known) -> dict[str, list[str]]:
    """The live ones of each customer; notes who speaks for those whose rows name none."""
    live: dict[str, list[str]] = {}
    newest: dict[str, tuple[bool, int]] = {}
    for one in listed:
        customer = customer_of(one) or one["id"]
        if one["status"] in LIVE:
            live.setdefault(customer, []).append(one["id"])
        place = (one["status"] in LIVE, one["created"])
        if known.rows_of[customer] and place >= newest.get(customer, place):
            newest[customer] = place
            known.speaking[customer] = one["id"]
    return live


def _absent(rows: Iterable[Row], column: str, there: Iterable[str | None]) -> dict[str, list[Row]]:
    """The rows by what they name in that column, without those of what is there."""
    named: dict[str, list[Row]] = {}
    for row in rows:
        if row.get(column):
            named.setdefault(str(row[column]), []).append(row)
    for one in there:
        named.pop(one or "", None)
    return named


def _unheard_of(row: Row) -> Row:
    names = ("id", "user_id", "status", "customer")
    return {**{name: row[name] for name in names}, "subscription": row.get("subscription")}


def _trouble(mirror: Mirror, prices: Mapping[str, str], known: _Known, one: Object) -> str:
    """In what the two sides differ; empty where they agree. Raises StripeError for a new status."""
    status = one["status"]
    if status not in STATUSES:
        raise StripeError(f"Stripe says {status!r} of {one['id']}, a status that nobody here knows")
    row = known.of(one)
    if status not in LIVE:
        told_live = row is not None and row["status"] in mirror.live_here
        return "status" if row is not None and told_live and known.is_by(row, one) else ""
    if row is None:
        return "no row"
    what = "subscription" if "subscription" in row else "customer"
    sharing = known.rows_of[one["id"] if what == "subscription" else str(row["customer"])]
    shared = [f"{sharing} rows name its {what}"] if sharing > 1 else []
    return ", ".join([*_differences(mirror, prices, row, one), *shared])


def _differences(mirror: Mirror, prices: Mapping[str, str], row: Row, one: Object) -> Iterator[str]:
    for name, theirs in (
        ("subscription", one["id"]),
        ("customer", customer_of(one)),
        ("status", mirror.statuses[one["status"]]),
    ):
        if name in row and row[name] != theirs:
            yield name
    if "period_end" in row and _apart(row["period_end"], period_end(one)):
        yield "period end"
    if "trial_end" in row and one["status"] == "trialing":
        ends = one.get("trial_end")
        if _apart(row["trial_end"], datetime.fromtimestamp(ends, UTC) if ends else None):
            yield "trial end"
    if "cancel_at_period_end" in row:
        ending = bool(one.get("cancel_at_period_end") or one.get("cancel_at"))
        if bool(row["cancel_at_period_end"]) is not ending:
            yield "cancellation"
    if "plan" in row and mirror.statuses[one["status"]] in mirror.live_here:
        plans = {prices.get(price) for price in prices_of(one)}
        if row["plan"] not in plans or None in plans:
            yield "plan"


def _apart(mine: object, theirs: datetime | None) -> bool:
    if not isinstance(mine, datetime) or theirs is None:
        return mine is not theirs
    known = mine if mine.tzinfo else mine.replace(tzinfo=UTC)
    return abs(known - theirs) > CLOSE


def is_recent(one: Object, recent: frozenset[str], stripe: "Stripe") -> bool:
    """Whether the application may not have heard of it yet."""
    young = datetime.fromtimestamp(one["created"], UTC) > stripe.now - stripe.account.grace
    return young or one["id"] in recent or customer_of(one) in recent


def _named(one: Object, row: Row | None, trouble: str) -> Row:
    return {
        "stripe_subscription": one["id"],
        "id": row["id"] if row else None,
        "user_id": row["user_id"] if row else None,
        "stripe_status": one["status"],
        "customer": customer_of(one),
        "status": row["status"] if row else None,
        "trouble": trouble,
    }
