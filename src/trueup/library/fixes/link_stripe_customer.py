"""
Write the Stripe customer of a user into their row.

It is the one whose metadata, or whose subscription's, names the user, as the application wrote it;
never the one with the same e-mail, which anybody can type. Where several are said to be theirs, or
the one is somebody else's too, a person has to look.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from trueup.errors import PlanError
from trueup.library.linked import Claims, claims, customer_of, owner_of
from trueup.library.steps import written
from trueup.model.change import Change, Steps, Update
from trueup.model.violation import Violation
from trueup.replica.names import identifier
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

AT_MOST = 200

NOBODYS = """
find the Stripe customer of user {user_id}

{trouble}. No customer of this account says in its metadata, as {metadata}, that it is theirs, and
no subscription does. An e-mail address proves nothing: anybody can type one.

Look in Stripe for a checkout session of theirs: its client_reference_id, or the application's own
log of that day, says whose it was.

If there is one, write {user_id} into its customer's metadata, as {metadata}, and plan this fix
again. If there is none, nobody pays: the row is wrong in what it says of a subscription.

select {named} from {rows} where {key} = {value:literal};
"""

SEVERAL = """
say which Stripe customer is that of user {user_id}

All of these say that they are: {customers}.

Open each in Stripe, and see which one pays. If several do, the user pays more than once: cancel all
but one subscription, and refund what was paid twice.

Take {metadata} out of the metadata of the others, and of their subscriptions, and plan this fix
again.

select {named} from {rows} where {key} = {value:literal};
"""

ANOTHERS = """
find out whether the Stripe customer {customers} is that of user {user_id}

Stripe says that it is. But another row of {table} names it, or another user too is said to pay with
it, or it is no longer there: to write it down would give one user what another pays for.

Compare: select * from {rows} where {named} = {customers:literal};

Take it from whoever is not named in Stripe's metadata, and plan this fix again.

select {named} from {rows} where {key} = {value:literal};
"""


Place = tuple[str, str]
"""A table and its column that names customers."""


def plan(
    violations: Sequence[Violation], primary: Reader, stripe: "Stripe | None"
) -> Iterator[Change]:
    """
    One row each; what its table and columns are called, its violation says.

    Raises PlanError where no account can be asked: then nothing says whose a customer is.
    """
    if stripe is None:
        raise PlanError("this environment names no Stripe account to ask; name one, and its key")
    said = {field: _claims(stripe, field) for field in {str(row["metadata"]) for row in violations}}
    taken = _taken(primary, violations, said)
    for row in violations:
        found = said[str(row["metadata"])]
        customer = found.sole(row["user_id"])
        if customer and (_place(row), customer) not in taken and _still(row, stripe, customer):
            key, column = next(iter(row)), str(row["column"])
            yield Update(
                str(row["table"]),
                key={key: row[key]},
                expect={column: row["customer"]},
                set={column: customer},
            )
        else:
            yield _steps(row, found.of(row["user_id"]))


def _claims(stripe: "Stripe", field: str) -> Claims:
    """What Stripe says of whose its customers are, those that are deleted left out."""
    there = {one["id"] for one in stripe.customers()}
    theirs = (one for one in stripe.subscriptions() if customer_of(one) in there)
    return claims(chain(stripe.customers(), theirs), field)


def _still(row: Violation, stripe: "Stripe", number: str) -> bool:
    """Whether the customer is there at this moment, and names nobody else."""
    customer = stripe.customer(number)
    owners = (None, str(row["user_id"]))
    return customer is not None and owner_of(customer, str(row["metadata"])) in owners


def _taken(
    primary: Reader, violations: Sequence[Violation], said: Mapping[str, Claims]
) -> set[tuple[Place, str]]:
    """Customers that are not for one row alone: two rows want them, or one has them already."""
    wanted = {
        (_place(row), customer, row.key)
        for row in violations
        for customer in said[str(row["metadata"])].of(row["user_id"])
    }
    times = Counter((place, customer) for place, customer, _ in wanted)
    taken = {one for one, number in times.items() if number > 1}
    for place in {place for place, _ in times}:
        customers = sorted(customer for at, customer in times if at == place)
        named = primary.rows(_named(place), customers=customers)
        taken |= {(place, str(row["customer"])) for row in named}
    return taken


def _named(place: Place) -> str:
    table, column = map(identifier, place)
    return f"""
    select distinct {column} as customer
    from {table}
    where {column} = any(:customers)
    order by customer
    """  # noqa: S608  # every name in it is quoted


def _steps(row: Violation, customers: frozenset[str]) -> Steps:
    """What a person has to do, with the row's values and its names as SQL text."""
    guide = ANOTHERS if customers else NOBODYS
    if len(customers) > 1:
        guide = SEVERAL
    key, (table, column) = next(iter(row)), map(identifier, _place(row))
    said = {"customers": ", ".join(sorted(customers)), "rows": table, "named": column}
    return written(guide, {**row, **said, "key": identifier(key), "value": row[key]})


def _place(row: Violation) -> Place:
    return str(row["table"]), str(row["column"])
