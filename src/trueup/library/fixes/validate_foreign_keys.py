"""
Validate a foreign key, after deciding what becomes of the rows that break it.

Validating takes a weak lock and one long read; it fails at the first row that points at nothing.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
validate the foreign key {constraint}

It says: {definition}.

Try it, on the primary: alter table {table} validate constraint {name};

If it fails, the rows that it names point at nothing: mend or delete them first. An invariant made
with `belongs` for the same columns names all of them, and its fix deletes them.

select convalidated from pg_constraint
where conrelid = {table:literal}::regclass and quote_ident(conname) = {name:literal};  -- t
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One key each."""
    for key in violations:
        yield written(GUIDE, key)
