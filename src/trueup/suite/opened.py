"""The systems of a run, opened: one guarded session each, and the run's one instant."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from trueup.config import Project
from trueup.environment import Environment, environments
from trueup.errors import ConfigError, GuardError, ReplicaError
from trueup.evaluate import evaluate
from trueup.model.invariant import Invariant
from trueup.model.run import SystemRecord
from trueup.model.verdict import Outcome, Verdict
from trueup.replica.connection import connect
from trueup.replica.freshness import Freshness
from trueup.replica.session import Session, open_session
from trueup.replica.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Moment:
    """The run's one instant, and which clock it came from."""

    now: datetime
    clock: str


class Systems:
    """Sessions by system, opened when first needed and kept; a closed one is opened again."""

    def __init__(
        self, project: Project, environment: str, names: tuple[str, ...], run: str
    ) -> None:
        self._stack = ExitStack()
        self._environments = self._stack.enter_context(environments(project, environment, names))
        self._sessions: dict[str, Session | ReplicaError] = {}
        self._visitors: dict[str, Visitor] = {}
        self._application = f"trueup/{run}"

    @property
    def environments(self) -> Mapping[str, Environment]:
        """The environment of each system."""
        return self._environments

    def close(self) -> None:
        """End every session, and the sample where it is nobody else's."""
        for session in self._sessions.values():
            if isinstance(session, Session):
                session.close()
        for visitor in self._visitors.values():
            visitor.close()
        self._stack.close()

    def moment(self, as_of: datetime | None) -> Moment:
        """
        The instant that every system is asked about.

        It is the one asked for, or the sample's standing clock, or the replicas' clock: never
        later than what the slowest of them has replayed.
        """
        if as_of is not None:
            return Moment(as_of, "asked for with --as-of")
        standing = [e.clock for e in self._environments.values() if e.clock is not None]
        if standing:
            return Moment(min(standing), "the sample's clock, which stands still")
        read = [self._session(name) for name in self._environments]
        instants = [s.about.freshness.as_of for s in read if isinstance(s, Session)]
        if instants:
            return Moment(min(instants).astimezone(UTC), "the replica's clock")
        return Moment(datetime.now(UTC), "this machine's clock, since no replica answered")

    def outcome(self, invariant: Invariant, now: datetime) -> Outcome:
        """Evaluate one invariant in a transaction of its own."""
        session = self._session(invariant.system)
        if isinstance(session, ReplicaError):
            return Outcome(verdict=Verdict.UNKNOWN, reason=str(session))
        freshness = session.about.freshness
        if not freshness.usable:
            return Outcome(verdict=Verdict.UNKNOWN, reason=freshness.words)
        try:
            with session.reading() as reader:
                resources = self.resources(invariant.system, now, invariant.asks)
                return evaluate(invariant, resources | {"replica": reader})
        except ReplicaError as error:
            return Outcome(verdict=Verdict.UNKNOWN, reason=str(error))

    def record(self, system: str) -> SystemRecord:
        """What was opened for one system, in a form that is safe to publish."""
        environment = self._environments[system]
        session = self._session(system)
        if isinstance(session, ReplicaError):
            return SystemRecord(name=system, title=environment.title, reason=str(session))
        about = session.about
        primary = about.freshness.freshness is Freshness.PRIMARY
        return SystemRecord(
            name=system,
            title=environment.title,
            server="primary" if primary else "standby",
            role=about.role,
            version=about.version,
            database=about.database,
            freshness=f"{about.freshness.freshness}: {about.freshness.words}",
            primary_allowed=primary,
            connections=1,
            reason="" if about.freshness.usable else about.freshness.words,
        )

    def session(self, system: str) -> Session:
        """The guarded session of one system; raises ReplicaError where it cannot be had."""
        session = self._session(system)
        if isinstance(session, ReplicaError):
            raise session
        return session

    def resources(self, system: str, now: datetime, asks: tuple[str, ...]) -> dict[str, object]:
        """What an invariant or a metric may ask for beside the replica, made when asked for."""
        found: dict[str, object] = {"now": now, "settings": self._environments[system].settings}
        if "visitor" in asks:
            found["visitor"] = self._visitor(system)
        return found

    def _session(self, system: str) -> Session | ReplicaError:
        known = self._sessions.get(system)
        if known is None or (isinstance(known, Session) and not known.alive):
            known = self._sessions[system] = self._open(self._environments[system])
        return known

    def _open(self, environment: Environment) -> Session | ReplicaError:
        try:
            return open_session(
                environment.replica,
                primary_allowed=environment.primary_allowed,
                limits=environment.limits,
                max_lag=environment.max_lag,
                application=self._application,
            )
        except ReplicaError as error:
            return error

    def _visitor(self, system: str) -> Visitor:
        known = self._visitors.get(system)
        if known is None or not known.alive:
            environment = self._environments[system]
            try:
                dsn = environment.needs("visitor", environment.visitor)
            except ConfigError as error:
                raise GuardError(str(error)) from None
            standby = not environment.primary_allowed
            self._visitors[system] = Visitor(
                connect(dsn, standby=standby, application=self._application)
            )
        return self._visitors[system]
