"""Mending: what the verbs plan, apply, undo and journal do, from a project to the primary."""

import gc
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from trueup import catalog, signature
from trueup.config import Project
from trueup.environment import Environment, environments
from trueup.errors import CatalogError, ConfigError
from trueup.mending import files, opened
from trueup.model.fix import Fix, columns
from trueup.model.invariant import Invariant
from trueup.model.plan import Plan
from trueup.model.violation import Violation
from trueup.primary import apply as applying
from trueup.primary import (
    call_journal,
    journal,
    journal_alterations,
    journal_schema,
    planning,
    shares,
    typed,
    undo,
)
from trueup.primary import resume as resuming
from trueup.primary.applied import Altered, Applied, Moved
from trueup.primary.apply import PATIENCE, Orders, Told
from trueup.primary.call_journal import Journaled
from trueup.primary.calls import Caller
from trueup.primary.interrupt import held_back
from trueup.primary.journal import Entry, Recorded
from trueup.primary.late import Witness
from trueup.primary.proof import World
from trueup.primary.session import observing
from trueup.progress import while_slow

if TYPE_CHECKING:
    from trueup.readers.stripe.reader import Stripe

COLLECT_AFTER = 100_000
"""Objects between two collections while a plan is applied."""

Opened = tuple[Entry, list[Moved], list[Recorded], list[Journaled], list[Altered]]
"""A journal entry, the rows that it moved, what proved it, its calls and its alterations."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the command line asked to plan; nothing narrows it where a field is empty."""

    name: str
    environment: str
    invariants: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()
    reason: str = ""
    as_of: datetime | None = None
    share: float | None = None
    rows: tuple[Mapping[str, str], ...] = ()


def plan(project: Project, asked: Asked) -> Plan:
    """
    Plan a fix on the primary, which is only read.

    Raises CatalogError for a fix or an invariant that is not there, PlanError where no plan can be
    made, ConfigError where the environment lacks a primary.
    """
    system, _, name = asked.name.partition(".")
    if not name:
        raise CatalogError(f"{asked.name!r} is no fix; write SYSTEM.FIX, `trueup list` shows them")
    known = _catalog(project, system)
    fix = catalog.find_fix(project.root, system, name)
    naming = known.naming(fix, system)
    rows = _rows(fix, asked, naming)
    paired = () if rows else _narrowed(naming, asked)
    with opened.primary_of(project, asked.environment, system) as (environment, primary):
        now = asked.as_of or environment.clock or planning.clock(primary.connection)
        with (
            opened.others(environment, paired, fix) as others,
            opened.stripe_of(environment, paired, paired) as stripe,
            while_slow("asking the primary"),
        ):
            return planning.make(
                primary,
                fix,
                paired,
                facts=_facts(project, environment, asked.reason, now, stripe),
                watched=known.of(system),
                only=asked.only or None,
                others=others,
                prove_within=environment.prove_within,
                rows=rows,
                share=shares.MOST if asked.share is None else asked.share,
            )


def plan_undo(
    project: Project, environment: str, system: str, entry: int, reason: str = ""
) -> Plan:
    """
    Plan to put back what a journal entry moved.

    Raises JournalError for an entry that is not there, is undone already, or has no undo.
    """
    known = _catalog(project, system)
    with (
        opened.primary_of(project, environment, system) as (found, primary),
        opened.stripe_of(found) as stripe,
    ):
        now = found.clock or planning.clock(primary.connection)
        return undo.plan_undo(
            primary,
            entry,
            facts=_facts(project, found, reason, now, stripe),
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
        opened.primary_of(project, plan.environment, plan.system, owner=bool(plan.alterations)) as (
            environment,
            primary,
        ),
        opened.replica_of(environment) if witness else nullcontext() as replica,
        opened.stripe_of(environment, (), _proving(plan, known), second_look=False) as stripe,
        opened.storage_of(environment) as storage,
        while_slow("applying, and waiting for the replica to show it"),
    ):
        files.require_approved(plan, environment)
        if plan.wants_owner:
            environment.needs("owner", environment.owner)
        return applying.apply(
            plan,
            primary,
            Orders(by=signature.operator(), most=most, told=told),
            watched=known.of(plan.system),
            settings=environment.settings,
            services=opened.services(environment),
            replica=replica,
            stripe=stripe,
            storage=storage,
        )


def resume(
    project: Project,
    environment: str,
    system: str,
    entry: int,
    *,
    repeat: bool = False,
    made: bool = False,
    witness: bool = True,
) -> Applied:
    """
    Finish an entry that was interrupted after its commit: its calls, and its late proof.

    `repeat` and `made` are a person's word about calls of which nobody knows whether they were
    made. Raises JournalError for an entry that is not there.
    """
    known = _catalog(project, system)
    with (
        opened.primary_of(project, environment, system) as (found, primary),
        opened.replica_of(found) if witness else nullcontext() as replica,
        observing(primary) as observer,
        opened.stripe_of(found) as stripe,
        opened.storage_of(found) as storage,
        held_back() as stop,
        while_slow("finishing what was interrupted"),
    ):
        journal_schema.require(primary.connection, system, environment)
        now = found.clock or planning.clock(primary.connection)
        return resuming.resume(
            primary.connection,
            system,
            entry,
            watched=known.of(system),
            caller=Caller(
                connection=primary.connection,
                services=opened.services(found),
                stop=stop,
                repeat=repeat,
                made=made,
            ),
            witness=Witness(
                observer=observer,
                replica=replica,
                world=World(now, found.settings, stripe=stripe, storage=storage),
                patience=PATIENCE,
                stop=stop,
            ),
        )


def entries(project: Project, environment: str, system: str) -> list[Entry]:
    """The newest entries of a system's journal."""
    with opened.primary_of(project, environment, system) as (_, primary):
        journal_schema.require_there(primary.connection, system, environment)
        return journal.entries(primary.connection, system)


def entry(project: Project, environment: str, system: str, number: int) -> Opened:
    """One entry, with the rows that it moved, what proved it, its calls and its alterations."""
    with opened.primary_of(project, environment, system) as (_, primary):
        journal_schema.require_there(primary.connection, system, environment)
        found = journal.entry(primary.connection, system, number)
        rows = journal.rows(primary.connection, number)
        calls = call_journal.of_entry(primary.connection, number)
        altered = journal_alterations.of_entry(primary.connection, number)
        return found, rows, journal.proofs(primary.connection, number), calls, altered


def install_journal(
    project: Project, name: str, system: str, fixer: str, reader: str | None = None
) -> None:
    """Install the journal as its owner, for the role that fixes; raises JournalError."""
    with environments(project, name, (system,)) as found:
        environment = found[system]
        journal_schema.install(environment.needs("owner", environment.owner), fixer, reader)


def forget(project: Project, name: str, system: str, older_than: timedelta) -> int:
    """Forget what old entries changed, as the journal's owner; gives how many rows went."""
    with environments(project, name, (system,)) as found:
        environment = found[system]
        owner = environment.needs("owner", environment.owner)
        return journal_schema.forget(owner, older_than, signature.operator())


def _catalog(project: Project, system: str) -> catalog.Catalog:
    """What is watched of a system; raises ConfigError where the project has none of that name."""
    project.system(system)
    return catalog.load(project.root, (system,))


def _rows(fix: Fix, asked: Asked, naming: Sequence[Invariant]) -> list[Violation]:
    """What the operator typed; raises ConfigError where that is missing or does not go together."""
    if not asked.rows:
        if fix.row is not None and not naming:
            said = ", ".join(columns(fix.row))
            raise ConfigError(
                f"{asked.name} wants rows: {said}; write column=value, or --rows FILE"
            )
        return []
    if asked.only or asked.invariants:
        raise ConfigError("rows, --only and --invariant all say what it is about; give one")
    if not asked.reason:
        raise ConfigError("say why, with --reason; the journal keeps it")
    return typed.checked(fix, asked.rows)


def _narrowed(paired: tuple[Invariant, ...], asked: Asked) -> tuple[Invariant, ...]:
    names = {invariant.name for invariant in paired}
    for name in asked.invariants:
        if name not in names:
            there = ", ".join(sorted(names)) or "none"
            raise ConfigError(f"{asked.name} mends no {name!r}; it is named by {there}")
    return tuple(i for i in paired if not asked.invariants or i.name in asked.invariants)


def _proving(plan: Plan, known: catalog.Catalog) -> list[Invariant]:
    """The invariants that prove a plan."""
    names = {step.invariant for step in plan.proof}
    return [found for found in known.of(plan.system) if found.name in names]


def _facts(
    project: Project,
    environment: Environment,
    reason: str,
    now: datetime,
    stripe: "Stripe | None" = None,
) -> planning.Facts:
    return planning.Facts(
        system=environment.system,
        environment=environment.name,
        by=signature.operator(),
        reason=reason,
        code=signature.code(project.root),
        now=now,
        settings=environment.settings,
        services=frozenset(environment.services),
        stripe=stripe,
        person=catalog.person(project.root, environment.system),
    )
