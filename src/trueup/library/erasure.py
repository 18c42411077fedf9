"""Deleting a person: what hangs on no key first, then the account, which takes the rest along."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from trueup.errors import PersonError
from trueup.library.belongings import Belongings
from trueup.library.elsewhere import customers, elsewhere, having, many
from trueup.library.linked import customer_of
from trueup.library.mirror import LIVE
from trueup.library.person import Fate, Person
from trueup.library.shape import BLOCKING, Link, Shape
from trueup.library.steps import written
from trueup.model.change import Change, Delete, Steps, Update
from trueup.model.invariant import Row
from trueup.replica.reader import Reader

if TYPE_CHECKING:
    from trueup.readers.storage.reader import Storage
    from trueup.readers.stripe.reader import Stripe

HEIRLESS = """
name another owner before user {user} is deleted

In their name: {rows} of {table}. The settings name nobody else to take them over.

Write another's id into trueup.toml, as {heir} in the system's settings, and plan again.

trueup plan says that {link} of those rows becomes {heir}
"""

PAYING = """
end the subscription of user {user} before they are deleted

In Stripe, open {subscriptions} and cancel it now, not at the period's end.

Wait until the application has heard of it, then plan again.

stripe subscriptions list --customer {customer}  # lists nothing that is live
"""


def erased(
    person: Person,
    reader: Reader,
    who: object,
    *,
    settings: Mapping[str, object],
    services: Collection[str] = (),
    stripe: "Stripe | None" = None,
    storage: "Storage | None" = None,
) -> Iterator[Change]:
    """
    What a fix `delete_user` yields for one person, in an order that the database allows.

    Rows that a cascading key takes along are not named: the plan counts them. Files and objects go
    through their storage's API where the environment names it as a service, else they are steps, as
    the customer in Stripe is. Nothing but steps is yielded while Stripe still charges the person,
    or while the settings do not say who takes over what is in their name. Raises PersonError where
    there is no such account, and for rows that name it in a column of which nothing is declared.
    """
    found = Belongings(reader, Shape(reader, person), who)
    found.require_declared()
    for _, link in found.reached():
        _require_possible(link)
    first = [*_heirless(found, settings), *_paying(found, stripe)]
    if first:
        yield from first
        return
    yield from _moved(found, settings)
    yield from _deleted(found)
    table, (name,) = found.shape.account
    yield Delete(table.label, key={name: who})
    yield from elsewhere(found, services, storage)


def _require_possible(link: Link) -> None:
    if link.fate in (Fate.STAYS, Fate.STORED) and link.action:
        raise PersonError(
            f"person.py says that rows of {link.name} stay, and a foreign key"
            f" (on delete {link.action}) does not let them; say goes() or given_to(…)"
        )
    if link.fate is Fate.GIVEN and len(link.columns) != 1:
        raise PersonError(f"{link.name} is not one column, so its rows cannot be given to another")


def _heirless(found: Belongings, settings: Mapping[str, object]) -> Iterator[Steps]:
    """Steps where rows have to be given to somebody, and the settings name nobody else."""
    for place, link in having(found, Fate.GIVEN):
        heir = str(settings.get(_heir(link), ""))
        rows = found.count(link.child, found.by(place) & ~found.going(link.child))
        if rows and heir in ("", found.who):
            values = {
                "user": found.who,
                "rows": many(rows, "row"),
                "heir": _heir(link),
                "link": link.name,
            }
            yield written(HEIRLESS, {**values, "table": link.child.label})


def _paying(found: Belongings, stripe: "Stripe | None") -> Iterator[Steps]:
    """Steps where Stripe would go on charging somebody whom nobody here knows any more."""
    known = customers(found)
    if stripe is None or not known:
        return
    subscriptions = (one for one in stripe.subscriptions() if one["status"] in LIVE)
    live = sorted(str(one["id"]) for one in subscriptions if customer_of(one) in known)
    if live:
        values = {"user": found.who, "subscriptions": ", ".join(live), "customer": known[0]}
        yield written(PAYING, values)


def _moved(found: Belongings, settings: Mapping[str, object]) -> Iterator[Update]:
    """Rows that stay: they get another owner, or lose what they say of the person."""
    for place, link in having(found, Fate.GIVEN, Fate.CLEARED):
        table = link.child
        staying = found.by(place) & ~found.going(table)
        for row in found.rows(table, staying, [*table.key, *link.columns]):
            values = link.tie.values if link.tie is not None else {}
            if link.fate is Fate.GIVEN:
                values = {link.columns[0]: settings[_heir(link)]}
            expect = {name: row[name] for name in link.columns}
            yield Update(table.label, key=_key(link, row), expect=expect, set=values)


def _deleted(found: Belongings) -> Iterator[Delete]:
    """Rows that no key takes along, and rows that would stand in the way, deepest first."""
    for place, link in reversed(list(found.reached())):
        table = link.child
        if link.fate is Fate.GOES and not link.cascades:
            named = found.by(place)
        elif link.fate is None and link.action in BLOCKING:
            named = found.by(place) & found.going(table)
        else:
            continue
        for row in found.rows(table, named, table.key):
            yield Delete(table.label, key=_key(link, row))


def _heir(link: Link) -> str:
    return link.tie.heir if link.tie is not None else ""


def _key(link: Link, row: Row) -> dict[str, object]:
    """The row's key; raises PersonError where nothing names a row of the table for ever."""
    if not link.child.key:
        raise PersonError(f"{link.child.label} has no key that could name its rows; give it one")
    return {name: row[name] for name in link.child.key}
