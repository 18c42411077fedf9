"""Sessions on the server that is read: room for more, none asleep in a transaction, none for ever.

A standby shows its own sessions and not the primary's, whichever of the two runs out first; each
needs an environment of its own. The suite's own sessions are left out. A role without pg_monitor
sees the sessions and not what they do: then there is nothing to judge, and the verdict is unknown.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Unpack

from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.reader import Reader

_SESSIONS = """(
    select from pg_stat_activity
    where backend_type = 'client backend' and pg_has_role('pg_read_all_stats', 'usage')
)"""

_CROWDED = """
    with held as (
        select coalesce(nullif(application_name, ''), 'unnamed') as application, state,
               count(*) as sessions
        from pg_stat_activity
        where backend_type = 'client backend' and application_name not like 'trueup/%'
        group by application, state
    )
    select 'connections' as resource, sum(sessions)::int as used, allowed,
           string_agg(
               format('%s %s: %s', application, state, sessions), ', '
               order by sessions desc, application, state
           ) as held_by
    from held
    cross join (
        select coalesce(
            cast(:limit as int), floor(current_setting('max_connections')::int * 0.8)::int
        ) as allowed
    ) as room
    group by allowed
    having sum(sessions) > allowed
"""

_ASLEEP = """
    select pid, usename::text as role, application_name, state, state_change, backend_start
    from pg_stat_activity
    where backend_type = 'client backend' and application_name not like 'trueup/%'
      and state in ('idle in transaction', 'idle in transaction (aborted)')
      and state_change < :deadline
    order by pid
"""

_LONG = """
    select pid, usename::text as role, application_name, state, query_start, wait_event_type,
           backend_start
    from pg_stat_activity
    where backend_type = 'client backend' and application_name not like 'trueup/%'
      and state = 'active' and query_start < :deadline
    order by pid
"""


def connections_leave_headroom(**said: Unpack[Options]) -> Invariant:
    """No more are used than `connection_limit` in the settings, or 80 % of max_connections."""

    def ask(replica: Reader, settings: Mapping[str, object]) -> Iterable[Row]:
        return replica.rows(_CROWDED, limit=settings.get("connection_limit"))

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "end_idle_sessions",
            "harm": "The next burst of visitors is refused with 'too many connections', and so is"
            " whoever comes to mend it.",
        },
        said,
        over={"sessions": _SESSIONS},
        show=["held_by"],
    )


def no_session_sits_idle_in_a_transaction(
    limit: timedelta = timedelta(minutes=5), **said: Unpack[Options]
) -> Invariant:
    """No session has waited for its client inside a transaction for longer than the limit."""

    def ask(replica: Reader, now: datetime) -> Iterable[Row]:
        return replica.rows(_ASLEEP, deadline=now - limit)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "end_idle_sessions",
            "harm": "It holds its locks and its snapshot: migrations and writers queue behind it,"
            " and vacuum removes nothing.",
        },
        said,
        over={"sessions": _SESSIONS},
        show=["role", "application_name", "state"],
    )


def no_query_runs_longer_than(
    limit: timedelta = timedelta(minutes=5), **said: Unpack[Options]
) -> Invariant:
    """No client's query has been running for longer than the limit; replication is not a query."""

    def ask(replica: Reader, now: datetime) -> Iterable[Row]:
        return replica.rows(_LONG, deadline=now - limit)

    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "cancel_runaway_queries",
            "harm": "It takes a core and a connection from everybody else, and its user gave up"
            " long ago.",
        },
        said,
        over={"sessions": _SESSIONS},
        show=["role", "application_name", "state", "wait_event_type"],
    )
