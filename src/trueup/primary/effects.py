"""
What a transaction has changed in all, planned or not: every row that moved, exactly.

Triggers and foreign keys change rows that nobody planned. The server counts what the transaction
wrote, table by table; where that is what we did ourselves, there is nothing to look for. Elsewhere
the rows are found: what we wrote is visible here and its xmin is in progress, what we removed is
there for an observer and gone here. The counts only say where to look, never what is there: they
include what a trigger rolled back. What an observer sees of such a row is how it was, since our own
locks have kept everybody else away from it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct
from psycopg import sql

from trueup.errors import ApplyError, PlanError
from trueup.model.plan import Image, Op
from trueup.primary.applied import Cause, Moved
from trueup.primary.images import Values, image, read, row, text_of
from trueup.primary.session import Connection
from trueup.primary.tables import Table, Tables

Counts = Counter[tuple[int, Op]]
"""How many rows of a table (by oid, partitions under their root) were written, by operation."""

# What pg_stat_xact_user_tables shows, without its joins and groups, which take four times as long.
# Below 16384 are the server's own tables.
_COUNTS = """
    select coalesce(pg_partition_root(oid)::oid, oid)::bigint,
           sum(inserted)::bigint, sum(updated)::bigint, sum(deleted)::bigint
    from pg_class, lateral (
        select pg_stat_get_xact_tuples_inserted(oid) as inserted,
               pg_stat_get_xact_tuples_updated(oid) as updated,
               pg_stat_get_xact_tuples_deleted(oid) as deleted
        offset 0
    ) as written
    where relkind in ('r', 'p', 'm') and relpersistence <> 't' and oid >= 16384
      and inserted + updated + deleted > 0
    group by 1
"""

_EMPTIED = """
    select c.oid::regclass::text
    from pg_locks l join pg_class c on c.oid = l.relation
    where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
      and c.relkind in ('r', 'p') and c.relpersistence <> 't' and c.oid <> all(%s::oid[])
    order by 1 limit 1
"""

_FIRST = "select pg_current_xact_id()::text::numeric::bigint"

_OURS = sql.SQL("""
    age(t.xmin) <= 0 and case
        when ((t.xmin::text::bigint - %(first)s) & 4294967295) < %(span)s
        then pg_xact_status(
            (%(first)s + ((t.xmin::text::bigint - %(first)s) & 4294967295))::text::xid8
        ) = 'in progress'
        else false
    end
""")
"""
Whether this version of a row was written by our transaction or a part of it.

Only our own writes are visible while they are in progress. The span ends before the first
transaction that began after ours had written, since asking for a later one is an error.
"""


class Known(Struct):
    """
    A row that we changed, or expect to be changed; `before` is None where we added it.

    `after` is what an update made of it, as the server told at once.
    """

    table: Table
    key: Values
    before: Image | None
    op: Op
    cause: Cause
    change: int | None = None
    after: Image | None = None


def counts(connection: Connection) -> Counts:
    """What this session has written so far, as far as the server has not yet added it up."""
    found: Counts = Counter()
    for oid, inserted, updated, deleted in connection.execute(_COUNTS).fetchall():
        found[oid, Op.INSERT] = inserted
        found[oid, Op.UPDATE] = updated
        found[oid, Op.DELETE] = deleted
    return found


def moved(
    connection: Connection,
    observer: Connection,
    tables: Tables,
    known: Sequence[Known],
    counted: Counts,
    *,
    altered: Sequence[int] = (),
) -> list[Moved]:
    """
    Every row that our transaction has changed: what was before, what is now.

    `known` is what we did, with what foreign keys were to do; `counted` is what was written since
    we began; `altered` are the oids of tables that we have altered ourselves. Raises ApplyError for
    what could not be journaled.
    """
    _refuse_emptied(connection, altered)
    expected: Counts = Counter((one.table.oid, one.op) for one in known)
    found = _settled(connection, known, counted == expected)
    surprising = {one.table.oid for one, after in found if not _as_expected(one, after)}
    for oid in sorted({oid for oid, _ in counted}):
        if oid in surprising or any(counted[oid, op] != expected[oid, op] for op in Op):
            search = _Search(connection, observer, _written(tables, oid), counted, expected)
            found += search.unknown([one for one in known if one.table.oid == oid])
    return [_moved(one, after) for one, after in found if one.before != after]


def _written(tables: Tables, oid: int) -> Table:
    """A table that was written; raises ApplyError where its rows could not be journaled."""
    try:
        return tables.numbered(oid)
    except PlanError as error:
        raise ApplyError(
            f"a trigger writes what could not be journaled: {error}; everything was rolled back"
        ) from None


def _settled(
    connection: Connection, known: Sequence[Known], alone: bool
) -> list[tuple[Known, Image | None]]:
    """
    What became of the rows that we know of, when all triggers had their say; each row once.

    Where the server counts what we wrote ourselves and not a row more, we were alone, and know.
    """
    if alone and all(_stays(one) for one in known):
        return [(one, one.after) for one in known]
    by_table: dict[Table, list[Values]] = {}
    for one in known:
        by_table.setdefault(one.table, []).append(one.key)
    now: dict[tuple[Table, Values], Image | None] = {}
    for table, keys in by_table.items():
        if table.key:
            afters = read(connection, table, table.key, keys)
            now |= {(table, key): after for key, after in zip(keys, afters, strict=True)}
    first: dict[object, Known] = {}
    for one in known:
        name = (one.table, one.key) if one.table.key else id(one)
        if name not in first or _says_more(one, first[name]):
            first[name] = one
    return [
        (one, now.get((one.table, one.key)) if one.table.key else one.after)
        for one in first.values()
    ]


def _says_more(one: Known, other: Known) -> bool:
    """A row that got the key of another was not there before; what is planned drags nothing."""
    told, known = ((each.before is not None, each.change is not None) for each in (one, other))
    return told > known


def _stays(one: Known) -> bool:
    """Whether a row was told at once, and is still found under the key that it had."""
    return one.after is not None and _key(one.table, one.after) == one.key


def _as_expected(one: Known, after: Image | None) -> bool:
    if one.op is Op.DELETE:
        return after is None
    return after is not None and after != one.before


class _Search(Struct, frozen=True):
    """Looking through one table for rows that moved and that nobody planned."""

    connection: Connection
    observer: Connection
    table: Table
    counted: Counts
    expected: Counts

    def unknown(self, ours: Sequence[Known]) -> list[tuple[Known, Image | None]]:
        """The rows that moved and are not among ours."""
        if not self.table.key:
            self._require_only_added()
            added = _without(self._written(), [one.after for one in ours if one.after])
            return [(self._unplanned((), None), after) for after in added]
        known = {one.key for one in ours}
        written = self._written()
        fresh = {key: after for after in written if (key := _key(self.table, after)) not in known}
        befores = read(self.observer, self.table, self.table.key, list(fresh))
        found: list[tuple[Known, Image | None]] = [
            (self._unplanned(key, before), after)
            for (key, after), before in zip(fresh.items(), befores, strict=True)
        ]
        renamed = any(before is None for before in befores) and self._more(Op.UPDATE)
        if renamed or self._more(Op.DELETE):
            found += self._removed(known | set(fresh))
        return found

    def _written(self) -> list[Image]:
        first = _number(self.connection, _FIRST)
        span = _number(self.observer, _FIRST) - first
        asked = sql.SQL("select {row} from {table} t where {ours}").format(
            row=row(self.table), table=self.table.identifier, ours=_OURS
        )
        rows = self.connection.execute(asked, {"first": first, "span": span}).fetchall()
        return [image(self.table, values) for values in rows]

    def _removed(self, known: set[Values]) -> Iterator[tuple[Known, Image | None]]:
        """
        Rows that an observer still has and we have not.

        Whoever removes or locks a row leaves a mark in its xmax; we look at all that have one.
        """
        asked = sql.SQL("select {key} from {table} t where t.xmax <> '0'::xid").format(
            key=text_of(self.table.key, "t"), table=self.table.identifier
        )
        keys = [key for key in self.observer.execute(asked, []).fetchall() if key not in known]
        here = read(self.connection, self.table, self.table.key, keys)
        gone = [key for key, now in zip(keys, here, strict=True) if now is None]
        befores = read(self.observer, self.table, self.table.key, gone)
        for key, before in zip(gone, befores, strict=True):
            if before is not None:
                yield self._unplanned(key, before), None

    def _unplanned(self, key: Values, before: Image | None) -> Known:
        return Known(self.table, key, before, Op.UPDATE, Cause.TRIGGER)

    def _require_only_added(self) -> None:
        """Without a key, rows that were added can be journaled, and nothing else."""
        place = self.table.oid
        if any(
            self.counted[place, op] != self.expected[place, op] for op in (Op.UPDATE, Op.DELETE)
        ):
            raise ApplyError(
                f"a trigger changes rows of {self.table.label}, which has no primary key, so that"
                " they could not be named in the journal; everything was rolled back"
            )

    def _more(self, op: Op) -> bool:
        return self.counted[self.table.oid, op] > self.expected[self.table.oid, op]


def _without(images: Sequence[Image], ours: Sequence[Image]) -> Iterator[Image]:
    """The rows that are not ours, of which there may be several alike."""
    left = Counter(map(_content, ours))
    for one in images:
        if left[_content(one)] > 0:
            left[_content(one)] -= 1
        else:
            yield one


def _content(whole: Image) -> frozenset[tuple[str, str | None]]:
    return frozenset(whole.items())


def _refuse_emptied(connection: Connection, altered: Sequence[int]) -> None:
    found = connection.execute(_EMPTIED, [list(altered)]).fetchone()
    if found is not None:
        raise ApplyError(
            f"a trigger takes an exclusive lock on {found[0]}, so it truncates or alters it; what"
            " it removes could not be journaled, and everything was rolled back"
        )


def _moved(one: Known, after: Image | None) -> Moved:
    op = Op.DELETE if after is None else Op.UPDATE
    return Moved(
        op=Op.INSERT if one.before is None else op,
        table=one.table.label,
        cause=one.cause,
        key=dict(zip(one.table.key, one.key, strict=True)),
        before=one.before,
        after=after,
        change=one.change,
    )


def _key(table: Table, whole: Image) -> Values:
    return tuple(whole[name] for name in table.key)


def _number(connection: Connection, question: str) -> int:
    row = connection.execute(question.encode()).fetchone()
    if row is None:  # pragma: no cover  # the question has exactly one row
        raise AssertionError("unreachable")
    return int(row[0])
