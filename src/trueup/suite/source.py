"""One system's replica during a run: opened when first asked, and asked again where that helps."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock, Thread
from typing import TypeVar

import psycopg
from psycopg.rows import TupleRow

from trueup.environment import Environment
from trueup.errors import ConnectError, QueryError, ReplicaError
from trueup.replica.connecting import Connecting
from trueup.replica.freshness import Read
from trueup.replica.pooler import Pooling
from trueup.replica.reader import Reader
from trueup.replica.retry import tries
from trueup.replica.sent import Sent
from trueup.replica.session import Session, open_session
from trueup.replica.snapshot import Shared, Snapshot, is_gone
from trueup.replica.spent import Spent
from trueup.suite.begun import connecting

Answer = TypeVar("Answer")

DOWN_FOR = 30.0
"""Seconds during which a replica that refused us is not asked again by every invariant."""


class Source:
    """
    A guarded session that is opened by need, on the snapshot that the whole run shares.

    One thread at a time has it; another that wants to ask waits until the first has asked. What it
    costs its server is added to what was `spent`, which several sources may share. What one `like`
    it has found of the role is not asked again. Connections that were `begun` are taken first.
    """

    def __init__(
        self,
        environment: Environment,
        folder: Path,
        application: str,
        spent: Spent | None = None,
        *,
        like: "Source | None" = None,
        begun: Callable[[], Connecting | None] = lambda: None,
    ) -> None:
        self._environment = environment
        self._begun = begun
        self._like = like
        self._spent = spent or Spent()
        self._application = application
        self._session: Session | None = None
        self._refusal: ReplicaError | None = None
        self._refused_at = 0.0
        self._cancelled = False
        self._mine = RLock()
        file = folder / f"{environment.system}.json"
        self._shared = Shared(file, self._exporter, environment.snapshot_max_age, self._spent)
        self.unshared = ""

    def opened(self) -> Session:
        """The guarded session; raises ReplicaError, at once where it was refused a moment ago."""
        return self._tried(self._open, lambda _: False)

    @property
    def freshness(self) -> Read:
        """How fresh the replica was when it was last looked at."""
        return self.opened().freshness

    def asked(
        self,
        ask: Callable[[Reader], Answer],
        again: Callable[[Answer], bool] = lambda _: False,
        also: Sequence[Sent] = (),
    ) -> Answer:
        """
        Ask in a transaction of its own, on the run's snapshot where that can be had.

        What `also` asks of the catalog is sent with its begin.

        Where the connection is lost, or the answer says `again`, it is asked on a new one: three
        times in all. Raises ReplicaError where even the last try could not look.
        """
        return self._tried(lambda: self._once(ask, also), again)

    @property
    def session(self) -> Session | None:
        """The session, where it is open."""
        return self._session

    def share(self) -> None:
        """
        Open the session, and export the snapshot meanwhile: it outlives every other process.

        Raises ReplicaError where there is no session; without a snapshot each has its own. Where
        the server has room for one connection, the session gets it.
        """
        exporting = Thread(target=self._export, name="trueup-exporter", daemon=True)
        exporting.start()
        try:
            session = self.opened()
        except ConnectError as error:
            exporting.join()
            if error.transient:
                raise
            session = self._alone()  # the server may have room for one, or have refused both
        exporting.join()
        if self._snapshot(session, None) is None:
            self.release()

    def _alone(self) -> Session:
        """Open the session without an exporter; that one has ended may show a moment later."""
        exported = self._shared.is_exporting
        self.release()
        for last in tries() if exported else (True,):
            self._refusal = None
            try:
                return self.opened()
            except ConnectError:
                if last:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover  # the last try returns or raises

    def _export(self) -> None:
        with suppress(ReplicaError):  # told when it is asked for
            self._shared.current()

    def cancel(self) -> None:
        """Ask the server to stop what is being asked; for another thread than the one that asks."""
        self._cancelled = True
        if self._session is not None:
            self._session.cancel()

    @property
    def patience(self) -> float:
        """Seconds that a question may take."""
        return self._environment.limits.statement

    def release(self) -> None:
        """End the exporter where it is ours: nobody will ask on the run's snapshot any more."""
        self._shared.close()

    def close(self) -> None:
        """End the session, and the exporter where it is ours."""
        self._drop()
        self.release()

    def _tried(self, act: Callable[[], Answer], again: Callable[[Answer], bool]) -> Answer:
        with self._mine:
            return self._tried_by_turn(act, again)

    def _tried_by_turn(self, act: Callable[[], Answer], again: Callable[[Answer], bool]) -> Answer:
        self._refuse_while_down()
        for last in tries():
            try:
                answer = act()
            except ReplicaError as error:
                if last or self._cancelled or not error.transient:
                    self._note(error)
                    raise
            else:
                if last or not again(answer):
                    return answer
            self._drop()
        raise AssertionError("unreachable")  # pragma: no cover  # the last try returns or raises

    def _once(self, ask: Callable[[Reader], Answer], also: Sequence[Sent]) -> Answer:
        snapshot: Snapshot | None = None
        for _ in ("the run's", "the next"):
            session = self._open()
            snapshot = self._snapshot(session, snapshot)
            if snapshot is None:
                break
            try:
                with session.reading(snapshot.id, also) as reader:
                    return ask(reader)
            except QueryError as error:
                if not is_gone(error):
                    raise
        else:
            self.unshared = "an exported snapshot could not be used"
        with self._open().reading(also=also) as reader:
            return ask(reader)

    def _snapshot(self, session: Session, gone: Snapshot | None) -> Snapshot | None:
        """Give the run's snapshot, the next one where it is gone, None where none can be shared."""
        if session.about.pooling is Pooling.TRANSACTION:
            self.unshared = "a pooler in transaction mode lies in between"
        if self.unshared and gone is None:
            return None
        try:
            return self._shared.renewed(gone) if gone else self._shared.current()
        except ReplicaError as error:
            if not error.transient:
                self.unshared = f"a snapshot could not be exported: {error}"
            return None

    def _exporter(self) -> psycopg.Connection[TupleRow]:
        begun = self._begun() or connecting(self._environment, self._application)
        connection = begun.made()
        self._spent.connected()
        return connection

    def _open(self) -> Session:
        if self._session is None or not self._session.alive:
            environment = self._environment
            self._session = open_session(
                environment.replica,
                primary_allowed=environment.primary_allowed,
                limits=environment.limits,
                max_lag=environment.max_lag,
                application=self._application,
                heartbeat=environment.heartbeat,
                look_again=environment.snapshot_max_age,
                spent=self._spent,
                like=self._like.session if self._like else None,
                begun=self._begun(),
            )
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _note(self, error: ReplicaError) -> None:
        """Keep what refused a session, so that the next invariant need not wait for it again."""
        if self._session is None or not self._session.alive:
            self._refusal, self._refused_at = error, time.monotonic()

    def _refuse_while_down(self) -> None:
        if self._refusal is not None and time.monotonic() - self._refused_at < DOWN_FOR:
            raise self._refusal
        self._refusal = None
