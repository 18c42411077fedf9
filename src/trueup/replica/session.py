"""A session on a replica: opened, proven harmless, and asked one transaction at a time."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg
from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import TupleRow

from trueup.errors import ReplicaError
from trueup.replica import instants, transaction
from trueup.replica.connecting import Connecting
from trueup.replica.dsn import Dsn
from trueup.replica.freshness import Read, read_freshness
from trueup.replica.functions import Volatile, volatile
from trueup.replica.journal import sees_journal
from trueup.replica.later import Later
from trueup.replica.limits import Limits, settings
from trueup.replica.permitted import Permitted
from trueup.replica.pooler import Pooling, is_pooled, pooling
from trueup.replica.printable import enums
from trueup.replica.reader import Reader
from trueup.replica.role import inspect_role, refuse_writer
from trueup.replica.sent import Sent
from trueup.replica.spent import Counters, Spent
from trueup.replica.trouble import query_error
from trueup.replica.watchdog import answered_within
from trueup.replica.zones import Times, times

_NOTHING = Counters(0, 0)
"""What the first transaction reads of the system's own: it asks about the server only."""

CANCEL_WITHIN = 2.0
"""Seconds for the word that what runs is to stop."""


class About(Struct, frozen=True):
    """What the session turned out to be; `opened_in` is in seconds, a cold start shows there."""

    role: str
    version: str
    database: str
    pooling: Pooling
    opened_in: float


class Seen(Struct, frozen=True):
    """What role it is, which functions, timestamps and enums there are, and how fresh the data."""

    role: str
    journal: bool
    volatile: Volatile
    times: Times
    enums: frozenset[int]
    freshness: Read


class Patience(Struct, frozen=True):
    """
    How long a statement may take, how far behind a replica may be, and when it is looked at again.

    In seconds, but for `max_lag`.
    """

    statement: float
    max_lag: timedelta
    heartbeat: str | None = None
    look_again: float = 60.0


class Session:
    """One guarded connection; `reading` is the only way to ask through it."""

    def __init__(
        self,
        connection: psycopg.Connection[TupleRow],
        *,
        about: About,
        rules: transaction.Rules,
        seen: Seen,
        patience: Patience,
        cost: float | None,
        spent: Spent,
    ) -> None:
        self._connection = connection
        self._rules = rules
        self._seen = seen
        self._patience = patience
        self._permitted = Permitted(seen.volatile, seen.times, cost)
        self._spent = spent
        self._looked = time.monotonic()
        self.about = about
        self.freshness = seen.freshness

    @property
    def alive(self) -> bool:
        """Whether the connection can still be asked."""
        return not self._connection.closed

    def seen(self) -> Seen:
        """What this session has found, for another of the same role."""
        return replace(self._seen, freshness=self.freshness)

    @contextmanager
    def reading(self, snapshot: str = "", also: Sequence[Sent] = ()) -> Iterator[Reader]:
        """
        A read-only transaction on one snapshot, an exported one if it is given; always rolled back.

        What `also` asks travels with the begin: questions of ours, of the catalog.

        Raises GuardError where it was not read-only, or had been given a transaction id: then
        something tried to write. The connection is closed in that case.
        """
        begun = transaction.begin(self._connection, self._rules, snapshot, also)
        reader = self._reader(begun)
        last: Counters | None = None
        try:
            self._look_again()
            yield reader
            last = transaction.end(self._connection, self._rules, reader.proof)
        except BaseException:  # also Ctrl-C: the transaction never stays open
            transaction.drop(self._connection)
            raise
        finally:
            self._spent.ended(begun.since, begun.counters, last, reader.seconds)

    def cancel(self) -> None:
        """Ask the server to stop what runs, so that it works for nobody; from any thread."""
        with suppress(psycopg.Error):  # it has ended by itself, or nobody is there any more
            self._connection.cancel_safe(timeout=CANCEL_WITHIN)

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _reader(self, begun: transaction.Begun) -> Reader:
        return Reader(
            self._connection,
            self._permitted,
            enums=self._seen.enums,
            patience=self._rules.patience,
            snapshot=begun.snapshot,
            also=begun.also,
        )

    def _look_again(self) -> None:
        if time.monotonic() - self._looked > self._patience.look_again:
            try:
                self.freshness = _read(self._connection, self._patience)()
            except psycopg.Error as error:
                raise query_error(error) from None
            self._looked = time.monotonic()


def open_session(
    dsn: Dsn,
    *,
    primary_allowed: bool,
    limits: Limits,
    max_lag: timedelta,
    application: str,
    heartbeat: str | None = None,
    look_again: float = 60.0,
    spent: Spent | None = None,
    like: Session | None = None,
    begun: Connecting | None = None,
) -> Session:
    """
    Connect and prove the session harmless: server, role, settings, freshness.

    What a session `like` it, of the same URL, has found of role and database is not asked again. A
    connection that was `begun` is taken in place of another.
    Raises GuardError, with what to do, for a primary that is not allowed, a role that can write
    or a setting that did not take. Stale data is not an error here: see `freshness`.
    """
    spent = spent or Spent()
    begun = begun or Connecting(dsn, standby=not primary_allowed, application=application)
    connection = begun.made()
    instants.take_all(connection)
    started = time.monotonic() - begun.seconds
    spent.connected()
    wanted = {**settings(limits), "application_name": application}
    patience = Patience(limits.statement, max_lag, heartbeat, look_again)
    try:
        with answered_within(connection, limits.statement):
            since = time.monotonic()
            standby = not primary_allowed
            rules, seen, pooled = _first(connection, wanted, patience, like, standby=standby)
            spent.ended(since, _NOTHING, _NOTHING)
            if like:
                mode = like.about.pooling
            else:
                mode = _pooling(connection, dsn, application, spent) if pooled else Pooling.NONE
    except psycopg.Error as error:
        connection.close()
        raise query_error(error) from None
    except ReplicaError:
        connection.close()
        raise
    about = About(
        role=seen.role,
        version=connection.info.parameter_status("server_version") or "",
        database=connection.info.dbname,
        pooling=mode,
        opened_in=time.monotonic() - started,
    )
    return Session(
        connection,
        about=about,
        rules=rules,
        seen=seen,
        patience=patience,
        cost=limits.cost,
        spent=spent,
    )


def _first(
    connection: psycopg.Connection[TupleRow],
    wanted: Mapping[str, str],
    patience: Patience,
    like: Session | None,
    *,
    standby: bool,
) -> tuple[transaction.Rules, Seen, bool]:
    """The first transaction, in one go: what the others must be like, what there is, a pooler."""
    limit = patience.statement
    with connection.pipeline():
        begun = transaction.first(connection, wanted, standby=standby, patience=limit)
        pooled = is_pooled(connection)
        found = like.seen if like else _look(connection, patience)
        if patience.heartbeat is None:  # which is a question of its own, once the others are read
            connection.execute("rollback")
    rules, seen = begun(), found()
    if patience.heartbeat is not None:
        connection.execute("rollback")
    return rules, seen, pooled()


def _look(connection: psycopg.Connection[TupleRow], patience: Patience) -> Later[Seen]:
    """Ask all of it in one go; raises GuardError later, for a role that can write."""
    inspected = inspect_role(connection)
    journal, known, kinds = sees_journal(connection), volatile(connection), times(connection)
    labelled, fresh = enums(connection), _read(connection, patience)

    def seen() -> Seen:
        role, troubles = inspected()
        refuse_writer(role, troubles)
        return Seen(role, journal(), known(), kinds(), labelled(), fresh())

    return seen


def _pooling(
    connection: psycopg.Connection[TupleRow], dsn: Dsn, application: str, spent: Spent
) -> Pooling:
    mode = pooling(connection, dsn, application)
    spent.connected()  # a second client has looked which mode it is
    return mode


def _read(connection: psycopg.Connection[TupleRow], patience: Patience) -> Later[Read]:
    return read_freshness(connection, patience.max_lag, patience.heartbeat)
