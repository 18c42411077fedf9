"""A table that names Stripe's customers: whoever pays has one there, and each of them exists."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from trueup.library.declare import Options, declared
from trueup.library.linked import USER, customer_of, owner_of
from trueup.library.mirror import ABOUT, LIVE, is_recent
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import column as column_of
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

SHOWN = ["customer", "table", "column", "metadata", "trouble"]

Object = Mapping[str, Any]


def every_paying_row_names_its_customer(
    rows: str, column: str, *, key: str = "id", metadata: str = USER, **said: Unpack[Options]
) -> Invariant:
    """
    Whoever pays, by what the row says or by what Stripe says, has a customer in the table.

    `rows` is a SELECT of `id`, `user_id`, `customer` and `pays`, whether the row itself says so.
    `column` is where the table names its customers, as in `"user_profiles.stripe_customer_id"`,
    and `key` the table's column that `id` comes from. `metadata` is the field of Stripe's metadata
    in which the application writes whose a customer, or a subscription, is: a live one that says a
    user whose row names no customer is a payment that nobody here knows of. What began, or
    changed, within the grace is not judged.
    """
    named = _Naming(column, key, metadata)

    def ask(replica: Reader, stripe: "Stripe") -> Iterator[Row]:
        listed = stripe.subscriptions()  # first: what Stripe said then should be here by now
        unpaid: dict[str, list[Row]] = defaultdict(list)
        for row in replica.rows(rows):
            if row["customer"]:
                continue
            if row["pays"]:
                yield named.of(row, "the row says that it pays")
            else:
                unpaid[str(row["user_id"])].append(row)
        paid_for = _paid_for(stripe, listed, unpaid, metadata) if unpaid else {}
        for user, number in paid_for.items():
            for row in unpaid[user]:
                yield named.of(row, f"Stripe says that it pays, by {number}")

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "link_stripe_customer",
            "harm": "Whatever Stripe says of their payment finds nobody here: what they buy, renew"
            " or cancel changes nothing.",
        },
        said,
        over={named.table: named.table, "Stripe customers": "stripe.customers"},
        show=SHOWN,
    )


def every_named_customer_exists_in_stripe(
    rows: str, column: str, *, key: str = "id", metadata: str = USER, **said: Unpack[Options]
) -> Invariant:
    """
    Each customer that a row names is one that Stripe has, in this mode, and has not deleted.

    `rows` is a SELECT of `id`, `user_id` and `customer`; `column`, `key` and `metadata` are for the
    fix, and mean what they mean in `every_paying_row_names_its_customer`.
    """
    named = _Naming(column, key, metadata)

    def ask(replica: Reader, stripe: "Stripe") -> Iterator[Row]:
        listed = {one["id"] for one in stripe.customers()}
        absent = [
            row
            for row in replica.rows(rows)
            if row["customer"] and str(row["customer"]) not in listed
        ]
        now = stripe.customers_again(list(dict.fromkeys(str(row["customer"]) for row in absent)))
        for row in absent:
            if now.get(str(row["customer"]), row) is None:
                yield named.of(row, "Stripe has no such customer, or has deleted it")

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "link_stripe_customer",
            "harm": "Somebody pays as a customer that nobody here knows, or cannot pay at all.",
        },
        said,
        over={named.table: named.table, "Stripe customers": "stripe.customers"},
        show=SHOWN,
    )


class _Naming:
    """Where a table names customers, told to the fix with every violation."""

    def __init__(self, dotted: str, key: str, metadata: str) -> None:
        found = column_of(dotted)
        self.table, self._key = found.table, key
        self._told = {"table": found.table, "column": found.name, "metadata": metadata}

    def of(self, row: Row, trouble: str) -> Row:
        """One violation, named by the row's key."""
        about = {"user_id": row["user_id"], "customer": row["customer"]}
        return {self._key: row["id"], **about, **self._told, "trouble": trouble}


def _paid_for(
    stripe: "Stripe", listed: Iterable[Object], users: Mapping[str, object], field: str
) -> dict[str, str]:
    """A live subscription of each of these users who has one, by metadata, as it is now."""
    owners = {
        one["id"]: user for one in stripe.customers() if (user := owner_of(one, field)) in users
    }
    suspects: dict[str, str] = {}
    for one in listed:
        user = owner_of(one, field) or owners.get(customer_of(one) or "")
        if one["status"] in LIVE and user is not None and user in users:
            suspects[one["id"]] = user
    again = stripe.again(list(suspects))
    recent = stripe.changed(ABOUT) if again else frozenset()
    return {
        suspects[number]: number
        for number, now in again.items()
        if now is not None and now["status"] in LIVE and not is_recent(now, recent, stripe)
    }
