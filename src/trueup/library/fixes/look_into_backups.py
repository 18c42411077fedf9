"""
Find out why there is no new backup, and take one by hand meanwhile.

Nobody misses a backup until it is the only one that would have helped.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
have a backup of the project {project}: {newest}, and {hours} h may pass between two

Take one now: supabase db dump --linked -f backup.sql, and keep it where the database is not.

In Supabase: Database, Backups. See that the plan includes them, that the project is not paused, and
what the last attempts say.

Where no day's work may be lost, turn on recovery to a point in time.

trueup check --env production -k backup
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One project each."""
    for project in violations:
        newest = f"the newest is of {project['newest']}" if project["newest"] else "there is none"
        yield written(GUIDE, {**project, "newest": newest})
