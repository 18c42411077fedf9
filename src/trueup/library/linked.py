"""Whose a Stripe customer is: by what our own code wrote into its metadata, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]


def customers_of_users(
    objects: Iterable[Object], users: Iterable[str], field: str = "user_id"
) -> dict[str, str]:
    """
    The Stripe customer of each user, where exactly one says in its metadata that it is theirs.

    `objects` are customers or subscriptions. Never by e-mail: anybody can type one.
    """
    wanted = set(users)
    found: dict[str, set[str]] = defaultdict(set)
    for one in objects:
        user = (one.get("metadata") or {}).get(field)
        if user in wanted:
            found[user].add(one["id"] if one["object"] == "customer" else one["customer"])
    return {user: next(iter(ids)) for user, ids in found.items() if len(ids) == 1}
