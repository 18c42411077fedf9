"""
Enable a trigger again; what it missed meanwhile is for the invariants of the tables that it writes.

A foreign key's triggers are the server's own: only a superuser enables them, and rows may have
slipped past it, so those are steps for a person. So is one for replicas, which somebody made that.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Alter, Alteration, Change
from trueup.model.violation import Violation

AT_MOST = 50

FOREIGN_KEY = """
enable the triggers of the foreign key {trigger}

See that no restore is still running; it enables its triggers at its end.

On the primary, as a superuser or the platform's support: alter table {table} enable trigger all;

Rows may have slipped past it, and it takes itself for valid. Drop it and add it again, NOT VALID,
with the definition that pg_get_constraintdef gives; then validate it: alter table {table} validate
constraint {name};

select count(*) from pg_trigger
where tgrelid = {table:literal}::regclass and tgenabled in ('D', 'R');  -- 0
"""

FOR_REPLICAS = """
enable the trigger {trigger} for everybody, or drop it

It was enabled for replicas: it fires for rows that replication brings, and for nobody who writes
here. No restore does that; ask who did, and why.

If what it keeps is kept here too: alter table {table} enable trigger {name};

If only a subscriber needs it: drop trigger {name} on {table};

select tgenabled from pg_trigger
where tgrelid = {table:literal}::regclass and tgname = {tgname:literal};  -- O, or no row
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One trigger, or one foreign key, each."""
    for trigger in violations:
        if trigger["is_foreign_key"]:
            yield written(FOREIGN_KEY, trigger)
        elif trigger["is_for_replicas"]:
            yield written(FOR_REPLICAS, trigger)
        else:
            yield Alter(Alteration.ENABLE_TRIGGER, str(trigger["relation"]), str(trigger["tgname"]))
