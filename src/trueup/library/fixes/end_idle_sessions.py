"""
End the sessions that hold connections or transactions and do nothing with them.

A client that is cut off in a transaction loses what it had not committed, and may not say so.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 50
STEPS = True

IDLE_IN_TRANSACTION = """
end session {pid}, which {role} left idle in a transaction ({application_name})

See what it holds: select relation::regclass, mode from pg_locks
where pid = {pid} and relation is not null and granted;

Where the client is one that you know, end it there. Otherwise, on this server: select
pg_terminate_backend(pid) from pg_stat_activity where pid = {pid}
and backend_start = {backend_start:literal} and state like 'idle in transaction%';

So that it does not come back: alter role {role} set idle_in_transaction_session_timeout = '60s';

select count(*) from pg_stat_activity
where pid = {pid} and backend_start = {backend_start:literal};  -- 0
"""

CROWDED = """
make room: {used} connections are used, {allowed} should be the most

They are held by: {held_by}.

Where one application holds most of them, lower the size of its pool, or let it connect through
the pooler.

Until then, on this server, end what has slept for ten minutes: select pg_terminate_backend(pid)
from pg_stat_activity where backend_type = 'client backend' and state = 'idle'
and state_change < now() - interval '10 minutes' and application_name <> '…';

select count(*) from pg_stat_activity where backend_type = 'client backend';  -- {allowed} or less
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One session each, or the whole crowd at once."""
    for held in violations:
        yield written(CROWDED if "held_by" in held else IDLE_IN_TRANSACTION, held)
