"""How much of each table a plan changes: a fix that rewrites a table is rarely what was meant."""

from collections import Counter
from collections.abc import Sequence

from psycopg import sql

from trueup.errors import PlanError
from trueup.model.plan import PlannedChange, Share
from trueup.primary.consequences import Consequences
from trueup.primary.session import Connection
from trueup.primary.tables import Tables

MOST = 5.0
"""Percent of a table that may change unless more is agreed to."""

HANDFUL = 50
"""Rows that may change whatever share of a table they are: small tables are all share."""

COUNTED = 100_000
"""Tables up to about this many rows are counted; of larger ones the server's estimate will do."""

_ESTIMATE = "select reltuples::bigint from pg_class where oid = %s::bigint::oid"


def of(
    connection: Connection, changes: Sequence[PlannedChange], follows: Consequences
) -> tuple[Share, ...]:
    """The share of each table that these changes, and what they drag along, would change."""
    tables = Tables(connection)
    rows = Counter(one.table for one in changes if one.before is not None)
    rows.update(one.table.label for one in follows.walk.dragged)
    return tuple(
        Share(table=label, rows=number, of=_size(connection, tables, label))
        for label, number in sorted(rows.items())
    )


def require(fix: str, shares: Sequence[Share], most: float) -> None:
    """Raise PlanError for more than so many percent of a table."""
    for one in shares:
        if one.rows > HANDFUL and not one.percent <= most:  # NaN allows nothing
            raise PlanError(
                f"{fix} would change {one.rows:,} of {one.of:,} rows of {one.table}"
                f" ({one.percent:.1f} %), more than {most:g} %; if that is what you want, say"
                f" --share {min(100, int(one.percent) + 1)}"
            )


def _size(connection: Connection, tables: Tables, label: str) -> int:
    table = tables.labelled(label)
    row = connection.execute(_ESTIMATE, [table.oid]).fetchone()
    estimate = int(row[0]) if row else -1
    if estimate > COUNTED:
        return estimate
    counted = sql.SQL("select count(*) from {}").format(table.identifier)
    row = connection.execute(counted, []).fetchone()
    return int(row[0]) if row else 0
