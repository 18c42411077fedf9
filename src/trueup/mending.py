"""Mending: what the verbs plan, apply, undo and journal do, from a project to the primary."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trueup import catalog, planfile, signature
from trueup.config import SAMPLE, Project
from trueup.environment import Environment, environments
from trueup.errors import ApplyError, CatalogError, ConfigError, PlanError
from trueup.model.invariant import Invariant
from trueup.model.plan import Approval, Plan
from trueup.primary import apply as applying
from trueup.primary import journal, planning, shares, undo
from trueup.primary.applied import Applied, Moved
from trueup.primary.apply import Orders, Told
from trueup.primary.journal import Entry, Recorded
from trueup.primary.session import APPLICATION, Primary, open_primary
from trueup.progress import while_slow
from trueup.replica.connection import connect
from trueup.replica.session import Session, open_session
from trueup.replica.visitor import Visitor

COLLECT_AFTER = 100_000
"""Objects between two collections while a plan is applied."""

Opened = tuple[Entry, list[Moved], list[Recorded]]
"""A journal entry, the rows that it moved, and what proved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asked to plan; nothing narrows it where a field is empty."""

    name: str
    environment: str
    invariants: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()
    reason: str = ""
    as_of: datetime | None = None
    share: float | None = None


def plan(project: Project, asked: Asked) -> Plan:
    """
    Plan a fix on the primary, which is only read.

    Raises CatalogError for a fix or an invariant that is not there, PlanError where no plan can be
    made, ConfigError where the environment lacks a primary.
    """
    system, _, name = asked.name.partition(".")
    if not name:
        raise CatalogError(f"{asked.name!r} is no fix; write SYSTEM.FIX, `trueup list` shows them")
    known = catalog.load(project.root, (system,))
    fix = catalog.find_fix(project.root, system, name)
    paired = _narrowed(known.naming(fix, system), asked)
    with _primary(project, asked.environment, system) as (environment, primary):
        now = asked.as_of or environment.clock or planning.clock(primary.connection)
        with _others(environment, paired) as others, while_slow("asking the primary"):
            return planning.make(
                primary,
                fix,
                paired,
                facts=_facts(project, environment, asked.reason, now),
                watched=known.of(system),
                only=asked.only or None,
                others=others,
                prove_within=environment.prove_within,
                share=shares.MOST if asked.share is None else asked.share,
            )


def plan_undo(
    project: Project, environment: str, system: str, entry: int, reason: str = ""
) -> Plan:
    """
    Plan to put back what a journal entry moved.

    Raises JournalError for an entry that is not there, is undone already, or has no undo.
    """
    known = catalog.load(project.root, (system,))
    with _primary(project, environment, system) as (found, primary):
        now = found.clock or planning.clock(primary.connection)
        return undo.plan_undo(
            primary,
            entry,
            facts=_facts(project, found, reason, now),
            watched=known.of(system),
            prove_within=found.prove_within,
        )


def apply(
    project: Project,
    plan: Plan,
    *,
    most: int | None = None,
    told: Told | None = None,
    witness: bool = True,
) -> Applied:
    """
    Apply a plan where it was made, and let the replica witness it.

    Without `witness` nothing is asked of the replica afterwards: for the night on which it is down.
    Raises ApplyError where nothing was changed, ProofError where it was rolled back.
    """
    known = catalog.load(project.root, (plan.system,))
    # A batch makes thousands of objects and no cycles: looking for some takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    with (
        _primary(project, plan.environment, plan.system) as (environment, primary),
        _replica(environment) if witness else nullcontext() as replica,
        while_slow("applying, and waiting for the replica to show it"),
    ):
        require_approved(plan, environment)
        return applying.apply(
            plan,
            primary,
            Orders(by=signature.operator(), most=most, told=told),
            watched=known.of(plan.system),
            settings=environment.settings,
            replica=replica,
        )


def entries(project: Project, environment: str, system: str) -> list[Entry]:
    """The newest entries of a system's journal."""
    with _primary(project, environment, system) as (_, primary):
        journal.require(primary.connection, system, environment)
        return journal.entries(primary.connection, system)


def entry(project: Project, environment: str, system: str, number: int) -> Opened:
    """One entry, with the rows that it moved and what proved it."""
    with _primary(project, environment, system) as (_, primary):
        journal.require(primary.connection, system, environment)
        found = journal.entry(primary.connection, system, number)
        rows = journal.rows(primary.connection, number)
        return found, rows, journal.proofs(primary.connection, number)


def require_consent(plan: Plan, agreed: bool) -> None:
    """Raise ApplyError for a plan that cannot be undone, unless that was agreed to."""
    if plan.undo is not None and plan.does_something and not agreed:
        raise ApplyError(
            f"{plan.name} cannot be undone: {plan.undo.rstrip('.')}; apply it with --no-undo"
        )


def write(plan: Plan, path: Path) -> None:
    """Write a plan file; raises PlanError where the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(planfile.lines(plan))
    except OSError as error:
        raise PlanError(f"the plan could not be written to {path}: {error.strerror}") from None


def approve(plan: Plan, path: Path, note: str = "") -> Approval:
    """
    Add to a plan file that somebody else than its planner approves it; gives the approval.

    Raises ApplyError for one's own plan, for one that does nothing, and for one that has expired.
    """
    by = signature.operator()
    now = datetime.now(UTC)
    if by == plan.by:
        raise ApplyError(f"{by} made this plan; somebody else has to approve it")
    if not plan.does_something:
        raise ApplyError("the plan changes nothing, so there is nothing to approve")
    if now >= plan.expires:
        raise ApplyError(f"the plan expired at {plan.expires:%Y-%m-%d %H:%M} UTC; plan again")
    approval = Approval(by=by, at=now, digest=plan.digest, note=note)
    try:
        with path.open("ab") as file:
            file.write(planfile.approved(approval))
    except OSError as error:
        raise PlanError(f"{path} could not be written: {error.strerror}") from None
    return approval


def require_approved(plan: Plan, environment: Environment) -> None:
    """Raise ApplyError where the environment wants an approval that the plan does not have."""
    if not environment.approval or not plan.does_something:
        return
    given = [one for one in plan.approvals if one.digest == plan.digest and one.by != plan.by]
    if not given:
        raise ApplyError(
            f"{environment.name} wants somebody else than {plan.by} to approve the plan; they run"
            " `trueup approve` on its file"
        )


def read(path: Path) -> Plan:
    """Read a plan file; raises PlanError where there is none or it was changed."""
    try:
        with path.open("rb") as file:
            return planfile.load(file)
    except OSError as error:
        raise PlanError(
            f"no plan can be read from {path}: {error.strerror}; make one with `trueup plan`"
        ) from None


def install_journal(project: Project, name: str, system: str, fixer: str) -> None:
    """Install the journal as its owner, for the role that fixes; raises JournalError."""
    with environments(project, name, (system,)) as found:
        environment = found[system]
        journal.install(environment.needs("owner", environment.owner), fixer)


@contextmanager
def _primary(project: Project, name: str, system: str) -> Iterator[tuple[Environment, Primary]]:
    """The system's primary; the sample's has its journal, as a real one gets it once."""
    with environments(project, name, (system,)) as found:
        environment = found[system]
        dsn = environment.needs("primary", environment.primary)
        with open_primary(dsn, environment.limits) as primary:
            if name == SAMPLE and not journal.installed(primary.connection):
                journal.install(environment.needs("owner", environment.owner), primary.role)
            yield environment, primary


@contextmanager
def _replica(environment: Environment) -> Iterator[Session]:
    session = open_session(
        environment.replica,
        primary_allowed=environment.primary_allowed,
        limits=environment.limits,
        max_lag=environment.max_lag,
        application=APPLICATION,
    )
    try:
        yield session
    finally:
        session.close()


@contextmanager
def _others(
    environment: Environment, paired: tuple[Invariant, ...]
) -> Iterator[Mapping[str, object]]:
    """What the paired invariants ask for that the primary does not give."""
    if not any("visitor" in invariant.asks for invariant in paired):
        yield {}
        return
    dsn = environment.needs("visitor", environment.visitor)
    standby = not environment.primary_allowed
    visitor = Visitor(connect(dsn, standby=standby, application=APPLICATION))
    try:
        yield {"visitor": visitor}
    finally:
        visitor.close()


def _narrowed(paired: tuple[Invariant, ...], asked: Asked) -> tuple[Invariant, ...]:
    names = {invariant.name for invariant in paired}
    for name in asked.invariants:
        if name not in names:
            there = ", ".join(sorted(names)) or "none"
            raise ConfigError(f"{asked.name} mends no {name!r}; it is named by {there}")
    return tuple(i for i in paired if not asked.invariants or i.name in asked.invariants)


def _facts(
    project: Project, environment: Environment, reason: str, now: datetime
) -> planning.Facts:
    return planning.Facts(
        system=environment.system,
        environment=environment.name,
        by=signature.operator(),
        reason=reason,
        code=signature.code(project.root),
        now=now,
        settings=environment.settings,
    )
