"""Money that came in, and money that went back, against what was granted for it: once each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

PAID = frozenset({"paid", "no_payment_required"})

COMPLETED = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
"""Events by which a checkout session, begun some time before, is paid."""

REFUNDED = ("refund.created", "refund.updated", "charge.refunded")
"""Events by which a refund, begun some time before, succeeds."""

ID = re.compile(r"[0-9A-Za-z_-]{20,}")
"""What ids of accounts look like, and addresses, names and blunders do not."""

Object = Mapping[str, Any]

Wrong = tuple[Object, int | None, str]
"""A session, what it bought, and what is wrong with what was granted."""


def every_paid_checkout_was_granted_once(
    grants: str,
    table: str,
    *,
    metadata: str,
    worth: Mapping[str, int] | str | None = None,
    buyer: tuple[str, str] | None = None,
    **said: Unpack[Options],
) -> Invariant:
    """
    What each paid checkout session bought was granted, all of it and no more.

    `grants` is a SELECT of `session`, Stripe's id, and `amount`, a row a grant. How much a session
    bought stands in its metadata under `metadata`: a number, or a name that `worth` has a number
    for, itself or the system's setting of that name; one that is neither is named. Sessions without
    it sold something else. Those of the last thirty days are judged, but none that was begun, or
    paid, within the grace. What was refunded as a whole need not be granted, nor what is missing of
    it.

    `buyer` lets whoever bought be deleted: the name under which the metadata has their id, and a
    SELECT of those of `:ids` that there are. An id that nobody has, and that looks like one, was
    somebody's; whatever else stands there is named.
    """

    def ask(replica: Reader, stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        known = _worth(worth, settings)
        paid = [one for one in stripe.checkout_sessions() if _is_sold(one, metadata, stripe)]
        returned = _returned(stripe)  # Stripe first: what it said then should be here by now
        granted = _granted(replica, grants) or {}
        wrong: list[Wrong] = []
        for one in paid:
            bought = _bought(one, metadata, known)
            came = granted.get(one["id"], [])
            trouble = _trouble(bought, came)
            is_missing = not came or (bought is not None and sum(came) < bought)
            if trouble and not (is_missing and _went_back(one, returned)):
                wrong.append((one, bought, trouble))
        recent = stripe.changed(COMPLETED) if wrong else frozenset()
        gone = _deleted(replica, wrong, buyer)
        for one, bought, trouble in wrong:
            if one["id"] not in recent and one["id"] not in gone:
                yield {
                    "session": one["id"],
                    "customer": one["customer"],
                    "created": _at(one),
                    "bought": bought,
                    "trouble": trouble,
                }

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "grant_paid_checkouts",
            "harm": "Somebody paid and did not get it, or got it twice.",
        },
        said,
        over={table: table, "Stripe checkout sessions": "stripe.checkout_sessions"},
        show=["session", "trouble"],
    )


def every_refund_was_taken_back_once(
    taken: str,
    table: str,
    *,
    metadata: str | None = None,
    grants: str | None = None,
    **said: Unpack[Options],
) -> Invariant:
    """
    For each refund that succeeded, what it had bought was taken back, once.

    `taken` is a SELECT of `refund`, Stripe's id, a row each time that something was taken back.
    With `metadata`, only refunds of checkout sessions that have it are judged: others gave back
    what bought nothing of this kind. With `grants`, as for the checkout sessions, only refunds of
    sessions for which something was granted: there is nothing to take back of the others.
    """

    def ask(replica: Reader, stripe: "Stripe") -> Iterator[Row]:
        until = stripe.now - stripe.account.grace
        given_back = [
            one for one in stripe.refunds() if one["status"] == "succeeded" and _at(one) <= until
        ]
        times = Counter(str(row["refund"]) for row in replica.rows(taken))
        wrong = [one for one in given_back if times[one["id"]] != 1]
        if metadata is not None or grants is not None:
            wrong = list(_owed(wrong, stripe, metadata, _granted(replica, grants)))
        recent = stripe.changed(REFUNDED) if wrong else frozenset()
        for one in wrong:
            found = times[one["id"]]
            if one["id"] not in recent and one["charge"] not in recent:
                yield {
                    "refund": one["id"],
                    "payment": one["payment_intent"],
                    "created": _at(one),
                    "trouble": f"taken back {found} times" if found else "never taken back",
                }

    return declared(
        ask,
        {
            "severity": "P0",
            "fix": "take_back_refunds",
            "harm": "Somebody has their money and what it bought, or lost the same thing twice.",
            "may_be_empty": True,
        },
        said,
        over={table: table, "Stripe refunds": "stripe.refunds"},
        show=["refund", "payment", "trouble"],
    )


def _is_sold(one: Object, metadata: str, stripe: "Stripe") -> bool:
    """Whether it is paid for, of what is granted here, and long enough ago."""
    until = stripe.now - stripe.account.grace
    return _said(one, metadata) is not None and one["payment_status"] in PAID and _at(one) <= until


def _deleted(
    replica: Reader, wrong: Sequence[Wrong], buyer: tuple[str, str] | None
) -> frozenset[str]:
    """The sessions of those who have had themselves deleted since."""
    if buyer is None or not wrong:
        return frozenset()
    name, accounts = buyer
    whose = {one["id"]: _said(one, name) or "" for one, _, _ in wrong}
    ids = sorted({who for who in whose.values() if ID.fullmatch(who)})
    there = {str(next(iter(row.values()))) for row in replica.rows(accounts, ids=ids)}
    return frozenset(one for one, who in whose.items() if who in ids and who not in there)


def _worth(said: Mapping[str, int] | str | None, settings: Object) -> Mapping[str, int] | None:
    """What each name is worth; raises ConfigError where the settings do not say it."""
    if not isinstance(said, str):
        return said
    found: Mapping[str, int] | None = settings.get(said)
    if not found:
        raise ConfigError(f"the system's settings have no {said}; add each name with its number")
    return found


def _granted(replica: Reader, grants: str | None) -> dict[str, list[Decimal]] | None:
    """What was granted for each session; None where nobody says where that stands."""
    if grants is None:
        return None
    found: dict[str, list[Decimal]] = {}
    for row in replica.rows(grants):
        found.setdefault(str(row["session"]), []).append(Decimal(str(row["amount"] or 0)))
    return found


def _returned(stripe: "Stripe") -> Counter[str]:
    """How much of each payment was given back."""
    found: Counter[str] = Counter()
    for one in stripe.refunds():
        if one["status"] == "succeeded" and one["payment_intent"]:
            found[one["payment_intent"]] += one["amount"]
    return found


def _went_back(one: Object, returned: Mapping[str, int]) -> bool:
    """Whether all that a session cost was given back."""
    cost, back = one.get("amount_total") or 0, returned.get(one.get("payment_intent") or "", 0)
    return 0 < cost <= back


def _owed(
    refunds: Sequence[Object],
    stripe: "Stripe",
    metadata: str | None,
    granted: Mapping[str, object] | None,
) -> Iterator[Object]:
    """Those of the refunds that gave back what had bought, or brought, something here."""
    sold = stripe.sessions_of(one["payment_intent"] for one in refunds)
    for one in refunds:
        session = sold.get(one["payment_intent"])
        if session is None:
            continue
        is_ours = metadata is None or _said(session, metadata) is not None
        if is_ours and (granted is None or session["id"] in granted):
            yield one


def _said(one: Object, name: str) -> str | None:
    return (one.get("metadata") or {}).get(name)


def _bought(one: Object, name: str, worth: Mapping[str, int] | None) -> int | None:
    """How much it bought; None where it says what nobody here knows."""
    said = _said(one, name) or ""
    if worth is not None:
        return worth.get(said)
    return int(said) if said.isdecimal() else None


def _trouble(bought: int | None, granted: Sequence[Decimal]) -> str:
    if bought is None:
        return "bought what nobody here knows the worth of"
    if not granted:
        return "never granted"
    if len(granted) > 1:
        return f"granted {len(granted)} times"
    return "" if granted[0] == bought else f"granted {granted[0]:f} of {bought}"


def _at(one: Object) -> datetime:
    return datetime.fromtimestamp(one["created"], UTC)
