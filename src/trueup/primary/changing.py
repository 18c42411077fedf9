"""Making a batch's changes, and no more by foreign keys than whoever read the plan agreed to."""

from collections.abc import Sequence

from trueup.errors import ApplyError
from trueup.model.plan import Op, PlannedChange
from trueup.primary import carry, references
from trueup.primary.applied import Cause
from trueup.primary.consequences import dragged_by
from trueup.primary.dragged import Dragged, counted
from trueup.primary.effects import Known
from trueup.primary.images import LOCKED
from trueup.primary.locking import Planned
from trueup.primary.tables import Tables
from trueup.primary.work import Work
from trueup.report.phrase import plural


def change(work: Work, tables: Tables, kept: Sequence[Planned]) -> list[Known]:
    """Make the changes, and say what else foreign keys will have changed with them."""
    changes = [one.change for one in kept]
    found = dragged_by(work.connection, tables, changes, LOCKED)
    _require_as_planned(work, found.dragged, found.blocked)
    undoing = work.plan.undoes is not None
    quiet = undoing and references.may_be_quiet(work.connection, [one.table for one in kept])
    if quiet:
        work.connection.execute("set local session_replication_role = replica")
    # Where all is quiet no foreign key minds; a row that got another key goes before it comes back.
    first = [] if quiet else _in_order(changes, found.together)
    known = carry.out(work.connection, tables, kept, first=first, as_they_were=undoing)
    if quiet:
        work.connection.execute("set local session_replication_role = origin")
    return [_dragged(one) for one in reversed(found.dragged)] + known


def _in_order(
    changes: Sequence[PlannedChange], together: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Whoever refers to a row goes before it does, but follows it to another key."""
    return [one if changes[one[0]].op is Op.DELETE else one[::-1] for one in together]


def _require_as_planned(work: Work, dragged: Sequence[Dragged], blocked: Sequence[Dragged]) -> None:
    """Refuse to drag along more than whoever read the plan has agreed to."""
    if blocked:
        one = counted(blocked)[0]
        raise ApplyError(
            f"{plural(one.rows, 'row')} of {one.table} came in the way ({one.constraint});"
            " nothing was changed, plan again"
        )
    work.dragged.update(one.name for one in dragged)
    agreed = {(one.table, one.constraint, one.action): one.rows for one in work.plan.dependents}
    for name, rows in work.dragged.items():
        if rows > agreed.get(name, 0):
            raise ApplyError(
                f"{plural(rows, 'row')} of {name[0]} would be dragged along ({name[1]}), and the"
                f" plan says {agreed.get(name, 0):,}; nothing was changed, plan again"
            )


def _dragged(one: Dragged) -> Known:
    if not one.goes and not one.table.key:
        raise ApplyError(
            f"rows of {one.table.label} would get another parent or none ({one.key.name}), and"
            " without a primary key they could not be named in the journal; nothing was changed"
        )
    key = tuple(one.before[name] for name in one.table.key)
    op = Op.DELETE if one.goes else Op.UPDATE
    return Known(one.table, key, one.before, op, Cause.CASCADE)
