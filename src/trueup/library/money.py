"""Money that came in, and money that went back, against what was granted for it: once each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Unpack

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

PAID = frozenset({"paid", "no_payment_required"})

NEVER = "never granted"

Object = Mapping[str, Any]


def every_paid_checkout_was_granted_once(
    grants: str,
    table: str,
    *,
    metadata: str,
    worth: Mapping[str, int] | str | None = None,
    **said: Unpack[Options],
) -> Invariant:
    """
    What each paid checkout session bought was granted, all of it and no more.

    `grants` is a SELECT of `session`, Stripe's id, and `amount`, a row a grant. How much a session
    bought stands in its metadata under `metadata`: a number, or a name that `worth` has a number
    for, itself or the system's setting of that name. Sessions without it sold something else. Those
    of the last thirty days are judged, but none that is younger than the grace. What was refunded
    as a whole need not be granted.
    """

    def ask(replica: Reader, stripe: "Stripe", settings: Mapping[str, Any]) -> Iterator[Row]:
        granted: dict[str, list[int]] = defaultdict(list)
        for row in replica.rows(grants):
            granted[str(row["session"])].append(int(str(row["amount"])))
        until = stripe.now - stripe.account.grace
        known, refunded = _worth(worth, settings), _refunded(stripe)
        for one in stripe.checkout_sessions():
            bought = _bought(one, metadata, known)
            if bought is None or one["payment_status"] not in PAID or _at(one) > until:
                continue
            trouble = _trouble(bought, granted.get(one["id"], []))
            if trouble and not (trouble == NEVER and _is_returned(one, refunded)):
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


def every_refund_was_taken_back_once(taken: str, table: str, **said: Unpack[Options]) -> Invariant:
    """
    For each refund that succeeded, what it had bought was taken back, once.

    `taken` is a SELECT of `refund`, Stripe's id, a row each time that something was taken back.
    """

    def ask(replica: Reader, stripe: "Stripe") -> Iterator[Row]:
        times: dict[str, int] = defaultdict(int)
        for row in replica.rows(taken):
            times[str(row["refund"])] += 1
        until = stripe.now - stripe.account.grace
        for one in stripe.refunds():
            found = times.get(one["id"], 0)
            if one["status"] == "succeeded" and found != 1 and _at(one) <= until:
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


def _worth(said: Mapping[str, int] | str | None, settings: Object) -> Mapping[str, int] | None:
    """What each name is worth; raises ConfigError where the settings do not say it."""
    if not isinstance(said, str):
        return said
    found: Mapping[str, int] | None = settings.get(said)
    if not found:
        raise ConfigError(f"the system's settings have no {said}; add each name with its number")
    return found


def _refunded(stripe: "Stripe") -> Mapping[str | None, int]:
    """How much of each payment went back."""
    found: dict[str | None, int] = defaultdict(int)
    for one in stripe.refunds():
        if one["status"] == "succeeded" and one["payment_intent"]:
            found[one["payment_intent"]] += int(one["amount"])
    return found


def _is_returned(one: Object, refunded: Mapping[str | None, int]) -> bool:
    """Whether all that was paid for it went back."""
    return 0 < (one.get("amount_total") or 0) <= refunded.get(one["payment_intent"], 0)


def _bought(one: Object, name: str, worth: Mapping[str, int] | None) -> int | None:
    said = (one.get("metadata") or {}).get(name)
    if said is None:
        return None
    if worth is not None:
        return worth.get(str(said))
    return int(said) if str(said).isdigit() else None


def _trouble(bought: int, granted: list[int]) -> str:
    if not granted:
        return NEVER
    if len(granted) > 1:
        return f"granted {len(granted)} times"
    return "" if granted[0] == bought else f"granted {granted[0]} of {bought}"


def _at(one: Object) -> datetime:
    return datetime.fromtimestamp(one["created"], UTC)
