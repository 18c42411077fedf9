"""
Find out why the database answers slowly, even the smallest question.

A small question waits for the network, for a core or for a connection: never for its own work.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation

AT_MOST = 5
STEPS = True

GUIDE = """
make the database answer within {allowed} ms: {percentile} percent take up to {milliseconds} ms

See whether it is the way there: ask it once from a machine in its own region. Where that is fast,
the suite or the application runs far from its database, or a pooler in between is full.

See who keeps it busy: trueup check -k "query or session or connections", and
select state, wait_event_type, count(*) from pg_stat_activity group by 1, 2 order by 3 desc;

See its platform's own page: CPU, memory, disk budget, and whether it is being maintained. An
instance whose disk budget is spent is slow at everything until the next day, or until it is larger.

trueup check --env production -k answers_fast
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """The whole database at once."""
    for slow in violations:
        yield written(GUIDE, slow)
