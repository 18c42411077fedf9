"""The systems of a run, opened: what is asked of each, and what lies outside of its database."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from trueup.config import Project
from trueup.environment import Environment, environments
from trueup.errors import ConfigError, GuardError, ReplicaError
from trueup.evaluate import could_not_look, evaluate
from trueup.model.cost import CostRecord, SlowRecord
from trueup.model.invariant import Invariant
from trueup.model.run import SystemRecord
from trueup.model.verdict import Outcome, Verdict
from trueup.readers.stripe.account import StripeAccount
from trueup.replica.connection import connect
from trueup.replica.freshness import Freshness
from trueup.replica.reader import Reader
from trueup.replica.slow import SLOW, Slow
from trueup.replica.visitor import Visitor
from trueup.suite.ahead import Ahead, Learned
from trueup.suite.begun import Begun, application
from trueup.suite.beside import Beside
from trueup.suite.probes import Probes
from trueup.suite.source import Answer
from trueup.suite.sources import Sources

if TYPE_CHECKING:
    from trueup.readers.http.probe import Http
    from trueup.readers.storage.reader import Storage
    from trueup.readers.stripe.reader import Stripe


FETCHED = frozenset({"stripe", "storage"})
"""Resources whose lists are fetched whole, before anybody looks at them."""


class Systems:
    """
    The systems of a run, by their sources, and what else their invariants may ask.

    What is `held` for as long as it is open, as the sample is, ends with it. So many `processes`
    share what connections a run may have, of which each has one at least.
    """

    def __init__(self, sources: Sources, held: ExitStack | None = None, processes: int = 1) -> None:
        self.sources = sources
        self._processes = processes
        self._held = held or ExitStack()
        self._slow: dict[str, dict[str, Slow]] = defaultdict(dict)
        self._aheads: dict[str, Ahead] = {}
        self._besides: dict[str, Beside] = {}
        self._probes: dict[str, Probes] = {}
        self._visitors: dict[str, Visitor] = {}
        self._stripes: dict[str, Stripe] = {}
        self._https: dict[str, Http] = {}
        self._storages: dict[str, Storage] = {}

    @classmethod
    def of(
        cls,
        project: Project,
        environment: str,
        names: Sequence[str],
        run: str = "",
        folder: Path | None = None,
        *,
        processes: int = 1,
    ) -> "Systems":
        """
        Those of an environment, by their names, for a run that exists or one of its own.

        Raises ConfigError for an environment that one of them lacks.
        """
        held = ExitStack()
        found = held.enter_context(environments(project, environment, names))
        return cls(Sources(found, Begun(run=run), folder), held, processes)

    @property
    def environments(self) -> Mapping[str, Environment]:
        """The environment of each system."""
        return self.sources.environments

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be in anything that is published."""
        return tuple(one for each in self.environments.values() for one in each.secrets)

    @property
    def folder(self) -> Path:
        """Where the processes of one run find what they share."""
        return self.sources.folder

    def stop(self) -> None:
        """Ask and fetch nothing further ahead, and stop what is being asked."""
        for beside in self._besides.values():
            beside.stop()
        for ahead in self._aheads.values():
            ahead.close()

    def close(self) -> None:
        """End every session, and the sample where it is nobody else's."""
        self.stop()
        for visitor in self._visitors.values():
            visitor.close()
        for stripe in self._stripes.values():
            stripe.close()
        for http in self._https.values():
            http.close()
        for storage in self._storages.values():
            storage.close()
        self.sources.close()
        self._held.close()

    def begin(
        self, invariants: Sequence[Invariant], now: datetime, learned: Learned = dict
    ) -> None:
        """
        Ask what these invariants ask, ahead of their turn, system by system.

        What lies outside is fetched beside it. `learned` says how many seconds each took before. A
        system that has begun already only keeps to these, and leaves the others.
        """
        for system, environment in self.environments.items():
            mine = [one for one in invariants if one.system == system]
            if system in self._aheads:
                ids = {one.id for one in mine}
                self._aheads[system].keep(ids)
                self._probes[system].keep(ids)
                continue
            if not mine:
                continue
            self._probes[system] = Probes(mine, lambda one: self._evaluated(one, now))
            source = self.sources[system]
            another = partial(self.sources.another, system, source)
            ahead = Ahead(source, another, max(1, environment.connections // self._processes))
            self._aheads[system] = ahead
            self._besides[system] = Beside(filter(_is_fetched_for, mine), self._fetch)
            ahead.begin(mine, self.resources(system, now, ()), learned)

    def outcome(self, invariant: Invariant, now: datetime) -> Outcome:
        """The outcome that was found ahead, or else that of a transaction of its own."""
        ahead = self._aheads.get(invariant.system)
        if ahead is None:
            return self._evaluated(invariant, now)
        probes = self._probes[invariant.system]
        found = probes.outcome(invariant) or ahead.outcome(invariant, probes.one)
        return found or self._evaluated(invariant, now)

    def _evaluated(self, invariant: Invariant, now: datetime) -> Outcome:
        """Evaluate one invariant by itself, again where that may help."""
        source = self.sources[invariant.system]

        def judged(reader: Reader) -> Outcome:
            freshness = source.freshness
            if not freshness.usable:
                return Outcome(
                    verdict=Verdict.UNKNOWN, reason=freshness.words, remedy=freshness.remedy
                )
            resources = self.resources(invariant.system, now, invariant.asks, held=True)
            outcome = evaluate(invariant, resources | {"replica": reader})
            if reader.seconds >= SLOW and reader.sent:
                slow = Slow(reader.seconds, reader.sent, (invariant.id,))
                self._slow[invariant.system][invariant.id] = slow
            return outcome

        try:
            if _is_fetched_for(invariant):
                self._wait(invariant.system)
                self._fetch(invariant)
            if invariant.is_outside:
                return evaluate(invariant, self.resources(invariant.system, now, invariant.asks))
            return source.asked(judged, lambda outcome: outcome.transient)
        except ReplicaError as error:
            return could_not_look(error)

    def asked(self, system: str, ask: Callable[[Reader], Answer]) -> Answer:
        """Ask a system's replica in a guarded transaction; raises ReplicaError."""
        return self.sources[system].asked(ask)

    def sees_journal(self, system: str) -> bool:
        """Whether a system's replica shows what was applied; raises ReplicaError."""
        return self.sources[system].opened().seen().journal

    def record(self, system: str) -> SystemRecord:
        """What was opened for one system, in a form that is safe to publish."""
        environment = self.environments[system]
        source = self.sources[system]
        try:
            session = source.opened()
        except ReplicaError as error:
            return SystemRecord(name=system, title=environment.title, reason=str(error))
        about, freshness = session.about, session.freshness
        primary = freshness.freshness is Freshness.PRIMARY
        return SystemRecord(
            name=system,
            title=environment.title,
            server="primary" if primary else "standby",
            role=about.role,
            version=about.version,
            database=about.database,
            freshness=f"{freshness.freshness}: {freshness.words}",
            primary_allowed=primary,
            stripe=self._stripe_words(system),
            pooling=str(about.pooling),
            opened_in=round(about.opened_in, 3),
            skew=round(freshness.skew.total_seconds(), 3),
            unshared=source.unshared,
            reason="" if freshness.usable else freshness.words,
        )

    def cost(self, system: str, *, explain: bool) -> CostRecord:
        """
        What this process cost one system's server, what took longest explained where asked.

        It is the last to be asked of a system, which need not hold its snapshot any longer.
        """
        source = self.sources[system]
        ahead = self._aheads.get(system)
        if ahead:
            ahead.close()
        slow = [*self._slow[system].values(), *(ahead.slow if ahead else ())]
        slowest: tuple[SlowRecord, ...] = ()
        if slow:
            from trueup.suite.slowest import told  # noqa: PLC0415  # most runs have nothing slow

            slowest = told(source, slow, explain=explain)
        source.release()
        return replace(self.sources.spent[system].record(), slowest=slowest)

    def _stripe_words(self, system: str) -> str:
        account = self.environments[system].stripe
        if account is None:
            return ""
        from trueup.readers.stripe.reader import VERSION  # noqa: PLC0415  # as below

        return f"{'live' if account.live else 'test'} mode, API version {VERSION}"

    def resources(
        self, system: str, now: datetime, asks: tuple[str, ...], *, held: bool = False
    ) -> dict[str, object]:
        """
        What an invariant or a metric may ask for beside the replica, made when asked for.

        Where a transaction is `held` meanwhile, addresses are not waited for long.
        """
        found: dict[str, object] = {"now": now, "settings": self.environments[system].settings}
        if not FETCHED.isdisjoint(asks):
            self._wait(system)
        if "visitor" in asks:
            found["visitor"] = self._visitor(system)
        if "stripe" in asks:
            found["stripe"] = self._stripe(system)
        if "http" in asks:
            from trueup.readers.http.probe import HELD  # noqa: PLC0415  # by need, as the others

            found["http"] = self._http(system).within(HELD) if held else self._http(system)
        if "storage" in asks:
            found["storage"] = self._storage(system)
        return found

    def _http(self, system: str) -> "Http":
        """The addresses of the system's environment."""
        if system not in self._https:
            from trueup.readers.http.probe import Http  # noqa: PLC0415  # by need, as the next

            self._https[system] = Http(self.environments[system].addresses)
        return self._https[system]

    def _storage(self, system: str) -> "Storage":
        """The buckets of the system's environment."""
        if system not in self._storages:
            from trueup.readers.storage.reader import Storage  # noqa: PLC0415  # by need

            buckets = self.environments[system].storage
            self._storages[system] = Storage(buckets, self.folder / f"{system}.storage")
        return self._storages[system]

    def _wait(self, system: str) -> None:
        if system in self._besides:
            self._besides[system].wait()

    def _fetch(self, invariant: Invariant) -> None:
        """A list of a hundred thousand takes longer than the server lets a transaction idle."""
        if "stripe" in invariant.asks:
            from trueup.readers.stripe.fetch import fetch  # noqa: PLC0415  # as in the next

            fetch(self._stripe(invariant.system), [invariant])
        stored = [of for of in invariant.over.values() if invariant.is_stored(of)]
        if stored:
            self._storage(invariant.system).fetch(stored)

    def _stripe(self, system: str) -> "Stripe | None":
        """The system's Stripe account; None where the environment names none."""
        account = stripe_account(self.environments[system])
        if account is None:
            return None
        if system not in self._stripes:
            # A run that never asks Stripe does not load its library, which takes half a second.
            from trueup.readers.stripe.reader import Stripe  # noqa: PLC0415  # as the line above says

            self._stripes[system] = Stripe(account, self.folder / f"stripe-{system}")
        return self._stripes[system]

    def _visitor(self, system: str) -> Visitor:
        known = self._visitors.get(system)
        if known is None or not known.alive:
            environment = self.environments[system]
            try:
                dsn = environment.needs("visitor", environment.visitor)
            except ConfigError as error:
                raise GuardError(str(error)) from None
            standby, named = not environment.primary_allowed, application(self.sources.begun.run)
            connection = connect(dsn, standby=standby, application=named)
            spent = self.sources.spent[system]
            self._visitors[system] = Visitor(connection, environment.limits.statement, spent)
        return self._visitors[system]


def _is_fetched_for(invariant: Invariant) -> bool:
    """Whether it needs whole lists of what is not in the database."""
    return not FETCHED.isdisjoint(invariant.asks) or any(
        map(invariant.is_stored, invariant.over.values())
    )


def stripe_account(environment: Environment) -> StripeAccount | None:
    """The account, None where none is named; raises GuardError where its key is not there."""
    if environment.stripe is None and "stripe" in environment.unset:
        variable = environment.unset["stripe"]
        raise GuardError(
            f"the variable {variable} is not set; {environment.name} reads Stripe by it"
        )
    return environment.stripe
