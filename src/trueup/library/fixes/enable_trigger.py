"""
Enable a trigger again, and make up for what it missed.

Rows that were written meanwhile went past it; a foreign key is not checked again by itself.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
enable the trigger {trigger}

See that no restore is still running; it enables its triggers at its end.

On the primary: alter table {table} enable trigger {name};

Make up for what it missed: run the invariants of the tables that it writes.

select tgenabled from pg_trigger
where tgrelid = {table:literal}::regclass and quote_ident(tgname) = {name:literal};  -- O
"""

FOREIGN_KEY = """
enable the triggers of the foreign key {trigger}

See that no restore is still running; it enables its triggers at its end.

On the primary, as a superuser or the platform's support: alter table {table} enable trigger all;

Rows may have slipped past it, and it takes itself for valid. Drop it and add it again, NOT VALID,
with the definition that pg_get_constraintdef gives; then validate it: alter table {table} validate
constraint {name};

select count(*) from pg_trigger where tgrelid = {table:literal}::regclass and tgenabled = 'D';  -- 0
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One trigger, or one foreign key, each."""
    for trigger in violations:
        yield written(FOREIGN_KEY if trigger["is_foreign_key"] else GUIDE, trigger)
