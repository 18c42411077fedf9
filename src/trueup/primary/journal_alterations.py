"""The journal's alterations: what a schema had before and after, in the transaction of both."""

from collections.abc import Sequence

from trueup.errors import JournalError
from trueup.model.change import Alteration
from trueup.model.plan import PlannedAlteration
from trueup.primary import journal
from trueup.primary.applied import Altered
from trueup.primary.session import Connection
from trueup.primary.trouble import refused

_ADD = """
    insert into trueup.journal_alterations
        (entry, seq, change, kind, relation, name, before, after)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
"""

_OF_ENTRY = """
    select change, kind, relation, name, before, after
    from trueup.journal_alterations where entry = %s order by seq
"""


def add(connection: Connection, entry: int, altered: Sequence[Altered]) -> None:
    """Write alterations in the transaction that made them."""
    if not altered:
        return
    with journal.visible(connection), connection.cursor() as cursor:
        cursor.executemany(
            _ADD,
            [
                (entry, seq, one.place, one.kind, one.table, one.name, one.before, one.after)
                for seq, one in enumerate(altered)
            ],
        )


def of_entry(connection: Connection, entry: int) -> list[Altered]:
    """The alterations of one entry, in their order."""
    with (
        refused("read the journal", JournalError),
        connection.transaction(),
        journal.visible(connection),
    ):
        found = connection.execute(_OF_ENTRY, [entry]).fetchall()
    return [
        Altered(
            place=place,
            kind=Alteration(kind),
            table=table,
            name=name,
            before=before,
            after=after,
        )
        for place, kind, table, name, before, after in found
    ]


def definition(connection: Connection, entry: int | None, one: PlannedAlteration) -> str:
    """What an entry's alteration took away; raises JournalError where it took nothing."""
    for altered in of_entry(connection, entry) if entry is not None else []:
        if (altered.table, altered.name) == (one.table, one.name) and altered.before:
            return altered.before
    raise JournalError(f"the journal has no definition of {one.name} on {one.table}")
