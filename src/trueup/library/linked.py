"""Whose a Stripe customer is: by what our own code wrote into its metadata, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

USER = "user_id"
"""The field in which most applications write it."""

Object = Mapping[str, Any]


def owner_of(one: Object, field: str = USER) -> str | None:
    """The user whom the metadata of a customer or a subscription names."""
    owner: str | None = (one.get("metadata") or {}).get(field)
    return owner or None


class Claims(Struct, frozen=True):
    """What metadata says of whose customers are: by user and by customer."""

    customers: Mapping[str, frozenset[str]]
    owners: Mapping[str, frozenset[str]]

    def of(self, user: object) -> frozenset[str]:
        """All customers that are said to be this user's."""
        return self.customers.get(str(user), frozenset())

    def sole(self, user: object) -> str | None:
        """The one customer that is said to be this user's, and nobody else's."""
        found = self.of(user)
        if len(found) != 1:
            return None
        customer = min(found)
        return customer if len(self.owners[customer]) == 1 else None


def claims(objects: Iterable[Object], field: str = USER) -> Claims:
    """What the metadata of these customers and subscriptions says."""
    customers: dict[str, set[str]] = defaultdict(set)
    owners: dict[str, set[str]] = defaultdict(set)
    for one in objects:
        owner = owner_of(one, field)
        customer = one["id"] if one["object"] == "customer" else customer_of(one)
        if owner and customer:
            customers[owner].add(customer)
            owners[customer].add(owner)
    return Claims(_frozen(customers), _frozen(owners))


def customers_of_users(
    objects: Iterable[Object], users: Iterable[str], field: str = USER
) -> dict[str, str]:
    """
    The Stripe customer of each user, where exactly one says in its metadata that it is theirs.

    `objects` are customers or subscriptions. A customer of which two users are said is neither's.
    Never by e-mail: anybody can type one.
    """
    said = claims(objects, field)
    return {user: customer for user in users if (customer := said.sole(user))}


def customer_of(one: Object) -> str | None:
    """The id of an object's customer, whether or not the customer was expanded."""
    found = one.get("customer")
    return found["id"] if isinstance(found, Mapping) else found


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(found) for name, found in sets.items()}
