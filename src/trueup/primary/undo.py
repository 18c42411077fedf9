"""Undo: the reverse of a journal entry as a plan, applied like any other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec.structs import replace

from trueup.errors import JournalError, PlanError
from trueup.model.invariant import Invariant
from trueup.model.plan import Image, Op, Plan, PlannedCall, PlannedChange, Skipped
from trueup.planfile import seal
from trueup.primary import call_journal, journal, journal_alterations, journal_schema, shares
from trueup.primary import proof as prove
from trueup.primary.alterable import restored
from trueup.primary.alterations import WAYS
from trueup.primary.applied import Moved, Reason, State
from trueup.primary.call_journal import Journaled
from trueup.primary.consequences import Consequences, follow
from trueup.primary.dragged import counted
from trueup.primary.images import read
from trueup.primary.journal import Entry
from trueup.primary.pace import batches
from trueup.primary.planning import PROVE_WITHIN, VALID_FOR, Facts, clock
from trueup.primary.references import may_be_quiet
from trueup.primary.session import Connection, Primary, reading
from trueup.primary.tables import Table, Tables
from trueup.primary.triggers import NORMALLY, QUIETLY
from trueup.primary.trouble import refused
from trueup.primary.units import joined
from trueup.replica.permitted import permitted

NAMELESS = "its table has no primary key, so it cannot be named"
REKEYED = "its table has another key by now"
TABLELESS = "its table is gone, or part of another by now"
NO_WAY_BACK = "a call that was made, and that nothing takes back"
UNSURE = "a call that may have been made; finish it first with `trueup resume`"
GAINED = "other rows refer to it by now"


def plan_undo(
    primary: Primary,
    number: int,
    *,
    facts: Facts,
    watched: Sequence[Invariant],
    prove_within: float = PROVE_WITHIN,
    valid_for: timedelta = VALID_FOR,
) -> Plan:
    """
    Plan to put back what a journal entry moved, dependents and triggers' rows included.

    Only rows that are still as the entry left them are put back; the others are skipped. Rows that
    the entry added, and that others refer to by now, are skipped too. Where the fixer may set
    session_replication_role, no trigger fires, so that each row becomes what it was to the byte;
    where it may not, the plan lists the triggers that will fire, and what they set may differ.
    Raises JournalError for an entry that is not there, is undone already, or has no undo.
    """
    connection = primary.connection
    journal_schema.require(connection, facts.system, facts.environment)
    entry = _undoable(journal.entry(connection, facts.system, number))
    moved = journal.rows(connection, number)
    called = _not_taken_back(connection, entry)
    altered = journal_alterations.of_entry(connection, number)
    with refused("plan the undo", PlanError), reading(connection):
        alterations, unaltered = restored(connection, altered, first=len(moved) + len(called))
        returned = _returned(connection, entry)
        changes, skipped, follows = _taken_back(connection, moved, returned)
        skipped = [*skipped, *unaltered]
        if not alterations and not any(one.state == State.DONE for one in called):
            _require_something(entry, changes, skipped)
        proof = prove.steps(
            connection,
            follows.touched | {WAYS[one.kind].catalog for one in alterations},
            replace(facts.world, permitted=permitted(connection)()),
            watched=watched,
            targets=(),
            within=prove_within,
            batches=batches(len(changes)),
        )
        touched = shares.of(connection, changes, follows)
        made = clock(connection)
    plan = replace(
        facts.blank(entry.fix, primary.database, made, valid_for),
        at_most=len(moved) + len(called) + len(altered),
        changes=tuple(changes),
        calls=tuple(_calls_back(called, len(moved))),
        alterations=tuple(alterations),
        skipped=(*skipped, *_not_called_back(called)),
        dependents=counted(follows.walk.dragged),
        triggers=follows.triggers,
        proof=proof,
        undoes=number,
        shares=touched,
    )
    return seal(plan)


def _undoable(entry: Entry) -> Entry:
    """The entry, where anything of it could be put back; raises JournalError."""
    if entry.no_undo is not None:
        raise JournalError(f"entry {entry.id} cannot be undone: {entry.no_undo}")
    if entry.forgotten is not None:
        raise JournalError(
            f"entry {entry.id} cannot be undone: its rows were forgotten on"
            f" {entry.forgotten:%Y-%m-%d}"
        )
    return entry


def _taken_back(
    connection: Connection, moved: Sequence[Moved], returned: Counter[object]
) -> tuple[list[PlannedChange], list[Skipped], Consequences]:
    """The changes that put rows back, the rows left alone, and what follows."""
    tables = Tables(connection)
    there, tableless = _there(tables, moved)
    changes, skipped = _reversed(connection, tables, there, returned)
    quiet = may_be_quiet(connection, [tables.labelled(one.table) for one in changes])
    enabled = QUIETLY if quiet else NORMALLY
    changes, gained, follows = _without_dependents(connection, tables, changes, enabled)
    return changes, [*tableless, *skipped, *gained], follows


def _there(tables: Tables, moved: Sequence[Moved]) -> tuple[list[Moved], list[Skipped]]:
    """The rows of tables that can still be changed, and the others, which are left alone."""
    can = {label: _can_change(tables, label) for label in dict.fromkeys(one.table for one in moved)}
    return [one for one in moved if can[one.table]], [
        Skipped(table=one.table, key=one.key, reason=TABLELESS)
        for one in moved
        if not can[one.table]
    ]


def _can_change(tables: Tables, label: str) -> bool:
    try:
        tables.labelled(label)
    except PlanError:
        return False
    return True


def _require_something(
    entry: Entry, changes: Sequence[PlannedChange], skipped: Sequence[Skipped]
) -> None:
    if not changes and all(one.reason == Reason.ALREADY for one in skipped):
        by = f", by entry {entry.undone_by[-1]}" if entry.undone_by else ""
        raise JournalError(f"entry {entry.id} is undone already{by}; nothing is left to put back")


def _not_taken_back(connection: Connection, entry: Entry) -> list[Journaled]:
    """The calls of an entry that are to be taken back, or of which nobody was told yet."""
    owed = call_journal.owed(connection, entry.id)
    found = []
    for one in call_journal.of_entry(connection, entry.id):
        said = call_journal.said(one.back_call) if one.back_call else ""
        if owed[said] > 0 or not entry.undone_by:
            found.append(one)
        owed[said] -= 1
    return found


def _calls_back(called: Sequence[Journaled], first: int) -> Iterator[PlannedCall]:
    """The calls that take back those that were made, the last first, each a unit of its own."""
    for unit, one in enumerate(reversed(called), start=first):
        if one.state == State.DONE and one.back_call is not None:
            yield replace(one.back_call, unit=unit)


def _not_called_back(called: Sequence[Journaled]) -> Iterator[Skipped]:
    for one in called:
        if one.state != State.INTENDED and (one.back is None or one.state == State.BEGUN):
            reason = UNSURE if one.state == State.BEGUN else NO_WAY_BACK
            yield Skipped(
                table=one.service, key={"call": f"{one.method} {one.path}"}, reason=reason
            )


def _returned(connection: Connection, entry: Entry) -> Counter[object]:
    """The rows without a key that undos of the entry have put back, which nobody finds again."""
    undone = (one for undo in entry.undone_by for one in journal.rows(connection, undo))
    return Counter(_row(one.table, one.after) for one in undone if not one.key and one.after)


def _row(table: str, whole: Image) -> object:
    return table, frozenset(whole.items())


def _reversed(
    connection: Connection, tables: Tables, moved: Sequence[Moved], returned: Counter[object]
) -> tuple[list[PlannedChange], list[Skipped]]:
    """The change that takes each row back, the last first, and the rows that are left alone."""
    named = []
    for one in reversed(moved):
        table = tables.labelled(one.table)
        named.append((table, replace(one, key=table.in_order(one.key))))
    now = _now(connection, named)
    reasons = [
        _reason(table, one, now.get(place), returned) for place, (table, one) in enumerate(named)
    ]
    units = [_unit(place, one) for place, (_, one) in enumerate(named)]
    left = {unit for unit, reason in zip(units, reasons, strict=True) if reason is not None}
    numbers: dict[object, int] = {}
    changes: list[PlannedChange] = []
    skipped: list[Skipped] = []
    for (table, one), reason, unit in zip(named, reasons, units, strict=True):
        if unit in left:
            said = reason or Reason.TOGETHER
            skipped.append(Skipped(table=one.table, key=one.key, reason=said))
        else:
            number = numbers.setdefault(unit, len(numbers))
            changes.append(_back(table, one, unit=number))
    return changes, skipped


def _unit(place: int, one: Moved) -> object:
    """What is put back at once: a row that got another key is journaled as one gone and one new."""
    return place if one.change is None else (one.table, one.change)


def _now(connection: Connection, named: Sequence[tuple[Table, Moved]]) -> dict[int, Image | None]:
    """What each row is at present, by place; rows without a key are not looked for."""
    by_table: dict[Table, list[int]] = {}
    for place, (table, one) in enumerate(named):
        if table.key and not _is_rekeyed(table, one):
            by_table.setdefault(table, []).append(place)
    now: dict[int, Image | None] = {}
    for table, places in by_table.items():
        keys = [tuple(named[place][1].key[name] for name in table.key) for place in places]
        now |= dict(zip(places, read(connection, table, table.key, keys), strict=True))
    return now


def _reason(table: Table, one: Moved, now: Image | None, returned: Counter[object]) -> str | None:
    """Why a row cannot be put back; None where it can. One that is `returned` is taken off it."""
    if not table.key and one.op is not Op.DELETE:
        return NAMELESS
    if not table.key and one.before and returned[_row(one.table, one.before)] > 0:
        returned[_row(one.table, one.before)] -= 1
        return Reason.ALREADY
    if table.key and _is_rekeyed(table, one):
        return REKEYED
    if now == one.after:
        whole = one.before is None or one.before.keys() == table.columns.keys()
        return None if whole else Reason.DIVERGED
    return Reason.ALREADY if now == one.before else Reason.DIVERGED


def _is_rekeyed(table: Table, one: Moved) -> bool:
    """Whether the table's rows are named by other columns by now."""
    return one.key.keys() != set(table.key)


def _back(table: Table, one: Moved, unit: int) -> PlannedChange:
    if one.before is None:
        return PlannedChange(
            op=Op.DELETE, table=one.table, key=one.key, before=one.after, set={}, unit=unit
        )
    after = one.after
    values = {
        name: one.before[name]
        for name in table.stored
        if after is None or after[name] != one.before[name]
    }
    return PlannedChange(
        op=Op.INSERT if after is None else Op.UPDATE,
        table=one.table,
        key=one.key,
        before=after,
        set=values,
        unit=unit,
    )


def _without_dependents(
    connection: Connection,
    tables: Tables,
    changes: list[PlannedChange],
    enabled: frozenset[str],
) -> tuple[list[PlannedChange], list[Skipped], Consequences]:
    """Leave alone the rows that would take others along, or cannot go because of others."""
    gained: list[Skipped] = []
    while True:
        follows = follow(connection, tables, changes, enabled)
        numbers = joined([one.unit for one in changes], follows.walk.together)
        changes = [replace(one, unit=unit) for one, unit in zip(changes, numbers, strict=True)]
        found = [*follows.walk.dragged, *follows.walk.blocked]
        origins = {one.origin for one in found}
        if not origins:
            return changes, gained, follows
        for place in sorted(origins):
            rows = counted(one for one in found if one.origin == place)
            said = ", ".join(f"{one.rows:,} of {one.table} ({one.constraint})" for one in rows)
            change = changes[place]
            reason = f"{GAINED}: {said}"
            gained.append(Skipped(table=change.table, key=change.key, reason=reason))
        units = {changes[place].unit for place in origins}
        gained += [
            Skipped(table=one.table, key=one.key, reason=Reason.TOGETHER)
            for place, one in enumerate(changes)
            if one.unit in units and place not in origins
        ]
        changes = [one for one in changes if one.unit not in units]
