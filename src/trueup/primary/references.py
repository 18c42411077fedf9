"""Foreign keys, checked by hand: an undo keeps triggers quiet, and they are triggers too."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from trueup.errors import ApplyError
from trueup.model.plan import Image
from trueup.primary.applied import Moved
from trueup.primary.images import Values, cast, given, matched, turned
from trueup.primary.names import named
from trueup.primary.session import Connection
from trueup.primary.tables import ForeignKey, Table, Tables
from trueup.report.phrase import plural

_QUIET = """
    select has_parameter_privilege('session_replication_role', 'set') and not exists (
        select from pg_constraint
        where conrelid = any(%s::bigint[]::oid[]) and condeferrable and contype in ('p', 'u', 'x')
    )
"""
"""Deferrable unique constraints are enforced by triggers too, and nobody checks them by hand."""


def may_be_quiet(connection: Connection, written: Sequence[Table]) -> bool:
    """Whether rows of these tables can be written without a trigger firing."""
    row = connection.execute(_QUIET, [[table.oid for table in written]]).fetchone()
    return bool(row and row[0])


def verify(connection: Connection, tables: Tables, moved: Sequence[Moved]) -> None:
    """
    Check that no foreign key of or to a moved row is broken; raises ApplyError with its name.

    Parents are locked, as the server would, so that nobody removes them before we commit.
    """
    for label in dict.fromkeys(one.table for one in moved):
        table = tables.labelled(label)
        rows = [one for one in moved if one.table == label]
        for key in tables.referred_by(table):
            _require(_orphans(connection, tables, key, _written(rows, key.columns)), key, table)
        for key in tables.referring_to(table):
            child = tables.numbered(key.child)
            _require(_bereft(connection, tables, key, _given_up(rows, key.references)), key, child)


def _written(rows: Sequence[Moved], columns: Sequence[str]) -> list[Values]:
    """What the columns of rows are now, where they have been written and say anything."""
    return _distinct(
        _part(one.after, columns)
        for one in rows
        if one.after is not None
        and (one.before is None or _part(one.before, columns) != _part(one.after, columns))
    )


def _given_up(rows: Sequence[Moved], columns: Sequence[str]) -> list[Values]:
    """What the columns of rows were and are no longer."""
    return _distinct(
        _part(one.before, columns)
        for one in rows
        if one.before is not None
        and (one.after is None or _part(one.before, columns) != _part(one.after, columns))
    )


def _part(image: Image, columns: Sequence[str]) -> Values:
    return tuple(image[name] for name in columns)


def _distinct(values: Iterable[Values]) -> list[Values]:
    """Each once; where a part is null, a foreign key says nothing."""
    return [one for one in dict.fromkeys(values) if None not in one]


def _orphans(
    connection: Connection, tables: Tables, key: ForeignKey, values: Sequence[Values]
) -> int:
    """How many of these values have no parent."""
    if not values:
        return 0
    parent = tables.numbered(key.parent)
    asked = sql.SQL(
        "select w.n from {given} join {parent} t on {matches} for key share of t"
    ).format(
        given=given(len(key.columns)),
        parent=parent.identifier,
        matches=matched(parent, key.references),
    )
    found = connection.execute(asked, turned(values, len(key.columns))).fetchall()
    return len(values) - len(set(found))


def _bereft(
    connection: Connection, tables: Tables, key: ForeignKey, values: Sequence[Values]
) -> int:
    """How many children refer to these values, which no parent has any more."""
    if not values:
        return 0
    parent, child = tables.numbered(key.parent), tables.numbered(key.child)
    children = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(named("c", column), cast(parent, reference, place))
        for place, (column, reference) in enumerate(zip(key.columns, key.references, strict=True))
    )
    asked = sql.SQL(
        "select count(*) from {given} join {child} c on {children}"
        " where not exists (select from {parent} t where {matches})"
    ).format(
        given=given(len(key.columns)),
        child=child.identifier,
        children=children,
        parent=parent.identifier,
        matches=matched(parent, key.references),
    )
    row = connection.execute(asked, turned(values, len(key.columns))).fetchone()
    return int(row[0]) if row else 0


def _require(broken: int, key: ForeignKey, child: Table) -> None:
    if broken:
        raise ApplyError(
            f"{plural(broken, 'row')} of {child.label} would refer to nothing ({key.name});"
            " everything was rolled back"
        )
