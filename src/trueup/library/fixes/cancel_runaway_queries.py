"""
Cancel the queries that have run for longer than anybody waits.

The session goes on; its client gets an error, and may well ask again at once.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

GUIDE = """
cancel the query of session {pid}, which {role} has run since {query_start} ({application_name})

See what it is, and whether it waits for somebody: select query, wait_event_type, wait_event,
pg_blocking_pids(pid) from pg_stat_activity where pid = {pid};

A dump, a migration or the building of an index may be meant to take long: then leave it.

On this server: select pg_cancel_backend(pid) from pg_stat_activity where pid = {pid}
and backend_start = {backend_start:literal} and query_start = {query_start:literal};

So that it does not come back, add the index that its plan misses, or: alter role {role}
set statement_timeout = '60s';

select count(*) from pg_stat_activity where pid = {pid} and query_start = {query_start:literal};
-- 0
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One query each."""
    for query in violations:
        yield written(GUIDE, query)
